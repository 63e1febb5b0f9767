/* SPDX-License-Identifier: MIT
 * What the two files of itertools share. */
#ifndef STDLIB_ITERTOOLS_H
#define STDLIB_ITERTOOLS_H

#include "runtime/module.h"
#include "runtime/typing.h"

#define IT_VALUES 6
/* An iterator; each type says what its fields are. */
typedef struct It {
    Obj h;
    Value v[IT_VALUES];
    int64_t n, m, k, seen;
} It;
extern const TypeLayout it_layout;
/* In the tuple at RT_ROOT_ITERTOOLS. */
enum { IT_GROUPER, IT_TEE };

static inline It *as_it(Value v)
{
    return (It *)value_obj(v);
}
MUST_USE It *it_new(Vm *vm, Value cls);
/* The end of an iteration (StopIteration), unless an exception is pending already. */
Value it_stop(Vm *vm);
Value it_m_iter(Vm *vm, Value self, const Args *args);
MUST_USE bool itertools_add_combining(Vm *vm, Module *m);       /* product and the like: itertools_combine.c */

#endif
