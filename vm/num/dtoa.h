/* SPDX-License-Identifier: MIT
 * Doubles to text and back, exactly as Python shows and reads them; no locale, no allocation. */
#ifndef VM_NUM_DTOA_H
#define VM_NUM_DTOA_H

#include "lexer/base.h"

/* A positive finite double as 0.d1d2d3... * 10**point; no trailing zeros, at least one digit.
 * DTOA_DIGITS_MAX is what the longest exact value needs. */
#define DTOA_DIGITS_MAX 800
typedef struct Decimal {
    int point;
    int count;
    char digits[DTOA_DIGITS_MAX];
} Decimal;

/* The shortest decimal that reads back as x, the nearest of them to x: x = *digits * 10**(*exp10), where
 * *digits has at most 17 digits and no trailing zeros. x is positive and finite. */
void dtoa_shortest(double x, uint64_t *digits, int *exp10);

/* x rounded half to even on its exact value: to `count` significant digits (at least 1), or to `places`
 * behind the point (may be negative). Trailing zeros are cut; a result of zero has count 0. x is finite and
 * not negative. */
void dtoa_significant(double x, int count, Decimal *out);
void dtoa_fixed(double x, int places, Decimal *out);

/* repr(float): "1e+16", "0.1", "-0.0", "inf", "nan". Returns the length; no terminating zero. */
#define FLOAT_REPR_MAX 32
size_t float_repr(double x, char *out);

/* Reads the longest decimal number at the start of text: [sign] digits [. digits] [e [sign] digits], and inf,
 * infinity, nan in any case. No white space, no underscores. Returns the bytes used, 0 if there is no number.
 * Too large a number gives infinity, too small a one zero, both with the right sign. */
size_t float_scan(const char *text, size_t len, double *out);

/* float(text): ASCII white space around it, underscores between digits. False if it is not a number. */
MUST_USE bool float_parse(const char *text, size_t len, double *out);

/* float.hex() and float.fromhex(). */
#define FLOAT_HEX_MAX 32
size_t float_hex(double x, char *out);
typedef enum FloatHex {
    FLOAT_HEX_OK,
    FLOAT_HEX_INVALID,          /* ValueError: invalid hexadecimal floating-point string */
    FLOAT_HEX_TOO_LARGE         /* OverflowError: hexadecimal value too large to represent as a float */
} FloatHex;
MUST_USE FloatHex float_from_hex(const char *text, size_t len, double *out);

/* round(x, places). False on overflow (OverflowError: rounded value too large to represent). Any x. */
MUST_USE bool float_round(double x, int64_t places, double *out);

/* |x| = mant * 2**exp with mant odd (0 and 0 for zero); x is finite. For as_integer_ratio. */
void float_ratio(double x, uint64_t *mant, int *exp);

/* hash(float) of anything but NaN, which hashes by identity. */
int64_t double_hash(double x);

#endif
