/* SPDX-License-Identifier: MIT
 * Module _functools: partial, cmp_to_key, reduce. The cache of lru_cache is in lru_cache.c, the rest in functools.aio. */
#include "stdlib/modules.h"

#include "runtime/typing.h"
#include "vm/code.h"
#include "vm/iter_fast.h"
#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

/* ---- partial ---- */
typedef struct Partial {
    Obj h;
    Value func;
    Tuple *args;
    Dict *kwargs;
} Partial;

static void partial_trace(Marker *m, Obj *o)
{
    mark_value(m, ((Partial *)o)->func);
    mark_obj(m, ((Partial *)o)->args);
    mark_obj(m, ((Partial *)o)->kwargs);
}

static const TypeLayout partial_layout = { .kind = KIND_EXT, .size = sizeof(Partial), .trace = partial_trace };

static Partial *as_partial(Value v)
{
    return (Partial *)value_obj(v);
}

/* An exact partial whose attributes were never asked for: partial(partial(f, a), b) is partial(f, a, b). */
static const Partial *flat_part(Vm *vm, Value f, Value cls)
{
    if (!is_kind(f, KIND_EXT) || !value_same(value_from_obj(type_of(vm, f)), cls))
        return NULL;
    const Value *ext = obj_ext(vm, value_obj(f));
    return !ext || value_is_empty(*ext) ? as_partial(f) : NULL;
}

static Value partial_m_new(Vm *vm, Value self, const Args *args)
{
    if (!args->nrest)
        return raise_exc(vm, EXC_TypeError, "type 'partial' takes at least one argument");
    Value f = args->rest[0];
    if (!op_callable(vm, f))
        return raise_exc(vm, EXC_TypeError, "the first argument must be callable");
    const Partial *inner = flat_part(vm, f, self);
    size_t before = inner ? inner->args->len : 0, n = args->nrest - 1;
    Partial *p = (Partial *)object_alloc(vm, as_type(self));
    Tuple *t = p ? tuple_new(vm, before + n) : NULL;
    if (!t)
        return VALUE_ERROR;
    if (before)
        memcpy(t->items, inner->args->items, before * sizeof(Value));
    if (n)
        memcpy(t->items + before, args->rest + 1, n * sizeof(Value));
    p->func = inner ? inner->func : f;
    p->args = t;
    p->kwargs = inner ? dict_copy(vm, inner->kwargs) : dict_new(vm);
    if (!p->kwargs)
        return VALUE_ERROR;
    for (uint32_t i = 0; i < args->nkw; i++)
        if (!dict_set(vm, p->kwargs, args->names[i], args->rest[args->nrest + i]))
            return VALUE_ERROR;
    return value_from_obj(p);
}

/* The keywords of both, those of the call first in rank; v has room for the values, names for the names. */
static uint32_t merge_keywords(const Partial *p, const Args *args, Value *v, Value *names)
{
    uint32_t n = 0, own;
    size_t pos = 0;
    Value k, val;
    while (dict_next(p->kwargs, &pos, &k, &val)) {
        names[n] = k;
        v[n++] = val;
    }
    own = n;
    for (uint32_t i = 0; i < args->nkw; i++) {
        uint32_t at = 0;
        while (at < own && !str_equal(as_str(names[at]), as_str(args->names[i])))
            at++;
        names[at < own ? at : n] = args->names[i];
        v[at < own ? at : n] = args->rest[args->nrest + i];
        n += at == own;
    }
    return n;
}

static Value partial_m_call(Vm *vm, Value self, const Args *args)
{
    const Partial *p = as_partial(self);
    size_t before = p->args->len, npos = before + args->nrest, nown = dict_len(p->kwargs), nkw = nown + args->nkw;
    Value small[16], *v = small;
    if (npos + 2 * nkw > COUNT_OF(small)) {
        Values *big = values_new(vm, npos + 2 * nkw);
        if (!big)
            return VALUE_ERROR;
        v = big->items;
    }
    for (size_t i = 0; i < before; i++)
        v[i] = p->args->items[i];
    if (!nown) {
        if (args->nrest + args->nkw)
            memcpy(v + before, args->rest, (args->nrest + args->nkw) * sizeof(Value));
        return op_call_kw(vm, p->func, (uint32_t)(npos + nkw), v, args->nkw, args->names);
    }
    if (args->nrest)
        memcpy(v + before, args->rest, args->nrest * sizeof(Value));
    size_t pos = 0;
    Value k, val;
    while (dict_next(p->kwargs, &pos, &k, &val))
        if (!is_str(k))
            return raise_exc(vm, EXC_TypeError, "keywords must be strings");
    uint32_t n = merge_keywords(p, args, v + npos, v + npos + nkw);
    return op_call_kw(vm, p->func, (uint32_t)npos + n, v, n, v + npos + nkw);
}

static bool put_repr(Vm *vm, Buf *b, const char *before, Value v)
{
    Str *s = op_repr(vm, v);
    if (s) {
        buf_puts(b, before);
        buf_put(b, str_data(s), s->len);
    }
    return s;
}

static Value partial_m_repr(Vm *vm, Value self, const Args *args)
{
    const Partial *p = as_partial(self);
    Type *t = type_of(vm, self);
    (void)args;
    int entered = op_repr_enter(vm, self);
    if (entered < 0)
        return VALUE_ERROR;
    if (entered)
        return value_from_obj(str_printf(vm, "..."));
    Value module = attr_get(vm, value_from_obj(t), vm->names.dunder_module);
    Str *name = value_is_empty(module) ? NULL : str_printf(vm, "%V.%V(", module, t->qualname);
    Buf b;
    buf_init(&b, &vm->alloc);
    bool ok = name;
    if (ok)
        buf_put(&b, str_data(name), name->len);
    ok = ok && put_repr(vm, &b, "", p->func);
    for (size_t i = 0; ok && i < p->args->len; i++)
        ok = put_repr(vm, &b, ", ", p->args->items[i]);
    size_t pos = 0;
    Value k, v;
    while (ok && dict_next(p->kwargs, &pos, &k, &v)) {
        Str *key = op_str(vm, k);
        ok = key;
        if (ok) {
            buf_puts(&b, ", ");
            buf_put(&b, str_data(key), key->len);
            ok = put_repr(vm, &b, "=", v);
        }
    }
    buf_putc(&b, ')');
    op_repr_leave(vm, self);
    Str *s = ok ? str_from_buf(vm, &b) : NULL;
    if (!ok)
        buf_free(&b);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value own_dict(Vm *vm, Value self)
{
    Value *ext = obj_ext(vm, value_obj(self));
    if (!ext || value_is_empty(*ext))
        return VALUE_NONE;
    Dict *d = attr_dict(vm, self);
    return d ? value_from_obj(d) : VALUE_ERROR;
}

static Value partial_m_reduce(Vm *vm, Value self, const Args *args)
{
    const Partial *p = as_partial(self);
    (void)args;
    Value dict = own_dict(vm, self);
    if (value_is_empty(dict))
        return dict;
    Tuple *first = tuple_pack(vm, 1, p->func);
    Tuple *state = first ? tuple_pack(vm, 4, p->func, value_from_obj(p->args), value_from_obj(p->kwargs), dict) : NULL;
    Tuple *t = state ? tuple_pack(vm, 3, value_from_obj(type_of(vm, self)), value_from_obj(first), value_from_obj(state)) : NULL;
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static Value partial_m_setstate(Vm *vm, Value self, const Args *args)
{
    Partial *p = as_partial(self);
    Value *s;
    size_t n;
    if (!is_tuple(args->v[0]) || !seq_items(args->v[0], &s, &n) || n != 4 || !op_callable(vm, s[0]) || !is_tuple(s[1]) ||
        (!value_is_none(s[2]) && !is_dict(s[2])))
        return raise_exc(vm, EXC_TypeError, "invalid partial state");
    Dict *kw = value_is_none(s[2]) ? dict_new(vm) : is_exact(s[2], SHAPE_DICT_ID) ? as_dict(s[2]) : dict_copy(vm, as_dict(s[2]));
    Tuple *t = is_exact(s[1], SHAPE_TUPLE_ID) ? as_tuple(s[1]) : tuple_from(vm, as_tuple(s[1])->items, as_tuple(s[1])->len);
    if (!kw || !t)
        return VALUE_ERROR;
    heap_set(vm, p, &p->func, s[0]);
    heap_set_ptr(vm, p, &p->args, t);
    heap_set_ptr(vm, p, &p->kwargs, kw);
    Value dict = s[3], *ext = obj_ext(vm, &p->h);
    if (value_is_none(dict) && ext && !value_is_empty(*ext))
        dict = value_from_obj(dict_new(vm));
    if (!value_is_none(dict) && (value_is_empty(dict) || !attr_set(vm, self, vm->names.dunder_dict, dict)))
        return VALUE_ERROR;
    return VALUE_NONE;
}

/* As an attribute of a class it stays what it is, but will not for ever. */
static Value partial_m_get(Vm *vm, Value self, const Args *args)
{
    if (value_is_none(args->v[0]) || value_is_empty(args->v[0]))
        return self;
    if (!vm->hooks.warn || vm->hooks.warn(vm, vm->exc[EXC_FutureWarning],
                                          "functools.partial will be a method descriptor in future Python versions; "
                                          "wrap it in staticmethod() if you want to preserve the old behavior"))
        return self;
    return VALUE_ERROR;
}

static bool partial_s_dict(Vm *vm, Value self, Value v)
{
    if (!value_is_empty(v))
        return instance_s_dict(vm, self, v);
    raise_exc(vm, EXC_TypeError, "cannot delete __dict__");
    return false;
}

static Value any_m_class_getitem(Vm *vm, Value self, const Args *args)
{
    Tuple *t = is_tuple(args->v[0]) ? as_tuple(args->v[0]) : tuple_from(vm, args->v, 1);
    return t ? alias_new(vm, self, value_from_obj(t), false) : VALUE_ERROR;
}

static Value partial_g_func(Vm *vm, Value self)
{
    (void)vm;
    return as_partial(self)->func;
}

static Value partial_g_args(Vm *vm, Value self)
{
    (void)vm;
    return value_from_obj(as_partial(self)->args);
}

static Value partial_g_keywords(Vm *vm, Value self)
{
    (void)vm;
    return value_from_obj(as_partial(self)->kwargs);
}

static bool partial_s_none(Vm *vm, Value self, Value v)
{
    (void)self;
    (void)v;
    raise_exc(vm, EXC_AttributeError, "readonly attribute");
    return false;
}

static const MethodDef partial_methods[] = {
    { "__new__(func, /, *args, **keywords)", NULL, partial_m_new, NATIVE_STATIC | NATIVE_VECTOR },
    { "__call__(*args, **kwargs)", "Call the function, with these arguments behind those given before.", partial_m_call,
      NATIVE_VECTOR },
    METHOD(partial, repr, "__repr__()", "Return repr(self)."),
    METHOD(partial, reduce, "__reduce__()", "How to make it again."),
    METHOD(partial, setstate, "__setstate__(state, /)", "Take what __reduce__ gave."),
    METHOD(partial, get, "__get__(instance, owner=None, /)", "The same, with a warning when asked of an instance."),
    CLASSMETHOD(any, class_getitem, "__class_getitem__(item, /)", "With type arguments."),
    { 0 }
};
static const GetSetDef partial_getsets[] = {
    { "func", "The function that is called.", partial_g_func, partial_s_none },
    { "args", "Its first arguments.", partial_g_args, partial_s_none },
    { "keywords", "Its keyword arguments.", partial_g_keywords, partial_s_none },
    { "__dict__", "The instance's own attributes.", instance_g_dict, partial_s_dict },
    { 0 }
};
static const TypeDef partial_def = {
    .name = "functools.partial", .layout = &partial_layout, .methods = partial_methods, .getsets = partial_getsets,
    .doc = "A function with some of its arguments given in advance.", .flags = TYPE_BASE | TYPE_HAS_DICT | TYPE_WEAKREFS,
};

/* ---- cmp_to_key ---- */
typedef struct KeyWrapper {
    Obj h;
    Value cmp, obj;             /* obj EMPTY: what cmp_to_key() gave, which makes the others */
} KeyWrapper;

static void key_trace(Marker *m, Obj *o)
{
    mark_value(m, ((KeyWrapper *)o)->cmp);
    mark_value(m, ((KeyWrapper *)o)->obj);
}

static const TypeLayout key_layout = { .kind = KIND_EXT, .size = sizeof(KeyWrapper), .trace = key_trace };

static KeyWrapper *as_key(Value v)
{
    return (KeyWrapper *)value_obj(v);
}

static Value key_new(Vm *vm, Type *t, Value cmp, Value obj)
{
    KeyWrapper *k = (KeyWrapper *)object_alloc(vm, t);
    if (!k)
        return VALUE_ERROR;
    k->cmp = cmp;
    k->obj = obj;
    return value_from_obj(k);
}

static Value key_m_call(Vm *vm, Value self, const Args *args)
{
    if (args->nrest + args->nkw > 1)
        return raise_exc(vm, EXC_TypeError, "K() takes at most 1 argument (%u given)", args->nrest + args->nkw);
    if (args->nrest + args->nkw == 0 || (args->nkw && !str_is(as_str(args->names[0]), "obj")))
        return raise_exc(vm, EXC_TypeError, "K() missing required argument 'obj' (pos 1)");
    return key_new(vm, type_of(vm, self), as_key(self)->cmp, args->rest[0]);
}

static Value key_compare(Vm *vm, Value self, Value other, unsigned op)
{
    if (type_of(vm, other) != type_of(vm, self))
        return raise_exc(vm, EXC_TypeError, "other argument must be K instance");
    Value pair[2] = { as_key(self)->obj, as_key(other)->obj };
    if (value_is_empty(pair[0]) || value_is_empty(pair[1]))
        return raise_exc(vm, EXC_AttributeError, "object");
    Value r = op_call(vm, as_key(self)->cmp, 2, pair);
    return value_is_empty(r) ? r : op_compare(vm, op, r, value_from_int48(0));
}

#define KEY_COMPARE(name, code)                                                                 \
    static Value key_m_##name(Vm *vm, Value self, const Args *args)                            \
    {                                                                                           \
        return key_compare(vm, self, args->v[0], code);                                         \
    }
KEY_COMPARE(lt, COMPARE_LT)
KEY_COMPARE(le, COMPARE_LE)
KEY_COMPARE(eq, COMPARE_EQ)
KEY_COMPARE(ne, COMPARE_NE)
KEY_COMPARE(gt, COMPARE_GT)
KEY_COMPARE(ge, COMPARE_GE)
#undef KEY_COMPARE

static Value key_g_obj(Vm *vm, Value self)
{
    Value v = as_key(self)->obj;
    return value_is_empty(v) ? raise_exc(vm, EXC_AttributeError, "obj") : v;
}

static bool key_s_obj(Vm *vm, Value self, Value v)
{
    heap_set(vm, value_obj(self), &as_key(self)->obj, v);
    return true;
}

static const MethodDef key_methods[] = {
    { "__call__(obj)", "A key that compares as obj does.", key_m_call, NATIVE_VECTOR },
    METHOD(key, lt, "__lt__(value, /)", "Return self<value."),
    METHOD(key, le, "__le__(value, /)", "Return self<=value."),
    METHOD(key, eq, "__eq__(value, /)", "Return self==value."),
    METHOD(key, ne, "__ne__(value, /)", "Return self!=value."),
    METHOD(key, gt, "__gt__(value, /)", "Return self>value."),
    METHOD(key, ge, "__ge__(value, /)", "Return self>=value."),
    { 0 }
};
static const GetSetDef key_getsets[] = { { "obj", "What is compared.", key_g_obj, key_s_obj }, { 0 } };
static const TypeDef key_def = {
    .name = "functools.KeyWrapper", .layout = &key_layout, .methods = key_methods, .getsets = key_getsets,
    .flags = TYPE_DISALLOW_NEW,
};

/* ---- functions ---- */
static Value functools_f_cmp_to_key(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return key_new(vm, as_type(rt_of(vm)->roots[RT_ROOT_CMP_KEY_TYPE]), args->v[0], VALUE_EMPTY);
}

static Value functools_f_reduce(Vm *vm, Value self, const Args *args)
{
    Value f = args->v[0], acc = args->v[2], it = op_iter(vm, args->v[1]), pair[2];
    (void)self;
    if (value_is_empty(it)) {
        if (exc_pending_is(vm, EXC_TypeError)) {
            exc_discard(vm);
            raise_exc(vm, EXC_TypeError, "reduce() arg 2 must support iteration");
        }
        return VALUE_ERROR;
    }
    while (iter_step(vm, it, &pair[1])) {
        if (value_is_empty(acc)) {
            acc = pair[1];
            continue;
        }
        pair[0] = acc;
        acc = op_call(vm, f, 2, pair);
        if (value_is_empty(acc) || !vm_checkpoint(vm))
            return VALUE_ERROR;
    }
    if (vm_pending(vm))
        return VALUE_ERROR;
    return value_is_empty(acc) ? raise_exc(vm, EXC_TypeError, "reduce() of empty iterable with no initial value") : acc;
}

static const MethodDef functions[] = {
    FUNCTION(functools, cmp_to_key, "cmp_to_key(mycmp)", "A function that makes keys for sorting from a comparison function."),
    FUNCTION(functools, reduce, "reduce(function, iterable, initial=..., /)",
             "Apply a function of two arguments to the items from left to right, until one value is left."),
    { 0 }
};

Value functools_init(Vm *vm)
{
    Module *m = module_new(vm, "_functools", "What functools is made of.");
    Type *partial = m ? type_from_def(vm, &partial_def, vm->types.object) : NULL;
    Type *key = partial ? type_from_def(vm, &key_def, vm->types.object) : NULL;
    if (key)
        rt_of(vm)->roots[RT_ROOT_CMP_KEY_TYPE] = value_from_obj(key);
    if (!key || !type_make_unhashable(vm, key) ||
        !module_add_functions(vm, m, functions) || !module_set(vm, m, "partial", value_from_obj(partial)) ||
        !lru_cache_add(vm, m))
        return VALUE_ERROR;
    return value_from_obj(m);
}
