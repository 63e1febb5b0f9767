/* SPDX-License-Identifier: MIT
 * Module _json, the reading half: text to values, straight from UTF-8. */
#include "stdlib/json/json.h"

#include "stdlib/modules.h"
#include "vm/num/dtoa.h"
#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"
#include "vm/text/utf8.h"

#define KEY_CACHE 128u          /* a power of two */
#define KEY_CACHED_MAX 48u

/* Made from a decoder: what it says about hooks. EMPTY: the built-in way. */
typedef struct Scanner {
    Obj h;
    Value object_hook, object_pairs_hook, parse_float, parse_int, parse_constant;
    bool strict;
} Scanner;

/* One run. Lives on the C stack, which the collector scans: keys are safe here. */
typedef struct Run {
    Vm *vm;
    const Scanner *opt;
    Str *text;
    const char *start, *p, *end;
    unsigned depth, steps;
    bool nothing;               /* no value starts at p, where there must be one; nothing is pending */
    Str *keys[KEY_CACHE];
} Run;

static Value scan_value(Run *r);

/* ---- errors ---- */
static Value raise_at(Vm *vm, const char *msg, Str *doc, size_t offset)
{
    Value type = rt_import_module(vm, "json.decoder");
    Str *name = str_intern(vm, "JSONDecodeError", 15), *m = str_cstr(vm, msg);
    if (value_is_empty(type) || !name || !m || value_is_empty(type = attr_get(vm, type, name)))
        return VALUE_ERROR;
    Value args[] = { value_from_obj(m), value_from_obj(doc), value_from_int48(str_index_of(vm, doc, offset)) };
    Value exc = op_call(vm, type, 3, args);
    return value_is_empty(exc) ? exc : raise_value(vm, exc);
}

static Value bad(Run *r, const char *msg, const char *at)
{
    return raise_at(r->vm, msg, r->text, (size_t)(at - r->start));
}

bool json_enter(Vm *vm, unsigned depth, const char *doing)
{
    if (depth < JSON_DEPTH_MAX)
        return vm_stack_ok(vm, doing);
    raise_exc(vm, EXC_RecursionError, "maximum recursion depth exceeded%s", doing);
    return false;
}

static inline MUST_USE bool step(Run *r)
{
    return (++r->steps & 1023) || vm_checkpoint(r->vm);
}

static inline void skip_space(Run *r)
{
    const char *p = r->p;
    while (p < r->end && (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r'))
        p++;
    r->p = p;
}

/* ---- strings ---- */
static int hex4(const char *p, const char *end)
{
    int v = 0;
    if (end - p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        int d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10
              : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        if (d < 0)
            return -1;
        v = v << 4 | d;
    }
    return v;
}

typedef struct StringScan {
    Str *doc;
    const char *start, *p, *end, *begin;        /* begin: behind the quote */
    bool strict;
} StringScan;

/* p stands behind a backslash. False: exception pending. */
static bool scan_escape(Vm *vm, StringScan *s, Buf *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *at = s->p - 1;
    if (s->p == s->end) {
        raise_at(vm, "Unterminated string starting at", s->doc, (size_t)(s->begin - 1 - s->start));
        return false;
    }
    if (*s->p != 'u') {
        const char *f = *s->p ? strchr(from, *s->p) : NULL;
        if (!f) {
            raise_at(vm, "Invalid \\escape", s->doc, (size_t)(at - s->start));
            return false;
        }
        s->p++;
        buf_putc(out, to[f - from]);
        return true;
    }
    int c = hex4(s->p + 1, s->end);
    if (c < 0) {
        raise_at(vm, "Invalid \\uXXXX escape", s->doc, (size_t)(at + 1 - s->start));
        return false;
    }
    s->p += 5;
    if ((c & 0xFC00) == 0xD800 && s->end - s->p >= 6 && s->p[0] == '\\' && s->p[1] == 'u') {
        int low = hex4(s->p + 2, s->end);
        if (low >= 0 && (low & 0xFC00) == 0xDC00) {
            c = 0x10000 + ((c & 0x3FF) << 10 | (low & 0x3FF));
            s->p += 6;
        }
    }
    buf_put_utf8(out, (uint32_t)c);
    return true;
}

static const char *plain_end(const char *p, const char *end, bool strict)
{
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'), limit = _mm_set1_epi8(strict ? 0x1f : 0);
    while (end - p >= 16) {
        __m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
        __m128i hit = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(x, quote), _mm_cmpeq_epi8(x, slash)),
                                   _mm_cmpeq_epi8(_mm_min_epu8(x, limit), x));
        int mask = _mm_movemask_epi8(hit);
        if (mask)
            return p + __builtin_ctz((unsigned)mask);
        p += 16;
    }
#endif
    while (p < end && *p != '"' && *p != '\\' && (unsigned char)*p > (strict ? 0x1f : 0))
        p++;
    return p;
}

/* The string that starts at s->begin. With `key`, short ones may come from there. s->p ends behind the quote. */
static Str *scan_string(Vm *vm, StringScan *s, Str **keys)
{
    Buf out;
    bool buffered = false;
    for (s->p = s->begin;;) {
        const char *q = plain_end(s->p, s->end, s->strict);
        if (q < s->end && *q == '"' && !buffered) {
            size_t n = (size_t)(q - s->begin);
            s->p = q + 1;
            if (!keys || n > KEY_CACHED_MAX)
                return str_new(vm, s->begin, n);
            uint32_t hash = (uint32_t)n;
            for (const char *c = s->begin; c < q; c++)
                hash = hash * 31 + (unsigned char)*c;
            Str **slot = &keys[(hash ^ hash >> 7) & (KEY_CACHE - 1)];
            if (!*slot || (*slot)->len != n || memcmp(str_data(*slot), s->begin, n))
                *slot = str_intern(vm, s->begin, n);
            return *slot;
        }
        if (!buffered) {
            buf_init(&out, &vm->alloc);
            buffered = true;
        }
        buf_put(&out, s->p, (size_t)(q - s->p));
        s->p = q;
        if (q == s->end) {
            raise_at(vm, "Unterminated string starting at", s->doc, (size_t)(s->begin - 1 - s->start));
            break;
        }
        s->p++;
        if (*q == '"')
            return str_from_buf(vm, &out);
        if (*q == '\\') {
            if (!scan_escape(vm, s, &out))
                break;
        } else if (s->strict) {
            raise_at(vm, "Invalid control character at", s->doc, (size_t)(q - s->start));
            break;
        } else {
            buf_putc(&out, *q);
        }
    }
    buf_free(&out);
    return NULL;
}

static inline Str *run_string(Run *r, Str **keys)
{
    StringScan s = { .doc = r->text, .start = r->start, .end = r->end, .begin = r->p + 1, .strict = r->opt->strict };
    Str *v = scan_string(r->vm, &s, keys);
    r->p = s.p;
    return v;
}

/* ---- numbers and names ---- */
static Value scan_constant(Run *r, const char *name, double d)
{
    r->p += strlen(name);
    if (value_is_empty(r->opt->parse_constant))
        return value_from_double(d);
    Str *s = str_cstr(r->vm, name);
    return s ? op_call1(r->vm, r->opt->parse_constant, value_from_obj(s)) : VALUE_ERROR;
}

static Value call_number(Run *r, Value hook, const char *from)
{
    Str *s = str_new(r->vm, from, (size_t)(r->p - from));
    return s ? op_call1(r->vm, hook, value_from_obj(s)) : VALUE_ERROR;
}

static inline bool digit_at(const char *p, const char *end)
{
    return p < end && *p >= '0' && *p <= '9';
}

static Value scan_number(Run *r)
{
    const char *from = r->p, *p = r->p, *end = r->end;
    bool neg = *p == '-', real = false;
    int64_t v = 0;
    p += neg;
    if (!digit_at(p, end)) {
        r->nothing = true;
        return VALUE_EMPTY;
    }
    const char *digits = p;
    if (*p == '0')
        p++;
    else
        for (; digit_at(p, end); p++)
            v = p - digits < 18 ? v * 10 + (*p - '0') : v;
    size_t count = (size_t)(p - digits);
    if (p < end && *p == '.' && digit_at(p + 1, end)) {
        real = true;
        for (p++; digit_at(p, end); p++) {}
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        const char *e = p + 1;
        if (e < end && (*e == '-' || *e == '+'))
            e++;
        if (digit_at(e, end)) {
            real = true;
            for (p = e; digit_at(p, end); p++) {}
        }
    }
    r->p = p;
    if (real) {
        double d;
        if (!value_is_empty(r->opt->parse_float))
            return call_number(r, r->opt->parse_float, from);
        if (!float_scan(from, (size_t)(p - from), &d))
            return raise_exc(r->vm, EXC_ValueError, "not a number");
        return value_from_double(d);
    }
    if (!value_is_empty(r->opt->parse_int))
        return call_number(r, r->opt->parse_int, from);
    if (count <= 18)
        return int_new(r->vm, neg ? -v : v);
    Str *s = str_new(r->vm, from, (size_t)(p - from));
    return s ? op_call1(r->vm, value_from_obj(r->vm->types.integer), value_from_obj(s)) : VALUE_ERROR;
}

/* ---- arrays and objects ---- */
/* Behind a value: 1 another one follows, 0 that was the end, -1 exception pending. */
static int scan_comma(Run *r, char close, const char *trailing)
{
    skip_space(r);
    if (r->p < r->end && *r->p == close) {
        r->p++;
        return 0;
    }
    if (r->p == r->end || *r->p != ',') {
        bad(r, "Expecting ',' delimiter", r->p);
        return -1;
    }
    const char *comma = r->p++;
    skip_space(r);
    if (r->p < r->end && *r->p == close) {
        bad(r, trailing, comma);
        return -1;
    }
    return 1;
}

static Value scan_array(Run *r)
{
    List *l = list_new(r->vm, 0);
    r->p++;
    skip_space(r);
    if (r->p < r->end && *r->p == ']') {
        r->p++;
        return l ? value_from_obj(l) : VALUE_ERROR;
    }
    for (int more = 1; more;) {
        Value v = l ? scan_value(r) : VALUE_EMPTY;
        if (value_is_empty(v) || !list_append(r->vm, l, v) || !step(r))
            return VALUE_ERROR;
        more = scan_comma(r, ']', "Illegal trailing comma before end of array");
        if (more < 0)
            return VALUE_ERROR;
    }
    return value_from_obj(l);
}

static Value scan_pair(Run *r, Str **key)
{
    if (r->p == r->end || *r->p != '"')
        return bad(r, "Expecting property name enclosed in double quotes", r->p);
    *key = run_string(r, r->keys);
    if (!*key)
        return VALUE_ERROR;
    skip_space(r);
    if (r->p == r->end || *r->p != ':')
        return bad(r, "Expecting ':' delimiter", r->p);
    r->p++;
    skip_space(r);
    return scan_value(r);
}

static bool add_pair(Vm *vm, List *pairs, Dict *d, Str *key, Value v)
{
    if (d)
        return dict_set_str(vm, d, key, v);
    Tuple *t = tuple_pack(vm, 2, value_from_obj(key), v);
    return t && list_append(vm, pairs, value_from_obj(t));
}

static Value scan_object(Run *r)
{
    const Scanner *opt = r->opt;
    bool as_pairs = !value_is_empty(opt->object_pairs_hook);
    Dict *d = as_pairs ? NULL : dict_new(r->vm);
    List *pairs = as_pairs ? list_new(r->vm, 0) : NULL;
    int more = d || pairs;
    if (!more)
        return VALUE_ERROR;
    r->p++;
    skip_space(r);
    if (r->p < r->end && *r->p == '}') {
        r->p++;
        more = 0;
    }
    while (more) {
        Str *key = NULL;
        Value v = scan_pair(r, &key);
        if (value_is_empty(v) || !add_pair(r->vm, pairs, d, key, v) || !step(r))
            return VALUE_ERROR;
        more = scan_comma(r, '}', "Illegal trailing comma before end of object");
        if (more < 0)
            return VALUE_ERROR;
    }
    if (as_pairs)
        return op_call1(r->vm, opt->object_pairs_hook, value_from_obj(pairs));
    if (!value_is_empty(opt->object_hook))
        return op_call1(r->vm, opt->object_hook, value_from_obj(d));
    return value_from_obj(d);
}

static bool word_at(const Run *r, const char *word, size_t n)
{
    return (size_t)(r->end - r->p) >= n && !memcmp(r->p, word, n);
}

static Value scan_nested(Run *r)
{
    bool object = *r->p == '{';
    if (!json_enter(r->vm, r->depth, object ? " while decoding a JSON object from a unicode string"
                                            : " while decoding a JSON array from a unicode string"))
        return VALUE_ERROR;
    r->depth++;
    Value v = object ? scan_object(r) : scan_array(r);
    r->depth--;
    return v;
}

/* EMPTY: an exception is pending, or (r->nothing) no value starts here. */
static Value scan_value(Run *r)
{
    Str *s;
    if (r->p == r->end) {
        r->nothing = true;
        return VALUE_EMPTY;
    }
    switch (*r->p) {
    case '"':
        s = run_string(r, NULL);
        return s ? value_from_obj(s) : VALUE_ERROR;
    case '{':
    case '[':
        return scan_nested(r);
#define WORD(word, action)                      \
        if (word_at(r, word, sizeof word - 1))  \
            action;                             \
        break
    case 'n':
        WORD("null", return (r->p += 4, VALUE_NONE));
    case 't':
        WORD("true", return (r->p += 4, VALUE_TRUE));
    case 'f':
        WORD("false", return (r->p += 5, VALUE_FALSE));
    case 'N':
        WORD("NaN", return scan_constant(r, "NaN", __builtin_nan("")));
    case 'I':
        WORD("Infinity", return scan_constant(r, "Infinity", __builtin_inf()));
    case '-':
        if (word_at(r, "-Infinity", 9))
            return scan_constant(r, "-Infinity", -__builtin_inf());
        return scan_number(r);
    default:
        if (digit_at(r->p, r->end))
            return scan_number(r);
    }
    r->nothing = true;
    return VALUE_EMPTY;
}

/* ---- the module ---- */
static void scanner_trace(Marker *m, Obj *o)
{
    mark_values(m, &((Scanner *)o)->object_hook, 5);
}
static const TypeLayout scanner_layout = { .kind = KIND_EXT, .size = sizeof(Scanner), .trace = scanner_trace };

static bool hook(Vm *vm, Value context, const char *name, Value builtin, Value *out)
{
    Str *s = str_intern(vm, name, strlen(name));
    Value v = s ? attr_get(vm, context, s) : VALUE_EMPTY;
    if (value_is_empty(v))
        return false;
    *out = value_same(v, builtin) ? VALUE_EMPTY : v;
    return true;
}

static Value scanner_m_new(Vm *vm, Value self, const Args *args)
{
    Scanner *s = (Scanner *)object_alloc(vm, as_type(self));
    Value strict, context = args->v[0];
    if (!s || !hook(vm, context, "strict", VALUE_EMPTY, &strict))
        return VALUE_ERROR;
    int truth = op_truth(vm, strict);
    s->strict = truth;
    if (truth < 0 || !hook(vm, context, "object_hook", VALUE_NONE, &s->object_hook) ||
        !hook(vm, context, "object_pairs_hook", VALUE_NONE, &s->object_pairs_hook) ||
        !hook(vm, context, "parse_float", value_from_obj(vm->types.floating), &s->parse_float) ||
        !hook(vm, context, "parse_int", value_from_obj(vm->types.integer), &s->parse_int) ||
        !hook(vm, context, "parse_constant", VALUE_NONE, &s->parse_constant))
        return VALUE_ERROR;
    return value_from_obj(s);
}

/* Where text index idx lies; false: ValueError, or (*past) behind the end. */
static bool start_at(Vm *vm, Str *text, int64_t idx, const char **p, bool *past)
{
    if (idx < 0) {
        raise_exc(vm, EXC_ValueError, "idx cannot be negative");
        return false;
    }
    *past = idx > text->chars;
    *p = str_data(text) + (*past ? text->len : str_offset(vm, text, (uint32_t)idx));
    return true;
}

static Value scanner_m_call(Vm *vm, Value self, const Args *args)
{
    if (!is_str(args->v[0]))
        return raise_exc(vm, EXC_TypeError, "first argument must be a string, not %T", args->v[0]);
    Run r = { .vm = vm, .opt = (Scanner *)value_obj(self), .text = as_str(args->v[0]) };
    int64_t idx;
    bool past;
    if (!op_int64(vm, args->v[1], &idx) || !start_at(vm, r.text, idx, &r.p, &past))
        return VALUE_ERROR;
    r.start = str_data(r.text);
    r.end = r.start + r.text->len;
    Value v = scan_value(&r);
    Value at = past ? args->v[1] : value_from_int48(str_index_of(vm, r.text, (size_t)(r.p - r.start)));
    if (value_is_empty(v))
        return r.nothing ? raise_stop_iteration(vm, at) : v;
    Tuple *t = tuple_pack(vm, 2, v, at);
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static Value json_f_scanstring(Vm *vm, Value self, const Args *args)
{
    int64_t end;
    (void)self;
    if (!op_int64(vm, args->v[1], &end))
        return VALUE_ERROR;
    if (!is_str(args->v[0]))
        return raise_exc(vm, EXC_TypeError, "first argument must be a string, not %T", args->v[0]);
    Str *text = as_str(args->v[0]);
    int strict = op_truth(vm, args->v[2]);
    if (strict < 0)
        return VALUE_ERROR;
    if (end < 1 || end > text->chars)
        return raise_exc(vm, EXC_ValueError, "end is out of bounds");
    StringScan s = { .doc = text, .start = str_data(text), .strict = strict };
    s.end = s.start + text->len;
    s.begin = s.start + str_offset(vm, text, (uint32_t)end);
    Str *v = scan_string(vm, &s, NULL);
    Tuple *t = v ? tuple_pack(vm, 2, value_from_obj(v), value_from_int48(str_index_of(vm, text, (size_t)(s.p - s.start)))) : NULL;
    return t ? value_from_obj(t) : VALUE_ERROR;
}

/* The index of what is no white space, from idx on. */
static Value json_f_skip_space(Vm *vm, Value self, const Args *args)
{
    Run r;
    int64_t idx;
    bool past;
    (void)self;
    if (!is_str(args->v[0]))
        return raise_exc(vm, EXC_TypeError, is_bytes(args->v[0]) || is_bytearray(args->v[0])
                         ? "cannot use a string pattern on a bytes-like object"
                         : "expected string or bytes-like object, got '%T'", args->v[0]);
    if (!op_int64(vm, args->v[1], &idx))
        return VALUE_ERROR;
    Str *text = as_str(args->v[0]);
    if (!start_at(vm, text, idx < 0 ? 0 : idx, &r.p, &past))
        return VALUE_ERROR;
    r.end = str_data(text) + text->len;
    skip_space(&r);
    return value_from_int48(str_index_of(vm, text, (size_t)(r.p - str_data(text))));
}

static const MethodDef scanner_methods[] = {
    METHOD(scanner, new, "__new__(context)", "A scanner with the options of a decoder."),
    METHOD(scanner, call, "__call__(string, idx)", "The value that starts at idx, and the index behind it."),
    { 0 }
};
static const MethodDef functions[] = {
    FUNCTION(json, scanstring, "scanstring(string, end, strict=True, /)",
             "The string whose text starts at end, behind its quote, and the index behind the closing quote."),
    FUNCTION(json, skip_space, "skip_space(string, idx, /)", "The index of the first character from idx on that is no blank."),
    { 0 }
};

Value json_init(Vm *vm)
{
    static const TypeDef def = { .name = "_json.Scanner", .doc = "Reads one value of a text.", .layout = &scanner_layout,
                                 .methods = scanner_methods, .flags = TYPE_BASE };
    Module *m = module_new(vm, "_json", "JSON in C: scanner and encoder.");
    Type *t = m ? type_from_def(vm, &def, vm->types.object) : NULL;
    return t && module_add_functions(vm, m, functions) && module_set(vm, m, "make_scanner", value_from_obj(t)) &&
                   json_encode_init(vm, m)
               ? value_from_obj(m) : VALUE_ERROR;
}
