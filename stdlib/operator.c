/* SPDX-License-Identifier: MIT
 * Module _operator: the operators as functions, and makers of functions that look up items, attributes, methods.
 * operator.aio gives them their public names. */
#include "stdlib/modules.h"

#include "vm/code.h"
#include "vm/objects/dict.h"
#include "vm/objects/bytes.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

/* ---- operators ---- */

#define BINARY(name, code)                                                                      \
    static Value operator_f_##name(Vm *vm, Value self, const Args *args)                       \
    {                                                                                           \
        (void)self;                                                                             \
        return op_binary(vm, code, args->v[0], args->v[1], false);                              \
    }                                                                                           \
    static Value operator_f_i##name(Vm *vm, Value self, const Args *args)                      \
    {                                                                                           \
        (void)self;                                                                             \
        return op_binary(vm, code, args->v[0], args->v[1], true);                               \
    }
BINARY(add, INT_ADD)
BINARY(sub, INT_SUB)
BINARY(mul, INT_MUL)
BINARY(matmul, INT_MATMUL)
BINARY(truediv, INT_DIV)
BINARY(floordiv, INT_FLOORDIV)
BINARY(mod, INT_MOD)
BINARY(pow, INT_POW)
BINARY(lshift, INT_LSHIFT)
BINARY(rshift, INT_RSHIFT)
BINARY(and_, INT_AND)
BINARY(or_, INT_OR)
BINARY(xor, INT_XOR)
#undef BINARY

#define COMPARISON(name, code)                                                                  \
    static Value operator_f_##name(Vm *vm, Value self, const Args *args)                       \
    {                                                                                           \
        (void)self;                                                                             \
        return op_compare(vm, code, args->v[0], args->v[1]);                                    \
    }
COMPARISON(lt, COMPARE_LT)
COMPARISON(le, COMPARE_LE)
COMPARISON(eq, COMPARE_EQ)
COMPARISON(ne, COMPARE_NE)
COMPARISON(gt, COMPARE_GT)
COMPARISON(ge, COMPARE_GE)
#undef COMPARISON

#define UNARY(name, special)                                                                    \
    static Value operator_f_##name(Vm *vm, Value self, const Args *args)                       \
    {                                                                                           \
        (void)self;                                                                             \
        return op_unary(vm, special, args->v[0]);                                               \
    }
UNARY(neg, SPECIAL_NEG)
UNARY(pos, SPECIAL_POS)
UNARY(inv, SPECIAL_INVERT)
UNARY(abs, SPECIAL_ABS)
#undef UNARY

static Value operator_f_not(Vm *vm, Value self, const Args *args)
{
    (void)self;
    int t = op_truth(vm, args->v[0]);
    return t < 0 ? VALUE_ERROR : value_from_bool(!t);
}

static Value operator_f_truth(Vm *vm, Value self, const Args *args)
{
    (void)self;
    int t = op_truth(vm, args->v[0]);
    return t < 0 ? VALUE_ERROR : value_from_bool(t);
}

static Value operator_f_is(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)self;
    return value_from_bool(value_same(args->v[0], args->v[1]));
}

static Value operator_f_is_not(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)self;
    return value_from_bool(!value_same(args->v[0], args->v[1]));
}

static Value operator_f_index(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return op_index(vm, args->v[0]);
}

/* ---- sequences and mappings ---- */
static bool is_sequence(Vm *vm, Value v)
{
    return !is_dict(v) && !value_is_empty(type_special(type_of(vm, v), SPECIAL_GETITEM));
}

static Value concat(Vm *vm, const Args *args, bool in_place)
{
    Value a = args->v[0], b = args->v[1];
    if (!is_sequence(vm, a))
        return raise_exc(vm, EXC_TypeError, "'%T' object can't be concatenated", a);
    if (value_is_empty(type_special(type_of(vm, a), SPECIAL_ADD)) &&
        value_is_empty(type_special(type_of(vm, a), SPECIAL_IADD)))
        return raise_exc(vm, EXC_TypeError, "'%T' object can't be concatenated", a);
    return op_binary(vm, INT_ADD, a, b, in_place);
}

static Value operator_f_concat(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return concat(vm, args, false);
}

static Value operator_f_iconcat(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return concat(vm, args, true);
}

static Value operator_f_contains(Vm *vm, Value self, const Args *args)
{
    (void)self;
    int found = op_contains(vm, args->v[0], args->v[1]);
    return found < 0 ? VALUE_ERROR : value_from_bool(found);
}

/* Items that equal v: how many (all), or where the first one is (-1: nowhere); -2: exception pending. */
static int64_t search(Vm *vm, Value iterable, Value v, bool all)
{
    Value item, it = op_iter(vm, iterable);
    int64_t n = 0, at = 0;
    if (value_is_empty(it)) {
        if (exc_pending_is(vm, EXC_TypeError)) {
            exc_discard(vm);
            raise_exc(vm, EXC_TypeError, "argument of type '%T' is not iterable", iterable);
        }
        return -2;
    }
    for (; op_next(vm, it, &item); at++) {
        int same = op_equal(vm, item, v);
        if (same < 0 || !vm_checkpoint(vm))
            return -2;
        if (same && !all)
            return at;
        n += same;
    }
    return vm_pending(vm) ? -2 : all ? n : -1;
}

static Value operator_f_countOf(Vm *vm, Value self, const Args *args)
{
    (void)self;
    int64_t n = search(vm, args->v[0], args->v[1], true);
    return n < 0 ? VALUE_ERROR : int_new(vm, n);
}

static Value operator_f_indexOf(Vm *vm, Value self, const Args *args)
{
    (void)self;
    int64_t at = search(vm, args->v[0], args->v[1], false);
    if (at == -1)
        return raise_exc(vm, EXC_ValueError, "sequence.index(x): x not in sequence");
    return at < 0 ? VALUE_ERROR : int_new(vm, at);
}

static Value operator_f_getitem(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return op_getitem(vm, args->v[0], args->v[1]);
}

static Value operator_f_setitem(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return op_setitem(vm, args->v[0], args->v[1], args->v[2]) ? VALUE_NONE : VALUE_ERROR;
}

static Value operator_f_delitem(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return op_delitem(vm, args->v[0], args->v[1]) ? VALUE_NONE : VALUE_ERROR;
}

static Value operator_f_length_hint(Vm *vm, Value self, const Args *args)
{
    int64_t dflt;
    (void)self;
    Value v = op_index(vm, args->v[1]);
    if (value_is_empty(v))
        return v;
    if (!int_to_i64(v, &dflt))
        return raise_exc(vm, EXC_OverflowError, "Python int too large to convert to C ssize_t");
    int64_t n = op_length_hint(vm, args->v[0], dflt);
    return n == -1 && vm_pending(vm) ? VALUE_ERROR : int_new(vm, n);
}

static Value operator_f_call(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (!args->nrest)
        return raise_exc(vm, EXC_TypeError, "call expected at least 1 argument, got 0");
    return op_call_kw(vm, args->rest[0], args->nrest - 1 + args->nkw, args->rest + 1, args->nkw, args->names);
}

/* Equal? In a time that depends on the length alone. */
static Value operator_f_compare_digest(Vm *vm, Value self, const Args *args)
{
    Value a = args->v[0], b = args->v[1];
    const char *p, *q;
    size_t n, m;
    (void)self;
    if (is_str(a) && is_str(b)) {
        if (!str_is_ascii(as_str(a)) || !str_is_ascii(as_str(b)))
            return raise_exc(vm, EXC_TypeError, "comparing strings with non-ASCII characters is not supported");
        p = str_data(as_str(a)), n = as_str(a)->len;
        q = str_data(as_str(b)), m = as_str(b)->len;
    } else if (!bytes_view(vm, a, &p, &n)) {
        Value first = exc_take(vm);
        if (bytes_view(vm, b, &q, &m)) {
            exc_restore(vm, first);
            return VALUE_ERROR;
        }
        exc_discard(vm);
        return raise_exc(vm, EXC_TypeError, "unsupported operand types(s) or combination of types: '%T' and '%T'", a, b);
    } else if (!bytes_view(vm, b, &q, &m)) {
        return VALUE_ERROR;
    }
    volatile unsigned char differ = n != m;
    if (n != m)
        p = q;
    for (size_t i = 0; i < m; i++)
        differ |= (unsigned char)(p[i] ^ q[i]);
    return value_from_bool(!differ);
}

/* ---- itemgetter, attrgetter, methodcaller ---- */
typedef struct Getter {
    Obj h;
    Tuple *items;               /* what was given */
    Tuple *parts;               /* attrgetter: of each, a name or a Tuple of them */
    Dict *kwargs;               /* methodcaller: NULL for none */
} Getter;

static void getter_trace(Marker *m, Obj *o)
{
    mark_obj(m, ((Getter *)o)->items);
    mark_obj(m, ((Getter *)o)->parts);
    mark_obj(m, ((Getter *)o)->kwargs);
}

static const TypeLayout getter_layout = { .kind = KIND_EXT, .size = sizeof(Getter), .trace = getter_trace };

static Getter *as_getter(Value v)
{
    return (Getter *)value_obj(v);
}

static Value getter_new(Vm *vm, Value cls, const Args *args, Tuple *parts)
{
    Getter *g = (Getter *)object_alloc(vm, as_type(cls));
    Tuple *items = g ? tuple_from(vm, args->rest, args->nrest) : NULL;
    if (!items)
        return VALUE_ERROR;
    g->items = items;
    g->parts = parts;
    return value_from_obj(g);
}

static bool no_keywords(Vm *vm, const Args *args, const char *name)
{
    if (args->nkw)
        raise_exc(vm, EXC_TypeError, "%s() takes no keyword arguments", name);
    return !args->nkw;
}

/* The one object that such a function is called with. */
static bool one_object(Vm *vm, const Args *args, const char *name)
{
    if (!no_keywords(vm, args, name))
        return false;
    if (args->nrest != 1)
        raise_exc(vm, EXC_TypeError, "%s expected 1 argument, got %u", name, args->nrest);
    return args->nrest == 1;
}

static Value itemgetter_m_new(Vm *vm, Value self, const Args *args)
{
    if (!no_keywords(vm, args, "itemgetter"))
        return VALUE_ERROR;
    if (!args->nrest)
        return raise_exc(vm, EXC_TypeError, "itemgetter expected 1 argument, got 0");
    return getter_new(vm, self, args, NULL);
}

static Value itemgetter_m_call(Vm *vm, Value self, const Args *args)
{
    Tuple *keys = as_getter(self)->items;
    if (!one_object(vm, args, "itemgetter"))
        return VALUE_ERROR;
    Value o = args->rest[0];
    if (keys->len == 1)
        return op_getitem(vm, o, keys->items[0]);
    Tuple *t = tuple_new(vm, keys->len);
    for (size_t i = 0; t && i < keys->len; i++) {
        Value v = op_getitem(vm, o, keys->items[i]);
        if (value_is_empty(v))
            return v;
        heap_set(vm, t, &t->items[i], v);
    }
    return t ? value_from_obj(t) : VALUE_ERROR;
}

/* The name, or where there are dots a Tuple of names. */
static Value name_parts(Vm *vm, Str *name)
{
    const char *p = str_data(name), *end = p + name->len;
    if (!memchr(p, '.', name->len))
        return value_from_obj(str_intern_str(vm, name));
    List *l = list_new(vm, 2);
    for (;;) {
        const char *dot = memchr(p, '.', (size_t)(end - p));
        Str *part = str_intern(vm, p, (size_t)((dot ? dot : end) - p));
        if (!l || !part || !list_append(vm, l, value_from_obj(part)))
            return VALUE_ERROR;
        if (!dot)
            return value_from_obj(tuple_from(vm, list_items(l), l->len));
        p = dot + 1;
    }
}

static Value attrgetter_m_new(Vm *vm, Value self, const Args *args)
{
    if (!no_keywords(vm, args, "attrgetter"))
        return VALUE_ERROR;
    if (!args->nrest)
        return raise_exc(vm, EXC_TypeError, "attrgetter expected 1 argument, got 0");
    Tuple *parts = tuple_new(vm, args->nrest);
    for (uint32_t i = 0; parts && i < args->nrest; i++) {
        if (!is_str(args->rest[i]))
            return raise_exc(vm, EXC_TypeError, "attribute name must be a string");
        Value part = name_parts(vm, as_str(args->rest[i]));
        if (value_is_empty(part))
            return part;
        heap_set(vm, parts, &parts->items[i], part);
    }
    return parts ? getter_new(vm, self, args, parts) : VALUE_ERROR;
}

static Value get_parts(Vm *vm, Value o, Value part)
{
    if (is_str(part))
        return attr_get(vm, o, as_str(part));
    const Tuple *t = as_tuple(part);
    for (size_t i = 0; i < t->len && !value_is_empty(o); i++)
        o = attr_get(vm, o, as_str(t->items[i]));
    return o;
}

static Value attrgetter_m_call(Vm *vm, Value self, const Args *args)
{
    Tuple *parts = as_getter(self)->parts;
    if (!one_object(vm, args, "attrgetter"))
        return VALUE_ERROR;
    Value o = args->rest[0];
    if (parts->len == 1)
        return get_parts(vm, o, parts->items[0]);
    Tuple *t = tuple_new(vm, parts->len);
    for (size_t i = 0; t && i < parts->len; i++) {
        Value v = get_parts(vm, o, parts->items[i]);
        if (value_is_empty(v))
            return v;
        heap_set(vm, t, &t->items[i], v);
    }
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static Value methodcaller_m_new(Vm *vm, Value self, const Args *args)
{
    if (!args->nrest)
        return raise_exc(vm, EXC_TypeError, "methodcaller needs at least one argument, the method name");
    if (!is_str(args->rest[0]))
        return raise_exc(vm, EXC_TypeError, "method name must be a string");
    Value v = getter_new(vm, self, args, NULL);
    if (value_is_empty(v) || !args->nkw)
        return v;
    Dict *d = dict_new(vm);
    if (!d)
        return VALUE_ERROR;
    for (uint32_t i = 0; i < args->nkw; i++)
        if (!dict_set(vm, d, args->names[i], args->rest[args->nrest + i]))
            return VALUE_ERROR;
    heap_set_ptr(vm, as_getter(v), &as_getter(v)->kwargs, d);
    return v;
}

static Value methodcaller_m_call(Vm *vm, Value self, const Args *args)
{
    Getter *g = as_getter(self);
    if (!one_object(vm, args, "methodcaller"))
        return VALUE_ERROR;
    Value o = args->rest[0];
    Str *name = str_intern_str(vm, as_str(g->items->items[0]));
    if (!name)
        return VALUE_ERROR;
    if (!g->kwargs)
        return op_call_method(vm, o, name, (uint32_t)g->items->len - 1, g->items->items + 1);
    Value f = attr_get(vm, o, name);
    Tuple *rest = value_is_empty(f) ? NULL : tuple_from(vm, g->items->items + 1, g->items->len - 1);
    return rest ? op_call_ex(vm, f, rest, g->kwargs) : VALUE_ERROR;
}

static Value getter_m_repr(Vm *vm, Value self, const Args *args)
{
    Getter *g = as_getter(self);
    (void)args;
    int entered = op_repr_enter(vm, self);
    if (entered < 0)
        return VALUE_ERROR;
    if (entered)
        return value_from_obj(str_printf(vm, "%T(...)", self));
    Buf b;
    buf_init(&b, &vm->alloc);
    buf_printf(&b, "%s(", type_name_of(vm, self));
    bool ok = true;
    for (size_t i = 0; ok && i < g->items->len; i++) {
        Str *s = op_repr(vm, g->items->items[i]);
        ok = s;
        if (ok) {
            buf_puts(&b, i ? ", " : "");
            buf_put(&b, str_data(s), s->len);
        }
    }
    size_t pos = 0;
    Value k, v;
    while (ok && g->kwargs && dict_next(g->kwargs, &pos, &k, &v)) {
        Str *s = op_repr(vm, v);
        ok = s;
        if (ok) {
            buf_puts(&b, ", ");
            buf_put(&b, str_data(as_str(k)), as_str(k)->len);
            buf_putc(&b, '=');
            buf_put(&b, str_data(s), s->len);
        }
    }
    buf_putc(&b, ')');
    op_repr_leave(vm, self);
    Str *s = ok ? str_from_buf(vm, &b) : NULL;
    if (!ok)
        buf_free(&b);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value getter_m_reduce(Vm *vm, Value self, const Args *args)
{
    Getter *g = as_getter(self);
    Value type = value_from_obj(type_of(vm, self));
    (void)args;
    if (!g->kwargs)
        return value_from_obj(tuple_pack(vm, 2, type, value_from_obj(g->items)));
    Value functools = rt_import_module(vm, "functools");
    Str *partial = str_intern(vm, "partial", 7);
    Value f = value_is_empty(functools) || !partial ? VALUE_ERROR : attr_get(vm, functools, partial);
    Tuple *first = value_is_empty(f) ? NULL : tuple_pack(vm, 2, type, g->items->items[0]);
    Value maker = first ? op_call_ex(vm, f, first, g->kwargs) : VALUE_ERROR;
    Tuple *rest = value_is_empty(maker) ? NULL : tuple_from(vm, g->items->items + 1, g->items->len - 1);
    return rest ? value_from_obj(tuple_pack(vm, 2, maker, value_from_obj(rest))) : VALUE_ERROR;
}

#define GETTER_METHODS                                                              \
    METHOD(getter, repr, "__repr__()", "Return repr(self)."),                       \
    METHOD(getter, reduce, "__reduce__()", "How to make it again.")

static const MethodDef itemgetter_methods[] = {
    { "__new__(*args, **kwargs)", NULL, itemgetter_m_new, NATIVE_STATIC | NATIVE_VECTOR },
    { "__call__(*args, **kwargs) as (obj, /)", "The items of an object.", itemgetter_m_call, NATIVE_VECTOR },
    GETTER_METHODS,
    { 0 }
};
static const MethodDef attrgetter_methods[] = {
    { "__new__(*args, **kwargs)", NULL, attrgetter_m_new, NATIVE_STATIC | NATIVE_VECTOR },
    { "__call__(*args, **kwargs) as (obj, /)", "The attributes of an object.", attrgetter_m_call, NATIVE_VECTOR },
    GETTER_METHODS,
    { 0 }
};
static const MethodDef methodcaller_methods[] = {
    { "__new__(*args, **kwargs)", NULL, methodcaller_m_new, NATIVE_STATIC | NATIVE_VECTOR },
    { "__call__(*args, **kwargs) as (obj, /)", "Call the method of an object.", methodcaller_m_call, NATIVE_VECTOR },
    GETTER_METHODS,
    { 0 }
};
static const TypeDef itemgetter_def = {
    .name = "operator.itemgetter", .layout = &getter_layout, .methods = itemgetter_methods,
    .doc = "A function that takes an item out of its argument, or a tuple of several items.",
};
static const TypeDef attrgetter_def = {
    .name = "operator.attrgetter", .layout = &getter_layout, .methods = attrgetter_methods,
    .doc = "A function that takes an attribute of its argument, or a tuple of several; names may have dots.",
};
static const TypeDef methodcaller_def = {
    .name = "operator.methodcaller", .layout = &getter_layout, .methods = methodcaller_methods,
    .doc = "A function that calls a method of its argument, with the arguments given here.",
};

static const MethodDef functions[] = {
    FUNCTION(operator, lt, "lt(a, b, /)", "a < b"),
    FUNCTION(operator, le, "le(a, b, /)", "a <= b"),
    FUNCTION(operator, eq, "eq(a, b, /)", "a == b"),
    FUNCTION(operator, ne, "ne(a, b, /)", "a != b"),
    FUNCTION(operator, gt, "gt(a, b, /)", "a > b"),
    FUNCTION(operator, ge, "ge(a, b, /)", "a >= b"),
    FUNCTION(operator, not, "not_(a, /)", "not a"),
    FUNCTION(operator, truth, "truth(a, /)", "True if a counts as true, else False."),
    FUNCTION(operator, is, "is_(a, b, /)", "a is b"),
    FUNCTION(operator, is_not, "is_not(a, b, /)", "a is not b"),
    FUNCTION(operator, add, "add(a, b, /)", "a + b"),
    FUNCTION(operator, sub, "sub(a, b, /)", "a - b"),
    FUNCTION(operator, mul, "mul(a, b, /)", "a * b"),
    FUNCTION(operator, matmul, "matmul(a, b, /)", "a @ b"),
    FUNCTION(operator, truediv, "truediv(a, b, /)", "a / b"),
    FUNCTION(operator, floordiv, "floordiv(a, b, /)", "a // b"),
    FUNCTION(operator, mod, "mod(a, b, /)", "a % b"),
    FUNCTION(operator, pow, "pow(a, b, /)", "a ** b"),
    FUNCTION(operator, lshift, "lshift(a, b, /)", "a << b"),
    FUNCTION(operator, rshift, "rshift(a, b, /)", "a >> b"),
    FUNCTION(operator, and_, "and_(a, b, /)", "a & b"),
    FUNCTION(operator, or_, "or_(a, b, /)", "a | b"),
    FUNCTION(operator, xor, "xor(a, b, /)", "a ^ b"),
    FUNCTION(operator, iadd, "iadd(a, b, /)", "a += b; the new a"),
    FUNCTION(operator, isub, "isub(a, b, /)", "a -= b; the new a"),
    FUNCTION(operator, imul, "imul(a, b, /)", "a *= b; the new a"),
    FUNCTION(operator, imatmul, "imatmul(a, b, /)", "a @= b; the new a"),
    FUNCTION(operator, itruediv, "itruediv(a, b, /)", "a /= b; the new a"),
    FUNCTION(operator, ifloordiv, "ifloordiv(a, b, /)", "a //= b; the new a"),
    FUNCTION(operator, imod, "imod(a, b, /)", "a %= b; the new a"),
    FUNCTION(operator, ipow, "ipow(a, b, /)", "a **= b; the new a"),
    FUNCTION(operator, ilshift, "ilshift(a, b, /)", "a <<= b; the new a"),
    FUNCTION(operator, irshift, "irshift(a, b, /)", "a >>= b; the new a"),
    FUNCTION(operator, iand_, "iand(a, b, /)", "a &= b; the new a"),
    FUNCTION(operator, ior_, "ior(a, b, /)", "a |= b; the new a"),
    FUNCTION(operator, ixor, "ixor(a, b, /)", "a ^= b; the new a"),
    FUNCTION(operator, neg, "neg(a, /)", "-a"),
    FUNCTION(operator, pos, "pos(a, /)", "+a"),
    FUNCTION(operator, inv, "inv(a, /)", "~a"),
    FUNCTION(operator, inv, "invert(a, /)", "~a"),
    FUNCTION(operator, abs, "abs(a, /)", "abs(a)"),
    FUNCTION(operator, index, "index(a, /)", "a.__index__()"),
    FUNCTION(operator, concat, "concat(a, b, /)", "a + b, of sequences"),
    FUNCTION(operator, iconcat, "iconcat(a, b, /)", "a += b, of sequences; the new a"),
    FUNCTION(operator, contains, "contains(a, b, /)", "b in a (the other way round)"),
    FUNCTION(operator, countOf, "countOf(a, b, /)", "How many items of a equal b."),
    FUNCTION(operator, indexOf, "indexOf(a, b, /)", "The index of the first item of a that equals b."),
    FUNCTION(operator, getitem, "getitem(a, b, /)", "a[b]"),
    FUNCTION(operator, setitem, "setitem(a, b, c, /)", "a[b] = c"),
    FUNCTION(operator, delitem, "delitem(a, b, /)", "del a[b]"),
    FUNCTION(operator, length_hint, "length_hint(obj, default=0, /)",
             "len(obj), or what the object thinks it will yield, or the default."),
    { "call(obj, /, *args, **kwargs)", "obj(*args, **kwargs)", operator_f_call, NATIVE_VECTOR },
    FUNCTION(operator, compare_digest, "compare_digest(a, b, /)", "a == b, in a time that tells nothing about them."),
    { 0 }
};

Value operator_init(Vm *vm)
{
    Module *m = module_new(vm, "_operator", "The operators as functions.");
    Type *item = m ? type_from_def(vm, &itemgetter_def, vm->types.object) : NULL;
    Type *attr = item ? type_from_def(vm, &attrgetter_def, vm->types.object) : NULL;
    Type *method = attr ? type_from_def(vm, &methodcaller_def, vm->types.object) : NULL;
    if (!method || !module_add_functions(vm, m, functions) || !module_set(vm, m, "itemgetter", value_from_obj(item)) ||
        !module_set(vm, m, "attrgetter", value_from_obj(attr)) || !module_set(vm, m, "methodcaller", value_from_obj(method)))
        return VALUE_ERROR;
    return value_from_obj(m);
}
