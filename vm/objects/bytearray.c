/* SPDX-License-Identifier: MIT
 * bytearray: its storage and the methods that change it; the others are those of bytes. */
#include "vm/objects/bytes_methods.h"
#include "vm/objects/memoryview.h"
#include "vm/objects/seq.h"

#include "vm/objects/dict_types.h"
#include "vm/objects/text_codec.h"

#define BYTEARRAY_MAX ((size_t)1 << 46)

/* ---- storage ---- */
ByteArray *bytearray_new(Vm *vm, const void *data, size_t len)
{
    ByteArray *b = heap_zalloc(vm, sizeof *b, KIND_BYTEARRAY, vm->types.bytearray->root_shape->id, 0);
    if (!b || len == 0)
        return b;
    if (len > BYTEARRAY_MAX) {
        raise_no_memory(vm);
        return NULL;
    }
    Raw *buf = raw_new(vm, len);
    if (!buf)
        return NULL;
    if (data)
        memcpy(buf->data, data, len);
    else
        memset(buf->data, 0, len);
    b->buf = buf;
    b->len = len;
    return b;
}

static bool may_resize(Vm *vm, ByteArray *b)
{
    return vm_may_resize(vm, b, &b->exports, "Existing exports of data: object cannot be re-sized");
}

/* The bytes, from the first on, in a buffer of their own. */
static bool move_to(Vm *vm, ByteArray *b, size_t cap, size_t keep)
{
    Raw *buf = cap ? raw_new(vm, cap) : NULL;
    if (cap && !buf)
        return false;
    if (keep)
        memcpy(buf->data, bytearray_data(b), keep);
    heap_set_ptr(vm, b, &b->buf, buf);
    b->start = 0;
    return true;
}

static inline size_t capacity(const ByteArray *b) { return b->buf ? b->buf->cap : 0; }

/* Most of the buffer lies idle: take a smaller one, or keep it when memory is out. */
static void settle(Vm *vm, ByteArray *b)
{
    size_t cap = capacity(b);
    if ((b->len == 0 || (cap > 256 && b->len < cap / 4)) && !move_to(vm, b, b->len, b->len))
        exc_discard(vm);
}

/* Change the length; new bytes are for the caller to fill. */
static bool resize(Vm *vm, ByteArray *b, size_t len)
{
    if (len == b->len)
        return true;
    if (!may_resize(vm, b))
        return false;
    if (len > BYTEARRAY_MAX) {
        raise_no_memory(vm);
        return false;
    }
    if (len > capacity(b) - b->start && !move_to(vm, b, len + (b->buf ? len / 8 + 16 : 0), b->len))
        return false;
    b->len = len;
    settle(vm, b);
    return true;
}

/* b[from:to] = data, which is not b's own. What goes at the front costs nothing: the rest begins behind it. */
static bool replace(Vm *vm, ByteArray *b, size_t from, size_t to, const char *data, size_t n)
{
    size_t tail = b->len - to, len;
    if (!size_add(from + tail, n, &len)) {
        raise_no_memory(vm);
        return false;
    }
    if (len < b->len) {
        if (!may_resize(vm, b))
            return false;
        char *p = bytearray_data(b);
        if (from == 0 && b->start + (b->len - len) <= UINT32_MAX)
            b->start += (uint32_t)(b->len - len);
        else
            memmove(p + from + n, p + to, tail);
        b->len = len;
        settle(vm, b);
    } else if (len > b->len) {
        if (!resize(vm, b, len))
            return false;
        memmove(bytearray_data(b) + from + n, bytearray_data(b) + to, tail);
    }
    if (n)
        memcpy(bytearray_data(b) + from, data, n);
    return true;
}

/* ---- making ---- */
static Value bytearray_m_new(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return value_from_obj(object_alloc(vm, as_type(self)));
}

static Value bytearray_m_init(Vm *vm, Value self, const Args *args)
{
    ByteArray *b = as_bytearray(self);
    Buf out;
    if (!resize(vm, b, 0))
        return VALUE_ERROR;
    buf_init(&out, &vm->alloc);
    bool ok = bytes_source(vm, args, "byte", "bytearray", &out);
    if (ok && out.failed) {
        raise_no_memory(vm);
        ok = false;
    }
    ok = ok && replace(vm, b, 0, b->len, out.data, out.len);
    buf_free(&out);
    return ok ? VALUE_NONE : VALUE_ERROR;
}

static Value bytearray_m_copy(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Span s = bytes_span(self);
    return value_from_obj(bytearray_new(vm, s.p, s.n));
}

static Value bytearray_m_alloc(Vm *vm, Value self, const Args *args)
{
    (void)args;
    ByteArray *b = as_bytearray(self);
    return int_new(vm, b->buf ? (int64_t)capacity(b) + 1 : 0);
}

/* (type, (text, "latin-1") or (bytes,), attributes or None) */
static Value bytearray_m_reduce(Vm *vm, Value self, const Args *args)
{
    Span s = bytes_span(self);
    Str *latin1 = str_cstr(vm, "latin-1");
    Str *text = latin1 ? text_decode(vm, self, s.p, s.n, latin1, NULL) : NULL;
    Bytes *bytes = bytes_new(vm, s.p, s.n);
    if (!text || !bytes)
        return VALUE_ERROR;
    bool modern = args->count && value_int48(args->v[0]) >= 3;      /* pickle protocols that know bytes */
    Value state = VALUE_NONE;
    if (value_obj(self)->flags & OBJ_SUBCLASS) {
        Str *name = str_intern(vm, "__getstate__", 12);
        state = name ? op_call_method(vm, self, name, 0, NULL) : VALUE_ERROR;
        if (value_is_empty(state))
            return VALUE_ERROR;
    }
    Tuple *init = modern ? tuple_pack(vm, 1, value_from_obj(bytes))
                         : tuple_pack(vm, 2, value_from_obj(text), value_from_obj(latin1));
    if (!init)
        return VALUE_ERROR;
    return value_from_obj(tuple_pack(vm, 3, value_from_obj(type_of(vm, self)), value_from_obj(init), state));
}

/* ---- adding ---- */
static Value bytearray_m_append(Vm *vm, Value self, const Args *args)
{
    ByteArray *b = as_bytearray(self);
    unsigned char byte;
    if (!byte_value(vm, args->v[0], "byte", &byte) || !resize(vm, b, b->len + 1))
        return VALUE_ERROR;
    bytearray_data(b)[b->len - 1] = (char)byte;
    return VALUE_NONE;
}

static bool extend_span(Vm *vm, ByteArray *b, Span s)
{
    size_t at = b->len, len;
    if (s.n == 0)
        return true;
    if (!size_add(at, s.n, &len)) {
        raise_no_memory(vm);
        return false;
    }
    if (!resize(vm, b, len))
        return false;
    memcpy(bytearray_data(b) + at, s.p, s.n);    /* b's own are where they were, in the old buffer or this one */
    return true;
}

static Value bytearray_m_extend(Vm *vm, Value self, const Args *args)
{
    Value v = args->v[0];
    Span s;
    Buf out;
    if (is_bytes_like(vm, v)) {
        if (!span_of(vm, v, &s))
            return bytes_refused(vm) ? raise_exc(vm, EXC_TypeError, "can't set bytearray slice from %T", v) : VALUE_ERROR;
        return extend_span(vm, as_bytearray(self), s) ? VALUE_NONE : VALUE_ERROR;
    }
    if (is_str(v) && as_str(v)->len)
        return raise_exc(vm, EXC_TypeError, "expected iterable of integers; got: 'str'");
    Value it = op_iter(vm, v);
    if (value_is_empty(it)) {
        if (exc_pending_is(vm, EXC_TypeError)) {
            exc_discard(vm);
            raise_exc(vm, EXC_TypeError, "can't extend bytearray with %T", v);
        }
        return VALUE_ERROR;
    }
    if (op_length_hint(vm, v, 0) < 0)
        return VALUE_ERROR;
    buf_init(&out, &vm->alloc);
    bool ok = bytes_collect(vm, it, "byte", "bytearray", &out);
    if (ok && out.failed)
        raise_no_memory(vm);
    ok = ok && !out.failed && extend_span(vm, as_bytearray(self), (Span){ out.data, out.len });
    buf_free(&out);
    return ok ? VALUE_NONE : VALUE_ERROR;
}

static Value bytearray_m_iadd(Vm *vm, Value self, const Args *args)
{
    Span s;
    Value v = args->v[0];
    if (!is_bytes_like(vm, v))
        return raise_exc(vm, EXC_TypeError, "can't concat %T to %T", v, self);
    if (value_same(v, self) && as_bytearray(self)->len)
        return raise_exc(vm, EXC_BufferError, "Existing exports of data: object cannot be re-sized");
    if (!span_of(vm, v, &s))
        return bytes_refused(vm) ? raise_exc(vm, EXC_TypeError, "can't concat %T to %T", v, self) : VALUE_ERROR;
    return extend_span(vm, as_bytearray(self), s) ? self : VALUE_ERROR;
}

static Value bytearray_m_imul(Vm *vm, Value self, const Args *args)
{
    ByteArray *b = as_bytearray(self);
    int64_t times;
    size_t total, n;
    if (!seq_repeat_count(vm, args->v[0], &times))
        return VALUE_ERROR;
    if (times < 0)
        times = 0;
    n = b->len;
    if (!size_mul(n, (size_t)times, &total))
        return raise_no_memory(vm);
    if (!resize(vm, b, total))
        return VALUE_ERROR;
    for (size_t done = n; done < total; done *= 2)
        memcpy(bytearray_data(b) + done, bytearray_data(b), done < total - done ? done : total - done);
    return self;
}

static Value bytearray_m_insert(Vm *vm, Value self, const Args *args)
{
    ByteArray *b = as_bytearray(self);
    unsigned char byte;
    int64_t i;
    if (!arg_ssize(vm, args->v[0], &i) || !byte_value(vm, args->v[1], "byte", &byte))
        return VALUE_ERROR;
    if (i < 0 && (i += (int64_t)b->len) < 0)
        i = 0;
    if (i > (int64_t)b->len)
        i = (int64_t)b->len;
    char c = (char)byte;
    return replace(vm, b, (size_t)i, (size_t)i, &c, 1) ? VALUE_NONE : VALUE_ERROR;
}

/* ---- taking away ---- */
static Value bytearray_m_pop(Vm *vm, Value self, const Args *args)
{
    ByteArray *b = as_bytearray(self);
    int64_t i;
    if (!arg_ssize(vm, args->v[0], &i))
        return VALUE_ERROR;
    if (b->len == 0)
        return raise_exc(vm, EXC_IndexError, "pop from empty bytearray");
    if (i < 0)
        i += (int64_t)b->len;
    if (i < 0 || i >= (int64_t)b->len)
        return raise_exc(vm, EXC_IndexError, "pop index out of range");
    unsigned char byte = (unsigned char)bytearray_data(b)[i];
    return replace(vm, b, (size_t)i, (size_t)i + 1, NULL, 0) ? value_from_int48(byte) : VALUE_ERROR;
}

static Value bytearray_m_remove(Vm *vm, Value self, const Args *args)
{
    unsigned char byte;
    if (!byte_value(vm, args->v[0], "byte", &byte))
        return VALUE_ERROR;
    Span s = bytes_span(self);
    const char *at = s.n ? memchr(s.p, byte, s.n) : NULL;
    if (!at)
        return raise_exc(vm, EXC_ValueError, "value not found in bytearray");
    size_t i = (size_t)(at - s.p);
    return replace(vm, as_bytearray(self), i, i + 1, NULL, 0) ? VALUE_NONE : VALUE_ERROR;
}

static Value bytearray_m_clear(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return resize(vm, as_bytearray(self), 0) ? VALUE_NONE : VALUE_ERROR;
}

static Value bytearray_m_reverse(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    ByteArray *b = as_bytearray(self);
    for (size_t i = 0, j = b->len; i + 1 < j; i++) {
        char c = bytearray_data(b)[i];
        bytearray_data(b)[i] = bytearray_data(b)[--j];
        bytearray_data(b)[j] = c;
    }
    return VALUE_NONE;
}

/* ---- b[key] = value, del b[key] ---- */

/* The bounds of a slice as b is now, and never backwards: start <= stop where step is 1. */
static bool slice_bounds(Vm *vm, ByteArray *b, Slice *slice, SliceRange *out)
{
    if (!slice_unpack(vm, slice, &out->start, &out->stop, &out->step))
        return false;
    out->count = slice_adjust((int64_t)b->len, &out->start, &out->stop, out->step);
    return true;
}

static bool delete_stepped(Vm *vm, ByteArray *b, SliceRange s)
{
    if (s.count == 0)
        return true;
    if (!may_resize(vm, b))
        return false;
    if (s.step < 0) {
        s.start += (s.count - 1) * s.step;
        s.step = -s.step;
    }
    char *data = bytearray_data(b);
    size_t to = (size_t)s.start, from = to, len = b->len - (size_t)s.count;
    for (int64_t i = 0; i < s.count; i++) {
        from++;         /* the one that goes */
        size_t kept = i + 1 < s.count ? (size_t)s.step - 1 : b->len - from;
        memmove(data + to, data + from, kept);
        to += kept;
        from += kept;
    }
    return resize(vm, b, len);
}

static bool set_stepped(Vm *vm, ByteArray *b, SliceRange s, const char *data, size_t n)
{
    if (n == 0)
        return delete_stepped(vm, b, s);
    if (n != (size_t)s.count) {
        raise_exc(vm, EXC_ValueError, "attempt to assign bytes of size %zu to extended slice of size %lld", n,
              (long long)s.count);
        return false;
    }
    for (int64_t i = 0; i < s.count; i++)
        bytearray_data(b)[s.start + i * s.step] = data[i];
    return true;
}

static bool set_slice(Vm *vm, ByteArray *b, Slice *slice, const char *data, size_t n)
{
    SliceRange s;
    if (!slice_bounds(vm, b, slice, &s))
        return false;
    if (s.step != 1)
        return set_stepped(vm, b, s, data, n);
    return replace(vm, b, (size_t)s.start, (size_t)(s.start + s.count), data, n);
}

static bool is_number(Vm *vm, Value v)
{
    Type *t = type_of(vm, v);
    return !value_is_empty(type_special(t, SPECIAL_INDEX)) || !value_is_empty(type_special(t, SPECIAL_INT)) ||
           !value_is_empty(type_special(t, SPECIAL_FLOAT));
}

/* The value's bytes first, since that may run script; then the place. A slice that is wrong says so before both. */
static bool assign_slice(Vm *vm, Value self, Slice *slice, Value v)
{
    Buf out;
    SliceRange s;
    if (!slice_bounds(vm, as_bytearray(self), slice, &s))
        return false;
    if (is_number(vm, v) || is_str(v)) {
        raise_type_error(vm, "can assign only bytes, buffers, or iterables of ints in range(0, 256)");
        return false;
    }
    buf_init(&out, &vm->alloc);
    bool ok = op_length_hint(vm, v, 0) >= 0 && bytes_collect(vm, v, "byte", "bytearray", &out);
    if (ok && out.failed) {
        raise_no_memory(vm);
        ok = false;
    }
    ok = ok && set_slice(vm, as_bytearray(self), slice, out.data, out.len);
    buf_free(&out);
    return ok;
}

static bool item_index(Vm *vm, Value key, int64_t *i)
{
    if (!has_index(vm, key)) {
        raise_exc(vm, EXC_TypeError, "bytearray indices must be integers or slices, not %T", key);
        return false;
    }
    Value n = op_index(vm, key);
    if (value_is_empty(n))
        return false;
    if (int_to_i64(n, i))
        return true;
    raise_exc(vm, EXC_IndexError, "cannot fit '%T' into an index-sized integer", key);
    return false;
}

/* Where item i lies, after all script has run. NULL: IndexError. */
static char *item_at(Vm *vm, ByteArray *b, int64_t i)
{
    if (i < 0)
        i += (int64_t)b->len;
    if (i >= 0 && i < (int64_t)b->len)
        return bytearray_data(b) + i;
    raise_exc(vm, EXC_IndexError, "bytearray index out of range");
    return NULL;
}

static Value bytearray_m_setitem(Vm *vm, Value self, const Args *args)
{
    int64_t i;
    unsigned char byte;
    if (is_slice(args->v[0]))
        return assign_slice(vm, self, as_slice(args->v[0]), args->v[1]) ? VALUE_NONE : VALUE_ERROR;
    if (!item_index(vm, args->v[0], &i) || !byte_value(vm, args->v[1], "byte", &byte))
        return VALUE_ERROR;
    char *at = item_at(vm, as_bytearray(self), i);
    if (!at)
        return VALUE_ERROR;
    *at = (char)byte;
    return VALUE_NONE;
}

static Value bytearray_m_delitem(Vm *vm, Value self, const Args *args)
{
    ByteArray *b = as_bytearray(self);
    int64_t i;
    if (is_slice(args->v[0]))
        return set_slice(vm, b, as_slice(args->v[0]), NULL, 0) ? VALUE_NONE : VALUE_ERROR;
    if (!item_index(vm, args->v[0], &i))
        return VALUE_ERROR;
    char *at = item_at(vm, b, i);
    if (!at)
        return VALUE_ERROR;
    size_t from = (size_t)(at - bytearray_data(b));
    return replace(vm, b, from, from + 1, NULL, 0) ? VALUE_NONE : VALUE_ERROR;
}

/* ---- the type ---- */
static const MethodDef bytearray_methods[] = {
    { "__new__(*args, **kwargs)", NULL, bytearray_m_new, NATIVE_STATIC },
    METHOD(bytearray, init, "__init__(source=..., encoding: str=..., errors: str=...)", NULL),
    METHOD(bytearray, release_buffer, "__release_buffer__(buffer, /)",
           "Give a view from __buffer__ back."),
    METHOD(bytearray, setitem, "__setitem__(key, value, /)", NULL),
    METHOD(bytearray, delitem, "__delitem__(key, /)", NULL),
    METHOD(bytearray, iadd, "__iadd__(value, /)", NULL),
    METHOD(bytearray, imul, "__imul__(value, /)", NULL),
    METHOD(bytearray, alloc, "__alloc__()", "How many bytes there is room for."),
    METHOD(bytearray, reduce, "__reduce__()", "How to make the object again: for copy and pickle."),
    METHOD(bytearray, reduce, "__reduce_ex__(proto: cint=0, /)", "How to make the object again: for copy and pickle."),
    METHOD(bytearray, append, "append(item, /)", "Append a single byte."),
    METHOD(bytearray, clear, "clear()", "Remove all bytes."),
    METHOD(bytearray, copy, "copy()", "Return a copy."),
    METHOD(bytearray, extend, "extend(iterable_of_ints, /)", "Append all bytes of the iterable."),
    METHOD(bytearray, insert, "insert(index: ssize, item, /)", "Insert a single byte before the index."),
    METHOD(bytearray, pop, "pop(index: ssize=-1, /)", "Remove and return a single byte, by default the last."),
    METHOD(bytearray, remove, "remove(value, /)", "Remove the first occurrence of a byte."),
    METHOD(bytearray, reverse, "reverse()", "Turn the bytes around."),
#define BYTES_METHOD(name, signature, doc, flags) { signature, doc, bytes_m_##name, flags },
#include "vm/objects/bytes_methods.def"
    { 0 }
};
static const TypeDef bytearray_def = {
    .name = "bytearray",
    .doc = "bytearray(iterable_of_ints) -> bytearray\n"
           "bytearray(string, encoding[, errors]) -> bytearray\n"
           "bytearray(bytes_or_buffer) -> mutable copy of bytes_or_buffer\n"
           "bytearray(int) -> zeros\n"
           "bytearray() -> empty bytearray object",
    .layout = LAYOUT(BYTEARRAY),
    .methods = bytearray_methods,
    .flags = TYPE_BASE | TYPE_MATCH_SELF,
};

bool bytearray_type_init(Vm *vm)
{
    vm->types.bytearray = type_from_def(vm, &bytearray_def, vm->types.object);
    return vm->types.bytearray && type_make_unhashable(vm, vm->types.bytearray);
}
