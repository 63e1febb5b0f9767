/* SPDX-License-Identifier: MIT
 * Module _socket: socketpair and the small functions, constants. socket.aio makes module socket of it. */
#include "stdlib/modules.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <unistd.h>

#include "runtime/io_watch.h"
#include "stdlib/socket/wait.h"
#include "stdlib/util.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

/* (fd, fd): socket.aio makes sockets of them. */
static Value socket_f_socketpair(Vm *vm, Value self, const Args *args)
{
    int family, type, proto, fds[2];
    (void)self;
    if (!rt_allowed(vm, ALLOW_NET, "using the network") || !sock_int(vm, args->v[0], &family) ||
        !sock_int(vm, args->v[1], &type) || !sock_int(vm, args->v[2], &proto))
        return VALUE_ERROR;
    if (socketpair(family, type | SOCK_CLOEXEC, proto, fds) < 0)
        return raise_os(vm, errno, VALUE_EMPTY);
    rt_of(vm)->io_local = true;
    Tuple *t = tuple_pack(vm, (size_t)2, value_from_int48(fds[0]), value_from_int48(fds[1]));
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static Value socket_f_dup(Vm *vm, Value self, const Args *args)
{
    int fd;
    (void)self;
    if (!rt_allowed(vm, ALLOW_NET, "using the network") || !sock_int(vm, args->v[0], &fd))
        return VALUE_ERROR;
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    return copy < 0 ? raise_os(vm, errno, VALUE_EMPTY) : value_from_int48(copy);
}

static Value socket_f_close(Vm *vm, Value self, const Args *args)
{
    int fd;
    (void)self;
    if (!rt_allowed(vm, ALLOW_NET, "using the network") || !sock_int(vm, args->v[0], &fd))
        return VALUE_ERROR;
    watch_closing(rt_of(vm), fd);
    io_touch(rt_of(vm));
    return close(fd) < 0 && errno != ECONNRESET ? raise_os(vm, errno, VALUE_EMPTY) : VALUE_NONE;
}

static Value swap16(Vm *vm, Value v, const char *name)
{
    int64_t n;
    if (!op_int64(vm, v, &n))
        return VALUE_ERROR;
    if (n < 0)
        return raise_exc(vm, EXC_OverflowError, "%s: can't convert negative Python int to C 16-bit unsigned integer", name);
    if (n > 0xffff)
        return raise_exc(vm, EXC_OverflowError, "%s: Python int too large to convert to C 16-bit unsigned integer", name);
    return value_from_int48(htons((uint16_t)n));
}

static Value swap32(Vm *vm, Value v)
{
    int64_t n;
    if (!is_int(v))
        return raise_exc(vm, EXC_TypeError, "expected int, %T found", v);
    if (!int_to_i64(v, &n) || n < 0 || n > UINT32_MAX)
        return int_sign(v) < 0 ? raise_exc(vm, EXC_OverflowError, "can't convert negative value to unsigned int")
                               : raise_exc(vm, EXC_OverflowError, "int larger than 32 bits");
    return value_from_int48(htonl((uint32_t)n));
}

static Value socket_f_htons(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return swap16(vm, args->v[0], "htons");
}

static Value socket_f_ntohs(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return swap16(vm, args->v[0], "ntohs");
}

static Value socket_f_htonl(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return swap32(vm, args->v[0]);
}

static Value socket_f_getdefaulttimeout(Vm *vm, Value self, const Args *args)
{
    const Runtime *rt = rt_of(vm);
    (void)self;
    (void)args;
    return rt->socket_timeout_set && rt->socket_timeout >= 0 ? value_from_double(rt->socket_timeout) : VALUE_NONE;
}

static Value socket_f_setdefaulttimeout(Vm *vm, Value self, const Args *args)
{
    double t;
    (void)self;
    if (!sock_timeout_of(vm, args->v[0], &t))
        return VALUE_ERROR;
    rt_of(vm)->socket_timeout = t;
    rt_of(vm)->socket_timeout_set = true;
    return VALUE_NONE;
}

static Value cmsg(Vm *vm, Value v, const char *name, bool space)
{
    int64_t n;
    if (!op_int64(vm, v, &n))
        return VALUE_ERROR;
    int64_t max = (int64_t)UINT32_MAX / 2 - (int64_t)(space ? CMSG_SPACE(1) : CMSG_LEN(0));
    if (n < 0 || n > max)
        return raise_exc(vm, EXC_OverflowError, "%s() argument out of range", name);
    return value_from_int48((int64_t)(space ? CMSG_SPACE((size_t)n) : CMSG_LEN((size_t)n)));
}

static Value socket_f_cmsg_len(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return cmsg(vm, args->v[0], "CMSG_LEN", false);
}

static Value socket_f_cmsg_space(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return cmsg(vm, args->v[0], "CMSG_SPACE", true);
}

static const MethodDef functions[] = {
    FUNCTION(socket, socketpair, "_socketpair(family, type, proto, /)", "Two descriptors that are connected."),
    FUNCTION(socket, dup, "dup(integer, /)", "Another descriptor for the same socket."),
    FUNCTION(socket, close, "close(integer, /)", "Close a descriptor of a socket."),
    FUNCTION(socket, htons, "htons(integer, /)", "16 bits in the network's order of bytes."),
    FUNCTION(socket, ntohs, "ntohs(integer, /)", "16 bits in the host's order of bytes."),
    FUNCTION(socket, htonl, "htonl(integer, /)", "32 bits in the network's order of bytes."),
    { "ntohl(integer, /)", "32 bits in the host's order of bytes.", socket_f_htonl, 0 },
    FUNCTION(socket, getdefaulttimeout, "getdefaulttimeout()", "The timeout of new sockets."),
    FUNCTION(socket, setdefaulttimeout, "setdefaulttimeout(timeout, /)", "The timeout of new sockets, in seconds, or None."),
    PARSED_FUNCTION(socket, cmsg_len, "CMSG_LEN(length, /)", "The size of a control message with so many bytes."),
    PARSED_FUNCTION(socket, cmsg_space, "CMSG_SPACE(length, /)", "The space that it takes among others."),
    { 0 }
};

#define C(name) { #name, name }
static const struct {
    const char *name;
    long value;
} constants[] = {
#include "stdlib/socket/constants.def"
};
#undef C

Value socket_init(Vm *vm)
{
    Module *m = module_new(vm, "_socket", "Sockets, as the system has them.");
    if (!m || !module_add_functions(vm, m, functions) || !module_add_functions(vm, m, resolve_functions))
        return VALUE_ERROR;
    for (size_t i = 0; i < COUNT_OF(constants); i++)
        if (!module_set(vm, m, constants[i].name, value_from_int48(constants[i].value)))
            return VALUE_ERROR;
    static const TypeDef herror_def = { .name = "socket.herror", .flags = TYPE_BASE | TYPE_PLAIN_NAME };
    static const TypeDef gaierror_def = { .name = "socket.gaierror", .flags = TYPE_BASE | TYPE_PLAIN_NAME };
    Type *os = vm->exc[EXC_OSError];
    bool ok = sock_type_init(vm, m) && lib_add_type(vm, m, &herror_def, os) && lib_add_type(vm, m, &gaierror_def, os) &&
              module_set(vm, m, "error", value_from_obj(os)) &&
              module_set(vm, m, "timeout", value_from_obj(vm->exc[EXC_TimeoutError])) &&
              module_set(vm, m, "has_ipv6", VALUE_TRUE);
    return ok ? value_from_obj(m) : VALUE_ERROR;
}
