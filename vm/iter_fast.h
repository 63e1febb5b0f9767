/* SPDX-License-Identifier: MIT
 * Steps of the commonest iterators, inline. */
#ifndef VM_ITER_FAST_H
#define VM_ITER_FAST_H

#include "vm/iter.h"
#include "vm/objects/dict.h"
#include "vm/objects/set_table.h"

/* The next entry of a dict that has not changed, its values plain. 1, 0, -1 as below. */
static inline int dict_iter_fast(Iter *i, Value *key, Value *value)
{
    if (value_is_empty(i->source))
        return 0;
    const Dict *d = as_dict(i->source);
    if (UNLIKELY((uint32_t)i->stop != d->used || d->h.flags & DICT_CELLS || i->step <= 0))
        return -1;
    for (uint32_t at = (uint32_t)i->index; at < d->filled; at++) {
        const DictEntry *e = &d->table->entries[at];
        if (UNLIKELY(value_is_empty(e->key)))
            continue;
        *key = e->key;
        *value = e->value;
        i->index = at + 1;
        i->step--;
        return 1;
    }
    return -1;
}

static inline bool is_iter_of(Value v, unsigned kind)
{
    return is_kind(v, KIND_ITER) && (as_iter(v)->h.flags & ITER_KIND_MASK) == kind;
}

/* Iterators that need no call. 1: *out set; 0: at the end; -1: not one of these. */
static inline __attribute__((always_inline)) int iter_fast(const Vm *vm, Value it, Value *out)
{
    if (!is_kind(it, KIND_ITER))
        return -1;
    Iter *i = as_iter(it);
    unsigned kind = i->h.flags & ITER_KIND_MASK;
    if (LIKELY(kind == ITER_RANGE)) {
        int64_t at = i->index;
        if (i->step > 0 ? at >= i->stop : at <= i->stop)
            return 0;
        i->index = at + i->step;
        *out = value_from_int48(at);
        return 1;
    }
    if (LIKELY(kind == ITER_LIST)) {
        if (value_is_empty(i->source))
            return 0;
        List *l = as_list(i->source);
        if ((uint64_t)i->index >= l->len) {
            i->source = VALUE_EMPTY;
            return 0;
        }
        *out = l->buf->items[i->index++];
        return 1;
    }
    switch (kind) {
    case ITER_TUPLE: {
        if (value_is_empty(i->source))
            return 0;
        Tuple *t = as_tuple(i->source);
        if ((uint64_t)i->index >= t->len) {
            i->source = VALUE_EMPTY;
            return 0;
        }
        *out = t->items[i->index++];
        return 1;
    }
    case ITER_DICT_KEYS:
    case ITER_DICT_VALUES: {
        Value key;
        bool keys = kind == ITER_DICT_KEYS;
        return dict_iter_fast(i, keys ? out : &key, keys ? &key : out);
    }
    case ITER_STR: {
        if (value_is_empty(i->source))
            return 0;
        const Str *s = as_str(i->source);
        if ((uint64_t)i->index >= s->len) {
            i->source = VALUE_EMPTY;
            return 0;
        }
        unsigned char c = (unsigned char)str_data(s)[i->index];
        if (UNLIKELY(c >= 128))
            return -1;
        i->index++;
        *out = value_from_obj(vm->ascii_chars[c]);
        return 1;
    }
    case ITER_SET: {
        if (value_is_empty(i->source))
            return 0;
        const Set *s = as_set(i->source);
        if (UNLIKELY(i->stop != s->used))
            return -1;
        for (size_t at = (size_t)i->index; at < s->table->size; at++) {
            if (!set_entry_used(&s->table->entries[at]))
                continue;
            *out = s->table->entries[at].key;
            i->index = (int64_t)at + 1;
            i->step--;
            return 1;
        }
        return -1;              /* the end is noted there */
    }
    default:
        return -1;
    }
}

/* op_next(). */
static inline MUST_USE bool iter_step(Vm *vm, Value it, Value *out)
{
    int got = iter_fast(vm, it, out);
    return LIKELY(got >= 0) ? got : op_next(vm, it, out);
}

/* The same, and at the end vm->stop_value is set, which the short cuts leave as it was. */
static inline MUST_USE bool iter_step_last(Vm *vm, Value it, Value *out)
{
    int got = iter_fast(vm, it, out);
    if (LIKELY(got > 0))
        return true;
    if (got < 0)
        return op_next(vm, it, out);
    vm->stop_value = VALUE_EMPTY;
    return false;
}

#endif
