/* SPDX-License-Identifier: MIT
 * Powers of ten, private to vm/num: 10**k as a 128-bit number and a power of two. */
#ifndef VM_NUM_DTOA_POW10_H
#define VM_NUM_DTOA_POW10_H

#include "lexer/base.h"

#define POW10_MIN (-342)
#define POW10_MAX 324
#define POW10_EXACT_MAX 55

/* (high, low) * 2**(pow10_log2(k) - 127): the top bit of high is set, low is rounded up. Exact for 0 <= k
 * <= 55. */
typedef struct Pow10 {
    uint64_t high, low;
} Pow10;

extern const Pow10 pow10_table[POW10_MAX - POW10_MIN + 1];      /* made by scripts/gen_pow10.c */

static inline Pow10 pow10_get(int k)
{
    return pow10_table[k - POW10_MIN];
}

/* floor(log2(10**k)), |k| <= 1200 */
static inline int pow10_log2(int k)
{
    return (int)((int64_t)k * 1741647 >> 19);
}

#endif
