/* SPDX-License-Identifier: MIT
 * memoryview: a window on the bytes of bytes or a bytearray, as items of a native format (memoryview_items.c) in one
 * or more dimensions.
 *
 * A view of a bytearray counts in its `exports`, which forbids resizing, until it is released or
 * collected; so the pointer into its buffer stays right. Views of views refer to the same base. */
#include "vm/objects/memoryview.h"

#include "vm/code.h"
#include "vm/iter.h"
#include "vm/objects/text_codec.h"

static MemoryView *as_view(Value v) { return (MemoryView *)value_obj(v); }

static void view_trace(Marker *m, Obj *o)
{
    mark_values(m, &((MemoryView *)o)->base, 3);
    if (((MemoryView *)o)->inner_shape)
        mark_value(m, value_from_obj(((MemoryView *)o)->inner_shape));
}

/* Where a base counts its views; NULL: it does not. */
static uint32_t *exports_of(Vm *vm, Value base)
{
    LentBytes lent;
    if (is_bytearray(base))
        return &as_bytearray(base)->exports;
    return bytes_lent(vm, base, &lent) ? lent.exports : NULL;
}

/* The base is no further in its end than the view. */
static void view_drop(MemoryView *view)
{
    if (view->exports)
        --*view->exports;
    view->exports = NULL;
    view->base = VALUE_EMPTY;
}

static void view_finalize(Vm *vm, Obj *o)
{
    (void)vm;
    view_drop((MemoryView *)o);
}

/* What a script's __buffer__ lent is given back. */
static bool view_wants_last_word(Vm *vm, Obj *o)
{
    (void)vm;
    return !value_is_empty(((MemoryView *)o)->lender);
}

static Value give_back(Vm *vm, MemoryView *v)
{
    Value lender = v->lender, lent = v->lent;
    view_drop(v);
    v->lender = v->lent = VALUE_EMPTY;
    if (value_is_empty(lender) || --as_view(lent)->holders)
        return VALUE_NONE;
    return bytes_give_back(vm, lender, lent) ? VALUE_NONE : VALUE_ERROR;
}

static void view_last_word(Vm *vm, Obj *o)
{
    Value lender = ((MemoryView *)o)->lender;
    if (!value_is_empty(give_back(vm, (MemoryView *)o)))
        return;
    Value exc = exc_take(vm);
    if (vm->hooks.unraisable && !value_is_empty(exc))
        vm->hooks.unraisable(vm, exc, NULL, lender);
}

static const TypeLayout view_layout = { .kind = KIND_EXT, .size = sizeof(MemoryView), .trace = view_trace,
                                        .finalize = view_finalize, .last_word = view_last_word,
                                        .wants_last_word = view_wants_last_word };

/* NULL: released, ValueError pending. */
static MemoryView *live(Vm *vm, Value self)
{
    MemoryView *v = as_view(self);
    if (!value_is_empty(v->base))
        return v;
    raise_exc(vm, EXC_ValueError, "operation forbidden on released memoryview object");
    return NULL;
}

/* The bytes that belong to one step in the first dimension. */
static int64_t row_size(const MemoryView *v) { return v->inner * v->itemsize; }

static bool is_contiguous(const MemoryView *v)
{
    return v->stride == row_size(v) || v->len == 1 || v->inner == 0;
}

static int64_t inner_len(const MemoryView *v, unsigned dim)
{
    return value_int48(v->inner_shape->items[dim]);
}

/* With the first index running fastest, no gap between the items. */
static bool is_f_contiguous(const MemoryView *v)
{
    int64_t size = v->itemsize, c_stride = row_size(v);
    if (v->ndim < 2)
        return is_contiguous(v);
    if (v->len > 1 && v->stride != size)
        return false;
    size *= v->len;
    for (unsigned i = 0; i + 1 < v->ndim; i++) {
        int64_t n = inner_len(v, i);
        c_stride /= n;
        if (n > 1 && c_stride != size)
            return false;
        size *= n;
    }
    return true;
}

static MemoryView *view_alloc(Vm *vm, Value base)
{
    MemoryView *v = (MemoryView *)object_alloc(vm, vm->types.memoryview);
    if (!v)
        return NULL;
    uint32_t *exports = exports_of(vm, base);
    if (exports && *exports == UINT32_MAX) {
        raise_no_memory(vm);
        return NULL;
    }
    if (exports)
        ++*exports;
    v->exports = exports;
    v->base = base;
    v->hash = -1;
    return v;
}

static void set_lender(MemoryView *v, Value lender, Value lent)
{
    if (!value_is_empty(v->lent))
        as_view(v->lent)->holders--;
    v->lender = lender;
    v->lent = lent;
    if (!value_is_empty(lent))
        as_view(lent)->holders++;
}

static MemoryView *view_copy(Vm *vm, const MemoryView *old)
{
    MemoryView *v = view_alloc(vm, old->base);
    if (!v)
        return NULL;
    v->inner_shape = old->inner_shape;
    v->data = old->data;
    v->len = old->len;
    v->stride = old->stride;
    v->inner = old->inner;
    v->itemsize = old->itemsize;
    v->ndim = old->ndim;
    v->format = old->format;
    v->native_mark = old->native_mark;
    v->readonly = old->readonly;
    set_lender(v, old->lender, old->lent);
    return v;
}

bool memoryview_is_readonly(Value self) { return as_view(self)->readonly; }

bool memoryview_view(Vm *vm, Value self, const char **data, size_t *len)
{
    MemoryView *v = live(vm, self);
    if (!v)
        return false;
    if (!is_contiguous(v)) {
        raise_exc(vm, EXC_BufferError, "memoryview: underlying buffer is not C-contiguous");
        return false;
    }
    *data = v->data;
    *len = (size_t)(v->len * row_size(v));
    return true;
}

/* An object of a script's class with __buffer__. */
static Value view_of_other(Vm *vm, Value o)
{
    if (!bytes_by_script(vm, o))
        return raise_exc(vm, EXC_TypeError, "memoryview: a bytes-like object is required, not '%T'", o);
    Value v = bytes_ask_view(vm, o, BUFFER_FULL_RO);
    MemoryView *old = value_is_empty(v) ? NULL : live(vm, v), *copy = old ? view_copy(vm, old) : NULL;
    if (!copy)
        return VALUE_ERROR;
    set_lender(copy, o, v);
    return value_from_obj(copy);
}

/* __buffer__(flags) of bytes, bytearrays and views: a view. */
Value bytes_m_buffer(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return op_call1(vm, value_from_obj(vm->types.memoryview), self);
}

static Value view_m_new(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Value o = args->v[0];
    if (is_memoryview(vm, o)) {
        MemoryView *old = live(vm, o);
        return old ? value_from_obj(view_copy(vm, old)) : VALUE_ERROR;
    }
    LentBytes lent;
    bool other = bytes_lent(vm, o, &lent), plain = other || is_bytes(o) || is_bytearray(o);
    if (!plain || (value_obj(o)->flags & OBJ_SUBCLASS && bytes_by_script(vm, o)))
        return view_of_other(vm, o);
    MemoryView *v = view_alloc(vm, o);
    if (!v)
        return VALUE_ERROR;
    if (other) {
        v->data = lent.data;
        v->len = (int64_t)(lent.len / lent.itemsize);
        v->stride = v->itemsize = (uint8_t)lent.itemsize;
        v->inner = v->ndim = 1;
        v->format = lent.format;
        v->readonly = lent.readonly;
        return value_from_obj(v);
    }
    Span s = bytes_span(o);
    v->data = (char *)(uintptr_t)s.p;
    v->len = (int64_t)s.n;
    v->stride = v->inner = v->itemsize = v->ndim = 1;
    v->format = 'B';
    v->readonly = is_bytes(o);
    return value_from_obj(v);
}

/* ---- items ---- */

/* A slice of it; *out is no object of its own. False: exception pending. */
static bool slice_view(Vm *vm, Value self, Slice *slice, MemoryView *out)
{
    SliceRange b;
    MemoryView *v;
    if (!slice_unpack(vm, slice, &b.start, &b.stop, &b.step) || !(v = live(vm, self)))
        return false;
    if (v->ndim == 0) {
        raise_type_error(vm, "invalid indexing of 0-dim memory");
        return false;
    }
    *out = *v;
    out->len = slice_adjust(v->len, &b.start, &b.stop, b.step);
    if (out->len > 0)
        out->data = v->data + b.start * v->stride;
    out->stride = (int64_t)((uint64_t)v->stride * (uint64_t)b.step);    /* one that overflows is never taken */
    return true;
}

/* An index into a dimension of that length (from 1). */
static bool dim_index(Vm *vm, Value key, int64_t len, unsigned dim, int64_t *i)
{
    Value n = op_index(vm, key);
    if (value_is_empty(n))
        return false;
    if (!int_to_i64(n, i)) {
        raise_exc(vm, EXC_IndexError, "cannot fit '%T' into an index-sized integer", key);
        return false;
    }
    if (*i < 0)
        *i += len;
    if (*i >= 0 && *i < len)
        return true;
    raise_exc(vm, EXC_IndexError, "index out of bounds on dimension %u", dim);
    return false;
}

static bool not_yet(Vm *vm, const char *what)
{
    raise_exc(vm, EXC_NotImplementedError, "%s", what);
    return false;
}

static bool all_indices(Vm *vm, const Tuple *t, bool slices)
{
    for (size_t i = 0; i < t->len; i++)
        if (!(slices ? is_slice(t->items[i]) : has_index(vm, t->items[i])))
            return false;
    return true;
}

/* m[i, j, …]: NULL, an exception is pending. Indices may call script, which may release the view. */
static char *tuple_item(Vm *vm, Value self, Tuple *t)
{
    MemoryView *v = as_view(self);
    int64_t first = 0, rest = 0, i;
    if (!all_indices(vm, t, false)) {
        if (t->len && (is_slice(t->items[0]) || has_index(vm, t->items[0])) && all_indices(vm, t, true))
            return not_yet(vm, "multi-dimensional slicing is not implemented") ? v->data : NULL;
        raise_type_error(vm, "memoryview: invalid slice key");
        return NULL;
    }
    if (t->len < v->ndim)
        return not_yet(vm, "sub-views are not implemented") ? v->data : NULL;
    if (t->len > v->ndim) {
        raise_exc(vm, EXC_TypeError, "cannot index %u-dimension view with %zu-element tuple", v->ndim, t->len);
        return NULL;
    }
    for (unsigned d = 0; d < t->len; d++) {
        if (!dim_index(vm, t->items[d], d ? inner_len(v, d - 1) : v->len, d + 1, &i) || !live(vm, self))
            return NULL;
        if (d == 0)
            first = i;
        else
            rest = rest * inner_len(v, d - 1) + i;
    }
    return view_item(v, first, rest);
}

/* The one item that a key means; NULL: exception pending. */
static char *key_item(Vm *vm, Value self, Value key, bool setting)
{
    MemoryView *v = as_view(self);
    int64_t i;
    if (v->ndim == 0) {
        if (is_tuple(key) && !as_tuple(key)->len)
            return v->data;
        raise_type_error(vm, "invalid indexing of 0-dim memory");
        return NULL;
    }
    if (is_tuple(key))
        return tuple_item(vm, self, as_tuple(key));
    if (!has_index(vm, key)) {
        raise_type_error(vm, "memoryview: invalid slice key");
        return NULL;
    }
    if (v->ndim > 1)
        return not_yet(vm, setting ? "sub-views are not implemented"
                                   : "multi-dimensional sub-views are not implemented") ? v->data : NULL;
    return dim_index(vm, key, v->len, 1, &i) && live(vm, self) ? view_item(v, i, 0) : NULL;
}

static Value view_m_getitem(Vm *vm, Value self, const Args *args)
{
    MemoryView part;
    Value key = args->v[0];
    if (!live(vm, self))
        return VALUE_ERROR;
    if (as_view(self)->ndim == 0 && value_same(key, VALUE_ELLIPSIS))
        return self;
    if (is_slice(key))
        return slice_view(vm, self, as_slice(key), &part) ? value_from_obj(view_copy(vm, &part)) : VALUE_ERROR;
    const char *p = key_item(vm, self, key, false);
    return p ? view_load(vm, as_view(self), p) : VALUE_ERROR;
}

static void copy_out(const MemoryView *v, char *to)
{
    size_t row = (size_t)row_size(v);
    if (v->stride == (int64_t)row) {
        memcpy(to, v->data, (size_t)v->len * row);
        return;
    }
    for (int64_t i = 0; i < v->len; i++, to += row)
        memcpy(to, v->data + i * v->stride, row);
}

/* What is assigned to a slice, as a view. */
static bool source_view(Vm *vm, Value o, MemoryView *out)
{
    if (is_memoryview(vm, o)) {
        MemoryView *v = live(vm, o);
        if (v)
            *out = *v;
        return v != NULL;
    }
    Span s;
    LentBytes lent;
    if (bytes_lent(vm, o, &lent)) {
        *out = (MemoryView){ .data = lent.data, .len = (int64_t)(lent.len / lent.itemsize), .stride = lent.itemsize,
                             .inner = 1, .itemsize = (uint8_t)lent.itemsize, .ndim = 1, .format = lent.format };
        return true;
    }
    if (!span_of(vm, o, &s))
        return false;
    *out = (MemoryView){ .data = (char *)(uintptr_t)s.p, .len = (int64_t)s.n, .stride = 1, .inner = 1,
                         .itemsize = 1, .ndim = 1, .format = 'B' };
    return true;
}

static bool set_slice(Vm *vm, Value self, Slice *slice, Value value)
{
    MemoryView to, from;
    Buf copy;
    if (as_view(self)->ndim > 1)
        return not_yet(vm, "memoryview slice assignments are currently restricted to ndim = 1");
    if (!source_view(vm, value, &from) || !slice_view(vm, self, slice, &to))
        return false;
    if (from.ndim != 1 || to.len != from.len || to.format != from.format) {
        raise_exc(vm, EXC_ValueError, "memoryview assignment: lvalue and rvalue have different structures");
        return false;
    }
    size_t size = (size_t)to.len * to.itemsize;
    if (size == 0)
        return true;
    buf_init(&copy, &vm->alloc);            /* the two may overlap */
    char *room = buf_reserve(&copy, size);
    if (room) {
        copy_out(&from, room);
        for (int64_t i = 0; i < to.len; i++)
            memcpy(to.data + i * to.stride, room + i * to.itemsize, to.itemsize);
    } else {
        raise_no_memory(vm);
    }
    buf_free(&copy);
    return room != NULL;
}

static Value view_m_setitem(Vm *vm, Value self, const Args *args)
{
    MemoryView *v = live(vm, self);
    uint64_t bits;
    if (!v)
        return VALUE_ERROR;
    if (v->readonly)
        return raise_type_error(vm, "cannot modify read-only memory");
    if (is_slice(args->v[0]))
        return set_slice(vm, self, as_slice(args->v[0]), args->v[1]) ? VALUE_NONE : VALUE_ERROR;
    char *p = v->ndim == 0 && value_same(args->v[0], VALUE_ELLIPSIS) ? v->data : key_item(vm, self, args->v[0], true);
    if (!p || !view_bits(vm, v, args->v[1], &bits) || !live(vm, self))
        return VALUE_ERROR;
    view_store(p, v->itemsize, bits);
    return VALUE_NONE;
}

static Value view_m_delitem(Vm *vm, Value self, const Args *args)
{
    (void)args;
    MemoryView *v = live(vm, self);
    if (!v)
        return VALUE_ERROR;
    return raise_type_error(vm, v->readonly ? "cannot modify read-only memory" : "cannot delete memory");
}

static Value view_m_len(Vm *vm, Value self, const Args *args)
{
    (void)args;
    MemoryView *v = live(vm, self);
    if (v && v->ndim == 0)
        return raise_type_error(vm, "0-dim memory has no length");
    return v ? int_new(vm, v->len) : VALUE_ERROR;
}

/* ---- to other types ---- */
static Value to_bytes(Vm *vm, const MemoryView *v)
{
    Bytes *b = bytes_new(vm, NULL, (size_t)(v->len * row_size(v)));
    if (b && b->len)
        copy_out(v, b->data);
    return value_from_obj(b);
}

/* The first index runs fastest. */
static Value to_bytes_by_columns(Vm *vm, const MemoryView *v)
{
    Bytes *b = bytes_new(vm, NULL, (size_t)(v->len * row_size(v)));
    int64_t at[MEMORYVIEW_MAX_DIMS] = { 0 }, total = v->len * v->inner;
    for (int64_t k = 0; b && k < total; k++) {
        int64_t rest = 0;
        for (unsigned d = 1; d < v->ndim; d++)
            rest = rest * inner_len(v, d - 1) + at[d];
        memcpy(b->data + k * v->itemsize, view_item(v, at[0], rest), v->itemsize);
        for (unsigned d = 0; d < v->ndim && ++at[d] == (d ? inner_len(v, d - 1) : v->len); d++)
            at[d] = 0;
    }
    return value_from_obj(b);
}

Value memoryview_bytes(Vm *vm, Value self)
{
    MemoryView *v = live(vm, self);
    return v ? to_bytes(vm, v) : VALUE_ERROR;
}

static Value view_m_tobytes(Vm *vm, Value self, const Args *args)
{
    MemoryView *v = live(vm, self);
    Value order = args->v[0];
    if (!v)
        return VALUE_ERROR;
    if (!value_is_none(order) && !is_str(order))
        return raise_exc(vm, EXC_TypeError, "tobytes() argument 'order' must be str or None, not %T", order);
    if (!value_is_none(order) && !(is_str(order) && as_str(order)->len == 1 &&
                                   strchr("CFA", *str_data(as_str(order)))))
        return raise_exc(vm, EXC_ValueError, "order must be 'C', 'F' or 'A'");
    char how = value_is_none(order) ? 'C' : *str_data(as_str(order));
    bool by_columns = how == 'F' || (how == 'A' && is_f_contiguous(v) && !is_contiguous(v));
    return by_columns && v->ndim > 1 ? to_bytes_by_columns(vm, v) : to_bytes(vm, v);
}

/* Lists in lists for dimension d and those behind it; the items of the last start at p. */
static Value nested_list(Vm *vm, const MemoryView *v, unsigned d, const char *p)
{
    if (d == v->ndim)
        return view_load(vm, v, p);
    int64_t n = d ? inner_len(v, d - 1) : v->len, step = d ? v->itemsize : v->stride;
    for (unsigned k = d; d && k + 1 < v->ndim; k++)
        step *= inner_len(v, k);
    List *l = list_new(vm, (size_t)n);
    for (int64_t i = 0; l && i < n; i++) {
        Value item = nested_list(vm, v, d + 1, p + i * step);
        if (value_is_empty(item) || !list_append(vm, l, item))
            return VALUE_ERROR;
    }
    return l ? value_from_obj(l) : VALUE_ERROR;
}

static Value view_m_tolist(Vm *vm, Value self, const Args *args)
{
    (void)args;
    MemoryView *v = live(vm, self);
    return v ? nested_list(vm, v, 0, v->data) : VALUE_ERROR;
}

static Value view_m_hex(Vm *vm, Value self, const Args *args)
{
    MemoryView *v = live(vm, self);
    Value b = v ? to_bytes(vm, v) : VALUE_ERROR;
    return value_is_empty(b) ? b : value_from_obj(bytes_hex(vm, bytes_span(b), args));
}

static Value view_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    bool released = value_is_empty(as_view(self)->base);
    return value_from_obj(str_printf(vm, "<%smemory at %p>", released ? "released " : "",
                                     (void *)as_view(self)));
}

static Value view_m_hash(Vm *vm, Value self, const Args *args)
{
    (void)args;
    MemoryView *v = as_view(self);
    if (v->hash == -1) {
        if (!live(vm, self))
            return VALUE_ERROR;
        if (!v->readonly)
            return raise_exc(vm, EXC_ValueError, "cannot hash writable memoryview object");
        if (!strchr("Bbc", v->format))
            return raise_exc(vm, EXC_ValueError,
                             "memoryview: hashing is restricted to formats 'B', 'b' or 'c'");
        if (!is_bytes(v->base))
            return raise_exc(vm, EXC_TypeError, "unhashable type: '%T'", v->base);
        Value b = to_bytes(vm, v);
        if (value_is_empty(b))
            return b;
        v->hash = bytes_hash_data(vm, as_bytes(b)->data, as_bytes(b)->len);
    }
    return value_from_int48(v->hash);
}

/* ---- comparison: item by item, as values ---- */
static int equal_views(Vm *vm, const MemoryView *a, const MemoryView *b)
{
    if (a->len != b->len || a->ndim != b->ndim)
        return 0;
    for (unsigned d = 0; d + 1 < a->ndim; d++)
        if (inner_len(a, d) != inner_len(b, d))
            return 0;
    if (a->format == b->format && a->format != 'f' && a->format != 'd' && a->format != 'e' && is_contiguous(a) &&
        is_contiguous(b))
        return a->len == 0 || !memcmp(a->data, b->data, (size_t)(a->len * row_size(a)));
    for (int64_t i = 0; i < a->len * a->inner; i++) {
        Value x = view_load(vm, a, view_item(a, i / a->inner, i % a->inner));
        Value y = value_is_empty(x) ? x : view_load(vm, b, view_item(b, i / a->inner, i % a->inner));
        if (value_is_empty(y))
            return -1;
        int same = op_compare_bool(vm, COMPARE_EQ, x, y);
        if (same <= 0)
            return same;
    }
    return 1;
}

static Value compare_equal(Vm *vm, Value self, Value other, bool negate)
{
    MemoryView from;
    MemoryView *v = as_view(self);
    if (value_same(self, other) && value_is_empty(v->base))
        return value_from_bool(!negate);
    if (!is_bytes_like(vm, other))
        return VALUE_NOT_IMPLEMENTED;
    if (value_is_empty(v->base) || (is_memoryview(vm, other) && value_is_empty(as_view(other)->base)))
        return value_from_bool(negate);
    if (!source_view(vm, other, &from))
        return VALUE_ERROR;
    int same = equal_views(vm, v, &from);
    return same < 0 ? VALUE_ERROR : value_from_bool(same != (int)negate);
}

static Value view_m_eq(Vm *vm, Value self, const Args *args)
{
    return compare_equal(vm, self, args->v[0], false);
}
static Value view_m_ne(Vm *vm, Value self, const Args *args)
{
    return compare_equal(vm, self, args->v[0], true);
}

/* ---- cast, release ---- */

/* The lengths that `shape` gives into r; they must make up all of its r->len items. */
static bool cast_shape(Vm *vm, Value shape, MemoryView *r)
{
    Value *dims;
    size_t n;
    int64_t d, total = 1;
    if (!seq_items(shape, &dims, &n))
        return false;
    Tuple *t = tuple_from(vm, dims, n);
    if (!t)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!is_int(t->items[i])) {
            raise_type_error(vm, "memoryview.cast(): elements of shape must be integers");
            return false;
        }
        if (!int_to_i64(t->items[i], &d)) {
            raise_exc(vm, EXC_OverflowError, "Python int too large to convert to C ssize_t");
            return false;
        }
        if (d <= 0 || __builtin_mul_overflow(total, d, &total)) {
            raise_exc(vm, EXC_ValueError, d <= 0 ? "memoryview.cast(): elements of shape must be integers > 0"
                                                 : "memoryview.cast(): product(shape) > SSIZE_MAX");
            return false;
        }
        t->items[i] = int_new(vm, d);
    }
    if (total != r->len) {
        raise_type_error(vm, "memoryview: product(shape) * itemsize != buffer size");
        return false;
    }
    r->ndim = (uint8_t)n;
    r->len = n && int_to_i64(t->items[0], &d) ? d : 1;
    r->inner = total / r->len;
    r->stride = r->inner * r->itemsize;
    r->inner_shape = n > 1 ? tuple_from(vm, t->items + 1, n - 1) : NULL;
    return n < 2 || r->inner_shape;
}

/* May it be cast to that shape (EMPTY: none was given) at all? */
static bool check_cast(Vm *vm, const MemoryView *v, Value shape)
{
    Value *dims;
    size_t n = 1;
    if (!is_contiguous(v))
        raise_type_error(vm, "memoryview: casts are restricted to C-contiguous views");
    else if ((!value_is_empty(shape) || v->ndim != 1) && v->len == 0)
        raise_type_error(vm, "memoryview: cannot cast view with zeros in shape or strides");
    else if (!value_is_empty(shape) && !seq_items(shape, &dims, &n))
        raise_type_error(vm, "shape must be a list or a tuple");
    else if (n > MEMORYVIEW_MAX_DIMS)
        raise_exc(vm, EXC_ValueError, "memoryview: number of dimensions must not exceed 64");
    else if (v->ndim != 1 && n != 1)
        raise_type_error(vm, "memoryview: cast must be 1D -> ND or ND -> 1D");
    return !vm_pending(vm);
}

static Value view_m_cast(Vm *vm, Value self, const Args *args)
{
    MemoryView *v = live(vm, self);
    Str *format = as_str(args->v[0]);
    if (!v || !check_cast(vm, v, args->v[1]))
        return VALUE_ERROR;
    if (!str_is_ascii(format))
        return value_from_obj(text_encode(vm, format, str_cstr(vm, "ascii"), NULL));    /* raises */
    const char *text = str_data(format);
    size_t at = format->len == 2 && *text == '@';
    unsigned size = format->len == at + 1 ? view_format_size(text[at]) : 0;
    if (!size)
        return raise_exc(vm, EXC_ValueError,
                         "memoryview: destination format must be a native single character format prefixed "
                         "with an optional '@'");
    if (!strchr("Bbc", v->format) && !strchr("Bbc", text[at]))
        return raise_type_error(vm, "memoryview: cannot cast between two non-byte formats");
    int64_t bytes = v->len * row_size(v);
    if (bytes % size)
        return raise_type_error(vm, "memoryview: length is not a multiple of itemsize");
    MemoryView r = *v;
    r.format = text[at];
    r.native_mark = at;
    r.itemsize = (uint8_t)size;
    r.stride = size;
    r.len = bytes / size;
    r.inner = r.ndim = 1;
    r.inner_shape = NULL;
    if (!value_is_empty(args->v[1]) && !cast_shape(vm, args->v[1], &r))
        return VALUE_ERROR;
    return value_from_obj(view_copy(vm, &r));
}

static Value view_m_toreadonly(Vm *vm, Value self, const Args *args)
{
    (void)args;
    MemoryView *v = live(vm, self), *r = v ? view_copy(vm, v) : NULL;
    if (r)
        r->readonly = true;
    return value_from_obj(r);
}

static Value view_m_release(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return give_back(vm, as_view(self));
}

/* __release_buffer__(view) of bytearrays: what leaving the view does. */
Value bytearray_m_release_buffer(Vm *vm, Value self, const Args *args)
{
    if (!is_memoryview(vm, args->v[0]))
        return raise_exc(vm, EXC_TypeError, "expected a memoryview object");
    MemoryView *v = as_view(args->v[0]);
    if (value_is_empty(v->base))
        return raise_exc(vm, EXC_ValueError, "memoryview's buffer has already been released");
    if (!value_same(v->base, self))
        return raise_exc(vm, EXC_ValueError, "memoryview's buffer is not this object");
    view_drop(v);
    return VALUE_NONE;
}

static Value view_m_enter(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return live(vm, self) ? self : VALUE_ERROR;
}

/* ---- iteration: source is the view, index counts ---- */
static Value view_m_iter(Vm *vm, Value self, const Args *args)
{
    (void)args;
    MemoryView *v = live(vm, self);
    if (!v)
        return VALUE_ERROR;
    if (v->ndim != 1)
        return v->ndim ? raise_exc(vm, EXC_NotImplementedError, "multi-dimensional sub-views are not implemented")
                       : raise_type_error(vm, "invalid indexing of 0-dim memory");
    return value_from_obj(iter_new(vm, ITER_MEMORY, vm->types.memory_iterator, self, 0, v->len, 0));
}

bool memoryview_iter_next(Vm *vm, Iter *it, Value *out)
{
    MemoryView *v = live(vm, it->source);
    if (!v)
        return false;
    if (it->index >= it->stop || it->index >= v->len) {
        it->source = VALUE_EMPTY;
        return false;
    }
    *out = view_load(vm, v, view_item(v, it->index++, 0));
    return !value_is_empty(*out);
}

/* ---- attributes ---- */
static Value view_shape(Vm *vm, const MemoryView *v)
{
    Tuple *t = tuple_new(vm, v->ndim);
    for (unsigned d = 0; t && d < v->ndim; d++)
        t->items[d] = d ? v->inner_shape->items[d - 1] : int_new(vm, v->len);
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static Value view_strides(Vm *vm, const MemoryView *v)
{
    Tuple *t = tuple_new(vm, v->ndim);
    int64_t stride = row_size(v);
    for (unsigned d = 0; t && d < v->ndim; d++) {
        stride = d ? stride / inner_len(v, d - 1) : stride;
        Value n = int_new(vm, d ? stride : v->stride);
        if (value_is_empty(n))
            return n;
        heap_set(vm, t, &t->items[d], n);
    }
    return t ? value_from_obj(t) : VALUE_ERROR;
}

#define VIEW_GET(name, expression)                          \
    static Value view_get_##name(Vm *vm, Value self)        \
    {                                                       \
        MemoryView *v = live(vm, self);                     \
        return v ? (expression) : VALUE_ERROR;              \
    }
VIEW_GET(obj, v->base)
VIEW_GET(nbytes, int_new(vm, v->len * row_size(v)))
VIEW_GET(itemsize, value_from_int48(v->itemsize))
VIEW_GET(format, value_from_obj(str_printf(vm, "%s%c", v->native_mark ? "@" : "", v->format)))
VIEW_GET(ndim, value_from_int48(v->ndim))
VIEW_GET(readonly, value_from_bool(v->readonly))
VIEW_GET(shape, view_shape(vm, v))
VIEW_GET(strides, view_strides(vm, v))
VIEW_GET(suboffsets, value_from_obj(vm->empty_tuple))
VIEW_GET(contiguous, value_from_bool(is_contiguous(v) || is_f_contiguous(v)))
VIEW_GET(c_contiguous, value_from_bool(is_contiguous(v)))
VIEW_GET(f_contiguous, value_from_bool(is_f_contiguous(v)))
#undef VIEW_GET

static const MethodDef view_methods[] = {
    { "__new__(object)", NULL, view_m_new, NATIVE_STATIC },
    METHOD(view, len, "__len__()", NULL),
    METHOD(bytes, buffer, "__buffer__(flags: cint, /)",
           "A memoryview of the bytes."),
    METHOD(view, iter, "__iter__()", NULL),
    METHOD(view, getitem, "__getitem__(key, /)", NULL),
    METHOD(view, setitem, "__setitem__(key, value, /)", NULL),
    METHOD(view, delitem, "__delitem__(key, /)", NULL),
    METHOD(view, repr, "__repr__()", NULL),
    METHOD(view, hash, "__hash__()", NULL),
    METHOD(view, eq, "__eq__(value, /)", NULL),
    METHOD(view, ne, "__ne__(value, /)", NULL),
    METHOD(view, enter, "__enter__()", NULL),
    METHOD(view, release, "__exit__(*exc)", NULL),
    METHOD(view, cast, "cast(format: str, shape=...) as (format, shape=<unrepresentable>)", "A view with another format."),
    METHOD(view, hex, "hex(sep=..., bytes_per_sep: cint=1) as (sep=<unrepresentable>, bytes_per_sep=1)",
           "Hexadecimal numbers, with separators if wanted."),
    METHOD(view, release, "release()", "Let go of the underlying object."),
    METHOD(view, tobytes, "tobytes(order=None)", "The data as bytes."),
    METHOD(view, tolist, "tolist()", "The items as a list."),
    METHOD(view, toreadonly, "toreadonly()", "A read-only view of the same memory."),
    { 0 }
};
static const GetSetDef view_getsets[] = {
    { "obj", "The underlying object.", view_get_obj, NULL },
    { "nbytes", "The size in bytes of all items.", view_get_nbytes, NULL },
    { "itemsize", "The size in bytes of one item.", view_get_itemsize, NULL },
    { "format", "The format of an item, as in the module struct.", view_get_format, NULL },
    { "ndim", "The number of dimensions.", view_get_ndim, NULL },
    { "readonly", "Whether the memory cannot be written.", view_get_readonly, NULL },
    { "shape", "The number of items of each dimension.", view_get_shape, NULL },
    { "strides", "The bytes from one item to the next.", view_get_strides, NULL },
    { "suboffsets", "Always empty.", view_get_suboffsets, NULL },
    { "contiguous", "Whether the items lie one behind the other.", view_get_contiguous, NULL },
    { "c_contiguous", "The same, the last index running fastest.", view_get_c_contiguous, NULL },
    { "f_contiguous", "The same, the first index running fastest.", view_get_f_contiguous, NULL },
    { 0 }
};
static const TypeDef view_def = {
    .name = "memoryview",
    .doc = "A view of an object's bytes, without copying them.",
    .layout = &view_layout,
    .methods = view_methods,
    .getsets = view_getsets,
    .flags = TYPE_SEQUENCE | TYPE_WEAKREFS,
};

bool memoryview_type_init(Vm *vm)
{
    vm->types.memoryview = type_from_def(vm, &view_def, vm->types.object);
    return vm->types.memoryview != NULL;
}
