/* SPDX-License-Identifier: MIT
 * str methods that look for a part: find and its kin, count, startswith, endswith, removeprefix, replace. */
#include "vm/objects/str_methods.h"

#include "vm/text/search.h"
#include "vm/text/utf8.h"

/* The range [from, to) of bytes that start and end name. 0: it is none (start behind end), -1: exception. */
static int byte_range(Vm *vm, Str *s, Value start, Value end, size_t *from, size_t *to)
{
    int64_t a, b;
    *from = 0;
    *to = s->len;
    if (value_is_none(start) && value_is_none(end))
        return 1;
    if (!arg_range(vm, start, end, s->chars, &a, &b))
        return -1;
    if (a > b)
        return 0;
    *from = str_offset(vm, s, (uint32_t)a);
    *to = str_offset(vm, s, (uint32_t)b);
    return 1;
}

/* ---- find ---- */

/* Code point index, -1: absent, -2: exception. */
static int64_t find_sub(Vm *vm, Value self, const Args *args, bool reverse)
{
    Str *s = as_str(self), *sub = as_str(args->v[0]);
    size_t from, to;
    int r = byte_range(vm, s, args->v[1], args->v[2], &from, &to);
    if (r <= 0)
        return r ? -2 : -1;
    size_t at = (reverse ? search_rfind : search_find)(str_data(s) + from, to - from, str_data(sub),
                                                       sub->len);
    return at == SEARCH_NONE ? -1 : (int64_t)str_index_of(vm, s, from + at);
}

static Value find_result(Vm *vm, Value self, const Args *args, bool reverse)
{
    int64_t i = find_sub(vm, self, args, reverse);
    return i == -2 ? VALUE_ERROR : value_from_int48(i);
}

static Value index_result(Vm *vm, Value self, const Args *args, bool reverse)
{
    int64_t i = find_sub(vm, self, args, reverse);
    if (i == -1)
        raise_exc(vm, EXC_ValueError, "substring not found");
    return i < 0 ? VALUE_ERROR : value_from_int48(i);
}

Value str_m_find(Vm *vm, Value self, const Args *args) { return find_result(vm, self, args, false); }
Value str_m_rfind(Vm *vm, Value self, const Args *args) { return find_result(vm, self, args, true); }
Value str_m_index(Vm *vm, Value self, const Args *args) { return index_result(vm, self, args, false); }
Value str_m_rindex(Vm *vm, Value self, const Args *args) { return index_result(vm, self, args, true); }

Value str_m_count(Vm *vm, Value self, const Args *args)
{
    Str *s = as_str(self), *sub = as_str(args->v[0]);
    size_t from, to;
    int r = byte_range(vm, s, args->v[1], args->v[2], &from, &to);
    if (r <= 0)
        return r ? VALUE_ERROR : value_from_int48(0);
    const char *text = str_data(s) + from;
    if (sub->len == 0)
        return value_from_int48((int64_t)utf8_count(text, to - from) + 1);
    return value_from_int48((int64_t)search_count(text, to - from, str_data(sub), sub->len, SIZE_MAX));
}

/* ---- startswith, endswith ---- */
static bool has_affix(const char *text, size_t n, const Str *affix, bool at_end)
{
    return affix->len <= n && !memcmp(text + (at_end ? n - affix->len : 0), str_data(affix), affix->len);
}

static Value match_affix(Vm *vm, Value self, const Args *args, bool at_end)
{
    Str *s = as_str(self);
    Value what = args->v[0];
    const char *name = at_end ? "endswith" : "startswith";
    size_t from, to;
    int in_range = byte_range(vm, s, args->v[1], args->v[2], &from, &to);
    if (in_range < 0)
        return VALUE_ERROR;
    const char *text = str_data(s) + from;
    size_t n = in_range ? to - from : 0;
    if (is_str(what))
        return value_from_bool(in_range && has_affix(text, n, as_str(what), at_end));
    if (!is_tuple(what))
        return raise_exc(vm, EXC_TypeError, "%s first arg must be str or a tuple of str, not %T", name, what);
    Tuple *t = as_tuple(what);
    for (size_t i = 0; i < t->len; i++) {
        if (!is_str(t->items[i]))
            return raise_exc(vm, EXC_TypeError, "tuple for %s must only contain str, not %T", name,
                             t->items[i]);
        if (in_range && has_affix(text, n, as_str(t->items[i]), at_end))
            return VALUE_TRUE;
    }
    return VALUE_FALSE;
}

Value str_m_startswith(Vm *vm, Value self, const Args *args) { return match_affix(vm, self, args, false); }
Value str_m_endswith(Vm *vm, Value self, const Args *args) { return match_affix(vm, self, args, true); }

Value str_m_removeprefix(Vm *vm, Value self, const Args *args)
{
    Str *s = as_str(self), *prefix = as_str(args->v[0]);
    bool there = has_affix(str_data(s), s->len, prefix, false);
    return value_from_obj(str_part(vm, s, there ? prefix->len : 0, s->len));
}

Value str_m_removesuffix(Vm *vm, Value self, const Args *args)
{
    Str *s = as_str(self), *suffix = as_str(args->v[0]);
    bool there = has_affix(str_data(s), s->len, suffix, true);
    return value_from_obj(str_part(vm, s, 0, s->len - (there ? suffix->len : 0)));
}

/* ---- replace ---- */

/* Room for the result of n replacements. */
static Str *replace_alloc(Vm *vm, const Str *s, size_t n, size_t old_len, size_t new_len)
{
    uint64_t grown = (uint64_t)n * new_len;     /* both fit 32 bits */
    if (grown > UINT32_MAX + (uint64_t)s->len) {
        raise_no_memory(vm);
        return NULL;
    }
    return str_alloc(vm, (size_t)(s->len + grown - (uint64_t)n * old_len));
}

/* Between all characters, and at both ends; at most max times. */
static Str *interleave(Vm *vm, Str *s, const Str *with, uint64_t max)
{
    size_t n = max < (uint64_t)s->chars + 1 ? (size_t)max : (size_t)s->chars + 1;
    Str *r = replace_alloc(vm, s, n, 0, with->len);
    if (!r)
        return NULL;
    const char *from = str_data(s), *end = from + s->len, *text = str_data(with);
    char *to = r->text;
    for (size_t i = 0; i < n; i++) {
        memcpy(to, text, with->len);
        to += with->len;
        if (from == end)
            break;
        size_t size = utf8_size_of_lead(*from);
        memcpy(to, from, size);
        to += size;
        from += size;
    }
    memcpy(to, from, (size_t)(end - from));
    str_finish(r);
    return r;
}

/* Where the first of them are, found once. */
#define HITS_KEPT 16u

static Str *replace_all(Vm *vm, Str *s, const Str *old, const Str *new, uint64_t max)
{
    const char *text = str_data(s), *with = str_data(new);
    size_t hits[HITS_KEPT], n = 0, from = 0, at;
    Search search;
    search_init(&search, str_data(old), old->len, false);
    while (n < HITS_KEPT && n < max && (at = search_next(&search, text, s->len, from)) != SEARCH_NONE) {
        hits[n++] = at;
        from = at + old->len;
    }
    if (n == 0)
        return str_exact(vm, s);
    size_t kept = n;
    if (n == HITS_KEPT)
        n += search_count(text + from, s->len - from, str_data(old), old->len, max - n > SIZE_MAX ? SIZE_MAX : (size_t)(max - n));
    Str *r = replace_alloc(vm, s, n, old->len, new->len);
    if (!r)
        return NULL;
    char *to = r->text;
    from = 0;
    for (size_t i = 0; i < n; i++) {
        at = i < kept ? hits[i] : search_next(&search, text, s->len, from);
        memcpy(to, text + from, at - from);
        to += at - from;
        memcpy(to, with, new->len);
        to += new->len;
        from = at + old->len;
    }
    memcpy(to, text + from, s->len - from);
    if (s->h.flags & new->h.flags & STR_ASCII)
        str_finish_ascii(r);
    else
        str_finish(r);
    return r;
}

Value str_m_replace(Vm *vm, Value self, const Args *args)
{
    Str *s = as_str(self), *old = as_str(args->v[0]), *new = as_str(args->v[1]), *r;
    int64_t count;
    if (!arg_ssize(vm, args->v[2], &count))
        return VALUE_ERROR;
    uint64_t max = count < 0 ? UINT64_MAX : (uint64_t)count;
    if (max == 0 || old->len > s->len || (s->len == 0 && count >= 0 && old->len))
        r = str_exact(vm, s);
    else if (old->len == 0)
        r = interleave(vm, s, new, max);
    else
        r = replace_all(vm, s, old, new, max);
    return value_from_obj(r);
}
