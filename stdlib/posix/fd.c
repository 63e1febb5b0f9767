/* SPDX-License-Identifier: MIT
 * Module posix: descriptors. */
#include "stdlib/posix/posix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "runtime/io_watch.h"
#include "runtime/io_watch.h"
#include "runtime/strands.h"
#include "runtime/structseq.h"
#include "vm/objects/bytes.h"
#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

bool posix_wait_fd(Vm *vm, int fd, bool write)
{
    return vm->nstrands < 2 || fcntl(fd, F_GETFL) & O_NONBLOCK || strands_wait_fd(vm, fd, write);
}

static Value posix_f_open(Vm *vm, Value self, const Args *args)
{
    FsPath p;
    int flags = (int)posix_arg(args, 1), at, fd;
    (void)self;
    if (!posix_path(vm, args->v[0], "open", "path", PATH_NAME, &p) || !posix_dir_fd(vm, args->v[3], &at))
        return VALUE_ERROR;
    bool writes = (flags & O_ACCMODE) != O_RDONLY || flags & (O_CREAT | O_TRUNC);
    if (!rt_allowed(vm, writes ? ALLOW_FS_READ | ALLOW_FS_WRITE : ALLOW_FS_READ, "opening files"))
        return VALUE_ERROR;
    fd = strands_open(vm, at, p.text, flags | O_CLOEXEC, (mode_t)posix_arg(args, 2));
    return fd == -1 ? raise_os(vm, errno, p.shown) : fd < 0 ? VALUE_ERROR : value_from_int48(fd);
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
    io_touch(rt_of(vm));
    watch_closing(rt_of(vm), fd);
    io_touch(rt_of(vm));
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
        bool ready = posix_wait_fd(vm, fd, false);
        if (ready && (r = read(fd, to, (size_t)n)) >= 0)
            break;
        if (!ready || !posix_interrupted(vm)) {
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
    io_touch(rt_of(vm));                /* a loop of ours may watch the other end */
    size_t done = 0;
    do {                        /* where other strands run meanwhile, a pipe is filled in steps */
        if (!posix_wait_fd(vm, fd, true))
            return VALUE_ERROR;
        while ((r = write(fd, p + done, strands_write_size(vm, fd, n - done))) < 0) {
            if (done && errno == EAGAIN)
                return int_new(vm, (int64_t)done);
            if (!posix_interrupted(vm))
                return VALUE_ERROR;
        }
        done += (size_t)r;
    } while (done < n && r && vm->nstrands > 1);
    io_touch(rt_of(vm));
    return int_new(vm, (int64_t)done);
}

static Value posix_f_lseek(Vm *vm, Value self, const Args *args)
{
    int fd, whence;
    int64_t at;
    (void)self;
    if (!descriptor(vm, args->v[0], &fd) || !op_int64(vm, args->v[1], &at) || !posix_int(vm, args->v[2], &whence))
        return VALUE_ERROR;
    return posix_number(vm, lseek(fd, (off_t)at, whence));
}

static Value posix_f_dup(Vm *vm, Value self, const Args *args)
{
    int fd;
    (void)self;
    return descriptor(vm, args->v[0], &fd) ? posix_number(vm, fcntl(fd, F_DUPFD_CLOEXEC, 0)) : VALUE_ERROR;
}

static Value posix_f_dup2(Vm *vm, Value self, const Args *args)
{
    int from, to, inherit = op_truth(vm, args->v[2]);
    (void)self;
    if (inherit < 0 || !descriptor(vm, args->v[0], &from) || !descriptor(vm, args->v[1], &to))
        return VALUE_ERROR;
    rt_flush(rt_of(vm));
    return posix_number(vm, inherit || from == to ? dup2(from, to) : dup3(from, to, O_CLOEXEC));
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

static Value posix_f_pipe2(Vm *vm, Value self, const Args *args)
{
    int fds[2];
    (void)self;
    if (!rt_allowed(vm, ALLOW_FS_READ | ALLOW_FS_WRITE, "descriptors"))
        return VALUE_ERROR;
    if (pipe2(fds, (int)posix_arg(args, 0)) < 0)
        return raise_os(vm, errno, VALUE_EMPTY);
    Value v[2] = { value_from_int48(fds[0]), value_from_int48(fds[1]) };
    return posix_tuple(vm, v, 2);
}

static Value posix_f_isatty(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)self;
    return value_from_bool(isatty((int)posix_arg(args, 0)));
}

static Value posix_f_ttyname(Vm *vm, Value self, const Args *args)
{
    char name[256];
    (void)self;
    int err = ttyname_r((int)posix_arg(args, 0), name, sizeof name);
    return err ? raise_os(vm, err, VALUE_EMPTY) : posix_text(vm, name);
}

static Value posix_f_device_encoding(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return isatty((int)posix_arg(args, 0)) ? posix_text(vm, "utf-8") : VALUE_NONE;
}

static Value sync_file(Vm *vm, Value file, int (*fn)(int))
{
    int fd;
    if (!posix_fileno(vm, file, &fd) || !rt_allowed(vm, ALLOW_FS_WRITE, "descriptors"))
        return VALUE_ERROR;
    while (fn(fd) < 0)
        if (!posix_interrupted(vm))
            return VALUE_ERROR;
    return VALUE_NONE;
}

static Value posix_f_fsync(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return sync_file(vm, args->v[0], fsync);
}

static Value posix_f_fdatasync(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return sync_file(vm, args->v[0], fdatasync);
}

static Value posix_f_ftruncate(Vm *vm, Value self, const Args *args)
{
    int fd;
    (void)self;
    return descriptor(vm, args->v[0], &fd) ? posix_none(vm, ftruncate(fd, (off_t)posix_arg(args, 1))) : VALUE_ERROR;
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

static Value posix_f_set_inheritable(Vm *vm, Value self, const Args *args)
{
    int fd, on = op_truth(vm, args->v[1]);
    (void)self;
    if (on < 0 || !descriptor(vm, args->v[0], &fd))
        return VALUE_ERROR;
    int flags = fcntl(fd, F_GETFD);
    return posix_none(vm, flags < 0 ? -1 : fcntl(fd, F_SETFD, on ? flags & ~FD_CLOEXEC : flags | FD_CLOEXEC));
}

static Value posix_f_get_inheritable(Vm *vm, Value self, const Args *args)
{
    int fd;
    (void)self;
    if (!descriptor(vm, args->v[0], &fd))
        return VALUE_ERROR;
    int flags = fcntl(fd, F_GETFD);
    return flags < 0 ? raise_os(vm, errno, VALUE_EMPTY) : value_from_bool(!(flags & FD_CLOEXEC));
}

static Value posix_f_closerange(Vm *vm, Value self, const Args *args)
{
    int64_t from = posix_arg(args, 0), to = posix_arg(args, 1);
    (void)self;
    if (!rt_allowed(vm, ALLOW_FS_READ | ALLOW_FS_WRITE, "descriptors"))
        return VALUE_ERROR;
    if (from < 0)
        from = 0;
    if (from < to)
        close_range((unsigned)from, (unsigned)to - 1, 0);
    return VALUE_NONE;
}

static Value posix_f_pread(Vm *vm, Value self, const Args *args)
{
    int fd;
    int64_t n = posix_arg(args, 1);
    ssize_t r;
    (void)self;
    if (!descriptor(vm, args->v[0], &fd))
        return VALUE_ERROR;
    if (n < 0)
        return raise_os(vm, EINVAL, VALUE_EMPTY);
    Bytes *b = bytes_new(vm, NULL, (size_t)n);
    if (!b)
        return VALUE_ERROR;
    while ((r = pread(fd, b->data, (size_t)n, (off_t)posix_arg(args, 2))) < 0)
        if (!posix_interrupted(vm))
            return VALUE_ERROR;
    b = r < n ? bytes_new(vm, b->data, (size_t)r) : b;
    return b ? value_from_obj(b) : VALUE_ERROR;
}

static Value posix_f_pwrite(Vm *vm, Value self, const Args *args)
{
    int fd;
    const char *p;
    size_t n;
    ssize_t r;
    (void)self;
    if (!descriptor(vm, args->v[0], &fd) || !bytes_view(vm, args->v[1], &p, &n))
        return VALUE_ERROR;
    while ((r = pwrite(fd, p, n, (off_t)posix_arg(args, 2))) < 0)
        if (!posix_interrupted(vm))
            return VALUE_ERROR;
    return int_new(vm, r);
}

static Value posix_f_get_terminal_size(Vm *vm, Value self, const Args *args)
{
    struct winsize w;
    (void)self;
    if (ioctl((int)posix_arg(args, 0), TIOCGWINSZ, &w) < 0)
        return raise_os(vm, errno, VALUE_EMPTY);
    Value m = dict_get_cstr(vm, vm->modules, "posix"), v[2] = { value_from_int48(w.ws_col), value_from_int48(w.ws_row) };
    Value t = is_module(m) ? dict_get_cstr(vm, as_module(m)->globals, "terminal_size") : VALUE_EMPTY;
    return is_type(t) ? structseq_new(vm, as_type(t), v, 2) : posix_tuple(vm, v, 2);
}

bool posix_fd_init(Vm *vm, Module *m)
{
    static const char *const fields[] = { "columns", "lines", NULL };
    Type *t = structseq_type(vm, "os.terminal_size", fields, 2);
    return t && module_set(vm, m, "terminal_size", value_from_obj(t));
}

const MethodDef posix_fd_functions[] = {
    FUNCTION(posix, open, "open(path, flags: cint, mode: cint = 511, *, dir_fd=None)", "Open a file; its descriptor."),
    FUNCTION(posix, close, "close(fd: cint)", "Close a descriptor."),
    FUNCTION(posix, closerange, "closerange(fd_low: cint, fd_high: cint, /)", "Close those from fd_low, below fd_high."),
    FUNCTION(posix, read, "read(fd: cint, length: ssize, /)", "At most so many bytes, as bytes."),
    FUNCTION(posix, write, "write(fd: cint, data, /)", "Write bytes; how many were written."),
    FUNCTION(posix, pread, "pread(fd: cint, length: ssize, offset: ssize, /)", "Read from a position; the file's stays."),
    FUNCTION(posix, pwrite, "pwrite(fd: cint, buffer, offset: ssize, /)", "Write at a position; the file's stays."),
    FUNCTION(posix, lseek, "lseek(fd: cint, position: ssize, whence: cint, /)", "Set a file's position; the new one."),
    FUNCTION(posix, dup, "dup(fd: cint, /)", "Another descriptor for the same file."),
    FUNCTION(posix, dup2, "dup2(fd: cint, fd2: cint, inheritable=True)", "Make fd2 a descriptor for the file of fd."),
    FUNCTION(posix, pipe, "pipe()", "A pipe: (descriptor to read from, descriptor to write to)."),
    FUNCTION(posix, pipe2, "pipe2(flags: cint, /)", "The same with flags."),
    FUNCTION(posix, isatty, "isatty(fd: cint, /)", "Is it a terminal?"),
    FUNCTION(posix, ttyname, "ttyname(fd: cint, /)", "Which terminal a descriptor is."),
    FUNCTION(posix, device_encoding, "device_encoding(fd: cint)", "The encoding of a terminal; None if it is none."),
    FUNCTION(posix, fsync, "fsync(fd)", "Wait until the file is on the disk."),
    FUNCTION(posix, fdatasync, "fdatasync(fd)", "Wait until its contents are on the disk."),
    FUNCTION(posix, ftruncate, "ftruncate(fd: cint, length: ssize, /)", "Cut a file, or extend it by zeros, to that length."),
    FUNCTION(posix, set_blocking, "set_blocking(fd: cint, blocking, /)", "Shall calls wait where they cannot go on at once?"),
    FUNCTION(posix, get_blocking, "get_blocking(fd: cint, /)", "Do calls wait?"),
    FUNCTION(posix, set_inheritable, "set_inheritable(fd: cint, inheritable: cint, /)",
             "Shall programs that are executed have it?"),
    FUNCTION(posix, get_inheritable, "get_inheritable(fd: cint, /)", "Do programs that are executed have it?"),
    FUNCTION(posix, get_terminal_size, "get_terminal_size(fd: cint = 1, /)", "Columns and lines of a terminal."),
    { 0 }
};
