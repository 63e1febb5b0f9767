/* SPDX-License-Identifier: MIT
 * Big integers: samples with CPython's results (num_sums.py prints them), and the edges by hand. Scratch
 * space has guards behind it. */
#include "tests/unit/vm/num_sample.h"

#include <math.h>

Suite *limbs_suite(void);

#define MOST 420

static Limb a[MOST], b[MOST], c[MOST];

static void mul(Limb *r, const Limb *x, size_t nx, const Limb *y, size_t ny)
{
    size_t n = limbs_mul_scratch(nx, ny);
    Limb *scratch = limbs_new(n);
    ck_assert(limbs_mul(NULL, r, x, nx, y, ny, scratch));
    limbs_done(scratch, n);
}

START_TEST(multiply)
{
    Sample s = sample_start();
    for (int i = 0; i < 400; i++) {
        size_t na = sample_limbs(&s, a, 150), nb = sample_limbs(&s, b, 150);
        Limb *r = limbs_new(na + nb), *square = limbs_new(2 * na), *sum = limbs_new(na + nb + 1);
        mul(r, a, na, b, nb);
        sample_add_limbs(&s, r, limbs_norm(r, na + nb));
        mul(square, a, na, a, na);
        sample_add_limbs(&s, square, limbs_norm(square, 2 * na));
        size_t n = limbs_add(sum, a, na, b, nb);
        sample_add_limbs(&s, sum, n);
        n = limbs_sub(sum, sum, n, b, nb);
        ck_assert(limbs_cmp(sum, n, a, na) == 0);
        limbs_done(r, na + nb);
        limbs_done(square, 2 * na);
        limbs_done(sum, na + nb + 1);
    }
    ck_assert_uint_eq(s.sum, 0x4B07ED94E339B91Fu);
}
END_TEST

START_TEST(divide)
{
    Sample s = sample_start();
    for (int i = 0; i < 400; i++) {
        size_t na = sample_limbs(&s, a, 400), nb = sample_limbs(&s, b, 200);
        if (nb == 0 || limbs_cmp(a, na, b, nb) < 0)
            continue;
        size_t room = limbs_divmod_scratch(na, nb);
        Limb *q = limbs_new(na - nb + 1), *r = limbs_new(nb), *scratch = limbs_new(room);
        ck_assert(limbs_divmod(NULL, q, r, a, na, b, nb, scratch));
        sample_add_limbs(&s, q, limbs_norm(q, na - nb + 1));
        sample_add_limbs(&s, r, limbs_norm(r, nb));
        limbs_done(q, na - nb + 1);
        limbs_done(r, nb);
        limbs_done(scratch, room);
    }
    ck_assert_uint_eq(s.sum, 0xA4000D117C3FD5B8u);
}
END_TEST

/* The quotient's first estimates are wrong where all the limbs are ones. */
START_TEST(divide_edges)
{
    for (size_t na = 2; na < 300; na += 31)
        for (size_t nb = 2; nb <= na; nb += 7) {
            size_t room = limbs_divmod_scratch(na, nb);
            Limb *q = limbs_new(na - nb + 1), *r = limbs_new(nb), *scratch = limbs_new(room),
                 *back = limbs_new(na + 1);
            memset(a, 0xFF, sizeof a);
            memset(b, 0xFF, sizeof b);
            b[0] = na % 2 ? 1 : ~(Limb)0;
            b[nb - 1] = nb % 3 ? ~(Limb)0 : (Limb)1 << 63;
            ck_assert(limbs_divmod(NULL, q, r, a, na, b, nb, scratch));
            size_t nq = limbs_norm(q, na - nb + 1), nr = limbs_norm(r, nb);
            ck_assert(limbs_cmp(r, nr, b, nb) < 0);
            mul(back, q, nq, b, nb);
            size_t n = limbs_add(back, back, limbs_norm(back, nq + nb), r, nr);
            ck_assert(limbs_cmp(back, n, a, na) == 0);
            limbs_done(q, na - nb + 1);
            limbs_done(r, nb);
            limbs_done(scratch, room);
            limbs_done(back, na + 1);
        }
}
END_TEST

static void add_string(Sample *s, const Limb *x, size_t n, unsigned base)
{
    size_t room = limbs_str_size(x, n, base), scratch_room = limbs_to_str_scratch(n, base), len = 0, back = 0;
    char *text = malloc(room);
    Limb *scratch = limbs_new(scratch_room);
    ck_assert(limbs_to_str(NULL, text, &len, x, n, base, scratch));
    ck_assert(len <= room);
    limbs_done(scratch, scratch_room);
    sample_add(s, text, len);

    size_t size = limbs_from_str_size(len, base);
    scratch_room = limbs_from_str_scratch(len, base);
    scratch = limbs_new(scratch_room);
    Limb *r = limbs_new(size);
    ck_assert(limbs_from_str(NULL, r, &back, text, len, base, scratch));
    ck_assert(limbs_cmp(r, back, x, n) == 0);
    limbs_done(scratch, scratch_room);
    limbs_done(r, size);
    free(text);
}

START_TEST(strings)
{
    Sample s = sample_start();
    for (int i = 0; i < 60; i++) {
        size_t n = sample_limbs(&s, a, 150);
        unsigned base = 2 + (unsigned)sample_below(&s, 35);
        add_string(&s, a, n, base);
        add_string(&s, a, n, 10);
    }
    ck_assert_uint_eq(s.sum, 0xA33BF4CE111CDF1Cu);
}
END_TEST

static void add_theory(Sample *s, const Limb *x, size_t nx, const Limb *y, size_t ny)
{
    size_t room = limbs_isqrt_scratch(nx + ny), n;
    Limb *product = limbs_new(nx + ny), *root = limbs_new((nx + ny) / 2 + 2), *scratch = limbs_new(room);
    mul(product, x, nx, y, ny);
    ck_assert(limbs_isqrt(NULL, root, &n, product, limbs_norm(product, nx + ny), scratch));
    sample_add_limbs(s, root, n);
    limbs_done(scratch, room);
    limbs_done(root, (nx + ny) / 2 + 2);
    limbs_done(product, nx + ny);
}

static void add_gcd(Sample *s, size_t na, size_t nb, size_t nc)
{
    size_t nx = na + nc, ny = nb + nc, n;
    Limb *x = limbs_new(nx), *y = limbs_new(ny), *r = limbs_new(nx + ny);
    mul(x, a, na, c, nc);
    mul(y, b, nb, c, nc);
    nx = limbs_norm(x, nx);
    ny = limbs_norm(y, ny);
    size_t room = limbs_gcd_scratch(nx, ny);
    Limb *scratch = limbs_new(room);
    ck_assert(limbs_gcd(NULL, r, &n, x, nx, y, ny, scratch));
    sample_add_limbs(s, r, n);
    limbs_done(scratch, room);
    limbs_done(x, na + nc);
    limbs_done(y, nb + nc);
    limbs_done(r, na + nb + 2 * nc);
}

static void add_power(Sample *s, size_t na, size_t nb, size_t nc)
{
    size_t room = limbs_powmod_scratch(na, nb), ne = nc > 2 ? nc - 2 : 0, n;
    if (nb == 0)
        return;
    Limb *r = limbs_new(nb), *scratch = limbs_new(room);
    ck_assert(limbs_powmod(NULL, r, &n, a, na, c + 2, ne, b, nb, scratch));
    sample_add_limbs(s, r, n);
    limbs_done(r, nb);
    limbs_done(scratch, room);
}

START_TEST(theory)
{
    Sample s = sample_start();
    for (int i = 0; i < 300; i++) {
        size_t na = sample_limbs(&s, a, 12), nb = sample_limbs(&s, b, 12), nc = sample_limbs(&s, c, 8);
        Limb hash;
        add_gcd(&s, na, nb, nc);
        add_theory(&s, a, na, b, nb);
        add_power(&s, na, nb, nc);
        sample_add_limbs(&s, &hash, limbs_from_u64(&hash, limbs_hash(a, na)));
    }
    ck_assert_uint_eq(s.sum, 0xBD37B4A02F66F5F4u);
}
END_TEST

START_TEST(inverse)
{
    Sample s = sample_start();
    int found = 0;
    for (int i = 0; i < 200; i++) {
        size_t na = sample_limbs(&s, a, 9), nm = sample_limbs(&s, b, 9), n, np;
        if (nm == 0)
            continue;
        size_t room = limbs_invmod_scratch(na, nm), room2 = limbs_powmod_scratch(na + nm, nm);
        Limb *r = limbs_new(nm + 1), *scratch = limbs_new(room), *product = limbs_new(na + nm + 1), one = 1;
        Limb *left = limbs_new(nm), *scratch2 = limbs_new(room2);
        bool ok;
        ck_assert(limbs_invmod(NULL, r, &n, &ok, a, na, b, nm, scratch));
        if (ok) {
            found++;
            ck_assert(limbs_cmp(r, n, b, nm) < 0);
            mul(product, a, na, r, n);
            ck_assert(limbs_powmod(NULL, left, &np, product, limbs_norm(product, na + n), &one, 1, b, nm,
                                   scratch2));
            ck_assert(nm == 1 && b[0] == 1 ? np == 0 : np == 1 && left[0] == 1);
        }
        limbs_done(r, nm + 1);
        limbs_done(scratch, room);
        limbs_done(product, na + nm + 1);
        limbs_done(left, nm);
        limbs_done(scratch2, room2);
    }
    ck_assert_int_gt(found, 40);
}
END_TEST

static void expect_pow(uint64_t base, uint64_t e, const char *decimal)
{
    Limb x;
    size_t nx = limbs_from_u64(&x, base), size = limbs_pow_size(&x, nx, e),
         room = limbs_pow_scratch(&x, nx, e), n;
    Limb *r = limbs_new(size), *scratch = limbs_new(room);
    ck_assert(limbs_pow(NULL, r, &n, &x, nx, e, scratch));
    limbs_done(scratch, room);
    size_t len, text_room = limbs_str_size(r, n, 10), str_room = limbs_to_str_scratch(n, 10);
    char *text = malloc(text_room);
    scratch = limbs_new(str_room);
    ck_assert(limbs_to_str(NULL, text, &len, r, n, 10, scratch));
    ck_assert(len == strlen(decimal) && memcmp(text, decimal, len) == 0);
    free(text);
    limbs_done(scratch, str_room);
    limbs_done(r, size);
}

START_TEST(powers)
{
    expect_pow(0, 0, "1");
    expect_pow(0, 5, "0");
    expect_pow(7, 0, "1");
    expect_pow(1, UINT64_MAX, "1");
    expect_pow(2, 100, "1267650600228229401496703205376");
    expect_pow(10, 30, "1000000000000000000000000000000");
    expect_pow(12, 41, "176372588156290374069930666601805113523699712");
    expect_pow(UINT64_MAX, 3, "6277101735386680762814942322444851025767571854389858533375");
    Limb two = 2;
    ck_assert_uint_eq(limbs_pow_size(&two, 1, UINT64_MAX / 2), SIZE_MAX);
    ck_assert_uint_eq(limbs_pow_size(&two, 1, UINT64_MAX), SIZE_MAX);
    two = 3;
    ck_assert_uint_eq(limbs_pow_size(&two, 1, UINT64_MAX), SIZE_MAX);
}
END_TEST

static size_t of_i64(Limb *r, int64_t v)
{
    return limbs_from_u64(r, limbs_abs64(v));
}

static const int64_t small[] = {0, 1, -1, 2, -2, 5, -6, 255, -256, INT64_MAX, INT64_MIN + 1,
                                0x5555555555555555, -0x123456789ABCDEF};

START_TEST(bitwise)
{
    for (size_t i = 0; i < COUNT_OF(small); i++)
        for (size_t k = 0; k < COUNT_OF(small); k++) {
            int64_t x = small[i], y = small[k], expected[] = {x & y, x | y, x ^ y}, got;
            Limb lx, ly, r[2];
            size_t nx = of_i64(&lx, x), ny = of_i64(&ly, y);
            for (int op = LIMB_AND; op <= LIMB_XOR; op++) {
                bool neg;
                size_t n = limbs_bitop(r, &neg, (LimbOp)op, &lx, nx, x < 0, &ly, ny, y < 0);
                ck_assert(limbs_to_i64(r, n, neg, &got));
                ck_assert_int_eq(got, expected[op]);
            }
        }
    Limb max[2] = {0, 1}, r[3];
    bool neg;
    ck_assert_uint_eq(limbs_bitop(r, &neg, LIMB_AND, max, 2, true, max, 2, true), 2);   /* -2**64 & itself */
    ck_assert(neg && r[0] == 0 && r[1] == 1);
    Limb many[] = {0, 0xF0, 1};
    ck_assert_uint_eq(limbs_bit_length(many, 3), 129);
    ck_assert_uint_eq(limbs_bit_count(many, 3), 5);
    ck_assert_uint_eq(limbs_trailing_zeros(many, 3), 68);
    ck_assert_uint_eq(limbs_bit_length(many, 0), 0);
}
END_TEST

START_TEST(shifts)
{
    for (size_t i = 0; i < COUNT_OF(small); i++)
        for (unsigned bits = 0; bits < 200; bits += 7) {
            int64_t x = small[i], got, expected = bits > 63 ? (x < 0 ? -1 : 0) : x >> bits;
            Limb lx, r[2], wide[6];
            size_t nx = of_i64(&lx, x), n = limbs_shr_floor(r, &lx, nx, x < 0, bits);
            ck_assert(limbs_to_i64(r, n, x < 0, &got));
            ck_assert_int_eq(got, expected);
            ck_assert(limbs_shl_size(nx, bits) <= COUNT_OF(wide));
            n = limbs_shl(wide, &lx, nx, bits);
            ck_assert_uint_eq(limbs_bit_length(wide, n), nx ? limbs_bit_length(&lx, nx) + bits : 0);
            ck_assert(!limbs_any_below(wide, n, bits));
            n = limbs_shr(wide, wide, n, bits);
            ck_assert(limbs_cmp(wide, n, &lx, nx) == 0);
        }
    int64_t out;
    Limb min = (Limb)1 << 63;
    ck_assert(limbs_to_i64(&min, 1, true, &out) && out == INT64_MIN);
    ck_assert(!limbs_to_i64(&min, 1, false, &out));
}
END_TEST

START_TEST(bytes)
{
    for (size_t i = 0; i < COUNT_OF(small); i++)
        for (size_t len = 0; len < 20; len++)
            for (int little = 0; little < 2; little++) {
                uint8_t out[20];
                Limb lx, r[4];
                bool neg;
                int64_t x = small[i], got;
                size_t nx = of_i64(&lx, x);
                LimbBytes e = limbs_to_bytes(out, len, &lx, nx, x < 0, little, true);
                int64_t limit = len == 0 ? 0 : len >= 8 ? INT64_MAX : (int64_t)1 << (8 * len - 1);
                bool fits = len >= 8 || x == 0 || (len == 0 ? x == -1 : x < limit && x >= -limit);
                ck_assert_int_eq(e, fits ? LIMB_BYTES_OK : LIMB_BYTES_TOO_BIG);
                if (!fits || len == 0)
                    continue;
                size_t n = limbs_from_bytes(r, &neg, out, len, little, true);
                ck_assert(limbs_to_i64(r, n, neg, &got));
                ck_assert_int_eq(got, x);
            }
    Limb v = 0x1234, r[2];
    uint8_t out[3];
    bool neg;
    ck_assert_int_eq(limbs_to_bytes(out, 3, &v, 1, false, false, false), LIMB_BYTES_OK);
    ck_assert(memcmp(out, "\0\x12\x34", 3) == 0);
    ck_assert_int_eq(limbs_to_bytes(out, 1, &v, 1, false, false, false), LIMB_BYTES_TOO_BIG);
    ck_assert_int_eq(limbs_to_bytes(out, 3, &v, 1, true, false, false), LIMB_BYTES_NEGATIVE);
    ck_assert_uint_eq(limbs_from_bytes(r, &neg, (const uint8_t *)"\xFF\xFE", 2, false, false), 1);
    ck_assert(!neg && r[0] == 0xFFFE);
}
END_TEST

START_TEST(doubles)
{
    Sample s = sample_start();
    for (int i = 0; i < 1000; i++) {
        size_t na = sample_limbs(&s, a, 20), nb = sample_limbs(&s, b, 20),
             room = limbs_truediv_scratch(na, nb);
        Limb *scratch = limbs_new(room);
        double x = 0.5;
        if (nb && !limbs_truediv(&x, a, na, b, nb, scratch))
            x = INFINITY;
        limbs_done(scratch, room);
        sample_add(&s, &x, sizeof x);
        if (!limbs_to_double(a, na, &x))
            x = INFINITY;
        sample_add(&s, &x, sizeof x);
        if (isfinite(x)) {
            Limb back[LIMBS_FROM_DOUBLE];
            size_t n = limbs_from_double(back, x);
            ck_assert_int_eq(limbs_cmp_double(a, na, x), limbs_cmp(a, na, back, n));
            double y;
            ck_assert(limbs_to_double(back, n, &y) && y == x);
        } else {
            ck_assert_int_eq(limbs_cmp_double(a, na, x), -1);
        }
    }
    ck_assert_uint_eq(s.sum, 0x0BAAF8A2F05169B9u);
    int64_t e;
    Limb ones[2] = {~(Limb)0, ~(Limb)0};
    ck_assert(limbs_frexp(ones, 2, &e) == 0.5 && e == 129);
    ck_assert(limbs_frexp(ones, 0, &e) == 0.0 && e == 0);
    ck_assert(limbs_cmp_double(ones, 0, 0.5) == -1 && limbs_cmp_double(ones, 1, 0.5) == 1);
    ones[0] = 2;
    ck_assert(limbs_cmp_double(ones, 1, 2.5) == -1 && limbs_cmp_double(ones, 1, 2.0) == 0);
}
END_TEST

static void expect_scan(const char *text, unsigned base, const char *digits, bool neg, unsigned expected_base)
{
    IntScan s = limbs_scan_int(text, strlen(text), base);
    ck_assert_msg(s.ok == (digits != NULL), "%s", text);
    if (!digits)
        return;
    ck_assert(s.neg == neg && s.base == expected_base);
    ck_assert(s.len == strlen(digits) && memcmp(s.digits, digits, s.len) == 0);
}

START_TEST(scanning)
{
    expect_scan("12", 10, "12", false, 10);
    expect_scan(" \t-1_000\n", 10, "1_000", true, 10);
    expect_scan("0x_fF", 16, "fF", false, 16);
    expect_scan("0b101", 0, "101", false, 2);
    expect_scan("0o17", 0, "17", false, 8);
    expect_scan("0b1", 16, "0b1", false, 16);
    expect_scan("00_0", 0, "00_0", false, 10);
    expect_scan("zZ", 36, "zZ", false, 36);
    static const char *const bad[] = {"", " ", "-", "+-1", "1__0", "_1", "1_", "0x", "0x_", "- 1", "1 2",
                                      "08", "0_8", "1.0", "0xg", "0b2", "a"};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        expect_scan(bad[i], 0, NULL, false, 0);
    expect_scan("12", 2, NULL, false, 0);
    expect_scan("0x10", 10, NULL, false, 0);
    ck_assert_uint_eq(limbs_scan_int("1_234_5", 7, 10).count, 5);
}
END_TEST

START_TEST(signs_of_mod)
{
    Limb seven = 7, r = 3;
    ck_assert(limbs_mod_fix(&r, 1, false, &seven, 1, false) == 1 && r == 3);
    ck_assert(limbs_mod_fix(&r, 1, true, &seven, 1, true) == 1 && r == 3);
    ck_assert(limbs_mod_fix(&r, 1, true, &seven, 1, false) == 1 && r == 4);
    ck_assert(limbs_mod_fix(&r, 1, false, &seven, 1, true) == 1 && r == 3);
    ck_assert(limbs_mod_fix(&r, 0, true, &seven, 1, false) == 0);
}
END_TEST

static bool stop_soon(void *ud)
{
    int *left = ud;
    return --*left > 0;
}

START_TEST(interrupts)
{
    size_t n = 4000, scratch_room = limbs_to_str_scratch(n, 10);
    scratch_room += limbs_mul_scratch(n, n) + limbs_divmod_scratch(2 * n, n);
    Limb *x = limbs_new(2 * n), *r = limbs_new(2 * n), *q = limbs_new(n + 1),
         *scratch = limbs_new(scratch_room);
    char *text = malloc(limbs_str_size(x, n, 10));
    size_t len;
    memset(x, 0xA5, 2 * n * sizeof *x);
    int left = 1000000;
    LimbTick tick = {stop_soon, &left, 0};
    ck_assert(limbs_mul(&tick, r, x, n, x + n, n, scratch));
    ck_assert_int_lt(left, 1000000 - 4);
    left = 3;
    ck_assert(!limbs_mul(&tick, r, x, n, x + n, n, scratch));
    left = 3;
    ck_assert(!limbs_mul(&tick, r, x, n, x, n, scratch));
    left = 3;
    ck_assert(!limbs_divmod(&tick, q, r, x, 2 * n, x, n, scratch));
    left = 3;
    ck_assert(!limbs_to_str(&tick, text, &len, x, n, 10, scratch));
    free(text);
    limbs_done(x, 2 * n);
    limbs_done(r, 2 * n);
    limbs_done(q, n + 1);
    limbs_done(scratch, scratch_room);
}
END_TEST

Suite *limbs_suite(void)
{
    Suite *s = suite_create("vm/num/limbs");
    TCase *t = tcase_create("limbs");
    tcase_set_timeout(t, 30);
    tcase_add_test(t, multiply);
    tcase_add_test(t, divide);
    tcase_add_test(t, divide_edges);
    tcase_add_test(t, strings);
    tcase_add_test(t, theory);
    tcase_add_test(t, inverse);
    tcase_add_test(t, powers);
    tcase_add_test(t, bitwise);
    tcase_add_test(t, shifts);
    tcase_add_test(t, bytes);
    tcase_add_test(t, doubles);
    tcase_add_test(t, scanning);
    tcase_add_test(t, signs_of_mod);
    tcase_add_test(t, interrupts);
    suite_add_tcase(s, t);
    return s;
}
