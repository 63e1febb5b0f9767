/* SPDX-License-Identifier: MIT
 * Module _traceback: texts that the interpreter makes, for traceback.aio. */
#include "stdlib/modules.h"

#include "runtime/traceback.h"
#include "vm/buf.h"
#include "vm/objects/int.h"
#include "vm/objects/str.h"

static Value text_of(Vm *vm, Buf *b, bool ok)
{
    Str *s = ok ? str_from_buf(vm, b) : NULL;
    if (!ok) {
        buf_free(b);
        if (!vm_pending(vm))
            return raise_no_memory(vm);
    }
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static bool is_exception(Vm *vm, Value v)
{
    if (value_is_a(vm, v, vm->exc[EXC_BaseException]))
        return true;
    raise_exc(vm, EXC_TypeError, "Exception expected for value, %T found", v);
    return false;
}

static Value traceback_f_format(Vm *vm, Value self, const Args *args)
{
    Buf b;
    int64_t limit = TRACEBACK_NO_LIMIT;
    (void)self;
    if (!is_exception(vm, args->v[0]) || (!value_is_none(args->v[2]) && !op_int64(vm, args->v[2], &limit)))
        return VALUE_ERROR;
    buf_init(&b, &vm->alloc);
    return text_of(vm, &b, traceback_text_limited(vm, args->v[0], value_is_true(args->v[1]), limit, &b));
}

static Value traceback_f_exception_only(Vm *vm, Value self, const Args *args)
{
    Buf b;
    (void)self;
    if (!is_exception(vm, args->v[0]))
        return VALUE_ERROR;
    buf_init(&b, &vm->alloc);
    traceback_put_exception(vm, args->v[0], args->v[1], &b);
    return text_of(vm, &b, !b.failed);
}

static Value traceback_f_entry(Vm *vm, Value self, const Args *args)
{
    Buf b;
    (void)self;
    if (!is_traceback(args->v[0]))
        return VALUE_NONE;
    buf_init(&b, &vm->alloc);
    traceback_put_stack(vm, args->v[0], 1, &b);
    return text_of(vm, &b, !b.failed);
}

static const MethodDef functions[] = {
    FUNCTION(traceback, format, "format(exc, chain: bool, limit, /)", "The whole text of an exception."),
    FUNCTION(traceback, exception_only, "exception_only(exc, tb, /)", "What stands behind the traceback."),
    FUNCTION(traceback, entry, "entry(tb, /)",
             "The text of a traceback's first entry; None: it is something else, that looks like one."),
    { 0 }
};

Value traceback_init(Vm *vm)
{
    Module *m = module_new(vm, "_traceback", "Texts of exceptions.");
    return m && module_add_functions(vm, m, functions) ? value_from_obj(m) : VALUE_ERROR;
}
