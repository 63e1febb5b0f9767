/* SPDX-License-Identifier: MIT
 * Statements: what with's parentheses mean, else chains, try, imports, definitions. */
#include "support.h"

#include <stdio.h>

Suite *ast_stmt_suite(void);

#define NAME_A "Name(id='a', ctx=Load())"
#define NAME_B "Name(id='b', ctx=Load())"
#define AS_B "optional_vars=Name(id='b', ctx=Store())"

static void assert_with(const char *items, const char *dump)
{
    char text[256], expected[2048];
    snprintf(text, sizeof text, "with %s: pass", items);
    snprintf(expected, sizeof expected, "With(items=[%s], body=[Pass()])", dump);
    assert_body(text, expected);
}

START_TEST(with_parentheses)
{
    assert_with("a as b", "withitem(context_expr=" NAME_A ", " AS_B ")");
    assert_with("(a as b)", "withitem(context_expr=" NAME_A ", " AS_B ")");
    assert_with("(a as b,)", "withitem(context_expr=" NAME_A ", " AS_B ")");
    assert_with("(a, b)", "withitem(context_expr=" NAME_A "), withitem(context_expr=" NAME_B ")");
    assert_with("(a, b,)", "withitem(context_expr=" NAME_A "), withitem(context_expr=" NAME_B ")");
    assert_with("(a, a as b)",
                "withitem(context_expr=" NAME_A "), withitem(context_expr=" NAME_A ", " AS_B ")");
    assert_with("(a)", "withitem(context_expr=" NAME_A ")");
    assert_with("(a).b", "withitem(context_expr=Attribute(value=" NAME_A ", attr='b', ctx=Load()))");
    assert_with("()", "withitem(context_expr=Tuple(ctx=Load()))");
    assert_with("(yield)", "withitem(context_expr=Yield())");
    assert_with("((a, b))", "withitem(context_expr=Tuple(elts=[" NAME_A ", " NAME_B "], ctx=Load()))");
    assert_with("(a, b) as b",
                "withitem(context_expr=Tuple(elts=[" NAME_A ", " NAME_B "], ctx=Load()), " AS_B ")");
    assert_with("(a, b), a", "withitem(context_expr=Tuple(elts=[" NAME_A ", " NAME_B "], ctx=Load())), "
                             "withitem(context_expr=" NAME_A ")");
    assert_with("(b := a, a)",
                "withitem(context_expr=Tuple(elts=[NamedExpr(target=Name(id='b', ctx=Store()), "
                               "value=" NAME_A "), " NAME_A "], ctx=Load()))");
}
END_TEST

START_TEST(as_elsewhere)
{
    assert_fails("x = (a as b)", "SyntaxError: invalid syntax", "1.8-1.10");
    assert_fails("f(a as b)", "SyntaxError: invalid syntax", NULL);
    assert_fails("[a as b]", "SyntaxError: invalid syntax", "1.4-1.6");
    assert_fails("with (a as b).c: pass", "SyntaxError: invalid syntax", NULL);
    assert_fails("with (a as b), c: pass", "SyntaxError: invalid syntax", NULL);
    assert_fails("with ((a as b)): pass", "SyntaxError: invalid syntax", NULL);
    assert_fails("if (a as b): pass", "SyntaxError: invalid syntax", NULL);
    assert_fails("match x as y:\n case 1: pass", "SyntaxError: invalid syntax", NULL);
}
END_TEST

START_TEST(else_chains)
{
    assert_body("if a: pass\nelif b: pass\nelse: pass\n",
                "If(test=" NAME_A ", body=[Pass()], orelse=[If(test=" NAME_B ", body=[Pass()], "
                "orelse=[Pass()])])");
    assert_body("while a: pass\nelse: pass\n", "While(test=" NAME_A ", body=[Pass()], orelse=[Pass()])");
    assert_body("async def f():\n async for x in a: pass\n",
                "AsyncFunctionDef(name='f', args=arguments(), body=[AsyncFor("
                "target=Name(id='x', ctx=Store()), iter=" NAME_A ", body=[Pass()])])");
}
END_TEST

START_TEST(handlers)
{
    assert_body("try: pass\nexcept a as e: pass\nexcept: pass\nelse: pass\nfinally: pass\n",
                "Try(body=[Pass()], handlers=[ExceptHandler(type=" NAME_A ", name='e', body=[Pass()]), "
                "ExceptHandler(body=[Pass()])], orelse=[Pass()], finalbody=[Pass()])");
    assert_body("try: pass\nexcept* a: pass\n",
                "TryStar(body=[Pass()], handlers=[ExceptHandler(type=" NAME_A ", body=[Pass()])])");
    assert_fails("try: pass\nx", "SyntaxError: expected 'except' or 'finally' block", "2.1-2.2");
    assert_fails("try: pass\nelse: pass\n", "SyntaxError: expected 'except' or 'finally' block", "2.1-2.5");
    assert_fails("try: pass\nexcept a, b: pass\n",
                 "SyntaxError: multiple exception types must be parenthesized",
                 NULL);
    assert_fails("try: pass\nexcept a: pass\nexcept* b: pass\n",
                 "SyntaxError: cannot have both 'except' and 'except*' on the same 'try'", "3.1-3.8");
    assert_fails("try: pass\nexcept* a: pass\nexcept b: pass\n",
                 "SyntaxError: cannot have both 'except' and 'except*' on the same 'try'", "3.1-3.7");
    assert_fails("try: pass\nexcept*: pass\n", "SyntaxError: expected one or more exception types", NULL);
}
END_TEST

START_TEST(imports)
{
    assert_body("import a . b as c, d", "Import(names=[alias(name='a.b', asname='c'), alias(name='d')])");
    assert_body("from ...a.b import (c as d, e,)",
                "ImportFrom(module='a.b', names=[alias(name='c', asname='d'), alias(name='e')], level=3)");
    assert_body("from .... import *", "ImportFrom(names=[alias(name='*')], level=4)");
    assert_fails("from a import b,",
                 "SyntaxError: trailing comma not allowed without surrounding parentheses",
                 NULL);
    assert_fails("import a from b", "SyntaxError: Did you mean to use 'from ... import ...' instead?",
                 "1.1-1.16");
    assert_fails("from a import", "SyntaxError: Expected one or more names after 'import'", NULL);
}
END_TEST

START_TEST(definitions)
{
    assert_body("@a\n@b\nclass C(a, *b, k=a, **b): pass\n",
                "ClassDef(name='C', bases=[" NAME_A ", Starred(value=" NAME_B ", ctx=Load())], "
                "keywords=[keyword(arg='k', value=" NAME_A "), keyword(value=" NAME_B ")], body=[Pass()], "
                "decorator_list=[" NAME_A ", " NAME_B "])");
    assert_body("def f[T: a = b, *Ts, **P](): pass",
                "FunctionDef(name='f', args=arguments(), body=[Pass()], type_params=[TypeVar(name='T', "
                "bound=" NAME_A ", default_value=" NAME_B
                    "), TypeVarTuple(name='Ts'), ParamSpec(name='P')])");
    assert_body("type X[T] = a", "TypeAlias(name=Name(id='X', ctx=Store()), type_params=[TypeVar(name='T')], "
                                 "value=" NAME_A ")");
    assert_fails("class C(x for x in y): pass", "SyntaxError: invalid syntax", NULL);
    assert_fails("def f[T: a, *Ts: b](): pass", "SyntaxError: cannot use bound with TypeVarTuple", NULL);
}
END_TEST

Suite *ast_stmt_suite(void)
{
    const TTest *const tests[] = { with_parentheses, as_elsewhere, else_chains, handlers, imports,
        definitions };
    return one_case("ast_stmt", tests, COUNT_OF(tests));
}
