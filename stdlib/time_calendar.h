/* SPDX-License-Identifier: MIT
 * The half of module time that is about dates. */
#ifndef STDLIB_TIME_CALENDAR_H
#define STDLIB_TIME_CALENDAR_H

#include "runtime/runtime.h"

MUST_USE bool time_calendar_init(Vm *vm, Module *m);

#endif
