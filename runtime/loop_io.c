/* SPDX-License-Identifier: MIT
 * loop.add_reader() and its kin: a callback where a descriptor is ready. */
#include "runtime/loop_io.h"

#include "runtime/handle.h"
#include "runtime/io_watch.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

/* int(v.fileno()). False: `v` is not like a file; an exception may be pending that is none of these. */
static bool fileno_of(Vm *vm, Value v, int64_t *fd)
{
    Str *name = str_intern(vm, "fileno", 6);
    Value r = name ? op_call_method(vm, v, name, 0, NULL) : VALUE_ERROR;
    if (!value_is_empty(r))
        r = is_int(r) ? r : op_call1(vm, value_from_obj(vm->types.integer), r);
    return !value_is_empty(r) && int_to_i64(r, fd);
}

/* The descriptor, or ValueError as asyncio words it. */
static bool fd_of(Vm *vm, Value v, int *out)
{
    int64_t fd = -1;
    if (is_int(v)) {
        if (!int_to_i64(v, &fd) || fd > INT32_MAX || fd < INT32_MIN)
            return value_is_empty(raise_exc(vm, EXC_OverflowError, "signed integer is greater than maximum")) && false;
    } else if (!fileno_of(vm, v, &fd)) {
        if (vm_pending(vm) && !exc_pending_is(vm, EXC_AttributeError) && !exc_pending_is(vm, EXC_TypeError) &&
            !exc_pending_is(vm, EXC_ValueError))
            return false;
        exc_discard(vm);
        raise_exc(vm, EXC_ValueError, "Invalid file object: %R", v);
        return false;
    }
    *out = (int)fd;
    return true;
}

static bool is_closing(Vm *vm, Value transport)
{
    Str *name = str_intern(vm, "is_closing", 10);
    Value r = name ? op_call_method(vm, transport, name, 0, NULL) : VALUE_ERROR;
    return value_is_empty(r) || op_truth(vm, r) != 0;
}

static bool no_transport(Vm *vm, Value v, int fd)
{
    Value t = watch_owner(rt_of(vm), fd);
    if (value_is_empty(t) || is_closing(vm, t))
        return !vm_pending(vm);
    raise_exc(vm, EXC_RuntimeError, "File descriptor %R is used by transport %R", v, t);
    return false;
}

static bool cancel_handle(Vm *vm, Value h)
{
    Str *name = str_intern(vm, "cancel", 6);
    return value_is_empty(h) || is_io_consumer(vm, h) || (name && !value_is_empty(op_call_method(vm, h, name, 0, NULL)));
}

static Value add(Vm *vm, Value self, const Args *args, unsigned side, bool plain)
{
    Loop *l = as_loop(self);
    int fd;
    Value h, old;
    if (!fd_of(vm, args->v[0], &fd) || (!plain && !no_transport(vm, args->v[0], fd)) || !loop_check_open(vm, l))
        return VALUE_ERROR;
    if (fd < 0)
        return raise_exc(vm, EXC_ValueError, "Invalid file descriptor: %d", fd);
    h = loop_handle(vm, l, args->v[1], args->rest, args->nrest);
    if (value_is_empty(h) || !watch_add(vm, l, fd, side, h, args->v[0], true, &old) || !cancel_handle(vm, old))
        return VALUE_ERROR;
    return plain ? h : VALUE_NONE;
}

static Value removed(Vm *vm, Value self, const Args *args, unsigned side, bool plain)
{
    Loop *l = as_loop(self);
    int fd;
    if (!fd_of(vm, args->v[0], &fd) || (!plain && !no_transport(vm, args->v[0], fd)))
        return VALUE_ERROR;
    if (l->closed)
        return VALUE_FALSE;
    if (fd < 0 && (is_int(args->v[0]) || (fd = watch_find(l->rt, l, args->v[0])) < 0))
        return raise_exc(vm, EXC_ValueError, "Invalid file descriptor: %d", fd);
    Value old = watch_remove(vm, l, fd, side, true);
    if (value_is_empty(old))
        return VALUE_FALSE;
    return cancel_handle(vm, old) ? VALUE_TRUE : VALUE_ERROR;
}

Value loop_m_add_reader(Vm *vm, Value self, const Args *args)
{
    return add(vm, self, args, POLL_READ, false);
}

Value loop_m_add_writer(Vm *vm, Value self, const Args *args)
{
    return add(vm, self, args, POLL_WRITE, false);
}

Value loop_m_remove_reader(Vm *vm, Value self, const Args *args)
{
    return removed(vm, self, args, POLL_READ, false);
}

Value loop_m_remove_writer(Vm *vm, Value self, const Args *args)
{
    return removed(vm, self, args, POLL_WRITE, false);
}

Value loop_m_add_reader_plain(Vm *vm, Value self, const Args *args)
{
    return add(vm, self, args, POLL_READ, true);
}

Value loop_m_add_writer_plain(Vm *vm, Value self, const Args *args)
{
    return add(vm, self, args, POLL_WRITE, true);
}

Value loop_m_remove_reader_plain(Vm *vm, Value self, const Args *args)
{
    return removed(vm, self, args, POLL_READ, true);
}

Value loop_m_remove_writer_plain(Vm *vm, Value self, const Args *args)
{
    return removed(vm, self, args, POLL_WRITE, true);
}

Value loop_m_ensure_no_transport(Vm *vm, Value self, const Args *args)
{
    int fd;
    (void)self;
    return fd_of(vm, args->v[0], &fd) && no_transport(vm, args->v[0], fd) ? VALUE_NONE : VALUE_ERROR;
}
