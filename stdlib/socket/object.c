/* SPDX-License-Identifier: MIT
 * The socket object: waiting, sending and receiving. A call that may wait lets other strands run; signals are heeded
 * and the call goes on (PEP 475). A socket with a timeout is non-blocking underneath, as in CPython. */
#include "stdlib/socket/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "runtime/faults.h"
#include "runtime/io_watch.h"
#include "runtime/strands.h"
#include "stdlib/socket/wait.h"
#include "stdlib/util.h"
#include "vm/objects/bytes.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"
#include "vm/num/libm.h"

/* ---- life ---- */

static void sock_finalize(Vm *vm, Obj *o)
{
    Sock *s = (Sock *)o;
    if (s->fd < 0)
        return;
    watch_closing(rt_of(vm), s->fd);
    close(s->fd);
    s->fd = -1;
}

static bool sock_is_open(Vm *vm, Obj *o)
{
    (void)vm;
    return ((Sock *)o)->fd >= 0;
}

static void sock_complain(Vm *vm, Obj *o)
{
    Str *r = op_repr(vm, value_from_obj(o));
    Str *s = r ? str_printf(vm, "unclosed %S", r) : NULL;
    if (s && !vm->hooks.warn(vm, vm->exc[EXC_ResourceWarning], str_data(s)))
        rt_unraisable(vm, exc_take(vm), NULL, value_from_obj(o));
    exc_discard(vm);
    sock_finalize(vm, o);
}

const TypeLayout sock_layout = { .kind = KIND_EXT, .size = sizeof(Sock), .finalize = sock_finalize,
                                 .wants_last_word = sock_is_open, .last_word = sock_complain };

bool sock_int(Vm *vm, Value v, int *out)
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

static Value sock_m_new(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Sock *s = (Sock *)object_alloc(vm, as_type(self));
    if (!s)
        return VALUE_ERROR;
    s->fd = -1;
    s->timeout = -1;
    return value_from_obj(s);
}

static Value os_error(Vm *vm)
{
    return raise_os(vm, errno, VALUE_EMPTY);
}

static Value none_or_error(Vm *vm, int r)
{
    return r < 0 ? os_error(vm) : VALUE_NONE;
}

static bool set_nonblocking(Vm *vm, const Sock *s, bool on)
{
    int value = on;
    if (ioctl(s->fd, FIONBIO, &value) == 0)
        return true;
    os_error(vm);
    return false;
}

static bool option_or(int fd, int option, int *value)
{
    socklen_t n = sizeof *value;
    return *value >= 0 || getsockopt(fd, SOL_SOCKET, option, value, &n) == 0;
}

/* What a descriptor that is given is. */
static bool adopt(Vm *vm, Sock *s, Value fileno, int *fd)
{
    SockAddr a = { .len = sizeof a.a };
    if (is_float(fileno)) {
        raise_exc(vm, EXC_TypeError, "integer argument expected, got float");
        return false;
    }
    if (!sock_int(vm, fileno, fd))
        return false;
    if (*fd < 0) {
        raise_exc(vm, EXC_ValueError, "negative file descriptor");
        return false;
    }
    if (getsockname(*fd, sock_addr(&a), &a.len) == 0) {
        if (s->family == -1)
            s->family = a.a.ss_family;
    } else if (s->family == -1 || errno == EBADF || errno == ENOTSOCK) {
        os_error(vm);
        return false;
    }
    if (option_or(*fd, SO_TYPE, &s->type) && option_or(*fd, SO_PROTOCOL, &s->proto))
        return true;
    os_error(vm);
    return false;
}

static bool create(Vm *vm, Sock *s, int *fd)
{
    s->family = s->family == -1 ? AF_INET : s->family;
    s->type = s->type == -1 ? SOCK_STREAM : s->type;
    s->proto = s->proto == -1 ? 0 : s->proto;
    *fd = socket(s->family, s->type | SOCK_CLOEXEC, s->proto);
    if (*fd < 0 && (errno == EMFILE || errno == ENFILE)) {      /* perhaps some are held by what is dead */
        heap_tidy_stack();
        vm_collect(vm);
        heap_run_finalizers(vm);
        *fd = socket(s->family, s->type | SOCK_CLOEXEC, s->proto);
    }
    if (*fd >= 0)
        return true;
    os_error(vm);
    return false;
}

static double default_timeout(Vm *vm)
{
    return rt_of(vm)->socket_timeout_set ? rt_of(vm)->socket_timeout : -1;
}

static Value sock_m_init(Vm *vm, Value self, const Args *args)
{
    Sock *s = as_sock(self);
    int fd;
    if (!rt_allowed(vm, ALLOW_NET, "using the network") || !sock_int(vm, args->v[0], &s->family) ||
        !sock_int(vm, args->v[1], &s->type) || !sock_int(vm, args->v[2], &s->proto))
        return VALUE_ERROR;
    bool given = !value_is_none(args->v[3]);
    if (!(given ? adopt(vm, s, args->v[3], &fd) : create(vm, s, &fd)))
        return VALUE_ERROR;
    s->fd = fd;
    if (s->type & SOCK_NONBLOCK) {
        s->timeout = 0;
    } else {
        s->timeout = default_timeout(vm);
        if (s->timeout >= 0 && !set_nonblocking(vm, s, true))
            return VALUE_ERROR;
    }
    s->type &= ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
    return VALUE_NONE;
}

static Value sock_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    const Sock *s = as_sock(self);
    Str *r = str_printf(vm, "<socket object, fd=%d, family=%d, type=%d, proto=%d>", s->fd, s->family, s->type, s->proto);
    return r ? value_from_obj(r) : VALUE_ERROR;
}

static Value sock_m_close(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Sock *s = as_sock(self);
    int fd = s->fd;
    if (fd < 0)
        return VALUE_NONE;
    s->fd = -1;
    watch_closing(rt_of(vm), fd);
    io_touch(rt_of(vm));
    return close(fd) < 0 && errno != ECONNRESET && errno != EINTR ? os_error(vm) : VALUE_NONE;
}

static Value sock_m_detach(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    Sock *s = as_sock(self);
    int fd = s->fd;
    s->fd = -1;
    return value_from_int48(fd);
}

static Value sock_m_fileno(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return value_from_int48(as_sock(self)->fd);
}

/* ---- waiting ---- */

double sock_deadline(Vm *vm, double timeout)
{
    return timeout > 0 ? rt_now(rt_of(vm)) + timeout : timeout < 0 ? INFINITY : 0;
}

static int wait_alone(Vm *vm, int fd, bool write, double deadline)
{
    Runtime *rt = rt_of(vm);
    struct pollfd p = { fd, write ? POLLOUT : POLLIN, 0 };
    for (;;) {
        double left = deadline - rt_now(rt);
        int ms = deadline == INFINITY ? -1 : left <= 0 ? 0 : left > 1e6 ? 1000000000 : (int)round_up(left * 1000);
        if (rt->virtual_clock && ms > 0)
            ms = 0;
        int n = poll(&p, 1, ms);
        if (n > 0)
            return 1;
        if (n < 0 && errno != EINTR) {
            os_error(vm);
            return -1;
        }
        if (!vm_checkpoint(vm))
            return -1;
        if (n == 0 && rt->virtual_clock && deadline < INFINITY && deadline > rt->virtual_now)
            rt->virtual_now = deadline;
        else if (n == 0 && (ms == 0 || rt_now(rt) >= deadline))
            return 0;
    }
}

int sock_wait(Vm *vm, int fd, bool write, double deadline)
{
    if (vm->nstrands > 1 && !vm->main_only)
        return strands_wait_fd_until(vm, fd, write, deadline);
    rt_flush(rt_of(vm));
    return wait_alone(vm, fd, write, deadline);
}

/* False: an exception is pending. */
static bool call_until(Vm *vm, Sock *s, bool write, int flags, double deadline, SockOp op, void *ud, ssize_t *out)
{
    bool waits = s->timeout > 0 || (s->timeout < 0 && vm->nstrands > 1 && !(flags & MSG_DONTWAIT));
    for (;;) {
        int ready = waits && s->fd >= 0 ? sock_wait(vm, s->fd, write, deadline) : 1;
        if (ready < 0)
            return false;
        if (!ready) {
            raise_exc(vm, EXC_TimeoutError, "timed out");
            return false;
        }
        s->now = waits ? MSG_DONTWAIT : 0;
        *out = op(s, ud);
        if (*out >= 0)
            break;
        if (errno == EINTR) {
            if (!vm_checkpoint(vm))
                return false;
            continue;
        }
        if (waits && (errno == EAGAIN || errno == EWOULDBLOCK) && s->timeout != 0)
            continue;
        os_error(vm);
        return false;
    }
    io_touch(rt_of(vm));
    return true;
}

bool sock_call(Vm *vm, Sock *s, bool write, int flags, SockOp op, void *ud, ssize_t *out)
{
    return call_until(vm, s, write, flags, sock_deadline(vm, s->timeout), op, ud, out);
}

/* ---- connections ---- */

static ssize_t op_accept(const Sock *s, void *ud)
{
    SockAddr *a = ud;
    a->len = sizeof a->a;
    return accept4(s->fd, sock_addr(a), &a->len, SOCK_CLOEXEC);
}

static Value sock_m_accept(Vm *vm, Value self, const Args *args)
{
    SockAddr a;
    ssize_t fd;
    (void)args;
    if (!sock_call(vm, as_sock(self), false, 0, op_accept, &a, &fd))
        return VALUE_ERROR;
    Value addr = sock_addr_to(vm, &a);
    Tuple *t = value_is_empty(addr) ? NULL : tuple_pack(vm, 2, value_from_int48((int)fd), addr);
    if (t)
        return value_from_obj(t);
    close((int)fd);
    return VALUE_ERROR;
}

static Value sock_m_bind(Vm *vm, Value self, const Args *args)
{
    SockAddr a;
    const Sock *s = as_sock(self);
    if (!rt_allowed(vm, ALLOW_LISTEN, "listening on the network") || !sock_addr_from(vm, s, args->v[0], "bind", &a))
        return VALUE_ERROR;
    return none_or_error(vm, bind(s->fd, sock_addr(&a), a.len));
}

static Value sock_m_listen(Vm *vm, Value self, const Args *args)
{
    int backlog = 128;
    if (!value_is_empty(args->v[0]) && !sock_int(vm, args->v[0], &backlog))
        return VALUE_ERROR;
    return rt_allowed(vm, ALLOW_LISTEN, "listening on the network")
         ? none_or_error(vm, listen(as_sock(self)->fd, backlog < 0 ? 0 : backlog)) : VALUE_ERROR;
}

/* What became of a connection on its way: 0, or an errno. -1: an exception is pending. */
static int await_connection(Vm *vm, const Sock *s)
{
    int err = 0;
    socklen_t n = sizeof err;
    int ready = sock_wait(vm, s->fd, true, sock_deadline(vm, s->timeout));
    if (ready < 0)
        return -1;
    if (!ready) {
        raise_exc(vm, EXC_TimeoutError, "timed out");
        return -1;
    }
    return getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &err, &n) < 0 ? errno : err;
}

static int do_connect(Vm *vm, const Sock *s, SockAddr *a)
{
    rt_of(vm)->io_local = true;
    io_touch(rt_of(vm));
    bool others = s->timeout < 0 && vm->nstrands > 1;
    if (others && !set_nonblocking(vm, s, true))
        return -1;
    int r = connect(s->fd, sock_addr(a), a->len), err = r < 0 ? errno : 0;
    if (others && !set_nonblocking(vm, s, false))
        return -1;
    if (err == EINTR && !vm_checkpoint(vm))
        return -1;
    if (err == EINTR || ((s->timeout > 0 || others) && err == EINPROGRESS))
        err = s->timeout == 0 ? err : await_connection(vm, s);
    return err == EISCONN && others ? EISCONN : err;
}

static Value sock_m_connect(Vm *vm, Value self, const Args *args)
{
    SockAddr a;
    if (!sock_addr_from(vm, as_sock(self), args->v[0], "connect", &a))
        return VALUE_ERROR;
    int err = do_connect(vm, as_sock(self), &a);
    return err < 0 ? VALUE_ERROR : err ? raise_os(vm, err, VALUE_EMPTY) : VALUE_NONE;
}

static Value sock_m_connect_ex(Vm *vm, Value self, const Args *args)
{
    SockAddr a;
    if (!sock_addr_from(vm, as_sock(self), args->v[0], "connect_ex", &a))
        return VALUE_ERROR;
    int err = do_connect(vm, as_sock(self), &a);
    if (err >= 0)
        return value_from_int48(err);
    if (!exc_pending_is(vm, EXC_TimeoutError))
        return VALUE_ERROR;
    exc_discard(vm);
    return value_from_int48(EAGAIN);
}

static Value sock_m_shutdown(Vm *vm, Value self, const Args *args)
{
    int how;
    if (!sock_int(vm, args->v[0], &how))
        return VALUE_ERROR;
    io_touch(rt_of(vm));
    return none_or_error(vm, shutdown(as_sock(self)->fd, how));
}

static Value name_of(Vm *vm, Value self, int (*get)(int, struct sockaddr *, socklen_t *))
{
    SockAddr a = { .len = sizeof a.a };
    return get(as_sock(self)->fd, sock_addr(&a), &a.len) < 0 ? os_error(vm) : sock_addr_to(vm, &a);
}

static int get_name(int fd, struct sockaddr *a, socklen_t *n) { return getsockname(fd, a, n); }
static int get_peer(int fd, struct sockaddr *a, socklen_t *n) { return getpeername(fd, a, n); }

static Value sock_m_getsockname(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return name_of(vm, self, get_name);
}

static Value sock_m_getpeername(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return name_of(vm, self, get_peer);
}

/* ---- receiving ---- */

typedef struct Transfer {
    char *to;
    const char *from;
    size_t n;
    int flags;
    SockAddr addr;
} Transfer;

static ssize_t op_recv(const Sock *s, void *ud)
{
    Transfer *t = ud;
    return recv(s->fd, t->to, t->n, t->flags | s->now);
}

static ssize_t op_recvfrom(const Sock *s, void *ud)
{
    Transfer *t = ud;
    t->addr.len = sizeof t->addr.a;
    t->addr.a.ss_family = AF_UNSPEC;
    return recvfrom(s->fd, t->to, t->n, t->flags | s->now, sock_addr(&t->addr), &t->addr.len);
}

#define RECV_MAX ((size_t)16 << 20)     /* no socket holds more at once */

/* Into a buffer of the runtime's, or one of its own: to be freed with release(). */
static bool acquire(Vm *vm, Transfer *t)
{
    if (t->n > RECV_MAX && !(t->flags & MSG_WAITALL))
        t->n = RECV_MAX;
    t->to = vm->nstrands == 1 && t->n <= IO_SCRATCH ? rt_io_scratch(vm) : mem_alloc(&vm->alloc, t->n ? t->n : 1);
    if (!t->to && !vm_pending(vm))
        raise_no_memory(vm);
    return t->to != NULL;
}

static void release(Vm *vm, Transfer *t)
{
    if (t->to != rt_of(vm)->io_scratch)
        mem_free(&vm->alloc, t->to, t->n ? t->n : 1);
}

static bool recv_args(Vm *vm, const Args *args, const char *what, Transfer *t)
{
    int64_t n;
    *t = (Transfer){ 0 };
    if (!op_int64(vm, args->v[0], &n) || !sock_int(vm, args->v[1], &t->flags))
        return false;
    if (n < 0) {
        raise_exc(vm, EXC_ValueError, "negative buffersize in %s", what);
        return false;
    }
    t->n = (size_t)n;
    return acquire(vm, t);
}

static Value received(Vm *vm, Value self, Transfer *t, SockOp op)
{
    ssize_t n;
    Bytes *b = sock_call(vm, as_sock(self), false, t->flags, op, t, &n) ? bytes_new(vm, t->to, (size_t)n) : NULL;
    release(vm, t);
    return b ? value_from_obj(b) : VALUE_ERROR;
}

static Value sock_m_recv(Vm *vm, Value self, const Args *args)
{
    Transfer t;
    return recv_args(vm, args, "recv", &t) ? received(vm, self, &t, op_recv) : VALUE_ERROR;
}

static Value with_address(Vm *vm, Value v, const SockAddr *a)
{
    Value addr = value_is_empty(v) ? v : a->len && a->a.ss_family == AF_UNSPEC ? VALUE_NONE : sock_addr_to(vm, a);
    Tuple *t = value_is_empty(addr) ? NULL : tuple_pack(vm, 2, v, addr);
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static Value sock_m_recvfrom(Vm *vm, Value self, const Args *args)
{
    Transfer t;
    return recv_args(vm, args, "recvfrom", &t) ? with_address(vm, received(vm, self, &t, op_recvfrom), &t.addr) : VALUE_ERROR;
}

/* A buffer of the script's; other strands may change it while this one waits: it is asked for anew then. */
static bool into_args(Vm *vm, const Args *args, const char *what, const char *too_small, Transfer *t)
{
    int64_t n;
    size_t len;
    *t = (Transfer){ 0 };
    if (!bytes_writable(vm, args->v[0], what, &t->to, &len) || !op_int64(vm, args->v[1], &n) ||
        !sock_int(vm, args->v[2], &t->flags))
        return false;
    if (n < 0) {
        raise_exc(vm, EXC_ValueError, "negative buffersize in %s", strncmp(what, "recvfrom", 8) ? "recv_into" : "recvfrom_into");
        return false;
    }
    if ((size_t)n > len) {
        raise_exc(vm, EXC_ValueError, "%s", too_small);
        return false;
    }
    t->n = n ? (size_t)n : len;
    return true;
}

static Value into(Vm *vm, Value self, const Args *args, Transfer *t, SockOp op)
{
    ssize_t n;
    uint32_t *exports = is_bytearray(args->v[0]) ? &as_bytearray(args->v[0])->exports : NULL;
    if (exports)
        ++*exports;             /* it keeps its size meanwhile */
    bool ok = sock_call(vm, as_sock(self), false, t->flags, op, t, &n);
    if (exports)
        --*exports;
    return ok ? value_from_int48(n) : VALUE_ERROR;
}

static Value sock_m_recv_into(Vm *vm, Value self, const Args *args)
{
    Transfer t;
    if (!into_args(vm, args, "recv_into() argument 1", "buffer too small for requested bytes", &t))
        return VALUE_ERROR;
    return into(vm, self, args, &t, op_recv);
}

static Value sock_m_recvfrom_into(Vm *vm, Value self, const Args *args)
{
    Transfer t;
    if (!into_args(vm, args, "recvfrom_into() argument 1", "nbytes is greater than the length of the buffer", &t))
        return VALUE_ERROR;
    return with_address(vm, into(vm, self, args, &t, op_recvfrom), &t.addr);
}

/* ---- sending ---- */

static ssize_t op_send(const Sock *s, void *ud)
{
    Transfer *t = ud;
    return send(s->fd, t->from, t->n, t->flags | s->now | MSG_NOSIGNAL);
}

static ssize_t op_sendto(const Sock *s, void *ud)
{
    Transfer *t = ud;
    return sendto(s->fd, t->from, t->n, t->flags | s->now | MSG_NOSIGNAL, sock_addr(&t->addr), t->addr.len);
}

static Value sock_m_send(Vm *vm, Value self, const Args *args)
{
    Transfer t = { 0 };
    ssize_t n;
    if (!bytes_view(vm, args->v[0], &t.from, &t.n) || !sock_int(vm, args->v[1], &t.flags) ||
        !sock_call(vm, as_sock(self), true, t.flags, op_send, &t, &n))
        return VALUE_ERROR;
    return value_from_int48(n);
}

static Value sock_m_sendall(Vm *vm, Value self, const Args *args)
{
    Transfer t = { 0 };
    ssize_t n;
    Sock *s = as_sock(self);
    size_t done = 0, all;
    double deadline = sock_deadline(vm, s->timeout);
    if (!bytes_view(vm, args->v[0], &t.from, &all) || !sock_int(vm, args->v[1], &t.flags))
        return VALUE_ERROR;
    do {
        if (done && (!vm_checkpoint(vm) || !bytes_view(vm, args->v[0], &t.from, &all)))
            return VALUE_ERROR;
        if (done > all)
            break;
        t.from += done;
        t.n = all - done;
        if (!call_until(vm, s, true, t.flags, deadline, op_send, &t, &n))
            return VALUE_ERROR;
        done += (size_t)n;
    } while (done < all);
    return VALUE_NONE;
}

static Value sock_m_sendto(Vm *vm, Value self, const Args *args)
{
    Transfer t = { 0 };
    ssize_t n;
    if (args->nrest < 2 || args->nrest > 3)
        return raise_exc(vm, EXC_TypeError, "sendto() takes 2 or 3 arguments (%u given)", args->nrest);
    if (!bytes_view(vm, args->rest[0], &t.from, &t.n) || (args->nrest == 3 && !sock_int(vm, args->rest[1], &t.flags)) ||
        !sock_addr_from(vm, as_sock(self), args->rest[args->nrest - 1], "sendto", &t.addr) ||
        !sock_call(vm, as_sock(self), true, t.flags, op_sendto, &t, &n))
        return VALUE_ERROR;
    return value_from_int48(n);
}

/* ---- options ---- */

static Value sock_m_setblocking(Vm *vm, Value self, const Args *args)
{
    Sock *s = as_sock(self);
    int on = op_truth(vm, args->v[0]);
    if (on < 0)
        return VALUE_ERROR;
    s->timeout = on ? -1 : 0;
    return set_nonblocking(vm, s, !on) ? VALUE_NONE : VALUE_ERROR;
}

static Value sock_m_getblocking(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return value_from_bool(as_sock(self)->timeout != 0);
}

bool sock_timeout_of(Vm *vm, Value v, double *out)
{
    *out = -1;
    if (value_is_none(v))
        return true;
    if (is_int(v)) {
        if (!int_to_double(vm, v, out))
            exc_discard(vm);
    } else if (!is_float(v)) {
        int64_t whole;
        if (!op_int64(vm, v, &whole))
            return false;
        *out = (double)whole;
    } else {
        *out = float_value(v);
    }
    if (*out != *out)
        raise_exc(vm, EXC_ValueError, "Invalid value NaN (not a number)");
    else if (*out > 9.2e9)
        raise_exc(vm, EXC_OverflowError, "timestamp too large to convert to C PyTime_t");
    else if (*out < 0)
        raise_exc(vm, EXC_ValueError, "Timeout value out of range");
    else
        return true;
    return false;
}

static Value sock_m_settimeout(Vm *vm, Value self, const Args *args)
{
    Sock *s = as_sock(self);
    double t;
    if (!sock_timeout_of(vm, args->v[0], &t))
        return VALUE_ERROR;
    s->timeout = t;
    return set_nonblocking(vm, s, t >= 0) ? VALUE_NONE : VALUE_ERROR;
}

static Value sock_m_gettimeout(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    double t = as_sock(self)->timeout;
    return t < 0 ? VALUE_NONE : value_from_double(t);
}

static Value sock_m_setsockopt(Vm *vm, Value self, const Args *args)
{
    int level, option, number = 0;
    const char *p = NULL;
    size_t n = 0;
    const Sock *s = as_sock(self);
    if (!sock_int(vm, args->v[0], &level) || !sock_int(vm, args->v[1], &option))
        return VALUE_ERROR;
    if (!value_is_empty(args->v[3])) {
        int64_t len;
        if (!value_is_none(args->v[2]))
            return raise_exc(vm, EXC_TypeError, "socket option should be None, not %T", args->v[2]);
        if (!op_int64(vm, args->v[3], &len))
            return VALUE_ERROR;
        return none_or_error(vm, setsockopt(s->fd, level, option, NULL, (socklen_t)len));
    }
    if (is_int(args->v[2])) {
        if (!sock_int(vm, args->v[2], &number))
            return VALUE_ERROR;
        return none_or_error(vm, setsockopt(s->fd, level, option, &number, sizeof number));
    }
    if (!bytes_view(vm, args->v[2], &p, &n))
        return VALUE_ERROR;
    return none_or_error(vm, setsockopt(s->fd, level, option, p, (socklen_t)n));
}

static Value sock_m_getsockopt(Vm *vm, Value self, const Args *args)
{
    int level, option, len, number = 0;
    const Sock *s = as_sock(self);
    socklen_t n = sizeof number;
    if (!sock_int(vm, args->v[0], &level) || !sock_int(vm, args->v[1], &option) || !sock_int(vm, args->v[2], &len))
        return VALUE_ERROR;
    if (!len)
        return getsockopt(s->fd, level, option, &number, &n) < 0 ? os_error(vm) : value_from_int48(number);
    if (len < 0 || len > 1024)
        return raise_exc(vm, EXC_OSError, "getsockopt buflen out of range");
    char buf[1024];
    n = (socklen_t)len;
    if (getsockopt(s->fd, level, option, buf, &n) < 0)
        return os_error(vm);
    Bytes *b = bytes_new(vm, buf, n);
    return b ? value_from_obj(b) : VALUE_ERROR;
}

static const MethodDef sock_methods[] = {
    METHOD(sock, new, "__new__(*args, **kwargs)", "Create a socket object."),
    METHOD(sock, init, "__init__(family=-1, type=-1, proto=-1, fileno=None)", "A new socket, or one over a descriptor."),
    METHOD(sock, repr, "__repr__()", "Return repr(self)."),
    METHOD(sock, accept, "_accept()", "Wait for a connection: its descriptor and the address of its other end."),
    METHOD(sock, bind, "bind(address, /)", "Give it a local address."),
    METHOD(sock, close, "close()", "Close it; nothing can be done with it any more."),
    METHOD(sock, connect, "connect(address, /)", "Connect to an address."),
    METHOD(sock, connect_ex, "connect_ex(address, /)", "The same, but errors are returned by number."),
    METHOD(sock, detach, "detach()", "Closed without closing the descriptor, which is returned."),
    METHOD(sock, fileno, "fileno()", "The descriptor, -1 once closed."),
    METHOD(sock, getpeername, "getpeername()", "The address of the other end."),
    METHOD(sock, getsockname, "getsockname()", "The local address."),
    PARSED_METHOD(sock, getsockopt, "getsockopt(level, option, buffersize=0, /)", "An option, as int or (with a size) as bytes."),
    METHOD(sock, setsockopt, "setsockopt(level, option, value, optlen=..., /)", "Set an option."),
    PARSED_METHOD(sock, listen, "listen(backlog=..., /)", "Take connections."),
    PARSED_METHOD(sock, recv, "recv(buffersize, flags=0, /)", "Receive at most so many bytes; none at the end."),
    METHOD(sock, recv_into, "recv_into(buffer, nbytes=0, flags=0)", "Receive into a buffer: the number of bytes."),
    PARSED_METHOD(sock, recvfrom, "recvfrom(buffersize, flags=0, /)", "Bytes, and the address of who sent them."),
    METHOD(sock, recvfrom_into, "recvfrom_into(buffer, nbytes=0, flags=0)", "The same into a buffer."),
    PARSED_METHOD(sock, send, "send(data, flags=0, /)", "Send: how many bytes went out."),
    PARSED_METHOD(sock, sendall, "sendall(data, flags=0, /)", "Send all of it."),
    METHOD(sock, sendto, "sendto(*args)", "sendto(data[, flags], address): send to an address."),
    METHOD(sock, setblocking, "setblocking(flag, /)", "Do calls wait?"),
    METHOD(sock, getblocking, "getblocking()", "Do calls wait?"),
    METHOD(sock, settimeout, "settimeout(timeout, /)", "Seconds that calls wait; None: without end."),
    METHOD(sock, gettimeout, "gettimeout()", "Seconds that calls wait, or None."),
    METHOD(sock, shutdown, "shutdown(how, /)", "End reading, writing or both."),
    { 0 }
};

#define MEMBER(name)                                                          \
    static Value sock_g_##name(Vm *vm, Value self)                            \
    {                                                                         \
        (void)vm;                                                             \
        return value_from_int48(as_sock(self)->name);                         \
    }
MEMBER(family)
MEMBER(type)
MEMBER(proto)

static Value sock_g_timeout(Vm *vm, Value self)
{
    return sock_m_gettimeout(vm, self, NULL);
}

static const GetSetDef sock_getsets[] = {
    { "family", "the socket family", sock_g_family, NULL },
    { "type", "the socket type", sock_g_type, NULL },
    { "proto", "the socket protocol", sock_g_proto, NULL },
    { "timeout", "the socket timeout", sock_g_timeout, NULL },
    { 0 }
};

Type *sock_type_init(Vm *vm, Module *m)
{
    static const TypeDef def = { .name = "_socket.socket", .doc = "A socket.", .layout = &sock_layout,
        .methods = sock_methods, .getsets = sock_getsets, .flags = TYPE_BASE };
    Type *t = lib_add_type(vm, m, &def, vm->types.object);
    return t && type_add_methods(vm, t, sock_msg_methods) ? t : NULL;
}
