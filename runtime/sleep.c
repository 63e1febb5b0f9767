/* SPDX-License-Identifier: MIT
 * asyncio.sleep(): a coroutine that needs no frame. Awaiting it registers it with the loop's timers; the task that
 * waits is woken directly. */
#include "runtime/sleep.h"

#include "runtime/warn.h"

#include "vm/interp.h"
#include "vm/objects/str.h"

static void sleep_trace(Marker *m, Obj *o)
{
    Sleep *s = (Sleep *)o;
    mark_maybe(m, s->result);
    mark_maybe(m, s->given);
    mark_maybe(m, s->other);
    mark_maybe(m, s->task);
    mark_obj(m, s->loop);
}

static bool sleep_await(Vm *vm, Obj *o, bool first, Value *out);
static bool sleep_thrown(Vm *vm, Obj *o, Value exc, Value *out);
static void sleep_reuse(Vm *vm, Obj *o);

static bool sleep_unawaited(Vm *vm, Obj *o)
{
    (void)vm;
    return sleep_state((Sleep *)o) == GEN_CREATED;
}

static bool sleep_is_quiet(const Obj *o)
{
    return sleep_state((const Sleep *)o) != GEN_CREATED;
}

static void sleep_complain(Vm *vm, Obj *o)
{
    Sleep *s = (Sleep *)o;
    sleep_set_state(s, GEN_FINISHED);
    warn_unawaited(vm, "sleep", VALUE_EMPTY, value_from_obj(o));
}

const TypeLayout sleep_layout = { .kind = KIND_EXT, .size = sizeof(Sleep), .trace = sleep_trace, .await = sleep_await,
                                  .thrown = sleep_thrown, .reuse = sleep_reuse,
                                  .wants_last_word = sleep_unawaited, .last_word = sleep_complain,
                                  .quiet = sleep_is_quiet };

static inline bool is_by_hand(const Sleep *s)
{
    return s->h.flags & SLEEP_BY_HAND;
}

static inline bool stands_for_future(const Sleep *s)
{
    return !value_is_empty(s->other) && !is_by_hand(s);
}

static double delay_of(const Sleep *s)
{
    if (value_is_int48(s->given))
        return (double)value_int48(s->given);
    return value_is_double(s->given) ? value_double(s->given) : value_is_true(s->given);
}

void sleep_end(Sleep *s)
{
    if (s->h.flags & OBJ_TIMED)
        loop_remove_timer(s->loop, value_from_obj(s));
    sleep_set_state(s, GEN_FINISHED);
    s->h.flags |= SLEEP_FIRED;
}

/* Only now the timer goes, as asyncio's does. */
static bool sleep_thrown(Vm *vm, Obj *o, Value exc, Value *out)
{
    sleep_end((Sleep *)o);
    exc_restore(vm, exc);
    *out = VALUE_EMPTY;
    return true;
}

/* ---- on loops with methods of a script's ---- */

static bool needs_script(Vm *vm, Loop *l)
{
    static const char *const names[] = { "create_future", "call_later", "call_at", "call_soon", "time", "_run_once" };
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (loop_overrides(vm, l, names[i]))
            return true;
    return false;
}

static Value by_script(Vm *vm, Value delay, Value result)
{
    Value m = rt_import_module(vm, "asyncio.tasks"), args[2] = { delay, result };
    Str *name = str_intern(vm, "_sleep", 6);
    Value f = value_is_empty(m) || !name ? VALUE_ERROR : attr_get(vm, m, name);
    return value_is_empty(f) ? f : op_call(vm, f, 2, args);
}

bool sleep_for_loop(Vm *vm, Loop *l, Value *coro)
{
    if (!is_kind(*coro, KIND_EXT) || type_of(vm, *coro)->layout != &sleep_layout)
        return true;
    Sleep *s = (Sleep *)value_obj(*coro);
    if (sleep_state(s) != GEN_CREATED || is_by_hand(s) || delay_of(s) <= 0 || !needs_script(vm, l))
        return true;
    sleep_set_state(s, GEN_FINISHED);
    *coro = by_script(vm, s->given, s->result);
    return !value_is_empty(*coro);
}

/* Not by a task alone, or on a script's loop: what it yields is a future that the loop's call_later() finishes. */
static bool begin_by_script(Vm *vm, Sleep *s, Loop *l, Value *out)
{
    Value m = rt_import_module(vm, "asyncio.futures");
    Str *name = str_intern(vm, "_set_result_unless_cancelled", 28);
    Value set = value_is_empty(m) || !name ? VALUE_ERROR : attr_get(vm, m, name);
    Value fut = value_is_empty(set) ? set : loop_method(vm, l, "create_future", 0, NULL);
    Value args[4] = { s->given, set, fut, s->result };
    if (value_is_empty(fut) || value_is_empty(loop_method(vm, l, "call_later", 4, args)))
        return false;
    Str *blocking = str_intern(vm, "_asyncio_future_blocking", 24);
    heap_set(vm, s, &s->other, fut);
    *out = fut;
    return blocking && attr_set(vm, fut, blocking, VALUE_TRUE);
}

/* The chain that runs is a task's, from its coroutine on: nothing of a script's sees what is yielded. */
static bool driven_by_task(Vm *vm, const Sleep *s)
{
    Value v = vm->strand->current_task;
    if (!is_future(vm, v) || !as_future(v)->is_task)
        return false;
    Value coro = ((Task *)value_obj(v))->coro;
    return value_same(coro, value_from_obj(s)) || (is_gen(coro) && vm->strand->root == as_gen(coro));
}

static bool sleep_begin(Vm *vm, Sleep *s, Value *out)
{
    sleep_set_state(s, GEN_SUSPENDED);
    double delay = delay_of(s);
    if (delay <= 0) {
        s->h.flags |= SLEEP_FIRED;
        *out = VALUE_NONE;
        return true;
    }
    Loop *l = loop_running(vm);
    if (!l)
        return false;
    if (delay != delay) {
        raise_exc(vm, EXC_ValueError, "Invalid delay: NaN (not a number)");
        return false;
    }
    if (UNLIKELY(!driven_by_task(vm, s)) || (UNLIKELY(!loop_is_plain(vm, l)) && needs_script(vm, l)))
        return begin_by_script(vm, s, l, out);
    s->task = VALUE_NONE;
    heap_set_ptr(vm, s, &s->loop, l);
    if (!loop_add_timer(vm, l, rt_now(l->rt) + delay, value_from_obj(s)))
        return false;
    *out = value_from_obj(s);
    return true;
}

/* It goes on: with the result of its future, which may not be done, or of another make. */
static bool resume_future(Vm *vm, Sleep *s, Value *out)
{
    if (is_future(vm, s->other)) {
        if (!future_await(vm, value_obj(s->other), false, out))
            return false;
    } else {
        Str *name = str_intern(vm, "result", 6);
        *out = name ? op_call_method(vm, s->other, name, 0, NULL) : VALUE_ERROR;
    }
    sleep_end(s);
    return true;
}

/* First the bare yield or the timer, then the result. */
static bool sleep_await(Vm *vm, Obj *o, bool first, Value *out)
{
    Sleep *s = (Sleep *)o;
    if (first && (sleep_state(s) == GEN_SUSPENDED || is_by_hand(s)) && sleep_state(s) != GEN_FINISHED) {
        *out = raise_exc(vm, EXC_RuntimeError, "coroutine is being awaited already");
        return true;
    }
    if (sleep_state(s) == GEN_CREATED) {
        if (sleep_begin(vm, s, out))
            return false;
        sleep_set_state(s, GEN_FINISHED);
        *out = VALUE_EMPTY;
        return true;
    }
    if (sleep_state(s) == GEN_FINISHED) {
        *out = raise_exc(vm, EXC_RuntimeError, "cannot reuse already awaited coroutine");
        return true;
    }
    if (UNLIKELY(stands_for_future(s)))
        return resume_future(vm, s, out);
    if (!sleep_fired(s)) {
        loop_remove_timer(s->loop, value_from_obj(s));
        sleep_set_state(s, GEN_FINISHED);
        *out = raise_exc(vm, EXC_RuntimeError, "await wasn't used with future");
        return true;
    }
    sleep_set_state(s, GEN_FINISHED);
    *out = s->result;
    return true;
}

bool sleep_wake(Vm *vm, Sleep *s)
{
    Value task = s->task;
    if (UNLIKELY(stands_for_future(s)))
        return future_done(as_future(s->other)) || future_set_result(vm, as_future(s->other), s->result);
    s->h.flags |= SLEEP_FIRED;
    s->task = VALUE_NONE;
    return value_is_none(task) || loop_ready(vm, s->loop, task, VALUE_EMPTY);
}

bool sleep_cancel(Vm *vm, Sleep *s, Value msg)
{
    Value task = s->task;
    sleep_set_state(s, GEN_FINISHED);
    s->h.flags |= SLEEP_FIRED;
    s->task = VALUE_NONE;
    Value exc = exc_new_args(vm, as_type(rt_of(vm)->roots[RT_ROOT_CANCELLED]), value_is_none(msg) ? 0 : 1, &msg);
    return !value_is_empty(exc) && loop_ready(vm, s->loop, task, exc);
}

Value sleep_future(Vm *vm, Sleep *s)
{
    if (stands_for_future(s) || !s->loop || value_is_none(s->task))
        return stands_for_future(s) ? s->other : VALUE_NONE;
    Value fut = future_new(vm, s->loop), task = s->task;
    if (value_is_empty(fut) || !future_add_callback(vm, as_future(fut), task))
        return VALUE_ERROR;
    Task *t = (Task *)value_obj(task);
    heap_set(vm, s, &s->other, fut);
    heap_set(vm, t, &t->waiter, fut);
    s->task = VALUE_NONE;
    return fut;
}

GenStatus sleep_step(Vm *vm, Sleep *s, Value exc, Value *out)
{
    if (UNLIKELY(is_by_hand(s)) && is_gen(s->other))
        return value_is_empty(exc) ? gen_resume(vm, as_gen(s->other), VALUE_NONE, out)
                                   : gen_throw(vm, as_gen(s->other), exc, out);
    if (!value_is_empty(exc)) {
        sleep_end(s);
        exc_restore(vm, exc);
        return GEN_RAISED;
    }
    if (!sleep_await(vm, &s->h, sleep_state(s) == GEN_CREATED, out))
        return GEN_YIELDED;
    return value_is_empty(*out) ? GEN_RAISED : GEN_RETURNED;
}

/* ---- driven by hand, or as a task's whole coroutine ---- */

static Sleep *as_sleep(Value v)
{
    return (Sleep *)value_obj(v);
}

/* Whoever drives it gets a coroutine that does the same by the loop's methods. */
static Value inner_coroutine(Vm *vm, Sleep *s)
{
    if (is_by_hand(s))
        return s->other;
    if (sleep_state(s) == GEN_FINISHED)
        return raise_exc(vm, EXC_RuntimeError, "cannot reuse already awaited coroutine");
    if (sleep_state(s) == GEN_SUSPENDED)
        return raise_exc(vm, EXC_RuntimeError, "coroutine is being awaited already");
    Value inner = by_script(vm, s->given, s->result);
    if (!value_is_empty(inner)) {
        heap_set(vm, s, &s->other, inner);
        s->h.flags |= SLEEP_BY_HAND;
    }
    return inner;
}

/* The method of that name of the coroutine inside. Once that runs, it is the one to be awaited. */
static Value pass_on(Vm *vm, Value self, Str *name, uint32_t n, const Value *args)
{
    Sleep *s = as_sleep(self);
    Value inner = inner_coroutine(vm, s);
    if (value_is_empty(inner))
        return inner;
    if (sleep_state(s) == GEN_CREATED)
        sleep_set_state(s, GEN_SUSPENDED);
    Value r = op_call_method(vm, inner, name, n, args);
    if (is_gen(inner) && as_gen(inner)->f.state == GEN_FINISHED)
        sleep_set_state(s, GEN_FINISHED);
    return r;
}

static Value sleep_m_send(Vm *vm, Value self, const Args *args)
{
    return pass_on(vm, self, vm->names.send, 1, args->v);
}

static Value sleep_m_throw(Vm *vm, Value self, const Args *args)
{
    uint32_t n = 1;
    while (n < 3 && !value_is_empty(args->v[n]))
        n++;
    return pass_on(vm, self, vm->names.throw_, n, args->v);
}

static Value sleep_m_close(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Sleep *s = as_sleep(self);
    if (is_by_hand(s))
        return pass_on(vm, self, vm->names.close, 0, NULL);
    sleep_end(s);
    return VALUE_NONE;
}

static Value sleep_m_await(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Str *name = str_intern(vm, "__await__", 9);
    return name ? pass_on(vm, self, name, 0, NULL) : VALUE_ERROR;
}

static Value sleep_g_name(Vm *vm, Value self)
{
    (void)self;
    Str *s = str_intern(vm, "sleep", 5);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value sleep_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Value name = sleep_g_name(vm, self);
    Str *s = value_is_empty(name) ? NULL : str_printf(vm, "<coroutine object %V at %p>", name, (void *)as_sleep(self));
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static const MethodDef sleep_methods[] = {
    METHOD(sleep, send, "send(value, /)", "One step."),
    METHOD(sleep, throw, "throw(typ, val=..., tb=..., /)", "End it by an exception."),
    METHOD(sleep, close, "close()", "End it."),
    METHOD(sleep, await, "__await__()", "An iterator that drives it."),
    METHOD(sleep, repr, "__repr__()", "Return repr(self)."),
    { 0 }
};

static Value sleep_g_none(Vm *vm, Value self)
{
    (void)vm;
    (void)self;
    return VALUE_NONE;
}

/* The attribute of the coroutine inside, where there is one. */
static Value of_inner(Vm *vm, Value self, const char *attr, Value otherwise)
{
    Value inner = is_by_hand(as_sleep(self)) ? as_sleep(self)->other : VALUE_EMPTY;
    Str *name = value_is_empty(inner) ? NULL : str_intern(vm, attr, strlen(attr));
    return value_is_empty(inner) ? otherwise : name ? attr_get(vm, inner, name) : VALUE_ERROR;
}

static Value sleep_g_suspended(Vm *vm, Value self)
{
    return of_inner(vm, self, "cr_suspended", value_from_bool(sleep_state(as_sleep(self)) == GEN_SUSPENDED));
}

static Value sleep_g_await(Vm *vm, Value self)
{
    return of_inner(vm, self, "cr_await", VALUE_NONE);
}

static Value sleep_g_frame(Vm *vm, Value self)
{
    return of_inner(vm, self, "cr_frame", VALUE_NONE);
}

static Value sleep_g_false(Vm *vm, Value self)
{
    (void)vm;
    (void)self;
    return VALUE_FALSE;
}

static const GetSetDef sleep_getsets[] = {
    { "__name__", "\"sleep\"", sleep_g_name, NULL },
    { "__qualname__", "\"sleep\"", sleep_g_name, NULL },
    { "cr_await", "None: it waits for the loop's clock.", sleep_g_await, NULL },
    { "cr_frame", "None: it has no frame.", sleep_g_frame, NULL },
    { "cr_suspended", "Does it wait?", sleep_g_suspended, NULL },
    { "cr_origin", "None.", sleep_g_none, NULL },
    { "cr_running", "False.", sleep_g_false, NULL },
    { 0 }
};

bool sleep_types_init(Vm *vm)
{
    static const TypeDef def = { .name = "coroutine", .layout = &sleep_layout, .methods = sleep_methods, .getsets = sleep_getsets,
        .flags = TYPE_DISALLOW_NEW };
    Type *t = type_from_def(vm, &def, vm->types.coroutine);
    if (!t)
        return false;
    rt_of(vm)->roots[RT_ROOT_SLEEP_TYPE] = value_from_obj(t);
    rt_of(vm)->sleep_shape = t->root_shape->id;
    return true;
}

static Value sleep_new(Vm *vm, Value given, Value result)
{
    Runtime *rt = rt_of(vm);
    Sleep *s = rt->spare_sleep;
    if (s) {
        rt->spare_sleep = NULL;
        heap_touch(vm, s);
    } else if (!(s = heap_alloc(vm, sizeof *s, KIND_EXT, rt->sleep_shape, 1))) {
        return VALUE_ERROR;
    }
    s->h.flags = GEN_CREATED;
    s->result = result;
    s->given = given;
    s->task = VALUE_NONE;
    s->other = VALUE_EMPTY;
    s->loop = NULL;
    return value_from_obj(s);
}

/* Nobody but the await that is over knew of it. */
static void sleep_reuse(Vm *vm, Obj *o)
{
    Sleep *s = (Sleep *)o;
    if (LIKELY(value_is_empty(s->other) && !(s->h.flags & OBJ_TIMED)))
        rt_of(vm)->spare_sleep = s;
}

Value sleep_call(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Value delay = args->v[0], running = vm->strand->running_loop;
    if (UNLIKELY(!value_is_int48(delay) && !value_is_double(delay) && !value_is_bool(delay)))
        return by_script(vm, delay, args->v[1]);        /* its own methods say what it means */
    if (UNLIKELY(!value_is_none(running) && !(is_loop(vm, running) && loop_is_plain(vm, as_loop(running)))) &&
        (value_is_int48(delay) ? value_int48(delay) > 0 : value_is_true(delay) || value_double(delay) > 0)) {
        Loop *l = loop_running(vm);
        if (!l)
            return VALUE_ERROR;
        if (needs_script(vm, l))
            return by_script(vm, delay, args->v[1]);
    }
    return sleep_new(vm, delay, args->v[1]);
}
