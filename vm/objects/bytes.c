/* SPDX-License-Identifier: MIT
 * bytes: making them, operators, indexing; shared with bytearray where a method is in bytes_methods.def.
 * Others are in bytes_search.c, bytes_split.c, bytes_layout.c and bytes_text.c. */
#include "vm/objects/bytes_methods.h"
#include "vm/objects/seq.h"

#include "vm/iter.h"
#include "vm/objects/text_codec.h"
#include "vm/text/search.h"
#include "vm/text/siphash.h"
#include "vm/text/strrepr.h"

#define BYTES_MAX ((size_t)1 << 46)

/* ---- making ---- */
Bytes *bytes_new_raw(Vm *vm, size_t len)
{
    if (len > BYTES_MAX) {
        raise_no_memory(vm);
        return NULL;
    }
    Bytes *b = heap_alloc(vm, sizeof(Bytes) + len + 1, KIND_BYTES, SHAPE_BYTES_ID, 0);
    if (!b)
        return NULL;
    b->len = len;
    b->hash = -1;
    b->data[len] = 0;
    return b;
}

Bytes *bytes_new(Vm *vm, const void *data, size_t len)
{
    if (len > BYTES_MAX) {
        raise_no_memory(vm);
        return NULL;
    }
    if (len == 0 && vm->empty_bytes)
        return vm->empty_bytes;
    Bytes *b = heap_alloc(vm, sizeof(Bytes) + len + 1, KIND_BYTES, SHAPE_BYTES_ID, 0);
    if (!b)
        return NULL;
    b->len = len;
    b->hash = -1;
    if (data)
        memcpy(b->data, data, len);
    else
        memset(b->data, 0, len);
    b->data[len] = 0;
    return b;
}

Value bytes_alloc_like(Vm *vm, Value self, size_t n, char **out)
{
    if (is_bytearray(self)) {
        ByteArray *a = bytearray_new(vm, NULL, n);
        *out = a && a->buf ? bytearray_data(a) : NULL;
        return value_from_obj(a);
    }
    Bytes *b = bytes_new(vm, NULL, n);
    *out = b ? b->data : NULL;
    return value_from_obj(b);
}

Value bytes_like(Vm *vm, Value self, const char *data, size_t n)
{
    if (is_bytearray(self))
        return value_from_obj(bytearray_new(vm, data, n));
    return value_from_obj(bytes_new(vm, data, n));
}

Value bytes_from_buf_like(Vm *vm, Value self, Buf *b)
{
    Value v = b->failed ? raise_no_memory(vm) : bytes_like(vm, self, b->len ? b->data : "", b->len);
    buf_free(b);
    return v;
}

Value bytes_part(Vm *vm, Value self, size_t from, size_t to)
{
    Span s = bytes_span(self);
    if (from == 0 && to == s.n && is_exact(self, SHAPE_BYTES_ID))
        return self;
    return bytes_like(vm, self, s.p + from, to - from);
}

bool bytes_by_script(Vm *vm, Value v)
{
    Type *t = type_of(vm, v);
    Str *name = t->flags & TYPE_HEAP ? str_intern(vm, "__buffer__", 10) : NULL;
    Value f = name ? type_lookup(vm, t, name) : VALUE_EMPTY;
    return !value_is_empty(f) && !is_native(f) && !value_is_none(f);
}

Value bytes_ask_view(Vm *vm, Value v, int flags)
{
    Str *name = str_intern(vm, "__buffer__", 10);
    Value arg = value_from_int48(flags), view = name ? op_call_method(vm, v, name, 1, &arg) : VALUE_ERROR;
    if (value_is_empty(view) || is_memoryview(vm, view))
        return view;
    return raise_exc(vm, EXC_TypeError, "__buffer__ returned non-memoryview object");
}

bool bytes_give_back(Vm *vm, Value v, Value view)
{
    Str *name = str_intern(vm, "__release_buffer__", 18);
    Value f = name ? type_lookup(vm, type_of(vm, v), name) : VALUE_EMPTY;
    if (value_is_empty(f) || value_is_none(f))
        return name != NULL;
    return !value_is_empty(op_call_method(vm, v, name, 1, &view));
}

Bytes *bytes_ask(Vm *vm, Value v, int flags)
{
    const char *data;
    size_t len;
    Value view = bytes_ask_view(vm, v, flags);
    if (value_is_empty(view) || !bytes_view(vm, view, &data, &len))
        return NULL;
    Bytes *copy = bytes_new(vm, data, len);
    return copy && bytes_give_back(vm, v, view) ? copy : NULL;
}

bool bytes_refused(Vm *vm)
{
    bool refused = exc_pending_is(vm, EXC_Exception) && !exc_pending_is(vm, EXC_MemoryError);
    if (refused)
        exc_discard(vm);
    return refused;
}

bool bytes_view(Vm *vm, Value v, const char **data, size_t *len)
{
    if (is_bytes(v) || is_bytearray(v)) {
        Span s = bytes_span(v);
        *data = s.p;
        *len = s.n;
        return true;
    }
    if (is_memoryview(vm, v))
        return memoryview_view(vm, v, data, len);
    LentBytes lent;
    if (bytes_lent(vm, v, &lent)) {
        *data = lent.data;
        *len = lent.len;
        return true;
    }
    if (bytes_by_script(vm, v)) {
        Bytes *copy = bytes_ask(vm, v, BUFFER_SIMPLE);
        *data = copy ? copy->data : NULL;
        *len = copy ? copy->len : 0;
        return copy != NULL;
    }
    raise_exc(vm, EXC_TypeError, "a bytes-like object is required, not '%T'", v);
    return false;
}

bool bytes_lent(Vm *vm, Value v, LentBytes *out)
{
    const TypeLayout *layout = is_kind(v, KIND_EXT) ? type_of(vm, v)->layout : NULL;
    if (!layout || !layout->lend)
        return false;
    if (out)
        layout->lend(value_obj(v), out);
    return true;
}

bool bytes_writable(Vm *vm, Value v, const char *what, char **data, size_t *len)
{
    LentBytes lent;
    const char *p;
    bool writable = is_bytearray(v) || (is_memoryview(vm, v) && !memoryview_is_readonly(v)) ||
                    (bytes_lent(vm, v, &lent) && !lent.readonly);
    if (!writable) {
        raise_exc(vm, EXC_TypeError, "%s must be read-write bytes-like object, not %B", what, v);
        return false;
    }
    if (!bytes_view(vm, v, &p, len))
        return false;
    *data = (char *)(uintptr_t)p;
    return true;
}

bool byte_value(Vm *vm, Value v, const char *what, unsigned char *out)
{
    int64_t i;
    v = op_index(vm, v);
    if (value_is_empty(v))
        return false;
    if (!int_to_i64(v, &i) || i < 0 || i > 255) {
        raise_exc(vm, EXC_ValueError, "%s must be in range(0, 256)", what);
        return false;
    }
    *out = (unsigned char)i;
    return true;
}

typedef struct Collector {
    Buf *out;
    const char *what;
} Collector;

static bool collect_one(Vm *vm, Value item, void *ud)
{
    Collector *c = ud;
    unsigned char byte;
    if (!byte_value(vm, item, c->what, &byte))
        return false;
    buf_putc(c->out, (char)byte);
    if (!c->out->failed)
        return true;
    raise_no_memory(vm);
    return false;
}

bool bytes_collect(Vm *vm, Value iterable, const char *what, const char *type, Buf *out)
{
    Span s;
    Collector c = { out, what };
    if (is_bytes_like(vm, iterable)) {
        if (is_memoryview(vm, iterable))        /* its items need not lie one behind the other */
            iterable = memoryview_bytes(vm, iterable);
        if (value_is_empty(iterable) || !span_of(vm, iterable, &s))
            return false;
        buf_put(out, s.p, s.n);
        return true;
    }
    Value it = is_str(iterable) ? VALUE_EMPTY : op_iter(vm, iterable);
    if (value_is_empty(it)) {
        if (!is_str(iterable) && !exc_pending_is(vm, EXC_TypeError))
            return false;
        exc_discard(vm);
        raise_exc(vm, EXC_TypeError, "cannot convert '%T' object to %s", iterable, type);
        return false;
    }
    /* A guess of the length is asked for, which may raise. */
    if (strcmp(type, "bytes") == 0 && op_length_hint(vm, iterable, 0) < 0)
        return false;
    return op_each(vm, it, collect_one, &c);
}

static bool put_encoded(Vm *vm, Value text, Value encoding, Value errors, Buf *out)
{
    if (!is_str(text)) {
        raise_type_error(vm, "encoding without a string argument");
        return false;
    }
    Str *how = value_is_empty(errors) ? NULL : as_str(errors);
    Bytes *b = text_encode(vm, as_str(text), as_str(encoding), how);
    if (b)
        buf_put(out, b->data, b->len);
    return b != NULL;
}

/* *used: source was a count. False: exception pending. */
static bool put_zeros(Vm *vm, Value source, const char *type, Buf *out, bool *used)
{
    int64_t n;
    *used = false;
    if (!has_index(vm, source))
        return true;
    Value i = op_index(vm, source);
    if (value_is_empty(i)) {
        if (!exc_pending_is(vm, EXC_TypeError))
            return false;
        exc_discard(vm);        /* then it is taken as an iterable */
        return true;
    }
    *used = true;
    if (!int_to_i64(i, &n)) {
        raise_exc(vm, EXC_OverflowError, "cannot fit '%T' into an index-sized integer", source);
        return false;
    }
    if (n < 0) {
        raise_exc(vm, EXC_ValueError, "negative count");
        return false;
    }
    if (n > INT64_MAX - 33 && strcmp(type, "bytes") == 0) {     /* CPython's header would not fit */
        raise_exc(vm, EXC_OverflowError, "byte string is too large");
        return false;
    }
    char *room = (uint64_t)n > BYTES_MAX ? NULL : buf_reserve(out, (size_t)n);
    if (!room) {
        raise_no_memory(vm);
        return false;
    }
    memset(room, 0, (size_t)n);
    out->len += (size_t)n;
    return true;
}

bool bytes_source(Vm *vm, const Args *args, const char *what, const char *type, Buf *out)
{
    Value source = args->v[0], encoding = args->v[1], errors = args->v[2];
    bool counted;
    if (value_is_empty(source)) {
        if (value_is_empty(encoding) && value_is_empty(errors))
            return true;
        raise_exc(vm, EXC_TypeError, "%s without a string argument",
                  value_is_empty(encoding) ? "errors" : "encoding");
        return false;
    }
    if (!value_is_empty(encoding))
        return put_encoded(vm, source, encoding, errors, out);
    if (!value_is_empty(errors) || is_str(source)) {
        raise_type_error(vm, is_str(source) ? "string argument without an encoding"
                         : "errors without a string argument");
        return false;
    }
    if (!put_zeros(vm, source, type, out, &counted))
        return false;
    if (!counted && !is_bytes(source) && !is_bytearray(source) && bytes_by_script(vm, source)) {
        Bytes *copy = bytes_ask(vm, source, BUFFER_FULL_RO);
        if (copy)
            buf_put(out, copy->data, copy->len);
        return copy != NULL;
    }
    return counted || bytes_collect(vm, source, what, type, out);
}

static Value subclass_copy(Vm *vm, Type *cls, const char *data, size_t len)
{
    Bytes *b = (Bytes *)object_alloc_var(vm, cls, KIND_BYTES, sizeof(Bytes) + len + 1);
    if (!b)
        return VALUE_ERROR;
    b->len = len;
    b->hash = -1;
    if (len)
        memcpy(b->data, data, len);
    return value_from_obj(b);
}

/* source.__bytes__(); EMPTY with nothing pending: it has none. */
static Value call_bytes(Vm *vm, Value source)
{
    bool missing;
    Value b = op_call_special(vm, source, SPECIAL_BYTES, 0, NULL, &missing);
    if (!value_is_empty(b) && !is_bytes(b))
        return raise_exc(vm, EXC_TypeError, "__bytes__ returned non-bytes (type %T)", b);
    return b;
}

static Value bytes_m_new(Vm *vm, Value self, const Args *args)
{
    Type *cls = as_type(self);
    Value source = args->v[0], v;
    if (!value_is_empty(source) && value_is_empty(args->v[1]) && value_is_empty(args->v[2])) {
        if (is_exact(source, SHAPE_BYTES_ID))
            v = source;
        else
            v = call_bytes(vm, source);
        if (vm_pending(vm))
            return VALUE_ERROR;
        if (!value_is_empty(v))
            return cls == vm->types.bytes ? v : subclass_copy(vm, cls, as_bytes(v)->data, as_bytes(v)->len);
    }
    Buf b;
    buf_init(&b, &vm->alloc);
    if (!bytes_source(vm, args, "bytes", "bytes", &b)) {
        buf_free(&b);
        return VALUE_ERROR;
    }
    if (b.failed)
        v = raise_no_memory(vm);
    else if (cls == vm->types.bytes)
        v = value_from_obj(bytes_new(vm, b.len ? b.data : "", b.len));
    else
        v = subclass_copy(vm, cls, b.data, b.len);
    buf_free(&b);
    return v;
}

/* ---- the object's own ---- */
int64_t bytes_hash_data(Vm *vm, const char *data, size_t n)
{
    SipKey key = { vm->hash_key[0], vm->hash_key[1] };
    if (!n)
        return 0;
    uint32_t h = (uint32_t)siphash13(&key, data, n);
    return h ? h : 1;                   /* as that of a string of these bytes */
}

static Value bytes_m_hash(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Bytes *b = as_bytes(self);
    if (b->hash == -1)
        b->hash = bytes_hash_data(vm, b->data, b->len);
    return value_from_int48(b->hash);
}

static Value bytes_m_bytes(Vm *vm, Value self, const Args *args)
{
    (void)args;
    if (is_exact(self, SHAPE_BYTES_ID))
        return self;
    return value_from_obj(bytes_new(vm, as_bytes(self)->data, as_bytes(self)->len));
}

static Value bytes_m_getnewargs(Vm *vm, Value self, const Args *args)
{
    Value b = bytes_m_bytes(vm, self, args);
    return value_is_empty(b) ? b : value_from_obj(tuple_pack(vm, 1, b));
}

Value bytes_m_len(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return int_new(vm, (int64_t)bytes_span(self).n);
}

Value bytes_m_iter(Vm *vm, Value self, const Args *args)
{
    (void)args;
    unsigned kind = is_bytes(self) ? ITER_BYTES : ITER_BYTEARRAY;
    return value_from_obj(iter_new(vm, kind, kind == ITER_BYTES ? vm->types.bytes_iterator :
                                   vm->types.bytearray_iterator, self, 0, 0, 0));
}

/* bytearray(b'...'), where CPython escapes an apostrophe even between double quotes. */
static void put_bytearray(Vm *vm, Buf *out, Value self, Span s)
{
    Buf text;
    buf_init(&text, &vm->alloc);
    strrepr_bytes(&text, s.p, s.n);
    buf_puts(out, type_name_of(vm, self));
    buf_putc(out, '(');
    bool twice = text.len > 1 && text.data[1] == '"';
    for (size_t i = 0; i < text.len; i++) {
        if (twice && text.data[i] == '\'')
            buf_putc(out, '\\');
        buf_putc(out, text.data[i]);
    }
    buf_putc(out, ')');
    out->failed |= text.failed;
    buf_free(&text);
}

Value bytes_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Span s = bytes_span(self);
    Buf b;
    buf_init(&b, &vm->alloc);
    if (is_bytearray(self))
        put_bytearray(vm, &b, self, s);
    else
        strrepr_bytes(&b, s.p, s.n);
    return value_from_obj(str_from_buf(vm, &b));
}

/* ---- comparison ---- */

/* -1, 0, 1, or 2: not comparable. bytearray compares with anything bytes-like. */
static int compare(Vm *vm, Value self, Value other)
{
    Span a = bytes_span(self), b;
    if (is_bytes(other) || is_bytearray(other))
        b = bytes_span(other);
    else if (!is_bytearray(self) || !is_memoryview(vm, other))
        return 2;
    else if (!span_of(vm, other, &b)) {
        exc_discard(vm);        /* a released view is equal to nothing */
        return 2;
    }
    int r = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);
    return r ? (r > 0) - (r < 0) : (a.n > b.n) - (a.n < b.n);
}

#define BYTES_COMPARE(name, test)                                       \
    Value bytes_m_##name(Vm *vm, Value self, const Args *args)          \
    {                                                                   \
        int r = compare(vm, self, args->v[0]);                          \
        return r == 2 ? VALUE_NOT_IMPLEMENTED : value_from_bool(r test);\
    }
BYTES_COMPARE(eq, == 0)
BYTES_COMPARE(ne, != 0)
BYTES_COMPARE(lt, < 0)
BYTES_COMPARE(le, <= 0)
BYTES_COMPARE(gt, > 0)
BYTES_COMPARE(ge, >= 0)
#undef BYTES_COMPARE

/* ---- items ---- */
static Value get_slice(Vm *vm, Value self, Slice *slice)
{
    int64_t start, stop, step, count;
    char *to;
    if (!slice_unpack(vm, slice, &start, &stop, &step))
        return VALUE_ERROR;
    Span s = bytes_span(self);      /* after __index__ has run */
    count = slice_adjust((int64_t)s.n, &start, &stop, step);
    if (step == 1)
        return bytes_part(vm, self, (size_t)start, (size_t)(start + count));
    Value r = bytes_alloc_like(vm, self, (size_t)count, &to);
    if (value_is_empty(r))
        return r;
    for (int64_t i = 0; i < count; i++)
        to[i] = s.p[start + i * step];
    return r;
}

Value bytes_m_getitem(Vm *vm, Value self, const Args *args)
{
    Value key = args->v[0];
    int64_t i;
    if (is_slice(key))
        return get_slice(vm, self, as_slice(key));
    if (LIKELY(value_is_int48(key))) {
        i = value_int48(key);
    } else {
        if (!has_index(vm, key))
            return raise_exc(vm, EXC_TypeError, "%s indices must be integers or slices, not %T",
                         is_bytes(self) ? "byte" : "bytearray", key);
        Value n = op_index(vm, key);
        if (value_is_empty(n))
            return n;
        if (!int_to_i64(n, &i))
            return raise_exc(vm, EXC_IndexError, "cannot fit '%T' into an index-sized integer", key);
    }
    Span s = bytes_span(self);
    if (i < 0)
        i += (int64_t)s.n;
    if (i < 0 || (uint64_t)i >= s.n)
        return raise_exc(vm, EXC_IndexError, "%sindex out of range", is_bytes(self) ? "" : "bytearray ");
    return value_from_int48((unsigned char)s.p[i]);
}

Value bytes_m_contains(Vm *vm, Value self, const Args *args)
{
    Span s, sub;
    unsigned char byte;
    Value key = args->v[0];
    if (has_index(vm, key)) {
        if (!byte_value(vm, key, "byte", &byte))
            return VALUE_ERROR;
        s = bytes_span(self);
        return value_from_bool(s.n && memchr(s.p, byte, s.n));
    }
    if (!span_of(vm, key, &sub))
        return VALUE_ERROR;
    s = bytes_span(self);
    return value_from_bool(search_find(s.p, s.n, sub.p, sub.n) != SEARCH_NONE);
}

Value bytes_m_add(Vm *vm, Value self, const Args *args)
{
    Span a, b;
    Value other = args->v[0];
    char *to;
    if (!is_bytes_like(vm, other))
        return raise_exc(vm, EXC_TypeError, "can't concat %T to %T", other, self);
    if (!span_of(vm, other, &b))
        return bytes_refused(vm) ? raise_exc(vm, EXC_TypeError, "can't concat %T to %T", other, self) : VALUE_ERROR;
    a = bytes_span(self);
    if (b.n == 0)
        return bytes_part(vm, self, 0, a.n);
    Value r = bytes_alloc_like(vm, self, a.n + b.n, &to);
    if (value_is_empty(r))
        return r;
    memcpy(to, a.p, a.n);
    memcpy(to + a.n, b.p, b.n);
    return r;
}

Value bytes_m_mul(Vm *vm, Value self, const Args *args)
{
    int64_t times;
    char *to;
    if (!seq_repeat_count(vm, args->v[0], &times))
        return VALUE_ERROR;
    if (times < 0)
        times = 0;
    Span s = bytes_span(self);
    if (times == 0 || s.n == 0)
        return bytes_like(vm, self, "", 0);
    if (times == 1)
        return bytes_part(vm, self, 0, s.n);
    if ((uint64_t)times > (uint64_t)INT64_MAX / s.n)
        return is_bytearray(self) ? raise_no_memory(vm)
                                  : raise_exc(vm, EXC_OverflowError, "repeated bytes are too long");
    size_t total = (size_t)times * s.n;
    Value r = bytes_alloc_like(vm, self, total, &to);
    if (value_is_empty(r))
        return r;
    memcpy(to, s.p, s.n);
    for (size_t done = s.n; done < total; done *= 2)
        memcpy(to + done, to, done < total - done ? done : total - done);
    return r;
}

/* ---- formatting ---- */
static Value format_bytes(Vm *vm, Value format, Value arg)
{
    Span s = bytes_span(format);
    Buf b;
    char small[512];
    buf_init_on(&b, &vm->alloc, small, sizeof small);
    if (percent_format(vm, s.p, s.n, arg, true, &b))
        return bytes_from_buf_like(vm, format, &b);
    buf_free(&b);
    return VALUE_ERROR;
}

Value bytes_m_mod(Vm *vm, Value self, const Args *args)
{
    return format_bytes(vm, self, args->v[0]);
}

Value bytes_m_rmod(Vm *vm, Value self, const Args *args)
{
    Value format = args->v[0];
    bool same = is_bytes(self) ? is_bytes(format) : is_bytearray(format);
    return same ? format_bytes(vm, format, self) : VALUE_NOT_IMPLEMENTED;
}

/* ---- the type ---- */
static const MethodDef bytes_methods[] = {
    { "__new__(source=..., encoding: str=..., errors: str=...)", NULL, bytes_m_new, NATIVE_STATIC },
    METHOD(bytes, hash, "__hash__()", NULL),
    METHOD(bytes, bytes, "__bytes__()", "Convert to exactly the type bytes."),
    METHOD(bytes, getnewargs, "__getnewargs__()", NULL),
#define BYTES_METHOD(name, signature, doc, flags) { signature, doc, bytes_m_##name, flags },
#include "vm/objects/bytes_methods.def"
    { 0 }
};
static const TypeDef bytes_def = {
    .name = "bytes",
    .doc = "Bytes that cannot be changed: of ints, of a text in an encoding, of another "
           "buffer, or so many zeros.",
    .layout = LAYOUT(BYTES),
    .methods = bytes_methods,
    .flags = TYPE_BASE | TYPE_MATCH_SELF,
    .shape_id = SHAPE_BYTES_ID,
};

bool bytes_types_init(Vm *vm)
{
    vm->types.bytes = type_from_def(vm, &bytes_def, vm->types.object);
    return vm->types.bytes && bytearray_type_init(vm) && memoryview_type_init(vm);
}
