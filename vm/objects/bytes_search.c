/* SPDX-License-Identifier: MIT
 * Methods of bytes and bytearray that look for a part: find and its kin, count, startswith, replace. */
#include "vm/objects/bytes_methods.h"

#include "vm/text/search.h"

/* What to look for: bytes, or one byte given as an int, which is kept in *room. */
static bool needle_of(Vm *vm, Value v, Span *sub, char *room)
{
    unsigned char byte;
    if (is_bytes_like(vm, v))
        return span_of(vm, v, sub);
    if (!has_index(vm, v)) {
        raise_exc(vm, EXC_TypeError, "argument should be integer or bytes-like object, not '%T'", v);
        return false;
    }
    if (!byte_value(vm, v, "byte", &byte))
        return false;
    *room = (char)byte;
    *sub = (Span){ room, 1 };
    return true;
}

/* The range of self that start and end name, and self's bytes as they are then. 0: no range, -1:
 * exception. */
static int byte_range(Vm *vm, Value self, Value start, Value end, Span *s, size_t *from, size_t *to)
{
    int64_t a, b;
    if (!arg_range(vm, start, end, bytes_span(self).n, &a, &b))
        return -1;
    *s = bytes_span(self);
    if (b > (int64_t)s->n)
        b = (int64_t)s->n;
    *from = (size_t)a;
    *to = (size_t)b;
    return a <= b;
}

/* ---- find ---- */

/* Index, -1: absent, -2: exception. */
static int64_t find_sub(Vm *vm, Value self, const Args *args, bool reverse)
{
    Span s, sub;
    char room;
    size_t from, to;
    int r = byte_range(vm, self, args->v[1], args->v[2], &s, &from, &to);
    if (r < 0 || !needle_of(vm, args->v[0], &sub, &room))
        return -2;
    s = bytes_span(self);
    if (!r || to > s.n)
        return -1;
    size_t at = (reverse ? search_rfind : search_find)(s.p + from, to - from, sub.p, sub.n);
    return at == SEARCH_NONE ? -1 : (int64_t)(from + at);
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
        raise_exc(vm, EXC_ValueError, "subsection not found");
    return i < 0 ? VALUE_ERROR : value_from_int48(i);
}

Value bytes_m_find(Vm *vm, Value self, const Args *args) { return find_result(vm, self, args, false); }
Value bytes_m_rfind(Vm *vm, Value self, const Args *args) { return find_result(vm, self, args, true); }
Value bytes_m_index(Vm *vm, Value self, const Args *args) { return index_result(vm, self, args, false); }
Value bytes_m_rindex(Vm *vm, Value self, const Args *args) { return index_result(vm, self, args, true); }

Value bytes_m_count(Vm *vm, Value self, const Args *args)
{
    Span s, sub;
    char room;
    size_t from, to;
    if (!needle_of(vm, args->v[0], &sub, &room))
        return VALUE_ERROR;
    int r = byte_range(vm, self, args->v[1], args->v[2], &s, &from, &to);
    if (r <= 0)
        return r ? VALUE_ERROR : value_from_int48(0);
    if (sub.n == 0)
        return value_from_int48((int64_t)(to - from) + 1);
    return value_from_int48((int64_t)search_count(s.p + from, to - from, sub.p, sub.n, SIZE_MAX));
}

/* ---- startswith, endswith ---- */

/* 0, 1, -1 exception. */
static int has_affix(Vm *vm, const char *p, size_t n, Value affix, bool at_end)
{
    Span a;
    if (!span_of(vm, affix, &a))
        return -1;
    return a.n <= n && (a.n == 0 || !memcmp(p + (at_end ? n - a.n : 0), a.p, a.n));
}

static Value match_affix(Vm *vm, Value self, const Args *args, bool at_end)
{
    Value what = args->v[0];
    Span s;
    size_t from, to;
    int in_range = byte_range(vm, self, args->v[1], args->v[2], &s, &from, &to), found;
    if (in_range < 0)
        return VALUE_ERROR;
    size_t n = in_range ? to - from : 0;
    if (!is_tuple(what)) {
        found = has_affix(vm, in_range ? s.p + from : "", n, what, at_end);
        if (found < 0 && exc_pending_is(vm, EXC_TypeError)) {
            exc_discard(vm);
            raise_exc(vm, EXC_TypeError, "%s first arg must be bytes or a tuple of bytes, not %T",
                  at_end ? "endswith" : "startswith", what);
        }
        return found < 0 ? VALUE_ERROR : value_from_bool(found && in_range);
    }
    for (size_t i = 0; i < as_tuple(what)->len; i++) {
        found = has_affix(vm, in_range ? s.p + from : "", n, as_tuple(what)->items[i], at_end);
        if (found < 0)
            return VALUE_ERROR;
        if (found && in_range)
            return VALUE_TRUE;
    }
    return VALUE_FALSE;
}

Value bytes_m_startswith(Vm *vm, Value self, const Args *args) { return match_affix(vm, self, args, false); }
Value bytes_m_endswith(Vm *vm, Value self, const Args *args) { return match_affix(vm, self, args, true); }

static Value remove_affix(Vm *vm, Value self, Value affix, bool at_end)
{
    Span a;
    if (!span_of(vm, affix, &a))
        return VALUE_ERROR;
    Span s = bytes_span(self);
    size_t cut = a.n <= s.n && !memcmp(s.p + (at_end ? s.n - a.n : 0), a.p, a.n) ? a.n : 0;
    return bytes_part(vm, self, at_end ? 0 : cut, at_end ? s.n - cut : s.n);
}

Value bytes_m_removeprefix(Vm *vm, Value self, const Args *args)
{
    return remove_affix(vm, self, args->v[0], false);
}
Value bytes_m_removesuffix(Vm *vm, Value self, const Args *args)
{
    return remove_affix(vm, self, args->v[0], true);
}

/* ---- replace ---- */
static Value replace_alloc(Vm *vm, Value self, size_t len, size_t n, size_t old_len, size_t new_len,
                           char **to)
{
    size_t grown, total;
    if (!size_mul(n, new_len, &grown) || !size_add(len - n * old_len, grown, &total))
        return raise_no_memory(vm);
    return bytes_alloc_like(vm, self, total, to);
}

static Value interleave(Vm *vm, Value self, Span s, Span with, uint64_t max)
{
    size_t n = max < (uint64_t)s.n + 1 ? (size_t)max : s.n + 1;
    char *to;
    if (with.n == 0)
        return bytes_part(vm, self, 0, s.n);
    Value r = replace_alloc(vm, self, s.n, n, 0, with.n, &to);
    if (value_is_empty(r))
        return r;
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        memcpy(to, with.p, with.n);
        to += with.n;
        if (at < s.n)
            *to++ = s.p[at++];
    }
    memcpy(to, s.p + at, s.n - at);
    return r;
}

static Value replace_all(Vm *vm, Value self, Span s, Span old, Span with, uint64_t max)
{
    size_t n = search_count(s.p, s.n, old.p, old.n, max > SIZE_MAX ? SIZE_MAX : (size_t)max), from = 0;
    char *to;
    if (n == 0)
        return bytes_part(vm, self, 0, s.n);
    Value r = replace_alloc(vm, self, s.n, n, old.n, with.n, &to);
    if (value_is_empty(r) || !to)
        return r;
    Search search;
    search_init(&search, old.p, old.n, false);
    while (n-- > 0) {
        size_t at = search_next(&search, s.p, s.n, from);
        memcpy(to, s.p + from, at - from);
        to += at - from;
        if (with.n)
            memcpy(to, with.p, with.n);
        to += with.n;
        from = at + old.n;
    }
    memcpy(to, s.p + from, s.n - from);
    return r;
}

Value bytes_m_replace(Vm *vm, Value self, const Args *args)
{
    Span s, old, with;
    int64_t count;
    if (!span_of(vm, args->v[0], &old) || !span_of(vm, args->v[1], &with))
        return VALUE_ERROR;
    Value n = op_index(vm, args->v[2]);
    if (value_is_empty(n) || !arg_ssize(vm, n, &count) ||
        !span_of(vm, args->v[0], &old) || !span_of(vm, args->v[1], &with))      /* the count's __index__ may change them */
        return VALUE_ERROR;
    uint64_t max = count < 0 ? UINT64_MAX : (uint64_t)count;
    s = bytes_span(self);
    if (max == 0 || old.n > s.n)
        return bytes_part(vm, self, 0, s.n);
    return old.n ? replace_all(vm, self, s, old, with, max) : interleave(vm, self, s, with, max);
}
