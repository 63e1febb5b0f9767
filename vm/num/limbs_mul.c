/* SPDX-License-Identifier: MIT
 * Products, squares and powers of magnitudes: schoolbook for short ones, Karatsuba for long ones. */
#include "vm/num/limbs.h"

#include "vm/num/limbs_word.h"

#include <assert.h>

#define KARATSUBA_MUL 36
#define KARATSUBA_SQR 50

/* na >= nb >= 1; r has na + nb limbs. */
static bool mul_school(LimbTick *tick, Limb *r, const Limb *a, size_t na, const Limb *b, size_t nb)
{
    r[na] = limbs_mul_1(r, a, na, b[0]);
    for (size_t i = 1; i < nb; i++) {
        if (!limbs_work(tick, na))
            return false;
        r[na + i] = limbs_addmul_1(r + i, a, na, b[i]);
    }
    return true;
}

/* The products of different limbs once, doubled, then the squares. */
static bool sqr_school(LimbTick *tick, Limb *r, const Limb *a, size_t n)
{
    if (n == 1) {
        Limb2 p = (Limb2)a[0] * a[0];
        r[0] = (Limb)p;
        r[1] = (Limb)(p >> 64);
        return true;
    }
    r[0] = 0;
    r[n] = limbs_mul_1(r + 1, a + 1, n - 1, a[0]);
    for (size_t i = 1; i + 1 < n; i++)
        r[n + i] = limbs_addmul_1(r + 2 * i + 1, a + i + 1, n - i - 1, a[i]);
    r[2 * n - 1] = 0;
    Limb carry = 0, top = 0;
    for (size_t i = 0; i < n; i++) {
        Limb2 p = (Limb2)a[i] * a[i];
        Limb lo = r[2 * i] << 1 | top, hi = r[2 * i + 1] << 1 | r[2 * i] >> 63;
        top = r[2 * i + 1] >> 63;
        Limb2 s = (Limb2)lo + (Limb)p + carry;
        r[2 * i] = (Limb)s;
        s = (Limb2)hi + (Limb)(p >> 64) + (Limb)(s >> 64);
        r[2 * i + 1] = (Limb)s;
        carry = (Limb)(s >> 64);
    }
    return limbs_work(tick, n * n / 2);
}

/* Scratch of mul_equal: each level takes 2 * (half) limbs, half = n - n / 2, and the levels below it less. */
static size_t equal_scratch(size_t n)
{
    size_t sum = 0;
    while (n >= KARATSUBA_MUL) {
        n -= n / 2;
        sum += 2 * n;
    }
    return sum;
}

/* |a - b| where a has n limbs and b has n or n - 1; true if a < b. */
static bool sub_abs(Limb *r, const Limb *a, size_t n, const Limb *b, size_t nb)
{
    size_t an = limbs_norm(a, n), bn = limbs_norm(b, nb);
    bool less = limbs_cmp(a, an, b, bn) < 0;
    size_t nr = less ? limbs_sub(r, b, bn, a, an) : limbs_sub(r, a, an, b, bn);
    limbs_zero(r + nr, n - nr);
    return less;
}

/* With x = 2**(64 h): a = a1 x + a0, b = b1 x + b0, where h = n - n / 2 limbs are in the low halves,
 * a b = a1 b1 x**2 + (a1 b1 + a0 b0 - (a0 - a1) (b0 - b1)) x + a0 b0. r has 2 n limbs. */
static bool mul_equal(LimbTick *tick, Limb *r, const Limb *a, const Limb *b, size_t n, Limb *scratch)
{
    if (n < KARATSUBA_MUL)
        return mul_school(tick, r, a, n, b, n);
    size_t h = n - n / 2, l = n / 2;
    Limb *mid = scratch, *below = scratch + 2 * h;
    bool plus = sub_abs(r, a, h, a + h, l) != sub_abs(r + h, b, h, b + h, l);
    if (!mul_equal(tick, mid, r, r + h, h, below) || !mul_equal(tick, r, a, b, h, below) ||
        !mul_equal(tick, r + 2 * h, a + h, b + h, l, below))
        return false;

    /* mid := low + high -+ mid, 2 h limbs and a carry */
    Limb carry;
    if (plus) {
        carry = limbs_add_n(mid, mid, r, 2 * h);
    } else {
        carry = -limbs_sub_n(mid, r, mid, 2 * h);
    }
    Limb c = limbs_add_n(mid, mid, r + 2 * h, 2 * l);
    carry += limbs_add_1(mid + 2 * l, mid + 2 * l, 2 * (h - l), c);
    c = limbs_add_n(r + h, r + h, mid, 2 * h) + carry;
    limbs_add_1(r + 3 * h, r + 3 * h, 2 * n - 3 * h, c);
    return true;
}

static bool sqr_rec(LimbTick *tick, Limb *r, const Limb *a, size_t n, Limb *scratch)
{
    if (n < KARATSUBA_SQR)
        return sqr_school(tick, r, a, n);
    size_t h = n - n / 2, l = n / 2;
    Limb *mid = scratch, *below = scratch + 2 * h;
    sub_abs(r, a, h, a + h, l);
    if (!sqr_rec(tick, mid, r, h, below) || !sqr_rec(tick, r, a, h, below) ||
        !sqr_rec(tick, r + 2 * h, a + h, l, below))
        return false;
    Limb carry = -limbs_sub_n(mid, r, mid, 2 * h);
    Limb c = limbs_add_n(mid, mid, r + 2 * h, 2 * l);
    carry += limbs_add_1(mid + 2 * l, mid + 2 * l, 2 * (h - l), c);
    c = limbs_add_n(r + h, r + h, mid, 2 * h) + carry;
    limbs_add_1(r + 3 * h, r + 3 * h, 2 * n - 3 * h, c);
    return true;
}

size_t limbs_mul_scratch(size_t na, size_t nb)
{
    size_t n = na < nb ? na : nb;
    if (n < KARATSUBA_MUL)
        return 0;
    /* A slice's product beside what the slice needs. The last slice is shorter, so the lengths go on as in
     * Euclid's algorithm; their sum is below 4 n. */
    return na == nb ? equal_scratch(n) : equal_scratch(n) + 8 * n;
}

/* a in slices as long as b; na > nb >= KARATSUBA_MUL. */
static bool mul_sliced(LimbTick *tick, Limb *r, const Limb *a, size_t na, const Limb *b, size_t nb,
                       Limb *scratch)
{
    Limb *part = scratch, *below = scratch + 2 * nb;
    if (!mul_equal(tick, r, a, b, nb, below))
        return false;
    size_t at = nb;
    for (; at + nb <= na; at += nb) {
        if (!mul_equal(tick, part, a + at, b, nb, below))
            return false;
        Limb c = limbs_add_n(r + at, r + at, part, nb);
        limbs_add_1(r + at + nb, part + nb, nb, c);
    }
    size_t rest = na - at;
    if (rest == 0)
        return true;
    if (!limbs_mul(tick, part, b, nb, a + at, rest, below))
        return false;
    Limb c = limbs_add_n(r + at, r + at, part, nb);
    limbs_add_1(r + at + nb, part + nb, rest, c);
    return true;
}

bool limbs_mul(LimbTick *tick, Limb *r, const Limb *a, size_t na, const Limb *b, size_t nb, Limb *scratch)
{
    if (na < nb)
        return limbs_mul(tick, r, b, nb, a, na, scratch);
    if (nb == 0) {
        limbs_zero(r, na);
        return true;
    }
    if (a == b && na == nb)
        return sqr_rec(tick, r, a, na, scratch);
    if (nb < KARATSUBA_MUL)
        return mul_school(tick, r, a, na, b, nb);
    if (na == nb)
        return mul_equal(tick, r, a, b, na, scratch);
    return mul_sliced(tick, r, a, na, b, nb, scratch);
}

/* ---- powers ---- */

/* a is odd * 2**zeros: only the odd part is multiplied. */
typedef struct Power {
    uint64_t zeros, bits;       /* bits of the odd part */
    size_t size;                /* limbs of the odd part's power, and one to spare */
} Power;

static bool power_plan(const Limb *a, size_t n, uint64_t e, Power *p)
{
    p->zeros = limbs_trailing_zeros(a, n);
    p->bits = limbs_bit_length(a, n) - p->zeros;
    uint64_t bits, zeros, sum;
    if (p->bits == 1)
        bits = 1;
    else if (__builtin_mul_overflow(p->bits, e, &bits))
        return false;
    if (__builtin_mul_overflow(p->zeros, e, &zeros) || __builtin_add_overflow(bits, zeros, &sum) ||
        sum / LIMB_BITS >= LIMBS_MAX)
        return false;
    p->size = (size_t)(bits / LIMB_BITS) + 2;
    return true;
}

size_t limbs_pow_size(const Limb *a, size_t n, uint64_t e)
{
    Power p;
    if (n == 0 || e == 0)
        return 1;
    if (!power_plan(a, n, e, &p))
        return SIZE_MAX;
    return p.size + limbs_shl_size(0, p.zeros * e) + 1;
}

size_t limbs_pow_scratch(const Limb *a, size_t n, uint64_t e)
{
    Power p;
    if (n == 0 || e == 0 || !power_plan(a, n, e, &p))
        return 0;
    /* the odd part, the other buffer, and what multiplying needs: a square of half the size, or a product
     * of everything with the base */
    return n + p.size + limbs_mul_scratch(p.size, p.size) + limbs_mul_scratch(n, SIZE_MAX);
}

static bool pow_odd(LimbTick *tick, Limb *r, size_t *nr, const Limb *a, size_t n, uint64_t e, Limb *other,
                    Limb *scratch)
{
    Limb *to = other, *from = r;
    limbs_copy(from, a, n);
    size_t len = n;
    for (int bit = 62 - limb_clz(e); bit >= 0; bit--) {
        if (!limbs_mul(tick, to, from, len, from, len, scratch))
            return false;
        len = limbs_norm(to, 2 * len);
        Limb *swap = to;
        to = from;
        from = swap;
        if (!(e >> bit & 1))
            continue;
        if (n == 1) {
            Limb c = limbs_mul_1(from, from, len, a[0]);
            if (c)
                from[len++] = c;
            continue;
        }
        if (!limbs_mul(tick, to, from, len, a, n, scratch))
            return false;
        len = limbs_norm(to, len + n);
        swap = to;
        to = from;
        from = swap;
    }
    if (from != r)
        limbs_copy(r, from, len);
    *nr = len;
    return true;
}

bool limbs_pow(LimbTick *tick, Limb *r, size_t *nr, const Limb *a, size_t n, uint64_t e, Limb *scratch)
{
    Power p = {0, 0, 0};
    if (e == 0 || n == 0) {
        r[0] = e == 0;
        *nr = e == 0;
        return true;
    }
    bool fits = power_plan(a, n, e, &p);
    assert(fits);
    (void)fits;
    Limb *odd = scratch, *other = odd + n;
    size_t nodd = limbs_shr(odd, a, n, p.zeros);
    if (p.bits == 1) {
        r[0] = 1;
        *nr = 1;
    } else if (!pow_odd(tick, r, nr, odd, nodd, e, other, other + p.size)) {
        return false;
    }
    *nr = limbs_shl(r, r, *nr, p.zeros * e);
    return true;
}
