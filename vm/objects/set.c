/* SPDX-License-Identifier: MIT
 * Sets: the table. A script sees the order of the table, so probing, growth and the order of steps are those of
 * CPython: ten neighbours at a time, then a jump that brings in higher bits of the hash; of the deleted slots on the
 * way a new key takes the last; a table is rebuilt when three fifths of it are taken. set_ops.c has the operations on whole
 * sets, set_methods.c the methods. */
#include "vm/objects/set.h"

#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/objects/set_table.h"
#include "vm/objects/str.h"

#define LINEAR_PROBES 9u
#define PERTURB_SHIFT 5u

/* ---- tables ---- */
static SetTable *table_new(Vm *vm, size_t size)
{
    size_t bytes;
    if (!size_mul(size, sizeof(SetEntry), &bytes) || !size_add(bytes, sizeof(SetTable), &bytes)) {
        raise_no_memory(vm);
        return NULL;
    }
    SetTable *t = heap_zalloc(vm, bytes, KIND_SET_TABLE, 0, 0);
    if (t)
        t->size = size;
    return t;
}

bool set_init_table(Vm *vm, Set *s)
{
    SetTable *t = table_new(vm, SET_SIZE_MIN);
    if (!t)
        return false;
    heap_set_ptr(vm, s, &s->table, t);
    s->used = s->filled = 0;
    s->hash = -1;
    return true;
}

Set *set_new(Vm *vm, bool frozen)
{
    Set *s = heap_zalloc(vm, sizeof *s, KIND_SET, frozen ? SHAPE_FROZENSET_ID : SHAPE_SET_ID, 0);
    if (!s)
        return NULL;
    s->h.flags = frozen ? SET_FROZEN : 0;
    return set_init_table(vm, s) ? s : NULL;
}

/* Enter a key that is not there into a table without deleted slots. */
void set_insert_clean(SetTable *t, Value key, int64_t hash)
{
    size_t perturb = (size_t)hash, mask = t->size - 1, i = (size_t)hash & mask;
    for (;;) {
        size_t n = i + LINEAR_PROBES <= mask ? LINEAR_PROBES : 0;
        for (size_t j = i; j <= i + n; j++) {
            if (value_is_empty(t->entries[j].key)) {
                t->entries[j] = (SetEntry){ key, hash };
                return;
            }
        }
        perturb >>= PERTURB_SHIFT;
        i = (i * 5 + 1 + perturb) & mask;
    }
}

bool set_resize(Vm *vm, Set *s, size_t min_used)
{
    size_t size = SET_SIZE_MIN;
    while (size <= min_used)
        size <<= 1;
    SetTable *old = s->table;
    if (size == SET_SIZE_MIN && old->size == size && s->filled == s->used)
        return true;
    SetTable *t = table_new(vm, size);
    if (!t)
        return false;
    for (size_t i = 0; i < old->size; i++)
        if (set_entry_used(&old->entries[i]))
            set_insert_clean(t, old->entries[i].key, old->entries[i].hash);
    heap_set_ptr(vm, s, &s->table, t);
    s->filled = s->used;
    return true;
}

bool set_resize_growing(Vm *vm, Set *s)
{
    return set_resize(vm, s, s->used > 50000 ? (size_t)s->used * 2 : (size_t)s->used * 4);
}

/* ---- keys ---- */
static inline bool is_plain_str(Value v) { return value_is_obj(v) && value_obj(v)->shape == SHAPE_STR_ID; }

/* 1, 0, -1; 2: script has changed the set meanwhile. */
static int entry_matches(Vm *vm, Set *s, SetTable *t, SetEntry *e, Value key)
{
    Value there = e->key;
    if (value_same(there, key))
        return 1;
    if (is_plain_str(there) && is_plain_str(key))
        return str_equal(as_str(there), as_str(key));
    if (value_both_int48(there, key))
        return 0;
    int eq = is_exact(there, SHAPE_TUPLE_ID) && is_exact(key, SHAPE_TUPLE_ID)
             ? tuple_equal(vm, as_tuple(there), as_tuple(key)) : op_equal(vm, there, key);
    if (eq < 0)
        return eq;
    return s->table != t || !value_same(e->key, there) ? 2 : eq;
}

/* The entry of the key, or the unused or deleted one where it would stand (*found tells). NULL: an exception is pending. */
static NOINLINE SetEntry *lookup_slow(Vm *vm, Set *s, Value key, int64_t hash, bool *found)
{
    size_t perturb = (size_t)hash;
restart:;
    SetTable *t = s->table;
    SetEntry *deleted = NULL;
    size_t mask = t->size - 1, i = (size_t)hash & mask;
    for (;;) {
        size_t n = i + LINEAR_PROBES <= mask ? LINEAR_PROBES : 0;
        for (SetEntry *e = &t->entries[i], *last = e + n; e <= last; e++) {
            if (value_is_empty(e->key)) {
                *found = false;
                return deleted ? deleted : e;
            }
            if (e->hash == -1)
                deleted = e;
            if (e->hash != hash)
                continue;
            int eq = entry_matches(vm, s, t, e, key);
            if (eq < 0)
                return NULL;
            if (eq == 2)
                goto restart;
            if (eq) {
                *found = true;
                return e;
            }
        }
        perturb >>= PERTURB_SHIFT;
        i = (i * 5 + 1 + perturb) & mask;
    }
}

static inline SetEntry *lookup(Vm *vm, Set *s, Value key, int64_t hash, bool *found)
{
    SetEntry *e = &s->table->entries[(size_t)hash & (s->table->size - 1)];
    if (value_is_empty(e->key) || (value_same(e->key, key) && e->hash == hash)) {
        *found = !value_is_empty(e->key);
        return e;
    }
    return lookup_slow(vm, s, key, hash, found);
}

bool set_add_hash(Vm *vm, Set *s, Value key, int64_t hash)
{
    bool found;
    SetEntry *e = lookup(vm, s, key, hash, &found);
    if (!e)
        return false;
    if (found)
        return true;
    bool unused = value_is_empty(e->key);
    *e = (SetEntry){ key, hash };
    heap_touch_at(vm, s->table, &e->key, 1);
    s->used++;
    if (!unused)
        return true;
    s->filled++;
    if ((size_t)s->filled * 5 < (s->table->size - 1) * 3)
        return true;
    return set_resize_growing(vm, s);
}

int set_contains_hash(Vm *vm, Set *s, Value key, int64_t hash)
{
    bool found;
    return lookup(vm, s, key, hash, &found) ? found : -1;
}

int set_discard_hash(Vm *vm, Set *s, Value key, int64_t hash)
{
    bool found;
    SetEntry *e = lookup(vm, s, key, hash, &found);
    if (!e)
        return -1;
    if (!found)
        return 0;
    *e = (SetEntry){ SET_DELETED, -1 };
    s->used--;
    return 1;
}

static inline bool key_hash(Vm *vm, Value key, int64_t *hash)
{
    if (!value_is_int48(key))
        return dict_key_hash(vm, key, hash);
    int64_t i = value_int48(key);
    *hash = i == -1 ? -2 : i;
    return true;
}

bool set_add(Vm *vm, Set *s, Value key)
{
    int64_t hash;
    return key_hash(vm, key, &hash) && set_add_hash(vm, s, key, hash);
}

/* The hash of a key to look for. A set is looked for as the frozenset of its elements. */
static bool search_hash(Vm *vm, Value key, int64_t *hash)
{
    if (key_hash(vm, key, hash))
        return true;
    if (!is_set(key) || set_is_frozen(as_set(key)) || !exc_pending_is(vm, EXC_TypeError))
        return false;
    exc_discard(vm);
    *hash = set_hash(as_set(key));
    return true;
}

int set_contains(Vm *vm, Set *s, Value key)
{
    int64_t hash;
    return search_hash(vm, key, &hash) ? set_contains_hash(vm, s, key, hash) : -1;
}

int set_discard(Vm *vm, Set *s, Value key)
{
    int64_t hash;
    return search_hash(vm, key, &hash) ? set_discard_hash(vm, s, key, hash) : -1;
}

/* ---- walking ---- */
bool set_next_hash(Set *s, size_t *pos, Value *key, int64_t *hash)
{
    for (size_t i = *pos; i < s->table->size; i++) {
        const SetEntry *e = &s->table->entries[i];
        if (!set_entry_used(e))
            continue;
        *key = e->key;
        *hash = e->hash;
        *pos = i + 1;
        return true;
    }
    *pos = s->table->size;
    return false;
}

bool set_next(Set *s, size_t *pos, Value *key)
{
    int64_t hash;
    return set_next_hash(s, pos, key, &hash);
}

void set_clear(Vm *vm, Set *s)
{
    if (s->filled == 0)
        return;
    SetTable *t = s->table;
    if (t->size > SET_SIZE_MIN) {
        t = table_new(vm, SET_SIZE_MIN);
        if (!t) {
            exc_discard(vm);        /* no memory for a smaller one: the old one does */
            t = s->table;
        }
    }
    memset(t->entries, 0, t->size * sizeof *t->entries);
    heap_set_ptr(vm, s, &s->table, t);
    s->used = s->filled = 0;
    s->hash = -1;
}

bool set_pop(Vm *vm, Set *s, Value *key)
{
    if (s->used == 0) {
        raise_exc(vm, EXC_KeyError, "pop from an empty set");
        return false;
    }
    size_t mask = s->table->size - 1, i = s->finger & mask;
    while (!set_entry_used(&s->table->entries[i]))
        i = (i + 1) & mask;
    SetEntry *e = &s->table->entries[i];
    *key = e->key;
    *e = (SetEntry){ SET_DELETED, -1 };
    s->used--;
    s->finger = i + 1;
    return true;
}

static uint64_t shuffle_bits(uint64_t h)
{
    return ((h ^ 89869747u) ^ (h << 16)) * 3644798167u;
}

int64_t set_hash(Set *s)
{
    if (s->hash != -1)
        return s->hash;
    uint64_t h = 0;
    for (size_t i = 0; i < s->table->size; i++)
        if (set_entry_used(&s->table->entries[i]))
            h ^= shuffle_bits((uint64_t)s->table->entries[i].hash);
    h ^= ((uint64_t)s->used + 1) * 1927868237u;
    h ^= (h >> 11) ^ (h >> 25);
    h = h * 69069u + 907133923u;
    if (h == UINT64_MAX)
        h = 590923713u;
    if (set_is_frozen(s))
        s->hash = (int64_t)h;
    return (int64_t)h;
}
