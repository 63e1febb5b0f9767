/* SPDX-License-Identifier: MIT
 * Descriptors (property, classmethod, staticmethod, getset, member), super, mappingproxy, module. */
#include "vm/objects/core.h"

#include "vm/frame.h"
#include "vm/attr_cache.h"
#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/seq.h"
#include "vm/objects/str.h"
#include "vm/signature.h"

static Value text(Str *s)
{
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value or_none(Value v)
{
    return value_is_empty(v) ? VALUE_NONE : v;
}

static Value given_or_none(Value v)
{
    return value_is_none(v) ? VALUE_EMPTY : v;
}

bool get_args_ok(Vm *vm, const Args *args)
{
    if (!value_is_none(args->v[0]) || !value_is_none(args->v[1]))
        return true;
    raise_exc(vm, EXC_TypeError, "__get__(None, None) is invalid");
    return false;
}

/* A descriptor object of cls (which may be a subclass, with attributes of its own). */
static Descr *descr_new(Vm *vm, Type *cls)
{
    return (Descr *)object_alloc(vm, cls);
}

/* ---- property: def says that the docstring is the getter's ---- */

static Value property_m_new(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Descr *d = descr_new(vm, as_type(self));
    return d ? value_from_obj(d) : VALUE_ERROR;
}

static Value property_m_init(Vm *vm, Value self, const Args *args)
{
    Descr *d = as_descr(self);
    heap_set(vm, d, &d->a, given_or_none(args->v[0]));
    heap_set(vm, d, &d->b, given_or_none(args->v[1]));
    heap_set(vm, d, &d->c, given_or_none(args->v[2]));
    d->name = VALUE_EMPTY;
    Value doc = args->v[3];
    bool of_getter = value_is_none(doc) && !value_is_empty(d->a);
    if (of_getter) {
        doc = attr_get_opt(vm, d->a, vm->names.dunder_doc);
        if (value_is_empty(doc) && vm_pending(vm))
            return VALUE_ERROR;
        if (value_is_empty(doc) || value_is_none(doc)) {
            doc = VALUE_NONE;
            of_getter = false;
        }
    }
    d->def = of_getter ? d : NULL;
    heap_set(vm, d, &d->d, doc);
    if (type_of(vm, self) == vm->types.property || attr_set(vm, self, vm->names.dunder_doc, doc))
        return VALUE_NONE;
    if (of_getter || !exc_pending_is(vm, EXC_AttributeError))
        return VALUE_ERROR;
    exc_discard(vm);        /* a subclass whose instances take no attributes has no docstrings then */
    return VALUE_NONE;
}

static Value property_copy(Vm *vm, Value self, Value get, Value set, Value del)
{
    Descr *d = as_descr(self);
    Value args[4] = { or_none(value_is_empty(get) ? d->a : get), or_none(value_is_empty(set) ? d->b : set),
                      or_none(value_is_empty(del) ? d->c : del), d->def ? VALUE_NONE : or_none(d->d) };
    Value p = op_call(vm, value_from_obj(type_of(vm, self)), 4, args);
    if (is_descr(p))
        heap_set(vm, as_descr(p), &as_descr(p)->name, d->name);
    return p;
}

static Value property_m_getter(Vm *vm, Value self, const Args *args)
{
    return property_copy(vm, self, given_or_none(args->v[0]), VALUE_EMPTY, VALUE_EMPTY);
}

static Value property_m_setter(Vm *vm, Value self, const Args *args)
{
    return property_copy(vm, self, VALUE_EMPTY, given_or_none(args->v[0]), VALUE_EMPTY);
}

static Value property_m_deleter(Vm *vm, Value self, const Args *args)
{
    return property_copy(vm, self, VALUE_EMPTY, VALUE_EMPTY, given_or_none(args->v[0]));
}

static Value property_missing(Vm *vm, Value self, Value o, const char *what)
{
    Descr *d = as_descr(self);
    Value name = d->name;
    if (value_is_empty(name) && !value_is_empty(d->a)) {
        name = attr_get_opt(vm, d->a, vm->names.dunder_name);
        if (value_is_empty(name) && vm_pending(vm))
            return VALUE_ERROR;
    }
    if (!value_is_empty(name))
        return raise_exc(vm, EXC_AttributeError, "property %R of '%S' object has no %s", name,
                     as_str(type_of(vm, o)->qualname), what);
    return raise_exc(vm, EXC_AttributeError, "property of '%S' object has no %s", as_str(type_of(vm, o)->qualname), what);
}

static Value property_m_get(Vm *vm, Value self, const Args *args)
{
    Descr *d = as_descr(self);
    if (!get_args_ok(vm, args))
        return VALUE_ERROR;
    if (value_is_none(args->v[0]))
        return self;
    return value_is_empty(d->a) ? property_missing(vm, self, args->v[0], "getter") : op_call1(vm, d->a, args->v[0]);
}

static Value property_m_set(Vm *vm, Value self, const Args *args)
{
    Descr *d = as_descr(self);
    if (value_is_empty(d->b))
        return property_missing(vm, self, args->v[0], "setter");
    return value_is_empty(op_call(vm, d->b, 2, args->v)) ? VALUE_ERROR : VALUE_NONE;
}

static Value property_m_delete(Vm *vm, Value self, const Args *args)
{
    Descr *d = as_descr(self);
    if (value_is_empty(d->c))
        return property_missing(vm, self, args->v[0], "deleter");
    return value_is_empty(op_call1(vm, d->c, args->v[0])) ? VALUE_ERROR : VALUE_NONE;
}

static Value property_m_set_name(Vm *vm, Value self, const Args *args)
{
    if (args->nrest != 2)
        return raise_exc(vm, EXC_TypeError, "__set_name__() takes 2 positional arguments but %u were given", args->nrest);
    heap_set(vm, as_descr(self), &as_descr(self)->name, args->rest[1]);
    return VALUE_NONE;
}

static const MethodDef property_methods[] = {
    METHOD(property, new, "__new__(*args, **kwargs)", "Create a property."),
    METHOD(property, init, "__init__(fget=None, fset=None, fdel=None, doc=None)",
           "Functions that get, set and delete the attribute."),
    METHOD(property, getter, "getter(object, /)", "The property with another getter."),
    METHOD(property, setter, "setter(object, /)", "The property with another setter."),
    METHOD(property, deleter, "deleter(object, /)", "The property with another deleter."),
    METHOD(property, get, "__get__(instance, owner=None, /)", "Call the getter."),
    METHOD(property, set, "__set__(instance, value, /)", "Call the setter."),
    METHOD(property, delete, "__delete__(instance, /)", "Call the deleter."),
    METHOD(property, set_name, "__set_name__(*args) as (owner, name, /)", "The class says under which name it stands."),
    { 0 }
};

static Value property_g_fget(Vm *vm, Value self)
{
    (void)vm;
    return or_none(as_descr(self)->a);
}

static Value property_g_fset(Vm *vm, Value self)
{
    (void)vm;
    return or_none(as_descr(self)->b);
}

static Value property_g_fdel(Vm *vm, Value self)
{
    (void)vm;
    return or_none(as_descr(self)->c);
}

static Value property_g_doc(Vm *vm, Value self)
{
    (void)vm;
    return or_none(as_descr(self)->d);
}

static bool property_s_doc(Vm *vm, Value self, Value v)
{
    heap_set(vm, as_descr(self), &as_descr(self)->d, or_none(v));
    return true;
}

static Value property_g_name(Vm *vm, Value self)
{
    Descr *d = as_descr(self);
    if (!value_is_empty(d->name))
        return d->name;
    if (!value_is_empty(d->a))
        return attr_get(vm, d->a, vm->names.dunder_name);
    return raise_attribute(vm, self, vm->names.dunder_name);
}

static bool property_s_name(Vm *vm, Value self, Value v)
{
    heap_set(vm, as_descr(self), &as_descr(self)->name, v);
    return true;
}

/* Abstract when one of its functions is: what abc asks for. */
static Value property_g_isabstract(Vm *vm, Value self)
{
    Descr *d = as_descr(self);
    Value fs[3] = { d->a, d->b, d->c };
    Str *name = str_intern(vm, "__isabstractmethod__", 20);
    for (unsigned i = 0; name && i < 3; i++) {
        if (value_is_empty(fs[i]))
            continue;
        Value v = attr_get_opt(vm, fs[i], name);
        if (value_is_empty(v) && vm_pending(vm))
            return VALUE_ERROR;
        int truth = value_is_empty(v) ? 0 : op_truth(vm, v);
        if (truth)
            return truth < 0 ? VALUE_ERROR : VALUE_TRUE;
    }
    return name ? VALUE_FALSE : VALUE_ERROR;
}

static const GetSetDef property_getsets[] = {
    { "fget", "The getter.", property_g_fget, seq_readonly },
    { "fset", "The setter.", property_g_fset, seq_readonly },
    { "fdel", "The deleter.", property_g_fdel, seq_readonly },
    { "__doc__", "The docstring.", property_g_doc, property_s_doc },
    { "__name__", "The attribute's name.", property_g_name, property_s_name },
    { "__isabstractmethod__", "Is one of its functions abstract?", property_g_isabstract, NULL },
    { 0 }
};

/* ---- classmethod, staticmethod ---- */

/* The wrapped function's names and docstring show on the wrapper. */
static bool copy_wrapped(Vm *vm, Value self, Value f)
{
    Str *names[] = { vm->names.dunder_module, vm->names.dunder_name, vm->names.dunder_qualname, vm->names.dunder_doc,
                     vm->names.dunder_annotations };
    int found;
    Value *ext = obj_ext(vm, value_obj(self));
    if (!ext)
        return true;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        Value v = attr_get_opt(vm, f, names[i]);
        if (value_is_empty(v) && vm_pending(vm))
            return false;
        if (!value_is_empty(v) && !attr_set_own(vm, value_obj(self), names[i], v, &found))
            return false;
    }
    return true;
}

static Value wrapper_m_new(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Descr *d = descr_new(vm, as_type(self));
    return d ? value_from_obj(d) : VALUE_ERROR;
}

static Value wrapper_m_init(Vm *vm, Value self, const Args *args)
{
    if (UNLIKELY(!value_is_empty(as_descr(self)->a)))
        caches_forget_classes(vm);
    heap_set(vm, as_descr(self), &as_descr(self)->a, args->v[0]);
    return copy_wrapped(vm, self, args->v[0]) ? VALUE_NONE : VALUE_ERROR;
}

static Value classmethod_m_get(Vm *vm, Value self, const Args *args)
{
    Value owner = args->v[1];
    if (!get_args_ok(vm, args))
        return VALUE_ERROR;
    if (value_is_none(owner))
        owner = value_from_obj(type_of(vm, args->v[0]));
    return method_new(vm, or_none(as_descr(self)->a), owner);
}

static Value staticmethod_m_get(Vm *vm, Value self, const Args *args)
{
    return get_args_ok(vm, args) ? or_none(as_descr(self)->a) : VALUE_ERROR;
}

static Value staticmethod_m_call(Vm *vm, Value self, const Args *args)
{
    Tuple *t = tuple_from(vm, args->rest, args->nrest);
    return t ? op_call_ex(vm, or_none(as_descr(self)->a), t, as_dict(args->v[0])) : VALUE_ERROR;
}

static Value wrapper_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return text(str_printf(vm, "<%T(%R)>", self, or_none(as_descr(self)->a)));
}

static Value wrapper_g_func(Vm *vm, Value self)
{
    (void)vm;
    return or_none(as_descr(self)->a);
}

static Value wrapper_g_isabstract(Vm *vm, Value self)
{
    Str *name = str_intern(vm, "__isabstractmethod__", 20);
    Value v = name && !value_is_empty(as_descr(self)->a) ? attr_get_opt(vm, as_descr(self)->a, name) : VALUE_EMPTY;
    if (value_is_empty(v))
        return vm_pending(vm) ? VALUE_ERROR : VALUE_FALSE;
    int truth = op_truth(vm, v);
    return truth < 0 ? VALUE_ERROR : value_from_bool(truth);
}

static Value wrapper_g_dict(Vm *vm, Value self)
{
    Dict *d = attr_dict(vm, self);
    return d ? value_from_obj(d) : VALUE_ERROR;
}

static const MethodDef classmethod_methods[] = {
    METHOD(wrapper, new, "__new__(*args, **kwargs)", "Create the wrapper."),
    METHOD(wrapper, init, "__init__(function, /)", "The function is called with the class first."),
    METHOD(classmethod, get, "__get__(instance, owner=None, /)", "The function bound to the class."),
    METHOD(wrapper, repr, "__repr__()", "Return repr(self)."),
    { 0 }
};

static const MethodDef staticmethod_methods[] = {
    METHOD(wrapper, new, "__new__(*args, **kwargs)", "Create the wrapper."),
    METHOD(wrapper, init, "__init__(function, /)", "The function is called as it is."),
    METHOD(staticmethod, get, "__get__(instance, owner=None, /)", "The function itself."),
    METHOD(staticmethod, call, "__call__(*args, **kwargs)", "Run it with these arguments."),
    METHOD(wrapper, repr, "__repr__()", "Return repr(self)."),
    { 0 }
};

static const GetSetDef wrapper_getsets[] = {
    { "__func__", "The wrapped function.", wrapper_g_func, seq_readonly },
    { "__wrapped__", "The wrapped function.", wrapper_g_func, seq_readonly },
    { "__isabstractmethod__", "Is the function abstract?", wrapper_g_isabstract, NULL },
    { "__dict__", "Attributes.", wrapper_g_dict, NULL },
    { 0 }
};

/* ---- getset and member descriptors ---- */

static Value no_instance(Vm *vm, Value self, Value o)
{
    Descr *d = as_descr(self);
    return raise_exc(vm, EXC_TypeError, "descriptor '%V' for '%s' objects doesn't apply to a '%T' object", d->name,
                 type_name(d->owner), o);
}

static Value getset_m_get(Vm *vm, Value self, const Args *args)
{
    Descr *d = as_descr(self);
    if (!get_args_ok(vm, args))
        return VALUE_ERROR;
    if (value_is_none(args->v[0]) && d->owner != vm->types.none)
        return self;
    if (!value_is_a(vm, args->v[0], d->owner))
        return no_instance(vm, self, args->v[0]);
    return ((const GetSetDef *)d->def)->get(vm, args->v[0]);
}

static Value getset_set(Vm *vm, Value self, Value o, Value v)
{
    Descr *d = as_descr(self);
    const GetSetDef *def = d->def;
    if (!value_is_a(vm, o, d->owner))
        return no_instance(vm, self, o);
    if (!def->set)
        return raise_exc(vm, EXC_AttributeError, "attribute '%s' of '%s' objects is not writable", def->name,
                         type_name(d->owner));
    return def->set(vm, o, v) ? VALUE_NONE : VALUE_ERROR;
}

static Value getset_m_set(Vm *vm, Value self, const Args *args)
{
    return getset_set(vm, self, args->v[0], args->v[1]);
}

static Value getset_m_delete(Vm *vm, Value self, const Args *args)
{
    return getset_set(vm, self, args->v[0], VALUE_EMPTY);
}

static Value getset_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Descr *d = as_descr(self);
    return text(str_printf(vm, "<%s '%V' of '%s' objects>",
                           type_of(vm, self) == vm->types.member_descriptor ? "member" : "attribute", d->name,
                               type_name(d->owner)));
}
#define member_m_repr getset_m_repr

static const MethodDef getset_methods[] = {
    METHOD(getset, get, "__get__(instance, owner=None, /)", "Read the attribute."),
    METHOD(getset, set, "__set__(instance, value, /)", "Set the attribute."),
    METHOD(getset, delete, "__delete__(instance, /)", "Delete the attribute."),
    METHOD(getset, repr, "__repr__()", "Return repr(self)."),
    { 0 }
};

static Value member_m_get(Vm *vm, Value self, const Args *args)
{
    Descr *d = as_descr(self);
    Value o = args->v[0];
    if (!get_args_ok(vm, args))
        return VALUE_ERROR;
    if (value_is_none(o))
        return self;
    if (!value_is_obj(o) || !value_is_a(vm, o, d->owner))
        return no_instance(vm, self, o);
    Value v = attr_member_get(vm, value_obj(o), d);
    if (value_is_empty(v) && !vm_pending(vm))
        return raise_attribute(vm, o, as_str(d->name));
    return v;
}

static Value member_set(Vm *vm, Value self, Value o, Value v)
{
    Descr *d = as_descr(self);
    int found;
    if (!value_is_obj(o) || !value_is_a(vm, o, d->owner))
        return no_instance(vm, self, o);
    if (!attr_member_set(vm, value_obj(o), d, v, &found))
        return VALUE_ERROR;
    return found ? VALUE_NONE : raise_exc(vm, EXC_AttributeError, "%S", as_str(d->name));
}

static Value member_m_set(Vm *vm, Value self, const Args *args)
{
    return member_set(vm, self, args->v[0], args->v[1]);
}

static Value member_m_delete(Vm *vm, Value self, const Args *args)
{
    return member_set(vm, self, args->v[0], VALUE_EMPTY);
}

static const MethodDef member_methods[] = {
    METHOD(member, get, "__get__(instance, owner=None, /)", "Read the slot."),
    METHOD(member, set, "__set__(instance, value, /)", "Set the slot."),
    METHOD(member, delete, "__delete__(instance, /)", "Empty the slot."),
    METHOD(member, repr, "__repr__()", "Return repr(self)."),
    { 0 }
};

static Value descr_g_name(Vm *vm, Value self)
{
    (void)vm;
    return or_none(as_descr(self)->name);
}

static Value descr_g_objclass(Vm *vm, Value self)
{
    (void)vm;
    return value_from_obj(as_descr(self)->owner);
}

static Value descr_g_doc(Vm *vm, Value self)
{
    const GetSetDef *def = as_descr(self)->def;
    return def && def->doc ? text(str_cstr(vm, def->doc)) : VALUE_NONE;
}

static const GetSetDef descr_getsets[] = {
    { "__name__", "The attribute's name.", descr_g_name, NULL },
    { "__objclass__", "The class that defines it.", descr_g_objclass, NULL },
    { "__doc__", "Its docstring.", descr_g_doc, NULL },
    { 0 }
};

/* ---- class methods of built-in types: a = the native ---- */

static Value native_classmethod_m_get(Vm *vm, Value self, const Args *args)
{
    Descr *d = as_descr(self);
    Value owner = args->v[1];
    if (!get_args_ok(vm, args))
        return VALUE_ERROR;
    if (value_is_none(owner))
        owner = value_from_obj(type_of(vm, args->v[0]));
    if (!is_type(owner))
        return raise_exc(vm, EXC_TypeError, "descriptor '%V' for type '%s' needs a type, not a '%T' as arg 2", d->name,
                         type_name(d->owner), owner);
    if (!type_is_subtype(as_type(owner), d->owner))
        return raise_exc(vm, EXC_TypeError, "descriptor '%V' requires a subtype of '%s' but received '%s'", d->name,
                         type_name(d->owner), type_name(as_type(owner)));
    return attr_bind(vm, self, VALUE_EMPTY, as_type(owner));
}

static Value native_classmethod_m_call(Vm *vm, Value self, const Args *args)
{
    Descr *d = as_descr(self);
    if (!args->nrest)
        return raise_exc(vm, EXC_TypeError, "descriptor '%V' of '%s' object needs an argument", d->name, type_name(d->owner));
    Value get[2] = { VALUE_NONE, args->rest[0] };
    Value f = native_classmethod_m_get(vm, self, &(Args){ .v = get, .count = 2, .given = 2 });
    Tuple *t = value_is_empty(f) ? NULL : tuple_from(vm, args->rest + 1, args->nrest - 1);
    return t ? op_call_ex(vm, f, t, as_dict(args->v[0])) : VALUE_ERROR;
}

static Value native_classmethod_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Descr *d = as_descr(self);
    return text(str_printf(vm, "<method '%V' of '%s' objects>", d->name, type_name(d->owner)));
}

static Value native_classmethod_g_doc(Vm *vm, Value self)
{
    return attr_get(vm, as_descr(self)->a, vm->names.dunder_doc);
}

static Value native_classmethod_g_qualname(Vm *vm, Value self)
{
    return attr_get(vm, as_descr(self)->a, vm->names.dunder_qualname);
}

static Value native_classmethod_g_signature(Vm *vm, Value self)
{
    return signature_text(vm, as_native(as_descr(self)->a)->def->signature, "$type");
}

static const MethodDef native_classmethod_methods[] = {
    METHOD(native_classmethod, get, "__get__(instance, owner=None, /)", "The method bound to the class."),
    METHOD(native_classmethod, call, "__call__(*args, **kwargs)", "Run it with these arguments."),
    METHOD(native_classmethod, repr, "__repr__()", "Return repr(self)."),
    { 0 }
};

static const GetSetDef native_classmethod_getsets[] = {
    { "__name__", "The method's name.", descr_g_name, NULL },
    { "__qualname__", "Its dotted name.", native_classmethod_g_qualname, NULL },
    { "__objclass__", "The class that defines it.", descr_g_objclass, NULL },
    { "__doc__", "Its docstring.", native_classmethod_g_doc, NULL },
    { "__text_signature__", "Its parameters as text.", native_classmethod_g_signature, NULL },
    { 0 }
};

/* ---- super: a = the class behind which to look, b = the object or class, c = where the mro starts ---- */

static Value super_m_new(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Descr *d = descr_new(vm, as_type(self));
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
    return op_call(vm, value_from_obj(type_of(vm, self)), 2, a);
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

/* ---- mappingproxy: a = the mapping ---- */

static Value proxy_m_new(Vm *vm, Value self, const Args *args)
{
    if (is_list(args->v[0]) || is_tuple(args->v[0]) || value_is_empty(type_special(type_of(vm, args->v[0]), SPECIAL_GETITEM)))
        return raise_exc(vm, EXC_TypeError, "mappingproxy() argument must be a mapping, not %T", args->v[0]);
    Descr *d = descr_new(vm, as_type(self));
    if (!d)
        return VALUE_ERROR;
    d->a = args->v[0];
    return value_from_obj(d);
}

static Value proxy_m_getitem(Vm *vm, Value self, const Args *args)
{
    return op_getitem(vm, as_descr(self)->a, args->v[0]);
}

static Value proxy_m_contains(Vm *vm, Value self, const Args *args)
{
    int r = op_contains(vm, as_descr(self)->a, args->v[0]);
    return r < 0 ? VALUE_ERROR : value_from_bool(r);
}

static Value proxy_m_len(Vm *vm, Value self, const Args *args)
{
    (void)args;
    int64_t n = op_len(vm, as_descr(self)->a);
    return n < 0 ? VALUE_ERROR : value_from_int48(n);
}

static Value proxy_m_iter(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return op_iter(vm, as_descr(self)->a);
}

static Value proxy_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return text(str_printf(vm, "mappingproxy(%R)", as_descr(self)->a));
}

static Value proxy_m_str(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return text(op_str(vm, as_descr(self)->a));
}

static Value proxy_compare(Vm *vm, Value self, Value other, unsigned cmp)
{
    if (is_descr(other) && type_of(vm, other) == vm->types.mappingproxy)
        other = as_descr(other)->a;
    return op_compare(vm, cmp, as_descr(self)->a, other);
}
#define PROXY_COMPARE(name, CMP)                                                                     \
    static Value proxy_m_##name(Vm *vm, Value self, const Args *args)                                \
    {                                                                                                \
        return proxy_compare(vm, self, args->v[0], COMPARE_##CMP);                                   \
    }
PROXY_COMPARE(eq, EQ)
PROXY_COMPARE(ne, NE)
PROXY_COMPARE(lt, LT)
PROXY_COMPARE(le, LE)
PROXY_COMPARE(gt, GT)
PROXY_COMPARE(ge, GE)
#undef PROXY_COMPARE

static Value bare_mapping(Vm *vm, Value v)
{
    return is_descr(v) && type_of(vm, v) == vm->types.mappingproxy ? as_descr(v)->a : v;
}

static Value proxy_m_or(Vm *vm, Value self, const Args *args)
{
    return op_binary(vm, 11, bare_mapping(vm, self), bare_mapping(vm, args->v[0]), false);
}

static Value proxy_m_ror(Vm *vm, Value self, const Args *args)
{
    return op_binary(vm, 11, bare_mapping(vm, args->v[0]), bare_mapping(vm, self), false);
}

static Value proxy_m_ior(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return raise_exc(vm, EXC_TypeError, "'|=' is not supported by %T; use '|' instead", self);
}

static Value proxy_m_hash(Vm *vm, Value self, const Args *args)
{
    (void)args;
    int64_t h;
    return op_hash(vm, as_descr(self)->a, &h) ? int_new(vm, h) : VALUE_ERROR;
}

#define PROXY_FORWARD(fn, name)                                                                        \
    static Value proxy_m_##fn(Vm *vm, Value self, const Args *args)                                    \
    {                                                                                                  \
        Str *s = str_intern(vm, name, sizeof name - 1);                                                \
        return s ? op_call_method(vm, as_descr(self)->a, s, args->nrest, args->rest) : VALUE_ERROR;    \
    }
PROXY_FORWARD(get, "get")
PROXY_FORWARD(keys, "keys")
PROXY_FORWARD(values, "values")
PROXY_FORWARD(items, "items")
PROXY_FORWARD(copy, "copy")
PROXY_FORWARD(reversed, "__reversed__")

static const MethodDef proxy_methods[] = {
    METHOD(proxy, new, "__new__(mapping)", "A mapping that cannot be changed through this."),
    METHOD(proxy, getitem, "__getitem__(key, /)", "Return self[key]."),
    METHOD(proxy, contains, "__contains__(key, /)", "Is it one of the items?"),
    METHOD(proxy, len, "__len__()", "Return len(self)."),
    METHOD(proxy, iter, "__iter__()", "Implement iter(self)."),
    METHOD(proxy, reversed, "__reversed__(*args)", "Keys from the last to the first."),
    METHOD(proxy, repr, "__repr__()", "Return repr(self)."),
    METHOD(proxy, str, "__str__()", "Return str(self)."),
    METHOD(proxy, eq, "__eq__(value, /)", "Return self==value."),
    METHOD(proxy, ne, "__ne__(value, /)", "Return self!=value."),
    METHOD(proxy, lt, "__lt__(value, /)", "Return self<value."),
    METHOD(proxy, le, "__le__(value, /)", "Return self<=value."),
    METHOD(proxy, gt, "__gt__(value, /)", "Return self>value."),
    METHOD(proxy, ge, "__ge__(value, /)", "Return self>=value."),
    METHOD(proxy, hash, "__hash__()", "Return hash(self)."),
    METHOD(proxy, or, "__or__(value, /)", "Return self|value."),
    METHOD(proxy, ror, "__ror__(value, /)", "Return value|self."),
    METHOD(proxy, ior, "__ior__(value, /)", "Return self|=value."),
    METHOD(proxy, get, "get(*args)", "The value for a key, or a default."),
    METHOD(proxy, keys, "keys(*args)", "A view of the keys."),
    METHOD(proxy, values, "values(*args)", "A view of the values."),
    METHOD(proxy, items, "items(*args)", "A view of the items."),
    METHOD(proxy, copy, "copy(*args)", "A shallow copy of the mapping."),
    { 0 }
};

/* ---- module ---- */

static Value module_m_new(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Module *m = (Module *)object_alloc(vm, as_type(self));
    Dict *d = m ? dict_new(vm) : NULL;
    if (!d || !dict_make_cells(vm, d))
        return VALUE_ERROR;
    m->globals = d;
    m->name = value_from_obj(vm->names.empty);
    return value_from_obj(m);
}

static Value module_m_init(Vm *vm, Value self, const Args *args)
{
    Module *m = as_module(self);
    if (!is_str(args->v[0]))
        return raise_exc(vm, EXC_TypeError, "module() argument 'name' must be str, not %T", args->v[0]);
    heap_set(vm, m, &m->name, args->v[0]);
    return dict_set_str(vm, m->globals, vm->names.dunder_name, args->v[0]) &&
           dict_set_str(vm, m->globals, vm->names.dunder_doc, args->v[1]) &&
           dict_set_str(vm, m->globals, vm->names.dunder_package, VALUE_NONE) &&
           dict_set_str(vm, m->globals, vm->names.dunder_loader, VALUE_NONE) &&
           dict_set_str(vm, m->globals, vm->names.dunder_spec, VALUE_NONE) ? VALUE_NONE : VALUE_ERROR;
}

static Value spec_field(Vm *vm, Value spec, const char *name)
{
    Str *s = vm_pending(vm) ? NULL : str_intern(vm, name, strlen(name));
    return s ? or_none(attr_get_opt(vm, spec, s)) : VALUE_NONE;
}

static Value repr_by_spec(Vm *vm, Value spec)
{
    Value name = spec_field(vm, spec, "name"), origin = spec_field(vm, spec, "origin"), loader = spec_field(vm, spec, "loader");
    Value located = spec_field(vm, spec, "has_location"), path = spec_field(vm, loader, "_path");
    int has_location = vm_pending(vm) ? -1 : op_truth(vm, located);
    if (has_location < 0)
        return VALUE_ERROR;
    if (has_location)
        return text(str_printf(vm, "<module %R from %R>", name, origin));
    if (!value_is_none(origin))
        return text(str_printf(vm, "<module %R (%V)>", name, origin));
    if (value_is_none(loader))
        return text(str_printf(vm, "<module %R>", name));
    return text(value_is_none(path) ? str_printf(vm, "<module %R (%R)>", name, loader)
                                    : str_printf(vm, "<module %R (namespace) from %R>", name, path));
}

static Value module_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Value spec = attr_get_opt(vm, self, vm->names.dunder_spec);
    if (!value_is_empty(spec) && !value_is_none(spec))
        return repr_by_spec(vm, spec);
    Value name = vm_pending(vm) ? VALUE_EMPTY : attr_get_opt(vm, self, vm->names.dunder_name);
    Value file = vm_pending(vm) ? VALUE_EMPTY : attr_get_opt(vm, self, vm->names.dunder_file);
    Value loader = vm_pending(vm) ? VALUE_EMPTY : attr_get_opt(vm, self, vm->names.dunder_loader);
    if (vm_pending(vm) || (value_is_empty(name) && value_is_empty(name = text(str_cstr(vm, "?")))))
        return VALUE_ERROR;
    if (!value_is_empty(file))
        return text(str_printf(vm, "<module %R from %R>", name, file));
    if (value_is_empty(loader) || value_is_none(loader))
        return text(str_printf(vm, "<module %R>", name));
    return text(str_printf(vm, "<module %R (%R)>", name, loader));
}

static Value module_m_dir(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Module *m = as_module(self);
    Value f = dict_get_str(vm, m->globals, vm->special_names[SPECIAL_DIR]);
    Dict *d = attr_dict(vm, self);
    if (!d)
        return VALUE_ERROR;
    Value l = value_is_empty(f) ? op_list_of(vm, value_from_obj(d)) : op_call0(vm, f);
    if (value_is_empty(l) || !is_list(l))
        return l;
    return list_sort(vm, as_list(l), VALUE_NONE, false) ? l : VALUE_ERROR;
}

static Value module_g_dict(Vm *vm, Value self)
{
    Dict *d = attr_dict(vm, self);
    return d ? value_from_obj(d) : VALUE_ERROR;
}

static const MethodDef module_methods[] = {
    METHOD(module, new, "__new__(*args, **kwargs)", "Create a module."),
    METHOD(module, init, "__init__(name, doc=None)", "Name and docstring of the module."),
    METHOD(module, repr, "__repr__()", "Return repr(self)."),
    METHOD(module, dir, "__dir__()", "Names in the module, sorted."),
    { 0 }
};

static bool module_s_dict(Vm *vm, Value self, Value v)
{
    (void)self;
    (void)v;
    raise_exc(vm, EXC_AttributeError, "readonly attribute");
    return false;
}

static Value module_g_annotations(Vm *vm, Value self)
{
    Module *m = as_module(self);
    Value v = dict_get_str(vm, m->globals, vm->names.dunder_annotations);
    if (!value_is_empty(v))
        return v;
    Dict *d = dict_new(vm);
    return d && dict_set_str(vm, m->globals, vm->names.dunder_annotations, value_from_obj(d)) ? value_from_obj(d) : VALUE_ERROR;
}

static bool module_s_annotations(Vm *vm, Value self, Value v)
{
    Module *m = as_module(self);
    if (!value_is_empty(v))
        return dict_set_str(vm, m->globals, vm->names.dunder_annotations, v);
    int found = dict_delete(vm, m->globals, value_from_obj(vm->names.dunder_annotations));
    if (!found)
        raise_exc(vm, EXC_AttributeError, "__annotations__");
    return found > 0;
}

static const GetSetDef module_getsets[] = {
    { "__dict__", "The module's globals.", module_g_dict, module_s_dict },
    { "__annotations__", "Annotations of its variables.", module_g_annotations, module_s_annotations },
    { 0 }
};

bool object_types_init(Vm *vm)
{
    static const TypeDef property_def = { .name = "property", .doc = "An attribute that functions get, set and delete.",
        .layout = LAYOUT(DESCR), .methods = property_methods, .getsets = property_getsets, .flags = TYPE_BASE };
    static const TypeDef classmethod_def = { .name = "classmethod", .doc = "A method that gets the class first.",
        .layout = LAYOUT(DESCR), .methods = classmethod_methods, .getsets = wrapper_getsets, .flags = TYPE_BASE | TYPE_HAS_DICT };
    static const TypeDef native_classmethod_def = { .name = "classmethod_descriptor", .layout = LAYOUT(DESCR),
        .methods = native_classmethod_methods, .getsets = native_classmethod_getsets, .flags = TYPE_DISALLOW_NEW };
    static const TypeDef staticmethod_def = { .name = "staticmethod", .doc = "A function in a class that is called as it is.",
        .layout = LAYOUT(DESCR), .methods = staticmethod_methods, .getsets = wrapper_getsets,
            .flags = TYPE_BASE | TYPE_HAS_DICT };
    static const TypeDef getset_def = { .name = "getset_descriptor", .layout = LAYOUT(DESCR), .methods = getset_methods,
        .getsets = descr_getsets, .flags = TYPE_DISALLOW_NEW };
    static const TypeDef member_def = { .name = "member_descriptor", .layout = LAYOUT(DESCR), .methods = member_methods,
        .getsets = descr_getsets, .flags = TYPE_DISALLOW_NEW };
    static const TypeDef super_def = { .name = "super", .doc = "Attributes as the next classes in line have them.",
        .layout = LAYOUT(DESCR), .methods = super_methods, .getsets = super_getsets, .flags = TYPE_BASE };
    static const TypeDef proxy_def = { .name = "mappingproxy", .doc = "A mapping that cannot be changed through this.",
        .layout = LAYOUT(DESCR),
        .methods = proxy_methods, .flags = TYPE_MAPPING };
    static const TypeDef module_def = { .name = "module", .doc = "A module.", .layout = LAYOUT(MODULE), .methods = module_methods,
        .getsets = module_getsets, .flags = TYPE_BASE | TYPE_WEAKREFS };
    Type *object = vm->types.object;
    return (vm->types.property = type_from_def(vm, &property_def, object)) &&
           type_complete(vm, vm->types.classmethod, &classmethod_def, object) &&
           type_complete(vm, vm->types.classmethod_descriptor, &native_classmethod_def, object) &&
           type_complete(vm, vm->types.staticmethod, &staticmethod_def, object) &&
           type_complete(vm, vm->types.getset_descriptor, &getset_def, object) &&
           (vm->types.member_descriptor = type_from_def(vm, &member_def, object)) &&
           (vm->types.super = type_from_def(vm, &super_def, object)) &&
           type_complete(vm, vm->types.mappingproxy, &proxy_def, object) &&
           (vm->types.module = type_from_def(vm, &module_def, object));
}

/* ---- names in builtins ---- */

bool builtin_types_publish(Vm *vm)
{
    Type *named[] = { vm->types.object, vm->types.type, vm->types.boolean, vm->types.integer, vm->types.floating,
        vm->types.complex, vm->types.str,
                      vm->types.bytes, vm->types.bytearray, vm->types.memoryview, vm->types.tuple, vm->types.list, vm->types.dict,
                      vm->types.set, vm->types.frozenset, vm->types.slice, vm->types.range, vm->types.property,
                      vm->types.classmethod, vm->types.staticmethod, vm->types.super, vm->types.enumerate, vm->types.zip,
                      vm->types.map, vm->types.filter, vm->types.reversed };
    for (size_t i = 0; i < COUNT_OF(named); i++)
        if (named[i] && !dict_set_str(vm, vm->builtins, as_str(named[i]->name), value_from_obj(named[i])))
            return false;
    for (size_t i = 0; i < EXC_COUNT; i++)
        if (vm->exc[i] && !dict_set_str(vm, vm->builtins, as_str(vm->exc[i]->name), value_from_obj(vm->exc[i])))
            return false;
    return dict_set_cstr(vm, vm->builtins, "EnvironmentError", value_from_obj(vm->exc[EXC_OSError])) &&
           dict_set_cstr(vm, vm->builtins, "IOError", value_from_obj(vm->exc[EXC_OSError])) &&
           dict_set_cstr(vm, vm->builtins, "None", VALUE_NONE) && dict_set_cstr(vm, vm->builtins, "True", VALUE_TRUE) &&
           dict_set_cstr(vm, vm->builtins, "False", VALUE_FALSE) && dict_set_cstr(vm, vm->builtins, "Ellipsis", VALUE_ELLIPSIS) &&
           dict_set_cstr(vm, vm->builtins, "NotImplemented", VALUE_NOT_IMPLEMENTED);
}
