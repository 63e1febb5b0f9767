/* SPDX-License-Identifier: MIT
 * Where match, case and type are keywords. */
#include "support.h"

#include <stdio.h>

Suite *soft_suite(void);

/* The kinds of the words match, case, type in text, in order: M C T, or n for a name. */
static void assert_words(const char *text, const char *expected)
{
    Lexed l;
    lexed_begin(&l, text, strlen(text), NULL);
    char found[64] = "";
    size_t n = 0;
    for (uint32_t i = 0; i < l.tokens.count; i++) {
        const Token *t = &l.tokens.items[i];
        const char *word = l.src.text + t->start, *name = token_name(t->kind);
        uint32_t len = t->end - t->start;
        if ((len == 5 && !memcmp(word, "match", 5)) || (len == 4 && (!memcmp(word, "case", 4) ||
                                                                     !memcmp(word, "type", 4))))
            found[n++] = strcmp(name, "NAME") == 0 ? 'n' : name[0];
    }
    ck_assert_msg(strcmp(found, expected) == 0, "%s: %s, not %s", text, found, expected);
    lexed_end(&l);
}

START_TEST(match_statements)
{
    static const char *const subjects[] = {
        "x", "(x)", "[x]", "x, y", "*x, y", "-x", "not x", "{}", "lambda: 1", "'a'", "f'a'", "x[1:2]",
        "(a, b)", "await x", "x if y else z", "...", "~x", "match",
    };
    for (size_t i = 0; i < COUNT_OF(subjects); i++) {
        char text[100];
        snprintf(text, sizeof text, "match %s:\n case 1: pass\n", subjects[i]);
        assert_words(text, i == COUNT_OF(subjects) - 1 ? "MnC" : "MC");
    }
}
END_TEST

START_TEST(match_names)
{
    static const char *const lines[] = {
        "match = 1", "match(x)", "match[x]: int = 3", "match: int", "match.x", "match + 1", "match",
        "match -x", "match in x", "match not in x", "match * a, b", "match (x).y = 1", "match; x",
        "match, y = 1", "match and y", "match[a:b] = lambda: 0", "x = match", "f(match=1)", "if match: pass",
        "match if x else y", "match @ x", "match == (lambda: 0)",
    };
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        assert_words(lines[i], "n");
}
END_TEST

START_TEST(case_only_in_a_match)
{
    assert_words("case = 1\n", "n");
    assert_words("if case:\n case(1)\n", "nn");
    assert_words("match x:\n case case: case = case\n case _:\n  case = 1\n  match case:\n   case match: "
                 "pass\n case 2: pass\ncase(1)\n",
                 "MCnnnCnMnCnCn");
}
END_TEST

START_TEST(type_aliases)
{
    assert_words("type X = int", "T");
    assert_words("type type = type", "Tnn");
    assert_words("type X[T: int] = int; type Y = 1; type = 2", "TTn");
    assert_words("if x: type X = 1\nelse: type(x)\n", "Tn");
    assert_words("class A[T: (int, str)]: type Y = 1", "T");
    assert_words("if (lambda x: 1) and (lambda: 2): type X = 1", "T");
    assert_words("type(x); type.x; type[x]; type in x; type: int; x = type", "nnnnnn");
    assert_words("match x:\n case 1: type X = 1", "MCT");
}
END_TEST

Suite *soft_suite(void)
{
    const TTest *tests[] = { match_statements, match_names, case_only_in_a_match, type_aliases };
    return one_case("soft", tests, COUNT_OF(tests));
}
