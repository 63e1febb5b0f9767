/* SPDX-License-Identifier: MIT
 * Strings: making, comparing, joining, positions in them. The interned ones are in str_intern.c, the methods in
 * str_methods.c.
 *
 * Indexing text that is not ASCII needs the byte offsets of every 64th code point, built on first use. Inline
 * text keeps them in u.index. Buffered text keeps them in its StrBuf, in the word behind data[cap]: all holders
 * of a buffer share one beginning, so what is right for a longer one serves the shorter. */
#include "vm/objects/str.h"

#include "vm/buf.h"
#include "vm/format.h"
#include "vm/objects/list.h"
#include "vm/objects/seq.h"
#include "vm/text/codec.h"
#include "vm/text/siphash.h"
#include "vm/text/utf8.h"

#define STR_LEN_MAX (UINT32_MAX - 64)
#define BUFFER_FROM 128u            /* shorter results of a + b are not worth a buffer */
#define STR_TEXT_FLAGS (STR_ASCII | STR_SURROGATES)

static inline bool is_exact_str(const Str *s) { return s->h.shape == SHAPE_STR_ID; }

/* ---- making ---- */
Str *str_alloc(Vm *vm, size_t len)
{
    if (len > STR_LEN_MAX) {
        raise_no_memory(vm);
        return NULL;
    }
    Str *s = heap_alloc(vm, sizeof(Str) + len + 1, KIND_STR, SHAPE_STR_ID, 0);
    if (!s)
        return NULL;
    s->len = (uint32_t)len;
    s->hash = 0;
    s->chars = 0;
    s->special = 0;
    s->u.index = NULL;
    return s;
}

void str_finish(Str *s)
{
    s->text[s->len] = 0;
    s->h.flags &= (uint16_t)~STR_TEXT_FLAGS;
    if (utf8_is_ascii(s->text, s->len)) {
        s->h.flags |= STR_ASCII;
        s->chars = s->len;
        return;
    }
    s->chars = (uint32_t)utf8_count(s->text, s->len);
    if (utf8_has_surrogates(s->text, s->len))
        s->h.flags |= STR_SURROGATES;
}

/* With flags and length in code points known. */
static Str *str_make(Vm *vm, const char *text, size_t len, uint32_t chars, unsigned flags)
{
    Str *s = str_alloc(vm, len);
    if (!s)
        return NULL;
    memcpy(s->text, text, len);
    s->text[len] = 0;
    s->chars = chars;
    s->h.flags = (uint16_t)flags;
    return s;
}

/* Strings that are there already: "" and single ASCII characters. NULL: none. */
static inline Str *str_shared(Vm *vm, const char *text, size_t len)
{
    if (len == 0)
        return vm->empty_str;
    return len == 1 && (unsigned char)*text < 128 ? vm->ascii_chars[(unsigned char)*text] : NULL;
}

Str *str_ascii_part(Vm *vm, const Str *s, size_t from, size_t to)
{
    const char *text = str_data(s) + from;
    Str *shared = str_shared(vm, text, to - from);
    return shared ? shared : str_make(vm, text, to - from, (uint32_t)(to - from), STR_ASCII);
}

Str *str_new(Vm *vm, const char *utf8, size_t len)
{
    Str *s = len <= 1 ? str_shared(vm, utf8, len) : NULL;
    if (s)
        return s;
    s = str_alloc(vm, len);
    if (!s)
        return NULL;
    memcpy(s->text, utf8, len);
    str_finish(s);
    return s;
}

Str *str_cstr(Vm *vm, const char *utf8)
{
    return str_new(vm, utf8, strlen(utf8));
}

static void raise_decode_error(Vm *vm, const Codec *c)
{
    Value args[5];
    Str *encoding = str_cstr(vm, c->encoding), *reason = encoding ? str_cstr(vm, c->reason) : NULL;
    Value bytes = VALUE_EMPTY;
    if (reason) {
        Bytes *b = heap_alloc(vm, sizeof(Bytes) + c->len + 1, KIND_BYTES, SHAPE_BYTES_ID, 0);
        if (b) {
            b->len = c->len;
            b->hash = -1;
            memcpy(b->data, c->input, c->len);
            b->data[c->len] = 0;
            bytes = value_from_obj(b);
        }
    }
    if (value_is_empty(bytes))
        return;
    args[0] = value_from_obj(encoding);
    args[1] = bytes;
    args[2] = value_from_int48((int64_t)c->error_start);
    args[3] = value_from_int48((int64_t)c->error_end);
    args[4] = value_from_obj(reason);
    raise_args(vm, EXC_UnicodeDecodeError, 5, args);
}

Str *str_decode(Vm *vm, const char *bytes, size_t len)
{
    Utf8Info info;
    if (utf8_check(bytes, len, &info) && !info.surrogates) {
        Str *shared = str_shared(vm, bytes, len);
        return shared ? shared : str_make(vm, bytes, len, (uint32_t)info.chars, info.ascii ? STR_ASCII : 0);
    }
    Buf b;
    buf_init(&b, &vm->alloc);
    Codec c = { .input = bytes, .len = len, .id = CODEC_UTF8, .errors = CODEC_STRICT, .final = true };
    CodecStatus status = codec_decode(&c, &b);
    if (status == CODEC_OK)
        return str_from_buf(vm, &b);
    buf_free(&b);
    if (status == CODEC_ERROR)
        raise_decode_error(vm, &c);
    else
        raise_no_memory(vm);
    return NULL;
}

Str *str_from_buf(Vm *vm, Buf *b)
{
    Str *s = NULL;
    if (b->failed)
        raise_no_memory(vm);
    else
        s = str_new(vm, b->len ? b->data : "", b->len);
    buf_free(b);
    return s;
}

/* Text from outside may have got into a message: what is ill formed becomes question marks. */
static void make_well_formed(Buf *b)
{
    if (b->failed || utf8_check(b->data, b->len, NULL))
        return;
    for (size_t i = 0; i < b->len; i++)
        if ((unsigned char)b->data[i] >= 128)
            b->data[i] = '?';
}

Str *str_vprintf(Vm *vm, const char *fmt, va_list ap)
{
    Buf b;
    buf_init(&b, &vm->alloc);
    if (!vformat(vm, &b, fmt, ap)) {
        buf_free(&b);
        return NULL;
    }
    make_well_formed(&b);
    return str_from_buf(vm, &b);
}

Str *str_printf(Vm *vm, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    Str *s = str_vprintf(vm, fmt, ap);
    va_end(ap);
    return s;
}

Str *str_char(Vm *vm, uint32_t cp)
{
    if (cp < 128 && vm->ascii_chars[cp])
        return vm->ascii_chars[cp];
    char text[4];
    size_t n = utf8_encode(cp, text);
    return str_make(vm, text, n, 1, cp < 128 ? STR_ASCII : utf8_is_surrogate(cp) ? STR_SURROGATES : 0);
}

/* ---- comparing ---- */
uint32_t str_hash(Vm *vm, Str *s)
{
    if (LIKELY(s->hash))
        return s->hash;
    if (!s->len)
        return 0;
    SipKey key = { vm->hash_key[0], vm->hash_key[1] };
    uint32_t h = (uint32_t)siphash13(&key, str_data(s), s->len);
    return s->hash = h ? h : 1;
}

bool str_equal(const Str *a, const Str *b)
{
    if (a == b)
        return true;
    if (a->len != b->len || (a->h.flags & b->h.flags & STR_INTERNED))
        return false;
    if (a->hash && b->hash && a->hash != b->hash)
        return false;
    return memcmp(str_data(a), str_data(b), a->len) == 0;
}

bool str_is(const Str *s, const char *text)
{
    size_t n = strlen(text);
    return s->len == n && memcmp(str_data(s), text, n) == 0;
}

int str_compare(const Str *a, const Str *b)
{
    return a == b ? 0 : utf8_compare(str_data(a), a->len, str_data(b), b->len);
}

/* ---- a + b ---- */
static Str *concat_inline(Vm *vm, Str *a, Str *b, unsigned flags)
{
    Str *s = str_alloc(vm, (size_t)a->len + b->len);
    if (!s)
        return NULL;
    memcpy(s->text, str_data(a), a->len);
    memcpy(s->text + a->len, str_data(b), b->len);
    s->text[s->len] = 0;
    s->chars = a->chars + b->chars;
    s->h.flags = (uint16_t)(flags | STR_CONCAT);
    return s;
}

static StrBuf *strbuf_new(Vm *vm, size_t cap)
{
    cap = (cap + 7) & ~(size_t)7;
    Raw *none = NULL;
    StrBuf *b = heap_alloc(vm, sizeof(StrBuf) + cap + sizeof none, KIND_STR_BUF, 0, 0);
    if (!b)
        return NULL;
    b->used = 0;
    b->cap = (uint32_t)cap;
    memcpy(b->data + cap, &none, sizeof none);
    return b;
}

/* A holder of the first total bytes of a buffer in which a's text stands already at the front. */
static Str *concat_buffered(Vm *vm, StrBuf *buf, Str *a, Str *b, unsigned flags)
{
    Str *s = heap_alloc(vm, sizeof(Str), KIND_STR, SHAPE_STR_ID, 0);
    if (!s)
        return NULL;
    memcpy(buf->data + a->len, str_data(b), b->len);
    buf->used = a->len + b->len;
    s->len = buf->used;
    s->hash = 0;
    s->chars = a->chars + b->chars;
    s->special = 0;
    s->u.buf = buf;
    s->h.flags = (uint16_t)(flags | STR_BUFFERED);
    return s;
}

Str *str_concat(Vm *vm, Str *a, Str *b)
{
    if (a->len == 0 && is_exact_str(b))
        return b;
    if (b->len == 0 && is_exact_str(a))
        return a;
    size_t total = (size_t)a->len + b->len;
    if (total > STR_LEN_MAX) {
        raise_no_memory(vm);
        return NULL;
    }
    unsigned flags = (a->h.flags & b->h.flags & STR_ASCII) | ((a->h.flags | b->h.flags) & STR_SURROGATES);
    if (total < BUFFER_FROM || !(a->h.flags & (STR_CONCAT | STR_BUFFERED)))
        return concat_inline(vm, a, b, flags);
    StrBuf *buf = a->h.flags & STR_BUFFERED ? a->u.buf : NULL;
    if (!buf || buf->used != a->len || buf->cap < total) {
        size_t cap = total < STR_LEN_MAX / 2 ? total * 2 : STR_LEN_MAX;
        buf = strbuf_new(vm, cap);
        if (!buf)
            return NULL;
        memcpy(buf->data, str_data(a), a->len);
    }
    return concat_buffered(vm, buf, a, b, flags);
}

Str *str_concat3(Vm *vm, Str *a, Str *b, Str *c)
{
    size_t total = (size_t)a->len + b->len + c->len;
    if (!(a->h.flags & b->h.flags & c->h.flags & STR_ASCII) || !a->len || !b->len || !c->len || total >= BUFFER_FROM) {
        Str *s = str_concat(vm, a, b);
        return s ? str_concat(vm, s, c) : NULL;
    }
    Str *s = str_alloc(vm, total);
    if (!s)
        return NULL;
    memcpy(s->text, str_data(a), a->len);
    memcpy(s->text + a->len, str_data(b), b->len);
    memcpy(s->text + a->len + b->len, str_data(c), c->len);
    s->text[total] = 0;
    s->chars = (uint32_t)total;
    s->h.flags |= STR_ASCII | STR_CONCAT;
    return s;
}

/* ---- positions ---- */
static Raw *build_index(Vm *vm, Str *s)
{
    size_t n = utf8_index_entries(s->chars);
    Raw *index = raw_new(vm, n * sizeof(size_t));
    if (index)
        utf8_index_build(str_data(s), s->len, (size_t *)(void *)index->data);
    else
        exc_discard(vm);        /* positions are found by scanning then */
    return index;
}

/* NULL: too short to need one, or no memory. */
static const size_t *get_index(Vm *vm, Str *s)
{
    Raw *index;
    if (s->chars <= UTF8_INDEX_STEP)
        return NULL;
    if (!(s->h.flags & STR_BUFFERED)) {
        if (!s->u.index)
            heap_set_ptr(vm, s, &s->u.index, build_index(vm, s));
        index = s->u.index;
    } else {
        StrBuf *b = s->u.buf;
        memcpy(&index, b->data + b->cap, sizeof index);
        if (!index || index->cap / sizeof(size_t) < utf8_index_entries(s->chars)) {
            index = build_index(vm, s);
            memcpy(b->data + b->cap, &index, sizeof index);
            heap_touch(vm, b);
        }
    }
    return index ? (const size_t *)(const void *)index->data : NULL;
}

size_t str_offset(Vm *vm, Str *s, uint32_t char_index)
{
    if (s->h.flags & STR_ASCII)
        return char_index < s->len ? char_index : s->len;
    if (char_index == 0)
        return 0;
    if (char_index >= s->chars)
        return s->len;
    const size_t *index = get_index(vm, s);
    if (!index)
        return utf8_offset(str_data(s), s->len, char_index);
    return utf8_index_offset(str_data(s), s->len, s->chars, index, char_index);
}

uint32_t str_index_of(Vm *vm, Str *s, size_t offset)
{
    if (s->h.flags & STR_ASCII)
        return (uint32_t)offset;
    const size_t *index = get_index(vm, s);
    if (!index)
        return (uint32_t)utf8_count(str_data(s), offset);
    return (uint32_t)utf8_index_chars(str_data(s), s->len, s->chars, index, offset);
}

Value str_at(Vm *vm, Str *s, int64_t i)
{
    const char *text = str_data(s);
    if (s->h.flags & STR_ASCII)
        return value_from_obj(str_char(vm, (unsigned char)text[i]));
    uint32_t cp;
    utf8_decode(text + str_offset(vm, s, (uint32_t)i), &cp);
    return value_from_obj(str_char(vm, cp));
}

Str *str_slice(Vm *vm, Str *s, int64_t start, int64_t stop)
{
    if (stop <= start)
        return vm->empty_str;
    if (start == 0 && stop == (int64_t)s->chars && is_exact_str(s))
        return s;
    if (s->h.flags & STR_ASCII)
        return str_ascii_part(vm, s, (size_t)start, (size_t)stop);
    size_t from = str_offset(vm, s, (uint32_t)start), to = str_offset(vm, s, (uint32_t)stop);
    return str_new(vm, str_data(s) + from, to - from);
}

/* ---- joining ---- */
static bool join_measure(Vm *vm, Str *sep, const Value *items, size_t n, size_t *total, uint32_t *chars, unsigned *flags)
{
    size_t len = 0, count = 0;
    unsigned all = n > 1 ? sep->h.flags : STR_ASCII, any = n > 1 ? sep->h.flags : 0;
    for (size_t i = 0; i < n; i++) {
        if (!is_str(items[i])) {
            raise_exc(vm, EXC_TypeError, "sequence item %zu: expected str instance, %T found", i, items[i]);
            return false;
        }
        const Str *s = as_str(items[i]);
        len += s->len + (i ? sep->len : 0);
        count += s->chars + (i ? sep->chars : 0);
        all &= s->h.flags;
        any |= s->h.flags;
        if (len > STR_LEN_MAX) {
            raise_no_memory(vm);
            return false;
        }
    }
    *total = len;
    *chars = (uint32_t)count;
    *flags = (all & STR_ASCII) | (any & STR_SURROGATES);
    return true;
}

static Str *join_items(Vm *vm, Str *sep, const Value *items, size_t n)
{
    size_t total;
    uint32_t chars;
    unsigned flags;
    if (n == 1 && is_str(items[0]) && is_exact_str(as_str(items[0])))
        return as_str(items[0]);
    if (!join_measure(vm, sep, items, n, &total, &chars, &flags))
        return NULL;
    if (total == 0)
        return vm->empty_str;
    Str *s = str_alloc(vm, total);
    if (!s)
        return NULL;
    char *to = s->text;
    const char *sep_data = str_data(sep);
    for (size_t i = 0; i < n; i++) {
        if (i) {
            memcpy(to, sep_data, sep->len);
            to += sep->len;
        }
        const Str *part = as_str(items[i]);
        memcpy(to, str_data(part), part->len);
        to += part->len;
    }
    *to = 0;
    s->chars = chars;
    s->h.flags = (uint16_t)flags;
    return s;
}

Str *str_join(Vm *vm, Str *sep, Value iterable)
{
    Value *items = NULL, list = iterable;
    size_t n = 0;
    if (!seq_exact_items(iterable, &items, &n)) {
        Value it = op_iter(vm, iterable);
        if (value_is_empty(it)) {
            if (exc_pending_is(vm, EXC_TypeError)) {
                exc_discard(vm);
                raise_type_error(vm, "can only join an iterable");
            }
            return NULL;
        }
        list = op_list_of(vm, it);
        if (value_is_empty(list))
            return NULL;
        (void)seq_items(list, &items, &n);
    }
    return join_items(vm, sep, items, n);
}

/* ---- for C ---- */
const char *str_c(Vm *vm, Str *s, Value *keep)
{
    if (memchr(str_data(s), 0, s->len)) {
        raise_exc(vm, EXC_ValueError, "embedded null character");
        return NULL;
    }
    if (s->h.flags & STR_BUFFERED) {
        s = str_make(vm, str_data(s), s->len, s->chars, s->h.flags & STR_TEXT_FLAGS);
        if (!s)
            return NULL;
    }
    *keep = value_from_obj(s);
    return s->text;
}
