/* SPDX-License-Identifier: MIT
 * open(), and the module io with what of it stands in C. */
#include "runtime/io.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/path.h"
#include "runtime/strands.h"
#include "vm/objects/bytes.h"
#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/str.h"

typedef struct Mode {
    bool read, write, append, create, update, text, binary;
} Mode;

static bool parse_mode(Vm *vm, Str *s, Mode *m)
{
    *m = (Mode){ .read = false };
    bool good = true;
    for (size_t i = 0; i < s->len && good; i++) {
        bool *flag = NULL;
        switch (str_data(s)[i]) {
        case 'r': flag = &m->read; break;
        case 'w': flag = &m->write; break;
        case 'a': flag = &m->append; break;
        case 'x': flag = &m->create; break;
        case '+': flag = &m->update; break;
        case 't': flag = &m->text; break;
        case 'b': flag = &m->binary; break;
        }
        good = flag && !*flag;
        if (good)
            *flag = true;
    }
    if (!good) {
        raise_exc(vm, EXC_ValueError, "invalid mode: %R", value_from_obj(s));
        return false;
    }
    if (m->text && m->binary)
        raise_exc(vm, EXC_ValueError, "can't have text and binary mode at once");
    else if (m->read + m->write + m->append + m->create > 1)
        raise_exc(vm, EXC_ValueError, "must have exactly one of create/read/write/append mode");
    else if (!(m->read || m->write || m->append || m->create))
        raise_exc(vm, EXC_ValueError, "Must have exactly one of create/read/write/append mode and at most one plus");
    return !vm_pending(vm);
}

static bool check_text_args(Vm *vm, const Mode *m, const Args *args, int64_t buffering)
{
    if (m->binary && !value_is_none(args->v[3]))
        raise_exc(vm, EXC_ValueError, "binary mode doesn't take an encoding argument");
    else if (m->binary && !value_is_none(args->v[4]))
        raise_exc(vm, EXC_ValueError, "binary mode doesn't take an errors argument");
    else if (m->binary && !value_is_none(args->v[5]))
        raise_exc(vm, EXC_ValueError, "binary mode doesn't take a newline argument");
    else if (!m->binary && buffering == 0)
        raise_exc(vm, EXC_ValueError, "can't have unbuffered text I/O");
    else if (!value_is_none(args->v[3]) && !is_str(args->v[3]))
        raise_exc(vm, EXC_TypeError, "open() argument 'encoding' must be str or None, not %T", args->v[3]);
    else if (!value_is_none(args->v[4]) && !is_str(args->v[4]))
        raise_exc(vm, EXC_TypeError, "open() argument 'errors' must be str or None, not %T", args->v[4]);
    else if (!value_is_none(args->v[5]) && !is_str(args->v[5]))
        raise_exc(vm, EXC_TypeError, "open() argument 'newline' must be str or None, not %T", args->v[5]);
    return !vm_pending(vm);
}

/* A file that is written elsewhere in this VM and was not flushed shows all of it to who opens it. */
static void flush_others(Runtime *rt, int fd)
{
    struct stat st, other;
    if (fstat(fd, &st))
        return;
    for (File *f = rt->files; f; f = f->next)
        if (f->out_len && !fstat(f->fd, &other) && other.st_ino == st.st_ino && other.st_dev == st.st_dev)
            file_flush_quietly(f);
}

static int open_flags(const Mode *m)
{
    int how = m->update ? O_RDWR : m->read ? O_RDONLY : O_WRONLY;
    if (m->write)
        how |= O_CREAT;         /* cut after what else is open has been flushed */
    if (m->append)
        how |= O_CREAT | O_APPEND;
    if (m->create)
        how |= O_CREAT | O_EXCL;
    return how | O_CLOEXEC;
}

/* -1: exception pending. */
static int open_path(Vm *vm, Value name, const char *path, const Mode *m)
{
    int fd;
    struct stat st;
    if ((fd = strands_open(vm, AT_FDCWD, path, open_flags(m), 0666)) == -2)
        return -1;
    int err = fd < 0 ? errno : 0;
    if (fd >= 0 && !fstat(fd, &st) && S_ISDIR(st.st_mode))
        err = EISDIR;
    if (!err) {
        flush_others(rt_of(vm), fd);
        if (m->write && !fstat(fd, &st) && S_ISREG(st.st_mode) && ftruncate(fd, 0) < 0)
            err = errno;
    }
    if (!err)
        return fd;
    if (fd >= 0)
        close(fd);
    raise_os(vm, err, name);
    return -1;
}

/* opener(path, flags); -1: exception pending. */
static int64_t call_opener(Vm *vm, Value opener, Value name, const Mode *m)
{
    int64_t fd;
    Value args[2] = { name, value_from_int48(open_flags(m) | (m->write ? O_TRUNC : 0)) };
    Value r = op_call(vm, opener, 2, args);
    if (value_is_empty(r))
        return -1;
    if (!is_int(r)) {
        raise_exc(vm, EXC_TypeError, "expected integer from opener");
        return -1;
    }
    if (!op_int64(vm, r, &fd))
        return -1;
    if (fd < 0 || fd > INT32_MAX) {
        raise_exc(vm, EXC_ValueError, "opener returned %V", r);
        return -1;
    }
    struct stat st;
    int err = fstat((int)fd, &st) < 0 ? errno : S_ISDIR(st.st_mode) ? EISDIR : 0;
    if (err)
        raise_os(vm, err, err == EISDIR ? name : VALUE_EMPTY);
    return err ? -1 : fd;
}

/* The class that is written in script knows every encoding. */
static Value script_text(Vm *vm, Value file, Value enc, Value errors, Value newline, bool lines, Str *mode)
{
    Value m = rt_import_module(vm, "_iotext");
    Value args[6] = { file, enc, errors, newline, value_from_bool(lines), value_from_obj(mode) };
    Str *name = value_is_empty(m) ? NULL : str_intern(vm, "_over", 5);
    return name ? op_call_method(vm, m, name, 6, args) : VALUE_ERROR;
}

/* With -X warn_default_encoding: none was given. */
static bool warn_no_encoding(Vm *vm)
{
    return !rt_of(vm)->config.flags[SYS_FLAG_WARN_DEFAULT_ENCODING] || !vm->hooks.warn ||
           vm->hooks.warn(vm, vm->exc[EXC_EncodingWarning], "'encoding' argument not specified");
}

static Value wrap_text(Vm *vm, Value file, const Mode *m, const Args *args, int64_t buffering)
{
    Str *mode = as_str(args->v[1]);
    Value enc = args->v[3], errors = args->v[4];
    if (value_is_none(enc) && !warn_no_encoding(vm))
        return VALUE_ERROR;
    if (value_is_none(enc) || str_is(as_str(enc), "locale")) {
        Str *s = str_cstr(vm, "UTF-8");
        enc = s ? value_from_obj(s) : VALUE_ERROR;
    }
    if (value_is_empty(enc))
        return enc;
    bool lines = buffering == 1 || (buffering < 0 && !m->read && isatty(as_file(file)->fd));
    if (!text_file_knows(as_str(enc)))
        return script_text(vm, file, enc, errors, args->v[5], lines, mode);
    if (value_is_none(errors))
        errors = value_from_obj(vm->names.strict);
    Value t = text_file_new(vm, file, enc, errors, args->v[5], lines);
    if (!value_is_empty(t) && m->append)
        as_text_file(t)->mark_written = lseek(as_file(file)->fd, 0, SEEK_CUR) > 0;
    if (!value_is_empty(t))
        heap_set(vm, as_text_file(t), &as_text_file(t)->mode, value_from_obj(mode));
    return t;
}

static const char *binary_mode(const Mode *m, bool raw)
{
    if (m->create)
        return m->update ? "xb+" : "xb";
    if (m->append)
        return m->update ? "ab+" : "ab";
    if (m->update)
        return "rb+";
    return m->read ? "rb" : raw ? "wb" : "wb";
}

Value io_open(Vm *vm, Value self, const Args *args)
{
    Runtime *rt = rt_of(vm);
    Mode m;
    int64_t buffering, fd = -1;
    int close_fd = op_truth(vm, args->v[6]);
    (void)self;
    if (close_fd < 0 || !parse_mode(vm, as_str(args->v[1]), &m) || !op_int64(vm, args->v[2], &buffering) ||
        !check_text_args(vm, &m, args, buffering))
        return VALUE_ERROR;
    if (!rt_allowed(vm, m.read && !m.update ? ALLOW_FS_READ : ALLOW_FS_READ | ALLOW_FS_WRITE, "opening files"))
        return VALUE_ERROR;
    Value name = args->v[0];
    if (value_is_int48(name) || value_is_bool(name)) {
        if (value_is_bool(name) && vm->hooks.warn &&
            !vm->hooks.warn(vm, vm->exc[EXC_RuntimeWarning], "bool is used as a file descriptor"))
            return VALUE_ERROR;
        if (!op_int64(vm, name, &fd))
            return VALUE_ERROR;
        if (fd < 0)
            return raise_exc(vm, EXC_ValueError, "negative file descriptor");
        struct stat st;
        if (fd > INT32_MAX || fstat((int)fd, &st) < 0)
            return raise_os(vm, EBADF, VALUE_EMPTY);
        if (S_ISDIR(st.st_mode))
            return raise_os(vm, EISDIR, name);
    } else {
        Path p;
        if (!path_of(vm, name, "open", NULL, &p))
            return VALUE_ERROR;
        if (!close_fd)
            return raise_exc(vm, EXC_ValueError, "Cannot use closefd=False with file name");
        name = p.original;
        fd = value_is_none(args->v[7]) ? open_path(vm, p.original, p.text, &m) : call_opener(vm, args->v[7], name, &m);
        if (fd < 0)
            return VALUE_ERROR;
    }
    int type = buffering == 0 ? RT_ROOT_FILE_IO_TYPE : m.update ? RT_ROOT_RANDOM_TYPE
             : m.read ? RT_ROOT_READER_TYPE : RT_ROOT_WRITER_TYPE;
    Value file = file_new(vm, as_type(rt->roots[type]), (int)fd, name);
    Str *mode = str_cstr(vm, binary_mode(&m, buffering == 0));
    if (value_is_empty(file) || !mode) {
        if (close_fd && value_is_empty(file))
            close((int)fd);
        return VALUE_ERROR;
    }
    File *f = as_file(file);
    f->readable = m.read || m.update;
    f->writable = !m.read || m.update;
    f->appending = m.append;
    f->close_fd = close_fd;
    f->mode = value_from_obj(mode);
    if (buffering > 1)
        f->size = (size_t)buffering;
    if (m.append)
        lseek(f->fd, 0, SEEK_END);
    bool good = !m.binary || buffering != 1 || !vm->hooks.warn ||
                vm->hooks.warn(vm, vm->exc[EXC_RuntimeWarning], "line buffering (buffering=1) isn't supported in binary mode, "
                               "the default buffer size will be used");
    Value result = !good ? VALUE_ERROR : m.binary ? file : wrap_text(vm, file, &m, args, buffering);
    if (value_is_empty(result) && !f->closed) {
        Value exc = exc_take(vm);
        if (!file_close(vm, f))
            exc_discard(vm);
        exc_restore(vm, exc);
    }
    return result;
}

/* For tempfile: a file by descriptor tells a name. */
static Value set_name(Vm *vm, Value self, const Args *args)
{
    Value file = args->v[0];
    (void)self;
    if (is_text_file(vm, file))
        file = as_text_file(file)->buffer;
    if (is_file(vm, file))
        heap_set(vm, as_file(file), &as_file(file)->name, args->v[1]);
    return VALUE_NONE;
}

static bool str_or_none(Vm *vm, Value v, const char *name)
{
    if (!value_is_none(v) && !is_str(v))
        raise_exc(vm, EXC_TypeError, "TextIOWrapper() argument '%s' must be str or None, not %T", name, v);
    return value_is_none(v) || is_str(v);
}

/* For io.TextIOWrapper: text over a binary file of ours. */
static Value text_over(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Value enc = args->v[1], errors = args->v[2], newline = args->v[3];
    if (!is_file(vm, args->v[0]))
        return raise_type_error(vm, "not a file");
    if (!str_or_none(vm, enc, "encoding") || !str_or_none(vm, errors, "errors") || !str_or_none(vm, newline, "newline") ||
        !file_check_open(vm, as_file(args->v[0])))
        return VALUE_ERROR;
    if (value_is_none(enc) || str_is(as_str(enc), "locale")) {
        Str *s = str_cstr(vm, "UTF-8");
        enc = s ? value_from_obj(s) : VALUE_ERROR;
    }
    if (value_is_empty(enc))
        return enc;
    if (!text_file_knows(as_str(enc)))
        return VALUE_NONE;
    if (value_is_none(errors))
        errors = value_from_obj(vm->names.strict);
    Value t = text_file_new(vm, args->v[0], enc, errors, newline, value_same(args->v[4], VALUE_TRUE));
    if (!value_is_empty(t))
        as_text_file(t)->write_through = value_same(args->v[5], VALUE_TRUE);
    return t;
}

/* _unraisable(exception, object): what a finalizer could not do. */
static Value unraisable(Vm *vm, Value self, const Args *args)
{
    (void)self;
    rt_unraisable(vm, args->v[0], NULL, args->v[1]);
    return VALUE_NONE;
}

/* Names that only the module io has: classes written in script. */
static Value from_io(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Str *name = as_str(args->v[0]);
    Value io = *str_data(name) == '_' ? VALUE_EMPTY : rt_import_module(vm, "io");
    if (!value_is_empty(io))
        return attr_get(vm, io, name);
    return vm_pending(vm) ? VALUE_ERROR : raise_exc(vm, EXC_AttributeError, "module '_io' has no attribute %R", args->v[0]);
}

Value io_module_init(Vm *vm)
{
    static const MethodDef functions[] = {
        { "_text(buffer, encoding, errors, newline, line_buffering: bool, write_through: bool, /)", "Text over a file.",
          text_over, 0 },
        { "__getattr__(name: str, /)", "What the module io has.", from_io, 0 },
        { "_unraisable(exception, object, /)", "Tell what a finalizer could not do.", unraisable, 0 },
        { "_set_name(file, name, /)", "Make a file tell another name.", set_name, 0 },
        { "open(file, mode: str = 'r', buffering: int = -1, encoding=None, errors=None, newline=None, closefd=True, opener=None)",
          "Open a file.", io_open, 0 },
        { 0 }
    };
    Runtime *rt = rt_of(vm);
    Module *m = module_new(vm, "_io", "Files.");
    Value same = dict_get_cstr(vm, vm->builtins, "open");
    if (!m || !module_add_functions(vm, m, functions) ||
        (is_native(same) && as_native(same)->def->fn == io_open && !module_set(vm, m, "open", same)) ||
        !module_set(vm, m, "UnsupportedOperation", io_unsupported_type(vm)) ||
        !module_set(vm, m, "_BufferedReader", rt->roots[RT_ROOT_READER_TYPE]) ||
        !module_set(vm, m, "_BufferedWriter", rt->roots[RT_ROOT_WRITER_TYPE]) ||
        !module_set(vm, m, "_BufferedRandom", rt->roots[RT_ROOT_RANDOM_TYPE]) ||
        !module_set(vm, m, "_FileIO", rt->roots[RT_ROOT_FILE_IO_TYPE]) ||
        !module_set(vm, m, "_warn_encoding", value_from_bool(rt->config.flags[SYS_FLAG_WARN_DEFAULT_ENCODING])) ||
        !module_set(vm, m, "_utf8_mode", value_from_bool(rt->config.flags[SYS_FLAG_UTF8_MODE])) ||
        !module_set(vm, m, "_TextIOWrapper", rt->roots[RT_ROOT_TEXT_TYPE]) ||
        !module_set(vm, m, "DEFAULT_BUFFER_SIZE", value_from_int48((int64_t)IO_BUFFER_SIZE)) ||
        !module_set(vm, m, "SEEK_SET", value_from_int48(0)) || !module_set(vm, m, "SEEK_CUR", value_from_int48(1)) ||
        !module_set(vm, m, "SEEK_END", value_from_int48(2)))
        return VALUE_ERROR;
    return value_from_obj(m);
}
