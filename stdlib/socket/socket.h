/* SPDX-License-Identifier: MIT
 * Sockets in C: what the parts of module _socket share. */
#ifndef STDLIB_SOCKET_SOCKET_H
#define STDLIB_SOCKET_SOCKET_H

#include <sys/socket.h>

#include "runtime/runtime.h"

typedef struct Sock {
    Obj h;
    int fd;                     /* -1: closed */
    int family, type, proto;
    double timeout;             /* seconds; -1: wait without end, 0: do not wait */
    int now;                    /* MSG_DONTWAIT where the call itself must not wait: other strands are there */
} Sock;

extern const TypeLayout sock_layout;
static inline bool is_sock(Vm *vm, Value v) { return is_kind(v, KIND_EXT) && type_of(vm, v)->layout == &sock_layout; }
static inline Sock *as_sock(Value v) { return (Sock *)value_obj(v); }

typedef struct SockAddr {
    struct sockaddr_storage a;
    socklen_t len;
} SockAddr;
static inline struct sockaddr *sock_addr(SockAddr *a) { return (struct sockaddr *)&a->a; }

/* addr.c. caller is named in messages: "connect". False: exception pending. */
MUST_USE bool sock_addr_from(Vm *vm, const Sock *s, Value v, const char *caller, SockAddr *out);
MUST_USE Value sock_addr_to(Vm *vm, const SockAddr *a);
/* A host name or address of that family. */
MUST_USE bool sock_host(Vm *vm, const char *name, int family, SockAddr *out);
Value sock_gai_error(Vm *vm, int err);          /* raises */
MUST_USE Value sock_addr_text(Vm *vm, const SockAddr *a);       /* "127.0.0.1" */
MUST_USE Value sock_encode(Vm *vm, Value str, const char *codec);
/* A host as str or bytes: NUL-terminated; *keep on the C stack. NULL: exception pending. caller: the function whose
 * argument it is; "" for getaddrinfo(), where a NUL is just the end; NULL: part of an address. */
MUST_USE const char *sock_host_text(Vm *vm, Value v, const char *caller, Value *keep);

/* object.c */
MUST_USE Type *sock_type_init(Vm *vm, Module *m);
MUST_USE bool sock_int(Vm *vm, Value v, int *out);      /* a C int */

/* resolve.c: what asks name services */
extern const MethodDef resolve_functions[];

/* A class of module _socket. */
Value sock_raise(Vm *vm, const char *cls, int code, const char *text);

#endif
