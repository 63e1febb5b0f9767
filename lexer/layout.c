/* SPDX-License-Identifier: MIT
 * From raw tokens to what the grammar reads: indentation, logical lines, the nesting of brackets and of
 * f-strings. One pass, each byte looked at a constant number of times. */
#include "lexer/scan.h"
#include "lexer/diag.h"

#include "gen/token_codes.h"

#include <stdarg.h>
#include <stdio.h>

static unsigned out_of_memory(Lexer *lx)
{
    *lx->diag = (Diag){ .type = "MemoryError", .message = "", .start = NO_PLACE, .end = NO_PLACE };
    return RAW_ERROR;
}

unsigned lexer_error(Lexer *lx, const unsigned char *start, const unsigned char *end, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    char *message = n < 0 ? NULL : arena_alloc(lx->arena, (size_t)n + 1);
    if (message)
        vsnprintf(message, (size_t)n + 1, format, again);
    va_end(again);
    va_end(args);
    if (!message)
        return out_of_memory(lx);
    lx->diag->type = "SyntaxError";
    lx->diag->message = message;
    lx->diag->origin = DIAG_LEXER;
    lx->diag->in_fstring = lx->fstring_count > 0;
    lx->diag->start = lexer_offset(lx, start);
    lx->diag->end = lexer_offset(lx, end);
    return RAW_ERROR;
}

/* Not an error of SyntaxError's own class; CPython lets an error of grammar before it go first. */
static bool layout_error(Lexer *lx, const char *type, const unsigned char *place, uint32_t end,
                         const char *message)
{
    *lx->diag = (Diag){ .type = type, .message = message, .deferred = true,
                        .start = lexer_offset(lx, place), .end = end };
    return false;
}

/* The error of the lexer's just set is told by CPython's parser, which gives it no end. */
void lexer_error_deferred(Lexer *lx)
{
    if (lx->diag->origin != DIAG_LEXER)
        return;     /* out of memory */
    lx->diag->origin = DIAG_PARSER;
    lx->diag->deferred = true;
    lx->diag->end = NO_END;
}

static NOINLINE bool grow_tokens(Lexer *lx)
{
    uint32_t cap = lx->cap ? lx->cap + lx->cap / 2 : lx->src->len / 6 + 32;
    Token *tokens = cap > lx->cap ? arena_alloc(lx->arena, (size_t)cap * sizeof(Token)) : NULL;
    if (!tokens) {
        out_of_memory(lx);
        return false;
    }
    if (lx->count)
        memcpy(tokens, lx->tokens, lx->count * sizeof(Token));
    lx->tokens = tokens;
    lx->cap = cap;
    return true;
}

static MUST_USE bool emit_range(Lexer *lx, unsigned kind, const unsigned char *start,
                                const unsigned char *end)
{
    if (UNLIKELY(lx->count == lx->cap) && !grow_tokens(lx))
        return false;
    lx->tokens[lx->count++] = (Token){ .kind = (uint16_t)kind, .start = lexer_offset(lx, start),
                                       .end = lexer_offset(lx, end) };
    return true;
}

static MUST_USE bool emit(Lexer *lx, unsigned kind) { return emit_range(lx, kind, lx->start, lx->at); }

static const unsigned char *line_end(const unsigned char *p)
{
    while (*p && *p != '\n' && *p != '\r')
        p++;
    return p;
}

/* Past the line break at p; p itself when there is none. */
static const unsigned char *after_break(const unsigned char *p)
{
    if (*p == '\r')
        return p + (p[1] == '\n' ? 2 : 1);
    return p + (*p == '\n');
}

typedef struct Indent {
    uint32_t col, alt;
} Indent;

static bool inconsistent_tabs(Lexer *lx, const unsigned char *line)
{
    return layout_error(lx, "TabError", line, NO_END, "inconsistent use of tabs and spaces in indentation");
}

static bool push_indent(Lexer *lx, Indent in, const unsigned char *line, const unsigned char *text)
{
    if (lx->indent_count == MAX_INDENTS)
        return layout_error(lx, "IndentationError", line, NO_END, "too many levels of indentation");
    if (in.alt <= lx->indents[lx->indent_count - 1].alt)
        return inconsistent_tabs(lx, line);
    lx->indents[lx->indent_count].col = in.col;
    lx->indents[lx->indent_count++].alt = in.alt;
    return emit_range(lx, TK_INDENT, line, text);
}

/* Where no line break is imagined, CPython's last column is one less. */
static bool at_open_end(const Lexer *lx, const unsigned char *end) { return !*end && lx->src->open_ended; }

/* Compares the indentation of a line, from `line` to its first word at `text`, with the open blocks. */
static bool set_indent(Lexer *lx, Indent in, const unsigned char *line, const unsigned char *text)
{
    uint32_t top = lx->indent_count - 1;
    if (in.col > lx->indents[top].col)
        return push_indent(lx, in, line, text);
    while (top > 0 && in.col < lx->indents[top].col)
        top--;
    if (in.col != lx->indents[top].col)
        return layout_error(lx, "IndentationError", line_end(text) - at_open_end(lx, line_end(text)), NO_PLACE,
                            "unindent does not match any outer indentation level");
    for (; lx->indent_count > top + 1; lx->indent_count--)
        if (!emit_range(lx, TK_DEDENT, text, text))
            return false;
    if (in.alt != lx->indents[top].alt)
        return inconsistent_tabs(lx, line);
    return true;
}

/* Reads the white space a line starts with. A backslash there joins the next line to it; then the width
 * before the first backslash counts, if there is any. A bad or last one is left to the scanner. */
static Indent measure_indent(Lexer *lx)
{
    const unsigned char *p = lx->at, *next;
    Indent in = { 0, 0 };
    uint32_t joined = 0;
    for (;; p = next) {
        next = p + 1;
        if (*p == ' ') {
            in.col++;
            in.alt++;
        } else if (*p == '\t') {
            in.col = (in.col / TAB_SIZE + 1) * TAB_SIZE;
            in.alt++;
        } else if (*p == '\f') {
            in = (Indent){ 0, 0 };
        } else if (*p == '\\' && (next = after_break(p + 1)) > p + 1 && *next) {
            joined = joined ? joined : in.col;
        } else {
            break;
        }
    }
    lx->at = p;
    return joined ? (Indent){ joined, joined } : in;
}

/* At the start of a logical line: passes over blank lines and comments, then opens or closes blocks. */
static bool begin_line(Lexer *lx)
{
    for (;;) {
        const unsigned char *line = lx->at;
        Indent in = measure_indent(lx);
        if (*lx->at == '\\')       /* a bad one: there is an error before there is an indentation */
            return scan_code(lx) != RAW_ERROR;
        const unsigned char *p = *lx->at == '#' ? line_end(lx->at) : lx->at;
        if (*p == 0) {
            lx->at = p;
            return true;
        }
        if (*p != '\n' && *p != '\r')
            return set_indent(lx, in, line, p);
        lx->at = after_break(p);
    }
}

static bool open_bracket(Lexer *lx)
{
    if (lx->bracket_count == MAX_BRACKETS) {
        lexer_error(lx, lx->start, lx->start, "too many nested parentheses");
        return false;
    }
    lx->brackets[lx->bracket_count].open = (char)*lx->start;
    lx->brackets[lx->bracket_count++].offset = lexer_offset(lx, lx->start);
    return true;
}

static bool wrong_bracket(Lexer *lx, char open, uint32_t offset, bool opens_field)
{
    char close = (char)*lx->start;
    unsigned line = source_place(lx->src, offset).line;
    if (opens_field)
        lexer_error(lx, lx->start, lx->start, "f-string: unmatched '%c'", close);
    else if (line != source_place(lx->src, lexer_offset(lx, lx->start)).line)
        lexer_error(lx, lx->start, lx->start,
                    "closing parenthesis '%c' does not match opening parenthesis '%c' on line %u",
                    close, open, line);
    else
        lexer_error(lx, lx->start, lx->start,
                    "closing parenthesis '%c' does not match opening parenthesis '%c'", close, open);
    return false;
}

static bool close_bracket(Lexer *lx)
{
    char close = (char)*lx->start;
    if (!lx->bracket_count) {
        lexer_error(lx, lx->start, lx->start, "unmatched '%c'", close);
        return false;
    }
    uint32_t index = --lx->bracket_count;
    Fstring *f = lx->fstring_count ? lexer_fstring(lx) : NULL;
    bool opens_field = f && f->fields && index == f->base + f->fields - 1u;
    char open = lx->brackets[index].open;
    if (close != (open == '(' ? ')' : open == '[' ? ']' : '}'))
        return wrong_bracket(lx, open, lx->brackets[index].offset, opens_field);
    if (opens_field) {
        f->fields--;
        f->in_text = true;
        f->plain_spec = false;
    }
    return true;
}

static bool never_closed(Lexer *lx)
{
    const unsigned char *place = lx->text + lx->brackets[lx->bracket_count - 1].offset;
    lexer_error(lx, place, place, "'%c' was never closed", *place);
    lexer_error_deferred(lx);
    lx->diag->incomplete = true;
    lx->diag->reached = lx->src->len - (lx->src->len && lx->text[lx->src->len - 1] == '\n');
    lx->diag->text = lx->diag->start;   /* of the line itself */
    return false;
}

static bool open_fstring(Lexer *lx)
{
    if (lx->fstring_count + 1 >= MAX_FSTRINGS) {
        lexer_error(lx, lx->at - 1, lx->at - 1, "too many nested f-strings");
        return false;
    }
    unsigned char second = lx->start[1];
    lx->fstrings[lx->fstring_count++] = (Fstring){
        .start = lexer_offset(lx, lx->start),
        .base = lx->bracket_count,
        .quote = (char)lx->at[-1],
        .triple = lx->at[-2] == lx->at[-1],
        .raw = (*lx->start | 0x20) == 'r' || (second | 0x20) == 'r',
        .in_text = true,
    };
    return true;
}

static bool close_fstring(Lexer *lx)
{
    lx->start = lx->at;
    lx->at += lexer_fstring(lx)->triple ? 3 : 1;
    /* Inside a format specification the brace stays open: the parser misses it. */
    lx->fstring_count--;
    return emit(lx, TK_FSTRING_END);
}

/* A piece of an f-string's text, and a step into what ends it. */
static bool text_step(Lexer *lx)
{
    if (scan_text(lx) == RAW_ERROR)
        return false;
    if (lx->at > lx->start && !emit(lx, TK_FSTRING_MIDDLE))
        return false;
    Fstring *f = lexer_fstring(lx);
    if (*lx->at == (unsigned char)f->quote)
        return close_fstring(lx);
    f->in_text = false;         /* at '{', at the '}' of the field, or at a line's end in its spec */
    if (*lx->at == '{' && ++f->fields > MAX_FIELDS) {
        lexer_error(lx, lx->at - 1, lx->at - 1, "f-string: expressions nested too deeply");
        return false;
    }
    return true;
}

/* Does the colon just read end the expression of a replacement field? Then a format spec follows. */
static void begin_spec(Lexer *lx)
{
    Fstring *f = lx->fstring_count ? lexer_fstring(lx) : NULL;
    if (f && f->fields && lx->bracket_count == f->base + f->fields) {
        lx->at = lx->start + 1;
        f->in_text = f->plain_spec = true;
    }
}

static bool end_line(Lexer *lx)
{
    return emit_range(lx, TK_NEWLINE, lx->comment ? lx->comment : lx->start, lx->start);
}

static bool end_of_text(Lexer *lx)
{
    lx->start = lx->at;
    for (; lx->indent_count > 1; lx->indent_count--)
        if (!emit(lx, TK_DEDENT))
            return false;
    return emit(lx, TK_ENDMARKER);
}

/* One token of code. *at_line_start becomes true when it ended a logical line. */
static bool code_step(Lexer *lx, bool *at_line_start)
{
    unsigned kind = scan_code(lx);
    switch (kind) {
    case RAW_ERROR:
        return false;
    case RAW_EOF:
        lx->start = lx->at;
        *at_line_start = true;
        return lx->bracket_count ? never_closed(lx) : end_line(lx);
    case RAW_EOL:
        if (lx->bracket_count)
            return true;
        *at_line_start = true;
        return end_line(lx);
    case TK_LPAREN: case TK_LBRACKET: case TK_LBRACE:
        return open_bracket(lx) && emit(lx, kind);
    case TK_RPAREN: case TK_RBRACKET: case TK_RBRACE:
        return close_bracket(lx) && emit(lx, kind);
    case TK_COLON: case TK_COLONEQUAL:
        begin_spec(lx);
        return emit(lx, lx->at - lx->start == 1 ? TK_COLON : TK_COLONEQUAL);
    case TK_FSTRING_START:
        return open_fstring(lx) && emit(lx, kind);
    default:
        return emit(lx, kind);
    }
}

static bool lex_all(Lexer *lx)
{
    if (!source_check(lx))
        return false;
    for (bool at_line_start = true;;) {
        if (at_line_start) {
            if (!begin_line(lx))
                return false;
            if (!*lx->at)
                return end_of_text(lx);
            at_line_start = false;
        }
        if (!(lexer_in_text(lx) ? text_step(lx) : code_step(lx, &at_line_start)))
            return false;
    }
}

bool lex(Arena *arena, const Source *src, TokenList *out, Diag *diag)
{
    const unsigned char *text = (const unsigned char *)src->text;
    Lexer lx = { .arena = arena, .src = src, .diag = diag, .text = text, .at = text, .indent_count = 1 };
    *diag = (Diag){ 0 };
    bool ok = lex_all(&lx);
    if (lx.count)
        soft_keywords(src, lx.tokens, lx.count);
    *out = (TokenList){ .items = lx.tokens, .count = lx.count };
    return ok;
}
