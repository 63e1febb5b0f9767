/* SPDX-License-Identifier: MIT
 * collections.deque: a ring of values in one buffer, whose capacity is a power of two. */
#include "stdlib/deque.h"

#include "runtime/typing.h"
#include "vm/code.h"
#include "vm/iter_fast.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

#define CAP_MIN 8u

typedef struct DequeIter {
    Obj h;
    Deque *deque;               /* NULL: exhausted */
    size_t at;                  /* how many were given */
    uint64_t state;
    bool back;
} DequeIter;

static void deque_trace(Marker *m, Obj *o)
{
    mark_obj(m, ((Deque *)o)->buf);
}

static void deque_iter_trace(Marker *m, Obj *o)
{
    mark_obj(m, ((DequeIter *)o)->deque);
}

static const TypeLayout deque_layout = { .kind = KIND_EXT, .size = sizeof(Deque), .trace = deque_trace };
static const TypeLayout deque_iter_layout = { .kind = KIND_EXT, .size = sizeof(DequeIter), .trace = deque_iter_trace };

bool is_deque(Vm *vm, Value v)
{
    return is_kind(v, KIND_EXT) && type_of(vm, v)->layout == &deque_layout;
}

/* ---- the ring ---- */
static inline Value *slot(const Deque *d, size_t i)
{
    return &d->buf->items[(d->head + i) & (d->buf->cap - 1)];
}

static bool reserve(Vm *vm, Deque *d, size_t need)
{
    size_t cap = d->buf ? d->buf->cap : 0, want = cap ? cap : CAP_MIN;
    if (need <= cap)
        return true;
    while (want < need)
        want *= 2;
    Values *buf = values_new(vm, want);
    if (!buf)
        return false;
    size_t first = cap - d->head < d->len ? cap - d->head : d->len;
    if (d->len) {
        memcpy(buf->items, d->buf->items + d->head, first * sizeof(Value));
        memcpy(buf->items + first, d->buf->items, (d->len - first) * sizeof(Value));
    }
    heap_touch(vm, buf);
    heap_set_ptr(vm, d, &d->buf, buf);
    d->head = 0;
    return true;
}

static inline Value take_left(Vm *vm, Deque *d)
{
    Value *p = slot(d, 0), v = *p;
    heap_set_item(vm, d->buf, p, VALUE_EMPTY);
    d->head = (d->head + 1) & (d->buf->cap - 1);
    d->len--;
    d->state++;
    return v;
}

static inline Value take_right(Vm *vm, Deque *d)
{
    Value *p = slot(d, d->len - 1), v = *p;
    heap_set_item(vm, d->buf, p, VALUE_EMPTY);
    d->len--;
    d->state++;
    return v;
}

static bool put_right(Vm *vm, Deque *d, Value v)
{
    if (!d->maxlen)
        return true;
    if (d->len == d->maxlen)
        take_left(vm, d);
    if (!reserve(vm, d, d->len + 1))
        return false;
    heap_set_item(vm, d->buf, slot(d, d->len), v);
    d->len++;
    d->state++;
    return true;
}

static bool put_left(Vm *vm, Deque *d, Value v)
{
    if (!d->maxlen)
        return true;
    if (d->len == d->maxlen)
        take_right(vm, d);
    if (!reserve(vm, d, d->len + 1))
        return false;
    d->head = (d->head - 1) & (d->buf->cap - 1);
    heap_set_item(vm, d->buf, slot(d, 0), v);
    d->len++;
    d->state++;
    return true;
}

static void clear(Deque *d)
{
    d->buf = NULL;
    d->head = d->len = 0;
    d->state++;
}

/* Item i goes out; the shorter side moves up. */
static void delete_at(Vm *vm, Deque *d, size_t i)
{
    if (i < d->len / 2) {
        for (; i > 0; i--)
            heap_set(vm, d->buf, slot(d, i), *slot(d, i - 1));
        take_left(vm, d);
    } else {
        for (; i + 1 < d->len; i++)
            heap_set(vm, d->buf, slot(d, i), *slot(d, i + 1));
        take_right(vm, d);
    }
}

bool deque_append(Vm *vm, Deque *d, Value v)
{
    return put_right(vm, d, v);
}

Value deque_popleft(Vm *vm, Deque *d)
{
    return take_left(vm, d);
}

bool deque_drop(Vm *vm, Deque *d, Value v)
{
    for (size_t i = 0; i < d->len; i++)
        if (value_same(*slot(d, i), v)) {
            delete_at(vm, d, i);
            return true;
        }
    return false;
}

static bool extend(Vm *vm, Deque *d, Value iterable, bool (*put)(Vm *, Deque *, Value))
{
    if (value_same(iterable, value_from_obj(d)) && value_is_empty(iterable = op_list_of(vm, iterable)))
        return false;
    Value v, it = op_iter(vm, iterable);
    if (value_is_empty(it))
        return false;
    while (iter_step(vm, it, &v))
        if (!put(vm, d, v) || !vm_checkpoint(vm))
            return false;
    return !vm_pending(vm);
}

static Deque *deque_new(Vm *vm, Type *t, size_t maxlen)
{
    Deque *d = (Deque *)object_alloc(vm, t);
    if (d)
        d->maxlen = maxlen;
    return d;
}

Deque *deque_empty(Vm *vm)
{
    return deque_new(vm, as_type(as_tuple(rt_of(vm)->roots[RT_ROOT_DEQUE_ITER_TYPES])->items[2]), DEQUE_NO_LIMIT);
}

/* A deque of the same type: made by calling a subclass. */
static Value deque_copy(Vm *vm, Value self)
{
    Deque *old = as_deque(self);
    Type *t = type_of(vm, self);
    if (t->flags & TYPE_HEAP) {
        Value args[2] = { self, old->maxlen == DEQUE_NO_LIMIT ? VALUE_NONE : int_new(vm, (int64_t)old->maxlen) };
        Value v = op_call(vm, value_from_obj(t), old->maxlen == DEQUE_NO_LIMIT ? 1 : 2, args);
        if (!value_is_empty(v) && !is_deque(vm, v))
            return raise_exc(vm, EXC_TypeError, "%T() must return a deque, not %T", self, v);
        return v;
    }
    Deque *d = deque_new(vm, t, old->maxlen);
    if (!d || !reserve(vm, d, old->len))
        return VALUE_ERROR;
    for (size_t i = 0; i < old->len; i++)
        heap_set(vm, d->buf, &d->buf->items[i], *slot(old, i));
    d->len = old->len;
    return value_from_obj(d);
}

/* ---- methods ---- */
static Value deque_m_new(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Deque *d = deque_new(vm, as_type(self), DEQUE_NO_LIMIT);
    return d ? value_from_obj(d) : VALUE_ERROR;
}

static Value deque_m_init(Vm *vm, Value self, const Args *args)
{
    Deque *d = as_deque(self);
    size_t maxlen = DEQUE_NO_LIMIT;
    if (!value_is_none(args->v[1])) {
        int64_t n;
        if (!is_int(args->v[1]))
            return raise_exc(vm, EXC_TypeError, "an integer is required");
        if (!op_int64(vm, args->v[1], &n)) {
            exc_discard(vm);
            return raise_exc(vm, EXC_OverflowError, "Python int too large to convert to C ssize_t");
        }
        if (n < 0)
            return raise_exc(vm, EXC_ValueError, "maxlen must be non-negative");
        maxlen = (size_t)n;
    }
    if (d->len)
        clear(d);
    d->maxlen = maxlen;
    if (!value_is_empty(args->v[0]) && !extend(vm, d, args->v[0], put_right))
        return VALUE_ERROR;
    return VALUE_NONE;
}

static Value deque_m_append(Vm *vm, Value self, const Args *args)
{
    return put_right(vm, as_deque(self), args->v[0]) ? VALUE_NONE : VALUE_ERROR;
}

static Value deque_m_appendleft(Vm *vm, Value self, const Args *args)
{
    return put_left(vm, as_deque(self), args->v[0]) ? VALUE_NONE : VALUE_ERROR;
}

static Value deque_m_pop(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return as_deque(self)->len ? take_right(vm, as_deque(self)) : raise_exc(vm, EXC_IndexError, "pop from an empty deque");
}

static Value deque_m_popleft(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return as_deque(self)->len ? take_left(vm, as_deque(self)) : raise_exc(vm, EXC_IndexError, "pop from an empty deque");
}

static Value deque_m_extend(Vm *vm, Value self, const Args *args)
{
    return extend(vm, as_deque(self), args->v[0], put_right) ? VALUE_NONE : VALUE_ERROR;
}

static Value deque_m_extendleft(Vm *vm, Value self, const Args *args)
{
    return extend(vm, as_deque(self), args->v[0], put_left) ? VALUE_NONE : VALUE_ERROR;
}

static Value deque_m_clear(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    clear(as_deque(self));
    return VALUE_NONE;
}

static Value deque_m_copy(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return deque_copy(vm, self);
}

static Value deque_m_rotate(Vm *vm, Value self, const Args *args)
{
    Deque *d = as_deque(self);
    int64_t n;
    if (!int_to_i64(args->v[0], &n))
        return raise_exc(vm, EXC_OverflowError, "Python int too large to convert to C ssize_t");
    if (d->len < 2)
        return VALUE_NONE;
    int64_t len = (int64_t)d->len, by = ((n % len) + len) % len;
    d->state++;
    if (by <= len / 2) {
        for (; by > 0; by--) {
            Value v = take_right(vm, d);
            d->head = (d->head - 1) & (d->buf->cap - 1);
            heap_set_item(vm, d->buf, slot(d, 0), v);
            d->len++;
        }
    } else {
        for (by = len - by; by > 0; by--) {
            Value v = take_left(vm, d);
            heap_set_item(vm, d->buf, slot(d, d->len), v);
            d->len++;
        }
    }
    return VALUE_NONE;
}

static Value deque_m_reverse(Vm *vm, Value self, const Args *args)
{
    Deque *d = as_deque(self);
    (void)args;
    for (size_t i = 0; i < d->len / 2; i++) {
        Value a = *slot(d, i);
        heap_set(vm, d->buf, slot(d, i), *slot(d, d->len - 1 - i));
        heap_set(vm, d->buf, slot(d, d->len - 1 - i), a);
    }
    return VALUE_NONE;
}

static bool mutated(Vm *vm, const Deque *d, uint64_t state, ExcId exc)
{
    if (d->state == state)
        return false;
    raise_exc(vm, exc, "deque mutated during iteration");
    return true;
}

/* Where an item that equals v is from `from` on; -1: nowhere, -2: exception pending. */
static int64_t find(Vm *vm, Deque *d, Value v, size_t from, size_t to, ExcId exc)
{
    uint64_t state = d->state;
    for (size_t i = from; i < to && i < d->len; i++) {
        int same = op_equal(vm, *slot(d, i), v);
        if (same < 0 || mutated(vm, d, state, exc) || !vm_checkpoint(vm))
            return -2;
        if (same)
            return (int64_t)i;
    }
    return -1;
}

static Value deque_m_contains(Vm *vm, Value self, const Args *args)
{
    int64_t at = find(vm, as_deque(self), args->v[0], 0, SIZE_MAX, EXC_RuntimeError);
    return at == -2 ? VALUE_ERROR : value_from_bool(at >= 0);
}

static Value deque_m_count(Vm *vm, Value self, const Args *args)
{
    Deque *d = as_deque(self);
    uint64_t state = d->state;
    int64_t n = 0;
    for (size_t i = 0; i < d->len; i++) {
        int same = op_equal(vm, *slot(d, i), args->v[0]);
        if (same < 0 || mutated(vm, d, state, EXC_RuntimeError) || !vm_checkpoint(vm))
            return VALUE_ERROR;
        n += same;
    }
    return int_new(vm, n);
}

/* An end as list.index() has it. */
static bool bound(Vm *vm, Value v, const Deque *d, size_t dflt, size_t *out)
{
    int64_t i;
    *out = dflt;
    if (value_is_empty(v))
        return true;
    if (!slice_index(vm, v, &i))
        return false;
    if (i < 0)
        i += (int64_t)d->len;
    *out = i < 0 ? 0 : (size_t)i;
    return true;
}

static Value deque_m_index(Vm *vm, Value self, const Args *args)
{
    Deque *d = as_deque(self);
    size_t from, to;
    if (!bound(vm, args->v[1], d, 0, &from) || !bound(vm, args->v[2], d, d->len, &to))
        return VALUE_ERROR;
    int64_t at = find(vm, d, args->v[0], from, to, EXC_RuntimeError);
    if (at == -1)
        return raise_exc(vm, EXC_ValueError, "%R is not in deque", args->v[0]);
    return at < 0 ? VALUE_ERROR : int_new(vm, at);
}

static Value deque_m_remove(Vm *vm, Value self, const Args *args)
{
    Deque *d = as_deque(self);
    int64_t at = find(vm, d, args->v[0], 0, SIZE_MAX, EXC_IndexError);
    if (at == -1)
        return raise_exc(vm, EXC_ValueError, "%R is not in deque", args->v[0]);
    if (at < 0)
        return VALUE_ERROR;
    delete_at(vm, d, (size_t)at);
    return VALUE_NONE;
}

static Value deque_m_insert(Vm *vm, Value self, const Args *args)
{
    Deque *d = as_deque(self);
    int64_t i, len = (int64_t)d->len;
    if (d->len == d->maxlen)
        return raise_exc(vm, EXC_IndexError, "deque already at its maximum size");
    if (!int_to_i64(args->v[0], &i))
        return raise_exc(vm, EXC_OverflowError, "Python int too large to convert to C ssize_t");
    i = i < 0 ? i + len < 0 ? 0 : i + len : i > len ? len : i;
    if (i > len / 2) {
        if (!put_right(vm, d, args->v[1]))
            return VALUE_ERROR;
        for (int64_t k = len; k > i; k--)
            heap_set(vm, d->buf, slot(d, (size_t)k), *slot(d, (size_t)k - 1));
    } else {
        if (!put_left(vm, d, args->v[1]))
            return VALUE_ERROR;
        for (int64_t k = 0; k < i; k++)
            heap_set(vm, d->buf, slot(d, (size_t)k), *slot(d, (size_t)k + 1));
    }
    heap_set(vm, d->buf, slot(d, (size_t)i), args->v[1]);
    return VALUE_NONE;
}

static bool item_index(Vm *vm, const Deque *d, Value key, size_t *out)
{
    int64_t i;
    if (!is_int(key) && value_is_empty(type_special(type_of(vm, key), SPECIAL_INDEX))) {
        raise_exc(vm, EXC_TypeError, "sequence index must be integer, not '%T'", key);
        return false;
    }
    Value v = op_index(vm, key);
    if (value_is_empty(v))
        return false;
    if (!int_to_i64(v, &i)) {
        raise_exc(vm, EXC_IndexError, "cannot fit '%T' into an index-sized integer", key);
        return false;
    }
    if (i < 0)
        i += (int64_t)d->len;
    if (i < 0 || i >= (int64_t)d->len) {
        raise_exc(vm, EXC_IndexError, "deque index out of range");
        return false;
    }
    *out = (size_t)i;
    return true;
}

static Value deque_m_getitem(Vm *vm, Value self, const Args *args)
{
    size_t i;
    return item_index(vm, as_deque(self), args->v[0], &i) ? *slot(as_deque(self), i) : VALUE_ERROR;
}

static Value deque_m_setitem(Vm *vm, Value self, const Args *args)
{
    Deque *d = as_deque(self);
    size_t i;
    if (!item_index(vm, d, args->v[0], &i))
        return VALUE_ERROR;
    heap_set_item(vm, d->buf, slot(d, i), args->v[1]);
    return VALUE_NONE;
}

static Value deque_m_delitem(Vm *vm, Value self, const Args *args)
{
    size_t i;
    if (!item_index(vm, as_deque(self), args->v[0], &i))
        return VALUE_ERROR;
    delete_at(vm, as_deque(self), i);
    return VALUE_NONE;
}

static Value deque_m_len(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return value_from_int48((int64_t)as_deque(self)->len);
}

/* ---- operators ---- */
static Value deque_m_add(Vm *vm, Value self, const Args *args)
{
    if (!is_deque(vm, args->v[0]))
        return raise_exc(vm, EXC_TypeError, "can only concatenate deque (not \"%T\") to deque", args->v[0]);
    Value d = deque_copy(vm, self);
    return value_is_empty(d) || !extend(vm, as_deque(d), args->v[0], put_right) ? VALUE_ERROR : d;
}

static Value deque_m_iadd(Vm *vm, Value self, const Args *args)
{
    return extend(vm, as_deque(self), args->v[0], put_right) ? self : VALUE_ERROR;
}

static Value repeat_in_place(Vm *vm, Value self, int64_t n)
{
    Deque *d = as_deque(self);
    size_t len = d->len, keep = d->maxlen;
    if (n <= 0 || !len) {
        clear(d);
        return self;
    }
    if (n > (int64_t)(INT64_MAX / 16 / len))
        return raise_no_memory(vm);
    if (keep != DEQUE_NO_LIMIT && (size_t)n > keep / len + 2)        /* what is kept at the end repeats */
        n = (int64_t)(keep / len + 2);
    Tuple *t = tuple_new(vm, len);
    if (!t)
        return VALUE_ERROR;
    Value *items = t->items;
    for (size_t i = 0; i < len; i++)
        items[i] = *slot(d, i);
    for (int64_t k = 1; k < n; k++) {
        for (size_t i = 0; i < len; i++)
            if (!put_right(vm, d, items[i]))
                return VALUE_ERROR;
        if (!vm_checkpoint(vm))
            return VALUE_ERROR;
    }
    return self;
}

static bool times(Vm *vm, Value v, int64_t *n, bool *not_int)
{
    *not_int = !is_int(v) && value_is_empty(type_special(type_of(vm, v), SPECIAL_INDEX));
    if (*not_int)
        return true;
    v = op_index(vm, v);
    if (value_is_empty(v))
        return false;
    if (int_to_i64(v, n))
        return true;
    raise_exc(vm, EXC_OverflowError, "cannot fit '%T' into an index-sized integer", v);
    return false;
}

static Value deque_m_mul(Vm *vm, Value self, const Args *args)
{
    int64_t n;
    bool not_int;
    if (!times(vm, args->v[0], &n, &not_int))
        return VALUE_ERROR;
    if (not_int)
        return raise_exc(vm, EXC_TypeError, "can't multiply sequence by non-int of type '%T'", args->v[0]);
    Value d = deque_copy(vm, self);
    return value_is_empty(d) ? d : repeat_in_place(vm, d, n);
}

static Value deque_m_imul(Vm *vm, Value self, const Args *args)
{
    int64_t n;
    bool not_int;
    if (!times(vm, args->v[0], &n, &not_int))
        return VALUE_ERROR;
    if (not_int)
        return raise_exc(vm, EXC_TypeError, "can't multiply sequence by non-int of type '%T'", args->v[0]);
    return repeat_in_place(vm, self, n);
}

static Value compare(Vm *vm, Value self, Value other, unsigned op)
{
    if (!is_deque(vm, other))
        return VALUE_NOT_IMPLEMENTED;
    Deque *a = as_deque(self), *b = as_deque(other);
    if ((op == COMPARE_EQ || op == COMPARE_NE) && (a == b || a->len != b->len))
        return value_from_bool((a == b) == (op == COMPARE_EQ));
    uint64_t sa = a->state, sb = b->state;
    for (size_t i = 0; i < a->len && i < b->len; i++) {
        if (mutated(vm, a, sa, EXC_RuntimeError) || mutated(vm, b, sb, EXC_RuntimeError))
            return VALUE_ERROR;
        Value x = *slot(a, i), y = *slot(b, i);
        int same = op_equal(vm, x, y);
        if (same < 0 || !vm_checkpoint(vm))
            return VALUE_ERROR;
        if (!same) {
            int r = op_compare_bool(vm, op, x, y);
            return r < 0 ? VALUE_ERROR : value_from_bool(r);
        }
    }
    return op_compare(vm, op, value_from_int48((int64_t)a->len), value_from_int48((int64_t)b->len));
}

#define COMPARISON(name, code)                                                                  \
    static Value deque_m_##name(Vm *vm, Value self, const Args *args)                          \
    {                                                                                           \
        return compare(vm, self, args->v[0], code);                                             \
    }
COMPARISON(lt, COMPARE_LT)
COMPARISON(le, COMPARE_LE)
COMPARISON(eq, COMPARE_EQ)
COMPARISON(ne, COMPARE_NE)
COMPARISON(gt, COMPARE_GT)
COMPARISON(ge, COMPARE_GE)
#undef COMPARISON

static Value deque_m_repr(Vm *vm, Value self, const Args *args)
{
    Deque *d = as_deque(self);
    (void)args;
    int entered = op_repr_enter(vm, self);
    if (entered < 0)
        return VALUE_ERROR;
    if (entered)
        return value_from_obj(str_printf(vm, "[...]"));
    Value list = op_list_of(vm, self);
    const char *name = type_short_name(type_of(vm, self));
    Str *s = value_is_empty(list) ? NULL : d->maxlen == DEQUE_NO_LIMIT
             ? str_printf(vm, "%s(%R)", name, list) : str_printf(vm, "%s(%R, maxlen=%zu)", name, list, d->maxlen);
    op_repr_leave(vm, self);
    return s && !vm_pending(vm) ? value_from_obj(s) : VALUE_ERROR;
}

/* (type, ([], maxlen), attributes, iterator) */
static Value deque_m_reduce(Vm *vm, Value self, const Args *args)
{
    Deque *d = as_deque(self);
    Str *name = str_intern(vm, "__getstate__", 12);
    (void)args;
    Value state = name ? op_call_method(vm, self, name, 0, NULL) : VALUE_ERROR;
    Value it = value_is_empty(state) ? state : op_iter(vm, self);
    if (value_is_empty(it))
        return it;
    List *none = list_new(vm, 0);
    Tuple *ctor = d->maxlen == DEQUE_NO_LIMIT ? tuple_new(vm, 0)
                  : none ? tuple_pack(vm, 2, value_from_obj(tuple_new(vm, 0)), int_new(vm, (int64_t)d->maxlen)) : NULL;
    Tuple *t = ctor ? tuple_pack(vm, 4, value_from_obj(type_of(vm, self)), value_from_obj(ctor), state, it) : NULL;
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static Value deque_m_class_getitem(Vm *vm, Value self, const Args *args)
{
    Tuple *t = is_tuple(args->v[0]) ? as_tuple(args->v[0]) : tuple_from(vm, args->v, 1);
    return t ? alias_new(vm, self, value_from_obj(t), false) : VALUE_ERROR;
}

static Value deque_g_maxlen(Vm *vm, Value self)
{
    size_t n = as_deque(self)->maxlen;
    return n == DEQUE_NO_LIMIT ? VALUE_NONE : int_new(vm, (int64_t)n);
}

/* ---- iterators ---- */
static Type *iter_type(Vm *vm, bool back)
{
    return as_type(as_tuple(rt_of(vm)->roots[RT_ROOT_DEQUE_ITER_TYPES])->items[back]);
}

static Value iter_on(Vm *vm, Value deque, bool back)
{
    DequeIter *it = (DequeIter *)object_alloc(vm, iter_type(vm, back));
    if (!it)
        return VALUE_ERROR;
    it->deque = as_deque(deque);
    it->state = it->deque->state;
    it->back = back;
    return value_from_obj(it);
}

static Value deque_m_iter(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return iter_on(vm, self, false);
}

static Value deque_m_reversed(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return iter_on(vm, self, true);
}

static Value deque_iter_m_iter(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return self;
}

static Value deque_iter_m_next(Vm *vm, Value self, const Args *args)
{
    DequeIter *it = (DequeIter *)value_obj(self);
    const Deque *d = it->deque;
    (void)args;
    if (!d)
        return raise_args(vm, EXC_StopIteration, 0, NULL);
    if (d->state != it->state) {
        it->deque = NULL;
        return raise_exc(vm, EXC_RuntimeError, "deque mutated during iteration");
    }
    if (it->at >= d->len) {
        it->deque = NULL;
        return raise_args(vm, EXC_StopIteration, 0, NULL);
    }
    size_t i = it->at++;
    return *slot(d, it->back ? d->len - 1 - i : i);
}

static Value deque_iter_m_length_hint(Vm *vm, Value self, const Args *args)
{
    DequeIter *it = (DequeIter *)value_obj(self);
    (void)args;
    return int_new(vm, it->deque ? (int64_t)(it->deque->len - it->at) : 0);
}

static Value deque_iter_m_new(Vm *vm, Value self, const Args *args)
{
    int64_t skip;
    if (!is_deque(vm, args->v[0]))
        return raise_exc(vm, EXC_TypeError, "argument 1 must be collections.deque, not %B", args->v[0]);
    if (!op_int64(vm, args->v[1], &skip))
        return VALUE_ERROR;
    Value it = iter_on(vm, args->v[0], as_type(self) == iter_type(vm, true));
    size_t len = as_deque(args->v[0])->len;
    if (!value_is_empty(it) && skip > 0)
        ((DequeIter *)value_obj(it))->at = (size_t)skip > len ? len : (size_t)skip;
    return it;
}

static Value deque_iter_m_reduce(Vm *vm, Value self, const Args *args)
{
    DequeIter *it = (DequeIter *)value_obj(self);
    (void)args;
    Deque *d = it->deque ? it->deque : deque_new(vm, as_type(as_tuple(rt_of(vm)->roots[RT_ROOT_DEQUE_ITER_TYPES])->items[2]),
                                                 DEQUE_NO_LIMIT);
    Tuple *a = d ? tuple_pack(vm, 2, value_from_obj(d), int_new(vm, it->deque ? (int64_t)it->at : 0)) : NULL;
    Tuple *t = a ? tuple_pack(vm, 2, value_from_obj(type_of(vm, self)), value_from_obj(a)) : NULL;
    return t ? value_from_obj(t) : VALUE_ERROR;
}

/* ---- types ---- */
static const MethodDef deque_methods[] = {
    { "__new__(*args, **kwargs)", NULL, deque_m_new, NATIVE_STATIC | NATIVE_VECTOR },
    METHOD(deque, init, "__init__(iterable=..., maxlen=None)", "Fill it anew."),
    METHOD(deque, append, "append(item, /)", "Put an item at the right end."),
    METHOD(deque, appendleft, "appendleft(item, /)", "Put an item at the left end."),
    METHOD(deque, clear, "clear()", "Remove all items."),
    METHOD(deque, copy, "copy()", "Return a shallow copy."),
    METHOD(deque, count, "count(value, /)", "How many items equal the value."),
    METHOD(deque, extend, "extend(iterable, /)", "Put items at the right end."),
    METHOD(deque, extendleft, "extendleft(iterable, /)", "Put items at the left end, one after the other."),
    METHOD(deque, index, "index(value, start=..., stop=..., /)", "Where the first item is that equals the value."),
    METHOD(deque, insert, "insert(index: ssize, value, /)", "Put a value before the item of that index."),
    METHOD(deque, pop, "pop()", "Take the item at the right end."),
    METHOD(deque, popleft, "popleft()", "Take the item at the left end."),
    METHOD(deque, remove, "remove(value, /)", "Remove the first item that equals the value."),
    METHOD(deque, reverse, "reverse()", "Turn the order round."),
    METHOD(deque, rotate, "rotate(n: ssize = 1, /)", "Move n items from the right end to the left end."),
    METHOD(deque, copy, "__copy__()", "Return a shallow copy."),
    METHOD(deque, contains, "__contains__(key, /)", "Return key in self."),
    METHOD(deque, getitem, "__getitem__(key, /)", "Return self[key]."),
    METHOD(deque, setitem, "__setitem__(key, value, /)", "Store an item."),
    METHOD(deque, delitem, "__delitem__(key, /)", "Delete self[key]."),
    METHOD(deque, len, "__len__()", "Return len(self)."),
    METHOD(deque, iter, "__iter__()", "Implement iter(self)."),
    METHOD(deque, reversed, "__reversed__()", "An iterator from the right end."),
    METHOD(deque, add, "__add__(value, /)", "Return self+value."),
    METHOD(deque, iadd, "__iadd__(value, /)", "Implement self+=value."),
    METHOD(deque, mul, "__mul__(value, /)", "Return self*value."),
    METHOD(deque, mul, "__rmul__(value, /)", "Return value*self."),
    METHOD(deque, imul, "__imul__(value, /)", "Implement self*=value."),
    METHOD(deque, lt, "__lt__(value, /)", "Return self<value."),
    METHOD(deque, le, "__le__(value, /)", "Return self<=value."),
    METHOD(deque, eq, "__eq__(value, /)", "Return self==value."),
    METHOD(deque, ne, "__ne__(value, /)", "Return self!=value."),
    METHOD(deque, gt, "__gt__(value, /)", "Return self>value."),
    METHOD(deque, ge, "__ge__(value, /)", "Return self>=value."),
    METHOD(deque, repr, "__repr__()", "Return repr(self)."),
    METHOD(deque, reduce, "__reduce__()", "How to make it again."),
    CLASSMETHOD(deque, class_getitem, "__class_getitem__(item, /)", "With type arguments."),
    { 0 }
};
static const GetSetDef deque_getsets[] = { { "maxlen", "How many items fit, None: any number.", deque_g_maxlen, NULL }, { 0 } };
static const MethodDef iter_methods[] = {
    { "__new__(deque, index=0, /)", NULL, deque_iter_m_new, NATIVE_STATIC },
    METHOD(deque_iter, iter, "__iter__()", "Implement iter(self)."),
    METHOD(deque_iter, next, "__next__()", "Implement next(self)."),
    METHOD(deque_iter, length_hint, "__length_hint__()", "How many items are left."),
    METHOD(deque_iter, reduce, "__reduce__()", "How to make it again."),
    { 0 }
};

bool deque_add(Vm *vm, Module *m)
{
    static const TypeDef def = { .name = "collections.deque", .layout = &deque_layout, .methods = deque_methods,
        .getsets = deque_getsets, .flags = TYPE_BASE | TYPE_WEAKREFS | TYPE_SEQUENCE,
        .doc = "A list that is quick at both ends: deque([iterable[, maxlen]])." };
    static const TypeDef iter_def = { .name = "collections._deque_iterator", .layout = &deque_iter_layout,
        .methods = iter_methods };
    static const TypeDef back_def = { .name = "collections._deque_reverse_iterator", .layout = &deque_iter_layout,
        .methods = iter_methods };
    Type *t = type_from_def(vm, &def, vm->types.object);
    Type *it = t && type_make_unhashable(vm, t) ? type_from_def(vm, &iter_def, vm->types.object) : NULL;
    Type *back = it ? type_from_def(vm, &back_def, vm->types.object) : NULL;
    Tuple *types = back ? tuple_pack(vm, 3, value_from_obj(it), value_from_obj(back), value_from_obj(t)) : NULL;
    if (!types)
        return false;
    rt_of(vm)->roots[RT_ROOT_DEQUE_ITER_TYPES] = value_from_obj(types);
    return module_set(vm, m, "deque", value_from_obj(t)) && module_set(vm, m, "_deque_iterator", value_from_obj(it)) &&
           module_set(vm, m, "_deque_reverse_iterator", value_from_obj(back));
}
