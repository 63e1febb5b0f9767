/* SPDX-License-Identifier: MIT
 * AbstractEventLoop: the interface that loops written in script derive from. And what of the loop is written in aio. */
#include "runtime/loop.h"

#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

static Value abstract(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return raise_args(vm, EXC_NotImplementedError, 0, NULL);
}

/* fn(first, *rest, **last): the arguments of a native with that signature, after self. */
static Value pass_on(Vm *vm, Value fn, const Value *before, uint32_t n, const Args *args, Dict *kwargs)
{
    List *v = list_from(vm, before, n);
    for (uint32_t i = 0; v && i < args->nrest; i++)
        if (!list_append(vm, v, args->rest[i]))
            return VALUE_ERROR;
    Tuple *t = v ? tuple_from(vm, list_items(v), v->len) : NULL;
    return t ? op_call_ex(vm, fn, t, kwargs) : VALUE_ERROR;
}

/* A loop that has call_later() alone. */
static Value call_soon(Vm *vm, Value self, const Args *args)
{
    Str *name = str_intern(vm, "call_later", 10);
    Value fn = name ? attr_get(vm, self, name) : VALUE_ERROR, before[2] = { value_from_int48(0), args->v[0] };
    Dict *kw = value_is_empty(fn) ? NULL : dict_new(vm);
    if (!kw || !dict_set_str(vm, kw, vm->names.context, args->v[1]))
        return VALUE_ERROR;
    return pass_on(vm, fn, before, 2, args, kw);
}

Value loop_by_script(Vm *vm, Value self, const char *module, const char *name, const Args *args)
{
    Value base = rt_import_module(vm, module);
    Str *s = str_intern(vm, name, strlen(name));
    Value fn = value_is_empty(base) || !s ? VALUE_ERROR : attr_get(vm, base, s);
    return value_is_empty(fn) ? fn : pass_on(vm, fn, &self, 1, args, as_dict(args->v[0]));
}

/* One that is a coroutine: it raises when it is awaited. */
static Value abstract_async(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    Value m = rt_import_module(vm, "asyncio._loop");
    Str *name = str_intern(vm, "_abstract", 9);
    return value_is_empty(m) || !name ? VALUE_ERROR : op_call_method(vm, m, name, 0, NULL);
}

#define ABSTRACT_ASYNC(signature) { signature, "To be written by the subclass.", abstract_async, NATIVE_COROUTINE }
#define ABSTRACT(signature) { signature, "To be written by the subclass.", abstract, 0 }

bool loop_abstract_init(Vm *vm)
{
    static const MethodDef methods[] = {
        ABSTRACT("run_forever()"),
        ABSTRACT("run_until_complete(future)"),
        ABSTRACT("stop()"),
        ABSTRACT("is_running()"),
        ABSTRACT("is_closed()"),
        ABSTRACT("close()"),
        ABSTRACT_ASYNC("shutdown_asyncgens()"),
        ABSTRACT_ASYNC("shutdown_default_executor()"),
        ABSTRACT("_timer_handle_cancelled(handle)"),
        { "call_soon(callback, /, *args, context=None)", "call_later(0, callback, *args).", call_soon, 0 },
        ABSTRACT("call_later(delay, callback, /, *args, context=None)"),
        ABSTRACT("call_at(when, callback, /, *args, context=None)"),
        ABSTRACT("time()"),
        ABSTRACT("create_future()"),
        ABSTRACT("create_task(coro, *, name=None, context=None)"),
        ABSTRACT("call_soon_threadsafe(callback, /, *args, context=None)"),
        ABSTRACT("run_in_executor(executor, func, /, *args)"),
        ABSTRACT("set_default_executor(executor)"),
        ABSTRACT_ASYNC("create_connection(protocol_factory, host=None, port=None, **kwargs)"),
        ABSTRACT_ASYNC("create_server(protocol_factory, host=None, port=None, **kwargs)"),
        ABSTRACT_ASYNC("create_unix_connection(protocol_factory, path=None, **kwargs)"),
        ABSTRACT_ASYNC("create_unix_server(protocol_factory, path=None, **kwargs)"),
        ABSTRACT_ASYNC("create_datagram_endpoint(protocol_factory, local_addr=None, remote_addr=None, **kwargs)"),
        ABSTRACT_ASYNC("connect_accepted_socket(protocol_factory, sock, **kwargs)"),
        ABSTRACT_ASYNC("start_tls(transport, protocol, sslcontext, **kwargs)"),
        ABSTRACT_ASYNC("sendfile(transport, file, offset=0, count=None, *, fallback=True)"),
        ABSTRACT_ASYNC("getaddrinfo(host, port, *, family=0, type=0, proto=0, flags=0)"),
        ABSTRACT_ASYNC("getnameinfo(sockaddr, flags=0)"),
        ABSTRACT_ASYNC("sock_recv(sock, nbytes)"),
        ABSTRACT_ASYNC("sock_recv_into(sock, buf)"),
        ABSTRACT_ASYNC("sock_recvfrom(sock, bufsize)"),
        ABSTRACT_ASYNC("sock_recvfrom_into(sock, buf, nbytes=0)"),
        ABSTRACT_ASYNC("sock_sendall(sock, data)"),
        ABSTRACT_ASYNC("sock_sendto(sock, data, address)"),
        ABSTRACT_ASYNC("sock_connect(sock, address)"),
        ABSTRACT_ASYNC("sock_accept(sock)"),
        ABSTRACT_ASYNC("sock_sendfile(sock, file, offset=0, count=None, *, fallback=None)"),
        ABSTRACT_ASYNC("connect_read_pipe(protocol_factory, pipe)"),
        ABSTRACT_ASYNC("connect_write_pipe(protocol_factory, pipe)"),
        ABSTRACT_ASYNC("subprocess_shell(protocol_factory, cmd, **kwargs)"),
        ABSTRACT_ASYNC("subprocess_exec(protocol_factory, *args, **kwargs)"),
        ABSTRACT("add_reader(fd, callback, /, *args)"),
        ABSTRACT("remove_reader(fd)"),
        ABSTRACT("add_writer(fd, callback, /, *args)"),
        ABSTRACT("remove_writer(fd)"),
        ABSTRACT("add_signal_handler(sig, callback, /, *args)"),
        ABSTRACT("remove_signal_handler(sig)"),
        ABSTRACT("set_task_factory(factory)"),
        ABSTRACT("get_task_factory()"),
        ABSTRACT("get_exception_handler()"),
        ABSTRACT("set_exception_handler(handler)"),
        ABSTRACT("default_exception_handler(context)"),
        ABSTRACT("call_exception_handler(context)"),
        ABSTRACT("get_debug()"),
        ABSTRACT("set_debug(enabled)"),
        { 0 }
    };
    static const TypeDef def = { .name = "asyncio.events.AbstractEventLoop", .doc = "What a loop can do.", .methods = methods,
        .flags = TYPE_BASE | TYPE_HAS_DICT | TYPE_WEAKREFS | TYPE_PLAIN_NAME };
    Type *t = type_from_def(vm, &def, vm->types.object);
    if (t)
        rt_of(vm)->roots[RT_ROOT_ABSTRACT_LOOP_TYPE] = value_from_obj(t);
    return t != NULL;
}
