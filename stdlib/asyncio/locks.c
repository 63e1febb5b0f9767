/* SPDX-License-Identifier: MIT
 * Lock, Event and Semaphore (Condition: condition.c): who waits is a future in the object's deque, taken out when the
 * waiting ends. */
#include "stdlib/asyncio/sync.h"
#include "vm/objects/int.h"
#include "vm/objects/str.h"

static Sync *as_sync(Value v) { return (Sync *)value_obj(v); }

static void sync_trace(Marker *m, Obj *o)
{
    Sync *s = (Sync *)o;
    mark_value(m, s->loop);
    mark_value(m, s->waiters);
    mark_value(m, s->value);
    mark_value(m, s->bound);
}

static const TypeLayout sync_layout = { .kind = KIND_EXT, .size = sizeof(Sync), .trace = sync_trace };

Value sync_m_new(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Sync *s = (Sync *)object_alloc(vm, as_type(self));
    if (!s)
        return VALUE_ERROR;
    s->loop = s->waiters = s->bound = VALUE_NONE;
    s->value = VALUE_FALSE;
    return value_from_obj(s);
}

/* Wait in line: the future, to be awaited. */
static bool wait_in_line(Vm *vm, Coro *c, Value *out)
{
    Sync *s = as_sync(c->self);
    c->stage = 1;
    *out = waiter_add(vm, &s->h, &s->loop, &s->waiters);
    if (value_is_empty(*out))
        return true;
    heap_set(vm, c, &c->arg, *out);
    return false;
}

static bool was_cancelled(Vm *vm)
{
    return exc_matches(vm, vm->strand->exc, as_type(rt_of(vm)->roots[RT_ROOT_CANCELLED]));
}

/* ---- Lock ---- */

/* Nobody waits but those who were cancelled. 0, 1, -1 */
static int all_cancelled(Vm *vm, const Sync *s)
{
    int yes = 1;
    for (size_t i = 0; yes > 0 && i < waiters_len(s->waiters); i++)
        yes = waiter_cancelled(vm, deque_at(as_deque(s->waiters), i));
    return yes;
}

static bool wake_first(Vm *vm, Sync *s)
{
    if (!waiters_len(s->waiters))
        return true;
    Value fut = deque_at(as_deque(s->waiters), 0);
    int done = waiter_done(vm, fut);
    return done > 0 || (done == 0 && waiter_set(vm, fut, VALUE_TRUE));
}

static bool acquire_lock(Vm *vm, Coro *c, Value in, Value *out)
{
    Sync *s = as_sync(c->self);
    *out = VALUE_EMPTY;
    if (!c->stage) {
        int free = value_is_true(s->value) ? 0 : all_cancelled(vm, s);
        if (free <= 0)
            return free < 0 || wait_in_line(vm, c, out);
    } else {
        waiter_drop(vm, s->waiters, c->arg);
        if (value_is_empty(in)) {
            if (value_is_true(s->value) || !was_cancelled(vm))
                return true;
            Value exc = exc_take(vm);           /* it may have been our turn: the next one's, now */
            if (wake_first(vm, s))
                exc_restore(vm, exc);
            return true;
        }
    }
    s->value = VALUE_TRUE;
    *out = VALUE_TRUE;
    return true;
}

static const CoroDef lock_acquire_def = { "Lock.acquire", acquire_lock };

Value lock_acquire(Vm *vm, Value lock)
{
    return coro_new(vm, &lock_acquire_def, lock, VALUE_NONE);
}

static Value lock_m_acquire(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return lock_acquire(vm, self);
}

bool lock_release(Vm *vm, Sync *s)
{
    if (!value_is_true(s->value)) {
        raise_exc(vm, EXC_RuntimeError, "Lock is not acquired.");
        return false;
    }
    s->value = VALUE_FALSE;
    return wake_first(vm, s);
}

static Value lock_m_release(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return lock_release(vm, as_sync(self)) ? VALUE_NONE : VALUE_ERROR;
}

static Value lock_m_locked(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return as_sync(self)->value;
}

static Value lock_m_init(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    Sync *s = as_sync(self);
    s->waiters = VALUE_NONE;
    s->value = VALUE_FALSE;
    return VALUE_NONE;
}

/* ---- async with: of a Lock or Semaphore ---- */

/* The methods acquire() and release() of others are called by name. */
static bool enter_by_name(Vm *vm, Coro *c, Value in, Value *out)
{
    if (c->stage++) {
        *out = value_is_empty(in) ? in : VALUE_NONE;
        return true;
    }
    *out = sync_call(vm, value_obj(c->self), "acquire", 0, NULL);
    return value_is_empty(*out);
}

static bool lock_enter(Vm *vm, Coro *c, Value in, Value *out)
{
    if (!acquire_lock(vm, c, in, out))
        return false;
    if (!value_is_empty(*out))
        *out = VALUE_NONE;
    return true;
}

static const CoroDef enter_def = { "_ContextManagerMixin.__aenter__", enter_by_name };
static const CoroDef lock_enter_def = { "_ContextManagerMixin.__aenter__", lock_enter };

Value sync_enter(Vm *vm, Value self, bool plain)
{
    return coro_new(vm, plain ? &lock_enter_def : &enter_def, self, VALUE_NONE);
}

static Value lock_m_aenter(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return sync_enter(vm, self, sync_is_plain(vm, value_obj(self), SYNC_LOCK));
}

static bool lock_exit(Vm *vm, Coro *c, Value in, Value *out)
{
    (void)in;
    Sync *s = as_sync(c->self);
    bool ok = sync_is_plain(vm, &s->h, SYNC_LOCK) ? lock_release(vm, s) : !value_is_empty(sync_call(vm, s, "release", 0, NULL));
    *out = ok ? VALUE_NONE : VALUE_ERROR;
    return true;
}

static const CoroDef lock_exit_def = { "_ContextManagerMixin.__aexit__", lock_exit };

static Value lock_m_aexit(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return coro_new(vm, &lock_exit_def, self, VALUE_NONE);
}

static const MethodDef lock_methods[] = {
    METHOD(sync, new, "__new__(*args, **kwargs)", "A lock."),
    SCRIPT_METHOD(lock, init, "__init__()", "Nobody has it."),
    ASYNC_METHOD(lock, acquire, "acquire()", "Wait until it is free and take it; True."),
    SCRIPT_METHOD(lock, release, "release()", "Free it, and wake who waits longest."),
    SCRIPT_METHOD(lock, locked, "locked()", "Has somebody got it?"),
    ASYNC_METHOD(lock, aenter, "__aenter__()", "acquire()"),
    ASYNC_METHOD(lock, aexit, "__aexit__(exc_type, exc, tb)", "release()"),
    { 0 }
};

/* ---- Event ---- */

static bool event_wait_step(Vm *vm, Coro *c, Value in, Value *out)
{
    Sync *s = as_sync(c->self);
    if (!c->stage) {
        if (!value_is_true(s->value))
            return wait_in_line(vm, c, out);
    } else {
        waiter_drop(vm, s->waiters, c->arg);
        if (value_is_empty(in)) {
            *out = in;
            return true;
        }
    }
    *out = VALUE_TRUE;
    return true;
}

static const CoroDef event_wait_def = { "Event.wait", event_wait_step };

Value event_wait(Vm *vm, Value event)
{
    return coro_new(vm, &event_wait_def, event, VALUE_NONE);
}

bool event_set(Vm *vm, Value event)
{
    Sync *s = as_sync(event);
    if (value_is_true(s->value))
        return true;
    s->value = VALUE_TRUE;
    for (size_t i = 0; i < waiters_len(s->waiters); i++) {
        Value fut = deque_at(as_deque(s->waiters), i);
        int done = waiter_done(vm, fut);
        if (done < 0 || (!done && !waiter_set(vm, fut, VALUE_TRUE)) || (i % 1024 == 1023 && !vm_checkpoint(vm)))
            return false;
    }
    return true;
}

bool event_clear(Vm *vm, Value event)
{
    (void)vm;
    as_sync(event)->value = VALUE_FALSE;
    return true;
}

static Value event_m_wait(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return event_wait(vm, self);
}

static Value event_m_set(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return event_set(vm, self) ? VALUE_NONE : VALUE_ERROR;
}

static Value event_m_clear(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return event_clear(vm, self) ? VALUE_NONE : VALUE_ERROR;
}

#define event_m_init lock_m_init
#define event_m_is_set lock_m_locked

static const MethodDef event_methods[] = {
    METHOD(sync, new, "__new__(*args, **kwargs)", "An event."),
    SCRIPT_METHOD(event, init, "__init__()", "It is not set."),
    SCRIPT_METHOD(event, is_set, "is_set()", "Is it set?"),
    SCRIPT_METHOD(event, set, "set()", "Set it, and wake all who wait."),
    SCRIPT_METHOD(event, clear, "clear()", "It is not set any more."),
    ASYNC_METHOD(event, wait, "wait()", "Wait until it is set; True."),
    { 0 }
};

/* ---- Semaphore ---- */

static bool add(Vm *vm, Sync *s, int n)
{
    Value v = s->value, one = value_from_int48(n);
    if (!value_is_int48(v) || !value_int48_add(v, one, &v)) {
        v = op_binary(vm, 0, s->value, one, false);
        if (value_is_empty(v))
            return false;
    }
    heap_set(vm, s, &s->value, v);
    return true;
}

static int is_positive(Vm *vm, Value v)
{
    return LIKELY(value_is_int48(v)) ? value_int48(v) > 0 : op_compare_bool(vm, COMPARE_GT, v, value_from_int48(0));
}

static int is_zero(Vm *vm, Value v)
{
    return LIKELY(value_is_int48(v)) ? value_int48(v) == 0 : op_equal(vm, v, value_from_int48(0));
}

static bool is_plain_semaphore(Vm *vm, const Sync *s)
{
    return sync_is_plain(vm, &s->h, SYNC_SEMAPHORE) || sync_is_plain(vm, &s->h, SYNC_BOUNDED);
}

/* To be had only by waiting? 0, 1, -1 */
static int semaphore_locked(Vm *vm, const Sync *s)
{
    int zero = is_zero(vm, s->value);
    if (zero)
        return zero;
    int free = all_cancelled(vm, s);
    return free < 0 ? free : !free;
}

/* Give one to the first who waits for it. 1; 0: nobody; -1 */
static int wake_next(Vm *vm, Sync *s)
{
    for (size_t i = 0; i < waiters_len(s->waiters); i++) {
        Value fut = deque_at(as_deque(s->waiters), i);
        int done = waiter_done(vm, fut);
        if (done < 0)
            return done;
        if (!done)
            return add(vm, s, -1) && waiter_set(vm, fut, VALUE_TRUE) ? 1 : -1;
    }
    return 0;
}

/* Those who came later had to wait behind us. */
static bool wake_others(Vm *vm, Sync *s)
{
    int more, woken = 1;
    while (woken > 0 && (more = is_positive(vm, s->value)) != 0) {
        if (more < 0)
            return false;
        woken = wake_next(vm, s);
    }
    return woken >= 0;
}

/* The exception that is pending ends the waiting. What we had got by then is given back. */
static void stop_waiting(Vm *vm, Sync *s, Value fut)
{
    bool cancelled = was_cancelled(vm), ok = true;
    Value exc = exc_take(vm);
    if (cancelled) {
        int done = waiter_done(vm, fut), taken_back = waiter_cancelled(vm, fut);
        ok = done >= 0 && taken_back >= 0 && (!done || taken_back || add(vm, s, 1));
    }
    if (ok && wake_others(vm, s))
        exc_restore(vm, exc);
}

static bool semaphore_acquire(Vm *vm, Coro *c, Value in, Value *out)
{
    Sync *s = as_sync(c->self);
    *out = VALUE_EMPTY;
    if (c->stage) {
        waiter_drop(vm, s->waiters, c->arg);
        if (value_is_empty(in))
            stop_waiting(vm, s, c->arg);
        else if (wake_others(vm, s))
            *out = VALUE_TRUE;
        return true;
    }
    int locked = is_plain_semaphore(vm, s) ? semaphore_locked(vm, s) : sync_ask(vm, s, "locked");
    if (locked > 0)
        return wait_in_line(vm, c, out);
    if (!locked && add(vm, s, -1))
        *out = VALUE_TRUE;
    return true;
}

static const CoroDef semaphore_acquire_def = { "Semaphore.acquire", semaphore_acquire };

static Value semaphore_m_acquire(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return coro_new(vm, &semaphore_acquire_def, self, VALUE_NONE);
}

static bool semaphore_release(Vm *vm, Sync *s)
{
    return add(vm, s, 1) && wake_next(vm, s) >= 0;
}

static bool bounded_release(Vm *vm, Sync *s)
{
    int over = op_compare_bool(vm, COMPARE_GE, s->value, s->bound);
    if (over > 0)
        raise_exc(vm, EXC_ValueError, "BoundedSemaphore released too many times");
    return over == 0 && semaphore_release(vm, s);
}

static Value semaphore_m_release(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return semaphore_release(vm, as_sync(self)) ? VALUE_NONE : VALUE_ERROR;
}

static Value bounded_m_release(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return bounded_release(vm, as_sync(self)) ? VALUE_NONE : VALUE_ERROR;
}

static Value semaphore_m_locked(Vm *vm, Value self, const Args *args)
{
    (void)args;
    int locked = semaphore_locked(vm, as_sync(self));
    return locked < 0 ? VALUE_ERROR : value_from_bool(locked);
}

static Value semaphore_m_init(Vm *vm, Value self, const Args *args)
{
    Sync *s = as_sync(self);
    int negative = op_compare_bool(vm, COMPARE_LT, args->v[0], value_from_int48(0));
    if (negative)
        return negative < 0 ? VALUE_ERROR : raise_exc(vm, EXC_ValueError, "Semaphore initial value must be >= 0");
    s->waiters = VALUE_NONE;
    heap_set(vm, s, &s->value, args->v[0]);
    return VALUE_NONE;
}

static Value bounded_m_init(Vm *vm, Value self, const Args *args)
{
    heap_set(vm, as_sync(self), &as_sync(self)->bound, args->v[0]);
    return semaphore_m_init(vm, self, args);
}

static bool semaphore_enter(Vm *vm, Coro *c, Value in, Value *out)
{
    if (!semaphore_acquire(vm, c, in, out))
        return false;
    if (!value_is_empty(*out))
        *out = VALUE_NONE;
    return true;
}

static const CoroDef semaphore_enter_def = { "_ContextManagerMixin.__aenter__", semaphore_enter };

static Value semaphore_m_aenter(Vm *vm, Value self, const Args *args)
{
    (void)args;
    bool plain = is_plain_semaphore(vm, as_sync(self));
    return coro_new(vm, plain ? &semaphore_enter_def : &enter_def, self, VALUE_NONE);
}

static bool semaphore_exit(Vm *vm, Coro *c, Value in, Value *out)
{
    Sync *s = as_sync(c->self);
    (void)in;
    bool ok = sync_is_plain(vm, &s->h, SYNC_SEMAPHORE) ? semaphore_release(vm, s)
            : sync_is_plain(vm, &s->h, SYNC_BOUNDED) ? bounded_release(vm, s)
            : !value_is_empty(sync_call(vm, s, "release", 0, NULL));
    *out = ok ? VALUE_NONE : VALUE_ERROR;
    return true;
}

static const CoroDef semaphore_exit_def = { "_ContextManagerMixin.__aexit__", semaphore_exit };

static Value semaphore_m_aexit(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return coro_new(vm, &semaphore_exit_def, self, VALUE_NONE);
}

static const MethodDef semaphore_methods[] = {
    METHOD(sync, new, "__new__(*args, **kwargs)", "A semaphore."),
    SCRIPT_METHOD(semaphore, init, "__init__(value=1)", "That many can be taken."),
    ASYNC_METHOD(semaphore, acquire, "acquire()", "Wait until one is left and take it; True."),
    SCRIPT_METHOD(semaphore, release, "release()", "Give one back, to who waits longest."),
    SCRIPT_METHOD(semaphore, locked, "locked()", "Is none left?"),
    ASYNC_METHOD(semaphore, aenter, "__aenter__()", "acquire()"),
    ASYNC_METHOD(semaphore, aexit, "__aexit__(exc_type, exc, tb)", "release()"),
    { 0 }
};

static const MethodDef bounded_methods[] = {
    SCRIPT_METHOD(bounded, init, "__init__(value=1)", "That many can be taken."),
    SCRIPT_METHOD(bounded, release, "release()", "Give one back; ValueError when none was taken."),
    { 0 }
};

/* ---- attributes ---- */

Value sync_g_loop(Vm *vm, Value self)
{
    (void)vm;
    return as_sync(self)->loop;
}

bool sync_s_loop(Vm *vm, Value self, Value v)
{
    heap_set(vm, as_sync(self), &as_sync(self)->loop, value_is_empty(v) ? VALUE_NONE : v);
    return true;
}

Value sync_g_waiters(Vm *vm, Value self)
{
    (void)vm;
    return as_sync(self)->waiters;
}

bool sync_s_waiters(Vm *vm, Value self, Value v)
{
    return waiters_assign(vm, value_obj(self), &as_sync(self)->waiters, v);
}

/* Events and conditions have it from the beginning. */
Value sync_g_waiters_made(Vm *vm, Value self)
{
    Sync *s = as_sync(self);
    Deque *d = value_is_none(s->waiters) ? deque_empty(vm) : NULL;
    if (d)
        heap_set(vm, s, &s->waiters, value_from_obj(d));
    return d || !value_is_none(s->waiters) ? s->waiters : VALUE_ERROR;
}

static Value sync_g_value(Vm *vm, Value self)
{
    (void)vm;
    return as_sync(self)->value;
}

static bool flag_s_value(Vm *vm, Value self, Value v)
{
    int t = value_is_empty(v) ? 0 : op_truth(vm, v);
    as_sync(self)->value = value_from_bool(t > 0);
    return t >= 0;
}

static bool semaphore_s_value(Vm *vm, Value self, Value v)
{
    heap_set(vm, as_sync(self), &as_sync(self)->value, value_is_empty(v) ? value_from_int48(0) : v);
    return true;
}

static Value bounded_g_bound(Vm *vm, Value self)
{
    (void)vm;
    return as_sync(self)->bound;
}

static bool bounded_s_bound(Vm *vm, Value self, Value v)
{
    heap_set(vm, as_sync(self), &as_sync(self)->bound, value_is_empty(v) ? VALUE_NONE : v);
    return true;
}

#define COMMON SYNC_LOOP, SYNC_WAITERS

static const GetSetDef lock_getsets[] = { COMMON, { "_locked", "Has somebody got it?", sync_g_value, flag_s_value }, { 0 } };
static const GetSetDef semaphore_getsets[] = {
    COMMON,
    { "_value", "How many are left.", sync_g_value, semaphore_s_value },
    { 0 }
};
static const GetSetDef bounded_getsets[] = { { "_bound_value", "How many there are.", bounded_g_bound, bounded_s_bound }, { 0 } };
static const GetSetDef event_getsets[] = {
    SYNC_LOOP,
    SYNC_WAITERS_FROM_START,
    { "_value", "Is it set?", sync_g_value, flag_s_value },
    { 0 }
};

bool locks_add(Vm *vm, Module *m)
{
    enum { FLAGS = TYPE_BASE | TYPE_HAS_DICT | TYPE_WEAKREFS };
    static const TypeDef base = { .name = "_asyncio._Sync", .layout = &sync_layout, .flags = FLAGS | TYPE_DISALLOW_NEW };
    const TypeDef defs[] = {
        { .name = "_asyncio.Lock", .methods = lock_methods, .getsets = lock_getsets, .flags = FLAGS },
        { .name = "_asyncio.Event", .methods = event_methods, .getsets = event_getsets, .flags = FLAGS },
        { .name = "_asyncio.Semaphore", .methods = semaphore_methods, .getsets = semaphore_getsets, .flags = FLAGS },
        { .name = "_asyncio.BoundedSemaphore", .methods = bounded_methods, .getsets = bounded_getsets, .flags = FLAGS },
        { .name = "_asyncio.Condition", .methods = condition_methods, .getsets = condition_getsets, .flags = FLAGS },
    };
    Type *root = type_from_def(vm, &base, vm->types.object), *t = root;
    for (size_t i = 0; t && i < COUNT_OF(defs); i++) {
        t = type_from_def(vm, &defs[i], i == SYNC_BOUNDED ? t : root);
        if (t && !module_set(vm, m, strchr(defs[i].name, '.') + 1, value_from_obj(t)))
            return false;
    }
    return t != NULL;
}
