/* SPDX-License-Identifier: MIT
 * Raw tokens: each operator and keyword, names, strings, f-strings, what is no token. */
#include "support.h"

Suite *scan_suite(void);

START_TEST(operators)
{
    assert_kinds("+ - * / // % @ ** << >> & | ^ ~",
                 "PLUS MINUS STAR SLASH DOUBLESLASH PERCENT AT DOUBLESTAR LEFTSHIFT RIGHTSHIFT AMPER VBAR "
                 "CIRCUMFLEX TILDE NEWLINE ENDMARKER");
    assert_kinds("+= -= *= /= //= %= @= **= <<= >>= &= |= ^=",
                 "PLUSEQUAL MINEQUAL STAREQUAL SLASHEQUAL DOUBLESLASHEQUAL PERCENTEQUAL ATEQUAL "
                 "DOUBLESTAREQUAL LEFTSHIFTEQUAL RIGHTSHIFTEQUAL AMPEREQUAL VBAREQUAL CIRCUMFLEXEQUAL "
                 "NEWLINE ENDMARKER");
    assert_kinds("< > == != <= >= = := -> ... . , : ; ! ( ) [ ] { }",
                 "LESS GREATER EQEQUAL NOTEQUAL LESSEQUAL GREATEREQUAL EQUAL COLONEQUAL RARROW ELLIPSIS DOT "
                 "COMMA COLON SEMI EXCLAMATION LPAREN RPAREN LBRACKET RBRACKET LBRACE RBRACE NEWLINE "
                 "ENDMARKER");
    assert_kinds("....->>=**==", "ELLIPSIS DOT RARROW GREATEREQUAL DOUBLESTAREQUAL EQUAL NEWLINE ENDMARKER");
}
END_TEST

START_TEST(keywords_and_names)
{
    assert_kinds("False None True and as assert async await break class continue def del elif else except "
                 "finally",
                 "FALSE NONE TRUE AND AS ASSERT ASYNC AWAIT BREAK CLASS CONTINUE DEF DEL ELIF ELSE EXCEPT "
                 "FINALLY NEWLINE ENDMARKER");
    assert_kinds("for from global if import in is lambda nonlocal not or pass raise return try while with "
                 "yield",
                 "FOR FROM GLOBAL IF IMPORT IN IS LAMBDA NONLOCAL NOT OR PASS RAISE RETURN TRY WHILE WITH "
                 "YIELD NEWLINE ENDMARKER");
    assert_kinds("iff _ false r u rb b1 \xc3\xa9t\xc3\xa9 f", "NAME NAME NAME NAME NAME NAME NAME NAME NAME "
                                                              "NEWLINE ENDMARKER");
}
END_TEST

START_TEST(strings_of_all_prefixes)
{
    assert_kinds("'' \"\" '''''' r'\\' ' R\"\" b'' B'' br'' Rb'' u'' U'''a\n'b''c'''",
                 "STRING STRING STRING STRING STRING STRING STRING STRING STRING STRING STRING NEWLINE "
                 "ENDMARKER");
    assert_kinds("'a\\\nb' 'a\\\r\nb' '\\'' '\\\\'", "STRING STRING STRING STRING NEWLINE ENDMARKER");
    assert_kinds("ur''", "NAME STRING NEWLINE ENDMARKER");
    assert_kinds("f'' rf'' Fr\"\" fR''''''",
                 "FSTRING_START FSTRING_END FSTRING_START FSTRING_END FSTRING_START FSTRING_END "
                 "FSTRING_START FSTRING_END NEWLINE ENDMARKER");
}
END_TEST

START_TEST(unterminated_strings)
{
    assert_error("x = 'abc", "SyntaxError: unterminated string literal (detected at line 1)", 1, 5);
    assert_error("'abc\\'", "SyntaxError: unterminated string literal (detected at line 1); "
                            "perhaps you escaped the end quote?", 1, 1);
    assert_error("'''abc\n\n", "SyntaxError: unterminated triple-quoted string literal (detected at line 2)",
                 1, 1);
    assert_error("'a\\\nb\nc'", "SyntaxError: unterminated string literal (detected at line 2)", 1, 1);
    assert_error("f'abc", "SyntaxError: unterminated f-string literal (detected at line 1)", 1, 1);
    assert_error("f'''{a:\n\n", "SyntaxError: unterminated triple-quoted f-string literal (detected at line "
                                "2)", 1, 1);
    assert_error("f'{a'", "SyntaxError: f-string: expecting '}'", 1, 5);
    assert_error("f'{a\"'", "SyntaxError: unterminated string literal (detected at line 1)", 1, 5);
}
END_TEST

START_TEST(fstrings)
{
    assert_kinds("f'a{b}c'", "FSTRING_START FSTRING_MIDDLE LBRACE NAME RBRACE FSTRING_MIDDLE FSTRING_END "
                             "NEWLINE ENDMARKER");
    assert_kinds("f'{a!r:>{w}.{p}}'",
                 "FSTRING_START LBRACE NAME EXCLAMATION NAME COLON FSTRING_MIDDLE LBRACE NAME RBRACE "
                 "FSTRING_MIDDLE LBRACE NAME RBRACE RBRACE FSTRING_END NEWLINE ENDMARKER");
    assert_kinds("f'{{a}}{b=}'", "FSTRING_START FSTRING_MIDDLE LBRACE NAME EQUAL RBRACE FSTRING_END NEWLINE "
                                 "ENDMARKER");
    assert_kinds("f'{x:=5}{x!=y}'",
                 "FSTRING_START LBRACE NAME COLON FSTRING_MIDDLE RBRACE LBRACE NAME NOTEQUAL NAME RBRACE "
                 "FSTRING_END NEWLINE ENDMARKER");
    assert_kinds("f'{ {1: 2}[1] }'",
                 "FSTRING_START LBRACE LBRACE NUMBER COLON NUMBER RBRACE LBRACKET NUMBER RBRACKET RBRACE "
                 "FSTRING_END NEWLINE ENDMARKER");
    assert_kinds("f'{x:{{1:2}}}'",
                 "FSTRING_START LBRACE NAME COLON LBRACE LBRACE NUMBER COLON NUMBER RBRACE RBRACE RBRACE "
                 "FSTRING_END NEWLINE ENDMARKER");
    assert_kinds("f'{f'{f\"{1}\"}'}'",
                 "FSTRING_START LBRACE FSTRING_START LBRACE FSTRING_START LBRACE NUMBER RBRACE FSTRING_END "
                 "RBRACE FSTRING_END RBRACE FSTRING_END NEWLINE ENDMARKER");
    assert_kinds("f'\\N{DIGIT ONE}\\{a}' rf'\\N{a}'",
                 "FSTRING_START FSTRING_MIDDLE LBRACE NAME RBRACE FSTRING_END FSTRING_START FSTRING_MIDDLE "
                 "LBRACE NAME RBRACE FSTRING_END NEWLINE ENDMARKER");
    assert_kinds("f'{a\n# c\n}'", "FSTRING_START LBRACE NAME RBRACE FSTRING_END NEWLINE ENDMARKER");
    assert_kinds("f'{x:a\n}'", "FSTRING_START LBRACE NAME COLON FSTRING_MIDDLE RBRACE FSTRING_END NEWLINE "
                               "ENDMARKER");
    assert_kinds("f'''{x:\n}'''", "FSTRING_START LBRACE NAME COLON FSTRING_MIDDLE RBRACE FSTRING_END "
                                  "NEWLINE ENDMARKER");
}
END_TEST

START_TEST(fstring_errors)
{
    assert_error("f'a}b'", "SyntaxError: f-string: single '}' is not allowed", 1, 4);
    assert_error("f'{a)}'", "SyntaxError: f-string: unmatched ')'", 1, 5);
    assert_error("f'{(a}'", "SyntaxError: closing parenthesis '}' does not match opening parenthesis '('", 1,
                 6);
    assert_error("f'{a:{b:{c:{d}}}}'", "SyntaxError: f-string: expressions nested too deeply", 1, 11);
    assert_error("f'{x:{y}\n}'", "SyntaxError: unterminated f-string literal (detected at line 1)", 1, 1);
    assert_error("f'{a", "SyntaxError: '{' was never closed", 1, 3);
    assert_error("f'{a:x'", "SyntaxError: '{' was never closed", 1, 3);
}
END_TEST

START_TEST(no_tokens)
{
    assert_kinds("a ? b <> c", "NAME BAD NAME BAD NAME NEWLINE ENDMARKER");
    assert_error("a\n\x01", "SyntaxError: invalid non-printable character U+0001", 2, 1);
    assert_error("a ? 'b", "SyntaxError: unterminated string literal (detected at line 1)", 1, 5);
}
END_TEST

START_TEST(line_continuation)
{
    assert_kinds("x = 1 \\\n + 2", "NAME EQUAL NUMBER PLUS NUMBER NEWLINE ENDMARKER");
    assert_kinds("x\\\r\n.y\\\r.z", "NAME DOT NAME DOT NAME NEWLINE ENDMARKER");
    assert_error("x \\ y\n", "SyntaxError: unexpected character after line continuation character", 1, 4);
    assert_error("x = 1\\", "SyntaxError: unexpected EOF while parsing", 1, 7);
    assert_error("(1\\", "SyntaxError: '(' was never closed", 1, 1);
}
END_TEST

Suite *scan_suite(void)
{
    const TTest *tests[] = { operators, keywords_and_names, strings_of_all_prefixes, unterminated_strings,
                             fstrings,
                             fstring_errors, no_tokens, line_continuation };
    return one_case("scan", tests, COUNT_OF(tests));
}
