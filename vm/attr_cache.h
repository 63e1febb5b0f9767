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
    CACHE_MODULE            /* global of the module object `extra`: u.cell */
};

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
        *v = ca->extra == o.bits ? ca->u.cell->value : VALUE_EMPTY;
        return !value_is_empty(*v);
    default:
        return false;
    }
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
