/* SPDX-License-Identifier: MIT
 * format() of numbers. */
#include "vm/buf.h"
#include "vm/num/numfmt.h"
#include "vm/objects/complex.h"
#include "vm/objects/int.h"
#include "vm/objects/str.h"

static Value format_failed(Vm *vm, Buf *b, FormatError error, const FormatSpec *f, Str *spec, Value v)
{
    buf_clear(b);
    format_error(b, error, f, str_data(spec), spec->len, type_name_of(vm, v));
    Str *text = str_from_buf(vm, b);        /* there may be a NUL in it */
    return text ? raise_exc(vm, error == FORMAT_CHAR_RANGE ? EXC_OverflowError : EXC_ValueError, "%S", text) : VALUE_ERROR;
}

static Value finish(Vm *vm, Buf *b, FormatError error, const FormatSpec *f, Str *spec, Value v)
{
    if (error)
        return format_failed(vm, b, error, f, spec, v);
    return value_from_obj(str_from_buf(vm, b));
}

Value float_format_spec(Vm *vm, Value v, Str *spec)
{
    FormatSpec f;
    Buf b;
    char small[96];
    buf_init_on(&b, &vm->alloc, small, sizeof small);
    FormatError error = format_parse(str_data(spec), spec->len, FORMAT_FLOAT, &f);
    if (!error)
        error = format_float(&b, &f, float_value(v));
    return finish(vm, &b, error, &f, spec, v);
}

Value complex_format_spec(Vm *vm, Value v, Str *spec)
{
    FormatSpec f;
    Buf b;
    char small[96];
    buf_init_on(&b, &vm->alloc, small, sizeof small);
    FormatError error = format_parse(str_data(spec), spec->len, FORMAT_COMPLEX, &f);
    if (!error)
        error = format_complex(&b, &f, as_complex(v)->z.re, as_complex(v)->z.im);
    return finish(vm, &b, error, &f, spec, v);
}

Value int_format_spec(Vm *vm, Value v, Str *spec)
{
    FormatSpec f;
    Buf b;
    char small[96];
    double d;
    int64_t cp;
    buf_init_on(&b, &vm->alloc, small, sizeof small);
    FormatError error = format_parse(str_data(spec), spec->len, FORMAT_INT, &f);
    int base = error ? 0 : format_int_base(&f);
    if (error) {
        return format_failed(vm, &b, error, &f, spec, v);
    } else if (base == 0) {
        if (!int_to_double(vm, v, &d))
            return VALUE_ERROR;
        error = format_float(&b, &f, d);
    } else if (base == 1) {
        if (!int_to_i64(v, &cp))
            return raise_exc(vm, EXC_OverflowError, "Python int too large to convert to C long");
        error = format_char(&b, &f, cp);
    } else {
        if (base == 10 && value_is_int48(v)) {
            char text[INT_DIGITS], *end = text + sizeof text, *p = int_digits(end, value_int48(v));
            format_int(&b, &f, p, (size_t)(end - p), value_int48(v) < 0);
            return finish(vm, &b, error, &f, spec, v);
        }
        Str *digits = int_to_str(vm, v, base);
        if (!digits)
            return VALUE_ERROR;
        bool neg = int_sign(v) < 0;
        format_int(&b, &f, str_data(digits) + neg, digits->len - neg, neg);
    }
    return finish(vm, &b, error, &f, spec, v);
}
