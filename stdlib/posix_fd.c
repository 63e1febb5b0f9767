/* SPDX-License-Identifier: MIT
 * Module posix: descriptors. */
#include "stdlib/posix.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/path.h"
#include "runtime/strands.h"
#include "vm/objects/bytes.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

/* Others run until the call would not wait; a descriptor that never waits says so itself. */
static bool wait_fd(Vm *vm, int fd, bool write)
{
    return vm->nstrands < 2 || fcntl(fd, F_GETFL) & O_NONBLOCK || strands_wait_fd(vm, fd, write);
}

/* After a call that failed: true to try it again. */
static bool interrupted(Vm *vm)
{
    if (errno == EINTR)
        return vm_checkpoint(vm);
    raise_os(vm, errno, VALUE_EMPTY);
    return false;
}

static Value number_or_error(Vm *vm, int64_t r)
{
    return r < 0 ? raise_os(vm, errno, VALUE_EMPTY) : int_new(vm, r);
}

static Value posix_f_open(Vm *vm, Value self, const Args *args)
{
    Path p;
    int flags, mode, fd;
    (void)self;
    if (!path_of(vm, args->v[0], "open", "path", &p) || !posix_int(vm, args->v[1], &flags) || !posix_int(vm, args->v[2], &mode))
        return VALUE_ERROR;
    bool writes = (flags & O_ACCMODE) != O_RDONLY || flags & (O_CREAT | O_TRUNC);
    if (!rt_allowed(vm, writes ? ALLOW_FS_READ | ALLOW_FS_WRITE : ALLOW_FS_READ, "opening files"))
        return VALUE_ERROR;
    while ((fd = open(p.text, flags | O_CLOEXEC, (mode_t)mode)) < 0) {
        if (errno != EINTR)
            return raise_os(vm, errno, p.original);
        if (!vm_checkpoint(vm))
            return VALUE_ERROR;
    }
    return value_from_int48(fd);
}

static bool descriptor(Vm *vm, Value v, int *fd)
{
    return posix_int(vm, v, fd) && rt_allowed(vm, ALLOW_FS_READ | ALLOW_FS_WRITE, "descriptors");
}

static Value posix_f_close(Vm *vm, Value self, const Args *args)
{
    int fd;
    (void)self;
    if (!descriptor(vm, args->v[0], &fd))
        return VALUE_ERROR;
    return close(fd) < 0 && errno != EINTR ? raise_os(vm, errno, VALUE_EMPTY) : VALUE_NONE;
}

static Value posix_f_read(Vm *vm, Value self, const Args *args)
{
    int fd;
    int64_t n;
    ssize_t r;
    (void)self;
    if (!descriptor(vm, args->v[0], &fd) || !op_int64(vm, args->v[1], &n))
        return VALUE_ERROR;
    if (n < 0)
        return raise_os(vm, EINVAL, VALUE_EMPTY);
    Buf b;
    buf_init(&b, &vm->alloc);
    char *to = buf_reserve(&b, n ? (size_t)n : 1);
    if (!to)
        return raise_no_memory(vm);
    rt_flush(rt_of(vm));
    for (;;) {
        bool ready = wait_fd(vm, fd, false);
        if (ready && (r = read(fd, to, (size_t)n)) >= 0)
            break;
        if (!ready || !interrupted(vm)) {
            buf_free(&b);
            return VALUE_ERROR;
        }
    }
    Bytes *bytes = bytes_new(vm, to, (size_t)r);
    buf_free(&b);
    return bytes ? value_from_obj(bytes) : VALUE_ERROR;
}

static Value posix_f_write(Vm *vm, Value self, const Args *args)
{
    int fd;
    const char *p;
    size_t n;
    ssize_t r;
    (void)self;
    if (!descriptor(vm, args->v[0], &fd) || !bytes_view(vm, args->v[1], &p, &n))
        return VALUE_ERROR;
    if (fd == STDOUT_FILENO)
        rt_flush(rt_of(vm));
    size_t done = 0;
    do {                        /* where other strands run meanwhile, a pipe is filled in steps */
        if (!wait_fd(vm, fd, true))
            return VALUE_ERROR;
        while ((r = write(fd, p + done, strands_write_size(vm, fd, n - done))) < 0) {
            if (done && errno == EAGAIN)
                return int_new(vm, (int64_t)done);
            if (!interrupted(vm))
                return VALUE_ERROR;
        }
        done += (size_t)r;
    } while (done < n && r && vm->nstrands > 1);
    return int_new(vm, (int64_t)done);
}

static Value posix_f_lseek(Vm *vm, Value self, const Args *args)
{
    int fd, whence;
    int64_t at;
    (void)self;
    if (!descriptor(vm, args->v[0], &fd) || !op_int64(vm, args->v[1], &at) || !posix_int(vm, args->v[2], &whence))
        return VALUE_ERROR;
    return number_or_error(vm, lseek(fd, (off_t)at, whence));
}

static Value posix_f_dup(Vm *vm, Value self, const Args *args)
{
    int fd;
    (void)self;
    return descriptor(vm, args->v[0], &fd) ? number_or_error(vm, fcntl(fd, F_DUPFD_CLOEXEC, 0)) : VALUE_ERROR;
}

static Value posix_f_dup2(Vm *vm, Value self, const Args *args)
{
    int from, to, inherit = op_truth(vm, args->v[2]);
    (void)self;
    if (inherit < 0 || !descriptor(vm, args->v[0], &from) || !descriptor(vm, args->v[1], &to))
        return VALUE_ERROR;
    rt_flush(rt_of(vm));
    return number_or_error(vm, inherit || from == to ? dup2(from, to) : dup3(from, to, O_CLOEXEC));
}

static Value posix_f_pipe(Vm *vm, Value self, const Args *args)
{
    int fds[2];
    (void)self;
    (void)args;
    if (!rt_allowed(vm, ALLOW_FS_READ | ALLOW_FS_WRITE, "descriptors"))
        return VALUE_ERROR;
    if (pipe2(fds, O_CLOEXEC) < 0)
        return raise_os(vm, errno, VALUE_EMPTY);
    Tuple *t = tuple_pack(vm, (size_t)2, value_from_int48(fds[0]), value_from_int48(fds[1]));
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static Value posix_f_isatty(Vm *vm, Value self, const Args *args)
{
    int fd;
    (void)self;
    return posix_int(vm, args->v[0], &fd) ? value_from_bool(isatty(fd)) : VALUE_ERROR;
}

static Value posix_f_fsync(Vm *vm, Value self, const Args *args)
{
    int fd;
    (void)self;
    if (!descriptor(vm, args->v[0], &fd))
        return VALUE_ERROR;
    return fsync(fd) < 0 ? raise_os(vm, errno, VALUE_EMPTY) : VALUE_NONE;
}

static Value posix_f_truncate(Vm *vm, Value self, const Args *args)
{
    Path p;
    int fd = -1;
    int64_t size;
    (void)self;
    if (!op_int64(vm, args->v[1], &size) || !rt_allowed(vm, ALLOW_FS_WRITE, "the file system"))
        return VALUE_ERROR;
    if (is_int(args->v[0])) {
        if (!posix_int(vm, args->v[0], &fd))
            return VALUE_ERROR;
        return ftruncate(fd, (off_t)size) < 0 ? raise_os(vm, errno, VALUE_EMPTY) : VALUE_NONE;
    }
    if (!path_of(vm, args->v[0], "truncate", "path", &p))
        return VALUE_ERROR;
    return truncate(p.text, (off_t)size) < 0 ? raise_os(vm, errno, p.original) : VALUE_NONE;
}

static Value posix_f_set_blocking(Vm *vm, Value self, const Args *args)
{
    int fd, on = op_truth(vm, args->v[1]);
    (void)self;
    if (on < 0 || !descriptor(vm, args->v[0], &fd))
        return VALUE_ERROR;
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, on ? flags & ~O_NONBLOCK : flags | O_NONBLOCK) < 0)
        return raise_os(vm, errno, VALUE_EMPTY);
    return VALUE_NONE;
}

static Value posix_f_get_blocking(Vm *vm, Value self, const Args *args)
{
    int fd;
    (void)self;
    if (!descriptor(vm, args->v[0], &fd))
        return VALUE_ERROR;
    int flags = fcntl(fd, F_GETFL);
    return flags < 0 ? raise_os(vm, errno, VALUE_EMPTY) : value_from_bool(!(flags & O_NONBLOCK));
}

static Value posix_f_terminal_size(Vm *vm, Value self, const Args *args)
{
    int fd;
    struct winsize w;
    (void)self;
    if (!posix_int(vm, args->v[0], &fd))
        return VALUE_ERROR;
    if (ioctl(fd, TIOCGWINSZ, &w) < 0)
        return raise_os(vm, errno, VALUE_EMPTY);
    Tuple *t = tuple_pack(vm, (size_t)2, value_from_int48(w.ws_col), value_from_int48(w.ws_row));
    return t ? value_from_obj(t) : VALUE_ERROR;
}

const MethodDef posix_fd_functions[] = {
    FUNCTION(posix, open, "open(path, flags, mode=511, *, dir_fd=None)", "Open a file for low level IO. Return a descriptor."),
    FUNCTION(posix, close, "close(fd)", "Close a file descriptor."),
    FUNCTION(posix, read, "read(fd, length, /)", "Read from a file descriptor. Return a bytes object."),
    FUNCTION(posix, write, "write(fd, data, /)", "Write a bytes object to a file descriptor."),
    FUNCTION(posix, lseek, "lseek(fd, position, whence, /)", "Set the position of a file descriptor. Return the new position."),
    FUNCTION(posix, dup, "dup(fd, /)", "Return a duplicate of a file descriptor."),
    FUNCTION(posix, dup2, "dup2(fd, fd2, inheritable=True)", "Duplicate file descriptor."),
    FUNCTION(posix, pipe, "pipe()", "Create a pipe. Return (read_fd, write_fd)."),
    FUNCTION(posix, isatty, "isatty(fd, /)", "Return True if the fd is connected to a terminal."),
    FUNCTION(posix, fsync, "fsync(fd)", "Force write of fd to disk."),
    FUNCTION(posix, truncate, "truncate(path, length)", "Truncate a file, specified by path, to a specific length."),
    { "ftruncate(fd, length, /)", "Truncate a file, specified by a file descriptor, to a specific length.", posix_f_truncate, 0 },
    FUNCTION(posix, set_blocking, "set_blocking(fd, blocking, /)", "Set the blocking mode of a file descriptor."),
    FUNCTION(posix, get_blocking, "get_blocking(fd, /)", "Get the blocking mode of a file descriptor."),
    FUNCTION(posix, terminal_size, "terminal_size(fd, /)", "Columns and lines of a terminal."),
    { 0 }
};
