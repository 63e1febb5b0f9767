/* SPDX-License-Identifier: MIT
 * The formatting of messages. */
#include "vm/format.h"

#include <stdio.h>

#include "vm/objects/str.h"
#include "vm/text/utf8.h"

/* One conversion of printf's, as it is written: flags, width, precision. */
typedef struct Conversion {
    char spec[24];              /* for snprintf, without size and letter */
    int longs;                  /* 1 for l and z, 2 for ll */
    int precision;              /* -1: none */
    char letter;
} Conversion;

static const char *read_conversion(const char *p, Conversion *c, va_list *ap)
{
    size_t n = 0;
    *c = (Conversion){ .precision = -1 };
    c->spec[n++] = '%';
    while (*p && strchr("-+ #0123456789", *p) && n < sizeof c->spec - 1)
        c->spec[n++] = *p++;
    c->spec[n] = 0;
    if (*p == '.') {
        c->precision = 0;
        for (p++; *p >= '0' && *p <= '9'; p++)
            c->precision = c->precision * 10 + (*p - '0');
        if (*p == '*') {
            c->precision = va_arg(*ap, int);
            p++;
        }
    }
    for (; *p == 'l' || *p == 'z'; p++)
        c->longs++;
    c->letter = *p;
    return *p ? p + 1 : p;
}

static void put_number(Buf *b, const Conversion *c, unsigned long long v)
{
    char spec[32], out[80];
    snprintf(spec, sizeof spec, "%sll%c", c->spec, c->letter);
    int n = snprintf(out, sizeof out, spec, v);
    if (n > 0)
        buf_put(b, out, (size_t)n < sizeof out ? (size_t)n : sizeof out - 1);
}

/* At most `precision` bytes, cut between characters. */
static void put_text(Buf *b, const Conversion *c, const char *s, size_t len)
{
    if (c->precision >= 0 && (size_t)c->precision < len) {
        len = (size_t)c->precision;
        while (len && utf8_is_continuation(s[len]))
            len--;
    }
    buf_put(b, s, len);
}

static bool put_str(Buf *b, const Conversion *c, const Str *s)
{
    if (!s)
        return false;
    const char *p = str_data(s);
    size_t len = s->len;
    if (c->precision >= 0 && (size_t)c->precision < len) {     /* here it counts characters */
        size_t chars = 0;
        for (len = 0; len < s->len && (utf8_is_continuation(p[len]) || chars++ < (size_t)c->precision); len++)
            ;
    }
    buf_put(b, p, len);
    return true;
}

static unsigned long long signed_arg(const Conversion *c, va_list *ap)
{
    long long v = c->longs == 0 ? va_arg(*ap, int) : c->longs == 1 ? va_arg(*ap, long) : va_arg(*ap, long long);
    return (unsigned long long)v;
}

static unsigned long long unsigned_arg(const Conversion *c, va_list *ap)
{
    return c->longs == 0 ? va_arg(*ap, unsigned) : c->longs == 1 ? va_arg(*ap, unsigned long)
                                                                 : va_arg(*ap, unsigned long long);
}

static bool put_conversion(Vm *vm, Buf *b, const Conversion *c, va_list *ap)
{
    switch (c->letter) {
    case 'd': case 'i':
        put_number(b, c, signed_arg(c, ap));
        return true;
    case 'u': case 'x': case 'X': case 'o':
        put_number(b, c, unsigned_arg(c, ap));
        return true;
    case 'c':
        buf_put_utf8(b, va_arg(*ap, unsigned));
        return true;
    case 'p':
        buf_printf(b, "0x%llx", (unsigned long long)(uintptr_t)va_arg(*ap, void *));
        return true;
    case 's': {
        const char *s = va_arg(*ap, const char *);
        s = s ? s : "(null)";
        put_text(b, c, s, c->precision >= 0 ? strnlen(s, (size_t)c->precision) : strlen(s));
        return true;
    }
    case 'S': return put_str(b, c, va_arg(*ap, Str *));
    case 'R': return put_str(b, c, op_repr(vm, va_arg(*ap, Value)));
    case 'V': return put_str(b, c, op_str(vm, va_arg(*ap, Value)));
    case 'B': {                 /* as CPython names an argument that is not what it should be */
        Value v = va_arg(*ap, Value);
        const char *name = value_is_none(v) ? "None" : type_name_of(vm, v);
        put_text(b, c, name, strlen(name));
        return true;
    }
    case 'T': {
        const char *name = type_name_of(vm, va_arg(*ap, Value));
        put_text(b, c, name, strlen(name));
        return true;
    }
    case 'N': {
        const char *name = type_name(va_arg(*ap, Type *));
        put_text(b, c, name, strlen(name));
        return true;
    }
    default:
        buf_putc(b, c->letter ? c->letter : '%');
        return true;
    }
}

bool vformat(Vm *vm, Buf *b, const char *fmt, va_list args)
{
    va_list ap;
    va_copy(ap, args);
    bool ok = true;
    while (ok && *fmt) {
        size_t plain = strcspn(fmt, "%");
        buf_put(b, fmt, plain);
        fmt += plain;
        if (!*fmt)
            break;
        Conversion c;
        fmt = read_conversion(fmt + 1, &c, &ap);
        ok = put_conversion(vm, b, &c, &ap);
    }
    va_end(ap);
    if (ok && b->failed) {
        raise_no_memory(vm);
        return false;
    }
    return ok;
}
