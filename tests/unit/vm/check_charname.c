/* SPDX-License-Identifier: MIT
 * Names of characters: every name leads back to its character, some are known. */
#include "tests/unit/vm/vm_fixture.h"
#include "vm/text/charname.h"
#include "vm/text/utf8.h"

Suite *charname_suite(void);

static void expect_name(uint32_t c, const char *name)
{
    char text[CHARNAME_MAX];
    size_t n = charname_of(c, text);
    ck_assert_uint_eq(n, strlen(name));
    ck_assert(n == 0 || memcmp(text, name, n) == 0);
}

START_TEST(known_names)
{
    expect_name('a', "LATIN SMALL LETTER A");
    expect_name(' ', "SPACE");
    expect_name(0x0B83, "TAMIL SIGN VISARGA");
    expect_name(0x0F68, "TIBETAN LETTER A");
    expect_name(0x0FB0, "TIBETAN SUBJOINED LETTER -A");
    expect_name(0x4E00, "CJK UNIFIED IDEOGRAPH-4E00");
    expect_name(0x2EBF0, "CJK UNIFIED IDEOGRAPH-2EBF0");
    expect_name(0x2FFF, "IDEOGRAPHIC DESCRIPTION CHARACTER ROTATION");
    expect_name(0xAC01, "HANGUL SYLLABLE GAG");
    expect_name(0xC544, "HANGUL SYLLABLE A");
    expect_name(0xD7A3, "HANGUL SYLLABLE HIH");
    expect_name(0x1F40D, "SNAKE");
    expect_name(0xE01EF, "VARIATION SELECTOR-256");
    expect_name('\n', "");
    expect_name(0xD800, "");
    expect_name(0xE000, "");
    expect_name(0x17000, "");
    expect_name(0x378, "");
    expect_name(0x10FFFF, "");
    expect_name(0x110000, "");
    expect_name(0xFFFFFFFF, "");
}
END_TEST

START_TEST(names_lead_back)
{
    VM_BEGIN;
    uint32_t named = 0;
    for (uint32_t c = 0; c <= UNICODE_MAX; c++) {
        char text[CHARNAME_MAX];
        size_t n = charname_of(c, text);
        uint32_t found = 0;
        if (n && (!charname_find(vm, text, n, &found) || found != c))
            ck_abort_msg("%.*s is U+%04X, not U+%04X", (int)n, text, (unsigned)found, (unsigned)c);
        named += n > 0;
    }
    ck_assert_uint_eq(named, 143668);
    VM_END;
}
END_TEST

START_TEST(aliases_and_spelling)
{
    VM_BEGIN;
    static const struct {
        const char *name;
        uint32_t code;
    } known[] = {
        { "latin small letter a", 'a' }, { "Nul", 0 }, { "LINE FEED", '\n' }, { "LF", '\n' }, { "BOM", 0xFEFF },
        { "VS17", 0xE0100 }, { "BELL", 0x1F514 }, { "ALERT", 7 }, { "CJK UNIFIED IDEOGRAPH-04E00", 0x4E00 },
        { "LATIN CAPITAL LETTER GHA", 0x1A2 },
    };
    uint32_t c;
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        ck_assert(charname_find(vm, known[i].name, strlen(known[i].name), &c));
        ck_assert_uint_eq(c, known[i].code);
    }
    VM_END;
}
END_TEST

START_TEST(unknown_names)
{
    VM_BEGIN;
    static const char *const unknown[] = {
        "", " ", "SPACE ", "LATIN  SMALL LETTER A", "hangul syllable ga", "HANGUL SYLLABLE ", "HANGUL SYLLABLE GAX",
        "CJK UNIFIED IDEOGRAPH-4e00", "CJK UNIFIED IDEOGRAPH-AC00", "CJK UNIFIED IDEOGRAPH-", "KEYCAP ASTERISK",
        "TANGUT IDEOGRAPH-17000", "\xFF\xFE",
    };
    char text[300];
    uint32_t c;
    for (size_t i = 0; i < COUNT_OF(unknown); i++)
        ck_assert(!charname_find(vm, unknown[i], strlen(unknown[i]), &c));
    memset(text, 'A', sizeof text);
    for (size_t n = 2; n <= sizeof text; n++)
        ck_assert(!charname_find(vm, text, n, &c));
    VM_END;
}
END_TEST

START_TEST(without_index)
{
    uint32_t c = 0;
    ck_assert(charname_find(NULL, "snake", 5, &c) && c == 0x1F40D);
    ck_assert(charname_find(NULL, "VS17", 4, &c) && c == 0xE0100);
    ck_assert(!charname_find(NULL, "SNAKES", 6, &c));
}
END_TEST

START_TEST(sequences)
{
    VM_BEGIN;
    uint32_t codes[CHARNAME_SEQUENCE_MAX];
    static const char name[] = "keycap asterisk";
    ck_assert_uint_eq(charname_find_sequence(vm, name, strlen(name), codes), 3);
    ck_assert(codes[0] == '*' && codes[1] == 0xFE0F && codes[2] == 0x20E3);
    ck_assert_uint_eq(charname_find_sequence(vm, "SPACE", 5, codes), 1);
    ck_assert_uint_eq(charname_find_sequence(vm, "NO SUCH NAME", 12, codes), 0);
    VM_END;
}
END_TEST

Suite *charname_suite(void)
{
    Suite *s = suite_create("vm/text/charname");
    TCase *t = tcase_create("names");
    tcase_add_test(t, known_names);
    tcase_add_test(t, names_lead_back);
    tcase_add_test(t, aliases_and_spelling);
    tcase_add_test(t, unknown_names);
    tcase_add_test(t, without_index);
    tcase_add_test(t, sequences);
    suite_add_tcase(s, t);
    return s;
}
