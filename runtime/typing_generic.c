/* SPDX-License-Identifier: MIT
 * Type parameters among the arguments of list[T] or of a union, and what takes their place. Whatever stands among the
 * arguments says by attributes what it is: __typing_subst__ (a parameter), __parameters__ (it has some in it),
 * __typing_prepare_subst__ (it looks at all the arguments first), __typing_unpacked_tuple_args__ (it is *tuple[...]),
 * __typing_is_unpacked_typevartuple__ (it is *Ts). What classes of the script's have in brackets is typing's, in script;
 * here are the two methods of typing.Generic that lead there. */
#include "runtime/typing.h"

#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

/* An attribute; EMPTY where there is none, it is None, or v is a class. False: an exception is pending. */
static bool look(Vm *vm, Value v, const char *name, Value *out)
{
    *out = VALUE_EMPTY;
    if (is_type(v))
        return true;
    Str *s = str_intern(vm, name, strlen(name));
    if (!s)
        return false;
    *out = attr_get_opt(vm, v, s);
    if (value_is_none(*out))
        *out = VALUE_EMPTY;
    return !value_is_empty(*out) || !vm_pending(vm);
}

static size_t index_of(const Value *items, size_t n, Value v)
{
    size_t i = 0;
    while (i < n && !value_same(items[i], v))
        i++;
    return i;
}

static bool add_parameter(Vm *vm, List *l, Value v)
{
    return index_of(list_items(l), l->len, v) < l->len || list_append(vm, l, v);
}

Tuple *typing_parameters(Vm *vm, const Tuple *args)
{
    List *l = list_new(vm, 0);
    for (size_t i = 0; l && i < args->len; i++) {
        Value subst, inner = VALUE_EMPTY;
        if (!look(vm, args->items[i], "__typing_subst__", &subst))
            return NULL;
        if (!value_is_empty(subst)) {
            if (!add_parameter(vm, l, args->items[i]))
                return NULL;
            continue;
        }
        if (!look(vm, args->items[i], "__parameters__", &inner))
            return NULL;
        for (size_t k = 0; is_tuple(inner) && k < as_tuple(inner)->len; k++)
            if (!add_parameter(vm, l, as_tuple(inner)->items[k]))
                return NULL;
    }
    return l ? tuple_from(vm, list_items(l), l->len) : NULL;
}

/* The arguments given, those of *tuple[int, str] one by one. */
static Tuple *unpacked(Vm *vm, Value given)
{
    List *l = list_new(vm, 0);
    Tuple *t = is_tuple(given) ? as_tuple(given) : tuple_from(vm, &given, 1);
    for (size_t i = 0; l && t && i < t->len; i++) {
        Value inner;
        if (!look(vm, t->items[i], "__typing_unpacked_tuple_args__", &inner))
            return NULL;
        const Tuple *u = is_tuple(inner) ? as_tuple(inner) : NULL;
        bool splice = u && !(u->len && value_same(u->items[u->len - 1], VALUE_ELLIPSIS));
        if (!list_append_n(vm, l, splice ? u->items : &t->items[i], splice ? u->len : 1))
            return NULL;
    }
    return l && t ? tuple_from(vm, list_items(l), l->len) : NULL;
}

/* Each parameter may look at the arguments, and make others of them. */
static Tuple *prepared(Vm *vm, Value self, const Tuple *params, Tuple *args)
{
    for (size_t i = 0; args && i < params->len; i++) {
        Value prepare;
        if (!look(vm, params->items[i], "__typing_prepare_subst__", &prepare))
            return NULL;
        if (value_is_empty(prepare))
            continue;
        Value both[] = { self, value_from_obj(args) }, v = op_call(vm, prepare, 2, both);
        if (value_is_empty(v))
            return NULL;
        args = is_tuple(v) ? as_tuple(v) : tuple_from(vm, &v, 1);
    }
    return args;
}

/* What has parameters in it, list[T] for instance, with values for them. */
static Value inner_subst(Vm *vm, Value v, const Tuple *params, const Tuple *values)
{
    Value own;
    if (!look(vm, v, "__parameters__", &own))
        return VALUE_ERROR;
    if (!is_tuple(own) || !as_tuple(own)->len)
        return v;
    List *l = list_new(vm, as_tuple(own)->len);
    for (size_t i = 0; l && i < as_tuple(own)->len; i++) {
        Value p = as_tuple(own)->items[i];
        size_t at = index_of(params->items, params->len, p);
        Value with = at < params->len ? values->items[at] : p;
        bool splice = at < params->len && typing_is_tuple_param(vm, p) && is_tuple(with);
        if (!list_append_n(vm, l, splice ? as_tuple(with)->items : &with, splice ? as_tuple(with)->len : 1))
            return VALUE_ERROR;
    }
    Tuple *t = l ? tuple_from(vm, list_items(l), l->len) : NULL;
    return t ? op_getitem(vm, v, value_from_obj(t)) : VALUE_ERROR;
}

static bool add_substituted(Vm *vm, List *l, Value v, const Tuple *params, const Tuple *values)
{
    Value subst, flag;
    if (is_type(v))
        return list_append(vm, l, v);
    if (!look(vm, v, "__typing_is_unpacked_typevartuple__", &flag) || !look(vm, v, "__typing_subst__", &subst))
        return false;
    size_t at = index_of(params->items, params->len, v);
    Value with = value_is_empty(subst) || at == params->len ? inner_subst(vm, v, params, values)
                                                             : op_call1(vm, subst, values->items[at]);
    if (value_is_empty(with))
        return false;
    bool splice = !value_is_empty(flag) && is_tuple(with) && op_truth(vm, flag) > 0;
    return list_append_n(vm, l, splice ? as_tuple(with)->items : &with, splice ? as_tuple(with)->len : 1);
}

Tuple *typing_substitute(Vm *vm, Value self, const Tuple *args, Value given)
{
    if (!vm_stack_ok(vm, ""))
        return NULL;
    Tuple *params = typing_parameters(vm, args), *values;
    if (!params)
        return NULL;
    if (!params->len) {
        raise_exc(vm, EXC_TypeError, "%R is not a generic class", self);
        return NULL;
    }
    values = unpacked(vm, given);
    values = values ? prepared(vm, self, params, values) : NULL;
    if (values && values->len != params->len) {
        raise_exc(vm, EXC_TypeError, "Too %s arguments for %R; actual %zu, expected %zu",
                  values->len > params->len ? "many" : "few", self, (size_t)values->len, (size_t)params->len);
        return NULL;
    }
    List *l = values ? list_new(vm, args->len) : NULL;
    for (size_t i = 0; l && i < args->len; i++)
        if (!add_substituted(vm, l, args->items[i], params, values))
            return NULL;
    return l ? tuple_from(vm, list_items(l), l->len) : NULL;
}

/* ---- typing.Generic ---- */

Value typing_generic_base(Vm *vm, Tuple *params)
{
    Tuple *args = tuple_new(vm, params->len);
    Value make = args ? typing_script_name(vm, "_GenericAlias") : VALUE_ERROR;
    Type *generic = typing_type(vm, PARAM_GENERIC);
    if (value_is_empty(make) || !generic)
        return VALUE_ERROR;
    for (size_t i = 0; i < params->len; i++) {
        Value v = params->items[i];
        if (typing_is_tuple_param(vm, v))
            v = typing_unpack(vm, v);
        if (value_is_empty(v))
            return v;
        heap_set(vm, args, &args->items[i], v);
    }
    Value both[] = { value_from_obj(generic), value_from_obj(args) };
    return op_call(vm, make, 2, both);
}

static Value generic_m_class_getitem(Vm *vm, Value self, const Args *args)
{
    Value f = typing_script_name(vm, "_generic_class_getitem"), both[] = { self, args->v[0] };
    return value_is_empty(f) ? f : op_call(vm, f, 2, both);
}

static Value generic_m_init_subclass(Vm *vm, Value self, const Args *args)
{
    Value f = typing_script_name(vm, "_generic_init_subclass");
    Tuple *t = value_is_empty(f) ? NULL : tuple_new(vm, args->nrest + 1);
    if (!t)
        return VALUE_ERROR;
    heap_set(vm, t, &t->items[0], self);
    for (size_t i = 0; i < args->nrest; i++)
        heap_set(vm, t, &t->items[i + 1], args->rest[i]);
    return op_call_ex(vm, f, t, as_dict(args->v[0]));
}

const MethodDef typing_generic_methods[] = {
    CLASSMETHOD(generic, class_getitem, "__class_getitem__(params, /)", "The class with type arguments."),
    CLASSMETHOD(generic, init_subclass, "__init_subclass__(*args, **kwargs)", "Find the parameters of a new class."),
    { 0 }
};
