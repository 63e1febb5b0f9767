/* SPDX-License-Identifier: MIT
 * Module _collections: defaultdict, what Counter counts with, the fields of named tuples. deque and OrderedDict have
 * files of their own. */
#include "stdlib/deque.h"
#include "stdlib/modules.h"

#include "runtime/typing.h"
#include "vm/iter_fast.h"
#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

/* ---- defaultdict ---- */
typedef struct DefaultDict {
    Dict d;
    Value factory;              /* NONE: none; EMPTY before __init__ */
} DefaultDict;

static void default_trace(Marker *m, Obj *o)
{
    mark_value(m, ((DefaultDict *)o)->factory);
}

static const TypeLayout default_layout = { .kind = KIND_DICT, .size = sizeof(DefaultDict), .trace = default_trace };

static Value factory_of(Value self)
{
    Value f = ((DefaultDict *)value_obj(self))->factory;
    return value_is_empty(f) ? VALUE_NONE : f;
}

static Value default_m_new(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return value_from_obj(object_alloc(vm, as_type(self)));
}

static Value default_m_init(Vm *vm, Value self, const Args *args)
{
    Value rest[64], factory = args->nrest ? args->rest[0] : VALUE_NONE;
    uint32_t n = args->nrest ? args->nrest - 1 + args->nkw : args->nkw;
    if (args->nrest && !value_is_none(factory) && !op_callable(vm, factory))
        return raise_exc(vm, EXC_TypeError, "first argument must be callable or None");
    Obj *o = value_obj(self);
    heap_set(vm, o, &((DefaultDict *)o)->factory, factory);
    if (!n)
        return VALUE_NONE;
    Value *v = rest;
    if (n + 1 > COUNT_OF(rest)) {
        Values *big = values_new(vm, n + 1);
        if (!big)
            return VALUE_ERROR;
        v = big->items;
    }
    v[0] = self;
    memcpy(v + 1, args->rest + (args->nrest ? 1 : 0), n * sizeof(Value));
    return op_call_kw(vm, type_special(vm->types.dict, SPECIAL_INIT), n + 1, v, args->nkw, args->names);
}

static Value default_m_missing(Vm *vm, Value self, const Args *args)
{
    Value f = factory_of(self);
    if (value_is_none(f))
        return raise_args(vm, EXC_KeyError, 1, args->v);
    Value v = op_call0(vm, f);
    if (value_is_empty(v))
        return v;
    bool ok = type_of(vm, self)->flags & TYPE_HEAP ? op_setitem(vm, self, args->v[0], v)
                                                   : dict_set(vm, as_dict(self), args->v[0], v);
    return ok ? v : VALUE_ERROR;
}

static Value default_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Value f = factory_of(self), body = op_call1(vm, type_special(vm->types.dict, SPECIAL_REPR), self);
    if (value_is_empty(body))
        return body;
    const char *name = type_short_name(type_of(vm, self));
    Str *s = NULL;
    if (value_is_none(f)) {
        s = str_printf(vm, "%s(None, %V)", name, body);
    } else {
        int entered = op_repr_enter(vm, f);
        if (entered < 0)
            return VALUE_ERROR;
        s = entered ? str_printf(vm, "%s(..., %V)", name, body) : str_printf(vm, "%s(%R, %V)", name, f, body);
        if (!entered)
            op_repr_leave(vm, f);
    }
    return s && !vm_pending(vm) ? value_from_obj(s) : VALUE_ERROR;
}

static Value default_m_copy(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Value v[2] = { factory_of(self), self };
    return op_call(vm, value_from_obj(type_of(vm, self)), 2, v);
}

static Value default_m_reduce(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Value f = factory_of(self), items = op_call_method(vm, self, vm->names.items, 0, NULL);
    Value it = value_is_empty(items) ? items : op_iter(vm, items);
    Tuple *a = value_is_empty(it) ? NULL : tuple_from(vm, &f, value_is_none(f) ? 0 : 1);
    Tuple *t = a ? tuple_pack(vm, 5, value_from_obj(type_of(vm, self)), value_from_obj(a), VALUE_NONE, VALUE_NONE, it) : NULL;
    return t ? value_from_obj(t) : VALUE_ERROR;
}

/* A defaultdict with the factory of `self`, then updated by the right one. */
static Value merged(Vm *vm, Value self, Value left, Value right)
{
    if (!is_dict(left) || !is_dict(right))
        return VALUE_NOT_IMPLEMENTED;
    Value v[2] = { factory_of(self), left };
    Value d = op_call(vm, value_from_obj(type_of(vm, self)), 2, v);
    if (value_is_empty(d) || !is_dict(d) || !dict_update(vm, as_dict(d), right, true))
        return VALUE_ERROR;
    return d;
}

static Value default_m_or(Vm *vm, Value self, const Args *args)
{
    return merged(vm, self, self, args->v[0]);
}

static Value default_m_ror(Vm *vm, Value self, const Args *args)
{
    return merged(vm, self, args->v[0], self);
}

static Value default_g_factory(Vm *vm, Value self)
{
    (void)vm;
    return factory_of(self);
}

static bool default_s_factory(Vm *vm, Value self, Value v)
{
    Obj *o = value_obj(self);
    heap_set(vm, o, &((DefaultDict *)o)->factory, value_is_empty(v) ? VALUE_NONE : v);
    return true;
}

static const MethodDef default_methods[] = {
    { "__new__(*args, **kwargs)", NULL, default_m_new, NATIVE_STATIC | NATIVE_VECTOR },
    { "__init__(default_factory=None, /, *args, **kwargs)", "Take the factory; the rest as dict().", default_m_init,
      NATIVE_VECTOR },
    METHOD(default, missing, "__missing__(key, /)", "Make a value for a key that is not there, and keep it."),
    METHOD(default, repr, "__repr__()", "Return repr(self)."),
    METHOD(default, copy, "copy()", "A shallow copy."),
    METHOD(default, copy, "__copy__()", "A shallow copy."),
    METHOD(default, reduce, "__reduce__()", "How to make it again."),
    METHOD(default, or, "__or__(value, /)", "Return self|value."),
    METHOD(default, ror, "__ror__(value, /)", "Return value|self."),
    { 0 }
};
static const GetSetDef default_getsets[] = {
    { "default_factory", "What makes values for keys that are not there.", default_g_factory, default_s_factory }, { 0 }
};

/* ---- fields of named tuples ---- */
typedef struct TupleGetter {
    Obj h;
    int64_t index;
    Value doc;
} TupleGetter;

static void getter_trace(Marker *m, Obj *o)
{
    mark_value(m, ((TupleGetter *)o)->doc);
}

static const TypeLayout getter_layout = { .kind = KIND_EXT, .size = sizeof(TupleGetter), .trace = getter_trace };

static TupleGetter *as_getter(Value v)
{
    return (TupleGetter *)value_obj(v);
}

static Value getter_m_new(Vm *vm, Value self, const Args *args)
{
    TupleGetter *g = (TupleGetter *)object_alloc(vm, as_type(self));
    if (!g || !op_int64(vm, args->v[0], &g->index))
        return VALUE_ERROR;
    g->doc = args->v[1];
    return value_from_obj(g);
}

static Value getter_m_get(Vm *vm, Value self, const Args *args)
{
    Value o = args->v[0];
    int64_t i = as_getter(self)->index;
    if (LIKELY(is_tuple(o))) {
        const Tuple *t = as_tuple(o);
        return (uint64_t)i < t->len ? t->items[i] : raise_exc(vm, EXC_IndexError, "tuple index out of range");
    }
    if (value_is_none(o))
        return self;
    return raise_exc(vm, EXC_TypeError, "descriptor for index '%lld' for tuple subclasses doesn't apply to '%T' object",
                     (long long)i, o);
}

static Value getter_m_set(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return raise_exc(vm, EXC_AttributeError, "can't set attribute");
}

static Value getter_m_delete(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return raise_exc(vm, EXC_AttributeError, "can't delete attribute");
}

static Value getter_m_repr(Vm *vm, Value self, const Args *args)
{
    const TupleGetter *g = as_getter(self);
    (void)args;
    Str *s = str_printf(vm, "_tuplegetter(%lld, %R)", (long long)g->index, g->doc);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value getter_m_reduce(Vm *vm, Value self, const Args *args)
{
    const TupleGetter *g = as_getter(self);
    (void)args;
    Tuple *a = tuple_pack(vm, 2, int_new(vm, g->index), g->doc);
    Tuple *t = a ? tuple_pack(vm, 2, value_from_obj(type_of(vm, self)), value_from_obj(a)) : NULL;
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static Value getter_g_doc(Vm *vm, Value self)
{
    (void)vm;
    return as_getter(self)->doc;
}

static bool getter_s_doc(Vm *vm, Value self, Value v)
{
    heap_set(vm, value_obj(self), &as_getter(self)->doc, value_is_empty(v) ? VALUE_NONE : v);
    return true;
}

static const MethodDef getter_methods[] = {
    { "__new__(index, doc, /)", NULL, getter_m_new, NATIVE_STATIC },
    METHOD(getter, get, "__get__(instance, owner=None, /)", "The item of the instance."),
    METHOD(getter, set, "__set__(instance, value, /)", "An error."),
    METHOD(getter, delete, "__delete__(instance, /)", "An error."),
    METHOD(getter, repr, "__repr__()", "Return repr(self)."),
    METHOD(getter, reduce, "__reduce__()", "How to make it again."),
    { 0 }
};
static const GetSetDef getter_getsets[] = { { "__doc__", "What it says of the field.", getter_g_doc, getter_s_doc }, { 0 } };

/* ---- counting ---- */
static Value one_more(Vm *vm, Value old)
{
    Value v;
    if (value_is_int48(old) && value_int48_add(old, value_from_int48(1), &v))
        return v;
    return op_binary(vm, INT_ADD, old, value_from_int48(1), false);
}

static bool count_fast(Vm *vm, Dict *d, Value it)
{
    Value item, old;
    int64_t hash;
    while (iter_step(vm, it, &item)) {
        if (!vm_checkpoint(vm) || !dict_key_hash(vm, item, &hash))
            return false;
        int found = dict_find_hash(vm, d, item, hash, &old);
        Value n = found < 0 ? VALUE_ERROR : found ? one_more(vm, old) : value_from_int48(1);
        if (value_is_empty(n) || !dict_set_hash(vm, d, item, hash, n))
            return false;
    }
    return !vm_pending(vm);
}

static bool count_slow(Vm *vm, Value mapping, Value it)
{
    Value item, get = attr_get(vm, mapping, vm->names.get);
    if (value_is_empty(get))
        return false;
    while (iter_step(vm, it, &item)) {
        Value args[2] = { item, value_from_int48(0) };
        Value old = vm_checkpoint(vm) ? op_call(vm, get, 2, args) : VALUE_ERROR;
        Value n = value_is_empty(old) ? old : one_more(vm, old);
        if (value_is_empty(n) || !op_setitem(vm, mapping, item, n))
            return false;
    }
    return !vm_pending(vm);
}

/* mapping[item] is the number of such items, added to what was there. Its own get and __setitem__ are heeded. */
static Value collections_f_count(Vm *vm, Value self, const Args *args)
{
    Value mapping = args->v[0], it = op_iter(vm, args->v[1]);
    (void)self;
    if (value_is_empty(it))
        return it;
    Type *t = type_of(vm, mapping);
    bool plain = is_dict(mapping) &&
                 value_same(type_lookup(vm, t, vm->names.get), type_lookup(vm, vm->types.dict, vm->names.get)) &&
                 value_same(type_special(t, SPECIAL_SETITEM), type_special(vm->types.dict, SPECIAL_SETITEM));
    return (plain ? count_fast(vm, as_dict(mapping), it) : count_slow(vm, mapping, it)) ? VALUE_NONE : VALUE_ERROR;
}

static const MethodDef functions[] = {
    FUNCTION(collections, count, "_count_elements(mapping, iterable, /)", "Add to mapping how often each item comes."),
    { 0 }
};

Value collections_init(Vm *vm)
{
    static const TypeDef default_def = { .name = "collections.defaultdict", .layout = &default_layout,
        .methods = default_methods, .getsets = default_getsets, .flags = TYPE_BASE | TYPE_MAPPING | TYPE_MATCH_SELF,
        .doc = "A dict that makes values for keys that are not there, by calling default_factory without arguments." };
    static const TypeDef getter_def = { .name = "collections._tuplegetter", .layout = &getter_layout,
        .methods = getter_methods, .getsets = getter_getsets };
    Module *m = module_new(vm, "_collections", "What collections is made of.");
    Type *dd = m ? type_from_def(vm, &default_def, vm->types.dict) : NULL;
    Type *getter = dd ? type_from_def(vm, &getter_def, vm->types.object) : NULL;
    if (!getter || !module_add_functions(vm, m, functions) || !module_set(vm, m, "defaultdict", value_from_obj(dd)) ||
        !module_set(vm, m, "_tuplegetter", value_from_obj(getter)) || !deque_add(vm, m) || !ordered_dict_add(vm, m))
        return VALUE_ERROR;
    return value_from_obj(m);
}
