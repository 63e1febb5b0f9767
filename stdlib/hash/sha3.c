/* SPDX-License-Identifier: MIT
 * SHA-3 and SHAKE (FIPS 202). */
#include "stdlib/hash/hash.h"

static const uint64_t round_constants[24] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
    0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};
/* How far lane x of plane y is turned: turn[y][x]. */
static const uint8_t turn[5][5] = {
    { 0, 1, 62, 28, 27 }, { 36, 44, 6, 55, 20 }, { 3, 10, 43, 25, 39 }, { 41, 45, 15, 21, 8 }, { 18, 2, 61, 56, 14 },
};

/* A round from plane to plane: a lane of each plane of the old state makes a plane of the new one, whose parities are added
 * up for the next round. */
static inline __attribute__((always_inline)) void keccak_round(uint64_t new[5][5], uint64_t old[5][5], uint64_t parity[5],
                                                               uint64_t constant)
{
    uint64_t add[5];
#pragma GCC unroll 5
    for (size_t x = 0; x < 5; x++)
        add[x] = parity[(x + 4) % 5] ^ hash_ror64(parity[(x + 1) % 5], 63);
#pragma GCC unroll 5
    for (size_t y = 0; y < 5; y++) {
        uint64_t b[5];
#pragma GCC unroll 5
        for (size_t x = 0; x < 5; x++) {
            size_t from = (3 * y + x) % 5;
            b[x] = hash_ror64(old[x][from] ^ add[from], (64 - turn[x][from]) & 63);
        }
#pragma GCC unroll 5
        for (size_t x = 0; x < 5; x++) {
            uint64_t lane = b[x] ^ (~b[(x + 1) % 5] & b[(x + 2) % 5]);
            if (x + y == 0)
                lane ^= constant;
            new[y][x] = lane;
            parity[x] = y ? parity[x] ^ lane : lane;
        }
    }
}

static inline __attribute__((always_inline)) void permute(uint64_t *state)
{
    uint64_t a[5][5], b[5][5], parity[5];
    memcpy(a, state, sizeof a);
    for (size_t x = 0; x < 5; x++)
        parity[x] = a[0][x] ^ a[1][x] ^ a[2][x] ^ a[3][x] ^ a[4][x];
    for (size_t round = 0; round < 24; round += 2) {
        keccak_round(b, a, parity, round_constants[round]);
        keccak_round(a, b, parity, round_constants[round + 1]);
    }
    memcpy(state, a, sizeof a);
}

static void keccak_plain(uint64_t *a) { permute(a); }
#if defined(__x86_64__)
__attribute__((target("bmi,bmi2"))) static void keccak_bmi2(uint64_t *a) { permute(a); }
#endif
static void keccak(uint64_t *a)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("bmi2")) {
        keccak_bmi2(a);
        return;
    }
#endif
    keccak_plain(a);
}

/* s->digest_size is the rate: how many bytes of the state take input and give output. */
static void absorb(HashState *s, const unsigned char *p, size_t count)
{
    for (; count; count--, p += s->digest_size) {
        for (size_t i = 0; i < s->digest_size / 8; i++)
            s->u.w64[i] ^= hash_load64(p + 8 * i);
        keccak(s->u.w64);
    }
}

static void init(HashState *s, uint32_t rate)
{
    memset(s, 0, offsetof(HashState, buf));
    s->digest_size = rate;
}

static void update(HashState *s, const unsigned char *p, size_t n)
{
    hash_feed(s, p, n, s->digest_size, false, absorb);
}

static void finish(HashState *s, unsigned char *out, size_t n, unsigned char suffix)
{
    memset(s->buf + s->fill, 0, s->digest_size - s->fill);
    s->buf[s->fill] ^= suffix;
    s->buf[s->digest_size - 1] ^= 0x80;
    absorb(s, s->buf, 1);
    for (size_t i = 0, at = 0; i < n; i++, at++) {
        if (at == s->digest_size) {
            keccak(s->u.w64);
            at = 0;
        }
        out[i] = hash_byte64(s->u.w64, at);
    }
}

static void sha3_finish(HashState *s, unsigned char *out, size_t n)
{
    finish(s, out, n, 0x06);
}

static void shake_finish(HashState *s, unsigned char *out, size_t n)
{
    finish(s, out, n, 0x1f);
}

#define ALGO(name, digest, rate, end)                                                       \
    static void name##_init(HashState *s) { init(s, rate); }                                \
    const HashAlgo hash_##name = { #name, digest, rate, name##_init, update, end }
ALGO(sha3_224, 28, 144, sha3_finish);
ALGO(sha3_256, 32, 136, sha3_finish);
ALGO(sha3_384, 48, 104, sha3_finish);
ALGO(sha3_512, 64, 72, sha3_finish);
ALGO(shake_128, 0, 168, shake_finish);
ALGO(shake_256, 0, 136, shake_finish);
