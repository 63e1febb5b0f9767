/* SPDX-License-Identifier: MIT
 * Magnitudes to digits and back. Bases that are powers of two go bit by bit; the others leaf by leaf, a
 * leaf being as many digits as fit one limb (19 decimal ones), and by divide and conquer when the number is
 * long. */
#include "vm/num/limbs.h"

#include "vm/num/limbs_word.h"

#include <math.h>

/* The largest power of a base that fits a limb. */
typedef struct Leaf {
    unsigned base, digits;
    Limb power;
    unsigned shift;             /* which gives the power a set top bit */
    Limb reciprocal;            /* of the shifted power */
} Leaf;

#define STR_SCHOOL 24           /* limbs: below, to_str divides by the leaf's power again and again */
#define PARSE_SCHOOL 60         /* leaves: below, from_str multiplies by it */
#define LEVELS 48

static Leaf leaf_of(unsigned base)
{
    Leaf l = {base, 0, 1, 0, 0};
    if (base == 10)
        return (Leaf){10, 19, 10000000000000000000u, 0, 0xD83C94FB6D2AC34Au};
    while (l.power <= UINT64_MAX / base) {
        l.power *= base;
        l.digits++;
    }
    l.shift = (unsigned)limb_clz(l.power);
    l.reciprocal = limb_reciprocal(l.power << l.shift);
    return l;
}

/* Bits of one digit if base is a power of two, else 0. */
static unsigned base_bits(unsigned base)
{
    return (base & (base - 1)) == 0 ? (unsigned)__builtin_ctz(base) : 0;
}

size_t limbs_str_size(const Limb *a, size_t n, unsigned base)
{
    uint64_t bits = limbs_bit_length(a, n);
    unsigned k = base_bits(base);
    if (n == 0)
        return 1;
    if (k)
        return (size_t)((bits + k - 1) / k);
    double digit = base == 10 ? 3.3219280948873622 : 31 - __builtin_clz(base);     /* at least so many bits */
    return (size_t)((double)bits / digit * (1 + 1e-14)) + 2;
}

static const char digit_chars[] = "0123456789abcdefghijklmnopqrstuvwxyz";

static size_t to_str_bits(char *out, const Limb *a, size_t n, unsigned k)
{
    uint64_t bits = limbs_bit_length(a, n);
    size_t count = (size_t)((bits + k - 1) / k);
    Limb mask = ((Limb)1 << k) - 1;
    uint64_t at = 0;
    for (size_t i = count; i-- > 0; at += k) {
        size_t word = (size_t)(at / LIMB_BITS);
        unsigned s = (unsigned)(at % LIMB_BITS);
        Limb v = a[word] >> s;
        if (s + k > LIMB_BITS && word + 1 < n)
            v |= a[word + 1] << (LIMB_BITS - s);
        out[i] = digit_chars[v & mask];
    }
    return count;
}

static const char digit_pairs[] =
    "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"
    "5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";

/* Exactly l->digits digits, with leading zeros. */
static void put_leaf(char *out, Limb v, const Leaf *l)
{
    if (l->base == 10) {
        /* two chains of divisions that the processor can overlap: nine digits and ten */
        uint64_t high = v / 10000000000u, low = v % 10000000000u;
        for (unsigned i = 8; i > 0; i -= 2) {
            memcpy(out + i - 1, digit_pairs + high % 100 * 2, 2);
            memcpy(out + i + 9, digit_pairs + low % 100 * 2, 2);
            high /= 100;
            low /= 100;
        }
        out[0] = (char)('0' + high);
        memcpy(out + 9, digit_pairs + low * 2, 2);
        return;
    }
    for (unsigned i = l->digits; i-- > 0; v /= l->base)
        out[i] = digit_chars[v % l->base];
}

/* Digits of a, which is destroyed, to the end of out .. end; returns where they start. */
static char *to_str_school(char *end, Limb *a, size_t n, const Leaf *l)
{
    unsigned s = l->shift;
    Limb d = l->power << s, v = l->reciprocal;
    while (n > 0) {
        /* like limbs_divmod_1, with the reciprocal found once */
        Limb r = s ? a[n - 1] >> (64 - s) : 0;
        for (size_t i = n; i-- > 1;)
            a[i] = limb_div2(&r, r, s ? a[i] << s | a[i - 1] >> (64 - s) : a[i], d, v);
        a[0] = limb_div2(&r, r, a[0] << s, d, v);
        if (a[n - 1] == 0)
            n--;
        end -= l->digits;
        put_leaf(end, r >> s, l);
    }
    return end;
}

/* The leaf's power to the 2**i, shifted up until its top bit is set. */
typedef struct Step {
    Limb *limbs;
    size_t n, digits;
    unsigned shift;
} Step;

typedef struct ToStr {
    LimbTick *tick;
    Leaf leaf;
    Step steps[LEVELS];
} ToStr;

/* Exactly `digits` digits of a short number, which is destroyed. Not inlined: the buffer would be on the
 * stack at each level of the recursion. */
static NOINLINE void put_short(const ToStr *t, char *out, size_t digits, Limb *a, size_t n)
{
    char text[(STR_SCHOOL + 3) * 64];
    char *end = text + sizeof text, *from = to_str_school(end, a, n, &t->leaf);
    size_t got = (size_t)(end - from);
    if (got > digits) {         /* whole leaves may reach over the front: they are zeros there */
        from += got - digits;
        got = digits;
    }
    memset(out, '0', digits - got);
    memcpy(out + digits - got, from, got);
}

/* Writes exactly `digits` digits of a, which is destroyed. level is the largest step that may serve. */
static bool to_str_rec(ToStr *t, char *out, size_t digits, Limb *a, size_t n, int level, Limb *scratch)
{
    n = limbs_norm(a, n);
    if (n < STR_SCHOOL) {
        put_short(t, out, digits, a, n);
        return limbs_work(t->tick, n * n);
    }
    /* the largest step that leaves a quotient: it has at least a third of the limbs, or is the last one */
    while (t->steps[level].n > n || t->steps[level].digits >= digits)
        level--;
    const Step *p = &t->steps[level];
    Limb *u = scratch, *q = u + n + 1, qh;
    size_t nu = limbs_shl(u, a, n, p->shift);
    limbs_zero(u + nu, n + 1 - nu);
    size_t nq = n + 1 - p->n;
    Limb *below = q + nq;
    if (!limbs_div_inplace(t->tick, q, &qh, u, n + 1, p->limbs, p->n, below))
        return false;
    limbs_shr(u, u, p->n, p->shift);
    return to_str_rec(t, out, digits - p->digits, q, nq, level, below) &&
           to_str_rec(t, out + digits - p->digits, p->digits, u, p->n, level, below);
}

/* The steps up to about half the length of a number of n limbs. *used is what they take of the scratch
 * space. */
static bool make_steps(ToStr *t, size_t n, Limb *scratch, int *levels, size_t *used)
{
    Limb *at = scratch;
    Step *s = &t->steps[0];
    *s = (Step){at, 1, t->leaf.digits, 0};
    at[0] = t->leaf.power;
    at += 1;
    int i = 0;
    while (2 * s->n <= n / 2 + 1 && i + 1 < LEVELS) {
        Step *next = s + 1;
        next->limbs = at;
        next->digits = 2 * s->digits;
        if (!limbs_mul(t->tick, at, s->limbs, s->n, s->limbs, s->n, at + 2 * s->n))
            return false;
        next->n = limbs_norm(at, 2 * s->n);
        at += next->n;
        s = next;
        i++;
    }
    for (int j = 0; j <= i; j++) {
        Step *p = &t->steps[j];
        p->shift = (unsigned)limb_clz(p->limbs[p->n - 1]);
        limbs_shl(p->limbs, p->limbs, p->n, p->shift);
    }
    *levels = i + 1;
    *used = (size_t)(at - scratch);
    return true;
}

/* The copy, the steps (their sizes double up to half of n), and the recursion: each level takes less than
 * 2 n + 2 limbs and leaves at most three quarters of n to the next, or needs 11 limbs for each of the
 * quotient in its division. */
size_t limbs_to_str_scratch(size_t n, unsigned base)
{
    if (base_bits(base))
        return 0;
    return n < STR_SCHOOL ? n : n + 2 * n + 12 * n + 64 * LEVELS;
}

bool limbs_to_str(LimbTick *tick, char *out, size_t *len, const Limb *a, size_t n, unsigned base,
                  Limb *scratch)
{
    unsigned k = base_bits(base);
    if (n == 0) {
        out[0] = '0';
        *len = 1;
        return true;
    }
    if (k) {
        *len = to_str_bits(out, a, n, k);
        return true;
    }
    ToStr t = {.tick = tick, .leaf = leaf_of(base)};
    size_t room = limbs_str_size(a, n, base), skip = 0, used = 0;
    Limb *copy = scratch;
    int levels = 0;
    limbs_copy(copy, a, n);
    if (n >= STR_SCHOOL && !make_steps(&t, n, scratch + n, &levels, &used))
        return false;
    if (!to_str_rec(&t, out, room, copy, n, levels - 1, scratch + n + used))
        return false;
    while (skip + 1 < room && out[skip] == '0')
        skip++;
    *len = room - skip;
    memmove(out, out + skip, *len);
    return true;
}

/* ---- reading ---- */

unsigned limbs_digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'z')
        return (unsigned)(c - 'a') + 10;
    if (c >= 'A' && c <= 'Z')
        return (unsigned)(c - 'A') + 10;
    return 255;
}

size_t limbs_from_str_size(size_t len, unsigned base)
{
    unsigned k = base_bits(base), digits = k ? 64 / k : leaf_of(base).digits;
    return len / digits + 1;
}

size_t limbs_from_str_scratch(size_t len, unsigned base)
{
    if (base_bits(base))
        return 0;
    size_t leaves = limbs_from_str_size(len, base);
    if (leaves <= PARSE_SCHOOL)
        return leaves;
    /* leaves, steps with room for the last square, the low and high parts at all levels, and a product's
     * own */
    return leaves + 2 * leaves + 2 * leaves + LEVELS + limbs_mul_scratch(leaves, SIZE_MAX);
}

static size_t from_str_bits(Limb *r, const char *digits, size_t len, unsigned k)
{
    size_t word = 0;
    unsigned s = 0;
    Limb v = 0;
    while (len-- > 0) {
        if (digits[len] == '_')
            continue;
        Limb d = limbs_digit_value(digits[len]);
        v |= d << s;
        s += k;
        if (s >= LIMB_BITS) {
            s -= LIMB_BITS;
            r[word++] = v;
            v = d >> (k - s);
        }
    }
    r[word++] = v;
    return limbs_norm(r, word);
}

/* The digits as leaves, the most significant one first and perhaps short. Returns their number. */
static size_t split_leaves(Limb *leaves, const char *digits, size_t len, const Leaf *l)
{
    size_t count = 0, n = 0;
    for (size_t i = 0; i < len; i++)
        count += digits[i] != '_';
    size_t left = count % l->digits ? count % l->digits : l->digits;
    Limb v = 0;
    for (size_t i = 0; i < len; i++) {
        if (digits[i] == '_')
            continue;
        v = v * l->base + limbs_digit_value(digits[i]);
        if (--left == 0) {
            leaves[n++] = v;
            v = 0;
            left = l->digits;
        }
    }
    return n;
}

typedef struct FromStr {
    LimbTick *tick;
    Leaf leaf;
    Step steps[LEVELS];     /* step i is the power of PARSE_SCHOOL << i leaves; shift is not used */
} FromStr;

static bool from_str_rec(FromStr *f, Limb *r, size_t *nr, const Limb *leaves, size_t n, int level,
                         Limb *scratch)
{
    if (n <= PARSE_SCHOOL) {
        size_t len = 0;
        for (size_t i = 0; i < n; i++) {
            Limb c = limbs_mul_add_1(r, r, len, f->leaf.power, leaves[i]);
            if (c)
                r[len++] = c;
        }
        *nr = len;
        return limbs_work(f->tick, n * n / 2);
    }
    while ((size_t)PARSE_SCHOOL << level >= n)
        level--;
    const Step *p = &f->steps[level];
    size_t half = (size_t)PARSE_SCHOOL << level, nhigh, nlow;
    Limb *part = scratch, *below = scratch + half;
    if (!from_str_rec(f, part, &nhigh, leaves, n - half, level, below) ||
        !limbs_mul(f->tick, r, part, nhigh, p->limbs, p->n, below) ||
        !from_str_rec(f, part, &nlow, leaves + n - half, half, level, below))
        return false;
    size_t len = nhigh ? limbs_norm(r, nhigh + p->n) : 0;
    *nr = limbs_add(r, r, len, part, nlow);
    return true;
}

static bool parse_steps(FromStr *f, size_t n, Limb *scratch, int *level, size_t *used)
{
    Limb *at = scratch;
    Step *s = &f->steps[0];
    *s = (Step){at, 1, 0, 0};
    at[0] = f->leaf.power;
    for (int i = 1; i < PARSE_SCHOOL; i++) {
        Limb c = limbs_mul_1(at, at, s->n, f->leaf.power);
        if (c)
            at[s->n++] = c;
    }
    int i = 0;
    at += s->n;
    while ((size_t)PARSE_SCHOOL << (i + 1) < n) {
        Step *next = s + 1;
        next->limbs = at;
        if (!limbs_mul(f->tick, at, s->limbs, s->n, s->limbs, s->n, at + 2 * s->n))
            return false;
        next->n = limbs_norm(at, 2 * s->n);
        at += next->n;
        s = next;
        i++;
    }
    *level = i;
    *used = (size_t)(at - scratch);
    return true;
}

bool limbs_from_str(LimbTick *tick, Limb *r, size_t *nr, const char *digits, size_t len, unsigned base,
                    Limb *scratch)
{
    unsigned k = base_bits(base);
    if (k) {
        *nr = from_str_bits(r, digits, len, k);
        return true;
    }
    FromStr f = {.tick = tick, .leaf = leaf_of(base)};
    size_t n = split_leaves(scratch, digits, len, &f.leaf), used = 0;
    int level = 0;
    if (n > PARSE_SCHOOL && !parse_steps(&f, n, scratch + n, &level, &used))
        return false;
    return from_str_rec(&f, r, nr, scratch, n, level, scratch + n + used);
}

/* ---- int(text, base) ---- */

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static unsigned prefix_base(const char *text, size_t len)
{
    if (len < 2 || text[0] != '0')
        return 0;
    switch (text[1]) {
    case 'x': case 'X': return 16;
    case 'o': case 'O': return 8;
    case 'b': case 'B': return 2;
    default: return 0;
    }
}

/* Digits with single underscores between them; zero_only is for base 0, where "00" is a number but "01" is
 * not. */
static bool scan_digits(IntScan *s, bool zero_only)
{
    bool digit = false;
    for (size_t i = 0; i < s->len; i++) {
        char c = s->digits[i];
        if (c == '_') {
            if (!digit || i + 1 == s->len)
                return false;
            digit = false;
            continue;
        }
        unsigned v = limbs_digit_value(c);
        if (v >= s->base || (zero_only && v != 0))
            return false;
        digit = true;
        s->count++;
    }
    return s->count > 0;
}

IntScan limbs_scan_int(const char *text, size_t len, unsigned base)
{
    IntScan s = {false, false, base, NULL, 0, 0};
    while (len > 0 && is_space(text[len - 1]))
        len--;
    while (len > 0 && is_space(*text)) {
        text++;
        len--;
    }
    if (len > 0 && (*text == '-' || *text == '+')) {
        s.neg = *text == '-';
        text++;
        len--;
    }
    unsigned prefix = prefix_base(text, len);
    bool zero_only = base == 0 && !prefix && len > 0 && *text == '0';
    if (base == 0)
        s.base = prefix ? prefix : 10;
    if (prefix && prefix == s.base) {
        text += 2;
        len -= 2;
        if (len > 0 && *text == '_') {
            text++;
            len--;
        }
    }
    s.digits = text;
    s.len = len;
    s.ok = scan_digits(&s, zero_only);
    return s;
}
