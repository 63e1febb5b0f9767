/* SPDX-License-Identifier: MIT
 * The type float. */

#include "vm/buf.h"
#include "vm/code.h"
#include "vm/num/dtoa.h"
#include "vm/num/libm.h"
#include "vm/objects/bytes.h"
#include "vm/objects/complex.h"
#include "vm/objects/float_ops.h"
#include "vm/objects/int_view.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

static inline Value float_exact(Vm *vm, Value v)
{
    return value_is_double(v) ? v : float_new(vm, float_value(v));
}

/* ---- float() ---- */
static Value not_a_number(Vm *vm, Value x)
{
    return raise_exc(vm, EXC_TypeError, "float() argument must be a string or a real number, not '%T'", x);
}

static Value float_of_text(Vm *vm, Value text)
{
    const char *data;
    size_t len;
    if (!is_str(text)) {
        if (bytes_view(vm, text, &data, &len))
            return float_from_text(vm, data, len, text);
        return bytes_refused(vm) ? not_a_number(vm, text) : VALUE_ERROR;
    }
    Buf b;
    buf_init(&b, &vm->alloc);
    data = text_to_ascii_number(as_str(text), &b, &len);
    Value v = b.failed ? raise_no_memory(vm) : float_from_text(vm, data, len, text);
    buf_free(&b);
    return v;
}

static Value float_convert(Vm *vm, Value x)
{
    bool missing;
    double d;
    if (value_is_double(x))
        return x;
    if (value_is_int48(x))
        return value_from_double((double)value_int48(x));
    if (is_exact(x, SHAPE_STR_ID))
        return float_of_text(vm, x);
    Type *t = type_of(vm, x);
    if (!value_is_empty(type_special(t, SPECIAL_FLOAT))) {
        Value r = op_call_special(vm, x, SPECIAL_FLOAT, 0, NULL, &missing);
        r = value_is_empty(r) ? r : float_returned(vm, x, r);
        return value_is_empty(r) ? r : float_exact(vm, r);
    }
    if (!value_is_empty(type_special(t, SPECIAL_INDEX))) {
        Value i = op_index(vm, x);
        return !value_is_empty(i) && int_to_double(vm, i, &d) ? value_from_double(d) : VALUE_ERROR;
    }
    if (is_str(x) || is_bytes(x) || is_bytearray(x) || t == vm->types.memoryview || bytes_lent(vm, x, NULL) ||
        bytes_by_script(vm, x))
        return float_of_text(vm, x);
    return not_a_number(vm, x);
}

static Value float_m_new(Vm *vm, Value self, const Args *args)
{
    Value v = value_is_empty(args->v[0]) ? value_from_double(0.0) : float_convert(vm, args->v[0]);
    if (value_is_empty(v) || as_type(self) == vm->types.floating)
        return v;
    Float *f = (Float *)object_alloc(vm, as_type(self));
    if (!f)
        return VALUE_ERROR;
    f->value = float_value(v);
    return value_from_obj(f);
}

/* ---- operators ---- */
/* 1: *out is the operand's value. 0: not a number. -1: exception pending. */
static int operand(Vm *vm, Value v, double *out)
{
    if (is_float(v)) {
        *out = float_value(v);
        return 1;
    }
    return !is_int(v) ? 0 : int_to_double(vm, v, out) ? 1 : -1;
}

static Value arithmetic(Vm *vm, unsigned op, Value a, Value b)
{
    double x, y;
    int ok = operand(vm, a, &x);
    if (ok > 0)
        ok = operand(vm, b, &y);
    return ok > 0 ? float_binary(vm, op, x, y) : ok < 0 ? VALUE_ERROR : VALUE_NOT_IMPLEMENTED;
}
#define FLOAT_OPERATOR(name, OP)                                            \
    static Value float_m_##name(Vm *vm, Value self, const Args *args)       \
    {                                                                       \
        return arithmetic(vm, INT_##OP, self, args->v[0]);                  \
    }                                                                       \
    static Value float_m_r##name(Vm *vm, Value self, const Args *args)      \
    {                                                                       \
        return arithmetic(vm, INT_##OP, args->v[0], self);                  \
    }
FLOAT_OPERATOR(add, ADD)
FLOAT_OPERATOR(sub, SUB)
FLOAT_OPERATOR(mul, MUL)
FLOAT_OPERATOR(truediv, DIV)
FLOAT_OPERATOR(floordiv, FLOORDIV)
FLOAT_OPERATOR(mod, MOD)
#undef FLOAT_OPERATOR

static Value power(Vm *vm, Value a, Value b, Value mod)
{
    if (!value_is_none(mod))
        return raise_exc(vm, EXC_TypeError, "pow() 3rd argument not allowed unless all arguments are integers");
    return arithmetic(vm, INT_POW, a, b);
}

static Value float_m_pow(Vm *vm, Value self, const Args *args)
{
    return power(vm, self, args->v[0], args->v[1]);
}

static Value float_m_rpow(Vm *vm, Value self, const Args *args)
{
    return power(vm, args->v[0], self, args->v[1]);
}

static Value divmod_pair(Vm *vm, Value a, Value b)
{
    double x, y, q, r;
    int ok = operand(vm, a, &x);
    if (ok > 0)
        ok = operand(vm, b, &y);
    if (ok <= 0)
        return ok ? VALUE_ERROR : VALUE_NOT_IMPLEMENTED;
    if (y == 0)
        return raise_exc(vm, EXC_ZeroDivisionError, "float divmod()");
    float_divmod(x, y, &q, &r);
    return value_from_obj(tuple_pack(vm, 2, float_new(vm, q), float_new(vm, r)));
}

static Value float_m_divmod(Vm *vm, Value self, const Args *args)
{
    return divmod_pair(vm, self, args->v[0]);
}

static Value float_m_rdivmod(Vm *vm, Value self, const Args *args)
{
    return divmod_pair(vm, args->v[0], self);
}

/* x against a number, exactly: -1, 0, 1; 2 when a NaN is one of them. */
static int compare_number(double x, Value v)
{
    double y;
    if (is_float(v)) {
        y = float_value(v);
    } else if (is_bigint(v) && as_bigint(v)->count && isfinite(x)) {
        IntView w;
        int_view(v, &w);
        if ((x < 0) != w.neg)
            return x < 0 ? -1 : 1;
        int c = limbs_cmp_double(w.limbs, w.n, fabs(x));
        return w.neg ? (c > 0) - (c < 0) : (c < 0) - (c > 0);
    } else {
        int64_t i = 0;
        y = is_bigint(v) ? (double)int_sign(v) : int_to_i64(v, &i) ? (double)i : 0.0;   /* an infinity exceeds all */
    }
    return x < y ? -1 : x > y ? 1 : x == y ? 0 : 2;
}
#define FLOAT_COMPARE(name, test)                                                       \
    static Value float_m_##name(Vm *vm, Value self, const Args *args)                   \
    {                                                                                   \
        (void)vm;                                                                       \
        if (!is_float(args->v[0]) && !is_int(args->v[0]))                               \
            return VALUE_NOT_IMPLEMENTED;                                               \
        int c = compare_number(float_value(self), args->v[0]);                          \
        return value_from_bool(test);                                                   \
    }
FLOAT_COMPARE(eq, c == 0)
FLOAT_COMPARE(ne, c != 0)
FLOAT_COMPARE(lt, c == -1)
FLOAT_COMPARE(le, c <= 0)
FLOAT_COMPARE(gt, c == 1)
FLOAT_COMPARE(ge, c == 0 || c == 1)
#undef FLOAT_COMPARE

static Value float_m_neg(Vm *vm, Value self, const Args *args)
{
    (void)vm, (void)args;
    return float_new(vm, -float_value(self));
}

static Value float_m_abs(Vm *vm, Value self, const Args *args)
{
    (void)vm, (void)args;
    return float_new(vm, fabs(float_value(self)));
}

/* __pos__, __float__, conjugate */
static Value float_m_self(Vm *vm, Value self, const Args *args)
{
    (void)vm, (void)args;
    return float_exact(vm, self);
}

static Value float_m_bool(Vm *vm, Value self, const Args *args)
{
    (void)vm, (void)args;
    return value_from_bool(float_value(self) != 0);
}

static Value float_m_hash(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return int_new(vm, float_hash(vm, float_value(self), self));
}

static Value float_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return value_from_obj(float_to_str(vm, float_value(self)));
}

static Value float_m_format(Vm *vm, Value self, const Args *args)
{
    Str *spec = as_str(args->v[0]);
    return spec->len ? float_format_spec(vm, self, spec) : value_from_obj(op_str(vm, self));
}

/* __int__, __trunc__ */
static Value float_m_int(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return int_from_double(vm, float_value(self));
}

static Value float_m_floor(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return int_from_double(vm, round_down(float_value(self)));
}

static Value float_m_ceil(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return int_from_double(vm, round_up(float_value(self)));
}

static Value float_m_round(Vm *vm, Value self, const Args *args)
{
    double x = float_value(self), r;
    int64_t places;
    if (value_is_none(args->v[0]))
        return int_from_double(vm, round_even(x));
    if (!op_index_clamped(vm, args->v[0], &places))
        return VALUE_ERROR;
    if (!float_round(x, places, &r))
        return raise_exc(vm, EXC_OverflowError, "rounded value too large to represent");
    return float_new(vm, r);
}

/* ---- named methods ---- */
static Value float_m_is_integer(Vm *vm, Value self, const Args *args)
{
    (void)vm, (void)args;
    double x = float_value(self);
    return value_from_bool(isfinite(x) && round_down(x) == x);
}

static Value float_m_as_integer_ratio(Vm *vm, Value self, const Args *args)
{
    (void)args;
    double x = float_value(self);
    uint64_t mant;
    int exp;
    if (isinf(x))
        return raise_exc(vm, EXC_OverflowError, "cannot convert Infinity to integer ratio");
    if (isnan(x))
        return raise_exc(vm, EXC_ValueError, "cannot convert NaN to integer ratio");
    float_ratio(x, &mant, &exp);
    Value num = int_new(vm, x < 0 ? -(int64_t)mant : (int64_t)mant), den = value_from_int48(1);
    if (value_is_empty(num))
        return num;
    if (exp > 0)
        num = int_binary(vm, INT_LSHIFT, num, value_from_int48(exp));
    else
        den = int_binary(vm, INT_LSHIFT, den, value_from_int48(-exp));
    return value_is_empty(num) || value_is_empty(den) ? VALUE_ERROR : value_from_obj(tuple_pack(vm, 2, num, den));
}

static Value float_m_hex(Vm *vm, Value self, const Args *args)
{
    (void)args;
    char text[FLOAT_HEX_MAX];
    return value_from_obj(str_new(vm, text, float_hex(float_value(self), text)));
}

static Value float_m_fromhex(Vm *vm, Value self, const Args *args)
{
    double d;
    if (!is_str(args->v[0]))
        return raise_exc(vm, EXC_TypeError, "bad argument type for built-in operation");
    Str *s = as_str(args->v[0]);
    switch (float_from_hex(str_data(s), s->len, &d)) {
    case FLOAT_HEX_INVALID:
        return raise_exc(vm, EXC_ValueError, "invalid hexadecimal floating-point string");
    case FLOAT_HEX_TOO_LARGE:
        return raise_exc(vm, EXC_OverflowError, "hexadecimal value too large to represent as a float");
    default:
        break;
    }
    Value v = float_new(vm, d);
    return as_type(self) == vm->types.floating ? v : op_call1(vm, self, v);
}

static Value float_m_getformat(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Str *kind = as_str(args->v[0]);
    if (!str_is(kind, "double") && !str_is(kind, "float"))
        return raise_exc(vm, EXC_ValueError, "__getformat__() argument 1 must be 'double' or 'float'");
    const uint16_t probe = 1;
    return value_from_obj(str_cstr(vm, *(const uint8_t *)&probe ? "IEEE, little-endian" : "IEEE, big-endian"));
}

static Value float_m_getnewargs(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return value_from_obj(tuple_pack(vm, 1, float_exact(vm, self)));
}

static Value float_get_real(Vm *vm, Value self)
{
    (void)vm;
    return float_exact(vm, self);
}
static Value float_get_imag(Vm *vm, Value self)
{
    (void)vm, (void)self;
    return value_from_double(0.0);
}
static const GetSetDef float_getsets[] = {
    { "real", "What does not stand at the i.", float_get_real, NULL },
    { "imag", "What stands at the i.", float_get_imag, NULL },
    { 0 }
};

#define OPERATOR(name, symbol)                                                              \
    METHOD(float, name, "__" #name "__(value, /)", "Return self" symbol "value."),          \
    METHOD(float, r##name, "__r" #name "__(value, /)", "Return value" symbol "self.")
static const MethodDef float_methods[] = {
    { "__new__(x=..., /)", NULL, float_m_new, NATIVE_STATIC },
    METHOD(float, repr, "__repr__()", "Return repr(self)."),
    METHOD(float, hash, "__hash__()", "Return hash(self)."),
    METHOD(float, bool, "__bool__()", "Is it not zero?"),
    METHOD(float, eq, "__eq__(value, /)", "Return self==value."),
    METHOD(float, ne, "__ne__(value, /)", "Return self!=value."),
    METHOD(float, lt, "__lt__(value, /)", "Return self<value."),
    METHOD(float, le, "__le__(value, /)", "Return self<=value."),
    METHOD(float, gt, "__gt__(value, /)", "Return self>value."),
    METHOD(float, ge, "__ge__(value, /)", "Return self>=value."),
    OPERATOR(add, "+"), OPERATOR(sub, "-"), OPERATOR(mul, "*"), OPERATOR(truediv, "/"), OPERATOR(floordiv, "//"),
    OPERATOR(mod, "%"),
    METHOD(float, divmod, "__divmod__(value, /)", "Return divmod(self, value)."),
    METHOD(float, rdivmod, "__rdivmod__(value, /)", "Return divmod(value, self)."),
    METHOD(float, pow, "__pow__(value, mod=None, /)", "The power, by choice modulo mod."),
    METHOD(float, rpow, "__rpow__(value, mod=None, /)", "The power with self as the exponent."),
    METHOD(float, neg, "__neg__()", "-self"),
    METHOD(float, self, "__pos__()", "+self"),
    METHOD(float, abs, "__abs__()", "abs(self)"),
    METHOD(float, int, "__int__()", "int(self)"),
    METHOD(float, self, "__float__()", "float(self)"),
    METHOD(float, int, "__trunc__()", "The int that is left when the fraction is dropped."),
    METHOD(float, floor, "__floor__()", "The greatest int that is not above it."),
    METHOD(float, ceil, "__ceil__()", "The least int that is not below it."),
    METHOD(float, round, "__round__(ndigits=None, /)",
           "The nearest int, the even one between two; with a number of decimals the "
           "nearest such float."),
    METHOD(float, format, "__format__(format_spec: str, /)", "The number as text, laid out as the spec says."),
    METHOD(float, getnewargs, "__getnewargs__()", NULL),
    CLASSMETHOD(float, getformat, "__getformat__(typestr: str, /)", "How the machine stores floats: for tests."),
    METHOD(float, self, "conjugate()", "The number itself: it has no imaginary part."),
    METHOD(float, is_integer, "is_integer()", "Has it no fraction?"),
    METHOD(float, as_integer_ratio, "as_integer_ratio()",
           "The exact value as a fraction, lower part positive, nothing to cancel."),
    METHOD(float, hex, "hex()", "The exact value as text in base sixteen."),
    CLASSMETHOD(float, fromhex, "fromhex(string, /)", "The float that hex() gave this text for."),
    { 0 }
};
#undef OPERATOR

static const TypeDef float_def = {
    .name = "float",
    .doc = "A floating-point number, made of a number or of text.",
    .layout = LAYOUT(FLOAT),
    .methods = float_methods,
    .getsets = float_getsets,
    .flags = TYPE_BASE | TYPE_MATCH_SELF,
    .shape_id = SHAPE_FLOAT_ID,
};

bool float_types_init(Vm *vm)
{
    vm->types.floating = type_from_def(vm, &float_def, vm->types.object);
    return vm->types.floating && complex_type_init(vm);
}
