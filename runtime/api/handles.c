/* SPDX-License-Identifier: MIT
 * Handles: slot and stamp. A scope's handles lie on a stack; closing it drops them, and a later use is noticed because
 * the slot is empty or carries another stamp. */
#include "runtime/api/api.h"

#include <stdlib.h>

void api_roots(Vm *vm, Marker *m, void *ud)
{
    aiovm *host = ud;
    (void)vm;
    for (uint32_t i = 0; i < host->count; i++)
        mark_value(m, host->slots[i].value);
    for (aiovm_ref *r = host->refs; r; r = r->next)
        mark_value(m, r->value);
    mark_value(m, host->loop);
    mark_obj(m, host->globals);
}

static uint32_t strand_number(const aiovm *host) { return (uint32_t)host->vm->strand->ident; }

aiovm_val api_handle(aiovm *host, Value v)
{
    if (value_is_empty(v))
        return (aiovm_val){ 0 };
    if (host->count == host->cap) {
        uint32_t cap = host->cap ? host->cap * 2 : 64;
        HandleSlot *p = mem_resize(&host->vm->alloc, host->slots, host->cap * sizeof *p, cap * sizeof *p);
        if (!p) {
            raise_no_memory(host->vm);
            return (aiovm_val){ 0 };
        }
        host->slots = p;
        host->cap = cap;
    }
    uint32_t i = host->count++;
    if (++host->stamp == 0)
        host->stamp = 1;
    host->slots[i] = (HandleSlot){ v, host->stamp, strand_number(host) };
    return (aiovm_val){ (uint64_t)host->stamp << 32 | (i + 1) };
}

bool api_value(aiovm *host, aiovm_val h, Value *v)
{
    uint32_t i = (uint32_t)h.h;
    if (!i || i > host->count || host->slots[i - 1].stamp != (uint32_t)(h.h >> 32))
        return false;
    *v = host->slots[i - 1].value;
    return true;
}

aiovm_status api_status(aiovm *host, bool ok)
{
    Vm *vm = host->vm;
    if (ok)
        return AIOVM_OK;
    if (exc_pending_is(vm, EXC_MemoryError))
        return AIOVM_EMEM;
    return AIOVM_ERR;
}

aiovm_scope aiovm_scope_open(aiovm *host)
{
    return (aiovm_scope){ host->count };
}

/* Scopes of several strands may be open: each drops what its own strand has made. */
void aiovm_scope_close(aiovm *host, aiovm_scope s)
{
    uint32_t me = strand_number(host), count = s.mark;
    for (uint32_t i = s.mark; i < host->count; i++) {
        if (host->slots[i].strand == me)
            host->slots[i] = (HandleSlot){ VALUE_EMPTY, 0, me };
        else if (host->slots[i].stamp)
            count = i + 1;
    }
    if (count < host->count)
        host->count = count;
}

aiovm_val aiovm_scope_escape(aiovm *host, aiovm_scope s, aiovm_val v)
{
    Value value;
    bool known = api_value(host, v, &value);
    aiovm_scope_close(host, s);
    return known ? api_handle(host, value) : (aiovm_val){ 0 };
}

aiovm_ref *aiovm_ref_new(aiovm *host, aiovm_val v)
{
    Value value;
    aiovm_ref *r = api_value(host, v, &value) ? mem_alloc(&host->vm->alloc, sizeof *r) : NULL;
    if (!r)
        return NULL;
    *r = (aiovm_ref){ value, NULL, host->refs };
    if (host->refs)
        host->refs->prev = r;
    host->refs = r;
    return r;
}

aiovm_val aiovm_ref_get(aiovm *host, aiovm_ref *r)
{
    return api_handle(host, r->value);
}

void aiovm_ref_free(aiovm *host, aiovm_ref *r)
{
    if (!r)
        return;
    if (r->prev)
        r->prev->next = r->next;
    else
        host->refs = r->next;
    if (r->next)
        r->next->prev = r->prev;
    mem_free(&host->vm->alloc, r, sizeof *r);
}
