/* SPDX-License-Identifier: MIT
 * SHA-512 with AVX2 and BMI2: the message schedules of four blocks at once, one in each lane, then the rounds of one
 * block after the other. */
#include "stdlib/hash/hash.h"

#if defined(__x86_64__)
#define TARGET __attribute__((target("avx2,bmi,bmi2")))
#define TARGET_512 __attribute__((target("avx512f,avx512vl,bmi,bmi2")))

typedef uint64_t Lanes __attribute__((vector_size(32), may_alias));

/* w: every fourth. The next rounds wait for d, which waits for e, and for h, which waits for a: what is known early is
 * added early. THEN keeps the compiler from adding in another order. */
#define THEN(x) __asm__("" : "+r"(x))
#define ROUND(a, b, c, d, e, f, g, h, w, i)                                                  \
    {                                                                                       \
        uint64_t ch = g ^ (e & (f ^ g)), ab = a ^ b;                                        \
        uint64_t turned = hash_ror64(e, 14) ^ hash_ror64(e, 18) ^ hash_ror64(e, 41);        \
        h += w[4 * (i)];                                                                    \
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

#define ROUNDS8(w)                              \
    ROUND(a, b, c, d, e, f, g, h, (w), 0)       \
    ROUND(h, a, b, c, d, e, f, g, (w), 1)       \
    ROUND(g, h, a, b, c, d, e, f, (w), 2)       \
    ROUND(f, g, h, a, b, c, d, e, (w), 3)       \
    ROUND(e, f, g, h, a, b, c, d, (w), 4)       \
    ROUND(d, e, f, g, h, a, b, c, (w), 5)       \
    ROUND(c, d, e, f, g, h, a, b, (w), 6)       \
    ROUND(b, c, d, e, f, g, h, a, (w), 7)
#define BEGIN                                                                                                           \
    uint64_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7]; \
    uint64_t bc = b ^ c;
#define END                                                                                                             \
    state[0] += a; state[1] += b; state[2] += c; state[3] += d; state[4] += e; state[5] += f; state[6] += g; state[7] += h;

/* The rounds of one block, and between them the schedules of four, of which it is the first: message and constant of
 * round t of block i go to out[4 * t + i]. The processor does both at once. */
#define TURN(x, n) ((x) >> (n) | (x) << (64 - (n)))
#define FIRST_BLOCK(name, target_)                                                                                  \
    target_ static void name(uint64_t *state, Lanes *out, const unsigned char *p)                                   \
    {                                                                                                               \
        Lanes w[16];                                                                                                \
        const uint64_t *at = (const uint64_t *)(const void *)out;                                                   \
        BEGIN                                                                                                       \
        for (unsigned t = 0; t < 16; t++, p += 8)                                                                   \
            w[t] = (Lanes){ hash_load64_big(p), hash_load64_big(p + 128), hash_load64_big(p + 256),                 \
                            hash_load64_big(p + 384) };                                                             \
        for (unsigned from = 0; from < 80; from += 16) {                                                            \
            _Pragma("GCC unroll 16")                                                                                \
            for (unsigned i = 0; i < 16; i++) {                                                                     \
                out[from + i] = w[i] + hash_k512[from + i];                                                         \
                Lanes x = w[(i + 1) & 15], y = w[(i + 14) & 15];                                                    \
                w[i] += w[(i + 9) & 15] + (TURN(x, 1) ^ TURN(x, 8) ^ x >> 7) + (TURN(y, 19) ^ TURN(y, 61) ^ y >> 6); \
            }                                                                                                       \
            ROUNDS8(at + 4 * from)                                                                                  \
            ROUNDS8(at + 4 * from + 32)                                                                             \
        }                                                                                                           \
        END                                                                                                         \
    }
FIRST_BLOCK(first_avx2, TARGET)
FIRST_BLOCK(first_avx512, TARGET_512)

TARGET static void other_block(uint64_t *state, const uint64_t *w)
{
    BEGIN
    for (unsigned i = 0; i < 10; i++, w += 32) {
        ROUNDS8(w)
    }
    END
}

size_t hash_sha512_fours_x86(HashState *s, const unsigned char *p, size_t count)
{
    Lanes w[80];
    bool wide = __builtin_cpu_supports("avx512vl");
    size_t left = count;
    for (; left > 3; p += 512, left -= 4) {
        (wide ? first_avx512 : first_avx2)(s->u.w64, w, p);
        for (size_t i = 1; i < 4; i++)
            other_block(s->u.w64, (const uint64_t *)(const void *)w + i);
    }
    return count - left;
}
#endif
