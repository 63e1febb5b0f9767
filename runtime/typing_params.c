/* SPDX-License-Identifier: MIT
 * Type parameters (def f[T](): …) and `type X = …`: names with values that are computed when asked for. */
#include "runtime/typing.h"

#include "vm/code.h"
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
} TypeAlias;

static void param_trace(Marker *m, Obj *o)
{
    mark_values(m, &((TypeParam *)o)->name, 7);
}

static void type_alias_trace(Marker *m, Obj *o)
{
    mark_values(m, &((TypeAlias *)o)->name, 4);
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

static Value param_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return as_param(self)->name;
}

static Value param_m_or(Vm *vm, Value self, const Args *args)
{
    return union_make(vm, self, args->v[0]);
}

static Value param_m_ror(Vm *vm, Value self, const Args *args)
{
    return union_make(vm, args->v[0], self);
}

static Value param_m_iter(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Value starred = typing_intrinsic(vm, INTRINSIC_UNPACKED, self);
    Tuple *t = value_is_empty(starred) ? NULL : tuple_from(vm, &starred, 1);
    return t ? op_iter(vm, value_from_obj(t)) : VALUE_ERROR;
}

static Value param_m_has_default(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return value_from_bool(!value_is_none(as_param(self)->dflt));
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

static Value param_g_default(Vm *vm, Value self)
{
    TypeParam *p = as_param(self);
    return evaluated(vm, self, &p->dflt, &p->dflt_value);
}

static Value param_g_false(Vm *vm, Value self)
{
    (void)vm;
    (void)self;
    return VALUE_FALSE;
}

static Value param_g_true(Vm *vm, Value self)
{
    (void)vm;
    (void)self;
    return VALUE_TRUE;
}

static const MethodDef typevar_methods[] = {
    METHOD(param, repr, "__repr__()", "Return repr(self)."),
    METHOD(param, or, "__or__(value, /)", "Return self|value."),
    METHOD(param, ror, "__ror__(value, /)", "Return value|self."),
    METHOD(param, has_default, "has_default()", "Was a default given?"),
    { 0 }
};
static const MethodDef tuple_methods[] = {
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
    { "__covariant__", NULL, param_g_false, NULL },
    { "__contravariant__", NULL, param_g_false, NULL },
    { "__infer_variance__", NULL, param_g_true, NULL },
    { 0 }
};

static const GetSetDef spec_getsets[] = {
    { "__name__", "The name.", param_g_name, NULL },
    { "__bound__", "What it is bound to.", param_g_bound, NULL },
    { "__default__", "The default.", param_g_default, NULL },
    { "__covariant__", NULL, param_g_false, NULL },
    { "__contravariant__", NULL, param_g_false, NULL },
    { "__infer_variance__", NULL, param_g_true, NULL },
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

static Value type_alias_g_value(Vm *vm, Value self)
{
    TypeAlias *a = (TypeAlias *)value_obj(self);
    return evaluated(vm, self, &a->thunk, &a->value);
}

static const MethodDef type_alias_methods[] = {
    METHOD(type_alias, repr, "__repr__()", "Return repr(self)."),
    METHOD(type_alias, getitem, "__getitem__(key, /)", "With type arguments."),
    METHOD(param, or, "__or__(value, /)", "Return self|value."),
    METHOD(param, ror, "__ror__(value, /)", "Return value|self."),
    { 0 }
};
static const GetSetDef type_alias_getsets[] = {
    { "__name__", "The name.", type_alias_g_name, NULL },
    { "__type_params__", "The type parameters.", type_alias_g_params, NULL },
    { "__parameters__", "The type parameters.", type_alias_g_params, NULL },
    { "__value__", "What it stands for, computed on first use.", type_alias_g_value, NULL },
    { 0 }
};

/* ---- what the instructions make ---- */

/* The types, made on first use: a tuple of TypeVar, ParamSpec, TypeVarTuple, Generic. */
enum { PARAM_TYPEVAR, PARAM_SPEC, PARAM_TUPLE, PARAM_GENERIC, PARAM_ALIAS, PARAM_COUNT };

static Value generic_class_getitem(Vm *vm, Value self, const Args *args)
{
    Tuple *t = is_tuple(args->v[0]) ? as_tuple(args->v[0]) : tuple_from(vm, args->v, 1);
    return t ? alias_new(vm, self, value_from_obj(t), false) : VALUE_ERROR;
}

static const MethodDef generic_methods[] = {
    { "__class_getitem__(item, /)", "The class with type arguments.", generic_class_getitem, NATIVE_CLASS },
    { 0 }
};

static Type *param_type(Vm *vm, unsigned which)
{
    static const TypeDef defs[PARAM_COUNT] = {
        { .name = "typing.TypeVar", .layout = &param_layout, .methods = typevar_methods, .getsets = typevar_getsets,
          .flags = TYPE_DISALLOW_NEW },
        { .name = "typing.ParamSpec", .layout = &param_layout, .methods = typevar_methods,
          .getsets = spec_getsets, .flags = TYPE_DISALLOW_NEW },
        { .name = "typing.TypeVarTuple", .layout = &param_layout, .methods = tuple_methods,
          .getsets = tuple_getsets, .flags = TYPE_DISALLOW_NEW },
        { .name = "typing.Generic", .methods = generic_methods, .flags = TYPE_BASE },
        { .name = "typing.TypeAliasType", .layout = &type_alias_layout, .methods = type_alias_methods,
          .getsets = type_alias_getsets, .flags = TYPE_DISALLOW_NEW },
    };
    Runtime *rt = rt_of(vm);
    Value *root = &rt->roots[RT_ROOT_TYPE_PARAM_TYPES];
    if (value_is_empty(*root)) {
        Tuple *t = tuple_new(vm, PARAM_COUNT);
        if (!t)
            return NULL;
        *root = value_from_obj(t);
    }
    Tuple *t = as_tuple(*root);
    if (is_type(t->items[which]))
        return as_type(t->items[which]);
    Type *type = type_from_def(vm, &defs[which], vm->types.object);
    if (type)
        heap_set(vm, t, &t->items[which], value_from_obj(type));
    return type;
}

/* parts: (name, bound or constraints, default). */
static Value new_param(Vm *vm, unsigned which, Value parts, bool constrained)
{
    Type *type = param_type(vm, which);
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
    Type *type = param_type(vm, PARAM_ALIAS);
    TypeAlias *a = type ? (TypeAlias *)object_alloc(vm, type) : NULL;
    if (!a)
        return VALUE_ERROR;
    Tuple *t = as_tuple(parts);
    a->name = t->items[0];
    a->params = is_tuple(t->items[1]) ? t->items[1] : value_from_obj(vm->empty_tuple);
    a->thunk = t->items[2];
    return value_from_obj(a);
}

Value typing_intrinsic(Vm *vm, int which, Value v)
{
    Type *type;
    Tuple *t;
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
        type = param_type(vm, PARAM_GENERIC);
        return type ? alias_new(vm, value_from_obj(type), v, false) : VALUE_ERROR;
    case INTRINSIC_UNPACKED:
        t = tuple_from(vm, &v, 1);
        return t ? alias_new(vm, value_from_obj(vm->types.tuple), value_from_obj(t), true) : VALUE_ERROR;
    default:
        return raise_exc(vm, EXC_SystemError, "unknown intrinsic %d", which);
    }
}
