/* SPDX-License-Identifier: MIT
 * Properties of all code points: counts and rolling sums that CPython 3.13 gave, by expressions such as
 *     sum(chr(c).isalpha() for c in range(0x110000))
 * and, for a mapping f, over all x in f(chr(c)), for all c in order:  h = (h * 31 + ord(x)) & 0xFFFFFFFF */
#include <check.h>

#include "tests/unit/vm/text_buf.h"
#include "vm/text/unicode.h"
#include "vm/text/utf8.h"

Suite *unicode_suite(void);

static uint32_t count_flag(unsigned flags)
{
    uint32_t n = 0;
    for (uint32_t c = 0; c <= UNICODE_MAX; c++)
        n += (unicode_flags(c) & flags) != 0;
    return n;
}

START_TEST(flags)
{
    ck_assert_uint_eq(count_flag(UNICODE_ALNUM), 138557);
    ck_assert_uint_eq(count_flag(UNICODE_ALPHA), 136726);
    ck_assert_uint_eq(count_flag(UNICODE_DECIMAL), 680);
    ck_assert_uint_eq(count_flag(UNICODE_DIGIT), 808);
    ck_assert_uint_eq(count_flag(UNICODE_NUMERIC), 1922);
    ck_assert_uint_eq(count_flag(UNICODE_LOWER), 2544);
    ck_assert_uint_eq(count_flag(UNICODE_UPPER), 1951);
    ck_assert_uint_eq(count_flag(UNICODE_UPPER | UNICODE_TITLE), 1982);
    ck_assert_uint_eq(count_flag(UNICODE_SPACE), 29);
    ck_assert_uint_eq(count_flag(UNICODE_LINEBREAK), 10);
    ck_assert_uint_eq(count_flag(UNICODE_PRINTABLE), 149625);
    ck_assert_uint_eq(count_flag(UNICODE_XID_START), 136945 - 1);    /* the underscore is not in the table */
    ck_assert_uint_eq(count_flag(UNICODE_XID_CONTINUE), 140089);
}
END_TEST

START_TEST(ascii_by_the_c_locale)
{
    for (uint32_t c = 0; c < 128; c++) {
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'), digit = c >= '0' && c <= '9';
        ck_assert_int_eq(unicode_is_alpha(c), letter);
        ck_assert_int_eq(unicode_is_decimal(c), digit);
        ck_assert_int_eq(unicode_is_xid_start(c), letter || c == '_');
        ck_assert_int_eq(unicode_is_xid_continue(c), letter || digit || c == '_');
        ck_assert_int_eq(unicode_is_printable(c), c >= ' ' && c < 127);
        ck_assert_int_eq(unicode_is_space(c), c == ' ' || (c >= 9 && c <= 13) || (c >= 28 && c <= 31));
    }
}
END_TEST

static uint32_t roll_full(size_t (*map)(uint32_t, uint32_t *))
{
    uint32_t h = 0, codes[UNICODE_CASE_MAX];
    for (uint32_t c = 0; c <= UNICODE_MAX; c++) {
        size_t n = map(c, codes);
        for (size_t i = 0; i < n; i++)
            h = h * 31 + codes[i];
    }
    return h;
}

/* CPython lowers a lone capital sigma to U+03C3, as the table does. */
START_TEST(case_maps)
{
    ck_assert_uint_eq(roll_full(unicode_lower_full), 0xd613261b);
    ck_assert_uint_eq(roll_full(unicode_upper_full), 0x806c83d3);
    ck_assert_uint_eq(roll_full(unicode_title_full), 0x06c2326f);
    ck_assert_uint_eq(roll_full(unicode_fold_full), 0xc49eede4);
    ck_assert_uint_eq(unicode_to_lower(0x130), 'i');
    ck_assert_uint_eq(unicode_to_upper(0xDF), 0xDF);
    ck_assert_uint_eq(unicode_to_title(0x1C6), 0x1C5);
    ck_assert_uint_eq(unicode_to_upper(0x10428), 0x10400);
}
END_TEST

static uint32_t roll_name(const char *(*name)(uint32_t))
{
    uint32_t h = 0;
    for (uint32_t c = 0; c <= UNICODE_MAX; c++)
        for (const char *s = name(c); *s; s++)
            h = h * 31 + (unsigned char)*s;
    return h;
}

START_TEST(unicodedata)
{
    ck_assert_uint_eq(roll_name(unicode_category), 0x289c9b63);
    ck_assert_uint_eq(roll_name(unicode_bidirectional), 0xb9ad5bd1);
    ck_assert_uint_eq(roll_name(unicode_east_asian_width), 0xaed27b01);
    uint32_t classes = 0, mirrored = 0;
    int digits = 0, decimals = 0;
    for (uint32_t c = 0; c <= UNICODE_MAX; c++) {
        classes = classes * 31 + unicode_combining(c);
        mirrored += unicode_mirrored(c);
        digits += unicode_digit(c);
        decimals += unicode_decimal(c);
    }
    ck_assert_uint_eq(classes, 0x5a419abf);
    ck_assert_uint_eq(mirrored, 553);
    ck_assert_int_eq(digits, -1109648);
    ck_assert_int_eq(decimals, -1110372);
    ck_assert_str_eq(unicode_version, "15.1.0");
}
END_TEST

START_TEST(numeric_values)
{
    static const struct {
        uint32_t code;
        double value;
    } known[] = {
        { '7', 7 }, { 0xB2, 2 }, { 0xBD, 0.5 }, { 0x2153, 1.0 / 3 }, { 0xF33, -0.5 }, { 0x2180, 1000 },
        { 0x4E07, 10000 }, { 0x5146, 1e6 }, { 0x4EAC, 1e16 }, { 0x109F6, 1.0 / 12 }, { 0x1F10C, 0 }, { 0x2F890, 9 },
    };
    double value;
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        ck_assert(unicode_numeric(known[i].code, &value));
        ck_assert_double_eq(value, known[i].value);
    }
    ck_assert(!unicode_numeric('a', &value));
    ck_assert(!unicode_numeric(0x110000, &value));
}
END_TEST

START_TEST(beyond_unicode)
{
    static const uint32_t codes[] = { 0x110000, 0x7FFFFFFF, 0xFFFFFFFF };
    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        ck_assert_uint_eq(unicode_flags(codes[i]), 0);
        ck_assert_str_eq(unicode_category(codes[i]), "Cn");
        ck_assert_uint_eq(unicode_to_lower(codes[i]), codes[i]);
        ck_assert_uint_eq(unicode_combining(codes[i]), 0);
    }
}
END_TEST

START_TEST(widths)
{
    ck_assert_int_eq(unicode_width('a'), 1);
    ck_assert_int_eq(unicode_width(0x4E00), 2);
    ck_assert_int_eq(unicode_width(0x1F600), 2);
    ck_assert_int_eq(unicode_width(0xFF21), 2);
    ck_assert_int_eq(unicode_width(0xE9), 1);
    ck_assert_int_eq(unicode_width(0xAD), 1);
    ck_assert_int_eq(unicode_width(0x301), 0);
    ck_assert_int_eq(unicode_width(0x200D), 0);
    ck_assert_int_eq(unicode_width('\n'), 0);
    ck_assert_int_eq(unicode_width(0x1161), 0);
}
END_TEST

/* ---- normal forms ---- */

static void normalize(Buf *out, uint32_t c, UnicodeForm form)
{
    char text[4];
    unicode_normalize(out, text, utf8_encode(c, text), form);
}

START_TEST(normal_forms_of_all)
{
    static const uint32_t expected[] = { 0x76628796, 0x135ea849, 0x001c0916, 0x60df4f64 };
    Buf b;
    buf_init(&b, &test_alloc);
    uint32_t h = 0;
    for (uint32_t c = 0; c <= UNICODE_MAX; c++) {
        normalize(&b, c, (UnicodeForm)_i);
        for (const char *p = b.data, *end = p + b.len; p < end;)
            h = h * 31 + utf8_next(&p);
        b.len = 0;
    }
    ck_assert_uint_eq(h, expected[_i]);
    buf_free(&b);
}
END_TEST

START_TEST(decompositions)
{
    Buf b;
    buf_init(&b, &test_alloc);
    uint32_t h = 0;
    for (uint32_t c = 0; c <= UNICODE_MAX; c++) {
        unicode_decomposition(&b, c);
        for (size_t i = 0; i < b.len; i++)
            h = h * 31 + (unsigned char)b.data[i];
        b.len = 0;
    }
    ck_assert_uint_eq(h, 0xb2052ddc);
    unicode_decomposition(&b, 0xFB01);
    expect(&b, "<compat> 0066 0069");
    buf_free(&b);
}
END_TEST

START_TEST(normal_forms_of_texts)
{
    static const struct {
        UnicodeForm form;
        const char *text, *expected;
    } cases[] = {
        { UNICODE_NFC, "", "" },
        { UNICODE_NFC, "cafe\u0301", "caf\u00E9" },
        { UNICODE_NFD, "caf\u00E9", "cafe\u0301" },
        { UNICODE_NFC, "a\u0301\u0327", "\u00E1\u0327" },
        { UNICODE_NFD, "a\u0301\u0327", "a\u0327\u0301" },
        { UNICODE_NFC, "\u0344", "\u0308\u0301" },
        { UNICODE_NFC, "\u1100\u1161\u11A8", "\uAC01" },
        { UNICODE_NFC, "\uAC00\u11A8x", "\uAC01x" },
        { UNICODE_NFD, "\uAC01", "\u1100\u1161\u11A8" },
        { UNICODE_NFC, "\u1E9B\u0323", "\u1E9B\u0323" },
        { UNICODE_NFKC, "\u1E9B\u0323", "\u1E69" },
        { UNICODE_NFKD, "\uFB03", "ffi" },
        { UNICODE_NFKC, "\u212B\u00BD", "\u00C5" "1\u20442" },
        { UNICODE_NFC, "\u0958", "\u0915\u093C" },
        { UNICODE_NFC, "\U0001D15E", "\U0001D157\U0001D165" },
    };
    Buf b;
    buf_init(&b, &test_alloc);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        unicode_normalize(&b, cases[i].text, strlen(cases[i].text), cases[i].form);
        expect(&b, cases[i].expected);
    }
    buf_free(&b);
}
END_TEST

/* Sorting the marks one by one would take 10^10 steps. */
START_TEST(one_long_row_of_marks)
{
    enum { N = 300000 };
    static char text[4 * N];
    Buf b;
    buf_init(&b, &test_alloc);
    size_t n = 0;
    for (int i = 0; i < N; i++)
        n += utf8_encode(i & 1 ? 0x316 : 0x301, text + n);
    unicode_normalize(&b, text, n, UNICODE_NFC);
    ck_assert_uint_eq(b.len, n);
    ck_assert(memcmp(b.data, "\u0316\u0316", 4) == 0 && memcmp(b.data + n - 4, "\u0301\u0301", 4) == 0);
    buf_free(&b);
}
END_TEST

START_TEST(normalize_out_of_memory)
{
    static const char text[] = "e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301";
    for (int n = 0;; n++) {
        int left = n;
        Alloc alloc = { test_alloc_fn, &left };
        Buf b;
        buf_init(&b, &alloc);
        unicode_normalize(&b, text, strlen(text), UNICODE_NFC);
        bool failed = b.failed;
        buf_free(&b);
        if (!failed)
            break;
        ck_assert_int_lt(n, 20);
    }
}
END_TEST

Suite *unicode_suite(void)
{
    Suite *s = suite_create("vm/text/unicode");
    TCase *t = tcase_create("properties");
    tcase_add_test(t, flags);
    tcase_add_test(t, ascii_by_the_c_locale);
    tcase_add_test(t, case_maps);
    tcase_add_test(t, unicodedata);
    tcase_add_test(t, numeric_values);
    tcase_add_test(t, beyond_unicode);
    tcase_add_test(t, widths);
    suite_add_tcase(s, t);
    t = tcase_create("normal forms");
    tcase_add_loop_test(t, normal_forms_of_all, 0, 4);
    tcase_add_test(t, decompositions);
    tcase_add_test(t, normal_forms_of_texts);
    tcase_add_test(t, one_long_row_of_marks);
    tcase_add_test(t, normalize_out_of_memory);
    suite_add_tcase(s, t);
    return s;
}
