/* SPDX-License-Identifier: MIT
 * Contexts (contextvars): see loop.h for what the event loop uses of them. */
#ifndef RUNTIME_CONTEXT_H
#define RUNTIME_CONTEXT_H

#include "runtime/loop.h"

MUST_USE bool context_types_init(Vm *vm);
MUST_USE Value contextvars_init(Vm *vm);        /* the module contextvars */
Value contextvars_f_copy_context(Vm *vm, Value self, const Args *args);

#endif
