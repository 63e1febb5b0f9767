/* SPDX-License-Identifier: MIT
 * Lists and tuples. */
#ifndef VM_OBJECTS_LIST_H
#define VM_OBJECTS_LIST_H

#include "vm/ops.h"

MUST_USE List *list_new(Vm *vm, size_t cap);
MUST_USE List *list_from(Vm *vm, const Value *items, size_t n);
MUST_USE bool list_append(Vm *vm, List *l, Value v);
MUST_USE bool list_extend(Vm *vm, List *l, Value iterable);
MUST_USE bool list_insert(Vm *vm, List *l, int64_t index, Value v);
MUST_USE bool list_resize(Vm *vm, List *l, size_t len);     /* new items are NONE */
void list_delete_range(Vm *vm, List *l, size_t from, size_t to);
MUST_USE bool list_sort(Vm *vm, List *l, Value key, bool reverse);      /* key NONE: none */
static inline Value *list_items(List *l) { return l->buf ? l->buf->items : NULL; }
/* Tuples: tuple_new leaves items NONE, to be filled before anything else runs. */
MUST_USE Tuple *tuple_new(Vm *vm, size_t n);
MUST_USE Tuple *tuple_from(Vm *vm, const Value *items, size_t n);
MUST_USE Tuple *tuple_pack(Vm *vm, size_t n, ...);          /* Values */
/* A list's or tuple's items (exact or subclass); false for anything else. Valid until something runs. */
static inline bool seq_items(Value v, Value **items, size_t *n)
{
    if (is_list(v)) {
        *items = list_items(as_list(v));
        *n = as_list(v)->len;
        return true;
    }
    if (is_tuple(v)) {
        *items = as_tuple(v)->items;
        *n = as_tuple(v)->len;
        return true;
    }
    return false;
}
/* Slice arithmetic, as PySlice_Unpack and AdjustIndices: false with an exception pending. */
MUST_USE bool slice_unpack(Vm *vm, Slice *s, int64_t *start, int64_t *stop, int64_t *step);
int64_t slice_adjust(int64_t len, int64_t *start, int64_t *stop, int64_t step);     /* number of items */
MUST_USE Value slice_new(Vm *vm, Value start, Value stop, Value step);
MUST_USE Value range_new(Vm *vm, Value start, Value stop, Value step);
MUST_USE bool list_types_init(Vm *vm);
MUST_USE bool range_types_init(Vm *vm);

#endif
