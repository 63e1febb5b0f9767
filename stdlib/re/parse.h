/* SPDX-License-Identifier: MIT
 * Inside the translation of patterns: parse_read.c reads tokens and names and keeps the groups, parse_class.c has single
 * characters, escapes and classes, parse.c the rest. */
#ifndef STDLIB_RE_PARSE_H
#define STDLIB_RE_PARSE_H

#include "stdlib/re/re.h"

#define GROUPS_MAX 65535u

/* A character, or a backslash with the one behind it. n 0: the end. */
typedef struct Token {
    const char *p;
    uint32_t c;                 /* the (second) character */
    uint8_t n, chars;
    bool escaped;
} Token;

typedef struct Width {
    uint64_t low, high;
} Width;

typedef struct Group {
    Width width;
    bool closed;
} Group;

typedef struct Parser {
    Vm *vm;
    Value pattern;
    const char *start, *end, *p;        /* p: behind `next` */
    int64_t index;              /* of p, in characters */
    Token next;
    bool text, failed, wide_behind;
    unsigned flags, depth, nclosed, ahead;      /* ahead: lookaheads that are open */
    ReTarget target;
    Buf *out;
    size_t item_at;             /* where the last item begins in it */
    ReInfo *info;
    Group *groups;
    size_t ngroups, groups_cap; /* ngroups counts group 0 */
    int64_t behind;             /* groups that there were before the lookbehind that is read; -1: none is */
    int64_t late_group, late_pos;       /* the first reference (?(n)...) to a group that must still come */
} Parser;

typedef struct Escape {
    enum { ESCAPE_LITERAL, ESCAPE_CATEGORY, ESCAPE_AT, ESCAPE_GROUP } what;
    uint32_t c;                 /* or the group */
} Escape;

static inline int64_t parse_tell(const Parser *ps) { return ps->index - ps->next.chars; }

#define FAIL(ps, back, ...)                                                             \
    do {                                                                                \
        if (!(ps)->failed)                                                              \
            re_raise((ps)->vm, (ps)->pattern, parse_tell(ps) - (back), __VA_ARGS__);          \
        (ps)->failed = true;                                                            \
        return false;                                                                   \
    } while (0)

/* ---- parse_read.c ---- */
/* A part of the pattern as a Str, for messages. */
Value parse_part(Parser *ps, const char *p, size_t n);
/* The same, but quoted by repr(). NULL: exception pending. */
Str *parse_quoted(Parser *ps, const char *p, size_t n);
void parse_advance(Parser *ps);
Token parse_get(Parser *ps);
bool parse_next_is(const Parser *ps, char c);
bool parse_match(Parser *ps, char c);
static inline bool parse_next_digit(const Parser *ps)
{
    return ps->next.n && !ps->next.escaped && ps->next.c >= '0' && ps->next.c <= '9';
}
unsigned parse_digits(Parser *ps, unsigned most, unsigned base, uint32_t *value);
bool parse_until(Parser *ps, char terminator, const char *what, const char **from, size_t *n, int64_t *chars);
bool parse_check_name(Parser *ps, const char *p, size_t n, int64_t chars);
int64_t parse_group_by_name(Parser *ps, const char *p, size_t n);       /* 0: there is none */
bool parse_check_reference(Parser *ps, int64_t group, int64_t back);
bool parse_open_group(Parser *ps, const char *name, size_t n, int64_t chars, size_t *group);
bool parse_close_group(Parser *ps, size_t group, Width w);

/* ---- parse_class.c ---- */
void parse_put_literal(Parser *ps, uint32_t c, unsigned local);
void parse_put_category(Parser *ps, char c, unsigned local);
void parse_put_reference(Parser *ps, int64_t group, unsigned local);
void parse_put_boundary(Parser *ps, bool inside, unsigned local);
bool parse_any_escape(Parser *ps, const Token *t, bool in_class, Escape *e);
bool parse_class(Parser *ps, unsigned local);

#endif
