/* SPDX-License-Identifier: MIT
 * Operations on whole sets. What is added in which order decides how the result iterates, so each goes about it
 * as CPython does: which operand is walked, when the table is resized first, when it is copied as it is. */
#include "vm/frame.h"
#include "vm/iter_fast.h"
#include "vm/objects/dict.h"
#include "vm/objects/set.h"
#include "vm/objects/set_table.h"

static inline bool is_plain_dict(Value v) { return value_is_obj(v) && value_obj(v)->shape == SHAPE_DICT_ID; }

typedef struct Each {
    int (*fn)(Vm *vm, Value item, void *ud);
    void *ud;
    bool stopped;
} Each;

static bool each_of_generator(Vm *vm, Value item, void *ud)
{
    Each *e = ud;
    int r = e->fn(vm, item, e->ud);
    e->stopped = r == 0;
    return r > 0;
}

/* Call fn for each item of an iterable that is neither a set nor a dict. fn: 1 go on, 0 stop, -1 error. */
static bool each_item(Vm *vm, Value iterable, int (*fn)(Vm *vm, Value item, void *ud), void *ud)
{
    Value it = op_iter(vm, iterable), item;
    if (value_is_empty(it))
        return false;
    if (gen_is_plain(it)) {
        Each e = { fn, ud, false };
        return gen_each(vm, as_gen(it), each_of_generator, &e) || e.stopped;
    }
    while (iter_step(vm, it, &item)) {
        int r = vm_checkpoint(vm) ? fn(vm, item, ud) : -1;
        if (r <= 0)
            return r == 0;
    }
    return !vm_pending(vm);
}

/* ---- update ---- */
static bool make_room(Vm *vm, Set *s, size_t more)
{
    return ((size_t)s->filled + more) * 5 < (s->table->size - 1) * 3 || set_resize(vm, s, (s->used + more) * 2);
}

/* An empty table takes over another's entries without comparing any. */
static void fill_empty(Vm *vm, Set *s, const Set *other)
{
    if (s->table->size == other->table->size && other->filled == other->used) {
        memcpy(s->table->entries, other->table->entries, s->table->size * sizeof(SetEntry));
    } else {
        for (size_t i = 0; i < other->table->size; i++)
            if (set_entry_used(&other->table->entries[i]))
                set_insert_clean(s->table, other->table->entries[i].key, other->table->entries[i].hash);
    }
    s->filled = s->used = other->used;
    heap_touch(vm, s->table);
}

static bool merge_set(Vm *vm, Set *s, Set *other)
{
    if (other == s || other->used == 0)
        return true;
    if (!make_room(vm, s, other->used))
        return false;
    if (s->filled == 0) {
        fill_empty(vm, s, other);
        return true;
    }
    size_t pos = 0;
    Value key;
    int64_t hash;
    while (set_next_hash(other, &pos, &key, &hash))
        if (!set_add_hash(vm, s, key, hash))
            return false;
    return true;
}

static bool merge_dict(Vm *vm, Set *s, Dict *d)
{
    if (!make_room(vm, s, dict_len(d)))
        return false;
    size_t pos = 0;
    Value key, value;
    int64_t hash;
    while (dict_next_hash(d, &pos, &key, &value, &hash))
        if (!set_add_hash(vm, s, key, hash))
            return false;
    return true;
}

static int add_item(Vm *vm, Value item, void *ud)
{
    return set_add(vm, ud, item) ? 1 : -1;
}

/* As the list's iterator would: its length is read anew each time. */
static bool merge_list(Vm *vm, Set *s, List *l)
{
    for (size_t i = 0; i < l->len; i++)
        if (!set_add(vm, s, l->buf->items[i]) || !vm_checkpoint(vm))
            return false;
    return true;
}

bool set_update(Vm *vm, Set *s, Value iterable)
{
    if (is_exact(iterable, SHAPE_LIST_ID))
        return merge_list(vm, s, as_list(iterable));
    if (is_set(iterable))
        return merge_set(vm, s, as_set(iterable));
    if (is_plain_dict(iterable))
        return merge_dict(vm, s, as_dict(iterable));
    return each_item(vm, iterable, add_item, s);
}

Set *set_copy(Vm *vm, Set *s, bool frozen)
{
    Set *c = set_new(vm, frozen);
    return c && merge_set(vm, c, s) ? c : NULL;
}

/* ---- intersection ---- */
typedef struct Both {
    Set *in, *result;
} Both;

static int keep_if_in(Vm *vm, Value item, void *ud)
{
    Both *b = ud;
    int64_t hash;
    if (!dict_key_hash(vm, item, &hash))
        return -1;
    int r = set_contains_hash(vm, b->in, item, hash);
    if (r <= 0)
        return r < 0 ? -1 : 1;
    if (!set_add_hash(vm, b->result, item, hash))
        return -1;
    return b->result->used < b->in->used;
}

Set *set_intersection(Vm *vm, Set *s, Value other)
{
    if (is_set(other) && as_set(other) == s)
        return set_copy(vm, s, set_is_frozen(s));
    Both b = { s, set_new(vm, set_is_frozen(s)) };
    if (!b.result)
        return NULL;
    if (!is_set(other))
        return each_item(vm, other, keep_if_in, &b) ? b.result : NULL;
    Set *walk = as_set(other);
    if (walk->used > s->used) {
        walk = s;
        b.in = as_set(other);
    }
    size_t pos = 0;
    Value key;
    int64_t hash;
    while (set_next_hash(walk, &pos, &key, &hash)) {
        int r = set_contains_hash(vm, b.in, key, hash);
        if (r < 0 || (r && !set_add_hash(vm, b.result, key, hash)))
            return NULL;
    }
    return b.result;
}

/* ---- difference ---- */
static int discard_item(Vm *vm, Value item, void *ud)
{
    int64_t hash;
    return dict_key_hash(vm, item, &hash) && set_discard_hash(vm, ud, item, hash) >= 0 ? 1 : -1;
}

static bool discard_all_of(Vm *vm, Set *s, Set *other)
{
    if (other->used >> 3 > s->used) {
        other = set_intersection(vm, s, value_from_obj(other));
        if (!other)
            return false;
    }
    size_t pos = 0;
    Value key;
    int64_t hash;
    while (set_next_hash(other, &pos, &key, &hash))
        if (set_discard_hash(vm, s, key, hash) < 0)
            return false;
    return true;
}

bool set_difference_update(Vm *vm, Set *s, Value other)
{
    if (is_set(other) && as_set(other) == s) {
        set_clear(vm, s);
        return true;
    }
    if (!(is_set(other) ? discard_all_of(vm, s, as_set(other)) : each_item(vm, other, discard_item, s)))
        return false;
    if ((size_t)(s->filled - s->used) <= (s->table->size - 1) / 4)
        return true;
    return set_resize_growing(vm, s);
}

static Set *copy_and_difference(Vm *vm, Set *s, Value other)
{
    Set *c = set_copy(vm, s, set_is_frozen(s));
    return c && set_difference_update(vm, c, other) ? c : NULL;
}

Set *set_difference(Vm *vm, Set *s, Value other)
{
    size_t size;
    if (is_set(other))
        size = as_set(other)->used;
    else if (is_plain_dict(other))
        size = dict_len(as_dict(other));
    else
        return copy_and_difference(vm, s, other);
    if (s->used >> 2 > size)
        return copy_and_difference(vm, s, other);
    Set *result = set_new(vm, set_is_frozen(s));
    size_t pos = 0;
    Value key, value;
    int64_t hash;
    while (result && set_next_hash(s, &pos, &key, &hash)) {
        int r = is_set(other) ? set_contains_hash(vm, as_set(other), key, hash)
                              : dict_find_hash(vm, as_dict(other), key, hash, &value);
        if (r < 0 || (!r && !set_add_hash(vm, result, key, hash)))
            return NULL;
    }
    return result;
}

/* ---- symmetric difference ---- */
static bool toggle(Vm *vm, Set *s, Value key, int64_t hash)
{
    int r = set_discard_hash(vm, s, key, hash);
    return r < 0 ? false : r || set_add_hash(vm, s, key, hash);
}

bool set_symmetric_difference_update(Vm *vm, Set *s, Value other)
{
    size_t pos = 0;
    Value key, value;
    int64_t hash;
    if (is_set(other) && as_set(other) == s) {
        set_clear(vm, s);
        return true;
    }
    if (is_plain_dict(other)) {
        while (dict_next_hash(as_dict(other), &pos, &key, &value, &hash))
            if (!toggle(vm, s, key, hash))
                return false;
        return true;
    }
    Set *o;
    if (is_set(other)) {
        o = as_set(other);
    } else {
        o = set_new(vm, false);
        if (!o || !set_update(vm, o, other))
            return false;
    }
    while (set_next_hash(o, &pos, &key, &hash))
        if (!toggle(vm, s, key, hash))
            return false;
    return true;
}

/* ---- tests ---- */
static int stop_if_in(Vm *vm, Value item, void *ud)
{
    Both *b = ud;
    int64_t hash;
    if (!dict_key_hash(vm, item, &hash))
        return -1;
    int r = set_contains_hash(vm, b->in, item, hash);
    if (r > 0)
        b->result = b->in;
    return r < 0 ? -1 : !r;
}

int set_is_disjoint(Vm *vm, Set *s, Value other)
{
    if (!is_set(other) || value_obj(other)->flags & OBJ_SUBCLASS) {
        Both b = { s, NULL };
        return each_item(vm, other, stop_if_in, &b) ? b.result == NULL : -1;
    }
    Set *in = s, *walk = as_set(other);
    if (walk == s)
        return s->used == 0;
    if (walk->used > s->used) {
        walk = s;
        in = as_set(other);
    }
    size_t pos = 0;
    Value key;
    int64_t hash;
    while (set_next_hash(walk, &pos, &key, &hash)) {
        int r = set_contains_hash(vm, in, key, hash);
        if (r)
            return r < 0 ? -1 : 0;
    }
    return 1;
}

int set_is_subset(Vm *vm, Set *s, Value other)
{
    if (!is_set(other)) {
        Set *both = set_intersection(vm, s, other);
        return both ? both->used == s->used : -1;
    }
    if (s->used > as_set(other)->used)
        return 0;
    size_t pos = 0;
    Value key;
    int64_t hash;
    while (set_next_hash(s, &pos, &key, &hash)) {
        int r = set_contains_hash(vm, as_set(other), key, hash);
        if (r <= 0)
            return r;
    }
    return 1;
}

static int stop_if_not_in(Vm *vm, Value item, void *ud)
{
    Both *b = ud;
    int r = set_contains(vm, b->in, item);
    if (r == 0)
        b->result = b->in;
    return r;
}

int set_is_superset(Vm *vm, Set *s, Value other)
{
    if (is_set(other))
        return set_is_subset(vm, as_set(other), value_from_obj(s));
    Both b = { s, NULL };
    return each_item(vm, other, stop_if_not_in, &b) ? b.result == NULL : -1;
}

void set_swap(Vm *vm, Set *a, Set *b)
{
    SetTable *t = a->table;
    uint32_t used = a->used, filled = a->filled;
    heap_set_ptr(vm, a, &a->table, b->table);
    heap_set_ptr(vm, b, &b->table, t);
    a->used = b->used;
    a->filled = b->filled;
    b->used = used;
    b->filled = filled;
    a->hash = b->hash = -1;
}
