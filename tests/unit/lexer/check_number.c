/* SPDX-License-Identifier: MIT
 * Numbers, right and wrong. */
#include "support.h"

Suite *number_suite(void);

#define ZEROS "SyntaxError: leading zeros in decimal integer literals are not permitted; " \
              "use an 0o prefix for octal integers"

START_TEST(valid_forms)
{
    static const char *const numbers[] = {
        "0", "00_0", "1_000", "0xFf_0", "0o1_7", "0B1_0", "1.", ".5", "1.5e-3", "1E5", "09.5", "09e1", "0j",
            "09j",
        "1_0.0_1e1_0J", "0x1_f",
    };
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        assert_kinds(numbers[i], "NUMBER NEWLINE ENDMARKER");
    assert_kinds("1..real", "NUMBER DOT NAME NEWLINE ENDMARKER");
    assert_kinds("1.5.6", "NUMBER NUMBER NEWLINE ENDMARKER");
}
END_TEST

START_TEST(a_keyword_may_touch)
{
    assert_kinds("1if 0else 2", "NUMBER IF NUMBER ELSE NUMBER NEWLINE ENDMARKER");
    assert_kinds("0x1for x", "NUMBER OR NAME NEWLINE ENDMARKER");
    assert_kinds("1.and 2or 3in x", "NUMBER AND NUMBER OR NUMBER IN NAME NEWLINE ENDMARKER");
    assert_kinds("1not in x", "NUMBER NOT IN NAME NEWLINE ENDMARKER");
}
END_TEST

START_TEST(invalid_forms)
{
    assert_error("1_", "SyntaxError: invalid decimal literal", 1, 2);
    assert_error("1__0", "SyntaxError: invalid decimal literal", 1, 2);
    assert_error("1abc", "SyntaxError: invalid decimal literal", 1, 1);
    assert_error("x = 1e+", "SyntaxError: invalid decimal literal", 1, 7);
    assert_error("1e_5", "SyntaxError: invalid decimal literal", 1, 1);
    assert_error("1._5", "SyntaxError: invalid decimal literal", 1, 2);
    assert_error("1.5_e", "SyntaxError: invalid decimal literal", 1, 4);
    assert_error("1jx", "SyntaxError: invalid imaginary literal", 1, 2);
    assert_error("0xg", "SyntaxError: invalid hexadecimal literal", 1, 2);
    assert_error("0x1_", "SyntaxError: invalid hexadecimal literal", 1, 4);
    assert_error("0o", "SyntaxError: invalid octal literal", 1, 2);
    assert_error("0o18", "SyntaxError: invalid digit '8' in octal literal", 1, 4);
    assert_error("0b_2", "SyntaxError: invalid digit '2' in binary literal", 1, 4);
    assert_error("0777", ZEROS, 1, 1);
    assert_error("0_7", ZEROS, 1, 1);
    assert_error("00_9_", "SyntaxError: invalid decimal literal", 1, 5);
}
END_TEST

Suite *number_suite(void)
{
    const TTest *tests[] = { valid_forms, a_keyword_may_touch, invalid_forms };
    return one_case("number", tests, COUNT_OF(tests));
}
