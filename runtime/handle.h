/* SPDX-License-Identifier: MIT
 * Making handles: call_soon and call_at. */
#ifndef RUNTIME_HANDLE_H
#define RUNTIME_HANDLE_H

#include "runtime/loop.h"

/* context NONE: a copy of the current one. `method` is named in the errors of debug mode. */
MUST_USE Value loop_call_soon(Vm *vm, Loop *l, Value fn, const Value *args, uint32_t n, Value context, const char *method);
/* `due` is what when() answers. */
MUST_USE Value loop_call_at(Vm *vm, Loop *l, double when, Value due, Value fn, const Value *args, uint32_t n, Value context,
                            const char *method);
/* Not in the ready queue: for who watches a descriptor. */
MUST_USE Value loop_handle(Vm *vm, Loop *l, Value fn, const Value *args, uint32_t n);
/* Run it, or nothing when it was cancelled. False: an exception that must leave the loop. */
MUST_USE bool loop_run_handle(Vm *vm, Loop *l, Handle *h);
/* v.cancel(). */
MUST_USE bool handle_cancel(Vm *vm, Value v);
/* The handle that a future's callback would have, for reports. */
MUST_USE Value loop_handle_for(Vm *vm, Loop *l, Callback *cb, Value future);
MUST_USE bool handle_types_init(Vm *vm);

#endif
