/* SPDX-License-Identifier: MIT
 * The type tuple. */
#include "vm/code.h"
#include "vm/iter.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/seq.h"

static Value tuple_m_new(Vm *vm, Value self, const Args *args)
{
    Value t = value_is_empty(args->v[0]) ? value_from_obj(vm->empty_tuple) : op_tuple_of(vm, args->v[0]);
    Type *cls = as_type(self);
    if (value_is_empty(t) || cls == vm->types.tuple)
        return t;
    size_t n = as_tuple(t)->len;
    Tuple *r = (Tuple *)object_alloc_var(vm, cls, KIND_TUPLE, sizeof *r + n * sizeof(Value));
    if (!r)
        return VALUE_ERROR;
    r->len = n;
    if (n)
        memcpy(r->items, as_tuple(t)->items, n * sizeof(Value));
    return value_from_obj(r);
}

static Value tuple_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return seq_repr(vm, self);
}

static Value tuple_m_hash(Vm *vm, Value self, const Args *args)
{
    (void)args;
    int64_t hash;
    if (!values_hash(vm, as_tuple(self)->items, as_tuple(self)->len, &hash))
        return VALUE_ERROR;
    return int_new(vm, hash);
}

static Value tuple_m_len(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return int_new(vm, (int64_t)as_tuple(self)->len);
}

static Value tuple_m_iter(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return value_from_obj(iter_new(vm, ITER_TUPLE, vm->types.tuple_iterator, self, 0, 0, 0));
}

static Value tuple_m_contains(Vm *vm, Value self, const Args *args)
{
    int64_t at = seq_find(vm, self, args->v[0], 0, INT64_MAX);
    return at == -2 ? VALUE_ERROR : value_from_bool(at >= 0);
}

static Value tuple_compare(Vm *vm, Value self, const Args *args, unsigned cmp)
{
    if (!is_tuple(args->v[0]))
        return VALUE_NOT_IMPLEMENTED;
    Tuple *a = as_tuple(self), *b = as_tuple(args->v[0]);
    return values_compare(vm, cmp, a->items, a->len, b->items, b->len);
}
#define TUPLE_COMPARE(name, CMP)                                        \
    static Value tuple_m_##name(Vm *vm, Value self, const Args *args)   \
    {                                                                   \
        return tuple_compare(vm, self, args, COMPARE_##CMP);            \
    }
TUPLE_COMPARE(eq, EQ)
TUPLE_COMPARE(ne, NE)
TUPLE_COMPARE(lt, LT)
TUPLE_COMPARE(le, LE)
TUPLE_COMPARE(gt, GT)
TUPLE_COMPARE(ge, GE)
#undef TUPLE_COMPARE

/* ---- items and slices ---- */
Value tuple_slice(Vm *vm, Value self, Slice *s)
{
    int64_t start, stop, step;
    Tuple *t = as_tuple(self);
    if (!slice_unpack(vm, s, &start, &stop, &step))
        return VALUE_ERROR;
    int64_t count = slice_adjust((int64_t)t->len, &start, &stop, step);
    if (step == 1) {
        if ((size_t)count == t->len && is_exact(self, SHAPE_TUPLE_ID))
            return self;
        return value_from_obj(tuple_from(vm, t->items + start, (size_t)count));
    }
    Tuple *r = tuple_new(vm, (size_t)count);
    for (int64_t i = 0; r && i < count; i++)
        r->items[i] = t->items[start + i * step];
    return value_from_obj(r);
}

static Value tuple_m_getitem(Vm *vm, Value self, const Args *args)
{
    Tuple *t = as_tuple(self);
    Value key = args->v[0];
    size_t at;
    if (is_slice(key))
        return tuple_slice(vm, self, as_slice(key));
    if (!seq_is_index(vm, key))
        return raise_exc(vm, EXC_TypeError, "tuple indices must be integers or slices, not %T", key);
    size_t len = t->len;
    if (!seq_index(vm, key, &len, "tuple index out of range", &at))
        return VALUE_ERROR;
    return t->items[at];
}

/* ---- + and * ---- */
static Value exact_copy(Vm *vm, Value self)
{
    if (is_exact(self, SHAPE_TUPLE_ID))
        return self;
    return value_from_obj(tuple_from(vm, as_tuple(self)->items, as_tuple(self)->len));
}

static Value tuple_m_add(Vm *vm, Value self, const Args *args)
{
    if (!is_tuple(args->v[0]))
        return raise_exc(vm, EXC_TypeError, "can only concatenate tuple (not \"%T\") to tuple", args->v[0]);
    Tuple *a = as_tuple(self), *b = as_tuple(args->v[0]);
    if (!b->len || (!a->len && is_exact(args->v[0], SHAPE_TUPLE_ID)))
        return b->len ? args->v[0] : exact_copy(vm, self);
    Tuple *r = tuple_new(vm, a->len + b->len);
    if (!r)
        return VALUE_ERROR;
    memcpy(r->items, a->items, a->len * sizeof(Value));
    memcpy(r->items + a->len, b->items, b->len * sizeof(Value));
    return value_from_obj(r);
}

static Value tuple_m_mul(Vm *vm, Value self, const Args *args)
{
    Tuple *t = as_tuple(self), *r;
    int64_t times;
    size_t total;
    if (!seq_repeat_count(vm, args->v[0], &times))
        return VALUE_ERROR;
    if (times == 1)
        return exact_copy(vm, self);
    if (times <= 0 || !t->len)
        return value_from_obj(vm->empty_tuple);
    if (!size_mul(t->len, (size_t)times, &total))
        return raise_no_memory(vm);
    if (!(r = tuple_new(vm, total)))
        return VALUE_ERROR;
    values_repeat(r->items, t->items, t->len, (size_t)times);
    return value_from_obj(r);
}

/* ---- named methods ---- */
static Value tuple_m_count(Vm *vm, Value self, const Args *args)
{
    int64_t n = seq_count(vm, self, args->v[0]);
    return n < 0 ? VALUE_ERROR : int_new(vm, n);
}

static Value tuple_m_index(Vm *vm, Value self, const Args *args)
{
    int64_t at = seq_find_between(vm, self, args);
    if (at == -1)
        return raise_exc(vm, EXC_ValueError, "tuple.index(x): x not in tuple");
    return at < 0 ? VALUE_ERROR : int_new(vm, at);
}

static Value tuple_m_getnewargs(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Value plain = exact_copy(vm, self);
    return value_is_empty(plain) ? plain : value_from_obj(tuple_pack(vm, 1, plain));
}

static const MethodDef tuple_methods[] = {
    { "__new__(iterable=..., /)", NULL, tuple_m_new, NATIVE_STATIC },
    METHOD(tuple, repr, "__repr__()", "Return repr(self)."),
    METHOD(tuple, hash, "__hash__()", "Return hash(self)."),
    METHOD(tuple, len, "__len__()", "Return len(self)."),
    METHOD(tuple, iter, "__iter__()", "Implement iter(self)."),
    METHOD(tuple, contains, "__contains__(key, /)", "Is it one of the items?"),
    METHOD(tuple, getitem, "__getitem__(key, /)", "Return self[key]."),
    METHOD(tuple, eq, "__eq__(value, /)", "Return self==value."),
    METHOD(tuple, ne, "__ne__(value, /)", "Return self!=value."),
    METHOD(tuple, lt, "__lt__(value, /)", "Return self<value."),
    METHOD(tuple, le, "__le__(value, /)", "Return self<=value."),
    METHOD(tuple, gt, "__gt__(value, /)", "Return self>value."),
    METHOD(tuple, ge, "__ge__(value, /)", "Return self>=value."),
    METHOD(tuple, add, "__add__(value, /)", "Return self+value."),
    METHOD(tuple, mul, "__mul__(value, /)", "Return self*value."),
    METHOD(tuple, mul, "__rmul__(value, /)", "Return value*self."),
    METHOD(tuple, count, "count(value, /)", "How many items equal the value."),
    METHOD(tuple, index, "index(value, start=..., stop=..., /) as (value, start=0, stop=sys.maxsize, /)",
           "Where the value stands first; a ValueError where it does not."),
    METHOD(tuple, getnewargs, "__getnewargs__()", NULL),
    { 0 }
};

static const TypeDef tuple_def = {
    .name = "tuple",
    .doc = "Items in order that cannot be changed.",
    .layout = LAYOUT(TUPLE),
    .methods = tuple_methods,
    .flags = TYPE_BASE | TYPE_SEQUENCE | TYPE_MATCH_SELF,
    .shape_id = SHAPE_TUPLE_ID,
};

bool tuple_type_init(Vm *vm)
{
    vm->types.tuple = type_from_def(vm, &tuple_def, vm->types.object);
    return vm->types.tuple != NULL;
}
