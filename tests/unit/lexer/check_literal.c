/* SPDX-License-Identifier: MIT
 * Decoding of literals; the expected texts and messages are CPython's. */
#include "support.h"

#include "gen/token_codes.h"
#include "lexer/literal.h"

Suite *literal_suite(void);

#define CANNOT_DECODE "(unicode error) 'unicodeescape' codec can't decode bytes in position "

static bool digit_one(void *ud, const char *name, size_t len, uint32_t *cp)
{
    (void)ud;
    *cp = '1';
    return len == 9 && memcmp(name, "DIGIT ONE", 9) == 0;
}

static bool note_warning(void *ud, uint32_t offset, const char *message)
{
    (void)offset;
    strcpy(ud, message);
    return true;
}

static size_t upper(const char *text, size_t len, char *out, size_t cap)
{
    (void)text;
    if (cap >= 3)
        memcpy(out, "ABC", 3);
    return len > 1 ? 3 : 0;
}

static char warning[100];       /* each test runs in a process of its own */
static const SourceHooks hooks = { .ud = warning, .find_name = digit_one, .warn = note_warning,
                                   .nfkc = upper };

/* The first string or piece of an f-string in text: decoded, or the message. */
static void assert_decoded(const char *text, const char *expected, size_t len, bool ok)
{
    Lexed l;
    lexed_begin(&l, text, strlen(text), &hooks);
    ck_assert_msg(l.ok, "%s: %s", text, l.diag.message);
    const Token *t = l.tokens.items;
    Literal found = { 0 };
    bool decoded = t->kind == TK_STRING ? literal_string(&l.arena, &l.src, t, &found, NULL, NULL, &l.diag)
                                        : literal_fstring_text(&l.arena, &l.src, t, t + 1, false, &found, &l.diag);
    ck_assert_msg(decoded == ok, "%s: %s", text, l.diag.message);
    if (ok) {
        ck_assert_msg(found.len == len && memcmp(found.text, expected, len) == 0, "%s: %.*s", text,
                      (int)found.len, found.text);
    } else {
        ck_assert_str_eq(l.diag.message, expected);
    }
    lexed_end(&l);
}

#define DECODES(text, expected) assert_decoded(text, expected, sizeof expected - 1, true)
#define FAILS(text, message) assert_decoded(text, message, 0, false)

START_TEST(escapes)
{
    DECODES("'abc'", "abc");
    DECODES("'\\a\\b\\f\\n\\r\\t\\v\\\\\\'\\\"'", "\a\b\f\n\r\t\v\\'\"");
    DECODES("'\\0\\01\\0012\\777'", "\0\1\0012\xc7\xbf");
    DECODES("'\\x41\\xe9\\u20ac\\U0001f600'", "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    DECODES("'\\ud83d\\ude00'", "\xed\xa0\xbd\xed\xb8\x80");
    DECODES("'\\N{DIGIT ONE}'", "1");
    DECODES("'''a\\\nb\\\r\nc\r\nd\re\nf'''", "abc\nd\ne\nf");
    DECODES("r'\\x\\''", "\\x\\'");
    DECODES("'\xc3\xa9\\\xc3\xa9'", "\xc3\xa9\\\xc3\xa9");
    DECODES("u'a'", "a");
}
END_TEST

START_TEST(bytes)
{
    DECODES("b'\\x00\\xff\\777\\u1234\\N{a}'", "\0\xff\xff\\u1234\\N{a}");
    DECODES("rb'\\x'", "\\x");
    FAILS("b'\xc3\xa9'", "bytes can only contain ASCII literal characters");
    FAILS("b'aaa\\xg'", "(value error) invalid \\x escape at position 3");
    FAILS("b'\\\\\\x1'", "(value error) invalid \\x escape at position 2");
}
END_TEST

START_TEST(wrong_escapes)
{
    FAILS("'\\x1'", CANNOT_DECODE "0-2: truncated \\xXX escape");
    FAILS("'a\\u004g'", CANNOT_DECODE "1-5: truncated \\uXXXX escape");
    FAILS("'\\U0001'", CANNOT_DECODE "0-5: truncated \\UXXXXXXXX escape");
    FAILS("'\\U00110000'", CANNOT_DECODE "0-9: illegal Unicode character");
    FAILS("'\\N'", CANNOT_DECODE "0-1: malformed \\N character escape");
    FAILS("'\\N{abc'", CANNOT_DECODE "0-5: malformed \\N character escape");
    FAILS("'\\N{}'", CANNOT_DECODE "0-2: malformed \\N character escape");
    FAILS("'\\N{foo}'", CANNOT_DECODE "0-6: unknown Unicode character name");
}
END_TEST

/* CPython counts in a text where each character beyond ASCII is ten. */
START_TEST(positions_in_messages)
{
    FAILS("'\xc3\xa9\\x1'", CANNOT_DECODE "10-12: truncated \\xXX escape");
    FAILS("'\xc3\xa9\\\xc3\xa9\\x'", CANNOT_DECODE "26-27: truncated \\xXX escape");
    FAILS("'\\\\\xc3\xa9\\x'", CANNOT_DECODE "12-13: truncated \\xXX escape");
    FAILS("'''\r\n\\\r\nx\\x'''", CANNOT_DECODE "4-5: truncated \\xXX escape");
    FAILS("f'{{\\x'", CANNOT_DECODE "0-1: truncated \\xXX escape");
    FAILS("f'\\N{DIGIT ONE}\\x'", CANNOT_DECODE "0-1: truncated \\xXX escape");
}
END_TEST

START_TEST(fstring_pieces)
{
    DECODES("f'a{{b}}c\\n{x}'", "a{b}c\n");
    DECODES("f'\\{x}'", "\\");
    DECODES("f'\\{{x}}'", "\\{x}");
    DECODES("rf'\\n{{{x}'", "\\n{");
    DECODES("f'\\N{DIGIT ONE}{{'", "1{");
}
END_TEST

static void assert_warning(const char *text, const char *expected)
{
    warning[0] = 0;
    Lexed l;
    lexed_begin(&l, text, strlen(text), &hooks);
    Literal found;
    ck_assert(literal_string(&l.arena, &l.src, l.tokens.items, &found, NULL, NULL, &l.diag));
    ck_assert_str_eq(warning, expected);
    lexed_end(&l);
}

START_TEST(warnings)
{
    assert_warning("'\\d\\q'", "invalid escape sequence '\\d'");
    assert_warning("'\\400'", "invalid octal escape sequence '\\400'");
    assert_warning("b'\\N'", "invalid escape sequence '\\N'");
    assert_warning("r'\\d'", "");
    assert_warning("'\\\xc3\xa9'", "");
}
END_TEST

START_TEST(numbers)
{
    static const struct { const char *text, *digits; NumberKind kind; } cases[] = {
        { "0", "0", NUMBER_INT }, { "1_000", "1000", NUMBER_INT }, { "0xE_e", "0xEe", NUMBER_INT },
        { "0b1_0", "0b10", NUMBER_INT }, { "0o17", "0o17", NUMBER_INT }, { "1.", "1.", NUMBER_FLOAT },
        { "1_0e1_0", "10e10", NUMBER_FLOAT }, { "0E1", "0E1", NUMBER_FLOAT }, { "0j", "0", NUMBER_IMAGINARY },
        { "1_0.5J", "10.5", NUMBER_IMAGINARY },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        Lexed l;
        Literal found;
        NumberKind kind;
        lexed_begin(&l, cases[i].text, strlen(cases[i].text), NULL);
        ck_assert(literal_number(&l.arena, &l.src, l.tokens.items, &kind, &found, &l.diag));
        ck_assert_uint_eq(kind, cases[i].kind);
        ck_assert(found.len == strlen(cases[i].digits) && memcmp(found.text, cases[i].digits,
                                                                 found.len) == 0);
        lexed_end(&l);
    }
}
END_TEST

START_TEST(names)
{
    Lexed l;
    Literal found;
    lexed_begin(&l, "ab \xc3\xa9", 5, &hooks);
    ck_assert(literal_name(&l.arena, &l.src, &l.tokens.items[0], &found, &l.diag));
    ck_assert(found.len == 2 && memcmp(found.text, "ab", 2) == 0);
    ck_assert(literal_name(&l.arena, &l.src, &l.tokens.items[1], &found, &l.diag));
    ck_assert(found.len == 3 && memcmp(found.text, "ABC", 3) == 0);
    lexed_end(&l);
}
END_TEST

static void assert_debug(const char *text, const char *expected)
{
    Lexed l;
    Literal found;
    lexed_begin(&l, "", 0, NULL);
    Source src = { .text = text, .len = (uint32_t)strlen(text) };
    ck_assert(literal_debug_text(&l.arena, &src, 0, src.len, &found, &l.diag));
    ck_assert_msg(found.len == strlen(expected) && memcmp(found.text, expected, found.len) == 0, "%.*s",
                  (int)found.len, found.text);
    lexed_end(&l);
}

START_TEST(debug_texts)
{
    assert_debug(" a = ", " a = ");
    assert_debug("\r\n a\r = ", "\n a\n = ");
    assert_debug("a # c\n + '#' # d\n = ", "a \n + '#' \n = ");
    assert_debug("f'#{x # c\n}#' =", "f'#{x \n}#' =");
}
END_TEST

START_TEST(memory_may_run_out)
{
    Lexed l;
    Literal found;
    lexed_begin(&l, "'\\n'", 4, NULL);
    Arena empty;
    TestMemory m;
    test_memory_init(&m);
    m.fail_at = 0;
    arena_init(&empty, &m.alloc);
    ck_assert(!literal_string(&empty, &l.src, l.tokens.items, &found, NULL, NULL, &l.diag));
    ck_assert_str_eq(l.diag.type, "MemoryError");
    arena_free(&empty);
    lexed_end(&l);
}
END_TEST

Suite *literal_suite(void)
{
    const TTest *tests[] = { escapes, bytes, wrong_escapes, positions_in_messages, fstring_pieces, warnings,
                             numbers, names,
                             debug_texts, memory_may_run_out };
    return one_case("literal", tests, COUNT_OF(tests));
}
