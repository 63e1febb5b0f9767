/* SPDX-License-Identifier: MIT
 * Functions that run when the program ends. */
#ifndef RUNTIME_ATEXIT_H
#define RUNTIME_ATEXIT_H

#include "vm/type.h"

MUST_USE Value atexit_init(Vm *vm);     /* the module */
void atexit_run(Vm *vm);                /* exceptions are unraisable */

#endif
