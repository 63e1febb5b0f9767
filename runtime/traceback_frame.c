/* SPDX-License-Identifier: MIT
 * One entry of a traceback: file, line, function, and the source with carets below the expression that was at work.
 *
 * A binary operator, subscript or call gets '~' below its operands and '^' below the operator or brackets: the text
 * of the expression is parsed again to find these. */
#include "runtime/traceback.h"

#include "lexer/lexer.h"
#include "parser/ast.h"
#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"
#include "vm/text/strops.h"
#include "vm/text/unicode.h"
#include "vm/text/utf8.h"

/* ---- lines of text ---- */

static const char *line_break(const char *p, const char *end)
{
    while (p < end && *p != '\n' && *p != '\r')
        p++;
    return p;
}

const char *traceback_source_line(const Str *source, uint32_t number, size_t *len)
{
    const char *p = str_data(source), *end = p + source->len;
    if (source->len >= 3 && !memcmp(p, "\xef\xbb\xbf", 3))
        p += 3;
    for (uint32_t line = 1; line < number; line++) {
        p = line_break(p, end);
        if (p == end)
            return NULL;
        p += p + 1 < end && p[0] == '\r' && p[1] == '\n' ? 2 : 1;
    }
    *len = text_strip(p, (size_t)(line_break(p, end) - p), TEXT_STRIP_RIGHT).end;
    return p;
}

static size_t line_len(const char *s, size_t n)
{
    const char *e = n ? memchr(s, '\n', n) : NULL;
    return e ? (size_t)(e - s) : n;
}

static size_t leading_blanks(const char *s, size_t n)
{
    size_t i = 0;
    while (i < n && (s[i] == ' ' || s[i] == '\t'))
        i++;
    return i;
}

/* The white space that the lines with anything else begin with. */
static size_t common_margin(const char *s, size_t n)
{
    const char *margin = NULL;
    size_t width = 0;
    for (size_t at = 0; at < n;) {
        size_t len = line_len(s + at, n - at), blanks = leading_blanks(s + at, len);
        if (blanks < len) {
            if (!margin) {
                margin = s + at;
                width = blanks;
            }
            size_t same = 0;
            while (same < width && same < blanks && margin[same] == s[at + same])
                same++;
            width = same;
        }
        at += len + 1;
    }
    return width;
}

void text_dedent(const char *s, size_t n, Buf *out)
{
    size_t margin = common_margin(s, n);
    for (size_t at = 0; at < n;) {
        size_t len = line_len(s + at, n - at), blanks = leading_blanks(s + at, len);
        if (blanks < len)
            buf_put(out, s + at + margin, len - margin);
        if (at + len < n)
            buf_putc(out, '\n');
        at += len + 1;
    }
}

void text_indent(const char *s, size_t n, const char *prefix, Buf *out)
{
    for (size_t at = 0; at < n;) {
        size_t len = line_len(s + at, n - at);
        buf_puts(out, prefix);
        buf_put(out, s + at, len);
        if (at + len < n)
            buf_putc(out, '\n');
        at += len + 1;
    }
}

/* Columns that n bytes take on a terminal. */
static size_t display_width(const char *s, size_t n)
{
    size_t width = 0;
    for (const char *p = s, *end = s + n; p < end;) {
        uint32_t c;
        size_t size = utf8_size_of_lead(*p);
        if (size > (size_t)(end - p))
            break;
        p += utf8_decode(p, &c);
        const char *w = c < 128 ? "" : unicode_east_asian_width(c);
        width += 1 + ((w[0] == 'W' || w[0] == 'F') && !w[1]);
    }
    return width;
}

/* ---- the expression at work ---- */

#define MAX_LINES 2000u         /* of one expression; longer ones are shown by their first line */

typedef struct Excerpt {
    Vm *vm;
    Buf text;                   /* lines, dedented, each with '\n' behind; white space at their ends is gone */
    uint32_t nlines;
    size_t start, end;          /* bytes in the first and in the last line: the expression */
    size_t last;                /* where the last line begins */
    bool has_anchors;
    size_t left, right;         /* bytes in text: the operator or brackets */
} Excerpt;

static size_t end_of_line(const Excerpt *x, size_t at)
{
    return at + line_len(x->text.data + at, x->text.len - at);
}

/* Parse text of the excerpt between `before` and `after`; NULL: it is not what the parser takes. */
static const Ast *parse_piece(Excerpt *x, Arena *arena, const char *before, size_t from, size_t to, const char *after)
{
    size_t nb = strlen(before), na = strlen(after), n = to - from;
    char *text = arena_alloc(arena, nb + n + na + 1);
    if (!text || nb + n + na > UINT32_MAX / 2)
        return NULL;
    memcpy(text, before, nb);
    memcpy(text + nb, x->text.data + from, n);
    memcpy(text + nb + n, after, na);
    Source src = { .text = text, .len = (uint32_t)(nb + n + na), .filename = "" };
    Diag diag = { 0 };
    const Ast *tree = parse(arena, &src, PARSE_FILE, &diag);
    return tree;
}

/* The text of the expression. Positions in it are bytes; SIZE_MAX: past its end. */
typedef struct Piece {
    const char *s;
    size_t n;
} Piece;

static size_t valid_at(const Piece *p, size_t at)
{
    while (at < p->n && p->s[at] == '\n')
        at++;
    return at < p->n ? at : SIZE_MAX;
}

/* The next character that `stop` takes, past comments and continued lines. */
static size_t find_char(const Piece *p, size_t at, bool (*stop)(char c))
{
    at = valid_at(p, at);
    while (at != SIZE_MAX) {
        char c = p->s[at];
        if (c == '\\' || c == '#')
            at = valid_at(p, at + line_len(p->s + at, p->n - at));
        else if (stop(c))
            return at;
        else
            at = valid_at(p, at + 1);
    }
    return at;
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool stops_at_operator(char c)
{
    return !is_blank(c) && c != ')';
}

static bool stops_at_bracket(char c)
{
    return c == '[';
}

static bool stops_at_parenthesis(char c)
{
    return c == '(';
}

/* Places in the tree count from here: "(\n" stands before the text. */
#define BEFORE_PIECE 2u

static bool operator_anchors(const Piece *p, const AstBinOp *e, size_t *left, size_t *right)
{
    *left = find_char(p, e->left->end - BEFORE_PIECE, stops_at_operator);
    if (*left == SIZE_MAX)
        return false;
    *right = *left + 1;
    if (*right < p->n && e->right->start - BEFORE_PIECE > *right && !is_blank(p->s[*right]) && p->s[*right] != '\\' &&
        p->s[*right] != '#')
        ++*right;
    return true;
}

static bool find_anchors(const Piece *p, const Ast *tree, size_t *left, size_t *right)
{
    const AstModule *m = (const AstModule *)tree;
    if (m->body->count != 1 || m->body->items[0]->kind != AST_EXPR_STMT)
        return false;
    const Ast *e = ((const AstExprStmt *)m->body->items[0])->value;
    *right = e->end - BEFORE_PIECE;
    switch ((AstKind)e->kind) {
    case AST_BIN_OP:
        return operator_anchors(p, (const AstBinOp *)e, left, right);
    case AST_SUBSCRIPT:
        *left = find_char(p, ((const AstSubscript *)e)->value->end - BEFORE_PIECE, stops_at_bracket);
        return *left != SIZE_MAX;
    case AST_CALL:
        *left = find_char(p, ((const AstCall *)e)->func->end - BEFORE_PIECE, stops_at_parenthesis);
        return *left != SIZE_MAX;
    default:
        return false;
    }
}

static void excerpt_anchors(Excerpt *x)
{
    Arena arena;
    arena_init(&arena, &x->vm->alloc);
    size_t to = x->last + x->end;
    const Ast *tree = to > x->start ? parse_piece(x, &arena, "(\n", x->start, to, "\n)") : NULL;
    if (tree) {
        Piece p = { x->text.data + x->start, to - x->start };
        x->has_anchors = find_anchors(&p, tree, &x->left, &x->right);
        x->left += x->start;
        x->right += x->start;
    }
    arena_free(&arena);
}

/* "return f(…)" and "x = f(…)": carets below all of the call say nothing. */
static bool is_whole_call(Excerpt *x)
{
    Arena arena;
    arena_init(&arena, &x->vm->alloc);
    const Ast *tree = parse_piece(x, &arena, "", 0, x->text.len, ""), *value = NULL;
    const AstSeq *body = tree ? ((const AstModule *)tree)->body : NULL;
    bool empty = body && !body->count;
    if (body && body->count && body->items[0]->kind == AST_RETURN) {
        const Ast *v = ((const AstReturn *)body->items[0])->value;
        if (v && v->kind == AST_CALL && ((const AstCall *)v)->func->kind == AST_NAME)
            value = v;
    } else if (body && body->count && body->items[0]->kind == AST_ASSIGN) {
        const AstAssign *a = (const AstAssign *)body->items[0];
        if (a->value->kind == AST_CALL && a->targets->count == 1 && a->targets->items[0]->kind == AST_NAME)
            value = a->value;
    }
    bool whole = empty || (value && value->start == x->start && value->end == x->last + x->end);
    arena_free(&arena);
    return whole;
}

static bool all_blank(const char *s, size_t n)
{
    TextSpan left = text_strip(s, n, TEXT_STRIP_BOTH);
    return left.start >= left.end;
}

static bool shows_carets(Excerpt *x)
{
    if (is_whole_call(x))
        return false;
    if (x->has_anchors)
        return true;
    const char *s = x->text.data;
    size_t last_end = end_of_line(x, x->last), behind = x->last + x->end;
    return !all_blank(s, x->start) || (behind < last_end && !all_blank(s + behind, last_end - behind));
}

/* ---- the lines and their carets ---- */

static void put_carets(const Excerpt *x, size_t from, size_t to, Buf *out)
{
    const char *s = x->text.data;
    TextSpan solid = text_strip(s + from, to - from, TEXT_STRIP_LEFT);
    size_t stop = from == x->last ? from + x->end : to;
    for (const char *p = s + from, *end = s + stop; p < end;) {
        size_t at = (size_t)(p - s);
        uint32_t c;
        size_t size = utf8_decode(p, &c);
        char mark = '^';
        if (at < from + solid.start || at < x->start)
            mark = ' ';
        else if (x->has_anchors && (at < x->left || at >= x->right))
            mark = '~';
        for (size_t w = display_width(p, size); w; w--)
            buf_putc(out, mark);
        p += size;
    }
    buf_putc(out, '\n');
}

static uint32_t line_of(const Excerpt *x, size_t at)
{
    uint32_t line = 0;
    for (size_t i = 0; i < at && i < x->text.len; i++)
        line += x->text.data[i] == '\n';
    return line;
}

/* First and last line, and those around the ends of the anchors. */
static bool is_significant(const Excerpt *x, uint32_t line, uint32_t left, uint32_t right)
{
    if (line == 0 || line == x->nlines - 1)
        return true;
    return x->has_anchors && ((line + 1 >= left && line <= left + 1) || (line + 1 >= right && line <= right + 1));
}

static void put_excerpt(Excerpt *x, bool carets, Buf *out)
{
    uint32_t left = x->has_anchors ? line_of(x, x->left) : 0, right = x->has_anchors ? line_of(x, x->right) : 0;
    size_t at = 0, hidden_at = 0;
    uint32_t hidden = 0;
    for (uint32_t line = 0; line < x->nlines; line++) {
        size_t end = end_of_line(x, at);
        if (!is_significant(x, line, left, right)) {
            hidden_at = at;
            hidden++;
        } else {
            if (hidden > 1) {
                buf_printf(out, "...<%u lines>...\n", hidden);
            } else if (hidden) {
                size_t hidden_end = end_of_line(x, hidden_at);
                buf_put(out, x->text.data + hidden_at, hidden_end + 1 - hidden_at);
                if (carets)
                    put_carets(x, hidden_at, hidden_end, out);
            }
            hidden = 0;
            buf_put(out, x->text.data + at, end - at);
            buf_putc(out, '\n');
            if (carets)
                put_carets(x, at, end, out);
        }
        at = end + 1;
    }
}

/* The lines of the position, dedented. False: there is no text to show. */
static bool excerpt_init(Excerpt *x, const Str *source, const Position *pos)
{
    Buf raw;
    buf_init(&raw, &x->vm->alloc);
    size_t len = 0, first = 0, last = 0;
    for (uint32_t line = pos->line; line <= pos->end_line; line++) {
        const char *s = traceback_source_line(source, line, &len);
        if (!s)
            len = 0;
        if (line == pos->line)
            first = len;
        last = len;
        buf_put(&raw, s, len);
        buf_putc(&raw, '\n');
    }
    x->nlines = pos->end_line - pos->line + 1;
    text_dedent(raw.data, raw.len, &x->text);
    bool ok = !raw.failed && !x->text.failed && !all_blank(x->text.data, x->text.len);
    buf_free(&raw);
    if (!ok)
        return false;
    size_t gone = first - end_of_line(x, 0);
    x->start = pos->col < first ? pos->col : first;
    x->end = pos->end_col < last ? pos->end_col : last;
    x->start = x->start > gone ? x->start - gone : 0;
    x->end = x->end > gone ? x->end - gone : 0;
    for (uint32_t line = 1; line < x->nlines; line++)
        x->last = end_of_line(x, x->last) + 1;
    size_t last_len = end_of_line(x, x->last) - x->last;
    if (x->end > last_len)
        x->end = last_len;
    return true;
}

static void put_source(Vm *vm, const Str *source, const Position *pos, Buf *out)
{
    if (pos->col == UINT16_MAX || pos->end_col == UINT16_MAX || pos->end_line < pos->line ||
        pos->end_line - pos->line >= MAX_LINES) {
        size_t n;
        const char *s = traceback_source_line(source, pos->line, &n);
        TextSpan t = s ? text_strip(s, n, TEXT_STRIP_BOTH) : (TextSpan){ 0, 0 };
        if (t.end > t.start) {
            buf_puts(out, "    ");
            buf_put(out, s + t.start, t.end - t.start);
            buf_putc(out, '\n');
        }
        return;
    }
    Excerpt x = { .vm = vm };
    Buf lines, dedented;
    buf_init(&x.text, &vm->alloc);
    buf_init(&lines, &vm->alloc);
    buf_init(&dedented, &vm->alloc);
    if (excerpt_init(&x, source, pos)) {
        excerpt_anchors(&x);
        put_excerpt(&x, shows_carets(&x), &lines);
        text_dedent(lines.data, lines.len, &dedented);
        text_indent(dedented.data, dedented.len, "    ", out);
    }
    buf_free(&x.text);
    buf_free(&lines);
    buf_free(&dedented);
}

/* The text that a script gave to linecache.cache for code without a source of its own; EMPTY: none. */
static Value cached_source(Vm *vm, Str *filename)
{
    Value module = dict_get_cstr(vm, vm->modules, "linecache");
    Value cache = is_module(module) ? dict_get_cstr(vm, as_module(module)->globals, "cache") : VALUE_EMPTY;
    Value entry = is_dict(cache) ? dict_get_str(vm, as_dict(cache), filename) : VALUE_EMPTY;
    if (!is_tuple(entry) || as_tuple(entry)->len != 4 || !is_list(as_tuple(entry)->items[2]))
        return VALUE_EMPTY;
    List *lines = as_list(as_tuple(entry)->items[2]);
    Buf text;
    buf_init(&text, &vm->alloc);
    for (size_t i = 0; i < lines->len && is_str(list_items(lines)[i]); i++) {
        const Str *line = as_str(list_items(lines)[i]);
        buf_put(&text, str_data(line), line->len);
        if (!line->len || str_data(line)[line->len - 1] != '\n')
            buf_putc(&text, '\n');
    }
    Str *s = str_from_buf(vm, &text);
    if (s)
        return value_from_obj(s);
    exc_discard(vm);
    return VALUE_EMPTY;
}

void traceback_put_entry(Vm *vm, const Code *code, uint32_t at, uint32_t line, Buf *out)
{
    Position pos = { .line = line, .end_line = line, .col = UINT16_MAX, .end_col = UINT16_MAX };
    if (at < code->ninstrs)
        pos = code_position(code, at);
    buf_puts(out, "  File \"");
    if (code->filename->len > 8 && !memcmp(str_data(code->filename), "<stdin>-", 8))
        buf_puts(out, "<stdin>");
    else
        buf_put(out, str_data(code->filename), code->filename->len);
    buf_printf(out, "\", line %u, in ", pos.line);
    buf_put(out, str_data(code->name), code->name->len);
    buf_putc(out, '\n');
    Value source = is_str(code->source) ? code->source : cached_source(vm, code->filename);
    if (pos.line && is_str(source))
        put_source(vm, as_str(source), &pos, out);
}
