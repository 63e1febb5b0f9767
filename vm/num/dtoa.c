/* SPDX-License-Identifier: MIT
 * Doubles to decimal: the shortest form by Raffaello Giulietti's Schubfach ("The Schubfach way to render
 * doubles", 2021), and exactly rounded forms with a given number of digits. */
#include "vm/num/dtoa.h"

#include "vm/num/dtoa_pow10.h"
#include "vm/num/limbs.h"

#include <math.h>

__extension__ typedef unsigned __int128 Word2;

#define MANT_BITS 52
#define EXP_MAX 2047
#define EXP_BIAS 1075           /* of the mantissa as an integer */

static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* |x| = *mant * 2**result; x is finite. */
static int split(double x, uint64_t *mant)
{
    uint64_t bits = bits_of(x), m = bits & (((uint64_t)1 << MANT_BITS) - 1);
    int e = (int)(bits >> MANT_BITS & EXP_MAX);
    *mant = e ? m | (uint64_t)1 << MANT_BITS : m;
    return (e ? e : 1) - EXP_BIAS;
}

/* ---- the shortest form ---- */

/* g * c / 2**128 rounded to odd: the lowest bit is set when the result is not exact. One bit of slack in the
 * low part covers that g was rounded up. */
static uint64_t round_to_odd(Pow10 g, uint64_t c)
{
    uint64_t x1 = (uint64_t)((Word2)g.low * c >> 64);
    Word2 y = (Word2)g.high * c + x1;
    return (uint64_t)(y >> 64) | ((uint64_t)y > 1);
}

static void shortest(uint64_t c, int q, bool closer_below, uint64_t *digits, int *exp10)
{
    /* All is scaled by four: the double and the ends of the interval that rounds to it. */
    uint64_t odd = c & 1, low = 4 * c - 2 + closer_below, high = 4 * c + 2;
    int k = (int)(((int64_t)q * 1262611 - (closer_below ? 524031 : 0)) >> 22);
    int h = q + pow10_log2(-k) + 1;
    Pow10 g = pow10_get(-k);
    uint64_t v = round_to_odd(g, 4 * c << h);
    uint64_t lower = round_to_odd(g, low << h) + odd, upper = round_to_odd(g, high << h) - odd, s = v / 4;

    if (s >= 10) {
        uint64_t t = s / 10;
        bool down = lower <= 40 * t, up = 40 * t + 40 <= upper;
        if (down != up) {
            *digits = t + up;
            *exp10 = k + 1;
            return;
        }
    }
    bool down = lower <= 4 * s, up = 4 * s + 4 <= upper;
    if (down == up)                     /* both or none: the nearer one, the even one if there is a tie */
        up = v > 4 * s + 2 || (v == 4 * s + 2 && (s & 1));
    *digits = s + up;
    *exp10 = k;
}

void dtoa_shortest(double x, uint64_t *digits, int *exp10)
{
    uint64_t c;
    int q = split(x, &c);
    if (q <= 0 && q > -MANT_BITS - 1 && (c & (((uint64_t)1 << -q) - 1)) == 0) {
        *digits = c >> -q;              /* a whole number below 2**53 */
        *exp10 = 0;
    } else {
        shortest(c, q, c == (uint64_t)1 << MANT_BITS && q > 1 - EXP_BIAS, digits, exp10);
    }
    while (*digits % 10 == 0) {
        *digits /= 10;
        ++*exp10;
    }
}

static const char pairs[] =
    "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"
    "5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";

/* Exactly n digits, with leading zeros. */
static void put_digits(char *out, uint64_t v, int n)
{
    for (; n >= 2; n -= 2) {
        memcpy(out + n - 2, pairs + v % 100 * 2, 2);
        v /= 100;
    }
    if (n)
        out[0] = (char)('0' + v);
}

static const uint64_t small_pow10[] = {
    1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000u, 100000000000u,
    1000000000000u, 10000000000000u, 100000000000000u, 1000000000000000u, 10000000000000000u,
    100000000000000000u, 1000000000000000000u, 10000000000000000000u
};

static int count_digits(uint64_t v)     /* v is not zero */
{
    int guess = (64 - __builtin_clzll(v)) * 1233 >> 12;
    return guess + (v >= small_pow10[guess]);
}

static size_t put_exponent(char *out, int e)
{
    unsigned v = (unsigned)(e < 0 ? -e : e);
    int n = v >= 100 ? 3 : 2;
    out[0] = 'e';
    out[1] = e < 0 ? '-' : '+';
    put_digits(out + 2, v, n);
    return (size_t)n + 2;
}

/* A positive finite x. point is where the decimal point stands: in front of the first digit for 0. */
static char *repr_digits(char *p, uint64_t digits, int n, int point)
{
    if (point <= -4 || point > 16) {
        put_digits(p + 1, digits, n);
        p[0] = p[1];
        p[1] = '.';
        p += n == 1 ? 1 : n + 1;
        return p + put_exponent(p, point - 1);
    }
    if (point <= 0) {
        memcpy(p, "0.0000", 6);
        put_digits(p + 2 - point, digits, n);
        return p + 2 - point + n;
    }
    if (point >= n) {
        put_digits(p, digits, n);
        memset(p + n, '0', (size_t)(point - n));
        p += point;
        *p++ = '.';
        *p++ = '0';
        return p;
    }
    put_digits(p, digits, n);
    memmove(p + point + 1, p + point, (size_t)(n - point));
    p[point] = '.';
    return p + n + 1;
}

size_t float_repr(double x, char *out)
{
    char *p = out;
    if (isnan(x)) {
        memcpy(out, "nan", 3);
        return 3;
    }
    if (signbit(x))
        *p++ = '-';
    if (isinf(x) || x == 0.0) {
        memcpy(p, x == 0.0 ? "0.0" : "inf", 3);
        return (size_t)(p + 3 - out);
    }
    uint64_t digits;
    int exp10;
    dtoa_shortest(x, &digits, &exp10);
    int n = count_digits(digits);
    return (size_t)(repr_digits(p, digits, n, n + exp10) - out);
}

/* ---- exactly rounded forms ---- */

static void trim(Decimal *d)
{
    while (d->count > 0 && d->digits[d->count - 1] == '0')
        d->count--;
}

/* What 128 bits can do: x = m / 2**k below 2**53 with up to 19 places. The whole part and the rounded
 * fraction, in units of the last place. */
#define QUICK_SHIFT 120
#define QUICK_PLACES 19

typedef struct Quick {
    uint64_t whole, fraction;
    bool up;                    /* is the fraction to be rounded up? */
} Quick;

static Quick quick_split(uint64_t m, int k, int places)
{
    Quick r = {0, 0, false};
    uint64_t rest = m;
    if (k < 64) {
        r.whole = m >> k;
        rest = m & (((uint64_t)1 << k) - 1);
    }
    Word2 v = (Word2)rest * small_pow10[places];
    r.fraction = (uint64_t)(v >> k);
    if (k > 0) {
        Word2 half = (Word2)1 << (k - 1), low = v & (2 * half - 1);
        bool odd = (places ? r.fraction : r.whole) & 1;
        r.up = low > half || (low == half && odd);
    }
    return r;
}

static void quick_finish(Quick r, int places, Decimal *out)
{
    if (r.up && ++r.fraction == small_pow10[places]) {
        r.fraction = 0;
        r.whole++;
    }
    int n = r.whole ? count_digits(r.whole) : 0;
    if (n) {
        put_digits(out->digits, r.whole, n);
        put_digits(out->digits + n, r.fraction, places);
        out->count = n + places;
        out->point = n;
    } else {
        n = r.fraction ? count_digits(r.fraction) : 0;
        put_digits(out->digits, r.fraction, n);
        out->count = n;
        out->point = n - places;
    }
    trim(out);
}

/* Enough for the mantissa times 5**1074 or 2**971. */
#define EXACT_LIMBS 41

/* All the digits of m * 2**e, m not zero. */
static void exact_digits(uint64_t m, int e, Decimal *out)
{
    const uint64_t five27 = 7450580596923828125u, ten19 = 10000000000000000000u;
    Limb a[EXACT_LIMBS + 1];
    size_t n = 1;
    int zeros = __builtin_ctzll(m), places = 0;
    a[0] = m >> zeros;
    e += zeros;
    if (e >= 0) {
        n = limbs_shl(a, a, 1, (unsigned)e);
    } else {
        places = -e;
        for (int left = places; left > 0; left -= 27) {
            uint64_t factor = five27;
            for (int i = left; i < 27; i++)
                factor /= 5;
            Limb carry = limbs_mul_1(a, a, n, factor);
            if (carry)
                a[n++] = carry;
        }
    }
    char *end = out->digits + DTOA_DIGITS_MAX, *p = end;
    while (n > 0) {
        uint64_t leaf = limbs_divmod_1(a, a, n, ten19);
        n = limbs_norm(a, n);
        int count = n ? 19 : count_digits(leaf);
        p -= count;
        put_digits(p, leaf, count);
    }
    out->count = (int)(end - p);
    out->point = out->count - places;
    memmove(out->digits, p, (size_t)out->count);
    trim(out);
}

/* Keeps `count` digits (it may be negative: then nothing is left). */
static void round_digits(Decimal *d, int count)
{
    if (count >= d->count)
        return;
    if (count < 0) {
        d->count = 0;
        return;
    }
    /* the digits are trimmed, so anything behind a 5 makes it more than half */
    char next = d->digits[count];
    bool odd = count > 0 && (d->digits[count - 1] & 1);
    bool up = next > '5' || (next == '5' && (count + 1 < d->count || odd));
    d->count = count;
    if (up) {
        while (count > 0 && d->digits[count - 1] == '9')
            count--;
        if (count == 0) {
            d->digits[0] = '1';
            d->point++;
            d->count = 1;
            return;
        }
        d->digits[count - 1]++;
        d->count = count;
    }
    trim(d);
}

void dtoa_fixed(double x, int places, Decimal *out)
{
    uint64_t m;
    int e = split(x, &m);
    out->count = out->point = 0;
    if (m == 0)
        return;
    if (e <= 0 && e >= -QUICK_SHIFT && places >= 0 && places <= QUICK_PLACES) {
        quick_finish(quick_split(m, -e, places), places, out);
        return;
    }
    exact_digits(m, e, out);
    if (places < 2000)
        round_digits(out, places > -2000 ? out->point + places : -1);
}

/* 128 bits, when all the digits come from whole part and fraction; false if that is not so. */
static bool quick_significant(uint64_t m, int e, int count, Decimal *out)
{
    if (e > 0 || e < -QUICK_SHIFT || count >= QUICK_PLACES)
        return false;
    int k = -e, places;
    if (k < 64 && m >> k) {
        places = count - count_digits(m >> k);
        if (places < 0)
            return false;
        quick_finish(quick_split(m, k, places), places, out);
        return true;
    }
    /* below 1: log10 is between the guess and one more */
    int log2 = 63 - __builtin_clzll(m) - k, log10 = log2 * 315653 >> 20;
    places = count - 1 - log10;
    if (places > QUICK_PLACES)
        return false;
    Quick r = quick_split(m, k, places);
    if (r.fraction >= small_pow10[count])
        r = quick_split(m, k, --places);
    quick_finish(r, places, out);
    return true;
}

void dtoa_significant(double x, int count, Decimal *out)
{
    uint64_t m;
    int e = split(x, &m);
    out->count = out->point = 0;
    if (m == 0 || quick_significant(m, e, count, out))
        return;
    exact_digits(m, e, out);
    round_digits(out, count);
}
