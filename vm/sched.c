/* SPDX-License-Identifier: MIT */
#include "vm/sched.h"

#include <math.h>

#include "vm/error.h"
#include "vm/frame.h"
#include "vm/heap.h"
#include "vm/objects/str.h"
#include "vm/ops.h"

/* ---- who runs next ---- */
static void reap(Vm *vm)
{
    Strand *s = vm->dead;
    if (!s)
        return;
    vm->dead = NULL;
    strand_free(vm, s);
    mem_free(&vm->alloc, s, sizeof *s);
}

static void resume(Vm *vm, Strand *s)
{
    Strand *me = vm->strand;
    s->run = STRAND_RUNNING;
    if (s == me)
        return;
    vm->strand = s;
    vm->switched_from = me;
    fiber_switch(&me->fiber, &s->fiber, me->run == STRAND_DONE);
    reap(vm);
}

/* One round of the ring from `first`: strands whose deadline has come are ready; the first that is ready, or NULL and
 * the nearest deadline. */
static Strand *pick(Vm *vm, Strand *first, double *nearest)
{
    double now = -1;
    Strand *s = first;
    *nearest = INFINITY;
    do {
        if (vm->main_only && s != &vm->main_strand) {
            s = s->next;
            continue;
        }
        if (s->run == STRAND_WAITING && s->deadline < INFINITY) {
            now = now < 0 ? vm->hooks.now(vm) : now;
            if (s->deadline <= now)
                s->run = STRAND_READY;
            else if (s->deadline < *nearest)
                *nearest = s->deadline;
        }
        if (s->run == STRAND_READY)
            return s;
        s = s->next;
    } while (s != first);
    return NULL;
}

static void run_next(Vm *vm)
{
    Strand *first = vm->strand->next, *s;
    double nearest;
    vm->hooks.idle(vm, 0);
    for (;;) {
        if (atomic_load(&vm->attention) & ATTENTION_SIGNAL)
            vm->main_signal = true;
        if (vm->main_signal && vm->main_strand.run == STRAND_WAITING)
            vm->main_strand.run = STRAND_READY;
        s = pick(vm, first, &nearest);
        if (s)
            break;
        vm->hooks.idle(vm, nearest);
    }
    resume(vm, s);
}

/* ---- waiting ---- */
/* What came in for the main strand while it did not run. */
static void take_signal(Vm *vm)
{
    if (vm->strand == &vm->main_strand && vm->main_signal) {
        vm->main_signal = false;
        vm_attend(vm, ATTENTION_SIGNAL);
    }
}

bool strand_wait(Vm *vm, double deadline)
{
    Strand *s = vm->strand;
    if (s->dropped)
        return vm_checkpoint(vm);
    s->woken = false;
    s->deadline = deadline;
    s->run = STRAND_WAITING;
    run_next(vm);
    s->deadline = INFINITY;
    take_signal(vm);
    return vm_checkpoint(vm);
}

void strand_wake(Strand *s)
{
    s->woken = true;
    if (s->run == STRAND_WAITING)
        s->run = STRAND_READY;
}

void strand_yield(Vm *vm)
{
    if (vm->nstrands < 2 || vm->main_only)
        return;
    vm->strand->run = STRAND_READY;
    run_next(vm);
    take_signal(vm);
}

bool strand_wait_for(Vm *vm, const void *what)
{
    Strand *s = vm->strand;
    s->waits_for = what;
    bool ok = strand_wait(vm, INFINITY);
    s->waits_for = NULL;
    return ok;
}

void strand_wake_for(Vm *vm, const void *what)
{
    for (Strand *s = vm->strand->next; s != vm->strand; s = s->next)
        if (s->waits_for == what)
            strand_wake(s);
}

/* ---- birth and death ---- */
static NORETURN void strand_exit(Vm *vm)
{
    Strand *s = vm->strand, *p = s;
    while (p->next != s)
        p = p->next;
    p->next = s->next;          /* out of the ring, which run_next goes on to walk behind it */
    s->run = STRAND_DONE;
    vm->dead = s;
    if (--vm->nstrands == 1)
        vm->hooks.strands_end(vm);
    if (vm->nstrands == 1 && vm->main_strand.in_loop)
        strand_wake(&vm->main_strand);      /* a host may wait for the threads alone */
    if (s->dropped)
        resume(vm, &vm->main_strand);
    for (;;)                    /* once */
        run_next(vm);
}

static void begin(void *arg)
{
    Vm *vm = arg;
    Strand *s = vm->strand;
    s->entered = true;
    fiber_entered(&s->fiber, &vm->switched_from->fiber);
    reap(vm);
    Value r = op_call_ex(vm, s->entry, as_tuple(s->args), as_dict(s->kwargs));
    if (value_is_empty(r)) {
        Value exc = exc_take(vm);
        if (!s->dropped && !exc_matches(vm, exc, vm->exc[EXC_SystemExit]) && vm->hooks.unraisable) {
            Str *where = str_printf(vm, "in thread started by %R", s->entry);
            vm->hooks.unraisable(vm, exc, where ? str_data(where) : "in a thread", VALUE_EMPTY);
        }
        exc_discard(vm);
    }
    strand_exit(vm);
}

Strand *strand_spawn(Vm *vm, Value fn, Tuple *args, Dict *kwargs)
{
    if (vm->main_only) {
        raise_exc(vm, EXC_PythonFinalizationError, "can't create new thread at interpreter shutdown");
        return NULL;
    }
    Strand *s = mem_alloc(&vm->alloc, sizeof *s);
    if (!s || !strand_init(vm, s)) {
        mem_free(&vm->alloc, s, sizeof *s);
        raise_no_memory(vm);
        return NULL;
    }
    if (!fiber_make(&s->fiber, &vm->alloc, begin, vm)) {
        strand_free(vm, s);
        mem_free(&vm->alloc, s, sizeof *s);
        raise_exc(vm, EXC_RuntimeError, "can't start new thread");
        return NULL;
    }
    s->c_base = s->fiber.high;
    s->c_limit = s->fiber.low + C_STACK_RESERVE;
    s->depth_limit = vm->strand->depth_limit;
    s->entry = fn;
    s->args = value_from_obj(args);
    s->kwargs = value_from_obj(kwargs);
    s->ident = ++vm->next_ident;
    if (vm->nstrands == 1 && !vm->hooks.strands_begin(vm)) {
        strand_free(vm, s);
        mem_free(&vm->alloc, s, sizeof *s);
        return NULL;
    }
    Strand *last = vm->strand;          /* behind all others: they started earlier */
    while (last->next != vm->strand)
        last = last->next;
    s->next = vm->strand;
    last->next = s;
    s->run = STRAND_READY;
    vm->nstrands++;
    return s;
}

bool strand_is_alive(const Vm *vm, uint64_t ident)
{
    const Strand *s = &vm->main_strand;
    do {
        if (s->ident == ident)
            return true;
        s = s->next;
    } while (s != &vm->main_strand);
    return false;
}

/* Out of the ring before it has run at all. */
static void remove_unborn(Vm *vm, Strand *before)
{
    Strand *s = before->next;
    before->next = s->next;
    if (--vm->nstrands == 1)
        vm->hooks.strands_end(vm);
    strand_free(vm, s);
    mem_free(&vm->alloc, s, sizeof *s);
}

void strands_drop(Vm *vm)
{
    Strand *main = &vm->main_strand, *s;
    vm->main_only = true;
    while ((s = main->next) != main) {
        if (!s->entered) {
            remove_unborn(vm, main);
            continue;
        }
        s->dropped = true;
        vm_attend(vm, ATTENTION_SLICE);
        main->run = STRAND_READY;
        resume(vm, s);
    }
    reap(vm);
}
