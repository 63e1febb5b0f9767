/* SPDX-License-Identifier: MIT
 * Runs of literals, f-strings. */
#include "support.h"

Suite *ast_string_suite(void);

#define N(x) "Name(id='" x "', ctx=Load())"
#define S(x) "Constant(value='" x "')"
#define V(x) "FormattedValue(value=" N(x) ", conversion=-1)"

START_TEST(runs)
{
    assert_expr("'a' 'b' \"\"", S("ab"));
    assert_expr("'' ''", S(""));
    assert_expr("b'a' b'b'", "Constant(value=b'ab')");
    assert_expr("u'a' 'b'", "Constant(value='ab', kind='u')");
    assert_expr("'a' f'b{x}c' 'd'", "JoinedStr(values=[" S("ab") ", " V("x") ", " S("cd") "])");
    assert_fails("'a' b'b'", "SyntaxError: cannot mix bytes and nonbytes literals", NULL);
}
END_TEST

START_TEST(fields)
{
    assert_expr("f''", "JoinedStr()");
    assert_expr("f'a{{b}}'", "JoinedStr(values=[" S("a{b}") "])");
    assert_expr("f'{x}{y}'", "JoinedStr(values=[" V("x") ", " V("y") "])");
    assert_expr("f'{x!r}'", "JoinedStr(values=[FormattedValue(value=" N("x") ", conversion=114)])");
    assert_expr("f'{x:>{w}.2}'",
                "JoinedStr(values=[FormattedValue(value=" N("x")
                    ", conversion=-1, format_spec=JoinedStr(values=["
                S(">") ", " V("w") ", " S(".2") "]))])");
    assert_expr("f'{x = }'", "JoinedStr(values=[" S("x = ") ", FormattedValue(value=" N("x")
                ", conversion=114)])");
    assert_expr("f'{x=!s}'", "JoinedStr(values=[" S("x=") ", FormattedValue(value=" N("x")
                ", conversion=115)])");
    assert_expr("f'{x=:3}'", "JoinedStr(values=[" S("x=") ", FormattedValue(value=" N("x") ", conversion=-1, "
                             "format_spec=JoinedStr(values=[" S("3") "]))])");
    assert_expr("f'{f\"{x}\"}'", "JoinedStr(values=[FormattedValue(value=JoinedStr(values=[" V("x") "]), "
                                 "conversion=-1)])");
    assert_expr("rf'\\{x}'", "JoinedStr(values=[" S("\\\\") ", " V("x") "])");
}
END_TEST

START_TEST(broken_fields)
{
    assert_fails("f'{}'", "SyntaxError: f-string: valid expression required before '}'", "1.4-1.5");
    assert_fails("f'{!r}'", "SyntaxError: f-string: valid expression required before '!'", NULL);
    assert_fails("f'{=}'", "SyntaxError: f-string: valid expression required before '='", NULL);
    assert_fails("f'{:x}'", "SyntaxError: f-string: valid expression required before ':'", NULL);
    assert_fails("f'{,}'", "SyntaxError: f-string: expecting a valid expression after '{'", "1.4-1.5");
    assert_fails("f'{x!}'", "SyntaxError: f-string: missing conversion character", NULL);
    assert_fails("f'{x!z}'",
                 "SyntaxError: f-string: invalid conversion character 'z': expected 's', 'r', or 'a'", NULL);
    assert_fails("f'{x!3}'", "SyntaxError: f-string: invalid conversion character", NULL);
    assert_fails("f'{x y}'", "SyntaxError: invalid syntax. Perhaps you forgot a comma?", "1.4-1.7");
    assert_fails("f'{lambda x: 1}'",
                 "SyntaxError: f-string: lambda expressions are not allowed without parentheses", NULL);
}
END_TEST

Suite *ast_string_suite(void)
{
    const TTest *const tests[] = { runs, fields, broken_fields };
    return one_case("ast_string", tests, COUNT_OF(tests));
}
