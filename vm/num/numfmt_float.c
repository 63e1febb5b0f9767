/* SPDX-License-Identifier: MIT
 * Floats and complex numbers by conversion, precision and format spec. */
#include "vm/num/numfmt.h"

#include "vm/num/dtoa.h"
#include "vm/num/numfmt_layout.h"

#include <math.h>

/* Precisions above this only add zeros. */
#define PRECISION_USEFUL 1100

static void put_zeros(Buf *b, int64_t count)
{
    if (count > 0)
        buf_fill(b, '0', (size_t)count);
}

/* The digits from..to of the decimal, zeros where it has none; digit 0 is the first, negative ones stand
 * before it. */
static void put_digits(Buf *b, const Decimal *d, int64_t from, int64_t to)
{
    if (from < 0) {
        put_zeros(b, to < 0 ? to - from : -from);
        from = 0;
    }
    if (from < d->count) {
        int64_t end = to < d->count ? to : d->count;
        if (end > from)
            buf_put(b, d->digits + from, (size_t)(end - from));
        from = end;
    }
    put_zeros(b, to - from);
}

/* How a number is to be written: with how many digits behind the point, and with an exponent or not. */
typedef struct Shape {
    bool exponent, point;           /* point: even if no digit follows */
    char e;
    int64_t places;
} Shape;

static void put_decimal(Buf *b, const Decimal *d, const Shape *s)
{
    int64_t whole = s->exponent ? 1 : d->point;
    if (whole > 0)
        put_digits(b, d, 0, whole);
    else
        buf_putc(b, '0');
    if (s->places > 0 || s->point) {
        buf_putc(b, '.');
        put_digits(b, d, whole, whole + s->places);
    }
    if (s->exponent) {
        int e = d->point - 1;
        unsigned v = (unsigned)(e < 0 ? -e : e);
        buf_putc(b, s->e);
        buf_putc(b, e < 0 ? '-' : '+');
        if (v >= 100)
            buf_putc(b, (char)('0' + v / 100));
        buf_putc(b, (char)('0' + v / 10 % 10));
        buf_putc(b, (char)('0' + v % 10));
    }
}

static void shortest(double x, Decimal *d)
{
    uint64_t digits;
    int exp10, n = 0;
    char text[20];
    dtoa_shortest(x, &digits, &exp10);
    for (; digits > 0; digits /= 10)
        text[sizeof text - (size_t)++n] = (char)('0' + digits % 10);
    memcpy(d->digits, text + sizeof text - (size_t)n, (size_t)n);
    d->count = n;
    d->point = n + exp10;
}

/* x is finite and not negative. */
static Shape to_decimal(double x, char code, int64_t precision, unsigned flags, Decimal *d)
{
    Shape s = {false, (flags & FLOAT_ALT) != 0, 'e', 0};
    bool dot0 = flags & FLOAT_DOT_0;
    int useful = precision < PRECISION_USEFUL ? (int)precision : PRECISION_USEFUL;
    d->point = d->count = 0;
    switch (code) {
    case 'e':
        dtoa_significant(x, useful + 1, d);
        s.exponent = true;
        s.places = precision;
        break;
    case 'f':
        dtoa_fixed(x, useful, d);
        s.places = precision;
        break;
    case 'g':
        dtoa_significant(x, useful > 0 ? useful : 1, d);
        break;
    default:
        if (x > 0.0)
            shortest(x, d);
    }
    if (d->count == 0)
        d->point = 1;           /* zero is the digit 0 before the point */
    if (code == 'e' || code == 'f')
        return s;
    int64_t most = code == 'g' ? (precision > 0 ? precision : 1) : 17, shown = d->count > 0 ? d->count : 1;
    s.exponent = d->point <= -4 || d->point > (code == 'g' ? most - dot0 : 16);
    if (code == 'g' && s.point)
        shown = most;
    s.places = s.exponent ? shown - 1 : shown > d->point ? shown - d->point : 0;
    if (dot0 && !s.exponent && s.places == 0)
        s.places = 1;
    return s;
}

static void put_word(Buf *b, const char *lower, bool upper)
{
    for (; *lower; lower++)
        buf_putc(b, upper ? (char)(*lower - 32) : *lower);
}

void float_format(Buf *b, double x, char code, int precision, unsigned flags)
{
    bool upper = code >= 'A' && code <= 'Z', neg = signbit(x) && !isnan(x);
    if (upper)
        code = (char)(code + 32);
    Decimal d;
    Shape s;
    if (isfinite(x)) {
        s = to_decimal(fabs(x), code, precision, flags, &d);
        if (d.count == 0 && (flags & FLOAT_NO_NEG_ZERO))
            neg = false;
    }
    if (neg)
        buf_putc(b, '-');
    else if (flags & FLOAT_SIGN)
        buf_putc(b, '+');
    if (isnan(x)) {
        put_word(b, "nan", upper);
    } else if (isinf(x)) {
        put_word(b, "inf", upper);
    } else {
        s.e = upper ? 'E' : 'e';
        put_decimal(b, &d, &s);
    }
}

/* ---- by format spec ---- */

/* The number without sign of the spec, width and grouping. Type 0 is `bare`. */
static void put_float(Buf *b, const FormatSpec *f, double x, unsigned bare)
{
    unsigned flags = (f->alternate ? FLOAT_ALT : 0) | (f->no_neg_zero ? FLOAT_NO_NEG_ZERO : 0);
    int precision = f->precision < 0 ? 6 : (int)f->precision;
    char code = (char)f->type;
    if (code == 0) {
        code = f->precision < 0 ? 'r' : 'g';
        flags |= bare;
    } else if (code == 'n') {
        code = 'g';
    } else if (code == '%') {
        float_format(b, x * 100, 'f', precision, flags);
        buf_putc(b, '%');
        return;
    }
    float_format(b, x, code, precision, flags);
}

static NumberParts take_apart(const char *text, size_t len, char sign)
{
    NumberParts n = {0};
    bool neg = len > 0 && *text == '-';
    n.sign = numfmt_sign(sign, neg);
    n.digits = text + neg;
    while (neg + n.ndigits < len && n.digits[n.ndigits] >= '0' && n.digits[n.ndigits] <= '9')
        n.ndigits++;
    n.rest = n.digits + n.ndigits;
    n.nrest = len - neg - n.ndigits;
    return n;
}

/* Lays out again what was written to b from `start` on. */
static void lay_out_again(Buf *b, size_t start, const FormatSpec *f)
{
    size_t len = b->len - start;
    char small[128];
    if (b->failed)
        return;
    if (len <= sizeof small) {
        memcpy(small, b->data + start, len);
        b->len = start;
        NumberParts n = take_apart(small, len, f->sign);
        numfmt_layout(b, f, &n);
        return;
    }
    Buf copy;
    buf_init(&copy, b->alloc);
    buf_put(&copy, b->data + start, len);
    if (copy.failed) {
        b->failed = true;
    } else {
        b->len = start;
        NumberParts n = take_apart(copy.data, len, f->sign);
        numfmt_layout(b, f, &n);
    }
    buf_free(&copy);
}

FormatError format_float(Buf *b, const FormatSpec *f, double x)
{
    size_t start = b->len;
    if (f->precision > INT32_MAX)
        return FORMAT_PRECISION_TOO_BIG;
    put_float(b, f, x, FLOAT_DOT_0);
    if (f->width > 0 || f->group || (f->sign && f->sign != '-'))
        lay_out_again(b, start, f);
    return FORMAT_OK;
}

static void put_part(Buf *b, const FormatSpec *f, char sign, double x)
{
    FormatSpec part = *f;
    size_t start = b->len;
    part.sign = sign;
    part.width = -1;
    put_float(b, &part, x, 0);
    lay_out_again(b, start, &part);
}

/* Without a type as repr does: the real part only if it is not 0, and in parentheses. */
FormatError format_complex(Buf *b, const FormatSpec *f, double re, double im)
{
    Buf text;
    bool bare = f->type == 0, skip = bare && re == 0.0 && !signbit(re);
    if (f->precision > INT32_MAX)
        return FORMAT_PRECISION_TOO_BIG;
    buf_init(&text, b->alloc);
    if (bare && !skip)
        buf_putc(&text, '(');
    if (!skip)
        put_part(&text, f, f->sign, re);
    put_part(&text, f, skip ? f->sign : '+', im);
    buf_puts(&text, bare && !skip ? "j)" : "j");
    NumberParts all = {.rest = text.data, .nrest = text.len};
    FormatSpec outer = *f;
    outer.group = 0;
    if (text.failed)
        b->failed = true;
    else
        numfmt_layout(b, &outer, &all);
    buf_free(&text);
    return FORMAT_OK;
}

void complex_repr(Buf *b, double re, double im)
{
    bool skip = re == 0.0 && !signbit(re);
    if (!skip) {
        buf_putc(b, '(');
        float_format(b, re, 'r', 0, 0);
    }
    float_format(b, im, 'r', 0, skip ? 0 : FLOAT_SIGN);
    buf_puts(b, skip ? "j" : "j)");
}
