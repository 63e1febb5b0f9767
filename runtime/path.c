/* SPDX-License-Identifier: MIT
 * File names between scripts and the system. */
#include "runtime/path.h"

#include "vm/objects/bytes.h"
#include "vm/objects/str.h"
#include "vm/objects/text_codec.h"

Value path_fspath(Vm *vm, Value v)
{
    if (is_str(v) || is_bytes(v))
        return v;
    Str *name = str_intern(vm, "__fspath__", 10);
    Value f = name ? type_lookup(vm, type_of(vm, v), name) : VALUE_EMPTY;
    if (!value_is_empty(f) && !is_func(f) && !value_is_none(f)) {
        f = attr_bind(vm, f, v, type_of(vm, v));
        if (value_is_empty(f))
            exc_discard(vm);
    }
    if (value_is_empty(f) || value_is_none(f)) {
        if (!vm_pending(vm))
            raise_exc(vm, EXC_TypeError, "expected str, bytes or os.PathLike object, not %T", v);
        return VALUE_ERROR;
    }
    Value r = is_func(f) ? op_call1(vm, f, v) : op_call0(vm, f);
    if (value_is_empty(r) || is_str(r) || is_bytes(r))
        return r;
    return raise_exc(vm, EXC_TypeError, "expected %T.__fspath__() to return str or bytes, not %T", v, r);
}

bool path_of(Vm *vm, Value v, const char *func, const char *arg, Path *out)
{
    if (arg && !is_str(v) && !is_bytes(v)) {
        Str *name = str_intern(vm, "__fspath__", 10);
        if (!name)
            return false;
        Value f = type_lookup(vm, type_of(vm, v), name);
        if (value_is_empty(f) || value_is_none(f)) {
            raise_exc(vm, EXC_TypeError, "%s: %s should be string, bytes or os.PathLike, not %T", func, arg, v);
            return false;
        }
    }
    out->original = path_fspath(vm, v);
    if (value_is_empty(out->original))
        return false;
    out->bytes = is_bytes(out->original);
    Bytes *b = out->bytes ? as_bytes(out->original) : NULL;
    if (!b) {
        Str *errors = str_cstr(vm, "surrogateescape");
        b = errors ? text_encode(vm, as_str(out->original), vm->names.utf8, errors) : NULL;
    }
    if (!b)
        return false;
    if (memchr(b->data, 0, b->len)) {
        if (arg)
            raise_exc(vm, EXC_ValueError, "%s: embedded null character in %s", func, arg);
        else
            raise_exc(vm, EXC_ValueError, "embedded null byte");
        return false;
    }
    out->keep = value_from_obj(b);
    out->text = b->data;
    return true;
}

Value path_result(Vm *vm, const char *name, size_t len, bool bytes)
{
    if (bytes) {
        Bytes *b = bytes_new(vm, name, len);
        return b ? value_from_obj(b) : VALUE_ERROR;
    }
    Str *errors = str_cstr(vm, "surrogateescape");
    Str *s = errors ? text_decode(vm, VALUE_EMPTY, name, len, vm->names.utf8, errors) : NULL;
    return s ? value_from_obj(s) : VALUE_ERROR;
}
