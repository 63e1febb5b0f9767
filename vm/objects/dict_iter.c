/* SPDX-License-Identifier: MIT
 * Iterators of dicts and their views, in both directions. */
#include "vm/iter.h"
#include "vm/objects/dict.h"
#include "vm/objects/reduce.h"
#include "vm/objects/dict_types.h"
#include "vm/objects/list.h"

static Type *iter_type(Vm *vm, unsigned kind)
{
    switch (kind) {
    case ITER_DICT_KEYS: return vm->types.dict_keyiterator;
    case ITER_DICT_VALUES: return vm->types.dict_valueiterator;
    case ITER_DICT_ITEMS: return vm->types.dict_itemiterator;
    case ITER_DICT_KEYS_REV: return vm->types.dict_reversekeyiterator;
    case ITER_DICT_VALUES_REV: return vm->types.dict_reversevalueiterator;
    default: return vm->types.dict_reverseitemiterator;
    }
}

Value dict_iter_new(Vm *vm, Dict *d, unsigned kind)
{
    bool back = kind >= ITER_DICT_KEYS_REV;
    int64_t index = back ? INT64_MAX : 0;
    Iter *it;
    if (type_of(vm, value_from_obj(d))->flags & TYPE_ORDERED)
        it = iter_new(vm, ITER_ORDERED, vm->types.odict_iterator, value_from_obj(d), index,
                      back ? (kind - ITER_DICT_KEYS_REV) | ITER_ORDERED_REV : kind - ITER_DICT_KEYS,
                      d->used ? (int64_t)d->version : -1);
    else
        it = iter_new(vm, kind, iter_type(vm, kind), value_from_obj(d), index,
                      d->used | (int64_t)dict_skipped(d) << 32, (int64_t)dict_len(d));
    return it ? value_from_obj(it) : VALUE_ERROR;
}

static bool pair(Vm *vm, Value key, Value value, Value *out)
{
    Tuple *t = tuple_pack(vm, 2, key, value);
    *out = value_from_obj(t);
    return t != NULL;
}

bool dict_iter_next(Vm *vm, Iter *it, Value *out)
{
    if (value_is_empty(it->source))
        return false;
    Dict *d = as_dict(it->source);
    if ((uint32_t)it->stop != d->used) {
        it->stop = -1;      /* for good */
        raise_exc(vm, EXC_RuntimeError, "dictionary changed size during iteration");
        return false;
    }
    unsigned kind = it->h.flags & ITER_KIND_MASK;
    size_t pos = (size_t)it->index;
    Value key, value;
    bool found = kind >= ITER_DICT_KEYS_REV ? dict_prev(d, &pos, &key, &value) : dict_next(d, &pos, &key, &value);
    int64_t moved = (it->stop >> 32) - dict_skipped(d);
    if (!found && moved && kind < ITER_DICT_KEYS_REV) {
        pos = it->index + moved > 0 ? (size_t)(it->index + moved) : 0;
        it->stop = d->used | (int64_t)dict_skipped(d) << 32;
        found = dict_next(d, &pos, &key, &value);
    }
    if (!found) {
        it->source = VALUE_EMPTY;
        return false;
    }
    if (it->step == 0 && kind < ITER_DICT_KEYS_REV) {
        it->source = VALUE_EMPTY;
        raise_exc(vm, EXC_RuntimeError, "dictionary keys changed during iteration");
        return false;
    }
    it->index = (int64_t)pos;
    it->step--;
    switch (kind) {
    case ITER_DICT_KEYS: case ITER_DICT_KEYS_REV: *out = key; return true;
    case ITER_DICT_VALUES: case ITER_DICT_VALUES_REV: *out = value; return true;
    default: return pair(vm, key, value, out);
    }
}

/* It knows after each item whether that was the last one: then changes do not matter. */
bool ordered_iter_next(Vm *vm, Iter *it, Value *out)
{
    if (value_is_empty(it->source) || it->step < 0) {
        it->source = VALUE_EMPTY;
        return false;
    }
    Dict *d = as_dict(it->source);
    if (it->step != d->version) {
        it->source = VALUE_EMPTY;
        raise_exc(vm, EXC_RuntimeError, "OrderedDict mutated during iteration");
        return false;
    }
    bool back = it->stop & ITER_ORDERED_REV;
    size_t pos = (size_t)it->index, then;
    Value key, value, k, v;
    if (!(back ? dict_prev(d, &pos, &key, &value) : dict_next(d, &pos, &key, &value))) {
        it->source = VALUE_EMPTY;
        return false;
    }
    it->index = (int64_t)(then = pos);
    if (!(back ? dict_prev(d, &then, &k, &v) : dict_next(d, &then, &k, &v)))
        it->step = -1;
    switch (it->stop & ~ITER_ORDERED_REV) {
    case DICT_KEYS: *out = key; return true;
    case DICT_VALUES: *out = value; return true;
    default: return pair(vm, key, value, out);
    }
}

/* ---- methods ---- */
static Value dictiter_m_iter(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return self;
}

static Value dictiter_m_next(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Value v;
    if (iter_next(vm, as_iter(self), &v))
        return v;
    return vm_pending(vm) ? VALUE_ERROR : raise_args(vm, EXC_StopIteration, 0, NULL);
}

static Value dictiter_m_length_hint(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    const Iter *it = as_iter(self);
    bool valid = !value_is_empty(it->source) && (uint32_t)it->stop == as_dict(it->source)->used;
    return value_from_int48(valid && it->step > 0 ? it->step : 0);
}

static const MethodDef methods[] = {
    METHOD(dictiter, iter, "__iter__()", "Implement iter(self)."),
    METHOD(dictiter, next, "__next__()", "Implement next(self)."),
    REDUCE_METHOD(iter),
    METHOD(dictiter, length_hint, "__length_hint__()", "How many items are probably left."),
    { 0 }
};

static const TypeLayout layout = { .kind = KIND_ITER, .size = sizeof(Iter) };

bool dict_iter_types_init(Vm *vm)
{
    const struct { Type **type; const char *name; } table[] = {
        { &vm->types.dict_keyiterator, "dict_keyiterator" },
        { &vm->types.dict_valueiterator, "dict_valueiterator" },
        { &vm->types.dict_itemiterator, "dict_itemiterator" },
        { &vm->types.dict_reversekeyiterator, "dict_reversekeyiterator" },
        { &vm->types.dict_reversevalueiterator, "dict_reversevalueiterator" },
        { &vm->types.dict_reverseitemiterator, "dict_reverseitemiterator" },
    };
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        TypeDef def = { .name = table[i].name, .layout = &layout, .methods = methods, .flags = TYPE_DISALLOW_NEW };
        if (!(*table[i].type = type_from_def(vm, &def, vm->types.object)))
            return false;
    }
    static const MethodDef ordered_methods[] = {
        METHOD(dictiter, iter, "__iter__()", "Implement iter(self)."),
        METHOD(dictiter, next, "__next__()", "Implement next(self)."),
        REDUCE_METHOD(iter),
        { 0 }
    };
    static const TypeDef ordered = { .name = "odict_iterator", .layout = &layout, .methods = ordered_methods,
        .flags = TYPE_DISALLOW_NEW };
    return (vm->types.odict_iterator = type_from_def(vm, &ordered, vm->types.object)) != NULL;
}
