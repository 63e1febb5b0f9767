/* SPDX-License-Identifier: MIT
 * itertools: product, permutations, combinations. v[0] is the pool (of product a tuple of pools), v[1] a Raw with the
 * indices of the last result, n the number of items in a result, m the state: 0 new, 1 at work, 2 over. */
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
        it->m = 1;
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
        it->m = 1;
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
        it->m = 1;
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
        METHOD(name, next, "__next__()", "Implement next(self)."), { 0 } }
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
