/* SPDX-License-Identifier: MIT
 * Where something was made, for debug mode: a List of (file, line, function, source line), outermost frame first. */
#ifndef RUNTIME_ORIGIN_H
#define RUNTIME_ORIGIN_H

#include "runtime/loop.h"
#include "vm/buf.h"

#define ORIGIN_DEPTH 10         /* frames, unless a script says otherwise */

MUST_USE Value origin_stack(Vm *vm, uint32_t depth);
/* As a traceback shows it; v from origin_stack(), or anything: then nothing is added. */
void origin_put(Vm *vm, Value v, Buf *out);
/* The same as script sees it: a traceback.StackSummary; None for EMPTY. */
MUST_USE Value origin_get(Vm *vm, Value v);
/* " created at file:3", or nothing for EMPTY; NULL: exception pending. */
MUST_USE Str *origin_repr(Vm *vm, Value v);
/* sys.set_coroutine_origin_tracking_depth(); 0: off. */
void origin_track(Vm *vm, uint32_t depth);

#endif
