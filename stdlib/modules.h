/* SPDX-License-Identifier: MIT
 * The modules of this folder. Each function makes one; EMPTY: an exception is pending. */
#ifndef STDLIB_MODULES_H
#define STDLIB_MODULES_H

#include "runtime/module.h"

MUST_USE Value sys_init(Vm *vm);
MUST_USE Value types_namespace(Vm *vm);         /* the class SimpleNamespace */
MUST_USE bool sys_add_module_names(Vm *vm, Module *m);
MUST_USE Value time_init(Vm *vm);
MUST_USE Value posix_init(Vm *vm);
MUST_USE Value resource_init(Vm *vm);
MUST_USE Value child_init(Vm *vm);
MUST_USE Value select_init(Vm *vm);
MUST_USE Value pwd_init(Vm *vm);
MUST_USE Value fcntl_init(Vm *vm);
MUST_USE Value termios_init(Vm *vm);
MUST_USE Value grp_init(Vm *vm);
MUST_USE Value gc_init(Vm *vm);
MUST_USE Value codecs_init(Vm *vm);
MUST_USE Value math_init(Vm *vm);
MUST_USE Value cmath_init(Vm *vm);
MUST_USE Value random_init(Vm *vm);
MUST_USE Value signal_init(Vm *vm);
MUST_USE Value signal_core_init(Vm *vm);
MUST_USE Value hashlib_init(Vm *vm);
MUST_USE Value json_init(Vm *vm);
MUST_USE Value errno_init(Vm *vm);
MUST_USE Value imp_init(Vm *vm);
MUST_USE Value traceback_init(Vm *vm);
MUST_USE Value types_init(Vm *vm);
MUST_USE Value heapq_init(Vm *vm);
MUST_USE Value bisect_init(Vm *vm);
MUST_USE Value struct_init(Vm *vm);
MUST_USE Value re_init(Vm *vm);
MUST_USE Value abc_init(Vm *vm);
MUST_USE Value collections_init(Vm *vm);
MUST_USE Value itertools_init(Vm *vm);
MUST_USE Value functools_init(Vm *vm);
MUST_USE bool lru_cache_add(Vm *vm, Module *m);          /* lru_cache.c: part of _functools */
MUST_USE Value operator_init(Vm *vm);
MUST_USE Value datetime_init(Vm *vm);
MUST_USE Value memio_init(Vm *vm);
MUST_USE Value binascii_init(Vm *vm);
MUST_USE Value unicodedata_init(Vm *vm);
MUST_USE Value thread_init(Vm *vm);
MUST_USE bool thread_add_local(Vm *vm, Module *m);
MUST_USE Value socket_init(Vm *vm);
MUST_USE Value transports_init(Vm *vm);
MUST_USE Value queue_init(Vm *vm);
MUST_USE Value asyncio_sync_init(Vm *vm);               /* stdlib/asyncio/waiters.c */
MUST_USE Value weakref_init(Vm *vm);
MUST_USE Value array_init(Vm *vm);
MUST_USE Value csv_init(Vm *vm);
MUST_USE Value ssl_init(Vm *vm);

#endif
