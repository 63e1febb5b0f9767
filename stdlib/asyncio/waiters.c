/* SPDX-License-Identifier: MIT
 * Module _asyncio: bases of asyncio's locks and queues; and futures in deques, who wait. */
#include "stdlib/asyncio/sync.h"
#include "stdlib/modules.h"
#include "vm/objects/dict.h"
#include "vm/objects/str.h"

/* What Future's own methods may be asked past a look-up. */
static bool is_own(Vm *vm, Value fut)
{
    return is_kind(fut, KIND_EXT) && value_obj(fut)->shape == as_type(rt_of(vm)->roots[RT_ROOT_FUTURE_TYPE])->root_shape->id;
}

Value sync_call(Vm *vm, void *self, const char *name, uint32_t n, const Value *args)
{
    Str *s = str_intern(vm, name, strlen(name));
    return s ? op_call_method(vm, value_from_obj(self), s, n, args) : VALUE_ERROR;
}

int sync_ask(Vm *vm, void *self, const char *name)
{
    Value v = sync_call(vm, self, name, 0, NULL);
    return value_is_empty(v) ? -1 : op_truth(vm, v);
}

Value waiter_new(Vm *vm, Obj *self, Value *loop)
{
    Value running = vm->strand->running_loop;
    if (UNLIKELY(!value_same(*loop, running))) {
        if (!value_is_none(*loop))
            return raise_exc(vm, EXC_RuntimeError, "%R is bound to a different event loop", value_from_obj(self));
        heap_set(vm, self, loop, running);
    }
    if (LIKELY(is_loop(vm, running) && loop_is_plain(vm, as_loop(running))))
        return future_new(vm, as_loop(running));
    Str *name = str_intern(vm, "create_future", 13);
    return name ? op_call_method(vm, running, name, 0, NULL) : VALUE_ERROR;
}

bool waiter_line_up(Vm *vm, Obj *self, Value *waiters, Value fut)
{
    if (value_is_none(*waiters)) {
        Deque *d = deque_empty(vm);
        if (!d)
            return false;
        heap_set(vm, self, waiters, value_from_obj(d));
    }
    return deque_append(vm, as_deque(*waiters), fut);
}

Value waiter_add(Vm *vm, Obj *self, Value *loop, Value *waiters)
{
    Value fut = waiter_new(vm, self, loop);
    return !value_is_empty(fut) && waiter_line_up(vm, self, waiters, fut) ? fut : VALUE_ERROR;
}

void waiter_drop(Vm *vm, Value waiters, Value fut)
{
    if (!value_is_none(waiters))
        deque_drop(vm, as_deque(waiters), fut);
}

int waiter_done(Vm *vm, Value fut)
{
    return LIKELY(is_own(vm, fut)) ? future_done(as_future(fut)) : sync_ask(vm, value_obj(fut), "done");
}

int waiter_cancelled(Vm *vm, Value fut)
{
    return LIKELY(is_own(vm, fut)) ? as_future(fut)->state == FUTURE_CANCELLED : sync_ask(vm, value_obj(fut), "cancelled");
}

bool waiter_set(Vm *vm, Value fut, Value result)
{
    if (LIKELY(is_own(vm, fut)))
        return future_set_result(vm, as_future(fut), result);
    return !value_is_empty(sync_call(vm, value_obj(fut), "set_result", 1, &result));
}

bool waiters_assign(Vm *vm, Obj *self, Value *waiters, Value v)
{
    if (value_is_empty(v) || (!value_is_none(v) && !is_deque(vm, v))) {
        raise_exc(vm, EXC_TypeError, "a deque is required");
        return false;
    }
    heap_set(vm, self, waiters, v);
    return true;
}

/* Classes, or instances, as the module that calls made them, from that kind on. */
static Value asyncio_f_plain(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Runtime *rt = rt_of(vm);
    int64_t first = value_int48(args->v[0]);
    for (uint32_t i = 0; i < args->nrest && first + i < (int64_t)COUNT_OF(rt->sync_shapes); i++)
        rt->sync_shapes[first + i] = is_type(args->rest[i]) ? as_type(args->rest[i])->root_shape->id : shape_id_of(args->rest[i]);
    return VALUE_NONE;
}

static const MethodDef functions[] = {
    FUNCTION(asyncio, plain, "_plain(first: int, /, *classes)", "These are what they were made as."),
    { 0 }
};

/* What is in this module in CPython is in asyncio here. */
static bool add_known(Vm *vm, Module *m)
{
    static const char *const names[] = { "Future", "Task", "get_event_loop", "get_running_loop", "_get_running_loop",
        "_set_running_loop", "current_task", "_enter_task", "_leave_task", "_swap_current_task", "_register_task",
        "_unregister_task" };
    Module *from = as_module(rt_import_module(vm, "asyncio"));
    bool ok = true;
    for (size_t i = 0; ok && i < COUNT_OF(names); i++)
        ok = module_set(vm, m, names[i], dict_get_cstr(vm, from->globals, names[i]));
    return ok;
}

Value asyncio_sync_init(Vm *vm)
{
    Module *m = module_new(vm, "_asyncio", "Locks, queues, timeouts and task groups in C.");
    if (!m || value_is_empty(rt_import_module(vm, "_collections")) || !module_add_functions(vm, m, functions))
        return VALUE_ERROR;
    bool ok = locks_add(vm, m) && queues_add(vm, m) && timeouts_add(vm, m) && taskgroups_add(vm, m) &&
              add_known(vm, m);
    return ok ? value_from_obj(m) : VALUE_ERROR;
}
