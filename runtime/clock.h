/* SPDX-License-Identifier: MIT
 * Clocks beyond the monotonic one of runtime.h. */
#ifndef RUNTIME_CLOCK_H
#define RUNTIME_CLOCK_H

#include "runtime/runtime.h"

#define CLOCK_SECOND INT64_C(1000000000)

void clock_init(Runtime *rt);
int64_t clock_wall_ns(Runtime *rt);         /* since 1970; in virtual time as that goes */
int64_t clock_read(int id);                 /* a clock of the system, by CLOCK_* */

#endif
