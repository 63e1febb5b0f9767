/* SPDX-License-Identifier: MIT
 * Weak references. The heap keeps a table of them by target; the collector empties those whose target it frees
 * and queues their callbacks, which run at the next checkpoint. An object whose __del__ (or its like) is still to
 * run counts as alive: its weak references are emptied when it really goes, as with reference counts.
 *
 * Ephemerons: in a dict with DICT_EPHEMERONS, whose keys are WeakRefs, a value is marked only once the target of
 * its key is. So a value that refers to its own key keeps nothing alive. */
#ifndef VM_WEAK_H
#define VM_WEAK_H

#include "vm/type.h"

/* May v be referred to weakly? */
static inline bool weak_allowed(Vm *vm, Value v)
{
    return value_is_obj(v) && type_of(vm, v)->flags & TYPE_WEAKREFS;
}
/* A ref or proxy (type says which) to target. callback EMPTY: none; then an older one of that type is shared when
 * `share`. NULL: exception pending. */
MUST_USE WeakRef *weak_new(Vm *vm, Type *type, Obj *target, Value callback, bool share);
/* EMPTY: it died. */
static inline Value weak_target(const WeakRef *r) { return r->target ? value_from_obj(r->target) : VALUE_EMPTY; }
/* All refs and proxies of an object: those without callback first, then the newest first. NULL: no more. */
WeakRef *weak_first(const Vm *vm, const Obj *target);
WeakRef *weak_next(const WeakRef *r);

MUST_USE bool weak_types_init(Vm *vm);          /* objects/weakref.c */
MUST_USE bool weak_proxy_types_init(Vm *vm);    /* objects/weakproxy.c; once somebody can make one */

#endif
