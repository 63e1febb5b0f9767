/* SPDX-License-Identifier: MIT
 * Making and reading values through handles. */
#include "runtime/api/api.h"

#include "vm/interp.h"
#include "vm/objects/bytes.h"
#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

static Value from_obj(void *o)
{
    return o ? value_from_obj(o) : VALUE_ERROR;
}

static size_t text_len(const char *s, size_t n)
{
    return n == SIZE_MAX ? strlen(s) : n;
}

aiovm_val aiovm_none(aiovm *host)
{
    return api_handle(host, VALUE_NONE);
}

aiovm_val aiovm_bool(aiovm *host, bool b)
{
    return api_handle(host, value_from_bool(b));
}

aiovm_val aiovm_int(aiovm *host, int64_t i)
{
    return api_handle(host, int_new(host->vm, i));
}

aiovm_val aiovm_float(aiovm *host, double d)
{
    return api_handle(host, float_new(host->vm, d));
}

aiovm_val aiovm_str(aiovm *host, const char *utf8, size_t n)
{
    return api_handle(host, from_obj(str_decode(host->vm, utf8, text_len(utf8, n))));
}

aiovm_val aiovm_bytes(aiovm *host, const void *p, size_t n)
{
    return api_handle(host, from_obj(bytes_new(host->vm, p, n)));
}

aiovm_val aiovm_list(aiovm *host)
{
    return api_handle(host, from_obj(list_new(host->vm, 0)));
}

aiovm_val aiovm_dict(aiovm *host)
{
    return api_handle(host, from_obj(dict_new(host->vm)));
}

aiovm_type aiovm_typeof(aiovm *host, aiovm_val h)
{
    Value v;
    if (!api_value(host, h, &v) || value_is_none(v))
        return AIOVM_T_NONE;
    if (value_is_bool(v))
        return AIOVM_T_BOOL;
    if (is_int(v))
        return AIOVM_T_INT;
    if (is_float(v))
        return AIOVM_T_FLOAT;
    if (!value_is_obj(v))
        return AIOVM_T_OBJECT;
    switch (value_obj(v)->kind) {
    case KIND_STR:
        return AIOVM_T_STR;
    case KIND_BYTES:
        return AIOVM_T_BYTES;
    case KIND_LIST:
        return AIOVM_T_LIST;
    case KIND_TUPLE:
        return AIOVM_T_TUPLE;
    case KIND_DICT:
        return AIOVM_T_DICT;
    case KIND_SET:
        return AIOVM_T_SET;
    case KIND_FUNC:
    case KIND_NATIVE:
    case KIND_METHOD:
        return AIOVM_T_FUNC;
    case KIND_MODULE:
        return AIOVM_T_MODULE;
    case KIND_TYPE:
        return AIOVM_T_CLASS;
    default:
        return is_future(host->vm, v) ? AIOVM_T_FUTURE : is_coroutine(host->vm, v) ? AIOVM_T_CORO : AIOVM_T_OBJECT;
    }
}

int aiovm_truthy(aiovm *host, aiovm_val h)
{
    Value v;
    if (!api_value(host, h, &v))
        return -1;
    API_ENTER(host);
    int t = op_truth(host->vm, v);
    API_LEAVE(host);
    return t;
}

aiovm_status aiovm_to_int(aiovm *host, aiovm_val h, int64_t *out)
{
    Value v;
    if (!api_value(host, h, &v))
        return AIOVM_EMISUSE;
    API_ENTER(host);
    bool ok = op_int64(host->vm, v, out);
    API_LEAVE(host);
    return api_status(host, ok);
}

aiovm_status aiovm_to_float(aiovm *host, aiovm_val h, double *out)
{
    Value v;
    if (!api_value(host, h, &v))
        return AIOVM_EMISUSE;
    API_ENTER(host);
    bool ok = op_double(host->vm, v, out);
    API_LEAVE(host);
    return api_status(host, ok);
}

const char *aiovm_to_str(aiovm *host, aiovm_val h, size_t *n)
{
    Value v;
    if (!api_value(host, h, &v) || !is_str(v))
        return NULL;
    Str *s = as_str(v);
    if (s->h.flags & STR_BUFFERED) {        /* no NUL behind it: the handle takes a copy that has one */
        s = str_alloc(host->vm, s->len);
        if (!s)
            return NULL;
        memcpy(s->text, str_data(as_str(v)), s->len);
        str_finish(s);
        host->slots[(uint32_t)h.h - 1].value = value_from_obj(s);
    }
    if (n)
        *n = s->len;
    return s->text;
}

const void *aiovm_to_bytes(aiovm *host, aiovm_val h, size_t *n)
{
    Value v;
    if (!api_value(host, h, &v) || !is_bytes(v))
        return NULL;
    if (n)
        *n = as_bytes(v)->len;
    return as_bytes(v)->data;
}

aiovm_val aiovm_display(aiovm *host, aiovm_val h, bool repr)
{
    Value v;
    if (!api_value(host, h, &v))
        return (aiovm_val){ 0 };
    API_ENTER(host);
    Str *s = repr ? op_repr(host->vm, v) : op_str(host->vm, v);
    API_LEAVE(host);
    return api_handle(host, from_obj(s));
}

int64_t aiovm_len(aiovm *host, aiovm_val h)
{
    Value v;
    if (!api_value(host, h, &v))
        return -1;
    API_ENTER(host);
    int64_t n = op_len(host->vm, v);
    API_LEAVE(host);
    return n;
}

aiovm_val aiovm_get(aiovm *host, aiovm_val o, aiovm_val key)
{
    Value v, k;
    if (!api_value(host, o, &v) || !api_value(host, key, &k))
        return (aiovm_val){ 0 };
    API_ENTER(host);
    v = op_getitem(host->vm, v, k);
    API_LEAVE(host);
    return api_handle(host, v);
}

aiovm_status aiovm_set(aiovm *host, aiovm_val o, aiovm_val key, aiovm_val value)
{
    Value v, k, x;
    if (!api_value(host, o, &v) || !api_value(host, key, &k) || !api_value(host, value, &x))
        return AIOVM_EMISUSE;
    API_ENTER(host);
    bool ok = op_setitem(host->vm, v, k, x);
    API_LEAVE(host);
    return api_status(host, ok);
}

aiovm_val aiovm_getattr(aiovm *host, aiovm_val o, const char *name)
{
    Value v;
    Str *s = str_intern(host->vm, name, strlen(name));
    if (!s || !api_value(host, o, &v))
        return (aiovm_val){ 0 };
    API_ENTER(host);
    v = attr_get(host->vm, v, s);
    API_LEAVE(host);
    return api_handle(host, v);
}

aiovm_status aiovm_setattr(aiovm *host, aiovm_val o, const char *name, aiovm_val value)
{
    Value v, x;
    Str *s = str_intern(host->vm, name, strlen(name));
    if (!s)
        return AIOVM_EMEM;
    if (!api_value(host, o, &v) || !api_value(host, value, &x))
        return AIOVM_EMISUSE;
    API_ENTER(host);
    bool ok = attr_set(host->vm, v, s, x);
    API_LEAVE(host);
    return api_status(host, ok);
}

aiovm_status aiovm_append(aiovm *host, aiovm_val list, aiovm_val value)
{
    Value v, x;
    if (!api_value(host, list, &v) || !api_value(host, value, &x) || !is_list(v))
        return AIOVM_EMISUSE;
    return api_status(host, list_append(host->vm, as_list(v), x));
}
