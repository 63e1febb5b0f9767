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
enum { IT_GROUPER, IT_TEE, IT_ACCUMULATE, IT_BATCHED, IT_CHAIN, IT_COMPRESS, IT_COUNT, IT_CYCLE, IT_DROPWHILE, IT_FILTERFALSE,
       IT_GROUPBY, IT_ISLICE };

static inline It *as_it(Value v)
{
    return (It *)value_obj(v);
}
MUST_USE It *it_new(Vm *vm, Value cls);
/* The end of an iteration (StopIteration), unless an exception is pending already. */
Value it_stop(Vm *vm);
Value it_m_iter(Vm *vm, Value self, const Args *args);
MUST_USE bool itertools_add_combining(Vm *vm, Module *m);       /* product and the like: itertools_combine.c */

/* itertools_reduce.c: for copy and pickle. */
MUST_USE bool it_deprecated(Vm *vm);            /* warns */
MUST_USE Value it_reduced(Vm *vm, Value self, Tuple *arguments, Value state);       /* of the type of self; no state: EMPTY */
#define IT_METHOD(name, what) Value name##_m_##what(Vm *vm, Value self, const Args *args)
IT_METHOD(accumulate, reduce); IT_METHOD(accumulate, setstate);
IT_METHOD(chain, reduce); IT_METHOD(chain, setstate);
IT_METHOD(compress, reduce);
IT_METHOD(count, reduce);
IT_METHOD(cycle, reduce); IT_METHOD(cycle, setstate);
IT_METHOD(groupby, reduce); IT_METHOD(groupby, setstate);
IT_METHOD(grouper, new); IT_METHOD(grouper, reduce);
IT_METHOD(islice, reduce); IT_METHOD(islice, setstate);
IT_METHOD(repeat, reduce);
IT_METHOD(starmap, reduce);     /* of filterfalse, too */
IT_METHOD(takewhile, reduce); IT_METHOD(takewhile, setstate);       /* of dropwhile, too */
IT_METHOD(tee, reduce); IT_METHOD(tee, setstate);
IT_METHOD(zip_longest, reduce); IT_METHOD(zip_longest, setstate);

#endif
