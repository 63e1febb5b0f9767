/* SPDX-License-Identifier: MIT
 * Modules as objects. */
#include "vm/objects/core.h"

#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

static Value text(Str *s)
{
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value or_none(Value v)
{
    return value_is_empty(v) ? VALUE_NONE : v;
}

static Value module_m_new(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Module *m = (Module *)object_alloc(vm, as_type(self));
    Dict *d = m ? dict_new(vm) : NULL;
    if (!d || !dict_make_cells(vm, d))
        return VALUE_ERROR;
    m->globals = d;
    m->name = value_from_obj(vm->names.empty);
    return value_from_obj(m);
}

static Value module_m_init(Vm *vm, Value self, const Args *args)
{
    Module *m = as_module(self);
    if (!is_str(args->v[0]))
        return raise_exc(vm, EXC_TypeError, "module() argument 'name' must be str, not %B", args->v[0]);
    heap_set(vm, m, &m->name, args->v[0]);
    return dict_set_str(vm, m->globals, vm->names.dunder_name, args->v[0]) &&
           dict_set_str(vm, m->globals, vm->names.dunder_doc, args->v[1]) &&
           dict_set_str(vm, m->globals, vm->names.dunder_package, VALUE_NONE) &&
           dict_set_str(vm, m->globals, vm->names.dunder_loader, VALUE_NONE) &&
           dict_set_str(vm, m->globals, vm->names.dunder_spec, VALUE_NONE) ? VALUE_NONE : VALUE_ERROR;
}

static Value spec_field(Vm *vm, Value spec, const char *name)
{
    Str *s = vm_pending(vm) ? NULL : str_intern(vm, name, strlen(name));
    return s ? or_none(attr_get_opt(vm, spec, s)) : VALUE_NONE;
}

static Value repr_by_spec(Vm *vm, Value spec)
{
    Value name = spec_field(vm, spec, "name"), origin = spec_field(vm, spec, "origin"), loader = spec_field(vm, spec, "loader");
    Value located = spec_field(vm, spec, "has_location"), path = spec_field(vm, loader, "_path");
    int has_location = vm_pending(vm) ? -1 : op_truth(vm, located);
    if (has_location < 0)
        return VALUE_ERROR;
    if (has_location)
        return text(str_printf(vm, "<module %R from %R>", name, origin));
    if (!value_is_none(origin))
        return text(str_printf(vm, "<module %R (%V)>", name, origin));
    if (value_is_none(loader))
        return text(str_printf(vm, "<module %R>", name));
    return text(value_is_none(path) ? str_printf(vm, "<module %R (%R)>", name, loader)
                                    : str_printf(vm, "<module %R (namespace) from %R>", name, path));
}

static Value module_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Value spec = attr_get_opt(vm, self, vm->names.dunder_spec);
    if (!value_is_empty(spec) && !value_is_none(spec))
        return repr_by_spec(vm, spec);
    Value name = vm_pending(vm) ? VALUE_EMPTY : attr_get_opt(vm, self, vm->names.dunder_name);
    Value file = vm_pending(vm) ? VALUE_EMPTY : attr_get_opt(vm, self, vm->names.dunder_file);
    Value loader = vm_pending(vm) ? VALUE_EMPTY : attr_get_opt(vm, self, vm->names.dunder_loader);
    if (vm_pending(vm) || (value_is_empty(name) && value_is_empty(name = text(str_cstr(vm, "?")))))
        return VALUE_ERROR;
    if (!value_is_empty(file))
        return text(str_printf(vm, "<module %R from %R>", name, file));
    if (value_is_empty(loader) || value_is_none(loader))
        return text(str_printf(vm, "<module %R>", name));
    return text(str_printf(vm, "<module %R (%R)>", name, loader));
}

static Value module_m_dir(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Module *m = as_module(self);
    Value f = dict_get_str(vm, m->globals, vm->special_names[SPECIAL_DIR]);
    Value d = attr_get(vm, self, vm->names.dunder_dict);
    if (value_is_empty(d))
        return VALUE_ERROR;
    if (!is_dict(d))
        return raise_exc(vm, EXC_TypeError, "<module>.__dict__ is not a dictionary");
    Value l = value_is_empty(f) ? op_list_of(vm, d) : op_call0(vm, f);
    if (value_is_empty(l) || !is_list(l))
        return l;
    return list_sort(vm, as_list(l), VALUE_NONE, false) ? l : VALUE_ERROR;
}

static Value module_g_dict(Vm *vm, Value self)
{
    Dict *d = attr_dict(vm, self);
    return d ? value_from_obj(d) : VALUE_ERROR;
}

static const MethodDef module_methods[] = {
    METHOD(module, new, "__new__(*args, **kwargs)", "Create a module."),
    METHOD(module, init, "__init__(name, doc=None)", "Name and docstring of the module."),
    METHOD(module, repr, "__repr__()", "Return repr(self)."),
    METHOD(module, dir, "__dir__()", "Names in the module, sorted."),
    { 0 }
};

static bool module_s_dict(Vm *vm, Value self, Value v)
{
    (void)self;
    (void)v;
    raise_exc(vm, EXC_AttributeError, "readonly attribute");
    return false;
}

static Value module_g_annotations(Vm *vm, Value self)
{
    Module *m = as_module(self);
    Value v = dict_get_str(vm, m->globals, vm->names.dunder_annotations);
    if (!value_is_empty(v))
        return v;
    Dict *d = dict_new(vm);
    return d && dict_set_str(vm, m->globals, vm->names.dunder_annotations, value_from_obj(d)) ? value_from_obj(d) : VALUE_ERROR;
}

static bool module_s_annotations(Vm *vm, Value self, Value v)
{
    Module *m = as_module(self);
    if (!value_is_empty(v))
        return dict_set_str(vm, m->globals, vm->names.dunder_annotations, v);
    int found = dict_delete(vm, m->globals, value_from_obj(vm->names.dunder_annotations));
    if (!found)
        raise_exc(vm, EXC_AttributeError, "__annotations__");
    return found > 0;
}

static const GetSetDef module_getsets[] = {
    { "__dict__", "The module's globals.", module_g_dict, module_s_dict },
    { "__annotations__", "Annotations of its variables.", module_g_annotations, module_s_annotations },
    { 0 }
};

bool module_type_init(Vm *vm)
{
    static const TypeDef module_def = { .name = "module", .doc = "A module.", .layout = LAYOUT(MODULE), .methods = module_methods,
        .getsets = module_getsets, .flags = TYPE_BASE | TYPE_WEAKREFS };
    return (vm->types.module = type_from_def(vm, &module_def, vm->types.object)) != NULL;
}
