/* SPDX-License-Identifier: MIT
 * MD5 (RFC 1321), SHA-1 (RFC 3174), and what all block digests share. */
#include "stdlib/hash/hash.h"

void hash_feed(HashState *s, const unsigned char *p, size_t n, size_t block, bool lazy, HashBlocks fn)
{
    s->total += n;
    if (s->fill) {
        size_t take = block - s->fill < n ? block - s->fill : n;
        memcpy(s->buf + s->fill, p, take);
        s->fill += (uint32_t)take;
        p += take;
        n -= take;
        if (s->fill < block || (lazy && !n))
            return;
        fn(s, s->buf, 1);
        s->fill = 0;
    }
    if (n > block || (n == block && !lazy)) {
        size_t count = (n - lazy) / block;
        fn(s, p, count);
        p += count * block;
        n -= count * block;
    }
    if (n)
        memcpy(s->buf, p, n);
    s->fill = (uint32_t)n;
}

void hash_pad(HashState *s, size_t block, size_t bytes, bool big, HashBlocks fn)
{
    uint64_t bits = s->total << 3;
    s->buf[s->fill++] = 0x80;
    if (s->fill > block - bytes) {
        memset(s->buf + s->fill, 0, block - s->fill);
        fn(s, s->buf, 1);
        s->fill = 0;
    }
    memset(s->buf + s->fill, 0, block - s->fill);
    for (size_t i = 0; i < 8; i++)
        s->buf[big ? block - 1 - i : block - bytes + i] = (unsigned char)(bits >> 8 * i);
    if (big && bytes == 16)
        s->buf[block - 9] = (unsigned char)(s->total >> 61);
    fn(s, s->buf, 1);
}

void hash_digest(const HashAlgo *a, const void *data, size_t n, unsigned char *out)
{
    HashState s;
    a->init(&s);
    a->update(&s, data, n);
    a->finish(&s, out, a->digest_size);
}

static void start(HashState *s, const uint32_t *words, size_t n)
{
    memset(s, 0, offsetof(HashState, buf));
    memcpy(s->u.w32, words, n * 4);
}

/* ---- MD5 ---- */
static void md5_init(HashState *s)
{
    static const uint32_t h[] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 };
    start(s, h, 4);
}

/* floor(2^32 * |sin(i + 1)|) */
static const uint32_t md5_k[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501, 0x698098d8, 0x8b44f7af,
    0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821, 0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa,
    0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8, 0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8,
    0x676f02d9, 0x8d2a4c8a, 0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665, 0xf4292244, 0x432aff97,
    0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1, 0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1,
    0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};

static const uint8_t md5_turn[4][4] = { { 7, 12, 17, 22 }, { 5, 9, 14, 20 }, { 4, 11, 16, 23 }, { 6, 10, 15, 21 } };

/* Each round waits for b of the round before: what does not need b is added up first, and what needs it late. */
static void md5_blocks(HashState *s, const unsigned char *p, size_t count)
{
    uint32_t a = s->u.w32[0], b = s->u.w32[1], c = s->u.w32[2], d = s->u.w32[3];
    for (; count; count--, p += 64) {
        uint32_t a0 = a, b0 = b, c0 = c, d0 = d;
#define ROUND(from, early, late, index)                                                     \
        _Pragma("GCC unroll 16")                                                            \
        for (unsigned i = (from); i < (from) + 16; i++) {                                   \
            a += hash_load32(p + 4 * ((index) & 15)) + md5_k[i] + (early);                  \
            __asm__("" : "+r"(a));                                                          \
            a += (late);                                                                    \
            a = hash_rol32(a, md5_turn[i >> 4][i & 3]) + b;                                 \
            uint32_t t = d;                                                                 \
            d = c;                                                                          \
            c = b;                                                                          \
            b = a;                                                                          \
            a = t;                                                                          \
        }
        ROUND(0, 0, d ^ (b & (c ^ d)), i)
        ROUND(16, ~d & c, b & d, 5 * i + 1)
        ROUND(32, 0, b ^ (c ^ d), 3 * i + 5)
        ROUND(48, 0, c ^ (b | ~d), 7 * i)
#undef ROUND
        a += a0;
        b += b0;
        c += c0;
        d += d0;
    }
    s->u.w32[0] = a;
    s->u.w32[1] = b;
    s->u.w32[2] = c;
    s->u.w32[3] = d;
}

static void md5_update(HashState *s, const unsigned char *p, size_t n)
{
    hash_feed(s, p, n, 64, false, md5_blocks);
}

static void md5_finish(HashState *s, unsigned char *out, size_t n)
{
    hash_pad(s, 64, 8, false, md5_blocks);
    for (size_t i = 0; i < n; i++)
        out[i] = hash_byte32(s->u.w32, i);
}

/* ---- SHA-1 ---- */
static void sha1_init(HashState *s)
{
    static const uint32_t h[] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 };
    start(s, h, 5);
    s->by_instructions = hash_has_sha_instructions();
}

static void sha1_block(HashState *s, const unsigned char *p)
{
    uint32_t w[80], *h = s->u.w32, a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
    for (size_t i = 0; i < 16; i++)
        w[i] = hash_load32_big(p + 4 * i);
    for (size_t i = 16; i < 80; i++)
        w[i] = hash_rol32(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
#define ROUND(from, f, k)                                           \
    for (unsigned i = (from); i < (from) + 20; i++) {               \
        uint32_t t = hash_rol32(a, 5) + (f) + e + (k) + w[i];       \
        e = d;                                                      \
        d = c;                                                      \
        c = hash_rol32(b, 30);                                      \
        b = a;                                                      \
        a = t;                                                      \
    }
    ROUND(0, d ^ (b & (c ^ d)), 0x5a827999)
    ROUND(20, b ^ c ^ d, 0x6ed9eba1)
    ROUND(40, (b & c) | (d & (b | c)), 0x8f1bbcdc)
    ROUND(60, b ^ c ^ d, 0xca62c1d6)
#undef ROUND
    h[0] += a;
    h[1] += b;
    h[2] += c;
    h[3] += d;
    h[4] += e;
}

static void sha1_blocks(HashState *s, const unsigned char *p, size_t count)
{
    for (; count; count--, p += 64)
        sha1_block(s, p);
}

static HashBlocks sha1_fn(const HashState *s)
{
#if defined(__x86_64__)
    if (s->by_instructions)
        return hash_sha1_blocks_x86;
#endif
    (void)s;
    return sha1_blocks;
}

static void sha1_update(HashState *s, const unsigned char *p, size_t n)
{
    hash_feed(s, p, n, 64, false, sha1_fn(s));
}

static void sha1_finish(HashState *s, unsigned char *out, size_t n)
{
    hash_pad(s, 64, 8, true, sha1_fn(s));
    for (size_t i = 0; i < n; i++)
        out[i] = hash_byte32(s->u.w32, i ^ 3);
}

const HashAlgo hash_md5 = { "md5", 16, 64, md5_init, md5_update, md5_finish };
const HashAlgo hash_sha1 = { "sha1", 20, 64, sha1_init, sha1_update, sha1_finish };
const HashAlgo *const hash_algos[] = {
    &hash_md5, &hash_sha1, &hash_sha224, &hash_sha256, &hash_sha384, &hash_sha512, &hash_sha512_224, &hash_sha512_256,
    &hash_sha3_224, &hash_sha3_256, &hash_sha3_384, &hash_sha3_512, &hash_shake_128, &hash_shake_256, &hash_blake2b,
    &hash_blake2s, NULL
};
