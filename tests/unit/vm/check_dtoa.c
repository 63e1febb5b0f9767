/* SPDX-License-Identifier: MIT
 * Doubles to text and back: samples with CPython's results (num_sums.py prints them), powers of two and
 * ten, and the edges by hand. */
#include "vm/num/dtoa.h"

#include "tests/unit/vm/num_sample.h"
#include "tests/unit/vm/text_buf.h"
#include "vm/num/numfmt.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

Suite *dtoa_suite(void);

static double finite_sample(Sample *s)
{
    double x;
    do {
        uint64_t bits = sample_next(s);
        memcpy(&x, &bits, sizeof x);
    } while (!isfinite(x));
    return x;
}

static bool same(double x, double y)
{
    return memcmp(&x, &y, sizeof x) == 0 || (isnan(x) && isnan(y));
}

static double parse(const char *text)
{
    double x;
    ck_assert_msg(float_parse(text, strlen(text), &x), "%s", text);
    return x;
}

static void round_trip(double x)
{
    char text[FLOAT_REPR_MAX];
    double back;
    size_t n = float_repr(x, text);
    ck_assert(n <= FLOAT_REPR_MAX);
    ck_assert(float_scan(text, n, &back) == n);
    ck_assert_msg(same(back, x), "%.*s", (int)n, text);
}

START_TEST(repr_samples)
{
    Sample s = sample_start();
    for (int i = 0; i < 100000; i++) {
        char text[FLOAT_REPR_MAX];
        double x = finite_sample(&s), back;
        size_t n = float_repr(x, text);
        sample_add(&s, text, n);
        ck_assert(float_scan(text, n, &back) == n && same(back, x));
    }
    ck_assert_uint_eq(s.sum, 0x09BF107B72443D78u);
}
END_TEST

START_TEST(powers)
{
    for (int e = -1074; e < 1024; e++) {
        double x = ldexp(1.0, e);
        round_trip(x);
        round_trip(-nextafter(x, 0.0));
        round_trip(nextafter(x, INFINITY));
    }
    for (int e = -323; e <= 308; e++)
        for (int digit = 1; digit < 10; digit++) {
            char text[16], out[FLOAT_REPR_MAX];
            int len = snprintf(text, sizeof text, "%de%s%02d", digit, e < 0 ? "-" : "+", e < 0 ? -e : e);
            double x = parse(text);
            if (isinf(x) || (e > -5 && e < 16) || x < DBL_MIN)
                continue;
            size_t n = float_repr(x, out);
            ck_assert(n == (size_t)len && memcmp(text, out, n) == 0);
        }
}
END_TEST

static void expect_repr(double x, const char *expected)
{
    char text[FLOAT_REPR_MAX];
    size_t n = float_repr(x, text);
    ck_assert_msg(n == strlen(expected) && memcmp(text, expected, n) == 0, "%.*s, not %s", (int)n, text,
                  expected);
}

START_TEST(repr_forms)
{
    expect_repr(0.0, "0.0");
    expect_repr(-0.0, "-0.0");
    expect_repr(1.0, "1.0");
    expect_repr(-1.5, "-1.5");
    expect_repr(0.1, "0.1");
    expect_repr(100.0, "100.0");
    expect_repr(0.0001, "0.0001");
    expect_repr(0.00001, "1e-05");
    expect_repr(0.00012345, "0.00012345");
    expect_repr(1e15, "1000000000000000.0");
    expect_repr(1e16, "1e+16");
    expect_repr(123456789012345.0, "123456789012345.0");
    expect_repr(9007199254740993.0, "9007199254740992.0");
    expect_repr(1.2345e16, "1.2345e+16");
    expect_repr(1e22, "1e+22");
    expect_repr(1e23, "1e+23");
    expect_repr(9.5e22, "9.5e+22");
    expect_repr(5e-324, "5e-324");
    expect_repr(2.2250738585072014e-308, "2.2250738585072014e-308");
    expect_repr(1.7976931348623157e308, "1.7976931348623157e+308");
    expect_repr(ldexp(1.0, -1017), "7.120236347223045e-307");
    expect_repr(2.0 / 3, "0.6666666666666666");
    expect_repr(INFINITY, "inf");
    expect_repr(-INFINITY, "-inf");
    expect_repr((double)NAN, "nan");
    expect_repr(-(double)NAN, "nan");
}
END_TEST

START_TEST(rounded_samples)
{
    Sample s = sample_start();
    Buf b;
    buf_init(&b, &test_alloc);
    for (int i = 0; i < 5000; i++) {
        static const char codes[] = "efefg";
        double x = fabs(finite_sample(&s));
        for (int k = 0; k < 5; k++) {
            if (k == 2)
                x = (double)sample_below(&s, 1000000000000u) / 4096;
            b.len = 0;
            float_format(&b, x, codes[k], (int)sample_below(&s, 30), 0);
            sample_add(&s, b.data, b.len);
        }
        char text[FLOAT_REPR_MAX];
        double y;
        ck_assert(float_round(x, (int64_t)sample_below(&s, 24) - 12, &y));
        sample_add(&s, text, float_repr(y, text));
    }
    ck_assert(!b.failed);
    buf_free(&b);
    ck_assert_uint_eq(s.sum, 0x577070E4F4D18AD9u);
}
END_TEST

/* The decimal digits of m * 5**k. */
static size_t five_digits(char *text, uint64_t m, int k)
{
    Limb n[64], scratch[5000];
    size_t len = limbs_from_u64(n, m), digits;
    for (; k > 0; k--) {
        Limb carry = limbs_mul_1(n, n, len, 5);
        if (carry)
            n[len++] = carry;
    }
    ck_assert(limbs_to_str_scratch(len, 10) <= COUNT_OF(scratch));
    ck_assert(limbs_to_str(NULL, text, &digits, n, len, 10, scratch));
    return digits;
}

/* Halfway between two doubles, a little below and a little above: m * 2**-k and its successor, m below
 * 2**53. */
static void check_halfway(uint64_t m, int k)
{
    double low = ldexp((double)m, -k), high = ldexp((double)(m + 1), -k);
    char text[1000];
    size_t n = five_digits(text, 2 * m + 1, k + 1);         /* times 10**-(k + 1); it ends in 5 */
    sprintf(text + n, "e-%d", k + 1);
    ck_assert_msg(same(parse(text), m & 1 ? high : low), "%s", text);
    sprintf(text + n, "0000000001e-%d", k + 11);
    ck_assert_msg(same(parse(text), high), "%s", text);
    sprintf(text + n - 1, "49999999999e-%d", k + 11);
    ck_assert_msg(same(parse(text), low), "%s", text);
}

START_TEST(halfway)
{
    Sample s = sample_start();
    for (int i = 0; i < 500; i++) {
        uint64_t m = sample_next(&s) >> 11;
        check_halfway(m | (uint64_t)1 << 52, (int)sample_below(&s, 1075));
        check_halfway(m >> sample_below(&s, 53), 1074);     /* subnormal, most of them */
    }
    check_halfway(((uint64_t)1 << 53) - 1, 1074);
    check_halfway(((uint64_t)1 << 52) - 1, 1074);
    check_halfway(0, 1074);
    check_halfway(1, 1074);
    ck_assert(parse("9007199254740993") == 9007199254740992.0);
    ck_assert(parse("9007199254740993.00000000000000000000000000000000000001") == 9007199254740994.0);
    ck_assert(parse("9007199254740995") == 9007199254740996.0);
}
END_TEST

static void expect_scan(const char *text, size_t used, double expected)
{
    double x = 12345.0;
    size_t n = float_scan(text, strlen(text), &x);
    ck_assert_msg(n == used, "%s: %zu", text, n);
    if (n)
        ck_assert_msg(same(x, expected), "%s: %a", text, x);
}

START_TEST(scan_forms)
{
    expect_scan("1", 1, 1.0);
    expect_scan("+1.5x", 4, 1.5);
    expect_scan("-.5", 3, -0.5);
    expect_scan("5.", 2, 5.0);
    expect_scan("5.e1", 4, 50.0);
    expect_scan("1e", 1, 1.0);
    expect_scan("1e+", 1, 1.0);
    expect_scan("1E-2,", 4, 0.01);
    expect_scan("-0", 2, -0.0);
    expect_scan("00012.50", 8, 12.5);
    expect_scan("1_0", 1, 1.0);
    expect_scan(".", 0, 0);
    expect_scan("", 0, 0);
    expect_scan("-", 0, 0);
    expect_scan(" 1", 0, 0);
    expect_scan(".e1", 0, 0);
    expect_scan("Infinityx", 8, INFINITY);
    expect_scan("-infin", 4, -INFINITY);
    expect_scan("nAn", 3, (double)NAN);
    expect_scan("1e400", 5, INFINITY);
    expect_scan("-1e-400", 7, -0.0);
    expect_scan("1e99999999999999999999", 22, INFINITY);
    expect_scan("0e99999999999999999999", 22, 0.0);
    expect_scan("1e-99999999999999999999", 23, 0.0);
    expect_scan("0000000000001e308", 17, 1e308);
    expect_scan("1.7976931348623158e308", 22, DBL_MAX);
    expect_scan("1.7976931348623159e308", 22, INFINITY);
    expect_scan("2.4703282292062327e-324", 23, 0.0);
    expect_scan("2.4703282292062328e-324", 23, 5e-324);
    expect_scan("2.2250738585072011e-308", 23, 0x0.fffffffffffffp-1022);
    expect_scan("100000000000000000000000000000000000000e-38", 43, 1.0);
}
END_TEST

START_TEST(long_texts)
{
    enum { LEN = 5000 };
    char text[LEN + 10];
    double x;
    memset(text, '0', sizeof text);
    text[1] = '.';
    memcpy(text + LEN, "1e+4999", 7);
    ck_assert(float_scan(text, LEN + 7, &x) == LEN + 7 && x == 1.0);
    memset(text, '9', sizeof text);
    text[1] = '.';
    ck_assert(float_scan(text, LEN, &x) == LEN && x == 10.0);
    memcpy(text + LEN, "e-5000", 6);
    text[1] = '9';
    ck_assert(float_scan(text, LEN + 6, &x) == LEN + 6 && x == 1.0);
}
END_TEST

START_TEST(parse_forms)
{
    static const char *const bad[] = {"", " ", "1__0", "_1", "1_", "1_.5", "1._5", "1e_5", "1e5_", "0x1",
                                      "1 2", "in", "na n", "i_nf", "1e", "--1", "1e1.5", "1\x1c"};
    ck_assert(parse(" \t\n\v\f\r1_000.2_5e1_0 ") == 1000.25e10);
    ck_assert(parse("-1_0") == -10.0);
    ck_assert(isinf(parse(" iNf\n")));
    ck_assert(isnan(parse("+nan")));
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        double x;
        ck_assert_msg(!float_parse(bad[i], strlen(bad[i]), &x), "%s", bad[i]);
    }
}
END_TEST

static void expect_hex(double x, const char *expected)
{
    char text[FLOAT_HEX_MAX];
    double back;
    size_t n = float_hex(x, text);
    ck_assert_msg(n == strlen(expected) && memcmp(text, expected, n) == 0, "%.*s", (int)n, text);
    ck_assert(float_from_hex(text, n, &back) == FLOAT_HEX_OK && same(back, x));
}

static void expect_from_hex(const char *text, FloatHex error, double expected)
{
    double x;
    ck_assert_msg(float_from_hex(text, strlen(text), &x) == error, "%s", text);
    if (error == FLOAT_HEX_OK)
        ck_assert_msg(same(x, expected), "%s: %a", text, x);
}

START_TEST(hexadecimal)
{
    expect_hex(0.0, "0x0.0p+0");
    expect_hex(-0.0, "-0x0.0p+0");
    expect_hex(1.0, "0x1.0000000000000p+0");
    expect_hex(-3.75, "-0x1.e000000000000p+1");
    expect_hex(5e-324, "0x0.0000000000001p-1022");
    expect_hex(DBL_MIN, "0x1.0000000000000p-1022");
    expect_hex(DBL_MAX, "0x1.fffffffffffffp+1023");
    expect_hex(0.1, "0x1.999999999999ap-4");
    expect_hex(-INFINITY, "-inf");
    expect_from_hex(" 1.8\n", FLOAT_HEX_OK, 1.5);
    expect_from_hex("-.8P+1", FLOAT_HEX_OK, -1.0);
    expect_from_hex("0Xff", FLOAT_HEX_OK, 255.0);
    expect_from_hex("0x1.00000000000008p0", FLOAT_HEX_OK, 1.0);
    expect_from_hex("0x1.000000000000080000000001p0", FLOAT_HEX_OK, 0x1.0000000000001p0);
    expect_from_hex("0x1.00000000000018p0", FLOAT_HEX_OK, 0x1.0000000000002p0);
    expect_from_hex("0x1p-1075", FLOAT_HEX_OK, 0.0);
    expect_from_hex("0x1.8p-1075", FLOAT_HEX_OK, 5e-324);
    expect_from_hex("0x1p-99999999999999999999", FLOAT_HEX_OK, 0.0);
    expect_from_hex("0x0p99999999999999999999", FLOAT_HEX_OK, 0.0);
    expect_from_hex("infinity", FLOAT_HEX_OK, INFINITY);
    expect_from_hex("0x1p1024", FLOAT_HEX_TOO_LARGE, 0);
    expect_from_hex("0x1.fffffffffffff8p1023", FLOAT_HEX_TOO_LARGE, 0);
    expect_from_hex("0x1.fffffffffffff7fp1023", FLOAT_HEX_OK, DBL_MAX);
    expect_from_hex("0x1p99999999999999999999", FLOAT_HEX_TOO_LARGE, 0);
    static const char *const bad[] = {"", " ", "0x", ".", "0x.", "1p", "1p+", "g", "1 2", "0x1.2.3",
                                      "--1", "infin"};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        expect_from_hex(bad[i], FLOAT_HEX_INVALID, 0);
}
END_TEST

static void expect_round(double x, int64_t places, double expected)
{
    double y;
    ck_assert(float_round(x, places, &y));
    ck_assert_msg(same(y, expected), "round(%.17g, %d) is %.17g", x, (int)places, y);
}

START_TEST(rounding)
{
    expect_round(2.675, 2, 2.67);
    expect_round(0.5, 0, 0.0);
    expect_round(-0.5, 0, -0.0);
    expect_round(1.5, 0, 2.0);
    expect_round(2.5, 0, 2.0);
    expect_round(25.0, -1, 20.0);
    expect_round(35.0, -1, 40.0);
    expect_round(-1234.5678, -2, -1200.0);
    expect_round(499.0, -3, 0.0);
    expect_round(501.0, -3, 1000.0);
    expect_round(9.99, 1, 10.0);
    expect_round(5e-324, 323, 0.0);
    expect_round(5e-324, 324, 5e-324);
    expect_round(1e300, -308, 0.0);
    expect_round(-1e300, INT64_MIN, -0.0);
    expect_round(1.25, INT64_MAX, 1.25);
    expect_round(INFINITY, 2, INFINITY);
    double y;
    ck_assert(!float_round(DBL_MAX, -308, &y));
}
END_TEST

START_TEST(ratio_and_hash)
{
    uint64_t m;
    int e;
    float_ratio(0.75, &m, &e);
    ck_assert(m == 3 && e == -2);
    float_ratio(-1e22, &m, &e);
    ck_assert(ldexp((double)m, e) == 1e22 && (m & 1));
    float_ratio(0.0, &m, &e);
    ck_assert(m == 0 && e == 0);
    float_ratio(5e-324, &m, &e);
    ck_assert(m == 1 && e == -1074);
    ck_assert_int_eq(double_hash(0.0), 0);
    ck_assert_int_eq(double_hash(-0.0), 0);
    ck_assert_int_eq(double_hash(1.0), 1);
    ck_assert_int_eq(double_hash(-1.0), -2);
    ck_assert_int_eq(double_hash(0.5), 1152921504606846976);
    ck_assert_int_eq(double_hash(0.1), 230584300921369408);
    ck_assert_int_eq(double_hash(-1e300), -1224995262755759164);
    ck_assert_int_eq(double_hash(INFINITY), 314159);
    ck_assert_int_eq(double_hash(-INFINITY), -314159);
}
END_TEST

Suite *dtoa_suite(void)
{
    Suite *s = suite_create("vm/num/dtoa");
    TCase *t = tcase_create("doubles");
    tcase_set_timeout(t, 30);
    tcase_add_test(t, repr_samples);
    tcase_add_test(t, powers);
    tcase_add_test(t, repr_forms);
    tcase_add_test(t, rounded_samples);
    tcase_add_test(t, halfway);
    tcase_add_test(t, scan_forms);
    tcase_add_test(t, long_texts);
    tcase_add_test(t, parse_forms);
    tcase_add_test(t, hexadecimal);
    tcase_add_test(t, rounding);
    tcase_add_test(t, ratio_and_hash);
    suite_add_tcase(s, t);
    return s;
}
