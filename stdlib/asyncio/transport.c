/* SPDX-License-Identifier: MIT
 * What stream and datagram transports have in common: life, flow control, facts about the socket. */
#include "stdlib/asyncio/transport.h"

#include <errno.h>
#include <unistd.h>

#include "stdlib/asyncio/stream.h"
#include "stdlib/socket/socket.h"
#include "stdlib/util.h"
#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

#define HIGH_WATER ((size_t)64 << 10)
#define LOG_WRITES 5                    /* writes to a lost connection that nobody hears of */

static void transport_trace(Marker *m, Obj *o)
{
    Transport *t = (Transport *)o;
    mark_values(m, &t->protocol, (size_t)(&t->address - &t->protocol) + 1);
    mark_obj(m, t->loop);
    mark_obj(m, t->out);
    mark_obj(m, t->senders);
    mark_obj(m, t->senders_raw);
}

static bool transport_is_open(Vm *vm, Obj *o)
{
    (void)vm;
    return ((Transport *)o)->loop && !((Transport *)o)->lost;
}

static void transport_complain(Vm *vm, Obj *o)
{
    Transport *t = (Transport *)o;
    Str *r = op_repr(vm, value_from_obj(o));
    Str *s = r ? str_printf(vm, "unclosed transport %S", r) : NULL;
    if (s && !vm->hooks.warn(vm, vm->exc[EXC_ResourceWarning], str_data(s)))
        rt_unraisable(vm, exc_take(vm), NULL, value_from_obj(o));
    exc_discard(vm);
    t->lost = true;
    Str *name = str_intern(vm, "close", 5);
    Value r2 = name && !value_is_none(t->sock) ? op_call_method(vm, t->sock, name, 0, NULL) : VALUE_NONE;
    (void)r2;
    exc_discard(vm);
}

const TypeLayout transport_layout = { .kind = KIND_EXT, .size = sizeof(Transport), .trace = transport_trace,
                                      .wants_last_word = transport_is_open, .last_word = transport_complain,
                                      .tag = &io_consumer_tag };

bool transport_must_leave(Vm *vm)
{
    return exc_pending_is(vm, EXC_KeyboardInterrupt) || exc_pending_is(vm, EXC_SystemExit);
}

static Value add_reader(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return transport_life(vm, (Transport *)value_obj(self), TRANSPORT_START) ? VALUE_NONE : VALUE_ERROR;
}

static Value attr_named(Vm *vm, Value v, const char *name)
{
    Str *s = value_is_empty(v) ? NULL : str_intern(vm, name, strlen(name));
    return s ? attr_get(vm, v, s) : VALUE_ERROR;
}

/* Where call_soon() is a script's, it gets the calls that asyncio makes. */
static bool call_soon(Vm *vm, Transport *t, int what)
{
    static const MethodDef start_def = { "_add_reader(fd, callback, /)", "Begin to read.", add_reader, 0 };
    Value self = value_from_obj(t), fn = VALUE_ERROR, args[3] = { VALUE_ERROR, self, VALUE_NONE };
    uint32_t n = 2;
    if (what == TRANSPORT_MADE) {
        fn = attr_named(vm, t->protocol, "connection_made");
    } else if (what == TRANSPORT_START) {
        Native *start = native_new(vm, &start_def, self, VALUE_EMPTY);
        fn = start ? value_from_obj(start) : VALUE_ERROR;
        if (start)
            start->owner = type_of(vm, self);
        args[1] = value_from_int48(t->fd);
        args[n++] = self;
    } else if (what == TRANSPORT_WAITER) {
        fn = attr_named(vm, rt_import_module(vm, "asyncio.futures"), "_set_result_unless_cancelled");
        args[1] = t->waiter;
        t->waiter = VALUE_NONE;
        n++;
    } else {
        fn = attr_named(vm, self, "_call_connection_lost");
        args[1] = t->lost_exc;
    }
    args[0] = fn;
    return !value_is_empty(fn) && !value_is_empty(loop_method(vm, t->loop, "call_soon", n, args));
}

bool transport_post(Vm *vm, Transport *t, int what)
{
    if (UNLIKELY(loop_overrides(vm, t->loop, "call_soon")))
        return call_soon(vm, t, what);
    return loop_push(vm, t->loop, value_from_obj(t), value_from_int48(what));
}

static Value call_named(Vm *vm, Value o, const char *method, uint32_t n, const Value *args)
{
    Str *name = str_intern(vm, method, strlen(method));
    return name ? op_call_method(vm, o, name, n, args) : VALUE_ERROR;
}

Value transport_tell(Vm *vm, Transport *t, Str *method, uint32_t n, const Value *args)
{
    Value outer = context_swap(vm, t->context);
    Value r = op_call_method(vm, t->protocol, method, n, args);
    if (UNLIKELY(!value_same(vm->strand->context, t->context)))
        heap_set(vm, t, &t->context, vm->strand->context);
    vm->strand->context = outer;
    return r;
}

/* The names of both ends, while there is a socket that can be asked. Most streams are never asked for their own. */
static Value sockname(Vm *vm, Transport *t)
{
    SockAddr a = { .len = sizeof a.a };
    if (!value_is_empty(t->sockname))
        return t->sockname;
    Value v = getsockname(t->fd, sock_addr(&a), &a.len) ? VALUE_NONE : sock_addr_to(vm, &a);
    heap_set(vm, t, &t->sockname, v);
    return v;
}

/* ---- errors ---- */

/* The pending exception, to the loop's exception handler. */
static bool report(Vm *vm, Transport *t, const char *message)
{
    Value exc = exc_take(vm);
    Dict *d = dict_new(vm);
    Str *text = str_cstr(vm, message);
    if (!d || !text || !dict_set_cstr(vm, d, "message", value_from_obj(text)) || !dict_set_cstr(vm, d, "exception", exc) ||
        !dict_set_cstr(vm, d, "transport", value_from_obj(t)) || !dict_set_cstr(vm, d, "protocol", t->protocol))
        return false;
    Value v = value_from_obj(d);
    return !value_is_empty(loop_method(vm, t->loop, "call_exception_handler", 1, &v));
}

bool transport_force_close(Vm *vm, Transport *t, Value exc)
{
    if (t->conn_lost || t->losing)
        return true;
    transport_clear(vm, t);
    transport_unwatch(vm, t, POLL_WRITE);
    if (!t->closing) {
        t->closing = true;
        transport_unwatch(vm, t, POLL_READ);
    }
    t->conn_lost++;
    heap_set(vm, t, &t->lost_exc, exc);
    return transport_post(vm, t, TRANSPORT_LOST);
}

bool transport_fatal(Vm *vm, Transport *t, const char *message)
{
    if (transport_must_leave(vm))
        return false;
    Value exc = vm->strand->exc;
    if (exc_pending_is(vm, EXC_OSError))
        exc_discard(vm);
    else if (!report(vm, t, message))
        return false;
    return transport_force_close(vm, t, exc);
}

bool transport_lost(Vm *vm, Transport *t, Value exc)
{
    if (t->losing)
        return true;
    t->losing = true;
    Value r = transport_tell(vm, t, vm->names.connection_lost, 1, &exc);
    Value pending = exc_take(vm);
    transport_unwatch(vm, t, POLL_READ | POLL_WRITE);
    Value closed = value_is_empty(sockname(vm, t)) ? VALUE_ERROR : call_named(vm, t->sock, "close", 0, NULL);
    Value server = t->server, self = value_from_obj(t);
    if (!value_is_empty(closed) && !value_is_none(server)) {
        t->server = VALUE_NONE;
        closed = call_named(vm, server, "_detach", 1, &self);
    }
    if (!value_is_none(t->empty_waiter) && is_future(vm, t->empty_waiter) && !future_done(as_future(t->empty_waiter))) {
        Value e = exc_new(vm, EXC_ConnectionError, "Connection is closed by peer");
        if (value_is_empty(e) || !future_set_exception(vm, as_future(t->empty_waiter), e))
            return false;
    }
    if (value_is_empty(t->trsock))
        heap_set(vm, t, &t->trsock, t->sock);
    t->sock = t->protocol = VALUE_NONE;
    t->lost = true;
    transport_clear(vm, t);
    if (!value_is_empty(r))
        return !value_is_empty(closed);
    exc_restore(vm, pending);
    return false;
}

bool transport_ignored_write(Vm *vm, Transport *t)
{
    if (t->conn_lost >= LOG_WRITES && !loop_log_warning(vm, "socket.send() raised exception."))
        return false;
    t->conn_lost++;
    return true;
}

/* ---- what waits to be sent ---- */

bool transport_keep(Vm *vm, Transport *t, Value item, size_t n)
{
    if (!t->out) {
        List *l = list_new(vm, 4);
        if (!l)
            return false;
        heap_set_ptr(vm, t, &t->out, l);
    }
    if (!list_append(vm, t->out, item))
        return false;
    t->buffered += n;
    return true;
}

void transport_drop_first(Vm *vm, Transport *t)
{
    list_items(t->out)[t->out_first++] = VALUE_NONE;
    t->out_skip = 0;
    if (t->out_first == t->out->len) {
        transport_clear(vm, t);
    } else if (t->out_first > 64 && t->out_first > t->out->len / 2) {
        list_delete_range(vm, t->out, 0, t->out_first);
        t->out_first = 0;
    }
}

void transport_clear(Vm *vm, Transport *t)
{
    if (t->out)
        list_delete_range(vm, t->out, 0, t->out->len);
    t->out_first = t->out_skip = t->buffered = 0;
}

/* ---- flow control ---- */

static bool tell_flow(Vm *vm, Transport *t, const char *method, const char *message)
{
    Value r = call_named(vm, t->protocol, method, 0, NULL);
    return !value_is_empty(r) || (!transport_must_leave(vm) && report(vm, t, message));
}

bool transport_maybe_pause(Vm *vm, Transport *t)
{
    if (t->buffered <= t->high || t->protocol_paused)
        return true;
    t->protocol_paused = true;
    return tell_flow(vm, t, "pause_writing", "protocol.pause_writing() failed");
}

bool transport_maybe_resume(Vm *vm, Transport *t)
{
    if (!t->protocol_paused || t->buffered > t->low)
        return true;
    t->protocol_paused = false;
    return tell_flow(vm, t, "resume_writing", "protocol.resume_writing() failed");
}

static bool set_limits(Vm *vm, Transport *t, Value high, Value low)
{
    Value four = value_from_int48(4);
    if (value_is_none(high))
        high = value_is_none(low) ? value_from_int48(HIGH_WATER) : int_binary(vm, INT_MUL, four, low);
    if (value_is_empty(high))
        return false;
    if (value_is_none(low))
        low = op_binary(vm, INT_FLOORDIV, high, four, false);
    int64_t h, l;
    if (value_is_empty(low) || !op_int64(vm, high, &h) || !op_int64(vm, low, &l))
        return false;
    if (!(h >= l && l >= 0)) {
        raise_exc(vm, EXC_ValueError, "high (%R) must be >= low (%R) must be >= 0", high, low);
        return false;
    }
    t->high = (size_t)h;
    t->low = (size_t)l;
    return true;
}

static Value transport_m_set_limits(Vm *vm, Value self, const Args *args)
{
    Transport *t = as_transport(self);
    return set_limits(vm, t, args->v[0], args->v[1]) && transport_maybe_pause(vm, t) ? VALUE_NONE : VALUE_ERROR;
}

static Value transport_m_get_limits(Vm *vm, Value self, const Args *args)
{
    const Transport *t = as_transport(self);
    (void)args;
    Value low = int_new(vm, (int64_t)t->low), high = int_new(vm, (int64_t)t->high);
    Tuple *r = tuple_pack(vm, 2, low, high);
    return r ? value_from_obj(r) : VALUE_ERROR;
}

static Value transport_m_get_size(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return int_new(vm, (int64_t)as_transport(self)->buffered);
}

/* ---- watching ---- */

bool transport_watch(Vm *vm, Transport *t, unsigned side)
{
    Value old;
    if (t->lost || t->loop->closed)
        return true;
    if (rt_of(vm)->io_local)
        io_touch(rt_of(vm));
    return watch_add(vm, t->loop, t->fd, side, value_from_obj(t), VALUE_EMPTY, false, &old);
}

void transport_unwatch(Vm *vm, Transport *t, unsigned side)
{
    for (unsigned s = POLL_READ; s <= POLL_WRITE; s <<= 1) {
        if (!(side & s) || !value_same(watch_get(rt_of(vm), t->loop, t->fd, s), value_from_obj(t)))
            continue;
        Value old = watch_remove(vm, t->loop, t->fd, s, false);
        (void)old;
    }
}

/* ---- life ---- */

static bool knows_buffers(Vm *vm, Value protocol)
{
    Type *t = lib_type(vm, "asyncio.protocols", "BufferedProtocol");
    return t && op_isinstance(vm, protocol, value_from_obj(t)) > 0;
}

static bool set_protocol(Vm *vm, Transport *t, Value protocol)
{
    heap_set(vm, t, &t->protocol, protocol);
    t->buffered_protocol = !t->datagram && knows_buffers(vm, protocol);
    t->feeds_shape = !t->datagram && stream_protocol_feeds(vm, protocol) ? vm->shapes[value_obj(protocol)->shape]->id : 0;
    return !vm_pending(vm);
}

static bool learn_names(Vm *vm, Transport *t, Value extra)
{
    SockAddr a = { .len = sizeof a.a };
    t->sockname = VALUE_EMPTY;
    t->peername = VALUE_NONE;
    if (t->datagram && value_is_empty(sockname(vm, t)))
        return false;
    Value peer = is_dict(extra) ? dict_get_cstr(vm, as_dict(extra), "peername") : VALUE_EMPTY;
    if (!value_is_empty(peer)) {
        t->peername = peer;
        return true;
    }
    a.len = sizeof a.a;
    return getpeername(t->fd, sock_addr(&a), &a.len) || !value_is_empty(t->peername = sock_addr_to(vm, &a));
}

/* __init__(loop, sock, protocol, waiter, extra, server or address) */
bool transport_own(Vm *vm, Transport *t, const Args *args, bool datagram)
{
    Value fileno = call_named(vm, args->v[1], "fileno", 0, NULL), self = value_from_obj(t);
    if (value_is_empty(fileno) || !sock_int(vm, fileno, &t->fd) || !loop_of(vm, args->v[0], &t->loop))
        return false;
    t->datagram = datagram;
    t->c.run = datagram ? datagram_run : stream_run;
    t->sock = args->v[1];
    t->waiter = args->v[3];
    t->server = t->address = t->empty_waiter = t->lost_exc = VALUE_NONE;
    t->trsock = VALUE_EMPTY;
    t->high = HIGH_WATER;
    t->low = HIGH_WATER / 4;
    Dict *given = is_dict(args->v[4]) ? as_dict(args->v[4]) : NULL;
    t->extra = given && (given->used > 1 || value_is_empty(dict_get_cstr(vm, given, "peername"))) && given->used
             ? args->v[4] : VALUE_EMPTY;
    heap_touch(vm, t);
    if (!context_copy(vm, &t->context) || !learn_names(vm, t, args->v[4]) || !set_protocol(vm, t, args->v[2]) ||
        !watch_own(vm, t->fd, self))
        return false;
    heap_touch(vm, t);
    return true;
}

static Value transport_m_new(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Transport *t = (Transport *)object_alloc(vm, as_type(self));
    if (!t)
        return VALUE_ERROR;
    t->fd = -1;
    t->protocol = t->sock = t->server = t->waiter = t->lost_exc = t->empty_waiter = t->address = VALUE_NONE;
    return value_from_obj(t);
}

static Value transport_m_set_protocol(Vm *vm, Value self, const Args *args)
{
    return set_protocol(vm, as_transport(self), args->v[0]) ? VALUE_NONE : VALUE_ERROR;
}

static Value transport_m_get_protocol(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return as_transport(self)->protocol;
}

static Value transport_m_is_closing(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return value_from_bool(as_transport(self)->closing);
}

static Value transport_m_close(Vm *vm, Value self, const Args *args)
{
    Transport *t = as_transport(self);
    (void)args;
    if (t->closing || !t->loop)
        return VALUE_NONE;
    t->closing = true;
    transport_unwatch(vm, t, POLL_READ);
    if (transport_has_out(t))
        return VALUE_NONE;
    t->conn_lost++;
    transport_unwatch(vm, t, POLL_WRITE);
    t->lost_exc = VALUE_NONE;
    return transport_post(vm, t, TRANSPORT_LOST) ? VALUE_NONE : VALUE_ERROR;
}

static Value transport_m_abort(Vm *vm, Value self, const Args *args)
{
    Transport *t = as_transport(self);
    (void)args;
    return !t->loop || transport_force_close(vm, t, VALUE_NONE) ? VALUE_NONE : VALUE_ERROR;
}

static Value transport_m_lost(Vm *vm, Value self, const Args *args)
{
    return transport_lost(vm, as_transport(self), args->v[0]) ? VALUE_NONE : VALUE_ERROR;
}

static Value transport_m_force_close(Vm *vm, Value self, const Args *args)
{
    Transport *t = as_transport(self);
    return transport_force_close(vm, t, args->v[0]) ? VALUE_NONE : VALUE_ERROR;
}

static Value transport_m_fatal_error(Vm *vm, Value self, const Args *args)
{
    Transport *t = as_transport(self);
    Value keep;
    const char *message = str_c(vm, as_str(args->v[1]), &keep);
    if (!message || !is_exc(args->v[0]))
        return VALUE_ERROR;
    exc_restore(vm, args->v[0]);
    return transport_fatal(vm, t, message) ? VALUE_NONE : VALUE_ERROR;
}

/* ---- facts ---- */

static Value trsock(Vm *vm, Transport *t)
{
    if (value_is_empty(t->trsock) || is_sock(vm, t->trsock)) {
        Type *cls = lib_type(vm, "asyncio.trsock", "TransportSocket");
        Value v = cls ? op_call1(vm, value_from_obj(cls), value_is_empty(t->trsock) ? t->sock : t->trsock) : VALUE_ERROR;
        if (value_is_empty(v))
            return v;
        heap_set(vm, t, &t->trsock, v);
    }
    return t->trsock;
}

/* What a script has put in the place of BaseTransport's or Transport's method; EMPTY: nothing. */
static Value patched_extra_info(Vm *vm, Value self)
{
    Value cls = rt_of(vm)->roots[RT_ROOT_STREAM_TRANSPORT];
    if (!is_type(cls) || as_type(cls)->version == rt_of(vm)->stream_version)
        return VALUE_EMPTY;
    Str *name = str_intern(vm, "get_extra_info", 14);
    const Tuple *mro = type_of(vm, self)->mro;
    for (size_t i = 0; name && i < mro->len; i++) {
        const Type *type = as_type(mro->items[i]);
        Value f = type->dict ? dict_get_str(vm, type->dict, name) : VALUE_EMPTY;
        if (!value_is_empty(f) && !is_native(f))
            return is_func(f) && code_is_embedded(as_func(f)->code) ? VALUE_EMPTY : f;
    }
    return VALUE_EMPTY;
}

static Value transport_m_get_extra_info(Vm *vm, Value self, const Args *args)
{
    Transport *t = as_transport(self);
    Value patched = patched_extra_info(vm, self), v3[3] = { self, args->v[0], args->v[1] };
    if (UNLIKELY(!value_is_empty(patched))) {
        uint32_t n = value_is_none(args->v[1]) ? 1 : 2, bound = is_func(patched);       /* a mock takes no self */
        return op_call(vm, patched, n + bound, v3 + !bound);
    }
    Value name = args->v[0], v = VALUE_EMPTY;
    if (is_dict(t->extra)) {
        int found = dict_find(vm, as_dict(t->extra), name, &v);
        if (found)
            return found < 0 ? VALUE_ERROR : v;
    }
    if (!is_str(name) || !t->loop)
        return args->v[1];
    if (str_is(as_str(name), "socket"))
        return trsock(vm, t);
    if (str_is(as_str(name), "sockname"))
        return sockname(vm, t);
    return str_is(as_str(name), "peername") ? t->peername : args->v[1];
}

/* The dict that a script may look into and change. */
static Value transport_g_extra(Vm *vm, Value self)
{
    Transport *t = as_transport(self);
    if (!is_dict(t->extra)) {
        Dict *d = dict_new(vm);
        if (!d)
            return VALUE_ERROR;
        heap_set(vm, t, &t->extra, value_from_obj(d));
    }
    Dict *d = as_dict(t->extra);
    if (!t->loop || !value_is_empty(dict_get_cstr(vm, d, "socket")))
        return t->extra;
    Value s = trsock(vm, t), own = value_is_empty(s) ? s : sockname(vm, t);
    return !value_is_empty(own) && dict_set_cstr(vm, d, "socket", s) && dict_set_cstr(vm, d, "sockname", own) &&
           dict_set_cstr(vm, d, "peername", t->peername) ? t->extra : VALUE_ERROR;
}

static Value transport_m_repr(Vm *vm, Value self, const Args *args)
{
    Transport *t = as_transport(self);
    (void)args;
    const Runtime *rt = rt_of(vm);
    Str *s = str_printf(vm, "<%S%s fd=%d", as_str(type_of(vm, self)->name),
                        !t->loop || t->lost ? " closed" : t->closing ? " closing" : "", t->fd);
    if (s && t->loop && !t->lost && !t->loop->closed) {
        bool reads = !value_is_empty(watch_get(rt, t->loop, t->fd, POLL_READ));
        bool writes = !value_is_empty(watch_get(rt, t->loop, t->fd, POLL_WRITE));
        s = str_printf(vm, "%S read=%s write=<%s, bufsize=%zu>", s, reads ? "polling" : "idle", writes ? "polling" : "idle",
                       t->buffered);
    }
    s = s ? str_printf(vm, "%S>", s) : NULL;
    return s ? value_from_obj(s) : VALUE_ERROR;
}

const MethodDef transport_methods[] = {
    METHOD(transport, new, "__new__(*args, **kwargs)", "Create a transport."),
    SCRIPT_METHOD(transport, repr, "__repr__()", "Return repr(self)."),
    SCRIPT_METHOD(transport, set_protocol, "set_protocol(protocol)", "From now on this one is told."),
    SCRIPT_METHOD(transport, get_protocol, "get_protocol()", "The protocol."),
    SCRIPT_METHOD(transport, is_closing, "is_closing()", "Is it closing, or closed?"),
    SCRIPT_METHOD(transport, close, "close()", "Send what is buffered, then close."),
    SCRIPT_METHOD(transport, abort, "abort()", "Close at once; what is buffered is lost."),
    SCRIPT_METHOD(transport, force_close, "_force_close(exc)", "The same, with an exception for connection_lost()."),
    SCRIPT_METHOD(transport, lost, "_lost(exc)", "Tell the protocol that the connection has ended, and close the socket."),
    SCRIPT_METHOD(transport, fatal_error, "_fatal_error(exc, message: str='Fatal error on transport')",
                  "Report the exception and close at once."),
    SCRIPT_METHOD(transport, get_extra_info, "get_extra_info(name, default=None)", "A fact about the connection."),
    SCRIPT_METHOD(transport, set_limits, "set_write_buffer_limits(high=None, low=None)",
                  "Above `high` bytes the protocol is told to pause, at `low` to go on."),
    SCRIPT_METHOD(transport, get_limits, "get_write_buffer_limits()", "(low, high)"),
    SCRIPT_METHOD(transport, get_size, "get_write_buffer_size()", "Bytes that wait to be sent."),
    { 0 }
};

static Value transport_g_loop(Vm *vm, Value self)
{
    (void)vm;
    const Transport *t = as_transport(self);
    return t->loop && !t->lost ? loop_value(t->loop) : VALUE_NONE;
}

#define FIELD(name, expression)                                               \
    static Value transport_g_##name(Vm *vm, Value self)                       \
    {                                                                         \
        (void)vm;                                                             \
        const Transport *t = as_transport(self);                              \
        return expression;                                                    \
    }
FIELD(sock, t->sock)
FIELD(fd, value_from_int48(t->fd))
FIELD(protocol, t->protocol)
FIELD(server, t->server)
FIELD(closing, value_from_bool(t->closing))
FIELD(paused, value_from_bool(t->paused))
FIELD(conn_lost, value_from_int48(t->conn_lost))
FIELD(eof, value_from_bool(t->eof))

const GetSetDef transport_getsets[] = {
    { "_loop", "The loop, None once lost.", transport_g_loop, NULL },
    { "_sock", "The socket, None once lost.", transport_g_sock, NULL },
    { "_sock_fd", "Its descriptor.", transport_g_fd, NULL },
    { "_protocol", "The protocol, None once lost.", transport_g_protocol, NULL },
    { "_server", "The server it belongs to.", transport_g_server, NULL },
    { "_extra", "Facts about the connection.", transport_g_extra, NULL },
    { "_closing", "Is it closing?", transport_g_closing, NULL },
    { "_paused", "Is reading paused?", transport_g_paused, NULL },
    { "_conn_lost", "Was the connection lost, and how often written to since?", transport_g_conn_lost, NULL },
    { "_eof", "Was write_eof() called?", transport_g_eof, NULL },
    { 0 }
};
