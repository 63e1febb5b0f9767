/* SPDX-License-Identifier: MIT
 * What the files of number formatting share, private to vm/num. */
#ifndef VM_NUM_NUMFMT_LAYOUT_H
#define VM_NUM_NUMFMT_LAYOUT_H

#include "vm/num/numfmt.h"

/* A number in parts: sign (0: none), prefix such as 0x, digits that can be grouped, and the rest as it is. */
typedef struct NumberParts {
    char sign;
    const char *prefix;
    size_t nprefix;
    const char *digits;
    size_t ndigits;
    const char *rest;
    size_t nrest;
    bool upper;             /* digits are to be written in upper case */
} NumberParts;

/* The parts, which must not lie in b, by width, fill, alignment and grouping of the spec. */
void numfmt_layout(Buf *b, const FormatSpec *f, const NumberParts *n);

char numfmt_sign(char sign, bool neg);                                  /* 0: none */
size_t numfmt_count_chars(const char *text, size_t len);
size_t numfmt_prefix(const char *text, size_t len, size_t chars);       /* bytes of the first characters */

#endif
