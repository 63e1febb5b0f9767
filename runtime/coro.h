/* SPDX-License-Identifier: MIT
 * Coroutines that are written in C: what an `async def` method of a built-in class gives. They need no frame: each is
 * a small state machine, whose step() runs when it begins and each time that what it awaits has ended. */
#ifndef RUNTIME_CORO_H
#define RUNTIME_CORO_H

#include "runtime/loop.h"

typedef struct Coro Coro;

typedef struct CoroDef {
    const char *qualname;       /* "Lock.acquire" */
    /* in: NONE at the beginning (c->stage is 0), then what the await gave, EMPTY: it raised, which is pending.
     * True: it is over, *out is the result, or EMPTY with an exception pending. False: *out is to be awaited. */
    bool (*step)(Vm *vm, Coro *c, Value in, Value *out);
} CoroDef;

struct Coro {
    Obj h;
    const CoroDef *def;
    Value self;                 /* whose method it is: step()'s */
    Value arg;                  /* step()'s own */
    Value on;                   /* what it waits for: an object that needs no iterator, or an iterator; EMPTY */
    Value origin;               /* where it was made, when that is tracked; EMPTY */
    uint8_t state;              /* GEN_* */
    uint8_t stage;              /* step()'s own */
};

extern const TypeLayout coro_layout;
static inline bool is_coro(Vm *vm, Value v) { return is_kind(v, KIND_EXT) && type_of(vm, v)->layout == &coro_layout; }
static inline Coro *as_coro(Value v) { return (Coro *)value_obj(v); }

MUST_USE Value coro_new(Vm *vm, const CoroDef *def, Value self, Value arg);
/* One step as a task's coroutine takes it; exc not EMPTY: throw it in. */
MUST_USE GenStatus coro_step(Vm *vm, Coro *c, Value exc, Value *out);
MUST_USE bool coro_types_init(Vm *vm);

#endif
