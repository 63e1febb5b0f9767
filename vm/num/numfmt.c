/* SPDX-License-Identifier: MIT
 * The format mini-language: reading specs, and laying out numbers and text by them. */
#include "vm/num/numfmt.h"

#include "vm/num/numfmt_layout.h"

#include <limits.h>

/* ---- UTF-8, as far as specs need it ---- */

/* Bytes of the character that starts with c. */
static size_t char_size(char c)
{
    unsigned char u = (unsigned char)c;
    return u < 0x80 ? 1 : u < 0xE0 ? 2 : u < 0xF0 ? 3 : 4;
}

static uint32_t char_at(const char *p, size_t size)
{
    static const unsigned char masks[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    uint32_t cp = (unsigned char)p[0] & masks[size];
    for (size_t i = 1; i < size; i++)
        cp = cp << 6 | ((unsigned char)p[i] & 0x3F);
    return cp;
}

size_t numfmt_count_chars(const char *text, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        n += ((unsigned char)text[i] & 0xC0) != 0x80;
    return n;
}

size_t numfmt_prefix(const char *text, size_t len, size_t chars)
{
    size_t i = 0;
    while (i < len && (chars > 0 || ((unsigned char)text[i] & 0xC0) == 0x80)) {
        if (((unsigned char)text[i] & 0xC0) != 0x80)
            chars--;
        i++;
    }
    return i;
}

/* ---- reading a spec ---- */

typedef struct Reader {
    const char *p, *end;
} Reader;

static bool accept(Reader *r, char c)
{
    if (r->p == r->end || *r->p != c)
        return false;
    r->p++;
    return true;
}

static bool is_align(const char *p, const char *end)
{
    return p < end && (*p == '<' || *p == '>' || *p == '=' || *p == '^');
}

static void read_align(Reader *r, FormatSpec *f, bool *fill_given)
{
    size_t size = r->p < r->end ? char_size(*r->p) : 0;
    *fill_given = false;
    if (size > 0 && size < (size_t)(r->end - r->p) && is_align(r->p + size, r->end)) {
        f->fill = char_at(r->p, size);
        f->align = r->p[size];
        f->align_given = *fill_given = true;
        r->p += size + 1;
    } else if (is_align(r->p, r->end)) {
        f->align = *r->p++;
        f->align_given = true;
    }
}

/* False if the number is too large. -1 stays if there are no digits. */
static bool read_number(Reader *r, int64_t *out)
{
    int64_t v = 0;
    const char *start = r->p;
    for (; r->p < r->end && *r->p >= '0' && *r->p <= '9'; r->p++)
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, *r->p - '0', &v))
            return false;
    if (r->p > start)
        *out = v;
    return true;
}

static FormatError read_group(Reader *r, FormatSpec *f)
{
    if (accept(r, ','))
        f->group = ',';
    if (accept(r, '_')) {
        if (f->group)
            return FORMAT_BOTH_GROUPS;
        f->group = '_';
    }
    if (f->group == '_' && r->p < r->end && *r->p == ',')
        return FORMAT_BOTH_GROUPS;
    return FORMAT_OK;
}

static bool is_one_of(uint32_t type, const char *types)
{
    return type < 128 && type != 0 && strchr(types, (int)type) != NULL;
}

static FormatError read_spec(Reader *r, FormatSpec *f, FormatKind kind)
{
    bool fill_given;
    read_align(r, f, &fill_given);
    if (r->p < r->end && (*r->p == '+' || *r->p == '-' || *r->p == ' '))
        f->sign = *r->p++;
    f->no_neg_zero = accept(r, 'z');
    f->alternate = accept(r, '#');
    if (!fill_given && accept(r, '0')) {
        f->fill = '0';
        if (!f->align_given && kind != FORMAT_STR) {
            f->align = '=';
            f->align_given = true;
        }
    }
    if (!read_number(r, &f->width))
        return FORMAT_TOO_MANY_DIGITS;
    FormatError error = read_group(r, f);
    if (error)
        return error;
    if (accept(r, '.')) {
        if (!read_number(r, &f->precision))
            return FORMAT_TOO_MANY_DIGITS;
        if (f->precision < 0)
            return FORMAT_NO_PRECISION;
    }
    if (r->p < r->end) {
        size_t size = char_size(*r->p);
        if (size < (size_t)(r->end - r->p))
            return FORMAT_INVALID;
        f->type = char_at(r->p, (size_t)(r->end - r->p));
    }
    if (!f->group || f->type == 0 || is_one_of(f->type, "deEfFgG%") ||
        (f->group == '_' && is_one_of(f->type, "boxX")))
        return FORMAT_OK;
    return FORMAT_GROUP_TYPE;
}

static FormatError check_str(const FormatSpec *f)
{
    if (f->type != 's')
        return FORMAT_UNKNOWN_CODE;
    if (f->sign)
        return f->sign == ' ' ? FORMAT_STR_SPACE : FORMAT_STR_SIGN;
    if (f->no_neg_zero)
        return FORMAT_STR_Z;
    if (f->alternate)
        return FORMAT_STR_ALT;
    return f->align == '=' ? FORMAT_STR_ALIGN : FORMAT_OK;
}

static FormatError check_float(const FormatSpec *f)
{
    if (f->type && !is_one_of(f->type, "eEfFgGn%"))
        return FORMAT_UNKNOWN_CODE;
    return f->precision > INT_MAX ? FORMAT_PRECISION_TOO_BIG : FORMAT_OK;
}

static FormatError check_int(const FormatSpec *f)
{
    if (is_one_of(f->type, "eEfFgG%"))
        return check_float(f);
    if (!is_one_of(f->type, "bcdoxXn"))
        return FORMAT_UNKNOWN_CODE;
    if (f->precision >= 0)
        return FORMAT_INT_PRECISION;
    if (f->no_neg_zero)
        return FORMAT_INT_Z;
    if (f->type == 'c' && f->sign)
        return FORMAT_CHAR_SIGN;
    return f->type == 'c' && f->alternate ? FORMAT_CHAR_ALT : FORMAT_OK;
}

static FormatError check_complex(const FormatSpec *f)
{
    if (f->type == '%')
        return FORMAT_UNKNOWN_CODE;
    FormatError error = check_float(f);
    if (error)
        return error;
    if (f->fill == '0')
        return FORMAT_COMPLEX_ZERO;
    return f->align == '=' ? FORMAT_COMPLEX_ALIGN : FORMAT_OK;
}

FormatError format_parse(const char *spec, size_t len, FormatKind kind, FormatSpec *out)
{
    static const uint32_t types[] = {[FORMAT_STR] = 's', [FORMAT_INT] = 'd'};
    Reader r = {spec, spec + len};
    *out = (FormatSpec){.fill = ' ', .align = kind == FORMAT_STR ? '<' : '>', .width = -1, .precision = -1,
                        .type = kind <= FORMAT_INT ? types[kind] : 0};
    FormatError error = read_spec(&r, out, kind);
    if (error)
        return error;
    switch (kind) {
    case FORMAT_STR: return check_str(out);
    case FORMAT_INT: return check_int(out);
    case FORMAT_FLOAT: return check_float(out);
    case FORMAT_COMPLEX: return check_complex(out);
    }
    return FORMAT_OK;
}

/* 'x', or '\x7' for what is not visible ASCII. */
static void put_type(Buf *b, uint32_t type)
{
    if (type > 32 && type < 128)
        buf_printf(b, "'%c'", (int)type);
    else
        buf_printf(b, "'\\x%x'", (unsigned)type);
}

void format_error(Buf *b, FormatError error, const FormatSpec *f, const char *spec, size_t len,
                  const char *type_name)
{
    static const char *const texts[] = {
        [FORMAT_TOO_MANY_DIGITS] = "Too many decimal digits in format string",
        [FORMAT_BOTH_GROUPS] = "Cannot specify both ',' and '_'.",
        [FORMAT_NO_PRECISION] = "Format specifier missing precision",
        [FORMAT_STR_SIGN] = "Sign not allowed in string format specifier",
        [FORMAT_STR_SPACE] = "Space not allowed in string format specifier",
        [FORMAT_STR_Z] = "Negative zero coercion (z) not allowed in string format specifier",
        [FORMAT_STR_ALT] = "Alternate form (#) not allowed in string format specifier",
        [FORMAT_STR_ALIGN] = "'=' alignment not allowed in string format specifier",
        [FORMAT_INT_PRECISION] = "Precision not allowed in integer format specifier",
        [FORMAT_INT_Z] = "Negative zero coercion (z) not allowed in integer format specifier",
        [FORMAT_CHAR_SIGN] = "Sign not allowed with integer format specifier 'c'",
        [FORMAT_CHAR_ALT] = "Alternate form (#) not allowed with integer format specifier 'c'",
        [FORMAT_CHAR_RANGE] = "%c arg not in range(0x110000)",
        [FORMAT_PRECISION_TOO_BIG] = "precision too big",
        [FORMAT_COMPLEX_ZERO] = "Zero padding is not allowed in complex format specifier",
        [FORMAT_COMPLEX_ALIGN] = "'=' alignment flag is not allowed in complex format specifier",
    };
    switch (error) {
    case FORMAT_INVALID:
        buf_puts(b, "Invalid format specifier '");
        buf_put(b, spec, len);
        buf_printf(b, "' for object of type '%s'", type_name);
        break;
    case FORMAT_GROUP_TYPE:
        buf_printf(b, "Cannot specify '%c' with ", f->group);
        put_type(b, f->type);
        buf_putc(b, '.');
        break;
    case FORMAT_UNKNOWN_CODE:
        buf_puts(b, "Unknown format code ");
        put_type(b, f->type);
        buf_printf(b, " for object of type '%s'", type_name);
        break;
    default:
        buf_puts(b, texts[error]);
    }
}

/* ---- layout ---- */

static void pad_around(const FormatSpec *f, size_t chars, size_t *before, size_t *after)
{
    size_t width = f->width > 0 ? (size_t)f->width : 0, pad = width > chars ? width - chars : 0;
    *before = f->align == '<' ? 0 : f->align == '^' ? pad / 2 : pad;
    *after = pad - *before;
}

static size_t group_size(const FormatSpec *f)
{
    return !f->group ? 0 : is_one_of(f->type, "boxX") ? 4 : 3;
}

/* How many digits with leading zeros fill at least `width` with separators; a separator never comes first. */
static size_t digits_for(size_t width, size_t group)
{
    if (!group)
        return width;
    size_t whole = width / (group + 1), rest = width % (group + 1);
    return whole * group + (rest ? rest : 1);
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

static void put_grouped(Buf *b, const NumberParts *n, size_t count, size_t group, char separator)
{
    size_t zeros = count - n->ndigits, total = count + (group ? (count - 1) / group : 0);
    char *to = buf_reserve(b, total);
    if (!to)
        return;
    b->len += total;
    if (!group && !n->upper) {
        memset(to, '0', zeros);
        memcpy(to + zeros, n->digits, n->ndigits);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (group && i > 0 && (count - i) % group == 0)
            *to++ = separator;
        char c = i < zeros ? '0' : n->digits[i - zeros];
        *to++ = n->upper ? upper(c) : c;
    }
}

void numfmt_layout(Buf *b, const FormatSpec *f, const NumberParts *n)
{
    size_t width = f->width > 0 ? (size_t)f->width : 0, group = group_size(f), count = n->ndigits;
    size_t other = (n->sign != 0) + n->nprefix + n->nrest;
    bool zeros = f->fill == '0' && f->align == '=';
    if (count > 0 && zeros && width > other) {
        size_t fill = digits_for(width - other, group);
        if (fill > count)
            count = fill;
    }
    size_t total = other + count + (group && count ? (count - 1) / group : 0), before, after;
    pad_around(f, total, &before, &after);
    if (f->align != '=')
        buf_fill(b, f->fill, before);
    if (n->sign)
        buf_putc(b, n->sign);
    buf_put(b, n->prefix, n->nprefix);
    if (f->align == '=')
        buf_fill(b, f->fill, before);
    if (count)
        put_grouped(b, n, count, group, f->group);
    buf_put(b, n->rest, n->nrest);
    buf_fill(b, f->fill, after);
}

/* ---- integers and text ---- */

int format_int_base(const FormatSpec *f)
{
    switch (f->type) {
    case 'b': return 2;
    case 'o': return 8;
    case 'x': case 'X': return 16;
    case 'd': case 'n': return 10;
    case 'c': return 1;
    default: return 0;
    }
}

char numfmt_sign(char sign, bool neg)
{
    return neg ? '-' : sign == '+' || sign == ' ' ? sign : 0;
}

void format_int(Buf *b, const FormatSpec *f, const char *digits, size_t len, bool neg)
{
    char prefix[2] = {'0', (char)f->type};
    bool prefixed = f->alternate && is_one_of(f->type, "boxX");
    NumberParts n = {.sign = numfmt_sign(f->sign, neg), .prefix = prefix, .nprefix = prefixed ? 2 : 0,
                     .digits = digits, .ndigits = len, .upper = f->type == 'X'};
    numfmt_layout(b, f, &n);
}

FormatError format_char(Buf *b, const FormatSpec *f, int64_t cp)
{
    if (cp < 0 || cp > 0x10FFFF)
        return FORMAT_CHAR_RANGE;
    size_t before, after;
    pad_around(f, 1, &before, &after);
    buf_fill(b, f->fill, before);
    buf_put_utf8(b, (uint32_t)cp);
    buf_fill(b, f->fill, after);
    return FORMAT_OK;
}

void format_str(Buf *b, const FormatSpec *f, const char *text, size_t len)
{
    if (f->precision >= 0 && (uint64_t)f->precision < len)
        len = numfmt_prefix(text, len, (size_t)f->precision);
    if (f->width <= 0) {
        buf_put(b, text, len);
        return;
    }
    size_t before, after;
    pad_around(f, numfmt_count_chars(text, len), &before, &after);
    buf_fill(b, f->fill, before);
    buf_put(b, text, len);
    buf_fill(b, f->fill, after);
}
