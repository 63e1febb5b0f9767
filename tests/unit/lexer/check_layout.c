/* SPDX-License-Identifier: MIT
 * Logical lines, blocks, brackets; which of two errors is told; prompts. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

Suite *layout_suite(void);

START_TEST(blocks)
{
    assert_kinds("", "ENDMARKER");
    assert_kinds("\n  # c\n\t\n", "ENDMARKER");
    assert_kinds("a", "NAME NEWLINE ENDMARKER");
    assert_kinds("a:\n  b\n\n    # c\n  c\nd\n",
                 "NAME COLON NEWLINE INDENT NAME NEWLINE NAME NEWLINE DEDENT NAME NEWLINE ENDMARKER");
    assert_kinds("a:\n b:\n  c # d", "NAME COLON NEWLINE INDENT NAME COLON NEWLINE INDENT NAME NEWLINE "
                                     "DEDENT DEDENT ENDMARKER");
}
END_TEST

START_TEST(line_breaks_of_all_kinds)
{
    assert_kinds("a\rb\r\nc\n\r\nd", "NAME NEWLINE NAME NEWLINE NAME NEWLINE NAME NEWLINE ENDMARKER");
    assert_error("a\rb\r\n)", "SyntaxError: unmatched ')'", 3, 1);
}
END_TEST

START_TEST(form_feed_starts_over) { assert_kinds("\f\n  \fx=1\n", "NAME EQUAL NUMBER NEWLINE ENDMARKER"); }
END_TEST

START_TEST(brackets_join_lines)
{
    assert_kinds("(a,\n  # c\n\n b)\n", "LPAREN NAME COMMA NAME RPAREN NEWLINE ENDMARKER");
}
END_TEST

START_TEST(a_backslash_before_the_first_word)
{
    assert_kinds("a:\n  \\\n      b\n  c\n", "NAME COLON NEWLINE INDENT NAME NEWLINE NAME NEWLINE DEDENT "
                                             "ENDMARKER");
    assert_kinds("\\\nx", "NAME NEWLINE ENDMARKER");
    assert_error("\n  \\\n", "SyntaxError: unexpected EOF while parsing", 2, 4);
}
END_TEST

START_TEST(indentation_errors)
{
    assert_error("a:\n    x\n  y\n", "IndentationError: unindent does not match any outer indentation level",
                 3, 4);
    assert_error("a:\n        x\n\ty\n", "TabError: inconsistent use of tabs and spaces in indentation", 3,
                 1);
    assert_error("a:\n\tx\n  \ty\n", "TabError: inconsistent use of tabs and spaces in indentation", 3, 1);
}
END_TEST

START_TEST(bracket_errors)
{
    assert_error("(a", "SyntaxError: '(' was never closed", 1, 1);
    assert_error("x = [1,\n2", "SyntaxError: '[' was never closed", 1, 5);
    assert_error("(]", "SyntaxError: closing parenthesis ']' does not match opening parenthesis '('", 1, 2);
    assert_error("{\n]", "SyntaxError: closing parenthesis ']' does not match opening parenthesis '{' on "
                         "line 1", 2, 1);
    /* An error of grammar on a later line than the bracket is less than the bracket. */
    assert_error("foo(\n a ? b\n", "SyntaxError: '(' was never closed", 1, 4);
    assert_error("foo(a ? b\n\n", "SyntaxError: '(' was never closed", 1, 4);
}
END_TEST

/* open repeated n times, then middle, then close n times. */
static char *nested(const char *open, size_t n, const char *middle, const char *close)
{
    char *text = calloc(n, strlen(open) + strlen(close) + strlen(middle) + 1), *p = text;
    for (size_t i = 0; i < n; i++)
        p = stpcpy(p, open);
    p = stpcpy(p, middle);
    for (size_t i = 0; i < n; i++)
        p = stpcpy(p, close);
    return text;
}

static void assert_nested(const char *open, size_t n, const char *middle, const char *close,
                          const char *message)
{
    char *text = nested(open, n, middle, close);
    Lexed l;
    lexed_begin(&l, text, strlen(text), NULL);
    if (message)
        ck_assert_str_eq(l.diag.message, message);
    else
        ck_assert_msg(l.ok, "%s", l.diag.message);
    lexed_end(&l);
    free(text);
}

START_TEST(depth_is_limited)
{
    assert_nested("(", 200, "1", ")", NULL);
    assert_nested("(", 201, "1", ")", "too many nested parentheses");
    assert_nested("f'{", 149, "1", "}'", NULL);
    assert_nested("f'{", 150, "1", "}'", "too many nested f-strings");
}
END_TEST

static char *staircase(unsigned levels)
{
    char *text = calloc(levels + 1, levels + 8), *p = text;
    for (unsigned i = 0; i <= levels; i++)
        p += sprintf(p, "%*sa:\n", (int)i, "");
    return text;
}

START_TEST(indentation_is_limited)
{
    for (unsigned levels = 99; levels <= 100; levels++) {
        char *text = staircase(levels);
        Lexed l;
        lexed_begin(&l, text, strlen(text), NULL);
        ck_assert(l.ok == (levels == 99));
        if (!l.ok)
            ck_assert_str_eq(l.diag.message, "too many levels of indentation");
        lexed_end(&l);
        free(text);
    }
}
END_TEST

START_TEST(prompts)
{
    static const char *const more[] = {
        "(", "[1,", "{1:\n2", "'''a", "x = f'''a", "f'''{a", "a \\", "a \\\n", "'a\\\n",
    };
    static const char *const done[] = {
        "a", "'a", "f'a", ")", "a:\n  b\n c", "a ? b", "1_", "",
    };
    for (size_t i = 0; i < COUNT_OF(more); i++)
        assert_incomplete(more[i], true);
    for (size_t i = 0; i < COUNT_OF(done); i++)
        assert_incomplete(done[i], false);
}
END_TEST

START_TEST(an_error_of_grammar_may_go_first)
{
    Lexed l;
    lexed_begin(&l, "a b\n(", 5, NULL);     /* the parser finds `b`: same rank, an earlier line */
    ck_assert(l.diag.deferred && l.tokens.count >= 3);
    ck_assert(!diag_first(&l.src, &l.diag, 2));
    lexed_end(&l);
    lexed_begin(&l, "(\na b", 5, NULL);
    ck_assert(diag_first(&l.src, &l.diag, 4));
    lexed_end(&l);
    lexed_begin(&l, "a b\n'x", 6, NULL);
    ck_assert(!l.diag.deferred && diag_first(&l.src, &l.diag, 2));
    lexed_end(&l);
}
END_TEST

START_TEST(memory_may_run_out_anywhere)
{
    static const char text[] = "def f(a):\n    return f'{a:{b}}' + 0777 + (\n";
    for (long fail_at = 0;; fail_at++) {
        TestMemory m;
        Arena a;
        TokenList tokens;
        Diag diag;
        Source src = { .text = text, .len = sizeof text - 1, .filename = "x.py" };
        test_memory_init(&m);
        m.fail_at = fail_at;
        arena_init(&a, &m.alloc);
        ck_assert(!lex(&a, &src, &tokens, &diag));
        bool failed = a.failed;
        ck_assert_str_eq(diag.type, failed ? "MemoryError" : "SyntaxError");
        arena_free(&a);
        ck_assert_uint_eq(m.live, 0);
        if (!failed)
            break;
    }
}
END_TEST

Suite *layout_suite(void)
{
    const TTest *tests[] = { blocks, line_breaks_of_all_kinds, form_feed_starts_over, brackets_join_lines,
                             a_backslash_before_the_first_word, indentation_errors, bracket_errors,
                                 depth_is_limited,
                             indentation_is_limited, prompts, an_error_of_grammar_may_go_first,
                             memory_may_run_out_anywhere };
    return one_case("layout", tests, COUNT_OF(tests));
}
