/* SPDX-License-Identifier: MIT
 * Lines, columns, and the report as CPython prints it. */
#include "support.h"

Suite *diag_suite(void);

static const char text[] = "ab\n\xc3\xa9 c\r\n\rd";

START_TEST(places)
{
    static const struct { uint32_t offset, line, column, byte; } cases[] = {
        { 0, 1, 1, 0 }, { 2, 1, 3, 2 }, { 3, 2, 1, 0 }, { 5, 2, 2, 2 }, { 6, 2, 3, 3 }, { 7, 2, 4, 4 },
        { 9, 3, 1, 0 }, { 10, 4, 1, 0 }, { 11, 4, 2, 1 }, { 99, 4, 2, 1 },
    };
    TestMemory m;
    Arena a;
    Source src = { .text = text, .len = sizeof text - 1 };
    LineIndex index;
    test_memory_init(&m);
    arena_init(&a, &m.alloc);
    ck_assert(line_index_init(&index, &a, &src));
    ck_assert_uint_eq(index.count, 4);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        Place p = source_place(&src, cases[i].offset), q = line_index_place(&index, cases[i].offset);
        ck_assert_uint_eq(p.line, cases[i].line);
        ck_assert_uint_eq(p.column, cases[i].column);
        ck_assert_uint_eq(p.byte, cases[i].byte);
        ck_assert(p.line == q.line && p.column == q.column && p.byte == q.byte && p.line_end == q.line_end);
    }
    ck_assert_uint_eq(source_place(&src, 4).line_end, 7);
    arena_free(&a);
}
END_TEST

START_TEST(places_at_the_end)
{
    static const char *const texts[] = { "", "\n", "a\n", "a\r\n", "\xef\xbb\xbf", "\xef\xbb\xbfx" };
    static const uint32_t lines[] = { 1, 2, 2, 2, 1, 1 }, last_lines[] = { 1, 1, 1, 1, 1, 1 };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        Source src = { .text = texts[i], .len = (uint32_t)strlen(texts[i]) };
        ck_assert_uint_eq(source_place(&src, src.len).line, lines[i]);
        ck_assert_uint_eq(diag_last_line(&src, src.len), last_lines[i]);
    }
    Source marked = { .text = texts[5], .len = 4 };
    ck_assert_uint_eq(source_place(&marked, 3).column, 1);
}
END_TEST

static void assert_report(const char *source, const char *expected)
{
    Lexed l;
    lexed_begin(&l, source, strlen(source), NULL);
    size_t len;
    char *found = diag_text(&l.arena, &l.src, &l.diag, &len);
    ck_assert_str_eq(found, expected);
    ck_assert_uint_eq(len, strlen(expected));
    lexed_end(&l);
}

START_TEST(reports)
{
    assert_report("\ta\t)", "  File \"x.py\", line 1\n    \ta\t)\n    \t \t^\nSyntaxError: unmatched ')'\n");
    assert_report("\xc3\xa9\xc3\xa9 )",
                  "  File \"x.py\", line 1\n    \xc3\xa9\xc3\xa9 )\n       ^\nSyntaxError: unmatched ')'\n");
    assert_report("a:\n    x\n  y\n",
                  "  File \"x.py\", line 3\n    y\n     ^\n"
                  "IndentationError: unindent does not match any outer indentation level\n");
    assert_report("a:\n\tx\n        y\n",
                  "  File \"x.py\", line 3\n    y\n"
                  "TabError: inconsistent use of tabs and spaces in indentation\n");
    assert_report("0777", "  File \"x.py\", line 1\n    0777\n    ^\nSyntaxError: leading zeros in decimal "
                          "integer literals are not permitted; use an 0o prefix for octal integers\n");
}
END_TEST

START_TEST(a_report_of_any_numbers)
{
    static const int64_t numbers[] = { INT32_MIN, -1, 0, 1, 3, 9, INT32_MAX };
    TestMemory m;
    Arena a;
    test_memory_init(&m);
    arena_init(&a, &m.alloc);
    for (size_t i = 0; i < COUNT_OF(numbers) * COUNT_OF(numbers); i++) {
        SyntaxReport r = { .type = "SyntaxError", .message = NULL, .text = "  ab", .text_len = 4, .line = 7,
                           .end_line = 7, .offset = numbers[i % COUNT_OF(numbers)],
                           .end_offset = numbers[i / COUNT_OF(numbers)] };
        size_t len;
        ck_assert_ptr_nonnull(syntax_report_text(&a, &r, &len));
        ck_assert_uint_lt(len, 200);
    }
    arena_free(&a);
}
END_TEST

Suite *diag_suite(void)
{
    const TTest *tests[] = { places, places_at_the_end, reports, a_report_of_any_numbers };
    return one_case("diag", tests, COUNT_OF(tests));
}
