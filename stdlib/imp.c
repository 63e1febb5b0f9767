/* SPDX-License-Identifier: MIT
 * Module _imp: what importlib asks of the machinery of imports. */
#include "stdlib/modules.h"

#include "runtime/modspec.h"
#include "vm/objects/list.h"

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

static Value imp_f_types(Vm *vm, Value self, const Args *args)
{
    (void)self, (void)args;
    Value v[MODSPEC_PATH_FINDER + 1];
    for (ModspecType i = MODSPEC_TYPE; i <= MODSPEC_PATH_FINDER; i++) {
        Type *t = modspec_type(vm, i);
        if (!t)
            return VALUE_ERROR;
        v[i] = value_from_obj(t);
    }
    Tuple *all = tuple_from(vm, v, COUNT_OF(v));
    return all ? value_from_obj(all) : VALUE_ERROR;
}

static const MethodDef functions[] = {
    FUNCTION(imp, types, "_types()", "The types of specs, loaders and finders."),
    FUNCTION(imp, library_code, "_library_code(name: str, /)", "The code of a module of the library, else None."),
    FUNCTION(imp, find_spec, "find_spec(name: str, path=None, /)", "The spec of a module that can be found, else None."),
    { 0 }
};

Value imp_init(Vm *vm)
{
    Module *m = module_new(vm, "_imp", "Finding modules.");
    return m && module_add_functions(vm, m, functions) ? value_from_obj(m) : VALUE_ERROR;
}
