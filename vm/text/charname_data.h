/* SPDX-License-Identifier: MIT
 * Layout of the tables of character names, which scripts/gen_names.c makes (build/gen/names_tables.c).
 *
 * All names, one after the other and each ended by a zero, are compressed by a grammar: a symbol is one
 * character, or a rule that stands for two symbols. Names are numbered: first those of code points in
 * ascending order, then aliases and named sequences. */
#ifndef VM_TEXT_CHARNAME_DATA_H
#define VM_TEXT_CHARNAME_DATA_H

#include "lexer/base.h"

enum {
    CHARNAME_BLOCK = 16,        /* the place of every 16th name in the stream is known */
    CHARNAME_BUCKETS = 8192,
    CHARNAME_DEPTH = 64,        /* rules nest less deep than this */
    CHARNAME_CHARACTER = 0xFFFF,
    CHARNAME_SEQUENCE = 1 << 30,
};

/* second == CHARNAME_CHARACTER: the symbol is the character `first`. */
typedef struct CharnameRule {
    uint16_t first, second;
} CharnameRule;

/* Code points from `first` on have the names from `name` on, up to the next run's. The last run has no
 * names. */
typedef struct CharnameRun {
    uint32_t first, name;
} CharnameRun;

extern const CharnameRule charname_rules[];
extern const CharnameRun charname_runs[];
extern const size_t charname_run_count;

/* Symbols below charname_short are one byte; others are two, the first of which is charname_short or more:
 * (first - charname_short) * 256 + second + charname_short. */
extern const uint8_t charname_stream[];
extern const uint32_t charname_blocks[];
extern const unsigned charname_short;

/* The names whose hash is b are charname_order[charname_buckets[b] .. charname_buckets[b + 1]). */
extern const uint16_t charname_buckets[], charname_order[];

/* What aliases and sequences stand for, from number charname_plain_count on: a code point, or
 * CHARNAME_SEQUENCE | start << 3 | length in charname_sequences. */
extern const size_t charname_plain_count;
extern const uint32_t charname_others[];
extern const uint32_t charname_sequences[];

/* First and last code points of the CJK unified ideographs, in pairs; ends with 0, 0. */
extern const uint32_t charname_ideographs[][2];

static inline unsigned charname_hash(const char *name, size_t n)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)name[i]) * 16777619u;
    return (h ^ h >> 16) % CHARNAME_BUCKETS;
}

#endif
