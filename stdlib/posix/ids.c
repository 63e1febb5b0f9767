/* SPDX-License-Identifier: MIT
 * Module posix: who a process is - users, groups, sessions - and how it is scheduled. */
#include "stdlib/posix/posix.h"

#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "runtime/structseq.h"
#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/objects/set.h"
#include "vm/objects/str.h"

/* Functions without arguments that give a number and cannot fail. */
#define PLAIN(name)                                                    \
    static Value posix_f_##name(Vm *vm, Value self, const Args *args)  \
    {                                                                  \
        (void)vm;                                                      \
        (void)self;                                                    \
        (void)args;                                                    \
        return value_from_int48(name());                               \
    }
PLAIN(getpid)
PLAIN(getppid)
PLAIN(getuid)
PLAIN(geteuid)
PLAIN(getgid)
PLAIN(getegid)
PLAIN(getpgrp)
#undef PLAIN

static bool may_set(Vm *vm)
{
    return rt_allowed(vm, ALLOW_SPAWN, "changing the process");
}

/* set*(id) and set*(id, id[, id]). */
#define SET_ID(name, what)                                                                     \
    static Value posix_f_##name(Vm *vm, Value self, const Args *args)                          \
    {                                                                                          \
        uint32_t id;                                                                           \
        (void)self;                                                                            \
        return posix_id_arg(vm, args->v[0], what, &id) && may_set(vm) ? posix_none(vm, name(id)) : VALUE_ERROR; \
    }
#define SET_IDS(name, what, n, call)                                                           \
    static Value posix_f_##name(Vm *vm, Value self, const Args *args)                          \
    {                                                                                          \
        uint32_t id[3] = { 0 };                                                                \
        (void)self;                                                                            \
        for (unsigned i = 0; i < (n); i++)                                                     \
            if (!posix_id_arg(vm, args->v[i], what, &id[i]))                                   \
                return VALUE_ERROR;                                                            \
        return may_set(vm) ? posix_none(vm, call) : VALUE_ERROR;                               \
    }
SET_ID(setuid, "uid")
SET_ID(seteuid, "uid")
SET_ID(setgid, "gid")
SET_ID(setegid, "gid")
SET_IDS(setreuid, "uid", 2, setreuid(id[0], id[1]))
SET_IDS(setregid, "gid", 2, setregid(id[0], id[1]))
SET_IDS(setresuid, "uid", 3, setresuid(id[0], id[1], id[2]))
SET_IDS(setresgid, "gid", 3, setresgid(id[0], id[1], id[2]))
#undef SET_ID
#undef SET_IDS

static Value three(Vm *vm, int r, uint32_t a, uint32_t b, uint32_t c)
{
    Value v[3] = { int_new_u64(vm, a), int_new_u64(vm, b), int_new_u64(vm, c) };
    return r < 0 ? raise_os(vm, errno, VALUE_EMPTY) : posix_tuple(vm, v, 3);
}

static Value posix_f_getresuid(Vm *vm, Value self, const Args *args)
{
    uid_t a, b, c;
    (void)self;
    (void)args;
    int r = getresuid(&a, &b, &c);
    return three(vm, r, a, b, c);
}

static Value posix_f_getresgid(Vm *vm, Value self, const Args *args)
{
    gid_t a, b, c;
    (void)self;
    (void)args;
    int r = getresgid(&a, &b, &c);
    return three(vm, r, a, b, c);
}

#define GROUPS_MAX 65536

static Value group_list(Vm *vm, const gid_t *ids, int n)
{
    List *l = list_new(vm, (size_t)(n > 0 ? n : 0));
    for (int i = 0; l && i < n; i++)
        if (!list_append(vm, l, value_from_int48(ids[i])))
            return VALUE_ERROR;
    return l ? value_from_obj(l) : VALUE_ERROR;
}

static Value posix_f_getgroups(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    gid_t *ids = mem_alloc(&vm->alloc, GROUPS_MAX * sizeof *ids);
    if (!ids)
        return raise_no_memory(vm);
    int n = getgroups(GROUPS_MAX, ids);
    Value r = n < 0 ? raise_os(vm, errno, VALUE_EMPTY) : group_list(vm, ids, n);
    mem_free(&vm->alloc, ids, GROUPS_MAX * sizeof *ids);
    return r;
}

static Value posix_f_getgrouplist(Vm *vm, Value self, const Args *args)
{
    Path name;
    uint32_t gid;
    int n = GROUPS_MAX;
    (void)self;
    if (!path_of(vm, args->v[0], "getgrouplist", NULL, &name) || !posix_id_arg(vm, args->v[1], "gid", &gid))
        return VALUE_ERROR;
    gid_t *ids = mem_alloc(&vm->alloc, GROUPS_MAX * sizeof *ids);
    if (!ids)
        return raise_no_memory(vm);
    Value r = getgrouplist(name.text, gid, ids, &n) < 0 ? raise_os(vm, errno, VALUE_EMPTY) : group_list(vm, ids, n);
    mem_free(&vm->alloc, ids, GROUPS_MAX * sizeof *ids);
    return r;
}

static Value posix_f_setgroups(Vm *vm, Value self, const Args *args)
{
    Value *items;
    size_t n;
    gid_t ids[256];
    (void)self;
    if (!may_set(vm))
        return VALUE_ERROR;
    Value seq = op_tuple_of(vm, args->v[0]);
    if (value_is_empty(seq))
        return seq;
    if (!seq_items(seq, &items, &n) || n > COUNT_OF(ids))
        return raise_exc(vm, EXC_ValueError, "too many groups");
    for (size_t i = 0; i < n; i++)
        if (!posix_id_arg(vm, items[i], "gid", &ids[i]))
            return VALUE_ERROR;
    return posix_none(vm, setgroups(n, ids));
}

static Value posix_f_initgroups(Vm *vm, Value self, const Args *args)
{
    Path name;
    uint32_t gid;
    (void)self;
    if (!path_of(vm, args->v[0], "initgroups", NULL, &name) || !posix_id_arg(vm, args->v[1], "gid", &gid) || !may_set(vm))
        return VALUE_ERROR;
    return posix_none(vm, initgroups(name.text, gid));
}

static Value posix_f_getlogin(Vm *vm, Value self, const Args *args)
{
    char name[256];
    (void)self;
    (void)args;
    int err = getlogin_r(name, sizeof name);
    return err ? raise_os(vm, err, VALUE_EMPTY) : posix_text(vm, name);
}

static Value posix_f_getpgid(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return posix_number(vm, getpgid((pid_t)posix_arg(args, 0)));
}

static Value posix_f_getsid(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return posix_number(vm, getsid((pid_t)posix_arg(args, 0)));
}

static Value posix_f_setsid(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return may_set(vm) ? posix_none(vm, setsid()) : VALUE_ERROR;
}

static Value posix_f_setpgid(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return may_set(vm) ? posix_none(vm, setpgid((pid_t)posix_arg(args, 0), (pid_t)posix_arg(args, 1))) : VALUE_ERROR;
}

static Value posix_f_setpgrp(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return may_set(vm) ? posix_none(vm, setpgid(0, 0)) : VALUE_ERROR;
}

static Value posix_f_getpriority(Vm *vm, Value self, const Args *args)
{
    (void)self;
    errno = 0;
    int r = getpriority((__priority_which_t)posix_arg(args, 0), (id_t)posix_arg(args, 1));
    return r == -1 && errno ? raise_os(vm, errno, VALUE_EMPTY) : value_from_int48(r);
}

static Value posix_f_setpriority(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (!may_set(vm))
        return VALUE_ERROR;
    return posix_none(vm, setpriority((__priority_which_t)posix_arg(args, 0), (id_t)posix_arg(args, 1),
                                      (int)posix_arg(args, 2)));
}

static Value posix_f_nice(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (!may_set(vm))
        return VALUE_ERROR;
    errno = 0;
    int r = nice((int)posix_arg(args, 0));
    return r == -1 && errno ? raise_os(vm, errno, VALUE_EMPTY) : value_from_int48(r);
}

/* ---- scheduling ---- */

static Value posix_f_sched_yield(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return posix_none(vm, sched_yield());
}

static Value posix_f_sched_get_priority_max(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return posix_number(vm, sched_get_priority_max((int)posix_arg(args, 0)));
}

static Value posix_f_sched_get_priority_min(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return posix_number(vm, sched_get_priority_min((int)posix_arg(args, 0)));
}

static Value posix_f_sched_getscheduler(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return posix_number(vm, sched_getscheduler((pid_t)posix_arg(args, 0)));
}

static Type *param_type(Vm *vm)
{
    Value m = dict_get_cstr(vm, vm->modules, "posix");
    Value t = is_module(m) ? dict_get_cstr(vm, as_module(m)->globals, "sched_param") : VALUE_EMPTY;
    return is_type(t) ? as_type(t) : NULL;
}

static bool sched_param_arg(Vm *vm, Value v, struct sched_param *p)
{
    Type *t = param_type(vm);
    if (!t || !value_is_a(vm, v, t)) {
        raise_type_error(vm, "must have a sched_param object");
        return false;
    }
    return posix_int(vm, as_tuple(v)->items[0], &p->sched_priority);
}

static Value posix_f_sched_getparam(Vm *vm, Value self, const Args *args)
{
    struct sched_param p;
    (void)self;
    Type *t = param_type(vm);
    if (sched_getparam((pid_t)posix_arg(args, 0), &p) < 0)
        return raise_os(vm, errno, VALUE_EMPTY);
    Value v = value_from_int48(p.sched_priority);
    return t ? structseq_new(vm, t, &v, 1) : raise_type_error(vm, "posix.sched_param is gone");
}

static Value posix_f_sched_setparam(Vm *vm, Value self, const Args *args)
{
    struct sched_param p;
    (void)self;
    if (!sched_param_arg(vm, args->v[1], &p) || !may_set(vm))
        return VALUE_ERROR;
    return posix_none(vm, sched_setparam((pid_t)posix_arg(args, 0), &p));
}

static Value posix_f_sched_setscheduler(Vm *vm, Value self, const Args *args)
{
    struct sched_param p;
    (void)self;
    if (!sched_param_arg(vm, args->v[2], &p) || !may_set(vm))
        return VALUE_ERROR;
    return posix_none(vm, sched_setscheduler((pid_t)posix_arg(args, 0), (int)posix_arg(args, 1), &p));
}

static Value posix_f_sched_rr_get_interval(Vm *vm, Value self, const Args *args)
{
    struct timespec t;
    (void)self;
    if (sched_rr_get_interval((pid_t)posix_arg(args, 0), &t) < 0)
        return raise_os(vm, errno, VALUE_EMPTY);
    return value_from_double((double)t.tv_sec + 1e-9 * (double)t.tv_nsec);
}

static Value posix_f_sched_getaffinity(Vm *vm, Value self, const Args *args)
{
    cpu_set_t set;
    (void)self;
    if (sched_getaffinity((pid_t)posix_arg(args, 0), sizeof set, &set) < 0)
        return raise_os(vm, errno, VALUE_EMPTY);
    Set *s = set_new(vm, false);
    for (int i = 0; s && i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, &set) && !set_add(vm, s, value_from_int48(i)))
            return VALUE_ERROR;
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static bool add_cpu(Vm *vm, Value item, void *ud)
{
    int n;
    if (!posix_int(vm, item, &n))
        return false;
    if (n < 0)
        raise_exc(vm, EXC_ValueError, "negative CPU number");
    else if (n >= CPU_SETSIZE)
        raise_exc(vm, EXC_OverflowError, "CPU number too large");
    else
        CPU_SET(n, (cpu_set_t *)ud);
    return !vm_pending(vm);
}

static Value posix_f_sched_setaffinity(Vm *vm, Value self, const Args *args)
{
    cpu_set_t set;
    (void)self;
    CPU_ZERO(&set);
    if (!may_set(vm) || !op_each(vm, args->v[1], add_cpu, &set))
        return VALUE_ERROR;
    return posix_none(vm, sched_setaffinity((pid_t)posix_arg(args, 0), sizeof set, &set));
}

const MethodDef posix_ids_functions[] = {
    FUNCTION(posix, getpid, "getpid()", "The number of this process."),
    FUNCTION(posix, getppid, "getppid()", "The number of the parent process."),
    FUNCTION(posix, getuid, "getuid()", "The user of this process."),
    FUNCTION(posix, geteuid, "geteuid()", "The user whose rights this process has."),
    FUNCTION(posix, getgid, "getgid()", "The group of this process."),
    FUNCTION(posix, getegid, "getegid()", "The group whose rights this process has."),
    FUNCTION(posix, getpgrp, "getpgrp()", "The process group of this process."),
    FUNCTION(posix, setuid, "setuid(uid, /)", "Set the user."),
    FUNCTION(posix, seteuid, "seteuid(euid, /)", "Set the effective user."),
    FUNCTION(posix, setgid, "setgid(gid, /)", "Set the group."),
    FUNCTION(posix, setegid, "setegid(egid, /)", "Set the effective group."),
    FUNCTION(posix, setreuid, "setreuid(ruid, euid, /)", "Set the real and the effective user."),
    FUNCTION(posix, setregid, "setregid(rgid, egid, /)", "Set the real and the effective group."),
    FUNCTION(posix, setresuid, "setresuid(ruid, euid, suid, /)", "Choose all three users of the process."),
    FUNCTION(posix, setresgid, "setresgid(rgid, egid, sgid, /)", "Choose all three groups of the process."),
    FUNCTION(posix, getresuid, "getresuid()", "The real, effective and saved user."),
    FUNCTION(posix, getresgid, "getresgid()", "The real, effective and saved group."),
    FUNCTION(posix, getgroups, "getgroups()", "The supplementary groups of this process."),
    FUNCTION(posix, setgroups, "setgroups(groups, /)", "Set the supplementary groups."),
    FUNCTION(posix, getgrouplist, "getgrouplist(user, group, /)", "All groups that a user is in."),
    FUNCTION(posix, initgroups, "initgroups(username, gid, /)", "Set the supplementary groups to those of a user."),
    FUNCTION(posix, getlogin, "getlogin()", "Who logged in at the controlling terminal."),
    FUNCTION(posix, getpgid, "getpgid(pid: cint)", "The process group of a process."),
    FUNCTION(posix, getsid, "getsid(pid: cint, /)", "The session of a process."),
    FUNCTION(posix, setsid, "setsid()", "Begin a new session."),
    FUNCTION(posix, setpgid, "setpgid(pid: cint, pgrp: cint, /)", "Put a process into a group."),
    FUNCTION(posix, setpgrp, "setpgrp()", "Begin a new process group."),
    FUNCTION(posix, getpriority, "getpriority(which: cint, who: cint)", "How nice a process, group or user is."),
    FUNCTION(posix, setpriority, "setpriority(which: cint, who: cint, priority: cint)", "Set how nice it is."),
    FUNCTION(posix, nice, "nice(increment: cint, /)", "Be nicer; how nice it is then."),
    FUNCTION(posix, sched_yield, "sched_yield()", "Let other processes run."),
    FUNCTION(posix, sched_get_priority_max, "sched_get_priority_max(policy: cint)", "The highest priority of a policy."),
    FUNCTION(posix, sched_get_priority_min, "sched_get_priority_min(policy: cint)", "The lowest priority of a policy."),
    FUNCTION(posix, sched_getscheduler, "sched_getscheduler(pid: cint, /)", "The policy of a process."),
    FUNCTION(posix, sched_setscheduler, "sched_setscheduler(pid: cint, policy: cint, param, /)", "Set policy and priority."),
    FUNCTION(posix, sched_getparam, "sched_getparam(pid: cint, /)", "The priority of a process."),
    FUNCTION(posix, sched_setparam, "sched_setparam(pid: cint, param, /)", "Set it."),
    FUNCTION(posix, sched_rr_get_interval, "sched_rr_get_interval(pid: cint, /)", "The slice of a policy of turns, in seconds."),
    FUNCTION(posix, sched_getaffinity, "sched_getaffinity(pid: cint, /)", "The CPUs that a process may use."),
    FUNCTION(posix, sched_setaffinity, "sched_setaffinity(pid: cint, mask, /)", "Set them."),
    { 0 }
};

static Value sched_param_m_new(Vm *vm, Value self, const Args *args)
{
    return structseq_new(vm, as_type(self), args->v, 1);
}

bool posix_ids_init(Vm *vm, Module *m)
{
    static const char *const fields[] = { "sched_priority", NULL };
    static const MethodDef methods[] = {
        METHOD(sched_param, new, "__new__(sched_priority)", "What the scheduler is told of a process."),
        { 0 }
    };
    Type *t = structseq_type(vm, "posix.sched_param", fields, 1);
    return t && type_add_methods(vm, t, methods) && module_set(vm, m, "sched_param", value_from_obj(t));
}
