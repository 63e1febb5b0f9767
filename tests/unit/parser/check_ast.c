/* SPDX-License-Identifier: MIT
 * Names and the dump: how constants, fields and lists are written. */
#include "support.h"

#include <stdio.h>

Suite *ast_suite(void);

START_TEST(constants)
{
    assert_expr("None", "Constant(value=None)");
    assert_expr("...", "Constant(value=Ellipsis)");
    assert_expr("1_000", "Constant(value=1000)");
    assert_expr("00", "Constant(value=0)");
    assert_expr("0xff_ff", "Constant(value=65535)");
    assert_expr("0o17", "Constant(value=15)");
    assert_expr("0b101", "Constant(value=5)");
    assert_expr("0x123456789abcdef0123456789", "Constant(value=90144042682896311822508713865)");
    assert_expr("1.0", "Constant(value=1.0)");
    assert_expr(".5", "Constant(value=0.5)");
    assert_expr("1e100", "Constant(value=1e+100)");
    assert_expr("1e16", "Constant(value=1e+16)");
    assert_expr("1e15", "Constant(value=1000000000000000.0)");
    assert_expr("0.0001", "Constant(value=0.0001)");
    assert_expr("0.00001", "Constant(value=1e-05)");
    assert_expr("3.14159", "Constant(value=3.14159)");
    assert_expr("1e999", "Constant(value=inf)");
    assert_expr("2j", "Constant(value=2j)");
    assert_expr("1.5e3j", "Constant(value=1500j)");
}
END_TEST

START_TEST(strings)
{
    assert_expr("'a'", "Constant(value='a')");
    assert_expr("\"it's\"", "Constant(value=\"it's\")");
    assert_expr("'''\"'\\''''", "Constant(value='\"\\'\\'')");
    assert_expr("'\\n\\t\\\\'", "Constant(value='\\n\\t\\\\')");
    assert_expr("'\\x01\\x7f'", "Constant(value='\\x01\\x7f')");
    assert_expr("'\\ud800'", "Constant(value='\\ud800')");
    assert_expr("'\\u2028\\xa0'", "Constant(value='\\u2028\\xa0')");
    assert_expr("'\xc3\xa4'", "Constant(value='\xc3\xa4')");
    assert_expr("b'a\\xff'", "Constant(value=b'a\\xff')");
    assert_expr("u'a'", "Constant(value='a', kind='u')");
}
END_TEST

START_TEST(one_line_or_several)
{
    Parsed p;
    AstText dump;
    parsed_begin(&p, "x[:] = f(y, z=1)\n", PARSE_FILE);
    ck_assert(ast_dump(&p.arena, p.tree, &dump));
    ck_assert_str_eq(dump.text, "Module(\n"
                                "  body=[\n"
                                "    Assign(\n"
                                "      targets=[\n"
                                "        Subscript(\n"
                                "          value=Name(id='x', ctx=Load()),\n"
                                "          slice=Slice(),\n"
                                "          ctx=Store())],\n"
                                "      value=Call(\n"
                                "        func=Name(id='f', ctx=Load()),\n"
                                "        args=[\n"
                                "          Name(id='y', ctx=Load())],\n"
                                "        keywords=[\n"
                                "          keyword(\n"
                                "            arg='z',\n"
                                "            value=Constant(value=1))]))])");
    parsed_end(&p);
}
END_TEST

START_TEST(empty_fields_are_left_out)
{
    assert_expr("lambda: (yield)", "Lambda(args=arguments(), body=Yield())");
    assert_expr("[]", "List(ctx=Load())");
    assert_expr("{}", "Dict()");
    assert_body("return\n", "Return()");
    assert_body("raise\n", "Raise()");
}
END_TEST

START_TEST(names_are_interned)
{
    Parsed p;
    parsed_begin(&p, "a = b = a", PARSE_FILE);
    const AstAssign *s = (const AstAssign *)((AstModule *)p.tree)->body->items[0];
    const AstName *a = (const AstName *)s->targets->items[0], *b = (const AstName *)s->targets->items[1];
    ck_assert_ptr_eq(a->id, ((const AstName *)s->value)->id);
    ck_assert_uint_eq(a->id->id, 0);
    ck_assert_uint_eq(b->id->id, 1);
    NameTable *names = ast_names(p.tree);
    ck_assert_uint_eq(name_count(names), 2);
    ck_assert_ptr_eq(name_intern(names, "b", 1), b->id);
    for (int i = 0; i < 1000; i++) {
        char text[16];
        int n = snprintf(text, sizeof text, "n%d", i);
        ck_assert_str_eq(name_intern(names, text, (size_t)n)->text, text);
    }
    ck_assert_ptr_eq(name_intern(names, "a", 1), a->id);
    ck_assert_uint_eq(name_count(names), 1002);
    parsed_end(&p);
}
END_TEST

Suite *ast_suite(void)
{
    const TTest *const tests[] = { constants, strings, one_line_or_several, empty_fields_are_left_out,
                                   names_are_interned };
    return one_case("ast", tests, COUNT_OF(tests));
}
