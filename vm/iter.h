/* SPDX-License-Identifier: MIT
 * Iterators of built-in types: one struct (object.h), told apart by its flags. */
#ifndef VM_ITER_H
#define VM_ITER_H

#include "vm/ops.h"

/* Obj.flags of an Iter. source EMPTY: exhausted. */
enum {
    ITER_LIST = 1,          /* index; reads the list's length anew each time */
    ITER_TUPLE,
    ITER_RANGE,             /* within 48 bits: index is the next value, stop, step; source is NONE */
    ITER_RANGE_BIG,         /* source: the Range; index counts */
    ITER_STR,               /* index is the byte offset */
    ITER_BYTES,
    ITER_BYTEARRAY,
    ITER_DICT_KEYS,         /* index: entry position; stop: expected dict->used, -1 once it differed; step: items left */
    ITER_DICT_VALUES,
    ITER_DICT_ITEMS,
    ITER_DICT_KEYS_REV,
    ITER_DICT_VALUES_REV,
    ITER_DICT_ITEMS_REV,
    ITER_SET,               /* index: slot; stop: expected set->used, -1 once it differed; step: items left */
    ITER_LIST_REV,
    ITER_SEQUENCE,          /* __getitem__ with 0, 1, 2 … until IndexError */
    ITER_SEQUENCE_REV,
    ITER_CALLABLE           /* iter(f, sentinel): source is a tuple of both */
};
#define ITER_KIND_MASK 0xffu

/* A new iterator of that kind and its type. NULL: MemoryError. */
MUST_USE Iter *iter_new(Vm *vm, unsigned kind, Type *type, Value source, int64_t index, int64_t stop, int64_t step);
/* false at the end (nothing pending) or on error (pending). */
MUST_USE bool iter_next(Vm *vm, Iter *it, Value *out);
/* Parts in other files. */
MUST_USE bool dict_iter_next(Vm *vm, Iter *it, Value *out);
MUST_USE bool set_iter_next(Vm *vm, Iter *it, Value *out);
MUST_USE bool iter_types_init(Vm *vm);

#endif
