/* SPDX-License-Identifier: MIT
 * The module asyncio: what is in C, and where the names are that are written in aio (stdlib/asyncio): those modules are
 * compiled when a name of theirs is first asked for, so that importing asyncio costs next to nothing. */
#include "runtime/context.h"
#include "runtime/coro.h"
#include "runtime/handle.h"
#include "runtime/report.h"
#include "runtime/traceback.h"
#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/objects/set.h"
#include "vm/objects/str.h"

/* ---- loops ---- */

static Value new_loop(Vm *vm)
{
    return op_call0(vm, rt_of(vm)->roots[RT_ROOT_LOOP_TYPE]);
}

static Value policy_method(Vm *vm, const char *name, uint32_t n, const Value *args)
{
    Str *s = str_intern(vm, name, strlen(name));
    return s ? op_call_method(vm, rt_of(vm)->policy, s, n, args) : VALUE_ERROR;
}

/* RuntimeError: names the thread as threading does. */
static Value no_loop_in_thread(Vm *vm)
{
    Value threading = rt_import_module(vm, "threading");
    Str *current = value_is_empty(threading) ? NULL : str_intern(vm, "current_thread", 14);
    Value thread = current ? op_call_method(vm, threading, current, 0, NULL) : VALUE_ERROR;
    Value name = value_is_empty(thread) ? VALUE_ERROR : attr_get(vm, thread, vm->names.name);
    return value_is_empty(name) ? name : raise_exc(vm, EXC_RuntimeError, "There is no current event loop in thread %R.", name);
}

Value loop_get_event_loop(Vm *vm)
{
    if (!value_is_none(loop_current(vm)))
        return loop_current(vm);
    if (!value_is_empty(rt_of(vm)->policy))
        return policy_method(vm, "get_event_loop", 0, NULL);
    if (vm->strand != &vm->main_strand && !is_loop(vm, vm->strand->current_loop))
        return no_loop_in_thread(vm);
    if (value_is_empty(vm->strand->current_loop)) {
        if (!vm->hooks.warn(vm, vm->exc[EXC_DeprecationWarning], "There is no current event loop"))
            return VALUE_ERROR;
        vm->strand->current_loop = new_loop(vm);
        if (value_is_empty(vm->strand->current_loop))
            return VALUE_ERROR;
    }
    if (value_is_none(vm->strand->current_loop))
        return raise_exc(vm, EXC_RuntimeError, "There is no current event loop in thread 'MainThread'.");
    return vm->strand->current_loop;
}

static Value asyncio_f_get_event_loop(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return loop_get_event_loop(vm);
}

static Value asyncio_f_set_event_loop(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (!value_is_empty(rt_of(vm)->policy))
        return policy_method(vm, "set_event_loop", 1, args->v);
    Type *abstract = as_type(rt_of(vm)->roots[RT_ROOT_ABSTRACT_LOOP_TYPE]);
    if (!value_is_none(args->v[0]) && !type_is_subtype(type_of(vm, args->v[0]), abstract))
        return raise_exc(vm, EXC_TypeError, "loop must be an instance of AbstractEventLoop or None, not '%T'", args->v[0]);
    vm->strand->current_loop = args->v[0];
    return VALUE_NONE;
}

static Value asyncio_f_new_event_loop(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return value_is_empty(rt_of(vm)->policy) ? new_loop(vm) : policy_method(vm, "new_event_loop", 0, NULL);
}

/* For asyncio.events: a policy that a script set or asked for; None: what is above alone. */
static Value asyncio_f_get_policy(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return value_is_empty(rt_of(vm)->policy) ? VALUE_NONE : rt_of(vm)->policy;
}

static Value asyncio_f_set_policy(Vm *vm, Value self, const Args *args)
{
    (void)self;
    rt_of(vm)->policy = value_is_none(args->v[0]) ? VALUE_EMPTY : args->v[0];
    if (value_is_true(args->v[1]))
        vm->strand->current_loop = VALUE_EMPTY;
    return VALUE_NONE;
}

static Value asyncio_f_get_current_loop(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    Value l = vm->strand->current_loop;
    bool was_set = !value_is_empty(l) || vm->strand != &vm->main_strand;        /* a loop is made for the main thread alone */
    Tuple *t = tuple_pack(vm, 2, value_from_bool(was_set), value_is_empty(l) ? VALUE_NONE : l);
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static Value asyncio_f_set_current_loop(Vm *vm, Value self, const Args *args)
{
    (void)self;
    vm->strand->current_loop = args->v[0];
    return VALUE_NONE;
}

static Value asyncio_f_warn(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (!is_type(args->v[0]))
        return raise_exc(vm, EXC_TypeError, "category must be a Warning subclass, not '%T'", args->v[0]);
    return vm->hooks.warn(vm, as_type(args->v[0]), str_data(as_str(args->v[1]))) ? VALUE_NONE : VALUE_ERROR;
}

static Value asyncio_f_get_running_loop(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    Value l = loop_current(vm);
    return value_is_none(l) ? raise_exc(vm, EXC_RuntimeError, "no running event loop") : l;
}

static Value asyncio_f_peek_running_loop(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return vm->strand->running_loop;
}

static Value asyncio_f_set_running_loop(Vm *vm, Value self, const Args *args)
{
    (void)self;
    vm->strand->running_loop = args->v[0];
    return VALUE_NONE;
}

/* ---- tasks ---- */

static bool is_pristine(Vm *vm, Value loop)
{
    return is_loop(vm, loop) && loop_is_plain(vm, as_loop(loop));
}

Value task_spawn(Vm *vm, Value loop, Value coro, Value name, Value context)
{
    if (is_pristine(vm, loop) && value_is_none(as_loop(loop)->task_factory) && !as_loop(loop)->closed)
        return task_new(vm, as_loop(loop), coro, value_is_empty(name) ? VALUE_NONE : name, context);
    Str *method = str_intern(vm, "create_task", 11);
    Value self, f = method ? attr_method(vm, loop, method, &self) : VALUE_ERROR;
    if (value_is_empty(f))
        return f;
    Value args[4] = { self, coro, name, context }, names[2] = { value_from_obj(vm->names.name),
        value_from_obj(vm->names.context) };
    bool bound = value_is_empty(self);
    uint32_t nkw = value_is_empty(name) ? 0 : value_is_none(context) ? 1 : 2;
    return op_call_kw(vm, f, (bound ? 1 : 2) + nkw, args + bound, nkw, names);
}

static Value asyncio_f_create_task(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Value loop = loop_current(vm);
    if (value_is_none(loop))
        return raise_exc(vm, EXC_RuntimeError, "no running event loop");
    return task_spawn(vm, loop, args->v[0], args->v[1], args->v[2]);
}

/* An awaitable that is no coroutine: a coroutine that awaits it (written in aio). */
static Value wrap_awaitable(Vm *vm, Value v)
{
    Value m = rt_import_module(vm, "asyncio._loop");
    Str *name = str_intern(vm, "_wrap_awaitable", 15);
    Value f = value_is_empty(m) || !name ? VALUE_ERROR : attr_get(vm, m, name);
    return value_is_empty(f) ? f : op_call1(vm, f, v);
}

/* The class of v, or what it says is its class. */
static bool class_has(Vm *vm, Value v, Str *name)
{
    Type *t = type_of(vm, v);
    if (!value_is_empty(type_lookup(vm, t, name)))
        return true;
    Str *class_name = t->flags & TYPE_HEAP ? str_intern(vm, "__class__", 9) : NULL;
    Value cls = class_name ? attr_get_opt(vm, v, class_name) : VALUE_EMPTY;
    bool has = is_type(cls) && as_type(cls) != t && !value_is_empty(attr_get_opt(vm, cls, name));
    exc_discard(vm);
    return has;
}

bool asyncio_isfuture(Vm *vm, Value v)
{
    if (is_future(vm, v))
        return true;
    Str *name = str_intern(vm, "_asyncio_future_blocking", 24);
    if (!name || is_type(v) || !class_has(vm, v, name))
        return false;
    Value b = attr_get_opt(vm, v, name);
    exc_discard(vm);
    return !value_is_empty(b) && !value_is_none(b);
}

Value asyncio_ensure_future(Vm *vm, Value v, Loop *loop)
{
    bool coroutine = is_gen(v) && is_coroutine(vm, v);
    if (!coroutine && asyncio_isfuture(vm, v)) {
        Value of = !loop ? VALUE_NONE : is_future(vm, v) ? loop_value(as_future(v)->loop) : future_foreign_loop(vm, v);
        if (value_is_empty(of))
            return of;
        if (loop && !value_same(of, loop_value(loop)))
            return raise_exc(vm, EXC_ValueError, "The future belongs to a different loop than the one specified as "
                                                 "the loop argument");
        return v;
    }
    if (!coroutine && !is_coroutine(vm, v)) {
        bool by_yield = is_gen(v) && value_obj(v)->flags & GEN_ITERABLE_COROUTINE;
        if (!by_yield && value_is_empty(type_special(type_of(vm, v), SPECIAL_AWAIT)))
            return raise_exc(vm, EXC_TypeError, "An asyncio.Future, a coroutine or an awaitable is required");
        v = wrap_awaitable(vm, v);
        if (value_is_empty(v))
            return v;
    }
    Value l = loop ? loop_value(loop) : loop_get_event_loop(vm);
    return value_is_empty(l) ? l : task_spawn(vm, l, v, VALUE_EMPTY, VALUE_NONE);
}

static Value asyncio_f_ensure_future(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Loop *l = NULL;
    if (!value_is_none(args->v[1]) && !loop_of(vm, args->v[1], &l))
        return VALUE_ERROR;
    return asyncio_ensure_future(vm, args->v[0], l);
}

static Value asyncio_f_current_task(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (value_is_none(args->v[0]) && value_is_none(loop_current(vm)))
        return raise_exc(vm, EXC_RuntimeError, "no running event loop");
    Value t = vm->strand->current_task, l = vm->strand->running_loop;
    if (value_is_none(args->v[0]))
        return t;
    while (is_future(vm, t) ? !value_same(loop_value(as_future(t)->loop), args->v[0]) : value_is_none(t) && is_loop(vm, l)) {
        t = is_loop(vm, l) && as_loop(l)->running && as_loop(l)->strand == vm->strand ? as_loop(l)->outer_task : VALUE_NONE;
        l = is_future(vm, t) ? loop_value(as_future(t)->loop) : VALUE_NONE;
    }
    return t;
}

/* ---- for tasks that are written in script ---- */

static Value asyncio_f_enter_task(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Value now = vm->strand->current_task;
    if (!value_is_none(now))
        return raise_exc(vm, EXC_RuntimeError, "Cannot enter into task %R while another task %R is being executed.",
                         args->v[1], now);
    vm->strand->current_task = args->v[1];
    return VALUE_NONE;
}

static Value asyncio_f_leave_task(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Value now = vm->strand->current_task;
    if (!value_same(now, args->v[1]))
        return raise_exc(vm, EXC_RuntimeError, "Leaving task %R does not match the current task %R.", args->v[1], now);
    vm->strand->current_task = VALUE_NONE;
    return VALUE_NONE;
}

static Value asyncio_f_swap_current_task(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Value now = vm->strand->current_task;
    vm->strand->current_task = args->v[1];
    return now;
}

static Value asyncio_f_register_task(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Value *set = &rt_of(vm)->roots[RT_ROOT_SCRIPT_TASKS];
    if (is_future(vm, args->v[0]))
        return VALUE_NONE;              /* its loop knows it */
    if (value_is_empty(*set)) {
        Dict *d = dict_new(vm);
        if (!d)
            return VALUE_ERROR;
        *set = value_from_obj(d);
    }
    return dict_set(vm, as_dict(*set), args->v[0], VALUE_NONE) ? VALUE_NONE : VALUE_ERROR;
}

static Value asyncio_f_unregister_task(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Value set = rt_of(vm)->roots[RT_ROOT_SCRIPT_TASKS];
    return value_is_empty(set) || dict_delete(vm, as_dict(set), args->v[0]) >= 0 ? VALUE_NONE : VALUE_ERROR;
}

/* Tasks of another make that are registered, belong to the loop and are not done. */
static bool add_script_tasks(Vm *vm, Value loop, Set *s)
{
    Value tasks = rt_of(vm)->roots[RT_ROOT_SCRIPT_TASKS], task, none;
    Str *done = str_intern(vm, "done", 4);
    if (value_is_empty(tasks) || !done)
        return done;
    Dict *copy = dict_copy(vm, as_dict(tasks));
    for (size_t pos = 0; copy && dict_next(copy, &pos, &task, &none);) {
        Value of = future_foreign_loop(vm, task);
        Value ended = value_is_empty(of) ? of : op_call_method(vm, task, done, 0, NULL);
        if (value_is_empty(ended))
            return false;
        if (value_same(of, loop) && op_truth(vm, ended) == 0 && !set_add(vm, s, task))
            return false;
    }
    return copy != NULL;
}

static Value asyncio_f_all_tasks(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Value loop = value_is_none(args->v[0]) ? loop_current(vm) : args->v[0];
    if (value_is_none(loop))
        return raise_exc(vm, EXC_RuntimeError, "no running event loop");
    Loop *l = loop_known(vm, loop);
    Set *s = set_new(vm, false);
    for (Task *t = l ? l->first_task : NULL; s && t; t = t->next)
        if (!set_add(vm, s, value_from_obj(t)))
            return VALUE_ERROR;
    return s && add_script_tasks(vm, loop, s) ? value_from_obj(s) : VALUE_ERROR;
}

/* All unfinished tasks in the order in which they were made, for shutting down in a fixed order. */
static Value asyncio_f_tasks_in_order(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Loop *loop = loop_known(vm, args->v[0]);
    List *l = list_new(vm, 4);
    for (Task *t = loop ? loop->first_task : NULL; l && t; t = t->next)
        if (!list_append(vm, l, value_from_obj(t)))
            return VALUE_ERROR;
    return l ? value_from_obj(l) : VALUE_ERROR;
}

static Value asyncio_f_take_asyncgens(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (!is_loop(vm, args->v[0]))
        return raise_exc(vm, EXC_TypeError, "an event loop is required, not %T", args->v[0]);
    return asyncgens_take(vm, as_loop(args->v[0]));
}

static Value asyncio_f_isfuture(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return value_from_bool(asyncio_isfuture(vm, args->v[0]));
}

static Value asyncio_f_iscoroutine(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return value_from_bool(is_coroutine(vm, args->v[0]));
}

/* functools.partial objects stand for their function. */
static Value unwrap_partial(Vm *vm, Value f)
{
    Str *name = str_intern(vm, "func", 4);
    for (int i = 0; name && i < 100 && !is_func(f) && !strcmp(type_name(type_of(vm, f)), "functools.partial"); i++) {
        Value inner = attr_get_opt(vm, f, name);
        if (value_is_empty(inner))
            break;
        f = inner;
    }
    exc_discard(vm);
    return f;
}

/* Has inspect.markcoroutinefunction() been asked for this function? */
static bool has_inspect_mark(Vm *vm, Value f)
{
    Value inspect = vm->modules ? dict_get_cstr(vm, vm->modules, "inspect") : VALUE_EMPTY;
    if (!is_module(inspect))
        return false;
    Str *name = str_intern(vm, "_is_coroutine_marker", 20);
    Value mark = name ? attr_get_opt(vm, f, name) : VALUE_EMPTY;
    Value theirs = dict_get_cstr(vm, as_module(inspect)->globals, "_is_coroutine_mark");
    exc_discard(vm);
    return !value_is_empty(mark) && !value_is_empty(theirs) && value_same(mark, theirs);
}

/* An async def function, a method or partial of one, or what has a mark. */
bool iscoroutinefunction(Vm *vm, Value f)
{
    Value inner = is_method(f) ? as_method(f)->func : unwrap_partial(vm, f);
    if (is_method(inner))
        inner = as_method(inner)->func;
    if (is_func(inner) && (as_func(inner)->code->flags & (CODE_COROUTINE | CODE_GENERATOR)) == CODE_COROUTINE)
        return true;
    if (is_native(inner) && as_native(inner)->def->flags & NATIVE_COROUTINE)
        return true;
    if (!value_is_obj(f) || (is_func(f) && value_is_empty(as_func(f)->dict)) || is_native(f))
        return false;
    Str *name = str_intern(vm, "_is_coroutine", 13);
    Value mark = name ? attr_get_opt(vm, f, name) : VALUE_EMPTY;
    Value ours = dict_get_cstr(vm, as_module(rt_of(vm)->roots[RT_ROOT_ASYNCIO])->globals, "_coroutine_mark");
    exc_discard(vm);
    return (!value_is_empty(mark) && value_same(mark, ours)) || has_inspect_mark(vm, inner);
}

static Value text_of(Vm *vm, Buf *b)
{
    Str *s = b->failed ? NULL : str_new(vm, b->data, b->len);
    buf_free(b);
    return s ? value_from_obj(s) : vm_pending(vm) ? VALUE_ERROR : raise_no_memory(vm);
}

/* "  File …, line …" of a frame, and its source line. */
static Value asyncio_f_frame_text(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Value frame = args->v[0];
    int64_t line = 0;
    Str *lineno = str_intern(vm, "f_lineno", 8);
    Value n = lineno ? attr_get(vm, frame, lineno) : VALUE_ERROR;
    if (value_is_empty(n) || (!value_is_none(n) && !op_int64(vm, n, &line)))
        return VALUE_ERROR;
    if (!is_kind(frame, KIND_FRAME_OBJ))
        return raise_exc(vm, EXC_TypeError, "a frame is required, not %T", frame);
    Buf b;
    buf_init(&b, &vm->alloc);
    traceback_put_entry(vm, ((FrameObj *)value_obj(frame))->code, UINT32_MAX, (uint32_t)line, &b);
    return text_of(vm, &b);
}

static Value asyncio_f_exception_text(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (!is_exc(args->v[0]))
        return raise_exc(vm, EXC_TypeError, "an exception is required, not %T", args->v[0]);
    Buf b;
    buf_init(&b, &vm->alloc);
    traceback_put_exception(vm, args->v[0], VALUE_NONE, &b);
    return text_of(vm, &b);
}

static Value asyncio_f_short_repr(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Str *s = short_repr(vm, args->v[0]);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

/* For mock: in CPython it is a function, not a built-in one. */
static Value asyncio_f_is_script(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)self;
    return value_from_bool(is_native(args->v[0]) && as_native(args->v[0])->def->flags & NATIVE_AS_SCRIPT);
}

static Value asyncio_f_iscoroutinefunction(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return value_from_bool(iscoroutinefunction(vm, args->v[0]));
}

/* The dotted place of a name that is written in aio. */
static const struct {
    const char *module, *names;
} lazy[] = {
    { "asyncio.runners", " run Runner " },
    { "asyncio.tasks", " wait wait_for shield as_completed FIRST_COMPLETED FIRST_EXCEPTION ALL_COMPLETED eager_task_factory "
                       "create_eager_task_factory run_coroutine_threadsafe " },
    { "asyncio.timeouts", " timeout timeout_at Timeout " },
    { "asyncio.taskgroups", " TaskGroup " },
    { "asyncio.locks", " Lock Event Condition Semaphore BoundedSemaphore Barrier " },
    { "asyncio.queues", " Queue LifoQueue PriorityQueue QueueEmpty QueueFull QueueShutDown " },
    { "asyncio.threads", " to_thread " },
    { "asyncio.streams", " StreamReader StreamWriter StreamReaderProtocol open_connection start_server open_unix_connection "
                         "start_unix_server " },
    { "asyncio.protocols", " BaseProtocol Protocol DatagramProtocol SubprocessProtocol BufferedProtocol " },
    { "asyncio.transports", " BaseTransport ReadTransport WriteTransport Transport DatagramTransport SubprocessTransport " },
    { "asyncio.trsock", " " },
    { "asyncio.staggered", " " },
    { "asyncio.sslproto", " " },
    { "asyncio.events", " AbstractServer AbstractEventLoopPolicy get_event_loop_policy set_event_loop_policy "
                        "get_child_watcher set_child_watcher " },
    { "asyncio.unix_events", " DefaultEventLoopPolicy AbstractChildWatcher SafeChildWatcher FastChildWatcher "
                             "PidfdChildWatcher MultiLoopChildWatcher ThreadedChildWatcher " },
    { "asyncio.subprocess", " create_subprocess_exec create_subprocess_shell " },
    { "asyncio.base_subprocess", " " },
    { "asyncio.futures", " wrap_future " },
    { "asyncio.coroutines", " " },
    { "asyncio.base_events", " Server " },
    { "asyncio.selector_events", " " },
    { "asyncio.constants", " " },
    { "asyncio.format_helpers", " " },
    { "asyncio.mixins", " " },
    { "asyncio.base_tasks", " " },
    { "asyncio.base_futures", " " },
    { "asyncio.exceptions", " BrokenBarrierError IncompleteReadError LimitOverrunError SendfileNotAvailableError " },
};

static Value public_names(Vm *vm);

static Value asyncio_f_getattr(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Str *name = as_str(args->v[0]);
    Value module = rt_of(vm)->roots[RT_ROOT_ASYNCIO];
    if (name == vm->names.dunder_all)
        return public_names(vm);
    for (size_t i = 0; i < COUNT_OF(lazy); i++) {
        Str *key = str_printf(vm, " %S ", name);
        if (!key)
            return VALUE_ERROR;
        const char *dot = strrchr(lazy[i].module, '.') + 1;
        bool submodule = str_is(name, dot);
        if (!submodule && !memmem(lazy[i].names, strlen(lazy[i].names), str_data(key), key->len))
            continue;
        Value m = rt_import_module(vm, lazy[i].module), v = value_is_empty(m) || submodule ? m : attr_get(vm, m, name);
        if (value_is_empty(v) || !attr_set(vm, module, name, v))
            return VALUE_ERROR;
        return v;
    }
    return raise_attribute(vm, module, name);
}

/* The public names, from the tables: what `from asyncio import *` takes. */
static bool add_public_names(Vm *vm, Module *m, List *out, bool all)
{
    Value k, v;
    for (size_t pos = 0; dict_next(m->globals, &pos, &k, &v);) {
        bool hidden = str_data(as_str(k))[0] == '_' && !str_is(as_str(k), "_get_running_loop") &&
            !str_is(as_str(k), "_set_running_loop") && !str_is(as_str(k), "_enter_task") &&
            !str_is(as_str(k), "_leave_task") && !str_is(as_str(k), "_register_task") && !str_is(as_str(k), "_unregister_task");
        if ((all || (!hidden && !is_module(v))) && !list_append(vm, out, k))
            return false;
    }
    for (size_t i = 0; i < COUNT_OF(lazy); i++) {
        Str *module = all ? str_cstr(vm, strrchr(lazy[i].module, '.') + 1) : NULL;
        if (all && (!module || !list_append(vm, out, value_from_obj(module))))
            return false;
        for (const char *p = lazy[i].names + 1, *end; *p && (end = strchr(p, ' ')); p = end + 1) {
            Str *name = str_intern(vm, p, (size_t)(end - p));
            if (!name || (value_is_empty(dict_get_str(vm, m->globals, name)) && !list_append(vm, out, value_from_obj(name))))
                return false;
        }
    }
    return true;
}

/* __all__ is made when somebody asks for it. */
static Value public_names(Vm *vm)
{
    Module *m = (Module *)value_obj(rt_of(vm)->roots[RT_ROOT_ASYNCIO]);
    List *all = list_new(vm, 64);
    return all && add_public_names(vm, m, all, false) && module_set(vm, m, "__all__", value_from_obj(all))
               ? value_from_obj(all) : VALUE_ERROR;
}

static Value asyncio_f_dir(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    List *out = list_new(vm, 128);
    Module *m = (Module *)value_obj(rt_of(vm)->roots[RT_ROOT_ASYNCIO]);
    if (value_is_empty(dict_get_str(vm, m->globals, vm->names.dunder_all)) && value_is_empty(public_names(vm)))
        return VALUE_ERROR;
    return out && add_public_names(vm, m, out, true) ? value_from_obj(out) : VALUE_ERROR;
}

#define asyncio_f_gather gather_call

#define asyncio_f_copy_context contextvars_f_copy_context

static Value asyncio_f_report_stuck(Vm *vm, Value self, const Args *args)
{
    (void)self;
    report_stuck(vm, args->v[0]);
    return VALUE_NONE;
}

static const MethodDef functions[] = {
    FUNCTION(asyncio, get_event_loop, "get_event_loop()", "The running loop, else the current one of this thread "
                                                          "(made if need be)."),
    SCRIPT_FUNCTION(asyncio, set_event_loop, "set_event_loop(loop)", "Make it the current loop of this thread."),
    SCRIPT_FUNCTION(asyncio, new_event_loop, "new_event_loop()", "A new event loop."),
    FUNCTION(asyncio, get_running_loop, "get_running_loop()", "The loop that runs in this thread; RuntimeError when none does."),
    FUNCTION(asyncio, peek_running_loop, "_get_running_loop()", "The loop that runs in this thread, or None."),
    FUNCTION(asyncio, set_running_loop, "_set_running_loop(loop, /)", "For authors of loops: this one runs now."),
    FUNCTION(asyncio, get_policy, "_get_policy()", "The policy in force, or None."),
    FUNCTION(asyncio, set_policy, "_set_policy(policy, forget, /)",
             "None: back to the beginning. The current loop is forgotten if so wished."),
    FUNCTION(asyncio, get_current_loop, "_get_current_loop()", "Was there one, and which?"),
    FUNCTION(asyncio, set_current_loop, "_set_current_loop(loop, /)", "It is the current one of this thread."),
    FUNCTION(asyncio, warn, "_warn(category, text: str, /)", "Warn."),
    FUNCTION(asyncio, enter_task, "_enter_task(loop, task)", "The task runs now, in that loop."),
    FUNCTION(asyncio, leave_task, "_leave_task(loop, task)", "It does not any more."),
    FUNCTION(asyncio, swap_current_task, "_swap_current_task(loop, task)", "The task runs now; what ran before."),
    FUNCTION(asyncio, register_task, "_register_task(task)", "all_tasks() knows it from now on."),
    FUNCTION(asyncio, unregister_task, "_unregister_task(task)", "all_tasks() forgets it."),
    SCRIPT_FUNCTION(asyncio, create_task, "create_task(coro, *, name=None, context=None)",
             "Schedule the coroutine as a task of the running loop."),
    SCRIPT_FUNCTION(asyncio, ensure_future, "ensure_future(coro_or_future, *, loop=None)",
             "The future itself, or a task for a coroutine or awaitable."),
    { "sleep(delay, result=None)", "Suspend for `delay` seconds, then give `result`; 0 yields once.", sleep_call,
      NATIVE_AS_SCRIPT | NATIVE_COROUTINE },
    SCRIPT_FUNCTION(asyncio, gather, "gather(*coros_or_futures, return_exceptions=False)",
             "A future for the results of all, in argument order."),
    FUNCTION(asyncio, current_task, "current_task(loop=None)", "The task that runs now, or None."),
    SCRIPT_FUNCTION(asyncio, all_tasks, "all_tasks(loop=None)", "Set of the loop's tasks that are not done."),
    FUNCTION(asyncio, tasks_in_order, "_tasks_in_order(loop, /)", "List of the loop's tasks that are not done, oldest first."),
    FUNCTION(asyncio, report_stuck, "_report_stuck(tasks, /)", "Say on stderr which of these tasks do not end."),
    { "_run_until_complete_cb(fut, /)", "Stops the loop.", loop_stop_when_done, 0 },
    FUNCTION(asyncio, take_asyncgens, "_take_asyncgens(loop, /)",
             "List of the loop's async generators that are not at their end."),
    SCRIPT_FUNCTION(asyncio, isfuture, "isfuture(obj)", "Does it speak the future protocol?"),
    SCRIPT_FUNCTION(asyncio, iscoroutine, "iscoroutine(obj)", "Is it a coroutine object?"),
    SCRIPT_FUNCTION(asyncio, iscoroutinefunction, "iscoroutinefunction(func)", "Does calling it give a coroutine?"),
    FUNCTION(asyncio, frame_text, "_frame_text(frame, /)", "Where it stands, as in a traceback."),
    FUNCTION(asyncio, exception_text, "_exception_text(exc, /)", "What stands behind a traceback."),
    FUNCTION(asyncio, is_script, "_is_script(f, /)", "Is it a function of a script in CPython?"),
    FUNCTION(asyncio, short_repr, "_short_repr(obj, /)", "repr() of bounded length."),
    FUNCTION(asyncio, copy_context, "_copy_context()", "A copy of the current context."),
    FUNCTION(asyncio, getattr, "__getattr__(name: str, /)", "Names that are written in aio."),
    FUNCTION(asyncio, dir, "__dir__()", "All names, also of modules that were not needed yet."),
    { 0 }
};

static Type *exception_type(Vm *vm, const char *name, ExcId base)
{
    TypeDef def = { .name = name, .flags = TYPE_BASE | TYPE_PLAIN_NAME };
    return type_from_def(vm, &def, vm->exc[base]);
}

bool asyncio_types_init(Vm *vm)
{
    Runtime *rt = rt_of(vm);
    vm->strand->current_loop = VALUE_EMPTY;
    vm->strand->running_loop = vm->strand->current_task = VALUE_NONE;
    Type *cancelled = exception_type(vm, "asyncio.exceptions.CancelledError", EXC_BaseException);
    Type *invalid = exception_type(vm, "asyncio.exceptions.InvalidStateError", EXC_Exception);
    if (!cancelled || !invalid)
        return false;
    Type *deadlock = exception_type(vm, "asyncio.exceptions.DeadlockError", EXC_RuntimeError);
    if (!deadlock)
        return false;
    rt->roots[RT_ROOT_DEADLOCK] = value_from_obj(deadlock);
    rt->roots[RT_ROOT_CANCELLED] = value_from_obj(cancelled);
    rt->roots[RT_ROOT_INVALID_STATE] = value_from_obj(invalid);
    return context_types_init(vm) && future_types_init(vm) && task_types_init(vm) && gather_types_init(vm) &&
           sleep_types_init(vm) && coro_types_init(vm) && handle_types_init(vm) && loop_abstract_init(vm) &&
           loop_types_init(vm) &&
               loop_script_init(vm) && asyncgens_init(vm);
}

Value asyncio_init(Vm *vm)
{
    Runtime *rt = rt_of(vm);
    Module *m = module_new(vm, "asyncio", "Tasks, futures and the event loop.");
    List *path = list_new(vm, 0);
    if (!m || !path || !module_add_functions(vm, m, functions))
        return VALUE_ERROR;
    rt->roots[RT_ROOT_ASYNCIO] = value_from_obj(m);
    Value loop_type = rt->roots[RT_ROOT_LOOP_TYPE];
    bool ok = module_set(vm, m, "__path__", value_from_obj(path)) &&
              module_set(vm, m, "Future", rt->roots[RT_ROOT_FUTURE_TYPE]) &&
              module_set(vm, m, "Task", rt->roots[RT_ROOT_TASK_TYPE]) &&
              module_set(vm, m, "Handle", rt->roots[RT_ROOT_HANDLE_TYPE]) &&
              module_set(vm, m, "TimerHandle", rt->roots[RT_ROOT_TIMER_HANDLE_TYPE]) &&
              module_set(vm, m, "CancelledError", rt->roots[RT_ROOT_CANCELLED]) &&
              module_set(vm, m, "DeadlockError", rt->roots[RT_ROOT_DEADLOCK]) &&
              module_set(vm, m, "InvalidStateError", rt->roots[RT_ROOT_INVALID_STATE]) &&
              module_set(vm, m, "TimeoutError", value_from_obj(vm->exc[EXC_TimeoutError])) &&
              module_set(vm, m, "AbstractEventLoop", rt->roots[RT_ROOT_ABSTRACT_LOOP_TYPE]) &&
              module_set(vm, m, "BaseEventLoop", rt->roots[RT_ROOT_BASE_LOOP_TYPE]) &&
              module_set(vm, m, "SelectorEventLoop", loop_type) && module_set(vm, m, "EventLoop", loop_type);
    Obj *mark = object_alloc(vm, vm->types.object);
    ok = ok && mark && module_set(vm, m, "_coroutine_mark", value_from_obj(mark));
    return ok ? value_from_obj(m) : VALUE_ERROR;
}
