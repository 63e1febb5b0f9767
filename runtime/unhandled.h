/* SPDX-License-Identifier: MIT
 * What the hooks of module sys do by themselves. */
#ifndef RUNTIME_UNHANDLED_H
#define RUNTIME_UNHANDLED_H

#include "runtime/runtime.h"

/* The traceback's text, past sys.excepthook. */
void unhandled_print(Vm *vm, Value exc);
/* "Exception ignored in: …", past sys.unraisablehook. message, object: NONE for nothing. */
void unhandled_print_ignored(Vm *vm, Value exc, Value message, Value object);

#endif
