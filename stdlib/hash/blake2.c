/* SPDX-License-Identifier: MIT
 * BLAKE2b and BLAKE2s (RFC 7693), with the parameters of its tree mode. */
#include "stdlib/hash/hash.h"

static const uint64_t iv64[8] = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

static const uint8_t sigma[10][16] = {
    { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
    { 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3 },
    { 11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4 },
    { 7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8 },
    { 9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13 },
    { 2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9 },
    { 12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11 },
    { 13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10 },
    { 6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5 },
    { 10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0 },
};

/* The rounds of both, on 16 variables; word(i) is a word of the message. In full, so that the order of the words is known. */
#define MIX(ror, a, b, c, d, x, y, r1, r2, r3, r4)      \
    v[a] += v[b] + (x);                                 \
    v[d] = ror(v[d] ^ v[a], r1);                        \
    v[c] += v[d];                                       \
    v[b] = ror(v[b] ^ v[c], r2);                        \
    v[a] += v[b] + (y);                                 \
    v[d] = ror(v[d] ^ v[a], r3);                        \
    v[c] += v[d];                                       \
    v[b] = ror(v[b] ^ v[c], r4);
#define ROUND(round, word, ror, r1, r2, r3, r4)                                         \
    {                                                                                   \
        const uint8_t *g = sigma[(round) % 10];                                         \
        MIX(ror, 0, 4, 8, 12, word(g[0]), word(g[1]), r1, r2, r3, r4)                   \
        MIX(ror, 1, 5, 9, 13, word(g[2]), word(g[3]), r1, r2, r3, r4)                   \
        MIX(ror, 2, 6, 10, 14, word(g[4]), word(g[5]), r1, r2, r3, r4)                  \
        MIX(ror, 3, 7, 11, 15, word(g[6]), word(g[7]), r1, r2, r3, r4)                  \
        MIX(ror, 0, 5, 10, 15, word(g[8]), word(g[9]), r1, r2, r3, r4)                  \
        MIX(ror, 1, 6, 11, 12, word(g[10]), word(g[11]), r1, r2, r3, r4)                \
        MIX(ror, 2, 7, 8, 13, word(g[12]), word(g[13]), r1, r2, r3, r4)                 \
        MIX(ror, 3, 4, 9, 14, word(g[14]), word(g[15]), r1, r2, r3, r4)                 \
    }

/* u.w64[8] counts the bytes of the blocks so far. */
static void compress_b(HashState *s, const unsigned char *block, uint64_t count, bool last)
{
    uint64_t v[16], *h = s->u.w64;
    h[8] += count;
    s->offset_high += h[8] < count;
    memcpy(v, h, 64);
    memcpy(v + 8, iv64, 64);
    v[12] ^= h[8];
    v[13] ^= s->offset_high;
    if (last)
        v[14] = ~v[14];
    if (last && s->last_node)
        v[15] = ~v[15];
#define WORD(i) hash_load64(block + 8 * (i))
#pragma GCC unroll 12
    for (unsigned round = 0; round < 12; round++)
        ROUND(round, WORD, hash_ror64, 32, 24, 16, 63)
#undef WORD
    for (size_t i = 0; i < 8; i++)
        h[i] ^= v[i] ^ v[i + 8];
}

static void compress_s(HashState *s, const unsigned char *block, uint64_t count, bool last)
{
    uint32_t v[16], *h = s->u.w32;
    uint64_t total = s->offset_high += count;
    memcpy(v, h, 32);
    for (size_t i = 0; i < 8; i++)
        v[i + 8] = (uint32_t)(iv64[i] >> 32);
    v[12] ^= (uint32_t)total;
    v[13] ^= (uint32_t)(total >> 32);
    if (last)
        v[14] = ~v[14];
    if (last && s->last_node)
        v[15] = ~v[15];
#define WORD(i) hash_load32(block + 4 * (i))
#pragma GCC unroll 10
    for (unsigned round = 0; round < 10; round++)
        ROUND(round, WORD, hash_ror32, 16, 12, 8, 7)
#undef WORD
    for (size_t i = 0; i < 8; i++)
        h[i] ^= v[i] ^ v[i + 8];
}

static void blocks_b(HashState *s, const unsigned char *p, size_t count)
{
    for (; count; count--, p += 128)
        compress_b(s, p, 128, false);
}

static void blocks_s(HashState *s, const unsigned char *p, size_t count)
{
    for (; count; count--, p += 64)
        compress_s(s, p, 64, false);
}

static void update_b(HashState *s, const unsigned char *p, size_t n)
{
    hash_feed(s, p, n, 128, true, blocks_b);
}

static void update_s(HashState *s, const unsigned char *p, size_t n)
{
    hash_feed(s, p, n, 64, true, blocks_s);
}

/* The key, when there is one, is the first block. */
static void feed_key(HashState *s, const Blake2Params *p, size_t block,
                     void (*update)(HashState *, const unsigned char *, size_t))
{
    unsigned char first[128] = { 0 };
    if (!p->key_len)
        return;
    memcpy(first, p->key, p->key_len);
    update(s, first, block);
}

void blake2b_init(HashState *s, const Blake2Params *p)
{
    memset(s, 0, offsetof(HashState, buf));
    s->digest_size = p->digest_size;
    s->last_node = p->last_node;
    memcpy(s->u.w64, iv64, sizeof iv64);
    uint64_t *h = s->u.w64;
    h[0] ^= p->digest_size | (uint64_t)p->key_len << 8 | (uint64_t)p->fanout << 16 | (uint64_t)p->depth << 24 |
            (uint64_t)p->leaf_size << 32;
    h[1] ^= p->node_offset;
    h[2] ^= p->node_depth | (uint64_t)p->inner_size << 8;
    for (size_t i = 0; i < 2; i++) {
        h[4 + i] ^= hash_load64(p->salt + 8 * i);
        h[6 + i] ^= hash_load64(p->person + 8 * i);
    }
    feed_key(s, p, 128, update_b);
}

void blake2s_init(HashState *s, const Blake2Params *p)
{
    memset(s, 0, offsetof(HashState, buf));
    s->digest_size = p->digest_size;
    s->last_node = p->last_node;
    uint32_t *h = s->u.w32;
    for (size_t i = 0; i < 8; i++)
        h[i] = (uint32_t)(iv64[i] >> 32);
    h[0] ^= p->digest_size | (uint32_t)p->key_len << 8 | p->fanout << 16 | p->depth << 24;
    h[1] ^= p->leaf_size;
    h[2] ^= (uint32_t)p->node_offset;
    h[3] ^= (uint32_t)(p->node_offset >> 32 & 0xffff) | p->node_depth << 16 | p->inner_size << 24;
    for (size_t i = 0; i < 2; i++) {
        h[4 + i] ^= hash_load32(p->salt + 4 * i);
        h[6 + i] ^= hash_load32(p->person + 4 * i);
    }
    feed_key(s, p, 64, update_s);
}

static void init_b(HashState *s)
{
    blake2b_init(s, &(Blake2Params){ .digest_size = 64, .fanout = 1, .depth = 1 });
}

static void init_s(HashState *s)
{
    blake2s_init(s, &(Blake2Params){ .digest_size = 32, .fanout = 1, .depth = 1 });
}

static void finish_b(HashState *s, unsigned char *out, size_t n)
{
    memset(s->buf + s->fill, 0, 128 - s->fill);
    compress_b(s, s->buf, s->fill, true);
    for (size_t i = 0; i < n; i++)
        out[i] = hash_byte64(s->u.w64, i);
}

static void finish_s(HashState *s, unsigned char *out, size_t n)
{
    memset(s->buf + s->fill, 0, 64 - s->fill);
    compress_s(s, s->buf, s->fill, true);
    for (size_t i = 0; i < n; i++)
        out[i] = hash_byte32(s->u.w32, i);
}

const HashAlgo hash_blake2b = { "blake2b", 64, 128, init_b, update_b, finish_b };
const HashAlgo hash_blake2s = { "blake2s", 32, 64, init_s, update_s, finish_s };
