/* SPDX-License-Identifier: MIT
 * Substring search against the obvious algorithm, on texts that are hard for it. */
#include <check.h>
#include <stdlib.h>

#include "vm/text/search.h"

Suite *search_suite(void);

static size_t plain_find(const char *hay, size_t n, const char *needle, size_t m)
{
    for (size_t i = 0; i + m <= n; i++)
        if (memcmp(hay + i, needle, m) == 0)
            return i;
    return SEARCH_NONE;
}

static size_t plain_rfind(const char *hay, size_t n, const char *needle, size_t m)
{
    for (size_t i = n + 1; i-- > m;)
        if (memcmp(hay + i - m, needle, m) == 0)
            return i - m;
    return SEARCH_NONE;
}

static size_t plain_count(const char *hay, size_t n, const char *needle, size_t m)
{
    size_t count = 0;
    for (size_t i = 0, at; (at = plain_find(hay + i, n - i, needle, m)) != SEARCH_NONE; i += at + m)
        count++;
    return count;
}

static void compare(const char *hay, size_t n, const char *needle, size_t m)
{
    size_t first = plain_find(hay, n, needle, m), last = plain_rfind(hay, n, needle, m);
    ck_assert_uint_eq(search_find(hay, n, needle, m), first);
    ck_assert_uint_eq(search_rfind(hay, n, needle, m), last);
    ck_assert_uint_eq(search_count(hay, n, needle, m, SIZE_MAX), plain_count(hay, n, needle, m));
    /* The two-way algorithm itself, which short texts do not reach: a needle prepared elsewhere. */
    static const char letters[] = "ab";
    char hard[3000];
    Search s, r;
    search_init(&s, needle, m, false);
    search_init(&r, needle, m, true);
    for (size_t i = 0; i < sizeof hard; i++)
        hard[i] = m > 2 ? needle[0] : letters[i & 1];
    size_t before = search_next(&s, hard, sizeof hard, 0), behind = search_next(&r, hard, sizeof hard, sizeof hard);
    ck_assert_uint_eq(before, plain_find(hard, sizeof hard, needle, m));
    ck_assert_uint_eq(behind, plain_rfind(hard, sizeof hard, needle, m));
    ck_assert_uint_eq(search_next(&s, hay, n, 0), first);
    ck_assert_uint_eq(search_next(&r, hay, n, n), last);
}

START_TEST(small_alphabets)
{
    uint32_t random = 12345;
    for (int round = 0; round < 6000; round++) {
        char hay[200], needle[24];
        size_t n = random >> 8 & 127, m = 1 + (random >> 16) % (round % 3 ? 8 : 23), letters = 1 + round % 3;
        for (size_t i = 0; i < n + m; i++) {
            random = random * 1664525 + 1013904223;
            (i < n ? hay : needle - n)[i] = (char)('a' + (random >> 24) % (letters + (i >= n)));
        }
        if (round % 2 && n > m)
            memcpy(needle, hay + (random >> 4) % (n - m), m);
        compare(hay, n, needle, m);
    }
}
END_TEST

/* Every needle of up to 9 letters a, b: all the periodic ones are among them. */
START_TEST(every_short_needle)
{
    char hay[64], needle[16];
    uint32_t random = 99;
    for (size_t m = 1; m <= 9; m++)
        for (unsigned bits = 0; bits < 1u << m; bits++) {
            for (size_t i = 0; i < m; i++)
                needle[i] = (char)('a' + (bits >> i & 1));
            for (size_t i = 0; i < sizeof hay; i++) {
                random = random * 1664525 + 1013904223;
                hay[i] = random >> 29 ? needle[i % m] : (char)('a' + (random >> 20 & 1));
            }
            compare(hay, sizeof hay, needle, m);
        }
}
END_TEST

START_TEST(edges)
{
    ck_assert_uint_eq(search_find("abc", 3, "", 0), 0);
    ck_assert_uint_eq(search_rfind("abc", 3, "", 0), 3);
    ck_assert_uint_eq(search_find("", 0, "a", 1), SEARCH_NONE);
    ck_assert_uint_eq(search_rfind("", 0, "a", 1), SEARCH_NONE);
    ck_assert_uint_eq(search_find("ab", 2, "abc", 3), SEARCH_NONE);
    ck_assert_uint_eq(search_find("a\0b", 3, "\0b", 2), 1);
    ck_assert_uint_eq(search_count("aaaa", 4, "aa", 2, SIZE_MAX), 2);
    ck_assert_uint_eq(search_count("aaaa", 4, "aa", 2, 1), 1);
    ck_assert_uint_eq(search_count("aaaa", 4, "a", 1, 3), 3);
    ck_assert_uint_eq(search_count("aaaa", 4, "a", 1, 0), 0);
    Search s;
    search_init(&s, "ab", 2, false);
    ck_assert_uint_eq(search_next(&s, "abab", 4, 1), 2);
    ck_assert_uint_eq(search_next(&s, "abab", 4, 3), SEARCH_NONE);
    ck_assert_uint_eq(search_next(&s, "abab", 4, 4), SEARCH_NONE);
    ck_assert_uint_eq(search_next(&s, "abab", 4, 5), SEARCH_NONE);
    search_init(&s, "ab", 2, true);
    ck_assert_uint_eq(search_next(&s, "abab", 4, 4), 2);
    ck_assert_uint_eq(search_next(&s, "abab", 4, 3), 0);
    ck_assert_uint_eq(search_next(&s, "abab", 4, 1), SEARCH_NONE);
}
END_TEST

/* Needles for which naive search takes n * m steps: here 10^11, which the time limit of a test forbids. */
START_TEST(hard_needles_are_linear)
{
    enum { N = 1000000, M = 200000 };
    char *hay = malloc(N), *needle = malloc(M);
    memset(hay, 'a', N);
    memset(needle, 'a', M);
    needle[0] = 'b';
    ck_assert_uint_eq(search_find(hay, N, needle, M), SEARCH_NONE);
    ck_assert_uint_eq(search_rfind(hay, N, needle, M), SEARCH_NONE);
    needle[0] = 'a';
    needle[M / 2] = 'b';
    ck_assert_uint_eq(search_find(hay, N, needle, M), SEARCH_NONE);
    ck_assert_uint_eq(search_rfind(hay, N, needle, M), SEARCH_NONE);
    hay[N / 2] = 'b';
    ck_assert_uint_eq(search_find(hay, N, needle, M), N / 2 - M / 2);
    ck_assert_uint_eq(search_rfind(hay, N, needle, M), N / 2 - M / 2);
    needle[M / 2] = 'a';
    needle[M - 1] = 'b';
    ck_assert_uint_eq(search_find(hay, N, needle, M), N / 2 - M + 1);
    memset(hay, 'a', N);
    ck_assert_uint_eq(search_count(hay, N, needle, M, SIZE_MAX), 0);
    free(hay);
    free(needle);
}
END_TEST

Suite *search_suite(void)
{
    Suite *s = suite_create("vm/text/search");
    TCase *t = tcase_create("search");
    tcase_add_test(t, small_alphabets);
    tcase_add_test(t, every_short_needle);
    tcase_add_test(t, edges);
    tcase_add_test(t, hard_needles_are_linear);
    suite_add_tcase(s, t);
    return s;
}
