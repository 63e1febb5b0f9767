/* SPDX-License-Identifier: MIT
 * What the scheduler of strands (vm/sched.h) wants from this layer: a clock, waiting, slices. */
#ifndef RUNTIME_STRANDS_H
#define RUNTIME_STRANDS_H

#include "runtime/runtime.h"

void strands_install(Vm *vm);
void strands_free(Runtime *rt);
/* Nanoseconds until another strand can go on: 0 now, -1 nothing but the outside. */
int64_t strands_timeout_ns(Vm *vm);
/* Seconds between two slices, as asked for; it is 100 us at least and a second at most. */
double strands_interval(const Runtime *rt);
void strands_set_interval(Runtime *rt, double seconds);

#endif
