/* SPDX-License-Identifier: MIT
 * format() of numbers. */
#include "vm/buf.h"
#include "vm/num/numfmt.h"
#include "vm/objects/complex.h"
#include "vm/objects/int.h"
#include "vm/objects/str.h"

struct FormatMemo {
    uint64_t text;
    uint32_t len;               /* 0: none */
    int kind;
    FormatSpec spec;
};
#define MEMO_SIZE 16u

int format_spec(Vm *vm, Str *spec, int kind, FormatSpec *out)
{
    uint64_t text = 0;
    if (spec->len > sizeof text || !spec->len)
        return (int)format_parse(str_data(spec), spec->len, (FormatKind)kind, out);
    memcpy(&text, str_data(spec), spec->len);
    if (!vm->format_memo) {
        vm->format_memo = mem_alloc(&vm->alloc, MEMO_SIZE * sizeof *vm->format_memo);
        if (!vm->format_memo)
            return (int)format_parse(str_data(spec), spec->len, (FormatKind)kind, out);
        memset(vm->format_memo, 0, MEMO_SIZE * sizeof *vm->format_memo);
    }
    struct FormatMemo *m = &vm->format_memo[(text * UINT64_C(0x9e3779b97f4a7c15) >> 60) ^ (unsigned)kind];
    if (m->text != text || m->len != spec->len || m->kind != kind) {
        FormatError error = format_parse(str_data(spec), spec->len, (FormatKind)kind, out);
        if (error)
            return (int)error;
        *m = (struct FormatMemo){ text, spec->len, kind, *out };
    }
    *out = m->spec;
    return FORMAT_OK;
}

void format_memo_free(Vm *vm)
{
    if (vm->format_memo)
        mem_free(&vm->alloc, vm->format_memo, MEMO_SIZE * sizeof *vm->format_memo);
}

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
    FormatError error = (FormatError)format_spec(vm, spec, FORMAT_FLOAT, &f);
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
    FormatError error = (FormatError)format_spec(vm, spec, FORMAT_COMPLEX, &f);
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
    FormatError error = (FormatError)format_spec(vm, spec, FORMAT_INT, &f);
    int base = error ? 0 : format_int_base(&f);
    if (error) {
        return format_failed(vm, &b, error, &f, spec, v);
    } else if (base == 0) {
        if (!op_double(vm, v, &d))
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
