/* SPDX-License-Identifier: MIT
 * The tokens around a place. */
#ifndef PARSER_LOOK_H
#define PARSER_LOOK_H

#include "parser/ast_build.h"
#include "gen/token_codes.h"

static inline Token token_no(const Parser *p, uint32_t i)
{
    return p->tokens.items[i < p->tokens.count ? i : p->tokens.count - 1];
}

/* How far CPython has read when it reports an error that ends at `end`, and where that line starts: the first of
 * the lines that strings and backslashes make one of. CPython's tokenizer has that much text at hand. */
uint32_t look_reached(const Parser *p, uint32_t end);
uint32_t look_joined_line(const Parser *p, uint32_t reached);
/* Is the innermost bracket open before p->at one right behind with? */
bool look_behind_with(const Parser *p);

#endif
