/* SPDX-License-Identifier: MIT
 * Native async: a pending object is a future that any thread may finish. Completions travel through a mailbox that
 * lives as long as anyone may still write to it; the VM's thread empties it at each turn of a loop. */
#include "runtime/api/api.h"

#include <stdlib.h>

#include "runtime/io_watch.h"
#include "runtime/poll.h"
#include "vm/objects/dict.h"
#include "vm/objects/str.h"

enum { MAIL_POST, MAIL_MAKE, MAIL_STR, MAIL_FAIL };

struct Mail {
    Mail *next;
    int kind;
    aiovm_pending *pending;
    void (*post)(aiovm *vm, void *ud);
    aiovm_status (*make)(aiovm *vm, void *ud, aiovm_val *out);
    void (*drop)(void *ud);
    void *ud;
    char *text, type[64];
    size_t len;
};

struct aiovm_pending {
    Mailbox *box;
    aiovm_ref *future;          /* the VM's thread only */
    void (*on_cancel)(aiovm_pending *p, void *ud);
    void *ud;
};

Mailbox *mailbox_new(void)
{
    Mailbox *box = malloc(sizeof *box);
    if (!box)
        return NULL;
    *box = (Mailbox){ .refs = 1, .last = &box->first };
    if (pthread_mutex_init(&box->lock, NULL)) {
        free(box);
        return NULL;
    }
    return box;
}

static void mailbox_release(Mailbox *box)
{
    pthread_mutex_lock(&box->lock);
    unsigned left = --box->refs;
    pthread_mutex_unlock(&box->lock);
    if (left)
        return;
    pthread_mutex_destroy(&box->lock);
    free(box);
}

static void pending_free(aiovm_pending *p)
{
    mailbox_release(p->box);
    free(p);
}

static void mail_free(Mail *m)
{
    if (m->drop)
        m->drop(m->ud);
    if (m->pending)
        pending_free(m->pending);
    free(m->text);
    free(m);
}

void mailbox_close(Mailbox *box)
{
    if (!box)
        return;
    pthread_mutex_lock(&box->lock);
    Mail *m = box->first;
    box->first = NULL;
    box->last = &box->first;
    box->poller = NULL;
    box->closed = true;
    pthread_mutex_unlock(&box->lock);
    while (m) {
        Mail *next = m->next;
        mail_free(m);
        m = next;
    }
    mailbox_release(box);
}

bool mailbox_ready(aiovm *host)
{
    Runtime *rt = host->rt;
    if (!rt_need_poller(host->vm))
        return false;
    rt->poller_lent = true;
    pthread_mutex_lock(&host->mailbox->lock);
    host->mailbox->poller = rt->poller;
    pthread_mutex_unlock(&host->mailbox->lock);
    return true;
}

/* Any thread. The mail is the box's from now on, also when the VM is gone. */
static void mailbox_put(Mailbox *box, Mail *m)
{
    pthread_mutex_lock(&box->lock);
    bool closed = box->closed;
    if (!closed) {
        m->next = NULL;
        *box->last = m;
        box->last = &m->next;
        if (box->poller)
            box->poller->wake(box->poller);
    }
    pthread_mutex_unlock(&box->lock);
    if (closed)
        mail_free(m);
}

/* ---- in the VM's thread ---- */

static bool fail_future(aiovm *host, Future *f, Mail *m)
{
    Vm *vm = host->vm;
    Value type = dict_get_cstr(vm, vm->builtins, m->type);
    if (!is_type(type) || !(as_type(type)->flags & TYPE_EXC))
        type = value_from_obj(vm->exc[EXC_RuntimeError]);
    Str *s = str_decode(vm, m->text, m->len);
    Value arg = value_from_obj(s), exc = s ? op_call1(vm, type, arg) : VALUE_ERROR;
    return is_exc(exc) && future_set_exception(vm, f, exc);
}

static bool finish_future(aiovm *host, Future *f, Mail *m)
{
    Vm *vm = host->vm;
    if (m->kind == MAIL_FAIL)
        return fail_future(host, f, m);
    if (m->kind == MAIL_STR) {
        Str *s = str_decode(vm, m->text, m->len);
        return s && future_set_result(vm, f, value_from_obj(s));
    }
    Value v = VALUE_NONE;
    if (m->make) {
        aiovm_val out = { 0 };
        aiovm_status st = m->make(host, m->ud, &out);
        if (st == AIOVM_OK && !AIOVM_IS_NULL(out) && !api_value(host, out, &v))
            raise_exc(vm, EXC_SystemError, "a completion gave a stale handle");
        else if (st != AIOVM_OK && !vm_pending(vm))
            raise_exc(vm, EXC_SystemError, "a completion failed without an exception");
    }
    if (!vm_pending(vm))
        return future_set_result(vm, f, v);
    Value exc = exc_take(vm);
    return future_set_exception(vm, f, exc);
}

static bool deliver(aiovm *host, Mail *m)
{
    bool ok = true;
    aiovm_scope scope = aiovm_scope_open(host);
    if (m->kind == MAIL_POST) {
        m->post(host, m->ud);
    } else {
        Value fut;
        aiovm_pending *p = m->pending;
        if (api_value(host, aiovm_ref_get(host, p->future), &fut) && !future_done(as_future(fut)))
            ok = finish_future(host, as_future(fut), m);
        aiovm_ref_free(host, p->future);
    }
    aiovm_scope_close(host, scope);
    mail_free(m);
    return ok;
}

bool mailbox_drain(aiovm *host)
{
    Mailbox *box = host->mailbox;
    if (!__atomic_load_n(&box->first, __ATOMIC_ACQUIRE))
        return true;
    pthread_mutex_lock(&box->lock);
    Mail *m = box->first;
    box->first = NULL;
    box->last = &box->first;
    pthread_mutex_unlock(&box->lock);
    bool ok = true;
    while (m) {
        Mail *next = m->next;
        ok = deliver(host, m) && ok;
        m = next;
    }
    return ok;
}

/* The future was cancelled: the host hears of it, and may still complete the pending object (to free it). */
static Value cancelled_callback(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    aiovm_pending *p = as_native(self)->ud;
    if (as_future(args->v[0])->state == FUTURE_CANCELLED && p->on_cancel)
        p->on_cancel(p, p->ud);
    return VALUE_NONE;
}

static const MethodDef cancelled_def = { "_cancelled(future, /)", NULL, cancelled_callback, NATIVE_RAW };

aiovm_pending *aiovm_suspend(aiovm_call *c, void (*on_cancel)(aiovm_pending *p, void *ud), void *ud)
{
    aiovm *host = c->host;
    Vm *vm = host->vm;
    Loop *l = loop_running(vm);
    if (!l || !mailbox_ready(host))
        return NULL;
    Value fut = future_new(vm, l);
    aiovm_pending *p = value_is_empty(fut) ? NULL : malloc(sizeof *p);
    if (!p)
        return NULL;
    aiovm_ref *ref = aiovm_ref_new(host, api_handle(host, fut));
    if (!ref) {
        free(p);
        raise_no_memory(vm);
        return NULL;
    }
    *p = (aiovm_pending){ host->mailbox, ref, on_cancel, ud };
    if (on_cancel) {
        Native *cb = native_new(vm, &cancelled_def, VALUE_EMPTY, VALUE_EMPTY);
        Str *add = str_intern(vm, "add_done_callback", 17);
        Value v = value_from_obj(cb);
        if (cb)
            cb->ud = p;
        if (!cb || !add || value_is_empty(op_call_method(vm, fut, add, 1, &v))) {
            aiovm_ref_free(host, ref);
            free(p);
            return NULL;
        }
    }
    pthread_mutex_lock(&host->mailbox->lock);
    host->mailbox->refs++;
    pthread_mutex_unlock(&host->mailbox->lock);
    c->result = fut;
    return p;
}

/* ---- any thread ---- */

static aiovm_status send(aiovm_pending *p, Mail m)
{
    Mail *mail = malloc(sizeof *mail);
    if (!mail) {
        free(m.text);
        return AIOVM_EMEM;
    }
    *mail = m;
    mail->pending = p;
    Mailbox *box = p->box;
    mailbox_put(box, mail);
    return AIOVM_OK;
}

aiovm_status aiovm_complete(aiovm_pending *p, aiovm_status (*make)(aiovm *vm, void *ud, aiovm_val *out), void *ud,
                            void (*drop)(void *ud))
{
    return send(p, (Mail){ .kind = MAIL_MAKE, .make = make, .drop = drop, .ud = ud });
}

static aiovm_status send_text(aiovm_pending *p, Mail m, const char *text, size_t n)
{
    m.len = n == SIZE_MAX ? strlen(text) : n;
    m.text = malloc(m.len + 1);
    if (!m.text)
        return AIOVM_EMEM;
    memcpy(m.text, text, m.len);
    m.text[m.len] = 0;
    return send(p, m);
}

aiovm_status aiovm_complete_str(aiovm_pending *p, const char *utf8, size_t n)
{
    return send_text(p, (Mail){ .kind = MAIL_STR }, utf8, n);
}

aiovm_status aiovm_fail(aiovm_pending *p, const char *type, const char *msg)
{
    Mail m = { .kind = MAIL_FAIL };
    strncpy(m.type, type, sizeof m.type - 1);
    return send_text(p, m, msg, SIZE_MAX);
}

aiovm_status aiovm_post(aiovm *host, void (*fn)(aiovm *vm, void *ud), void *ud)
{
    Mail *m = malloc(sizeof *m);
    if (!m)
        return AIOVM_EMEM;
    *m = (Mail){ .kind = MAIL_POST, .post = fn, .ud = ud };
    mailbox_put(host->mailbox, m);
    return AIOVM_OK;
}

void aiovm_wakeup(aiovm *host)
{
    pthread_mutex_lock(&host->mailbox->lock);
    if (host->mailbox->poller)
        host->mailbox->poller->wake(host->mailbox->poller);
    pthread_mutex_unlock(&host->mailbox->lock);
}
