/* SPDX-License-Identifier: MIT
 * Lists: storage and what C does to them. Their methods are in list_methods.c, sorting in list_sort.c. */
#include "vm/objects/list.h"

#include "vm/frame.h"
#include "vm/iter_fast.h"

/* A cell larger than this could not be counted by len() either. */
#define LIST_MAX ((size_t)INT64_MAX / 16)

/* A buffer for `cap` items that begins with n items copied; the rest is EMPTY. */
static Values *buffer_new(Vm *vm, size_t cap, const Value *items, size_t n)
{
    if (cap > LIST_MAX) {
        raise_no_memory(vm);
        return NULL;
    }
    cap = (cap + 1) & ~(size_t)1;
    Values *b = heap_alloc(vm, sizeof *b + cap * sizeof(Value), KIND_VALUES, 0, 0);
    if (!b)
        return NULL;
    b->cap = cap;
    if (n)
        memcpy(b->items, items, n * sizeof(Value));
    memset(b->items + n, 0, (cap - n) * sizeof(Value));
    return b;
}

List *list_new(Vm *vm, size_t cap)
{
    List *l = heap_alloc(vm, sizeof *l, KIND_LIST, SHAPE_LIST_ID, 0);
    if (!l)
        return NULL;
    l->len = 0;
    l->buf = NULL;
    if (cap && !(l->buf = buffer_new(vm, cap, NULL, 0)))
        return NULL;
    return l;
}

List *list_from(Vm *vm, const Value *items, size_t n)
{
    List *l = list_new(vm, 0);
    if (!l || !n)
        return l;
    l->buf = buffer_new(vm, n, items, n);
    l->len = n;
    return l->buf ? l : NULL;
}

/* Give the list a buffer of `cap` items, at least as many as it has. */
static bool list_rebuffer(Vm *vm, List *l, size_t cap)
{
    Values *b = buffer_new(vm, cap, list_items(l), l->len);
    if (!b)
        return false;
    heap_set_ptr(vm, l, &l->buf, b);
    return true;
}

bool list_reserve(Vm *vm, List *l, size_t need)
{
    size_t cap = l->buf ? l->buf->cap : 0;
    if (LIKELY(need <= cap))
        return true;
    return list_rebuffer(vm, l, cap ? need + need / 2 + 6 : need < 4 ? 4 : need);
}

/* Most of the buffer lies idle: take a smaller one, or keep it when memory is out. */
static void list_shrink(Vm *vm, List *l)
{
    if (!l->len) {
        heap_set_ptr(vm, l, &l->buf, NULL);
        return;
    }
    if (!list_rebuffer(vm, l, l->len + l->len / 2))
        exc_discard(vm);
}

static inline void list_settle(Vm *vm, List *l)
{
    if (UNLIKELY(l->buf && l->buf->cap > 64 && l->len < l->buf->cap / 4))
        list_shrink(vm, l);
}

bool list_append(Vm *vm, List *l, Value v)
{
    if (UNLIKELY(!l->buf || l->len == l->buf->cap)) {
        if (!list_reserve(vm, l, l->len + 1))
            return false;
        l->h.flags |= LIST_GROWN;
    }
    heap_set_item(vm, l->buf, &l->buf->items[l->len], v);
    l->len++;
    return true;
}

bool list_append_n(Vm *vm, List *l, const Value *items, size_t n)
{
    if (!n)
        return true;
    if (!list_reserve(vm, l, l->len + n))
        return false;
    memmove(l->buf->items + l->len, items, n * sizeof(Value));
    l->len += n;
    heap_touch_at(vm, l->buf, l->buf->items + l->len - n, n);
    return true;
}

static bool append_one(Vm *vm, Value item, void *ud)
{
    return list_append(vm, ud, item);
}

/* Numbers of bytes, at once. */
static bool extend_bytes(Vm *vm, List *l, const Bytes *b)
{
    size_t at = l->len;
    if (!list_reserve(vm, l, at + b->len))
        return false;
    for (size_t i = 0; i < b->len; i++)
        l->buf->items[at + i] = value_from_int48((unsigned char)b->data[i]);
    l->len = at + b->len;
    return true;
}

bool list_extend(Vm *vm, List *l, Value iterable)
{
    Value *items;
    size_t n;
    if ((is_exact(iterable, SHAPE_LIST_ID) || is_exact(iterable, SHAPE_TUPLE_ID)) && seq_items(iterable, &items, &n)) {
        if (is_list(iterable) && as_list(iterable) == l) {
            if (!list_reserve(vm, l, 2 * n))
                return false;
            items = list_items(l);
        }
        return list_append_n(vm, l, items, n);
    }
    if (is_exact(iterable, SHAPE_BYTES_ID))
        return extend_bytes(vm, l, as_bytes(iterable));
    Value it = op_iter(vm, iterable);
    if (value_is_empty(it))
        return false;
    int64_t hint = op_length_hint(vm, iterable, 0);
    if (hint < 0)
        return false;
    if (hint > 0 && hint < 1 << 20 && !list_reserve(vm, l, l->len + (size_t)hint))
        return false;
    if (gen_is_plain(it))
        return gen_each(vm, as_gen(it), append_one, l);
    Value v;
    while (iter_step(vm, it, &v))
        if (!list_append(vm, l, v) || !vm_checkpoint(vm))
            return false;
    return !vm_pending(vm);
}

bool list_insert(Vm *vm, List *l, int64_t index, Value v)
{
    int64_t n = (int64_t)l->len;
    index = index < 0 ? index + n < 0 ? 0 : index + n : index > n ? n : index;
    if (!list_reserve(vm, l, l->len + 1))
        return false;
    Value *at = l->buf->items + index;
    memmove(at + 1, at, (size_t)(n - index) * sizeof(Value));
    heap_set(vm, l->buf, at, v);
    l->len++;
    return true;
}

bool list_resize(Vm *vm, List *l, size_t len)
{
    if (len > LIST_MAX) {
        raise_no_memory(vm);
        return false;
    }
    if (!list_reserve(vm, l, len))
        return false;
    for (size_t i = l->len; i < len; i++)
        l->buf->items[i] = VALUE_NONE;
    l->len = len;
    list_settle(vm, l);
    return true;
}

void list_delete_range(Vm *vm, List *l, size_t from, size_t to)
{
    if (from >= to)
        return;
    Value *items = l->buf->items;
    memmove(items + from, items + to, (l->len - to) * sizeof(Value));
    l->len -= to - from;
    heap_touch(vm, l->buf);
    list_settle(vm, l);
}

Value list_pop_at(Vm *vm, List *l, size_t at)
{
    Value v = l->buf->items[at];
    list_delete_range(vm, l, at, at + 1);
    return v;
}

bool list_replace(Vm *vm, List *l, size_t from, size_t to, const Value *items, size_t n)
{
    size_t gone = to - from, len = l->len - gone + n, tail = l->len - to;
    if (n > gone && !list_reserve(vm, l, len))
        return false;
    if (!l->buf)
        return true;
    Value *at = l->buf->items + from;
    if (n != gone)
        memmove(at + n, at + gone, tail * sizeof(Value));
    if (n)
        memcpy(at, items, n * sizeof(Value));
    l->len = len;
    heap_touch(vm, l->buf);
    list_settle(vm, l);
    return true;
}

List *list_repeat(Vm *vm, const Value *items, size_t n, int64_t times)
{
    size_t total;
    if (times <= 0 || !n)
        return list_new(vm, 0);
    if (!size_mul(n, (size_t)times, &total) || total > LIST_MAX) {
        raise_no_memory(vm);
        return NULL;
    }
    List *l = list_new(vm, 0);
    Values *b = l ? heap_alloc(vm, sizeof *b + ((total + 1) & ~(size_t)1) * sizeof(Value), KIND_VALUES, 0, 0) : NULL;
    if (!b)
        return NULL;
    b->cap = (total + 1) & ~(size_t)1;
    values_repeat(b->items, items, n, (size_t)times);
    if (total < b->cap)
        b->items[total] = VALUE_EMPTY;
    l->buf = b;
    l->len = total;
    return l;
}

void values_repeat(Value *out, const Value *items, size_t n, size_t times)
{
    size_t total = n * times;
    if (n == 1) {
        for (size_t i = 0; i < total; i++)
            out[i] = items[0];
        return;
    }
    memcpy(out, items, n * sizeof(Value));
    for (size_t done = n; done < total;) {
        size_t k = done < total - done ? done : total - done;
        memcpy(out + done, out, k * sizeof(Value));
        done += k;
    }
}
