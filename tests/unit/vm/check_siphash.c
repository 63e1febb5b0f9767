/* SPDX-License-Identifier: MIT
 * SipHash-1-3 against CPython's, which hashes bytes with it: key zero is PYTHONHASHSEED=0, the other one
 * PYTHONHASHSEED=42. */
#include <check.h>

#include "vm/text/siphash.h"

Suite *siphash_suite(void);

static uint64_t hash_counting(const SipKey *key, size_t n)
{
    unsigned char data[64];
    for (size_t i = 0; i < n; i++)
        data[i] = (unsigned char)i;
    return siphash13(key, data, n);
}

START_TEST(key_zero)
{
    static const uint64_t expected[] = {
        0x68a914128e01e473, 0x10bac45c41e3669, 0x4d4c9a4a8ef6e0ad, 0x7cc43f98813e4dbd, 0x5abe2169dff36275,
        0xe3c25f87624f1cdb, 0x2f098ab0c751325a, 0xead411e67ebe2eea, 0x75927f9d95124362, 0xaf9f77a65ab51a1d,
        0xfe64ce8b6617fcff, 0xa6baf4fb0f9fe1c2, 0xa0cf3211850f8e0d, 0x7f86049379fbfe67, 0xf30eb725bb91c9ea,
        0x8972188433a5c5b7, 0x4883c49a2c009c1d, 0xadc2c0b63044067d, 0x91f4a3329f87d19,
    };
    SipKey key = { 0, 0 };
    for (size_t i = 0; i < COUNT_OF(expected); i++)
        ck_assert_uint_eq(hash_counting(&key, i + 1), expected[i]);
    ck_assert_uint_eq(siphash13(&key, "abc", 3), 0xc03bc3a0042630f2);
}
END_TEST

START_TEST(key_42)
{
    SipKey key = { 0xdc504fd368cd90af, 0xb920bb9ffe99e9c1 };
    ck_assert_uint_eq(hash_counting(&key, 1), 0xce880c366bcf3489);
    ck_assert_uint_eq(hash_counting(&key, 7), 0xce280fabc397fbda);
    ck_assert_uint_eq(hash_counting(&key, 8), 0x60866c3c108c6afb);
    ck_assert_uint_eq(hash_counting(&key, 16), 0x339176f3ac59ce05);
    ck_assert_uint_eq(hash_counting(&key, 19), 0x33a51c4b838d8070);
}
END_TEST

START_TEST(long_and_unaligned)
{
    SipKey key = { 0, 0 };
    char data[1008];
    for (size_t offset = 0; offset < 8; offset++) {
        for (size_t i = 0; i < 1000; i++)
            data[offset + i] = (char)(i * 7);
        ck_assert_uint_eq(siphash13(&key, data + offset, 1000), 0x21c2c0d60dd0acb6);
    }
}
END_TEST

Suite *siphash_suite(void)
{
    Suite *s = suite_create("vm/text/siphash");
    TCase *t = tcase_create("vectors");
    tcase_add_test(t, key_zero);
    tcase_add_test(t, key_42);
    tcase_add_test(t, long_and_unaligned);
    suite_add_tcase(s, t);
    return s;
}
