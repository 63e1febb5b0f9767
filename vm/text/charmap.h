/* SPDX-License-Identifier: MIT
 * Tables of the encodings of one byte per character. */
#ifndef VM_TEXT_CHARMAP_H
#define VM_TEXT_CHARMAP_H

#include "lexer/base.h"

typedef struct Charmap {
    const char *names;          /* as codec_find() spells them, separated by spaces */
    uint16_t high[128];         /* code points of 0x80 and on; 0: none */
} Charmap;

extern const Charmap charmaps[];
extern const unsigned charmap_count;

#endif
