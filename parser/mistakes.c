/* SPDX-License-Identifier: MIT
 * Which error of a broken source CPython names: found as CPython finds it. Its parser reads the source by alternatives
 * that are tried in order, and where that fails a second time with rules added that describe mistakes: the first of
 * these that fits is told. Where none does, it is the last token that the first reading looked at. The lexer's errors
 * come when their token is reached, or in the end, for CPython then reads the other tokens, too.
 *
 * parser/mistakes.peg holds those rules; they are interpreted here. No more of a tree is built than messages ask for. */
#include "parser/mistakes.h"
#include "parser/look.h"
#include "lexer/diag.h"

typedef enum PegOp {
    PEG_END, PEG_TOKEN, PEG_WORD, PEG_SOFT, PEG_CUT, PEG_RULE, PEG_GROUP, PEG_SLOT, PEG_MAYBE, PEG_ANY, PEG_SOME, PEG_AHEAD,
    PEG_NOT, PEG_FORCED, PEG_LIST, PEG_ASK,
    PEG_NONE, PEG_VALUE, PEG_NODE, PEG_TELL, PEG_DO         /* actions */
} PegOp;

typedef enum PegFlag { PEG_EACH, PEG_MEMO, PEG_LEFT, PEG_PLAIN } PegFlag;
typedef struct PegRule {
    uint16_t start;
    uint8_t flag;
} PegRule;

#define PEG_TABLES
#include "gen/mistakes_tables.h"

enum { RULE_FILE, RULE_SINGLE, RULE_EVAL };
/* How deep rules may stand in one another, and how many may be tried: what CPython takes minutes for is not worth it. */
enum { MAX_DEPTH = 6000, MAX_STEPS = 40000000 };

struct PegMemo {
    PegMemo *next;
    Node *value;
    uint32_t end;
    uint8_t rule;
    bool fits;
};

static bool run_alternatives(Peg *g, const uint8_t *pc, Node **out);
static bool run_item(Peg *g, const uint8_t **pc, Node **out);

static bool give_up(Peg *g)
{
    g->stopped = true;
    return false;
}

bool peg_fetch(Peg *g)
{
    if (g->at >= g->p.tokens.count) {
        g->ran_out = true;
        return give_up(g);
    }
    if (g->at >= g->fill)
        g->fill = g->at + 1;
    return true;
}

Node *peg_node(Peg *g, uint8_t kind, uint32_t start, uint32_t end, uint32_t count)
{
    Node *n = arena_alloc(&g->arena, sizeof *n + count * sizeof(Node *));
    if (!n) {
        give_up(g);
        return &g->nothing;
    }
    *n = (Node){.kind = kind, .start = start, .end = end, .count = count, .items = (Node **)(n + 1)};
    return n;
}

/* ---- rules ---- */

static PegMemo *find_memo(const Peg *g, uint32_t at, unsigned rule)
{
    PegMemo *m = g->memos[at];
    while (m && m->rule != rule)
        m = m->next;
    return m;
}

static PegMemo *keep_memo(Peg *g, uint32_t at, unsigned rule, bool fits, Node *value)
{
    PegMemo *m = arena_alloc(&g->arena, sizeof *m);
    if (!m) {
        give_up(g);
        return NULL;
    }
    *m = (PegMemo){g->memos[at], value, g->at, (uint8_t)rule, fits};
    return g->memos[at] = m;
}

/* A rule that begins with itself: it fails at first, then each reading may begin with what the one before found. */
static bool run_left(Peg *g, unsigned rule, uint32_t from)
{
    PegMemo *m = keep_memo(g, from, rule, false, NULL);
    Node *value = NULL;
    while (m) {
        g->at = from;
        bool fits = run_alternatives(g, peg_code + peg_rules[rule].start, &value);
        if (g->stopped || !fits || g->at <= m->end)
            break;
        m->fits = true;
        m->value = value;
        m->end = g->at;
    }
    return m && !g->stopped;
}

static bool too_deep(const Peg *g)
{
    return g->depth > MAX_DEPTH || g->steps > MAX_STEPS || (const char *)__builtin_frame_address(0) <= g->p.src->stack_end;
}

static bool run_rule(Peg *g, unsigned rule, Node **out)
{
    uint32_t from = g->at;
    PegFlag flag = peg_rules[rule].flag;
    if (!peg_fetch(g))
        return false;
    PegMemo *m = flag == PEG_MEMO || flag == PEG_LEFT ? find_memo(g, from, rule) : NULL;
    if (!m) {
        g->steps++;
        g->depth++;
        if (too_deep(g))
            return give_up(g);
        bool asking = g->asking, fits;
        g->asking = asking && flag != PEG_PLAIN;
        if (flag == PEG_LEFT) {
            fits = run_left(g, rule, from);
            m = fits ? find_memo(g, from, rule) : NULL;
        } else {
            fits = run_alternatives(g, peg_code + peg_rules[rule].start, out);
            if (flag == PEG_MEMO && !g->stopped)
                keep_memo(g, from, rule, fits, *out);
        }
        g->asking = asking;
        g->depth--;
        if (flag != PEG_LEFT || g->stopped)
            return fits && !g->stopped;
    }
    g->at = m->end;
    *out = m->value;
    return m->fits;
}

/* ---- items ---- */

static bool is_text(const Peg *g, Token t, const char *word)
{
    size_t n = t.end - t.start;
    return n == strlen(word) && memcmp(g->p.src->text + t.start, word, n) == 0;
}

static const char *const soft_words[] = {"_", "case", "match", "type"};

/* As CPython compares: the beginning of such a word counts as one. */
static bool is_soft(const Peg *g, Token t)
{
    size_t n = t.end - t.start;
    for (size_t i = 0; i < COUNT_OF(soft_words); i++)
        if (n <= strlen(soft_words[i]) && memcmp(soft_words[i], g->p.src->text + t.start, n) == 0)
            return true;
    return false;
}

static bool run_token(Peg *g, const uint8_t *pc, Node **out)
{
    if (!peg_fetch(g))
        return false;
    Token t = g->p.tokens.items[g->at];
    if (*pc == PEG_TOKEN ? t.kind != pc[1]
        : t.kind != TK_NAME || !(*pc == PEG_SOFT ? is_soft(g, t) : is_text(g, t, soft_words[pc[1]]))) {
        if (g->p.src->barry && t.kind == TK_BAD && *pc == PEG_TOKEN && pc[1] == TK_NOTEQUAL && is_text(g, t, "!="))
            peg_tell_barry(g);
        return false;
    }
    *out = &g->leaves[g->at++];
    return true;
}

static bool push(Peg *g, Node *n)
{
    if (g->stack_count == g->stack_cap) {
        uint32_t cap = g->stack_cap * 2 + 32;
        Node **more = arena_alloc(&g->arena, cap * sizeof *more);
        if (!more)
            return give_up(g);
        if (g->stack_count)
            memcpy(more, g->stack, g->stack_count * sizeof *more);
        g->stack = more;
        g->stack_cap = cap;
    }
    g->stack[g->stack_count++] = n;
    return true;
}

/* As many of an item as there are; separator 0: none between. */
static bool run_many(Peg *g, const uint8_t *item, uint8_t separator, bool may_miss, Node **out)
{
    uint32_t base = g->stack_count, last = g->at;
    const uint8_t between[] = {PEG_TOKEN, separator};
    Node *value = NULL;
    for (const uint8_t *pc = item; run_item(g, &pc, &value) && push(g, value); pc = item) {
        last = g->at;
        if (separator && !run_token(g, between, &value))
            break;
    }
    if (g->stopped)
        return false;
    g->at = last;
    uint32_t count = g->stack_count - base;
    g->stack_count = base;
    if (!count)
        return may_miss;
    Node *list = peg_node(g, PEG_SEQ, 0, 0, count);
    if (!g->stopped)
        memcpy(list->items, g->stack + base, count * sizeof *list->items);
    *out = list;
    return !g->stopped;
}

static bool run_ahead(Peg *g, const uint8_t *item, bool wanted)
{
    uint32_t from = g->at;
    Node *ignored = NULL;
    bool fits = run_item(g, &item, &ignored);
    g->at = from;
    return !g->stopped && fits == wanted;
}

static bool run_maybe(Peg *g, const uint8_t *item, Node **out)
{
    uint32_t from = g->at;
    if (!run_item(g, &item, out)) {
        g->at = from;
        *out = NULL;
    }
    return !g->stopped;
}

static bool run_forced(Peg *g, uint8_t kind)
{
    if (!peg_fetch(g))
        return false;
    if (g->p.tokens.items[g->at].kind == kind)
        return ++g->at;
    if (g->asking)
        peg_tell_missing(g, kind == TK_COLON ? "':'" : "'('");
    return false;
}

/* Where the item fits, *pc is moved behind it. */
static bool run_item(Peg *g, const uint8_t **pc, Node **out)
{
    const uint8_t *item = *pc;
    *out = NULL;
    switch ((PegOp)item[0]) {
    case PEG_SOFT: *pc = item + 1; return run_token(g, item, out);
    case PEG_TOKEN: case PEG_WORD: *pc = item + 2; return run_token(g, item, out);
    case PEG_RULE: *pc = item + 2; return run_rule(g, item[1], out);
    case PEG_FORCED: *pc = item + 2; return run_forced(g, item[1]);
    case PEG_LIST: *pc = item + 2 + item[2]; return run_many(g, item + 3, item[1], false, out);
    default: break;
    }
    *pc = item + 1 + item[1];
    switch ((PegOp)item[0]) {
    case PEG_GROUP: return run_alternatives(g, item + 2, out);
    case PEG_MAYBE: return run_maybe(g, item + 2, out);
    case PEG_ANY: case PEG_SOME: return run_many(g, item + 2, 0, item[0] == PEG_ANY, out);
    default: return run_ahead(g, item + 2, item[0] == PEG_AHEAD);
    }
}

/* ---- alternatives ---- */

static Node *build(Peg *g, uint8_t kind, Node *const *slots, uint32_t from)
{
    const Token *tokens = g->p.tokens.items;
    bool any = slots[0] || slots[1] || slots[2];
    Node *n = peg_node(g, kind, tokens[from].start, g->at > from ? tokens[g->at - 1].end : tokens[from].start, any ? 3 : 0);
    if (any && !g->stopped)
        memcpy(n->items, slots, 3 * sizeof *slots);
    return n;
}

static PegResult act(Peg *g, const uint8_t *action, Node *const *slots, uint32_t from, Node **out)
{
    switch ((PegOp)action[0]) {
    case PEG_VALUE: *out = slots[action[1]]; return PEG_FITS;
    case PEG_NODE: *out = build(g, action[1], slots, from); return PEG_FITS;
    case PEG_TELL: return peg_tell(g, action[1], peg_messages[action[2]], slots);
    case PEG_DO: return peg_do(g, action[1], slots, from, out);
    default: return PEG_FITS;
    }
}

static PegResult run_alternative(Peg *g, const uint8_t *pc, Node **out, bool *cut)
{
    Node *slots[3] = {NULL, NULL, NULL}, *value, *sole = NULL;
    uint32_t from = g->at;
    unsigned count = 0;
    while (*pc != PEG_END) {
        unsigned slot = 3;
        if (*pc == PEG_ASK && !g->asking)
            return PEG_FAILS;
        *cut |= *pc == PEG_CUT;
        if (*pc == PEG_ASK || *pc == PEG_CUT) {
            pc++;
            continue;
        }
        if (*pc == PEG_SLOT) {
            slot = pc[1];
            pc += 2;
        }
        bool reads = *pc != PEG_AHEAD && *pc != PEG_NOT;
        if (!run_item(g, &pc, &value))
            return PEG_FAILS;
        if (slot < 3)
            slots[slot] = value;
        if (reads) {
            sole = value;
            count++;
        }
    }
    *out = count == 1 ? sole : &g->nothing;
    return act(g, pc + 1, slots, from, out);
}

/* The first that fits: each has its length in front, behind the last is a zero. */
static bool run_alternatives(Peg *g, const uint8_t *pc, Node **out)
{
    uint32_t from = g->at;
    for (; *pc; pc += *pc) {
        bool cut = false;
        PegResult r = run_alternative(g, pc + 1, out, &cut);
        if (g->stopped)
            return false;
        if (r == PEG_FITS)
            return true;
        g->at = from;
        if (r == PEG_OVER || cut)
            break;
    }
    *out = NULL;
    return false;
}

/* ---- tokens ---- */

/* What is open around a token. */
enum { BRACKET, STRING, FIELD, SPEC, MAX_OPEN = 512 };

static Node leaf(Token t)
{
    Node n = {.kind = AST_KIND_COUNT, .token = t.kind, .start = t.start, .end = t.end};
    switch (t.kind) {
    case TK_NAME: n.kind = AST_NAME; break;
    case TK_NUMBER: case TK_STRING: n.kind = AST_CONSTANT; n.value = CONST_INT; break;
    case TK_NONE: n.kind = AST_CONSTANT; n.value = CONST_NONE; break;
    case TK_TRUE: n.kind = AST_CONSTANT; n.value = CONST_TRUE; break;
    case TK_FALSE: n.kind = AST_CONSTANT; n.value = CONST_FALSE; break;
    case TK_ELLIPSIS: n.kind = AST_CONSTANT; n.value = CONST_ELLIPSIS; break;
    default: break;
    }
    return n;
}

/* CPython's tokens: names that may be keywords are names, and where a specification goes on neither with a field nor with
 * the string's end there is an empty piece of text. */
static bool copy_tokens(Peg *g, TokenList from)
{
    size_t most = (size_t)from.count * 2;
    Token *to = arena_alloc(&g->arena, most * sizeof *to);
    uint8_t open[MAX_OPEN];
    unsigned depth = 0, level = 0;
    uint32_t n = 0;
    g->leaves = arena_alloc(&g->arena, most * sizeof *g->leaves);
    g->levels = arena_alloc(&g->arena, most);
    g->memos = arena_alloc(&g->arena, (most + 1) * sizeof *g->memos);
    if (g->arena.failed)
        return false;
    for (uint32_t i = 0; i < from.count; i++) {
        Token t = from.items[i];
        uint8_t inner = depth ? open[depth - 1] : BRACKET;
        uint16_t before = i ? from.items[i - 1].kind : 0;
        if (t.kind == TK_MATCH || t.kind == TK_CASE || t.kind == TK_TYPE)
            t.kind = TK_NAME;
        if (inner == SPEC && before != TK_FSTRING_MIDDLE && t.kind != TK_FSTRING_MIDDLE && t.kind != TK_LBRACE
            && t.kind != TK_FSTRING_END) {
            g->levels[n] = (uint8_t)level;
            to[n++] = (Token){TK_FSTRING_MIDDLE, t.start, t.start};
        }
        switch (t.kind) {
        case TK_LPAREN: case TK_LBRACKET: case TK_LBRACE: case TK_FSTRING_START:
            level += t.kind != TK_FSTRING_START;
            if (depth == MAX_OPEN)
                return false;
            open[depth++] = t.kind == TK_FSTRING_START ? STRING
                          : t.kind == TK_LBRACE && (inner == STRING || inner == SPEC) ? FIELD : BRACKET;
            break;
        case TK_COLON:
            if (inner == FIELD)
                open[depth - 1] = SPEC;
            break;
        case TK_RPAREN: case TK_RBRACKET: case TK_RBRACE:
            level -= level > 0;
            depth -= depth > 0;
            break;
        case TK_FSTRING_END:
            while (depth && open[--depth] != STRING)
                level -= level > 0;
            break;
        default: break;
        }
        g->levels[n] = (uint8_t)level;
        to[n++] = t;
    }
    for (uint32_t i = 0; i < n; i++)
        g->leaves[i] = leaf(to[i]);
    g->p.tokens = (TokenList){to, n};
    return true;
}

/* print -1, exec [x]: complete, and yet a mistake to the second reading. */
static bool may_be_legacy(const Peg *g, const Token *t)
{
    const char *text = g->p.src->text + t->start;
    uint32_t n = t->end - t->start;
    if (t->kind != TK_NAME || !((n == 5 && memcmp(text, "print", 5) == 0) || (n == 4 && memcmp(text, "exec", 4) == 0)))
        return false;
    uint16_t next = t[1].kind;
    return next == TK_MINUS || next == TK_PLUS || next == TK_STAR || next == TK_LBRACKET;
}

/* No reading goes back behind a statement that is complete. Where the statement before that of `place` begins, or the
 * first that may be a print statement: */
static uint32_t begin_at(const Peg *g, uint32_t place)
{
    uint32_t found[2] = {0, 0}, legacy = NO_PLACE;
    unsigned depth = 0;
    bool decorated = false;
    const Token *t = g->p.tokens.items;
    for (uint32_t i = 0; i < g->p.tokens.count && t[i].start <= place; i++) {
        depth += t[i].kind == TK_INDENT;
        depth -= t[i].kind == TK_DEDENT && depth;
        if (legacy == NO_PLACE && i && i + 1 < g->p.tokens.count && may_be_legacy(g, &t[i - 1]))
            legacy = found[1];
        if (depth || !i || (t[i - 1].kind != TK_NEWLINE && t[i - 1].kind != TK_DEDENT))
            continue;
        bool goes_on = decorated;
        switch (t[i].kind) {
        case TK_ELSE: case TK_ELIF: case TK_EXCEPT: case TK_FINALLY: case TK_INDENT: case TK_DEDENT: case TK_ENDMARKER:
            continue;
        default: break;
        }
        decorated = t[i].kind == TK_AT;
        if (!goes_on) {
            found[0] = found[1];
            found[1] = i;
        }
    }
    return legacy < found[0] ? legacy : found[0];
}

/* ---- the two readings ---- */

/* False: nothing is wrong. */
static bool read_twice(Peg *g, unsigned rule, uint32_t begin)
{
    Node *value = NULL;
    g->at = begin;
    if (run_rule(g, rule, &value))
        return false;
    if (!g->stopped) {
        Token last = g->p.tokens.items[g->fill - 1];
        memset(g->memos, 0, (g->p.tokens.count + 1) * sizeof *g->memos);
        g->at = begin;
        g->asking = true;
        g->stack_count = 0;
        run_rule(g, rule, &value);
        if (!g->stopped)
            peg_tell_generic(g, last);
    }
    return g->told || g->ran_out;
}

bool mistake_find(Parser *p, const Diag *lexical)
{
    static const uint8_t rules[] = {[PARSE_FILE] = RULE_FILE, [PARSE_SINGLE] = RULE_SINGLE, [PARSE_EVAL] = RULE_EVAL,
                                    [PARSE_PROMPT] = RULE_SINGLE, [PARSE_COMMAND] = RULE_SINGLE};
    Diag diag = {.type = NULL};
    Peg g = {.p = *p, .nothing = {.kind = AST_KIND_COUNT}};
    arena_init(&g.arena, p->arena->alloc);
    g.p.diag = &diag;
    g.p.failed = false;
    g.p.explaining = true;
    uint32_t place = p->at < p->tokens.count && p->failed ? p->tokens.items[p->at].start : NO_PLACE;
    bool found = p->tokens.count && copy_tokens(&g, p->tokens)
              && read_twice(&g, rules[p->mode], p->mode == PARSE_FILE ? begin_at(&g, place) : 0);
    if (found && lexical
        && (!g.told || (!g.indented && diag_first(p->src, lexical, g.p.tokens.items[g.fill - 1].start))))
        diag = *lexical;
    else if (found && !g.told)
        found = false;
    arena_free(&g.arena);
    if (found)
        *p->diag = diag;
    return found;
}
