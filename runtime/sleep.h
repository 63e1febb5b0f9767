/* SPDX-License-Identifier: MIT
 * asyncio.sleep() as the whole coroutine of a task. */
#ifndef RUNTIME_SLEEP_H
#define RUNTIME_SLEEP_H

#include "runtime/loop.h"

/* One step; exc not EMPTY: throw it in. */
MUST_USE GenStatus sleep_step(Vm *vm, Sleep *s, Value exc, Value *out);

#endif
