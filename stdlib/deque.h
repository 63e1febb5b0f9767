/* SPDX-License-Identifier: MIT
 * collections.deque and what else module _collections is made of. */
#ifndef STDLIB_DEQUE_H
#define STDLIB_DEQUE_H

#include "runtime/module.h"

#define DEQUE_NO_LIMIT SIZE_MAX

typedef struct Deque {
    Obj h;
    Values *buf;                /* NULL: nothing was stored yet */
    size_t head, len, maxlen;
    uint64_t state;             /* changes with the items: iterators notice */
} Deque;

/* For C that keeps its own deques; module _collections has been made. NULL, false: an exception is pending. */
MUST_USE Deque *deque_empty(Vm *vm);
bool is_deque(Vm *vm, Value v);
static inline Deque *as_deque(Value v) { return (Deque *)value_obj(v); }
static inline Value deque_at(const Deque *d, size_t i) { return d->buf->items[(d->head + i) & (d->buf->cap - 1)]; }
MUST_USE bool deque_append(Vm *vm, Deque *d, Value v);
Value deque_popleft(Vm *vm, Deque *d);                  /* len > 0 */
/* Take out the first item that is this very object; false: there is none. */
bool deque_drop(Vm *vm, Deque *d, Value v);

MUST_USE bool deque_add(Vm *vm, Module *m);             /* to _collections */
MUST_USE bool ordered_dict_add(Vm *vm, Module *m);

#endif
