/* SPDX-License-Identifier: MIT
 * Queue, LifoQueue, PriorityQueue. The three that a subclass may replace, _init(), _put() and _get(), and the public methods
 * that put() and get() are made of, are called by name where a script may have done so. */
#include "stdlib/asyncio/sync.h"
#include "stdlib/heapq.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

typedef struct Queue {
    Obj h;
    Value loop;                 /* the one it was first waited on in, or NONE */
    Value maxsize;
    Value items;                /* deque, list, or whatever a subclass's _init() makes; EMPTY: not made */
    Value getters, putters;     /* Deques of futures, or NONE: nobody has waited yet */
    Value finished;             /* the Event of join(); EMPTY: not made, it would be set while nothing is unfinished */
    int64_t unfinished;
    bool shutdown;
} Queue;

static Queue *as_queue(Value v) { return (Queue *)value_obj(v); }

static void queue_trace(Marker *m, Obj *o)
{
    Queue *q = (Queue *)o;
    mark_value(m, q->loop);
    mark_value(m, q->maxsize);
    mark_value(m, q->items);
    mark_value(m, q->getters);
    mark_value(m, q->putters);
    mark_value(m, q->finished);
}

static const TypeLayout queue_layout = { .kind = KIND_EXT, .size = sizeof(Queue), .trace = queue_trace };

/* SYNC_QUEUE and so on for one that is plain, with items of the kind that belongs to it; else -1. */
static int plain_kind(Vm *vm, const Queue *q)
{
    if (LIKELY(sync_is_plain(vm, &q->h, SYNC_QUEUE)))
        return is_deque(vm, q->items) ? SYNC_QUEUE : -1;
    if (sync_is_plain(vm, &q->h, SYNC_LIFO))
        return is_list(q->items) ? SYNC_LIFO : -1;
    return sync_is_plain(vm, &q->h, SYNC_PRIORITY) && is_list(q->items) ? SYNC_PRIORITY : -1;
}

static Value raise_named(Vm *vm, const char *name)
{
    Value m = rt_import_module(vm, "asyncio.queues");
    Str *s = str_intern(vm, name, strlen(name));
    Value cls = value_is_empty(m) || !s ? VALUE_ERROR : attr_get(vm, m, s);
    return value_is_empty(cls) ? cls : raise_value(vm, cls);
}

/* ---- the steps that others may have replaced ---- */

static int64_t qsize(Vm *vm, const Queue *q, int kind)
{
    if (LIKELY(kind == SYNC_QUEUE))
        return (int64_t)as_deque(q->items)->len;
    if (kind >= 0)
        return (int64_t)as_list(q->items)->len;
    return value_is_empty(q->items) ? 0 : op_len(vm, q->items);
}

static int is_empty(Vm *vm, Queue *q, int kind)
{
    return kind >= 0 ? !qsize(vm, q, kind) : sync_ask(vm, q, "empty");
}

static int is_full(Vm *vm, Queue *q, int kind)
{
    if (kind < 0)
        return sync_ask(vm, q, "full");
    if (LIKELY(value_is_int48(q->maxsize))) {
        int64_t max = value_int48(q->maxsize);
        return max > 0 && qsize(vm, q, kind) >= max;
    }
    int limited = op_compare_bool(vm, COMPARE_GT, q->maxsize, value_from_int48(0));
    return limited <= 0 ? limited : op_compare_bool(vm, COMPARE_GE, value_from_int48(qsize(vm, q, kind)), q->maxsize);
}

static bool put_item(Vm *vm, Queue *q, int kind, Value item)
{
    switch (kind) {
    case SYNC_QUEUE:
        return deque_append(vm, as_deque(q->items), item);
    case SYNC_LIFO:
        return list_append(vm, as_list(q->items), item);
    case SYNC_PRIORITY:
        return heapq_push(vm, q->items, item);
    default:
        return !value_is_empty(sync_call(vm, q, "_put", 1, &item));
    }
}

static Value take_item(Vm *vm, Queue *q, int kind)
{
    switch (kind) {
    case SYNC_QUEUE:
        return deque_popleft(vm, as_deque(q->items));
    case SYNC_LIFO:
        return list_pop_at(vm, as_list(q->items), as_list(q->items)->len - 1);
    case SYNC_PRIORITY:
        return heapq_pop(vm, q->items);
    default:
        return sync_call(vm, q, "_get", 0, NULL);
    }
}

static bool wake_next(Vm *vm, Value waiters)
{
    while (waiters_len(waiters)) {
        Value fut = deque_popleft(vm, as_deque(waiters));
        int done = waiter_done(vm, fut);
        if (done <= 0)
            return done == 0 && waiter_set(vm, fut, VALUE_NONE);
    }
    return true;
}

/* Event or not, join() waits while something is unfinished. */
static bool tell_finished(Vm *vm, Queue *q, bool set)
{
    if (LIKELY(value_is_empty(q->finished)))
        return true;
    if (sync_is_plain(vm, value_obj(q->finished), SYNC_EVENT))
        return set ? event_set(vm, q->finished) : event_clear(vm, q->finished);
    return !value_is_empty(sync_call(vm, value_obj(q->finished), set ? "set" : "clear", 0, NULL));
}

static bool put_now(Vm *vm, Queue *q, int kind, Value item)
{
    if (!put_item(vm, q, kind, item))
        return false;
    q->unfinished++;
    return tell_finished(vm, q, false) && wake_next(vm, q->getters);
}

static Value get_now(Vm *vm, Queue *q, int kind)
{
    Value item = take_item(vm, q, kind);
    return !value_is_empty(item) && wake_next(vm, q->putters) ? item : VALUE_ERROR;
}

/* ---- waiting ---- */

/* The waiting ended by the exception that is pending. Whoever was woken and cannot go on wakes the next in line. */
static void stop_waiting(Vm *vm, Queue *q, Value fut, Value waiters, int (*must_wait)(Vm *, Queue *, int))
{
    Value exc = exc_take(vm);
    bool did;
    if (!future_cancel(vm, fut, VALUE_NONE, &did))
        return;
    waiter_drop(vm, waiters, fut);
    int wait = must_wait(vm, q, plain_kind(vm, q)), cancelled = wait ? wait : waiter_cancelled(vm, fut);
    if (wait >= 0 && cancelled >= 0 && (wait || cancelled || wake_next(vm, waiters)))
        exc_restore(vm, exc);
}

/* True: out is set, or EMPTY for an exception, and the coroutine over. */
static bool wait_in_line(Vm *vm, Coro *c, Value *waiters, Value *fut, Value *out)
{
    Queue *q = as_queue(c->self);
    if (q->shutdown) {
        *out = raise_named(vm, "QueueShutDown");
        return true;
    }
    *out = waiter_add(vm, &q->h, &q->loop, waiters);
    if (value_is_empty(*out))
        return true;
    c->stage = 1;
    heap_set(vm, c, fut, *out);
    return false;
}

/* arg: the item; once it waits, a pair of it and the future. */
static bool queue_put(Vm *vm, Coro *c, Value in, Value *out)
{
    Queue *q = as_queue(c->self);
    Value item = c->arg;
    if (c->stage) {
        Value *pair = as_tuple(c->arg)->items;
        item = pair[0];
        if (value_is_empty(in)) {
            stop_waiting(vm, q, pair[1], q->putters, is_full);
            *out = VALUE_EMPTY;
            return true;
        }
    }
    int kind = plain_kind(vm, q), full = is_full(vm, q, kind);
    *out = VALUE_EMPTY;
    if (full < 0)
        return true;
    if (full) {
        Value fut = VALUE_EMPTY;
        if (wait_in_line(vm, c, &q->putters, &fut, out))
            return true;
        Tuple *pair = tuple_pack(vm, 2, item, fut);
        if (!pair) {
            *out = VALUE_EMPTY;
            return true;
        }
        heap_set(vm, c, &c->arg, value_from_obj(pair));
        return false;
    }
    if (kind < 0)
        *out = sync_call(vm, q, "put_nowait", 1, &item);
    else if (q->shutdown)
        *out = raise_named(vm, "QueueShutDown");
    else if (put_now(vm, q, kind, item))
        *out = VALUE_NONE;
    return true;
}

static bool queue_get(Vm *vm, Coro *c, Value in, Value *out)
{
    Queue *q = as_queue(c->self);
    *out = VALUE_EMPTY;
    if (value_is_empty(in)) {
        stop_waiting(vm, q, c->arg, q->getters, is_empty);
        return true;
    }
    int kind = plain_kind(vm, q), empty = is_empty(vm, q, kind);
    if (empty < 0)
        return true;
    if (empty)
        return wait_in_line(vm, c, &q->getters, &c->arg, out);
    *out = kind < 0 ? sync_call(vm, q, "get_nowait", 0, NULL) : get_now(vm, q, kind);
    return true;
}

/* The event of join(), made when it is first asked for. */
static Value finished_event(Vm *vm, Queue *q)
{
    if (!value_is_empty(q->finished))
        return q->finished;
    Value m = rt_import_module(vm, "asyncio.locks");
    Str *s = str_intern(vm, "Event", 5);
    Value cls = value_is_empty(m) || !s ? VALUE_ERROR : attr_get(vm, m, s), event = value_is_empty(cls) ? cls : op_call0(vm, cls);
    if (value_is_empty(event))
        return event;
    heap_set(vm, q, &q->finished, event);
    return q->unfinished || tell_finished(vm, q, true) ? event : VALUE_ERROR;
}

static bool queue_join(Vm *vm, Coro *c, Value in, Value *out)
{
    Queue *q = as_queue(c->self);
    *out = value_is_empty(in) ? in : VALUE_NONE;
    if (c->stage++ || q->unfinished <= 0)
        return true;
    Value event = finished_event(vm, q);
    *out = value_is_empty(event) ? event : sync_is_plain(vm, value_obj(event), SYNC_EVENT) ? event_wait(vm, event)
         : sync_call(vm, value_obj(event), "wait", 0, NULL);
    return value_is_empty(*out);
}

static const CoroDef queue_put_def = { "Queue.put", queue_put };
static const CoroDef queue_get_def = { "Queue.get", queue_get };
static const CoroDef queue_join_def = { "Queue.join", queue_join };

/* ---- methods ---- */

static Value queue_m_new(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Queue *q = (Queue *)object_alloc(vm, as_type(self));
    if (!q)
        return VALUE_ERROR;
    q->loop = q->getters = q->putters = VALUE_NONE;
    q->maxsize = value_from_int48(0);
    q->items = q->finished = VALUE_EMPTY;
    return value_from_obj(q);
}

static Value queue_m_init(Vm *vm, Value self, const Args *args)
{
    Queue *q = as_queue(self);
    heap_set(vm, q, &q->maxsize, args->v[0]);
    q->getters = q->putters = VALUE_NONE;
    q->finished = VALUE_EMPTY;
    q->unfinished = 0;
    Value r = sync_call(vm, q, "_init", 1, &args->v[0]);
    q->shutdown = false;
    return value_is_empty(r) ? r : VALUE_NONE;
}

static Value queue_m_begin(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Deque *d = deque_empty(vm);
    if (!d)
        return VALUE_ERROR;
    heap_set(vm, as_queue(self), &as_queue(self)->items, value_from_obj(d));
    return VALUE_NONE;
}

/* self._queue.append(item), whatever that is. */
static Value queue_m_append(Vm *vm, Value self, const Args *args)
{
    Queue *q = as_queue(self);
    if (is_deque(vm, q->items))
        return deque_append(vm, as_deque(q->items), args->v[0]) ? VALUE_NONE : VALUE_ERROR;
    return value_is_empty(q->items) ? VALUE_NONE : sync_call(vm, value_obj(q->items), "append", 1, args->v);
}

static Value queue_m_popleft(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Queue *q = as_queue(self);
    if (is_deque(vm, q->items) && as_deque(q->items)->len)
        return deque_popleft(vm, as_deque(q->items));
    return value_is_empty(q->items) ? VALUE_NONE : sync_call(vm, value_obj(q->items), "popleft", 0, NULL);
}

static Value queue_m_wakeup_next(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (!is_deque(vm, args->v[0]))
        return raise_exc(vm, EXC_TypeError, "a deque is required");
    return wake_next(vm, args->v[0]) ? VALUE_NONE : VALUE_ERROR;
}

static Value queue_m_qsize(Vm *vm, Value self, const Args *args)
{
    (void)args;
    int64_t n = qsize(vm, as_queue(self), plain_kind(vm, as_queue(self)));
    return n < 0 ? VALUE_ERROR : value_from_int48(n);
}

static Value queue_m_empty(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Queue *q = as_queue(self);
    int kind = plain_kind(vm, q), t = kind >= 0 ? is_empty(vm, q, kind) : value_is_empty(q->items) ? 0 : op_truth(vm, q->items);
    return t < 0 ? VALUE_ERROR : value_from_bool(kind >= 0 ? t : !t);
}

static Value queue_m_full(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Queue *q = as_queue(self);
    int kind = plain_kind(vm, q), full;
    if (kind >= 0) {
        full = is_full(vm, q, kind);
    } else {
        full = op_compare_bool(vm, COMPARE_GT, q->maxsize, value_from_int48(0));
        Value n = full > 0 ? sync_call(vm, q, "qsize", 0, NULL) : VALUE_NONE;
        full = value_is_empty(n) ? -1 : full > 0 ? op_compare_bool(vm, COMPARE_GE, n, q->maxsize) : full;
    }
    return full < 0 ? VALUE_ERROR : value_from_bool(full);
}

static Value queue_m_put(Vm *vm, Value self, const Args *args)
{
    return coro_new(vm, &queue_put_def, self, args->v[0]);
}

static Value queue_m_put_nowait(Vm *vm, Value self, const Args *args)
{
    Queue *q = as_queue(self);
    int kind = plain_kind(vm, q), full;
    if (q->shutdown)
        return raise_named(vm, "QueueShutDown");
    if ((full = is_full(vm, q, kind)) != 0)
        return full < 0 ? VALUE_ERROR : raise_named(vm, "QueueFull");
    return put_now(vm, q, kind, args->v[0]) ? VALUE_NONE : VALUE_ERROR;
}

static Value queue_m_get(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return coro_new(vm, &queue_get_def, self, VALUE_NONE);
}

static Value queue_m_get_nowait(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Queue *q = as_queue(self);
    int kind = plain_kind(vm, q), empty = is_empty(vm, q, kind);
    if (empty)
        return empty < 0 ? VALUE_ERROR : raise_named(vm, q->shutdown ? "QueueShutDown" : "QueueEmpty");
    return get_now(vm, q, kind);
}

static Value queue_m_task_done(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Queue *q = as_queue(self);
    if (q->unfinished <= 0)
        return raise_exc(vm, EXC_ValueError, "task_done() called too many times");
    return --q->unfinished || tell_finished(vm, q, true) ? VALUE_NONE : VALUE_ERROR;
}

static Value queue_m_join(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return coro_new(vm, &queue_join_def, self, VALUE_NONE);
}

static const MethodDef queue_methods[] = {
    METHOD(queue, new, "__new__(*args, **kwargs)", "A queue."),
    SCRIPT_METHOD(queue, init, "__init__(maxsize=0)", "Room for that many items; 0 or less: no limit."),
    SCRIPT_METHOD(queue, begin, "_init(maxsize)", "Make _queue."),
    SCRIPT_METHOD(queue, append, "_put(item)", "Put an item into _queue."),
    SCRIPT_METHOD(queue, popleft, "_get()", "Take an item out of _queue."),
    SCRIPT_METHOD(queue, wakeup_next, "_wakeup_next(waiters)", "Wake the first of the deque who is not done."),
    SCRIPT_METHOD(queue, qsize, "qsize()", "Number of items."),
    SCRIPT_METHOD(queue, empty, "empty()", "Is there none?"),
    SCRIPT_METHOD(queue, full, "full()", "Is there no room left?"),
    ASYNC_METHOD(queue, put, "put(item)", "Add an item; wait while there is no room."),
    SCRIPT_METHOD(queue, put_nowait, "put_nowait(item)", "Add an item, or raise QueueFull."),
    ASYNC_METHOD(queue, get, "get()", "Take an item; wait while there is none."),
    SCRIPT_METHOD(queue, get_nowait, "get_nowait()", "Take an item, or raise QueueEmpty."),
    SCRIPT_METHOD(queue, task_done, "task_done()", "An item that was taken is dealt with."),
    ASYNC_METHOD(queue, join, "join()", "Wait until every item that was put has been dealt with."),
    { 0 }
};

/* ---- attributes ---- */

#define PLAIN_ATTR(name)                                                        \
    static Value queue_g_##name(Vm *vm, Value self)                             \
    {                                                                           \
        (void)vm;                                                               \
        return as_queue(self)->name;                                            \
    }                                                                           \
    static bool queue_s_##name(Vm *vm, Value self, Value v)                     \
    {                                                                           \
        heap_set(vm, as_queue(self), &as_queue(self)->name, value_is_empty(v) ? VALUE_NONE : v); \
        return true;                                                            \
    }
PLAIN_ATTR(loop)
PLAIN_ATTR(maxsize)

static Value queue_g_items(Vm *vm, Value self)
{
    Str *name = str_intern(vm, "_queue", 6);
    Value items = as_queue(self)->items;
    return !value_is_empty(items) ? items : name ? raise_attribute(vm, self, name) : VALUE_ERROR;
}

static bool queue_s_items(Vm *vm, Value self, Value v)
{
    heap_set(vm, as_queue(self), &as_queue(self)->items, v);
    return true;
}

static Value made(Vm *vm, Value self, Value *waiters)
{
    Deque *d = value_is_none(*waiters) ? deque_empty(vm) : NULL;
    if (d)
        heap_set(vm, as_queue(self), waiters, value_from_obj(d));
    return d || !value_is_none(*waiters) ? *waiters : VALUE_ERROR;
}

static Value queue_g_getters(Vm *vm, Value self) { return made(vm, self, &as_queue(self)->getters); }

static bool queue_s_getters(Vm *vm, Value self, Value v)
{
    return waiters_assign(vm, value_obj(self), &as_queue(self)->getters, v);
}

static Value queue_g_putters(Vm *vm, Value self) { return made(vm, self, &as_queue(self)->putters); }

static bool queue_s_putters(Vm *vm, Value self, Value v)
{
    return waiters_assign(vm, value_obj(self), &as_queue(self)->putters, v);
}

static Value queue_g_finished(Vm *vm, Value self) { return finished_event(vm, as_queue(self)); }

static bool queue_s_finished(Vm *vm, Value self, Value v)
{
    heap_set(vm, as_queue(self), &as_queue(self)->finished, value_is_obj(v) ? v : VALUE_EMPTY);
    return true;
}

static Value queue_g_unfinished(Vm *vm, Value self)
{
    (void)vm;
    return value_from_int48(as_queue(self)->unfinished);
}

static bool queue_s_unfinished(Vm *vm, Value self, Value v)
{
    as_queue(self)->unfinished = 0;
    return value_is_empty(v) || op_int64(vm, v, &as_queue(self)->unfinished);
}

static Value queue_g_shutdown(Vm *vm, Value self)
{
    (void)vm;
    return value_from_bool(as_queue(self)->shutdown);
}

static bool queue_s_shutdown(Vm *vm, Value self, Value v)
{
    int t = value_is_empty(v) ? 0 : op_truth(vm, v);
    as_queue(self)->shutdown = t > 0;
    return t >= 0;
}

static const GetSetDef queue_getsets[] = {
    { "_loop", "The loop it belongs to, or None.", queue_g_loop, queue_s_loop },
    { "_maxsize", "Number of items allowed.", queue_g_maxsize, queue_s_maxsize },
    { "_queue", "The items.", queue_g_items, queue_s_items },
    { "_getters", "Futures of those who wait for an item.", queue_g_getters, queue_s_getters },
    { "_putters", "Futures of those who wait for room.", queue_g_putters, queue_s_putters },
    { "_finished", "The event that join() waits for.", queue_g_finished, queue_s_finished },
    { "_unfinished_tasks", "Number of items not dealt with.", queue_g_unfinished, queue_s_unfinished },
    { "_is_shutdown", "Was shutdown() called?", queue_g_shutdown, queue_s_shutdown },
    { 0 }
};

bool queues_add(Vm *vm, Module *m)
{
    static const TypeDef def = { .name = "_asyncio.Queue", .layout = &queue_layout, .methods = queue_methods,
        .getsets = queue_getsets, .flags = TYPE_BASE | TYPE_HAS_DICT | TYPE_WEAKREFS };
    Type *t = type_from_def(vm, &def, vm->types.object);
    return t && module_set(vm, m, "Queue", value_from_obj(t));
}
