/* SPDX-License-Identifier: MIT
 * From source to tree: lexer, grammar, and which of their errors counts. */
#include "parser/ast_build.h"
#include "parser/ast_root.h"
#include "parser/look.h"
#include "lexer/diag.h"
#include "gen/token_codes.h"

static bool parser_init(Parser *p, Arena *arena, const Source *src, ParseMode mode, Diag *diag)
{
    *p = (Parser){.arena = arena, .src = src, .mode = mode, .diag = diag};
    *diag = (Diag){.type = NULL};
    p->empty = arena_alloc(arena, sizeof *p->empty);
    p->names = name_table_new(arena);
    if (p->empty && p->names)
        return true;
    fail_memory(p);
    return false;
}

static const uint16_t modes[] = {TK_MODE_FILE, TK_MODE_SINGLE, TK_MODE_EVAL, TK_MODE_SINGLE, TK_MODE_SINGLE};
static bool multiple_statements(Parser *p, uint32_t at, Diag *diag);

/* The lexer failed. An error of grammar in the tokens before may come first; and they are read for their warnings. */
static void lexer_failed(Parser *p, Diag *report)
{
    Diag lexical = *report;
    Diag grammatical = {.type = NULL}, other = {.type = NULL};
    uint32_t count = p->tokens.count;
    p->diag = &grammatical;
    p->cut = true;
    if (!p->arena->failed && count) {
        grammar_run(p, modes[p->mode], 0, count);
        if (!p->arena->failed && !p->goes_first && mistake_find(p, &lexical))
            lexical = grammatical;
        else if (p->goes_first)
            lexical = grammatical;
        else if (!grammatical.type && multiple_statements(p, lexical.start, &other))
            lexical = other;
    }
    *report = lexical;
    if (p->arena->failed) {
        p->diag = report;
        p->failed = false;
        fail_memory(p);
    } else if (lexical.origin == DIAG_PARSER && lexical.text && lexical.deferred) {
        p->at = count - 1;
        report->text = look_joined_line(p, lexical.start);
    }
}

/* Does the source end with a blank line behind this offset? That is how a prompt ends a block. */
static bool ends_blank(const Source *src, uint32_t offset)
{
    unsigned breaks = 0;
    for (uint32_t i = src->len; i > offset && breaks < 2; i--) {
        char c = src->text[i - 1];
        if (c == '\n')
            breaks++;
        else if (c != ' ' && c != '\t' && c != '\r' && c != '\f')
            break;
    }
    return breaks == 2;
}

bool is_compound(const AstSeq *body)
{
    if (!body->count)
        return false;
    switch (body->items[0]->kind) {
    case AST_FUNCTION_DEF: case AST_CLASS_DEF: case AST_IF: case AST_FOR: case AST_WHILE: case AST_WITH:
    case AST_TRY: case AST_MATCH:
        return true;
    default:
        return false;
    }
}

/* A compound statement at the prompt goes on until a blank line. */
static bool wants_blank_line(const Parser *p, const AstSeq *body)
{
    return p->mode == PARSE_PROMPT && is_compound(body) && !ends_blank(p->src, body->items[body->count - 1]->end);
}

/* For compile(..., "single") there must be a statement, and behind "if x: y" a line break: CPython misses one, blocks
 * on lines of their own end without. */
static bool wants_more(const Parser *p, const AstSeq *body)
{
    uint32_t n = p->tokens.count;
    if (p->mode == PARSE_SINGLE && !body->count)
        return true;
    if (p->mode == PARSE_COMMAND)
        return is_compound(body) && p->src->text[p->src->len - 1] != '\n';
    return p->mode == PARSE_SINGLE && is_compound(body) && n > 1 && p->tokens.items[n - 2].kind == TK_NEWLINE
        && ends_text(p, p->tokens.items[n - 2]);
}

/* The error is that the source ends: "if x:" and nothing more. */
static bool ends_early(const Parser *p)
{
    uint32_t i = p->at;
    while (i < p->tokens.count && p->tokens.items[i].kind == TK_DEDENT)
        i++;
    return i < p->tokens.count && p->tokens.items[i].kind == TK_ENDMARKER;
}

/* Moves the result behind its table of names. */
static Ast *finish(Parser *p)
{
    AstRoot *root = arena_alloc(p->arena, sizeof *root);
    if (!root) {
        fail_memory(p);
        return NULL;
    }
    root->names = p->names;
    if (p->mode == PARSE_EVAL)
        root->expression = *(AstExpression *)p->result;
    else
        root->module = *(AstModule *)p->result;
    return &root->tree;
}

/* ---- what CPython says of texts for compile(..., "single") and "eval" ---- */

/* A line of white space that the text ends with, without a line break, counts as indented. */
static uint32_t dangling_indent(const Source *src)
{
    uint32_t i = src->len;
    while (i && (src->text[i - 1] == ' ' || src->text[i - 1] == '\t' || src->text[i - 1] == '\f'))
        i--;
    return !i || src->text[i - 1] == '\n' ? src->len - i : 0;
}

/* The token from which on a star is one that "eval" does not take: an element of the outermost tuple. */
static const Token *outer_star(const Parser *p)
{
    unsigned depth = 0, lambdas = 0;
    uint16_t before = TK_COMMA;
    for (uint32_t i = 0; i < p->tokens.count; before = p->tokens.items[i++].kind) {
        switch (p->tokens.items[i].kind) {
        case TK_LPAREN: case TK_LBRACKET: case TK_LBRACE: case TK_FSTRING_START: depth++; break;
        case TK_RPAREN: case TK_RBRACKET: case TK_RBRACE: case TK_FSTRING_END: depth -= depth > 0; break;
        case TK_LAMBDA: lambdas += !depth; break;
        case TK_COLON: lambdas -= !depth && lambdas; break;
        case TK_STAR:
            if (!depth && !lambdas && before == TK_COMMA)
                return &p->tokens.items[i];
            break;
        default: break;
        }
    }
    return NULL;
}

static bool refuse_text(Parser *p)
{
    const Source *src = p->src;
    uint32_t first = 0;
    if (p->mode != PARSE_EVAL && p->mode != PARSE_SINGLE)
        return false;
    while (first < p->tokens.count && p->tokens.items[first].kind == TK_NEWLINE)
        first++;
    bool empty = first < p->tokens.count && p->tokens.items[first].kind == TK_ENDMARKER;
    if (empty && !src->len) {
        *p->diag = (Diag){.type = "SyntaxError", .message = "invalid syntax", .start = NO_PLACE, .no_column = true};
        return true;
    }
    if (empty && dangling_indent(src)) {
        *p->diag = (Diag){.type = "IndentationError", .message = "unexpected indent", .start = src->len - 1, .end = NO_PLACE};
        return true;
    }
    const Token *star = p->mode == PARSE_EVAL ? outer_star(p) : NULL;
    if (star && !mistake_find(p, NULL))
        *p->diag = (Diag){.type = "SyntaxError", .message = "invalid syntax", .start = star->start, .end = star->end};
    return star != NULL;
}

/* Behind the first statement CPython does not look, not even for tokens. */
static bool multiple_statements(Parser *p, uint32_t at, Diag *diag)
{
    uint32_t n = p->tokens.count;
    if (p->mode != PARSE_SINGLE || !n || p->tokens.items[n - 1].kind != TK_NEWLINE)
        return false;
    Token *more = arena_alloc(p->arena, (n + 1) * sizeof *more);
    if (!more)
        return false;
    memcpy(more, p->tokens.items, n * sizeof *more);
    more[n] = (Token){TK_NAME, at, at};
    p->tokens.items = more;
    p->tokens.count = n + 1;
    p->diag = diag;
    grammar_run(p, TK_MODE_SINGLE, 0, n + 1);
    return diag->type && diag->message && strncmp(diag->message, "multiple", 8) == 0;
}

Ast *parse(Arena *arena, const Source *src, ParseMode mode, Diag *diag)
{
    Parser p;
    if (!parser_init(&p, arena, src, mode, diag))
        return NULL;
    if (!lex(arena, src, &p.tokens, diag)) {
        lexer_failed(&p, diag);
        return NULL;
    }
    if (refuse_text(&p))
        return NULL;
    if (!grammar_run(&p, modes[mode], 0, p.tokens.count)) {
        if (!diag->type || arena->failed) {
            p.failed = false;       /* whatever else it said */
            fail_memory(&p);
        } else if (!p.goes_first && strstr(diag->type, "Error") && !strstr(diag->type, "Mem")) {
            mistake_find(&p, NULL);
        }
        diag->ends_early = ends_early(&p);
        diag->incomplete = diag->ends_early && !ends_blank(src, 0);
        return NULL;
    }
    if (mode == PARSE_EVAL && dangling_indent(src)) {
        *diag = (Diag){.type = "IndentationError", .message = "unexpected indent", .start = src->len - 1, .end = NO_PLACE};
        return NULL;
    }
    const AstSeq *body = mode == PARSE_EVAL ? p.empty : ((const AstModule *)p.result)->body;
    if (wants_more(&p, body)) {
        *diag = (Diag){.type = "SyntaxError", .message = "invalid syntax",
            .start = src->len - (src->len && src->text[src->len - 1] == '\n'), .end = NO_END,
                       .no_column = true, .ends_early = mode == PARSE_COMMAND};
        return NULL;
    }
    if (wants_blank_line(&p, body)) {
        *diag = (Diag){.type = "SyntaxError", .message = "unexpected EOF while parsing", .start = src->len,
                        .end = src->len, .incomplete = true};
        return NULL;
    }
    return finish(&p);
}
