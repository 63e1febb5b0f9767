/* SPDX-License-Identifier: MIT
 * Where the poller's events and other threads' posts enter the loop. */
#include "runtime/io_watch.h"

#include <errno.h>
#include <sched.h>

#include "runtime/workers.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

#define EVENTS_MAX 256

const char io_consumer_tag = 0;

typedef struct Side {
    Loop *loop;
    Value what;                 /* EMPTY: not watched */
} Side;

typedef struct Watch {
    Side side[2];               /* reading, writing */
    Value object, owner;
    uint32_t generation;
    uint8_t armed;              /* what the poller reports */
    bool dirty;
    uint8_t registered;         /* what a script's selector knows */
} Watch;

struct WatchTable {
    Watch *w;                   /* by descriptor */
    int cap, active;            /* active: sides that are watched, */
    int by_script;              /* of these, in selectors of a script's */
    int *dirty;                 /* descriptors whose new wishes the poller does not know */
    int dirty_count, dirty_cap;
};

/* ---- the table ---- */

static void trace(Vm *vm, Marker *m, void *ud)
{
    WatchTable *t = rt_of(vm)->watches;
    (void)ud;
    for (int i = 0; t && i < t->cap; i++) {
        for (int s = 0; s < 2; s++) {
            mark_value(m, t->w[i].side[s].what);
            mark_obj(m, t->w[i].side[s].loop);
        }
        mark_value(m, t->w[i].object);
    }
}

static void forget_dead(Vm *vm, void *ud)
{
    WatchTable *t = rt_of(vm)->watches;
    (void)ud;
    for (int i = 0; t && i < t->cap; i++)
        if (!value_is_empty(t->w[i].owner) && !heap_is_alive(vm, value_obj(t->w[i].owner)))
            t->w[i].owner = VALUE_EMPTY;
}

char *rt_io_scratch(Vm *vm)
{
    Runtime *rt = rt_of(vm);
    if (!rt->io_scratch && !(rt->io_scratch = mem_alloc(&vm->alloc, IO_SCRATCH)))
        raise_no_memory(vm);
    return rt->io_scratch;
}

bool watch_init(Runtime *rt)
{
    return heap_add_roots(rt->vm, trace, NULL) && heap_add_weak(rt->vm, forget_dead, NULL);
}

void watch_free(Runtime *rt)
{
    WatchTable *t = rt->watches;
    heap_remove_roots(rt->vm, trace, NULL);
    rt->watches = NULL;
    mem_free(&rt->vm->alloc, rt->io_scratch, rt->io_scratch ? IO_SCRATCH : 0);
    rt->io_scratch = NULL;
    if (!t)
        return;
    mem_free(&rt->vm->alloc, t->w, (size_t)t->cap * sizeof *t->w);
    mem_free(&rt->vm->alloc, t->dirty, (size_t)t->dirty_cap * sizeof *t->dirty);
    mem_free(&rt->vm->alloc, t, sizeof *t);
}

static Watch *find(const Runtime *rt, int fd)
{
    const WatchTable *t = rt->watches;
    return t && fd >= 0 && fd < t->cap ? &t->w[fd] : NULL;
}

static Watch *entry(Vm *vm, int fd)
{
    Runtime *rt = rt_of(vm);
    WatchTable *t = rt->watches;
    if (!t) {
        if (!(t = mem_alloc(&vm->alloc, sizeof *t))) {
            raise_no_memory(vm);
            return NULL;
        }
        *t = (WatchTable){ 0 };
        rt->watches = t;
    }
    if (fd >= t->cap) {
        int cap = t->cap ? t->cap : 32;
        while (cap <= fd)
            cap += cap < 1024 ? cap : cap / 8;
        Watch *w = mem_resize(&vm->alloc, t->w, (size_t)t->cap * sizeof *w, (size_t)cap * sizeof *w);
        if (!w) {
            raise_no_memory(vm);
            return NULL;
        }
        memset(w + t->cap, 0, (size_t)(cap - t->cap) * sizeof *w);
        t->w = w;
        t->cap = cap;
    }
    return &t->w[fd];
}

static unsigned wanted(const Watch *w)
{
    return (value_is_empty(w->side[0].what) ? 0 : POLL_READ) | (value_is_empty(w->side[1].what) ? 0 : POLL_WRITE);
}

/* ---- the poller ---- */

bool rt_try_poller(Runtime *rt)
{
    Poller *p = atomic_load(&rt->poller);
    if (!p)
        atomic_store(&rt->poller, p = poller_epoll(rt));
    return p;
}

bool rt_need_poller(Vm *vm)
{
    if (rt_try_poller(rt_of(vm)))
        return true;
    raise_exc(vm, EXC_OSError, "cannot make a poller");
    return false;
}

void rt_wake(Runtime *rt)
{
    atomic_fetch_add(&rt->wakers, 1);
    Poller *p = atomic_load(&rt->poller);
    if (p)
        p->wake(p);
    atomic_fetch_sub(&rt->wakers, 1);
}

static void drop_poller(Runtime *rt)
{
    WatchTable *t = rt->watches;
    workers_free(rt);
    Poller *p = atomic_exchange(&rt->poller, NULL);
    while (atomic_load(&rt->wakers))
        sched_yield();
    for (int fd = 0; t && fd < t->cap; fd++)
        t->w[fd].armed = 0;
    p->free(p);
}

/* 0, or an errno. */
static int arm(Runtime *rt, int fd, Watch *w, unsigned events)
{
    uint64_t key = (uint32_t)fd | (uint64_t)(w->generation & 0x7fffffff) << 32;
    int err = rt->poller->watch(rt->poller, fd, events | (events && !w->armed ? POLL_NEW : 0), key);
    w->armed = err ? 0 : (uint8_t)events;
    return err;
}

static bool make_dirty(Vm *vm, int fd, Watch *w)
{
    WatchTable *t = rt_of(vm)->watches;
    if (w->dirty)
        return true;
    if (t->dirty_count == t->dirty_cap) {
        int cap = t->dirty_cap ? t->dirty_cap * 2 : 16;
        int *p = mem_resize(&vm->alloc, t->dirty, (size_t)t->dirty_cap * sizeof *p, (size_t)cap * sizeof *p);
        if (!p) {
            raise_no_memory(vm);
            return false;
        }
        t->dirty = p;
        t->dirty_cap = cap;
    }
    w->dirty = true;
    t->dirty[t->dirty_count++] = fd;
    return true;
}

static bool deliver(Vm *vm, Watch *w, unsigned events);

/* ---- selectors of a script's ---- */

/* As asyncio keeps it there: the handles of both sides. */
static Value key_data(Vm *vm, const Watch *w)
{
    Value r = w->side[0].what, o = w->side[1].what;
    Tuple *t = tuple_pack(vm, 2, value_is_empty(r) ? VALUE_NONE : r, value_is_empty(o) ? VALUE_NONE : o);
    return t ? value_from_obj(t) : VALUE_ERROR;
}

/* The selector, if there is one, hears of the new wishes. */
static bool tell_selector(Vm *vm, Loop *l, int fd, bool *told)
{
    bool registers;
    Value selector = loop_script_selector(vm, l, &registers);
    *told = !value_is_empty(selector) && registers;
    if (LIKELY(!*told))
        return true;
    Watch *w = find(rt_of(vm), fd);
    unsigned want = wanted(w), had = w->registered;
    Value args[3] = { value_from_int48(fd), value_from_int48(want), want ? key_data(vm, w) : VALUE_NONE };
    const char *method = !had ? "register" : want ? "modify" : "unregister";
    Str *name = str_intern(vm, method, strlen(method));
    if (!name || value_is_empty(args[2]) || (!had && !want))
        return !had && !want;
    rt_of(vm)->watches->by_script += (int)((want & 1) + (want >> 1)) - (int)((had & 1) + (had >> 1));
    w->registered = (uint8_t)want;
    if (!value_is_empty(op_call_method(vm, selector, name, want ? 3 : 1, args)))
        return true;
    w = find(rt_of(vm), fd);
    rt_of(vm)->watches->by_script -= (int)((want & 1) + (want >> 1)) - (int)((had & 1) + (had >> 1));
    w->registered = (uint8_t)had;
    return false;
}

static bool one_event(Vm *vm, Value pair, Str *fd_name)
{
    Value it[2];
    if (!is_tuple(pair) || as_tuple(pair)->len != 2) {
        raise_exc(vm, EXC_TypeError, "an event is a pair of key and mask, not %T", pair);
        return false;
    }
    it[0] = attr_get(vm, as_tuple(pair)->items[0], fd_name);
    it[1] = as_tuple(pair)->items[1];
    if (value_is_empty(it[0]))
        return false;
    Watch *w = value_is_int48(it[0]) ? find(rt_of(vm), (int)value_int48(it[0])) : NULL;
    return !w || !value_is_int48(it[1]) || deliver(vm, w, (unsigned)value_int48(it[1]));
}

bool watch_events(Vm *vm, Value events)
{
    Str *fd = str_intern(vm, "fd", 2);
    Value list = fd ? op_list_of(vm, events) : VALUE_ERROR;
    for (size_t i = 0; !value_is_empty(list) && i < as_list(list)->len; i++)
        if (!one_event(vm, list_items(as_list(list))[i], fd))
            return false;
    return !value_is_empty(list);
}

bool rt_io_polls(const Runtime *rt)
{
    return (rt->watches && rt->watches->active > rt->watches->by_script) || workers_busy(rt);
}

bool watch_flush(Runtime *rt)
{
    WatchTable *t = rt->watches;
    bool ready = false;
    if (!t || !t->dirty_count || !rt->poller)
        return false;
    for (int i = 0; i < t->dirty_count; i++) {
        int fd = t->dirty[i];
        Watch *w = &t->w[fd];
        unsigned want = wanted(w);
        w->dirty = false;
        if (w->registered)
            continue;
        /* What cannot be watched: let the call itself say why. */
        if ((want & ~w->armed) && arm(rt, fd, w, want)) {
            ready = true;
            if (!deliver(rt->vm, w, want))
                exc_discard(rt->vm);
        }
    }
    t->dirty_count = 0;
    return ready;
}

/* ---- wishes ---- */

bool watch_add(Vm *vm, Loop *l, int fd, unsigned side, Value what, Value object, bool now, Value *old)
{
    Runtime *rt = rt_of(vm);
    Watch *w = entry(vm, fd);
    if (!w || !rt_need_poller(vm))
        return false;
    Side *s = &w->side[side == POLL_WRITE];
    Side before = *s;
    *old = before.what;
    *s = (Side){ l, what };
    rt->watches->active += value_is_empty(before.what);
    if (!value_is_empty(object))
        w->object = object;
    bool told, ok = tell_selector(vm, l, fd, &told);
    if (UNLIKELY(told)) {
        w = find(rt, fd);       /* script has run */
        s = &w->side[side == POLL_WRITE];
        if (ok)
            return true;
    } else if (!now) {
        if (side & ~w->armed ? make_dirty(vm, fd, w) : true)
            return true;
    } else {
        /* Perhaps the descriptor was closed and taken anew behind our back. */
        int err = arm(rt, fd, w, wanted(w));
        rt->io_touched = true;
        if (!err)
            return true;
        raise_os(vm, err, VALUE_EMPTY);
    }
    *s = before;
    rt->watches->active -= value_is_empty(before.what);
    return false;
}

Value watch_remove(Vm *vm, Loop *l, int fd, unsigned side, bool now)
{
    Runtime *rt = rt_of(vm);
    Watch *w = find(rt, fd);
    Side *s = w ? &w->side[side == POLL_WRITE] : NULL;
    if (!s || value_is_empty(s->what) || s->loop != l)
        return VALUE_EMPTY;
    Value old = s->what;
    *s = (Side){ NULL, VALUE_EMPTY };
    rt->watches->active--;
    if (!wanted(w))
        w->object = VALUE_EMPTY;
    bool told;
    if (UNLIKELY(w->registered) && !tell_selector(vm, l, fd, &told))
        exc_discard(vm);
    w = find(rt, fd);
    if (now && w->armed)
        arm(rt, fd, w, wanted(w));
    return old;
}

Value watch_get(const Runtime *rt, const Loop *l, int fd, unsigned side)
{
    const Watch *w = find(rt, fd);
    const Side *s = w ? &w->side[side == POLL_WRITE] : NULL;
    return s && s->loop == l ? s->what : VALUE_EMPTY;
}

int watch_find(const Runtime *rt, const Loop *l, Value object)
{
    const WatchTable *t = rt->watches;
    for (int i = 0; t && i < t->cap; i++)
        if (value_same(t->w[i].object, object) && (t->w[i].side[0].loop == l || t->w[i].side[1].loop == l))
            return i;
    return -1;
}

bool watch_own(Vm *vm, int fd, Value owner)
{
    Watch *w = value_is_empty(owner) ? find(rt_of(vm), fd) : entry(vm, fd);
    if (w)
        w->owner = owner;
    return w || value_is_empty(owner);
}

Value watch_owner(const Runtime *rt, int fd)
{
    const Watch *w = find(rt, fd);
    return w ? w->owner : VALUE_EMPTY;
}

void watch_closing(Runtime *rt, int fd)
{
    Watch *w = find(rt, fd);
    if (!w)
        return;
    if (w->armed)
        arm(rt, fd, w, 0);
    w->owner = VALUE_EMPTY;
    w->generation++;
}

void watch_loop_closed(Runtime *rt, const Loop *l)
{
    WatchTable *t = rt->watches;
    for (int fd = 0; t && fd < t->cap; fd++) {
        Watch *w = &t->w[fd];
        unsigned before = wanted(w);
        for (int s = 0; s < 2; s++) {
            if (w->side[s].loop != l)
                continue;
            t->active -= !value_is_empty(w->side[s].what);
            t->by_script -= w->registered >> s & 1;
            w->registered &= (uint8_t)~(1u << s);
            w->side[s] = (Side){ NULL, VALUE_EMPTY };
        }
        if (before != wanted(w)) {
            w->object = VALUE_EMPTY;
            if (w->armed)
                arm(rt, fd, w, wanted(w));
        }
    }
    if (rt->poller && !rt->poller_lent && rt->vm->nstrands == 1 && value_is_none(rt->vm->strand->running_loop) &&
        value_is_empty(rt->ambient_loop) && !rt_io_watches(rt))
        drop_poller(rt);
}

bool rt_io_watches(const Runtime *rt)
{
    return (rt->watches && rt->watches->active > 0) || workers_busy(rt);
}

/* ---- events ---- */

static inline bool push(Vm *vm, const Side *s, unsigned event)
{
    Loop *l = s->loop;
    if (value_is_empty(s->what) || l->closed)
        return true;
    if (LIKELY(is_io_consumer(vm, s->what))) {
        IoConsumer *c = (IoConsumer *)value_obj(s->what);
        if (c->queued & event)
            return true;
        c->queued |= (uint8_t)event;
        return loop_push(vm, l, s->what, value_from_int48(event));
    }
    Handle *h = (Handle *)value_obj(s->what);
    if (h->h.flags & (HANDLE_CANCELLED | HANDLE_QUEUED))
        return true;
    h->h.flags |= HANDLE_QUEUED;
    return loop_push(vm, l, s->what, VALUE_EMPTY);
}

static bool deliver(Vm *vm, Watch *w, unsigned events)
{
    if (LIKELY(events == POLL_READ))
        return push(vm, &w->side[0], POLL_READ);
    return (!(events & POLL_READ) || push(vm, &w->side[0], POLL_READ)) &&
           (!(events & POLL_WRITE) || push(vm, &w->side[1], POLL_WRITE));
}

bool rt_io_ready(Vm *vm, uint64_t key, unsigned events)
{
    Runtime *rt = rt_of(vm);
    int fd = (int)(uint32_t)key;
    Watch *w = find(rt, fd);
    if (!w || (w->generation & 0x7fffffff) != key >> 32)
        return true;
    unsigned want = wanted(w);
    if ((events & want) != events && want != w->armed)
        arm(rt, fd, w, want);           /* nobody wants it any more */
    return deliver(vm, w, events);
}

bool rt_poll(Vm *vm, int64_t timeout_ns)
{
    Runtime *rt = rt_of(vm);
    PollEvent events[EVENTS_MAX];
    if (UNLIKELY(!rt->poller) && !rt_need_poller(vm))
        return false;
    if (watch_flush(rt))
        timeout_ns = 0;
    rt->io_touched = false;
    int n = rt->poller->wait(rt->poller, timeout_ns, events, EVENTS_MAX);
    bool ok = true;
    for (int i = 0; i < n; i++)
        ok &= rt_io_ready(vm, events[i].key, events[i].events);
    return ok;
}

bool io_consumer_run(Vm *vm, Loop *l, Value what, Value code)
{
    IoConsumer *c = (IoConsumer *)value_obj(what);
    int event = (int)value_int48(code);
    c->queued &= (uint8_t)~(unsigned)event;
    return c->run(vm, l, c, event);
}

bool io_consumer_again(Vm *vm, Loop *l, IoConsumer *c, unsigned event)
{
    if (c->queued & event)
        return true;
    c->queued |= (uint8_t)event;
    return loop_push(vm, l, value_from_obj(c), value_from_int48(event));
}

bool rt_posted(Vm *vm, Loop *l)
{
    Runtime *rt = rt_of(vm);
    return workers_done(vm, l) && (!rt->posted || rt->posted(vm));
}
