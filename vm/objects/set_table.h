/* SPDX-License-Identifier: MIT
 * The table of a set, for the files that implement sets. */
#ifndef VM_OBJECTS_SET_TABLE_H
#define VM_OBJECTS_SET_TABLE_H

#include "vm/objects/set.h"

#define SET_SIZE_MIN ((size_t)8)
#define SET_DELETED VALUE_NOT_IMPLEMENTED       /* with hash -1, which no key has */

static inline bool set_entry_used(const SetEntry *e)
{
    return !value_is_empty(e->key) && !(e->hash == -1 && value_same(e->key, SET_DELETED));
}

void set_insert_clean(SetTable *t, Value key, int64_t hash);
/* A table for more than min_used keys, without deleted slots. */
MUST_USE bool set_resize(Vm *vm, Set *s, size_t min_used);
MUST_USE bool set_resize_growing(Vm *vm, Set *s);
MUST_USE bool set_add_hash(Vm *vm, Set *s, Value key, int64_t hash);
MUST_USE int set_contains_hash(Vm *vm, Set *s, Value key, int64_t hash);
MUST_USE int set_discard_hash(Vm *vm, Set *s, Value key, int64_t hash);
bool set_next_hash(Set *s, size_t *pos, Value *key, int64_t *hash);

#endif
