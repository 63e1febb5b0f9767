/* SPDX-License-Identifier: MIT
 * super: a = the class behind which to look, b = the object or class, c = where the mro starts. */
#include "vm/objects/core.h"

#include "vm/frame.h"
#include "vm/objects/dict.h"
#include "vm/objects/seq.h"
#include "vm/objects/str.h"

static Value text(Str *s)
{
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value or_none(Value v)
{
    return value_is_empty(v) ? VALUE_NONE : v;
}

static Value super_m_new(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Descr *d = (Descr *)object_alloc(vm, as_type(self));
    return d ? value_from_obj(d) : VALUE_ERROR;
}

/* super() without arguments, outside the compiler's own form: the first argument and __class__ of the caller. */
static bool super_from_frame(Vm *vm, Value *type, Value *obj)
{
    Frame *f = vm->strand->top;
    if (!f || !f->code->nargs) {
        raise_exc(vm, EXC_RuntimeError, "super(): no arguments");
        return false;
    }
    *obj = f->regs[0];
    if (f->code->local_is_cell[0] && is_cell(*obj))
        *obj = as_cell(*obj)->value;
    if (value_is_empty(*obj)) {
        raise_exc(vm, EXC_RuntimeError, "super(): arg[0] deleted");
        return false;
    }
    for (uint32_t i = 0; i < f->code->ncaptures; i++)
        if (f->code->free_names[i] == vm->names.dunder_class) {
            *type = f->func->cells[i]->value;
            if (value_is_empty(*type))
                raise_exc(vm, EXC_RuntimeError, "super(): empty __class__ cell");
            return !value_is_empty(*type);
        }
    raise_exc(vm, EXC_RuntimeError, "super(): __class__ cell not found");
    return false;
}

static Value super_check(Vm *vm, Type *type, Value obj)
{
    if (is_type(obj) && type_is_subtype(as_type(obj), type))
        return obj;
    if (value_is_a(vm, obj, type))
        return value_from_obj(type_of(vm, obj));
    Value cls = attr_get_opt(vm, obj, vm->names.dunder_class);     /* a proxy may say another */
    if (value_is_empty(cls) && vm_pending(vm))
        return VALUE_ERROR;
    if (is_type(cls) && type_is_subtype(as_type(cls), type))
        return cls;
    return raise_exc(vm, EXC_TypeError, "super(type, obj): obj (%s %s) is not an instance or subtype of type (%s).",
                     is_type(obj) ? "type" : "instance of", is_type(obj) ? type_name(as_type(obj)) : type_name_of(vm, obj),
                     type_name(type));
}

static Value super_m_init(Vm *vm, Value self, const Args *args)
{
    Descr *d = as_descr(self);
    Value type = args->v[0], obj = args->v[1];
    if (value_is_empty(type) && !super_from_frame(vm, &type, &obj))
        return VALUE_ERROR;
    if (!is_type(type))
        return raise_exc(vm, EXC_TypeError, "super() argument 1 must be a type, not %T", type);
    heap_set(vm, d, &d->a, type);
    if (value_is_empty(obj) || value_is_none(obj))
        return VALUE_NONE;
    Value start = super_check(vm, as_type(type), obj);
    if (value_is_empty(start))
        return start;
    heap_set(vm, d, &d->b, obj);
    heap_set(vm, d, &d->c, start);
    return VALUE_NONE;
}

static Value super_m_getattribute(Vm *vm, Value self, const Args *args)
{
    Descr *d = as_descr(self);
    Str *name = str_intern_str(vm, as_str(args->v[0]));
    if (!name)
        return VALUE_ERROR;
    if (is_type(d->c) && name != vm->names.dunder_class) {
        Tuple *mro = as_type(d->c)->mro;
        size_t i = 0;
        while (i < mro->len && !value_same(mro->items[i], d->a))
            i++;
        for (i++; i < mro->len; i++) {
            Value v = dict_get_str(vm, type_dict(vm, as_type(mro->items[i])), name);
            if (!value_is_empty(v))
                return attr_bind(vm, v, value_same(d->b, d->c) ? VALUE_EMPTY : d->b, as_type(d->c));
        }
    }
    Value v = attr_generic_get(vm, self, name);
    if (value_is_empty(v) && exc_pending_is(vm, EXC_AttributeError)) {
        exc_discard(vm);
        return raise_exc(vm, EXC_AttributeError, "'super' object has no attribute '%S'", name);
    }
    return v;
}

static Value super_m_get(Vm *vm, Value self, const Args *args)
{
    Descr *d = as_descr(self);
    if (!get_args_ok(vm, args))
        return VALUE_ERROR;
    if (value_is_none(args->v[0]) || !value_is_empty(d->b))
        return self;
    Value a[2] = { d->a, args->v[0] };
    return op_call(vm, value_from_obj(type_of(vm, self)), is_type(d->a) ? 2 : 0, a);
}

static Value super_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Descr *d = as_descr(self);
    if (!is_type(d->a))
        return text(str_printf(vm, "<super: <class 'NULL'>, NULL>"));
    if (!is_type(d->c))
        return text(str_printf(vm, "<super: <class '%s'>, NULL>", type_name(as_type(d->a))));
    return text(str_printf(vm, "<super: <class '%s'>, <%s object>>", type_name(as_type(d->a)), type_name(as_type(d->c))));
}

static Value super_g_thisclass(Vm *vm, Value self)
{
    (void)vm;
    return or_none(as_descr(self)->a);
}

static Value super_g_self(Vm *vm, Value self)
{
    (void)vm;
    return or_none(as_descr(self)->b);
}

static Value super_g_self_class(Vm *vm, Value self)
{
    (void)vm;
    return or_none(as_descr(self)->c);
}

static const MethodDef super_methods[] = {
    METHOD(super, new, "__new__(*args, **kwargs)", "Create a super object."),
    METHOD(super, init, "__init__(type=..., object_or_type=..., /)",
           "Look up attributes behind `type` in the method resolution order."),
    METHOD(super, getattribute, "__getattribute__(name: str, /)", "Return getattr(self, name)."),
    METHOD(super, get, "__get__(instance, owner=None, /)", "Bind an unbound super object."),
    METHOD(super, repr, "__repr__()", "Return repr(self)."),
    { 0 }
};

static const GetSetDef super_getsets[] = {
    { "__thisclass__", "The class behind which it looks.", super_g_thisclass, seq_readonly },
    { "__self__", "The object it is bound to.", super_g_self, seq_readonly },
    { "__self_class__", "That object's class.", super_g_self_class, seq_readonly },
    { 0 }
};

bool super_type_init(Vm *vm)
{
    static const TypeDef super_def = { .name = "super", .doc = "Attributes as the next classes in line have them.",
        .layout = LAYOUT(DESCR), .methods = super_methods, .getsets = super_getsets, .flags = TYPE_BASE };
    return (vm->types.super = type_from_def(vm, &super_def, vm->types.object)) != NULL;
}
