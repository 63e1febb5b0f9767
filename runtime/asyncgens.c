/* SPDX-License-Identifier: MIT
 * Async generators that were iterated in a loop and are not at their end: the loop closes them when it shuts
 * down, or when one is found dead. They are held weakly, in one table for all loops of the VM; a generator's `ext`
 * is its loop. */
#include "runtime/handle.h"

#include "vm/objects/list.h"
#include "vm/objects/str.h"

static bool is_over(const Gen *g)
{
    return g->f.state == GEN_FINISHED || (g->h.flags & GEN_CLOSED);
}

static void drop_if(Runtime *rt, bool (*out)(Vm *vm, const Gen *g, const void *ud), const void *ud)
{
    size_t n = 0;
    for (size_t i = 0; i < rt->asyncgen_count; i++)
        if (!out(rt->vm, rt->asyncgens[i], ud))
            rt->asyncgens[n++] = rt->asyncgens[i];
    rt->asyncgen_count = n;
}

static bool is_dead(Vm *vm, const Gen *g, const void *ud)
{
    (void)ud;
    return !heap_is_alive(vm, g);
}

static bool has_ended(Vm *vm, const Gen *g, const void *ud)
{
    (void)vm;
    return is_over(g) || g == ud;
}

static void after_marking(Vm *vm, void *ud)
{
    (void)ud;
    drop_if(rt_of(vm), is_dead, NULL);
}

/* Room for one more; those at their end go first. */
static bool reserve(Vm *vm, Runtime *rt)
{
    if (rt->asyncgen_count < rt->asyncgen_cap)
        return true;
    drop_if(rt, has_ended, NULL);
    if (rt->asyncgen_count <= rt->asyncgen_cap / 2 && rt->asyncgen_cap)
        return true;
    size_t cap = rt->asyncgen_cap ? rt->asyncgen_cap * 2 : 16;
    Gen **p = mem_resize(&vm->alloc, rt->asyncgens, rt->asyncgen_cap * sizeof *p, cap * sizeof *p);
    if (!p) {
        raise_no_memory(vm);
        return false;
    }
    rt->asyncgens = p;
    rt->asyncgen_cap = cap;
    return true;
}

static bool first_iteration(Vm *vm, Gen *g)
{
    Runtime *rt = rt_of(vm);
    if (!is_loop(vm, vm->strand->running_loop))
        return true;
    Loop *l = as_loop(vm->strand->running_loop);
    if (l->asyncgens_shut) {
        Str *text = str_printf(vm, "asynchronous generator %R was scheduled after loop.shutdown_asyncgens() call",
                               value_from_obj(g));
        Value keep;
        const char *s = text ? str_c(vm, text, &keep) : NULL;
        if (!s || !vm->hooks.warn(vm, vm->exc[EXC_ResourceWarning], s))
            return false;
    }
    if (!reserve(vm, rt))
        return false;
    rt->asyncgens[rt->asyncgen_count++] = g;
    heap_set(vm, g, &g->ext, value_from_obj(l));
    return true;
}

/* A task of its loop closes it; without a loop it is closed at once, which fails where it has to wait. */
static bool close_dead(Vm *vm, Gen *g)
{
    Value self = value_from_obj(g);
    if (!is_loop(vm, g->ext))
        return gen_close(vm, g);
    drop_if(rt_of(vm), has_ended, g);
    Loop *l = as_loop(g->ext);
    if (l->closed || is_over(g))
        return true;
    Str *aclose = str_intern(vm, "aclose", 6), *create = str_intern(vm, "create_task", 11);
    Value coro = aclose && create ? op_call_method(vm, self, aclose, 0, NULL) : VALUE_ERROR;
    Value fn = value_is_empty(coro) ? coro : attr_get(vm, g->ext, create);
    return !value_is_empty(fn) && !value_is_empty(loop_call_soon(vm, l, fn, &coro, 1, VALUE_NONE, "call_soon_threadsafe"));
}

static void finalize(Vm *vm, Gen *g)
{
    if (close_dead(vm, g))
        return;
    Value exc = exc_take(vm);
    rt_unraisable(vm, exc, NULL, value_from_obj(g));
}

Value asyncgens_take(Vm *vm, Loop *l)
{
    Runtime *rt = rt_of(vm);
    List *left = list_new(vm, 4);
    size_t n = 0;
    l->asyncgens_shut = true;
    for (size_t i = 0; left && i < rt->asyncgen_count; i++) {
        Gen *g = rt->asyncgens[i];
        if (!value_same(g->ext, value_from_obj(l)))
            rt->asyncgens[n++] = g;
        else if (!is_over(g) && !list_append(vm, left, value_from_obj(g)))
            return VALUE_ERROR;
    }
    if (!left)
        return VALUE_ERROR;
    rt->asyncgen_count = n;
    return value_from_obj(left);
}

bool asyncgens_init(Vm *vm)
{
    vm->hooks.agen_first = first_iteration;
    vm->hooks.agen_finalize = finalize;
    return heap_add_weak(vm, after_marking, NULL);
}

void asyncgens_free(Runtime *rt)
{
    mem_free(&rt->vm->alloc, rt->asyncgens, rt->asyncgen_cap * sizeof(Gen *));
    rt->asyncgens = NULL;
    rt->asyncgen_count = rt->asyncgen_cap = 0;
}
