/* SPDX-License-Identifier: MIT
 * The built-in poller: epoll, and an eventfd by which other threads and signal handlers wake it. */
#include "runtime/poll.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "runtime/faults.h"

#define WAKE_KEY UINT64_MAX

typedef struct EpollPoller {
    Poller p;
    const Alloc *alloc;
    int wake_fd;
} EpollPoller;

static int epoll_watch(Poller *p, int fd, unsigned events, uint64_t key)
{
    struct epoll_event ev = { .events = (events & POLL_READ ? EPOLLIN | EPOLLRDHUP : 0u) | (events & POLL_WRITE ? EPOLLOUT : 0u),
                              .data.u64 = key };
    if (!events)
        return epoll_ctl(p->fd, EPOLL_CTL_DEL, fd, &ev) ? errno : 0;
    bool fresh = events & POLL_NEW;
    if (!epoll_ctl(p->fd, fresh ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &ev))
        return 0;
    if (errno != (fresh ? EEXIST : ENOENT))
        return errno;
    return epoll_ctl(p->fd, fresh ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &ev) ? errno : 0;
}

static int wait_ns(int fd, struct epoll_event *ev, int max, int64_t ns)
{
    struct timespec ts = { ns / 1000000000, ns % 1000000000 };
#ifdef AIO_FAULTS
    if (fault_now(FAULT_POLL))
        return -1;
#endif
    if (ns <= 0)                /* the same for less */
        return epoll_wait(fd, ev, max, ns < 0 ? -1 : 0);
    int n = epoll_pwait2(fd, ev, max, &ts, NULL);
    if (n < 0 && errno == ENOSYS) {
        int64_t ms = ns < 0 ? -1 : (ns + 999999) / 1000000;
        n = epoll_wait(fd, ev, max, ms > INT32_MAX ? INT32_MAX : (int)ms);
    }
    return n;
}

static int epoll_poll_wait(Poller *p, int64_t timeout_ns, PollEvent *events, int max)
{
    struct epoll_event ev[256];
    EpollPoller *ep = (EpollPoller *)p;
    int n = wait_ns(p->fd, ev, max < 256 ? max : 256, timeout_ns), out = 0;
    for (int i = 0; i < n; i++) {
        if (ev[i].data.u64 == WAKE_KEY) {
            uint64_t count;
            ssize_t r = read(ep->wake_fd, &count, sizeof count);
            (void)r;
            continue;
        }
        unsigned got = (ev[i].events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR) ? POLL_READ : 0u) |
                       (ev[i].events & (EPOLLOUT | EPOLLHUP | EPOLLERR) ? POLL_WRITE : 0u);
        events[out++] = (PollEvent){ ev[i].data.u64, got };
    }
    return out;
}

static void epoll_wake(Poller *p)
{
    uint64_t one = 1;
    int saved = errno;
    ssize_t r = write(((EpollPoller *)p)->wake_fd, &one, sizeof one);
    (void)r;
    errno = saved;
}

static void epoll_free(Poller *p)
{
    EpollPoller *ep = (EpollPoller *)p;
    close(p->fd);
    close(ep->wake_fd);
    mem_free(ep->alloc, ep, sizeof *ep);
}

Poller *poller_epoll(Runtime *rt)
{
    EpollPoller *ep = mem_alloc(&rt->vm->alloc, sizeof *ep);
    if (!ep)
        return NULL;
    *ep = (EpollPoller){ .p = { epoll_watch, epoll_poll_wait, epoll_wake, epoll_free, epoll_create1(EPOLL_CLOEXEC) },
                         .alloc = &rt->vm->alloc, .wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) };
    struct epoll_event ev = { .events = EPOLLIN, .data.u64 = WAKE_KEY };
    if (ep->p.fd >= 0 && ep->wake_fd >= 0 && !epoll_ctl(ep->p.fd, EPOLL_CTL_ADD, ep->wake_fd, &ev))
        return &ep->p;
    if (ep->p.fd >= 0)
        close(ep->p.fd);
    if (ep->wake_fd >= 0)
        close(ep->wake_fd);
    mem_free(ep->alloc, ep, sizeof *ep);
    return NULL;
}
