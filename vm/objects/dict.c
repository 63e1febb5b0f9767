/* SPDX-License-Identifier: MIT
 * Dictionaries: the table and what C does with it. Methods, views and iterators are in dict_methods.c,
 * dict_views.c and dict_iter.c.
 *
 * Entries stand in insertion order; behind them lies the index, open addressing over entry numbers in 1, 2
 * or 4 bytes: 0 never used, 1 deleted, else the number plus 2. A probe begins at the hash itself and goes on where
 * a secret of the VM sends it, so that nobody can prepare keys that collide for long. While script runs in the
 * middle of a lookup the table may be written to or replaced; it is enough to see afterwards that it is the same
 * one and that the entry still holds the same key. Entries from `filled` on are zero.
 *
 * In cell mode each value is a Cell. An unbound one (dict_cell made it, nobody stored yet) counts as absent; a
 * deleted name's cell is unbound and leaves the dict, so whoever cached it must look again. */
#include "vm/objects/dict.h"

#include "vm/heap/visit.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

#define LOG2_MIN 3u
#define LOG2_MAX 31u
#define LOG2_KEEP 6u
#define SLOT_EMPTY 0u
#define SLOT_DELETED 1u
#define SLOT_FIRST 2u

/* ---- tables ---- */
__extension__ typedef unsigned __int128 Uint128;

static inline size_t mix(const Vm *vm, int64_t hash)
{
    Uint128 p = (Uint128)((uint64_t)hash ^ vm->hash_key[0]) * (vm->hash_key[1] | 1);
    return (size_t)((uint64_t)p ^ (uint64_t)(p >> 64));
}

/* The slot after i, which was number `step` from 0 on. The first is hash & mask: neighbours lie side by side. From the
 * second on the stride is the hash's own, and odd: small steps would not get out of the solid block that they make. */
static inline size_t next_slot(const Vm *vm, int64_t hash, size_t mask, size_t i, size_t step)
{
    size_t m = mix(vm, hash);
    return (step ? i + (m >> 32 | 1) : m) & mask;
}

static inline unsigned index_width(unsigned log2) { return log2 <= 8 ? 1 : log2 <= 16 ? 2 : 4; }
static inline size_t table_size(const DictTable *t) { return (size_t)1 << t->log2_size; }
static inline uint32_t cap_for(unsigned log2) { return (uint32_t)(((uint64_t)1 << log2) * 2 / 3); }
static inline void *table_index(DictTable *t) { return t->entries + t->cap; }

static inline uint32_t slot_get(const void *index, unsigned width, size_t i)
{
    return width == 1 ? ((const uint8_t *)index)[i] : width == 2 ? ((const uint16_t *)index)[i]
                                                                 : ((const uint32_t *)index)[i];
}

static inline void slot_put(DictTable *t, size_t i, uint32_t v)
{
    void *index = table_index(t);
    switch (index_width(t->log2_size)) {
    case 1: ((uint8_t *)index)[i] = (uint8_t)v; break;
    case 2: ((uint16_t *)index)[i] = (uint16_t)v; break;
    default: ((uint32_t *)index)[i] = v; break;
    }
}

static DictTable *table_new(Vm *vm, unsigned log2)
{
    if (log2 > LOG2_MAX) {
        raise_no_memory(vm);
        return NULL;
    }
    uint32_t cap = cap_for(log2);
    size_t bytes = sizeof(DictTable) + cap * sizeof(DictEntry) + ((size_t)1 << log2) * index_width(log2);
    DictTable *t = heap_zalloc(vm, bytes, KIND_DICT_TABLE, 0, 0);
    if (t) {
        t->log2_size = (uint16_t)log2;
        t->cap = cap;
    }
    return t;
}

/* Enter an entry number into the index, in the first slot of its way that holds none: how many unused ones that takes. */
static uint32_t index_add(const Vm *vm, DictTable *t, int64_t hash, uint32_t entry)
{
    size_t mask = table_size(t) - 1, i = (size_t)hash & mask;
    const void *index = table_index(t);
    unsigned width = index_width(t->log2_size);
    uint32_t s;
    for (size_t step = 0; (s = slot_get(index, width, i)) >= SLOT_FIRST; step++)
        i = next_slot(vm, hash, mask, i, step);
    slot_put(t, i, entry + SLOT_FIRST);
    return s == SLOT_EMPTY;
}

/* A table in which `want` entries fit, with the live entries of the old one. */
static bool dict_resize(Vm *vm, Dict *d, size_t want)
{
    unsigned log2 = LOG2_MIN;
    while (log2 <= LOG2_MAX && cap_for(log2) < want)
        log2++;
    DictTable *t = table_new(vm, log2), *old = d->table;
    if (!t)
        return false;
    uint32_t n = 0;
    for (uint32_t i = 0; i < d->filled; i++) {
        if (value_is_empty(old->entries[i].key))
            continue;
        t->entries[n] = old->entries[i];
        index_add(vm, t, t->entries[n].hash, n);
        n++;
    }
    heap_set_ptr(vm, d, &d->table, t);
    d->filled = d->indexed = n;
    return true;
}

static inline bool dict_has_room(const Dict *d)
{
    return d->table && d->filled < d->table->cap && d->indexed < d->table->cap;
}

/* Room for one more. */
static bool dict_grow(Vm *vm, Dict *d)
{
    return dict_has_room(d) || dict_resize(vm, d, (size_t)d->used + d->used / 2 + 1);
}

Dict *dict_new(Vm *vm)
{
    return heap_zalloc(vm, sizeof(Dict), KIND_DICT, SHAPE_DICT_ID, 0);
}

bool dict_reserve(Vm *vm, Dict *d, size_t more)
{
    size_t want = d->used + more;
    return (d->table && d->table->cap >= want + (d->filled - d->used)) || want == 0 || dict_resize(vm, d, want);
}

/* ---- keys ---- */
static inline bool is_plain_str(Value v) { return value_is_obj(v) && value_obj(v)->shape == SHAPE_STR_ID; }

static inline int64_t int48_hash(Value v)
{
    int64_t i = value_int48(v);
    return i == -1 ? -2 : i;
}

bool dict_key_hash(Vm *vm, Value key, int64_t *hash)
{
    if (LIKELY(is_plain_str(key))) {
        *hash = str_hash(vm, as_str(key));
        return true;
    }
    if (value_is_int48(key)) {
        *hash = int48_hash(key);
        return true;
    }
    return op_hash(vm, key, hash);
}

/* Do two keys of equal hash that are not the same object equal each other? 1, 0, -1. */
static int keys_equal(Vm *vm, Value a, Value b)
{
    if (is_plain_str(a) && is_plain_str(b))
        return str_equal(as_str(a), as_str(b));
    if (value_both_int48(a, b))
        return 0;
    if (is_exact(a, SHAPE_TUPLE_ID) && is_exact(b, SHAPE_TUPLE_ID))
        return tuple_equal(vm, as_tuple(a), as_tuple(b));
    return op_equal(vm, a, b);
}

/* One walk over the index. 1, 0, -1; 2: script has changed the dict meanwhile, walk again. */
static inline __attribute__((always_inline)) int probe(Vm *vm, Dict *d, Value key, int64_t hash, uint32_t *at, unsigned width)
{
    DictTable *t = d->table;
    const void *index = table_index(t);
    uint16_t generation = t->h.flags;
    size_t mask = table_size(t) - 1, i = (size_t)hash & mask;
    for (size_t step = 0;; i = next_slot(vm, hash, mask, i, step++)) {
        uint32_t s = slot_get(index, width, i);
        if (s < SLOT_FIRST) {
            if (s == SLOT_EMPTY)
                return 0;
            continue;
        }
        DictEntry *e = &t->entries[s - SLOT_FIRST];
        if (e->hash != hash)
            continue;
        if (!value_same(e->key, key)) {
            if (step && i == ((size_t)hash & mask))
                continue;       /* the walk may come by the first slot twice: script is asked once */
            Value other = e->key;
            int eq = keys_equal(vm, other, key);
            if (eq < 0)
                return -1;
            if (d->table != t || t->h.flags != generation || !value_same(e->key, other))
                return 2;
            if (!eq)
                continue;
        }
        *at = s - SLOT_FIRST;
        return 1;
    }
}

static int find(Vm *vm, Dict *d, Value key, int64_t hash, uint32_t *at)
{
    int r;
    do {
        if (!d->table)
            return 0;
        switch (index_width(d->table->log2_size)) {
        case 1: r = probe(vm, d, key, hash, at, 1); break;
        case 2: r = probe(vm, d, key, hash, at, 2); break;
        default: r = probe(vm, d, key, hash, at, 4); break;
        }
    } while (r == 2);
    return r;
}

/* The entry of a string, without calling script: keys of other types with the same hash do not count. */
static DictEntry *find_str(Vm *vm, Dict *d, Str *key)
{
    DictTable *t = d->table;
    if (!t)
        return NULL;
    uint32_t hash = str_hash(vm, key);
    const void *index = table_index(t);
    unsigned width = index_width(t->log2_size);
    size_t mask = table_size(t) - 1, i = (size_t)hash & mask;
    for (size_t step = 0;; i = next_slot(vm, hash, mask, i, step++)) {
        uint32_t s = slot_get(index, width, i);
        if (s == SLOT_EMPTY)
            return NULL;
        if (s == SLOT_DELETED)
            continue;
        DictEntry *e = &t->entries[s - SLOT_FIRST];
        if (e->key.bits == (uint64_t)(uintptr_t)key)
            return e;
        if (e->hash == hash && is_str(e->key) && str_equal(as_str(e->key), key))
            return e;
    }
}

/* ---- values, plain or in cells ---- */
static inline bool has_cells(const Dict *d) { return d->h.flags & DICT_CELLS; }

static inline Value entry_value(const Dict *d, const DictEntry *e)
{
    return UNLIKELY(has_cells(d)) ? as_cell(e->value)->value : e->value;
}

static Cell *cell_new(Vm *vm, Value v)
{
    Cell *c = heap_alloc(vm, sizeof *c, KIND_CELL, SHAPE_CELL_ID, 0);
    if (c) {
        c->h.flags |= CELL_OF_DICT;
        c->value = v;
    }
    return c;
}

/* A module global appears: code that found the builtin of this name must look again. */
static void note_new_global(Vm *vm, const Dict *d, Value key)
{
    if (vm->builtins && vm->builtins != d && is_str(key) && find_str(vm, vm->builtins, as_str(key)))
        vm->globals_epoch++;
}

/* Append an entry with a key that is not there. */
static bool insert(Vm *vm, Dict *d, Value key, int64_t hash, Value v)
{
    if (UNLIKELY(has_cells(d))) {
        Cell *c = cell_new(vm, v);
        if (!c)
            return false;
        v = value_from_obj(c);
        note_new_global(vm, d, key);
    }
    if (UNLIKELY(!dict_has_room(d)) && !dict_grow(vm, d))
        return false;
    DictTable *t = d->table;
    t->entries[d->filled] = (DictEntry){ key, v, hash };
    d->indexed += index_add(vm, t, hash, d->filled);
    d->filled++;
    d->used++;
    d->version++;
    heap_touch_at(vm, t, &t->entries[d->filled - 1].key, 2);
    return true;
}

/* The last entry is gone: a small table begins anew in place. Walks that script has interrupted see the flags. */
static void reset(Dict *d)
{
    DictTable *t = d->table;
    if (t->log2_size <= LOG2_KEEP) {
        memset(table_index(t), 0, table_size(t) * index_width(t->log2_size));
        t->h.flags++;
        t->skipped = (uint16_t)(t->skipped + d->filled < t->cap ? t->skipped + d->filled : 0);
    } else {
        d->table = NULL;
    }
    d->filled = d->indexed = 0;
}

static void remove_entry(Vm *vm, Dict *d, uint32_t entry)
{
    DictTable *t = d->table;
    DictEntry *e = &t->entries[entry];
    unsigned width = index_width(t->log2_size);
    size_t mask = table_size(t) - 1, slot = (size_t)e->hash & mask;
    for (size_t step = 0; slot_get(table_index(t), width, slot) != entry + SLOT_FIRST; step++)
        slot = next_slot(vm, e->hash, mask, slot, step);
    if (has_cells(d))
        heap_set(vm, value_obj(e->value), &as_cell(e->value)->value, VALUE_EMPTY);
    slot_put(t, slot, SLOT_DELETED);
    *e = (DictEntry){ VALUE_EMPTY, VALUE_EMPTY, 0 };
    d->version++;
    if (--d->used == 0)
        reset(d);
}

/* Store into an entry that is there. */
static bool assign(Vm *vm, Dict *d, uint32_t at, Value v)
{
    DictEntry *e = &d->table->entries[at];
    if (LIKELY(!has_cells(d))) {
        heap_set_item(vm, d->table, &e->value, v);
        return true;
    }
    Cell *c = as_cell(e->value);
    if (value_is_empty(c->value))
        note_new_global(vm, d, e->key);
    heap_set(vm, c, &c->value, v);
    return true;
}

/* ---- lookup ---- */
int dict_find_hash(Vm *vm, Dict *d, Value key, int64_t hash, Value *out)
{
    uint32_t at;
    int r = find(vm, d, key, hash, &at);
    if (r <= 0)
        return r;
    *out = entry_value(d, &d->table->entries[at]);
    return !value_is_empty(*out);
}

/* The entry of a string or small int that is found at the first look; NULL: look properly. */
static inline DictEntry *quick(const Dict *d, Value key)
{
    int64_t hash;
    if (LIKELY(is_plain_str(key))) {
        hash = as_str(key)->hash;
        if (UNLIKELY(!hash))
            return NULL;
    } else if (value_is_int48(key)) {
        hash = int48_hash(key);
    } else {
        return NULL;
    }
    DictTable *t = d->table;
    if (UNLIKELY(!t || has_cells(d)))
        return NULL;
    uint32_t s = slot_get(table_index(t), index_width(t->log2_size), (size_t)hash & (table_size(t) - 1));
    if (s < SLOT_FIRST)
        return NULL;
    DictEntry *e = &t->entries[s - SLOT_FIRST];
    if (LIKELY(value_same(e->key, key)) || (e->hash == hash && is_plain_str(key) && is_plain_str(e->key) &&
                                            str_equal(as_str(e->key), as_str(key))))
        return e;
    return NULL;
}

int dict_find(Vm *vm, Dict *d, Value key, Value *out)
{
    int64_t hash;
    const DictEntry *e = quick(d, key);
    if (LIKELY(e != NULL)) {
        *out = e->value;
        return 1;
    }
    if (!dict_key_hash(vm, key, &hash))
        return -1;
    return dict_find_hash(vm, d, key, hash, out);
}

Value dict_get_str(Vm *vm, Dict *d, Str *key)
{
    DictEntry *e = find_str(vm, d, key);
    return e ? entry_value(d, e) : VALUE_EMPTY;
}

Value dict_get_interned(const Dict *d, const Str *key)
{
    DictTable *t = d->table;
    if (UNLIKELY(!t || !key->hash))
        return VALUE_EMPTY;
    const void *index = table_index(t);
    unsigned width = index_width(t->log2_size);
    uint32_t s = slot_get(index, width, (size_t)key->hash & (table_size(t) - 1));
    if (s < SLOT_FIRST || t->entries[s - SLOT_FIRST].key.bits != (uint64_t)(uintptr_t)key)
        return VALUE_EMPTY;
    return entry_value(d, &t->entries[s - SLOT_FIRST]);
}

Value dict_get_cstr(Vm *vm, Dict *d, const char *key)
{
    Str *s = str_intern(vm, key, strlen(key));
    if (s)
        return dict_get_str(vm, d, s);
    exc_discard(vm);    /* no memory for the key: it cannot be there, or else it would be interned */
    return VALUE_EMPTY;
}

/* ---- changing ---- */
bool dict_set_hash(Vm *vm, Dict *d, Value key, int64_t hash, Value v)
{
    uint32_t at;
    int r = find(vm, d, key, hash, &at);
    if (r < 0)
        return false;
    return r ? assign(vm, d, at, v) : insert(vm, d, key, hash, v);
}

/* A string or small int that is found at the first look, or a new one whose place is free. */
static inline bool set_quick(Vm *vm, Dict *d, Value key, int64_t hash, Value v)
{
    DictTable *t = d->table;
    if (UNLIKELY(!t || has_cells(d)))
        return false;
    size_t i = (size_t)hash & (table_size(t) - 1);
    uint32_t s = slot_get(table_index(t), index_width(t->log2_size), i);
    if (s == SLOT_EMPTY && LIKELY(dict_has_room(d))) {
        t->entries[d->filled] = (DictEntry){ key, v, hash };
        slot_put(t, i, d->filled + SLOT_FIRST);
        heap_touch_at(vm, t, &t->entries[d->filled].key, 2);
        d->filled++;
        d->indexed++;
        d->used++;
        d->version++;
        return true;
    }
    if (s < SLOT_FIRST)
        return false;
    DictEntry *e = &t->entries[s - SLOT_FIRST];
    if (!value_same(e->key, key) && !(e->hash == hash && is_plain_str(key) && is_plain_str(e->key) &&
                                      str_equal(as_str(e->key), as_str(key))))
        return false;
    heap_set_item(vm, t, &e->value, v);
    return true;
}

bool dict_set(Vm *vm, Dict *d, Value key, Value v)
{
    int64_t hash;
    if (LIKELY(is_plain_str(key)))
        hash = str_hash(vm, as_str(key));
    else if (value_is_int48(key))
        hash = int48_hash(key);
    else
        return dict_key_hash(vm, key, &hash) && dict_set_hash(vm, d, key, hash, v);
    if (set_quick(vm, d, key, hash, v))
        return true;
    return dict_set_hash(vm, d, key, hash, v);
}

bool dict_set_str(Vm *vm, Dict *d, Str *key, Value v)
{
    DictEntry *e = find_str(vm, d, key);
    if (e)
        return assign(vm, d, (uint32_t)(e - d->table->entries), v);
    return insert(vm, d, value_from_obj(key), str_hash(vm, key), v);
}

bool dict_set_cstr(Vm *vm, Dict *d, const char *key, Value v)
{
    Str *s = str_intern(vm, key, strlen(key));
    return s && dict_set_str(vm, d, s, v);
}

int dict_pop_hash(Vm *vm, Dict *d, Value key, int64_t hash, Value *out)
{
    uint32_t at;
    int r = find(vm, d, key, hash, &at);
    if (r <= 0)
        return r;
    *out = entry_value(d, &d->table->entries[at]);
    remove_entry(vm, d, at);
    return !value_is_empty(*out);
}

int dict_pop(Vm *vm, Dict *d, Value key, Value *out)
{
    int64_t hash;
    if (!dict_key_hash(vm, key, &hash))
        return -1;
    return dict_pop_hash(vm, d, key, hash, out);
}

int dict_delete(Vm *vm, Dict *d, Value key)
{
    Value gone;
    return dict_pop(vm, d, key, &gone);
}

/* The newest entry, taken out. False: empty. */
bool dict_pop_last(Vm *vm, Dict *d, Value *key, Value *value)
{
    while (d->filled && value_is_empty(d->table->entries[d->filled - 1].key))
        d->filled--;
    uint32_t i = d->filled;
    while (i && (value_is_empty(d->table->entries[i - 1].key) || value_is_empty(entry_value(d, &d->table->entries[i - 1]))))
        i--;
    if (!i)
        return false;
    *key = d->table->entries[i - 1].key;
    *value = entry_value(d, &d->table->entries[i - 1]);
    uint32_t skipped = dict_skipped(d) + i - 1;
    remove_entry(vm, d, i - 1);
    if (!has_cells(d) && i <= d->filled)
        d->filled = i - 1;      /* the next one added goes where this was: an iteration may be there */
    else if (!d->used && d->table)
        d->table->skipped = (uint16_t)skipped;
    return true;
}

Value dict_setdefault(Vm *vm, Dict *d, Value key, Value v)
{
    int64_t hash;
    uint32_t at;
    if (!dict_key_hash(vm, key, &hash))
        return VALUE_ERROR;
    int r = find(vm, d, key, hash, &at);
    if (r < 0)
        return VALUE_ERROR;
    if (r) {
        Value there = entry_value(d, &d->table->entries[at]);
        if (!value_is_empty(there))
            return there;
        return assign(vm, d, at, v) ? v : VALUE_ERROR;
    }
    return insert(vm, d, key, hash, v) ? v : VALUE_ERROR;
}

void dict_clear(Vm *vm, Dict *d)
{
    if (has_cells(d)) {
        for (uint32_t i = 0; i < d->filled; i++) {
            DictEntry *e = &d->table->entries[i];
            if (!value_is_empty(e->key))
                heap_set(vm, value_obj(e->value), &as_cell(e->value)->value, VALUE_EMPTY);
        }
    }
    if (d->table)
        d->version++;
    d->table = NULL;
    d->used = d->filled = d->indexed = 0;
}

/* ---- whole dicts ---- */
static uint32_t front_of(const Dict *d, const DictFront *f)
{
    uint32_t i = f->table && f->table == d->table && f->resets == d->table->h.flags ? f->first : 0;
    while (i < d->filled && value_is_empty(d->table->entries[i].key))
        i++;
    return i;
}

static void note_front(const Dict *d, DictFront *f, uint32_t first)
{
    f->table = d->table;
    f->resets = d->table ? d->table->h.flags : 0;
    f->first = first;
}

/* Entry numbers that are free in front of the first live one; makes room when there are none. */
static bool front_room(Vm *vm, Dict *d, const DictFront *f, uint32_t *first)
{
    uint32_t i = *first = front_of(d, f);
    if (i)
        return true;
    uint32_t gap = d->used + 4, log2 = LOG2_MIN;
    while (log2 <= LOG2_MAX && cap_for(log2) < (size_t)d->used * 2 + gap)
        log2++;
    DictTable *t = table_new(vm, log2), *old = d->table;
    if (!t)
        return false;
    uint32_t n = gap;
    for (i = 0; i < d->filled; i++) {
        if (value_is_empty(old->entries[i].key))
            continue;
        t->entries[n] = old->entries[i];
        index_add(vm, t, t->entries[n].hash, n);
        n++;
    }
    heap_set_ptr(vm, d, &d->table, t);
    d->indexed = n - gap;
    d->filled = n;
    *first = gap;
    return true;
}

int dict_move(Vm *vm, Dict *d, Value key, bool front, DictFront *f)
{
    int64_t hash;
    uint32_t at, first;
    Value v;
    if (!dict_key_hash(vm, key, &hash))
        return -1;
    int r = find(vm, d, key, hash, &at);
    if (r <= 0)
        return r;
    uint32_t version = d->version;
    key = d->table->entries[at].key;
    v = d->table->entries[at].value;
    if (front ? at == front_of(d, f) : at + 1 == d->filled)
        return 1;
    if (front && !front_room(vm, d, f, &first))
        return -1;
    r = find(vm, d, key, hash, &at);
    if (r <= 0)
        return r;
    remove_entry(vm, d, at);
    if (!front) {
        r = insert(vm, d, key, hash, v) ? 1 : -1;
    } else {
        DictEntry *e = &d->table->entries[first - 1];
        e->hash = hash;
        heap_set_item(vm, d->table, &e->value, v);
        heap_set_item(vm, d->table, &e->key, key);
        d->indexed += index_add(vm, d->table, hash, first - 1);
        d->used++;
        note_front(d, f, first - 1);
    }
    d->version = version + 1;
    return r;
}

bool dict_pop_first(Vm *vm, Dict *d, DictFront *f, Value *key, Value *value)
{
    uint32_t i = front_of(d, f);
    if (i >= d->filled)
        return false;
    *key = d->table->entries[i].key;
    *value = entry_value(d, &d->table->entries[i]);
    remove_entry(vm, d, i);
    note_front(d, f, d->used ? i : 0);          /* the table of an empty one has begun anew */
    return true;
}

bool dict_next(Dict *d, size_t *pos, Value *key, Value *value)
{
    size_t i = *pos;
    for (; i < d->filled; i++) {
        const DictEntry *e = &d->table->entries[i];
        if (value_is_empty(e->key))
            continue;
        *value = entry_value(d, e);
        if (value_is_empty(*value))
            continue;
        *key = e->key;
        *pos = i + 1;
        return true;
    }
    *pos = i;
    return false;
}

bool dict_prev(Dict *d, size_t *pos, Value *key, Value *value)
{
    size_t i = *pos < d->filled ? *pos : d->filled;
    while (i-- > 0) {
        const DictEntry *e = &d->table->entries[i];
        if (value_is_empty(e->key))
            continue;
        *value = entry_value(d, e);
        if (value_is_empty(*value))
            continue;
        *key = e->key;
        *pos = i;
        return true;
    }
    *pos = 0;
    return false;
}

bool dict_next_hash(Dict *d, size_t *pos, Value *key, Value *value, int64_t *hash)
{
    if (!dict_next(d, pos, key, value))
        return false;
    *hash = d->table->entries[*pos - 1].hash;
    return true;
}

size_t dict_count_bound(const Dict *d)
{
    size_t n = 0;
    for (uint32_t i = 0; i < d->filled; i++)
        n += !value_is_empty(d->table->entries[i].key) && !value_is_empty(entry_value(d, &d->table->entries[i]));
    return n;
}

/* The same entries in a table of the same size, without a look at any key. */
static DictTable *table_copy(Vm *vm, const DictTable *from)
{
    size_t bytes = sizeof(DictTable) + from->cap * sizeof(DictEntry)
                   + table_size(from) * index_width(from->log2_size);
    DictTable *t = heap_alloc(vm, bytes, KIND_DICT_TABLE, 0, 0);
    if (t)
        memcpy((char *)t + sizeof(Obj), (const char *)from + sizeof(Obj), bytes - sizeof(Obj));
    return t;
}

static bool copy_into(Vm *vm, Dict *to, Dict *from)
{
    if (from->used == 0)
        return true;
    if (!has_cells(from) && from->filled == from->used) {
        DictTable *t = table_copy(vm, from->table);
        if (!t)
            return false;
        heap_set_ptr(vm, to, &to->table, t);
        to->used = from->used;
        to->filled = from->filled;
        to->indexed = from->indexed;
        to->version++;
        return true;
    }
    if (!dict_resize(vm, to, from->used))
        return false;
    size_t pos = 0;
    Value key, value;
    int64_t hash;
    while (dict_next_hash(from, &pos, &key, &value, &hash))
        if (!insert(vm, to, key, hash, value))
            return false;
    return true;
}

Dict *dict_copy(Vm *vm, Dict *d)
{
    Dict *c = dict_new(vm);
    return c && copy_into(vm, c, d) ? c : NULL;
}

/* A subclass that iterates in its own way is a mapping like any other. */
static bool iterates_plainly(Vm *vm, Value v)
{
    if (!is_dict(v))
        return false;
    if (value_obj(v)->shape == SHAPE_DICT_ID)
        return true;
    return value_same(type_special(type_of(vm, v), SPECIAL_ITER), type_special(vm->types.dict, SPECIAL_ITER));
}

static bool merge_one(Vm *vm, Dict *d, Value key, int64_t hash, Value v, bool override)
{
    if (override)
        return dict_set_hash(vm, d, key, hash, v);
    uint32_t at;
    int r = find(vm, d, key, hash, &at);
    return r < 0 ? false : r || insert(vm, d, key, hash, v);
}

static bool merge_dict(Vm *vm, Dict *d, Dict *from, bool override)
{
    if (from == d || from->used == 0)
        return true;
    if (d->used == 0 && !has_cells(d))
        return copy_into(vm, d, from);
    if (d->used + from->used > d->used * 2u && !dict_reserve(vm, d, from->used))
        return false;
    uint32_t used = from->used;
    size_t pos = 0;
    Value key, value;
    int64_t hash;
    while (dict_next_hash(from, &pos, &key, &value, &hash)) {
        if (!merge_one(vm, d, key, hash, value, override))
            return false;
        if (from->used != used) {
            raise_exc(vm, EXC_RuntimeError, "dict mutated during update");
            return false;
        }
    }
    return true;
}

static bool merge_mapping(Vm *vm, Dict *d, Value mapping, bool override)
{
    Value keys = op_call_method(vm, mapping, vm->names.keys, 0, NULL), it, key;
    if (value_is_empty(keys))
        return false;
    if (value_is_empty(it = op_iter(vm, keys))) {
        if (exc_pending_is(vm, EXC_TypeError)) {
            exc_discard(vm);
            raise_exc(vm, EXC_TypeError, "%T.keys() returned a non-iterable (type %T)", mapping, keys);
        }
        return false;
    }
    while (op_next(vm, it, &key)) {
        int64_t hash;
        if (!vm_checkpoint(vm) || !dict_key_hash(vm, key, &hash))
            return false;
        if (!override) {
            uint32_t at;
            int r = find(vm, d, key, hash, &at);
            if (r < 0)
                return false;
            if (r)
                continue;
        }
        Value v = op_getitem(vm, mapping, key);
        if (value_is_empty(v) || !dict_set_hash(vm, d, key, hash, v))
            return false;
    }
    return !vm_pending(vm);
}

bool dict_update(Vm *vm, Dict *d, Value mapping, bool override)
{
    if (iterates_plainly(vm, mapping))
        return merge_dict(vm, d, as_dict(mapping), override);
    return merge_mapping(vm, d, mapping, override);
}

/* ---- cell mode ---- */
bool dict_make_cells(Vm *vm, Dict *d)
{
    if (has_cells(d))
        return true;
    Cell **cells = mem_alloc(&vm->alloc, (d->filled + 1) * sizeof *cells);
    bool ok = cells != NULL;
    for (uint32_t i = 0; ok && i < d->filled; i++)
        ok = (cells[i] = cell_new(vm, d->table->entries[i].value)) != NULL;
    if (ok) {
        for (uint32_t i = 0; i < d->filled; i++)
            if (!value_is_empty(d->table->entries[i].key))
                heap_set(vm, d->table, &d->table->entries[i].value, value_from_obj(cells[i]));
        d->h.flags = (uint16_t)((d->h.flags & ~DICT_EPHEMERONS) | DICT_CELLS);     /* the collector knows no cells there */
        if (d->table)
            d->table->h.gc &= (uint8_t)~GC_EPHEMERONS;
    } else if (!cells) {
        raise_no_memory(vm);
    }
    mem_free(&vm->alloc, cells, (d->filled + 1) * sizeof *cells);
    return ok;
}

Cell *dict_cell(Vm *vm, Dict *d, Str *name, bool create)
{
    DictEntry *e = find_str(vm, d, name);
    if (e)
        return as_cell(e->value);
    if (!create || !insert(vm, d, value_from_obj(name), str_hash(vm, name), VALUE_EMPTY))
        return NULL;
    return as_cell(d->table->entries[d->filled - 1].value);
}
