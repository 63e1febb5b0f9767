/* SPDX-License-Identifier: MIT
 * Module posix: the less usual calls on descriptors: several buffers at once, copying in the kernel, locks, terminals,
 * and descriptors that are no files. */
#include "stdlib/posix/posix.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>
#include <utmp.h>

#include "runtime/io_watch.h"
#include "vm/num/libm.h"
#include "vm/objects/bytes.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

static bool allowed(Vm *vm)
{
    return rt_allowed(vm, ALLOW_FS_READ | ALLOW_FS_WRITE, "descriptors");
}

/* ---- several buffers ---- */

#define VEC_MAX 1024

/* An array of the buffers, in memory that the collector knows. NULL: exception pending. */
static struct iovec *buffers(Vm *vm, Value seq, const char *func, bool writable, int *count)
{
    Value *items;
    size_t n;
    if (!is_list(seq) && !is_tuple(seq)) {
        raise_exc(vm, EXC_TypeError, "%s() arg 2 must be a sequence", func);
        return NULL;
    }
    if (!seq_items(seq, &items, &n) || n > VEC_MAX) {
        raise_os(vm, EINVAL, VALUE_EMPTY);
        return NULL;
    }
    Bytes *store = bytes_new(vm, NULL, (n + 1) * sizeof(struct iovec));
    struct iovec *v = store ? (struct iovec *)(void *)store->data : NULL;
    for (size_t i = 0; v && i < n; i++) {
        const char *p;
        char *w;
        size_t len;
        if (!bytes_view(vm, items[i], &p, &len))
            return NULL;
        if (writable && !bytes_writable(vm, items[i], func, &w, &len)) {
            exc_discard(vm);
            raise_exc(vm, EXC_BufferError, "Object is not writable.");
            return NULL;
        }
        v[i] = (struct iovec){ writable ? (void *)w : (void *)(uintptr_t)p, len };
    }
    *count = (int)n;
    return v;
}

static Value vector_call(Vm *vm, const Args *args, const char *func, bool write, bool at)
{
    int n, fd = (int)posix_arg(args, 0), flags = at ? (int)posix_arg(args, 3) : 0;
    off_t offset = at ? (off_t)posix_arg(args, 2) : 0;
    struct iovec *v = allowed(vm) ? buffers(vm, args->v[1], func, !write, &n) : NULL;
    if (!v || (!at && !posix_wait_fd(vm, fd, write)))
        return VALUE_ERROR;
    for (;;) {
        ssize_t r = !at ? write ? writev(fd, v, n) : readv(fd, v, n)
                  : write ? pwritev2(fd, v, n, offset, flags) : preadv2(fd, v, n, offset, flags);
        if (r >= 0) {
            io_touch(rt_of(vm));
            return int_new(vm, r);
        }
        if (!posix_interrupted(vm))
            return VALUE_ERROR;
    }
}

static Value posix_f_readv(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return vector_call(vm, args, "readv", false, false);
}

static Value posix_f_writev(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return vector_call(vm, args, "writev", true, false);
}

static Value posix_f_preadv(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return vector_call(vm, args, "preadv", false, true);
}

static Value posix_f_pwritev(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return vector_call(vm, args, "pwritev", true, true);
}

/* ---- copying ---- */

/* An offset that may be None. */
static bool offset_arg(Vm *vm, Value v, off_t *offset, off_t **out)
{
    int64_t n;
    *out = NULL;
    if (value_is_none(v))
        return true;
    if (!op_int64(vm, v, &n))
        return false;
    *offset = (off_t)n;
    *out = offset;
    return true;
}

static Value posix_f_sendfile(Vm *vm, Value self, const Args *args)
{
    off_t offset, *at;
    int out = (int)posix_arg(args, 0), in = (int)posix_arg(args, 1);
    (void)self;
    if (!offset_arg(vm, args->v[2], &offset, &at) || !allowed(vm) || !posix_wait_fd(vm, out, true))
        return VALUE_ERROR;
    for (;;) {
        ssize_t r = sendfile(out, in, at, (size_t)posix_arg(args, 3));
        if (r >= 0)
            return int_new(vm, r);
        if (!posix_interrupted(vm))
            return VALUE_ERROR;
    }
}

static Value copy_call(Vm *vm, const Args *args, bool splices)
{
    off_t from, to, *pf, *pt;
    int in = (int)posix_arg(args, 0), out = (int)posix_arg(args, 1);
    size_t n = (size_t)posix_arg(args, 2);
    if (posix_arg(args, 2) < 0)
        return raise_exc(vm, EXC_ValueError, "negative value for 'count' not allowed");
    if (!offset_arg(vm, args->v[3], &from, &pf) || !offset_arg(vm, args->v[4], &to, &pt) || !allowed(vm))
        return VALUE_ERROR;
    for (;;) {
        ssize_t r = splices ? splice(in, pf, out, pt, n, (unsigned)posix_arg(args, 5)) : copy_file_range(in, pf, out, pt, n, 0);
        if (r >= 0)
            return int_new(vm, r);
        if (!posix_interrupted(vm))
            return VALUE_ERROR;
    }
}

static Value posix_f_copy_file_range(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return copy_call(vm, args, false);
}

static Value posix_f_splice(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return copy_call(vm, args, true);
}

/* ---- files ---- */

static Value posix_f_lockf(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (!allowed(vm))
        return VALUE_ERROR;
    while (lockf((int)posix_arg(args, 0), (int)posix_arg(args, 1), (off_t)posix_arg(args, 2)) < 0)
        if (!posix_interrupted(vm))
            return VALUE_ERROR;
    return VALUE_NONE;
}

static Value posix_f_posix_fallocate(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (!allowed(vm))
        return VALUE_ERROR;
    while ((errno = posix_fallocate((int)posix_arg(args, 0), (off_t)posix_arg(args, 1), (off_t)posix_arg(args, 2))))
        if (!posix_interrupted(vm))
            return VALUE_ERROR;
    return VALUE_NONE;
}

static Value posix_f_posix_fadvise(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (!allowed(vm))
        return VALUE_ERROR;
    int err = posix_fadvise((int)posix_arg(args, 0), (off_t)posix_arg(args, 1), (off_t)posix_arg(args, 2),
                            (int)posix_arg(args, 3));
    return err ? raise_os(vm, err, VALUE_EMPTY) : VALUE_NONE;
}

static Value posix_f_sync(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)self;
    (void)args;
    sync();
    return VALUE_NONE;
}

static Value posix_f_memfd_create(Vm *vm, Value self, const Args *args)
{
    Path p;
    (void)self;
    if (!path_of(vm, args->v[0], "memfd_create", NULL, &p) || !allowed(vm))
        return VALUE_ERROR;
    return posix_number(vm, memfd_create(p.text, (unsigned)posix_arg(args, 1)));
}

/* ---- counters and timers ---- */

static Value posix_f_eventfd(Vm *vm, Value self, const Args *args)
{
    int64_t n;
    (void)self;
    if (!is_int(args->v[0]))
        return raise_exc(vm, EXC_TypeError, "an integer is required");
    if (!op_int64(vm, args->v[0], &n) || !allowed(vm))
        return VALUE_ERROR;
    return posix_number(vm, eventfd((unsigned)n, (int)posix_arg(args, 1)));
}

static Value posix_f_eventfd_read(Vm *vm, Value self, const Args *args)
{
    eventfd_t n;
    int fd;
    (void)self;
    if (!posix_fileno(vm, args->v[0], &fd))
        return VALUE_ERROR;
    do {
        if (!posix_wait_fd(vm, fd, false))
            return VALUE_ERROR;
        if (!eventfd_read(fd, &n))
            return int_new_u64(vm, n);
    } while (posix_interrupted(vm));
    return VALUE_ERROR;
}

static Value posix_f_eventfd_write(Vm *vm, Value self, const Args *args)
{
    int fd;
    int64_t n;
    (void)self;
    Value v = op_index(vm, args->v[1]);
    if (value_is_empty(v) || !posix_fileno(vm, args->v[0], &fd))
        return VALUE_ERROR;
    if (is_bigint(v) && as_bigint(v)->count == 1 && as_bigint(v)->sign > 0)
        n = (int64_t)as_bigint(v)->limbs[0];
    else if (!op_int64(vm, v, &n))
        return VALUE_ERROR;
    do {
        if (!posix_wait_fd(vm, fd, true))
            return VALUE_ERROR;
        rt_of(vm)->io_touched = true;
        if (!eventfd_write(fd, (eventfd_t)n)) {
            io_touch(rt_of(vm));
            return VALUE_NONE;
        }
    } while (posix_interrupted(vm));
    return VALUE_ERROR;
}

static Value timer_values(Vm *vm, const struct itimerspec *t, bool ns)
{
    const struct timespec *parts[2] = { &t->it_value, &t->it_interval };
    Value v[2];
    for (int i = 0; i < 2; i++)
        v[i] = ns ? int_new(vm, (int64_t)parts[i]->tv_sec * 1000000000 + parts[i]->tv_nsec)
                  : value_from_double((double)parts[i]->tv_sec + 1e-9 * (double)parts[i]->tv_nsec);
    return posix_tuple(vm, v, 2);
}

static bool timer_part(Vm *vm, Value v, bool ns, struct timespec *t)
{
    int64_t n;
    double d;
    if (ns) {
        if (!op_int64(vm, v, &n))
            return false;
    } else {
        if (!op_double(vm, v, &d))
            return false;
        if (!(fabs(d) < 9e9)) {
            raise_exc(vm, EXC_OverflowError, "timestamp out of range for platform time_t");
            return false;
        }
        n = (int64_t)round_down(d * 1e9);
    }
    *t = (struct timespec){ (time_t)(n / 1000000000), (long)(n % 1000000000) };
    return true;
}

static Value posix_f_timerfd_create(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (!allowed(vm))
        return VALUE_ERROR;
    return posix_number(vm, timerfd_create((clockid_t)posix_arg(args, 0), (int)posix_arg(args, 1) | TFD_CLOEXEC));
}

static Value timer_set(Vm *vm, const Args *args, bool ns)
{
    struct itimerspec t, old;
    if (!timer_part(vm, args->v[2], ns, &t.it_value) || !timer_part(vm, args->v[3], ns, &t.it_interval) || !allowed(vm))
        return VALUE_ERROR;
    if (timerfd_settime((int)posix_arg(args, 0), (int)posix_arg(args, 1), &t, &old) < 0)
        return raise_os(vm, errno, VALUE_EMPTY);
    return timer_values(vm, &old, ns);
}

static Value posix_f_timerfd_settime(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return timer_set(vm, args, false);
}

static Value posix_f_timerfd_settime_ns(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return timer_set(vm, args, true);
}

static Value timer_get(Vm *vm, const Args *args, bool ns)
{
    struct itimerspec t;
    if (timerfd_gettime((int)posix_arg(args, 0), &t) < 0)
        return raise_os(vm, errno, VALUE_EMPTY);
    return timer_values(vm, &t, ns);
}

static Value posix_f_timerfd_gettime(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return timer_get(vm, args, false);
}

static Value posix_f_timerfd_gettime_ns(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return timer_get(vm, args, true);
}

static Value posix_f_pidfd_open(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return posix_number(vm, syscall(SYS_pidfd_open, (pid_t)posix_arg(args, 0), (unsigned)posix_arg(args, 1)));
}

static Value posix_f_setns(Vm *vm, Value self, const Args *args)
{
    int fd;
    (void)self;
    if (!posix_fileno(vm, args->v[0], &fd) || !rt_allowed(vm, ALLOW_SPAWN, "changing the process"))
        return VALUE_ERROR;
    return posix_none(vm, setns(fd, (int)posix_arg(args, 1)));
}

static Value posix_f_unshare(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (!rt_allowed(vm, ALLOW_SPAWN, "changing the process"))
        return VALUE_ERROR;
    return posix_none(vm, unshare((int)posix_arg(args, 0)));
}

/* ---- terminals ---- */

static bool close_on_exec(int fd)
{
    int flags = fcntl(fd, F_GETFD);
    return flags >= 0 && fcntl(fd, F_SETFD, flags | FD_CLOEXEC) >= 0;
}

static Value posix_f_openpty(Vm *vm, Value self, const Args *args)
{
    int a, b;
    (void)self;
    (void)args;
    if (!allowed(vm))
        return VALUE_ERROR;
    if (openpty(&a, &b, NULL, NULL, NULL) < 0)
        return raise_os(vm, errno, VALUE_EMPTY);
    if (!close_on_exec(a) || !close_on_exec(b))
        return raise_os(vm, errno, VALUE_EMPTY);
    Value v[2] = { value_from_int48(a), value_from_int48(b) };
    return posix_tuple(vm, v, 2);
}

static Value posix_f_posix_openpt(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (!allowed(vm))
        return VALUE_ERROR;
    int fd = posix_openpt((int)posix_arg(args, 0));
    if (fd < 0 || !close_on_exec(fd))
        return raise_os(vm, errno, VALUE_EMPTY);
    return value_from_int48(fd);
}

static Value posix_f_grantpt(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return posix_none(vm, grantpt((int)posix_arg(args, 0)));
}

static Value posix_f_unlockpt(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return posix_none(vm, unlockpt((int)posix_arg(args, 0)));
}

static Value posix_f_ptsname(Vm *vm, Value self, const Args *args)
{
    char name[256];
    (void)self;
    int err = ptsname_r((int)posix_arg(args, 0), name, sizeof name);
    return err ? raise_os(vm, err, VALUE_EMPTY) : posix_text(vm, name);
}

static Value posix_f_login_tty(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (!rt_allowed(vm, ALLOW_SPAWN, "changing the process"))
        return VALUE_ERROR;
    return posix_none(vm, login_tty((int)posix_arg(args, 0)));
}

static Value posix_f_tcgetpgrp(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return posix_number(vm, tcgetpgrp((int)posix_arg(args, 0)));
}

static Value posix_f_tcsetpgrp(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return posix_none(vm, tcsetpgrp((int)posix_arg(args, 0), (pid_t)posix_arg(args, 1)));
}

static Value posix_f_ctermid(Vm *vm, Value self, const Args *args)
{
    char name[L_ctermid];
    (void)self;
    (void)args;
    return posix_text(vm, ctermid(name));
}

const MethodDef posix_fd_more_functions[] = {
    FUNCTION(posix, readv, "readv(fd: cint, buffers, /)", "Read into several buffers; how many bytes."),
    FUNCTION(posix, writev, "writev(fd: cint, buffers, /)", "Write several buffers; how many bytes."),
    FUNCTION(posix, preadv, "preadv(fd: cint, buffers, offset: ssize, flags: cint = 0, /)", "The same from a position."),
    FUNCTION(posix, pwritev, "pwritev(fd: cint, buffers, offset: ssize, flags: cint = 0, /)", "The same at a position."),
    FUNCTION(posix, sendfile, "sendfile(out_fd: cint, in_fd: cint, offset, count: ssize)", "Copy from a file; how many bytes."),
    FUNCTION(posix, copy_file_range, "copy_file_range(src: cint, dst: cint, count: ssize, offset_src=None, offset_dst=None)",
             "Copy between files; how many bytes."),
    FUNCTION(posix, splice, "splice(src: cint, dst: cint, count: ssize, offset_src=None, offset_dst=None, flags: cint = 0)",
             "Move between a pipe and something else; how many bytes."),
    FUNCTION(posix, lockf, "lockf(fd: cint, command: cint, length: ssize, /)", "Lock, test or unlock a part of a file."),
    FUNCTION(posix, posix_fallocate, "posix_fallocate(fd: cint, offset: ssize, length: ssize, /)",
             "Room on the disk for a part of a file."),
    FUNCTION(posix, posix_fadvise, "posix_fadvise(fd: cint, offset: ssize, length: ssize, advice: cint, /)",
             "How a part of a file will be used."),
    FUNCTION(posix, sync, "sync()", "Write everything to the disks."),
    FUNCTION(posix, memfd_create, "memfd_create(name, flags: cint = 1)", "A file that lies in memory alone."),
    FUNCTION(posix, eventfd, "eventfd(initval, flags: cint = 524288)", "A counter with a descriptor."),
    FUNCTION(posix, eventfd_read, "eventfd_read(fd)", "Take from the counter."),
    FUNCTION(posix, eventfd_write, "eventfd_write(fd, value)", "Add to the counter."),
    FUNCTION(posix, timerfd_create, "timerfd_create(clockid: cint, /, *, flags: cint = 524288)", "A timer with a descriptor."),
    FUNCTION(posix, timerfd_settime, "timerfd_settime(fd: cint, /, *, flags: cint = 0, initial=0.0, interval=0.0)",
             "Set it, in seconds; what was left."),
    FUNCTION(posix, timerfd_settime_ns, "timerfd_settime_ns(fd: cint, /, *, flags: cint = 0, initial=0, interval=0)",
             "Set it, in nanoseconds; what was left."),
    FUNCTION(posix, timerfd_gettime, "timerfd_gettime(fd: cint, /)", "What is left, in seconds."),
    FUNCTION(posix, timerfd_gettime_ns, "timerfd_gettime_ns(fd: cint, /)", "What is left, in nanoseconds."),
    FUNCTION(posix, pidfd_open, "pidfd_open(pid: cint, flags: cint = 0)", "A descriptor for a process."),
    FUNCTION(posix, setns, "setns(fd, nstype: cint = 0)", "Enter a namespace."),
    FUNCTION(posix, unshare, "unshare(flags: cint)", "Leave what is shared with other processes."),
    FUNCTION(posix, openpty, "openpty()", "A pseudo-terminal: (master, slave)."),
    FUNCTION(posix, posix_openpt, "posix_openpt(oflag: cint, /)", "The master of a new pseudo-terminal."),
    FUNCTION(posix, grantpt, "grantpt(fd: cint, /)", "Grant the slave to the user."),
    FUNCTION(posix, unlockpt, "unlockpt(fd: cint, /)", "Let the slave be opened."),
    FUNCTION(posix, ptsname, "ptsname(fd: cint, /)", "The other end of a pseudo-terminal."),
    FUNCTION(posix, login_tty, "login_tty(fd: cint, /)", "A new session with that terminal, on descriptors 0, 1 and 2."),
    FUNCTION(posix, tcgetpgrp, "tcgetpgrp(fd: cint, /)", "The process group in front of a terminal."),
    FUNCTION(posix, tcsetpgrp, "tcsetpgrp(fd: cint, pgid: cint, /)", "Set it."),
    FUNCTION(posix, ctermid, "ctermid()", "Which terminal controls the process."),
    { 0 }
};
