/* SPDX-License-Identifier: MIT
 * The token dump. */
#include "support.h"

#include "gen/token_codes.h"

Suite *dump_suite(void);

START_TEST(positions_and_texts)
{
    static const char text[] = "a:\n  b = '\\t\xc3\xa9' # c\n";
    Lexed l;
    lexed_begin(&l, text, sizeof text - 1, NULL);
    size_t len;
    char *dump = token_dump(&l.arena, &l.src, &l.tokens, &len);
    ck_assert_str_eq(dump, "1,0-1,1: NAME 'a'\n1,1-1,2: COLON ':'\n1,2-1,3: NEWLINE '\\n'\n2,0-2,2: INDENT "
                           "'  '\n2,2-2,3: NAME 'b'\n2,4-2,5: EQUAL '='\n2,6-2,11: STRING "
                           "'\\'\\\\t\xc3\xa9\\''\n2,15-2,16: NEWLINE '\\n'\n3,0-3,0: DEDENT ''\n3,0-3,0: "
                           "ENDMARKER ''\n");
    ck_assert_uint_eq(len, strlen(dump));
    lexed_end(&l);
}
END_TEST

START_TEST(a_last_line_without_its_break)
{
    Lexed l;
    lexed_begin(&l, "a", 1, NULL);
    size_t len;
    ck_assert_str_eq(token_dump(&l.arena, &l.src, &l.tokens, &len),
                     "1,0-1,1: NAME 'a'\n1,1-1,2: NEWLINE ''\n2,0-2,0: ENDMARKER ''\n");
    lexed_end(&l);
}
END_TEST

START_TEST(names)
{
    ck_assert_str_eq(token_name(TK_DOUBLESLASHEQUAL), "DOUBLESLASHEQUAL");
    ck_assert_ptr_null(token_name(0));
    ck_assert_ptr_null(token_name(60000));
}
END_TEST

Suite *dump_suite(void)
{
    const TTest *tests[] = { positions_and_texts, a_last_line_without_its_break, names };
    return one_case("dump", tests, COUNT_OF(tests));
}
