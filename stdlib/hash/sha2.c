/* SPDX-License-Identifier: MIT
 * SHA-2 (FIPS 180-4). */
#include "stdlib/hash/hash.h"

/* Fractions of the cube roots of the first primes. */
const uint32_t hash_k256[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};
const uint64_t hash_k512[80] = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc, 0x3956c25bf348b538,
    0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118, 0xd807aa98a3030242, 0x12835b0145706fbe,
    0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2, 0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235,
    0xc19bf174cf692694, 0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5, 0x983e5152ee66dfab,
    0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4, 0xc6e00bf33da88fc2, 0xd5a79147930aa725,
    0x06ca6351e003826f, 0x142929670a0e6e70, 0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed,
    0x53380d139d95b3df, 0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30, 0xd192e819d6ef5218,
    0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8, 0x19a4c116b8d2d0c8, 0x1e376c085141ab53,
    0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8, 0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373,
    0x682e6ff3d6b2b8a3, 0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b, 0xca273eceea26619c,
    0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178, 0x06f067aa72176fba, 0x0a637dc5a2c898a6,
    0x113f9804bef90dae, 0x1b710b35131c471b, 0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc,
    0x431d67c49c100d4c, 0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
};

static void sha256_block(HashState *s, const unsigned char *p)
{
    uint32_t w[64], v[8];
    for (size_t i = 0; i < 16; i++)
        w[i] = hash_load32_big(p + 4 * i);
    for (size_t i = 16; i < 64; i++) {
        uint32_t x = w[i - 15], y = w[i - 2];
        w[i] = w[i - 16] + w[i - 7] + (hash_ror32(x, 7) ^ hash_ror32(x, 18) ^ x >> 3) +
               (hash_ror32(y, 17) ^ hash_ror32(y, 19) ^ y >> 10);
    }
    memcpy(v, s->u.w32, sizeof v);
    /* The eight variables move on by one place each round: instead, their names do. */
#define V(n) v[((n) - i) & 7]
#pragma GCC unroll 8
    for (unsigned i = 0; i < 64; i++) {
        uint32_t e = V(4), a = V(0);
        uint32_t t = V(7) + (hash_ror32(e, 6) ^ hash_ror32(e, 11) ^ hash_ror32(e, 25)) + (V(6) ^ (e & (V(5) ^ V(6)))) +
                     hash_k256[i] + w[i];
        V(3) += t;
        V(7) = t + (hash_ror32(a, 2) ^ hash_ror32(a, 13) ^ hash_ror32(a, 22)) + ((a & V(1)) | (V(2) & (a | V(1))));
    }
    for (size_t i = 0; i < 8; i++)
        s->u.w32[i] += v[i];
}

/* The message schedule in place: 16 words, of which each round makes the one that is needed 16 rounds later. */
static inline __attribute__((always_inline)) void sha512_rounds(HashState *s, const unsigned char *p)
{
    uint64_t w[16], v[8];
#pragma GCC unroll 16
    for (size_t i = 0; i < 16; i++)
        w[i] = hash_load64_big(p + 8 * i);
    memcpy(v, s->u.w64, sizeof v);
    for (unsigned from = 0; from < 80; from += 16) {
#pragma GCC unroll 16
        for (unsigned i = 0; i < 16; i++) {
            uint64_t e = V(4), a = V(0);
            uint64_t t = V(7) + (hash_ror64(e, 14) ^ hash_ror64(e, 18) ^ hash_ror64(e, 41)) + (V(6) ^ (e & (V(5) ^ V(6)))) +
                         hash_k512[from + i] + w[i];
            V(3) += t;
            V(7) = t + (hash_ror64(a, 28) ^ hash_ror64(a, 34) ^ hash_ror64(a, 39)) + ((a & V(1)) | (V(2) & (a | V(1))));
            if (from < 64) {
                uint64_t x = w[(i + 1) & 15], y = w[(i + 14) & 15];
                w[i] += w[(i + 9) & 15] + (hash_ror64(x, 1) ^ hash_ror64(x, 8) ^ x >> 7) +
                        (hash_ror64(y, 19) ^ hash_ror64(y, 61) ^ y >> 6);
            }
        }
    }
#undef V
#pragma GCC unroll 8
    for (size_t i = 0; i < 8; i++)
        s->u.w64[i] += v[i];
}

static void sha256_blocks(HashState *s, const unsigned char *p, size_t count)
{
    for (; count; count--, p += 64)
        sha256_block(s, p);
}

static void sha512_blocks(HashState *s, const unsigned char *p, size_t count)
{
    for (; count; count--, p += 128)
        sha512_rounds(s, p);
}

static HashBlocks sha256_fn(const HashState *s)
{
#if defined(__x86_64__)
    if (s->by_instructions)
        return hash_sha256_blocks_x86;
#endif
    (void)s;
    return sha256_blocks;
}

static void sha256_update(HashState *s, const unsigned char *p, size_t n)
{
    hash_feed(s, p, n, 64, false, sha256_fn(s));
}

static void sha256_finish(HashState *s, unsigned char *out, size_t n)
{
    hash_pad(s, 64, 8, true, sha256_fn(s));
    for (size_t i = 0; i < n; i++)
        out[i] = hash_byte32(s->u.w32, i ^ 3);
}

#if defined(__x86_64__)
/* The same with rotations that do not destroy their operand; four blocks at once where there are so many. */
__attribute__((target("bmi,bmi2"))) static void sha512_blocks_bmi2(HashState *s, const unsigned char *p, size_t count)
{
    size_t done = count > 3 && __builtin_cpu_supports("avx2") ? hash_sha512_blocks_x86(s, p, count) : 0;
    for (p += 128 * done; done < count; done++, p += 128)
        sha512_rounds(s, p);
}
#endif

static HashBlocks sha512_fn(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("bmi2"))
        return sha512_blocks_bmi2;
#endif
    return sha512_blocks;
}

static void sha512_update(HashState *s, const unsigned char *p, size_t n)
{
    hash_feed(s, p, n, 128, false, sha512_fn());
}

static void sha512_finish(HashState *s, unsigned char *out, size_t n)
{
    hash_pad(s, 128, 16, true, sha512_fn());
    for (size_t i = 0; i < n; i++)
        out[i] = hash_byte64(s->u.w64, i ^ 7);
}

#define START(name, word, width, ...)                               \
    static void name##_init(HashState *s)                           \
    {                                                               \
        static const word h[8] = { __VA_ARGS__ };                   \
        memset(s, 0, offsetof(HashState, buf));                     \
        memcpy(s->u.width, h, sizeof h);                            \
        s->by_instructions = sizeof h == 32 && hash_has_sha_instructions();  \
    }
START(sha256, uint32_t, w32,
      0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19)
START(sha224, uint32_t, w32,
      0xc1059ed8, 0x367cd507, 0x3070dd17, 0xf70e5939,
      0xffc00b31, 0x68581511, 0x64f98fa7, 0xbefa4fa4)
START(sha512, uint64_t, w64,
      0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
      0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179)
START(sha384, uint64_t, w64,
      0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939,
      0x67332667ffc00b31, 0x8eb44a8768581511, 0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4)
START(sha512_224, uint64_t, w64,
      0x8c3d37c819544da2, 0x73e1996689dcd4d6, 0x1dfab7ae32ff9c82, 0x679dd514582f9fcf,
      0x0f6d2b697bd44da8, 0x77e36f7304c48942, 0x3f9d85a86a1d36c8, 0x1112e6ad91d692a1)
START(sha512_256, uint64_t, w64,
      0x22312194fc2bf72c, 0x9f555fa3c84c64c2, 0x2393b86b6f53b151, 0x963877195940eabd,
      0x96283ee2a88effe3, 0xbe5e1e2553863992, 0x2b0199fc2c85b8aa, 0x0eb72ddc81c52ca2)
#undef START

const HashAlgo hash_sha224 = { "sha224", 28, 64, sha224_init, sha256_update, sha256_finish };
const HashAlgo hash_sha256 = { "sha256", 32, 64, sha256_init, sha256_update, sha256_finish };
const HashAlgo hash_sha384 = { "sha384", 48, 128, sha384_init, sha512_update, sha512_finish };
const HashAlgo hash_sha512 = { "sha512", 64, 128, sha512_init, sha512_update, sha512_finish };
const HashAlgo hash_sha512_224 = { "sha512_224", 28, 128, sha512_224_init, sha512_update, sha512_finish };
const HashAlgo hash_sha512_256 = { "sha512_256", 32, 128, sha512_256_init, sha512_update, sha512_finish };
