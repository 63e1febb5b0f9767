/* SPDX-License-Identifier: MIT
 * mappingproxy: a = the mapping. */
#include "vm/objects/core.h"

#include "vm/code.h"
#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/seq.h"
#include "vm/objects/str.h"

static Value text(Str *s)
{
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value proxy_m_new(Vm *vm, Value self, const Args *args)
{
    if (is_list(args->v[0]) || is_tuple(args->v[0]) || value_is_empty(type_special(type_of(vm, args->v[0]), SPECIAL_GETITEM)))
        return raise_exc(vm, EXC_TypeError, "mappingproxy() argument must be a mapping, not %T", args->v[0]);
    Descr *d = (Descr *)object_alloc(vm, as_type(self));
    if (!d)
        return VALUE_ERROR;
    d->a = args->v[0];
    return value_from_obj(d);
}

static Value proxy_m_getitem(Vm *vm, Value self, const Args *args)
{
    return op_getitem(vm, as_descr(self)->a, args->v[0]);
}

static Value proxy_m_contains(Vm *vm, Value self, const Args *args)
{
    int r = op_contains(vm, as_descr(self)->a, args->v[0]);
    return r < 0 ? VALUE_ERROR : value_from_bool(r);
}

static Value proxy_m_len(Vm *vm, Value self, const Args *args)
{
    (void)args;
    int64_t n = op_len(vm, as_descr(self)->a);
    return n < 0 ? VALUE_ERROR : value_from_int48(n);
}

static Value proxy_m_iter(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return op_iter(vm, as_descr(self)->a);
}

static Value proxy_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return text(str_printf(vm, "mappingproxy(%R)", as_descr(self)->a));
}

static Value proxy_m_str(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return text(op_str(vm, as_descr(self)->a));
}

static Value proxy_compare(Vm *vm, Value self, Value other, unsigned cmp)
{
    if (is_descr(other) && type_of(vm, other) == vm->types.mappingproxy)
        other = as_descr(other)->a;
    return op_compare(vm, cmp, as_descr(self)->a, other);
}
#define PROXY_COMPARE(name, CMP)                                                                     \
    static Value proxy_m_##name(Vm *vm, Value self, const Args *args)                                \
    {                                                                                                \
        return proxy_compare(vm, self, args->v[0], COMPARE_##CMP);                                   \
    }
PROXY_COMPARE(eq, EQ)
PROXY_COMPARE(ne, NE)
PROXY_COMPARE(lt, LT)
PROXY_COMPARE(le, LE)
PROXY_COMPARE(gt, GT)
PROXY_COMPARE(ge, GE)
#undef PROXY_COMPARE

static Value bare_mapping(Vm *vm, Value v)
{
    return is_descr(v) && type_of(vm, v) == vm->types.mappingproxy ? as_descr(v)->a : v;
}

static Value proxy_m_or(Vm *vm, Value self, const Args *args)
{
    return op_binary(vm, 11, bare_mapping(vm, self), bare_mapping(vm, args->v[0]), false);
}

static Value proxy_m_ror(Vm *vm, Value self, const Args *args)
{
    return op_binary(vm, 11, bare_mapping(vm, args->v[0]), bare_mapping(vm, self), false);
}

static Value proxy_m_ior(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return raise_exc(vm, EXC_TypeError, "'|=' is not supported by %T; use '|' instead", self);
}

static Value proxy_m_hash(Vm *vm, Value self, const Args *args)
{
    (void)args;
    int64_t h;
    return op_hash(vm, as_descr(self)->a, &h) ? int_new(vm, h) : VALUE_ERROR;
}

#define PROXY_FORWARD(fn, name)                                                                        \
    static Value proxy_m_##fn(Vm *vm, Value self, const Args *args)                                    \
    {                                                                                                  \
        Str *s = str_intern(vm, name, sizeof name - 1);                                                \
        return s ? op_call_method(vm, as_descr(self)->a, s, args->nrest, args->rest) : VALUE_ERROR;    \
    }
PROXY_FORWARD(get, "get")
PROXY_FORWARD(keys, "keys")
PROXY_FORWARD(values, "values")
PROXY_FORWARD(items, "items")
PROXY_FORWARD(copy, "copy")
PROXY_FORWARD(reversed, "__reversed__")

static const MethodDef proxy_methods[] = {
    METHOD(proxy, new, "__new__(mapping)", "A mapping that cannot be changed through this."),
    METHOD(proxy, getitem, "__getitem__(key, /)", "Return self[key]."),
    METHOD(proxy, contains, "__contains__(key, /)", "Is it one of the items?"),
    METHOD(proxy, len, "__len__()", "Return len(self)."),
    METHOD(proxy, iter, "__iter__()", "Implement iter(self)."),
    METHOD(proxy, reversed, "__reversed__(*args)", "Keys from the last to the first."),
    METHOD(proxy, repr, "__repr__()", "Return repr(self)."),
    METHOD(proxy, str, "__str__()", "Return str(self)."),
    METHOD(proxy, eq, "__eq__(value, /)", "Return self==value."),
    METHOD(proxy, ne, "__ne__(value, /)", "Return self!=value."),
    METHOD(proxy, lt, "__lt__(value, /)", "Return self<value."),
    METHOD(proxy, le, "__le__(value, /)", "Return self<=value."),
    METHOD(proxy, gt, "__gt__(value, /)", "Return self>value."),
    METHOD(proxy, ge, "__ge__(value, /)", "Return self>=value."),
    METHOD(proxy, hash, "__hash__()", "Return hash(self)."),
    METHOD(proxy, or, "__or__(value, /)", "Return self|value."),
    METHOD(proxy, ror, "__ror__(value, /)", "Return value|self."),
    METHOD(proxy, ior, "__ior__(value, /)", "Return self|=value."),
    METHOD(proxy, get, "get(*args)", "The value for a key, or a default."),
    METHOD(proxy, keys, "keys(*args)", "A view of the keys."),
    METHOD(proxy, values, "values(*args)", "A view of the values."),
    METHOD(proxy, items, "items(*args)", "A view of the items."),
    METHOD(proxy, copy, "copy(*args)", "A shallow copy of the mapping."),
    { 0 }
};

bool mappingproxy_type_init(Vm *vm)
{
    static const TypeDef proxy_def = { .name = "mappingproxy", .doc = "A mapping that cannot be changed through this.",
        .layout = LAYOUT(DESCR),
        .methods = proxy_methods, .flags = TYPE_MAPPING };
    return type_complete(vm, vm->types.mappingproxy, &proxy_def, vm->types.object);
}
