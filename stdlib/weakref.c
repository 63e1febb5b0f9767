/* SPDX-License-Identifier: MIT
 * Module _weakref: what weakref.aio is made of. */
#include "stdlib/modules.h"

#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/weak.h"

static Value weakref_f_proxy(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (args->nrest < 1 || args->nrest > 2)
        return raise_exc(vm, EXC_TypeError, "proxy expected at %s argument%s, got %u", args->nrest ? "most 2" : "least 1",
                         args->nrest ? "s" : "", args->nrest);
    Value o = args->rest[0], callback = args->nrest > 1 ? args->rest[1] : VALUE_NONE;
    if (!weak_allowed(vm, o))
        return raise_exc(vm, EXC_TypeError, "cannot create weak reference to '%T' object", o);
    bool share = value_is_none(callback);
    Type *t = op_callable(vm, o) ? vm->types.weakcallableproxy : vm->types.weakproxy;
    WeakRef *r = weak_new(vm, t, value_obj(o), share ? VALUE_EMPTY : callback, share);
    return r ? value_from_obj(r) : VALUE_ERROR;
}

static Value weakref_f_getweakrefcount(Vm *vm, Value self, const Args *args)
{
    int64_t n = 0;
    (void)self;
    if (value_is_obj(args->v[0]))
        for (const WeakRef *r = weak_first(vm, value_obj(args->v[0])); r; r = weak_next(r))
            n++;
    return value_from_int48(n);
}

static Value weakref_f_getweakrefs(Vm *vm, Value self, const Args *args)
{
    List *l = list_new(vm, 0);
    (void)self;
    if (!l)
        return VALUE_ERROR;
    if (value_is_obj(args->v[0]))
        for (WeakRef *r = weak_first(vm, value_obj(args->v[0])); r; r = weak_next(r))
            if (!list_append(vm, l, value_from_obj(r)))
                return VALUE_ERROR;
    return value_from_obj(l);
}

/* Removes the key if its value is a reference whose object died. */
static Value weakref_f_remove(Vm *vm, Value self, const Args *args)
{
    Value v;
    (void)self;
    if (!is_dict(args->v[0]))
        return raise_exc(vm, EXC_TypeError, "_remove_dead_weakref() argument 1 must be dict, not %T", args->v[0]);
    int found = dict_find(vm, as_dict(args->v[0]), args->v[1], &v);
    if (found == 1 && is_weakref(v) && !as_weakref(v)->target)
        found = dict_delete(vm, as_dict(args->v[0]), args->v[1]);
    return found < 0 ? VALUE_ERROR : VALUE_NONE;
}

static Value weakref_f_ephemerons(Vm *vm, Value self, const Args *args)
{
    Dict *d = dict_new(vm);
    (void)self;
    (void)args;
    if (!d)
        return VALUE_ERROR;
    d->h.flags |= DICT_EPHEMERONS;
    return value_from_obj(d);
}

static const MethodDef functions[] = {
    FUNCTION(weakref, proxy, "proxy(*args)", "A proxy that does not keep its object alive."),
    FUNCTION(weakref, getweakrefcount, "getweakrefcount(object, /)", "How many weak references and proxies the object has."),
    FUNCTION(weakref, getweakrefs, "getweakrefs(object, /)", "A list of the object's weak references and proxies."),
    FUNCTION(weakref, remove, "_remove_dead_weakref(dct, key, /)", "Remove the key if its value is a dead reference."),
    FUNCTION(weakref, ephemerons, "_ephemerons()", "A dict by weak references; values live while the keys' objects do."),
    { 0 }
};

Value weakref_init(Vm *vm)
{
    Module *m = module_new(vm, "_weakref", "Weak references.");
    if (!m || (!vm->types.weakproxy && !weak_proxy_types_init(vm)) || !module_add_functions(vm, m, functions) ||
        !module_set(vm, m, "ref", value_from_obj(vm->types.weakref)) ||
        !module_set(vm, m, "ReferenceType", value_from_obj(vm->types.weakref)) ||
        !module_set(vm, m, "ProxyType", value_from_obj(vm->types.weakproxy)) ||
        !module_set(vm, m, "CallableProxyType", value_from_obj(vm->types.weakcallableproxy)))
        return VALUE_ERROR;
    return value_from_obj(m);
}
