/* SPDX-License-Identifier: MIT
 * enumerate, zip, map, filter: iterators over iterators. They may be subclassed. */
#include "vm/iter_fast.h"
#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/reduce.h"
#include "vm/objects/str.h"

/* ---- stepping ---- */
static bool next_enumerate(Vm *vm, Iter *it, Value *out)
{
    bool big = (it->h.flags & ITER_KIND_MASK) == ITER_ENUMERATE_BIG;
    Value v, number, from = big ? as_tuple(it->source)->items[1] : VALUE_EMPTY;
    if (!iter_step_last(vm, big ? as_tuple(it->source)->items[0] : it->source, &v))
        return false;
    number = int_new(vm, it->index);
    if (big && !value_is_empty(number))
        number = int_binary(vm, INT_ADD, number, from);
    if (value_is_empty(number))
        return false;
    it->index++;
    *out = value_from_obj(tuple_pack(vm, 2, number, v));
    return !value_is_empty(*out);
}

/* zip(strict=True): argument `at` (from 0) ended when the first still had an item, or not before it. */
static bool zip_uneven(Vm *vm, size_t at, const char *what)
{
    if (at == 1)
        raise_exc(vm, EXC_ValueError, "zip() argument 2 is %s than argument 1", what);
    else
        raise_exc(vm, EXC_ValueError, "zip() argument %zu is %s than arguments 1-%zu", at + 1, what, at);
    return false;
}

static bool zip_end(Vm *vm, Iter *it, size_t at)
{
    if (vm_pending(vm) || !it->step)
        return false;
    if (at)
        return zip_uneven(vm, at, "shorter");
    Tuple *iters = as_tuple(it->source);
    for (size_t i = 1; i < iters->len; i++) {
        Value v;
        if (op_next(vm, iters->items[i], &v))
            return zip_uneven(vm, i, "longer");
        if (vm_pending(vm))
            return false;
    }
    return false;
}

static bool next_zip(Vm *vm, Iter *it, Value *out)
{
    Tuple *iters = as_tuple(it->source);
    if (!iters->len) {
        vm->stop_value = VALUE_EMPTY;
        return false;
    }
    Tuple *t = tuple_new(vm, iters->len);
    if (!t)
        return false;
    for (size_t i = 0; i < iters->len; i++) {
        Value v;
        if (!iter_step_last(vm, iters->items[i], &v))
            return zip_end(vm, it, i);
        heap_set(vm, t, &t->items[i], v);
    }
    *out = value_from_obj(t);
    return true;
}

#define MAP_ON_STACK 8

static bool next_map(Vm *vm, Iter *it, Value *out)
{
    Tuple *t = as_tuple(it->source);
    size_t n = t->len - 1;
    Value few[MAP_ON_STACK], *args = few;
    if (n > MAP_ON_STACK) {
        Tuple *many = tuple_new(vm, n);
        if (!many)
            return false;
        args = many->items;
    }
    for (size_t i = 0; i < n; i++)
        if (!iter_step_last(vm, t->items[i + 1], &args[i]))
            return false;
    *out = op_call(vm, t->items[0], (uint32_t)n, args);
    return !value_is_empty(*out);
}

static bool next_filter(Vm *vm, Iter *it, Value *out)
{
    Tuple *t = as_tuple(it->source);
    bool by_truth = value_is_none(t->items[0]) || value_same(t->items[0], value_from_obj(vm->types.boolean));
    Value v;
    while (iter_step_last(vm, t->items[1], &v)) {
        Value good = by_truth ? v : op_call1(vm, t->items[0], v);
        int keep = value_is_empty(good) ? -1 : op_truth(vm, good);
        if (keep > 0)
            *out = v;
        if (keep)
            return keep > 0;
        if (!vm_checkpoint(vm))
            return false;
    }
    return false;
}

static bool next_by_kind(Vm *vm, Iter *it, Value *out)
{
    switch (it->h.flags & ITER_KIND_MASK) {
    case ITER_ENUMERATE: case ITER_ENUMERATE_BIG: return next_enumerate(vm, it, out);
    case ITER_ZIP: return next_zip(vm, it, out);
    case ITER_MAP: return next_map(vm, it, out);
    case ITER_FILTER: return next_filter(vm, it, out);
    default: return false;
    }
}

/* StopIteration out of the function of a map or filter is an end like any other. */
bool iter_next_of_iters(Vm *vm, Iter *it, Value *out)
{
    if (!vm_stack_ok(vm, "") || !vm_checkpoint(vm))
        return false;
    if (next_by_kind(vm, it, out))
        return true;
    if (vm_pending(vm))
        op_end(vm);
    return false;
}

/* The iterator of a list or tuple that is not at its end, and what comes next. Else NULL. */
static inline Iter *look_ahead(Value v, Value *item)
{
    if (!is_kind(v, KIND_ITER) || value_is_empty(as_iter(v)->source))
        return NULL;
    Iter *it = as_iter(v);
    unsigned kind = it->h.flags & ITER_KIND_MASK;
    uint64_t at = (uint64_t)it->index;
    if (kind == ITER_LIST && at < as_list(it->source)->len)
        *item = as_list(it->source)->buf->items[at];
    else if (kind == ITER_TUPLE && at < as_tuple(it->source)->len)
        *item = as_tuple(it->source)->items[at];
    else
        return NULL;
    return it;
}

static int pair_of_kind(Vm *vm, Iter *it, Value *out)
{
    if ((it->h.flags & ITER_KIND_MASK) == ITER_ENUMERATE) {
        if (!iter_step_last(vm, it->source, &out[1]) || value_is_empty(out[0] = int_new(vm, it->index)))
            return 0;
        it->index++;
        return 1;
    }
    Tuple *iters = as_tuple(it->source);
    for (size_t i = 0; i < 2; i++)
        if (!iter_step_last(vm, iters->items[i], &out[i]))
            return zip_end(vm, it, i);
    return 1;
}

int iter_next_pair(Vm *vm, Iter *it, Value *out)
{
    if ((it->h.flags & ITER_KIND_MASK) == ITER_ZIP) {
        const Tuple *t = as_tuple(it->source);
        if (t->len != 2)
            return -1;
        Iter *a = look_ahead(t->items[0], &out[0]), *b = a ? look_ahead(t->items[1], &out[1]) : NULL;
        if (b && LIKELY(a != b)) {
            a->index++;
            b->index++;
            return 1;
        }
    }
    if (!vm_stack_ok(vm, ""))
        return 0;
    int got = pair_of_kind(vm, it, out);
    if (!got && vm_pending(vm))
        op_end(vm);
    return got;
}

/* ---- making ---- */
static Value make(Vm *vm, Value cls, unsigned kind, Value source, int64_t index, int64_t step)
{
    Iter *it = value_is_empty(source) ? NULL : (Iter *)object_alloc(vm, as_type(cls));
    if (!it)
        return VALUE_ERROR;
    it->h.flags |= (uint16_t)kind;
    it->source = source;
    it->index = index;
    it->step = step;
    return value_from_obj(it);
}

/* (first, iter(items[0]), iter(items[1]) …), without `first` when it is EMPTY. */
static Value iters_of(Vm *vm, Value first, const Value *items, size_t n)
{
    size_t head = !value_is_empty(first);
    Tuple *t = tuple_new(vm, n + head);
    if (!t)
        return VALUE_ERROR;
    if (head)
        t->items[0] = first;
    for (size_t i = 0; i < n; i++) {
        Value it = op_iter(vm, items[i]);
        if (value_is_empty(it))
            return VALUE_ERROR;
        heap_set(vm, t, &t->items[i + head], it);
    }
    return value_from_obj(t);
}

static Value enumerate_m_new(Vm *vm, Value self, const Args *args)
{
    if (value_is_empty(args->v[0]))
        return raise_type_error(vm, "enumerate() missing required argument 'iterable'");
    Value it = op_iter(vm, args->v[0]);
    int64_t start;
    if (value_is_empty(it))
        return VALUE_ERROR;
    if (int_to_i64(args->v[1], &start) && start < INT64_MAX / 2)
        return make(vm, self, ITER_ENUMERATE, it, start, 0);
    return make(vm, self, ITER_ENUMERATE_BIG, value_from_obj(tuple_pack(vm, 2, it, args->v[1])), 0, 0);
}

static Value zip_m_new(Vm *vm, Value self, const Args *args)
{
    int strict = 0;
    if (args->nkw > 1)
        return raise_exc(vm, EXC_TypeError, "zip() takes at most 1 keyword argument (%u given)", args->nkw);
    if (args->nkw) {
        if (!str_is(as_str(args->names[0]), "strict"))
            return raise_exc(vm, EXC_TypeError, "zip() got an unexpected keyword argument '%V'", args->names[0]);
        if ((strict = op_truth(vm, args->rest[args->nrest])) < 0)
            return VALUE_ERROR;
    }
    return make(vm, self, ITER_ZIP, iters_of(vm, VALUE_EMPTY, args->rest, args->nrest), 0, strict != 0);
}

static Value map_m_new(Vm *vm, Value self, const Args *args)
{
    if (args->nrest < 2)
        return raise_type_error(vm, "map() must have at least two arguments.");
    return make(vm, self, ITER_MAP, iters_of(vm, args->rest[0], args->rest + 1, args->nrest - 1), 0, 0);
}

static Value filter_m_new(Vm *vm, Value self, const Args *args)
{
    return make(vm, self, ITER_FILTER, iters_of(vm, args->v[0], &args->v[1], 1), 0, 0);
}

#define ITER_METHODS METHOD(iter, iter, "__iter__()", NULL), METHOD(iter, next, "__next__()", NULL), REDUCE_METHOD(iter)

static const MethodDef enumerate_methods[] = {
    { "__new__(iterable=..., start: int = 0)", NULL, enumerate_m_new, NATIVE_STATIC | NATIVE_INVALID_KW },
    ITER_METHODS,
    { 0 }
};
static const MethodDef zip_methods[] = {
    { "__new__(*iterables, **kwargs)", NULL, zip_m_new, NATIVE_STATIC | NATIVE_VECTOR },
    ITER_METHODS,
    SETSTATE_METHOD(iter),
    { 0 }
};
static const MethodDef map_methods[] = {
    { "__new__(*args)", NULL, map_m_new, NATIVE_STATIC },
    ITER_METHODS,
    { 0 }
};
static const MethodDef filter_methods[] = {
    { "__new__(function, iterable, /)", NULL, filter_m_new, NATIVE_STATIC },
    ITER_METHODS,
    { 0 }
};

static const TypeDef enumerate_def = {
    .name = "enumerate",
    .doc = "Each item with its number, counted from start on.",
    .layout = LAYOUT(ITER), .methods = enumerate_methods, .flags = TYPE_BASE,
};
static const TypeDef zip_def = {
    .name = "zip",
    .doc = "Tuples of one item of each iterable, until one ends; with strict all must "
           "end together.",
    .layout = LAYOUT(ITER), .methods = zip_methods, .flags = TYPE_BASE,
};
static const TypeDef map_def = {
    .name = "map",
    .doc = "What the function makes of the items, one of each iterable, until one of "
           "them ends.",
    .layout = LAYOUT(ITER), .methods = map_methods, .flags = TYPE_BASE,
};
static const TypeDef filter_def = {
    .name = "filter",
    .doc = "The items for which the function is true; with None those that are true "
           "themselves.",
    .layout = LAYOUT(ITER), .methods = filter_methods, .flags = TYPE_BASE,
};

bool iter_tools_init(Vm *vm)
{
    Type *object = vm->types.object;
    return (vm->types.enumerate = type_from_def(vm, &enumerate_def, object)) &&
           (vm->types.zip = type_from_def(vm, &zip_def, object)) &&
           (vm->types.map = type_from_def(vm, &map_def, object)) &&
           (vm->types.filter = type_from_def(vm, &filter_def, object));
}
