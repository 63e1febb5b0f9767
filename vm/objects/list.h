/* SPDX-License-Identifier: MIT
 * Lists and tuples. */
#ifndef VM_OBJECTS_LIST_H
#define VM_OBJECTS_LIST_H

#define LIST_GROWN 1u           /* Obj.flags: append() made room; sizeof.c tells of more room then */

#include "vm/ops.h"

MUST_USE List *list_new(Vm *vm, size_t cap);
MUST_USE List *list_from(Vm *vm, const Value *items, size_t n);
MUST_USE bool list_append(Vm *vm, List *l, Value v);
MUST_USE bool list_extend(Vm *vm, List *l, Value iterable);
MUST_USE bool list_insert(Vm *vm, List *l, int64_t index, Value v);
MUST_USE bool list_resize(Vm *vm, List *l, size_t len);     /* new items are NONE */
void list_delete_range(Vm *vm, List *l, size_t from, size_t to);
MUST_USE bool list_reserve(Vm *vm, List *l, size_t need);
MUST_USE bool list_append_n(Vm *vm, List *l, const Value *items, size_t n);     /* items may be the list's own */
Value list_pop_at(Vm *vm, List *l, size_t at);              /* at < len */
/* l[from:to] = items, which are not the list's own; from <= to <= len. */
MUST_USE bool list_replace(Vm *vm, List *l, size_t from, size_t to, const Value *items, size_t n);
MUST_USE List *list_repeat(Vm *vm, const Value *items, size_t n, int64_t times);
/* items, n of them and at least one, times over; out has n * times. */
void values_repeat(Value *out, const Value *items, size_t n, size_t times);
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
/* l[s], t[s]; the slice may lie on the C stack. */
MUST_USE Value list_slice(Vm *vm, List *l, Slice *s);
MUST_USE Value tuple_slice(Vm *vm, Value t, Slice *s);
/* Slice arithmetic, as PySlice_Unpack and AdjustIndices: false with an exception pending. */
MUST_USE bool slice_unpack(Vm *vm, Slice *s, int64_t *start, int64_t *stop, int64_t *step);
int64_t slice_adjust(int64_t len, int64_t *start, int64_t *stop, int64_t step);     /* number of items */
/* One bound: an int by __index__, clamped to 64 bits. */
MUST_USE bool slice_index(Vm *vm, Value v, int64_t *out);
MUST_USE Value slice_new(Vm *vm, Value start, Value stop, Value step);
MUST_USE Value range_new(Vm *vm, Value start, Value stop, Value step);
MUST_USE Value range_iter(Vm *vm, Range *r);
MUST_USE Value range_item(Vm *vm, Range *r, Value i);       /* start + i * step */
/* What lists, tuples and slices share. Comparison as of sequences; the arrays are re-read after each callback by
 * those whose items can change (lists have their own). */
MUST_USE int tuple_equal(Vm *vm, const Tuple *a, const Tuple *b);      /* 1, 0, -1: exception pending */
MUST_USE Value values_compare(Vm *vm, unsigned cmp, const Value *a, size_t na, const Value *b, size_t nb);
/* CPython's hashes: of a tuple, and of a slice's three parts (which differs in the end). */
MUST_USE bool values_hash(Vm *vm, const Value *items, size_t n, int64_t *hash);
MUST_USE bool values_hash_slice(Vm *vm, const Value *items, int64_t *hash);
MUST_USE bool tuple_type_init(Vm *vm);
MUST_USE bool slice_type_init(Vm *vm);
MUST_USE bool list_types_init(Vm *vm);                      /* and tuple, slice */
MUST_USE bool range_types_init(Vm *vm);

#endif
