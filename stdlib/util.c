/* SPDX-License-Identifier: MIT
 * Small things that several modules of this folder need. */
#include "stdlib/util.h"

Value lib_attr(Vm *vm, Value o, const char *name)
{
    Str *s = str_intern(vm, name, strlen(name));
    return s ? attr_get(vm, o, s) : VALUE_ERROR;
}

Type *lib_type(Vm *vm, const char *module, const char *name)
{
    Value m = rt_import_module(vm, module);
    Value t = value_is_empty(m) ? m : lib_attr(vm, m, name);
    if (value_is_empty(t))
        return NULL;
    if (is_type(t))
        return as_type(t);
    raise_exc(vm, EXC_TypeError, "%s.%s is not a class", module, name);
    return NULL;
}

Type *lib_add_type(Vm *vm, Module *m, const TypeDef *def, Type *base)
{
    Type *t = type_from_def(vm, def, base);
    const char *dot = strrchr(def->name, '.');
    return t && module_set(vm, m, dot ? dot + 1 : def->name, value_from_obj(t)) ? t : NULL;
}
