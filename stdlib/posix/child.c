/* SPDX-License-Identifier: MIT
 * Module _child: how subprocess and asyncio start a program. By vfork(), so that the child borrows our memory until it
 * has become the program and tells by it what went wrong; by fork() where it has more to do than system calls. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/signals.h"
#include "stdlib/modules.h"
#include "stdlib/posix/argv.h"
#include "stdlib/posix/wait.h"
#include "vm/objects/bytes.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

extern char **environ;

enum { STAGE_EXEC, STAGE_CHDIR, STAGE_HOOK, STAGE_SETUP };     /* where a child failed */

typedef struct ChildPlan {
    Vm *vm;
    char **argv, **env, **programs;     /* each ends in NULL; env NULL: ours, as it is then */
    const char *cwd;                    /* NULL: ours */
    int fd[3];                          /* its descriptors 0, 1, 2; -1: ours */
    bool close_fds, restore_signals, new_session, sets_group, sets_uid, sets_gid, sets_groups;
    pid_t group;
    uid_t uid;
    gid_t gid;
    gid_t groups[64];
    size_t ngroups;
    int umask;                          /* -1: ours */
    const int *keep;                    /* descriptors that it gets, sorted */
    size_t nkeep;
    Value hook;                         /* NONE: there is none */
    sigset_t mask;                      /* as it was before */
    int report;                         /* fork(): a pipe to us; -1: we see its memory */
    volatile int stage, err;
} ChildPlan;

/* What our handlers are for means nothing there. */
static void reset_signals(const ChildPlan *c)
{
    struct sigaction sa, dfl = { .sa_handler = SIG_DFL };
    for (int i = 1; i < SIGNAL_COUNT; i++)
        if (!sigaction(i, NULL, &sa) && sa.sa_handler != SIG_DFL && sa.sa_handler != SIG_IGN)
            sigaction(i, &dfl, NULL);
    if (c->restore_signals) {
        sigaction(SIGPIPE, &dfl, NULL);
        sigaction(SIGXFSZ, &dfl, NULL);
    }
    pthread_sigmask(SIG_SETMASK, &c->mask, NULL);
}

/* Those that lie where others shall be go out of the way first. */
static bool place_descriptors(ChildPlan *c)
{
    for (int i = 0; i < 3; i++) {
        if (c->fd[i] < 0 || c->fd[i] > 2 || c->fd[i] == i)
            continue;
        int moved = fcntl(c->fd[i], F_DUPFD_CLOEXEC, 3);
        if (moved < 0)
            return false;
        c->fd[i] = moved;
    }
    for (int i = 0; i < 3; i++) {
        if (c->fd[i] == i) {
            int flags = fcntl(i, F_GETFD);
            if (flags < 0 || fcntl(i, F_SETFD, flags & ~FD_CLOEXEC) < 0)
                return false;
        } else if (c->fd[i] >= 0 && dup2(c->fd[i], i) < 0) {
            return false;
        }
    }
    for (size_t i = 0; i < c->nkeep; i++) {
        int flags = fcntl(c->keep[i], F_GETFD);
        if (flags < 0 || (flags & FD_CLOEXEC && fcntl(c->keep[i], F_SETFD, flags & ~FD_CLOEXEC) < 0))
            return false;
    }
    return true;
}

static void close_others(const ChildPlan *c)
{
    unsigned from = 3;
    for (size_t i = 0; i < c->nkeep; i++) {
        unsigned fd = (unsigned)c->keep[i];
        if (fd > from)
            close_range(from, fd - 1, 0);
        if (fd >= from)
            from = fd + 1;
    }
    close_range(from, ~0u, 0);
}

static bool become(const ChildPlan *c)
{
    if (c->new_session && setsid() < 0)
        return false;
    if (c->sets_group && setpgid(0, c->group) < 0)
        return false;
    if (c->sets_groups && setgroups(c->ngroups, c->groups) < 0)
        return false;
    if (c->sets_gid && setregid(c->gid, c->gid) < 0)
        return false;
    return !c->sets_uid || setreuid(c->uid, c->uid) >= 0;
}

/* The error that is worth telling: one of a program that is there. */
static void exec_any(ChildPlan *c)
{
    int told = 0;
    for (char **p = c->programs; *p; p++) {
        execve(*p, c->argv, c->env ? c->env : environ);
        if (errno != ENOENT && errno != ENOTDIR && !told)
            told = errno;
    }
    if (told)
        errno = told;
}

static void fail(ChildPlan *c, int stage)
{
    c->err = errno;
    c->stage = stage;
    if (c->report >= 0) {
        int v[2] = { c->stage, c->err };
        ssize_t r = write(c->report, v, sizeof v);
        (void)r;
    }
    _exit(255);
}

static __attribute__((noinline)) void run_child(ChildPlan *c)
{
    if (!place_descriptors(c))
        fail(c, STAGE_SETUP);
    if (c->cwd && chdir(c->cwd) < 0)
        fail(c, STAGE_CHDIR);
    if (c->umask >= 0)
        umask((mode_t)c->umask);
    reset_signals(c);
    if (!become(c))
        fail(c, STAGE_SETUP);
    if (!value_is_none(c->hook)) {
        errno = 0;
        if (value_is_empty(op_call0(c->vm, c->hook)))
            fail(c, STAGE_HOOK);
    }
    if (c->close_fds) {
        int kept[257];
        if (c->report >= 0 && c->nkeep < 256) {         /* the pipe goes by itself */
            size_t n = 0, i = 0;
            for (; i < c->nkeep && c->keep[i] < c->report; i++)
                kept[n++] = c->keep[i];
            kept[n++] = c->report;
            for (; i < c->nkeep; i++)
                kept[n++] = c->keep[i];
            c->keep = kept;
            c->nkeep = n;
        }
        close_others(c);
    }
    exec_any(c);
    fail(c, STAGE_EXEC);
}

static pid_t start_vfork(ChildPlan *c)
{
    pid_t pid = vfork();
    if (!pid) {
        run_child(c);
        _exit(255);
    }
    return pid;
}

static pid_t start_fork(ChildPlan *c)
{
    int fds[2], v[2];
    if (pipe2(fds, O_CLOEXEC) < 0)
        return -1;
    if (fds[1] < 3) {                   /* out of the way of 0, 1 and 2 */
        int moved = fcntl(fds[1], F_DUPFD_CLOEXEC, 3);
        close(fds[1]);
        fds[1] = moved;
    }
    c->report = fds[1];
    pid_t pid = fork();
    if (!pid) {
        close(fds[0]);
        run_child(c);
        _exit(255);
    }
    int err = errno;
    close(fds[1]);
    if (pid > 0) {
        ssize_t r;
        while ((r = read(fds[0], v, sizeof v)) < 0 && errno == EINTR)
            ;
        if (r == (ssize_t)sizeof v) {
            c->stage = v[0];
            c->err = v[1];
        }
    }
    close(fds[0]);
    errno = err;
    return pid;
}

/* ---- arguments ---- */

static int compare_int(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static bool keep_args(Vm *vm, Value seq, ChildPlan *c)
{
    Value t = op_tuple_of(vm, seq);
    Bytes *store = value_is_empty(t) ? NULL : bytes_new(vm, NULL, (as_tuple(t)->len + 1) * sizeof(int));
    if (!store)
        return false;
    int *p = (int *)(void *)store->data;
    for (size_t i = 0; i < as_tuple(t)->len; i++) {
        if (!posix_int(vm, as_tuple(t)->items[i], &p[i]))
            return false;
        if (p[i] < 0) {
            raise_exc(vm, EXC_ValueError, "bad value(s) in fds_to_keep");
            return false;
        }
    }
    qsort(p, as_tuple(t)->len, sizeof *p, compare_int);
    c->keep = p;
    c->nkeep = as_tuple(t)->len;
    return true;
}

static bool groups_arg(Vm *vm, Value v, ChildPlan *c)
{
    if (value_is_none(v))
        return true;
    Value t = op_tuple_of(vm, v);
    if (value_is_empty(t))
        return false;
    if (as_tuple(t)->len > COUNT_OF(c->groups)) {
        raise_exc(vm, EXC_ValueError, "too many extra_groups");
        return false;
    }
    c->sets_groups = true;
    c->ngroups = as_tuple(t)->len;
    for (size_t i = 0; i < c->ngroups; i++)
        if (!posix_id_arg(vm, as_tuple(t)->items[i], "gid", &c->groups[i])) {
            if (exc_pending_is(vm, EXC_OverflowError)) {
                exc_discard(vm);
                raise_exc(vm, EXC_ValueError, "invalid group id");
            }
            return false;
        }
    return true;
}

static bool id_arg(Vm *vm, Value v, const char *what, bool *given, uint32_t *id)
{
    *given = !value_is_none(v);
    return !*given || posix_id_arg(vm, v, what, id);
}

/* spawn(argv, programs, env, cwd, stdin, stdout, stderr, close_fds, keep, restore_signals, new_session, group, uid, gid,
 * groups, umask, hook) */
static bool plan_of(Vm *vm, const Args *args, ChildPlan *c, StringArray hold[3], FsPath *cwd)
{
    *c = (ChildPlan){ .vm = vm, .report = -1, .err = 0 };
    if (!strings_of(vm, args->v[0], &hold[0]) || !strings_of(vm, args->v[1], &hold[1]))
        return false;
    c->argv = hold[0].items;
    c->programs = hold[1].items;
    if (!value_is_none(args->v[2])) {
        if (!strings_of(vm, args->v[2], &hold[2]))
            return false;
        c->env = hold[2].items;
    }
    if (!value_is_none(args->v[3])) {
        if (!posix_path(vm, args->v[3], "spawn", "cwd", PATH_NAME, cwd))
            return false;
        c->cwd = cwd->text;
    }
    for (int i = 0; i < 3; i++)
        c->fd[i] = (int)posix_arg(args, (unsigned)(4 + i));
    c->close_fds = value_same(args->v[7], VALUE_TRUE);
    c->restore_signals = value_same(args->v[9], VALUE_TRUE);
    c->new_session = value_same(args->v[10], VALUE_TRUE);
    c->group = (pid_t)posix_arg(args, 11);
    c->sets_group = c->group >= 0;
    c->umask = (int)posix_arg(args, 15);
    c->hook = args->v[16];
    return keep_args(vm, args->v[8], c) && id_arg(vm, args->v[12], "uid", &c->sets_uid, &c->uid) &&
           id_arg(vm, args->v[13], "gid", &c->sets_gid, &c->gid) && groups_arg(vm, args->v[14], c);
}

static Value child_f_spawn(Vm *vm, Value self, const Args *args)
{
    ChildPlan c;
    StringArray hold[3];
    FsPath cwd;
    sigset_t all;
    (void)self;
    if (!rt_allowed(vm, ALLOW_SPAWN, "running programs") || !plan_of(vm, args, &c, hold, &cwd))
        return VALUE_ERROR;
    if (vm->main_only && !value_is_none(c.hook))
        return raise_exc(vm, EXC_PythonFinalizationError, "preexec_fn not supported at interpreter shutdown");
    posix_flush_all(vm);
    bool forks = !value_is_none(c.hook) || c.sets_uid || c.sets_gid || c.sets_groups;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &c.mask);        /* no handler of ours runs in the child */
    pid_t pid = forks ? start_fork(&c) : start_vfork(&c);
    int err = errno;
    pthread_sigmask(SIG_SETMASK, &c.mask, NULL);
    if (pid < 0)
        return raise_os(vm, err, VALUE_EMPTY);
    Value v[3] = { value_from_int48(pid), value_from_int48(c.stage), value_from_int48(c.err) };
    return posix_tuple(vm, v, 3);
}

static const MethodDef functions[] = {
    FUNCTION(child, spawn, "spawn(argv, programs, env, cwd, stdin: cint, stdout: cint, stderr: cint, close_fds: bool, keep, "
             "restore_signals: bool, new_session: bool, group: cint, uid, gid, groups, umask: cint, hook, /)",
             "Start a program: (pid, where it failed, errno or 0)."),
    { 0 }
};

Value child_init(Vm *vm)
{
    static const PosixNumber numbers[] = {
        { "STAGE_EXEC", STAGE_EXEC }, { "STAGE_CHDIR", STAGE_CHDIR }, { "STAGE_HOOK", STAGE_HOOK },
        { "STAGE_SETUP", STAGE_SETUP }, { 0 }
    };
    Module *m = module_new(vm, "_child", "Starting programs.");
    return m && module_add_functions(vm, m, functions) && posix_add_numbers(vm, m, numbers) ? value_from_obj(m) : VALUE_ERROR;
}
