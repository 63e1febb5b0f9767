/* SPDX-License-Identifier: MIT
 * Generic classes: what `class C[T]` inherits, and C[int]. */
#include "runtime/typing.h"

#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

static Str *parameters_name(Vm *vm)
{
    return str_intern(vm, "__parameters__", 14);
}

/* ---- arguments for parameters ---- */

static bool too_few(Vm *vm, Value what, size_t n, size_t least)
{
    raise_exc(vm, EXC_TypeError, "Too few arguments for %V; actual %zu, expected at least %zu", what, n, least);
    return false;
}

/* Args from left on, without the last `right`, become one tuple. */
static bool prepare_tuple(Vm *vm, Value what, const Value *params, size_t n, size_t left, List *args)
{
    size_t right = n - left - 1;
    for (size_t i = left + 1; i < n; i++)
        if (typing_is_tuple_param(vm, params[i])) {
            raise_exc(vm, EXC_TypeError, "More than one TypeVarTuple parameter in %V", what);
            return false;
        }
    if (left + right > args->len)
        return too_few(vm, what, args->len, n - 1);
    size_t end = args->len - right;
    Value many;
    if (left == end && typing_has_default(vm, params[left])) {
        many = typing_default(vm, params[left]);
        bool starred = typing_is_alias(vm, many) && ((Alias *)value_obj(many))->starred;
        Tuple *one = starred || is_tuple(many) || value_is_empty(many) ? NULL : tuple_from(vm, &many, 1);
        if (starred)
            many = ((Alias *)value_obj(many))->args;
        else if (is_tuple(many))
            one = tuple_from(vm, &many, 1);
        if (one)
            many = value_from_obj(one);
    } else {
        Tuple *t = tuple_from(vm, list_items(args) + left, end - left);
        many = t ? value_from_obj(t) : VALUE_ERROR;
    }
    Tuple *old = value_is_empty(many) ? NULL : tuple_from(vm, list_items(args), args->len);
    if (!old)
        return false;
    list_delete_range(vm, args, 0, args->len);
    return list_append_n(vm, args, old->items, left) && list_append(vm, args, many) &&
        list_append_n(vm, args, old->items + end, right);
}

/* A list is kept as a tuple; C[int, str] means C[[int, str]] where **P is alone. */
static bool prepare_spec(Vm *vm, Value what, const Value *params, size_t n, size_t i, List *args)
{
    if (i == args->len && typing_has_default(vm, params[i])) {
        Value v = typing_default(vm, params[i]);
        if (value_is_empty(v) || !list_append(vm, args, v))
            return false;
    }
    if (i >= args->len) {
        raise_exc(vm, EXC_TypeError, "Too few arguments for %V", what);
        return false;
    }
    Value v = list_items(args)[i];
    bool expr = value_same(v, VALUE_ELLIPSIS) || is_tuple(v) || is_list(v) || typing_is_param_spec(vm, v);
    if (n == 1 && !expr) {
        Tuple *t = tuple_from(vm, list_items(args), args->len);
        if (t)
            list_delete_range(vm, args, 0, args->len);
        return t && list_append(vm, args, value_from_obj(t));
    }
    if (!is_list(v))
        return true;
    Tuple *t = tuple_from(vm, list_items(as_list(v)), as_list(v)->len);
    if (t)
        heap_set(vm, args, &list_items(args)[i], value_from_obj(t));
    return t != NULL;
}

Tuple *typing_prepare(Vm *vm, Value what, const Value *params, size_t n, Value given)
{
    List *args = list_new(vm, 0);
    bool many = is_tuple(given);
    if (!args || !list_append_n(vm, args, many ? as_tuple(given)->items : &given, many ? as_tuple(given)->len : 1))
        return NULL;
    for (size_t i = 0; i < n; i++) {
        bool ok = true;
        if (typing_is_tuple_param(vm, params[i])) {
            ok = prepare_tuple(vm, what, params, n, i, args);
        } else if (typing_is_param_spec(vm, params[i])) {
            ok = prepare_spec(vm, what, params, n, i, args);
        } else if (i >= args->len) {
            if (i > args->len || !typing_has_default(vm, params[i]))
                ok = too_few(vm, what, args->len, i + 1);
            Value v = ok ? typing_default(vm, params[i]) : VALUE_ERROR;
            ok = !value_is_empty(v) && list_append(vm, args, v);
        }
        if (!ok)
            return NULL;
    }
    if (args->len > n) {
        raise_exc(vm, EXC_TypeError, "Too many arguments for %V; actual %zu, expected %zu", what, (size_t)args->len, n);
        return NULL;
    }
    return tuple_from(vm, list_items(args), args->len);
}

/* ---- typing.Generic ---- */

static bool is_generic_type(Vm *vm, Value v)
{
    return is_type(v) && as_type(v) == typing_type(vm, PARAM_GENERIC);
}

/* typing.Protocol, which script defines. */
static bool is_protocol_itself(Vm *vm, Value v)
{
    return is_type(v) && is_str(as_type(v)->name) && str_is(as_str(as_type(v)->name), "Protocol") &&
           as_type(v)->bases->len == 1 && is_generic_type(vm, as_type(v)->bases->items[0]);
}

static bool is_generic_base(Vm *vm, Value v)
{
    return typing_is_alias(vm, v) && is_generic_type(vm, ((Alias *)value_obj(v))->origin);
}

/* The order of defaults among Generic's own parameters. */
static bool check_defaults(Vm *vm, const Tuple *args)
{
    bool seen = false, unpacked = false;
    for (size_t i = 0; i < args->len; i++) {
        Value v = args->items[i];
        if (typing_is_unpack(vm, v)) {
            unpacked = true;
        } else if (typing_is_typevar(vm, v)) {
            bool has = typing_has_default(vm, v);
            if (has && unpacked) {
                raise_exc(vm, EXC_TypeError, "Type parameter with a default follows TypeVarTuple");
                return false;
            }
            if (seen && !has) {
                raise_exc(vm, EXC_TypeError, "Type parameter %R without a default follows type parameter with a default", v);
                return false;
            }
            seen |= has;
        }
    }
    return true;
}

Value typing_generic_base(Vm *vm, Tuple *params)
{
    Tuple *args = tuple_new(vm, params->len);
    Type *generic = typing_type(vm, PARAM_GENERIC), *unpack = typing_type(vm, PARAM_UNPACK);
    if (!args || !generic || !unpack)
        return VALUE_ERROR;
    for (size_t i = 0; i < params->len; i++) {
        Value v = params->items[i];
        if (typing_is_tuple_param(vm, v)) {
            Tuple *one = tuple_from(vm, &v, 1);
            v = one ? typing_alias_new(vm, value_from_obj(unpack), value_from_obj(one)) : VALUE_ERROR;
            if (value_is_empty(v))
                return v;
        }
        heap_set(vm, args, &args->items[i], v);
    }
    return check_defaults(vm, args) ? typing_alias_new(vm, value_from_obj(generic), value_from_obj(args)) : VALUE_ERROR;
}

static Value generic_itself_getitem(Vm *vm, Value self, Tuple *args)
{
    if (!args->len)
        return raise_exc(vm, EXC_TypeError, "Parameter list to %s[...] cannot be empty", type_short_name(as_type(self)));
    for (size_t i = 0; i < args->len; i++)
        if (!typing_is_typevar(vm, args->items[i]) && !typing_is_unpack(vm, args->items[i]))
            return raise_exc(vm, EXC_TypeError, "Parameters to %s[...] must all be type variables or parameter "
                             "specification variables.", type_short_name(as_type(self)));
    for (size_t i = 0; i < args->len; i++)
        for (size_t k = 0; k < i; k++)
            if (value_same(args->items[i], args->items[k]))
                return raise_exc(vm, EXC_TypeError, "Parameters to %s[...] must all be unique", type_short_name(as_type(self)));
    return check_defaults(vm, args) ? typing_alias_new(vm, self, value_from_obj(args)) : VALUE_ERROR;
}

/* None means its class, a text a type that is yet to come. */
static bool as_types(Vm *vm, Tuple *t)
{
    for (size_t i = 0; i < t->len; i++) {
        Value v = t->items[i];
        if (value_is_none(v)) {
            v = value_from_obj(vm->types.none);
        } else if (is_str(v)) {
            Value make = typing_script_name(vm, "ForwardRef");
            v = value_is_empty(make) ? make : op_call1(vm, make, v);
            if (value_is_empty(v))
                return false;
        }
        heap_set(vm, t, &t->items[i], v);
    }
    return true;
}

static Value generic_m_class_getitem(Vm *vm, Value self, const Args *args)
{
    Value given = args->v[0];
    size_t n = is_tuple(given) ? as_tuple(given)->len : 1;
    Tuple *t = tuple_from(vm, is_tuple(given) ? as_tuple(given)->items : &given, n);
    if (t && !as_types(vm, t))
        return VALUE_ERROR;
    if (!t || is_generic_type(vm, self) || is_protocol_itself(vm, self))
        return t ? generic_itself_getitem(vm, self, t) : VALUE_ERROR;
    Str *name = parameters_name(vm);
    Value params = name ? attr_get(vm, self, name) : VALUE_ERROR;
    if (value_is_empty(params))
        return params;
    size_t count = is_tuple(params) ? as_tuple(params)->len : 0;
    if (!count)
        return raise_exc(vm, EXC_TypeError, "%V is not a generic class", self);
    const Value *items = as_tuple(params)->items;
    Tuple *values = typing_prepare(vm, self, items, count, value_from_obj(t));
    List *l = values ? list_new(vm, values->len) : NULL;
    for (size_t i = 0; l && i < count; i++) {
        Value v = values->items[i];
        bool splice = typing_is_tuple_param(vm, items[i]) && is_tuple(v);
        if (!list_append_n(vm, l, splice ? as_tuple(v)->items : &v, splice ? as_tuple(v)->len : 1))
            return VALUE_ERROR;
    }
    Tuple *r = l ? tuple_from(vm, list_items(l), l->len) : NULL;
    return r ? typing_alias_new(vm, self, value_from_obj(r)) : VALUE_ERROR;
}

/* super(Generic, cls).__init_subclass__(...) */
static bool init_subclass_next(Vm *vm, Type *cls, const Args *args)
{
    bool after = false;
    Tuple *mro = cls->mro, *rest = tuple_from(vm, args->rest, args->nrest);
    for (size_t i = 0; i < mro->len && rest; i++) {
        Value f = after ? dict_get_str(vm, type_dict(vm, as_type(mro->items[i])), vm->special_names[SPECIAL_INIT_SUBCLASS])
                        : VALUE_EMPTY;
        after |= is_generic_type(vm, mro->items[i]);
        if (value_is_empty(f))
            continue;
        f = attr_bind(vm, f, VALUE_EMPTY, cls);
        return !value_is_empty(f) && !value_is_empty(op_call_ex(vm, f, rest, as_dict(args->v[0])));
    }
    return rest != NULL;
}

static Str *names_of(Vm *vm, const Value *items, size_t n)
{
    Buf b;
    buf_init(&b, &vm->alloc);
    for (size_t i = 0; i < n; i++) {
        Str *s = op_repr(vm, items[i]);
        if (!s) {
            buf_free(&b);
            return NULL;
        }
        buf_puts(&b, i ? ", " : "");
        buf_put(&b, str_data(s), s->len);
    }
    return str_from_buf(vm, &b);
}

/* All parameters among the bases must be Generic's where it is one of them. */
static bool check_listed(Vm *vm, List *all, List *own)
{
    List *extra = list_new(vm, 0);
    for (size_t i = 0; extra && i < all->len; i++) {
        bool listed = false;
        for (size_t k = 0; k < own->len && !listed; k++)
            listed = value_same(list_items(all)[i], list_items(own)[k]);
        if (!listed && !list_append(vm, extra, list_items(all)[i]))
            return false;
    }
    if (!extra || !extra->len)
        return extra != NULL;
    Str *missing = names_of(vm, list_items(extra), extra->len), *have = names_of(vm, list_items(own), own->len);
    if (missing && have)
        raise_exc(vm, EXC_TypeError, "Some type variables (%S) are not listed in Generic[%S]", missing, have);
    return false;
}

static List *class_parameters(Vm *vm, Type *cls)
{
    Value orig = dict_get_str(vm, type_dict(vm, cls), vm->names.dunder_orig_bases);
    List *all = list_new(vm, 0), *own = NULL;
    Tuple *bases = is_tuple(orig) ? as_tuple(orig) : cls->bases;
    for (size_t i = 0; all && i < bases->len; i++) {
        bool listed = is_tuple(orig) || !str_is(as_str(type_of(vm, value_from_obj(cls))->name), "_TypedDictMeta");
        if (listed && is_generic_type(vm, bases->items[i]) && !is_protocol_itself(vm, value_from_obj(cls))) {
            raise_exc(vm, EXC_TypeError, "Cannot inherit from plain Generic");
            return NULL;
        }
        if (!typing_collect_params(vm, all, &bases->items[i], 1))
            return NULL;
        if (!is_generic_base(vm, bases->items[i]))
            continue;
        if (own) {
            raise_exc(vm, EXC_TypeError, "Cannot inherit from Generic[...] multiple times.");
            return NULL;
        }
        own = list_new(vm, 0);
        if (!own || !typing_collect_params(vm, own, &bases->items[i], 1))
            return NULL;
    }
    return !all || !own ? all : check_listed(vm, all, own) ? own : NULL;
}

static Value generic_m_init_subclass(Vm *vm, Value self, const Args *args)
{
    Type *cls = as_type(self);
    if (!init_subclass_next(vm, cls, args))
        return VALUE_ERROR;
    List *l = class_parameters(vm, cls);
    Tuple *t = l ? tuple_from(vm, list_items(l), l->len) : NULL;
    Str *name = t ? parameters_name(vm) : NULL;
    return name && attr_set(vm, self, name, value_from_obj(t)) ? VALUE_NONE : VALUE_ERROR;
}

const MethodDef typing_generic_methods[] = {
    CLASSMETHOD(generic, class_getitem, "__class_getitem__(params, /)", "The class with type arguments."),
    CLASSMETHOD(generic, init_subclass, "__init_subclass__(*args, **kwargs)", "Find the parameters of a new class."),
    { 0 }
};
