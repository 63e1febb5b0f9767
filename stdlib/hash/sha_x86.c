/* SPDX-License-Identifier: MIT
 * SHA-1 and SHA-256 by the instructions that x86-64 processors have for them. */
#include "stdlib/hash/hash.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define SHA_TARGET __attribute__((target("sha,sse4.1,ssse3")))

/* (clang 14's __builtin_cpu_supports() does not know "sha".) */
bool hash_has_sha_instructions(void)
{
#if defined(__clang__)
    unsigned a = 7, b, c = 0, d;
    __asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return __builtin_cpu_supports("sse4.1") && b >> 29 & 1;
#else
    return __builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("sha");
#endif
}

/* Four words of the message at p, most significant byte first. */
SHA_TARGET static inline __m128i load_words(const unsigned char *p, __m128i order)
{
    return _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)p), order);
}

/* The state goes through the rounds as (a b e f) and (c d g h). */
SHA_TARGET void hash_sha256_blocks_x86(HashState *s, const unsigned char *p, size_t count)
{
    const __m128i order = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    __m128i w[4], *state = (__m128i *)(void *)s->u.w32;
    __m128i low = _mm_shuffle_epi32(_mm_loadu_si128(state), 0xb1);
    __m128i high = _mm_shuffle_epi32(_mm_loadu_si128(state + 1), 0x1b);
    __m128i abef = _mm_alignr_epi8(low, high, 8), cdgh = _mm_blend_epi16(high, low, 0xf0);
    for (; count; count--, p += 64) {
        const __m128i abef_before = abef, cdgh_before = cdgh;
        for (unsigned i = 0; i < 4; i++)
            w[i] = load_words(p + 16 * i, order);
#pragma GCC unroll 16
        for (unsigned i = 0; i < 16; i++) {
            __m128i now = w[i & 3], next = w[(i + 1) & 3], third = w[(i + 2) & 3], last = w[(i + 3) & 3];
            __m128i sum = _mm_add_epi32(now, _mm_loadu_si128((const __m128i *)(const void *)(hash_k256 + 4 * i)));
            cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
            abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0e));
            if (i < 12)
                w[i & 3] = _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(now, next),
                                                              _mm_alignr_epi8(last, third, 4)), last);
        }
        abef = _mm_add_epi32(abef, abef_before);
        cdgh = _mm_add_epi32(cdgh, cdgh_before);
    }
    abef = _mm_shuffle_epi32(abef, 0x1b);
    cdgh = _mm_shuffle_epi32(cdgh, 0xb1);
    _mm_storeu_si128(state, _mm_blend_epi16(abef, cdgh, 0xf0));
    _mm_storeu_si128(state + 1, _mm_alignr_epi8(cdgh, abef, 8));
}

SHA_TARGET void hash_sha1_blocks_x86(HashState *s, const unsigned char *p, size_t count)
{
    const __m128i order = _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);
    __m128i w[4], *state = (__m128i *)(void *)s->u.w32;
    __m128i abcd = _mm_shuffle_epi32(_mm_loadu_si128(state), 0x1b), e = _mm_set_epi32((int)s->u.w32[4], 0, 0, 0);
    /* Four rounds with the function and constant number f. */
#define ROUNDS(i, f)                                                                            \
    do {                                                                                        \
        __m128i now = w[(i) & 3], next = w[((i) + 1) & 3];                                      \
        e = (i) ? _mm_sha1nexte_epu32(before, now) : _mm_add_epi32(e, now);                     \
        before = abcd;                                                                          \
        abcd = _mm_sha1rnds4_epu32(abcd, e, f);                                                 \
        w[(i) & 3] = _mm_sha1msg2_epu32(_mm_xor_si128(_mm_sha1msg1_epu32(now, next), w[((i) + 2) & 3]), w[((i) + 3) & 3]); \
    } while (0)
#define ROUNDS5(i, f) ROUNDS(i, f); ROUNDS((i) + 1, f); ROUNDS((i) + 2, f); ROUNDS((i) + 3, f); ROUNDS((i) + 4, f)
    for (; count; count--, p += 64) {
        const __m128i abcd_before = abcd, e_before = e;
        __m128i before = abcd;
        for (unsigned i = 0; i < 4; i++)
            w[i] = load_words(p + 16 * i, order);
        ROUNDS5(0, 0);
        ROUNDS5(5, 1);
        ROUNDS5(10, 2);
        ROUNDS5(15, 3);
        e = _mm_sha1nexte_epu32(before, e_before);
        abcd = _mm_add_epi32(abcd, abcd_before);
    }
#undef ROUNDS5
#undef ROUNDS
    _mm_storeu_si128(state, _mm_shuffle_epi32(abcd, 0x1b));
    s->u.w32[4] = (uint32_t)_mm_extract_epi32(e, 3);
}
#else
bool hash_has_sha_instructions(void)
{
    return false;
}
#endif
