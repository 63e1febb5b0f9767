/* SPDX-License-Identifier: MIT
 * weakref.ProxyType and CallableProxyType: every operation is done on the target. */
#include "vm/weak.h"

#include "vm/code.h"
#include "vm/objects/dict.h"
#include "vm/objects/dict_types.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"
#include "vm/ops.h"

static bool is_proxy(Vm *vm, Value v)
{
    Type *t = is_weakref(v) ? type_of(vm, v) : NULL;
    return t && (t == vm->types.weakproxy || t == vm->types.weakcallableproxy);
}

/* What a proxy stands for, any other value itself. EMPTY: it died, ReferenceError is pending. */
static Value unwrap(Vm *vm, Value v)
{
    if (!is_proxy(vm, v))
        return v;
    Value o = weak_target(as_weakref(v));
    return value_is_empty(o) ? raise_exc(vm, EXC_ReferenceError, "weakly-referenced object no longer exists") : o;
}

static Value binary(Vm *vm, Special s, Value a, Value b, bool in_place)
{
    a = unwrap(vm, a);
    b = value_is_empty(a) ? VALUE_EMPTY : unwrap(vm, b);
    return value_is_empty(b) ? VALUE_ERROR : op_binary(vm, (unsigned)(s - SPECIAL_ADD), a, b, in_place);
}

static Value compare(Vm *vm, unsigned how, Value a, Value b)
{
    a = unwrap(vm, a);
    b = value_is_empty(a) ? VALUE_EMPTY : unwrap(vm, b);
    return value_is_empty(b) ? VALUE_ERROR : op_compare(vm, how, a, b);
}

static Value unary(Vm *vm, Special s, Value v)
{
    v = unwrap(vm, v);
    return value_is_empty(v) ? VALUE_ERROR : op_unary(vm, s, v);
}

#define BINARY(name, OP)                                                            \
    static Value proxy_m_##name(Vm *vm, Value self, const Args *args)               \
    {                                                                               \
        return binary(vm, SPECIAL_##OP, self, args->v[0], false);                   \
    }                                                                               \
    static Value proxy_m_r##name(Vm *vm, Value self, const Args *args)              \
    {                                                                               \
        return binary(vm, SPECIAL_##OP, args->v[0], self, false);                   \
    }                                                                               \
    static Value proxy_m_i##name(Vm *vm, Value self, const Args *args)              \
    {                                                                               \
        return binary(vm, SPECIAL_##OP, self, args->v[0], true);                    \
    }
BINARY(add, ADD)
BINARY(sub, SUB)
BINARY(mul, MUL)
BINARY(matmul, MATMUL)
BINARY(truediv, DIV)
BINARY(floordiv, FLOORDIV)
BINARY(mod, MOD)
BINARY(lshift, LSHIFT)
BINARY(rshift, RSHIFT)
BINARY(and, AND)
BINARY(or, OR)
BINARY(xor, XOR)

#define COMPARE(name, OP)                                                           \
    static Value proxy_m_##name(Vm *vm, Value self, const Args *args)               \
    {                                                                               \
        return compare(vm, COMPARE_##OP, self, args->v[0]);                         \
    }
COMPARE(lt, LT)
COMPARE(le, LE)
COMPARE(eq, EQ)
COMPARE(ne, NE)
COMPARE(gt, GT)
COMPARE(ge, GE)

#define UNARY(name, OP)                                                             \
    static Value proxy_m_##name(Vm *vm, Value self, const Args *args)               \
    {                                                                               \
        (void)args;                                                                 \
        return unary(vm, SPECIAL_##OP, self);                                       \
    }
UNARY(invert, INVERT)
UNARY(pos, POS)
UNARY(neg, NEG)
UNARY(abs, ABS)

static Value power(Vm *vm, Value a, Value b, Value mod)
{
    if (value_is_none(mod))
        return binary(vm, SPECIAL_POW, a, b, false);
    a = unwrap(vm, a);
    b = value_is_empty(a) ? VALUE_EMPTY : unwrap(vm, b);
    mod = value_is_empty(b) ? VALUE_EMPTY : unwrap(vm, mod);
    return value_is_empty(mod) ? VALUE_ERROR : op_pow3(vm, a, b, mod);
}

static Value proxy_m_pow(Vm *vm, Value self, const Args *args)
{
    return power(vm, self, args->v[0], args->v[1]);
}

static Value proxy_m_rpow(Vm *vm, Value self, const Args *args)
{
    return power(vm, args->v[0], self, args->v[1]);
}

static Value proxy_m_ipow(Vm *vm, Value self, const Args *args)
{
    return binary(vm, SPECIAL_POW, self, args->v[0], true);
}

/* A function of builtins applied to the unwrapped a and b (b EMPTY: to a alone). */
static Value apply(Vm *vm, const char *builtin, Value a, Value b)
{
    Value args[2] = { unwrap(vm, a), b };
    uint32_t n = value_is_empty(b) ? 1 : 2;
    if (value_is_empty(args[0]) || (n == 2 && value_is_empty(args[1] = unwrap(vm, b))))
        return VALUE_ERROR;
    Value f = dict_get_cstr(vm, vm->builtins, builtin);
    return value_is_empty(f) ? raise_exc(vm, EXC_NameError, "name '%s' is not defined", builtin) : op_call(vm, f, n, args);
}

static Value proxy_m_divmod(Vm *vm, Value self, const Args *args)
{
    return apply(vm, "divmod", self, args->v[0]);
}

static Value proxy_m_rdivmod(Vm *vm, Value self, const Args *args)
{
    return apply(vm, "divmod", args->v[0], self);
}

/* ---- conversion ---- */

static Value proxy_m_int(Vm *vm, Value self, const Args *args)
{
    Value o = unwrap(vm, self);
    (void)args;
    return value_is_empty(o) ? VALUE_ERROR : op_call1(vm, value_from_obj(vm->types.integer), o);
}

static Value proxy_m_float(Vm *vm, Value self, const Args *args)
{
    Value o = unwrap(vm, self);
    (void)args;
    return value_is_empty(o) ? VALUE_ERROR : op_call1(vm, value_from_obj(vm->types.floating), o);
}

static Value proxy_m_index(Vm *vm, Value self, const Args *args)
{
    Value o = unwrap(vm, self);
    (void)args;
    return value_is_empty(o) ? VALUE_ERROR : op_index(vm, o);
}

static Value proxy_m_truth(Vm *vm, Value self, const Args *args)
{
    Value o = unwrap(vm, self);
    (void)args;
    int truth = value_is_empty(o) ? -1 : op_truth(vm, o);
    return truth < 0 ? VALUE_ERROR : value_from_bool(truth);
}

static Value proxy_m_str(Vm *vm, Value self, const Args *args)
{
    Value o = unwrap(vm, self);
    (void)args;
    Str *s = value_is_empty(o) ? NULL : op_str(vm, o);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

/* A method that is found as an attribute. */
static Value call_named(Vm *vm, Value self, const char *name)
{
    Value o = unwrap(vm, self);
    Str *s = value_is_empty(o) ? NULL : str_intern(vm, name, strlen(name));
    return s ? op_call_method(vm, o, s, 0, NULL) : VALUE_ERROR;
}

static Value proxy_m_bytes(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return call_named(vm, self, "__bytes__");
}

static Value proxy_m_reversed(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return call_named(vm, self, "__reversed__");
}

static Value proxy_m_repr(Vm *vm, Value self, const Args *args)
{
    const WeakRef *r = as_weakref(self);
    void *at = (void *)(uintptr_t)self.bits;
    (void)args;
    Str *s = r->target ? str_printf(vm, "<weakproxy at %p; to '%T' at %p>", at, value_from_obj(r->target), (void *)r->target)
                       : str_printf(vm, "<weakproxy at %p; dead>", at);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

/* ---- containers and iterators ---- */

static Value proxy_m_len(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return apply(vm, "len", self, VALUE_EMPTY);
}

static Value proxy_m_contains(Vm *vm, Value self, const Args *args)
{
    Value o = unwrap(vm, self), item = value_is_empty(o) ? VALUE_EMPTY : unwrap(vm, args->v[0]);
    int r = value_is_empty(item) ? -1 : op_contains(vm, o, item);
    return r < 0 ? VALUE_ERROR : value_from_bool(r);
}

static Value proxy_m_getitem(Vm *vm, Value self, const Args *args)
{
    Value o = unwrap(vm, self), key = value_is_empty(o) ? VALUE_EMPTY : unwrap(vm, args->v[0]);
    return value_is_empty(key) ? VALUE_ERROR : op_getitem(vm, o, key);
}

static Value proxy_m_setitem(Vm *vm, Value self, const Args *args)
{
    Value o = unwrap(vm, self);
    return !value_is_empty(o) && op_setitem(vm, o, args->v[0], args->v[1]) ? VALUE_NONE : VALUE_ERROR;
}

static Value proxy_m_delitem(Vm *vm, Value self, const Args *args)
{
    Value o = unwrap(vm, self);
    return !value_is_empty(o) && op_delitem(vm, o, args->v[0]) ? VALUE_NONE : VALUE_ERROR;
}

static Value proxy_m_iter(Vm *vm, Value self, const Args *args)
{
    Value o = unwrap(vm, self);
    (void)args;
    return value_is_empty(o) ? VALUE_ERROR : op_iter(vm, o);
}

static Value proxy_m_next(Vm *vm, Value self, const Args *args)
{
    Value o = unwrap(vm, self);
    bool missing = false;
    (void)args;
    if (value_is_empty(o))
        return VALUE_ERROR;
    if (value_is_empty(type_special(type_of(vm, o), SPECIAL_NEXT)))
        return raise_exc(vm, EXC_TypeError, "Weakref proxy referenced a non-iterator '%T' object", o);
    return op_call_special(vm, o, SPECIAL_NEXT, 0, NULL, &missing);
}

/* ---- attributes, calls ---- */

static Value proxy_m_getattribute(Vm *vm, Value self, const Args *args)
{
    Value o = unwrap(vm, self);
    return value_is_empty(o) ? VALUE_ERROR : attr_get(vm, o, as_str(args->v[0]));
}

static Value proxy_m_setattr(Vm *vm, Value self, const Args *args)
{
    Value o = unwrap(vm, self);
    return !value_is_empty(o) && attr_set(vm, o, as_str(args->v[0]), args->v[1]) ? VALUE_NONE : VALUE_ERROR;
}

static Value proxy_m_delattr(Vm *vm, Value self, const Args *args)
{
    Value o = unwrap(vm, self);
    return !value_is_empty(o) && attr_set(vm, o, as_str(args->v[0]), VALUE_EMPTY) ? VALUE_NONE : VALUE_ERROR;
}

static Value proxy_m_call(Vm *vm, Value self, const Args *args)
{
    Value o = unwrap(vm, self);
    Tuple *t = value_is_empty(o) ? NULL : tuple_from(vm, args->rest, args->nrest);
    return t ? op_call_ex(vm, o, t, as_dict(args->v[0])) : VALUE_ERROR;
}

#define OPERATOR(name)                                                                                          \
    METHOD(proxy, name, "__" #name "__(value, /)", "Done on the target."),                                      \
    METHOD(proxy, r##name, "__r" #name "__(value, /)", "Done on the target."),                                  \
    METHOD(proxy, i##name, "__i" #name "__(value, /)", "Done on the target.")
#define WITH_VALUE(name) METHOD(proxy, name, "__" #name "__(value, /)", "Done on the target.")
#define ALONE(name) METHOD(proxy, name, "__" #name "__()", "Done on the target.")

static const MethodDef proxy_methods[] = {
    OPERATOR(add), OPERATOR(sub), OPERATOR(mul), OPERATOR(matmul), OPERATOR(truediv), OPERATOR(floordiv), OPERATOR(mod),
    OPERATOR(lshift), OPERATOR(rshift), OPERATOR(and), OPERATOR(or), OPERATOR(xor),
    WITH_VALUE(divmod), WITH_VALUE(rdivmod), WITH_VALUE(ipow),
    METHOD(proxy, pow, "__pow__(value, mod=None, /)", "Done on the target."),
    METHOD(proxy, rpow, "__rpow__(value, mod=None, /)", "Done on the target."),
    WITH_VALUE(lt), WITH_VALUE(le), WITH_VALUE(eq), WITH_VALUE(ne), WITH_VALUE(gt), WITH_VALUE(ge),
    ALONE(invert), ALONE(pos), ALONE(neg), ALONE(abs), ALONE(int), ALONE(float), ALONE(index),
    METHOD(proxy, truth, "__bool__()", "Done on the target."),
    ALONE(str), ALONE(bytes), ALONE(len), ALONE(iter), ALONE(next),
    METHOD(proxy, repr, "__repr__()", "Return repr(self): of the proxy itself."),
    METHOD(proxy, contains, "__contains__(key, /)", "Done on the target."),
    METHOD(proxy, getitem, "__getitem__(key, /)", "Done on the target."),
    METHOD(proxy, setitem, "__setitem__(key, value, /)", "Done on the target."),
    METHOD(proxy, delitem, "__delitem__(key, /)", "Done on the target."),
    METHOD(proxy, getattribute, "__getattribute__(name: str, /)", "Done on the target."),
    METHOD(proxy, setattr, "__setattr__(name: str, value, /)", "Done on the target."),
    METHOD(proxy, delattr, "__delattr__(name: str, /)", "Done on the target."),
    { 0 }
};

static const MethodDef call_methods[] = {
    METHOD(proxy, call, "__call__(*args, **kwargs)", "Call the target."),
    { 0 }
};

/* CPython's callable proxy has it not. */
static const MethodDef reversed_method[] = {
    ALONE(reversed),
    { 0 }
};

bool weak_proxy_types_init(Vm *vm)
{
    static const TypeDef defs[2] = {
        { .name = "weakref.ProxyType", .layout = LAYOUT(WEAKREF), .methods = proxy_methods, .flags = TYPE_DISALLOW_NEW },
        { .name = "weakref.CallableProxyType", .layout = LAYOUT(WEAKREF), .methods = call_methods, .flags = TYPE_DISALLOW_NEW },
    };
    Type *t = vm->types.weakproxy = type_from_def(vm, &defs[0], vm->types.object);
    if (!t || !type_make_unhashable(vm, t) || !type_add_methods(vm, t, reversed_method))
        return false;
    t = vm->types.weakcallableproxy = type_from_def(vm, &defs[1], vm->types.object);
    return t && type_make_unhashable(vm, t) && type_add_methods(vm, t, proxy_methods);
}
