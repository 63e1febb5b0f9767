/* SPDX-License-Identifier: MIT
 * Inline caches: what a Cache remembers, and the fast cases that the dispatch loop inlines. */
#ifndef VM_ATTR_CACHE_H
#define VM_ATTR_CACHE_H

#include "vm/code.h"
#include "vm/type.h"

enum {
    CACHE_COLD,
    CACHE_CELL,             /* global: u.cell */
    CACHE_BUILTIN,          /* builtin seen through globals: u.cell, valid while extra == vm->globals_epoch */
    CACHE_INLINE,           /* attribute in Instance.slots[slot] */
    CACHE_OVERFLOW,         /* attribute in the Values at Instance.ext, [slot] */
    CACHE_ADD_INLINE,       /* store that adds an attribute: slots[slot], then shape id extra */
    CACHE_METHOD,           /* function u.value of the class, no attribute of that name on the object */
    CACHE_MODULE,           /* global of the module with the serial `extra`: u.cell */
    CACHE_VALUE,            /* the same for what is no function and needs no binding, while the class has version `extra` */
    CACHE_PROPERTY,         /* the same for a property, to be asked */
    CACHE_TYPE_VALUE,       /* u.value of the class `extra` itself, while its version is `shape` */
    CACHE_TYPE_METHOD,      /* the same, a function that gets the class first */
    CACHE_DICT              /* in the dict of an Instance in dict mode, where it goes before what the class has */
};

/* What sites that see many shapes have in common: by shape and name, for reading and (STORE_KEY) for writing. As good as
 * an inline cache while the shape has its id; emptied when ids change, and by the collector. */
#define STORE_KEY 0x80000000u
static inline AttrEntry *attr_entry(Vm *vm, uint32_t shape, const Str *name)
{
    uint32_t at = shape * 0x9e3779b1u ^ (uint32_t)((uintptr_t)name >> 4) * 0x85ebca77u ^ shape >> 31 << 20;
    return &vm->attr_cache[at >> 16 & (ATTR_CACHE_SIZE - 1)];
}

/* Is this the entry of the object's shape and that name? Now and then the slow path is to see it, for the site to learn. */
static inline bool attr_entry_tells(Vm *vm, const AttrEntry *e, const Obj *o, const Str *name)
{
    if (e->name != name || e->shape != o->shape || (vm->attr_misses & 15) == 15)
        return false;
    vm->attr_misses++;
    return true;
}

static inline bool cache_hit_global(const Vm *vm, const Cache *ca, Value *v)
{
    if (UNLIKELY(ca->how != CACHE_CELL && (ca->how != CACHE_BUILTIN || ca->extra != vm->globals_epoch)))
        return false;
    *v = ca->u.cell->value;
    return !value_is_empty(*v);
}

static inline bool cache_hit_slot(const Cache *ca, Value o, Value *v)
{
    if (!value_is_obj(o) || value_obj(o)->shape != ca->shape)
        return false;
    switch (ca->how) {
    case CACHE_INLINE:
        *v = as_instance(o)->slots[ca->slot];
        return !value_is_empty(*v);
    case CACHE_OVERFLOW:
        *v = ((Values *)value_obj(as_instance(o)->ext))->items[ca->slot];
        return !value_is_empty(*v);
    case CACHE_MODULE:
        *v = ca->extra == as_module(o)->serial ? ca->u.cell->value : VALUE_EMPTY;
        return !value_is_empty(*v);
    default:
        return false;
    }
}

/* The rarer hits of an attribute load. */
static inline bool cache_hit_class(Vm *vm, const Cache *ca, Value o, Value *v)
{
    if (!value_is_obj(o))
        return false;
    *v = ca->u.value;
    if (ca->how == CACHE_VALUE)
        return value_obj(o)->shape == ca->shape && vm->shapes[ca->shape]->type->version == ca->extra;
    return ca->how == CACHE_TYPE_VALUE && ca->extra == o.bits && is_type(o) && as_type(o)->version == ca->shape;
}

/* The getter of a property that is a function of script with no other parameter; NULL: none. */
static inline Func *cache_hit_property(Vm *vm, const Cache *ca, Value o)
{
    if (ca->how != CACHE_PROPERTY || !value_is_obj(o) || value_obj(o)->shape != ca->shape ||
        vm->shapes[ca->shape]->type->version != ca->extra)
        return NULL;
    Value getter = as_descr(ca->u.value)->a;
    return is_func(getter) ? as_func(getter) : NULL;
}

/* out[0], out[1]: what CALL_METHOD wants. */
static inline bool cache_hit_method(const Cache *ca, Value o, Value *out)
{
    if (LIKELY(ca->how == CACHE_METHOD && ca->shape == shape_id_of(o))) {
        out[0] = ca->u.value;
        out[1] = o;
        return true;
    }
    if (ca->how == CACHE_MODULE && ca->shape == shape_id_of(o) && ca->extra == as_module(o)->serial &&
        LIKELY(!value_is_empty(ca->u.cell->value))) {
        out[0] = ca->u.cell->value;
        out[1] = VALUE_EMPTY;
        return true;
    }
    if (ca->how >= CACHE_TYPE_VALUE && ca->extra == o.bits && is_type(o) && as_type(o)->version == ca->shape) {
        out[1] = ca->how == CACHE_TYPE_METHOD ? o : VALUE_EMPTY;
        out[0] = ca->u.value;
        return true;
    }
    return false;
}

/* A static or class method got another function: no class knows of it. */
void caches_forget_classes(Vm *vm);

static inline bool cache_hit_store(const Cache *ca, Value o)
{
    return value_is_obj(o) && value_obj(o)->shape == ca->shape && (ca->how == CACHE_ADD_INLINE || ca->how == CACHE_INLINE);
}

static inline bool cache_store_slot(Vm *vm, const Cache *ca, Value o, Value v)
{
    if (!value_is_obj(o) || value_obj(o)->shape != ca->shape)
        return false;
    Instance *i = as_instance(o);
    switch (ca->how) {
    case CACHE_ADD_INLINE:
        i->h.shape = (uint32_t)ca->extra;
        break;
    case CACHE_INLINE:
        break;
    default:
        return false;
    }
    heap_set(vm, i, &i->slots[ca->slot], v);
    return true;
}

#endif
