/* SPDX-License-Identifier: MIT
 * Layout of the Unicode tables. scripts/gen_unicode.c fills them (build/gen/unicode_tables.c), unicode.c
 * reads them; everybody else asks unicode.h.
 *
 * Three stages: stage1 maps code point / 2048 to a block of stage2, that maps each 16 code points to a block of
 * stage3, which has the entries; equal blocks are kept once. There are three such tables: records (what str needs),
 * extras (what unicodedata and the line editor need besides) and decompositions. */
#ifndef VM_TEXT_UNICODE_DATA_H
#define VM_TEXT_UNICODE_DATA_H

#include "lexer/base.h"

#define UNICODE_BLOCK 16u       /* entries of a block of stage3 */
#define UNICODE_GROUP 128u      /* of stage2 */

enum {
    UNICODE_ALPHA = 1 << 0,
    UNICODE_DECIMAL = 1 << 1,
    UNICODE_DIGIT = 1 << 2,
    UNICODE_NUMERIC = 1 << 3,
    UNICODE_ALNUM = UNICODE_ALPHA | UNICODE_DECIMAL | UNICODE_DIGIT | UNICODE_NUMERIC,
    UNICODE_LOWER = 1 << 4,
    UNICODE_UPPER = 1 << 5,
    UNICODE_TITLE = 1 << 6,
    UNICODE_SPACE = 1 << 7,
    UNICODE_LINEBREAK = 1 << 8,
    UNICODE_PRINTABLE = 1 << 9,
    UNICODE_XID_START = 1 << 10,
    UNICODE_XID_CONTINUE = 1 << 11,
    UNICODE_CASED = 1 << 12,
    UNICODE_CASE_IGNORABLE = 1 << 13,
};

typedef struct UnicodeRecord {
    uint16_t flags;
    uint8_t category;               /* index into unicode_category_names */
    uint8_t digit;                  /* with UNICODE_DECIMAL or UNICODE_DIGIT */
    int32_t lower, upper, title;    /* simple mappings, as distances */
    uint32_t special;               /* 0, or index into unicode_special */
} UnicodeRecord;

typedef struct UnicodeExtra {
    uint8_t combining;
    uint8_t bidirectional;          /* index into unicode_bidi_names */
    uint8_t width;                  /* index into unicode_width_names */
    uint8_t mirrored;
    uint8_t unstable;               /* 1 << form: may change or combine in that normal form */
} UnicodeExtra;

extern const uint8_t unicode_record_stage1[], unicode_extra_stage1[], unicode_decomp_stage1[];
extern const uint16_t unicode_record_stage2[], unicode_extra_stage2[], unicode_decomp_stage2[];
extern const uint16_t unicode_record_stage3[], unicode_decomp_stage3[];
extern const uint8_t unicode_extra_stage3[];
extern const UnicodeRecord unicode_records[];
extern const UnicodeExtra unicode_extras[];

/* Per special case: lengths of lower, upper, title and fold in one word (4 bits each, lower lowest), then
 * their code points in this order. */
extern const uint32_t unicode_special[];

/* Per decomposition: tag << 8 | number of words, then UTF-16 words. Index 0: none. */
extern const uint16_t unicode_decomps[];

/* Canonical compositions, sorted by first, then second. */
typedef struct UnicodePair {
    uint32_t first, second, composite;
} UnicodePair;
extern const UnicodePair unicode_pairs[];
extern const size_t unicode_pair_count;

/* Numeric values of what is no digit: code point << 8 | index into unicode_numeric_values, sorted. */
extern const uint32_t unicode_numerics[];
extern const size_t unicode_numeric_count;
extern const double unicode_numeric_values[];

extern const char unicode_category_names[][3], unicode_bidi_names[][4], unicode_width_names[][3];
extern const char *const unicode_decomp_tags[];
extern const char unicode_version[];

#define UNICODE_LOOK_UP(table, c) \
    unicode_##table##_stage3[unicode_##table##_stage2[unicode_##table##_stage1[(c) / (UNICODE_BLOCK * UNICODE_GROUP)] \
                             * UNICODE_GROUP + (c) / UNICODE_BLOCK % UNICODE_GROUP] * UNICODE_BLOCK + (c) % UNICODE_BLOCK]

/* The last code point is a noncharacter, which is what all numbers beyond it are taken for. */
static inline uint32_t unicode_clamp(uint32_t c) { return c <= 0x10FFFF ? c : 0x10FFFF; }

static inline const UnicodeRecord *unicode_record(uint32_t c)
{
    c = unicode_clamp(c);
    return &unicode_records[UNICODE_LOOK_UP(record, c)];
}

static inline const UnicodeExtra *unicode_extra(uint32_t c)
{
    c = unicode_clamp(c);
    return &unicode_extras[UNICODE_LOOK_UP(extra, c)];
}

#endif
