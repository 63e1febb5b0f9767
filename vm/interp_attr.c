/* SPDX-License-Identifier: MIT
 * Attribute and global instructions when their inline cache does not hit: the lookup, and what the cache shall
 * remember for the next time. */
#include "vm/interp.h"

#include "vm/attr_cache.h"
#include "vm/shape_users.h"
#include "vm/objects/dict.h"
#include "vm/objects/str.h"

/* The id is about to be written in a cache of the running code, or in one that is nobody's (interp_find_method). */
static void used(Vm *vm, uint32_t id, const Cache *ca)
{
    Code *code = vm->strand->top ? vm->strand->top->code : NULL;
    if (id >= SHAPE_FIRST_FREE_ID && code && ca >= code->caches && ca < code->caches + code->ncaches)
        shape_used_by(vm, id, code);
}

/* The shape's id, for a cache. */
static uint32_t cached_id(Vm *vm, Shape *s, const Cache *ca)
{
    s->cached = true;
    used(vm, s->id, ca);
    return s->id;
}

/* Other sites may want to know, too. */
static void share(Vm *vm, const Cache *ca, uint32_t key, uint64_t extra)
{
    *attr_entry(vm, ca->shape | key, ca->name) = (AttrEntry){ ca->name, ca->shape | key, ca->how, ca->slot, extra };
}

/* What another site knows of this shape. The site itself learns it now and then: it may be done with the last one. */
static const AttrEntry *shared(Vm *vm, Obj *o, Cache *ca, uint32_t key)
{
    const AttrEntry *e = attr_entry(vm, o->shape | key, ca->name);
    if (e->name != ca->name || e->shape != (o->shape | key))
        return NULL;
    if (UNLIKELY((++vm->attr_misses & 15) == 0)) {
        used(vm, o->shape, ca);
        ca->shape = o->shape;
        ca->how = e->how;
        ca->slot = e->slot;
        if (key)
            ca->extra = e->extra;
        else
            ca->u.value = (Value){ e->extra };
    }
    return e;
}

static void cache_slot(Vm *vm, Cache *ca, Shape *s, int slot)
{
    ca->shape = cached_id(vm, s, ca);
    if (slot < s->inline_cap) {
        ca->how = CACHE_INLINE;
        ca->slot = (uint16_t)slot;
    } else {
        ca->how = CACHE_OVERFLOW;
        ca->slot = (uint16_t)(slot - s->inline_cap);
    }
    share(vm, ca, 0, 0);
}

static Value from_dict(Vm *vm, const Obj *o, Str *name)
{
    Dict *d = as_dict(((const Instance *)o)->ext);
    Value v = dict_get_interned(d, name);
    return LIKELY(!value_is_empty(v)) ? v : dict_get_str(vm, d, name);
}

static Value shared_slot(Vm *vm, const AttrEntry *e, Obj *o, Str *name)
{
    if (e->how == CACHE_INLINE)
        return ((Instance *)o)->slots[e->slot];
    if (e->how == CACHE_DICT)
        return from_dict(vm, o, name);
    return e->how == CACHE_OVERFLOW ? ((Values *)value_obj(((Instance *)o)->ext))->items[e->slot] : VALUE_EMPTY;
}

/* Nothing that is asked when it is read. */
static bool needs_no_binding(Vm *vm, Value v)
{
    return !value_is_obj(v) || (!is_func(v) && !is_native(v) && !is_kind(v, KIND_DESCR) &&
                                !(type_of(vm, v)->flags & (TYPE_HEAP | TYPE_DESCR_GET)));
}

static Value load_from_dict(Vm *vm, Obj *o, Shape *s, Value descr, Cache *ca)
{
    if (!value_is_empty(descr) && (type_of(vm, descr)->flags & TYPE_DESCR_SET))
        return VALUE_EMPTY;
    ca->shape = cached_id(vm, s, ca);
    ca->how = CACHE_DICT;
    ca->extra = 0;
    share(vm, ca, 0, 0);
    return from_dict(vm, o, ca->name);
}

/* The instance attribute itself, remembered; EMPTY: not a plain slot of a plain instance. */
static Value load_slot(Vm *vm, Value o, Cache *ca)
{
    Obj *ob = value_obj(o);
    Shape *s = obj_shape(vm, ob);
    Type *t = s->type;
    if (t->flags & TYPE_CUSTOM_GETATTRIBUTE)
        return VALUE_EMPTY;
    Value descr = type_lookup(vm, t, ca->name);
    int slot = shape_slot(s, ca->name);
    if (slot < 0 && !s->dict_mode && !value_is_empty(descr) && needs_no_binding(vm, descr)) {
        ca->shape = cached_id(vm, s, ca);
        ca->how = CACHE_VALUE;
        ca->extra = t->version;
        ca->u.value = descr;
        return descr;
    }
    if (is_kind(descr, KIND_DESCR) && value_obj(descr)->shape == vm->types.property->root_shape->id &&
        !(t->flags & TYPE_CUSTOM_GETATTR)) {
        ca->shape = cached_id(vm, s, ca);
        ca->how = CACHE_PROPERTY;
        ca->extra = t->version;
        ca->u.value = descr;
        return VALUE_EMPTY;
    }
    if (s->dict_mode)
        return load_from_dict(vm, ob, s, descr, ca);
    bool member = descr_is_slot(vm, descr);
    if (slot < 0 || (!member && t->flags & TYPE_SLOTS_ONLY))
        return VALUE_EMPTY;
    if (!member && !value_is_empty(descr) && (type_of(vm, descr)->flags & TYPE_DESCR_SET))
        return VALUE_EMPTY;
    cache_slot(vm, ca, s, slot);
    Value v;
    return cache_hit_slot(ca, o, &v) ? v : VALUE_EMPTY;
}

/* The cache is one of the code's. */
static void cache_cell(Vm *vm, Code *code, Cache *ca, uint8_t how, Cell *cell)
{
    ca->how = how;
    heap_set_ptr(vm, code, &ca->u.cell, cell);
}

static Value load_module(Vm *vm, Value o, Cache *ca)
{
    if (type_of(vm, o) != vm->types.module)
        return VALUE_EMPTY;
    Cell *cell = dict_cell(vm, as_module(o)->globals, ca->name, false);
    if (!cell || value_is_empty(cell->value) || !value_is_empty(type_lookup(vm, vm->types.module, ca->name)))
        return VALUE_EMPTY;
    cache_cell(vm, vm->strand->top->code, ca, CACHE_MODULE, cell);
    ca->shape = cached_id(vm, obj_shape(vm, value_obj(o)), ca);
    if (!as_module(o)->serial)
        as_module(o)->serial = ++vm->next_module_serial;
    ca->extra = as_module(o)->serial;
    return cell->value;
}

static void forget_classes(Vm *vm, Obj *o, void *ud)
{
    Code *code = (Code *)o;
    (void)vm;
    (void)ud;
    for (uint32_t i = 0; code->instrs && i < code->ncaches; i++)
        if (code->caches[i].how == CACHE_TYPE_VALUE || code->caches[i].how == CACHE_TYPE_METHOD) {
            code->caches[i].how = CACHE_COLD;
            code->caches[i].shape = 0;              /* it was a version */
        }
}

void caches_forget_classes(Vm *vm)
{
    heap_each(vm, KIND_CODE, forget_classes, NULL);
}

/* An attribute of a class, asked of the class itself: the function alone, or with the class as its first argument
 * (*bound); EMPTY: not of a kind that can be remembered. */
static Value load_class(Vm *vm, Value o, Cache *ca, bool method, bool *bound)
{
    Type *t = as_type(o);
    *bound = false;
    if (type_of(vm, o) != vm->types.type || !value_is_empty(type_lookup(vm, vm->types.type, ca->name)))
        return VALUE_EMPTY;
    Value v = type_lookup(vm, t, ca->name);
    if (value_is_empty(v))
        return v;
    if (is_kind(v, KIND_DESCR) && type_of(vm, v) == vm->types.staticmethod) {
        v = as_descr(v)->a;
    } else if (method && is_kind(v, KIND_DESCR) && type_of(vm, v) == vm->types.classmethod && is_func(as_descr(v)->a)) {
        v = as_descr(v)->a;
        *bound = true;
    } else if (!is_func(v) && !(is_native(v) && native_binds(as_native(v))) && !needs_no_binding(vm, v)) {
        return VALUE_EMPTY;
    }
    if (value_is_empty(v))
        return v;
    ca->how = *bound ? CACHE_TYPE_METHOD : CACHE_TYPE_VALUE;
    ca->shape = t->version;
    ca->extra = o.bits;
    ca->u.value = v;
    return v;
}

Value interp_load_attr(Vm *vm, Value o, Cache *ca)
{
    if (value_is_obj(o)) {
        Value v = VALUE_EMPTY;
        bool bound;
        if (ca->how == CACHE_DICT && value_obj(o)->shape == ca->shape) {
            v = from_dict(vm, value_obj(o), ca->name);
        } else if (value_obj(o)->kind == KIND_INSTANCE) {
            const AttrEntry *e = shared(vm, value_obj(o), ca, 0);
            if (e)
                v = shared_slot(vm, e, value_obj(o), ca->name);
            if (value_is_empty(v))
                v = load_slot(vm, o, ca);
        } else if (value_obj(o)->kind == KIND_MODULE) {
            v = load_module(vm, o, ca);
        } else if (value_obj(o)->kind == KIND_TYPE) {
            v = load_class(vm, o, ca, false, &bound);
        }
        if (!value_is_empty(v))
            return v;
    }
    return attr_get(vm, o, ca->name);
}

/* A function found on the class that no attribute of the object hides can be remembered by shape. */
static bool method_cacheable(Vm *vm, Value o, Cache *ca, Value descr)
{
    if (!is_func(descr) && !(is_native(descr) && native_binds(as_native(descr))))
        return false;
    if (!value_is_obj(o))
        return true;
    Obj *ob = value_obj(o);
    if (ob->kind == KIND_TYPE || ob->kind == KIND_MODULE || ob->kind == KIND_FUNC)
        return false;
    Shape *s = obj_shape(vm, ob);
    return !s->dict_mode && shape_slot(s, ca->name) < 0;
}

bool interp_load_method(Vm *vm, Value o, Cache *ca, Value *out)
{
    Type *t = type_of(vm, o);
    if (t == vm->types.module && !value_is_empty(out[0] = load_module(vm, o, ca))) {
        out[1] = VALUE_EMPTY;
        return true;
    }
    const AttrEntry *e = value_is_obj(o) ? shared(vm, value_obj(o), ca, 0) : NULL;
    if (e && e->how == CACHE_METHOD) {
        out[0] = (Value){ e->extra };
        out[1] = o;
        return true;
    }
    bool bound;
    if (is_type(o) && !value_is_empty(out[0] = load_class(vm, o, ca, true, &bound))) {
        out[1] = bound ? o : VALUE_EMPTY;
        return true;
    }
    if (!(t->flags & TYPE_CUSTOM_GETATTRIBUTE) && !is_type(o)) {
        Value descr = type_lookup(vm, t, ca->name);
        if (!value_is_empty(descr) && method_cacheable(vm, o, ca, descr)) {
            ca->how = CACHE_METHOD;
            ca->shape = cached_id(vm, vm->shapes[shape_id_of(o)], ca);
            ca->u.value = descr;
            if (value_is_obj(o))
                share(vm, ca, 0, descr.bits);
            out[0] = descr;
            out[1] = o;
            return true;
        }
    }
    Value self, f = attr_method(vm, o, ca->name, &self);
    out[0] = f;
    out[1] = self;
    return !value_is_empty(f);
}

/* As attr_method(), with what all sites know in common. */
Value interp_find_method(Vm *vm, Value o, Str *name, Value *self)
{
    if (!value_is_obj(o) || !(name->h.flags & STR_INTERNED) || is_type(o) || is_module(o))
        return attr_method(vm, o, name, self);
    Cache ca = { .name = name };
    Value out[2];
    bool found = interp_load_method(vm, o, &ca, out);
    *self = out[1];
    return found ? out[0] : VALUE_ERROR;
}

/* Remember a store: over an attribute that is there, or one that adds the next inline slot. */
static void cache_store(Vm *vm, Obj *o, Shape *before, Cache *ca)
{
    Shape *after = obj_shape(vm, o);
    if (before->dict_mode || after->dict_mode)
        return;
    int slot = shape_slot(after, ca->name);
    if (slot < 0 || slot >= after->inline_cap)
        return;
    ca->slot = (uint16_t)slot;
    ca->shape = cached_id(vm, before, ca);
    ca->how = before == after ? CACHE_INLINE : CACHE_ADD_INLINE;
    ca->extra = after->id;
    after->cached = true;
    share(vm, ca, STORE_KEY, ca->extra);
}

bool interp_store_attr(Vm *vm, Value o, Cache *ca, Value v)
{
    if (!is_kind(o, KIND_INSTANCE))
        return attr_set(vm, o, ca->name, v);
    Obj *ob = value_obj(o);
    const AttrEntry *e = shared(vm, ob, ca, STORE_KEY);
    if (e) {
        ob->shape = (uint32_t)e->extra;
        heap_set(vm, ob, &((Instance *)ob)->slots[e->slot], v);
        return true;
    }
    Shape *before = obj_shape(vm, ob);
    Type *t = before->type;
    Value descr = type_lookup(vm, t, ca->name);
    bool plain = !(t->flags & TYPE_CUSTOM_SETATTR) &&
                 (value_is_empty(descr) ? !(t->flags & TYPE_SLOTS_ONLY)
                  : descr_is_slot(vm, descr) || !(type_of(vm, descr)->flags & TYPE_DESCR_SET));
    if (!attr_set(vm, o, ca->name, v))
        return false;
    if (plain)
        cache_store(vm, ob, before, ca);
    return true;
}

/* ---- globals ---- */

/* Globals that are a subclass of dict decide by their __getitem__, so nothing is cached. EMPTY with nothing pending: not
 * there. */
static Value load_by_getitem(Vm *vm, Dict *globals, Str *name)
{
    Value v = op_getitem(vm, value_from_obj(globals), value_from_obj(name));
    if (value_is_empty(v) && exc_pending_is(vm, EXC_KeyError))
        exc_discard(vm);
    return v;
}

Value interp_builtin(Vm *vm, Func *func, Str *name)
{
    Value own = dict_get_str(vm, func->globals, vm->names.dunder_builtins);
    bool plain = value_is_empty(own) || is_exact(own, SHAPE_DICT_ID) || is_module(own);
    if (LIKELY(plain && !(func->builtins->h.flags & OBJ_SUBCLASS)))
        return dict_get_str(vm, func->builtins, name);
    Value from = is_dict(own) || plain ? value_from_obj(func->builtins) : own;
    Value v = op_getitem(vm, from, value_from_obj(name));
    if (value_is_empty(v) && exc_pending_is(vm, EXC_KeyError))
        exc_discard(vm);
    return v;
}

static Value load_global(Vm *vm, Func *func, Cache *ca)
{
    Cell *cell = dict_cell(vm, func->globals, ca->name, false);
    if (cell && !value_is_empty(cell->value)) {
        cache_cell(vm, func->code, ca, CACHE_CELL, cell);
        return cell->value;
    }
    Value v = interp_builtin(vm, func, ca->name);
    cell = value_is_empty(v) ? NULL : dict_cell(vm, func->builtins, ca->name, false);
    if (cell && value_same(cell->value, v)) {
        cache_cell(vm, func->code, ca, CACHE_BUILTIN, cell);
        ca->extra = vm->globals_epoch;
        return cell->value;
    }
    if (!value_is_empty(v))
        return v;
    return vm_pending(vm) ? VALUE_ERROR : raise_name(vm, ca->name);
}

Value interp_load_global(Vm *vm, Func *func, Cache *ca)
{
    if (UNLIKELY(func->globals->h.flags & OBJ_SUBCLASS)) {
        Value v = load_by_getitem(vm, func->globals, ca->name);
        if (!value_is_empty(v) || vm_pending(vm))
            return v;
    }
    return load_global(vm, func, ca);
}

bool interp_store_global(Vm *vm, Func *func, Cache *ca, Value v)
{
    Cell *cell = dict_cell(vm, func->globals, ca->name, true);
    if (!cell)
        return false;
    if (value_is_empty(cell->value) && func->globals != func->builtins) {
        if (!value_is_empty(dict_get_str(vm, func->builtins, ca->name)))
            vm->globals_epoch++;        /* it hides a builtin from now on */
        if (!dict_set_str(vm, func->globals, ca->name, v))
            return false;
    }
    heap_set(vm, cell, &cell->value, v);
    cache_cell(vm, func->code, ca, CACHE_CELL, cell);
    return true;
}

bool interp_delete_global(Vm *vm, Func *func, Cache *ca)
{
    int found = dict_delete(vm, func->globals, value_from_obj(ca->name));
    if (!found)
        raise_name(vm, ca->name);
    return found > 0;
}

Value interp_load_name(Vm *vm, Func *func, Value ns, Cache *ca)
{
    Value v = VALUE_EMPTY;
    if (is_exact(ns, SHAPE_DICT_ID)) {
        v = dict_get_str(vm, as_dict(ns), ca->name);
    } else {
        v = op_getitem(vm, ns, value_from_obj(ca->name));
        if (value_is_empty(v)) {
            if (!exc_pending_is(vm, EXC_KeyError))
                return VALUE_ERROR;
            exc_discard(vm);
        }
    }
    return value_is_empty(v) ? load_global(vm, func, ca) : v;
}

/* ---- super ---- */

/* What super(type, self) finds for name behind `type` in the mro of self (or of the class self). */
static Value super_lookup(Vm *vm, Type *type, Value self, Str *name, Type **start)
{
    Type *t = is_type(self) && type_is_subtype(as_type(self), type) ? as_type(self) : type_of(vm, self);
    *start = t;
    size_t i = 0;
    Tuple *mro = t->mro;
    while (i < mro->len && value_obj(mro->items[i]) != &type->h)
        i++;
    for (i++; i < mro->len; i++) {
        Value v = dict_get_str(vm, type_dict(vm, as_type(mro->items[i])), name);
        if (!value_is_empty(v))
            return v;
    }
    return VALUE_EMPTY;
}

bool interp_load_super(Vm *vm, Value *args, Cache *ca, unsigned how, Value *out)
{
    Value type = args[1], self = args[2];
    bool method = how & 1, bare = how & 2;
    if (value_is_empty(type) || value_is_empty(self)) {
        raise_exc(vm, EXC_RuntimeError, value_is_empty(type) ? "super(): empty __class__ cell" : "super(): arg[0] deleted");
        return false;
    }
    if (value_same(args[0], value_from_obj(vm->types.super)) && is_type(type) && ca->name != vm->names.dunder_class &&
        (value_is_a(vm, self, as_type(type)) || (is_type(self) && type_is_subtype(as_type(self), as_type(type))))) {
        Type *start;
        Value descr = super_lookup(vm, as_type(type), self, ca->name, &start);
        if (!value_is_empty(descr)) {
            bool unbound = is_type(self) && start == as_type(self);
            if (method && !unbound && (is_func(descr) || (is_native(descr) && native_binds(as_native(descr))))) {
                out[0] = descr;
                out[1] = self;
                return true;
            }
            out[0] = attr_bind(vm, descr, unbound ? VALUE_EMPTY : self, start);
            if (method)
                out[1] = VALUE_EMPTY;
            return !value_is_empty(out[0]);
        }
    }
    bool own = value_same(args[0], value_from_obj(vm->types.super));       /* another one gets what was written */
    Value sup = op_call(vm, args[0], bare && !own ? 0 : 2, &args[1]);
    Value v = value_is_empty(sup) ? VALUE_EMPTY : attr_get(vm, sup, ca->name);
    out[0] = v;
    if (method)
        out[1] = VALUE_EMPTY;
    return !value_is_empty(v);
}

bool interp_load_special(Vm *vm, Value o, Special s, Value *out)
{
    Type *t = type_of(vm, o);
    Value f = type_special(t, s);
    if (value_is_empty(f)) {
        if (s == SPECIAL_ENTER || s == SPECIAL_EXIT)
            raise_exc(vm, EXC_TypeError, "'%T' object does not support the context manager protocol%s", o,
                  s == SPECIAL_EXIT ? " (missed __exit__ method)" : "");
        else
            raise_exc(vm, EXC_TypeError, "'%T' object does not support the asynchronous context manager protocol%s", o,
                  s == SPECIAL_AEXIT ? " (missed __aexit__ method)" : "");
        return false;
    }
    if (is_func(f) || (is_native(f) && native_binds(as_native(f)))) {
        out[0] = f;
        out[1] = o;
        return true;
    }
    out[0] = attr_bind(vm, f, o, t);
    out[1] = VALUE_EMPTY;
    return !value_is_empty(out[0]);
}

Value interp_unbound_local(Vm *vm, Frame *f, uint32_t reg)
{
    return raise_exc(vm, EXC_UnboundLocalError, "cannot access local variable '%S' where it is not associated with a value",
                 f->code->local_names[reg]);
}

Value interp_unbound_free(Vm *vm, Frame *f, uint32_t i)
{
    Value exc = exc_new(vm, EXC_NameError, "cannot access free variable '%S' where it is not associated with a value in "
                        "enclosing scope", f->code->free_names[i]);
    if (value_is_empty(exc))
        return exc;
    as_exc(exc)->extra[EXTRA_NAME] = value_from_obj(f->code->free_names[i]);
    return raise_value(vm, exc);
}
