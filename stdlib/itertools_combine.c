/* SPDX-License-Identifier: MIT
 * itertools: product, permutations, combinations. v[0] is the pool (of product a tuple of pools), v[1] a Raw with the
 * indices of the last result, n the number of items in a result, m the state: 0 new, 1 at work, 2 over; k: it has given
 * something. */
#include "stdlib/itertools.h"

#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

static size_t *indices(const It *it)
{
    return (size_t *)(void *)((Raw *)value_obj(it->v[1]))->data;
}

static bool set_indices(Vm *vm, It *it, size_t n)
{
    Raw *r = raw_new(vm, (n ? n : 1) * sizeof(size_t));
    if (!r)
        return false;
    memset(r->data, 0, (n ? n : 1) * sizeof(size_t));
    heap_set(vm, it, &it->v[1], value_from_obj(r));
    return true;
}

static Value give(Vm *vm, const It *it)
{
    const Tuple *pool = as_tuple(it->v[0]);
    Tuple *t = tuple_new(vm, (size_t)it->n);
    const size_t *at = indices(it);
    for (int64_t i = 0; t && i < it->n; i++)
        t->items[i] = pool->items[at[i]];
    if (!vm_checkpoint(vm))
        return VALUE_ERROR;
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static Value end(Vm *vm, It *it)
{
    it->m = 2;
    return it_stop(vm);
}

/* The first result comes. */
static void begin(It *it)
{
    it->m = it->k = 1;
}

/* ---- copy and pickle ---- */
static Tuple *numbers(Vm *vm, const size_t *at, size_t n)
{
    Tuple *t = tuple_new(vm, n);
    for (size_t i = 0; t && i < n; i++)
        t->items[i] = value_from_int48((int64_t)at[i]);
    return t;
}

/* Indices out of a tuple; those that are out of range become the nearest: low..high, which move by `rise` for each. */
static bool take_numbers(Vm *vm, const Tuple *t, size_t *at, int64_t low, int64_t high, int rise)
{
    for (size_t i = 0; i < t->len; i++, high += rise) {
        int64_t n;
        if (!is_int(t->items[i]) && !value_is_bool(t->items[i])) {
            raise_exc(vm, EXC_TypeError, "an integer is required");
            return false;
        }
        if (!op_int64(vm, t->items[i], &n))
            return false;
        at[i] = (size_t)(n < low ? low : n > high ? high : n);
    }
    return true;
}

static bool fits(Vm *vm, Value state, size_t n)
{
    if (!is_tuple(state) || as_tuple(state)->len != n)
        raise_exc(vm, EXC_ValueError, "invalid arguments");
    return !vm_pending(vm);
}

static Value combining_reduce(Vm *vm, Value self, Tuple *state)
{
    const It *it = as_it(self);
    Value pool = it->k && it->m == 2 ? value_from_obj(vm->empty_tuple) : it->v[0];
    return it_reduced(vm, self, tuple_pack(vm, 2, pool, int_new(vm, it->n)), state ? value_from_obj(state) : VALUE_EMPTY);
}

static Value combinations_m_reduce(Vm *vm, Value self, const Args *args)
{
    const It *it = as_it(self);
    (void)args;
    return it_deprecated(vm) ? combining_reduce(vm, self, it->m == 1 ? numbers(vm, indices(it), (size_t)it->n) : NULL)
                             : VALUE_ERROR;
}

static Value combining_setstate(Vm *vm, Value self, Value state, bool repeats)
{
    It *it = as_it(self);
    int64_t len = (int64_t)as_tuple(it->v[0])->len;
    if (!it_deprecated(vm) || !fits(vm, state, (size_t)it->n))
        return VALUE_ERROR;
    if (it->m == 2)
        return VALUE_NONE;
    if (!take_numbers(vm, as_tuple(state), indices(it), 0, repeats ? len - 1 : len - it->n, !repeats))
        return VALUE_ERROR;
    begin(it);
    return VALUE_NONE;
}

static Value combinations_m_setstate(Vm *vm, Value self, const Args *args)
{
    return combining_setstate(vm, self, args->v[0], false);
}

static Value replacing_m_setstate(Vm *vm, Value self, const Args *args)
{
    return combining_setstate(vm, self, args->v[0], true);
}

static Value permutations_m_reduce(Vm *vm, Value self, const Args *args)
{
    const It *it = as_it(self);
    size_t len = as_tuple(it->v[0])->len;
    (void)args;
    if (!it_deprecated(vm))
        return VALUE_ERROR;
    if (it->m != 1)
        return combining_reduce(vm, self, NULL);
    Tuple *at = numbers(vm, indices(it), len), *cycles = at ? numbers(vm, indices(it) + len, (size_t)it->n) : NULL;
    Tuple *state = cycles ? tuple_pack(vm, 2, value_from_obj(at), value_from_obj(cycles)) : NULL;
    return state ? combining_reduce(vm, self, state) : VALUE_ERROR;
}

static Value permutations_m_setstate(Vm *vm, Value self, const Args *args)
{
    It *it = as_it(self);
    size_t len = as_tuple(it->v[0])->len, n = (size_t)it->n;
    Value state = args->v[0];
    if (!it_deprecated(vm))
        return VALUE_ERROR;
    if (!is_tuple(state))
        return raise_exc(vm, EXC_TypeError, "state is not a tuple");
    const Tuple *t = as_tuple(state);
    if (t->len != 2)
        return raise_exc(vm, EXC_TypeError, "function takes exactly 2 arguments (%zu given)", t->len);
    for (unsigned i = 0; i < 2; i++)
        if (!is_tuple(t->items[i]))
            return raise_exc(vm, EXC_TypeError, "argument %u must be tuple, not %B", i + 1, t->items[i]);
    if (!fits(vm, t->items[0], len) || !fits(vm, t->items[1], n))
        return VALUE_ERROR;
    if (it->m == 2)
        return VALUE_NONE;
    if (!take_numbers(vm, as_tuple(t->items[0]), indices(it), 0, (int64_t)len - 1, 0) ||
        !take_numbers(vm, as_tuple(t->items[1]), indices(it) + len, 1, (int64_t)len, -1))
        return VALUE_ERROR;
    begin(it);
    return VALUE_NONE;
}

static Value product_m_reduce(Vm *vm, Value self, const Args *args)
{
    const It *it = as_it(self);
    Tuple *pools = as_tuple(it->v[0]);
    (void)args;
    if (!it_deprecated(vm))
        return VALUE_ERROR;
    if (it->m == 2)
        return it_reduced(vm, self, tuple_pack(vm, 1, value_from_obj(vm->empty_tuple)), VALUE_EMPTY);
    Tuple *state = it->m ? numbers(vm, indices(it), pools->len) : NULL;
    return it_reduced(vm, self, pools, state ? value_from_obj(state) : VALUE_EMPTY);
}

static Value product_m_setstate(Vm *vm, Value self, const Args *args)
{
    It *it = as_it(self);
    const Tuple *pools = as_tuple(it->v[0]);
    if (!it_deprecated(vm) || !fits(vm, args->v[0], pools->len))
        return VALUE_ERROR;
    for (size_t i = 0; i < pools->len; i++) {
        int64_t n;
        Value v = as_tuple(args->v[0])->items[i];
        if (!is_int(v) && !value_is_bool(v))
            return raise_exc(vm, EXC_TypeError, "an integer is required");
        if (!op_int64(vm, v, &n))
            return VALUE_ERROR;
        int64_t last = (int64_t)as_tuple(pools->items[i])->len - 1;
        if (last < 0) {
            it->m = 2;
            return VALUE_NONE;
        }
        indices(it)[i] = (size_t)(n < 0 ? 0 : n > last ? last : n);
    }
    begin(it);
    return VALUE_NONE;
}

/* ---- product ---- */
static Value product_m_new(Vm *vm, Value self, const Args *args)
{
    int64_t times = 1;
    for (uint32_t i = 0; i < args->nkw; i++) {
        if (!str_is(as_str(args->names[i]), "repeat"))
            return raise_exc(vm, EXC_TypeError, "product() got an unexpected keyword argument '%V'", args->names[i]);
        if (!op_int64(vm, args->rest[args->nrest + i], &times))
            return VALUE_ERROR;
        if (times < 0)
            return raise_exc(vm, EXC_ValueError, "repeat argument cannot be negative");
    }
    size_t n = args->nrest;
    if (n && times > (int64_t)(INT32_MAX / n))
        return raise_exc(vm, EXC_OverflowError, "repeat argument too large");
    It *it = it_new(vm, self);
    Tuple *pools = it ? tuple_new(vm, n * (size_t)times) : NULL;
    if (!pools)
        return VALUE_ERROR;
    for (size_t i = 0; i < n && times; i++) {
        Value pool = op_tuple_of(vm, args->rest[i]);
        if (value_is_empty(pool))
            return pool;
        heap_set(vm, pools, &pools->items[i], pool);
    }
    for (size_t i = n; i < pools->len; i++)
        heap_set(vm, pools, &pools->items[i], pools->items[i - n]);
    it->v[0] = value_from_obj(pools);
    it->n = (int64_t)pools->len;
    return set_indices(vm, it, pools->len) ? value_from_obj(it) : VALUE_ERROR;
}

static Value product_give(Vm *vm, const It *it)
{
    const Tuple *pools = as_tuple(it->v[0]);
    Tuple *t = tuple_new(vm, pools->len);
    const size_t *at = indices(it);
    for (size_t i = 0; t && i < pools->len; i++)
        t->items[i] = as_tuple(pools->items[i])->items[at[i]];
    if (!vm_checkpoint(vm))
        return VALUE_ERROR;
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static Value product_m_next(Vm *vm, Value self, const Args *args)
{
    It *it = as_it(self);
    const Tuple *pools = as_tuple(it->v[0]);
    size_t *at = indices(it);
    (void)args;
    if (it->m == 2)
        return it_stop(vm);
    if (!it->m) {
        begin(it);
        for (size_t i = 0; i < pools->len; i++)
            if (!as_tuple(pools->items[i])->len)
                return end(vm, it);
        return product_give(vm, it);
    }
    for (size_t i = pools->len; i-- > 0;) {
        if (++at[i] < as_tuple(pools->items[i])->len)
            return product_give(vm, it);
        at[i] = 0;
    }
    return end(vm, it);
}

/* ---- combinations ---- */
static Value combining_new(Vm *vm, Value self, Value iterable, Value count, bool from_zero)
{
    int64_t r;
    Value pool = op_tuple_of(vm, iterable);
    if (value_is_empty(pool))
        return pool;
    if (!int_to_i64(count, &r))
        return raise_exc(vm, EXC_OverflowError, "Python int too large to convert to C ssize_t");
    if (r < 0)
        return raise_exc(vm, EXC_ValueError, "r must be non-negative");
    It *it = it_new(vm, self);
    size_t len = as_tuple(pool)->len;
    if (!it)
        return VALUE_ERROR;
    it->v[0] = pool;
    it->n = r;
    if (from_zero ? r && !len : (size_t)r > len)
        it->m = 2;
    if (!set_indices(vm, it, it->m == 2 ? 0 : (size_t)r))
        return VALUE_ERROR;
    for (size_t i = 0; !from_zero && it->m != 2 && i < (size_t)r; i++)
        indices(it)[i] = i;
    return value_from_obj(it);
}

static Value combinations_m_new(Vm *vm, Value self, const Args *args)
{
    return combining_new(vm, self, args->v[0], args->v[1], false);
}

/* The last index that can rise does, and those behind it follow: each by one more, or all to the same item. */
static Value combining_next(Vm *vm, It *it, bool repeats)
{
    size_t *at = indices(it), len = as_tuple(it->v[0])->len, r = (size_t)it->n, i = r;
    if (it->m == 2)
        return it_stop(vm);
    if (!it->m) {
        begin(it);
        return give(vm, it);
    }
    while (i > 0 && at[i - 1] == (repeats ? len - 1 : i - 1 + len - r))
        i--;
    if (!i)
        return end(vm, it);
    at[i - 1]++;
    for (; i < r; i++)
        at[i] = at[i - 1] + !repeats;
    return give(vm, it);
}

static Value combinations_m_next(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return combining_next(vm, as_it(self), false);
}

static Value replacing_m_new(Vm *vm, Value self, const Args *args)
{
    return combining_new(vm, self, args->v[0], args->v[1], true);
}

static Value replacing_m_next(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return combining_next(vm, as_it(self), true);
}

/* ---- permutations: the first n of all indices are the result; cycles lie behind them ---- */
static Value permutations_m_new(Vm *vm, Value self, const Args *args)
{
    int64_t r;
    Value pool = op_tuple_of(vm, args->v[0]);
    if (value_is_empty(pool))
        return pool;
    size_t len = as_tuple(pool)->len;
    if (value_is_none(args->v[1]))
        r = (int64_t)len;
    else if (!is_int(args->v[1]))
        return raise_exc(vm, EXC_TypeError, "Expected int as r");
    else if (!int_to_i64(args->v[1], &r))
        return raise_exc(vm, EXC_OverflowError, "Python int too large to convert to C ssize_t");
    if (r < 0)
        return raise_exc(vm, EXC_ValueError, "r must be non-negative");
    It *it = it_new(vm, self);
    if (!it)
        return VALUE_ERROR;
    it->v[0] = pool;
    it->n = r;
    if ((size_t)r > len)
        it->m = 2;
    if (!set_indices(vm, it, it->m == 2 ? 0 : len + (size_t)r))
        return VALUE_ERROR;
    for (size_t i = 0; it->m != 2 && i < len; i++)
        indices(it)[i] = i;
    for (size_t i = 0; it->m != 2 && i < (size_t)r; i++)
        indices(it)[len + i] = len - i;
    return value_from_obj(it);
}

static Value permutations_m_next(Vm *vm, Value self, const Args *args)
{
    It *it = as_it(self);
    size_t *at = indices(it), len = as_tuple(it->v[0])->len, *cycles = at + len;
    (void)args;
    if (it->m == 2)
        return it_stop(vm);
    if (!it->m) {
        begin(it);
        return give(vm, it);
    }
    for (size_t i = (size_t)it->n; i-- > 0;) {
        if (--cycles[i] == 0) {
            size_t first = at[i];
            memmove(at + i, at + i + 1, (len - i - 1) * sizeof *at);
            at[len - 1] = first;
            cycles[i] = len - i;
        } else {
            size_t j = len - cycles[i], t = at[i];
            at[i] = at[j];
            at[j] = t;
            return give(vm, it);
        }
    }
    return end(vm, it);
}

#define TABLE(name, signature, fn, flags)                                           \
    static const MethodDef name##_methods[] = {                                     \
        { signature, NULL, fn, NATIVE_STATIC | (flags) },                           \
        METHOD(it, iter, "__iter__()", "Implement iter(self)."),                    \
        METHOD(name, next, "__next__()", "Implement next(self)."),                  \
        { "__reduce__()", "What makes an equal one.", name##_m_reduce, 0 },         \
        METHOD(name, setstate, "__setstate__(state, /)", "Take what __reduce__() gave."), { 0 } }
#define replacing_m_reduce combinations_m_reduce
TABLE(product, "__new__(*iterables, repeat=1)", product_m_new, NATIVE_VECTOR);
TABLE(combinations, "__new__(iterable, r: ssize)", combinations_m_new, 0);
TABLE(replacing, "__new__(iterable, r: ssize)", replacing_m_new, 0);
TABLE(permutations, "__new__(iterable, r=None)", permutations_m_new, 0);

bool itertools_add_combining(Vm *vm, Module *m)
{
    static const TypeDef defs[] = {
        { .name = "itertools.product", .layout = &it_layout, .methods = product_methods, .flags = TYPE_BASE,
          .doc = "Tuples of an item of each iterable: all there are, the last item changes fastest." },
        { .name = "itertools.combinations", .layout = &it_layout, .methods = combinations_methods, .flags = TYPE_BASE,
          .doc = "Tuples of r items, in the order of the iterable: all there are." },
        { .name = "itertools.combinations_with_replacement", .layout = &it_layout, .methods = replacing_methods,
          .flags = TYPE_BASE, .doc = "The same, where an item may come more than once." },
        { .name = "itertools.permutations", .layout = &it_layout, .methods = permutations_methods, .flags = TYPE_BASE,
          .doc = "Tuples of r items (None: all) in every order." },
    };
    for (size_t i = 0; i < COUNT_OF(defs); i++) {
        Type *t = type_from_def(vm, &defs[i], vm->types.object);
        if (!t || !module_set(vm, m, strchr(defs[i].name, '.') + 1, value_from_obj(t)))
            return false;
    }
    return true;
}
