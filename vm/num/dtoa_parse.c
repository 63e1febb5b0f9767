/* SPDX-License-Identifier: MIT
 * Decimal text to doubles, correctly rounded: two exact quick ways, an interval from a 128-bit power of ten
 * for almost everything else, and exact integers where the interval does not decide. */
#include "vm/num/dtoa.h"

#include "vm/num/dtoa_pow10.h"
#include "vm/num/limbs.h"

#include <assert.h>
#include <math.h>

__extension__ typedef unsigned __int128 Word2;

/* A number in text: its first 19 significant digits, and where they all are for the exact way. */
typedef struct Scan {
    uint64_t mant;              /* the leading digits as an integer */
    int64_t exp10;              /* the number is mant * 10**exp10, or a little more if `more` */
    bool more;                  /* digits other than 0 were left out of mant */
    const char *digits;         /* the first significant one */
    const char *end;            /* behind the last digit */
    int64_t point;              /* the number is 0.digits * 10**point */
} Scan;

#define MANT_DIGITS 19
#define EXP_LIMIT ((int64_t)1 << 50)
/* Of more digits it matters only that they are there: 768 decide between any two doubles. */
#define EXACT_DIGITS 780

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Reads digits, with underscores between digits if allowed. */
static const char *skip_digits(const char *p, const char *end, bool underscores)
{
    while (p < end && (is_digit(*p) ||
                       (underscores && *p == '_' && p + 1 < end && is_digit(p[1]) && is_digit(p[-1]))))
        p++;
    return p;
}

static void take_digits(Scan *s, const char *p, const char *end)
{
    const char *point = NULL;
    int taken = 0;
    int64_t before = 0;
    for (; p < end; p++) {
        if (*p == '.') {
            point = p;
            continue;
        }
        if (*p == '_')
            continue;
        if (*p != '0' && !s->digits)
            s->digits = p;
        if (!s->digits) {
            before -= point != NULL;            /* zeros behind the point move it */
            continue;
        }
        before += point == NULL;
        if (taken < MANT_DIGITS) {
            s->mant = s->mant * 10 + (uint64_t)(*p - '0');
            taken++;
        } else {
            s->more |= *p != '0';
        }
    }
    s->end = end;
    s->point = before;
    s->exp10 = before - taken;
}

/* The exponent behind an 'e', if there is one; returns what follows it. */
static const char *take_exponent(const char *p, const char *end, bool underscores, int64_t *exp)
{
    const char *q = p;
    *exp = 0;
    if (q == end || (*q != 'e' && *q != 'E'))
        return p;
    q++;
    bool neg = q < end && *q == '-';
    if (q < end && (*q == '-' || *q == '+'))
        q++;
    if (q == end || !is_digit(*q))
        return p;
    const char *stop = skip_digits(q, end, underscores);
    for (; q < stop; q++)
        if (*q != '_' && *exp < EXP_LIMIT)
            *exp = *exp * 10 + (*q - '0');
    if (neg)
        *exp = -*exp;
    return stop;
}

/* ---- from digits to a double ---- */

static double scale_small(uint64_t mant, int exp10)
{
    static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    return exp10 < 0 ? (double)mant / powers[-exp10] : (double)mant * powers[exp10];
}

/* m * 2**e rounded half to even, as the bits of a double. m has at least 120 bits; `more` says that the
 * value is a little above. */
static uint64_t round_to_bits(Word2 m, int e, bool more)
{
    const uint64_t infinity = (uint64_t)2047 << 52;
    int bits = 128 - __builtin_clzll((uint64_t)(m >> 64)), drop = bits - 53;
    if (bits + e > 1024)
        return infinity;
    if (drop < -1074 - e)
        drop = -1074 - e;
    if (drop > 128)
        return 0;
    Word2 half = (Word2)1 << (drop - 1), rest = m & (2 * half - 1);     /* of 128 bits: half * 2 is 0 */
    uint64_t r = drop < 128 ? (uint64_t)(m >> drop) : 0;
    r += rest > half || (rest == half && (more || (r & 1)));
    /* the leading bit of r, or the carry out of it, adds to the exponent as it must */
    return ((uint64_t)(e + drop + 1074) << 52) + r;
}

static double from_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Both ends of the interval that 10**exp10, rounded up in the table, and the digits left out make. False
 * if they do not round to the same double. */
static bool by_interval(const Scan *s, double *out)
{
    int k = (int)s->exp10, shift = __builtin_clzll(s->mant);
    Pow10 g = pow10_get(k);
    uint64_t w = s->mant << shift;
    int e = pow10_log2(k) - 127 - shift + 64;
    bool exact = k >= 0 && k <= POW10_EXACT_MAX;
    /* the product has 192 bits: the low 64 of them only tell whether there is more */
    Word2 low = (Word2)g.low * w, high = (Word2)g.high * w + (uint64_t)(low >> 64);
    bool more = (uint64_t)low != 0;
    if (exact && !s->more) {
        *out = from_bits(round_to_bits(high, e, more));
        return true;
    }
    /* The table makes it too large by less than w / 2**64 < 1; digits left out make it too small by less than
     * 10**k, which is below g.high + 1, shifted. */
    Word2 least = exact ? high : high - 1, most = high;
    if (s->more)
        most += ((Word2)g.high + 2) << shift;
    if (most < high)
        return false;
    uint64_t bits = round_to_bits(least, e, true);
    *out = from_bits(bits);
    return bits == round_to_bits(most, e, true);
}

static size_t copy_digits(const Scan *s, char *out, int64_t *exp10)
{
    size_t n = 0;
    bool more = false;
    for (const char *p = s->digits; p < s->end; p++) {
        if (!is_digit(*p))
            continue;
        if (n < EXACT_DIGITS)
            out[n++] = *p;
        else
            more |= *p != '0';
    }
    if (more)
        out[n++] = '1';
    *exp10 = s->point - (int64_t)n;
    return n;
}

#define TEN_LIMBS 64            /* for 10**1123 */

static size_t power_of_ten(Limb *r, int k)
{
    const Limb ten19 = 10000000000000000000u;
    size_t n = 1;
    r[0] = 1;
    for (; k > 0; k -= 19) {
        Limb factor = ten19;
        for (int i = k; i < 19; i++)
            factor /= 10;
        Limb carry = limbs_mul_1(r, r, n, factor);
        if (carry)
            r[n++] = carry;
    }
    return n;
}

/* All the digits as an integer, over or times a power of ten. */
static double by_integers(const Scan *s)
{
    char digits[EXACT_DIGITS + 1];
    int64_t exp10;
    size_t len = copy_digits(s, digits, &exp10), n, nten;
    Limb mant[EXACT_DIGITS / 19 + 4], ten[TEN_LIMBS], leaves[EXACT_DIGITS / 19 + 4], scratch[8 * TEN_LIMBS];
    double r = 0.0;
    assert(limbs_from_str_size(len, 10) <= COUNT_OF(mant));
    assert(limbs_from_str_scratch(len, 10) <= COUNT_OF(leaves));
    bool done = limbs_from_str(NULL, mant, &n, digits, len, 10, leaves);
    nten = power_of_ten(ten, (int)(exp10 < 0 ? -exp10 : exp10));
    if (exp10 < 0) {
        assert(limbs_truediv_scratch(n, nten) <= COUNT_OF(scratch));
        done = done && limbs_truediv(&r, mant, n, ten, nten, scratch);
    } else {
        Limb product[COUNT_OF(mant) + TEN_LIMBS];
        assert(limbs_mul_scratch(n, nten) <= COUNT_OF(scratch));
        done = done && limbs_mul(NULL, product, mant, n, ten, nten, scratch) &&
               limbs_to_double(product, limbs_norm(product, n + nten), &r);
    }
    return done ? r : INFINITY;
}

static double to_double(const Scan *s)
{
    double r;
    if (s->mant == 0 || s->exp10 < -344)        /* mant is below 10**19 */
        return 0.0;
    if (s->exp10 > 309)
        return INFINITY;
    if (!s->more && s->mant >> 53 == 0 && s->exp10 >= -22 && s->exp10 <= 22)
        return scale_small(s->mant, (int)s->exp10);
    if (s->exp10 >= POW10_MIN && s->exp10 <= POW10_MAX && by_interval(s, &r))
        return r;
    return by_integers(s);
}

/* ---- what the text looks like ---- */

static bool same_word(const char *p, const char *end, const char *lower)
{
    size_t n = strlen(lower);
    if ((size_t)(end - p) < n)
        return false;
    for (size_t i = 0; i < n; i++)
        if ((p[i] | 32) != lower[i])
            return false;
    return true;
}

/* inf, infinity and nan: how many bytes, 0 if none of them. */
static size_t scan_word(const char *p, const char *end, double *out)
{
    if (same_word(p, end, "nan")) {
        *out = (double)NAN;
        return 3;
    }
    if (!same_word(p, end, "inf"))
        return 0;
    *out = (double)INFINITY;
    return same_word(p, end, "infinity") ? 8 : 3;
}

/* Digits and a point without underscores, mant being enough for them; p is where they end. False if they
 * are too many. */
static bool quick_digits(Scan *s, const char **p, const char *end)
{
    const char *q = *p, *point = NULL, *first = q;
    uint64_t m = 0;
    for (; q < end && is_digit(*q); q++)
        m = m * 10 + (uint64_t)(*q - '0');
    size_t digits = (size_t)(q - first);
    if (q < end && *q == '.') {
        point = ++q;
        for (; q < end && is_digit(*q); q++)
            m = m * 10 + (uint64_t)(*q - '0');
        digits += (size_t)(q - point);
    }
    if (digits > MANT_DIGITS)
        return false;
    s->digits = first;
    s->end = *p = q;
    s->mant = m;
    s->exp10 = point ? -(q - point) : 0;
    s->point = s->exp10 + (int64_t)digits;
    return true;
}

/* What follows the sign; first is a digit or a point. Returns the end, NULL if there is no digit. */
static const char *scan_decimal(const char *first, const char *end, bool underscores, double *out)
{
    const char *p = first;
    Scan s = {0};
    int64_t exp;
    if (*p == '.' && (p + 1 == end || !is_digit(p[1])))
        return NULL;
    if (!quick_digits(&s, &p, end) || (underscores && p < end && *p == '_')) {
        s = (Scan){0};
        p = is_digit(*first) ? skip_digits(first, end, underscores) : first;
        if (p < end && *p == '.')
            p = p + 1 < end && is_digit(p[1]) ? skip_digits(p + 1, end, underscores) : p + 1;
        take_digits(&s, first, p);
    }
    p = take_exponent(p, end, underscores, &exp);
    s.point += exp;
    s.exp10 += exp;
    *out = to_double(&s);
    return p;
}

static size_t scan(const char *text, const char *end, bool underscores, double *out)
{
    const char *p = text;
    bool neg = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    if (p < end && (is_digit(*p) || *p == '.')) {
        p = scan_decimal(p, end, underscores, out);
        if (!p)
            return 0;
    } else {
        size_t n = scan_word(p, end, out);
        if (n == 0)
            return 0;
        p += n;
    }
    if (neg)
        *out = -*out;
    return (size_t)(p - text);
}

size_t float_scan(const char *text, size_t len, double *out)
{
    return scan(text, text + len, false, out);
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool float_parse(const char *text, size_t len, double *out)
{
    while (len > 0 && is_space(text[len - 1]))
        len--;
    while (len > 0 && is_space(*text)) {
        text++;
        len--;
    }
    return len > 0 && scan(text, text + len, true, out) == len;
}
