/* SPDX-License-Identifier: MIT
 * The scheduler of strands. One runs at a time; another one goes on when it waits (a lock, a sleep, an idle loop), or
 * at a checkpoint when its slice is used up. Nothing here is called by other threads. */
#ifndef VM_SCHED_H
#define VM_SCHED_H

#include "vm/object.h"

/* A strand that will run fn(*args, **kwargs). NULL: exception pending. */
MUST_USE Strand *strand_spawn(Vm *vm, Value fn, Tuple *args, Dict *kwargs);
/* Others run until somebody wakes this one or the deadline (INFINITY: none) has come; vm->strand->woken tells which.
 * False: an exception is pending, as signal handlers raise them. */
MUST_USE bool strand_wait(Vm *vm, double deadline);
void strand_wake(Strand *s);
/* The same, until somebody wakes all who wait for that: an address, no more. */
MUST_USE bool strand_wait_for(Vm *vm, const void *what);
void strand_wake_for(Vm *vm, const void *what);
/* Others that are ready go first. */
void strand_yield(Vm *vm);
/* At the end of a VM: all but the main one go, and none can begin. They run no more script, but natives on their C
 * stacks let go of what they hold. */
void strands_drop(Vm *vm);
bool strand_is_alive(const Vm *vm, uint64_t ident);

#endif
