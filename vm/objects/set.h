/* SPDX-License-Identifier: MIT
 * set and frozenset, iterated in CPython's table order. */
#ifndef VM_OBJECTS_SET_H
#define VM_OBJECTS_SET_H

#include "vm/ops.h"

MUST_USE Set *set_new(Vm *vm, bool frozen);
MUST_USE bool set_add(Vm *vm, Set *s, Value key);
MUST_USE int set_contains(Vm *vm, Set *s, Value key);       /* 0, 1, -1 */
MUST_USE int set_discard(Vm *vm, Set *s, Value key);        /* 1 removed, 0 absent, -1 */
MUST_USE bool set_update(Vm *vm, Set *s, Value iterable);
bool set_next(Set *s, size_t *pos, Value *key);
MUST_USE bool set_types_init(Vm *vm);

#endif
