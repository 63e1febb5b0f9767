/* SPDX-License-Identifier: MIT
 * Transports of byte streams: _SelectorSocketTransport. What is read goes to the protocol as one bytes object a call, or
 * into the protocol's own buffer; what is written is sent at once as far as the kernel takes it. */
#include "stdlib/asyncio/transport.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "runtime/faults.h"
#include "stdlib/asyncio/stream.h"
#include "stdlib/socket/socket.h"
#include "vm/objects/bytes.h"
#include "vm/objects/bytes_methods.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

#define PIECES_MAX 64                   /* buffers a system call */
#define DIRECT_MIN 4096                 /* what is expected to be so large is received where it will stay */

static bool would_block(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

static bool os_fatal(Vm *vm, Transport *t, const char *message)
{
    raise_os(vm, errno, VALUE_EMPTY);
    return transport_fatal(vm, t, message);
}

/* ---- sockets with methods of a script's ---- */

/* Does reading or writing the socket call what a script has written? */
static bool needs_methods(Vm *vm, Value sock)
{
    static const char *const names[] = { "recv", "recv_into", "send", "sendmsg", "shutdown" };
    Type *type = type_of(vm, sock);
    bool own = type->flags & TYPE_HEAP && value_is_obj(sock);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        Str *name = str_intern(vm, names[i], strlen(names[i]));
        if (name && (!is_native(type_lookup(vm, type, name)) || (own && !value_is_empty(attr_own(vm, value_obj(sock), name)))))
            return true;
    }
    return false;
}

/* EMPTY with nothing pending: not now. */
static Value call_socket(Vm *vm, const Transport *t, const char *method, Value arg)
{
    Str *name = str_intern(vm, method, strlen(method));
    Value r = name ? op_call_method(vm, t->sock, name, 1, &arg) : VALUE_ERROR;
    if (value_is_empty(r) && (exc_pending_is(vm, EXC_BlockingIOError) || exc_pending_is(vm, EXC_InterruptedError)))
        exc_discard(vm);
    return r;
}

/* A count; -1: not now (as errno says), or an exception is pending. */
static ssize_t call_for_count(Vm *vm, const Transport *t, const char *method, Value arg)
{
    int64_t n;
    Value r = call_socket(vm, t, method, arg);
    errno = EAGAIN;
    if (value_is_empty(r) || !op_int64(vm, r, &n))
        return -1;
    return n < 0 ? 0 : (ssize_t)n;
}

static bool shut(Vm *vm, const Transport *t)
{
    if (UNLIKELY(t->by_script))
        return !value_is_empty(call_socket(vm, t, "shutdown", value_from_int48(SHUT_WR))) || !vm_pending(vm);
    if (shutdown(t->fd, SHUT_WR) == 0)
        return true;
    raise_os(vm, errno, VALUE_EMPTY);
    return false;
}

/* ---- reading ---- */

static bool on_eof(Vm *vm, Transport *t)
{
    Value keep = transport_tell(vm, t, vm->names.eof_received, 0, NULL);
    int open = value_is_empty(keep) ? -1 : op_truth(vm, keep);
    if (open < 0)
        return transport_fatal(vm, t, "Fatal error: protocol.eof_received() call failed.");
    if (open) {
        transport_unwatch(vm, t, POLL_READ);
        return true;
    }
    Str *name = str_intern(vm, "close", 5);
    return name && !value_is_empty(op_call_method(vm, value_from_obj(t), name, 0, NULL));
}

/* What has come, as bytes. EMPTY with nothing pending: nothing yet, or (*end) the end. */
static Value receive(Vm *vm, Transport *t, bool *end)
{
    ssize_t n;
    *end = false;
    Bytes *b = NULL;
    if (UNLIKELY(t->by_script)) {
        Value data = call_socket(vm, t, "recv", value_from_int48(IO_SCRATCH));
        int any = value_is_empty(data) ? 1 : op_truth(vm, data);
        *end = !any;
        return any > 0 ? data : VALUE_EMPTY;
    }
    if (t->hint >= DIRECT_MIN) {
        size_t cap = t->hint > IO_SCRATCH / 2 ? IO_SCRATCH : t->hint + t->hint / 8;
        if (!(b = bytes_new_raw(vm, cap)))
            return VALUE_ERROR;
        n = recv(t->fd, b->data, cap, 0);
        if (n > 0 && (size_t)n >= cap / 2) {
            t->hint = (uint32_t)n;
            b->data[n] = 0;
            b->len = (size_t)n;
            return value_from_obj(b);
        }
    } else {
        char *to = rt_io_scratch(vm);
        if (!to)
            return VALUE_ERROR;
        n = recv(t->fd, to, IO_SCRATCH, 0);
    }
    if (n < 0 && !would_block())
        return raise_os(vm, errno, VALUE_EMPTY);
    *end = n == 0;
    if (n <= 0)
        return VALUE_EMPTY;
    t->hint = (uint32_t)n;
    b = bytes_new(vm, b ? b->data : rt_of(vm)->io_scratch, (size_t)n);
    return b ? value_from_obj(b) : VALUE_ERROR;
}

static bool read_to_protocol(Vm *vm, Transport *t)
{
    bool end;
    Value data = receive(vm, t, &end);
    if (value_is_empty(data)) {
        if (vm_pending(vm))
            return transport_fatal(vm, t, "Fatal read error on socket transport");
        return !end || on_eof(vm, t);
    }
    if (t->feeds_shape && vm->shapes[value_obj(t->protocol)->shape]->id == t->feeds_shape && is_bytes(data)) {
        if (stream_protocol_feed(vm, as_stream_protocol(t->protocol), data))
            return true;
    } else if (!value_is_empty(transport_tell(vm, t, vm->names.data_received, 1, &data))) {
        return true;
    }
    return transport_fatal(vm, t, "Fatal error: protocol.data_received() call failed.");
}

static Value buffer_of(Vm *vm, Transport *t, char **to, size_t *n)
{
    Value hint = value_from_int48(-1), buf = transport_tell(vm, t, vm->names.get_buffer, 1, &hint);
    if (value_is_empty(buf))
        return buf;
    int64_t len = op_len(vm, buf);
    if (len < 0)
        return VALUE_ERROR;
    if (!len)
        return raise_exc(vm, EXC_RuntimeError, "get_buffer() returned an empty buffer");
    *to = NULL;
    if (!bytes_writable(vm, buf, "recv_into() argument 1", to, n))
        *to = NULL;
    return buf;
}

static bool read_into_buffer(Vm *vm, Transport *t)
{
    char *to;
    size_t n;
    Value buf = buffer_of(vm, t, &to, &n);
    if (value_is_empty(buf))
        return transport_fatal(vm, t, "Fatal error: protocol.get_buffer() call failed.");
    if (!to)
        return transport_fatal(vm, t, "Fatal read error on socket transport");
    ssize_t got = t->by_script ? call_for_count(vm, t, "recv_into", buf) : recv(t->fd, to, n, 0);
    if (got < 0 && vm_pending(vm))
        return transport_fatal(vm, t, "Fatal read error on socket transport");
    if (got < 0)
        return would_block() || os_fatal(vm, t, "Fatal read error on socket transport");
    if (!got)
        return on_eof(vm, t);
    Value count = value_from_int48(got);
    if (!value_is_empty(transport_tell(vm, t, vm->names.buffer_updated, 1, &count)))
        return true;
    return transport_fatal(vm, t, "Fatal error: protocol.buffer_updated() call failed.");
}

static bool on_readable(Vm *vm, Transport *t)
{
    if (t->conn_lost || t->paused || t->closing)
        return true;
    return t->buffered_protocol ? read_into_buffer(vm, t) : read_to_protocol(vm, t);
}

static bool is_reading(const Transport *t)
{
    return t->loop && !t->closing && !t->paused;
}

Value stream_m_is_reading(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return value_from_bool(is_reading(as_transport(self)));
}

Value stream_m_pause_reading(Vm *vm, Value self, const Args *args)
{
    Transport *t = as_transport(self);
    (void)args;
    if (is_reading(t)) {
        t->paused = true;
        transport_unwatch(vm, t, POLL_READ);
    }
    return VALUE_NONE;
}

Value stream_m_resume_reading(Vm *vm, Value self, const Args *args)
{
    Transport *t = as_transport(self);
    (void)args;
    if (t->closing || !t->paused)
        return VALUE_NONE;
    t->paused = false;
    return transport_watch(vm, t, POLL_READ) ? VALUE_NONE : VALUE_ERROR;
}

/* ---- writing ---- */

static ssize_t send_some(Vm *vm, const Transport *t, Value data, const char *p, size_t n)
{
    if (UNLIKELY(t->by_script)) {
        ssize_t r = call_for_count(vm, t, "send", data);
        return r > (ssize_t)n ? (ssize_t)n : r;
    }
    io_touch_peer(rt_of(vm));
    return send(t->fd, p, n, MSG_NOSIGNAL);
}

static ssize_t send_by_script(Vm *vm, Transport *t, const struct iovec *iov, size_t n)
{
    List *pieces = list_new(vm, n);
    size_t total = 0;
    for (size_t i = 0; pieces && i < n; i++) {
        Bytes *b = bytes_new(vm, iov[i].iov_base, iov[i].iov_len);
        if (!b || !list_append(vm, pieces, value_from_obj(b)))
            return -1;
        total += iov[i].iov_len;
    }
    ssize_t r = pieces ? call_for_count(vm, t, "sendmsg", value_from_obj(pieces)) : -1;
    return r > (ssize_t)total ? (ssize_t)total : r;
}

static ssize_t send_buffered(Vm *vm, Transport *t)
{
    struct iovec iov[PIECES_MAX];
    size_t n = 0;
    for (size_t i = t->out_first; i < t->out->len && n < PIECES_MAX; i++, n++) {
        Bytes *b = as_bytes(list_items(t->out)[i]);
        size_t skip = n ? 0 : t->out_skip;
        iov[n] = (struct iovec){ b->data + skip, b->len - skip };
    }
    if (UNLIKELY(t->by_script))
        return send_by_script(vm, t, iov, n);
    io_touch_peer(rt_of(vm));
    if (n == 1)
        return send(t->fd, iov[0].iov_base, iov[0].iov_len, MSG_NOSIGNAL);
    struct msghdr m = { .msg_iov = iov, .msg_iovlen = n };
    return sendmsg(t->fd, &m, MSG_NOSIGNAL);
}

static void sent(Vm *vm, Transport *t, size_t n)
{
    t->buffered -= n;
    while (n) {
        size_t left = as_bytes(list_items(t->out)[t->out_first])->len - t->out_skip;
        if (n < left) {
            t->out_skip += n;
            return;
        }
        n -= left;
        size_t rest = t->buffered;
        transport_drop_first(vm, t);
        t->buffered = transport_has_out(t) ? rest : 0;
    }
}

static bool all_sent(Vm *vm, Transport *t)
{
    transport_unwatch(vm, t, POLL_WRITE);
    if (is_future(vm, t->empty_waiter) && !future_done(as_future(t->empty_waiter)) &&
        !future_set_result(vm, as_future(t->empty_waiter), VALUE_NONE))
        return false;
    if (t->closing)
        return transport_lost(vm, t, VALUE_NONE);
    if (t->eof && !shut(vm, t))
        return false;
    io_touch_peer(rt_of(vm));
    return true;
}

static bool write_failed(Vm *vm, Transport *t)
{
    if (!vm_pending(vm))
        raise_os(vm, errno, VALUE_EMPTY);
    Value exc = vm->strand->exc;
    transport_unwatch(vm, t, POLL_WRITE);
    transport_clear(vm, t);
    if (!transport_fatal(vm, t, "Fatal write error on socket transport"))
        return false;
    return !is_future(vm, t->empty_waiter) || future_done(as_future(t->empty_waiter)) ||
           future_set_exception(vm, as_future(t->empty_waiter), exc);
}

static bool on_writable(Vm *vm, Transport *t)
{
    if (t->conn_lost || !transport_has_out(t))
        return true;
    ssize_t n = send_buffered(vm, t);
    if (n < 0)
        return (!vm_pending(vm) && would_block()) || write_failed(vm, t);
    if (!transport_has_out(t))
        return true;            /* the socket's method has closed it */
    sent(vm, t, (size_t)n);
    if (!transport_maybe_resume(vm, t))
        return false;
    return transport_has_out(t) || all_sent(vm, t);
}

/* The rest of data from `skip` on, behind what waits already: bytes as they are, anything else is copied. */
static bool keep_rest(Vm *vm, Transport *t, Value data, const char *p, size_t n, size_t skip)
{
    bool first = !transport_has_out(t);
    if (is_bytes(data) && (first || !skip)) {
        if (!transport_keep(vm, t, data, n - skip))
            return false;
        if (first)
            t->out_skip = skip;
        return true;
    }
    Bytes *b = bytes_new(vm, p + skip, n - skip);
    return b && transport_keep(vm, t, value_from_obj(b), n - skip);
}

static bool writable_data(Vm *vm, Value data, const char **p, size_t *n)
{
    if (LIKELY(is_bytes(data))) {
        *p = as_bytes(data)->data;
        *n = as_bytes(data)->len;
        return true;
    }
    if (!is_bytearray(data) && !is_memoryview(vm, data)) {
        Str *name = as_str(type_of(vm, data)->name);
        raise_exc(vm, EXC_TypeError, "data argument must be a bytes-like object, not %R", value_from_obj(name));
        return false;
    }
    return bytes_view(vm, data, p, n);
}

Value stream_m_write(Vm *vm, Value self, const Args *args)
{
    Transport *t = as_transport(self);
    const char *p;
    size_t n, done = 0;
    if (!writable_data(vm, args->v[0], &p, &n))
        return VALUE_ERROR;
    if (t->eof)
        return raise_exc(vm, EXC_RuntimeError, "Cannot call write() after write_eof()");
    if (!value_is_none(t->empty_waiter))
        return raise_exc(vm, EXC_RuntimeError, "unable to write; sendfile is in progress");
    if (!n)
        return VALUE_NONE;
    if (t->conn_lost || !t->loop)
        return transport_ignored_write(vm, t) ? VALUE_NONE : VALUE_ERROR;
    if (!transport_has_out(t)) {
        ssize_t r = send_some(vm, t, args->v[0], p, n);
        if (r < 0 && vm_pending(vm))
            return transport_fatal(vm, t, "Fatal write error on socket transport") ? VALUE_NONE : VALUE_ERROR;
        if (UNLIKELY(t->by_script) && !bytes_view(vm, args->v[0], &p, &n))
            return VALUE_ERROR; /* script has run */
        if (r < 0 && !would_block())
            return os_fatal(vm, t, "Fatal write error on socket transport") ? VALUE_NONE : VALUE_ERROR;
        done = r < 0 ? 0 : (size_t)r;
        if (done == n)
            return VALUE_NONE;
        if (!transport_watch(vm, t, POLL_WRITE))
            return VALUE_ERROR;
    }
    return keep_rest(vm, t, args->v[0], p, n, done) && transport_maybe_pause(vm, t) ? VALUE_NONE : VALUE_ERROR;
}

bool transport_is_plain_stream(Vm *vm, Value v)
{
    Value t = rt_of(vm)->roots[RT_ROOT_STREAM_TRANSPORT];
    return is_kind(v, KIND_EXT) && is_type(t) && shape_of(vm, v) == as_type(t)->root_shape &&
           as_type(t)->version == rt_of(vm)->stream_version;
}

static Value stream_m_writelines(Vm *vm, Value self, const Args *args)
{
    Transport *t = as_transport(self);
    if (t->eof)
        return raise_exc(vm, EXC_RuntimeError, "Cannot call writelines() after write_eof()");
    if (!value_is_none(t->empty_waiter))
        return raise_exc(vm, EXC_RuntimeError, "unable to writelines; sendfile is in progress");
    int any = op_truth(vm, args->v[0]);
    if (any <= 0)
        return any < 0 ? VALUE_ERROR : VALUE_NONE;
    if (t->conn_lost || !t->loop)
        return transport_ignored_write(vm, t) ? VALUE_NONE : VALUE_ERROR;
    Value list = op_list_of(vm, args->v[0]);
    if (value_is_empty(list))
        return list;
    bool waits = transport_has_out(t);
    for (size_t i = 0; i < as_list(list)->len; i++) {
        const char *p;
        size_t n;
        Value item = list_items(as_list(list))[i];
        if (!is_bytes_like(vm, item))
            return raise_exc(vm, EXC_TypeError, "memoryview: a bytes-like object is required, not '%T'", item);
        if (!bytes_view(vm, item, &p, &n) || (n && !keep_rest(vm, t, item, p, n, 0)))
            return VALUE_ERROR;
    }
    if (!transport_has_out(t) || !on_writable(vm, t))
        return vm_pending(vm) ? VALUE_ERROR : VALUE_NONE;
    if (transport_has_out(t) && ((!waits && !transport_watch(vm, t, POLL_WRITE)) || !transport_maybe_pause(vm, t)))
        return VALUE_ERROR;
    return VALUE_NONE;
}

static Value stream_m_write_eof(Vm *vm, Value self, const Args *args)
{
    Transport *t = as_transport(self);
    (void)args;
    if (t->closing || t->eof || !t->loop)
        return VALUE_NONE;
    t->eof = true;
    io_touch_peer(rt_of(vm));
    return transport_has_out(t) || shut(vm, t) ? VALUE_NONE : VALUE_ERROR;
}

static Value stream_m_can_write_eof(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)self;
    (void)args;
    return VALUE_TRUE;
}

/* ---- sendfile() waits until nothing is buffered ---- */

static Value stream_m_make_empty_waiter(Vm *vm, Value self, const Args *args)
{
    Transport *t = as_transport(self);
    (void)args;
    if (!value_is_none(t->empty_waiter))
        return raise_exc(vm, EXC_RuntimeError, "Empty waiter is already set");
    Value f = future_new(vm, t->loop);
    if (value_is_empty(f) || (!transport_has_out(t) && !future_set_result(vm, as_future(f), VALUE_NONE)))
        return VALUE_ERROR;
    heap_set(vm, t, &t->empty_waiter, f);
    return f;
}

static Value stream_m_reset_empty_waiter(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    as_transport(self)->empty_waiter = VALUE_NONE;
    return VALUE_NONE;
}

/* While the kernel sends a file, the descriptor may be watched by others. */
static Value stream_m_lend(Vm *vm, Value self, const Args *args)
{
    Transport *t = as_transport(self);
    if (!t->lost && !watch_own(vm, t->fd, op_truth(vm, args->v[0]) > 0 ? VALUE_EMPTY : self))
        return VALUE_ERROR;
    return VALUE_NONE;
}

/* ---- life ---- */

/* Small messages go out at once. */
static void set_nodelay(Vm *vm, const Transport *t)
{
    int on = 1;
    if (!is_sock(vm, t->sock))
        return;
    const Sock *s = as_sock(t->sock);
    if ((s->family == AF_INET || s->family == AF_INET6) && s->type == SOCK_STREAM && s->proto == IPPROTO_TCP)
        setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static Value stream_m_init(Vm *vm, Value self, const Args *args)
{
    Transport *t = as_transport(self);
    if (!transport_own(vm, t, args, false))
        return VALUE_ERROR;
    t->by_script = needs_methods(vm, t->sock);
    if (!value_is_none(args->v[5])) {
        Str *attach = str_intern(vm, "_attach", 7);
        heap_set(vm, t, &t->server, args->v[5]);
        if (!attach || value_is_empty(op_call_method(vm, args->v[5], attach, 1, &self)))
            return VALUE_ERROR;
    }
    set_nodelay(vm, t);
    if (!transport_post(vm, t, TRANSPORT_MADE) || !transport_post(vm, t, TRANSPORT_START) ||
        (!value_is_none(t->waiter) && !transport_post(vm, t, TRANSPORT_WAITER)))
        return VALUE_ERROR;
    return VALUE_NONE;
}

/* An exception in a callback of the protocol's life, as one of any callback of the loop. */
static bool callback_done(Vm *vm, Transport *t, Value r, Value on, const char *method, Value arg)
{
    if (!value_is_empty(r))
        return true;
    Value pending = exc_take(vm);
    Str *name = str_intern(vm, method, strlen(method));
    Value fn = name ? attr_get(vm, on, name) : VALUE_ERROR;
    exc_discard(vm);
    if (value_is_empty(fn))
        fn = value_from_obj(t);
    Tuple *args = tuple_pack(vm, 1, arg);
    exc_restore(vm, pending);
    return args && loop_callback_failed(vm, t->loop, fn, value_from_obj(args));
}

static bool made(Vm *vm, Transport *t)
{
    Value self = value_from_obj(t), outer = vm->strand->context, context;
    vm->strand->context = t->context;
    if (!context_copy(vm, &context))
        return false;
    vm->strand->context = context;
    Str *name = str_intern(vm, "connection_made", 15);
    Value r = name ? op_call_method(vm, t->protocol, name, 1, &self) : VALUE_ERROR;
    vm->strand->context = outer;
    return callback_done(vm, t, r, t->protocol, "connection_made", self);
}

static bool lost(Vm *vm, Transport *t)
{
    Value exc = t->lost_exc;
    return transport_lost(vm, t, exc) ||
           callback_done(vm, t, VALUE_ERROR, value_from_obj(t), "_call_connection_lost", exc);
}

bool transport_life(Vm *vm, Transport *t, int code)
{
    switch (code) {
    case TRANSPORT_MADE:
        return made(vm, t);
    case TRANSPORT_START:
        return !is_reading(t) || transport_watch(vm, t, POLL_READ);
    case TRANSPORT_WAITER: {
        Value waiter = t->waiter;
        t->waiter = VALUE_NONE;
        return !is_future(vm, waiter) || future_done(as_future(waiter)) ||
               future_set_result(vm, as_future(waiter), VALUE_NONE);
    }
    default:
        return lost(vm, t);
    }
}

bool stream_run(Vm *vm, Loop *l, IoConsumer *c, int code)
{
    Transport *t = (Transport *)c;
    (void)l;
    if (LIKELY(code == POLL_READ))
        return t->lost || on_readable(vm, t);
    if (code == POLL_WRITE)
        return t->lost || on_writable(vm, t);
    return transport_life(vm, t, code);
}

const MethodDef stream_methods[] = {
    SCRIPT_METHOD(stream, init, "__init__(loop, sock, protocol, waiter=None, extra=None, server=None)",
                  "A transport over a connected socket."),
    SCRIPT_METHOD(stream, is_reading, "is_reading()", "Is data taken?"),
    SCRIPT_METHOD(stream, pause_reading, "pause_reading()", "Take no more data."),
    SCRIPT_METHOD(stream, resume_reading, "resume_reading()", "Take data again."),
    SCRIPT_METHOD(stream, write, "write(data)", "Send it, or buffer it; never waits."),
    SCRIPT_METHOD(stream, writelines, "writelines(list_of_data)", "The same of several pieces."),
    SCRIPT_METHOD(stream, write_eof, "write_eof()", "The other end will see that no more comes."),
    SCRIPT_METHOD(stream, can_write_eof, "can_write_eof()", "Is write_eof() possible?"),
    SCRIPT_METHOD(stream, make_empty_waiter, "_make_empty_waiter()", "A future: all is sent."),
    SCRIPT_METHOD(stream, lend, "_lend(yes)", "Others may watch the descriptor."),
    SCRIPT_METHOD(stream, reset_empty_waiter, "_reset_empty_waiter()", "Nobody waits for that any more."),
    { 0 }
};
