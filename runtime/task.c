/* SPDX-License-Identifier: MIT
 * Tasks: a future that drives a coroutine. One step resumes the coroutine's chain where it stopped; what it yields
 * says what to wait for. The rules are those of asyncio.Task. */
#include "runtime/coro.h"
#include "runtime/origin.h"
#include "runtime/sleep.h"

#include "vm/interp.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

static void task_trace(Marker *m, Obj *o)
{
    Task *t = (Task *)o;
    future_layout.trace(m, o);
    mark_value(m, t->coro);
    mark_value(m, t->context);
    mark_maybe(m, t->waiter);
    mark_maybe(m, t->name);
    mark_obj(m, t->made_code);
    mark_obj(m, t->thrown_code);
}

static bool task_wants_last_word(Vm *vm, Obj *o)
{
    Future *f = (Future *)o;
    return f->loop && f->state == FUTURE_PENDING ? f->log_destroy : future_layout.wants_last_word(vm, o);
}

static void task_last_word(Vm *vm, Obj *o)
{
    Task *t = (Task *)o;
    if (t->f.state != FUTURE_PENDING) {
        future_layout.last_word(vm, o);
        return;
    }
    Str *message = str_cstr(vm, "Task was destroyed but it is pending!");
    future_last_report(vm, &t->f, message, VALUE_EMPTY, "task");
}

/* Nothing can wake it any more: the loop's list does not hold it. */
static void task_died(Vm *vm, Obj *o)
{
    (void)vm;
    if (((Future *)o)->state == FUTURE_PENDING)
        task_forget((Task *)o);
}

const TypeLayout task_layout = { .kind = KIND_EXT, .size = sizeof(Task), .trace = task_trace, .await = future_await,
                                 .wants_last_word = task_wants_last_word, .last_word = task_last_word, .died = task_died,
                                 .quiet = future_is_quiet, .tag = &task_layout };

static Task *as_task(Value v)
{
    return (Task *)value_obj(v);
}

/* ---- the loop's list of unfinished tasks ---- */

static void task_register(Vm *vm, Loop *l, Task *t)
{
    t->prev = l->last_task;
    t->next = NULL;
    *(l->last_task ? &l->last_task->next : &l->first_task) = t;
    l->last_task = t;
    l->task_count++;
    heap_touch(vm, l);
}

void task_forget(Task *t)
{
    Loop *l = t->f.loop;
    if (!l || (!t->prev && l->first_task != t))
        return;
    *(t->prev ? &t->prev->next : &l->first_task) = t->next;
    *(t->next ? &t->next->prev : &l->last_task) = t->prev;
    t->prev = t->next = NULL;
    l->task_count--;
    l->rt->idle_look = true;
}

/* ---- making ---- */

bool is_coroutine(Vm *vm, Value v)
{
    if (is_gen(v))
        return value_obj(v)->flags & GEN_IS_COROUTINE;
    if (!value_is_obj(v) || is_type(v))
        return false;
    if (is_kind(v, KIND_EXT) && (type_of(vm, v)->layout == &sleep_layout || type_of(vm, v)->layout == &coro_layout))
        return true;
    Str *names[] = { vm->names.send, vm->names.throw_, vm->names.close };
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (value_is_empty(type_lookup(vm, type_of(vm, v), names[i])))
            return false;
    return !value_is_empty(type_special(type_of(vm, v), SPECIAL_AWAIT));
}

/* The script code that asked for the task. */
static void remember_maker(Vm *vm, Task *t)
{
    const Frame *f = vm->strand->top;
    while (f && f->code && code_is_embedded(f->code) && f->back)
        f = f->back;
    t->made_code = f && f->code && f->code->ninstrs ? f->code : NULL;
    t->made_at = t->made_code ? frame_at(f) : 0;
}

/* The innermost script frame outside of <stdlib>: an exception is about to be thrown there. */
static void remember_throw(Task *t)
{
    const Gen *g = is_gen(t->coro) ? as_gen(t->coro) : NULL;
    t->thrown_code = NULL;
    while (g && g->f.state == GEN_SUSPENDED) {
        if (!code_is_embedded(g->f.code)) {
            t->thrown_code = g->f.code;
            t->thrown_at = frame_at(&g->f);
        }
        Value down = frame_down(&g->f);
        g = is_gen(down) ? as_gen(down) : NULL;
    }
}

static bool task_begin(Vm *vm, Task *t, Loop *loop, Value coro, Value name, Value context)
{
    Runtime *rt = rt_of(vm);
    if (!is_coroutine(vm, coro)) {
        raise_exc(vm, EXC_TypeError, "a coroutine was expected, got %R", coro);
        return false;
    }
    if (UNLIKELY(!loop_is_plain(vm, loop)) && !sleep_for_loop(vm, loop, &coro))
        return false;
    future_setup(&t->f, loop);
    t->f.is_task = true;
    t->f.log_destroy = true;
    t->coro = coro;
    t->waiter = VALUE_NONE;
    t->f.cancel_requests = 0;
    t->context = VALUE_EMPTY;
    remember_maker(vm, t);
    if (!context_check(vm, context, &t->context))
        return false;
    if (value_is_none(name)) {
        t->name = value_from_int48((int64_t)++rt->task_counter);
    } else {
        Str *s = op_str(vm, name);
        if (!s)
            return false;
        t->name = value_from_obj(s);
    }
    heap_touch(vm, t);
    return future_set_source(vm, &t->f);
}

/* Its first step is taken at the loop's next turn. */
static bool task_schedule(Vm *vm, Task *t)
{
    if (!loop_ready(vm, t->f.loop, value_from_obj(t), VALUE_EMPTY))
        return false;
    task_register(vm, t->f.loop, t);
    return true;
}

Value task_new(Vm *vm, Loop *loop, Value coro, Value name, Value context)
{
    Task *t = (Task *)object_alloc(vm, as_type(rt_of(vm)->roots[RT_ROOT_TASK_TYPE]));
    return t && task_begin(vm, t, loop, coro, name, context) && task_schedule(vm, t) ? value_from_obj(t) : VALUE_ERROR;
}

/* ---- stepping ---- */

static bool finish_cancelled(Vm *vm, Task *t, Value exc)
{
    bool did;
    heap_set(vm, t, &t->f.cancelled_exc, exc);
    task_forget(t);
    return future_cancel_plain(vm, &t->f, VALUE_NONE, &did);
}

static bool task_returned(Vm *vm, Task *t, Value v)
{
    bool did;
    task_forget(t);
    if (t->f.must_cancel) {
        t->f.must_cancel = false;
        return future_cancel_plain(vm, &t->f, t->f.cancel_message, &did);
    }
    return future_set_result(vm, &t->f, v);
}

/* The coroutine raised: pending. False: KeyboardInterrupt and SystemExit go on through the loop. */
static bool task_raised(Vm *vm, Task *t)
{
    Value exc = exc_take(vm);
    if (exc_matches(vm, exc, as_type(rt_of(vm)->roots[RT_ROOT_CANCELLED])))
        return finish_cancelled(vm, t, exc);
    task_forget(t);
    if (!future_set_exception(vm, &t->f, exc))
        return false;
    if (exc_matches(vm, exc, vm->exc[EXC_KeyboardInterrupt]) || exc_matches(vm, exc, vm->exc[EXC_SystemExit])) {
        exc_restore(vm, exc);
        return false;
    }
    return true;
}

/* The next step raises RuntimeError in the coroutine. */
static bool bad_yield(Vm *vm, Task *t, Value exc)
{
    if (value_is_empty(exc))
        return false;
    t->waiter = VALUE_NONE;
    return loop_ready(vm, t->f.loop, value_from_obj(t), exc);
}

/* The task waits for a future now; a cancellation asked for meanwhile goes to it at once. */
static bool wait_for(Vm *vm, Task *t, Value fut)
{
    bool did;
    heap_set(vm, t, &t->waiter, fut);
    if (!t->f.must_cancel)
        return true;
    if (!future_cancel(vm, fut, t->f.cancel_message, &did))
        return false;
    if (did)
        t->f.must_cancel = false;
    return true;
}

Value future_foreign_loop(Vm *vm, Value v)
{
    Str *get = str_intern(vm, "get_loop", 8), *own = str_intern(vm, "_loop", 5);
    Value m = get && own ? attr_get_opt(vm, v, get) : VALUE_ERROR;
    if (!value_is_empty(m))
        return op_call0(vm, m);
    return vm_pending(vm) ? VALUE_ERROR : attr_get(vm, v, own);
}

/* A future of another make, or with a script's methods: it has _asyncio_future_blocking. */
static bool yielded_foreign(Vm *vm, Task *t, Value v)
{
    Str *attr = str_intern(vm, "_asyncio_future_blocking", 24);
    Value blocking = attr ? attr_get_opt(vm, v, attr) : VALUE_ERROR;
    if (value_is_empty(blocking) && vm_pending(vm))
        return false;
    if (value_is_empty(blocking) || value_is_none(blocking)) {
        if (is_gen(v))
            return bad_yield(vm, t, exc_new(vm, EXC_RuntimeError,
                                            "yield was used instead of yield from for generator in task %R with %R",
                                            value_from_obj(t), v));
        return bad_yield(vm, t, exc_new(vm, EXC_RuntimeError, "Task got bad yield: %R", v));
    }
    if (op_truth(vm, blocking) == 0)
        return bad_yield(vm, t, exc_new(vm, EXC_RuntimeError, "yield was used instead of yield from in task %R with %R",
                                        value_from_obj(t), v));
    if (value_same(v, value_from_obj(t)))
        return bad_yield(vm, t, exc_new(vm, EXC_RuntimeError, "Task cannot await on itself: %R", v));
    Value loop = future_foreign_loop(vm, v);
    if (value_is_empty(loop))
        return false;
    if (!value_same(loop, loop_value(t->f.loop)))
        return bad_yield(vm, t, exc_new(vm, EXC_RuntimeError, "Task %R got Future %R attached to a different loop",
                                        value_from_obj(t), v));
    if (!attr_set(vm, v, attr, VALUE_FALSE))
        return false;
    Str *add = str_intern(vm, "add_done_callback", 17);
    Value args[2] = { task_wakeup_method(vm, t), task_context(vm, t) }, key = value_from_obj(vm->names.context);
    Value method = add && !value_is_empty(args[0]) && !value_is_empty(args[1]) ? attr_get(vm, v, add) : VALUE_ERROR;
    if (value_is_empty(method) || value_is_empty(op_call_kw(vm, method, 2, args, 1, &key)))
        return false;
    return wait_for(vm, t, v);
}

static bool task_yielded(Vm *vm, Task *t, Value v)
{
    if (value_is_none(v))
        return loop_ready(vm, t->f.loop, value_from_obj(t), VALUE_EMPTY);
    if (is_future(vm, v) && LIKELY(future_is_plain(vm, v))) {
        Future *f = as_future(v);
        if (!f->blocking)
            return bad_yield(vm, t, exc_new(vm, EXC_RuntimeError, "yield was used instead of yield from in task %R with %R",
                                            value_from_obj(t), v));
        f->blocking = false;
        if (f == &t->f)
            return bad_yield(vm, t, exc_new(vm, EXC_RuntimeError, "Task cannot await on itself: %R", v));
        if (f->loop != t->f.loop)
            return bad_yield(vm, t, exc_new(vm, EXC_RuntimeError, "Task %R got Future %R attached to a different loop",
                                            value_from_obj(t), v));
        return future_add_callback(vm, f, value_from_obj(t)) && wait_for(vm, t, v);
    }
    if (is_kind(v, KIND_EXT) && type_of(vm, v)->layout == &sleep_layout) {
        Sleep *s = (Sleep *)value_obj(v);
        heap_set(vm, s, &s->task, value_from_obj(t));
        heap_set(vm, t, &t->waiter, v);
        if (!t->f.must_cancel)
            return true;
        t->f.must_cancel = false;
        return sleep_cancel(vm, s, t->f.cancel_message);
    }
    return yielded_foreign(vm, t, v);
}

static GenStatus drive(Vm *vm, Task *t, Value exc, Value *out)
{
    Value coro = t->coro;
    if (is_gen(coro))
        return value_is_empty(exc) ? gen_resume(vm, as_gen(coro), VALUE_NONE, out) : gen_throw(vm, as_gen(coro), exc, out);
    if (is_kind(coro, KIND_EXT) && type_of(vm, coro)->layout == &sleep_layout)
        return sleep_step(vm, (Sleep *)value_obj(coro), exc, out);
    if (is_coro(vm, coro))
        return coro_step(vm, as_coro(coro), exc, out);
    if (value_is_empty(exc)) {
        Value none = VALUE_NONE;
        *out = op_call_method(vm, coro, vm->names.send, 1, &none);
    } else {
        *out = op_call_method(vm, coro, vm->names.throw_, 1, &exc);
    }
    if (!value_is_empty(*out))
        return GEN_YIELDED;
    if (!exc_pending_is(vm, EXC_StopIteration))
        return GEN_RAISED;
    Value stop = exc_take(vm);
    *out = as_exc(stop)->extra[EXTRA_STOP_VALUE];
    if (value_is_empty(*out))
        *out = VALUE_NONE;
    return GEN_RETURNED;
}

bool task_step(Vm *vm, Task *t, Value exc)
{
    if (future_done(&t->f)) {
        raise_type(vm, as_type(rt_of(vm)->roots[RT_ROOT_INVALID_STATE]), "_step(): already done: %R %R", value_from_obj(t),
                   value_is_empty(exc) ? VALUE_NONE : exc);
        return false;
    }
    if (t->f.must_cancel) {
        if (value_is_empty(exc) || !exc_matches(vm, exc, as_type(rt_of(vm)->roots[RT_ROOT_CANCELLED]))) {
            exc = future_cancelled_error(vm, &t->f);
            if (value_is_empty(exc))
                return false;
        }
        t->f.must_cancel = false;
    }
    t->waiter = VALUE_NONE;
    Strand *s = vm->strand;
    if (!value_is_none(s->current_task) && !value_is_empty(s->current_task)) {
        raise_exc(vm, EXC_RuntimeError, "Cannot enter into task %R while another task %R is being executed.", value_from_obj(t),
              s->current_task);
        task_forget(t);         /* nothing will step it any more */
        return false;
    }
    if (!value_is_empty(exc))
        remember_throw(t);
    Value out, outer = context_swap(vm, t->context);
    s->current_task = value_from_obj(t);
    GenStatus st = drive(vm, t, exc, &out);
    s->current_task = VALUE_NONE;
    heap_set(vm, t, &t->context, s->context);
    s->context = outer;
    switch (st) {
    case GEN_RETURNED:
        return task_returned(vm, t, out);
    case GEN_RAISED:
        return task_raised(vm, t);
    default:
        return task_yielded(vm, t, out);
    }
}

/* What the innermost frame awaits; EMPTY: not known. */
static Value waiting_for(const Task *t)
{
    if (!is_gen(t->coro))
        return t->coro;
    Gen *leaf = as_gen(t->coro)->chain.leaf;
    return leaf ? frame_down(&leaf->f) : VALUE_EMPTY;
}

/* What the task waited for is done: an await without an iterator takes the result itself; a script's iterator has
 * the exception thrown in. */
bool task_wake(Vm *vm, Task *t)
{
    Value waiter = t->waiter;
    if (UNLIKELY(t->f.must_cancel) && is_future(vm, waiter))
        goto taken;             /* a CancelledError of the future's goes before the one that was asked for since */
    if (!is_future(vm, waiter) || !is_gen(t->coro) || as_gen(t->coro)->chain.leaf == NULL)
        goto plain;
    Gen *leaf = as_gen(t->coro)->chain.leaf;
    Value down = frame_down(&leaf->f);
    if (value_same(down, waiter) || as_future(waiter)->state == FUTURE_PENDING)
        goto plain;
taken:
    if (as_future(waiter)->state == FUTURE_CANCELLED || as_future(waiter)->failed) {
        Value none = future_result(vm, as_future(waiter)), slept = waiting_for(t);
        (void)none;
        if (is_kind(slept, KIND_EXT) && type_of(vm, slept)->layout == &sleep_layout)
            sleep_end((Sleep *)value_obj(slept));
        return task_step(vm, t, exc_take(vm));
    }
plain:
    return task_step(vm, t, VALUE_EMPTY);
}

bool task_cancel(Vm *vm, Task *t, Value msg, bool *did)
{
    t->f.log_traceback = false;
    *did = !future_done(&t->f);
    if (!*did)
        return true;
    t->f.cancel_requests++;
    if (is_kind(t->waiter, KIND_EXT) && type_of(vm, t->waiter)->layout == &sleep_layout) {
        Sleep *s = (Sleep *)value_obj(t->waiter);
        if (!sleep_fired(s))
            return sleep_cancel(vm, s, msg);
    } else if (!value_is_none(t->waiter)) {
        bool passed;
        if (!future_cancel(vm, t->waiter, msg, &passed))
            return false;
        if (passed)
            return true;
    }
    t->f.must_cancel = true;
    heap_set(vm, t, &t->f.cancel_message, msg);
    return true;
}

/* ---- the type's methods ---- */

static Value task_m_new(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Task *t = (Task *)object_alloc(vm, as_type(self));
    if (!t)
        return VALUE_ERROR;
    future_setup(&t->f, NULL);
    t->f.is_task = true;
    t->coro = t->waiter = VALUE_NONE;
    t->name = VALUE_NONE;
    return value_from_obj(t);
}

static Value task_m_init(Vm *vm, Value self, const Args *args)
{
    Value loop = value_is_none(args->v[1]) ? loop_get_event_loop(vm) : args->v[1];
    if (value_is_empty(loop))
        return loop;
    Task *t = as_task(self);
    Loop *l;
    if (!loop_of(vm, loop, &l))
        return VALUE_ERROR;
    task_forget(t);                     /* __init__ was called again */
    future_restarts(vm, &t->f);
    if (!task_begin(vm, t, l, args->v[0], args->v[2], args->v[3]))
        return VALUE_ERROR;
    if (!value_is_true(args->v[4]) || !l->running)
        return task_schedule(vm, t) ? VALUE_NONE : VALUE_ERROR;
    task_register(vm, l, t);            /* eager: the first step is taken here, not from the queue */
    Value outer = vm->strand->current_task;
    vm->strand->current_task = VALUE_NONE;
    bool ok = task_step(vm, t, VALUE_EMPTY);
    vm->strand->current_task = outer;
    if (future_done(&t->f))
        t->coro = VALUE_NONE;
    return ok ? VALUE_NONE : VALUE_ERROR;
}

static Value task_m_cancel(Vm *vm, Value self, const Args *args)
{
    bool did;
    return task_cancel(vm, as_task(self), args->v[0], &did) ? value_from_bool(did) : VALUE_ERROR;
}

static Value task_m_cancelling(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return value_from_int48(as_task(self)->f.cancel_requests);
}

static Value task_m_uncancel(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    Task *t = as_task(self);
    if (t->f.cancel_requests && --t->f.cancel_requests == 0)
        t->f.must_cancel = false;
    return value_from_int48(t->f.cancel_requests);
}

static Value task_m_set_result(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return raise_exc(vm, EXC_RuntimeError, "Task does not support set_result operation");
}

static Value task_m_set_exception(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return raise_exc(vm, EXC_RuntimeError, "Task does not support set_exception operation");
}

static Value task_m_get_name(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Task *t = as_task(self);
    if (value_is_int48(t->name)) {
        Str *s = str_printf(vm, "Task-%lld", (long long)value_int48(t->name));
        if (!s)
            return VALUE_ERROR;
        heap_set(vm, t, &t->name, value_from_obj(s));
    }
    return t->name;
}

static Value task_m_set_name(Vm *vm, Value self, const Args *args)
{
    Str *s = op_str(vm, args->v[0]);
    if (!s)
        return VALUE_ERROR;
    heap_set(vm, as_task(self), &as_task(self)->name, value_from_obj(s));
    return VALUE_NONE;
}

static Value task_m_get_coro(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return as_task(self)->coro;
}

static Value task_m_get_context(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Task *t = as_task(self);
    if (value_same(vm->strand->current_task, self))
        return context_current(vm);
    return task_context(vm, t);
}

/* In asyncio.base_tasks; self and the arguments. */
static Value by_base_tasks(Vm *vm, const char *name, Value self, const Args *args, uint32_t n)
{
    Value m = rt_import_module(vm, "asyncio.base_tasks"), v[3] = { self, args->v[0], n > 1 ? args->v[1] : VALUE_NONE };
    Str *s = str_intern(vm, name, strlen(name));
    Value f = value_is_empty(m) || !s ? VALUE_ERROR : attr_get(vm, m, s);
    return value_is_empty(f) ? f : op_call(vm, f, n + 1, v);
}

static Value task_m_get_stack(Vm *vm, Value self, const Args *args)
{
    return by_base_tasks(vm, "_task_get_stack", self, args, 1);
}

static Value task_m_print_stack(Vm *vm, Value self, const Args *args)
{
    return by_base_tasks(vm, "_task_print_stack", self, args, 2);
}

/* "f() running at file:line" as a task's repr shows its coroutine. */
static Str *coro_repr(Vm *vm, Value coro)
{
    if (is_coro(vm, coro))
        return str_printf(vm, "%s() %s", as_coro(coro)->def->qualname, as_coro(coro)->state == GEN_FINISHED ? "done" : "running");
    if (!is_gen(coro)) {
        Value name = attr_get_opt(vm, coro, vm->names.dunder_qualname);
        exc_discard(vm);
        bool sleeps = type_of(vm, coro)->layout == &sleep_layout;
        const char *state = !sleeps ? "" : sleep_state((Sleep *)value_obj(coro)) == GEN_FINISHED ? " done" : " running";
        return is_str(name) ? str_printf(vm, "%S()%s", as_str(name), state) : op_repr(vm, coro);
    }
    Gen *g = as_gen(coro);
    Code *c = g->f.code;
    if (g->f.state == GEN_FINISHED || g->f.state == GEN_CREATED) {
        const char *state = g->f.state == GEN_CREATED ? "running" : "done, defined";
        return str_printf(vm, "%S() %s at %S:%u", as_str(g->qualname), state, c->filename, c->first_line);
    }
    return str_printf(vm, "%S() running at %S:%u", as_str(g->qualname), c->filename, code_position(c, frame_at(&g->f)).line);
}

/* " wait_for=<Future …>"; a sleep shows the future that it stands for. */
static Str *waiter_repr(Vm *vm, Value waiter)
{
    if (value_is_none(waiter))
        return vm->empty_str;
    if (is_kind(waiter, KIND_EXT) && type_of(vm, waiter)->layout == &sleep_layout) {
        bool done = sleep_fired((Sleep *)value_obj(waiter));
        return str_cstr(vm, done ? " wait_for=<Future finished result=None>" :
                        " wait_for=<Future pending cb=[Task.task_wakeup()]>");
    }
    Str *s = op_repr(vm, waiter);
    return s ? str_printf(vm, " wait_for=%S", s) : NULL;
}

static Value task_m_repr(Vm *vm, Value self, const Args *args)
{
    Task *t = as_task(self);
    Value name = task_m_get_name(vm, self, args);
    if (value_is_empty(name))
        return name;
    const char *state = !future_done(&t->f) && t->f.cancel_requests ? "cancelling" : future_state_text(&t->f);
    Str *text = str_printf(vm, "<%S %s name=%R", as_str(type_of(vm, self)->name), state, name);
    if (text && !value_is_none(t->coro)) {
        Str *coro = coro_repr(vm, t->coro);
        text = coro ? str_printf(vm, "%S coro=<%S>", text, coro) : NULL;
    }
    Str *waiter = text ? waiter_repr(vm, t->waiter) : NULL, *result = waiter ? future_repr_result(vm, &t->f) : NULL;
    Str *cbs = result ? future_repr_callbacks(vm, &t->f) : NULL, *at = cbs ? origin_repr(vm, t->f.source) : NULL;
    text = at ? str_printf(vm, "%S%S%S%S%S>", text, waiter, result, cbs, at) : NULL;
    return text ? value_from_obj(text) : VALUE_ERROR;
}

static const MethodDef task_methods[] = {
    METHOD(task, new, "__new__(*args, **kwargs)", "Create a task."),
    METHOD(task, init, "__init__(coro, *, loop=None, name=None, context=None, eager_start: bool = False)",
           "Drive coro on the loop, beginning at its next turn."),
    METHOD(task, cancel, "cancel(msg=None)", "Ask for CancelledError to be raised in the coroutine; False when done already."),
    METHOD(task, cancelling, "cancelling()", "Number of cancel requests not taken back."),
    METHOD(task, uncancel, "uncancel()", "Take one cancel request back; the number left."),
    METHOD(task, set_result, "set_result(result, /)", "RuntimeError: the coroutine alone decides."),
    METHOD(task, set_exception, "set_exception(exception, /)", "RuntimeError: the coroutine alone decides."),
    METHOD(task, get_name, "get_name()", "Its name, Task-N by default."),
    METHOD(task, set_name, "set_name(value, /)", "Rename it; str() is applied."),
    METHOD(task, get_coro, "get_coro()", "The coroutine."),
    METHOD(task, get_context, "get_context()", "Its context."),
    METHOD(task, get_stack, "get_stack(*, limit=None)", "Frames: where it is suspended, or those of its traceback."),
    METHOD(task, print_stack, "print_stack(*, limit=None, file=None)", "Print them like a traceback."),
    METHOD(task, repr, "__repr__()", "Return repr(self)."),
    { 0 }
};

static Value task_g_coro(Vm *vm, Value self)
{
    (void)vm;
    return as_task(self)->coro;
}

static Value task_g_waiter(Vm *vm, Value self)
{
    Value w = as_task(self)->waiter;
    bool sleeps = is_kind(w, KIND_EXT) && type_of(vm, w)->layout == &sleep_layout;
    return sleeps ? sleep_future(vm, (Sleep *)value_obj(w)) : w;
}

static Value task_g_must_cancel(Vm *vm, Value self)
{
    (void)vm;
    return value_from_bool(as_task(self)->f.must_cancel);
}

static Value task_g_log_destroy(Vm *vm, Value self)
{
    (void)vm;
    return value_from_bool(as_task(self)->f.log_destroy);
}

static bool task_s_log_destroy(Vm *vm, Value self, Value v)
{
    if (value_is_empty(v)) {
        raise_exc(vm, EXC_AttributeError, "cannot delete attribute");
        return false;
    }
    int t = op_truth(vm, v);
    as_task(self)->f.log_destroy = t > 0;
    return t >= 0;
}

static const GetSetDef task_getsets[] = {
    { "_coro", "The coroutine.", task_g_coro, NULL },
    { "_fut_waiter", "What it waits for, or None.", task_g_waiter, NULL },
    { "_must_cancel", "The next step raises CancelledError.", task_g_must_cancel, NULL },
    { "_log_destroy_pending", "Complain when it is collected while pending.", task_g_log_destroy, task_s_log_destroy },
    { 0 }
};

bool task_types_init(Vm *vm)
{
    static const TypeDef def = { .name = "_asyncio.Task", .doc = "A future that drives a coroutine.", .layout = &task_layout,
        .methods = task_methods, .getsets = task_getsets, .flags = TYPE_BASE | TYPE_HAS_DICT | TYPE_WEAKREFS };
    Runtime *rt = rt_of(vm);
    Type *t = type_from_def(vm, &def, as_type(rt->roots[RT_ROOT_FUTURE_TYPE]));
    if (!t)
        return false;
    rt->roots[RT_ROOT_TASK_TYPE] = value_from_obj(t);
    rt->task_shape = t->root_shape->id;
    return true;
}
