/* SPDX-License-Identifier: MIT
 * Modes, unfinished input, limits, and running out of memory. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

Suite *parse_suite(void);

/* How a prompt fares with text: "ok", "more" or the message. */
static void assert_single(const char *text, const char *expected)
{
    Parsed p;
    parsed_begin(&p, text, PARSE_PROMPT);
    const char *found = p.tree ? "ok" : p.diag.incomplete ? "more" : p.diag.message;
    ck_assert_msg(strcmp(found, expected) == 0, "%s: %s, not %s", text, found, expected);
    parsed_end(&p);
}

START_TEST(single)
{
    assert_single("x = 1\n", "ok");
    assert_single("x = 1; y", "ok");
    assert_single("", "ok");
    assert_single("# nothing\n", "ok");
    assert_single("if x:", "more");
    assert_single("if x:\n", "more");
    assert_single("if x:\n y\n", "more");
    assert_single("if x: y\n", "more");
    assert_single("if x:\n y\n\n", "ok");
    assert_single("if x:\n y\n   \n", "ok");
    assert_single("if x: y\n\n", "ok");
    assert_single("if x:\n y\nelse:\n", "more");
    assert_single("class A:\n def f(self):\n  pass\n", "more");
    assert_single("class A:\n def f(self):\n  pass\n\n", "ok");
    assert_single("@d\n", "more");
    assert_single("try:\n x\n", "more");
    assert_single("try:\n x\n\n", "expected 'except' or 'finally' block");
    assert_single("if x:\n\n", "expected an indented block after 'if' statement on line 1");
    assert_single("match x:\n case 1:\n", "more");
    assert_single("f(a,\n", "more");
    assert_single("'''a\n", "more");
    assert_single("x + \\\n", "more");
    assert_single("x = \n", "invalid syntax");
    assert_single("x y\n", "invalid syntax");
    assert_single("x\ny\n", "multiple statements found while compiling a single statement");
}
END_TEST

START_TEST(eval)
{
    assert_expr("1, 2", "Tuple(elts=[Constant(value=1), Constant(value=2)], ctx=Load())");
    assert_expr("x\n\n", "Name(id='x', ctx=Load())");
    Parsed p;
    parsed_begin(&p, "x = 1", PARSE_EVAL);
    ck_assert(!p.tree);
    parsed_end(&p);
    parsed_begin(&p, "", PARSE_EVAL);
    ck_assert(!p.tree);
    parsed_end(&p);
}
END_TEST

/* head, then `part` so many times, then tail. */
static char *repeated(const char *head, const char *part, unsigned count, const char *tail)
{
    size_t n = strlen(part);
    char *text = malloc(strlen(head) + n * count + strlen(tail) + 1), *at = text + strlen(head);
    strcpy(text, head);
    for (unsigned i = 0; i < count; i++, at += n)
        memcpy(at, part, n);
    strcpy(at, tail);
    return text;
}

static void assert_repeated(const char *head, const char *part, unsigned count, const char *tail,
                            const char *expected)
{
    Parsed p;
    char *text = repeated(head, part, count, tail);
    parsed_begin(&p, text, PARSE_FILE);
    if (p.tree)
        parsed_scopes(&p, 0);
    const char *found = p.diag.type ? p.diag.message : "ok";
    ck_assert_msg(strcmp(found, expected) == 0, "%s%s...: %s", head, part, found);
    parsed_end(&p);
    free(text);
}

START_TEST(depth)
{
    const char *deep = "maximum recursion depth exceeded during compilation";
    const char *stack = "Parser stack overflowed - Python source too complex to parse";
    assert_repeated("1", "+1", 2500, "", "ok");
    assert_repeated("1", "+1", 100000, "", deep);
    assert_repeated("a", ".b", 100000, "", deep);
    assert_repeated("a", "()", 100000, "", deep);
    assert_repeated("a", "[1]", 100000, "", deep);
    assert_repeated("if a: b\n", "elif c: d\n", 100000, "", deep);
    assert_repeated("", "-", 100000, "1", stack);
    assert_repeated("", "not ", 100000, "1", stack);
    assert_repeated("", "lambda:", 100000, "1", stack);
    assert_repeated("", "a if b else ", 5975, "c", "ok");
    assert_repeated("", "a if b else ", 100000, "c", stack);
    assert_repeated("", "lambda:", 2987, "1", "ok");
    assert_repeated("", "a**", 100000, "c", stack);
    assert_repeated("", "(", 100000, "", "too many nested parentheses");
}
END_TEST

START_TEST(breadth)
{
    assert_repeated("x = a", " or a", 50000, "", "ok");
    assert_repeated("x = a", " < a", 50000, "", "ok");
    assert_repeated("x = [", "a,", 50000, "]", "ok");
    assert_repeated("x", " = x", 50000, "", "ok");
    assert_repeated("", "'a' ", 50000, "", "ok");
    assert_repeated("", "@a\n", 50000, "def f(): pass", "ok");
    assert_repeated("[x ", "for x in y ", 50000, "]", "ok");
    assert_repeated("f(", "a,", 50000, "b c)", "invalid syntax. Perhaps you forgot a comma?");
    assert_repeated("a ", "b ", 50000, "", "invalid syntax");
}
END_TEST

static const char everything[] =
    "from __future__ import annotations\n"
    "@d\nasync def f[T: int](a: int, b=2, /, *args: x, c, e=3, **kw) -> str:\n"
    " global g\n async with a as b, c: pass\n"
    " return [await q async for q in r if s], {1: 2, **k}, {*a}, f'a{x!r:>{w}}{y=}' 'z'\n"
    "class A(B, m=C): x: int = 1; __y = x\n"
    "try: pass\nexcept* E as e: pass\n"
    "match x, *y:\n case {'a': A(b, c=1), **r} | [b, *r]: pass\n"
    "lambda x, *y: (z := x); del a, (b, [c])\n";

/* Whichever allocation fails: an error, no crash, no leak. */
START_TEST(out_of_memory)
{
    bool done = false;
    for (long n = 0; !done; n++) {
        Parsed p;
        AstText dump;
        parsed_begin_failing(&p, everything, PARSE_FILE, n);
        done = p.tree && parsed_scopes(&p, 0) && ast_dump(&p.arena, p.tree, &dump) && p.memory.fail_at >= 0;
        ck_assert(done || p.arena.failed || p.diag.type);
        if (p.diag.type)
            ck_assert_msg(strcmp(p.diag.type, "MemoryError") == 0, "%ld: %s", n, p.diag.message);
        parsed_end(&p);
    }
}
END_TEST

START_TEST(places)
{
    Parsed p;
    parsed_begin(&p, "x = (a, b)\ny = ((c))\n", PARSE_FILE);
    const AstSeq *body = ((AstModule *)p.tree)->body;
    const AstAssign *first = (const AstAssign *)body->items[0], *second = (const AstAssign *)body->items[1];
    ck_assert(first->value->start == 4 && first->value->end == 10);
    ck_assert(first->value->parens == 1 && second->value->parens == 2);
    ck_assert(second->value->start == 17 && second->value->end == 18);
    ck_assert(second->base.start == 11 && second->base.end == 20);
    parsed_end(&p);
}
END_TEST

Suite *parse_suite(void)
{
    const TTest *const tests[] = { single, eval, depth, breadth, out_of_memory, places };
    return one_case("parse", tests, COUNT_OF(tests));
}
