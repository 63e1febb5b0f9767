/* SPDX-License-Identifier: MIT
 * memoryview: a window on the bytes of bytes or a bytearray, one dimension, items of a native format.
 *
 * A view of a bytearray counts in its `exports`, which forbids resizing, until it is released or
 * collected; so the pointer into its buffer stays right. Views of views refer to the same base. */
#include "vm/objects/bytes_methods.h"

#include "vm/code.h"
#include "vm/iter.h"

typedef struct MemoryView {
    Obj h;
    Value base;                 /* bytes or bytearray; EMPTY: released */
    char *data;                 /* of item 0 */
    int64_t len;                /* items */
    int64_t stride;             /* bytes from one to the next */
    int64_t hash;               /* -1: not yet computed */
    uint8_t itemsize;
    char format;
    bool readonly;
} MemoryView;

static MemoryView *as_view(Value v) { return (MemoryView *)value_obj(v); }

static void view_trace(Marker *m, Obj *o)
{
    mark_value(m, ((MemoryView *)o)->base);
}

/* The base is no further in its end than the view. */
static void view_drop(MemoryView *view)
{
    if (is_bytearray(view->base))
        as_bytearray(view->base)->exports--;
    view->base = VALUE_EMPTY;
}

static void view_finalize(Vm *vm, Obj *o)
{
    (void)vm;
    view_drop((MemoryView *)o);
}

static const TypeLayout view_layout = { .kind = KIND_EXT, .size = sizeof(MemoryView), .trace = view_trace,
                                        .finalize = view_finalize };

/* NULL: released, ValueError pending. */
static MemoryView *live(Vm *vm, Value self)
{
    MemoryView *v = as_view(self);
    if (!value_is_empty(v->base))
        return v;
    raise_exc(vm, EXC_ValueError, "operation forbidden on released memoryview object");
    return NULL;
}

static bool is_contiguous(const MemoryView *v)
{
    return v->stride == v->itemsize || v->len <= 1;
}

static MemoryView *view_alloc(Vm *vm, Value base)
{
    MemoryView *v = (MemoryView *)object_alloc(vm, vm->types.memoryview);
    if (!v)
        return NULL;
    if (is_bytearray(base)) {
        if (as_bytearray(base)->exports == UINT32_MAX) {
            raise_no_memory(vm);
            return NULL;
        }
        as_bytearray(base)->exports++;
    }
    v->base = base;
    v->hash = -1;
    return v;
}

static MemoryView *view_copy(Vm *vm, const MemoryView *old)
{
    MemoryView *v = view_alloc(vm, old->base);
    if (!v)
        return NULL;
    v->data = old->data;
    v->len = old->len;
    v->stride = old->stride;
    v->itemsize = old->itemsize;
    v->format = old->format;
    v->readonly = old->readonly;
    return v;
}

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
    *len = (size_t)v->len * v->itemsize;
    return true;
}

static Value view_m_new(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Value o = args->v[0];
    if (is_memoryview(vm, o)) {
        MemoryView *old = live(vm, o);
        return old ? value_from_obj(view_copy(vm, old)) : VALUE_ERROR;
    }
    if (!is_bytes(o) && !is_bytearray(o))
        return raise_exc(vm, EXC_TypeError, "memoryview: a bytes-like object is required, not '%T'", o);
    MemoryView *v = view_alloc(vm, o);
    if (!v)
        return VALUE_ERROR;
    Span s = bytes_span(o);
    v->data = (char *)(uintptr_t)s.p;
    v->len = (int64_t)s.n;
    v->stride = v->itemsize = 1;
    v->format = 'B';
    v->readonly = is_bytes(o);
    return value_from_obj(v);
}

/* ---- formats ---- */
static unsigned format_size(char f)
{
    switch (f) {
    case 'B': case 'b': case 'c': case '?': return 1;
    case 'h': case 'H': return sizeof(short);
    case 'i': case 'I': return sizeof(int);
    case 'l': case 'L': return sizeof(long);
    case 'q': case 'Q': return sizeof(long long);
    case 'n': case 'N': return sizeof(size_t);
    case 'P': return sizeof(void *);
    case 'f': return sizeof(float);
    case 'd': return sizeof(double);
    default: return 0;
    }
}

static bool format_signed(char f) { return strchr("bhilqn", f) != NULL; }

/* The item as its unsigned bits, little end first or not as the machine has it. */
static uint64_t load_bits(const char *p, unsigned size)
{
    uint8_t b1;
    uint16_t b2;
    uint32_t b4;
    uint64_t b8;
    switch (size) {
    case 1: memcpy(&b1, p, 1); return b1;
    case 2: memcpy(&b2, p, 2); return b2;
    case 4: memcpy(&b4, p, 4); return b4;
    default: memcpy(&b8, p, 8); return b8;
    }
}

static void store_bits(char *p, unsigned size, uint64_t bits)
{
    uint8_t b1 = (uint8_t)bits;
    uint16_t b2 = (uint16_t)bits;
    uint32_t b4 = (uint32_t)bits;
    switch (size) {
    case 1: memcpy(p, &b1, 1); break;
    case 2: memcpy(p, &b2, 2); break;
    case 4: memcpy(p, &b4, 4); break;
    default: memcpy(p, &bits, 8); break;
    }
}

static Value load_item(Vm *vm, const MemoryView *v, int64_t i)
{
    const char *p = v->data + i * v->stride;
    unsigned bits = 8u * v->itemsize;
    float f;
    double d;
    switch (v->format) {
    case 'c':
        return value_from_obj(bytes_new(vm, p, 1));
    case '?':
        return value_from_bool(*p != 0);
    case 'f':
        memcpy(&f, p, sizeof f);
        return value_from_double_raw(f);
    case 'd':
        memcpy(&d, p, sizeof d);
        return value_from_double_raw(d);
    default:
        break;
    }
    uint64_t u = load_bits(p, v->itemsize);
    if (format_signed(v->format))
        return int_new(vm, (int64_t)(u << (64 - bits)) >> (64 - bits));
    return int_new_u64(vm, u);
}

static bool bad_value(Vm *vm, const MemoryView *v)
{
    raise_exc(vm, EXC_ValueError, "memoryview: invalid value for format '%c'", v->format);
    return false;
}

static bool bad_type(Vm *vm, const MemoryView *v)
{
    raise_exc(vm, EXC_TypeError, "memoryview: invalid type for format '%c'", v->format);
    return false;
}

/* An int's bits for the view's format. */
static bool int_bits(Vm *vm, const MemoryView *v, Value item, uint64_t *out)
{
    unsigned bits = 8u * v->itemsize;
    int64_t i;
    if (!has_index(vm, item))
        return bad_type(vm, v);
    Value n = op_index(vm, item);
    if (value_is_empty(n))
        return false;
    if (int_to_i64(n, &i)) {
        *out = (uint64_t)i;
        if (format_signed(v->format))
            return i == ((int64_t)((uint64_t)i << (64 - bits)) >> (64 - bits)) || bad_value(vm, v);
        return (i >= 0 && (bits == 64 || i < INT64_C(1) << bits)) || bad_value(vm, v);
    }
    if (bits < 64 || format_signed(v->format) || int_sign(n) < 0 || as_bigint(n)->count > 1)
        return bad_value(vm, v);
    *out = as_bigint(n)->limbs[0];
    return true;
}

static bool float_bits(Vm *vm, const MemoryView *v, Value item, uint64_t *out)
{
    double d;
    if (!op_double(vm, item, &d)) {
        if (!exc_pending_is(vm, EXC_TypeError))
            return false;
        exc_discard(vm);
        return bad_type(vm, v);
    }
    if (v->format == 'd') {
        memcpy(out, &d, sizeof d);
        return true;
    }
    float f = (float)d;
    uint32_t bits;
    memcpy(&bits, &f, sizeof f);
    *out = bits;
    return true;
}

static bool item_bits(Vm *vm, const MemoryView *v, Value item, uint64_t *out)
{
    int truth;
    switch (v->format) {
    case 'c':
        if (!is_bytes(item))
            return bad_type(vm, v);
        if (as_bytes(item)->len != 1)
            return bad_value(vm, v);
        *out = (unsigned char)*as_bytes(item)->data;
        return true;
    case '?':
        truth = op_truth(vm, item);
        *out = truth > 0;
        return truth >= 0;
    case 'f': case 'd':
        return float_bits(vm, v, item, out);
    default:
        return int_bits(vm, v, item, out);
    }
}

/* ---- items ---- */

/* A slice of it; *out is no object of its own. False: exception pending. */
static bool slice_view(Vm *vm, Value self, Slice *slice, MemoryView *out)
{
    SliceRange b;
    MemoryView *v;
    if (!slice_unpack(vm, slice, &b.start, &b.stop, &b.step) || !(v = live(vm, self)))
        return false;
    *out = *v;
    out->len = slice_adjust(v->len, &b.start, &b.stop, b.step);
    if (out->len > 0)
        out->data = v->data + b.start * v->stride;
    bool small = b.step > 0 && b.step <= v->len;    /* else it is never taken, and might overflow */
    out->stride = v->stride * (out->len > 1 || small ? b.step : 1);
    return true;
}

/* The index that a key means; false: exception pending. */
static bool item_index(Vm *vm, Value self, Value key, int64_t *i)
{
    MemoryView *v;
    if (!has_index(vm, key)) {
        raise_type_error(vm, "memoryview: invalid slice key");
        return false;
    }
    Value n = op_index(vm, key);
    if (value_is_empty(n) || !(v = live(vm, self)))
        return false;
    if (!int_to_i64(n, i)) {
        raise_exc(vm, EXC_IndexError, "cannot fit '%T' into an index-sized integer", key);
        return false;
    }
    if (*i < 0)
        *i += v->len;
    if (*i >= 0 && *i < v->len)
        return true;
    raise_exc(vm, EXC_IndexError, "index out of bounds on dimension 1");
    return false;
}

static Value view_m_getitem(Vm *vm, Value self, const Args *args)
{
    MemoryView part;
    int64_t i;
    if (!live(vm, self))
        return VALUE_ERROR;
    if (is_slice(args->v[0]))
        return slice_view(vm, self, as_slice(args->v[0]), &part) ? value_from_obj(view_copy(vm, &part))
                                                                 : VALUE_ERROR;
    return item_index(vm, self, args->v[0], &i) ? load_item(vm, as_view(self), i) : VALUE_ERROR;
}

static void copy_out(const MemoryView *v, char *to)
{
    if (v->stride == v->itemsize) {
        memcpy(to, v->data, (size_t)v->len * v->itemsize);
        return;
    }
    for (int64_t i = 0; i < v->len; i++, to += v->itemsize)
        memcpy(to, v->data + i * v->stride, v->itemsize);
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
    if (!span_of(vm, o, &s))
        return false;
    *out = (MemoryView){ .data = (char *)(uintptr_t)s.p, .len = (int64_t)s.n, .stride = 1, .itemsize = 1,
                         .format = 'B' };
    return true;
}

static bool set_slice(Vm *vm, Value self, Slice *slice, Value value)
{
    MemoryView to, from;
    Buf copy;
    if (!source_view(vm, value, &from) || !slice_view(vm, self, slice, &to))
        return false;
    if (to.len != from.len || to.format != from.format) {
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
    int64_t i;
    uint64_t bits;
    if (!v)
        return VALUE_ERROR;
    if (v->readonly)
        return raise_type_error(vm, "cannot modify read-only memory");
    if (is_slice(args->v[0]))
        return set_slice(vm, self, as_slice(args->v[0]), args->v[1]) ? VALUE_NONE : VALUE_ERROR;
    if (!item_index(vm, self, args->v[0], &i) || !item_bits(vm, v, args->v[1], &bits) || !live(vm, self))
        return VALUE_ERROR;
    store_bits(v->data + i * v->stride, v->itemsize, bits);
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
    return v ? int_new(vm, v->len) : VALUE_ERROR;
}

/* ---- to other types ---- */
static Value to_bytes(Vm *vm, const MemoryView *v)
{
    Bytes *b = bytes_new(vm, NULL, (size_t)v->len * v->itemsize);
    if (b && b->len)
        copy_out(v, b->data);
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
    return to_bytes(vm, v);
}

static Value view_m_tolist(Vm *vm, Value self, const Args *args)
{
    (void)args;
    MemoryView *v = live(vm, self);
    List *l = v ? list_new(vm, (size_t)v->len) : NULL;
    if (!l)
        return VALUE_ERROR;
    for (int64_t i = 0; i < v->len; i++) {
        Value item = load_item(vm, v, i);
        if (value_is_empty(item) || !list_append(vm, l, item))
            return VALUE_ERROR;
    }
    return value_from_obj(l);
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
    if (a->len != b->len)
        return 0;
    if (a->format == b->format && a->format != 'f' && a->format != 'd' && is_contiguous(a) &&
        is_contiguous(b))
        return a->len == 0 || !memcmp(a->data, b->data, (size_t)a->len * a->itemsize);
    for (int64_t i = 0; i < a->len; i++) {
        Value x = load_item(vm, a, i), y = value_is_empty(x) ? x : load_item(vm, b, i);
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
    if (value_same(self, other))
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
static Value cast_shape(Vm *vm, Value shape, int64_t len)
{
    Value *dims;
    size_t n;
    int64_t d;
    if (!seq_items(shape, &dims, &n))
        return raise_type_error(vm, "shape must be a list or a tuple");
    if (n != 1)
        return raise_exc(vm, EXC_NotImplementedError, "memoryview: only one dimension is supported");
    if (!is_int(dims[0]))
        return raise_type_error(vm, "memoryview.cast(): elements of shape must be integers");
    if (!int_to_i64(dims[0], &d) || d <= 0)
        return raise_exc(vm, EXC_ValueError, "memoryview.cast(): elements of shape must be integers > 0");
    if (d != len)
        return raise_type_error(vm, "memoryview: product(shape) * itemsize != buffer size");
    return VALUE_NONE;
}

static Value view_m_cast(Vm *vm, Value self, const Args *args)
{
    MemoryView *v = live(vm, self);
    if (!v)
        return VALUE_ERROR;
    const Str *format = as_str(args->v[0]);
    const char *text = str_data(format);
    size_t at = format->len == 2 && *text == '@';
    unsigned size = format->len == at + 1 ? format_size(text[at]) : 0;
    if (!is_contiguous(v))
        return raise_type_error(vm, "memoryview: casts are restricted to C-contiguous views");
    if (!size)
        return raise_exc(vm, EXC_ValueError,
                         "memoryview: destination format must be a native single character format prefixed "
                         "with an optional '@'");
    if (!strchr("Bbc", v->format) && !strchr("Bbc", text[at]))
        return raise_type_error(vm, "memoryview: cannot cast between two non-byte formats");
    int64_t bytes = v->len * v->itemsize;
    if (bytes % size)
        return raise_type_error(vm, "memoryview: length is not a multiple of itemsize");
    if (!value_is_empty(args->v[1]) && value_is_empty(cast_shape(vm, args->v[1], bytes / size)))
        return VALUE_ERROR;
    MemoryView *r = view_copy(vm, v);
    if (!r)
        return VALUE_ERROR;
    r->format = text[at];
    r->itemsize = (uint8_t)size;
    r->stride = size;
    r->len = bytes / size;
    return value_from_obj(r);
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
    (void)vm;
    (void)args;
    view_drop(as_view(self));
    return VALUE_NONE;
}

static Value view_m_enter(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return live(vm, self) ? self : VALUE_ERROR;
}

static Value view_m_iter(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Iter *it = live(vm, self) ? iter_new(vm, ITER_SEQUENCE, vm->types.memory_iterator, self, 0, 0, 0) : NULL;
    return it ? value_from_obj(it) : VALUE_ERROR;
}

/* ---- attributes ---- */
#define VIEW_GET(name, expression)                          \
    static Value view_get_##name(Vm *vm, Value self)        \
    {                                                       \
        MemoryView *v = live(vm, self);                     \
        return v ? (expression) : VALUE_ERROR;              \
    }
VIEW_GET(obj, v->base)
VIEW_GET(nbytes, int_new(vm, v->len * v->itemsize))
VIEW_GET(itemsize, value_from_int48(v->itemsize))
VIEW_GET(format, value_from_obj(str_new(vm, &v->format, 1)))
VIEW_GET(ndim, value_from_int48(1))
VIEW_GET(readonly, value_from_bool(v->readonly))
VIEW_GET(shape, value_from_obj(tuple_pack(vm, 1, int_new(vm, v->len))))
VIEW_GET(strides, value_from_obj(tuple_pack(vm, 1, int_new(vm, v->stride))))
VIEW_GET(suboffsets, value_from_obj(vm->empty_tuple))
VIEW_GET(contiguous, value_from_bool(is_contiguous(v)))
#undef VIEW_GET

static const MethodDef view_methods[] = {
    { "__new__(object)", NULL, view_m_new, NATIVE_STATIC },
    METHOD(view, len, "__len__()", NULL),
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
    METHOD(view, cast, "cast(format: str, shape=...)", "A view with another format."),
    METHOD(view, hex, "hex(sep=..., bytes_per_sep: cint=1)",
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
    { "c_contiguous", "Whether the items lie one behind the other.", view_get_contiguous, NULL },
    { "f_contiguous", "Whether the items lie one behind the other.", view_get_contiguous, NULL },
    { 0 }
};
static const TypeDef view_def = {
    .name = "memoryview",
    .doc = "Create a new memoryview object which references the given object.",
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
