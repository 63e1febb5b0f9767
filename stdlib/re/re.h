/* SPDX-License-Identifier: MIT
 * Regular expressions: Python's syntax (parse.c), translated to PCRE2, which matches (pattern.c).
 *
 * A pattern of str is translated twice, each time when it is first needed: for texts that are all ASCII, in which a
 * byte is a character and a class a bitmap, and for others, in UTF-8 with Unicode properties. Classes, `.`, `^`, `$`
 * and upper and lower case are spelled out by the translation, for PCRE2's own differ from Python's in places. */
#ifndef STDLIB_RE_RE_H
#define STDLIB_RE_RE_H

#include "runtime/runtime.h"
#include "stdlib/util.h"
#include "vm/buf.h"

enum { FLAG_IGNORECASE = 2, FLAG_LOCALE = 4, FLAG_MULTILINE = 8, FLAG_DOTALL = 16, FLAG_UNICODE = 32, FLAG_VERBOSE = 64,
       FLAG_DEBUG = 128, FLAG_ASCII = 256 };

/* What the subject is: bytes; ASCII text for a pattern of str; any other text. */
typedef enum ReTarget { RE_BYTES, RE_ASCII, RE_TEXT } ReTarget;

/* ---- charset.c ---- */
typedef struct CharSet {
    Buf ranges;                 /* pairs of uint32_t: first, last */
    unsigned properties;        /* SET_* : what only PCRE2's tables tell */
    bool negated;
} CharSet;
#define SET_DIGIT 1u
#define SET_NO_DIGIT 2u
#define SET_WORD 4u
#define SET_NO_WORD 8u

void charset_add(CharSet *s, uint32_t first, uint32_t last);
/* A category of d, D, s, S, w, W, as it is in ASCII or in Unicode. */
void charset_add_category(CharSet *s, char category, bool ascii);
/* The set, closed under case if asked for, as PCRE2 reads it. */
void charset_emit(Buf *out, CharSet *s, ReTarget target, bool ignore_case, bool ascii_case);
/* The one character, or under ignore_case all that equal it. */
void charset_emit_char(Buf *out, uint32_t c, ReTarget target, bool ignore_case, bool ascii_case);

/* ---- parse.c ---- */
#define RE_WIDTH_MAX UINT64_C(4294967295)
typedef struct ReInfo {
    unsigned flags;             /* with those that the pattern sets itself */
    unsigned groups;            /* capturing ones, without the whole */
    Dict *names;                /* group names to numbers */
    uint32_t *closing;          /* for group i (from 1): its place in the order of closing parentheses, doubled, and 1 more
                                   inside of a lookahead; from vm->alloc */
    size_t closing_cap;
    uint64_t low, high;         /* the shortest and the longest match; RE_WIDTH_MAX and more is unbounded */
    bool word_boundaries;       /* PCRE2 needs its Unicode properties for \b */
} ReInfo;
/* Read the pattern (a Str, or Bytes) and append PCRE2's form to out. names NULL: not wanted. False: exception pending. */
MUST_USE bool re_translate(Vm *vm, Value pattern, unsigned flags, ReTarget target, Buf *out, ReInfo *info);
/* re.error, with its position in the pattern (-1: none). */
void re_raise(Vm *vm, Value pattern, int64_t pos, const char *fmt, ...);

/* ---- pattern.c ---- */
struct pcre2_real_code_8;
struct pcre2_real_match_data_8;
typedef enum ReMode { RE_SEARCH, RE_MATCH, RE_FULLMATCH, RE_MODES } ReMode;

typedef struct Pattern {
    Obj h;
    Value pattern;              /* Str, or Bytes */
    unsigned flags, groups;
    bool text;
    Dict *names;                /* group names to numbers */
    Tuple *group_names;         /* of the groups from 1 on, None where there is none */
    uint32_t *closing;
    size_t closing_cap;
    struct pcre2_real_code_8 *code[2][RE_MODES];    /* for ASCII or bytes, for other text; NULL: not needed yet */
    struct pcre2_real_match_data_8 *result;
    void (*code_free)(struct pcre2_real_code_8 *);
    void (*result_free)(struct pcre2_real_match_data_8 *);
    Obj *engine;                /* what all patterns of the VM share */
    Type *match_type;
    unsigned runs;              /* up to a few */
} Pattern;

/* Where a match is looked for. The data may move when script runs: subject_view() says where it is now. */
typedef struct Subject {
    Value string;
    const char *data;
    size_t len;                 /* in bytes, up to endpos */
    ReTarget target;
    int64_t pos, endpos;        /* in characters, as the script said them, made to fit */
} Subject;

#define RE_UNSET SIZE_MAX
MUST_USE Pattern *re_pattern_new(Vm *vm, Value pattern, unsigned flags);
bool is_pattern(Vm *vm, Value v);
MUST_USE bool subject_open(Vm *vm, const Pattern *p, Value string, Value pos, Value endpos, Subject *s);
MUST_USE bool subject_view(Vm *vm, Subject *s);
size_t subject_offset(Vm *vm, const Subject *s, int64_t chars);
/* 1 found: *regs are pairs of byte offsets (RE_UNSET: a group without), valid until the next call. 0 not, -1
 * exception pending. not_empty: not an empty match right at `from`, a byte offset. */
MUST_USE int re_exec(Vm *vm, Pattern *p, const Subject *s, ReMode mode, size_t from, bool not_empty, const size_t **regs);
/* [from, to) of the subject, in bytes: Str or Bytes. */
MUST_USE Value subject_part(Vm *vm, const Subject *s, size_t from, size_t to);

/* ---- match.c ---- */
typedef struct Match {
    Obj h;
    Value string;
    Pattern *pattern;
    int64_t pos, endpos;
    unsigned last;              /* group that was closed last, 0: none */
    Raw *regs;                  /* size_t pairs: byte offsets */
} Match;
MUST_USE Value re_match_new(Vm *vm, Pattern *p, const Subject *s, const size_t *regs);
MUST_USE bool re_match_type_init(Vm *vm, Module *m);
/* A group's text, dflt when it did not take part. */
MUST_USE Value re_match_text(Vm *vm, const Match *m, unsigned group, Value dflt);
/* The group that a number or name means; -1: IndexError pending. */
MUST_USE int64_t re_group(Vm *vm, const Pattern *p, Value key);
static inline const size_t *re_match_regs(const Match *m) { return (const size_t *)(const void *)m->regs->data; }

/* ---- replace.c ---- */
Value pattern_m_sub(Vm *vm, Value self, const Args *args);
Value pattern_m_subn(Vm *vm, Value self, const Args *args);
Value pattern_m_split(Vm *vm, Value self, const Args *args);
Value pattern_m_findall(Vm *vm, Value self, const Args *args);
/* A template, parsed: a tuple of literals and group numbers, or one literal. EMPTY: exception pending. */
MUST_USE Value re_template(Vm *vm, const Pattern *p, Value repl);
/* Append the template filled in. */
MUST_USE bool re_expand(Vm *vm, Value tmpl, const Subject *s, const size_t *regs, Buf *out);

#endif
