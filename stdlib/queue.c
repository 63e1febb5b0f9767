/* SPDX-License-Identifier: MIT
 * Module _queue: SimpleQueue, whose put() never waits and may be called from anywhere, finalizers and signal handlers
 * too. */
#include "stdlib/modules.h"

#include <math.h>

#include "runtime/clock.h"
#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"
#include "vm/sched.h"

/* Who waits for an item, on the C stack of its strand. */
typedef struct Getter {
    Strand *strand;
    struct Getter *next;
    Value item;                 /* what it was given, EMPTY: nothing yet */
} Getter;

typedef struct SimpleQueue {
    Obj h;
    Values *ring;               /* capacity a power of two; NULL: never used */
    size_t head, count;
    Getter *first;              /* in the order of coming; then the queue is empty */
    Value empty;                /* the exception */
} SimpleQueue;

static SimpleQueue *as_queue(Value v) { return (SimpleQueue *)value_obj(v); }

static void queue_trace(Marker *m, Obj *o)
{
    SimpleQueue *q = (SimpleQueue *)o;
    mark_obj(m, q->ring);
    mark_value(m, q->empty);
}

static const TypeLayout queue_layout = { .kind = KIND_EXT, .size = sizeof(SimpleQueue), .trace = queue_trace };

static Value *place(const SimpleQueue *q, size_t i) { return &q->ring->items[(q->head + i) & (q->ring->cap - 1)]; }

static bool make_room(Vm *vm, SimpleQueue *q)
{
    if (q->ring && q->count < q->ring->cap)
        return true;
    Values *ring = values_new(vm, q->count ? q->count * 2 : 8);
    if (!ring)
        return false;
    for (size_t i = 0; i < q->count; i++)
        heap_set(vm, ring, &ring->items[i], *place(q, i));
    q->ring = ring;
    q->head = 0;
    heap_touch(vm, q);
    return true;
}

static bool put(Vm *vm, SimpleQueue *q, Value item)
{
    Getter *g = q->first;
    if (g) {
        q->first = g->next;
        g->item = item;
        strand_wake(g->strand);
        return true;
    }
    if (!make_room(vm, q))
        return false;
    heap_set(vm, q->ring, place(q, q->count++), item);
    return true;
}

/* An item that somebody was given and could not take is the first one again. */
static void put_back(Vm *vm, SimpleQueue *q, Value item)
{
    if (q->first || !make_room(vm, q)) {
        if (!put(vm, q, item))
            exc_discard(vm);    /* no memory: it is lost */
        return;
    }
    q->head = (q->head + q->ring->cap - 1) & (q->ring->cap - 1);
    q->count++;
    heap_set(vm, q->ring, place(q, 0), item);
}

static Value take(SimpleQueue *q)
{
    Value v = *place(q, 0);
    *place(q, 0) = VALUE_EMPTY;
    q->head = (q->head + 1) & (q->ring->cap - 1);
    q->count--;
    return v;
}

static void forget(SimpleQueue *q, const Getter *g)
{
    for (Getter **p = &q->first; *p; p = &(*p)->next) {
        if (*p == g) {
            *p = g->next;
            return;
        }
    }
}

static Value get(Vm *vm, SimpleQueue *q, double deadline)
{
    if (q->count)
        return take(q);
    if (deadline <= 0)
        return raise_value(vm, q->empty);
    Getter g = { .strand = vm->strand, .item = VALUE_EMPTY }, **p = &q->first;
    while (*p)
        p = &(*p)->next;
    *p = &g;
    for (;;) {
        bool ok = strand_wait(vm, deadline);
        if (ok && value_is_empty(g.item) && rt_now(rt_of(vm)) < deadline)
            continue;
        if (value_is_empty(g.item))
            forget(q, &g);
        else if (ok)
            return g.item;
        if (ok)
            return raise_value(vm, q->empty);
        Value exc = exc_take(vm);
        if (!value_is_empty(g.item))
            put_back(vm, q, g.item);
        exc_restore(vm, exc);
        return VALUE_ERROR;
    }
}

/* ---- methods ---- */
static Value queue_m_new(Vm *vm, Value self, const Args *args)
{
    SimpleQueue *q = (SimpleQueue *)object_alloc(vm, as_type(self));
    (void)args;
    if (!q)
        return VALUE_ERROR;
    Value module = dict_get_cstr(vm, vm->modules, "_queue");
    q->empty = is_module(module) ? dict_get_cstr(vm, as_module(module)->globals, "Empty") : VALUE_EMPTY;
    if (!is_type(q->empty))
        q->empty = value_from_obj(vm->exc[EXC_Exception]);
    return value_from_obj(q);
}

static Value queue_m_put(Vm *vm, Value self, const Args *args)
{
    return put(vm, as_queue(self), args->v[0]) ? VALUE_NONE : VALUE_ERROR;
}

static Value queue_m_get(Vm *vm, Value self, const Args *args)
{
    int block = op_truth(vm, args->v[0]);
    double timeout = INFINITY;
    if (block < 0)
        return VALUE_ERROR;
    if (block && !value_is_none(args->v[1])) {
        Value seconds = is_float(args->v[1]) ? args->v[1] : op_index(vm, args->v[1]);
        if (value_is_empty(seconds) || !op_double(vm, seconds, &timeout))
            return VALUE_ERROR;
    }
    if (timeout != timeout)
        return raise_exc(vm, EXC_ValueError, "Invalid value NaN (not a number)");
    if (timeout < 0)
        return raise_exc(vm, EXC_ValueError, "'timeout' must be a non-negative number");
    if (timeout < INFINITY && timeout > 9223372036.0)
        return raise_exc(vm, EXC_OverflowError, is_int(args->v[1]) ? "timestamp too large to convert to C PyTime_t"
                                                                  : "timestamp out of range for platform time_t");
    return get(vm, as_queue(self), !block || timeout == 0 ? 0 : timeout < INFINITY ? rt_now(rt_of(vm)) + timeout : INFINITY);
}

static Value queue_m_get_nowait(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return get(vm, as_queue(self), 0);
}

static Value queue_m_empty(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return value_from_bool(!as_queue(self)->count);
}

static Value queue_m_qsize(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return value_from_int48((int64_t)as_queue(self)->count);
}

static Value queue_m_waiting(Vm *vm, Value self, const Args *args)
{
    int64_t n = 0;
    (void)vm;
    (void)args;
    for (const Getter *g = as_queue(self)->first; g; g = g->next)
        n++;
    return value_from_int48(n);
}

static Value queue_m_class_getitem(Vm *vm, Value self, const Args *args)
{
    Value alias[2] = { self, args->v[0] };
    return op_call(vm, value_from_obj(vm->types.generic_alias), 2, alias);
}

static const MethodDef queue_methods[] = {
    METHOD(queue, new, "__new__()", "An empty queue."),
    METHOD(queue, put, "put(item, block=True, timeout=None)", "Add an item. The other arguments are for likeness to Queue."),
    METHOD(queue, put, "put_nowait(item)", "Add an item."),
    METHOD(queue, get, "get(block=True, timeout=None)", "Take the oldest item; wait for one if block, at most timeout seconds."),
    METHOD(queue, get_nowait, "get_nowait()", "Take the oldest item, or raise Empty."),
    METHOD(queue, empty, "empty()", "Is nothing in it?"),
    METHOD(queue, qsize, "qsize()", "How many items are in it."),
    METHOD(queue, waiting, "_waiting()", "How many threads wait for an item."),
    CLASSMETHOD(queue, class_getitem, "__class_getitem__(key, /)", "For annotations."),
    { 0 }
};

Value queue_init(Vm *vm)
{
    static const TypeDef def = { .name = "_queue.SimpleQueue", .doc = "An unbounded queue, first in, first out.",
                                 .layout = &queue_layout, .methods = queue_methods, .flags = TYPE_BASE | TYPE_WEAKREFS };
    static const TypeDef empty_def = { .name = "_queue.Empty", .doc = "Raised by get() where there is nothing to get.",
                                       .flags = TYPE_BASE };
    Module *m = module_new(vm, "_queue", "A simple queue between threads.");
    Type *t = m ? type_from_def(vm, &def, vm->types.object) : NULL;
    Type *empty = t ? type_from_def(vm, &empty_def, vm->exc[EXC_Exception]) : NULL;
    if (!empty || !module_set(vm, m, "SimpleQueue", value_from_obj(t)) || !module_set(vm, m, "Empty", value_from_obj(empty)))
        return VALUE_ERROR;
    return value_from_obj(m);
}
