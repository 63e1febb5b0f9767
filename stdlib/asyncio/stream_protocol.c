/* SPDX-License-Identifier: MIT
 * The base of StreamReaderProtocol: feeds a reader, wakes who waits in drain(). */
#include "stdlib/asyncio/stream.h"

#include "stdlib/util.h"
#include "vm/frame.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

static void protocol_trace(Marker *m, Obj *o)
{
    StreamProtocol *p = (StreamProtocol *)o;
    mark_obj(m, p->loop);
    mark_values(m, &p->reader, 6);
}

const TypeLayout stream_protocol_layout = { .kind = KIND_EXT, .size = sizeof(StreamProtocol), .trace = protocol_trace };

static Value call_named(Vm *vm, Value o, const char *method, uint32_t n, const Value *args)
{
    Str *name = str_intern(vm, method, strlen(method));
    return name ? op_call_method(vm, o, name, n, args) : VALUE_ERROR;
}

static Value protocol_m_new(Vm *vm, Value self, const Args *args)
{
    (void)args;
    StreamProtocol *p = (StreamProtocol *)object_alloc(vm, as_type(self));
    if (!p)
        return VALUE_ERROR;
    p->reader = p->transport = p->task = p->connected = p->closed = p->drain_waiters = VALUE_NONE;
    return value_from_obj(p);
}

static Value protocol_m_init(Vm *vm, Value self, const Args *args)
{
    StreamProtocol *p = as_stream_protocol(self);
    Value loop = value_is_none(args->v[2]) ? loop_get_event_loop(vm) : args->v[2];
    if (value_is_empty(loop) || !loop_of(vm, loop, &p->loop))
        return VALUE_ERROR;
    p->reader = args->v[0];
    p->connected = args->v[1];
    heap_touch(vm, p);
    if (LIKELY(loop_is_plain(vm, p->loop)))
        return VALUE_NONE;
    Value f = loop_method(vm, p->loop, "create_future", 0, NULL);
    heap_set(vm, p, &p->closed, value_is_empty(f) ? VALUE_NONE : f);
    return value_is_empty(f) ? f : VALUE_NONE;
}

/* Whoever wants to know why the connection ended asks wait_closed(). */
static bool set_closed(Vm *vm, StreamProtocol *p, Value exc)
{
    if (!stream_future_set(vm, p->closed, exc))
        return false;
    if (is_future(vm, p->closed))
        as_future(p->closed)->log_traceback = false;
    return true;
}

static Value closed_future(Vm *vm, StreamProtocol *p)
{
    Value exc = p->closed;
    if ((!value_is_none(exc) && !is_exc(exc)) || !p->loop)
        return exc;
    Value f = future_new(vm, p->loop);
    if (value_is_empty(f))
        return f;
    heap_set(vm, p, &p->closed, f);
    return !p->lost || set_closed(vm, p, exc) ? f : VALUE_ERROR;
}

/* ---- data ---- */

bool stream_protocol_feed(Vm *vm, StreamProtocol *p, Value data)
{
    if (LIKELY(stream_reader_is_plain(vm, p->reader)))
        return stream_reader_feed(vm, as_stream_reader(p->reader), data);
    return value_is_none(p->reader) || !value_is_empty(call_named(vm, p->reader, "feed_data", 1, &data));
}

static Value protocol_m_data_received(Vm *vm, Value self, const Args *args)
{
    return stream_protocol_feed(vm, as_stream_protocol(self), args->v[0]) ? VALUE_NONE : VALUE_ERROR;
}

bool stream_protocol_feeds(Vm *vm, Value protocol)
{
    if (!is_stream_protocol(vm, protocol) || !value_is_empty(attr_own(vm, value_obj(protocol), vm->names.data_received)))
        return false;
    Value f = type_lookup(vm, type_of(vm, protocol), vm->names.data_received);
    return is_native(f) && as_native(f)->def->fn == protocol_m_data_received;
}

static Value protocol_m_eof_received(Vm *vm, Value self, const Args *args)
{
    StreamProtocol *p = as_stream_protocol(self);
    (void)args;
    bool ok = stream_reader_is_plain(vm, p->reader) ? stream_reader_feed_eof(vm, as_stream_reader(p->reader))
            : value_is_none(p->reader) || !value_is_empty(call_named(vm, p->reader, "feed_eof", 0, NULL));
    return ok ? value_from_bool(!p->over_ssl) : VALUE_ERROR;
}

/* ---- flow ---- */

static Value protocol_m_pause_writing(Vm *vm, Value self, const Args *args)
{
    StreamProtocol *p = as_stream_protocol(self);
    (void)args;
    if (p->paused)
        return raise_args(vm, EXC_AssertionError, 0, NULL);
    p->paused = true;
    return VALUE_NONE;
}

static bool wake_drains(Vm *vm, StreamProtocol *p, Value exc)
{
    if (!is_list(p->drain_waiters))
        return true;
    List *l = list_from(vm, list_items(as_list(p->drain_waiters)), as_list(p->drain_waiters)->len);
    for (size_t i = 0; l && i < l->len; i++)
        if (!stream_future_set(vm, list_items(l)[i], exc))
            return false;
    return l != NULL;
}

static Value protocol_m_resume_writing(Vm *vm, Value self, const Args *args)
{
    StreamProtocol *p = as_stream_protocol(self);
    (void)args;
    if (!p->paused)
        return raise_args(vm, EXC_AssertionError, 0, NULL);
    p->paused = false;
    return wake_drains(vm, p, VALUE_NONE) ? VALUE_NONE : VALUE_ERROR;
}

static Value protocol_m_connection_lost(Vm *vm, Value self, const Args *args)
{
    StreamProtocol *p = as_stream_protocol(self);
    Value exc = args->v[0];
    bool none = value_is_none(exc), ok = true;
    if (stream_reader_is_plain(vm, p->reader))
        ok = none ? stream_reader_feed_eof(vm, as_stream_reader(p->reader))
                  : stream_reader_fail(vm, as_stream_reader(p->reader), exc);
    else if (!value_is_none(p->reader))
        ok = !value_is_empty(none ? call_named(vm, p->reader, "feed_eof", 0, NULL)
                                  : call_named(vm, p->reader, "set_exception", 1, &exc));
    if (!ok)
        return VALUE_ERROR;
    if (value_is_none(p->closed))
        heap_set(vm, p, &p->closed, exc);
    else if (!is_exc(p->closed) && !set_closed(vm, p, exc))
        return VALUE_ERROR;
    p->lost = true;
    if (p->paused && !wake_drains(vm, p, exc))
        return VALUE_ERROR;
    p->reader = p->task = p->transport = VALUE_NONE;
    return VALUE_NONE;
}

/* ---- life ---- */

static bool over_ssl(Vm *vm, StreamProtocol *p, Value transport)
{
    if (is_transport(vm, transport) && !is_dict(as_transport(transport)->extra)) {
        p->over_ssl = false;
        return true;
    }
    Str *s = str_cstr(vm, "sslcontext");
    Value name = s ? value_from_obj(s) : VALUE_NONE, v = s ? call_named(vm, transport, "get_extra_info", 1, &name) : VALUE_ERROR;
    p->over_ssl = !value_is_empty(v) && !value_is_none(v);
    return !value_is_empty(v);
}

static Value protocol_m_replace_transport(Vm *vm, Value self, const Args *args)
{
    StreamProtocol *p = as_stream_protocol(self);
    heap_set(vm, p, &p->transport, args->v[0]);
    return over_ssl(vm, p, args->v[0]) ? VALUE_NONE : VALUE_ERROR;
}

static Value protocol_m_get_close_waiter(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return closed_future(vm, as_stream_protocol(self));
}

static const MethodDef protocol_methods[] = {
    METHOD(protocol, new, "__new__(*args, **kwargs)", "Create a protocol."),
    SCRIPT_METHOD(protocol, init, "__init__(stream_reader, client_connected_cb=None, loop=None)",
                  "A protocol that feeds a reader."),
    SCRIPT_METHOD(protocol, data_received, "data_received(data)", "Bytes have come."),
    SCRIPT_METHOD(protocol, eof_received, "eof_received()", "No more will come."),
    SCRIPT_METHOD(protocol, pause_writing, "pause_writing()", "The transport has too much to send."),
    SCRIPT_METHOD(protocol, resume_writing, "resume_writing()", "It has little to send again."),
    SCRIPT_METHOD(protocol, connection_lost, "connection_lost(exc)", "The connection has ended."),
    SCRIPT_METHOD(protocol, replace_transport, "_replace_transport(transport)", "It goes on over another transport."),
    SCRIPT_METHOD(protocol, get_close_waiter, "_get_close_waiter(stream)", "A future: the connection has ended."),
    { 0 }
};

#define FIELD(name)                                                                                     \
    static Value protocol_g_##name(Vm *vm, Value self)                                                  \
    {                                                                                                   \
        (void)vm;                                                                                       \
        return as_stream_protocol(self)->name;                                                          \
    }                                                                                                   \
    static bool protocol_s_##name(Vm *vm, Value self, Value v)                                          \
    {                                                                                                   \
        StreamProtocol *p = as_stream_protocol(self);                                                   \
        heap_set(vm, p, &p->name, value_is_empty(v) ? VALUE_NONE : v);                                  \
        return true;                                                                                    \
    }
FIELD(reader)
FIELD(transport)
FIELD(task)
FIELD(connected)

static Value protocol_g_closed(Vm *vm, Value self)
{
    return closed_future(vm, as_stream_protocol(self));
}

static bool protocol_s_closed(Vm *vm, Value self, Value v)
{
    StreamProtocol *p = as_stream_protocol(self);
    heap_set(vm, p, &p->closed, value_is_empty(v) ? VALUE_NONE : v);
    return true;
}

#define FLAG(name)                                                                                      \
    static Value protocol_g_##name(Vm *vm, Value self)                                                  \
    {                                                                                                   \
        (void)vm;                                                                                       \
        return value_from_bool(as_stream_protocol(self)->name);                                         \
    }                                                                                                   \
    static bool protocol_s_##name(Vm *vm, Value self, Value v)                                          \
    {                                                                                                   \
        int t = value_is_empty(v) ? 0 : op_truth(vm, v);                                                \
        as_stream_protocol(self)->name = t > 0;                                                         \
        return t >= 0;                                                                                  \
    }
FLAG(paused)
FLAG(lost)
FLAG(over_ssl)
FLAG(reject)

static Value protocol_g_drain_waiters(Vm *vm, Value self)
{
    StreamProtocol *p = as_stream_protocol(self);
    if (value_is_none(p->drain_waiters)) {
        List *l = list_new(vm, 1);
        if (!l)
            return VALUE_ERROR;
        heap_set(vm, p, &p->drain_waiters, value_from_obj(l));
    }
    return p->drain_waiters;
}

static Value protocol_g_loop(Vm *vm, Value self)
{
    (void)vm;
    return as_stream_protocol(self)->loop ? loop_value(as_stream_protocol(self)->loop) : VALUE_NONE;
}

static const GetSetDef protocol_getsets[] = {
    { "_loop", "The loop.", protocol_g_loop, NULL },
    { "_stream_reader", "The reader, or None.", protocol_g_reader, protocol_s_reader },
    { "_transport", "The transport, or None.", protocol_g_transport, protocol_s_transport },
    { "_task", "Of a server: the task of the connection, or None.", protocol_g_task, protocol_s_task },
    { "_client_connected_cb", "Of a server: what is called for a connection.", protocol_g_connected, protocol_s_connected },
    { "_closed", "A future: the connection has ended.", protocol_g_closed, protocol_s_closed },
    { "_drain_waiters", "Futures of those that wait in drain().", protocol_g_drain_waiters, NULL },
    { "_paused", "Is writing paused?", protocol_g_paused, protocol_s_paused },
    { "_connection_lost", "Has the connection ended?", protocol_g_lost, protocol_s_lost },
    { "_over_ssl", "Does it run over TLS?", protocol_g_over_ssl, protocol_s_over_ssl },
    { "_reject_connection", "Nobody wants it any more.", protocol_g_reject, protocol_s_reject },
    { 0 }
};

bool stream_protocol_add(Vm *vm, Module *m)
{
    static const TypeDef def = { .name = "_transports.StreamProtocol", .doc = "What feeds a reader.",
        .layout = &stream_protocol_layout, .methods = protocol_methods, .getsets = protocol_getsets,
        .flags = TYPE_BASE | TYPE_HAS_DICT | TYPE_WEAKREFS | TYPE_PLAIN_NAME };
    return lib_add_type(vm, m, &def, vm->types.object) != NULL;
}
