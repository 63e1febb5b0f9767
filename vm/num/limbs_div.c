/* SPDX-License-Identifier: MIT
 * Division of magnitudes: Knuth's algorithm D with a reciprocal of the divisor's two top limbs, and for long
 * divisors the recursive division of Burnikel and Ziegler, which rests on multiplication. */
#include "vm/num/limbs.h"

#include "vm/num/limbs_word.h"

#include <assert.h>

#define RECURSIVE_DIV 80

Limb limbs_divmod_1(Limb *q, const Limb *a, size_t n, Limb d)
{
    Limb r = 0;
    if (n == 0)
        return 0;
    if (n <= 2) {
        for (size_t i = n; i-- > 0;) {
            Limb2 u = (Limb2)r << 64 | a[i];
            q[i] = (Limb)(u / d);
            r = (Limb)(u % d);
        }
        return r;
    }
    int s = limb_clz(d);
    d <<= s;
    Limb v = limb_reciprocal(d);
    if (s == 0) {
        for (size_t i = n; i-- > 0;)
            q[i] = limb_div2(&r, r, a[i], d, v);
        return r;
    }
    r = a[n - 1] >> (64 - s);
    for (size_t i = n; i-- > 1;)
        q[i] = limb_div2(&r, r, a[i] << s | a[i - 1] >> (64 - s), d, v);
    q[0] = limb_div2(&r, r, a[0] << s, d, v);
    return r >> s;
}

/* See limbs_div_inplace. */
static bool div_school(LimbTick *tick, Limb *q, Limb *qh, Limb *a, size_t na, const Limb *b, size_t nb)
{
    Limb d1 = b[nb - 1], d0 = b[nb - 2], v = limb_reciprocal2(d1, d0);
    size_t nq = na - nb;
    Limb *top = a + nq;
    *qh = limbs_cmp(top, nb, b, nb) >= 0;
    if (*qh)
        limbs_sub_n(top, top, b, nb);
    for (size_t i = nq; i-- > 0;) {
        Limb *u = a + i, u2 = u[nb], u1 = u[nb - 1], digit;
        if (UNLIKELY(u2 == d1 && u1 == d0)) {
            digit = ~(Limb)0;           /* the estimate would not fit; this one is right */
            limbs_submul_1(u, b, nb, digit);
        } else {
            Limb2 rem;
            digit = limb_div3(&rem, u2, u1, u[nb - 2], d1, d0, v);
            if (digit == 0) {           /* common at the top */
                q[i] = 0;
                continue;
            }
            Limb borrow = limbs_submul_1(u, b, nb - 2, digit);
            bool under = rem < borrow;
            rem -= borrow;
            u[nb - 2] = (Limb)rem;
            u[nb - 1] = (Limb)(rem >> 64);
            if (UNLIKELY(under)) {
                digit--;
                limbs_add_n(u, u, b, nb);
            }
        }
        u[nb] = 0;
        q[i] = digit;
        if (!limbs_work(tick, nb))
            return false;
    }
    return true;
}

/* Subtracts from the remainder a (n limbs, and *high above them) the product of a part of the quotient, q
 * with *qh above its nq limbs, and the low k limbs of the divisor. While that is negative, the quotient is
 * too large. */
static bool correct(LimbTick *tick, Limb *q, Limb *qh, size_t nq, Limb *a, const Limb *b, size_t k, size_t n,
                    Limb *scratch)
{
    Limb *product = scratch;
    if (!limbs_mul(tick, product, q, nq, b, k, scratch + nq + k))
        return false;
    Limb borrow = 0;
    if (*qh)
        borrow = limbs_sub_1(a + nq + k, a + nq + k, n - nq - k, limbs_sub_n(a + nq, a + nq, b, k));
    Limb c = limbs_sub_n(a, a, product, nq + k);
    borrow += limbs_sub_1(a + nq + k, a + nq + k, n - nq - k, c);
    while (borrow) {
        *qh -= limbs_sub_1(q, q, nq, 1);
        borrow -= limbs_add_n(a, a, b, n);
    }
    return true;
}

/* Modern Computer Arithmetic, algorithm 1.8: a has n + m limbs, m <= n. The quotient comes in two halves,
 * each found by dividing by the top limbs of b alone and corrected by the product with its low limbs. */
static bool div_recursive(LimbTick *tick, Limb *q, Limb *qh, Limb *a, size_t m, const Limb *b, size_t n,
                          Limb *scratch)
{
    if (m < RECURSIVE_DIV)
        return div_school(tick, q, qh, a, n + m, b, n);
    size_t k = m / 2;
    if (!div_recursive(tick, q + k, qh, a + 2 * k, m - k, b + k, n - k, scratch) ||
        !correct(tick, q + k, qh, m - k, a + k, b, k, n, scratch))
        return false;
    Limb low;
    if (!div_recursive(tick, q, &low, a + k, k, b + k, n - k, scratch) ||
        !correct(tick, q, &low, k, a, b, k, n, scratch))
        return false;
    assert(low == 0);
    return true;
}

size_t limbs_div_inplace_scratch(size_t na, size_t nb)
{
    size_t m = na - nb < nb ? na - nb : nb;
    return m < RECURSIVE_DIV ? 0 : m + 2 + limbs_mul_scratch(m, SIZE_MAX);
}

bool limbs_div_inplace(LimbTick *tick, Limb *q, Limb *qh, Limb *a, size_t na, const Limb *b, size_t nb,
                       Limb *scratch)
{
    size_t nq = na - nb;
    if (nq < RECURSIVE_DIV || nb < RECURSIVE_DIV)
        return div_school(tick, q, qh, a, na, b, nb);
    /* the short piece first, then pieces as long as the divisor */
    size_t first = nq % nb ? nq % nb : nb;
    size_t at = nq - first;
    if (!div_recursive(tick, q + at, qh, a + at, first, b, nb, scratch))
        return false;
    while (at > 0) {
        Limb none;
        at -= nb;
        if (!div_recursive(tick, q + at, &none, a + at, nb, b, nb, scratch))
            return false;
        assert(none == 0);
        (void)none;
    }
    return true;
}

size_t limbs_divmod_scratch(size_t na, size_t nb)
{
    return nb == 1 ? 0 : na + 1 + nb + limbs_div_inplace_scratch(na + 1, nb);
}

bool limbs_divmod(LimbTick *tick, Limb *q, Limb *r, const Limb *a, size_t na, const Limb *b, size_t nb,
                  Limb *scratch)
{
    if (nb == 1) {
        r[0] = limbs_divmod_1(q, a, na, b[0]);
        return limbs_work(tick, na);
    }
    int s = limb_clz(b[nb - 1]);
    Limb *u = scratch, *d = u + na + 1, qh;
    size_t nu = limbs_shl(u, a, na, (unsigned)s);
    limbs_shl(d, b, nb, (unsigned)s);
    limbs_zero(u + nu, na + 1 - nu);
    /* With a limb of zeros above it the dividend's top is below the divisor, so qh is 0. */
    if (!limbs_div_inplace(tick, q, &qh, u, na + 1, d, nb, d + nb))
        return false;
    assert(qh == 0);
    (void)qh;
    limbs_shr(r, u, nb, (unsigned)s);
    return true;
}
