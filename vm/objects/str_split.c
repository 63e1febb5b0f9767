/* SPDX-License-Identifier: MIT
 * Taking strings apart: split, rsplit, splitlines, partition, strip. */
#include "vm/objects/str_methods.h"

#include "vm/text/search.h"
#include "vm/text/strops.h"

static bool append_part(Vm *vm, List *l, Str *s, size_t from, size_t to)
{
    Str *part = str_part(vm, s, from, to);
    return part && list_append(vm, l, value_from_obj(part));
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
static inline bool ascii_is_space(char c)
{
    return c <= ' ' && (c == ' ' || (c >= 9 && c <= 13) || c >= 28);
}

static bool split_ascii_words(Vm *vm, List *l, Str *s, uint64_t max)
{
    const char *text = str_data(s);
    for (size_t at = 0, end, n = s->len;; at = end) {
        while (at < n && ascii_is_space(text[at]))
            at++;
        if (at == n)
            return true;
        end = n;
        if (max-- > 0) {
            for (end = at + 1; end < n && !ascii_is_space(text[end]);)
                end++;
        }
        if (!append_part(vm, l, s, at, end))
            return false;
    }
}

static bool split_words(Vm *vm, List *l, Str *s, uint64_t max)
{
    if (s->h.flags & STR_ASCII)
        return split_ascii_words(vm, l, s, max);
    const char *text = str_data(s);
    size_t pos = 0;
    TextSpan w;
    while (max-- > 0) {
        if (!text_next_word(text, s->len, &pos, &w))
            return true;
        if (!append_part(vm, l, s, w.start, w.end))
            return false;
    }
    w = text_strip(text + pos, s->len - pos, TEXT_STRIP_LEFT);
    return w.start == w.end || append_part(vm, l, s, pos + w.start, pos + w.end);
}

static bool rsplit_words(Vm *vm, List *l, Str *s, uint64_t max)
{
    const char *text = str_data(s);
    size_t pos = s->len;
    TextSpan w;
    while (max-- > 0) {
        if (!text_prev_word(text, &pos, &w))
            return true;
        if (!append_part(vm, l, s, w.start, w.end))
            return false;
    }
    w = text_strip(text, pos, TEXT_STRIP_RIGHT);
    return w.start == w.end || append_part(vm, l, s, w.start, w.end);
}

static bool split_at(Vm *vm, List *l, Str *s, const Str *sep, uint64_t max)
{
    const char *text = str_data(s), *hit;
    size_t from = 0, at;
    if (sep->len == 1) {
        while (max-- > 0 && (hit = memchr(text + from, *str_data(sep), s->len - from)) != NULL) {
            if (!append_part(vm, l, s, from, (size_t)(hit - text)))
                return false;
            from = (size_t)(hit - text) + 1;
        }
        return append_part(vm, l, s, from, s->len);
    }
    Search search;
    search_init(&search, str_data(sep), sep->len, false);
    while (max-- > 0 && (at = search_next(&search, text, s->len, from)) != SEARCH_NONE) {
        if (!append_part(vm, l, s, from, at))
            return false;
        from = at + sep->len;
    }
    return append_part(vm, l, s, from, s->len);
}

static bool rsplit_at(Vm *vm, List *l, Str *s, const Str *sep, uint64_t max)
{
    const char *text = str_data(s);
    size_t to = s->len, at;
    Search search;
    search_init(&search, str_data(sep), sep->len, true);
    while (max-- > 0 && (at = search_next(&search, text, s->len, to)) != SEARCH_NONE) {
        if (!append_part(vm, l, s, at + sep->len, to))
            return false;
        to = at;
    }
    return append_part(vm, l, s, 0, to);
}

static Value split(Vm *vm, Value self, const Args *args, bool from_right)
{
    Value sep = args->v[0];
    int64_t count;
    if (!arg_ssize(vm, args->v[1], &count))
        return VALUE_ERROR;
    if (!value_is_none(sep) && !is_str(sep))
        return raise_exc(vm, EXC_TypeError, "must be str or None, not %T", sep);
    if (is_str(sep) && as_str(sep)->len == 0)
        return raise_exc(vm, EXC_ValueError, "empty separator");
    uint64_t max = count < 0 ? UINT64_MAX : (uint64_t)count;
    List *l = list_new(vm, 0);
    Str *s = as_str(self);
    bool ok;
    if (!l)
        return VALUE_ERROR;
    if (is_str(sep))
        ok = (from_right ? rsplit_at : split_at)(vm, l, s, as_str(sep), max);
    else
        ok = (from_right ? rsplit_words : split_words)(vm, l, s, max);
    if (ok && from_right)
        reverse(l);
    return ok ? value_from_obj(l) : VALUE_ERROR;
}

Value str_m_split(Vm *vm, Value self, const Args *args) { return split(vm, self, args, false); }
Value str_m_rsplit(Vm *vm, Value self, const Args *args) { return split(vm, self, args, true); }

Value str_m_splitlines(Vm *vm, Value self, const Args *args)
{
    Str *s = as_str(self);
    bool keep = value_is_true(args->v[0]);
    List *l = list_new(vm, 0);
    size_t pos = 0;
    TextSpan line;
    if (!l)
        return VALUE_ERROR;
    while (text_next_line(str_data(s), s->len, &pos, &line))
        if (!append_part(vm, l, s, line.start, keep ? pos : line.end))
            return VALUE_ERROR;
    return value_from_obj(l);
}

/* ---- partition ---- */
static Value partition(Vm *vm, Value self, Value sep, bool last)
{
    Str *s = as_str(self);
    if (!is_str(sep))
        return raise_exc(vm, EXC_TypeError, "must be str, not %T", sep);
    size_t n = as_str(sep)->len;
    if (n == 0)
        return raise_exc(vm, EXC_ValueError, "empty separator");
    size_t at = (last ? search_rfind : search_find)(str_data(s), s->len, str_data(as_str(sep)), n);
    Value empty = value_from_obj(vm->empty_str);
    if (at == SEARCH_NONE)
        return value_from_obj(last ? tuple_pack(vm, 3, empty, empty, self) : tuple_pack(vm, 3, self, empty, empty));
    Str *before = str_part(vm, s, 0, at), *after = before ? str_part(vm, s, at + n, s->len) : NULL;
    if (!after)
        return VALUE_ERROR;
    return value_from_obj(tuple_pack(vm, 3, value_from_obj(before), sep, value_from_obj(after)));
}

Value str_m_partition(Vm *vm, Value self, const Args *args) { return partition(vm, self, args->v[0], false); }
Value str_m_rpartition(Vm *vm, Value self, const Args *args) { return partition(vm, self, args->v[0], true); }

/* ---- strip ---- */
static Value strip(Vm *vm, Value self, Value chars, int sides, const char *name)
{
    Str *s = as_str(self);
    TextSpan left;
    if (value_is_none(chars))
        left = text_strip(str_data(s), s->len, sides);
    else if (is_str(chars))
        left = text_strip_set(str_data(s), s->len, str_data(as_str(chars)), as_str(chars)->len, sides);
    else
        return raise_exc(vm, EXC_TypeError, "%s arg must be None or str", name);
    return value_from_obj(str_part(vm, s, left.start, left.end));
}

Value str_m_strip(Vm *vm, Value self, const Args *args)
{
    return strip(vm, self, args->v[0], TEXT_STRIP_BOTH, "strip");
}
Value str_m_lstrip(Vm *vm, Value self, const Args *args)
{
    return strip(vm, self, args->v[0], TEXT_STRIP_LEFT, "lstrip");
}
Value str_m_rstrip(Vm *vm, Value self, const Args *args)
{
    return strip(vm, self, args->v[0], TEXT_STRIP_RIGHT, "rstrip");
}
