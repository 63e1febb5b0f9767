/* SPDX-License-Identifier: MIT
 * Module atexit: functions that run when the program ends, the last one first. */
#include "runtime/atexit.h"

#include "runtime/runtime.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

/* A list of (function, args, kwargs); None: unregistered. */
static List *entries(Vm *vm)
{
    Value *root = &rt_of(vm)->roots[RT_ROOT_ATEXIT];
    if (value_is_empty(*root)) {
        List *l = list_new(vm, 0);
        if (!l)
            return NULL;
        *root = value_from_obj(l);
    }
    return as_list(*root);
}

static Value atexit_f_register(Vm *vm, Value self, const Args *args)
{
    List *l = entries(vm);
    (void)self;
    if (!args->nrest)
        return raise_exc(vm, EXC_TypeError, "register() takes at least 1 argument (0 given)");
    if (!op_callable(vm, args->rest[0]))
        return raise_exc(vm, EXC_TypeError, "the first argument must be callable");
    Tuple *positional = tuple_from(vm, args->rest + 1, args->nrest - 1);
    Tuple *entry = l && positional ? tuple_pack(vm, (size_t)3, args->rest[0], value_from_obj(positional), args->v[0]) : NULL;
    if (!entry || !list_append(vm, l, value_from_obj(entry)))
        return VALUE_ERROR;
    return args->rest[0];
}

static Value atexit_f_unregister(Vm *vm, Value self, const Args *args)
{
    List *l = entries(vm);
    (void)self;
    if (!l)
        return VALUE_ERROR;
    for (size_t i = 0; i < l->len; i++) {
        Value entry = list_items(l)[i];
        int same = is_tuple(entry) ? op_equal(vm, as_tuple(entry)->items[0], args->v[0]) : 0;
        if (same < 0)
            return VALUE_ERROR;
        if (same && i < l->len)
            heap_set(vm, l->buf, &list_items(l)[i], VALUE_NONE);
    }
    return VALUE_NONE;
}

static Value atexit_f_clear(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    rt_of(vm)->roots[RT_ROOT_ATEXIT] = VALUE_EMPTY;
    return VALUE_NONE;
}

static Value atexit_f_count(Vm *vm, Value self, const Args *args)
{
    List *l = entries(vm);
    (void)self;
    (void)args;
    return l ? value_from_int48((int64_t)l->len) : VALUE_ERROR;
}

void atexit_run(Vm *vm)
{
    for (;;) {
        Value root = rt_of(vm)->roots[RT_ROOT_ATEXIT];
        List *l = is_list(root) ? as_list(root) : NULL;
        if (!l || !l->len)
            return;
        Value entry = list_items(l)[--l->len];
        if (!is_tuple(entry))
            continue;
        const Value *e = as_tuple(entry)->items;
        if (!value_is_empty(op_call_ex(vm, e[0], as_tuple(e[1]), as_dict(e[2]))))
            continue;
        Value exc = exc_take(vm);
        Str *where = str_printf(vm, "in atexit callback %R", e[0]);
        rt_unraisable(vm, exc, where ? str_data(where) : NULL, VALUE_EMPTY);
        exc_discard(vm);
    }
}

static Value atexit_f_run(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    atexit_run(vm);
    return VALUE_NONE;
}

static const MethodDef functions[] = {
    FUNCTION(atexit, register, "register(*args, **kwargs)", "Call a function, with these arguments, when the program ends."),
    FUNCTION(atexit, unregister, "unregister(func, /)", "Forget a function that was registered."),
    FUNCTION(atexit, clear, "_clear()", "Forget all of them."),
    FUNCTION(atexit, count, "_ncallbacks()", "How many were registered; those forgotten count."),
    FUNCTION(atexit, run, "_run_exitfuncs()", "Run and forget all of them."),
    { 0 }
};

Value atexit_init(Vm *vm)
{
    Module *m = module_new(vm, "atexit", "Functions that run when the program ends.");
    return m && module_add_functions(vm, m, functions) ? value_from_obj(m) : VALUE_ERROR;
}
