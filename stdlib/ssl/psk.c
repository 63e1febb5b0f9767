/* SPDX-License-Identifier: MIT
 * Keys that both sides know beforehand, in place of certificates: OpenSSL asks, the script's callbacks answer. An
 * answer that cannot be used is reported, and counts as none. */
#include "stdlib/ssl/ssl.h"

#include "vm/objects/bytes.h"
#include "vm/objects/list.h"

static unsigned refuse(Vm *vm, Value callback)
{
    rt_unraisable(vm, exc_take(vm), NULL, callback);
    return 0;
}

static Value hint_value(Vm *vm, const char *hint)
{
    Str *s = hint && *hint ? str_decode(vm, hint, strlen(hint)) : NULL;
    return !hint || !*hint ? VALUE_NONE : s ? value_from_obj(s) : VALUE_ERROR;
}

static unsigned client_key(SSL *ssl, const char *hint, char *identity, unsigned identity_max, unsigned char *key,
                           unsigned key_max)
{
    const TlsObject *o = tls_callback_object(ssl);
    if (!o || value_is_none(o->ctx->psk_client))
        return 0;
    Vm *vm = o->vm;
    Value callback = o->ctx->psk_client, arg = hint_value(vm, hint), answer = VALUE_ERROR;
    const char *name = "", *p;
    size_t n;
    if (!value_is_empty(arg))
        answer = op_call1(vm, callback, arg);
    if (value_is_empty(answer))
        return refuse(vm, callback);
    if (!is_tuple(answer) || as_tuple(answer)->len != 2) {
        raise_exc(vm, EXC_SystemError, "new style getargs format but argument is not a tuple");
        return refuse(vm, callback);
    }
    Value who = as_tuple(answer)->items[0], keep;
    Value secret = as_tuple(answer)->items[1];
    bool ok = bytes_view(vm, secret, &p, &n);
    if (ok && !is_bytes(secret)) {
        raise_exc(vm, EXC_TypeError, "argument 2 must be read-only bytes-like object, not %T", secret);
        ok = false;
    }
    if (ok && !value_is_none(who) && !is_str(who)) {
        raise_exc(vm, EXC_TypeError, "argument 1 must be str or None, not %T", who);
        ok = false;
    }
    if (!ok || (!value_is_none(who) && !(name = str_c(vm, as_str(who), &keep))))
        return refuse(vm, callback);
    if (strlen(name) >= identity_max || n > key_max)
        return 0;
    memcpy(identity, name, strlen(name) + 1);
    memcpy(key, p, n);
    return (unsigned)n;
}

static unsigned server_key(SSL *ssl, const char *identity, unsigned char *key, unsigned key_max)
{
    const TlsObject *o = tls_callback_object(ssl);
    if (!o || value_is_none(o->ctx->psk_server))
        return 0;
    Vm *vm = o->vm;
    Value callback = o->ctx->psk_server, arg = hint_value(vm, identity), answer = VALUE_ERROR;
    if (!value_is_empty(arg))
        answer = op_call1(vm, callback, arg);
    if (!value_is_empty(answer) && !is_bytes(answer))
        answer = raise_exc(vm, EXC_TypeError, "expected bytes, %T found", answer);
    if (value_is_empty(answer))
        return refuse(vm, callback);
    const Bytes *b = as_bytes(answer);
    if (b->len > key_max)
        return 0;
    memcpy(key, b->data, b->len);
    return (unsigned)b->len;
}

/* The callback as it is kept; EMPTY: an exception is pending. */
static Value callback_of(Vm *vm, Value v)
{
    return value_is_none(v) || op_callable(vm, v) ? v : raise_exc(vm, EXC_TypeError, "callback must be callable");
}

Value tls_context_m_psk_client(Vm *vm, Value self, const Args *args)
{
    TlsContext *c = (TlsContext *)value_obj(self);
    if (c->method == PROTOCOL_TLS_SERVER)
        return tls_raise_text(vm, "SSLError", 0, "Cannot add PSK client callback to a PROTOCOL_TLS_SERVER context",
                              LINE_PSK_CLIENT);
    Value v = callback_of(vm, args->v[0]);
    if (value_is_empty(v))
        return v;
    heap_set(vm, c, &c->psk_client, v);
    tls_of(vm)->SSL_CTX_set_psk_client_callback(c->ctx, value_is_none(v) ? NULL : client_key);
    return VALUE_NONE;
}

Value tls_context_m_psk_server(Vm *vm, Value self, const Args *args)
{
    TlsContext *c = (TlsContext *)value_obj(self);
    const char *hint = NULL;
    Value keep;
    if (c->method == PROTOCOL_TLS_CLIENT)
        return tls_raise_text(vm, "SSLError", 0, "Cannot add PSK server callback to a PROTOCOL_TLS_CLIENT context",
                              LINE_PSK_SERVER);
    if (!value_is_none(args->v[1]) && !is_str(args->v[1]))
        return raise_exc(vm, EXC_TypeError, "set_psk_server_callback() argument 'identity_hint' must be str or None, not %T",
                         args->v[1]);
    Value v = callback_of(vm, args->v[0]);
    if (value_is_empty(v) || (!value_is_none(args->v[1]) && !(hint = str_c(vm, as_str(args->v[1]), &keep))))
        return VALUE_ERROR;
    if (!value_is_none(v) && tls_of(vm)->SSL_CTX_use_psk_identity_hint(c->ctx, hint ? hint : "") != 1) {
        tls_of(vm)->ERR_clear_error();
        return raise_exc(vm, EXC_ValueError, "failed to set identity hint");
    }
    heap_set(vm, c, &c->psk_server, v);
    tls_of(vm)->SSL_CTX_set_psk_server_callback(c->ctx, value_is_none(v) ? NULL : server_key);
    return VALUE_NONE;
}
