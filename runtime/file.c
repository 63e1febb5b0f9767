/* SPDX-License-Identifier: MIT
 * Binary files over a descriptor: buffers, seeking, the types BufferedReader, BufferedWriter, BufferedRandom and
 * FileIO, which are one struct. */
#include "runtime/io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "runtime/io_watch.h"
#include "runtime/strands.h"
#include "vm/sched.h"
#include "vm/objects/bytes.h"
#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

/* ---- life ---- */

enum { READ_CHUNK = 65536 };

static void file_trace(Marker *m, Obj *o)
{
    mark_value(m, ((File *)o)->name);
    mark_value(m, ((File *)o)->mode);
    mark_value(m, ((File *)o)->raw_file);
}

static void unlist(File *f)
{
    if (!f->listed)
        return;
    if (f->prev)
        f->prev->next = f->next;
    else
        f->rt->files = f->next;
    if (f->next)
        f->next->prev = f->prev;
    f->listed = false;
}

static void write_quietly(int fd, const char *p, size_t n)
{
    while (n) {
        ssize_t r = write(fd, p, n);
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return;
        p += r;
        n -= (size_t)r;
    }
}

void file_flush_quietly(File *f)
{
    if (f->out_len && !f->closed)
        write_quietly(f->fd, f->out, f->out_len);
    f->out_len = 0;
}

static void free_buffers(File *f)
{
    const Alloc *a = &f->rt->vm->alloc;
    mem_free(a, f->in, f->in ? f->size : 0);
    mem_free(a, f->out, f->out ? f->size : 0);
    f->in = f->out = NULL;
    f->in_pos = f->in_len = f->out_len = 0;
}

static void file_finalize(Vm *vm, Obj *o)
{
    File *f = (File *)o;
    (void)vm;
    if (!f->rt)
        return;
    file_flush_quietly(f);
    if (!f->closed && f->close_fd && !f->shadow && f->fd >= 0)
        close(f->fd);
    f->closed = true;
    unlist(f);
    free_buffers(f);
}

static bool file_is_left_open(Vm *vm, Obj *o)
{
    const File *f = (File *)o;
    (void)vm;
    return f->rt && !f->closed && f->close_fd && !f->shadow && f->fd >= 0 && f->std == STD_NONE;
}

static void warn_open(Vm *vm, Value outermost)
{
    Str *r = op_repr(vm, outermost);
    Str *s = r ? str_printf(vm, "unclosed file %S", r) : NULL;
    if (s && vm->hooks.warn && !vm->hooks.warn(vm, vm->exc[EXC_ResourceWarning], str_data(s)))
        rt_unraisable(vm, exc_take(vm), NULL, outermost);
    exc_discard(vm);
}

void file_complain(Vm *vm, File *f, Value outermost)
{
    warn_open(vm, outermost);
    if (!file_close(vm, f))
        rt_unraisable(vm, exc_take(vm), NULL, outermost);
}

static Value file_m_dealloc_warn(Vm *vm, Value self, const Args *args)
{
    if (file_is_left_open(vm, value_obj(self)))
        warn_open(vm, args->v[0]);
    return VALUE_NONE;
}

static void file_last_word(Vm *vm, Obj *o)
{
    file_complain(vm, (File *)o, value_from_obj(o));
}

const TypeLayout file_layout = { .kind = KIND_EXT, .size = sizeof(File), .trace = file_trace, .finalize = file_finalize,
                                 .wants_last_word = file_is_left_open, .last_word = file_last_word };

void io_close_all(Runtime *rt)
{
    for (File *f = rt->files; f; f = f->next)
        file_flush_quietly(f);
    rt_flush(rt);
}

Value file_new(Vm *vm, Type *type, int fd, Value name)
{
    File *f = (File *)object_alloc(vm, type);
    if (!f)
        return VALUE_ERROR;
    f->rt = rt_of(vm);
    f->fd = fd;
    f->name = name;
    f->mode = VALUE_NONE;
    f->raw_file = VALUE_EMPTY;
    f->close_fd = true;
    f->size = IO_BUFFER_SIZE;
    f->raw = value_same(value_from_obj(type), rt_of(vm)->roots[RT_ROOT_FILE_IO_TYPE]);
    f->next = f->rt->files;
    if (f->next)
        f->next->prev = f;
    f->rt->files = f;
    f->listed = true;
    return value_from_obj(f);
}

/* ---- checks ---- */

Value io_unsupported(Vm *vm, const char *what)
{
    Value t = io_unsupported_type(vm);
    return value_is_empty(t) ? t : raise_type(vm, as_type(t), "%s", what);
}

static bool check_attached(Vm *vm, const File *f)
{
    if (LIKELY(!f->detached))
        return true;
    raise_exc(vm, EXC_ValueError, "raw stream has been detached");
    return false;
}

bool file_check_open(Vm *vm, const File *f)
{
    if (LIKELY(f->rt && !f->closed))
        return true;
    if (!check_attached(vm, f))
        return false;
    raise_exc(vm, EXC_ValueError, "I/O operation on closed file.");
    return false;
}

/* The same, in the words of one method: "read of" a buffered file, NULL: of the descriptor itself. */
static bool check_not_closed(Vm *vm, const File *f, const char *doing)
{
    if (LIKELY(f->rt && !f->closed))
        return true;
    if (!check_attached(vm, f))
        return false;
    if (doing && !f->raw)
        raise_exc(vm, EXC_ValueError, "%s closed file", doing);
    else
        raise_exc(vm, EXC_ValueError, "I/O operation on closed file");
    return false;
}

static bool check_readable(Vm *vm, const File *f, const char *method, const char *doing)
{
    if ((f->raw || f->readable) && !check_not_closed(vm, f, doing))
        return false;
    if (f->readable)
        return true;
    io_unsupported(vm, f->raw ? "File not open for reading" : method);
    return false;
}

static bool check_writable(Vm *vm, const File *f)
{
    if ((f->raw || f->writable) && !check_not_closed(vm, f, "write to"))
        return false;
    if (f->writable)
        return true;
    io_unsupported(vm, f->raw ? "File not open for writing" : "write");
    return false;
}

static char *buffer(Vm *vm, const File *f, char **p)
{
    if (!*p && !(*p = mem_alloc(&vm->alloc, f->size)))
        raise_no_memory(vm);
    return *p;
}

/* ---- system calls ---- */

/* Until no other strand is in the middle of an operation on it. */
static bool wait_turn(Vm *vm, File *f)
{
    while (UNLIKELY(f->busy)) {
        if (f->busy == vm->strand) {
            raise_exc(vm, EXC_RuntimeError, "reentrant call inside %R", value_from_obj(f));
            return false;
        }
        if (!strand_wait_for(vm, f) || !file_check_open(vm, f))
            return false;
    }
    return true;
}

static void end_turn(Vm *vm, File *f)
{
    f->busy = NULL;
    strand_wake_for(vm, f);
}

/* Handlers of signals run; none of them is to close the file meanwhile. */
static bool attend(Vm *vm, File *f)
{
    f->busy = vm->strand;
    bool ok = vm_checkpoint(vm);
    end_turn(vm, f);
    return ok;
}

/* errno after a call that failed: true to try it again. */
static bool again(Vm *vm, File *f, short events)
{
    if (errno == EAGAIN && vm->nstrands > 1) {
        f->busy = vm->strand;
        bool ok = strands_wait_fd(vm, f->fd, events == POLLOUT);
        end_turn(vm, f);
        return ok;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
        struct pollfd p = { f->fd, events, 0 };
        poll(&p, 1, -1);
    } else if (errno != EINTR) {
        raise_os(vm, errno, VALUE_EMPTY);
        return false;
    }
    return attend(vm, f);
}

/* Somebody has said that this descriptor must not be waited for. */
static bool must_not_wait(const File *f)
{
    int flags = f->std == STD_NONE ? fcntl(f->fd, F_GETFL) : -1;
    return flags >= 0 && flags & O_NONBLOCK;
}

/* Others run until the descriptor is ready. */
static bool wait_ready(Vm *vm, File *f, bool write)
{
    if (LIKELY(vm->nstrands < 2) || must_not_wait(f))
        return true;
    f->busy = vm->strand;
    bool ok = strands_wait_fd(vm, f->fd, write);
    end_turn(vm, f);
    return ok;
}

/* -1: an exception is pending; 0: the end, or f->blocked: there is nothing now. */
static ssize_t read_some(Vm *vm, File *f, char *to, size_t n)
{
    Runtime *rt = f->rt;
    f->blocked = false;
    if (f->std == STD_IN) {
        rt_flush(rt);
        if (rt->config.read) {
            long r = rt->config.read(rt->config.ud, to, n);
            if (r < 0)
                raise_os(vm, EIO, VALUE_EMPTY);
            return r < 0 ? -1 : (ssize_t)r;
        }
    }
    for (;;) {
        if (!wait_ready(vm, f, false))
            return -1;
        ssize_t r = read(f->fd, to, n);
        f->blocked = r < 0 && errno == EAGAIN && must_not_wait(f);
        if (r >= 0 || f->blocked)
            return r < 0 ? 0 : r;
        if (!again(vm, f, POLLIN))
            return -1;
    }
}

/* All of it, unless the descriptor must not be waited for; *done: how much, also after an error. */
static bool write_much(Vm *vm, File *f, const char *p, size_t n, size_t *done)
{
    *done = 0;
    while (*done < n) {
        if (!wait_ready(vm, f, true))
            return false;
        ssize_t r = write(f->fd, p + *done, strands_write_size(vm, f->fd, n - *done));
        if (r < 0 && errno == EAGAIN && must_not_wait(f))
            break;
        if (r < 0 && !again(vm, f, POLLOUT))
            return false;
        *done += r > 0 ? (size_t)r : 0;
        if (r > 0 && *done < n && !attend(vm, f))       /* what interrupts a write is told by its end alone */
            return false;
    }
    io_touch(f->rt);
    return true;
}

static bool raise_blocked(Vm *vm, size_t written)
{
    Str *text = str_cstr(vm, "write could not complete without blocking");
    Value args[3] = { value_from_int48(EAGAIN), text ? value_from_obj(text) : VALUE_NONE, value_from_int48((int64_t)written) };
    if (text)
        raise_args(vm, EXC_BlockingIOError, 3, args);
    return false;
}

/* ---- buffered operations ---- */

bool file_flush(Vm *vm, File *f)
{
    if (!wait_turn(vm, f))
        return false;
    if (f->std == STD_OUT)
        f->rt->out_error = io_flush_out(f->rt);
    if (f->std == STD_OUT || f->std == STD_ERR)
        return io_check_output(vm);
    size_t n = f->out_len, done = 0;
    bool ok = !n || write_much(vm, f, f->out, n, &done);
    f->out_len = n - done;      /* after an error, too: it comes again at the next try */
    if (f->out_len)
        memmove(f->out, f->out + done, f->out_len);
    return ok && (!f->out_len || raise_blocked(vm, 0));
}

/* What was read ahead is given back, so that the descriptor stands where the script does. */
static bool drop_read_ahead(Vm *vm, File *f)
{
    off_t back = (off_t)(f->in_len - f->in_pos);
    f->in_pos = f->in_len = 0;
    if (back && lseek(f->fd, -back, SEEK_CUR) < 0 && errno != ESPIPE) {
        raise_os(vm, errno, VALUE_EMPTY);
        return false;
    }
    return true;
}

static void put_out(File *f, const char *p, size_t n)
{
    memcpy(f->out + f->out_len, p, n);
    f->out_len += n;
}

/* The writer must not wait: what fits into the buffer is taken. */
static bool take_what_fits(Vm *vm, File *f, const char *p, size_t n, size_t before)
{
    size_t room = f->size - f->out_len;
    put_out(f, p, n < room ? n : room);
    return n <= room || raise_blocked(vm, before + room);
}

static bool write_buffered(Vm *vm, File *f, const char *p, size_t n)
{
    size_t done = 0;
    if (!buffer(vm, f, &f->out))
        return false;
    if (f->out_len + n > f->size && !file_flush(vm, f)) {
        if (!exc_pending_is(vm, EXC_BlockingIOError) || !f->out_len)
            return false;
        exc_discard(vm);
        return take_what_fits(vm, f, p, n, 0);
    }
    if (n >= f->size && !write_much(vm, f, p, n, &done))
        return false;
    return take_what_fits(vm, f, p + done, n - done, done);
}

bool file_write(Vm *vm, File *f, const char *p, size_t n)
{
    if (f->std != STD_NONE) {
        rt_write(f->rt, f->std == STD_OUT ? STDOUT_FILENO : STDERR_FILENO, p, n);
        return io_check_output(vm);
    }
    if (!wait_turn(vm, f) || !drop_read_ahead(vm, f))
        return false;
    size_t done;
    return f->raw ? write_much(vm, f, p, n, &done) : write_buffered(vm, f, p, n);
}

bool file_fill(Vm *vm, File *f)
{
    if (!wait_turn(vm, f))
        return false;
    if (f->in_pos < f->in_len)
        return true;
    if (!file_flush(vm, f) || !buffer(vm, f, &f->in))
        return false;
    if (f->in_pos < f->in_len)          /* another strand's doing */
        return true;
    f->in_pos = f->in_len = 0;
    ssize_t r = read_some(vm, f, f->in, f->size);
    if (r > 0)
        f->in_len = (size_t)r;
    return r >= 0;
}

static void take(File *f, size_t n, Buf *out)
{
    buf_put(out, f->in + f->in_pos, n);
    f->in_pos += n;
}

static bool buf_ok(Vm *vm, const Buf *b)
{
    if (b->failed)
        raise_no_memory(vm);
    return !b->failed;
}

/* Into the result, not through the buffer: all there is, or as many times the buffer's size as fit. */
static bool read_directly(Vm *vm, File *f, uint64_t left, bool all, Buf *out, size_t *got)
{
    size_t chunk = all ? (f->size > READ_CHUNK ? f->size : READ_CHUNK) : (size_t)(left - left % f->size);
    *got = 0;
    if (!wait_turn(vm, f) || !file_flush(vm, f))
        return false;
    if (f->in_pos < f->in_len) {        /* another strand's doing */
        *got = f->in_len - f->in_pos < left ? f->in_len - f->in_pos : (size_t)left;
        take(f, *got, out);
        return true;
    }
    if (all && chunk < out->len)
        chunk = out->len;
    char *to = buf_reserve(out, chunk);
    if (!to)
        return buf_ok(vm, out);
    ssize_t r = read_some(vm, f, to, chunk);
    if (r > 0)
        out->len += (size_t)r;
    *got = r > 0 ? (size_t)r : 0;
    return r >= 0;
}

bool file_read(Vm *vm, File *f, int64_t n, Buf *out)
{
    uint64_t left = n < 0 ? UINT64_MAX : (uint64_t)n;
    while (left && !out->failed) {
        size_t got;
        if (left >= f->size && f->in_pos == f->in_len) {
            if (!read_directly(vm, f, left, n < 0, out, &got))
                return false;
        } else {
            if (!file_fill(vm, f))
                return false;
            got = f->in_len - f->in_pos;
            got = got < left ? got : (size_t)left;
            take(f, got, out);
        }
        if (!vm_checkpoint(vm))
            return false;
        if (!got)
            break;
        left -= got;
    }
    return buf_ok(vm, out);
}

bool file_read_line(Vm *vm, File *f, int64_t n, Buf *out)
{
    uint64_t left = n < 0 ? UINT64_MAX : (uint64_t)n;
    while (left && !out->failed) {
        if (!file_fill(vm, f) || !vm_checkpoint(vm))
            return false;
        size_t have = f->in_len - f->in_pos;
        if (!have)
            break;
        size_t m = have < left ? have : (size_t)left;
        const char *nl = memchr(f->in + f->in_pos, '\n', m);
        if (nl)
            m = (size_t)(nl + 1 - (f->in + f->in_pos));
        take(f, m, out);
        if (nl)
            break;
        left -= m;
    }
    return buf_ok(vm, out);
}

bool file_tell(Vm *vm, File *f, int64_t *pos)
{
    off_t at = lseek(f->fd, 0, SEEK_CUR);
    if (at < 0) {
        raise_os(vm, errno, VALUE_EMPTY);
        return false;
    }
    *pos = (int64_t)at - (int64_t)(f->in_len - f->in_pos) + (int64_t)f->out_len;
    return true;
}

bool file_seek(Vm *vm, File *f, int64_t offset, int whence, int64_t *pos)
{
    if (!file_flush(vm, f))
        return false;
    if (whence == SEEK_CUR)
        offset -= (int64_t)(f->in_len - f->in_pos);
    f->in_pos = f->in_len = 0;
    off_t at = lseek(f->fd, (off_t)offset, whence);
    if (at < 0) {
        raise_os(vm, errno, VALUE_EMPTY);
        return false;
    }
    *pos = at;
    return true;
}

bool file_close(Vm *vm, File *f)
{
    if (f->closed)
        return true;
    if (!wait_turn(vm, f)) {
        if (f->closed)
            exc_discard(vm);    /* another strand has closed it meanwhile */
        return f->closed;
    }
    bool ok = file_flush(vm, f);
    if (f->std == STD_OUT)
        f->rt->out.len = 0;
    File *other = value_is_empty(f->raw_file) ? NULL : as_file(f->raw_file);
    f->closed = true;
    unlist(f);
    if (other) {                /* a buffered file and its raw one */
        other->closed = true;
        unlist(other);
        other->in_pos = other->in_len = other->out_len = 0;
    }
    if (f->close_fd && f->fd >= 0 && close(f->fd) < 0 && ok && errno != EINTR) {
        raise_os(vm, errno, VALUE_EMPTY);
        ok = false;
    }
    free_buffers(f);
    return ok;
}

/* ---- methods ---- */

static Value bytes_of(Vm *vm, Buf *b, bool ok)
{
    Bytes *r = ok ? bytes_new(vm, b->data, b->len) : NULL;
    buf_free(b);
    return r ? value_from_obj(r) : VALUE_ERROR;
}

/* None where there is nothing now. */
static Value bytes_or_none(Vm *vm, const File *f, Buf *b, bool ok)
{
    bool none = ok && !b->len && f->blocked;
    if (!none)
        return bytes_of(vm, b, ok);
    buf_free(b);
    return VALUE_NONE;
}

/* An argument size=-1 that may be None. */
static bool size_arg(Vm *vm, Value v, int64_t *n)
{
    *n = -1;
    if (value_is_none(v))
        return true;
    if (value_is_empty(type_special(type_of(vm, v), SPECIAL_INDEX))) {
        raise_exc(vm, EXC_TypeError, "argument should be integer or None, not '%T'", v);
        return false;
    }
    return op_int64(vm, v, n);
}

static Value file_m_read(Vm *vm, Value self, const Args *args)
{
    File *f = as_file(self);
    int64_t n;
    if (!check_readable(vm, f, "read", "read of") || !size_arg(vm, args->v[0], &n))
        return VALUE_ERROR;
    if (n < -1 && !f->raw)
        return raise_exc(vm, EXC_ValueError, "read length must be non-negative or -1");
    Buf b;
    buf_init(&b, &vm->alloc);
    if (f->raw && n >= 0) {     /* what one read() gives */
        char *p = wait_turn(vm, f) ? buf_reserve(&b, (size_t)n + 1) : NULL;
        ssize_t r = vm_pending(vm) ? -1 : p ? read_some(vm, f, p, (size_t)n) : 0;
        if (r > 0)
            b.len = (size_t)r;
        return bytes_or_none(vm, f, &b, r >= 0 && buf_ok(vm, &b));
    }
    f->blocked = false;
    return bytes_or_none(vm, f, &b, file_read(vm, f, n, &b));
}

static Value file_m_read1(Vm *vm, Value self, const Args *args)
{
    File *f = as_file(self);
    int64_t n;
    if (!check_readable(vm, f, "read1", "read of") || !size_arg(vm, args->v[0], &n) || !file_fill(vm, f))
        return VALUE_ERROR;
    size_t have = f->in_len - f->in_pos;
    if (n < 0 || (size_t)n > have)
        n = (int64_t)have;
    Bytes *b = bytes_new(vm, f->in + f->in_pos, (size_t)n);
    f->in_pos += (size_t)n;
    return b ? value_from_obj(b) : VALUE_ERROR;
}

static Value file_m_peek(Vm *vm, Value self, const Args *args)
{
    File *f = as_file(self);
    (void)args;
    if (!check_readable(vm, f, "peek", "peek of") || !file_fill(vm, f))
        return VALUE_ERROR;
    Bytes *b = bytes_new(vm, f->in + f->in_pos, f->in_len - f->in_pos);
    return b ? value_from_obj(b) : VALUE_ERROR;
}

/* once: what one read() gives. The buffer is asked for anew after the wait, in which it may have changed. */
static Value read_into(Vm *vm, File *f, Value into, bool once)
{
    char *p;
    size_t n;
    Buf b;
    if (!bytes_writable(vm, into, once ? "readinto1() argument" : "readinto() argument", &p, &n))
        return VALUE_ERROR;
    buf_init(&b, &vm->alloc);
    bool ok = true;
    f->blocked = false;
    if (f->raw) {
        char *to = wait_turn(vm, f) ? buf_reserve(&b, n + 1) : NULL;
        ssize_t r = vm_pending(vm) ? -1 : to ? read_some(vm, f, to, n) : 0;
        b.len = r > 0 ? (size_t)r : 0;
        ok = r >= 0 && buf_ok(vm, &b);
    } else if (once) {
        ok = file_fill(vm, f);
        size_t have = ok ? f->in_len - f->in_pos : 0;
        if (ok && have) {
            buf_put(&b, f->in + f->in_pos, have < n ? have : n);
            f->in_pos += b.len;
        }
    } else {
        ok = file_read(vm, f, (int64_t)n, &b);
    }
    ok = ok && bytes_writable(vm, into, "readinto() argument", &p, &n);
    size_t got = b.len < n ? b.len : n;
    if (ok && got)
        memcpy(p, b.data, got);
    buf_free(&b);
    if (ok && !got && f->blocked)
        return VALUE_NONE;
    return ok ? value_from_int48((int64_t)got) : VALUE_ERROR;
}

static Value file_m_readinto(Vm *vm, Value self, const Args *args)
{
    File *f = as_file(self);
    return check_readable(vm, f, "read", "readinto of") ? read_into(vm, f, args->v[0], false) : VALUE_ERROR;
}

static Value file_m_readinto1(Vm *vm, Value self, const Args *args)
{
    File *f = as_file(self);
    return check_readable(vm, f, "read", "readinto of") ? read_into(vm, f, args->v[0], true) : VALUE_ERROR;
}

static Value file_m_readall(Vm *vm, Value self, const Args *args)
{
    File *f = as_file(self);
    Buf b;
    (void)args;
    if (!check_readable(vm, f, "read", "read of"))
        return VALUE_ERROR;
    buf_init(&b, &vm->alloc);
    f->blocked = false;
    return bytes_or_none(vm, f, &b, file_read(vm, f, -1, &b));
}

static Value file_m_readline(Vm *vm, Value self, const Args *args)
{
    File *f = as_file(self);
    int64_t n;
    if (!check_readable(vm, f, "read", "readline of") || !size_arg(vm, args->v[0], &n))
        return VALUE_ERROR;
    Buf b;
    buf_init(&b, &vm->alloc);
    return bytes_of(vm, &b, file_read_line(vm, f, n, &b));
}

static Value file_m_readlines(Vm *vm, Value self, const Args *args)
{
    int64_t hint, total = 0;
    List *l = list_new(vm, 0);
    if (!l || !file_check_open(vm, as_file(self)) || !size_arg(vm, args->v[0], &hint))
        return VALUE_ERROR;
    const Args none = { .v = (Value[]){ VALUE_NONE }, .count = 1 };
    for (;;) {
        Value line = file_m_readline(vm, self, &none);
        if (value_is_empty(line))
            return line;
        if (!as_bytes(line)->len)
            return value_from_obj(l);
        if (!list_append(vm, l, line))
            return VALUE_ERROR;
        total += (int64_t)as_bytes(line)->len;
        if (hint > 0 && total > hint)
            return value_from_obj(l);
    }
}

static Value file_m_next(Vm *vm, Value self, const Args *args)
{
    (void)args;
    const Args none = { .v = (Value[]){ VALUE_NONE }, .count = 1 };
    Value line = file_m_readline(vm, self, &none);
    if (!value_is_empty(line) && !as_bytes(line)->len)
        return raise_stop_iteration(vm, VALUE_NONE);
    return line;
}

static Value file_m_write(Vm *vm, Value self, const Args *args)
{
    File *f = as_file(self);
    const char *p;
    size_t n;
    if (!check_writable(vm, f) || !bytes_view(vm, args->v[0], &p, &n))
        return VALUE_ERROR;
    if (f->raw) {
        size_t done;
        if (!wait_turn(vm, f) || !drop_read_ahead(vm, f) || !write_much(vm, f, p, n, &done))
            return VALUE_ERROR;
        return n && !done ? VALUE_NONE : int_new(vm, (int64_t)done);
    }
    if (!file_write(vm, f, p, n))
        return VALUE_ERROR;
    return int_new(vm, (int64_t)n);
}

static bool write_line(Vm *vm, Value item, void *ud)
{
    return !value_is_empty(op_call_method(vm, *(Value *)ud, vm->names.write, 1, &item));
}

static Value file_m_writelines(Vm *vm, Value self, const Args *args)
{
    if (!file_check_open(vm, as_file(self)) || !op_each(vm, args->v[0], write_line, &self))
        return VALUE_ERROR;
    return VALUE_NONE;
}

static Value file_m_flush(Vm *vm, Value self, const Args *args)
{
    (void)args;
    File *f = as_file(self);
    if (!(f->writable && !f->raw ? check_not_closed(vm, f, "flush of") : file_check_open(vm, f)) || !file_flush(vm, f))
        return VALUE_ERROR;
    return VALUE_NONE;
}

bool file_close_as(Vm *vm, File *f, Value self)
{
    Value *own = obj_ext(vm, value_obj(self));
    Str *name = own && !value_is_empty(*own) && !f->closed ? str_intern(vm, "flush", 5) : NULL;
    if (!name || !value_is_empty(op_call_method(vm, self, name, 0, NULL)))
        return file_close(vm, f);
    Value exc = exc_take(vm);
    if (!file_close(vm, f))
        exc_discard(vm);
    exc_restore(vm, exc);
    return false;
}

static Value file_m_close(Vm *vm, Value self, const Args *args)
{
    (void)args;
    File *f = as_file(self);
    if (!check_attached(vm, f))
        return VALUE_ERROR;
    return file_close_as(vm, f, self) ? VALUE_NONE : VALUE_ERROR;
}

static Value file_m_seek(Vm *vm, Value self, const Args *args)
{
    File *f = as_file(self);
    int64_t offset, whence, pos;
    if (!check_not_closed(vm, f, "seek of") || !op_int64(vm, args->v[0], &offset) || !op_int64(vm, args->v[1], &whence))
        return VALUE_ERROR;
    if (!f->raw && (whence < 0 || whence > 4))      /* SEEK_DATA and SEEK_HOLE are the system's */
        return raise_exc(vm, EXC_ValueError, "whence value %d unsupported", (int)whence);
    return file_seek(vm, f, offset, (int)whence, &pos) ? int_new(vm, pos) : VALUE_ERROR;
}

static Value file_m_tell(Vm *vm, Value self, const Args *args)
{
    int64_t pos;
    (void)args;
    if (!check_not_closed(vm, as_file(self), NULL) || !file_tell(vm, as_file(self), &pos))
        return VALUE_ERROR;
    return int_new(vm, pos);
}

static Value file_m_truncate(Vm *vm, Value self, const Args *args)
{
    File *f = as_file(self);
    int64_t size;
    if (!check_not_closed(vm, f, "truncate of"))
        return VALUE_ERROR;
    if (!f->writable)
        return io_unsupported(vm, "truncate");
    if (!file_flush(vm, f))
        return VALUE_ERROR;
    if (value_is_none(args->v[0]) ? !file_tell(vm, f, &size) : !op_int64(vm, args->v[0], &size))
        return VALUE_ERROR;
    if (ftruncate(f->fd, (off_t)size) < 0)
        return raise_os(vm, errno, VALUE_EMPTY);
    return int_new(vm, size);
}

static Value file_m_fileno(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return check_not_closed(vm, as_file(self), NULL) ? value_from_int48(as_file(self)->fd) : VALUE_ERROR;
}

static bool is_tty(const File *f)
{
    const RuntimeConfig *c = &f->rt->config;
    bool hooked = f->std == STD_IN ? c->read != NULL : f->std != STD_NONE && c->write;
    return !hooked && isatty(f->fd);
}

static Value file_m_isatty(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return check_not_closed(vm, as_file(self), NULL) ? value_from_bool(is_tty(as_file(self))) : VALUE_ERROR;
}

/* A reader is asked in vain whether it can be written, open or not. */
static Value may(Vm *vm, const File *f, bool yes)
{
    if (!yes && !f->raw)
        return VALUE_FALSE;
    return check_not_closed(vm, f, NULL) ? value_from_bool(yes) : VALUE_ERROR;
}

static Value file_m_readable(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return may(vm, as_file(self), as_file(self)->readable);
}

static Value file_m_writable(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return may(vm, as_file(self), as_file(self)->writable);
}

static Value file_m_seekable(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return check_not_closed(vm, as_file(self), NULL) ? value_from_bool(lseek(as_file(self)->fd, 0, SEEK_CUR) >= 0) : VALUE_ERROR;
}

static Value file_m_enter(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return file_check_open(vm, as_file(self)) ? self : VALUE_ERROR;
}

static Value file_m_iter(Vm *vm, Value self, const Args *args)
{
    return file_m_enter(vm, self, args);
}

static Value file_m_exit(Vm *vm, Value self, const Args *args)
{
    (void)args;
    if (!check_attached(vm, as_file(self)))
        return VALUE_ERROR;
    Str *name = vm->names.close;        /* a subclass may have its own */
    return value_is_empty(op_call_method(vm, self, name, 0, NULL)) ? VALUE_ERROR : VALUE_NONE;
}

static Value file_g_raw(Vm *vm, Value self)
{
    File *f = as_file(self);
    if (f->raw)
        return raise_attribute(vm, self, str_cstr(vm, "raw"));
    if (value_is_empty(f->raw_file)) {
        Value raw = file_new(vm, as_type(f->rt->roots[RT_ROOT_FILE_IO_TYPE]), f->fd, f->name);
        if (value_is_empty(raw))
            return raw;
        File *r = as_file(raw);
        r->close_fd = f->close_fd;
        r->shadow = true;
        heap_set(vm, r, &r->raw_file, self);
        r->mode = f->mode;
        r->readable = f->readable;
        r->writable = f->writable;
        heap_set(vm, f, &f->raw_file, raw);
    }
    if (f->closed)
        as_file(f->raw_file)->closed = true;
    return f->raw_file;
}

/* The buffered file is of no use any more; the raw one closes the descriptor. */
static Value file_m_detach(Vm *vm, Value self, const Args *args)
{
    (void)args;
    File *f = as_file(self);
    if (f->raw)
        return raise_attribute(vm, self, str_cstr(vm, "detach"));
    if (!file_check_open(vm, f) || !file_flush(vm, f))
        return VALUE_ERROR;
    Value raw = file_g_raw(vm, self);
    if (value_is_empty(raw))
        return raw;
    as_file(raw)->shadow = false;
    as_file(raw)->raw_file = VALUE_EMPTY;
    f->raw_file = VALUE_EMPTY;
    f->closed = f->detached = true;
    f->close_fd = false;
    return raw;
}

static Value file_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    File *f = as_file(self);
    Str *s;
    if (f->detached || (!f->raw && value_is_empty(f->name)))
        s = str_printf(vm, "<%T>", self);
    else if (!f->raw)
        s = str_printf(vm, "<%T name=%R>", self, f->name);
    else if (f->closed)
        s = str_printf(vm, "<_io.FileIO [closed]>");
    else if (value_is_empty(f->name))
        s = str_printf(vm, "<_io.FileIO fd=%d mode=%R closefd=%s>", f->fd, f->mode, f->close_fd ? "True" : "False");
    else
        s = str_printf(vm, "<_io.FileIO name=%R mode=%R closefd=%s>", f->name, f->mode, f->close_fd ? "True" : "False");
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static const MethodDef file_methods[] = {
    METHOD(file, read, "read(size=-1, /)", "Read up to size bytes, or all."),
    METHOD(file, read1, "read1(size=-1, /)", "Read with at most one system call."),
    METHOD(file, peek, "peek(size=0, /)", "What is buffered, without moving on."),
    METHOD(file, readinto, "readinto(buffer, /)", "Read into a bytearray."),
    METHOD(file, readline, "readline(size=-1, /)", "Read a line with its end."),
    METHOD(file, readlines, "readlines(hint=-1, /)", "A list of the lines."),
    METHOD(file, write, "write(buffer, /)", "Write bytes; their number."),
    METHOD(file, writelines, "writelines(lines, /)", "Write each of them."),
    METHOD(file, flush, "flush()", "Write what is buffered."),
    METHOD(file, close, "close()", "Flush and close."),
    METHOD(file, seek, "seek(offset, whence=0, /)", "Move; the new position."),
    METHOD(file, tell, "tell()", "The position."),
    METHOD(file, truncate, "truncate(size=None, /)", "Cut or extend the file."),
    METHOD(file, fileno, "fileno()", "The descriptor."),
    METHOD(file, isatty, "isatty()", "Is it a terminal?"),
    METHOD(file, readable, "readable()", "May it be read?"),
    METHOD(file, writable, "writable()", "May it be written?"),
    METHOD(file, seekable, "seekable()", "Can it move?"),
    METHOD(file, enter, "__enter__()", "The file itself."),
    METHOD(file, exit, "__exit__(*args)", "Close it."),
    METHOD(file, iter, "__iter__()", "Its lines."),
    METHOD(file, next, "__next__()", "The next line."),
    METHOD(file, detach, "detach()", "The unbuffered file, without the buffer."),
    METHOD(file, repr, "__repr__()", "Return repr(self)."),
    { "_dealloc_warn(source, /)", NULL, file_m_dealloc_warn, 0 },
    { 0 }
};

static Value file_g_name(Vm *vm, Value self)
{
    if (!check_attached(vm, as_file(self)))
        return VALUE_ERROR;
    Value name = as_file(self)->name;
    return value_is_empty(name) ? raise_attribute(vm, self, str_cstr(vm, "name")) : name;
}

static bool file_s_name(Vm *vm, Value self, Value v)
{
    File *f = as_file(self);
    if (!f->raw) {
        raise_exc(vm, EXC_AttributeError, "attribute 'name' of '%T' objects is not writable", self);
        return false;
    }
    heap_set(vm, f, &f->name, v);           /* EMPTY: it is deleted */
    if (!value_is_empty(f->raw_file))
        heap_set(vm, as_file(f->raw_file), &as_file(f->raw_file)->name, v);
    return true;
}

static Value file_g_mode(Vm *vm, Value self)
{
    (void)vm;
    return as_file(self)->mode;
}

static Value file_g_closed(Vm *vm, Value self)
{
    return check_attached(vm, as_file(self)) ? value_from_bool(as_file(self)->closed) : VALUE_ERROR;
}

static Value file_g_closefd(Vm *vm, Value self)
{
    (void)vm;
    return value_from_bool(as_file(self)->close_fd);
}

static const GetSetDef file_getsets[] = {
    { "name", "The path or descriptor it was opened with.", file_g_name, file_s_name },
    { "mode", "The mode.", file_g_mode, NULL },
    { "closed", "Is it closed?", file_g_closed, NULL },
    { "raw", "The unbuffered file.", file_g_raw, NULL },
    DICT_GETSET,
    { "closefd", "Does closing it close the descriptor?", file_g_closefd, NULL },
    { 0 }
};

Value io_unsupported_type(Vm *vm)
{
    Value *root = &rt_of(vm)->roots[RT_ROOT_UNSUPPORTED];
    if (!value_is_empty(*root))
        return *root;
    Tuple *bases = tuple_pack(vm, (size_t)2, value_from_obj(vm->exc[EXC_OSError]), value_from_obj(vm->exc[EXC_ValueError]));
    Str *name = str_intern(vm, "UnsupportedOperation", 20), *module = str_cstr(vm, "io");
    Dict *ns = bases && name && module ? dict_new(vm) : NULL;
    if (!ns || !dict_set_str(vm, ns, vm->names.dunder_module, value_from_obj(module)))
        return VALUE_ERROR;
    Type *t = type_new_class(vm, vm->types.type, name, bases, ns, NULL);
    return t ? *root = value_from_obj(t) : VALUE_ERROR;
}

bool file_types_init(Vm *vm)
{
    static const TypeDef base_def = { .name = "_io._BufferedIOBase", .layout = &file_layout, .methods = file_methods,
        .getsets = file_getsets, .flags = TYPE_DISALLOW_NEW | TYPE_WEAKREFS | TYPE_HAS_DICT };
    static const MethodDef raw_methods[] = { METHOD(file, readall, "readall()", "Read all that is left."), { 0 } };
    static const MethodDef buffer_methods[] = {
        METHOD(file, readinto1, "readinto1(buffer, /)", "Read into a buffer with at most one system call."),
        { 0 }
    };
    static const TypeDef defs[] = {
        { .name = "_io.BufferedReader", .methods = buffer_methods, .flags = TYPE_DISALLOW_NEW | TYPE_HAS_DICT },
        { .name = "_io.BufferedWriter", .flags = TYPE_DISALLOW_NEW | TYPE_HAS_DICT },
        { .name = "_io.BufferedRandom", .methods = buffer_methods, .flags = TYPE_DISALLOW_NEW | TYPE_HAS_DICT },
        { .name = "_io.FileIO", .methods = raw_methods, .flags = TYPE_DISALLOW_NEW | TYPE_HAS_DICT },
    };
    static const int roots[] = { RT_ROOT_READER_TYPE, RT_ROOT_WRITER_TYPE, RT_ROOT_RANDOM_TYPE, RT_ROOT_FILE_IO_TYPE };
    Type *base = type_from_def(vm, &base_def, vm->types.object);
    for (size_t i = 0; base && i < COUNT_OF(defs); i++) {
        Type *t = type_from_def(vm, &defs[i], base);
        if (!t)
            return false;
        rt_of(vm)->roots[roots[i]] = value_from_obj(t);
    }
    return base;
}
