/* SPDX-License-Identifier: MIT
 * Waiting for children. */
#ifndef STDLIB_POSIX_WAIT_H
#define STDLIB_POSIX_WAIT_H

#include "runtime/runtime.h"

/* Other strands run until waitid() with these arguments would not wait. False: an exception is pending. */
MUST_USE bool posix_wait_child(Vm *vm, int idtype, int64_t id, int options);
/* Before a child or another program begins: what was written is out. */
void posix_flush_all(Vm *vm);
struct rusage;
MUST_USE Value resource_usage(Vm *vm, const struct rusage *u);         /* resource.c: a struct_rusage */

#endif
