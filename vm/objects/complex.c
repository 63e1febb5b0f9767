/* SPDX-License-Identifier: MIT
 * The type complex. */
#include <ctype.h>

#include "vm/buf.h"
#include "vm/code.h"
#include "vm/num/dtoa.h"
#include "vm/num/libm.h"
#include "vm/num/numfmt.h"
#include "vm/objects/complex.h"
#include "vm/objects/int_view.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

Value complex_new(Vm *vm, Cplx z)
{
    Complex *c = (Complex *)object_alloc(vm, vm->types.complex);
    if (!c)
        return VALUE_ERROR;
    c->z = z;
    return value_from_obj(c);
}

/* ---- arithmetic ---- */
Cplx cplx_mul(Cplx a, Cplx b)
{
    return (Cplx){ a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re };
}

/* Smith's method (Communications of the ACM 5, 1962, algorithm 116). The divisor is not 0. */
Cplx cplx_div(Cplx a, Cplx b)
{
    if (fabs(b.re) >= fabs(b.im)) {
        double ratio = b.im / b.re, denom = b.re + b.im * ratio;
        return (Cplx){ (a.re + a.im * ratio) / denom, (a.im - a.re * ratio) / denom };
    }
    if (fabs(b.im) >= fabs(b.re)) {
        double ratio = b.re / b.im, denom = b.re * ratio + b.im;
        return (Cplx){ (a.re * ratio + a.im) / denom, (a.im * ratio - a.re) / denom };
    }
    return (Cplx){ NAN, NAN };
}

static bool is_zero(Cplx z)
{
    return z.re == 0 && z.im == 0;
}

static Value divided(Vm *vm, Cplx a, Cplx b)
{
    if (is_zero(b))
        return raise_exc(vm, EXC_ZeroDivisionError, "complex division by zero");
    return complex_new(vm, cplx_div(a, b));
}

/* By squaring; n > 0. */
static Cplx power_of(Cplx x, unsigned n)
{
    Cplx r = { 1, 0 };
    for (unsigned mask = 1; mask <= n; mask <<= 1) {
        if (n & mask)
            r = cplx_mul(r, x);
        x = cplx_mul(x, x);
    }
    return r;
}

static Cplx power_polar(Cplx a, Cplx b)
{
    double size = libm.hypot(a.re, a.im), angle = libm.atan2(a.im, a.re);
    double len = libm.pow(size, b.re), phase = angle * b.re;
    if (b.im != 0) {
        len /= libm.exp(angle * b.im);
        phase += b.im * libm.log(size);
    }
    return (Cplx){ len * libm.cos(phase), len * libm.sin(phase) };
}

static Value powered(Vm *vm, Cplx a, Cplx b)
{
    Cplx r;
    if (b.im == 0 && b.re == round_down(b.re) && fabs(b.re) <= 100) {
        int n = (int)b.re;
        if (n < 0 && is_zero(a))
            return raise_exc(vm, EXC_ZeroDivisionError, "0.0 to a negative or complex power");
        r = n > 0 ? power_of(a, (unsigned)n) : n < 0 ? cplx_div((Cplx){ 1, 0 }, power_of(a, (unsigned)-n)) : (Cplx){ 1, 0 };
    } else if (is_zero(b)) {
        r = (Cplx){ 1, 0 };
    } else if (is_zero(a)) {
        if (b.im != 0 || b.re < 0)
            return raise_exc(vm, EXC_ZeroDivisionError, "0.0 to a negative or complex power");
        r = (Cplx){ 0, 0 };
    } else {
        if (!libm_ready(vm))
            return VALUE_ERROR;
        r = power_polar(a, b);
    }
    if (isinf(r.re) || isinf(r.im))
        return raise_exc(vm, EXC_OverflowError, "complex exponentiation");
    return complex_new(vm, r);
}

/* 1: *out is the operand's value. 0: not a number of ours. -1: exception pending. */
static int operand(Vm *vm, Value v, Cplx *out)
{
    *out = (Cplx){ 0, 0 };
    if (is_complex(v)) {
        *out = as_complex(v)->z;
        return 1;
    }
    if (is_float(v)) {
        out->re = float_value(v);
        return 1;
    }
    return !is_int(v) ? 0 : int_to_double(vm, v, &out->re) ? 1 : -1;
}

Value complex_binary(Vm *vm, unsigned op, Value v, Value w)
{
    Cplx a, b;
    int ok = operand(vm, v, &a);
    if (ok > 0)
        ok = operand(vm, w, &b);
    if (ok <= 0)
        return ok ? VALUE_ERROR : VALUE_NOT_IMPLEMENTED;
    switch (op) {
    case INT_ADD: return complex_new(vm, (Cplx){ a.re + b.re, a.im + b.im });
    case INT_SUB: return complex_new(vm, (Cplx){ a.re - b.re, a.im - b.im });
    case INT_MUL: return complex_new(vm, cplx_mul(a, b));
    case INT_DIV: return divided(vm, a, b);
    case INT_POW: return powered(vm, a, b);
    default: return VALUE_NOT_IMPLEMENTED;
    }
}

#define COMPLEX_OPERATOR(name, OP)                                          \
    static Value complex_m_##name(Vm *vm, Value self, const Args *args)     \
    {                                                                       \
        return complex_binary(vm, INT_##OP, self, args->v[0]);              \
    }                                                                       \
    static Value complex_m_r##name(Vm *vm, Value self, const Args *args)    \
    {                                                                       \
        return complex_binary(vm, INT_##OP, args->v[0], self);              \
    }
COMPLEX_OPERATOR(add, ADD)
COMPLEX_OPERATOR(sub, SUB)
COMPLEX_OPERATOR(mul, MUL)
COMPLEX_OPERATOR(truediv, DIV)
#undef COMPLEX_OPERATOR

static Value power(Vm *vm, Value a, Value b, Value mod)
{
    Cplx ignored;
    if (operand(vm, a, &ignored) > 0 && operand(vm, b, &ignored) > 0 && !value_is_none(mod))
        return raise_exc(vm, EXC_ValueError, "complex modulo");
    if (exc_pending_is(vm, EXC_BaseException))
        return VALUE_ERROR;
    return complex_binary(vm, INT_POW, a, b);
}

static Value complex_m_pow(Vm *vm, Value self, const Args *args)
{
    return power(vm, self, args->v[0], args->v[1]);
}

static Value complex_m_rpow(Vm *vm, Value self, const Args *args)
{
    return power(vm, args->v[0], self, args->v[1]);
}

static Value complex_m_neg(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return complex_new(vm, (Cplx){ -as_complex(self)->z.re, -as_complex(self)->z.im });
}

/* __pos__, __complex__ */
static Value complex_m_self(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return type_of(vm, self) == vm->types.complex ? self : complex_new(vm, as_complex(self)->z);
}

static Value complex_m_conjugate(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return complex_new(vm, (Cplx){ as_complex(self)->z.re, -as_complex(self)->z.im });
}

static Value complex_m_abs(Vm *vm, Value self, const Args *args)
{
    Cplx z = as_complex(self)->z;
    (void)args;
    if (!libm_ready(vm))
        return VALUE_ERROR;
    double r = libm.hypot(z.re, z.im);
    if (isinf(r) && isfinite(z.re) && isfinite(z.im))
        return raise_exc(vm, EXC_OverflowError, "absolute value too large");
    return float_new(vm, r);
}

static Value complex_m_bool(Vm *vm, Value self, const Args *args)
{
    (void)vm, (void)args;
    return value_from_bool(!is_zero(as_complex(self)->z));
}

/* ---- comparing ---- */
static int equals(Vm *vm, Value self, Value other)
{
    Cplx z = as_complex(self)->z;
    if (is_complex(other))
        return z.re == as_complex(other)->z.re && z.im == as_complex(other)->z.im;
    if (!is_float(other) && !is_int(other))
        return -1;
    if (z.im != 0)
        return 0;
    return op_compare_bool(vm, COMPARE_EQ, float_new(vm, z.re), other);
}

static Value complex_m_eq(Vm *vm, Value self, const Args *args)
{
    int same = equals(vm, self, args->v[0]);
    return same < 0 ? VALUE_NOT_IMPLEMENTED : value_from_bool(same);
}

static Value complex_m_ne(Vm *vm, Value self, const Args *args)
{
    int same = equals(vm, self, args->v[0]);
    return same < 0 ? VALUE_NOT_IMPLEMENTED : value_from_bool(!same);
}

/* There is no order: __lt__ and its like. */
static Value complex_m_order(Vm *vm, Value self, const Args *args)
{
    (void)vm, (void)self, (void)args;
    return VALUE_NOT_IMPLEMENTED;
}

/* A NaN hashes by the identity of the whole. */
static uint64_t hash_part(double d, const Complex *c)
{
    return isnan(d) ? (uint64_t)(uintptr_t)c >> 4 : (uint64_t)double_hash(d);
}

static Value complex_m_hash(Vm *vm, Value self, const Args *args)
{
    const Complex *c = as_complex(self);
    (void)args;
    uint64_t h = hash_part(c->z.re, c) + 1000003u * hash_part(c->z.im, c);
    return int_new(vm, h == UINT64_MAX ? -2 : (int64_t)h);
}

/* ---- text ---- */
static Value complex_m_repr(Vm *vm, Value self, const Args *args)
{
    Buf b;
    (void)args;
    buf_init(&b, &vm->alloc);
    complex_repr(&b, as_complex(self)->z.re, as_complex(self)->z.im);
    Str *s = str_from_buf(vm, &b);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value complex_m_format(Vm *vm, Value self, const Args *args)
{
    Str *spec = as_str(args->v[0]);
    return spec->len ? complex_format_spec(vm, self, spec) : value_from_obj(op_str(vm, self));
}

static bool next_is(const char *p, const char *end, char c)
{
    return p < end && (*p | 0x20) == c;
}

/* What a number is followed by: a sign that stands alone is one times it. */
static const char *scan_part(const char *p, const char *end, double *out)
{
    size_t n = float_scan(p, (size_t)(end - p), out);
    if (n)
        return p + n;
    bool sign = p < end && (*p == '+' || *p == '-');
    const char *q = p + sign;
    if (!next_is(q, end, 'j'))
        return NULL;
    *out = sign && *p == '-' ? -1 : 1;
    return q;
}

bool complex_scan(const char *p, size_t len, Cplx *out)
{
    const char *end = p + len;
    double d;
    while (p < end && isspace((unsigned char)*p))
        p++;
    while (p < end && isspace((unsigned char)end[-1]))
        end--;
    if (p < end && *p == '(' && end[-1] == ')') {
        for (p++, end--; p < end && isspace((unsigned char)*p);)
            p++;
        while (p < end && isspace((unsigned char)end[-1]))
            end--;
    }
    *out = (Cplx){ 0, 0 };
    if (!(p = scan_part(p, end, &d)))
        return false;
    if (next_is(p, end, 'j')) {
        out->im = d;
        return p + 1 == end;
    }
    out->re = d;
    if (p == end)
        return true;
    if (*p != '+' && *p != '-')
        return false;
    return (p = scan_part(p, end, &out->im)) && next_is(p, end, 'j') && p + 1 == end;
}

/* Underscores between digits go. False: one stands elsewhere. */
static bool drop_underscores(Buf *b)
{
    size_t to = 0;
    for (size_t i = 0; i < b->len; i++) {
        if (b->data[i] != '_')
            b->data[to++] = b->data[i];
        else if (!i || i + 1 == b->len || !isdigit((unsigned char)b->data[i - 1]) || !isdigit((unsigned char)b->data[i + 1]))
            return false;
    }
    b->len = to;
    return true;
}

static Value from_text(Vm *vm, Str *text, Cplx *out)
{
    Buf b, plain;
    size_t len;
    buf_init(&b, &vm->alloc);
    buf_init(&plain, &vm->alloc);
    const char *p = text_to_ascii_number(text, &b, &len);
    buf_put(&plain, p, len);
    bool failed = b.failed || plain.failed;
    bool digits = !failed && drop_underscores(&plain);
    bool ok = digits && complex_scan(plain.len ? plain.data : "", plain.len, out);
    buf_free(&b);
    buf_free(&plain);
    if (failed)
        return raise_no_memory(vm);
    if (!digits)
        return raise_exc(vm, EXC_ValueError, "could not convert string to complex: %R", value_from_obj(text));
    return ok ? VALUE_NONE : raise_exc(vm, EXC_ValueError, "complex() arg is a malformed string");
}

/* ---- complex() ---- */

/* 1: by __complex__, 0: it has none, -1: exception pending. */
static int by_method(Vm *vm, Value v, Cplx *out)
{
    if (is_complex(v) && type_of(vm, v) == vm->types.complex) {
        *out = as_complex(v)->z;
        return 1;
    }
    Str *name = str_intern(vm, "__complex__", 11);
    Value f = name ? type_lookup(vm, type_of(vm, v), name) : VALUE_EMPTY;
    if (value_is_empty(f))
        return name ? 0 : -1;
    f = attr_bind(vm, f, v, type_of(vm, v));
    Value r = value_is_empty(f) ? f : op_call0(vm, f);
    if (value_is_empty(r))
        return -1;
    if (!is_complex(r)) {
        raise_exc(vm, EXC_TypeError, "__complex__ returned non-complex (type %T)", r);
        return -1;
    }
    if (type_of(vm, r) != vm->types.complex && vm->hooks.warn) {
        Str *s = str_printf(vm, "__complex__ returned non-complex (type %T).  The ability to return an instance of a strict "
                            "subclass of complex is deprecated, and may be removed in a future version of Python.", r);
        if (!s || !vm->hooks.warn(vm, vm->exc[EXC_DeprecationWarning], str_data(s)))
            return -1;
    }
    *out = as_complex(r)->z;
    return 1;
}

bool complex_of(Vm *vm, Value v, Cplx *out)
{
    *out = (Cplx){ 0, 0 };
    int found = by_method(vm, v, out);
    return found ? found > 0 : op_double(vm, v, &out->re);
}

/* A real or complex number as an argument. *complex: it was complex. */
static bool part_of(Vm *vm, Value v, bool first, Cplx *out, bool *is_cplx)
{
    *out = (Cplx){ 0, 0 };
    int found = first ? by_method(vm, v, out) : is_complex(v);
    if (found < 0)
        return false;
    if (found && !first)
        *out = as_complex(v)->z;
    *is_cplx = found;
    if (found)
        return true;
    const Type *t = type_of(vm, v);
    if (value_is_empty(type_special(t, SPECIAL_FLOAT)) && value_is_empty(type_special(t, SPECIAL_INDEX))) {
        raise_exc(vm, EXC_TypeError, first ? "complex() first argument must be a string or a number, not '%T'"
                                           : "complex() second argument must be a number, not '%T'", v);
        return false;
    }
    return op_double(vm, v, &out->re);
}

static Value made(Vm *vm, Type *cls, Cplx z)
{
    Complex *c = (Complex *)object_alloc(vm, cls);
    if (!c)
        return VALUE_ERROR;
    c->z = z;
    return value_from_obj(c);
}

static Value complex_m_new(Vm *vm, Value self, const Args *args)
{
    Type *cls = as_type(self);
    Value r = args->v[0], i = args->v[1];
    bool has_imag = !value_is_empty(i), r_complex = false, i_complex = false;
    Cplx a = { 0, 0 }, b = { 0, 0 };
    if (!value_is_empty(r) && !has_imag && cls == vm->types.complex && type_of(vm, r) == cls)
        return r;
    if (!value_is_empty(r) && is_str(r)) {
        if (has_imag)
            return raise_exc(vm, EXC_TypeError, "complex() can't take second arg if first is a string");
        return value_is_empty(from_text(vm, as_str(r), &a)) ? VALUE_ERROR : made(vm, cls, a);
    }
    if (has_imag && is_str(i))
        return raise_exc(vm, EXC_TypeError, "complex() second arg can't be a string");
    if ((!value_is_empty(r) && !part_of(vm, r, true, &a, &r_complex)) || (has_imag && !part_of(vm, i, false, &b, &i_complex)))
        return VALUE_ERROR;
    if (i_complex)
        a.re -= b.im;
    if (r_complex)
        b.re += a.im;
    return made(vm, cls, (Cplx){ a.re, has_imag || r_complex ? b.re : 0 });
}

static Value complex_m_getnewargs(Vm *vm, Value self, const Args *args)
{
    Cplx z = as_complex(self)->z;
    (void)args;
    Tuple *t = tuple_pack(vm, 2, float_new(vm, z.re), float_new(vm, z.im));
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static Value complex_get_real(Vm *vm, Value self)
{
    (void)vm;
    return float_new(vm, as_complex(self)->z.re);
}

static Value complex_get_imag(Vm *vm, Value self)
{
    (void)vm;
    return float_new(vm, as_complex(self)->z.im);
}

#define OPERATOR(name, symbol)                                                              \
    METHOD(complex, name, "__" #name "__(value, /)", "Return self" symbol "value."),        \
    METHOD(complex, r##name, "__r" #name "__(value, /)", "Return value" symbol "self.")
static const MethodDef methods[] = {
    METHOD(complex, new, "__new__(real=..., imag=...)", "A number from its parts, or from text."),
    METHOD(complex, repr, "__repr__()", "Return repr(self)."),
    METHOD(complex, hash, "__hash__()", "Return hash(self)."),
    METHOD(complex, bool, "__bool__()", "Is it not zero?"),
    METHOD(complex, eq, "__eq__(value, /)", "Return self==value."),
    METHOD(complex, ne, "__ne__(value, /)", "Return self!=value."),
    METHOD(complex, order, "__lt__(value, /)", "Return self<value."),
    METHOD(complex, order, "__le__(value, /)", "Return self<=value."),
    METHOD(complex, order, "__gt__(value, /)", "Return self>value."),
    METHOD(complex, order, "__ge__(value, /)", "Return self>=value."),
    OPERATOR(add, "+"), OPERATOR(sub, "-"), OPERATOR(mul, "*"), OPERATOR(truediv, "/"),
    METHOD(complex, pow, "__pow__(value, mod=None, /)", "The power, by choice modulo mod."),
    METHOD(complex, rpow, "__rpow__(value, mod=None, /)", "The power with self as the exponent."),
    METHOD(complex, neg, "__neg__()", "-self"),
    METHOD(complex, self, "__pos__()", "+self"),
    METHOD(complex, abs, "__abs__()", "abs(self)"),
    METHOD(complex, self, "__complex__()", "As a plain complex."),
    METHOD(complex, conjugate, "conjugate()", "The number with the imaginary part negated."),
    METHOD(complex, format, "__format__(format_spec: str, /)", "As text, by a format."),
    METHOD(complex, getnewargs, "__getnewargs__()", NULL),
    { 0 }
};
#undef OPERATOR
static const GetSetDef getsets[] = {
    { "real", "What does not stand at the i.", complex_get_real, NULL },
    { "imag", "What stands at the i.", complex_get_imag, NULL },
    { 0 }
};

bool complex_type_init(Vm *vm)
{
    static const TypeDef def = { .name = "complex", .doc = "A number of a real and an imaginary part.", .layout = LAYOUT(COMPLEX),
                                 .methods = methods, .getsets = getsets, .flags = TYPE_BASE };
    return (vm->types.complex = type_from_def(vm, &def, vm->types.object));
}
