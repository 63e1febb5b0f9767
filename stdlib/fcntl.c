/* SPDX-License-Identifier: MIT
 * Module fcntl: control and locks of descriptors. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "runtime/strands.h"
#include "stdlib/modules.h"
#include "stdlib/posix/posix.h"
#include "vm/objects/bytes.h"
#include "vm/objects/str.h"
#include "vm/sched.h"

#define DATA_MAX 1024

static bool allowed(Vm *vm)
{
    return rt_allowed(vm, ALLOW_FS_READ | ALLOW_FS_WRITE, "descriptors");
}

static bool number_arg(Vm *vm, Value v, int64_t *n)
{
    v = op_index(vm, v);
    if (value_is_empty(v))
        return false;
    if (!int_to_i64(v, n))
        *n = 0;                 /* no more than 32 bits of it count */
    *n = (int32_t)(uint32_t)*n;
    return true;
}

/* Bytes that the system may change; the result is what it made of them. */
static Value with_data(Vm *vm, const char *name, int fd, unsigned long cmd, const char *p, size_t n, bool is_ioctl)
{
    char buf[DATA_MAX + 8];
    if (n > DATA_MAX)
        return raise_exc(vm, EXC_ValueError, is_ioctl ? "%s argument 3 is too long" : "%s argument 3 is too long", name);
    memset(buf, 0, sizeof buf);
    memcpy(buf, p, n);
    int r = is_ioctl ? ioctl(fd, cmd, buf) : fcntl(fd, (int)cmd, buf);
    if (r < 0)
        return raise_os(vm, errno, VALUE_EMPTY);
    Bytes *b = bytes_new(vm, buf, n);
    return b ? value_from_obj(b) : VALUE_ERROR;
}

static Value fcntl_f_fcntl(Vm *vm, Value self, const Args *args)
{
    int fd, r, cmd = (int)posix_arg(args, 1);
    const char *p;
    size_t n;
    int64_t number = 0;
    (void)self;
    if (!posix_fileno(vm, args->v[0], &fd) || !allowed(vm))
        return VALUE_ERROR;
    if (is_str(args->v[2]))
        return with_data(vm, "fcntl", fd, (unsigned long)cmd, str_data(as_str(args->v[2])), as_str(args->v[2])->len, false);
    if (!is_int(args->v[2]) && value_is_empty(type_special(type_of(vm, args->v[2]), SPECIAL_INDEX))) {
        if (!bytes_view(vm, args->v[2], &p, &n))
            return VALUE_ERROR;
        return with_data(vm, "fcntl", fd, (unsigned long)cmd, p, n, false);
    }
    if (!number_arg(vm, args->v[2], &number))
        return VALUE_ERROR;
    while ((r = fcntl(fd, cmd, (int)number)) < 0)
        if (!posix_interrupted(vm))
            return VALUE_ERROR;
    return value_from_int48(r);
}

static Value fcntl_f_ioctl(Vm *vm, Value self, const Args *args)
{
    int fd, r;
    char *w;
    const char *p;
    size_t n;
    int64_t number = 0;
    unsigned long request = (unsigned long)(uint32_t)posix_arg(args, 1);
    (void)self;
    if (!posix_fileno(vm, args->v[0], &fd) || !allowed(vm))
        return VALUE_ERROR;
    if (is_str(args->v[2]))
        return with_data(vm, "ioctl", fd, request, str_data(as_str(args->v[2])), as_str(args->v[2])->len, true);
    if (is_int(args->v[2]) || !value_is_empty(type_special(type_of(vm, args->v[2]), SPECIAL_INDEX))) {
        if (!number_arg(vm, args->v[2], &number))
            return VALUE_ERROR;
        r = ioctl(fd, request, (int)number);
        return r < 0 ? raise_os(vm, errno, VALUE_EMPTY) : value_from_int48(r);
    }
    bool mutate = value_same(args->v[3], VALUE_TRUE);
    if (mutate && !is_bytes(args->v[2])) {
        if (!bytes_writable(vm, args->v[2], "ioctl() argument 3", &w, &n))
            return VALUE_ERROR;
        char buf[DATA_MAX + 8];
        if (n <= DATA_MAX) {            /* room for a system that writes more than it was given */
            memset(buf, 0, sizeof buf);
            memcpy(buf, w, n);
            r = ioctl(fd, request, buf);
            memcpy(w, buf, n);
        } else {
            r = ioctl(fd, request, w);
        }
        return r < 0 ? raise_os(vm, errno, VALUE_EMPTY) : value_from_int48(r);
    }
    if (!bytes_view(vm, args->v[2], &p, &n))
        return VALUE_ERROR;
    return with_data(vm, "ioctl", fd, request, p, n, true);
}

/* A lock that somebody else has may be held by another strand: they go on meanwhile. */
static bool lock_later(Vm *vm, bool waits)
{
    return waits && vm->nstrands > 1 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EACCES) &&
           strand_wait(vm, rt_now(rt_of(vm)) + 0.002);
}

static Value fcntl_f_flock(Vm *vm, Value self, const Args *args)
{
    int fd, op = (int)posix_arg(args, 1);
    (void)self;
    if (!posix_fileno(vm, args->v[0], &fd) || !allowed(vm))
        return VALUE_ERROR;
    bool waits = !(op & LOCK_NB);
    while (flock(fd, vm->nstrands > 1 ? op | LOCK_NB : op) < 0)
        if (!lock_later(vm, waits) && (vm_pending(vm) || !posix_interrupted(vm)))
            return VALUE_ERROR;
    return VALUE_NONE;
}

static bool offset_arg(Vm *vm, Value v, off_t *out)
{
    int64_t n;
    if (!op_int64(vm, v, &n))
        return false;
    *out = (off_t)n;
    return true;
}

static Value fcntl_f_lockf(Vm *vm, Value self, const Args *args)
{
    int fd, op = (int)posix_arg(args, 1);
    struct flock l = { .l_whence = (short)posix_arg(args, 4) };
    (void)self;
    if (!posix_fileno(vm, args->v[0], &fd) || !allowed(vm))
        return VALUE_ERROR;
    if (op == LOCK_UN)
        l.l_type = F_UNLCK;
    else if (op & LOCK_SH)
        l.l_type = F_RDLCK;
    else if (op & LOCK_EX)
        l.l_type = F_WRLCK;
    else
        return raise_exc(vm, EXC_ValueError, "unrecognized lockf argument");
    if (!offset_arg(vm, args->v[2], &l.l_len) || !offset_arg(vm, args->v[3], &l.l_start))
        return VALUE_ERROR;
    bool waits = !(op & LOCK_NB);
    while (fcntl(fd, waits && vm->nstrands < 2 ? F_SETLKW : F_SETLK, &l) < 0)
        if (!lock_later(vm, waits) && (vm_pending(vm) || !posix_interrupted(vm)))
            return VALUE_ERROR;
    return VALUE_NONE;
}

static const MethodDef functions[] = {
    FUNCTION(fcntl, fcntl, "fcntl(fd, cmd: cint, arg=0, /)", "Do something with a descriptor."),
    FUNCTION(fcntl, ioctl, "ioctl(fd, request: ssize, arg=0, mutate_flag: bool = True, /)", "Do something with a device."),
    FUNCTION(fcntl, flock, "flock(fd, operation: cint, /)", "Lock or unlock a file."),
    FUNCTION(fcntl, lockf, "lockf(fd, cmd: cint, len=0, start=0, whence: cint = 0, /)", "Lock or unlock a part of a file."),
    { 0 }
};

Value fcntl_init(Vm *vm)
{
#define N(name) { #name, name }
    static const PosixNumber numbers[] = {
        N(DN_ACCESS),
        N(DN_ATTRIB),
        N(DN_CREATE),
        N(DN_DELETE),
        N(DN_MODIFY),
#ifdef DN_MULTISHOT
        N(DN_MULTISHOT),
#else
        { "DN_MULTISHOT", 2147483648 },
#endif
        N(DN_RENAME),
        N(FASYNC),
        N(FD_CLOEXEC),
#ifdef FICLONE
        N(FICLONE),
#else
        { "FICLONE", 1074041865 },
#endif
#ifdef FICLONERANGE
        N(FICLONERANGE),
#else
        { "FICLONERANGE", 1075876877 },
#endif
        N(F_ADD_SEALS),
        N(F_DUPFD),
        N(F_DUPFD_CLOEXEC),
#ifdef F_EXLCK
        N(F_EXLCK),
#else
        { "F_EXLCK", 4 },
#endif
        N(F_GETFD),
        N(F_GETFL),
        N(F_GETLEASE),
        N(F_GETLK),
#ifdef F_GETLK64
        N(F_GETLK64),
#else
        { "F_GETLK64", 5 },
#endif
        N(F_GETOWN),
#ifdef F_GETOWN_EX
        N(F_GETOWN_EX),
#else
        { "F_GETOWN_EX", 16 },
#endif
        N(F_GETPIPE_SZ),
        N(F_GETSIG),
#ifdef F_GET_FILE_RW_HINT
        N(F_GET_FILE_RW_HINT),
#else
        { "F_GET_FILE_RW_HINT", 1037 },
#endif
#ifdef F_GET_RW_HINT
        N(F_GET_RW_HINT),
#else
        { "F_GET_RW_HINT", 1035 },
#endif
        N(F_GET_SEALS),
        N(F_NOTIFY),
        N(F_OFD_GETLK),
        N(F_OFD_SETLK),
        N(F_OFD_SETLKW),
#ifdef F_OWNER_PGRP
        N(F_OWNER_PGRP),
#else
        { "F_OWNER_PGRP", 2 },
#endif
#ifdef F_OWNER_PID
        N(F_OWNER_PID),
#else
        { "F_OWNER_PID", 1 },
#endif
#ifdef F_OWNER_TID
        N(F_OWNER_TID),
#else
        { "F_OWNER_TID", 0 },
#endif
        N(F_RDLCK),
#ifdef F_SEAL_FUTURE_WRITE
        N(F_SEAL_FUTURE_WRITE),
#else
        { "F_SEAL_FUTURE_WRITE", 16 },
#endif
        N(F_SEAL_GROW),
        N(F_SEAL_SEAL),
        N(F_SEAL_SHRINK),
        N(F_SEAL_WRITE),
        N(F_SETFD),
        N(F_SETFL),
        N(F_SETLEASE),
        N(F_SETLK),
#ifdef F_SETLK64
        N(F_SETLK64),
#else
        { "F_SETLK64", 6 },
#endif
        N(F_SETLKW),
#ifdef F_SETLKW64
        N(F_SETLKW64),
#else
        { "F_SETLKW64", 7 },
#endif
        N(F_SETOWN),
#ifdef F_SETOWN_EX
        N(F_SETOWN_EX),
#else
        { "F_SETOWN_EX", 15 },
#endif
        N(F_SETPIPE_SZ),
        N(F_SETSIG),
#ifdef F_SET_FILE_RW_HINT
        N(F_SET_FILE_RW_HINT),
#else
        { "F_SET_FILE_RW_HINT", 1038 },
#endif
#ifdef F_SET_RW_HINT
        N(F_SET_RW_HINT),
#else
        { "F_SET_RW_HINT", 1036 },
#endif
#ifdef F_SHLCK
        N(F_SHLCK),
#else
        { "F_SHLCK", 8 },
#endif
        N(F_UNLCK),
        N(F_WRLCK),
        N(LOCK_EX),
#ifdef LOCK_MAND
        N(LOCK_MAND),
#else
        { "LOCK_MAND", 32 },
#endif
        N(LOCK_NB),
#ifdef LOCK_READ
        N(LOCK_READ),
#else
        { "LOCK_READ", 64 },
#endif
#ifdef LOCK_RW
        N(LOCK_RW),
#else
        { "LOCK_RW", 192 },
#endif
        N(LOCK_SH),
        N(LOCK_UN),
#ifdef LOCK_WRITE
        N(LOCK_WRITE),
#else
        { "LOCK_WRITE", 128 },
#endif
#ifdef RWH_WRITE_LIFE_EXTREME
        N(RWH_WRITE_LIFE_EXTREME),
#else
        { "RWH_WRITE_LIFE_EXTREME", 5 },
#endif
#ifdef RWH_WRITE_LIFE_LONG
        N(RWH_WRITE_LIFE_LONG),
#else
        { "RWH_WRITE_LIFE_LONG", 4 },
#endif
#ifdef RWH_WRITE_LIFE_MEDIUM
        N(RWH_WRITE_LIFE_MEDIUM),
#else
        { "RWH_WRITE_LIFE_MEDIUM", 3 },
#endif
#ifdef RWH_WRITE_LIFE_NONE
        N(RWH_WRITE_LIFE_NONE),
#else
        { "RWH_WRITE_LIFE_NONE", 1 },
#endif
#ifdef RWH_WRITE_LIFE_NOT_SET
        N(RWH_WRITE_LIFE_NOT_SET),
#else
        { "RWH_WRITE_LIFE_NOT_SET", 0 },
#endif
#ifdef RWH_WRITE_LIFE_SHORT
        N(RWH_WRITE_LIFE_SHORT),
#else
        { "RWH_WRITE_LIFE_SHORT", 2 },
#endif
        { 0 }
    };
#undef N
    Module *m = module_new(vm, "fcntl", "Control and locks of descriptors.");
    return m && module_add_functions(vm, m, functions) && posix_add_numbers(vm, m, numbers) ? value_from_obj(m) : VALUE_ERROR;
}
