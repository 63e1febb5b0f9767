/* SPDX-License-Identifier: MIT
 * System calls that can be made to fail, in builds with FAULTS=1 alone. AIO_FAULTS says when:
 * "recv:EINTR:3,send:short:2" lets each third recv() fail with EINTR and each second send() take one byte. Names of calls:
 * recv send accept poll watch (recv and send stand for their whole families). Faults: short, or an errno of
 * EINTR EAGAIN ENOMEM ECONNRESET EMFILE ENOSPC. EAGAIN and short touch what may give it: non-blocking descriptors,
 * streams. */
#ifndef RUNTIME_FAULTS_H
#define RUNTIME_FAULTS_H

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/types.h>

#ifdef AIO_FAULTS
enum { FAULT_RECV, FAULT_SEND, FAULT_ACCEPT, FAULT_POLL, FAULT_WATCH, FAULT_CALLS };
ssize_t fault_recv(int fd, void *p, size_t n, int flags);
ssize_t fault_recvfrom(int fd, void *p, size_t n, int flags, struct sockaddr *a, socklen_t *len);
ssize_t fault_send(int fd, const void *p, size_t n, int flags);
ssize_t fault_sendto(int fd, const void *p, size_t n, int flags, const struct sockaddr *a, socklen_t len);
ssize_t fault_sendmsg(int fd, struct msghdr *m, int flags);
int fault_accept4(int fd, struct sockaddr *a, socklen_t *len, int flags);
int fault_epoll_ctl(int poller, int op, int fd, struct epoll_event *e);
/* 0, or the errno with which this call is to fail now. */
int fault_now(int call);
#define recv fault_recv
#define recvfrom fault_recvfrom
#define send fault_send
#define sendto fault_sendto
#define sendmsg fault_sendmsg
#define accept4 fault_accept4
#define epoll_ctl fault_epoll_ctl
#endif

#endif
