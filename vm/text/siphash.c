/* SPDX-License-Identifier: MIT
 * SipHash with one round per word and three at the end. */
#include "vm/text/siphash.h"

typedef struct SipState {
    uint64_t v0, v1, v2, v3;
} SipState;

static inline uint64_t rotate(uint64_t x, int bits) { return x << bits | x >> (64 - bits); }

static inline void round_once(SipState *s)
{
    s->v0 += s->v1;
    s->v2 += s->v3;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 = rotate(s->v0, 32);
    s->v2 += s->v1;
    s->v0 += s->v3;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v2 = rotate(s->v2, 32);
}

static inline uint64_t load_word(const unsigned char *p)
{
    uint64_t w;
    memcpy(&w, p, sizeof w);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    w = __builtin_bswap64(w);
#endif
    return w;
}

/* The last 0 to 7 bytes, with the length in the top byte. */
static inline uint64_t load_tail(const unsigned char *p, size_t n)
{
    uint64_t w = (uint64_t)n << 56;
    for (size_t i = 0; i < (n & 7); i++)
        w |= (uint64_t)p[i] << (8 * i);
    return w;
}

uint64_t siphash13(const SipKey *key, const void *data, size_t n)
{
    SipState s = {
        key->k0 ^ 0x736f6d6570736575, key->k1 ^ 0x646f72616e646f6d,
        key->k0 ^ 0x6c7967656e657261, key->k1 ^ 0x7465646279746573,
    };
    const unsigned char *p = data;
    for (size_t left = n; left >= 8; left -= 8, p += 8) {
        uint64_t w = load_word(p);
        s.v3 ^= w;
        round_once(&s);
        s.v0 ^= w;
    }
    uint64_t tail = load_tail(p, n);
    s.v3 ^= tail;
    round_once(&s);
    s.v0 ^= tail;
    s.v2 ^= 0xFF;
    for (int i = 0; i < 3; i++)
        round_once(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
