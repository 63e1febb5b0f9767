/* SPDX-License-Identifier: MIT
 * _ssl._SSLContext: settings, certificates and keys that connections share. */
#include "stdlib/ssl/ssl.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "runtime/path.h"
#include "vm/objects/bytes.h"
#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"

enum { VERSION_MINIMUM = -2, VERSION_MAXIMUM = -1 };
static const char default_ciphers[] = "@SECLEVEL=2:ECDH+AESGCM:ECDH+CHACHA20:ECDH+AES:DHE+AES:!aNULL:!eNULL:!aDSS:!SHA1:!AESCCM";

static void context_trace(Marker *m, Obj *o)
{
    const TlsContext *c = (TlsContext *)o;
    mark_obj(m, c->tls);
    mark_value(m, c->sni);
    mark_value(m, c->psk_client);
    mark_value(m, c->psk_server);
    mark_value(m, c->trace);
    mark_value(m, c->keylog);
    mark_value(m, c->alpn);
}

static void context_finalize(Vm *vm, Obj *o)
{
    TlsContext *c = (TlsContext *)o;
    (void)vm;
    if (c->ctx)
        c->free(c->ctx);
    if (c->ctx && c->keylog_fd >= 0)
        close(c->keylog_fd);
}
const TypeLayout tls_context_layout = { .kind = KIND_EXT, .size = sizeof(TlsContext), .trace = context_trace,
                                        .finalize = context_finalize };

static TlsContext *as_context(Value v)
{
    return (TlsContext *)value_obj(v);
}

/* ---- making one ---- */

static const SSL_METHOD *method_of(const Tls *t, int64_t protocol)
{
    switch (protocol) {
    case PROTOCOL_TLS: case PROTOCOL_TLSv1: case PROTOCOL_TLSv1_1: case PROTOCOL_TLSv1_2:
        return t->TLS_method();
    case PROTOCOL_TLS_CLIENT:
        return t->TLS_client_method();
    case PROTOCOL_TLS_SERVER:
        return t->TLS_server_method();
    default:
        return NULL;
    }
}

static void set_versions(const Tls *t, SSL_CTX *ctx, int low, int high)
{
    t->SSL_CTX_ctrl(ctx, SSL_CTRL_SET_MIN_PROTO_VERSION, low, NULL);
    t->SSL_CTX_ctrl(ctx, SSL_CTRL_SET_MAX_PROTO_VERSION, high, NULL);
}

static bool configure(Vm *vm, TlsContext *c)
{
    const Tls *t = tls_of(vm);
    t->SSL_CTX_set_options(c->ctx, (SSL_OP_ALL & ~SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS) | SSL_OP_NO_SSLv3 | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_SINGLE_DH_USE | SSL_OP_SINGLE_ECDH_USE);
    if (!t->SSL_CTX_set_cipher_list(c->ctx, default_ciphers)) {
        RAISE_LIB(vm, "ssl", "SSLError", "No cipher can be selected.");
        return false;
    }
    int one = c->method == PROTOCOL_TLSv1 ? TLS1_VERSION : c->method == PROTOCOL_TLSv1_1 ? TLS1_1_VERSION
            : c->method == PROTOCOL_TLSv1_2 ? TLS1_2_VERSION : 0;
    set_versions(t, c->ctx, one ? one : TLS1_2_VERSION, one);
    t->SSL_CTX_ctrl(c->ctx, SSL_CTRL_MODE, SSL_MODE_RELEASE_BUFFERS, NULL);
    X509_VERIFY_PARAM *p = t->SSL_CTX_get0_param(c->ctx);
    t->X509_VERIFY_PARAM_set_flags(p, X509_V_FLAG_TRUSTED_FIRST);
    t->X509_VERIFY_PARAM_set_hostflags(p, c->host_flags);
    t->SSL_CTX_set_post_handshake_auth(c->ctx, c->post_handshake_auth);
    t->SSL_CTX_set_verify(c->ctx, c->check_hostname ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT : SSL_VERIFY_NONE, NULL);
    return true;
}

static Value context_m_new(Vm *vm, Value self, const Args *args)
{
    const Tls *t = tls_of(vm);
    int64_t protocol;
    if (!op_int64(vm, args->v[0], &protocol))
        return VALUE_ERROR;
    const SSL_METHOD *method = method_of(t, protocol);
    if (!method)
        return raise_exc(vm, EXC_ValueError, "invalid or unsupported protocol version %lld", (long long)protocol);
    TlsContext *c = (TlsContext *)object_alloc(vm, as_type(self));
    if (!c)
        return VALUE_ERROR;
    c->sni = c->trace = c->keylog = c->psk_client = c->psk_server = c->alpn = VALUE_NONE;
    c->keylog_fd = -1;
    heap_set_ptr(vm, c, &c->tls, tls_of(vm));
    c->free = t->SSL_CTX_free;
    c->ctx = t->SSL_CTX_new(method);
    if (!c->ctx)
        return tls_raise_queue(vm, LINE_ANY);
    c->method = (int)protocol;
    c->check_hostname = protocol == PROTOCOL_TLS_CLIENT;
    c->host_flags = X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;
    return configure(vm, c) ? value_from_obj(c) : VALUE_ERROR;
}

/* ---- certificates and keys ---- */

typedef struct Password {
    Vm *vm;
    Value given;                /* NONE: none, bytes, str, or callable */
    bool failed;                /* an exception is pending */
} Password;

static int give_password(char *buf, int size, int rwflag, void *ud)
{
    Password *p = ud;
    Vm *vm = p->vm;
    const char *text;
    size_t n;
    (void)rwflag;
    Value v = p->given;
    bool called = op_callable(vm, v);
    if (called)
        v = op_call0(vm, v);
    if (value_is_empty(v)) {
        p->failed = true;
        return -1;
    }
    if (is_str(v)) {
        text = str_data(as_str(v));
        n = as_str(v)->len;
    } else if (!bytes_view(vm, v, &text, &n)) {
        exc_discard(vm);
        p->failed = true;
        raise_exc(vm, EXC_TypeError, called ? "password callback must return a string" :
                  "password should be a string or callable");
        return -1;
    }
    if (n > (size_t)size) {
        p->failed = true;
        raise_exc(vm, EXC_ValueError, "password cannot be longer than %d bytes", size);
        return -1;
    }
    memcpy(buf, text, n);
    return (int)n;
}

/* A file that could not be read: by errno, else what OpenSSL says. */
static Value file_error(Vm *vm, const Password *pw, int line)
{
    if (pw && pw->failed) {
        tls_of(vm)->ERR_clear_error();
        return VALUE_ERROR;
    }
    if (errno) {
        int err = errno;
        tls_of(vm)->ERR_clear_error();
        return raise_os(vm, err, VALUE_EMPTY);
    }
    return tls_raise_queue(vm, line);
}

static bool cert_path(Vm *vm, Value v, const char *name, Path *out)
{
    if (path_of(vm, v, NULL, NULL, out))
        return true;
    if (exc_pending_is(vm, EXC_TypeError)) {
        exc_discard(vm);
        raise_exc(vm, EXC_TypeError, "%s should be a valid filesystem path", name);
    }
    return false;
}

static Value load_chain(Vm *vm, const TlsContext *c, const Path *cert, const Path *key, Password *pw)
{
    const Tls *t = tls_of(vm);
    errno = 0;
    t->ERR_clear_error();
    if (t->SSL_CTX_use_certificate_chain_file(c->ctx, cert->text) != 1)
        return file_error(vm, pw, LINE_CERT_FILE);
    errno = 0;
    if (t->SSL_CTX_use_PrivateKey_file(c->ctx, key->text, SSL_FILETYPE_PEM) != 1)
        return file_error(vm, pw, LINE_KEY_FILE);
    return t->SSL_CTX_check_private_key(c->ctx) == 1 ? VALUE_NONE : tls_raise_queue(vm, LINE_KEY_MATCH);
}

static Value context_m_load_cert_chain(Vm *vm, Value self, const Args *args)
{
    const Tls *t = tls_of(vm);
    const TlsContext *c = as_context(self);
    Path cert, key;
    Password pw = { vm, args->v[2], false };
    if (!rt_allowed(vm, ALLOW_FS_READ, "load_cert_chain") || !cert_path(vm, args->v[0], "certfile", &cert) ||
        !cert_path(vm, value_is_none(args->v[1]) ? args->v[0] : args->v[1], "keyfile", &key))
        return VALUE_ERROR;
    LentBytes lent;
    if (!value_is_none(pw.given) && !is_str(pw.given) && !op_callable(vm, pw.given) && !is_bytes(pw.given) &&
        !is_bytearray(pw.given) && !bytes_lent(vm, pw.given, &lent))
        return raise_exc(vm, EXC_TypeError, "password should be a string or callable");
    pem_password_cb *cb = t->SSL_CTX_get_default_passwd_cb(c->ctx);
    void *ud = t->SSL_CTX_get_default_passwd_cb_userdata(c->ctx);
    if (!value_is_none(pw.given)) {
        t->SSL_CTX_set_default_passwd_cb(c->ctx, give_password);
        t->SSL_CTX_set_default_passwd_cb_userdata(c->ctx, &pw);
    }
    Value r = load_chain(vm, c, &cert, &key, &pw);
    t->SSL_CTX_set_default_passwd_cb(c->ctx, cb);
    t->SSL_CTX_set_default_passwd_cb_userdata(c->ctx, ud);
    return r;
}

/* Certificates one after the other, as DER or PEM, into the store. */
static bool add_certs(Vm *vm, const TlsContext *c, const char *p, size_t n, int form)
{
    const Tls *t = tls_of(vm);
    if (!n) {
        raise_exc(vm, EXC_ValueError, "Empty certificate data");
        return false;
    }
    BIO *b = n <= INT32_MAX ? t->BIO_new_mem_buf(p, (int)n) : NULL;
    if (!b) {
        raise_no_memory(vm);
        return false;
    }
    X509_STORE *store = t->SSL_CTX_get_cert_store(c->ctx);
    unsigned loaded = 0;
    bool drained;
    while (!(drained = !t->BIO_ctrl_pending(b))) {
        X509 *x = form == X509_FILETYPE_ASN1 ? t->d2i_X509_bio(b, NULL) : t->PEM_read_bio_X509(b, NULL, NULL, NULL);
        if (!x)
            break;
        int ok = t->X509_STORE_add_cert(store, x);
        t->X509_free(x);
        unsigned long e = ok ? 0 : t->ERR_peek_last_error();
        if (!ok && !(ERR_GET_LIB(e) == ERR_LIB_X509 && ERR_GET_REASON(e) == X509_R_CERT_ALREADY_IN_HASH_TABLE))
            break;
        t->ERR_clear_error();
        loaded++;
    }
    unsigned long e = t->ERR_peek_last_error();
    bool at_end = form == X509_FILETYPE_PEM && ERR_GET_LIB(e) == ERR_LIB_PEM && ERR_GET_REASON(e) == PEM_R_NO_START_LINE;
    t->BIO_free(b);
    if (loaded && !at_end && !drained && e) {
        tls_raise_queue(vm, LINE_CADATA_REST);
        return false;
    }
    t->ERR_clear_error();
    if (!loaded) {
        const char *what = form == X509_FILETYPE_PEM ? "no start line: cadata does not contain a certificate"
                                                     : "not enough data: cadata does not contain a certificate";
        tls_raise_text(vm, "SSLError", 0, what, LINE_CADATA);
        return false;
    }
    return true;
}

static bool add_data(Vm *vm, const TlsContext *c, Value data)
{
    const char *p;
    size_t n;
    if (is_str(data) && str_is_ascii(as_str(data)))
        return add_certs(vm, c, str_data(as_str(data)), as_str(data)->len, X509_FILETYPE_PEM);
    if (!is_str(data) && bytes_view(vm, data, &p, &n))
        return add_certs(vm, c, p, n, X509_FILETYPE_ASN1);
    exc_discard(vm);
    raise_exc(vm, EXC_TypeError, "cadata should be an ASCII string or a bytes-like object");
    return false;
}

static Value context_m_load_verify_locations(Vm *vm, Value self, const Args *args)
{
    const Tls *t = tls_of(vm);
    const TlsContext *c = as_context(self);
    Path file = { .text = NULL }, dir = { .text = NULL };
    bool has_file = !value_is_none(args->v[0]), has_dir = !value_is_none(args->v[1]), has_data = !value_is_none(args->v[2]);
    if (!has_file && !has_dir && !has_data)
        return raise_exc(vm, EXC_TypeError, "cafile, capath and cadata cannot be all omitted");
    if ((has_file && !cert_path(vm, args->v[0], "cafile", &file)) || (has_dir && !cert_path(vm, args->v[1], "capath", &dir)))
        return VALUE_ERROR;
    if (has_data && !add_data(vm, c, args->v[2]))
        return VALUE_ERROR;
    if (!has_file && !has_dir)
        return VALUE_NONE;
    if (!rt_allowed(vm, ALLOW_FS_READ, "load_verify_locations"))
        return VALUE_ERROR;
    errno = 0;
    t->ERR_clear_error();
    if (t->SSL_CTX_load_verify_locations(c->ctx, file.text, dir.text) != 1)
        return file_error(vm, NULL, LINE_VERIFY_FILE);
    return VALUE_NONE;
}

static Value context_m_set_default_verify_paths(Vm *vm, Value self, const Args *args)
{
    (void)args;
    if (!rt_allowed(vm, ALLOW_FS_READ, "set_default_verify_paths"))
        return VALUE_ERROR;
    return tls_of(vm)->SSL_CTX_set_default_verify_paths(as_context(self)->ctx) ? VALUE_NONE : tls_raise_queue(vm, LINE_ANY);
}

static Value context_m_load_dh_params(Vm *vm, Value self, const Args *args)
{
    const Tls *t = tls_of(vm);
    Path p;
    if (!rt_allowed(vm, ALLOW_FS_READ, "load_dh_params") || !path_of(vm, args->v[0], NULL, NULL, &p))
        return VALUE_ERROR;
    errno = 0;
    BIO *b = t->BIO_new_file(p.text, "r");
    if (!b) {
        int err = errno ? errno : ENOENT;
        t->ERR_clear_error();
        return raise_os(vm, err, args->v[0]);
    }
    errno = 0;
    DH *dh = t->PEM_read_bio_DHparams(b, NULL, NULL, NULL);
    t->BIO_free(b);
    if (!dh)
        return file_error(vm, NULL, LINE_DH);
    long ok = t->SSL_CTX_ctrl(as_context(self)->ctx, SSL_CTRL_SET_TMP_DH, 0, dh);
    t->DH_free(dh);
    return ok ? VALUE_NONE : tls_raise_queue(vm, LINE_ANY);
}

static Value context_m_set_ecdh_curve(Vm *vm, Value self, const Args *args)
{
    const Tls *t = tls_of(vm);
    const char *name;
    Value keep;
    if (is_str(args->v[0])) {
        if (!(name = str_c(vm, as_str(args->v[0]), &keep)))
            return VALUE_ERROR;
    } else {
        Path p;
        if (!path_of(vm, args->v[0], NULL, NULL, &p))
            return VALUE_ERROR;
        name = p.text;
    }
    int nid = t->OBJ_sn2nid(name);
    if (nid == NID_undef)
        return raise_exc(vm, EXC_ValueError, "unknown elliptic curve name %R", args->v[0]);
    return t->SSL_CTX_ctrl(as_context(self)->ctx, SSL_CTRL_SET_GROUPS, 1, &nid) ? VALUE_NONE : tls_raise_queue(vm, LINE_ANY);
}

/* ---- looking at it ---- */

static Value context_m_session_stats(Vm *vm, Value self, const Args *args)
{
    static const struct { const char *name; int what; } stats[] = {
        { "number", SSL_CTRL_SESS_NUMBER }, { "connect", SSL_CTRL_SESS_CONNECT }, { "connect_good", SSL_CTRL_SESS_CONNECT_GOOD },
        { "connect_renegotiate", SSL_CTRL_SESS_CONNECT_RENEGOTIATE }, { "accept", SSL_CTRL_SESS_ACCEPT },
        { "accept_good", SSL_CTRL_SESS_ACCEPT_GOOD }, { "accept_renegotiate", SSL_CTRL_SESS_ACCEPT_RENEGOTIATE },
        { "hits", SSL_CTRL_SESS_HIT }, { "misses", SSL_CTRL_SESS_MISSES }, { "timeouts", SSL_CTRL_SESS_TIMEOUTS },
        { "cache_full", SSL_CTRL_SESS_CACHE_FULL },
    };
    Dict *d = dict_new(vm);
    (void)args;
    for (size_t i = 0; d && i < COUNT_OF(stats); i++)
        if (!dict_set_cstr(vm, d, stats[i].name,
                           value_from_int48(tls_of(vm)->SSL_CTX_ctrl(as_context(self)->ctx, stats[i].what, 0, NULL))))
            return VALUE_ERROR;
    return d ? value_from_obj(d) : VALUE_ERROR;
}

static const OPENSSL_STACK *authorities(const Tls *t, const TlsContext *c)
{
    return (const OPENSSL_STACK *)t->X509_STORE_get0_objects(t->SSL_CTX_get_cert_store(c->ctx));
}

static Value context_m_cert_store_stats(Vm *vm, Value self, const Args *args)
{
    const Tls *t = tls_of(vm);
    const OPENSSL_STACK *all = authorities(t, as_context(self));
    int64_t certs = 0, crls = 0, cas = 0;
    (void)args;
    for (int i = 0; i < t->OPENSSL_sk_num(all); i++) {
        const X509_OBJECT *o = t->OPENSSL_sk_value(all, i);
        X509_LOOKUP_TYPE type = t->X509_OBJECT_get_type(o);
        certs += type == X509_LU_X509;
        crls += type == X509_LU_CRL;
        cas += type == X509_LU_X509 && t->X509_check_ca(t->X509_OBJECT_get0_X509(o));
    }
    Dict *d = dict_new(vm);
    bool ok = d && dict_set_cstr(vm, d, "x509", value_from_int48(certs)) && dict_set_cstr(vm, d, "crl", value_from_int48(crls)) &&
              dict_set_cstr(vm, d, "x509_ca", value_from_int48(cas));
    return ok ? value_from_obj(d) : VALUE_ERROR;
}

static Value context_m_get_ca_certs(Vm *vm, Value self, const Args *args)
{
    const Tls *t = tls_of(vm);
    const OPENSSL_STACK *all = authorities(t, as_context(self));
    int binary = op_truth(vm, args->v[0]);
    List *l = binary < 0 ? NULL : list_new(vm, 0);
    for (int i = 0; l && i < t->OPENSSL_sk_num(all); i++) {
        const X509_OBJECT *o = t->OPENSSL_sk_value(all, i);
        if (t->X509_OBJECT_get_type(o) != X509_LU_X509)
            continue;
        X509 *x = t->X509_OBJECT_get0_X509(o);
        if (!t->X509_check_ca(x))
            continue;
        Value v = binary ? tls_cert_der(vm, x) : tls_decode_cert(vm, x);
        if (value_is_empty(v) || !list_append(vm, l, v))
            return VALUE_ERROR;
    }
    return l ? value_from_obj(l) : VALUE_ERROR;
}

static Value context_m_get_ciphers(Vm *vm, Value self, const Args *args)
{
    const Tls *t = tls_of(vm);
    SSL *ssl = t->SSL_new(as_context(self)->ctx);
    (void)args;
    if (!ssl)
        return tls_raise_queue(vm, LINE_ANY);
    const OPENSSL_STACK *all = (const OPENSSL_STACK *)t->SSL_get_ciphers(ssl);
    List *l = list_new(vm, 0);
    bool ok = l;
    for (int i = 0; ok && i < t->OPENSSL_sk_num(all); i++) {
        Value d = tls_cipher_dict(vm, t->OPENSSL_sk_value(all, i));
        ok = !value_is_empty(d) && list_append(vm, l, d);
    }
    t->SSL_free(ssl);
    return ok ? value_from_obj(l) : VALUE_ERROR;
}

static Value context_m_set_ciphers(Vm *vm, Value self, const Args *args)
{
    Value keep;
    const char *list = str_c(vm, as_str(args->v[0]), &keep);
    if (!list)
        return VALUE_ERROR;
    if (tls_of(vm)->SSL_CTX_set_cipher_list(as_context(self)->ctx, list))
        return VALUE_NONE;
    tls_of(vm)->ERR_clear_error();
    RAISE_LIB(vm, "ssl", "SSLError", "No cipher can be selected.");
    return VALUE_ERROR;
}

/* ---- application protocols ---- */

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *outlen, const unsigned char *in, unsigned inlen,
                           void *arg)
{
    const TlsContext *c = arg;
    (void)ssl;
    /* The first of ours that the client knows, too: both lists have the form of the wire. */
    const unsigned char *ours = (const unsigned char *)as_bytes(c->alpn)->data, *end = ours + as_bytes(c->alpn)->len;
    for (; ours < end; ours += *ours + 1)
        for (const unsigned char *p = in; p < in + inlen; p += *p + 1)
            if (*p == *ours && !memcmp(p + 1, ours + 1, *p)) {
                *out = p + 1;
                *outlen = *p;
                return SSL_TLSEXT_ERR_OK;
            }
    return SSL_TLSEXT_ERR_NOACK;
}

static Value context_m_set_alpn_protocols(Vm *vm, Value self, const Args *args)
{
    const Tls *t = tls_of(vm);
    TlsContext *c = as_context(self);
    const char *p;
    size_t n;
    if (!bytes_view(vm, args->v[0], &p, &n))
        return VALUE_ERROR;
    Bytes *b = bytes_new(vm, p, n);
    if (!b)
        return VALUE_ERROR;
    heap_set(vm, c, &c->alpn, value_from_obj(b));
    if (t->SSL_CTX_set_alpn_protos(c->ctx, (const unsigned char *)b->data, (unsigned)n))
        return raise_no_memory(vm);
    t->SSL_CTX_set_alpn_select_cb(c->ctx, choose_protocol, c);
    return VALUE_NONE;
}

/* ---- connections ---- */

static Value context_m_wrap_bio(Vm *vm, Value self, const Args *args)
{
    int server = op_truth(vm, args->v[2]);
    for (int i = 0; i < 2; i++)
        if (type_of(vm, args->v[i])->layout != &tls_bio_layout)
            return raise_exc(vm, EXC_TypeError, "_wrap_bio() argument '%s' must be _ssl.MemoryBIO, not %T", i ?
                             "outgoing" : "incoming",
                             args->v[i]);
    if (server < 0)
        return VALUE_ERROR;
    return tls_object_new(vm, as_context(self), args->v[0], args->v[1], server, args->v[3], args->v[4], args->v[5]);
}

/* ---- attributes ---- */

static Value context_get_check_hostname(Vm *vm, Value self)
{
    (void)vm;
    return value_from_bool(as_context(self)->check_hostname);
}

static bool context_set_check_hostname(Vm *vm, Value self, Value v)
{
    const Tls *t = tls_of(vm);
    int on = value_is_empty(v) ? 0 : op_truth(vm, v);
    if (on < 0)
        return false;
    as_context(self)->check_hostname = on;
    if (on && t->SSL_CTX_get_verify_mode(as_context(self)->ctx) == SSL_VERIFY_NONE)
        t->SSL_CTX_set_verify(as_context(self)->ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    return true;
}

/* An int of a setter. */
static bool number(Vm *vm, Value v, int64_t *out)
{
    if (value_is_empty(v)) {
        raise_exc(vm, EXC_TypeError, "can't delete this attribute");
        return false;
    }
    if (!is_int(v)) {
        raise_exc(vm, EXC_TypeError, "argument must be int, not %T", v);
        return false;
    }
    return op_int64(vm, v, out);
}

static Value context_get_host_flags(Vm *vm, Value self)
{
    (void)vm;
    return value_from_int48(as_context(self)->host_flags);
}

static bool context_set_host_flags(Vm *vm, Value self, Value v)
{
    const Tls *t = tls_of(vm);
    int64_t n;
    if (!number(vm, v, &n))
        return false;
    as_context(self)->host_flags = (unsigned)n;
    t->X509_VERIFY_PARAM_set_hostflags(t->SSL_CTX_get0_param(as_context(self)->ctx), (unsigned)n);
    return true;
}

static Value version_get(Vm *vm, Value self, int what, int64_t unset)
{
    int method = as_context(self)->method;
    bool one = method != PROTOCOL_TLS && method != PROTOCOL_TLS_CLIENT && method != PROTOCOL_TLS_SERVER;
    long v = one ? 0 : tls_of(vm)->SSL_CTX_ctrl(as_context(self)->ctx, what, 0, NULL);
    return value_from_int48(v ? v : unset);
}

static bool version_set(Vm *vm, Value self, Value v, bool low)
{
    TlsContext *c = as_context(self);
    int64_t n;
    if (!number(vm, v, &n))
        return false;
    if (c->method != PROTOCOL_TLS && c->method != PROTOCOL_TLS_CLIENT && c->method != PROTOCOL_TLS_SERVER) {
        raise_exc(vm, EXC_ValueError, "The context's protocol doesn't support modification of highest and lowest version.");
        return false;
    }
    if (n != VERSION_MINIMUM && n != VERSION_MAXIMUM && (n < SSL3_VERSION || n > TLS1_3_VERSION)) {
        raise_exc(vm, EXC_ValueError, "Unsupported TLS/SSL version 0x%x", (unsigned)n);
        return false;
    }
    long to = n == VERSION_MINIMUM ? (low ? 0 : TLS1_VERSION) : n == VERSION_MAXIMUM ? (low ? TLS1_3_VERSION : 0) : (long)n;
    if (tls_of(vm)->SSL_CTX_ctrl(c->ctx, low ? SSL_CTRL_SET_MIN_PROTO_VERSION : SSL_CTRL_SET_MAX_PROTO_VERSION, to, NULL))
        return true;
    raise_exc(vm, EXC_ValueError, "Unsupported protocol version 0x%x", (unsigned)n);
    return false;
}

static Value context_get_minimum_version(Vm *vm, Value self)
{
    return version_get(vm, self, SSL_CTRL_GET_MIN_PROTO_VERSION, VERSION_MINIMUM);
}

static bool context_set_minimum_version(Vm *vm, Value self, Value v)
{
    return version_set(vm, self, v, true);
}

static Value context_get_maximum_version(Vm *vm, Value self)
{
    return version_get(vm, self, SSL_CTRL_GET_MAX_PROTO_VERSION, VERSION_MAXIMUM);
}

static bool context_set_maximum_version(Vm *vm, Value self, Value v)
{
    return version_set(vm, self, v, false);
}

static Value context_get_options(Vm *vm, Value self)
{
    return int_new_u64(vm, tls_of(vm)->SSL_CTX_get_options(as_context(self)->ctx));
}

static bool context_set_options(Vm *vm, Value self, Value v)
{
    const Tls *t = tls_of(vm);
    int64_t n;
    if (!number(vm, v, &n))
        return false;
    if (n < 0) {
        raise_exc(vm, EXC_OverflowError, "can't convert negative int to unsigned");
        return false;
    }
    uint64_t now = t->SSL_CTX_get_options(as_context(self)->ctx), want = (uint64_t)n;
    t->SSL_CTX_clear_options(as_context(self)->ctx, now & ~want);
    t->SSL_CTX_set_options(as_context(self)->ctx, want & ~now);
    return true;
}

static Value context_get_verify_mode(Vm *vm, Value self)
{
    int mode = tls_of(vm)->SSL_CTX_get_verify_mode(as_context(self)->ctx) & (SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT);
    return value_from_int48(mode == SSL_VERIFY_NONE ? 0 : mode == SSL_VERIFY_PEER ? 1 : 2);
}

static bool context_set_verify_mode(Vm *vm, Value self, Value v)
{
    int64_t n;
    if (value_is_empty(v) ? !number(vm, v, &n) : !op_int64(vm, v, &n))
        return false;
    if (n < 0 || n > 2) {
        raise_exc(vm, EXC_ValueError, "invalid value for verify_mode");
        return false;
    }
    if (!n && as_context(self)->check_hostname) {
        raise_exc(vm, EXC_ValueError, "Cannot set verify_mode to CERT_NONE when check_hostname is enabled.");
        return false;
    }
    static const int modes[] = { SSL_VERIFY_NONE, SSL_VERIFY_PEER, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT };
    tls_of(vm)->SSL_CTX_set_verify(as_context(self)->ctx, modes[n], NULL);
    return true;
}

static Value context_get_verify_flags(Vm *vm, Value self)
{
    const Tls *t = tls_of(vm);
    return int_new_u64(vm, t->X509_VERIFY_PARAM_get_flags(t->SSL_CTX_get0_param(as_context(self)->ctx)));
}

static bool context_set_verify_flags(Vm *vm, Value self, Value v)
{
    const Tls *t = tls_of(vm);
    X509_VERIFY_PARAM *p = t->SSL_CTX_get0_param(as_context(self)->ctx);
    int64_t n;
    if (!number(vm, v, &n))
        return false;
    unsigned long now = t->X509_VERIFY_PARAM_get_flags(p), want = (unsigned long)n;
    t->X509_VERIFY_PARAM_clear_flags(p, now & ~want);
    t->X509_VERIFY_PARAM_set_flags(p, want & ~now);
    return true;
}

static Value context_get_protocol(Vm *vm, Value self)
{
    (void)vm;
    return value_from_int48(as_context(self)->method);
}

static Value context_get_num_tickets(Vm *vm, Value self)
{
    return value_from_int48((int64_t)tls_of(vm)->SSL_CTX_get_num_tickets(as_context(self)->ctx));
}

static bool context_set_num_tickets(Vm *vm, Value self, Value v)
{
    int64_t n;
    if (!number(vm, v, &n))
        return false;
    if (n < 0) {
        raise_exc(vm, EXC_ValueError, "value must be non-negative");
        return false;
    }
    if (as_context(self)->method != PROTOCOL_TLS_SERVER) {
        raise_exc(vm, EXC_ValueError, "SSLContext is not a server context.");
        return false;
    }
    tls_of(vm)->SSL_CTX_set_num_tickets(as_context(self)->ctx, (size_t)n);
    return true;
}

static Value context_get_post_handshake_auth(Vm *vm, Value self)
{
    (void)vm;
    return value_from_bool(as_context(self)->post_handshake_auth);
}

static bool context_set_post_handshake_auth(Vm *vm, Value self, Value v)
{
    if (value_is_empty(v)) {
        raise_exc(vm, EXC_AttributeError, "cannot delete attribute");
        return false;
    }
    int on = op_truth(vm, v);
    as_context(self)->post_handshake_auth = on > 0;
    return on >= 0;
}

static Value context_get_security_level(Vm *vm, Value self)
{
    return value_from_int48(tls_of(vm)->SSL_CTX_get_security_level(as_context(self)->ctx));
}

static Value context_get_keylog(Vm *vm, Value self)
{
    (void)vm;
    return as_context(self)->keylog;
}

static void log_key(const SSL *ssl, const char *line)
{
    const TlsObject *o = tls_callback_object(ssl);
    struct iovec parts[2] = { { (void *)(uintptr_t)line, strlen(line) }, { (void *)(uintptr_t)"\n", 1 } };
    if (o && o->ctx->keylog_fd >= 0 && writev(o->ctx->keylog_fd, parts, 2) < 0)
        return;                 /* nobody can be told */
}

static void end_keylog(Vm *vm, TlsContext *c)
{
    if (c->keylog_fd >= 0)
        close(c->keylog_fd);
    c->keylog_fd = -1;
    heap_set(vm, c, &c->keylog, VALUE_NONE);
    tls_of(vm)->SSL_CTX_set_keylog_callback(c->ctx, NULL);
}

static bool context_set_keylog(Vm *vm, Value self, Value v)
{
    static const char head[] = "# TLS secrets log file, generated by OpenSSL / Python\n";
    TlsContext *c = as_context(self);
    Path p;
    end_keylog(vm, c);
    if (value_is_none(v) || value_is_empty(v))
        return true;
    if (!rt_allowed(vm, ALLOW_FS_WRITE, "keylog_filename") || !path_of(vm, v, NULL, NULL, &p))
        return false;
    c->keylog_fd = open(p.text, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    struct stat st;
    if (c->keylog_fd < 0 || fstat(c->keylog_fd, &st) || (!st.st_size && write(c->keylog_fd, head, sizeof head - 1) < 0)) {
        raise_os(vm, errno, v);
        return false;
    }
    heap_set(vm, c, &c->keylog, v);
    tls_of(vm)->SSL_CTX_set_keylog_callback(c->ctx, log_key);
    return true;
}

static Value context_get_sni(Vm *vm, Value self)
{
    (void)vm;
    return as_context(self)->sni;
}

static bool context_set_sni(Vm *vm, Value self, Value v)
{
    const Tls *t = tls_of(vm);
    TlsContext *c = as_context(self);
    if (c->method == PROTOCOL_TLS_CLIENT) {
        raise_exc(vm, EXC_ValueError, "sni_callback cannot be set on TLS_CLIENT context");
        return false;
    }
    if (value_is_empty(v))
        v = VALUE_NONE;
    if (!value_is_none(v) && !op_callable(vm, v)) {
        heap_set(vm, c, &c->sni, VALUE_NONE);
        t->SSL_CTX_callback_ctrl(c->ctx, SSL_CTRL_SET_TLSEXT_SERVERNAME_CB, NULL);
        raise_exc(vm, EXC_TypeError, "not a callable object");
        return false;
    }
    heap_set(vm, c, &c->sni, v);
    t->SSL_CTX_callback_ctrl(c->ctx, SSL_CTRL_SET_TLSEXT_SERVERNAME_CB,
                             value_is_none(v) ? NULL : (void (*)(void))tls_server_name);
    t->SSL_CTX_ctrl(c->ctx, SSL_CTRL_SET_TLSEXT_SERVERNAME_ARG, 0, c);
    return true;
}

static const MethodDef methods[] = {
    METHOD(context, new, "__new__(protocol, /)", "Settings for connections of a protocol."),
    METHOD(context, wrap_bio, "_wrap_bio(incoming, outgoing, server_side, server_hostname=None, *, owner=None, session=None)",
           "A TLS object between two queues of bytes."),
    METHOD(context, set_ciphers, "set_ciphers(cipherlist: str, /)", "Which ciphers may be used, in OpenSSL's notation."),
    METHOD(context, set_alpn_protocols, "_set_alpn_protocols(protos, /)", "Application protocols in the form of the wire."),
    METHOD(context, load_cert_chain, "load_cert_chain(certfile, keyfile=None, password=None)",
           "Our own certificate with those that vouch for it, and its key."),
    METHOD(context, load_dh_params, "load_dh_params(filepath, /)", "Parameters for Diffie-Hellman from a file."),
    METHOD(context, load_verify_locations, "load_verify_locations(cafile=None, capath=None, cadata=None)",
           "Certificates that are trusted: a file, a folder, or PEM text or DER bytes."),
    METHOD(context, session_stats, "session_stats()", "How many sessions were made, used again and so on."),
    METHOD(context, set_default_verify_paths, "set_default_verify_paths()", "Trust what the system trusts."),
    METHOD(context, set_ecdh_curve, "set_ecdh_curve(name, /)", "The curve for Diffie-Hellman on elliptic curves."),
    METHOD(context, cert_store_stats, "cert_store_stats()", "How many certificates and revocation lists are loaded."),
    METHOD(context, get_ca_certs, "get_ca_certs(binary_form=False)", "The authorities that are loaded, as dicts or as DER."),
    METHOD(tls_context, psk_client, "set_psk_client_callback(callback)",
           "callback(hint) gives a client's name (or None) and key, when there is no certificate."),
    METHOD(tls_context, psk_server, "set_psk_server_callback(callback, identity_hint=None)",
           "callback(name) gives the key of a client; the hint is sent to clients."),
    METHOD(context, get_ciphers, "get_ciphers()", "What may be used, a dict for each cipher."),
    { 0 }
};
static const GetSetDef getsets[] = {
    { "check_hostname", "Must the certificate be made out for the host's name?", context_get_check_hostname,
      context_set_check_hostname },
    { "_host_flags", "How names are compared.", context_get_host_flags, context_set_host_flags },
    { "minimum_version", "The oldest version that is spoken.", context_get_minimum_version, context_set_minimum_version },
    { "maximum_version", "The newest version that is spoken.", context_get_maximum_version, context_set_maximum_version },
    { "keylog_filename", "A file for the secrets of connections, or None.", context_get_keylog, context_set_keylog },
    { "_msg_callback", "Called for each message of the protocol.", tls_context_get_trace, tls_context_set_trace },
    { "sni_callback", "Called with the name that a client asks for.", context_get_sni, context_set_sni },
    { "num_tickets", "Tickets for later sessions that a server sends at first.", context_get_num_tickets,
      context_set_num_tickets },
    { "options", "OP_* bits.", context_get_options, context_set_options },
    { "post_handshake_auth", "May clients be asked for a certificate later?", context_get_post_handshake_auth,
      context_set_post_handshake_auth },
    { "protocol", "PROTOCOL_* that the context was made for.", context_get_protocol, NULL },
    { "verify_flags", "VERIFY_* bits.", context_get_verify_flags, context_set_verify_flags },
    { "verify_mode", "CERT_NONE, CERT_OPTIONAL or CERT_REQUIRED.", context_get_verify_mode, context_set_verify_mode },
    { "security_level", "OpenSSL's level of security.", context_get_security_level, NULL },
    { 0 }
};

bool tls_context_init(Vm *vm, Module *m, Tls *t)
{
    static const TypeDef def = { .name = "_ssl._SSLContext", .doc = "Settings that TLS connections share.",
                                 .layout = &tls_context_layout, .methods = methods, .getsets = getsets, .flags = TYPE_BASE };
    t->context_type = lib_add_type(vm, m, &def, vm->types.object);
    return t->context_type;
}
