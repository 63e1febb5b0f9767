/* SPDX-License-Identifier: MIT
 * A module that one strand is loading: others that import it wait until it is complete. Where they would wait for each
 * other in a circle, one gets the module as far as it is. */
#include "runtime/import_lock.h"

#include <math.h>

#include "vm/objects/str.h"
#include "vm/sched.h"

static ImportLock *loading(const Vm *vm, const Str *name)
{
    for (ImportLock *l = rt_of(vm)->importing; l; l = l->next)
        if (str_equal(l->name, name))
            return l;
    return NULL;
}

static ImportLock *waited_for_by(const Vm *vm, const Strand *s)
{
    for (ImportLock *l = rt_of(vm)->importing; l; l = l->next)
        for (const ImportWaiter *w = l->waiters; w; w = w->next)
            if (w->strand == s)
                return l;
    return NULL;
}

/* Does its strand wait, through however many others, for this one? */
static bool is_circle(const Vm *vm, const ImportLock *l)
{
    for (; l; l = waited_for_by(vm, l->strand))
        if (l->strand == vm->strand)
            return true;
    return false;
}

static void forget(Vm *vm, const ImportWaiter *w)
{
    for (ImportLock *l = rt_of(vm)->importing; l; l = l->next)
        for (ImportWaiter **p = &l->waiters; *p; p = &(*p)->next)
            if (*p == w) {
                *p = w->next;
                return;
            }
}

bool import_wait(Vm *vm, Str *name)
{
    ImportLock *l;
    while ((l = loading(vm, name)) && !is_circle(vm, l)) {
        ImportWaiter w = { .strand = vm->strand, .next = l->waiters };
        l->waiters = &w;
        bool ok = strand_wait(vm, INFINITY);
        forget(vm, &w);
        if (!ok)
            return false;
    }
    return true;
}

void import_begin(Vm *vm, ImportLock *l, Str *name)
{
    *l = (ImportLock){ .name = name, .strand = vm->strand, .next = rt_of(vm)->importing };
    rt_of(vm)->importing = l;
}

void import_end(Vm *vm, ImportLock *l)
{
    ImportLock **p = &rt_of(vm)->importing;
    while (*p != l)
        p = &(*p)->next;
    *p = l->next;
    for (ImportWaiter *w = l->waiters; w; w = w->next)
        strand_wake(w->strand);
}
