/* SPDX-License-Identifier: MIT
 * What lists, tuples and slices share: comparison, hash, repr, search. */
#include "vm/objects/seq.h"

#include "vm/buf.h"
#include "vm/code.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

static inline bool surely_unequal(Value a, Value b)
{
    return value_both_int48(a, b);
}

static inline int items_equal(Vm *vm, Value a, Value b)
{
    return value_same(a, b) ? 1 : surely_unequal(a, b) ? 0
         : is_exact(a, SHAPE_STR_ID) && is_exact(b, SHAPE_STR_ID) ? str_equal(as_str(a), as_str(b)) : op_equal(vm, a, b);
}

static Value compare_sizes(unsigned cmp, size_t a, size_t b)
{
    switch (cmp) {
    case COMPARE_LT: return value_from_bool(a < b);
    case COMPARE_LE: return value_from_bool(a <= b);
    case COMPARE_EQ: return value_from_bool(a == b);
    case COMPARE_NE: return value_from_bool(a != b);
    case COMPARE_GT: return value_from_bool(a > b);
    default: return value_from_bool(a >= b);
    }
}

static Value compare_differing(Vm *vm, unsigned cmp, Value a, Value b)
{
    if (cmp == COMPARE_EQ || cmp == COMPARE_NE)
        return value_from_bool(cmp == COMPARE_NE);
    return op_compare(vm, cmp, a, b);
}

Value values_compare(Vm *vm, unsigned cmp, const Value *a, size_t na, const Value *b, size_t nb)
{
    for (size_t i = 0; i < na && i < nb; i++) {
        int same = items_equal(vm, a[i], b[i]);
        if (same < 0)
            return VALUE_ERROR;
        if (!same)
            return compare_differing(vm, cmp, a[i], b[i]);
    }
    return compare_sizes(cmp, na, nb);
}

int tuple_equal(Vm *vm, const Tuple *a, const Tuple *b)
{
    size_t i = 0;
    while (i < a->len && i < b->len && value_same(a->items[i], b->items[i]))
        i++;
    if (i == a->len && i == b->len)
        return 1;
    if (i < a->len && i < b->len && surely_unequal(a->items[i], b->items[i]))
        return 0;
    if (!vm_stack_ok_first(vm, " in comparison"))
        return -1;
    Value r = values_compare(vm, COMPARE_EQ, a->items + i, a->len - i, b->items + i, b->len - i);
    return value_is_empty(r) ? -1 : value_is_true(r);
}

Value list_compare(Vm *vm, unsigned cmp, List *a, List *b)
{
    if (a->len != b->len && (cmp == COMPARE_EQ || cmp == COMPARE_NE))
        return value_from_bool(cmp == COMPARE_NE);
    for (size_t i = 0; i < a->len && i < b->len; i++) {
        Value x = a->buf->items[i], y = b->buf->items[i];
        int same = items_equal(vm, x, y);
        if (same < 0)
            return VALUE_ERROR;
        if (!same && i < a->len && i < b->len)         /* the comparison may have changed the lists */
            return compare_differing(vm, cmp, a->buf->items[i], b->buf->items[i]);
        if (!same)
            break;
    }
    return compare_sizes(cmp, a->len, b->len);
}

/* ---- hash: xxHash's rounds, as CPython combines them ---- */
#define PRIME_1 UINT64_C(11400714785074694791)
#define PRIME_2 UINT64_C(14029467366897019727)
#define PRIME_5 UINT64_C(2870177450012600261)

static bool hash_rounds(Vm *vm, const Value *items, size_t n, uint64_t *acc)
{
    *acc = PRIME_5;
    for (size_t i = 0; i < n; i++) {
        int64_t lane;
        if (value_is_int48(items[i]))
            lane = items[i].bits == value_from_int48(-1).bits ? -2 : value_int48(items[i]);
        else if (!op_hash(vm, items[i], &lane))
            return false;
        *acc += (uint64_t)lane * PRIME_2;
        *acc = *acc << 31 | *acc >> 33;
        *acc *= PRIME_1;
    }
    return true;
}

bool values_hash(Vm *vm, const Value *items, size_t n, int64_t *hash)
{
    uint64_t acc;
    if (!hash_rounds(vm, items, n, &acc))
        return false;
    acc += n ^ (PRIME_5 ^ UINT64_C(3527539));
    *hash = acc == UINT64_MAX ? 1546275796 : (int64_t)acc;
    return true;
}

bool values_hash_slice(Vm *vm, const Value *items, int64_t *hash)
{
    uint64_t acc;
    if (!hash_rounds(vm, items, 3, &acc))
        return false;
    *hash = acc == UINT64_MAX ? 1546275796 : (int64_t)acc;
    return true;
}

/* ---- repr ---- */
static bool put_items(Vm *vm, Buf *b, Value seq)
{
    Value *items;
    size_t n;
    for (size_t i = 0; seq_items(seq, &items, &n) && i < n; i++) {
        if (i)
            buf_put(b, ", ", 2);
        Str *s = op_repr(vm, items[i]);
        if (!s || !vm_checkpoint(vm))
            return false;
        buf_put(b, str_data(s), s->len);
    }
    return true;
}

Value seq_repr(Vm *vm, Value seq)
{
    Value *items;
    size_t n;
    bool list = is_list(seq);
    if (!seq_items(seq, &items, &n) || !n)
        return value_from_obj(str_cstr(vm, list ? "[]" : "()"));
    int in = op_repr_enter(vm, seq);
    if (in)
        return in < 0 ? VALUE_ERROR : value_from_obj(str_cstr(vm, list ? "[...]" : "(...)"));
    Buf b;
    buf_init(&b, &vm->alloc);
    buf_putc(&b, list ? '[' : '(');
    bool ok = put_items(vm, &b, seq);
    op_repr_leave(vm, seq);
    if (!ok) {
        buf_free(&b);
        return VALUE_ERROR;
    }
    if (!list && n == 1)
        buf_putc(&b, ',');
    buf_putc(&b, list ? ']' : ')');
    return value_from_obj(str_from_buf(vm, &b));
}

/* ---- search ---- */
int64_t seq_find(Vm *vm, Value seq, Value v, int64_t start, int64_t stop)
{
    Value *items;
    size_t n;
    for (int64_t i = start; i < stop && seq_items(seq, &items, &n) && (size_t)i < n; i++) {
        int same = items_equal(vm, items[i], v);
        if (same)
            return same < 0 ? -2 : i;
        if ((i & 1023) == 1023 && !vm_checkpoint(vm))
            return -2;
    }
    return -1;
}

int64_t seq_count(Vm *vm, Value seq, Value v)
{
    Value *items;
    size_t n;
    int64_t count = 0;
    for (size_t i = 0; seq_items(seq, &items, &n) && i < n; i++) {
        int same = items_equal(vm, items[i], v);
        if (same < 0 || ((i & 1023) == 1023 && !vm_checkpoint(vm)))
            return -1;
        count += same;
    }
    return count;
}

static bool index_bound(Vm *vm, Value v, int64_t len, int64_t *out)
{
    if (!is_int(v) && value_is_empty(type_special(type_of(vm, v), SPECIAL_INDEX))) {
        raise_exc(vm, EXC_TypeError, "slice indices must be integers or have an __index__ method");
        return false;
    }
    if (!op_index_clamped(vm, v, out))
        return false;
    if (*out < 0)
        *out = *out + len < 0 ? 0 : *out + len;
    return true;
}

int64_t seq_find_between(Vm *vm, Value seq, const Args *args)
{
    int64_t start = 0, stop = INT64_MAX;
    Value *items;
    size_t n;
    if (!seq_items(seq, &items, &n))
        return -1;
    if (args->given > 1 && !index_bound(vm, args->v[1], (int64_t)n, &start))
        return -2;
    if (args->given > 2 && !index_bound(vm, args->v[2], (int64_t)n, &stop))
        return -2;
    return seq_find(vm, seq, args->v[0], start, stop);
}

/* ---- indexes ---- */
bool seq_is_index(Vm *vm, Value key)
{
    return is_int(key) || !value_is_empty(type_special(type_of(vm, key), SPECIAL_INDEX));
}

bool seq_index(Vm *vm, Value key, const size_t *len, const char *message, size_t *out)
{
    int64_t i;
    if (value_is_int48(key))
        i = value_int48(key);
    else if (!seq_long_index(vm, key, &i))
        return false;
    if (i < 0)
        i += (int64_t)*len;
    if ((uint64_t)i >= *len) {
        raise_exc(vm, EXC_IndexError, "%s", message);
        return false;
    }
    *out = (size_t)i;
    return true;
}

bool seq_long_index(Vm *vm, Value key, int64_t *out)
{
    Value i = op_index(vm, key);
    if (value_is_empty(i))
        return false;
    if (int_to_i64(i, out))
        return true;
    raise_exc(vm, EXC_IndexError, "cannot fit '%T' into an index-sized integer", key);
    return false;
}

bool seq_readonly(Vm *vm, Value self, Value v)
{
    (void)self, (void)v;
    raise_exc(vm, EXC_AttributeError, "readonly attribute");
    return false;
}

bool seq_exact_items(Value seq, Value **items, size_t *n)
{
    return (is_exact(seq, SHAPE_LIST_ID) || is_exact(seq, SHAPE_TUPLE_ID)) && seq_items(seq, items, n);
}

bool seq_repeat_count(Vm *vm, Value times, int64_t *out)
{
    Value i = op_index(vm, times);
    if (value_is_empty(i))
        return false;
    if (!int_to_i64(i, out))
        raise_exc(vm, EXC_OverflowError, "cannot fit '%T' into an index-sized integer", times);
    return !vm_pending(vm);
}
