/* SPDX-License-Identifier: MIT
 * The event loop's objects: Future, Task, handles, sleepers, Loop.
 *
 * A Future's callbacks are kept in the order of adding. What waits is stored as itself: a Task (wake it), a
 * GatherFuture (a child is done), or a Callback (call a function in a context). The ready queue holds pairs
 * (what, arg): a Task is stepped, a Handle is run, a Callback is called with the future. So the frequent cases
 * allocate nothing beyond the objects that scripts can see.
 *
 * Task states: waiting (fut_waiter is set) -> ready (in the ready queue) -> running -> waiting | done. cancel()
 * passes on to what it waits for; with nothing to pass on, must_cancel makes the next step raise.
 *
 * All this is for loops in which a script has changed nothing (loop_is_plain). Where call_soon() or the like is a
 * script's own, and for loops that are wholly written in script, loop_script.c makes of each entry the call that
 * asyncio would make. A script's loop is represented here by a Loop of which nothing but `script` and the list of
 * tasks is used. */
#ifndef RUNTIME_LOOP_H
#define RUNTIME_LOOP_H

#include "runtime/runtime.h"
#include "vm/frame.h"

typedef struct Loop Loop;

enum { FUTURE_PENDING, FUTURE_CANCELLED, FUTURE_FINISHED };

typedef struct Future {
    Obj h;
    uint8_t state;              /* FUTURE_* */
    bool failed : 1;            /* FINISHED with an exception in result */
    bool log_traceback : 1;     /* the exception was never retrieved */
    bool blocking : 1;          /* _asyncio_future_blocking */
    bool is_task : 1, is_gather : 1;
    bool must_cancel : 1;       /* tasks: raise CancelledError at the next step */
    bool log_destroy : 1;       /* tasks: complain when collected while pending */
    uint32_t cancel_requests;   /* tasks: those not taken back */
    Loop *loop;
    Value result;               /* value or exception */
    Value callbacks;            /* EMPTY, one entry, or a List of entries */
    Value cancel_message;       /* NONE */
    Value source;               /* debug mode: where it was made; EMPTY */
    Value cancelled_exc;        /* tasks: the CancelledError that ended it, to be raised again; EMPTY. When failed:
                                 * the traceback that the exception came with, until it is raised once */
} Future;

typedef struct Task {
    Future f;
    Value coro;                 /* NONE once done eagerly */
    Value context;              /* EMPTY: an empty one, not made yet */
    Value waiter;               /* what it waits for: Future, Sleep, foreign future; NONE */
    Value name;                 /* Str, or an int N for "Task-N" */
    uint32_t made_at, thrown_at;
    Code *made_code;            /* where it was made, outside of <stdlib>: instruction made_at; NULL: not by script */
    Code *thrown_code;          /* where the last exception was thrown into it: what was cancelled; NULL: none was */
    struct Task *prev, *next;   /* of loop->first_task: those that are not done, in the order of making */
} Task;

typedef struct Gather {         /* asyncio.gather()'s result */
    Future f;
    Tuple *children;            /* futures in argument order, repeated where an argument was */
    uint32_t pending;           /* distinct ones not done yet */
    bool return_exceptions, cancel_requested;
} Gather;

/* asyncio.sleep(): a coroutine in script's eyes. */
typedef struct Sleep {
    Obj h;                      /* flags: SLEEP_*, OBJ_TIMED, EXT_UNSEEN */
    Value result;
    Value given;                /* the delay; a Str: the name of a coroutine that has nothing to do */
    Value task;                 /* who waits; NONE */
    Value other;                /* SLEEP_BY_HAND: a coroutine that does the same; else the future that waits instead, where
                                 * a script may see it; EMPTY: neither */
    Loop *loop;
} Sleep;
#define SLEEP_STATE 3u          /* GEN_* */
#define SLEEP_FIRED 4u
#define SLEEP_BY_HAND 8u
#define OBJ_TIMED 0x0400u       /* flag of a Sleep or Handle: it has a timer in the loop */
static inline unsigned sleep_state(const Sleep *s) { return s->h.flags & SLEEP_STATE; }
static inline void sleep_set_state(Sleep *s, unsigned state) { s->h.flags = (uint16_t)((s->h.flags & ~SLEEP_STATE) | state); }
static inline bool sleep_fired(const Sleep *s) { return s->h.flags & SLEEP_FIRED; }

typedef struct Callback {       /* an entry of Future.callbacks */
    Obj h;
    Value fn, context;
} Callback;

typedef struct Handle {         /* asyncio.Handle and TimerHandle */
    Obj h;                      /* flags: HANDLE_*, OBJ_TIMED */
    Value fn;                   /* NONE once cancelled */
    Value args;                 /* Tuple; once cancelled NONE, in debug mode the repr() before */
    Value context;              /* EMPTY: an empty one, not made yet */
    Loop *loop;
    Value due;                  /* a TimerHandle's time, as it was given; else EMPTY */
    Value source;               /* debug mode: where it was made; EMPTY */
} Handle;
enum {
    HANDLE_TIMER = 1, HANDLE_CANCELLED = 2,
    HANDLE_SCHEDULED = 4,       /* what a loop written in script set */
    HANDLE_QUEUED = 8           /* by a descriptor that is ready: stands in the ready queue */
};

/* An entry of the ready queue. A Task with a Future is woken by it; with anything else it is stepped (arg: the
 * exception to throw, or EMPTY). A Gather is told of a child that is done, a Callback called with the future, a
 * Handle run, a Sleep wakes its task. */
typedef struct Ready {
    Value what, arg;
} Ready;

typedef struct Timer {
    double when;
    Value what;                 /* Handle or Sleep; dead unless OBJ_TIMED is set there; EMPTY: dead */
} Timer;

typedef struct LaneTimer {
    double when;
    Value what;
    uint64_t seq;               /* the order of adding */
} LaneTimer;

typedef struct Lane {           /* a ring; capacity a power of two */
    LaneTimer *items;
    uint32_t cap, head, count;
    uint32_t fresh;             /* as Loop.ready_fresh */
} Lane;
#define LANES 8u

struct Loop {
    Obj h;
    Runtime *rt;
    Ready *ready;               /* ring; capacity a power of two */
    uint32_t ready_cap, ready_head, ready_count;
    uint32_t ready_fresh;       /* those at the end that the collector was not told of; at most ready_count count */
    uint8_t told_live;          /* told of the others when this was vm->heap.live */
    uint32_t since_look;        /* entries run since somebody looked at the clock */
    int64_t last_tick;          /* of the coarse clock, at the last turn */
    bool timers_mixed;          /* all timers are in the heap `timers`; else they are in the lanes */
    Timer *timers;
    uint32_t timer_cap, timer_count, timers_dead;      /* timer_count: dead ones included */
    uint32_t timers_cancelled;  /* dead ones as asyncio counts them */
    uint32_t lane_count;        /* those with entries; lane_last falls */
    uint64_t timer_seq;
    double lane_first[LANES], lane_last[LANES];
    Lane lanes[LANES];
    Task *first_task, *last_task;       /* all that are not done; the collector takes out those that nothing can wake, */
    bool keep_tasks;            /* but not now */
    uint32_t task_count;
    bool running, stopping, closed, debug;
    Value exception_handler, task_factory;
    Value slow_callback_duration;
    Value selector;             /* what it was given, or what a script has asked for; EMPTY: it has none */
    bool has_pipe;              /* a script's selector polls _ssock, to which _csock writes */
    uint32_t stock_selector;    /* shape of a selector of module selectors; 0: it has none */
    double resolution;          /* timers that are so close are due together, in seconds */
    Value main;                 /* what run_until_complete() waits for; EMPTY */
    Value executor;             /* the default one; NONE: not made yet */
    bool executor_shut;         /* shutdown_default_executor() was called */
    Value signal_handlers;      /* Dict of those that add_signal_handler() set, by number; NONE */
    Strand *idle;               /* waits for something to become ready; NULL: nobody */
    bool asyncgens_shut;        /* shutdown_asyncgens() was called */
    bool tracks_origins;        /* debug mode: of coroutines made while it runs */
    uint32_t origin_depth_before;
    Strand *strand;             /* where it runs */
    Value outer_task;           /* where it runs: the task of another loop that began it; kept by the C stack */
    Value current_handle;       /* debug mode: what runs now; EMPTY */
    Value script;               /* the script's object that this one stands for; EMPTY: the loop is this one */
};

/* contexts (context.c) */
MUST_USE Value context_current(Vm *vm);                 /* the Context object of the running code, made if need be */
/* What a new task or callback keeps: a copy of the current context, EMPTY when that is empty. */
MUST_USE bool context_copy(Vm *vm, Value *out);
MUST_USE bool context_check(Vm *vm, Value given, Value *out);   /* an argument context=: None means a copy */
static inline Value context_swap(Vm *vm, Value to)
{
    Value old = vm->strand->context;
    vm->strand->context = to;
    return old;
}

/* future.c */
extern const TypeLayout future_layout, task_layout, gather_layout, sleep_layout, handle_layout, loop_layout;
bool is_future(Vm *vm, Value v);                        /* Future, Task, Gather or a subclass */
static inline Future *as_future(Value v) { return (Future *)value_obj(v); }
static inline bool future_done(const Future *f) { return f->state != FUTURE_PENDING; }
void future_setup(Future *f, Loop *loop);
void future_restarts(Vm *vm, const Future *f);      /* __init__ is called, maybe again */
bool future_is_quiet(const Obj *o);                 /* TypeLayout.quiet */
MUST_USE Value future_new(Vm *vm, Loop *loop);
MUST_USE bool future_set_result(Vm *vm, Future *f, Value v);
MUST_USE bool future_set_exception(Vm *vm, Future *f, Value exc);
/* Finish as cancelled; false in *did when it was done already. */
MUST_USE bool future_cancel_plain(Vm *vm, Future *f, Value msg, bool *did);
/* As future.cancel() would: tasks, gathers and overridden methods do theirs. */
MUST_USE bool future_cancel(Vm *vm, Value f, Value msg, bool *did);
MUST_USE Value future_result(Vm *vm, Future *f);        /* raises what it failed with */
MUST_USE Value future_cancelled_error(Vm *vm, Future *f);       /* a CancelledError to be raised */
MUST_USE bool future_add_callback(Vm *vm, Future *f, Value what);
/* As f.add_done_callback(fn, context=context). */
MUST_USE bool future_call_when_done(Vm *vm, Future *f, Value fn, Value context);
void future_drop_callback(Vm *vm, Future *f, Value what);   /* one entry that is this very object */
bool is_callback(Vm *vm, Value v);
MUST_USE bool future_types_init(Vm *vm);
/* What a dead future or task has to say, to the loop's exception handler. */
void future_last_report(Vm *vm, Future *f, Str *message, Value exc, const char *key);
/* In debug mode, remember where it is made. */
MUST_USE bool future_set_source(Vm *vm, Future *f);
/* Parts of repr(): "pending", " result=1" or nothing, " cb=[…]" or nothing. */
const char *future_state_text(const Future *f);
MUST_USE Str *future_repr_result(Vm *vm, Future *f);
MUST_USE Str *future_repr_callbacks(Vm *vm, Future *f);
MUST_USE bool future_await(Vm *vm, Obj *o, bool first, Value *out);

/* task.c */
MUST_USE Value task_new(Vm *vm, Loop *loop, Value coro, Value name, Value context);
MUST_USE bool task_step(Vm *vm, Task *t, Value exc);    /* false: an exception that must leave the loop */
MUST_USE bool task_wake(Vm *vm, Task *t);               /* what it waited for is done */
MUST_USE bool task_cancel(Vm *vm, Task *t, Value msg, bool *did);
void task_forget(Task *t);                              /* it is done: out of the loop's list */
/* get_loop() of a future of another make, or its _loop where there is no such method. */
MUST_USE Value future_foreign_loop(Vm *vm, Value v);
/* As loop.create_task(coro), with name=name unless that is EMPTY: a method of that name that a script has put there is called. */
MUST_USE Value task_spawn(Vm *vm, Value loop, Value coro, Value name, Value context);
MUST_USE bool task_types_init(Vm *vm);
bool iscoroutinefunction(Vm *vm, Value f);
bool is_coroutine(Vm *vm, Value v);     /* a coroutine, a sleep, or an object with the methods of a coroutine */

/* gather.c, sleep.c */
MUST_USE bool gather_child_done(Vm *vm, Gather *g, Future *child);
MUST_USE bool gather_cancel(Vm *vm, Gather *g, Value msg, bool *did);
MUST_USE bool sleep_cancel(Vm *vm, Sleep *s, Value msg);    /* its task gets CancelledError */
MUST_USE bool sleep_wake(Vm *vm, Sleep *s);              /* a turn's entry: its task goes on at the next turn */
MUST_USE Value gather_call(Vm *vm, Value self, const Args *args);

/* loop.c */
bool is_loop(Vm *vm, Value v);
static inline Loop *as_loop(Value v) { return (Loop *)value_obj(v); }
void loop_setup(Vm *vm, Loop *l);
static inline bool loop_is_plain(Vm *vm, const Loop *l) { return l->h.shape == rt_of(vm)->loop_shape; }
MUST_USE bool loop_ready(Vm *vm, Loop *l, Value what, Value arg);
/* A selector of a script's that is to wait instead of the loop, and knows its descriptors if *registers. EMPTY: none. */
Value loop_script_selector(Vm *vm, Loop *l, bool *registers);
/* The same past any call_soon() of a script's. */
MUST_USE bool loop_push(Vm *vm, Loop *l, Value what, Value arg);
/* The loop's clock, which a script may have replaced. */
MUST_USE bool loop_now(Vm *vm, Loop *l, double *now);
MUST_USE bool loop_add_timer(Vm *vm, Loop *l, double when, Value what);
/* A time is added next that may be equal to others: what is not a delay from now by the real clock. */
MUST_USE bool loop_mix_timers(Vm *vm, Loop *l);
Timer loop_first_timer(Loop *l);                        /* `what` EMPTY and `when` infinite: none */
static inline uint32_t loop_timers(const Loop *l) { return l->timer_count - l->timers_dead; }
/* Those before `due` to the ready queue. */
MUST_USE bool loop_timers_due(Vm *vm, Loop *l, double due);
void loop_remove_timer(Loop *l, Value what);            /* of no effect if it is not there */
void loop_tidy_timers(Loop *l);                          /* at the beginning of a turn */
/* Those in lanes up to `n`; gives how many are left. */
uint32_t loop_mark_timers(Marker *m, Loop *l, uint32_t n);
void loop_timers_fresh(Loop *l);                        /* the collector was told of none */
void loop_forget_timers(Vm *vm, Loop *l);               /* all of them */
void loop_free_timers(Vm *vm, Loop *l);
/* The loop that code runs in, the ambient one where none runs, else None. */
static inline Value loop_current(Vm *vm)
{
    Value l = vm->strand->running_loop, ambient = rt_of(vm)->ambient_loop;
    return value_is_none(l) && !value_is_empty(ambient) ? ambient : l;
}
MUST_USE Loop *loop_running(Vm *vm);                    /* RuntimeError: no running event loop */
MUST_USE Value loop_get_event_loop(Vm *vm);             /* asyncio.get_event_loop() */
MUST_USE bool loop_check_open(Vm *vm, Loop *l);
/* One turn; block when idle and `wait`. False: an exception leaves the loop. */
MUST_USE bool loop_turn(Vm *vm, Loop *l, bool wait);
/* The same from outside, with l as the running loop meanwhile. */
MUST_USE bool loop_host_turn(Vm *vm, Loop *l, bool wait);
MUST_USE bool loop_run_forever(Vm *vm, Loop *l);
Value loop_stop_when_done(Vm *vm, Value self, const Args *args);
MUST_USE Value loop_call_exception_handler(Vm *vm, Loop *l, Value context);
/* The same with {"message": message, "exception": exc, key: what}; exc and what may be EMPTY. False: an exception that
 * must leave the loop. */
MUST_USE bool loop_report(Vm *vm, Loop *l, Str *message, Value exc, const char *key, Value what);
MUST_USE Value loop_default_handler(Vm *vm, Loop *l, Value context);
/* A new loop tells module logging, if that is there, what it polls with; in debug mode, that it is closed. */
MUST_USE bool loop_log_selector(Vm *vm, Value selector);
MUST_USE bool loop_log_close(Vm *vm, Loop *l);
/* Debug mode: a callback that took too long is reported; coroutines remember where they were made; calls from another
 * thread are refused. */
MUST_USE bool loop_check_slow(Vm *vm, Loop *l, Value entry, double took);
void loop_track_origins(Vm *vm, Loop *l, bool on);
MUST_USE bool loop_check_thread(Vm *vm, Loop *l);
/* repr() of bounded length, as reprlib's. */
MUST_USE Str *short_repr(Vm *vm, Value v);
/* "f() at file:3", as reprs and reports name a callback; arguments (a Tuple, or EMPTY) are shown in debug mode. */
MUST_USE Str *callback_text(Vm *vm, Value fn, Value args, bool debug);
/* The pending exception of a callback, to the exception handler. False: it must leave the loop. */
MUST_USE bool loop_callback_failed(Vm *vm, Loop *l, Value fn, Value args);
MUST_USE bool loop_log_warning(Vm *vm, const char *text);
/* A watched descriptor is ready; callbacks that other threads posted. */
MUST_USE bool rt_io_ready(Vm *vm, uint64_t key, unsigned events);
bool rt_io_watches(const Runtime *rt);                   /* is any descriptor watched? */
MUST_USE bool rt_posted(Vm *vm, Loop *l);
/* Nanoseconds until something is due: 0 now, -1 nothing but the outside. */
int64_t loop_timeout_ns(Vm *vm, Loop *l);

/* loop_script.c: loops with methods of a script's */
MUST_USE bool loop_of(Vm *vm, Value v, Loop **out);     /* v itself, or what stands for a script's loop */
Loop *loop_known(Vm *vm, Value v);                      /* the same if there is one already, else NULL */
static inline Value loop_value(Loop *l) { return value_is_empty(l->script) ? value_from_obj(l) : l->script; }
bool loop_overrides(Vm *vm, Loop *l, const char *method);
/* An entry as asyncio's call of a function, and that call as a Handle or by the script's call_soon(). */
MUST_USE bool loop_post(Vm *vm, Loop *l, Value what, Value arg);
/* A method of the loop, as a script would call it. */
MUST_USE Value loop_method(Vm *vm, Loop *l, const char *name, uint32_t n, const Value *args);
/* A method of f's, of that name, is the built-in one. */
bool method_is_ours(Vm *vm, Value f, const char *name);
/* No method that awaiting uses is a script's. */
bool future_inherits_plainly(Vm *vm, Value f);
static inline bool future_is_plain(Vm *vm, Value f)
{
    return !(type_of(vm, f)->flags & TYPE_HEAP) || future_inherits_plainly(vm, f);
}
MUST_USE Value task_context(Vm *vm, Task *t);           /* its Context, made if need be */
MUST_USE Value task_wakeup_method(Vm *vm, Task *t);     /* what a future of another make calls when it is done */
/* The task whose step or wake-up fn is; NULL: something else. */
Task *callback_task(Vm *vm, Value fn);
MUST_USE bool loop_script_init(Vm *vm);
void loop_script_free(Runtime *rt);

/* loop_abstract.c */
/* A method that is written in aio; args: *args, **kwargs. */
MUST_USE Value loop_by_script(Vm *vm, Value self, const char *module, const char *name, const Args *args);
MUST_USE bool loop_abstract_init(Vm *vm);

MUST_USE bool gather_types_init(Vm *vm);
MUST_USE bool sleep_types_init(Vm *vm);
MUST_USE bool loop_types_init(Vm *vm);
MUST_USE Value sleep_call(Vm *vm, Value self, const Args *args);

/* asyncgens.c: async generators on their way to their end */
MUST_USE bool asyncgens_init(Vm *vm);
void asyncgens_free(Runtime *rt);
/* What run_forever() does with sys.set_asyncgen_hooks(). */
void asyncgens_loop_begins(Vm *vm, Loop *l, Value saved[2]);
void asyncgens_loop_ends(Vm *vm, const Value saved[2]);
MUST_USE Value asyncgens_hook(Vm *vm, bool final);      /* the hook in force as scripts see it, or NONE */
MUST_USE bool asyncgens_enter(Vm *vm, Loop *l, Value agen);
MUST_USE bool asyncgens_finalize(Vm *vm, Loop *l, Gen *g);
bool asyncgens_any(Vm *vm, const Loop *l);
MUST_USE Value asyncgens_take(Vm *vm, Loop *l);         /* list of the loop's that are not at their end */

/* asyncio_module.c */
bool asyncio_isfuture(Vm *vm, Value v);                  /* does it speak the protocol of futures? */
/* The future itself, or a task for a coroutine or awaitable; loop NULL: the current one. */
MUST_USE Value asyncio_ensure_future(Vm *vm, Value v, Loop *loop);
MUST_USE bool asyncio_types_init(Vm *vm);
MUST_USE Value asyncio_init(Vm *vm);                    /* the module asyncio */

#endif
