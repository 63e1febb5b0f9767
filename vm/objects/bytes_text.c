/* SPDX-License-Identifier: MIT
 * Bytes from and to text: decode, hex, fromhex. */
#include "vm/objects/bytes_methods.h"

#include "vm/objects/text_codec.h"

Value bytes_m_decode(Vm *vm, Value self, const Args *args)
{
    Span s = bytes_span(self);
    if (codec_is_plain(args))
        return value_from_obj(str_decode(vm, s.p, s.n));
    return value_from_obj(text_decode(vm, self, s.p, s.n, as_str(args->v[0]), as_str(args->v[1])));
}

/* ---- hex ---- */

/* The separator as one ASCII character, -1: none was given, -2: exception pending. */
static int separator(Vm *vm, Value v)
{
    unsigned char c;
    if (value_is_empty(v))
        return -1;
    int64_t len = op_len(vm, v);
    if (len < 0)
        return -2;
    if (len != 1) {
        raise_exc(vm, EXC_ValueError, "sep must be length 1.");
        return -2;
    }
    if (is_str(v)) {
        c = (unsigned char)*str_data(as_str(v));
    } else if (is_bytes(v)) {
        c = (unsigned char)*as_bytes(v)->data;
    } else {
        raise_type_error(vm, "sep must be str or bytes.");
        return -2;
    }
    if (c < 128)
        return c;
    raise_exc(vm, EXC_ValueError, "sep must be ASCII.");
    return -2;
}

/* Groups of `group` bytes, counted from the right, or from the left where it is negative. */
static void put_hex(char *to, Span s, int sep, int64_t group)
{
    static const char digits[] = "0123456789abcdef";
    uint64_t size = group < 0 ? -(uint64_t)group : (uint64_t)group;
    uint64_t left = size ? group > 0 && s.n % size ? s.n % size : size : s.n;
    for (size_t i = 0; i < s.n; i++) {
        if (left == 0) {
            *to++ = (char)sep;
            left = size;
        }
        *to++ = digits[(unsigned char)s.p[i] >> 4];
        *to++ = digits[(unsigned char)s.p[i] & 15];
        left--;
    }
}

Str *bytes_hex(Vm *vm, Span s, const Args *args)
{
    int sep = separator(vm, args->v[0]), per_sep;
    if (sep == -2 || !arg_cint(vm, args->v[1], &per_sep))
        return NULL;
    int64_t group = sep < 0 ? 0 : per_sep;
    size_t seps = group && s.n ? (s.n - 1) / (size_t)(group < 0 ? -group : group) : 0, total;
    if (!size_mul(s.n, 2, &total) || !size_add(total, seps, &total)) {
        raise_no_memory(vm);
        return NULL;
    }
    if (total == 0)
        return vm->empty_str;
    Str *r = str_alloc(vm, total);
    if (!r)
        return NULL;
    put_hex(r->text, s, sep, group);
    str_finish(r);
    return r;
}

Value bytes_m_hex(Vm *vm, Value self, const Args *args)
{
    return value_from_obj(bytes_hex(vm, bytes_span(self), args));
}

/* ---- fromhex ---- */
static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* False: *at is the position of what is wrong. */
static bool read_hex(Str *text, Buf *out, size_t *at)
{
    const char *s = str_data(text), *end = s + text->len, *p = s;
    while (p < end) {
        if (*p == ' ' || (*p >= '\t' && *p <= '\r')) {
            p++;
            continue;
        }
        int high = hex_digit(*p), low = high < 0 || p + 1 == end ? -1 : hex_digit(p[1]);
        if (low < 0) {
            *at = (size_t)(p - s) + (high >= 0);
            return false;
        }
        buf_putc(out, (char)(high << 4 | low));
        p += 2;
    }
    return true;
}

Value bytes_m_fromhex(Vm *vm, Value self, const Args *args)
{
    Str *text = as_str(args->v[0]);
    Type *cls = as_type(self);
    size_t at;
    Buf b;
    buf_init(&b, &vm->alloc);
    if (!read_hex(text, &b, &at)) {
        buf_free(&b);
        return raise_exc(vm, EXC_ValueError, "non-hexadecimal number found in fromhex() arg at position %u",
                     str_index_of(vm, text, at));
    }
    if (b.failed) {
        buf_free(&b);
        return raise_no_memory(vm);
    }
    Value r = cls == vm->types.bytearray ? value_from_obj(bytearray_new(vm, b.len ? b.data : "", b.len))
                                         : value_from_obj(bytes_new(vm, b.len ? b.data : "", b.len));
    buf_free(&b);
    if (value_is_empty(r) || cls == vm->types.bytearray || cls == vm->types.bytes)
        return r;
    return op_call1(vm, value_from_obj(cls), r);
}
