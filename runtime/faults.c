/* SPDX-License-Identifier: MIT
 * See faults.h. Nothing of this is in a normal build. */
#include "runtime/faults.h"

#ifdef AIO_FAULTS
#undef recv
#undef recvfrom
#undef send
#undef sendto
#undef sendmsg
#undef accept4
#undef epoll_ctl

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FAULTS = 16, SHORT = -1 };

static const char *const calls[FAULT_CALLS] = { "recv", "send", "accept", "poll", "watch" };
static const struct {
    const char *name;
    int value;
} kinds[] = { { "short", SHORT }, { "EINTR", EINTR }, { "EAGAIN", EAGAIN }, { "ENOMEM", ENOMEM }, { "ECONNRESET", ECONNRESET },
              { "EMFILE", EMFILE }, { "ENOSPC", ENOSPC } };

static struct {
    int call, kind;
    unsigned every, count;
} faults[MAX_FAULTS];
static int nfaults = -1;

static int index_of(const char *name)
{
    for (int i = 0; i < FAULT_CALLS; i++)
        if (!strcmp(calls[i], name))
            return i;
    fprintf(stderr, "AIO_FAULTS: no call %s\n", name);
    exit(2);
}

static void read_faults(void)
{
    const char *text = getenv("AIO_FAULTS");
    char call[16], kind[16];
    unsigned every;
    int n;
    nfaults = 0;
    while (text && nfaults < MAX_FAULTS && sscanf(text, "%15[a-z]:%15[A-Za-z]:%u%n", call, kind, &every, &n) == 3) {
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
            if (!strcmp(kinds[i].name, kind)) {
                faults[nfaults].call = index_of(call);
                faults[nfaults].kind = kinds[i].value;
                faults[nfaults++].every = every ? every : 1;
            }
        text += n + (text[n] == ',');
    }
}

int fault_now(int call)
{
    if (nfaults < 0)
        read_faults();
    for (int i = 0; i < nfaults; i++)
        if (faults[i].call == call && ++faults[i].count % faults[i].every == 0)
            return faults[i].kind;
    return 0;
}

static bool is_stream(int fd)
{
    int type = 0;
    socklen_t n = sizeof type;
    return !getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) && type == SOCK_STREAM;
}

/* True: fail with errno. *n may be cut. */
static bool fails(int call, int fd, int flags, size_t *n)
{
    int kind = fault_now(call);
    if (!kind)
        return false;
    if (kind == SHORT) {
        if (n && *n > 1 && is_stream(fd))
            *n = 1;
        return false;
    }
    if (kind == EAGAIN && !(fcntl(fd, F_GETFL) & O_NONBLOCK) && !(flags & MSG_DONTWAIT))
        return false;
    errno = kind;
    return true;
}

ssize_t fault_recv(int fd, void *p, size_t n, int flags)
{
    return fails(FAULT_RECV, fd, flags, &n) ? -1 : recv(fd, p, n, flags);
}

ssize_t fault_recvfrom(int fd, void *p, size_t n, int flags, struct sockaddr *a, socklen_t *len)
{
    return fails(FAULT_RECV, fd, flags, &n) ? -1 : recvfrom(fd, p, n, flags, a, len);
}

ssize_t fault_send(int fd, const void *p, size_t n, int flags)
{
    return fails(FAULT_SEND, fd, flags, &n) ? -1 : send(fd, p, n, flags);
}

ssize_t fault_sendto(int fd, const void *p, size_t n, int flags, const struct sockaddr *a, socklen_t len)
{
    return fails(FAULT_SEND, fd, flags, &n) ? -1 : sendto(fd, p, n, flags, a, len);
}

ssize_t fault_sendmsg(int fd, struct msghdr *m, int flags)
{
    size_t n = m->msg_iovlen ? m->msg_iov[0].iov_len : 0, before = n;
    if (fails(FAULT_SEND, fd, flags, &n))
        return -1;
    if (n < before)
        return send(fd, m->msg_iov[0].iov_base, n, flags);
    return sendmsg(fd, m, flags);
}

int fault_accept4(int fd, struct sockaddr *a, socklen_t *len, int flags)
{
    return fails(FAULT_ACCEPT, fd, 0, NULL) ? -1 : accept4(fd, a, len, flags);
}

int fault_epoll_ctl(int poller, int op, int fd, struct epoll_event *e)
{
    int kind = op == EPOLL_CTL_DEL ? 0 : fault_now(FAULT_WATCH);
    if (kind > 0) {
        errno = kind;
        return -1;
    }
    return epoll_ctl(poller, op, fd, e);
}

#else
typedef int faults_are_not_built;       /* an empty file is no C */
#endif
