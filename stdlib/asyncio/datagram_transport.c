/* SPDX-License-Identifier: MIT
 * Transports of datagrams: _SelectorDatagramTransport. */
#include "stdlib/asyncio/transport.h"

#include <errno.h>

#include "runtime/faults.h"
#include "stdlib/socket/socket.h"
#include "vm/objects/bytes.h"
#include "vm/objects/bytes_methods.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

#define HEADER 8                        /* each datagram that waits counts for so many bytes more */

static bool would_block(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

/* The protocol hears of a system call's error. False: its method raised. */
static bool tell_error(Vm *vm, Transport *t, int err)
{
    raise_os(vm, err, VALUE_EMPTY);
    Value exc = exc_take(vm);
    return !value_is_empty(transport_tell(vm, t, vm->names.error_received, 1, &exc));
}

/* ---- receiving ---- */

/* Addresses of senders are made once while their datagrams keep coming: a table with a few places for each hash, which
 * is made anew, larger, when as many were put out of it as it holds. */
enum { SENDERS_MIN = 64, SENDERS_MAX = 4096, WAYS = 4, SENDER_MAX = 28 };

typedef struct Sender {
    socklen_t len;              /* 0: none */
    char a[SENDER_MAX];
} Sender;

static Sender *sender_at(const Transport *t, uint32_t i)
{
    return (Sender *)(void *)t->senders_raw->data + i;
}

static bool senders_make(Vm *vm, Transport *t, uint32_t size)
{
    Values *v = values_new(vm, size);
    Raw *r = v ? raw_new(vm, size * sizeof(Sender)) : NULL;
    if (!r)
        return false;
    memset(r->data, 0, size * sizeof(Sender));
    t->senders_out = 0;
    t->senders_size = size;
    t->senders = v;
    heap_set_ptr(vm, t, &t->senders_raw, r);
    return true;
}

static uint32_t hash_of(const SockAddr *a)
{
    uint64_t h = 0, part;
    socklen_t i = 0;
    for (; i + sizeof part <= a->len; i += sizeof part) {
        memcpy(&part, (const char *)&a->a + i, sizeof part);
        h = (h ^ part) * 0x9e3779b97f4a7c15u;
        h ^= h >> 32;
    }
    for (; i < a->len; i++)
        h = (h ^ ((const unsigned char *)&a->a)[i]) * 0x9e3779b97f4a7c15u;
    return (uint32_t)(h >> 32);
}

/* Where the address is (*found), or may be put. */
static uint32_t sender_place(Transport *t, const SockAddr *a, bool *found)
{
    uint32_t base = hash_of(a) & (t->senders_size - 1) & ~(uint32_t)(WAYS - 1), empty = UINT32_MAX;
    for (uint32_t i = base; i < base + WAYS; i++) {
        const Sender *s = sender_at(t, i);
        *found = s->len == a->len && !memcmp(s->a, &a->a, a->len);
        if (*found)
            return i;
        if (!s->len && empty == UINT32_MAX)
            empty = i;
    }
    return empty != UINT32_MAX ? empty : base + t->senders_out++ % WAYS;
}

static Value sender(Vm *vm, Transport *t, const SockAddr *a)
{
    if (!a->len || a->len > SENDER_MAX)
        return sock_addr_to(vm, a);
    uint32_t size = t->senders_raw ? t->senders_size : 0;
    if ((!size || (t->senders_out > size && size < SENDERS_MAX)) && !senders_make(vm, t, size ? size * 4 : SENDERS_MIN))
        return VALUE_ERROR;
    bool found;
    uint32_t i = sender_place(t, a, &found);
    Sender *s = sender_at(t, i);
    t->last_sender = i;
    if (found)
        return t->senders->items[i];
    Value v = sock_addr_to(vm, a);
    if (value_is_empty(v))
        return v;
    memcpy(s->a, &a->a, a->len);
    s->len = a->len;
    heap_set(vm, t->senders, &t->senders->items[i], v);
    return v;
}

/* A datagram has come: perhaps the next one is there already, and no poll is needed to know. Tried while that pays, and
 * now and then to see whether it does. Each datagram has a turn of its own in any case. */
static bool try_another(Vm *vm, Transport *t)
{
    enum { SCORE = 7, TRY_EVERY = 32 };
    uint32_t score = t->hint & SCORE, turns = (t->hint >> 4) + 1;
    if (t->again && score < SCORE)
        score++;
    t->again = !score && turns % TRY_EVERY == 0 ? true : score > 0;
    t->hint = score | turns << 4;
    return !t->again || io_consumer_again(vm, t->loop, &t->c, POLL_READ);
}

static bool none_came(Transport *t)
{
    if (t->again)
        t->hint = (t->hint & ~7u) | (t->hint & 7u) / 2;
    t->again = false;
    return true;
}

static bool on_readable(Vm *vm, Transport *t)
{
    SockAddr a = { .len = sizeof a.a };
    char *to = rt_io_scratch(vm);
    if (t->conn_lost || t->closing || t->paused)
        return true;
    if (!to)
        return transport_fatal(vm, t, "Fatal read error on datagram transport");
    ssize_t n = recvfrom(t->fd, to, IO_SCRATCH, 0, sock_addr(&a), &a.len);
    if (n < 0)
        return would_block() ? none_came(t) : tell_error(vm, t, errno);
    Bytes *b = bytes_new(vm, to, (size_t)n);
    Value addr = b ? sender(vm, t, &a) : VALUE_ERROR;
    if (value_is_empty(addr))
        return transport_fatal(vm, t, "Fatal read error on datagram transport");
    Value args[2] = { value_from_obj(b), addr };
    return !value_is_empty(transport_tell(vm, t, vm->names.datagram_received, 2, args)) && try_another(vm, t);
}

/* ---- sending ---- */

/* 1 sent, 0 later, -1 the protocol (or the exception handler) was told, -2 an exception is pending. */
static int send_one(Vm *vm, Transport *t, const char *p, size_t n, Value addr)
{
    SockAddr a;
    ssize_t r;
    io_touch_peer(rt_of(vm));
    if (!value_is_none(t->peername)) {
        r = send(t->fd, p, n, MSG_NOSIGNAL);
    } else {
        if (t->senders && value_same(addr, t->senders->items[t->last_sender])) {
            const Sender *to = sender_at(t, t->last_sender);
            memcpy(&a.a, to->a, to->len);
            a.len = to->len;
        } else if (!is_sock(vm, t->sock) || !sock_addr_from(vm, as_sock(t->sock), addr, "sendto", &a)) {
            if (!vm_pending(vm))
                raise_exc(vm, EXC_TypeError, "a socket is required, not %T", t->sock);
            if (exc_pending_is(vm, EXC_OSError)) {
                Value exc = exc_take(vm);
                return value_is_empty(transport_tell(vm, t, vm->names.error_received, 1, &exc)) ? -2 : -1;
            }
            return transport_fatal(vm, t, "Fatal write error on datagram transport") ? -1 : -2;
        }
        r = sendto(t->fd, p, n, MSG_NOSIGNAL, sock_addr(&a), a.len);
    }
    if (r >= 0)
        return 1;
    return would_block() ? 0 : tell_error(vm, t, errno) ? -1 : -2;
}

static Value datagram_m_sendto(Vm *vm, Value self, const Args *args)
{
    Transport *t = as_transport(self);
    Value data = args->v[0], addr = args->v[1];
    const char *p;
    size_t n;
    if (!is_bytes(data) && !is_bytearray(data) && !is_memoryview(vm, data))
        return raise_exc(vm, EXC_TypeError, "data argument must be a bytes-like object, not %R",
                         type_of(vm, data)->name);
    bool connected = !value_is_none(t->address);
    if (connected) {
        int same = value_is_none(addr) ? 1 : op_equal(vm, addr, t->address);
        if (same <= 0)
            return same < 0 ? VALUE_ERROR : raise_exc(vm, EXC_ValueError, "Invalid address: must be None or %V", t->address);
        addr = t->address;
    }
    if ((t->conn_lost && connected) || !t->loop || t->lost)
        return transport_ignored_write(vm, t) ? VALUE_NONE : VALUE_ERROR;
    if (!bytes_view(vm, data, &p, &n))
        return VALUE_ERROR;
    if (!transport_has_out(t)) {
        int r = send_one(vm, t, p, n, addr);
        if (r)
            return r == -2 ? VALUE_ERROR : VALUE_NONE;
        if (!transport_watch(vm, t, POLL_WRITE))
            return VALUE_ERROR;
    }
    Bytes *b = is_bytes(data) ? as_bytes(data) : bytes_new(vm, p, n);
    Tuple *item = b ? tuple_pack(vm, 2, value_from_obj(b), addr) : NULL;
    return item && transport_keep(vm, t, value_from_obj(item), n + HEADER) && transport_maybe_pause(vm, t)
         ? VALUE_NONE : VALUE_ERROR;
}

static bool on_writable(Vm *vm, Transport *t)
{
    while (transport_has_out(t)) {
        const Tuple *item = as_tuple(list_items(t->out)[t->out_first]);
        const Bytes *b = as_bytes(item->items[0]);
        int r = send_one(vm, t, b->data, b->len, item->items[1]);
        if (!r)
            break;
        if (r == -2)
            return false;
        if (!transport_has_out(t))
            break;
        size_t rest = t->buffered - b->len - HEADER;
        transport_drop_first(vm, t);
        t->buffered = transport_has_out(t) ? rest : 0;
        if (r < 0)
            return true;
    }
    if (!transport_maybe_resume(vm, t))
        return false;
    if (transport_has_out(t))
        return true;
    transport_unwatch(vm, t, POLL_WRITE);
    return !t->closing || transport_lost(vm, t, VALUE_NONE);
}

/* ---- life ---- */

/* __init__(loop, sock, protocol, address=None, waiter=None, extra=None) */
static Value datagram_m_init(Vm *vm, Value self, const Args *args)
{
    Transport *t = as_transport(self);
    Value v[6] = { args->v[0], args->v[1], args->v[2], args->v[4], args->v[5], VALUE_NONE };
    Args own = { .v = v, .count = 6 };
    if (!transport_own(vm, t, &own, true))
        return VALUE_ERROR;
    int connected = op_truth(vm, args->v[3]);
    if (connected < 0)
        return VALUE_ERROR;
    heap_set(vm, t, &t->address, connected ? args->v[3] : VALUE_NONE);
    rt_of(vm)->io_local |= rt_of(vm)->datagrams++ > 0;  /* two of them may talk to each other */
    if (!transport_post(vm, t, TRANSPORT_MADE) || !transport_post(vm, t, TRANSPORT_START) ||
        (!value_is_none(t->waiter) && !transport_post(vm, t, TRANSPORT_WAITER)))
        return VALUE_ERROR;
    return VALUE_NONE;
}

/* What the protocol raised goes where a callback's exceptions go. */
static bool callback(Vm *vm, Transport *t, bool ok)
{
    if (ok || !vm_pending(vm))
        return ok;
    Value exc = exc_take(vm);
    Str *name = str_intern(vm, "_read_ready", 11);
    Value fn = name ? attr_get_opt(vm, value_from_obj(t), name) : VALUE_ERROR;
    exc_restore(vm, exc);
    return loop_callback_failed(vm, t->loop, value_is_empty(fn) ? value_from_obj(t) : fn, value_from_obj(vm->empty_tuple));
}

static Value datagram_m_read_ready(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return on_readable(vm, as_transport(self)) ? VALUE_NONE : VALUE_ERROR;
}

bool datagram_run(Vm *vm, Loop *l, IoConsumer *c, int code)
{
    Transport *t = (Transport *)c;
    (void)l;
    if (code == POLL_READ)
        return t->lost || callback(vm, t, on_readable(vm, t));
    if (code == POLL_WRITE)
        return t->lost || callback(vm, t, on_writable(vm, t));
    return transport_life(vm, t, code);
}

const MethodDef datagram_methods[] = {
    SCRIPT_METHOD(datagram, init, "__init__(loop, sock, protocol, address=None, waiter=None, extra=None)",
                  "A transport over a datagram socket."),
    SCRIPT_METHOD(stream, is_reading, "is_reading()", "Are datagrams taken?"),
    SCRIPT_METHOD(stream, pause_reading, "pause_reading()", "Take no more."),
    SCRIPT_METHOD(stream, resume_reading, "resume_reading()", "Take them again."),
    SCRIPT_METHOD(datagram, sendto, "sendto(data, addr=None)", "Send a datagram, or keep it until that is possible."),
    SCRIPT_METHOD(datagram, read_ready, "_read_now()", "Receive a datagram."),
    { 0 }
};
