/* SPDX-License-Identifier: MIT
 * Module _memio: StringIO and BytesIO, files in memory. Text is kept as UTF-8; where it is not ASCII, the position is
 * known both in bytes and in characters, so that going on from it needs no scan. */
#include "stdlib/modules.h"

#include "runtime/io.h"
#include "stdlib/util.h"
#include "vm/objects/bytes.h"
#include "vm/objects/int.h"
#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/text/utf8.h"

typedef struct MemFile {
    Obj h;
    Buf data;
    size_t pos;                 /* in bytes */
    int64_t chars;              /* pos in characters; may lie behind the end, pos is data.len then */
    size_t total;               /* characters in all */
    uint32_t exports;           /* views of BytesIO's buffer */
    bool text, closed, ascii, translate, universal;
    uint8_t newline;            /* what '\n' becomes in writing: 0 itself, 1 \r, 2 \r\n */
    bool keep_cr;               /* lines end at what newline says, not just at \n */
    uint8_t seen;
    Value newline_arg;
    Vm *vm;
    Alloc cells;                /* of data, once there was a view of it: who waits in C with a pointer keeps the cell */
} MemFile;

static inline MemFile *as_mem(Value v) { return (MemFile *)value_obj(v); }

static void mem_trace(Marker *m, Obj *o)
{
    MemFile *f = (MemFile *)o;
    mark_value(m, f->newline_arg);
    if (f->data.data && f->data.alloc == &f->cells)
        mark_obj(m, f->data.data - offsetof(Raw, data));
}

static void *cell_alloc(void *ud, void *p, size_t old_size, size_t new_size)
{
    MemFile *f = ud;
    if (!new_size)
        return NULL;            /* the collector's business */
    Raw *r = raw_new(f->vm, new_size);
    if (!r) {
        exc_discard(f->vm);     /* the buffer has failed, which is told later */
        return NULL;
    }
    if (p)
        memcpy(r->data, p, old_size < new_size ? old_size : new_size);
    heap_touch(f->vm, f);
    return r->data;
}

static bool use_cells(Vm *vm, MemFile *f)
{
    if (f->data.alloc == &f->cells)
        return true;
    f->vm = vm;
    f->cells = (Alloc){ cell_alloc, f };
    char *data = f->data.data ? cell_alloc(f, f->data.data, f->data.cap, f->data.cap) : NULL;
    if (f->data.data && !data) {
        raise_no_memory(vm);
        return false;
    }
    mem_free(f->data.alloc, f->data.data, f->data.cap);
    f->data.data = data;
    f->data.alloc = &f->cells;
    return true;
}
static void mem_finalize(Vm *vm, Obj *o)
{
    (void)vm;
    if (((MemFile *)o)->data.alloc)
        buf_free(&((MemFile *)o)->data);
}
static const TypeLayout mem_layout = { .kind = KIND_EXT, .size = sizeof(MemFile), .trace = mem_trace, .finalize = mem_finalize };

/* NULL: closed, ValueError pending. */
static MemFile *open_mem(Vm *vm, Value self)
{
    MemFile *f = as_mem(self);
    if (!f->closed && f->data.alloc)
        return f;
    raise_exc(vm, EXC_ValueError, f->data.alloc || f->closed ? f->text ? "I/O operation on closed file" :
              "I/O operation on closed file."
                                                            : "I/O operation on uninitialized object");
    return NULL;
}

static bool may_resize(Vm *vm, MemFile *f)
{
    return vm_may_resize(vm, f, &f->exports, "Existing exports of data: object cannot be re-sized");
}

static Value memory_checked(Vm *vm, MemFile *f, Value v)
{
    if (!f->data.failed)
        return v;
    f->data.failed = false;
    return raise_no_memory(vm);
}

/* What lies between the end and the position is filled with zeros. */
static void fill_gap(MemFile *f)
{
    while (!f->data.failed && f->chars > (int64_t)f->total) {
        size_t n = (size_t)(f->chars - (int64_t)f->total);
        char *p = buf_reserve(&f->data, n);
        if (!p)
            return;
        memset(p, 0, n);
        f->data.len += n;
        f->total += n;
        f->pos = f->data.len;
    }
}

/* Write at the position, over what is there. */
static void put(MemFile *f, const char *p, size_t n, size_t chars)
{
    if (!n)
        return;
    fill_gap(f);
    if (f->data.failed)
        return;
    size_t over, left = f->total - (size_t)f->chars;       /* characters behind the position */
    size_t gone = chars < left ? chars : left;
    over = f->ascii || !gone ? gone : utf8_offset(f->data.data + f->pos, f->data.len - f->pos, gone);
    if (n > over) {
        if (!buf_reserve(&f->data, n - over))
            return;
    }
    char *at = f->data.data + f->pos;
    memmove(at + n, at + over, f->data.len - f->pos - over);
    memcpy(at, p, n);
    f->data.len = f->data.len - over + n;
    f->pos += n;
    f->chars += (int64_t)chars;
    f->total += chars - gone;
}

static void seek_chars(MemFile *f, int64_t chars)
{
    f->chars = chars;
    f->pos = chars >= (int64_t)f->total ? f->data.len
           : f->ascii ? (size_t)chars : utf8_offset(f->data.data, f->data.len, (size_t)chars);
}

/* Which ends of lines there are: 1 \r, 2 \n, 4 \r\n. */
static void see_ends(MemFile *f, const char *p, size_t n)
{
    for (size_t i = 0; i < n && f->seen != 7; i++) {
        if (p[i] == '\n') {
            f->seen |= 2;
        } else if (p[i] == '\r') {
            bool pair = i + 1 < n && p[i + 1] == '\n';
            f->seen |= pair ? 4 : 1;
            i += pair;
        }
    }
}

/* ---- writing text ---- */
static void write_text(Vm *vm, MemFile *f, const char *p, size_t n)
{
    static const char *const ends[] = { "\n", "\r", "\r\n" };
    Buf b;
    bool change = (f->universal && memchr(p, '\r', n)) || (f->newline && memchr(p, '\n', n));
    buf_init(&b, &vm->alloc);
    if (f->universal || f->keep_cr)
        see_ends(f, p, n);
    if (change) {
        for (size_t i = 0; i < n; i++) {
            if (f->universal && p[i] == '\r') {
                buf_putc(&b, '\n');
                i += i + 1 < n && p[i + 1] == '\n';
            } else if (f->newline && p[i] == '\n') {
                buf_puts(&b, ends[f->newline]);
            } else {
                buf_putc(&b, p[i]);
            }
        }
        p = b.data;
        n = b.len;
    }
    bool ascii = utf8_is_ascii(p, n);
    if (!ascii)
        f->ascii = false;
    put(f, p, n, ascii ? n : utf8_count(p, n));
    f->data.failed |= b.failed;
    buf_free(&b);
}

static bool newline_arg(Vm *vm, MemFile *f, Value v)
{
    heap_set(vm, f, &f->newline_arg, v);
    f->seen = 0;
    f->universal = f->translate = f->keep_cr = false;
    f->newline = 0;
    if (value_is_none(v)) {
        f->universal = true;
        return true;
    }
    if (!is_str(v)) {
        raise_exc(vm, EXC_TypeError, "newline must be str or None, not %T", v);
        return false;
    }
    const Str *s = as_str(v);
    if (s->len == 0 || str_is(s, "\n") || str_is(s, "\r") || str_is(s, "\r\n")) {
        f->newline = str_is(s, "\r") ? 1 : str_is(s, "\r\n") ? 2 : 0;
        f->keep_cr = s->len == 0;
        return true;
    }
    raise_exc(vm, EXC_ValueError, "illegal newline value: %R", v);
    return false;
}

static Value mem_alloc_object(Vm *vm, Value self, bool text)
{
    MemFile *f = (MemFile *)object_alloc(vm, as_type(self));
    if (!f)
        return VALUE_ERROR;
    f->text = text;
    f->ascii = true;
    f->newline_arg = VALUE_NONE;
    return value_from_obj(f);
}

static Value string_m_new(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return mem_alloc_object(vm, self, true);
}

static Value bytes_m_new(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return mem_alloc_object(vm, self, false);
}

static void reset(Vm *vm, MemFile *f)
{
    if (f->data.alloc)
        buf_free(&f->data);
    buf_init(&f->data, &vm->alloc);
    f->pos = 0;
    f->chars = 0;
    f->total = 0;
    f->ascii = true;
    f->closed = false;
}

static Value string_m_init(Vm *vm, Value self, const Args *args)
{
    MemFile *f = as_mem(self);
    Value text = args->v[0];
    if (!newline_arg(vm, f, args->v[1]))
        return VALUE_ERROR;
    if (!value_is_none(text) && !is_str(text))
        return raise_exc(vm, EXC_TypeError, "initial_value must be str or None, not %T", text);
    reset(vm, f);
    if (is_str(text))
        write_text(vm, f, str_data(as_str(text)), as_str(text)->len);
    seek_chars(f, 0);
    return memory_checked(vm, f, VALUE_NONE);
}

static Value string_m_write(Vm *vm, Value self, const Args *args)
{
    MemFile *f = as_mem(self);
    if (!is_str(args->v[0]))
        return raise_exc(vm, EXC_TypeError, "string argument expected, got '%T'", args->v[0]);
    if (!(f = open_mem(vm, self)))
        return VALUE_ERROR;
    Str *s = as_str(args->v[0]);
    write_text(vm, f, str_data(s), s->len);
    return memory_checked(vm, f, value_from_int48(s->chars));
}

/* ---- reading ---- */
static Value part(Vm *vm, const MemFile *f, size_t from, size_t to)
{
    const char *p = f->data.data ? f->data.data + from : "";
    if (f->text) {
        Str *s = str_new(vm, p, to - from);
        return s ? value_from_obj(s) : VALUE_ERROR;
    }
    Bytes *b = bytes_new(vm, p, to - from);
    return b ? value_from_obj(b) : VALUE_ERROR;
}

/* None or an int: -1 for no limit. */
static bool size_arg(Vm *vm, Value v, int64_t *n)
{
    *n = -1;
    if (value_is_none(v) || value_is_empty(v))
        return true;
    if (!is_int(v) && value_is_empty(type_special(type_of(vm, v), SPECIAL_INDEX))) {
        raise_exc(vm, EXC_TypeError, "argument should be integer or None, not '%T'", v);
        return false;
    }
    return op_int64(vm, v, n);
}

/* The end of n characters (n < 0: all) from the position on. */
static size_t end_of(const MemFile *f, int64_t n, size_t *chars)
{
    size_t left = f->chars < (int64_t)f->total ? f->total - (size_t)f->chars : 0;
    *chars = n < 0 || (uint64_t)n > left ? left : (size_t)n;
    if (*chars == left)
        return f->data.len;
    return f->ascii ? f->pos + *chars : f->pos + utf8_offset(f->data.data + f->pos, f->data.len - f->pos, *chars);
}

static Value take(Vm *vm, MemFile *f, size_t end, size_t chars)
{
    Value v = part(vm, f, f->pos, end);
    f->pos = end;
    f->chars += (int64_t)chars;
    return v;
}

static Value mem_m_read(Vm *vm, Value self, const Args *args)
{
    int64_t n;
    size_t chars;
    MemFile *f = open_mem(vm, self);
    if (!f || !size_arg(vm, args->v[0], &n) || !(f = open_mem(vm, self)))
        return VALUE_ERROR;
    size_t end = end_of(f, n, &chars);
    return take(vm, f, end, chars);
}

/* Behind the end of the line that begins at the position. */
static size_t line_end(const MemFile *f)
{
    const char *p = f->data.data + f->pos, *end = f->data.data + f->data.len, *q;
    if (f->pos >= f->data.len)
        return f->pos;
    if (f->text && f->keep_cr) {
        for (q = p; q < end && *q != '\n' && *q != '\r'; q++) {}
        q = q < end ? q + 1 + (*q == '\r' && q + 1 < end && q[1] == '\n') : end;
    } else if (f->text && f->newline == 1) {
        q = memchr(p, '\r', (size_t)(end - p));
        q = q ? q + 1 : end;
    } else if (f->text && f->newline == 2) {
        q = memmem(p, (size_t)(end - p), "\r\n", 2);
        q = q ? q + 2 : end;
    } else {
        q = memchr(p, '\n', (size_t)(end - p));
        q = q ? q + 1 : end;
    }
    return (size_t)(q - f->data.data);
}

static Value read_line(Vm *vm, MemFile *f, int64_t limit)
{
    size_t chars, end = line_end(f);
    if (limit >= 0) {
        size_t most = end_of(f, limit, &chars);
        if (most < end)
            return take(vm, f, most, chars);
    }
    chars = f->ascii ? end - f->pos : utf8_count(f->data.data + f->pos, end - f->pos);
    return take(vm, f, end, chars);
}

static Value mem_m_readline(Vm *vm, Value self, const Args *args)
{
    int64_t n;
    MemFile *f = open_mem(vm, self);
    if (!f || !size_arg(vm, args->v[0], &n) || !(f = open_mem(vm, self)))
        return VALUE_ERROR;
    return read_line(vm, f, n);
}

static Value mem_m_next(Vm *vm, Value self, const Args *args)
{
    MemFile *f = open_mem(vm, self);
    (void)args;
    if (!f)
        return VALUE_ERROR;
    if (f->pos >= f->data.len)
        return raise_stop_iteration(vm, VALUE_NONE);
    return read_line(vm, f, -1);
}

static Value mem_m_readlines(Vm *vm, Value self, const Args *args)
{
    int64_t hint, total = 0;
    List *l = list_new(vm, 0);
    MemFile *f = open_mem(vm, self);
    if (!l || !f || !size_arg(vm, args->v[0], &hint))
        return VALUE_ERROR;
    for (uint32_t i = 0; (f = open_mem(vm, self)) && f->pos < f->data.len; i++) {
        Value v = read_line(vm, f, -1);
        if (value_is_empty(v) || !list_append(vm, l, v) || (!(i & 511) && !vm_checkpoint(vm)))
            return VALUE_ERROR;
        total += is_str(v) ? as_str(v)->chars : (int64_t)as_bytes(v)->len;
        if (hint > 0 && total - is_str(v) >= hint)  /* a StringIO goes beyond it */
            break;
    }
    return f ? value_from_obj(l) : VALUE_ERROR;
}

static Value mem_m_getvalue(Vm *vm, Value self, const Args *args)
{
    MemFile *f = open_mem(vm, self);
    (void)args;
    return f ? part(vm, f, 0, f->data.len) : VALUE_ERROR;
}

/* ---- positions ---- */
static Value mem_m_tell(Vm *vm, Value self, const Args *args)
{
    MemFile *f = open_mem(vm, self);
    (void)args;
    return f ? int_new(vm, f->chars) : VALUE_ERROR;
}

static Value mem_m_seek(Vm *vm, Value self, const Args *args)
{
    int64_t at, whence;
    if (!op_int64(vm, args->v[0], &at) || !op_int64(vm, args->v[1], &whence))
        return VALUE_ERROR;
    MemFile *f = open_mem(vm, self);
    if (!f)
        return VALUE_ERROR;
    if (whence < 0 || whence > 2)
        return raise_exc(vm, EXC_ValueError, f->text ? "Invalid whence (%lld, should be 0, 1 or 2)"
                                                     : "invalid whence (%lld, should be 0, 1 or 2)", (long long)whence);
    if (at < 0 && whence == 0)
        return raise_exc(vm, EXC_ValueError, f->text ? "Negative seek position %lld" : "negative seek value %lld", (long long)at);
    if (f->text && whence && at)
        return raise_exc(vm, EXC_OSError, "Can't do nonzero cur-relative seeks");
    if (__builtin_add_overflow(at, whence == 1 ? f->chars : whence == 2 ? (int64_t)f->total : 0, &at))
        return raise_exc(vm, EXC_OverflowError, "new position too large");
    seek_chars(f, at < 0 ? 0 : at);
    return int_new(vm, f->chars);
}

static Value mem_m_truncate(Vm *vm, Value self, const Args *args)
{
    int64_t n;
    MemFile *f = open_mem(vm, self);
    if (!f || !may_resize(vm, f) || !size_arg(vm, args->v[0], &n) || !(f = open_mem(vm, self)))
        return VALUE_ERROR;
    if (value_is_none(args->v[0]))
        n = f->chars;
    if (n < 0)
        return raise_exc(vm, EXC_ValueError, f->text ? "Negative size value %lld" : "negative size value %lld", (long long)n);
    if (n < (int64_t)f->total) {
        f->data.len = f->ascii ? (size_t)n : utf8_offset(f->data.data, f->data.len, (size_t)n);
        f->total = (size_t)n;
        seek_chars(f, f->chars);
    }
    return int_new(vm, n);
}

/* ---- bytes ---- */
static Value bytes_m_init(Vm *vm, Value self, const Args *args)
{
    MemFile *f = as_mem(self);
    const char *p = "";
    size_t n = 0;
    Value data = args->v[0];
    if (f->data.alloc && !may_resize(vm, f))
        return VALUE_ERROR;
    if (!value_is_empty(data) && !value_is_none(data) && !bytes_view(vm, data, &p, &n))
        return VALUE_ERROR;
    if (f->data.alloc && !may_resize(vm, f))
        return VALUE_ERROR;
    reset(vm, f);
    put(f, p, n, n);
    seek_chars(f, 0);
    return memory_checked(vm, f, VALUE_NONE);
}

static Value bytes_m_write(Vm *vm, Value self, const Args *args)
{
    const char *p;
    size_t n;
    MemFile *f = open_mem(vm, self);
    if (!f || !may_resize(vm, f) || !bytes_view(vm, args->v[0], &p, &n) || !open_mem(vm, self) || !may_resize(vm, f))
        return VALUE_ERROR;     /* a __buffer__ may have done anything */
    Bytes *copy = NULL;         /* its own buffer may be what is written */
    if (n && f->data.data && p >= f->data.data && p < f->data.data + f->data.cap) {
        copy = bytes_new(vm, p, n);
        if (!copy)
            return VALUE_ERROR;
        p = copy->data;
    }
    put(f, p, n, n);
    return memory_checked(vm, f, int_new(vm, (int64_t)n));
}

static Value bytes_m_readinto(Vm *vm, Value self, const Args *args)
{
    char *p;
    size_t n, chars;
    MemFile *f = open_mem(vm, self);
    if (!f || !bytes_writable(vm, args->v[0], "readinto() argument", &p, &n))
        return VALUE_ERROR;
    size_t end = end_of(f, (int64_t)n, &chars);
    if (chars)
        memcpy(p, f->data.data + f->pos, chars);
    f->pos = end;
    f->chars += (int64_t)chars;
    return int_new(vm, (int64_t)chars);
}

/* What getbuffer()'s view is a view of. */
typedef struct MemBuffer {
    Obj h;
    Value file;
} MemBuffer;

static void buffer_trace(Marker *m, Obj *o)
{
    mark_value(m, ((MemBuffer *)o)->file);
}
static void buffer_lend(Obj *o, LentBytes *out)
{
    MemFile *f = as_mem(((MemBuffer *)o)->file);
    *out = (LentBytes){ .data = f->data.data, .len = f->data.len, .itemsize = 1, .format = 'B', .exports = &f->exports };
}
static const TypeLayout buffer_layout = { .kind = KIND_EXT, .size = sizeof(MemBuffer), .trace = buffer_trace,
    .lend = buffer_lend };

static Value bytes_m_getbuffer(Vm *vm, Value self, const Args *args)
{
    (void)args;
    MemFile *f = open_mem(vm, self);
    if (!f || !use_cells(vm, f))
        return VALUE_ERROR;
    Type *t = lib_type(vm, "_memio", "_BytesIOBuffer");
    MemBuffer *b = t ? (MemBuffer *)object_alloc(vm, t) : NULL;
    if (!b)
        return VALUE_ERROR;
    b->file = self;
    return op_call1(vm, value_from_obj(vm->types.memoryview), value_from_obj(b));
}

/* ---- state, for copy and pickle ---- */
/* The attributes, a dict, or NONE. */
static Value attributes(Vm *vm, Value self)
{
    Value *ext = obj_ext(vm, value_obj(self));
    if (!ext || value_is_empty(*ext))
        return VALUE_NONE;
    Dict *d = attr_dict(vm, self), *copy = d ? dict_copy(vm, d) : NULL;
    return copy ? value_from_obj(copy) : VALUE_ERROR;
}

static Value mem_m_getstate(Vm *vm, Value self, const Args *args)
{
    MemFile *f = open_mem(vm, self);
    (void)args;
    Value value = f ? part(vm, f, 0, f->data.len) : VALUE_ERROR;
    Value dict = value_is_empty(value) ? value : attributes(vm, self);
    if (value_is_empty(dict))
        return dict;
    Tuple *t = f->text ? tuple_pack(vm, 4, value, value_is_empty(f->newline_arg) ? VALUE_NONE : f->newline_arg,
                                    int_new(vm, f->chars), dict)
                       : tuple_pack(vm, 3, value, int_new(vm, f->chars), dict);
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static bool set_attributes(Vm *vm, Value self, Value dict, const char *which)
{
    if (value_is_none(dict))
        return true;
    if (!is_dict(dict)) {
        raise_exc(vm, EXC_TypeError, "%s item of state should be a dict, got a %T", which, dict);
        return false;
    }
    Dict *own = attr_dict(vm, self);
    size_t pos = 0;
    Value k, v;
    while (own && dict_next(as_dict(dict), &pos, &k, &v))
        if (!dict_set(vm, own, k, v))
            return false;
    return own;
}

static bool set_position(Vm *vm, MemFile *f, Value v, const char *which, const char *not_int)
{
    int64_t at;
    if (!is_int(v)) {
        raise_exc(vm, EXC_TypeError, "%s item of state must be an integer, %s %T", which, not_int, v);
        return false;
    }
    if (!op_int64(vm, v, &at))
        return false;
    if (at < 0) {
        raise_exc(vm, EXC_ValueError, "position value cannot be negative");
        return false;
    }
    seek_chars(f, at);
    return true;
}

static Value mem_m_setstate(Vm *vm, Value self, const Args *args)
{
    MemFile *f = as_mem(self);
    size_t want = f->text ? 4 : 3;
    if (f->closed ? !open_mem(vm, self) : !may_resize(vm, f))       /* one without __init__ will do */
        return VALUE_ERROR;
    if (!is_tuple(args->v[0]) || as_tuple(args->v[0])->len < want)
        return raise_exc(vm, EXC_TypeError, "%T.__setstate__ argument should be %u-tuple, got %T", self, (unsigned)want,
                         args->v[0]);
    const Tuple *state = as_tuple(args->v[0]);
    if (!f->text) {
        Args init = { .v = (Value[]){ state->items[0] }, .count = 1, .given = 1 };
        return !value_is_empty(bytes_m_init(vm, self, &init)) && set_position(vm, f, state->items[1], "second", "not") &&
                       set_attributes(vm, self, state->items[2], "third") ? VALUE_NONE : VALUE_ERROR;
    }
    Value text = state->items[0];
    Args init = { .v = (Value[]){ VALUE_NONE, state->items[1] }, .count = 2, .given = 2 };
    if (!value_is_none(text) && !is_str(text))
        return raise_exc(vm, EXC_TypeError, "initial_value must be str or None, not %T", text);
    if (value_is_empty(string_m_init(vm, self, &init)))
        return VALUE_ERROR;
    if (is_str(text)) {                 /* as it is: its ends of lines are translated already */
        Str *s = as_str(text);
        f->ascii = f->ascii && str_is_ascii(s);
        put(f, str_data(s), s->len, s->chars);
    }
    seek_chars(f, 0);
    if (value_is_empty(memory_checked(vm, f, VALUE_NONE)))
        return VALUE_ERROR;
    return set_position(vm, f, state->items[2], "third", "got") && set_attributes(vm, self, state->items[3], "fourth")
               ? VALUE_NONE : VALUE_ERROR;
}

/* ---- the rest ---- */
typedef struct WriteLines {
    Value self;
    Str *write;
} WriteLines;

static bool write_line(Vm *vm, Value item, void *ud)
{
    const WriteLines *w = ud;
    return !value_is_empty(op_call_method(vm, w->self, w->write, 1, &item));
}

static Value mem_m_writelines(Vm *vm, Value self, const Args *args)
{
    WriteLines w = { self, vm->names.write };
    return open_mem(vm, self) && op_each(vm, args->v[0], write_line, &w) ? VALUE_NONE : VALUE_ERROR;
}

static Value mem_m_close(Vm *vm, Value self, const Args *args)
{
    MemFile *f = as_mem(self);
    (void)args;
    if (!may_resize(vm, f))
        return VALUE_ERROR;
    f->closed = true;
    if (f->data.alloc)
        buf_free(&f->data);
    f->total = f->pos = 0;
    return VALUE_NONE;
}

static Value mem_m_yes(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return open_mem(vm, self) ? VALUE_TRUE : VALUE_ERROR;
}

static Value mem_m_no(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return open_mem(vm, self) ? VALUE_FALSE : VALUE_ERROR;
}

static Value mem_m_flush(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return as_mem(self)->text || open_mem(vm, self) ? VALUE_NONE : VALUE_ERROR;
}

static Value mem_m_self(Vm *vm, Value self, const Args *args)
{
    MemFile *f = as_mem(self);
    (void)args;
    if (f->closed || !f->data.alloc)
        return raise_exc(vm, EXC_ValueError, f->closed ? "I/O operation on closed file." :
                         "I/O operation on uninitialized object");
    return self;
}

static Value mem_m_exit(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Str *close = vm->names.close;
    return op_call_method(vm, self, close, 0, NULL);
}

static Value mem_m_fileno(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return io_unsupported(vm, "fileno");
}

static Value mem_m_detach(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return io_unsupported(vm, "detach");
}

static Value mem_get_closed(Vm *vm, Value self)
{
    (void)vm;
    return value_from_bool(as_mem(self)->closed);
}

static Value mem_get_none(Vm *vm, Value self)
{
    (void)vm;
    (void)self;
    return VALUE_NONE;
}

static Value mem_get_newlines(Vm *vm, Value self)
{
    static const char *const ends[] = { "\r", "\n", "\r\n" };
    MemFile *f = open_mem(vm, self);
    Value found[3];
    size_t n = 0;
    for (unsigned i = 0; f && i < 3; i++)
        if (f->seen & 1u << i) {
            Str *s = str_cstr(vm, ends[i]);
            if (!s)
                return VALUE_ERROR;
            found[n++] = value_from_obj(s);
        }
    if (!f || n < 2)
        return !f ? VALUE_ERROR : n ? found[0] : VALUE_NONE;
    Tuple *t = tuple_from(vm, found, n);
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static Value mem_get_line_buffering(Vm *vm, Value self)
{
    return open_mem(vm, self) ? VALUE_FALSE : VALUE_ERROR;
}

#define METHODS                                                                                                 \
    METHOD(mem, read, "read(size=-1, /)", "So much of what is left, all unless told."),                          \
    METHOD(mem, readline, "readline(size=-1, /)", "The next line, with its end."),                               \
    METHOD(mem, readlines, "readlines(hint=None, /)", "A list of the lines that are left."),                     \
    METHOD(mem, getvalue, "getvalue()", "All that there is, wherever the position is."),                         \
    METHOD(mem, tell, "tell()", "The position."),                                                                \
    METHOD(mem, seek, "seek(pos, whence=0, /)", "Go to a position: from the start (0), from here (1), from the end (2)."), \
    METHOD(mem, truncate, "truncate(size=None, /)", "Cut off what lies behind the size (the position)."),        \
    METHOD(mem, writelines, "writelines(lines, /)", "Write each of the lines."),                                 \
    METHOD(mem, close, "close()", "Give up the contents."),                                                      \
    METHOD(mem, yes, "readable()", "True."),                                                                     \
    METHOD(mem, yes, "writable()", "True."),                                                                     \
    METHOD(mem, yes, "seekable()", "True."),                                                                     \
    METHOD(mem, no, "isatty()", "False."),                                                                       \
    METHOD(mem, flush, "flush()", "Does nothing."),                                                              \
    METHOD(mem, fileno, "fileno()", "There is none."),                                                           \
    METHOD(mem, detach, "detach()", "There is nothing to detach."),                                              \
    METHOD(mem, self, "__iter__()", "Implement iter(self)."),                                                    \
    METHOD(mem, next, "__next__()", "Implement next(self)."),                                                    \
    METHOD(mem, self, "__enter__()", "The file itself."),                                                        \
    METHOD(mem, getstate, "__getstate__()", "What it holds, for copy and pickle."),                              \
    METHOD(mem, setstate, "__setstate__(state, /)", "Take what __getstate__() gave."),                           \
    METHOD(mem, exit, "__exit__(*args)", "Close it.")

static const MethodDef string_methods[] = {
    METHOD(string, new, "__new__(*args, **kwargs)", "A file in memory."),
    METHOD(string, init, "__init__(initial_value='', newline='\\n')", "Initialize self."),
    METHOD(string, write, "write(s, /)", "Write text at the position."),
    METHODS, { 0 }
};
static const MethodDef bytes_methods[] = {
    METHOD(bytes, new, "__new__(*args, **kwargs)", "A file in memory."),
    METHOD(bytes, init, "__init__(initial_bytes=...)", "Initialize self."),
    METHOD(bytes, write, "write(b, /)", "Write bytes at the position."),
    METHOD(bytes, readinto, "readinto(buffer, /)", "Read into a buffer; how many bytes there were."),
    METHOD(bytes, readinto, "readinto1(buffer, /)", "Read into a buffer; how many bytes there were."),
    METHOD(mem, read, "read1(size=-1, /)", "The same as read()."),
    METHOD(bytes, getbuffer, "getbuffer()", "A view of the contents."),
    METHODS, { 0 }
};
static const GetSetDef string_getsets[] = {
    { "closed", "Is it closed?", mem_get_closed, NULL },
    { "line_buffering", "False.", mem_get_line_buffering, NULL },
    { "newlines", "The ends of lines met so far.", mem_get_newlines, NULL },
    { "encoding", "None.", mem_get_none, NULL },
    { "errors", "None.", mem_get_none, NULL },
    { 0 }
};
static const GetSetDef bytes_getsets[] = { { "closed", "Is it closed?", mem_get_closed, NULL }, { 0 } };

Value memio_init(Vm *vm)
{
    static const TypeDef string_def = { .name = "_io.StringIO", .doc = "A text file in memory.", .layout = &mem_layout,
                                        .methods = string_methods, .getsets = string_getsets,
                                        .flags = TYPE_BASE | TYPE_HAS_DICT | TYPE_WEAKREFS };
    static const TypeDef bytes_def = { .name = "_io.BytesIO", .doc = "A binary file in memory.", .layout = &mem_layout,
                                       .methods = bytes_methods, .getsets = bytes_getsets,
                                       .flags = TYPE_BASE | TYPE_HAS_DICT | TYPE_WEAKREFS };
    static const TypeDef buffer_def = { .name = "_io._BytesIOBuffer", .layout = &buffer_layout, .flags = TYPE_DISALLOW_NEW };
    Module *m = module_new(vm, "_memio", "Files in memory.");
    return m && lib_add_type(vm, m, &string_def, vm->types.object) && lib_add_type(vm, m, &bytes_def, vm->types.object) &&
                   lib_add_type(vm, m, &buffer_def, vm->types.object)
               ? value_from_obj(m) : VALUE_ERROR;
}
