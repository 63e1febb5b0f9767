/* SPDX-License-Identifier: MIT
 * Targets and parameters. */
#include "support.h"

#include <stdio.h>

Suite *ast_target_suite(void);

static void assert_syntax(const char *text, const char *message)
{
    char error[256];
    snprintf(error, sizeof error, "SyntaxError: %s", message);
    assert_fails(text, error, NULL);
}

#define HINT " here. Maybe you meant '==' instead of '='?"

START_TEST(assignment)
{
    assert_body("a = b, [c, *d] = e",
                "Assign(targets=[Name(id='a', ctx=Store()), Tuple(elts=[Name(id='b', ctx=Store()), "
                "List(elts=[Name(id='c', ctx=Store()), Starred(value=Name(id='d', ctx=Store()), "
                "ctx=Store())], ctx=Store())], ctx=Store())], value=Name(id='e', ctx=Load()))");
    assert_fails("f() = 1", "SyntaxError: cannot assign to function call" HINT, "1.1-1.4");
    assert_syntax("1 = x", "cannot assign to literal" HINT);
    assert_syntax("a + 1 = 2", "cannot assign to expression" HINT);
    assert_syntax("f'{a}' = 1", "cannot assign to f-string expression" HINT);
    assert_syntax("None = 1", "cannot assign to None");
    assert_syntax("(a, 1) = b", "cannot assign to literal");
    assert_syntax("a = f() = b", "cannot assign to function call");
    assert_syntax("a < b = 1", "cannot assign to comparison");
    assert_syntax("a and b = 1", "cannot assign to expression");
    assert_syntax("lambda: 1 = 2", "cannot assign to lambda");
    assert_syntax("x = yield = 1", "assignment to yield expression not possible");
    assert_syntax("f(), b = 1", "invalid syntax. Maybe you meant '==' or ':=' instead of '='?");
    assert_syntax("f() = ", "cannot assign to function call");
}
END_TEST

START_TEST(other_targets)
{
    assert_syntax("f() += 1", "'function call' is an illegal expression for augmented assignment");
    assert_syntax("(a, b) += 1", "'tuple' is an illegal expression for augmented assignment");
    assert_syntax("a, b: int", "only single target (not tuple) can be annotated");
    assert_syntax("[a]: int", "only single target (not list) can be annotated");
    assert_syntax("f(): int", "illegal target for annotation");
    assert_syntax("del f()", "cannot delete function call");
    assert_syntax("del *a", "cannot delete starred");
    assert_syntax("del (a, 1)", "cannot delete literal");
    assert_syntax("for f() in x: pass", "cannot assign to function call");
    assert_syntax("[x for 1 in y]", "cannot assign to literal");
    assert_syntax("with a as 1: pass", "cannot assign to literal");
    assert_syntax("(a.b := 1)", "cannot use assignment expressions with attribute");
    assert_syntax("lambda: x := 1", "cannot use assignment expressions with lambda");
    assert_accepted("del a, (b, [c]), d.e, f[0]");
    assert_accepted("(a): int; b.c: int = 1; d[0]: int");
}
END_TEST

START_TEST(parameters)
{
    assert_expr("lambda a, b=1, /, c=2, *d, e, f=3, **g: 0",
                "Lambda(args=arguments(posonlyargs=[arg(arg='a'), arg(arg='b')], args=[arg(arg='c')], "
                "vararg=arg(arg='d'), kwonlyargs=[arg(arg='e'), arg(arg='f')], kw_defaults=[None, "
                "Constant(value=3)], kwarg=arg(arg='g'), defaults=[Constant(value=1), Constant(value=2)]), "
                "body=Constant(value=0))");
    assert_body("def f(a: int, *b: *c): pass",
                "FunctionDef(name='f', args=arguments(args=[arg(arg='a', "
                "annotation=Name(id='int', ctx=Load()))], vararg=arg(arg='b', "
                "annotation=Starred(value=Name(id='c', ctx=Load()), ctx=Load()))), body=[Pass()])");
}
END_TEST

START_TEST(wrong_parameters)
{
    assert_syntax("def f(a=1, b): pass", "parameter without a default follows parameter with a default");
    assert_syntax("lambda a=1, /, b: 0", "parameter without a default follows parameter with a default");
    assert_syntax("def f(*): pass", "named arguments must follow bare *");
    assert_syntax("def f(*, **k): pass", "named arguments must follow bare *");
    assert_fails("lambda *: 0", "SyntaxError: named arguments must follow bare *", "1.9-1.10");
    assert_syntax("def f(/, a): pass", "at least one argument must precede /");
    assert_syntax("def f(a, /, b, /): pass", "/ may appear only once");
    assert_syntax("def f(*a, /): pass", "/ must be ahead of *");
    assert_syntax("def f(a, / *): pass", "expected comma between / and *");
    assert_syntax("def f(*a, *b): pass", "* argument may appear only once");
    assert_syntax("def f(**a, b): pass", "arguments cannot follow var-keyword argument");
    assert_syntax("def f(*a=1): pass", "var-positional argument cannot have default value");
    assert_syntax("def f(**a=1): pass", "var-keyword argument cannot have default value");
    assert_fails("def f(a, (b, c)): pass", "SyntaxError: Function parameters cannot be parenthesized",
                 "1.10-1.16");
    assert_syntax("lambda (a, b): 0", "Lambda expression parameters cannot be parenthesized");
    assert_syntax("def f(a=): pass", "expected default value expression");
}
END_TEST

Suite *ast_target_suite(void)
{
    const TTest *const tests[] = { assignment, other_targets, parameters, wrong_parameters };
    return one_case("ast_target", tests, COUNT_OF(tests));
}
