/* SPDX-License-Identifier: MIT
 * StreamReader: what a protocol feeds and tasks read. Its coroutines are state machines (runtime/coro.h): stage 0 begins,
 * stage 1 goes on after waiting for data. */
#include "stdlib/asyncio/stream.h"

#include "runtime/coro.h"
#include "runtime/origin.h"
#include "stdlib/util.h"
#include "vm/frame.h"
#include "vm/objects/bytes.h"
#include "vm/objects/bytes_methods.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"
#include "vm/text/search.h"

#define DEFAULT_LIMIT 65536
#define BUFFER_MIN ((size_t)256)

static void reader_trace(Marker *m, Obj *o)
{
    StreamReader *r = (StreamReader *)o;
    mark_obj(m, r->loop);
    mark_values(m, &r->transport, 5);
    mark_obj(m, r->one);
    mark_obj(m, r->buf);
}

const TypeLayout stream_reader_layout = { .kind = KIND_EXT, .size = sizeof(StreamReader), .trace = reader_trace };

bool stream_reader_is_plain(Vm *vm, Value v)
{
    Value t = rt_of(vm)->roots[RT_ROOT_STREAM_READER];
    return is_kind(v, KIND_EXT) && is_type(t) && shape_of(vm, v) == as_type(t)->root_shape;
}

static Value call_named(Vm *vm, Value o, const char *method, uint32_t n, const Value *args)
{
    Str *name = str_intern(vm, method, strlen(method));
    return name ? op_call_method(vm, o, name, n, args) : VALUE_ERROR;
}

/* ---- the buffer ---- */

/* A script may have changed it. */
static inline void look_at_shared(StreamReader *r)
{
    if (UNLIKELY(!value_is_empty(r->shared)))
        r->len = as_bytearray(r->shared)->len;
}

static const char *data_of(const StreamReader *r)
{
    if (UNLIKELY(!value_is_empty(r->shared)))
        return bytes_span(r->shared).p;
    return (r->one ? r->one->data : r->buf ? r->buf->data : "") + r->start;
}

static void forget_data(StreamReader *r)
{
    r->one = NULL;
    r->start = r->len = 0;
}

/* Room for n more bytes behind what there is, in a buffer of its own. */
static bool make_room(Vm *vm, StreamReader *r, size_t n)
{
    size_t need = r->len + n, cap = r->buf && !r->one ? r->buf->cap : 0;
    if (!r->one && r->start + need <= cap)
        return true;
    if (!r->one && need <= cap / 2) {
        memmove(r->buf->data, r->buf->data + r->start, r->len);
        r->start = 0;
        return true;
    }
    size_t want = BUFFER_MIN;
    while (want < need)
        want *= 2;
    Raw *b = raw_new(vm, want);
    if (!b)
        return false;
    memcpy(b->data, data_of(r), r->len);
    heap_set_ptr(vm, r, &r->buf, b);
    r->one = NULL;
    r->start = 0;
    return true;
}

static NOINLINE bool append_shared(Vm *vm, StreamReader *r, Value data)
{
    bool ok = !value_is_empty(op_binary(vm, INT_ADD, r->shared, data, true));
    look_at_shared(r);
    return ok;
}

static NOINLINE Value take_shared(Vm *vm, StreamReader *r, size_t n)
{
    Bytes *b = bytes_new(vm, data_of(r), n);
    Value slice = b ? slice_new(vm, VALUE_NONE, value_from_int48((int64_t)n), VALUE_NONE) : VALUE_ERROR;
    bool ok = !value_is_empty(slice) && op_delitem(vm, r->shared, slice);
    look_at_shared(r);
    return ok ? value_from_obj(b) : VALUE_ERROR;
}

static bool append(Vm *vm, StreamReader *r, Value data, const char *p, size_t n)
{
    if (UNLIKELY(!value_is_empty(r->shared)))
        return append_shared(vm, r, data);
    if (!r->len && is_bytes(data)) {
        heap_set_ptr(vm, r, &r->one, as_bytes(data));
        r->start = 0;
        r->len = n;
        return true;
    }
    if (!make_room(vm, r, n))
        return false;
    memcpy(r->buf->data + r->start + r->len, p, n);
    r->len += n;
    return true;
}

/* The first n bytes, which are then gone. */
static Value take(Vm *vm, StreamReader *r, size_t n)
{
    if (UNLIKELY(!value_is_empty(r->shared)))
        return take_shared(vm, r, n);
    Bytes *b = r->one && !r->start && n == r->one->len ? r->one : bytes_new(vm, data_of(r), n);
    if (!b)
        return VALUE_ERROR;
    r->start += n;
    r->len -= n;
    if (!r->len) {
        if (r->buf && r->buf->cap > DEFAULT_LIMIT)
            r->buf = NULL;
        forget_data(r);
    }
    return value_from_obj(b);
}

/* ---- flow ---- */

static bool tell_transport(Vm *vm, StreamReader *r, const char *method)
{
    return !value_is_empty(call_named(vm, r->transport, method, 0, NULL));
}

static bool resume(Vm *vm, StreamReader *r)
{
    r->paused = false;
    return tell_transport(vm, r, "resume_reading");
}

static bool maybe_resume(Vm *vm, StreamReader *r)
{
    return LIKELY(!r->paused) || r->len > r->limit || resume(vm, r);
}

static bool maybe_pause(Vm *vm, StreamReader *r)
{
    if (LIKELY(r->len <= 2 * r->limit) || value_is_none(r->transport) || r->paused)
        return true;
    if (tell_transport(vm, r, "pause_reading")) {
        r->paused = true;
        return true;
    }
    if (!exc_pending_is(vm, EXC_NotImplementedError))
        return false;
    exc_discard(vm);
    r->transport = VALUE_NONE;          /* it cannot be paused */
    return true;
}

bool stream_future_set(Vm *vm, Value v, Value exc)
{
    if (LIKELY(is_future(vm, v))) {
        Future *f = as_future(v);
        if (future_done(f))
            return true;
        return value_is_none(exc) ? future_set_result(vm, f, VALUE_NONE) : future_set_exception(vm, f, exc);
    }
    Value done = call_named(vm, v, "done", 0, NULL);
    int over = value_is_empty(done) ? -1 : op_truth(vm, done);
    if (over)
        return over > 0;
    Value none = VALUE_NONE;
    return !value_is_empty(value_is_none(exc) ? call_named(vm, v, "set_result", 1, &none)
                                              : call_named(vm, v, "set_exception", 1, &exc));
}

static bool wake(Vm *vm, StreamReader *r, Value exc)
{
    Value waiter = r->waiter;
    if (value_is_none(waiter))
        return true;
    r->waiter = VALUE_NONE;
    return stream_future_set(vm, waiter, exc);
}

/* Whatever a bytearray can be extended with. */
static bool feed_view(Vm *vm, Value data, const char **p, size_t *n)
{
    if (!is_bytes_like(vm, data)) {
        int some = op_truth(vm, data);
        ByteArray *all = some < 0 ? NULL : bytearray_new(vm, NULL, 0);
        Str *name = all ? str_intern(vm, "extend", 6) : NULL;
        if (!name || (some && value_is_empty(op_call_method(vm, value_from_obj(all), name, 1, &data))))
            return false;
        data = value_from_obj(all);
    }
    return bytes_view(vm, data, p, n);
}

bool stream_reader_feed(Vm *vm, StreamReader *r, Value data)
{
    const char *p;
    size_t n;
    if (UNLIKELY(r->eof)) {
        raise_exc(vm, EXC_AssertionError, "feed_data after feed_eof");
        return false;
    }
    if (is_bytes(data)) {
        p = as_bytes(data)->data;
        n = as_bytes(data)->len;
    } else if (!feed_view(vm, data, &p, &n)) {
        return false;
    }
    return !n || (append(vm, r, data, p, n) && wake(vm, r, VALUE_NONE) && maybe_pause(vm, r));
}

bool stream_reader_feed_eof(Vm *vm, StreamReader *r)
{
    r->eof = true;
    return wake(vm, r, VALUE_NONE);
}

bool stream_reader_fail(Vm *vm, StreamReader *r, Value exc)
{
    heap_set(vm, r, &r->exception, exc);
    return wake(vm, r, exc);
}

/* ---- waiting ---- */

/* A coroutine's step that has to wait: false with *out to be awaited, or true with an exception pending. */
static bool wait_for_data(Vm *vm, Coro *c, StreamReader *r, const char *who, Value *out)
{
    *out = VALUE_ERROR;
    if (!value_is_none(r->waiter)) {
        raise_exc(vm, EXC_RuntimeError, "%s() called while another coroutine is already waiting for incoming data", who);
        return true;
    }
    if (r->eof) {
        raise_exc(vm, EXC_AssertionError, "_wait_for_data after EOF");
        return true;
    }
    if (r->paused && !resume(vm, r))
        return true;
    Value f = LIKELY(loop_is_plain(vm, r->loop)) ? future_new(vm, r->loop) : loop_method(vm, r->loop, "create_future", 0, NULL);
    if (value_is_empty(f))
        return true;
    heap_set(vm, r, &r->waiter, f);
    c->stage = 1;
    *out = f;
    return false;
}

/* Called first by each step. False: it is over, an exception is pending. */
static bool go_on(StreamReader *r, const Coro *c, Value in)
{
    look_at_shared(r);
    if (c->stage)
        r->waiter = VALUE_NONE;
    return !value_is_empty(in);
}

static bool failed(Vm *vm, const StreamReader *r)
{
    if (LIKELY(value_is_none(r->exception)))
        return false;
    raise_value(vm, r->exception);
    return true;
}

static Value taken(Vm *vm, StreamReader *r, size_t n)
{
    Value v = take(vm, r, n);
    return !value_is_empty(v) && maybe_resume(vm, r) ? v : VALUE_ERROR;
}

static Value incomplete(Vm *vm, StreamReader *r, Value expected)
{
    Type *t = lib_type(vm, "asyncio.exceptions", "IncompleteReadError");
    Value args[2] = { t ? take(vm, r, r->len) : VALUE_ERROR, expected };
    Value e = value_is_empty(args[0]) ? VALUE_ERROR : op_call(vm, value_from_obj(t), 2, args);
    return value_is_empty(e) ? e : raise_value(vm, e);
}

static Value overrun(Vm *vm, const char *text, size_t consumed)
{
    Type *t = lib_type(vm, "asyncio.exceptions", "LimitOverrunError");
    Str *s = t ? str_cstr(vm, text) : NULL;
    Value args[2] = { s ? value_from_obj(s) : VALUE_NONE, value_from_int48((int64_t)consumed) };
    Value e = s ? op_call(vm, value_from_obj(t), 2, args) : VALUE_ERROR;
    return value_is_empty(e) ? e : raise_value(vm, e);
}

/* ---- read(n) ---- */

/* Everything up to the end: what has come is collected in a bytearray, so that the transport goes on. */
static bool read_all(Vm *vm, Coro *c, StreamReader *r, Value *out)
{
    if (!is_bytearray(c->arg)) {
        ByteArray *all = bytearray_new(vm, NULL, 0);
        if (!all)
            return true;
        heap_set(vm, c, &c->arg, value_from_obj(all));
    }
    if (r->len) {
        Value part = taken(vm, r, r->len);
        if (value_is_empty(part) || value_is_empty(op_binary(vm, INT_ADD, c->arg, part, true)))
            return true;
    }
    if (!r->eof)
        return wait_for_data(vm, c, r, "read", out);
    Span s = bytes_span(c->arg);
    Bytes *b = bytes_new(vm, s.p, s.n);
    *out = b ? value_from_obj(b) : VALUE_ERROR;
    return true;
}

/* Compared with 0 before anything else, as a script would: what cannot be says so. */
static bool count_arg(Vm *vm, Value v, unsigned cmp, int64_t *n)
{
    return (is_int(v) || op_compare_bool(vm, cmp, v, value_from_int48(0)) >= 0) && op_index_clamped(vm, v, n);
}

static bool read_step(Vm *vm, Coro *c, Value in, Value *out)
{
    StreamReader *r = as_stream_reader(c->self);
    *out = VALUE_ERROR;
    if (!go_on(r, c, in) || (!c->stage && failed(vm, r)))
        return true;
    if (is_bytearray(c->arg))
        return failed(vm, r) || read_all(vm, c, r, out);
    int64_t n;
    if (!count_arg(vm, c->arg, COMPARE_LT, &n))
        return true;
    if (n < 0)
        return read_all(vm, c, r, out);
    if (!n) {
        *out = value_from_obj(vm->empty_bytes);
        return true;
    }
    if (!r->len && !r->eof && !c->stage)
        return wait_for_data(vm, c, r, "read", out);
    *out = taken(vm, r, (size_t)n < r->len ? (size_t)n : r->len);
    return true;
}

static const CoroDef read_def = { "StreamReader.read", read_step };

static Value reader_m_read(Vm *vm, Value self, const Args *args)
{
    return coro_new(vm, &read_def, self, args->v[0]);
}

/* ---- readexactly(n) ---- */

static bool exactly_step(Vm *vm, Coro *c, Value in, Value *out)
{
    StreamReader *r = as_stream_reader(c->self);
    int64_t n;
    *out = VALUE_ERROR;
    if (!go_on(r, c, in) || !count_arg(vm, c->arg, COMPARE_LT, &n))
        return true;
    if (!c->stage) {
        if (n < 0)
            raise_exc(vm, EXC_ValueError, "readexactly size can not be less than zero");
        if (n < 0 || failed(vm, r))
            return true;
        if (!n) {
            *out = value_from_obj(vm->empty_bytes);
            return true;
        }
    }
    if (r->len >= (size_t)n)
        *out = taken(vm, r, (size_t)n);
    else if (r->eof)
        *out = incomplete(vm, r, c->arg);
    else
        return wait_for_data(vm, c, r, "readexactly", out);
    return true;
}

static const CoroDef exactly_def = { "StreamReader.readexactly", exactly_step };

static Value reader_m_readexactly(Vm *vm, Value self, const Args *args)
{
    return coro_new(vm, &exactly_def, self, args->v[0]);
}

/* ---- readuntil, readline ---- */

/* c->arg: the separator, or a List: separators by length, then how far was looked. */
typedef struct Seps {
    const Value *seps;
    size_t n, shortest, longest, looked;
} Seps;

static bool by_length(Vm *vm, List *l)
{
    for (size_t i = 1; i < l->len; i++)         /* few */
        for (size_t j = i; j; j--) {
            Value *v = list_items(l) + j;
            int64_t a = op_len(vm, v[-1]), b = op_len(vm, v[0]);
            if (a < 0 || b < 0)
                return false;
            if (a <= b)
                break;
            Value t = v[0];
            v[0] = v[-1];
            v[-1] = t;
        }
    return true;
}

/* Makes of a separator, or a tuple of them, what c->arg is. */
static bool prepare(Vm *vm, Coro *c)
{
    if (is_bytes(c->arg) && as_bytes(c->arg)->len)
        return true;
    List *l = is_tuple(c->arg) ? list_from(vm, as_tuple(c->arg)->items, as_tuple(c->arg)->len) : list_from(vm, &c->arg, 1);
    if (!l)
        return false;
    if (!l->len) {
        raise_exc(vm, EXC_ValueError, "Separator should contain at least one element");
        return false;
    }
    if (!by_length(vm, l))
        return false;
    int64_t first = op_len(vm, list_items(l)[0]);
    if (!first)
        raise_exc(vm, EXC_ValueError, "Separator should be at least one-byte string");
    if (first <= 0)
        return false;
    for (size_t i = 0; i < l->len; i++) {       /* as they are now */
        Span s;
        if (!is_bytes_like(vm, list_items(l)[i])) {
            raise_exc(vm, EXC_TypeError, "argument should be integer or bytes-like object, not '%T'", list_items(l)[i]);
            return false;
        }
        Bytes *b = span_of(vm, list_items(l)[i], &s) ? bytes_new(vm, s.p, s.n) : NULL;
        if (!b)
            return false;
        heap_set(vm, l->buf, &list_items(l)[i], value_from_obj(b));
    }
    heap_set(vm, c, &c->arg, value_from_obj(l));
    return list_append(vm, l, value_from_int48(0));
}

static Seps search_of(const Coro *c)
{
    Seps s = { &c->arg, 1, 0, 0, 0 };
    if (is_list(c->arg)) {
        List *l = as_list(c->arg);
        s.seps = list_items(l);
        s.n = l->len - 1;
        s.looked = (size_t)value_int48(s.seps[s.n]);
    }
    s.shortest = as_bytes(s.seps[0])->len;
    s.longest = as_bytes(s.seps[s.n - 1])->len;
    return s;
}

static bool remember_looked(Vm *vm, Coro *c, size_t looked)
{
    if (!is_list(c->arg)) {
        if (!looked)
            return true;
        List *l = list_from(vm, &c->arg, 1);
        if (!l || !list_append(vm, l, value_from_int48(0)))
            return false;
        heap_set(vm, c, &c->arg, value_from_obj(l));
    }
    List *l = as_list(c->arg);
    list_items(l)[l->len - 1] = value_from_int48((int64_t)looked);
    return true;
}

/* Where the first separator begins and ends; false: there is none yet. */
static bool search(const StreamReader *r, const Seps *s, size_t *start, size_t *end)
{
    const char *p = data_of(r);
    bool found = false;
    for (size_t i = 0; i < s->n; i++) {
        const Bytes *sep = as_bytes(s->seps[i]);
        if (s->looked > r->len)
            continue;
        size_t at = search_find(p + s->looked, r->len - s->looked, sep->data, sep->len);
        if (at == SEARCH_NONE)
            continue;
        size_t e = s->looked + at + sep->len;
        if (!found || e < *end) {
            *start = e - sep->len;
            *end = e;
        }
        found = true;
    }
    return found;
}

/* What readline() makes of a line that is too long. */
static Value line_overrun(Vm *vm, StreamReader *r, const char *text, size_t drop)
{
    Value v = take(vm, r, drop);
    if (value_is_empty(v) || !maybe_resume(vm, r))
        return VALUE_ERROR;
    return raise_exc(vm, EXC_ValueError, "%s", text);
}

static bool until(Vm *vm, Coro *c, Value in, Value *out, bool line)
{
    static const char too_long[] = "Separator is found, but chunk is longer than limit";
    static const char not_found[] = "Separator is not found, and chunk exceed the limit";
    StreamReader *r = as_stream_reader(c->self);
    size_t start = 0, end = 0;
    *out = VALUE_ERROR;
    if (!go_on(r, c, in) || (!c->stage && (!prepare(vm, c) || failed(vm, r))))
        return true;
    Seps s = search_of(c);
    if (r->len >= s.looked + s.shortest) {
        if (search(r, &s, &start, &end)) {
            if (start > r->limit)
                *out = line ? line_overrun(vm, r, too_long, end) : overrun(vm, too_long, start);
            else
                *out = taken(vm, r, end);
            return true;
        }
        s.looked = r->len + 1 > s.longest ? r->len + 1 - s.longest : 0;
        if (s.looked > r->limit) {
            *out = line ? line_overrun(vm, r, not_found, r->len) : overrun(vm, not_found, s.looked);
            return true;
        }
        if (!remember_looked(vm, c, s.looked))
            return true;
    }
    if (!r->eof)
        return wait_for_data(vm, c, r, "readuntil", out);
    *out = line ? take(vm, r, r->len) : incomplete(vm, r, VALUE_NONE);
    return true;
}

static bool until_step(Vm *vm, Coro *c, Value in, Value *out)
{
    return until(vm, c, in, out, false);
}

static bool line_step(Vm *vm, Coro *c, Value in, Value *out)
{
    return until(vm, c, in, out, true);
}

static bool next_step(Vm *vm, Coro *c, Value in, Value *out)
{
    if (!until(vm, c, in, out, true))
        return false;
    if (is_bytes(*out) && !as_bytes(*out)->len)
        *out = raise_args(vm, EXC_StopAsyncIteration, 0, NULL);
    return true;
}

static const CoroDef until_def = { "StreamReader.readuntil", until_step };
static const CoroDef line_def = { "StreamReader.readline", line_step };
static const CoroDef next_def = { "StreamReader.__anext__", next_step };

static Value newline(Vm *vm)
{
    Bytes *b = bytes_new(vm, "\n", 1);
    return b ? value_from_obj(b) : VALUE_ERROR;
}

static Value reader_m_readuntil(Vm *vm, Value self, const Args *args)
{
    Value sep = value_is_empty(args->v[0]) ? newline(vm) : args->v[0];
    return value_is_empty(sep) ? sep : coro_new(vm, &until_def, self, sep);
}

static Value reader_m_readline(Vm *vm, Value self, const Args *args)
{
    Value sep = newline(vm);
    (void)args;
    return value_is_empty(sep) ? sep : coro_new(vm, &line_def, self, sep);
}

static Value reader_m_anext(Vm *vm, Value self, const Args *args)
{
    (void)args;
    if (!stream_reader_is_plain(vm, self)) {    /* readline() may be a script's */
        Value m = rt_import_module(vm, "asyncio.streams");
        return value_is_empty(m) ? m : call_named(vm, m, "_next_line", 1, &self);
    }
    Value sep = newline(vm);
    return value_is_empty(sep) ? sep : coro_new(vm, &next_def, self, sep);
}

static Value reader_m_aiter(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return self;
}

/* ---- the protocol's side ---- */

static Value reader_m_feed_data(Vm *vm, Value self, const Args *args)
{
    return stream_reader_feed(vm, as_stream_reader(self), args->v[0]) ? VALUE_NONE : VALUE_ERROR;
}

static Value reader_m_feed_eof(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return stream_reader_feed_eof(vm, as_stream_reader(self)) ? VALUE_NONE : VALUE_ERROR;
}

static Value reader_m_set_exception(Vm *vm, Value self, const Args *args)
{
    return stream_reader_fail(vm, as_stream_reader(self), args->v[0]) ? VALUE_NONE : VALUE_ERROR;
}

static Value reader_m_exception(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return as_stream_reader(self)->exception;
}

static Value reader_m_at_eof(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    StreamReader *r = as_stream_reader(self);
    look_at_shared(r);
    return value_from_bool(r->eof && !r->len);
}

static Value reader_m_set_transport(Vm *vm, Value self, const Args *args)
{
    StreamReader *r = as_stream_reader(self);
    if (!value_is_none(r->transport))
        return raise_exc(vm, EXC_AssertionError, "Transport already set");
    heap_set(vm, r, &r->transport, args->v[0]);
    return VALUE_NONE;
}

static Value reader_m_maybe_resume(Vm *vm, Value self, const Args *args)
{
    (void)args;
    look_at_shared(as_stream_reader(self));
    return maybe_resume(vm, as_stream_reader(self)) ? VALUE_NONE : VALUE_ERROR;
}

static bool waiting_step(Vm *vm, Coro *c, Value in, Value *out)
{
    StreamReader *r = as_stream_reader(c->self);
    Value keep;
    bool began = c->stage;
    *out = VALUE_ERROR;
    if (!go_on(r, c, in))
        return true;
    *out = VALUE_NONE;
    const char *who = began ? NULL : is_str(c->arg) ? str_c(vm, as_str(c->arg), &keep) : "read";
    return began || wait_for_data(vm, c, r, who ? who : "read", out);
}

static const CoroDef waiting_def = { "StreamReader._wait_for_data", waiting_step };

static Value reader_m_wait_for_data(Vm *vm, Value self, const Args *args)
{
    return coro_new(vm, &waiting_def, self, args->v[0]);
}

/* ---- life ---- */

static Value reader_m_new(Vm *vm, Value self, const Args *args)
{
    (void)args;
    StreamReader *r = (StreamReader *)object_alloc(vm, as_type(self));
    if (!r)
        return VALUE_ERROR;
    r->transport = r->waiter = r->exception = VALUE_NONE;
    r->source = r->shared = VALUE_EMPTY;
    return value_from_obj(r);
}

static Value reader_m_init(Vm *vm, Value self, const Args *args)
{
    StreamReader *r = as_stream_reader(self);
    int64_t limit;
    if (!count_arg(vm, args->v[0], COMPARE_LE, &limit))
        return VALUE_ERROR;
    if (limit <= 0)
        return raise_exc(vm, EXC_ValueError, "Limit cannot be <= 0");
    Value loop = value_is_none(args->v[1]) ? loop_get_event_loop(vm) : args->v[1];
    if (value_is_empty(loop) || !loop_of(vm, loop, &r->loop))
        return VALUE_ERROR;
    r->limit = (size_t)limit;
    heap_touch(vm, r);
    return !r->loop->debug || !value_is_empty(r->source = origin_stack(vm, ORIGIN_DEPTH)) ? VALUE_NONE : VALUE_ERROR;
}

static Str *with(Vm *vm, Str *s, const char *name, Value v)
{
    return !s || value_is_none(v) ? s : str_printf(vm, "%S %s=%R", s, name, v);
}

static Value reader_m_repr(Vm *vm, Value self, const Args *args)
{
    StreamReader *r = as_stream_reader(self);
    (void)args;
    look_at_shared(r);
    Str *s = str_cstr(vm, "<StreamReader");
    if (s && r->len)
        s = str_printf(vm, "%S %zu bytes", s, r->len);
    if (s && r->eof)
        s = str_printf(vm, "%S eof", s);
    if (s && r->limit != DEFAULT_LIMIT)
        s = str_printf(vm, "%S limit=%zu", s, r->limit);
    s = with(vm, s, "waiter", r->waiter);
    s = with(vm, s, "exception", r->exception);
    s = with(vm, s, "transport", r->transport);
    s = s ? str_printf(vm, "%S%s>", s, r->paused ? " paused" : "") : NULL;
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static const MethodDef reader_methods[] = {
    METHOD(reader, new, "__new__(*args, **kwargs)", "Create a reader."),
    SCRIPT_METHOD(reader, init, "__init__(limit=65536, loop=None)", "A reader that is fed by a protocol."),
    SCRIPT_METHOD(reader, repr, "__repr__()", "Return repr(self)."),
    ASYNC_METHOD(reader, read, "read(n=-1)", "At most n bytes, and at least one unless the end has come; -1: all."),
    ASYNC_METHOD(reader, readexactly, "readexactly(n)", "Exactly n bytes, or IncompleteReadError."),
    ASYNC_METHOD(reader, readuntil, "readuntil(separator=...)",
                  "Up to and with the separator; of several in a tuple, up to the end of the one that ends first."),
    ASYNC_METHOD(reader, readline, "readline()", "One line with its newline; what is left at the end, b'' after that."),
    SCRIPT_METHOD(reader, aiter, "__aiter__()", "The lines."),
    ASYNC_METHOD(reader, anext, "__anext__()", "The next line."),
    SCRIPT_METHOD(reader, feed_data, "feed_data(data)", "Bytes have come."),
    SCRIPT_METHOD(reader, feed_eof, "feed_eof()", "No more will come."),
    SCRIPT_METHOD(reader, at_eof, "at_eof()", "Has all been read, and will no more come?"),
    SCRIPT_METHOD(reader, exception, "exception()", "What reading fails with, or None."),
    SCRIPT_METHOD(reader, set_exception, "set_exception(exc)", "Reading fails with it from now on."),
    SCRIPT_METHOD(reader, set_transport, "set_transport(transport)", "It is paused while there is too much to be read."),
    SCRIPT_METHOD(reader, maybe_resume, "_maybe_resume_transport()", "Go on when enough has been read."),
    ASYNC_METHOD(reader, wait_for_data, "_wait_for_data(func_name)", "Wait until something was fed."),
    { 0 }
};

static void share(Vm *vm, StreamReader *r, Value buffer)
{
    heap_set(vm, r, &r->shared, buffer);
    r->buf = NULL;
    forget_data(r);
    look_at_shared(r);
}

static Value reader_g_buffer(Vm *vm, Value self)
{
    StreamReader *r = as_stream_reader(self);
    if (value_is_empty(r->shared)) {
        ByteArray *b = bytearray_new(vm, data_of(r), r->len);
        if (!b)
            return VALUE_ERROR;
        share(vm, r, value_from_obj(b));
    }
    return r->shared;
}

static bool reader_s_buffer(Vm *vm, Value self, Value v)
{
    if (value_is_empty(v) || !is_bytearray(v)) {
        raise_type_error(vm, "the buffer of a StreamReader is a bytearray");
        return false;
    }
    share(vm, as_stream_reader(self), v);
    return true;
}

#define FIELD(name, expression)                                               \
    static Value reader_g_##name(Vm *vm, Value self)                          \
    {                                                                         \
        (void)vm;                                                             \
        const StreamReader *r = as_stream_reader(self);                       \
        return expression;                                                    \
    }
FIELD(loop, r->loop ? loop_value(r->loop) : VALUE_NONE)
FIELD(limit, value_from_int48((int64_t)r->limit))
FIELD(eof, value_from_bool(r->eof))
FIELD(paused, value_from_bool(r->paused))
FIELD(waiter, r->waiter)
FIELD(exception, r->exception)
FIELD(transport, r->transport)
FIELD(source, value_is_empty(r->source) ? VALUE_NONE : r->source)

static bool reader_s_transport(Vm *vm, Value self, Value v)
{
    heap_set(vm, as_stream_reader(self), &as_stream_reader(self)->transport, value_is_empty(v) ? VALUE_NONE : v);
    return true;
}

static bool reader_s_waiter(Vm *vm, Value self, Value v)
{
    heap_set(vm, as_stream_reader(self), &as_stream_reader(self)->waiter, value_is_empty(v) ? VALUE_NONE : v);
    return true;
}

static bool reader_s_exception(Vm *vm, Value self, Value v)
{
    heap_set(vm, as_stream_reader(self), &as_stream_reader(self)->exception, value_is_empty(v) ? VALUE_NONE : v);
    return true;
}

static bool reader_s_limit(Vm *vm, Value self, Value v)
{
    int64_t n;
    if (!op_int64(vm, value_is_empty(v) ? VALUE_NONE : v, &n))
        return false;
    as_stream_reader(self)->limit = n < 0 ? 0 : (size_t)n;
    return true;
}

static bool reader_s_eof(Vm *vm, Value self, Value v)
{
    int t = value_is_empty(v) ? 0 : op_truth(vm, v);
    as_stream_reader(self)->eof = t > 0;
    return t >= 0;
}

static bool reader_s_paused(Vm *vm, Value self, Value v)
{
    int t = value_is_empty(v) ? 0 : op_truth(vm, v);
    as_stream_reader(self)->paused = t > 0;
    return t >= 0;
}

static const GetSetDef reader_getsets[] = {
    { "_buffer", "What can be read.", reader_g_buffer, reader_s_buffer },
    { "_loop", "The loop.", reader_g_loop, NULL },
    { "_limit", "Lines may be so long.", reader_g_limit, reader_s_limit },
    { "_eof", "Will no more come?", reader_g_eof, reader_s_eof },
    { "_paused", "Is the transport paused?", reader_g_paused, reader_s_paused },
    { "_waiter", "What the read that waits waits for, or None.", reader_g_waiter, reader_s_waiter },
    { "_exception", "What reading fails with, or None.", reader_g_exception, reader_s_exception },
    { "_transport", "The transport, or None.", reader_g_transport, reader_s_transport },
    { "_source_traceback", "In debug mode, where it was made.", reader_g_source, NULL },
    { 0 }
};

bool stream_reader_add(Vm *vm, Module *m)
{
    static const TypeDef def = { .name = "asyncio.streams.StreamReader", .doc = "The reading side of a connection.",
        .layout = &stream_reader_layout, .methods = reader_methods, .getsets = reader_getsets,
        .flags = TYPE_BASE | TYPE_HAS_DICT | TYPE_WEAKREFS | TYPE_PLAIN_NAME };
    Type *t = lib_add_type(vm, m, &def, vm->types.object);
    if (t)
        rt_of(vm)->roots[RT_ROOT_STREAM_READER] = value_from_obj(t);
    return t != NULL;
}
