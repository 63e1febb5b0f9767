/* SPDX-License-Identifier: MIT
 * SipHash-1-3, a keyed hash: with a secret key nobody can prepare strings that collide. */
#ifndef VM_TEXT_SIPHASH_H
#define VM_TEXT_SIPHASH_H

#include "lexer/base.h"

typedef struct SipKey {
    uint64_t k0, k1;        /* the 16 key bytes, little-endian */
} SipKey;

uint64_t siphash13(const SipKey *key, const void *data, size_t n);

#endif
