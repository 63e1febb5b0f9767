/* SPDX-License-Identifier: MIT
 * The % operator of str and bytes: which argument a conversion takes, and its text. */
#include "vm/objects/int.h"
#include "vm/objects/str_methods.h"

#include "vm/objects/bytes.h"
#include "vm/text/utf8.h"

typedef struct Percent {
    Vm *vm;
    Buf *out;
    const char *format;
    size_t len;
    bool bytes;
    Value args;                 /* the tuple, or the one argument */
    Value mapping;              /* EMPTY: the argument is none */
    int64_t at, count;          /* next and end in a tuple; -2 and -1 for one argument, -1 once it is used */
} Percent;

static bool type_error(Vm *vm, const char *message)
{
    raise_type_error(vm, message);
    return false;
}

static bool next_arg(Percent *p, Value *out)
{
    if (p->at >= p->count)
        return type_error(p->vm, "not enough arguments for format string");
    *out = p->count < 0 ? p->args : as_tuple(p->args)->items[p->at];
    p->at++;
    return true;
}

/* From now on the arguments are the one value that the mapping has for the key. */
static bool take_key(Percent *p, const PercentSpec *spec)
{
    Value key = p->bytes ? value_from_obj(bytes_new(p->vm, spec->key, spec->key_len))
                         : value_from_obj(str_new(p->vm, spec->key, spec->key_len));
    if (value_is_empty(key))
        return false;
    p->args = op_getitem(p->vm, p->mapping, key);
    p->at = -2;
    p->count = -1;
    return !value_is_empty(p->args);
}

static bool take_stars(Percent *p, PercentSpec *spec)
{
    Value v;
    int64_t i;
    int precision;
    if (spec->width == PERCENT_STAR) {
        if (!next_arg(p, &v))
            return false;
        if (!is_int(v))
            return type_error(p->vm, "* wants int");
        if (!arg_ssize(p->vm, v, &i))
            return false;
        percent_set_width(spec, i);
    }
    if (spec->precision == PERCENT_STAR) {
        if (!next_arg(p, &v))
            return false;
        if (!is_int(v))
            return type_error(p->vm, "* wants int");
        if (!arg_cint(p->vm, v, &precision))
            return false;
        percent_set_precision(spec, precision);
    }
    return true;
}

/* ---- conversions ---- */
static bool has_special(Vm *vm, Value v, Special s)
{
    return !value_is_empty(type_special(type_of(vm, v), s));
}

/* int(v) for what is a number; EMPTY with nothing pending: it is none. */
static Value to_integer(Vm *vm, Value v, bool index_only)
{
    bool missing;
    if (is_int(v))
        return value_is_bool(v) ? value_from_int48(value_is_true(v)) : v;
    if (!index_only && is_float(v))
        return int_from_double(vm, float_value(v));
    if (!index_only && has_special(vm, v, SPECIAL_INT)) {
        v = op_call_special(vm, v, SPECIAL_INT, 0, NULL, &missing);
        if (!value_is_empty(v) && !is_int(v))
            return VALUE_EMPTY;
    } else {
        if (!has_special(vm, v, SPECIAL_INDEX))
            return VALUE_EMPTY;
        v = op_index(vm, v);
    }
    if (value_is_empty(v) && exc_pending_is(vm, EXC_TypeError))
        exc_discard(vm);            /* the words are the format's */
    return v;
}

static bool put_int(Percent *p, const PercentSpec *spec, Value v)
{
    int base = percent_int_base(spec->type);
    Value n = to_integer(p->vm, v, base != 10);
    if (value_is_empty(n)) {
        if (!vm_pending(p->vm))
            raise_exc(p->vm, EXC_TypeError, "%%%c format: %s is required, not %T",
                  p->bytes && spec->type == 'i' ? 'd' : spec->type, base == 10 ? "a real number" : "an integer", v);
        return false;
    }
    if (base == 10 && value_is_int48(n)) {
        char small[INT_DIGITS], *end = small + sizeof small, *from = int_digits(end, value_int48(n));
        percent_int(p->out, spec, from, (size_t)(end - from), value_int48(n) < 0);
        return true;
    }
    Str *digits = int_to_str(p->vm, n, base);
    if (!digits)
        return false;
    const char *text = str_data(digits);
    bool neg = *text == '-';
    percent_int(p->out, spec, text + neg, digits->len - neg, neg);
    return true;
}

static bool put_float(Percent *p, const PercentSpec *spec, Value v)
{
    double d;
    if (!op_double(p->vm, v, &d)) {
        if (p->bytes) {
            exc_discard(p->vm);
            raise_exc(p->vm, EXC_TypeError, "float argument required, not %T", v);
        }
        return false;
    }
    percent_float(p->out, spec, d);
    return true;
}

/* A single byte, or an int below 256. */
static bool put_byte(Percent *p, const PercentSpec *spec, Value v)
{
    char c;
    const char *data = &c;
    size_t len = 1;
    int64_t i;
    if (is_bytes(v) || is_bytearray(v)) {
        if (!bytes_view(p->vm, v, &data, &len))
            return false;
    } else {
        Value n = to_integer(p->vm, v, true);
        if (value_is_empty(n)) {
            len = 0;
        } else if (!int_to_i64(n, &i) || i < 0 || i > 255) {
            raise_exc(p->vm, EXC_OverflowError, "%%c arg not in range(256)");
            return false;
        } else {
            c = (char)i;
        }
    }
    if (len != 1)
        return !vm_pending(p->vm) &&
               type_error(p->vm, "%c requires an integer in range(256) or a single byte");
    PercentSpec whole = *spec;
    whole.precision = -1;
    percent_bytes(p->out, &whole, data, 1);
    return true;
}

static bool put_char(Percent *p, const PercentSpec *spec, Value v)
{
    int64_t cp;
    PercentSpec whole = *spec;
    whole.precision = -1;
    if (is_str(v)) {
        if (as_str(v)->chars != 1)
            return type_error(p->vm, "%c requires int or char");
        percent_str(p->out, &whole, str_data(as_str(v)), as_str(v)->len);
        return true;
    }
    Value n = to_integer(p->vm, v, true);
    if (value_is_empty(n))
        return !vm_pending(p->vm) && type_error(p->vm, "%c requires int or char");
    if (!int_to_i64(n, &cp) || cp < 0 || cp > UNICODE_MAX) {
        raise_exc(p->vm, EXC_OverflowError, "%%c arg not in range(0x110000)");
        return false;
    }
    char text[4];
    percent_str(p->out, &whole, text, utf8_encode((uint32_t)cp, text));
    return true;
}

static bool put_bytes(Percent *p, const PercentSpec *spec, Value v)
{
    const char *data;
    size_t len;
    bool missing = true;
    Value b = v;
    if (!is_bytes(v) && !is_bytearray(v) && has_special(p->vm, v, SPECIAL_BYTES)) {
        b = op_call_special(p->vm, v, SPECIAL_BYTES, 0, NULL, &missing);
        if (value_is_empty(b))
            return false;
        if (!is_bytes(b)) {
            raise_exc(p->vm, EXC_TypeError, "__bytes__ returned non-bytes (type %T)", b);
            return false;
        }
    }
    if (!bytes_view(p->vm, b, &data, &len)) {
        exc_discard(p->vm);
        raise_exc(p->vm, EXC_TypeError,
              "%%b requires a bytes-like object, or an object that implements __bytes__, not '%T'", v);
        return false;
    }
    percent_bytes(p->out, spec, data, len);
    return true;
}

static bool put_text(Percent *p, const PercentSpec *spec, Value v)
{
    Str *s = spec->type == 's' ? op_str(p->vm, v)
           : spec->type == 'a' || p->bytes ? op_ascii(p->vm, v) : op_repr(p->vm, v);
    if (!s)
        return false;
    if (spec->width < 0 && spec->precision < 0)
        buf_put(p->out, str_data(s), s->len);
    else
        percent_str(p->out, spec, str_data(s), s->len);
    return true;
}

static bool unsupported(Percent *p, const PercentSpec *spec)
{
    size_t at = p->bytes ? spec->type_at : utf8_count(p->format, spec->type_at);
    uint32_t c = p->bytes ? (unsigned char)p->format[spec->type_at] : spec->type;
    raise_exc(p->vm, EXC_ValueError, "unsupported format character '%c' (0x%x) at index %zu",
          c >= 31 && c < 127 ? c : '?', c, at);
    return false;
}

static bool put_value(Percent *p, const PercentSpec *spec, Value v)
{
    switch (spec->type) {
    case 'd': case 'i': case 'u': case 'o': case 'x': case 'X':
        return put_int(p, spec, v);
    case 'e': case 'E': case 'f': case 'F': case 'g': case 'G':
        return put_float(p, spec, v);
    case 'c':
        return p->bytes ? put_byte(p, spec, v) : put_char(p, spec, v);
    case 's':
        return p->bytes ? put_bytes(p, spec, v) : put_text(p, spec, v);
    case 'b':
        return p->bytes ? put_bytes(p, spec, v) : unsupported(p, spec);
    case 'r': case 'a':
        return put_text(p, spec, v);
    default:
        return unsupported(p, spec);
    }
}

static bool put_conversion(Percent *p, size_t *pos)
{
    PercentSpec spec;
    Value v;
    PercentError error = percent_parse(p->format, p->len, pos, &spec);
    if ((spec.key || error == PERCENT_KEY) && value_is_empty(p->mapping))
        return type_error(p->vm, "format requires a mapping");
    if (error != PERCENT_OK) {
        raise_exc(p->vm, EXC_ValueError, "%s", percent_error(error));
        return false;
    }
    if ((spec.key && !take_key(p, &spec)) || !take_stars(p, &spec) || !next_arg(p, &v))
        return false;
    if (spec.width > FORMAT_LEN_MAX || spec.precision > FORMAT_LEN_MAX) {
        raise_no_memory(p->vm);
        return false;
    }
    return put_value(p, &spec, v);
}

/* The next of a tuple, a string for %s or a small int for %s or %d. False: done in put_conversion(). */
static inline bool put_simple(Percent *p, char type)
{
    Value v = as_tuple(p->args)->items[p->at];
    if (value_is_int48(v) && (type == 'd' || (type == 's' && !p->bytes))) {
        char text[INT_DIGITS + 1], *end = text + sizeof text, *from = int_digits(end, value_int48(v));
        if (value_int48(v) < 0)
            *--from = '-';
        buf_put(p->out, from, (size_t)(end - from));
    } else if (type == 's' && !p->bytes && is_exact(v, SHAPE_STR_ID)) {
        buf_put(p->out, str_data(as_str(v)), as_str(v)->len);
    } else {
        return false;
    }
    p->at++;
    return true;
}

static bool put_all(Percent *p)
{
    for (size_t pos = 0; pos < p->len;) {
        const char *start = p->format + pos, *sign = memchr(start, '%', p->len - pos);
        size_t plain = sign ? (size_t)(sign - start) : p->len - pos;
        buf_put(p->out, start, plain);
        pos += plain;
        if (pos == p->len)
            break;
        pos++;
        if (pos < p->len && p->format[pos] == '%') {
            buf_putc(p->out, '%');
            pos++;
        } else if (pos < p->len && p->at >= 0 && p->at < p->count && put_simple(p, p->format[pos])) {
            pos++;
        } else if (!put_conversion(p, &pos) || !vm_checkpoint(p->vm)) {
            return false;
        }
        if (p->out->failed) {
            raise_no_memory(p->vm);
            return false;
        }
    }
    if (p->at < p->count && value_is_empty(p->mapping))
        return type_error(p->vm, p->bytes ? "not all arguments converted during bytes formatting"
                                          : "not all arguments converted during string formatting");
    return true;
}

bool percent_format(Vm *vm, const char *format, size_t len, Value arg, bool bytes, Buf *out)
{
    Percent p = { .vm = vm, .out = out, .format = format, .len = len, .bytes = bytes, .args = arg,
                  .mapping = VALUE_EMPTY, .at = -2, .count = -1 };
    if (is_tuple(arg)) {
        p.at = 0;
        p.count = (int64_t)as_tuple(arg)->len;
    } else if (has_special(vm, arg, SPECIAL_GETITEM) && !is_str(arg) &&
               !(bytes && (is_bytes(arg) || is_bytearray(arg)))) {
        p.mapping = arg;
    }
    return put_all(&p);
}

/* ---- str ---- */
static Value format_str_value(Vm *vm, Str *format, Value arg)
{
    Buf b;
    char small[256];
    buf_init_on(&b, &vm->alloc, small, sizeof small);
    if (!percent_format(vm, str_data(format), format->len, arg, false, &b)) {
        buf_free(&b);
        return VALUE_ERROR;
    }
    if (!memchr(str_data(format), '%', format->len)) {
        buf_free(&b);
        return value_from_obj(format);
    }
    return value_from_obj(str_from_buf(vm, &b));
}

Value str_m_mod(Vm *vm, Value self, const Args *args)
{
    return format_str_value(vm, as_str(self), args->v[0]);
}

Value str_m_rmod(Vm *vm, Value self, const Args *args)
{
    return is_str(args->v[0]) ? format_str_value(vm, as_str(args->v[0]), self) : VALUE_NOT_IMPLEMENTED;
}
