/* SPDX-License-Identifier: MIT
 * For the tests of vm/num: the same pseudo-random samples here and in num_sums.py, which prints the check
 * sums that CPython's results have. */
#ifndef TESTS_UNIT_VM_NUM_SAMPLE_H
#define TESTS_UNIT_VM_NUM_SAMPLE_H

#include <check.h>
#include <stdlib.h>

#include "vm/num/limbs.h"

typedef struct Sample {
    uint64_t state, sum;
} Sample;

static inline Sample sample_start(void)
{
    return (Sample){88172645463325252u, 14695981039346656037u};
}

static inline uint64_t sample_next(Sample *s)
{
    s->state ^= s->state << 13;
    s->state ^= s->state >> 7;
    s->state ^= s->state << 17;
    return s->state;
}

static inline uint64_t sample_below(Sample *s, uint64_t n)
{
    return sample_next(s) % n;
}

/* FNV-1a */
static inline void sample_add(Sample *s, const void *data, size_t n)
{
    const unsigned char *p = data;
    for (size_t i = 0; i < n; i++)
        s->sum = (s->sum ^ p[i]) * 1099511628211u;
}

static inline void sample_add_limbs(Sample *s, const Limb *a, size_t n)
{
    ck_assert(n == 0 || a[n - 1] != 0);
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < 64; k += 8) {
            unsigned char byte = (unsigned char)(a[i] >> k);
            sample_add(s, &byte, 1);
        }
}

/* At most `most` limbs, many of them all zeros or all ones. */
static inline size_t sample_limbs(Sample *s, Limb *a, size_t most)
{
    size_t n = (size_t)sample_below(s, most + 1);
    for (size_t i = 0; i < n; i++) {
        uint64_t kind = sample_below(s, 4);
        a[i] = kind == 0 ? 0 : kind == 1 ? ~(Limb)0 : sample_next(s);
    }
    return limbs_norm(a, n);
}

/* Memory for n limbs with a guard behind them, which limbs_done checks. */
#define SAMPLE_GUARD 0x5AA5C33C0FF0E77Eu

static inline Limb *limbs_new(size_t n)
{
    Limb *a = malloc((n + 2) * sizeof *a);
    ck_assert(a != NULL);
    memset(a, 0xC5, n * sizeof *a);
    a[n] = a[n + 1] = SAMPLE_GUARD;
    return a;
}

static inline void limbs_done(Limb *a, size_t n)
{
    ck_assert(a[n] == SAMPLE_GUARD && a[n + 1] == SAMPLE_GUARD);
    free(a);
}

#endif
