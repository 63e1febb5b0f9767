/* SPDX-License-Identifier: MIT
 * Who holds whom: for those who ask about the heap, not for collections. */
#ifndef VM_HEAP_VISIT_H
#define VM_HEAP_VISIT_H

#include "vm/heap.h"

#define CELL_OF_DICT 1u         /* Obj.flags: no variable of functions, but a value in a dict in cell mode */

/* Call fn on what an object that a script can see holds, the types of instances too; internal cells are looked through.
 * fn does not allocate. */
void heap_visit(Vm *vm, Obj *o, void (*fn)(Vm *vm, Value v, void *ud), void *ud);
/* Does the collector look into it, as far as a script can tell? */
bool heap_tracks(const Obj *o);

#endif
