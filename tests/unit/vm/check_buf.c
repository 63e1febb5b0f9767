/* SPDX-License-Identifier: MIT
 * The growable byte buffer. */
#include "vm/buf.h"

#include "tests/unit/vm/text_buf.h"

Suite *buf_suite(void);

START_TEST(writes)
{
    Buf b;
    buf_init(&b, &test_alloc);
    buf_putc(&b, 'a');
    buf_puts(&b, "bc");
    buf_put(&b, NULL, 0);
    buf_printf(&b, "%d%s", 12, "!");
    ck_assert_str_eq(buf_cstr(&b), "abc12!");
    expect(&b, "abc12!");
    buf_put_utf8(&b, 'x');
    buf_put_utf8(&b, 0xE9);
    buf_put_utf8(&b, 0x65E5);
    buf_put_utf8(&b, 0x1F40D);
    buf_put_utf8(&b, 0xD800);
    expect(&b, "x\xC3\xA9\xE6\x97\xA5\xF0\x9F\x90\x8D\xED\xA0\x80");
    buf_fill(&b, '-', 3);
    buf_fill(&b, 0xE9, 2);
    buf_fill(&b, 'x', 0);
    expect(&b, "---\xC3\xA9\xC3\xA9");
    for (int i = 0; i < 10000; i++)
        buf_putc(&b, (char)i);
    ck_assert_uint_eq(b.len, 10000);
    buf_clear(&b);
    char wide[400];
    memset(wide, 'w', sizeof wide);
    wide[sizeof wide - 1] = '\0';
    buf_printf(&b, "<%s>", wide);
    ck_assert(b.len == 401 && b.data[0] == '<' && b.data[400] == '>');
    buf_free(&b);
    ck_assert(b.data == NULL && b.len == 0);
    ck_assert_str_eq(buf_cstr(&b), "");
    buf_free(&b);
}
END_TEST

START_TEST(failure)
{
    int left = 1;
    Alloc alloc = {test_alloc_fn, &left};
    Buf b;
    buf_init(&b, &alloc);
    buf_puts(&b, "kept");
    buf_fill(&b, 'x', 100000);
    ck_assert(b.failed && b.len == 4 && memcmp(b.data, "kept", 4) == 0);
    left = 10;
    buf_fill(&b, 'x', 100000);
    ck_assert(b.failed && b.len == 4);
    ck_assert(buf_cstr(&b) == NULL);
    buf_clear(&b);
    buf_fill(&b, 0x65E5, SIZE_MAX / 2);
    ck_assert(b.failed);
    buf_clear(&b);
    buf_fill(&b, 'x', SIZE_MAX);
    ck_assert(b.failed);
    buf_free(&b);
}
END_TEST

Suite *buf_suite(void)
{
    Suite *s = suite_create("vm/buf");
    TCase *t = tcase_create("buffer");
    tcase_add_test(t, writes);
    tcase_add_test(t, failure);
    suite_add_tcase(s, t);
    return s;
}
