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
    ITER_MEMORY,            /* a memoryview; index counts to stop */
    ITER_DICT_KEYS,         /* index: entry position; stop: expected dict->used, -1 once it differed, above it
                             * what its table had skipped; step: items left */
    ITER_DICT_VALUES,
    ITER_DICT_ITEMS,
    ITER_DICT_KEYS_REV,
    ITER_DICT_VALUES_REV,
    ITER_DICT_ITEMS_REV,
    ITER_ORDERED,           /* of an OrderedDict; index: entry position; stop: keys, values or items, and ITER_ORDERED_REV;
                             * step: expected dict->version, -1 after the last item */
    ITER_SET,               /* index: slot; stop: expected set->used, -1 once it differed; step: items left */
    ITER_LIST_REV,
    ITER_SEQUENCE,          /* __getitem__ with 0, 1, 2 … until IndexError */
    ITER_SEQUENCE_REV,
    ITER_CALLABLE,          /* iter(f, sentinel): source is a tuple of both */
    ITER_ENUMERATE,         /* source: the iterator; index is the next number */
    ITER_ENUMERATE_BIG,     /* source: a tuple of the iterator and the first number; index counts from it */
    ITER_ZIP,               /* source: a tuple of iterators; step: strict */
    ITER_MAP,               /* source: a tuple of the function and the iterators */
    ITER_FILTER             /* source: a tuple of the function (None: truth) and the iterator */
};
#define ITER_KIND_MASK 0xffu
#define ITER_ORDERED_REV 4

/* A new iterator of that kind and its type. NULL: MemoryError. */
MUST_USE Iter *iter_new(Vm *vm, unsigned kind, Type *type, Value source, int64_t index, int64_t stop, int64_t step);
/* false at the end (nothing pending) or on error (pending). Script's subclasses of enumerate, zip, map and filter
 * (OBJ_SUBCLASS) may have a __next__ of their own: op_next asks for it. */
MUST_USE bool iter_next(Vm *vm, Iter *it, Value *out);
/* enumerate, zip, map, filter: their end is that of an iterator they step, with its value in vm->stop_value. */
static inline bool iter_is_of_iters(const Iter *it) { return (it->h.flags & ITER_KIND_MASK) >= ITER_ENUMERATE; }
/* iter(f, sentinel) */
MUST_USE Value iter_callable(Vm *vm, Value f, Value sentinel);
/* Parts in other files. */
MUST_USE bool iter_next_of_iters(Vm *vm, Iter *it, Value *out);         /* enumerate, zip, map, filter */
/* The next pair of an enumerate or zip, without a tuple. 1: *out and out[1] set; 0: at the end, or an exception is pending;
 * -1: it makes no pairs. */
MUST_USE int iter_next_pair(Vm *vm, Iter *it, Value *out);
MUST_USE bool iter_tools_init(Vm *vm);
MUST_USE bool dict_iter_next(Vm *vm, Iter *it, Value *out);
MUST_USE bool ordered_iter_next(Vm *vm, Iter *it, Value *out);
MUST_USE bool memoryview_iter_next(Vm *vm, Iter *it, Value *out);
MUST_USE bool set_iter_next(Vm *vm, Iter *it, Value *out);
MUST_USE bool iter_types_init(Vm *vm);
/* What the types of iterators declare: iter(it) is it, and next(). */
Value iter_m_iter(Vm *vm, Value self, const Args *args);
Value iter_m_next(Vm *vm, Value self, const Args *args);

#endif
