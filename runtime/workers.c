/* SPDX-License-Identifier: MIT
 * Worker threads. Jobs wait in one list and come back in another, both with the lock; the VM's thread is woken through
 * the poller. */
#include "runtime/workers.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>

#include "runtime/io_watch.h"
#include "vm/sched.h"

#define WORKERS_MAX 4

struct Workers {
    Runtime *rt;
    pthread_mutex_t lock;
    pthread_cond_t more;
    pthread_t threads[WORKERS_MAX];
    int count, idle;                    /* of threads */
    WorkerJob *first, **last;           /* not begun */
    _Atomic(WorkerJob *) done;          /* newest first */
    int underway;                       /* posted and not yet taken; the VM's thread alone */
    bool over;
};

static void *work(void *arg)
{
    Workers *w = arg;
    pthread_mutex_lock(&w->lock);
    for (;;) {
        while (!w->first && !w->over) {
            w->idle++;
            pthread_cond_wait(&w->more, &w->lock);
            w->idle--;
        }
        if (w->over)
            break;
        WorkerJob *job = w->first;
        if (!(w->first = job->next))
            w->last = &w->first;
        pthread_mutex_unlock(&w->lock);
        job->run(job);
        job->next = atomic_load(&w->done);
        while (!atomic_compare_exchange_weak(&w->done, &job->next, job))
            ;
        rt_wake(w->rt);
        pthread_mutex_lock(&w->lock);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

static Workers *workers(Vm *vm)
{
    Runtime *rt = rt_of(vm);
    if (rt->workers)
        return rt->workers;
    Workers *w = rt_need_poller(vm) ? mem_alloc(&vm->alloc, sizeof *w) : NULL;
    if (!w) {
        if (!vm_pending(vm))
            raise_no_memory(vm);
        return NULL;
    }
    memset(w, 0, sizeof *w);
    w->rt = rt;
    w->last = &w->first;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->more, NULL);
    return rt->workers = w;
}

static bool start_thread(Workers *w)
{
    sigset_t all, old;                  /* signals are for the VM's thread */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    bool ok = pthread_create(&w->threads[w->count], NULL, work, w) == 0;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    w->count += ok;
    return ok;
}

/* False: there is no thread for it. */
static bool submit(Workers *w, WorkerJob *job)
{
    pthread_mutex_lock(&w->lock);
    bool ok = true;
    if (!w->idle || w->first)
        ok = w->count < WORKERS_MAX ? start_thread(w) || w->count : true;
    if (ok) {
        job->next = NULL;
        *w->last = job;
        w->last = &job->next;
        pthread_cond_signal(&w->more);
        w->underway++;
    }
    pthread_mutex_unlock(&w->lock);
    return ok;
}

static void trace(Vm *vm, Marker *m, void *ud)
{
    (void)vm;
    mark_value(m, ((WorkerJob *)ud)->callback);
    mark_obj(m, ((WorkerJob *)ud)->loop);
}

bool workers_post(Vm *vm, WorkerJob *job, Value callback)
{
    Loop *l = loop_running(vm);
    Workers *w = l ? workers(vm) : NULL;
    job->callback = callback;
    job->loop = l;
    if (w && heap_add_roots(vm, trace, job)) {
        if (submit(w, job))
            return true;
        heap_remove_roots(vm, trace, job);
        raise_exc(vm, EXC_RuntimeError, "can't start new thread");
    }
    job->free(vm, job);
    return false;
}

/* Jobs of strands are marked and their strands woken; those of other loops stay for them. */
static WorkerJob *take(Vm *vm, Workers *w, const Loop *l)
{
    WorkerJob *job = atomic_exchange(&w->done, NULL), *mine = NULL, *next, *others = NULL;
    for (; job; job = next) {
        next = job->next;
        if (l && job->loop && (job->loop == l || job->loop->closed)) {
            job->next = mine;           /* oldest first again */
            mine = job;
            w->underway--;
        } else if (job->loop) {
            job->next = others;
            others = job;
        } else {
            w->underway--;
            job->over = true;
            if (job->abandoned)
                job->free(vm, job);
            else if (job->strand)
                strand_wake(job->strand);
        }
    }
    for (; others; others = next) {
        next = others->next;
        if (others->loop->idle)
            strand_wake(others->loop->idle);
        others->next = atomic_load(&w->done);
        while (!atomic_compare_exchange_weak(&w->done, &others->next, others))
            ;
    }
    return mine;
}

bool workers_done(Vm *vm, Loop *l)
{
    Workers *w = rt_of(vm)->workers;
    if (!w || !atomic_load(&w->done))
        return true;
    bool ok = true;
    for (WorkerJob *job = take(vm, w, l), *next; job; job = next) {
        next = job->next;
        Value callback = job->callback;
        bool closed = job->loop->closed;
        heap_remove_roots(vm, trace, job);
        if (closed || !ok)
            job->free(vm, job);
        else
            ok = job->done(vm, job, callback);
    }
    return ok;
}

void workers_look(Vm *vm)
{
    Workers *w = rt_of(vm)->workers;
    if (w && atomic_load(&w->done) && take(vm, w, NULL))
        return;                         /* with no loop, nothing is taken */
}

bool workers_run(Vm *vm, WorkerJob *job, void (*free_job)(Vm *vm, WorkerJob *job))
{
    Workers *w = vm->nstrands > 1 && !vm->main_only ? workers(vm) : NULL;
    job->free = free_job;
    job->callback = VALUE_EMPTY;
    exc_discard(vm);
    job->strand = vm->strand;
    if (!w || !submit(w, job)) {
        job->run(job);
        return true;
    }
    while (!job->over) {
        bool ok = strand_wait(vm, INFINITY);
        take(vm, w, NULL);
        if (!ok && !job->over) {
            job->abandoned = true;
            job->strand = NULL;
            return false;
        }
    }
    return true;
}

bool workers_ready(const Runtime *rt)
{
    return rt->workers && atomic_load(&rt->workers->done);
}

bool workers_busy(const Runtime *rt)
{
    return rt->workers && rt->workers->underway;
}

void workers_forget(Runtime *rt)
{
    Workers *w = rt->workers;
    rt->workers = NULL;
    mem_free(&rt->vm->alloc, w, w ? sizeof *w : 0);
}

void workers_free(Runtime *rt)
{
    Workers *w = rt->workers;
    if (!w)
        return;
    rt->workers = NULL;
    pthread_mutex_lock(&w->lock);
    w->over = true;
    pthread_cond_broadcast(&w->more);
    pthread_mutex_unlock(&w->lock);
    for (int i = 0; i < w->count; i++)
        pthread_join(w->threads[i], NULL);
    WorkerJob *done = atomic_load(&w->done);
    for (int list = 0; list < 2; list++)
        for (WorkerJob *job = list ? w->first : done, *next; job; job = next) {
            next = job->next;
            heap_remove_roots(rt->vm, trace, job);
            job->free(rt->vm, job);
        }
    pthread_cond_destroy(&w->more);
    pthread_mutex_destroy(&w->lock);
    mem_free(&rt->vm->alloc, w, sizeof *w);
}
