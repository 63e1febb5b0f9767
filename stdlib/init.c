/* SPDX-License-Identifier: MIT
 * The modules that are written in C, by name. */
#include "runtime/context.h"
#include "runtime/module.h"
#include "stdlib/modules.h"

const BuiltinModule builtin_modules[] = {
    { "asyncio", asyncio_init },
    { "contextvars", contextvars_init },
    { "sys", sys_init },
    { "time", time_init },
    { 0 }
};
