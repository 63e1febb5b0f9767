/* SPDX-License-Identifier: MIT
 * Operators on any two values: arithmetic and comparison, with the direct cases of built-in types and the protocol of
 * special methods (plain, reflected, in place) for the rest. */
#include "vm/ops.h"

#include "vm/code.h"
#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/set.h"
#include "vm/objects/str.h"
#include "vm/signature.h"

static const char *const op_symbols[13] = { "+", "-", "*", "@", "/", "//", "%", "** or pow()", "<<", ">>", "&", "|", "^" };
static const char *const op_inplace[13] = { "+=", "-=", "*=", "@=", "/=", "//=", "%=", "**=", "<<=", ">>=", "&=", "|=", "^=" };

/* f(a, b) for a special method f that was found on a's type. */
static Value call_two(Vm *vm, Value f, Value a, Value b, Special s)
{
    if (is_native(f) && native_binds(as_native(f)))
        return vm_stack_ok(vm, " while calling a Python object") ? signature_call(vm, as_native(f), a, 1, &b, 0, NULL)
                                                                 : VALUE_ERROR;
    Value args[2] = { a, b };
    if (is_func(f))
        return op_call(vm, f, 2, args);
    bool missing;
    return op_call_special(vm, a, s, 1, &b, &missing);
}

static bool is_sequence(Value v)
{
    return is_list(v) || is_tuple(v) || is_str(v) || is_bytes(v) || is_bytearray(v);
}

/* Concatenation and repetition of a built-in sequence: it comes after what the other side has to say, and raises
 * where a number's method returns NotImplemented. */
static bool is_sequence_slot(unsigned op, Value f, Type *t)
{
    /* A class that defines * in script has a number's slots, whichever function is found there. */
    if (op == 2 && (is_func(type_special(t, SPECIAL_MUL)) || is_func(type_special(t, SPECIAL_RMUL))))
        return false;
    return (op == 0 || op == 2) && is_native(f) && as_native(f)->h.flags & NATIVE_IS_SLOT &&
           !value_is_empty(type_special(as_native(f)->owner, SPECIAL_LEN));
}

static Value call_sequence_slot(Vm *vm, Value f, Value seq, Value other, Special s)
{
    bool repeats = s == SPECIAL_MUL || s == SPECIAL_RMUL || s == SPECIAL_IMUL;
    if (repeats && value_is_empty(type_special(type_of(vm, other), SPECIAL_INDEX)))
        return VALUE_NOT_IMPLEMENTED;
    return call_two(vm, f, seq, other, s);
}

static bool repeats(Vm *vm, Value v)
{
    Type *t = type_of(vm, v);
    return is_sequence_slot(2, type_special(t, SPECIAL_MUL), t) && is_native(type_special(t, SPECIAL_RMUL));
}

static Value unsupported(Vm *vm, unsigned op, Value a, Value b, bool in_place)
{
    /* A class that defines the operator in script is no sequence for it. */
    if (op == 0 && is_sequence(a) && is_native(type_special(type_of(vm, a), SPECIAL_ADD))) {
        if (is_bytes(a) || is_bytearray(a))
            return raise_exc(vm, EXC_TypeError, "can't concat %T to %T", b, a);
        const char *name = is_str(a) ? "str" : is_list(a) ? "list" : "tuple";
        if (is_list(a) && in_place)
            return raise_exc(vm, EXC_TypeError, "'%T' object is not iterable", b);
        return raise_exc(vm, EXC_TypeError, "can only concatenate %s (not \"%T\") to %s", name, b, name);
    }
    if (op == 2 && (repeats(vm, a) || repeats(vm, b)))
        return raise_exc(vm, EXC_TypeError, "can't multiply sequence by non-int of type '%T'", repeats(vm, a) ? b : a);
    if (op == OP_RSHIFT - OP_ADD && !in_place && is_native(a) && !strncmp(as_native(a)->def->signature, "print(", 6))
        return raise_exc(vm, EXC_TypeError, "unsupported operand type(s) for >>: '%T' and '%T'. Did you mean "
                         "\"print(<message>, file=<output_stream>)\"?", a, b);
    return raise_exc(vm, EXC_TypeError, "unsupported operand type(s) for %s: '%T' and '%T'",
                 in_place ? op_inplace[op] : op_symbols[op], a, b);
}

static Value binary_protocol(Vm *vm, unsigned op, Value a, Value b, bool in_place)
{
    Type *ta = type_of(vm, a), *tb = type_of(vm, b);
    Value f = in_place ? type_special(ta, (Special)(SPECIAL_IADD + op)) : VALUE_EMPTY, r;
    bool late = is_sequence_slot(op, f, ta);
    if (!value_is_empty(f) && !late) {
        r = call_two(vm, f, a, b, (Special)(SPECIAL_IADD + op));
        if (!value_is_not_implemented(r))
            return r;
    }
    Special plain = (Special)(SPECIAL_ADD + op), reflected = (Special)(SPECIAL_RADD + op);
    Value fa = type_special(ta, plain), fb = ta == tb ? VALUE_EMPTY : type_special(tb, reflected);
    if (!value_is_empty(fb) && !value_is_empty(fa) && type_is_subtype(tb, ta) &&
        !value_same(fb, type_special(ta, reflected))) {
        r = call_two(vm, fb, b, a, reflected);
        if (!value_is_not_implemented(r))
            return r;
        fb = VALUE_EMPTY;
    }
    bool last = is_sequence_slot(op, fa, ta);
    if (!value_is_empty(fb) && last && !is_sequence_slot(op, fb, tb)) {
        r = call_two(vm, fb, b, a, reflected);
        if (!value_is_not_implemented(r))
            return r;
        fb = VALUE_EMPTY;
    }
    if (!value_is_empty(fa)) {
        Special s = late ? (Special)(SPECIAL_IADD + op) : plain;
        r = last || late ? call_sequence_slot(vm, late ? f : fa, a, b, s) : call_two(vm, fa, a, b, plain);
        if (!value_is_not_implemented(r))
            return r;
    }
    if (is_sequence_slot(op, fb, tb)) {
        /* x *= [1] repeats the list only when x is a number of C: other types might have had a slot for it. */
        if (in_place && op == 2 && !last && (ta->flags & TYPE_HEAP || !value_is_empty(type_special(ta, SPECIAL_LEN))))
            return raise_exc(vm, EXC_TypeError, "unsupported operand type(s) for *=: '%T' and '%T'", a, b);
        if (!last) {
            r = call_sequence_slot(vm, fb, b, a, reflected);
            if (!value_is_not_implemented(r))
                return r;
        }
    } else if (!value_is_empty(fb)) {
        r = call_two(vm, fb, b, a, reflected);
        if (!value_is_not_implemented(r))
            return r;
    }
    return unsupported(vm, op, a, b, in_place);
}

/* An exact int as a double, when the other side is a float. */
static bool exact_number(Value v)
{
    return value_is_int48(v) || value_is_double(v) || is_exact(v, SHAPE_INT_ID);
}

/* An operator of a built-in type that is known to take `b`, past the protocol. */
static inline Value call_own(Vm *vm, Special s, Value a, Value b)
{
    Args args = { .v = &b, .count = 1, .given = 1 };
    return as_native(type_special(type_of(vm, a), s))->def->fn(vm, a, &args);
}

/* What sequences and sets do with their like, with numbers, and strings with %. *out unchanged: none of these. */
static void sequence_quick(Vm *vm, unsigned op, Value a, Value b, bool in_place, Value *out)
{
    uint32_t sa = shape_id_of(a), sb = shape_id_of(b);
    bool list = sa == SHAPE_LIST_ID;
    if (op == 0 && sa == sb && (list || sa == SHAPE_TUPLE_ID))
        *out = call_own(vm, list && in_place ? SPECIAL_IADD : SPECIAL_ADD, a, b);
    else if (op == 2 && sb == SHAPE_INT_ID && (list || sa == SHAPE_TUPLE_ID || sa == SHAPE_STR_ID))
        *out = call_own(vm, list && in_place ? SPECIAL_IMUL : SPECIAL_MUL, a, b);
    else if (op == OP_MOD - OP_ADD && sa == SHAPE_STR_ID && (sb == SHAPE_TUPLE_ID || sb == SHAPE_INT_ID || sb == SHAPE_STR_ID))
        *out = call_own(vm, SPECIAL_MOD, a, b);
}

Value op_binary(Vm *vm, unsigned op, Value a, Value b, bool in_place)
{
    if (exact_number(a) && exact_number(b)) {
        bool fa = value_is_double(a), fb = value_is_double(b);
        if (!fa && !fb && op != 3)
            return int_binary(vm, op, a, b);
        if ((fa || fb) && op <= 7 && op != 3) {
            double x = 0, y = 0;
            if (fa)
                x = value_double(a);
            else if (value_is_int48(a))
                x = (double)value_int48(a);
            else if (!int_to_double(vm, a, &x))
                return VALUE_ERROR;
            if (fb)
                y = value_double(b);
            else if (value_is_int48(b))
                y = (double)value_int48(b);
            else if (!int_to_double(vm, b, &y))
                return VALUE_ERROR;
            return float_binary(vm, op, x, y);
        }
    } else if (op == 0 && is_exact(a, SHAPE_STR_ID) && is_exact(b, SHAPE_STR_ID)) {
        Str *s = str_concat(vm, as_str(a), as_str(b));
        return s ? value_from_obj(s) : VALUE_ERROR;
    }
    if (!vm_stack_ok(vm, ""))
        return VALUE_ERROR;
    Value quick = VALUE_NOT_IMPLEMENTED;
    if (value_is_obj(a))
        sequence_quick(vm, op, a, b, in_place, &quick);
    if (!value_is_not_implemented(quick))
        return quick;
    return binary_protocol(vm, op, a, b, in_place);
}

static bool is_number(Value v)
{
    return is_int(v) || is_float(v) || is_complex(v);
}

Value op_pow3(Vm *vm, Value a, Value b, Value mod)
{
    if (value_is_none(mod))
        return op_binary(vm, OP_POW - OP_ADD, a, b, false);
    Value f = type_special(type_of(vm, a), SPECIAL_POW), args[3] = { a, b, mod };
    bool missing;
    if (!value_is_empty(f)) {
        Value r = is_func(f) || is_native(f) ? op_call(vm, f, 3, args)
                                             : op_call_special(vm, a, SPECIAL_POW, 2, args + 1, &missing);
        if (!value_is_not_implemented(r))
            return r;
    } else if (is_func(type_special(type_of(vm, a), SPECIAL_RPOW))) {
        return raise_exc(vm, EXC_AttributeError, "__pow__");    /* the two share a slot in CPython */
    }
    for (unsigned i = 1; i < 3; i++) {      /* the other two are asked as well */
        if (is_float(args[i]))
            return raise_exc(vm, EXC_TypeError, "pow() 3rd argument not allowed unless all arguments are integers");
        if (is_complex(args[i]) && is_number(a) && is_number(b))
            return raise_exc(vm, EXC_ValueError, "complex modulo");
    }
    return raise_exc(vm, EXC_TypeError, "unsupported operand type(s) for ** or pow(): '%T', '%T', '%T'", a, b, mod);
}

Value op_unary(Vm *vm, Special s, Value v)
{
    bool missing;
    if (value_is_int48(v)) {
        int64_t i = value_int48(v);
        if (s == SPECIAL_POS)
            return v;
        if (s == SPECIAL_INVERT)
            return value_from_int48(~i);
        return int_new(vm, s == SPECIAL_ABS && i >= 0 ? i : -i);
    }
    Value r = op_call_special(vm, v, s, 0, NULL, &missing);
    if (!missing)
        return r;
    if (s == SPECIAL_ABS)
        return raise_exc(vm, EXC_TypeError, "bad operand type for abs(): '%T'", v);
    return raise_exc(vm, EXC_TypeError, "bad operand type for unary %c: '%T'",
                 s == SPECIAL_INVERT ? '~' : s == SPECIAL_POS ? '+' : '-', v);
}

/* ---- comparison ---- */

static const Special compare_specials[6] = { SPECIAL_LT, SPECIAL_LE, SPECIAL_EQ, SPECIAL_NE, SPECIAL_GT, SPECIAL_GE };
static const Special compare_swapped[6] = { SPECIAL_GT, SPECIAL_GE, SPECIAL_EQ, SPECIAL_NE, SPECIAL_LT, SPECIAL_LE };
static const char *const compare_symbols[6] = { "<", "<=", "==", "!=", ">", ">=" };

static Value compare_protocol(Vm *vm, unsigned cmp, Value a, Value b)
{
    if (is_exact(a, SHAPE_TUPLE_ID) && is_exact(b, SHAPE_TUPLE_ID)) {
        const Tuple *x = as_tuple(a), *y = as_tuple(b);
        return vm_stack_ok_first(vm, " in comparison") ? values_compare(vm, cmp, x->items, x->len, y->items, y->len)
                                                       : VALUE_ERROR;
    }
    Type *ta = type_of(vm, a), *tb = type_of(vm, b);
    Special plain = compare_specials[cmp], swapped = compare_swapped[cmp];
    Value f, r;
    bool tried = false;
    if (!vm_stack_ok_first(vm, " in comparison"))
        return VALUE_ERROR;
    if (ta != tb && type_is_subtype(tb, ta) && !value_is_empty(f = type_special(tb, swapped))) {
        tried = true;
        r = call_two(vm, f, b, a, swapped);
        if (!value_is_not_implemented(r))
            return r;
    }
    if (!value_is_empty(f = type_special(ta, plain))) {
        r = call_two(vm, f, a, b, plain);
        if (!value_is_not_implemented(r))
            return r;
    }
    if (!tried && !value_is_empty(f = type_special(tb, swapped))) {
        r = call_two(vm, f, b, a, swapped);
        if (!value_is_not_implemented(r))
            return r;
    }
    if (cmp == COMPARE_EQ || cmp == COMPARE_NE)
        return value_from_bool(value_same(a, b) == (cmp == COMPARE_EQ));
    return raise_exc(vm, EXC_TypeError, "'%s' not supported between instances of '%T' and '%T'", compare_symbols[cmp], a, b);
}

static bool relation_holds(unsigned cmp, int c)
{
    switch (cmp) {
    case COMPARE_LT: return c < 0;
    case COMPARE_LE: return c <= 0;
    case COMPARE_EQ: return c == 0;
    case COMPARE_NE: return c != 0;
    case COMPARE_GT: return c > 0;
    default: return c >= 0;
    }
}

/* Exact built-in operands. -1: not done here. */
static int compare_direct(unsigned cmp, Value a, Value b)
{
    if (exact_number(a) && exact_number(b)) {
        if (!value_is_double(a) && !value_is_double(b))
            return relation_holds(cmp, int_compare(a, b));
        double x, y;
        if (value_is_double(a) && value_is_double(b)) {
            x = value_double(a);
            y = value_double(b);
        } else if (value_is_double(a) && value_is_int48(b)) {
            x = value_double(a);
            y = (double)value_int48(b);
        } else if (value_is_int48(a) && value_is_double(b)) {
            x = (double)value_int48(a);
            y = value_double(b);
        } else {
            return -1;
        }
        switch (cmp) {
        case COMPARE_LT: return x < y;
        case COMPARE_LE: return x <= y;
        case COMPARE_EQ: return x == y;
        case COMPARE_NE: return x != y;
        case COMPARE_GT: return x > y;
        default: return x >= y;
        }
    }
    if (is_exact(a, SHAPE_STR_ID) && is_exact(b, SHAPE_STR_ID)) {
        if (cmp == COMPARE_EQ || cmp == COMPARE_NE)
            return str_equal(as_str(a), as_str(b)) == (cmp == COMPARE_EQ);
        return relation_holds(cmp, str_compare(as_str(a), as_str(b)));
    }
    if (is_exact(a, SHAPE_BYTES_ID) && is_exact(b, SHAPE_BYTES_ID) && (cmp == COMPARE_EQ || cmp == COMPARE_NE)) {
        const Bytes *x = as_bytes(a), *y = as_bytes(b);
        return (x->len == y->len && !memcmp(x->data, y->data, x->len)) == (cmp == COMPARE_EQ);
    }
    return -1;
}

Value op_compare(Vm *vm, unsigned cmp, Value a, Value b)
{
    if (cmp >= COMPARE_IN) {
        int r = op_compare_bool(vm, cmp, a, b);
        return r < 0 ? VALUE_ERROR : value_from_bool(r);
    }
    int r = compare_direct(cmp, a, b);
    return r >= 0 ? value_from_bool(r) : compare_protocol(vm, cmp, a, b);
}

int op_compare_bool(Vm *vm, unsigned cmp, Value a, Value b)
{
    int r;
    switch (cmp) {
    case COMPARE_IN:
        return op_contains(vm, b, a);
    case COMPARE_NOT_IN:
        r = op_contains(vm, b, a);
        return r < 0 ? r : !r;
    case COMPARE_IS:
        return value_same(a, b);
    case COMPARE_IS_NOT:
        return !value_same(a, b);
    default:
        break;
    }
    r = compare_direct(cmp, a, b);
    if (r >= 0)
        return r;
    Value v = compare_protocol(vm, cmp, a, b);
    return value_is_empty(v) ? -1 : op_truth(vm, v);
}

int op_equal(Vm *vm, Value a, Value b)
{
    return value_same(a, b) ? 1 : op_compare_bool(vm, COMPARE_EQ, a, b);
}

/* ---- truth and hash ---- */

static NOINLINE int truth_of_not_implemented(Vm *vm)
{
    bool ok = !vm->hooks.warn || vm->hooks.warn(vm, vm->exc[EXC_DeprecationWarning],
                                                "NotImplemented should not be used in a boolean context");
    return ok ? 1 : -1;
}

int op_truth(Vm *vm, Value v)
{
    if (value_is_bool(v))
        return value_is_true(v);
    if (value_is_none(v))
        return 0;
    if (value_is_int48(v))
        return value_int48(v) != 0;
    if (value_is_double(v))
        return value_double(v) != 0;
    if (!value_is_obj(v))
        return value_is_not_implemented(v) ? truth_of_not_implemented(vm) : 1;
    switch (value_obj(v)->shape) {
    case SHAPE_STR_ID:
        return as_str(v)->len != 0;
    case SHAPE_LIST_ID:
        return as_list(v)->len != 0;
    case SHAPE_TUPLE_ID:
        return as_tuple(v)->len != 0;
    case SHAPE_DICT_ID:
        return as_dict(v)->used != 0;
    case SHAPE_SET_ID:
        return as_set(v)->used != 0;
    default:
        break;
    }
    Type *t = type_of(vm, v);
    bool missing;
    if (!value_is_empty(type_special(t, SPECIAL_BOOL))) {
        Value r = op_call_special(vm, v, SPECIAL_BOOL, 0, NULL, &missing);
        if (value_is_empty(r))
            return -1;
        if (!value_is_bool(r)) {
            raise_exc(vm, EXC_TypeError, "__bool__ should return bool, returned %T", r);
            return -1;
        }
        return value_is_true(r);
    }
    if (value_is_empty(type_special(t, SPECIAL_LEN)))
        return 1;
    int64_t n = op_len(vm, v);
    return n < 0 ? -1 : n != 0;
}

bool op_hash(Vm *vm, Value v, int64_t *hash)
{
    if (is_exact(v, SHAPE_STR_ID)) {
        *hash = str_hash(vm, as_str(v));
        return true;
    }
    if (value_is_int48(v) || value_is_bool(v)) {
        *hash = int_hash(v);
        return true;
    }
    if (value_is_double(v)) {
        *hash = float_hash(vm, value_double(v), v);
        return true;
    }
    if (value_is_none(v)) {
        *hash = 0xfca86420;
        return true;
    }
    if (is_exact(v, SHAPE_TUPLE_ID))
        return vm_stack_ok(vm, "") && values_hash(vm, as_tuple(v)->items, as_tuple(v)->len, hash);
    Value f = type_special(type_of(vm, v), SPECIAL_HASH);
    if (value_is_empty(f) || value_is_none(f)) {
        raise_exc(vm, EXC_TypeError, "unhashable type: '%T'", v);
        return false;
    }
    if (!vm_stack_ok(vm, ""))
        return false;
    bool missing;
    Value r = op_call_special(vm, v, SPECIAL_HASH, 0, NULL, &missing);
    if (value_is_empty(r))
        return false;
    if (!is_int(r)) {
        raise_exc(vm, EXC_TypeError, "__hash__ method should return an integer");
        return false;
    }
    if (!int_to_i64(r, hash))
        *hash = int_hash(r);
    if (*hash == -1)
        *hash = -2;
    return true;
}
