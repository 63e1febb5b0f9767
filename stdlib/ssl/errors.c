/* SPDX-License-Identifier: MIT
 * What OpenSSL complains of, as the exceptions of `ssl`. */
#include "stdlib/ssl/ssl.h"

#include <ctype.h>
#include <errno.h>

#include "vm/objects/int.h"

/* Numbers of SSL_ERROR_* that are the module's own. */
enum { ERROR_EOF = 8 };

static const struct {
    int lib;
    const char *name;
} libraries[] = {
    { ERR_LIB_ASN1, "ASN1" }, { ERR_LIB_BIO, "BIO" }, { ERR_LIB_BN, "BN" }, { ERR_LIB_CONF, "CONF" },
        { ERR_LIB_CRYPTO, "CRYPTO" },
    { ERR_LIB_DH, "DH" }, { ERR_LIB_EC, "EC" }, { ERR_LIB_EVP, "EVP" }, { ERR_LIB_OBJ, "OBJ" }, { ERR_LIB_PEM, "PEM" },
    { ERR_LIB_PKCS12, "PKCS12" }, { ERR_LIB_RAND, "RAND" }, { ERR_LIB_RSA, "RSA" }, { ERR_LIB_SSL, "SSL" },
        { ERR_LIB_SYS, "SYS" },
    { ERR_LIB_UI, "UI" }, { ERR_LIB_X509, "X509" }, { ERR_LIB_X509V3, "X509V3" },
};

static const char *library_name(int lib)
{
    for (size_t i = 0; i < COUNT_OF(libraries); i++)
        if (libraries[i].lib == lib)
            return libraries[i].name;
    return NULL;
}

/* "certificate verify failed" is CERTIFICATE_VERIFY_FAILED. Only what a library says of itself has such a name: a code
 * that names another library ("PEM lib") has none, nor has one that came after 3.13. */
static Value reason_name(Vm *vm, unsigned long code, const char *text)
{
    if (!text || ERR_COMMON_ERROR(code) ||
        (ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_TLSV1_ALERT_UNKNOWN_PSK_IDENTITY))
        return VALUE_NONE;
    Str *s = str_cstr(vm, text);
    if (!s)
        return VALUE_ERROR;
    for (size_t i = 0; i < s->len; i++)
        s->text[i] = isalnum((unsigned char)s->text[i]) ? (char)toupper((unsigned char)s->text[i]) : '_';
    return value_from_obj(s);
}

static bool set(Vm *vm, Value exc, const char *name, Value v)
{
    Str *s = str_intern(vm, name, strlen(name));
    return s && !value_is_empty(v) && attr_set(vm, exc, s, v);
}

/* Why the certificate is not believed, in words; NULL: it could not be told. */
static Str *verify_text(Vm *vm, TlsObject *o, long code)
{
    const Tls *t = tls_of(vm);
    if (code == X509_V_ERR_HOSTNAME_MISMATCH && o)
        return str_printf(vm, "Hostname mismatch, certificate is not valid for '%V'.", o->server_hostname);
    if (code == X509_V_ERR_IP_ADDRESS_MISMATCH && o)
        return str_printf(vm, "IP address mismatch, certificate is not valid for '%V'.", o->server_hostname);
    const char *s = t->X509_verify_cert_error_string(code);
    return str_cstr(vm, s ? s : "");
}

static Value raise_full(Vm *vm, TlsObject *o, const char *cls, int number, const char *text, unsigned long code, int line)
{
    const Tls *t = tls_of(vm);
    const char *lib = code ? library_name(ERR_GET_LIB(code)) : NULL;
    const char *reason_text = code ? t->ERR_reason_error_string(code) : NULL;
    bool verify = code && ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED && o;
    Value reason = code ? reason_name(vm, code, reason_text) : VALUE_NONE, why = VALUE_NONE;
    if (value_is_empty(reason))
        return VALUE_ERROR;
    if (!text)
        text = reason_text ? reason_text : "unknown error";
    long verify_code = 0;
    if (verify) {
        verify_code = t->SSL_get_verify_result(o->ssl);
        Str *s = verify_text(vm, o, verify_code);
        if (!s)
            return VALUE_ERROR;
        why = value_from_obj(s);
        cls = "SSLCertVerificationError";
    }
    Str *message = verify ? str_printf(vm, "[%s: %V] %s: %V (_ssl.c:%d)", lib ? lib : "", reason, text, why, line)
                 : lib && !value_is_none(reason) ? str_printf(vm, "[%s: %V] %s (_ssl.c:%d)", lib, reason, text, line)
                 : lib ? str_printf(vm, "[%s] %s (_ssl.c:%d)", lib, text, line) : str_printf(vm, "%s (_ssl.c:%d)", text, line);
    Type *type = message ? lib_type(vm, "ssl", cls) : NULL;
    if (!type)
        return VALUE_ERROR;
    Value args[2] = { value_from_int48(number), value_from_obj(message) };
    Value exc = op_call(vm, value_from_obj(type), 2, args);
    if (value_is_empty(exc) || !set(vm, exc, "reason", reason) || !set(vm, exc, "library", tls_str(vm, lib)))
        return VALUE_ERROR;
    if (verify && (!set(vm, exc, "verify_code", value_from_int48(verify_code)) || !set(vm, exc, "verify_message", why)))
        return VALUE_ERROR;
    return raise_value(vm, exc);
}

Value tls_raise_text(Vm *vm, const char *cls, int number, const char *text, int line)
{
    return raise_full(vm, NULL, cls, number, text, 0, line);
}

Value tls_raise_queue(Vm *vm, int line)
{
    const Tls *t = tls_of(vm);
    unsigned long code = t->ERR_peek_last_error();
    t->ERR_clear_error();
    return raise_full(vm, NULL, "SSLError", ERR_GET_REASON(code), NULL, code, line);
}

/* What the queue has, for a call that failed without a word of SSL_get_error(). */
static Value raise_protocol(Vm *vm, TlsObject *o, unsigned long code, int line)
{
    if (code && ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
        return raise_full(vm, o, "SSLEOFError", ERROR_EOF, "EOF occurred in violation of protocol", code, line);
    return raise_full(vm, o, "SSLError", SSL_ERROR_SSL, code ? NULL : "A failure in the SSL library occurred", code, line);
}

Value tls_raise(Vm *vm, TlsObject *o, int ret, int line)
{
    const Tls *t = tls_of(vm);
    int what = t->SSL_get_error(o->ssl, ret);
    unsigned long code = t->ERR_peek_last_error();
    t->ERR_clear_error();
    if (!value_is_empty(o->pending)) {          /* a callback raised something that must go on */
        Value exc = o->pending;
        o->pending = VALUE_EMPTY;
        return raise_value(vm, exc);
    }
    switch (what) {
    case SSL_ERROR_ZERO_RETURN:
        return raise_full(vm, o, "SSLZeroReturnError", what, "TLS/SSL connection has been closed (EOF)", 0, line);
    case SSL_ERROR_WANT_READ:
        return raise_full(vm, o, "SSLWantReadError", what, "The operation did not complete (read)", 0, line);
    case SSL_ERROR_WANT_WRITE:
        return raise_full(vm, o, "SSLWantWriteError", what, "The operation did not complete (write)", 0, line);
    case SSL_ERROR_WANT_X509_LOOKUP:
        return raise_full(vm, o, "SSLError", what, "The operation did not complete (X509 lookup)", 0, line);
    case SSL_ERROR_SYSCALL:
        if (code)
            return raise_full(vm, o, "SSLSyscallError", what, NULL, code, line);
        return raise_full(vm, o, "SSLEOFError", ERROR_EOF, "EOF occurred in violation of protocol", 0, line);
    case SSL_ERROR_SSL:
        return raise_protocol(vm, o, code, line);
    default:
        return raise_full(vm, o, "SSLError", 10, "Invalid error code", code, line);
    }
}
