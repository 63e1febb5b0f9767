/* SPDX-License-Identifier: MIT
 * Timers of a loop: a 4-ary heap of (time, order of adding), indexed from the objects so that cancelling removes the
 * entry at once. */
#include "runtime/loop.h"

static bool earlier(const Timer *a, const Timer *b)
{
    return a->when < b->when || (a->when == b->when && a->seq < b->seq);
}

/* Where the object keeps its place in the heap. */
static uint32_t *place(Loop *l, Value what)
{
    Vm *vm = l->rt->vm;
    if (type_of(vm, what)->layout == &sleep_layout)
        return &((Sleep *)value_obj(what))->timer;
    return &((Handle *)value_obj(what))->timer;
}

static void put(Loop *l, uint32_t i, Timer t)
{
    l->timers[i] = t;
    *place(l, t.what) = i + 1;
}

static void sift_up(Loop *l, uint32_t i, Timer t)
{
    while (i) {
        uint32_t up = (i - 1) / 4;
        if (!earlier(&t, &l->timers[up]))
            break;
        put(l, i, l->timers[up]);
        i = up;
    }
    put(l, i, t);
}

static void sift_down(Loop *l, uint32_t i, Timer t)
{
    for (;;) {
        uint32_t first = 4 * i + 1, best = first;
        if (first >= l->timer_count)
            break;
        for (uint32_t k = first + 1; k < first + 4 && k < l->timer_count; k++)
            if (earlier(&l->timers[k], &l->timers[best]))
                best = k;
        if (!earlier(&l->timers[best], &t))
            break;
        put(l, i, l->timers[best]);
        i = best;
    }
    put(l, i, t);
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
    heap_touch(vm, l);
    sift_up(l, l->timer_count++, t);
    return true;
}

static void remove_at(Loop *l, uint32_t i)
{
    *place(l, l->timers[i].what) = 0;
    Timer last = l->timers[--l->timer_count];
    if (i == l->timer_count)
        return;
    if (i && earlier(&last, &l->timers[(i - 1) / 4]))
        sift_up(l, i, last);
    else
        sift_down(l, i, last);
}

void loop_remove_timer(Loop *l, Value what)
{
    uint32_t i = *place(l, what);
    if (i)
        remove_at(l, i - 1);
}

Value loop_pop_timer(Loop *l, double due)
{
    if (!l->timer_count || l->timers[0].when >= due)
        return VALUE_EMPTY;
    Value what = l->timers[0].what;
    remove_at(l, 0);
    return what;
}
