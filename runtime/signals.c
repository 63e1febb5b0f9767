/* SPDX-License-Identifier: MIT
 * Signals on their way to script: the process's handler marks them in the VM that claimed them and wakes it; they
 * are handled at the next checkpoint. */
#include "runtime/signals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "runtime/io_watch.h"
#include "runtime/report.h"
#include "vm/frame.h"
#include "vm/objects/int.h"
#include "vm/objects/str.h"

/* The one process-wide table: which runtime has claimed a signal, and what was there before. */
static struct {
    pthread_mutex_t lock;
    _Atomic(Runtime *) owner[SIGNAL_COUNT];
    struct sigaction before[SIGNAL_COUNT];
} table = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* For select() loops of a script's own. */
static void write_wakeup(Runtime *rt, int signo)
{
    int fd = atomic_load(&rt->wakeup_fd) - 1;
    unsigned char byte = (unsigned char)signo;
    if (fd >= 0 && write(fd, &byte, 1) < 0)
        atomic_store(&rt->wakeup_err, errno);
}

static void on_signal(int signo)
{
    int saved = errno;
    Runtime *rt = atomic_load(&table.owner[signo]);
    if (rt) {
        atomic_fetch_or(&rt->signals, UINT64_C(1) << (signo & 63));
        vm_attend(rt->vm, ATTENTION_SIGNAL);
        write_wakeup(rt, signo);
        rt_wake(rt);
    }
    errno = saved;
}

static bool is_valid(int signo)
{
    return signo > 0 && signo < SIGNAL_COUNT;
}

static void give_back(int signo)
{
    sigaction(signo, &table.before[signo], NULL);
    atomic_store(&table.owner[signo], NULL);
}

/* 0, EBUSY when another VM has it, or an errno. */
static int claim(Runtime *rt, int signo, int how)
{
    struct sigaction sa = { .sa_handler = how == SIGNAL_DEFAULT ? SIG_DFL : how == SIGNAL_IGNORE ? SIG_IGN : on_signal };
    int err = 0;
    sigemptyset(&sa.sa_mask);
    pthread_mutex_lock(&table.lock);
    Runtime *owner = atomic_load(&table.owner[signo]);
    if (owner && owner != rt) {
        err = EBUSY;
    } else {
        atomic_store(&table.owner[signo], rt);
        if (sigaction(signo, &sa, owner ? NULL : &table.before[signo]) < 0) {
            err = errno;
            if (!owner)
                atomic_store(&table.owner[signo], NULL);
        }
    }
    pthread_mutex_unlock(&table.lock);
    return err;
}

bool rt_signal_claim(Vm *vm, int signo, int how)
{
    if (!rt_allowed(vm, ALLOW_SIGNALS, "changing signal handlers"))
        return false;
    if (!is_valid(signo)) {
        raise_exc(vm, EXC_ValueError, "signal number out of range");
        return false;
    }
    int err = claim(rt_of(vm), signo, how);
    if (err == EBUSY)
        raise_exc(vm, EXC_RuntimeError, "signal %d is handled by another interpreter of this process", signo);
    else if (err)
        raise_os(vm, err, VALUE_EMPTY);
    return !err;
}

bool rt_signals_init(Runtime *rt)
{
    if (!rt->config.handle_sigint)
        return true;
    /* A process that was started with SIGINT ignored (a background job) goes on ignoring it. */
    struct sigaction sa;
    if (!sigaction(SIGINT, NULL, &sa) && sa.sa_handler != SIG_IGN && claim(rt, SIGINT, SIGNAL_TAKE))
        return false;
    if (!sigaction(SIGQUIT, NULL, &sa) && sa.sa_handler == SIG_DFL && claim(rt, SIGQUIT, SIGNAL_TAKE))
        return false;           /* Ctrl+\ prints the tasks */
    /* Writes fail with EPIPE and EFBIG instead. */
    return claim(rt, SIGPIPE, SIGNAL_IGNORE) == 0 && claim(rt, SIGXFSZ, SIGNAL_IGNORE) == 0;
}

void rt_signals_free(Runtime *rt)
{
    pthread_mutex_lock(&table.lock);
    for (int i = 1; i < SIGNAL_COUNT; i++)
        if (atomic_load(&table.owner[i]) == rt)
            give_back(i);
    pthread_mutex_unlock(&table.lock);
}

Value signal_interrupt(Vm *vm)
{
    return raise_args(vm, EXC_KeyboardInterrupt, 0, NULL);
}

static bool run_handler(Vm *vm, int signo)
{
    Value handler = rt_of(vm)->signal_handlers[signo];
    if (value_is_empty(handler) && signo == SIGQUIT)
        report_tasks(vm);
    if (value_is_empty(handler))
        return signo != SIGINT || !value_is_empty(signal_interrupt(vm));
    if (is_int(handler))
        return true;            /* SIG_DFL, SIG_IGN: changed after it came */
    Frame *top = vm->strand->top;
    Value frame = top && top->code ? frame_object(vm, top) : VALUE_NONE;
    Value args[2] = { value_from_int48(signo), frame };
    return !value_is_empty(frame) && !value_is_empty(op_call(vm, handler, 2, args));
}

static void report_wakeup(Vm *vm)
{
    Runtime *rt = rt_of(vm);
    int err = atomic_exchange(&rt->wakeup_err, 0);
    if (!err || ((err == EAGAIN || err == EWOULDBLOCK) && !rt->wakeup_warns))
        return;
    raise_os(vm, err, VALUE_EMPTY);
    if (vm->hooks.unraisable)
        vm->hooks.unraisable(vm, exc_take(vm), "when trying to write to the signal wakeup fd", VALUE_EMPTY);
    exc_discard(vm);
}

bool rt_attention(Vm *vm)
{
    Runtime *rt = rt_of(vm);
    report_wakeup(vm);
    for (int i = 1; i < SIGNAL_COUNT; i++) {
        uint64_t bit = UINT64_C(1) << (i & 63);
        if (!(atomic_load(&rt->signals) & bit))
            continue;
        atomic_fetch_and(&rt->signals, ~bit);
        if (!run_handler(vm, i)) {
            if (atomic_load(&rt->signals))
                vm_attend(vm, ATTENTION_SIGNAL);        /* the others at the next checkpoint */
            return false;
        }
    }
    return true;
}
