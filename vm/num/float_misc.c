/* SPDX-License-Identifier: MIT
 * Hexadecimal floats, round(), as_integer_ratio() and hash() of doubles. */
#include "vm/num/dtoa.h"

#include <math.h>

#define MANT_DIGITS 13          /* hexadecimal digits behind the point */

static const char hex_chars[] = "0123456789abcdef";

size_t float_hex(double x, char *out)
{
    char *p = out;
    int e;
    if (!isfinite(x))
        return float_repr(x, out);
    if (signbit(x))
        *p++ = '-';
    double f = frexp(fabs(x), &e);
    if (f == 0.0) {
        memcpy(p, "0x0.0p+0", 8);
        return (size_t)(p + 8 - out);
    }
    int shift = e - 1 < -1022 ? -1022 - (e - 1) : 0;    /* subnormal: the leading digit is 0 */
    uint64_t m = (uint64_t)ldexp(f, 53) >> shift;
    e += shift - 1;
    memcpy(p, "0x", 2);
    p[2] = (char)('0' + (m >> 52));
    p[3] = '.';
    for (int i = 0; i < MANT_DIGITS; i++)
        p[4 + i] = hex_chars[m >> (48 - 4 * i) & 15];
    p += 4 + MANT_DIGITS;
    *p++ = 'p';
    *p++ = e < 0 ? '-' : '+';
    unsigned v = (unsigned)(e < 0 ? -e : e), unit = v >= 1000 ? 1000 : v >= 100 ? 100 : v >= 10 ? 10 : 1;
    for (; unit > 0; unit /= 10)
        *p++ = (char)('0' + v / unit % 10);
    return (size_t)(p - out);
}

/* ---- float.fromhex ---- */

typedef struct HexScan {
    const char *p, *end;
    uint64_t mant;              /* the first 15 digits or so */
    bool more, any;             /* digits other than 0 were left out; there was a digit */
    int64_t exp;                /* the number is mant * 2**exp */
} HexScan;

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void take_hex_digits(HexScan *s)
{
    bool point = false;
    for (; s->p < s->end; s->p++) {
        if (*s->p == '.' && !point) {
            point = true;
            continue;
        }
        int v = hex_value(*s->p);
        if (v < 0)
            return;
        s->any = true;
        if (s->mant >> 60 == 0) {
            s->mant = s->mant << 4 | (unsigned)v;
            s->exp -= point ? 4 : 0;
        } else {
            s->more |= v != 0;
            s->exp += point ? 0 : 4;
        }
    }
}

static bool take_hex_exponent(HexScan *s)
{
    if (s->p == s->end || (*s->p | 32) != 'p')
        return true;
    s->p++;
    bool neg = s->p < s->end && *s->p == '-';
    if (s->p < s->end && (*s->p == '-' || *s->p == '+'))
        s->p++;
    if (s->p == s->end || *s->p < '0' || *s->p > '9')
        return false;
    int64_t e = 0;
    for (; s->p < s->end && *s->p >= '0' && *s->p <= '9'; s->p++)
        if (e < (int64_t)1 << 55)
            e = e * 10 + (*s->p - '0');
    s->exp += neg ? -e : e;
    return true;
}

static FloatHex hex_to_double(const HexScan *s, double *out)
{
    uint64_t m = s->mant;
    *out = 0.0;
    if (m == 0)
        return FLOAT_HEX_OK;
    int bits = 64 - __builtin_clzll(m);
    if (s->exp > 1024 || bits + s->exp > 1024)
        return FLOAT_HEX_TOO_LARGE;
    if (bits + s->exp < -1074)          /* less than half of the least subnormal */
        return FLOAT_HEX_OK;
    int e = (int)s->exp, drop = bits - 53;
    if (drop < -1074 - e)
        drop = -1074 - e;
    if (drop > 0) {
        uint64_t half = (uint64_t)1 << (drop - 1), rest = m & (2 * half - 1), r = drop < 64 ? m >> drop : 0;
        m = r + (rest > half || (rest == half && (s->more || (r & 1))));
        e += drop;
    }
    *out = ldexp((double)m, e);
    return isinf(*out) ? FLOAT_HEX_TOO_LARGE : FLOAT_HEX_OK;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

FloatHex float_from_hex(const char *text, size_t len, double *out)
{
    HexScan s = {.p = text, .end = text + len};
    while (s.p < s.end && is_space(*s.p))
        s.p++;
    while (s.p < s.end && is_space(s.end[-1]))
        s.end--;
    const char *start = s.p;
    bool neg = s.p < s.end && *s.p == '-';
    if (s.p < s.end && (*s.p == '-' || *s.p == '+'))
        s.p++;
    if (s.p < s.end && (*s.p == 'i' || *s.p == 'I' || *s.p == 'n' || *s.p == 'N'))
        return float_scan(start, (size_t)(s.end - start), out) == (size_t)(s.end - start) ? FLOAT_HEX_OK
                                                                                         : FLOAT_HEX_INVALID;
    if (s.end - s.p >= 2 && s.p[0] == '0' && (s.p[1] | 32) == 'x')
        s.p += 2;
    take_hex_digits(&s);
    if (!s.any || !take_hex_exponent(&s))
        return FLOAT_HEX_INVALID;
    FloatHex r = hex_to_double(&s, out);
    if (neg)
        *out = -*out;
    return r == FLOAT_HEX_OK && s.p != s.end ? FLOAT_HEX_INVALID : r;
}

/* ---- round, ratio, hash ---- */

bool float_round(double x, int64_t places, double *out)
{
    *out = x;
    if (!isfinite(x) || x == 0.0 || places > 323)       /* no digit of any double is further right */
        return true;
    if (places < -308) {
        *out = 0.0 * x;
        return true;
    }
    Decimal d;
    dtoa_fixed(fabs(x), (int)places, &d);
    char text[DTOA_DIGITS_MAX + 16];
    size_t n = 0;
    int exp = d.point - d.count;
    memcpy(text, d.digits, (size_t)d.count);
    n = (size_t)d.count;
    if (n == 0)
        text[n++] = '0';
    text[n++] = 'e';
    text[n++] = exp < 0 ? '-' : '+';
    unsigned v = (unsigned)(exp < 0 ? -exp : exp);
    for (unsigned unit = 1000; unit > 0; unit /= 10)
        text[n++] = (char)('0' + v / unit % 10);
    float_scan(text, n, out);
    *out = copysign(*out, x);
    return !isinf(*out);
}

void float_ratio(double x, uint64_t *mant, int *exp)
{
    int e;
    double f = frexp(fabs(x), &e);
    *mant = 0;
    *exp = 0;
    if (f == 0.0)
        return;
    uint64_t m = (uint64_t)ldexp(f, 53);
    int zeros = __builtin_ctzll(m);
    *mant = m >> zeros;
    *exp = e - 53 + zeros;
}

int64_t double_hash(double x)
{
    const uint64_t p = ((uint64_t)1 << 61) - 1;
    if (isinf(x))
        return x > 0 ? 314159 : -314159;
    uint64_t m;
    int e;
    float_ratio(x, &m, &e);
    /* 2**61 is 1 modulo p: a factor of two is a rotation by a bit */
    unsigned r = (unsigned)((e % 61 + 61) % 61);
    uint64_t h = ((m << r) & p) | m >> (61 - r);
    int64_t s = x < 0 ? -(int64_t)h : (int64_t)h;
    return s == -1 ? -2 : s;
}
