/* SPDX-License-Identifier: MIT
 * Timers of a loop: a 4-ary heap of (time, order of adding). An object knows whether it is in the heap, not where: to
 * move an entry touches nothing but the heap. What is cancelled leaves a dead entry behind, which goes when it comes
 * to the top, when half of them are dead, or when the collector looks. */
#include "runtime/loop.h"

#define DEAD_MIN 64u            /* so many dead ones do not matter */

static inline bool earlier(const Timer *a, const Timer *b)
{
    return a->when < b->when || (a->when == b->when && a->seq < b->seq);
}

static inline bool is_timed(Value what)
{
    return value_obj(what)->flags & OBJ_TIMED;
}

static inline void not_timed(Value what)
{
    value_obj(what)->flags &= (uint16_t)~OBJ_TIMED;
}

/* From the hole at i, no further than to top. */
static void sift_up(Loop *l, uint32_t top, uint32_t i, Timer t)
{
    while (i > top) {
        uint32_t up = (i - 1) / 4;
        if (!earlier(&t, &l->timers[up]))
            break;
        l->timers[i] = l->timers[up];
        i = up;
    }
    l->timers[i] = t;
}

/* The hole at i goes down to a leaf, then t up from there: it came from the end, so it mostly belongs there. */
static void sift_down(Loop *l, uint32_t i, Timer t)
{
    Timer *heap = l->timers;
    uint32_t n = l->timer_count, top = i;
    for (;;) {
        uint32_t first = 4 * i + 1, best = first;
        if (first >= n)
            break;
        if (LIKELY(first + 4 <= n)) {
            uint32_t a = first + earlier(&heap[first + 1], &heap[first]);
            uint32_t b = first + 2 + earlier(&heap[first + 3], &heap[first + 2]);
            best = earlier(&heap[b], &heap[a]) ? b : a;
        } else {
            for (uint32_t k = first + 1; k < n; k++)
                if (earlier(&heap[k], &heap[best]))
                    best = k;
        }
        heap[i] = heap[best];
        i = best;
    }
    sift_up(l, top, i, t);
}

bool loop_add_timer(Vm *vm, Loop *l, double when, Value what)
{
    if (l->timer_count == l->timer_cap) {
        uint32_t cap = l->timer_cap ? l->timer_cap * 2 : 16;
        Timer *p = mem_resize(&vm->alloc, l->timers, l->timer_cap * sizeof *p, cap * sizeof *p);
        if (!p) {
            raise_no_memory(vm);
            return false;
        }
        l->timers = p;
        l->timer_cap = cap;
    }
    Timer t = { when, l->timer_seq++, what };
    value_obj(what)->flags |= OBJ_TIMED;
    heap_touch(vm, l);
    sift_up(l, 0, l->timer_count++, t);
    return true;
}

void loop_drop_dead_timers(Loop *l)
{
    uint32_t n = 0;
    if (!l->timers_dead)
        return;
    for (uint32_t i = 0; i < l->timer_count; i++)
        if (is_timed(l->timers[i].what))
            l->timers[n++] = l->timers[i];
    l->timer_count = n;
    l->timers_dead = 0;
    for (uint32_t i = n > 1 ? (n - 2) / 4 + 1 : 0; i-- > 0;) {
        Timer t = l->timers[i];
        sift_down(l, i, t);
    }
}

void loop_remove_timer(Loop *l, Value what)
{
    if (!is_timed(what))
        return;
    not_timed(what);
    l->timers_dead++;
    if (UNLIKELY(l->timers_dead > DEAD_MIN && l->timers_dead > l->timer_count / 2))
        loop_drop_dead_timers(l);
}

static void remove_first(Loop *l)
{
    Timer last = l->timers[--l->timer_count];
    if (l->timer_count)
        sift_down(l, 0, last);
}

const Timer *loop_first_timer(Loop *l)
{
    while (l->timer_count) {
        if (LIKELY(!l->timers_dead) || is_timed(l->timers[0].what))
            return &l->timers[0];
        l->timers_dead--;
        remove_first(l);
    }
    return NULL;
}

Value loop_pop_timer(Loop *l, double due)
{
    const Timer *t = loop_first_timer(l);
    if (!t || t->when >= due)
        return VALUE_EMPTY;
    Value what = t->what;
    not_timed(what);
    remove_first(l);
    return what;
}

void loop_forget_timers(Loop *l)
{
    for (uint32_t i = 0; i < l->timer_count; i++)
        not_timed(l->timers[i].what);
    l->timer_count = l->timers_dead = 0;
}
