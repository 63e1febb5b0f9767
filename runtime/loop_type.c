/* SPDX-License-Identifier: MIT
 * The event loop as scripts see it: a class that can be subclassed, with asyncio's methods. */
#include "runtime/coro.h"
#include "runtime/handle.h"

#include <stdlib.h>

#include "runtime/io_watch.h"
#include "runtime/loop_io.h"
#include "vm/code.h"
#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

/* ---- life ---- */

static Value loop_m_new(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Loop *l = (Loop *)object_alloc(vm, as_type(self));
    if (!l)
        return VALUE_ERROR;
    loop_setup(vm, l);
    const char *debug = rt_python_env(l->rt, "PYTHONASYNCIODEBUG");
    l->debug = l->rt->config.dev_mode || (debug && *debug);
    return value_from_obj(l);
}

/* A selector of a script's hears of other threads and of signals by a pair of sockets, which it polls. */
static Value by_pipe(Vm *vm, Value self, const char *what)
{
    Value m = rt_import_module(vm, "asyncio.selector_events");
    Str *name = str_intern(vm, what, strlen(what));
    return value_is_empty(m) || !name ? VALUE_ERROR : op_call_method(vm, m, name, 1, &self);
}

static Value loop_m_init(Vm *vm, Value self, const Args *args)
{
    if (!loop_log_selector(vm, args->v[0]))
        return VALUE_ERROR;
    if (value_is_none(args->v[0]))
        return VALUE_NONE;
    heap_set(vm, as_loop(self), &as_loop(self)->selector, args->v[0]);
    bool registers;
    Value script = loop_script_selector(vm, as_loop(self), &registers);
    if (value_is_empty(script) || !registers)
        return vm_pending(vm) ? VALUE_ERROR : VALUE_NONE;
    if (value_is_empty(by_pipe(vm, self, "_make_self_pipe")))
        return VALUE_ERROR;
    as_loop(self)->has_pipe = true;
    return VALUE_NONE;
}

/* Made when a script asks for it: the loop itself needs none. */
static Value loop_g_selector(Vm *vm, Value self)
{
    Loop *l = as_loop(self);
    if (!value_is_empty(l->selector) || l->closed)
        return value_is_empty(l->selector) ? VALUE_NONE : l->selector;
    Value m = rt_import_module(vm, "selectors");
    Str *name = value_is_empty(m) ? NULL : str_intern(vm, "DefaultSelector", 15);
    Value selector = name ? op_call_method(vm, m, name, 0, NULL) : VALUE_ERROR;
    if (!value_is_empty(selector))
        heap_set(vm, l, &l->selector, selector);
    return selector;
}

static bool loop_s_selector(Vm *vm, Value self, Value v)
{
    heap_set(vm, as_loop(self), &as_loop(self)->selector, v);
    return true;
}

static bool close_selector(Vm *vm, Loop *l)
{
    Value selector = l->selector;
    bool ours = type_is_subtype(type_of(vm, value_from_obj(l)), as_type(l->rt->roots[RT_ROOT_LOOP_TYPE])->base);
    l->selector = VALUE_EMPTY;
    if (value_is_empty(selector) || value_is_none(selector) || !ours)
        return true;
    Str *close = str_intern(vm, "close", 5);
    return close && !value_is_empty(op_call_method(vm, selector, close, 0, NULL));
}

/* Signals go back to what they were. */
static bool drop_signal_handlers(Vm *vm, Loop *l)
{
    Value base = value_is_none(l->signal_handlers) ? VALUE_NONE : rt_import_module(vm, "asyncio._loop");
    if (value_is_none(base))
        return true;
    Str *name = str_intern(vm, "_remove_signal_handlers", 23);
    Value self = value_from_obj(l);
    return name && !value_is_empty(base) && !value_is_empty(op_call_method(vm, base, name, 1, &self));
}

/* executor.shutdown(wait=False) */
static Value leave_executor(Vm *vm, Value executor)
{
    Str *name = str_intern(vm, "shutdown", 8), *wait = str_intern(vm, "wait", 4);
    Value self, f = name && wait ? attr_method(vm, executor, name, &self) : VALUE_ERROR;
    if (value_is_empty(f))
        return f;
    Value v[2] = { self, VALUE_FALSE }, key = value_from_obj(wait);
    bool bound = value_is_empty(self);
    return value_is_empty(op_call_kw(vm, f, bound ? 1 : 2, v + bound, 1, &key)) ? VALUE_ERROR : VALUE_NONE;
}

static Value loop_m_close(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Loop *l = as_loop(self);
    if (l->running)
        return raise_exc(vm, EXC_RuntimeError, "Cannot close a running event loop");
    if (!l->closed && (!loop_log_close(vm, l) || !drop_signal_handlers(vm, l)))
        return VALUE_ERROR;
    if (!l->closed && l->has_pipe && value_is_empty(by_pipe(vm, self, "_close_self_pipe")))
        return VALUE_ERROR;
    l->has_pipe = false;
    Value executor = l->executor;
    l->executor = VALUE_NONE;
    if (!l->closed)
        watch_loop_closed(l->rt, l);
    l->closed = true;
    if (!close_selector(vm, l))
        return VALUE_ERROR;
    l->ready_count = 0;
    loop_forget_timers(vm, l);
    return value_is_none(executor) ? VALUE_NONE : leave_executor(vm, executor);
}

static Value loop_m_is_running(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return value_from_bool(as_loop(self)->running);
}

static Value loop_m_is_closed(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return value_from_bool(as_loop(self)->closed);
}

static Value loop_m_stop(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    as_loop(self)->stopping = true;
    return VALUE_NONE;
}

static Value loop_m_run_forever(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return loop_run_forever(vm, as_loop(self)) ? VALUE_NONE : VALUE_ERROR;
}

/* Stops the loop when the future is done, unless it ended by what left the loop anyway. */
Value loop_stop_when_done(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (!is_future(vm, args->v[0])) {
        Value m = rt_import_module(vm, "asyncio._loop");
        Str *name = str_intern(vm, "_stop_when_done", 15);
        return value_is_empty(m) || !name ? VALUE_ERROR : op_call_method(vm, m, name, 1, &args->v[0]);
    }
    Future *f = as_future(args->v[0]);
    f->log_traceback = false;
    if (f->state == FUTURE_FINISHED && f->failed &&
        (exc_matches(vm, f->result, vm->exc[EXC_KeyboardInterrupt]) || exc_matches(vm, f->result, vm->exc[EXC_SystemExit])))
        return VALUE_NONE;
    f->loop->stopping = true;
    return VALUE_NONE;
}

/* That function: always the same, since libraries look for it among a task's callbacks. */
static Value stop_callback(Vm *vm)
{
    Str *name = str_intern(vm, "_run_until_complete_cb", 22);
    return name ? attr_get(vm, rt_of(vm)->roots[RT_ROOT_ASYNCIO], name) : VALUE_ERROR;
}

/* The same for a future of another make, by its methods. */
static Value run_foreign(Vm *vm, Value self, Value fut, bool made)
{
    Value m = rt_import_module(vm, "asyncio._loop"), args[3] = { self, fut, value_from_bool(made) };
    Str *name = str_intern(vm, "_run_until_complete", 19);
    return value_is_empty(m) || !name ? VALUE_ERROR : op_call_method(vm, m, name, 3, args);
}

static Value loop_m_run_until_complete(Vm *vm, Value self, const Args *args)
{
    Loop *l = as_loop(self);
    if (!loop_check_open(vm, l))
        return VALUE_ERROR;
    if (l->running)
        return raise_exc(vm, EXC_RuntimeError, "This event loop is already running");
    if (!value_is_none(vm->strand->running_loop))
        return raise_exc(vm, EXC_RuntimeError, "Cannot run the event loop while another loop is running");
    bool made = !asyncio_isfuture(vm, args->v[0]);
    Value fut = asyncio_ensure_future(vm, args->v[0], l);
    if (value_is_empty(fut))
        return fut;
    if (!is_future(vm, fut))
        return run_foreign(vm, self, fut, made);
    Future *f = as_future(fut);
    if (made && f->is_task)
        f->log_destroy = false;
    Str *remove = str_intern(vm, "remove_done_callback", 20), *add = str_intern(vm, "add_done_callback", 17);
    Value cb = stop_callback(vm);
    if (value_is_empty(cb) || !remove || !add)
        return VALUE_ERROR;
    if (value_is_empty(op_call_method(vm, fut, add, 1, &cb)))
        return VALUE_ERROR;
    heap_set(vm, l, &l->main, fut);
    bool ok = loop_run_forever(vm, l);
    l->main = VALUE_EMPTY;
    Value pending = exc_take(vm);
    Value removed = op_call_method(vm, fut, remove, 1, &cb);
    (void)removed;
    exc_discard(vm);
    if (!ok) {
        if (made && future_done(f) && f->state != FUTURE_CANCELLED)
            f->log_traceback = false;
        exc_restore(vm, pending);
        return VALUE_ERROR;
    }
    if (!future_done(f))
        return raise_exc(vm, EXC_RuntimeError, "Event loop stopped before Future completed.");
    return future_result(vm, f);
}

/* ---- callbacks ---- */

static Value loop_m_call_soon(Vm *vm, Value self, const Args *args)
{
    return loop_call_soon(vm, as_loop(self), args->v[0], args->rest, args->nrest, args->v[1], "call_soon");
}

static Value loop_m_call_soon_threadsafe(Vm *vm, Value self, const Args *args)
{
    Value h = loop_call_soon(vm, as_loop(self), args->v[0], args->rest, args->nrest, args->v[1], "call_soon_threadsafe");
    Runtime *rt = rt_of(vm);
    if (UNLIKELY(as_loop(self)->has_pipe) && !value_is_empty(h))
        return value_is_empty(loop_method(vm, as_loop(self), "_write_to_self", 0, NULL)) ? VALUE_ERROR : h;
    if (vm->nstrands == 1)      /* strands wake each other without it */
        rt_wake(rt);
    return h;
}

static Value call_at_of_script(Vm *vm, Loop *l, Value when, const Args *args)
{
    List *v = list_new(vm, args->nrest + 2);
    Dict *kw = dict_new(vm);
    Str *name = str_intern(vm, "call_at", 7);
    if (!v || !kw || !name || !list_append(vm, v, when) || !list_append(vm, v, args->v[1]))
        return VALUE_ERROR;
    for (uint32_t i = 0; i < args->nrest; i++)
        if (!list_append(vm, v, args->rest[i]))
            return VALUE_ERROR;
    Tuple *t = tuple_from(vm, list_items(v), v->len);
    Value method = attr_get(vm, value_from_obj(l), name);
    if (!t || value_is_empty(method) || !dict_set_str(vm, kw, vm->names.context, args->v[2]))
        return VALUE_ERROR;
    return op_call_ex(vm, method, t, kw);
}

static Value loop_m_call_later(Vm *vm, Value self, const Args *args)
{
    double delay;
    Loop *l = as_loop(self);
    if (value_is_none(args->v[0]))
        return raise_exc(vm, EXC_TypeError, "delay must not be None");
    double base = rt_now(l->rt);
    if (LIKELY(value_is_double(args->v[0]))) {
        delay = base + value_double(args->v[0]);
    } else if (value_is_int48(args->v[0])) {
        delay = base + (double)value_int48(args->v[0]);
    } else {
        Value when = op_binary(vm, OP_ADD - OP_ADD, value_from_double(base), args->v[0], false);
        if (value_is_empty(when) || !op_double(vm, when, &delay))
            return VALUE_ERROR;
    }
    Value due = value_from_double(delay);
    if (UNLIKELY(!loop_is_plain(vm, l))) {
        if (loop_overrides(vm, l, "time")) {
            Value now = loop_method(vm, l, "time", 0, NULL);
            due = value_is_empty(now) ? now : op_binary(vm, OP_ADD - OP_ADD, now, args->v[0], false);
        }
        if (value_is_empty(due) || !op_double(vm, due, &delay) || !loop_mix_timers(vm, l))
            return VALUE_ERROR;
        if (loop_overrides(vm, l, "call_at"))
            return call_at_of_script(vm, l, due, args);
    }
    return loop_call_at(vm, l, delay, due, args->v[1], args->rest, args->nrest, args->v[2], "call_at");
}

static Value loop_m_call_at(Vm *vm, Value self, const Args *args)
{
    double when;
    if (value_is_none(args->v[0]))
        return raise_exc(vm, EXC_TypeError, "when cannot be None");
    if (!op_double(vm, args->v[0], &when) || !loop_mix_timers(vm, as_loop(self)))
        return VALUE_ERROR;
    return loop_call_at(vm, as_loop(self), when, args->v[0], args->v[1], args->rest, args->nrest, args->v[2], "call_at");
}

static Value loop_m_time(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return value_from_double(rt_now(as_loop(self)->rt));
}

/* ---- futures and tasks ---- */

static Value loop_m_create_future(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return future_new(vm, as_loop(self));
}

static Value loop_m_create_task(Vm *vm, Value self, const Args *args)
{
    Loop *l = as_loop(self);
    if (!loop_check_open(vm, l))
        return VALUE_ERROR;
    if (value_is_none(l->task_factory))
        return task_new(vm, l, args->v[0], args->v[1], args->v[2]);
    Value v[3] = { self, args->v[0], args->v[2] }, key = value_from_obj(vm->names.context);
    bool with_context = !value_is_none(args->v[2]);
    Value t = op_call_kw(vm, l->task_factory, with_context ? 3 : 2, v, with_context, &key);
    if (value_is_empty(t))
        return t;               /* the name is set even where none was given, as 3.13 does */
    Str *set = str_intern(vm, "set_name", 8);
    return set && !value_is_empty(op_call_method(vm, t, set, 1, &args->v[1])) ? t : VALUE_ERROR;
}

static Value loop_m_set_task_factory(Vm *vm, Value self, const Args *args)
{
    if (!value_is_none(args->v[0]) && !op_callable(vm, args->v[0]))
        return raise_exc(vm, EXC_TypeError, "task factory must be a callable or None");
    heap_set(vm, as_loop(self), &as_loop(self)->task_factory, args->v[0]);
    return VALUE_NONE;
}

static Value loop_m_get_task_factory(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return as_loop(self)->task_factory;
}

/* ---- errors ---- */

static Value loop_m_set_exception_handler(Vm *vm, Value self, const Args *args)
{
    if (!value_is_none(args->v[0]) && !op_callable(vm, args->v[0]))
        return raise_exc(vm, EXC_TypeError, "A callable object or None is expected, got %R", args->v[0]);
    heap_set(vm, as_loop(self), &as_loop(self)->exception_handler, args->v[0]);
    return VALUE_NONE;
}

static Value loop_m_get_exception_handler(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return as_loop(self)->exception_handler;
}

static Value loop_m_default_exception_handler(Vm *vm, Value self, const Args *args)
{
    return loop_default_handler(vm, as_loop(self), args->v[0]);
}

static Value loop_m_call_exception_handler(Vm *vm, Value self, const Args *args)
{
    return loop_call_exception_handler(vm, as_loop(self), args->v[0]);
}

/* ---- debug ---- */

static Value loop_m_get_debug(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return value_from_bool(as_loop(self)->debug);
}

static Value loop_m_set_debug(Vm *vm, Value self, const Args *args)
{
    Loop *l = as_loop(self);
    l->debug = value_is_true(args->v[0]);
    if (l->running)
        loop_track_origins(vm, l, l->debug);
    return VALUE_NONE;
}

static Value loop_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Loop *l = as_loop(self);
    Str *s = str_printf(vm, "<%S running=%s closed=%s debug=%s>", as_str(type_of(vm, self)->name), l->running ? "True" : "False",
                        l->closed ? "True" : "False", l->debug ? "True" : "False");
    return s ? value_from_obj(s) : VALUE_ERROR;
}

/* ---- what is written in aio (asyncio/_loop.aio) ---- */

#define BY_SCRIPT(module, name)                                               \
    static Value loop_m_##name(Vm *vm, Value self, const Args *args)          \
    {                                                                         \
        return loop_by_script(vm, self, "asyncio." #module, #name, args);     \
    }
BY_SCRIPT(_loop, run_in_executor)
BY_SCRIPT(_loop, set_default_executor)
BY_SCRIPT(_loop, add_signal_handler)
BY_SCRIPT(_loop, remove_signal_handler)
BY_SCRIPT(base_events, create_connection)
BY_SCRIPT(base_events, create_server)
BY_SCRIPT(base_events, create_datagram_endpoint)
BY_SCRIPT(base_events, connect_accepted_socket)
BY_SCRIPT(base_events, start_tls)
BY_SCRIPT(base_events, sendfile)
BY_SCRIPT(base_events, getaddrinfo)
BY_SCRIPT(base_events, getnameinfo)
BY_SCRIPT(base_events, sock_sendfile)
BY_SCRIPT(selector_events, sock_recv)
BY_SCRIPT(selector_events, sock_recv_into)
BY_SCRIPT(selector_events, sock_recvfrom)
BY_SCRIPT(selector_events, sock_recvfrom_into)
BY_SCRIPT(selector_events, sock_sendall)
BY_SCRIPT(selector_events, sock_sendto)
BY_SCRIPT(selector_events, sock_connect)
BY_SCRIPT(selector_events, sock_accept)
BY_SCRIPT(unix_sockets, create_unix_connection)
BY_SCRIPT(unix_sockets, create_unix_server)
BY_SCRIPT(unix_pipes, connect_read_pipe)
BY_SCRIPT(unix_pipes, connect_write_pipe)
BY_SCRIPT(unix_pipes, subprocess_shell)
BY_SCRIPT(unix_pipes, subprocess_exec)
BY_SCRIPT(unix_pipes, _make_read_pipe_transport)
BY_SCRIPT(unix_pipes, _make_write_pipe_transport)
BY_SCRIPT(unix_pipes, _make_subprocess_transport)
BY_SCRIPT(unix_pipes, _child_watcher_callback)
BY_SCRIPT(base_events, _sock_sendfile_fallback)
BY_SCRIPT(base_events, _sendfile_fallback)
BY_SCRIPT(base_events, _no_sock_sendfile)
BY_SCRIPT(base_events, _no_sendfile)
BY_SCRIPT(selector_events, _sock_sendfile_native)
BY_SCRIPT(selector_events, _sendfile_native)

static bool return_none(Vm *vm, Coro *c, Value in, Value *out)
{
    (void)vm;
    (void)c;
    *out = in;
    return true;
}

/* Most loops have nothing to shut down: that needs no script. */
static Value loop_m_shutdown_asyncgens(Vm *vm, Value self, const Args *args)
{
    if (args->nrest || as_dict(args->v[0])->used || asyncgens_any(vm, as_loop(self)))
        return loop_by_script(vm, self, "asyncio._loop", "shutdown_asyncgens", args);
    as_loop(self)->asyncgens_shut = true;
    static const CoroDef nothing = { "BaseEventLoop.shutdown_asyncgens", return_none };
    return coro_new(vm, &nothing, self, VALUE_NONE);
}

static Value loop_m_shutdown_default_executor(Vm *vm, Value self, const Args *args)
{
    if (args->nrest > 1 || as_dict(args->v[0])->used || !value_is_none(as_loop(self)->executor))
        return loop_by_script(vm, self, "asyncio._loop", "shutdown_default_executor", args);
    as_loop(self)->executor_shut = true;
    static const CoroDef nothing = { "BaseEventLoop.shutdown_default_executor", return_none };
    return coro_new(vm, &nothing, self, VALUE_NONE);
}

/* Other methods: looked up there when they are first asked for. */
static Value loop_m_getattr(Vm *vm, Value self, const Args *args)
{
    Value base = rt_import_module(vm, "asyncio._loop");
    if (value_is_empty(base))
        return base;
    Value f = attr_get_opt(vm, base, as_str(args->v[0]));
    if (is_func(f) && str_data(as_str(args->v[0]))[0] != '_')
        return method_new(vm, f, self);
    return vm_pending(vm) ? VALUE_ERROR : raise_attribute(vm, self, as_str(args->v[0]));
}

/* ---- for authors of loops ---- */

static Value loop_m_run_once(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return loop_turn(vm, as_loop(self), true) ? VALUE_NONE : VALUE_ERROR;
}

static Value loop_m_timer_cancelled(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)self;
    (void)args;
    return VALUE_NONE;
}

static Value loop_m_process_events(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return watch_events(vm, args->v[0]) ? VALUE_NONE : VALUE_ERROR;
}

static Value loop_m_firstiter(Vm *vm, Value self, const Args *args)
{
    return asyncgens_enter(vm, as_loop(self), args->v[0]) ? VALUE_NONE : VALUE_ERROR;
}

static Value loop_m_finalizer(Vm *vm, Value self, const Args *args)
{
    if (!is_gen(args->v[0]))
        return raise_exc(vm, EXC_TypeError, "an asynchronous generator is required, not %T", args->v[0]);
    return asyncgens_finalize(vm, as_loop(self), as_gen(args->v[0])) ? VALUE_NONE : VALUE_ERROR;
}

static Value loop_m_check_closed(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return loop_check_open(vm, as_loop(self)) ? VALUE_NONE : VALUE_ERROR;
}

/* A list of what is ready: handles, and tasks where nothing but a task's step stands for them. */
static Value loop_g_ready(Vm *vm, Value self)
{
    Loop *l = as_loop(self);
    List *out = list_new(vm, l->ready_count);
    for (uint32_t i = 0; out && i < l->ready_count; i++)
        if (!list_append(vm, out, l->ready[(l->ready_head + i) & (l->ready_cap - 1)].what))
            return VALUE_ERROR;
    return out ? value_from_obj(out) : VALUE_ERROR;
}

/* Timers, the next one first. */
static Value loop_g_scheduled(Vm *vm, Value self)
{
    Loop *l = as_loop(self);
    List *out = loop_mix_timers(vm, l) ? list_new(vm, l->timer_count) : NULL;
    for (uint32_t i = 0; out && i < l->timer_count; i++)
        if (!value_is_empty(l->timers[i].what) && value_obj(l->timers[i].what)->flags & OBJ_TIMED &&
            !list_append(vm, out, l->timers[i].what))
            return VALUE_ERROR;
    return out ? value_from_obj(out) : VALUE_ERROR;
}

static Value loop_g_resolution(Vm *vm, Value self)
{
    (void)vm;
    return value_from_double(as_loop(self)->resolution);
}

static bool loop_s_resolution(Vm *vm, Value self, Value v)
{
    return value_is_empty(v) || op_double(vm, v, &as_loop(self)->resolution);
}

static Value loop_g_exception_handler(Vm *vm, Value self)
{
    (void)vm;
    return as_loop(self)->exception_handler;
}

static Value loop_g_task_factory(Vm *vm, Value self)
{
    (void)vm;
    return as_loop(self)->task_factory;
}

static Value loop_m_write_to_self(Vm *vm, Value self, const Args *args)
{
    (void)args;
    if (UNLIKELY(as_loop(self)->has_pipe))
        return by_pipe(vm, self, "_write_to_self");
    rt_wake(rt_of(vm));
    return VALUE_NONE;
}

static Value loop_m_check_running(Vm *vm, Value self, const Args *args)
{
    (void)args;
    if (as_loop(self)->running)
        return raise_exc(vm, EXC_RuntimeError, "This event loop is already running");
    return value_is_none(vm->strand->running_loop) ? VALUE_NONE
         : raise_exc(vm, EXC_RuntimeError, "Cannot run the event loop while another loop is running");
}

#define FLAG(name)                                                            \
    static Value loop_g_##name(Vm *vm, Value self)                            \
    {                                                                         \
        (void)vm;                                                             \
        return value_from_bool(as_loop(self)->name);                          \
    }
FLAG(debug)
FLAG(closed)
FLAG(stopping)

static bool loop_s_stopping(Vm *vm, Value self, Value v)
{
    int t = value_is_empty(v) ? 0 : op_truth(vm, v);
    as_loop(self)->stopping = t > 0;
    return t >= 0;
}

static bool loop_s_debug(Vm *vm, Value self, Value v)
{
    int t = value_is_empty(v) ? 0 : op_truth(vm, v);
    as_loop(self)->debug = t > 0;
    return t >= 0;
}

static const MethodDef loop_methods[] = {
    METHOD(loop, new, "__new__(*args, **kwargs)", "Create a loop."),
    SCRIPT_METHOD(loop, init, "__init__(selector=None)", "An open loop that does not run."),
    SCRIPT_METHOD(loop, close, "close()", "Drop what is scheduled; the loop cannot run any more."),
    SCRIPT_METHOD(loop, is_running, "is_running()", "Does it run now?"),
    SCRIPT_METHOD(loop, is_closed, "is_closed()", "Was it closed?"),
    SCRIPT_METHOD(loop, stop, "stop()", "Stop at the end of this turn."),
    SCRIPT_METHOD(loop, run_forever, "run_forever()", "Run until stop()."),
    SCRIPT_METHOD(loop, run_until_complete, "run_until_complete(future)",
           "Run until the future (or coroutine, as a task) is done; its result."),
    SCRIPT_METHOD(loop, call_soon, "call_soon(callback, *args, context=None)", "Call at the next turn; a Handle."),
    SCRIPT_METHOD(loop, call_soon_threadsafe, "call_soon_threadsafe(callback, *args, context=None)",
           "The same from another thread or a signal handler."),
    SCRIPT_METHOD(loop, call_later, "call_later(delay, callback, *args, context=None)",
                  "Call in `delay` seconds; a TimerHandle."),
    SCRIPT_METHOD(loop, call_at, "call_at(when, callback, *args, context=None)",
           "Call at a time of the loop's clock; a TimerHandle."),
    SCRIPT_METHOD(loop, time, "time()", "The loop's clock, in seconds."),
    SCRIPT_METHOD(loop, create_future, "create_future()", "A pending future of this loop."),
    SCRIPT_METHOD(loop, create_task, "create_task(coro, *, name=None, context=None)", "A task that drives the coroutine."),
    SCRIPT_METHOD(loop, set_task_factory, "set_task_factory(factory)",
           "factory(loop, coro, **kwargs) makes the tasks; None: asyncio's own."),
    SCRIPT_METHOD(loop, get_task_factory, "get_task_factory()", "The task factory, or None."),
    SCRIPT_METHOD(loop, set_exception_handler, "set_exception_handler(handler)",
           "handler(loop, context) gets errors that nobody else takes."),
    SCRIPT_METHOD(loop, get_exception_handler, "get_exception_handler()", "The exception handler, or None."),
    SCRIPT_METHOD(loop, default_exception_handler, "default_exception_handler(context)",
           "Print message, objects and traceback to stderr."),
    SCRIPT_METHOD(loop, call_exception_handler, "call_exception_handler(context)",
                  "Hand a context dict to the exception handler."),
    SCRIPT_METHOD(loop, get_debug, "get_debug()", "Is debug mode on?"),
    SCRIPT_METHOD(loop, set_debug, "set_debug(enabled: bool)", "Debug mode on or off."),
    ASYNC_METHOD(loop, shutdown_asyncgens, "shutdown_asyncgens(*args, **kwargs)",
           "Close all async generators that are not at their end."),
    ASYNC_METHOD(loop, shutdown_default_executor, "shutdown_default_executor(*args, **kwargs)",
           "Wait for the threads of the default executor."),
    SCRIPT_METHOD(loop, run_in_executor, "run_in_executor(*args, **kwargs)",
                  "Call a function in a thread of an executor."),
    SCRIPT_METHOD(loop, set_default_executor, "set_default_executor(*args, **kwargs)", "The executor for None."),
    SCRIPT_METHOD(loop, add_signal_handler, "add_signal_handler(*args, **kwargs)",
                  "Call it in the loop when the signal comes."),
    SCRIPT_METHOD(loop, remove_signal_handler, "remove_signal_handler(*args, **kwargs)",
           "Back to the default; True when there was a handler."),
    ASYNC_METHOD(loop, create_connection, "create_connection(*args, **kwargs)",
                  "Connect by TCP: (transport, protocol)."),
    ASYNC_METHOD(loop, create_server, "create_server(*args, **kwargs)", "Serve TCP: a Server."),
    ASYNC_METHOD(loop, create_datagram_endpoint, "create_datagram_endpoint(*args, **kwargs)",
                  "UDP: (transport, protocol)."),
    ASYNC_METHOD(loop, connect_accepted_socket, "connect_accepted_socket(*args, **kwargs)",
                  "Take over a connection: (transport, protocol)."),
    ASYNC_METHOD(loop, start_tls, "start_tls(*args, **kwargs)", "Put TLS on a live transport: the new one."),
    ASYNC_METHOD(loop, sendfile, "sendfile(*args, **kwargs)", "Send a file through a transport."),
    ASYNC_METHOD(loop, getaddrinfo, "getaddrinfo(*args, **kwargs)", "Addresses of a host and port."),
    ASYNC_METHOD(loop, getnameinfo, "getnameinfo(*args, **kwargs)", "Host and port of an address, as text."),
    ASYNC_METHOD(loop, sock_sendfile, "sock_sendfile(*args, **kwargs)", "Send a file over a socket."),
    ASYNC_METHOD(loop, _no_sock_sendfile, "_sock_sendfile_native(*args, **kwargs)", "By the system: not on any loop."),
    ASYNC_METHOD(loop, _no_sendfile, "_sendfile_native(*args, **kwargs)", "By the system: not on any loop."),
    ASYNC_METHOD(loop, _sock_sendfile_fallback, "_sock_sendfile_fallback(*args, **kwargs)", "By reading and sending."),
    ASYNC_METHOD(loop, _sendfile_fallback, "_sendfile_fallback(*args, **kwargs)", "By reading and writing."),
    ASYNC_METHOD(loop, sock_recv, "sock_recv(*args, **kwargs)", "Receive bytes."),
    ASYNC_METHOD(loop, sock_recv_into, "sock_recv_into(*args, **kwargs)", "Receive into a buffer."),
    ASYNC_METHOD(loop, sock_recvfrom, "sock_recvfrom(*args, **kwargs)", "A datagram and its sender."),
    ASYNC_METHOD(loop, sock_recvfrom_into, "sock_recvfrom_into(*args, **kwargs)", "The same into a buffer."),
    ASYNC_METHOD(loop, sock_sendall, "sock_sendall(*args, **kwargs)", "Send all."),
    ASYNC_METHOD(loop, sock_sendto, "sock_sendto(*args, **kwargs)", "Send a datagram."),
    ASYNC_METHOD(loop, sock_connect, "sock_connect(*args, **kwargs)", "Connect a socket."),
    ASYNC_METHOD(loop, sock_accept, "sock_accept(*args, **kwargs)", "Accept a connection."),
    ASYNC_METHOD(loop, create_unix_connection, "create_unix_connection(*args, **kwargs)",
                  "Connect to a Unix socket: (transport, protocol)."),
    ASYNC_METHOD(loop, create_unix_server, "create_unix_server(*args, **kwargs)", "Serve a Unix socket: a Server."),
    ASYNC_METHOD(loop, connect_read_pipe, "connect_read_pipe(*args, **kwargs)", "Read a pipe: (transport, protocol)."),
    ASYNC_METHOD(loop, connect_write_pipe, "connect_write_pipe(*args, **kwargs)",
                  "Write to a pipe: (transport, protocol)."),
    ASYNC_METHOD(loop, subprocess_shell, "subprocess_shell(*args, **kwargs)",
                  "Run a command by the shell: (transport, protocol)."),
    ASYNC_METHOD(loop, subprocess_exec, "subprocess_exec(*args, **kwargs)", "Run a program: (transport, protocol)."),
    SCRIPT_METHOD(loop, _make_read_pipe_transport, "_make_read_pipe_transport(*args, **kwargs)", "The transport."),
    SCRIPT_METHOD(loop, _make_write_pipe_transport, "_make_write_pipe_transport(*args, **kwargs)", "The transport."),
    ASYNC_METHOD(loop, _make_subprocess_transport, "_make_subprocess_transport(*args, **kwargs)", "The transport."),
    SCRIPT_METHOD(loop, _child_watcher_callback, "_child_watcher_callback(*args, **kwargs)", "A child has ended."),
    SCRIPT_METHOD(loop, add_reader, "add_reader(fd, callback, *args)", "Call it whenever the descriptor can be read."),
    SCRIPT_METHOD(loop, add_writer, "add_writer(fd, callback, *args)", "Call it whenever the descriptor can be written."),
    SCRIPT_METHOD(loop, remove_reader, "remove_reader(fd)", "Do not any more; True when it was watched."),
    SCRIPT_METHOD(loop, remove_writer, "remove_writer(fd)", "Do not any more; True when it was watched."),
    SCRIPT_METHOD(loop, add_reader_plain, "_add_reader(fd, callback, *args)", "The same for transports."),
    SCRIPT_METHOD(loop, add_writer_plain, "_add_writer(fd, callback, *args)", "The same for transports."),
    SCRIPT_METHOD(loop, remove_reader_plain, "_remove_reader(fd)", "The same for transports."),
    SCRIPT_METHOD(loop, remove_writer_plain, "_remove_writer(fd)", "The same for transports."),
    SCRIPT_METHOD(loop, ensure_no_transport, "_ensure_fd_no_transport(fd)", "RuntimeError when a transport uses it."),
    SCRIPT_METHOD(loop, run_once, "_run_once()", "One turn."),
    SCRIPT_METHOD(loop, timer_cancelled, "_timer_handle_cancelled(handle)", "A timer was cancelled: nothing needs to be done."),
    SCRIPT_METHOD(loop, process_events, "_process_events(event_list)",
                  "What a selector's select() gave: the callbacks of these descriptors become ready."),
    SCRIPT_METHOD(loop, firstiter, "_asyncgen_firstiter_hook(agen)", "It was iterated for the first time."),
    SCRIPT_METHOD(loop, finalizer, "_asyncgen_finalizer_hook(agen)", "It is dead: a task closes it."),
    SCRIPT_METHOD(loop, write_to_self, "_write_to_self()", "Wake it when it waits."),
    SCRIPT_METHOD(loop, check_running, "_check_running()", "RuntimeError when it runs, or another one does."),
    SCRIPT_METHOD(loop, check_closed, "_check_closed()", "RuntimeError when it was closed."),
    SCRIPT_METHOD(loop, repr, "__repr__()", "Return repr(self)."),
    SCRIPT_METHOD(loop, getattr, "__getattr__(name: str, /)", "The parts that are written in aio."),
    { 0 }
};

static Value loop_g_slow(Vm *vm, Value self)
{
    (void)vm;
    return as_loop(self)->slow_callback_duration;
}

static bool loop_s_slow(Vm *vm, Value self, Value v)
{
    heap_set(vm, as_loop(self), &as_loop(self)->slow_callback_duration, value_is_empty(v) ? value_from_double(0.1) : v);
    return true;
}

static Value loop_g_signal_handlers(Vm *vm, Value self)
{
    (void)vm;
    return as_loop(self)->signal_handlers;
}

static bool loop_s_signal_handlers(Vm *vm, Value self, Value v)
{
    heap_set(vm, as_loop(self), &as_loop(self)->signal_handlers, value_is_empty(v) ? VALUE_NONE : v);
    return true;
}

static Value loop_g_executor(Vm *vm, Value self)
{
    (void)vm;
    return as_loop(self)->executor;
}

static bool loop_s_executor(Vm *vm, Value self, Value v)
{
    heap_set(vm, as_loop(self), &as_loop(self)->executor, value_is_empty(v) ? VALUE_NONE : v);
    return true;
}

static Value loop_g_executor_shut(Vm *vm, Value self)
{
    (void)vm;
    return value_from_bool(as_loop(self)->executor_shut);
}

static bool loop_s_executor_shut(Vm *vm, Value self, Value v)
{
    int shut = value_is_empty(v) ? 0 : op_truth(vm, v);
    as_loop(self)->executor_shut = shut > 0;
    return shut >= 0;
}

static const GetSetDef loop_getsets[] = {
    { "_default_executor", "What run_in_executor(None, ...) uses, or None.", loop_g_executor, loop_s_executor },
    { "_executor_shutdown_called", "Was shutdown_default_executor() called?", loop_g_executor_shut, loop_s_executor_shut },
    { "_ready", "What is ready to run.", loop_g_ready, NULL },
    { "_scheduled", "Timers, the next one first.", loop_g_scheduled, NULL },
    { "_selector", "What it was given to wait with, or one to look at.", loop_g_selector, loop_s_selector },
    { "_clock_resolution", "Timers that are so close are due together, in seconds.", loop_g_resolution,
      loop_s_resolution },
    { "_exception_handler", "The exception handler, or None.", loop_g_exception_handler, NULL },
    { "_task_factory", "The task factory, or None.", loop_g_task_factory, NULL },
    { "_debug", "Is debug mode on?", loop_g_debug, loop_s_debug },
    { "_closed", "Was it closed?", loop_g_closed, NULL },
    { "_stopping", "Is this its last turn?", loop_g_stopping, loop_s_stopping },
    { "_signal_handlers", "Dict of those that add_signal_handler() set, or None.", loop_g_signal_handlers,
      loop_s_signal_handlers },
    { "slow_callback_duration", "In debug mode, report callbacks that take longer, in seconds.", loop_g_slow, loop_s_slow },
    { 0 }
};

bool loop_types_init(Vm *vm)
{
    static const MethodDef selector_methods[] = {
        ASYNC_METHOD(loop, _sendfile_native, "_sendfile_native(*args, **kwargs)", "By the system."),
        { 0 }
    }, unix_methods[] = {
        ASYNC_METHOD(loop, _sock_sendfile_native, "_sock_sendfile_native(*args, **kwargs)", "By the system."),
        { 0 }
    };
    static const TypeDef base_def = { .name = "asyncio.base_events.BaseEventLoop", .doc = "The event loop.",
        .layout = &loop_layout, .methods = loop_methods, .getsets = loop_getsets,
        .flags = TYPE_BASE | TYPE_HAS_DICT | TYPE_WEAKREFS | TYPE_PLAIN_NAME };
    static const TypeDef selector_def = { .name = "asyncio.selector_events.BaseSelectorEventLoop", .doc = "The event loop.",
        .layout = &loop_layout, .methods = selector_methods,
        .flags = TYPE_BASE | TYPE_HAS_DICT | TYPE_WEAKREFS | TYPE_PLAIN_NAME };
    static const TypeDef def = { .name = "asyncio.unix_events._UnixSelectorEventLoop", .doc = "The event loop.",
        .layout = &loop_layout, .methods = unix_methods,
        .flags = TYPE_BASE | TYPE_HAS_DICT | TYPE_WEAKREFS | TYPE_PLAIN_NAME };
    Runtime *rt = rt_of(vm);
    Type *base = type_from_def(vm, &base_def, as_type(rt->roots[RT_ROOT_ABSTRACT_LOOP_TYPE]));
    Type *selector = base ? type_from_def(vm, &selector_def, base) : NULL;
    Type *t = selector ? type_from_def(vm, &def, selector) : NULL;
    if (!t)
        return false;
    rt->roots[RT_ROOT_BASE_LOOP_TYPE] = value_from_obj(base);
    rt->roots[RT_ROOT_LOOP_TYPE] = value_from_obj(t);
    return true;
}
