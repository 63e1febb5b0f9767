/* SPDX-License-Identifier: MIT
 * Single characters of a pattern, escapes, classes. */
#include "stdlib/re/parse.h"

#include "stdlib/util.h"
#include "vm/objects/int.h"
#include "vm/text/charname.h"
#include "vm/text/utf8.h"

/* ---- writing ---- */
static bool ascii_classes(const Parser *ps, unsigned local) { return !ps->text || local & FLAG_ASCII; }
static bool ascii_case(const Parser *ps, unsigned local) { return !ps->text || local & FLAG_ASCII; }

void parse_put_literal(Parser *ps, uint32_t c, unsigned local)
{
    charset_emit_char(ps->out, c, ps->target, local & FLAG_IGNORECASE, ascii_case(ps, local));
}

void parse_put_category(Parser *ps, char c, unsigned local)
{
    CharSet s = { .negated = false };
    buf_init(&s.ranges, &ps->vm->alloc);
    charset_add_category(&s, c, ascii_classes(ps, local));
    charset_emit(ps->out, &s, ps->target, false, false);
    buf_free(&s.ranges);
}

void parse_put_reference(Parser *ps, int64_t group, unsigned local)
{
    buf_printf(ps->out, local & FLAG_IGNORECASE ? "(?i:\\g{%lld})" : "\\g{%lld}", (long long)group);
}

void parse_put_boundary(Parser *ps, bool inside, unsigned local)
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
static bool bad_escape(Parser *ps, const Token *t, int64_t chars)
{
    Value v = parse_part(ps, t->p, (size_t)(ps->next.p - t->p));
    FAIL(ps, chars, "bad escape %V", v);
}

/* \x, \u and \U: exactly n hexadecimal digits. */
static bool hex_escape(Parser *ps, const Token *t, unsigned n, Escape *e)
{
    uint32_t c = 0;
    unsigned got = parse_digits(ps, n, 16, &c);
    e->c = c;
    if (got != n)
        FAIL(ps, 2 + got, "incomplete escape %V", parse_part(ps, t->p, (size_t)(ps->next.p - t->p)));
    return c <= UNICODE_MAX || bad_escape(ps, t, 2 + n);
}

static bool named_escape(Parser *ps, Escape *e)
{
    const char *p;
    size_t n;
    int64_t chars;
    if (!parse_match(ps, '{'))
        FAIL(ps, 0, "missing {");
    if (!parse_until(ps, '}', "character name", &p, &n, &chars))
        return false;
    if (charname_find(ps->vm, p, n, &e->c))
        return true;
    Str *s = parse_quoted(ps, p, n);
    if (!s)
        return false;
    FAIL(ps, chars + 4, "undefined character name %S", s);
}

static bool octal_range(Parser *ps, const Token *t, uint32_t c, int64_t chars)
{
    if (c > 0377)
        FAIL(ps, chars, "octal escape value %V outside of range 0-0o377", parse_part(ps, t->p, (size_t)(ps->next.p - t->p)));
    return true;
}

static bool next_octal(const Parser *ps) { return parse_next_digit(ps) && ps->next.c < '8'; }

/* What begins with a digit other than 0, outside of a class. */
static bool digit_escape(Parser *ps, const Token *t, Escape *e)
{
    int64_t group = t->c - '0', chars = 2;
    if (parse_next_digit(ps)) {
        uint32_t second = parse_get(ps).c;
        group = group * 10 + (second - '0');
        chars++;
        if (t->c < '8' && second < '8' && next_octal(ps)) {
            e->what = ESCAPE_LITERAL;
            e->c = (t->c - '0') * 64 + (second - '0') * 8 + (parse_get(ps).c - '0');
            return octal_range(ps, t, e->c, 4);
        }
    }
    if ((size_t)group >= ps->ngroups)
        FAIL(ps, chars - 1, "invalid group reference %lld", (long long)group);
    e->what = ESCAPE_GROUP;
    e->c = (uint32_t)group;
    return parse_check_reference(ps, group, chars);
}

bool parse_any_escape(Parser *ps, const Token *t, bool in_class, Escape *e)
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
        int64_t n = 2 + parse_digits(ps, 2, 8, &c);
        e->c = c;
        return octal_range(ps, t, c, n);
    }
    if (t->c < 128 && (t->c | 32) >= 'a' && (t->c | 32) <= 'z')
        return bad_escape(ps, t, 2);
    return true;
}

/* ---- classes ---- */
static bool range_error(Parser *ps, const char *from, const Token *that, const char *this_end, const char *that_end,
                        int64_t back)
{
    FAIL(ps, back, "bad character range %V-%V", parse_part(ps, from, (size_t)(this_end - from)),
         parse_part(ps, that->p, (size_t)(that_end - that->p)));
}

/* What a later Python may read as an operation on sets. back: how many characters ago it began. */
static bool warn_set(Parser *ps, const char *what, int64_t back)
{
    Vm *vm = ps->vm;
    Value module = rt_import_module(vm, "warnings");
    Value warn = value_is_empty(module) ? module : lib_attr(vm, module, "warn");
    long long at = parse_tell(ps) - back;
    Str *text = value_is_empty(warn) ? NULL : str_printf(vm, "Possible %s at position %lld", what, at);
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
        Token this = parse_get(ps), that;
        Escape a = { .what = ESCAPE_LITERAL, .c = this.c }, b;
        if (!this.n)
            FAIL(ps, parse_tell(ps) - here, "unterminated character set");
        if (!this.escaped && this.c == ']' && !first)
            return true;
        if (this.escaped && !parse_any_escape(ps, &this, true, &a))
            return false;
        if (!first && !this.escaped && this.c && this.c < 128 && strchr("-&~|", (int)this.c) && !warn_operator(ps, (char)this.c))
            return false;
        if (!parse_match(ps, '-')) {
            if (a.what == ESCAPE_CATEGORY)
                charset_add_category(s, (char)a.c, ascii_classes(ps, local));
            else
                charset_add(s, a.c, a.c);
            continue;
        }
        that = parse_get(ps);
        if (!that.n)
            FAIL(ps, parse_tell(ps) - here, "unterminated character set");
        b = (Escape){ .what = ESCAPE_LITERAL, .c = that.c };
        if (!that.escaped && that.c == ']') {
            if (a.what == ESCAPE_CATEGORY)
                charset_add_category(s, (char)a.c, ascii_classes(ps, local));
            else
                charset_add(s, a.c, a.c);
            charset_add(s, '-', '-');
            return true;
        }
        if (that.escaped && !parse_any_escape(ps, &that, true, &b))
            return false;
        if (!that.escaped && that.c == '-' && !warn_set(ps, "set difference", 2))
            return false;
        if (a.what != ESCAPE_LITERAL || b.what != ESCAPE_LITERAL || b.c < a.c)
            return range_error(ps, this.p, &that, this.p + this.n, that.p + that.n, this.chars + 1 + that.chars);
        charset_add(s, a.c, b.c);
    }
}

bool parse_class(Parser *ps, unsigned local)
{
    CharSet s = { .negated = false };
    int64_t here = parse_tell(ps) - 1;
    buf_init(&s.ranges, &ps->vm->alloc);
    bool ok = ps->next.escaped || ps->next.c != '[' || warn_set(ps, "nested set", 0);
    s.negated = parse_match(ps, '^');
    ok = ok && parse_class_items(ps, &s, here, local);
    if (ok)
        charset_emit(ps->out, &s, ps->target, local & FLAG_IGNORECASE, ascii_case(ps, local));
    buf_free(&s.ranges);
    return ok;
}
