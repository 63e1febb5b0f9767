/* SPDX-License-Identifier: MIT
 * Exceptions through handles. */
#include "runtime/api/api.h"

#include <stdarg.h>
#include <stdio.h>

#include "runtime/io.h"
#include "runtime/traceback.h"
#include "vm/objects/dict.h"
#include "vm/objects/str.h"

static Type *exception_named(aiovm *host, const char *name)
{
    Value t = dict_get_cstr(host->vm, host->vm->builtins, name);
    return is_type(t) && (as_type(t)->flags & TYPE_EXC) ? as_type(t) : NULL;
}

aiovm_status aiovm_raise(aiovm *host, const char *type, const char *fmt, ...)
{
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    Type *t = exception_named(host, type);
    raise_type(host->vm, t ? t : host->vm->exc[EXC_RuntimeError], "%s", text);
    return AIOVM_ERR;
}

aiovm_val aiovm_error_take(aiovm *host)
{
    return api_handle(host, exc_take(host->vm));
}

void aiovm_error_restore(aiovm *host, aiovm_val exc)
{
    Value v;
    if (api_value(host, exc, &v) && is_exc(v))
        exc_restore(host->vm, v);
}

const char *aiovm_error_text(aiovm *host, aiovm_val exc, size_t *n)
{
    Value v;
    Buf b, raw;
    if (!api_value(host, exc, &v) || !is_exc(v))
        return NULL;
    buf_init(&b, &host->vm->alloc);
    buf_init(&raw, &host->vm->alloc);
    API_ENTER(host);
    bool ok = traceback_text(host->vm, v, &raw);
    if (ok)
        io_escape_surrogates(&b, raw.data, raw.len);
    buf_free(&raw);
    Str *s = NULL;
    if (ok)
        s = str_from_buf(host->vm, &b);
    else
        buf_free(&b);
    API_LEAVE(host);
    if (!s) {
        exc_discard(host->vm);
        return NULL;
    }
    return aiovm_to_str(host, api_handle(host, value_from_obj(s)), n);
}

bool aiovm_error_is(aiovm *host, aiovm_val exc, const char *type)
{
    Value v;
    Type *t = exception_named(host, type);
    return t && api_value(host, exc, &v) && is_exc(v) && exc_matches(host->vm, v, t);
}
