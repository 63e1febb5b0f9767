/* SPDX-License-Identifier: MIT
 * Strings as C sees them: making, a + b in a loop, positions in text that is not ASCII, formats. */
#include "tests/unit/vm/vm_fixture.h"

#include "vm/objects/list.h"
#include "vm/objects/str.h"

Suite *str_suite(void);

START_TEST(making)
{
    VM_BEGIN;
    ck_assert_ptr_eq(str_cstr(vm, ""), vm->empty_str);
    ck_assert_ptr_eq(str_cstr(vm, "x"), str_char(vm, 'x'));
    Str *s = str_cstr(vm, "na\xc3\xafve");
    ck_assert_uint_eq(s->len, 6);
    ck_assert_uint_eq(s->chars, 5);
    ck_assert(!str_is_ascii(s) && !(s->h.flags & STR_SURROGATES));
    ck_assert(str_char(vm, 0xdc80)->h.flags & STR_SURROGATES);
    ck_assert(str_equal(s, str_cstr(vm, "na\xc3\xafve")));
    ck_assert_uint_eq(str_hash(vm, s), str_hash(vm, str_cstr(vm, "na\xc3\xafve")));
    ck_assert_int_gt(str_compare(str_cstr(vm, "z"), s), 0);
    ck_assert_int_gt(str_compare(str_cstr(vm, "\xf0\x9f\x98\x80"), str_cstr(vm, "\xef\xbf\xbd")), 0);
    ck_assert_ptr_eq(str_intern(vm, "abc", 3), str_intern_str(vm, str_cstr(vm, "abc")));
    VM_END;
}
END_TEST

START_TEST(decoding)
{
    VM_BEGIN;
    ck_assert_ptr_nonnull(str_decode(vm, "\xe2\x82\xac", 3));
    ck_assert_ptr_null(str_decode(vm, "ab\xff", 3));
    ck_assert(exc_pending_is(vm, EXC_UnicodeDecodeError));
    exc_discard(vm);
    ck_assert_ptr_null(str_decode(vm, "\xed\xb2\x80", 3));      /* a surrogate is no UTF-8 */
    exc_discard(vm);
    VM_END;
}
END_TEST

START_TEST(growing)
{
    VM_BEGIN;
    Str *s = vm->empty_str, *step = str_cstr(vm, "ab\xe2\x82\xac"), *kept = NULL;
    for (uint32_t i = 0; i < 5000; i++) {
        s = str_concat(vm, s, step);
        ck_assert_ptr_nonnull(s);
        if (i == 3000)
            kept = s;
        if (i % 500 == 0)
            heap_collect(vm, true);
        ck_assert_uint_eq(s->chars, (i + 1) * 3);
        Value last = str_at(vm, s, s->chars - 1);
        ck_assert(str_is(as_str(last), "\xe2\x82\xac"));
    }
    /* An older holder of the same buffer gets one of its own. */
    Str *other = str_concat(vm, kept, str_cstr(vm, "!"));
    ck_assert_uint_eq(other->chars, 3001 * 3 + 1);
    ck_assert_int_eq(str_data(other)[other->len - 1], '!');
    ck_assert_int_eq(str_data(s)[kept->len], 'a');
    ck_assert(str_equal(str_slice(vm, s, 0, kept->chars), kept));
    VM_END;
}
END_TEST

START_TEST(positions)
{
    VM_BEGIN;
    Str *parts = vm->empty_str;
    static const char *const units[] = { "a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80" };
    for (int i = 0; i < 1000; i++)
        parts = str_concat(vm, parts, str_cstr(vm, units[i * i % 4]));
    Str *s = str_new(vm, str_data(parts), parts->len);
    size_t offset = 0;
    for (uint32_t i = 0; i < s->chars; i++) {
        ck_assert_uint_eq(str_offset(vm, s, i), offset);
        ck_assert_uint_eq(str_offset(vm, parts, i), offset);
        ck_assert_uint_eq(str_index_of(vm, s, offset), i);
        offset += as_str(str_at(vm, s, i))->len;
    }
    ck_assert_uint_eq(str_offset(vm, s, s->chars), s->len);
    ck_assert_uint_eq(str_slice(vm, s, 10, 20)->chars, 10);
    ck_assert_ptr_eq(str_slice(vm, s, 0, s->chars), s);
    VM_END;
}
END_TEST

START_TEST(joining)
{
    VM_BEGIN;
    List *l = list_new(vm, 0);
    ck_assert(str_is(str_join(vm, str_cstr(vm, ", "), value_from_obj(l)), ""));
    ck_assert(list_append(vm, l, value_from_obj(str_cstr(vm, "one"))));
    ck_assert(list_append(vm, l, value_from_obj(str_cstr(vm, "tw\xc3\xb6"))));
    Str *s = str_join(vm, str_cstr(vm, ", "), value_from_obj(l));
    ck_assert(str_is(s, "one, tw\xc3\xb6"));
    ck_assert_uint_eq(s->chars, 8);
    ck_assert(list_append(vm, l, value_from_int48(3)));
    ck_assert_ptr_null(str_join(vm, str_cstr(vm, ", "), value_from_obj(l)));
    ck_assert(exc_pending_is(vm, EXC_TypeError));
    exc_discard(vm);
    VM_END;
}
END_TEST

START_TEST(formats)
{
    VM_BEGIN;
    Str *name = str_cstr(vm, "n\xc3\xa4me");
    Str *s = str_printf(vm, "%S|%R|%T|%V|%d|%5u|%02x|%.3s|%c|%zu|%lld|%%", name, value_from_obj(name), value_from_int48(5),
                        VALUE_NONE, -3, 7u, 10u, "abcdef", 0x20acu, (size_t)9, -5LL);
    ck_assert_ptr_nonnull(s);
    ck_assert(str_is(s, "n\xc3\xa4me|'n\xc3\xa4me'|int|None|-3|    7|0a|abc|\xe2\x82\xac|9|-5|%"));
    ck_assert(str_is(str_printf(vm, "%s", "bad \xff byte"), "bad ? byte"));
    VM_END;
}
END_TEST

START_TEST(for_c)
{
    VM_BEGIN;
    Value keep;
    ck_assert_str_eq(str_c(vm, str_cstr(vm, "path"), &keep), "path");
    Str *s = str_cstr(vm, "x");
    for (int i = 0; i < 300; i++)
        s = str_concat(vm, s, str_cstr(vm, "yz"));
    ck_assert(s->h.flags & STR_BUFFERED);
    ck_assert_uint_eq(strlen(str_c(vm, s, &keep)), 601);
    ck_assert_ptr_null(str_c(vm, str_new(vm, "a\0b", 3), &keep));
    ck_assert(exc_pending_is(vm, EXC_ValueError));
    exc_discard(vm);
    VM_END;
}
END_TEST

Suite *str_suite(void)
{
    Suite *s = suite_create("str");
    TCase *t = tcase_create("str");
    tcase_add_test(t, making);
    tcase_add_test(t, decoding);
    tcase_add_test(t, growing);
    tcase_add_test(t, positions);
    tcase_add_test(t, joining);
    tcase_add_test(t, formats);
    tcase_add_test(t, for_c);
    suite_add_tcase(s, t);
    return s;
}
