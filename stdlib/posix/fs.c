/* SPDX-License-Identifier: MIT
 * Module posix: files and directories by name. */
#include "stdlib/posix/posix.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "vm/num/libm.h"
#include "vm/objects/bytes.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

static bool fs_path(Vm *vm, Value v, const char *func, const char *arg, unsigned also, uint32_t allow, FsPath *p)
{
    return posix_path(vm, v, func, arg, also, p) && rt_allowed(vm, allow, "the file system");
}

/* None, or errno's exception with the path that was given. */
static Value done(Vm *vm, int r, const FsPath *p)
{
    return r < 0 ? raise_os(vm, errno, p->shown) : VALUE_NONE;
}

static Value posix_f_chdir(Vm *vm, Value self, const Args *args)
{
    FsPath p;
    (void)self;
    if (!fs_path(vm, args->v[0], "chdir", "path", PATH_OR_FD, ALLOW_FS_READ, &p))
        return VALUE_ERROR;
    return done(vm, p.text ? chdir(p.text) : fchdir(p.fd), &p);
}

static Value posix_f_fchdir(Vm *vm, Value self, const Args *args)
{
    int fd;
    (void)self;
    if (!posix_fileno(vm, args->v[0], &fd) || !rt_allowed(vm, ALLOW_FS_READ, "the file system"))
        return VALUE_ERROR;
    return posix_none(vm, fchdir(fd));
}

static Value posix_f_chroot(Vm *vm, Value self, const Args *args)
{
    FsPath p;
    (void)self;
    if (!fs_path(vm, args->v[0], "chroot", "path", PATH_NAME, ALLOW_FS_READ | ALLOW_FS_WRITE, &p))
        return VALUE_ERROR;
    return done(vm, chroot(p.text), &p);
}

static Value unlink_at(Vm *vm, const Args *args, const char *func, int flags)
{
    FsPath p;
    int at;
    if (!fs_path(vm, args->v[0], func, "path", PATH_NAME, ALLOW_FS_WRITE, &p) || !posix_dir_fd(vm, args->v[1], &at))
        return VALUE_ERROR;
    return done(vm, unlinkat(at, p.text, flags), &p);
}

static Value posix_f_rmdir(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return unlink_at(vm, args, "rmdir", AT_REMOVEDIR);
}

static Value posix_f_unlink(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return unlink_at(vm, args, "unlink", 0);
}

static Value posix_f_remove(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return unlink_at(vm, args, "remove", 0);
}

static Value posix_f_mkdir(Vm *vm, Value self, const Args *args)
{
    FsPath p;
    int at;
    (void)self;
    if (!fs_path(vm, args->v[0], "mkdir", "path", PATH_NAME, ALLOW_FS_WRITE, &p) || !posix_dir_fd(vm, args->v[2], &at))
        return VALUE_ERROR;
    return done(vm, mkdirat(at, p.text, (mode_t)posix_arg(args, 1)), &p);
}

static Value posix_f_mkfifo(Vm *vm, Value self, const Args *args)
{
    FsPath p;
    int at;
    (void)self;
    if (!fs_path(vm, args->v[0], "mkfifo", "path", PATH_NAME, ALLOW_FS_WRITE, &p) || !posix_dir_fd(vm, args->v[2], &at))
        return VALUE_ERROR;
    return posix_none(vm, mkfifoat(at, p.text, (mode_t)posix_arg(args, 1)));
}

static Value posix_f_mknod(Vm *vm, Value self, const Args *args)
{
    FsPath p;
    int at;
    (void)self;
    if (!fs_path(vm, args->v[0], "mknod", "path", PATH_NAME, ALLOW_FS_WRITE, &p) || !posix_dir_fd(vm, args->v[3], &at))
        return VALUE_ERROR;
    return posix_none(vm, mknodat(at, p.text, (mode_t)posix_arg(args, 1), (dev_t)posix_arg(args, 2)));
}

static Value posix_f_chmod(Vm *vm, Value self, const Args *args)
{
    FsPath p;
    int at, mode = (int)posix_arg(args, 1);
    bool follow = value_same(args->v[3], VALUE_TRUE);
    (void)self;
    if (!fs_path(vm, args->v[0], "chmod", "path", PATH_OR_FD, ALLOW_FS_WRITE, &p) || !posix_dir_fd(vm, args->v[2], &at))
        return VALUE_ERROR;
    if (!p.text)
        return done(vm, fchmod(p.fd, (mode_t)mode), &p);
    int r = fchmodat(at, p.text, (mode_t)mode, follow ? 0 : AT_SYMLINK_NOFOLLOW);
    if (r < 0 && !follow && (errno == ENOTSUP || errno == EOPNOTSUPP || errno == EINVAL))
        return raise_exc(vm, EXC_NotImplementedError, "chmod: follow_symlinks unavailable on this platform");
    return done(vm, r, &p);
}

static Value posix_f_fchmod(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return rt_allowed(vm, ALLOW_FS_WRITE, "the file system")
         ? posix_none(vm, fchmod((int)posix_arg(args, 0), (mode_t)posix_arg(args, 1))) : VALUE_ERROR;
}

static bool owner_args(Vm *vm, const Args *args, uid_t *uid, gid_t *gid)
{
    return posix_id_arg(vm, args->v[1], "uid", uid) && posix_id_arg(vm, args->v[2], "gid", gid) &&
           rt_allowed(vm, ALLOW_FS_WRITE, "the file system");
}

static Value posix_f_chown(Vm *vm, Value self, const Args *args)
{
    FsPath p;
    int at;
    uid_t uid;
    gid_t gid;
    bool follow = value_same(args->v[4], VALUE_TRUE);
    (void)self;
    if (!posix_path(vm, args->v[0], "chown", "path", PATH_OR_FD, &p) || !owner_args(vm, args, &uid, &gid) ||
        !posix_dir_fd(vm, args->v[3], &at) || !posix_path_alone(vm, &p, "chown", at, follow))
        return VALUE_ERROR;
    return done(vm, p.text ? fchownat(at, p.text, uid, gid, follow ? 0 : AT_SYMLINK_NOFOLLOW) : fchown(p.fd, uid, gid), &p);
}

static Value posix_f_lchown(Vm *vm, Value self, const Args *args)
{
    FsPath p;
    uid_t uid;
    gid_t gid;
    (void)self;
    if (!posix_path(vm, args->v[0], "lchown", "path", PATH_NAME, &p) || !owner_args(vm, args, &uid, &gid))
        return VALUE_ERROR;
    return done(vm, lchown(p.text, uid, gid), &p);
}

static Value posix_f_fchown(Vm *vm, Value self, const Args *args)
{
    uid_t uid;
    gid_t gid;
    (void)self;
    return owner_args(vm, args, &uid, &gid) ? posix_none(vm, fchown((int)posix_arg(args, 0), uid, gid)) : VALUE_ERROR;
}

static Value posix_f_access(Vm *vm, Value self, const Args *args)
{
    FsPath p;
    int at;
    (void)self;
    if (!fs_path(vm, args->v[0], "access", "path", PATH_NAME, ALLOW_FS_READ, &p) || !posix_dir_fd(vm, args->v[2], &at))
        return VALUE_ERROR;
    int flags = (value_same(args->v[3], VALUE_TRUE) ? AT_EACCESS : 0) |
                (value_same(args->v[4], VALUE_TRUE) ? 0 : AT_SYMLINK_NOFOLLOW);
    return value_from_bool(faccessat(at, p.text, (int)posix_arg(args, 1), flags) == 0);
}

/* Two names; both stand in the error. */
static bool two_paths(Vm *vm, const Args *args, const char *func, FsPath *a, FsPath *b)
{
    return posix_path(vm, args->v[0], func, "src", PATH_NAME, a) && posix_path(vm, args->v[1], func, "dst", PATH_NAME, b) &&
           rt_allowed(vm, ALLOW_FS_WRITE, "the file system");
}

static Value rename_at(Vm *vm, const Args *args, const char *func)
{
    FsPath a, b;
    int from, to;
    if (!two_paths(vm, args, func, &a, &b) || !posix_dir_fd(vm, args->v[2], &from) || !posix_dir_fd(vm, args->v[3], &to))
        return VALUE_ERROR;
    return renameat(from, a.text, to, b.text) < 0 ? posix_error2(vm, a.shown, b.shown) : VALUE_NONE;
}

static Value posix_f_rename(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return rename_at(vm, args, "rename");
}

static Value posix_f_replace(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return rename_at(vm, args, "replace");
}

static Value posix_f_symlink(Vm *vm, Value self, const Args *args)
{
    FsPath a, b;
    int at;
    (void)self;
    if (!two_paths(vm, args, "symlink", &a, &b) || !posix_dir_fd(vm, args->v[3], &at))
        return VALUE_ERROR;
    return symlinkat(a.text, at, b.text) < 0 ? posix_error2(vm, a.shown, b.shown) : VALUE_NONE;
}

static Value posix_f_link(Vm *vm, Value self, const Args *args)
{
    FsPath a, b;
    int from, to;
    bool follow = value_same(args->v[4], VALUE_TRUE), plain;
    (void)self;
    if (!two_paths(vm, args, "link", &a, &b) || !posix_dir_fd(vm, args->v[2], &from) || !posix_dir_fd(vm, args->v[3], &to))
        return VALUE_ERROR;
    plain = from == AT_FDCWD && to == AT_FDCWD && follow;      /* then as link(), which does not follow on Linux */
    if (linkat(from, a.text, to, b.text, !plain && follow ? AT_SYMLINK_FOLLOW : 0) < 0)
        return posix_error2(vm, a.shown, b.shown);
    return VALUE_NONE;
}

static Value posix_f_readlink(Vm *vm, Value self, const Args *args)
{
    FsPath p;
    char buf[4097];
    int at;
    (void)self;
    if (!fs_path(vm, args->v[0], "readlink", "path", PATH_NAME, ALLOW_FS_READ, &p) || !posix_dir_fd(vm, args->v[1], &at))
        return VALUE_ERROR;
    ssize_t n = readlinkat(at, p.text, buf, sizeof buf);
    return n < 0 ? raise_os(vm, errno, p.shown) : path_result(vm, buf, (size_t)n, p.bytes);
}

static Value posix_f_truncate(Vm *vm, Value self, const Args *args)
{
    FsPath p;
    (void)self;
    if (!fs_path(vm, args->v[0], "truncate", "path", PATH_OR_FD, ALLOW_FS_WRITE, &p))
        return VALUE_ERROR;
    if (!p.text)
        return posix_none(vm, ftruncate(p.fd, (off_t)posix_arg(args, 1)));
    return done(vm, truncate(p.text, (off_t)posix_arg(args, 1)), &p);
}

/* ---- utime ---- */

static bool seconds_to_timespec(Vm *vm, Value v, struct timespec *t)
{
    int64_t s;
    if (is_float(v)) {
        double d = float_value(v), whole = round_down(d);
        if (!(d == d)) {
            raise_exc(vm, EXC_ValueError, "Invalid value NaN (not a number)");
            return false;
        }
        if (fabs(whole) > 9.2e18) {
            raise_exc(vm, EXC_OverflowError, "timestamp out of range for platform time_t");
            return false;
        }
        double ns = round_down((d - whole) * 1e9);
        *t = (struct timespec){ (time_t)whole, (long)(ns >= 1e9 ? 999999999 : ns) };
        return true;
    }
    v = op_index(vm, v);
    if (value_is_empty(v))
        return false;
    if (!int_to_i64(v, &s)) {
        raise_exc(vm, EXC_OverflowError, "timestamp out of range for platform time_t");
        return false;
    }
    *t = (struct timespec){ (time_t)s, 0 };
    return true;
}

static bool ns_to_timespec(Vm *vm, Value v, struct timespec *t)
{
    int64_t n;
    if (value_is_empty(type_special(type_of(vm, v), SPECIAL_INDEX))) {
        raise_exc(vm, EXC_TypeError, "'%T' object cannot be interpreted as an integer", v);
        return false;
    }
    if (!op_int64(vm, v, &n))
        return false;
    int64_t s = n / 1000000000, rest = n % 1000000000;
    if (rest < 0) {
        s--;
        rest += 1000000000;
    }
    *t = (struct timespec){ (time_t)s, (long)rest };
    return true;
}

static bool utime_times(Vm *vm, Value times, Value ns, struct timespec t[2])
{
    t[0].tv_nsec = t[1].tv_nsec = UTIME_NOW;
    t[0].tv_sec = t[1].tv_sec = 0;
    bool by_ns = !value_is_empty(ns);
    if (!value_is_none(times) && by_ns) {
        raise_exc(vm, EXC_ValueError, "utime: you may specify either 'times' or 'ns' but not both");
        return false;
    }
    Value pair = by_ns ? ns : times;
    if (value_is_none(pair) && !by_ns)
        return true;
    if (!is_tuple(pair) || as_tuple(pair)->len != 2) {
        raise_exc(vm, EXC_TypeError, by_ns ? "utime: 'ns' must be a tuple of two ints"
                                           : "utime: 'times' must be either a tuple of two ints or None");
        return false;
    }
    bool (*convert)(Vm *, Value, struct timespec *) = by_ns ? ns_to_timespec : seconds_to_timespec;
    return convert(vm, as_tuple(pair)->items[0], &t[0]) && convert(vm, as_tuple(pair)->items[1], &t[1]);
}

static Value posix_f_utime(Vm *vm, Value self, const Args *args)
{
    FsPath p;
    int at;
    struct timespec t[2];
    bool follow = value_same(args->v[4], VALUE_TRUE);
    (void)self;
    if (!fs_path(vm, args->v[0], "utime", "path", PATH_OR_FD, ALLOW_FS_WRITE, &p) ||
        !utime_times(vm, args->v[1], args->v[2], t) || !posix_dir_fd(vm, args->v[3], &at) ||
        !posix_path_alone(vm, &p, "utime", at, follow))
        return VALUE_ERROR;
    posix_flush_files(vm);      /* or a later write would change the time again */
    return done(vm, p.text ? utimensat(at, p.text, t, follow ? 0 : AT_SYMLINK_NOFOLLOW) : futimens(p.fd, t), &p);
}

/* ---- extended attributes ---- */

static bool xattr_args(Vm *vm, Value path, Value follow, const char *func, uint32_t allow, FsPath *p)
{
    return fs_path(vm, path, func, "path", PATH_OR_FD, allow, p) &&
           posix_path_alone(vm, p, func, AT_FDCWD, value_same(follow, VALUE_TRUE));
}

static Value posix_f_getxattr(Vm *vm, Value self, const Args *args)
{
    FsPath p;
    Path name;
    bool follow = value_same(args->v[2], VALUE_TRUE);
    (void)self;
    if (!xattr_args(vm, args->v[0], args->v[2], "getxattr", ALLOW_FS_READ, &p) ||
        !path_of(vm, args->v[1], "getxattr", "attribute", &name))
        return VALUE_ERROR;
    Bytes *b = bytes_new(vm, NULL, 65536);
    if (!b)
        return VALUE_ERROR;
    ssize_t n = !p.text ? fgetxattr(p.fd, name.text, b->data, 65536) : follow ? getxattr(p.text, name.text, b->data, 65536)
              : lgetxattr(p.text, name.text, b->data, 65536);
    if (n < 0)
        return raise_os(vm, errno, p.shown);
    b = bytes_new(vm, b->data, (size_t)n);
    return b ? value_from_obj(b) : VALUE_ERROR;
}

static Value posix_f_setxattr(Vm *vm, Value self, const Args *args)
{
    FsPath p;
    Path name;
    const char *data;
    size_t n;
    int flags = (int)posix_arg(args, 3);
    bool follow = value_same(args->v[4], VALUE_TRUE);
    (void)self;
    if (!xattr_args(vm, args->v[0], args->v[4], "setxattr", ALLOW_FS_WRITE, &p) ||
        !path_of(vm, args->v[1], "setxattr", "attribute", &name) || !bytes_view(vm, args->v[2], &data, &n))
        return VALUE_ERROR;
    return done(vm, !p.text ? fsetxattr(p.fd, name.text, data, n, flags) : follow ? setxattr(p.text, name.text, data, n, flags)
                : lsetxattr(p.text, name.text, data, n, flags), &p);
}

static Value posix_f_removexattr(Vm *vm, Value self, const Args *args)
{
    FsPath p;
    Path name;
    bool follow = value_same(args->v[2], VALUE_TRUE);
    (void)self;
    if (!xattr_args(vm, args->v[0], args->v[2], "removexattr", ALLOW_FS_WRITE, &p) ||
        !path_of(vm, args->v[1], "removexattr", "attribute", &name))
        return VALUE_ERROR;
    return done(vm, !p.text ? fremovexattr(p.fd, name.text) : follow ? removexattr(p.text, name.text)
                : lremovexattr(p.text, name.text), &p);
}

static Value posix_f_listxattr(Vm *vm, Value self, const Args *args)
{
    FsPath p;
    bool follow = value_same(args->v[1], VALUE_TRUE);
    (void)self;
    if (!posix_path(vm, args->v[0], "listxattr", "path", PATH_OR_FD | PATH_OR_NONE, &p) ||
        !posix_path_alone(vm, &p, "listxattr", AT_FDCWD, follow) || !rt_allowed(vm, ALLOW_FS_READ, "the file system"))
        return VALUE_ERROR;
    Bytes *b = bytes_new(vm, NULL, 65536);
    List *l = b ? list_new(vm, 0) : NULL;
    if (!l)
        return VALUE_ERROR;
    ssize_t n = !p.text ? flistxattr(p.fd, b->data, 65536) : follow ? listxattr(p.text, b->data, 65536)
              : llistxattr(p.text, b->data, 65536);
    if (n < 0)
        return raise_os(vm, errno, p.shown);
    for (const char *s = b->data; s < b->data + n; s += strlen(s) + 1) {
        Value name = posix_text(vm, s);
        if (value_is_empty(name) || !list_append(vm, l, name))
            return VALUE_ERROR;
    }
    return value_from_obj(l);
}

/* ---- device numbers ---- */

/* Any 64 bits, or -1 for none. */
static bool device_arg(Vm *vm, Value v, uint64_t *out)
{
    int64_t small;
    if (!is_int(v))
        raise_exc(vm, EXC_TypeError, "an integer is required");
    else if (int_to_i64(v, &small) && small >= -1)
        return *out = (uint64_t)small, true;
    else if (int_sign(v) < 0)
        raise_exc(vm, EXC_OverflowError, "can't convert negative int to unsigned");
    else if (as_bigint(v)->count == 1)
        return *out = as_bigint(v)->limbs[0], true;
    else
        raise_exc(vm, EXC_OverflowError, "int too big to convert");
    return false;
}

static Value device_part(Vm *vm, unsigned part)
{
    return part == UINT_MAX ? value_from_int48(-1) : int_new_u64(vm, part);
}

static Value posix_f_major(Vm *vm, Value self, const Args *args)
{
    uint64_t device;
    (void)self;
    return device_arg(vm, args->v[0], &device) ? device_part(vm, major(device)) : VALUE_ERROR;
}

static Value posix_f_minor(Vm *vm, Value self, const Args *args)
{
    uint64_t device;
    (void)self;
    return device_arg(vm, args->v[0], &device) ? device_part(vm, minor(device)) : VALUE_ERROR;
}

static Value posix_f_makedev(Vm *vm, Value self, const Args *args)
{
    uint64_t part[2];
    (void)self;
    for (unsigned i = 0; i < 2; i++) {
        if (!device_arg(vm, args->v[i], &part[i]))
            return VALUE_ERROR;
        if (part[i] > UINT_MAX && part[i] != UINT64_MAX)
            return raise_exc(vm, EXC_OverflowError, "Python int too large to convert to C unsigned int");
    }
    dev_t device = makedev((unsigned)part[0], (unsigned)part[1]);
    return device == UINT64_MAX ? value_from_int48(-1) : int_new_u64(vm, device);
}

const MethodDef posix_fs_functions[] = {
    FUNCTION(posix, chdir, "chdir(path)", "Make path the current working directory."),
    FUNCTION(posix, fchdir, "fchdir(fd)", "Make the directory of a descriptor the current one."),
    FUNCTION(posix, chroot, "chroot(path)", "Make path the root directory."),
    FUNCTION(posix, rmdir, "rmdir(path, *, dir_fd=None)", "Remove a directory."),
    FUNCTION(posix, unlink, "unlink(path, *, dir_fd=None)", "Remove a file."),
    FUNCTION(posix, remove, "remove(path, *, dir_fd=None)", "Remove a file."),
    FUNCTION(posix, mkdir, "mkdir(path, mode: cint = 511, *, dir_fd=None)", "Create a directory."),
    FUNCTION(posix, mkfifo, "mkfifo(path, mode: cint = 438, *, dir_fd=None)", "Create a named pipe."),
    FUNCTION(posix, mknod, "mknod(path, mode: cint = 384, device: ssize = 0, *, dir_fd=None)", "Create a node of any kind."),
    FUNCTION(posix, chmod, "chmod(path, mode: cint, *, dir_fd=None, follow_symlinks: bool = True)",
             "Change who may do what with a file."),
    FUNCTION(posix, fchmod, "fchmod(fd: cint, mode: cint)", "The same by descriptor."),
    FUNCTION(posix, chown, "chown(path, uid, gid, *, dir_fd=None, follow_symlinks: bool = True)",
             "Change a file's owner and group; -1 leaves one as it is."),
    FUNCTION(posix, lchown, "lchown(path, uid, gid)", "The same of a symbolic link itself."),
    FUNCTION(posix, fchown, "fchown(fd: cint, uid, gid)", "The same by descriptor."),
    FUNCTION(posix, access, "access(path, mode: cint, *, dir_fd=None, effective_ids: bool = False, follow_symlinks: bool = True)",
             "May the real user do that with the file?"),
    FUNCTION(posix, rename, "rename(src, dst, *, src_dir_fd=None, dst_dir_fd=None)", "Give a file another path."),
    FUNCTION(posix, replace, "replace(src, dst, *, src_dir_fd=None, dst_dir_fd=None)",
             "Rename, in the place of dst if that is there."),
    FUNCTION(posix, symlink, "symlink(src, dst, target_is_directory: bool = False, *, dir_fd=None)",
             "Make dst a symbolic link to src."),
    FUNCTION(posix, link, "link(src, dst, *, src_dir_fd=None, dst_dir_fd=None, follow_symlinks: bool = True)",
             "Make dst another name of the file src."),
    FUNCTION(posix, readlink, "readlink(path, *, dir_fd=None)", "Where a symbolic link points to."),
    FUNCTION(posix, truncate, "truncate(path, length: ssize)", "Cut a file, or extend it by zeros, to that length."),
    FUNCTION(posix, utime, "utime(path, times=None, *, ns=..., dir_fd=None, follow_symlinks: bool = True)",
             "Set the times of access and change: (atime, mtime) in seconds or nanoseconds, else now."),
    FUNCTION(posix, getxattr, "getxattr(path, attribute, *, follow_symlinks: bool = True)", "An extended attribute's value."),
    FUNCTION(posix, setxattr, "setxattr(path, attribute, value, flags: cint = 0, *, follow_symlinks: bool = True)",
             "Set an extended attribute."),
    FUNCTION(posix, removexattr, "removexattr(path, attribute, *, follow_symlinks: bool = True)",
             "Remove an extended attribute."),
    FUNCTION(posix, listxattr, "listxattr(path=None, *, follow_symlinks: bool = True)", "Names of extended attributes."),
    FUNCTION(posix, major, "major(device, /)", "The major number of a device."),
    FUNCTION(posix, minor, "minor(device, /)", "The minor number of a device."),
    FUNCTION(posix, makedev, "makedev(major, minor, /)", "A device number from its two parts."),
    { 0 }
};
