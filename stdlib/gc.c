/* SPDX-License-Identifier: MIT
 * Module gc. */
#include "stdlib/modules.h"

#include "vm/objects/int.h"
#include "vm/objects/list.h"

/* What is found is counted nowhere, so the answer is 0. */
static Value gc_f_collect(Vm *vm, Value self, const Args *args)
{
    int64_t generation;
    (void)self;
    if (!op_int64(vm, args->v[0], &generation))
        return VALUE_ERROR;
    if (generation < 0 || generation > 2)
        return raise_exc(vm, EXC_ValueError, "invalid generation");
    heap_collect_completely(vm);
    return value_from_int48(0);
}

/* Collections cannot be switched off; scripts that ask see what they set. */
static Value set_enabled(Vm *vm, bool on)
{
    rt_of(vm)->gc_disabled = !on;
    return VALUE_NONE;
}

static Value gc_f_enable(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return set_enabled(vm, true);
}

static Value gc_f_disable(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return set_enabled(vm, false);
}

static Value gc_f_isenabled(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return value_from_bool(!rt_of(vm)->gc_disabled);
}

static Value three(Vm *vm, int64_t a, int64_t b, int64_t c)
{
    Tuple *t = tuple_pack(vm, (size_t)3, value_from_int48(a), value_from_int48(b), value_from_int48(c));
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static Value gc_f_get_count(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return three(vm, 0, 0, (int64_t)heap_collections(vm));
}

static Value gc_f_get_threshold(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return three(vm, 2000, 10, 0);
}

static Value gc_f_nothing(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)self;
    (void)args;
    return VALUE_NONE;
}

static Value gc_f_is_tracked(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)self;
    Value v = args->v[0];
    return value_from_bool(value_is_obj(v) && !is_str(v) && !is_bytes(v) && !is_bigint(v) && !is_floatobj(v) &&
                           !is_complex(v));
}

static Value gc_f_is_finalized(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)self;
    return value_from_bool(value_is_obj(args->v[0]) && value_obj(args->v[0])->flags & OBJ_FINALIZED);
}

static Value gc_f_list(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    List *l = list_new(vm, 0);
    return l ? value_from_obj(l) : VALUE_ERROR;
}

static const MethodDef functions[] = {
    FUNCTION(gc, collect, "collect(generation=2)", "Run the garbage collector."),
    FUNCTION(gc, enable, "enable()", "Accepted; collections cannot be switched off."),
    FUNCTION(gc, disable, "disable()", "Accepted; collections cannot be switched off."),
    FUNCTION(gc, isenabled, "isenabled()", "Whether enable() or disable() was the last."),
    FUNCTION(gc, get_count, "get_count()", "Three numbers, of which the last counts collections."),
    FUNCTION(gc, get_threshold, "get_threshold()", "CPython's defaults."),
    { "set_threshold(threshold0, threshold1=..., threshold2=..., /)", "Accepted, without effect.", gc_f_nothing, 0 },
    { "freeze()", "Accepted, without effect.", gc_f_nothing, 0 },
    { "unfreeze()", "Accepted, without effect.", gc_f_nothing, 0 },
    FUNCTION(gc, is_tracked, "is_tracked(obj, /)", "Does the collector look into it?"),
    FUNCTION(gc, is_finalized, "is_finalized(obj, /)", "Has its __del__ run?"),
    { "get_objects(generation=None)", "An empty list: objects are not listed.", gc_f_list, 0 },
    { "get_referrers(*objs)", "An empty list: referrers are not known.", gc_f_list, 0 },
    { "get_referents(*objs)", "An empty list: referents are not told.", gc_f_list, 0 },
    { 0 }
};

Value gc_init(Vm *vm)
{
    vm->heap.tidy = true;
    Module *m = module_new(vm, "gc", "The garbage collector.");
    List *garbage = list_new(vm, 0), *callbacks = list_new(vm, 0);
    if (!m || !garbage || !callbacks || !module_add_functions(vm, m, functions) ||
        !module_set(vm, m, "garbage", value_from_obj(garbage)) || !module_set(vm, m, "callbacks", value_from_obj(callbacks)))
        return VALUE_ERROR;
    return value_from_obj(m);
}
