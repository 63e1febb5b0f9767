/* SPDX-License-Identifier: MIT
 * StreamWriter, and the part of StreamReaderProtocol that works for each message. */
#include "stdlib/asyncio/stream.h"

#include "runtime/coro.h"
#include "runtime/sleep.h"
#include "stdlib/util.h"
#include "vm/frame.h"
#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

static Value call_named(Vm *vm, Value o, const char *method, uint32_t n, const Value *args)
{
    Str *name = str_intern(vm, method, strlen(method));
    return name ? op_call_method(vm, o, name, n, args) : VALUE_ERROR;
}

/* ---- StreamWriter ---- */

static void writer_trace(Marker *m, Obj *o)
{
    StreamWriter *w = (StreamWriter *)o;
    mark_obj(m, w->loop);
    mark_values(m, &w->transport, 3);
}

/* 1 closing, 0 not, -1 exception. */
static int is_closing(Vm *vm, Value transport)
{
    if (is_transport(vm, transport))
        return as_transport(transport)->closing;
    Value v = call_named(vm, transport, "is_closing", 0, NULL);
    return value_is_empty(v) ? -1 : op_truth(vm, v);
}

static bool writer_is_open(Vm *vm, Obj *o)
{
    StreamWriter *w = (StreamWriter *)o;
    if (!w->loop)
        return false;
    return !is_transport(vm, w->transport) || !as_transport(w->transport)->closing;
}

/* Nobody can close it any more. */
static void writer_abandoned(Vm *vm, Obj *o)
{
    StreamWriter *w = (StreamWriter *)o;
    Str *text = NULL;
    if (is_closing(vm, w->transport) == 0) {
        if (w->loop->closed) {
            text = str_cstr(vm, "loop is closed");
        } else if (!value_is_empty(call_named(vm, value_from_obj(o), "close", 0, NULL))) {
            Str *r = op_repr(vm, value_from_obj(o));
            text = r ? str_printf(vm, "unclosed %S", r) : NULL;
        }
    }
    if (text && !vm->hooks.warn(vm, vm->exc[EXC_ResourceWarning], str_data(text)))
        rt_unraisable(vm, exc_take(vm), NULL, value_from_obj(o));
    exc_discard(vm);
}

const TypeLayout stream_writer_layout = { .kind = KIND_EXT, .size = sizeof(StreamWriter), .trace = writer_trace,
                                          .wants_last_word = writer_is_open, .last_word = writer_abandoned };

static Value writer_m_new(Vm *vm, Value self, const Args *args)
{
    (void)args;
    StreamWriter *w = (StreamWriter *)object_alloc(vm, as_type(self));
    if (!w)
        return VALUE_ERROR;
    w->transport = w->protocol = w->reader = VALUE_NONE;
    return value_from_obj(w);
}

static bool writer_setup(Vm *vm, StreamWriter *w, Value transport, Value protocol, Value reader, Loop *l)
{
    w->transport = transport;
    w->protocol = protocol;
    w->reader = reader;
    w->loop = l;
    heap_touch(vm, w);
    rt_of(vm)->streams_made++;
    rt_of(vm)->idle_look = true;
    return true;
}

static Value writer_m_init(Vm *vm, Value self, const Args *args)
{
    Loop *l;
    if (!value_is_none(args->v[2]) && !is_stream_reader(vm, args->v[2]))
        return raise_args(vm, EXC_AssertionError, 0, NULL);
    if (!loop_of(vm, args->v[3], &l))
        return VALUE_ERROR;
    return writer_setup(vm, as_stream_writer(self), args->v[0], args->v[1], args->v[2], l) ? VALUE_NONE : VALUE_ERROR;
}

Value stream_writer_make(Vm *vm, Loop *l, Value transport, Value protocol, Value reader)
{
    Value t = rt_of(vm)->roots[RT_ROOT_STREAM_WRITER];
    StreamWriter *w = (StreamWriter *)object_alloc(vm, as_type(t));
    return w && writer_setup(vm, w, transport, protocol, reader, l) ? value_from_obj(w) : VALUE_ERROR;
}

static Value writer_m_write(Vm *vm, Value self, const Args *args)
{
    Value t = as_stream_writer(self)->transport;
    if (LIKELY(transport_is_plain_stream(vm, t)))
        return stream_m_write(vm, t, args);
    return call_named(vm, t, "write", 1, args->v);
}

static Value writer_m_writelines(Vm *vm, Value self, const Args *args)
{
    return call_named(vm, as_stream_writer(self)->transport, "writelines", 1, args->v);
}

#define PASS_ON(name)                                                                                   \
    static Value writer_m_##name(Vm *vm, Value self, const Args *args)                                  \
    {                                                                                                   \
        (void)args;                                                                                     \
        return call_named(vm, as_stream_writer(self)->transport, #name, 0, NULL);                       \
    }
PASS_ON(write_eof)
PASS_ON(can_write_eof)
PASS_ON(close)
PASS_ON(is_closing)

static Value writer_m_get_extra_info(Vm *vm, Value self, const Args *args)
{
    return call_named(vm, as_stream_writer(self)->transport, "get_extra_info", 2, args->v);
}

/* In: the protocol's answer to when it is wise to go on. */
static bool drain_protocol(Vm *vm, Coro *c, StreamWriter *w, Value *out)
{
    c->stage = 2;
    if (LIKELY(is_stream_protocol(vm, w->protocol))) {
        const StreamProtocol *p = as_stream_protocol(w->protocol);
        if (LIKELY(!p->lost && !p->paused)) {
            *out = VALUE_NONE;
            return true;
        }
    }
    *out = call_named(vm, w->protocol, "_drain_helper", 0, NULL);
    return value_is_empty(*out);
}

static bool drain_step(Vm *vm, Coro *c, Value in, Value *out)
{
    StreamWriter *w = as_stream_writer(c->self);
    *out = VALUE_ERROR;
    if (value_is_empty(in))
        return true;
    if (c->stage == 2) {
        *out = VALUE_NONE;
        return true;
    }
    if (c->stage == 0) {
        Value exc = value_is_none(w->reader) ? VALUE_NONE
                  : stream_reader_is_plain(vm, w->reader) ? as_stream_reader(w->reader)->exception
                  : call_named(vm, w->reader, "exception", 0, NULL);
        if (value_is_empty(exc))
            return true;
        if (!value_is_none(exc)) {
            raise_value(vm, exc);
            return true;
        }
        int closing = is_closing(vm, w->transport);
        if (closing < 0)
            return true;
        if (closing) {
            c->stage = 1;               /* connection_lost() may be on its way */
            Value m = rt_import_module(vm, "asyncio"), zero = value_from_int48(0);
            *out = value_is_empty(m) ? m : call_named(vm, m, "sleep", 1, &zero);
            return value_is_empty(*out);
        }
    }
    return drain_protocol(vm, c, w, out);
}

static const CoroDef drain_def = { "StreamWriter.drain", drain_step };

static Value writer_m_drain(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return coro_new(vm, &drain_def, self, VALUE_NONE);
}

static bool closed_step(Vm *vm, Coro *c, Value in, Value *out)
{
    *out = VALUE_ERROR;
    if (value_is_empty(in))
        return true;
    if (c->stage++) {
        *out = VALUE_NONE;
        return true;
    }
    *out = call_named(vm, as_stream_writer(c->self)->protocol, "_get_close_waiter", 1, &c->self);
    return value_is_empty(*out);
}

static const CoroDef closed_def = { "StreamWriter.wait_closed", closed_step };

static Value writer_m_wait_closed(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return coro_new(vm, &closed_def, self, VALUE_NONE);
}

static Value writer_m_start_tls(Vm *vm, Value self, const Args *args)
{
    Value m = rt_import_module(vm, "asyncio.streams"), f = value_is_empty(m) ? m : lib_attr(vm, m, "_start_tls");
    Tuple *t = value_is_empty(f) ? NULL : tuple_pack(vm, 2, self, args->v[0]);
    return t ? op_call_ex(vm, f, t, as_dict(args->v[1])) : VALUE_ERROR;
}

static Value writer_m_repr(Vm *vm, Value self, const Args *args)
{
    const StreamWriter *w = as_stream_writer(self);
    (void)args;
    Str *s = str_printf(vm, "<%S transport=%R", as_str(type_of(vm, self)->name), w->transport);
    if (s && !value_is_none(w->reader))
        s = str_printf(vm, "%S reader=%R", s, w->reader);
    s = s ? str_printf(vm, "%S>", s) : NULL;
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static const MethodDef writer_methods[] = {
    METHOD(writer, new, "__new__(*args, **kwargs)", "Create a writer."),
    SCRIPT_METHOD(writer, init, "__init__(transport, protocol, reader, loop)", "The writing side of a connection."),
    SCRIPT_METHOD(writer, repr, "__repr__()", "Return repr(self)."),
    SCRIPT_METHOD(writer, write, "write(data)", "Send bytes, or keep them until that is possible."),
    SCRIPT_METHOD(writer, writelines, "writelines(data)", "Write several pieces."),
    SCRIPT_METHOD(writer, write_eof, "write_eof()", "End the sending direction, once all is sent."),
    SCRIPT_METHOD(writer, can_write_eof, "can_write_eof()", "Is write_eof() possible?"),
    SCRIPT_METHOD(writer, close, "close()", "Close, once all is sent."),
    SCRIPT_METHOD(writer, is_closing, "is_closing()", "Is it closing, or closed?"),
    ASYNC_METHOD(writer, wait_closed, "wait_closed()", "Wait until it is closed."),
    SCRIPT_METHOD(writer, get_extra_info, "get_extra_info(name, default=None)", "A fact about the transport."),
    ASYNC_METHOD(writer, drain, "drain()", "Wait until it is wise to write more."),
    ASYNC_METHOD(writer, start_tls, "start_tls(sslcontext, **kwargs)", "Go on over TLS."),
    { 0 }
};

static Value writer_g_transport(Vm *vm, Value self)
{
    (void)vm;
    return as_stream_writer(self)->transport;
}

static bool writer_s_transport(Vm *vm, Value self, Value v)
{
    heap_set(vm, as_stream_writer(self), &as_stream_writer(self)->transport, value_is_empty(v) ? VALUE_NONE : v);
    return true;
}

static Value writer_g_protocol(Vm *vm, Value self)
{
    (void)vm;
    return as_stream_writer(self)->protocol;
}

static bool writer_s_protocol(Vm *vm, Value self, Value v)
{
    heap_set(vm, as_stream_writer(self), &as_stream_writer(self)->protocol, value_is_empty(v) ? VALUE_NONE : v);
    return true;
}

static Value writer_g_reader(Vm *vm, Value self)
{
    (void)vm;
    return as_stream_writer(self)->reader;
}

static Value writer_g_loop(Vm *vm, Value self)
{
    (void)vm;
    return as_stream_writer(self)->loop ? loop_value(as_stream_writer(self)->loop) : VALUE_NONE;
}

static const GetSetDef writer_getsets[] = {
    { "transport", "The transport below.", writer_g_transport, NULL },
    { "_transport", "The transport below.", writer_g_transport, writer_s_transport },
    { "_protocol", "The protocol.", writer_g_protocol, writer_s_protocol },
    { "_reader", "The reader of the same connection, or None.", writer_g_reader, NULL },
    { "_loop", "The loop.", writer_g_loop, NULL },
    { 0 }
};

bool stream_writer_add(Vm *vm, Module *m)
{
    static const TypeDef def = { .name = "asyncio.streams.StreamWriter", .doc = "The writing side of a connection.",
        .layout = &stream_writer_layout, .methods = writer_methods, .getsets = writer_getsets,
        .flags = TYPE_BASE | TYPE_HAS_DICT | TYPE_WEAKREFS | TYPE_PLAIN_NAME };
    Type *t = lib_add_type(vm, m, &def, vm->types.object);
    if (t)
        rt_of(vm)->roots[RT_ROOT_STREAM_WRITER] = value_from_obj(t);
    return t != NULL;
}
