/* SPDX-License-Identifier: MIT
 * object and type, and the order in which the first types come to life: class dicts hold natives and descriptors,
 * whose types are not there yet; they are given their shapes' ids in advance. */
#include "vm/objects/core.h"

#include "vm/interp.h"
#include "vm/objects/dict.h"
#include "vm/objects/exceptions.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/reduce.h"
#include "vm/objects/seq.h"
#include "vm/objects/str.h"
#include "vm/objects/text_codec.h"
#include "vm/signature.h"

/* ---- object ---- */

static Value object_m_new(Vm *vm, Value self, const Args *args)
{
    Type *cls = as_type(self);
    Dict *kw = as_dict(args->v[0]);
    bool excess = args->nrest || dict_len(kw);
    Value own_new = type_special(vm->types.object, SPECIAL_NEW), own_init = type_special(vm->types.object, SPECIAL_INIT);
    if (excess && !value_same(type_special(cls, SPECIAL_NEW), own_new))
        return raise_exc(vm, EXC_TypeError, "object.__new__() takes exactly one argument (the type to instantiate)");
    if (excess && value_same(type_special(cls, SPECIAL_INIT), own_init))
        return raise_exc(vm, EXC_TypeError, "%s() takes no arguments", type_name(cls));
    if (cls->flags & TYPE_ABSTRACT) {
        Value names = type_lookup(vm, cls, vm->names.dunder_abstractmethods);
        Value sorted = op_list_of(vm, names);
        if (value_is_empty(sorted) || !list_sort(vm, as_list(sorted), VALUE_NONE, false))
            return VALUE_ERROR;
        Str *sep = str_cstr(vm, "', '");
        Str *all = sep ? str_join(vm, sep, sorted) : NULL;
        if (!all)
            return VALUE_ERROR;
        return raise_exc(vm, EXC_TypeError, "Can't instantiate abstract class %s without an implementation for abstract "
                     "method%s '%S'", type_name(cls), as_list(sorted)->len == 1 ? "" : "s", all);
    }
    if (cls->layout->kind != KIND_INSTANCE)
        return raise_exc(vm, EXC_TypeError, "object.__new__(%s) is not safe, use %s.__new__()", type_name(cls), type_name(cls));
    Obj *o = object_alloc(vm, cls);
    return o ? value_from_obj(o) : VALUE_ERROR;
}

static Value object_m_init(Vm *vm, Value self, const Args *args)
{
    Type *t = type_of(vm, self);
    if (args->nrest || dict_len(as_dict(args->v[0]))) {
        if (!value_same(type_special(t, SPECIAL_INIT), type_special(vm->types.object, SPECIAL_INIT)))
            return raise_exc(vm, EXC_TypeError, "object.__init__() takes exactly one argument (the instance to initialize)");
        if (value_same(type_special(t, SPECIAL_NEW), type_special(vm->types.object, SPECIAL_NEW)) &&
            !(t->flags & TYPE_DISALLOW_NEW))
            return raise_exc(vm, EXC_TypeError, "%s.__init__() takes exactly one argument (the instance to "
                                                "initialize)", type_name(t));
    }
    return VALUE_NONE;
}

/* A built-in class may describe the attribute of its instances instead; then its own name has the module. */
static Value module_of(Vm *vm, Type *t)
{
    Value m = dict_get_str(vm, type_dict(vm, t), vm->names.dunder_module);
    if (is_str(m) || (!value_is_empty(m) && t->flags & TYPE_HEAP))
        return m;
    const char *dot = t->def_name ? strrchr(t->def_name, '.') : NULL;
    Str *s = dot ? str_intern(vm, t->def_name, (size_t)(dot - t->def_name)) : vm->names.builtins;
    return s ? value_from_obj(s) : VALUE_ERROR;
}

/* module.qualname, without the module where it is builtins */
Str *type_full_name(Vm *vm, Type *t)
{
    Value module = module_of(vm, t);
    if (value_is_empty(module))
        return NULL;
    if (is_str(module) && !str_is(as_str(module), "builtins"))
        return str_printf(vm, "%S.%S", as_str(module), as_str(t->qualname));
    return as_str(t->qualname);
}

static Value text(Str *s)
{
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value object_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Str *name = type_full_name(vm, type_of(vm, self));
    return name ? text(str_printf(vm, "<%S object at %p>", name, (void *)(uintptr_t)self.bits)) : VALUE_ERROR;
}

static Value object_m_str(Vm *vm, Value self, const Args *args)
{
    (void)args;
    bool missing;
    return op_call_special(vm, self, SPECIAL_REPR, 0, NULL, &missing);      /* str() checks what it gave */
}

static Value object_m_format(Vm *vm, Value self, const Args *args)
{
    if (as_str(args->v[0])->len)
        return raise_exc(vm, EXC_TypeError, "unsupported format string passed to %T.__format__", self);
    return text(op_str(vm, self));
}

static Value object_m_hash(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return int_new(vm, (int64_t)(self.bits >> 4 | self.bits << 60));
}

static Value object_m_eq(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    return value_same(self, args->v[0]) ? VALUE_TRUE : VALUE_NOT_IMPLEMENTED;
}

static Value object_m_ne(Vm *vm, Value self, const Args *args)
{
    Type *t = type_of(vm, self);
    if (value_same(type_special(t, SPECIAL_EQ), type_special(vm->types.object, SPECIAL_EQ)))
        return value_same(self, args->v[0]) ? VALUE_FALSE : VALUE_NOT_IMPLEMENTED;
    bool missing;
    Value r = op_call_special(vm, self, SPECIAL_EQ, 1, args->v, &missing);
    if (value_is_empty(r) || value_is_not_implemented(r))
        return r;
    int truth = op_truth(vm, r);
    return truth < 0 ? VALUE_ERROR : value_from_bool(!truth);
}

static Value object_m_order(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)self;
    (void)args;
    return VALUE_NOT_IMPLEMENTED;
}
#define object_m_lt object_m_order
#define object_m_le object_m_order
#define object_m_gt object_m_order
#define object_m_ge object_m_order

/* A class as an instance of its metaclass: its own dict, no bases, and nothing is bound to it. */
static Value plain_class_attr(Vm *vm, Value self, Str *name)
{
    Type *meta = type_of(vm, self);
    Value m = type_lookup(vm, meta, name), own = VALUE_EMPTY;
    if (as_type(self)->flags & TYPE_HEAP)       /* those of built-in classes are kept elsewhere in CPython */
        own = dict_get_str(vm, type_dict(vm, as_type(self)), name);
    if (value_is_empty(m) && value_is_empty(own))
        return raise_exc(vm, EXC_AttributeError, "'%T' object has no attribute '%S'", self, name);
    bool data = !value_is_empty(m) && type_of(vm, m)->flags & TYPE_DESCR_SET && type_of(vm, m)->flags & TYPE_DESCR_GET;
    return data || value_is_empty(own) ? attr_bind(vm, m, self, meta) : own;
}

static Value object_m_getattribute(Vm *vm, Value self, const Args *args)
{
    if (is_type(self))
        return plain_class_attr(vm, self, as_str(args->v[0]));
    return attr_generic_get(vm, self, as_str(args->v[0]));
}

/* object's methods are not for classes: type's are. */
static bool is_generic(Vm *vm, Value self, const char *name)
{
    if (!is_type(self))
        return true;
    raise_exc(vm, EXC_TypeError, "can't apply this %s to %T object", name, self);
    return false;
}

static Value object_m_setattr(Vm *vm, Value self, const Args *args)
{
    if (!is_generic(vm, self, "__setattr__"))
        return VALUE_ERROR;
    return attr_generic_set(vm, self, as_str(args->v[0]), args->v[1]) ? VALUE_NONE : VALUE_ERROR;
}

static Value object_m_delattr(Vm *vm, Value self, const Args *args)
{
    if (!is_generic(vm, self, "__delattr__"))
        return VALUE_ERROR;
    return attr_generic_set(vm, self, as_str(args->v[0]), VALUE_EMPTY) ? VALUE_NONE : VALUE_ERROR;
}

static Value object_m_init_subclass(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)self;
    (void)args;
    return VALUE_NONE;
}

static Value object_m_subclasshook(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)self;
    (void)args;
    return VALUE_NOT_IMPLEMENTED;
}

/* Names and docstrings of classes are UTF-8 for C code: no lone surrogates. */
static bool encodable(Vm *vm, Value v)
{
    return !is_str(v) || !(as_str(v)->h.flags & STR_SURROGATES) || text_encode(vm, as_str(v), NULL, NULL);
}

/* Names of a class and its bases, into a dict used as an ordered set. */
static bool add_class_names(Vm *vm, Type *t, Dict *names)
{
    for (size_t i = 0; i < t->mro->len; i++)
        if (!dict_update(vm, names, value_from_obj(type_dict(vm, as_type(t->mro->items[i]))), true))
            return false;
    return true;
}

static Value sorted_keys(Vm *vm, Dict *names)
{
    Value l = op_list_of(vm, value_from_obj(names));
    return !value_is_empty(l) && list_sort(vm, as_list(l), VALUE_NONE, false) ? l : VALUE_ERROR;
}

static Value object_m_dir(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Dict *names = dict_new(vm);
    Value cls = names ? attr_get_opt(vm, self, vm->names.dunder_class) : VALUE_EMPTY;
    if (vm_pending(vm) || !names || (is_type(cls) && !add_class_names(vm, as_type(cls), names)))
        return VALUE_ERROR;
    Value d = attr_get_opt(vm, self, vm->names.dunder_dict);
    if (value_is_empty(d) && vm_pending(vm))
        return VALUE_ERROR;
    if (is_dict(d) && !dict_update(vm, names, d, true))
        return VALUE_ERROR;
    return sorted_keys(vm, names);
}

static Value object_g_class(Vm *vm, Value self)
{
    return value_from_obj(type_of(vm, self));
}

/* ---- __class__ assignment ---- */

static bool takes_dict(const Type *t)
{
    return (t->flags & TYPE_HAS_DICT) || ((t->flags & TYPE_HEAP) && !(t->flags & TYPE_SLOTS_ONLY));
}

/* The class of the line which last added something to the layout: slots, a dict, weak references. */
static const Type *last_layout(const Type *t)
{
    while (t->base && t->base->layout == t->layout && t->base->nmembers == t->nmembers && takes_dict(t->base) == takes_dict(t) &&
           (t->base->flags & TYPE_WEAKREFS) == (t->flags & TYPE_WEAKREFS))
        t = t->base;
    return t;
}

static bool has_slot(Vm *vm, const Type *t, Str *name)
{
    Value d = dict_get_str(vm, t->dict, name);
    return is_descr(d) && as_descr(d)->owner == t;
}

/* Did both classes add the same slots to one base? Then these have the same numbers, whatever their order was. */
static bool same_layout(Vm *vm, const Type *a, const Type *b)
{
    if (a->layout != b->layout || takes_dict(a) != takes_dict(b) || (a->flags & TYPE_WEAKREFS) != (b->flags & TYPE_WEAKREFS))
        return false;
    a = last_layout(a);
    b = last_layout(b);
    if (a == b)
        return true;
    if (a->base != b->base || a->nmembers != b->nmembers)
        return false;
    const Tuple *slots = is_tuple(a->slots) ? as_tuple(a->slots) : NULL;
    for (size_t i = 0; slots && i < slots->len; i++)
        if (is_str(slots->items[i]) && has_slot(vm, a, as_str(slots->items[i])) != has_slot(vm, b, as_str(slots->items[i])))
            return false;
    return true;
}

/* The shape of class t in dict mode for an object that was allocated with `cap` inline slots. */
static Shape *dict_shape_for(Vm *vm, Type *t, uint16_t cap)
{
    for (Shape *s = t->all_shapes; s; s = s->all_next)
        if (s->dict_mode && s->inline_cap == cap)
            return s;
    Shape *s = shape_new_root(vm, t, 0, true);
    if (s)
        s->inline_cap = cap;
    return s;
}

static bool change_class(Vm *vm, Obj *o, Type *to)
{
    if (o->kind == KIND_MODULE) {
        o->shape = to->root_shape->id;
        return true;
    }
    if (to->flags & TYPE_HAS_DEL)
        heap_late_finalizers(vm);
    if (!attr_to_dict_mode(vm, o))
        return false;
    Shape *s = dict_shape_for(vm, to, obj_shape(vm, o)->inline_cap);
    if (!s)
        return false;
    o->shape = s->id;
    return true;
}

static bool object_s_class(Vm *vm, Value self, Value v)
{
    if (value_is_empty(v)) {
        raise_exc(vm, EXC_TypeError, "can't delete __class__ attribute");
        return false;
    }
    if (!is_type(v)) {
        raise_exc(vm, EXC_TypeError, "__class__ must be set to a class, not '%T' object", v);
        return false;
    }
    Type *to = as_type(v), *from = type_of(vm, self);
    bool modules = type_is_subtype(to, vm->types.module) && type_is_subtype(from, vm->types.module);
    if (!modules && !(to->flags & from->flags & TYPE_HEAP)) {
        raise_type_error(vm, "__class__ assignment only supported for mutable types or ModuleType subclasses");
        return false;
    }
    if (!(modules ? !to->nmembers : same_layout(vm, to, from))) {
        raise_exc(vm, EXC_TypeError, "__class__ assignment: '%s' object layout differs from '%s'", type_name(to),
                  type_name(from));
        return false;
    }
    return to == from || change_class(vm, value_obj(self), to);
}

static const MethodDef object_methods[] = {
    METHOD(object, new, "__new__(*args, **kwargs)", "Make an instance."),
    METHOD(object, init, "__init__(*args, **kwargs)", "Initialize self."),
    METHOD(object, repr, "__repr__()", "Return repr(self)."),
    METHOD(object, str, "__str__()", "Return str(self)."),
    METHOD(object, format, "__format__(format_spec: str, /)",
           "Default object formatter: str(self); the specification must be empty."),
    METHOD(object, hash, "__hash__()", "Return hash(self)."),
    METHOD(object, eq, "__eq__(value, /)", "Return self==value."),
    METHOD(object, ne, "__ne__(value, /)", "Return self!=value."),
    METHOD(object, lt, "__lt__(value, /)", "Return self<value."),
    METHOD(object, le, "__le__(value, /)", "Return self<=value."),
    METHOD(object, gt, "__gt__(value, /)", "Return self>value."),
    METHOD(object, ge, "__ge__(value, /)", "Return self>=value."),
    METHOD(object, getattribute, "__getattribute__(name: str, /)", "Return getattr(self, name)."),
    METHOD(object, setattr, "__setattr__(name: str, value, /)", "Store an attribute."),
    METHOD(object, delattr, "__delattr__(name: str, /)", "Remove an attribute."),
    CLASSMETHOD(object, init_subclass, "__init_subclass__()", "Called when a class is subclassed; does nothing by default."),
    CLASSMETHOD(object, subclasshook, "__subclasshook__(subclass, /)",
                "Lets abstract classes decide what is a subclass; NotImplemented: the usual way."),
    METHOD(object, dir, "__dir__()", "Names of the object's attributes, sorted."),
    METHOD(object, getstate, "__getstate__()", "Helper for pickle."),
    METHOD(object, reduce, "__reduce__()", "Helper for pickle."),
    METHOD(object, reduce_ex, "__reduce_ex__(protocol: cint, /)", "Helper for pickle."),
    METHOD(object, sizeof, "__sizeof__()", "How many bytes CPython's object takes."),
    { 0 }
};

static const GetSetDef object_getsets[] = {
    { "__class__", "The object's class.", object_g_class, object_s_class },
    { 0 }
};

static const TypeDef object_def = { .name = "object", .doc = "What all classes derive from.", .layout = LAYOUT(INSTANCE),
                                    .methods = object_methods, .getsets = object_getsets, .flags = TYPE_BASE };

/* ---- type ---- */

/* A base's metaclass has a __new__ of its own: it makes the class. */
static Value new_by(Vm *vm, Type *meta, Value make, const Args *args)
{
    Value m = value_from_obj(meta);
    Tuple *all = tuple_pack(vm, (size_t)4, m, args->v[0], args->v[1], args->v[2]);
    make = all ? attr_bind(vm, make, VALUE_EMPTY, meta) : VALUE_EMPTY;
    return value_is_empty(make) ? make : op_call_ex(vm, make, all, as_dict(args->v[3]));
}

static Value type_m_new(Vm *vm, Value self, const Args *args)
{
    if (args->given == 1 && as_type(self) == vm->types.type)
        return value_from_obj(type_of(vm, args->v[0]));
    if (args->given != 3 && as_type(self) == vm->types.type)
        return raise_exc(vm, EXC_TypeError, "type() takes 1 or 3 arguments");
    if (args->given != 3)
        return raise_exc(vm, EXC_TypeError, "type.__new__() takes exactly 3 arguments (%u given)", args->given);
    Value name = args->v[0], bases = args->v[1], ns = args->v[2];
    if (!is_str(name))
        return raise_exc(vm, EXC_TypeError, "type.__new__() argument 1 must be str, not %B", name);
    if (!is_tuple(bases))
        return raise_exc(vm, EXC_TypeError, "type.__new__() argument 2 must be tuple, not %B", bases);
    if (!is_dict(ns))
        return raise_exc(vm, EXC_TypeError, "type.__new__() argument 3 must be dict, not %B", ns);
    for (size_t i = 0; i < as_tuple(bases)->len; i++) {
        Value base = as_tuple(bases)->items[i];
        if (!is_type(base) && !value_is_empty(attr_get_opt(vm, base, vm->names.dunder_mro_entries)))
            return raise_exc(vm, EXC_TypeError, "type() doesn't support MRO entry resolution; use types.new_class()");
        if (vm_pending(vm))
            return VALUE_ERROR;
    }
    Type *meta = type_calculate_metaclass(vm, as_type(self), as_tuple(bases));
    if (!meta)
        return VALUE_ERROR;
    Value make = type_special(meta, SPECIAL_NEW);
    if (meta != as_type(self) && !value_same(make, type_special(vm->types.type, SPECIAL_NEW)))
        return new_by(vm, meta, make, args);
    if (memchr(str_data(as_str(name)), 0, as_str(name)->len))
        return raise_exc(vm, EXC_ValueError, "type name must not contain null characters");
    if (!encodable(vm, name) || !encodable(vm, dict_get_str(vm, as_dict(ns), vm->names.dunder_doc)))
        return VALUE_ERROR;
    Str *interned = str_intern_str(vm, as_str(name));
    Type *t = interned ? type_new_class(vm, meta, interned, as_tuple(bases), as_dict(ns), as_dict(args->v[3])) : NULL;
    if (!t)
        return VALUE_ERROR;
    if (value_is_empty(dict_get_str(vm, type_dict(vm, t), vm->names.dunder_module)) && vm->strand->top) {
        Value m = dict_get_str(vm, vm->strand->top->func->globals, vm->names.dunder_name);
        if (!value_is_empty(m) && !dict_set_str(vm, type_dict(vm, t), vm->names.dunder_module, m))
            return VALUE_ERROR;
    }
    return value_from_obj(t);
}

static Value type_m_init(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (args->given != 1 && args->given != 3)
        return raise_exc(vm, EXC_TypeError, "type.__init__() takes 1 or 3 arguments");
    return VALUE_NONE;
}

static Value type_m_call(Vm *vm, Value self, const Args *args)
{
    Dict *kw = as_dict(args->v[0]);
    size_t nkw = dict_len(kw), n = args->nrest + nkw;
    Values *v = values_new(vm, n + nkw);
    if (!v)
        return VALUE_ERROR;
    for (uint32_t i = 0; i < args->nrest; i++)
        v->items[i] = args->rest[i];
    size_t pos = 0;
    Value k, val;
    for (size_t i = 0; dict_next(kw, &pos, &k, &val); i++) {
        v->items[args->nrest + i] = val;
        v->items[n + i] = k;
    }
    return type_call(vm, as_type(self), (uint32_t)n, v->items, (uint32_t)nkw, v->items + n);
}

static Value type_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Str *name = type_full_name(vm, as_type(self));
    return name ? text(str_printf(vm, "<class '%S'>", name)) : VALUE_ERROR;
}

static Value type_m_mro(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Tuple *mro = type_make_mro(vm, as_type(self), as_type(self)->bases);
    return mro ? op_list_of(vm, value_from_obj(mro)) : VALUE_ERROR;
}

/* A class of a module that nobody imported yet does not show, although it stands. */
static bool is_at_hand(Vm *vm, const Type *t)
{
    const char *dot = t->def_name ? strrchr(t->def_name, '.') : NULL;
    Str *module = dot && t->flags & TYPE_EXC ? str_intern(vm, t->def_name, (size_t)(dot - t->def_name)) : NULL;
    const Tuple *shown = value_is_empty(vm->startup_classes) ? NULL : as_tuple(vm->startup_classes);
    for (size_t i = 0; shown && i < shown->len; i++)
        if (value_obj(shown->items[i]) == &t->h)
            return true;
    return !module || !value_is_empty(dict_get_str(vm, vm->modules, module));
}

static Value type_m_subclasses(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Type *t = as_type(self);
    bool built_in = t->flags & TYPE_EXC && !(t->flags & TYPE_HEAP);
    if (built_in && value_is_empty(vm->startup_classes) && !exc_add_startup_classes(vm))
        return VALUE_ERROR;
    List *l = list_new(vm, t->nsubclasses);
    for (uint32_t i = 0; l && i < t->nsubclasses; i++)
        if (is_at_hand(vm, as_type(t->subclasses->items[i])) && !list_append(vm, l, t->subclasses->items[i]))
            return VALUE_ERROR;
    return l ? value_from_obj(l) : VALUE_ERROR;
}

static Value type_m_instancecheck(Vm *vm, Value self, const Args *args)
{
    int r = op_isinstance_plain(vm, args->v[0], self);
    return r < 0 ? VALUE_ERROR : value_from_bool(r);
}

static Value type_m_subclasscheck(Vm *vm, Value self, const Args *args)
{
    int r = op_issubclass_plain(vm, args->v[0], self);
    return r < 0 ? VALUE_ERROR : value_from_bool(r);
}

static Value type_m_prepare(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    Dict *d = dict_new(vm);
    return d ? value_from_obj(d) : VALUE_ERROR;
}

static Value type_m_dir(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Dict *names = dict_new(vm);
    return names && add_class_names(vm, as_type(self), names) ? sorted_keys(vm, names) : VALUE_ERROR;
}

static Value type_m_getattribute(Vm *vm, Value self, const Args *args)
{
    return attr_generic_get(vm, self, as_str(args->v[0]));
}

static Value type_m_setattr(Vm *vm, Value self, const Args *args)
{
    return attr_generic_set(vm, self, as_str(args->v[0]), args->v[1]) ? VALUE_NONE : VALUE_ERROR;
}

static Value type_m_delattr(Vm *vm, Value self, const Args *args)
{
    return attr_generic_set(vm, self, as_str(args->v[0]), VALUE_EMPTY) ? VALUE_NONE : VALUE_ERROR;
}

static Value type_m_or(Vm *vm, Value self, const Args *args)
{
    return vm->hooks.type_union ? vm->hooks.type_union(vm, self, args->v[0]) : VALUE_NOT_IMPLEMENTED;
}

static Value type_m_ror(Vm *vm, Value self, const Args *args)
{
    return vm->hooks.type_union ? vm->hooks.type_union(vm, args->v[0], self) : VALUE_NOT_IMPLEMENTED;
}

static const MethodDef type_methods[] = {
    METHOD(type, new, "__new__(name_or_object=..., bases=..., dict=..., /, *args, **kwds)",
           "type(object): its class. type(name, bases, dict): a new class."),
    METHOD(type, init, "__init__(name_or_object=..., bases=..., dict=..., /, **kwds)", "Initialize self."),
    METHOD(type, call, "__call__(*args, **kwargs)", "Make an instance, and set it up."),
    METHOD(type, repr, "__repr__()", "Return repr(self)."),
    METHOD(type, mro, "mro()", "The class and its bases, in the order of lookup."),
    METHOD(type, subclasses, "__subclasses__()", "The classes that name it as a base."),
    METHOD(type, instancecheck, "__instancecheck__(instance, /)", "Is the object one of the class's?"),
    METHOD(type, subclasscheck, "__subclasscheck__(subclass, /)", "Does the other class derive from it?"),
    CLASSMETHOD(type, prepare, "__prepare__(*args, **kwargs)", "The dict in which a class body runs."),
    METHOD(type, dir, "__dir__()", "Names of the class's attributes, sorted."),
    METHOD(type, getattribute, "__getattribute__(name: str, /)", "Return getattr(self, name)."),
    METHOD(type, setattr, "__setattr__(name: str, value, /)", "Store an attribute."),
    METHOD(type, delattr, "__delattr__(name: str, /)", "Remove an attribute."),
    METHOD(type, or, "__or__(value, /)", "Return self|value: a union of types."),
    METHOD(type, ror, "__ror__(value, /)", "Return value|self: a union of types."),
    { 0 }
};

static Value type_g_name(Vm *vm, Value self)
{
    (void)vm;
    return as_type(self)->name;
}

static Value type_g_qualname(Vm *vm, Value self)
{
    (void)vm;
    return as_type(self)->qualname;
}

static bool may_set(Vm *vm, Type *t, const char *name, Value v)
{
    if (!(t->flags & TYPE_HEAP)) {
        raise_exc(vm, EXC_TypeError, "cannot set '%s' attribute of immutable type '%s'", name, type_name(t));
        return false;
    }
    if (value_is_empty(v)) {
        raise_exc(vm, EXC_TypeError, "cannot delete '%s' attribute of immutable type '%s'", name, type_name(t));
        return false;
    }
    return true;
}

static bool set_name(Vm *vm, Value self, Value v, const char *name, Value *slot)
{
    if (!may_set(vm, as_type(self), name, v))
        return false;
    if (!is_str(v)) {
        raise_exc(vm, EXC_TypeError, "can only assign string to %s.%s, not '%T'", type_name(as_type(self)), name, v);
        return false;
    }
    if (slot == &as_type(self)->name && memchr(str_data(as_str(v)), 0, as_str(v)->len)) {
        raise_exc(vm, EXC_ValueError, "type name must not contain null characters");
        return false;
    }
    if (!encodable(vm, v))
        return false;
    heap_set(vm, as_type(self), slot, v);
    return true;
}

static bool type_s_name(Vm *vm, Value self, Value v)
{
    return set_name(vm, self, v, "__name__", &as_type(self)->name);
}

static bool type_s_qualname(Vm *vm, Value self, Value v)
{
    return set_name(vm, self, v, "__qualname__", &as_type(self)->qualname);
}

static Value type_g_module(Vm *vm, Value self)
{
    return module_of(vm, as_type(self));
}

static bool type_s_module(Vm *vm, Value self, Value v)
{
    if (!may_set(vm, as_type(self), "__module__", v) || !type_set_attr(vm, as_type(self), vm->names.dunder_module, v))
        return false;
    return dict_delete(vm, type_dict(vm, as_type(self)), value_from_obj(vm->names.dunder_firstlineno)) >= 0;
}

static Value type_g_bases(Vm *vm, Value self)
{
    (void)vm;
    return value_from_obj(as_type(self)->bases);
}

static bool type_s_bases(Vm *vm, Value self, Value v)
{
    Type *t = as_type(self);
    if (!may_set(vm, t, "__bases__", v))
        return false;
    if (!is_tuple(v)) {
        raise_exc(vm, EXC_TypeError, "can only assign tuple to %s.__bases__, not %T", type_name(t), v);
        return false;
    }
    if (!as_tuple(v)->len) {
        raise_exc(vm, EXC_TypeError, "can only assign non-empty tuple to %s.__bases__, not ()", type_name(t));
        return false;
    }
    for (size_t i = 0; i < as_tuple(v)->len; i++)
        if (!is_type(as_tuple(v)->items[i])) {
            raise_exc(vm, EXC_TypeError, "%s.__bases__ must be tuple of classes, not '%T'", type_name(t), as_tuple(v)->items[i]);
            return false;
        }
    return type_set_bases(vm, t, as_tuple(v));
}

static Value type_g_base(Vm *vm, Value self)
{
    (void)vm;
    return as_type(self)->base ? value_from_obj(as_type(self)->base) : VALUE_NONE;
}

static Value type_g_mro(Vm *vm, Value self)
{
    (void)vm;
    return as_type(self)->flags & TYPE_NO_MRO ? VALUE_NONE : value_from_obj(as_type(self)->mro);
}

static Value type_g_doc(Vm *vm, Value self)
{
    if (as_type(self)->def_doc) {       /* its dict may have the attribute of its instances by that name */
        Str *s = str_cstr(vm, as_type(self)->def_doc);
        return s ? value_from_obj(s) : VALUE_ERROR;
    }
    Value doc = dict_get_str(vm, type_dict(vm, as_type(self)), vm->names.dunder_doc);
    return value_is_empty(doc) ? VALUE_NONE : attr_bind(vm, doc, VALUE_EMPTY, as_type(self));
}

static bool type_s_doc(Vm *vm, Value self, Value v)
{
    return may_set(vm, as_type(self), "__doc__", v) && type_set_attr(vm, as_type(self), vm->names.dunder_doc, v);
}

Value type_g_dict(Vm *vm, Value self)
{
    Descr *d = heap_zalloc(vm, sizeof *d, KIND_DESCR, vm->types.mappingproxy->root_shape->id, 0);
    if (!d)
        return VALUE_ERROR;
    d->a = value_from_obj(type_dict(vm, as_type(self)));
    return value_from_obj(d);
}

static Value type_g_annotations(Vm *vm, Value self)
{
    Type *t = as_type(self);
    Value a = dict_get_str(vm, type_dict(vm, t), vm->names.dunder_annotations);
    if (!value_is_empty(a) && t != vm->types.type)
        return a;
    if (!(t->flags & TYPE_HEAP))
        return raise_exc(vm, EXC_AttributeError, "type object '%s' has no attribute '__annotations__'", type_name(t));
    Dict *d = dict_new(vm);
    if (!d || !dict_set_str(vm, type_dict(vm, t), vm->names.dunder_annotations, value_from_obj(d)))
        return VALUE_ERROR;
    return value_from_obj(d);
}

static bool type_s_annotations(Vm *vm, Value self, Value v)
{
    if (!(as_type(self)->flags & TYPE_HEAP))
        return may_set(vm, as_type(self), "__annotations__", v);
    if (value_is_empty(v) && value_is_empty(dict_get_str(vm, type_dict(vm, as_type(self)), vm->names.dunder_annotations))) {
        raise_exc(vm, EXC_AttributeError, "__annotations__");
        return false;
    }
    return type_set_attr(vm, as_type(self), vm->names.dunder_annotations, v);
}

/* As CPython counts: what a plain object has, then its slots; what C adds is not told in detail. */
static Value type_g_basicsize(Vm *vm, Value self)
{
    const Type *t = as_type(self);
    size_t size = 16;
    (void)vm;
    if (t->layout->kind != KIND_INSTANCE)
        size = t->layout->size > sizeof(Obj) ? t->layout->size + 16 : 24;
    for (; t; t = t->base)
        for (size_t i = 0; is_tuple(t->slots) && i < as_tuple(t->slots)->len; i++) {
            const Str *name = as_str(as_tuple(t->slots)->items[i]);
            /* These two lie before the object. */
            size += str_is(name, "__dict__") || str_is(name, "__weakref__") ? 0 : 8;
        }
    return value_from_int48((int64_t)size);
}

static Value type_g_itemsize(Vm *vm, Value self)
{
    if (vm->types.memoryview && type_is_subtype(as_type(self), vm->types.memoryview))
        return value_from_int48(8);
    switch (as_type(self)->layout->kind) {
    case KIND_INT: return value_from_int48(4);
    case KIND_TUPLE: return value_from_int48(8);
    case KIND_BYTES: return value_from_int48(1);
    case KIND_TYPE: return value_from_int48(40);
    default: return value_from_int48(0);
    }
}

static bool has_dict(const Type *t)
{
    return t->flags & TYPE_HAS_DICT || (t->flags & TYPE_HEAP && !(t->flags & TYPE_SLOTS_ONLY));
}

/* The class in C that this one or a base of it is. */
static const Type *native_base(const Type *t)
{
    while (t->flags & TYPE_HEAP && t->base)
        t = t->base;
    return t;
}

/* -1: CPython has it before the object, where a class of script does not get it from a base in C. */
static int64_t dict_offset(const Type *t)
{
    const Type *base = native_base(t);
    if (base->layout->kind == KIND_TYPE)
        return 264;
    return !has_dict(t) ? 0 : base->flags & TYPE_HAS_DICT ? 16 : -1;
}

static int64_t weakref_offset(const Type *t)
{
    const Type *base = native_base(t);
    if (base->layout->kind == KIND_TYPE)
        return 368;
    bool inherits = base->flags & TYPE_WEAKREFS && base->layout->kind != KIND_INSTANCE && base->layout->kind != KIND_EXC;
    return !(t->flags & TYPE_WEAKREFS) || (t == base && !inherits) ? 0 : inherits ? 40 : -32;
}

static Value type_g_dictoffset(Vm *vm, Value self)
{
    (void)vm;
    return value_from_int48(dict_offset(as_type(self)));
}

static Value type_g_weakrefoffset(Vm *vm, Value self)
{
    (void)vm;
    return value_from_int48(weakref_offset(as_type(self)));
}

/* Does CPython's collector look at its instances? */
static bool is_collected(const Type *t)
{
    if (t->flags & TYPE_HEAP)
        return true;
    switch (t->layout->kind) {
    case KIND_INSTANCE: case KIND_STR: case KIND_BYTES: case KIND_BYTEARRAY: case KIND_INT: case KIND_FLOAT: case KIND_COMPLEX:
    case KIND_RANGE: case KIND_CODE:
        return false;
    default:
        return true;
    }
}

/* CPython's flag bits, as far as scripts ask for them. */
static Value type_g_flags(Vm *vm, Value self)
{
    const Type *t = as_type(self);
    const struct { Type *base; int64_t bit; } families[] = {
        { vm->types.integer, 1 << 24 }, { vm->types.list, 1 << 25 }, { vm->types.tuple, 1 << 26 },
        { vm->types.bytes, 1 << 27 }, { vm->types.str, 1 << 28 }, { vm->types.dict, 1 << 29 },
        { vm->exc[EXC_BaseException], 1 << 30 }, { vm->types.type, INT64_C(1) << 31 },
    };
    int64_t r = 1 << 12;
    r |= dict_offset(t) < 0 ? 1 << 4 : 0;
    r |= weakref_offset(t) < 0 ? 1 << 3 : 0;
    r |= is_collected(t) ? 1 << 14 : 0;
    r |= t->flags & TYPE_HEAP ? 1 << 9 : 1 << 8;
    r |= t->flags & (TYPE_HEAP | TYPE_BASE) ? 1 << 10 : 0;
    r |= t->flags & TYPE_ABSTRACT ? 1 << 20 : 0;
    r |= t->flags & TYPE_SEQUENCE ? 1 << 5 : t->flags & TYPE_MAPPING ? 1 << 6 : 0;
    r |= t->flags & TYPE_MATCH_SELF ? 1 << 22 : 0;
    r |= t->flags & TYPE_DISALLOW_NEW ? 1 << 7 : 0;
    r |= t->flags & TYPE_METHOD_DESCR ? 1 << 17 : 0;
    for (size_t i = 0; i < COUNT_OF(families); i++)
        r |= families[i].base && type_is_subtype(t, families[i].base) ? families[i].bit : 0;
    return value_from_int48(r);
}

/* Classes of C have their parameters in __new__ or __init__. */
static Value type_g_text_signature(Vm *vm, Value self)
{
    static const char *const texts[][2] = {
        { "object", "()" }, { "list", "(iterable=(), /)" }, { "tuple", "(iterable=(), /)" }, { "set", "(iterable=(), /)" },
        { "frozenset", "(iterable=(), /)" }, { "float", "(x=0, /)" }, { "bool", "(object=False, /)" },
        { "complex", "(real=0, imag=0)" }, { "classmethod", "(function, /)" }, { "staticmethod", "(function, /)" },
        { "enumerate", "(iterable, start=0)" }, { "filter", "(function, iterable, /)" },
        { "map", "(function, iterable, /, *iterables)" }, { "zip", "(*iterables, strict=False)" },
        { "reversed", "(sequence, /)" }, { "memoryview", "(object)" },
        { "property", "(fget=None, fset=None, fdel=None, doc=None)" },
        { "operator.attrgetter", "(attr, /, *attrs)" }, { "operator.itemgetter", "(item, /, *items)" },
        { "operator.methodcaller", "(name, /, *args, **kwargs)" }, { "functools.partial", "(func, /, *args, **keywords)" },
        { "itertools.count", "(start=0, step=1)" },
    };
    const Type *t = as_type(self);
    for (size_t i = 0; t->def_name && i < COUNT_OF(texts); i++)
        if (!strcmp(t->def_name, texts[i][0]))
            return text(str_cstr(vm, texts[i][1]));
    Value make = type_special(t, SPECIAL_NEW);
    bool told = t->def_name && !strncmp(t->def_name, "itertools.", 10) && strcmp(t->def_name + 10, "islice")
             && strcmp(t->def_name + 10, "repeat") && t->def_name[10] != '_';
    return told && is_native(make) ? signature_text(vm, as_native(make)->def->signature, NULL) : VALUE_NONE;
}

static Value type_g_abstract(Vm *vm, Value self)
{
    Value v = dict_get_str(vm, type_dict(vm, as_type(self)), vm->names.dunder_abstractmethods);
    return value_is_empty(v) || as_type(self) == vm->types.type ? raise_exc(vm, EXC_AttributeError, "__abstractmethods__") : v;
}

static bool type_s_abstract(Vm *vm, Value self, Value v)
{
    int some = value_is_empty(v) ? 0 : op_truth(vm, v);
    if (some < 0 || !type_set_attr(vm, as_type(self), vm->names.dunder_abstractmethods, v))
        return false;
    if (some)
        as_type(self)->flags |= TYPE_ABSTRACT;
    else
        as_type(self)->flags &= ~TYPE_ABSTRACT;
    return true;
}

static Value type_g_type_params(Vm *vm, Value self)
{
    Value v = dict_get_str(vm, type_dict(vm, as_type(self)), vm->names.dunder_type_params);
    return value_is_empty(v) || as_type(self) == vm->types.type ? value_from_obj(vm->empty_tuple) : v;
}

static bool type_s_type_params(Vm *vm, Value self, Value v)
{
    return may_set(vm, as_type(self), "__type_params__", v) && type_set_attr(vm, as_type(self), vm->names.dunder_type_params, v);
}

static const GetSetDef type_getsets[] = {
    { "__name__", "The class's name.", type_g_name, type_s_name },
    { "__qualname__", "The dotted name by which it can be found.", type_g_qualname, type_s_qualname },
    { "__module__", "The module it was made in.", type_g_module, type_s_module },
    { "__bases__", "Its direct bases.", type_g_bases, type_s_bases },
    { "__base__", "The base that gave its layout.", type_g_base, NULL },
    { "__mro__", "Where attributes are looked up, in order.", type_g_mro, NULL },
    { "__doc__", "Its docstring.", type_g_doc, type_s_doc },
    { "__dict__", "Its own attributes, read-only.", type_g_dict, NULL },
    { "__annotations__", "Annotations of its variables.", type_g_annotations, type_s_annotations },
    { "__abstractmethods__", "Names that a subclass must define.", type_g_abstract, type_s_abstract },
    { "__type_params__", "Its type parameters.", type_g_type_params, type_s_type_params },
    { "__basicsize__", "Size of an instance.", type_g_basicsize, seq_readonly },
    { "__itemsize__", "Size of what an instance may have many of.", type_g_itemsize, seq_readonly },
    { "__flags__", "Flag bits.", type_g_flags, seq_readonly },
    { "__dictoffset__", "0: instances have no __dict__.", type_g_dictoffset, seq_readonly },
    { "__weakrefoffset__", "0: instances take no weak references.", type_g_weakrefoffset, seq_readonly },
    { "__text_signature__", "The parameters for an instance, or None.", type_g_text_signature, NULL },
    { 0 }
};

static const TypeDef type_def = { .name = "type", .doc = "type(object) -> the object's type\ntype(name, bases, dict) "
                                                         "-> a new type",
                                  .layout = LAYOUT(TYPE), .methods = type_methods, .getsets = type_getsets,
                                  .flags = TYPE_BASE | TYPE_WEAKREFS };

/* ---- the first types ---- */

/* Types that class dicts hold instances of; methods are added by descr.c and function.c once all stand. */
static Type *bare(Vm *vm, Kind kind, uint32_t shape_id)
{
    Type *t = type_alloc(vm, NULL);
    if (!t)
        return NULL;
    t->layout = &kind_layouts[kind];
    t->slots = t->ext = VALUE_EMPTY;
    t->root_shape = shape_new_root(vm, t, shape_id, false);
    return t->root_shape ? t : NULL;
}

bool core_types_init(Vm *vm)
{
    vm->types.type = bare(vm, KIND_TYPE, 0);
    vm->types.object = bare(vm, KIND_INSTANCE, 0);
    vm->types.method_descriptor = bare(vm, KIND_NATIVE, 0);
    vm->types.wrapper_descriptor = bare(vm, KIND_NATIVE, 0);
    vm->types.method_wrapper = bare(vm, KIND_NATIVE, 0);
    vm->types.builtin_function = bare(vm, KIND_NATIVE, SHAPE_NATIVE_ID);
    vm->types.getset_descriptor = bare(vm, KIND_DESCR, 0);
    vm->types.member_descriptor = bare(vm, KIND_DESCR, 0);
    vm->types.classmethod = bare(vm, KIND_DESCR, 0);
    vm->types.classmethod_descriptor = bare(vm, KIND_DESCR, 0);
    vm->types.staticmethod = bare(vm, KIND_DESCR, 0);
    vm->types.mappingproxy = bare(vm, KIND_DESCR, 0);
    if (!vm->types.mappingproxy || !vm->types.staticmethod || !vm->types.classmethod || !vm->types.object ||
        !vm->types.classmethod_descriptor || !vm->types.type || !vm->types.method_descriptor ||
        !vm->types.wrapper_descriptor || !vm->types.method_wrapper || !vm->types.builtin_function ||
        !vm->types.getset_descriptor || !vm->types.member_descriptor)
        return false;
    return type_complete(vm, vm->types.object, &object_def, NULL) &&
        type_complete(vm, vm->types.type, &type_def, vm->types.object);
}
