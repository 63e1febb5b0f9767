/* SPDX-License-Identifier: MIT
 * The standard streams: output buffered on its way to the host's hooks or to descriptors 1 and 2, sys.stdin,
 * sys.stdout and sys.stderr, what the prompt displays. */
#include "runtime/io.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "vm/objects/dict.h"
#include "vm/objects/str.h"

void io_init(Runtime *rt)
{
    buf_init(&rt->out, &rt->vm->alloc);
    rt->out_tty = !rt->config.write && isatty(STDOUT_FILENO);
}

/* ---- bytes to the host ---- */

/* How much of it; when that is not all, errno says why: EINTR, if a signal's handler is to run before it waits again. */
static size_t write_out(Runtime *rt, int stream, const char *p, size_t n)
{
    size_t done = 0;
    if (rt->config.write) {
        rt->config.write(rt->config.ud, stream, p, n);
        return n;
    }
    while (done < n) {
        ssize_t r = write(stream, p + done, n - done);
        if (r < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            usleep(1000);       /* a terminal that someone made non-blocking */
        else if (r < 0 && errno != EINTR)
            break;
        done += r > 0 ? (size_t)r : 0;
        if (done < n && atomic_load(&rt->vm->attention) & ATTENTION_SIGNAL) {
            errno = EINTR;
            break;
        }
    }
    return done;
}

int io_flush_out(Runtime *rt)
{
    size_t n = rt->out.len, done = n ? write_out(rt, STDOUT_FILENO, rt->out.data, n) : 0;
    int err = errno;
    rt->out.len = n - done;
    rt->out_stuck = done < n && err == EINTR;
    if (done == n)
        return 0;
    memmove(rt->out.data, rt->out.data + done, n - done);
    return err;
}

/* What cannot be written is kept: who asks for that, and the end of the program, tell of it. */
void rt_flush(Runtime *rt)
{
    struct pollfd p = { STDOUT_FILENO, POLLOUT, 0 };
    if (rt->out_stuck && poll(&p, 1, 0) == 0)
        return;                 /* handlers of signals do not wait again */
    int err = io_flush_out(rt);
    (void)err;
}

/* What could not be written comes again at the next try where only a signal was in the way; else nothing does. */
static void keep_out(Runtime *rt, const char *p, size_t n)
{
    if (rt->out_error == EINTR)
        buf_put(&rt->out, p, n);
    else
        rt->out.len = 0;
    rt->out.failed = false;
}

void rt_write(Runtime *rt, int stream, const char *p, size_t n)
{
    if (!n)
        return;
    if (stream != STDOUT_FILENO) {
        rt_flush(rt);
        write_out(rt, stream, p, n);
        return;
    }
    if (rt->out.len + n > IO_BUFFER_SIZE && (rt->out_error = io_flush_out(rt))) {
        keep_out(rt, p, n);
        return;
    }
    char *to = n >= IO_BUFFER_SIZE ? NULL : rt->out.cap ? rt->out.data + rt->out.len : buf_reserve(&rt->out, IO_BUFFER_SIZE);
    if (!to) {                  /* too much for the buffer, or there is none */
        rt->out.failed = false;
        size_t done = write_out(rt, stream, p, n);
        rt->out_error = done < n ? errno : 0;
        if (rt->out_error)
            keep_out(rt, p + done, n - done);
        return;
    }
    memcpy(to, p, n);
    rt->out.len += n;
    if (rt->config.unbuffered || (rt->out_tty && memchr(p, '\n', n)))
        rt->out_error = io_flush_out(rt);
    if (rt->config.unbuffered && rt->out_error)
        keep_out(rt, NULL, 0);
}

bool io_check_output(Vm *vm)
{
    Runtime *rt = rt_of(vm);
    if (LIKELY(!rt->out_error))
        return true;
    while (rt->out_error == EINTR) {
        rt->out_error = 0;
        if (!vm_checkpoint(vm))
            return false;
        rt->out_error = io_flush_out(rt);
    }
    if (!rt->out_error)
        return true;
    int err = rt->out_error;
    rt->out_error = 0;
    raise_os(vm, err, VALUE_EMPTY);
    return false;
}

/* ---- whatever sys.stdout is now ---- */

Value io_sys_attr(Vm *vm, Str *name)
{
    Value sys = rt_of(vm)->sys;
    return is_module(sys) ? dict_get_str(vm, as_module(sys)->globals, name) : VALUE_EMPTY;
}

bool io_write_value(Vm *vm, Value file, Str *s)
{
    if (is_text_file(vm, file) && !(value_obj(file)->flags & OBJ_SUBCLASS))
        return text_file_write(vm, as_text_file(file), s);
    Value arg = value_from_obj(s);
    return !value_is_empty(op_call_method(vm, file, vm->names.write, 1, &arg));
}

bool io_flush_value(Vm *vm, Value file)
{
    return !value_is_empty(op_call_method(vm, file, vm->names.flush, 0, NULL));
}

void io_escape_surrogates(Buf *out, const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)p[i] == 0xed && i + 2 < n && (p[i + 1] & 0xe0) == 0xa0) {
            buf_printf(out, "\\u%04x", 0xd000u | (unsigned)(p[i + 1] & 0x3f) << 6 | (unsigned)(p[i + 2] & 0x3f));
            i += 2;
        } else {
            buf_putc(out, p[i]);
        }
}

void io_put_stderr(Vm *vm, const char *p, size_t n)
{
    Value pending = exc_take(vm), file = io_sys_attr(vm, vm->names.stderr);
    if (value_is_empty(file)) {
        rt_write(rt_of(vm), STDERR_FILENO, p, n);
    } else if (!value_is_none(file)) {
        Buf b;
        buf_init(&b, &vm->alloc);
        io_escape_surrogates(&b, p, n);
        Str *s = b.failed ? NULL : str_decode(vm, b.data, b.len);
        buf_free(&b);
        if (!s || !io_write_value(vm, file, s))
            exc_discard(vm);    /* nobody is left to be told */
    }
    exc_restore(vm, pending);
}

Value io_display(Vm *vm, Value v)
{
    Str *name = str_intern(vm, "displayhook", 11);
    Value hook = name ? io_sys_attr(vm, name) : VALUE_EMPTY;
    if (value_is_empty(hook))
        return raise_exc(vm, EXC_RuntimeError, "lost sys.displayhook");
    Value r = op_call1(vm, hook, v);
    return value_is_empty(r) ? r : VALUE_NONE;
}

/* ---- sys.stdin, sys.stdout, sys.stderr ---- */

static bool std_file(Vm *vm, StdStream std, int root, Type *type, const char *name, const char *errors)
{
    Runtime *rt = rt_of(vm);
    Str *n = str_cstr(vm, name), *enc = str_cstr(vm, "utf-8"), *err = str_cstr(vm, errors);
    Value file = n && enc && err ? file_new(vm, type, (int)std - 1, value_from_obj(n)) : VALUE_ERROR;
    if (value_is_empty(file))
        return false;
    File *f = as_file(file);
    Str *mode = str_cstr(vm, std == STD_IN ? "rb" : "wb");
    f->std = std;
    f->readable = std == STD_IN;
    f->writable = std != STD_IN;
    f->close_fd = false;
    bool tty = std == STD_ERR || (std == STD_OUT && rt->out_tty);
    Value lf = value_from_obj(vm->ascii_chars['\n']);       /* newlines are not translated */
    Value t = mode ? text_file_new(vm, file, value_from_obj(enc), value_from_obj(err), lf, tty) : VALUE_ERROR;
    if (value_is_empty(t))
        return false;
    heap_set(vm, f, &f->mode, value_from_obj(mode));
    Str *text_mode = str_cstr(vm, std == STD_IN ? "r" : "w");
    if (!text_mode)
        return false;
    heap_set(vm, as_text_file(t), &as_text_file(t)->mode, value_from_obj(text_mode));
    rt->roots[root] = t;
    return true;
}

/* Standard input and output take any bytes where the locale says nothing of an encoding. */
static const char *std_errors(const Runtime *rt)
{
    static const char *const names[] = { "", "C", "POSIX", "C.UTF-8", "C.utf8", "UTF-8" };
    if (rt->config.flags[SYS_FLAG_UTF8_MODE])
        return "surrogateescape";
    const char *name = getenv("LC_ALL");
    name = name && *name ? name : getenv("LC_CTYPE");
    name = name && *name ? name : getenv("LANG");
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (!strcmp(name ? name : "", names[i]))
            return "surrogateescape";
    return "strict";
}

bool io_types_init(Vm *vm)
{
    Runtime *rt = rt_of(vm);
    if (!file_types_init(vm) || !text_file_types_init(vm))
        return false;
    Type *reader = as_type(rt->roots[RT_ROOT_READER_TYPE]), *writer = as_type(rt->roots[RT_ROOT_WRITER_TYPE]);
    const char *errors = std_errors(rt);
    return std_file(vm, STD_IN, RT_ROOT_STDIN, reader, "<stdin>", errors) &&
           std_file(vm, STD_OUT, RT_ROOT_STDOUT, writer, "<stdout>", errors) &&
           std_file(vm, STD_ERR, RT_ROOT_STDERR, writer, "<stderr>", "backslashreplace");
}
