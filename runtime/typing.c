/* SPDX-License-Identifier: MIT
 * Unions of types (types.UnionType) and parameterised classes (types.GenericAlias). */
#include "runtime/typing.h"

#include "vm/code.h"
#include "vm/objects/core.h"
#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/set.h"
#include "vm/objects/str.h"

typedef struct Union {
    Obj h;
    Value args;                 /* Tuple of at least two */
} Union;

static void union_trace(Marker *m, Obj *o)
{
    mark_value(m, ((Union *)o)->args);
}

static void alias_trace(Marker *m, Obj *o)
{
    mark_value(m, ((Alias *)o)->origin);
    mark_value(m, ((Alias *)o)->args);
}

static const TypeLayout union_layout = { .kind = KIND_EXT, .size = sizeof(Union), .trace = union_trace };
static const TypeLayout alias_layout = { .kind = KIND_EXT, .size = sizeof(Alias), .trace = alias_trace };

static bool is_union(Vm *vm, Value v)
{
    return is_kind(v, KIND_EXT) && type_of(vm, v)->layout == &union_layout;
}

bool typing_is_alias(Vm *vm, Value v)
{
    return is_kind(v, KIND_EXT) && type_of(vm, v)->layout == &alias_layout;
}

static Alias *as_alias(Value v)
{
    return (Alias *)value_obj(v);
}

bool typing_is_unpack(Vm *vm, Value v)
{
    return typing_is_alias(vm, v) && as_alias(v)->generic && is_type(as_alias(v)->origin) &&
        as_type(as_alias(v)->origin) == typing_type(vm, PARAM_UNPACK);
}

static Value args_of(Vm *vm, Value v)
{
    return is_union(vm, v) ? ((Union *)value_obj(v))->args : as_alias(v)->args;
}

/* ---- text ---- */

static Str *part_repr(Vm *vm, Value v, bool generic)
{
    if (value_same(v, VALUE_ELLIPSIS))
        return str_cstr(vm, "...");
    if (is_type(v)) {
        if (as_type(v) == vm->types.none && !generic)
            return str_cstr(vm, "None");
        Value module = type_lookup(vm, as_type(v), vm->names.dunder_module);
        if (is_str(module) && str_is(as_str(module), "builtins"))
            return as_str(as_type(v)->qualname);
        return is_str(module) ? str_printf(vm, "%S.%V", as_str(module), as_type(v)->qualname) : type_full_name(vm, as_type(v));
    }
    Value module = is_func(v) || is_native(v) ? attr_get_opt(vm, v, vm->names.dunder_module) : VALUE_EMPTY;
    if (!is_str(module))
        return vm_pending(vm) ? NULL : op_repr(vm, v);
    Value qualname = attr_get(vm, v, vm->names.dunder_qualname);
    if (value_is_empty(qualname))
        return NULL;
    return str_is(as_str(module), "builtins") ? op_str(vm, qualname) : str_printf(vm, "%S.%V", as_str(module), qualname);
}

Str *typing_part_repr(Vm *vm, Value v)
{
    return part_repr(vm, v, false);
}

/* Parts with a separator between; lists stand in brackets, as in Callable[[int], str], and so do tuples that
 * take the place of a **P. */
static bool put_parts(Vm *vm, Buf *b, const Value *items, size_t n, const char *sep, bool generic)
{
    if (!vm_stack_ok(vm, " while getting the repr of an object"))
        return false;
    for (size_t i = 0; i < n; i++) {
        buf_puts(b, i ? sep : "");
        if (is_list(items[i])) {
            buf_putc(b, '[');
            if (!put_parts(vm, b, list_items(as_list(items[i])), as_list(items[i])->len, ", ", generic))
                return false;
            buf_putc(b, ']');
            continue;
        }
        if (generic && is_tuple(items[i])) {
            buf_putc(b, '[');
            if (!put_parts(vm, b, as_tuple(items[i])->items, as_tuple(items[i])->len, ", ", true))
                return false;
            buf_putc(b, ']');
            continue;
        }
        Str *s = part_repr(vm, items[i], generic);
        if (!s)
            return false;
        buf_put(b, str_data(s), s->len);
    }
    return true;
}

static Value text_of(Vm *vm, Buf *b, bool ok)
{
    Str *s = ok ? str_from_buf(vm, b) : NULL;
    if (!ok)
        buf_free(b);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

/* ---- unions ---- */

static bool may_join(Vm *vm, Value v)
{
    return is_type(v) || value_is_none(v) || is_union(vm, v) || (typing_is_alias(vm, v) && !as_alias(v)->generic) ||
           (typing_is_param(vm, v) && !typing_is_typevar(vm, v));
}

static bool add_part(Vm *vm, List *l, Value v)
{
    if (value_is_none(v))
        v = value_from_obj(vm->types.none);
    for (size_t i = 0; i < l->len; i++) {
        int same = op_equal(vm, list_items(l)[i], v);
        if (same)
            return same > 0;
    }
    return list_append(vm, l, v);
}

static bool add_operand(Vm *vm, List *l, Value v)
{
    if (!is_union(vm, v))
        return add_part(vm, l, v);
    Tuple *t = as_tuple(args_of(vm, v));
    for (size_t i = 0; i < t->len; i++)
        if (!add_part(vm, l, t->items[i]))
            return false;
    return true;
}

Value union_make(Vm *vm, Value a, Value b)
{
    if (!may_join(vm, a) || !may_join(vm, b))
        return VALUE_NOT_IMPLEMENTED;
    List *l = list_new(vm, 2);
    if (!l || !add_operand(vm, l, a) || !add_operand(vm, l, b))
        return VALUE_ERROR;
    if (l->len == 1)
        return list_items(l)[0];
    Tuple *t = tuple_from(vm, list_items(l), l->len);
    Union *u = t ? (Union *)object_alloc(vm, vm->types.union_type) : NULL;
    if (!u)
        return VALUE_ERROR;
    u->args = value_from_obj(t);
    return value_from_obj(u);
}

static Value union_m_or(Vm *vm, Value self, const Args *args)
{
    return union_make(vm, self, args->v[0]);
}

static Value union_m_ror(Vm *vm, Value self, const Args *args)
{
    return union_make(vm, args->v[0], self);
}

/* typing.NAME, of the part of it that is written in script. */
Value typing_script_name(Vm *vm, const char *name)
{
    Value m = rt_import_module(vm, "typing");
    Str *s = value_is_empty(m) ? NULL : str_intern(vm, name, strlen(name));
    return s ? attr_get(vm, m, s) : VALUE_ERROR;
}

Value typing_union(Vm *vm, Value a, Value b)
{
    Value form = typing_script_name(vm, "Union");
    Tuple *t = value_is_empty(form) ? NULL : tuple_pack(vm, 2, a, b);
    return t ? op_getitem(vm, form, value_from_obj(t)) : VALUE_ERROR;
}

static Value generic_alias_m_or(Vm *vm, Value self, const Args *args)
{
    return typing_union(vm, self, args->v[0]);
}

static Value generic_alias_m_ror(Vm *vm, Value self, const Args *args)
{
    return typing_union(vm, args->v[0], self);
}

static Value union_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Buf b;
    buf_init(&b, &vm->alloc);
    Tuple *t = as_tuple(args_of(vm, self));
    return text_of(vm, &b, put_parts(vm, &b, t->items, t->len, " | ", false));
}

static Set *parts_set(Vm *vm, Value u)
{
    Set *s = set_new(vm, true);
    return s && set_update(vm, s, args_of(vm, u)) ? s : NULL;
}

static Value union_m_eq(Vm *vm, Value self, const Args *args)
{
    if (!is_union(vm, args->v[0]))
        return VALUE_NOT_IMPLEMENTED;
    Set *a = parts_set(vm, self), *b = a ? parts_set(vm, args->v[0]) : NULL;
    int same = b ? op_equal(vm, value_from_obj(a), value_from_obj(b)) : -1;
    return same < 0 ? VALUE_ERROR : value_from_bool(same);
}

static Value union_m_hash(Vm *vm, Value self, const Args *args)
{
    (void)args;
    int64_t h;
    Set *s = parts_set(vm, self);
    return s && op_hash(vm, value_from_obj(s), &h) ? int_new(vm, h) : VALUE_ERROR;
}

static Value check_parts(Vm *vm, Value self, Value v, int (*check)(Vm *, Value, Value), const char *refusal)
{
    Tuple *t = as_tuple(args_of(vm, self));
    for (size_t i = 0; i < t->len; i++) {
        if (typing_is_alias(vm, t->items[i]))
            return raise_exc(vm, EXC_TypeError, "%s", refusal);
        if (!is_type(t->items[i]))
            continue;
        int r = check(vm, v, t->items[i]);
        if (r)
            return r < 0 ? VALUE_ERROR : VALUE_TRUE;
    }
    return VALUE_FALSE;
}

static Value union_m_instancecheck(Vm *vm, Value self, const Args *args)
{
    return check_parts(vm, self, args->v[0], op_isinstance, "isinstance() argument 2 cannot be a parameterized generic");
}

static Value union_m_subclasscheck(Vm *vm, Value self, const Args *args)
{
    if (!is_type(args->v[0]))
        return raise_exc(vm, EXC_TypeError, "issubclass() arg 1 must be a class");
    return check_parts(vm, self, args->v[0], op_issubclass, "issubclass() argument 2 cannot be a parameterized generic");
}

static Value union_g_args(Vm *vm, Value self)
{
    return args_of(vm, self);
}

/* ---- type parameters among the arguments, and what takes their place ---- */

/* __parameters__ of what is made in script (typing.List[T]): a Tuple, or EMPTY. */
static Value script_params(Vm *vm, Value v)
{
    Str *name = is_instance(v) ? str_intern(vm, "__parameters__", 14) : NULL;
    Value p = name ? attr_get_opt(vm, v, name) : VALUE_EMPTY;
    if (value_is_empty(p) && vm_pending(vm))
        exc_discard(vm);        /* then it has none */
    return is_tuple(p) && as_tuple(p)->len ? p : VALUE_EMPTY;
}

/* Append those that are not in the list yet, inner ones too. */
bool typing_collect_params(Vm *vm, List *l, const Value *items, size_t n)
{
    if (!vm_stack_ok(vm, ""))
        return false;
    for (size_t i = 0; i < n; i++) {
        Value v = items[i];
        bool part = typing_is_alias(vm, v) || is_union(vm, v);
        if (is_tuple(v) || part) {
            Tuple *inner = as_tuple(part ? args_of(vm, v) : v);
            if (!typing_collect_params(vm, l, inner->items, inner->len))
                return false;
        } else if (typing_is_typevar(vm, v)) {
            bool known = false;
            for (size_t k = 0; k < l->len && !known; k++)
                known = value_same(list_items(l)[k], v);
            if (!known && !list_append(vm, l, v))
                return false;
        } else if (!value_is_empty(v = script_params(vm, v))) {
            if (!typing_collect_params(vm, l, as_tuple(v)->items, as_tuple(v)->len))
                return false;
        }
    }
    return true;
}

static List *params_of(Vm *vm, Value self)
{
    List *l = list_new(vm, 0);
    Tuple *t = as_tuple(args_of(vm, self));
    return l && typing_collect_params(vm, l, t->items, t->len) ? l : NULL;
}

static Value part_g_parameters(Vm *vm, Value self)
{
    List *l = params_of(vm, self);
    Tuple *t = l ? tuple_from(vm, list_items(l), l->len) : NULL;
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static Value substituted(Vm *vm, Value v, List *params, const Value *values);

/* The parts with the parameters replaced; those for *Ts are put in its place. */
static Tuple *substituted_parts(Vm *vm, const Tuple *old, List *params, const Value *values)
{
    List *l = list_new(vm, old->len);
    for (size_t i = 0; i < old->len && l; i++) {
        Value v = old->items[i], part = substituted(vm, v, params, values);
        bool splice = typing_is_unpack(vm, v) && is_tuple(part);
        if (value_is_empty(part) || !list_append_n(vm, l, splice ? as_tuple(part)->items : &part,
                                                   splice ? as_tuple(part)->len : 1))
            return NULL;
    }
    return l ? tuple_from(vm, list_items(l), l->len) : NULL;
}

/* v with the parameters replaced. */
static Value substituted(Vm *vm, Value v, List *params, const Value *values)
{
    Value inner = typing_is_unpack(vm, v) ? as_tuple(as_alias(v)->args)->items[0] : v;
    for (size_t i = 0; i < params->len; i++)
        if (value_same(list_items(params)[i], inner))
            return values[i];
    Value own = script_params(vm, v);
    if (value_is_empty(own) && !is_union(vm, v) && !typing_is_alias(vm, v) && !is_tuple(v))
        return v;
    if (!vm_stack_ok(vm, ""))
        return VALUE_ERROR;
    if (!value_is_empty(own)) {
        Tuple *with = substituted_parts(vm, as_tuple(own), params, values);
        return with ? op_getitem(vm, v, value_from_obj(with)) : VALUE_ERROR;
    }
    Tuple *new = substituted_parts(vm, as_tuple(is_tuple(v) ? v : args_of(vm, v)), params, values);
    if (!new || is_tuple(v))
        return new ? value_from_obj(new) : VALUE_ERROR;
    if (typing_is_alias(vm, v)) {
        Alias *a = as_alias(v);
        return a->generic ? typing_alias_new(vm, a->origin, value_from_obj(new))
                          : alias_new(vm, a->origin, value_from_obj(new), a->starred);
    }
    Value u = new->items[0];
    for (size_t i = 1; i < new->len && !value_is_empty(u); i++)
        u = op_binary(vm, OP_OR - OP_ADD, u, new->items[i], false);
    return u;
}

static Value part_m_getitem(Vm *vm, Value self, const Args *args)
{
    List *params = params_of(vm, self);
    if (!params)
        return VALUE_ERROR;
    bool generic = typing_is_alias(vm, self) && as_alias(self)->generic;
    if (generic && value_same(as_alias(self)->origin, value_from_obj(typing_type(vm, PARAM_GENERIC))))
        return raise_exc(vm, EXC_TypeError, "Cannot subscript already-subscripted %R", self);
    if (!params->len)
        return raise_exc(vm, EXC_TypeError, "%R is not a generic class", self);
    Tuple *values = typing_prepare(vm, self, list_items(params), params->len, args->v[0]);
    return values ? substituted(vm, self, params, values->items) : VALUE_ERROR;
}

static const MethodDef union_methods[] = {
    METHOD(union, or, "__or__(value, /)", "Return self|value."),
    METHOD(union, ror, "__ror__(value, /)", "Return value|self."),
    METHOD(union, repr, "__repr__()", "Return repr(self)."),
    METHOD(union, eq, "__eq__(value, /)", "Return self==value."),
    METHOD(union, hash, "__hash__()", "Return hash(self)."),
    METHOD(union, instancecheck, "__instancecheck__(instance, /)", "Is it an instance of one of them?"),
    METHOD(union, subclasscheck, "__subclasscheck__(subclass, /)", "Is it a subclass of one of them?"),
    METHOD(part, getitem, "__getitem__(key, /)", "With types in place of the type parameters."),
    { 0 }
};
static const GetSetDef union_getsets[] = {
    { "__args__", "The types.", union_g_args, NULL },
    { "__parameters__", "Type parameters in it.", part_g_parameters, NULL },
    { 0 }
};

/* ---- list[int] and its like ---- */

Value alias_new(Vm *vm, Value origin, Value args, bool starred)
{
    Alias *a = (Alias *)object_alloc(vm, vm->types.generic_alias);
    if (!a)
        return VALUE_ERROR;
    a->origin = origin;
    a->args = args;
    a->starred = starred;
    return value_from_obj(a);
}

Value typing_alias_new(Vm *vm, Value origin, Value args)
{
    Type *type = typing_type(vm, PARAM_GENERIC_ALIAS);
    Alias *a = type ? (Alias *)object_alloc(vm, type) : NULL;
    if (!a)
        return VALUE_ERROR;
    a->origin = origin;
    a->args = args;
    a->generic = true;
    return value_from_obj(a);
}

static Value alias_of(Vm *vm, Value origin, Value item)
{
    Value args = item;
    if (!is_tuple(item)) {
        Tuple *t = tuple_from(vm, &item, 1);
        args = t ? value_from_obj(t) : VALUE_ERROR;
    }
    return value_is_empty(args) ? args : alias_new(vm, origin, args, false);
}

static Value alias_m_new(Vm *vm, Value self, const Args *args)
{
    Tuple *t = is_tuple(args->v[1]) ? as_tuple(args->v[1]) : tuple_from(vm, &args->v[1], 1);
    Alias *a = t ? (Alias *)object_alloc(vm, as_type(self)) : NULL;
    if (!a)
        return VALUE_ERROR;
    a->origin = args->v[0];
    a->args = value_from_obj(t);
    return value_from_obj(a);
}

/* What classes get as __class_getitem__. */
static Value alias_m_class_getitem(Vm *vm, Value self, const Args *args)
{
    return alias_of(vm, self, args->v[0]);
}

static Value alias_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Alias *a = as_alias(self);
    Tuple *t = as_tuple(a->args);
    Buf b;
    buf_init(&b, &vm->alloc);
    Str *origin = typing_part_repr(vm, a->origin);
    if (!origin)
        return VALUE_ERROR;
    buf_puts(&b, a->starred ? "*" : "");
    buf_put(&b, str_data(origin), origin->len);
    buf_putc(&b, '[');
    bool ok = put_parts(vm, &b, t->items, t->len, ", ", a->generic);
    if (!t->len)
        buf_puts(&b, "()");
    buf_putc(&b, ']');
    return text_of(vm, &b, ok);
}

static Value alias_m_call(Vm *vm, Value self, const Args *args)
{
    Alias *a = as_alias(self);
    Tuple *t = tuple_from(vm, args->rest, args->nrest);
    Value v = t ? op_call_ex(vm, a->origin, t, as_dict(args->v[0])) : VALUE_ERROR;
    Str *name = value_is_empty(v) ? NULL : str_intern(vm, "__orig_class__", 14);
    if (name && is_instance(v) && !attr_set(vm, v, name, self)) {
        if (!exc_pending_is(vm, EXC_AttributeError) && !exc_pending_is(vm, EXC_TypeError))
            return VALUE_ERROR;
        exc_discard(vm);        /* the object takes no attributes */
    }
    return v;
}

static bool is_dunder(const Str *name)
{
    return name->len > 4 && !memcmp(str_data(name), "__", 2) && !memcmp(str_data(name) + name->len - 2, "__", 2);
}

static Value alias_m_getattr(Vm *vm, Value self, const Args *args)
{
    Str *name = as_str(args->v[0]);
    Alias *a = as_alias(self);
    if (a->generic && is_dunder(name) && !str_is(name, "__name__") && !str_is(name, "__qualname__") &&
        !str_is(name, "__module__"))
        return raise_exc(vm, EXC_AttributeError, "%S", name);
    if (str_is(name, "__bases__") || str_is(name, "__copy__") || str_is(name, "__deepcopy__"))
        return raise_attribute(vm, self, name);
    return attr_get(vm, as_alias(self)->origin, name);
}

/* Its own names it keeps to itself; others are the class's. */
static Value generic_alias_m_setattr(Vm *vm, Value self, const Args *args)
{
    Str *name = as_str(args->v[0]);
    bool ok = is_dunder(name) ? attr_generic_set(vm, self, name, args->v[1])
                              : attr_set(vm, as_alias(self)->origin, name, args->v[1]);
    return ok ? VALUE_NONE : VALUE_ERROR;
}

static Value alias_m_mro_entries(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Tuple *t = tuple_from(vm, &as_alias(self)->origin, 1);
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static Value alias_m_eq(Vm *vm, Value self, const Args *args)
{
    if (!typing_is_alias(vm, args->v[0]))
        return VALUE_NOT_IMPLEMENTED;
    Alias *a = as_alias(self), *b = as_alias(args->v[0]);
    int same = a->starred == b->starred ? op_equal(vm, a->origin, b->origin) : 0;
    if (same > 0)
        same = op_equal(vm, a->args, b->args);
    return same < 0 ? VALUE_ERROR : value_from_bool(same);
}

static Value alias_m_hash(Vm *vm, Value self, const Args *args)
{
    (void)args;
    int64_t x, y;
    Alias *a = as_alias(self);
    return op_hash(vm, a->origin, &x) && op_hash(vm, a->args, &y) ? value_from_int48((x ^ y) >> 17) : VALUE_ERROR;
}

static const char generic_refusal[] = "Subscripted generics cannot be used with class and instance checks";

static Value alias_m_refuse_instance(Vm *vm, Value self, const Args *args)
{
    (void)args;
    if (as_alias(self)->generic)
        return raise_exc(vm, EXC_TypeError, "%s", generic_refusal);
    return raise_exc(vm, EXC_TypeError, "isinstance() argument 2 cannot be a parameterized generic");
}

static Value alias_m_refuse_subclass(Vm *vm, Value self, const Args *args)
{
    (void)args;
    if (as_alias(self)->generic)
        return raise_exc(vm, EXC_TypeError, "%s", generic_refusal);
    return raise_exc(vm, EXC_TypeError, "issubclass() argument 2 cannot be a parameterized generic");
}

/* `*tuple[int]` inside a subscript: one starred alias. */
static Value alias_m_iter(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Alias *a = as_alias(self);
    Value starred = alias_new(vm, a->origin, a->args, true);
    Tuple *t = value_is_empty(starred) ? NULL : tuple_from(vm, &starred, 1);
    return t ? op_iter(vm, value_from_obj(t)) : VALUE_ERROR;
}

static Value alias_g_origin(Vm *vm, Value self)
{
    (void)vm;
    return as_alias(self)->origin;
}

static Value alias_g_args(Vm *vm, Value self)
{
    return args_of(vm, self);
}

static Value alias_g_unpacked(Vm *vm, Value self)
{
    (void)vm;
    return value_from_bool(as_alias(self)->starred);
}

/* The class and its arguments again; a starred one is what iterating gives. */
static Value alias_m_reduce(Vm *vm, Value self, const Args *args)
{
    Alias *a = (Alias *)(void *)value_obj(self);
    (void)args;
    Tuple *parts = tuple_pack(vm, 2, a->origin, a->args);
    Tuple *r = parts ? tuple_pack(vm, 2, value_from_obj(vm->types.generic_alias), value_from_obj(parts)) : NULL;
    if (!a->starred || !r)
        return r ? value_from_obj(r) : VALUE_ERROR;
    Str *name = str_intern(vm, "next", 4);
    Value plain = alias_new(vm, a->origin, a->args, false), it = value_is_empty(plain) ? plain : op_iter(vm, plain);
    Tuple *one = value_is_empty(it) || !name ? NULL : tuple_pack(vm, 1, it);
    r = one ? tuple_pack(vm, 2, dict_get_str(vm, vm->builtins, name), value_from_obj(one)) : NULL;
    return r ? value_from_obj(r) : VALUE_ERROR;
}

static const MethodDef alias_methods[] = {
    METHOD(alias, new, "__new__(origin, args, /)", "A class with type arguments."),
    METHOD(union, or, "__or__(value, /)", "Return self|value."),
    METHOD(union, ror, "__ror__(value, /)", "Return value|self."),
    METHOD(alias, repr, "__repr__()", "Return repr(self)."),
    METHOD(alias, call, "__call__(*args, **kwargs)", "Make an instance of the class."),
    METHOD(alias, getattr, "__getattr__(name, /)", "The class's attribute."),
    METHOD(alias, mro_entries, "__mro_entries__(bases, /)", "As a base class: the class."),
    METHOD(alias, eq, "__eq__(value, /)", "Return self==value."),
    METHOD(alias, hash, "__hash__()", "Return hash(self)."),
    METHOD(alias, refuse_instance, "__instancecheck__(instance, /)", "Refused."),
    METHOD(alias, refuse_subclass, "__subclasscheck__(subclass, /)", "Refused."),
    METHOD(alias, reduce, "__reduce__()", "How to make the object again: for copy and pickle."),
    METHOD(alias, iter, "__iter__()", "One starred alias."),
    METHOD(part, getitem, "__getitem__(key, /)", "With types in place of the type parameters."),
    { 0 }
};
static const GetSetDef alias_getsets[] = {
    { "__origin__", "The class.", alias_g_origin, NULL },
    { "__args__", "Its arguments.", alias_g_args, NULL },
    { "__parameters__", "Type parameters among them.", part_g_parameters, NULL },
    { "__unpacked__", "Was it starred?", alias_g_unpacked, NULL },
    { 0 }
};

/* operator.getitem(origin, args) */
static Value generic_alias_m_reduce(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Value operator = rt_import_module(vm, "operator"), own = args_of(vm, self), origin = alias_g_origin(vm, self);
    Str *name = value_is_empty(operator) ? NULL : str_intern(vm, "getitem", 7);
    Value getitem = name ? attr_get(vm, operator, name) : VALUE_ERROR;
    if (value_is_empty(getitem) || value_is_empty(own) || value_is_empty(origin))
        return VALUE_ERROR;
    if (as_tuple(own)->len == 1 && !is_tuple(as_tuple(own)->items[0]))
        own = as_tuple(own)->items[0];
    Tuple *of = tuple_pack(vm, 2, origin, own), *t = of ? tuple_pack(vm, 2, getitem, value_from_obj(of)) : NULL;
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static const MethodDef generic_alias_methods[] = {
    METHOD(generic_alias, or, "__or__(right, /)", "Return self|value."),
    METHOD(generic_alias, ror, "__ror__(left, /)", "Return value|self."),
    METHOD(generic_alias, setattr, "__setattr__(attr, value, /)", "Set the class's attribute."),
    METHOD(alias, repr, "__repr__()", "Return repr(self)."),
    METHOD(alias, call, "__call__(*args, **kwargs)", "Make an instance of the class."),
    METHOD(alias, getattr, "__getattr__(attr, /)", "The class's attribute."),
    METHOD(alias, mro_entries, "__mro_entries__(bases, /)", "As a base class: the class."),
    METHOD(alias, eq, "__eq__(other, /)", "Return self==value."),
    METHOD(alias, hash, "__hash__()", "Return hash(self)."),
    METHOD(alias, refuse_instance, "__instancecheck__(obj, /)", "Refused."),
    METHOD(alias, refuse_subclass, "__subclasscheck__(cls, /)", "Refused."),
    METHOD(generic_alias, reduce, "__reduce__()", "How to make the object again: for copy and pickle."),
    METHOD(part, getitem, "__getitem__(args, /)", "With types in place of the type parameters."),
    { 0 }
};
static const GetSetDef generic_alias_getsets[] = {
    { "__origin__", "The class.", alias_g_origin, NULL },
    { "__args__", "Its arguments.", alias_g_args, NULL },
    { "__parameters__", "Type parameters among them.", part_g_parameters, NULL },
    { 0 }
};
const TypeDef typing_generic_alias_def = { .name = "typing._GenericAlias", .layout = &alias_layout,
    .methods = generic_alias_methods, .getsets = generic_alias_getsets, .flags = TYPE_DISALLOW_NEW | TYPE_WEAKREFS };

/* Built-in classes that may be parameterised. */
static bool add_class_getitem(Vm *vm)
{
    static const MethodDef getitem[] = { CLASSMETHOD(alias, class_getitem, "__class_getitem__(object, /)",
                                                     "The class with type arguments."),
                                         { 0 } };
    Type *types[] = { vm->types.list, vm->types.tuple, vm->types.dict, vm->types.set, vm->types.frozenset,
                      vm->types.enumerate, vm->types.weakref, vm->types.mappingproxy, vm->types.generator, vm->types.coroutine,
                      vm->types.async_generator, vm->exc[EXC_BaseExceptionGroup] };
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (!type_add_methods(vm, types[i], getitem))
            return false;
    return true;
}

bool typing_types_init(Vm *vm)
{
    static const TypeDef union_def = { .name = "types.UnionType", .layout = &union_layout, .methods = union_methods,
        .getsets = union_getsets, .flags = TYPE_DISALLOW_NEW };
    static const TypeDef alias_def = { .name = "types.GenericAlias", .layout = &alias_layout, .methods = alias_methods,
        .getsets = alias_getsets, .flags = TYPE_BASE | TYPE_WEAKREFS };
    return (vm->types.union_type = type_from_def(vm, &union_def, vm->types.object)) &&
           (vm->types.generic_alias = type_from_def(vm, &alias_def, vm->types.object)) && add_class_getitem(vm);
}
