/* SPDX-License-Identifier: MIT
 * Warnings, as CPython's default filters show them. */
#ifndef RUNTIME_WARN_H
#define RUNTIME_WARN_H

#include "runtime/runtime.h"

/* False: a script's filters made an exception of it. */
MUST_USE bool warn_explicit_text(Vm *vm, Type *category, const char *text);
/* See vm->hooks.warn_syntax. */
MUST_USE bool warn_syntax(Vm *vm, const char *text, const char *filename, unsigned line, const char *source, size_t len);
/* The program ends, and sys.modules with it: what comes still goes by the filters of module warnings. */
void warn_keep_filters(Vm *vm);
void warn_coroutine_unawaited(Vm *vm, Gen *gen);
/* The same for one that is no Gen; origin: where it was made, or EMPTY. */
void warn_unawaited(Vm *vm, const char *name, Value origin, Value coro);

#endif
