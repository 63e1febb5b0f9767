/* SPDX-License-Identifier: MIT
 * UTF-8: single characters, checking, counting, positions. */
#include <check.h>
#include <stdlib.h>

#include "vm/text/utf8.h"

Suite *utf8_suite(void);

START_TEST(every_code_point)
{
    for (uint32_t c = 0; c <= UNICODE_MAX; c++) {
        char text[5] = { 0 };
        uint32_t back;
        size_t n = utf8_encode(c, text);
        if (n != utf8_size(c) || n != utf8_size_of_lead(text[0]) || utf8_decode(text, &back) != n || back != c)
            ck_abort_msg("U+%04X", (unsigned)c);
        const char *p = text + n;
        Utf8Info info;
        if (utf8_prev(&p) != c || p != text || !utf8_check(text, n, &info) || info.chars != 1
            || info.ascii != (c < 0x80) || info.surrogates != utf8_is_surrogate(c)
            || utf8_has_surrogates(text, n) != info.surrogates)
            ck_abort_msg("U+%04X", (unsigned)c);
    }
}
END_TEST

static const char *const ill_formed[] = {
    "\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x41", "\xC3\xC3", "\xE0\x80\x80", "\xE0\x9F\xBF",
    "\xE1\x80", "\xE1\x80\x41", "\xE1\x41\x80", "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF", "\xF0\x90\x80",
    "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFE", "\xFF", "abcdefgh\x80", "abcdefghijk\xE2\x82",
};

START_TEST(rejects_ill_formed)
{
    Utf8Info info;
    ck_assert(!utf8_check(ill_formed[_i], strlen(ill_formed[_i]), &info));
    ck_assert(!utf8_check(ill_formed[_i], strlen(ill_formed[_i]), NULL));
}
END_TEST

START_TEST(ascii_prefix)
{
    char text[40];
    for (size_t n = 0; n <= 33; n++)
        for (size_t bad = 0; bad <= n; bad++) {
            memset(text, 'x', sizeof text);
            if (bad < n)
                text[bad] = (char)0x80;
            ck_assert_uint_eq(utf8_ascii_prefix(text, n), bad);
            ck_assert_int_eq(utf8_is_ascii(text, n), bad == n);
        }
}
END_TEST

/* A text with characters of every size, its code points counted by hand. */
enum { MIXED_CHARS = 1000 };

static size_t make_mixed(char *text)
{
    static const uint32_t kinds[] = { 'a', 0xE9, 0x20AC, 0x1F600, 'z', 0xD800, 0xDC00 };
    size_t n = 0;
    for (size_t i = 0; i < MIXED_CHARS; i++)
        n += utf8_encode(kinds[(i * i + i / 7) % COUNT_OF(kinds)], text + n);
    return n;
}

START_TEST(positions)
{
    char text[MIXED_CHARS * 4];
    size_t n = make_mixed(text), index[MIXED_CHARS / UTF8_INDEX_STEP + 1], at = 0;
    Utf8Info info;
    ck_assert(utf8_check(text, n, &info));
    ck_assert_uint_eq(info.chars, MIXED_CHARS);
    ck_assert(info.surrogates && !info.ascii);
    ck_assert_uint_eq(utf8_count(text, n), MIXED_CHARS);
    utf8_index_build(text, n, index);
    for (size_t i = 0; i <= MIXED_CHARS; i++) {
        ck_assert_uint_eq(utf8_offset(text, n, i), at);
        ck_assert_uint_eq(utf8_index_offset(text, n, MIXED_CHARS, index, i), at);
        ck_assert_uint_eq(utf8_index_chars(text, n, MIXED_CHARS, index, at), i);
        ck_assert_uint_eq(utf8_count(text, at), i);
        if (at < n)
            at += utf8_size_of_lead(text[at]);
    }
    ck_assert_uint_eq(at, n);
    ck_assert_uint_eq(utf8_offset(text, n, SIZE_MAX), n);
    ck_assert_uint_eq(utf8_index_offset(text, n, MIXED_CHARS, index, SIZE_MAX), n);
}
END_TEST

START_TEST(index_of_exact_size)
{
    for (size_t chars = 0; chars <= 3 * UTF8_INDEX_STEP; chars++) {
        char *text = malloc(2 * chars + 1);
        size_t entries = utf8_index_entries(chars), *index = calloc(entries + 1, sizeof *index);
        for (size_t i = 0; i < chars; i++)
            utf8_encode(0xE9, text + 2 * i);
        utf8_index_build(text, 2 * chars, index);
        for (size_t i = 0; i < entries; i++)
            ck_assert_uint_eq(index[i], 2 * UTF8_INDEX_STEP * i);
        ck_assert_uint_eq(index[entries], 0);
        free(index);
        free(text);
    }
}
END_TEST

START_TEST(order_is_that_of_code_points)
{
    ck_assert_int_lt(utf8_compare("a", 1, "b", 1), 0);
    ck_assert_int_gt(utf8_compare("ab", 2, "a", 1), 0);
    ck_assert_int_eq(utf8_compare("", 0, "", 0), 0);
    ck_assert_int_lt(utf8_compare("\uFFFF", 3, "\U00010000", 4), 0);
    ck_assert_int_gt(utf8_compare("a\0b", 3, "a\0a", 3), 0);
}
END_TEST

Suite *utf8_suite(void)
{
    Suite *s = suite_create("vm/text/utf8");
    TCase *t = tcase_create("characters");
    tcase_add_test(t, every_code_point);
    tcase_add_loop_test(t, rejects_ill_formed, 0, COUNT_OF(ill_formed));
    tcase_add_test(t, ascii_prefix);
    suite_add_tcase(s, t);
    t = tcase_create("positions");
    tcase_add_test(t, positions);
    tcase_add_test(t, index_of_exact_size);
    tcase_add_test(t, order_is_that_of_code_points);
    suite_add_tcase(s, t);
    return s;
}
