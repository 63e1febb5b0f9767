/* SPDX-License-Identifier: MIT
 * Between errors.c (statements, and the order of all questions) and errors_expr.c (expressions). Each function
 * is a question; true: its error has been told, and nothing more is asked. t is the token that does not fit. */
#ifndef PARSER_ERRORS_H
#define PARSER_ERRORS_H

#include "parser/look.h"

bool is_word(const Parser *p, Token t, const char *word);
bool is_name(uint16_t kind);
bool error_at(Parser *p, Token t, const char *text);
bool error_range(Parser *p, uint32_t start, uint32_t end, const char *text);

bool bare_lambda(Parser *p, Token t);
bool broken_argument(Parser *p, Token t, const Surroundings *s);
bool broken_comprehension(Parser *p, Token t, const Surroundings *s);
bool broken_dict(Parser *p, Token t, const Surroundings *s);
bool broken_further(Parser *p);
bool broken_field(Parser *p, Token t, const Surroundings *s);
bool broken_group(Parser *p, Token t, const Surroundings *s);
bool broken_operand(Parser *p, Token t, const Surroundings *s);
bool broken_within(Parser *p, uint16_t mode, uint32_t first);
bool broken_star(Parser *p, Token t, const Surroundings *s);
bool operand_before(const Parser *p, Expr *e);
bool outer_field(Parser *p, const Surroundings *s);
bool positional_behind(Parser *p, Token t, const Surroundings *s);

#endif
