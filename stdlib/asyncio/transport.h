/* SPDX-License-Identifier: MIT
 * Transports in C: the part of asyncio's selector transports that works for each message. asyncio/selector_events.aio
 * makes classes of them, together with the interfaces of asyncio/transports.aio.
 *
 * Life: made -> (ready queue: connection_made, start reading, waiter) -> open -> closing (nothing is read; what is
 * buffered is still sent) -> lost (connection_lost has been called, the socket is closed). conn_lost > 0: the call of
 * connection_lost is on its way, or writes came after it. */
#ifndef STDLIB_ASYNCIO_TRANSPORT_H
#define STDLIB_ASYNCIO_TRANSPORT_H

#include <sys/socket.h>

#include "runtime/io_watch.h"

typedef struct Transport {
    IoConsumer c;
    int fd;
    Loop *loop;
    Value protocol, sock;       /* NONE once lost */
    Value extra;                /* Dict, or EMPTY: what is below is all there is */
    Value trsock, sockname, peername;   /* EMPTY: not asked for; trsock: a plain socket once lost without having been */
    Value server, waiter;       /* NONE */
    Value context;
    Value lost_exc;             /* what connection_lost gets */
    Value empty_waiter;         /* somebody waits until all is written; NONE */
    Value address;              /* datagrams: of the other end; NONE */
    Values *senders;            /* their addresses as scripts see them; NULL: none yet */
    Raw *senders_raw;           /* and as the system has them */
    uint32_t last_sender, senders_size, senders_out;    /* out: put out of the table since it was made */
    List *out;                  /* not yet sent: Bytes, or (Bytes, address) of datagrams; NULL: never anything */
    size_t out_first;           /* index of the first one, */
    size_t out_skip;            /* of which so many bytes are sent */
    size_t buffered;            /* bytes */
    size_t high, low;
    uint32_t conn_lost;
    bool datagram, closing, eof, paused, protocol_paused, buffered_protocol;
    bool by_script;             /* streams: the socket's class is a script's, with methods of its own: they are called */
    bool again;                 /* datagrams: the next one is looked for without a poll */
    bool losing, lost;          /* connection_lost() is being, or was called */
    uint32_t hint;              /* how much came the last time; datagrams: does it pay to look again? */
    uint32_t feeds_shape;       /* of the protocol, if its data_received() is a StreamProtocol's; 0 */
} Transport;

extern const TypeLayout transport_layout;
static inline bool is_transport(Vm *vm, Value v) { return is_kind(v, KIND_EXT) && type_of(vm, v)->layout == &transport_layout; }
static inline Transport *as_transport(Value v) { return (Transport *)value_obj(v); }

/* Entries of the ready queue beside POLL_READ and POLL_WRITE. */
enum { TRANSPORT_MADE = 4, TRANSPORT_START = 8, TRANSPORT_WAITER = 16, TRANSPORT_LOST = 32 };

MUST_USE bool transport_post(Vm *vm, Transport *t, int what);
/* Call a method of the protocol in the transport's context. */
MUST_USE Value transport_tell(Vm *vm, Transport *t, Str *method, uint32_t n, const Value *args);
/* The pending exception goes to the loop's handler (unless it is an OSError), and the connection is lost by it. False:
 * it must leave the loop. */
MUST_USE bool transport_fatal(Vm *vm, Transport *t, const char *message);
MUST_USE bool transport_force_close(Vm *vm, Transport *t, Value exc);
MUST_USE bool transport_lost(Vm *vm, Transport *t, Value exc);
MUST_USE bool transport_maybe_pause(Vm *vm, Transport *t);
MUST_USE bool transport_maybe_resume(Vm *vm, Transport *t);
MUST_USE bool transport_watch(Vm *vm, Transport *t, unsigned side);
void transport_unwatch(Vm *vm, Transport *t, unsigned side);
static inline bool transport_has_out(const Transport *t) { return t->out && t->out->len > t->out_first; }
MUST_USE bool transport_keep(Vm *vm, Transport *t, Value item, size_t n);       /* behind what waits already */
void transport_drop_first(Vm *vm, Transport *t);
void transport_clear(Vm *vm, Transport *t);
/* "socket.send() raised exception." on stderr, once there were too many. */
MUST_USE bool transport_ignored_write(Vm *vm, Transport *t);
/* SystemExit and KeyboardInterrupt pass through everything. */
bool transport_must_leave(Vm *vm);
/* One of the entries above TRANSPORT_MADE. */
MUST_USE bool transport_life(Vm *vm, Transport *t, int code);
MUST_USE bool transport_own(Vm *vm, Transport *t, const Args *args, bool datagram);

extern const MethodDef transport_methods[], stream_methods[], datagram_methods[];
extern const GetSetDef transport_getsets[];
/* One whose write() and the like are the built-in ones. */
bool transport_is_plain_stream(Vm *vm, Value v);
Value stream_m_write(Vm *vm, Value self, const Args *args);
Value stream_m_is_reading(Vm *vm, Value self, const Args *args);
Value stream_m_pause_reading(Vm *vm, Value self, const Args *args);
Value stream_m_resume_reading(Vm *vm, Value self, const Args *args);
bool stream_run(Vm *vm, Loop *l, IoConsumer *c, int code);
bool datagram_run(Vm *vm, Loop *l, IoConsumer *c, int code);

#endif
