/* SPDX-License-Identifier: MIT
 * Module _signal, what signal is made of. */
#include "stdlib/modules.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "runtime/signals.h"
#include "runtime/strands.h"
#include "runtime/structseq.h"
#include "stdlib/posix/posix.h"
#include "stdlib/util.h"
#include "vm/num/libm.h"
#include "vm/objects/dict.h"
#include "vm/signature.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/set.h"
#include "vm/objects/str.h"
#include "vm/sched.h"

#define S(name) { #name, name }
static const struct {
    const char *name;
    int number;
} signals[] = {
    S(SIGHUP), S(SIGINT), S(SIGQUIT), S(SIGILL), S(SIGTRAP), S(SIGABRT), S(SIGBUS), S(SIGFPE), S(SIGKILL), S(SIGUSR1), S(SIGSEGV),
    S(SIGUSR2), S(SIGPIPE), S(SIGALRM), S(SIGTERM), S(SIGSTKFLT), S(SIGCHLD), S(SIGCONT), S(SIGSTOP), S(SIGTSTP), S(SIGTTIN),
    S(SIGTTOU), S(SIGURG), S(SIGXCPU), S(SIGXFSZ), S(SIGVTALRM), S(SIGPROF), S(SIGWINCH), S(SIGIO), S(SIGPWR), S(SIGSYS),
};
#undef S

/* ---- members of the enums that signal.aio makes ---- */

static Value signal_f_set_types(Vm *vm, Value self, const Args *args)
{
    (void)self;
    rt_of(vm)->roots[RT_ROOT_SIGNALS_TYPE] = args->v[0];
    rt_of(vm)->roots[RT_ROOT_HANDLERS_TYPE] = args->v[1];
    return VALUE_NONE;
}

/* The member of a number, or the number. */
static Value as_member(Vm *vm, int root, int number)
{
    Value t = rt_of(vm)->roots[root], v = VALUE_EMPTY;
    Value map = is_type(t) ? dict_get_cstr(vm, type_dict(vm, as_type(t)), "_value2member_map_") : VALUE_EMPTY;
    if (is_dict(map) && dict_find(vm, as_dict(map), value_from_int48(number), &v) < 0)
        return VALUE_ERROR;
    return value_is_empty(v) ? value_from_int48(number) : v;
}

/* ---- handlers ---- */

static bool signal_arg(Vm *vm, Value v, int *out)
{
    int n;
    if (!posix_int(vm, v, &n))
        return false;
    if (n < 1 || n >= SIGNAL_COUNT) {
        raise_exc(vm, EXC_ValueError, "signal number out of range");
        return false;
    }
    *out = n;
    return true;
}

/* What stands for a signal that no script has touched. */
static Value untouched(Vm *vm, int signo)
{
    Runtime *rt = rt_of(vm);
    struct sigaction sa;
    if (signo == SIGINT && rt->config.handle_sigint && !sigaction(SIGINT, NULL, &sa) && sa.sa_handler != SIG_IGN &&
        sa.sa_handler != SIG_DFL) {
        Value m = dict_get_cstr(vm, vm->modules, "_signal");
        return is_module(m) ? dict_get_cstr(vm, as_module(m)->globals, "default_int_handler") : VALUE_NONE;
    }
    if (sigaction(signo, NULL, &sa))
        return VALUE_NONE;
    bool ours = signo == SIGQUIT && rt->config.handle_sigint;           /* what prints the tasks */
    if (sa.sa_handler == SIG_DFL || sa.sa_handler == SIG_IGN || ours)
        return as_member(vm, RT_ROOT_HANDLERS_TYPE, sa.sa_handler == SIG_IGN);
    return VALUE_NONE;
}

static Value current_handler(Vm *vm, int signo)
{
    Value h = rt_of(vm)->signal_handlers[signo];
    return value_is_empty(h) ? untouched(vm, signo) : h;
}

static Value signal_f_getsignal(Vm *vm, Value self, const Args *args)
{
    int signo;
    (void)self;
    return signal_arg(vm, args->v[0], &signo) ? current_handler(vm, signo) : VALUE_ERROR;
}

static Value signal_f_signal(Vm *vm, Value self, const Args *args)
{
    int signo;
    int64_t number;
    Value handler = args->v[1];
    (void)self;
    if (vm->strand != &vm->main_strand)
        return raise_exc(vm, EXC_ValueError, "signal only works in main thread of the main interpreter");
    if (!signal_arg(vm, args->v[0], &signo))
        return VALUE_ERROR;
    bool known = is_int(handler) && int_to_i64(handler, &number) && (number == 0 || number == 1);
    if (!known && !op_callable(vm, handler))
        return raise_exc(vm, EXC_TypeError, "signal handler must be signal.SIG_IGN, signal.SIG_DFL, or a callable object");
    Value old = current_handler(vm, signo);
    if (value_is_empty(old) || !rt_signal_claim(vm, signo, !known ? SIGNAL_TAKE : number ? SIGNAL_IGNORE : SIGNAL_DEFAULT))
        return VALUE_ERROR;
    if (known) {
        handler = as_member(vm, RT_ROOT_HANDLERS_TYPE, (int)number);
        if (value_is_empty(handler))
            return handler;
    }
    rt_of(vm)->signal_handlers[signo] = handler;
    return old;
}

static Value signal_f_default_int_handler(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return signal_interrupt(vm);
}

static Value signal_f_raise_signal(Vm *vm, Value self, const Args *args)
{
    int64_t n;
    (void)self;
    if (!op_int64(vm, args->v[0], &n) || !rt_allowed(vm, ALLOW_SIGNALS, "raising signals"))
        return VALUE_ERROR;
    if (n < 0 || n > INT32_MAX || raise((int)n))
        return raise_os(vm, EINVAL, VALUE_EMPTY);
    return vm_checkpoint(vm) ? VALUE_NONE : VALUE_ERROR;
}

static Value signal_f_strsignal(Vm *vm, Value self, const Args *args)
{
    int signo;
    (void)self;
    if (!signal_arg(vm, args->v[0], &signo))
        return VALUE_ERROR;
    const char *text = signo == 32 || signo == 33 ? NULL : strsignal(signo);
    Str *s = text ? str_cstr(vm, text) : NULL;
    return s ? value_from_obj(s) : vm_pending(vm) ? VALUE_ERROR : VALUE_NONE;
}

static Value signal_f_valid_signals(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    Set *set = set_new(vm, false);
    for (int i = 1; set && i < SIGNAL_COUNT; i++) {
        if (i == 32 || i == 33)
            continue;           /* the C library's own */
        Value v = as_member(vm, RT_ROOT_SIGNALS_TYPE, i);
        if (value_is_empty(v) || !set_add(vm, set, v))
            return VALUE_ERROR;
    }
    return set ? value_from_obj(set) : VALUE_ERROR;
}

/* ---- timers, waiting ---- */

static Value signal_f_alarm(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (!rt_allowed(vm, ALLOW_SIGNALS, "setting alarms"))
        return VALUE_ERROR;
    return value_from_int48(alarm((unsigned)posix_arg(args, 0)));
}

static double seconds_of(const struct timeval *t)
{
    return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

static struct timeval timeval_of(double d)
{
    double whole = round_down(d);
    return (struct timeval){ (time_t)whole, (suseconds_t)((d - whole) * 1e6 + 0.5) };
}

static Value timer_value(Vm *vm, const struct itimerval *t)
{
    Tuple *r = tuple_pack(vm, (size_t)2, value_from_double(seconds_of(&t->it_value)),
                          value_from_double(seconds_of(&t->it_interval)));
    return r ? value_from_obj(r) : VALUE_ERROR;
}

/* errno's exception, as ItimerError, which is an OSError of its own name. */
static Value timer_error(Vm *vm, int err)
{
    Type *t = lib_type(vm, "_signals", "ItimerError");
    char buf[128];
    Str *text = t ? str_cstr(vm, strerror_r(err, buf, sizeof buf)) : NULL;
    if (!text)
        return VALUE_ERROR;
    Value v[2] = { value_from_int48(err), value_from_obj(text) };
    Value exc = exc_new_args(vm, t, 2, v);
    return value_is_empty(exc) ? exc : raise_value(vm, exc);
}

static bool timer_seconds(Vm *vm, Value v, double *out)
{
    if (!is_float(v) && !is_int(v))
        v = op_index(vm, v);
    return !value_is_empty(v) && op_double(vm, v, out);
}

static Value signal_f_setitimer(Vm *vm, Value self, const Args *args)
{
    struct itimerval t, old;
    double first, interval;
    (void)self;
    if (!rt_allowed(vm, ALLOW_SIGNALS, "setting timers") || !timer_seconds(vm, args->v[1], &first) ||
        !timer_seconds(vm, args->v[2], &interval))
        return VALUE_ERROR;
    if (!(first >= 0 && first < 1e9 && interval >= 0 && interval < 1e9))
        return timer_error(vm, EINVAL);
    t.it_value = timeval_of(first);
    t.it_interval = timeval_of(interval);
    if (setitimer((__itimer_which_t)posix_arg(args, 0), &t, &old) < 0)
        return timer_error(vm, errno);
    return timer_value(vm, &old);
}

static Value signal_f_getitimer(Vm *vm, Value self, const Args *args)
{
    struct itimerval t;
    (void)self;
    return getitimer((__itimer_which_t)posix_arg(args, 0), &t) < 0 ? timer_error(vm, errno) : timer_value(vm, &t);
}

static Value signal_f_pause(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    rt_flush(rt_of(vm));
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    if (!atomic_load(&rt_of(vm)->signals))
        sigsuspend(&old);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return vm_checkpoint(vm) ? VALUE_NONE : VALUE_ERROR;
}

static Value signal_f_set_wakeup_fd(Vm *vm, Value self, const Args *args)
{
    int fd = (int)posix_arg(args, 0);
    struct stat st;
    (void)self;
    if (vm->strand != &vm->main_strand)
        return raise_exc(vm, EXC_ValueError, "set_wakeup_fd only works in main thread of the main interpreter");
    if (fd != -1) {
        if (fstat(fd, &st) < 0)
            return raise_os(vm, errno, VALUE_EMPTY);
        int flags = fcntl(fd, F_GETFL);
        if (flags < 0)
            return raise_os(vm, errno, VALUE_EMPTY);
        if (!(flags & O_NONBLOCK))
            return raise_exc(vm, EXC_ValueError, "the fd %d must be in non-blocking mode", fd);
    }
    rt_of(vm)->wakeup_warns = value_same(args->v[1], VALUE_TRUE);
    return value_from_int48(atomic_exchange(&rt_of(vm)->wakeup_fd, fd + 1) - 1);
}

static Value signal_f_siginterrupt(Vm *vm, Value self, const Args *args)
{
    int signo;
    struct sigaction sa;
    (void)self;
    if (!signal_arg(vm, args->v[0], &signo))
        return VALUE_ERROR;
    if (sigaction(signo, NULL, &sa) < 0)
        return raise_os(vm, errno, VALUE_EMPTY);
    sa.sa_flags = op_truth(vm, args->v[1]) ? sa.sa_flags & ~SA_RESTART : sa.sa_flags | SA_RESTART;
    return sigaction(signo, &sa, NULL) < 0 ? raise_os(vm, errno, VALUE_EMPTY) : VALUE_NONE;
}

/* ---- masks, waiting for signals that are blocked ---- */

static bool add_to_set(Vm *vm, Value item, void *ud)
{
    int64_t n = 0;
    Value v = op_index(vm, item);
    if (value_is_empty(v))
        return false;
    if (!int_to_i64(v, &n) || n < 1 || n >= SIGNAL_COUNT) {
        raise_exc(vm, EXC_ValueError, "signal number %lld out of range [1; %d]", (long long)n, SIGNAL_COUNT - 1);
        return false;
    }
    sigaddset(ud, (int)n);      /* the C library keeps two for itself: those are left out */
    return true;
}

static bool set_of(Vm *vm, Value v, sigset_t *set)
{
    sigemptyset(set);
    return op_each(vm, v, add_to_set, set);
}

static Value members_of(Vm *vm, const sigset_t *set)
{
    Set *s = set_new(vm, false);
    for (int i = 1; s && i < SIGNAL_COUNT; i++) {
        if (sigismember(set, i) != 1)
            continue;
        Value v = as_member(vm, RT_ROOT_SIGNALS_TYPE, i);
        if (value_is_empty(v) || !set_add(vm, s, v))
            return VALUE_ERROR;
    }
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value signal_f_pthread_sigmask(Vm *vm, Value self, const Args *args)
{
    sigset_t set, old;
    (void)self;
    if (!set_of(vm, args->v[1], &set) || !rt_allowed(vm, ALLOW_SIGNALS, "blocking signals"))
        return VALUE_ERROR;
    int err = pthread_sigmask((int)posix_arg(args, 0), &set, &old);
    if (err)
        return raise_os(vm, err, VALUE_EMPTY);
    return vm_checkpoint(vm) ? members_of(vm, &old) : VALUE_ERROR;
}

static Value signal_f_sigpending(Vm *vm, Value self, const Args *args)
{
    sigset_t set;
    (void)self;
    (void)args;
    return sigpending(&set) < 0 ? raise_os(vm, errno, VALUE_EMPTY) : members_of(vm, &set);
}

/* Until one of them is pending, at most until the deadline. 1, 0, or -1: an exception is pending. */
static int wait_pending(Vm *vm, const sigset_t *set, double deadline)
{
    struct pollfd p = { signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK), POLLIN, 0 };
    if (p.fd < 0) {
        raise_os(vm, errno, VALUE_EMPTY);
        return -1;
    }
    int got = strands_poll(vm, &p, 1, deadline);
    close(p.fd);
    return got;
}

static Value signal_f_sigwait(Vm *vm, Value self, const Args *args)
{
    sigset_t set;
    int signo;
    (void)self;
    if (!set_of(vm, args->v[0], &set) || wait_pending(vm, &set, INFINITY) < 0)
        return VALUE_ERROR;
    int err = sigwait(&set, &signo);
    return err ? raise_os(vm, err, VALUE_EMPTY) : as_member(vm, RT_ROOT_SIGNALS_TYPE, signo);
}

static Value info_of(Vm *vm, const siginfo_t *i)
{
    Type *t = lib_type(vm, "_signals", "struct_siginfo");
    Value v[7] = { value_from_int48(i->si_signo), value_from_int48(i->si_code), value_from_int48(i->si_errno),
                   value_from_int48(i->si_pid), value_from_int48(i->si_uid), value_from_int48(i->si_status),
                   int_new(vm, i->si_band) };
    return t && !value_is_empty(v[6]) ? structseq_new(vm, t, v, 7) : VALUE_ERROR;
}

static Value wait_info(Vm *vm, Value which, double deadline)
{
    sigset_t set;
    siginfo_t info;
    const struct timespec now = { 0, 0 };
    if (!set_of(vm, which, &set))
        return VALUE_ERROR;
    for (;;) {
        int got = wait_pending(vm, &set, deadline);
        if (got < 0)
            return VALUE_ERROR;
        memset(&info, 0, sizeof info);
        if (sigtimedwait(&set, &info, &now) > 0)
            return info_of(vm, &info);
        if (errno != EAGAIN && errno != EINTR)
            return raise_os(vm, errno, VALUE_EMPTY);
        if (!got)
            return VALUE_NONE;
    }
}

static Value signal_f_sigwaitinfo(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return wait_info(vm, args->v[0], INFINITY);
}

static Value signal_f_sigtimedwait(Vm *vm, Value self, const Args *args)
{
    double seconds;
    (void)self;
    if (!timer_seconds(vm, args->v[1], &seconds))
        return VALUE_ERROR;
    if (!(seconds >= 0))
        return raise_exc(vm, EXC_ValueError, "timeout must be non-negative");
    if (seconds > 9.2e9)
        return raise_exc(vm, EXC_OverflowError, "timestamp out of range for platform time_t");
    return wait_info(vm, args->v[0], rt_now(rt_of(vm)) + seconds);
}

/* All threads of a script are one of the system's. */
static Value signal_f_pthread_kill(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (!rt_allowed(vm, ALLOW_SIGNALS, "sending signals"))
        return VALUE_ERROR;
    if (!strand_is_alive(vm, (uint64_t)posix_arg(args, 0)))
        return raise_os(vm, ESRCH, VALUE_EMPTY);
    int err = pthread_kill(pthread_self(), (int)posix_arg(args, 1));
    if (err)
        return raise_os(vm, err, VALUE_EMPTY);
    return vm_checkpoint(vm) ? VALUE_NONE : VALUE_ERROR;
}

static Value signal_f_pidfd_send_signal(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (!value_is_none(args->v[2]))
        return raise_type_error(vm, "siginfo must be None");
    if (!rt_allowed(vm, ALLOW_SIGNALS, "sending signals"))
        return VALUE_ERROR;
    if (syscall(SYS_pidfd_send_signal, (int)posix_arg(args, 0), (int)posix_arg(args, 1), NULL, (unsigned)posix_arg(args, 3)) < 0)
        return raise_os(vm, errno, VALUE_EMPTY);
    return vm_checkpoint(vm) ? VALUE_NONE : VALUE_ERROR;
}

static const MethodDef functions[] = {
    FUNCTION(signal, signal, "signal(signalnum, handler, /)", "Set the action for the given signal; the old one."),
    FUNCTION(signal, getsignal, "getsignal(signalnum, /)", "What happens now when the signal comes."),
    FUNCTION(signal, default_int_handler, "default_int_handler(signalnum, frame, /)", "Raise KeyboardInterrupt."),
    FUNCTION(signal, raise_signal, "raise_signal(signalnum, /)", "Signal this process."),
    FUNCTION(signal, strsignal, "strsignal(signalnum, /)", "What the system calls the signal."),
    FUNCTION(signal, valid_signals, "valid_signals()", "All signals that there are here."),
    FUNCTION(signal, alarm, "alarm(seconds: cint, /)", "SIGALRM is to come in so many seconds."),
    FUNCTION(signal, setitimer, "setitimer(which: cint, seconds, interval=0.0, /)", "Set an interval timer."),
    FUNCTION(signal, getitimer, "getitimer(which: cint, /)", "Return the current value of an interval timer."),
    FUNCTION(signal, pause, "pause()", "Do nothing until some signal comes."),
    FUNCTION(signal, set_wakeup_fd, "set_wakeup_fd(fd: cint, /, *, warn_on_full_buffer: bool = True)",
             "A descriptor that each signal's number is written to; the one before."),
    FUNCTION(signal, pthread_sigmask, "pthread_sigmask(how: cint, mask, /)", "Block or unblock signals; those that were."),
    FUNCTION(signal, sigpending, "sigpending()", "Those that came and are blocked."),
    FUNCTION(signal, sigwait, "sigwait(sigset, /)", "Wait for one of them, which are blocked."),
    FUNCTION(signal, sigwaitinfo, "sigwaitinfo(sigset, /)", "The same, and what is known of it."),
    FUNCTION(signal, sigtimedwait, "sigtimedwait(sigset, timeout, /)", "The same; None after so many seconds."),
    FUNCTION(signal, pthread_kill, "pthread_kill(thread_id: ssize, signalnum: cint, /)", "Signal one thread of this process."),
    FUNCTION(signal, pidfd_send_signal,
             "pidfd_send_signal(pidfd: cint, signalnum: cint, siginfo=None, flags: cint = 0, /)",
             "Send a signal to the process of a descriptor."),
    FUNCTION(signal, set_types, "_set_types(signals, handlers, /)", "The enums whose members are returned."),
    FUNCTION(signal, siginterrupt, "siginterrupt(signalnum, flag, /)", "Shall the signal end system calls?"),
    { 0 }
};

/* What asyncio.run() needs: a program that names no signal does without forty members of enums. */
Value signal_core_init(Vm *vm)
{
    Module *m = module_new(vm, "_signal", "The functions of the module signal.");
    Str *module = str_intern(vm, "signal", 6);
    for (const MethodDef *d = functions; m && module && d->signature; d++) {
        Native *n = native_new(vm, d, VALUE_EMPTY, value_from_obj(module));
        Str *name = n ? str_intern(vm, d->signature, signature_name_len(d->signature)) : NULL;
        if (!name || !dict_set_str(vm, m->globals, name, value_from_obj(n)))
            return VALUE_ERROR;
    }
    return m && module && module_set(vm, m, "SIGINT", value_from_int48(SIGINT)) &&
           module_set(vm, m, "SIG_DFL", value_from_int48(0)) ? value_from_obj(m) : VALUE_ERROR;
}

Value signal_init(Vm *vm)
{
#define N(name) { #name, name }
    static const PosixNumber others[] = {
        { "SIGCLD", SIGCHLD }, { "SIGIOT", SIGABRT }, { "SIGPOLL", SIGIO }, { "NSIG", SIGNAL_COUNT }, { "SIG_DFL", 0 },
        { "SIG_IGN", 1 }, N(SIG_BLOCK), N(SIG_UNBLOCK), N(SIG_SETMASK), N(ITIMER_REAL), N(ITIMER_VIRTUAL), N(ITIMER_PROF), { 0 }
    };
#undef N
    static const char *const fields[] = { "si_signo", "si_code", "si_errno", "si_pid", "si_uid", "si_status", "si_band", NULL };
    static const TypeDef error_def = { .name = "signal.itimer_error", .doc = "A timer could not be set.", .flags = TYPE_BASE };
    Module *m = module_new(vm, "_signals", "The numbers and types of the module signal.");
    Type *info = m ? structseq_type(vm, "signal.struct_siginfo", fields, 7) : NULL;
    Type *error = info ? type_from_def(vm, &error_def, vm->exc[EXC_OSError]) : NULL;
    if (!error || !posix_add_numbers(vm, m, others) ||
        !module_set(vm, m, "struct_siginfo", value_from_obj(info)) ||
        !module_set(vm, m, "ItimerError", value_from_obj(error)) ||
        !module_set(vm, m, "SIGRTMIN", value_from_int48(SIGRTMIN)) || !module_set(vm, m, "SIGRTMAX", value_from_int48(SIGRTMAX)))
        return VALUE_ERROR;
    for (size_t i = 0; i < COUNT_OF(signals); i++)
        if (!module_set(vm, m, signals[i].name, value_from_int48(signals[i].number)))
            return VALUE_ERROR;
    return value_from_obj(m);
}
