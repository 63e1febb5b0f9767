/* SPDX-License-Identifier: MIT
 * Between magnitudes and doubles, correctly rounded. */
#include "vm/num/limbs.h"

#include "vm/num/limbs_word.h"

#include <float.h>
#include <math.h>

/* The 64 bits from bit `at` on, at may be negative down to -63 (zeros come in below). */
static uint64_t window(const Limb *a, size_t n, int64_t at)
{
    if (at < 0)
        return a[0] << -at;
    size_t word = (size_t)(at / LIMB_BITS);
    unsigned s = (unsigned)(at % LIMB_BITS);
    uint64_t v = word < n ? a[word] >> s : 0;
    if (s && word + 1 < n)
        v |= a[word + 1] << (LIMB_BITS - s);
    return v;
}

/* v / 2**drop (0 < drop <= 64) rounded half to even; more says that the exact value is a little above v. */
static uint64_t round_shift(uint64_t v, unsigned drop, bool more)
{
    uint64_t half = (uint64_t)1 << (drop - 1), rest = drop < 64 ? v & (half * 2 - 1) : v;
    uint64_t r = drop < 64 ? v >> drop : 0;
    if (rest > half || (rest == half && (more || (r & 1))))
        r++;
    return r;
}

bool limbs_to_double(const Limb *a, size_t n, double *out)
{
    uint64_t bits = limbs_bit_length(a, n);
    if (bits <= 64) {
        *out = n ? (double)a[0] : 0.0;      /* the conversion rounds to nearest */
        return true;
    }
    if (bits > DBL_MAX_EXP)
        return false;
    int64_t at = (int64_t)bits - 64;
    uint64_t m = round_shift(window(a, n, at), 11, limbs_any_below(a, n, (uint64_t)at));
    *out = ldexp((double)m, (int)at + 11);
    return !isinf(*out);
}

double limbs_frexp(const Limb *a, size_t n, int64_t *e)
{
    uint64_t bits = limbs_bit_length(a, n);
    *e = (int64_t)bits;
    if (n == 0)
        return 0.0;
    int64_t at = (int64_t)bits - 64;
    uint64_t m = round_shift(window(a, n, at), 11, at > 0 && limbs_any_below(a, n, (uint64_t)at));
    if (m >> 53) {
        m >>= 1;
        ++*e;
    }
    return ldexp((double)m, -53);
}

size_t limbs_from_double(Limb *r, double x)
{
    int e;
    double f = frexp(fabs(x), &e);
    if (e <= 0)
        return 0;
    Limb m = (Limb)ldexp(f, 53);
    if (e <= 53) {
        r[0] = m >> (53 - e);
        return 1;
    }
    return limbs_shl(r, &m, 1, (unsigned)(e - 53));
}

/* a is shifted so that the quotient has 63 or 64 bits: enough to round it to 53, or to fewer if it is
 * subnormal. */
#define QUOTIENT_BITS 63

size_t limbs_truediv_scratch(size_t na, size_t nb)
{
    (void)na;
    return (nb + 4) + 5 + nb + limbs_divmod_scratch(nb + 4, nb);
}

bool limbs_truediv(double *out, const Limb *a, size_t na, const Limb *b, size_t nb, Limb *scratch)
{
    int64_t diff = (int64_t)limbs_bit_length(a, na) - (int64_t)limbs_bit_length(b, nb);
    int64_t s = QUOTIENT_BITS - diff;
    *out = 0.0;
    if (na == 0 || diff < DBL_MIN_EXP - DBL_MANT_DIG - 2)
        return true;
    if (diff > DBL_MAX_EXP)
        return false;
    Limb *x = scratch, *q = x + nb + 4, *r = q + 5;
    size_t nx = s >= 0 ? limbs_shl(x, a, na, (uint64_t)s) : limbs_shr(x, a, na, (uint64_t)-s);
    bool done = limbs_divmod(NULL, q, r, x, nx, b, nb, r + nb);     /* never stops without a tick */
    bool more = limbs_norm(r, nb) > 0 || (s < 0 && limbs_any_below(a, na, (uint64_t)-s));
    int64_t drop = 64 - limb_clz(q[0]) - DBL_MANT_DIG, least = DBL_MIN_EXP - DBL_MANT_DIG + s;
    if (drop < least)
        drop = least;
    if (drop > 64)
        return done;
    uint64_t m = round_shift(q[0], (unsigned)drop, more);
    *out = ldexp((double)m, (int)(drop - s));
    return !isinf(*out);
}

int limbs_cmp_double(const Limb *a, size_t n, double x)
{
    int e;
    if (isinf(x))
        return -1;
    if (x < 1.0)
        return n ? 1 : x > 0.0 ? -1 : 0;
    double f = frexp(x, &e);
    int64_t bits = (int64_t)limbs_bit_length(a, n);
    if (bits != e)
        return bits < e ? -1 : 1;
    uint64_t mine = window(a, n, bits - 64), other = (uint64_t)ldexp(f, 53) << 11;
    if (mine != other)
        return mine < other ? -1 : 1;
    return bits > 64 && limbs_any_below(a, n, (uint64_t)bits - 64);
}
