/* SPDX-License-Identifier: MIT
 * Integers of any size, bool, float. */
#ifndef VM_OBJECTS_INT_H
#define VM_OBJECTS_INT_H

#include "vm/ops.h"

/* An int is a Value of 48 bits or an Int; is_int() takes bool and subclasses too. */
static inline bool is_int(Value v) { return value_is_int48(v) || value_is_bool(v) || is_bigint(v); }
MUST_USE Value int_new(Vm *vm, int64_t i);
MUST_USE Value int_new_u64(Vm *vm, uint64_t u);
MUST_USE Value int_from_limbs(Vm *vm, int sign, const uint64_t *limbs, size_t count);   /* normalises */
MUST_USE Value int_from_text(Vm *vm, const char *digits, size_t len, int base);     /* base 0: by prefix; ValueError */
MUST_USE Value int_parse(Vm *vm, Value text, int base);       /* of a str or bytes; ValueError */
/* The value of bool or of a script's subclass as an exact int; exact ones as they are. */
MUST_USE Value int_exact(Vm *vm, Value v);
MUST_USE Value int_from_double(Vm *vm, double d);           /* truncates; OverflowError, ValueError for inf, nan */
bool int_to_i64(Value v, int64_t *out);                     /* false: does not fit (nothing raised) */
MUST_USE bool int_to_double(Vm *vm, Value v, double *out);  /* OverflowError: int too large to convert to float */
int int_sign(Value v);
int int_compare(Value a, Value b);
/* Operators by number, as op_binary has them. */
enum { INT_ADD, INT_SUB, INT_MUL, INT_MATMUL, INT_DIV, INT_FLOORDIV, INT_MOD, INT_POW, INT_LSHIFT, INT_RSHIFT,
       INT_AND, INT_OR, INT_XOR };
MUST_USE Value int_binary(Vm *vm, unsigned op, Value a, Value b);       /* both ints; op as op_binary */
MUST_USE Str *int_to_str(Vm *vm, Value v, int base);
int64_t int_hash(Value v);
/* format(v, spec); spec is not empty. */
/* The decimal digits of a number without its sign, written before `end`; where they begin. */
#define INT_DIGITS 20u
static inline char *int_digits(char *end, int64_t i)
{
    uint64_t u = i < 0 ? 0 - (uint64_t)i : (uint64_t)i;
    do
        *--end = (char)('0' + u % 10);
    while (u /= 10);
    return end;
}
/* format_parse(), which remembers short specs. */
struct FormatSpec;
void format_memo_free(Vm *vm);
MUST_USE int format_spec(Vm *vm, Str *spec, int kind, struct FormatSpec *out);
MUST_USE Value int_format_spec(Vm *vm, Value v, Str *spec);
MUST_USE Value float_format_spec(Vm *vm, Value v, Str *spec);
MUST_USE bool int_types_init(Vm *vm);                       /* and bool, NoneType, ellipsis, NotImplementedType */

/* floats */
static inline bool is_float(Value v) { return value_is_double(v) || is_floatobj(v); }
static inline double float_value(Value v) { return value_is_double(v) ? value_double(v) : as_floatobj(v)->value; }
Value float_nan(Vm *vm, double d);              /* one of its own, with the sign of d */
/* Of a double that may be NaN. Never fails. */
static inline Value float_new(Vm *vm, double d) { return d != d ? float_nan(vm, d) : value_from_double(d); }
/* For bits from outside and back: NaNs keep their payloads, but not the numbers that float_nan() gave. */
Value float_load(Vm *vm, uint64_t bits);
uint64_t float_bits(double d);
MUST_USE Str *float_to_str(Vm *vm, double d);
MUST_USE Value float_from_text(Vm *vm, const char *text, size_t len, Value original);   /* ValueError */
int64_t float_hash(Vm *vm, double d, Value v);
MUST_USE Value float_binary(Vm *vm, unsigned op, double a, double b);
MUST_USE bool float_types_init(Vm *vm);

#endif
