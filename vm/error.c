/* SPDX-License-Identifier: MIT
 * Raising, matching and handling exceptions; what the raise and except instructions do. The exception types are in
 * objects/exceptions.c. */
#include "vm/interp.h"

#include <errno.h>
#include <stdio.h>

#include "vm/buf.h"
#include "vm/format.h"
#include "vm/objects/dict.h"
#include "vm/objects/exceptions.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

/* Often it was only a big piece that could not be had: then there is memory for an exception with a traceback. The
 * one made in advance is for when there is none. */
Value raise_no_memory(Vm *vm)
{
    vm->strand->exc = vm->memory_error;
    heap_open_reserve(vm);
    if (vm->making_memory_error || value_is_empty(vm->memory_error))
        return VALUE_ERROR;
    vm->making_memory_error = true;
    Value e = exc_new_args(vm, vm->exc[EXC_MemoryError], 0, NULL);
    vm->making_memory_error = false;
    if (!value_is_empty(e))
        raise_value(vm, e);
    return VALUE_ERROR;
}

Value exc_handled(Vm *vm)
{
    for (ExcState *st = vm->strand->exc_state; st; st = st->prev)
        if (!value_is_empty(st->handled))
            return st->handled;
    return VALUE_EMPTY;
}

/* The new exception's __context__ is what is being handled, unless that makes a cycle. */
static void set_context(Vm *vm, Value exc)
{
    Value ctx = exc_handled(vm);
    if (value_is_empty(ctx) || value_same(ctx, exc) || !is_exc(exc) || value_same(exc, vm->memory_error))
        return;
    Value slow = ctx;
    unsigned steps = 0;
    for (Value c = ctx; is_exc(c); c = as_exc(c)->context) {
        Value next = as_exc(c)->context;
        if (value_same(next, exc)) {    /* cut the chain that would close */
            as_exc(c)->context = VALUE_NONE;
            break;
        }
        if (steps++ & 1)
            slow = as_exc(slow)->context;
        if (steps > 2 && value_same(slow, next))
            break;
    }
    Exc *e = as_exc(exc);
    heap_set(vm, e, &e->context, ctx);
}

Value raise_value(Vm *vm, Value exc)
{
    if (is_type(exc) && (as_type(exc)->flags & TYPE_EXC)) {
        exc = op_call0(vm, exc);
        if (value_is_empty(exc))
            return VALUE_ERROR;
    }
    if (!is_exc(exc))
        return raise_exc(vm, EXC_TypeError, "exceptions must derive from BaseException");
    set_context(vm, exc);
    vm->strand->exc = exc;
    return VALUE_ERROR;
}

Value exc_new_args(Vm *vm, Type *t, uint32_t n, const Value *args)
{
    if (type_special(t, SPECIAL_INIT).bits != type_special(vm->exc[EXC_BaseException], SPECIAL_INIT).bits ||
        !exc_new_is_plain(type_special(t, SPECIAL_NEW)))
        return type_call(vm, t, n, args, 0, NULL);
    Exc *e = (Exc *)object_alloc(vm, t);
    Tuple *a = e ? tuple_from(vm, args, n) : NULL;
    if (!a)
        return VALUE_ERROR;
    e->args = value_from_obj(a);
    e->traceback = e->cause = e->context = VALUE_NONE;
    return value_from_obj(e);
}

static Value exc_new_v(Vm *vm, Type *t, const char *fmt, va_list ap)
{
    Str *msg = str_vprintf(vm, fmt, ap);
    if (!msg)
        return VALUE_ERROR;
    Value arg = value_from_obj(msg);
    return exc_new_args(vm, t, 1, &arg);
}

Value exc_new(Vm *vm, ExcId id, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    Value e = exc_new_v(vm, vm->exc[id], fmt, ap);
    va_end(ap);
    return e;
}

Value raise_exc(Vm *vm, ExcId id, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    Value e = exc_new_v(vm, vm->exc[id], fmt, ap);
    va_end(ap);
    return value_is_empty(e) ? e : raise_value(vm, e);
}

Value raise_name(Vm *vm, Str *name)
{
    Value exc = exc_new(vm, EXC_NameError, "name '%S' is not defined", name);
    if (value_is_empty(exc))
        return exc;
    as_exc(exc)->extra[EXTRA_NAME] = value_from_obj(name);
    return raise_value(vm, exc);
}

Value raise_type(Vm *vm, Type *type, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    Value e = exc_new_v(vm, type, fmt, ap);
    va_end(ap);
    return value_is_empty(e) ? e : raise_value(vm, e);
}

Value raise_args(Vm *vm, ExcId id, uint32_t n, const Value *args)
{
    Value e = exc_new_args(vm, vm->exc[id], n, args);
    return value_is_empty(e) ? e : raise_value(vm, e);
}

Value raise_end(Vm *vm, Value value)
{
    return raise_args(vm, EXC_StopIteration, value_is_empty(value) ? 0 : 1, &value);
}

Value raise_stop_iteration(Vm *vm, Value value)
{
    return raise_end(vm, value_is_none(value) ? VALUE_EMPTY : value);
}

Value raise_os(Vm *vm, int err, Value filename)
{
    char text[128];
    const char *msg = strerror_r(err, text, sizeof text);
    Str *s = str_cstr(vm, msg);
    if (!s)
        return VALUE_ERROR;
    Value args[3] = { value_from_int48(err), value_from_obj(s), filename };
    return raise_args(vm, EXC_OSError, value_is_empty(filename) ? 2 : 3, args);
}

bool exc_matches(Vm *vm, Value exc, Type *t)
{
    return value_is_a(vm, exc, t);
}

bool exc_pending_is(Vm *vm, ExcId id)
{
    return vm_pending(vm) && exc_matches(vm, vm->strand->exc, vm->exc[id]);
}

Value exc_take(Vm *vm)
{
    Value e = vm->strand->exc;
    vm->strand->exc = VALUE_EMPTY;
    return e;
}

void exc_restore(Vm *vm, Value exc)
{
    vm->strand->exc = exc;
}

void exc_discard(Vm *vm)
{
    vm->strand->exc = VALUE_EMPTY;
}

/* What only the frame knows and "did you mean" wants to: the variables, for a NameError; whether it is an attribute
 * of `self`, for an AttributeError. */
static void keep_for_suggestion(Vm *vm, Exc *e, Frame *f)
{
    Value exc = value_from_obj(e);
    if (exc_matches(vm, exc, vm->exc[EXC_AttributeError]) && f->code->nparams && !f->code->local_is_cell[0] &&
               value_same(f->regs[0], e->extra[EXTRA_OBJ]) && str_is(f->code->local_names[0], "self")) {
        e->h.flags |= EXC_ON_SELF;
    }
}

bool traceback_add(Vm *vm, Frame *f)
{
    Value exc = vm->strand->exc;
    if (!is_exc(exc) || value_same(exc, vm->memory_error) || f->code->flags & CODE_UNSEEN)
        return true;
    if (value_is_none(as_exc(exc)->traceback) && !value_is_empty(as_exc(exc)->extra[EXTRA_NAME]))
        keep_for_suggestion(vm, as_exc(exc), f);
    Traceback *tb = heap_alloc(vm, sizeof *tb, KIND_TRACEBACK, vm->types.traceback->root_shape->id, 0);
    if (!tb) {
        vm->strand->exc = exc;
        return false;
    }
    Exc *e = as_exc(exc);
    tb->next = e->traceback;
    tb->code = f->code;
    tb->globals = value_from_obj(f->func->globals);
    FrameObj *o = frame_object_quiet(vm, f);
    if (!o)
        vm->strand->exc = exc;
    tb->frame = o ? value_from_obj(o) : VALUE_EMPTY;
    tb->at = frame_at(f);
    tb->line = 0;
    heap_set(vm, e, &e->traceback, value_from_obj(tb));
    return true;
}

/* ---- instructions ---- */

/* `raise` instantiates a class. */
static Value raised_instance(Vm *vm, Value cls)
{
    Value exc = op_call0(vm, cls);
    if (is_exc(exc) && !value_is_a(vm, exc, as_type(cls)))      /* what its __new__ made becomes an argument, as in CPython */
        exc = op_call1(vm, cls, exc);
    if (value_is_empty(exc) || is_exc(exc))
        return exc;
    return raise_exc(vm, EXC_TypeError, "calling %R should have returned an instance of BaseException, not %R", cls,
                     value_from_obj(type_of(vm, exc)));
}

/* True: raised again as it was (bare raise). */
bool interp_raise(Vm *vm, unsigned how, Value exc, Value cause)
{
    if (how == 0) {
        Value handled = exc_handled(vm);
        if (value_is_empty(handled)) {
            raise_exc(vm, EXC_RuntimeError, "No active exception to reraise");
            return false;
        }
        exc_restore(vm, handled);
        return true;
    }
    if (is_type(exc) && (as_type(exc)->flags & TYPE_EXC)) {
        exc = raised_instance(vm, exc);
        if (value_is_empty(exc))
            return false;
    } else if (!is_exc(exc)) {
        raise_exc(vm, EXC_TypeError, "exceptions must derive from BaseException");
        return false;
    }
    if (how == 2) {
        if (is_type(cause) && (as_type(cause)->flags & TYPE_EXC)) {
            cause = raised_instance(vm, cause);
            if (value_is_empty(cause))
                return false;
        }
        if (!value_is_none(cause) && !is_exc(cause)) {
            raise_exc(vm, EXC_TypeError, "exception causes must derive from BaseException");
            return false;
        }
        Exc *e = as_exc(exc);
        heap_set(vm, e, &e->cause, cause);
        e->suppress_context = 1;
    }
    raise_value(vm, exc);
    return false;
}

static bool is_exc_class(Value v)
{
    return is_type(v) && (as_type(v)->flags & TYPE_EXC);
}

int interp_exc_match(Vm *vm, Value exc, Value cls)
{
    if (is_exc_class(cls))
        return exc_matches(vm, exc, as_type(cls));
    if (!is_tuple(cls))
        goto wrong;
    for (size_t i = 0; i < as_tuple(cls)->len; i++)
        if (!is_exc_class(as_tuple(cls)->items[i]))
            goto wrong;
    for (size_t i = 0; i < as_tuple(cls)->len; i++)
        if (exc_matches(vm, exc, as_type(as_tuple(cls)->items[i])))
            return 1;
    return 0;
wrong:
    raise_exc(vm, EXC_TypeError, "catching classes that do not inherit from BaseException is not allowed");
    return -1;
}
