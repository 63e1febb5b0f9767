/* SPDX-License-Identifier: MIT
 * Module select: waiting for descriptors by select(), poll() and epoll. Other strands run meanwhile, and handlers of
 * signals; what they do does not end the wait. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <unistd.h>

#include "runtime/strands.h"
#include "stdlib/modules.h"
#include "stdlib/posix/posix.h"
#include "vm/num/libm.h"
#include "vm/objects/bytes.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

/* A time of rt_now() from seconds (or ms: scale 1e-3); None and negative ones are no limit. */
static bool deadline_of(Vm *vm, Value v, double scale, const char *what, bool *negative, double *deadline)
{
    double t;
    *deadline = INFINITY;
    *negative = false;
    if (value_is_none(v))
        return true;
    if (!is_float(v) && value_is_empty(type_special(type_of(vm, v), SPECIAL_INDEX))) {
        raise_type_error(vm, what);
        return false;
    }
    if (!op_double(vm, is_float(v) ? v : op_index(vm, v), &t))
        return false;
    if (isnan(t)) {
        raise_exc(vm, EXC_ValueError, "Invalid value NaN (not a number)");
        return false;
    }
    if (fabs(t * scale) > 9.2e9) {
        raise_exc(vm, EXC_OverflowError, "timestamp out of range for platform time_t");
        return false;
    }
    if (scale < 1 && t > INT_MAX) {
        raise_exc(vm, EXC_OverflowError, "timeout is too large");
        return false;
    }
    *negative = t < 0;
    if (t >= 0)
        *deadline = rt_now(rt_of(vm)) + (scale < 1 ? round_up(t) : t) * scale;
    return true;
}

/* ---- select ---- */

typedef struct Wanted {
    List *objects[3];
    struct pollfd *p;           /* one for each of all, in that order */
    size_t n;
} Wanted;

/* fileno() may change the list: it is looked at anew each time. */
static List *wanted_list(Vm *vm, Wanted *w, Value seq, short events, size_t *cap)
{
    List *out = list_new(vm, 0);
    for (size_t i = 0; out; i++) {
        Value *items;
        size_t n;
        int fd;
        if (!seq_items(seq, &items, &n) || i >= n)
            return out;
        Value item = items[i];
        if (!posix_fileno(vm, item, &fd))
            return NULL;
        if (fd >= FD_SETSIZE) {
            raise_exc(vm, EXC_ValueError, "filedescriptor out of range in select()");
            return NULL;
        }
        if (i >= FD_SETSIZE) {
            raise_exc(vm, EXC_ValueError, "too many file descriptors in select()");
            return NULL;
        }
        if (w->n == *cap) {
            size_t more = *cap ? *cap * 2 : 16;
            Bytes *store = bytes_new(vm, NULL, more * sizeof *w->p);
            if (!store)
                return NULL;
            if (w->n)
                memcpy(store->data, w->p, w->n * sizeof *w->p);
            w->p = (struct pollfd *)(void *)store->data;
            *cap = more;
        }
        w->p[w->n++] = (struct pollfd){ fd, events, 0 };
        if (!list_append(vm, out, item))
            return NULL;
    }
    return NULL;
}

static bool select_args(Vm *vm, const Args *args, Wanted *w)
{
    static const short events[3] = { POLLIN, POLLOUT, POLLPRI };
    size_t cap = 0;
    for (int i = 0; i < 3; i++) {
        Value seq = is_list(args->v[i]) || is_tuple(args->v[i]) ? args->v[i] : op_tuple_of(vm, args->v[i]);
        if (value_is_empty(seq)) {
            if (exc_pending_is(vm, EXC_TypeError)) {
                exc_discard(vm);
                raise_type_error(vm, "arguments 1-3 must be sequences");
            }
            return false;
        }
        if (!(w->objects[i] = wanted_list(vm, w, seq, events[i], &cap)))
            return false;
    }
    return true;
}

static Value select_result(Vm *vm, const Wanted *w)
{
    static const short ready[3] = { POLLIN | POLLHUP | POLLERR, POLLOUT | POLLERR, POLLPRI };
    Value out[3];
    for (size_t i = 0; i < w->n; i++)
        if (w->p[i].revents & POLLNVAL)
            return raise_os(vm, EBADF, VALUE_EMPTY);
    for (size_t i = 0, at = 0; i < 3; i++) {
        List *l = list_new(vm, 0);
        for (size_t k = 0; l && k < w->objects[i]->len; k++, at++)
            if (w->p[at].revents & ready[i] && !list_append(vm, l, list_items(w->objects[i])[k]))
                return VALUE_ERROR;
        if (!l)
            return VALUE_ERROR;
        out[i] = value_from_obj(l);
    }
    return posix_tuple(vm, out, 3);
}

static Value select_f_select(Vm *vm, Value self, const Args *args)
{
    Wanted w = { .n = 0 };
    double deadline;
    bool negative;
    (void)self;
    if (!select_args(vm, args, &w) ||
        !deadline_of(vm, args->v[3], 1, "timeout must be a float or None", &negative, &deadline))
        return VALUE_ERROR;
    if (negative)
        return raise_exc(vm, EXC_ValueError, "timeout must be non-negative");
    return strands_poll(vm, w.p, w.n, deadline) < 0 ? VALUE_ERROR : select_result(vm, &w);
}

/* ---- poll ---- */

typedef struct PollSet {
    Obj h;
    const Alloc *alloc;
    struct pollfd *p;           /* in the order of registration */
    size_t n, cap;
    bool polls;
} PollSet;

static PollSet *as_pollset(Value v) { return (PollSet *)value_obj(v); }

static void set_finalize(Vm *vm, Obj *o)
{
    PollSet *s = (PollSet *)o;
    (void)vm;
    if (s->alloc)
        mem_free(s->alloc, s->p, s->cap * sizeof *s->p);
    s->p = NULL;
}

static const TypeLayout set_layout = { .kind = KIND_EXT, .size = sizeof(PollSet), .finalize = set_finalize };

static struct pollfd *set_find(const PollSet *s, int fd)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->p[i].fd == fd)
            return &s->p[i];
    return NULL;
}

static bool events_arg(Vm *vm, Value v, short *out)
{
    int64_t n;
    if (!is_int(v) && value_is_empty(type_special(type_of(vm, v), SPECIAL_INDEX))) {
        raise_type_error(vm, "an integer is required");
        return false;
    }
    v = op_index(vm, v);
    if (value_is_empty(v))
        return false;
    if (int_sign(v) < 0) {
        raise_exc(vm, EXC_ValueError, "value must be positive");
        return false;
    }
    if (!int_to_i64(v, &n) || n > USHRT_MAX) {
        raise_exc(vm, EXC_OverflowError, "Python int too large for C unsigned short");
        return false;
    }
    *out = (short)n;
    return true;
}

static Value set_m_register(Vm *vm, Value self, const Args *args)
{
    PollSet *s = as_pollset(self);
    int fd;
    short events;
    if (!posix_fileno(vm, args->v[0], &fd) || !events_arg(vm, args->v[1], &events))
        return VALUE_ERROR;
    struct pollfd *p = set_find(s, fd);
    if (p) {
        p->events = events;
        return VALUE_NONE;
    }
    if (s->n == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 8;
        p = mem_resize(s->alloc, s->p, s->cap * sizeof *p, cap * sizeof *p);
        if (!p)
            return raise_no_memory(vm);
        s->p = p;
        s->cap = cap;
    }
    s->p[s->n++] = (struct pollfd){ fd, events, 0 };
    return VALUE_NONE;
}

static Value set_m_modify(Vm *vm, Value self, const Args *args)
{
    int fd;
    short events;
    if (!posix_fileno(vm, args->v[0], &fd) || !events_arg(vm, args->v[1], &events))
        return VALUE_ERROR;
    struct pollfd *p = set_find(as_pollset(self), fd);
    if (!p)
        return raise_os(vm, ENOENT, VALUE_EMPTY);
    p->events = events;
    return VALUE_NONE;
}

static Value set_m_unregister(Vm *vm, Value self, const Args *args)
{
    PollSet *s = as_pollset(self);
    int fd;
    if (!posix_fileno(vm, args->v[0], &fd))
        return VALUE_ERROR;
    struct pollfd *p = set_find(s, fd);
    Value key = value_from_int48(fd);
    if (!p)
        return raise_args(vm, EXC_KeyError, 1, &key);
    memmove(p, p + 1, (size_t)(s->p + s->n - p - 1) * sizeof *p);
    s->n--;
    return VALUE_NONE;
}

static bool add_pair(Vm *vm, List *l, int fd, uint32_t events)
{
    Value v[2] = { value_from_int48(fd), value_from_int48(events) };
    Value pair = posix_tuple(vm, v, 2);
    return !value_is_empty(pair) && list_append(vm, l, pair);
}

static Value set_m_poll(Vm *vm, Value self, const Args *args)
{
    PollSet *s = as_pollset(self);
    double deadline;
    bool negative;
    if (!deadline_of(vm, args->v[0], 1e-3, "timeout must be an integer or None", &negative, &deadline))
        return VALUE_ERROR;
    Bytes *copy = bytes_new(vm, s->p, s->n * sizeof *s->p);     /* others may change the set meanwhile */
    if (!copy)
        return VALUE_ERROR;
    struct pollfd *p = (struct pollfd *)(void *)copy->data;
    size_t n = s->n;
    if (s->polls)
        return raise_exc(vm, EXC_RuntimeError, "concurrent poll() invocation");
    s->polls = true;
    int ready = strands_poll(vm, p, n, deadline);
    s->polls = false;
    if (ready < 0)
        return VALUE_ERROR;
    List *l = list_new(vm, 0);
    for (size_t i = 0; l && i < n; i++)
        if (p[i].revents && !add_pair(vm, l, p[i].fd, (uint16_t)p[i].revents))
            return VALUE_ERROR;
    return l ? value_from_obj(l) : VALUE_ERROR;
}

static const MethodDef set_methods[] = {
    METHOD(set, register, "register(fd, eventmask=7, /)", "Wait for events of a descriptor."),
    METHOD(set, modify, "modify(fd, eventmask, /)", "Wait for other events of it."),
    METHOD(set, unregister, "unregister(fd, /)", "Do not wait for it any more."),
    METHOD(set, poll, "poll(timeout=None, /)", "Wait, at most so many milliseconds; a list of (descriptor, events)."),
    { 0 }
};

static const TypeDef poll_def = { .name = "select.poll", .doc = "Descriptors to wait for by poll().", .layout = &set_layout,
                                  .methods = set_methods, .flags = TYPE_DISALLOW_NEW };

/* ---- epoll ---- */

typedef struct Epoll {
    Obj h;
    int fd;                     /* -1: closed */
} Epoll;

static void epoll_finalize(Vm *vm, Obj *o)
{
    Epoll *e = (Epoll *)o;
    (void)vm;
    if (e->fd > 0)
        close(e->fd);
    e->fd = -1;
}

static const TypeLayout epoll_layout = { .kind = KIND_EXT, .size = sizeof(Epoll), .finalize = epoll_finalize };

static int epoll_fd(Vm *vm, Value self)
{
    int fd = ((Epoll *)value_obj(self))->fd;
    if (fd < 0)
        raise_exc(vm, EXC_ValueError, "I/O operation on closed epoll object");
    return fd;
}

static Value epoll_of(Vm *vm, Type *t, int fd)
{
    Epoll *e = (Epoll *)object_alloc(vm, t);
    if (!e) {
        close(fd);
        return VALUE_ERROR;
    }
    e->fd = fd;
    return value_from_obj(e);
}

static Value epoll_m_new(Vm *vm, Value self, const Args *args)
{
    int64_t size = posix_arg(args, 0), flags = posix_arg(args, 1);
    if (size == 0 || size < -1)
        return raise_exc(vm, EXC_ValueError, "negative sizehint");
    if (flags && flags != EPOLL_CLOEXEC)
        return raise_exc(vm, EXC_OSError, "invalid flags");
    int fd = epoll_create1(EPOLL_CLOEXEC);
    return fd < 0 ? raise_os(vm, errno, VALUE_EMPTY) : epoll_of(vm, as_type(self), fd);
}

static Value epoll_m_fromfd(Vm *vm, Value self, const Args *args)
{
    return epoll_of(vm, as_type(self), (int)posix_arg(args, 0));
}

static Value epoll_m_close(Vm *vm, Value self, const Args *args)
{
    Epoll *e = (Epoll *)value_obj(self);
    int fd = e->fd;
    (void)args;
    e->fd = -1;
    return fd >= 0 && close(fd) < 0 ? raise_os(vm, errno, VALUE_EMPTY) : VALUE_NONE;
}

static Value epoll_m_fileno(Vm *vm, Value self, const Args *args)
{
    (void)args;
    int fd = epoll_fd(vm, self);
    return fd < 0 ? VALUE_ERROR : value_from_int48(fd);
}

static Value epoll_m_enter(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return epoll_fd(vm, self) < 0 ? VALUE_ERROR : self;
}

static Value epoll_control(Vm *vm, Value self, Value file, int op, uint32_t events)
{
    int ep = epoll_fd(vm, self), fd;
    if (ep < 0 || !posix_fileno(vm, file, &fd))
        return VALUE_ERROR;
    struct epoll_event ev = { .events = events, .data.fd = fd };
    return epoll_ctl(ep, op, fd, &ev) < 0 ? raise_os(vm, errno, VALUE_EMPTY) : VALUE_NONE;
}

static bool mask_arg(Vm *vm, Value v, uint32_t *out)
{
    int64_t n;
    if (!op_int64(vm, v, &n))
        return false;
    *out = (uint32_t)n;
    return true;
}

static Value epoll_m_register(Vm *vm, Value self, const Args *args)
{
    uint32_t events;
    return mask_arg(vm, args->v[1], &events) ? epoll_control(vm, self, args->v[0], EPOLL_CTL_ADD, events) : VALUE_ERROR;
}

static Value epoll_m_modify(Vm *vm, Value self, const Args *args)
{
    uint32_t events;
    return mask_arg(vm, args->v[1], &events) ? epoll_control(vm, self, args->v[0], EPOLL_CTL_MOD, events) : VALUE_ERROR;
}

static Value epoll_m_unregister(Vm *vm, Value self, const Args *args)
{
    return epoll_control(vm, self, args->v[0], EPOLL_CTL_DEL, 0);
}

static Value events_list(Vm *vm, const struct epoll_event *ev, int n)
{
    List *l = list_new(vm, (size_t)(n > 0 ? n : 0));
    for (int i = 0; l && i < n; i++)
        if (!add_pair(vm, l, ev[i].data.fd, ev[i].events))
            return VALUE_ERROR;
    return l ? value_from_obj(l) : VALUE_ERROR;
}

static Value epoll_m_poll(Vm *vm, Value self, const Args *args)
{
    double deadline;
    bool negative;
    int64_t max = posix_arg(args, 1);
    int fd = epoll_fd(vm, self);
    if (fd < 0 || !deadline_of(vm, args->v[0], 1, "timeout must be an integer or None", &negative, &deadline))
        return VALUE_ERROR;
    if (max == -1)
        max = FD_SETSIZE - 1;
    if (max < 1)
        return raise_exc(vm, EXC_ValueError, "maxevents must be greater than 0, got %d", (int)max);
    if (max > 65536)
        max = 65536;
    Bytes *store = bytes_new(vm, NULL, (size_t)max * sizeof(struct epoll_event));
    if (!store)
        return VALUE_ERROR;
    struct epoll_event *ev = (struct epoll_event *)(void *)store->data;
    struct pollfd p = { fd, POLLIN, 0 };
    for (;;) {
        int n = epoll_wait(fd, ev, (int)max, 0);
        if (n > 0)
            return events_list(vm, ev, n);
        if (n < 0 && errno != EINTR)
            return raise_os(vm, errno, VALUE_EMPTY);
        int ready = strands_poll(vm, &p, 1, deadline);
        if (ready < 0)
            return VALUE_ERROR;
        if (!ready)
            return events_list(vm, ev, 0);
        if ((fd = epoll_fd(vm, self)) < 0)
            return VALUE_ERROR;
    }
}

static Value epoll_g_closed(Vm *vm, Value self)
{
    (void)vm;
    return value_from_bool(((Epoll *)value_obj(self))->fd < 0);
}

static const MethodDef epoll_methods[] = {
    METHOD(epoll, new, "__new__(sizehint: cint = -1, flags: cint = 0)", "A new set of descriptors."),
    CLASSMETHOD(epoll, fromfd, "fromfd(fd: cint, /)", "One that has a descriptor already."),
    METHOD(epoll, close, "close()", "Close its descriptor."),
    METHOD(epoll, fileno, "fileno()", "Its descriptor."),
    METHOD(epoll, enter, "__enter__()", "Itself."),
    METHOD(epoll, close, "__exit__(exc_type=None, exc_value=None, exc_tb=None, /)", "Close it."),
    METHOD(epoll, register, "register(fd, eventmask=7)", "Wait for events of a descriptor."),
    METHOD(epoll, modify, "modify(fd, eventmask)", "Wait for other events of it."),
    METHOD(epoll, unregister, "unregister(fd)", "Do not wait for it any more."),
    METHOD(epoll, poll, "poll(timeout=None, maxevents: cint = -1)",
           "Wait, at most so many seconds; a list of (descriptor, events)."),
    { 0 }
};
static const GetSetDef epoll_getsets[] = {
    { "closed", "is it closed?", epoll_g_closed, NULL },
    { 0 }
};

static Value select_f_poll(Vm *vm, Value self, const Args *args)
{
    (void)args;
    PollSet *s = (PollSet *)object_alloc(vm, as_type(self));
    if (!s)
        return VALUE_ERROR;
    s->alloc = &vm->alloc;
    return value_from_obj(s);
}

static const MethodDef functions[] = {
    FUNCTION(select, select, "select(rlist, wlist, xlist, timeout=None, /)",
             "Wait until something can be read, written, or is exceptional; three lists of what is."),
    { 0 }
};
static const MethodDef poll_function = FUNCTION(select, poll, "poll()", "A new set of descriptors for poll().");

Value select_init(Vm *vm)
{
#define N(name) { #name, name }
    static const PosixNumber numbers[] = {
        N(POLLIN), N(POLLPRI), N(POLLOUT), N(POLLERR), N(POLLHUP), N(POLLNVAL), N(POLLRDNORM), N(POLLRDBAND), N(POLLWRNORM),
        N(POLLWRBAND), N(POLLMSG), N(POLLRDHUP), N(EPOLLIN), N(EPOLLOUT), N(EPOLLPRI), N(EPOLLERR), N(EPOLLHUP),
        N(EPOLLRDHUP), { "EPOLLET", (int64_t)EPOLLET }, N(EPOLLONESHOT), N(EPOLLEXCLUSIVE), N(EPOLLRDNORM), N(EPOLLRDBAND),
        N(EPOLLWRNORM), N(EPOLLWRBAND), N(EPOLLMSG), N(EPOLL_CLOEXEC), N(PIPE_BUF), { 0 }
    };
#undef N
    static const TypeDef epoll_def = { .name = "select.epoll", .doc = "Descriptors to wait for by epoll.",
                                       .layout = &epoll_layout, .methods = epoll_methods, .getsets = epoll_getsets };
    Module *m = module_new(vm, "select", "Waiting for descriptors.");
    Str *name = m ? str_intern(vm, "select", 6) : NULL;
    Type *p = name ? type_from_def(vm, &poll_def, vm->types.object) : NULL;
    Type *e = p ? type_from_def(vm, &epoll_def, vm->types.object) : NULL;
    Native *make = e ? native_new(vm, &poll_function, value_from_obj(p), value_from_obj(name)) : NULL;
    if (!make || !module_set(vm, m, "epoll", value_from_obj(e)) || !module_set(vm, m, "poll", value_from_obj(make)) ||
        !module_add_functions(vm, m, functions) || !posix_add_numbers(vm, m, numbers) ||
        !module_set(vm, m, "error", value_from_obj(vm->exc[EXC_OSError])))
        return VALUE_ERROR;
    return value_from_obj(m);
}
