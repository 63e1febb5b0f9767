/* SPDX-License-Identifier: MIT
 * A few threads for calls that block and cannot be waited for otherwise: name services. They are started at first
 * use, see no script, block all signals, and are joined at the end. What is done comes back to the VM's thread. */
#ifndef RUNTIME_WORKERS_H
#define RUNTIME_WORKERS_H

#include "runtime/runtime.h"

typedef struct WorkerJob WorkerJob;
struct WorkerJob {
    WorkerJob *next;
    void (*run)(WorkerJob *job);                /* in the worker; touches nothing of the VM */
    /* In the VM's thread, at a turn of a loop: frees the job. False: an exception that must leave the loop. */
    bool (*done)(Vm *vm, WorkerJob *job, Value callback);
    void (*free)(Vm *vm, WorkerJob *job);       /* nobody will ask for it any more */
    Value callback;                             /* a root while it is on its way */
    Strand *strand;                             /* waits for it */
    struct Loop *loop;                          /* its turn takes what is done; NULL: a strand waits */
    bool over, abandoned;
};

/* Into a worker; done() is called at a turn of the running loop. False: an exception is pending, the job is freed. */
MUST_USE bool workers_post(Vm *vm, WorkerJob *job, Value callback);
/* Run it and wait; with one strand alone it runs right here. False: an exception is pending, and the job is not the
 * caller's any more. */
MUST_USE bool workers_run(Vm *vm, WorkerJob *job, void (*free)(Vm *vm, WorkerJob *job));
MUST_USE bool workers_done(Vm *vm, struct Loop *l);     /* take what is done for that loop */
void workers_look(Vm *vm);        /* wake the strands whose jobs are done */
bool workers_ready(const Runtime *rt);           /* has something been done that nobody has taken yet? */
bool workers_busy(const Runtime *rt);
void workers_free(Runtime *rt);
void workers_forget(Runtime *rt);                /* in a forked child, where the threads are not */

#endif
