/* SPDX-License-Identifier: MIT
 * Expressions: precedence, displays, calls, subscripts, comprehensions. */
#include "support.h"

#include <stdio.h>

Suite *ast_build_suite(void);

#define N(x) "Name(id='" x "', ctx=Load())"
#define BIN(l, o, r) "BinOp(left=" l ", op=" o "(), right=" r ")"
#define UN(o, x) "UnaryOp(op=" o "(), operand=" x ")"

START_TEST(precedence)
{
    assert_expr("a + b * c", BIN(N("a"), "Add", BIN(N("b"), "Mult", N("c"))));
    assert_expr("a - b - c", BIN(BIN(N("a"), "Sub", N("b")), "Sub", N("c")));
    assert_expr("a ** b ** c", BIN(N("a"), "Pow", BIN(N("b"), "Pow", N("c"))));
    assert_expr("-a ** -b", UN("USub", BIN(N("a"), "Pow", UN("USub", N("b")))));
    assert_expr("-a * b", BIN(UN("USub", N("a")), "Mult", N("b")));
    assert_expr("a | b ^ c & d << e",
                BIN(N("a"), "BitOr",
                    BIN(N("b"), "BitXor", BIN(N("c"), "BitAnd", BIN(N("d"), "LShift", N("e"))))));
    assert_expr("a @ b // c % d",
                BIN(BIN(BIN(N("a"), "MatMult", N("b")), "FloorDiv", N("c")), "Mod", N("d")));
    assert_expr("not a == b", UN("Not", "Compare(left=" N("a") ", ops=[Eq()], comparators=[" N("b") "])"));
    assert_expr("await a ** b", BIN("Await(value=" N("a") ")", "Pow", N("b")));
    assert_expr("a if b else c if d else e",
                "IfExp(test=" N("b") ", body=" N("a") ", orelse=IfExp(test=" N("d") ", body=" N("c")
                    ", orelse=" N("e")
                "))");
}
END_TEST

START_TEST(chains)
{
    assert_expr("a < b <= c is not d not in e",
                "Compare(left=" N("a") ", ops=[Lt(), LtE(), IsNot(), NotIn()], comparators=[" N("b") ", "
                    N("c") ", "
                N("d") ", " N("e") "])");
    assert_expr("a or b or c", "BoolOp(op=Or(), values=[" N("a") ", " N("b") ", " N("c") "])");
    assert_expr("(a or b) or c",
                "BoolOp(op=Or(), values=[BoolOp(op=Or(), values=[" N("a") ", " N("b") "]), " N("c") "])");
    assert_expr("a and b or c",
                "BoolOp(op=Or(), values=[BoolOp(op=And(), values=[" N("a") ", " N("b") "]), " N("c") "])");
}
END_TEST

START_TEST(displays)
{
    assert_expr("()", "Tuple(ctx=Load())");
    assert_expr("(a,)", "Tuple(elts=[" N("a") "], ctx=Load())");
    assert_expr("(a)", N("a"));
    assert_expr("[*a, b := c]", "List(elts=[Starred(value=" N("a")
                ", ctx=Load()), NamedExpr(target=Name(id='b', "
                                "ctx=Store()), value=" N("c") ")], ctx=Load())");
    assert_expr("{a, *b}", "Set(elts=[" N("a") ", Starred(value=" N("b") ", ctx=Load())])");
    assert_expr("{a: b, **c}", "Dict(keys=[" N("a") ", None], values=[" N("b") ", " N("c") "])");
}
END_TEST

START_TEST(comprehensions)
{
#define GEN "generators=[comprehension(target=Name(id='x', ctx=Store()), iter=" N("y") ", is_async=0)]"
    assert_expr("[x for x in y]", "ListComp(elt=" N("x") ", " GEN ")");
    assert_expr("{x for x in y}", "SetComp(elt=" N("x") ", " GEN ")");
    assert_expr("{x: a for x in y}", "DictComp(key=" N("x") ", value=" N("a") ", " GEN ")");
    assert_expr("(x for x in y)", "GeneratorExp(elt=" N("x") ", " GEN ")");
    assert_expr("[x async for x, in y if a if b for z in c]",
                "ListComp(elt=" N("x")
                    ", generators=[comprehension(target=Tuple(elts=[Name(id='x', ctx=Store())], "
                "ctx=Store()), iter=" N("y") ", ifs=[" N("a") ", " N("b") "], is_async=1), comprehension("
                "target=Name(id='z', ctx=Store()), iter=" N("c") ", is_async=0)])");
    assert_fails("[*a for a in b]", "SyntaxError: iterable unpacking cannot be used in comprehension",
                 "1.2-1.4");
    assert_fails("{**a for a in b}", "SyntaxError: dict unpacking cannot be used in dict comprehension",
                 "1.2-1.4");
}
END_TEST

START_TEST(calls)
{
    assert_expr("f(a, *b, c=a, **b)",
                "Call(func=" N("f") ", args=[" N("a") ", Starred(value=" N("b") ", ctx=Load())], keywords=["
                "keyword(arg='c', value=" N("a") "), keyword(value=" N("b") ")])");
    assert_expr("f(x for x in y)", "Call(func=" N("f") ", args=[GeneratorExp(elt=" N("x") ", " GEN ")])");
    assert_expr("f(c=a, *b)", "Call(func=" N("f") ", args=[Starred(value=" N("b") ", ctx=Load())], keywords=["
                              "keyword(arg='c', value=" N("a") ")])");
    assert_fails("f(a=1, b)", "SyntaxError: positional argument follows keyword argument", "1.9-1.10");
    assert_fails("f(**k, b)", "SyntaxError: positional argument follows keyword argument unpacking",
                 "1.9-1.10");
    assert_fails("f(**k, *a)", "SyntaxError: iterable argument unpacking follows keyword argument unpacking",
                 "1.6-1.10");
    assert_fails("f(1, x for x in y)", "SyntaxError: Generator expression must be parenthesized", "1.6-1.18");
    assert_fails("f(x for x in y,)", "SyntaxError: Generator expression must be parenthesized", NULL);
    assert_fails("f(a=1, a=2)", "SyntaxError: keyword argument repeated: a", "1.8-1.11");
    assert_fails("f(a.b=1)", "SyntaxError: expression cannot contain assignment, perhaps you meant \"==\"?",
                 "1.3-1.7");
    assert_fails("f(True=1)", "SyntaxError: cannot assign to True", "1.3-1.8");
    assert_fails("f(a=)", "SyntaxError: expected argument value expression", "1.3-1.5");
    assert_fails("f(*a=b)", "SyntaxError: cannot assign to iterable argument unpacking", NULL);
}
END_TEST

START_TEST(subscripts)
{
#define SUB(x) "Subscript(value=" N("a") ", slice=" x ", ctx=Load())"
    assert_expr("a[b]", SUB(N("b")));
    assert_expr("a[:]", SUB("Slice()"));
    assert_expr("a[b::c]", SUB("Slice(lower=" N("b") ", step=" N("c") ")"));
    assert_expr("a[b,]", SUB("Tuple(elts=[" N("b") "], ctx=Load())"));
    assert_expr("a[*b]", SUB("Tuple(elts=[Starred(value=" N("b") ", ctx=Load())], ctx=Load())"));
    assert_expr("a[:b, c]", SUB("Tuple(elts=[Slice(upper=" N("b") "), " N("c") "], ctx=Load())"));
}
END_TEST

START_TEST(generator_argument_has_the_parentheses)
{
    Parsed p;
    parsed_begin(&p, "ff(x for x in y)", PARSE_EVAL);
    const AstCall *call = (const AstCall *)((AstExpression *)p.tree)->body;
    ck_assert(call->args->items[0]->start == 2 && call->args->items[0]->end == 16);
    parsed_end(&p);
}
END_TEST

Suite *ast_build_suite(void)
{
    const TTest *const tests[] = { precedence, chains, displays, comprehensions, calls, subscripts,
                                   generator_argument_has_the_parentheses };
    return one_case("ast_build", tests, COUNT_OF(tests));
}
