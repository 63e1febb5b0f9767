/* SPDX-License-Identifier: MIT
 * The part of the heap that lies inside Vm, so that allocation can be inlined. */
#ifndef VM_HEAP_FWD_H
#define VM_HEAP_FWD_H

#include "vm/object.h"

#define HEAP_GRAIN 16u
#define HEAP_SMALL_MAX 1024u            /* larger cells are allocated on their own */
#define HEAP_CLASSES (HEAP_SMALL_MAX / HEAP_GRAIN + 1)

typedef struct FreeCell {
    Obj h;                              /* kind FREE */
    struct FreeCell *next;
} FreeCell;

typedef struct Heap {
    FreeCell *free[HEAP_CLASSES][2];    /* [size class][finalizable] */
    uint8_t live;                       /* the mark of what a collection reached: 1, 2 or 3 */
    bool tidy;                          /* a script looks at what is collected: leave no stale words on the C stack */
    struct HeapState *state;            /* heap.c's own */
} Heap;

#endif
