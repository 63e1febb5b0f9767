/* SPDX-License-Identifier: MIT
 * Tuples whose items have names: sys.version_info, time.struct_time, os.stat_result. */
#ifndef RUNTIME_STRUCTSEQ_H
#define RUNTIME_STRUCTSEQ_H

#include "runtime/runtime.h"

#define STRUCTSEQ_MAX 20u

/* A new type. fields: names of the items, NULL-terminated (static); the first `visible` of them are the tuple's own
 * items, the others can be seen by name only. The last visible ones may have no name (""): hidden fields, the first of
 * them, stand for those. Its instances may be made by script from a sequence. */
MUST_USE Type *structseq_type(Vm *vm, const char *name, const char *const *fields, unsigned visible);
/* An instance of it. */
MUST_USE Value structseq_new(Vm *vm, Type *type, const Value *items, unsigned n);

#endif
