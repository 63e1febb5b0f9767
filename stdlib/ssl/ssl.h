/* SPDX-License-Identifier: MIT
 * OpenSSL 3 as the module `ssl` uses it. The library is opened when the module is first imported: the binary itself
 * does not need it. All input and output goes through memory BIOs; sockets are the business of ssl.aio. */
#ifndef STDLIB_SSL_H
#define STDLIB_SSL_H

#define OPENSSL_API_COMPAT 0x10100000L  /* DH files */
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "runtime/runtime.h"
#include "stdlib/util.h"

#define TLS_LIBSSL "libssl.so.3"
#define TLS_LIBCRYPTO "libcrypto.so.3"

/* The functions of functions.def, by their names, and the types of the module. One a VM, at RT_ROOT_SSL. */
typedef struct Tls {
    Obj h;
#define CRYPTO(name) __typeof__(&(name)) name;
#define SSL(name) __typeof__(&(name)) name;
#include "stdlib/ssl/functions.def"
#undef CRYPTO
#undef SSL
    Type *context_type, *bio_type, *object_type, *session_type, *cert_type;
} Tls;
static inline Tls *tls_of(Vm *vm) { return (Tls *)value_obj(rt_of(vm)->roots[RT_ROOT_SSL]); }

enum { PROTOCOL_TLS = 2, PROTOCOL_TLSv1, PROTOCOL_TLSv1_1, PROTOCOL_TLSv1_2, PROTOCOL_TLS_CLIENT = 16, PROTOCOL_TLS_SERVER };

typedef struct TlsContext {
    Obj h;
    Tls *tls;
    SSL_CTX *ctx;
    void (*free)(SSL_CTX *);
    int method;                 /* PROTOCOL_* */
    bool check_hostname, post_handshake_auth;
    unsigned host_flags;
    Value sni;                  /* called for the server name, or NONE */
    Value psk_client, psk_server;
    Value trace;                /* called for each message, or NONE */
    Value keylog;               /* file name, or NONE */
    int keylog_fd;              /* -1: none */
    Value alpn;                 /* bytes in the form of the wire, or NONE */
} TlsContext;

typedef struct TlsBio {
    Obj h;
    BIO *bio;
    int (*free)(BIO *);
    bool eof_written;
} TlsBio;

typedef struct TlsObject {
    Obj h;
    SSL *ssl;
    void (*free)(SSL *);
    Vm *vm;
    TlsContext *ctx, *made_by;  /* made_by: its callbacks may still be called */
    Value owner;                /* SSLObject or SSLSocket, NONE */
    Value server_hostname;      /* Str or NONE */
    bool server_side;
    Value pending;              /* what a callback raised and only the end of the call can tell, EMPTY: nothing */
} TlsObject;

/* Where in CPython's _ssl.c an error is raised: the texts of errors end in these. */
enum { LINE_HANDSHAKE = 1020, LINE_WRITE = 2427, LINE_READ = 2580, LINE_SHUTDOWN = 2706, LINE_VERIFY_CLIENT = 2795,
       LINE_CERT_FILE = 3916, LINE_KEY_FILE = 3937, LINE_KEY_MATCH = 3946, LINE_CADATA = 4035, LINE_CADATA_REST = 4048,
       LINE_VERIFY_FILE = 4168, LINE_DH = 4216, LINE_PSK_CLIENT = 4799, LINE_PSK_SERVER = 4909,
       LINE_SERVER = 812, LINE_CLIENT = 819, LINE_ANY = 1 };

/* errors.c */
/* What SSL_get_error() says after a call that returned ret; o may be NULL: then what the queue has. */
Value tls_raise(Vm *vm, TlsObject *o, int ret, int line);
Value tls_raise_queue(Vm *vm, int line);
/* An error of this class of `ssl` and number with a text of our own: "text (_ssl.c:line)". */
Value tls_raise_text(Vm *vm, const char *cls, int number, const char *text, int line);

/* context.c, bio.c, object.c, cert.c */
MUST_USE bool tls_context_init(Vm *vm, Module *m, Tls *t);
MUST_USE bool tls_bio_init(Vm *vm, Module *m, Tls *t);
MUST_USE bool tls_object_init(Vm *vm, Module *m, Tls *t);
MUST_USE bool tls_cert_init(Vm *vm, Module *m, Tls *t);
MUST_USE Value tls_object_new(Vm *vm, TlsContext *c, Value in, Value out, bool server_side, Value hostname, Value owner,
                              Value session);
/* What an SSL belongs to; NULL: nothing. */
TlsObject *tls_object_of(const Tls *t, const SSL *ssl);
/* The same for callbacks that OpenSSL gives nothing else. */
TlsObject *tls_callback_object(const SSL *ssl);
/* psk.c: methods of the context */
Value tls_context_m_psk_client(Vm *vm, Value self, const Args *args);
Value tls_context_m_psk_server(Vm *vm, Value self, const Args *args);
/* trace.c */
Value tls_context_get_trace(Vm *vm, Value self);
bool tls_context_set_trace(Vm *vm, Value self, Value v);
/* The callback behind sni_callback; arg is the context. */
int tls_server_name(SSL *ssl, int *alert, void *arg);
MUST_USE Value tls_decode_cert(Vm *vm, X509 *x);                /* what getpeercert() returns */
MUST_USE Value tls_cert_der(Vm *vm, X509 *x);
MUST_USE Value tls_cert_new(Vm *vm, X509 *x);                  /* takes a reference of its own */
MUST_USE Value tls_cipher_tuple(Vm *vm, const SSL_CIPHER *c);   /* (name, protocol, bits) */
MUST_USE Value tls_cipher_dict(Vm *vm, const SSL_CIPHER *c);
extern const TypeLayout tls_context_layout, tls_bio_layout;

static inline MUST_USE Value tls_str(Vm *vm, const char *s)
{
    Str *t = s ? str_cstr(vm, s) : NULL;
    return !s ? VALUE_NONE : t ? value_from_obj(t) : VALUE_ERROR;
}

#endif
