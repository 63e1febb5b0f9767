/* SPDX-License-Identifier: MIT
 * Binary heaps in lists, the smallest item first. */
#ifndef STDLIB_HEAPQ_H
#define STDLIB_HEAPQ_H

#include "vm/ops.h"

MUST_USE bool heapq_push(Vm *vm, Value list, Value item);
MUST_USE Value heapq_pop(Vm *vm, Value list);

#endif
