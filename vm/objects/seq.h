/* SPDX-License-Identifier: MIT
 * What the methods of lists and tuples have in common. `seq` is a list or a tuple; it may change in callbacks. */
#ifndef VM_OBJECTS_SEQ_H
#define VM_OBJECTS_SEQ_H

#include "vm/ops.h"

MUST_USE Value list_compare(Vm *vm, unsigned cmp, List *a, List *b);
MUST_USE Value seq_repr(Vm *vm, Value seq);
/* The index of v in [start, stop), -1: absent, -2: exception pending. */
MUST_USE int64_t seq_find(Vm *vm, Value seq, Value v, int64_t start, int64_t stop);
MUST_USE int64_t seq_find_between(Vm *vm, Value seq, const Args *args);     /* of index(value, start, stop) */
MUST_USE int64_t seq_count(Vm *vm, Value seq, Value v);                     /* -1: exception pending */
/* An int, or something with __index__. */
bool seq_is_index(Vm *vm, Value key);
/* Of an index key: negative ones counted from the end; IndexError with the message when out of range. *len is read
 * after the key's __index__ has run, which may change it. */
MUST_USE bool seq_index(Vm *vm, Value key, const size_t *len, const char *message, size_t *out);
MUST_USE bool seq_long_index(Vm *vm, Value key, int64_t *out);
/* The set half of attributes that are members of a C struct in CPython. */
MUST_USE bool seq_readonly(Vm *vm, Value self, Value v);
/* The factor of seq * times. False: exception pending. */
/* The same as seq_items() for exact lists and tuples alone: subclasses may iterate in their own way. */
MUST_USE bool seq_exact_items(Value seq, Value **items, size_t *n);
MUST_USE bool seq_repeat_count(Vm *vm, Value times, int64_t *out);

#endif
