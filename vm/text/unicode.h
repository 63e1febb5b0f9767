/* SPDX-License-Identifier: MIT
 * Properties of code points, from tables that scripts/gen_unicode.c makes. Any 32-bit number may be asked
 * for; what lies above U+10FFFF has the properties of an unassigned code point. */
#ifndef VM_TEXT_UNICODE_H
#define VM_TEXT_UNICODE_H

#include "vm/buf.h"
#include "vm/text/unicode_data.h"

/* UNICODE_ALPHA, UNICODE_SPACE ... of c, or-ed together. */
static inline unsigned unicode_flags(uint32_t c)
{
    return unicode_record(c)->flags;
}

static inline bool unicode_is_alpha(uint32_t c) { return unicode_flags(c) & UNICODE_ALPHA; }
static inline bool unicode_is_alnum(uint32_t c) { return unicode_flags(c) & UNICODE_ALNUM; }
static inline bool unicode_is_decimal(uint32_t c) { return unicode_flags(c) & UNICODE_DECIMAL; }
static inline bool unicode_is_digit(uint32_t c) { return unicode_flags(c) & UNICODE_DIGIT; }
static inline bool unicode_is_numeric(uint32_t c) { return unicode_flags(c) & UNICODE_NUMERIC; }
static inline bool unicode_is_lower(uint32_t c) { return unicode_flags(c) & UNICODE_LOWER; }
static inline bool unicode_is_upper(uint32_t c) { return unicode_flags(c) & UNICODE_UPPER; }
static inline bool unicode_is_title(uint32_t c) { return unicode_flags(c) & UNICODE_TITLE; }
static inline bool unicode_is_space(uint32_t c) { return unicode_flags(c) & UNICODE_SPACE; }
static inline bool unicode_is_linebreak(uint32_t c) { return unicode_flags(c) & UNICODE_LINEBREAK; }
static inline bool unicode_is_printable(uint32_t c) { return unicode_flags(c) & UNICODE_PRINTABLE; }
static inline bool unicode_is_cased(uint32_t c) { return unicode_flags(c) & UNICODE_CASED; }
static inline bool unicode_is_case_ignorable(uint32_t c) { return unicode_flags(c) & UNICODE_CASE_IGNORABLE; }

/* Where an identifier may start and go on; the underscore starts one too. */
static inline bool unicode_is_xid_start(uint32_t c)
{
    return c == '_' || (unicode_flags(c) & UNICODE_XID_START);
}

static inline bool unicode_is_xid_continue(uint32_t c) { return unicode_flags(c) & UNICODE_XID_CONTINUE; }

/* Value of a decimal digit (what int() takes) or of a digit (superscripts too); -1: it is none. */
int unicode_decimal(uint32_t c);
int unicode_digit(uint32_t c);
MUST_USE bool unicode_numeric(uint32_t c, double *value);

/* Simple case: one code point to one. */
uint32_t unicode_to_lower(uint32_t c);
uint32_t unicode_to_upper(uint32_t c);
uint32_t unicode_to_title(uint32_t c);

/* Full case: up to UNICODE_CASE_MAX code points; returns how many. Final sigma is the caller's. */
#define UNICODE_CASE_MAX 3
size_t unicode_lower_full(uint32_t c, uint32_t *out);
size_t unicode_upper_full(uint32_t c, uint32_t *out);
size_t unicode_title_full(uint32_t c, uint32_t *out);
size_t unicode_fold_full(uint32_t c, uint32_t *out);

/* The data of module unicodedata. The strings are static: "Lu"; "L", "" if unassigned; "W". */
const char *unicode_category(uint32_t c);
const char *unicode_bidirectional(uint32_t c);
const char *unicode_east_asian_width(uint32_t c);
unsigned unicode_combining(uint32_t c);
bool unicode_mirrored(uint32_t c);

/* Columns of a terminal that c takes: 0 (combining, control), 1 or 2. */
int unicode_width(uint32_t c);

/* What unicodedata.decomposition() returns: "<compat> 0066 0069", empty if none. */
void unicode_decomposition(Buf *out, uint32_t c);

typedef enum UnicodeForm { UNICODE_NFC, UNICODE_NFD, UNICODE_NFKC, UNICODE_NFKD } UnicodeForm;

/* Append the normal form of a text to out; out->failed when out of memory. */
void unicode_normalize(Buf *out, const char *s, size_t n, UnicodeForm form);

/* True: the text is surely in that form already (a cheap test: no character that could change or move). */
bool unicode_quick_check(const char *s, size_t n, UnicodeForm form);

#endif
