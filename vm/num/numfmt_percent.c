/* SPDX-License-Identifier: MIT
 * %-formatting: one conversion at a time. */
#include "vm/num/numfmt.h"

#include "vm/num/numfmt_layout.h"

#include <limits.h>
#include <math.h>

typedef struct Reader {
    const char *p, *end;
} Reader;

/* The key in parentheses, which may hold balanced ones. False if it does not end. */
static bool read_key(Reader *r, PercentSpec *f)
{
    const char *start = r->p;
    int64_t depth = 1;
    for (; r->p < r->end; r->p++) {
        if (*r->p == '(')
            depth++;
        else if (*r->p == ')' && --depth == 0)
            break;
    }
    if (r->p == r->end)
        return false;
    f->key = start;
    f->key_len = (size_t)(r->p - start);
    r->p++;
    return true;
}

static void read_flags(Reader *r, PercentSpec *f)
{
    for (; r->p < r->end; r->p++) {
        switch (*r->p) {
        case '-': f->left = true; break;
        case '+': f->plus = true; break;
        case ' ': f->space = true; break;
        case '#': f->alternate = true; break;
        case '0': f->zero = true; break;
        default: return;
        }
    }
}

/* A number, or * for the arguments. False if it is above the limit. */
static bool read_number(Reader *r, int64_t *out, int64_t limit)
{
    if (r->p < r->end && *r->p == '*') {
        r->p++;
        *out = PERCENT_STAR;
        return true;
    }
    for (; r->p < r->end && *r->p >= '0' && *r->p <= '9'; r->p++) {
        int64_t v = *out < 0 ? 0 : *out, digit = *r->p - '0';
        if (v > (limit - digit) / 10)
            return false;
        *out = v * 10 + digit;
    }
    return true;
}

static uint32_t read_type(Reader *r)
{
    unsigned char c = (unsigned char)*r->p++;
    uint32_t cp = c < 0xC0 ? c : c < 0xE0 ? c & 0x1F : c < 0xF0 ? c & 0x0F : c & 0x07;
    if (c >= 0xC0)
        while (r->p < r->end && ((unsigned char)*r->p & 0xC0) == 0x80)
            cp = cp << 6 | ((unsigned char)*r->p++ & 0x3F);
    return cp;
}

PercentError percent_parse(const char *text, size_t len, size_t *pos, PercentSpec *out)
{
    Reader r = {text + *pos, text + len};
    *out = (PercentSpec){.width = -1, .precision = -1};
    if (r.p < r.end && *r.p == '(') {
        r.p++;
        if (!read_key(&r, out))
            return PERCENT_KEY;
    }
    read_flags(&r, out);
    if (!read_number(&r, &out->width, PTRDIFF_MAX))
        return PERCENT_WIDTH;
    if (r.p < r.end && *r.p == '.') {
        r.p++;
        out->precision = 0;
        if (!read_number(&r, &out->precision, INT_MAX))
            return PERCENT_PRECISION;
    }
    if (r.p < r.end && (*r.p == 'h' || *r.p == 'l' || *r.p == 'L'))
        r.p++;
    if (r.p == r.end)
        return PERCENT_INCOMPLETE;
    out->type_at = (size_t)(r.p - text);
    out->type = read_type(&r);
    *pos = (size_t)(r.p - text);
    return PERCENT_OK;
}

const char *percent_error(PercentError error)
{
    static const char *const texts[] = {
        [PERCENT_OK] = "",
        [PERCENT_INCOMPLETE] = "incomplete format",
        [PERCENT_KEY] = "incomplete format key",
        [PERCENT_WIDTH] = "width too big",
        [PERCENT_PRECISION] = "precision too big",
    };
    return texts[error];
}

void percent_set_width(PercentSpec *p, int64_t width)
{
    if (width < 0)
        p->left = true;
    p->width = (int64_t)(width < 0 ? -(uint64_t)width : (uint64_t)width);
    if (p->width < 0)
        p->width = INT64_MAX;
}

void percent_set_precision(PercentSpec *p, int64_t precision)
{
    p->precision = precision < 0 ? 0 : precision;
}

/* As a spec of the other language: numbers are right-aligned, filled with zeros behind the sign if asked
 * for. */
static FormatSpec as_spec(const PercentSpec *p, bool number)
{
    bool zeros = number && p->zero && !p->left;
    return (FormatSpec){.fill = zeros ? '0' : ' ', .align = p->left ? '<' : zeros ? '=' : '>',
                        .sign = p->plus ? '+' : p->space ? ' ' : 0, .alternate = p->alternate,
                        .width = p->width, .precision = -1};
}

int percent_int_base(uint32_t type)
{
    switch (type) {
    case 'd': case 'i': case 'u': return 10;
    case 'o': return 8;
    case 'x': case 'X': return 16;
    default: return 0;
    }
}

void percent_int(Buf *b, const PercentSpec *p, const char *digits, size_t len, bool neg)
{
    FormatSpec f = as_spec(p, true);
    char prefix[2] = {'0', (char)p->type};
    NumberParts n = {.sign = numfmt_sign(f.sign, neg), .prefix = prefix,
                     .nprefix = p->alternate && percent_int_base(p->type) != 10 ? 2 : 0,
                     .digits = digits, .ndigits = len, .upper = p->type == 'X'};
    if (p->precision <= 0 || (uint64_t)p->precision <= len) {
        numfmt_layout(b, &f, &n);
        return;
    }
    Buf padded;                             /* the precision is the least number of digits */
    buf_init(&padded, b->alloc);
    buf_fill(&padded, '0', (size_t)p->precision - len);
    buf_put(&padded, digits, len);
    n.digits = padded.data;
    n.ndigits = padded.len;
    if (padded.failed)
        b->failed = true;
    else
        numfmt_layout(b, &f, &n);
    buf_free(&padded);
}

void percent_float(Buf *b, const PercentSpec *p, double x)
{
    FormatSpec f = as_spec(p, true);
    f.precision = p->precision < 0 ? 6 : p->precision > INT_MAX ? INT_MAX : p->precision;
    f.type = p->type;
    FormatError error = format_float(b, &f, x);
    (void)error;                            /* the precision is not too big */
}

void percent_str(Buf *b, const PercentSpec *p, const char *text, size_t len)
{
    FormatSpec f = as_spec(p, false);
    f.precision = p->precision;
    format_str(b, &f, text, len);
}

void percent_char(Buf *b, const PercentSpec *p, uint32_t cp)
{
    FormatSpec f = as_spec(p, false);
    FormatError error = format_char(b, &f, cp);
    (void)error;                            /* the caller has checked the range */
}

void percent_bytes(Buf *b, const PercentSpec *p, const char *data, size_t len)
{
    if (p->precision >= 0 && (uint64_t)p->precision < len)
        len = (size_t)p->precision;
    size_t width = p->width > 0 ? (size_t)p->width : 0, pad = width > len ? width - len : 0;
    if (!p->left)
        buf_fill(b, ' ', pad);
    buf_put(b, data, len);
    if (p->left)
        buf_fill(b, ' ', pad);
}
