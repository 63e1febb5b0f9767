/* SPDX-License-Identifier: MIT
 * Message digests, written from their standards: FIPS 180-4 and 202, RFC 1321, 3174 and 7693. No allocation, no VM. */
#ifndef STDLIB_HASH_HASH_H
#define STDLIB_HASH_HASH_H

#include "lexer/base.h"

#define HASH_BLOCK_MAX 168u     /* of shake_128 */
#define HASH_DIGEST_MAX 64u

/* A state that is copied by assignment. buf holds what does not yet fill a block. */
typedef struct HashState {
    uint64_t total;             /* bytes seen */
    uint32_t fill;              /* of buf */
    uint32_t digest_size;       /* of BLAKE2 */
    union {
        uint32_t w32[8];
        uint64_t w64[25];
    } u;
    uint64_t offset_high;       /* BLAKE2: bytes seen, upper half */
    bool last_node;
    bool by_instructions;       /* SHA-1, SHA-256: hash_has_sha_instructions() */
    unsigned char buf[HASH_BLOCK_MAX];
} HashState;

typedef struct HashAlgo {
    const char *name;
    uint16_t digest_size, block_size;       /* digest_size 0: as long as you like */
    void (*init)(HashState *s);
    void (*update)(HashState *s, const unsigned char *p, size_t n);
    void (*finish)(HashState *s, unsigned char *out, size_t n);     /* n bytes of digest; the state is used up */
} HashAlgo;

extern const HashAlgo hash_md5, hash_sha1, hash_sha224, hash_sha256, hash_sha384, hash_sha512, hash_sha512_224, hash_sha512_256,
    hash_sha3_224, hash_sha3_256, hash_sha3_384, hash_sha3_512, hash_shake_128, hash_shake_256, hash_blake2b, hash_blake2s;
extern const HashAlgo *const hash_algos[];     /* all of them, NULL behind */

/* Takes so many whole blocks. */
typedef void (*HashBlocks)(HashState *s, const unsigned char *p, size_t count);
/* Feed n bytes: whole blocks go to fn, the rest waits in s->buf. lazy: a full buffer is kept, for it may be the last. */
void hash_feed(HashState *s, const unsigned char *p, size_t n, size_t block, bool lazy, HashBlocks fn);
/* The end of MD5, SHA-1 and SHA-2: a bit 1, zeros, the length in bits in the last `bytes` bytes of a block. */
void hash_pad(HashState *s, size_t block, size_t bytes, bool big, HashBlocks fn);
/* sha_x86.c, sha512_x86.c: the same by instructions that not every processor has. */
extern const uint32_t hash_k256[64];
extern const uint64_t hash_k512[80];
bool hash_has_sha_instructions(void);
void hash_sha256_blocks_x86(HashState *s, const unsigned char *p, size_t count);
void hash_sha1_blocks_x86(HashState *s, const unsigned char *p, size_t count);
size_t hash_sha512_blocks_x86(HashState *s, const unsigned char *p, size_t count);    /* how many it has taken */
void hash_digest(const HashAlgo *a, const void *data, size_t n, unsigned char *out);

/* BLAKE2 with all its parameters; sizes have been checked. */
typedef struct Blake2Params {
    unsigned digest_size, fanout, depth, node_depth, inner_size;
    uint32_t leaf_size;
    uint64_t node_offset;
    const unsigned char *key;
    size_t key_len;
    unsigned char salt[16], person[16];     /* of BLAKE2s: the first 8 */
    bool last_node;
} Blake2Params;
void blake2b_init(HashState *s, const Blake2Params *p);
void blake2s_init(HashState *s, const Blake2Params *p);

static inline uint32_t hash_rol32(uint32_t x, unsigned n) { return x << n | x >> (32 - n); }
static inline uint32_t hash_ror32(uint32_t x, unsigned n) { return x >> n | x << (32 - n); }
static inline uint64_t hash_ror64(uint64_t x, unsigned n) { return x >> n | x << (-n & 63); }
#if defined(__x86_64__)
static inline uint32_t hash_load32(const unsigned char *p)
{
    uint32_t x;
    memcpy(&x, p, sizeof x);
    return x;
}
#else
static inline uint32_t hash_load32(const unsigned char *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}
#endif
static inline uint32_t hash_load32_big(const unsigned char *p) { return __builtin_bswap32(hash_load32(p)); }
static inline uint64_t hash_load64(const unsigned char *p) { return hash_load32(p) | (uint64_t)hash_load32(p + 4) << 32; }
static inline uint64_t hash_load64_big(const unsigned char *p) { return __builtin_bswap64(hash_load64(p)); }
/* Byte i of 32-bit words, least significant first. */
static inline unsigned char hash_byte32(const uint32_t *w, size_t i) { return (unsigned char)(w[i / 4] >> i % 4 * 8); }
static inline unsigned char hash_byte64(const uint64_t *w, size_t i) { return (unsigned char)(w[i / 8] >> i % 8 * 8); }

#endif
