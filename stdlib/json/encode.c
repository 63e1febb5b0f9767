/* SPDX-License-Identifier: MIT
 * Module _json, the writing half: values to text, into one buffer. */
#include "stdlib/json/json.h"

#include "vm/num/dtoa.h"
#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"
#include "vm/text/utf8.h"

typedef struct Encoder {
    Obj h;
    Value dflt, encoder, indent, key_separator, item_separator;     /* indent: Str or NONE */
    bool sort_keys, skipkeys, allow_nan, circular;
    bool fast, ascii;           /* encoder is one of this module's functions */
} Encoder;

/* Containers that are being written, innermost first; all on the C stack. */
typedef struct Open {
    Value v;
    const struct Open *outer;
} Open;

typedef struct Run {
    Vm *vm;
    const Encoder *opt;
    Buf out;
    unsigned depth, level, steps;       /* level: of indentation */
    const Open *open;
} Run;

static bool put_value(Run *r, Value v);

/* ---- strings ---- */
/* What needs an escape: 1 in any case, 2 when ASCII is to come out. */
static const unsigned char special[256] = {
#define S8 1, 1, 1, 1, 1, 1, 1, 1
#define H8 2, 2, 2, 2, 2, 2, 2, 2
    S8, S8, S8, S8, [34] = 1, [92] = 1, [127] = 2,
    [128] = H8, H8, H8, H8, H8, H8, H8, H8, H8, H8, H8, H8, H8, H8, H8, H8
#undef S8
#undef H8
};

static void put_escaped(Buf *out, uint32_t c)
{
    static const char hex[] = "0123456789abcdef";
    const char *f = c && c < 128 ? strchr("\"\"\\\\\nn\rr\tt\ff\bb", (int)c) : NULL;
    if (f) {
        char two[2] = { '\\', c == '"' || c == '\\' ? (char)c : f[1] };
        buf_put(out, two, 2);
        return;
    }
    if (c > 0xFFFF) {
        put_escaped(out, 0xD800 + ((c - 0x10000) >> 10));
        c = 0xDC00 + ((c - 0x10000) & 0x3FF);
    }
    char six[6] = { '\\', 'u', hex[c >> 12], hex[c >> 8 & 15], hex[c >> 4 & 15], hex[c & 15] };
    buf_put(out, six, 6);
}

void json_put_string(Buf *out, const char *p, size_t n, bool ascii)
{
    const char *end = p + n;
    const unsigned char mask = ascii ? 3 : 1;
    buf_putc(out, '"');
    while (p < end) {
        const char *from = p;
        while (p < end && !(special[(unsigned char)*p] & mask))
            p++;
        buf_put(out, from, (size_t)(p - from));
        if (p < end)
            put_escaped(out, utf8_next(&p));
    }
    buf_putc(out, '"');
}

static bool put_str(Run *r, Str *s)
{
    if (r->opt->fast) {
        json_put_string(&r->out, str_data(s), s->len, r->opt->ascii);
        return true;
    }
    Value v = op_call1(r->vm, r->opt->encoder, value_from_obj(s));
    if (value_is_empty(v))
        return false;
    if (!is_str(v)) {
        raise_exc(r->vm, EXC_TypeError, "encoder() must return a string, not %T", v);
        return false;
    }
    buf_put(&r->out, str_data(as_str(v)), as_str(v)->len);
    return true;
}

/* ---- numbers ---- */
static bool put_float(Run *r, Buf *out, double d)
{
    char text[FLOAT_REPR_MAX];
    if (d - d != 0) {
        const char *name = d != d ? "NaN" : d > 0 ? "Infinity" : "-Infinity";
        if (!r->opt->allow_nan) {
            Str *s = float_to_str(r->vm, d);
            if (s)
                raise_exc(r->vm, EXC_ValueError, "Out of range float values are not JSON compliant: %S", s);
            return false;
        }
        buf_puts(out, name);
        return true;
    }
    buf_put(out, text, float_repr(d, text));
    return true;
}

static bool put_int(Run *r, Buf *out, Value v)
{
    if (value_is_int48(v)) {
        char text[24], *p = text + sizeof text;
        int64_t i = value_int48(v);
        uint64_t u = i < 0 ? -(uint64_t)i : (uint64_t)i;
        do
            *--p = (char)('0' + u % 10);
        while (u /= 10);
        if (i < 0)
            *--p = '-';
        buf_put(out, p, (size_t)(text + sizeof text - p));
        return true;
    }
    Str *s = int_to_str(r->vm, v, 10);
    if (s)
        buf_put(out, str_data(s), s->len);
    return s;
}

/* ---- containers ---- */
static void put_text(Run *r, Value s)
{
    buf_put(&r->out, str_data(as_str(s)), as_str(s)->len);
}

static void put_newline(Run *r)
{
    if (value_is_none(r->opt->indent))
        return;
    buf_putc(&r->out, '\n');
    for (unsigned i = 0; i < r->level; i++)
        put_text(r, r->opt->indent);
}

/* False: the container holds itself, or is too deep. */
static bool enter(Run *r, Open *o, Value v)
{
    if (!json_enter(r->vm, r->depth, " while encoding a JSON object"))
        return false;
    for (const Open *p = r->opt->circular ? r->open : NULL; p; p = p->outer)
        if (value_same(p->v, v)) {
            raise_exc(r->vm, EXC_ValueError, "Circular reference detected");
            return false;
        }
    *o = (Open){ v, r->open };
    r->open = o;
    r->depth++;
    return true;
}

static void leave(Run *r, const Open *o)
{
    r->open = o->outer;
    r->depth--;
}

static inline bool step(Run *r)
{
    return (++r->steps & 1023) || vm_checkpoint(r->vm);
}

/* The text of a dict's key. 0: to be left out, -1: exception pending. */
static int put_key(Run *r, Value key)
{
    Buf b;
    bool ok = true;
    if (is_str(key))
        return put_str(r, as_str(key)) ? 1 : -1;
    buf_init(&b, &r->vm->alloc);
    if (is_float(key))
        ok = put_float(r, &b, float_value(key));
    else if (value_is_bool(key))
        buf_puts(&b, value_is_true(key) ? "true" : "false");
    else if (value_is_none(key))
        buf_puts(&b, "null");
    else if (is_int(key))
        ok = put_int(r, &b, key);
    else if (r->opt->skipkeys)
        return 0;
    else
        ok = !value_is_empty(raise_exc(r->vm, EXC_TypeError, "keys must be str, int, float, bool or None, not %T", key));
    Str *s = ok ? str_from_buf(r->vm, &b) : NULL;
    if (!s)
        buf_free(&b);
    return s && put_str(r, s) ? 1 : -1;
}

static bool put_item(Run *r, Value key, Value v, bool *first)
{
    size_t mark = r->out.len;
    if (*first) {
        put_newline(r);
    } else {
        put_text(r, r->opt->item_separator);
        put_newline(r);
    }
    int put = put_key(r, key);
    if (put <= 0) {
        r->out.len = put < 0 ? r->out.len : mark;
        return put == 0;
    }
    *first = false;
    put_text(r, r->opt->key_separator);
    return put_value(r, v) && step(r);
}

/* The items as a list of pairs: of a subclass, or sorted. */
static bool put_pairs(Run *r, Value dict, bool *first)
{
    Vm *vm = r->vm;
    Value items = op_call_method(vm, dict, vm->names.items, 0, NULL);
    items = value_is_empty(items) ? items : op_list_of(vm, items);
    if (value_is_empty(items) || (r->opt->sort_keys && !list_sort(vm, as_list(items), VALUE_NONE, false)))
        return false;
    List *l = as_list(items);
    for (size_t i = 0; i < l->len; i++) {
        Value pair = list_items(l)[i];
        if (!is_tuple(pair) || as_tuple(pair)->len != 2) {
            raise_exc(vm, EXC_ValueError, "items must return 2-tuples");
            return false;
        }
        if (!put_item(r, as_tuple(pair)->items[0], as_tuple(pair)->items[1], first))
            return false;
    }
    return true;
}

static bool put_dict(Run *r, Value v)
{
    Dict *d = as_dict(v);
    Open open;
    bool first = true, ok = true;
    size_t pos = 0;
    Value key, item;
    if (!dict_len(d)) {
        buf_puts(&r->out, "{}");
        return true;
    }
    if (!enter(r, &open, v))
        return false;
    buf_putc(&r->out, '{');
    r->level++;
    if (r->opt->sort_keys || !is_exact(v, SHAPE_DICT_ID))
        ok = put_pairs(r, v, &first);
    else
        while (ok && dict_next(d, &pos, &key, &item))
            ok = put_item(r, key, item, &first);
    r->level--;
    if (!first)
        put_newline(r);
    buf_putc(&r->out, '}');
    leave(r, &open);
    return ok;
}

static bool put_list(Run *r, Value v)
{
    Open open;
    Value *items;
    size_t n = 0;
    bool ok = seq_items(v, &items, &n);
    if (!n) {
        buf_puts(&r->out, "[]");
        return true;
    }
    if (!enter(r, &open, v))
        return false;
    buf_putc(&r->out, '[');
    r->level++;
    for (size_t i = 0; ok && seq_items(v, &items, &n) && i < n; i++) {
        if (i)
            put_text(r, r->opt->item_separator);
        put_newline(r);
        ok = put_value(r, items[i]) && step(r);
    }
    r->level--;
    put_newline(r);
    buf_putc(&r->out, ']');
    leave(r, &open);
    return ok;
}

static bool put_other(Run *r, Value v)
{
    Open open;
    if (!enter(r, &open, v))
        return false;
    Value w = op_call1(r->vm, r->opt->dflt, v);
    bool ok = !value_is_empty(w) && put_value(r, w);
    leave(r, &open);
    return ok;
}

static bool put_value(Run *r, Value v)
{
    if (is_str(v))
        return put_str(r, as_str(v));
    if (value_is_none(v) || value_is_bool(v)) {
        buf_puts(&r->out, value_is_none(v) ? "null" : value_is_true(v) ? "true" : "false");
        return true;
    }
    if (is_int(v))
        return put_int(r, &r->out, v);
    if (is_float(v))
        return put_float(r, &r->out, float_value(v));
    if (is_list(v) || is_tuple(v))
        return put_list(r, v);
    return is_dict(v) ? put_dict(r, v) : put_other(r, v);
}

/* ---- the module ---- */
static void encoder_trace(Marker *m, Obj *o)
{
    mark_values(m, &((Encoder *)o)->dflt, 5);
}
static const TypeLayout encoder_layout = { .kind = KIND_EXT, .size = sizeof(Encoder), .trace = encoder_trace };

static Value basestring(Vm *vm, const Args *args, bool ascii)
{
    Buf b;
    if (!is_str(args->v[0]))
        return raise_exc(vm, EXC_TypeError, "first argument must be a string, not %T", args->v[0]);
    buf_init(&b, &vm->alloc);
    json_put_string(&b, str_data(as_str(args->v[0])), as_str(args->v[0])->len, ascii);
    Str *s = str_from_buf(vm, &b);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value json_f_basestring_ascii(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return basestring(vm, args, true);
}

static Value json_f_basestring(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return basestring(vm, args, false);
}

static bool flag(Vm *vm, Value v, bool *out)
{
    int truth = op_truth(vm, v);
    *out = truth > 0;
    return truth >= 0;
}

static Value encoder_m_new(Vm *vm, Value self, const Args *args)
{
    Encoder *e = (Encoder *)object_alloc(vm, as_type(self));
    if (!e)
        return VALUE_ERROR;
    if (!value_is_none(args->v[0]) && !is_dict(args->v[0]))
        return raise_exc(vm, EXC_TypeError, "make_encoder() argument 1 must be dict or None, not %B", args->v[0]);
    if (!is_str(args->v[4]) || !is_str(args->v[5]))
        return raise_exc(vm, EXC_TypeError, "make_encoder() argument %d must be str, not %B", is_str(args->v[4]) ? 6 : 5,
                         args->v[is_str(args->v[4]) ? 5 : 4]);
    if (!value_is_none(args->v[3]) && !is_str(args->v[3]))
        return raise_exc(vm, EXC_TypeError, "make_encoder() argument 4 must be str or None, not %B", args->v[3]);
    e->circular = !value_is_none(args->v[0]);
    e->dflt = args->v[1];
    e->encoder = args->v[2];
    e->indent = args->v[3];
    e->key_separator = args->v[4];
    e->item_separator = args->v[5];
    if (!flag(vm, args->v[6], &e->sort_keys) || !flag(vm, args->v[7], &e->skipkeys) || !flag(vm, args->v[8], &e->allow_nan))
        return VALUE_ERROR;
    NativeFn fn = is_native(e->encoder) ? as_native(e->encoder)->def->fn : NULL;
    e->ascii = fn == json_f_basestring_ascii;
    e->fast = e->ascii || fn == json_f_basestring;
    return value_from_obj(e);
}

static Value encoder_m_call(Vm *vm, Value self, const Args *args)
{
    Run r = { .vm = vm, .opt = (Encoder *)value_obj(self) };
    int64_t level;
    if (!op_int64(vm, args->v[1], &level))
        return VALUE_ERROR;
    r.level = level > 0 && level < 1000 ? (unsigned)level : 0;
    buf_init(&r.out, &vm->alloc);
    if (!put_value(&r, args->v[0])) {
        buf_free(&r.out);
        return VALUE_ERROR;
    }
    Str *s = str_from_buf(vm, &r.out);
    Tuple *t = s ? tuple_pack(vm, 1, value_from_obj(s)) : NULL;
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static const MethodDef encoder_methods[] = {
    METHOD(encoder, new, "__new__(markers, default, encoder, indent, key_separator, item_separator, sort_keys, skipkeys, "
           "allow_nan)", "Writes values as these options say."),
    METHOD(encoder, call, "__call__(obj, _current_indent_level)", "The text of obj, in a tuple."),
    { 0 }
};
static const MethodDef functions[] = {
    FUNCTION(json, basestring_ascii, "encode_basestring_ascii(string, /)", "The JSON form of a string, all ASCII."),
    FUNCTION(json, basestring, "encode_basestring(string, /)", "The JSON form of a string."),
    { 0 }
};

bool json_encode_init(Vm *vm, Module *m)
{
    static const TypeDef def = { .name = "_json.Encoder", .doc = "Writes values as text.", .layout = &encoder_layout,
                                 .methods = encoder_methods, .flags = TYPE_BASE };
    Type *t = type_from_def(vm, &def, vm->types.object);
    return t && module_add_functions(vm, m, functions) && module_set(vm, m, "make_encoder", value_from_obj(t));
}
