/* SPDX-License-Identifier: MIT
 * Which codes have a shape's id in their inline caches. */
#ifndef VM_SHAPE_USERS_H
#define VM_SHAPE_USERS_H

#include "vm/code.h"

/* A cache of the code has the id now. */
void shape_used_by(Vm *vm, uint32_t id, Code *code);
/* The id is no shape's any more: no cache accepts it. */
void shape_forget_users(Vm *vm, uint32_t id);
/* The collector is about to free codes and shapes. */
void shape_users_sweep(Vm *vm, bool young);
void shape_users_free(Vm *vm);

#endif
