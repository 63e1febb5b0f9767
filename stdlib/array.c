/* SPDX-License-Identifier: MIT
 * array.array: numbers or characters of one C type, packed in one buffer. */
#include "runtime/typing.h"
#include "runtime/warn.h"
#include "stdlib/modules.h"
#include "stdlib/util.h"
#include "vm/code.h"
#include "vm/objects/bytes.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/memoryview.h"
#include "vm/objects/seq.h"
#include "vm/text/utf8.h"

typedef struct Array {
    Obj h;
    Raw *buf;                   /* NULL: never had an item */
    size_t len;                 /* items */
    uint32_t exports;           /* memoryviews: the buffer may not move */
    uint8_t itemsize;
    char code;
} Array;

typedef struct ArrayIter {
    Obj h;
    Array *array;               /* NULL: exhausted */
    size_t at;
} ArrayIter;

static void array_trace(Marker *m, Obj *o)
{
    mark_obj(m, ((Array *)o)->buf);
}

static void array_iter_trace(Marker *m, Obj *o)
{
    mark_obj(m, ((ArrayIter *)o)->array);
}

static void array_lend(Obj *o, LentBytes *out)
{
    Array *a = (Array *)o;
    char *data = a->buf ? a->buf->data : (char *)(uintptr_t)"";
    *out = (LentBytes){ .data = data, .len = a->len * a->itemsize, .itemsize = a->itemsize,
                        .format = a->code == 'u' ? 'w' : a->code, .exports = &a->exports };
}

static const TypeLayout array_layout = { .kind = KIND_EXT, .size = sizeof(Array), .trace = array_trace, .lend = array_lend };
static const TypeLayout iter_layout = { .kind = KIND_EXT, .size = sizeof(ArrayIter), .trace = array_iter_trace };

static Array *as_array(Value v) { return (Array *)value_obj(v); }
static bool is_array(Vm *vm, Value v) { return is_kind(v, KIND_EXT) && type_of(vm, v)->layout == &array_layout; }
static bool is_text(char code) { return code == 'u' || code == 'w'; }
static unsigned code_size(char code)
{
    return is_text(code) ? 4 : code && strchr("bBhHiIlLqQfd", code) ? view_format_size(code) : 0;
}
static char *item_at(const Array *a, size_t i) { return a->buf->data + i * a->itemsize; }

/* ---- items ---- */
static Value load(Vm *vm, const Array *a, size_t i)
{
    uint32_t cp;
    if (!is_text(a->code)) {
        MemoryView format = { .format = a->code, .itemsize = a->itemsize };
        return view_load(vm, &format, item_at(a, i));
    }
    memcpy(&cp, item_at(a, i), 4);
    if (cp > 0x10ffff)
        return raise_exc(vm, EXC_ValueError, "character U+%x is not in range [U+0000; U+10ffff]", (unsigned)cp);
    return value_from_obj(str_char(vm, cp));
}

static bool out_of_range(Vm *vm, const char *what, bool high)
{
    raise_exc(vm, EXC_OverflowError, high ? "%s is greater than maximum" : "%s is less than minimum", what);
    return false;
}

/* An int that C's long holds, and from there a narrower one. */
static bool narrow(Vm *vm, int64_t i, const char *what, int64_t low, int64_t high)
{
    return (i >= low && i <= high) || out_of_range(vm, what, i > high);
}

static bool signed_bits(Vm *vm, char code, Value v, uint64_t *out)
{
    int64_t i;
    v = op_index(vm, v);
    if (value_is_empty(v))
        return false;
    if (!int_to_i64(v, &i)) {
        raise_exc(vm, EXC_OverflowError, code == 'q' ? "int too big to convert" : "Python int too large to convert to C long");
        return false;
    }
    *out = (uint64_t)i;
    switch (code) {
    case 'b':
        return narrow(vm, i, "signed short integer", INT16_MIN, INT16_MAX) && narrow(vm, i, "signed char", INT8_MIN, INT8_MAX);
    case 'B':
        return narrow(vm, i, "unsigned byte integer", 0, UINT8_MAX);
    case 'h':
        return narrow(vm, i, "signed short integer", INT16_MIN, INT16_MAX);
    case 'H':
        return narrow(vm, i, "signed integer", INT32_MIN, INT32_MAX) && narrow(vm, i, "unsigned short", 0, UINT16_MAX);
    case 'i':
        return narrow(vm, i, "signed integer", INT32_MIN, INT32_MAX);
    default:
        return true;
    }
}

static bool unsigned_bits(Vm *vm, char code, Value v, uint64_t *out)
{
    int64_t i;
    v = op_index(vm, v);
    if (value_is_empty(v))
        return false;
    const char *problem = NULL;
    if (int_sign(v) < 0)
        problem = code == 'Q' ? "can't convert negative int to unsigned" : "can't convert negative value to unsigned int";
    else if (int_to_i64(v, &i))
        *out = (uint64_t)i;
    else if (as_bigint(v)->count == 1)
        *out = as_bigint(v)->limbs[0];
    else
        problem = code == 'Q' ? "int too big to convert" : "Python int too large to convert to C unsigned long";
    if (problem) {
        raise_exc(vm, EXC_OverflowError, "%s", problem);
        return false;
    }
    return code != 'I' || *out <= UINT32_MAX || out_of_range(vm, "unsigned int", true);
}

static bool real_bits(Vm *vm, char code, Value v, uint64_t *out)
{
    double d;
    if (!op_double(vm, v, &d))
        return false;
    *out = float_bits(d);
    if (code == 'd')
        return true;
    memcpy(&d, out, sizeof d);
    float f = (float)d;
    uint32_t bits;
    memcpy(&bits, &f, sizeof f);
    *out = bits;
    return true;
}

/* A value as the bits of an item. May run script. */
static bool to_bits(Vm *vm, char code, Value v, uint64_t *out)
{
    if (is_text(code)) {
        uint32_t cp;
        if (!is_str(v) || as_str(v)->chars != 1) {
            raise_exc(vm, EXC_TypeError, "array item must be unicode character");
            return false;
        }
        utf8_decode(str_data(as_str(v)), &cp);
        *out = cp;
        return true;
    }
    if (code == 'f' || code == 'd')
        return real_bits(vm, code, v, out);
    return strchr("ILQ", code) ? unsigned_bits(vm, code, v, out) : signed_bits(vm, code, v, out);
}

/* ---- the buffer ---- */
static bool may_resize(Vm *vm, Array *a)
{
    return vm_may_resize(vm, a, &a->exports, "cannot resize an array that is exporting buffers");
}

static bool reserve(Vm *vm, Array *a, size_t need)
{
    size_t cap = a->buf ? a->buf->cap : 0;
    if (need > (size_t)1 << 44) {
        raise_no_memory(vm);
        return false;
    }
    need *= a->itemsize;
    if (need <= cap)
        return true;
    size_t want = need + need / 8 + 16;
    Raw *buf = raw_new(vm, want);
    if (!buf)
        return false;
    if (a->len)
        memcpy(buf->data, a->buf->data, a->len * a->itemsize);
    heap_set_ptr(vm, a, &a->buf, buf);
    return true;
}

static Array *array_new(Vm *vm, Type *t, char code, size_t cap)
{
    Array *a = (Array *)object_alloc(vm, t);
    if (!a)
        return NULL;
    a->code = code;
    a->itemsize = (uint8_t)code_size(code);
    return reserve(vm, a, cap) ? a : NULL;
}

static bool append_bits(Vm *vm, Array *a, uint64_t bits)
{
    if (!may_resize(vm, a) || !reserve(vm, a, a->len + 1))
        return false;
    view_store(item_at(a, a->len), a->itemsize, bits);
    a->len++;
    return true;
}

static bool append(Vm *vm, Array *a, Value v)
{
    uint64_t bits;
    return to_bits(vm, a->code, v, &bits) && append_bits(vm, a, bits);
}

static bool append_one(Vm *vm, Value item, void *ud)
{
    return append(vm, ud, item);
}

/* n items as they lie in memory, which may be the array's own. */
static bool append_raw(Vm *vm, Array *a, const char *data, size_t n)
{
    if (!n)
        return true;
    if (!may_resize(vm, a) || !reserve(vm, a, a->len + n))
        return false;
    memmove(item_at(a, a->len), data, n * a->itemsize);
    a->len += n;
    return true;
}

static bool append_bytes(Vm *vm, Array *a, Value v)
{
    const char *data;
    size_t len;
    if (!bytes_view(vm, v, &data, &len))
        return false;
    if (len % a->itemsize) {
        raise_exc(vm, EXC_ValueError, "bytes length not a multiple of item size");
        return false;
    }
    return append_raw(vm, a, data, len / a->itemsize);
}

static bool append_text(Vm *vm, Array *a, Str *s)
{
    if (!may_resize(vm, a) || !reserve(vm, a, a->len + s->chars))
        return false;
    const char *p = str_data(s), *end = p + s->len;
    while (p < end) {
        view_store(item_at(a, a->len), 4, utf8_next(&p));
        a->len++;
    }
    return true;
}

/* Room for n items at `at`, or those there go. */
static bool open_gap(Vm *vm, Array *a, size_t at, size_t old, size_t n)
{
    if (n != old && !may_resize(vm, a))
        return false;
    if (n > old && !reserve(vm, a, a->len + n - old))
        return false;
    if (n != old && a->len - at - old)
        memmove(item_at(a, at + n), item_at(a, at + old), (a->len - at - old) * a->itemsize);
    a->len += n - old;
    return true;
}

static Array *copy_part(Vm *vm, const Array *a, size_t from, size_t n)
{
    Array *r = array_new(vm, lib_type(vm, "_array", "array"), a->code, n);
    if (r && n) {
        memcpy(r->buf->data, item_at(a, from), n * a->itemsize);
        r->len = n;
    }
    return r;
}

static Value result(Array *a) { return a ? value_from_obj(a) : VALUE_ERROR; }

/* ---- making one ---- */
static bool same_kind(Vm *vm, const Array *a, const Array *b)
{
    if (a->code != b->code)
        raise_exc(vm, EXC_TypeError, "can only extend with array of same kind");
    return a->code == b->code;
}

static bool fill(Vm *vm, Array *a, Value v)
{
    if (is_str(v) && is_text(a->code))
        return append_text(vm, a, as_str(v));
    if (is_array(vm, v) && as_array(v)->code == a->code)
        return append_raw(vm, a, as_array(v)->len ? item_at(as_array(v), 0) : "", as_array(v)->len);
    if (is_bytes(v) || is_bytearray(v))
        return append_bytes(vm, a, v);
    if (!is_text(a->code) && (is_str(v) || (is_array(vm, v) && is_text(as_array(v)->code)))) {
        raise_exc(vm, EXC_TypeError, is_str(v) ? "cannot use a str to initialize an array with typecode '%c'"
                  : "cannot use a unicode array to initialize an array with typecode '%c'", a->code);
        return false;
    }
    return op_each(vm, v, append_one, a);
}

/* Does the class bring an __init__ that may want keywords? */
static bool has_own_init(Vm *vm, Type *t)
{
    return t->flags & TYPE_HEAP &&
           !value_same(type_special(t, SPECIAL_INIT), type_special(vm->types.object, SPECIAL_INIT));
}

static Value array_m_new(Vm *vm, Value self, const Args *args)
{
    Type *t = as_type(self);
    uint32_t n = args->nrest;
    if (args->nkw && !has_own_init(vm, t))
        return raise_exc(vm, EXC_TypeError, "array.array() takes no keyword arguments");
    if (n < 1 || n > 2)
        return raise_exc(vm, EXC_TypeError, n ? "array() takes at most 2 arguments (%u given)"
                         : "array() takes at least 1 argument (%u given)", n);
    Value code = args->rest[0];
    if (!is_str(code) || as_str(code)->chars != 1)
        return raise_exc(vm, EXC_TypeError, "array() argument 1 must be a unicode character, not %B", code);
    char c = as_str(code)->len == 1 ? *str_data(as_str(code)) : 0;
    if (c == 'u' && !warn_explicit_text(vm, vm->exc[EXC_DeprecationWarning],
                                        "The 'u' type code is deprecated and will be removed in Python 3.16"))
        return VALUE_ERROR;
    if (!code_size(c))
        return raise_exc(vm, EXC_ValueError, "bad typecode (must be b, B, u, h, H, i, I, l, L, q, Q, f or d)");
    Array *a = array_new(vm, t, c, 0);
    if (!a || (n == 2 && !fill(vm, a, args->rest[1])))
        return VALUE_ERROR;
    return value_from_obj(a);
}

/* ---- methods ---- */
static Value done(bool ok) { return ok ? VALUE_NONE : VALUE_ERROR; }

static Value array_m_append(Vm *vm, Value self, const Args *args)
{
    return done(append(vm, as_array(self), args->v[0]));
}

static bool extend(Vm *vm, Array *a, Value v)
{
    if (!is_array(vm, v))
        return op_each(vm, v, append_one, a);
    const Array *b = as_array(v);
    return same_kind(vm, a, b) && append_raw(vm, a, b->len ? item_at(b, 0) : "", b->len);
}

static Value array_m_extend(Vm *vm, Value self, const Args *args)
{
    return done(extend(vm, as_array(self), args->v[0]));
}

static Value array_m_fromlist(Vm *vm, Value self, const Args *args)
{
    Array *a = as_array(self);
    if (!is_list(args->v[0]))
        return raise_exc(vm, EXC_TypeError, "arg must be list");
    List *l = as_list(args->v[0]);
    size_t before = a->len, n = l->len;
    if (!n || !may_resize(vm, a))
        return done(!n);
    for (size_t i = 0; i < n; i++) {
        if (l->len != n) {
            a->len = before;
            return raise_exc(vm, EXC_RuntimeError, "list changed size during iteration");
        }
        if (!append(vm, a, list_items(l)[i])) {
            a->len = before;
            return VALUE_ERROR;
        }
    }
    return VALUE_NONE;
}

static Value array_m_frombytes(Vm *vm, Value self, const Args *args)
{
    return done(append_bytes(vm, as_array(self), args->v[0]));
}

static Value array_m_fromunicode(Vm *vm, Value self, const Args *args)
{
    Array *a = as_array(self);
    if (!is_str(args->v[0]))
        return value_is_none(args->v[0]) ? raise_exc(vm, EXC_TypeError, "fromunicode() argument must be str, not None")
               : raise_exc(vm, EXC_TypeError, "fromunicode() argument must be str, not %B", args->v[0]);
    if (!is_text(a->code))
        return raise_exc(vm, EXC_ValueError, "fromunicode() may only be called on unicode type arrays ('u' or 'w')");
    return done(append_text(vm, a, as_str(args->v[0])));
}

static Value text_of(Vm *vm, const Array *a)
{
    Buf b;
    uint32_t cp;
    buf_init(&b, &vm->alloc);
    for (size_t i = 0; i < a->len; i++) {
        memcpy(&cp, item_at(a, i), 4);
        if (cp > 0x10ffff) {        /* the codec has the words */
            buf_free(&b);
            Value args = value_from_obj(str_cstr(vm, "utf-32-le"));
            Bytes *bytes = bytes_new(vm, item_at(a, 0), a->len * 4);
            Value decode = bytes ? lib_attr(vm, value_from_obj(bytes), "decode") : VALUE_ERROR;
            return value_is_empty(decode) ? decode : op_call1(vm, decode, args);
        }
        buf_put_utf8(&b, cp);
    }
    Str *s = str_from_buf(vm, &b);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value array_m_tounicode(Vm *vm, Value self, const Args *args)
{
    (void)args;
    if (!is_text(as_array(self)->code))
        return raise_exc(vm, EXC_ValueError, "tounicode() may only be called on unicode type arrays ('u' or 'w')");
    return text_of(vm, as_array(self));
}

static Value bytes_of(Vm *vm, const Array *a)
{
    Bytes *b = bytes_new(vm, a->len ? item_at(a, 0) : "", a->len * a->itemsize);
    return b ? value_from_obj(b) : VALUE_ERROR;
}

static Value array_m_tobytes(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return bytes_of(vm, as_array(self));
}

static Value list_of(Vm *vm, const Array *a)
{
    List *l = list_new(vm, a->len);
    for (size_t i = 0; l && i < a->len; i++) {
        Value v = load(vm, a, i);
        if (value_is_empty(v) || !list_append(vm, l, v))
            return VALUE_ERROR;
    }
    return l ? value_from_obj(l) : VALUE_ERROR;
}

static Value array_m_tolist(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return list_of(vm, as_array(self));
}

static Value array_m_fromfile(Vm *vm, Value self, const Args *args)
{
    Array *a = as_array(self);
    int64_t n;
    Value read = lib_attr(vm, args->v[0], "read");
    if (value_is_empty(read) || !op_int64(vm, args->v[1], &n))
        return VALUE_ERROR;
    if (n < 0)
        return raise_exc(vm, EXC_ValueError, "negative count");
    if (n > INT64_MAX / a->itemsize)
        return raise_no_memory(vm);
    Value data = op_call1(vm, read, int_new(vm, n * a->itemsize));
    if (value_is_empty(data))
        return data;
    if (!is_bytes(data))
        return raise_exc(vm, EXC_TypeError, "read() didn't return bytes");
    size_t got = as_bytes(data)->len;
    if (!append_bytes(vm, a, data))
        return VALUE_ERROR;
    return (int64_t)got == n * a->itemsize ? VALUE_NONE : raise_exc(vm, EXC_EOFError, "read() didn't return enough bytes");
}

static Value array_m_tofile(Vm *vm, Value self, const Args *args)
{
    Array *a = as_array(self);
    const size_t block = 64 * 1024;
    Value write = lib_attr(vm, args->v[0], "write");
    if (value_is_empty(write))
        return write;
    for (size_t at = 0; at < a->len * a->itemsize; at += block) {
        size_t left = a->len * a->itemsize - at;
        Bytes *b = bytes_new(vm, a->buf->data + at, left < block ? left : block);
        if (!b || value_is_empty(op_call1(vm, write, value_from_obj(b))))
            return VALUE_ERROR;
    }
    return VALUE_NONE;
}

static Value array_m_insert(Vm *vm, Value self, const Args *args)
{
    Array *a = as_array(self);
    int64_t i;
    uint64_t bits;
    if (!int_to_i64(args->v[0], &i))
        return raise_exc(vm, EXC_OverflowError, "Python int too large to convert to C ssize_t");
    if (!to_bits(vm, a->code, args->v[1], &bits))
        return VALUE_ERROR;
    int64_t len = (int64_t)a->len;
    i = i < 0 ? (i + len < 0 ? 0 : i + len) : i > len ? len : i;
    if (!open_gap(vm, a, (size_t)i, 0, 1))
        return VALUE_ERROR;
    view_store(item_at(a, (size_t)i), a->itemsize, bits);
    return VALUE_NONE;
}

static Value array_m_pop(Vm *vm, Value self, const Args *args)
{
    Array *a = as_array(self);
    int64_t i;
    if (!int_to_i64(args->v[0], &i))
        return raise_exc(vm, EXC_OverflowError, "Python int too large to convert to C ssize_t");
    if (!a->len)
        return raise_exc(vm, EXC_IndexError, "pop from empty array");
    if (i < 0)
        i += (int64_t)a->len;
    if ((uint64_t)i >= a->len)
        return raise_exc(vm, EXC_IndexError, "pop index out of range");
    Value v = load(vm, a, (size_t)i);
    return value_is_empty(v) || !open_gap(vm, a, (size_t)i, 1, 0) ? VALUE_ERROR : v;
}

/* The index of an item that equals v; -1: there is none, -2: exception pending. */
static int64_t find(Vm *vm, const Array *a, Value v, size_t from, size_t to)
{
    for (size_t i = from; i < to && i < a->len; i++) {
        Value item = load(vm, a, i);
        int same = value_is_empty(item) ? -1 : op_compare_bool(vm, COMPARE_EQ, item, v);
        if (same < 0 || !vm_checkpoint(vm))
            return -2;
        if (same)
            return (int64_t)i;
    }
    return -1;
}

static Value array_m_remove(Vm *vm, Value self, const Args *args)
{
    Array *a = as_array(self);
    int64_t at = find(vm, a, args->v[0], 0, SIZE_MAX);
    if (at == -1)
        return raise_exc(vm, EXC_ValueError, "array.remove(x): x not in array");
    return done(at >= 0 && ((size_t)at >= a->len || open_gap(vm, a, (size_t)at, 1, 0)));    /* its __eq__ may have cleared it */
}

static bool bound(Vm *vm, Value v, const Array *a, size_t dflt, size_t *out)
{
    int64_t i;
    *out = dflt;
    if (value_is_empty(v))
        return true;
    if (value_is_none(v)) {
        raise_exc(vm, EXC_TypeError, "slice indices must be integers or have an __index__ method");
        return false;
    }
    if (!slice_index(vm, v, &i))
        return false;
    if (i < 0)
        i += (int64_t)a->len;
    *out = i < 0 ? 0 : (size_t)i;
    return true;
}

static Value array_m_index(Vm *vm, Value self, const Args *args)
{
    Array *a = as_array(self);
    size_t from, to;
    if (!bound(vm, args->v[1], a, 0, &from) || !bound(vm, args->v[2], a, SIZE_MAX, &to))
        return VALUE_ERROR;
    int64_t at = find(vm, a, args->v[0], from, to);
    if (at == -1)
        return raise_exc(vm, EXC_ValueError, "array.index(x): x not in array");
    return at < 0 ? VALUE_ERROR : int_new(vm, at);
}

static Value array_m_contains(Vm *vm, Value self, const Args *args)
{
    int64_t at = find(vm, as_array(self), args->v[0], 0, SIZE_MAX);
    return at == -2 ? VALUE_ERROR : value_from_bool(at >= 0);
}

static Value array_m_count(Vm *vm, Value self, const Args *args)
{
    const Array *a = as_array(self);
    int64_t n = 0, at = -1;
    while ((at = find(vm, a, args->v[0], (size_t)(at + 1), SIZE_MAX)) >= 0)
        n++;
    return at == -2 ? VALUE_ERROR : int_new(vm, n);
}

static Value array_m_clear(Vm *vm, Value self, const Args *args)
{
    (void)args;
    if (as_array(self)->len && !may_resize(vm, as_array(self)))
        return VALUE_ERROR;
    as_array(self)->len = 0;
    return VALUE_NONE;
}

static Value array_m_reverse(Vm *vm, Value self, const Args *args)
{
    Array *a = as_array(self);
    char t[8];
    (void)vm;
    (void)args;
    for (size_t i = 0; i < a->len / 2; i++) {
        char *p = item_at(a, i), *q = item_at(a, a->len - 1 - i);
        memcpy(t, p, a->itemsize);
        memcpy(p, q, a->itemsize);
        memcpy(q, t, a->itemsize);
    }
    return VALUE_NONE;
}

static Value array_m_byteswap(Vm *vm, Value self, const Args *args)
{
    Array *a = as_array(self);
    (void)vm;
    (void)args;
    for (size_t i = 0; i < a->len; i++) {
        char *p = item_at(a, i);
        for (unsigned k = 0; k < a->itemsize / 2u; k++) {
            char c = p[k];
            p[k] = p[a->itemsize - 1 - k];
            p[a->itemsize - 1 - k] = c;
        }
    }
    return VALUE_NONE;
}

static Value array_m_buffer_info(Vm *vm, Value self, const Args *args)
{
    LentBytes lent;
    (void)args;
    array_lend(value_obj(self), &lent);
    Tuple *t = tuple_pack(vm, 2, int_new_u64(vm, (uintptr_t)lent.data), int_new(vm, (int64_t)as_array(self)->len));
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static Value array_m_copy(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return result(copy_part(vm, as_array(self), 0, as_array(self)->len));
}

/* The fast form, bytes in a known order, is put together again by array._array_reconstructor(). */
static Value array_m_reduce_ex(Vm *vm, Value self, const Args *args)
{
    static const struct { char code; uint8_t number; } formats[] = {
        { 'B', 0 }, { 'b', 1 }, { 'H', 2 }, { 'h', 4 }, { 'I', 6 }, { 'i', 8 }, { 'L', 10 }, { 'l', 12 }, { 'Q', 10 },
        { 'q', 12 }, { 'f', 14 }, { 'd', 16 }, { 'u', 20 }, { 'w', 20 },
    };
    const Array *a = as_array(self);
    int64_t protocol, number = 0;
    if (!is_int(args->v[0]))
        return raise_exc(vm, EXC_TypeError, "__reduce_ex__ argument should be an integer");
    if (!op_int64(vm, args->v[0], &protocol))
        return VALUE_ERROR;
    Value dict = obj_ext(vm, value_obj(self)) ? lib_attr(vm, self, "__dict__") : VALUE_NONE;
    Value code = value_from_obj(str_new(vm, &a->code, 1)), type = value_from_obj(type_of(vm, self));
    if (value_is_empty(dict))
        return dict;
    Tuple *how, *t;
    if (protocol < 3) {
        Value list = is_text(a->code) ? text_of(vm, a) : list_of(vm, a);
        how = value_is_empty(list) ? NULL : tuple_pack(vm, 2, code, list);
        t = how ? tuple_pack(vm, 3, type, value_from_obj(how), dict) : NULL;
        return t ? value_from_obj(t) : VALUE_ERROR;
    }
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (formats[i].code == a->code)
            number = formats[i].number;
    Value m = rt_import_module(vm, "array"), bytes = bytes_of(vm, a);
    Value make = value_is_empty(m) ? m : lib_attr(vm, m, "_array_reconstructor");
    how = value_is_empty(make) || value_is_empty(bytes) ? NULL : tuple_pack(vm, 4, type, code, int_new(vm, number), bytes);
    t = how ? tuple_pack(vm, 3, make, value_from_obj(how), dict) : NULL;
    return t ? value_from_obj(t) : VALUE_ERROR;
}

/* ---- items by key ---- */
static bool array_slice(Vm *vm, const Array *a, Value key, int64_t *start, int64_t *step, int64_t *count)
{
    int64_t stop;
    if (!slice_unpack(vm, as_slice(key), start, &stop, step))
        return false;
    *count = slice_adjust((int64_t)a->len, start, &stop, *step);
    return true;
}

static bool key_index(Vm *vm, const Array *a, Value key, const char *message, size_t *out)
{
    if (!seq_is_index(vm, key)) {
        raise_exc(vm, EXC_TypeError, "array indices must be integers");
        return false;
    }
    return seq_index(vm, key, &a->len, message, out);
}

static Value array_m_getitem(Vm *vm, Value self, const Args *args)
{
    Array *a = as_array(self);
    int64_t start, step, count;
    size_t i;
    if (!is_slice(args->v[0]))
        return key_index(vm, a, args->v[0], "array index out of range", &i) ? load(vm, a, i) : VALUE_ERROR;
    if (!array_slice(vm, a, args->v[0], &start, &step, &count))
        return VALUE_ERROR;
    if (step == 1)
        return result(copy_part(vm, a, (size_t)start, (size_t)count));
    Array *r = copy_part(vm, a, 0, 0);
    if (!r || !reserve(vm, r, (size_t)count))
        return VALUE_ERROR;
    for (int64_t k = 0; k < count; k++)
        memcpy(item_at(r, (size_t)k), item_at(a, (size_t)(start + k * step)), a->itemsize);
    r->len = (size_t)count;
    return value_from_obj(r);
}

/* The items of the slice go; those behind each move up. */
static bool delete_stepped(Vm *vm, Array *a, int64_t start, int64_t step, int64_t count)
{
    if (!count)
        return true;
    if (!may_resize(vm, a))
        return false;
    if (step < 0) {
        start += (count - 1) * step;
        step = -step;
    }
    size_t out = (size_t)start;
    for (size_t i = out; i < a->len; i++) {
        size_t k = i - (size_t)start;
        if (k % (size_t)step || k / (size_t)step >= (size_t)count) {
            memmove(item_at(a, out), item_at(a, i), a->itemsize);
            out++;
        }
    }
    a->len = out;
    return true;
}

static Value set_slice(Vm *vm, Array *a, Value key, Value v)
{
    int64_t start, step, count;
    if (!is_array(vm, v))
        return raise_exc(vm, EXC_TypeError, "can only assign array (not \"%T\") to array slice", v);
    Array *b = as_array(v);
    if (a == b && !(b = copy_part(vm, a, 0, a->len)))
        return VALUE_ERROR;
    if (a->code != b->code)
        return raise_exc(vm, EXC_TypeError, "bad argument type for built-in operation");
    if (!array_slice(vm, a, key, &start, &step, &count))
        return VALUE_ERROR;
    if (step == 1) {
        if (!open_gap(vm, a, (size_t)start, (size_t)count, b->len))
            return VALUE_ERROR;
        if (b->len)
            memcpy(item_at(a, (size_t)start), item_at(b, 0), b->len * a->itemsize);
        return VALUE_NONE;
    }
    if (!b->len)
        return done(delete_stepped(vm, a, start, step, count));
    if (b->len != (size_t)count)
        return raise_exc(vm, EXC_ValueError, "attempt to assign array of size %zu to extended slice of size %lld", b->len,
                         (long long)count);
    for (int64_t k = 0; k < count; k++)
        memcpy(item_at(a, (size_t)(start + k * step)), item_at(b, (size_t)k), a->itemsize);
    return VALUE_NONE;
}

static Value array_m_setitem(Vm *vm, Value self, const Args *args)
{
    Array *a = as_array(self);
    size_t i;
    uint64_t bits;
    if (is_slice(args->v[0]))
        return set_slice(vm, a, args->v[0], args->v[1]);
    if (!key_index(vm, a, args->v[0], "array assignment index out of range", &i) ||
        !to_bits(vm, a->code, args->v[1], &bits))
        return VALUE_ERROR;
    if (i >= a->len)            /* the conversion ran script */
        return raise_exc(vm, EXC_IndexError, "array assignment index out of range");
    view_store(item_at(a, i), a->itemsize, bits);
    return VALUE_NONE;
}

static Value array_m_delitem(Vm *vm, Value self, const Args *args)
{
    Array *a = as_array(self);
    int64_t start, step, count;
    size_t i;
    if (!is_slice(args->v[0]))
        return done(key_index(vm, a, args->v[0], "array assignment index out of range", &i) && open_gap(vm, a, i, 1, 0));
    if (!array_slice(vm, a, args->v[0], &start, &step, &count))
        return VALUE_ERROR;
    if (step == 1)
        return done(open_gap(vm, a, (size_t)start, (size_t)count, 0));
    return done(delete_stepped(vm, a, start, step, count));
}

static Value array_m_len(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return value_from_int48((int64_t)as_array(self)->len);
}

/* ---- operators ---- */
static Value array_m_add(Vm *vm, Value self, const Args *args)
{
    const Array *a = as_array(self);
    if (!is_array(vm, args->v[0]))
        return raise_exc(vm, EXC_TypeError, "can only append array (not \"%T\") to array", args->v[0]);
    if (as_array(args->v[0])->code != a->code)
        return raise_exc(vm, EXC_TypeError, "bad argument type for built-in operation");
    Array *r = copy_part(vm, a, 0, a->len);
    return r && extend(vm, r, args->v[0]) ? value_from_obj(r) : VALUE_ERROR;
}

static Value array_m_iadd(Vm *vm, Value self, const Args *args)
{
    if (!is_array(vm, args->v[0]))
        return raise_exc(vm, EXC_TypeError, "can only extend array with array (not \"%T\")", args->v[0]);
    return extend(vm, as_array(self), args->v[0]) ? self : VALUE_ERROR;
}

static bool repeat(Vm *vm, Array *a, int64_t times)
{
    size_t len = a->len;
    if (times < 0)
        times = 0;
    if (!len || times == 1)
        return true;
    if (!may_resize(vm, a))
        return false;
    if ((uint64_t)times > ((uint64_t)1 << 44) / len) {
        raise_no_memory(vm);
        return false;
    }
    if (!reserve(vm, a, len * (size_t)times))
        return false;
    for (int64_t k = 1; k < times; k++)
        memcpy(item_at(a, len * (size_t)k), item_at(a, 0), len * a->itemsize);
    a->len = len * (size_t)times;
    return true;
}

static Value array_m_mul(Vm *vm, Value self, const Args *args)
{
    int64_t times;
    if (!seq_repeat_count(vm, args->v[0], &times))
        return VALUE_ERROR;
    Array *r = copy_part(vm, as_array(self), 0, as_array(self)->len);
    return r && repeat(vm, r, times) ? value_from_obj(r) : VALUE_ERROR;
}

static Value array_m_imul(Vm *vm, Value self, const Args *args)
{
    int64_t times;
    return seq_repeat_count(vm, args->v[0], &times) && repeat(vm, as_array(self), times) ? self : VALUE_ERROR;
}

static Value compare(Vm *vm, Value self, Value other, unsigned op)
{
    if (!is_array(vm, other))
        return VALUE_NOT_IMPLEMENTED;
    const Array *a = as_array(self), *b = as_array(other);
    if ((op == COMPARE_EQ || op == COMPARE_NE) && a->len != b->len)
        return value_from_bool(op == COMPARE_NE);
    for (size_t i = 0; i < a->len && i < b->len; i++) {
        Value x = load(vm, a, i), y = load(vm, b, i);
        int same = value_is_empty(x) || value_is_empty(y) ? -1 : op_compare_bool(vm, COMPARE_EQ, x, y);
        if (same < 0 || !vm_checkpoint(vm))
            return VALUE_ERROR;
        if (!same)
            return op == COMPARE_EQ || op == COMPARE_NE ? value_from_bool(op == COMPARE_NE) : op_compare(vm, op, x, y);
    }
    return op_compare(vm, op, value_from_int48((int64_t)a->len), value_from_int48((int64_t)b->len));
}

#define COMPARISON(name, code)                                                                  \
    static Value array_m_##name(Vm *vm, Value self, const Args *args)                           \
    {                                                                                           \
        return compare(vm, self, args->v[0], code);                                             \
    }
COMPARISON(lt, COMPARE_LT)
COMPARISON(le, COMPARE_LE)
COMPARISON(eq, COMPARE_EQ)
COMPARISON(ne, COMPARE_NE)
COMPARISON(gt, COMPARE_GT)
COMPARISON(ge, COMPARE_GE)
#undef COMPARISON

static Value array_m_repr(Vm *vm, Value self, const Args *args)
{
    const Array *a = as_array(self);
    const char *name = type_short_name(type_of(vm, self));
    (void)args;
    Value items = !a->len ? VALUE_NONE : is_text(a->code) ? text_of(vm, a) : list_of(vm, a);
    if (value_is_empty(items))
        return items;
    Str *s = a->len ? str_printf(vm, "%s('%c', %R)", name, a->code, items) : str_printf(vm, "%s('%c')", name, a->code);
    return s && !vm_pending(vm) ? value_from_obj(s) : VALUE_ERROR;
}

static Value array_m_class_getitem(Vm *vm, Value self, const Args *args)
{
    Tuple *t = is_tuple(args->v[0]) ? as_tuple(args->v[0]) : tuple_from(vm, args->v, 1);
    return t ? alias_new(vm, self, value_from_obj(t), false) : VALUE_ERROR;
}

static Value array_g_typecode(Vm *vm, Value self)
{
    Str *s = str_new(vm, &as_array(self)->code, 1);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value array_g_itemsize(Vm *vm, Value self)
{
    (void)vm;
    return value_from_int48(as_array(self)->itemsize);
}

/* ---- iterators ---- */
static Value array_m_iter(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Type *t = lib_type(vm, "_array", "arrayiterator");
    ArrayIter *it = t ? (ArrayIter *)object_alloc(vm, t) : NULL;
    if (!it)
        return VALUE_ERROR;
    heap_set_ptr(vm, it, &it->array, as_array(self));
    return value_from_obj(it);
}

static Value array_iter_m_iter(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return self;
}

static Value array_iter_m_next(Vm *vm, Value self, const Args *args)
{
    ArrayIter *it = (ArrayIter *)value_obj(self);
    (void)args;
    if (it->array && it->at < it->array->len)
        return load(vm, it->array, it->at++);
    it->array = NULL;
    return raise_args(vm, EXC_StopIteration, 0, NULL);
}

static Value array_iter_m_reduce(Vm *vm, Value self, const Args *args)
{
    const ArrayIter *it = (ArrayIter *)value_obj(self);
    (void)args;
    Value builtins = rt_import_module(vm, "builtins");
    Value iter = value_is_empty(builtins) ? builtins : lib_attr(vm, builtins, "iter");
    Tuple *none = value_is_empty(iter) ? NULL : tuple_new(vm, 0);
    Tuple *a = none ? tuple_pack(vm, 1, it->array ? value_from_obj(it->array) : value_from_obj(none)) : NULL;
    Tuple *t = !a ? NULL : it->array ? tuple_pack(vm, 3, iter, value_from_obj(a), int_new(vm, (int64_t)it->at))
                                     : tuple_pack(vm, 2, iter, value_from_obj(a));
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static Value array_iter_m_setstate(Vm *vm, Value self, const Args *args)
{
    ArrayIter *it = (ArrayIter *)value_obj(self);
    int64_t at;
    if (!op_int64(vm, args->v[0], &at))
        return VALUE_ERROR;
    if (it->array)
        it->at = at < 0 ? 0 : (size_t)at > it->array->len ? it->array->len : (size_t)at;
    return VALUE_NONE;
}

/* ---- types ---- */
static const MethodDef array_methods[] = {
    { "__new__(*args, **kwargs)", NULL, array_m_new, NATIVE_STATIC | NATIVE_VECTOR },
    METHOD(array, append, "append(v, /)", "Put a value at the end."),
    METHOD(array, buffer_info, "buffer_info()", "(address of the items, how many they are)"),
    METHOD(array, byteswap, "byteswap()", "Turn round the bytes of each item."),
    METHOD(array, clear, "clear()", "Remove all items."),
    METHOD(array, count, "count(v, /)", "How many items equal the value."),
    METHOD(array, extend, "extend(bb, /)", "Put the items of an array of the same kind, or any iterable, at the end."),
    METHOD(array, fromfile, "fromfile(f, n, /)", "Read n items from a file and put them at the end."),
    METHOD(array, fromlist, "fromlist(list, /)", "Put the items of a list at the end; all or none."),
    METHOD(array, frombytes, "frombytes(buffer, /)", "Put the items that the bytes are in memory at the end."),
    METHOD(array, fromunicode, "fromunicode(ustr, /)", "Put the characters of a str at the end."),
    METHOD(array, index, "index(v, start=..., stop=..., /)", "Where the first item is that equals the value."),
    METHOD(array, insert, "insert(i: ssize, v, /)", "Put a value before the item of that index."),
    METHOD(array, pop, "pop(i: ssize = -1, /)", "Take out the item of that index."),
    METHOD(array, remove, "remove(v, /)", "Remove the first item that equals the value."),
    METHOD(array, reverse, "reverse()", "Turn the order round."),
    METHOD(array, tobytes, "tobytes()", "The bytes that the items are in memory."),
    METHOD(array, tofile, "tofile(f, /)", "Write the bytes of the items to a file."),
    METHOD(array, tolist, "tolist()", "A list of the items."),
    METHOD(array, tounicode, "tounicode()", "A str of the characters."),
    METHOD(array, copy, "__copy__()", "Return a copy."),
    METHOD(array, copy, "__deepcopy__(unused, /)", "Return a copy."),
    METHOD(array, reduce_ex, "__reduce_ex__(value, /)", "How to make it again."),
    METHOD(array, contains, "__contains__(key, /)", "Return key in self."),
    METHOD(array, getitem, "__getitem__(key, /)", "Return self[key]."),
    METHOD(array, setitem, "__setitem__(key, value, /)", "Store an item."),
    METHOD(array, delitem, "__delitem__(key, /)", "Delete self[key]."),
    METHOD(array, len, "__len__()", "Return len(self)."),
    METHOD(array, iter, "__iter__()", "Implement iter(self)."),
    METHOD(array, add, "__add__(value, /)", "Return self+value."),
    METHOD(array, iadd, "__iadd__(value, /)", "Implement self+=value."),
    METHOD(array, mul, "__mul__(value, /)", "Return self*value."),
    METHOD(array, mul, "__rmul__(value, /)", "Return value*self."),
    METHOD(array, imul, "__imul__(value, /)", "Implement self*=value."),
    METHOD(array, lt, "__lt__(value, /)", "Return self<value."),
    METHOD(array, le, "__le__(value, /)", "Return self<=value."),
    METHOD(array, eq, "__eq__(value, /)", "Return self==value."),
    METHOD(array, ne, "__ne__(value, /)", "Return self!=value."),
    METHOD(array, gt, "__gt__(value, /)", "Return self>value."),
    METHOD(array, ge, "__ge__(value, /)", "Return self>=value."),
    METHOD(array, repr, "__repr__()", "Return repr(self)."),
    CLASSMETHOD(array, class_getitem, "__class_getitem__(item, /)", "With type arguments."),
    { 0 }
};
static const GetSetDef array_getsets[] = {
    { "typecode", "The letter of the items' type.", array_g_typecode, NULL },
    { "itemsize", "How large an item is, in bytes.", array_g_itemsize, NULL },
    { 0 }
};
static const MethodDef iter_methods[] = {
    METHOD(array_iter, iter, "__iter__()", "Implement iter(self)."),
    METHOD(array_iter, next, "__next__()", "Implement next(self)."),
    METHOD(array_iter, reduce, "__reduce__()", "How to make it again."),
    METHOD(array_iter, setstate, "__setstate__(state, /)", "Go to that index."),
    { 0 }
};

Value array_init(Vm *vm)
{
    static const TypeDef def = { .name = "array.array", .layout = &array_layout, .methods = array_methods,
        .getsets = array_getsets, .flags = TYPE_BASE | TYPE_WEAKREFS | TYPE_SEQUENCE,
        .doc = "array(typecode[, initializer]): items of one C type, from an iterable, bytes or (of characters) a str.\n"
               "The letters of types: b B h H i I l L q Q for signed and unsigned integers of 1, 2, 4, 8 and 8 bytes,\n"
               "f d for floats of 4 and 8, w (and u) for characters." };
    static const TypeDef iter_def = { .name = "array.arrayiterator", .layout = &iter_layout, .methods = iter_methods,
        .flags = TYPE_DISALLOW_NEW };
    Module *m = module_new(vm, "_array", "What array is made of.");
    Type *t = m ? lib_add_type(vm, m, &def, vm->types.object) : NULL;
    if (!t || !type_make_unhashable(vm, t) || !lib_add_type(vm, m, &iter_def, vm->types.object))
        return VALUE_ERROR;
    return value_from_obj(m);
}
