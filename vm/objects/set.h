/* SPDX-License-Identifier: MIT
 * set and frozenset, iterated in CPython's table order. */
#ifndef VM_OBJECTS_SET_H
#define VM_OBJECTS_SET_H

#include "vm/ops.h"

MUST_USE Set *set_new(Vm *vm, bool frozen);
MUST_USE bool set_add(Vm *vm, Set *s, Value key);
MUST_USE int set_contains(Vm *vm, Set *s, Value key);       /* 0, 1, -1; a set as key stands for a frozenset */
MUST_USE int set_discard(Vm *vm, Set *s, Value key);        /* 1 removed, 0 absent, -1 */
MUST_USE bool set_update(Vm *vm, Set *s, Value iterable);
bool set_next(Set *s, size_t *pos, Value *key);
void set_clear(Vm *vm, Set *s);
MUST_USE bool set_pop(Vm *vm, Set *s, Value *key);          /* false: KeyError pending */
int64_t set_hash(Set *s);                                   /* a frozenset's */

/* The operations of methods and views, each in CPython's order of steps. */
MUST_USE bool set_init_table(Vm *vm, Set *s);               /* for a Set just allocated */
MUST_USE Set *set_copy(Vm *vm, Set *s, bool frozen);
MUST_USE Set *set_intersection(Vm *vm, Set *s, Value other);
MUST_USE Set *set_difference(Vm *vm, Set *s, Value other);
MUST_USE bool set_difference_update(Vm *vm, Set *s, Value other);
MUST_USE bool set_symmetric_difference_update(Vm *vm, Set *s, Value other);
MUST_USE int set_is_disjoint(Vm *vm, Set *s, Value other);  /* 0, 1, -1 */
MUST_USE int set_is_subset(Vm *vm, Set *s, Value other);
MUST_USE int set_is_superset(Vm *vm, Set *s, Value other);
void set_swap(Vm *vm, Set *a, Set *b);                      /* exchange what they hold */
static inline bool set_is_frozen(const Set *s) { return s->h.flags & SET_FROZEN; }
MUST_USE bool set_types_init(Vm *vm);

#endif
