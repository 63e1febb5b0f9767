/* SPDX-License-Identifier: MIT
 * What the language does to any value: operators, calls, iteration, conversion. Each may call script and raise. */
#ifndef VM_OPS_H
#define VM_OPS_H

#include "vm/error.h"

/* op is one of OPR_ADD … OPR_XOR by value (0 … 12, the order of SPECIAL_ADD …). */
MUST_USE Value op_binary(Vm *vm, unsigned op, Value a, Value b, bool in_place);
MUST_USE Value op_unary(Vm *vm, Special s, Value v);        /* INVERT POS NEG ABS */
MUST_USE Value op_pow3(Vm *vm, Value a, Value b, Value mod);
MUST_USE Value op_compare(Vm *vm, unsigned cmp, Value a, Value b);      /* COMPARE_*: any value may result */
MUST_USE int op_compare_bool(Vm *vm, unsigned cmp, Value a, Value b);   /* 0, 1, -1 error */
/* a is b or a == b, as containers compare. 0, 1, -1. */
MUST_USE int op_equal(Vm *vm, Value a, Value b);
MUST_USE int op_truth(Vm *vm, Value v);                     /* 0, 1, -1 */
MUST_USE bool op_hash(Vm *vm, Value v, int64_t *hash);      /* never -1 */
MUST_USE int op_contains(Vm *vm, Value container, Value item);
MUST_USE Value op_getitem(Vm *vm, Value o, Value key);
MUST_USE bool op_setitem(Vm *vm, Value o, Value key, Value v);
MUST_USE bool op_delitem(Vm *vm, Value o, Value key);
MUST_USE int64_t op_len(Vm *vm, Value o);                   /* -1: error */
MUST_USE int64_t op_length_hint(Vm *vm, Value o, int64_t dflt);
MUST_USE Str *op_repr(Vm *vm, Value v);
MUST_USE Str *op_str(Vm *vm, Value v);
MUST_USE Str *op_ascii(Vm *vm, Value v);
MUST_USE Str *op_format(Vm *vm, Value v, Str *spec);        /* spec NULL: empty */
/* For repr of containers: true when v is being printed already (write "..." then). Pair with op_repr_leave. */
MUST_USE int op_repr_enter(Vm *vm, Value v);                /* 1: already in, 0: entered, -1 error (too deep) */
void op_repr_leave(Vm *vm, Value v);

/* Iteration. op_next: false at the end (nothing pending, its value in vm->stop_value) or on error (pending). */
MUST_USE Value op_iter(Vm *vm, Value v);
MUST_USE Value op_iter_items(Vm *vm, Value v, bool asked); /* by __getitem__ alone; asked: an __iter__ could not be got */
MUST_USE bool op_next(Vm *vm, Value iter, Value *out);
/* A pending StopIteration becomes the end it means. */
void op_end(Vm *vm);
/* Call fn on each item; fn returns false to stop with its exception pending. Checkpoints inside. */
MUST_USE bool op_each(Vm *vm, Value iterable, bool (*fn)(Vm *vm, Value item, void *ud), void *ud);
MUST_USE Value op_list_of(Vm *vm, Value iterable);          /* a new list */
MUST_USE Value op_tuple_of(Vm *vm, Value iterable);         /* the same object when it is an exact tuple */

/* Conversion. */
/* an int by __index__; "'x' object cannot be interpreted as an integer" */
MUST_USE Value op_index(Vm *vm, Value v);
/* op_index, then OverflowError "Python int too large to convert to C long" */
/* What __index__ or __int__ returned, an int: as an exact one. A subclass brings a DeprecationWarning. */
/* What v.__float__() gave: a float, or TypeError; a DeprecationWarning for one of a subclass. */
MUST_USE Value float_returned(Vm *vm, Value v, Value r);
MUST_USE Value int_returned(Vm *vm, Value r, const char *method);
MUST_USE bool op_int64(Vm *vm, Value v, int64_t *out);
/* For slices and sequence indexes: clamps to int64 instead of raising. */
MUST_USE bool op_index_clamped(Vm *vm, Value v, int64_t *out);
MUST_USE bool op_double(Vm *vm, Value v, double *out);      /* float or __float__ or __index__ */

/* Calls. Arguments are copied. args may be NULL when n is 0. */
MUST_USE Value op_call(Vm *vm, Value f, uint32_t n, const Value *args);
static inline MUST_USE Value op_call0(Vm *vm, Value f) { return op_call(vm, f, 0, NULL); }
static inline MUST_USE Value op_call1(Vm *vm, Value f, Value a) { return op_call(vm, f, 1, &a); }
/* The last `nkw` of the n arguments are keywords, named by the Str values of names. */
MUST_USE Value op_call_kw(Vm *vm, Value f, uint32_t n, const Value *args, uint32_t nkw, const Value *names);
MUST_USE Value op_call_ex(Vm *vm, Value f, Tuple *args, Dict *kwargs);  /* kwargs may be NULL */
MUST_USE Value op_call_method(Vm *vm, Value o, Str *name, uint32_t n, const Value *args);
/* A special method of v's type, called with v first. EMPTY and *missing when the type has none. */
MUST_USE Value op_call_special(Vm *vm, Value v, Special s, uint32_t n, const Value *args, bool *missing);
bool op_callable(Vm *vm, Value v);

MUST_USE int op_isinstance(Vm *vm, Value v, Value cls);     /* classes, tuples, unions; 0, 1, -1 */
MUST_USE int op_issubclass(Vm *vm, Value c, Value cls);
/* The same without asking the metaclass: what type.__instancecheck__ and type.__subclasscheck__ do. */
MUST_USE int op_isinstance_plain(Vm *vm, Value v, Value cls);
MUST_USE int op_issubclass_plain(Vm *vm, Value c, Value cls);

/* id(): stable for an object's life. */
MUST_USE Value op_id(Vm *vm, Value v);

#endif
