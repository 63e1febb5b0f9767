/* SPDX-License-Identifier: MIT
 * A sampling profiler. A thread of its own asks now and then where the VM's thread is (ATTENTION_SAMPLE); the next
 * checkpoint answers, and the processor time since the last sample goes to the stack that stands there. */
#ifndef RUNTIME_PROFILE_H
#define RUNTIME_PROFILE_H

#include "runtime/runtime.h"

/* From the thread that runs the VM. False: no memory, or no thread. */
MUST_USE bool profile_begin(Runtime *rt, uint32_t interval_us);
/* Stop, and write what was seen: a line for each stack, `frame;frame;frame microseconds`, as flame graphs want it. Nothing
 * when none runs. */
void profile_end(Runtime *rt, Buf *out);
void profile_free(Runtime *rt);

#endif
