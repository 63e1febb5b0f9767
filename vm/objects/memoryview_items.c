/* SPDX-License-Identifier: MIT
 * The items of memoryviews: native formats, reading and writing. */
#include "vm/num/libm.h"
#include "vm/objects/memoryview.h"

#include <math.h>

#include "vm/objects/int.h"

unsigned view_format_size(char f)
{
    switch (f) {
    case 'B': case 'b': case 'c': case '?': return 1;
    case 'e': case 'h': case 'H': return sizeof(short);
    case 'i': case 'I': return sizeof(int);
    case 'l': case 'L': return sizeof(long);
    case 'q': case 'Q': return sizeof(long long);
    case 'n': case 'N': return sizeof(size_t);
    case 'P': return sizeof(void *);
    case 'f': return sizeof(float);
    case 'd': return sizeof(double);
    default: return 0;
    }
}

static bool format_signed(char f) { return strchr("bhilqn", f) != NULL; }

/* The item as its unsigned bits, little end first or not as the machine has it. */
static uint64_t load_bits(const char *p, unsigned size)
{
    uint8_t b1;
    uint16_t b2;
    uint32_t b4;
    uint64_t b8;
    switch (size) {
    case 1: memcpy(&b1, p, 1); return b1;
    case 2: memcpy(&b2, p, 2); return b2;
    case 4: memcpy(&b4, p, 4); return b4;
    default: memcpy(&b8, p, 8); return b8;
    }
}

void view_store(char *p, unsigned size, uint64_t bits)
{
    uint8_t b1 = (uint8_t)bits;
    uint16_t b2 = (uint16_t)bits;
    uint32_t b4 = (uint32_t)bits;
    switch (size) {
    case 1: memcpy(p, &b1, 1); break;
    case 2: memcpy(p, &b2, 2); break;
    case 4: memcpy(p, &b4, 4); break;
    default: memcpy(p, &bits, 8); break;
    }
}

/* IEEE 754 in 16 bits: 1 sign, 5 exponent, 10 fraction. */
static double half_value(uint16_t h)
{
    int exponent = h >> 10 & 31, fraction = h & 1023;
    double d = exponent == 31 ? (fraction ? NAN : INFINITY)
             : exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24);
    return h & 0x8000 ? -d : d;
}

/* False: too large. Halves round to even. */
static bool half_bits(double d, uint64_t *out)
{
    uint64_t sign = signbit(d) ? 0x8000 : 0;
    int e;
    d = fabs(d);
    if (isnan(d) || isinf(d)) {
        *out = sign | 0x7c00 | (isnan(d) ? 0x200 : 0);
        return true;
    }
    double m = frexp(d, &e);            /* d = m * 2**e, 0.5 <= m < 1 */
    if (d == 0 || e < -13) {            /* zero or subnormal: a multiple of 2**-24 */
        *out = sign | (uint64_t)round_even(ldexp(d, 24));
        return true;
    }
    uint64_t bits = (uint64_t)(e + 13) << 10;
    bits += (uint64_t)round_even(ldexp(m, 11));          /* the leading bit counts into the exponent */
    *out = sign | bits;
    return bits < 0x7c00;
}

static uint64_t bits_of(double d)
{
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    return bits;
}

Value view_load(Vm *vm, const MemoryView *v, const char *p)
{
    unsigned bits = 8u * v->itemsize;
    float f;
    switch (v->format) {
    case 'c':
        return value_from_obj(bytes_new(vm, p, 1));
    case '?':
        return value_from_bool(*p != 0);
    case 'e':
        return float_new(vm, half_value((uint16_t)load_bits(p, 2)));
    case 'f':
        memcpy(&f, p, sizeof f);
        return float_load(vm, bits_of(f));
    case 'd':
        return float_load(vm, load_bits(p, 8));
    case 'w':           /* of arrays of characters: there to be lent, not to be read */
        return raise_exc(vm, EXC_NotImplementedError, "memoryview: format w not supported");
    default:
        break;
    }
    uint64_t u = load_bits(p, v->itemsize);
    if (format_signed(v->format))
        return int_new(vm, (int64_t)(u << (64 - bits)) >> (64 - bits));
    return int_new_u64(vm, u);
}

static bool bad_value(Vm *vm, const MemoryView *v)
{
    raise_exc(vm, EXC_ValueError, "memoryview: invalid value for format '%s%c'", v->native_mark ? "@" : "", v->format);
    return false;
}

static bool bad_type(Vm *vm, const MemoryView *v)
{
    raise_exc(vm, EXC_TypeError, "memoryview: invalid type for format '%s%c'", v->native_mark ? "@" : "", v->format);
    return false;
}

/* An int's bits for the view's format. */
static bool int_bits(Vm *vm, const MemoryView *v, Value item, uint64_t *out)
{
    unsigned bits = 8u * v->itemsize;
    int64_t i;
    if (!has_index(vm, item))
        return bad_type(vm, v);
    Value n = op_index(vm, item);
    if (value_is_empty(n))
        return false;
    if (int_to_i64(n, &i)) {
        *out = (uint64_t)i;
        if (format_signed(v->format))
            return i == ((int64_t)((uint64_t)i << (64 - bits)) >> (64 - bits)) || bad_value(vm, v);
        return (i >= 0 && (bits == 64 || i < INT64_C(1) << bits)) || bad_value(vm, v);
    }
    if (bits < 64 || format_signed(v->format) || int_sign(n) < 0 || as_bigint(n)->count > 1)
        return bad_value(vm, v);
    *out = as_bigint(n)->limbs[0];
    return true;
}

static bool item_float_bits(Vm *vm, const MemoryView *v, Value item, uint64_t *out)
{
    double d;
    if (!op_double(vm, item, &d)) {
        if (!exc_pending_is(vm, EXC_TypeError))
            return false;
        exc_discard(vm);
        return bad_type(vm, v);
    }
    *out = float_bits(d);
    if (v->format == 'd')
        return true;
    if (v->format == 'e')
        return half_bits(d, out) || bad_value(vm, v);
    memcpy(&d, out, sizeof d);
    float f = (float)d;
    uint32_t bits;
    memcpy(&bits, &f, sizeof f);
    *out = bits;
    return true;
}

bool view_bits(Vm *vm, const MemoryView *v, Value item, uint64_t *out)
{
    int truth;
    switch (v->format) {
    case 'w':
        raise_exc(vm, EXC_NotImplementedError, "memoryview: format w not supported");
        return false;
    case 'c':
        if (!is_bytes(item))
            return bad_type(vm, v);
        if (as_bytes(item)->len != 1)
            return bad_value(vm, v);
        *out = (unsigned char)*as_bytes(item)->data;
        return true;
    case '?':
        truth = op_truth(vm, item);
        *out = truth > 0;
        return truth >= 0;
    case 'e': case 'f': case 'd':
        return item_float_bits(vm, v, item, out);
    default:
        return int_bits(vm, v, item, out);
    }
}
