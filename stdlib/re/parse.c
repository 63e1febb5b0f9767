/* SPDX-License-Identifier: MIT
 * Python's syntax of regular expressions, read once from left to right and written as PCRE2's. */
#include "stdlib/re/re.h"

#include <stdarg.h>

#include "stdlib/util.h"
#include "vm/objects/bytes.h"
#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/text/charname.h"
#include "vm/text/strops.h"
#include "vm/text/utf8.h"

#define REPEAT_MAX UINT64_C(4294967295)
#define GROUPS_MAX 65535u
#define DEPTH_MAX 900u

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
    ReInfo *info;
    Group *groups;
    size_t ngroups, groups_cap; /* ngroups counts group 0 */
    int64_t behind;             /* groups that there were before the lookbehind that is read; -1: none is */
    int64_t late_group, late_pos;       /* the first reference (?(n)...) to a group that must still come */
} Parser;

typedef enum Last { LAST_NONE, LAST_AT, LAST_REPEAT, LAST_ITEM } Last;

static bool parse_alternatives(Parser *ps, bool verbose, unsigned local, Width *width);
static bool parse_branch(Parser *ps, bool verbose, bool first, unsigned local, Width *width);

/* ---- errors ---- */
void re_raise(Vm *vm, Value pattern, int64_t pos, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    Str *msg = str_vprintf(vm, fmt, ap);
    va_end(ap);
    Type *t = msg ? lib_type(vm, "re", "PatternError") : NULL;
    if (!t)
        return;
    Value args[] = { value_from_obj(msg), pattern, value_from_int48(pos) };
    Value exc = op_call(vm, value_from_obj(t), pos < 0 ? 1 : 3, args);
    if (!value_is_empty(exc))
        raise_value(vm, exc);
}

static int64_t tell(const Parser *ps) { return ps->index - ps->next.chars; }

#define FAIL(ps, back, ...)                                                             \
    do {                                                                                \
        if (!(ps)->failed)                                                              \
            re_raise((ps)->vm, (ps)->pattern, tell(ps) - (back), __VA_ARGS__);          \
        (ps)->failed = true;                                                            \
        return false;                                                                   \
    } while (0)

/* A part of the pattern as a Str, for messages. */
static Value part(Parser *ps, const char *p, size_t n)
{
    Buf b;
    if (ps->text) {
        Str *s = str_new(ps->vm, p, n);
        return s ? value_from_obj(s) : VALUE_EMPTY;
    }
    buf_init(&b, &ps->vm->alloc);
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)p[i] < 128)
            buf_putc(&b, p[i]);
        else
            buf_printf(&b, "\\x%02x", (unsigned char)p[i]);
    }
    Str *s = str_from_buf(ps->vm, &b);
    return s ? value_from_obj(s) : VALUE_EMPTY;
}

/* The same, but quoted by repr(), or as it is when repr is false. NULL: exception pending. */
static Str *quoted(Parser *ps, const char *p, size_t n)
{
    Value v = part(ps, p, n);
    return value_is_empty(v) ? NULL : op_repr(ps->vm, v);
}

/* ---- tokens ---- */
static uint32_t read_char(Parser *ps)
{
    uint32_t c = (unsigned char)*ps->p;
    if (ps->text)
        return utf8_next(&ps->p);
    ps->p++;
    return c;
}

static void advance(Parser *ps)
{
    Token *t = &ps->next;
    *t = (Token){ .p = ps->p };
    if (ps->p == ps->end)
        return;
    t->c = read_char(ps);
    t->chars = 1;
    ps->index++;
    if (t->c == '\\') {
        if (ps->p == ps->end) {
            if (!ps->failed)
                re_raise(ps->vm, ps->pattern, ps->index - 1, "bad escape (end of pattern)");
            ps->failed = true;
            *t = (Token){ .p = ps->p };
            return;
        }
        t->escaped = true;
        t->c = read_char(ps);
        t->chars = 2;
        ps->index++;
    }
    t->n = (uint8_t)(ps->p - t->p);
}

static Token get(Parser *ps)
{
    Token t = ps->next;
    advance(ps);
    return t;
}

static bool next_is(const Parser *ps, char c) { return ps->next.n && !ps->next.escaped && ps->next.c == (unsigned char)c; }

static bool match(Parser *ps, char c)
{
    if (!next_is(ps, c))
        return false;
    advance(ps);
    return true;
}

static bool next_digit(const Parser *ps) { return ps->next.n && !ps->next.escaped && ps->next.c >= '0' && ps->next.c <= '9'; }
static bool next_octal(const Parser *ps) { return next_digit(ps) && ps->next.c < '8'; }
static int hex_digit(uint32_t c)
{
    return c >= '0' && c <= '9' ? (int)c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' && c < 128 ? (int)(c | 32) - 'a' + 10 : -1;
}

/* Up to `most` digits of a base: how many there were. */
static unsigned digits(Parser *ps, unsigned most, unsigned base, uint32_t *value)
{
    unsigned n = 0;
    for (; n < most && ps->next.n && !ps->next.escaped; n++) {
        int d = hex_digit(ps->next.c);
        if (d < 0 || (unsigned)d >= base)
            break;
        *value = *value * base + (unsigned)d;
        advance(ps);
    }
    return n;
}

/* The name up to a terminator: [*from, *from + *n). */
static bool get_until(Parser *ps, char terminator, const char *what, const char **from, size_t *n, int64_t *chars)
{
    *from = ps->next.p;
    *n = 0;
    *chars = 0;
    for (;;) {
        Token t = get(ps);
        if (!t.n) {
            if (!*n)
                FAIL(ps, 0, "missing %s", what);
            FAIL(ps, *chars, "missing %c, unterminated name", terminator);
        }
        if (!t.escaped && t.c == (unsigned char)terminator) {
            if (!*n)
                FAIL(ps, 1, "missing %s", what);
            return true;
        }
        *n += t.n;
        *chars += t.chars;
    }
}

static bool check_name(Parser *ps, const char *p, size_t n, int64_t chars)
{
    bool ascii = utf8_is_ascii(p, n);
    if ((ps->text || ascii) && text_is(TEXT_IDENTIFIER, p, n))
        return true;
    Value v = part(ps, p, n);
    Str *s = value_is_empty(v) ? NULL : op_repr(ps->vm, v);
    if (s && !ascii && !ps->text)
        s = str_printf(ps->vm, "'%V'", v);
    if (!s)
        return false;
    FAIL(ps, chars + 1, "bad character in group name %S", s);
}

/* ---- groups ---- */
static int64_t group_by_name(Parser *ps, const char *p, size_t n)
{
    Str *name = str_intern(ps->vm, p, n);
    Value v = name ? dict_get_str(ps->vm, ps->info->names, name) : VALUE_EMPTY;
    return value_is_empty(v) ? 0 : value_int48(v);
}

static bool check_reference(Parser *ps, int64_t group, int64_t back)
{
    bool closed = (size_t)group < ps->ngroups && ps->groups[group].closed;
    if (!closed)
        FAIL(ps, back, "cannot refer to an open group");
    if (ps->behind >= 0 && group >= ps->behind)
        FAIL(ps, 0, "cannot refer to group defined in the same lookbehind subpattern");
    return true;
}

static bool open_group(Parser *ps, const char *name, size_t n, int64_t chars, size_t *group)
{
    Vm *vm = ps->vm;
    *group = ps->ngroups;
    if (!array_reserve(&vm->alloc, (void **)&ps->groups, &ps->groups_cap, ps->ngroups + 1, sizeof *ps->groups)) {
        raise_no_memory(vm);
        ps->failed = true;
        return false;
    }
    ps->groups[ps->ngroups++] = (Group){ .closed = false };
    if (ps->ngroups > GROUPS_MAX)
        FAIL(ps, 0, "too many groups");
    if (!name)
        return true;
    int64_t old = group_by_name(ps, name, n);
    Str *s = str_intern(vm, name, n), *q = quoted(ps, name, n);
    if (!s || !q || (!old && !dict_set_str(vm, ps->info->names, s, value_from_int48((int64_t)*group)))) {
        ps->failed = true;
        return false;
    }
    if (old)
        FAIL(ps, chars + 1, "redefinition of group name %S as group %zu; was group %lld", q, *group, (long long)old);
    return true;
}

static bool close_group(Parser *ps, size_t group, Width w)
{
    ReInfo *info = ps->info;
    ps->groups[group] = (Group){ .width = w, .closed = true };
    size_t cap = info->closing_cap;
    if (!array_reserve(&ps->vm->alloc, (void **)&info->closing, &cap, group + 1, sizeof *info->closing)) {
        raise_no_memory(ps->vm);
        ps->failed = true;
        return false;
    }
    info->closing_cap = cap;
    info->closing[group] = ++ps->nclosed * 2 + (ps->ahead > 0);
    return true;
}

/* ---- writing ---- */
static bool ascii_classes(const Parser *ps, unsigned local) { return !ps->text || local & FLAG_ASCII; }
static bool ascii_case(const Parser *ps, unsigned local) { return !ps->text || local & FLAG_ASCII; }

static void put_literal(Parser *ps, uint32_t c, unsigned local)
{
    charset_emit_char(ps->out, c, ps->target, local & FLAG_IGNORECASE, ascii_case(ps, local));
}

static void put_category(Parser *ps, char c, unsigned local)
{
    CharSet s = { .negated = false };
    buf_init(&s.ranges, &ps->vm->alloc);
    charset_add_category(&s, c, ascii_classes(ps, local));
    charset_emit(ps->out, &s, ps->target, false, false);
    buf_free(&s.ranges);
}

static void put_reference(Parser *ps, int64_t group, unsigned local)
{
    buf_printf(ps->out, local & FLAG_IGNORECASE ? "(?i:\\g{%lld})" : "\\g{%lld}", (long long)group);
}

static void put_boundary(Parser *ps, bool inside, unsigned local)
{
    static const char ascii[] = "[0-9A-Z_a-z]";
    if (inside)
        buf_puts(ps->out, "(?!\\A\\z)");        /* there is none in an empty text */
    if (ps->target == RE_TEXT && ascii_classes(ps, local)) {
        buf_printf(ps->out, inside ? "(?:(?<=%s)(?=%s)|(?<!%s)(?!%s))" : "(?:(?<=%s)(?!%s)|(?<!%s)(?=%s))", ascii, ascii, ascii,
                   ascii);
        return;
    }
    ps->info->word_boundaries |= ps->target == RE_TEXT;
    buf_puts(ps->out, inside ? "\\B" : "\\b");
}

/* ---- escapes ---- */
typedef struct Escape {
    enum { ESCAPE_LITERAL, ESCAPE_CATEGORY, ESCAPE_AT, ESCAPE_GROUP } what;
    uint32_t c;                 /* or the group */
} Escape;

static bool bad_escape(Parser *ps, const Token *t, int64_t chars)
{
    Value v = part(ps, t->p, (size_t)(ps->next.p - t->p));
    FAIL(ps, chars, "bad escape %V", v);
}

/* \x, \u and \U: exactly n hexadecimal digits. */
static bool hex_escape(Parser *ps, const Token *t, unsigned n, Escape *e)
{
    uint32_t c = 0;
    unsigned got = digits(ps, n, 16, &c);
    e->c = c;
    if (got != n)
        FAIL(ps, 2 + got, "incomplete escape %V", part(ps, t->p, (size_t)(ps->next.p - t->p)));
    return c <= UNICODE_MAX || bad_escape(ps, t, 2 + n);
}

static bool named_escape(Parser *ps, Escape *e)
{
    const char *p;
    size_t n;
    int64_t chars;
    if (!match(ps, '{'))
        FAIL(ps, 0, "missing {");
    if (!get_until(ps, '}', "character name", &p, &n, &chars))
        return false;
    if (charname_find(p, n, &e->c))
        return true;
    Str *s = quoted(ps, p, n);
    if (!s)
        return false;
    FAIL(ps, chars + 4, "undefined character name %S", s);
}

static bool octal_range(Parser *ps, const Token *t, uint32_t c, int64_t chars)
{
    if (c > 0377)
        FAIL(ps, chars, "octal escape value %V outside of range 0-0o377", part(ps, t->p, (size_t)(ps->next.p - t->p)));
    return true;
}

/* What begins with a digit other than 0, outside of a class. */
static bool digit_escape(Parser *ps, const Token *t, Escape *e)
{
    int64_t group = t->c - '0', chars = 2;
    if (next_digit(ps)) {
        uint32_t second = get(ps).c;
        group = group * 10 + (second - '0');
        chars++;
        if (t->c < '8' && second < '8' && next_octal(ps)) {
            e->what = ESCAPE_LITERAL;
            e->c = (t->c - '0') * 64 + (second - '0') * 8 + (get(ps).c - '0');
            return octal_range(ps, t, e->c, 4);
        }
    }
    if ((size_t)group >= ps->ngroups)
        FAIL(ps, chars - 1, "invalid group reference %lld", (long long)group);
    e->what = ESCAPE_GROUP;
    e->c = (uint32_t)group;
    return check_reference(ps, group, chars);
}

static bool escape(Parser *ps, const Token *t, bool in_class, Escape *e)
{
    static const char from[] = "abfnrtv\\", to[] = "\a\b\f\n\r\t\v\\";
    const char *f = t->c && t->c < 128 ? strchr(from, (int)t->c) : NULL;
    e->what = ESCAPE_LITERAL;
    e->c = t->c;
    if (f && (in_class || t->c != 'b')) {
        e->c = (unsigned char)to[f - from];
        return true;
    }
    if (t->c && t->c < 128 && strchr("dDsSwW", (int)t->c)) {
        e->what = ESCAPE_CATEGORY;
        return true;
    }
    if (!in_class && t->c && t->c < 128 && strchr("AbBZ", (int)t->c)) {
        e->what = ESCAPE_AT;
        return true;
    }
    if (t->c == 'x')
        return hex_escape(ps, t, 2, e);
    if (ps->text && (t->c == 'u' || t->c == 'U'))
        return hex_escape(ps, t, t->c == 'u' ? 4 : 8, e);
    if (ps->text && t->c == 'N')
        return named_escape(ps, e);
    if (t->c >= '0' && t->c <= '9') {
        uint32_t c = t->c - '0';
        if (!in_class && t->c != '0')
            return digit_escape(ps, t, e);
        if (c >= 8)
            return bad_escape(ps, t, 2);
        int64_t n = 2 + digits(ps, 2, 8, &c);
        e->c = c;
        return octal_range(ps, t, c, n);
    }
    if (t->c < 128 && (t->c | 32) >= 'a' && (t->c | 32) <= 'z')
        return bad_escape(ps, t, 2);
    return true;
}

/* ---- classes ---- */
static bool range_error(Parser *ps, const char *from, const Token *that, const char *this_end, const char *that_end, int64_t back)
{
    FAIL(ps, back, "bad character range %V-%V", part(ps, from, (size_t)(this_end - from)),
         part(ps, that->p, (size_t)(that_end - that->p)));
}

/* What a later Python may read as an operation on sets. back: how many characters ago it began. */
static bool warn_set(Parser *ps, const char *what, int64_t back)
{
    Vm *vm = ps->vm;
    Value module = rt_import_module(vm, "warnings");
    Value warn = value_is_empty(module) ? module : lib_attr(vm, module, "warn");
    Str *text = value_is_empty(warn) ? NULL : str_printf(vm, "Possible %s at position %lld", what, (long long)(tell(ps) - back));
    if (!text)
        return false;
    Value args[3] = { value_from_obj(text), value_from_obj(vm->exc[EXC_FutureWarning]), value_from_int48(3) };
    return !value_is_empty(op_call(vm, warn, 3, args));
}

static bool warn_operator(Parser *ps, char c)
{
    if (ps->next.escaped || ps->next.c != (uint32_t)c || !ps->next.n)
        return true;
    return warn_set(ps, c == '-' ? "set difference" : c == '&' ? "set intersection" : c == '~' ? "set symmetric difference"
                    : "set union", 1);
}

/* Only what the token itself says goes into messages: of \x41 that is \x. */
static bool parse_class_items(Parser *ps, CharSet *s, int64_t here, unsigned local)
{
    for (bool first = true;; first = false) {
        Token this = get(ps), that;
        Escape a = { .what = ESCAPE_LITERAL, .c = this.c }, b;
        if (!this.n)
            FAIL(ps, tell(ps) - here, "unterminated character set");
        if (!this.escaped && this.c == ']' && !first)
            return true;
        if (this.escaped && !escape(ps, &this, true, &a))
            return false;
        if (!first && !this.escaped && this.c && this.c < 128 && strchr("-&~|", (int)this.c) && !warn_operator(ps, (char)this.c))
            return false;
        if (!match(ps, '-')) {
            if (a.what == ESCAPE_CATEGORY)
                charset_add_category(s, (char)a.c, ascii_classes(ps, local));
            else
                charset_add(s, a.c, a.c);
            continue;
        }
        that = get(ps);
        if (!that.n)
            FAIL(ps, tell(ps) - here, "unterminated character set");
        b = (Escape){ .what = ESCAPE_LITERAL, .c = that.c };
        if (!that.escaped && that.c == ']') {
            if (a.what == ESCAPE_CATEGORY)
                charset_add_category(s, (char)a.c, ascii_classes(ps, local));
            else
                charset_add(s, a.c, a.c);
            charset_add(s, '-', '-');
            return true;
        }
        if (that.escaped && !escape(ps, &that, true, &b))
            return false;
        if (!that.escaped && that.c == '-' && !warn_set(ps, "set difference", 2))
            return false;
        if (a.what != ESCAPE_LITERAL || b.what != ESCAPE_LITERAL || b.c < a.c)
            return range_error(ps, this.p, &that, this.p + this.n, that.p + that.n, this.chars + 1 + that.chars);
        charset_add(s, a.c, b.c);
    }
}

static bool parse_class(Parser *ps, unsigned local)
{
    CharSet s = { .negated = false };
    int64_t here = tell(ps) - 1;
    buf_init(&s.ranges, &ps->vm->alloc);
    bool ok = ps->next.escaped || ps->next.c != '[' || warn_set(ps, "nested set", 0);
    s.negated = match(ps, '^');
    ok = ok && parse_class_items(ps, &s, here, local);
    if (ok)
        charset_emit(ps->out, &s, ps->target, local & FLAG_IGNORECASE, ascii_case(ps, local));
    buf_free(&s.ranges);
    return ok;
}

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
    for (*any = false; next_digit(ps); *any = true)
        *v = plus(times(*v, 10), get(ps).c - '0');
    return true;
}

/* {m,n}: 1 read, 0 it is a plain brace, -1 exception pending. Stands behind the brace. */
static int parse_braces(Parser *ps, int64_t here, uint64_t *low, uint64_t *high)
{
    Parser back = *ps;
    bool any_low, any_high;
    if (next_is(ps, '}'))
        return 0;
    if (!number(ps, low, &any_low))
        return -1;
    *high = *low;
    any_high = any_low;
    if (match(ps, ',') && !number(ps, high, &any_high))
        return -1;
    if (!match(ps, '}')) {
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

static void put_repeat(Parser *ps, uint64_t low, uint64_t high)
{
    Buf *out = ps->out;
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
    if (match(ps, '?'))
        buf_putc(out, '?');
    else if (match(ps, '+'))
        buf_putc(out, '+');
}

/* Behind one of * + ? {. 1 a repetition, 0 a plain brace, -1 exception pending. */
static int parse_repeat(Parser *ps, char c, Last last, Width *item)
{
    int64_t here = tell(ps);
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
            t = get(ps);
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
    t = get(ps);
    if (!t.n)
        FAIL(ps, 0, "missing flag");
    if (!flag_of(&t))
        FAIL(ps, t.chars, is_letter(ps, &t) ? "unknown flag" : "missing flag");
    for (;;) {
        unsigned f = flag_of(&t);
        if (f & types)
            FAIL(ps, 0, "bad inline flags: cannot turn off flags 'a', 'u' and 'L'");
        *del |= f;
        t = get(ps);
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
    if (!match(ps, ')'))
        FAIL(ps, tell(ps) - start, "missing ), unterminated subpattern");
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
    if (match(ps, '<')) {
        if (!get_until(ps, '>', "group name", &name, &n, &chars) || !check_name(ps, name, n, chars) ||
            !open_group(ps, name, n, chars, &group) || !parse_inside(ps, "(", start, verbose, local, w))
            return false;
        return close_group(ps, group, *w);
    }
    if (match(ps, '=')) {
        if (!get_until(ps, ')', "group name", &name, &n, &chars) || !check_name(ps, name, n, chars))
            return false;
        int64_t id = group_by_name(ps, name, n);
        if (!id) {
            Str *s = quoted(ps, name, n);
            if (!s)
                return false;
            FAIL(ps, chars + 1, "unknown group name %S", s);
        }
        if (!check_reference(ps, id, chars + 1))
            return false;
        *w = ps->groups[id].width;
        put_reference(ps, id, local);
        return true;
    }
    Token t = get(ps);
    if (!t.n)
        FAIL(ps, 0, "unexpected end of pattern");
    FAIL(ps, t.chars + 2, "unknown extension ?P%V", part(ps, t.p, t.n));
}

static bool parse_comment(Parser *ps, int64_t start)
{
    for (;;) {
        if (!ps->next.n)
            FAIL(ps, tell(ps) - start, "missing ), unterminated comment");
        Token t = get(ps);
        if (!t.escaped && t.c == ')')
            return true;
    }
}

static bool parse_lookaround(Parser *ps, Token t, int64_t start, bool verbose, unsigned local, Width *w)
{
    bool behind = t.c == '<';
    int64_t outer = ps->behind;
    if (behind) {
        t = get(ps);
        if (!t.n)
            FAIL(ps, 0, "unexpected end of pattern");
        if (t.escaped || (t.c != '=' && t.c != '!'))
            FAIL(ps, t.chars + 2, "unknown extension ?<%V", part(ps, t.p, t.n));
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
    if (!get_until(ps, ')', "group name", &name, &n, &chars))
        return false;
    bool decimal = utf8_is_ascii(name, n) && text_is(TEXT_DECIMAL, name, n);
    if (!decimal) {
        if (!check_name(ps, name, n, chars))
            return false;
        group = group_by_name(ps, name, n);
        if (!group) {
            Str *s = quoted(ps, name, n);
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
            FAIL(ps, chars + 1, "invalid group reference %V", part(ps, name, n));
        if (group >= (int64_t)ps->ngroups && !ps->late_group) {
            ps->late_group = group;
            ps->late_pos = tell(ps) - chars - 1;
        }
    }
    if (ps->behind >= 0 && !check_reference(ps, group, 0))
        return false;
    buf_printf(ps->out, "(?(%lld)", (long long)group);
    if (!parse_branch(ps, verbose, false, local, w))
        return false;
    if (match(ps, '|')) {
        buf_putc(ps->out, '|');
        if (!parse_branch(ps, verbose, false, local, &other))
            return false;
        if (next_is(ps, '|'))
            FAIL(ps, 0, "conditional backref with more than two branches");
    }
    w->low = w->low < other.low ? w->low : other.low;
    w->high = w->high > other.high ? w->high : other.high;
    return close_paren(ps, start);
}

/* Behind an opening parenthesis. *what: what there is to repeat now; LAST_NONE when nothing was added. */
static bool parse_group(Parser *ps, bool *verbose, bool first, unsigned *local, Last *what, Width *w)
{
    int64_t start = tell(ps) - 1;
    size_t group;
    unsigned add, del;
    bool global;
    *what = LAST_ITEM;
    *w = (Width){ 0, 0 };
    if (!match(ps, '?'))
        return open_group(ps, NULL, 0, 0, &group) && parse_inside(ps, "(", start, *verbose, *local, w) &&
               close_group(ps, group, *w);
    Token t = get(ps);
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
        FAIL(ps, t.chars + 1, "unknown extension ?%V", part(ps, t.p, t.n));
    if (!parse_flags(ps, t, &add, &del, &global))
        return false;
    if (global) {
        if (!first)
            FAIL(ps, tell(ps) - start, "global flags not at the start of the expression");
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
        put_boundary(ps, c == 'B', local);
    }
    return true;
}

static bool parse_escape(Parser *ps, const Token *t, unsigned local, Last *last, Width *w)
{
    Escape e;
    if (!escape(ps, t, false, &e))
        return false;
    *last = LAST_ITEM;
    *w = (Width){ 1, 1 };
    switch (e.what) {
    case ESCAPE_LITERAL:
        put_literal(ps, e.c, local);
        return true;
    case ESCAPE_CATEGORY:
        put_category(ps, (char)e.c, local);
        return true;
    case ESCAPE_GROUP:
        *w = ps->groups[e.c].width;
        put_reference(ps, e.c, local);
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
        put_literal(ps, t.c, *local);
    return true;
}

static bool is_space(uint32_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static void skip_line(Parser *ps)
{
    for (Token t = get(ps); t.n && (t.escaped || t.c != '\n');)
        t = get(ps);
}

/* Up to a '|' or ')' or the end. first: flags for the whole may stand here. */
static bool parse_branch(Parser *ps, bool verbose, bool first, unsigned local, Width *width)
{
    Last last = LAST_NONE;
    Width w = { 0, 0 };         /* of the last item; *width is that of those before it */
    *width = w;
    while (ps->next.n && !next_is(ps, '|') && !next_is(ps, ')')) {
        Token t = get(ps);
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
        if (!parse_item(ps, t, &verbose, start, &local, &last, &next) || ps->failed)
            return false;
        width->low = plus(width->low, w.low);
        width->high = plus(width->high, w.high);
        w = next;
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
        if (!match(ps, '|'))
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
    advance(ps);
    if (!parse_alternatives(ps, ps->flags & FLAG_VERBOSE, ps->flags, &w) || !check_flags(ps))
        return false;
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
    ok = info->names && open_group(&ps, NULL, 0, 0, &unused) && parse_whole(&ps);
    info->flags = ps.flags;
    info->groups = ps.ngroups ? (unsigned)ps.ngroups - 1 : 0;
    mem_free(&vm->alloc, ps.groups, ps.groups_cap * sizeof *ps.groups);
    if (ok && out->failed) {
        raise_no_memory(vm);
        return false;
    }
    return ok;
}
