/* SPDX-License-Identifier: MIT
 * bool, and the types of None, Ellipsis and NotImplemented. */
#include "vm/objects/dict.h"
#include "vm/objects/int_view.h"
#include "vm/objects/str.h"

/* ---- bool ---- */
static Value bool_m_new(Vm *vm, Value self, const Args *args)
{
    (void)self;
    int t = op_truth(vm, args->v[0]);
    return t < 0 ? VALUE_ERROR : value_from_bool(t);
}

static Value bool_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return value_from_obj(str_cstr(vm, value_is_true(self) ? "True" : "False"));
}

/* With another bool a bool, else int's. */
#define BOOL_OPERATOR(name, OP, sign)                                                                       \
    static Value bool_m_##name(Vm *vm, Value self, const Args *args)                                        \
    {                                                                                                       \
        Value v = args->v[0];                                                                               \
        if (value_is_bool(v))                                                                               \
            return value_from_bool((unsigned)value_is_true(self) sign (unsigned)value_is_true(v));          \
        return is_int(v) ? int_binary(vm, INT_##OP, self, v) : VALUE_NOT_IMPLEMENTED;                       \
    }
BOOL_OPERATOR(and, AND, &)
BOOL_OPERATOR(or, OR, |)
BOOL_OPERATOR(xor, XOR, ^)
#undef BOOL_OPERATOR

bool bool_warn_invert(Vm *vm)
{
    return !vm->hooks.warn ||
           vm->hooks.warn(vm, vm->exc[EXC_DeprecationWarning],
                          "Bitwise inversion '~' on bool is deprecated and will be removed in Python 3.16. This returns "
                          "the bitwise inversion of the underlying int object and is usually not what you expect from "
                          "negating a bool. Use the 'not' operator for boolean negation or ~int(x) if you really want "
                          "the bitwise inversion of the underlying int.");
}

static Value bool_m_invert(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return bool_warn_invert(vm) ? int_invert(vm, self) : VALUE_ERROR;
}

static const MethodDef bool_methods[] = {
    { "__new__(x=False, /)", NULL, bool_m_new, NATIVE_STATIC },
    METHOD(bool, repr, "__repr__()", "Return repr(self)."),
    METHOD(bool, and, "__and__(value, /)", "Return self&value."),
    METHOD(bool, and, "__rand__(value, /)", "Return value&self."),
    METHOD(bool, or, "__or__(value, /)", "Return self|value."),
    METHOD(bool, or, "__ror__(value, /)", "Return value|self."),
    METHOD(bool, xor, "__xor__(value, /)", "Return self^value."),
    METHOD(bool, xor, "__rxor__(value, /)", "Return value^self."),
    METHOD(bool, invert, "__invert__()", "~self"),
    { 0 }
};
static const TypeDef bool_def = {
    .name = "bool",
    .doc = "True or False, whichever the argument counts as.",
    .layout = LAYOUT(INT), .methods = bool_methods, .flags = TYPE_MATCH_SELF, .shape_id = SHAPE_BOOL_ID,
};

/* ---- types with one instance ---- */
static Value only_instance(Vm *vm, const Args *args, const char *name, Value v)
{
    if (args->nrest || dict_len(as_dict(args->v[0])))
        return raise_exc(vm, EXC_TypeError, "%s takes no arguments", name);
    return v;
}

static Value none_m_new(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return only_instance(vm, args, "NoneType", VALUE_NONE);
}

static Value none_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)self, (void)args;
    return value_from_obj(str_cstr(vm, "None"));
}

static Value none_m_bool(Vm *vm, Value self, const Args *args)
{
    (void)vm, (void)self, (void)args;
    return VALUE_FALSE;
}

static Value none_m_hash(Vm *vm, Value self, const Args *args)
{
    (void)args;
    int64_t hash;
    return op_hash(vm, self, &hash) ? int_new(vm, hash) : VALUE_ERROR;
}

static const MethodDef none_methods[] = {
    { "__new__(*args, **kwargs)", NULL, none_m_new, NATIVE_STATIC },
    METHOD(none, repr, "__repr__()", "Return repr(self)."),
    METHOD(none, bool, "__bool__()", "Is it not zero?"),
    METHOD(none, hash, "__hash__()", "Return hash(self)."),
    { 0 }
};
static const TypeDef none_def = {
    .name = "NoneType", .doc = "The class of None.", .layout = LAYOUT(INSTANCE), .methods = none_methods,
    .shape_id = SHAPE_NONE_ID,
};

static Value ellipsis_m_new(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return only_instance(vm, args, "EllipsisType", VALUE_ELLIPSIS);
}

static Value ellipsis_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)self, (void)args;
    return value_from_obj(str_cstr(vm, "Ellipsis"));
}

static const MethodDef ellipsis_methods[] = {
    { "__new__(*args, **kwargs)", NULL, ellipsis_m_new, NATIVE_STATIC },
    METHOD(ellipsis, repr, "__repr__()", "Return repr(self)."),
    METHOD(ellipsis, repr, "__reduce__()", NULL),
    { 0 }
};
static const TypeDef ellipsis_def = {
    .name = "ellipsis", .doc = "The class of `...`.", .layout = LAYOUT(INSTANCE),
    .methods = ellipsis_methods, .shape_id = SHAPE_ELLIPSIS_ID,
};

static Value not_implemented_m_new(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return only_instance(vm, args, "NotImplementedType", VALUE_NOT_IMPLEMENTED);
}

static Value not_implemented_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)self, (void)args;
    return value_from_obj(str_cstr(vm, "NotImplemented"));
}

static Value not_implemented_m_bool(Vm *vm, Value self, const Args *args)
{
    (void)self, (void)args;
    if (vm->hooks.warn && !vm->hooks.warn(vm, vm->exc[EXC_DeprecationWarning],
                                          "NotImplemented should not be used in a boolean context"))
        return VALUE_ERROR;
    return VALUE_TRUE;
}

static const MethodDef not_implemented_methods[] = {
    { "__new__(*args, **kwargs)", NULL, not_implemented_m_new, NATIVE_STATIC },
    METHOD(not_implemented, repr, "__repr__()", "Return repr(self)."),
    METHOD(not_implemented, repr, "__reduce__()", NULL),
    METHOD(not_implemented, bool, "__bool__()", "Is it not zero?"),
    { 0 }
};
static const TypeDef not_implemented_def = {
    .name = "NotImplementedType", .doc = "The class of NotImplemented.", .layout = LAYOUT(INSTANCE),
    .methods = not_implemented_methods, .shape_id = SHAPE_NOT_IMPLEMENTED_ID,
};

bool bool_types_init(Vm *vm)
{
    Type *object = vm->types.object;
    return (vm->types.boolean = type_from_def(vm, &bool_def, vm->types.integer)) &&
           (vm->types.none = type_from_def(vm, &none_def, object)) &&
           (vm->types.ellipsis = type_from_def(vm, &ellipsis_def, object)) &&
           (vm->types.not_implemented = type_from_def(vm, &not_implemented_def, object));
}
