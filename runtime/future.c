/* SPDX-License-Identifier: MIT
 * Futures: a result that comes later, pending, then done once. Modelled on asyncio.Future to the letter; see loop.h
 * for how callbacks are kept. */
#include "runtime/loop.h"

#include "runtime/origin.h"
#include "runtime/typing.h"
#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

static void future_trace(Marker *m, Obj *o)
{
    Future *f = (Future *)o;
    mark_obj(m, f->loop);
    mark_maybe(m, f->result);
    mark_maybe(m, f->callbacks);
    mark_maybe(m, f->cancel_message);
    mark_maybe(m, f->cancelled_exc);
    mark_maybe(m, f->source);
}

static bool future_wants_last_word(Vm *vm, Obj *o)
{
    (void)vm;
    Future *f = (Future *)o;
    return f->log_traceback && f->loop && f->failed;
}

bool future_is_quiet(const Obj *o)
{
    const Future *f = (const Future *)o;
    return f->state != FUTURE_PENDING && !(f->log_traceback && f->failed);
}

void future_last_report(Vm *vm, Future *f, Str *message, Value exc, const char *key)
{
    if (!message || !loop_report(vm, f->loop, message, exc, key, value_from_obj(f))) {
        Value e = exc_take(vm);
        rt_unraisable(vm, e, NULL, value_from_obj(f));
    }
    exc_discard(vm);
}

static void future_last_word(Vm *vm, Obj *o)
{
    Future *f = (Future *)o;
    f->log_traceback = false;
    Str *message = str_printf(vm, "%S exception was never retrieved", as_str(type_of(vm, value_from_obj(o))->name));
    future_last_report(vm, f, message, f->result, "future");
}

const TypeLayout future_layout = { .kind = KIND_EXT, .size = sizeof(Future), .trace = future_trace, .await = future_await,
                                   .wants_last_word = future_wants_last_word, .last_word = future_last_word,
                                   .quiet = future_is_quiet, .tag = &future_layout };

bool is_future(Vm *vm, Value v)
{
    return is_kind(v, KIND_EXT) && type_of(vm, v)->layout->await == future_await;
}

void future_restarts(Vm *vm, const Future *f)
{
    if (f->state != FUTURE_PENDING)
        heap_look_again(vm);
}

void future_setup(Future *f, Loop *loop)
{
    f->state = FUTURE_PENDING;
    f->loop = loop;
    f->result = f->cancel_message = VALUE_NONE;
    f->callbacks = f->cancelled_exc = f->source = VALUE_EMPTY;
}

Value future_new(Vm *vm, Loop *loop)
{
    Type *t = as_type(rt_of(vm)->roots[RT_ROOT_FUTURE_TYPE]);
    Future *f = (Future *)object_alloc(vm, t);
    if (!f)
        return VALUE_ERROR;
    future_setup(f, loop);
    return future_set_source(vm, f) ? value_from_obj(f) : VALUE_ERROR;
}

bool future_set_source(Vm *vm, Future *f)
{
    if (LIKELY(!f->loop->debug))
        return true;
    Value at = origin_stack(vm, ORIGIN_DEPTH);
    if (value_is_empty(at))
        return false;
    heap_set(vm, f, &f->source, at);
    return true;
}

/* ---- callbacks ---- */

bool future_add_callback(Vm *vm, Future *f, Value what)
{
    if (future_done(f))
        return loop_ready(vm, f->loop, what, value_from_obj(f));
    if (value_is_empty(f->callbacks)) {
        heap_set(vm, f, &f->callbacks, what);
        return true;
    }
    if (is_list(f->callbacks))
        return list_append(vm, as_list(f->callbacks), what);
    Value two[2] = { f->callbacks, what };
    List *l = list_from(vm, two, 2);
    if (!l)
        return false;
    heap_set(vm, f, &f->callbacks, value_from_obj(l));
    return true;
}

void future_drop_callback(Vm *vm, Future *f, Value what)
{
    if (!is_list(f->callbacks)) {
        if (value_same(f->callbacks, what))
            f->callbacks = VALUE_EMPTY;
        return;
    }
    List *l = as_list(f->callbacks);
    for (size_t i = 0; i < l->len; i++)
        if (value_same(list_items(l)[i], what)) {
            list_delete_range(vm, l, i, i + 1);
            return;
        }
}

static bool schedule_callbacks(Vm *vm, Future *f)
{
    Value cbs = f->callbacks;
    f->callbacks = VALUE_EMPTY;
    if (value_is_empty(cbs))
        return true;
    if (!is_list(cbs))
        return loop_ready(vm, f->loop, cbs, value_from_obj(f));
    for (size_t i = 0; i < as_list(cbs)->len; i++)
        if (!loop_ready(vm, f->loop, list_items(as_list(cbs))[i], value_from_obj(f)))
            return false;
    return true;
}

/* ---- finishing ---- */

static Value invalid_state(Vm *vm, const char *text)
{
    return raise_type(vm, as_type(rt_of(vm)->roots[RT_ROOT_INVALID_STATE]), "%s", text);
}

bool future_set_result(Vm *vm, Future *f, Value v)
{
    if (future_done(f)) {
        return !value_is_empty(invalid_state(vm, "invalid state"));
    }
    heap_set(vm, f, &f->result, v);
    f->state = FUTURE_FINISHED;
    return schedule_callbacks(vm, f);
}

bool future_set_exception(Vm *vm, Future *f, Value exc)
{
    if (future_done(f)) {
        return !value_is_empty(invalid_state(vm, "invalid state"));
    }
    if (is_type(exc) && (as_type(exc)->flags & TYPE_EXC)) {
        exc = op_call0(vm, exc);
        if (value_is_empty(exc))
            return false;
    }
    if (!is_exc(exc)) {
        raise_exc(vm, EXC_TypeError, "invalid exception object");
        return false;
    }
    if (exc_matches(vm, exc, vm->exc[EXC_StopIteration])) {
        Value e = exc_new(vm, EXC_RuntimeError, "StopIteration interacts badly with generators and cannot be raised "
                                                "into a Future");
        if (value_is_empty(e))
            return false;
        as_exc(e)->cause = as_exc(e)->context = exc;
        as_exc(e)->suppress_context = 1;
        exc = e;
    }
    heap_set(vm, f, &f->result, exc);
    heap_set(vm, f, &f->cancelled_exc, as_exc(exc)->traceback);
    f->failed = f->log_traceback = true;
    f->state = FUTURE_FINISHED;
    return schedule_callbacks(vm, f);
}

bool future_cancel_plain(Vm *vm, Future *f, Value msg, bool *did)
{
    f->log_traceback = false;
    *did = !future_done(f);
    if (!*did)
        return true;
    f->state = FUTURE_CANCELLED;
    heap_set(vm, f, &f->cancel_message, msg);
    return schedule_callbacks(vm, f);
}

bool future_cancel(Vm *vm, Value v, Value msg, bool *did)
{
    Str *name = str_intern(vm, "cancel", 6);
    if (!name || !vm_stack_ok(vm, " while calling a Python object"))
        return false;
    if (is_future(vm, v) && method_is_ours(vm, v, "cancel")) {
        Future *f = as_future(v);
        if (f->is_task)
            return task_cancel(vm, (Task *)f, msg, did);
        return f->is_gather ? gather_cancel(vm, (Gather *)f, msg, did) : future_cancel_plain(vm, f, msg, did);
    }
    Value m = attr_get(vm, v, name), key = value_from_obj(vm->names.msg);
    if (value_is_empty(m))
        return false;
    Value r = op_call_kw(vm, m, 1, &msg, 1, &key);
    if (value_is_empty(r))
        return false;
    int truth = op_truth(vm, r);
    *did = truth > 0;
    return truth >= 0;
}

Value future_cancelled_error(Vm *vm, Future *f)
{
    if (!f->failed && !value_is_empty(f->cancelled_exc)) {
        Value e = f->cancelled_exc;
        f->cancelled_exc = VALUE_EMPTY;
        return e;
    }
    bool none = value_is_none(f->cancel_message);
    return exc_new_args(vm, as_type(rt_of(vm)->roots[RT_ROOT_CANCELLED]), none ? 0 : 1, &f->cancel_message);
}

Value future_result(Vm *vm, Future *f)
{
    if (f->state == FUTURE_PENDING)
        return invalid_state(vm, "Result is not set.");
    if (f->state == FUTURE_CANCELLED) {
        Value e = future_cancelled_error(vm, f);
        return value_is_empty(e) ? e : raise_value(vm, e);
    }
    f->log_traceback = false;
    if (!f->failed)
        return f->result;
    if (!value_same(f->result, vm->memory_error)) {     /* else the lines of all who awaited it would add up */
        heap_set(vm, as_exc(f->result), &as_exc(f->result)->traceback, f->cancelled_exc);
        f->cancelled_exc = VALUE_NONE;
    }
    return raise_value(vm, f->result);
}

bool future_await(Vm *vm, Obj *o, bool first, Value *out)
{
    Future *f = (Future *)o;
    if (future_done(f)) {
        *out = future_result(vm, f);
        return true;
    }
    (void)first;                /* who took the last yield has cleared the flag: then it is waited on again */
    if (f->blocking) {
        *out = raise_exc(vm, EXC_RuntimeError, "await wasn't used with future");
        return true;
    }
    f->blocking = true;
    *out = value_from_obj(f);
    return false;
}

/* ---- the type's methods ---- */

/* loop=None: the running loop, as get_event_loop() finds it. */
static bool loop_argument(Vm *vm, Value v, Loop **loop)
{
    if (value_is_none(v)) {
        Value l = loop_get_event_loop(vm);
        if (value_is_empty(l))
            return false;
        v = l;
    }
    return loop_of(vm, v, loop);
}

static Value future_m_new(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Future *f = (Future *)object_alloc(vm, as_type(self));
    if (!f)
        return VALUE_ERROR;
    future_setup(f, NULL);
    return value_from_obj(f);
}

static Value future_m_init(Vm *vm, Value self, const Args *args)
{
    Loop *loop;
    if (!loop_argument(vm, args->v[0], &loop))
        return VALUE_ERROR;
    future_restarts(vm, as_future(self));
    future_setup(as_future(self), loop);
    heap_touch(vm, as_future(self));
    return future_set_source(vm, as_future(self)) ? VALUE_NONE : VALUE_ERROR;
}

static bool ready_made_state(Vm *vm, Future *f)
{
    if (f->loop)
        return true;
    raise_type(vm, as_type(rt_of(vm)->roots[RT_ROOT_INVALID_STATE]), "Future object is not initialized.");
    return false;
}

static bool ready_made(Vm *vm, Future *f)
{
    if (f->loop)
        return true;
    raise_exc(vm, EXC_RuntimeError, "Future object is not initialized.");
    return false;
}

static Value future_m_result(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return ready_made_state(vm, as_future(self)) ? future_result(vm, as_future(self)) : VALUE_ERROR;
}

static Value future_m_exception(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Future *f = as_future(self);
    if (!ready_made_state(vm, f))
        return VALUE_ERROR;
    if (f->state == FUTURE_PENDING)
        return invalid_state(vm, "Exception is not set.");
    if (f->state == FUTURE_CANCELLED)
        return future_result(vm, f);
    f->log_traceback = false;
    return f->failed ? f->result : VALUE_NONE;
}

static Value future_m_set_result(Vm *vm, Value self, const Args *args)
{
    Future *f = as_future(self);
    return ready_made(vm, f) && future_set_result(vm, f, args->v[0]) ? VALUE_NONE : VALUE_ERROR;
}

static Value future_m_set_exception(Vm *vm, Value self, const Args *args)
{
    Future *f = as_future(self);
    return ready_made(vm, f) && future_set_exception(vm, f, args->v[0]) ? VALUE_NONE : VALUE_ERROR;
}

static Value future_m_done(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return value_from_bool(future_done(as_future(self)));
}

static Value future_m_cancelled(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return value_from_bool(as_future(self)->state == FUTURE_CANCELLED);
}

static Value future_m_cancel(Vm *vm, Value self, const Args *args)
{
    bool did;
    Future *f = as_future(self);
    if (!ready_made(vm, f))
        return VALUE_ERROR;
    bool ok = f->is_gather ? gather_cancel(vm, (Gather *)f, args->v[0], &did) : future_cancel_plain(vm, f, args->v[0], &did);
    return ok ? value_from_bool(did) : VALUE_ERROR;
}

bool future_call_when_done(Vm *vm, Future *f, Value fn, Value context)
{
    Callback *cb = heap_zalloc(vm, sizeof *cb, KIND_EXT, as_type(rt_of(vm)->roots[RT_ROOT_CALLBACK_TYPE])->root_shape->id, 0);
    if (!cb)
        return false;
    cb->fn = fn;
    return context_check(vm, context, &cb->context) && future_add_callback(vm, f, value_from_obj(cb));
}

static Value future_m_add_done_callback(Vm *vm, Value self, const Args *args)
{
    if (!as_future(self)->loop)
        return raise_exc(vm, EXC_RuntimeError, "uninitialized Future object");
    return future_call_when_done(vm, as_future(self), args->v[0], args->v[1]) ? VALUE_NONE : VALUE_ERROR;
}

static Value future_m_remove_done_callback(Vm *vm, Value self, const Args *args)
{
    Future *f = as_future(self);
    List *all = list_new(vm, 4), *keep = list_new(vm, 4);
    if (!all || !keep)
        return VALUE_ERROR;
    if (is_list(f->callbacks) ? !list_extend(vm, all, f->callbacks)
        : !value_is_empty(f->callbacks) && !list_append(vm, all, f->callbacks))
        return VALUE_ERROR;
    if (!ready_made(vm, f))
        return VALUE_ERROR;
    int64_t removed = 0;
    for (size_t i = 0; i < all->len; i++) {
        Value e = list_items(all)[i];
        int eq = 0;
        if (is_callback(vm, e)) {
            eq = op_equal(vm, ((Callback *)value_obj(e))->fn, args->v[0]);
            if (eq < 0)
                return VALUE_ERROR;
        }
        removed += eq;
        if (!eq && !list_append(vm, keep, e))
            return VALUE_ERROR;
    }
    if (removed)
        heap_set(vm, f, &f->callbacks, keep->len ? value_from_obj(keep) : VALUE_EMPTY);
    return value_from_int48(removed);
}

static Value future_m_get_loop(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Future *f = as_future(self);
    return ready_made(vm, f) ? loop_value(f->loop) : VALUE_ERROR;
}

static Value future_m_make_cancelled_error(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return future_cancelled_error(vm, as_future(self));
}

/* ---- awaiting by hand: an iterator that yields the future once ---- */

typedef struct FutureIter {
    Obj h;
    Value future;               /* EMPTY: used up */
} FutureIter;

static void iter_trace(Marker *m, Obj *o)
{
    mark_value(m, ((FutureIter *)o)->future);
}

static const TypeLayout iter_layout = { .kind = KIND_EXT, .size = sizeof(FutureIter), .trace = iter_trace };

static Value future_m_await(Vm *vm, Value self, const Args *args)
{
    (void)args;
    const Type *t = as_type(rt_of(vm)->roots[RT_ROOT_FUTURE_ITER_TYPE]);
    if (!ready_made(vm, as_future(self)))
        return VALUE_ERROR;
    FutureIter *it = heap_zalloc(vm, sizeof *it, KIND_EXT, t->root_shape->id, 0);
    if (!it)
        return VALUE_ERROR;
    it->future = self;
    return value_from_obj(it);
}

static Value futureiter_step(Vm *vm, FutureIter *it)
{
    Value out, fut = it->future;
    if (value_is_empty(fut))
        return raise_stop_iteration(vm, VALUE_NONE);
    if (!future_await(vm, value_obj(fut), true, &out))
        return out;
    it->future = VALUE_EMPTY;
    return value_is_empty(out) ? out : raise_stop_iteration(vm, out);
}

static Value futureiter_m_next(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return futureiter_step(vm, (FutureIter *)value_obj(self));
}
#define futureiter_m_send futureiter_m_next

static Value futureiter_m_throw(Vm *vm, Value self, const Args *args)
{
    if (args->given > 1 && !vm->hooks.warn(vm, vm->exc[EXC_DeprecationWarning], "the (type, exc, tb) signature of throw() is "
                                           "deprecated, use the single-arg signature instead."))
        return VALUE_ERROR;
    if (!value_is_none(args->v[2]) && !is_traceback(args->v[2]))
        return raise_exc(vm, EXC_TypeError, "throw() third argument must be a traceback");
    ((FutureIter *)value_obj(self))->future = VALUE_EMPTY;
    Value exc = args->v[0];
    if (is_exc(exc) && !value_is_none(args->v[1]))
        return raise_exc(vm, EXC_TypeError, "instance exception may not have a separate value");
    if (is_type(exc) && !value_is_none(args->v[1]))
        exc = is_exc(args->v[1]) ? args->v[1] : op_call1(vm, exc, args->v[1]);
    if (!is_exc(exc) && !(is_type(exc) && (as_type(exc)->flags & TYPE_EXC)) && !value_is_empty(exc))
        return raise_exc(vm, EXC_TypeError, "exceptions must be classes deriving BaseException or instances of such a class");
    return value_is_empty(exc) ? exc : raise_value(vm, exc);
}

static Value futureiter_m_close(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    ((FutureIter *)value_obj(self))->future = VALUE_EMPTY;
    return VALUE_NONE;
}

static Value futureiter_m_iter(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return self;
}

static const MethodDef futureiter_methods[] = {
    METHOD(futureiter, iter, "__iter__()", "Itself."),
    METHOD(futureiter, next, "__next__()", "The future once, then its result as StopIteration."),
    METHOD(futureiter, send, "send(value, /)", "As next()."),
    METHOD(futureiter, throw, "throw(typ, val=None, tb=None, /)", "Raise the exception."),
    METHOD(futureiter, close, "close()", "Forget the future."),
    { 0 }
};

/* ---- repr ---- */

static Str *callback_repr(Vm *vm, Value e)
{
    if (is_callback(vm, e))
        return callback_text(vm, ((Callback *)value_obj(e))->fn, VALUE_EMPTY, false);
    return str_cstr(vm, is_future(vm, e) && as_future(e)->is_gather ? "gather.<locals>._done_callback()" : "Task.task_wakeup()");
}

Str *future_repr_callbacks(Vm *vm, Future *f)
{
    if (value_is_empty(f->callbacks))
        return vm->empty_str;
    if (!is_list(f->callbacks)) {
        Str *one = callback_repr(vm, f->callbacks);
        return one ? str_printf(vm, " cb=[%S]", one) : NULL;
    }
    List *l = as_list(f->callbacks);
    Str *first = callback_repr(vm, list_items(l)[0]), *last = callback_repr(vm, list_items(l)[l->len - 1]);
    if (!first || !last)
        return NULL;
    if (l->len == 2)
        return str_printf(vm, " cb=[%S, %S]", first, last);
    return str_printf(vm, " cb=[%S, <%zu more>, %S]", first, l->len - 2, last);
}

Str *future_repr_result(Vm *vm, Future *f)
{
    if (f->state != FUTURE_FINISHED)
        return vm->empty_str;
    Str *s = f->failed ? op_repr(vm, f->result) : short_repr(vm, f->result);
    return s ? str_printf(vm, " %s=%S", f->failed ? "exception" : "result", s) : NULL;
}

const char *future_state_text(const Future *f)
{
    static const char *const names[] = { "pending", "cancelled", "finished" };
    return names[f->state];
}

static Value future_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Future *f = as_future(self);
    if (!ready_made(vm, f))
        return VALUE_ERROR;
    Str *result = future_repr_result(vm, f), *cbs = result ? future_repr_callbacks(vm, f) : NULL;
    Str *at = cbs ? origin_repr(vm, f->source) : NULL;
    Str *s = at ? str_printf(vm, "<%S %s%S%S%S>", as_str(type_of(vm, self)->name), future_state_text(f), result, cbs, at) : NULL;
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value future_m_class_getitem(Vm *vm, Value self, const Args *args)
{
    Tuple *t = is_tuple(args->v[0]) ? as_tuple(args->v[0]) : tuple_pack(vm, 1, args->v[0]);
    return t ? alias_new(vm, self, value_from_obj(t), false) : VALUE_ERROR;
}

static const MethodDef future_methods[] = {
    METHOD(future, new, "__new__(*args, **kwargs)", "Create a future."),
    METHOD(future, init, "__init__(*, loop=None)", "A pending future of the loop (default: the running one)."),
    METHOD(future, result, "result()", "Its value; raises what it failed with, CancelledError, or InvalidStateError "
                                       "while pending."),
    METHOD(future, exception, "exception()", "The exception it failed with, or None; raises as result() when "
                                             "cancelled or pending."),
    METHOD(future, set_result, "set_result(result, /)", "Finish with a value; InvalidStateError when done already."),
    METHOD(future, set_exception, "set_exception(exception, /)", "Finish with an exception, an instance or a class."),
    METHOD(future, done, "done()", "True when no longer pending."),
    METHOD(future, cancelled, "cancelled()", "True when cancelled."),
    METHOD(future, cancel, "cancel(msg=None)", "Finish as cancelled; False when done already."),
    METHOD(future, add_done_callback, "add_done_callback(fn, /, *, context=None)",
           "Call fn(future) through the loop once it is done."),
    METHOD(future, remove_done_callback, "remove_done_callback(fn, /)", "Remove every equal callback; how many there were."),
    METHOD(future, get_loop, "get_loop()", "The loop it belongs to."),
    METHOD(future, make_cancelled_error, "_make_cancelled_error()", "The CancelledError to raise when it was cancelled."),
    METHOD(future, await, "__await__()", "An iterator that waits for it."),
    METHOD(future, await, "__iter__()", "An iterator that waits for it."),
    CLASSMETHOD(future, class_getitem, "__class_getitem__(item, /)", "For annotations: Future[int]."),
    METHOD(future, repr, "__repr__()", "Return repr(self)."),
    { 0 }
};

static Value future_g_blocking(Vm *vm, Value self)
{
    (void)vm;
    return value_from_bool(as_future(self)->blocking);
}

static bool future_s_blocking(Vm *vm, Value self, Value v)
{
    if (value_is_empty(v)) {
        raise_exc(vm, EXC_AttributeError, "cannot delete attribute");
        return false;
    }
    int t = op_truth(vm, v);
    if (t < 0)
        return false;
    as_future(self)->blocking = t;
    return true;
}

static Value future_g_log_traceback(Vm *vm, Value self)
{
    (void)vm;
    return value_from_bool(as_future(self)->log_traceback);
}

static bool future_s_log_traceback(Vm *vm, Value self, Value v)
{
    if (value_is_empty(v)) {
        raise_exc(vm, EXC_AttributeError, "cannot delete attribute");
        return false;
    }
    int t = op_truth(vm, v);
    if (t > 0)
        raise_exc(vm, EXC_ValueError, "_log_traceback can only be set to False");
    if (t)
        return false;
    as_future(self)->log_traceback = false;
    return true;
}

static Value future_g_state(Vm *vm, Value self)
{
    static const char *const names[] = { "PENDING", "CANCELLED", "FINISHED" };
    Str *s = str_cstr(vm, names[as_future(self)->state]);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value future_g_loop(Vm *vm, Value self)
{
    (void)vm;
    Future *f = as_future(self);
    return f->loop ? loop_value(f->loop) : VALUE_NONE;
}

static Value future_g_callbacks(Vm *vm, Value self)
{
    Future *f = as_future(self);
    if (value_is_empty(f->callbacks))
        return VALUE_NONE;
    List *out = list_new(vm, 2);
    size_t n = is_list(f->callbacks) ? as_list(f->callbacks)->len : 1;
    for (size_t i = 0; out && i < n; i++) {
        Value e = is_list(f->callbacks) ? list_items(as_list(f->callbacks))[i] : f->callbacks;
        Callback *cb = is_callback(vm, e) ? (Callback *)value_obj(e) : NULL;
        Tuple *t = tuple_pack(vm, 2, cb ? cb->fn : e, cb && !value_is_empty(cb->context) ? cb->context : VALUE_NONE);
        if (!t || !list_append(vm, out, value_from_obj(t)))
            return VALUE_ERROR;
    }
    return out ? value_from_obj(out) : VALUE_ERROR;
}

static Value future_g_exception(Vm *vm, Value self)
{
    (void)vm;
    Future *f = as_future(self);
    return f->failed ? f->result : VALUE_NONE;
}

static Value future_g_result(Vm *vm, Value self)
{
    (void)vm;
    Future *f = as_future(self);
    return f->failed ? VALUE_NONE : f->result;
}

static Value future_g_source(Vm *vm, Value self)
{
    Value at = origin_get(vm, as_future(self)->source);
    if (is_list(at))
        heap_set(vm, as_future(self), &as_future(self)->source, at);
    return at;
}

static Value future_g_message(Vm *vm, Value self)
{
    (void)vm;
    return as_future(self)->cancel_message;
}

static bool future_s_message(Vm *vm, Value self, Value v)
{
    heap_set(vm, as_future(self), &as_future(self)->cancel_message, value_is_empty(v) ? VALUE_NONE : v);
    return true;
}

static const GetSetDef future_getsets[] = {
    { "_asyncio_future_blocking", "True between an await's first step and the task's notice of it.",
      future_g_blocking, future_s_blocking },
    { "_log_traceback", "Complain when it is collected and nobody asked for its exception.", future_g_log_traceback,
      future_s_log_traceback },
    { "_state", "PENDING, CANCELLED or FINISHED.", future_g_state, NULL },
    { "_loop", "The loop it belongs to.", future_g_loop, NULL },
    { "_callbacks", "Pairs of callback and context, or None.", future_g_callbacks, NULL },
    { "_exception", "What it failed with.", future_g_exception, NULL },
    { "_result", "What it finished with.", future_g_result, NULL },
    { "_source_traceback", "In debug mode, where it was made.", future_g_source, NULL },
    { "_cancel_message", "The message given to cancel().", future_g_message, future_s_message },
    { 0 }
};

static void callback_trace(Marker *m, Obj *o)
{
    mark_value(m, ((Callback *)o)->fn);
    mark_value(m, ((Callback *)o)->context);
}

static const TypeLayout callback_layout = { .kind = KIND_EXT, .size = sizeof(Callback), .trace = callback_trace };

bool is_callback(Vm *vm, Value v)
{
    return is_kind(v, KIND_EXT) && type_of(vm, v)->layout == &callback_layout;
}

bool future_types_init(Vm *vm)
{
    static const TypeDef def = { .name = "_asyncio.Future", .doc = "A result that comes later.", .layout = &future_layout,
        .methods = future_methods, .getsets = future_getsets, .flags = TYPE_BASE | TYPE_HAS_DICT | TYPE_WEAKREFS };
    static const TypeDef iter_def = { .name = "_asyncio.FutureIter", .layout = &iter_layout, .methods = futureiter_methods,
        .flags = TYPE_DISALLOW_NEW };
    static const TypeDef callback_def = { .name = "_asyncio._Callback", .layout = &callback_layout, .flags = TYPE_DISALLOW_NEW };
    Runtime *rt = rt_of(vm);
    Type *object = vm->types.object, *t;
    if (!(t = type_from_def(vm, &def, object)))
        return false;
    rt->roots[RT_ROOT_FUTURE_TYPE] = value_from_obj(t);
    if (!(t = type_from_def(vm, &iter_def, object)))
        return false;
    rt->roots[RT_ROOT_FUTURE_ITER_TYPE] = value_from_obj(t);
    if (!(t = type_from_def(vm, &callback_def, object)))
        return false;
    rt->roots[RT_ROOT_CALLBACK_TYPE] = value_from_obj(t);
    return true;
}
