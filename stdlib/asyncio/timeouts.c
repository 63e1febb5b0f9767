/* SPDX-License-Identifier: MIT
 * asyncio.timeout(): `async with` blocks with a time limit. What is rare, the turning of a cancellation into
 * TimeoutError, is asyncio.timeouts._expire(). */
#include "runtime/coro.h"
#include "runtime/handle.h"
#include "stdlib/asyncio/sync.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

/* created -> active -> finished, or -> expiring (the task was cancelled) -> expired */
enum { CREATED, ACTIVE, EXPIRING, EXPIRED, FINISHED };
static const char *const state_names[] = { "created", "active", "expiring", "expired", "finished" };

typedef struct Timeout {
    Obj h;
    Value when;                 /* by the loop's clock; NONE: no limit */
    Value handle;               /* the loop's, or NONE */
    Value task;
    Value cancelling;           /* of the task, on entering */
    uint8_t state;
    bool from_now;              /* `when` is a delay from now */
} Timeout;

static Timeout *as_timeout(Value v) { return (Timeout *)value_obj(v); }

static void timeout_trace(Marker *m, Obj *o)
{
    mark_values(m, &((Timeout *)o)->when, 4);
}

static const TypeLayout timeout_layout = { .kind = KIND_EXT, .size = sizeof(Timeout), .trace = timeout_trace };

static void setup(Timeout *t, Value when)
{
    t->when = when;
    t->handle = t->task = t->cancelling = VALUE_NONE;
    t->state = CREATED;
    t->from_now = false;
}

static Value timeout_m_new(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Timeout *t = (Timeout *)object_alloc(vm, as_type(self));
    if (!t)
        return VALUE_ERROR;
    setup(t, VALUE_NONE);
    return value_from_obj(t);
}

static Value timeout_m_init(Vm *vm, Value self, const Args *args)
{
    setup(as_timeout(self), args->v[0]);
    heap_touch(vm, as_timeout(self));
    return VALUE_NONE;
}

/* ---- the timer ---- */

static bool drop_handle(Vm *vm, Timeout *t)
{
    Value h = t->handle;
    t->handle = VALUE_NONE;
    return value_is_none(h) || handle_cancel(vm, h);
}

/* loop.time() as a script's loop gives it. */
static Value time_of(Vm *vm, Loop *l)
{
    if (UNLIKELY(!loop_is_plain(vm, l)) && loop_overrides(vm, l, "time"))
        return loop_method(vm, l, "time", 0, NULL);
    return value_from_double(rt_now(l->rt));
}

/* The method _on_timeout(), bound. */
static Value on_timeout(Vm *vm, Timeout *t)
{
    Native *n = native_bind(vm, as_native(rt_of(vm)->roots[RT_ROOT_ON_TIMEOUT]), value_from_obj(t));
    return n ? value_from_obj(n) : VALUE_ERROR;
}

static bool reschedule(Vm *vm, Timeout *t, Value when)
{
    heap_set(vm, t, &t->when, when);
    if (!drop_handle(vm, t))
        return false;
    if (value_is_none(when))
        return true;
    Loop *l = loop_running(vm);
    Value fn = l ? on_timeout(vm, t) : VALUE_ERROR;
    Value now = value_is_empty(fn) ? VALUE_ERROR : time_of(vm, l);
    double at = 0;
    if (value_is_empty(now))
        return false;
    if (!t->from_now && !loop_mix_timers(vm, l))
        return false;
    int due = value_is_double(when) && value_is_double(now) ? value_double(when) <= value_double(now)
                                                            : op_compare_bool(vm, COMPARE_LE, when, now);
    if (due < 0 || (!due && !op_double(vm, when, &at)))
        return false;
    const char *method = due ? "call_soon" : "call_at";
    Value h, args[2] = { when, fn };
    if (UNLIKELY(!loop_is_plain(vm, l)) && loop_overrides(vm, l, method))
        h = loop_method(vm, l, method, due ? 1 : 2, due ? &fn : args);
    else
        h = due ? loop_call_soon(vm, l, fn, NULL, 0, VALUE_NONE, method)
                : loop_call_at(vm, l, at, when, fn, NULL, 0, VALUE_NONE, method);
    if (value_is_empty(h))
        return false;
    heap_set(vm, t, &t->handle, h);
    return true;
}

static Value timeout_m_reschedule(Vm *vm, Value self, const Args *args)
{
    Timeout *t = as_timeout(self);
    if (t->state == CREATED)
        return raise_exc(vm, EXC_RuntimeError, "Timeout has not been entered");
    if (t->state != ACTIVE)
        return raise_exc(vm, EXC_RuntimeError, "Cannot change state of %s Timeout", state_names[t->state]);
    t->from_now = false;
    return reschedule(vm, t, args->v[0]) ? VALUE_NONE : VALUE_ERROR;
}

static Value timeout_m_on_timeout(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Timeout *t = as_timeout(self);
    bool did;
    if (!future_cancel(vm, t->task, VALUE_NONE, &did))
        return VALUE_ERROR;
    t->state = EXPIRING;
    t->handle = VALUE_NONE;
    return VALUE_NONE;
}

/* ---- async with ---- */

static Value cancelling(Vm *vm, Value task)
{
    if (LIKELY(is_future(vm, task) && as_future(task)->is_task && !(type_of(vm, task)->flags & TYPE_HEAP)))
        return value_from_int48(as_future(task)->cancel_requests);
    Str *name = str_intern(vm, "cancelling", 10);
    return name ? op_call_method(vm, task, name, 0, NULL) : VALUE_ERROR;
}

static bool enter(Vm *vm, Coro *c, Value in, Value *out)
{
    (void)in;
    Timeout *t = as_timeout(c->self);
    Value task = vm->strand->current_task;
    *out = VALUE_ERROR;
    if (t->state != CREATED) {
        raise_exc(vm, EXC_RuntimeError, "Timeout has already been entered");
    } else if (!loop_running(vm)) {
        return true;
    } else if (value_is_none(task)) {
        raise_exc(vm, EXC_RuntimeError, "Timeout should be used inside a task");
    } else {
        t->state = ACTIVE;
        heap_set(vm, t, &t->task, task);
        t->cancelling = cancelling(vm, task);
        if (value_is_empty(t->cancelling))
            t->cancelling = VALUE_NONE;
        else if (reschedule(vm, t, t->when))
            *out = c->self;
    }
    return true;
}

/* Only a cancellation that nobody else asked for is ours. */
static bool expired(Vm *vm, Timeout *t, Value exc_type, Value exc)
{
    Value left = sync_call(vm, value_obj(t->task), "uncancel", 0, NULL);
    int ours = value_is_empty(left) ? -1 : op_compare_bool(vm, COMPARE_LE, left, t->cancelling);
    if (ours <= 0 || value_is_none(exc_type))
        return ours >= 0;
    Value m = rt_import_module(vm, "asyncio.timeouts"), args[2] = { exc_type, exc };
    return !value_is_empty(m) && !value_is_empty(sync_call(vm, value_obj(m), "_expire", 2, args));
}

static bool leave(Vm *vm, Coro *c, Value in, Value *out)
{
    (void)in;
    Timeout *t = as_timeout(c->self);
    *out = VALUE_ERROR;
    if (t->state != ACTIVE && t->state != EXPIRING) {
        *out = raise_args(vm, EXC_AssertionError, 0, NULL);
        return true;
    }
    if (!drop_handle(vm, t))
        return true;
    if (t->state == EXPIRING) {
        t->state = EXPIRED;
        Value *exc = as_tuple(c->arg)->items;
        if (!expired(vm, t, exc[0], exc[1]))
            return true;
    } else {
        t->state = FINISHED;
    }
    *out = VALUE_NONE;
    return true;
}

static const CoroDef enter_def = { "Timeout.__aenter__", enter };
static const CoroDef leave_def = { "Timeout.__aexit__", leave };

static Value timeout_m_aenter(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return coro_new(vm, &enter_def, self, VALUE_NONE);
}

static Value timeout_m_aexit(Vm *vm, Value self, const Args *args)
{
    Value exc = VALUE_NONE;
    if (as_timeout(self)->state == EXPIRING) {
        Tuple *pair = tuple_pack(vm, 2, args->v[0], args->v[1]);
        if (!pair)
            return VALUE_ERROR;
        exc = value_from_obj(pair);
    }
    return coro_new(vm, &leave_def, self, exc);
}

/* ---- the rest ---- */

static Value timeout_m_when(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return as_timeout(self)->when;
}

static Value timeout_m_expired(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return value_from_bool(as_timeout(self)->state == EXPIRING || as_timeout(self)->state == EXPIRED);
}

static Value timeout_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Timeout *t = as_timeout(self);
    Value when = t->when, digits = value_from_int48(3);
    if (t->state == ACTIVE && !value_is_none(when)) {
        Str *round = str_intern(vm, "__round__", 9);
        when = round ? op_call_method(vm, when, round, 1, &digits) : VALUE_ERROR;
        if (value_is_empty(when))
            return when;
    }
    Str *s = t->state == ACTIVE ? str_printf(vm, "<Timeout [active] when=%V>", when)
                                : str_printf(vm, "<Timeout [%s]>", state_names[t->state]);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value asyncio_f_timeout(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Value when = args->v[0];
    Loop *l = loop_running(vm);
    if (!l)
        return VALUE_ERROR;
    if (!value_is_none(when)) {
        Value now = time_of(vm, l);
        when = value_is_empty(now) ? now : op_binary(vm, 0, now, when, false);
        if (value_is_empty(when))
            return when;
    }
    Timeout *t = (Timeout *)object_alloc(vm, as_type(rt_of(vm)->roots[RT_ROOT_TIMEOUT_TYPE]));
    if (!t)
        return VALUE_ERROR;
    setup(t, when);
    t->from_now = loop_is_plain(vm, l);
    return value_from_obj(t);
}

bool timeouts_add(Vm *vm, Module *m)
{
    static const MethodDef methods[] = {
        METHOD(timeout, new, "__new__(*args, **kwargs)", "A time limit."),
        SCRIPT_METHOD(timeout, init, "__init__(when)", "The limit, by the loop's clock; None: none yet."),
        SCRIPT_METHOD(timeout, when, "when()", "The limit, by the loop's clock, or None."),
        SCRIPT_METHOD(timeout, reschedule, "reschedule(when)", "Another limit; None: none."),
        SCRIPT_METHOD(timeout, expired, "expired()", "Has the limit been reached?"),
        SCRIPT_METHOD(timeout, on_timeout, "_on_timeout()", "The limit is reached: cancel the task."),
        ASYNC_METHOD(timeout, aenter, "__aenter__()", "The time begins to count."),
        ASYNC_METHOD(timeout, aexit, "__aexit__(exc_type, exc_val, exc_tb)", "It does not any more."),
        METHOD(timeout, repr, "__repr__()", "Return repr(self)."),
        { 0 }
    };
    static const TypeDef def = { .name = "asyncio.timeouts.Timeout", .layout = &timeout_layout, .methods = methods,
        .doc = "Cancels the block when its time has come, and turns that cancellation into TimeoutError.",
        .flags = TYPE_BASE | TYPE_HAS_DICT | TYPE_WEAKREFS | TYPE_PLAIN_NAME };
    static const MethodDef functions[] = {
        SCRIPT_FUNCTION(asyncio, timeout, "timeout(delay)", "A block's limit in seconds from now; None: no limit yet."),
        { 0 }
    };
    Type *t = type_from_def(vm, &def, vm->types.object);
    if (!t)
        return false;
    Str *name = str_intern(vm, "_on_timeout", 11);
    if (!name)
        return false;
    rt_of(vm)->roots[RT_ROOT_TIMEOUT_TYPE] = value_from_obj(t);
    rt_of(vm)->roots[RT_ROOT_ON_TIMEOUT] = type_lookup(vm, t, name);
    return module_set(vm, m, "Timeout", value_from_obj(t)) && module_add_functions(vm, m, functions);
}
