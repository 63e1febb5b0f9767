/* SPDX-License-Identifier: MIT
 * Module _imp: what importlib asks of the machinery of imports. */
#include "stdlib/modules.h"

static Value imp_f_find_spec(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return rt_find_spec(vm, as_str(args->v[0]), value_is_none(args->v[1]) ? VALUE_EMPTY : args->v[1]);
}

static Value imp_f_library_code(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return rt_library_code(vm, as_str(args->v[0]));
}

static const MethodDef functions[] = {
    FUNCTION(imp, library_code, "_library_code(name: str, /)", "The code of a module of the library, else None."),
    FUNCTION(imp, find_spec, "find_spec(name: str, path=None, /)", "The spec of a module that can be found, else None."),
    { 0 }
};

Value imp_init(Vm *vm)
{
    Module *m = module_new(vm, "_imp", "Finding modules.");
    return m && module_add_functions(vm, m, functions) ? value_from_obj(m) : VALUE_ERROR;
}
