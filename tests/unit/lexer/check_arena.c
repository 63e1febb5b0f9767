/* SPDX-License-Identifier: MIT
 * The arena: alignment, zeroes, large blocks, exhaustion, nothing left. */
#include "support.h"

Suite *arena_suite(void);

START_TEST(blocks_are_zeroed_aligned_and_apart)
{
    TestMemory m;
    Arena a;
    test_memory_init(&m);
    arena_init(&a, &m.alloc);
    char *before = NULL;
    for (size_t n = 0; n < 5000; n += 7) {
        char *p = arena_alloc(&a, n);
        ck_assert_ptr_nonnull(p);
        ck_assert_uint_eq((uintptr_t)p % 8, 0);
        ck_assert_ptr_ne(p, before);
        bool zeroed = true;
        for (size_t i = 0; i < n; i++)
            zeroed = zeroed && p[i] == 0;
        ck_assert(zeroed);
        memset(p, 0xaa, n);
        before = p;
    }
    arena_free(&a);
    ck_assert_uint_eq(m.live, 0);
}
END_TEST

START_TEST(a_large_block_keeps_the_open_chunk)
{
    TestMemory m;
    Arena a;
    test_memory_init(&m);
    arena_init(&a, &m.alloc);
    char *first_large = arena_alloc(&a, 1 << 20);
    char *small = arena_alloc(&a, 16);
    memset(first_large, 1, 1 << 20);
    ck_assert_ptr_nonnull(arena_alloc(&a, 1 << 20));
    char *next = arena_alloc(&a, 16);
    ck_assert_ptr_eq(next, small + 16);
    arena_free(&a);
    ck_assert_uint_eq(m.live, 0);
}
END_TEST

START_TEST(exhaustion_is_told_and_remembered)
{
    TestMemory m;
    Arena a;
    test_memory_init(&m);
    arena_init(&a, &m.alloc);
    ck_assert_ptr_null(arena_alloc(&a, SIZE_MAX));
    ck_assert(a.failed);
    arena_free(&a);
    m.fail_at = 0;
    ck_assert(!a.failed);
    ck_assert_ptr_null(arena_alloc(&a, 1));
    ck_assert(a.failed);
    ck_assert_ptr_nonnull(arena_alloc(&a, 1));
    ck_assert_ptr_null(arena_strndup(&a, "", SIZE_MAX));
    arena_free(&a);
    ck_assert_uint_eq(m.live, 0);
}
END_TEST

START_TEST(a_copied_text_ends_in_null)
{
    TestMemory m;
    Arena a;
    test_memory_init(&m);
    arena_init(&a, &m.alloc);
    ck_assert_str_eq(arena_strndup(&a, "abcdef", 3), "abc");
    ck_assert_str_eq(arena_strndup(&a, NULL, 0), "");
    arena_free(&a);
}
END_TEST

Suite *arena_suite(void)
{
    const TTest *tests[] = { blocks_are_zeroed_aligned_and_apart, a_large_block_keeps_the_open_chunk,
                             exhaustion_is_told_and_remembered, a_copied_text_ends_in_null };
    return one_case("arena", tests, COUNT_OF(tests));
}
