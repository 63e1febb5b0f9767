/* SPDX-License-Identifier: MIT
 * How objects describe themselves to copy and pickle: __reduce_ex__ and __getstate__ of object, whose work the
 * module copyreg does, __reduce__ of the types that know better, and __setstate__ of iterators. */
#include "vm/objects/reduce.h"

#include "vm/iter.h"
#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/set.h"
#include "vm/objects/str.h"

/* ---- object ---- */

/* copyreg.<name>(self, arg) */
static Value ask_copyreg(Vm *vm, const char *name, Value self, Value arg)
{
    Str *module = str_intern(vm, "copyreg", 7), *fn = module ? str_intern(vm, name, strlen(name)) : NULL;
    if (!fn)
        return VALUE_ERROR;
    Value m = dict_get_str(vm, vm->modules, module);
    if (value_is_empty(m) && vm->hooks.import)
        m = vm->hooks.import(vm, module, VALUE_NONE, VALUE_NONE, VALUE_NONE, 0);
    if (value_is_empty(m))
        return vm_pending(vm) ? VALUE_ERROR : raise_exc(vm, EXC_ImportError, "no module named 'copyreg'");
    Value args[2] = { self, arg };
    return op_call_method(vm, m, fn, 2, args);
}

Value object_m_reduce(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return ask_copyreg(vm, "_reduce_ex", self, value_from_int48(0));
}

Value object_m_reduce_ex(Vm *vm, Value self, const Args *args)
{
    Str *name = str_intern(vm, "__reduce__", 10);
    if (!name)
        return VALUE_ERROR;
    Value own = type_lookup(vm, type_of(vm, self), name), usual = type_lookup(vm, vm->types.object, name);
    if (!value_same(own, usual)) {
        Value f = attr_get(vm, self, name);
        if (!value_is_empty(f))
            return op_call0(vm, f);
        if (!exc_pending_is(vm, EXC_AttributeError))
            return VALUE_ERROR;
        exc_discard(vm);
    }
    return ask_copyreg(vm, value_int48(args->v[0]) >= 2 ? "_reduce_new" : "_reduce_ex", self, args->v[0]);
}

Value object_m_getstate(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return ask_copyreg(vm, "_getstate", self, VALUE_FALSE);
}

/* ---- functions of built-in types ---- */

static Value builtin_named(Vm *vm, const char *name)
{
    Str *s = str_intern(vm, name, strlen(name));
    Value f = s ? dict_get_str(vm, vm->builtins, s) : VALUE_ERROR;
    return value_is_empty(f) && !vm_pending(vm) ? raise_exc(vm, EXC_AttributeError, "%s", name) : f;
}

/* (f, (args…)), or with a state behind them (f, (args…), state). EMPTY in an argument: an exception is pending. */
static Value reduced(Vm *vm, Value f, size_t n, const Value *args, Value state)
{
    if (value_is_empty(f))
        return VALUE_ERROR;
    for (size_t i = 0; i < n; i++)
        if (value_is_empty(args[i]))
            return VALUE_ERROR;
    Tuple *t = tuple_from(vm, args, n);
    if (!t)
        return VALUE_ERROR;
    Tuple *r = value_is_empty(state) ? tuple_pack(vm, 2, f, value_from_obj(t)) : tuple_pack(vm, 3, f, value_from_obj(t), state);
    return r ? value_from_obj(r) : VALUE_ERROR;
}

/* getattr(owner, name) */
Value reduce_attribute(Vm *vm, Value owner, Value name)
{
    Value args[2] = { owner, name };
    return reduced(vm, builtin_named(vm, "getattr"), 2, args, VALUE_EMPTY);
}

Value set_m_reduce(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Value items = op_list_of(vm, self), state = VALUE_NONE;
    if (obj_ext(vm, value_obj(self))) {
        Str *name = str_intern(vm, "__getstate__", 12);
        state = name ? op_call_method(vm, self, name, 0, NULL) : VALUE_ERROR;
        if (value_is_empty(state))
            return VALUE_ERROR;
    }
    return reduced(vm, value_from_obj(type_of(vm, self)), 1, &items, state);
}

/* ---- iterators ---- */

/* iter(<empty>): of an iterator that is used up. */
static Value reduced_empty(Vm *vm, const Iter *it, unsigned kind)
{
    Value empty = value_from_obj(vm->empty_tuple);
    if (kind == ITER_STR)
        empty = value_from_obj(vm->empty_str);
    else if (kind == ITER_LIST || kind == ITER_LIST_REV || (kind >= ITER_DICT_KEYS && kind <= ITER_SET))
        empty = value_from_obj(list_new(vm, 0));
    if (kind == ITER_LIST_REV)
        return reduced(vm, builtin_named(vm, "reversed"), 1, &empty, VALUE_EMPTY);
    Value f = kind == ITER_SEQUENCE_REV ? value_from_obj(type_of(vm, value_from_obj(it))) : builtin_named(vm, "iter");
    return reduced(vm, f, 1, &empty, VALUE_EMPTY);
}

static Value reduced_range(Vm *vm, const Iter *it)
{
    if ((it->h.flags & ITER_KIND_MASK) == ITER_RANGE_BIG) {
        Value rest = slice_new(vm, int_new(vm, it->index), VALUE_NONE, VALUE_NONE);
        Value r = value_is_empty(rest) ? rest : op_getitem(vm, it->source, rest);
        return reduced(vm, builtin_named(vm, "iter"), 1, &r, VALUE_NONE);
    }
    int64_t left = op_length_hint(vm, value_from_obj(it), 0);
    if (left < 0)
        return VALUE_ERROR;
    Value ends[3] = { int_new(vm, it->index), int_new(vm, it->index + left * it->step), int_new(vm, it->step) };
    Value r = op_call(vm, value_from_obj(vm->types.range), 3, ends);
    return reduced(vm, builtin_named(vm, "iter"), 1, &r, VALUE_NONE);
}

/* Of dictionaries and sets: iter(a list of what is left). */
static Value reduced_rest(Vm *vm, const Iter *it, unsigned kind)
{
    Value src = value_from_obj(it);
    Iter *copy = iter_new(vm, kind, type_of(vm, src), it->source, it->index, it->stop, it->step);
    Value items = copy ? op_list_of(vm, value_from_obj(copy)) : VALUE_ERROR;
    return reduced(vm, builtin_named(vm, "iter"), 1, &items, VALUE_EMPTY);
}

static Value reduced_over_iterators(Vm *vm, Value self, const Iter *it, unsigned kind)
{
    Value cls = value_from_obj(type_of(vm, self));
    if (kind == ITER_ENUMERATE) {
        Value args[2] = { it->source, int_new(vm, it->index) };
        return reduced(vm, cls, 2, args, VALUE_EMPTY);
    }
    Tuple *t = as_tuple(it->source);
    if (kind == ITER_ENUMERATE_BIG) {
        Value args[2] = { t->items[0], int_binary(vm, INT_ADD, int_new(vm, it->index), t->items[1]) };
        return reduced(vm, cls, 2, args, VALUE_EMPTY);
    }
    return reduced(vm, cls, t->len, t->items, kind == ITER_ZIP && it->step ? VALUE_TRUE : VALUE_EMPTY);
}

Value iter_m_reduce(Vm *vm, Value self, const Args *args)
{
    (void)args;
    const Iter *it = as_iter(self);
    unsigned kind = it->h.flags & ITER_KIND_MASK;
    Value source = it->source;
    if (value_is_empty(source) || (kind == ITER_LIST_REV && it->index < 0))
        return reduced_empty(vm, it, kind);
    switch (kind) {
    case ITER_RANGE: case ITER_RANGE_BIG:
        return reduced_range(vm, it);
    case ITER_DICT_KEYS: case ITER_DICT_VALUES: case ITER_DICT_ITEMS: case ITER_DICT_KEYS_REV:
    case ITER_DICT_VALUES_REV: case ITER_DICT_ITEMS_REV: case ITER_ORDERED: case ITER_SET:
        return reduced_rest(vm, it, kind);
    case ITER_CALLABLE:
        return reduced(vm, builtin_named(vm, "iter"), 2, as_tuple(source)->items, VALUE_EMPTY);
    case ITER_ENUMERATE: case ITER_ENUMERATE_BIG: case ITER_ZIP: case ITER_MAP: case ITER_FILTER:
        return reduced_over_iterators(vm, self, it, kind);
    case ITER_SEQUENCE_REV:
        return reduced(vm, value_from_obj(type_of(vm, self)), 1, &source, int_new(vm, it->index));
    case ITER_LIST_REV:
        return reduced(vm, builtin_named(vm, "reversed"), 1, &source, int_new(vm, it->index));
    case ITER_STR:
        return reduced(vm, builtin_named(vm, "iter"), 1, &source,
                       int_new(vm, (int64_t)str_index_of(vm, as_str(source), (size_t)it->index)));
    default:
        return reduced(vm, builtin_named(vm, "iter"), 1, &source, int_new(vm, it->index));
    }
}

static int64_t clamp(int64_t i, int64_t low, int64_t high)
{
    return i < low ? low : i > high ? high : i;
}

/* How many items the source has; -1: exception pending. */
static int64_t source_len(Vm *vm, const Iter *it, unsigned kind)
{
    return kind == ITER_STR ? as_str(it->source)->chars : kind == ITER_SEQUENCE ? INT64_MAX : op_len(vm, it->source);
}

Value iter_m_setstate(Vm *vm, Value self, const Args *args)
{
    Iter *it = as_iter(self);
    unsigned kind = it->h.flags & ITER_KIND_MASK;
    int64_t i;
    if (kind == ITER_ZIP) {
        int strict = op_truth(vm, args->v[0]);
        it->step = strict > 0;
        return strict < 0 ? VALUE_ERROR : VALUE_NONE;
    }
    if (kind != ITER_RANGE && value_is_empty(type_special(type_of(vm, args->v[0]), SPECIAL_INDEX)))
        return raise_exc(vm, EXC_TypeError, "an integer is required");
    Value index = op_index(vm, args->v[0]);
    if (value_is_empty(index))
        return VALUE_ERROR;
    if (!int_to_i64(index, &i))
        return raise_exc(vm, EXC_OverflowError, "Python int too large to convert to C %s",
                         kind == ITER_RANGE ? "long" : "ssize_t");
    if (value_is_empty(it->source))
        return VALUE_NONE;
    if (kind == ITER_RANGE) {
        int64_t left = op_length_hint(vm, self, 0);
        if (left < 0)
            return VALUE_ERROR;
        it->index += clamp(i, 0, left) * it->step;
        return VALUE_NONE;
    }
    if (kind == ITER_RANGE_BIG) {
        it->index += clamp(i, 0, INT64_MAX / 2 - it->index);
        return VALUE_NONE;
    }
    int64_t n = source_len(vm, it, kind);
    if (n < 0)
        return VALUE_ERROR;
    if (kind == ITER_LIST_REV || kind == ITER_SEQUENCE_REV)
        it->index = clamp(i, -1, n - 1);
    else if (kind == ITER_STR)
        it->index = (int64_t)str_offset(vm, as_str(it->source), (uint32_t)clamp(i, 0, n));
    else if (kind == ITER_LIST && i < 0)
        it->source = VALUE_EMPTY;       /* at its end */
    else
        it->index = clamp(i, 0, n);
    return VALUE_NONE;
}
