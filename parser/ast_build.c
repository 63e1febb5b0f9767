/* SPDX-License-Identifier: MIT
 * Building the tree: nodes, lists, names and the expressions that are more than a struct filled in. */
#include "parser/ast_build.h"
#include "parser/look.h"
#include "lexer/literal.h"

#include <stdarg.h>
#include <stdio.h>

/* ---- nodes ---- */

static uint16_t deepest(uint16_t depth, const AstSeq *s)
{
    for (uint32_t i = 0; i < s->count; i++)
        if (s->items[i] && s->items[i]->depth > depth)
            depth = s->items[i]->depth;
    return depth;
}

/* Lists that nobody gave become the empty one. Returns the depth of the deepest child. */
static uint16_t node_fill(Parser *p, Ast *n)
{
    uint16_t depth = 0;
#define FILL_node(f) if (x->f && x->f->depth > depth) depth = x->f->depth;
#define FILL_seq(f) if (!x->f) x->f = p->empty; else depth = deepest(depth, x->f);
#define FILL_name(f)
#define FILL_names(f)
#define FILL_num(f)
#define FILL_op(f)
#define FILL_int(f)
#define FILL_ops(f)
#define F(kind, name) FILL_##kind(name)
#define NODE(NAME, Struct, fields) \
    case AST_##NAME: { Ast##Struct *x = (Ast##Struct *)n; (void)x; fields break; }
    switch (n->kind) {
#include "parser/ast.def"
    default: break;
    }
#undef F
    return depth;
}

Ast *node_new(Parser *p, const Ast *n, size_t size)
{
    Ast *copy = arena_alloc(p->arena, size);
    if (!copy) {
        fail_memory(p);
        copy = (Ast *)p->scratch.bytes;
    }
    memcpy(copy, n, size);
    return node_again(p, copy);
}

Ast *node_again(Parser *p, Ast *n)
{
    uint16_t depth = node_fill(p, n);
    if (depth >= AST_MAX_DEPTH) {
        fail_at(p, "RecursionError", NO_PLACE, NO_PLACE,
                "maximum recursion depth exceeded during compilation");
        depth = AST_MAX_DEPTH - 1;
    }
    n->depth = (uint16_t)(depth + 1);
    return n;
}

/* A node without fields. */
Ast *leaf_new(Parser *p, AstKind kind, uint32_t start, uint32_t end)
{
    Ast n = {.kind = (uint8_t)kind, .start = start, .end = end};
    return node_new(p, &n, sizeof n);
}

/* ---- lists ---- */

AstSeq *seq_new(Parser *p)
{
    AstSeq *s = arena_alloc(p->arena, sizeof *s);
    if (!s) {
        fail_memory(p);
        return p->empty;
    }
    return s;
}

AstSeq *seq_add(Parser *p, AstSeq *s, Ast *item)
{
    if (!s || s == p->empty)
        s = seq_new(p);
    if (s == p->empty)
        return s;
    if (s->count == s->cap) {
        uint32_t cap = s->cap ? s->cap * 2 : 2;
        Ast **items = cap > s->cap ? arena_alloc(p->arena, cap * sizeof *items) : NULL;
        if (!items) {
            fail_memory(p);
            return s;
        }
        if (s->count)
            memcpy(items, s->items, s->count * sizeof *items);
        s->items = items;
        s->cap = cap;
    }
    s->items[s->count++] = item;
    return s;
}

AstSeq *seq_join(Parser *p, AstSeq *s, const AstSeq *more)
{
    for (uint32_t i = 0; i < more->count; i++)
        s = seq_add(p, s, more->items[i]);
    return s;
}

List list_add(Parser *p, List l, Expr e)
{
    uint32_t start = l.seq->count ? l.start : e.start;
    return (List){seq_add(p, l.seq, e.node), start, e.end, false};
}

List list_comma(List l, Token comma)
{
    l.end = comma.end;
    l.comma = true;
    return l;
}

/* Where the last item ends. */
uint32_t seq_end(const AstSeq *s, uint32_t otherwise)
{
    return s->count ? s->items[s->count - 1]->end : otherwise;
}

/* ---- errors ---- */

static const Diag no_memory = {.type = "MemoryError", .message = "out of memory", .start = NO_PLACE,
                               .end = NO_PLACE};

void fail_at(Parser *p, const char *type, uint32_t start, uint32_t end, const char *fmt, ...)
{
    if (p->failed)
        return;
    p->failed = true;
    if (p->probing)
        return;
    char text[512];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (n < 0)
        n = 0;
    if (n >= (int)sizeof text)
        n = (int)sizeof text - 1;
    const char *message = arena_strndup(p->arena, text, (size_t)n);
    uint32_t reached = look_reached(p, end);
    if (message)
        *p->diag = (Diag){.type = type, .message = message, .start = start, .end = end,
                          .reached = reached, .text = look_joined_line(p, reached)};
    else
        *p->diag = no_memory;
}

void syntax_error(Parser *p, uint32_t start, uint32_t end, const char *fmt, ...)
{
    char text[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    fail_at(p, "SyntaxError", start, end, "%s", text);
}

/* The end of the source is the end of its last line. */
static uint32_t last_place(const Parser *p)
{
    uint32_t n = p->src->len;
    return n && p->src->text[n - 1] == '\n' ? n - 1 : n;
}

bool ends_text(const Parser *p, Token t)
{
    if (t.kind == TK_NEWLINE)
        return p->src->open_ended && t.end >= p->src->len;
    return (t.kind == TK_DEDENT || t.kind == TK_ENDMARKER) && t.start >= last_place(p);
}

static bool is_break(char c) { return c == '\n' || c == '\r'; }

void token_error(Parser *p, Token t, const char *text)
{
    block_error(p, "SyntaxError", t, text);
}

/* CPython counts columns of a DEDENT from 0: its place is the last blank before, or no column at all. */
static void dedent_error(Parser *p, const char *type, Token t, const char *text)
{
    bool at_margin = t.start == 0 || is_break(p->src->text[t.start - 1]);
    bool first = !p->failed && !p->probing;
    fail_at(p, type, t.start - !at_margin, NO_PLACE, "%s", text);
    if (first)
        p->diag->no_column = at_margin;
}

/* A NEWLINE is one column wide behind its comment, even where the source ends without. */
void block_error(Parser *p, const char *type, Token t, const char *text)
{
    if (ends_text(p, t))
        fail_at(p, type, last_place(p) - (p->src->open_ended && last_place(p) == p->src->len), NO_PLACE, "%s",
                text);
    else if (t.kind == TK_DEDENT)
        dedent_error(p, type, t, text);
    else if (t.kind == TK_INDENT || t.kind == TK_ENDMARKER)     /* CPython points at the last column of the indentation */
        fail_at(p, type, t.end - (t.end > t.start), NO_PLACE, "%s", text);
    else
        fail_at(p, type, t.start, t.kind == TK_NEWLINE ? t.end + 1 : t.end, "%s", text);
}

void error_from(Parser *p, uint32_t start, Token last, const char *text)
{
    bool no_column = ends_text(p, last) && start == last.start;
    uint32_t end = last.end - (last.kind != TK_NEWLINE || ends_text(p, last));
    syntax_error(p, no_column && end ? end - 1 : start, end, "%s", text);
    p->diag->no_column = no_column;
    p->diag->at_margin = end > start && is_break(p->src->text[end - 1]);
}

void fail_memory(Parser *p)
{
    if (p->failed && !p->probing && p->diag->type)
        return;
    p->failed = true;
    *p->diag = no_memory;
}

const char *const_name(uint8_t kind)
{
    switch (kind) {
    case CONST_NONE: return "None";
    case CONST_TRUE: return "True";
    case CONST_FALSE: return "False";
    case CONST_ELLIPSIS: return "ellipsis";
    default: return "literal";
    }
}

const char *expr_name(const Ast *e)
{
    return e->kind == AST_CONSTANT ? const_name(((const AstConstant *)e)->value.kind) : kind_name(e->kind);
}

const char *kind_name(uint8_t kind)
{
    switch (kind) {
    case AST_ATTRIBUTE: return "attribute";
    case AST_SUBSCRIPT: return "subscript";
    case AST_STARRED: return "starred";
    case AST_NAME: return "name";
    case AST_LIST: return "list";
    case AST_TUPLE: return "tuple";
    case AST_LAMBDA: return "lambda";
    case AST_CALL: return "function call";
    case AST_BOOL_OP: case AST_BIN_OP: case AST_UNARY_OP: return "expression";
    case AST_GENERATOR_EXP: return "generator expression";
    case AST_YIELD: case AST_YIELD_FROM: return "yield expression";
    case AST_AWAIT: return "await expression";
    case AST_LIST_COMP: return "list comprehension";
    case AST_SET_COMP: return "set comprehension";
    case AST_DICT_COMP: return "dict comprehension";
    case AST_DICT: return "dict literal";
    case AST_SET: return "set display";
    case AST_JOINED_STR: case AST_FORMATTED_VALUE: return "f-string expression";
    case AST_COMPARE: return "comparison";
    case AST_IF_EXP: return "conditional expression";
    case AST_NAMED_EXPR: return "named expression";
    default: return "expression";
    }
}

/* ---- tokens ---- */

static uint32_t token_index(const Parser *p, uint32_t offset)
{
    uint32_t low = 0, high = p->tokens.count;
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (p->tokens.items[mid].start < offset)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

Token token_from(const Parser *p, uint32_t offset, Token otherwise)
{
    uint32_t i = token_index(p, offset);
    return i < p->tokens.count ? p->tokens.items[i] : otherwise;
}

Token token_at(const Parser *p, uint32_t offset, uint16_t kind, Token otherwise)
{
    for (uint32_t i = token_index(p, offset); i < p->tokens.count; i++)
        if (p->tokens.items[i].kind == kind)
            return p->tokens.items[i];
    return otherwise;
}

/* ---- names and atoms ---- */


static Name fallback_name(Parser *p)
{
    fail_memory(p);
    return (Name)(void *)p->scratch.bytes;
}

/* A literal_ function said no: *diag is set. */
static void literal_failed(Parser *p)
{
    p->failed = true;
}

Name name_of(Parser *p, Token t)
{
    Literal text;
    if (p->failed)
        return fallback_name(p);
    if (!literal_name(p->arena, p->src, &t, &text, p->diag)) {
        literal_failed(p);
        return fallback_name(p);
    }
    Name n = name_intern(p->names, text.text, text.len);
    return n ? n : fallback_name(p);
}

static bool name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'
        || (unsigned char)c >= 0x80;
}

/* "a . b" is the module a.b. */
Name dotted_name(Parser *p, uint32_t start, uint32_t end)
{
    const char *s = p->src->text;
    char *text = arena_alloc(p->arena, end - start + 1);
    if (!text || p->failed)
        return fallback_name(p);
    size_t n = 0;
    for (uint32_t i = start; i < end;) {
        uint32_t from = i;
        while (i < end && name_byte(s[i]))
            i++;
        if (i > from) {
            Name part = name_of(p, (Token){TK_NAME, from, i});
            if (part->len > i - from)           /* NFKC made it longer */
                return part;
            memcpy(text + n, part->text, part->len);
            n += part->len;
        } else if (s[i] == '#') {
            while (i < end && s[i] != '\n')
                i++;
        } else if (s[i++] == '.') {
            text[n++] = '.';
        }
    }
    Name name = name_intern(p->names, text, n);
    return name ? name : fallback_name(p);
}

Expr build_name(Parser *p, Token t)
{
    return expr_of(NEW(p, NAME, Name, t.start, t.end, .id = name_of(p, t), .ctx = CTX_LOAD));
}

Expr build_const(Parser *p, ConstKind kind, Token t)
{
    return expr_of(NEW(p, CONSTANT, Constant, t.start, t.end, .value = {.kind = (uint8_t)kind}));
}

/* "1if x": CPython warns of a keyword that touches a number, so that it can forbid it one day. */
static void warn_touching(Parser *p, Token t)
{
    const SourceHooks *hooks = p->src->hooks;
    const char *text = p->src->text;
    bool based = text[t.start] == '0' && t.end - t.start > 2;
    char next = (char)(text[t.end] | 0x20), last = (char)(text[t.end - 1] | 0x20);
    char second = based ? (char)(text[t.start + 1] | 0x20) : 0;
    if (p->failed || p->probing || next < 'a' || next > 'z' || !hooks || !hooks->warn)
        return;
    const char *kind = second == 'x' ? "hexadecimal" : second == 'o' ? "octal" : second == 'b' ? "binary"
                     : last == 'j' ? "imaginary" : "decimal";
    char message[40];
    snprintf(message, sizeof message, "invalid %s literal", kind);
    if (hooks->warn(hooks->ud, t.end - 1, message))
        return;
    syntax_error(p, t.end - 1, t.end - 1, "%s", message);
    p->diag->origin = DIAG_LEXER;
}

Expr build_number(Parser *p, Token t)
{
    static const uint8_t kinds[] = {[NUMBER_INT] = CONST_INT, [NUMBER_FLOAT] = CONST_FLOAT,
                                    [NUMBER_IMAGINARY] = CONST_IMAGINARY};
    NumberKind kind = NUMBER_INT;
    Literal digits = {"0", 1};
    warn_touching(p, t);
    if (!p->failed && !literal_number(p->arena, p->src, &t, &kind, &digits, p->diag))
        literal_failed(p);
    AstConst value = {.kind = kinds[kind], .len = digits.len, .text = digits.text};
    return expr_of(NEW(p, CONSTANT, Constant, t.start, t.end, .value = value));
}

/* ---- operators ---- */

Expr build_binary(Parser *p, Expr a, AstOp op, Expr b)
{
    return expr_of(NEW(p, BIN_OP, BinOp, a.start, b.end, .left = a.node, .op = (uint8_t)op, .right = b.node));
}

Expr build_unary(Parser *p, AstOp op, Token t, Expr a)
{
    return expr_of(NEW(p, UNARY_OP, UnaryOp, t.start, a.end, .op = (uint8_t)op, .operand = a.node));
}

/* a or b or c is one node. */
Expr build_bool(Parser *p, Expr a, AstOp op, Expr b)
{
    AstBoolOp *left = (AstBoolOp *)a.node;
    if (a.node->kind == AST_BOOL_OP && left->op == op && !a.node->parens) {
        seq_add(p, left->values, b.node);
        left->base.end = b.end;
        if (b.node->depth >= left->base.depth && b.node->depth < AST_MAX_DEPTH)
            left->base.depth = (uint16_t)(b.node->depth + 1);
        return expr_of(a.node);
    }
    AstSeq *values = seq_add(p, seq_one(p, a.node), b.node);
    return expr_of(NEW(p, BOOL_OP, BoolOp, a.start, b.end, .op = (uint8_t)op, .values = values));
}

static uint8_t *ops_add(Parser *p, uint8_t *ops, uint32_t count, AstOp op)
{
    if (count == 0 || (count & (count - 1)) == 0) {     /* full: the capacity is a power of two */
        uint8_t *more = arena_alloc(p->arena, count ? (size_t)count * 2 : 1);
        if (!more) {
            fail_memory(p);
            return ops;
        }
        if (count)
            memcpy(more, ops, count);
        ops = more;
    }
    ops[count] = (uint8_t)op;
    return ops;
}

Expr build_compare(Parser *p, Expr a, AstOp op, Expr b)
{
    uint8_t *ops = ops_add(p, NULL, 0, op);
    return expr_of(NEW(p, COMPARE, Compare, a.start, b.end, .left = a.node, .ops = ops,
                       .comparators = seq_one(p, b.node)));
}

Expr extend_compare(Parser *p, Expr a, AstOp op, Expr b)
{
    AstCompare *c = (AstCompare *)a.node;
    if (p->failed)
        return a;
    c->ops = ops_add(p, c->ops, c->comparators->count, op);
    seq_add(p, c->comparators, b.node);
    c->base.end = b.end;
    if (b.node->depth >= c->base.depth && b.node->depth < AST_MAX_DEPTH)
        c->base.depth = (uint16_t)(b.node->depth + 1);
    return expr_of(a.node);
}

Expr build_walrus(Parser *p, Expr target, Expr value)
{
    if (target.node->kind != AST_NAME || target.node->parens)
        syntax_error(p, target.node->start, target.node->end, "cannot use assignment expressions with %s",
                     expr_name(target.node));
    else
        ((AstName *)target.node)->ctx = CTX_STORE;
    return expr_of(NEW(p, NAMED_EXPR, NamedExpr, target.start, value.end, .target = target.node,
                       .value = value.node));
}

/* f(a() := 1): CPython's grammar takes nothing but names before the := of an argument. */
void check_walrus_argument(Parser *p, Expr target, Token walrus)
{
    if (target.node->kind == AST_NAME && !target.node->parens)
        return;
    token_error(p, walrus, "invalid syntax");
}

Expr build_starred(Parser *p, Token star, Expr value)
{
    return expr_of(NEW(p, STARRED, Starred, star.start, value.end, .value = value.node, .ctx = CTX_LOAD));
}

/* ---- brackets ---- */

static void add_parens(Ast *n)
{
    if (n->parens < UINT8_MAX)
        n->parens++;
}

Expr build_tuple(Parser *p, List items)
{
    return expr_of(NEW(p, TUPLE, Tuple, items.start, items.end, .elts = items.seq, .ctx = CTX_LOAD));
}

Expr build_parens(Parser *p, Token open, Expr e, Token close)
{
    (void)p;
    add_parens(e.node);
    return EXPR(e.node, open.start, close.end);
}

static bool holds_as(const AstSeq *items)
{
    for (uint32_t i = 0; i < items->count; i++)
        if (items->items[i]->kind == AST_WITH_ITEM)
            return true;
    return false;
}

/* The grammar lets "a as b" into all brackets; those of a with statement alone may keep it. */
void reject_as(Parser *p, const AstSeq *items)
{
    if (holds_as(items))
        syntax_error(p, p->as_at, p->as_at + 2, "invalid syntax");
}

/* "as" in brackets may stand right behind with only. */
void check_as(Parser *p, Token as)
{
    if (!p->as_group || !p->as_at)
        p->as_at = as.start;
    if (!look_behind_with(p))
        token_error(p, as, "invalid syntax");
}

Expr build_as_item(Parser *p, Expr context, Expr target)
{
    return EXPR(with_item(p, context, target), context.start, target.end);
}

Expr build_group(Parser *p, Token open, List items, Token close)
{
    Expr e;
    if (holds_as(items.seq)) {
        if (p->as_group)
            reject_as(p, items.seq);
        e = build_tuple(p, items);
        p->as_group = e.node;
    } else if (items.seq->count == 1 && !items.comma) {
        e = EXPR(items.seq->items[0], items.start, items.end);
        if (e.node->kind == AST_STARRED && !e.node->parens)
            syntax_error(p, e.node->start, e.node->end, "cannot use starred expression here");
        return build_parens(p, open, e, close);
    } else {
        e = build_tuple(p, items);
    }
    e.node->start = open.start;
    e.node->end = close.end;
    return build_parens(p, open, e, close);
}

Expr build_list(Parser *p, Token open, List items, Token close)
{
    reject_as(p, items.seq);
    return expr_of(NEW(p, LIST, List, open.start, close.end, .elts = items.seq, .ctx = CTX_LOAD));
}

Expr build_set(Parser *p, Token open, List items, Token close)
{
    reject_as(p, items.seq);
    return expr_of(NEW(p, SET, Set, open.start, close.end, .elts = items.seq));
}

Expr build_dict(Parser *p, Token open, List pairs, Token close)
{
    AstSeq *keys = NULL, *values = NULL;
    for (uint32_t i = 0; i + 1 < pairs.seq->count; i += 2) {
        keys = seq_add(p, keys, pairs.seq->items[i]);
        values = seq_add(p, values, pairs.seq->items[i + 1]);
    }
    return expr_of(NEW(p, DICT, Dict, open.start, close.end, .keys = keys, .values = values));
}

Expr build_comp(Parser *p, AstKind kind, Token open, Expr elt, Expr value, List generators, Token close)
{
    uint32_t s = open.start, e = close.end;
    if (elt.node->kind == AST_STARRED)
        syntax_error(p, elt.node->start, elt.node->end, "iterable unpacking cannot be used in comprehension");
    if (elt.node->kind == AST_WITH_ITEM)
        syntax_error(p, p->as_at, p->as_at + 2, "invalid syntax");
    switch (kind) {
    case AST_LIST_COMP:
        return expr_of(NEW(p, LIST_COMP, ListComp, s, e, .elt = elt.node, .generators = generators.seq));
    case AST_SET_COMP:
        return expr_of(NEW(p, SET_COMP, SetComp, s, e, .elt = elt.node, .generators = generators.seq));
    case AST_DICT_COMP:
        return expr_of(NEW(p, DICT_COMP, DictComp, s, e, .key = elt.node, .value = value.node,
                           .generators = generators.seq));
    default:
        break;
    }
    Ast *g = NEW(p, GENERATOR_EXP, GeneratorExp, s, e, .elt = elt.node, .generators = generators.seq);
    g->parens = open.kind != 0;     /* an argument's has none of its own */
    return expr_of(g);
}

Expr build_generator(Parser *p, Token for_start, Expr target, Expr iter, bool is_async)
{
    make_target(p, target.node, FOR_LOOP);
    return expr_of(NEW(p, COMPREHENSION, Comprehension, for_start.start, iter.end, .target = target.node,
                       .iter = iter.node, .is_async = is_async));
}

/* ---- primaries ---- */

Expr build_attribute(Parser *p, Expr value, Token name)
{
    return expr_of(NEW(p, ATTRIBUTE, Attribute, value.start, name.end, .value = value.node,
                       .attr = name_of(p, name), .ctx = CTX_LOAD));
}

Expr build_subscript(Parser *p, Expr value, List slices, Token close)
{
    Ast *slice = slices.seq->items[0];
    if (slices.seq->count > 1 || slices.comma || slice->kind == AST_STARRED)
        slice = build_tuple(p, slices).node;
    return expr_of(NEW(p, SUBSCRIPT, Subscript, value.start, close.end, .value = value.node, .slice = slice,
                       .ctx = CTX_LOAD));
}

static bool is_bare_generator(const Ast *e)
{
    return e->kind == AST_GENERATOR_EXP && !e->parens;
}

/* The token in front of an offset. */
static Token token_before(const Parser *p, uint32_t offset)
{
    uint32_t i = token_index(p, offset);
    return p->tokens.items[i ? i - 1 : 0];
}

static void misplaced_positional(Parser *p, bool after_unpacking, uint32_t end)
{
    const char *text = after_unpacking ? "positional argument follows keyword argument unpacking"
                                       : "positional argument follows keyword argument";
    syntax_error(p, end - 1, end, "%s", text);
}

/* Splits the arguments and checks their order; `end` is just behind the closing parenthesis. */
static void split_args(Parser *p, List args, uint32_t end, AstSeq **positional, AstSeq **keywords)
{
    bool keyword = false, unpacking = false;
    for (uint32_t i = 0; i < args.seq->count; i++) {
        Ast *a = args.seq->items[i];
        if (is_bare_generator(a) && (args.seq->count > 1 || args.comma))
            syntax_error(p, a->start, a->end, "Generator expression must be parenthesized");
        if (a->kind == AST_KEYWORD) {
            *keywords = seq_add(p, *keywords, a);
            keyword = true;
            unpacking |= !((AstKeyword *)a)->arg;
            continue;
        }
        if (a->kind == AST_STARRED && unpacking)
            error_from(p, token_before(p, a->start).start, p->tokens.items[p->at - 1],
                       "iterable argument unpacking follows keyword argument unpacking");
        else if (a->kind != AST_STARRED && keyword)
            misplaced_positional(p, unpacking, end);
        *positional = seq_add(p, *positional, a);
    }
}

Expr build_call(Parser *p, Expr func, Token open, List args, Token close)
{
    AstSeq *positional = NULL, *keywords = NULL;
    split_args(p, args, close.end, &positional, &keywords);
    if (positional && positional->count == 1 && is_bare_generator(positional->items[0])) {
        positional->items[0]->start = open.start;
        positional->items[0]->end = close.end;
        positional->items[0]->parens = 1;
    }
    return expr_of(NEW(p, CALL, Call, func.start, close.end, .func = func.node, .args = positional,
                       .keywords = keywords));
}

/* What is wrong with an argument's name goes before all that is behind its "=". */
void check_keyword(Parser *p, Expr name, Token equal)
{
    Ast *n = name.node;
    if (n->kind == AST_NAME && !n->parens)
        return;
    bool word = n->kind == AST_CONSTANT && ((AstConstant *)n)->value.kind <= CONST_FALSE && !n->parens;
    syntax_error(p, n->start, equal.end,
                 word ? "cannot assign to %s" : "expression cannot contain assignment, perhaps you meant \"==\"?",
                 expr_name(n));
}

Expr build_keyword(Parser *p, Expr name, Expr value)
{
    Name arg = name.node->kind == AST_NAME ? ((AstName *)name.node)->id : NULL;
    return expr_of(NEW(p, KEYWORD, Keyword, name.start, value.end, .arg = arg, .value = value.node));
}

void check_bases(Parser *p, List args)
{
    AstSeq *bases = NULL, *keywords = NULL;
    Ast *first = args.seq->count == 1 ? args.seq->items[0] : NULL;
    if (first && is_bare_generator(first))
        token_error(p, token_at(p, first->start, TK_FOR, p->tokens.items[p->at]), "invalid syntax");
    split_args(p, args, args.end + 1, &bases, &keywords);
}

Ast *build_class(Parser *p, Token cls, Token name, AstSeq *type_params, List args, AstSeq *body)
{
    AstSeq *bases = NULL, *keywords = NULL;
    split_args(p, args, args.end + 1, &bases, &keywords);
    return NEW(p, CLASS_DEF, ClassDef, cls.start, seq_end(body, cls.end), .name = name_of(p, name),
               .bases = bases, .keywords = keywords, .body = body, .type_params = type_params);
}
