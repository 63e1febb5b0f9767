/* SPDX-License-Identifier: MIT
 * Whole strings: repr, case, classes, stripping, words, lines, tabs. */
#include <check.h>

#include "tests/unit/vm/text_buf.h"
#include "vm/text/strcase.h"
#include "vm/text/strops.h"
#include "vm/text/strrepr.h"

Suite *strops_suite(void);

static Buf b;

static void set_up(void) { buf_init(&b, &test_alloc); }
static void tear_down(void) { buf_free(&b); }

static void expect_repr(void (*repr)(Buf *, const char *, size_t), const char *s, const char *expected)
{
    repr(&b, s, strlen(s));
    expect(&b, expected);
}

START_TEST(repr_of_str)
{
    expect_repr(strrepr_str, "", "''");
    expect_repr(strrepr_str, "plain", "'plain'");
    expect_repr(strrepr_str, "it's", "\"it's\"");
    expect_repr(strrepr_str, "say \"hi\"", "'say \"hi\"'");
    expect_repr(strrepr_str, "it's \"hi\"", "'it\\'s \"hi\"'");
    expect_repr(strrepr_str, "a\\b\n\r\t\x01\x7F", "'a\\\\b\\n\\r\\t\\x01\\x7f'");
    expect_repr(strrepr_str, "\u00E9\u20AC\U0001F600", "'\u00E9\u20AC\U0001F600'");
    expect_repr(strrepr_str, "\u00A0\u00AD\u2028\uFEFF", "'\\xa0\\xad\\u2028\\ufeff'");
    expect_repr(strrepr_str, "\xED\xA0\x80\U000E0001", "'\\ud800\\U000e0001'");
    strrepr_str(&b, "a\0b", 3);
    expect(&b, "'a\\x00b'");
}
END_TEST

START_TEST(ascii_form)
{
    expect_repr(strrepr_ascii, "na\u00EFve \u20AC \U0001F600", "'na\\xefve \\u20ac \\U0001f600'");
    expect_repr(strrepr_escape_non_ascii, "['\u00E9', '\\n']", "['\\xe9', '\\n']");
}
END_TEST

START_TEST(repr_of_bytes)
{
    expect_repr(strrepr_bytes, "", "b''");
    expect_repr(strrepr_bytes, "it's\n\\\x80\xFF", "b\"it's\\n\\\\\\x80\\xff\"");
    expect_repr(strrepr_bytes, "'\"", "b'\\'\"'");
    expect_repr(strrepr_bytes_quoted, "x", "'x'");
    strrepr_bytes(&b, "\0\x1f", 2);
    expect(&b, "b'\\x00\\x1f'");
}
END_TEST

static void expect_case(StrCase how, const char *s, const char *expected)
{
    strcase_convert(&b, s, strlen(s), how);
    expect(&b, expected);
}

START_TEST(case_of_texts)
{
    expect_case(STRCASE_UPPER, "stra\u00DFe \uFB03 \u0149", "STRASSE FFI \u02BCN");
    expect_case(STRCASE_TITLE, "they're \u01C6ungla \uFB03", "They'Re \u01C5ungla Ffi");
    expect_case(STRCASE_CAPITALIZE, "\u01C6UNGLA Xx", "\u01C5ungla xx");
    expect_case(STRCASE_SWAP, "aB\u00DF\u0130", "AbSSi\u0307");
    expect_case(STRCASE_FOLD, "Stra\u00DFe\u13A0\uAB70", "strasse\u13A0\u13A0");
    expect_case(STRCASE_LOWER, "\u0130", "i\u0307");
    expect_case(STRCASE_UPPER, "", "");
    expect_case(STRCASE_LOWER, "\xED\xA0\x80X", "\xED\xA0\x80x");
}
END_TEST

START_TEST(final_sigma)
{
    expect_case(STRCASE_LOWER, "\u03A3", "\u03C3");
    expect_case(STRCASE_LOWER, "\u0391\u03A3", "\u03B1\u03C2");
    expect_case(STRCASE_LOWER, "\u0391\u03A3\u0392", "\u03B1\u03C3\u03B2");
    expect_case(STRCASE_LOWER, "\u0391\u03A3 \u03A3", "\u03B1\u03C2 \u03C3");
    expect_case(STRCASE_LOWER, "\u0391\u0301\u03A3\u0301", "\u03B1\u0301\u03C2\u0301");
    expect_case(STRCASE_LOWER, "\u0391\u03A3\u00AD\u0392", "\u03B1\u03C3\u00AD\u03B2");
    expect_case(STRCASE_TITLE, "\u1F48\u0394\u03A3", "\u1F48\u03B4\u03C2");
    expect_case(STRCASE_SWAP, "\u0391\u03A3", "\u03B1\u03C2");
    expect_case(STRCASE_FOLD, "\u0391\u03A3\u03C2", "\u03B1\u03C3\u03C3");
}
END_TEST

START_TEST(case_of_ascii)
{
    static const char *const expected[] = {
        [STRCASE_LOWER] = "the 2nd-best abc", [STRCASE_UPPER] = "THE 2ND-BEST ABC",
        [STRCASE_TITLE] = "The 2Nd-Best Abc", [STRCASE_CAPITALIZE] = "The 2nd-best abc",
        [STRCASE_SWAP] = "tHE 2ND-BEST Abc", [STRCASE_FOLD] = "the 2nd-best abc",
    };
    for (int how = STRCASE_LOWER; how <= STRCASE_FOLD; how++) {
        char text[] = "The 2nd-best aBC";
        expect_case((StrCase)how, text, expected[how]);
        strcase_convert_ascii(text, text, strlen(text), (StrCase)how);
        ck_assert_str_eq(text, expected[how]);
    }
    char bytes[] = "\xC0\xE0[a@Z`{";
    strcase_convert_ascii(bytes, bytes, strlen(bytes), STRCASE_SWAP);
    ck_assert_str_eq(bytes, "\xC0\xE0[A@z`{");
}
END_TEST

static bool is(TextClass what, const char *s) { return text_is(what, s, strlen(s)); }
static bool are(TextClass what, const char *s) { return bytes_is(what, s, strlen(s)); }

START_TEST(classes_of_texts)
{
    for (int what = TEXT_ALNUM; what <= TEXT_UPPER; what++)
        ck_assert_int_eq(is((TextClass)what, ""), what == TEXT_ASCII || what == TEXT_PRINTABLE);
    ck_assert(is(TEXT_ALPHA, "a\u00E9\u4E00") && !is(TEXT_ALPHA, "a1"));
    ck_assert(is(TEXT_ALNUM, "a1\u00BD\u0663") && !is(TEXT_ALNUM, "a_"));
    ck_assert(is(TEXT_ASCII, "a~\x7F") && !is(TEXT_ASCII, "\xC2\x80"));
    ck_assert(is(TEXT_DECIMAL, "1\u0663") && !is(TEXT_DECIMAL, "\u00B2"));
    ck_assert(is(TEXT_DIGIT, "1\u00B2") && !is(TEXT_DIGIT, "\u00BD"));
    ck_assert(is(TEXT_NUMERIC, "1\u00BD\u4E07") && !is(TEXT_NUMERIC, "a"));
    ck_assert(is(TEXT_SPACE, " \t\u2003\x1C") && !is(TEXT_SPACE, "\u200B"));
    ck_assert(is(TEXT_PRINTABLE, "a \u00E9") && !is(TEXT_PRINTABLE, "\u00A0") && !is(TEXT_PRINTABLE, "\n"));
    ck_assert(is(TEXT_IDENTIFIER, "_x1\u00E9\u0301") && is(TEXT_IDENTIFIER, "\u212B"));
    ck_assert(!is(TEXT_IDENTIFIER, "1x") && !is(TEXT_IDENTIFIER, "a-b") && !is(TEXT_IDENTIFIER, "\u0301"));
    ck_assert(is(TEXT_LOWER, "ab 1\u00AA") && !is(TEXT_LOWER, "aB") && !is(TEXT_LOWER, "12") && !is(TEXT_LOWER, "a\u01C5"));
    ck_assert(is(TEXT_UPPER, "AB 1\u2160") && !is(TEXT_UPPER, "Ab") && !is(TEXT_UPPER, "A\u01C5"));
    ck_assert(!is(TEXT_TITLE, "Ab Cd 1x") && is(TEXT_TITLE, "Ab 1Cd \u01C5a") && !is(TEXT_TITLE, "AB"));
}
END_TEST

START_TEST(classes_of_bytes)
{
    ck_assert(are(TEXT_ALPHA, "az") && !are(TEXT_ALPHA, "\xE9") && !are(TEXT_ALPHA, ""));
    ck_assert(are(TEXT_ALNUM, "a1") && !are(TEXT_ALNUM, "\xB2"));
    ck_assert(are(TEXT_SPACE, " \t\n\v\f\r") && !are(TEXT_SPACE, "\x1C") && !are(TEXT_SPACE, "\x85"));
    ck_assert(are(TEXT_LOWER, "a1\xC0") && !are(TEXT_LOWER, "aA"));
    ck_assert(are(TEXT_UPPER, "A1\xE0") && !are(TEXT_UPPER, "1"));
    ck_assert(are(TEXT_TITLE, "Ab Cd") && !are(TEXT_TITLE, "ab"));
    ck_assert(are(TEXT_ASCII, "") && are(TEXT_DIGIT, "09") && !are(TEXT_DIGIT, "0a"));
}
END_TEST

static void expect_span(TextSpan span, size_t start, size_t end)
{
    ck_assert_uint_eq(span.start, start);
    ck_assert_uint_eq(span.end, end);
}

START_TEST(stripping)
{
    expect_span(text_strip("\u2003 a b\u00A0", 9, TEXT_STRIP_BOTH), 4, 7);
    expect_span(text_strip("\u2003 a b\u00A0", 9, TEXT_STRIP_LEFT), 4, 9);
    expect_span(text_strip("\u2003 a b\u00A0", 9, TEXT_STRIP_RIGHT), 0, 7);
    expect_span(text_strip(" \t ", 3, TEXT_STRIP_BOTH), 3, 3);
    expect_span(text_strip(" \t ", 3, TEXT_STRIP_RIGHT), 0, 0);
    expect_span(text_strip("", 0, TEXT_STRIP_BOTH), 0, 0);
    expect_span(bytes_strip("\x1C a\v", 4, TEXT_STRIP_BOTH), 0, 3);
    /* U+00E9 is C3 A9, U+00C3 is C3 83: no half of a character may match. */
    expect_span(text_strip_set("\u00C3\u00E9x\u00E9", 7, "\u00E9", 2, TEXT_STRIP_BOTH), 0, 5);
    expect_span(text_strip_set("\u00E9yx\u00E9y", 7, "y\u00E9", 3, TEXT_STRIP_BOTH), 3, 4);
    expect_span(text_strip_set("abc", 3, "", 0, TEXT_STRIP_BOTH), 0, 3);
    expect_span(bytes_strip_set("\xC3\xA9x\xC3", 4, "\xC3", 1, TEXT_STRIP_BOTH), 1, 3);
}
END_TEST

typedef bool (*NextSpan)(const char *, size_t, size_t *, TextSpan *);

/* All spans, each followed by a bar. */
static void expect_spans(NextSpan next, const char *s, const char *expected)
{
    size_t pos = 0;
    TextSpan span;
    while (next(s, strlen(s), &pos, &span)) {
        buf_put(&b, s + span.start, span.end - span.start);
        buf_putc(&b, '|');
    }
    ck_assert(!next(s, strlen(s), &pos, &span));
    expect(&b, expected);
}

static bool text_from_right(const char *s, size_t n, size_t *pos, TextSpan *word)
{
    size_t at = n - *pos;
    bool found = text_prev_word(s, &at, word);
    *pos = n - at;
    return found;
}

static bool bytes_from_right(const char *s, size_t n, size_t *pos, TextSpan *word)
{
    size_t at = n - *pos;
    bool found = bytes_prev_word(s, &at, word);
    *pos = n - at;
    return found;
}

START_TEST(words)
{
    expect_spans(text_next_word, " one\u2003two \n \u00E9\x1Cx ", "one|two|\u00E9|x|");
    expect_spans(text_next_word, "", "");
    expect_spans(text_next_word, " \t", "");
    expect_spans(text_from_right, " one\u2003two \n \u00E9\x1Cx", "x|\u00E9|two|one|");
    expect_spans(text_from_right, "  ", "");
    expect_spans(bytes_next_word, " a\x1C\x62 c ", "a\x1C\x62|c|");
    expect_spans(bytes_from_right, " a\x1C\x62 c ", "c|a\x1C\x62|");
}
END_TEST

START_TEST(lines)
{
    expect_spans(text_next_line, "a\nb\r\nc\rd\n\ne", "a|b|c|d||e|");
    expect_spans(text_next_line, "a\vb\fc\x1C" "d\x1D" "e\x1E" "f\xC2\x85g\u2028h\u2029i", "a|b|c|d|e|f|g|h|i|");
    expect_spans(text_next_line, "a\x1F" "b\r", "a\x1F" "b|");
    expect_spans(text_next_line, "", "");
    expect_spans(text_next_line, "\n", "|");
    expect_spans(bytes_next_line, "a\vb\x1C\r\nc\r\r\nd", "a\vb\x1C|c||d|");
}
END_TEST

START_TEST(tabs)
{
    text_expand_tabs(&b, "a\tb\u00E9\tc\n\td", 10, 4);
    expect(&b, "a   b\u00E9  c\n    d");
    bytes_expand_tabs(&b, "b\u00E9\tc\r\t", 7, 4);
    expect(&b, "b\u00E9 c\r    ");
    text_expand_tabs(&b, "a\t\tb", 4, 0);
    expect(&b, "ab");
    text_expand_tabs(&b, "a\tb", 3, -3);
    expect(&b, "ab");
    text_expand_tabs(&b, "\t", 1, 1);
    expect(&b, " ");
}
END_TEST

START_TEST(out_of_memory)
{
    int left = 0;
    Alloc alloc = { test_alloc_fn, &left };
    Buf none;
    buf_init(&none, &alloc);
    strrepr_str(&none, "\u00E9'\"\n", 5);
    strrepr_bytes(&none, "ab", 2);
    strcase_convert(&none, "ab", 2, STRCASE_UPPER);
    strcase_convert(&none, "\u00DF", 2, STRCASE_UPPER);
    text_expand_tabs(&none, "a\tb", 3, 0x7FFFFFFF);
    ck_assert(none.failed);
    ck_assert_uint_eq(none.len, 0);
    buf_free(&none);
}
END_TEST

Suite *strops_suite(void)
{
    Suite *s = suite_create("vm/text/strops");
    TCase *t = tcase_create("strings");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, repr_of_str);
    tcase_add_test(t, ascii_form);
    tcase_add_test(t, repr_of_bytes);
    tcase_add_test(t, case_of_texts);
    tcase_add_test(t, final_sigma);
    tcase_add_test(t, case_of_ascii);
    tcase_add_test(t, classes_of_texts);
    tcase_add_test(t, classes_of_bytes);
    tcase_add_test(t, stripping);
    tcase_add_test(t, words);
    tcase_add_test(t, lines);
    tcase_add_test(t, tabs);
    tcase_add_test(t, out_of_memory);
    suite_add_tcase(s, t);
    return s;
}
