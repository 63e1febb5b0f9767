/* SPDX-License-Identifier: MIT
 * Descriptors: property, classmethod, staticmethod, getset, member. */
#include "vm/objects/core.h"

#include "vm/attr_cache.h"
#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/objects/reduce.h"
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
    Value name = value_is_empty(d->a) ? VALUE_EMPTY : attr_get_opt(vm, d->a, vm->names.dunder_name);
    if (!value_is_empty(name) || vm_pending(vm))
        return name;
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
    const char *name = type_is_subtype(type_of(vm, self), vm->types.classmethod) ? "classmethod" : "staticmethod";
    (void)args;
    return text(str_printf(vm, "<%s(%R)>", name, or_none(as_descr(self)->a)));
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
    if (!def->set && type_of(vm, self) == vm->types.member_descriptor)
        return raise_exc(vm, EXC_AttributeError, "readonly attribute");
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
    if (d->def)
        return getset_m_get(vm, self, args);
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
    if (d->def)
        return getset_set(vm, self, o, v);
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

static Value member_m_reduce(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return reduce_attribute(vm, value_from_obj(as_descr(self)->owner), as_descr(self)->name);
}

static const MethodDef member_methods[] = {
    METHOD(member, reduce, "__reduce__()", "How to make it again."),
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
    const GetSetDef *def = as_descr(self)->def;     /* of __slots__: none */
    return def && def->doc ? text(str_cstr(vm, def->doc)) : VALUE_NONE;
}

static Value descr_g_qualname(Vm *vm, Value self)
{
    Str *dunder = str_intern(vm, "__qualname__", 12);
    Value of = dunder ? attr_get(vm, value_from_obj(as_descr(self)->owner), dunder) : VALUE_ERROR;
    return value_is_empty(of) ? of : text(str_printf(vm, "%V.%V", of, as_descr(self)->name));
}

static const GetSetDef descr_getsets[] = {
    { "__name__", "The attribute's name.", descr_g_name, NULL },
    { "__qualname__", "The name with that of the class.", descr_g_qualname, NULL },
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
    Type *object = vm->types.object;
    return (vm->types.property = type_from_def(vm, &property_def, object)) &&
           type_complete(vm, vm->types.classmethod, &classmethod_def, object) &&
           type_complete(vm, vm->types.classmethod_descriptor, &native_classmethod_def, object) &&
           type_complete(vm, vm->types.staticmethod, &staticmethod_def, object) &&
           type_complete(vm, vm->types.getset_descriptor, &getset_def, object) &&
           type_complete(vm, vm->types.member_descriptor, &member_def, object) &&
           super_type_init(vm) && mappingproxy_type_init(vm) && module_type_init(vm);
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
