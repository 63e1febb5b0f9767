/* SPDX-License-Identifier: MIT
 * What is said of a token that does not fit. Places are CPython's: line.offset of start and end. */
#include "support.h"

#include <stdio.h>

Suite *errors_suite(void);

static void assert_syntax(const char *text, const char *message, const char *place)
{
    char error[256];
    snprintf(error, sizeof error, "SyntaxError: %s", message);
    assert_fails(text, error, place);
}

static void assert_indentation(const char *text, const char *message, const char *place)
{
    char error[256];
    snprintf(error, sizeof error, "IndentationError: %s", message);
    assert_fails(text, error, place);
}

START_TEST(plain)
{
    assert_syntax("a b", "invalid syntax", "1.3-1.4");
    assert_syntax("x = \n", "invalid syntax", "1.5-1.6");
    assert_syntax("x +", "invalid syntax", "1.4-1.5");
    assert_syntax("pass x", "invalid syntax", "1.6-1.7");
    assert_syntax("else: pass", "invalid syntax", "1.1-1.5");
    assert_syntax("x := 1", "invalid syntax", "1.3-1.5");
    assert_syntax("x = 1; ; y", "invalid syntax", "1.8-1.9");
}
END_TEST

START_TEST(indentation)
{
    assert_indentation("  x", "unexpected indent", "1.2-1.-1");
    assert_indentation("x\n  y\n", "unexpected indent", "2.2-2.-1");
    assert_indentation("if x:\npass\n", "expected an indented block after 'if' statement on line 1",
                       "2.1-2.5");
    assert_indentation("if x:\n", "expected an indented block after 'if' statement on line 1", "1.6-1.-1");
    assert_indentation("def f():\npass", "expected an indented block after function definition on line 1",
                       NULL);
    assert_indentation("class A:\npass", "expected an indented block after class definition on line 1", NULL);
    assert_indentation("async def f():\n async with x:\n y",
                       "expected an indented block after 'with' statement "
                       "on line 2", NULL);
    assert_indentation("try:\n x\nexcept* y:\nz",
                       "expected an indented block after 'except*' statement on line 3",
                       NULL);
    assert_indentation("match x:\ny", "expected an indented block after 'match' statement on line 1", NULL);
}
END_TEST

START_TEST(demanded_tokens)
{
    assert_syntax("if x\n pass", "expected ':'", "1.5-1.6");
    assert_syntax("while x\n pass", "expected ':'", NULL);
    assert_syntax("for x in y\n pass", "expected ':'", NULL);
    assert_syntax("class A\n pass", "expected ':'", NULL);
    assert_syntax("with x as y\n pass", "expected ':'", NULL);
    assert_syntax("def f()\n pass", "expected ':'", NULL);
    assert_syntax("def f() x", "expected ':'", NULL);
    assert_syntax("try\n x", "expected ':'", NULL);
    assert_syntax("if x: y\nelse z", "expected ':'", NULL);
    assert_syntax("match x\n case 1: pass", "expected ':'", NULL);
    assert_syntax("if x y: pass", "invalid syntax", "1.6-1.7");
    assert_syntax("def f: pass", "expected '('", "1.6-1.7");
    assert_syntax("def f[T]: pass", "expected '('", NULL);
    assert_syntax("def f[](): pass", "Type parameter list cannot be empty", NULL);
}
END_TEST

START_TEST(commas)
{
#define COMMA "invalid syntax. Perhaps you forgot a comma?"
    assert_syntax("f(a b)", COMMA, "1.3-1.6");
    assert_syntax("f(a, b.c d(e))", COMMA, "1.6-1.14");
    assert_syntax("[1 2]", COMMA, "1.2-1.5");
    assert_syntax("{1: 2 3: 4}", COMMA, "1.5-1.8");
    assert_syntax("(a\n b)", COMMA, "1.2-2.3");
    assert_syntax("f(a=b c)", COMMA, "1.5-1.8");
    assert_syntax("f(x'a')", "invalid syntax", NULL);
    assert_syntax("f(match x)", "invalid syntax", NULL);
}
END_TEST

START_TEST(equals)
{
#define MEANT "invalid syntax. Maybe you meant '==' or ':=' instead of '='?"
    assert_syntax("if x = 3: pass", MEANT, "1.4-1.9");
    assert_syntax("(a=1)", MEANT, "1.2-1.5");
    assert_syntax("[a, b=1]", MEANT, "1.5-1.8");
    assert_syntax("while a.b = 1: pass",
                  "cannot assign to attribute here. Maybe you meant '==' instead of '='?",
                  "1.7-1.10");
    assert_syntax("f(a=b for b in c)", MEANT, "1.3-1.5");
    assert_syntax("return a = 1", "invalid syntax", "1.10-1.11");
}
END_TEST

START_TEST(old_print)
{
    assert_syntax("print 'x'", "Missing parentheses in call to 'print'. Did you mean print(...)?",
                  "1.1-1.10");
    assert_syntax("exec x, y", "Missing parentheses in call to 'exec'. Did you mean exec(...)?", "1.1-1.10");
    assert_syntax("x = print y", "Missing parentheses in call to 'print'. Did you mean print(...)?",
                  "1.5-1.12");
    assert_syntax("print(x) y", "invalid syntax", "1.10-1.11");
    assert_accepted("print -1; print >>f");
}
END_TEST

START_TEST(operands)
{
    assert_syntax("x = 1 if y", "expected 'else' after 'if' expression", "1.5-1.11");
    assert_syntax("f(a if b c)", "expected 'else' after 'if' expression", "1.3-1.9");
    assert_syntax("1 + not 2", "'not' after an operator must be parenthesized", "1.5-1.10");
    assert_syntax("(**a)", "cannot use double starred expression here", "1.2-1.4");
    assert_syntax("(*a)", "cannot use starred expression here", "1.2-1.4");
    assert_syntax("f(a, *)", "Invalid star expression", "1.7-1.8");
}
END_TEST

START_TEST(displays)
{
    assert_syntax("{1: 2, 3}", "':' expected after dictionary key", NULL);
    assert_syntax("{1: , 2: 3}", "expression expected after dictionary key and ':'", "1.3-1.4");
    assert_syntax("{1: *a}", "cannot use a starred expression in a dictionary value", NULL);
    assert_syntax("[x, y for x, y in z]", "did you forget parentheses around the comprehension target?",
                  "1.2-1.6");
    assert_syntax("[x for x y]", "'in' expected after for-loop variables", "1.10-1.11");
}
END_TEST

/* An error of grammar or the lexer's behind it: which one is told. */
START_TEST(with_the_lexer)
{
    assert_syntax("x = (1,\ny = 2", "'(' was never closed", "1.5-1.0");
    assert_syntax("a b; 'c", "unterminated string literal (detected at line 1)", NULL);
    assert_syntax("f(a b", "'(' was never closed", NULL);
    assert_indentation("  x = 'a", "unexpected indent", NULL);
}
END_TEST

static bool refuse_warning(void *ud, uint32_t offset, const char *message)
{
    ck_assert_uint_eq(offset, 2);
    ck_assert_str_eq(message, "invalid hexadecimal literal");
    return *(bool *)ud;
}

START_TEST(a_warning_can_be_an_error)
{
    for (int i = 0; i < 2; i++) {
        bool answer = i == 0;
        SourceHooks hooks = { .ud = &answer, .warn = refuse_warning };
        Source src = { .text = "0x1or 2", .len = 7, .filename = "x.py", .hooks = &hooks };
        Parsed p;
        parsed_begin(&p, "", PARSE_FILE);
        Diag diag;
        ck_assert_int_eq(parse(&p.arena, &src, PARSE_FILE, &diag) != NULL, answer);
        if (!answer)
            ck_assert_str_eq(diag.message, "invalid hexadecimal literal");
        parsed_end(&p);
    }
}
END_TEST

Suite *errors_suite(void)
{
    const TTest *const tests[] = { plain, indentation, demanded_tokens, commas, equals, old_print, operands,
                                   displays, with_the_lexer, a_warning_can_be_an_error };
    return one_case("errors", tests, COUNT_OF(tests));
}
