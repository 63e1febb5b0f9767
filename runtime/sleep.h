/* SPDX-License-Identifier: MIT
 * asyncio.sleep() as the whole coroutine of a task. */
#ifndef RUNTIME_SLEEP_H
#define RUNTIME_SLEEP_H

#include "runtime/loop.h"

/* A sleep that is to be the coroutine of a task: on a loop with methods of a script's it is asyncio's own coroutine,
 * which calls them. */
MUST_USE bool sleep_for_loop(Vm *vm, Loop *l, Value *coro);
/* The future that a sleeping task waits for, made if need be: scripts look at task._fut_waiter. */
MUST_USE Value sleep_future(Vm *vm, Sleep *s);
/* An exception goes past it, to who awaits it. */
void sleep_end(Sleep *s);
/* One step; exc not EMPTY: throw it in. */
MUST_USE GenStatus sleep_step(Vm *vm, Sleep *s, Value exc, Value *out);

#endif
