/* SPDX-License-Identifier: MIT
 * repr() of bounded length, as in the reprs of futures and handles: the rules are those of reprlib.repr(). */
#include "runtime/loop.h"

#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/objects/set.h"
#include "vm/objects/str.h"

enum { MAX_LEVEL = 6, MAX_ITEMS = 6, MAX_PAIRS = 4, MAX_STRING = 30, MAX_LONG = 40, MAX_OTHER = 30 };

static Str *short_at(Vm *vm, Value v, int level);

/* The first and last characters of s, "..." between: `limit` in all. NULL s goes through. */
static Str *cut(Vm *vm, Str *s, int64_t limit)
{
    if (!s || s->chars <= limit)
        return s;
    int64_t head = (limit - 3) / 2, tail = limit - 3 - head;
    Str *a = str_slice(vm, s, 0, head), *b = a ? str_slice(vm, s, s->chars - tail, s->chars) : NULL;
    return b ? str_printf(vm, "%S...%S", a, b) : NULL;
}

static Str *short_str(Vm *vm, Str *s)
{
    if (s->chars <= MAX_STRING) {
        Str *whole = op_repr(vm, value_from_obj(s));
        return cut(vm, whole, MAX_STRING);
    }
    int64_t head = (MAX_STRING - 3) / 2, tail = MAX_STRING - 3 - head;
    Str *a = str_slice(vm, s, 0, head), *b = a ? str_slice(vm, s, s->chars - tail, s->chars) : NULL;
    Str *both = b ? str_concat(vm, a, b) : NULL;
    Str *r = both ? op_repr(vm, value_from_obj(both)) : NULL;
    if (!r)
        return NULL;
    a = str_slice(vm, r, 0, head);
    b = a ? str_slice(vm, r, r->chars - tail, r->chars) : NULL;
    return b ? str_printf(vm, "%S...%S", a, b) : NULL;
}

/* "[1, 2, ...]" from up to MAX_ITEMS of n items. */
static Str *short_items(Vm *vm, const char *open, const char *close, const Value *items, size_t n, int level)
{
    if (level <= 0 && n)
        return str_printf(vm, "%s...%s", open, close);
    size_t shown = n < MAX_ITEMS ? n : MAX_ITEMS;
    Str *s = str_cstr(vm, open);
    for (size_t i = 0; s && i < shown; i++) {
        Str *one = short_at(vm, items[i], level - 1);
        s = one ? str_printf(vm, "%S%s%S", s, i ? ", " : "", one) : NULL;
    }
    return s ? str_printf(vm, "%S%s%s", s, n > shown ? ", ..." : "", close) : NULL;
}

/* Sorted, where that is possible. NULL: an error. */
static List *sorted_list(Vm *vm, Value iterable)
{
    Value l = op_list_of(vm, iterable), sorted = value_is_empty(l) ? l : op_list_of(vm, l);
    if (value_is_empty(sorted))
        return NULL;
    if (list_sort(vm, as_list(sorted), VALUE_NONE, false))
        return as_list(sorted);
    exc_discard(vm);
    return as_list(l);
}

static Str *short_set(Vm *vm, Value v, int level)
{
    bool frozen = set_is_frozen(as_set(v));
    List *l = sorted_list(vm, v);
    if (!l)
        return NULL;
    if (!l->len)
        return str_cstr(vm, frozen ? "frozenset()" : "set()");
    return short_items(vm, frozen ? "frozenset({" : "{", frozen ? "})" : "}", list_items(l), l->len, level);
}

static Str *short_dict(Vm *vm, Value v, int level)
{
    List *keys = sorted_list(vm, v);
    if (!keys)
        return NULL;
    size_t n = keys->len, shown = n < MAX_PAIRS ? n : MAX_PAIRS;
    if (!n || level <= 0)
        return str_cstr(vm, n ? "{...}" : "{}");
    Str *s = str_cstr(vm, "{");
    for (size_t i = 0; s && i < shown; i++) {
        Value key = list_items(keys)[i], value = op_getitem(vm, v, key);
        Str *k = value_is_empty(value) ? NULL : short_at(vm, key, level - 1), *x = k ? short_at(vm, value, level - 1) : NULL;
        s = x ? str_printf(vm, "%S%s%S: %S", s, i ? ", " : "", k, x) : NULL;
    }
    return s ? str_printf(vm, "%S%s}", s, n > shown ? ", ..." : "") : NULL;
}

static Str *short_other(Vm *vm, Value v)
{
    Str *s = op_repr(vm, v);
    if (!s && !exc_pending_is(vm, EXC_KeyboardInterrupt)) {
        exc_discard(vm);
        return str_printf(vm, "<%T instance at %p>", v, (void *)(value_is_obj(v) ? value_obj(v) : NULL));
    }
    return cut(vm, s, MAX_OTHER);
}

static Str *short_at(Vm *vm, Value v, int level)
{
    const Type *t = type_of(vm, v);
    if (t == vm->types.str)
        return short_str(vm, as_str(v));
    if (t == vm->types.integer)
        return cut(vm, op_repr(vm, v), MAX_LONG);
    if (t == vm->types.list)
        return short_items(vm, "[", "]", list_items(as_list(v)), as_list(v)->len, level);
    if (t == vm->types.tuple)
        return short_items(vm, "(", as_tuple(v)->len == 1 && level > 0 ? ",)" : ")", as_tuple(v)->items, as_tuple(v)->len, level);
    if (t == vm->types.set || t == vm->types.frozenset)
        return short_set(vm, v, level);
    return t == vm->types.dict ? short_dict(vm, v, level) : short_other(vm, v);
}

Str *short_repr(Vm *vm, Value v)
{
    return short_at(vm, v, MAX_LEVEL);
}
