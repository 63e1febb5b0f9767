/* SPDX-License-Identifier: MIT
 * Python's syntax of regular expressions, read once from left to right and written as PCRE2's. */
#include "stdlib/re/parse.h"

#include "stdlib/util.h"
#include "vm/objects/bytes.h"
#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/text/strops.h"
#include "vm/text/utf8.h"

#define REPEAT_MAX RE_WIDTH_MAX
#define DEPTH_MAX 900u

typedef enum Last { LAST_NONE, LAST_AT, LAST_REPEAT, LAST_ITEM } Last;

static bool parse_alternatives(Parser *ps, bool verbose, unsigned local, Width *width);
static bool parse_branch(Parser *ps, bool verbose, bool first, unsigned local, Width *width);

/* ---- repetitions ---- */
static uint64_t times(uint64_t a, uint64_t b)
{
    uint64_t r;
    return a == REPEAT_MAX || (b == REPEAT_MAX && a) ? REPEAT_MAX
         : __builtin_mul_overflow(a, b, &r) || r > REPEAT_MAX ? REPEAT_MAX : r;
}

static uint64_t plus(uint64_t a, uint64_t b) { return a + b > REPEAT_MAX ? REPEAT_MAX : a + b; }

static bool number(Parser *ps, uint64_t *v, bool *any)
{
    *v = 0;
    for (*any = false; parse_next_digit(ps); *any = true)
        *v = plus(times(*v, 10), parse_get(ps).c - '0');
    return true;
}

/* {m,n}: 1 read, 0 it is a plain brace, -1 exception pending. Stands behind the brace. */
static int parse_braces(Parser *ps, int64_t here, uint64_t *low, uint64_t *high)
{
    Parser back = *ps;
    bool any_low, any_high;
    if (parse_next_is(ps, '}'))
        return 0;
    if (!number(ps, low, &any_low))
        return -1;
    *high = *low;
    any_high = any_low;
    if (parse_match(ps, ',') && !number(ps, high, &any_high))
        return -1;
    if (!parse_match(ps, '}')) {
        bool failed = ps->failed;
        *ps = back;
        ps->failed = failed;
        return 0;
    }
    if (!any_high)
        *high = REPEAT_MAX;
    if ((any_low && *low >= REPEAT_MAX) || (any_high && *high >= REPEAT_MAX)) {
        raise_exc(ps->vm, EXC_OverflowError, "the repetition number is too large");
        ps->failed = true;
        return -1;
    }
    if (*high < *low) {
        if (!ps->failed)
            re_raise(ps->vm, ps->pattern, here, "min repeat greater than max repeat");
        ps->failed = true;
        return -1;
    }
    return 1;
}

/* PCRE2 counts to 65535. What is to come more often, and is no group, is written several times, so that each number of
 * repetitions can be had in one way only: X{70000} is X{65535}X{4465}, X{,70000} is (?:X{65535}X{,4465}|X{,65534}). */
#define PCRE_MAX 65535u
#define COPIES_MAX 64u          /* more of them than there are characters in any text of 4 MB: PCRE2 will complain */

static void put_counted(Buf *out, Str *item, uint64_t low, uint64_t high, const char *suffix)
{
    for (; low > PCRE_MAX; low -= PCRE_MAX, high -= high == REPEAT_MAX ? 0 : PCRE_MAX)
        buf_printf(out, "%s{%u}", str_data(item), PCRE_MAX);
    if (high == REPEAT_MAX) {
        buf_printf(out, "%s{%llu,}%s", str_data(item), (unsigned long long)low, suffix);
        return;
    }
    buf_printf(out, "%s{%llu}", str_data(item), (unsigned long long)low);
    bool lazy = *suffix == '?';
    unsigned depth = 0;
    for (high -= low; high > PCRE_MAX; high -= PCRE_MAX, depth++)
        buf_printf(out, lazy ? "(?:%s{0,%u}?|%s{%u}" : "(?:%s{%u}", str_data(item), lazy ? PCRE_MAX - 1 : PCRE_MAX,
                   str_data(item), PCRE_MAX);
    buf_printf(out, "%s{0,%llu}%s", str_data(item), (unsigned long long)high, lazy ? "?" : "");
    for (; depth; depth--)
        buf_printf(out, lazy ? ")" : "|%s{0,%u})", str_data(item), PCRE_MAX - 1);
}

static bool put_large_repeat(Parser *ps, uint64_t low, uint64_t high)
{
    Buf *out = ps->out;
    uint64_t most = high == REPEAT_MAX ? low : high;
    if (most <= PCRE_MAX || most > (uint64_t)PCRE_MAX * COPIES_MAX || out->failed || out->data[ps->item_at] == '(')
        return false;
    Str *item = str_new(ps->vm, out->data + ps->item_at, out->len - ps->item_at);
    if (!item) {
        ps->failed = true;
        return true;
    }
    const char *suffix = parse_match(ps, '?') ? "?" : parse_match(ps, '+') ? "+" : "";
    out->len = ps->item_at;
    buf_puts(out, *suffix == '+' ? "(?>" : "(?:");
    put_counted(out, item, low, high, *suffix == '+' ? "" : suffix);
    buf_putc(out, ')');
    return true;
}

static void put_repeat(Parser *ps, uint64_t low, uint64_t high)
{
    Buf *out = ps->out;
    if (put_large_repeat(ps, low, high))
        return;
    if (high == REPEAT_MAX && low < 2)
        buf_putc(out, low ? '+' : '*');
    else if (low == 0 && high == 1)
        buf_putc(out, '?');
    else if (high == REPEAT_MAX)
        buf_printf(out, "{%llu,}", (unsigned long long)low);
    else if (low == high)
        buf_printf(out, "{%llu}", (unsigned long long)low);
    else
        buf_printf(out, "{%llu,%llu}", (unsigned long long)low, (unsigned long long)high);
    if (parse_match(ps, '?'))
        buf_putc(out, '?');
    else if (parse_match(ps, '+'))
        buf_putc(out, '+');
}

/* Behind one of * + ? {. 1 a repetition, 0 a plain brace, -1 exception pending. */
static int parse_repeat(Parser *ps, char c, Last last, Width *item)
{
    int64_t here = parse_tell(ps);
    uint64_t low = c == '+', high = c == '?' ? 1 : REPEAT_MAX;
    if (c == '{') {
        int r = parse_braces(ps, here, &low, &high);
        if (r <= 0)
            return r;
    }
    if (last != LAST_ITEM) {
        if (!ps->failed)
            re_raise(ps->vm, ps->pattern, here - 1, last == LAST_REPEAT ? "multiple repeat" : "nothing to repeat");
        ps->failed = true;
        return -1;
    }
    item->low = times(item->low, low);
    item->high = times(item->high, high);
    put_repeat(ps, low, high);
    return 1;
}

/* ---- groups and extensions ---- */
static unsigned flag_of(const Token *t)
{
    if (!t->n || t->escaped)
        return 0;
    switch (t->c) {
    case 'i': return FLAG_IGNORECASE;
    case 'L': return FLAG_LOCALE;
    case 'm': return FLAG_MULTILINE;
    case 's': return FLAG_DOTALL;
    case 'x': return FLAG_VERBOSE;
    case 'a': return FLAG_ASCII;
    case 'u': return FLAG_UNICODE;
    default: return 0;
    }
}

static bool is_letter(Parser *ps, const Token *t)
{
    return !t->escaped && (ps->text ? text_is(TEXT_ALPHA, t->p, t->n) : t->c < 128 && (t->c | 32) >= 'a' && (t->c | 32) <= 'z');
}

/* Flags behind "(?": *global says that they end with the parenthesis. */
static bool parse_flags(Parser *ps, Token t, unsigned *add, unsigned *del, bool *global)
{
    const unsigned types = FLAG_ASCII | FLAG_LOCALE | FLAG_UNICODE;
    *add = *del = 0;
    *global = false;
    if (t.c != '-') {
        for (;;) {
            unsigned f = flag_of(&t);
            if (ps->text && f == FLAG_LOCALE)
                FAIL(ps, 0, "bad inline flags: cannot use 'L' flag with a str pattern");
            if (!ps->text && f == FLAG_UNICODE)
                FAIL(ps, 0, "bad inline flags: cannot use 'u' flag with a bytes pattern");
            *add |= f;
            if (f & types && (*add & types) != f)
                FAIL(ps, 0, "bad inline flags: flags 'a', 'u' and 'L' are incompatible");
            t = parse_get(ps);
            if (!t.n)
                FAIL(ps, 0, "missing -, : or )");
            if (!t.escaped && (t.c == ')' || t.c == '-' || t.c == ':'))
                break;
            if (!flag_of(&t))
                FAIL(ps, t.chars, is_letter(ps, &t) ? "unknown flag" : "missing -, : or )");
        }
    }
    if (t.c == ')') {
        *global = true;
        return true;
    }
    if (t.c != '-')
        return true;
    t = parse_get(ps);
    if (!t.n)
        FAIL(ps, 0, "missing flag");
    if (!flag_of(&t))
        FAIL(ps, t.chars, is_letter(ps, &t) ? "unknown flag" : "missing flag");
    for (;;) {
        unsigned f = flag_of(&t);
        if (f & types)
            FAIL(ps, 0, "bad inline flags: cannot turn off flags 'a', 'u' and 'L'");
        *del |= f;
        t = parse_get(ps);
        if (!t.n)
            FAIL(ps, 0, "missing :");
        if (!t.escaped && t.c == ':')
            break;
        if (!flag_of(&t))
            FAIL(ps, t.chars, is_letter(ps, &t) ? "unknown flag" : "missing :");
    }
    if (*add & *del)
        FAIL(ps, 1, "bad inline flags: flag turned on and off");
    return true;
}

static bool close_paren(Parser *ps, int64_t start)
{
    if (!parse_match(ps, ')'))
        FAIL(ps, parse_tell(ps) - start, "missing ), unterminated subpattern");
    buf_putc(ps->out, ')');
    return true;
}

/* What every kind of group ends with: alternatives and a parenthesis. */
static bool parse_inside(Parser *ps, const char *open, int64_t start, bool verbose, unsigned local, Width *w)
{
    buf_puts(ps->out, open);
    return parse_alternatives(ps, verbose, local, w) && close_paren(ps, start);
}

static bool parse_named(Parser *ps, int64_t start, bool verbose, unsigned local, Width *w)
{
    const char *name;
    size_t n, group;
    int64_t chars;
    if (parse_match(ps, '<')) {
        if (!parse_until(ps, '>', "group name", &name, &n, &chars) || !parse_check_name(ps, name, n, chars) ||
            !parse_open_group(ps, name, n, chars, &group) || !parse_inside(ps, "(", start, verbose, local, w))
            return false;
        return parse_close_group(ps, group, *w);
    }
    if (parse_match(ps, '=')) {
        if (!parse_until(ps, ')', "group name", &name, &n, &chars) || !parse_check_name(ps, name, n, chars))
            return false;
        int64_t id = parse_group_by_name(ps, name, n);
        if (!id) {
            Str *s = parse_quoted(ps, name, n);
            if (!s)
                return false;
            FAIL(ps, chars + 1, "unknown group name %S", s);
        }
        if (!parse_check_reference(ps, id, chars + 1))
            return false;
        *w = ps->groups[id].width;
        parse_put_reference(ps, id, local);
        return true;
    }
    Token t = parse_get(ps);
    if (!t.n)
        FAIL(ps, 0, "unexpected end of pattern");
    FAIL(ps, t.chars + 2, "unknown extension ?P%V", parse_part(ps, t.p, t.n));
}

static bool parse_comment(Parser *ps, int64_t start)
{
    for (;;) {
        if (!ps->next.n)
            FAIL(ps, parse_tell(ps) - start, "missing ), unterminated comment");
        Token t = parse_get(ps);
        if (!t.escaped && t.c == ')')
            return true;
    }
}

static bool parse_lookaround(Parser *ps, Token t, int64_t start, bool verbose, unsigned local, Width *w)
{
    bool behind = t.c == '<';
    int64_t outer = ps->behind;
    if (behind) {
        t = parse_get(ps);
        if (!t.n)
            FAIL(ps, 0, "unexpected end of pattern");
        if (t.escaped || (t.c != '=' && t.c != '!'))
            FAIL(ps, t.chars + 2, "unknown extension ?<%V", parse_part(ps, t.p, t.n));
        if (outer < 0)
            ps->behind = (int64_t)ps->ngroups;
    }
    const char *open = behind ? t.c == '=' ? "(?<=" : "(?<!" : t.c == '=' ? "(?=" : "(?!";
    ps->ahead += !behind;
    if (!parse_inside(ps, open, start, verbose, local, w))
        return false;
    ps->ahead -= !behind;
    ps->behind = outer;
    ps->wide_behind |= behind && w->low != w->high;
    *w = (Width){ 0, 0 };
    return true;
}

static bool parse_condition(Parser *ps, int64_t start, bool verbose, unsigned local, Width *w)
{
    const char *name;
    size_t n;
    int64_t chars, group = 0;
    Width other = { 0, 0 };
    if (!parse_until(ps, ')', "group name", &name, &n, &chars))
        return false;
    bool decimal = utf8_is_ascii(name, n) && text_is(TEXT_DECIMAL, name, n);
    if (!decimal) {
        if (!parse_check_name(ps, name, n, chars))
            return false;
        group = parse_group_by_name(ps, name, n);
        if (!group) {
            Str *s = parse_quoted(ps, name, n);
            if (!s)
                return false;
            FAIL(ps, chars + 1, "unknown group name %S", s);
        }
    } else {
        for (size_t i = 0; i < n; i++)
            group = group > GROUPS_MAX ? group : group * 10 + (name[i] - '0');
        if (!group)
            FAIL(ps, chars + 1, "bad group number");
        if (group >= (int64_t)GROUPS_MAX)
            FAIL(ps, chars + 1, "invalid group reference %V", parse_part(ps, name, n));
        if (group >= (int64_t)ps->ngroups && !ps->late_group) {
            ps->late_group = group;
            ps->late_pos = parse_tell(ps) - chars - 1;
        }
    }
    if (ps->behind >= 0 && !parse_check_reference(ps, group, 0))
        return false;
    buf_printf(ps->out, "(?(%lld)", (long long)group);
    if (!parse_branch(ps, verbose, false, local, w))
        return false;
    if (parse_match(ps, '|')) {
        buf_putc(ps->out, '|');
        if (!parse_branch(ps, verbose, false, local, &other))
            return false;
        if (parse_next_is(ps, '|'))
            FAIL(ps, 0, "conditional backref with more than two branches");
    }
    w->low = w->low < other.low ? w->low : other.low;
    w->high = w->high > other.high ? w->high : other.high;
    return close_paren(ps, start);
}

/* Behind an opening parenthesis. *what: what there is to repeat now; LAST_NONE when nothing was added. */
static bool parse_group(Parser *ps, bool *verbose, bool first, unsigned *local, Last *what, Width *w)
{
    int64_t start = parse_tell(ps) - 1;
    size_t group;
    unsigned add, del;
    bool global;
    *what = LAST_ITEM;
    *w = (Width){ 0, 0 };
    if (!parse_match(ps, '?'))
        return parse_open_group(ps, NULL, 0, 0, &group) && parse_inside(ps, "(", start, *verbose, *local, w) &&
               parse_close_group(ps, group, *w);
    Token t = parse_get(ps);
    if (!t.n)
        FAIL(ps, 0, "unexpected end of pattern");
    if (!t.escaped) {
        switch (t.c) {
        case 'P':
            return parse_named(ps, start, *verbose, *local, w);
        case ':':
            return parse_inside(ps, "(?:", start, *verbose, *local, w);
        case '>':
            return parse_inside(ps, "(?>", start, *verbose, *local, w);
        case '#':
            *what = LAST_NONE;
            return parse_comment(ps, start);
        case '=':
        case '!':
        case '<':
            return parse_lookaround(ps, t, start, *verbose, *local, w);
        case '(':
            return parse_condition(ps, start, *verbose, *local, w);
        default:
            break;
        }
    }
    if (!flag_of(&t) && (t.escaped || t.c != '-'))
        FAIL(ps, t.chars + 1, "unknown extension ?%V", parse_part(ps, t.p, t.n));
    if (!parse_flags(ps, t, &add, &del, &global))
        return false;
    if (global) {
        if (!first)
            FAIL(ps, parse_tell(ps) - start, "global flags not at the start of the expression");
        ps->flags |= add;
        *local |= add;
        *verbose = ps->flags & FLAG_VERBOSE;
        *what = LAST_NONE;
        return true;
    }
    unsigned inner = (*local | add) & ~del;
    if (add & (FLAG_ASCII | FLAG_UNICODE))
        inner = (inner & ~(unsigned)FLAG_ASCII) | (add & FLAG_ASCII);
    return parse_inside(ps, "(?:", start, ((*verbose || add & FLAG_VERBOSE) && !(del & FLAG_VERBOSE)), inner, w);
}

/* ---- branches ---- */
static bool put_at(Parser *ps, uint32_t c, unsigned local)
{
    switch (c) {
    case 'A':
        buf_puts(ps->out, "\\A");
        break;
    case 'Z':
        buf_puts(ps->out, "\\z");
        break;
    case '^':
        buf_puts(ps->out, local & FLAG_MULTILINE ? "(?m:^)" : "\\A");
        break;
    case '$':
        buf_puts(ps->out, local & FLAG_MULTILINE ? "(?m:$)" : "$");
        break;
    default:
        parse_put_boundary(ps, c == 'B', local);
    }
    return true;
}

static bool parse_escape(Parser *ps, const Token *t, unsigned local, Last *last, Width *w)
{
    Escape e;
    if (!parse_any_escape(ps, t, false, &e))
        return false;
    *last = LAST_ITEM;
    *w = (Width){ 1, 1 };
    switch (e.what) {
    case ESCAPE_LITERAL:
        parse_put_literal(ps, e.c, local);
        return true;
    case ESCAPE_CATEGORY:
        parse_put_category(ps, (char)e.c, local);
        return true;
    case ESCAPE_GROUP:
        *w = ps->groups[e.c].width;
        parse_put_reference(ps, e.c, local);
        return true;
    default:
        *last = LAST_AT;
        *w = (Width){ 0, 0 };
        return put_at(ps, e.c, local);
    }
}

static bool parse_item(Parser *ps, Token t, bool *verbose, bool first, unsigned *local, Last *last, Width *w)
{
    *w = (Width){ 1, 1 };
    if (t.escaped)
        return parse_escape(ps, &t, *local, last, w);
    if (t.c == '(') {
        Last what;
        if (!parse_group(ps, verbose, first, local, &what, w))
            return false;
        *last = what == LAST_NONE ? *last : what;
        return true;
    }
    if (t.c == '^' || t.c == '$') {
        *last = LAST_AT;
        *w = (Width){ 0, 0 };
        return put_at(ps, t.c, *local);
    }
    *last = LAST_ITEM;
    if (t.c == '[')
        return parse_class(ps, *local);
    if (t.c == '.')
        buf_puts(ps->out, *local & FLAG_DOTALL ? "." : "\\N");
    else
        parse_put_literal(ps, t.c, *local);
    return true;
}

static bool is_space(uint32_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static void skip_line(Parser *ps)
{
    for (Token t = parse_get(ps); t.n && (t.escaped || t.c != '\n');)
        t = parse_get(ps);
}

/* Up to a '|' or ')' or the end. first: flags for the whole may stand here. */
static bool parse_branch(Parser *ps, bool verbose, bool first, unsigned local, Width *width)
{
    Last last = LAST_NONE;
    Width w = { 0, 0 };         /* of the last item; *width is that of those before it */
    *width = w;
    while (ps->next.n && !parse_next_is(ps, '|') && !parse_next_is(ps, ')')) {
        Token t = parse_get(ps);
        if (verbose && !t.escaped && (is_space(t.c) || t.c == '#')) {
            if (t.c == '#')
                skip_line(ps);
            continue;
        }
        if (!t.escaped && (t.c == '*' || t.c == '+' || t.c == '?' || t.c == '{')) {
            int r = parse_repeat(ps, (char)t.c, last, &w);
            if (r < 0)
                return false;
            if (r) {
                last = LAST_REPEAT;
                continue;
            }
        }
        Width next;
        bool start = first && last == LAST_NONE;
        size_t at = ps->out->len;
        if (!parse_item(ps, t, &verbose, start, &local, &last, &next) || ps->failed)
            return false;
        width->low = plus(width->low, w.low);
        width->high = plus(width->high, w.high);
        w = next;
        ps->item_at = at;
    }
    width->low = plus(width->low, w.low);
    width->high = plus(width->high, w.high);
    return !ps->failed;
}

static bool parse_alternatives(Parser *ps, bool verbose, unsigned local, Width *width)
{
    bool top = !ps->depth;
    if (ps->depth >= DEPTH_MAX) {
        raise_exc(ps->vm, EXC_RecursionError, "maximum recursion depth exceeded");
        ps->failed = true;
        return false;
    }
    if (!vm_stack_ok(ps->vm, "")) {
        ps->failed = true;
        return false;
    }
    ps->depth++;
    for (bool first = true;; first = false) {
        Width w;
        if (!parse_branch(ps, verbose, top && first, local, &w))
            return false;
        width->low = first || w.low < width->low ? w.low : width->low;
        width->high = first || w.high > width->high ? w.high : width->high;
        if (!parse_match(ps, '|'))
            break;
        buf_putc(ps->out, '|');
        if (top) {
            verbose = ps->flags & FLAG_VERBOSE;
            local |= ps->flags;
        }
    }
    ps->depth--;
    return true;
}

/* ---- the whole ---- */
static bool check_flags(Parser *ps)
{
    const char *text = NULL;
    unsigned f = ps->flags;
    if (ps->text && f & FLAG_LOCALE)
        text = "cannot use LOCALE flag with a str pattern";
    else if (ps->text && f & FLAG_ASCII && f & FLAG_UNICODE)
        text = "ASCII and UNICODE flags are incompatible";
    else if (!ps->text && f & FLAG_UNICODE)
        text = "cannot use UNICODE flag with a bytes pattern";
    else if (!ps->text && f & FLAG_LOCALE && f & FLAG_ASCII)
        text = "ASCII and LOCALE flags are incompatible";
    if (text)
        raise_exc(ps->vm, EXC_ValueError, "%s", text);
    if (ps->text && !(f & FLAG_ASCII))
        ps->flags |= FLAG_UNICODE;
    return !text;
}

static bool parse_whole(Parser *ps)
{
    Width w;
    parse_advance(ps);
    if (!parse_alternatives(ps, ps->flags & FLAG_VERBOSE, ps->flags, &w) || !check_flags(ps))
        return false;
    ps->info->low = w.low;
    ps->info->high = w.high;
    if (ps->next.n)
        FAIL(ps, 0, "unbalanced parenthesis");
    if (ps->late_group && (size_t)ps->late_group >= ps->ngroups) {
        re_raise(ps->vm, ps->pattern, ps->late_pos, "invalid group reference %lld", (long long)ps->late_group);
        return false;
    }
    if (ps->wide_behind) {
        re_raise(ps->vm, ps->pattern, -1, "look-behind requires fixed-width pattern");
        return false;
    }
    return !ps->failed;
}

bool re_translate(Vm *vm, Value pattern, unsigned flags, ReTarget target, Buf *out, ReInfo *info)
{
    Parser ps = { .vm = vm, .pattern = pattern, .text = is_str(pattern), .flags = flags, .target = target, .out = out,
                  .info = info, .behind = -1 };
    size_t n, unused;
    bool ok;
    if (ps.text) {
        ps.start = str_data(as_str(pattern));
        n = as_str(pattern)->len;
    } else if (!bytes_view(vm, pattern, &ps.start, &n)) {
        return false;
    }
    ps.p = ps.start;
    ps.end = ps.start + n;
    info->names = dict_new(vm);
    ok = info->names && parse_open_group(&ps, NULL, 0, 0, &unused) && parse_whole(&ps);
    info->flags = ps.flags;
    info->groups = ps.ngroups ? (unsigned)ps.ngroups - 1 : 0;
    mem_free(&vm->alloc, ps.groups, ps.groups_cap * sizeof *ps.groups);
    if (ok && out->failed) {
        raise_no_memory(vm);
        return false;
    }
    return ok;
}
