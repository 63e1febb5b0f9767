/* SPDX-License-Identifier: MIT */
#ifndef RUNTIME_IMPORT_LOCK_H
#define RUNTIME_IMPORT_LOCK_H

#include "runtime/runtime.h"

/* On the C stack of the strand that waits. */
typedef struct ImportWaiter {
    Strand *strand;
    struct ImportWaiter *next;
} ImportWaiter;

/* On the C stack of the strand that loads. */
typedef struct ImportLock {
    Str *name;
    Strand *strand;
    struct ImportLock *next;
    ImportWaiter *waiters;
} ImportLock;

/* Wait while another strand loads the module. False: an exception is pending. */
MUST_USE bool import_wait(Vm *vm, Str *name);
/* This strand loads it, from here to import_end. */
void import_begin(Vm *vm, ImportLock *l, Str *name);
void import_end(Vm *vm, ImportLock *l);

#endif
