/* SPDX-License-Identifier: MIT
 * Signals, for module signal. */
#ifndef RUNTIME_SIGNALS_H
#define RUNTIME_SIGNALS_H

#include "runtime/runtime.h"

#define SIGNAL_COUNT 65         /* one more than the highest number */

enum { SIGNAL_DEFAULT, SIGNAL_IGNORE, SIGNAL_TAKE };    /* rt_signal_claim's `how` */
/* What signal.default_int_handler does. */
Value signal_interrupt(Vm *vm);

#endif
