/* SPDX-License-Identifier: MIT
 * What the parser's suites share: a source with its tree and scopes, and assertions in one line. */
#ifndef TESTS_UNIT_PARSER_SUPPORT_H
#define TESTS_UNIT_PARSER_SUPPORT_H

#include <check.h>

#include "lexer/diag.h"
#include "parser/scope.h"

/* Bytes live now; which allocation fails (0: the next one), -1: none. */
typedef struct TestMemory {
    size_t live;
    long fail_at;
    Alloc alloc;
} TestMemory;

/* A text, parsed; freed by parsed_end. tree is NULL after an error. */
typedef struct Parsed {
    TestMemory memory;
    Arena arena;
    Source src;
    Diag diag;
    Ast *tree;
    Scope *scopes;          /* NULL until parsed_scopes */
} Parsed;

void parsed_begin(Parsed *p, const char *text, ParseMode mode);
void parsed_begin_failing(Parsed *p, const char *text, ParseMode mode, long fail_at);
/* False: p->diag says why. */
bool parsed_scopes(Parsed *p, unsigned flags);
void parsed_end(Parsed *p);

/* The dump of one expression, in one line: line breaks and indentation are taken out. */
void assert_expr(const char *text, const char *dump);
/* The same of the statements of a file. */
void assert_body(const char *text, const char *dump);
/* `Type: message` is what text ends in, in the parser or the scopes; at line.offset-line.offset unless
 * place is NULL. */
void assert_fails(const char *text, const char *error, const char *place);
void assert_accepted(const char *text);

/* A suite of one case. */
Suite *one_case(const char *name, const TTest *const *tests, size_t count);

#endif
