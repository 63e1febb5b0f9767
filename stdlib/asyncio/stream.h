/* SPDX-License-Identifier: MIT
 * StreamReader, StreamWriter and what of StreamReaderProtocol works for each message. */
#ifndef STDLIB_ASYNCIO_STREAM_H
#define STDLIB_ASYNCIO_STREAM_H

#include "stdlib/asyncio/transport.h"

/* What was received and not yet read is one bytes object as it came (and went out again, if it is read whole), or, when
 * more came before that was read, a buffer of the reader's own. */
typedef struct StreamReader {
    Obj h;
    Loop *loop;
    Value transport, waiter, exception;         /* NONE */
    Value source;               /* debug mode: where it was made; EMPTY */
    Value shared;               /* a script has asked for _buffer: the bytearray in which everything lies now; EMPTY */
    Bytes *one;                 /* NULL: what there is lies in buf */
    Raw *buf;                   /* may be NULL */
    size_t start, len;          /* of what is not read yet, in `one` or `buf` */
    size_t limit;
    bool eof, paused;
} StreamReader;

typedef struct StreamWriter {
    Obj h;
    Loop *loop;
    Value transport, protocol, reader;          /* reader: NONE */
} StreamWriter;

typedef struct StreamProtocol {
    Obj h;
    Loop *loop;
    Value reader;               /* NONE once the connection is lost */
    Value transport, task, connected;           /* connected: client_connected_cb; NONE */
    Value closed;               /* a future, made when it is asked for: NONE, or the exception it will hold */
    Value drain_waiters;        /* a List of futures, or NONE */
    bool paused, lost, over_ssl, reject;
} StreamProtocol;

extern const TypeLayout stream_reader_layout, stream_writer_layout, stream_protocol_layout;
#define STREAM_IS(name, Type_)                                                                          \
    static inline bool is_##name(Vm *vm, Value v)                                                       \
    {                                                                                                   \
        return is_kind(v, KIND_EXT) && type_of(vm, v)->layout == &name##_layout;                        \
    }                                                                                                   \
    static inline Type_ *as_##name(Value v) { return (Type_ *)value_obj(v); }
STREAM_IS(stream_reader, StreamReader)
STREAM_IS(stream_writer, StreamWriter)
STREAM_IS(stream_protocol, StreamProtocol)
#undef STREAM_IS

/* Nothing of it is a script's. */
bool stream_reader_is_plain(Vm *vm, Value v);
MUST_USE bool stream_reader_feed(Vm *vm, StreamReader *r, Value data);
MUST_USE bool stream_reader_feed_eof(Vm *vm, StreamReader *r);
MUST_USE bool stream_reader_fail(Vm *vm, StreamReader *r, Value exc);
MUST_USE Value stream_writer_make(Vm *vm, Loop *l, Value transport, Value protocol, Value reader);

MUST_USE bool stream_reader_add(Vm *vm, Module *m);
MUST_USE bool stream_writer_add(Vm *vm, Module *m);
MUST_USE bool stream_protocol_add(Vm *vm, Module *m);
/* data_received() of a protocol that is plain in that respect. */
bool stream_protocol_feeds(Vm *vm, Value protocol);
MUST_USE bool stream_protocol_feed(Vm *vm, StreamProtocol *p, Value data);
MUST_USE bool stream_future_set(Vm *vm, Value future, Value exc);      /* exc NONE: with the result None; done ones stay */

#endif
