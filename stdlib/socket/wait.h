/* SPDX-License-Identifier: MIT
 * Waiting for a socket, and messages with more than bytes. */
#ifndef STDLIB_SOCKET_WAIT_H
#define STDLIB_SOCKET_WAIT_H

#include "stdlib/socket/socket.h"

/* When a call that begins now ends, in seconds of rt_now(). */
double sock_deadline(Vm *vm, double timeout);
/* 1 ready, 0 the deadline came, -1 exception pending. */
MUST_USE int sock_wait(Vm *vm, int fd, bool write, double deadline);
/* None or seconds. */
MUST_USE bool sock_timeout_of(Vm *vm, Value v, double *out);
/* As the calls of object.c do it: op() until it does not fail with EAGAIN. flags: the script's, of the call. */
typedef ssize_t (*SockOp)(const Sock *s, void *ud);
MUST_USE bool sock_call(Vm *vm, Sock *s, bool write, int flags, SockOp op, void *ud, ssize_t *out);

extern const MethodDef sock_msg_methods[];      /* message.c */

#endif
