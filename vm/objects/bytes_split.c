/* SPDX-License-Identifier: MIT
 * Taking bytes and bytearrays apart: split, rsplit, splitlines, partition, strip. */
#include "vm/objects/bytes_methods.h"

#include "vm/text/search.h"
#include "vm/text/strops.h"

typedef struct Splitter {
    Vm *vm;
    Value self;
    Span s;
    List *list;
} Splitter;

static bool append_part(Splitter *sp, size_t from, size_t to)
{
    Value part = bytes_part(sp->vm, sp->self, from, to);
    return !value_is_empty(part) && list_append(sp->vm, sp->list, part);
}

static void reverse(List *l)
{
    Value *items = list_items(l);
    for (size_t i = 0, j = l->len; i + 1 < j; i++) {
        Value v = items[i];
        items[i] = items[--j];
        items[j] = v;
    }
}

/* ---- split ---- */
static bool split_words(Splitter *sp, uint64_t max)
{
    size_t pos = 0;
    TextSpan w;
    while (max-- > 0) {
        if (!bytes_next_word(sp->s.p, sp->s.n, &pos, &w))
            return true;
        if (!append_part(sp, w.start, w.end))
            return false;
    }
    w = bytes_strip(sp->s.p + pos, sp->s.n - pos, TEXT_STRIP_LEFT);
    return w.start == w.end || append_part(sp, pos + w.start, pos + w.end);
}

static bool rsplit_words(Splitter *sp, uint64_t max)
{
    size_t pos = sp->s.n;
    TextSpan w;
    while (max-- > 0) {
        if (!bytes_prev_word(sp->s.p, &pos, &w))
            return true;
        if (!append_part(sp, w.start, w.end))
            return false;
    }
    w = bytes_strip(sp->s.p, pos, TEXT_STRIP_RIGHT);
    return w.start == w.end || append_part(sp, w.start, w.end);
}

static bool split_at(Splitter *sp, Span sep, uint64_t max)
{
    size_t from = 0, at;
    Search search;
    search_init(&search, sep.p, sep.n, false);
    while (max-- > 0 && (at = search_next(&search, sp->s.p, sp->s.n, from)) != SEARCH_NONE) {
        if (!append_part(sp, from, at))
            return false;
        from = at + sep.n;
    }
    return append_part(sp, from, sp->s.n);
}

static bool rsplit_at(Splitter *sp, Span sep, uint64_t max)
{
    size_t to = sp->s.n, at;
    Search search;
    search_init(&search, sep.p, sep.n, true);
    while (max-- > 0 && (at = search_next(&search, sp->s.p, sp->s.n, to)) != SEARCH_NONE) {
        if (!append_part(sp, at + sep.n, to))
            return false;
        to = at;
    }
    return append_part(sp, 0, to);
}

static Value split(Vm *vm, Value self, const Args *args, bool from_right)
{
    Value sep_arg = args->v[0];
    Span sep = { NULL, 0 };
    int64_t count;
    bool ok;
    if (!arg_ssize(vm, args->v[1], &count) || (!value_is_none(sep_arg) && !span_of(vm, sep_arg, &sep)))
        return VALUE_ERROR;
    if (!value_is_none(sep_arg) && sep.n == 0)
        return raise_exc(vm, EXC_ValueError, "empty separator");
    uint64_t max = count < 0 ? UINT64_MAX : (uint64_t)count;
    Splitter sp = { vm, self, bytes_span(self), list_new(vm, max < 4 ? (size_t)max + 1 : 4) };
    if (!sp.list)
        return VALUE_ERROR;
    if (sep.n)
        ok = (from_right ? rsplit_at : split_at)(&sp, sep, max);
    else
        ok = (from_right ? rsplit_words : split_words)(&sp, max);
    if (ok && from_right)
        reverse(sp.list);
    return ok ? value_from_obj(sp.list) : VALUE_ERROR;
}

Value bytes_m_split(Vm *vm, Value self, const Args *args) { return split(vm, self, args, false); }
Value bytes_m_rsplit(Vm *vm, Value self, const Args *args) { return split(vm, self, args, true); }

Value bytes_m_splitlines(Vm *vm, Value self, const Args *args)
{
    Splitter sp = { vm, self, bytes_span(self), list_new(vm, 0) };
    bool keep = value_is_true(args->v[0]);
    size_t pos = 0;
    TextSpan line;
    if (!sp.list)
        return VALUE_ERROR;
    while (bytes_next_line(sp.s.p, sp.s.n, &pos, &line))
        if (!append_part(&sp, line.start, keep ? pos : line.end))
            return VALUE_ERROR;
    return value_from_obj(sp.list);
}

/* ---- partition ---- */
static Value pack(Vm *vm, Value a, Value b, Value c)
{
    if (value_is_empty(a) || value_is_empty(b) || value_is_empty(c))
        return VALUE_ERROR;
    return value_from_obj(tuple_pack(vm, 3, a, b, c));
}

static Value partition(Vm *vm, Value self, Value sep_arg, bool last)
{
    Span sep;
    if (!span_of(vm, sep_arg, &sep))
        return VALUE_ERROR;
    if (sep.n == 0)
        return raise_exc(vm, EXC_ValueError, "empty separator");
    Span s = bytes_span(self);          /* after a __buffer__ has run */
    size_t at = (last ? search_rfind : search_find)(s.p, s.n, sep.p, sep.n);
    if (at == SEARCH_NONE) {
        Value whole = bytes_part(vm, self, 0, s.n);
        Value e1 = bytes_like(vm, self, "", 0), e2 = bytes_like(vm, self, "", 0);
        return last ? pack(vm, e1, e2, whole) : pack(vm, whole, e1, e2);
    }
    Value middle = is_bytes(self) ? sep_arg : bytes_like(vm, self, sep.p, sep.n);
    return pack(vm, bytes_part(vm, self, 0, at), middle, bytes_part(vm, self, at + sep.n, s.n));
}

Value bytes_m_partition(Vm *vm, Value self, const Args *args)
{
    return partition(vm, self, args->v[0], false);
}
Value bytes_m_rpartition(Vm *vm, Value self, const Args *args)
{
    return partition(vm, self, args->v[0], true);
}

/* ---- strip ---- */
static Value strip(Vm *vm, Value self, Value set, int sides)
{
    Span chars;
    if (!value_is_none(set) && !span_of(vm, set, &chars))
        return VALUE_ERROR;
    Span s = bytes_span(self);
    TextSpan left = value_is_none(set) ? bytes_strip(s.p, s.n, sides) : bytes_strip_set(s.p, s.n, chars.p, chars.n, sides);
    return bytes_part(vm, self, left.start, left.end);
}

Value bytes_m_strip(Vm *vm, Value self, const Args *args)
{
    return strip(vm, self, args->v[0], TEXT_STRIP_BOTH);
}
Value bytes_m_lstrip(Vm *vm, Value self, const Args *args)
{
    return strip(vm, self, args->v[0], TEXT_STRIP_LEFT);
}
Value bytes_m_rstrip(Vm *vm, Value self, const Args *args)
{
    return strip(vm, self, args->v[0], TEXT_STRIP_RIGHT);
}
