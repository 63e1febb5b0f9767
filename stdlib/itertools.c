/* SPDX-License-Identifier: MIT
 * Module itertools: iterators over iterators. One struct serves all of them: a few values, a few numbers; each type has
 * its own way to step. Those that combine items are in itertools_combine.c. */
#include "stdlib/itertools.h"

#include "stdlib/modules.h"
#include "vm/iter_fast.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

static void it_trace(Marker *m, Obj *o)
{
    const It *it = (It *)o;
    mark_values(m, it->v, IT_VALUES);
}

/* ---- what all share ---- */
It *it_new(Vm *vm, Value cls)
{
    return (It *)object_alloc(vm, as_type(cls));
}

Value it_stop(Vm *vm)
{
    return vm_pending(vm) ? VALUE_ERROR : raise_args(vm, EXC_StopIteration, 0, NULL);
}

Value it_m_iter(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return self;
}

/* An end that was seen stays one. */
static Value finished(Vm *vm, It *it)
{
    it->v[0] = VALUE_EMPTY;
    return it_stop(vm);
}

static bool step(Vm *vm, Value iter, Value *out)
{
    return vm_stack_ok(vm, "") && vm_checkpoint(vm) && iter_step(vm, iter, out);
}

/* The end of `iter` is ours, with the value it carries. */
static bool last_step(Vm *vm, Value iter, Value *out)
{
    if (!vm_stack_ok(vm, "") || !vm_checkpoint(vm))
        return false;
    if (iter_step_last(vm, iter, out))
        return true;
    if (!vm_pending(vm) && !value_is_empty(vm->stop_value))
        raise_end(vm, vm->stop_value);
    return false;
}

#define NEXT(name) static Value name##_m_next(Vm *vm, Value self, const Args *args)
#define NEW(name) static Value name##_m_new(Vm *vm, Value self, const Args *args)

/* ---- count ---- */
/* v[0] EMPTY: the number is n, the step 1; else v[0] is it, v[1] the step. */
NEW(count)
{
    It *it = it_new(vm, self);
    Value start = value_is_empty(args->v[0]) ? value_from_int48(0) : args->v[0];
    Value by = value_is_empty(args->v[1]) ? value_from_int48(1) : args->v[1];
    const Value both[2] = { start, by };
    if (!it)
        return VALUE_ERROR;
    for (int i = 0; i < 2; i++) {
        Type *t = type_of(vm, both[i]);
        if (value_is_empty(type_special(t, SPECIAL_FLOAT)) && value_is_empty(type_special(t, SPECIAL_INT)) &&
            value_is_empty(type_special(t, SPECIAL_INDEX)) && !is_complex(both[i]))
            return raise_exc(vm, EXC_TypeError, "a number is required");
    }
    if (is_int(start) && value_same(by, value_from_int48(1)) && int_to_i64(start, &it->n) && it->n < INT64_MAX / 2) {
        it->v[0] = VALUE_EMPTY;
    } else {
        it->v[0] = start;
        it->v[1] = by;
    }
    return value_from_obj(it);
}

NEXT(count)
{
    It *it = as_it(self);
    (void)args;
    if (LIKELY(value_is_empty(it->v[0])))
        return int_new(vm, it->n++);
    Value now = it->v[0], next = op_binary(vm, INT_ADD, now, it->v[1], false);
    if (value_is_empty(next))
        return next;
    heap_set(vm, it, &it->v[0], next);
    return now;
}

static Value count_m_repr(Vm *vm, Value self, const Args *args)
{
    const It *it = as_it(self);
    (void)args;
    Value now = value_is_empty(it->v[0]) ? int_new(vm, it->n) : it->v[0];
    bool plain = value_is_empty(it->v[0]) || value_same(it->v[1], value_from_int48(1));
    Str *s = plain ? str_printf(vm, "%s(%R)", type_short_name(type_of(vm, self)), now)
                   : str_printf(vm, "%s(%R, %R)", type_short_name(type_of(vm, self)), now, it->v[1]);
    return s && !vm_pending(vm) ? value_from_obj(s) : VALUE_ERROR;
}

/* ---- cycle: v[0] the iterator, v[1] a list of what it gave, n where we are in it; k: the list has all of it ---- */
NEW(cycle)
{
    Value iter = op_iter(vm, args->v[0]);
    It *it = value_is_empty(iter) ? NULL : it_new(vm, self);
    List *l = it ? list_new(vm, 0) : NULL;
    if (!l)
        return VALUE_ERROR;
    it->v[0] = iter;
    it->v[1] = value_from_obj(l);
    return value_from_obj(it);
}

NEXT(cycle)
{
    It *it = as_it(self);
    List *l = as_list(it->v[1]);
    Value v;
    (void)args;
    if (!value_is_empty(it->v[0])) {
        if (step(vm, it->v[0], &v))
            return it->k || list_append(vm, l, v) ? v : VALUE_ERROR;
        if (vm_pending(vm))
            return VALUE_ERROR;
        it->v[0] = VALUE_EMPTY;
    }
    if (!l->len || !vm_checkpoint(vm))
        return it_stop(vm);
    if (it->n >= (int64_t)l->len)
        it->n = 0;
    return list_items(l)[it->n++];
}

/* ---- repeat: v[0] the object, n how often; -1 for ever ---- */
NEW(repeat)
{
    It *it = it_new(vm, self);
    if (!it)
        return VALUE_ERROR;
    it->v[0] = args->v[0];
    it->n = -1;
    if (value_is_empty(args->v[1]))
        return value_from_obj(it);
    if (!int_to_i64(args->v[1], &it->n))
        return raise_exc(vm, EXC_OverflowError, "Python int too large to convert to C ssize_t");
    if (it->n < 0)
        it->n = 0;
    return value_from_obj(it);
}

NEXT(repeat)
{
    It *it = as_it(self);
    (void)args;
    if (!it->n || !vm_checkpoint(vm))
        return it_stop(vm);
    if (it->n > 0)
        it->n--;
    return it->v[0];
}

static Value repeat_m_repr(Vm *vm, Value self, const Args *args)
{
    const It *it = as_it(self);
    (void)args;
    const char *name = type_short_name(type_of(vm, self));
    Str *s = it->n < 0 ? str_printf(vm, "%s(%R)", name, it->v[0]) :
        str_printf(vm, "%s(%R, %lld)", name, it->v[0], (long long)it->n);
    return s && !vm_pending(vm) ? value_from_obj(s) : VALUE_ERROR;
}

static Value repeat_m_length_hint(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return as_it(self)->n < 0 ? raise_exc(vm, EXC_TypeError, "len() of unsized object") : int_new(vm, as_it(self)->n);
}

/* ---- chain: v[0] the iterator over iterables, v[1] the one at work ---- */
static Value chain_of(Vm *vm, Value cls, Value iterables)
{
    Value iter = op_iter(vm, iterables);
    It *it = value_is_empty(iter) ? NULL : it_new(vm, cls);
    if (!it)
        return VALUE_ERROR;
    it->v[0] = iter;
    return value_from_obj(it);
}

NEW(chain)
{
    Tuple *t = tuple_from(vm, args->rest, args->nrest);
    return t ? chain_of(vm, self, value_from_obj(t)) : VALUE_ERROR;
}

static Value chain_m_from_iterable(Vm *vm, Value self, const Args *args)
{
    return chain_of(vm, self, args->v[0]);
}

NEXT(chain)
{
    It *it = as_it(self);
    Value v;
    (void)args;
    while (!value_is_empty(it->v[0])) {
        if (value_is_empty(it->v[1])) {
            if (!last_step(vm, it->v[0], &v))
                return finished(vm, it);
            v = op_iter(vm, v);
            if (value_is_empty(v))
                return finished(vm, it);
            heap_set(vm, it, &it->v[1], v);
        }
        if (step(vm, it->v[1], &v))
            return v;
        if (vm_pending(vm))
            return VALUE_ERROR;
        it->v[1] = VALUE_EMPTY;
    }
    return it_stop(vm);
}

/* ---- compress ---- */
NEW(compress)
{
    Value a = op_iter(vm, args->v[0]), b = value_is_empty(a) ? a : op_iter(vm, args->v[1]);
    It *it = value_is_empty(b) ? NULL : it_new(vm, self);
    if (!it)
        return VALUE_ERROR;
    it->v[0] = a;
    it->v[1] = b;
    return value_from_obj(it);
}

NEXT(compress)
{
    const It *it = as_it(self);
    Value v, flag;
    (void)args;
    for (;;) {
        if (!last_step(vm, it->v[0], &v) || !last_step(vm, it->v[1], &flag))
            return it_stop(vm);
        int yes = op_truth(vm, flag);
        if (yes)
            return yes < 0 ? VALUE_ERROR : v;
    }
}

/* ---- dropwhile, takewhile, filterfalse, starmap: v[0] the iterator, v[1] the function ---- */
static Value with_function(Vm *vm, Value self, const Args *args)
{
    Value iter = op_iter(vm, args->v[1]);
    It *it = value_is_empty(iter) ? NULL : it_new(vm, self);
    if (!it)
        return VALUE_ERROR;
    it->v[0] = iter;
    it->v[1] = args->v[0];
    return value_from_obj(it);
}

static int says(Vm *vm, Value f, Value v)
{
    Value r = op_call1(vm, f, v);
    return value_is_empty(r) ? -1 : op_truth(vm, r);
}

NEXT(dropwhile)
{
    It *it = as_it(self);
    Value v;
    (void)args;
    while (last_step(vm, it->v[0], &v)) {
        if (it->n)
            return v;
        int yes = says(vm, it->v[1], v);
        if (yes < 0)
            return VALUE_ERROR;
        if (!yes) {
            it->n = 1;
            return v;
        }
    }
    return it_stop(vm);
}

NEXT(takewhile)
{
    It *it = as_it(self);
    Value v;
    (void)args;
    if (it->n || !last_step(vm, it->v[0], &v))
        return it_stop(vm);
    int yes = says(vm, it->v[1], v);
    if (yes > 0)
        return v;
    it->n = !yes;
    return it_stop(vm);
}

NEXT(filterfalse)
{
    const It *it = as_it(self);
    bool by_truth = value_is_none(it->v[1]) || value_same(it->v[1], value_from_obj(vm->types.boolean));
    Value v;
    (void)args;
    while (last_step(vm, it->v[0], &v)) {
        int yes = by_truth ? op_truth(vm, v) : says(vm, it->v[1], v);
        if (yes <= 0)
            return yes < 0 ? VALUE_ERROR : v;
    }
    return it_stop(vm);
}

NEXT(starmap)
{
    const It *it = as_it(self);
    Value v;
    (void)args;
    if (!last_step(vm, it->v[0], &v))
        return it_stop(vm);
    v = op_tuple_of(vm, v);
    return value_is_empty(v) ? v : op_call(vm, it->v[1], (uint32_t)as_tuple(v)->len, as_tuple(v)->items);
}

/* ---- accumulate: v[0] the iterator, v[1] the function or NONE, v[2] the total ---- */
NEW(accumulate)
{
    Value iter = op_iter(vm, args->v[0]);
    It *it = value_is_empty(iter) ? NULL : it_new(vm, self);
    if (!it)
        return VALUE_ERROR;
    it->v[0] = iter;
    it->v[1] = args->v[1];
    it->v[2] = VALUE_EMPTY;
    it->v[3] = value_is_none(args->v[2]) ? VALUE_EMPTY : args->v[2];
    return value_from_obj(it);
}

NEXT(accumulate)
{
    It *it = as_it(self);
    Value v;
    (void)args;
    if (!value_is_empty(it->v[3])) {
        v = it->v[3];
        it->v[3] = VALUE_EMPTY;
        heap_set(vm, it, &it->v[2], v);
        return v;
    }
    if (!last_step(vm, it->v[0], &v))
        return it_stop(vm);
    if (!value_is_empty(it->v[2])) {
        Value pair[2] = { it->v[2], v };
        v = value_is_none(it->v[1]) ? op_binary(vm, INT_ADD, pair[0], v, false) : op_call(vm, it->v[1], 2, pair);
        if (value_is_empty(v))
            return v;
    }
    heap_set(vm, it, &it->v[2], v);
    return v;
}

/* ---- islice: v[0] the iterator, n the next index to give, m where to stop (-1: never), k the step, seen ---- */
static const char islice_indices[] = "Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize.";

static bool slice_end(Vm *vm, Value v, int64_t dflt, int64_t least, int64_t *out, const char *message)
{
    *out = dflt;
    if (value_is_none(v))
        return true;
    Value i = is_int(v) || !value_is_empty(type_special(type_of(vm, v), SPECIAL_INDEX)) ? op_index(vm, v) : VALUE_EMPTY;
    if (value_is_empty(i) && vm_pending(vm) && !exc_pending_is(vm, EXC_TypeError))
        return false;
    exc_discard(vm);
    if (!value_is_empty(i) && int_to_i64(i, out) && *out >= least)
        return true;
    raise_exc(vm, EXC_ValueError, "%s", !least && *out < -1 ? islice_indices : message);
    return false;
}

NEW(islice)
{
    uint32_t n = args->nrest;
    if (args->nkw && is_native(type_special(as_type(self), SPECIAL_INIT)))
        return raise_exc(vm, EXC_TypeError, "islice() takes no keyword arguments");
    if (n < 2 || n > 4)
        return raise_exc(vm, EXC_TypeError, "islice expected at %s %u arguments, got %u", n < 2 ? "least" : "most",
                         n < 2 ? 2 : 4, n);
    It *it = it_new(vm, self);
    if (!it)
        return VALUE_ERROR;
    Value stop = args->rest[n == 2 ? 1 : 2];
    if (!slice_end(vm, stop, -1, 0, &it->m,
                   "Stop argument for islice() must be None or an integer: 0 <= x <= sys.maxsize.") ||
        !slice_end(vm, n > 2 ? args->rest[1] : VALUE_NONE, 0, 0, &it->n, islice_indices) ||
        !slice_end(vm, n > 3 ? args->rest[3] : VALUE_NONE, 1, 1, &it->k,
                   "Step for islice() must be a positive integer or None."))
        return VALUE_ERROR;
    it->v[0] = op_iter(vm, args->rest[0]);
    return value_is_empty(it->v[0]) ? VALUE_ERROR : value_from_obj(it);
}

NEXT(islice)
{
    It *it = as_it(self);
    Value v;
    (void)args;
    if (value_is_empty(it->v[0]))
        return it_stop(vm);
    for (; it->seen < it->n; it->seen++) {
        if (it->m >= 0 && it->seen >= it->m)
            return finished(vm, it);
        if (!last_step(vm, it->v[0], &v))
            return finished(vm, it);
    }
    if ((it->m >= 0 && it->seen >= it->m) || !last_step(vm, it->v[0], &v))
        return finished(vm, it);
    it->seen++;
    if (__builtin_add_overflow(it->n, it->k, &it->n) || (it->m >= 0 && it->n > it->m))
        it->n = it->m >= 0 ? it->m : INT64_MAX;
    return v;
}

/* ---- pairwise: v[0] the iterator, v[1] the last item ---- */
NEW(pairwise)
{
    Value iter = op_iter(vm, args->v[0]);
    It *it = value_is_empty(iter) ? NULL : it_new(vm, self);
    if (!it)
        return VALUE_ERROR;
    it->v[0] = iter;
    return value_from_obj(it);
}

NEXT(pairwise)
{
    It *it = as_it(self);
    Value a, b;
    (void)args;
    if (value_is_empty(it->v[0]))
        return it_stop(vm);
    if (value_is_empty(it->v[1])) {
        if (!last_step(vm, it->v[0], &a))
            return finished(vm, it);
        heap_set(vm, it, &it->v[1], a);
        if (value_is_empty(it->v[0]))
            return it_stop(vm);
    }
    a = it->v[1];
    if (!last_step(vm, it->v[0], &b)) {
        it->v[1] = VALUE_EMPTY;
        return finished(vm, it);
    }
    heap_set(vm, it, &it->v[1], b);
    return value_from_obj(tuple_pack(vm, 2, a, b));
}

/* ---- batched: v[0] the iterator, n how many, m strict ---- */
NEW(batched)
{
    int64_t n;
    if (!int_to_i64(args->v[1], &n))
        return raise_exc(vm, EXC_OverflowError, "Python int too large to convert to C ssize_t");
    if (n < 1)
        return raise_exc(vm, EXC_ValueError, "n must be at least one");
    Value iter = op_iter(vm, args->v[0]);
    It *it = value_is_empty(iter) ? NULL : it_new(vm, self);
    if (!it)
        return VALUE_ERROR;
    it->v[0] = iter;
    it->n = n;
    it->m = value_is_true(args->v[2]);
    return value_from_obj(it);
}

NEXT(batched)
{
    It *it = as_it(self);
    Value v;
    (void)args;
    if (value_is_empty(it->v[0]))
        return it_stop(vm);
    List *l = list_new(vm, it->n < 64 ? (size_t)it->n : 64);
    while (l && (int64_t)l->len < it->n) {
        if (!step(vm, it->v[0], &v)) {
            it->v[0] = VALUE_EMPTY;
            if (vm_pending(vm) || !l->len)
                return it_stop(vm);
            if (it->m)
                return raise_exc(vm, EXC_ValueError, "batched(): incomplete batch");
            break;
        }
        if (!list_append(vm, l, v))
            return VALUE_ERROR;
    }
    Tuple *t = l ? tuple_from(vm, list_items(l), l->len) : NULL;
    return t ? value_from_obj(t) : VALUE_ERROR;
}

/* ---- zip_longest: v[0] a tuple of iterators (EMPTY ones have ended), v[1] the fill value, n how many go on ---- */
NEW(zip_longest)
{
    Value fill = VALUE_NONE;
    for (uint32_t i = 0; i < args->nkw; i++) {
        if (!str_is(as_str(args->names[i]), "fillvalue") || args->nkw > 1)
            return raise_exc(vm, EXC_TypeError, "zip_longest() got an unexpected keyword argument");
        fill = args->rest[args->nrest + i];
    }
    Tuple *t = tuple_new(vm, args->nrest);
    It *it = t ? it_new(vm, self) : NULL;
    if (!it)
        return VALUE_ERROR;
    for (uint32_t i = 0; i < args->nrest; i++) {
        Value iter = op_iter(vm, args->rest[i]);
        if (value_is_empty(iter))
            return iter;
        heap_set(vm, t, &t->items[i], iter);
    }
    it->v[0] = value_from_obj(t);
    it->v[1] = fill;
    it->n = args->nrest;
    return value_from_obj(it);
}

NEXT(zip_longest)
{
    It *it = as_it(self);
    Tuple *iters = as_tuple(it->v[0]), *t = it->n ? tuple_new(vm, iters->len) : NULL;
    (void)args;
    if (!t)
        return it_stop(vm);
    for (size_t i = 0; i < iters->len; i++) {
        Value v = it->v[1];
        if (!value_is_none(iters->items[i]) && !step(vm, iters->items[i], &v)) {
            if (vm_pending(vm)) {
                it->n = 0;
                return VALUE_ERROR;
            }
            v = it->v[1];
            if (--it->n == 0)
                return it_stop(vm);
            iters->items[i] = VALUE_NONE;
        }
        heap_set(vm, t, &t->items[i], v);
    }
    return value_from_obj(t);
}

/* ---- groupby: v[0] the iterator, v[1] the key function, v[2] key wanted, v[3] key at hand, v[4] item at hand, v[5] the
 * group that is valid. A group: v[0] the groupby, v[1] its key. ---- */
NEW(groupby)
{
    Value iter = op_iter(vm, args->v[0]);
    It *it = value_is_empty(iter) ? NULL : it_new(vm, self);
    if (!it)
        return VALUE_ERROR;
    it->v[0] = iter;
    it->v[1] = args->v[1];
    return value_from_obj(it);
}

static bool group_step(Vm *vm, It *it)
{
    Value v, key;
    if (!step(vm, it->v[0], &v))
        return false;
    key = value_is_none(it->v[1]) ? v : op_call1(vm, it->v[1], v);
    if (value_is_empty(key))
        return false;
    heap_set(vm, it, &it->v[4], v);
    heap_set(vm, it, &it->v[3], key);
    return true;
}

NEXT(groupby)
{
    It *it = as_it(self);
    (void)args;
    it->v[5] = VALUE_EMPTY;
    for (;;) {
        if (!value_is_empty(it->v[3])) {
            if (value_is_empty(it->v[2]))
                break;
            int same = op_equal(vm, it->v[2], it->v[3]);
            if (same < 0)
                return VALUE_ERROR;
            if (!same)
                break;
        }
        if (!group_step(vm, it))
            return it_stop(vm);
    }
    heap_set(vm, it, &it->v[2], it->v[3]);
    It *group = it_new(vm, as_tuple(rt_of(vm)->roots[RT_ROOT_ITERTOOLS])->items[IT_GROUPER]);
    if (!group)
        return VALUE_ERROR;
    group->v[0] = self;
    group->v[1] = it->v[2];
    heap_set(vm, it, &it->v[5], value_from_obj(group));
    return value_from_obj(tuple_pack(vm, 2, it->v[3], value_from_obj(group)));
}

NEXT(grouper)
{
    const It *g = as_it(self);
    It *it = as_it(g->v[0]);
    (void)args;
    if (!value_same(it->v[5], self))
        return it_stop(vm);
    if (value_is_empty(it->v[4]) && !group_step(vm, it))
        return it_stop(vm);
    int same = op_equal(vm, g->v[1], it->v[3]);
    if (same <= 0)
        return same < 0 ? VALUE_ERROR : it_stop(vm);
    Value v = it->v[4];
    it->v[4] = VALUE_EMPTY;
    return v;
}

/* ---- tee: a chain of cells (item, next cell or NONE at the end); v[0] the cell before the next one, v[1] the iterator
 * that all of them share ---- */
static Value tee_m_new(Vm *vm, Value self, const Args *args)
{
    Value iter = op_iter(vm, args->v[0]);
    It *it = value_is_empty(iter) ? NULL : it_new(vm, self);
    if (!it)
        return VALUE_ERROR;
    if (value_same(value_from_obj(type_of(vm, iter)), self)) {
        it->v[0] = as_it(iter)->v[0];
        it->v[1] = as_it(iter)->v[1];
        return value_from_obj(it);
    }
    List *shared = list_new(vm, 2), *cell = list_new(vm, 2);
    if (!shared || !cell || !list_append(vm, shared, iter))
        return VALUE_ERROR;
    it->v[0] = value_from_obj(cell);
    it->v[1] = value_from_obj(shared);
    return value_from_obj(it);
}

NEXT(tee)
{
    It *it = as_it(self);
    List *cell = as_list(it->v[0]), *shared = as_list(it->v[1]);
    (void)args;
    if (!shared->len)           /* (scripts can get at the lists by __reduce__) */
        return it_stop(vm);
    if (!cell->len) {           /* nobody was here yet */
        Value v;
        if (shared->len > 1)
            return raise_exc(vm, EXC_RuntimeError, "cannot re-enter the tee iterator");
        if (!list_append(vm, shared, VALUE_TRUE))
            return VALUE_ERROR;
        bool got = step(vm, list_items(shared)[0], &v);
        if (shared->len > 1)
            (void)list_pop_at(vm, shared, 1);
        if (!got)
            return it_stop(vm);
        List *next = list_new(vm, 2);
        if (!next || !list_append(vm, cell, v) || !list_append(vm, cell, value_from_obj(next)))
            return VALUE_ERROR;
    }
    if (cell->len != 2 || !is_list(list_items(cell)[1]))
        return it_stop(vm);
    heap_set(vm, it, &it->v[0], list_items(cell)[1]);
    return list_items(cell)[0];
}

static Value tee_m_copy(Vm *vm, Value self, const Args *args)
{
    It *it = it_new(vm, value_from_obj(type_of(vm, self)));
    (void)args;
    if (!it)
        return VALUE_ERROR;
    it->v[0] = as_it(self)->v[0];
    it->v[1] = as_it(self)->v[1];
    return value_from_obj(it);
}

static Value itertools_f_tee(Vm *vm, Value self, const Args *args)
{
    int64_t n;
    (void)self;
    if (!int_to_i64(args->v[1], &n))
        return raise_exc(vm, EXC_OverflowError, "Python int too large to convert to C ssize_t");
    if (n < 0)
        return raise_exc(vm, EXC_ValueError, "n must be >= 0");
    Tuple *t = tuple_new(vm, (size_t)n);
    if (!t || !n)
        return t ? value_from_obj(t) : VALUE_ERROR;
    Value type = as_tuple(rt_of(vm)->roots[RT_ROOT_ITERTOOLS])->items[IT_TEE];
    Str *name = str_intern(vm, "__copy__", 8);
    Value first = name ? op_iter(vm, args->v[0]) : VALUE_ERROR;
    Value copier = value_is_empty(first) ? first : attr_get_opt(vm, first, name);
    if (value_is_empty(copier) && !vm_pending(vm)) {    /* what can be copied needs no tee around it */
        first = op_call1(vm, type, first);
        copier = value_is_empty(first) ? first : attr_get(vm, first, name);
    }
    if (value_is_empty(copier))
        return copier;
    heap_set(vm, t, &t->items[0], first);
    for (int64_t i = 1; i < n; i++) {
        Value copy = op_call0(vm, copier);
        if (value_is_empty(copy))
            return copy;
        heap_set(vm, t, &t->items[i], copy);
    }
    return value_from_obj(t);
}

/* ---- types ---- */
static Value it_m_class_getitem(Vm *vm, Value self, const Args *args)
{
    Tuple *t = is_tuple(args->v[0]) ? as_tuple(args->v[0]) : tuple_from(vm, args->v, 1);
    return t ? alias_new(vm, self, value_from_obj(t), false) : VALUE_ERROR;
}

#define ITERATOR(name) METHOD(it, iter, "__iter__()", "Implement iter(self)."), \
                       METHOD(name, next, "__next__()", "Implement next(self).")
#define MAKE(signature, fn) { signature, NULL, fn, NATIVE_STATIC }
#define REDUCE(name) { "__reduce__()", "What makes an equal one.", name##_m_reduce, 0 }
#define SETSTATE(name) { "__setstate__(state, /)", "Take what __reduce__() gave.", name##_m_setstate, 0 }
#define TABLE(name, signature, fn, ...) \
    static const MethodDef name##_methods[] = { MAKE(signature, fn), ITERATOR(name), __VA_ARGS__ { 0 } }

static const MethodDef count_methods[] = {
    MAKE("__new__(start=..., step=...)", count_m_new), ITERATOR(count), REDUCE(count),
    METHOD(count, repr, "__repr__()", "Return repr(self)."), { 0 } };
static const MethodDef repeat_methods[] = {
    MAKE("__new__(object, times: ssize = ...)", repeat_m_new), ITERATOR(repeat), REDUCE(repeat),
    METHOD(repeat, repr, "__repr__()", "Return repr(self)."),
    METHOD(repeat, length_hint, "__length_hint__()", "How many are left."), { 0 } };
static const MethodDef chain_methods[] = {
    MAKE("__new__(*iterables)", chain_m_new), ITERATOR(chain), REDUCE(chain), SETSTATE(chain),
    CLASSMETHOD(chain, from_iterable, "from_iterable(iterable, /)", "The iterables come from an iterable themselves."),
    CLASSMETHOD(it, class_getitem, "__class_getitem__(item, /)", "With type arguments."), { 0 } };
static const MethodDef islice_methods[] = {
    { "__new__(*args, **kwargs)", NULL, islice_m_new, NATIVE_STATIC | NATIVE_VECTOR }, ITERATOR(islice),
    REDUCE(islice), SETSTATE(islice), { 0 } };
static const MethodDef zip_longest_methods[] = {
    { "__new__(*iterables, fillvalue=None)", NULL, zip_longest_m_new, NATIVE_STATIC | NATIVE_VECTOR }, ITERATOR(zip_longest),
    REDUCE(zip_longest), SETSTATE(zip_longest), { 0 } };
static const MethodDef tee_methods[] = {
    MAKE("__new__(iterable, /)", tee_m_new), ITERATOR(tee), REDUCE(tee), SETSTATE(tee),
    METHOD(tee, copy, "__copy__()", "An iterator at the same place."),
    { 0 } };
static const MethodDef grouper_methods[] = {
    MAKE("__new__(parent, tgtkey, /)", grouper_m_new), ITERATOR(grouper), REDUCE(grouper), { 0 } };
TABLE(cycle, "__new__(iterable, /)", cycle_m_new, REDUCE(cycle), SETSTATE(cycle),);
TABLE(compress, "__new__(data, selectors)", compress_m_new, REDUCE(compress),);
TABLE(dropwhile, "__new__(predicate, iterable, /)", with_function, REDUCE(takewhile), SETSTATE(takewhile),);
TABLE(takewhile, "__new__(predicate, iterable, /)", with_function, REDUCE(takewhile), SETSTATE(takewhile),);
TABLE(filterfalse, "__new__(function, iterable, /)", with_function, REDUCE(starmap),);
TABLE(starmap, "__new__(function, iterable, /)", with_function, REDUCE(starmap),);
TABLE(accumulate, "__new__(iterable, func=None, *, initial=None)", accumulate_m_new, REDUCE(accumulate), SETSTATE(accumulate),);
TABLE(pairwise, "__new__(iterable, /)", pairwise_m_new, );
TABLE(batched, "__new__(iterable, n: ssize, *, strict: bool = False)", batched_m_new, );
TABLE(groupby, "__new__(iterable, key=None)", groupby_m_new, REDUCE(groupby), SETSTATE(groupby),);

static const MethodDef functions[] = {
    FUNCTION(itertools, tee, "tee(iterable, n: ssize = 2, /)", "A tuple of n iterators that all give what the iterable gives."),
    { 0 }
};

const TypeLayout it_layout = { .kind = KIND_EXT, .size = sizeof(It), .trace = it_trace };

Value itertools_init(Vm *vm)
{
#define TYPE(name_, doc_) { .name = "itertools." #name_, .doc = doc_, .layout = &it_layout, .methods = name_##_methods, \
                            .flags = TYPE_BASE }
    static const TypeDef defs[] = {
        /* In the order of the enum IT_GROUPER... */
        { .name = "itertools._grouper", .layout = &it_layout, .methods = grouper_methods },
        { .name = "itertools._tee", .layout = &it_layout, .methods = tee_methods, .flags = TYPE_WEAKREFS },
        TYPE(accumulate, "Running totals, or what a function of two arguments makes of all items so far."),
        TYPE(batched, "Tuples of n items each; the last one may be shorter."),
        TYPE(chain, "The items of one iterable after the other."),
        TYPE(compress, "The items whose selector is true."),
        TYPE(count, "start, start + step, start + 2 * step, ..."),
        TYPE(cycle, "The items, over and over again."),
        TYPE(dropwhile, "The items from the first one on for which the predicate is false."),
        TYPE(filterfalse, "The items for which the function is false."),
        TYPE(groupby, "Pairs of a key and an iterator over the neighbours that have it."),
        TYPE(islice, "islice(iterable, stop) or islice(iterable, start, stop[, step]): a part of the items."),
        TYPE(pairwise, "Pairs of neighbours, overlapping."),
        TYPE(repeat, "The same object, over and over again or a number of times."),
        TYPE(starmap, "What the function makes of the items, which are its arguments."),
        TYPE(takewhile, "The items up to the first one for which the predicate is false."),
        TYPE(zip_longest, "As zip(), to the end of the longest; fillvalue stands for what is missing."),
    };
#undef TYPE
    Module *m = module_new(vm, "itertools", "Iterators for efficient loops.");
    Tuple *types = m ? tuple_new(vm, COUNT_OF(defs)) : NULL;
    for (size_t i = 0; types && i < COUNT_OF(defs); i++) {
        Type *t = type_from_def(vm, &defs[i], vm->types.object);
        if (!t || !module_set(vm, m, strchr(defs[i].name, '.') + 1, value_from_obj(t)))
            return VALUE_ERROR;
        heap_set(vm, types, &types->items[i], value_from_obj(t));
    }
    if (!types)
        return VALUE_ERROR;
    rt_of(vm)->roots[RT_ROOT_ITERTOOLS] = value_from_obj(types);
    return module_add_functions(vm, m, functions) && itertools_add_combining(vm, m) ? value_from_obj(m) : VALUE_ERROR;
}
