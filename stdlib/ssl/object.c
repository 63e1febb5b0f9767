/* SPDX-License-Identifier: MIT
 * _ssl._SSLSocket: the state of one connection between two memory BIOs, and _ssl.SSLSession. */
#include "stdlib/ssl/ssl.h"

#include <dlfcn.h>

#include "vm/objects/bytes.h"
#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"

static void object_trace(Marker *m, Obj *o)
{
    const TlsObject *s = (TlsObject *)o;
    mark_obj(m, s->ctx);
    mark_obj(m, s->made_by);
    mark_value(m, s->owner);
    mark_value(m, s->server_hostname);
    mark_value(m, s->pending);
}

static void object_finalize(Vm *vm, Obj *o)
{
    (void)vm;
    if (((TlsObject *)o)->ssl)
        ((TlsObject *)o)->free(((TlsObject *)o)->ssl);
}
static const TypeLayout object_layout = { .kind = KIND_EXT, .size = sizeof(TlsObject), .trace = object_trace,
                                          .finalize = object_finalize };

static TlsObject *as_tls(Value v)
{
    return (TlsObject *)value_obj(v);
}

TlsObject *tls_object_of(const Tls *t, const SSL *ssl)
{
    return t->SSL_get_ex_data(ssl, 0);
}

/* Here the functions have to be looked up anew. */
TlsObject *tls_callback_object(const SSL *ssl)
{
    void *lib = dlopen(TLS_LIBSSL, RTLD_NOW | RTLD_NOLOAD);
    void *(*get)(const SSL *, int) = NULL;
    if (!lib)
        return NULL;
    void *p = dlsym(lib, "SSL_get_ex_data");
    memcpy(&get, &p, sizeof get);
    dlclose(lib);
    return get ? get(ssl, 0) : NULL;
}

/* ---- sessions ---- */
typedef struct TlsSession {
    Obj h;
    SSL_SESSION *session;
    void (*free)(SSL_SESSION *);
    TlsContext *ctx;
} TlsSession;

static void session_trace(Marker *m, Obj *o)
{
    mark_obj(m, ((TlsSession *)o)->ctx);
}

static void session_finalize(Vm *vm, Obj *o)
{
    (void)vm;
    if (((TlsSession *)o)->session)
        ((TlsSession *)o)->free(((TlsSession *)o)->session);
}
static const TypeLayout session_layout = { .kind = KIND_EXT, .size = sizeof(TlsSession), .trace = session_trace,
                                           .finalize = session_finalize };

static TlsSession *as_session(Value v)
{
    return (TlsSession *)value_obj(v);
}

static Value session_id(Vm *vm, Value self)
{
    unsigned n = 0;
    const unsigned char *p = tls_of(vm)->SSL_SESSION_get_id(as_session(self)->session, &n);
    Bytes *b = bytes_new(vm, p, n);
    return b ? value_from_obj(b) : VALUE_ERROR;
}

static Value session_m_eq(Vm *vm, Value self, const Args *args)
{
    const Tls *t = tls_of(vm);
    unsigned n, m;
    if (type_of(vm, args->v[0]) != t->session_type)
        return VALUE_NOT_IMPLEMENTED;
    const unsigned char *a = t->SSL_SESSION_get_id(as_session(self)->session, &n);
    const unsigned char *b = t->SSL_SESSION_get_id(as_session(args->v[0])->session, &m);
    return value_from_bool(value_obj(self) == value_obj(args->v[0]) || (n == m && !memcmp(a, b, n)));
}

static Value session_get_id(Vm *vm, Value self)
{
    return session_id(vm, self);
}

static Value session_get_time(Vm *vm, Value self)
{
    return int_new(vm, tls_of(vm)->SSL_SESSION_get_time(as_session(self)->session));
}

static Value session_get_timeout(Vm *vm, Value self)
{
    return int_new(vm, tls_of(vm)->SSL_SESSION_get_timeout(as_session(self)->session));
}

static Value session_get_has_ticket(Vm *vm, Value self)
{
    return value_from_bool(tls_of(vm)->SSL_SESSION_has_ticket(as_session(self)->session));
}

static Value session_get_lifetime(Vm *vm, Value self)
{
    return int_new_u64(vm, tls_of(vm)->SSL_SESSION_get_ticket_lifetime_hint(as_session(self)->session));
}

/* ---- making one ---- */

/* The name that is asked for, and the one that the certificate must have. */
static bool set_host(Vm *vm, TlsObject *o, const char *host)
{
    const Tls *t = tls_of(vm);
    ASN1_OCTET_STRING *ip = t->a2i_IPADDRESS(host);
    bool ok = true;
    if (!ip) {
        t->ERR_clear_error();
        ok = t->SSL_ctrl(o->ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, (void *)(uintptr_t)host);
    }
    if (ok && o->ctx->check_hostname) {
        X509_VERIFY_PARAM *p = t->SSL_get0_param(o->ssl);
        ok = ip ? t->X509_VERIFY_PARAM_set1_ip(p, t->ASN1_STRING_get0_data(ip), (size_t)t->ASN1_STRING_length(ip))
                : t->X509_VERIFY_PARAM_set1_host(p, host, strlen(host));
    }
    if (ip)
        t->ASN1_OCTET_STRING_free(ip);
    if (!ok)
        tls_raise_queue(vm, LINE_ANY);
    return ok;
}

static bool host_ok(Vm *vm, Value host, const char **out, Value *keep)
{
    if (!is_str(host)) {
        raise_exc(vm, EXC_TypeError, "_wrap_bio() argument 'server_hostname' must be str or None, not %T", host);
        return false;
    }
    Str *s = as_str(host);
    if (!s->len || str_data(s)[0] == '.') {
        raise_exc(vm, EXC_ValueError, "server_hostname cannot be an empty string or start with a leading dot.");
        return false;
    }
    if (memchr(str_data(s), 0, s->len)) {
        raise_exc(vm, EXC_TypeError, "argument must be encoded string without null bytes, not str");
        return false;
    }
    *out = str_c(vm, s, keep);
    return *out;
}

static void set_later_auth(const Tls *t, const TlsObject *o)
{
    if (!o->ctx->post_handshake_auth)
        return;
    if (!o->server_side) {
        t->SSL_set_post_handshake_auth(o->ssl, 1);
        return;
    }
    int mode = t->SSL_get_verify_mode(o->ssl);
    if (mode & SSL_VERIFY_PEER)
        t->SSL_set_verify(o->ssl, mode | SSL_VERIFY_POST_HANDSHAKE, NULL);
}

static bool object_set_session(Vm *vm, Value self, Value v);

Value tls_object_new(Vm *vm, TlsContext *c, Value in, Value out, bool server_side, Value hostname, Value owner, Value session)
{
    const Tls *t = tls_of(vm);
    const char *host = NULL;
    Value keep;
    if (server_side && c->method == PROTOCOL_TLS_CLIENT)
        return tls_raise_text(vm, "SSLError", 0, "Cannot create a server socket with a PROTOCOL_TLS_CLIENT context", LINE_SERVER);
    if (!server_side && c->method == PROTOCOL_TLS_SERVER)
        return tls_raise_text(vm, "SSLError", 0, "Cannot create a client socket with a PROTOCOL_TLS_SERVER context", LINE_CLIENT);
    if (!value_is_none(hostname) && !host_ok(vm, hostname, &host, &keep))
        return VALUE_ERROR;
    TlsObject *o = (TlsObject *)object_alloc(vm, t->object_type);
    if (!o)
        return VALUE_ERROR;
    o->vm = vm;
    o->server_hostname = hostname;
    o->owner = owner;
    o->server_side = server_side;
    o->free = t->SSL_free;
    heap_set_ptr(vm, o, &o->ctx, c);
    heap_set_ptr(vm, o, &o->made_by, c);
    t->ERR_clear_error();
    o->ssl = t->SSL_new(c->ctx);
    if (!o->ssl)
        return tls_raise_queue(vm, LINE_ANY);
    BIO *i = ((TlsBio *)value_obj(in))->bio, *w = ((TlsBio *)value_obj(out))->bio;
    t->BIO_up_ref(i);
    t->BIO_up_ref(w);
    t->SSL_set_bio(o->ssl, i, w);
    t->SSL_ctrl(o->ssl, SSL_CTRL_MODE, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_AUTO_RETRY, NULL);
    t->SSL_set_ex_data(o->ssl, 0, o);
    if (server_side)
        t->SSL_set_session_id_context(o->ssl, (const unsigned char *)"aio", 3);
    set_later_auth(t, o);
    if (host && !set_host(vm, o, host))
        return VALUE_ERROR;
    (server_side ? t->SSL_set_accept_state : t->SSL_set_connect_state)(o->ssl);
    if (!value_is_none(session) && !object_set_session(vm, value_from_obj(o), session))
        return VALUE_ERROR;
    return value_from_obj(o);
}

/* ---- the server's choice by name ---- */

static int fail_with(int *alert, int what)
{
    *alert = what;
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

int tls_server_name(SSL *ssl, int *alert, void *arg)
{
    TlsContext *c = arg;
    TlsObject *o = tls_object_of(c->tls, ssl);
    if (!o || value_is_none(c->sni))
        return SSL_TLSEXT_ERR_OK;
    Vm *vm = o->vm;
    const char *name = tls_of(vm)->SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    Str *s = name ? str_decode(vm, name, strlen(name)) : NULL;
    if (name && !s) {
        rt_unraisable(vm, exc_take(vm), NULL, c->sni);
        return fail_with(alert, SSL_AD_HANDSHAKE_FAILURE);
    }
    Value args[3] = { o->owner, s ? value_from_obj(s) : VALUE_NONE, value_from_obj(c) };
    Value r = op_call(vm, c->sni, 3, args);
    if (value_is_empty(r)) {
        rt_unraisable(vm, exc_take(vm), NULL, c->sni);
        return fail_with(alert, SSL_AD_HANDSHAKE_FAILURE);
    }
    if (value_is_none(r))
        return SSL_TLSEXT_ERR_OK;
    int64_t code;
    if (!op_int64(vm, r, &code)) {
        rt_unraisable(vm, exc_take(vm), NULL, r);
        return fail_with(alert, SSL_AD_INTERNAL_ERROR);
    }
    return fail_with(alert, (int)code);
}

/* ---- the protocol ---- */

/* A callback's exception when the call itself went well. */
static Value done(Vm *vm, TlsObject *o, Value v)
{
    return LIKELY(value_is_empty(o->pending)) ? v : tls_raise(vm, o, 0, LINE_ANY);
}

static Value object_m_do_handshake(Vm *vm, Value self, const Args *args)
{
    const Tls *t = tls_of(vm);
    (void)args;
    t->ERR_clear_error();
    int r = t->SSL_do_handshake(as_tls(self)->ssl);
    return r == 1 ? done(vm, as_tls(self), VALUE_NONE) : tls_raise(vm, as_tls(self), r, LINE_HANDSHAKE);
}

static Value object_m_write(Vm *vm, Value self, const Args *args)
{
    const Tls *t = tls_of(vm);
    const char *p;
    size_t n;
    if (!bytes_view(vm, args->v[0], &p, &n))
        return VALUE_ERROR;
    if (!n)
        return value_from_int48(0);
    if (n > INT32_MAX)
        return raise_exc(vm, EXC_OverflowError, "string longer than %d bytes", INT32_MAX);
    t->ERR_clear_error();
    int r = t->SSL_write(as_tls(self)->ssl, p, (int)n);
    return r > 0 ? done(vm, as_tls(self), value_from_int48(r)) : tls_raise(vm, as_tls(self), r, LINE_WRITE);
}

static Value object_m_read(Vm *vm, Value self, const Args *args)
{
    const Tls *t = tls_of(vm);
    int64_t n;
    char *to = NULL;
    size_t room = 0;
    bool into = !value_is_empty(args->v[1]) && !value_is_none(args->v[1]);
    if (!op_int64(vm, args->v[0], &n))
        return VALUE_ERROR;
    if (!into && n < 0)
        return raise_exc(vm, EXC_ValueError, "size should not be negative");
    if (into && !bytes_writable(vm, args->v[1], "read() argument 2", &to, &room))
        return VALUE_ERROR;
    if (into && (n <= 0 || (uint64_t)n > room))
        n = (int64_t)room;
    if (n > INT32_MAX)
        return raise_exc(vm, EXC_OverflowError, "maximum length can't fit in a C 'int'");
    Bytes *b = into ? NULL : bytes_new(vm, NULL, (size_t)n);
    if (!into && !b)
        return VALUE_ERROR;
    if (!n)
        return into ? value_from_int48(0) : value_from_obj(b);
    t->ERR_clear_error();
    int r = t->SSL_read(as_tls(self)->ssl, into ? to : b->data, (int)n);
    if (r <= 0) {
        if (t->SSL_get_error(as_tls(self)->ssl, r) != SSL_ERROR_ZERO_RETURN ||
            t->SSL_get_shutdown(as_tls(self)->ssl) != SSL_RECEIVED_SHUTDOWN)
            return tls_raise(vm, as_tls(self), r, LINE_READ);
        r = 0;                  /* the other side has said that it ends */
    }
    if (into)
        return done(vm, as_tls(self), value_from_int48(r));
    if (r != n && !(b = bytes_new(vm, b->data, (size_t)r)))
        return VALUE_ERROR;
    return done(vm, as_tls(self), value_from_obj(b));
}

static Value object_m_shutdown(Vm *vm, Value self, const Args *args)
{
    const Tls *t = tls_of(vm);
    (void)args;
    for (int tries = 0;; tries++) {
        t->ERR_clear_error();
        int r = t->SSL_shutdown(as_tls(self)->ssl);
        if (r > 0)
            return done(vm, as_tls(self), VALUE_NONE);
        /* 0: ours is sent, theirs did not come yet; once more reads it. */
        if (r < 0 || tries)
            return tls_raise(vm, as_tls(self), r, LINE_SHUTDOWN);
    }
}

static Value object_m_pending(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return value_from_int48(tls_of(vm)->SSL_pending(as_tls(self)->ssl));
}

static Value object_m_verify_client(Vm *vm, Value self, const Args *args)
{
    const Tls *t = tls_of(vm);
    (void)args;
    t->ERR_clear_error();
    int r = t->SSL_verify_client_post_handshake(as_tls(self)->ssl);
    return r ? VALUE_NONE : tls_raise_queue(vm, LINE_VERIFY_CLIENT);
}

/* ---- looking at it ---- */

static Value object_m_getpeercert(Vm *vm, Value self, const Args *args)
{
    const Tls *t = tls_of(vm);
    SSL *ssl = as_tls(self)->ssl;
    int binary = op_truth(vm, args->v[0]);
    if (binary < 0)
        return VALUE_ERROR;
    if (!t->SSL_is_init_finished(ssl))
        return raise_exc(vm, EXC_ValueError, "handshake not done yet");
    X509 *x = t->SSL_get1_peer_certificate(ssl);
    if (!x)
        return VALUE_NONE;
    Value v;
    if (binary) {
        v = tls_cert_der(vm, x);
    } else if (t->SSL_get_verify_mode(ssl) & SSL_VERIFY_PEER) {
        v = tls_decode_cert(vm, x);
    } else {
        Dict *d = dict_new(vm);
        v = d ? value_from_obj(d) : VALUE_ERROR;
    }
    t->X509_free(x);
    return v;
}

static Value chain(Vm *vm, const OPENSSL_STACK *all, X509 *first)
{
    const Tls *t = tls_of(vm);
    List *l = list_new(vm, 0);
    bool ok = l;
    if (ok && first) {
        Value v = tls_cert_new(vm, first);
        ok = !value_is_empty(v) && list_append(vm, l, v);
    }
    for (int i = 0; ok && all && i < t->OPENSSL_sk_num(all); i++) {
        Value v = tls_cert_new(vm, t->OPENSSL_sk_value(all, i));
        ok = !value_is_empty(v) && list_append(vm, l, v);
    }
    return ok ? value_from_obj(l) : VALUE_ERROR;
}

static Value object_m_verified_chain(Vm *vm, Value self, const Args *args)
{
    const Tls *t = tls_of(vm);
    const OPENSSL_STACK *all = (const OPENSSL_STACK *)t->SSL_get0_verified_chain(as_tls(self)->ssl);
    (void)args;
    return all ? chain(vm, all, NULL) : VALUE_NONE;
}

static Value object_m_unverified_chain(Vm *vm, Value self, const Args *args)
{
    const Tls *t = tls_of(vm);
    const OPENSSL_STACK *all = (const OPENSSL_STACK *)t->SSL_get_peer_cert_chain(as_tls(self)->ssl);
    (void)args;
    if (!all)
        return VALUE_NONE;
    /* A server's list is without the client's own certificate. */
    X509 *own = as_tls(self)->server_side ? t->SSL_get1_peer_certificate(as_tls(self)->ssl) : NULL;
    Value v = chain(vm, all, own);
    if (own)
        t->X509_free(own);
    return v;
}

static Value object_m_cipher(Vm *vm, Value self, const Args *args)
{
    const SSL_CIPHER *c = tls_of(vm)->SSL_get_current_cipher(as_tls(self)->ssl);
    (void)args;
    return c ? tls_cipher_tuple(vm, c) : VALUE_NONE;
}

static Value object_m_shared_ciphers(Vm *vm, Value self, const Args *args)
{
    const Tls *t = tls_of(vm);
    SSL *ssl = as_tls(self)->ssl;
    const OPENSSL_STACK *theirs = (const OPENSSL_STACK *)t->SSL_get_client_ciphers(ssl);
    const OPENSSL_STACK *ours = (const OPENSSL_STACK *)t->SSL_get_ciphers(ssl);
    (void)args;
    if (!theirs)
        return VALUE_NONE;
    List *l = list_new(vm, 0);
    for (int i = 0; l && i < t->OPENSSL_sk_num(theirs); i++) {
        const SSL_CIPHER *c = t->OPENSSL_sk_value(theirs, i);
        for (int k = 0; k < t->OPENSSL_sk_num(ours); k++) {
            if (t->OPENSSL_sk_value(ours, k) != c)
                continue;
            Value v = tls_cipher_tuple(vm, c);
            if (value_is_empty(v) || !list_append(vm, l, v))
                return VALUE_ERROR;
            break;
        }
    }
    return l ? value_from_obj(l) : VALUE_ERROR;
}

static Value object_m_version(Vm *vm, Value self, const Args *args)
{
    const Tls *t = tls_of(vm);
    (void)args;
    return t->SSL_is_init_finished(as_tls(self)->ssl) ? tls_str(vm, t->SSL_get_version(as_tls(self)->ssl)) : VALUE_NONE;
}

static Value object_m_selected_alpn_protocol(Vm *vm, Value self, const Args *args)
{
    const unsigned char *p;
    unsigned n;
    (void)args;
    tls_of(vm)->SSL_get0_alpn_selected(as_tls(self)->ssl, &p, &n);
    Str *s = p ? str_decode(vm, (const char *)p, n) : NULL;
    return !p ? VALUE_NONE : s ? value_from_obj(s) : VALUE_ERROR;
}

static Value object_m_compression(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)self;
    (void)args;
    return VALUE_NONE;          /* is switched off for good */
}

static Value object_m_get_channel_binding(Vm *vm, Value self, const Args *args)
{
    const Tls *t = tls_of(vm);
    const TlsObject *o = as_tls(self);
    char text[64];
    if (as_str(args->v[0])->len != 10 || memcmp(str_data(as_str(args->v[0])), "tls-unique", 10))
        return raise_exc(vm, EXC_ValueError, "'%V' channel binding type not implemented", args->v[0]);
    /* The first of the two last messages: the client's, or the server's when a session is used again. */
    bool own = t->SSL_session_reused(o->ssl) == o->server_side;
    size_t n = (own ? t->SSL_get_finished : t->SSL_get_peer_finished)(o->ssl, text, sizeof text);
    Bytes *b = n ? bytes_new(vm, text, n < sizeof text ? n : sizeof text) : NULL;
    return !n ? VALUE_NONE : b ? value_from_obj(b) : VALUE_ERROR;
}

/* ---- attributes ---- */

static Value object_get_context(Vm *vm, Value self)
{
    (void)vm;
    return value_from_obj(as_tls(self)->ctx);
}

static bool object_set_context(Vm *vm, Value self, Value v)
{
    const Tls *t = tls_of(vm);
    if (value_is_empty(v) || type_of(vm, v)->layout != &tls_context_layout) {
        raise_exc(vm, EXC_TypeError, "The value must be a SSLContext");
        return false;
    }
    TlsContext *c = (TlsContext *)value_obj(v);
    heap_set_ptr(vm, as_tls(self), &as_tls(self)->ctx, c);
    t->SSL_set_SSL_CTX(as_tls(self)->ssl, c->ctx);
    t->SSL_set_verify(as_tls(self)->ssl, t->SSL_CTX_get_verify_mode(c->ctx), NULL);
    return true;
}

static Value object_get_server_side(Vm *vm, Value self)
{
    (void)vm;
    return value_from_bool(as_tls(self)->server_side);
}

static Value object_get_server_hostname(Vm *vm, Value self)
{
    (void)vm;
    return as_tls(self)->server_hostname;
}

static Value object_get_owner(Vm *vm, Value self)
{
    (void)vm;
    return as_tls(self)->owner;
}

static bool object_set_owner(Vm *vm, Value self, Value v)
{
    heap_set(vm, as_tls(self), &as_tls(self)->owner, value_is_empty(v) ? VALUE_NONE : v);
    return true;
}

static Value object_get_session(Vm *vm, Value self)
{
    const Tls *t = tls_of(vm);
    SSL_SESSION *s = t->SSL_get1_session(as_tls(self)->ssl);
    if (!s)
        return VALUE_NONE;
    TlsSession *o = (TlsSession *)object_alloc(vm, t->session_type);
    if (!o) {
        t->SSL_SESSION_free(s);
        return VALUE_ERROR;
    }
    o->session = s;
    o->free = t->SSL_SESSION_free;
    heap_set_ptr(vm, o, &o->ctx, as_tls(self)->ctx);
    return value_from_obj(o);
}

/* A session whose connection is dropped without a word is marked as not to be used again; a copy from its bytes is not. */
static SSL_SESSION *session_copy(Vm *vm, const SSL_SESSION *s)
{
    const Tls *t = tls_of(vm);
    int n = t->i2d_SSL_SESSION(s, NULL);
    Bytes *b = n > 0 ? bytes_new(vm, NULL, (size_t)n) : NULL;
    if (!b)
        return NULL;
    unsigned char *to = (unsigned char *)b->data;
    t->i2d_SSL_SESSION(s, &to);
    const unsigned char *from = (const unsigned char *)b->data;
    return t->d2i_SSL_SESSION(NULL, &from, n);
}

static bool object_set_session(Vm *vm, Value self, Value v)
{
    const Tls *t = tls_of(vm);
    const TlsObject *o = as_tls(self);
    const char *wrong = NULL;
    if (value_is_empty(v) || type_of(vm, v) != t->session_type) {
        raise_exc(vm, EXC_TypeError, "Value is not a SSLSession.");
        return false;
    }
    if (as_session(v)->ctx->ctx != o->ctx->ctx)
        wrong = "Session refers to a different SSLContext.";
    else if (o->server_side)
        wrong = "Cannot set session for server-side SSLSocket.";
    else if (t->SSL_is_init_finished(o->ssl))
        wrong = "Cannot set session after handshake.";
    if (wrong) {
        raise_exc(vm, EXC_ValueError, "%s", wrong);
        return false;
    }
    SSL_SESSION *copy = session_copy(vm, as_session(v)->session);
    bool ok = copy && t->SSL_set_session(o->ssl, copy);
    if (copy)
        t->SSL_SESSION_free(copy);
    if (!ok && !vm_pending(vm))
        tls_raise_queue(vm, LINE_ANY);
    return ok;
}

static Value object_get_session_reused(Vm *vm, Value self)
{
    return value_from_bool(tls_of(vm)->SSL_session_reused(as_tls(self)->ssl));
}

static const MethodDef methods[] = {
    METHOD(object, do_handshake, "do_handshake()", "Go on with the handshake until it is done or needs more."),
    METHOD(object, read, "read(size, buffer=..., /)", "At most size bytes that came, or their number in a buffer."),
    METHOD(object, write, "write(b, /)", "Send bytes; how many were taken."),
    METHOD(object, pending, "pending()", "Bytes that came and are decoded."),
    METHOD(object, shutdown, "shutdown()", "Say that nothing more is sent, and wait for the other to say it."),
    METHOD(object, verify_client, "verify_client_post_handshake()", "Ask the client for its certificate now."),
    METHOD(object, getpeercert, "getpeercert(binary_mode=False, /)", "The other side's certificate, as a dict or as DER."),
    METHOD(object, verified_chain, "get_verified_chain()", "The certificates that were verified, up to an authority."),
    METHOD(object, unverified_chain, "get_unverified_chain()", "The certificates that the other side sent."),
    METHOD(object, cipher, "cipher()", "Name, protocol and bits of the cipher in use."),
    METHOD(object, shared_ciphers, "shared_ciphers()", "The ciphers that both sides know, on a server."),
    METHOD(object, version, "version()", "The protocol in use, such as \"TLSv1.3\"."),
    METHOD(object, selected_alpn_protocol, "selected_alpn_protocol()", "The application protocol that was agreed on."),
    METHOD(object, compression, "compression()", "The compression in use."),
    METHOD(object, get_channel_binding, "get_channel_binding(cb_type: str='tls-unique')",
           "Bytes that name this connection alone."),
    { 0 }
};
static const GetSetDef getsets[] = {
    { "context", "The settings in force.", object_get_context, object_set_context },
    { "server_side", "Is this the server's end?", object_get_server_side, NULL },
    { "server_hostname", "The name that the client asked for.", object_get_server_hostname, NULL },
    { "owner", "What scripts see of it.", object_get_owner, object_set_owner },
    { "session", "The session, to be used again.", object_get_session, object_set_session },
    { "session_reused", "Was an earlier session used?", object_get_session_reused, NULL },
    { 0 }
};
static const MethodDef session_methods[] = {
    METHOD(session, eq, "__eq__(value, /)", "Return self==value."),
    { 0 }
};
static const GetSetDef session_getsets[] = {
    { "has_ticket", "Did the server send a ticket for it?", session_get_has_ticket, NULL },
    { "id", "Its name, as bytes.", session_get_id, NULL },
    { "ticket_lifetime_hint", "Seconds that the ticket is good for.", session_get_lifetime, NULL },
    { "time", "When it was made, in seconds since 1970.", session_get_time, NULL },
    { "timeout", "Seconds that it is good for.", session_get_timeout, NULL },
    { 0 }
};

bool tls_object_init(Vm *vm, Module *m, Tls *t)
{
    static const TypeDef def = { .name = "_ssl._SSLSocket", .doc = "One TLS connection.", .layout = &object_layout,
        .methods = methods,
                                 .getsets = getsets, .flags = TYPE_DISALLOW_NEW };
    static const TypeDef session_def = { .name = "_ssl.SSLSession", .doc = "A session that a later connection may use.",
                                         .layout = &session_layout, .methods = session_methods, .getsets = session_getsets,
                                         .flags = TYPE_DISALLOW_NEW };
    t->object_type = lib_add_type(vm, m, &def, vm->types.object);
    t->session_type = lib_add_type(vm, m, &session_def, vm->types.object);
    return t->object_type && t->session_type && type_make_unhashable(vm, t->session_type);
}
