/* SPDX-License-Identifier: MIT
 * What the lexer's suites share: an allocator that counts and can fail, and assertions in one line. */
#ifndef TESTS_UNIT_LEXER_SUPPORT_H
#define TESTS_UNIT_LEXER_SUPPORT_H

#include <check.h>

#include "lexer/diag.h"

/* Bytes live now; which allocation fails (0: the next one), -1: none. */
typedef struct TestMemory {
    size_t live;
    long fail_at;
    Alloc alloc;
} TestMemory;

void test_memory_init(TestMemory *m);

/* A text, lexed; freed by lexed_end. */
typedef struct Lexed {
    TestMemory memory;
    Arena arena;
    Source src;
    TokenList tokens;
    Diag diag;
    bool ok;
} Lexed;

void lexed_begin(Lexed *l, const char *text, size_t len, const SourceHooks *hooks);
void lexed_end(Lexed *l);

/* The names of the tokens of text, separated by spaces. */
void assert_kinds(const char *text, const char *kinds);
/* `TypeError: message` is what text ends in, at line and offset (from 1). */
void assert_error(const char *text, const char *error, unsigned line, unsigned offset);
/* Does a prompt ask for more lines after this? */
void assert_incomplete(const char *text, bool incomplete);

/* A suite of one case. */
Suite *one_case(const char *name, const TTest *const *tests, size_t count);

#endif
