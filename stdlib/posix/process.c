/* SPDX-License-Identifier: MIT
 * Module posix: children, what becomes of them, and this process's own end. */
#include "stdlib/posix/posix.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/io.h"
#include "runtime/loop.h"
#include "runtime/poll.h"
#include "runtime/strands.h"
#include "runtime/structseq.h"
#include "runtime/workers.h"
#include "stdlib/modules.h"
#include "stdlib/posix/argv.h"
#include "stdlib/posix/wait.h"
#include "vm/objects/bytes.h"
#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"
#include "vm/sched.h"

extern char **environ;

/* ---- signals and the end ---- */

/* A signal to ourselves is handled before kill() returns, as in CPython. */
static Value send_signal(Vm *vm, const Args *args, int (*fn)(int, int))
{
    if (!rt_allowed(vm, ALLOW_SIGNALS, "sending signals"))
        return VALUE_ERROR;
    rt_flush(rt_of(vm));
    if (fn((int)posix_arg(args, 0), (int)posix_arg(args, 1)) < 0)
        return raise_os(vm, errno, VALUE_EMPTY);
    return vm_checkpoint(vm) ? VALUE_NONE : VALUE_ERROR;
}

static Value posix_f_kill(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return send_signal(vm, args, kill);
}

static Value posix_f_killpg(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return send_signal(vm, args, killpg);
}

static Value posix_f_exit(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (!rt_allowed(vm, ALLOW_EXIT, "os._exit()"))
        return VALUE_ERROR;
    _exit((int)posix_arg(args, 0));
}

static Value posix_f_abort(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    if (!rt_allowed(vm, ALLOW_EXIT, "os.abort()"))
        return VALUE_ERROR;
    abort();
}

static Value posix_f_umask(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (!rt_allowed(vm, ALLOW_FS_WRITE, "os.umask()"))
        return VALUE_ERROR;
    return value_from_int48(umask((mode_t)posix_arg(args, 0)));
}

/* ---- waiting ---- */

/* Something to wait for: true too when there is no such child, which the call itself will say. */
static bool child_has_news(idtype_t type, id_t id, int options)
{
    siginfo_t info = { .si_pid = 0 };
    int r = waitid(type, id, &info, (options & ~WNOHANG) | WNOHANG | WNOWAIT);
    return r < 0 || info.si_pid;
}

bool posix_wait_child(Vm *vm, int idtype, int64_t id, int options)
{
    double delay = 0.0005;
    while (vm->nstrands > 1 && !vm->main_only && !child_has_news((idtype_t)idtype, (id_t)id, options)) {
        int fd = idtype == P_PID && (options & ~WNOHANG) == WEXITED ? (int)syscall(SYS_pidfd_open, (pid_t)id, 0) : -1;
        bool ok;
        if (fd >= 0) {
            ok = strands_wait_fd(vm, fd, false);
            close(fd);
        } else {
            ok = strand_wait(vm, rt_now(rt_of(vm)) + delay);
            delay = delay < 0.01 ? delay * 2 : 0.02;
        }
        if (!ok)
            return false;
    }
    return true;
}

/* The same for waitpid()'s way of naming children. */
static bool wait_for_pid(Vm *vm, pid_t pid, int options)
{
    int how = WEXITED | (options & WUNTRACED ? WSTOPPED : 0) | (options & WCONTINUED ? WCONTINUED : 0);
    rt_flush(rt_of(vm));
    if (options & WNOHANG)
        return true;
    return pid > 0 ? posix_wait_child(vm, P_PID, pid, how) : pid == -1 ? posix_wait_child(vm, P_ALL, 0, how)
         : posix_wait_child(vm, P_PGID, pid ? -(int64_t)pid : getpgrp(), how);
}

static pid_t wait_pid(Vm *vm, pid_t pid, int options, int *status, struct rusage *usage)
{
    pid_t r;
    *status = 0;
    do {
        if (!wait_for_pid(vm, pid, options))
            return -1;
        r = wait4(pid, status, options, usage);
        if (r >= 0)
            return r;
    } while (posix_interrupted(vm));
    return -1;
}

static Value posix_f_waitpid(Vm *vm, Value self, const Args *args)
{
    int status;
    (void)self;
    pid_t pid = wait_pid(vm, (pid_t)posix_arg(args, 0), (int)posix_arg(args, 1), &status, NULL);
    Value v[2] = { value_from_int48(pid), value_from_int48(status) };
    return pid < 0 ? VALUE_ERROR : posix_tuple(vm, v, 2);
}

static Value posix_f_wait(Vm *vm, Value self, const Args *args)
{
    int status;
    (void)self;
    (void)args;
    pid_t pid = wait_pid(vm, -1, 0, &status, NULL);
    Value v[2] = { value_from_int48(pid), value_from_int48(status) };
    return pid < 0 ? VALUE_ERROR : posix_tuple(vm, v, 2);
}

static Value wait_with_usage(Vm *vm, pid_t which, int options)
{
    int status;
    struct rusage usage;
    memset(&usage, 0, sizeof usage);
    pid_t pid = wait_pid(vm, which, options, &status, &usage);
    if (pid < 0)
        return VALUE_ERROR;
    Value v[3] = { value_from_int48(pid), value_from_int48(status), resource_usage(vm, &usage) };
    return posix_tuple(vm, v, 3);
}

static Value posix_f_wait3(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return wait_with_usage(vm, -1, (int)posix_arg(args, 0));
}

static Value posix_f_wait4(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return wait_with_usage(vm, (pid_t)posix_arg(args, 0), (int)posix_arg(args, 1));
}

static Value posix_f_waitid(Vm *vm, Value self, const Args *args)
{
    siginfo_t info;
    idtype_t type = (idtype_t)posix_arg(args, 0);
    id_t id = (id_t)posix_arg(args, 1);
    int options = (int)posix_arg(args, 2);
    (void)self;
    rt_flush(rt_of(vm));
    for (;;) {
        memset(&info, 0, sizeof info);
        if (!(options & WNOHANG) && !posix_wait_child(vm, type, id, options))
            return VALUE_ERROR;
        if (!waitid(type, id, &info, options))
            break;
        if (!posix_interrupted(vm))
            return VALUE_ERROR;
    }
    if (!info.si_pid)
        return VALUE_NONE;
    Value m = dict_get_cstr(vm, vm->modules, "posix");
    Value t = is_module(m) ? dict_get_cstr(vm, as_module(m)->globals, "waitid_result") : VALUE_EMPTY;
    Value v[5] = { value_from_int48(info.si_pid), value_from_int48(info.si_uid), value_from_int48(info.si_signo),
                   value_from_int48(info.si_status), value_from_int48(info.si_code) };
    return is_type(t) ? structseq_new(vm, as_type(t), v, 5) : posix_tuple(vm, v, 5);
}

/* What a status says. */
#define STATUS_TEST(name)                                              \
    static Value posix_f_##name(Vm *vm, Value self, const Args *args)  \
    {                                                                  \
        int status = (int)posix_arg(args, 0);                          \
        (void)vm;                                                      \
        (void)self;                                                    \
        return value_from_bool(name(status));                          \
    }
#define STATUS_PART(name)                                              \
    static Value posix_f_##name(Vm *vm, Value self, const Args *args)  \
    {                                                                  \
        int status = (int)posix_arg(args, 0);                          \
        (void)vm;                                                      \
        (void)self;                                                    \
        return value_from_int48(name(status));                         \
    }
STATUS_TEST(WIFEXITED)
STATUS_TEST(WIFSIGNALED)
STATUS_TEST(WIFSTOPPED)
STATUS_TEST(WIFCONTINUED)
STATUS_TEST(WCOREDUMP)
STATUS_PART(WEXITSTATUS)
STATUS_PART(WTERMSIG)
STATUS_PART(WSTOPSIG)
#undef STATUS_TEST
#undef STATUS_PART

static Value posix_f_waitstatus_to_exitcode(Vm *vm, Value self, const Args *args)
{
    int status = (int)posix_arg(args, 0);
    (void)self;
    if (WIFEXITED(status))
        return value_from_int48(WEXITSTATUS(status));
    if (WIFSIGNALED(status))
        return value_from_int48(-WTERMSIG(status));
    if (WIFSTOPPED(status))
        return raise_exc(vm, EXC_ValueError, "process stopped by delivery of signal %d", WSTOPSIG(status));
    return raise_exc(vm, EXC_ValueError, "invalid wait status: %d", status);
}

/* ---- other programs ---- */

void posix_flush_all(Vm *vm)
{
    posix_flush_files(vm);
    rt_flush(rt_of(vm));
}

static bool program_args(Vm *vm, Value v, const char *func, StringArray *out)
{
    if (!is_list(v) && !is_tuple(v)) {
        raise_exc(vm, EXC_TypeError, "%s arg 2 must be a tuple or list", func);
        return false;
    }
    if (!op_len(vm, v)) {
        raise_exc(vm, EXC_ValueError, "%s arg 2 must not be empty", func);
        return false;
    }
    if (!strings_of(vm, v, out))
        return false;
    if (!*out->items[0]) {
        raise_exc(vm, EXC_ValueError, "%s arg 2 first element cannot be empty", func);
        return false;
    }
    return true;
}

static Value posix_f_execv(Vm *vm, Value self, const Args *args)
{
    FsPath p;
    StringArray argv;
    (void)self;
    if (!posix_path(vm, args->v[0], "execv", "path", PATH_NAME, &p) || !program_args(vm, args->v[1], "execv()", &argv) ||
        !rt_allowed(vm, ALLOW_SPAWN, "running programs"))
        return VALUE_ERROR;
    posix_flush_all(vm);
    execv(p.text, argv.items);
    return raise_os(vm, errno, VALUE_EMPTY);
}

static Value posix_f_execve(Vm *vm, Value self, const Args *args)
{
    FsPath p;
    StringArray argv, env;
    (void)self;
    if (!posix_path(vm, args->v[0], "execve", "path", PATH_OR_FD, &p))
        return VALUE_ERROR;
    if (!is_list(args->v[1]) && !is_tuple(args->v[1]))
        return raise_type_error(vm, "execve: argv must be a tuple or list");
    if (!op_len(vm, args->v[1]))
        return raise_exc(vm, EXC_ValueError, "execve: argv must not be empty");
    if (!strings_of_env(vm, args->v[2], "execve", &env) || !strings_of(vm, args->v[1], &argv))
        return VALUE_ERROR;
    if (!*argv.items[0])
        return raise_exc(vm, EXC_ValueError, "execve: argv first element cannot be empty");
    if (!rt_allowed(vm, ALLOW_SPAWN, "running programs"))
        return VALUE_ERROR;
    posix_flush_all(vm);
    if (p.text)
        execve(p.text, argv.items, env.items);
    else
        fexecve(p.fd, argv.items, env.items);
    return raise_os(vm, errno, p.shown);
}

/* ---- fork ---- */

static bool fork_allowed(Vm *vm)
{
    if (!rt_allowed(vm, ALLOW_SPAWN, "os.fork()"))
        return false;
    if (vm->main_only) {
        raise_exc(vm, EXC_PythonFinalizationError, "can't fork at interpreter shutdown");
        return false;
    }
    if (vm->nstrands > 1) {
        raise_exc(vm, EXC_RuntimeError, "os.fork() is refused while there are other threads");
        return false;
    }
    if (rt_io_watches(rt_of(vm))) {
        raise_exc(vm, EXC_RuntimeError, "os.fork() is refused while an event loop watches descriptors or children");
        return false;
    }
    return true;
}

/* The child has a poller of its own, and no threads. */
static void forked(Vm *vm)
{
    Runtime *rt = rt_of(vm);
    workers_forget(rt);
    if (rt->poller) {
        rt->poller->free(rt->poller);
        rt->poller = NULL;
    }
    rt->ticker = NULL;          /* its thread is the parent's: what it holds may be locked, and is given up */
    vm->strand->running_loop = VALUE_NONE;
    vm->strand->current_loop = VALUE_EMPTY;
    vm->strand->current_task = VALUE_NONE;
}

/* Functions given to register_at_fork(): a list each. */
static void run_hooks(Vm *vm, const char *name, bool backwards)
{
    Value m = dict_get_cstr(vm, vm->modules, "posix");
    Value l = is_module(m) ? dict_get_cstr(vm, as_module(m)->globals, name) : VALUE_EMPTY;
    if (!is_list(l))
        return;
    size_t n = as_list(l)->len;
    for (size_t i = 0; i < n && i < as_list(l)->len; i++) {
        Value f = list_items(as_list(l))[backwards ? as_list(l)->len - 1 - i : i];
        if (value_is_empty(op_call0(vm, f)) && vm->hooks.unraisable)
            vm->hooks.unraisable(vm, exc_take(vm), "", f);
    }
}

static Value posix_f_fork(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    if (!fork_allowed(vm))
        return VALUE_ERROR;
    run_hooks(vm, "_before_fork", true);
    posix_flush_all(vm);
    pid_t pid = fork();
    int err = errno;
    if (!pid) {
        forked(vm);
        run_hooks(vm, "_after_in_child", false);
    } else {
        run_hooks(vm, "_after_in_parent", false);
    }
    return pid < 0 ? raise_os(vm, err, VALUE_EMPTY) : value_from_int48(pid);
}

static Value posix_f_register_at_fork(Vm *vm, Value self, const Args *args)
{
    static const char *const lists[] = { "_before_fork", "_after_in_child", "_after_in_parent" };
    static const char *const names[] = { "before", "after_in_child", "after_in_parent" };
    Value m = dict_get_cstr(vm, vm->modules, "posix");
    bool any = false;
    (void)self;
    for (int i = 0; i < 3; i++) {
        if (value_is_empty(args->v[i]))
            continue;
        any = true;
        if (!op_callable(vm, args->v[i]))
            return raise_exc(vm, EXC_TypeError, "'%s' must be callable, not %T", names[i], args->v[i]);
    }
    if (!any)
        return raise_type_error(vm, "At least one argument is required.");
    for (int i = 0; i < 3; i++) {
        Value l = is_module(m) ? dict_get_cstr(vm, as_module(m)->globals, lists[i]) : VALUE_EMPTY;
        if (!value_is_empty(args->v[i]) && is_list(l) && !list_append(vm, as_list(l), args->v[i]))
            return VALUE_ERROR;
    }
    return VALUE_NONE;
}

/* ---- posix_spawn ---- */

/* One of (OPEN, fd, path, flags, mode), (CLOSE, fd), (DUP2, fd, fd2), (CLOSEFROM, fd). */
static bool add_action(Vm *vm, posix_spawn_file_actions_t *fa, Value action, List *keep)
{
    Value *v;
    size_t n;
    int64_t what, num[5] = { 0 };
    if (!is_tuple(action) || !seq_items(action, &v, &n) || !n) {
        raise_type_error(vm, "Each file_actions element must be a non-empty tuple");
        return false;
    }
    if (!op_int64(vm, v[0], &what))
        return false;
    if (what < 0 || what > 3) {
        raise_type_error(vm, "Unknown file_actions identifier");
        return false;
    }
    size_t want = what == 0 ? 5 : what == 2 ? 3 : 2;
    if (n != want) {
        raise_exc(vm, EXC_TypeError, "A %s file_action tuple must have %zu elements",
                  what == 0 ? "open" : what == 1 ? "close" : what == 2 ? "dup2" : "closefrom", want);
        return false;
    }
    Path p = { .text = NULL };
    for (size_t i = 1; i < n; i++) {
        if (what == 0 && i == 2) {
            if (!path_of(vm, v[i], "posix_spawn", NULL, &p) || !list_append(vm, keep, p.keep))
                return false;
        } else if (!op_int64(vm, v[i], &num[i])) {
            return false;
        }
    }
    int err = what == 0 ? posix_spawn_file_actions_addopen(fa, (int)num[1], p.text, (int)num[3], (mode_t)num[4])
            : what == 1 ? posix_spawn_file_actions_addclose(fa, (int)num[1])
            : what == 2 ? posix_spawn_file_actions_adddup2(fa, (int)num[1], (int)num[2])
            : posix_spawn_file_actions_addclosefrom_np(fa, (int)num[1]);
    if (err)
        raise_os(vm, err, VALUE_EMPTY);
    return !err;
}

static bool add_to_sigset(Vm *vm, Value item, void *ud)
{
    int64_t n;
    if (!op_int64(vm, item, &n))
        return false;
    if (n < 1 || n > 64) {
        raise_exc(vm, EXC_ValueError, "signal number %lld out of range [1; 64]", (long long)n);
        return false;
    }
    sigaddset(ud, (int)n);
    return true;
}

/* (policy or None, sched_param) */
static bool spawn_scheduler(Vm *vm, posix_spawnattr_t *attr, Value v, const char *func, short *flags)
{
    struct sched_param param;
    int64_t policy;
    if (!is_tuple(v) || as_tuple(v)->len != 2) {
        raise_exc(vm, EXC_TypeError, "%s: scheduler must be a tuple of 2 items", func);
        return false;
    }
    Value p = as_tuple(v)->items[1], which = as_tuple(v)->items[0];
    if (!is_tuple(p) || as_tuple(p)->len != 1) {
        raise_type_error(vm, "must have a sched_param object");
        return false;
    }
    if (!posix_int(vm, as_tuple(p)->items[0], &param.sched_priority) ||
        (!value_is_none(which) && !op_int64(vm, which, &policy)))
        return false;
    if (!value_is_none(which)) {
        posix_spawnattr_setschedpolicy(attr, (int)policy);
        *flags |= POSIX_SPAWN_SETSCHEDULER;
    }
    posix_spawnattr_setschedparam(attr, &param);
    *flags |= POSIX_SPAWN_SETSCHEDPARAM;
    return true;
}

/* setpgroup, resetids, setsid, setsigmask, setsigdef, scheduler: v[0] … v[5]. */
static bool spawn_attributes(Vm *vm, posix_spawnattr_t *attr, const Value *v, const char *func)
{
    short flags = 0;
    int64_t n;
    sigset_t set;
    if (!value_is_empty(v[0])) {
        if (!op_int64(vm, v[0], &n))
            return false;
        flags |= POSIX_SPAWN_SETPGROUP;
        posix_spawnattr_setpgroup(attr, (pid_t)n);
    }
    int reset = op_truth(vm, v[1]), sid = op_truth(vm, v[2]);
    if (reset < 0 || sid < 0)
        return false;
    flags |= (reset ? POSIX_SPAWN_RESETIDS : 0) | (sid ? POSIX_SPAWN_SETSID : 0);
    for (int i = 3; i < 5; i++) {
        if (value_is_empty(v[i]))
            continue;
        sigemptyset(&set);
        if (!op_each(vm, v[i], add_to_sigset, &set))
            return false;
        flags |= i == 3 ? POSIX_SPAWN_SETSIGMASK : POSIX_SPAWN_SETSIGDEF;
        if (i == 3)
            posix_spawnattr_setsigmask(attr, &set);
        else
            posix_spawnattr_setsigdefault(attr, &set);
    }
    if (!value_is_empty(v[5]) && !spawn_scheduler(vm, attr, v[5], func, &flags))
        return false;
    posix_spawnattr_setflags(attr, flags);
    return true;
}

typedef int SpawnFn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *fa, const posix_spawnattr_t *attr,
                    char *const argv[], char *const envp[]);

static Value spawn(Vm *vm, const Args *args, const char *func, SpawnFn *fn)
{
    FsPath p;
    StringArray argv, env = { .items = environ };
    posix_spawn_file_actions_t fa;
    posix_spawnattr_t attr;
    pid_t pid = -1;
    if (!posix_path(vm, args->v[0], func, "path", PATH_NAME, &p))
        return VALUE_ERROR;
    if (!is_list(args->v[1]) && !is_tuple(args->v[1]))
        return raise_exc(vm, EXC_TypeError, "%s: argv must be a tuple or list", func);
    if (!op_len(vm, args->v[1]))
        return raise_exc(vm, EXC_ValueError, "%s: argv must not be empty", func);
    if (!value_is_none(args->v[2]) && !strings_of_env(vm, args->v[2], func, &env))
        return VALUE_ERROR;
    if (!strings_of(vm, args->v[1], &argv))
        return VALUE_ERROR;
    if (!*argv.items[0])
        return raise_exc(vm, EXC_ValueError, "%s: argv first element cannot be empty", func);
    bool none = value_is_empty(args->v[3]) || value_is_none(args->v[3]);
    Value actions = none ? value_from_obj(vm->empty_tuple) : op_tuple_of(vm, args->v[3]);
    List *keep = list_new(vm, 0);
    if (!keep || value_is_empty(actions) || !rt_allowed(vm, ALLOW_SPAWN, "running programs"))
        return VALUE_ERROR;
    posix_spawn_file_actions_init(&fa);
    posix_spawnattr_init(&attr);
    bool ok = spawn_attributes(vm, &attr, args->v + 4, func);
    for (size_t i = 0; ok && i < as_tuple(actions)->len; i++)
        ok = add_action(vm, &fa, as_tuple(actions)->items[i], keep);
    if (ok) {
        posix_flush_all(vm);
        int err = fn(&pid, p.text, &fa, &attr, argv.items, env.items);
        if (err)
            raise_os(vm, err, p.shown);
        ok = !err;
    }
    posix_spawn_file_actions_destroy(&fa);
    posix_spawnattr_destroy(&attr);
    return ok ? value_from_int48(pid) : VALUE_ERROR;
}

static Value posix_f_posix_spawn(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return spawn(vm, args, "posix_spawn", posix_spawn);
}

static Value posix_f_posix_spawnp(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return spawn(vm, args, "posix_spawnp", posix_spawnp);
}

/* As system(3), but others run while the shell does. */
static int run_shell(Vm *vm, char *command, int *status)
{
    char *argv[] = { (char[]){ "sh" }, (char[]){ "-c" }, command, NULL };
    struct sigaction ignore = { .sa_handler = SIG_IGN }, old_int, old_quit;
    posix_spawnattr_t attr;
    sigset_t reset;
    pid_t pid;
    struct rusage usage;
    sigaction(SIGINT, &ignore, &old_int);
    sigaction(SIGQUIT, &ignore, &old_quit);
    posix_spawnattr_init(&attr);
    sigemptyset(&reset);
    if (old_int.sa_handler != SIG_IGN)
        sigaddset(&reset, SIGINT);
    if (old_quit.sa_handler != SIG_IGN)
        sigaddset(&reset, SIGQUIT);
    posix_spawnattr_setsigdefault(&attr, &reset);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
    int err = posix_spawn(&pid, "/bin/sh", NULL, &attr, argv, environ);
    posix_spawnattr_destroy(&attr);
    int r = err ? err : wait_pid(vm, pid, 0, status, &usage) < 0 ? -1 : 0;
    sigaction(SIGINT, &old_int, NULL);
    sigaction(SIGQUIT, &old_quit, NULL);
    return r;
}

static Value posix_f_system(Vm *vm, Value self, const Args *args)
{
    Path p;
    int status = 0;
    (void)self;
    if (!path_of(vm, args->v[0], "system", NULL, &p) || !rt_allowed(vm, ALLOW_SPAWN, "running programs"))
        return VALUE_ERROR;
    posix_flush_all(vm);
    int r = run_shell(vm, (char *)(uintptr_t)p.text, &status);
    return r > 0 ? raise_os(vm, r, VALUE_EMPTY) : r < 0 ? VALUE_ERROR : value_from_int48(status);
}

/* For subprocess: has the child ended, at the latest after so many seconds? It is not waited for. */
static Value posix_f_ended(Vm *vm, Value self, const Args *args)
{
    pid_t pid = (pid_t)posix_arg(args, 0);
    double deadline = rt_now(rt_of(vm)) + value_double(args->v[1]), delay = 0.0005;
    int fd = (int)syscall(SYS_pidfd_open, pid, 0), got = 0;
    (void)self;
    if (fd >= 0) {
        struct pollfd p = { fd, POLLIN, 0 };
        got = strands_poll(vm, &p, 1, deadline);
        close(fd);
        return got < 0 ? VALUE_ERROR : value_from_bool(got);
    }
    while (!child_has_news(P_PID, (id_t)pid, WEXITED)) {        /* no descriptor is left */
        double now = rt_now(rt_of(vm));
        if (now >= deadline)
            return VALUE_FALSE;
        if (strands_poll(vm, NULL, 0, now + delay < deadline ? now + delay : deadline) < 0)
            return VALUE_ERROR;
        delay = delay < 0.025 ? delay * 2 : 0.05;
    }
    return VALUE_TRUE;
}

const MethodDef posix_process_functions[] = {
    FUNCTION(posix, ended, "_ended(pid: cint, timeout: float, /)", "Has a child ended, within so many seconds?"),
    FUNCTION(posix, kill, "kill(pid: cint, signal: cint, /)", "Send a signal to a process."),
    FUNCTION(posix, killpg, "killpg(pgid: cint, signal: cint, /)", "Send a signal to a process group."),
    FUNCTION(posix, exit, "_exit(status: cint)", "End the process at once: no handlers run, nothing is flushed."),
    FUNCTION(posix, abort, "abort()", "End the process by SIGABRT."),
    FUNCTION(posix, umask, "umask(mask: cint, /)", "Set which rights new files do not get; the old mask."),
    FUNCTION(posix, waitpid, "waitpid(pid: cint, options: cint, /)", "Wait for a child: (pid, status)."),
    FUNCTION(posix, wait, "wait()", "Wait for any child: (pid, status)."),
    FUNCTION(posix, wait3, "wait3(options: cint)", "Wait for any child: (pid, status, what it used)."),
    FUNCTION(posix, wait4, "wait4(pid: cint, options: cint)", "Wait for a child: (pid, status, what it used)."),
    FUNCTION(posix, waitid, "waitid(idtype: cint, id: ssize, options: cint, /)", "Wait for children; a waitid_result, or None."),
    FUNCTION(posix, WIFEXITED, "WIFEXITED(status: cint)", "Did it end by itself?"),
    FUNCTION(posix, WIFSIGNALED, "WIFSIGNALED(status: cint)", "Did a signal end it?"),
    FUNCTION(posix, WIFSTOPPED, "WIFSTOPPED(status: cint)", "Was it stopped?"),
    FUNCTION(posix, WIFCONTINUED, "WIFCONTINUED(status: cint)", "Does it go on?"),
    FUNCTION(posix, WCOREDUMP, "WCOREDUMP(status: cint, /)", "Did it leave a core dump?"),
    FUNCTION(posix, WEXITSTATUS, "WEXITSTATUS(status: cint)", "The code that it ended with."),
    FUNCTION(posix, WTERMSIG, "WTERMSIG(status: cint)", "The signal that ended it."),
    FUNCTION(posix, WSTOPSIG, "WSTOPSIG(status: cint)", "The signal that stopped it."),
    FUNCTION(posix, waitstatus_to_exitcode, "waitstatus_to_exitcode(status: cint)",
             "The exit code; minus the signal that ended it."),
    FUNCTION(posix, execv, "execv(path, argv, /)", "Become another program."),
    FUNCTION(posix, execve, "execve(path, argv, env)", "Become another program, with that environment."),
    FUNCTION(posix, fork, "fork()", "Make a child that goes on from here: 0 there, its pid here."),
    FUNCTION(posix, register_at_fork, "register_at_fork(*, before=..., after_in_child=..., after_in_parent=...)",
             "Functions to be called when fork() is."),
    FUNCTION(posix, posix_spawn,
             "posix_spawn(path, argv, env, /, *, file_actions=(), setpgroup=..., resetids=False, setsid=False, "
             "setsigmask=..., setsigdef=..., scheduler=...)", "Start a program; its pid."),
    FUNCTION(posix, posix_spawnp,
             "posix_spawnp(path, argv, env, /, *, file_actions=(), setpgroup=..., resetids=False, setsid=False, "
             "setsigmask=..., setsigdef=..., scheduler=...)", "The same, looked for along PATH."),
    FUNCTION(posix, system, "system(command)", "Run a command by the shell; its wait status."),
    { 0 }
};

bool posix_process_init(Vm *vm, Module *m)
{
    static const char *const fields[] = { "si_pid", "si_uid", "si_signo", "si_status", "si_code", NULL };
    static const char *const hooks[] = { "_before_fork", "_after_in_child", "_after_in_parent" };
    Type *t = structseq_type(vm, "posix.waitid_result", fields, 5);
    if (!t || !module_set(vm, m, "waitid_result", value_from_obj(t)))
        return false;
    for (size_t i = 0; i < COUNT_OF(hooks); i++) {
        List *l = list_new(vm, 0);
        if (!l || !module_set(vm, m, hooks[i], value_from_obj(l)))
            return false;
    }
    return true;
}
