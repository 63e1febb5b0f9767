/* SPDX-License-Identifier: MIT
 * Layout of the tables of character names, which scripts/gen_names.c makes (build/gen/names_tables.c).
 *
 * Names are numbered: first those of code points in ascending order, then aliases and named sequences. Each is written
 * as what differs from the one before it: CHARNAME_WORDS + n, that one without its last 1 + n words (what comes before
 * them ends in a space or hyphen), then characters, of which CHARNAME_CODE stands for the code point in hexadecimal and
 * CHARNAME_NEXT for the number at the end of the name before, plus 1; then a zero. The first of a block has no name
 * before it.
 *
 * This text is compressed by a grammar: a symbol is one character, or a rule that stands for two symbols; and the
 * symbols are written in canonical Huffman codes, the shorter ones for the lower symbols. */
#ifndef VM_TEXT_CHARNAME_DATA_H
#define VM_TEXT_CHARNAME_DATA_H

#include "lexer/base.h"

enum {
    CHARNAME_BLOCK = 32,        /* the place of every 32nd name in the stream is known */
    CHARNAME_BUCKETS = 8192,
    CHARNAME_DEPTH = 64,        /* rules nest less deep than this */
    CHARNAME_CODE_MAX = 16,     /* bits of the longest code */
    CHARNAME_RULE_BITS = 13,    /* of a symbol in a rule */
    CHARNAME_CHARACTER = (1 << CHARNAME_RULE_BITS) - 1,
    CHARNAME_SEQUENCE = 1 << 30,
    CHARNAME_WORDS = 1, CHARNAME_CODE = 30, CHARNAME_NEXT = 31,     /* in place of characters */
};

/* Code points from `first` on have the names from `name` on, up to the next run's. The last run has no
 * names. */
typedef struct CharnameRun {
    uint32_t first, name;
} CharnameRun;

/* A rule: two symbols of CHARNAME_RULE_BITS bits each, the first one first, the highest bit first. Where the second is
 * CHARNAME_CHARACTER the first is a character. */
extern const uint8_t charname_rules[];
extern const size_t charname_symbol_count;
extern const CharnameRun charname_runs[];
extern const size_t charname_run_count;

/* Codes, the highest bit first. Those of n bits are less than codes[n - 1].end, when they and what follows them are read as
 * 32 bits; the code plus .symbol is the symbol. Where each block begins, in bits. */
typedef struct CharnameCode {
    uint32_t end;
    int32_t symbol;
} CharnameCode;
extern const uint8_t charname_stream[];
extern const CharnameCode charname_codes[CHARNAME_CODE_MAX];
extern const uint32_t charname_blocks[];

extern const size_t charname_count;

/* What aliases and sequences stand for, from number charname_plain_count on: a code point, or
 * CHARNAME_SEQUENCE | start << 3 | length in charname_sequences. */
extern const size_t charname_plain_count;
extern const uint32_t charname_others[];
extern const uint32_t charname_sequences[];

/* First and last code points of the CJK unified ideographs, in pairs; ends with 0, 0. */
extern const uint32_t charname_ideographs[][2];

#endif
