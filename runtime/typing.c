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

static Value args_of(Vm *vm, Value v)
{
    return is_union(vm, v) ? ((Union *)value_obj(v))->args : as_alias(v)->args;
}

/* ---- text ---- */

static Str *part_repr(Vm *vm, Value v, bool in_union)
{
    if (value_same(v, VALUE_ELLIPSIS))
        return str_cstr(vm, "...");
    if (is_type(v)) {
        if (as_type(v) == vm->types.none && in_union)
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

/* Parts with a separator between; lists stand in brackets, as in Callable[[int], str]. */
static bool put_parts(Vm *vm, Buf *b, const Value *items, size_t n, const char *sep)
{
    if (!vm_stack_ok(vm, " while getting the repr of an object"))
        return false;
    for (size_t i = 0; i < n; i++) {
        buf_puts(b, i ? sep : "");
        if (is_list(items[i])) {
            buf_putc(b, '[');
            if (!put_parts(vm, b, list_items(as_list(items[i])), as_list(items[i])->len, ", "))
                return false;
            buf_putc(b, ']');
            continue;
        }
        Str *s = part_repr(vm, items[i], sep[1] == '|');
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
    return is_type(v) || value_is_none(v) || is_union(vm, v) || typing_is_alias(vm, v) ||
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

Value typing_unpack(Vm *vm, Value param)
{
    Value form = typing_script_name(vm, "Unpack");
    return value_is_empty(form) ? form : op_getitem(vm, form, param);
}

static Value union_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Buf b;
    buf_init(&b, &vm->alloc);
    Tuple *t = as_tuple(args_of(vm, self));
    return text_of(vm, &b, put_parts(vm, &b, t->items, t->len, " | "));
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

static Value part_g_parameters(Vm *vm, Value self)
{
    Tuple *t = typing_parameters(vm, as_tuple(args_of(vm, self)));
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static Value union_m_getitem(Vm *vm, Value self, const Args *args)
{
    Tuple *new = typing_substitute(vm, self, as_tuple(args_of(vm, self)), args->v[0]);
    Value u = new && new->len ? new->items[0] : VALUE_ERROR;
    for (size_t i = 1; !value_is_empty(u) && i < new->len; i++)
        u = op_binary(vm, OP_OR - OP_ADD, u, new->items[i], false);
    return u;
}

static const MethodDef union_methods[] = {
    METHOD(union, or, "__or__(value, /)", "Return self|value."),
    METHOD(union, ror, "__ror__(value, /)", "Return value|self."),
    METHOD(union, repr, "__repr__()", "Return repr(self)."),
    METHOD(union, eq, "__eq__(value, /)", "Return self==value."),
    METHOD(union, hash, "__hash__()", "Return hash(self)."),
    METHOD(union, instancecheck, "__instancecheck__(instance, /)", "Is it an instance of one of them?"),
    METHOD(union, subclasscheck, "__subclasscheck__(subclass, /)", "Is it a subclass of one of them?"),
    METHOD(union, getitem, "__getitem__(key, /)", "With types in place of the type parameters."),
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
    bool ok = put_parts(vm, &b, t->items, t->len, ", ");
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
    if (name && !attr_set(vm, v, name, self)) {
        if (!exc_pending_is(vm, EXC_AttributeError) && !exc_pending_is(vm, EXC_TypeError))
            return VALUE_ERROR;
        exc_discard(vm);        /* the object takes no attributes */
    }
    return v;
}

/* All but a few names are the class's: list[int].__len__ is list's. */
static Value alias_m_getattribute(Vm *vm, Value self, const Args *args)
{
    static const char *const own[] = { "__class__", "__origin__", "__args__", "__unpacked__", "__parameters__",
                                       "__typing_unpacked_tuple_args__", "__mro_entries__", "__reduce_ex__", "__reduce__",
                                       "__bases__", "__copy__", "__deepcopy__" };     /* it has not the last three */
    Str *name = as_str(args->v[0]);
    for (size_t i = 0; i < COUNT_OF(own); i++)
        if (str_is(name, own[i]))
            return attr_generic_get(vm, self, name);
    return attr_get(vm, as_alias(self)->origin, name);
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

static Value alias_m_refuse_instance(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return raise_exc(vm, EXC_TypeError, "isinstance() argument 2 cannot be a parameterized generic");
}

static Value alias_m_refuse_subclass(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return raise_exc(vm, EXC_TypeError, "issubclass() argument 2 cannot be a parameterized generic");
}

static Value alias_m_getitem(Vm *vm, Value self, const Args *args)
{
    Alias *a = as_alias(self);
    Tuple *t = typing_substitute(vm, self, as_tuple(a->args), args->v[0]);
    return t ? alias_new(vm, a->origin, value_from_obj(t), a->starred) : VALUE_ERROR;
}

/* ---- `*tuple[int]` inside a subscript: one starred alias ---- */

typedef struct AliasIter {
    Obj h;
    Value alias;                /* None behind the end */
} AliasIter;

static void alias_iter_trace(Marker *m, Obj *o)
{
    mark_value(m, ((AliasIter *)o)->alias);
}

static const TypeLayout alias_iter_layout = { .kind = KIND_EXT, .size = sizeof(AliasIter), .trace = alias_iter_trace };

static Value alias_m_iter(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Type *type = typing_type(vm, PARAM_ALIAS_ITER);
    AliasIter *it = type ? (AliasIter *)object_alloc(vm, type) : NULL;
    if (!it)
        return VALUE_ERROR;
    it->alias = self;
    return value_from_obj(it);
}

static Value alias_iter_m_iter(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return self;
}

static Value alias_iter_m_next(Vm *vm, Value self, const Args *args)
{
    (void)args;
    AliasIter *it = (AliasIter *)value_obj(self);
    if (value_is_none(it->alias))
        return raise_args(vm, EXC_StopIteration, 0, NULL);
    Alias *a = as_alias(it->alias);
    it->alias = VALUE_NONE;
    return alias_new(vm, a->origin, a->args, true);
}

/* iter(alias), or iter(()) behind the end */
static Value alias_iter_m_reduce(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Value of = ((AliasIter *)value_obj(self))->alias;
    Str *name = str_intern(vm, "iter", 4);
    Tuple *one = name ? tuple_pack(vm, 1, value_is_none(of) ? value_from_obj(vm->empty_tuple) : of) : NULL;
    Tuple *r = one ? tuple_pack(vm, 2, dict_get_str(vm, vm->builtins, name), value_from_obj(one)) : NULL;
    return r ? value_from_obj(r) : VALUE_ERROR;
}

static const MethodDef alias_iter_methods[] = {
    METHOD(alias_iter, iter, "__iter__()", "Itself."),
    METHOD(alias_iter, next, "__next__()", "The alias, starred, once."),
    METHOD(alias_iter, reduce, "__reduce__()", "How to make the object again: for copy and pickle."),
    { 0 }
};
const TypeDef typing_alias_iter_def = { .name = "generic_alias_iterator", .layout = &alias_iter_layout,
                                        .methods = alias_iter_methods, .flags = TYPE_DISALLOW_NEW };

/* The class's names, and the alias's own. */
static Value alias_m_dir(Vm *vm, Value self, const Args *args)
{
    static const char *const own[] = { "__args__", "__bases__", "__copy__", "__deepcopy__", "__mro_entries__", "__origin__",
                                       "__parameters__", "__typing_unpacked_tuple_args__", "__unpacked__" };
    (void)args;
    Str *dir = str_intern(vm, "dir", 3);
    Value names = dir ? op_call1(vm, dict_get_str(vm, vm->builtins, dir), as_alias(self)->origin) : VALUE_ERROR;
    for (size_t i = 0; i < COUNT_OF(own) && is_list(names); i++) {
        Str *s = str_cstr(vm, own[i]);
        int known = s ? op_contains(vm, names, value_from_obj(s)) : -1;
        if (known < 0 || (!known && !list_append(vm, as_list(names), value_from_obj(s))))
            return VALUE_ERROR;
    }
    return names;
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

static Value alias_g_tuple_args(Vm *vm, Value self)
{
    Alias *a = as_alias(self);
    return a->starred && value_same(a->origin, value_from_obj(vm->types.tuple)) ? a->args : VALUE_NONE;
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
    Value plain = alias_new(vm, a->origin, a->args, false);
    Value it = value_is_empty(plain) ? plain : op_iter(vm, plain);
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
    METHOD(alias, getattribute, "__getattribute__(name: str, /)", "The class's attribute."),
    METHOD(alias, mro_entries, "__mro_entries__(bases, /)", "As a base class: the class."),
    METHOD(alias, eq, "__eq__(value, /)", "Return self==value."),
    METHOD(alias, hash, "__hash__()", "Return hash(self)."),
    METHOD(alias, refuse_instance, "__instancecheck__(instance, /)", "Refused."),
    METHOD(alias, refuse_subclass, "__subclasscheck__(subclass, /)", "Refused."),
    METHOD(alias, reduce, "__reduce__()", "How to make the object again: for copy and pickle."),
    METHOD(alias, iter, "__iter__()", "One starred alias."),
    METHOD(alias, dir, "__dir__()", "Names of the class's attributes, and its own."),
    METHOD(alias, getitem, "__getitem__(key, /)", "With types in place of the type parameters."),
    { 0 }
};
static const GetSetDef alias_getsets[] = {
    { "__origin__", "The class.", alias_g_origin, NULL },
    { "__args__", "Its arguments.", alias_g_args, NULL },
    { "__parameters__", "Type parameters among them.", part_g_parameters, NULL },
    { "__typing_unpacked_tuple_args__", "The arguments, if it is *tuple[...].", alias_g_tuple_args, NULL },
    { "__unpacked__", "Was it starred?", alias_g_unpacked, NULL },
    { 0 }
};

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
    static const TypeDef union_def = { .name = "types.UnionType", .doc = "One of several types: int | str.",
        .layout = &union_layout, .methods = union_methods, .getsets = union_getsets, .flags = TYPE_DISALLOW_NEW };
    static const TypeDef alias_def = { .name = "types.GenericAlias", .doc = "A type with those that it is about: list[int].",
        .layout = &alias_layout, .methods = alias_methods, .getsets = alias_getsets, .flags = TYPE_BASE | TYPE_WEAKREFS };
    return (vm->types.union_type = type_from_def(vm, &union_def, vm->types.object)) &&
           (vm->types.generic_alias = type_from_def(vm, &alias_def, vm->types.object)) && add_class_getitem(vm);
}
