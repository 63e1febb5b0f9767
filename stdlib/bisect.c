/* SPDX-License-Identifier: MIT
 * Module bisect: places in sorted sequences. */
#include "stdlib/modules.h"

#include "vm/code.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

/* a[i]; a list is looked at anew each time, for comparisons call script. */
static Value item(Vm *vm, Value a, int64_t i)
{
    if (is_exact(a, SHAPE_LIST_ID)) {
        List *l = as_list(a);
        return (size_t)i < l->len ? list_items(l)[i] : raise_exc(vm, EXC_IndexError, "list index out of range");
    }
    return op_getitem(vm, a, int_new(vm, i));
}

static bool bounds(Vm *vm, Value a, const Args *args, int64_t *lo, int64_t *hi)
{
    Value low = op_index(vm, args->v[2]);
    if (value_is_empty(low))
        return false;
    if (!int_to_i64(low, lo)) {
        raise_exc(vm, EXC_OverflowError, "Python int too large to convert to C ssize_t");
        return false;
    }
    if (*lo < 0) {
        raise_exc(vm, EXC_ValueError, "lo must be non-negative");
        return false;
    }
    *hi = -1;
    if (!value_is_none(args->v[3])) {
        Value v = args->v[3];
        if (!value_is_int48(v) && value_is_empty(type_special(type_of(vm, v), SPECIAL_INDEX))) {
            raise_exc(vm, EXC_TypeError, "argument should be integer or None, not '%T'", v);
            return false;
        }
        v = op_index(vm, v);
        if (value_is_empty(v))
            return false;
        if (!int_to_i64(v, hi)) {
            raise_exc(vm, EXC_OverflowError, "cannot fit 'int' into an index-sized integer");
            return false;
        }
    }
    if (*hi == -1)
        *hi = op_len(vm, a);
    if (!vm_pending(vm) && is_dict(a))
        raise_exc(vm, EXC_TypeError, "%T is not a sequence", a);
    else if (!vm_pending(vm) && value_is_empty(type_special(type_of(vm, a), SPECIAL_GETITEM)))
        raise_exc(vm, EXC_TypeError, "'%T' object does not support indexing", a);
    return !vm_pending(vm);
}

/* -1: exception pending. x is compared as it is, items by their keys. */
static int64_t place(Vm *vm, Value a, Value x, int64_t lo, int64_t hi, Value key, bool right)
{
    while (lo < hi) {
        int64_t mid = (int64_t)(((uint64_t)lo + (uint64_t)hi) / 2);
        Value v = item(vm, a, mid);
        if (!value_is_empty(v) && !value_is_none(key))
            v = op_call1(vm, key, v);
        if (value_is_empty(v))
            return -1;
        int r = right ? op_compare_bool(vm, COMPARE_LT, x, v) : op_compare_bool(vm, COMPARE_LT, v, x);
        if (r < 0)
            return -1;
        if (right ? r : !r)
            hi = mid;
        else
            lo = mid + 1;
    }
    return lo;
}

static Value bisect(Vm *vm, const Args *args, bool right)
{
    int64_t lo, hi;
    if (!bounds(vm, args->v[0], args, &lo, &hi))
        return VALUE_ERROR;
    int64_t at = place(vm, args->v[0], args->v[1], lo, hi, args->v[4], right);
    return at < 0 ? VALUE_ERROR : int_new(vm, at);
}

static Value insort(Vm *vm, const Args *args, bool right)
{
    int64_t lo, hi;
    Value a = args->v[0], x = args->v[1];
    if (!bounds(vm, a, args, &lo, &hi))
        return VALUE_ERROR;
    if (!value_is_none(args->v[4]))
        x = op_call1(vm, args->v[4], x);
    int64_t at = value_is_empty(x) ? -1 : place(vm, a, x, lo, hi, args->v[4], right);
    if (at < 0)
        return VALUE_ERROR;
    if (is_exact(a, SHAPE_LIST_ID))
        return list_insert(vm, as_list(a), at, args->v[1]) ? VALUE_NONE : VALUE_ERROR;
    Str *name = str_intern(vm, "insert", 6);
    Value two[] = { int_new(vm, at), args->v[1] };
    return name && !value_is_empty(op_call_method(vm, a, name, 2, two)) ? VALUE_NONE : VALUE_ERROR;
}

static Value bisect_f_bisect_left(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return bisect(vm, args, false);
}

static Value bisect_f_bisect_right(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return bisect(vm, args, true);
}

static Value bisect_f_insort_left(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return insort(vm, args, false);
}

static Value bisect_f_insort_right(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return insort(vm, args, true);
}

static const MethodDef functions[] = {
    FUNCTION(bisect, bisect_left, "bisect_left(a, x, lo=0, hi=None, *, key=None)",
             "Where to insert x into the sorted a: before items equal to it."),
    FUNCTION(bisect, bisect_right, "bisect_right(a, x, lo=0, hi=None, *, key=None)",
             "Where to insert x into the sorted a: behind items equal to it."),
    FUNCTION(bisect, insort_left, "insort_left(a, x, lo=0, hi=None, *, key=None)",
             "Insert x into the sorted a, before items equal to it."),
    FUNCTION(bisect, insort_right, "insort_right(a, x, lo=0, hi=None, *, key=None)",
             "Insert x into the sorted a, behind items equal to it."),
    { 0 }
};

Value bisect_init(Vm *vm)
{
    Module *m = module_new(vm, "bisect", "Places in sorted sequences, by halving.");
    if (!m || !module_add_functions(vm, m, functions))
        return VALUE_ERROR;
    static const char *const names[][2] = { { "bisect", "bisect_right" }, { "insort", "insort_right" } };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        Str *s = str_intern(vm, names[i][1], strlen(names[i][1]));
        Value f = s ? attr_get(vm, value_from_obj(m), s) : VALUE_EMPTY;
        if (value_is_empty(f) || !module_set(vm, m, names[i][0], f))
            return VALUE_ERROR;
    }
    return value_from_obj(m);
}
