/* SPDX-License-Identifier: MIT
 * Places in a source text, and errors as text. */
#ifndef LEXER_DIAG_H
#define LEXER_DIAG_H

#include "lexer/lexer.h"

typedef struct Place {
    uint32_t line;                  /* from 1 */
    uint32_t column;                /* from 1, in characters: SyntaxError.offset */
    uint32_t byte;                  /* from 0, in bytes: a node's col_offset */
    uint32_t line_start, line_end;  /* offsets of the line's text, its line break not included */
} Place;

/* Where each line starts; made once, then a place is found by halving. */
typedef struct LineIndex {
    const Source *src;
    uint32_t *starts;
    uint32_t count;
} LineIndex;

MUST_USE bool line_index_init(LineIndex *index, Arena *arena, const Source *src);
Place line_index_place(const LineIndex *index, uint32_t offset);

/* The same for one place, without an index: reads the text from its start. */
Place source_place(const Source *src, uint32_t offset);
/* The line of an offset, where the end of the text belongs to the last line that has any. */
unsigned diag_last_line(const Source *src, uint32_t offset);

/* lex() failed with *lexical; the tokens before it have an error of grammar at this offset. Is it the
 * lexer's that CPython would report? */
bool diag_first(const Source *src, const Diag *lexical, uint32_t offset);

#define OFFSET_UNSET INT64_MIN

/* What SyntaxError carries: all a report of it needs. */
typedef struct SyntaxReport {
    const char *type, *message, *filename;
    const char *text;               /* the line at fault; NULL: none is shown */
    size_t text_len;
    bool add_break;                 /* its line break follows, which is not in text */
    bool attributes;                /* the place is told in attributes alone, not in args */
    int64_t line, offset;           /* from 1; line 0: no place is known; offset 0 or less: no caret */
    int64_t end_line, end_offset;   /* 0 or less: unknown; OFFSET_UNSET: None */
} SyntaxReport;

SyntaxReport diag_report(const Source *src, const Diag *diag);

/* The report as CPython prints it, from `  File "x.py", line 3` to `SyntaxError: invalid syntax` and its
 * line break. In the arena, NUL-terminated; NULL: out of memory. */
char *syntax_report_text(Arena *arena, const SyntaxReport *report, size_t *len);
/* Both in one: the one way an error in source text is shown. */
char *diag_text(Arena *arena, const Source *src, const Diag *diag, size_t *len);

#endif
