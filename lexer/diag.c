/* SPDX-License-Identifier: MIT
 * Offsets to lines and columns; errors to the text that is printed for them. */
#include "lexer/diag.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static const char byte_order_mark[] = "\xef\xbb\xbf";

static uint32_t text_start(const Source *src)
{
    return !src->is_text && src->len >= 3 && memcmp(src->text, byte_order_mark, 3) == 0 ? 3 : 0;
}

static bool is_break(char c) { return c == '\n' || c == '\r'; }

/* The start of the line after the one that p is in; the end of the text when there is none. */
static const char *next_line(const char *p, const char *end)
{
    while (p < end && !is_break(*p))
        p++;
    if (p < end)
        p += *p == '\r' && p + 1 < end && p[1] == '\n' ? 2 : 1;
    return p;
}


static uint32_t count_characters(const char *p, const char *end)
{
    uint32_t n = 0;
    for (; p < end; p++)
        n += ((unsigned char)*p & 0xc0) != 0x80;
    return n;
}

static Place place_in_line(const Source *src, uint32_t line, uint32_t line_start, uint32_t offset)
{
    const char *end = src->text + line_start, *text_end = src->text + src->len;
    while (end < text_end && !is_break(*end))
        end++;
    if (offset < line_start)
        offset = line_start;
    return (Place){
        .line = line,
        .column = count_characters(src->text + line_start, src->text + offset) + 1,
        .byte = offset - line_start,
        .line_start = line_start,
        .line_end = (uint32_t)(end - src->text),
    };
}

bool line_index_init(LineIndex *index, Arena *arena, const Source *src)
{
    const char *end = src->text + src->len;
    uint32_t count = 1;
    for (const char *p = src->text; p < end;) {
        p = next_line(p, end);
        count += is_break(p[-1]);
    }
    *index = (LineIndex){ .src = src, .count = count };
    index->starts = arena_alloc(arena, count * sizeof(uint32_t));
    if (!index->starts)
        return false;
    const char *p = src->text;
    index->starts[0] = text_start(src);
    for (uint32_t i = 1; i < count; i++) {
        p = next_line(p, end);
        index->starts[i] = (uint32_t)(p - src->text);
    }
    return true;
}

Place line_index_place(const LineIndex *index, uint32_t offset)
{
    uint32_t low = 0, high = index->count;
    if (offset > index->src->len)
        offset = index->src->len;
    while (high - low > 1) {
        uint32_t mid = low + (high - low) / 2;
        if (index->starts[mid] <= offset)
            low = mid;
        else
            high = mid;
    }
    return place_in_line(index->src, low + 1, index->starts[low], offset);
}

Place source_place(const Source *src, uint32_t offset)
{
    if (offset > src->len)
        offset = src->len;
    const char *start = src->text + text_start(src), *end = src->text + src->len;
    uint32_t line = 1;
    for (const char *next; start < end; start = next) {
        next = next_line(start, end);
        if (next > src->text + offset || !is_break(next[-1]))
            break;
        line++;
    }
    return place_in_line(src, line, (uint32_t)(start - src->text), offset);
}

unsigned diag_last_line(const Source *src, uint32_t offset)
{
    if (offset == src->len && offset > 0 && is_break(src->text[offset - 1]))
        offset--;
    return source_place(src, offset).line;
}

bool diag_first(const Source *src, const Diag *lexical, uint32_t offset)
{
    if (lexical->in_fstring)
        return false;
    return !lexical->deferred || lexical->start == NO_PLACE ||
           source_place(src, offset).line > source_place(src, lexical->start).line;
}

/* The line that the error is shown in. */
static void report_text(const Source *src, const Diag *diag, const Place *start, SyntaxReport *r)
{
    uint32_t from = start->line_start, end = start->line_end;
    bool has_break = end < src->len;
    if (diag->origin >= DIAG_SCOPE && !src->in_file)
        return;
    if (diag->origin == DIAG_PARSER && !src->in_file && diag->reached) {
        Place reached = source_place(src, diag->reached);
        if (reached.line > start->line)
            has_break = false;
        else if (diag->text < from && start->line > 1)
            from = diag->text;
        r->add_break = !has_break && reached.line <= start->line && !src->open_ended;
    } else {
        r->add_break = !has_break && !src->in_file && diag->origin == DIAG_PARSER && !src->open_ended;
    }
    r->text = src->text + from;
    r->text_len = end - from;
    r->add_break |= has_break && diag->origin != DIAG_LEXER;
}

/* From a byte's place in a line to what CPython counts: the characters of the shown text up to there. */
static int64_t report_column(const Diag *diag, const SyntaxReport *r, const Place *p)
{
    if (diag->origin >= DIAG_SCOPE || !r->text)
        return (int64_t)p->byte + 1;
    if (diag->origin == DIAG_LEXER)
        return p->column;
    size_t len = r->text_len + r->add_break, n = p->byte + 1u;
    if (n > len + 1)
        n = len + 1;
    size_t inside = n < r->text_len ? n : r->text_len;
    return count_characters(r->text, r->text + inside) + (int64_t)(n - inside);
}

SyntaxReport diag_report(const Source *src, const Diag *diag)
{
    SyntaxReport r = { .type = diag->type, .message = diag->message, .filename = src->filename };
    if (diag->start == NO_PLACE) {
        r.text = diag->no_column ? "" : NULL;       /* line 0: there is no line at all */
        return r;
    }
    Place start = source_place(src, diag->start);
    report_text(src, diag, &start, &r);
    r.attributes = diag->origin == DIAG_SCOPE;
    r.line = r.end_line = start.line;
    r.offset = r.end_offset = report_column(diag, &r, &start);
    if (diag->no_column)
        r.offset = 0;
    if (diag->end == NO_PLACE) {
        r.end_offset = -1;
    } else if (diag->end == NO_END || diag->end == END_UNSET) {
        r.end_offset = diag->end == NO_END ? 0 : OFFSET_UNSET;
    } else if (diag->end == start.line_end + 1 && !diag->at_margin) {
        start.byte = start.line_end - start.line_start;     /* the line break, which there may be none */
        r.end_offset = report_column(diag, &r, &start) + 1;
    } else if (diag->end > diag->start) {
        Place end = source_place(src, diag->end);
        r.end_line = end.line;
        r.end_offset = report_column(diag, &r, &end);
    }
    return r;
}

/* A growing text in the arena: a doubled copy is made when it is full. */
typedef struct Text {
    Arena *arena;
    char *data;
    size_t len, cap;
} Text;

static void text_add(Text *t, const char *s, size_t n)
{
    if (t->arena->failed)
        return;
    if (t->cap - t->len < n) {
        size_t cap = (t->cap + n) * 2 + 64;
        char *data = arena_alloc(t->arena, cap + 1);
        if (!data)
            return;
        if (t->len)
            memcpy(data, t->data, t->len);
        t->data = data;
        t->cap = cap;
    }
    if (n)
        memcpy(t->data + t->len, s, n);
    t->len += n;
}

static void text_puts(Text *t, const char *s) { text_add(t, s, strlen(s)); }

static char *text_end(Text *t, size_t *len)
{
    text_add(t, "", 0);
    if (t->arena->failed)
        return NULL;
    *len = t->len;
    return t->data ? t->data : arena_strndup(t->arena, "", 0);
}

/* The white space that precedes the carets: the line's own where it has some, so that tabs line up. */
static void add_caret_space(Text *t, const char *p, const char *end, int64_t columns)
{
    for (; columns > 0; columns--) {
        bool is_space = p < end && (*p == ' ' || (*p >= '\t' && *p <= '\r') || (*p >= 0x1c && *p <= 0x1f));
        text_add(t, is_space ? p : " ", 1);
        if (p < end)
            p++;
        while (p < end && ((unsigned char)*p & 0xc0) == 0x80)
            p++;
    }
}

/* Columns from 0 in the shown text: [*from, *to) gets the carets. */
static void caret_range(const SyntaxReport *r, uint32_t length, uint32_t stripped, int64_t *from, int64_t *to)
{
    int64_t offset = r->offset;
    int64_t end = (int64_t)length + 1;
    if (r->line == r->end_line)
        end = r->end_offset ? r->end_offset : offset;
    if (offset > (int64_t)length + 1)
        offset = (int64_t)length + 1;
    if (end > (int64_t)length + 1)
        end = (int64_t)length + 1;
    if (offset >= end || end < 0)
        end = offset + 1;
    *from = offset - 1 - stripped;
    *to = end - 1 - stripped;
}

static void add_excerpt(Text *t, const SyntaxReport *r)
{
    const char *p = r->text, *end = r->text + r->text_len;
    while (end > p && end[-1] == '\n')
        end--;
    uint32_t length = count_characters(p, end), stripped = 0;
    for (; p < end && (*p == ' ' || *p == '\n' || *p == '\f'); p++)
        stripped++;
    text_puts(t, "    ");
    text_add(t, p, (size_t)(end - p));
    text_puts(t, "\n");
    int64_t from, to;
    caret_range(r, length, stripped, &from, &to);
    if (from < 0)
        return;
    text_puts(t, "    ");
    add_caret_space(t, p, end, from);
    for (; from < to; from++)
        text_puts(t, "^");
    text_puts(t, "\n");
}

char *syntax_report_text(Arena *arena, const SyntaxReport *report, size_t *len)
{
    Text t = { .arena = arena };
    if (report->line > 0) {
        char number[32];
        snprintf(number, sizeof number, "%" PRId64, report->line);
        text_puts(&t, "  File \"");
        text_puts(&t, report->filename ? report->filename : "<string>");
        text_puts(&t, "\", line ");
        text_puts(&t, number);
        text_puts(&t, "\n");
    }
    if (report->text)
        add_excerpt(&t, report);
    text_puts(&t, report->type);
    text_puts(&t, ": ");
    text_puts(&t, report->message && *report->message ? report->message : "<no detail available>");
    text_puts(&t, "\n");
    return text_end(&t, len);
}

char *diag_text(Arena *arena, const Source *src, const Diag *diag, size_t *len)
{
    SyntaxReport report = diag_report(src, diag);
    return syntax_report_text(arena, &report, len);
}
