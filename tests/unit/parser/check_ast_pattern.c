/* SPDX-License-Identifier: MIT
 * Patterns of match statements. */
#include "support.h"

#include <stdio.h>

Suite *ast_pattern_suite(void);

static void assert_pattern(const char *pattern, const char *dump)
{
    char text[256], expected[2048];
    snprintf(text, sizeof text, "match x:\n case %s: pass", pattern);
    snprintf(expected, sizeof expected,
             "Match(subject=Name(id='x', ctx=Load()), cases=[match_case(pattern=%s, body=[Pass()])])", dump);
    assert_body(text, expected);
}

static void assert_bad(const char *pattern, const char *message, const char *place)
{
    char text[256], error[256];
    snprintf(text, sizeof text, "match x:\n case %s: pass\n", pattern);
    snprintf(error, sizeof error, "SyntaxError: %s", message);
    assert_fails(text, error, place);
}

#define VALUE(x) "MatchValue(value=" x ")"
#define ONE VALUE("Constant(value=1)")

START_TEST(simple)
{
    assert_pattern("1", ONE);
    assert_pattern("(1)", ONE);
    assert_pattern("-1", VALUE("UnaryOp(op=USub(), operand=Constant(value=1))"));
    assert_pattern("1 + 2j", VALUE("BinOp(left=Constant(value=1), op=Add(), right=Constant(value=2j))"));
    assert_pattern("'a' 'b'", VALUE("Constant(value='ab')"));
    assert_pattern("None", "MatchSingleton(value=None)");
    assert_pattern("a", "MatchAs(name='a')");
    assert_pattern("_", "MatchAs()");
    assert_pattern("a.b", VALUE("Attribute(value=Name(id='a', ctx=Load()), attr='b', ctx=Load())"));
    assert_pattern("1 | _", "MatchOr(patterns=[" ONE ", MatchAs()])");
    assert_pattern("1 as a", "MatchAs(pattern=" ONE ", name='a')");
}
END_TEST

START_TEST(structures)
{
    assert_pattern("[]", "MatchSequence()");
    assert_pattern("()", "MatchSequence()");
    assert_pattern("1,", "MatchSequence(patterns=[" ONE "])");
    assert_pattern("(a, *_)", "MatchSequence(patterns=[MatchAs(name='a'), MatchStar()])");
    assert_pattern("*a, 1", "MatchSequence(patterns=[MatchStar(name='a'), " ONE "])");
    assert_pattern("{}", "MatchMapping()");
    assert_pattern("{1: a, **r}",
                   "MatchMapping(keys=[Constant(value=1)], patterns=[MatchAs(name='a')], rest='r')");
    assert_pattern("A()", "MatchClass(cls=Name(id='A', ctx=Load()))");
    assert_pattern("A(1, b=1,)", "MatchClass(cls=Name(id='A', ctx=Load()), patterns=[" ONE
                   "], kwd_attrs=['b'], "
                                 "kwd_patterns=[" ONE "])");
}
END_TEST

START_TEST(subjects)
{
    assert_body("match x,:\n case _ if y: pass",
                "Match(subject=Tuple(elts=[Name(id='x', ctx=Load())], ctx=Load()), cases=[match_case("
                "pattern=MatchAs(), guard=Name(id='y', ctx=Load()), body=[Pass()])])");
    assert_body("match *x, y:\n case _: pass",
                "Match(subject=Tuple(elts=[Starred(value=Name(id='x', ctx=Load()), ctx=Load()), Name(id='y', "
                "ctx=Load())], ctx=Load()), cases=[match_case(pattern=MatchAs(), body=[Pass()])])");
}
END_TEST

START_TEST(errors)
{
    assert_bad("1 as _", "cannot use '_' as a target", "2.12-2.13");
    assert_bad("1 as (a)", "invalid pattern target", NULL);
    assert_bad("1 as a.b", "invalid syntax", NULL);
    assert_bad("A(b=1, 2)", "positional patterns follow keyword patterns", "2.14-2.15");
    assert_bad("1 + 2", "imaginary number required in complex literal", "2.11-2.12");
    assert_bad("1j + 2j", "real number required in complex literal", NULL);
    assert_bad("f'{a}'", "patterns may only match literals and attribute lookups", NULL);
    assert_bad("{**r, 1: a}", "invalid syntax", NULL);
    assert_bad("(*a)", "invalid syntax", NULL);
}
END_TEST

START_TEST(names)
{
    assert_bad("a, a", "multiple assignments to name 'a' in pattern", NULL);
    assert_bad("a | [1]", "name capture 'a' makes remaining patterns unreachable", NULL);
    assert_bad("_ | 1", "wildcard makes remaining patterns unreachable", NULL);
    assert_bad("[a] | [b]", "alternative patterns bind different names", NULL);
    assert_bad("[*a, *b]", "multiple starred names in sequence pattern", NULL);
    assert_bad("A(b=1, b=2)", "attribute name repeated in class pattern: b", NULL);
    assert_fails("match x:\n case a: pass\n case 1: pass\n",
                 "SyntaxError: name capture 'a' makes remaining patterns unreachable", "2.7-2.8");
    assert_accepted("match x:\n case a if y: pass\n case 1: pass\n");
}
END_TEST

Suite *ast_pattern_suite(void)
{
    const TTest *const tests[] = { simple, structures, subjects, errors, names };
    return one_case("ast_pattern", tests, COUNT_OF(tests));
}
