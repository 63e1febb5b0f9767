/* SPDX-License-Identifier: MIT
 * Module posix: processes, directories and file names, for module os. Descriptors are in posix_fd.c. */
#include "stdlib/posix.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "runtime/io.h"
#include "runtime/path.h"
#include "stdlib/modules.h"
#include "vm/objects/bytes.h"
#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

extern char **environ;

static Value text(Vm *vm, const char *s)
{
    return path_result(vm, s, strlen(s), false);
}

static Value none_or_error(Vm *vm, int r)
{
    return r < 0 ? raise_os(vm, errno, VALUE_EMPTY) : VALUE_NONE;
}

bool posix_int(Vm *vm, Value v, int *out)
{
    int64_t n;
    if (!op_int64(vm, v, &n))
        return false;
    if (n < INT32_MIN || n > INT32_MAX) {
        raise_exc(vm, EXC_OverflowError, n < 0 ? "signed integer is less than minimum" :
                  "signed integer is greater than maximum");
        return false;
    }
    *out = (int)n;
    return true;
}

/* ---- processes ---- */

static Value posix_f_getpid(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)self;
    (void)args;
    return value_from_int48(getpid());
}

static Value posix_f_getppid(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)self;
    (void)args;
    return value_from_int48(getppid());
}

static Value posix_f_getuid(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)self;
    (void)args;
    return value_from_int48(getuid());
}

static Value posix_f_geteuid(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)self;
    (void)args;
    return value_from_int48(geteuid());
}

static Value posix_f_getgid(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)self;
    (void)args;
    return value_from_int48(getgid());
}

static Value posix_f_getegid(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)self;
    (void)args;
    return value_from_int48(getegid());
}

/* A signal to ourselves is handled before kill() returns, as in CPython. */
static Value send_signal(Vm *vm, const Args *args, int (*fn)(int, int))
{
    int pid, signo;
    if (!posix_int(vm, args->v[0], &pid) || !posix_int(vm, args->v[1], &signo) ||
        !rt_allowed(vm, ALLOW_SIGNALS, "sending signals"))
        return VALUE_ERROR;
    rt_flush(rt_of(vm));
    if (fn(pid, signo) < 0)
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
    int status;
    (void)self;
    if (!posix_int(vm, args->v[0], &status) || !rt_allowed(vm, ALLOW_EXIT, "os._exit()"))
        return VALUE_ERROR;
    _exit(status);
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
    int mask;
    (void)self;
    if (!posix_int(vm, args->v[0], &mask) || !rt_allowed(vm, ALLOW_FS_WRITE, "os.umask()"))
        return VALUE_ERROR;
    return value_from_int48(umask((mode_t)mask));
}

static Value posix_f_cpu_count(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)self;
    (void)args;
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? VALUE_NONE : value_from_int48(n);
}

static Value posix_f_process_cpu_count(Vm *vm, Value self, const Args *args)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set))
        return posix_f_cpu_count(vm, self, args);
    return value_from_int48(CPU_COUNT(&set));
}

static Value posix_f_urandom(Vm *vm, Value self, const Args *args)
{
    int64_t n;
    (void)self;
    if (!op_int64(vm, args->v[0], &n))
        return VALUE_ERROR;
    if (n < 0)
        return raise_exc(vm, EXC_ValueError, "negative argument not allowed");
    Bytes *b = bytes_new(vm, NULL, (size_t)n);
    for (size_t at = 0; b && at < (size_t)n;) {
        ssize_t r = getrandom(b->data + at, (size_t)n - at, 0);
        if (r < 0 && errno != EINTR)
            return raise_os(vm, errno, VALUE_EMPTY);
        if (r < 0 && !vm_checkpoint(vm))
            return VALUE_ERROR;
        at += r > 0 ? (size_t)r : 0;
    }
    return b ? value_from_obj(b) : VALUE_ERROR;
}

static Value posix_f_strerror(Vm *vm, Value self, const Args *args)
{
    int code;
    char buf[128];
    (void)self;
    return posix_int(vm, args->v[0], &code) ? text(vm, strerror_r(code, buf, sizeof buf)) : VALUE_ERROR;
}

static Value posix_f_uname(Vm *vm, Value self, const Args *args)
{
    struct utsname u;
    (void)self;
    (void)args;
    if (uname(&u) < 0)
        return raise_os(vm, errno, VALUE_EMPTY);
    Value v[5] = { text(vm, u.sysname), text(vm, u.nodename), text(vm, u.release), text(vm, u.version), text(vm, u.machine) };
    for (unsigned i = 0; i < 5; i++)
        if (value_is_empty(v[i]))
            return VALUE_ERROR;
    Tuple *t = tuple_from(vm, v, 5);
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static Value posix_f_times(Vm *vm, Value self, const Args *args)
{
    struct tms t;
    (void)self;
    (void)args;
    double tick = (double)sysconf(_SC_CLK_TCK);
    clock_t now = times(&t);
    Value v[5] = { value_from_double((double)t.tms_utime / tick), value_from_double((double)t.tms_stime / tick),
                   value_from_double((double)t.tms_cutime / tick), value_from_double((double)t.tms_cstime / tick),
                   value_from_double((double)now / tick) };
    Tuple *r = tuple_from(vm, v, 5);
    return r ? value_from_obj(r) : VALUE_ERROR;
}

/* ---- environment ---- */

static bool env_text(Vm *vm, Value v, Path *out)
{
    return path_of(vm, v, "putenv", NULL, out);
}

static Value posix_f_environ(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    Dict *d = dict_new(vm);
    if (!d || !rt_allowed(vm, ALLOW_ENV, "the environment"))
        return VALUE_ERROR;
    for (char **e = environ; e && *e; e++) {
        const char *eq = strchr(*e, '=');
        if (!eq)
            continue;
        Value k = path_result(vm, *e, (size_t)(eq - *e), false), v = value_is_empty(k) ? k : text(vm, eq + 1);
        if (value_is_empty(v))
            return v;
        Value known = dict_setdefault(vm, d, k, v);
        if (value_is_empty(known))
            return known;
    }
    return value_from_obj(d);
}

static Value posix_f_putenv(Vm *vm, Value self, const Args *args)
{
    Path name, value;
    (void)self;
    if (!rt_allowed(vm, ALLOW_ENV, "the environment") || !env_text(vm, args->v[0], &name) || !env_text(vm, args->v[1], &value))
        return VALUE_ERROR;
    if (!*name.text || strchr(name.text, '='))
        return raise_exc(vm, EXC_ValueError, "illegal environment variable name");
    return none_or_error(vm, setenv(name.text, value.text, 1));
}

static Value posix_f_unsetenv(Vm *vm, Value self, const Args *args)
{
    Path name;
    (void)self;
    if (!rt_allowed(vm, ALLOW_ENV, "the environment") || !env_text(vm, args->v[0], &name))
        return VALUE_ERROR;
    return none_or_error(vm, unsetenv(name.text));
}

/* ---- names of files ---- */

static Value posix_f_fspath(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return path_fspath(vm, args->v[0]);
}

static Value current_dir(Vm *vm, bool bytes)
{
    char buf[4096];
    if (!rt_allowed(vm, ALLOW_FS_READ, "the file system"))
        return VALUE_ERROR;
    if (!getcwd(buf, sizeof buf))
        return raise_os(vm, errno, VALUE_EMPTY);
    return path_result(vm, buf, strlen(buf), bytes);
}

static Value posix_f_getcwd(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return current_dir(vm, false);
}

static Value posix_f_getcwdb(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return current_dir(vm, true);
}

/* Functions of one path: permission, name, call. */
static Value on_path(Vm *vm, Value v, const char *func, uint32_t allow, int (*fn)(const char *))
{
    Path p;
    if (!path_of(vm, v, func, "path", &p) || !rt_allowed(vm, allow, "the file system"))
        return VALUE_ERROR;
    return fn(p.text) < 0 ? raise_os(vm, errno, p.original) : VALUE_NONE;
}

static Value posix_f_chdir(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return on_path(vm, args->v[0], "chdir", ALLOW_FS_READ, chdir);
}

static Value posix_f_rmdir(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return on_path(vm, args->v[0], "rmdir", ALLOW_FS_WRITE, rmdir);
}

static Value posix_f_unlink(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return on_path(vm, args->v[0], "unlink", ALLOW_FS_WRITE, unlink);
}

static Value posix_f_remove(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return on_path(vm, args->v[0], "remove", ALLOW_FS_WRITE, unlink);
}

static Value posix_f_mkdir(Vm *vm, Value self, const Args *args)
{
    Path p;
    int mode;
    (void)self;
    if (!path_of(vm, args->v[0], "mkdir", "path", &p) || !posix_int(vm, args->v[1], &mode) ||
        !rt_allowed(vm, ALLOW_FS_WRITE, "the file system"))
        return VALUE_ERROR;
    return mkdir(p.text, (mode_t)mode) < 0 ? raise_os(vm, errno, p.original) : VALUE_NONE;
}

static Value posix_f_chmod(Vm *vm, Value self, const Args *args)
{
    Path p;
    int mode;
    (void)self;
    if (!path_of(vm, args->v[0], "chmod", "path", &p) || !posix_int(vm, args->v[1], &mode) ||
        !rt_allowed(vm, ALLOW_FS_WRITE, "the file system"))
        return VALUE_ERROR;
    return chmod(p.text, (mode_t)mode) < 0 ? raise_os(vm, errno, p.original) : VALUE_NONE;
}

static Value posix_f_access(Vm *vm, Value self, const Args *args)
{
    Path p;
    int mode;
    (void)self;
    if (!path_of(vm, args->v[0], "access", "path", &p) || !posix_int(vm, args->v[1], &mode) ||
        !rt_allowed(vm, ALLOW_FS_READ, "the file system"))
        return VALUE_ERROR;
    return value_from_bool(access(p.text, mode) == 0);
}

/* Functions of two paths; both stand in the error. */
static Value on_two(Vm *vm, const Args *args, const char *func, int (*fn)(const char *, const char *))
{
    Path a, b;
    if (!path_of(vm, args->v[0], func, "src", &a) || !path_of(vm, args->v[1], func, "dst", &b) ||
        !rt_allowed(vm, ALLOW_FS_WRITE, "the file system"))
        return VALUE_ERROR;
    if (fn(a.text, b.text) >= 0)
        return VALUE_NONE;
    char buf[128];
    int err = errno;
    Value msg = text(vm, strerror_r(err, buf, sizeof buf));
    Value v[5] = { value_from_int48(err), msg, a.original, VALUE_NONE, b.original };
    return value_is_empty(msg) ? msg : raise_args(vm, EXC_OSError, 5, v);
}

static Value posix_f_rename(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return on_two(vm, args, "rename", rename);
}

static Value posix_f_replace(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return on_two(vm, args, "replace", rename);
}

static Value posix_f_symlink(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return on_two(vm, args, "symlink", symlink);
}

static Value posix_f_link(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return on_two(vm, args, "link", link);
}

static Value posix_f_readlink(Vm *vm, Value self, const Args *args)
{
    Path p;
    char buf[4096];
    (void)self;
    if (!path_of(vm, args->v[0], "readlink", "path", &p) || !rt_allowed(vm, ALLOW_FS_READ, "the file system"))
        return VALUE_ERROR;
    ssize_t n = readlink(p.text, buf, sizeof buf);
    return n < 0 ? raise_os(vm, errno, p.original) : path_result(vm, buf, (size_t)n, p.bytes);
}

/* Pairs (name, type): 'd' directory, 'f' file, 'l' link, '?' anything else. */
static Value posix_f_scandir(Vm *vm, Value self, const Args *args)
{
    Path p;
    (void)self;
    Value name = args->v[0];
    if (value_is_none(name)) {
        Str *dot = str_cstr(vm, ".");
        name = dot ? value_from_obj(dot) : VALUE_ERROR;
    }
    if (value_is_empty(name) || !path_of(vm, name, "listdir", "path", &p) || !rt_allowed(vm, ALLOW_FS_READ, "the file system"))
        return VALUE_ERROR;
    DIR *dir = opendir(p.text);
    if (!dir)
        return raise_os(vm, errno, p.original);
    List *l = list_new(vm, 0);
    struct dirent *e;
    bool ok = l;
    while (ok && (e = readdir(dir))) {
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
            continue;
        char type = e->d_type == DT_DIR ? 'd' : e->d_type == DT_REG ? 'f' : e->d_type == DT_LNK ? 'l' : '?';
        Value entry = path_result(vm, e->d_name, strlen(e->d_name), p.bytes);
        Tuple *t = value_is_empty(entry) ? NULL : tuple_pack(vm, (size_t)2, entry, value_from_obj(vm->ascii_chars[(int)type]));
        ok = t && list_append(vm, l, value_from_obj(t));
    }
    closedir(dir);
    return ok ? value_from_obj(l) : VALUE_ERROR;
}

/* ---- stat ---- */

static int64_t nanoseconds(struct timespec t)
{
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* mode, ino, dev, nlink, uid, gid, size, atime, mtime, ctime in seconds; the three in ns; blocks, blksize, rdev. */
static Value stat_result(Vm *vm, const struct stat *st)
{
    Value v[16] = {
        int_new_u64(vm, st->st_mode), int_new_u64(vm, st->st_ino), int_new_u64(vm, st->st_dev), int_new_u64(vm, st->st_nlink),
        int_new_u64(vm, st->st_uid), int_new_u64(vm, st->st_gid), int_new(vm, st->st_size), int_new(vm, st->st_atim.tv_sec),
        int_new(vm, st->st_mtim.tv_sec), int_new(vm, st->st_ctim.tv_sec), int_new(vm, nanoseconds(st->st_atim)),
        int_new(vm, nanoseconds(st->st_mtim)), int_new(vm, nanoseconds(st->st_ctim)), int_new(vm, st->st_blocks),
        int_new(vm, st->st_blksize), int_new_u64(vm, st->st_rdev),
    };
    for (unsigned i = 0; i < COUNT_OF(v); i++)
        if (value_is_empty(v[i]))
            return VALUE_ERROR;
    Tuple *t = tuple_from(vm, v, COUNT_OF(v));
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static Value posix_f_stat(Vm *vm, Value self, const Args *args)
{
    Path p;
    struct stat st;
    int fd, follow = op_truth(vm, args->v[1]);
    (void)self;
    if (follow < 0 || !rt_allowed(vm, ALLOW_FS_READ, "the file system"))
        return VALUE_ERROR;
    if (is_int(args->v[0])) {
        if (!posix_int(vm, args->v[0], &fd))
            return VALUE_ERROR;
        return fstat(fd, &st) < 0 ? raise_os(vm, errno, args->v[0]) : stat_result(vm, &st);
    }
    if (!path_of(vm, args->v[0], follow ? "stat" : "lstat", "path", &p))
        return VALUE_ERROR;
    for (File *f = rt_of(vm)->files; f; f = f->next)
        file_flush_quietly(f);  /* sizes are those that scripts have written */
    if ((follow ? stat(p.text, &st) : lstat(p.text, &st)) < 0)
        return raise_os(vm, errno, p.original);
    return stat_result(vm, &st);
}

static const MethodDef functions[] = {
    FUNCTION(posix, getpid, "getpid()", "Return the current process id."),
    FUNCTION(posix, getppid, "getppid()", "Return the parent's process id."),
    FUNCTION(posix, getuid, "getuid()", "Return the current process's user id."),
    FUNCTION(posix, geteuid, "geteuid()", "Return the current process's effective user id."),
    FUNCTION(posix, getgid, "getgid()", "Return the current process's group id."),
    FUNCTION(posix, getegid, "getegid()", "Return the current process's effective group id."),
    FUNCTION(posix, kill, "kill(pid, signal, /)", "Kill a process with a signal."),
    FUNCTION(posix, killpg, "killpg(pgid, signal, /)", "Kill a process group with a signal."),
    FUNCTION(posix, exit, "_exit(status)", "Exit to the system with specified status, without normal exit processing."),
    FUNCTION(posix, abort, "abort()", "Abort the interpreter immediately."),
    FUNCTION(posix, umask, "umask(mask, /)", "Set the current numeric umask and return the previous umask."),
    FUNCTION(posix, cpu_count, "cpu_count()", "Return the number of logical CPUs in the system."),
    FUNCTION(posix, process_cpu_count, "process_cpu_count()", "Return the number of logical CPUs that this process may use."),
    FUNCTION(posix, urandom, "urandom(size, /)", "Return a bytes object containing random bytes suitable for cryptographic use."),
    FUNCTION(posix, strerror, "strerror(code, /)", "Translate an error code to a message string."),
    FUNCTION(posix, uname, "uname()", "System name, node name, release, version, machine."),
    FUNCTION(posix, times, "times()", "User, system, children's user, children's system, elapsed time."),
    FUNCTION(posix, environ, "environ()", "A new dict of the environment."),
    FUNCTION(posix, putenv, "putenv(name, value, /)", "Change or add an environment variable."),
    FUNCTION(posix, unsetenv, "unsetenv(name, /)", "Delete an environment variable."),
    FUNCTION(posix, fspath, "fspath(path)", "Return the file system path representation of the object."),
    FUNCTION(posix, getcwd, "getcwd()", "Return a unicode string representing the current working directory."),
    FUNCTION(posix, getcwdb, "getcwdb()", "Return a bytes string representing the current working directory."),
    FUNCTION(posix, chdir, "chdir(path)", "Change the current working directory to the specified path."),
    FUNCTION(posix, rmdir, "rmdir(path, *, dir_fd=None)", "Remove a directory."),
    FUNCTION(posix, unlink, "unlink(path, *, dir_fd=None)", "Remove a file."),
    FUNCTION(posix, remove, "remove(path, *, dir_fd=None)", "Remove a file."),
    FUNCTION(posix, mkdir, "mkdir(path, mode=511, *, dir_fd=None)", "Create a directory."),
    FUNCTION(posix, chmod, "chmod(path, mode, *, dir_fd=None, follow_symlinks=True)", "Change the access permissions of a file."),
    FUNCTION(posix, access, "access(path, mode, *, dir_fd=None, effective_ids=False, follow_symlinks=True)",
             "Use the real uid/gid to test for access to a path."),
    FUNCTION(posix, rename, "rename(src, dst, *, src_dir_fd=None, dst_dir_fd=None)", "Rename a file or directory."),
    FUNCTION(posix, replace, "replace(src, dst, *, src_dir_fd=None, dst_dir_fd=None)",
             "Rename a file or directory, overwriting the destination."),
    FUNCTION(posix, symlink, "symlink(src, dst, target_is_directory=False, *, dir_fd=None)",
             "Create a symbolic link pointing to src named dst."),
    FUNCTION(posix, link, "link(src, dst, *, src_dir_fd=None, dst_dir_fd=None, follow_symlinks=True)",
             "Create a hard link to a file."),
    FUNCTION(posix, readlink, "readlink(path, *, dir_fd=None)",
             "Return a string representing the path to which the symbolic link points."),
    FUNCTION(posix, scandir, "scandir(path=None)", "Pairs of the names in a directory and what they are."),
    FUNCTION(posix, stat, "stat(path, follow_symlinks=True)", "What stat() tells, as a plain tuple."),
    { 0 }
};

Value posix_init(Vm *vm)
{
    static const struct {
        const char *name;
        int value;
    } numbers[] = {
        { "F_OK", F_OK }, { "R_OK", R_OK }, { "W_OK", W_OK }, { "X_OK", X_OK }, { "O_RDONLY", O_RDONLY },
            { "O_WRONLY", O_WRONLY },
        { "O_RDWR", O_RDWR }, { "O_CREAT", O_CREAT }, { "O_EXCL", O_EXCL }, { "O_TRUNC", O_TRUNC }, { "O_APPEND", O_APPEND },
        { "O_NONBLOCK", O_NONBLOCK }, { "O_CLOEXEC", O_CLOEXEC }, { "O_DIRECTORY", O_DIRECTORY }, { "O_NOFOLLOW", O_NOFOLLOW },
        { "O_SYNC", O_SYNC }, { "SEEK_SET", SEEK_SET }, { "SEEK_CUR", SEEK_CUR }, { "SEEK_END", SEEK_END }, { "EX_OK", 0 },
    };
    Module *m = module_new(vm, "posix", "What the system offers, for module os.");
    if (!m || !module_add_functions(vm, m, functions) || !module_add_functions(vm, m, posix_fd_functions) ||
        !module_set(vm, m, "error", value_from_obj(vm->exc[EXC_OSError])))
        return VALUE_ERROR;
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        if (!module_set(vm, m, numbers[i].name, value_from_int48(numbers[i].value)))
            return VALUE_ERROR;
    return value_from_obj(m);
}
