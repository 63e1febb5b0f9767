/* SPDX-License-Identifier: MIT
 * Images of code objects; vm/image.h has the format. */
#include "scripts/image_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vm/buf.h"
#include "vm/dis.h"
#include "vm/image.h"
#include "vm/objects/bytes.h"
#include "vm/objects/set.h"
#include "vm/objects/str.h"

typedef struct Text {           /* one of the strings */
    const char *data;
    size_t len;
    uint32_t uses;
    size_t offset;
} Text;

typedef struct Writer {
    Vm *vm;
    Text *texts;                /* by content, once all are there */
    size_t ntexts, cap;
    Bytebuf codes;
    const Code *around;     /* whose constants are being written; NULL: none */
} Writer;

static void die(const char *what)
{
    fprintf(stderr, "precompile: %s\n", what);
    exit(1);
}

static void *grown(void *p, size_t n, size_t size)
{
    p = realloc(p, n * size);
    if (!p)
        die("out of memory");
    return p;
}

/* ---- bytes ---- */

static void put(Bytebuf *b, const void *data, size_t n)
{
    if (b->len + n > b->cap)
        b->data = grown(b->data, b->cap = (b->len + n) * 2, 1);
    if (n)
        memcpy(b->data + b->len, data, n);
    b->len += n;
}

static void put_byte(Bytebuf *b, unsigned byte)
{
    put(b, &(uint8_t){ (uint8_t)byte }, 1);
}

static void put_number(Bytebuf *b, uint64_t n)
{
    for (; n > 127; n >>= 7)
        put_byte(b, (unsigned)(n & 127) | 128);
    put_byte(b, (unsigned)n);
}

static void put_signed(Bytebuf *b, int64_t n)
{
    put_number(b, n < 0 ? ((uint64_t)-(n + 1) << 1) | 1 : (uint64_t)n << 1);
}

static void put_fixed(Bytebuf *b, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        put_byte(b, (unsigned)(v >> 8 * i) & 255);
}

/* ---- strings ---- */

static int by_content(const void *a, const void *b)
{
    const Text *s = a, *t = b;
    int c = memcmp(s->data, t->data, s->len < t->len ? s->len : t->len);
    return c ? c : (s->len > t->len) - (s->len < t->len);
}

static int by_use(const void *a, const void *b)
{
    const Text *s = *(Text *const *)a, *t = *(Text *const *)b;
    if (s->uses != t->uses)
        return s->uses < t->uses ? 1 : -1;
    return s->len != t->len ? (s->len > t->len ? 1 : -1) : by_content(s, t);
}

static void note(Writer *w, const char *data, size_t len)
{
    if (w->ntexts == w->cap)
        w->texts = grown(w->texts, w->cap = w->cap ? w->cap * 2 : 256, sizeof *w->texts);
    w->texts[w->ntexts++] = (Text){ data, len, 1, 0 };
}

static void note_str(Writer *w, const Str *s)
{
    note(w, str_data(s), s->len);
}

static void note_code(Writer *w, const Code *code, const Code *around);
static unsigned how_qualified(const Code *code, const Code *around);

static void note_value(Writer *w, Value v, const Code *around)
{
    Value key;
    if (value_is_empty(v) || !value_is_obj(v))
        return;
    if (is_str(v))
        note_str(w, as_str(v));
    else if (is_bytes(v))
        note(w, as_bytes(v)->data, as_bytes(v)->len);
    else if (is_code(v))
        note_code(w, as_code(v), around);
    else if (is_tuple(v))
        for (size_t i = 0; i < as_tuple(v)->len; i++)
            note_value(w, as_tuple(v)->items[i], around);
    else if (is_set(v))
        for (size_t pos = 0; set_next(as_set(v), &pos, &key);)
            note_value(w, key, around);
}

static void note_code(Writer *w, const Code *code, const Code *around)
{
    note_str(w, code->name);
    if (how_qualified(code, around) == IMAGE_QUALNAME_OTHER)
        note_str(w, code->qualname);
    for (uint32_t i = 0; i < code->nlocals; i++)
        note_str(w, code->local_names[i]);
    for (uint32_t i = 0; i < code->ncaptures; i++)
        note_str(w, code->free_names[i]);
    for (uint32_t i = 0; i < code->ncaches; i++)
        note_str(w, code->caches[i].name);
    for (uint32_t i = 0; i < code->nconsts; i++)
        note_value(w, code->consts[i], code);
}

/* Equal ones become one; then those that are used most get the first places, behind the 8 bytes of the beginning. */
static void put_strings(Writer *w, Bytebuf *out)
{
    qsort(w->texts, w->ntexts, sizeof *w->texts, by_content);
    size_t n = 0;
    for (size_t i = 0; i < w->ntexts; i++)
        if (n && !by_content(&w->texts[n - 1], &w->texts[i]))
            w->texts[n - 1].uses++;
        else
            w->texts[n++] = w->texts[i];
    w->ntexts = n;
    Text **order = grown(NULL, n, sizeof *order);
    for (size_t i = 0; i < n; i++)
        order[i] = &w->texts[i];
    qsort(order, n, sizeof *order, by_use);
    for (size_t i = 0; i < n; i++) {
        order[i]->offset = out->len;
        put_number(out, order[i]->len);
        put(out, order[i]->data, order[i]->len);
    }
    free(order);
}

static void put_string(Writer *w, Bytebuf *b, const char *data, size_t len)
{
    Text key = { data, len, 0, 0 };
    put_number(b, ((Text *)bsearch(&key, w->texts, w->ntexts, sizeof key, by_content))->offset);
}

static void put_str(Writer *w, Bytebuf *b, const Str *s)
{
    put_string(w, b, str_data(s), s->len);
}

/* ---- constants ---- */

static size_t put_code(Writer *w, const Code *code);

static void put_float(Bytebuf *b, double d)
{
    union { double d; uint64_t bits; } u = { d };
    put_byte(b, IMAGE_FLOAT);
    put_fixed(b, u.bits, 8);
}

static void put_big_int(Bytebuf *b, const Int *n)
{
    put_byte(b, IMAGE_BIG_INT);
    put_number(b, n->count * 2u + (n->sign < 0));
    if (n->count > 64)
        die("an integer constant of more than 4096 bits");
    for (uint32_t i = 0; i < n->count; i++)
        put_fixed(b, n->limbs[i], 8);
}

/* Codes come before what names them: they are written when they are met. */
static void put_value(Writer *w, Bytebuf *b, Value v);

static void put_set(Writer *w, Bytebuf *b, Set *s)
{
    Value key;
    uint64_t n = 0;
    for (size_t pos = 0; set_next(s, &pos, &key);)
        n++;
    put_byte(b, IMAGE_FROZENSET);
    put_number(b, n);
    for (size_t pos = 0; set_next(s, &pos, &key);)
        put_value(w, b, key);
}

static void put_object(Writer *w, Bytebuf *b, Value v)
{
    if (is_str(v)) {
        put_byte(b, value_obj(v)->flags & STR_INTERNED ? IMAGE_NAME : IMAGE_STR);
        put_str(w, b, as_str(v));
    } else if (is_bytes(v)) {
        put_byte(b, IMAGE_BYTES);
        put_string(w, b, as_bytes(v)->data, as_bytes(v)->len);
    } else if (is_tuple(v)) {
        put_byte(b, IMAGE_TUPLE);
        put_number(b, as_tuple(v)->len);
        for (size_t i = 0; i < as_tuple(v)->len; i++)
            put_value(w, b, as_tuple(v)->items[i]);
    } else if (is_set(v)) {
        put_set(w, b, as_set(v));
    } else if (is_bigint(v)) {
        put_big_int(b, (const Int *)(void *)value_obj(v));
    } else if (is_code(v)) {
        size_t offset = put_code(w, as_code(v));
        put_byte(b, IMAGE_CODE);
        put_number(b, offset);
    } else {
        die("a constant of a type that images do not know");
    }
}

static void put_value(Writer *w, Bytebuf *b, Value v)
{
    if (value_is_int48(v)) {
        put_byte(b, IMAGE_INT);
        put_signed(b, value_int48(v));
    } else if (value_is_double(v)) {
        put_float(b, value_double(v));
    } else if (value_is_obj(v) && !value_is_empty(v)) {
        put_object(w, b, v);
    } else {
        put_byte(b, value_is_none(v) ? IMAGE_NONE : value_is_true(v) ? IMAGE_TRUE : value_is_false(v) ? IMAGE_FALSE
                 : IMAGE_ELLIPSIS);
    }
}

/* ---- instructions and what goes with them ---- */

static void put_instr(Bytebuf *b, const Instr *i)
{
    const char *kinds = op_operands[i->op];
    put_byte(b, i->op);
    for (unsigned which = 0; *kinds && *kinds != ':'; kinds++, which++) {
        uint16_t v = which == 0 ? i->a : which == 1 ? i->b : i->c;
        switch (*kinds) {
        case '.': break;
        case 'j': case 'i': put_signed(b, (int16_t)v); break;
        case 'J': put_signed(b, i->j); break;
        case 'K': case 'G': put_number(b, i->k); break;
        default: put_number(b, v);
        }
    }
    if (*kinds)
        put_byte(b, i->x);
}

static uint32_t live_at(const Code *code, uint32_t i)
{
    return code->live[i];
}

static uint32_t line_at(const Code *code, uint32_t i)
{
    return code_position(code, i).line;
}

static void put_runs(Bytebuf *b, const Code *code, uint32_t (*value_at)(const Code *, uint32_t))
{
    int64_t last = 0;
    for (uint32_t i = 0, n; i < code->ninstrs; i += n) {
        uint32_t value = value_at(code, i);
        int64_t change = value - last;
        for (n = 1; i + n < code->ninstrs && value_at(code, i + n) == value;)
            n++;
        if (change <= -8 || change > 7 || n > 16) {
            put_byte(b, 0);
            put_number(b, n);
            put_signed(b, change);
        } else {
            put_byte(b, (n - 1) * 16 + (unsigned)(change + 8));
        }
        last = value;
    }
}

/* ---- codes ---- */

static bool is_joined(const Str *s, const Str *first, const char *middle, const Str *last)
{
    size_t n = strlen(middle);
    const char *p = str_data(s);
    return s->len == first->len + n + last->len && !memcmp(p, str_data(first), first->len) &&
           !memcmp(p + first->len, middle, n) && !memcmp(p + first->len + n, str_data(last), last->len);
}

static unsigned how_qualified(const Code *code, const Code *around)
{
    if (str_equal(code->qualname, code->name))
        return IMAGE_QUALNAME_SAME;
    if (around && is_joined(code->qualname, around->qualname, ".", code->name))
        return IMAGE_QUALNAME_MEMBER;
    return around && is_joined(code->qualname, around->qualname, ".<locals>.", code->name) ? IMAGE_QUALNAME_LOCAL
                                                                                            : IMAGE_QUALNAME_OTHER;
}

static void put_head(Writer *w, Bytebuf *b, const Code *code, const Code *around)
{
    unsigned how = how_qualified(code, around);
    put_number(b, code->flags * 4 + how);
    put_number(b, code->first_line);
    put_number(b, code->nregs);
    put_number(b, code->nlocals);
    put_number(b, code->nposonly);
    put_number(b, code->nargs);
    put_number(b, code->nkwonly);
    put_number(b, code->ncaptures);
    put_number(b, code->self_attrs);
    put_str(w, b, code->name);
    if (how == IMAGE_QUALNAME_OTHER)
        put_str(w, b, code->qualname);
}

static void put_body(Writer *w, Bytebuf *b, const Code *code)
{
    put_number(b, code->ninstrs);
    put_number(b, code->nconsts);
    put_number(b, code->ncaches);
    put_number(b, code->nhandlers);
    for (uint32_t i = 0; i < code->nlocals; i++)
        put_str(w, b, code->local_names[i]);
    put(b, code->local_is_cell, code->nlocals);
    for (uint32_t i = 0; i < code->ncaptures; i++) {
        put_str(w, b, code->free_names[i]);
        put_number(b, code->captures[i].index * 2u + code->captures[i].is_local);
    }
    for (uint32_t i = 0; i < code->nconsts; i++)
        put_value(w, b, code->consts[i]);
    for (uint32_t i = 0; i < code->ncaches; i++)
        put_str(w, b, code->caches[i].name);
    for (uint32_t i = 0; i < code->nhandlers; i++) {
        const Handler *h = &code->handlers[i];
        put_number(b, h->start);
        put_number(b, h->end - h->start);
        put_number(b, h->target);
        put_number(b, h->reg);
        put_number(b, h->live);
    }
    for (uint32_t i = 0; i < code->ninstrs; i++)
        put_instr(b, &code->instrs[i]);
    put_runs(b, code, live_at);
    put_runs(b, code, line_at);
}

/* Behind the codes inside it. Where it begins. */
static size_t put_code(Writer *w, const Code *code)
{
    Bytebuf b = { NULL, 0, 0 };
    put_head(w, &b, code, w->around);
    const Code *outer = w->around;
    w->around = code;
    put_body(w, &b, code);
    w->around = outer;
    size_t at = w->codes.len;
    put(&w->codes, b.data, b.len);
    free(b.data);
    return at;
}

void image_write(Vm *vm, Code *code, Bytebuf *out)
{
    Writer w = { .vm = vm };
    out->len = 0;
    put_fixed(out, 0, 8);
    note_code(&w, code, NULL);
    put_strings(&w, out);
    size_t root = put_code(&w, code);
    Bytebuf begin = { NULL, 0, 0 };
    put_fixed(&begin, out->len, 4);
    put_fixed(&begin, out->len + root, 4);
    memcpy(out->data, begin.data, 8);
    put(out, w.codes.data, w.codes.len);
    free(begin.data);
    free(w.texts);
    free(w.codes.data);
}

/* ---- comparing ---- */

static const char *body_difference(Vm *vm, const Code *a, const Code *b)
{
    if (a->ninstrs != b->ninstrs || memcmp(a->instrs, b->instrs, a->ninstrs * sizeof *a->instrs))
        return "instructions differ";
    if (memcmp(a->live, b->live, a->ninstrs * sizeof *a->live))
        return "live counts differ";
    if (a->nhandlers != b->nhandlers || (a->nhandlers && memcmp(a->handlers, b->handlers, a->nhandlers * sizeof *a->handlers)))
        return "handlers differ";
    for (uint32_t i = 0; i < a->ninstrs; i++)
        if (line_at(a, i) != line_at(b, i))
            return "lines differ";
    for (uint32_t i = 0; i < a->nlocals; i++)
        if (a->local_names[i] != b->local_names[i] || a->local_is_cell[i] != b->local_is_cell[i])
            return "locals differ";
    for (uint32_t i = 0; i < a->ncaptures; i++)
        if (a->free_names[i] != b->free_names[i] || a->captures[i].is_local != b->captures[i].is_local ||
            a->captures[i].index != b->captures[i].index)
            return "captures differ";
    for (uint32_t i = 0; i < a->ncaches; i++)
        if (a->caches[i].name != b->caches[i].name)
            return "names differ";
    for (uint32_t i = 0; i < a->nconsts; i++) {
        Value u = a->consts[i], v = b->consts[i];
        bool codes = value_is_obj(u) && value_is_obj(v) && is_code(u) && is_code(v);
        if (type_of(vm, u) != type_of(vm, v) || (!codes && op_equal(vm, u, v) != 1))
            return "constants differ";
        const char *what = codes ? image_difference(vm, as_code(u), as_code(v)) : NULL;
        if (what)
            return what;
    }
    return NULL;
}

const char *image_difference(Vm *vm, Code *a, Code *b)
{
    if (!code_ready(vm, a) || !code_ready(vm, b))
        return "out of memory";
    if (a->flags != b->flags || a->first_line != b->first_line || a->nregs != b->nregs || a->nlocals != b->nlocals ||
        a->nposonly != b->nposonly || a->nargs != b->nargs || a->nkwonly != b->nkwonly || a->nparams != b->nparams ||
        a->ncaptures != b->ncaptures || a->nconsts != b->nconsts || a->ncaches != b->ncaches ||
        a->self_attrs != b->self_attrs || a->name != b->name || !str_equal(a->qualname, b->qualname))
        return "heads differ";
    return body_difference(vm, a, b);
}
