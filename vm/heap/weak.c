/* SPDX-License-Identifier: MIT
 * Weak references by target, and ephemerons. Nothing here is traced: after marking, references to the dead are
 * emptied, and dead references leave the table.
 *
 * A full collection looks through the table in steps before marking ends: what seems to go then, and what is younger, is
 * all that can be dead at its end.
 *
 * Ephemerons take time linear in their number: entries whose key's target is not marked yet are filed by target,
 * and mark_children() asks for them when it comes to such a target. */
#include "vm/weak.h"

#include "vm/error.h"
#include "vm/heap/state.h"
#include "vm/ops.h"

#define LOG2_FIRST 6u

/* ---- the table: buckets of references, chained by WeakRef.next ---- */
static size_t hash_address(const void *p, uint32_t log2)
{
    return (size_t)(((uint64_t)(uintptr_t)p >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> (64 - log2));
}

static WeakRef **bucket_of(const HeapState *st, const Obj *target)
{
    return &st->weak.buckets[hash_address(target, st->weak.log2)];
}

/* Twice the buckets. The order within a chain says which reference is older, so it is kept. */
static void table_grow(HeapState *st)
{
    WeakTable *t = &st->weak;
    size_t n = (size_t)1 << t->log2;
    WeakRef **all = mem_alloc(&st->host, 2 * n * sizeof *all);
    if (!all)
        return;         /* longer chains, then */
    memset(all, 0, 2 * n * sizeof *all);
    for (size_t i = 0; i < n; i++) {
        WeakRef **ends[2] = { &all[2 * i], &all[2 * i + 1] };
        for (WeakRef *r = t->buckets[i], *next; r; r = next) {
            next = r->next;
            r->next = NULL;
            size_t half = hash_address(r->target, t->log2 + 1) & 1;
            *ends[half] = r;
            ends[half] = &r->next;
        }
    }
    mem_free(&st->host, t->buckets, n * sizeof *all);
    t->buckets = all;
    t->log2++;
    if (st->phase == CYCLE_MARK && st->look == LOOK_REFS)
        st->look_at *= 2;
}

bool weak_has_callback(const HeapState *st)
{
    for (size_t i = 0; st->weak.count && i < (size_t)1 << st->weak.log2; i++)
        for (const WeakRef *r = st->weak.buckets[i]; r; r = r->next)
            if (!value_is_empty(r->callback))
                return true;
    return false;
}

static bool table_ready(Vm *vm, HeapState *st)
{
    WeakTable *t = &st->weak;
    if (!t->buckets) {
        size_t bytes = sizeof *t->buckets << LOG2_FIRST;
        t->buckets = mem_alloc(&st->host, bytes);
        if (!t->buckets) {
            raise_no_memory(vm);
            return false;
        }
        memset(t->buckets, 0, bytes);
        t->log2 = LOG2_FIRST;
    }
    if (t->count >> t->log2)
        table_grow(st);
    return true;
}

WeakRef *weak_first(const Vm *vm, const Obj *target)
{
    if (!(target->flags & OBJ_HAS_WEAKREFS))
        return NULL;
    WeakRef *r = *bucket_of(vm->heap.state, target);
    while (r && r->target != target)
        r = r->next;
    return r;
}

WeakRef *weak_next(const WeakRef *r)
{
    const Obj *target = r->target;
    WeakRef *next = r->next;
    while (next && next->target != target)
        next = next->next;
    return next;
}

/* Those that may be shared come first, so that they are found at once. */
static bool is_shared(const WeakRef *r)
{
    return r->h.flags & WEAK_SHARED;
}

/* An old reference has an old target: young collections look at those that are young. */
static void note(HeapState *st, WeakRef *r)
{
    WeakTable *t = &st->weak;
    if (array_reserve(&st->host, (void **)&t->young, &t->young_cap, t->nyoung + 1, sizeof *t->young))
        t->young[t->nyoung++] = r;
    else
        t->lost = true;
}

WeakRef *weak_new(Vm *vm, Type *type, Obj *target, Value callback, bool share)
{
    HeapState *st = vm->heap.state;
    WeakRef *at = weak_first(vm, target), *last = NULL;
    for (; at && is_shared(at); at = weak_next(at)) {
        if (share && type_of(vm, value_from_obj(at)) == type)
            return at;
        last = at;
    }
    WeakRef *r = table_ready(vm, st) ? (WeakRef *)object_alloc(vm, type) : NULL;
    if (!r)
        return NULL;
    r->target = target;
    r->callback = callback;
    r->hash = -1;
    if (share)
        r->h.flags |= WEAK_SHARED;
    WeakRef **link = bucket_of(st, target);
    if (last && !share) {
        link = &last->next;
    } else if (target->flags & OBJ_HAS_WEAKREFS) {
        while (*link && (*link)->target != target)
            link = &(*link)->next;
    }
    r->next = *link;
    *link = r;
    target->flags |= OBJ_HAS_WEAKREFS;
    st->weak.count++;
    note(st, r);
    return r;
}

/* ---- after marking ---- */
static void queue_callback(Vm *vm, HeapState *st, WeakRef *r)
{
    if (value_is_empty(r->callback))
        return;
    if (array_reserve(&st->host, (void **)&st->finalize, &st->finalize_cap, st->finalize_len + 1, sizeof *st->finalize)) {
        st->finalize[st->finalize_len++] = &r->h;
        vm_attend(vm, ATTENTION_FINALIZE);
    }
}

static void sweep_chain(Vm *vm, HeapState *st, WeakRef **link)
{
    while (*link) {
        WeakRef *r = *link;
        bool dead = !heap_is_alive(vm, r->target);
        if (heap_is_alive(vm, r) && !dead) {
            link = &r->next;
            continue;
        }
        *link = r->next;
        st->weak.count--;
        r->next = NULL;
        if (dead && heap_is_alive(vm, r)) {
            r->target = NULL;
            queue_callback(vm, st, r);
        }
    }
}

/* The value goes at once; the entry goes when the key's callback runs. */
static void drop_values(Vm *vm, DictTable *t)
{
    DictEntry *e = t->entries;
    for (uint32_t i = 0; i < t->cap; i++)
        if (is_weakref(e[i].key) && !(as_weakref(e[i].key)->target && heap_is_alive(vm, as_weakref(e[i].key)->target)))
            e[i].value = VALUE_NONE;
}

bool weak_look(Marker *m)
{
    HeapState *st = m->st;
    WeakTable *t = &st->weak;
    for (; t->buckets && st->look_at < (size_t)1 << t->log2; st->look_at++) {
        if (mark_is_over(m))
            return false;
        m->work++;
        for (WeakRef *r = t->buckets[st->look_at]; r; r = r->next) {
            m->work += 4;
            if (!heap_is_alive(m->vm, r) || !heap_is_alive(m->vm, r->target))
                note(st, r);
        }
    }
    return true;
}

void weak_sweep(Vm *vm, HeapState *st)
{
    WeakTable *t = &st->weak;
    for (size_t i = 0; i < st->nephemerons; i++)
        drop_values(vm, st->ephemerons[i]);
    st->nephemerons = st->ephemerons_seen = st->nwaiting = 0;
    if (!t->lost) {
        for (size_t i = 0; i < t->nyoung; i++)
            if (t->young[i]->target)
                sweep_chain(vm, st, bucket_of(st, t->young[i]->target));
    } else if (t->count) {
        for (size_t i = 0; i < (size_t)1 << t->log2; i++)
            sweep_chain(vm, st, &t->buckets[i]);
    }
    t->nyoung = 0;
    t->lost = false;
}

void weak_free(HeapState *st)
{
    if (st->weak.buckets)
        mem_free(&st->host, st->weak.buckets, sizeof *st->weak.buckets << st->weak.log2);
    mem_free(&st->host, st->weak.young, st->weak.young_cap * sizeof *st->weak.young);
    mem_free(&st->host, st->ephemerons, st->ephemerons_cap * sizeof *st->ephemerons);
    mem_free(&st->host, st->waiting, st->waiting_cap * sizeof *st->waiting);
    mem_free(&st->host, st->waiting_heads, st->waiting_heads_cap * sizeof *st->waiting_heads);
}

/* ---- ephemerons, while marking ---- */
bool weak_note_ephemerons(Marker *m, DictTable *t)
{
    HeapState *st = m->st;
    if (marker_verifies(m))
        return true;
    if (!array_reserve(&st->host, (void **)&st->ephemerons, &st->ephemerons_cap, st->nephemerons + 1,
                       sizeof *st->ephemerons))
        return false;
    st->ephemerons[st->nephemerons++] = t;
    return true;
}

static uint32_t log2_of(size_t cap)
{
    return (uint32_t)(63 - __builtin_clzll(cap));
}

static void file_waiting(HeapState *st, uint32_t i)
{
    uint32_t *head = &st->waiting_heads[hash_address(st->waiting[i].target, log2_of(st->waiting_heads_cap))];
    st->waiting[i].next = *head;
    *head = i + 1;
}

static bool heads_grow(HeapState *st)
{
    size_t n = st->waiting_heads_cap ? st->waiting_heads_cap * 2 : 64;
    uint32_t *heads = mem_resize(&st->host, st->waiting_heads, st->waiting_heads_cap * sizeof *heads, n * sizeof *heads);
    if (!heads)
        return st->waiting_heads_cap != 0;
    st->waiting_heads = heads;
    st->waiting_heads_cap = n;
    memset(heads, 0, n * sizeof *heads);
    for (uint32_t i = 0; i < st->nwaiting; i++)
        file_waiting(st, i);
    return true;
}

/* False: no memory. */
static bool wait_for(HeapState *st, Obj *target, Value v)
{
    if (st->nwaiting >= UINT32_MAX - 1
        || !array_reserve(&st->host, (void **)&st->waiting, &st->waiting_cap, st->nwaiting + 1, sizeof *st->waiting))
        return false;
    if (!st->nwaiting && st->waiting_heads_cap)
        memset(st->waiting_heads, 0, st->waiting_heads_cap * sizeof *st->waiting_heads);
    if (st->nwaiting >= st->waiting_heads_cap && !heads_grow(st))
        return false;
    st->waiting[st->nwaiting] = (Waiting){ target, v, 0 };
    file_waiting(st, (uint32_t)st->nwaiting++);
    return true;
}

void weak_reached(Marker *m, Obj *target)
{
    HeapState *st = m->st;
    uint32_t i = st->waiting_heads[hash_address(target, log2_of(st->waiting_heads_cap))];
    for (; i; i = st->waiting[i - 1].next)
        if (st->waiting[i - 1].target == target)
            mark_value(m, st->waiting[i - 1].value);
}

static void scan_ephemerons(Marker *m, DictTable *t)
{
    for (uint32_t i = 0; i < t->cap; i++) {
        const DictEntry *e = &t->entries[i];
        mark_value(m, e->key);
        Obj *target = is_weakref(e->key) ? as_weakref(e->key)->target : NULL;
        if (is_weakref(e->key) && !target)
            continue;   /* weak_sweep() drops the value */
        bool waits = target && !heap_is_alive(m->vm, target) && value_is_obj(e->value);
        if (!waits || !wait_for(m->st, target, e->value))
            mark_value(m, e->value);
    }
}

bool weak_mark_more(Marker *m)
{
    HeapState *st = m->st;
    if (st->ephemerons_seen == st->nephemerons)
        return false;
    while (st->ephemerons_seen < st->nephemerons)
        scan_ephemerons(m, st->ephemerons[st->ephemerons_seen++]);
    return true;
}
