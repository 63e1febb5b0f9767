/* SPDX-License-Identifier: MIT
 * Timers of a loop. Delays that begin now, by a clock that runs, come in few sizes: so they are kept in lanes, queues
 * that are in order because what is added goes behind something earlier. What fits no lane, and every time that a
 * script has named, which may be the same one twice, makes a binary heap of all of them until none is left: it moves
 * its entries just as module heapq would, so that equal times come in the order in which they come in asyncio.
 *
 * An object knows whether it has a timer, not where. What is cancelled leaves a dead entry behind. */
#include "runtime/loop.h"

#include <math.h>

#define DEAD_MIN 64u            /* in lanes: so many dead ones do not matter */
#define HEAP_MIN 100u           /* in a heap: as asyncio */
#define LANE_KEEP 4096u         /* entries of an empty lane whose memory is kept */

static inline bool is_timed(Value what)
{
    return !value_is_empty(what) && value_obj(what)->flags & OBJ_TIMED;
}

static inline void not_timed(Value what)
{
    value_obj(what)->flags &= (uint16_t)~OBJ_TIMED;
}

/* ---- the heap ---- */

/* From the hole at i, no further than to top. */
static void sift_up(Timer *heap, uint32_t top, uint32_t i, Timer t)
{
    while (i > top) {
        uint32_t up = (i - 1) / 2;
        if (!(t.when < heap[up].when))
            break;
        heap[i] = heap[up];
        i = up;
    }
    heap[i] = t;
}

/* The hole at i goes down to a leaf, then t up from there. */
static void sift_down(Timer *heap, uint32_t n, uint32_t i, Timer t)
{
    uint32_t top = i;
    while (i < n / 2) {
        uint32_t child = 2 * i + 1;
        if (LIKELY(child + 1 < n))
            child += !(heap[child].when < heap[child + 1].when);
        heap[i] = heap[child];
        i = child;
    }
    sift_up(heap, top, i, t);
}

static bool heap_reserve(Vm *vm, Loop *l, uint32_t n)
{
    uint32_t cap = l->timer_cap ? l->timer_cap : 16;
    while (cap < n)
        cap *= 2;
    if (cap == l->timer_cap)
        return true;
    Timer *p = mem_resize(&vm->alloc, l->timers, l->timer_cap * sizeof *p, cap * sizeof *p);
    if (!p) {
        raise_no_memory(vm);
        return false;
    }
    l->timers = p;
    l->timer_cap = cap;
    return true;
}

static Timer heap_pop(Loop *l)
{
    Timer first = l->timers[0], last = l->timers[--l->timer_count];
    if (l->timer_count)
        sift_down(l->timers, l->timer_count, 0, last);
    else
        l->timers_mixed = false;
    return first;
}

/* Without the dead ones. */
static void heap_sweep(Loop *l)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < l->timer_count; i++)
        if (is_timed(l->timers[i].what))
            l->timers[n++] = l->timers[i];
    l->timer_count = n;
    l->timers_dead = l->timers_cancelled = 0;
    l->timers_mixed = n != 0;
    for (uint32_t i = n / 2; i-- > 0;) {
        Timer t = l->timers[i];
        sift_down(l->timers, n, i, t);
    }
}

/* ---- lanes ---- */

static inline LaneTimer *lane_at(const Lane *lane, uint32_t i)
{
    return &lane->items[(lane->head + i) & (lane->cap - 1)];
}

static bool lane_grow(Vm *vm, Lane *lane)
{
    uint32_t cap = lane->cap ? lane->cap * 2 : 16, tail = lane->cap - lane->head;
    LaneTimer *p = mem_resize(&vm->alloc, lane->items, lane->cap * sizeof *p, cap * sizeof *p);
    if (!p) {
        raise_no_memory(vm);
        return false;
    }
    if (lane->head) {           /* it goes around the end: the part before moves to the new end */
        memmove(p + cap - tail, p + lane->head, tail * sizeof *p);
        lane->head = cap - tail;
    }
    lane->items = p;
    lane->cap = cap;
    return true;
}

/* Lane k has become empty. The lanes' last times fall from one to the next. */
static void lane_remove(Loop *l, uint32_t k)
{
    Lane empty = l->lanes[k];
    uint32_t behind = --l->lane_count - k;
    memmove(&l->lanes[k], &l->lanes[k + 1], behind * sizeof *l->lanes);
    memmove(&l->lane_first[k], &l->lane_first[k + 1], behind * sizeof *l->lane_first);
    memmove(&l->lane_last[k], &l->lane_last[k + 1], behind * sizeof *l->lane_last);
    if (empty.cap > LANE_KEEP) {
        mem_free(&l->rt->vm->alloc, empty.items, empty.cap * sizeof *empty.items);
        empty = (Lane){ 0 };
    }
    empty.head = 0;
    l->lanes[l->lane_count] = empty;
}

static inline uint32_t first_lane(const Loop *l)
{
    uint32_t k = 0;
    double when = l->lane_first[0];
    for (uint32_t i = 1; i < l->lane_count; i++)
        if (l->lane_first[i] < when)
            when = l->lane_first[k = i];
    return k;
}

static inline Timer lane_pop(Loop *l, uint32_t k)
{
    Lane *lane = &l->lanes[k];
    LaneTimer t = *lane_at(lane, 0);
    lane->head = (lane->head + 1) & (lane->cap - 1);
    l->timer_count--;
    if (--lane->count) {
        l->lane_first[k] = lane_at(lane, 0)->when;
        __builtin_prefetch((const void *)(uintptr_t)lane_at(lane, 2)->what.bits);   /* behind the end: what was there */
    } else {
        lane_remove(l, k);
    }
    return (Timer){ t.when, t.what };
}

static void lanes_sweep(Loop *l)
{
    l->timer_count = l->timers_dead = l->timers_cancelled = 0;
    for (uint32_t k = l->lane_count; k-- > 0;) {
        Lane *lane = &l->lanes[k];
        uint32_t n = 0;
        for (uint32_t i = 0; i < lane->count; i++)
            if (is_timed(lane_at(lane, i)->what))
                *lane_at(lane, n++) = *lane_at(lane, i);
        lane->count = lane->fresh = n;
        l->timer_count += n;
        if (!n) {
            lane_remove(l, k);
            continue;
        }
        l->lane_first[k] = lane_at(lane, 0)->when;      /* lane_last stays: what was the last time still keeps the order */
    }
}

/* All of them into a heap, in the order in which they were added. */
static bool lanes_to_heap(Vm *vm, Loop *l)
{
    uint32_t at[LANES] = { 0 }, n = 0;
    if (!heap_reserve(vm, l, l->timer_count + 1))
        return false;
    for (uint64_t next; n < l->timer_count; n++) {
        uint32_t k = LANES;
        next = UINT64_MAX;
        for (uint32_t i = 0; i < l->lane_count; i++)
            if (at[i] < l->lanes[i].count && lane_at(&l->lanes[i], at[i])->seq < next)
                next = lane_at(&l->lanes[k = i], at[i])->seq;
        LaneTimer *t = lane_at(&l->lanes[k], at[k]++);
        sift_up(l->timers, 0, n, (Timer){ t->when, t->what });
    }
    while (l->lane_count) {
        l->lanes[l->lane_count - 1].count = 0;
        lane_remove(l, l->lane_count - 1);
    }
    l->timers_mixed = true;
    return true;
}

/* False in *added: it belongs into the heap. */
static bool lanes_add(Vm *vm, Loop *l, double when, Value what, bool *added)
{
    uint32_t k = 0;
    while (k < l->lane_count && !(l->lane_last[k] <= when))
        k++;
    *added = k < LANES && when < INFINITY;
    if (!*added)
        return true;
    Lane *lane = &l->lanes[k];
    if (k == l->lane_count)
        lane->count = lane->fresh = 0;
    if (UNLIKELY(lane->count == lane->cap) && !lane_grow(vm, lane))
        return false;
    if (k == l->lane_count)
        l->lane_first[l->lane_count++] = when;
    l->lane_last[k] = when;
    *lane_at(lane, lane->count++) = (LaneTimer){ when, what, l->timer_seq++ };
    lane->fresh++;
    return true;
}

/* ---- both ---- */

bool loop_mix_timers(Vm *vm, Loop *l)
{
    return l->timers_mixed || lanes_to_heap(vm, l);
}

bool loop_add_timer(Vm *vm, Loop *l, double when, Value what)
{
    bool added = false;
    if (LIKELY(!l->timers_mixed) && !l->rt->virtual_clock && !l->rt->config.clock_ns && !lanes_add(vm, l, when, what, &added))
        return false;
    if (UNLIKELY(!added)) {
        if (!loop_mix_timers(vm, l) || !heap_reserve(vm, l, l->timer_count + 1))
            return false;
        sift_up(l->timers, 0, l->timer_count, (Timer){ when, what });
    }
    l->timer_count++;
    value_obj(what)->flags |= OBJ_TIMED;
    heap_touch(vm, l);
    return true;
}

void loop_remove_timer(Loop *l, Value what)
{
    if (!is_timed(what))
        return;
    not_timed(what);
    l->timers_dead++;
    l->timers_cancelled++;
    if (UNLIKELY(l->timers_dead > DEAD_MIN && l->timers_dead > l->timer_count / 2) && !l->timers_mixed)
        lanes_sweep(l);
}

Timer loop_first_timer(Loop *l)
{
    while (l->timer_count) {
        uint32_t k = l->timers_mixed ? 0 : first_lane(l);
        Timer t = l->timers_mixed ? l->timers[0] : (Timer){ l->lane_first[k], lane_at(&l->lanes[k], 0)->what };
        if (LIKELY(!l->timers_dead) || is_timed(t.what))
            return t;
        l->timers_dead--;
        l->timers_cancelled -= l->timers_cancelled > 0;
        if (l->timers_mixed)
            heap_pop(l);
        else
            lane_pop(l, k);
    }
    return (Timer){ INFINITY, VALUE_EMPTY };
}

/* A turn begins. Dead ones in the heap go when asyncio lets them go; its count of them is not exact. */
void loop_tidy_timers(Loop *l)
{
    if (l->timers_mixed && l->timer_count > HEAP_MIN && l->timers_cancelled > l->timer_count / 2.0)
        heap_sweep(l);
    else
        loop_first_timer(l);
}

bool loop_timers_due(Vm *vm, Loop *l, double due)
{
    while (l->timer_count) {
        uint32_t k = l->timers_mixed ? 0 : first_lane(l);
        if ((l->timers_mixed ? l->timers[0].when : l->lane_first[k]) >= due)
            break;
        Timer t = l->timers_mixed ? heap_pop(l) : lane_pop(l, k);
        if (UNLIKELY(l->timers_dead) && !is_timed(t.what)) {
            l->timers_dead--;
            continue;
        }
        not_timed(t.what);
        if (!loop_push(vm, l, t.what, VALUE_EMPTY))
            return false;
    }
    return true;
}

/* ---- all of them ---- */

static void mark_timer(Marker *m, Value *what)
{
    if (is_timed(*what))
        mark_value(m, *what);
    else
        *what = VALUE_EMPTY;
}

void loop_timers_fresh(Loop *l)
{
    for (uint32_t k = 0; k < l->lane_count; k++)
        l->lanes[k].fresh = l->lanes[k].count;
}

uint32_t loop_mark_timers(Marker *m, Loop *l, uint32_t n)
{
    uint32_t left = 0;
    for (uint32_t i = 0; l->timers_mixed && i < l->timer_count; i++)
        mark_timer(m, &l->timers[i].what);
    for (uint32_t k = 0; k < l->lane_count; k++) {
        Lane *lane = &l->lanes[k];
        if (lane->fresh > lane->count)
            lane->fresh = lane->count;
        for (; lane->fresh && n; lane->fresh--, n--)
            mark_timer(m, &lane_at(lane, lane->count - lane->fresh)->what);
        left += lane->fresh;
    }
    return left;
}

void loop_free_timers(Vm *vm, Loop *l)
{
    mem_free(&vm->alloc, l->timers, l->timer_cap * sizeof *l->timers);
    l->timers = NULL;
    for (uint32_t k = 0; k < LANES; k++) {
        mem_free(&vm->alloc, l->lanes[k].items, l->lanes[k].cap * sizeof *l->lanes[k].items);
        l->lanes[k] = (Lane){ 0 };
    }
    l->timer_count = l->timer_cap = l->lane_count = 0;
}

void loop_forget_timers(Vm *vm, Loop *l)
{
    for (uint32_t i = 0; l->timers_mixed && i < l->timer_count; i++)
        if (is_timed(l->timers[i].what))
            not_timed(l->timers[i].what);
    for (uint32_t k = 0; k < l->lane_count; k++)
        for (uint32_t i = 0; i < l->lanes[k].count; i++)
            if (is_timed(lane_at(&l->lanes[k], i)->what))
                not_timed(lane_at(&l->lanes[k], i)->what);
    loop_free_timers(vm, l);
    l->timers_dead = l->timers_cancelled = 0;
    l->timers_mixed = false;
}
