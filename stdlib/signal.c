/* SPDX-License-Identifier: MIT
 * Module signal. */
#include "stdlib/modules.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include "runtime/signals.h"
#include "vm/objects/dict.h"
#include "vm/signature.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/set.h"
#include "vm/objects/str.h"

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

/* ---- Signals.SIGINT, Handlers.SIG_DFL: ints that know their names ---- */

static const char *signal_name(int64_t n)
{
    for (size_t i = 0; i < COUNT_OF(signals); i++)
        if (signals[i].number == n)
            return signals[i].name;
    return NULL;
}

static Value enum_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    int64_t n = 0;
    Value name = attr_get(vm, self, vm->names.name);
    int_to_i64(self, &n);
    Str *s = value_is_empty(name) ? NULL : str_printf(vm, "<%T.%V: %d>", self, name, (int)n);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value plain_int(Value self)
{
    int64_t n = 0;
    int_to_i64(self, &n);
    return value_from_int48(n);
}

static Value enum_m_str(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Str *s = int_to_str(vm, plain_int(self), 10);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value enum_m_format(Vm *vm, Value self, const Args *args)
{
    Str *s = op_format(vm, plain_int(self), as_str(args->v[0]));
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value enum_g_value(Vm *vm, Value self)
{
    (void)vm;
    return plain_int(self);
}

static const GetSetDef enum_getsets[] = {
    { "value", "The number.", enum_g_value, NULL },
    { "_value_", "The number.", enum_g_value, NULL },
    { 0 }
};

/* Signals(2): the member of that number. */
static Value enum_m_new(Vm *vm, Value self, const Args *args)
{
    Type *t = as_type(self);
    Value members = dict_get_cstr(vm, type_dict(vm, t), "_value2member_map_"), found = VALUE_EMPTY;
    if (!is_dict(members) || dict_find(vm, as_dict(members), args->v[0], &found) < 0)
        return VALUE_ERROR;
    return value_is_empty(found) ? raise_exc(vm, EXC_ValueError, "%R is not a valid %s", args->v[0], type_name(t)) : found;
}

static const MethodDef enum_methods[] = {
    METHOD(enum, new, "__new__(value, /)", "The member of that number."),
    METHOD(enum, repr, "__repr__()", "Return repr(self)."),
    METHOD(enum, str, "__str__()", "Return str(self)."),
    METHOD(enum, format, "__format__(spec: str, /)", "Return format(self, spec)."),
    { 0 }
};

static Value add_member(Vm *vm, Type *t, const char *name, int number)
{
    Int *i = (Int *)object_alloc_var(vm, t, KIND_INT, sizeof *i + sizeof(uint64_t));
    Str *s = i ? str_intern(vm, name, strlen(name)) : NULL;
    if (!s)
        return VALUE_ERROR;
    i->sign = number > 0;
    i->count = number > 0;
    i->limbs[0] = (uint64_t)number;
    int found;
    Value v = value_from_obj(i), map = dict_get_cstr(vm, type_dict(vm, t), "_value2member_map_");
    Value members = dict_get_cstr(vm, type_dict(vm, t), "__members__");
    if (!attr_set_own(vm, &i->h, vm->names.name, value_from_obj(s), &found) || !dict_set_str(vm, type_dict(vm, t), s, v) ||
        !dict_set(vm, as_dict(map), value_from_int48(number), v) || !dict_set_str(vm, as_dict(members), s, v))
        return VALUE_ERROR;
    return v;
}

static Type *enum_type(Vm *vm, const TypeDef *def)
{
    Type *t = type_from_def(vm, def, vm->types.integer);
    Dict *map = t ? dict_new(vm) : NULL, *members = map ? dict_new(vm) : NULL;
    return members && dict_set_cstr(vm, type_dict(vm, t), "_value2member_map_", value_from_obj(map)) &&
           dict_set_cstr(vm, type_dict(vm, t), "__members__", value_from_obj(members)) ? t : NULL;
}

static bool add_types(Vm *vm, Module *m)
{
    static const TypeDef signals_def = { .name = "signal.Signals", .methods = enum_methods, .getsets = enum_getsets,
        .flags = TYPE_HAS_DICT | TYPE_PLAIN_NAME };
    static const TypeDef handlers_def = { .name = "signal.Handlers", .methods = enum_methods, .getsets = enum_getsets,
        .flags = TYPE_HAS_DICT | TYPE_PLAIN_NAME };
    Type *t = enum_type(vm, &signals_def), *h = enum_type(vm, &handlers_def);
    if (!t || !h)
        return false;
    for (size_t i = 0; i < COUNT_OF(signals); i++)
        if (!module_set(vm, m, signals[i].name, add_member(vm, t, signals[i].name, signals[i].number)))
            return false;
    rt_of(vm)->roots[RT_ROOT_SIGNALS_TYPE] = value_from_obj(t);
    rt_of(vm)->roots[RT_ROOT_HANDLERS_TYPE] = value_from_obj(h);
    return module_set(vm, m, "SIG_DFL", add_member(vm, h, "SIG_DFL", 0)) &&
           module_set(vm, m, "SIG_IGN", add_member(vm, h, "SIG_IGN", 1)) && module_set(vm, m, "Signals", value_from_obj(t)) &&
           module_set(vm, m, "Handlers", value_from_obj(h)) && module_set(vm, m, "SIGCLD", value_from_int48(SIGCHLD)) &&
           module_set(vm, m, "SIGPOLL", value_from_int48(SIGIO)) && module_set(vm, m, "SIGRTMIN", value_from_int48(SIGRTMIN)) &&
           module_set(vm, m, "SIGRTMAX", value_from_int48(SIGRTMAX)) && module_set(vm, m, "NSIG", value_from_int48(SIGNAL_COUNT));
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
    int64_t n;
    if (!op_int64(vm, v, &n))
        return false;
    if (n < 1 || n >= SIGNAL_COUNT) {
        raise_exc(vm, EXC_ValueError, "signal number out of range");
        return false;
    }
    *out = (int)n;
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
    const char *text = signal_name(signo) ? strsignal(signo) : NULL;
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
    int64_t n;
    (void)self;
    if (!op_int64(vm, args->v[0], &n) || !rt_allowed(vm, ALLOW_SIGNALS, "setting alarms"))
        return VALUE_ERROR;
    return value_from_int48(alarm((unsigned)n));
}

static double seconds_of(const struct timeval *t)
{
    return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

static struct timeval timeval_of(double d)
{
    double whole = floor(d);
    return (struct timeval){ (time_t)whole, (suseconds_t)round((d - whole) * 1e6) };
}

static Value timer_value(Vm *vm, const struct itimerval *t)
{
    Tuple *r = tuple_pack(vm, (size_t)2, value_from_double(seconds_of(&t->it_value)),
                          value_from_double(seconds_of(&t->it_interval)));
    return r ? value_from_obj(r) : VALUE_ERROR;
}

static Value signal_f_setitimer(Vm *vm, Value self, const Args *args)
{
    int64_t which;
    struct itimerval t, old;
    (void)self;
    if (!op_int64(vm, args->v[0], &which) || !rt_allowed(vm, ALLOW_SIGNALS, "setting timers"))
        return VALUE_ERROR;
    double first = value_double(args->v[1]), interval = value_double(args->v[2]);
    if (!(first >= 0 && first < 1e9 && interval >= 0 && interval < 1e9))
        return raise_os(vm, EINVAL, VALUE_EMPTY);
    t.it_value = timeval_of(first);
    t.it_interval = timeval_of(interval);
    if (setitimer((__itimer_which_t)which, &t, &old) < 0)
        return raise_os(vm, errno, VALUE_EMPTY);
    return timer_value(vm, &old);
}

static Value signal_f_getitimer(Vm *vm, Value self, const Args *args)
{
    int64_t which;
    struct itimerval t;
    (void)self;
    if (!op_int64(vm, args->v[0], &which))
        return VALUE_ERROR;
    return getitimer((__itimer_which_t)which, &t) < 0 ? raise_os(vm, errno, VALUE_EMPTY) : timer_value(vm, &t);
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
    int64_t fd;
    (void)self;
    if (!op_int64(vm, args->v[0], &fd))
        return VALUE_ERROR;
    if (vm->strand != &vm->main_strand)
        return raise_exc(vm, EXC_ValueError, "set_wakeup_fd only works in main thread of the main interpreter");
    return fd == -1 ? value_from_int48(-1) : raise_exc(vm, EXC_NotImplementedError, "signal.set_wakeup_fd is not supported");
}

static Value signal_f_siginterrupt(Vm *vm, Value self, const Args *args)
{
    int signo;
    (void)self;
    return signal_arg(vm, args->v[0], &signo) ? VALUE_NONE : VALUE_ERROR;
}

static const MethodDef functions[] = {
    FUNCTION(signal, signal, "signal(signalnum, handler, /)", "Set the action for the given signal; the old one."),
    FUNCTION(signal, getsignal, "getsignal(signalnum, /)", "Return the current action for the given signal."),
    FUNCTION(signal, default_int_handler, "default_int_handler(signalnum, frame, /)", "Raise KeyboardInterrupt."),
    FUNCTION(signal, raise_signal, "raise_signal(signalnum, /)", "Send a signal to the executing process."),
    FUNCTION(signal, strsignal, "strsignal(signalnum, /)", "Return the system description of the given signal."),
    FUNCTION(signal, valid_signals, "valid_signals()", "Return a set of valid signal numbers on this platform."),
    FUNCTION(signal, alarm, "alarm(seconds, /)", "Arrange for SIGALRM to arrive after the given number of seconds."),
    FUNCTION(signal, setitimer, "setitimer(which, seconds: float, interval: float = 0.0, /)", "Set an interval timer."),
    FUNCTION(signal, getitimer, "getitimer(which, /)", "Return the current value of an interval timer."),
    FUNCTION(signal, pause, "pause()", "Wait until a signal arrives."),
    FUNCTION(signal, set_wakeup_fd, "set_wakeup_fd(fd, /, *, warn_on_full_buffer=True)", "Not supported, but for -1."),
    FUNCTION(signal, siginterrupt, "siginterrupt(signalnum, flag, /)", "Accepted, without effect."),
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

static bool add_functions(Vm *vm, Module *m)
{
    Value core = rt_import_module(vm, "_signal");
    for (const MethodDef *d = functions; is_module(core) && d->signature; d++) {
        Str *name = str_intern(vm, d->signature, signature_name_len(d->signature));
        Value v = name ? attr_get(vm, core, name) : VALUE_ERROR;
        if (value_is_empty(v) || !dict_set_str(vm, m->globals, name, v))
            return false;
    }
    return is_module(core);
}

Value signal_init(Vm *vm)
{
    Module *m = module_new(vm, "signal", "Signals.");
    if (!m || !add_functions(vm, m) || !add_types(vm, m) ||
        !module_set(vm, m, "ITIMER_REAL", value_from_int48(ITIMER_REAL)) ||
        !module_set(vm, m, "ITIMER_VIRTUAL", value_from_int48(ITIMER_VIRTUAL)) ||
        !module_set(vm, m, "ITIMER_PROF", value_from_int48(ITIMER_PROF)))
        return VALUE_ERROR;
    return value_from_obj(m);
}
