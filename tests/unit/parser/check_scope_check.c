/* SPDX-License-Identifier: MIT
 * The errors that depend on where something stands. */
#include "support.h"

#include <stdio.h>

Suite *scope_check_suite(void);

static void assert_syntax(const char *text, const char *message)
{
    char error[256];
    snprintf(error, sizeof error, "SyntaxError: %s", message);
    assert_fails(text, error, NULL);
}

START_TEST(statements)
{
    assert_fails("return 1", "SyntaxError: 'return' outside function", "1.1-1.9");
    assert_syntax("class A: return", "'return' outside function");
    assert_syntax("break", "'break' outside loop");
    assert_syntax("continue", "'continue' not properly in loop");
    assert_syntax("for x in y:\n def f(): break", "'break' outside loop");
    assert_syntax("while x: pass\nelse: continue", "'continue' not properly in loop");
    assert_syntax("try: pass\nexcept: pass\nexcept a: pass", "default 'except:' must be last");
    assert_syntax("for x in y:\n try: pass\n except* z: break",
                  "'break', 'continue' and 'return' cannot appear in an except* block");
    assert_accepted("try: pass\nexcept* z:\n for x in y: break");
    assert_syntax("def f():\n from a import *", "import * only allowed at module level");
}
END_TEST

START_TEST(declarations)
{
    assert_fails("def f():\n x = 1\n global x",
                 "SyntaxError: name 'x' is assigned to before global declaration",
                 "3.2-3.10");
    assert_syntax("def f():\n x\n global x", "name 'x' is used prior to global declaration");
    assert_syntax("def f(x): global x", "name 'x' is parameter and global");
    assert_syntax("def f():\n x: int\n global x", "annotated name 'x' can't be global");
    assert_syntax("def f():\n global x\n x: int", "annotated name 'x' can't be global");
    assert_syntax("nonlocal x", "nonlocal declaration not allowed at module level");
    assert_syntax("def f(): nonlocal x", "no binding for nonlocal 'x' found");
    assert_syntax("def f():\n x = 1\n def g():\n  nonlocal x\n  global x", "name 'x' is nonlocal and global");
    assert_syntax("def f(a, *, a): pass", "duplicate argument 'a' in function definition");
    assert_syntax("lambda a, a: 0", "duplicate argument 'a' in function definition");
    assert_syntax("type X[T, T] = int", "duplicate type parameter 'T'");
    assert_syntax("def f[T = int, U](): pass",
                  "non-default type parameter 'U' follows default type parameter");
    assert_syntax("__debug__ = 1", "cannot assign to __debug__");
    assert_syntax("del __debug__", "cannot delete __debug__");
}
END_TEST

START_TEST(coroutines)
{
    assert_syntax("await x", "'await' outside function");
    assert_syntax("def f(): await x", "'await' outside async function");
    assert_syntax("async with x: pass", "'async with' outside async function");
    assert_syntax("def f():\n async for x in y: pass", "'async for' outside async function");
    assert_syntax("def f(): [x async for x in y]",
                  "asynchronous comprehension outside of an asynchronous function");
    assert_accepted("def f(): return (await x for x in y)");
    assert_accepted("async def f(): return [[x async for x in y] for z in w]");
    assert_syntax("async def f():\n yield 1\n return 2", "'return' with value in async generator");
    assert_syntax("async def f(): yield from x", "'yield from' inside async function");
    assert_syntax("yield 1", "'yield' outside function");
    assert_syntax("class A: yield 1", "'yield' outside function");
    assert_syntax("def f(): [(yield) for x in y]", "'yield' inside list comprehension");
    assert_syntax("def f(): ((yield) for x in y)", "'yield' inside generator expression");
}
END_TEST

START_TEST(await_at_the_top)
{
    Parsed p;
    parsed_begin(&p, "await x\nasync with y: [z async for z in w]\n", PARSE_FILE);
    ck_assert_msg(parsed_scopes(&p, SCOPE_TOP_LEVEL_AWAIT), "%s", p.diag.message);
    ck_assert(p.scopes->has_await);
    ck_assert(!parsed_scopes(&p, 0));
    parsed_end(&p);
    parsed_begin(&p, "def f(): await x\n", PARSE_FILE);
    ck_assert(!parsed_scopes(&p, SCOPE_TOP_LEVEL_AWAIT));
    parsed_end(&p);
}
END_TEST

START_TEST(walrus)
{
    assert_syntax("[i := 0 for i in y]",
                  "assignment expression cannot rebind comprehension iteration variable 'i'");
    assert_syntax("[i for i in (j := y)]",
                  "assignment expression cannot be used in a comprehension iterable expression");
    assert_syntax("class A: [x := y for y in z]",
                  "assignment expression within a comprehension cannot be used in a class body");
    assert_syntax("[i for i in y if (j := i) for j in y]",
                  "comprehension inner loop cannot rebind assignment expression target 'j'");
    assert_syntax("def f[T: (x := 1)](): pass", "named expression cannot be used within a TypeVar bound");
}
END_TEST

START_TEST(stars)
{
    assert_syntax("*a", "can't use starred expression here");
    assert_syntax("x = *a", "can't use starred expression here");
    assert_syntax("*a = b", "starred assignment target must be in a list or tuple");
    assert_syntax("*a, *b = c", "multiple starred expressions in assignment");
    assert_syntax("for *a in b: pass", "starred assignment target must be in a list or tuple");
    assert_accepted("*a, b = c; x = *a, b; f(*a); x[*a]; [*a] = b");
}
END_TEST

START_TEST(future)
{
    assert_syntax("from __future__ import braces", "not a chance");
    assert_syntax("from __future__ import x", "future feature x is not defined");
    assert_syntax("x = 1\nfrom __future__ import annotations",
                  "from __future__ imports must occur at the beginning of the file");
    assert_accepted("'doc'\nfrom __future__ import division\nfrom __future__ import annotations\nx: (y)\n");
}
END_TEST

Suite *scope_check_suite(void)
{
    const TTest *const tests[] = { statements, declarations, coroutines, await_at_the_top, walrus, stars,
        future };
    return one_case("scope_check", tests, COUNT_OF(tests));
}
