/* SPDX-License-Identifier: MIT
 * What nobody takes goes to the loop's exception handler; the default one writes to stderr, through module logging
 * once a script has imported that. Debug mode's warnings go the same way. */
#include "runtime/handle.h"

#include <stdio.h>

#include "runtime/io.h"
#include "runtime/origin.h"
#include "runtime/report.h"
#include "runtime/unhandled.h"
#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

/* asyncio.log.logger.error(text, exc_info=…), warning(text) or debug(text). */
static bool log_by_module(Vm *vm, const char *level, Str *text, Value exc)
{
    Value m = rt_import_module(vm, "asyncio.base_events");
    Str *logger = str_intern(vm, "logger", 6), *method = str_intern(vm, level, strlen(level));
    Str *info = str_intern(vm, "exc_info", 8);
    Value l = value_is_empty(m) || !logger || !method || !info ? VALUE_ERROR : attr_get(vm, m, logger);
    Value f = value_is_empty(l) ? l : attr_get(vm, l, method);
    Value none = strcmp(level, "error") ? VALUE_NONE : VALUE_FALSE;
    Value args[2] = { value_from_obj(text), none }, key = value_from_obj(info);
    if (is_exc(exc)) {
        Tuple *t = tuple_pack(vm, 3, value_from_obj(type_of(vm, exc)), exc, as_exc(exc)->traceback);
        args[1] = t ? value_from_obj(t) : VALUE_NONE;
    }
    return !value_is_empty(f) && !value_is_empty(op_call_kw(vm, f, 2, args, 1, &key));
}

static bool has_logging(Vm *vm)
{
    return vm->modules && is_module(dict_get_cstr(vm, vm->modules, "logging"));
}

static bool log_line(Vm *vm, const char *level, Str *text, Value exc)
{
    if (has_logging(vm))
        return log_by_module(vm, level, text, exc);
    io_put_stderr(vm, str_data(text), text->len);
    io_put_stderr(vm, "\n", 1);
    if (is_exc(exc))
        unhandled_print(vm, exc);
    return true;
}

bool loop_log_warning(Vm *vm, const char *text)
{
    Str *s = str_cstr(vm, text);
    return s && log_line(vm, "warning", s, VALUE_EMPTY);
}

/* "key: value"; the place where something was made as a traceback shows it. */
static Str *describe(Vm *vm, Str *text, Str *key, Value v)
{
    const char *what = str_is(key, "source_traceback") ? "Object" : str_is(key, "handle_traceback") ? "Handle" : NULL;
    if (!what || !is_list(v))
        return str_printf(vm, "%S\n%S: %R", text, key, v);
    Buf b;
    buf_init(&b, &vm->alloc);
    origin_put(vm, v, &b);
    while (b.len && b.data[b.len - 1] == '\n')
        b.len--;
    Str *where = b.failed ? NULL : str_new(vm, b.data, b.len);
    buf_free(&b);
    return where ? str_printf(vm, "%S\n%S: %s created at (most recent call last):\n%S", text, key, what, where) : NULL;
}

/* In debug mode, where the handle that runs was made. */
static bool add_handle_traceback(Vm *vm, Loop *l, Dict *context)
{
    Value h = l->current_handle;
    if (!is_kind(h, KIND_EXT) || !value_is_empty(dict_get_cstr(vm, context, "source_traceback")))
        return true;
    Value at = ((Handle *)value_obj(h))->source;
    return !is_list(at) || !as_list(at)->len || (!value_is_empty(at = origin_get(vm, at)) &&
           dict_set_cstr(vm, context, "handle_traceback", at));
}

/* The context's keys in alphabetical order, one a line, then the traceback. */
Value loop_default_handler(Vm *vm, Loop *l, Value context)
{
    if (!is_dict(context))
        return raise_exc(vm, EXC_AttributeError, "'%T' object has no attribute 'get'", context);
    Value msg = dict_get_cstr(vm, as_dict(context), "message"), exc = dict_get_cstr(vm, as_dict(context), "exception");
    if (!add_handle_traceback(vm, l, as_dict(context)))
        return VALUE_ERROR;
    Value keys = op_list_of(vm, context);
    if (value_is_empty(keys) || !list_sort(vm, as_list(keys), VALUE_NONE, false))
        return VALUE_ERROR;
    Str *text = value_is_empty(msg) || op_truth(vm, msg) == 0 ? str_cstr(vm, "Unhandled exception in event loop") :
        op_str(vm, msg);
    for (size_t i = 0; text && i < as_list(keys)->len; i++) {
        Value k = list_items(as_list(keys))[i], v;
        if (!is_str(k) || str_is(as_str(k), "message") || str_is(as_str(k), "exception"))
            continue;
        if (dict_find(vm, as_dict(context), k, &v) > 0)
            text = describe(vm, text, as_str(k), v);
    }
    if (!text || !log_line(vm, "error", text, is_exc(exc) ? exc : VALUE_EMPTY))
        return VALUE_ERROR;
    if (is_exc(exc) && value_is_empty(dict_get_cstr(vm, as_dict(context), "source_traceback"))) {
        Value task = dict_get_cstr(vm, as_dict(context), "task");
        report_origin(vm, value_is_empty(task) ? dict_get_cstr(vm, as_dict(context), "future") : task);
    }
    return VALUE_NONE;
}

/* "Exception in default exception handler": nothing can be done about it but to show it. */
static Value default_failed(Vm *vm, const char *text)
{
    Value exc = exc_take(vm);
    Str *s = str_cstr(vm, text);
    return s && log_line(vm, "error", s, exc) ? VALUE_NONE : VALUE_ERROR;
}

static bool must_leave(Vm *vm)
{
    return exc_pending_is(vm, EXC_KeyboardInterrupt) || exc_pending_is(vm, EXC_SystemExit);
}

static Value call_default(Vm *vm, Loop *l, Value context)
{
    return loop_method(vm, l, "default_exception_handler", 1, &context);
}

/* The context of the task or handle that the report is about. */
static Value context_of(Vm *vm, Value context)
{
    static const char *const keys[] = { "task", "future", "handle" };
    for (size_t i = 0; is_dict(context) && i < COUNT_OF(keys); i++) {
        Value v = dict_get_cstr(vm, as_dict(context), keys[i]);
        if (is_future(vm, v))
            return as_future(v)->is_task ? ((Task *)value_obj(v))->context : vm->strand->context;
        if (is_kind(v, KIND_EXT) && type_of(vm, v)->layout == &handle_layout)
            return ((Handle *)value_obj(v))->context;
    }
    return vm->strand->context;
}

Value loop_call_exception_handler(Vm *vm, Loop *l, Value context)
{
    if (value_is_none(l->exception_handler)) {
        Value r = call_default(vm, l, context);
        return !value_is_empty(r) || must_leave(vm) ? r : default_failed(vm, "Exception in default exception handler");
    }
    Value args[2] = { value_from_obj(l), context };
    Value outer = context_swap(vm, context_of(vm, context));
    Value r = op_call(vm, l->exception_handler, 2, args);
    vm->strand->context = outer;
    if (!value_is_empty(r))
        return VALUE_NONE;
    if (must_leave(vm))
        return r;
    Dict *ctx = dict_new(vm);
    Value exc = exc_take(vm);
    Str *msg = str_cstr(vm, "Unhandled error in exception handler");
    if (!ctx || !msg || !dict_set_cstr(vm, ctx, "message", value_from_obj(msg)) ||
        !dict_set_cstr(vm, ctx, "exception", exc) || !dict_set_cstr(vm, ctx, "context", context))
        return VALUE_ERROR;
    ExcState handling = { exc, vm->strand->exc_state };
    vm->strand->exc_state = &handling;
    r = call_default(vm, l, value_from_obj(ctx));
    if (value_is_empty(r) && !must_leave(vm))
        r = default_failed(vm, "Exception in default exception handler while handling an unexpected error in custom "
                               "exception handler");
    vm->strand->exc_state = handling.prev;
    return r;
}

/* Where the future or handle was made, in debug mode; EMPTY. */
static Value source_of(Vm *vm, Value what)
{
    if (is_future(vm, what))
        return as_future(what)->source;
    if (is_kind(what, KIND_EXT) && type_of(vm, what)->layout == &handle_layout)
        return ((Handle *)value_obj(what))->source;
    return VALUE_EMPTY;
}

bool loop_report(Vm *vm, Loop *l, Str *message, Value exc, const char *key, Value what)
{
    Dict *ctx = dict_new(vm);
    if (!ctx || !dict_set_cstr(vm, ctx, "message", value_from_obj(message)))
        return false;
    if (!value_is_empty(exc) && !dict_set_cstr(vm, ctx, "exception", exc))
        return false;
    if (!value_is_empty(what) && !dict_set_cstr(vm, ctx, key, what))
        return false;
    Value source = value_is_empty(what) ? VALUE_EMPTY : source_of(vm, what), arg = value_from_obj(ctx);
    if (is_list(source) && as_list(source)->len &&
        (value_is_empty(source = origin_get(vm, source)) || !dict_set_cstr(vm, ctx, "source_traceback", source)))
        return false;
    return !value_is_empty(loop_method(vm, l, "call_exception_handler", 1, &arg));
}

/* ---- debug mode ---- */

/* A task's step is named by the task. */
static Value shown_as(Vm *vm, Value entry)
{
    if (is_kind(entry, KIND_EXT) && type_of(vm, entry)->layout == &handle_layout) {
        Value fn = ((Handle *)value_obj(entry))->fn;
        Task *t = callback_task(vm, fn);
        if (t)
            return value_from_obj(t);
        if (is_method(fn) && is_future(vm, as_method(fn)->self) && as_future(as_method(fn)->self)->is_task)
            return as_method(fn)->self;
    }
    return entry;
}

bool loop_check_slow(Vm *vm, Loop *l, Value entry, double took)
{
    double limit;
    if (!op_double(vm, l->slow_callback_duration, &limit))
        return false;
    if (took < limit)
        return true;
    char seconds[32];
    snprintf(seconds, sizeof seconds, "%.3f", took);
    Str *text = str_printf(vm, "Executing %R took %s seconds", shown_as(vm, entry), seconds);
    return text && log_line(vm, "warning", text, VALUE_EMPTY);
}

static bool log_debug(Vm *vm, Str *text)
{
    return text && log_by_module(vm, "debug", text, VALUE_EMPTY);
}

bool loop_log_selector(Vm *vm, Value selector)
{
    if (!has_logging(vm))
        return true;
    return log_debug(vm, value_is_none(selector) ? str_cstr(vm, "Using selector: EpollSelector") :
                     str_printf(vm, "Using selector: %T", selector));
}

bool loop_log_close(Vm *vm, Loop *l)
{
    return !l->debug || !has_logging(vm) || log_debug(vm, str_printf(vm, "Close %R", value_from_obj(l)));
}

void loop_track_origins(Vm *vm, Loop *l, bool on)
{
    if (on == l->tracks_origins)
        return;
    l->tracks_origins = on;
    if (on)
        l->origin_depth_before = vm->coroutine_origin_depth;
    origin_track(vm, on ? ORIGIN_DEPTH : l->origin_depth_before);
}

bool loop_check_thread(Vm *vm, Loop *l)
{
    if (!l->running || l->strand == vm->strand)
        return true;
    raise_exc(vm, EXC_RuntimeError, "Non-thread-safe operation invoked on an event loop other than the current one");
    return false;
}
