/* SPDX-License-Identifier: MIT
 * Module _thread: threads of script are strands of the VM, one of which runs at a time. What threading is built on. */
#include "stdlib/modules.h"

#include <math.h>
#include <signal.h>
#include <unistd.h>

#include "runtime/clock.h"
#include "runtime/strands.h"
#include "runtime/structseq.h"
#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"
#include "vm/sched.h"

/* ---- locks ---- */
/* Who waits for a lock: a node on the C stack of the strand. */
typedef struct Waiter {
    Strand *strand;
    struct Waiter *next;
    bool granted;               /* the lock is this strand's now */
} Waiter;

typedef struct ThreadLock {
    Obj h;
    bool recursive;
    uint32_t count;             /* how often it is held: 0, 1, or more when recursive */
    uint64_t owner;             /* ident; of a plain lock just who took it */
    Waiter *first, **last;      /* in the order of coming; last NULL: not set up */
} ThreadLock;

static const TypeLayout lock_layout = { .kind = KIND_EXT, .size = sizeof(ThreadLock) };

static ThreadLock *as_lock(Value v)
{
    ThreadLock *l = (ThreadLock *)value_obj(v);
    if (!l->last)
        l->last = &l->first;
    return l;
}

static void take(ThreadLock *l, const Strand *s)
{
    l->count = 1;
    l->owner = s->ident;
}

static void forget(ThreadLock *l, Waiter *w)
{
    Waiter **p = &l->first;
    while (*p && *p != w)
        p = &(*p)->next;
    if (!*p)
        return;
    *p = w->next;
    if (l->last == &w->next)
        l->last = p;
}

/* The next one in the queue has it. */
static void hand_over(ThreadLock *l)
{
    Waiter *w = l->first;
    l->count = 0;
    if (!w)
        return;
    forget(l, w);
    w->granted = true;
    take(l, w->strand);
    strand_wake(w->strand);
}

/* 1 taken, 0 the deadline came first, -1 an exception is pending. */
static int acquire(Vm *vm, ThreadLock *l, double deadline)
{
    if (l->recursive && l->count && l->owner == vm->strand->ident) {
        l->count++;
        return 1;
    }
    if (!l->count) {
        take(l, vm->strand);
        return 1;
    }
    if (deadline <= 0)
        return 0;
    Waiter w = { .strand = vm->strand };
    *l->last = &w;
    l->last = &w.next;
    while (!w.granted) {
        bool ok = strand_wait(vm, deadline);
        if (ok && (w.granted || rt_now(rt_of(vm)) < deadline))
            continue;
        if (!w.granted)
            forget(l, &w);
        else if (!ok)
            hand_over(l);
        if (!ok)
            return -1;
        break;
    }
    return w.granted;
}

/* The deadline that blocking and timeout mean: 0 for not at all, INFINITY for no limit. */
static bool deadline_of(Vm *vm, const Args *args, double *deadline)
{
    int blocking = op_truth(vm, args->v[0]);
    double timeout = -1;
    if (blocking < 0)
        return false;
    Value seconds = value_is_empty(args->v[1]) || is_float(args->v[1]) ? args->v[1] : op_index(vm, args->v[1]);
    if (vm_pending(vm) || (!value_is_empty(seconds) && !op_double(vm, seconds, &timeout)))
        return false;
    if (timeout != timeout) {
        raise_exc(vm, EXC_ValueError, "Invalid value NaN (not a number)");
        return false;
    }
    if (!blocking && timeout != -1) {
        raise_exc(vm, EXC_ValueError, "can't specify a timeout for a non-blocking call");
        return false;
    }
    if (timeout < 0 && timeout != -1) {
        raise_exc(vm, EXC_ValueError, "timeout value must be a non-negative number");
        return false;
    }
    if (timeout > 9223372036.0) {
        raise_exc(vm, EXC_OverflowError, is_int(args->v[1]) ? "timestamp too large to convert to C PyTime_t"
                                                            : "timestamp out of range for platform time_t");
        return false;
    }
    *deadline = !blocking || timeout == 0 ? 0 : timeout < 0 ? INFINITY : rt_now(rt_of(vm)) + timeout;
    return true;
}

static Value lock_m_acquire(Vm *vm, Value self, const Args *args)
{
    double deadline;
    if (!deadline_of(vm, args, &deadline))
        return VALUE_ERROR;
    int got = acquire(vm, as_lock(self), deadline);
    return got < 0 ? VALUE_ERROR : value_from_bool(got);
}

static Value lock_m_enter(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return acquire(vm, as_lock(self), INFINITY) < 0 ? VALUE_ERROR : VALUE_TRUE;
}

static Value lock_m_release(Vm *vm, Value self, const Args *args)
{
    ThreadLock *l = as_lock(self);
    (void)args;
    if (l->recursive && (!l->count || l->owner != vm->strand->ident))
        return raise_exc(vm, EXC_RuntimeError, "cannot release un-acquired lock");
    if (!l->count)
        return raise_exc(vm, EXC_RuntimeError, "release unlocked lock");
    if (--l->count == 0)
        hand_over(l);
    return VALUE_NONE;
}

static Value lock_m_exit(Vm *vm, Value self, const Args *args)
{
    return lock_m_release(vm, self, args);
}

static Value lock_m_locked(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return value_from_bool(as_lock(self)->count != 0);
}

static Value lock_m_repr(Vm *vm, Value self, const Args *args)
{
    ThreadLock *l = as_lock(self);
    (void)args;
    const char *state = l->count ? "locked" : "unlocked";
    Str *s = l->recursive
           ? str_printf(vm, "<%s %T object owner=%llu count=%u at %p>", state, self,
                        (unsigned long long)(l->count ? l->owner : 0), l->count, (void *)l)
           : str_printf(vm, "<%s %T object at %p>", state, self, (void *)l);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value lock_m_reinit(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    as_lock(self)->count = 0;
    return VALUE_NONE;
}

static Value lock_new(Vm *vm, Type *t, bool recursive)
{
    ThreadLock *l = (ThreadLock *)object_alloc(vm, t);
    if (!l)
        return VALUE_ERROR;
    l->recursive = recursive;
    return value_from_obj(l);
}

static Value lock_m_new(Vm *vm, Value self, const Args *args)
{
    if (args->nrest)
        return raise_exc(vm, EXC_TypeError, "lock expected 0 arguments, got %u", (unsigned)args->nrest);
    return lock_new(vm, as_type(self), false);
}

static Value rlock_m_new(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return lock_new(vm, as_type(self), true);
}

/* For Condition: let go of all levels, and take them again. */
static Value rlock_m_is_owned(Vm *vm, Value self, const Args *args)
{
    ThreadLock *l = as_lock(self);
    (void)args;
    return value_from_bool(l->count && l->owner == vm->strand->ident);
}

static Value rlock_m_release_save(Vm *vm, Value self, const Args *args)
{
    ThreadLock *l = as_lock(self);
    (void)args;
    if (!l->count)
        return raise_exc(vm, EXC_RuntimeError, "cannot release un-acquired lock");
    Tuple *t = tuple_pack(vm, 2, value_from_int48(l->count), value_from_int48((int64_t)l->owner));
    if (!t)
        return VALUE_ERROR;
    hand_over(l);
    return value_from_obj(t);
}

static Value rlock_m_acquire_restore(Vm *vm, Value self, const Args *args)
{
    ThreadLock *l = as_lock(self);
    Value state = args->v[0];
    int64_t count;
    if (!is_tuple(state) || as_tuple(state)->len != 2 || !op_int64(vm, as_tuple(state)->items[0], &count))
        return raise_exc(vm, EXC_TypeError, "a state of _release_save() is required");
    if (acquire(vm, l, INFINITY) < 0)
        return VALUE_ERROR;
    l->count = (uint32_t)count;
    return VALUE_NONE;
}

static Value rlock_m_recursion_count(Vm *vm, Value self, const Args *args)
{
    ThreadLock *l = as_lock(self);
    (void)args;
    return value_from_int48(l->count && l->owner == vm->strand->ident ? l->count : 0);
}

#define LOCK_METHODS                                                                                                  \
    METHOD(lock, acquire, "acquire(blocking=True, timeout=-1)",                                                       \
           "Take the lock; wait for it if blocking, at most timeout seconds (-1: no limit). True when it was taken."), \
    METHOD(lock, release, "release()", "Let go of the lock; the one that waits longest has it then."),                \
    METHOD(lock, enter, "__enter__()", "Take the lock."),                                                             \
    METHOD(lock, exit, "__exit__(*args)", "Let go of the lock."),                                                     \
    METHOD(lock, repr, "__repr__()", "Return repr(self)."),                                                           \
    METHOD(lock, reinit, "_at_fork_reinit()", "Unlocked, whatever it was.")

static const MethodDef lock_methods[] = {
    METHOD(lock, new, "__new__(*args)", "A lock that nobody holds."),
    LOCK_METHODS,
    METHOD(lock, locked, "locked()", "Does anybody hold it?"),
    METHOD(lock, acquire, "acquire_lock(blocking=True, timeout=-1)", "An old name of acquire()."),
    METHOD(lock, release, "release_lock()", "An old name of release()."),
    METHOD(lock, locked, "locked_lock()", "An old name of locked()."),
    { 0 }
};
static const MethodDef rlock_methods[] = {
    METHOD(rlock, new, "__new__(*args, **kwargs)", "A lock that its owner can take again."),
    LOCK_METHODS,
    METHOD(rlock, is_owned, "_is_owned()", "Does this thread hold it?"),
    METHOD(rlock, release_save, "_release_save()", "Let go of all levels; a state for _acquire_restore()."),
    METHOD(rlock, acquire_restore, "_acquire_restore(state, /)", "Take it as it was."),
    METHOD(rlock, recursion_count, "_recursion_count()", "How often this thread holds it."),
    { 0 }
};

/* ---- functions ---- */
static Value thread_f_start_new_thread(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (!op_callable(vm, args->v[0]))
        return raise_exc(vm, EXC_TypeError, "first arg must be callable");
    if (!is_tuple(args->v[1]))
        return raise_exc(vm, EXC_TypeError, "2nd arg must be a tuple");
    if (!value_is_empty(args->v[2]) && !is_dict(args->v[2]))
        return raise_exc(vm, EXC_TypeError, "optional 3rd arg must be a dictionary");
    Dict *kwargs = value_is_empty(args->v[2]) ? dict_new(vm) : as_dict(args->v[2]);
    if (!kwargs || !rt_allowed(vm, ALLOW_THREADS, "starting threads"))
        return VALUE_ERROR;
    Strand *s = strand_spawn(vm, args->v[0], as_tuple(args->v[1]), kwargs);
    return s ? value_from_int48((int64_t)s->ident) : VALUE_ERROR;
}

static Value thread_f_get_ident(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return value_from_int48((int64_t)vm->strand->ident);
}

static Value thread_f_main_ident(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return value_from_int48((int64_t)vm->main_strand.ident);
}

static Value thread_f_count(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return value_from_int48(vm->nstrands - 1);
}

static Value thread_f_exit(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return raise_args(vm, EXC_SystemExit, 0, NULL);
}

static Value thread_f_locals(Vm *vm, Value self, const Args *args)
{
    Strand *s = vm->strand;
    (void)self;
    (void)args;
    if (value_is_empty(s->locals)) {
        Dict *d = dict_new(vm);
        if (!d)
            return VALUE_ERROR;
        s->locals = value_from_obj(d);
    }
    return s->locals;
}

static Value thread_f_interrupt_main(Vm *vm, Value self, const Args *args)
{
    int64_t signo;
    (void)self;
    if (!op_int64(vm, args->v[0], &signo))
        return VALUE_ERROR;
    if (signo <= 0 || signo >= 65)
        return raise_exc(vm, EXC_ValueError, "signal number out of range");
    atomic_fetch_or(&rt_of(vm)->signals, UINT64_C(1) << (signo & 63));
    vm_attend(vm, ATTENTION_SIGNAL);
    return VALUE_NONE;
}

static Value thread_f_stack_size(Vm *vm, Value self, const Args *args)
{
    Runtime *rt = rt_of(vm);
    int64_t size, old = rt->thread_stack_size;
    (void)self;
    if (!op_int64(vm, args->v[0], &size))
        return VALUE_ERROR;
    if (size < 0)
        return raise_exc(vm, EXC_ValueError, "size must be 0 or a positive value");
    if (size && size < 32768)
        return raise_exc(vm, EXC_ValueError, "size not valid: %lld bytes", (long long)size);
    rt->thread_stack_size = size;       /* remembered: stacks grow as they need */
    return value_from_int48(old);
}

static Value thread_f_native_id(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return value_from_int48((int64_t)getpid() + (int64_t)vm->strand->ident - (int64_t)vm->main_strand.ident);
}

static Value thread_f_main_native_id(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)self;
    (void)args;
    return value_from_int48(getpid());
}

static Value thread_f_is_alive(Vm *vm, Value self, const Args *args)
{
    int64_t ident;
    (void)self;
    return op_int64(vm, args->v[0], &ident) ? value_from_bool(strand_is_alive(vm, (uint64_t)ident)) : VALUE_ERROR;
}

static Value thread_f_yield(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    strand_yield(vm);
    return vm_checkpoint(vm) ? VALUE_NONE : VALUE_ERROR;
}

static const MethodDef functions[] = {
    FUNCTION(thread, start_new_thread, "start_new_thread(function, args, kwargs=..., /)",
             "Run function(*args, **kwargs) in a thread of its own; the thread's ident."),
    FUNCTION(thread, get_ident, "get_ident()", "The number of this thread."),
    FUNCTION(thread, native_id, "get_native_id()", "The system's number of the main thread; others count on from there."),
    FUNCTION(thread, main_native_id, "_main_native_id()", "The system's number of the main thread."),
    FUNCTION(thread, is_alive, "_is_alive(ident, /)", "Is there a thread of that number?"),
    FUNCTION(thread, main_ident, "_get_main_thread_ident()", "The number of the main thread."),
    FUNCTION(thread, count, "_count()", "How many threads there are beside the main one."),
    FUNCTION(thread, exit, "exit()", "End this thread, by raising SystemExit."),
    FUNCTION(thread, locals, "_locals()", "A dict of this thread's own."),
    FUNCTION(thread, interrupt_main, "interrupt_main(signum=2, /)", "As if the signal had come: the main thread handles it."),
    FUNCTION(thread, stack_size, "stack_size(size=0, /)", "What was set before; stacks grow as they need."),
    FUNCTION(thread, yield, "_yield()", "Let other threads go first."),
    { 0 }
};

Value thread_init(Vm *vm)
{
    static const TypeDef lock_def = { .name = "_thread.lock", .doc = "A lock: one holder at a time.", .layout = &lock_layout,
                                      .methods = lock_methods, .flags = TYPE_WEAKREFS };
    static const TypeDef rlock_def = { .name = "_thread.RLock", .doc = "A lock that its holder can take again.",
                                       .layout = &lock_layout, .methods = rlock_methods, .flags = TYPE_BASE | TYPE_WEAKREFS };
    Module *m = module_new(vm, "_thread", "Threads: strands of this interpreter, one of which runs at a time.");
    Type *lock = m ? type_from_def(vm, &lock_def, vm->types.object) : NULL;
    static const char *const hook_fields[] = { "exc_type", "exc_value", "exc_traceback", "thread", NULL };
    Type *hook_args = structseq_type(vm, "_thread._ExceptHookArgs", hook_fields, 4);
    Type *rlock = lock ? type_from_def(vm, &rlock_def, vm->types.object) : NULL;
    if (!rlock || !hook_args || !module_set(vm, m, "_ExceptHookArgs", value_from_obj(hook_args)) || !thread_add_local(vm, m) ||
        !module_add_functions(vm, m, functions) || !module_set(vm, m, "LockType", value_from_obj(lock)) ||
        !module_set(vm, m, "lock", value_from_obj(lock)) || !module_set(vm, m, "allocate_lock", value_from_obj(lock)) ||
        !module_set(vm, m, "RLock", value_from_obj(rlock)) ||
        !module_set(vm, m, "error", value_from_obj(vm->exc[EXC_RuntimeError])) ||
        !module_set(vm, m, "TIMEOUT_MAX", value_from_double(9223372036.0)))
        return VALUE_ERROR;
    return value_from_obj(m);
}
