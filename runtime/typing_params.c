/* SPDX-License-Identifier: MIT
 * Type parameters (def f[T](): …) and `type X = …`: names with values that are computed when asked for. */
#include "runtime/typing.h"

#include "vm/code.h"
#include "vm/frame.h"
#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

typedef struct TypeParam {      /* TypeVar, ParamSpec, TypeVarTuple */
    Obj h;
    Value name;
    Value bound, constraints, dflt;     /* functions until evaluated; EMPTY: evaluated, NONE or …_value counts */
    Value bound_value, constraints_value, dflt_value;
} TypeParam;

typedef struct TypeAlias {
    Obj h;
    Value name, params;         /* params: Tuple */
    Value thunk, value;         /* value EMPTY: not evaluated */
    Value module;
} TypeAlias;

static void param_trace(Marker *m, Obj *o)
{
    mark_values(m, &((TypeParam *)o)->name, 7);
}

static void type_alias_trace(Marker *m, Obj *o)
{
    mark_values(m, &((TypeAlias *)o)->name, 5);
}

static const TypeLayout param_layout = { .kind = KIND_EXT, .size = sizeof(TypeParam), .trace = param_trace };
static const TypeLayout type_alias_layout = { .kind = KIND_EXT, .size = sizeof(TypeAlias), .trace = type_alias_trace };

bool typing_is_param(Vm *vm, Value v)
{
    if (!is_kind(v, KIND_EXT))
        return false;
    const TypeLayout *l = type_of(vm, v)->layout;
    return l == &param_layout || l == &type_alias_layout;
}

bool typing_is_typevar(Vm *vm, Value v)
{
    return is_kind(v, KIND_EXT) && type_of(vm, v)->layout == &param_layout;
}

bool typing_is_tuple_param(Vm *vm, Value v)
{
    return typing_is_typevar(vm, v) && type_of(vm, v) == typing_type(vm, PARAM_TUPLE);
}

bool typing_is_param_spec(Vm *vm, Value v)
{
    return typing_is_typevar(vm, v) && type_of(vm, v) == typing_type(vm, PARAM_SPEC);
}

/* The value of a thunk, computed once. */
static Value evaluated(Vm *vm, Value self, Value *thunk, Value *value)
{
    if (!value_is_empty(*value))
        return *value;
    Value v = value_is_none(*thunk) || value_is_empty(*thunk) ? VALUE_NONE : op_call0(vm, *thunk);
    if (!value_is_empty(v))
        heap_set(vm, value_obj(self), value, v);
    return v;
}

static TypeParam *as_param(Value v)
{
    return (TypeParam *)value_obj(v);
}

/* Obj.flags of a TypeParam that a call made. */
#define PARAM_BY_CALL 1u
#define PARAM_COVARIANT 2u
#define PARAM_CONTRAVARIANT 4u
#define PARAM_INFER 8u

static Value param_m_repr(Vm *vm, Value self, const Args *args)
{
    unsigned flags = value_obj(self)->flags;
    (void)args;
    if (!(flags & PARAM_BY_CALL) || flags & PARAM_INFER)
        return as_param(self)->name;
    const char *sign = flags & PARAM_COVARIANT ? "+" : flags & PARAM_CONTRAVARIANT ? "-" : "~";
    Str *s = str_printf(vm, "%s%V", sign, as_param(self)->name);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value param_m_or(Vm *vm, Value self, const Args *args)
{
    return typing_union(vm, self, args->v[0]);
}

static Value param_m_ror(Vm *vm, Value self, const Args *args)
{
    return typing_union(vm, args->v[0], self);
}

static Value param_m_iter(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Value starred = typing_unpack(vm, self);
    Tuple *t = value_is_empty(starred) ? NULL : tuple_from(vm, &starred, 1);
    return t ? op_iter(vm, value_from_obj(t)) : VALUE_ERROR;
}

bool typing_has_default(Vm *vm, Value param)
{
    (void)vm;
    return !value_is_none(as_param(param)->dflt);
}

static Value param_m_has_default(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return value_from_bool(typing_has_default(vm, self));
}

static Value param_g_name(Vm *vm, Value self)
{
    (void)vm;
    return as_param(self)->name;
}

static Value param_g_bound(Vm *vm, Value self)
{
    TypeParam *p = as_param(self);
    return evaluated(vm, self, &p->bound, &p->bound_value);
}

static Value param_g_constraints(Vm *vm, Value self)
{
    TypeParam *p = as_param(self);
    return value_is_none(p->constraints) ? value_from_obj(vm->empty_tuple)
                                         : evaluated(vm, self, &p->constraints, &p->constraints_value);
}

static Value no_default_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    Str *s = str_cstr(vm, "typing.NoDefault");
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value no_default_m_reduce(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    Str *s = str_cstr(vm, "NoDefault");
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value no_default(Vm *vm);

static Value no_default_m_new(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (args->nrest || as_dict(args->v[0])->used)
        return raise_exc(vm, EXC_TypeError, "NoDefaultType takes no arguments");
    return no_default(vm);
}

static const MethodDef no_default_methods[] = {
    { "__new__(*args, **kwargs)", NULL, no_default_m_new, NATIVE_STATIC },
    METHOD(no_default, reduce, "__reduce__()", "Its name."),
    METHOD(no_default, repr, "__repr__()", "Return repr(self)."),
    { 0 }
};

static Value no_default(Vm *vm)
{
    Type *type = typing_type(vm, PARAM_NO_DEFAULT);
    Tuple *t = type ? as_tuple(rt_of(vm)->roots[RT_ROOT_TYPE_PARAM_TYPES]) : NULL;
    if (!t || is_kind(t->items[PARAM_COUNT], KIND_INSTANCE))
        return t ? t->items[PARAM_COUNT] : VALUE_ERROR;
    Obj *o = object_alloc(vm, type);
    if (!o)
        return VALUE_ERROR;
    heap_set(vm, t, &t->items[PARAM_COUNT], value_from_obj(o));
    return value_from_obj(o);
}

Value typing_default(Vm *vm, Value param)
{
    TypeParam *p = as_param(param);
    return value_is_none(p->dflt) ? no_default(vm) : evaluated(vm, param, &p->dflt, &p->dflt_value);
}

static Value param_g_default(Vm *vm, Value self)
{
    return typing_default(vm, self);
}

/* By a call: the name, then constraints; bound, default, and the kind of variance by keyword. */
/* The module that calls TypeVar(...). */
static Value calling_module(Vm *vm)
{
    Frame *f = vm->strand->top;
    Value name = f ? dict_get_str(vm, f->func->globals, vm->names.dunder_name) : VALUE_EMPTY;
    return value_is_empty(name) ? VALUE_NONE : name;
}

static bool note_module(Vm *vm, Obj *o)
{
    int found;
    return attr_set_own(vm, o, vm->names.dunder_module, calling_module(vm), &found);
}

static Value checked_bound(Vm *vm, Value v)
{
    if (value_is_none(v) || is_type(v))
        return v;
    Value check = typing_script_name(vm, "_type_check");
    Str *text = value_is_empty(check) ? NULL : str_cstr(vm, "Bound must be a type.");
    Value both[] = { v, text ? value_from_obj(text) : VALUE_NONE };
    return text ? op_call(vm, check, 2, both) : VALUE_ERROR;
}

static Value param_m_new(Vm *vm, Value self, const Args *args)
{
    TypeParam *p = (TypeParam *)object_alloc(vm, as_type(self));
    if (!p)
        return VALUE_ERROR;
    bool co = value_is_true(args->v[3]), contra = value_is_true(args->v[4]), infer = value_is_true(args->v[5]);
    if (!is_str(args->v[0]))
        return raise_exc(vm, EXC_TypeError, "%s() argument 'name' must be str, not %B",
                         as_type(self) == typing_type(vm, PARAM_TYPEVAR) ? "typevar" :
                         as_type(self) == typing_type(vm, PARAM_SPEC) ? "paramspec" : "typevartuple", args->v[0]);
    if (co && contra)
        return raise_exc(vm, EXC_ValueError, "Bivariant types are not supported.");
    if (infer && (co || contra))
        return raise_exc(vm, EXC_ValueError, "Variance cannot be specified with infer_variance.");
    if (args->nrest == 1)
        return raise_exc(vm, EXC_TypeError, "A single constraint is not allowed");
    if (args->nrest && !value_is_none(args->v[1]))
        return raise_exc(vm, EXC_TypeError, "Constraints cannot be combined with bound=...");
    p->h.flags |= (uint16_t)(PARAM_BY_CALL | (co ? PARAM_COVARIANT : 0) | (contra ? PARAM_CONTRAVARIANT : 0) |
                             (infer ? PARAM_INFER : 0));
    p->name = args->v[0];
    p->bound = p->constraints = p->dflt = VALUE_NONE;
    p->bound_value = checked_bound(vm, args->v[1]);
    if (value_is_empty(p->bound_value))
        return VALUE_ERROR;
    if (args->nrest) {
        Tuple *t = tuple_from(vm, args->rest, args->nrest);
        if (!t)
            return VALUE_ERROR;
        p->constraints = VALUE_TRUE;
        p->constraints_value = value_from_obj(t);
    }
    if (!value_is_empty(args->v[2]) && !value_same(args->v[2], no_default(vm))) {
        p->dflt = VALUE_TRUE;
        p->dflt_value = args->v[2];
    }
    return note_module(vm, &p->h) ? value_from_obj(p) : VALUE_ERROR;
}

static Value pack_m_new(Vm *vm, Value self, const Args *args)
{
    Value v[6] = { args->v[0], VALUE_NONE, args->v[1], VALUE_FALSE, VALUE_FALSE, VALUE_TRUE };
    Args all = { .v = v, .count = 6 };
    return param_m_new(vm, self, &all);
}

/* ---- P.args and P.kwargs ---- */

typedef struct SpecPart {
    Obj h;
    Value origin;
} SpecPart;

static void spec_part_trace(Marker *m, Obj *o)
{
    mark_value(m, ((SpecPart *)o)->origin);
}

static const TypeLayout spec_part_layout = { .kind = KIND_EXT, .size = sizeof(SpecPart), .trace = spec_part_trace };

static SpecPart *as_spec_part(Value v)
{
    return (SpecPart *)value_obj(v);
}

static Value spec_part(Vm *vm, Value self, TypingType which)
{
    Type *type = typing_type(vm, which);
    SpecPart *p = type ? (SpecPart *)object_alloc(vm, type) : NULL;
    if (!p)
        return VALUE_ERROR;
    p->origin = self;
    return value_from_obj(p);
}

static Value spec_part_m_new(Vm *vm, Value self, const Args *args)
{
    SpecPart *p = (SpecPart *)object_alloc(vm, as_type(self));
    if (!p)
        return VALUE_ERROR;
    p->origin = args->v[0];
    return value_from_obj(p);
}

static Value spec_g_args(Vm *vm, Value self)
{
    return spec_part(vm, self, PARAM_SPEC_ARGS);
}

static Value spec_g_kwargs(Vm *vm, Value self)
{
    return spec_part(vm, self, PARAM_SPEC_KWARGS);
}

static Value spec_part_g_origin(Vm *vm, Value self)
{
    (void)vm;
    return as_spec_part(self)->origin;
}

static Value spec_part_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    const char *part = type_of(vm, self) == typing_type(vm, PARAM_SPEC_KWARGS) ? "kwargs" : "args";
    Value origin = as_spec_part(self)->origin, name = origin;
    if (typing_is_typevar(vm, origin))
        name = as_param(origin)->name;
    Str *s = str_printf(vm, value_same(name, origin) ? "%R.%s" : "%V.%s", name, part);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value spec_part_m_eq(Vm *vm, Value self, const Args *args)
{
    if (type_of(vm, args->v[0]) != type_of(vm, self))
        return VALUE_NOT_IMPLEMENTED;
    int same = op_equal(vm, as_spec_part(self)->origin, as_spec_part(args->v[0])->origin);
    return same < 0 ? VALUE_ERROR : value_from_bool(same);
}

static Value param_m_mro_entries(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return raise_exc(vm, EXC_TypeError, "Cannot subclass an instance of %s", type_short_name(type_of(vm, self)));
}

static const MethodDef spec_part_methods[] = {
    { "__new__(origin)", NULL, spec_part_m_new, NATIVE_STATIC },
    METHOD(param, mro_entries, "__mro_entries__(bases, /)", "Refused."),
    METHOD(spec_part, repr, "__repr__()", "Return repr(self)."),
    METHOD(spec_part, eq, "__eq__(value, /)", "Return self==value."),
    { 0 }
};
static const GetSetDef spec_part_getsets[] = {
    { "__origin__", "The parameter.", spec_part_g_origin, NULL },
    { 0 }
};

static Value param_g_covariant(Vm *vm, Value self)
{
    (void)vm;
    return value_from_bool(value_obj(self)->flags & PARAM_COVARIANT);
}

static Value param_g_contravariant(Vm *vm, Value self)
{
    (void)vm;
    return value_from_bool(value_obj(self)->flags & PARAM_CONTRAVARIANT);
}

static Value param_g_infer(Vm *vm, Value self)
{
    (void)vm;
    return value_from_bool(!(value_obj(self)->flags & PARAM_BY_CALL) || value_obj(self)->flags & PARAM_INFER);
}

static Value param_m_reduce(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return as_param(self)->name;
}

/* typing.NAME(self, a[, b]) */
static Value in_script(Vm *vm, const char *name, Value self, const Args *args, unsigned n)
{
    Value f = typing_script_name(vm, name), v[3] = { self, args->v[0], n > 1 ? args->v[1] : VALUE_NONE };
    return value_is_empty(f) ? f : op_call(vm, f, n + 1, v);
}

static Value typevar_m_subst(Vm *vm, Value self, const Args *args)
{
    return in_script(vm, "_typevar_subst", self, args, 1);
}

/* The default where the arguments end. */
static Value typevar_m_prepare(Vm *vm, Value self, const Args *args)
{
    Str *name = str_intern(vm, "__parameters__", 14);
    Value params = name ? attr_get(vm, args->v[0], name) : VALUE_ERROR, given = args->v[1];
    if (value_is_empty(params))
        return params;
    if (!is_tuple(params) || !is_tuple(given))
        return raise_exc(vm, EXC_TypeError, "the arguments of a type must be a tuple");
    size_t at = 0, n = as_tuple(given)->len;
    while (at < as_tuple(params)->len && !value_same(as_tuple(params)->items[at], self))
        at++;
    if (at < n)
        return given;
    if (at > n || !typing_has_default(vm, self))
        return raise_exc(vm, EXC_TypeError, "Too few arguments for %V; actual %zu, expected at least %zu", args->v[0], n,
                         at + 1);
    Value v = typing_default(vm, self);
    Tuple *t = value_is_empty(v) ? NULL : tuple_new(vm, n + 1);
    if (!t)
        return VALUE_ERROR;
    for (size_t i = 0; i <= n; i++)
        heap_set(vm, t, &t->items[i], i < n ? as_tuple(given)->items[i] : v);
    return value_from_obj(t);
}

static Value spec_m_subst(Vm *vm, Value self, const Args *args)
{
    return in_script(vm, "_paramspec_subst", self, args, 1);
}

static Value spec_m_prepare(Vm *vm, Value self, const Args *args)
{
    return in_script(vm, "_paramspec_prepare_subst", self, args, 2);
}

static Value tuple_m_subst(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return raise_exc(vm, EXC_TypeError, "Substitution of bare TypeVarTuple is not supported");
}

static Value tuple_m_prepare(Vm *vm, Value self, const Args *args)
{
    return in_script(vm, "_typevartuple_prepare_subst", self, args, 2);
}

static const MethodDef spec_methods[] = {
    METHOD(param, reduce, "__reduce__()", "Its name: it is a global."),
    { "__new__(name, *, bound=None, default=..., covariant: bool = False, contravariant: bool = False, "
      "infer_variance: bool = False)", NULL, param_m_new, NATIVE_STATIC },
    METHOD(spec, subst, "__typing_subst__(arg, /)", "What takes its place, checked."),
    METHOD(spec, prepare, "__typing_prepare_subst__(alias, args, /)", "The arguments, with one for it."),
    METHOD(param, mro_entries, "__mro_entries__(bases, /)", "Refused."),
    METHOD(param, repr, "__repr__()", "Return repr(self)."),
    METHOD(param, or, "__or__(value, /)", "Return self|value."),
    METHOD(param, ror, "__ror__(value, /)", "Return value|self."),
    METHOD(param, has_default, "has_default()", "Was a default given?"),
    { 0 }
};
static const MethodDef typevar_methods[] = {
    METHOD(typevar, subst, "__typing_subst__(arg, /)", "What takes its place, checked."),
    METHOD(typevar, prepare, "__typing_prepare_subst__(alias, args, /)", "The arguments, with one for it."),
    METHOD(param, mro_entries, "__mro_entries__(bases, /)", "Refused."),
    METHOD(param, reduce, "__reduce__()", "Its name: it is a global."),
    { "__new__(name, *constraints, bound=None, default=..., covariant: bool = False, contravariant: bool = False, "
      "infer_variance: bool = False)", NULL, param_m_new, NATIVE_STATIC },
    METHOD(param, repr, "__repr__()", "Return repr(self)."),
    METHOD(param, or, "__or__(value, /)", "Return self|value."),
    METHOD(param, ror, "__ror__(value, /)", "Return value|self."),
    METHOD(param, has_default, "has_default()", "Was a default given?"),
    { 0 }
};
static const MethodDef tuple_methods[] = {
    METHOD(tuple, subst, "__typing_subst__(arg, /)", "Refused."),
    METHOD(tuple, prepare, "__typing_prepare_subst__(alias, args, /)", "The arguments, with a tuple for it."),
    METHOD(param, mro_entries, "__mro_entries__(bases, /)", "Refused."),
    METHOD(param, reduce, "__reduce__()", "Its name: it is a global."),
    { "__new__(name, *, default=...)", NULL, pack_m_new, NATIVE_STATIC },
    METHOD(param, repr, "__repr__()", "Return repr(self)."),
    METHOD(param, iter, "__iter__()", "The parameter, unpacked."),
    METHOD(param, has_default, "has_default()", "Was a default given?"),
    { 0 }
};
static const GetSetDef typevar_getsets[] = {
    { "__name__", "The name.", param_g_name, NULL },
    { "__bound__", "What it is bound to.", param_g_bound, NULL },
    { "__constraints__", "The types that it may be.", param_g_constraints, NULL },
    { "__default__", "The default.", param_g_default, NULL },
    { "__covariant__", NULL, param_g_covariant, NULL },
    { "__contravariant__", NULL, param_g_contravariant, NULL },
    { "__infer_variance__", NULL, param_g_infer, NULL },
    { 0 }
};

static const GetSetDef spec_getsets[] = {
    { "__name__", "The name.", param_g_name, NULL },
    { "__bound__", "What it is bound to.", param_g_bound, NULL },
    { "__default__", "The default.", param_g_default, NULL },
    { "__covariant__", NULL, param_g_covariant, NULL },
    { "__contravariant__", NULL, param_g_contravariant, NULL },
    { "__infer_variance__", NULL, param_g_infer, NULL },
    { "args", "The positional arguments.", spec_g_args, NULL },
    { "kwargs", "The keyword arguments.", spec_g_kwargs, NULL },
    { 0 }
};
static const GetSetDef tuple_getsets[] = {
    { "__name__", "The name.", param_g_name, NULL },
    { "__default__", "The default.", param_g_default, NULL },
    { 0 }
};

/* ---- type X = … ---- */

static Value type_alias_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return ((TypeAlias *)value_obj(self))->name;
}

static Value type_alias_m_or(Vm *vm, Value self, const Args *args)
{
    return union_make(vm, self, args->v[0]);
}

static Value type_alias_m_ror(Vm *vm, Value self, const Args *args)
{
    return union_make(vm, args->v[0], self);
}

static Value type_alias_m_getitem(Vm *vm, Value self, const Args *args)
{
    if (!as_tuple(((TypeAlias *)value_obj(self))->params)->len)
        return raise_exc(vm, EXC_TypeError, "Only generic type aliases are subscriptable");
    Tuple *t = is_tuple(args->v[0]) ? as_tuple(args->v[0]) : tuple_from(vm, args->v, 1);
    return t ? alias_new(vm, self, value_from_obj(t), false) : VALUE_ERROR;
}

static Value type_alias_g_name(Vm *vm, Value self)
{
    (void)vm;
    return ((TypeAlias *)value_obj(self))->name;
}

static Value type_alias_g_params(Vm *vm, Value self)
{
    (void)vm;
    return ((TypeAlias *)value_obj(self))->params;
}

static Value type_alias_g_parameters(Vm *vm, Value self)
{
    Tuple *own = as_tuple(((TypeAlias *)value_obj(self))->params), *t = tuple_from(vm, own->items, own->len);
    for (size_t i = 0; t && i < t->len; i++) {
        if (!typing_is_tuple_param(vm, t->items[i]))
            continue;
        Value v = typing_unpack(vm, t->items[i]);
        if (value_is_empty(v))
            return v;
        heap_set(vm, t, &t->items[i], v);
    }
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static Value type_alias_g_value(Vm *vm, Value self)
{
    TypeAlias *a = (TypeAlias *)value_obj(self);
    return evaluated(vm, self, &a->thunk, &a->value);
}

static Value type_alias_m_new(Vm *vm, Value self, const Args *args)
{
    if (!is_str(args->v[0]))
        return raise_exc(vm, EXC_TypeError, "typealias() argument 'name' must be str, not %B", args->v[0]);
    TypeAlias *a = (TypeAlias *)object_alloc(vm, as_type(self));
    if (!a)
        return VALUE_ERROR;
    a->name = args->v[0];
    a->params = value_is_empty(args->v[2]) ? value_from_obj(vm->empty_tuple) : args->v[2];
    if (!is_tuple(a->params))
        return raise_exc(vm, EXC_TypeError, "type_params must be a tuple");
    a->thunk = VALUE_NONE;
    a->value = args->v[1];
    a->module = calling_module(vm);
    return value_from_obj(a);
}

static Value type_alias_m_reduce(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return type_alias_g_name(vm, self);
}

static Value type_alias_g_module(Vm *vm, Value self)
{
    (void)vm;
    return ((TypeAlias *)value_obj(self))->module;
}

static const MethodDef type_alias_methods[] = {
    METHOD(type_alias, reduce, "__reduce__()", "Its name: it is a global."),
    { "__new__(name, value, *, type_params=...)", NULL, type_alias_m_new, NATIVE_STATIC },
    METHOD(type_alias, repr, "__repr__()", "Return repr(self)."),
    METHOD(type_alias, getitem, "__getitem__(key, /)", "With type arguments."),
    METHOD(type_alias, or, "__or__(value, /)", "Return self|value."),
    METHOD(type_alias, ror, "__ror__(value, /)", "Return value|self."),
    { 0 }
};
static const GetSetDef type_alias_getsets[] = {
    { "__name__", "The name.", type_alias_g_name, NULL },
    { "__type_params__", "The type parameters.", type_alias_g_params, NULL },
    { "__parameters__", "The type parameters, unpacked.", type_alias_g_parameters, NULL },
    { "__module__", "The module that made it.", type_alias_g_module, NULL },
    { "__value__", "What it stands for, computed on first use.", type_alias_g_value, NULL },
    { 0 }
};

/* ---- what the instructions make ---- */

Type *typing_type(Vm *vm, TypingType which)
{
    static const TypeDef defs[] = {
        { .name = "typing.TypeVar", .layout = &param_layout, .methods = typevar_methods, .getsets = typevar_getsets,
          .flags = TYPE_WEAKREFS | TYPE_HAS_DICT },
        { .name = "typing.ParamSpec", .layout = &param_layout, .methods = spec_methods,
          .getsets = spec_getsets, .flags = TYPE_WEAKREFS | TYPE_HAS_DICT },
        { .name = "typing.TypeVarTuple", .layout = &param_layout, .methods = tuple_methods,
          .getsets = tuple_getsets, .flags = TYPE_WEAKREFS | TYPE_HAS_DICT },
        { .name = "typing.Generic", .methods = typing_generic_methods, .flags = TYPE_BASE,
          .doc = "What generic classes inherit from." },
        { .name = "typing.TypeAliasType", .layout = &type_alias_layout, .methods = type_alias_methods,
          .getsets = type_alias_getsets },
        [PARAM_SPEC_ARGS] = { .name = "typing.ParamSpecArgs", .layout = &spec_part_layout, .methods = spec_part_methods,
          .getsets = spec_part_getsets, .flags = TYPE_WEAKREFS },
        [PARAM_SPEC_KWARGS] = { .name = "typing.ParamSpecKwargs", .layout = &spec_part_layout,
          .methods = spec_part_methods, .getsets = spec_part_getsets, .flags = TYPE_WEAKREFS },
        [PARAM_NO_DEFAULT] = { .name = "NoDefaultType", .methods = no_default_methods },
    };
    Runtime *rt = rt_of(vm);
    Value *root = &rt->roots[RT_ROOT_TYPE_PARAM_TYPES];
    if (value_is_empty(*root)) {
        Tuple *t = tuple_new(vm, PARAM_COUNT + 1);      /* the last: NoDefault itself */
        if (!t)
            return NULL;
        *root = value_from_obj(t);
    }
    Tuple *t = as_tuple(*root);
    if (is_type(t->items[which]))
        return as_type(t->items[which]);
    const TypeDef *def = which == PARAM_ALIAS_ITER ? &typing_alias_iter_def : &defs[which];
    Type *type = type_from_def(vm, def, vm->types.object);
    bool spec_part = which == PARAM_SPEC_ARGS || which == PARAM_SPEC_KWARGS;
    if (!type || (spec_part && !type_make_unhashable(vm, type)))
        return NULL;
    heap_set(vm, t, &t->items[which], value_from_obj(type));
    return type;
}

/* parts: (name, bound or constraints, default). */
static Value new_param(Vm *vm, unsigned which, Value parts, bool constrained)
{
    Type *type = typing_type(vm, which);
    TypeParam *p = type ? (TypeParam *)object_alloc(vm, type) : NULL;
    if (!p)
        return VALUE_ERROR;
    Tuple *t = as_tuple(parts);
    p->name = t->items[0];
    p->bound = constrained ? VALUE_NONE : t->items[1];
    p->constraints = constrained ? t->items[1] : VALUE_NONE;
    p->dflt = t->items[2];
    return value_from_obj(p);
}

static Value new_type_alias(Vm *vm, Value parts)
{
    Type *type = typing_type(vm, PARAM_ALIAS);
    TypeAlias *a = type ? (TypeAlias *)object_alloc(vm, type) : NULL;
    if (!a)
        return VALUE_ERROR;
    Tuple *t = as_tuple(parts);
    a->name = t->items[0];
    a->params = is_tuple(t->items[1]) ? t->items[1] : value_from_obj(vm->empty_tuple);
    a->thunk = t->items[2];
    a->module = calling_module(vm);
    return value_from_obj(a);
}

Value typing_intrinsic(Vm *vm, int which, Value v)
{
    switch (which) {
    case INTRINSIC_TYPEVAR:
    case INTRINSIC_TYPEVAR_CONSTRAINED:
        return new_param(vm, PARAM_TYPEVAR, v, which == INTRINSIC_TYPEVAR_CONSTRAINED);
    case INTRINSIC_PARAMSPEC:
        return new_param(vm, PARAM_SPEC, v, false);
    case INTRINSIC_TYPEVARTUPLE:
        return new_param(vm, PARAM_TUPLE, v, false);
    case INTRINSIC_TYPEALIAS:
        return new_type_alias(vm, v);
    case INTRINSIC_GENERIC_BASE:
        return typing_generic_base(vm, as_tuple(v));
    default:
        return raise_exc(vm, EXC_SystemError, "unknown intrinsic %d", which);
    }
}

/* ---- module _typing ---- */

Value typing_module_init(Vm *vm)
{
    static const struct {
        const char *name;
        TypingType type;
    } names[] = { { "TypeVar", PARAM_TYPEVAR }, { "ParamSpec", PARAM_SPEC }, { "TypeVarTuple", PARAM_TUPLE },
                  { "Generic", PARAM_GENERIC }, { "TypeAliasType", PARAM_ALIAS }, { "ParamSpecArgs", PARAM_SPEC_ARGS },
                  { "ParamSpecKwargs", PARAM_SPEC_KWARGS } };
    Module *m = module_new(vm, "_typing", "What the statements for types make.");
    for (size_t i = 0; m && i < COUNT_OF(names); i++) {
        Type *t = typing_type(vm, names[i].type);
        if (!t || !module_set(vm, m, names[i].name, value_from_obj(t)))
            return VALUE_ERROR;
    }
    return m && module_set(vm, m, "NoDefault", no_default(vm)) ? value_from_obj(m) : VALUE_ERROR;
}
