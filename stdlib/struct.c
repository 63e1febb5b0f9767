/* SPDX-License-Identifier: MIT
 * Module _struct: values as bytes in C's layout or in a standard one. Formats are short: each call reads its own
 * again, once to measure and once to convert. */
#include "stdlib/modules.h"

#include <math.h>

#include "stdlib/util.h"
#include "vm/iter.h"
#include "vm/num/libm.h"
#include "vm/objects/bytes.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/text_codec.h"

#define FAIL(vm, ...) RAISE_LIB(vm, "struct", "error", __VA_ARGS__)

/* Reads a format: each item with its place. */
typedef struct Format {
    const char *p, *end;
    bool native, little;
    uint64_t at;                /* behind the last item */
} Format;

typedef struct Item {
    char code;
    uint64_t count;             /* repetitions; of 's' and 'p' the length */
    uint64_t at;
    unsigned size;              /* of one; 1 for 's', 'p' and 'x' */
} Item;

typedef struct Struct {
    Obj h;
    Str *format;
    uint64_t size, nvalues;
} Struct;

typedef struct Unpacker {
    Obj h;
    Value owner, buffer;        /* buffer EMPTY: at the end */
    uint64_t at;
} Unpacker;

/* ---- formats ---- */
static unsigned code_size(char c, bool native)
{
    static const char codes[] = "xcbB?hHiIlLqQnNefdspP";
    static const uint8_t standard[] = { 1, 1, 1, 1, 1, 2, 2, 4, 4, 4, 4, 8, 8, 0, 0, 2, 4, 8, 1, 1, 0 };
    static const uint8_t in_c[] = { 1, 1, 1, 1, sizeof(_Bool), sizeof(short), sizeof(short), sizeof(int), sizeof(int),
                                    sizeof(long), sizeof(long), 8, 8, sizeof(size_t), sizeof(size_t), 2, 4, 8, 1, 1,
                                    sizeof(void *) };
    const char *f = c ? strchr(codes, c) : NULL;
    return !f ? 0 : native ? in_c[f - codes] : standard[f - codes];
}

static void format_open(Format *f, const Str *s)
{
    const uint16_t one = 1;
    *f = (Format){ .p = str_data(s), .end = str_data(s) + s->len, .native = true, .little = *(const char *)&one };
    if (f->p == f->end)
        return;
    switch (*f->p) {
    case '<':
        f->native = false;
        f->little = true;
        break;
    case '>':
    case '!':
        f->native = false;
        f->little = false;
        break;
    case '=':
        f->native = false;
        break;
    case '@':
        break;
    default:
        return;
    }
    f->p++;
}

/* 1 an item, 0 the end, -1 exception pending. */
static int format_next(Vm *vm, Format *f, Item *it)
{
    while (f->p < f->end && (*f->p == ' ' || (*f->p >= '\t' && *f->p <= '\r')))
        f->p++;
    if (f->p == f->end)
        return 0;
    it->count = 1;
    if (*f->p >= '0' && *f->p <= '9') {
        it->count = 0;
        for (; f->p < f->end && *f->p >= '0' && *f->p <= '9'; f->p++)
            if (__builtin_mul_overflow(it->count, 10u, &it->count) ||
                __builtin_add_overflow(it->count, (unsigned)(*f->p - '0'), &it->count) || it->count > INT64_MAX)
                goto too_long;
        if (f->p == f->end) {
            FAIL(vm, "repeat count given without format specifier");
            return -1;
        }
    }
    it->code = *f->p++;
    it->size = code_size(it->code, f->native);
    if (!it->size) {
        FAIL(vm, "bad char in struct format");
        return -1;
    }
    if (f->native)
        f->at = (f->at + it->size - 1) & ~((uint64_t)it->size - 1);
    it->at = f->at;
    uint64_t bytes;
    if (!__builtin_mul_overflow(it->count, it->size, &bytes) && !__builtin_add_overflow(f->at, bytes, &f->at) &&
        f->at <= INT64_MAX)
        return 1;
too_long:
    FAIL(vm, "total struct size too long");
    return -1;
}

static uint64_t item_values(const Item *it)
{
    return it->code == 'x' ? 0 : it->code == 's' || it->code == 'p' ? 1 : it->count;
}

static bool measure(Vm *vm, const Str *format, uint64_t *size, uint64_t *nvalues)
{
    Format f;
    Item it;
    int r;
    *nvalues = 0;
    format_open(&f, format);
    while ((r = format_next(vm, &f, &it)) > 0)
        *nvalues += item_values(&it);
    *size = f.at;
    return r == 0;
}

/* A format as ASCII text. NULL: exception pending. */
static Str *format_arg(Vm *vm, Value v)
{
    Str *s;
    if (is_bytes(v)) {
        for (size_t i = 0; i < as_bytes(v)->len; i++)
            if (as_bytes(v)->data[i] & 0x80) {
                FAIL(vm, "bad char in struct format");
                return NULL;
            }
        s = str_decode(vm, as_bytes(v)->data, as_bytes(v)->len);
    } else if (is_str(v)) {
        s = as_str(v);
        if (!str_is_ascii(s)) {
            Str *ascii = str_cstr(vm, "ascii");
            if (!ascii || !text_encode(vm, s, ascii, NULL))
                return NULL;
        }
    } else {
        raise_exc(vm, EXC_TypeError, "Struct() argument 1 must be a str or bytes object, not %T", v);
        return NULL;
    }
    if (s && memchr(str_data(s), 0, s->len)) {
        FAIL(vm, "embedded null character");
        return NULL;
    }
    return s;
}

static Struct *struct_make(Vm *vm, Type *t, Value format)
{
    Struct tmp = { .format = format_arg(vm, format) };
    if (!tmp.format || !measure(vm, tmp.format, &tmp.size, &tmp.nvalues))
        return NULL;
    Struct *s = (Struct *)object_alloc(vm, t);
    if (!s)
        return NULL;
    s->format = tmp.format;
    s->size = tmp.size;
    s->nvalues = tmp.nvalues;
    return s;
}

/* For the functions: one that lives on the C stack. */
static bool struct_temporary(Vm *vm, Value format, Struct *s)
{
    if (!is_str(format) && !is_bytes(format)) {         /* CPython keeps formats in a dict */
        int64_t hash;
        if (!op_hash(vm, format, &hash))
            return false;
    }
    s->format = format_arg(vm, format);
    return s->format && measure(vm, s->format, &s->size, &s->nvalues);
}

/* ---- numbers ---- */
static void put_bits(char *p, uint64_t bits, unsigned size, bool little)
{
    for (unsigned i = 0; i < size; i++)
        p[little ? i : size - 1 - i] = (char)(bits >> 8 * i);
}

static uint64_t get_bits(const char *p, unsigned size, bool little)
{
    uint64_t bits = 0;
    for (unsigned i = 0; i < size; i++)
        bits |= (uint64_t)(unsigned char)p[little ? i : size - 1 - i] << 8 * i;
    return bits;
}

static bool half_from_double(double d, uint16_t *out)
{
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    uint16_t sign = (uint16_t)(bits >> 48 & 0x8000);
    double a = fabs(d);
    if (a != a || isinf(a)) {
        *out = sign | (a != a ? 0x7e00 : 0x7c00);
        return true;
    }
    int e;
    frexp(a, &e);
    e = e - 1 < -14 ? -14 : e - 1;
    double scaled = round_even(ldexp(a, 10 - e));     /* to even: the default rounding */
    uint32_t m = (uint32_t)scaled;
    if (e > 15 || (e == 15 && m >= 2048))
        return false;
    uint32_t h = m < 1024 ? m : ((uint32_t)(e + 15) << 10) + (m - 1024);
    *out = (uint16_t)(sign | h);
    return true;
}

static double half_to_double(uint16_t h)
{
    int e = h >> 10 & 31, m = h & 1023;
    double d = e == 31 ? (m ? NAN : INFINITY) : e ? ldexp(m + 1024, e - 25) : ldexp(m, -24);
    return h & 0x8000 ? -d : d;
}

static bool put_float(Vm *vm, char *p, const Item *it, const Format *f, Value v)
{
    double d;
    uint64_t bits;
    if (!op_double(vm, v, &d)) {
        exc_discard(vm);
        FAIL(vm, "required argument is not a float");
        return false;
    }
    bits = float_bits(d);
    memcpy(&d, &bits, sizeof d);
    if (it->code == 'd') {
    } else if (it->code == 'f') {
        float x = (float)d;
        uint32_t b;
        if (isinf(x) && !isinf(d) && !f->native) {
            raise_exc(vm, EXC_OverflowError, "float too large to pack with f format");
            return false;
        }
        memcpy(&b, &x, sizeof b);
        bits = b;
    } else {
        uint16_t h;
        if (!half_from_double(d, &h)) {
            raise_exc(vm, EXC_OverflowError, "float too large to pack with e format");
            return false;
        }
        bits = h;
    }
    put_bits(p, bits, it->size, f->little);
    return true;
}

static bool is_signed(char code) { return code >= 'a'; }

static bool out_of_range(Vm *vm, const Item *it)
{
    unsigned bits = it->size * 8;
    int64_t high = (int64_t)(UINT64_MAX >> (65 - bits));
    if (is_signed(it->code))
        FAIL(vm, "'%c' format requires %lld <= number <= %lld", it->code, (long long)(-high - 1), (long long)high);
    else
        FAIL(vm, "'%c' format requires 0 <= number <= %llu", it->code, (unsigned long long)(UINT64_MAX >> (64 - bits)));
    return false;
}

static bool put_int(Vm *vm, char *p, const Item *it, const Format *f, Value v)
{
    int64_t i;
    uint64_t bits;
    if (!is_int(v)) {
        if (value_is_empty(type_special(type_of(vm, v), SPECIAL_INDEX))) {
            FAIL(vm, "required argument is not an integer");
            return false;
        }
        v = op_index(vm, v);
        if (value_is_empty(v))
            return false;
    }
    unsigned width = it->size * 8;
    if (int_to_i64(v, &i)) {
        bits = (uint64_t)i;
        if (is_signed(it->code) ? width < 64 && (i < -(INT64_C(1) << (width - 1)) || i >= INT64_C(1) << (width - 1))
                                : it->code != 'P' && (i < 0 || (width < 64 && bits >> width)))
            return out_of_range(vm, it);
    } else if (!is_signed(it->code) && as_bigint(v)->count == 1 && int_sign(v) > 0) {
        bits = as_bigint(v)->limbs[0];
        if (width < 64)
            return out_of_range(vm, it);
    } else if (it->code == 'P') {
        FAIL(vm, "int too large to convert");
        return false;
    } else {
        return out_of_range(vm, it);
    }
    put_bits(p, bits, it->size, f->little);
    return true;
}

static bool put_text(Vm *vm, char *p, const Item *it, Value v)
{
    const char *text;
    size_t n, room = (size_t)it->count;
    if (!is_bytes(v) && !is_bytearray(v)) {
        FAIL(vm, "argument for '%c' must be a bytes object", it->code);
        return false;
    }
    if (!bytes_view(vm, v, &text, &n))
        return false;
    if (it->code == 'p') {
        if (!room)
            return true;
        n = n < room - 1 ? n : room - 1;
        *p++ = (char)(n < 255 ? n : 255);
    }
    memcpy(p, text, n < room ? n : room);
    return true;
}

static bool put_one(Vm *vm, char *p, const Item *it, const Format *f, Value v)
{
    int truth;
    switch (it->code) {
    case 'c':
        if (!is_bytes(v) || as_bytes(v)->len != 1) {
            FAIL(vm, "char format requires a bytes object of length 1");
            return false;
        }
        *p = as_bytes(v)->data[0];
        return true;
    case '?':
        truth = op_truth(vm, v);
        *p = (char)truth;
        return truth >= 0;
    case 'e':
    case 'f':
    case 'd':
        return put_float(vm, p, it, f, v);
    default:
        return put_int(vm, p, it, f, v);
    }
}

static Value get_one(Vm *vm, const char *p, const Item *it, const Format *f)
{
    uint64_t bits = get_bits(p, it->size, f->little);
    double d;
    uint32_t low = (uint32_t)bits;
    float x;
    Bytes *b;
    switch (it->code) {
    case 'c':
        b = bytes_new(vm, p, 1);
        return b ? value_from_obj(b) : VALUE_ERROR;
    case '?':
        return value_from_bool(bits != 0);
    case 'e':
        return float_new(vm, half_to_double((uint16_t)bits));
    case 'f':
        memcpy(&x, &low, sizeof x);
        d = x;
        memcpy(&bits, &d, sizeof bits);
        return float_load(vm, bits);
    case 'd':
        return float_load(vm, bits);
    default:
        break;
    }
    unsigned unused = 64 - it->size * 8;
    return is_signed(it->code) ? int_new(vm, (int64_t)(bits << unused) >> unused) : int_new_u64(vm, bits);
}

static Value get_text(Vm *vm, const char *p, const Item *it)
{
    size_t n = (size_t)it->count;
    if (it->code == 'p' && n) {
        size_t len = (unsigned char)*p++;
        n = len < n - 1 ? len : n - 1;
    }
    Bytes *b = bytes_new(vm, p, n);
    return b ? value_from_obj(b) : VALUE_ERROR;
}

/* ---- whole structs ---- */
/* Into zeroed memory. args are as many as the struct has values; they do not move, but script may run. */
static bool pack(Vm *vm, const Struct *s, char *to, const Value *args)
{
    Format f;
    Item it;
    int r;
    format_open(&f, s->format);
    while ((r = format_next(vm, &f, &it)) > 0) {
        if (it.code == 'x')
            continue;
        if (it.code == 's' || it.code == 'p') {
            if (!put_text(vm, to + it.at, &it, *args++))
                return false;
            continue;
        }
        for (uint64_t i = 0; i < it.count; i++)
            if (!put_one(vm, to + it.at + i * it.size, &it, &f, *args++) || (!(i & 1023) && !vm_checkpoint(vm)))
                return false;
    }
    return r == 0;
}

static Value unpack(Vm *vm, const Struct *s, const char *from)
{
    Format f;
    Item it;
    Tuple *t = tuple_new(vm, (size_t)s->nvalues);
    size_t n = 0;
    if (!t)
        return VALUE_ERROR;
    format_open(&f, s->format);
    while (format_next(vm, &f, &it) > 0) {
        if (it.code == 'x')
            continue;
        uint64_t count = item_values(&it);
        for (uint64_t i = 0; i < count; i++) {
            Value v = it.code == 's' || it.code == 'p' ? get_text(vm, from + it.at, &it)
                                                       : get_one(vm, from + it.at + i * it.size, &it, &f);
            if (value_is_empty(v))
                return v;
            t->items[n++] = v;
        }
    }
    return value_from_obj(t);
}

static bool right_count(Vm *vm, const Struct *s, const char *name, uint32_t got)
{
    if (got == s->nvalues)
        return true;
    FAIL(vm, "%s expected %llu items for packing (got %u)", name, (unsigned long long)s->nvalues, got);
    return false;
}

static Value struct_pack(Vm *vm, const Struct *s, const Value *args, uint32_t n)
{
    if (!right_count(vm, s, "pack", n))
        return VALUE_ERROR;
    Bytes *b = bytes_new(vm, NULL, (size_t)s->size);
    return b && pack(vm, s, b->data, args) ? value_from_obj(b) : VALUE_ERROR;
}

/* Where `size` bytes at an offset (negative: from the end) lie in a buffer of n bytes. */
static bool place(Vm *vm, int64_t *offset, size_t n, uint64_t size, bool packing)
{
    int64_t at = *offset;
    if (at < 0) {
        if (at + (int64_t)size > 0) {
            if (packing)
                FAIL(vm, "no space to pack %llu bytes at offset %lld", (unsigned long long)size, (long long)at);
            else
                FAIL(vm, "not enough data to unpack %llu bytes at offset %lld", (unsigned long long)size, (long long)at);
            return false;
        }
        if (at + (int64_t)n < 0) {
            FAIL(vm, "offset %lld out of range for %zu-byte buffer", (long long)at, n);
            return false;
        }
        *offset = at += (int64_t)n;
    }
    if ((uint64_t)at <= n && n - (uint64_t)at >= size)
        return true;
    FAIL(vm, "%s requires a buffer of at least %llu bytes for %s %llu bytes at offset %lld (actual buffer size is %zu)",
         packing ? "pack_into" : "unpack_from", (unsigned long long)(size + (uint64_t)at), packing ? "packing" : "unpacking",
         (unsigned long long)size, (long long)at, n);
    return false;
}

static Value struct_pack_into(Vm *vm, const Struct *s, const Value *args, uint32_t n)
{
    int64_t offset;
    char *to;
    size_t room;
    if (n < 2) {
        FAIL(vm, n ? "pack_into expected offset argument" : "pack_into expected buffer argument");
        return VALUE_ERROR;
    }
    if (!right_count(vm, s, "pack_into", n - 2) || !bytes_writable(vm, args[0], "argument", &to, &room) ||
        !op_int64(vm, args[1], &offset) || !place(vm, &offset, room, s->size, true))
        return VALUE_ERROR;
    Bytes *b = bytes_new(vm, NULL, (size_t)s->size);        /* aside first: script may change the buffer */
    if (!b || !pack(vm, s, b->data, args + 2) || !bytes_writable(vm, args[0], "argument", &to, &room))
        return VALUE_ERROR;
    if ((uint64_t)offset + s->size <= room)
        memcpy(to + offset, b->data, (size_t)s->size);
    return VALUE_NONE;
}

static Value struct_unpack(Vm *vm, const Struct *s, Value buffer)
{
    const char *p;
    size_t n;
    if (!bytes_view(vm, buffer, &p, &n))
        return VALUE_ERROR;
    if (n != s->size) {
        FAIL(vm, "unpack requires a buffer of %llu bytes", (unsigned long long)s->size);
        return VALUE_ERROR;
    }
    return unpack(vm, s, p);
}

static Value struct_unpack_from(Vm *vm, const Struct *s, Value buffer, Value at)
{
    const char *p;
    size_t n;
    int64_t offset;
    if (!op_int64(vm, at, &offset) || !bytes_view(vm, buffer, &p, &n) || !place(vm, &offset, n, s->size, false))
        return VALUE_ERROR;
    return unpack(vm, s, p + offset);
}

static Value struct_iter_unpack(Vm *vm, const Struct *s, Value owner, Value buffer)
{
    const char *p;
    size_t n;
    if (!s->size) {
        FAIL(vm, "cannot iteratively unpack with a struct of length 0");
        return VALUE_ERROR;
    }
    if (!bytes_view(vm, buffer, &p, &n))
        return VALUE_ERROR;
    if (n % s->size) {
        FAIL(vm, "iterative unpacking requires a buffer of a multiple of %llu bytes", (unsigned long long)s->size);
        return VALUE_ERROR;
    }
    Type *t = lib_type(vm, "_struct", "unpack_iterator");
    Unpacker *u = t ? (Unpacker *)object_alloc(vm, t) : NULL;
    if (!u)
        return VALUE_ERROR;
    u->owner = owner;
    u->buffer = buffer;
    return value_from_obj(u);
}

/* ---- the class ---- */
static inline Struct *as_struct(Value v) { return (Struct *)value_obj(v); }

static void struct_trace(Marker *m, Obj *o)
{
    mark_obj(m, ((Struct *)o)->format);
}
static const TypeLayout struct_layout = { .kind = KIND_EXT, .size = sizeof(Struct), .trace = struct_trace };

/* __init__ reads the format, so that a subclass may have other arguments. */
static Value struct_m_new(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Struct *s = (Struct *)object_alloc(vm, as_type(self));
    if (!s)
        return VALUE_ERROR;
    s->format = vm->empty_str;
    return value_from_obj(s);
}

static Value struct_m_init(Vm *vm, Value self, const Args *args)
{
    Struct *s = as_struct(self), tmp;
    if (!struct_temporary(vm, args->v[0], &tmp))
        return VALUE_ERROR;
    heap_set_ptr(vm, s, &s->format, tmp.format);
    s->size = tmp.size;
    s->nvalues = tmp.nvalues;
    return VALUE_NONE;
}

static Value struct_m_pack(Vm *vm, Value self, const Args *args)
{
    return struct_pack(vm, as_struct(self), args->rest, args->nrest);
}

static Value struct_m_pack_into(Vm *vm, Value self, const Args *args)
{
    return struct_pack_into(vm, as_struct(self), args->rest, args->nrest);
}

static Value struct_m_unpack(Vm *vm, Value self, const Args *args)
{
    return struct_unpack(vm, as_struct(self), args->v[0]);
}

static Value struct_m_unpack_from(Vm *vm, Value self, const Args *args)
{
    return struct_unpack_from(vm, as_struct(self), args->v[0], args->v[1]);
}

static Value struct_m_iter_unpack(Vm *vm, Value self, const Args *args)
{
    return struct_iter_unpack(vm, as_struct(self), self, args->v[0]);
}

static Value struct_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Str *s = str_printf(vm, "%s(%R)", type_short_name(type_of(vm, self)), value_from_obj(as_struct(self)->format));
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value struct_get_format(Vm *vm, Value self)
{
    (void)vm;
    return value_from_obj(as_struct(self)->format);
}

static Value struct_get_size(Vm *vm, Value self)
{
    return int_new_u64(vm, as_struct(self)->size);
}

static const MethodDef struct_methods[] = {
    { "__new__(*args, **kwargs)", NULL, struct_m_new, NATIVE_STATIC | NATIVE_VECTOR },
    METHOD(struct, init, "__init__(format)", "Read the format."),
    METHOD(struct, pack, "pack(*args)", "The values as bytes."),
    METHOD(struct, pack_into, "pack_into(*args)", "pack_into(buffer, offset, v1, v2, ...): write the values into a buffer."),
    METHOD(struct, unpack, "unpack(buffer, /)", "The values of a buffer that has just the right size, as a tuple."),
    METHOD(struct, unpack_from, "unpack_from(buffer, offset=0)", "The values at an offset of a buffer, as a tuple."),
    METHOD(struct, iter_unpack, "iter_unpack(buffer, /)", "An iterator over the structs that a buffer holds."),
    METHOD(struct, repr, "__repr__()", "Return repr(self)."),
    { 0 }
};
static const GetSetDef struct_getsets[] = {
    { "format", "The format, as text.", struct_get_format, NULL },
    { "size", "Bytes that the struct takes.", struct_get_size, NULL },
    { 0 }
};

static void unpacker_trace(Marker *m, Obj *o)
{
    mark_values(m, &((Unpacker *)o)->owner, 2);
}
static const TypeLayout unpacker_layout = { .kind = KIND_EXT, .size = sizeof(Unpacker), .trace = unpacker_trace };

static Value unpacker_m_iter(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return self;
}

static Value unpacker_m_next(Vm *vm, Value self, const Args *args)
{
    Unpacker *u = (Unpacker *)value_obj(self);
    const char *p;
    size_t n;
    (void)args;
    if (value_is_empty(u->buffer))
        return raise_stop_iteration(vm, VALUE_NONE);
    if (!bytes_view(vm, u->buffer, &p, &n))
        return VALUE_ERROR;
    const Struct *s = as_struct(u->owner);
    if (u->at + s->size > n) {
        u->buffer = VALUE_EMPTY;
        return raise_stop_iteration(vm, VALUE_NONE);
    }
    Value v = unpack(vm, s, p + u->at);
    u->at += s->size;
    return v;
}

static Value unpacker_m_length_hint(Vm *vm, Value self, const Args *args)
{
    Unpacker *u = (Unpacker *)value_obj(self);
    const char *p;
    size_t n;
    (void)args;
    if (value_is_empty(u->buffer))
        return value_from_int48(0);
    if (!bytes_view(vm, u->buffer, &p, &n))
        return VALUE_ERROR;
    return value_from_int48(n > u->at ? (int64_t)((n - u->at) / as_struct(u->owner)->size) : 0);
}

static const MethodDef unpacker_methods[] = {
    METHOD(unpacker, iter, "__iter__()", "Implement iter(self)."),
    METHOD(unpacker, next, "__next__()", "Implement next(self)."),
    METHOD(unpacker, length_hint, "__length_hint__()", "How many structs are left."),
    { 0 }
};

/* ---- the functions ---- */
static Value struct_f_calcsize(Vm *vm, Value self, const Args *args)
{
    Struct s;
    (void)self;
    return struct_temporary(vm, args->v[0], &s) ? int_new_u64(vm, s.size) : VALUE_ERROR;
}

static Value struct_f_pack(Vm *vm, Value self, const Args *args)
{
    Struct s;
    (void)self;
    if (!args->nrest)
        return raise_exc(vm, EXC_TypeError, "missing format argument");
    return struct_temporary(vm, args->rest[0], &s) ? struct_pack(vm, &s, args->rest + 1, args->nrest - 1) : VALUE_ERROR;
}

static Value struct_f_pack_into(Vm *vm, Value self, const Args *args)
{
    Struct s;
    (void)self;
    if (!args->nrest)
        return raise_exc(vm, EXC_TypeError, "missing format argument");
    return struct_temporary(vm, args->rest[0], &s) ? struct_pack_into(vm, &s, args->rest + 1, args->nrest - 1) : VALUE_ERROR;
}

static Value struct_f_unpack(Vm *vm, Value self, const Args *args)
{
    Struct s;
    (void)self;
    return struct_temporary(vm, args->v[0], &s) ? struct_unpack(vm, &s, args->v[1]) : VALUE_ERROR;
}

static Value struct_f_unpack_from(Vm *vm, Value self, const Args *args)
{
    Struct s;
    (void)self;
    return struct_temporary(vm, args->v[0], &s) ? struct_unpack_from(vm, &s, args->v[1], args->v[2]) : VALUE_ERROR;
}

static Value struct_f_iter_unpack(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Type *t = lib_type(vm, "_struct", "Struct");
    Struct *s = t ? struct_make(vm, t, args->v[0]) : NULL;
    return s ? struct_iter_unpack(vm, s, value_from_obj(s), args->v[1]) : VALUE_ERROR;
}

static Value struct_f_clearcache(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)self;
    (void)args;
    return VALUE_NONE;
}

static const MethodDef functions[] = {
    FUNCTION(struct, calcsize, "calcsize(format, /)", "Bytes that a struct of this format takes."),
    FUNCTION(struct, pack, "pack(*args)", "pack(format, v1, v2, ...): the values as bytes."),
    FUNCTION(struct, pack_into, "pack_into(*args)", "pack_into(format, buffer, offset, v1, v2, ...): write them into a buffer."),
    FUNCTION(struct, unpack, "unpack(format, buffer, /)", "The values of a buffer that has just the right size, as a tuple."),
    FUNCTION(struct, unpack_from, "unpack_from(format, /, buffer, offset=0)", "The values at an offset of a buffer, as a tuple."),
    FUNCTION(struct, iter_unpack, "iter_unpack(format, buffer, /)", "An iterator over the structs that a buffer holds."),
    FUNCTION(struct, clearcache, "_clearcache()", "There is no cache to clear."),
    { 0 }
};

Value struct_init(Vm *vm)
{
    static const TypeDef def = { .name = "_struct.Struct", .doc = "A compiled format of a struct.", .layout = &struct_layout,
                                 .methods = struct_methods, .getsets = struct_getsets, .flags = TYPE_BASE | TYPE_WEAKREFS };
    static const TypeDef iter_def = { .name = "_struct.unpack_iterator", .layout = &unpacker_layout,
                                      .methods = unpacker_methods, .flags = TYPE_DISALLOW_NEW };
    Module *m = module_new(vm, "_struct", "Values as bytes.");
    return m && module_add_functions(vm, m, functions) && lib_add_type(vm, m, &def, vm->types.object) &&
                   lib_add_type(vm, m, &iter_def, vm->types.object)
               ? value_from_obj(m) : VALUE_ERROR;
}
