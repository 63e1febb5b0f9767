/* SPDX-License-Identifier: MIT
 * Module resource: limits and what was used. */
#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>

#include "runtime/structseq.h"
#include "stdlib/modules.h"
#include "stdlib/posix/posix.h"
#include "stdlib/posix/wait.h"
#include "stdlib/util.h"
#include "vm/objects/list.h"

static Value seconds(struct timeval t)
{
    return value_from_double((double)t.tv_sec + 1e-6 * (double)t.tv_usec);
}

Value resource_usage(Vm *vm, const struct rusage *u)
{
    Value v[] = { seconds(u->ru_utime), seconds(u->ru_stime), int_new(vm, u->ru_maxrss), int_new(vm, u->ru_ixrss),
                  int_new(vm, u->ru_idrss), int_new(vm, u->ru_isrss), int_new(vm, u->ru_minflt), int_new(vm, u->ru_majflt),
                  int_new(vm, u->ru_nswap), int_new(vm, u->ru_inblock), int_new(vm, u->ru_oublock),
                  int_new(vm, u->ru_msgsnd), int_new(vm, u->ru_msgrcv), int_new(vm, u->ru_nsignals),
                  int_new(vm, u->ru_nvcsw), int_new(vm, u->ru_nivcsw) };
    Type *t = lib_type(vm, "resource", "struct_rusage");
    return t ? structseq_new(vm, t, v, COUNT_OF(v)) : VALUE_ERROR;
}

static Value resource_f_getrusage(Vm *vm, Value self, const Args *args)
{
    struct rusage u;
    (void)self;
    if (getrusage((__rusage_who_t)posix_arg(args, 0), &u) < 0)
        return errno == EINVAL ? raise_exc(vm, EXC_ValueError, "invalid who parameter") : raise_os(vm, errno, VALUE_EMPTY);
    return resource_usage(vm, &u);
}

static Value limit_pair(Vm *vm, const struct rlimit *l)
{
    Value v[2] = { l->rlim_cur == RLIM_INFINITY ? value_from_int48(-1) : int_new_u64(vm, l->rlim_cur),
                   l->rlim_max == RLIM_INFINITY ? value_from_int48(-1) : int_new_u64(vm, l->rlim_max) };
    return posix_tuple(vm, v, 2);
}

static bool limit_name(Vm *vm, int64_t n)
{
    if (n < 0 || n >= RLIM_NLIMITS)
        raise_exc(vm, EXC_ValueError, "invalid resource specified");
    return n >= 0 && n < RLIM_NLIMITS;
}

static Value resource_f_getrlimit(Vm *vm, Value self, const Args *args)
{
    struct rlimit l;
    (void)self;
    if (!limit_name(vm, posix_arg(args, 0)))
        return VALUE_ERROR;
    return getrlimit((__rlimit_resource_t)posix_arg(args, 0), &l) < 0 ? raise_os(vm, errno, VALUE_EMPTY) : limit_pair(vm, &l);
}

static bool limit_value(Vm *vm, Value v, rlim_t *out)
{
    int64_t n;
    if (!op_int64(vm, v, &n))
        return false;
    *out = n == -1 ? RLIM_INFINITY : (rlim_t)n;
    return true;
}

static bool limits_arg(Vm *vm, Value v, struct rlimit *l)
{
    Value t = op_tuple_of(vm, v);
    if (value_is_empty(t))
        return false;
    if (as_tuple(t)->len != 2) {
        raise_exc(vm, EXC_ValueError, "expected a tuple of 2 integers");
        return false;
    }
    return limit_value(vm, as_tuple(t)->items[0], &l->rlim_cur) && limit_value(vm, as_tuple(t)->items[1], &l->rlim_max);
}

static Value limit_error(Vm *vm)
{
    if (errno == EINVAL)
        return raise_exc(vm, EXC_ValueError, "current limit exceeds maximum limit");
    return errno == EPERM ? raise_exc(vm, EXC_ValueError, "not allowed to raise maximum limit")
                          : raise_os(vm, errno, VALUE_EMPTY);
}

static Value resource_f_setrlimit(Vm *vm, Value self, const Args *args)
{
    struct rlimit l;
    (void)self;
    if (!limit_name(vm, posix_arg(args, 0)) || !limits_arg(vm, args->v[1], &l) ||
        !rt_allowed(vm, ALLOW_SPAWN, "changing the process"))
        return VALUE_ERROR;
    return setrlimit((__rlimit_resource_t)posix_arg(args, 0), &l) < 0 ? limit_error(vm) : VALUE_NONE;
}

static Value resource_f_prlimit(Vm *vm, Value self, const Args *args)
{
    struct rlimit l, old;
    bool sets = !value_is_empty(args->v[2]) && !value_is_none(args->v[2]);
    (void)self;
    if (!limit_name(vm, posix_arg(args, 1)) || (sets && !limits_arg(vm, args->v[2], &l)) ||
        !rt_allowed(vm, ALLOW_SPAWN, "changing the process"))
        return VALUE_ERROR;
    if (prlimit((pid_t)posix_arg(args, 0), (__rlimit_resource_t)posix_arg(args, 1), sets ? &l : NULL, &old) < 0)
        return limit_error(vm);
    return limit_pair(vm, &old);
}

static Value resource_f_getpagesize(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)self;
    (void)args;
    return value_from_int48(sysconf(_SC_PAGESIZE));
}

static const MethodDef functions[] = {
    FUNCTION(resource, getrusage, "getrusage(who: cint, /)", "What this process, its children or this thread used."),
    FUNCTION(resource, getrlimit, "getrlimit(resource: cint, /)", "The limits of a resource: (soft, hard)."),
    FUNCTION(resource, setrlimit, "setrlimit(resource: cint, limits, /)", "Set them."),
    FUNCTION(resource, prlimit, "prlimit(pid: cint, resource: cint, limits=None, /)", "Set or get those of a process."),
    FUNCTION(resource, getpagesize, "getpagesize()", "Bytes of a page of memory."),
    { 0 }
};

Value resource_init(Vm *vm)
{
#define N(name) { #name, name }
    static const PosixNumber numbers[] = {
        N(RLIMIT_AS), N(RLIMIT_CORE), N(RLIMIT_CPU), N(RLIMIT_DATA), N(RLIMIT_FSIZE), N(RLIMIT_MEMLOCK), N(RLIMIT_MSGQUEUE),
        N(RLIMIT_NICE), N(RLIMIT_NOFILE), N(RLIMIT_NPROC), { "RLIMIT_OFILE", RLIMIT_NOFILE }, N(RLIMIT_RSS), N(RLIMIT_RTPRIO),
        N(RLIMIT_RTTIME), N(RLIMIT_SIGPENDING), N(RLIMIT_STACK), { "RLIM_INFINITY", -1 }, N(RUSAGE_CHILDREN), N(RUSAGE_SELF),
        N(RUSAGE_THREAD), { 0 }
    };
#undef N
    static const char *const fields[] = { "ru_utime", "ru_stime", "ru_maxrss", "ru_ixrss", "ru_idrss", "ru_isrss", "ru_minflt",
                                          "ru_majflt", "ru_nswap", "ru_inblock", "ru_oublock", "ru_msgsnd", "ru_msgrcv",
                                          "ru_nsignals", "ru_nvcsw", "ru_nivcsw", NULL };
    Module *m = module_new(vm, "resource", "Limits of the process, and what it used.");
    Type *t = m ? structseq_type(vm, "resource.struct_rusage", fields, 16) : NULL;
    if (!t || !module_set(vm, m, "struct_rusage", value_from_obj(t)) || !module_add_functions(vm, m, functions) ||
        !posix_add_numbers(vm, m, numbers) || !module_set(vm, m, "error", value_from_obj(vm->exc[EXC_OSError])))
        return VALUE_ERROR;
    return value_from_obj(m);
}
