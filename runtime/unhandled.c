/* SPDX-License-Identifier: MIT
 * What no script code can take goes to stderr: uncaught exceptions, and those in __del__ and the like. A script may
 * put hooks of its own into sys. */
#include "runtime/unhandled.h"

#include "runtime/io.h"
#include "runtime/structseq.h"
#include "runtime/traceback.h"
#include "vm/objects/dict.h"
#include "vm/objects/str.h"

void unhandled_print(Vm *vm, Value exc)
{
    Buf b;
    buf_init(&b, &vm->alloc);
    if (!traceback_text(vm, exc, &b))
        b.failed = false;       /* as far as the memory went */
    rt_flush(rt_of(vm));
    if (b.len)
        io_put_stderr(vm, b.data, b.len);
    buf_free(&b);
}

/* sys.NAME where a script has replaced it; EMPTY: it is ours. */
static Value own_hook(Vm *vm, const char *name, const char *original)
{
    Value sys = rt_of(vm)->sys;
    if (!is_module(sys))
        return VALUE_EMPTY;
    Value hook = dict_get_cstr(vm, as_module(sys)->globals, name);
    Value plain = dict_get_cstr(vm, as_module(sys)->globals, original);
    return value_same(hook, plain) || value_is_none(hook) ? VALUE_EMPTY : hook;
}

/* For who looks afterwards: at the prompt, or at exit. */
static void keep_last(Vm *vm, Dict *sys, Value exc)
{
    if (!dict_set_cstr(vm, sys, "last_exc", exc) || !dict_set_cstr(vm, sys, "last_value", exc) ||
        !dict_set_cstr(vm, sys, "last_type", value_from_obj(type_of(vm, exc))) ||
        !dict_set_cstr(vm, sys, "last_traceback", as_exc(exc)->traceback))
        exc_discard(vm);
}

void rt_print_exception(Vm *vm, Value exc)
{
    static const char first[] = "Error in sys.excepthook:\n", second[] = "\nOriginal exception was:\n";
    static const char missing[] = "sys.excepthook is missing\n";
    Value sys = rt_of(vm)->sys, hook = VALUE_EMPTY;
    if (is_module(sys)) {
        Dict *names = as_module(sys)->globals;
        keep_last(vm, names, exc);
        hook = dict_get_cstr(vm, names, "excepthook");
        if (value_is_empty(hook))
            io_put_stderr(vm, missing, sizeof missing - 1);
        else if (value_same(hook, dict_get_cstr(vm, names, "__excepthook__")))
            hook = VALUE_EMPTY;
    }
    if (value_is_empty(hook)) {
        unhandled_print(vm, exc);
        return;
    }
    Value args[3] = { value_from_obj(type_of(vm, exc)), exc, as_exc(exc)->traceback };
    if (!value_is_empty(op_call(vm, hook, 3, args)) || exc_pending_is(vm, EXC_SystemExit))
        return;
    Value inner = exc_take(vm);
    io_put_stderr(vm, first, sizeof first - 1);
    unhandled_print(vm, inner);
    io_put_stderr(vm, second, sizeof second - 1);
    unhandled_print(vm, exc);
}

void unhandled_print_ignored(Vm *vm, Value exc, Value message, Value object)
{
    Str *head = NULL, *repr = value_is_none(object) ? NULL : op_repr(vm, object);
    if (!repr)
        exc_discard(vm);
    if (is_str(message))
        head = repr ? str_printf(vm, "%S: %S\n", as_str(message), repr) : str_printf(vm, "%S:\n", as_str(message));
    else if (!value_is_none(object))
        head = str_printf(vm, "Exception ignored in: %s\n", repr ? str_data(repr) : "<object repr() failed>");
    Buf b;
    buf_init(&b, &vm->alloc);
    if (head)
        buf_put(&b, str_data(head), head->len);
    exc_discard(vm);
    traceback_text_plain(vm, exc, &b);
    rt_flush(rt_of(vm));
    if (b.len)
        io_put_stderr(vm, b.data, b.len);
    buf_free(&b);
}

static bool call_unraisable_hook(Vm *vm, Value hook, Value exc, Value message, Value object)
{
    static const char *const fields[] = { "exc_type", "exc_value", "exc_traceback", "err_msg", "object", NULL };
    Type *t = structseq_type(vm, "sys.UnraisableHookArgs", fields, 5);
    Value items[5] = { value_from_obj(type_of(vm, exc)), exc, as_exc(exc)->traceback, message, object };
    Value arg = t ? structseq_new(vm, t, items, 5) : VALUE_ERROR;
    return !value_is_empty(arg) && !value_is_empty(op_call1(vm, hook, arg));
}

void rt_unraisable(Vm *vm, Value exc, const char *where, Value object)
{
    Value pending = exc_take(vm), message = VALUE_NONE;
    if (value_is_empty(object))
        object = VALUE_NONE;
    if (where) {
        Str *s = str_printf(vm, "Exception ignored %s", where);
        message = s ? value_from_obj(s) : VALUE_NONE;
    }
    exc_discard(vm);
    Value hook = own_hook(vm, "unraisablehook", "__unraisablehook__");
    if (value_is_empty(hook) || !call_unraisable_hook(vm, hook, exc, message, object)) {
        exc_discard(vm);
        unhandled_print_ignored(vm, exc, message, object);
    }
    exc_restore(vm, pending);
}
