/* SPDX-License-Identifier: MIT
 * range: bounds are ints of any size; iteration within 48 bits has a form of its own (iter.h). */
#include "vm/code.h"
#include "vm/iter.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/seq.h"
#include "vm/objects/str.h"

#define ZERO value_from_int48(0)
#define ONE value_from_int48(1)

static inline bool failed(Value v) { return value_is_empty(v); }
static inline Value plus(Vm *vm, Value a, Value b) { return int_binary(vm, INT_ADD, a, b); }
static inline Value minus(Vm *vm, Value a, Value b) { return int_binary(vm, INT_SUB, a, b); }
static inline Value times(Vm *vm, Value a, Value b) { return int_binary(vm, INT_MUL, a, b); }

/* How many items: (high - low - 1) // |step| + 1, or 0. Steps are not 0. */
static Value range_length(Vm *vm, Value start, Value stop, Value step)
{
    if (value_both_int48(start, stop) && value_is_int48(step)) {
        int64_t a = value_int48(start), b = value_int48(stop), s = value_int48(step);
        int64_t n = s > 0 ? a < b ? (b - a - 1) / s + 1 : 0 : b < a ? (a - b - 1) / -s + 1 : 0;
        return int_new(vm, n);
    }
    bool up = int_sign(step) > 0;
    Value low = up ? start : stop, high = up ? stop : start;
    if (int_compare(low, high) >= 0)
        return ZERO;
    Value width = minus(vm, high, low);
    width = failed(width) ? width : minus(vm, width, ONE);
    Value size = up ? step : minus(vm, ZERO, step);
    if (failed(width) || failed(size))
        return VALUE_ERROR;
    Value n = int_binary(vm, INT_FLOORDIV, width, size);
    return failed(n) ? n : plus(vm, n, ONE);
}

static Value as_exact_int(Vm *vm, Value v)
{
    return value_is_int48(v) ? v : op_index(vm, v);
}

static Value range_make(Vm *vm, Value start, Value stop, Value step, Value length)
{
    if (failed(start) || failed(stop) || failed(step) || failed(length))
        return VALUE_ERROR;
    Range *r = heap_alloc(vm, sizeof *r, KIND_RANGE, vm->types.range->root_shape->id, 0);
    if (!r)
        return VALUE_ERROR;
    r->start = start;
    r->stop = stop;
    r->step = step;
    r->length = length;
    return value_from_obj(r);
}

Value range_new(Vm *vm, Value start, Value stop, Value step)
{
    start = as_exact_int(vm, start);
    stop = failed(start) ? start : as_exact_int(vm, stop);
    step = failed(stop) ? stop : as_exact_int(vm, step);
    if (failed(step))
        return VALUE_ERROR;
    if (value_same(step, ZERO))
        return raise_exc(vm, EXC_ValueError, "range() arg 3 must not be zero");
    return range_make(vm, start, stop, step, range_length(vm, start, stop, step));
}

Value range_iter(Vm *vm, Range *r)
{
    if (value_both_int48(r->start, r->stop) && value_is_int48(r->step))
        return value_from_obj(iter_new(vm, ITER_RANGE, vm->types.range_iterator, VALUE_NONE, value_int48(r->start),
                                       value_int48(r->stop), value_int48(r->step)));
    return value_from_obj(iter_new(vm, ITER_RANGE_BIG, vm->types.longrange_iterator, value_from_obj(r), 0, 0, 0));
}

/* start + i * step */
Value range_item(Vm *vm, Range *r, Value i)
{
    Value offset = times(vm, i, r->step);
    return failed(offset) ? offset : plus(vm, r->start, offset);
}

/* ---- methods ---- */
static Value range_m_new(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (args->given == 1)
        return range_new(vm, ZERO, args->v[0], ONE);
    return range_new(vm, args->v[0], args->v[1], value_is_empty(args->v[2]) ? ONE : args->v[2]);
}

static Value range_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Range *r = as_range(self);
    if (value_same(r->step, ONE))
        return value_from_obj(str_printf(vm, "range(%R, %R)", r->start, r->stop));
    return value_from_obj(str_printf(vm, "range(%R, %R, %R)", r->start, r->stop, r->step));
}

static Value range_m_len(Vm *vm, Value self, const Args *args)
{
    (void)args;
    int64_t n;
    if (!int_to_i64(as_range(self)->length, &n))
        return raise_exc(vm, EXC_OverflowError, "Python int too large to convert to C ssize_t");
    return as_range(self)->length;
}

static Value range_m_bool(Vm *vm, Value self, const Args *args)
{
    (void)vm, (void)args;
    return value_from_bool(int_sign(as_range(self)->length) > 0);
}

static Value range_m_iter(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return range_iter(vm, as_range(self));
}

static Value range_m_reversed(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Range *r = as_range(self);
    Value last = range_item(vm, r, r->length);
    last = failed(last) ? last : minus(vm, last, r->step);
    Value stop = minus(vm, r->start, r->step), step = minus(vm, ZERO, r->step);
    if (failed(last) || failed(stop) || failed(step))
        return VALUE_ERROR;
    if (!int_sign(r->length))
        last = stop;
    Value reversed = range_make(vm, last, stop, step, r->length);
    return failed(reversed) ? reversed : range_iter(vm, as_range(reversed));
}

/* A slice's bound counted in items, clipped to [lower, upper]. */
static Value range_bound(Vm *vm, Value v, Value length, Value lower, Value upper, Value dflt)
{
    if (value_is_none(v))
        return dflt;
    if (!is_int(v) && value_is_empty(type_special(type_of(vm, v), SPECIAL_INDEX)))
        return raise_exc(vm, EXC_TypeError, "slice indices must be integers or None or have an __index__ method");
    v = as_exact_int(vm, v);
    if (!failed(v) && int_sign(v) < 0)
        v = plus(vm, v, length);
    if (failed(v))
        return v;
    return int_compare(v, lower) < 0 ? lower : int_compare(v, upper) > 0 ? upper : v;
}

static Value range_slice(Vm *vm, Range *r, Slice *s)
{
    Value step = value_is_none(s->step) ? ONE : VALUE_EMPTY;
    if (failed(step)) {
        if (!is_int(s->step) && value_is_empty(type_special(type_of(vm, s->step), SPECIAL_INDEX)))
            return raise_exc(vm, EXC_TypeError, "slice indices must be integers or None or have an __index__ method");
        step = as_exact_int(vm, s->step);
        if (failed(step))
            return step;
    }
    if (!int_sign(step))
        return raise_exc(vm, EXC_ValueError, "slice step cannot be zero");
    bool back = int_sign(step) < 0;
    Value lower = value_from_int48(back ? -1 : 0), upper = back ? minus(vm, r->length, ONE) : r->length;
    if (failed(upper))
        return upper;
    Value start = range_bound(vm, s->start, r->length, lower, upper, back ? upper : lower);
    Value stop = failed(start) ? start : range_bound(vm, s->stop, r->length, lower, upper, back ? lower : upper);
    if (failed(stop))
        return stop;
    Value first = range_item(vm, r, start), end = range_item(vm, r, stop), by = times(vm, r->step, step);
    if (failed(first) || failed(end) || failed(by))
        return VALUE_ERROR;
    return range_make(vm, first, end, by, range_length(vm, first, end, by));
}

static Value range_m_getitem(Vm *vm, Value self, const Args *args)
{
    Range *r = as_range(self);
    Value key = args->v[0];
    if (is_slice(key))
        return range_slice(vm, r, as_slice(key));
    if (!is_int(key) && value_is_empty(type_special(type_of(vm, key), SPECIAL_INDEX)))
        return raise_exc(vm, EXC_TypeError, "range indices must be integers or slices, not %T", key);
    Value i = as_exact_int(vm, key);
    if (!failed(i) && int_sign(i) < 0)
        i = plus(vm, i, r->length);
    if (failed(i))
        return i;
    if (int_sign(i) < 0 || int_compare(i, r->length) >= 0)
        return raise_exc(vm, EXC_IndexError, "range object index out of range");
    return range_item(vm, r, i);
}

/* The position of an int, or -1; EMPTY: error. */
static Value range_find(Vm *vm, Range *r, Value v)
{
    bool up = int_sign(r->step) > 0;
    if (up ? int_compare(v, r->start) < 0 || int_compare(v, r->stop) >= 0
           : int_compare(v, r->start) > 0 || int_compare(v, r->stop) <= 0)
        return value_from_int48(-1);
    Value offset = minus(vm, v, r->start);
    Value rest = failed(offset) ? offset : int_binary(vm, INT_MOD, offset, r->step);
    if (failed(rest))
        return rest;
    return int_sign(rest) ? value_from_int48(-1) : int_binary(vm, INT_FLOORDIV, offset, r->step);
}

static bool is_plain_int(Vm *vm, Value v)
{
    return value_is_int48(v) || value_is_bool(v) || (is_bigint(v) && type_of(vm, v) == vm->types.integer);
}

/* Walks the items, as for values that are no plain ints: how many are equal, and where the first is. */
static bool range_walk(Vm *vm, Range *r, Value v, bool all, int64_t *count, int64_t *first)
{
    Value it = range_iter(vm, r), item;
    *count = 0;
    *first = -1;
    if (failed(it))
        return false;
    for (int64_t i = 0; iter_next(vm, as_iter(it), &item); i++) {
        int same = op_equal(vm, item, v);
        if (same < 0 || !vm_checkpoint(vm))
            return false;
        if (!same)
            continue;
        if (!(*count)++)
            *first = i;
        if (!all)
            return true;
    }
    return !vm_pending(vm);
}

static Value range_m_contains(Vm *vm, Value self, const Args *args)
{
    int64_t count, first;
    if (is_plain_int(vm, args->v[0])) {
        Value at = range_find(vm, as_range(self), args->v[0]);
        return failed(at) ? at : value_from_bool(int_sign(at) >= 0);
    }
    if (!range_walk(vm, as_range(self), args->v[0], false, &count, &first))
        return VALUE_ERROR;
    return value_from_bool(count);
}

static Value range_m_count(Vm *vm, Value self, const Args *args)
{
    int64_t count, first;
    if (is_plain_int(vm, args->v[0])) {
        Value at = range_find(vm, as_range(self), args->v[0]);
        return failed(at) ? at : value_from_int48(int_sign(at) >= 0);
    }
    if (!range_walk(vm, as_range(self), args->v[0], true, &count, &first))
        return VALUE_ERROR;
    return int_new(vm, count);
}

static Value range_m_index(Vm *vm, Value self, const Args *args)
{
    int64_t count, first;
    if (is_plain_int(vm, args->v[0])) {
        Value at = range_find(vm, as_range(self), args->v[0]);
        if (failed(at) || int_sign(at) >= 0)
            return at;
        return raise_exc(vm, EXC_ValueError, "%R is not in range", args->v[0]);
    }
    if (!range_walk(vm, as_range(self), args->v[0], false, &count, &first))
        return VALUE_ERROR;
    if (!count)
        return raise_exc(vm, EXC_ValueError, "sequence.index(x): x not in sequence");
    return int_new(vm, first);
}

static bool range_equal(Range *a, Range *b)
{
    if (int_compare(a->length, b->length))
        return false;
    if (!int_sign(a->length))
        return true;
    if (int_compare(a->start, b->start))
        return false;
    return value_same(a->length, ONE) || !int_compare(a->step, b->step);
}

static Value range_m_eq(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    if (!is_range(args->v[0]))
        return VALUE_NOT_IMPLEMENTED;
    return value_from_bool(range_equal(as_range(self), as_range(args->v[0])));
}

static Value range_m_ne(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    if (!is_range(args->v[0]))
        return VALUE_NOT_IMPLEMENTED;
    return value_from_bool(!range_equal(as_range(self), as_range(args->v[0])));
}

/* As of the tuple (length, start, step), where what equality does not look at is None. */
static Value range_m_hash(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Range *r = as_range(self);
    bool some = int_sign(r->length) > 0, many = some && !value_same(r->length, ONE);
    Value parts[3] = { r->length, some ? r->start : VALUE_NONE, many ? r->step : VALUE_NONE };
    int64_t hash;
    if (!values_hash(vm, parts, 3, &hash))
        return VALUE_ERROR;
    return int_new(vm, hash);
}

static Value range_m_reduce(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Tuple *parts = tuple_from(vm, &as_range(self)->start, 3);
    if (!parts)
        return VALUE_ERROR;
    return value_from_obj(tuple_pack(vm, 2, value_from_obj(vm->types.range), value_from_obj(parts)));
}

static Value range_get_start(Vm *vm, Value self)
{
    (void)vm;
    return as_range(self)->start;
}
static Value range_get_stop(Vm *vm, Value self)
{
    (void)vm;
    return as_range(self)->stop;
}
static Value range_get_step(Vm *vm, Value self)
{
    (void)vm;
    return as_range(self)->step;
}

static const MethodDef range_methods[] = {
    { "__new__(start, stop=..., step=..., /)", NULL, range_m_new, NATIVE_STATIC },
    METHOD(range, repr, "__repr__()", NULL),
    METHOD(range, len, "__len__()", NULL),
    METHOD(range, bool, "__bool__()", NULL),
    METHOD(range, iter, "__iter__()", NULL),
    METHOD(range, reversed, "__reversed__()", "Return a reverse iterator."),
    METHOD(range, getitem, "__getitem__(key, /)", NULL),
    METHOD(range, contains, "__contains__(key, /)", NULL),
    METHOD(range, eq, "__eq__(value, /)", NULL),
    METHOD(range, ne, "__ne__(value, /)", NULL),
    METHOD(range, hash, "__hash__()", NULL),
    METHOD(range, reduce, "__reduce__()", NULL),
    METHOD(range, count, "count(object, /)",
           "How many times the value is in the range."),
    METHOD(range, index, "index(object, /)",
           "Where in the range the value stands; a ValueError where it does not."),
    { 0 }
};
static const GetSetDef range_getsets[] = {
    { "start", NULL, range_get_start, seq_readonly },
    { "stop", NULL, range_get_stop, seq_readonly },
    { "step", NULL, range_get_step, seq_readonly },
    { 0 }
};
static const TypeDef range_def = {
    .name = "range",
    .doc = "Integers from start up to stop, which is not one of them, in equal steps.",
    .layout = LAYOUT(RANGE),
    .methods = range_methods,
    .getsets = range_getsets,
    .flags = TYPE_SEQUENCE,
};

bool range_types_init(Vm *vm)
{
    vm->types.range = type_from_def(vm, &range_def, vm->types.object);
    return vm->types.range != NULL;
}
