/* SPDX-License-Identifier: MIT
 * What imports cost, one line a module on stderr in CPython's form (aio -X importtime). */
#ifndef RUNTIME_IMPORT_TIME_H
#define RUNTIME_IMPORT_TIME_H

#include "runtime/runtime.h"

typedef struct ImportTime {
    int64_t began;              /* ns; 0: nothing is measured */
    int64_t before;             /* spent in imports that the one around it made before this one */
} ImportTime;

ImportTime import_time_begin(Vm *vm);
void import_time_end(Vm *vm, const ImportTime *t, const Str *name);

#endif
