/* SPDX-License-Identifier: MIT
 * Raising and looking at exceptions from C. A fallible function returns false, NULL or VALUE_ERROR and leaves
 * the exception in vm->strand->exc. */
#ifndef VM_ERROR_H
#define VM_ERROR_H

#include "vm/type.h"

/* (Not "raise": the C library has a function of that name.) Raise with a formatted message.
 * Besides printf's d u s c x zu lld: %S a Str *, %R repr of a Value (passed by
 * value), %T the type name of a Value, %V str() of a Value. Always returns VALUE_ERROR, so that a native can
 * `return raise_exc(…)`. */
Value raise_exc(Vm *vm, ExcId id, const char *fmt, ...);
Value raise_type(Vm *vm, Type *type, const char *fmt, ...);
/* Raise an instance, or a class by calling it. */
Value raise_value(Vm *vm, Value exc);
/* With these args: KeyError(key), StopIteration(value) … */
Value raise_args(Vm *vm, ExcId id, uint32_t n, const Value *args);
Value raise_stop_iteration(Vm *vm, Value value);
Value raise_end(Vm *vm, Value value);                       /* EMPTY: without a value */
Value raise_no_memory(Vm *vm);
Value raise_os(Vm *vm, int err, Value filename);            /* OSError or its subclass by errno; filename EMPTY: none */
Value raise_attribute(Vm *vm, Value o, Str *name);          /* "'x' object has no attribute 'y'" with name and obj set */
Value raise_name(Vm *vm, Str *name);                        /* "name 'x' is not defined" */
static inline Value raise_type_error(Vm *vm, const char *msg) { return raise_exc(vm, EXC_TypeError, "%s", msg); }

/* The pending exception is of this type (or a subclass). */
bool exc_pending_is(Vm *vm, ExcId id);
bool exc_matches(Vm *vm, Value exc, Type *t);
/* Take the pending exception away; EMPTY when none. */
Value exc_take(Vm *vm);
void exc_restore(Vm *vm, Value exc);                        /* make it pending again, as it was */
void exc_discard(Vm *vm);
/* What is being handled by the running code, EMPTY: nothing. */
Value exc_handled(Vm *vm);
/* A new instance without raising it. */
MUST_USE Value exc_new(Vm *vm, ExcId id, const char *fmt, ...);
MUST_USE Value exc_new_args(Vm *vm, Type *t, uint32_t n, const Value *args);
/* Object flags of an Exc. */
#define EXC_SEEN 1u             /* while a traceback is printed */
#define EXC_ON_SELF 2u          /* AttributeError: the object was `self` of the function that raised it */
/* Payload names of built-in exceptions in Exc.extra. */
enum { EXTRA_STOP_VALUE = 0, EXTRA_NAME = 0, EXTRA_OBJ = 1, EXTRA_ERRNO = 0, EXTRA_STRERROR = 1, EXTRA_FILENAME = 2,
       EXTRA_CODE = 0, EXTRA_GROUP_MESSAGE = 0, EXTRA_GROUP_EXCS = 1 };

/* Add the frame at `pc` to the pending exception's traceback (the interpreter's). */
MUST_USE bool traceback_add(Vm *vm, Frame *f);

#endif
