/* SPDX-License-Identifier: MIT
 * What the translation of patterns reads with: errors, tokens, names, groups. */
#include "stdlib/re/parse.h"

#include <stdarg.h>

#include "stdlib/util.h"
#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/text/strops.h"
#include "vm/text/utf8.h"

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

/* A part of the pattern as a Str, for messages. */
Value parse_part(Parser *ps, const char *p, size_t n)
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
Str *parse_quoted(Parser *ps, const char *p, size_t n)
{
    Value v = parse_part(ps, p, n);
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

void parse_advance(Parser *ps)
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

Token parse_get(Parser *ps)
{
    Token t = ps->next;
    parse_advance(ps);
    return t;
}

bool parse_next_is(const Parser *ps, char c) { return ps->next.n && !ps->next.escaped && ps->next.c == (unsigned char)c; }

bool parse_match(Parser *ps, char c)
{
    if (!parse_next_is(ps, c))
        return false;
    parse_advance(ps);
    return true;
}

static int hex_digit(uint32_t c)
{
    return c >= '0' && c <= '9' ? (int)c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' && c < 128 ? (int)(c | 32) - 'a' + 10 : -1;
}

/* Up to `most` digits of a base: how many there were. */
unsigned parse_digits(Parser *ps, unsigned most, unsigned base, uint32_t *value)
{
    unsigned n = 0;
    for (; n < most && ps->next.n && !ps->next.escaped; n++) {
        int d = hex_digit(ps->next.c);
        if (d < 0 || (unsigned)d >= base)
            break;
        *value = *value * base + (unsigned)d;
        parse_advance(ps);
    }
    return n;
}

/* The name up to a terminator: [*from, *from + *n). */
bool parse_until(Parser *ps, char terminator, const char *what, const char **from, size_t *n, int64_t *chars)
{
    *from = ps->next.p;
    *n = 0;
    *chars = 0;
    for (;;) {
        Token t = parse_get(ps);
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

bool parse_check_name(Parser *ps, const char *p, size_t n, int64_t chars)
{
    bool ascii = utf8_is_ascii(p, n);
    if ((ps->text || ascii) && text_is(TEXT_IDENTIFIER, p, n))
        return true;
    Value v = parse_part(ps, p, n);
    Str *s = value_is_empty(v) ? NULL : op_repr(ps->vm, v);
    if (s && !ascii && !ps->text)
        s = str_printf(ps->vm, "'%V'", v);
    if (!s)
        return false;
    FAIL(ps, chars + 1, "bad character in group name %S", s);
}

/* ---- groups ---- */
int64_t parse_group_by_name(Parser *ps, const char *p, size_t n)
{
    Str *name = str_intern(ps->vm, p, n);
    Value v = name ? dict_get_str(ps->vm, ps->info->names, name) : VALUE_EMPTY;
    return value_is_empty(v) ? 0 : value_int48(v);
}

bool parse_check_reference(Parser *ps, int64_t group, int64_t back)
{
    bool closed = (size_t)group < ps->ngroups && ps->groups[group].closed;
    if (!closed)
        FAIL(ps, back, "cannot refer to an open group");
    if (ps->behind >= 0 && group >= ps->behind)
        FAIL(ps, 0, "cannot refer to group defined in the same lookbehind subpattern");
    return true;
}

bool parse_open_group(Parser *ps, const char *name, size_t n, int64_t chars, size_t *group)
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
    int64_t old = parse_group_by_name(ps, name, n);
    Str *s = str_intern(vm, name, n), *q = parse_quoted(ps, name, n);
    if (!s || !q || (!old && !dict_set_str(vm, ps->info->names, s, value_from_int48((int64_t)*group)))) {
        ps->failed = true;
        return false;
    }
    if (old)
        FAIL(ps, chars + 1, "redefinition of group name %S as group %zu; was group %lld", q, *group, (long long)old);
    return true;
}

bool parse_close_group(Parser *ps, size_t group, Width w)
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
