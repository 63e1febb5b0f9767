/* SPDX-License-Identifier: MIT
 * Integers: making them, conversion, comparison, hash, text. Arithmetic is in int_arith.c, the type in
 * int_methods.c. */
#include "vm/objects/int.h"

#include <math.h>

#include "vm/buf.h"
#include "vm/objects/bytes.h"
#include "vm/objects/int_view.h"
#include "vm/objects/str.h"
#include "vm/text/unicode.h"
#include "vm/text/utf8.h"

/* ---- making ---- */
Int *int_alloc(Vm *vm, size_t n)
{
    if (n > UINT32_MAX - 1) {
        raise_no_memory(vm);
        return NULL;
    }
    return heap_alloc(vm, sizeof(Int) + n * sizeof(Limb), KIND_INT, SHAPE_INT_ID, 0);
}

Value int_done(Int *r, size_t n, bool neg)
{
    n = limbs_norm(r->limbs, n);
    if (n <= 1) {
        Limb m = n ? r->limbs[0] : 0;
        if (m <= (Limb)INT48_MAX + neg)
            return value_from_int48(neg ? -(int64_t)m : (int64_t)m);
    }
    r->count = (uint32_t)n;
    r->sign = neg ? -1 : 1;
    return value_from_obj(r);
}

static Value int_one_limb(Vm *vm, Limb m, bool neg)
{
    Int *r = int_alloc(vm, 1);
    if (!r)
        return VALUE_ERROR;
    r->limbs[0] = m;
    return int_done(r, 1, neg);
}

Value int_new(Vm *vm, int64_t i)
{
    if (LIKELY(int_fits48(i)))
        return value_from_int48(i);
    return int_one_limb(vm, limbs_abs64(i), i < 0);
}

Value int_new_u64(Vm *vm, uint64_t u)
{
    if (LIKELY(u <= (uint64_t)INT48_MAX))
        return value_from_int48((int64_t)u);
    return int_one_limb(vm, u, false);
}

Value int_from_i128(Vm *vm, Int128 i)
{
    int64_t low = (int64_t)i;
    if (low == i && int_fits48(low))
        return value_from_int48(low);
    UInt128 m = i < 0 ? -(UInt128)i : (UInt128)i;
    size_t n = (Limb)(m >> 64) ? 2 : 1;
    Int *r = int_alloc(vm, n);
    if (!r)
        return VALUE_ERROR;
    r->limbs[0] = (Limb)m;
    if (n == 2)
        r->limbs[1] = (Limb)(m >> 64);
    r->count = (uint32_t)n;
    r->sign = i < 0 ? -1 : 1;
    return value_from_obj(r);
}

Value int_from_limbs(Vm *vm, int sign, const uint64_t *limbs, size_t count)
{
    count = limbs_norm(limbs, count);
    Int *r = int_alloc(vm, count);
    if (!r)
        return VALUE_ERROR;
    if (count)
        memcpy(r->limbs, limbs, count * sizeof(Limb));
    return int_done(r, count, sign < 0);
}

Value int_exact(Vm *vm, Value v)
{
    if (LIKELY(value_is_int48(v) || is_exact(v, SHAPE_INT_ID)))
        return v;
    IntView w;
    int_view(v, &w);
    return int_from_limbs(vm, w.neg ? -1 : 1, w.limbs, w.n);
}

Value int_from_double(Vm *vm, double d)
{
    if (isnan(d))
        return raise_exc(vm, EXC_ValueError, "cannot convert float NaN to integer");
    if (isinf(d))
        return raise_exc(vm, EXC_OverflowError, "cannot convert float infinity to integer");
    if (fabs(d) < 0x1p62)
        return int_new(vm, (int64_t)d);
    Limb m[LIMBS_FROM_DOUBLE];
    return int_from_limbs(vm, d < 0 ? -1 : 1, m, limbs_from_double(m, d));
}

/* ---- scratch ---- */
static bool checkpoint(void *ud)
{
    return vm_checkpoint(ud);
}

bool scratch_open(Vm *vm, Scratch *s, size_t n)
{
    s->vm = vm;
    s->p = s->few;
    s->n = n;
    s->tick = (LimbTick){ checkpoint, vm, 0 };
    if (n <= COUNT_OF(s->few))
        return true;
    size_t bytes;
    s->p = size_mul(n, sizeof(Limb), &bytes) ? mem_alloc(&vm->alloc, bytes) : NULL;
    if (!s->p)
        raise_no_memory(vm);
    return s->p != NULL;
}

void scratch_close(Scratch *s)
{
    if (s->p != s->few)
        mem_free(&s->vm->alloc, s->p, s->n * sizeof(Limb));
}

/* ---- looking at them ---- */
bool int_to_i64(Value v, int64_t *out)
{
    if (LIKELY(value_is_int48(v))) {
        *out = value_int48(v);
        return true;
    }
    if (value_is_bool(v)) {
        *out = value_is_true(v);
        return true;
    }
    Int *i = as_bigint(v);
    return limbs_to_i64(i->limbs, i->count, i->sign < 0, out);
}

bool int_to_double(Vm *vm, Value v, double *out)
{
    if (LIKELY(value_is_int48(v))) {
        *out = (double)value_int48(v);
        return true;
    }
    IntView w;
    int_view(v, &w);
    if (!limbs_to_double(w.limbs, w.n, out)) {
        raise_exc(vm, EXC_OverflowError, "int too large to convert to float");
        return false;
    }
    if (w.neg)
        *out = -*out;
    return true;
}

int int_sign(Value v)
{
    if (is_bigint(v))
        return as_bigint(v)->sign;
    if (value_is_bool(v))
        return value_is_true(v);
    int64_t i = value_int48(v);
    return (i > 0) - (i < 0);
}

int int_compare(Value a, Value b)
{
    if (LIKELY(value_both_int48(a, b))) {
        int64_t x = value_int48(a), y = value_int48(b);
        return (x > y) - (x < y);
    }
    IntView x, y;
    int_view(a, &x);
    int_view(b, &y);
    if (x.neg != y.neg)
        return x.neg ? -1 : 1;
    int c = limbs_cmp(x.limbs, x.n, y.limbs, y.n);
    return x.neg ? -c : c;
}

int64_t int_hash(Value v)
{
    if (LIKELY(value_is_int48(v))) {
        int64_t i = value_int48(v);
        return i == -1 ? -2 : i;
    }
    IntView w;
    int_view(v, &w);
    int64_t h = (int64_t)limbs_hash(w.limbs, w.n);
    h = w.neg ? -h : h;
    return h == -1 ? -2 : h;
}

/* ---- to text ---- */
static Value too_many_digits(Vm *vm)
{
    return raise_exc(vm, EXC_ValueError, "Exceeds the limit (%u digits) for integer string conversion; "
                 "use sys.set_int_max_str_digits() to increase the limit", vm->int_max_str_digits);
}

static Str *small_to_str(Vm *vm, int64_t i)
{
    char text[24], *p = text + sizeof text;
    uint64_t m = limbs_abs64(i);
    do
        *--p = (char)('0' + m % 10);
    while (m /= 10);
    if (i < 0)
        *--p = '-';
    size_t n = (size_t)(text + sizeof text - p);
    if (n == 1)
        return vm->ascii_chars[(unsigned char)*p];
    Str *s = str_alloc(vm, n);
    if (s) {
        memcpy(s->text, p, n);
        s->text[n] = 0;
        s->chars = (uint32_t)n;
        s->h.flags |= STR_ASCII;
    }
    return s;
}

Str *int_to_str(Vm *vm, Value v, int base)
{
    int64_t i;
    if (base == 10 && int_to_i64(v, &i))
        return small_to_str(vm, i);
    IntView w;
    int_view(v, &w);
    uint32_t limit = base & (base - 1) ? vm->int_max_str_digits : 0;
    /* 28 digits are more than 93 bits: surely too long when there are more bits than that */
    if (limit && w.n > 8 && limbs_bit_length(w.limbs, w.n) / 93 > limit / 28 + 1 && base == 10) {
        too_many_digits(vm);
        return NULL;
    }
    size_t len = limbs_str_size(w.limbs, w.n, (unsigned)base);
    char *text = mem_alloc(&vm->alloc, len + 1);
    size_t size = len + 1;
    Str *s = NULL;
    Scratch sc;
    if (!text) {
        raise_no_memory(vm);
        return NULL;
    }
    if (scratch_open(vm, &sc, limbs_to_str_scratch(w.n, (unsigned)base))) {
        text[0] = '-';
        bool ok = limbs_to_str(&sc.tick, text + 1, &len, w.limbs, w.n, (unsigned)base, sc.p);
        scratch_close(&sc);
        if (ok && limit && base == 10 && len > limit)
            too_many_digits(vm);
        else if (ok)
            s = str_new(vm, text + !w.neg, len + w.neg);
    }
    mem_free(&vm->alloc, text, size);
    return s;
}

/* ---- from text ---- */
static Value limbs_of_digits(Vm *vm, const IntScan *scan)
{
    Int *r = int_alloc(vm, limbs_from_str_size(scan->len, scan->base));
    Scratch sc;
    size_t n;
    if (!r || !scratch_open(vm, &sc, limbs_from_str_scratch(scan->len, scan->base)))
        return VALUE_ERROR;
    bool ok = limbs_from_str(&sc.tick, r->limbs, &n, scan->digits, scan->len, scan->base, sc.p);
    scratch_close(&sc);
    return ok ? int_done(r, n, scan->neg) : VALUE_ERROR;
}

static Value invalid_literal(Vm *vm, int base, Value original)
{
    const char *data;
    size_t len;
    if (!is_str(original) && !is_bytes(original)) {     /* bytearrays and the like are shown as bytes */
        Bytes *b = bytes_view(vm, original, &data, &len) ? bytes_new(vm, data, len) : NULL;
        if (!b)
            return VALUE_ERROR;
        original = value_from_obj(b);
    }
    return raise_exc(vm, EXC_ValueError, "invalid literal for int() with base %d: %.200R", base, original);
}

/* Digits alone, perhaps behind a sign, of a number that is surely small. */
static inline bool parse_small(const char *text, size_t len, unsigned base, int64_t *out)
{
    bool neg = len > 1 && *text == '-';
    if (len - neg - 1 >= (base == 10 ? 18 : 11) || !base)
        return false;
    int64_t v = 0;
    for (size_t i = neg; i < len; i++) {
        unsigned digit = base == 10 ? (unsigned)(text[i] - '0') : limbs_digit_value(text[i]);
        if (digit >= base)
            return false;
        v = v * base + digit;
    }
    *out = neg ? -v : v;
    return true;
}

/* original: for the message. */
static Value parse(Vm *vm, const char *text, size_t len, int base, Value original)
{
    int64_t small;
    if (LIKELY(parse_small(text, len, (unsigned)base, &small)))
        return int_new(vm, small);
    IntScan scan = limbs_scan_int(text, len, (unsigned)base);
    if (!scan.ok)
        return invalid_literal(vm, base, original);
    if (scan.base & (scan.base - 1)) {
        uint32_t limit = vm->int_max_str_digits;
        if (limit && scan.count > limit)
            return raise_exc(vm, EXC_ValueError, "Exceeds the limit (%u digits) for integer string conversion: value has "
                         "%zu digits; use sys.set_int_max_str_digits() to increase the limit", limit, scan.count);
    }
    return limbs_of_digits(vm, &scan);
}

Value int_from_text(Vm *vm, const char *digits, size_t len, int base)
{
    IntScan scan = limbs_scan_int(digits, len, (unsigned)base);
    if (scan.ok)
        return parse(vm, digits, len, base, VALUE_NONE);
    Str *s = str_decode(vm, digits, len);
    return s ? invalid_literal(vm, base, value_from_obj(s)) : VALUE_ERROR;
}

const char *text_to_ascii_number(Str *s, Buf *b, size_t *len)
{
    const char *p = str_data(s), *end = p + s->len;
    *len = s->len;
    if (str_is_ascii(s))
        return p;
    while (p < end) {
        uint32_t c = utf8_next(&p);
        int digit = c < 128 ? -1 : unicode_decimal(c);
        buf_putc(b, c < 128 ? (char)c : digit >= 0 ? (char)('0' + digit) : unicode_is_space(c) ? ' ' : '?');
    }
    *len = b->len;
    return b->data;
}

Value int_parse(Vm *vm, Value text, int base)
{
    const char *data;
    size_t len;
    if (is_str(text) && str_is_ascii(as_str(text)))
        return parse(vm, str_data(as_str(text)), as_str(text)->len, base, text);
    if (!is_str(text))
        return bytes_view(vm, text, &data, &len) ? parse(vm, data, len, base, text) : VALUE_ERROR;
    Buf b;
    buf_init(&b, &vm->alloc);
    data = text_to_ascii_number(as_str(text), &b, &len);
    Value v = b.failed ? raise_no_memory(vm) : parse(vm, data, len, base, text);
    buf_free(&b);
    return v;
}
