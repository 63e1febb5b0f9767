/* SPDX-License-Identifier: MIT
 * Attributes of objects: lookup, binding, setting, dict mode. The cached forms are in interp_attr.c. */
#include "vm/ops.h"

#include "vm/objects/dict.h"
#include "vm/objects/str.h"
#include "vm/signature.h"

Value method_new(Vm *vm, Value func, Value self)
{
    Method *m = heap_alloc(vm, sizeof *m, KIND_METHOD, SHAPE_METHOD_ID, 0);
    if (!m)
        return VALUE_ERROR;
    m->func = func;
    m->self = self;
    return value_from_obj(m);
}

/* What belongs to a class in C is for its instances alone, wherever it was put. */
static bool applies(Vm *vm, Value descr, Type *owner, Value o)
{
    if (LIKELY(value_is_a(vm, o, owner)))
        return true;
    if (is_native(descr))
        raise_exc(vm, EXC_TypeError, "descriptor '%.*s' for '%s' objects doesn't apply to a '%T' object",
                  (int)signature_name_len(as_native(descr)->def->signature), as_native(descr)->def->signature,
                  type_name(owner), o);
    else
        raise_exc(vm, EXC_TypeError, "descriptor '%V' for '%s' objects doesn't apply to a '%T' object",
                  as_descr(descr)->name, type_name(owner), o);
    return false;
}

static Value bind_native(Vm *vm, Native *n, Value self)
{
    Native *b = signature_of(vm, n) ? native_bind(vm, n, self) : NULL;
    return b ? value_from_obj(b) : VALUE_ERROR;
}

static Value bind_to_class(Vm *vm, Descr *d, Type *t)
{
    if (!type_is_subtype(t, d->owner))
        return raise_exc(vm, EXC_TypeError, "descriptor '%V' requires a subtype of '%s' but received '%s'", d->name,
                         type_name(d->owner), type_name(t));
    return bind_native(vm, as_native(d->a), value_from_obj(t));
}

/* Descriptors that C knows. *done false: not one of them. */
static Value bind_known(Vm *vm, Value descr, Value o, Type *t, bool *done)
{
    *done = true;
    switch (value_obj(descr)->kind) {
    case KIND_FUNC:
        return value_is_empty(o) ? descr : method_new(vm, descr, o);
    case KIND_NATIVE: {
        Native *n = as_native(descr);
        if (value_is_empty(o) || !native_binds(n))
            return descr;
        return applies(vm, descr, n->owner, o) ? bind_native(vm, n, o) : VALUE_ERROR;
    }
    case KIND_DESCR: {
        Descr *d = as_descr(descr);
        Type *dt = type_of(vm, descr);
        if (descr_is_getset(vm, d))
            return value_is_empty(o) ? descr
                 : applies(vm, descr, d->owner, o) && vm_stack_ok(vm, "") ? ((const GetSetDef *)d->def)->get(vm, o)
                 : VALUE_ERROR;
        if (dt == vm->types.staticmethod)
            return d->a;
        if (dt == vm->types.classmethod_descriptor)
            return bind_to_class(vm, d, t);
        if (dt == vm->types.classmethod) {
            return method_new(vm, value_is_empty(d->a) ? VALUE_NONE : d->a, value_from_obj(t));
        } else if (dt == vm->types.property && !value_is_empty(o) && !value_is_empty(d->a) && !value_is_none(d->a)) {
            return op_call1(vm, d->a, o);
        }
        break;
    }
    default:
        break;
    }
    *done = false;
    return VALUE_EMPTY;
}

Value attr_bind(Vm *vm, Value descr, Value o, Type *t)
{
    if (!value_is_obj(descr))
        return descr;
    bool done;
    Value v = bind_known(vm, descr, o, t, &done);
    if (done)
        return v;
    Type *dt = type_of(vm, descr);
    if (!(dt->flags & TYPE_DESCR_GET))
        return descr;
    Value args[2] = { value_is_empty(o) ? VALUE_NONE : o, value_from_obj(t) };
    bool missing;
    return op_call_special(vm, descr, SPECIAL_GET, 2, args, &missing);
}

/* ---- the object's own attributes ---- */

static Value *slot_of(Obj *o, const Shape *s, Value *ext, int slot)
{
    if (slot < s->inline_cap)
        return &((Instance *)o)->slots[slot];
    return &((Values *)value_obj(*ext))->items[slot - s->inline_cap];
}

static Dict *module_dict(Vm *vm, Module *m)
{
    return m->fill && !m->fill(vm, m) ? NULL : m->globals;
}

/* How many slots of __slots__ an object in dict mode keeps outside of its dict. */
static int members_outside(const Obj *o, const Shape *s)
{
    int most = o->kind == KIND_INSTANCE ? s->inline_cap : SHAPE_MAX_SLOTS;
    return s->type->nmembers < most ? s->type->nmembers : most;
}

/* Where an object in dict mode has its dict. An instance of a subclass of a built-in type with slots has it in a box,
 * in front of what is in the slots. */
static Value *dict_home(Vm *vm, Obj *o, void **owner)
{
    Value *ext = obj_ext(vm, o);
    *owner = o;
    if (o->kind == KIND_INSTANCE || !members_outside(o, obj_shape(vm, o)))
        return ext;
    *owner = value_obj(*ext);
    return ((Values *)value_obj(*ext))->items;
}

static Dict *mode_dict(Vm *vm, Obj *o)
{
    void *owner;
    return as_dict(*dict_home(vm, o, &owner));
}

void attr_replace_dict(Vm *vm, Obj *o, Dict *d)
{
    void *owner;
    Value *home = dict_home(vm, o, &owner);
    heap_set(vm, owner, home, value_from_obj(d));
}

Value attr_own(Vm *vm, Obj *o, Str *name)
{
    switch (o->kind) {
    case KIND_FUNC: {
        Value d = ((Func *)o)->dict;
        return value_is_empty(d) ? VALUE_EMPTY : dict_get_str(vm, as_dict(d), name);
    }
    case KIND_MODULE: {
        Module *m = (Module *)o;
        Value v = dict_get_str(vm, m->globals, name);
        return value_is_empty(v) && m->fill && module_dict(vm, m) ? dict_get_str(vm, m->globals, name) : v;
    }
    default:
        break;
    }
    Value *ext = obj_ext(vm, o);
    if (!ext)
        return VALUE_EMPTY;
    Shape *s = obj_shape(vm, o);
    if (s->dict_mode)
        return dict_get_str(vm, mode_dict(vm, o), name);
    if (!(name->h.flags & STR_INTERNED) && !(name = str_intern_str(vm, name)))
        return VALUE_EMPTY;
    int slot = shape_slot(s, name);
    return slot < 0 ? VALUE_EMPTY : *slot_of(o, s, ext, slot);
}

/* Where an object in dict mode keeps what is in a slot of __slots__: in front of its dict, by number. NULL: in the dict. */
static Value *member_home(Vm *vm, Obj *o, const Descr *d, void **owner)
{
    const Shape *s = obj_shape(vm, o);
    int64_t i = value_int48(d->a);
    *owner = o;
    if (!s->dict_mode || i >= members_outside(o, s))
        return NULL;
    return o->kind == KIND_INSTANCE ? &((Instance *)o)->slots[i] : dict_home(vm, o, owner) + 1 + i;
}

Value attr_member_get(Vm *vm, Obj *o, const Descr *d)
{
    void *owner;
    const Value *home = member_home(vm, o, d, &owner);
    return home ? *home : attr_own(vm, o, as_str(d->name));
}

bool attr_member_set(Vm *vm, Obj *o, const Descr *d, Value v, int *found)
{
    if (value_is_empty(v) && !attr_to_dict_mode(vm, o))         /* where slots can be empty */
        return false;
    void *owner;
    Value *home = member_home(vm, o, d, &owner);
    if (!home) {
        if (!attr_set_own(vm, o, as_str(d->name), v, found))
            return false;
        home = member_home(vm, o, d, &owner);
        if (!home)
            return true;
        if (dict_delete(vm, mode_dict(vm, o), d->name) < 0)     /* it went to dict mode, by name */
            return false;
    }
    *found = !value_is_empty(v) || !value_is_empty(*home);
    heap_set(vm, owner, home, v);
    return true;
}

static const Descr *member_of(Vm *vm, Type *t, Str *key)
{
    Value descr = t->nmembers ? type_lookup(vm, t, key) : VALUE_EMPTY;
    return descr_is_slot(vm, descr) ? as_descr(descr) : NULL;
}

/* All attributes into a dict, in the order in which they were set; those of __slots__ by number into members. */
static bool fill_dict(Vm *vm, Obj *o, Value *ext, const Shape *s, Dict *d, Value *members)
{
    int outside = members_outside(o, s);
    Str *keys[SHAPE_MAX_SLOTS];
    for (const Shape *c = s; c->parent; c = c->parent)
        keys[c->nslots - 1] = c->key;
    for (int i = 0; i < s->nslots; i++) {
        Value v = *slot_of(o, s, ext, i);
        const Descr *member = outside ? member_of(vm, s->type, keys[i]) : NULL;
        if (member && value_int48(member->a) < outside)
            members[value_int48(member->a)] = v;
        else if (!value_is_empty(v) && !dict_set_str(vm, d, keys[i], v))
            return false;
    }
    return true;
}

bool attr_to_dict_mode(Vm *vm, Obj *o)
{
    Value *ext = obj_ext(vm, o), members[SHAPE_MAX_SLOTS];
    Shape *s = obj_shape(vm, o);
    if (s->dict_mode)
        return true;
    for (unsigned i = 0; i < COUNT_OF(members); i++)
        members[i] = VALUE_EMPTY;
    Shape *dict = shape_dict_root(vm, s->type);
    Dict *d = dict ? dict_new(vm) : NULL;
    if (!d || !fill_dict(vm, o, ext, s, d, members))
        return false;
    int outside = o->kind == KIND_INSTANCE ? 0 : members_outside(o, s);
    Values *box = outside ? values_new(vm, (size_t)outside + 1) : NULL;
    if (outside && !box)
        return false;
    for (int i = 0; i < outside; i++)
        heap_set(vm, box, &box->items[i + 1], members[i]);
    if (box)
        heap_set(vm, box, &box->items[0], value_from_obj(d));
    if (o->kind == KIND_INSTANCE)
        d->h.flags |= DICT_OF_INSTANCE;
    heap_set(vm, o, ext, box ? value_from_obj(box) : value_from_obj(d));
    for (unsigned i = 0; o->kind == KIND_INSTANCE && i < s->inline_cap; i++)
        heap_set(vm, o, &((Instance *)o)->slots[i], members[i]);
    o->shape = dict->id;
    return true;
}

static bool set_dict_mode(Vm *vm, Obj *o, Str *name, Value v, int *found)
{
    *found = 1;
    if (!value_is_empty(v))
        return dict_set_str(vm, mode_dict(vm, o), name, v);
    *found = dict_delete(vm, mode_dict(vm, o), value_from_obj(name));
    return *found >= 0;
}

static bool grow_ext(Vm *vm, Obj *o, Value *ext, size_t need)
{
    Values *old = value_is_empty(*ext) ? NULL : (Values *)value_obj(*ext);
    if (old && old->cap >= need)
        return true;
    Values *v = values_new(vm, need < 4 ? 4 : need * 2);
    if (!v)
        return false;
    if (old)
        memcpy(v->items, old->items, old->cap * sizeof(Value));
    heap_set(vm, o, ext, value_from_obj(v));
    return true;
}

/* Set (or delete: v EMPTY) in the object itself. *found 0: there is nothing to delete. */
static bool set_own(Vm *vm, Obj *o, Value *ext, Str *name, Value v, int *found)
{
    Shape *s = obj_shape(vm, o);
    if (s->dict_mode)
        return set_dict_mode(vm, o, name, v, found);
    int slot = shape_slot(s, name);
    if (value_is_empty(v)) {
        *found = slot >= 0 && !value_is_empty(*slot_of(o, s, ext, slot));
        if (!*found)
            return true;
        return attr_to_dict_mode(vm, o) && set_dict_mode(vm, o, name, v, found);
    }
    *found = 1;
    if (slot >= 0) {
        void *owner = slot < s->inline_cap ? (void *)o : (void *)value_obj(*ext);
        heap_set(vm, owner, slot_of(o, s, ext, slot), v);
        return true;
    }
    Shape *child = shape_child(vm, s, name);
    if (!child)
        return !vm_pending(vm) && attr_to_dict_mode(vm, o) && set_dict_mode(vm, o, name, v, found);
    slot = child->nslots - 1;
    if (slot >= child->inline_cap && !grow_ext(vm, o, ext, (size_t)(slot - child->inline_cap) + 1))
        return false;
    o->shape = child->id;
    void *owner = slot < child->inline_cap ? (void *)o : (void *)value_obj(*ext);
    heap_set(vm, owner, slot_of(o, child, ext, slot), v);
    return true;
}

bool attr_set_own(Vm *vm, Obj *o, Str *name, Value v, int *found)
{
    Value *ext = obj_ext(vm, o);
    name = str_intern_str(vm, name);
    *found = -1;
    return name && ext && set_own(vm, o, ext, name, v, found);
}

Dict *attr_dict(Vm *vm, Value v)
{
    if (value_is_obj(v)) {
        Obj *o = value_obj(v);
        if (o->kind == KIND_MODULE)
            return module_dict(vm, (Module *)o);
        if (o->kind == KIND_FUNC) {
            Func *f = (Func *)o;
            if (value_is_empty(f->dict)) {
                Dict *d = dict_new(vm);
                if (!d)
                    return NULL;
                heap_set(vm, f, &f->dict, value_from_obj(d));
            }
            return as_dict(f->dict);
        }
        Value *ext = obj_ext(vm, o);
        if (ext && !(type_of(vm, v)->flags & TYPE_SLOTS_ONLY))
            return attr_to_dict_mode(vm, o) ? mode_dict(vm, o) : NULL;
    }
    raise_attribute(vm, v, vm->names.dunder_dict);
    return NULL;
}

/* ---- reading ---- */

/* Goes before the object's own attributes: it can be set, and read. */
static bool is_data_descr(Vm *vm, Value descr)
{
    return (type_of(vm, descr)->flags & (TYPE_DESCR_SET | TYPE_DESCR_GET)) == (TYPE_DESCR_SET | TYPE_DESCR_GET);
}

/* Attributes of classes: the metaclass's data descriptors, then the class itself and its bases, then the rest
 * of the metaclass. EMPTY without pending exception: absent. */
static Value type_get(Vm *vm, Type *t, Str *name)
{
    Type *meta = type_of(vm, value_from_obj(t));
    Value m = type_lookup(vm, meta, name);
    if (!value_is_empty(m) && is_data_descr(vm, m))
        return attr_bind(vm, m, value_from_obj(t), meta);
    Value v = type_lookup(vm, t, name);
    if (!value_is_empty(v))
        return attr_bind(vm, v, VALUE_EMPTY, t);
    if (!value_is_empty(m))
        return attr_bind(vm, m, value_from_obj(t), meta);
    return VALUE_EMPTY;
}

/* EMPTY without pending exception: absent. */
static Value generic_lookup(Vm *vm, Value o, Str *name)
{
    if (is_type(o))
        return type_get(vm, as_type(o), name);
    Type *t = type_of(vm, o);
    Value descr = type_lookup(vm, t, name);
    if (!value_is_empty(descr) && is_data_descr(vm, descr))
        return attr_bind(vm, descr, o, t);
    if (value_is_obj(o) && !(t->flags & TYPE_SLOTS_ONLY)) {     /* what it has is for its members to give, then */
        Value own = attr_own(vm, value_obj(o), name);
        if (!value_is_empty(own) || vm_pending(vm))
            return own;
    }
    return value_is_empty(descr) ? VALUE_EMPTY : attr_bind(vm, descr, o, t);
}

bool module_is_running(Vm *vm, const Module *m, Value *origin)
{
    Value spec = dict_get_str(vm, m->globals, vm->names.dunder_spec);
    if (value_is_empty(spec) || !is_kind(spec, KIND_INSTANCE))
        return false;
    bool running = value_is_true(attr_own(vm, value_obj(spec), vm->names.initializing));
    *origin = attr_own(vm, value_obj(spec), vm->names.origin);
    return running;
}

/* A module that is still running may get the name later; one beside the script may hide another that was meant. */
static Value missing_in_module(Vm *vm, Module *m, Str *name)
{
    Value own = dict_get_str(vm, m->globals, vm->names.dunder_name), origin = VALUE_EMPTY;
    bool running = module_is_running(vm, m, &origin), library = false;
    bool beside = is_str(own) && is_str(origin) && vm->hooks.beside_script &&
                  vm->hooks.beside_script(vm, origin, own, &library);
    if (!is_str(own))
        return exc_new(vm, EXC_AttributeError, "module has no attribute '%S'", name);
    if (beside && library)
        return exc_new(vm, EXC_AttributeError, "module '%V' has no attribute '%S' (consider renaming %R since it has the same "
                       "name as the standard library module named %R and the import system gives it precedence)", own, name,
                       origin, own);
    if (running && beside)
        return exc_new(vm, EXC_AttributeError, "module '%V' has no attribute '%S' (consider renaming %R if it has the same "
                       "name as a third-party module you intended to import)", own, name, origin);
    if (running && is_str(origin))
        return exc_new(vm, EXC_AttributeError, "partially initialized module '%V' from %R has no attribute '%S' (most likely "
                       "due to a circular import)", own, origin, name);
    if (running)
        return exc_new(vm, EXC_AttributeError, "partially initialized module '%V' has no attribute '%S' (most likely due to a "
                       "circular import)", own, name);
    return exc_new(vm, EXC_AttributeError, "module '%V' has no attribute '%S'", own, name);
}

/* A slot tells the class with its module, unless that is the script. */
static Value empty_slot(Vm *vm, Value o, Str *name)
{
    Type *t = type_of(vm, o);
    Value module = type_lookup(vm, t, vm->names.dunder_module);
    if (!is_str(module) || str_is(as_str(module), "__main__"))
        return exc_new(vm, EXC_AttributeError, "'%V' object has no attribute '%S'", t->qualname, name);
    return exc_new(vm, EXC_AttributeError, "'%S.%V' object has no attribute '%S'", as_str(module), t->qualname, name);
}

/* With what "did you mean" is made of. */
static Value raise_about(Vm *vm, Value exc, Value o, Str *name)
{
    if (value_is_empty(exc))
        return exc;
    as_exc(exc)->extra[EXTRA_NAME] = value_from_obj(name);
    as_exc(exc)->extra[EXTRA_OBJ] = o;
    return raise_value(vm, exc);
}

static Value missing_attribute(Vm *vm, Value o, Str *name, bool deleting)
{
    Value exc;
    if (is_type(o))
        exc = exc_new(vm, EXC_AttributeError, "type object '%s' has no attribute '%S'", type_name(as_type(o)), name);
    else if (is_module(o) && !deleting)
        exc = missing_in_module(vm, as_module(o), name);
    else if (!deleting && member_of(vm, type_of(vm, o), name))
        exc = empty_slot(vm, o, name);
    else
        exc = exc_new(vm, EXC_AttributeError, "'%T' object has no attribute '%S'", o, name);
    if (deleting && !is_type(o) && !is_module(o) && !is_func(o) && !value_is_empty(exc))
        return raise_value(vm, exc);
    return raise_about(vm, exc, o, name);
}

Value raise_attribute(Vm *vm, Value o, Str *name)
{
    return missing_attribute(vm, o, name, false);
}

Value attr_generic_get(Vm *vm, Value o, Str *name)
{
    Value v = generic_lookup(vm, o, name);
    if (LIKELY(!value_is_empty(v)) || vm_pending(vm))
        return v;
    return raise_attribute(vm, o, name);
}

/* Asks __getattr__ (of the class, of a module) once the plain lookup found nothing. */
static Value ask_getattr(Vm *vm, Value o, Str *name, Type *t)
{
    Value arg = value_from_obj(name);
    bool missing;
    if (t->flags & TYPE_CUSTOM_GETATTR)
        return op_call_special(vm, o, SPECIAL_GETATTR, 1, &arg, &missing);
    if (is_module(o)) {
        Value f = dict_get_str(vm, as_module(o)->globals, vm->special_names[SPECIAL_GETATTR]);
        if (!value_is_empty(f))
            return op_call1(vm, f, arg);
    }
    return VALUE_EMPTY;
}

Value attr_get_opt(Vm *vm, Value o, Str *name)
{
    Type *t = type_of(vm, o);
    Value v, arg = value_from_obj(name);
    bool missing;
    if (UNLIKELY(t->flags & TYPE_CUSTOM_GETATTRIBUTE))
        v = op_call_special(vm, o, SPECIAL_GETATTRIBUTE, 1, &arg, &missing);
    else
        v = generic_lookup(vm, o, name);
    if (LIKELY(!value_is_empty(v)))
        return v;
    if (vm_pending(vm)) {
        if (!exc_pending_is(vm, EXC_AttributeError))
            return VALUE_ERROR;
        if (!(t->flags & TYPE_CUSTOM_GETATTR)) {
            exc_discard(vm);
            return VALUE_EMPTY;
        }
        exc_discard(vm);
    }
    v = ask_getattr(vm, o, name, t);
    if (value_is_empty(v) && vm_pending(vm) && exc_pending_is(vm, EXC_AttributeError))
        exc_discard(vm);
    return v;
}

/* An AttributeError that a property, __getattr__ … lets through tells what was asked for, unless it tells something. */
static Value let_through(Vm *vm, Value o, Str *name)
{
    Exc *e = exc_pending_is(vm, EXC_AttributeError) ? as_exc(vm->strand->exc) : NULL;
    if (e && value_is_empty(e->extra[EXTRA_NAME]) && value_is_empty(e->extra[EXTRA_OBJ])) {
        heap_set(vm, e, &e->extra[EXTRA_NAME], value_from_obj(name));
        heap_set(vm, e, &e->extra[EXTRA_OBJ], o);
    }
    return VALUE_ERROR;
}

Value attr_get(Vm *vm, Value o, Str *name)
{
    Type *t = type_of(vm, o);
    Value v, arg = value_from_obj(name);
    bool missing;
    if (UNLIKELY(t->flags & TYPE_CUSTOM_GETATTRIBUTE))
        v = op_call_special(vm, o, SPECIAL_GETATTRIBUTE, 1, &arg, &missing);
    else
        v = generic_lookup(vm, o, name);
    if (LIKELY(!value_is_empty(v)))
        return v;
    if (vm_pending(vm)) {
        if (!(t->flags & TYPE_CUSTOM_GETATTR) || !exc_pending_is(vm, EXC_AttributeError))
            return let_through(vm, o, name);
        exc_discard(vm);
    }
    v = ask_getattr(vm, o, name, t);
    if (!value_is_empty(v))
        return v;
    return vm_pending(vm) ? let_through(vm, o, name) : raise_attribute(vm, o, name);
}

Value attr_method(Vm *vm, Value o, Str *name, Value *self)
{
    Type *t = type_of(vm, o);
    *self = VALUE_EMPTY;
    if (is_type(o) || (t->flags & TYPE_CUSTOM_GETATTRIBUTE))
        return attr_get(vm, o, name);
    Value descr = type_lookup(vm, t, name);
    if (is_func(descr) || (is_native(descr) && native_binds(as_native(descr)))) {
        if (value_is_obj(o) && !(t->flags & TYPE_SLOTS_ONLY)) {
            Value own = attr_own(vm, value_obj(o), name);
            if (!value_is_empty(own) || vm_pending(vm))
                return own;
        }
        *self = o;
        return descr;
    }
    return attr_get(vm, o, name);
}

/* ---- writing ---- */

static Value no_setter(Vm *vm, Value descr, Str *name, bool deleting)
{
    bool getset = is_descr(descr) && descr_is_getset(vm, as_descr(descr));
    if (getset && type_of(vm, descr) == vm->types.member_descriptor)
        return raise_exc(vm, EXC_AttributeError, "readonly attribute");
    if (getset)
        return raise_exc(vm, EXC_AttributeError, "attribute '%S' of '%s' objects is not writable", name,
                     type_name(as_descr(descr)->owner));
    return raise_exc(vm, EXC_AttributeError, deleting ? "__delete__" : "__set__");
}

/* A data descriptor decides. */
static bool set_by_descr(Vm *vm, Value descr, Value o, Str *name, Value v)
{
    bool deleting = value_is_empty(v), missing;
    if (is_descr(descr)) {
        Descr *d = as_descr(descr);
        Type *dt = type_of(vm, descr);
        if (descr_is_getset(vm, d)) {
            const GetSetDef *def = d->def;
            if (!applies(vm, descr, d->owner, o))
                return false;
            if (!def->set) {
                no_setter(vm, descr, name, deleting);
                return false;
            }
            return def->set(vm, o, v);
        }
        if (dt == vm->types.property) {
            Value f = deleting ? d->c : d->b;
            Value args[2] = { o, v };
            if (!value_is_empty(f) && !value_is_none(f))
                return !value_is_empty(op_call(vm, f, deleting ? 1 : 2, args));
        }
    }
    Value args[2] = { o, v };
    Value r = op_call_special(vm, descr, deleting ? SPECIAL_DELETE : SPECIAL_SET, deleting ? 1 : 2, args, &missing);
    if (missing)
        no_setter(vm, descr, name, deleting);
    return !value_is_empty(r);
}

static bool type_set(Vm *vm, Value o, Str *name, Value v)
{
    Type *t = as_type(o);
    if (!(t->flags & (TYPE_HEAP | TYPE_PLAIN_NAME))) {
        raise_exc(vm, EXC_TypeError, "cannot set '%S' attribute of immutable type '%s'", name, type_name(t));
        return false;
    }
    Value m = type_lookup(vm, type_of(vm, o), name);
    if (!value_is_empty(m) && (type_of(vm, m)->flags & TYPE_DESCR_SET))
        return set_by_descr(vm, m, o, name, v);
    if (!type_set_attr(vm, t, name, v))
        return false;
    if (!(t->flags & TYPE_HEAP) && vm->hooks.type_patched)
        vm->hooks.type_patched(vm, t);
    return true;
}

bool attr_generic_set(Vm *vm, Value o, Str *name, Value v)
{
    if (is_type(o))
        return type_set(vm, o, name, v);
    Type *t = type_of(vm, o);
    Value descr = type_lookup(vm, t, name);
    if (!value_is_empty(descr) && (type_of(vm, descr)->flags & TYPE_DESCR_SET))
        return set_by_descr(vm, descr, o, name, v);
    int found = 1;
    if (value_is_obj(o)) {
        Obj *ob = value_obj(o);
        Value *ext = obj_ext(vm, ob);
        if (ob->kind == KIND_MODULE || ob->kind == KIND_FUNC) {
            Dict *d = attr_dict(vm, o);
            if (!d)
                return false;
            if (!value_is_empty(v))
                return dict_set_str(vm, d, name, v);
            found = dict_delete(vm, d, value_from_obj(name));
        } else if (ext && !(t->flags & TYPE_SLOTS_ONLY) && (t->flags & (TYPE_HEAP | TYPE_HAS_DICT))) {
            name = str_intern_str(vm, name);
            if (!name || !set_own(vm, ob, ext, name, v, &found))
                return false;
        } else {
            goto none;
        }
        if (found > 0)
            return true;
        if (found == 0)
            missing_attribute(vm, o, name, true);
        return false;
    }
none:;
    bool own = is_func(type_special(t, SPECIAL_SETATTR)) || is_func(type_special(t, SPECIAL_DELATTR));
    const char *fmt = !value_is_empty(descr) ? "'%T' object attribute '%S' is read-only"
                      : own ? "'%T' object has no attribute '%S'"
                            : "'%T' object has no attribute '%S' and no __dict__ for setting new attributes";
    Value exc = exc_new(vm, EXC_AttributeError, fmt, o, name);
    if (value_is_empty(descr))
        raise_about(vm, exc, o, name);
    else if (!value_is_empty(exc))
        raise_value(vm, exc);
    return false;
}

bool attr_set(Vm *vm, Value o, Str *name, Value v)
{
    Type *t = type_of(vm, o);
    if (LIKELY(!(t->flags & TYPE_CUSTOM_SETATTR)))
        return attr_generic_set(vm, o, name, v);
    Value args[2] = { value_from_obj(name), v };
    bool missing, deleting = value_is_empty(v);
    return !value_is_empty(op_call_special(vm, o, deleting ? SPECIAL_DELATTR : SPECIAL_SETATTR, deleting ? 1 : 2, args,
                                           &missing));
}
