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

MUST_USE bool deque_add(Vm *vm, Module *m);             /* to _collections */
MUST_USE bool ordered_dict_add(Vm *vm, Module *m);

#endif
