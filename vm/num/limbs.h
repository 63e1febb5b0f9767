/* SPDX-License-Identifier: MIT
 * Magnitudes: unsigned integers of any size, and what int needs of them.
 *
 * A magnitude is an array of 64-bit limbs, least significant first (the layout of GMP's mpn layer),
 * with its length beside it. It is *normalised* when its last limb is not zero; zero has length 0.
 * Unless a comment says otherwise arguments are normalised, results that come with a returned length
 * are normalised too, and a result may not overlap an argument.
 *
 * Nothing here allocates. The caller provides the result, as large as the comment says, and scratch
 * space for the operations that need some; NAME_scratch() tells how many limbs of it (0: pass NULL).
 * The sum of argument lengths must stay below LIMBS_MAX, so that no size computed here overflows.
 *
 * Operations that may take long return false when the LimbTick told them to stop; their results are
 * then garbage. With a NULL tick they always return true. */
#ifndef VM_NUM_LIMBS_H
#define VM_NUM_LIMBS_H

#include "lexer/base.h"

typedef uint64_t Limb;

#define LIMB_BITS 64
#define LIMBS_MAX ((size_t)1 << 48)

/* The progress hook: fn is called about every fifth of a millisecond, and returns false to stop. */
typedef struct LimbTick {
    bool (*fn)(void *ud);
    void *ud;
    size_t work;        /* limb products since the last call; start with 0 */
} LimbTick;

/* ---- limbs.c: linear operations ---- */

static inline size_t limbs_norm(const Limb *a, size_t n)
{
    while (n > 0 && a[n - 1] == 0)
        n--;
    return n;
}

/* r has 1 limb. */
static inline size_t limbs_from_u64(Limb *r, uint64_t v)
{
    r[0] = v;
    return v != 0;
}

/* |v|, also for INT64_MIN. */
static inline uint64_t limbs_abs64(int64_t v)
{
    return v < 0 ? -(uint64_t)v : (uint64_t)v;
}

/* False when the signed value does not fit; *out is untouched then. */
MUST_USE bool limbs_to_i64(const Limb *a, size_t n, bool neg, int64_t *out);

int limbs_cmp(const Limb *a, size_t na, const Limb *b, size_t nb);     /* <0, 0, >0 */

/* Vectors of equal length, not normalised; they return the carry or borrow. r may be a or b. */
Limb limbs_add_n(Limb *r, const Limb *a, const Limb *b, size_t n);
Limb limbs_sub_n(Limb *r, const Limb *a, const Limb *b, size_t n);
Limb limbs_add_1(Limb *r, const Limb *a, size_t n, Limb v);
Limb limbs_sub_1(Limb *r, const Limb *a, size_t n, Limb v);
Limb limbs_mul_1(Limb *r, const Limb *a, size_t n, Limb v);             /* r = a * v */
Limb limbs_mul_add_1(Limb *r, const Limb *a, size_t n, Limb v, Limb c); /* r = a * v + c */
Limb limbs_addmul_1(Limb *r, const Limb *a, size_t n, Limb v);          /* r += a * v; r is not a */
Limb limbs_submul_1(Limb *r, const Limb *a, size_t n, Limb v);          /* r -= a * v; r is not a */

/* r: max + 1; may be a or b */
size_t limbs_add(Limb *r, const Limb *a, size_t na, const Limb *b, size_t nb);
/* a >= b; r: na; may be a or b */
size_t limbs_sub(Limb *r, const Limb *a, size_t na, const Limb *b, size_t nb);

/* Shifts. shl: r has limbs_shl_size() limbs. shr: r has n limbs, result rounded down. shr_floor shifts
 * the negative number -a if neg is set, rounding to minus infinity as Python does; r has n + 1 limbs.
 * In all three r may be a. */
static inline size_t limbs_shl_size(size_t n, uint64_t bits)
{
    return n + (size_t)(bits / LIMB_BITS) + 1;
}
size_t limbs_shl(Limb *r, const Limb *a, size_t n, uint64_t bits);
size_t limbs_shr(Limb *r, const Limb *a, size_t n, uint64_t bits);
size_t limbs_shr_floor(Limb *r, const Limb *a, size_t n, bool neg, uint64_t bits);
bool limbs_any_below(const Limb *a, size_t n, uint64_t bits);           /* is one of the low bits set? */

uint64_t limbs_bit_length(const Limb *a, size_t n);
uint64_t limbs_bit_count(const Limb *a, size_t n);
uint64_t limbs_trailing_zeros(const Limb *a, size_t n);                 /* a is not zero */

/* Bitwise operations on signed numbers, as if in two's complement of infinite width.
 * r has max(na, nb) + 1 limbs and may be a or b. */
typedef enum LimbOp { LIMB_AND, LIMB_OR, LIMB_XOR } LimbOp;
size_t limbs_bitop(Limb *r, bool *rneg, LimbOp op,
                   const Limb *a, size_t na, bool aneg, const Limb *b, size_t nb, bool bneg);

/* The magnitude modulo 2**61 - 1. hash(int) is this with the sign of the int, and -2 instead of -1. */
uint64_t limbs_hash(const Limb *a, size_t n);

/* int.to_bytes and from_bytes. To: any length, sign extended. From: r has len / 8 + 1 limbs. */
typedef enum LimbBytes { LIMB_BYTES_OK, LIMB_BYTES_TOO_BIG, LIMB_BYTES_NEGATIVE } LimbBytes;
MUST_USE LimbBytes limbs_to_bytes(uint8_t *out, size_t len, const Limb *a, size_t n, bool neg,
                                  bool little, bool is_signed);
size_t limbs_from_bytes(Limb *r, bool *neg, const uint8_t *bytes, size_t len, bool little, bool is_signed);

/* ---- limbs_mul.c ---- */

/* r has na + nb limbs. Faster when a and b are the same array. */
size_t limbs_mul_scratch(size_t na, size_t nb);
MUST_USE bool limbs_mul(LimbTick *tick, Limb *r, const Limb *a, size_t na, const Limb *b, size_t nb,
                        Limb *scratch);

/* a**e. r has limbs_pow_size() limbs (SIZE_MAX: more than LIMBS_MAX). 0**0 is 1. */
size_t limbs_pow_size(const Limb *a, size_t n, uint64_t e);
size_t limbs_pow_scratch(const Limb *a, size_t n, uint64_t e);
MUST_USE bool limbs_pow(LimbTick *tick, Limb *r, size_t *nr, const Limb *a, size_t n, uint64_t e,
                        Limb *scratch);

/* ---- limbs_div.c ---- */

/* Quotient (q may be a) and remainder by one limb, which is not zero. q has n limbs, not normalised. */
Limb limbs_divmod_1(Limb *q, const Limb *a, size_t n, Limb d);

/* b is not zero, na >= nb. q has na - nb + 1 limbs, r has nb; neither is normalised, so norm both. */
size_t limbs_divmod_scratch(size_t na, size_t nb);
MUST_USE bool limbs_divmod(LimbTick *tick, Limb *q, Limb *r, const Limb *a, size_t na, const Limb *b,
                           size_t nb, Limb *scratch);

/* ---- limbs_theory.c ---- */

/* r has max(na, nb) limbs. */
size_t limbs_gcd_scratch(size_t na, size_t nb);
MUST_USE bool limbs_gcd(LimbTick *tick, Limb *r, size_t *nr, const Limb *a, size_t na, const Limb *b,
                        size_t nb, Limb *scratch);

/* The integer square root, rounded down. r has n / 2 + 2 limbs. */
size_t limbs_isqrt_scratch(size_t n);
MUST_USE bool limbs_isqrt(LimbTick *tick, Limb *r, size_t *nr, const Limb *a, size_t n, Limb *scratch);

/* a**e modulo m, m not zero, magnitudes only. r has nm limbs. For a negative a and the sign that
 * Python gives the result see limbs_mod_fix. */
size_t limbs_powmod_scratch(size_t na, size_t nm);
MUST_USE bool limbs_powmod(LimbTick *tick, Limb *r, size_t *nr, const Limb *a, size_t na, const Limb *e,
                           size_t ne, const Limb *m, size_t nm, Limb *scratch);

/* The inverse of a modulo m, in [0, m). r has nm + 1 limbs. *found is false if there is none. */
size_t limbs_invmod_scratch(size_t na, size_t nm);
MUST_USE bool limbs_invmod(LimbTick *tick, Limb *r, size_t *nr, bool *found, const Limb *a, size_t na,
                           const Limb *m, size_t nm, Limb *scratch);

/* Turns r = |x| mod |m| in place into x mod m with Python's sign (that of m): returns the length of the
 * magnitude; the result is negative if mneg and the length is not 0. r has nm limbs. */
size_t limbs_mod_fix(Limb *r, size_t nr, bool xneg, const Limb *m, size_t nm, bool mneg);

/* ---- limbs_str.c ---- */

/* Digits in base 2..36, lower case, no prefix; "0" for zero. out has limbs_str_size() bytes, *len is set
 * to the number of digits, which may be one or two fewer. No terminating zero. */
size_t limbs_str_size(const Limb *a, size_t n, unsigned base);
size_t limbs_to_str_scratch(size_t n, unsigned base);
MUST_USE bool limbs_to_str(LimbTick *tick, char *out, size_t *len, const Limb *a, size_t n, unsigned base,
                           Limb *scratch);

/* Reads len digits, all valid in the base; underscores are skipped. r has limbs_from_str_size() limbs. */
size_t limbs_from_str_size(size_t len, unsigned base);
size_t limbs_from_str_scratch(size_t len, unsigned base);
MUST_USE bool limbs_from_str(LimbTick *tick, Limb *r, size_t *nr, const char *digits, size_t len,
                             unsigned base, Limb *scratch);

/* What int(text, base) accepts: white space (ASCII), sign, prefix, digits with single underscores between
 * them. base is 0 or 2..36. ok is false if the text is no integer; else digits .. digits + len are for
 * limbs_from_str in `base`, count is the number of digits without underscores. */
typedef struct IntScan {
    bool ok, neg;
    unsigned base;
    const char *digits;
    size_t len, count;
} IntScan;
IntScan limbs_scan_int(const char *text, size_t len, unsigned base);

/* Value of a digit or letter, 255 if it is none. */
unsigned limbs_digit_value(char c);

/* ---- limbs_float.c: between magnitudes and doubles, rounded half to even ---- */

/* False on overflow. */
MUST_USE bool limbs_to_double(const Limb *a, size_t n, double *out);

/* a = result * 2**(*e) with result in [0.5, 1), rounded half to even; 0 for zero. For logarithms. */
double limbs_frexp(const Limb *a, size_t n, int64_t *e);

/* |x| rounded towards zero; x is finite. r has LIMBS_FROM_DOUBLE limbs. */
#define LIMBS_FROM_DOUBLE 17
size_t limbs_from_double(Limb *r, double x);

/* a / b, correctly rounded, b not zero. False on overflow ("integer division result too large for a
 * float"); underflow gives a subnormal or zero. */
size_t limbs_truediv_scratch(size_t na, size_t nb);
MUST_USE bool limbs_truediv(double *out, const Limb *a, size_t na, const Limb *b, size_t nb, Limb *scratch);

/* Exact comparison of a magnitude with a double that is not negative (infinity is allowed, NaN is not). */
int limbs_cmp_double(const Limb *a, size_t n, double x);

#endif
