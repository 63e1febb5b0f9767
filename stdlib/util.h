/* SPDX-License-Identifier: MIT
 * Small things that several modules of this folder need. */
#ifndef STDLIB_UTIL_H
#define STDLIB_UTIL_H

#include "runtime/runtime.h"
#include "vm/objects/str.h"

/* An attribute by a C string. EMPTY: exception pending. */
MUST_USE Value lib_attr(Vm *vm, Value o, const char *name);
/* A class that a module of the library has, imported if need be: struct.error. NULL: exception pending. */
MUST_USE Type *lib_type(Vm *vm, const char *module, const char *name);
/* Raise one of its exceptions. */
#define RAISE_LIB(vm, module, name, ...)                                                    \
    do {                                                                                    \
        Type *lib_type_ = lib_type(vm, module, name);                                       \
        if (lib_type_)                                                                      \
            raise_type(vm, lib_type_, __VA_ARGS__);                                         \
    } while (0)
/* A class from its table, in the module under its short name. NULL: exception pending. */
MUST_USE Type *lib_add_type(Vm *vm, Module *m, const TypeDef *def, Type *base);

#endif
