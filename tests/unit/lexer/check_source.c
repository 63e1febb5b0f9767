/* SPDX-License-Identifier: MIT
 * What is no source text: null bytes, bad UTF-8, other encodings; and what is no name. */
#include "support.h"

Suite *source_suite(void);

#define NOT_UTF8(byte, line) \
    "Non-UTF-8 code starting with '" byte "' in file x.py on line " line ", but no encoding declared; " \
    "see https://peps.python.org/pep-0263/ for details"

static void assert_refused(const char *text, size_t len, const char *message)
{
    Lexed l;
    lexed_begin(&l, text, len, NULL);
    ck_assert(!l.ok);
    ck_assert_str_eq(l.diag.message, message);
    lexed_end(&l);
}

START_TEST(null_bytes)
{
    static const char text[] = "x = 1\ny = \0 2\n", long_text[] = "abcdefgh0123456789 \0";
    assert_refused(text, sizeof text - 1, "source code cannot contain null bytes");
    assert_refused(long_text, sizeof long_text - 1, "source code cannot contain null bytes");
}
END_TEST

START_TEST(malformed_utf8)
{
    static const char *const bad[] = { "\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80",
                                       "\xf0\x80\x80\x80",
                                       "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xc3", "\xe2\x82",
                                           "\xf0\x9f\x98" };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        Lexed l;
        lexed_begin(&l, bad[i], strlen(bad[i]), NULL);
        ck_assert(!l.ok && l.diag.start == NO_PLACE);
        lexed_end(&l);
    }
    assert_refused("x = 1\ny = '\xe9' # here\n", 20, NOT_UTF8("\\xe9", "2"));
    assert_kinds("'\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf'",
                 "STRING NEWLINE ENDMARKER");
}
END_TEST

START_TEST(byte_order_mark)
{
    assert_kinds("\xef\xbb\xbfx", "NAME NEWLINE ENDMARKER");
    assert_error("\xef\xbb\xbfx )", "SyntaxError: unmatched ')'", 1, 3);
}
END_TEST

static void assert_encoding(const char *text, const char *expected, bool expected_mark)
{
    const char *name = "";
    bool marked;
    size_t n = source_encoding(text, strlen(text), &name, &marked);
    ck_assert_msg(n == strlen(expected) && memcmp(name, expected, n) == 0, "%s: %.*s", text, (int)n, name);
    ck_assert_int_eq(marked, expected_mark);
}

START_TEST(encoding_declarations)
{
    static const char *const none[] = {
        "# coding: utf-8\nx", "# -*- coding: UTF_8 -*-\nx", "#!aio\n# vim: set fileencoding=utf8 :\nx",
        "\n\n# coding: koi8-r\nx", "x = '''\n# coding: koi8-r\n'''\nx", "",
    };
    for (size_t i = 0; i < COUNT_OF(none); i++)
        assert_encoding(none[i], "", false);
    assert_encoding("# coding: foobar\n", "foobar", false);
    assert_encoding("#\n# coding= koi8-r\n", "koi8-r", false);
    assert_encoding("\xef\xbb\xbf# coding: foobar\n", "foobar", true);
}
END_TEST

static bool is_letter(uint32_t cp, bool start) { return cp == 0xe9 || (cp == 0x301 && !start); }
static bool is_printable(uint32_t cp) { return cp != 0xa0; }

START_TEST(names_beyond_ascii)
{
    static const SourceHooks hooks = { .is_xid = is_letter, .is_printable = is_printable };
    static const struct { const char *text, *message; uint32_t start; } cases[] = {
        { "\xc3\xa9t\xc3\xa9 e\xcc\x81", NULL, 0 },
        { "a \xcc\x81", "invalid character '\xcc\x81' (U+0301)", 2 },
        { "x = \xe2\x80\x9cq", "invalid character '\xe2\x80\x9c' (U+201C)", 4 },
        { "x=\xc2\xa0 1", "invalid non-printable character U+00A0", 2 },
        { "\xf0\x9f\x98\x80", "invalid character '\xf0\x9f\x98\x80' (U+1F600)", 0 },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        Lexed l;
        lexed_begin(&l, cases[i].text, strlen(cases[i].text), &hooks);
        ck_assert(l.ok == !cases[i].message);
        if (!l.ok) {
            ck_assert_str_eq(l.diag.message, cases[i].message);
            ck_assert_uint_eq(l.diag.start, cases[i].start);
        }
        lexed_end(&l);
    }
}
END_TEST

Suite *source_suite(void)
{
    const TTest *tests[] = { null_bytes, malformed_utf8, byte_order_mark, encoding_declarations,
                             names_beyond_ascii };
    return one_case("source", tests, COUNT_OF(tests));
}
