/* SPDX-License-Identifier: MIT
 * Linear operations on magnitudes: add, subtract, shift, compare, bits, bytes, hash. */
#include "vm/num/limbs.h"

#include "vm/num/limbs_word.h"

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

bool limbs_to_i64(const Limb *a, size_t n, bool neg, int64_t *out)
{
    if (n > 1)
        return false;
    Limb v = n ? a[0] : 0;
    if (v > (uint64_t)INT64_MAX + neg)
        return false;
    *out = neg ? (int64_t)-v : (int64_t)v;
    return true;
}

int limbs_cmp(const Limb *a, size_t na, const Limb *b, size_t nb)
{
    if (na != nb)
        return na < nb ? -1 : 1;
    while (na-- > 0)
        if (a[na] != b[na])
            return a[na] < b[na] ? -1 : 1;
    return 0;
}

/* One limb of a sum or difference; the carry is 0 or 1. The builtins of x86 let the compiler chain adc, where
 * the portable form costs it three times as many instructions. */
#if defined(__x86_64__)
typedef unsigned char Carry;
static inline Carry add_step(Carry c, Limb a, Limb b, Limb *r)
{
    unsigned long long sum;
    c = _addcarry_u64(c, a, b, &sum);
    *r = sum;
    return c;
}

static inline Carry sub_step(Carry c, Limb a, Limb b, Limb *r)
{
    unsigned long long difference;
    c = _subborrow_u64(c, a, b, &difference);
    *r = difference;
    return c;
}
#else
typedef Limb Carry;
static inline Carry add_step(Carry c, Limb a, Limb b, Limb *r)
{
    Limb2 s = (Limb2)a + b + c;
    *r = (Limb)s;
    return (Limb)(s >> 64);
}

static inline Carry sub_step(Carry c, Limb a, Limb b, Limb *r)
{
    Limb2 s = (Limb2)a - b - c;
    *r = (Limb)s;
    return (Limb)(s >> 64) & 1;
}
#endif

Limb limbs_add_n(Limb *r, const Limb *a, const Limb *b, size_t n)
{
    Carry c = 0;
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        c = add_step(c, a[i], b[i], &r[i]);
        c = add_step(c, a[i + 1], b[i + 1], &r[i + 1]);
        c = add_step(c, a[i + 2], b[i + 2], &r[i + 2]);
        c = add_step(c, a[i + 3], b[i + 3], &r[i + 3]);
    }
    for (; i < n; i++)
        c = add_step(c, a[i], b[i], &r[i]);
    return c;
}

Limb limbs_sub_n(Limb *r, const Limb *a, const Limb *b, size_t n)
{
    Carry c = 0;
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        c = sub_step(c, a[i], b[i], &r[i]);
        c = sub_step(c, a[i + 1], b[i + 1], &r[i + 1]);
        c = sub_step(c, a[i + 2], b[i + 2], &r[i + 2]);
        c = sub_step(c, a[i + 3], b[i + 3], &r[i + 3]);
    }
    for (; i < n; i++)
        c = sub_step(c, a[i], b[i], &r[i]);
    return c;
}

Limb limbs_add_1(Limb *r, const Limb *a, size_t n, Limb v)
{
    for (size_t i = 0; i < n; i++) {
        if (v == 0) {
            if (r != a)
                limbs_copy(r + i, a + i, n - i);
            return 0;
        }
        v = __builtin_add_overflow(a[i], v, &r[i]);
    }
    return v;
}

Limb limbs_sub_1(Limb *r, const Limb *a, size_t n, Limb v)
{
    for (size_t i = 0; i < n; i++) {
        if (v == 0) {
            if (r != a)
                limbs_copy(r + i, a + i, n - i);
            return 0;
        }
        v = __builtin_sub_overflow(a[i], v, &r[i]);
    }
    return v;
}

Limb limbs_mul_add_1(Limb *r, const Limb *a, size_t n, Limb v, Limb c)
{
    for (size_t i = 0; i < n; i++) {
        Limb2 p = (Limb2)a[i] * v + c;
        r[i] = (Limb)p;
        c = (Limb)(p >> 64);
    }
    return c;
}

Limb limbs_mul_1(Limb *r, const Limb *a, size_t n, Limb v)
{
    return limbs_mul_add_1(r, a, n, v, 0);
}

/* Four products a turn: the compiler keeps the carries in registers. With flip all ones, r - a v is found as
 * the complement of ~r + a v. */
static inline Limb mul_into(Limb *restrict r, const Limb *restrict a, size_t n, Limb v, Limb flip)
{
    Limb c = 0;
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        Limb2 p0 = (Limb2)a[i] * v + (r[i] ^ flip) + c;
        r[i] = (Limb)p0 ^ flip;
        Limb2 p1 = (Limb2)a[i + 1] * v + (r[i + 1] ^ flip) + (Limb)(p0 >> 64);
        r[i + 1] = (Limb)p1 ^ flip;
        Limb2 p2 = (Limb2)a[i + 2] * v + (r[i + 2] ^ flip) + (Limb)(p1 >> 64);
        r[i + 2] = (Limb)p2 ^ flip;
        Limb2 p3 = (Limb2)a[i + 3] * v + (r[i + 3] ^ flip) + (Limb)(p2 >> 64);
        r[i + 3] = (Limb)p3 ^ flip;
        c = (Limb)(p3 >> 64);
    }
    for (; i < n; i++) {
        Limb2 p = (Limb2)a[i] * v + (r[i] ^ flip) + c;
        r[i] = (Limb)p ^ flip;
        c = (Limb)(p >> 64);
    }
    return c;
}

Limb limbs_addmul_1(Limb *r, const Limb *a, size_t n, Limb v)
{
    return mul_into(r, a, n, v, 0);
}

Limb limbs_submul_1(Limb *r, const Limb *a, size_t n, Limb v)
{
    return mul_into(r, a, n, v, ~(Limb)0);
}

size_t limbs_add(Limb *r, const Limb *a, size_t na, const Limb *b, size_t nb)
{
    if (na < nb)
        return limbs_add(r, b, nb, a, na);
    Limb carry = limbs_add_n(r, a, b, nb);
    carry = limbs_add_1(r + nb, a + nb, na - nb, carry);
    if (carry)
        r[na++] = carry;
    return na;
}

size_t limbs_sub(Limb *r, const Limb *a, size_t na, const Limb *b, size_t nb)
{
    Limb borrow = limbs_sub_n(r, a, b, nb);
    limbs_sub_1(r + nb, a + nb, na - nb, borrow);
    return limbs_norm(r, na);
}

/* Top down, so that r may be a. */
size_t limbs_shl(Limb *r, const Limb *a, size_t n, uint64_t bits)
{
    size_t words = (size_t)(bits / LIMB_BITS);
    unsigned s = (unsigned)(bits % LIMB_BITS);
    if (n == 0)
        return 0;
    if (s == 0) {
        limbs_copy(r + words, a, n);
        limbs_zero(r, words);
        return n + words;
    }
    Limb high = a[n - 1] >> (64 - s);
    for (size_t i = n - 1; i > 0; i--)
        r[words + i] = a[i] << s | a[i - 1] >> (64 - s);
    r[words] = a[0] << s;
    limbs_zero(r, words);
    if (high)
        r[words + n] = high;
    return words + n + (high != 0);
}

size_t limbs_shr(Limb *r, const Limb *a, size_t n, uint64_t bits)
{
    unsigned s = (unsigned)(bits % LIMB_BITS);
    if (bits / LIMB_BITS >= n)
        return 0;
    size_t words = (size_t)(bits / LIMB_BITS), left = n - words;
    if (s == 0) {
        limbs_copy(r, a + words, left);
        return left;
    }
    for (size_t i = 0; i + 1 < left; i++)
        r[i] = a[words + i] >> s | a[words + i + 1] << (64 - s);
    r[left - 1] = a[n - 1] >> s;
    return limbs_norm(r, left);
}

bool limbs_any_below(const Limb *a, size_t n, uint64_t bits)
{
    size_t i = 0;
    for (; bits >= LIMB_BITS && i < n; i++, bits -= LIMB_BITS)
        if (a[i])
            return true;
    return i < n && bits < LIMB_BITS && (a[i] & (((Limb)1 << bits) - 1)) != 0;
}

size_t limbs_shr_floor(Limb *r, const Limb *a, size_t n, bool neg, uint64_t bits)
{
    bool up = neg && limbs_any_below(a, n, bits);
    size_t nr = limbs_shr(r, a, n, bits);
    if (up && limbs_add_1(r, r, nr, 1))
        r[nr++] = 1;
    return nr;
}

uint64_t limbs_bit_length(const Limb *a, size_t n)
{
    return n ? (uint64_t)n * LIMB_BITS - (unsigned)limb_clz(a[n - 1]) : 0;
}

uint64_t limbs_bit_count(const Limb *a, size_t n)
{
    uint64_t count = 0;
    for (size_t i = 0; i < n; i++)
        count += (unsigned)__builtin_popcountll(a[i]);
    return count;
}

uint64_t limbs_trailing_zeros(const Limb *a, size_t n)
{
    size_t i = 0;
    while (i < n && a[i] == 0)
        i++;
    return i < n ? (uint64_t)i * LIMB_BITS + (unsigned)__builtin_ctzll(a[i]) : (uint64_t)n * LIMB_BITS;
}

/* One limb after the other of a signed number in two's complement: -a is ~a + 1. */
typedef struct Signed {
    const Limb *limbs;
    size_t n;
    Limb mask, carry;
} Signed;

static inline Limb next_limb(Signed *s, size_t i)
{
    Limb v = (i < s->n ? s->limbs[i] : 0) ^ s->mask, r;
    s->carry = __builtin_add_overflow(v, s->carry, &r);
    return r;
}

size_t limbs_bitop(Limb *r, bool *rneg, LimbOp op,
                   const Limb *a, size_t na, bool aneg, const Limb *b, size_t nb, bool bneg)
{
    Signed x = {a, na, aneg ? ~(Limb)0 : 0, aneg}, y = {b, nb, bneg ? ~(Limb)0 : 0, bneg};
    bool neg = op == LIMB_AND ? aneg & bneg : op == LIMB_OR ? aneg | bneg : aneg ^ bneg;
    size_t n = (na > nb ? na : nb) + 1;
    Limb flip = neg ? ~(Limb)0 : 0, carry = neg;
    for (size_t i = 0; i < n; i++) {
        Limb v = next_limb(&x, i), w = next_limb(&y, i);
        v = op == LIMB_AND ? v & w : op == LIMB_OR ? v | w : v ^ w;
        carry = __builtin_add_overflow(v ^ flip, carry, &r[i]);
    }
    *rneg = neg;
    return limbs_norm(r, n);
}

/* 2**64 is 8 modulo 2**61 - 1, so one step is a rotation by three bits and an addition. */
uint64_t limbs_hash(const Limb *a, size_t n)
{
    const uint64_t m = ((uint64_t)1 << 61) - 1;
    uint64_t h = 0;
    while (n-- > 0) {
        h = (h << 3 & m) | h >> 58;
        h += (a[n] & m) + (a[n] >> 61);
        h = (h & m) + (h >> 61);
    }
    return h >= m ? h - m : h;
}

static bool fits_bytes(size_t len, const Limb *a, size_t n, bool neg, bool is_signed)
{
    uint64_t bits = limbs_bit_length(a, n);
    if (!is_signed)
        return (bits + 7) / 8 <= len;
    if (neg && !limbs_any_below(a, n, bits - 1))
        bits--;                                 /* -2**k needs k bits and the sign */
    return bits == 0 || bits / 8 + 1 <= len;    /* -1 in no bytes at all is fine, as in CPython */
}

LimbBytes limbs_to_bytes(uint8_t *out, size_t len, const Limb *a, size_t n, bool neg, bool little,
                         bool is_signed)
{
    if (neg && !is_signed)
        return LIMB_BYTES_NEGATIVE;
    if (!fits_bytes(len, a, n, neg, is_signed))
        return LIMB_BYTES_TOO_BIG;
    Signed s = {a, n, neg ? ~(Limb)0 : 0, neg};
    Limb v = 0;
    for (size_t i = 0; i < len; i++) {
        if (i % 8 == 0)
            v = next_limb(&s, i / 8);
        out[little ? i : len - 1 - i] = (uint8_t)v;
        v >>= 8;
    }
    return LIMB_BYTES_OK;
}

size_t limbs_from_bytes(Limb *r, bool *neg, const uint8_t *bytes, size_t len, bool little, bool is_signed)
{
    size_t n = len / 8 + 1;
    *neg = is_signed && len > 0 && (bytes[little ? len - 1 : 0] & 0x80) != 0;
    limbs_zero(r, n);
    for (size_t i = 0; i < len; i++)
        r[i / 8] |= (Limb)bytes[little ? i : len - 1 - i] << (i % 8 * 8);
    if (!*neg)
        return limbs_norm(r, n);
    if (len % 8)
        r[n - 1] |= ~(Limb)0 << (len % 8 * 8);
    else
        r[n - 1] = ~(Limb)0;
    Signed s = {r, n, ~(Limb)0, 1};
    for (size_t i = 0; i < n; i++)
        r[i] = next_limb(&s, i);
    return limbs_norm(r, n);
}
