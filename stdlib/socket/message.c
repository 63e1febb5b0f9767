/* SPDX-License-Identifier: MIT
 * sendmsg, recvmsg and recvmsg_into: several buffers, ancillary data (descriptors: SCM_RIGHTS). */
#include "stdlib/socket/wait.h"

#include <errno.h>
#include <limits.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

#include "runtime/faults.h"
#include "vm/objects/bytes.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

#define CONTROL_MAX 65536

typedef struct Message {
    struct msghdr h;
    int flags;
    SockAddr addr;
    struct iovec *iov;
    size_t iov_cap;
    char *control;
    size_t control_cap;
} Message;

static void message_free(Vm *vm, Message *m)
{
    mem_free(&vm->alloc, m->iov, m->iov_cap * sizeof *m->iov);
    mem_free(&vm->alloc, m->control, m->control_cap);
}

static bool alloc_iov(Vm *vm, Message *m, size_t n)
{
    if (n > IOV_MAX) {
        raise_exc(vm, EXC_OSError, "sendmsg() argument 1 is too long");
        return false;
    }
    m->iov_cap = n;
    m->iov = mem_alloc(&vm->alloc, (n ? n : 1) * sizeof *m->iov);
    m->iov_cap = n ? n : 1;
    if (!m->iov)
        raise_no_memory(vm);
    m->h.msg_iov = m->iov;
    m->h.msg_iovlen = n;
    return m->iov != NULL;
}

static bool alloc_control(Vm *vm, Message *m, size_t n)
{
    m->control_cap = n;
    if (!n)
        return true;
    m->control = mem_alloc(&vm->alloc, n);
    if (!m->control) {
        raise_no_memory(vm);
        return false;
    }
    memset(m->control, 0, n);
    m->h.msg_control = m->control;
    m->h.msg_controllen = n;
    return true;
}

/* ---- sending ---- */

static ssize_t op_sendmsg(const Sock *s, void *ud)
{
    Message *m = ud;
    return sendmsg(s->fd, &m->h, m->flags | s->now | MSG_NOSIGNAL);
}

/* (level, type, data) */
static bool control_item(Vm *vm, Value v, int *level, int *type, const char **p, size_t *n)
{
    Value t = op_tuple_of(vm, v);
    if (value_is_empty(t))
        return false;
    if (as_tuple(t)->len != 3) {
        raise_exc(vm, EXC_TypeError, "[sendmsg() ancillary data items]() argument must be sequence of length 3, not %zu",
                  as_tuple(t)->len);
        return false;
    }
    const Value *items = as_tuple(t)->items;
    int64_t l, k;
    if (!op_int64(vm, items[0], &l) || !op_int64(vm, items[1], &k) || !bytes_view(vm, items[2], p, n))
        return false;
    *level = (int)l;
    *type = (int)k;
    return true;
}

static Value list_arg(Vm *vm, Value items, const char *what)
{
    Value list = op_list_of(vm, items);
    if (!value_is_empty(list) || !exc_pending_is(vm, EXC_TypeError))
        return list;
    exc_discard(vm);
    return raise_exc(vm, EXC_TypeError, "%s must be an iterable", what);
}

static bool put_control(Vm *vm, Value items, Message *m)
{
    if (value_is_empty(items))
        return true;
    Value list = list_arg(vm, items, "sendmsg() argument 2");
    if (value_is_empty(list))
        return false;
    List *l = as_list(list);
    size_t total = 0, n;
    const char *p;
    int level, type;
    for (size_t i = 0; i < l->len; i++) {
        if (!control_item(vm, list_items(l)[i], &level, &type, &p, &n))
            return false;
        if (n > CONTROL_MAX) {
            raise_exc(vm, EXC_OSError, "ancillary data item too large");
            return false;
        }
        total += CMSG_SPACE(n);
    }
    if (!alloc_control(vm, m, total))
        return false;
    struct cmsghdr *c = total ? CMSG_FIRSTHDR(&m->h) : NULL;
    for (size_t i = 0; i < l->len && c; i++, c = CMSG_NXTHDR(&m->h, c)) {
        if (!control_item(vm, list_items(l)[i], &level, &type, &p, &n))
            return false;
        c->cmsg_level = level;
        c->cmsg_type = type;
        c->cmsg_len = CMSG_LEN(n);
        memcpy(CMSG_DATA(c), p, n);
    }
    return true;
}

static bool put_buffers(Vm *vm, Value items, Message *m, Value *keep)
{
    *keep = list_arg(vm, items, "sendmsg() argument 1");
    if (value_is_empty(*keep))
        return false;
    List *l = as_list(*keep);
    if (!alloc_iov(vm, m, l->len))
        return false;
    for (size_t i = 0; i < l->len; i++) {
        const char *p;
        if (!bytes_view(vm, list_items(l)[i], &p, &m->iov[i].iov_len))
            return false;
        m->iov[i].iov_base = (void *)(uintptr_t)p;
    }
    return true;
}

static Value sock_m_sendmsg(Vm *vm, Value self, const Args *args)
{
    Message m = { 0 };
    Value keep;
    int64_t flags;
    ssize_t n;
    bool ok = put_buffers(vm, args->v[0], &m, &keep) && put_control(vm, args->v[1], &m) && op_int64(vm, args->v[2], &flags);
    if (ok && !value_is_none(args->v[3])) {
        ok = sock_addr_from(vm, as_sock(self), args->v[3], "sendmsg", &m.addr);
        m.h.msg_name = sock_addr(&m.addr);
        m.h.msg_namelen = m.addr.len;
    }
    if (ok) {
        m.flags = (int)flags;
        ok = sock_call(vm, as_sock(self), true, m.flags, op_sendmsg, &m, &n);
    }
    message_free(vm, &m);
    return ok ? value_from_int48(n) : VALUE_ERROR;
}

/* ---- receiving ---- */

static ssize_t op_recvmsg(const Sock *s, void *ud)
{
    Message *m = ud;
    m->h.msg_name = sock_addr(&m->addr);
    m->h.msg_namelen = sizeof m->addr.a;
    m->addr.a.ss_family = AF_UNSPEC;
    return recvmsg(s->fd, &m->h, m->flags | s->now | MSG_CMSG_CLOEXEC);
}

/* Descriptors that nobody will get. */
static void close_rights(Message *m)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&m->h); c; c = CMSG_NXTHDR(&m->h, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        for (size_t i = 0; i < (c->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
            close(fd);
        }
    }
}

static List *control_list(Vm *vm, Message *m)
{
    List *l = list_new(vm, 0);
    for (struct cmsghdr *c = m->control ? CMSG_FIRSTHDR(&m->h) : NULL; l && c; c = CMSG_NXTHDR(&m->h, c)) {
        size_t at = (size_t)((char *)CMSG_DATA(c) - m->control), n = c->cmsg_len - CMSG_LEN(0);
        if (at + n > m->control_cap)
            n = m->control_cap - at;
        Bytes *b = bytes_new(vm, CMSG_DATA(c), n);
        Value level = value_from_int48(c->cmsg_level), type = value_from_int48(c->cmsg_type);
        Tuple *t = b ? tuple_pack(vm, 3, level, type, value_from_obj(b)) : NULL;
        if (!t || !list_append(vm, l, value_from_obj(t)))
            return NULL;
    }
    return l;
}

static Value message_result(Vm *vm, Message *m, Value data)
{
    List *control = value_is_empty(data) ? NULL : control_list(vm, m);
    m->addr.len = m->h.msg_namelen;
    bool nobody = m->addr.a.ss_family == AF_UNSPEC && m->addr.len;
    Value addr = !control ? VALUE_ERROR : nobody ? VALUE_NONE : sock_addr_to(vm, &m->addr);
    Tuple *t = value_is_empty(addr) ? NULL : tuple_pack(vm, 4, data, value_from_obj(control),
                                                        value_from_int48(m->h.msg_flags & ~MSG_CMSG_CLOEXEC), addr);
    if (t)
        return value_from_obj(t);
    close_rights(m);
    return VALUE_ERROR;
}

static bool control_args(Vm *vm, const Args *args, const char *what, Message *m)
{
    int64_t size, flags;
    if (!op_int64(vm, args->v[1], &size) || !op_int64(vm, args->v[2], &flags))
        return false;
    if (size < 0 || size > INT32_MAX) {
        raise_exc(vm, EXC_ValueError, "invalid ancillary data buffer length");
        return false;
    }
    (void)what;
    m->flags = (int)flags;
    return alloc_control(vm, m, (size_t)size);
}

static Value sock_m_recvmsg(Vm *vm, Value self, const Args *args)
{
    Message m = { 0 };
    int64_t size;
    ssize_t n;
    if (!op_int64(vm, args->v[0], &size))
        return VALUE_ERROR;
    if (size < 0)
        return raise_exc(vm, EXC_ValueError, "negative buffer size in recvmsg()");
    size_t cap = size > (16 << 20) ? (size_t)16 << 20 : (size_t)size;
    char *to = mem_alloc(&vm->alloc, cap ? cap : 1);
    if (!to)
        return raise_no_memory(vm);
    Value r = VALUE_ERROR;
    if (control_args(vm, args, "recvmsg", &m) && alloc_iov(vm, &m, 1)) {
        m.iov[0] = (struct iovec){ to, cap };
        if (sock_call(vm, as_sock(self), false, m.flags, op_recvmsg, &m, &n)) {
            Bytes *b = bytes_new(vm, to, (size_t)n);
            r = message_result(vm, &m, b ? value_from_obj(b) : VALUE_ERROR);
        }
    }
    mem_free(&vm->alloc, to, cap ? cap : 1);
    message_free(vm, &m);
    return r;
}

static void pin(List *l, int by)
{
    for (size_t i = 0; i < l->len; i++)
        if (is_bytearray(list_items(l)[i]))
            as_bytearray(list_items(l)[i])->exports += (uint32_t)by;
}

static Value sock_m_recvmsg_into(Vm *vm, Value self, const Args *args)
{
    Message m = { 0 };
    ssize_t n;
    Value list = list_arg(vm, args->v[0], "recvmsg_into() argument 1"), r = VALUE_ERROR;
    if (value_is_empty(list))
        return list;
    List *l = as_list(list);
    bool ok = control_args(vm, args, "recvmsg_into", &m) && alloc_iov(vm, &m, l->len);
    for (size_t i = 0; ok && i < l->len; i++) {
        char *p;
        ok = bytes_writable(vm, list_items(l)[i], "recvmsg_into() argument 1", &p, &m.iov[i].iov_len);
        if (!ok && exc_pending_is(vm, EXC_TypeError)) {
            exc_discard(vm);
            raise_exc(vm, EXC_TypeError, "recvmsg_into() argument 1 must be an iterable of single-segment read-write buffers");
        }
        m.iov[i].iov_base = p;
    }
    if (ok) {
        pin(l, 1);
        ok = sock_call(vm, as_sock(self), false, m.flags, op_recvmsg, &m, &n);
        pin(l, -1);
    }
    if (ok)
        r = message_result(vm, &m, value_from_int48(n));
    message_free(vm, &m);
    return r;
}

/* ---- files ---- */

typedef struct FileCall {
    int fd;
    off_t offset;
    size_t n;
} FileCall;

static ssize_t op_sendfile(const Sock *s, void *ud)
{
    FileCall *c = ud;
    int on = 1, off = 0;
    bool switches = s->now && s->timeout < 0;
    if (switches && ioctl(s->fd, FIONBIO, &on) < 0)
        return -1;
    ssize_t n = sendfile(s->fd, c->fd, &c->offset, c->n);
    int err = errno;
    if (switches && ioctl(s->fd, FIONBIO, &off) < 0)
        return -1;
    errno = err;
    return n;
}

static Value sock_m_sendfile(Vm *vm, Value self, const Args *args)
{
    FileCall c;
    int64_t offset, n;
    ssize_t sent;
    if (!sock_int(vm, args->v[0], &c.fd) || !op_int64(vm, args->v[1], &offset) || !op_int64(vm, args->v[2], &n))
        return VALUE_ERROR;
    c.offset = (off_t)offset;
    c.n = n < 0 ? 0 : n > (1 << 30) ? (size_t)1 << 30 : (size_t)n;
    return sock_call(vm, as_sock(self), true, 0, op_sendfile, &c, &sent) ? value_from_int48(sent) : VALUE_ERROR;
}

const MethodDef sock_msg_methods[] = {
    METHOD(sock, sendfile, "_sendfile(fd, offset, count, /)", "Send a part of a file, in the kernel: how many bytes went out."),
    PARSED_METHOD(sock, sendmsg, "sendmsg(buffers, ancdata=..., flags=0, address=None, /)",
                  "Send several buffers and ancillary data."),
    PARSED_METHOD(sock, recvmsg, "recvmsg(bufsize, ancbufsize=0, flags=0, /)", "(data, ancillary data, flags, address)"),
    PARSED_METHOD(sock, recvmsg_into, "recvmsg_into(buffers, ancbufsize=0, flags=0, /)", "The same into buffers."),
    { 0 }
};
