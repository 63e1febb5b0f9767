/* SPDX-License-Identifier: MIT
 * Makes the table of vm/num/dtoa_pow10.h: the powers of ten as 128-bit numbers, for reading and
 * printing doubles.
 *
 *     gen_pow10 IGNORED build/gen      writes build/gen/pow10_tables.c */
#include <stdio.h>

#include "vm/num/dtoa_pow10.h"

#define WORDS 48                /* 32-bit words, least significant first: 10**324 has 1077 bits */

typedef struct Big {
    uint32_t w[WORDS];
} Big;

static void times10(Big *b)
{
    uint64_t carry = 0;
    for (int i = 0; i < WORDS; i++) {
        carry += (uint64_t)b->w[i] * 10;
        b->w[i] = (uint32_t)carry;
        carry >>= 32;
    }
}

static void over10(Big *b)
{
    uint64_t rest = 0;
    for (int i = WORDS; i-- > 0;) {
        rest = rest << 32 | b->w[i];
        b->w[i] = (uint32_t)(rest / 10);
        rest %= 10;
    }
}

static int bit(const Big *b, int i)
{
    return i < 0 ? 0 : (int)(b->w[i / 32] >> (i % 32) & 1);
}

/* inexact: the number stands for a slightly larger one. */
static void put(FILE *f, const Big *b, int inexact, int k)
{
    uint64_t high = 0, low = 0;
    int top = WORDS * 32 - 1;
    while (!bit(b, top))
        top--;
    for (int i = 0; i < 64; i++) {
        high = high << 1 | (uint64_t)bit(b, top - i);
        low = low << 1 | (uint64_t)bit(b, top - 64 - i);
    }
    for (int i = top - 128; i >= 0; i--)
        inexact |= bit(b, i);
    low += inexact != 0;
    high += inexact && low == 0;
    fprintf(f, "    {0x%016llxu, 0x%016llxu}, /* 1e%d */\n", (unsigned long long)high,
            (unsigned long long)low, k);
}

static void write_table(FILE *f)
{
    static Big down[-POW10_MIN + 1], up;
    down[0].w[WORDS - 1] = 1;
    for (int i = 1; i <= -POW10_MIN; i++) {
        down[i] = down[i - 1];
        over10(&down[i]);       /* rounding down again and again is rounding down once */
    }
    fputs("/* Made by scripts/gen_pow10.c; do not edit. */\n#include \"vm/num/dtoa_pow10.h\"\n\n"
          "const Pow10 pow10_table[POW10_MAX - POW10_MIN + 1] = {\n", f);
    for (int k = POW10_MIN; k < 0; k++)
        put(f, &down[-k], 1, k);
    up.w[0] = 1;
    for (int k = 0; k <= POW10_MAX; k++) {
        put(f, &up, 0, k);
        times10(&up);
    }
    fputs("};\n", f);
}

int main(int argc, char **argv)
{
    char path[4096];
    if (argc != 3)
        return 2;
    snprintf(path, sizeof path, "%s/pow10_tables.c", argv[2]);
    FILE *f = fopen(path, "w");
    if (!f) {
        perror(path);
        return 1;
    }
    write_table(f);
    return fclose(f) ? 1 : 0;
}
