/* SPDX-License-Identifier: MIT
 * ModuleSpec, and what makes it and loaders for the modules that are found (module.c finds, modload.c loads). */
#include "runtime/modspec.h"

#include "runtime/module.h"
#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

static bool set(Vm *vm, Value o, const char *name, Value v)
{
    Str *s = str_intern(vm, name, strlen(name));
    return s && attr_set(vm, o, s, v);
}

/* EMPTY: absent, or an exception is pending. */
static Value get(Vm *vm, Value o, const char *name)
{
    Str *s = str_intern(vm, name, strlen(name));
    return s ? attr_get_opt(vm, o, s) : VALUE_EMPTY;
}

static Value text(Str *s)
{
    return s ? value_from_obj(s) : VALUE_ERROR;
}

/* ---- ModuleSpec ---- */

static Value spec_m_init(Vm *vm, Value self, const Args *args)
{
    Value locations = VALUE_NONE;
    int package = op_truth(vm, args->v[4]);
    if (package < 0)
        return VALUE_ERROR;
    if (package) {
        List *l = list_new(vm, 0);
        locations = l ? value_from_obj(l) : VALUE_ERROR;
    }
    return !value_is_empty(locations) && set(vm, self, "name", args->v[0]) && set(vm, self, "loader", args->v[1]) &&
           set(vm, self, "origin", args->v[2]) && set(vm, self, "loader_state", args->v[3]) &&
           set(vm, self, "submodule_search_locations", locations) && set(vm, self, "_set_fileattr", VALUE_FALSE) &&
           set(vm, self, "_cached", VALUE_NONE) ? VALUE_NONE : VALUE_ERROR;
}

static Value spec_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Value name = get(vm, self, "name"), loader = get(vm, self, "loader"), origin = get(vm, self, "origin");
    Value places = get(vm, self, "submodule_search_locations");
    if (value_is_empty(name) || value_is_empty(loader) || value_is_empty(origin) || value_is_empty(places))
        return vm_pending(vm) ? VALUE_ERROR : raise_attribute(vm, self, vm->names.name);
    Str *s = str_printf(vm, "%S(name=%R, loader=%R", as_str(type_of(vm, self)->name), name, loader);
    if (s && !value_is_none(origin))
        s = str_printf(vm, "%S, origin=%R", s, origin);
    if (s && !value_is_none(places))
        s = str_printf(vm, "%S, submodule_search_locations=%V", s, places);
    return text(s ? str_printf(vm, "%S)", s) : NULL);
}

static Value spec_m_eq(Vm *vm, Value self, const Args *args)
{
    static const char *const fields[] = { "name", "loader", "origin", "submodule_search_locations", "cached", "has_location" };
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        Value a = get(vm, self, fields[i]), b = value_is_empty(a) ? a : get(vm, args->v[0], fields[i]);
        if (value_is_empty(b))
            return vm_pending(vm) ? VALUE_ERROR : VALUE_NOT_IMPLEMENTED;
        int same = op_equal(vm, a, b);
        if (same <= 0)
            return same < 0 ? VALUE_ERROR : VALUE_FALSE;
    }
    return VALUE_TRUE;
}

static const MethodDef spec_methods[] = {
    METHOD(spec, init, "__init__(name, loader, *, origin=None, loader_state=None, is_package=False)",
           "What is known of a module."),
    METHOD(spec, repr, "__repr__()", "Return repr(self)."),
    METHOD(spec, eq, "__eq__(value, /)", "Return self==value."),
    { 0 }
};

static Value spec_g_parent(Vm *vm, Value self)
{
    Value places = get(vm, self, "submodule_search_locations"), name = value_is_empty(places) ? places : get(vm, self, "name");
    if (value_is_empty(name) || !value_is_none(places) || !is_str(name))
        return name;
    const char *p = str_data(as_str(name)), *dot = memrchr(p, '.', as_str(name)->len);
    return text(str_new(vm, p, dot ? (size_t)(dot - p) : 0));
}

static Value spec_g_has_location(Vm *vm, Value self)
{
    Value v = get(vm, self, "_set_fileattr");
    int truth = value_is_empty(v) ? -1 : op_truth(vm, v);
    return truth < 0 ? VALUE_ERROR : value_from_bool(truth);
}

static bool spec_s_has_location(Vm *vm, Value self, Value v)
{
    int truth = value_is_empty(v) ? 0 : op_truth(vm, v);
    return truth >= 0 && set(vm, self, "_set_fileattr", value_from_bool(truth));
}

Value modspec_cached(Vm *vm, Value file)
{
    const char *p = is_str(file) ? str_data(as_str(file)) : "", *slash = strrchr(p, '/'), *name = slash ? slash + 1 : p;
    const char *dot = strrchr(name, '.');
    int stem = dot ? (int)(dot - name) : (int)strlen(name);
    return text(str_printf(vm, "%.*s__pycache__/%.*s.cpython-313.pyc", (int)(name - p), p, stem, name));
}

static Value spec_g_cached(Vm *vm, Value self)
{
    Value v = get(vm, self, "_cached"), place = value_is_none(v) ? spec_g_has_location(vm, self) : VALUE_FALSE;
    if (value_is_empty(place) || !value_is_true(place))
        return value_is_empty(place) ? VALUE_ERROR : v;
    Value origin = get(vm, self, "origin");
    return is_str(origin) ? modspec_cached(vm, origin) : vm_pending(vm) ? VALUE_ERROR : v;
}

static bool spec_s_cached(Vm *vm, Value self, Value v)
{
    return set(vm, self, "_cached", v);
}

static const GetSetDef spec_getsets[] = {
    { "parent", "Name of the package it belongs to; of a package its own.", spec_g_parent, NULL },
    { "has_location", "Does origin say where it can be loaded from?", spec_g_has_location, spec_s_has_location },
    { "cached", "Where CPython would keep compiled code.", spec_g_cached, spec_s_cached },
    { 0 }
};

/* ---- types ---- */

/* Made on first use; NULL: exception pending. */
Type *modspec_type(Vm *vm, ModspecType which)
{
    static const TypeDef defs[] = {
        { .name = "_frozen_importlib.ModuleSpec", .methods = spec_methods, .getsets = spec_getsets,
          .flags = TYPE_BASE | TYPE_HAS_DICT | TYPE_WEAKREFS | TYPE_PLAIN_NAME },
        { .name = "_frozen_importlib_external.SourceFileLoader", .methods = modload_source,
          .flags = TYPE_BASE | TYPE_HAS_DICT | TYPE_WEAKREFS | TYPE_PLAIN_NAME },
        { .name = "_frozen_importlib.BuiltinImporter", .methods = modload_builtin,
          .flags = TYPE_BASE | TYPE_HAS_DICT | TYPE_WEAKREFS | TYPE_PLAIN_NAME },
        { .name = "_frozen_importlib_external.NamespaceLoader", .methods = modload_namespace,
          .flags = TYPE_BASE | TYPE_HAS_DICT | TYPE_WEAKREFS | TYPE_PLAIN_NAME },
        { .name = "_frozen_importlib.FrozenImporter", .methods = modload_frozen,
          .flags = TYPE_BASE | TYPE_HAS_DICT | TYPE_WEAKREFS | TYPE_PLAIN_NAME },
        { .name = "_frozen_importlib_external.PathFinder", .methods = modload_path,
          .flags = TYPE_BASE | TYPE_HAS_DICT | TYPE_WEAKREFS | TYPE_PLAIN_NAME },
    };
    Value *root = &rt_of(vm)->roots[RT_ROOT_SPEC_TYPE + which];
    if (value_is_empty(*root)) {
        Type *t = type_from_def(vm, &defs[which], vm->types.object);
        *root = t ? value_from_obj(t) : VALUE_EMPTY;
    }
    return value_is_empty(*root) ? NULL : as_type(*root);
}

Value modspec_loader(Vm *vm, ModuleOrigin origin, Str *name, Value file, Value path)
{
    static const ModspecType types[] = { [MODULE_SOURCE] = MODSPEC_SOURCE_LOADER, [MODULE_BUILTIN] = MODSPEC_BUILTIN_IMPORTER,
                                         [MODULE_NAMESPACE] = MODSPEC_NAMESPACE_LOADER };
    Type *t = modspec_type(vm, types[origin]);
    if (!t || origin == MODULE_BUILTIN)
        return value_from_obj(t);
    Obj *o = object_alloc(vm, t);
    Value loader = value_from_obj(o);
    bool ok = o && (origin == MODULE_SOURCE ? set(vm, loader, "name", value_from_obj(name)) && set(vm, loader, "path", file)
                                            : set(vm, loader, "_path", path));
    return ok ? loader : VALUE_ERROR;
}

Value modspec_new(Vm *vm, ModuleOrigin origin, Str *name, Value loader, Value file, Value path)
{
    Type *t = modspec_type(vm, MODSPEC_TYPE);
    Obj *o = t ? object_alloc(vm, t) : NULL;
    Value spec = value_from_obj(o), from = VALUE_NONE;
    if (origin == MODULE_BUILTIN)
        from = text(str_cstr(vm, "built-in"));
    else if (origin == MODULE_SOURCE)
        from = file;
    return o && !value_is_empty(from) && set(vm, spec, "name", value_from_obj(name)) && set(vm, spec, "loader", loader) &&
           set(vm, spec, "origin", from) && set(vm, spec, "loader_state", VALUE_NONE) &&
           set(vm, spec, "submodule_search_locations", value_is_empty(path) ? VALUE_NONE : path) &&
           set(vm, spec, "_set_fileattr", value_from_bool(origin == MODULE_SOURCE)) && set(vm, spec, "_cached", VALUE_NONE)
           ? spec : VALUE_ERROR;
}

/* Does the file lie where the script lies? Then it may hide a module that was meant. */
bool modspec_beside_script(Vm *vm, Value file, Value name, bool *library)
{
    Value main = rt_of(vm)->main_module;
    Value script = is_module(main) ? dict_get_str(vm, as_module(main)->globals, vm->names.dunder_file) : VALUE_EMPTY;
    if (!is_str(file) || !is_str(script))
        return false;
    const char *s = str_data(as_str(script)), *p = str_data(as_str(file));
    const char *dir = memrchr(s, '/', as_str(script)->len), *slash = memrchr(p, '/', as_str(file)->len);
    if (slash && strncmp(slash + 1, "__init__.", 9) == 0)
        slash = memrchr(p, '/', (size_t)(slash - p));
    if (!dir || !slash || slash - p != dir - s || memcmp(p, s, (size_t)(dir - s)) != 0)
        return false;
    *library = rt_is_library_name(vm, name);
    return true;
}

bool modspec_running(Vm *vm, Value spec, bool running)
{
    return set(vm, spec, "_initializing", value_from_bool(running));
}
