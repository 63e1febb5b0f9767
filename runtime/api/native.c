/* SPDX-License-Identifier: MIT
 * Functions of the host as natives of the VM. */
#include "runtime/api/api.h"

#include "vm/objects/dict.h"
#include "vm/objects/str.h"

/* NATIVE_RAW: self is the Native itself; its ud is the host's definition. */
Value api_native(Vm *vm, Value self, const Args *args)
{
    aiovm *host = host_of(vm);
    Native *n = as_native(self);
    const aiovm_function_def *def = n->ud;
    aiovm_call call = { .host = host, .args = args, .native = n, .result = VALUE_NONE };
    aiovm_scope scope = aiovm_scope_open(host);
    host->vm->strand->host_depth++;
    aiovm_status st = def->fn(host, &call);
    host->vm->strand->host_depth--;
    aiovm_scope_close(host, scope);
    if (st == AIOVM_OK && !vm_pending(vm))
        return call.result;
    if (!vm_pending(vm))
        raise_exc(vm, EXC_SystemError, "native function %s failed with status %d and without an exception", def->signature, st);
    return VALUE_ERROR;
}

static Native *make_native(aiovm *host, const aiovm_function_def *def, Value module)
{
    Vm *vm = host->vm;
    MethodDef *m = mem_alloc(&vm->alloc, sizeof *m);
    if (!m) {
        raise_no_memory(vm);
        return NULL;
    }
    *m = (MethodDef){ def->signature, def->doc, api_native, NATIVE_RAW };
    Native *n = native_new(vm, m, VALUE_EMPTY, module);
    if (!n) {
        mem_free(&vm->alloc, m, sizeof *m);
        return NULL;
    }
    n->ud = (void *)(uintptr_t)def;
    ApiDef *link = mem_alloc(&vm->alloc, sizeof *link);
    if (link) {
        *link = (ApiDef){ m, host->defs };
        host->defs = link;
    }
    return n;
}

void api_defs_free(aiovm *host)
{
    while (host->defs) {
        ApiDef *d = host->defs;
        host->defs = d->next;
        mem_free(&host->vm->alloc, d->def, sizeof *d->def);
        mem_free(&host->vm->alloc, d, sizeof *d);
    }
}

aiovm_val aiovm_function(aiovm *host, const aiovm_function_def *def)
{
    Native *n = make_native(host, def, VALUE_EMPTY);
    return n ? api_handle(host, value_from_obj(n)) : (aiovm_val){ 0 };
}

aiovm_status aiovm_module(aiovm *host, const char *name, const aiovm_function_def *defs, aiovm_val *out)
{
    Vm *vm = host->vm;
    Module *m = module_new(vm, name, NULL);
    if (!m)
        return api_status(host, false);
    for (const aiovm_function_def *d = defs; d && d->signature; d++) {
        Native *n = make_native(host, d, m->name);
        Str *key = n ? str_intern(vm, d->signature, strcspn(d->signature, "(")) : NULL;
        if (!key || !dict_set_str(vm, m->globals, key, value_from_obj(n)))
            return api_status(host, false);
    }
    if (!dict_set_cstr(vm, vm->modules, name, value_from_obj(m)))
        return api_status(host, false);
    if (out)
        *out = api_handle(host, value_from_obj(m));
    return AIOVM_OK;
}

aiovm_val aiovm_arg(aiovm_call *c, int i)
{
    if (i < 0 || (uint32_t)i >= c->args->count)
        return (aiovm_val){ 0 };
    return api_handle(c->host, c->args->v[i]);
}

void *aiovm_call_userdata(aiovm_call *c)
{
    return ((const aiovm_function_def *)c->native->ud)->ud;
}

aiovm_status aiovm_return(aiovm_call *c, aiovm_val v)
{
    return api_value(c->host, v, &c->result) ? AIOVM_OK : vm_pending(c->host->vm) ? AIOVM_ERR : AIOVM_EMISUSE;
}
