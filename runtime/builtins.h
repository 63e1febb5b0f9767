/* SPDX-License-Identifier: MIT
 * The parts of the built-in functions. */
#ifndef RUNTIME_BUILTINS_H
#define RUNTIME_BUILTINS_H

#include "runtime/runtime.h"

extern const MethodDef builtins_core[];         /* builtins.c */
extern const MethodDef builtins_numbers[];      /* builtins_num.c: sum, min, max, round, divmod, pow, chr … */
extern const MethodDef builtins_code[];         /* builtins_code.c: eval, exec, compile, globals, dir, vars … */
extern const MethodDef builtins_io[];           /* builtins_io.c: print, input, open, exit … */
extern const MethodDef builtins_async[];        /* builtins_async.c: aiter, anext */
MUST_USE bool builtins_async_init(Vm *vm);
MUST_USE bool builtins_io_init(Vm *vm);         /* exit and quit */

#endif
