/* SPDX-License-Identifier: MIT
 * Collections, in steps. A step marks for a while, at a checkpoint; then the script goes on, and its stores into what is
 * marked already are remembered as those into old objects always are. When nothing is left to scan, the roots are
 * scanned again, and what was remembered; if that leads to little, the collection ends there and then: that is what a
 * young one has always been, so a full one is a change of the mark's meaning, marking in steps, and the end of a young one.
 * What is made meanwhile has no mark, and is kept if the end comes to it.
 *
 * The end itself must not look at all of a heap. What it needs to know of old objects that die (those to be finalized,
 * weak references, names) is looked through in steps before; and blocks are judged in steps after it. */
#include "vm/heap.h"

#include "vm/heap/state.h"
#include "vm/shape_users.h"

#define STEP_WORK 12000u                /* values to look at in a step: some 300 us */
#define TRIES 64u                       /* after so many steps without progress the next one is the last, whatever it takes */
#define STEP_REMEMBERED 200u            /* objects written to between two steps */
#define STEP_SLOTS 2000u
#define STEP_MIN ((size_t)16384)
#define STEP_MAX ((size_t)65536)
#define SMALL_HEAP ((size_t)32 * 1024 * 1024)
#define CYCLE_GROWTH 8u                 /* a full collection is done when a heap has grown by this part of it */
#define STACK_KEEP ((size_t)32768)

size_t heap_room(const HeapState *st)
{
    if (!st->limit)
        return SIZE_MAX;
    size_t cap = st->limit - st->limit / RESERVE_PART;
    return st->used < cap ? cap - st->used : 0;
}

/* ---- when ---- */
/* When the next collection comes, and which. A full one comes when the heap may have doubled. A young one costs what it
 * looks at: so there are so many bytes for each value of that, and more while much of what is young survives. Where nearly
 * all of a heap is new and survives, there is no use in young ones at all; while it is small, it may grow fourfold then, and
 * the next one looks at what is new: what survives of that says how much lives, as a full one does. */
static void set_threshold(HeapState *st, size_t survived)
{
    const Marker *m = &st->m;
    size_t all = st->old + st->external, most = all > THRESHOLD_MIN ? all : THRESHOLD_MIN, room = heap_room(st) / 2;
    bool grows = survived > st->since / 4, builds = survived > st->since - st->since / 4 && survived > all / 2;
    if (!m->young || builds)
        st->old_max = 2 * most;
    if (survived > st->since / 2)
        st->nursery = most;
    else if (grows)
        st->nursery *= 2;
    else if (survived < st->since / 8)
        st->nursery /= 2;
    if (m->young && st->nursery < m->work * YOUNG_PER_WORK)
        st->nursery = m->work * YOUNG_PER_WORK;
    st->nursery = st->nursery < THRESHOLD_MIN ? THRESHOLD_MIN : st->nursery < most ? st->nursery : most;
    size_t t = st->nursery;
    st->want_full = all + t / 2 > st->old_max || (grows && t == most);
    if (st->want_full && all < st->old_max)
        t = st->old_max - all > t ? st->old_max - all : t;
    if (builds && all < SMALL_HEAP) {
        st->old_max = 4 * most;
        st->want_full = false;
        t = 3 * most;
    }
    if (t > room) {
        t = room > BLOCK_SIZE ? room : BLOCK_SIZE;
        st->want_full = true;
    }
    st->threshold = t;
}

/* So that a full one ends before the heap has grown much. */
static void set_step(HeapState *st)
{
    size_t all = st->old + st->external, growth = st->m.young ? st->nursery / 4 : all / CYCLE_GROWTH;
    size_t work = st->m.young ? 16 * STEP_WORK : st->full_work > all / 32 ? st->full_work : all / 32;
    size_t step = growth / (work / STEP_WORK + 8);
    st->step = step < STEP_MIN ? STEP_MIN : step < STEP_MAX ? step : STEP_MAX;
}

/* ---- the parts of a collection ---- */
static void cycle_begin(Vm *vm, HeapState *st, bool young)
{
    st->phase = CYCLE_MARK;
    st->tries = 0;
    st->rest = SIZE_MAX;
    st->m.work = 0;
    st->m.young = young;
    if (!young) {
        st->nremembered = st->nslots = 0;
        st->prev = vm->heap.live;
        vm->heap.live = (uint8_t)(vm->heap.live % 3 + 1);
        st->side ^= 1;
        st->look = LOOK_ROOTS;
        st->look_at = 0;
        for (size_t cls = 0; cls < HEAP_CLASSES; cls++)
            st->classes[cls][1].next = NULL;
    }
    st->m.live = vm->heap.live;
    st->m.side = st->side;
    set_step(st);
}

static bool look_through(Marker *m)
{
    static bool (*const looks[])(Marker *m) = { NULL, str_interned_look, weak_look, finalize_look };
    HeapState *st = m->st;
    while (st->look < LOOK_DONE) {
        if (!looks[st->look](m))
            return false;
        st->look++;
        st->look_at = 0;
    }
    return true;
}

/* What scripts do between two steps is more than one deals with, near the end: so they may do less. */
static void not_yet(HeapState *st)
{
    size_t rest = st->nremembered + st->nslots + st->m.len;
    st->tries += rest >= st->rest;
    st->rest = rest;
    st->step = st->step / 2 > STEP_MIN ? st->step / 2 : STEP_MIN;
}

static bool mark_rest(Marker *m)
{
    bool was_empty = false;
    while (mark_drain(m)) {
        was_empty = true;
        if (!mark_remembered(m))
            break;
        if (!m->len)
            return true;
    }
    if (was_empty)
        not_yet(m->st);
    return false;
}

/* True: all that lives is marked. */
static bool cycle_mark(Marker *m)
{
    HeapState *st = m->st;
    if (st->tries >= TRIES)
        m->until = SIZE_MAX;
    size_t enough = m->until == SIZE_MAX ? SIZE_MAX : m->until - (m->until - m->work) / 3;
    mark_slots(m);
    if (st->look == LOOK_ROOTS) {
        st->look++;
        mark_roots(m);
    }
    if (!mark_rest(m))
        return false;
    if (st->look < LOOK_DONE && (!look_through(m) || !mark_rest(m)))
        return false;
    if (m->work > enough) {       /* what follows begins with a step of its own */
        not_yet(st);
        return false;
    }
    mark_roots(m);
    return mark_rest(m) && mark_drain_all(m);
}

static void clean_subclasses(Vm *vm, bool young)
{
    HeapState *st = vm->heap.state;
    bool same = st->shapes_seen == vm->shape_count;
    st->shapes_seen = vm->shape_count;
    if (young && same)
        return;             /* no type and no shape is young */
    for (uint32_t id = 1; id < vm->shape_count; id++) {
        Shape *s = vm->shapes[id];
        if (!s)
            continue;
        if (!heap_is_alive(vm, s)) {
            vm->shapes[id] = NULL;
            continue;
        }
        Type *t = s->type;
        if (!t || t->root_shape != s || s->id != id || !t->subclasses)
            continue;
        uint32_t n = 0;
        for (uint32_t i = 0; i < t->nsubclasses; i++) {
            Value v = t->subclasses->items[i];
            if (!value_is_empty(v) && value_is_obj(v) && heap_is_alive(vm, value_obj(v)))
                t->subclasses->items[n++] = v;
        }
        for (uint32_t i = n; i < t->nsubclasses; i++)
            t->subclasses->items[i] = VALUE_EMPTY;
        t->nsubclasses = n;
    }
}

/* What the collection needed room for, if that was much. */
static void give_back(HeapState *st)
{
    if (st->candidates_cap > STACK_KEEP) {
        mem_free(&st->host, st->candidates, st->candidates_cap * sizeof *st->candidates);
        st->candidates = NULL;
        st->candidates_cap = 0;
    }
    if (st->m.cap > STACK_KEEP) {
        MarkItem *p = mem_resize(&st->host, st->m.stack, st->m.cap * sizeof *p, STACK_KEEP * sizeof *p);
        if (p) {
            st->m.stack = p;
            st->m.cap = STACK_KEEP;
        }
    }
}

static void cycle_over(HeapState *st, size_t since)
{
    st->phase = CYCLE_IDLE;
    if (!st->m.young)
        st->full_work = st->m.work;
    set_threshold(st, st->old > st->survived_from ? st->old - st->survived_from : 0);
    arenas_trim(st, st->m.young ? st->old_max : st->threshold);
    st->since = since;
    st->urgent = false;
    if (heap_room(st) > st->limit / RESERVE_PART)
        st->in_reserve = false;
}

/* All is marked: what is dead leaves. */
static void cycle_end(Vm *vm, HeapState *st)
{
    Marker *m = &st->m;
    size_t work = m->work;
    m->until = SIZE_MAX;
    memset(vm->heap.free, 0, sizeof vm->heap.free);
    memset(vm->lookup_cache, 0, sizeof vm->lookup_cache);
    memset(vm->attr_cache, 0, sizeof vm->attr_cache);
    finalize_dead(m);
    m->work = m->young ? m->work : work;
#ifndef NDEBUG
    mark_verify(vm, st);
#endif
    weak_sweep(vm, st);
    clean_subclasses(vm, m->young);
    shape_users_sweep(vm, m->young);
    str_interned_sweep(vm);
    for (size_t i = 0; i < st->nweaks; i++)
        st->weaks[i].fn(vm, st->weaks[i].ud);
    st->prev = NO_MARK;
    st->survived_from = st->old;
    st->collections++;
    give_back(st);
    if (m->young) {
        st->old += sweep_young(vm, st);
        cycle_over(st, 0);
    } else {
        sweep_begin(vm, st);
        st->phase = CYCLE_JUDGE;
        st->since_end = st->since;
    }
}

/* ---- steps ---- */
static void cycle_step(Vm *vm, HeapState *st, size_t budget)
{
    Marker *m = &st->m;
    m->until = budget == SIZE_MAX ? SIZE_MAX : m->work + budget;
    size_t end = m->until;
    if (st->phase == CYCLE_MARK && cycle_mark(m)) {
        cycle_end(vm, st);
        budget = end == SIZE_MAX ? SIZE_MAX : m->work < end ? end - m->work : 0;
    }
    if (st->phase == CYCLE_JUDGE && budget && sweep_more(vm, st, budget == SIZE_MAX ? SIZE_MAX : budget / 8)) {
        st->old = st->found;
        cycle_over(st, st->since - st->since_end);
    }
    if (st->phase != CYCLE_IDLE)
        st->threshold = st->since + st->step;
    st->remembered_ask = st->phase == CYCLE_MARK ? st->nremembered + STEP_REMEMBERED : 0;
    st->slots_ask = st->phase == CYCLE_MARK ? st->nslots + STEP_SLOTS : SIZE_MAX;
}

/* Where memory is short, a collection must not wait for more of it to be taken. */
static bool is_urgent(const HeapState *st)
{
    size_t room = heap_room(st), wanted = (st->old + st->external) / 2;
    return st->urgent || room < (wanted > THRESHOLD_MIN ? wanted : THRESHOLD_MIN);
}

void heap_step(Vm *vm, size_t work)
{
    HeapState *st = vm->heap.state;
    bool urgent = is_urgent(st);
    if (st->phase == CYCLE_IDLE)
        cycle_begin(vm, st, !st->want_full);
    else if (urgent)
        cycle_step(vm, st, SIZE_MAX);       /* and then all that was made meanwhile */
    if (urgent && st->phase == CYCLE_IDLE)
        cycle_begin(vm, st, false);
    cycle_step(vm, st, urgent ? SIZE_MAX : work ? work : STEP_WORK);
}

void heap_collect(Vm *vm, bool full)
{
    HeapState *st = vm->heap.state;
    if (st->phase != CYCLE_IDLE)
        cycle_step(vm, st, SIZE_MAX);
    cycle_begin(vm, st, !full && !st->want_full);
    cycle_step(vm, st, SIZE_MAX);
    if (st->completing && !st->finalizing)      /* not one that a finalizer's own checkpoint started */
        st->completing = st->finalize_len > st->finalize_at ? st->completing - 1 : 0;
}

#define STRESS_WHOLE 3u         /* under stress one collection in so many is not in steps */
#define STRESS_WORK 2048u       /* and steps are no longer than that */

void heap_stress(Vm *vm)
{
    HeapState *st = vm->heap.state;
    uint32_t dice = ++vm->gc_stress_rounds * 2654435761u >> 16;
    if (st->phase == CYCLE_IDLE && dice % STRESS_WHOLE == 0) {
        heap_collect(vm, dice % 2 == 0);
    } else {
        st->want_full |= st->phase == CYCLE_IDLE && dice % 2 == 0;
        heap_step(vm, 1 + dice % STRESS_WORK);
    }
}

/* ---- gc.collect() ---- */
/* An object whose __del__ makes another like it must not go on for ever. */
#define COMPLETE_ROUNDS 16

void heap_collect_completely(Vm *vm)
{
    vm->heap.state->completing = COMPLETE_ROUNDS;
    vm_attend(vm, ATTENTION_GC);
}

bool heap_is_completing(const Vm *vm)
{
    return vm->heap.state->completing && !vm->heap.state->finalizing;
}
