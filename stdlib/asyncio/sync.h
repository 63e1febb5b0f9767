/* SPDX-License-Identifier: MIT
 * What locks and queues of asyncio are made of: bases in C for the classes of stdlib/asyncio/{locks,queues}.aio, so that
 * acquire(), put(), get() and the like cost no frame. Where a class is no longer what those modules made of it, or an
 * instance has attributes of its own, methods that a script may have replaced are called by name. */
#ifndef STDLIB_ASYNCIO_SYNC_H
#define STDLIB_ASYNCIO_SYNC_H

#include "runtime/coro.h"
#include "stdlib/deque.h"

/* Classes, as Runtime.sync_shapes knows them. */
typedef enum SyncKind { SYNC_LOCK, SYNC_EVENT, SYNC_SEMAPHORE, SYNC_BOUNDED, SYNC_QUEUE, SYNC_LIFO, SYNC_PRIORITY,
               SYNC_CONDITION } SyncKind;

/* Lock, Event, Semaphore, Condition. */
typedef struct Sync {
    Obj h;
    Value loop;                 /* the one it was first waited on in, or NONE */
    Value waiters;              /* Deque of futures, or NONE: nobody has waited yet */
    Value value;                /* Lock and Event: a bool; Semaphore: how many are left */
    Value bound;                /* BoundedSemaphore: the first value; Condition: its lock */
} Sync;

/* An instance of just that class, in which a script has changed nothing. */
static inline bool sync_is_plain(Vm *vm, const Obj *o, SyncKind kind)
{
    return LIKELY(vm->shapes[o->shape]->id == rt_of(vm)->sync_shapes[kind]);
}

/* A future of the running loop, to which self is told to belong. */
MUST_USE Value waiter_new(Vm *vm, Obj *self, Value *loop);
/* At the end of *waiters, which is made if need be. */
MUST_USE bool waiter_line_up(Vm *vm, Obj *self, Value *waiters, Value fut);
/* Both. */
MUST_USE Value waiter_add(Vm *vm, Obj *self, Value *loop, Value *waiters);
void waiter_drop(Vm *vm, Value waiters, Value fut);
MUST_USE int waiter_done(Vm *vm, Value fut);            /* 0, 1, -1 */
MUST_USE int waiter_cancelled(Vm *vm, Value fut);
MUST_USE bool waiter_set(Vm *vm, Value fut, Value result);
static inline size_t waiters_len(Value waiters) { return value_is_none(waiters) ? 0 : as_deque(waiters)->len; }
/* For setters: a deque, or None. */
MUST_USE bool waiters_assign(Vm *vm, Obj *self, Value *waiters, Value v);
/* A method by name, for what a script may have replaced. */
MUST_USE Value sync_call(Vm *vm, void *self, const char *name, uint32_t n, const Value *args);
MUST_USE int sync_ask(Vm *vm, void *self, const char *name);        /* the truth of what it gives; -1: exception */

/* Event.set() and the like of one that is plain. */
MUST_USE bool event_set(Vm *vm, Value event);
MUST_USE bool event_clear(Vm *vm, Value event);
MUST_USE Value event_wait(Vm *vm, Value event);         /* the coroutine */

/* Of a plain Lock. */
MUST_USE Value lock_acquire(Vm *vm, Value lock);        /* the coroutine */
MUST_USE bool lock_release(Vm *vm, Sync *lock);
/* The coroutine of __aenter__(); plain: self is a plain Lock. */
MUST_USE Value sync_enter(Vm *vm, Value self, bool plain);

/* Attributes that they share (locks.c), and what Condition is made of (condition.c). */
Value sync_m_new(Vm *vm, Value self, const Args *args);
Value sync_g_loop(Vm *vm, Value self);
bool sync_s_loop(Vm *vm, Value self, Value v);
Value sync_g_waiters(Vm *vm, Value self);
Value sync_g_waiters_made(Vm *vm, Value self);
bool sync_s_waiters(Vm *vm, Value self, Value v);
#define SYNC_LOOP { "_loop", "The loop it belongs to, or None.", sync_g_loop, sync_s_loop }
#define SYNC_WAITERS { "_waiters", "Futures of those who wait.", sync_g_waiters, sync_s_waiters }
#define SYNC_WAITERS_FROM_START { "_waiters", "Futures of those who wait.", sync_g_waiters_made, sync_s_waiters }
extern const MethodDef condition_methods[];
extern const GetSetDef condition_getsets[];

MUST_USE bool locks_add(Vm *vm, Module *m);
MUST_USE bool queues_add(Vm *vm, Module *m);
MUST_USE bool timeouts_add(Vm *vm, Module *m);
MUST_USE bool taskgroups_add(Vm *vm, Module *m);

#endif
