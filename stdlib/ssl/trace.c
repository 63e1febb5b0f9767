/* SPDX-License-Identifier: MIT
 * SSLContext._msg_callback: a function that hears of each message of the protocol. */
#include "stdlib/ssl/ssl.h"

#include "vm/objects/bytes.h"

/* Which of its bytes says what sort of message it is. */
static int message_type(int content, const unsigned char *p, size_t n)
{
    size_t at = content == SSL3_RT_ALERT ? 1 : 0;
    if (content == SSL3_RT_CHANGE_CIPHER_SPEC)
        return SSL3_MT_CHANGE_CIPHER_SPEC;
    bool known = content == SSL3_RT_ALERT || content == SSL3_RT_HANDSHAKE || content == SSL3_RT_HEADER ||
                 content == SSL3_RT_INNER_CONTENT_TYPE;
    return known && n > at ? p[at] : -1;
}

static void on_message(int writes, int version, int content, const void *data, size_t n, SSL *ssl, void *arg)
{
    const TlsContext *c = arg;
    TlsObject *o = tls_object_of(c->tls, ssl);
    const unsigned char *p = data;
    if (!o || value_is_none(o->ctx->trace) || !value_is_empty(o->pending))
        return;
    Vm *vm = o->vm;
    if (content == SSL3_RT_HEADER && n > 2)
        version = p[1] << 8 | p[2];
    Str *way = str_cstr(vm, writes ? "write" : "read");
    Bytes *bytes = way ? bytes_new(vm, data, n) : NULL;
    Value args[6] = { o->owner, way ? value_from_obj(way) : VALUE_NONE, value_from_int48(version), value_from_int48(content),
                      value_from_int48(message_type(content, p, n)), bytes ? value_from_obj(bytes) : VALUE_NONE };
    if (!bytes || value_is_empty(op_call(vm, o->ctx->trace, 6, args)))
        heap_set(vm, o, &o->pending, exc_take(vm));
}

Value tls_context_get_trace(Vm *vm, Value self)
{
    (void)vm;
    return ((TlsContext *)value_obj(self))->trace;
}

bool tls_context_set_trace(Vm *vm, Value self, Value v)
{
    TlsContext *c = (TlsContext *)value_obj(self);
    const Tls *t = tls_of(vm);
    if (!value_is_empty(v) && !value_is_none(v) && !op_callable(vm, v)) {
        raise_exc(vm, EXC_TypeError, "not a callable object");
        return false;
    }
    heap_set(vm, c, &c->trace, value_is_empty(v) ? VALUE_NONE : v);
    t->SSL_CTX_ctrl(c->ctx, SSL_CTRL_SET_MSG_CALLBACK_ARG, 0, c);
    t->SSL_CTX_set_msg_callback(c->ctx, value_is_none(c->trace) ? NULL : on_message);
    return true;
}
