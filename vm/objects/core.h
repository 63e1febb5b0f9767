/* SPDX-License-Identifier: MIT
 * The types that all others need, and those of code itself. */
#ifndef VM_OBJECTS_CORE_H
#define VM_OBJECTS_CORE_H

#include "vm/ops.h"

MUST_USE bool core_types_init(Vm *vm);          /* object, type, and what class dicts hold (core.c) */
MUST_USE bool object_types_init(Vm *vm);        /* property, super, mappingproxy, module … (descr.c) */
MUST_USE bool super_type_init(Vm *vm);          /* super.c */
MUST_USE bool mappingproxy_type_init(Vm *vm);   /* mappingproxy.c */
MUST_USE bool module_type_init(Vm *vm);         /* module_type.c */
MUST_USE bool function_types_init(Vm *vm);      /* function, code, method, builtins (function.c) */
MUST_USE bool code_type_init(Vm *vm);           /* code (code_type.c) */
MUST_USE bool frame_types_init(Vm *vm);         /* frame, and f_locals of a function's (frame.c) */
MUST_USE bool generator_types_init(Vm *vm);     /* generator, coroutine, async_generator (generator.c) */
MUST_USE bool exception_types_init(Vm *vm);     /* exceptions.c */
/* Every built-in class that has a name there goes into vm->builtins. */
MUST_USE bool builtin_types_publish(Vm *vm);

/* The arguments of a __get__: an instance, a class or both. False: TypeError pending. */
MUST_USE bool get_args_ok(Vm *vm, const Args *args);

/* sizeof.c */
Value object_m_sizeof(Vm *vm, Value self, const Args *args);
int64_t object_size_before(Vm *vm, Value v);            /* of what stands before an object that may be in a cycle */
int64_t object_size_in_all(Vm *vm, Value v);

/* module.qualname, without the module where it is builtins. */
MUST_USE Str *type_full_name(Vm *vm, Type *t);

#endif
