/* SPDX-License-Identifier: MIT
 * Socket addresses: ("127.0.0.1", 80), ("::1", 80, 0, 0), "/path" and back. */
#include "stdlib/socket/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/un.h>

#include "runtime/path.h"
#include "stdlib/util.h"
#include "vm/objects/bytes.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

Value sock_raise(Vm *vm, const char *cls, int code, const char *text)
{
    Type *t = lib_type(vm, "_socket", cls);
    Str *s = t ? str_cstr(vm, text) : NULL;
    Value args[2] = { value_from_int48(code), s ? value_from_obj(s) : VALUE_NONE };
    Value e = s ? exc_new_args(vm, t, 2, args) : VALUE_ERROR;
    return value_is_empty(e) ? e : raise_value(vm, e);
}

Value sock_gai_error(Vm *vm, int err)
{
    return err == EAI_SYSTEM ? raise_os(vm, errno, VALUE_EMPTY) : sock_raise(vm, "gaierror", err, gai_strerror(err));
}

/* ---- hosts ---- */

/* Of ASCII: does the codec for names of hosts find fault with a label? */
static bool is_odd(const char *p, size_t n)
{
    size_t label = 0;
    for (size_t i = 0; i <= n; i++) {
        if (i < n && p[i] != '.') {
            label++;
            continue;
        }
        if (label > 63 || (!label && i < n))
            return true;
        label = 0;
    }
    return false;
}

static const char *no_text(Vm *vm, const char *caller, Value v, bool bad_byte)
{
    const char *kind = value_is_none(v) ? "None" : type_name_of(vm, v);
    if (caller && bad_byte)
        raise_exc(vm, EXC_TypeError, "%s() argument 1 must be encoded string without null bytes, not %s", caller, kind);
    else if (caller)
        raise_exc(vm, EXC_TypeError, "%s() argument 1 must be str, bytes or bytearray, not %s", caller, kind);
    else if (bad_byte)
        raise_exc(vm, EXC_TypeError, "host name must not contain null character");
    else
        raise_exc(vm, EXC_TypeError, "str, bytes or bytearray expected, not %T", v);
    return NULL;
}

Value sock_encode(Vm *vm, Value v, const char *codec)
{
    Str *encode = str_intern(vm, "encode", 6), *name = encode ? str_cstr(vm, codec) : NULL;
    Value arg = name ? value_from_obj(name) : VALUE_ERROR;
    return name ? op_call_method(vm, v, encode, 1, &arg) : VALUE_ERROR;
}

const char *sock_host_text(Vm *vm, Value v, const char *caller, Value *keep)
{
    const char *p;
    size_t n;
    Value given = v;
    bool is_text = is_str(v), odd = is_text && (!str_is_ascii(as_str(v)) ||
                                                (caller && is_odd(str_data(as_str(v)), as_str(v)->len)));
    if (odd && value_is_empty(v = sock_encode(vm, v, "idna"))) {
        if (!caller && exc_pending_is(vm, EXC_UnicodeError)) {
            exc_discard(vm);
            raise_exc(vm, EXC_TypeError, "encoding of hostname failed");
        }
        return NULL;
    }
    if (is_str(v)) {
        p = str_data(as_str(v));
        n = as_str(v)->len;
    } else if (!is_bytes(v) && !is_bytearray(v)) {
        return no_text(vm, caller, v, false);
    } else if (!bytes_view(vm, v, &p, &n)) {
        return NULL;
    }
    Bytes *b = bytes_new(vm, p, n);
    if (!b)
        return NULL;
    *keep = value_from_obj(b);
    return strlen(b->data) == n || (caller && !*caller) ? b->data : no_text(vm, caller, given, true);
}

static void any_address(int family, SockAddr *out)
{
    *out = (SockAddr){ .len = family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in) };
    out->a.ss_family = (sa_family_t)family;
}

bool sock_host(Vm *vm, const char *name, int family, SockAddr *out)
{
    any_address(family, out);
    if (!*name)
        return true;
    if (family == AF_INET && (!strcmp(name, "<broadcast>") || !strcmp(name, "255.255.255.255"))) {
        ((struct sockaddr_in *)&out->a)->sin_addr.s_addr = htonl(INADDR_BROADCAST);
        return true;
    }
    void *to = family == AF_INET6 ? (void *)&((struct sockaddr_in6 *)&out->a)->sin6_addr
                                  : (void *)&((struct sockaddr_in *)&out->a)->sin_addr;
    if (inet_pton(family, name, to) == 1)
        return true;
    struct addrinfo hints = { .ai_family = family }, *res;
    int err = getaddrinfo(name, NULL, &hints, &res);
    if (err) {
        sock_gai_error(vm, err);
        return false;
    }
    out->len = res->ai_addrlen;
    memcpy(&out->a, res->ai_addr, res->ai_addrlen);
    freeaddrinfo(res);
    return true;
}

/* ---- from script ---- */

static bool wrong_type(Vm *vm, const char *caller, const char *family, Value v)
{
    raise_exc(vm, EXC_TypeError, "%s(): %s address must be tuple, not %T", caller, family, v);
    return false;
}

static bool port_of(Vm *vm, Value v, const char *caller, in_port_t *out)
{
    int64_t port;
    if (!op_index_clamped(vm, v, &port))
        return false;
    if (port < 0 || port > 0xffff) {
        raise_exc(vm, EXC_OverflowError, "%s(): port must be 0-65535.", caller);
        return false;
    }
    *out = htons((uint16_t)port);
    return true;
}

static bool inet_from(Vm *vm, Value v, const char *caller, SockAddr *out)
{
    Value keep;
    in_port_t port = 0;
    if (!is_tuple(v))
        return wrong_type(vm, caller, "AF_INET", v);
    const Tuple *t = as_tuple(v);
    if (t->len != 2) {
        raise_exc(vm, EXC_TypeError, "AF_INET address must be a pair (host, port)");
        return false;
    }
    const char *host = sock_host_text(vm, t->items[0], NULL, &keep);
    if (!host || !port_of(vm, t->items[1], caller, &port) || !sock_host(vm, host, AF_INET, out))
        return false;
    ((struct sockaddr_in *)&out->a)->sin_port = port;
    return true;
}

static bool inet6_from(Vm *vm, Value v, const char *caller, SockAddr *out)
{
    Value keep;
    in_port_t port = 0;
    int64_t flow = 0, scope = 0;
    if (!is_tuple(v))
        return wrong_type(vm, caller, "AF_INET6", v);
    const Tuple *t = as_tuple(v);
    if (t->len < 2 || t->len > 4) {
        raise_exc(vm, EXC_TypeError, "AF_INET6 address must be a tuple (host, port[, flowinfo[, scopeid]])");
        return false;
    }
    const char *host = sock_host_text(vm, t->items[0], NULL, &keep);
    if (!host || !port_of(vm, t->items[1], caller, &port) || (t->len > 2 && !op_int64(vm, t->items[2], &flow)) ||
        (t->len > 3 && !op_int64(vm, t->items[3], &scope)) || !sock_host(vm, host, AF_INET6, out))
        return false;
    if (flow < 0 || flow > 0xfffff) {
        raise_exc(vm, EXC_OverflowError, "%s(): flowinfo must be 0-1048575.", caller);
        return false;
    }
    struct sockaddr_in6 *a = (struct sockaddr_in6 *)&out->a;
    a->sin6_port = port;
    a->sin6_flowinfo = htonl((uint32_t)flow);
    if (t->len > 3)
        a->sin6_scope_id = (uint32_t)scope;
    return true;
}

static bool unix_from(Vm *vm, Value v, SockAddr *out)
{
    const char *p;
    size_t n;
    struct sockaddr_un *a = (struct sockaddr_un *)&out->a;
    if (is_str(v)) {
        Str *s = as_str(v);
        Path path;
        if (memchr(str_data(s), 0, s->len)) {
            p = str_data(s);
            n = s->len;
        } else if (path_of(vm, v, "connect", "path", &path)) {
            p = path.text;
            n = strlen(p);
        } else {
            return false;
        }
    } else if (!bytes_view(vm, v, &p, &n)) {
        return false;
    }
    *out = (SockAddr){ 0 };
    a->sun_family = AF_UNIX;
    if (n > sizeof a->sun_path || (n == sizeof a->sun_path && *p)) {
        raise_exc(vm, EXC_OSError, "AF_UNIX path too long");
        return false;
    }
    memcpy(a->sun_path, p, n);
    bool abstract = !n || !*p;          /* without a name the kernel finds one */
    out->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + !abstract);
    return true;
}

bool sock_addr_from(Vm *vm, const Sock *s, Value v, const char *caller, SockAddr *out)
{
    switch (s->family) {
    case AF_INET:
        return inet_from(vm, v, caller, out);
    case AF_INET6:
        return inet6_from(vm, v, caller, out);
    case AF_UNIX:
        return unix_from(vm, v, out);
    default:
        raise_exc(vm, EXC_OSError, "%s(): bad family", caller);
        return false;
    }
}

/* ---- to script ---- */

Value sock_addr_text(Vm *vm, const SockAddr *a)
{
    char text[INET6_ADDRSTRLEN];
    const void *from = a->a.ss_family == AF_INET6 ? (const void *)&((const struct sockaddr_in6 *)&a->a)->sin6_addr
                                                  : (const void *)&((const struct sockaddr_in *)&a->a)->sin_addr;
    if (!inet_ntop(a->a.ss_family, from, text, sizeof text))
        return raise_os(vm, errno, VALUE_EMPTY);
    Str *s = str_cstr(vm, text);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value unix_to(Vm *vm, const SockAddr *a)
{
    const struct sockaddr_un *u = (const struct sockaddr_un *)&a->a;
    size_t n = a->len > offsetof(struct sockaddr_un, sun_path) ? a->len - offsetof(struct sockaddr_un, sun_path) : 0;
    if (n && !u->sun_path[0]) {
        Bytes *b = bytes_new(vm, u->sun_path, n);
        return b ? value_from_obj(b) : VALUE_ERROR;
    }
    return path_result(vm, u->sun_path, strnlen(u->sun_path, n), false);
}

Value sock_addr_to(Vm *vm, const SockAddr *a)
{
    if (!a->len)
        return VALUE_NONE;
    if (a->a.ss_family == AF_UNIX)
        return unix_to(vm, a);
    if (a->a.ss_family != AF_INET && a->a.ss_family != AF_INET6) {
        Bytes *b = bytes_new(vm, a->a.__ss_padding, 14);
        Tuple *t = b ? tuple_pack(vm, 2, value_from_int48(a->a.ss_family), value_from_obj(b)) : NULL;
        return t ? value_from_obj(t) : VALUE_ERROR;
    }
    Value host = sock_addr_text(vm, a);
    if (value_is_empty(host))
        return host;
    if (a->a.ss_family == AF_INET) {
        Tuple *t = tuple_pack(vm, 2, host, value_from_int48(ntohs(((const struct sockaddr_in *)&a->a)->sin_port)));
        return t ? value_from_obj(t) : VALUE_ERROR;
    }
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&a->a;
    Tuple *t = tuple_pack(vm, 4, host, value_from_int48(ntohs(six->sin6_port)), value_from_int48(ntohl(six->sin6_flowinfo)),
                          value_from_int48(six->sin6_scope_id));
    return t ? value_from_obj(t) : VALUE_ERROR;
}
