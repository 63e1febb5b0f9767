/* SPDX-License-Identifier: MIT
 * What annotations are made of: unions (int | str), parameterised classes (list[int]), type parameters. */
#ifndef RUNTIME_TYPING_H
#define RUNTIME_TYPING_H

#include "runtime/runtime.h"

typedef struct Alias {          /* list[int] */
    Obj h;
    Value origin, args;         /* args: Tuple */
    bool starred;               /* *tuple[int] */
} Alias;

MUST_USE bool typing_types_init(Vm *vm);
Value union_make(Vm *vm, Value a, Value b);             /* NotImplemented where | means nothing */
MUST_USE Value typing_union(Vm *vm, Value a, Value b);  /* typing.Union[a, b] */
MUST_USE Value typing_script_name(Vm *vm, const char *name);
Value typing_intrinsic(Vm *vm, int which, Value v);

/* typing_params.c */
bool typing_is_param(Vm *vm, Value v);                  /* a type parameter or a type alias: part of unions */
bool typing_is_typevar(Vm *vm, Value v);                /* a type parameter alone */
bool typing_is_tuple_param(Vm *vm, Value v);            /* *Ts */
bool typing_is_param_spec(Vm *vm, Value v);             /* **P */
bool typing_has_default(Vm *vm, Value param);
Value typing_default(Vm *vm, Value param);
/* The types of typing, made on first use. */
typedef enum { PARAM_TYPEVAR, PARAM_SPEC, PARAM_TUPLE, PARAM_GENERIC, PARAM_ALIAS, PARAM_SPEC_ARGS,
               PARAM_SPEC_KWARGS, PARAM_NO_DEFAULT, PARAM_ALIAS_ITER, PARAM_COUNT } TypingType;
MUST_USE Type *typing_type(Vm *vm, TypingType which);

Value typing_module_init(Vm *vm);

/* typing.c */
extern const TypeDef typing_alias_iter_def;
bool typing_is_alias(Vm *vm, Value v);
MUST_USE Value typing_unpack(Vm *vm, Value param);              /* typing.Unpack[param] */

/* typing_generic.c */
extern const MethodDef typing_generic_methods[];
MUST_USE Value typing_generic_base(Vm *vm, Tuple *params);      /* Generic[...] of `class C[...]` */
MUST_USE Tuple *typing_parameters(Vm *vm, const Tuple *args);   /* the type parameters in arguments */
/* These arguments of `self`, with what is given in place of the parameters. */
MUST_USE Tuple *typing_substitute(Vm *vm, Value self, const Tuple *args, Value given);
/* The name of a part of a union or alias. */
MUST_USE Str *typing_part_repr(Vm *vm, Value v);
MUST_USE Value alias_new(Vm *vm, Value origin, Value args, bool starred);       /* args: a Tuple */

#endif
