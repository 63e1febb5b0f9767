/* SPDX-License-Identifier: MIT
 * How the iterators of itertools describe themselves to copy and pickle. Each says what its fields are where it is
 * written: itertools.c. */
#include "stdlib/itertools.h"

#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

bool it_deprecated(Vm *vm)
{
    return !vm->hooks.warn || vm->hooks.warn(vm, vm->exc[EXC_DeprecationWarning],
        "Pickle, copy, and deepcopy support will be removed from itertools in Python 3.14.");
}

Value it_reduced(Vm *vm, Value self, Tuple *arguments, Value state)
{
    Value cls = value_from_obj(type_of(vm, self));
    Tuple *t = !arguments || vm_pending(vm) ? NULL : value_is_empty(state) ? tuple_pack(vm, 2, cls, value_from_obj(arguments))
             : tuple_pack(vm, 3, cls, value_from_obj(arguments), state);
    return t ? value_from_obj(t) : VALUE_ERROR;
}

/* A state that is a tuple of so many items. */
static Tuple *state_tuple(Vm *vm, Value state, size_t n)
{
    if (!is_tuple(state))
        raise_exc(vm, EXC_TypeError, "state is not a tuple");
    else if (as_tuple(state)->len != n)
        raise_exc(vm, EXC_TypeError, "function takes exactly %zu arguments (%zu given)", n, as_tuple(state)->len);
    return vm_pending(vm) ? NULL : as_tuple(state);
}

static bool state_is(Vm *vm, bool right, unsigned i, const char *type, Value v)
{
    if (!right)
        raise_exc(vm, EXC_TypeError, "argument %u must be %s, not %B", i, type, v);
    return right;
}

static Value type_at(Vm *vm, int i)
{
    return as_tuple(rt_of(vm)->roots[RT_ROOT_ITERTOOLS])->items[i];
}

/* iter(list), at an index. */
static Value list_iter(Vm *vm, List *l, int64_t at)
{
    Value iter = l ? op_iter(vm, value_from_obj(l)) : VALUE_ERROR, index = value_from_int48(at);
    Str *name = str_intern(vm, "__setstate__", 12);
    if (!at || value_is_empty(iter) || !name)
        return iter;
    return value_is_empty(op_call_method(vm, iter, name, 1, &index)) ? VALUE_ERROR : iter;
}

/* chain((first,), iterator) */
static Value with_first(Vm *vm, Value first, Value iterator)
{
    Tuple *t = tuple_pack(vm, 1, first);
    Value args[2] = { t ? value_from_obj(t) : VALUE_ERROR, iterator };
    return t ? op_call(vm, type_at(vm, IT_CHAIN), 2, args) : VALUE_ERROR;
}

IT_METHOD(accumulate, reduce)
{
    const It *it = as_it(self);
    (void)args;
    if (!it_deprecated(vm))
        return VALUE_ERROR;
    if (!value_is_empty(it->v[3])) {
        Value all = with_first(vm, it->v[3], it->v[0]);
        return value_is_empty(all) ? all : it_reduced(vm, self, tuple_pack(vm, 2, all, it->v[1]), VALUE_NONE);
    }
    if (!value_is_empty(it->v[2]) && value_is_none(it->v[2])) {     /* a state of None would be none */
        Value sums[2] = { with_first(vm, VALUE_NONE, it->v[0]), it->v[1] };
        Value all = value_is_empty(sums[0]) ? VALUE_ERROR : op_call(vm, type_at(vm, IT_ACCUMULATE), 2, sums);
        Tuple *t = value_is_empty(all) ? NULL : tuple_pack(vm, 3, all, value_from_int48(1), VALUE_NONE);
        t = t ? tuple_pack(vm, 2, type_at(vm, IT_ISLICE), value_from_obj(t)) : NULL;
        return t ? value_from_obj(t) : VALUE_ERROR;
    }
    return it_reduced(vm, self, tuple_pack(vm, 2, it->v[0], it->v[1]), value_is_empty(it->v[2]) ? VALUE_NONE : it->v[2]);
}

IT_METHOD(accumulate, setstate)
{
    if (!it_deprecated(vm))
        return VALUE_ERROR;
    heap_set(vm, as_it(self), &as_it(self)->v[2], args->v[0]);
    return VALUE_NONE;
}

IT_METHOD(chain, reduce)
{
    const It *it = as_it(self);
    (void)args;
    if (!it_deprecated(vm))
        return VALUE_ERROR;
    Tuple *state = value_is_empty(it->v[0]) ? NULL : value_is_empty(it->v[1]) ? tuple_pack(vm, 1, it->v[0])
                 : tuple_pack(vm, 2, it->v[0], it->v[1]);
    return it_reduced(vm, self, vm->empty_tuple, state ? value_from_obj(state) : VALUE_EMPTY);
}

IT_METHOD(chain, setstate)
{
    It *it = as_it(self);
    Value state = args->v[0];
    if (!it_deprecated(vm))
        return VALUE_ERROR;
    if (!is_tuple(state))
        return raise_exc(vm, EXC_TypeError, "state is not a tuple");
    const Tuple *t = as_tuple(state);
    if (!t->len)
        return raise_exc(vm, EXC_TypeError, "function takes at least 1 argument (0 given)");
    if (t->len > 2)
        return raise_exc(vm, EXC_TypeError, "function takes at most 2 arguments (%zu given)", t->len);
    for (size_t i = 0; i < t->len; i++)
        if (value_is_empty(type_special(type_of(vm, t->items[i]), SPECIAL_NEXT)))
            return raise_exc(vm, EXC_TypeError, "Arguments must be iterators.");
    heap_set(vm, it, &it->v[0], t->items[0]);
    it->v[1] = VALUE_EMPTY;
    if (t->len > 1)
        heap_set(vm, it, &it->v[1], t->items[1]);
    return VALUE_NONE;
}

IT_METHOD(compress, reduce)
{
    (void)args;
    return it_deprecated(vm) ? it_reduced(vm, self, tuple_from(vm, as_it(self)->v, 2), VALUE_EMPTY) : VALUE_ERROR;
}

IT_METHOD(count, reduce)
{
    const It *it = as_it(self);
    (void)args;
    if (!it_deprecated(vm))
        return VALUE_ERROR;
    Tuple *t = value_is_empty(it->v[0]) ? tuple_pack(vm, 1, int_new(vm, it->n)) : tuple_pack(vm, 2, it->v[0], it->v[1]);
    return it_reduced(vm, self, t, VALUE_EMPTY);
}

IT_METHOD(cycle, reduce)
{
    const It *it = as_it(self);
    List *l = as_list(it->v[1]);
    (void)args;
    if (!it_deprecated(vm))
        return VALUE_ERROR;
    bool again = value_is_empty(it->v[0]);
    Value iter = again ? list_iter(vm, l, l->len ? it->n % (int64_t)l->len : 0) : it->v[0];
    Tuple *state = value_is_empty(iter) ? NULL : tuple_pack(vm, 2, it->v[1], value_from_bool(again || it->k));
    return state ? it_reduced(vm, self, tuple_pack(vm, 1, iter), value_from_obj(state)) : VALUE_ERROR;
}

IT_METHOD(cycle, setstate)
{
    It *it = as_it(self);
    Tuple *t = it_deprecated(vm) ? state_tuple(vm, args->v[0], 2) : NULL;
    if (!t || !state_is(vm, is_list(t->items[0]), 1, "list", t->items[0]) || !op_int64(vm, t->items[1], &it->k))
        return VALUE_ERROR;
    heap_set(vm, it, &it->v[1], t->items[0]);
    it->n = 0;
    return VALUE_NONE;
}

IT_METHOD(repeat, reduce)
{
    const It *it = as_it(self);
    (void)args;
    if (!it_deprecated(vm))
        return VALUE_ERROR;
    return it_reduced(vm, self, it->n < 0 ? tuple_pack(vm, 1, it->v[0]) : tuple_pack(vm, 2, it->v[0], int_new(vm, it->n)),
                      VALUE_EMPTY);
}

IT_METHOD(starmap, reduce)
{
    (void)args;
    return it_deprecated(vm) ? it_reduced(vm, self, tuple_pack(vm, 2, as_it(self)->v[1], as_it(self)->v[0]), VALUE_EMPTY)
                             : VALUE_ERROR;
}

IT_METHOD(takewhile, reduce)
{
    const It *it = as_it(self);
    (void)args;
    return it_deprecated(vm) ? it_reduced(vm, self, tuple_pack(vm, 2, it->v[1], it->v[0]), value_from_int48(it->n))
                             : VALUE_ERROR;
}

IT_METHOD(takewhile, setstate)
{
    int yes = it_deprecated(vm) ? op_truth(vm, args->v[0]) : -1;
    if (yes >= 0)
        as_it(self)->n = yes;
    return yes < 0 ? VALUE_ERROR : VALUE_NONE;
}

IT_METHOD(islice, reduce)
{
    const It *it = as_it(self);
    (void)args;
    if (!it_deprecated(vm))
        return VALUE_ERROR;
    if (value_is_empty(it->v[0])) {
        Value none = list_iter(vm, list_new(vm, 0), 0);
        Value zero = value_from_int48(0);
        return value_is_empty(none) ? none : it_reduced(vm, self, tuple_pack(vm, 2, none, zero), zero);
    }
    Value stop = it->m < 0 ? VALUE_NONE : int_new(vm, it->m);
    return it_reduced(vm, self, tuple_pack(vm, 4, it->v[0], int_new(vm, it->n), stop, int_new(vm, it->k)), int_new(vm, it->seen));
}

IT_METHOD(islice, setstate)
{
    int64_t seen;
    if (!it_deprecated(vm))
        return VALUE_ERROR;
    if (!is_int(args->v[0]) && !value_is_bool(args->v[0]))
        return raise_exc(vm, EXC_TypeError, "an integer is required");
    if (!op_int64(vm, args->v[0], &seen) || seen < 0) {
        exc_discard(vm);
        return raise_exc(vm, EXC_OverflowError, "can't convert negative value to size_t");
    }
    as_it(self)->seen = seen;
    return VALUE_NONE;
}

IT_METHOD(zip_longest, reduce)
{
    const It *it = as_it(self);
    const Tuple *iters = as_tuple(it->v[0]);
    (void)args;
    Tuple *t = it_deprecated(vm) ? tuple_from(vm, iters->items, iters->len) : NULL;
    for (size_t i = 0; t && i < t->len; i++)
        if (value_is_none(t->items[i]))
            t->items[i] = value_from_obj(vm->empty_tuple);
    return it_reduced(vm, self, t, it->v[1]);
}

IT_METHOD(zip_longest, setstate)
{
    if (!it_deprecated(vm))
        return VALUE_ERROR;
    heap_set(vm, as_it(self), &as_it(self)->v[1], args->v[0]);
    return VALUE_NONE;
}

IT_METHOD(groupby, reduce)
{
    const It *it = as_it(self);
    (void)args;
    if (!it_deprecated(vm))
        return VALUE_ERROR;
    bool at_work = !value_is_empty(it->v[2]) && !value_is_empty(it->v[3]) && !value_is_empty(it->v[4]);
    Tuple *state = at_work ? tuple_pack(vm, 3, it->v[3], it->v[4], it->v[2]) : NULL;
    return it_reduced(vm, self, tuple_pack(vm, 2, it->v[0], it->v[1]), state ? value_from_obj(state) : VALUE_EMPTY);
}

IT_METHOD(groupby, setstate)
{
    It *it = as_it(self);
    Tuple *t = it_deprecated(vm) ? state_tuple(vm, args->v[0], 3) : NULL;
    if (!t)
        return VALUE_ERROR;
    heap_set(vm, it, &it->v[3], t->items[0]);
    heap_set(vm, it, &it->v[4], t->items[1]);
    heap_set(vm, it, &it->v[2], t->items[2]);
    return VALUE_NONE;
}

IT_METHOD(grouper, new)
{
    Type *groupby = as_type(type_at(vm, IT_GROUPBY));
    if (!state_is(vm, type_is_subtype(type_of(vm, args->v[0]), groupby), 1, "itertools.groupby", args->v[0]))
        return VALUE_ERROR;
    It *group = it_new(vm, self), *parent = as_it(args->v[0]);
    if (!group)
        return VALUE_ERROR;
    group->v[0] = args->v[0];
    group->v[1] = args->v[1];
    heap_set(vm, parent, &parent->v[5], value_from_obj(group));
    return value_from_obj(group);
}

IT_METHOD(grouper, reduce)
{
    const It *g = as_it(self);
    (void)args;
    if (!it_deprecated(vm))
        return VALUE_ERROR;
    if (value_same(as_it(g->v[0])->v[5], self))
        return it_reduced(vm, self, tuple_from(vm, g->v, 2), VALUE_EMPTY);
    Str *name = str_intern(vm, "iter", 4);
    Tuple *nothing = name ? tuple_pack(vm, 1, value_from_obj(vm->empty_tuple)) : NULL;
    Tuple *t = nothing ? tuple_pack(vm, 2, dict_get_str(vm, vm->builtins, name), value_from_obj(nothing)) : NULL;
    return t ? value_from_obj(t) : VALUE_ERROR;
}

/* The cells themselves, so that copies of several tees made together share them, too. */
IT_METHOD(tee, reduce)
{
    (void)args;
    Tuple *from = it_deprecated(vm) ? tuple_pack(vm, 1, value_from_obj(vm->empty_tuple)) : NULL;
    Tuple *state = from ? tuple_from(vm, as_it(self)->v, 2) : NULL;
    return state ? it_reduced(vm, self, from, value_from_obj(state)) : VALUE_ERROR;
}

IT_METHOD(tee, setstate)
{
    It *it = as_it(self);
    Tuple *t = it_deprecated(vm) ? state_tuple(vm, args->v[0], 2) : NULL;
    for (unsigned i = 0; t && i < 2; i++)
        if (!state_is(vm, is_list(t->items[i]), i + 1, "itertools._tee_dataobject", t->items[i]))
            return VALUE_ERROR;
    for (unsigned i = 0; t && i < 2; i++)
        heap_set(vm, it, &it->v[i], t->items[i]);
    return t ? VALUE_NONE : VALUE_ERROR;
}
