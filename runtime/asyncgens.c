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
        if (!out(rt->vm, rt->asyncgens[i].gen, ud))
            rt->asyncgens[n++] = rt->asyncgens[i];
    rt->asyncgen_count = n;
}

static bool has_ended(Vm *vm, const Gen *g, const void *ud)
{
    (void)vm;
    return is_over(g) || g == ud;
}

static void after_marking(Vm *vm, void *ud)
{
    Runtime *rt = rt_of(vm);
    size_t n = 0;
    (void)ud;
    for (size_t i = 0; i < rt->asyncgen_count; i++)
        if (heap_is_alive(vm, rt->asyncgens[i].gen) && heap_is_alive(vm, rt->asyncgens[i].loop))
            rt->asyncgens[n++] = rt->asyncgens[i];
    rt->asyncgen_count = n;
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
    void *p = mem_resize(&vm->alloc, rt->asyncgens, rt->asyncgen_cap * sizeof *rt->asyncgens, cap * sizeof *rt->asyncgens);
    if (!p) {
        raise_no_memory(vm);
        return false;
    }
    rt->asyncgens = p;
    rt->asyncgen_cap = cap;
    return true;
}

/* The loop is told of it, and finalizes it. */
static bool enters_loop(Vm *vm, Loop *l, Gen *g)
{
    Runtime *rt = rt_of(vm);
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
    rt->asyncgens[rt->asyncgen_count].gen = g;
    rt->asyncgens[rt->asyncgen_count++].loop = l;
    return true;
}

static bool first_iteration(Vm *vm, Gen *g)
{
    Strand *s = vm->strand;
    Value loop = is_loop(vm, s->running_loop) ? s->running_loop : VALUE_EMPTY;
    heap_set(vm, g, &g->ext, value_is_bool(s->agen_final) ? loop : s->agen_final);
    if (value_is_empty(s->agen_first))
        return true;
    if (value_is_bool(s->agen_first))
        return value_is_empty(loop) || enters_loop(vm, as_loop(loop), g);
    return !value_is_empty(op_call1(vm, s->agen_first, value_from_obj(g)));
}

void asyncgens_loop_begins(Vm *vm, Loop *l, Value saved[2])
{
    Strand *s = vm->strand;
    saved[0] = s->agen_first;
    saved[1] = s->agen_final;
    s->agen_first = s->agen_final = VALUE_TRUE;
    if (LIKELY(loop_is_plain(vm, l)))
        return;
    static const char *const names[] = { "_asyncgen_firstiter_hook", "_asyncgen_finalizer_hook" };
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (loop_overrides(vm, l, names[i])) {
            Str *name = str_intern(vm, names[i], strlen(names[i]));
            Value hook = name ? attr_get(vm, value_from_obj(l), name) : VALUE_ERROR;
            if (value_is_empty(hook))
                exc_discard(vm);
            else
                *(i ? &s->agen_final : &s->agen_first) = hook;
        }
}

void asyncgens_loop_ends(Vm *vm, const Value saved[2])
{
    vm->strand->agen_first = saved[0];
    vm->strand->agen_final = saved[1];
}

Value asyncgens_hook(Vm *vm, bool final)
{
    Value hook = final ? vm->strand->agen_final : vm->strand->agen_first;
    if (value_is_empty(hook) || !value_is_bool(hook))
        return value_is_empty(hook) ? VALUE_NONE : hook;
    Str *name = str_cstr(vm, final ? "_asyncgen_finalizer_hook" : "_asyncgen_firstiter_hook");
    return name ? attr_get(vm, vm->strand->running_loop, name) : VALUE_ERROR;
}

bool asyncgens_enter(Vm *vm, Loop *l, Value agen)
{
    return !is_gen(agen) || enters_loop(vm, l, as_gen(agen));
}

/* A task of its loop closes it; without a loop it is closed at once, which fails where it has to wait. */
static bool close_dead(Vm *vm, Gen *g)
{
    if (value_is_empty(g->ext))
        return gen_close(vm, g);
    if (!is_loop(vm, g->ext))
        return !value_is_empty(op_call1(vm, g->ext, value_from_obj(g)));
    return asyncgens_finalize(vm, as_loop(g->ext), g);
}

bool asyncgens_finalize(Vm *vm, Loop *l, Gen *g)
{
    Value self = value_from_obj(g);
    drop_if(rt_of(vm), has_ended, g);
    if (l->closed || is_over(g))
        return true;
    Str *aclose = str_intern(vm, "aclose", 6), *create = str_intern(vm, "create_task", 11);
    Value args[2] = { VALUE_EMPTY, aclose && create ? op_call_method(vm, self, aclose, 0, NULL) : VALUE_ERROR };
    args[0] = value_is_empty(args[1]) ? VALUE_ERROR : attr_get(vm, value_from_obj(l), create);
    return !value_is_empty(args[0]) && !value_is_empty(loop_method(vm, l, "call_soon_threadsafe", 2, args));
}

static void finalize(Vm *vm, Gen *g)
{
    if (close_dead(vm, g))
        return;
    Value exc = exc_take(vm);
    rt_unraisable(vm, exc, NULL, value_from_obj(g));
}

bool asyncgens_any(Vm *vm, const Loop *l)
{
    const Runtime *rt = rt_of(vm);
    for (size_t i = 0; i < rt->asyncgen_count; i++)
        if (rt->asyncgens[i].loop == l && !is_over(rt->asyncgens[i].gen))
            return true;
    return false;
}

Value asyncgens_take(Vm *vm, Loop *l)
{
    Runtime *rt = rt_of(vm);
    List *left = list_new(vm, 4);
    size_t n = 0;
    l->asyncgens_shut = true;
    for (size_t i = 0; left && i < rt->asyncgen_count; i++) {
        Gen *g = rt->asyncgens[i].gen;
        if (rt->asyncgens[i].loop != l)
            rt->asyncgens[n++] = rt->asyncgens[i];
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
    mem_free(&rt->vm->alloc, rt->asyncgens, rt->asyncgen_cap * sizeof *rt->asyncgens);
    rt->asyncgens = NULL;
    rt->asyncgen_count = rt->asyncgen_cap = 0;
}
