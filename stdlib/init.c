/* SPDX-License-Identifier: MIT
 * The modules that are written in C, by name. */
#include "runtime/atexit.h"
#include "runtime/context.h"
#include "runtime/io.h"
#include "runtime/module.h"
#include "runtime/typing.h"
#include "stdlib/modules.h"

const BuiltinModule builtin_modules[] = {
    { "asyncio", asyncio_init },
    { "_asyncio", asyncio_sync_init },
    { "atexit", atexit_init },
    { "contextvars", contextvars_init },
    { "errno", errno_init },
    { "gc", gc_init },
    { "_io", io_module_init },
    { "_hashlib", hashlib_init },
    { "itertools", itertools_init },
    { "_json", json_init },
    { "_codecs", codecs_init },
    { "math", math_init },
    { "cmath", cmath_init },
    { "posix", posix_init },
    { "resource", resource_init },
    { "_child", child_init },
    { "select", select_init },
    { "pwd", pwd_init },
    { "fcntl", fcntl_init },
    { "termios", termios_init },
    { "grp", grp_init },
    { "_random", random_init },
    { "_signal", signal_core_init },
    { "_signals", signal_init },
    { "sys", sys_init },
    { "time", time_init },
    { "_socket", socket_init },
    { "_transports", transports_init },
    { "_queue", queue_init },
    { "_heapq", heapq_init },
    { "bisect", bisect_init },
    { "_struct", struct_init },
    { "_re", re_init },
    { "_abc", abc_init },
    { "_array", array_init },
    { "_collections", collections_init },
    { "_csv", csv_init },
    { "_functools", functools_init },
    { "_operator", operator_init },
    { "_datetime", datetime_init },
    { "_memio", memio_init },
    { "_binascii", binascii_init },
    { "unicodedata", unicodedata_init },
    { "_thread", thread_init },
    { "_imp", imp_init },
    { "_traceback", traceback_init },
    { "_typing", typing_module_init },
    { "_types", types_init },
    { "_weakref", weakref_init },
#ifdef HAVE_OPENSSL
    { "_ssl", ssl_init },
#endif
    { 0 }
};
