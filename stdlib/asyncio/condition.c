/* SPDX-License-Identifier: MIT
 * Condition: waiting for a notification beside a lock, which is let go meanwhile and had again whatever happens. */
#include "stdlib/asyncio/sync.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

/* A Sync whose `bound` is the lock. */
static Sync *as_condition(Value v) { return (Sync *)value_obj(v); }

/* Its lock, when neither has anything of a script's; NULL. */
static Sync *plain_lock(Vm *vm, const Sync *s)
{
    if (!sync_is_plain(vm, &s->h, SYNC_CONDITION) || !value_is_obj(s->bound))
        return NULL;
    return sync_is_plain(vm, value_obj(s->bound), SYNC_LOCK) ? as_condition(s->bound) : NULL;
}

static int is_locked(Vm *vm, Sync *s)
{
    const Sync *lock = plain_lock(vm, s);
    return LIKELY(lock != NULL) ? value_is_true(lock->value) : sync_ask(vm, s, "locked");
}

static bool let_go(Vm *vm, Sync *s)
{
    Sync *lock = plain_lock(vm, s);
    return LIKELY(lock != NULL) ? lock_release(vm, lock) : !value_is_empty(sync_call(vm, s, "release", 0, NULL));
}

/* To be awaited. */
static Value have_again(Vm *vm, Sync *s)
{
    return LIKELY(plain_lock(vm, s) != NULL) ? lock_acquire(vm, s->bound) : sync_call(vm, s, "acquire", 0, NULL);
}

static bool notify(Vm *vm, const Sync *s, Value n)
{
    int64_t woken = 0;
    for (size_t i = 0; i < waiters_len(s->waiters); i++) {
        int enough = value_is_int48(n) ? woken >= value_int48(n) : op_compare_bool(vm, COMPARE_GE, value_from_int48(woken), n);
        if (enough)
            return enough > 0;
        Value fut = deque_at(as_deque(s->waiters), i);
        int done = waiter_done(vm, fut);
        if (done < 0 || (!done && !waiter_set(vm, fut, VALUE_FALSE)) || (i % 1024 == 1023 && !vm_checkpoint(vm)))
            return false;
        woken += !done;
    }
    return true;
}

/* arg: the future; then what to raise once the lock is had again, or NONE. */
enum { BEGIN, WAITING, LOCKING, LOCKING_AGAIN };

/* The pending exception goes out, and a notification that may have been for us to somebody else. */
static bool fail(Vm *vm, const Sync *s)
{
    Value exc = exc_take(vm);
    if (notify(vm, s, value_from_int48(1)))
        exc_restore(vm, exc);
    return true;
}

static bool wait_step(Vm *vm, Coro *c, Value in, Value *out)
{
    Sync *s = as_condition(c->self);
    Value given = *out = VALUE_ERROR;
    switch (c->stage) {
    case BEGIN:
        {
            int locked = is_locked(vm, s);
            if (locked <= 0) {
                if (!locked)
                    raise_exc(vm, EXC_RuntimeError, "cannot wait on un-acquired lock");
                return true;
            }
        }
        given = waiter_new(vm, &s->h, &s->loop);
        if (value_is_empty(given) || !let_go(vm, s))
            return true;
        if (!waiter_line_up(vm, &s->h, &s->waiters, given))
            return fail(vm, s);
        heap_set(vm, c, &c->arg, given);
        c->stage = WAITING;
        *out = given;
        return false;
    case WAITING:
        waiter_drop(vm, s->waiters, c->arg);
        heap_set(vm, c, &c->arg, value_is_empty(in) ? exc_take(vm) : VALUE_NONE);
        c->stage = LOCKING;
        break;
    default:
        if (!value_is_empty(in)) {
            if (value_is_none(c->arg)) {
                *out = VALUE_TRUE;
                return true;
            }
            exc_restore(vm, c->arg);
            return fail(vm, s);
        }
        if (!exc_matches(vm, vm->strand->exc, as_type(rt_of(vm)->roots[RT_ROOT_CANCELLED])))
            return fail(vm, s);
        given = exc_take(vm);           /* the latest one is raised, in the context of what ended the waiting */
        Value ended_by = c->stage == LOCKING ? c->arg : as_exc(c->arg)->context;
        if (is_exc(ended_by) && !value_same(given, ended_by) && value_is_none(as_exc(given)->context))
            heap_set(vm, as_exc(given), &as_exc(given)->context, ended_by);
        heap_set(vm, c, &c->arg, given);
        c->stage = LOCKING_AGAIN;
    }
    *out = have_again(vm, s);
    return value_is_empty(*out) ? fail(vm, s) : false;
}

static const CoroDef wait_def = { "Condition.wait", wait_step };

static Value condition_m_wait(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return coro_new(vm, &wait_def, self, VALUE_NONE);
}

static Value condition_m_notify(Vm *vm, Value self, const Args *args)
{
    Sync *s = as_condition(self);
    int locked = is_locked(vm, s);
    if (locked <= 0)
        return locked < 0 ? VALUE_ERROR : raise_exc(vm, EXC_RuntimeError, "cannot notify on un-acquired lock");
    return notify(vm, s, args->v[0]) ? VALUE_NONE : VALUE_ERROR;
}

static Value condition_m_notify_plain(Vm *vm, Value self, const Args *args)
{
    return notify(vm, as_condition(self), args->v[0]) ? VALUE_NONE : VALUE_ERROR;
}

static Value condition_m_notify_all(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Value n = value_from_int48((int64_t)waiters_len(as_condition(self)->waiters));
    if (!sync_is_plain(vm, value_obj(self), SYNC_CONDITION))
        return sync_call(vm, value_obj(self), "notify", 1, &n);
    Args one = { .v = &n, .count = 1, .given = 1 };
    return condition_m_notify(vm, self, &one);
}

/* ---- async with ---- */

static bool leave(Vm *vm, Coro *c, Value in, Value *out)
{
    (void)in;
    *out = let_go(vm, as_condition(c->self)) ? VALUE_NONE : VALUE_ERROR;
    return true;
}

static const CoroDef leave_def = { "_ContextManagerMixin.__aexit__", leave };

static Value condition_m_aenter(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Sync *lock = plain_lock(vm, as_condition(self));
    return sync_enter(vm, lock ? value_from_obj(lock) : self, lock != NULL);
}

static Value condition_m_aexit(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return coro_new(vm, &leave_def, self, VALUE_NONE);
}

static Value condition_g_lock(Vm *vm, Value self)
{
    (void)vm;
    return as_condition(self)->bound;
}

static bool condition_s_lock(Vm *vm, Value self, Value v)
{
    heap_set(vm, as_condition(self), &as_condition(self)->bound, value_is_empty(v) ? VALUE_NONE : v);
    return true;
}

const MethodDef condition_methods[] = {
    METHOD(sync, new, "__new__(*args, **kwargs)", "A condition."),
    ASYNC_METHOD(condition, wait, "wait()", "Let the lock go until a notification comes, and have it again; True."),
    SCRIPT_METHOD(condition, notify, "notify(n=1)", "Wake up to n of those who wait; the lock must be held."),
    SCRIPT_METHOD(condition, notify_plain, "_notify(n)", "The same without a look at the lock."),
    SCRIPT_METHOD(condition, notify_all, "notify_all()", "Wake all who wait; the lock must be held."),
    ASYNC_METHOD(condition, aenter, "__aenter__()", "acquire()"),
    ASYNC_METHOD(condition, aexit, "__aexit__(exc_type, exc, tb)", "release()"),
    { 0 }
};

const GetSetDef condition_getsets[] = {
    SYNC_LOOP,
    SYNC_WAITERS_FROM_START,
    { "_lock", "Its lock.", condition_g_lock, condition_s_lock },
    { 0 }
};
