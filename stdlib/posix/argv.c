/* SPDX-License-Identifier: MIT */
#include "stdlib/posix/argv.h"

#include "vm/objects/bytes.h"
#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

static bool make_room(Vm *vm, size_t n, StringArray *out)
{
    Bytes *b = bytes_new(vm, NULL, (n + 1) * sizeof(char *));
    List *l = b ? list_new(vm, n + 1) : NULL;
    if (!l || !list_append(vm, l, value_from_obj(b)))
        return false;
    *out = (StringArray){ (char **)(void *)b->data, 0, l };
    return true;
}

static bool add(Vm *vm, StringArray *a, Value bytes)
{
    a->items[a->count++] = as_bytes(bytes)->data;
    return list_append(vm, a->keep, bytes);
}

bool strings_of(Vm *vm, Value seq, StringArray *out)
{
    Value *items;
    size_t n;
    Value t = op_tuple_of(vm, seq);     /* converting an item may run script */
    if (value_is_empty(t) || !seq_items(t, &items, &n) || !make_room(vm, n, out) || !list_append(vm, out->keep, t))
        return false;
    for (size_t i = 0; i < n; i++) {
        Path p;
        if (!path_of(vm, items[i], "exec", NULL, &p) || !add(vm, out, p.keep))
            return false;
    }
    return true;
}

static bool add_pair(Vm *vm, StringArray *a, Value key, Value value)
{
    Path k, v;
    if (!path_of(vm, key, "exec", NULL, &k) || !path_of(vm, value, "exec", NULL, &v))
        return false;
    size_t nk = strlen(k.text), nv = strlen(v.text);
    if (!nk || strchr(k.text + 1, '=')) {
        raise_exc(vm, EXC_ValueError, "illegal environment variable name");
        return false;
    }
    Bytes *b = bytes_new(vm, NULL, nk + nv + 1);
    if (!b)
        return false;
    memcpy(b->data, k.text, nk);
    b->data[nk] = '=';
    memcpy(b->data + nk + 1, v.text, nv);
    return add(vm, a, value_from_obj(b));
}

/* A list of what mapping.keys() or mapping.values() gives. */
static Value list_from_method(Vm *vm, Value mapping, const char *name)
{
    Str *s = str_intern(vm, name, strlen(name));
    Value v = s ? op_call_method(vm, mapping, s, 0, NULL) : VALUE_ERROR;
    return value_is_empty(v) ? v : op_list_of(vm, v);
}

bool strings_of_env(Vm *vm, Value mapping, const char *func, StringArray *out)
{
    Str *keys_name = str_intern(vm, "keys", 4);
    if (!keys_name)
        return false;
    if (value_is_empty(type_special(type_of(vm, mapping), SPECIAL_GETITEM)) ||
        value_is_empty(type_lookup(vm, type_of(vm, mapping), keys_name))) {
        raise_exc(vm, EXC_TypeError, "%s: environment must be a mapping object", func);
        return false;
    }
    Value keys = list_from_method(vm, mapping, "keys");
    Value values = value_is_empty(keys) ? keys : list_from_method(vm, mapping, "values");
    if (value_is_empty(values))
        return false;
    size_t n = as_list(keys)->len < as_list(values)->len ? as_list(keys)->len : as_list(values)->len;
    if (!make_room(vm, n, out))
        return false;
    for (size_t i = 0; i < n && i < as_list(keys)->len && i < as_list(values)->len; i++)
        if (!add_pair(vm, out, list_items(as_list(keys))[i], list_items(as_list(values))[i]))
            return false;
    return true;
}
