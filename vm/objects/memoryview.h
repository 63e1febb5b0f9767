/* SPDX-License-Identifier: MIT
 * What a memoryview is. Only cast() makes views of more than one dimension, and only the first can be sliced; so
 * the inner dimensions always lie packed, and one stride is enough. */
#ifndef VM_OBJECTS_MEMORYVIEW_H
#define VM_OBJECTS_MEMORYVIEW_H

#include "vm/objects/bytes_methods.h"

#define MEMORYVIEW_MAX_DIMS 64u

typedef struct MemoryView {
    Obj h;
    Value base;                 /* bytes, bytearray or another lender; EMPTY: released */
    Value lender, lent;         /* what __buffer__ of a script's object gave, to be given back; EMPTY: nothing */
    uint32_t holders;           /* views that have this one for their `lent` */
    uint32_t *exports;          /* of the base, where it counts its views */
    Tuple *inner_shape;         /* lengths of the dimensions behind the first; NULL: none */
    char *data;                 /* of item 0 */
    int64_t len;                /* of the first dimension; 1 when there is none */
    int64_t stride;             /* bytes from one to the next */
    int64_t inner;              /* items in each of them: the product of inner_shape */
    int64_t hash;               /* -1: not yet computed */
    uint8_t itemsize, ndim;
    char format;
    bool native_mark;           /* the format was given with an '@' */
    bool readonly;
} MemoryView;

/* Item j of those packed at i. */
static inline char *view_item(const MemoryView *v, int64_t i, int64_t j) { return v->data + i * v->stride + j * v->itemsize; }

/* memoryview_items.c: the size of a format's items, 0: no such format; an item as a Value; a Value as an item's bits
 * (false: exception pending); and those bits into memory. */
unsigned view_format_size(char f);
MUST_USE Value view_load(Vm *vm, const MemoryView *v, const char *p);
MUST_USE bool view_bits(Vm *vm, const MemoryView *v, Value item, uint64_t *out);
void view_store(char *p, unsigned size, uint64_t bits);

Value bytearray_m_release_buffer(Vm *vm, Value self, const Args *args);

#endif
