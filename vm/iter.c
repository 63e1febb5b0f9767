/* SPDX-License-Identifier: MIT
 * Iterators of built-in types: stepping, and their types. Those over other iterators are in iter_tools.c. */
#include "vm/iter.h"

#include "vm/objects/bytes.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/reduce.h"
#include "vm/objects/str.h"
#include "vm/text/utf8.h"

Iter *iter_new(Vm *vm, unsigned kind, Type *type, Value source, int64_t index, int64_t stop, int64_t step)
{
    Iter *it = heap_alloc(vm, sizeof *it, KIND_ITER, type->root_shape->id, 0);
    if (!it)
        return NULL;
    it->h.flags = (uint16_t)kind;
    it->source = source;
    it->index = index;
    it->stop = stop;
    it->step = step;
    return it;
}

Value iter_callable(Vm *vm, Value f, Value sentinel)
{
    Tuple *both = tuple_pack(vm, 2, f, sentinel);
    if (!both)
        return VALUE_ERROR;
    return value_from_obj(iter_new(vm, ITER_CALLABLE, vm->types.callable_iterator, value_from_obj(both), 0, 0, 0));
}

/* ---- stepping ---- */
static inline bool finish(Iter *it)
{
    it->source = VALUE_EMPTY;
    return false;
}

static bool next_str(Vm *vm, Iter *it, Value *out)
{
    Str *s = as_str(it->source);
    if ((uint64_t)it->index >= s->len)
        return finish(it);
    uint32_t cp;
    it->index += (int64_t)utf8_decode(str_data(s) + it->index, &cp);
    *out = value_from_obj(cp < 128 ? vm->ascii_chars[cp] : str_char(vm, cp));
    return !value_is_empty(*out);
}

static bool next_bytes(Iter *it, Value *out)
{
    const char *data;
    size_t len;
    if (is_bytes(it->source)) {
        data = as_bytes(it->source)->data;
        len = as_bytes(it->source)->len;
    } else {
        ByteArray *b = as_bytearray(it->source);
        data = b->buf ? bytearray_data(b) : NULL;
        len = b->len;
    }
    if ((uint64_t)it->index >= len)
        return finish(it);
    *out = value_from_int48((unsigned char)data[it->index++]);
    return true;
}

static bool next_range_big(Vm *vm, Iter *it, Value *out)
{
    Range *r = as_range(it->source);
    Value i = int_new(vm, it->index);
    if (value_is_empty(i))
        return false;
    if (int_compare(i, r->length) >= 0)
        return finish(it);
    it->index++;
    *out = range_item(vm, r, i);
    return !value_is_empty(*out);
}

/* The end of a sequence that has only __getitem__ is IndexError or StopIteration. */
static bool sequence_end(Vm *vm, Iter *it)
{
    if (exc_pending_is(vm, EXC_IndexError) || exc_pending_is(vm, EXC_StopIteration)) {
        exc_discard(vm);
        it->source = VALUE_EMPTY;
    }
    return false;
}

static bool next_sequence(Vm *vm, Iter *it, Value *out)
{
    Value *items;
    size_t n;
    int step = (it->h.flags & ITER_KIND_MASK) == ITER_SEQUENCE ? 1 : -1;
    if (it->index < 0)
        return finish(it);
    if (is_exact(it->source, SHAPE_TUPLE_ID) && seq_items(it->source, &items, &n)) {
        if ((uint64_t)it->index >= n)
            return finish(it);
        *out = items[it->index];
        it->index += step;
        return true;
    }
    if (is_exact(it->source, SHAPE_STR_ID)) {
        if ((uint64_t)it->index >= as_str(it->source)->chars)
            return finish(it);
        *out = str_at(vm, as_str(it->source), it->index);
    } else {
        Value i = int_new(vm, it->index);
        if (value_is_empty(i))
            return false;
        *out = op_getitem(vm, it->source, i);
    }
    if (value_is_empty(*out))
        return sequence_end(vm, it);
    it->index += step;
    return true;
}

static bool next_callable(Vm *vm, Iter *it, Value *out)
{
    Tuple *both = as_tuple(it->source);
    *out = op_call0(vm, both->items[0]);
    if (value_is_empty(*out)) {
        if (exc_pending_is(vm, EXC_StopIteration)) {
            exc_discard(vm);
            it->source = VALUE_EMPTY;
        }
        return false;
    }
    if (value_is_empty(it->source))     /* exhausted meanwhile, by the function itself */
        return false;
    int same = op_equal(vm, both->items[1], *out);
    if (same > 0)
        it->source = VALUE_EMPTY;
    return !same;
}

static inline bool next_list(Iter *it, int step, Value *out)
{
    List *l = as_list(it->source);
    if ((uint64_t)it->index >= l->len) {
        if (step > 0)
            return finish(it);
        it->index = -1;         /* the list stays, for __setstate__ */
        return false;
    }
    *out = l->buf->items[it->index];
    it->index += step;
    return true;
}

bool iter_next(Vm *vm, Iter *it, Value *out)
{
    if (value_is_empty(it->source))
        return false;
    switch (it->h.flags & ITER_KIND_MASK) {
    case ITER_LIST: return next_list(it, 1, out);
    case ITER_LIST_REV: return next_list(it, -1, out);
    case ITER_TUPLE:
        if ((uint64_t)it->index >= as_tuple(it->source)->len)
            return finish(it);
        *out = as_tuple(it->source)->items[it->index++];
        return true;
    case ITER_RANGE:
        if (it->step > 0 ? it->index >= it->stop : it->index <= it->stop)
            return false;
        *out = value_from_int48(it->index);
        it->index += it->step;
        return true;
    case ITER_RANGE_BIG: return next_range_big(vm, it, out);
    case ITER_STR: return next_str(vm, it, out);
    case ITER_BYTES: case ITER_BYTEARRAY: return next_bytes(it, out);
    case ITER_DICT_KEYS: case ITER_DICT_VALUES: case ITER_DICT_ITEMS: case ITER_DICT_KEYS_REV:
    case ITER_DICT_VALUES_REV: case ITER_DICT_ITEMS_REV: return dict_iter_next(vm, it, out);
    case ITER_ORDERED: return ordered_iter_next(vm, it, out);
    case ITER_MEMORY: return memoryview_iter_next(vm, it, out);
    case ITER_SET: return set_iter_next(vm, it, out);
    case ITER_SEQUENCE: case ITER_SEQUENCE_REV: return next_sequence(vm, it, out);
    case ITER_CALLABLE: return next_callable(vm, it, out);
    default: return iter_next_of_iters(vm, it, out);
    }
}

/* ---- methods ---- */
Value iter_m_iter(Vm *vm, Value self, const Args *args)
{
    (void)vm, (void)args;
    return self;
}

Value iter_m_next(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Value v;
    if (iter_next(vm, as_iter(self), &v))
        return v;
    return vm_pending(vm) ? VALUE_ERROR : raise_end(vm, iter_is_of_iters(as_iter(self)) ? vm->stop_value : VALUE_EMPTY);
}

static int64_t at_least_0(int64_t n)
{
    return n < 0 ? 0 : n;
}

/* Dictionaries and sets: walk a copy of the iterator. */
static int64_t sized_left(Vm *vm, Iter *it)
{
    Iter copy = *it;
    copy.h.gc = 0;                      /* it is no cell: no barrier */
    Value v;
    int64_t n = 0;
    while (iter_next(vm, &copy, &v))
        n++;
    if (vm_pending(vm)) {
        exc_discard(vm);                /* changed during iteration: nothing is left */
        return 0;
    }
    return n;
}

/* How many items are left; -1: exception pending. */
static int64_t items_left(Vm *vm, Iter *it)
{
    int64_t n;
    if (value_is_empty(it->source))
        return 0;
    switch (it->h.flags & ITER_KIND_MASK) {
    case ITER_LIST: return at_least_0((int64_t)as_list(it->source)->len - it->index);
    case ITER_LIST_REV: return it->index < (int64_t)as_list(it->source)->len ? it->index + 1 : 0;
    case ITER_TUPLE: return at_least_0((int64_t)as_tuple(it->source)->len - it->index);
    case ITER_RANGE:
        if (it->step > 0)
            return it->index < it->stop ? (it->stop - it->index - 1) / it->step + 1 : 0;
        return it->index > it->stop ? (it->index - it->stop - 1) / -it->step + 1 : 0;
    case ITER_RANGE_BIG:
        return int_to_i64(as_range(it->source)->length, &n) ? at_least_0(n - it->index) : INT64_MAX;
    case ITER_STR:
        return as_str(it->source)->chars - str_index_of(vm, as_str(it->source), (size_t)it->index);
    case ITER_BYTES: return at_least_0((int64_t)as_bytes(it->source)->len - it->index);
    case ITER_BYTEARRAY: return at_least_0((int64_t)as_bytearray(it->source)->len - it->index);
    case ITER_SEQUENCE:
        n = op_len(vm, it->source);
        return n < 0 ? n : at_least_0(n - it->index);
    case ITER_SEQUENCE_REV:
        n = op_len(vm, it->source);
        return n < 0 ? n : it->index < n ? it->index + 1 : 0;
    case ITER_DICT_KEYS: case ITER_DICT_VALUES: case ITER_DICT_ITEMS: case ITER_DICT_KEYS_REV:
    case ITER_DICT_VALUES_REV: case ITER_DICT_ITEMS_REV: case ITER_SET:
        return sized_left(vm, it);
    default: return 0;
    }
}

static Value iter_m_length_hint(Vm *vm, Value self, const Args *args)
{
    (void)args;
    const Iter *it = as_iter(self);
    bool no_len = (it->h.flags & ITER_KIND_MASK) == ITER_SEQUENCE && !value_is_empty(it->source) &&
                    value_is_empty(type_special(type_of(vm, it->source), SPECIAL_LEN));
    if (no_len)
        return VALUE_NOT_IMPLEMENTED;
    int64_t n = items_left(vm, as_iter(self));
    return n < 0 ? VALUE_ERROR : int_new(vm, n);
}

/* reversed(seq): what __reversed__ gives, else an iterator by index. */
static Value reversed_m_new(Vm *vm, Value self, const Args *args)
{
    Value seq = args->v[0];
    Value own = type_special(type_of(vm, seq), SPECIAL_REVERSED);
    if (!value_is_empty(own) && !value_is_none(own)) {
        bool missing;
        return op_call_special(vm, seq, SPECIAL_REVERSED, 0, NULL, &missing);
    }
    if (value_is_none(own) || value_is_empty(type_special(type_of(vm, seq), SPECIAL_GETITEM)) || is_dict(seq))
        return raise_exc(vm, EXC_TypeError, "'%T' object is not reversible", seq);
    int64_t n = op_len(vm, seq);
    if (n < 0)
        return VALUE_ERROR;
    Iter *it = (Iter *)object_alloc(vm, as_type(self));
    if (!it)
        return VALUE_ERROR;
    it->h.flags |= ITER_SEQUENCE_REV;
    heap_set(vm, it, &it->source, seq);
    it->index = n - 1;
    return value_from_obj(it);
}

/* ---- types ---- */
#define ITER_METHODS METHOD(iter, iter, "__iter__()", NULL), METHOD(iter, next, "__next__()", NULL)

static const MethodDef step_methods[] = { ITER_METHODS, { 0 } };
static const MethodDef plain_methods[] = { ITER_METHODS, REDUCE_METHOD(iter), { 0 } };
static const MethodDef sized_methods[] = {
    ITER_METHODS,
    REDUCE_METHOD(iter),
    SETSTATE_METHOD(iter),
    METHOD(iter, length_hint, "__length_hint__()", "How many items are probably left."),
    { 0 }
};
static const MethodDef reversed_methods[] = {
    { "__new__(sequence, /)", NULL, reversed_m_new, NATIVE_STATIC },
    ITER_METHODS,
    REDUCE_METHOD(iter),
    SETSTATE_METHOD(iter),
    METHOD(iter, length_hint, "__length_hint__()", "How many items are probably left."),
    { 0 }
};

bool iter_types_init(Vm *vm)
{
    const struct {
        Type **where;
        const char *name;
        const MethodDef *methods;
        uint32_t flags;
    } types[] = {
        { &vm->types.iterator, "iterator", sized_methods, TYPE_DISALLOW_NEW },
        { &vm->types.list_iterator, "list_iterator", sized_methods, TYPE_DISALLOW_NEW },
        { &vm->types.list_reverseiterator, "list_reverseiterator", sized_methods, TYPE_DISALLOW_NEW },
        { &vm->types.tuple_iterator, "tuple_iterator", sized_methods, TYPE_DISALLOW_NEW },
        { &vm->types.str_iterator, "str_iterator", sized_methods, TYPE_DISALLOW_NEW },
        { &vm->types.str_ascii_iterator, "str_ascii_iterator", sized_methods, TYPE_DISALLOW_NEW },
        { &vm->types.bytes_iterator, "bytes_iterator", sized_methods, TYPE_DISALLOW_NEW },
        { &vm->types.bytearray_iterator, "bytearray_iterator", sized_methods, TYPE_DISALLOW_NEW },
        { &vm->types.longrange_iterator, "longrange_iterator", sized_methods, TYPE_DISALLOW_NEW },
        { &vm->types.range_iterator, "range_iterator", sized_methods, TYPE_DISALLOW_NEW },
        { &vm->types.memory_iterator, "memory_iterator", step_methods, TYPE_DISALLOW_NEW },
        { &vm->types.callable_iterator, "callable_iterator", plain_methods, TYPE_DISALLOW_NEW },
        { &vm->types.reversed, "reversed", reversed_methods, TYPE_BASE },
    };
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        TypeDef def = { .name = types[i].name, .layout = LAYOUT(ITER), .methods = types[i].methods, .flags = types[i].flags };
        if (i + 1 == COUNT_OF(types))
            def.doc = "An iterator from the last item of a sequence to the first.";
        if (!(*types[i].where = type_from_def(vm, &def, vm->types.object)))
            return false;
    }
    return iter_tools_init(vm);
}
