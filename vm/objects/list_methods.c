/* SPDX-License-Identifier: MIT
 * The type list. */
#include "vm/code.h"
#include "vm/iter.h"
#include "vm/objects/core.h"
#include "vm/objects/dict_types.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/seq.h"

static Value list_m_new(Vm *vm, Value self, const Args *args)
{
    (void)args;
    if (as_type(self) == vm->types.list)
        return value_from_obj(list_new(vm, 0));
    return value_from_obj(object_alloc(vm, as_type(self)));
}

static void list_empty(Vm *vm, List *l)
{
    l->len = 0;
    heap_set_ptr(vm, l, &l->buf, NULL);
}

static Value list_m_init(Vm *vm, Value self, const Args *args)
{
    List *l = as_list(self);
    if (l->len)
        list_empty(vm, l);
    if (!value_is_empty(args->v[0]) && !list_extend(vm, l, args->v[0]))
        return VALUE_ERROR;
    return VALUE_NONE;
}

static Value list_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return seq_repr(vm, self);
}

static Value list_m_len(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return int_new(vm, (int64_t)as_list(self)->len);
}

static Value list_m_iter(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return value_from_obj(iter_new(vm, ITER_LIST, vm->types.list_iterator, self, 0, 0, 0));
}

static Value list_m_reversed(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return value_from_obj(iter_new(vm, ITER_LIST_REV, vm->types.list_reverseiterator, self,
                                   (int64_t)as_list(self)->len - 1, 0, 0));
}

static Value list_m_contains(Vm *vm, Value self, const Args *args)
{
    int64_t at = seq_find(vm, self, args->v[0], 0, INT64_MAX);
    return at == -2 ? VALUE_ERROR : value_from_bool(at >= 0);
}

#define LIST_COMPARE(name, CMP)                                                             \
    static Value list_m_##name(Vm *vm, Value self, const Args *args)                        \
    {                                                                                       \
        if (!is_list(args->v[0]))                                                           \
            return VALUE_NOT_IMPLEMENTED;                                                   \
        return list_compare(vm, COMPARE_##CMP, as_list(self), as_list(args->v[0]));         \
    }
LIST_COMPARE(eq, EQ)
LIST_COMPARE(ne, NE)
LIST_COMPARE(lt, LT)
LIST_COMPARE(le, LE)
LIST_COMPARE(gt, GT)
LIST_COMPARE(ge, GE)
#undef LIST_COMPARE

/* ---- items and slices ---- */
static Value bad_key(Vm *vm, Value key)
{
    return raise_exc(vm, EXC_TypeError, "list indices must be integers or slices, not %T", key);
}

Value list_slice(Vm *vm, List *l, Slice *s)
{
    int64_t start, stop, step;
    if (!slice_unpack(vm, s, &start, &stop, &step))
        return VALUE_ERROR;
    int64_t count = slice_adjust((int64_t)l->len, &start, &stop, step);
    if (step == 1 || !count)
        return value_from_obj(list_from(vm, count ? list_items(l) + start : NULL, (size_t)count));
    List *r = list_new(vm, (size_t)count);
    if (!r)
        return VALUE_ERROR;
    for (int64_t i = 0; i < count; i++)
        r->buf->items[i] = l->buf->items[start + i * step];
    r->len = (size_t)count;
    return value_from_obj(r);
}

static Value list_m_getitem(Vm *vm, Value self, const Args *args)
{
    List *l = as_list(self);
    Value key = args->v[0];
    size_t at;
    if (is_slice(key))
        return list_slice(vm, l, as_slice(key));
    if (!seq_is_index(vm, key))
        return bad_key(vm, key);
    if (!seq_index(vm, key, &l->len, "list index out of range", &at))
        return VALUE_ERROR;
    return l->buf->items[at];
}

static bool assign_slice(Vm *vm, List *l, Slice *s, Value v)
{
    int64_t start, stop, step, count;
    Value copy = v, *items;
    size_t n;
    if (!slice_unpack(vm, s, &start, &stop, &step))
        return false;
    if (!is_list(v) && !is_tuple(v) && value_is_empty(type_special(type_of(vm, v), SPECIAL_ITER)) &&
        value_is_empty(type_special(type_of(vm, v), SPECIAL_GETITEM))) {
        raise_exc(vm, EXC_TypeError, "must assign iterable to extended slice");
        return false;
    }
    if (!is_exact(v, SHAPE_TUPLE_ID) && (!is_exact(v, SHAPE_LIST_ID) || as_list(v) == l))
        copy = op_list_of(vm, v);
    if (value_is_empty(copy) || !seq_items(copy, &items, &n))
        return false;
    count = slice_adjust((int64_t)l->len, &start, &stop, step);
    if (step == 1)
        return list_replace(vm, l, (size_t)start, (size_t)(start + count), items, n);
    if (n != (size_t)count) {
        raise_exc(vm, EXC_ValueError, "attempt to assign sequence of size %zu to extended slice of size %lld", n,
              (long long)count);
        return false;
    }
    for (int64_t i = 0; i < count; i++)
        heap_set_item(vm, l->buf, &l->buf->items[start + i * step], items[i]);
    return true;
}

static Value list_m_setitem(Vm *vm, Value self, const Args *args)
{
    List *l = as_list(self);
    Value key = args->v[0];
    size_t at;
    if (is_slice(key))
        return assign_slice(vm, l, as_slice(key), args->v[1]) ? VALUE_NONE : VALUE_ERROR;
    if (!seq_is_index(vm, key))
        return bad_key(vm, key);
    if (!seq_index(vm, key, &l->len, "list assignment index out of range", &at))
        return VALUE_ERROR;
    heap_set_item(vm, l->buf, &l->buf->items[at], args->v[1]);
    return VALUE_NONE;
}

static bool delete_slice(Vm *vm, List *l, Slice *s)
{
    int64_t start, stop, step, count;
    if (!slice_unpack(vm, s, &start, &stop, &step))
        return false;
    count = slice_adjust((int64_t)l->len, &start, &stop, step);
    if (!count)
        return true;
    if (step < 0) {                     /* the same items from the left */
        start += (count - 1) * step;
        step = -step;
    }
    if (step == 1) {
        list_delete_range(vm, l, (size_t)start, (size_t)(start + count));
        return true;
    }
    Value *items = l->buf->items;
    int64_t to = start, len = (int64_t)l->len;
    for (int64_t from = start, next = start, left = count; from < len; from++) {
        if (left && from == next) {
            left--;
            next += left ? step : 0;
        } else {
            items[to++] = items[from];
        }
    }
    heap_touch(vm, l->buf);
    list_delete_range(vm, l, (size_t)to, l->len);
    return true;
}

static Value list_m_delitem(Vm *vm, Value self, const Args *args)
{
    List *l = as_list(self);
    Value key = args->v[0];
    size_t at;
    if (is_slice(key))
        return delete_slice(vm, l, as_slice(key)) ? VALUE_NONE : VALUE_ERROR;
    if (!seq_is_index(vm, key))
        return bad_key(vm, key);
    if (!seq_index(vm, key, &l->len, "list assignment index out of range", &at))
        return VALUE_ERROR;
    list_delete_range(vm, l, at, at + 1);
    return VALUE_NONE;
}

/* ---- + and * ---- */
static Value list_m_add(Vm *vm, Value self, const Args *args)
{
    if (!is_list(args->v[0]))
        return raise_exc(vm, EXC_TypeError, "can only concatenate list (not \"%T\") to list", args->v[0]);
    List *a = as_list(self), *b = as_list(args->v[0]), *r = list_new(vm, a->len + b->len);
    if (!r || !list_append_n(vm, r, list_items(a), a->len) || !list_append_n(vm, r, list_items(b), b->len))
        return VALUE_ERROR;
    return value_from_obj(r);
}

static Value list_m_iadd(Vm *vm, Value self, const Args *args)
{
    return list_extend(vm, as_list(self), args->v[0]) ? self : VALUE_ERROR;
}

static Value list_m_mul(Vm *vm, Value self, const Args *args)
{
    int64_t times;
    if (!seq_repeat_count(vm, args->v[0], &times))
        return VALUE_ERROR;
    return value_from_obj(list_repeat(vm, list_items(as_list(self)), as_list(self)->len, times));
}

static Value list_m_imul(Vm *vm, Value self, const Args *args)
{
    List *l = as_list(self), *r;
    int64_t times;
    if (!seq_repeat_count(vm, args->v[0], &times))
        return VALUE_ERROR;
    if (!(r = list_repeat(vm, list_items(l), l->len, times)))
        return VALUE_ERROR;
    l->len = r->len;
    heap_set_ptr(vm, l, &l->buf, r->buf);
    return self;
}

/* ---- named methods ---- */
static Value list_m_append(Vm *vm, Value self, const Args *args)
{
    return list_append(vm, as_list(self), args->v[0]) ? VALUE_NONE : VALUE_ERROR;
}

static Value list_m_extend(Vm *vm, Value self, const Args *args)
{
    return list_extend(vm, as_list(self), args->v[0]) ? VALUE_NONE : VALUE_ERROR;
}

static bool position(Vm *vm, Value v, int64_t *out)
{
    Value i = op_index(vm, v);
    if (value_is_empty(i))
        return false;
    if (int_to_i64(i, out))
        return true;
    raise_exc(vm, EXC_OverflowError, "Python int too large to convert to C ssize_t");
    return false;
}

static Value list_m_insert(Vm *vm, Value self, const Args *args)
{
    int64_t at;
    if (!position(vm, args->v[0], &at))
        return VALUE_ERROR;
    return list_insert(vm, as_list(self), at, args->v[1]) ? VALUE_NONE : VALUE_ERROR;
}

static Value list_m_pop(Vm *vm, Value self, const Args *args)
{
    List *l = as_list(self);
    int64_t at = -1;
    if (!value_is_empty(args->v[0]) && !position(vm, args->v[0], &at))
        return VALUE_ERROR;
    if (!l->len)
        return raise_exc(vm, EXC_IndexError, "pop from empty list");
    if (at < 0)
        at += (int64_t)l->len;
    if ((uint64_t)at >= l->len)
        return raise_exc(vm, EXC_IndexError, "pop index out of range");
    return list_pop_at(vm, l, (size_t)at);
}

static Value list_m_remove(Vm *vm, Value self, const Args *args)
{
    int64_t at = seq_find(vm, self, args->v[0], 0, INT64_MAX);
    if (at == -1)
        return raise_exc(vm, EXC_ValueError, "list.remove(x): x not in list");
    if (at < 0)
        return VALUE_ERROR;
    if ((size_t)at < as_list(self)->len)        /* the comparison may have shortened it */
        list_delete_range(vm, as_list(self), (size_t)at, (size_t)at + 1);
    return VALUE_NONE;
}

static Value list_m_clear(Vm *vm, Value self, const Args *args)
{
    (void)args;
    list_empty(vm, as_list(self));
    return VALUE_NONE;
}

static Value list_m_copy(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return value_from_obj(list_from(vm, list_items(as_list(self)), as_list(self)->len));
}

static Value list_m_count(Vm *vm, Value self, const Args *args)
{
    int64_t n = seq_count(vm, self, args->v[0]);
    return n < 0 ? VALUE_ERROR : int_new(vm, n);
}

static Value list_m_index(Vm *vm, Value self, const Args *args)
{
    int64_t at = seq_find_between(vm, self, args);
    if (at == -1)
        return raise_exc(vm, EXC_ValueError, "%R is not in list", args->v[0]);
    return at < 0 ? VALUE_ERROR : int_new(vm, at);
}

static Value list_m_reverse(Vm *vm, Value self, const Args *args)
{
    (void)args;
    List *l = as_list(self);
    Value *items = list_items(l);
    for (size_t i = 0, j = l->len; i + 1 < j; i++) {
        Value v = items[i];
        items[i] = items[--j];
        items[j] = v;
    }
    if (l->buf)
        heap_touch(vm, l->buf);
    return VALUE_NONE;
}

static Value list_m_sort(Vm *vm, Value self, const Args *args)
{
    return list_sort(vm, as_list(self), args->v[0], value_is_true(args->v[1])) ? VALUE_NONE : VALUE_ERROR;
}

static const MethodDef list_methods[] = {
    { "__new__(*args, **kwargs)", NULL, list_m_new, NATIVE_STATIC },
    METHOD(object, sizeof, "__sizeof__()", "How many bytes CPython's object takes."),
    METHOD(list, init, "__init__(iterable=..., /)", "Set the object up."),
    METHOD(list, repr, "__repr__()", "Return repr(self)."),
    METHOD(list, len, "__len__()", "Return len(self)."),
    METHOD(list, iter, "__iter__()", "Implement iter(self)."),
    METHOD(list, reversed, "__reversed__()", "An iterator from the last item to the first."),
    METHOD(list, contains, "__contains__(key, /)", "Is it one of the items?"),
    PLAIN_METHOD(list, getitem, "__getitem__(index, /)", "Return self[index]."),
    METHOD(list, setitem, "__setitem__(key, value, /)", "Store an item."),
    METHOD(list, delitem, "__delitem__(key, /)", "Delete self[key]."),
    METHOD(list, eq, "__eq__(value, /)", "Return self==value."),
    METHOD(list, ne, "__ne__(value, /)", "Return self!=value."),
    METHOD(list, lt, "__lt__(value, /)", "Return self<value."),
    METHOD(list, le, "__le__(value, /)", "Return self<=value."),
    METHOD(list, gt, "__gt__(value, /)", "Return self>value."),
    METHOD(list, ge, "__ge__(value, /)", "Return self>=value."),
    METHOD(list, add, "__add__(value, /)", "Return self+value."),
    METHOD(list, iadd, "__iadd__(value, /)", "Implement self+=value."),
    METHOD(list, mul, "__mul__(value, /)", "Return self*value."),
    METHOD(list, mul, "__rmul__(value, /)", "Return value*self."),
    METHOD(list, imul, "__imul__(value, /)", "Implement self*=value."),
    METHOD(list, append, "append(object, /)", "Add one item behind the others."),
    METHOD(list, extend, "extend(iterable, /)", "Add all items of the iterable behind the others."),
    METHOD(list, insert, "insert(index, object, /)", "Insert object before index."),
    METHOD(list, pop, "pop(index=..., /) as (index=-1, /)", "Take out one item, the last one if not told which."),
    METHOD(list, remove, "remove(value, /)", "Take out the first item that equals the value; a ValueError where none does."),
    METHOD(list, clear, "clear()", "Drop every item."),
    METHOD(list, copy, "copy()", "A new list with the same items."),
    METHOD(list, count, "count(value, /)", "How many items equal the value."),
    METHOD(list, index, "index(value, start=..., stop=..., /) as (value, start=0, stop=sys.maxsize, /)",
           "Where the value stands first; a ValueError where it does not."),
    METHOD(list, reverse, "reverse()", "Turn the list around."),
    METHOD(list, sort, "sort(*, key=None, reverse: bool = False)",
           "Bring the items into order, those that are equal as they stood.\n\nkey "
           "tells what to compare of each, reverse turns the order around."),
    { 0 }
};

static const TypeDef list_def = {
    .name = "list",
    .doc = "Items in order, as many as you like, that can be changed.",
    .layout = LAYOUT(LIST),
    .methods = list_methods,
    .flags = TYPE_BASE | TYPE_SEQUENCE | TYPE_MATCH_SELF,
    .shape_id = SHAPE_LIST_ID,
};

bool list_types_init(Vm *vm)
{
    vm->types.list = type_from_def(vm, &list_def, vm->types.object);
    return vm->types.list && type_make_unhashable(vm, vm->types.list) && tuple_type_init(vm) && slice_type_init(vm);
}
