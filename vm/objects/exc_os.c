/* SPDX-License-Identifier: MIT
 * OSError: the subclass that an errno asks for, attributes, text. */
#include "vm/objects/exceptions.h"

#include <errno.h>

#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

/* OSError(errno, …) makes one of these. Two names of one number are listed once. */
static const struct {
    int err;
    ExcId id;
} subclasses[] = {
    { EAGAIN, EXC_BlockingIOError }, { EALREADY, EXC_BlockingIOError }, { EINPROGRESS, EXC_BlockingIOError },
    { EPIPE, EXC_BrokenPipeError }, { ESHUTDOWN, EXC_BrokenPipeError }, { ECHILD, EXC_ChildProcessError },
    { ECONNABORTED, EXC_ConnectionAbortedError }, { ECONNREFUSED, EXC_ConnectionRefusedError },
    { ECONNRESET, EXC_ConnectionResetError }, { EEXIST, EXC_FileExistsError }, { ENOENT, EXC_FileNotFoundError },
    { EISDIR, EXC_IsADirectoryError }, { ENOTDIR, EXC_NotADirectoryError }, { EINTR, EXC_InterruptedError },
    { EACCES, EXC_PermissionError }, { EPERM, EXC_PermissionError }, { ESRCH, EXC_ProcessLookupError },
    { ETIMEDOUT, EXC_TimeoutError },
#if EWOULDBLOCK != EAGAIN
    { EWOULDBLOCK, EXC_BlockingIOError },
#endif
};

static Type *class_for(Vm *vm, Type *cls, uint32_t n, const Value *args)
{
    int64_t err;
    if (cls != vm->exc[EXC_OSError] || n < 2 || n > 5 || !is_int(args[0]) || !int_to_i64(args[0], &err))
        return cls;
    for (size_t i = 0; i < COUNT_OF(subclasses); i++)
        if (subclasses[i].err == err)
            return vm->exc[subclasses[i].id];
    return cls;
}

/* A class that overrides __init__ but not __new__ passes through __new__ whatever it likes: then the arguments are
 * looked at when OSError.__init__ is reached. */
static bool by_init(Vm *vm, const Type *cls)
{
    const Type *os = vm->exc[EXC_OSError];
    return !value_same(type_special(cls, SPECIAL_INIT), type_special(os, SPECIAL_INIT)) &&
           value_same(type_special(cls, SPECIAL_NEW), type_special(os, SPECIAL_NEW));
}

static bool is_number(Vm *vm, Value v)
{
    Type *t = type_of(vm, v);
    return !value_is_empty(type_special(t, SPECIAL_INDEX)) || !value_is_empty(type_special(t, SPECIAL_INT)) ||
           !value_is_empty(type_special(t, SPECIAL_FLOAT));
}

/* An int that fits a size. */
static Value size_of(Vm *vm, Value v)
{
    int64_t n;
    v = op_index(vm, v);
    if (value_is_empty(v) || int_to_i64(v, &n))
        return v;
    return raise_exc(vm, EXC_ValueError, "cannot fit 'int' into an index-sized integer");
}

/* (errno, strerror[, filename[, winerror[, filename2]]]); any other number of arguments is kept as it is. */
static bool take_args(Vm *vm, Exc *e, uint32_t n, const Value *args)
{
    Tuple *all = tuple_from(vm, args, n);
    if (!all)
        return false;
    heap_set(vm, e, &e->args, value_from_obj(all));
    if (n < 2 || n > 5)
        return true;
    if (!exc_set_field(vm, e, FIELD_ERRNO, args[0]) || !exc_set_field(vm, e, FIELD_STRERROR, args[1]))
        return false;
    if (n < 3 || value_is_none(args[2]))
        return true;
    if (type_of(vm, value_from_obj(e)) == vm->exc[EXC_BlockingIOError] && is_number(vm, args[2])) {
        Value written = size_of(vm, args[2]);
        return !value_is_empty(written) && exc_set_field(vm, e, FIELD_WRITTEN, written);
    }
    if (!exc_set_field(vm, e, FIELD_FILENAME, args[2]))
        return false;
    if (n == 5 && !value_is_none(args[4]) && !exc_set_field(vm, e, FIELD_FILENAME2, args[4]))
        return false;
    Tuple *two = tuple_from(vm, args, 2);
    if (two)
        heap_set(vm, e, &e->args, value_from_obj(two));
    return two;
}

static Value os_m_new(Vm *vm, Value self, const Args *args)
{
    Type *cls = as_type(self);
    if (by_init(vm, cls)) {
        Exc *e = exc_alloc(vm, cls, 0, NULL);
        return e ? value_from_obj(e) : VALUE_ERROR;
    }
    Exc *e = exc_alloc(vm, class_for(vm, cls, args->nrest, args->rest), 0, NULL);
    if (!e || !exc_init_args(vm, value_from_obj(e), args, args->v[0]) || !take_args(vm, e, args->nrest, args->rest))
        return VALUE_ERROR;
    return value_from_obj(e);
}

static Value os_m_init(Vm *vm, Value self, const Args *args)
{
    if (!by_init(vm, type_of(vm, self)))
        return VALUE_NONE;
    if (!exc_init_args(vm, self, args, args->v[0]) || !take_args(vm, as_exc(self), args->nrest, args->rest))
        return VALUE_ERROR;
    return VALUE_NONE;
}

static Value os_m_str(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Exc *e = as_exc(self);
    Value err = exc_field(e, FIELD_ERRNO), msg = exc_field(e, FIELD_STRERROR);
    Value name = exc_field(e, FIELD_FILENAME), name2 = exc_field(e, FIELD_FILENAME2);
    Str *s;
    if (value_is_empty(name) && (value_is_empty(err) || value_is_empty(msg)))
        return exc_plain_str(vm, e);
    err = value_is_empty(err) ? VALUE_NONE : err;
    msg = value_is_empty(msg) ? VALUE_NONE : msg;
    if (value_is_empty(name))
        s = str_printf(vm, "[Errno %V] %V", err, msg);
    else if (value_is_empty(name2))
        s = str_printf(vm, "[Errno %V] %V: %R", err, msg, name);
    else
        s = str_printf(vm, "[Errno %V] %V: %R -> %R", err, msg, name, name2);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

/* The arguments that make an equal one: (errno, strerror, filename[, None, filename2]). */
static Value os_m_reduce(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Exc *e = as_exc(self);
    Tuple *a = as_tuple(e->args);
    Value name = exc_field(e, FIELD_FILENAME), name2 = exc_field(e, FIELD_FILENAME2);
    if (a->len == 2 && !value_is_empty(name)) {
        Value v[5] = { a->items[0], a->items[1], name, VALUE_NONE, name2 };
        a = tuple_from(vm, v, value_is_empty(name2) ? 3 : 5);
    }
    Dict *d = a ? attr_dict(vm, self) : NULL;
    if (!d)
        return VALUE_ERROR;
    Value parts[3] = { value_from_obj(type_of(vm, self)), value_from_obj(a), value_from_obj(d) };
    Tuple *t = tuple_from(vm, parts, d->used ? 3 : 2);
    return t ? value_from_obj(t) : VALUE_ERROR;
}

const MethodDef exc_os_methods[] = {
    { "__new__(*args, **kwargs)", "Make an instance.", os_m_new, NATIVE_STATIC },
    METHOD(os, init, "__init__(*args, **kwargs)", "Initialize self."),
    METHOD(os, str, "__str__()", "Return str(self)."),
    METHOD(os, reduce, "__reduce__()", NULL),
    { 0 }
};

static bool has_written(Vm *vm, Value self)
{
    if (!value_is_empty(exc_field(as_exc(self), FIELD_WRITTEN)))
        return true;
    raise_exc(vm, EXC_AttributeError, "characters_written");
    return false;
}

static Value os_g_written(Vm *vm, Value self)
{
    return has_written(vm, self) ? exc_field(as_exc(self), FIELD_WRITTEN) : VALUE_ERROR;
}

static bool os_s_written(Vm *vm, Value self, Value v)
{
    if (value_is_empty(v))
        return has_written(vm, self) && exc_set_field(vm, as_exc(self), FIELD_WRITTEN, VALUE_EMPTY);
    v = size_of(vm, v);
    return !value_is_empty(v) && exc_set_field(vm, as_exc(self), FIELD_WRITTEN, v);
}

const GetSetDef exc_os_getsets[] = {
    FIELD("errno", "The number of the error.", 0),
    FIELD("strerror", "Its text.", 1),
    FIELD("filename", "The file that it is about.", 2),
    FIELD("filename2", "The second file that it is about.", 3),
    { "characters_written", "How much was written before it would have blocked.", os_g_written, os_s_written },
    { 0 }
};
