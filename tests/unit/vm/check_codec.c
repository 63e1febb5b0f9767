/* SPDX-License-Identifier: MIT
 * Decoding and encoding: results, error positions and reasons are CPython's. */
#include <check.h>

#include "tests/unit/vm/text_buf.h"
#include "vm/text/codec.h"

Suite *codec_suite(void);

static Buf b;

static void set_up(void) { buf_init(&b, &test_alloc); }
static void tear_down(void) { buf_free(&b); }

/* Bytes given as a literal, which may hold zeros. */
#define BYTES(literal) (literal), sizeof(literal) - 1

static Codec codec(const char *name, const char *errors, const char *input, size_t n)
{
    Codec c = { .input = input, .len = n, .final = true };
    ck_assert(codec_find(name, strlen(name), &c.id));
    ck_assert(codec_find_errors(errors, strlen(errors), &c.errors));
    return c;
}

static void decodes(const char *name, const char *errors, const char *s, size_t n, const char *expected)
{
    Codec c = codec(name, errors, s, n);
    ck_assert_int_eq(codec_decode(&c, &b), CODEC_OK);
    ck_assert_uint_eq(c.pos, n);
    expect(&b, expected);
}

static void encodes(const char *name, const char *errors, const char *text, const char *expected, size_t n)
{
    Codec c = codec(name, errors, text, strlen(text));
    ck_assert_int_eq(codec_encode(&c, &b), CODEC_OK);
    ck_assert_uint_eq(c.pos, strlen(text));
    expect_bytes(&b, expected, n);
}

static void fails(CodecStatus (*run)(Codec *, Buf *), Codec c, const char *encoding, size_t start, size_t end,
                  const char *reason)
{
    ck_assert_int_eq(run(&c, &b), CODEC_ERROR);
    ck_assert_str_eq(c.encoding, encoding);
    ck_assert_str_eq(c.reason, reason);
    ck_assert_uint_eq(c.error_start, start);
    ck_assert_uint_eq(c.error_end, end);
    b.len = 0;
}

START_TEST(names)
{
    static const struct {
        const char *name;
        CodecId id;
    } known[] = {
        { "UTF-8", CODEC_UTF8 }, { "utf8", CODEC_UTF8 }, { " U8 ", CODEC_UTF8 }, { "utf_8_sig", CODEC_UTF8_SIG },
        { "US-ASCII", CODEC_ASCII }, { "646", CODEC_ASCII }, { "Latin-1", CODEC_LATIN1 },
        { "iso-8859-1", CODEC_LATIN1 }, { "utf-16", CODEC_UTF16 }, { "UTF-16LE", CODEC_UTF16_LE },
        { "utf_16_be", CODEC_UTF16_BE }, { "utf--32", CODEC_UTF32 }, { "utf-32-be", CODEC_UTF32_BE },
    };
    CodecId id;
    CodecErrors errors;
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        ck_assert(codec_find(known[i].name, strlen(known[i].name), &id));
        ck_assert_int_eq(id, known[i].id);
    }
    ck_assert(!codec_find("", 0, &id) && !codec_find("utf8sig", 7, &id) && !codec_find("rot13", 5, &id));
    ck_assert(!codec_find("utf8\0x", 6, &id));
    ck_assert(!codec_find("a_name_that_is_much_longer_than_any_known", 41, &id));
    ck_assert(!codec_find_errors("Strict", 6, &errors) && !codec_find_errors("", 0, &errors));
    ck_assert_str_eq(codec_name(CODEC_LATIN1), "latin-1");
}
END_TEST

START_TEST(utf8_errors)
{
    static const struct {
        const char *bytes;
        size_t start, end;
        const char *reason;
    } cases[] = {
        { "ab\x80", 2, 3, "invalid start byte" },
        { "\xC0\x80", 0, 1, "invalid start byte" },
        { "\xF5\x80\x80\x80", 0, 1, "invalid start byte" },
        { "\xC3", 0, 1, "unexpected end of data" },
        { "\xC3(", 0, 1, "invalid continuation byte" },
        { "\xE0\x80\x80", 0, 1, "invalid continuation byte" },
        { "x\xE2\x82", 1, 3, "unexpected end of data" },
        { "\xE2\x82(", 0, 2, "invalid continuation byte" },
        { "\xED\xA0\x80", 0, 1, "invalid continuation byte" },
        { "\xF0\x8F\x80\x80", 0, 1, "invalid continuation byte" },
        { "\xF0\x9F\x98", 0, 3, "unexpected end of data" },
        { "\xF0\x9F\x98x", 0, 3, "invalid continuation byte" },
        { "\xF4\x90\x80\x80", 0, 1, "invalid continuation byte" },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        fails(codec_decode, codec("utf-8", "strict", cases[i].bytes, strlen(cases[i].bytes)), "utf-8",
              cases[i].start, cases[i].end, cases[i].reason);
}
END_TEST

START_TEST(utf8_handlers)
{
    static const char bytes[] = "a\xE2\x82z\xFF\xF0\x9F\xC3\xA9\xED\xA0\x80";
    decodes("utf-8", "ignore", BYTES(bytes), "az\u00E9");
    decodes("utf-8", "replace", BYTES(bytes), "a\uFFFDz\uFFFD\uFFFD\u00E9\uFFFD\uFFFD\uFFFD");
    decodes("utf-8", "backslashreplace", BYTES(bytes), "a\\xe2\\x82z\\xff\\xf0\\x9f\u00E9\\xed\\xa0\\x80");
    decodes("utf-8", "surrogateescape", BYTES("a\xFF\x80"), "a\xED\xB3\xBF\xED\xB2\x80");
    decodes("utf-8", "surrogatepass", BYTES("a\xED\xA0\x80\xED\xB0\x80z"), "a\xED\xA0\x80\xED\xB0\x80z");
    fails(codec_decode, codec("utf-8", "surrogatepass", BYTES("\xED\xA0z")), "utf-8", 0, 1,
          "invalid continuation byte");
    decodes("utf-8-sig", "strict", BYTES("\xEF\xBB\xBF\xEF\xBB\xBFx"), "\uFEFFx");
    decodes("utf-8-sig", "strict", BYTES("x"), "x");
    decodes("utf-8", "strict", BYTES(""), "");
}
END_TEST

START_TEST(single_byte_encodings)
{
    decodes("ascii", "strict", BYTES("abc"), "abc");
    fails(codec_decode, codec("ascii", "strict", BYTES("ab\xE9")), "ascii", 2, 3, "ordinal not in range(128)");
    decodes("ascii", "surrogateescape", BYTES("a\xE9"), "a\xED\xB3\xA9");
    decodes("latin-1", "strict", BYTES("abcdefgh\xE9\xFF!"), "abcdefgh\u00E9\u00FF!");
    encodes("latin-1", "strict", "a\u00E9\u00FF", BYTES("a\xE9\xFF"));
    encodes("ascii", "replace", "a\u00E9\u20ACz", BYTES("a??z"));
    encodes("ascii", "backslashreplace", "\u00E9\u20AC\U0001F600", BYTES("\\xe9\\u20ac\\U0001f600"));
    encodes("ascii", "xmlcharrefreplace", "\u00E9z\U0001F600", BYTES("&#233;z&#128512;"));
    encodes("ascii", "ignore", "\u00E9z", BYTES("z"));
    encodes("ascii", "surrogateescape", "a\xED\xB3\xA9", BYTES("a\xE9"));
    fails(codec_encode, codec("ascii", "strict", BYTES("a\u00E9\u20ACz\u00E9")), "ascii", 1, 3,
          "ordinal not in range(128)");
    fails(codec_encode, codec("latin-1", "strict", BYTES("\u00E9\u20AC")), "latin-1", 1, 2,
          "ordinal not in range(256)");
    fails(codec_encode, codec("ascii", "surrogateescape", BYTES("a\xED\xB3\xA9\u00E9")), "ascii", 2, 3,
          "ordinal not in range(128)");
}
END_TEST

START_TEST(utf8_encoding)
{
    encodes("utf-8", "strict", "a\u00E9\uD7FF\U0001F600", BYTES("a\u00E9\uD7FF\U0001F600"));
    encodes("utf-8-sig", "strict", "x", BYTES("\xEF\xBB\xBFx"));
    encodes("utf-8", "replace", "\u00E9\xED\xA0\x80z", BYTES("\u00E9?z"));
    encodes("utf-8", "surrogateescape", "a\xED\xB2\x80", BYTES("a\x80"));
    encodes("utf-8", "surrogatepass", "a\xED\xA0\x80", BYTES("a\xED\xA0\x80"));
    fails(codec_encode, codec("utf-8", "strict", BYTES("\u00E9\xED\xA0\x80\xED\xBF\xBFz")), "utf-8", 1, 3,
          "surrogates not allowed");
}
END_TEST

START_TEST(utf16)
{
    decodes("utf-16", "strict", BYTES("\xFE\xFF\0a\xD8\0\xDC\0"), "a\U00010000");
    decodes("utf-16", "strict", BYTES("\xFF\xFE" "a\0"), "a");
    decodes("utf-16", "strict", BYTES("a\0"), "a");
    decodes("utf-16-le", "strict", BYTES("\xFF\xFE" "a\0"), "\uFEFFa");
    decodes("utf-16-le", "surrogatepass", BYTES("\0\xD8"), "\xED\xA0\x80");
    decodes("utf-16-be", "replace", BYTES("\xD8\0\0a"), "\uFFFDa");
    fails(codec_decode, codec("utf-16", "strict", BYTES("\xFE\xFF\0")), "utf-16-be", 2, 3, "truncated data");
    fails(codec_decode, codec("utf-16", "strict", BYTES("\0\xD8z")), "utf-16-le", 0, 3, "unexpected end of data");
    fails(codec_decode, codec("utf-16-le", "strict", BYTES("\0\xDC")), "utf-16-le", 0, 2, "illegal encoding");
    fails(codec_decode, codec("utf-16-le", "strict", BYTES("\0\xD8z\0")), "utf-16-le", 0, 2,
          "illegal UTF-16 surrogate");
    encodes("utf-16", "strict", "", BYTES("\xFF\xFE"));
    encodes("utf-16", "strict", "a\U00010000", BYTES("\xFF\xFE" "a\0\0\xD8\0\xDC"));
    encodes("utf-16-be", "xmlcharrefreplace", "\xED\xA0\x80", BYTES("\0&\0#\0005\0005\0002\0009\0006\0;"));
    encodes("utf-16-le", "surrogatepass", "\xED\xA0\x80", BYTES("\0\xD8"));
    fails(codec_encode, codec("utf-16", "strict", BYTES("a\xED\xA0\x80\xED\xA0\x80")), "utf-16", 1, 2,
          "surrogates not allowed");
}
END_TEST

START_TEST(utf32)
{
    decodes("utf-32", "strict", BYTES("\0\0\xFE\xFF\0\1\xF6\0"), "\U0001F600");
    decodes("utf-32-le", "strict", BYTES("a\0\0\0"), "a");
    fails(codec_decode, codec("utf-32", "strict", BYTES("a\0\0\0b")), "utf-32-le", 4, 5, "truncated data");
    fails(codec_decode, codec("utf-32-be", "strict", BYTES("\0\0\xD8\0")), "utf-32-be", 0, 4,
          "code point in surrogate code point range(0xd800, 0xe000)");
    fails(codec_decode, codec("utf-32-be", "strict", BYTES("\0\x11\0\0")), "utf-32-be", 0, 4,
          "code point not in range(0x110000)");
    encodes("utf-32", "strict", "a", BYTES("\xFF\xFE\0\0a\0\0\0"));
    encodes("utf-32-be", "replace", "\xED\xA0\x80", BYTES("\0\0\0?"));
}
END_TEST

/* A stream gets its bytes one by one and must decode to the same text. */
static void decodes_in_pieces(const char *name, const char *s, size_t n, const char *expected)
{
    Codec c = codec(name, "strict", s, 0);
    for (size_t i = 1; i <= n; i++) {
        c.len = i;
        c.final = i == n;
        ck_assert_int_eq(codec_decode(&c, &b), CODEC_OK);
    }
    ck_assert_uint_eq(c.pos, n);
    expect(&b, expected);
}

START_TEST(streams)
{
    decodes_in_pieces("utf-8", BYTES("a\u00E9\u20AC\U0001F600z"), "a\u00E9\u20AC\U0001F600z");
    decodes_in_pieces("utf-8-sig", BYTES("\xEF\xBB\xBF\u00E9"), "\u00E9");
    decodes_in_pieces("utf-16", BYTES("\xFE\xFF\0a\xD8\0\xDC\0"), "a\U00010000");
    decodes_in_pieces("utf-32", BYTES("\0\0\xFE\xFF\0\0\0a"), "a");
    decodes_in_pieces("latin-1", BYTES("\xE9z"), "\u00E9z");
    Codec c = codec("utf-8", "surrogatepass", BYTES("x\xED\xA0"));
    c.final = false;
    ck_assert_int_eq(codec_decode(&c, &b), CODEC_OK);
    ck_assert_uint_eq(c.pos, 1);
}
END_TEST

/* What a handler written in script does: append its text and go on behind the error. */
START_TEST(resumed_after_errors)
{
    Codec c = codec("ascii", "strict", BYTES("a\xFF" "b\xFE"));
    while (codec_decode(&c, &b) == CODEC_ERROR) {
        buf_puts(&b, "<?>");
        c.pos = c.error_end;
    }
    expect(&b, "a<?>b<?>");
    c = codec("latin-1", "strict", BYTES("\u00E9\u20AC\u20ACz\u4E00"));
    size_t starts[2], n = 0;
    while (codec_encode(&c, &b) == CODEC_ERROR) {
        ck_assert_uint_lt(n, 2);
        starts[n++] = c.error_start;
        buf_puts(&b, "<?>");
        c.pos += c.error_bytes;
        c.chars = c.error_end;
    }
    ck_assert_uint_eq(starts[0], 1);
    ck_assert_uint_eq(starts[1], 4);
    expect(&b, "\xE9<?>z<?>");
}
END_TEST

START_TEST(out_of_memory)
{
    static const char *const encodings[] = { "utf-8", "ascii", "latin-1", "utf-16", "utf-32" };
    for (size_t i = 0; i < COUNT_OF(encodings); i++) {
        int left = 0;
        Alloc alloc = { test_alloc_fn, &left };
        Buf none;
        buf_init(&none, &alloc);
        Codec c = codec(encodings[i], "replace", BYTES("abcd\0\0\0\0"));
        ck_assert_int_eq(codec_decode(&c, &none), CODEC_NOMEM);
        none.failed = false;
        c = codec(encodings[i], "replace", BYTES("ab\u20AC"));
        ck_assert_int_eq(codec_encode(&c, &none), CODEC_NOMEM);
        buf_free(&none);
    }
}
END_TEST

Suite *codec_suite(void)
{
    Suite *s = suite_create("vm/text/codec");
    TCase *t = tcase_create("codecs");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, names);
    tcase_add_test(t, utf8_errors);
    tcase_add_test(t, utf8_handlers);
    tcase_add_test(t, single_byte_encodings);
    tcase_add_test(t, utf8_encoding);
    tcase_add_test(t, utf16);
    tcase_add_test(t, utf32);
    tcase_add_test(t, streams);
    tcase_add_test(t, resumed_after_errors);
    tcase_add_test(t, out_of_memory);
    suite_add_tcase(s, t);
    return s;
}
