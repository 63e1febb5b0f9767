/* SPDX-License-Identifier: MIT
 * Names of hosts, services, protocols and interfaces; addresses as text. */
#include "stdlib/socket/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <unistd.h>

#include "runtime/path.h"
#include "runtime/workers.h"
#include "stdlib/util.h"
#include "vm/objects/bytes.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

static Value text(Vm *vm, const char *s)
{
    return path_result(vm, s, strlen(s), false);
}

static bool allowed(Vm *vm)
{
    return rt_allowed(vm, ALLOW_NET, "using the network");
}

/* ---- getaddrinfo, getnameinfo: in a worker thread where others can go on meanwhile ---- */

typedef struct Query {
    WorkerJob job;
    char *host, *port;          /* NULL: none */
    char host_text[1025], port_text[64];
    struct addrinfo hints, *found;
    SockAddr addr;              /* getnameinfo */
    char name[NI_MAXHOST], service[NI_MAXSERV];
    int flags, err, saved_errno;
    Value future;               /* loop's: to be finished; EMPTY: somebody waits */
} Query;

static void run_getaddrinfo(WorkerJob *job)
{
    Query *q = (Query *)job;
    q->err = getaddrinfo(q->host, q->port, &q->hints, &q->found);
    q->saved_errno = errno;
}

static void run_getnameinfo(WorkerJob *job)
{
    Query *q = (Query *)job;
    q->err = getnameinfo(sock_addr(&q->addr), q->addr.len, q->name, sizeof q->name, q->service, sizeof q->service, q->flags);
    q->saved_errno = errno;
}

static void query_free(Vm *vm, WorkerJob *job)
{
    Query *q = (Query *)job;
    if (q->found)
        freeaddrinfo(q->found);
    mem_free(&vm->alloc, q, sizeof *q);
}

static Query *query_new(Vm *vm)
{
    Query *q = mem_alloc(&vm->alloc, sizeof *q);
    if (!q) {
        raise_no_memory(vm);
        return NULL;
    }
    memset(q, 0, sizeof *q);
    return q;
}

/* What does not fit is no host's or service's name either way. */
static char *copy_text(const char *from, char *to, size_t cap)
{
    return strncpy(to, from, cap - 1);          /* of zeros */
}

static bool query_host(Vm *vm, Query *q, Value host)
{
    Value keep;
    if (value_is_none(host))
        return true;
    if (!is_str(host) && !is_bytes(host)) {
        raise_exc(vm, EXC_TypeError, "getaddrinfo() argument 1 must be string or None");
        return false;
    }
    const char *p = sock_host_text(vm, host, "", &keep);
    if (p)
        q->host = copy_text(p, q->host_text, sizeof q->host_text);
    return p;
}

static bool query_port(Vm *vm, Query *q, Value port)
{
    if (value_is_none(port))
        return true;
    if (is_int(port)) {
        Str *s = int_to_str(vm, port, 10);
        port = s ? value_from_obj(s) : VALUE_ERROR;
    }
    if (!value_is_empty(port) && is_str(port))
        port = sock_encode(vm, port, "utf-8");
    if (value_is_empty(port))
        return false;
    if (!is_bytes(port)) {
        raise_exc(vm, EXC_OSError, "Int or String expected");
        return false;
    }
    q->port = copy_text(as_bytes(port)->data, q->port_text, sizeof q->port_text);
    return true;
}

static Query *addrinfo_query(Vm *vm, const Args *args)
{
    Query *q = allowed(vm) ? query_new(vm) : NULL;
    if (!q)
        return NULL;
    q->job.run = run_getaddrinfo;
    if (query_host(vm, q, args->v[0]) && query_port(vm, q, args->v[1]) && sock_int(vm, args->v[2], &q->hints.ai_family) &&
        sock_int(vm, args->v[3], &q->hints.ai_socktype) && sock_int(vm, args->v[4], &q->hints.ai_protocol) &&
        sock_int(vm, args->v[5], &q->hints.ai_flags))
        return q;
    query_free(vm, &q->job);
    return NULL;
}

static Value addrinfo_result(Vm *vm, Query *q)
{
    if (q->err) {
        errno = q->saved_errno;
        return sock_gai_error(vm, q->err);
    }
    List *l = list_new(vm, 4);
    for (struct addrinfo *a = q->found; l && a; a = a->ai_next) {
        SockAddr at = { .len = a->ai_addrlen };
        memcpy(&at.a, a->ai_addr, a->ai_addrlen);
        Value addr = sock_addr_to(vm, &at), name = value_is_empty(addr) ? addr : text(vm, a->ai_canonname ? a->ai_canonname : "");
        Tuple *t = value_is_empty(name) ? NULL : tuple_pack(vm, 5, value_from_int48(a->ai_family),
            value_from_int48(a->ai_socktype), value_from_int48(a->ai_protocol), name, addr);
        if (!t || !list_append(vm, l, value_from_obj(t)))
            return VALUE_ERROR;
    }
    return l ? value_from_obj(l) : VALUE_ERROR;
}

static Query *nameinfo_query(Vm *vm, const Args *args)
{
    Value keep;
    int64_t port, flow = 0, scope = 0;
    int flags;
    if (!allowed(vm) || !sock_int(vm, args->v[1], &flags))
        return NULL;
    if (!is_tuple(args->v[0])) {
        raise_exc(vm, EXC_TypeError, "getnameinfo() argument 1 must be a tuple");
        return NULL;
    }
    const Tuple *t = as_tuple(args->v[0]);
    if (t->len < 2 || t->len > 4) {
        raise_exc(vm, EXC_TypeError, "getnameinfo(): illegal sockaddr argument");
        return NULL;
    }
    if (!is_str(t->items[0])) {
        raise_exc(vm, EXC_TypeError, "getnameinfo(): illegal sockaddr argument");
        return NULL;
    }
    const char *host = str_c(vm, as_str(t->items[0]), &keep);
    if (!host || !op_int64(vm, t->items[1], &port) || (t->len > 2 && !op_int64(vm, t->items[2], &flow)) ||
        (t->len > 3 && !op_int64(vm, t->items[3], &scope)))
        return NULL;
    if (flow < 0 || flow > 0xfffff) {
        raise_exc(vm, EXC_OverflowError, "getnameinfo(): flowinfo must be 0-1048575.");
        return NULL;
    }
    char port_text[24];
    snprintf(port_text, sizeof port_text, "%lld", (long long)port);
    struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST }, *res;
    int err = getaddrinfo(host, port_text, &hints, &res);
    if (err) {
        sock_gai_error(vm, err);
        return NULL;
    }
    SockAddr a = { .len = res->ai_addrlen };
    memcpy(&a.a, res->ai_addr, res->ai_addrlen);
    freeaddrinfo(res);
    if (a.a.ss_family == AF_INET && t->len != 2) {
        raise_exc(vm, EXC_OSError, "IPv4 sockaddr must be 2 tuple");
        return NULL;
    }
    if (a.a.ss_family == AF_INET6) {
        ((struct sockaddr_in6 *)&a.a)->sin6_flowinfo = htonl((uint32_t)flow);
        if (t->len > 3)
            ((struct sockaddr_in6 *)&a.a)->sin6_scope_id = (uint32_t)scope;
    }
    Query *q = query_new(vm);
    if (!q)
        return NULL;
    q->job.run = run_getnameinfo;
    q->flags = flags;
    q->addr = a;
    return q;
}

static Value nameinfo_result(Vm *vm, Query *q)
{
    if (q->err) {
        errno = q->saved_errno;
        return sock_gai_error(vm, q->err);
    }
    Value host = text(vm, q->name), service = value_is_empty(host) ? host : text(vm, q->service);
    Tuple *t = value_is_empty(service) ? NULL : tuple_pack(vm, 2, host, service);
    return t ? value_from_obj(t) : VALUE_ERROR;
}

/* Here and now; other strands go on. */
static Value run_query(Vm *vm, Query *q, Value (*result)(Vm *, Query *))
{
    if (!q)
        return VALUE_ERROR;
    if (!workers_run(vm, &q->job, query_free))
        return VALUE_ERROR;
    Value r = result(vm, q);
    query_free(vm, &q->job);
    return r;
}

static Value socket_f_getaddrinfo(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return run_query(vm, addrinfo_query(vm, args), addrinfo_result);
}

static Value socket_f_getnameinfo(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return run_query(vm, nameinfo_query(vm, args), nameinfo_result);
}

/* In a worker thread: the callback gets (result, None) or (None, exception), in the loop. */
static bool query_done(Vm *vm, WorkerJob *job, Value callback)
{
    Query *q = (Query *)job;
    Value r = job->run == run_getaddrinfo ? addrinfo_result(vm, q) : nameinfo_result(vm, q);
    query_free(vm, job);
    Value args[2] = { value_is_empty(r) ? VALUE_NONE : r, value_is_empty(r) ? exc_take(vm) : VALUE_NONE };
    return !value_is_empty(op_call(vm, callback, 2, args));
}

static Value post_query(Vm *vm, Query *q, Value callback)
{
    if (!q)
        return VALUE_ERROR;
    q->job.done = query_done;
    q->job.free = query_free;
    return workers_post(vm, &q->job, callback) ? VALUE_NONE : VALUE_ERROR;
}

static Value socket_f_getaddrinfo_async(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return post_query(vm, addrinfo_query(vm, args), args->v[6]);
}

static Value socket_f_getnameinfo_async(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return post_query(vm, nameinfo_query(vm, args), args->v[2]);
}

/* ---- hosts ---- */

static Value socket_f_gethostname(Vm *vm, Value self, const Args *args)
{
    char name[1024];
    (void)self;
    (void)args;
    if (gethostname(name, sizeof name) < 0)
        return raise_os(vm, errno, VALUE_EMPTY);
    name[sizeof name - 1] = 0;
    return text(vm, name);
}

static Value socket_f_gethostbyname(Vm *vm, Value self, const Args *args)
{
    SockAddr a;
    Value keep;
    (void)self;
    const char *name = allowed(vm) ? sock_host_text(vm, args->v[0], "gethostbyname", &keep) : NULL;
    return name && sock_host(vm, name, AF_INET, &a) ? sock_addr_text(vm, &a) : VALUE_ERROR;
}

static Value host_lists(Vm *vm, const struct hostent *h)
{
    List *aliases = list_new(vm, 0), *addrs = list_new(vm, 1);
    for (char **p = h->h_aliases; aliases && addrs && p && *p; p++) {
        Value v = text(vm, *p);
        if (value_is_empty(v) || !list_append(vm, aliases, v))
            return VALUE_ERROR;
    }
    for (char **p = h->h_addr_list; aliases && addrs && p && *p; p++) {
        char at[INET6_ADDRSTRLEN];
        Value v = inet_ntop(h->h_addrtype, *p, at, sizeof at) ? text(vm, at) : raise_os(vm, errno, VALUE_EMPTY);
        if (value_is_empty(v) || !list_append(vm, addrs, v))
            return VALUE_ERROR;
    }
    Value name = addrs ? text(vm, h->h_name) : VALUE_ERROR;
    Tuple *t = value_is_empty(name) ? NULL : tuple_pack(vm, 3, name, value_from_obj(aliases), value_from_obj(addrs));
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static Value host_error(Vm *vm, int err)
{
    return sock_raise(vm, "herror", err, hstrerror(err));
}

static Value socket_f_gethostbyname_ex(Vm *vm, Value self, const Args *args)
{
    Value keep;
    struct hostent h, *found = NULL;
    char buf[16384];
    int err = 0;
    (void)self;
    const char *name = allowed(vm) ? sock_host_text(vm, args->v[0], "gethostbyname_ex", &keep) : NULL;
    if (!name)
        return VALUE_ERROR;
    gethostbyname_r(name, &h, buf, sizeof buf, &found, &err);
    if (found)
        return host_lists(vm, found);
    SockAddr a;
    return sock_host(vm, name, AF_INET, &a) ? host_error(vm, err) : VALUE_ERROR;
}

static Value socket_f_gethostbyaddr(Vm *vm, Value self, const Args *args)
{
    Value keep;
    SockAddr a;
    struct hostent h, *found = NULL;
    char buf[16384];
    int err = 0;
    (void)self;
    const char *name = allowed(vm) ? sock_host_text(vm, args->v[0], "gethostbyaddr", &keep) : NULL;
    if (name && !*name)
        return raise_exc(vm, EXC_OSError, "wildcard resolved to multiple address");
    if (!name || !sock_host(vm, name, strchr(name, ':') ? AF_INET6 : AF_INET, &a))
        return VALUE_ERROR;
    const void *raw = a.a.ss_family == AF_INET6 ? (const void *)&((struct sockaddr_in6 *)&a.a)->sin6_addr
                                                : (const void *)&((struct sockaddr_in *)&a.a)->sin_addr;
    socklen_t len = a.a.ss_family == AF_INET6 ? sizeof(struct in6_addr) : sizeof(struct in_addr);
    gethostbyaddr_r(raw, len, a.a.ss_family, &h, buf, sizeof buf, &found, &err);
    return found ? host_lists(vm, found) : host_error(vm, err);
}

/* ---- services, protocols, interfaces ---- */

static Value socket_f_getservbyname(Vm *vm, Value self, const Args *args)
{
    Value keep, keep2 = VALUE_NONE;
    struct servent s, *found = NULL;
    char buf[4096];
    (void)self;
    const char *name = str_c(vm, as_str(args->v[0]), &keep), *proto = NULL;
    if (!name || (!value_is_empty(args->v[1]) && !(proto = str_c(vm, as_str(args->v[1]), &keep2))))
        return VALUE_ERROR;
    getservbyname_r(name, proto, &s, buf, sizeof buf, &found);
    return found ? value_from_int48(ntohs((uint16_t)found->s_port)) : raise_exc(vm, EXC_OSError, "service/proto not found");
}

static Value socket_f_getservbyport(Vm *vm, Value self, const Args *args)
{
    Value keep = VALUE_NONE;
    struct servent s, *found = NULL;
    char buf[4096];
    int port;
    const char *proto = NULL;
    (void)self;
    if (!sock_int(vm, args->v[0], &port) || (!value_is_empty(args->v[1]) && !(proto = str_c(vm, as_str(args->v[1]), &keep))))
        return VALUE_ERROR;
    if (port < 0 || port > 0xffff)
        return raise_exc(vm, EXC_OverflowError, "getservbyport: port must be 0-65535.");
    getservbyport_r(htons((uint16_t)port), proto, &s, buf, sizeof buf, &found);
    return found ? text(vm, found->s_name) : raise_exc(vm, EXC_OSError, "port/proto not found");
}

static Value socket_f_getprotobyname(Vm *vm, Value self, const Args *args)
{
    Value keep;
    struct protoent p, *found = NULL;
    char buf[4096];
    (void)self;
    const char *name = str_c(vm, as_str(args->v[0]), &keep);
    if (!name)
        return VALUE_ERROR;
    getprotobyname_r(name, &p, buf, sizeof buf, &found);
    return found ? value_from_int48(found->p_proto) : raise_exc(vm, EXC_OSError, "protocol not found");
}

static Value socket_f_if_nameindex(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    struct if_nameindex *all = if_nameindex();
    if (!all)
        return raise_os(vm, errno, VALUE_EMPTY);
    List *l = list_new(vm, 4);
    for (struct if_nameindex *i = all; l && i->if_index; i++) {
        Value name = text(vm, i->if_name);
        Tuple *t = value_is_empty(name) ? NULL : tuple_pack(vm, 2, value_from_int48(i->if_index), name);
        if (!t || !list_append(vm, l, value_from_obj(t)))
            l = NULL;
    }
    if_freenameindex(all);
    return l ? value_from_obj(l) : VALUE_ERROR;
}

static Value socket_f_if_nametoindex(Vm *vm, Value self, const Args *args)
{
    Value v = path_fspath(vm, args->v[0]);
    (void)self;
    if (!value_is_empty(v) && is_str(v))
        v = sock_encode(vm, v, "utf-8");
    if (value_is_empty(v))
        return v;
    const char *name = as_bytes(v)->data;
    if (strlen(name) != as_bytes(v)->len)
        return raise_exc(vm, EXC_ValueError, "embedded null byte");
    unsigned i = if_nametoindex(name);
    return i ? value_from_int48(i) : raise_exc(vm, EXC_OSError, "no interface with this name");
}

static Value socket_f_if_indextoname(Vm *vm, Value self, const Args *args)
{
    char name[IF_NAMESIZE];
    int64_t i = 0;
    (void)self;
    if (!is_int(args->v[0]))
        return raise_type_error(vm, "an integer is required");
    if (!int_to_i64(args->v[0], &i) && int_sign(args->v[0]) > 0)
        return raise_exc(vm, EXC_OverflowError, "Python int too large to convert to C unsigned long");
    if (int_sign(args->v[0]) < 0)
        return raise_exc(vm, EXC_OverflowError, "can't convert negative value to unsigned int");
    if (i > UINT32_MAX)
        return raise_exc(vm, EXC_OverflowError, "index is too large");
    return if_indextoname((unsigned)i, name) ? text(vm, name) : raise_os(vm, errno, VALUE_EMPTY);
}

/* ---- addresses as text ---- */

static Value socket_f_inet_aton(Vm *vm, Value self, const Args *args)
{
    Value keep;
    struct in_addr a;
    (void)self;
    const char *s = str_c(vm, as_str(args->v[0]), &keep);
    if (!s)
        return VALUE_ERROR;
    if (!inet_aton(s, &a))
        return raise_exc(vm, EXC_OSError, "illegal IP address string passed to inet_aton");
    Bytes *b = bytes_new(vm, &a, sizeof a);
    return b ? value_from_obj(b) : VALUE_ERROR;
}

static Value socket_f_inet_pton(Vm *vm, Value self, const Args *args)
{
    Value keep;
    struct in6_addr a;
    int family;
    (void)self;
    const char *s = sock_int(vm, args->v[0], &family) ? str_c(vm, as_str(args->v[1]), &keep) : NULL;
    if (!s)
        return VALUE_ERROR;
    int ok = inet_pton(family, s, &a);
    if (ok < 0)
        return raise_os(vm, errno, VALUE_EMPTY);
    if (!ok)
        return raise_exc(vm, EXC_OSError, "illegal IP address string passed to inet_pton");
    Bytes *b = bytes_new(vm, &a, family == AF_INET ? sizeof(struct in_addr) : sizeof a);
    return b ? value_from_obj(b) : VALUE_ERROR;
}

static Value to_text(Vm *vm, int family, Value v, const char *what)
{
    const char *p;
    size_t n;
    char out[INET6_ADDRSTRLEN];
    if (!bytes_view(vm, v, &p, &n))
        return VALUE_ERROR;
    if (family != AF_INET && family != AF_INET6)
        return raise_exc(vm, EXC_ValueError, "unknown address family %d", family);
    if (n != (family == AF_INET ? sizeof(struct in_addr) : sizeof(struct in6_addr)))
        return strcmp(what, "inet_ntoa") ? raise_exc(vm, EXC_ValueError, "invalid length of packed IP address string")
                                         : raise_exc(vm, EXC_OSError, "packed IP wrong length for inet_ntoa");
    return inet_ntop(family, p, out, sizeof out) ? text(vm, out) : raise_os(vm, errno, VALUE_EMPTY);
}

static Value socket_f_inet_ntoa(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return to_text(vm, AF_INET, args->v[0], "inet_ntoa");
}

static Value socket_f_inet_ntop(Vm *vm, Value self, const Args *args)
{
    int family;
    (void)self;
    return sock_int(vm, args->v[0], &family) ? to_text(vm, family, args->v[1], "inet_ntop") : VALUE_ERROR;
}

const MethodDef resolve_functions[] = {
    FUNCTION(socket, getaddrinfo, "getaddrinfo(host, port, family=0, type=0, proto=0, flags=0)", "Addresses of a host and port."),
    FUNCTION(socket, getnameinfo, "getnameinfo(sockaddr, flags, /)", "Host and port of an address, as text."),
    FUNCTION(socket, getaddrinfo_async, "_getaddrinfo_async(host, port, family, type, proto, flags, callback, /)",
             "In a worker thread: callback(result, None) or callback(None, exception)."),
    FUNCTION(socket, getnameinfo_async, "_getnameinfo_async(sockaddr, flags, callback, /)", "The same for getnameinfo()."),
    FUNCTION(socket, gethostname, "gethostname()", "The name of this host."),
    PARSED_FUNCTION(socket, gethostbyname, "gethostbyname(hostname, /)", "An IPv4 address of a host, as text."),
    PARSED_FUNCTION(socket, gethostbyname_ex, "gethostbyname_ex(hostname, /)", "(name, aliases, addresses)"),
    PARSED_FUNCTION(socket, gethostbyaddr, "gethostbyaddr(ip_address, /)", "(name, aliases, addresses)"),
    PARSED_FUNCTION(socket, getservbyname, "getservbyname(name: str, protocol: str = ..., /)", "The port of a service."),
    PARSED_FUNCTION(socket, getservbyport, "getservbyport(port, protocol: str = ..., /)", "The service of a port."),
    PARSED_FUNCTION(socket, getprotobyname, "getprotobyname(name: str, /)", "The number of a protocol."),
    FUNCTION(socket, if_nameindex, "if_nameindex()", "Numbers and names of network interfaces."),
    FUNCTION(socket, if_nametoindex, "if_nametoindex(oname, /)", "The number of an interface."),
    FUNCTION(socket, if_indextoname, "if_indextoname(if_index, /)", "The name of an interface."),
    FUNCTION(socket, inet_aton, "inet_aton(ip_addr: str, /)", "An IPv4 address as four bytes."),
    FUNCTION(socket, inet_ntoa, "inet_ntoa(packed_ip, /)", "An IPv4 address of four bytes as text."),
    FUNCTION(socket, inet_pton, "inet_pton(address_family, ip_string: str, /)", "An address as bytes."),
    FUNCTION(socket, inet_ntop, "inet_ntop(address_family, packed_ip, /)", "An address of bytes as text."),
    { 0 }
};
