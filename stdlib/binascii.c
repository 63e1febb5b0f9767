/* SPDX-License-Identifier: MIT
 * Module _binascii: bytes as hexadecimal and base64 text, and checksums. */
#include "stdlib/modules.h"

#include "stdlib/util.h"
#include "vm/objects/bytes.h"
#include "vm/objects/bytes_methods.h"
#include "vm/objects/int.h"

#define FAIL(vm, ...) RAISE_LIB(vm, "binascii", "Error", __VA_ARGS__)

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Bytes, or a str that is ASCII. */
static bool text_view(Vm *vm, Value v, const char **p, size_t *n)
{
    if (is_str(v)) {
        if (!str_is_ascii(as_str(v))) {
            raise_exc(vm, EXC_ValueError, "string argument should contain only ASCII characters");
            return false;
        }
        *p = str_data(as_str(v));
        *n = as_str(v)->len;
        return true;
    }
    if (bytes_view(vm, v, p, n))
        return true;
    if (exc_pending_is(vm, EXC_TypeError)) {
        exc_discard(vm);
        raise_exc(vm, EXC_TypeError, "argument should be bytes, buffer or ASCII string, not '%T'", v);
    }
    return false;
}

static Value result(Vm *vm, const char *p, size_t n)
{
    Bytes *b = bytes_new(vm, p, n);
    return b ? value_from_obj(b) : VALUE_ERROR;
}

/* ---- base64 ---- */
static Value binascii_f_b2a_base64(Vm *vm, Value self, const Args *args)
{
    const char *data;
    size_t n;
    (void)self;
    int newline = op_truth(vm, args->v[1]);
    if (newline < 0 || !bytes_view(vm, args->v[0], &data, &n))
        return VALUE_ERROR;
    Bytes *b = bytes_new(vm, NULL, (n + 2) / 3 * 4 + (size_t)newline);
    if (!b)
        return VALUE_ERROR;
    const unsigned char *p = (const unsigned char *)data;
    char *out = b->data;
    for (; n >= 3; n -= 3, p += 3, out += 4) {
        uint32_t v = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
        out[0] = alphabet[v >> 18];
        out[1] = alphabet[v >> 12 & 63];
        out[2] = alphabet[v >> 6 & 63];
        out[3] = alphabet[v & 63];
    }
    if (n) {
        uint32_t v = (uint32_t)p[0] << 16 | (n > 1 ? (uint32_t)p[1] << 8 : 0);
        *out++ = alphabet[v >> 18];
        *out++ = alphabet[v >> 12 & 63];
        *out++ = n > 1 ? alphabet[v >> 6 & 63] : '=';
        *out++ = '=';
    }
    if (newline)
        *out = '\n';
    return value_from_obj(b);
}

static int sextet(unsigned char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static Value binascii_f_a2b_base64(Vm *vm, Value self, const Args *args)
{
    const char *p;
    size_t n, len = 0, i;
    unsigned quad = 0, pads = 0;
    uint32_t bits = 0;
    (void)self;
    int strict = op_truth(vm, args->v[1]);
    if (strict < 0 || !text_view(vm, args->v[0], &p, &n))
        return VALUE_ERROR;
    Bytes *b = bytes_new(vm, NULL, n / 4 * 3 + 3);
    const char *bad = NULL;
    if (!b)
        return VALUE_ERROR;
    for (i = 0; i < n && !bad; i++) {
        int v = sextet((unsigned char)p[i]);
        if (p[i] == '=') {
            pads++;
            if (quad >= 2 && quad + pads >= 4) {
                bad = strict && i + 1 < n ? "Excess data after padding" : NULL;
                quad = 0;
                break;
            }
            if (strict && quad == 0)
                bad = i == 0 ? "Leading padding not allowed" : "Excess padding not allowed";
            continue;
        }
        if (v < 0) {
            bad = strict ? "Only base64 data is allowed" : NULL;
            continue;
        }
        if (strict && pads)
            bad = quad + pads == 4 ? "Excess data after padding" : "Discontinuous padding not allowed";
        pads = 0;
        bits = bits << 6 | (uint32_t)v;
        if (quad)
            b->data[len++] = (char)(bits >> (6 - 2 * quad));
        quad = (quad + 1) & 3;
    }
    if (!bad && quad > 1)
        bad = "Incorrect padding";
    if (bad)
        FAIL(vm, "%s", bad);
    else if (quad)
        FAIL(vm, "Invalid base64-encoded string: number of data characters (%zu) cannot be 1 more than a multiple of 4",
             len / 3 * 4 + 1);
    else
        return result(vm, b->data, len);
    return VALUE_ERROR;
}

/* ---- hexadecimal ---- */
static Value binascii_f_hexlify(Vm *vm, Value self, const Args *args)
{
    Span s;
    (void)self;
    if (!span_of(vm, args->v[0], &s))
        return VALUE_ERROR;
    Args rest = { .v = args->v + 1, .count = 2 };
    Str *text = bytes_hex(vm, s, &rest);
    return text ? result(vm, str_data(text), text->len) : VALUE_ERROR;
}

static int nibble(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static Value binascii_f_unhexlify(Vm *vm, Value self, const Args *args)
{
    const char *p;
    size_t n;
    (void)self;
    if (!text_view(vm, args->v[0], &p, &n))
        return VALUE_ERROR;
    if (n % 2) {
        FAIL(vm, "Odd-length string");
        return VALUE_ERROR;
    }
    Bytes *b = bytes_new(vm, NULL, n / 2);
    for (size_t i = 0; b && i < n; i += 2) {
        int high = nibble(p[i]), low = nibble(p[i + 1]);
        if (high < 0 || low < 0) {
            FAIL(vm, "Non-hexadecimal digit found");
            return VALUE_ERROR;
        }
        b->data[i / 2] = (char)(high << 4 | low);
    }
    return b ? value_from_obj(b) : VALUE_ERROR;
}

/* ---- checksums ---- */
/* The lowest 32 bits of an int. */
static bool low32(Vm *vm, Value v, uint32_t *out)
{
    v = op_index(vm, v);
    if (value_is_empty(v))
        return false;
    int64_t i;
    if (int_to_i64(v, &i)) {
        *out = (uint32_t)i;
        return true;
    }
    *out = (uint32_t)as_bigint(v)->limbs[0];
    *out = int_sign(v) < 0 ? 0u - *out : *out;
    return true;
}

static uint32_t crc_of_byte(uint32_t c)
{
    for (int k = 0; k < 8; k++)
        c = c >> 1 ^ (c & 1 ? 0xedb88320u : 0);
    return c;
}

/* Tables are made anew: none for a few bytes, one for some, and for many as many as are read at once. */
static uint32_t crc32_of(uint32_t crc, const unsigned char *p, size_t n)
{
    uint32_t t[8][256];                 /* t[k][b]: what byte b does to the sum when k bytes follow */
    if (n < 64) {
        while (n--)
            crc = crc >> 8 ^ crc_of_byte((crc ^ *p++) & 255);
        return crc;
    }
    for (uint32_t i = 0; i < 256; i++)
        t[0][i] = crc_of_byte(i);
    if (n >= 4096) {
        for (int k = 1; k < 8; k++)
            for (uint32_t i = 0; i < 256; i++)
                t[k][i] = t[k - 1][i] >> 8 ^ t[0][t[k - 1][i] & 255];
        for (; n >= 8; p += 8, n -= 8) {
            uint32_t low = crc ^ (p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24);
            crc = t[7][low & 255] ^ t[6][low >> 8 & 255] ^ t[5][low >> 16 & 255] ^ t[4][low >> 24] ^
                  t[3][p[4]] ^ t[2][p[5]] ^ t[1][p[6]] ^ t[0][p[7]];
        }
    }
    while (n--)
        crc = crc >> 8 ^ t[0][(crc ^ *p++) & 255];
    return crc;
}

static Value binascii_f_crc32(Vm *vm, Value self, const Args *args)
{
    const char *p;
    size_t n;
    uint32_t crc;
    (void)self;
    if (!bytes_view(vm, args->v[0], &p, &n) || !low32(vm, args->v[1], &crc))
        return VALUE_ERROR;
    return value_from_int48(~crc32_of(~crc, (const unsigned char *)p, n));
}

static Value binascii_f_crc_hqx(Vm *vm, Value self, const Args *args)
{
    const char *p;
    size_t n;
    uint32_t crc;
    (void)self;
    if (!bytes_view(vm, args->v[0], &p, &n) || !low32(vm, args->v[1], &crc))
        return VALUE_ERROR;
    crc &= 0xffff;
    for (size_t i = 0; i < n; i++) {
        crc ^= (uint32_t)(unsigned char)p[i] << 8;
        for (int k = 0; k < 8; k++)
            crc = (crc << 1 ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
    }
    return value_from_int48(crc);
}

static const MethodDef functions[] = {
    FUNCTION(binascii, b2a_base64, "b2a_base64(data, /, *, newline=True)", "Bytes as a line of base64."),
    FUNCTION(binascii, a2b_base64, "a2b_base64(data, /, *, strict_mode=False)",
             "The bytes of base64 text. What does not belong there is left out, unless strict_mode refuses it."),
    FUNCTION(binascii, hexlify, "hexlify(data, sep=..., bytes_per_sep=1)", "Bytes as hexadecimal digits."),
    FUNCTION(binascii, hexlify, "b2a_hex(data, sep=..., bytes_per_sep=1)", "Bytes as hexadecimal digits."),
    FUNCTION(binascii, unhexlify, "unhexlify(hexstr, /)", "The bytes of hexadecimal digits."),
    FUNCTION(binascii, unhexlify, "a2b_hex(hexstr, /)", "The bytes of hexadecimal digits."),
    FUNCTION(binascii, crc32, "crc32(data, crc=0, /)", "The CRC-32 of data, going on from crc."),
    FUNCTION(binascii, crc_hqx, "crc_hqx(data, crc, /)", "The CRC-CCITT of data, going on from crc."),
    { 0 }
};

Value binascii_init(Vm *vm)
{
    Module *m = module_new(vm, "binascii", "Bytes as text, in C.");
    return m && module_add_functions(vm, m, functions) ? value_from_obj(m) : VALUE_ERROR;
}
