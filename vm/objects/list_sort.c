/* SPDX-License-Identifier: MIT
 * list.sort(): a stable merge sort that takes ordered runs as they come (merged in the order of powersort, Munro and
 * Wild 2018) and gallops where one run wins for long. What is later in the list is always the left operand of <.
 *
 * While it runs the list is empty, its buffer held by the sort alone: whatever the comparisons do to the list is
 * noticed in the end and overwritten. Every step that can raise leaves all items in place, in some order. The code
 * is instantiated for each way to compare; the functions are therefore inlined into sort_by(). */
#include "vm/code.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

#define INLINE static inline __attribute__((always_inline))
#define RUNS_MAX 80
#define GALLOP_FIRST 7

typedef struct Run {
    size_t start, len;
    int power;
} Run;

typedef struct Sort Sort;
/* 1, 0, or -1: an exception is pending. */
typedef int (*LessFn)(Sort *s, Value a, Value b);

struct Sort {
    Vm *vm;
    LessFn less;                /* for what is no inner loop */
    Value *keys, *values;       /* values: NULL when the keys are the items */
    size_t n;
    Values *key_buf, *value_buf, *tmp;          /* what holds them: cells that must stay alive */
    Value *tmp_keys, *tmp_values;
    size_t tmp_cap, gallop;
    Run runs[RUNS_MAX];
    size_t nruns;
};

/* The callbacks may have let the collector run: tell it that the buffers go on changing. */
static void touch_buffers(Sort *s)
{
    heap_touch(s->vm, s->key_buf);
    if (s->value_buf)
        heap_touch(s->vm, s->value_buf);
    if (s->tmp)
        heap_touch(s->vm, s->tmp);
}

/* ---- moving items with their keys ---- */
INLINE void move_within(Sort *s, size_t to, size_t from, size_t n)
{
    memmove(s->keys + to, s->keys + from, n * sizeof(Value));
    if (s->values)
        memmove(s->values + to, s->values + from, n * sizeof(Value));
}

INLINE void move_to_tmp(Sort *s, size_t from, size_t n)
{
    memcpy(s->tmp_keys, s->keys + from, n * sizeof(Value));
    if (s->values)
        memcpy(s->tmp_values, s->values + from, n * sizeof(Value));
}

INLINE void move_from_tmp(Sort *s, size_t to, size_t from, size_t n)
{
    memcpy(s->keys + to, s->tmp_keys + from, n * sizeof(Value));
    if (s->values)
        memcpy(s->values + to, s->tmp_values + from, n * sizeof(Value));
}

static void reverse_values(Value *v, size_t n)
{
    for (size_t i = 0; i + 1 < n; i++) {
        Value x = v[i];
        v[i] = v[--n];
        v[n] = x;
    }
}

static void reverse_run(Sort *s, size_t start, size_t n)
{
    reverse_values(s->keys + start, n);
    if (s->values)
        reverse_values(s->values + start, n);
}

static bool reserve_tmp(Sort *s, size_t n)
{
    if (n <= s->tmp_cap)
        return true;
    size_t cap = n < 64 ? 64 : n;
    Values *t = values_new(s->vm, s->values ? 2 * cap : cap);
    if (!t)
        return false;
    s->tmp = t;
    s->tmp_keys = t->items;
    s->tmp_values = t->items + (s->values ? cap : 0);
    s->tmp_cap = cap;
    return true;
}

/* ---- runs ---- */
/* How far from i on each item is not smaller than the one before; 0: exception pending. */
INLINE size_t ascend(Sort *s, size_t i, LessFn less)
{
    for (; i < s->n; i++) {
        int r = less(s, s->keys[i], s->keys[i - 1]);
        if (r)
            return r < 0 ? 0 : i;
    }
    return i;
}

/* How far a run descends whose items up to i do. Equal items, which must keep their order, are turned around,
 * for the whole run will be. 0: exception pending. */
INLINE size_t descend(Sort *s, size_t i, LessFn less)
{
    size_t equal = 0;
    for (; i < s->n; i++) {
        int smaller = less(s, s->keys[i], s->keys[i - 1]);
        int larger = smaller ? 0 : less(s, s->keys[i - 1], s->keys[i]);
        if (smaller < 0 || larger < 0)
            return 0;
        if (!smaller && !larger) {
            equal++;
            continue;
        }
        if (equal)
            reverse_run(s, i - 1 - equal, equal + 1);
        equal = 0;
        if (larger)
            break;
    }
    if (equal)
        reverse_run(s, i - 1 - equal, equal + 1);
    return i;
}

/* The length of the run that starts at `start`, made ascending; 0: exception pending. */
INLINE size_t find_run(Sort *s, size_t start, LessFn less)
{
    size_t i = ascend(s, start + 1, less);
    if (!i || i == s->n)
        return i ? i - start : 0;
    if (i - start > 1) {
        int rises = less(s, s->keys[start], s->keys[i - 1]);
        if (rises)
            return rises < 0 ? 0 : i - start;
        reverse_run(s, start, i - start);       /* all equal, and what comes is smaller */
    }
    i = descend(s, i + 1, less);
    if (!i)
        return 0;
    reverse_run(s, start, i - start);
    i = ascend(s, i, less);
    return i ? i - start : 0;
}

/* Items from `sorted` to `end` go to their places among those from `start`. */
INLINE bool insert_sorted(Sort *s, size_t start, size_t sorted, size_t end, LessFn less)
{
    for (size_t i = sorted; i < end; i++) {
        Value key = s->keys[i];
        size_t lo = start, hi = i;
        while (lo < hi) {
            size_t mid = lo + (hi - lo) / 2;
            int r = less(s, key, s->keys[mid]);
            if (r < 0)
                return false;
            if (r)
                hi = mid;
            else
                lo = mid + 1;
        }
        Value value = s->values ? s->values[i] : VALUE_EMPTY;
        move_within(s, lo + 1, lo, i - lo);
        s->keys[lo] = key;
        if (s->values)
            s->values[lo] = value;
    }
    return true;
}

/* How many of the n keys at a come before `key`; equal ones do if `after`. Searched from the end if from_end.
 * -1: exception pending. */
static NOINLINE int64_t gallop(Sort *s, Value key, const Value *a, size_t n, bool after, bool from_end)
{
    size_t lo = 0, hi = n;
#define BEFORE(i) (after ? (r = s->less(s, key, a[i])) < 0 ? r : !r : s->less(s, a[i], key))
    int r;
    for (size_t d = 1; lo < hi && d <= n; d *= 2) {
        size_t at = from_end ? n - d : d - 1;
        int before = BEFORE(at);
        if (before < 0)
            return -1;
        if (before)
            lo = at + 1;
        else
            hi = at;
        if (before == from_end)
            break;
    }
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int before = BEFORE(mid);
        if (before < 0)
            return -1;
        if (before)
            lo = mid + 1;
        else
            hi = mid;
    }
#undef BEFORE
    return (int64_t)lo;
}

/* ---- merging ---- */
/* Which item of two runs comes next is asked one by one, until one run wins s->gallop times in a row; then galloping
 * counts how many of each come in one go, for as long as that pays. Both ends are known: the first of b comes before
 * all of a, the last of a behind all of b. A merge is over, then, when one of a or none of b is left. */

/* Runs a and b are neighbours, a the shorter: a waits in tmp, the result grows from the left. */
INLINE bool merge_low(Sort *s, size_t start, size_t na, size_t nb, LessFn less)
{
    size_t i = 0, j = start + na, to = start, end = start + na + nb, won_a, won_b;
    int64_t k = 0;
#define OPEN (na - i > 1 && j < end)
#define TAKE_A(n) (move_from_tmp(s, to, i, n), i += (n), to += (n))
#define TAKE_B(n) (move_within(s, to, j, n), j += (n), to += (n))
    move_to_tmp(s, start, na);
    TAKE_B(1);
    while (OPEN) {
        size_t wins = 0;
        for (int winner = -1; OPEN && wins < s->gallop;) {
            int r = less(s, s->keys[j], s->tmp_keys[i]);
            if (r < 0)
                goto failed;
            wins = r == winner ? wins + 1 : 1;
            winner = r;
            if (r)
                TAKE_B(1);
            else
                TAKE_A(1);
        }
        if (!OPEN)
            break;
        s->gallop++;
        do {
            s->gallop -= s->gallop > 1;
            k = gallop(s, s->keys[j], s->tmp_keys + i, na - i, true, false);
            if (k < 0)
                goto failed;
            won_a = (size_t)k;
            TAKE_A(won_a);
            if (!OPEN)
                break;
            TAKE_B(1);
            if (!OPEN)
                break;
            k = gallop(s, s->tmp_keys[i], s->keys + j, end - j, false, false);
            if (k < 0)
                goto failed;
            won_b = (size_t)k;
            TAKE_B(won_b);
            if (!OPEN)
                break;
            TAKE_A(1);
        } while (OPEN && (won_a >= GALLOP_FIRST || won_b >= GALLOP_FIRST));
        if (OPEN)
            s->gallop++;
    }
    move_within(s, to, j, end - j);
    to += end - j;
failed:
    move_from_tmp(s, to, i, na - i);
    return k >= 0 && !vm_pending(s->vm);
#undef OPEN
#undef TAKE_A
#undef TAKE_B
}

/* The same with b in tmp, from the right: it is over when one of b or none of a is left. */
INLINE bool merge_high(Sort *s, size_t start, size_t na, size_t nb, LessFn less)
{
    size_t won_a, won_b;                /* the result's place is start + na + nb */
    int64_t k = 0;
#define OPEN (nb > 1 && na)
#define TAKE_A(n) (na -= (n), move_within(s, start + na + nb, start + na, n))
#define TAKE_B(n) (nb -= (n), move_from_tmp(s, start + na + nb, nb, n))
    move_to_tmp(s, start + na, nb);
    TAKE_A(1);
    while (OPEN) {
        size_t wins = 0;
        for (int winner = -1; OPEN && wins < s->gallop;) {
            int r = less(s, s->tmp_keys[nb - 1], s->keys[start + na - 1]);
            if (r < 0)
                goto failed;
            wins = r == winner ? wins + 1 : 1;
            winner = r;
            if (r)
                TAKE_A(1);
            else
                TAKE_B(1);
        }
        if (!OPEN)
            break;
        s->gallop++;
        do {
            s->gallop -= s->gallop > 1;
            k = gallop(s, s->tmp_keys[nb - 1], s->keys + start, na, true, true);
            if (k < 0)
                goto failed;
            won_a = na - (size_t)k;
            TAKE_A(won_a);
            if (!OPEN)
                break;
            TAKE_B(1);
            if (!OPEN)
                break;
            k = gallop(s, s->keys[start + na - 1], s->tmp_keys, nb, false, true);
            if (k < 0)
                goto failed;
            won_b = nb - (size_t)k;
            TAKE_B(won_b);
            if (!OPEN)
                break;
            TAKE_A(1);
        } while (OPEN && (won_a >= GALLOP_FIRST || won_b >= GALLOP_FIRST));
        if (OPEN)
            s->gallop++;
    }
    move_within(s, start + nb, start, na);
    na = 0;
failed:
    move_from_tmp(s, start + na, 0, nb);
    return k >= 0 && !vm_pending(s->vm);
#undef OPEN
#undef TAKE_A
#undef TAKE_B
}

/* Run i and the one behind it become one. What is in place already at either end stays out of it. */
INLINE bool merge_at(Sort *s, size_t i, LessFn less)
{
    Run *a = &s->runs[i], *b = a + 1;
    size_t start = a->start, na = a->len, nb = b->len;
    a->len += nb;
    s->nruns--;
    if (i + 1 < s->nruns)
        *b = b[1];
    int64_t k = gallop(s, s->keys[start + na], s->keys + start, na, true, false);
    if (k < 0)
        return false;
    start += (size_t)k;
    na -= (size_t)k;
    if (!na)
        return true;
    k = gallop(s, s->keys[start + na - 1], s->keys + start + na, nb, false, true);
    if (k <= 0)
        return k == 0;
    nb = (size_t)k;
    if (!reserve_tmp(s, na < nb ? na : nb))
        return false;
    return na <= nb ? merge_low(s, start, na, nb, less) : merge_high(s, start, na, nb, less);
}

/* At which depth of the perfectly balanced tree of merges the border between run a and a new one of n items lies. */
static int border_power(const Run *a, size_t n, size_t total)
{
    size_t x = 2 * a->start + a->len, y = x + a->len + n;
    int power = 1;
    for (;; power++) {
        if (x >= total) {
            x -= total;
            y -= total;
        } else if (y >= total) {
            return power;
        }
        x *= 2;
        y *= 2;
    }
}

/* Shorter runs are filled up to this: n / 2**k rounded up, between 32 and 64. */
static size_t run_min(size_t n)
{
    size_t odd = 0;
    for (; n >= 64; n /= 2)
        odd |= n & 1;
    return n + odd;
}

/* The next run says which of those before it are merged first. At the end all that are left are, the shorter neighbour of
 * the middle one first. */
INLINE bool sort_by(Sort *s, LessFn less)
{
    size_t min = run_min(s->n), len = 0;
    for (size_t at = 0;; at += len) {
        bool end = at == s->n;
        int power = 0;
        if (!end) {
            len = find_run(s, at, less);
            if (!len)
                return false;
            if (len < min) {
                size_t want = s->n - at < min ? s->n - at : min;
                if (!insert_sorted(s, at, at + len, at + want, less))
                    return false;
                len = want;
            }
            if (s->nruns)
                power = border_power(&s->runs[s->nruns - 1], len, s->n);
        }
        while (s->nruns > 1 && (end || s->runs[s->nruns - 2].power > power)) {
            size_t i = s->nruns - 2;
            if (!merge_at(s, end && i && s->runs[i - 1].len < s->runs[i + 1].len ? i - 1 : i, less))
                return false;
        }
        if (end)
            return true;
        if (s->nruns)
            s->runs[s->nruns - 1].power = power;
        s->runs[s->nruns++] = (Run){ at, len, 0 };
    }
}

/* ---- ways to compare ---- */
static inline int less_int(Sort *s, Value a, Value b)
{
    (void)s;
    return (int64_t)(a.bits << 16) < (int64_t)(b.bits << 16);
}

static inline int less_double(Sort *s, Value a, Value b)
{
    (void)s;
    return value_double(a) < value_double(b);
}

/* The first eight bytes as a number that compares as they do, zeros behind the end: a string's cell and a buffer are that
 * long at least. */
static inline uint64_t str_prefix(const Str *s)
{
    const unsigned char *p = (const unsigned char *)str_data(s);
    uint64_t w;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(&w, p, sizeof w);
    w = __builtin_bswap64(w);
#else
    w = 0;
    for (unsigned i = 0; i < 8; i++)
        w = w << 8 | p[i];
#endif
    return s->len >= 8 ? w : s->len ? w & ~UINT64_C(0) << (64 - 8 * s->len) : 0;
}

static inline int less_str(Sort *s, Value a, Value b)
{
    (void)s;
    uint64_t x = str_prefix(as_str(a)), y = str_prefix(as_str(b));
    return x != y ? x < y : str_compare(as_str(a), as_str(b)) < 0;
}

static int less_tuple(Sort *s, Value a, Value b)
{
    Tuple *x = as_tuple(a), *y = as_tuple(b);
    size_t i = 0;
    for (; i < x->len && i < y->len; i++) {     /* as far as nothing has to be called */
        Value p = x->items[i], q = y->items[i];
        if (value_same(p, q))
            continue;
        if (value_both_int48(p, q))
            return less_int(s, p, q);
        if (value_is_double(p) && value_is_double(q)) {
            if (value_double(p) != value_double(q))
                return less_double(s, p, q);
            continue;
        }
        if (!is_exact(p, SHAPE_STR_ID) || !is_exact(q, SHAPE_STR_ID))
            break;
        int c = str_compare(as_str(p), as_str(q));
        if (c)
            return c < 0;
    }
    Value v = values_compare(s->vm, COMPARE_LT, x->items + i, x->len - i, y->items + i, y->len - i);
    int r = value_is_empty(v) ? -1 : value_is_bool(v) ? value_is_true(v) : op_truth(s->vm, v);
    touch_buffers(s);
    return r;
}

static int less_any(Sort *s, Value a, Value b)
{
    int r = op_compare_bool(s->vm, COMPARE_LT, a, b);
    touch_buffers(s);
    return r;
}

/* Those that are no two instructions: one copy of the sort is enough for them. */
static inline int less_called(Sort *s, Value a, Value b)
{
    return s->less(s, a, b);
}

static NOINLINE bool sort_ints(Sort *s) { return sort_by(s, less_int); }
static NOINLINE bool sort_doubles(Sort *s) { return sort_by(s, less_double); }
static NOINLINE bool sort_strs(Sort *s) { return sort_by(s, less_str); }
static NOINLINE bool sort_called(Sort *s) { return sort_by(s, less_called); }

static bool sort_keys(Sort *s)
{
    bool ints = true, doubles = true, strs = true, tuples = true;
    for (size_t i = 0; i < s->n; i++) {
        Value k = s->keys[i];
        ints = ints && value_is_int48(k);
        doubles = doubles && value_is_double(k);
        strs = strs && is_exact(k, SHAPE_STR_ID);
        tuples = tuples && is_exact(k, SHAPE_TUPLE_ID);
        if (!ints && !doubles && !strs && !tuples)
            break;
    }
    s->less = ints ? less_int : doubles ? less_double : strs ? less_str : tuples ? less_tuple : less_any;
    return ints ? sort_ints(s) : doubles ? sort_doubles(s) : strs ? sort_strs(s) : sort_called(s);
}

/* ---- the list ---- */
static Values *make_keys(Vm *vm, const Value *items, size_t n, Value key)
{
    Values *keys = values_new(vm, n);
    for (size_t i = 0; keys && i < n; i++) {
        Value k = op_call1(vm, key, items[i]);
        if (value_is_empty(k) || !vm_checkpoint(vm))
            return NULL;
        heap_set_item(vm, keys, &keys->items[i], k);
    }
    return keys;
}

static bool sort_detached(Vm *vm, Values *buf, size_t n, Value key, bool reverse)
{
    Sort s = { .vm = vm, .n = n, .gallop = GALLOP_FIRST, .key_buf = buf, .keys = buf->items };
    if (!value_is_none(key)) {
        Values *keys = make_keys(vm, buf->items, n, key);
        if (!keys)
            return false;
        s.values = buf->items;
        s.value_buf = buf;
        s.key_buf = keys;
        s.keys = keys->items;
    }
    if (reverse)                        /* before and after: equal items keep their order */
        reverse_run(&s, 0, n);
    touch_buffers(&s);                  /* key() may have let the collector run, too */
    bool ok = sort_keys(&s);
    if (reverse)
        reverse_values(buf->items, n);
    return ok;
}

bool list_sort(Vm *vm, List *l, Value key, bool reverse)
{
    Values *buf = l->buf;
    size_t n = l->len;
    if (n == 0 || (n == 1 && value_is_none(key)))
        return true;
    l->len = 0;
    heap_set_ptr(vm, l, &l->buf, NULL);
    bool ok = sort_detached(vm, buf, n, key, reverse);
    if (ok && (l->buf || l->len)) {
        raise_exc(vm, EXC_ValueError, "list modified during sort");
        ok = false;
    }
    l->len = n;
    heap_set_ptr(vm, l, &l->buf, buf);
    heap_touch(vm, buf);
    return ok;
}
