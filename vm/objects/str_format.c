/* SPDX-License-Identifier: MIT
 * str.format(), str.format_map(), and format(str, spec).
 *
 * Replacement fields: {first .attr [item] !conversion :spec}, where the spec may hold fields itself, one
 * level deep. Numbering is automatic or manual, not both. */
#include "vm/objects/int.h"
#include "vm/objects/str_methods.h"

#include "vm/text/unicode.h"
#include "vm/text/utf8.h"

#define FORMAT_DEPTH 2

typedef enum Numbering { NUMBERING_UNKNOWN, NUMBERING_AUTO, NUMBERING_MANUAL } Numbering;

typedef struct Formatter {
    Vm *vm;
    Value *args;                /* NULL: format_map() */
    uint32_t nargs;
    Value mapping;
    Numbering numbering;
    int64_t next;               /* automatic number */
} Formatter;

typedef struct Text {
    const char *p, *end;
} Text;

typedef struct Field {
    Text name, spec;
    uint32_t conversion;        /* 0: none */
    bool nested;                /* the spec holds fields */
} Field;

static bool value_error(Vm *vm, const char *message)
{
    raise_exc(vm, EXC_ValueError, "%s", message);
    return false;
}

/* ---- reading a field ---- */

/* The end of the name is '}', ':' or '!', which is returned and skipped; 0: none of them came. */
static char read_name(Text *t, Field *f)
{
    f->name.p = t->p;
    for (; t->p < t->end; t->p++) {
        if (*t->p == '{')
            return '{';
        if (*t->p == '[') {
            while (t->p < t->end && *t->p != ']')
                t->p++;
            if (t->p == t->end)
                return 0;
        } else if (*t->p == '}' || *t->p == ':' || *t->p == '!') {
            f->name.end = t->p;
            return *t->p++;
        }
    }
    return 0;
}

/* Behind the '!'; false: exception pending. *ended: the field is over. */
static bool read_conversion(Vm *vm, Text *t, Field *f, bool *ended)
{
    *ended = false;
    if (t->p == t->end)
        return value_error(vm, "end of string while looking for conversion specifier");
    f->conversion = utf8_next(&t->p);
    if (t->p == t->end)
        return true;
    *ended = *t->p == '}';
    if (*t->p != '}' && *t->p != ':')
        return value_error(vm, "expected ':' after conversion specifier");
    t->p++;
    return true;
}

static bool read_spec(Vm *vm, Text *t, Field *f)
{
    f->spec.p = t->p;
    for (int64_t depth = 1; t->p < t->end;) {
        char c = *t->p++;
        if (c == '{') {
            f->nested = true;
            depth++;
        } else if (c == '}' && --depth == 0) {
            f->spec.end = t->p - 1;
            return true;
        }
    }
    return value_error(vm, "unmatched '{' in format spec");
}

static bool read_field(Vm *vm, Text *t, Field *f)
{
    *f = (Field){ .conversion = 0 };
    bool ended;
    switch (read_name(t, f)) {
    case '{':
        return value_error(vm, "unexpected '{' in field name");
    case '}':
        return true;
    case '!':
        return read_conversion(vm, t, f, &ended) && (ended || read_spec(vm, t, f));
    case ':':
        return read_spec(vm, t, f);
    default:
        return value_error(vm, "expected '}' before end of string");
    }
}

/* ---- looking a field up ---- */

/* The number that the whole text is; -1: none, -2: exception pending. */
static int64_t read_number(Vm *vm, Text t)
{
    int64_t n = 0;
    if (t.p == t.end)
        return -1;
    while (t.p < t.end) {
        int digit = unicode_decimal(utf8_next(&t.p));
        if (digit < 0)
            return -1;
        if (n > (INT64_MAX - digit) / 10) {
            value_error(vm, "Too many decimal digits in format string");
            return -2;
        }
        n = n * 10 + digit;
    }
    return n;
}

static bool set_numbering(Formatter *f, Numbering how)
{
    if (f->numbering == NUMBERING_UNKNOWN)
        f->numbering = how;
    if (f->numbering == how)
        return true;
    return value_error(f->vm, how == NUMBERING_AUTO
                              ? "cannot switch from manual field specification to automatic field numbering"
                              : "cannot switch from automatic field numbering to manual field specification");
}

static Value named_argument(Formatter *f, Text name)
{
    Str *key = str_new(f->vm, name.p, (size_t)(name.end - name.p));
    if (!key)
        return VALUE_ERROR;
    Value k = value_from_obj(key);
    if (value_is_empty(f->mapping))
        return raise_args(f->vm, EXC_KeyError, 1, &k);
    return op_getitem(f->vm, f->mapping, k);
}

static Value first_value(Formatter *f, Text first)
{
    int64_t i = read_number(f->vm, first);
    bool empty = first.p == first.end;
    if (i == -2)
        return VALUE_ERROR;
    if (i < 0 && !empty)
        return named_argument(f, first);
    if (f->args && !set_numbering(f, empty ? NUMBERING_AUTO : NUMBERING_MANUAL))
        return VALUE_ERROR;
    if (empty)
        i = f->next++;
    if (!f->args) {
        value_error(f->vm, "Format string contains positional fields");
        return VALUE_ERROR;
    }
    if (i >= f->nargs)
        return raise_exc(f->vm, EXC_IndexError,
                         "Replacement index %lld out of range for positional args tuple", (long long)i);
    return f->args[i];
}

static Value get_attribute(Vm *vm, Value v, Text name)
{
    Str *key = str_new(vm, name.p, (size_t)(name.end - name.p));
    return key ? attr_get(vm, v, key) : VALUE_ERROR;
}

static Value get_item(Vm *vm, Value v, Text name)
{
    int64_t i = read_number(vm, name);
    if (i == -2)
        return VALUE_ERROR;
    Value key = i >= 0 ? int_new(vm, i) : value_from_obj(str_new(vm, name.p, (size_t)(name.end - name.p)));
    return value_is_empty(key) ? key : op_getitem(vm, v, key);
}

/* One ".attribute" or "[item]" of *rest. */
static Value follow(Vm *vm, Value v, Text *rest)
{
    char how = *rest->p++;
    Text name = { rest->p, rest->end };
    if (how != '.' && how != '[') {
        value_error(vm, "Only '.' or '[' may follow ']' in format field specifier");
        return VALUE_ERROR;
    }
    while (rest->p < rest->end && (how == '.' ? *rest->p != '.' && *rest->p != '[' : *rest->p != ']'))
        rest->p++;
    name.end = rest->p;
    if (how == '[') {
        if (rest->p == rest->end) {
            value_error(vm, "Missing ']' in format string");
            return VALUE_ERROR;
        }
        rest->p++;
    }
    if (name.p == name.end) {
        value_error(vm, "Empty attribute in format string");
        return VALUE_ERROR;
    }
    return how == '.' ? get_attribute(vm, v, name) : get_item(vm, v, name);
}

static Value field_value(Formatter *f, Text name)
{
    Text first = name;
    while (name.p < name.end && *name.p != '.' && *name.p != '[')
        name.p++;
    first.end = name.p;
    Value v = first_value(f, first);
    while (!value_is_empty(v) && name.p < name.end)
        v = follow(f->vm, v, &name);
    return v;
}

/* ---- output ---- */
static Value convert(Vm *vm, Value v, uint32_t conversion)
{
    switch (conversion) {
    case 0: return v;
    case 'r': return value_from_obj(op_repr(vm, v));
    case 's': return value_from_obj(op_str(vm, v));
    case 'a': return value_from_obj(op_ascii(vm, v));
    default: break;
    }
    if (conversion > 32 && conversion < 127)
        return raise_exc(vm, EXC_ValueError, "Unknown conversion specifier %c", conversion);
    return raise_exc(vm, EXC_ValueError, "Unknown conversion specifier \\x%x", conversion);
}

static bool put_format(Formatter *f, Text t, int depth, Buf *out);

static bool put_field(Formatter *f, const Field *field, int depth, Buf *out)
{
    Vm *vm = f->vm;
    Str *spec = NULL, *text;
    Value v = field_value(f, field->name);
    if (!value_is_empty(v))
        v = convert(vm, v, field->conversion);
    if (value_is_empty(v))
        return false;
    if (field->nested) {
        Buf b;
        buf_init(&b, &vm->alloc);
        bool ok = put_format(f, field->spec, depth - 1, &b);
        spec = ok ? str_from_buf(vm, &b) : NULL;
        buf_free(&b);
        if (!spec)
            return false;
    } else if (field->spec.p < field->spec.end) {
        spec = str_new(vm, field->spec.p, (size_t)(field->spec.end - field->spec.p));
        if (!spec)
            return false;
    }
    if ((!spec || spec->len == 0) && is_exact(v, SHAPE_STR_ID))
        text = as_str(v);
    else
        text = op_format(vm, v, spec);
    if (!text)
        return false;
    buf_put(out, str_data(text), text->len);
    return true;
}

/* Text up to the next field, doubled braces made single. 1: a field begins, 0: the end, -1: exception. */
static int put_literal(Vm *vm, Text *t, Buf *out)
{
    while (t->p < t->end) {
        const char *p = t->p;
        while (p < t->end && *p != '{' && *p != '}')
            p++;
        buf_put(out, t->p, (size_t)(p - t->p));
        t->p = p;
        if (p == t->end)
            return 0;
        t->p++;
        if (t->p < t->end && *t->p == *p) {
            buf_putc(out, *p);
            t->p++;
            continue;
        }
        if (*p == '{' && t->p < t->end)
            return 1;
        value_error(vm, *p == '{' ? "Single '{' encountered in format string"
                                  : "Single '}' encountered in format string");
        return -1;
    }
    return 0;
}

static bool put_format(Formatter *f, Text t, int depth, Buf *out)
{
    int more;
    if (depth <= 0)
        return value_error(f->vm, "Max string recursion exceeded");
    while ((more = put_literal(f->vm, &t, out)) > 0) {
        Field field;
        if (!read_field(f->vm, &t, &field) || !put_field(f, &field, depth, out) || !vm_checkpoint(f->vm))
            return false;
        if (out->failed) {
            raise_no_memory(f->vm);
            return false;
        }
    }
    return more == 0;
}

static Value run(Formatter *f, Value self)
{
    Str *s = as_str(self);
    Text t = { str_data(s), str_data(s) + s->len };
    Buf b;
    char small[256];
    buf_init_on(&b, &f->vm->alloc, small, sizeof small);
    if (!put_format(f, t, FORMAT_DEPTH, &b)) {
        buf_free(&b);
        return VALUE_ERROR;
    }
    if (b.len == s->len && !memchr(t.p, '{', s->len) && !memchr(t.p, '}', s->len)) {
        buf_free(&b);
        return self;            /* nothing to fill in: the very object, though it be of a subclass */
    }
    return value_from_obj(str_from_buf(f->vm, &b));
}

Value str_m_format(Vm *vm, Value self, const Args *args)
{
    Value none = VALUE_NONE;
    Formatter f = { .vm = vm, .args = args->nrest ? args->rest : &none, .nargs = args->nrest,
                    .mapping = args->v[0] };
    return run(&f, self);
}

Value str_m_format_map(Vm *vm, Value self, const Args *args)
{
    Formatter f = { .vm = vm, .mapping = args->v[0] };
    return run(&f, self);
}

/* ---- format(str, spec) ---- */
static Value raise_format(Vm *vm, FormatError error, const FormatSpec *f, Str *spec, const char *type)
{
    Buf b;
    buf_init(&b, &vm->alloc);
    format_error(&b, error, f, str_data(spec), spec->len, type);
    Str *message = str_from_buf(vm, &b);
    return message ? raise_exc(vm, EXC_ValueError, "%S", message) : VALUE_ERROR;
}

Value str_m_format_spec(Vm *vm, Value self, const Args *args)
{
    return str_format_spec(vm, self, as_str(args->v[0]));
}

Value str_format_spec(Vm *vm, Value self, Str *spec)
{
    Str *s = as_str(self);
    FormatSpec f;
    if (spec->len == 0)
        return value_from_obj(s->h.shape == SHAPE_STR_ID ? s : op_str(vm, self));
    FormatError error = (FormatError)format_spec(vm, spec, FORMAT_STR, &f);
    if (error != FORMAT_OK)
        return raise_format(vm, error, &f, spec, type_name_of(vm, self));
    if (f.width > FORMAT_LEN_MAX)
        return raise_no_memory(vm);
    Buf b;
    char small[96];
    buf_init_on(&b, &vm->alloc, small, sizeof small);
    format_str(&b, &f, str_data(s), s->len);
    return value_from_obj(str_from_buf(vm, &b));
}
