/* SPDX-License-Identifier: MIT
 * SHA-512 with AVX2 and BMI2: the message schedules of four blocks at once, with AVX-512 of eight, one in each lane, then the
 * rounds of one block after the other. */
#include "stdlib/hash/hash.h"

#if defined(__x86_64__)
#define TARGET __attribute__((target("avx2,bmi,bmi2")))
#define TARGET_512 __attribute__((target("avx512f,bmi,bmi2")))

typedef uint64_t Four __attribute__((vector_size(32), may_alias));
typedef uint64_t Eight __attribute__((vector_size(64), may_alias));

/* w: one lane of each vector. The next rounds wait for d, which waits for e, and for h, which waits for a: what is known early is
 * added early. THEN keeps the compiler from adding in another order. */
#define THEN(x) __asm__("" : "+r"(x))
#define ROUND(a, b, c, d, e, f, g, h, w)                                                    \
    {                                                                                       \
        uint64_t ch = g ^ (e & (f ^ g)), ab = a ^ b;                                        \
        uint64_t turned = hash_ror64(e, 14) ^ hash_ror64(e, 18) ^ hash_ror64(e, 41);        \
        h += w;                                                                             \
        d += h;                                                                             \
        h += b & c;                                                                         \
        THEN(d);                                                                            \
        d += ch;                                                                            \
        THEN(h);                                                                            \
        h += a & bc;                                                                        \
        THEN(d);                                                                            \
        d += turned;                                                                        \
        THEN(h);                                                                            \
        h += ch;                                                                            \
        THEN(h);                                                                            \
        h += turned;                                                                        \
        THEN(h);                                                                            \
        h += hash_ror64(a, 28) ^ hash_ror64(a, 34) ^ hash_ror64(a, 39);                     \
        bc = ab;                                                                            \
    }

#define ROUNDS8(w, stride)                              \
    ROUND(a, b, c, d, e, f, g, h, (w)[0])               \
    ROUND(h, a, b, c, d, e, f, g, (w)[stride])          \
    ROUND(g, h, a, b, c, d, e, f, (w)[2 * (stride)])    \
    ROUND(f, g, h, a, b, c, d, e, (w)[3 * (stride)])    \
    ROUND(e, f, g, h, a, b, c, d, (w)[4 * (stride)])    \
    ROUND(d, e, f, g, h, a, b, c, (w)[5 * (stride)])    \
    ROUND(c, d, e, f, g, h, a, b, (w)[6 * (stride)])    \
    ROUND(b, c, d, e, f, g, h, a, (w)[7 * (stride)])
#define BEGIN                                                                                                           \
    uint64_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7]; \
    uint64_t bc = b ^ c;
#define END                                                                                                             \
    state[0] += a; state[1] += b; state[2] += c; state[3] += d; state[4] += e; state[5] += f; state[6] += g; state[7] += h;

/* The rounds of one block, and between them the schedules of all lanes, of which it is the first: message and constant of
 * round t of block i go to lane i of out[t]. The processor does both at once. */
#define TURN(x, n) ((x) >> (n) | (x) << (64 - (n)))
#define FIRST_BLOCK(name, target_, Lanes)                                                                              \
    target_ static void name(uint64_t *state, Lanes *out, const unsigned char *p)                                      \
    {                                                                                                                  \
        enum { LANES = sizeof(Lanes) / 8 };                                                                            \
        Lanes w[16];                                                                                                   \
        const uint64_t *at = (const uint64_t *)(const void *)out;                                                      \
        BEGIN                                                                                                          \
        for (unsigned t = 0; t < 16; t++, p += 8)                                                                      \
            for (unsigned i = 0; i < LANES; i++)                                                                       \
                w[t][i] = hash_load64_big(p + 128 * i);                                                                \
        for (unsigned from = 0; from < 80; from += 16) {                                                               \
            _Pragma("GCC unroll 16")                                                                                   \
            for (unsigned i = 0; i < 16; i++) {                                                                        \
                out[from + i] = w[i] + hash_k512[from + i];                                                            \
                Lanes x = w[(i + 1) & 15], y = w[(i + 14) & 15];                                                       \
                w[i] += w[(i + 9) & 15] + (TURN(x, 1) ^ TURN(x, 8) ^ x >> 7) + (TURN(y, 19) ^ TURN(y, 61) ^ y >> 6);   \
            }                                                                                                          \
            ROUNDS8(at + LANES * from, LANES)                                                                          \
            ROUNDS8(at + LANES * (from + 8), LANES)                                                                    \
        }                                                                                                              \
        END                                                                                                            \
    }
FIRST_BLOCK(first_of_four, TARGET, Four)
FIRST_BLOCK(first_of_eight, TARGET_512, Eight)

#define OTHER_BLOCK(name, lanes)                                        \
    TARGET static void name(uint64_t *state, const void *schedules)     \
    {                                                                   \
        const uint64_t *w = schedules;                                  \
        BEGIN                                                           \
        for (unsigned i = 0; i < 10; i++, w += 8 * lanes) {             \
            ROUNDS8(w, lanes)                                           \
        }                                                               \
        END                                                             \
    }
OTHER_BLOCK(other_of_four, 4)
OTHER_BLOCK(other_of_eight, 8)

size_t hash_sha512_blocks_x86(HashState *s, const unsigned char *p, size_t count)
{
    union { Four four[80]; Eight eight[80]; uint64_t words[8 * 80]; } w;
    size_t left = count;
    if (__builtin_cpu_supports("avx512f"))
        for (; left > 7; p += 1024, left -= 8) {
            first_of_eight(s->u.w64, w.eight, p);
            for (size_t i = 1; i < 8; i++)
                other_of_eight(s->u.w64, w.words + i);
        }
    for (; left > 3; p += 512, left -= 4) {
        first_of_four(s->u.w64, w.four, p);
        for (size_t i = 1; i < 4; i++)
            other_of_four(s->u.w64, w.words + i);
    }
    return count - left;
}
#endif
