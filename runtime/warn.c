/* SPDX-License-Identifier: MIT
 * Warnings: to module warnings when a script has imported it, else to sys.stderr, once for each place, with
 * CPython's default filters. */
#include "runtime/warn.h"

#include "runtime/io.h"
#include "runtime/origin.h"
#include "runtime/traceback.h"
#include "vm/frame.h"
#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

/* Where the running code stands; NULL: nothing runs. */
static Frame *running(Vm *vm)
{
    Frame *f = vm->strand->top;
    return f && f->code ? f : NULL;
}

/* Shown everywhere, or where the main script stands, or nowhere. */
static bool is_shown(Vm *vm, const Type *category, const Frame *f)
{
    static const ExcId hidden[] = { EXC_PendingDeprecationWarning, EXC_ImportWarning, EXC_ResourceWarning };
    for (size_t i = 0; i < COUNT_OF(hidden); i++)
        if (type_is_subtype(category, vm->exc[hidden[i]]))
            return false;
    if (!type_is_subtype(category, vm->exc[EXC_DeprecationWarning]) || !f)
        return true;
    Value name = dict_get_str(vm, f->func->globals, vm->names.dunder_name);
    return is_str(name) && str_is(as_str(name), "__main__");
}

/* True the first time. */
static bool is_new(Vm *vm, Str *key)
{
    Runtime *rt = rt_of(vm);
    if (value_is_empty(rt->roots[RT_ROOT_WARNINGS])) {
        Dict *d = dict_new(vm);
        if (!d)
            return true;
        rt->roots[RT_ROOT_WARNINGS] = value_from_obj(d);
    }
    Dict *seen = as_dict(rt->roots[RT_ROOT_WARNINGS]);
    return value_is_empty(dict_get_str(vm, seen, key)) && dict_set_str(vm, seen, key, VALUE_TRUE);
}

static void show(Vm *vm, const Type *category, const char *text, const Frame *f)
{
    uint32_t line = f ? code_position(f->code, frame_at(f)).line : 1;
    Str *head = f ? str_printf(vm, "%S:%u: %s: %s\n", f->code->filename, line, type_name(category), text)
                  : str_printf(vm, "<sys>:0: %s: %s\n", type_name(category), text);
    if (!head || !is_new(vm, head)) {
        exc_discard(vm);        /* no memory to say it */
        return;
    }
    Buf b;
    size_t len;
    buf_init(&b, &vm->alloc);
    buf_put(&b, str_data(head), head->len);
    const char *source = f && is_str(f->code->source) ? traceback_source_line(as_str(f->code->source), line, &len) : NULL;
    if (source) {
        while (len && (*source == ' ' || *source == '\t' || *source == '\f'))
            source++, len--;
        buf_puts(&b, "  ");
        buf_put(&b, source, len);
        buf_putc(&b, '\n');
    }
    if (!b.failed)
        io_put_stderr(vm, b.data, b.len);
    buf_free(&b);
}

/* The script's module, if it was imported. EMPTY: none. */
static Value warnings_module(Vm *vm)
{
    Value m = vm->modules ? dict_get_cstr(vm, vm->modules, "warnings") : VALUE_EMPTY;
    return value_is_empty(m) ? rt_of(vm)->roots[RT_ROOT_WARNINGS_MODULE] : m;
}

void warn_keep_filters(Vm *vm)
{
    rt_of(vm)->roots[RT_ROOT_WARNINGS_MODULE] = warnings_module(vm);
}

bool warn_explicit_text(Vm *vm, Type *category, const char *text)
{
    Value pending = exc_take(vm), module = warnings_module(vm);
    if (is_module(module)) {
        Str *name = str_intern(vm, "warn", 4), *msg = str_cstr(vm, text);
        Value f = name && msg ? attr_get_opt(vm, module, name) : VALUE_EMPTY;
        if (!value_is_empty(f)) {
            Value args[2] = { value_from_obj(msg), value_from_obj(category) };
            if (value_is_empty(op_call(vm, f, 2, args)))
                return false;
            exc_restore(vm, pending);
            return true;
        }
        exc_discard(vm);
    }
    Frame *f = running(vm);
    if (is_shown(vm, category, f))
        show(vm, category, text, f);
    exc_restore(vm, pending);
    return true;
}

/* warnings.warn_explicit(text, SyntaxWarning, filename, line), whose filters may make it an error. */
static bool warn_by_module(Vm *vm, Value f, const char *text, const char *filename, unsigned line)
{
    Str *msg = str_cstr(vm, text), *file = str_decode(vm, filename, strlen(filename));
    Value args[4] = { msg ? value_from_obj(msg) : VALUE_EMPTY, value_from_obj(vm->exc[EXC_SyntaxWarning]),
                      file ? value_from_obj(file) : VALUE_EMPTY, value_from_int48(line) };
    if (!msg || !file)
        return false;
    if (!value_is_empty(op_call(vm, f, 4, args)))
        return true;
    if (exc_pending_is(vm, EXC_SyntaxWarning))
        exc_discard(vm);
    return false;
}

bool warn_syntax(Vm *vm, const char *text, const char *filename, unsigned line, const char *source, size_t len)
{
    Value module = warnings_module(vm);
    Str *name = is_module(module) ? str_intern(vm, "warn_explicit", 13) : NULL;
    Value f = name ? attr_get_opt(vm, module, name) : VALUE_EMPTY;
    if (!value_is_empty(f))
        return warn_by_module(vm, f, text, filename, line);
    exc_discard(vm);
    Buf b;
    buf_init(&b, &vm->alloc);
    buf_printf(&b, "%s:%u: SyntaxWarning: %s\n", filename, line, text);
    while (source && len && (*source == ' ' || *source == '\t' || *source == '\f'))
        source++, len--;
    if (source) {
        buf_puts(&b, "  ");
        buf_put(&b, source, len);
        buf_putc(&b, '\n');
    }
    if (!b.failed)
        io_put_stderr(vm, b.data, b.len);
    buf_free(&b);
    return true;
}

static void unawaited(Vm *vm, Str *text, Value coro)
{
    Value keep;
    const char *s = text ? str_c(vm, text, &keep) : NULL;
    if (!s) {
        exc_discard(vm);
    } else if (!warn_explicit_text(vm, vm->exc[EXC_RuntimeWarning], s)) {
        Value exc = exc_take(vm);
        rt_unraisable(vm, exc, NULL, coro);
    }
}

/* "coroutine … was never awaited", and where it was made. */
static void unawaited_from(Vm *vm, Str *text, Value origin, Value coro)
{
    if (text && is_list(origin)) {
        Buf b;
        buf_init(&b, &vm->alloc);
        origin_put(vm, origin, &b);
        while (b.len && b.data[b.len - 1] == '\n')
            b.len--;
        Str *where = b.failed ? NULL : str_new(vm, b.data, b.len);
        buf_free(&b);
        text = where ? str_printf(vm, "%S\nCoroutine created at (most recent call last)\n%S", text, where) : NULL;
    }
    unawaited(vm, text, coro);
}

void warn_coroutine_unawaited(Vm *vm, Gen *gen)
{
    unawaited_from(vm, str_printf(vm, "coroutine '%V' was never awaited", gen->qualname), gen->ext, value_from_obj(gen));
}

void warn_unawaited(Vm *vm, const char *name, Value origin, Value coro)
{
    unawaited_from(vm, str_printf(vm, "coroutine '%s' was never awaited", name), origin, coro);
}
