/* SPDX-License-Identifier: MIT
 * Module posix: stat() and statvfs(). */
#include "stdlib/posix/posix.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "runtime/structseq.h"
#include "vm/objects/dict.h"
#include "vm/objects/list.h"

/* A type that the module has, by name. */
static Type *type_named(Vm *vm, const char *name)
{
    Value m = dict_get_cstr(vm, vm->modules, "posix");
    Value t = is_module(m) ? dict_get_cstr(vm, as_module(m)->globals, name) : VALUE_EMPTY;
    if (is_type(t))
        return as_type(t);
    raise_exc(vm, EXC_TypeError, "posix.%s is gone", name);
    return NULL;
}

static int64_t nanoseconds(struct timespec t)
{
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static Value seconds(struct timespec t)
{
    return value_from_double((double)t.tv_sec + 1e-9 * (double)t.tv_nsec);
}

Value posix_stat_result(Vm *vm, const struct stat *st)
{
    Value v[] = {
        int_new_u64(vm, st->st_mode), int_new_u64(vm, st->st_ino), int_new_u64(vm, st->st_dev), int_new_u64(vm, st->st_nlink),
        int_new_u64(vm, st->st_uid), int_new_u64(vm, st->st_gid), int_new(vm, st->st_size), int_new(vm, st->st_atim.tv_sec),
        int_new(vm, st->st_mtim.tv_sec), int_new(vm, st->st_ctim.tv_sec), seconds(st->st_atim), seconds(st->st_mtim),
        seconds(st->st_ctim), int_new(vm, nanoseconds(st->st_atim)), int_new(vm, nanoseconds(st->st_mtim)),
        int_new(vm, nanoseconds(st->st_ctim)), int_new(vm, st->st_blksize), int_new(vm, st->st_blocks),
        int_new_u64(vm, st->st_rdev),
    };
    Type *t = type_named(vm, "stat_result");
    for (unsigned i = 0; i < COUNT_OF(v); i++)
        if (value_is_empty(v[i]))
            return VALUE_ERROR;
    return t ? structseq_new(vm, t, v, COUNT_OF(v)) : VALUE_ERROR;
}

static Value stat_at(Vm *vm, const FsPath *p, int at, bool follow)
{
    struct stat st;
    posix_flush_files(vm);      /* sizes are those that scripts have written */
    int r = p->text ? fstatat(at, p->text, &st, follow ? 0 : AT_SYMLINK_NOFOLLOW) : fstat(p->fd, &st);
    return r < 0 ? raise_os(vm, errno, p->shown) : posix_stat_result(vm, &st);
}

static Value posix_f_stat(Vm *vm, Value self, const Args *args)
{
    FsPath p;
    int at;
    bool follow = value_same(args->v[2], VALUE_TRUE);
    (void)self;
    if (!posix_path(vm, args->v[0], "stat", "path", PATH_OR_FD, &p) || !posix_dir_fd(vm, args->v[1], &at) ||
        !posix_path_alone(vm, &p, "stat", at, follow) || !rt_allowed(vm, ALLOW_FS_READ, "the file system"))
        return VALUE_ERROR;
    return stat_at(vm, &p, at, follow);
}

static Value posix_f_lstat(Vm *vm, Value self, const Args *args)
{
    FsPath p;
    int at;
    (void)self;
    if (!posix_path(vm, args->v[0], "lstat", "path", PATH_NAME, &p) || !posix_dir_fd(vm, args->v[1], &at) ||
        !rt_allowed(vm, ALLOW_FS_READ, "the file system"))
        return VALUE_ERROR;
    return stat_at(vm, &p, at, false);
}

static Value posix_f_fstat(Vm *vm, Value self, const Args *args)
{
    struct stat st;
    (void)self;
    if (!rt_allowed(vm, ALLOW_FS_READ, "the file system"))
        return VALUE_ERROR;
    posix_flush_files(vm);
    return fstat((int)posix_arg(args, 0), &st) < 0 ? raise_os(vm, errno, VALUE_EMPTY) : posix_stat_result(vm, &st);
}

static Value statvfs_result(Vm *vm, const struct statvfs *s)
{
    Value v[] = { int_new_u64(vm, s->f_bsize), int_new_u64(vm, s->f_frsize), int_new_u64(vm, s->f_blocks),
                  int_new_u64(vm, s->f_bfree), int_new_u64(vm, s->f_bavail), int_new_u64(vm, s->f_files),
                  int_new_u64(vm, s->f_ffree), int_new_u64(vm, s->f_favail), int_new_u64(vm, s->f_flag),
                  int_new_u64(vm, s->f_namemax), int_new_u64(vm, s->f_fsid) };
    Type *t = type_named(vm, "statvfs_result");
    for (unsigned i = 0; i < COUNT_OF(v); i++)
        if (value_is_empty(v[i]))
            return VALUE_ERROR;
    return t ? structseq_new(vm, t, v, COUNT_OF(v)) : VALUE_ERROR;
}

static Value posix_f_statvfs(Vm *vm, Value self, const Args *args)
{
    FsPath p;
    struct statvfs s;
    (void)self;
    if (!posix_path(vm, args->v[0], "statvfs", "path", PATH_OR_FD, &p) || !rt_allowed(vm, ALLOW_FS_READ, "the file system"))
        return VALUE_ERROR;
    return (p.text ? statvfs(p.text, &s) : fstatvfs(p.fd, &s)) < 0 ? raise_os(vm, errno, p.shown) : statvfs_result(vm, &s);
}

static Value posix_f_fstatvfs(Vm *vm, Value self, const Args *args)
{
    struct statvfs s;
    (void)self;
    if (!rt_allowed(vm, ALLOW_FS_READ, "the file system"))
        return VALUE_ERROR;
    return fstatvfs((int)posix_arg(args, 0), &s) < 0 ? raise_os(vm, errno, VALUE_EMPTY) : statvfs_result(vm, &s);
}

/* For os.path: what kind of file that is, 0 where there is none or it cannot be asked for. */
static Value posix_f_mode_of(Vm *vm, Value self, const Args *args)
{
    FsPath p;
    struct stat st;
    bool follow = value_same(args->v[1], VALUE_TRUE);
    (void)self;
    if (!posix_path(vm, args->v[0], follow ? "stat" : "lstat", "path", follow ? PATH_OR_FD : PATH_NAME, &p)) {
        if (!exc_pending_is(vm, EXC_ValueError))
            return VALUE_ERROR;
        exc_discard(vm);
        return value_from_int48(0);
    }
    if (!rt_allowed(vm, ALLOW_FS_READ, "the file system"))
        return VALUE_ERROR;
    int r = p.text ? fstatat(AT_FDCWD, p.text, &st, follow ? 0 : AT_SYMLINK_NOFOLLOW) : fstat(p.fd, &st);
    return value_from_int48(r < 0 ? 0 : st.st_mode & S_IFMT);
}

const MethodDef posix_stat_functions[] = {
    FUNCTION(posix, stat, "stat(path, *, dir_fd=None, follow_symlinks: bool = True)", "What the system knows of a file."),
    FUNCTION(posix, lstat, "lstat(path, *, dir_fd=None)", "The same of a symbolic link itself."),
    FUNCTION(posix, fstat, "fstat(fd: cint)", "The same by descriptor."),
    FUNCTION(posix, statvfs, "statvfs(path)", "What the system knows of the file system that a file lies in."),
    FUNCTION(posix, fstatvfs, "fstatvfs(fd: cint, /)", "The same by descriptor."),
    FUNCTION(posix, mode_of, "_mode_of(path, follow: bool = True, /)", "The kind of a file, as in st_mode; 0: there is none."),
    { 0 }
};

bool posix_stat_init(Vm *vm, Module *m)
{
    static const char *const fields[] = {
        "st_mode", "st_ino", "st_dev", "st_nlink", "st_uid", "st_gid", "st_size", "", "", "", "st_atime", "st_mtime",
        "st_ctime", "st_atime_ns", "st_mtime_ns", "st_ctime_ns", "st_blksize", "st_blocks", "st_rdev", NULL
    };
    static const char *const vfs_fields[] = { "f_bsize", "f_frsize", "f_blocks", "f_bfree", "f_bavail", "f_files", "f_ffree",
                                              "f_favail", "f_flag", "f_namemax", "f_fsid", NULL };
    Type *t = structseq_type(vm, "os.stat_result", fields, 10);
    Type *vfs = t ? structseq_type(vm, "os.statvfs_result", vfs_fields, 10) : NULL;
    return vfs && module_set(vm, m, "stat_result", value_from_obj(t)) &&
           module_set(vm, m, "statvfs_result", value_from_obj(vfs));
}
