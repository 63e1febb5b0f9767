/* SPDX-License-Identifier: MIT
 * Module posix: what its parts share, the environment, and what fits nowhere else. */
#include "stdlib/posix/posix.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "runtime/io.h"
#include "runtime/structseq.h"
#include "stdlib/modules.h"
#include "vm/objects/bytes.h"
#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

extern char **environ;

/* ---- what the parts share ---- */

Value posix_text(Vm *vm, const char *s)
{
    return path_result(vm, s, strlen(s), false);
}

Value posix_tuple(Vm *vm, const Value *items, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (value_is_empty(items[i]))
            return VALUE_ERROR;
    Tuple *t = tuple_from(vm, items, n);
    return t ? value_from_obj(t) : VALUE_ERROR;
}

Value posix_none(Vm *vm, int64_t r)
{
    return r < 0 ? raise_os(vm, errno, VALUE_EMPTY) : VALUE_NONE;
}

Value posix_number(Vm *vm, int64_t r)
{
    return r < 0 ? raise_os(vm, errno, VALUE_EMPTY) : int_new(vm, r);
}

Value posix_error2(Vm *vm, Value first, Value second)
{
    char buf[128];
    int err = errno;
    Value msg = posix_text(vm, strerror_r(err, buf, sizeof buf));
    Value v[5] = { value_from_int48(err), msg, first, VALUE_NONE, second };
    return value_is_empty(msg) ? msg : raise_args(vm, EXC_OSError, 5, v);
}

bool posix_interrupted(Vm *vm)
{
    if (errno == EINTR)
        return vm_checkpoint(vm);
    raise_os(vm, errno, VALUE_EMPTY);
    return false;
}

bool posix_int(Vm *vm, Value v, int *out)
{
    int64_t n;
    v = op_index(vm, v);
    if (value_is_empty(v))
        return false;
    if (!int_to_i64(v, &n) || n < INT32_MIN || n > INT32_MAX) {
        raise_exc(vm, EXC_OverflowError, "Python int too large to convert to C int");
        return false;
    }
    *out = (int)n;
    return true;
}

static bool warn_bool(Vm *vm, Value v)
{
    return !value_is_bool(v) || !vm->hooks.warn ||
           vm->hooks.warn(vm, vm->exc[EXC_RuntimeWarning], "bool is used as a file descriptor");
}

bool posix_fileno(Vm *vm, Value v, int *fd)
{
    if (!warn_bool(vm, v))
        return false;
    if (!is_int(v)) {
        Str *name = str_intern(vm, "fileno", 6);
        Value f = name ? attr_get_opt(vm, v, name) : VALUE_ERROR;
        if (value_is_empty(f)) {
            if (!vm_pending(vm))
                raise_exc(vm, EXC_TypeError, "argument must be an int, or have a fileno() method.");
            return false;
        }
        v = op_call0(vm, f);
        if (value_is_empty(v))
            return false;
        if (!is_int(v)) {
            raise_exc(vm, EXC_TypeError, "fileno() returned a non-integer");
            return false;
        }
    }
    if (!posix_int(vm, v, fd))
        return false;
    if (*fd < 0)
        raise_exc(vm, EXC_ValueError, "file descriptor cannot be a negative integer (%d)", *fd);
    return *fd >= 0;
}

bool posix_path(Vm *vm, Value v, const char *func, const char *arg, unsigned also, FsPath *out)
{
    Path p;
    *out = (FsPath){ .fd = -1, .shown = VALUE_EMPTY };
    if (also & PATH_OR_NONE && value_is_none(v)) {
        out->text = ".";
        return true;
    }
    if (is_str(v) || is_bytes(v) || also == PATH_NAME) {
        if (!path_of(vm, v, func, arg, &p))
            return false;
    } else if (also & PATH_OR_FD && !value_is_empty(type_special(type_of(vm, v), SPECIAL_INDEX))) {
        out->shown = v;
        return warn_bool(vm, v) && posix_int(vm, v, &out->fd);
    } else {
        Str *name = str_intern(vm, "__fspath__", 10);
        if (!name)
            return false;
        if (value_is_empty(type_lookup(vm, type_of(vm, v), name))) {
            const char *what = also == PATH_OR_FD ? "string, bytes, os.PathLike or integer"
                             : also == PATH_OR_NONE ? "string, bytes, os.PathLike or None"
                             : "string, bytes, os.PathLike, integer or None";
            raise_exc(vm, EXC_TypeError, "%s: %s should be %s, not %T", func, arg, what, v);
            return false;
        }
        if (!path_of(vm, v, func, arg, &p))
            return false;
    }
    *out = (FsPath){ p.text, -1, p.original, p.bytes, p.keep };
    return true;
}

bool posix_dir_fd(Vm *vm, Value v, int *fd)
{
    *fd = AT_FDCWD;
    if (value_is_none(v))
        return true;
    if (!value_is_empty(type_special(type_of(vm, v), SPECIAL_INDEX)))
        return warn_bool(vm, v) && posix_int(vm, v, fd);
    raise_exc(vm, EXC_TypeError, "argument should be integer or None, not %T", v);
    return false;
}

bool posix_path_alone(Vm *vm, const FsPath *p, const char *func, int dir_fd, bool follow)
{
    if (p->text)
        return true;
    if (dir_fd != AT_FDCWD)
        raise_exc(vm, EXC_ValueError, "%s: can't specify dir_fd without matching path", func);
    else if (!follow)
        raise_exc(vm, EXC_ValueError, "%s: cannot use fd and follow_symlinks together", func);
    return !vm_pending(vm);
}

bool posix_id_arg(Vm *vm, Value v, const char *what, uint32_t *out)
{
    int64_t n = 0;
    if (value_is_empty(type_special(type_of(vm, v), SPECIAL_INDEX))) {
        raise_exc(vm, EXC_TypeError, "%s should be integer, not %T", what, v);
        return false;
    }
    v = op_index(vm, v);
    if (value_is_empty(v))
        return false;
    bool fits = int_to_i64(v, &n);
    if (!fits || n < -1 || n > UINT32_MAX) {    /* CPython says "less" too of what is too large for 32 bits alone */
        raise_exc(vm, EXC_OverflowError, fits || int_sign(v) < 0 ? "%s is less than minimum" : "%s is greater than maximum",
                  what);
        return false;
    }
    *out = (uint32_t)n;
    return true;
}

bool posix_add_numbers(Vm *vm, Module *m, const PosixNumber *numbers)
{
    for (; numbers->name; numbers++)
        if (!module_set(vm, m, numbers->name, int_new(vm, numbers->value)))
            return false;
    return true;
}

void posix_flush_files(Vm *vm)
{
    for (File *f = rt_of(vm)->files; f; f = f->next)
        file_flush_quietly(f);
}

/* ---- the system ---- */

static Value posix_f_cpu_count(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)self;
    (void)args;
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? VALUE_NONE : value_from_int48(n);
}

static Value posix_f_urandom(Vm *vm, Value self, const Args *args)
{
    int64_t n = posix_arg(args, 0);
    (void)self;
    if (n < 0)
        return raise_exc(vm, EXC_ValueError, "negative argument not allowed");
    Bytes *b = bytes_new(vm, NULL, (size_t)n);
    for (size_t at = 0; b && at < (size_t)n;) {
        ssize_t r = getrandom(b->data + at, (size_t)n - at, 0);
        if (r < 0 && !posix_interrupted(vm))
            return VALUE_ERROR;
        at += r > 0 ? (size_t)r : 0;
    }
    return b ? value_from_obj(b) : VALUE_ERROR;
}

static Value posix_f_getrandom(Vm *vm, Value self, const Args *args)
{
    int64_t n = posix_arg(args, 0);
    ssize_t r;
    (void)self;
    if (n < 0)
        return raise_os(vm, EINVAL, VALUE_EMPTY);
    Bytes *b = bytes_new(vm, NULL, (size_t)n);
    if (!b)
        return VALUE_ERROR;
    while ((r = getrandom(b->data, (size_t)n, (unsigned)posix_arg(args, 1))) < 0)
        if (!posix_interrupted(vm))
            return VALUE_ERROR;
    b = r < n ? bytes_new(vm, b->data, (size_t)r) : b;
    return b ? value_from_obj(b) : VALUE_ERROR;
}

static Value posix_f_strerror(Vm *vm, Value self, const Args *args)
{
    char buf[128];
    (void)self;
    return posix_text(vm, strerror_r((int)posix_arg(args, 0), buf, sizeof buf));
}

static Value result_of(Vm *vm, const char *type, const Value *items, unsigned n)
{
    Module *m = as_module(dict_get_cstr(vm, vm->modules, "posix"));
    Value t = dict_get_cstr(vm, m->globals, type);
    for (unsigned i = 0; i < n; i++)
        if (value_is_empty(items[i]))
            return VALUE_ERROR;
    return is_type(t) ? structseq_new(vm, as_type(t), items, n) : raise_exc(vm, EXC_TypeError, "posix.%s is gone", type);
}

static Value posix_f_uname(Vm *vm, Value self, const Args *args)
{
    struct utsname u;
    (void)self;
    (void)args;
    if (uname(&u) < 0)
        return raise_os(vm, errno, VALUE_EMPTY);
    Value v[5] = { posix_text(vm, u.sysname), posix_text(vm, u.nodename), posix_text(vm, u.release),
                   posix_text(vm, u.version), posix_text(vm, u.machine) };
    return result_of(vm, "uname_result", v, 5);
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
    return result_of(vm, "times_result", v, 5);
}

static Value posix_f_getloadavg(Vm *vm, Value self, const Args *args)
{
    double load[3];
    (void)self;
    (void)args;
    if (getloadavg(load, 3) != 3)
        return raise_exc(vm, EXC_OSError, "Load averages are unobtainable");
    Value v[3] = { value_from_double(load[0]), value_from_double(load[1]), value_from_double(load[2]) };
    return posix_tuple(vm, v, 3);
}

/* ---- environment ---- */

static Value posix_f_environ(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    Dict *d = dict_new(vm);
    if (!d || !rt_allowed(vm, ALLOW_ENV, "the environment"))
        return VALUE_ERROR;
    for (char **e = environ; e && *e; e++) {
        const char *eq = **e ? strchr(*e + 1, '=') : NULL;
        if (!eq)
            continue;
        Value k = path_result(vm, *e, (size_t)(eq - *e), false), v = value_is_empty(k) ? k : posix_text(vm, eq + 1);
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
    if (!rt_allowed(vm, ALLOW_ENV, "the environment") || !path_of(vm, args->v[0], "putenv", NULL, &name) ||
        !path_of(vm, args->v[1], "putenv", NULL, &value))
        return VALUE_ERROR;
    if (strchr(name.text, '='))
        return raise_exc(vm, EXC_ValueError, "illegal environment variable name");
    return posix_none(vm, setenv(name.text, value.text, 1));
}

static Value posix_f_unsetenv(Vm *vm, Value self, const Args *args)
{
    Path name;
    (void)self;
    if (!rt_allowed(vm, ALLOW_ENV, "the environment") || !path_of(vm, args->v[0], "unsetenv", NULL, &name))
        return VALUE_ERROR;
    return posix_none(vm, unsetenv(name.text));
}

/* ---- names of files ---- */

static Value posix_f_fspath(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return path_fspath(vm, args->v[0]);
}

static Value current_dir(Vm *vm, bool bytes)
{
    if (!rt_allowed(vm, ALLOW_FS_READ, "the file system"))
        return VALUE_ERROR;
    char *dir = getcwd(NULL, 0);
    if (!dir)
        return raise_os(vm, errno, VALUE_EMPTY);
    Value r = path_result(vm, dir, strlen(dir), bytes);
    free(dir);
    return r;
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

static const MethodDef functions[] = {
    FUNCTION(posix, cpu_count, "cpu_count()", "How many processors there are."),
    FUNCTION(posix, urandom, "urandom(size: ssize, /)", "Return a bytes object of random bytes that are fit for cryptography."),
    FUNCTION(posix, getrandom, "getrandom(size: ssize, flags: cint = 0)", "Random bytes from the kernel."),
    FUNCTION(posix, strerror, "strerror(code: cint, /)", "What the system says of an error's number."),
    FUNCTION(posix, uname, "uname()", "What identifies the system: name, node name, release, version, machine."),
    FUNCTION(posix, times, "times()", "Times of this process and its children."),
    FUNCTION(posix, getloadavg, "getloadavg()", "How many processes were ready, as means of 1, 5 and 15 minutes."),
    FUNCTION(posix, environ, "_environ()", "A new dict of the environment."),
    FUNCTION(posix, putenv, "putenv(name, value, /)", "Give a variable of the environment a value."),
    FUNCTION(posix, unsetenv, "unsetenv(name, /)", "Delete an environment variable."),
    FUNCTION(posix, fspath, "fspath(path)", "The str or bytes that an object stands for as a path."),
    FUNCTION(posix, getcwd, "getcwd()", "The current working directory, as a str."),
    FUNCTION(posix, getcwdb, "getcwdb()", "The current working directory, as bytes."),
    { 0 }
};

static bool add_types(Vm *vm, Module *m)
{
    static const char *const uname_fields[] = { "sysname", "nodename", "release", "version", "machine", NULL };
    static const char *const times_fields[] = { "user", "system", "children_user", "children_system", "elapsed", NULL };
    Type *u = structseq_type(vm, "posix.uname_result", uname_fields, 5);
    Type *t = u ? structseq_type(vm, "posix.times_result", times_fields, 5) : NULL;
    return t && module_set(vm, m, "uname_result", value_from_obj(u)) && module_set(vm, m, "times_result", value_from_obj(t));
}

Value posix_init(Vm *vm)
{
    const MethodDef *const tables[] = { functions, posix_fd_functions, posix_fd_more_functions, posix_fs_functions,
                                        posix_dir_functions, posix_stat_functions, posix_ids_functions,
                                        posix_process_functions, posix_names_functions };
    bool (*const inits[])(Vm *, Module *) = { add_types, posix_names_init, posix_stat_init, posix_dir_init, posix_ids_init,
                                              posix_process_init, posix_fd_init };
    Module *m = module_new(vm, "posix", "What the system offers, for module os.");
    if (!m)
        return VALUE_ERROR;
    for (size_t i = 0; i < COUNT_OF(tables); i++)
        if (!module_add_functions(vm, m, tables[i]))
            return VALUE_ERROR;
    for (size_t i = 0; i < COUNT_OF(inits); i++)
        if (!inits[i](vm, m))
            return VALUE_ERROR;
    return module_set(vm, m, "error", value_from_obj(vm->exc[EXC_OSError])) ? value_from_obj(m) : VALUE_ERROR;
}
