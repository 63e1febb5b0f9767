/* SPDX-License-Identifier: MIT
 * The poller table: watch descriptors, wait, be woken from elsewhere. epoll is built in (poll_epoll.c); a host may
 * bring its own. */
#ifndef RUNTIME_POLL_H
#define RUNTIME_POLL_H

#include "runtime/runtime.h"

#define POLL_READ 1u
#define POLL_WRITE 2u
#define POLL_NEW 4u             /* with watch(): the poller probably does not know the descriptor yet */

typedef struct PollEvent {
    uint64_t key;
    unsigned events;
} PollEvent;

struct Poller {
    /* events 0: forget the descriptor. 0, or an errno. */
    int (*watch)(Poller *p, int fd, unsigned events, uint64_t key);
    /* Wait at most timeout_ns (-1: without end). Number of events, 0 at the timeout or when woken. */
    int (*wait)(Poller *p, int64_t timeout_ns, PollEvent *events, int max);
    void (*wake)(Poller *p);            /* any thread, any signal handler */
    void (*free)(Poller *p);
    int fd;                             /* readable when something is to do; -1: none */
};

Poller *poller_epoll(Runtime *rt);      /* NULL: no descriptors or memory left */

#endif
