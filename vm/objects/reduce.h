/* SPDX-License-Identifier: MIT
 * What the tables of built-in types declare for copy and pickle. */
#ifndef VM_OBJECTS_REDUCE_H
#define VM_OBJECTS_REDUCE_H

#include "vm/ops.h"

Value object_m_reduce(Vm *vm, Value self, const Args *args);
Value object_m_reduce_ex(Vm *vm, Value self, const Args *args);
Value object_m_getstate(Vm *vm, Value self, const Args *args);
Value set_m_reduce(Vm *vm, Value self, const Args *args);
Value iter_m_reduce(Vm *vm, Value self, const Args *args);
Value iter_m_setstate(Vm *vm, Value self, const Args *args);
/* (getattr, (owner, name)) */
MUST_USE Value reduce_attribute(Vm *vm, Value owner, Value name);

#define REDUCE_METHOD(type) METHOD(type, reduce, "__reduce__()", "How to make the object again: for copy and pickle.")
#define SETSTATE_METHOD(type) METHOD(type, setstate, "__setstate__(state, /)", "Go on from where __reduce__ told.")

#endif
