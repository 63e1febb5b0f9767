/* SPDX-License-Identifier: MIT
 * The type int. */
#include "vm/code.h"
#include "vm/objects/bytes.h"
#include "vm/objects/int_view.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

/* ---- int() ---- */
static Value returned_int(Vm *vm, Value r)
{
    if (value_is_empty(r) || is_int(r))
        return value_is_empty(r) ? r : int_returned(vm, r, "__int__");
    return raise_exc(vm, EXC_TypeError, "__int__ returned non-int (type %T)", r);
}

static Value returned_trunc(Vm *vm, Value r)
{
    if (!value_is_empty(r) && vm->hooks.warn &&
        !vm->hooks.warn(vm, vm->exc[EXC_DeprecationWarning], "The delegation of int() to __trunc__ is deprecated."))
        return VALUE_ERROR;
    if (value_is_empty(r) || is_int(r))
        return value_is_empty(r) ? r : int_exact(vm, r);
    if (value_is_empty(type_special(type_of(vm, r), SPECIAL_INDEX)))
        return raise_exc(vm, EXC_TypeError, "__trunc__ returned non-Integral (type %T)", r);
    return op_index(vm, r);
}

static bool is_bytes_like(Vm *vm, Value v)
{
    return is_bytes(v) || is_bytearray(v) || type_of(vm, v) == vm->types.memoryview || bytes_lent(vm, v, NULL) ||
           bytes_by_script(vm, v);
}

/* int(x) of any value. */
static Value int_convert(Vm *vm, Value x)
{
    bool missing;
    if (value_is_int48(x) || is_exact(x, SHAPE_INT_ID))
        return x;
    if (value_is_double(x))
        return int_from_double(vm, value_double(x));
    if (is_exact(x, SHAPE_STR_ID))
        return int_parse(vm, x, 10);
    Type *t = type_of(vm, x);
    if (!value_is_empty(type_special(t, SPECIAL_INT)))
        return returned_int(vm, op_call_special(vm, x, SPECIAL_INT, 0, NULL, &missing));
    if (!value_is_empty(type_special(t, SPECIAL_INDEX)))
        return op_index(vm, x);
    if (!value_is_empty(type_special(t, SPECIAL_TRUNC)))
        return returned_trunc(vm, op_call_special(vm, x, SPECIAL_TRUNC, 0, NULL, &missing));
    const char *data;
    size_t len;
    if (is_str(x) || (is_bytes_like(vm, x) && bytes_view(vm, x, &data, &len)))
        return int_parse(vm, x, 10);
    return vm_pending(vm) && !bytes_refused(vm) ? VALUE_ERROR : raise_exc(vm, EXC_TypeError,
                 "int() argument must be a string, a bytes-like object or a real number, not '%T'", x);
}

static Value int_with_base(Vm *vm, Value x, Value base_arg)
{
    int64_t base;
    if (!op_index_clamped(vm, base_arg, &base))
        return VALUE_ERROR;
    if (value_is_empty(x))
        return raise_exc(vm, EXC_TypeError, "int() missing string argument");
    if ((base != 0 && base < 2) || base > 36)
        return raise_exc(vm, EXC_ValueError, "int() base must be >= 2 and <= 36, or 0");
    if (!is_str(x) && !is_bytes(x) && !is_bytearray(x))
        return raise_exc(vm, EXC_TypeError, "int() can't convert non-string with explicit base");
    return int_parse(vm, x, (int)base);
}

static Value int_of_class(Vm *vm, Type *cls, Value v)
{
    if (value_is_empty(v) || cls == vm->types.integer)
        return v;
    if (cls == vm->types.boolean)
        return raise_exc(vm, EXC_TypeError, "int.__new__(bool) is not safe, use bool.__new__()");
    IntView w;
    int_view(v, &w);
    Int *r = (Int *)object_alloc_var(vm, cls, KIND_INT, sizeof *r + w.n * sizeof(Limb));
    if (!r)
        return VALUE_ERROR;
    r->count = (uint32_t)w.n;
    r->sign = w.n ? w.neg ? -1 : 1 : 0;
    if (w.n)
        memcpy(r->limbs, w.limbs, w.n * sizeof(Limb));
    return value_from_obj(r);
}

static Value int_m_new(Vm *vm, Value self, const Args *args)
{
    Value x = args->v[0], v;
    if (args->nrest && as_type(self) != vm->types.integer)
        return raise_exc(vm, EXC_TypeError, "int() takes at most 2 arguments (%u given)", args->nrest + 2);
    if (args->nrest)
        return raise_exc(vm, EXC_TypeError, "int expected at most 2 arguments, got %u", args->nrest + 2);
    if (!value_is_empty(args->v[1]))
        v = int_with_base(vm, x, args->v[1]);
    else
        v = value_is_empty(x) ? value_from_int48(0) : int_convert(vm, x);
    return int_of_class(vm, as_type(self), v);
}

/* ---- operators ---- */
#define INT_OPERATOR(name, OP)                                                                  \
    static Value int_m_##name(Vm *vm, Value self, const Args *args)                             \
    {                                                                                           \
        Value v = args->v[0];                                                                   \
        return is_int(v) ? int_binary(vm, INT_##OP, self, v) : VALUE_NOT_IMPLEMENTED;           \
    }                                                                                           \
    static Value int_m_r##name(Vm *vm, Value self, const Args *args)                            \
    {                                                                                           \
        Value v = args->v[0];                                                                   \
        return is_int(v) ? int_binary(vm, INT_##OP, v, self) : VALUE_NOT_IMPLEMENTED;           \
    }
INT_OPERATOR(add, ADD)
INT_OPERATOR(sub, SUB)
INT_OPERATOR(mul, MUL)
INT_OPERATOR(truediv, DIV)
INT_OPERATOR(floordiv, FLOORDIV)
INT_OPERATOR(mod, MOD)
INT_OPERATOR(lshift, LSHIFT)
INT_OPERATOR(rshift, RSHIFT)
INT_OPERATOR(and, AND)
INT_OPERATOR(or, OR)
INT_OPERATOR(xor, XOR)
#undef INT_OPERATOR

static Value divmod_pair(Vm *vm, Value a, Value b)
{
    Value q, r;
    if (!is_int(a) || !is_int(b))
        return VALUE_NOT_IMPLEMENTED;
    return int_divmod(vm, a, b, &q, &r) ? value_from_obj(tuple_pack(vm, 2, q, r)) : VALUE_ERROR;
}

static Value int_m_divmod(Vm *vm, Value self, const Args *args)
{
    return divmod_pair(vm, self, args->v[0]);
}

static Value int_m_rdivmod(Vm *vm, Value self, const Args *args)
{
    return divmod_pair(vm, args->v[0], self);
}

static Value power(Vm *vm, Value a, Value b, Value mod)
{
    if (!is_int(a) || !is_int(b) || !(value_is_none(mod) || is_int(mod)))
        return VALUE_NOT_IMPLEMENTED;
    return value_is_none(mod) ? int_binary(vm, INT_POW, a, b) : int_pow_mod(vm, a, b, mod);
}

static Value int_m_pow(Vm *vm, Value self, const Args *args)
{
    if (!value_is_none(args->v[1]) && !is_int(args->v[1]))
        return VALUE_NOT_IMPLEMENTED;
    return power(vm, self, args->v[0], args->v[1]);
}

static Value int_m_rpow(Vm *vm, Value self, const Args *args)
{
    if (!value_is_none(args->v[1]) && !is_int(args->v[1]))
        return VALUE_NOT_IMPLEMENTED;
    return power(vm, args->v[0], self, args->v[1]);
}

#define INT_COMPARE(name, test)                                             \
    static Value int_m_##name(Vm *vm, Value self, const Args *args)         \
    {                                                                       \
        (void)vm;                                                           \
        if (!is_int(args->v[0]))                                            \
            return VALUE_NOT_IMPLEMENTED;                                   \
        return value_from_bool(int_compare(self, args->v[0]) test 0);       \
    }
INT_COMPARE(eq, ==)
INT_COMPARE(ne, !=)
INT_COMPARE(lt, <)
INT_COMPARE(le, <=)
INT_COMPARE(gt, >)
INT_COMPARE(ge, >=)
#undef INT_COMPARE

static Value int_m_neg(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return int_negate(vm, self);
}

static Value int_m_abs(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return int_sign(self) < 0 ? int_negate(vm, self) : int_exact(vm, self);
}

static Value int_m_invert(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return int_invert(vm, self);
}

/* __pos__, __int__, __index__, __trunc__, __floor__, __ceil__, conjugate */
static Value int_m_self(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return int_exact(vm, self);
}

static Value int_m_float(Vm *vm, Value self, const Args *args)
{
    (void)args;
    double d;
    return int_to_double(vm, self, &d) ? value_from_double(d) : VALUE_ERROR;
}

static Value int_m_bool(Vm *vm, Value self, const Args *args)
{
    (void)vm, (void)args;
    return value_from_bool(int_sign(self));
}

static Value int_m_hash(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return int_new(vm, int_hash(self));
}

static Value int_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return value_from_obj(int_to_str(vm, self, 10));
}

static Value int_m_format(Vm *vm, Value self, const Args *args)
{
    Str *spec = as_str(args->v[0]);
    return spec->len ? int_format_spec(vm, self, spec) : value_from_obj(op_str(vm, self));
}

/* Rounded half to even to a multiple of 10**places. */
static Value round_to(Vm *vm, Value v, int64_t places)
{
    IntView w;
    int_view(v, &w);
    Value zero = value_from_int48(0), q, r;
    if ((uint64_t)places > limbs_bit_length(w.limbs, w.n) / 3 + 2)
        return zero;
    Value unit = int_binary(vm, INT_POW, value_from_int48(10), value_from_int48(places));
    if (value_is_empty(unit) || !int_divmod(vm, v, unit, &q, &r))
        return VALUE_ERROR;
    Value twice = int_binary(vm, INT_ADD, r, r), odd = int_binary(vm, INT_AND, q, value_from_int48(1));
    if (value_is_empty(twice) || value_is_empty(odd))
        return VALUE_ERROR;
    int c = int_compare(twice, unit);
    Value down = int_binary(vm, INT_SUB, v, r);
    if (value_is_empty(down) || c < 0 || (c == 0 && !int_sign(odd)))
        return down;
    return int_binary(vm, INT_ADD, down, unit);
}

static Value int_m_round(Vm *vm, Value self, const Args *args)
{
    int64_t places;
    if (value_is_empty(args->v[0]))
        return int_exact(vm, self);
    Value n = op_index(vm, args->v[0]);
    if (value_is_empty(n))
        return n;
    if (int_sign(n) >= 0)
        return int_exact(vm, self);
    return int_to_i64(n, &places) && places > INT64_MIN ? round_to(vm, self, -places) : value_from_int48(0);
}

/* ---- named methods ---- */
static Value int_m_bit_length(Vm *vm, Value self, const Args *args)
{
    (void)args;
    IntView w;
    int_view(self, &w);
    return int_new_u64(vm, limbs_bit_length(w.limbs, w.n));
}

static Value int_m_bit_count(Vm *vm, Value self, const Args *args)
{
    (void)args;
    IntView w;
    int_view(self, &w);
    return int_new_u64(vm, limbs_bit_count(w.limbs, w.n));
}

static Value int_m_as_integer_ratio(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Value v = int_exact(vm, self);
    return value_is_empty(v) ? v : value_from_obj(tuple_pack(vm, 2, v, value_from_int48(1)));
}

static Value int_m_is_integer(Vm *vm, Value self, const Args *args)
{
    (void)vm, (void)self, (void)args;
    return VALUE_TRUE;
}

static bool byte_order(Vm *vm, Value v, bool *little)
{
    const Str *s = as_str(v);
    *little = s->len == 6 && !memcmp(str_data(s), "little", 6);
    if (*little || (s->len == 3 && !memcmp(str_data(s), "big", 3)))
        return true;
    raise_exc(vm, EXC_ValueError, "byteorder must be either 'little' or 'big'");
    return false;
}

static Value int_m_to_bytes(Vm *vm, Value self, const Args *args)
{
    int64_t len;
    bool little;
    if (!byte_order(vm, args->v[1], &little))
        return VALUE_ERROR;
    if (!int_to_i64(args->v[0], &len))
        return raise_exc(vm, EXC_OverflowError, "cannot fit 'int' into an index-sized integer");
    if (len < 0)
        return raise_exc(vm, EXC_ValueError, "length argument must be non-negative");
    Bytes *b = bytes_new(vm, NULL, (size_t)len);
    if (!b)
        return VALUE_ERROR;
    uint64_t rest = self.bits - VALUE_INT_TAG;
    if (rest <= (uint64_t)INT48_MAX && len <= 64 && !value_is_true(args->v[2])
        && (len >= 6 || !(rest >> 8 * len))) {
        for (int64_t i = 0; i < len; i++, rest >>= 8)
            b->data[little ? i : len - 1 - i] = (char)(rest & 255);
        return value_from_obj(b);
    }
    IntView w;
    int_view(self, &w);
    switch (limbs_to_bytes((uint8_t *)b->data, (size_t)len, w.limbs, w.n, w.neg, little, value_is_true(args->v[2]))) {
    case LIMB_BYTES_OK: return value_from_obj(b);
    case LIMB_BYTES_NEGATIVE: return raise_exc(vm, EXC_OverflowError, "can't convert negative int to unsigned");
    default: return raise_exc(vm, EXC_OverflowError, "int too big to convert");
    }
}

static Value int_m_from_bytes(Vm *vm, Value self, const Args *args)
{
    Value source = args->v[0];
    const char *data;
    size_t len;
    bool little, neg;
    if (!byte_order(vm, args->v[1], &little))
        return VALUE_ERROR;
    if (!is_bytes_like(vm, source)) {
        Type *t = type_of(vm, source);
        if (is_str(source) || is_int(source) || (value_is_empty(type_special(t, SPECIAL_ITER)) &&
            value_is_empty(type_special(t, SPECIAL_BYTES)) && value_is_empty(type_special(t, SPECIAL_GETITEM))))
            return raise_exc(vm, EXC_TypeError, "cannot convert '%T' object to bytes", source);
        source = op_call1(vm, value_from_obj(vm->types.bytes), source);
    } else if (type_of(vm, source) == vm->types.memoryview) {       /* in whatever steps */
        source = op_call1(vm, value_from_obj(vm->types.bytes), source);
    }
    if (value_is_empty(source) || !bytes_view(vm, source, &data, &len))
        return VALUE_ERROR;
    Int *r = int_alloc(vm, len / sizeof(Limb) + 1);
    if (!r)
        return VALUE_ERROR;
    size_t n = limbs_from_bytes(r->limbs, &neg, (const uint8_t *)data, len, little, value_is_true(args->v[2]));
    Value v = int_done(r, n, neg);
    return as_type(self) == vm->types.integer ? v : op_call1(vm, self, v);
}

static Value int_m_getnewargs(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Value v = int_exact(vm, self);
    return value_is_empty(v) ? v : value_from_obj(tuple_pack(vm, 1, v));
}

/* ---- attributes ---- */
static Value int_get_self(Vm *vm, Value self)
{
    return int_exact(vm, self);
}
static Value int_get_zero(Vm *vm, Value self)
{
    (void)vm, (void)self;
    return value_from_int48(0);
}
static Value int_get_one(Vm *vm, Value self)
{
    (void)vm, (void)self;
    return value_from_int48(1);
}

static const GetSetDef int_getsets[] = {
    { "real", "What does not stand at the i.", int_get_self, NULL },
    { "imag", "What stands at the i.", int_get_zero, NULL },
    { "numerator", "The int itself, as the upper part of a fraction.", int_get_self, NULL },
    { "denominator", "One: an int is a fraction over that.", int_get_one, NULL },
    { 0 }
};

#define OPERATOR(name, symbol)                                                              \
    METHOD(int, name, "__" #name "__(value, /)", "Return self" symbol "value."),            \
    METHOD(int, r##name, "__r" #name "__(value, /)", "Return value" symbol "self.")
static const MethodDef int_methods[] = {
    { "__new__(x=..., /, base=..., *args)", NULL, int_m_new, NATIVE_STATIC },
    METHOD(int, repr, "__repr__()", "Return repr(self)."),
    METHOD(int, hash, "__hash__()", "Return hash(self)."),
    METHOD(int, bool, "__bool__()", "Is it not zero?"),
    METHOD(int, eq, "__eq__(value, /)", "Return self==value."),
    METHOD(int, ne, "__ne__(value, /)", "Return self!=value."),
    METHOD(int, lt, "__lt__(value, /)", "Return self<value."),
    METHOD(int, le, "__le__(value, /)", "Return self<=value."),
    METHOD(int, gt, "__gt__(value, /)", "Return self>value."),
    METHOD(int, ge, "__ge__(value, /)", "Return self>=value."),
    OPERATOR(add, "+"), OPERATOR(sub, "-"), OPERATOR(mul, "*"), OPERATOR(truediv, "/"), OPERATOR(floordiv, "//"),
    OPERATOR(mod, "%"), OPERATOR(lshift, "<<"), OPERATOR(rshift, ">>"), OPERATOR(and, "&"), OPERATOR(or, "|"),
    OPERATOR(xor, "^"),
    METHOD(int, divmod, "__divmod__(value, /)", "Return divmod(self, value)."),
    METHOD(int, rdivmod, "__rdivmod__(value, /)", "Return divmod(value, self)."),
    METHOD(int, pow, "__pow__(value, mod=None, /)", "The power, by choice modulo mod."),
    METHOD(int, rpow, "__rpow__(value, mod=None, /)", "The power with self as the exponent."),
    METHOD(int, neg, "__neg__()", "-self"),
    METHOD(int, self, "__pos__()", "+self"),
    METHOD(int, abs, "__abs__()", "abs(self)"),
    METHOD(int, invert, "__invert__()", "~self"),
    METHOD(int, self, "__int__()", "int(self)"),
    METHOD(int, float, "__float__()", "float(self)"),
    METHOD(int, self, "__index__()", "The int itself: it can be an index."),
    METHOD(int, self, "__trunc__()", "The int itself."),
    METHOD(int, self, "__floor__()", "The int itself."),
    METHOD(int, self, "__ceil__()", "The int itself."),
    METHOD(int, round, "__round__(ndigits=..., /) as (ndigits=<unrepresentable>, /)",
           "The int itself; with a negative number of digits the nearest multiple of a "
           "power of ten."),
    METHOD(int, format, "__format__(format_spec: str, /)", "The number as text, laid out as the spec says."),
    METHOD(int, getnewargs, "__getnewargs__()", NULL),
    METHOD(int, self, "conjugate()", "The int itself: it has no imaginary part."),
    METHOD(int, bit_length, "bit_length()",
           "How many digits its magnitude has in base two."),
    METHOD(int, bit_count, "bit_count()",
           "How many ones its magnitude has in base two."),
    METHOD(int, to_bytes, "to_bytes(length: ssize = 1, byteorder: str = 'big', *, signed: bool = False)",
           "The integer as bytes, in two's complement if signed."),
    CLASSMETHOD(int, from_bytes, "from_bytes(bytes, byteorder: str = 'big', *, signed: bool = False)",
                "The integer that these bytes stand for."),
    METHOD(int, as_integer_ratio, "as_integer_ratio()",
           "The int over one."),
    METHOD(int, is_integer, "is_integer()",
           "Always true; float has the same method."),
    { 0 }
};
#undef OPERATOR

static const TypeDef int_def = {
    .name = "int",
    .doc = "An integer of any size: of a number, its fraction dropped, or of text in "
           "some base.",
    .layout = LAYOUT(INT),
    .methods = int_methods,
    .getsets = int_getsets,
    .flags = TYPE_BASE | TYPE_MATCH_SELF,
    .shape_id = SHAPE_INT_ID,
};

bool int_types_init(Vm *vm)
{
    vm->types.integer = type_from_def(vm, &int_def, vm->types.object);
    return vm->types.integer && bool_types_init(vm);
}
