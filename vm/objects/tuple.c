/* SPDX-License-Identifier: MIT
 * Tuples: making them. Their methods are in tuple_methods.c. */
#include <stdarg.h>

#include "vm/objects/list.h"

#define TUPLE_MAX ((size_t)INT64_MAX / 16)

static inline Tuple *tuple_alloc(Vm *vm, size_t n)
{
    if (n > TUPLE_MAX) {
        raise_no_memory(vm);
        return NULL;
    }
    Tuple *t = heap_alloc(vm, sizeof *t + n * sizeof(Value), KIND_TUPLE, SHAPE_TUPLE_ID, 0);
    if (t)
        t->len = n;
    return t;
}

Tuple *tuple_new(Vm *vm, size_t n)
{
    if (!n && vm->empty_tuple)
        return vm->empty_tuple;
    Tuple *t = tuple_alloc(vm, n);
    for (size_t i = 0; t && i < n; i++)
        t->items[i] = VALUE_NONE;
    return t;
}

Tuple *tuple_from(Vm *vm, const Value *items, size_t n)
{
    if (!n)
        return tuple_new(vm, 0);
    Tuple *t = tuple_alloc(vm, n);
    for (size_t i = 0; t && i < n; i++)
        t->items[i] = items[i];
    return t;
}

Tuple *tuple_pack(Vm *vm, size_t n, ...)
{
    va_list ap;
    Tuple *t = tuple_new(vm, n);
    if (!t)
        return NULL;
    va_start(ap, n);
    for (size_t i = 0; i < n; i++)
        t->items[i] = va_arg(ap, Value);
    va_end(ap);
    return t;
}
