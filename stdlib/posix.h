/* SPDX-License-Identifier: MIT
 * The parts of module posix. */
#ifndef STDLIB_POSIX_H
#define STDLIB_POSIX_H

#include "runtime/runtime.h"

extern const MethodDef posix_fd_functions[];    /* posix_fd.c */
/* An argument that is a C int. */
MUST_USE bool posix_int(Vm *vm, Value v, int *out);

#endif
