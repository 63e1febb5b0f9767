/* SPDX-License-Identifier: MIT
 * Descriptors that loops watch. A side (reading, writing) of a descriptor has one consumer at most: a Handle, which is
 * put into the loop's ready queue as asyncio's _process_events() does, or a native consumer. All loops of a runtime
 * share the one poller. The poller is told lazily: of new wishes before the next poll, of ended ones when an event comes
 * that nobody wants, or before a wait. Poller keys hold a generation, so that events of a descriptor that was closed
 * and taken anew are dropped. */
#ifndef RUNTIME_IO_WATCH_H
#define RUNTIME_IO_WATCH_H

#include "runtime/loop.h"
#include "runtime/poll.h"

/* A native consumer: its object begins with this, its layout's tag is &io_consumer_tag. In the ready queue stands the
 * object with a small int. */
typedef struct IoConsumer {
    Obj h;
    /* code: POLL_READ, POLL_WRITE, or one of its own. False: an exception that must leave the loop. */
    bool (*run)(Vm *vm, Loop *l, struct IoConsumer *c, int code);
    uint8_t queued;             /* POLL_*: stands in the ready queue for that */
} IoConsumer;
extern const char io_consumer_tag;
static inline bool is_io_consumer(Vm *vm, Value v)
{
    return is_kind(v, KIND_EXT) && type_of(vm, v)->layout->tag == &io_consumer_tag;
}
/* Run it at the next turn as if that event had come. */
MUST_USE bool io_consumer_again(Vm *vm, Loop *l, IoConsumer *c, unsigned event);
MUST_USE bool io_consumer_run(Vm *vm, Loop *l, Value what, Value code);

/* side: POLL_READ or POLL_WRITE. What was there before is returned in *old (EMPTY: nothing). `now`: tell the poller at
 * once, and raise what it says. object: what the script named the descriptor by, or EMPTY. */
MUST_USE bool watch_add(Vm *vm, Loop *l, int fd, unsigned side, Value what, Value object, bool now, Value *old);
/* EMPTY: nothing was watched there by that loop. */
Value watch_remove(Vm *vm, Loop *l, int fd, unsigned side, bool now);
Value watch_get(const Runtime *rt, const Loop *l, int fd, unsigned side);
/* The descriptor whose watch was made for this object; -1: none. */
int watch_find(const Runtime *rt, const Loop *l, Value object);
/* A transport owns it: add_reader() and the like are refused while it is not closing. Weak. EMPTY: nobody. */
MUST_USE bool watch_own(Vm *vm, int fd, Value owner);
Value watch_owner(const Runtime *rt, int fd);
/* It is about to be closed: the kernel must not report it any more. */
void watch_closing(Runtime *rt, int fd);
/* With the last loop go the poller and the workers, so that no descriptor of ours is left where a script looks. */
void watch_loop_closed(Runtime *rt, const Loop *l);
/* Before a wait. True: something is ready at once. */
bool watch_flush(Runtime *rt);
/* This process did something that may have made a descriptor ready which it watches itself: look before the next turn. */
static inline void io_touch(Runtime *rt) { rt->io_touched = true; }
/* The same of writing to a connection whose other end may be here, too. */
static inline void io_touch_peer(Runtime *rt) { rt->io_touched |= rt->io_local; }
MUST_USE bool watch_init(Runtime *rt);
void watch_free(Runtime *rt);
#define IO_SCRATCH ((size_t)256 << 10)
/* Contents are gone when anything else runs. NULL: exception pending. */
MUST_USE char *rt_io_scratch(Vm *vm);
MUST_USE bool rt_need_poller(Vm *vm);
bool rt_try_poller(Runtime *rt);        /* false: it cannot be made; nothing is raised */
void rt_wake(Runtime *rt);              /* end the poller's wait; any thread, any signal handler */
/* An event as poll() reports it, on its way to the loop. */
MUST_USE bool rt_poll(Vm *vm, int64_t timeout_ns);
/* (key, events) pairs of a script's selector. */
MUST_USE bool watch_events(Vm *vm, Value events);
bool rt_io_polls(const Runtime *rt);    /* is anything watched that no selector of a script's knows? */

#endif
