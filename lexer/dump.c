/* SPDX-License-Identifier: MIT
 * Token names, and tokens as text: the columns of `python -m tokenize -e`, one line a token. */
#include "lexer/diag.h"

#include "gen/token_codes.h"

#include <stdio.h>

static const char *const token_names[] = {
#define T(name) [TK_##name] = #name
    T(NAME), T(NUMBER), T(STRING), T(FSTRING_START), T(FSTRING_MIDDLE), T(FSTRING_END), T(NEWLINE), T(INDENT),
    T(DEDENT), T(ENDMARKER), T(FALSE), T(NONE), T(TRUE), T(AND), T(AS), T(ASSERT), T(ASYNC), T(AWAIT),
    T(BREAK), T(CLASS), T(CONTINUE), T(DEF), T(DEL), T(ELIF), T(ELSE), T(EXCEPT), T(FINALLY), T(FOR), T(FROM),
    T(GLOBAL), T(IF), T(IMPORT), T(IN), T(IS), T(LAMBDA), T(NONLOCAL), T(NOT), T(OR), T(PASS), T(RAISE),
    T(RETURN), T(TRY), T(WHILE), T(WITH), T(YIELD), T(MATCH), T(CASE), T(TYPE), T(LPAREN), T(RPAREN),
    T(LBRACKET), T(RBRACKET), T(LBRACE), T(RBRACE), T(COLON), T(COMMA), T(SEMI), T(PLUS), T(MINUS), T(STAR),
    T(SLASH), T(VBAR), T(AMPER), T(LESS), T(GREATER), T(EQUAL), T(DOT), T(PERCENT), T(EQEQUAL), T(NOTEQUAL),
    T(LESSEQUAL), T(GREATEREQUAL), T(TILDE), T(CIRCUMFLEX), T(LEFTSHIFT), T(RIGHTSHIFT), T(DOUBLESTAR),
    T(PLUSEQUAL), T(MINEQUAL), T(STAREQUAL), T(SLASHEQUAL), T(PERCENTEQUAL), T(AMPEREQUAL), T(VBAREQUAL),
    T(CIRCUMFLEXEQUAL), T(LEFTSHIFTEQUAL), T(RIGHTSHIFTEQUAL), T(DOUBLESTAREQUAL), T(DOUBLESLASH),
    T(DOUBLESLASHEQUAL), T(AT), T(ATEQUAL), T(RARROW), T(ELLIPSIS), T(COLONEQUAL), T(EXCLAMATION), T(BAD),
#undef T
};

const char *token_name(unsigned kind)
{
    return kind < COUNT_OF(token_names) ? token_names[kind] : NULL;
}

static size_t put_text(char *out, const char *p, const char *end)
{
    static const char hex[] = "0123456789abcdef";
    size_t n = 0;
    for (; p < end; p++) {
        unsigned char c = (unsigned char)*p;
        char piece[4] = { (char)c };
        size_t len = 1;
        if (c == '\n' || c == '\r' || c == '\t' || c == '\\' || c == '\'') {
            piece[0] = '\\';
            piece[1] = c == '\n' ? 'n' : c == '\r' ? 'r' : c == '\t' ? 't' : (char)c;
            len = 2;
        } else if (c < ' ' || c == 0x7f) {
            memcpy(piece, (char[]){ '\\', 'x', hex[c >> 4], hex[c & 15] }, 4);
            len = 4;
        }
        memcpy(out + n, piece, len);
        n += len;
    }
    return n;
}

enum { LINE_OVERHEAD = 96 };    /* positions, name, quotes and line break */

static size_t dump_one(char *out, const LineIndex *index, const Token *t)
{
    const Source *src = index->src;
    Place start = line_index_place(index, t->start), end = line_index_place(index, t->end);
    uint32_t from = t->start, to = t->end;
    if (t->kind == TK_NEWLINE) {        /* the line break alone, without the comment before it */
        start = end;
        from = to;
        end.column++;
        to += to < src->len;
        to += to < src->len && src->text[to - 1] == '\r' && src->text[to] == '\n';
    } else if (t->start == src->len && start.byte > 0) {    /* as if the last line had ended */
        start.line++;
        start.column = 1;
        end = start;
    }
    const char *name = token_name(t->kind);
    int n = snprintf(out, LINE_OVERHEAD, "%u,%u-%u,%u: %s '", start.line, start.column - 1, end.line,
                     end.column - 1, name ? name : "?");
    size_t len = (size_t)n;
    len += put_text(out + len, src->text + from, src->text + to);
    memcpy(out + len, "'\n", 2);
    return len + 2;
}

char *token_dump(Arena *arena, const Source *src, const TokenList *tokens, size_t *len)
{
    LineIndex index;
    if (!line_index_init(&index, arena, src))
        return NULL;
    size_t size = 1;
    for (uint32_t i = 0; i < tokens->count; i++)
        size += LINE_OVERHEAD + 4 * (size_t)(tokens->items[i].end - tokens->items[i].start);
    char *out = arena_alloc(arena, size);
    if (!out)
        return NULL;
    *len = 0;
    for (uint32_t i = 0; i < tokens->count; i++)
        *len += dump_one(out + *len, &index, &tokens->items[i]);
    return out;
}
