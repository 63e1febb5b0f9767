/* SPDX-License-Identifier: MIT
 * What annotations are made of: unions (int | str), parameterised classes (list[int]), type parameters. */
#ifndef RUNTIME_TYPING_H
#define RUNTIME_TYPING_H

#include "runtime/runtime.h"

MUST_USE bool typing_types_init(Vm *vm);
Value union_make(Vm *vm, Value a, Value b);             /* NotImplemented where | means nothing */
Value typing_intrinsic(Vm *vm, int which, Value v);

/* typing_params.c */
bool typing_is_param(Vm *vm, Value v);                  /* a type parameter or a type alias: part of unions */
bool typing_is_typevar(Vm *vm, Value v);                /* a type parameter alone */
/* The name of a part of a union or alias. */
MUST_USE Str *typing_part_repr(Vm *vm, Value v);
MUST_USE Value alias_new(Vm *vm, Value origin, Value args, bool starred);       /* args: a Tuple */

#endif
