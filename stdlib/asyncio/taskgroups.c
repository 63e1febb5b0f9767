/* SPDX-License-Identifier: MIT
 * TaskGroup: what happens for each task, and entering and leaving. What becomes of errors is asyncio.taskgroups'. */
#include "stdlib/asyncio/sync.h"
#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

typedef struct Group {
    Obj h;
    Value loop, parent;         /* NONE until entered */
    Value tasks;                /* Dict: keys, in the order of making */
    Value errors;               /* List, or NONE at the end */
    Value base_error;           /* KeyboardInterrupt or SystemExit, or NONE */
    Value completed;            /* the future that the end waits for, or NONE */
    Value on_done;              /* _on_task_done, bound; EMPTY: not needed yet */
    bool entered, exiting, aborting, cancel_requested;
} Group;

static Group *as_group(Value v) { return (Group *)value_obj(v); }

static void group_trace(Marker *m, Obj *o) { mark_values(m, &((Group *)o)->loop, 7); }

static const TypeLayout group_layout = { .kind = KIND_EXT, .size = sizeof(Group), .trace = group_trace };

static bool setup(Vm *vm, Group *g)
{
    Dict *tasks = dict_new(vm);
    List *errors = tasks ? list_new(vm, 0) : NULL;
    if (!errors)
        return false;
    g->loop = g->parent = g->base_error = g->completed = VALUE_NONE;
    g->tasks = value_from_obj(tasks);
    g->errors = value_from_obj(errors);
    g->on_done = VALUE_EMPTY;
    g->entered = g->exiting = g->aborting = g->cancel_requested = false;
    heap_touch(vm, g);
    return true;
}

static Value group_m_new(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Group *g = (Group *)object_alloc(vm, as_type(self));
    return g && setup(vm, g) ? value_from_obj(g) : VALUE_ERROR;
}

static Value group_m_init(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return setup(vm, as_group(self)) ? VALUE_NONE : VALUE_ERROR;
}

static bool has_tasks(const Group *g) { return dict_len(as_dict(g->tasks)) != 0; }

/* ---- tasks ---- */

static Value refuse(Vm *vm, Value self, Value coro, const char *why)
{
    if (value_is_empty(sync_call(vm, value_obj(coro), "close", 0, NULL)))
        return VALUE_ERROR;
    return raise_exc(vm, EXC_RuntimeError, "TaskGroup %R %s", self, why);
}

static bool is_own_task(Vm *vm, Value v)
{
    return is_future(vm, v) && as_future(v)->is_task && !(type_of(vm, v)->flags & TYPE_HEAP);
}

static Value spawn(Vm *vm, Group *g, const Args *args)
{
    if (LIKELY(is_loop(vm, g->loop) && loop_is_plain(vm, as_loop(g->loop)) && value_is_none(as_loop(g->loop)->task_factory)))
        return task_spawn(vm, g->loop, args->v[0], args->v[1], args->v[2]);
    return sync_call(vm, g, "_spawn", 3, args->v);
}

static Value on_done(Vm *vm, Group *g)
{
    if (value_is_empty(g->on_done)) {
        Str *name = str_intern(vm, "_on_task_done", 13);
        Value f = name ? attr_get(vm, value_from_obj(g), name) : VALUE_ERROR;
        heap_set(vm, g, &g->on_done, f);
    }
    return g->on_done;
}

static bool watch(Vm *vm, Group *g, Value task)
{
    Value fn = on_done(vm, g);
    if (value_is_empty(fn) || !dict_set(vm, as_dict(g->tasks), task, VALUE_NONE))
        return false;
    if (is_own_task(vm, task))
        return future_call_when_done(vm, as_future(task), fn, VALUE_NONE);
    return !value_is_empty(sync_call(vm, value_obj(task), "add_done_callback", 1, &fn));
}

static Value group_m_create_task(Vm *vm, Value self, const Args *args)
{
    Group *g = as_group(self);
    if (!g->entered)
        return refuse(vm, self, args->v[0], "has not been entered");
    if (g->exiting && !has_tasks(g))
        return refuse(vm, self, args->v[0], "is finished");
    if (g->aborting)
        return refuse(vm, self, args->v[0], "is shutting down");
    Value task = spawn(vm, g, args);
    if (value_is_empty(task))
        return task;
    int done = is_own_task(vm, task) ? future_done(as_future(task)) : sync_ask(vm, value_obj(task), "done");
    if (done > 0)
        done = value_is_empty(sync_call(vm, g, "_on_task_done", 1, &task)) ? -1 : 1;
    return done < 0 || (!done && !watch(vm, g, task)) ? VALUE_ERROR : task;
}

static Value group_m_on_task_done(Vm *vm, Value self, const Args *args)
{
    Group *g = as_group(self);
    Value task = args->v[0];
    if (dict_delete(vm, as_dict(g->tasks), task) < 0)
        return VALUE_ERROR;
    if (!value_is_none(g->completed) && !has_tasks(g)) {
        int done = waiter_done(vm, g->completed);
        if (done < 0 || (!done && !waiter_set(vm, g->completed, VALUE_TRUE)))
            return VALUE_ERROR;
    }
    if (is_own_task(vm, task) && !as_future(task)->failed)
        return VALUE_NONE;
    int cancelled = sync_ask(vm, value_obj(task), "cancelled");
    if (cancelled)
        return cancelled < 0 ? VALUE_ERROR : VALUE_NONE;
    Value exc = sync_call(vm, value_obj(task), "exception", 0, NULL), failed[2] = { task, exc };
    return value_is_empty(exc) || value_is_none(exc) ? exc : sync_call(vm, g, "_on_task_failed", 2, failed);
}

/* ---- async with ---- */

static bool enter(Vm *vm, Coro *c, Value in, Value *out)
{
    Group *g = as_group(c->self);
    (void)in;
    *out = VALUE_ERROR;
    if (g->entered) {
        raise_exc(vm, EXC_RuntimeError, "TaskGroup %R has already been entered", c->self);
        return true;
    }
    if (value_is_none(g->loop)) {
        Loop *l = loop_running(vm);
        if (!l)
            return true;
        heap_set(vm, g, &g->loop, loop_value(l));
    }
    heap_set(vm, g, &g->parent, vm->strand->current_task);
    if (value_is_none(g->parent)) {
        raise_exc(vm, EXC_RuntimeError, "TaskGroup %R cannot determine the parent task", c->self);
        return true;
    }
    g->entered = true;
    *out = c->self;
    return true;
}

static bool was_cancelled(Vm *vm)
{
    return exc_matches(vm, vm->strand->exc, as_type(rt_of(vm)->roots[RT_ROOT_CANCELLED]));
}

/* All have ended. arg: the cancellation that came from outside meanwhile, or NONE. */
static Value finish(Vm *vm, Group *g, Value cancelled)
{
    bool errors = !is_list(g->errors) || as_list(g->errors)->len;
    if (!errors && value_is_none(g->base_error) && !g->cancel_requested && value_is_none(cancelled))
        return VALUE_NONE;
    Value args[3] = { VALUE_NONE, VALUE_NONE, cancelled };
    return sync_call(vm, g, "_finish", 3, args);
}

/* The end of a block that did not fail. Several rounds when the task is cancelled again and again. */
static bool leave(Vm *vm, Coro *c, Value in, Value *out)
{
    Group *g = as_group(c->self);
    *out = VALUE_ERROR;
    g->exiting = true;
    if (c->stage) {
        if (value_is_empty(in) && !was_cancelled(vm))
            return true;
        Value exc = value_is_empty(in) ? exc_take(vm) : VALUE_NONE;
        if (value_is_empty(in) && !g->aborting) {
            heap_set(vm, c, &c->arg, exc);
            if (value_is_empty(sync_call(vm, g, "_abort", 0, NULL)))
                return true;
        }
        g->completed = VALUE_NONE;
    }
    if (!has_tasks(g)) {
        *out = finish(vm, g, c->arg);
        return true;
    }
    c->stage = 1;
    if (value_is_none(g->completed)) {
        Value fut = is_loop(vm, g->loop) && loop_is_plain(vm, as_loop(g->loop)) ? future_new(vm, as_loop(g->loop))
                  : sync_call(vm, value_obj(g->loop), "create_future", 0, NULL);
        if (value_is_empty(fut))
            return true;
        heap_set(vm, g, &g->completed, fut);
    }
    *out = g->completed;
    return false;
}

static const CoroDef enter_def = { "TaskGroup.__aenter__", enter };
static const CoroDef leave_def = { "TaskGroup.__aexit__", leave };

static Value group_m_aenter(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return coro_new(vm, &enter_def, self, VALUE_NONE);
}

static Value group_m_aexit(Vm *vm, Value self, const Args *args)
{
    if (!value_is_none(args->v[0]))
        return sync_call(vm, value_obj(self), "_aexit", 2, args->v);
    return coro_new(vm, &leave_def, self, VALUE_NONE);
}

/* ---- attributes ---- */

#define VALUE_ATTR(name)                                                        \
    static Value group_g_##name(Vm *vm, Value self)                             \
    {                                                                           \
        (void)vm;                                                               \
        return as_group(self)->name;                                            \
    }                                                                           \
    static bool group_s_##name(Vm *vm, Value self, Value v)                     \
    {                                                                           \
        heap_set(vm, as_group(self), &as_group(self)->name, value_is_empty(v) ? VALUE_NONE : v); \
        return true;                                                            \
    }
#define FLAG_ATTR(name)                                                         \
    static Value group_g_##name(Vm *vm, Value self)                             \
    {                                                                           \
        (void)vm;                                                               \
        return value_from_bool(as_group(self)->name);                           \
    }                                                                           \
    static bool group_s_##name(Vm *vm, Value self, Value v)                     \
    {                                                                           \
        int t = value_is_empty(v) ? 0 : op_truth(vm, v);                        \
        as_group(self)->name = t > 0;                                           \
        return t >= 0;                                                          \
    }
VALUE_ATTR(loop)
VALUE_ATTR(parent)
VALUE_ATTR(errors)
VALUE_ATTR(base_error)
VALUE_ATTR(completed)
FLAG_ATTR(entered)
FLAG_ATTR(exiting)
FLAG_ATTR(aborting)
FLAG_ATTR(cancel_requested)

static Value group_g_tasks(Vm *vm, Value self)
{
    (void)vm;
    return as_group(self)->tasks;
}

bool taskgroups_add(Vm *vm, Module *m)
{
    static const MethodDef methods[] = {
        METHOD(group, new, "__new__(*args, **kwargs)", "A group of tasks."),
        SCRIPT_METHOD(group, init, "__init__()", "It has no tasks yet."),
        SCRIPT_METHOD(group, create_task, "create_task(coro, *, name=None, context=None)",
                      "Start a task that belongs to the group."),
        SCRIPT_METHOD(group, on_task_done, "_on_task_done(task)", "A task has ended."),
        ASYNC_METHOD(group, aenter, "__aenter__()", "The running task is its parent."),
        ASYNC_METHOD(group, aexit, "__aexit__(et, exc, tb)", "Wait for all of its tasks."),
        { 0 }
    };
    static const GetSetDef getsets[] = {
        { "_tasks", "Those that have not ended, as keys.", group_g_tasks, NULL },
        { "_loop", "The loop it was entered in.", group_g_loop, group_s_loop },
        { "_parent_task", "The task that entered it.", group_g_parent, group_s_parent },
        { "_errors", "What its tasks failed with.", group_g_errors, group_s_errors },
        { "_base_error", "KeyboardInterrupt or SystemExit.", group_g_base_error, group_s_base_error },
        { "_on_completed_fut", "What its end waits for.", group_g_completed, group_s_completed },
        { "_entered", "Has the block begun?", group_g_entered, group_s_entered },
        { "_exiting", "Has the block ended?", group_g_exiting, group_s_exiting },
        { "_aborting", "Were its tasks cancelled?", group_g_aborting, group_s_aborting },
        { "_parent_cancel_requested", "Was the block cancelled?", group_g_cancel_requested, group_s_cancel_requested },
        { 0 }
    };
    static const TypeDef def = { .name = "_asyncio.TaskGroup", .layout = &group_layout, .methods = methods, .getsets = getsets,
                                 .flags = TYPE_BASE | TYPE_HAS_DICT | TYPE_WEAKREFS };
    Type *t = type_from_def(vm, &def, vm->types.object);
    return t && module_set(vm, m, "TaskGroup", value_from_obj(t));
}
