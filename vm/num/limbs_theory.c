/* SPDX-License-Identifier: MIT
 * Greatest common divisor, integer square root, modular power and inverse. */
#include "vm/num/limbs.h"

#include "vm/num/limbs_word.h"

#include <math.h>

/* ---- greatest common divisor: Lehmer's algorithm ---- */

static Limb gcd_limb(Limb a, Limb b)
{
    if (a == 0 || b == 0)
        return a | b;
    int zeros = __builtin_ctzll(a | b);
    a >>= __builtin_ctzll(a);
    while (b) {
        b >>= __builtin_ctzll(b);
        if (a > b) {
            Limb swap = a;
            a = b;
            b = swap;
        }
        b -= a;
    }
    return a << zeros;
}

/* Steps of Euclid's algorithm on the top bits of two numbers, as long as Jebelean's condition proves them
 * right for the whole numbers: (a, b) becomes (x[0] a - y[0] b, y[1] b - x[1] a), or the negatives if
 * `odd`. */
typedef struct Lehmer {
    uint64_t x[2], y[2];
    bool odd, useful;
} Lehmer;

static Lehmer lehmer_steps(uint64_t u, uint64_t v)
{
    Lehmer l = {{1, 0}, {0, 1}, false, false};
    while (v != 0) {
        uint64_t q = u / v, r = u - q * v, x = l.x[0] + q * l.x[1], y = l.y[0] + q * l.y[1];
        /* the new row is x a - y b if the old first row was of that sign, y b - x a else */
        bool right = l.odd ? r >= x && v - r >= y + l.y[1] : r >= y && v - r >= x + l.x[1];
        if (!right)
            break;
        u = v;
        v = r;
        l.x[0] = l.x[1];
        l.y[0] = l.y[1];
        l.x[1] = x;
        l.y[1] = y;
        l.odd = !l.odd;
        l.useful = true;
    }
    return l;
}

/* r = m1 a - m2 b, which is not negative and fits n limbs. */
static void combine(Limb *r, Limb m1, const Limb *a, Limb m2, const Limb *b, size_t n)
{
    limbs_mul_1(r, a, n, m1);
    limbs_submul_1(r, b, n, m2);
}

/* 62 bits of a from bit `at` on, which is at least 2 below the top; a has n limbs. */
static uint64_t bits62(const Limb *a, size_t n, uint64_t at)
{
    size_t word = (size_t)(at / LIMB_BITS);
    unsigned s = (unsigned)(at % LIMB_BITS);
    uint64_t v = a[word] >> s;
    if (s && word + 1 < n)
        v |= a[word + 1] << (LIMB_BITS - s);
    return v & (((uint64_t)1 << 62) - 1);
}

typedef struct Gcd {
    Limb *a, *b, *c, *d;        /* the two numbers, a >= b, and room for the next two */
} Gcd;

static void lehmer_apply(Gcd *g, const Lehmer *l, size_t n)
{
    if (l->odd) {
        combine(g->c, l->y[0], g->b, l->x[0], g->a, n);
        combine(g->d, l->x[1], g->a, l->y[1], g->b, n);
    } else {
        combine(g->c, l->x[0], g->a, l->y[0], g->b, n);
        combine(g->d, l->y[1], g->b, l->x[1], g->a, n);
    }
    *g = (Gcd){g->c, g->d, g->a, g->b};
}

size_t limbs_gcd_scratch(size_t na, size_t nb)
{
    size_t n = na > nb ? na : nb, division = 0, small = na < nb ? na : nb;
    /* the first division is the unbalanced one; the later ones divide numbers of at most `small` limbs */
    if (small > 0)
        division = limbs_divmod_scratch(n, small) + limbs_divmod_scratch(2 * small, small);
    return 4 * n + n + 1 + division;
}

bool limbs_gcd(LimbTick *tick, Limb *r, size_t *nr, const Limb *a, size_t na, const Limb *b, size_t nb,
               Limb *scratch)
{
    if (limbs_cmp(a, na, b, nb) < 0)
        return limbs_gcd(tick, r, nr, b, nb, a, na, scratch);
    Gcd g = {scratch, scratch + na, scratch + 2 * na, scratch + 3 * na};
    Limb *q = scratch + 4 * na, *rest = q + na + 1;
    limbs_copy(g.a, a, na);
    limbs_copy(g.b, b, nb);
    while (nb > 0 && na > 1) {
        limbs_zero(g.b + nb, na - nb);
        uint64_t at = limbs_bit_length(g.a, na) - 62;
        Lehmer l = lehmer_steps(bits62(g.a, na, at), bits62(g.b, na, at));
        if (l.useful) {
            lehmer_apply(&g, &l, na);
            na = limbs_norm(g.a, na);
            nb = limbs_norm(g.b, na);
            if (!limbs_work(tick, 4 * na))
                return false;
            continue;
        }
        if (!limbs_divmod(tick, q, g.c, g.a, na, g.b, nb, rest))
            return false;
        g = (Gcd){g.b, g.c, g.a, g.d};
        na = nb;
        nb = limbs_norm(g.b, nb);
    }
    if (nb > 0) {
        r[0] = gcd_limb(g.a[0], g.b[0]);
        *nr = 1;
        return true;
    }
    limbs_copy(r, g.a, na);
    *nr = na;
    return true;
}

/* ---- integer square root ---- */

static Limb isqrt_limb(Limb n)
{
    Limb r = (Limb)sqrt((double)n);
    if (r > UINT32_MAX)
        r = UINT32_MAX;
    while (r * r > n)
        r--;
    while (r < UINT32_MAX && (r + 1) * (r + 1) <= n)
        r++;
    return r;
}

size_t limbs_isqrt_scratch(size_t n)
{
    size_t h = n / 2 + 2;
    return (n + 2) + (n + 2) + h + 2 * h + limbs_divmod_scratch(n + 1, h) + limbs_mul_scratch(h, h) +
           limbs_divmod_scratch(n + 1, 2);
}

/* Newton's method in which the precision doubles at each step, with one division and no correction until
 * the end (M. Dickinson's variant): after each step r is within 1 of the root of the top 2 d + 2 bits of
 * a. */
bool limbs_isqrt(LimbTick *tick, Limb *r, size_t *nr, const Limb *a, size_t n, Limb *scratch)
{
    if (n <= 1) {
        r[0] = n ? isqrt_limb(a[0]) : 0;
        *nr = n;
        return true;
    }
    size_t h = n / 2 + 2;
    Limb *top = scratch, *q = top + n + 2, *rest = q + n + 2, *square = rest + h, *below = square + 2 * h;
    uint64_t c = (limbs_bit_length(a, n) - 1) / 2;
    int s = 63 - limb_clz(c);
    while (s > 0 && c >> (s - 1) <= 31)
        s--;
    uint64_t d = c >> s;
    limbs_shr(top, a, n, 2 * c - 2 * d);
    r[0] = isqrt_limb(top[0]);
    size_t len = 1;
    while (s-- > 0) {
        uint64_t e = d;
        d = c >> s;
        size_t ntop = limbs_shr(top, a, n, 2 * c - e - d + 1), nq = ntop - len + 1;
        if (!limbs_divmod(tick, q, rest, top, ntop, r, len, below))
            return false;
        nq = limbs_norm(q, nq);
        len = limbs_shl(r, r, len, d - e - 1);
        len = limbs_add(r, r, len, q, nq);
    }
    if (!limbs_mul(tick, square, r, len, r, len, below))
        return false;
    if (limbs_cmp(square, limbs_norm(square, 2 * len), a, n) > 0)
        limbs_sub_1(r, r, len, 1);
    *nr = limbs_norm(r, len);
    return true;
}

/* ---- powers modulo m ---- */

#define WINDOW_MAX 5

/* Everything is computed modulo m shifted up to a set top bit, and reduced modulo m at the end. Residues
 * have n limbs, with leading zeros. */
typedef struct Modulus {
    LimbTick *tick;
    Limb *m;
    size_t n;
    Limb *product, *q, *below;
} Modulus;

/* r = a b mod m; r may be a or b. */
static bool mul_mod(Modulus *m, Limb *r, const Limb *a, const Limb *b)
{
    Limb qh;
    size_t n = m->n;
    if (n == 1) {
        r[0] = (Limb)((Limb2)a[0] * b[0] % m->m[0]);
        return limbs_work(m->tick, 4);
    }
    if (!limbs_mul(m->tick, m->product, a, n, b, n, m->below) ||
        !limbs_div_inplace(m->tick, m->q, &qh, m->product, 2 * n, m->m, n, m->below))
        return false;
    limbs_copy(r, m->product, n);
    return limbs_work(m->tick, 2 * n * n);
}

size_t limbs_powmod_scratch(size_t na, size_t nm)
{
    size_t work = limbs_mul_scratch(nm, nm) + limbs_div_inplace_scratch(2 * nm, nm);
    if (na >= nm)
        work += na - nm + 1 + limbs_divmod_scratch(na, nm);
    size_t windows = (size_t)1 << (WINDOW_MAX - 1);
    return nm + 2 * nm + (nm + 1) + (windows + 1) * nm + limbs_divmod_scratch(nm, nm) + work;
}

static unsigned window_bits(uint64_t bits)
{
    return bits < 8 ? 1 : bits < 36 ? 2 : bits < 140 ? 3 : bits < 450 ? 4 : WINDOW_MAX;
}

static bool bit_at(const Limb *e, uint64_t i)
{
    return e[i / LIMB_BITS] >> (i % LIMB_BITS) & 1;
}

/* Sliding windows, left to right: odd[i] is the base to the 2 i + 1. */
static bool pow_windows(Modulus *m, Limb *r, Limb *odd, const Limb *e, size_t ne)
{
    uint64_t left = limbs_bit_length(e, ne);
    unsigned k = window_bits(left);
    bool started = false;
    if (k > 1 && !mul_mod(m, r, odd, odd))
        return false;
    for (size_t i = 1; i < (size_t)1 << (k - 1); i++)
        if (!mul_mod(m, odd + i * m->n, odd + (i - 1) * m->n, r))
            return false;
    while (left > 0) {
        if (!bit_at(e, left - 1)) {
            if (!mul_mod(m, r, r, r))
                return false;
            left--;
            continue;
        }
        uint64_t end = left > k ? left - k : 0;
        while (!bit_at(e, end))
            end++;
        size_t value = 0;
        for (; left > end; left--) {
            value = value << 1 | bit_at(e, left - 1);
            if (started && !mul_mod(m, r, r, r))
                return false;
        }
        const Limb *factor = odd + value / 2 * m->n;
        if (!started)
            limbs_copy(r, factor, m->n);
        else if (!mul_mod(m, r, r, factor))
            return false;
        started = true;
    }
    return true;
}

bool limbs_powmod(LimbTick *tick, Limb *r, size_t *nr, const Limb *a, size_t na, const Limb *e, size_t ne,
                  const Limb *m, size_t nm, Limb *scratch)
{
    Limb *shifted = scratch, *product = shifted + nm, *q = product + 2 * nm, *result = q + nm + 1;
    Limb *odd = result + nm, *below = odd + ((size_t)1 << (WINDOW_MAX - 1)) * nm;
    if (ne == 0) {
        r[0] = 1;
        *nr = nm > 1 || m[0] > 1;
        return true;
    }
    limbs_zero(odd, nm);
    if (na < nm)
        limbs_copy(odd, a, na);
    else if (!limbs_divmod(tick, below, odd, a, na, m, nm, below + na - nm + 1))
        return false;
    limbs_shl(shifted, m, nm, (unsigned)limb_clz(m[nm - 1]));
    Modulus mod = {tick, shifted, nm, product, q, below};
    if (!pow_windows(&mod, result, odd, e, ne) || !limbs_divmod(tick, q, r, result, nm, m, nm, below))
        return false;
    *nr = limbs_norm(r, nm);
    return true;
}

size_t limbs_mod_fix(Limb *r, size_t nr, bool xneg, const Limb *m, size_t nm, bool mneg)
{
    if (nr == 0 || xneg == mneg)
        return nr;
    Limb borrow = limbs_sub_n(r, m, r, nr);
    limbs_sub_1(r + nr, m + nr, nm - nr, borrow);
    return limbs_norm(r, nm);
}

/* ---- inverse modulo m: Euclid's algorithm with one cofactor ---- */

size_t limbs_invmod_scratch(size_t na, size_t nm)
{
    size_t n = nm + 2, work = limbs_divmod_scratch(2 * nm, nm) + limbs_mul_scratch(n, n);
    if (na >= nm)
        work += na - nm + 1 + limbs_divmod_scratch(na, nm);
    return 3 * n + 3 * n + n + 2 * n + work;
}

/* x = x + q y; returns the new length. */
static bool add_product(LimbTick *tick, Limb *x, size_t *nx, const Limb *q, size_t nq, const Limb *y,
                        size_t ny, Limb *product, Limb *below)
{
    if (!limbs_mul(tick, product, q, nq, y, ny, below))
        return false;
    *nx = limbs_add(x, x, *nx, product, limbs_norm(product, nq + ny));
    return true;
}

bool limbs_invmod(LimbTick *tick, Limb *r, size_t *nr, bool *found, const Limb *a, size_t na,
                  const Limb *m, size_t nm, Limb *scratch)
{
    size_t n = nm + 2;
    Limb *r0 = scratch, *r1 = r0 + n, *r2 = r1 + n, *t0 = r2 + n, *t1 = t0 + n;
    Limb *q = t1 + 2 * n, *product = q + n, *below = product + 2 * n;
    size_t n0 = nm, n1 = na, k0 = 0, k1 = 1;
    bool odd = false;
    limbs_copy(r0, m, nm);
    limbs_copy(r1, a, na < nm ? na : 0);
    if (na >= nm) {
        if (!limbs_divmod(tick, below, r1, a, na, m, nm, below + na - nm + 1))
            return false;
        n1 = limbs_norm(r1, nm);
    }
    t1[0] = 1;
    /* r0 = -t0 a and r1 = t1 a modulo m, or the other way round when odd */
    while (n1 > 0) {
        if (!limbs_divmod(tick, q, r2, r0, n0, r1, n1, below))
            return false;
        size_t nq = limbs_norm(q, n0 - n1 + 1);
        if (!add_product(tick, t0, &k0, q, nq, t1, k1, product, below))
            return false;
        Limb *t = t0;
        t0 = t1;
        t1 = t;
        size_t k = k0;
        k0 = k1;
        k1 = k;
        t = r0;
        r0 = r1;
        r1 = r2;
        r2 = t;
        n0 = n1;
        n1 = limbs_norm(r1, n1);
        odd = !odd;
    }
    *found = n0 == 1 && r0[0] == 1;
    limbs_copy(r, t0, k0);
    *nr = k0;
    if (*found && !odd && k0 > 0)
        *nr = limbs_sub(r, m, nm, t0, k0);
    return true;
}
