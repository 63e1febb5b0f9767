/* SPDX-License-Identifier: MIT
 * What goes through all matches of a text: sub(), split(), findall(); and the templates of sub(). */
#include "stdlib/re/re.h"

#include "vm/objects/bytes.h"
#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/text/strops.h"
#include "vm/text/utf8.h"

/* A walk from match to match. */
typedef struct Walk {
    Pattern *pattern;
    Subject s;
    const size_t *regs;
    size_t at;                  /* where to go on, in bytes */
    bool not_empty;
    uint32_t steps;
} Walk;

static bool walk_open(Vm *vm, Walk *w, Value self, Value string, Value pos, Value endpos)
{
    *w = (Walk){ .pattern = (Pattern *)value_obj(self) };
    if (!subject_open(vm, w->pattern, string, pos, endpos, &w->s))
        return false;
    w->at = subject_offset(vm, &w->s, w->s.pos);
    return true;
}

/* As re_exec. */
static int walk_next(Vm *vm, Walk *w)
{
    if (!(++w->steps & 255) && !vm_checkpoint(vm))
        return -1;
    if (!subject_view(vm, &w->s))
        return -1;
    int r = re_exec(vm, w->pattern, &w->s, RE_SEARCH, w->at, w->not_empty, &w->regs);
    if (r > 0) {
        w->not_empty = w->regs[1] == w->regs[0];
        w->at = w->regs[1];
    }
    return r;
}

static Value empty_of(Vm *vm, const Subject *s)
{
    return s->target == RE_BYTES ? value_from_obj(vm->empty_bytes) : value_from_obj(vm->empty_str);
}

/* ---- findall ---- */
static Value found(Vm *vm, const Walk *w, unsigned group)
{
    const size_t *r = w->regs + 2 * group;
    return r[0] == RE_UNSET ? empty_of(vm, &w->s) : subject_part(vm, &w->s, r[0], r[1]);
}

Value pattern_m_findall(Vm *vm, Value self, const Args *args)
{
    Walk w;
    List *l = list_new(vm, 0);
    int r;
    if (!l || !walk_open(vm, &w, self, args->v[0], args->v[1], args->v[2]))
        return VALUE_ERROR;
    unsigned groups = w.pattern->groups;
    while ((r = walk_next(vm, &w)) > 0) {
        Value v;
        if (groups < 2) {
            v = found(vm, &w, groups);
        } else {
            Tuple *t = tuple_new(vm, groups);
            for (unsigned i = 0; t && i < groups; i++)
                if (value_is_empty(t->items[i] = found(vm, &w, i + 1)))
                    return VALUE_ERROR;
            v = t ? value_from_obj(t) : VALUE_EMPTY;
        }
        if (value_is_empty(v) || !list_append(vm, l, v))
            return VALUE_ERROR;
    }
    return r < 0 ? VALUE_ERROR : value_from_obj(l);
}

/* ---- split ---- */
static bool add_part(Vm *vm, List *l, const Subject *s, size_t from, size_t to)
{
    Value v = subject_part(vm, s, from, to);
    return !value_is_empty(v) && list_append(vm, l, v);
}

Value pattern_m_split(Vm *vm, Value self, const Args *args)
{
    Walk w;
    int64_t max, n = 0;
    int r = 0;
    size_t last = 0;
    List *l = list_new(vm, 0);
    if (!l || !op_int64(vm, args->v[1], &max) || !walk_open(vm, &w, self, args->v[0], VALUE_EMPTY, VALUE_EMPTY))
        return VALUE_ERROR;
    while ((!max || n < max) && (r = walk_next(vm, &w)) > 0) {
        if (!add_part(vm, l, &w.s, last, w.regs[0]))
            return VALUE_ERROR;
        for (unsigned i = 1; i <= w.pattern->groups; i++) {
            const size_t *g = w.regs + 2 * i;
            if (g[0] == RE_UNSET ? !list_append(vm, l, VALUE_NONE) : !add_part(vm, l, &w.s, g[0], g[1]))
                return VALUE_ERROR;
        }
        last = w.regs[1];
        n++;
    }
    return r < 0 || !add_part(vm, l, &w.s, last, w.s.len) ? VALUE_ERROR : value_from_obj(l);
}

/* ---- templates ---- */
typedef struct Template {
    Vm *vm;
    const Pattern *pattern;
    Value source;
    bool text;
    const char *p, *end;
    int64_t index;              /* of p, in characters */
    List *items;
    Buf literal;
} Template;

#define FAIL(t, back, ...) return (re_raise((t)->vm, (t)->source, (t)->index - (back), __VA_ARGS__), false)

static void put_code(Template *t, uint32_t c)
{
    if (t->text)
        buf_put_utf8(&t->literal, c);
    else
        buf_putc(&t->literal, (char)c);
}

/* The literal so far becomes an item. */
static bool end_literal(Template *t)
{
    Value v;
    if (t->text) {
        Str *s = str_new(t->vm, t->literal.data ? t->literal.data : "", t->literal.len);
        v = s ? value_from_obj(s) : VALUE_EMPTY;
    } else {
        Bytes *b = bytes_new(t->vm, t->literal.data ? t->literal.data : "", t->literal.len);
        v = b ? value_from_obj(b) : VALUE_EMPTY;
    }
    buf_clear(&t->literal);
    return !value_is_empty(v) && list_append(t->vm, t->items, v);
}

static bool add_group(Template *t, int64_t group, int64_t back)
{
    if (group > (int64_t)t->pattern->groups)
        FAIL(t, back, "invalid group reference %lld", (long long)group);
    return end_literal(t) && list_append(t->vm, t->items, value_from_int48(group));
}

static bool digit_at(const Template *t, const char *p, char most) { return p < t->end && *p >= '0' && *p <= most; }

/* \g<name>; p stands behind the g. */
static bool template_name(Template *t)
{
    if (t->p == t->end || *t->p != '<')
        FAIL(t, 0, "missing <");
    t->p++;
    t->index++;
    const char *from = t->p, *to = memchr(from, '>', (size_t)(t->end - from));
    size_t n = (size_t)((to ? to : t->end) - from);
    int64_t chars = t->text ? (int64_t)utf8_count(from, n) : (int64_t)n, group = 0;
    t->index += chars + (to != NULL);
    if (!n)
        FAIL(t, to != NULL, "missing group name");
    if (!to)
        FAIL(t, chars, "missing >, unterminated name");
    t->p = to + 1;
    bool ascii = utf8_is_ascii(from, n);
    if (ascii && text_is(TEXT_DECIMAL, from, n)) {
        for (size_t i = 0; i < n; i++)
            group = group > 65535 ? group : group * 10 + (from[i] - '0');
        if (group >= 65535) {
            Str *s = str_new(t->vm, from, n);
            FAIL(t, chars + 1, "invalid group reference %S", s ? s : t->vm->empty_str);
        }
        return add_group(t, group, chars + 1);
    }
    if (!ascii && !t->text) {           /* its bytes, as repr() has them, without the b */
        Bytes *b = bytes_new(t->vm, from, n);
        Str *shown = b ? op_repr(t->vm, value_from_obj(b)) : NULL;
        if (!shown)
            return false;
        FAIL(t, chars + 1, "bad character in group name %s", str_data(shown) + 1);
    }
    Str *name = str_new(t->vm, from, n);
    if (!name)
        return false;
    if (!text_is(TEXT_IDENTIFIER, from, n))
        FAIL(t, chars + 1, "bad character in group name %R", value_from_obj(name));
    Value v = dict_get_str(t->vm, t->pattern->names, name);
    if (value_is_empty(v)) {
        raise_exc(t->vm, EXC_IndexError, "unknown group name %R", value_from_obj(name));
        return false;
    }
    return add_group(t, value_int48(v), chars + 1);
}

/* From p, which stands on a digit behind the backslash. */
static bool template_number(Template *t)
{
    const char *d = t->p;
    uint32_t c = (uint32_t)(d[0] - '0');
    size_t n = 1;
    bool octal = d[0] == '0';
    if (octal) {
        for (; n < 3 && digit_at(t, d + n, '7'); n++)
            c = c * 8 + (uint32_t)(d[n] - '0');
    } else if (digit_at(t, d + 1, '9')) {
        octal = d[0] < '8' && d[1] < '8' && digit_at(t, d + 2, '7');
        n = octal ? 3 : 2;
        c = octal ? c * 64 + (uint32_t)(d[1] - '0') * 8 + (uint32_t)(d[2] - '0') : c * 10 + (uint32_t)(d[1] - '0');
    }
    t->p += n;
    t->index += (int64_t)n;
    if (!octal)
        return add_group(t, c, (int64_t)n);
    if (d[0] != '0' && c > 0377) {
        Str *s = str_new(t->vm, d - 1, n + 1);
        FAIL(t, (int64_t)n + 1, "octal escape value %S outside of range 0-0o377", s ? s : t->vm->empty_str);
    }
    put_code(t, c & 0xff);
    return true;
}

/* p stands behind a backslash. */
static bool template_escape(Template *t)
{
    static const char from[] = "abfnrtv\\", to[] = "\a\b\f\n\r\t\v\\";
    if (t->p == t->end)
        FAIL(t, 1, "bad escape (end of pattern)");
    char c = *t->p;
    const char *f = c ? strchr(from, c) : NULL;
    if (digit_at(t, t->p, '9'))
        return template_number(t);
    t->index++;
    if (c == 'g') {
        t->p++;
        return template_name(t);
    }
    if (f) {
        t->p++;
        buf_putc(&t->literal, to[f - from]);
        return true;
    }
    if ((c | 32) >= 'a' && (c | 32) <= 'z' && !((unsigned char)c & 0x80))
        FAIL(t, 2, "bad escape \\%c", c);
    buf_putc(&t->literal, '\\');
    size_t n = t->text ? utf8_size_of_lead(c) : 1;
    buf_put(&t->literal, t->p, n);
    t->p += n;
    return true;
}

static bool parse_template(Template *t)
{
    while (t->p < t->end) {
        const char *slash = memchr(t->p, '\\', (size_t)(t->end - t->p));
        size_t n = (size_t)((slash ? slash : t->end) - t->p);
        buf_put(&t->literal, t->p, n);
        t->index += t->text ? (int64_t)utf8_count(t->p, n) : (int64_t)n;
        t->p += n;
        if (!slash)
            break;
        t->p++;
        t->index++;
        if (!template_escape(t))
            return false;
    }
    return end_literal(t);
}

Value re_template(Vm *vm, const Pattern *p, Value repl)
{
    Template t = { .vm = vm, .pattern = p, .source = repl, .text = is_str(repl) };
    size_t n;
    if (is_str(repl)) {
        t.p = str_data(as_str(repl));
        n = as_str(repl)->len;
    } else if (!bytes_view(vm, repl, &t.p, &n)) {
        exc_discard(vm);
        return raise_exc(vm, EXC_TypeError, "decoding to str: need a bytes-like object, %T found", repl);
    }
    if (!n || !memchr(t.p, '\\', n))
        return repl;
    t.end = t.p + n;
    t.items = list_new(vm, 0);
    buf_init(&t.literal, &vm->alloc);
    bool ok = t.items && parse_template(&t) && !t.literal.failed;
    buf_free(&t.literal);
    if (!ok)
        return vm_pending(vm) ? VALUE_ERROR : raise_no_memory(vm);
    if (t.items->len == 1)
        return list_items(t.items)[0];
    return op_tuple_of(vm, value_from_obj(t.items));
}

static bool put_part(Vm *vm, Value v, Buf *out)
{
    const char *p;
    size_t n;
    if (is_str(v)) {
        buf_put(out, str_data(as_str(v)), as_str(v)->len);
        return true;
    }
    if (!bytes_view(vm, v, &p, &n))
        return false;
    buf_put(out, p, n);
    return true;
}

bool re_expand(Vm *vm, Value tmpl, const Subject *s, const size_t *regs, Buf *out)
{
    const Tuple *t = as_tuple(tmpl);
    for (size_t i = 0; i < t->len; i++) {
        Value v = t->items[i];
        if (!value_is_int48(v)) {
            if (!put_part(vm, v, out))
                return false;
            continue;
        }
        const size_t *r = regs + 2 * value_int48(v);
        if (r[0] == RE_UNSET)
            continue;
        bool text = is_str(t->items[0]);
        v = subject_part(vm, s, r[0], r[1]);
        if (!value_is_empty(v) && text != is_str(v)) {
            raise_exc(vm, EXC_TypeError, text ? "sequence item %zu: expected str instance, %T found"
                                              : "sequence item %zu: expected a bytes-like object, %T found", i, v);
            return false;
        }
        if (value_is_empty(v) || !put_part(vm, v, out))
            return false;
    }
    return true;
}

/* ---- sub ---- */
typedef struct Sub {
    Walk w;
    Value repl;                 /* a callable, a template, or what stands there itself */
    bool call;
    Buf out;
    size_t items;               /* parts of the result so far, as they count in errors */
    Value bad;                  /* the first result of a call that is no text; EMPTY: none */
    size_t bad_at;
} Sub;

/* The text between matches. */
static bool put_between(Vm *vm, Sub *s, size_t from, size_t to)
{
    const char *p = s->w.s.data;
    if (from >= to)
        return true;
    if (s->w.s.target == RE_BYTES) {
        size_t n;
        if (!bytes_view(vm, s->w.s.string, &p, &n))
            return false;
        to = to < n ? to : n;
        from = from < to ? from : to;
    }
    buf_put(&s->out, p + from, to - from);
    s->items++;
    return true;
}

static bool put_replacement(Vm *vm, Sub *s)
{
    Value v = s->repl;
    if (s->call) {
        Value m = re_match_new(vm, s->w.pattern, &s->w.s, s->w.regs);
        v = value_is_empty(m) ? m : op_call1(vm, s->repl, m);
        if (value_is_empty(v))
            return false;
        if (value_is_none(v))
            return true;
    } else if (is_tuple(v)) {
        s->items++;
        return re_expand(vm, v, &s->w.s, s->w.regs, &s->out);
    }
    if (s->w.pattern->text ? !is_str(v) : is_str(v) || !is_bytes(v)) {
        const char *p;
        size_t n;
        bool ok = !s->w.pattern->text && !is_str(v) && bytes_view(vm, v, &p, &n);
        if (!ok) {
            exc_discard(vm);
            if (value_is_empty(s->bad)) {
                s->bad = v;
                s->bad_at = s->items;
            }
            s->items++;
            return true;
        }
    }
    s->items++;
    return put_part(vm, v, &s->out);
}

static bool substitute(Vm *vm, Sub *s, int64_t count, int64_t *n)
{
    size_t last = 0;
    int r = 0;
    while ((!count || *n < count) && (r = walk_next(vm, &s->w)) > 0) {
        size_t end = s->w.regs[1];
        if (!put_between(vm, s, last, s->w.regs[0]) || !put_replacement(vm, s))
            return false;
        last = end;
        ++*n;
    }
    if (r < 0 || !put_between(vm, s, last, s->w.s.len))
        return false;
    if (value_is_empty(s->bad))
        return true;
    raise_exc(vm, EXC_TypeError, s->w.pattern->text ? "sequence item %zu: expected str instance, %T found"
                                                    : "sequence item %zu: expected a bytes-like object, %T found",
              s->bad_at, s->bad);
    return false;
}

static Value sub_result(Vm *vm, Sub *s)
{
    if (s->w.s.target != RE_BYTES) {
        Str *text = str_from_buf(vm, &s->out);
        return text ? value_from_obj(text) : VALUE_ERROR;
    }
    Bytes *b = s->out.failed ? NULL : bytes_new(vm, s->out.data ? s->out.data : "", s->out.len);
    if (s->out.failed)
        raise_no_memory(vm);
    buf_free(&s->out);
    return b ? value_from_obj(b) : VALUE_ERROR;
}

static Value sub(Vm *vm, Value self, const Args *args, int64_t *n)
{
    Sub s = { .repl = args->v[0] };
    int64_t count;
    *n = 0;
    if (!op_int64(vm, args->v[2], &count))
        return VALUE_ERROR;
    s.call = op_callable(vm, s.repl);
    if (!s.call) {
        s.repl = re_template(vm, (Pattern *)value_obj(self), s.repl);
        if (value_is_empty(s.repl))
            return VALUE_ERROR;
    }
    if (!walk_open(vm, &s.w, self, args->v[1], VALUE_EMPTY, VALUE_EMPTY))
        return VALUE_ERROR;
    buf_init(&s.out, &vm->alloc);
    if (substitute(vm, &s, count, n)) {
        bool same = !*n && (is_exact(args->v[1], SHAPE_STR_ID) || is_exact(args->v[1], SHAPE_BYTES_ID));
        if (!same)
            return sub_result(vm, &s);
        buf_free(&s.out);
        return args->v[1];
    }
    buf_free(&s.out);
    return VALUE_ERROR;
}

Value pattern_m_sub(Vm *vm, Value self, const Args *args)
{
    int64_t n;
    return sub(vm, self, args, &n);
}

Value pattern_m_subn(Vm *vm, Value self, const Args *args)
{
    int64_t n;
    Value v = sub(vm, self, args, &n);
    if (value_is_empty(v))
        return v;
    Tuple *t = tuple_pack(vm, 2, v, value_from_int48(n));
    return t ? value_from_obj(t) : VALUE_ERROR;
}
