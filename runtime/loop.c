/* SPDX-License-Identifier: MIT
 * The event loop: ready queue, turns, running and stopping. A turn is asyncio's _run_once: poll, move what is due to
 * the ready queue, then run what was ready when the turn began. While callbacks are ready and nothing is watched,
 * a turn makes no system call. */
#include "runtime/handle.h"

#include <math.h>
#include <time.h>

#include "runtime/clock.h"
#include "runtime/io_watch.h"
#include "runtime/report.h"
#include "runtime/workers.h"
#include "vm/sched.h"
#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

#define MAX_WAIT 86400.0        /* seconds */
#define SHORT_WAIT_NS 2000
#define IDLE_MOMENT 5000000     /* ns */
#define SELECT_MOMENT 0.002     /* seconds at a time in a script's selector, while descriptors are watched */
#define LOOK_STEPS 64           /* entries run between looks at the clock, */
#define LOOK_EVERY 250000       /* and ns between polls, while tasks are ready */

#define TRACE_PIECE 256u

static uint32_t mark_ready(Marker *m, Loop *l, uint32_t n)
{
    if (l->ready_fresh > l->ready_count)
        l->ready_fresh = l->ready_count;
    for (; l->ready_fresh && n; l->ready_fresh--, n--) {
        Ready *r = &l->ready[(l->ready_head + l->ready_count - l->ready_fresh) & (l->ready_cap - 1)];
        mark_value(m, r->what);
        mark_value(m, r->arg);
    }
    return n;
}

/* What was marked once in the queues stays so until the mark changes its meaning; and there may be a million. */
static void mark_queues(Marker *m, Loop *l)
{
    if (l->told_live != l->rt->vm->heap.live || mark_sees_all(m)) {
        l->told_live = l->rt->vm->heap.live;
        l->ready_fresh = l->ready_count;
        loop_timers_fresh(l);
    }
    uint32_t n = mark_ready(m, l, mark_sees_all(m) ? UINT32_MAX : TRACE_PIECE);
    if (!n || loop_mark_timers(m, l, n))
        mark_again(m, l);
}

static void loop_trace(Marker *m, Obj *o)
{
    Loop *l = (Loop *)o;
    if (l->rt)
        mark_queues(m, l);
    for (Task *t = l->keep_tasks ? l->first_task : NULL; t; t = t->next) {
        mark_obj(m, t);
        mark_relieve(m);
    }
    mark_value(m, l->exception_handler);
    mark_value(m, l->task_factory);
    mark_value(m, l->slow_callback_duration);
    mark_value(m, l->signal_handlers);
    mark_value(m, l->executor);
    mark_value(m, l->script);
    mark_value(m, l->selector);
    mark_value(m, l->main);
    mark_value(m, l->current_handle);
}

static void loop_finalize(Vm *vm, Obj *o)
{
    Loop *l = (Loop *)o;
    mem_free(&vm->alloc, l->ready, l->ready_cap * sizeof *l->ready);
    l->ready = NULL;
    loop_free_timers(vm, l);
}

const TypeLayout loop_layout = { .kind = KIND_EXT, .size = sizeof(Loop), .trace = loop_trace, .finalize = loop_finalize };

bool is_loop(Vm *vm, Value v)
{
    return is_kind(v, KIND_EXT) && type_of(vm, v)->layout == &loop_layout;
}

void loop_setup(Vm *vm, Loop *l)
{
    l->rt = rt_of(vm);
    l->exception_handler = l->task_factory = VALUE_NONE;
    l->slow_callback_duration = value_from_double(0.1);
    l->resolution = 1e-9;
    l->signal_handlers = l->executor = VALUE_NONE;
    l->script = l->selector = l->current_handle = VALUE_EMPTY;
}

/* ---- the ready queue ---- */

static bool ready_grow(Vm *vm, Loop *l)
{
    uint32_t cap = l->ready_cap ? l->ready_cap * 2 : 64;
    uint32_t tail = l->ready_cap - l->ready_head;
    Ready *p = mem_resize(&vm->alloc, l->ready, l->ready_cap * sizeof *p, cap * sizeof *p);
    if (!p) {
        raise_no_memory(vm);
        return false;
    }
    if (l->ready_head) {        /* it goes around the end: the part before moves to the new end */
        memmove(p + cap - tail, p + l->ready_head, tail * sizeof *p);
        l->ready_head = cap - tail;
    }
    l->ready = p;
    l->ready_cap = cap;
    return true;
}

static inline bool push(Vm *vm, Loop *l, Value what, Value arg)
{
    if (UNLIKELY(l->closed)) {
        raise_exc(vm, EXC_RuntimeError, "Event loop is closed");
        return false;
    }
    if (UNLIKELY(l->ready_count == l->ready_cap) && !ready_grow(vm, l))
        return false;
    l->ready[(l->ready_head + l->ready_count++) & (l->ready_cap - 1)] = (Ready){ what, arg };
    l->ready_fresh++;
    if (UNLIKELY(l->idle))
        strand_wake(l->idle);
    heap_touch(vm, l);
    return true;
}

bool loop_push(Vm *vm, Loop *l, Value what, Value arg)
{
    return push(vm, l, what, arg);
}

/* In debug mode every entry is a handle, which knows where it was made. */
bool loop_ready(Vm *vm, Loop *l, Value what, Value arg)
{
    if (UNLIKELY(!loop_is_plain(vm, l) || l->debug) && (l->debug || loop_overrides(vm, l, "call_soon")))
        return loop_post(vm, l, what, arg);
    return push(vm, l, what, arg);
}

bool loop_check_open(Vm *vm, Loop *l)
{
    if (!l->closed)
        return true;
    raise_exc(vm, EXC_RuntimeError, "Event loop is closed");
    return false;
}

/* ---- running one entry ---- */

static bool must_leave(Vm *vm)
{
    return exc_pending_is(vm, EXC_KeyboardInterrupt) || exc_pending_is(vm, EXC_SystemExit);
}

/* "Exception in callback f(1, 2)": the pending exception goes to the loop's exception handler. */
static bool callback_failed(Vm *vm, Loop *l, Value fn, Value args, Value handle)
{
    if (must_leave(vm))
        return false;
    Value exc = exc_take(vm);
    Str *text = callback_text(vm, fn, args, l->debug);
    text = text ? str_printf(vm, "Exception in callback %S", text) : NULL;
    ExcState handling = { exc, vm->strand->exc_state };
    vm->strand->exc_state = &handling;  /* it is the context of what the exception handler raises */
    bool ok = text && loop_report(vm, l, text, exc, "handle", handle);
    vm->strand->exc_state = handling.prev;
    return ok;
}

/* As if a handle had called it. */
bool loop_callback_failed(Vm *vm, Loop *l, Value fn, Value args)
{
    if (must_leave(vm))
        return false;
    Value exc = exc_take(vm);
    Value h = loop_handle(vm, l, fn, as_tuple(args)->items, (uint32_t)as_tuple(args)->len);
    exc_restore(vm, exc);
    return callback_failed(vm, l, fn, args, h);
}

bool loop_run_handle(Vm *vm, Loop *l, Handle *h)
{
    h->h.flags &= (uint16_t)~HANDLE_QUEUED;
    if (h->h.flags & HANDLE_CANCELLED)
        return true;
    Value outer = context_swap(vm, h->context);
    Value fn = h->fn, args = h->args, r = op_call(vm, fn, (uint32_t)as_tuple(args)->len, as_tuple(args)->items);
    heap_set(vm, h, &h->context, vm->strand->context);
    vm->strand->context = outer;
    return !value_is_empty(r) || callback_failed(vm, l, fn, args, value_from_obj(h));
}

static bool run_callback(Vm *vm, Loop *l, Callback *cb, Value future)
{
    Value outer = context_swap(vm, cb->context);
    Value r = op_call1(vm, cb->fn, future);
    heap_set(vm, cb, &cb->context, vm->strand->context);
    vm->strand->context = outer;
    if (!value_is_empty(r))
        return true;
    if (must_leave(vm))
        return false;
    Value exc = exc_take(vm);
    Value handle = loop_handle_for(vm, l, cb, future);
    exc_restore(vm, exc);
    return callback_failed(vm, l, cb->fn, value_is_empty(handle) ? VALUE_EMPTY : ((Handle *)value_obj(handle))->args, handle);
}

static inline __attribute__((always_inline)) bool run_entry(Vm *vm, Loop *l, Ready e)
{
    uint32_t shape = value_obj(e.what)->shape;
    if (LIKELY(shape == l->rt->task_shape)) {
        Task *t = (Task *)value_obj(e.what);
        bool woken = !value_is_empty(e.arg) && is_future(vm, e.arg);
        return LIKELY(woken ? task_wake(vm, t) : task_step(vm, t, e.arg)) ||
            callback_failed(vm, l, e.what, VALUE_EMPTY, VALUE_EMPTY);
    }
    if (value_is_int48(e.arg) && is_io_consumer(vm, e.what))
        return io_consumer_run(vm, l, e.what, e.arg);
    if (shape == l->rt->sleep_shape)
        return sleep_wake(vm, (Sleep *)value_obj(e.what));
    if (shape == l->rt->timer_shape || shape == l->rt->handle_shape)
        return loop_run_handle(vm, l, (Handle *)value_obj(e.what));
    if (is_future(vm, e.what)) {
        Future *f = as_future(e.what);
        if (f->is_gather)
            return gather_child_done(vm, (Gather *)f, as_future(e.arg)) ||
                callback_failed(vm, l, e.what, VALUE_EMPTY, VALUE_EMPTY);
        if (is_future(vm, e.arg) ? task_wake(vm, (Task *)f) : task_step(vm, (Task *)f, e.arg))
            return true;
        return callback_failed(vm, l, e.what, VALUE_EMPTY, VALUE_EMPTY);
    }
    if (is_callback(vm, e.what))
        return run_callback(vm, l, (Callback *)value_obj(e.what), e.arg);
    return loop_run_handle(vm, l, (Handle *)value_obj(e.what));
}

static __attribute__((noinline)) bool run_debug(Vm *vm, Loop *l, Ready e)
{
    double began, ended;
    if (!loop_now(vm, l, &began))
        return false;
    l->current_handle = e.what;
    bool ok = run_entry(vm, l, e) && loop_now(vm, l, &ended) && loop_check_slow(vm, l, e.what, ended - began);
    l->current_handle = VALUE_EMPTY;
    return ok;
}

/* ---- turns ---- */

int64_t loop_timeout_ns(Vm *vm, Loop *l)
{
    if (l->ready_count || l->stopping)
        return 0;
    if (value_is_empty(loop_first_timer(l).what))
        return -1;
    double now;
    if (!loop_now(vm, l, &now)) {
        exc_discard(vm);        /* it is asked again when the turn goes on, and raised then */
        return 0;
    }
    Timer first = loop_first_timer(l);          /* the clock may be a script's */
    double left = value_is_empty(first.what) ? 0 : first.when - now;
    if (left <= 0)
        return 0;
    return left > MAX_WAIT ? (int64_t)MAX_WAIT * 1000000000 : (int64_t)(left * 1e9) + 1;
}

/* The ambient loop, if it is to go on while l runs. */
static Loop *ambient_beside(Vm *vm, const Loop *l)
{
    Value v = rt_of(vm)->ambient_loop;
    Loop *b = value_is_empty(v) ? NULL : as_loop(v);
    return b && b != l && !b->closed && !b->running ? b : NULL;
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < 0 || (b >= 0 && b < a) ? b : a;
}

/* Other strands go on until something is ready for the loop, or its first timer is due. */
static bool block_strand(Vm *vm, Loop *l, Loop *ambient)
{
    double when = loop_first_timer(l).when, other = ambient ? loop_first_timer(ambient).when : INFINITY;
    if (ambient && ambient->ready_count)
        return vm_checkpoint(vm);
    if (other < when)
        when = other;
    l->idle = vm->strand;
    vm->strand->in_loop = true;
    bool ok = strand_wait(vm, when);
    l->idle = NULL;
    vm->strand->in_loop = false;
    return ok;
}

/* CPython closes a stream that nobody refers to any more at once, and its peer may wait for that. So: when nothing has come
 * for a moment, and a task has ended since this was last done, collect before the long wait. True: done. */
static bool collect_when_idle(Vm *vm, Loop *l, int64_t timeout, bool *ok)
{
    Runtime *rt = l->rt;
    int64_t began = clock_read(CLOCK_MONOTONIC);
    int64_t moment = rt->idle_next - began > IDLE_MOMENT ? rt->idle_next - began : IDLE_MOMENT;
    if (timeout >= 0 && timeout <= moment)
        return false;
    *ok = rt_poll(vm, moment);
    if (!*ok || l->ready_count || (atomic_load(&vm->attention) & ATTENTION_SIGNAL))
        return true;
    rt->idle_look = false;
    began = clock_read(CLOCK_MONOTONIC);
    heap_tidy_stack();
    vm_collect(vm);
    heap_run_finalizers(vm);
    int64_t ended = clock_read(CLOCK_MONOTONIC);
    rt->idle_next = ended + (ended - began) * 20;
    return true;
}

static bool block(Vm *vm, Loop *l, int64_t timeout)
{
    Runtime *rt = l->rt;
    if (rt->virtual_clock && timeout > 0) {
        if (rt_io_watches(rt)) {        /* what is there comes before the clock's jump */
            if (!rt_poll(vm, 0))
                return false;
            if (l->ready_count)
                return vm_checkpoint(vm);
        }
        Timer first = loop_first_timer(l);
        if (!value_is_empty(first.what) && first.when > rt->virtual_now)
            rt->virtual_now = first.when;
        return vm_checkpoint(vm);
    }
    if (!rt_need_poller(vm))
        return false;
    rt_flush(rt);
    if (atomic_load(&vm->attention) & ATTENTION_SIGNAL)
        timeout = 0;
    bool ok;
    if (UNLIKELY(rt->idle_look && rt->streams_made) && timeout && !rt->virtual_clock &&
        collect_when_idle(vm, l, timeout, &ok))
        return ok && vm_checkpoint(vm);
    return rt_poll(vm, timeout) && vm_checkpoint(vm);
}

/* Tasks are ready and descriptors watched: polls in each turn would cost more than the tasks. But what this very
 * process has done to its descriptors is seen at once, as in asyncio. */
static bool poll_is_due(Loop *l)
{
    Runtime *rt = l->rt;
    if (rt->io_touched || !l->ready_count)
        return true;
    int64_t tick = clock_read(CLOCK_MONOTONIC_COARSE);
    if ((l->since_look += l->ready_count) < LOOK_STEPS && tick == l->last_tick)
        return false;
    l->since_look = 0;
    l->last_tick = tick;
    int64_t now = clock_read(CLOCK_MONOTONIC);
    if (now - rt->last_look < LOOK_EVERY)
        return false;
    rt->last_look = now;
    return true;
}

static bool timers_due(Vm *vm, Loop *l)
{
    double now;
    if (LIKELY(!l->timer_count))
        return true;
    return loop_now(vm, l, &now) && loop_timers_due(vm, l, now + l->resolution);
}

/* One of module selectors waits as the loop itself does, which hears of other threads and of its own watchers, too. But a
 * script may have put a select() on it. */
static bool is_stock_selector(Vm *vm, Loop *l, Value selector, bool *registers)
{
    uint32_t shape = shape_id_of(selector);
    if (shape == l->stock_selector)
        return true;
    Str *module = str_intern(vm, "__module__", 10), *select = str_intern(vm, "select", 6);
    Value of = module && select ? type_lookup(vm, type_of(vm, selector), module) : VALUE_EMPTY;
    *registers = !is_str(of) || !str_is(as_str(of), "selectors");
    if (*registers || !value_is_empty(attr_own(vm, value_obj(selector), select)))
        return false;
    if (!obj_shape(vm, value_obj(selector))->dict_mode)
        l->stock_selector = shape;
    return true;
}

Value loop_script_selector(Vm *vm, Loop *l, bool *registers)
{
    *registers = false;
    if (LIKELY(value_is_empty(l->selector)) || !value_is_obj(l->selector))
        return VALUE_EMPTY;
    return is_stock_selector(vm, l, l->selector, registers) ? VALUE_EMPTY : l->selector;
}

#define OTHERS_WAIT 0.02        /* seconds: what was no selector at first does not hear of other threads */

/* The script's selector waits; what it returns goes to _process_events(), which may be a script's, too. */
static bool select_by_script(Vm *vm, Loop *l, Value selector)
{
    Value timeout = VALUE_NONE;
    bool watches = rt_io_polls(l->rt);          /* our own poller knows these, the script's selector does not */
    if (watches && !rt_poll(vm, 0))
        return false;
    if (l->ready_count || l->stopping) {
        timeout = value_from_int48(0);
    } else if (!value_is_empty(loop_first_timer(l).what)) {
        double now;
        if (!loop_now(vm, l, &now))
            return false;
        Timer first = loop_first_timer(l);
        double left = value_is_empty(first.what) ? 0 : first.when - now;
        timeout = value_from_double(left < 0 ? 0 : left > MAX_WAIT ? MAX_WAIT : left);
    }
    double most = watches ? SELECT_MOMENT : vm->nstrands > 1 && !l->has_pipe ? OTHERS_WAIT : MAX_WAIT;
    if (most < MAX_WAIT && (value_is_none(timeout) || (value_is_double(timeout) && value_double(timeout) > most)))
        timeout = value_from_double(most);
    Str *name = str_intern(vm, "select", 6);
    Value events = name ? op_call_method(vm, selector, name, 1, &timeout) : VALUE_ERROR;
    if (value_is_empty(events))
        return false;
    if (!loop_overrides(vm, l, "_process_events"))
        return watch_events(vm, events);
    return !value_is_empty(loop_method(vm, l, "_process_events", 1, &events));
}

/* A wait so short that a system call would take longer: the loop turns until it is over. */
static bool may_spin(Vm *vm, const Loop *l)
{
    return !l->rt->virtual_clock && !l->rt->config.clock_ns && loop_is_plain(vm, l);
}

static bool wait_for_events(Vm *vm, Loop *l, bool wait)
{
    bool registers;
    Value selector = loop_script_selector(vm, l, &registers);
    if (UNLIKELY(!value_is_empty(selector)))
        return select_by_script(vm, l, selector);
    int64_t timeout = workers_ready(l->rt) ? 0 : loop_timeout_ns(vm, l);
    Loop *ambient = ambient_beside(vm, l);
    if (ambient)
        timeout = sooner(timeout, loop_timeout_ns(vm, ambient));
    if (timeout < 0 && wait) {
        bool raised;
        if (!report_deadlock(vm, l, &raised))
            return false;
        timeout = raised ? 0 : timeout;
    }
    if (UNLIKELY(timeout > 0 && timeout < SHORT_WAIT_NS) && may_spin(vm, l))
        timeout = 0;
    if (!timeout || !wait)
        return !rt_io_watches(l->rt) || !poll_is_due(l) || rt_poll(vm, 0);
    return (vm->nstrands > 1 ? block_strand(vm, l, ambient) : block(vm, l, timeout));
}

bool loop_turn(Vm *vm, Loop *l, bool wait)
{
    if (UNLIKELY(l->timers_dead))
        loop_tidy_timers(l);
    if (!wait_for_events(vm, l, wait))
        return false;
    if (!rt_posted(vm, l) || !timers_due(vm, l))
        return false;
    uint32_t n = l->ready_count;
    for (uint32_t i = 0; i < n; i++) {
        Ready e = l->ready[l->ready_head];
        /* What comes soon is on its way to the cache meanwhile (slots behind the end hold what they held before). */
        __builtin_prefetch((const void *)(uintptr_t)l->ready[(l->ready_head + 4) & (l->ready_cap - 1)].what.bits);
        l->ready_head = (l->ready_head + 1) & (l->ready_cap - 1);
        l->ready_count--;
        if (vm->heap.tidy)
            heap_tidy_stack();
        if (!(UNLIKELY(l->debug) ? run_debug(vm, l, e) : run_entry(vm, l, e)) || !vm_checkpoint(vm))
            return false;
        if (l->closed)
            break;
    }
    return n || vm_checkpoint(vm);
}

bool loop_host_turn(Vm *vm, Loop *l, bool wait)
{
    Value outer = vm->strand->running_loop;
    l->running = true;
    vm->strand->running_loop = value_from_obj(l);
    bool ok = loop_turn(vm, l, wait);
    vm->strand->running_loop = outer;
    l->running = l->stopping = false;
    return ok;
}

/* What asyncio's run_forever() does in the end even where it refused to begin: the loop that runs meanwhile is not the
 * running one any more. */
static bool run_ends(Vm *vm, Loop *l, bool ok)
{
    l->stopping = l->running = false;
    vm->strand->running_loop = VALUE_NONE;
    loop_track_origins(vm, l, false);
    return ok;
}

static bool run_begins(Vm *vm, Loop *l)
{
    if (!loop_check_open(vm, l))
        return false;
    if (!l->running && value_is_none(vm->strand->running_loop))
        return true;
    raise_exc(vm, EXC_RuntimeError, l->running ? "This event loop is already running" :
              "Cannot run the event loop while another loop is running");
    return false;
}

/* One pass, and the ambient loop's. */
static bool run_once(Vm *vm, Loop *l)
{
    if (UNLIKELY(l->closed)) {          /* by its own callback, which a failed run_forever() permits */
        raise_exc(vm, EXC_AttributeError, "'NoneType' object has no attribute 'select'");
        return false;
    }
    bool by_script = UNLIKELY(!loop_is_plain(vm, l)) && loop_overrides(vm, l, "_run_once");
    if (by_script ? value_is_empty(loop_method(vm, l, "_run_once", 0, NULL)) : !loop_turn(vm, l, true))
        return false;
    Loop *ambient = ambient_beside(vm, l);
    return !ambient || loop_host_turn(vm, ambient, false);
}

bool loop_run_forever(Vm *vm, Loop *l)
{
    Strand *s = vm->strand;
    if (!run_begins(vm, l))
        return run_ends(vm, l, false);
    Value outer_context = s->context, outer_task = s->current_task;
    if (is_future(vm, outer_task) && as_future(outer_task)->loop != l)
        s->current_task = VALUE_NONE;   /* of another loop's task this one's know nothing */
    l->outer_task = outer_task;
    l->running = true;
    s->running_loop = value_from_obj(l);
    l->strand = s;
    loop_track_origins(vm, l, l->debug);
    Value hooks[2];
    asyncgens_loop_begins(vm, l, hooks);
    bool ok;
    do {
        ok = run_once(vm, l);
    } while (ok && !l->stopping);
    for (Task *t = s->dropped ? l->first_task : NULL; t; t = t->next)
        t->f.log_destroy = false;       /* the program ends under it */
    s->context = outer_context;
    s->current_task = outer_task;
    asyncgens_loop_ends(vm, hooks);
    return run_ends(vm, l, ok);
}

Loop *loop_running(Vm *vm)
{
    Loop *l;
    if (!value_is_none(vm->strand->running_loop))
        return loop_of(vm, vm->strand->running_loop, &l) ? l : NULL;
    raise_exc(vm, EXC_RuntimeError, "no running event loop");
    return NULL;
}
