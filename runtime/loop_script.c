/* SPDX-License-Identifier: MIT
 * Loops with methods of a script's: a subclass that overrides some, an instance with a method put on it, or a class
 * of its own with no more than AbstractEventLoop's interface. What C does for plain loops without a call becomes
 * here the call that asyncio makes: call_soon(task step), call_soon(callback, future) and so on. */
#include "runtime/context.h"
#include "runtime/handle.h"

#include "vm/objects/str.h"

/* ---- what a script has replaced ---- */

static bool method_is_native(Vm *vm, Value v, const char *name)
{
    Str *s = str_intern(vm, name, strlen(name));
    if (!s) {
        exc_discard(vm);
        return true;
    }
    if ((value_obj(v)->flags & OBJ_SUBCLASS) && !value_is_empty(attr_own(vm, value_obj(v), s)))
        return false;
    return is_native(type_lookup(vm, type_of(vm, v), s));
}

bool method_is_ours(Vm *vm, Value f, const char *name)
{
    return method_is_native(vm, f, name);
}

bool loop_overrides(Vm *vm, Loop *l, const char *method)
{
    return !value_is_empty(l->script) || (!loop_is_plain(vm, l) && !method_is_native(vm, value_from_obj(l), method));
}

bool future_inherits_plainly(Vm *vm, Value f)
{
    static const char *const names[] = { "add_done_callback", "result", "get_loop" };
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (!method_is_native(vm, f, names[i]))
            return false;
    return true;
}

Value loop_method(Vm *vm, Loop *l, const char *name, uint32_t n, const Value *args)
{
    Str *s = str_intern(vm, name, strlen(name));
    return s ? op_call_method(vm, loop_value(l), s, n, args) : VALUE_ERROR;
}

bool loop_now(Vm *vm, Loop *l, double *now)
{
    if (loop_is_plain(vm, l) || !loop_overrides(vm, l, "time")) {
        *now = rt_now(l->rt);
        return true;
    }
    Value t = loop_method(vm, l, "time", 0, NULL);
    return !value_is_empty(t) && op_double(vm, t, now);
}

/* ---- what stands for a script's loop ---- */

static void forget_dead(Vm *vm, void *ud)
{
    Runtime *rt = rt_of(vm);
    size_t n = 0;
    (void)ud;
    for (size_t i = 0; i < rt->script_loop_count; i++) {
        Loop *l = rt->script_loops[i];
        if (heap_is_alive(vm, l) && heap_is_alive(vm, value_obj(l->script)))
            rt->script_loops[n++] = l;
    }
    rt->script_loop_count = n;
}

static bool remember(Vm *vm, Runtime *rt, Loop *l)
{
    if (rt->script_loop_count == rt->script_loop_cap) {
        size_t cap = rt->script_loop_cap ? rt->script_loop_cap * 2 : 4;
        Loop **p = mem_resize(&vm->alloc, rt->script_loops, rt->script_loop_cap * sizeof *p, cap * sizeof *p);
        if (!p) {
            raise_no_memory(vm);
            return false;
        }
        rt->script_loops = p;
        rt->script_loop_cap = cap;
    }
    rt->script_loops[rt->script_loop_count++] = l;
    return true;
}

Loop *loop_known(Vm *vm, Value v)
{
    Runtime *rt = rt_of(vm);
    if (is_loop(vm, v))
        return as_loop(v);
    for (size_t i = 0; i < rt->script_loop_count; i++)
        if (value_same(rt->script_loops[i]->script, v))
            return rt->script_loops[i];
    return NULL;
}

/* Anything that knows get_debug() passes for a loop, as in asyncio. */
bool loop_of(Vm *vm, Value v, Loop **out)
{
    Runtime *rt = rt_of(vm);
    if ((*out = loop_known(vm, v)) != NULL)
        return true;
    if (!value_is_obj(v)) {
        raise_exc(vm, EXC_AttributeError, "'%T' object has no attribute 'get_debug'", v);
        return false;
    }
    Loop *l = (Loop *)object_alloc(vm, as_type(rt->roots[RT_ROOT_SCRIPT_LOOP_TYPE]));
    if (!l)
        return false;
    loop_setup(vm, l);
    l->script = v;
    Value debug = loop_method(vm, l, "get_debug", 0, NULL);
    if (value_is_empty(debug))
        return false;
    l->debug = op_truth(vm, debug) > 0;
    exc_discard(vm);
    *out = l;
    return remember(vm, rt, l);
}

/* ---- a task's step as a callable ---- */

typedef struct Step {
    Obj h;
    Value task, exc;            /* exc: what to throw; EMPTY */
} Step;

static void step_trace(Marker *m, Obj *o)
{
    mark_value(m, ((Step *)o)->task);
    mark_value(m, ((Step *)o)->exc);
}

static const TypeLayout step_layout = { .kind = KIND_EXT, .size = sizeof(Step), .trace = step_trace };

static Value step_m_call(Vm *vm, Value self, const Args *args)
{
    Step *s = (Step *)value_obj(self);
    (void)args;
    return task_step(vm, (Task *)value_obj(s->task), s->exc) ? VALUE_NONE : VALUE_ERROR;
}

static Value step_g_self(Vm *vm, Value self)
{
    (void)vm;
    return ((Step *)value_obj(self))->task;
}

static Value step_new(Vm *vm, Value task, Value exc)
{
    Step *s = (Step *)object_alloc(vm, as_type(rt_of(vm)->roots[RT_ROOT_STEP_TYPE]));
    if (!s)
        return VALUE_ERROR;
    s->task = task;
    s->exc = exc;
    return value_from_obj(s);
}

/* What a future calls when it is done; one of another make gives its result by result(). */
static Value wake_up(Vm *vm, Value self, const Args *args)
{
    Task *t = (Task *)value_obj(self);
    Value fut = args->v[0];
    if (is_future(vm, fut) && value_same(t->waiter, fut) && future_is_plain(vm, fut))
        return task_wake(vm, t) ? VALUE_NONE : VALUE_ERROR;
    Str *name = str_intern(vm, "result", 6);
    Value r = name ? op_call_method(vm, fut, name, 0, NULL) : VALUE_ERROR;
    return task_step(vm, t, value_is_empty(r) ? exc_take(vm) : VALUE_EMPTY) ? VALUE_NONE : VALUE_ERROR;
}

static const MethodDef wakeup_def = { "task_wakeup(fut, /)", "What the task waited for is done.", wake_up, 0 };

Value task_wakeup_method(Vm *vm, Task *t)
{
    Native *n = native_new(vm, &wakeup_def, value_from_obj(t), VALUE_EMPTY);
    if (!n)
        return VALUE_ERROR;
    n->owner = as_type(rt_of(vm)->roots[RT_ROOT_TASK_TYPE]);
    return value_from_obj(n);
}

Task *callback_task(Vm *vm, Value fn)
{
    if (is_kind(fn, KIND_EXT) && type_of(vm, fn)->layout == &step_layout)
        return (Task *)value_obj(((Step *)value_obj(fn))->task);
    if (is_native(fn) && as_native(fn)->def == &wakeup_def)
        return (Task *)value_obj(as_native(fn)->self);
    return NULL;
}

static Value child_done(Vm *vm, Value self, const Args *args)
{
    return gather_child_done(vm, (Gather *)value_obj(self), as_future(args->v[0])) ? VALUE_NONE : VALUE_ERROR;
}

static const MethodDef child_def = { "_done_callback(fut, /)", "A child of gather() is done.", child_done, 0 };

/* A context that nobody looked at is EMPTY: make it. */
static bool own_context(Vm *vm, Value *context)
{
    if (!value_is_empty(*context))
        return true;
    Value outer = context_swap(vm, VALUE_EMPTY);
    *context = context_current(vm);
    vm->strand->context = outer;
    return !value_is_empty(*context);
}

Value task_context(Vm *vm, Task *t)
{
    Value c = t->context;
    if (own_context(vm, &c))
        heap_set(vm, t, &t->context, c);
    return c;
}

/* ---- entries as calls ---- */

typedef struct Call {
    Value fn, arg, context;     /* arg EMPTY: none; context NONE: a copy of the current one */
} Call;

static bool entry_as_call(Vm *vm, Value what, Value arg, Call *c)
{
    *c = (Call){ VALUE_ERROR, arg, VALUE_NONE };
    if (is_callback(vm, what)) {
        c->fn = ((Callback *)value_obj(what))->fn;
        c->context = ((Callback *)value_obj(what))->context;
        return own_context(vm, &c->context);
    }
    Future *f = as_future(what);
    if (f->is_gather) {
        Native *n = native_new(vm, &child_def, what, VALUE_EMPTY);
        c->fn = n ? value_from_obj(n) : VALUE_ERROR;
        return n && context_check(vm, VALUE_NONE, &c->context) && own_context(vm, &c->context);
    }
    c->context = task_context(vm, (Task *)f);
    if (is_future(vm, arg)) {
        c->fn = task_wakeup_method(vm, (Task *)f);
    } else {
        c->fn = step_new(vm, what, arg);
        c->arg = VALUE_EMPTY;
    }
    return !value_is_empty(c->fn) && !value_is_empty(c->context);
}

bool loop_post(Vm *vm, Loop *l, Value what, Value arg)
{
    Call c;
    if (type_of(vm, what)->layout == &sleep_layout || type_of(vm, what)->layout == &handle_layout)
        return loop_push(vm, l, what, arg);
    if (!entry_as_call(vm, what, arg, &c))
        return false;
    bool has_arg = !value_is_empty(c.arg);
    if (!loop_overrides(vm, l, "call_soon"))
        return !value_is_empty(loop_call_soon(vm, l, c.fn, &c.arg, has_arg, c.context, "call_soon"));
    Str *name = str_intern(vm, "call_soon", 9);
    Value method = name ? attr_get(vm, loop_value(l), name) : VALUE_ERROR;
    Value args[3] = { c.fn, has_arg ? c.arg : c.context, c.context }, key = value_from_obj(vm->names.context);
    return !value_is_empty(method) && !value_is_empty(op_call_kw(vm, method, 2 + has_arg, args, 1, &key));
}

/* ---- types ---- */

/* From now on each loop is looked at as one of a script's. */
static void type_patched(Vm *vm, const Type *t)
{
    Runtime *rt = rt_of(vm);
    if (type_is_subtype(as_type(rt->roots[RT_ROOT_LOOP_TYPE]), t))
        rt->loop_shape = UINT32_MAX;
}

bool loop_script_init(Vm *vm)
{
    static const MethodDef step_methods[] = {
        METHOD(step, call, "__call__()", "Take the step."),
        { 0 }
    };
    static const GetSetDef step_getsets[] = {
        { "__self__", "The task.", step_g_self, NULL },
        { 0 }
    };
    static const TypeDef step_def = { .name = "TaskStepMethWrapper", .layout = &step_layout, .methods = step_methods,
        .getsets = step_getsets, .flags = TYPE_DISALLOW_NEW };
    static const TypeDef loop_def = { .name = "asyncio._ScriptLoop", .layout = &loop_layout, .flags = TYPE_DISALLOW_NEW };
    Runtime *rt = rt_of(vm);
    Type *step = type_from_def(vm, &step_def, vm->types.object), *t = type_from_def(vm, &loop_def, vm->types.object);
    if (!step || !t)
        return false;
    rt->roots[RT_ROOT_STEP_TYPE] = value_from_obj(step);
    rt->roots[RT_ROOT_SCRIPT_LOOP_TYPE] = value_from_obj(t);
    rt->loop_shape = as_type(rt->roots[RT_ROOT_LOOP_TYPE])->root_shape->id;
    vm->hooks.type_patched = type_patched;
    return heap_add_weak(vm, forget_dead, NULL);
}

void loop_script_free(Runtime *rt)
{
    mem_free(&rt->vm->alloc, rt->script_loops, rt->script_loop_cap * sizeof(Loop *));
    rt->script_loops = NULL;
    rt->script_loop_count = rt->script_loop_cap = 0;
}
