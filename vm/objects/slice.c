/* SPDX-License-Identifier: MIT
 * Slices: the arithmetic of l[a:b:c] and the type. */
#include "vm/code.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/seq.h"
#include "vm/objects/str.h"

Value slice_new(Vm *vm, Value start, Value stop, Value step)
{
    Slice *s = heap_alloc(vm, sizeof *s, KIND_SLICE, vm->types.slice->root_shape->id, 0);
    if (!s)
        return VALUE_ERROR;
    s->start = start;
    s->stop = stop;
    s->step = step;
    return value_from_obj(s);
}

bool slice_index(Vm *vm, Value v, int64_t *out)
{
    if (LIKELY(value_is_int48(v))) {
        *out = value_int48(v);
        return true;
    }
    if (!is_int(v) && value_is_empty(type_special(type_of(vm, v), SPECIAL_INDEX))) {
        raise_exc(vm, EXC_TypeError, "slice indices must be integers or None or have an __index__ method");
        return false;
    }
    return op_index_clamped(vm, v, out);
}

bool slice_unpack(Vm *vm, Slice *s, int64_t *start, int64_t *stop, int64_t *step)
{
    *step = 1;
    if (!value_is_none(s->step)) {
        if (!slice_index(vm, s->step, step))
            return false;
        if (*step == 0) {
            raise_exc(vm, EXC_ValueError, "slice step cannot be zero");
            return false;
        }
        if (*step < -INT64_MAX)
            *step = -INT64_MAX;
    }
    *start = *step < 0 ? INT64_MAX : 0;
    *stop = *step < 0 ? INT64_MIN : INT64_MAX;
    return (value_is_none(s->start) || slice_index(vm, s->start, start)) &&
           (value_is_none(s->stop) || slice_index(vm, s->stop, stop));
}

static int64_t clamp_index(int64_t len, int64_t i, int64_t step)
{
    if (i < 0) {
        i += len;
        return i >= 0 ? i : step < 0 ? -1 : 0;
    }
    return i < len ? i : step < 0 ? len - 1 : len;
}

int64_t slice_adjust(int64_t len, int64_t *start, int64_t *stop, int64_t step)
{
    *start = clamp_index(len, *start, step);
    *stop = clamp_index(len, *stop, step);
    if (step < 0)
        return *stop < *start ? (*start - *stop - 1) / -step + 1 : 0;
    return *start < *stop ? (*stop - *start - 1) / step + 1 : 0;
}

/* ---- the type ---- */
static Value slice_m_new(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (args->given == 1)
        return slice_new(vm, VALUE_NONE, args->v[0], VALUE_NONE);
    return slice_new(vm, args->v[0], args->v[1], args->v[2]);
}

static Value slice_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Slice *s = as_slice(self);
    if (!vm_stack_ok(vm, " while getting the repr of an object"))
        return VALUE_ERROR;
    return value_from_obj(str_printf(vm, "slice(%R, %R, %R)", s->start, s->stop, s->step));
}

/* Slices compare as tuples of their parts do. */
static Value slice_compare(Vm *vm, Value self, const Args *args, unsigned cmp)
{
    Value other = args->v[0];
    if (!is_slice(other))
        return VALUE_NOT_IMPLEMENTED;
    if (value_same(self, other))
        return value_from_bool(cmp == COMPARE_EQ || cmp == COMPARE_LE || cmp == COMPARE_GE);
    Slice *a = as_slice(self), *b = as_slice(other);
    return values_compare(vm, cmp, &a->start, 3, &b->start, 3);
}
#define SLICE_COMPARE(name, CMP)                                        \
    static Value slice_m_##name(Vm *vm, Value self, const Args *args)   \
    {                                                                   \
        return slice_compare(vm, self, args, COMPARE_##CMP);            \
    }
SLICE_COMPARE(eq, EQ)
SLICE_COMPARE(ne, NE)
SLICE_COMPARE(lt, LT)
SLICE_COMPARE(le, LE)
SLICE_COMPARE(gt, GT)
SLICE_COMPARE(ge, GE)
#undef SLICE_COMPARE

static Value slice_m_hash(Vm *vm, Value self, const Args *args)
{
    (void)args;
    int64_t hash;
    if (!values_hash_slice(vm, &as_slice(self)->start, &hash))
        return VALUE_ERROR;
    return int_new(vm, hash);
}

/* The part of the slice as an int for indices(), by the rules for a sequence of length len. */
static Value indices_part(Vm *vm, Value v, Value len, Value lower, Value upper, Value dflt)
{
    if (value_is_none(v))
        return dflt;
    if (!is_int(v) && value_is_empty(type_special(type_of(vm, v), SPECIAL_INDEX)))
        return raise_exc(vm, EXC_TypeError, "slice indices must be integers or None or have an __index__ method");
    v = op_index(vm, v);
    if (value_is_empty(v))
        return v;
    if (int_sign(v) < 0) {
        v = int_binary(vm, INT_ADD, v, len);
        return value_is_empty(v) ? v : int_compare(v, lower) < 0 ? lower : v;
    }
    return int_compare(v, upper) > 0 ? upper : v;
}

static Value slice_m_indices(Vm *vm, Value self, const Args *args)
{
    Slice *s = as_slice(self);
    Value zero = value_from_int48(0), len = args->v[0], step = value_from_int48(1);
    if (int_sign(len) < 0)
        return raise_exc(vm, EXC_ValueError, "length should not be negative");
    if (!value_is_none(s->step)) {
        if (!is_int(s->step) && value_is_empty(type_special(type_of(vm, s->step), SPECIAL_INDEX)))
            return raise_exc(vm, EXC_TypeError, "slice indices must be integers or None or have an __index__ method");
        step = op_index(vm, s->step);
        if (value_is_empty(step))
            return step;
        if (!int_sign(step))
            return raise_exc(vm, EXC_ValueError, "slice step cannot be zero");
    }
    bool back = int_sign(step) < 0;
    Value lower = back ? value_from_int48(-1) : zero;
    Value upper = back ? int_binary(vm, INT_ADD, len, value_from_int48(-1)) : len;
    if (value_is_empty(upper))
        return upper;
    Value start = indices_part(vm, s->start, len, lower, upper, back ? upper : lower);
    Value stop = value_is_empty(start) ? start : indices_part(vm, s->stop, len, lower, upper, back ? lower : upper);
    return value_is_empty(stop) ? stop : value_from_obj(tuple_pack(vm, 3, start, stop, step));
}

static Value slice_m_reduce(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Slice *s = as_slice(self);
    Tuple *parts = tuple_from(vm, &s->start, 3);
    if (!parts)
        return VALUE_ERROR;
    return value_from_obj(tuple_pack(vm, 2, value_from_obj(vm->types.slice), value_from_obj(parts)));
}

static Value slice_get_start(Vm *vm, Value self)
{
    (void)vm;
    return as_slice(self)->start;
}
static Value slice_get_stop(Vm *vm, Value self)
{
    (void)vm;
    return as_slice(self)->stop;
}
static Value slice_get_step(Vm *vm, Value self)
{
    (void)vm;
    return as_slice(self)->step;
}

static const MethodDef slice_methods[] = {
    { "__new__(start, stop=None, step=None, /)", NULL, slice_m_new, NATIVE_STATIC },
    METHOD(slice, repr, "__repr__()", NULL),
    METHOD(slice, eq, "__eq__(value, /)", NULL),
    METHOD(slice, ne, "__ne__(value, /)", NULL),
    METHOD(slice, lt, "__lt__(value, /)", NULL),
    METHOD(slice, le, "__le__(value, /)", NULL),
    METHOD(slice, gt, "__gt__(value, /)", NULL),
    METHOD(slice, ge, "__ge__(value, /)", NULL),
    METHOD(slice, hash, "__hash__()", NULL),
    METHOD(slice, reduce, "__reduce__()", "How to make the object again: for copy and pickle."),
    METHOD(slice, indices, "indices(object: int, /)",
           "Start, stop and step, as they are for so many items."),
    { 0 }
};
static const GetSetDef slice_getsets[] = {
    { "start", NULL, slice_get_start, seq_readonly },
    { "stop", NULL, slice_get_stop, seq_readonly },
    { "step", NULL, slice_get_step, seq_readonly },
    { 0 }
};
static const TypeDef slice_def = {
    .name = "slice",
    .doc = "What stands between the brackets of x[start:stop:step].",
    .layout = LAYOUT(SLICE),
    .methods = slice_methods,
    .getsets = slice_getsets,
};

bool slice_type_init(Vm *vm)
{
    vm->types.slice = type_from_def(vm, &slice_def, vm->types.object);
    return vm->types.slice != NULL;
}
