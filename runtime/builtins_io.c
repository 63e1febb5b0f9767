/* SPDX-License-Identifier: MIT
 * print, input, open, exit. */
#include "runtime/builtins.h"

#include "runtime/io.h"
#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

/* ---- print ---- */

/* sys.stdout as it was made, or what behaves the same: text goes straight to the buffer. */
static int plain_stream(Vm *vm, Value file)
{
    if (!is_text_file(vm, file) || value_obj(file)->flags & OBJ_SUBCLASS)
        return 0;
    const TextFile *t = as_text_file(file);
    if (value_is_empty(t->buffer) || !t->utf8 || t->newlines >= NEWLINES_CR)
        return 0;
    const File *f = as_file(t->buffer);
    return f->closed ? 0 : f->std == STD_OUT ? 1 : f->std == STD_ERR ? 2 : 0;
}

static bool separator(Vm *vm, Value v, const char *name, Str *dflt, Str **out)
{
    *out = dflt;
    if (value_is_none(v))
        return true;
    if (!is_str(v)) {
        raise_exc(vm, EXC_TypeError, "%s must be None or a string, not %T", name, v);
        return false;
    }
    *out = as_str(v);
    return true;
}

/* All in one piece, so that lines of tasks and processes do not mix. */
static bool print_plain(Vm *vm, const Args *args, TextFile *file, int stream, Str *sep, Str *end)
{
    Runtime *rt = rt_of(vm);
    if (stream == 1 && args->nrest == 1 && is_exact(args->rest[0], SHAPE_STR_ID) &&
        !(as_str(args->rest[0])->h.flags & STR_SURROGATES)) {
        Str *s = as_str(args->rest[0]);
        rt_write(rt, stream, str_data(s), s->len);
        rt_write(rt, stream, str_data(end), end->len);
        return io_check_output(vm);
    }
    Buf b;
    buf_init(&b, &vm->alloc);
    bool ok = true;
    for (uint32_t i = 0; i < args->nrest && ok; i++) {
        if (i)
            buf_put(&b, str_data(sep), sep->len);
        Str *s = op_str(vm, args->rest[i]);
        if (s && !(s->h.flags & STR_SURROGATES)) {
            buf_put(&b, str_data(s), s->len);
            continue;
        }
        rt_write(rt, stream, b.data, b.len);    /* what stands before an error is seen */
        buf_clear(&b);
        ok = s && text_file_write(vm, file, s);
    }
    if (ok) {
        buf_put(&b, str_data(end), end->len);
        ok = !b.failed;
        if (ok)
            rt_write(rt, stream, b.data, b.len);
        else
            raise_no_memory(vm);
    }
    buf_free(&b);
    return ok && io_check_output(vm);
}

static bool print_parts(Vm *vm, const Args *args, Value file, Str *sep, Str *end)
{
    for (uint32_t i = 0; i < args->nrest; i++) {
        if (i && !io_write_value(vm, file, sep))
            return false;
        Str *s = op_str(vm, args->rest[i]);
        if (!s || !io_write_value(vm, file, s))
            return false;
    }
    return io_write_value(vm, file, end);
}

static Value builtin_f_print(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Str *sep, *end;
    Value file = args->v[2];
    if (value_is_none(file)) {
        file = io_sys_attr(vm, vm->names.stdout);
        if (value_is_empty(file))
            return raise_exc(vm, EXC_RuntimeError, "lost sys.stdout");
        if (value_is_none(file))
            return VALUE_NONE;
    }
    if (!separator(vm, args->v[0], "sep", vm->ascii_chars[' '], &sep) ||
        !separator(vm, args->v[1], "end", vm->ascii_chars['\n'], &end))
        return VALUE_ERROR;
    int stream = (sep->h.flags | end->h.flags) & STR_SURROGATES ? 0 : plain_stream(vm, file);
    if (!(stream ? print_plain(vm, args, as_text_file(file), stream, sep, end) : print_parts(vm, args, file, sep, end)))
        return VALUE_ERROR;
    int flush = value_is_false(args->v[3]) ? 0 : op_truth(vm, args->v[3]);
    if (flush > 0 && !io_flush_value(vm, file))
        return VALUE_ERROR;
    return flush < 0 ? VALUE_ERROR : VALUE_NONE;
}

/* ---- input ---- */

static Value read_line(Vm *vm, Value in)
{
    if (is_text_file(vm, in) && !(value_obj(in)->flags & OBJ_SUBCLASS))
        return text_file_read_line(vm, as_text_file(in), -1);
    Value line = op_call_method(vm, in, vm->names.readline, 0, NULL);
    if (!value_is_empty(line) && !is_str(line))
        return raise_exc(vm, EXC_TypeError, "object.readline() returned non-string");
    return line;
}

static Value builtin_f_input(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Value in = io_sys_attr(vm, vm->names.stdin), out = io_sys_attr(vm, vm->names.stdout);
    if (value_is_empty(in) || value_is_none(in))
        return raise_exc(vm, EXC_RuntimeError, "input(): lost sys.stdin");
    if (value_is_empty(out) || value_is_none(out))
        return raise_exc(vm, EXC_RuntimeError, "input(): lost sys.stdout");
    Value err = io_sys_attr(vm, vm->names.stderr);
    if (value_is_empty(err) || value_is_none(err))
        return raise_exc(vm, EXC_RuntimeError, "input(): lost sys.stderr");
    if (!io_flush_value(vm, err))
        exc_discard(vm);        /* as CPython: it may be closed */
    if (!value_is_empty(args->v[0])) {
        Str *prompt = op_str(vm, args->v[0]);
        if (!prompt || !io_write_value(vm, out, prompt))
            return VALUE_ERROR;
    }
    if (!io_flush_value(vm, out))
        exc_discard(vm);        /* what can only be written will do */
    Value line = read_line(vm, in);
    if (value_is_empty(line))
        return line;
    Str *s = as_str(line);
    if (!s->len)
        return raise_exc(vm, EXC_EOFError, "EOF when reading a line");
    if (str_data(s)[s->len - 1] != '\n')
        return line;
    s = str_new(vm, str_data(s), s->len - 1);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value builtin_f_breakpoint(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Str *name = str_intern(vm, "breakpointhook", 14);
    Value hook = name ? io_sys_attr(vm, name) : VALUE_ERROR;
    if (value_is_empty(hook))
        return vm_pending(vm) ? VALUE_ERROR : raise_exc(vm, EXC_RuntimeError, "lost sys.breakpointhook");
    Tuple *t = tuple_from(vm, args->rest, args->nrest);
    return t ? op_call_ex(vm, hook, t, as_dict(args->v[0])) : VALUE_ERROR;
}

const MethodDef builtins_io[] = {
    FUNCTION(builtin, print, "print(*args, sep=None, end=None, file=None, flush=False)"
             " as (*args, sep=' ', end='\\n', file=None, flush=False)",
             "Write the values as text, sep between and end behind them."),
    FUNCTION(builtin, input, "input(prompt=..., /) as (prompt='', /)", "One line from standard input, without its line break."),
    { "open(file, mode: str = 'r', buffering: int = -1, encoding=None, errors=None, newline=None, closefd=True, opener=None)",
      "A file object for a path or descriptor.", io_open, 0 },
    FUNCTION(builtin, breakpoint, "breakpoint(*args, **kws)", "Hand over to sys.breakpointhook."),
    { 0 }
};

/* ---- exit, quit: objects that say how to leave, and do when called ---- */

typedef struct Quitter {
    Obj h;
    Value name;
} Quitter;

static void quitter_trace(Marker *m, Obj *o)
{
    mark_value(m, ((Quitter *)o)->name);
}

static Value quitter_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Value name = ((Quitter *)value_obj(self))->name;
    Str *s = str_printf(vm, "Use %V() or Ctrl-D (i.e. EOF) to exit", name);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value quitter_m_call(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return raise_args(vm, EXC_SystemExit, 1, args->v);
}

static Value quitter_g_name(Vm *vm, Value self)
{
    (void)vm;
    return ((Quitter *)value_obj(self))->name;
}

/* ---- copyright, credits, license, help ---- */

typedef struct Printer {
    Obj h;
    Value name, text;           /* text None: help */
} Printer;

static void printer_trace(Marker *m, Obj *o)
{
    mark_value(m, ((Printer *)o)->name);
    mark_value(m, ((Printer *)o)->text);
}

static Value printer_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return ((Printer *)value_obj(self))->text;
}

static Value print_text(Vm *vm, Value v)
{
    Str *name = str_intern(vm, "print", 5);
    Value print = name ? dict_get_str(vm, vm->builtins, name) : VALUE_ERROR;
    return value_is_empty(print) ? VALUE_NONE : op_call1(vm, print, v);
}

static Value printer_m_call(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return print_text(vm, ((Printer *)value_obj(self))->text);
}

/* help(x): what x is and its documentation. */
static Value helper_m_call(Vm *vm, Value self, const Args *args)
{
    if (!args->nrest)
        return print_text(vm, ((Printer *)value_obj(self))->text);
    Value v = args->rest[0], named = is_str(v) ? VALUE_EMPTY : attr_get_opt(vm, v, vm->names.dunder_name);
    if (value_is_empty(named) && vm_pending(vm))
        return named;
    Value doc = attr_get_opt(vm, v, vm->names.dunder_doc);
    if (value_is_empty(doc) && vm_pending(vm))
        return doc;
    Value kind = type_of(vm, v)->name;
    doc = value_is_empty(doc) ? VALUE_NONE : doc;
    Str *s = is_str(named) ? str_printf(vm, "Help on %V %V:\n\n%V\n", kind, named, doc)
                           : str_printf(vm, "Help on %V object:\n\n%V\n", kind, doc);
    return s ? print_text(vm, value_from_obj(s)) : VALUE_ERROR;
}

static bool add_printer(Vm *vm, Type *t, const char *name, const char *text)
{
    Printer *p = t ? (Printer *)object_alloc(vm, t) : NULL;
    if (!p)
        return false;
    p->name = p->text = VALUE_NONE;
    Str *key = str_intern(vm, name, strlen(name)), *s = key ? str_cstr(vm, text) : NULL;
    if (!s)
        return false;
    heap_set(vm, p, &p->name, value_from_obj(key));
    heap_set(vm, p, &p->text, value_from_obj(s));
    return dict_set_str(vm, vm->builtins, key, value_from_obj(p));
}

static bool add_printers(Vm *vm)
{
    static const TypeLayout layout = { .kind = KIND_EXT, .size = sizeof(Printer), .trace = printer_trace };
    static const MethodDef methods[] = {
        METHOD(printer, repr, "__repr__()", "Return repr(self)."),
        METHOD(printer, call, "__call__()", "Print the text."),
        { 0 }
    };
    static const MethodDef help_methods[] = {
        METHOD(printer, repr, "__repr__()", "Return repr(self)."),
        METHOD(helper, call, "__call__(*args)", "Print what is known about an object."),
        { 0 }
    };
    static const TypeDef def = { .name = "_sitebuiltins._Printer", .layout = &layout, .methods = methods,
        .flags = TYPE_DISALLOW_NEW | TYPE_PLAIN_NAME };
    static const TypeDef help_def = { .name = "_sitebuiltins._Helper", .layout = &layout, .methods = help_methods,
        .flags = TYPE_DISALLOW_NEW | TYPE_PLAIN_NAME };
    Type *t = type_from_def(vm, &def, vm->types.object), *help = t ? type_from_def(vm, &help_def, vm->types.object) : NULL;
    return add_printer(vm, t, "copyright", "Copyright (c) 2026 the aio authors") &&
        add_printer(vm, t, "credits", "    Thanks to all who wrote Python, whose language this is.") &&
        add_printer(vm, t, "license", "aio may be used under the MIT license: see the file LICENSE.") &&
        add_printer(vm, help, "help", "Type help() for interactive help, or help(object) for help about object.");
}

bool builtins_io_init(Vm *vm)
{
    static const TypeLayout layout = { .kind = KIND_EXT, .size = sizeof(Quitter), .trace = quitter_trace };
    static const MethodDef methods[] = {
        METHOD(quitter, repr, "__repr__()", "Return repr(self)."),
        METHOD(quitter, call, "__call__(code=None)", "Raise SystemExit."),
        { 0 }
    };
    static const GetSetDef getsets[] = { { "name", "exit or quit.", quitter_g_name, NULL }, { 0 } };
    static const TypeDef def = { .name = "_sitebuiltins.Quitter", .layout = &layout, .methods = methods, .getsets = getsets,
        .flags = TYPE_DISALLOW_NEW | TYPE_PLAIN_NAME };
    static const char *const names[] = { "exit", "quit" };
    Type *t = type_from_def(vm, &def, vm->types.object);
    for (size_t i = 0; t && i < COUNT_OF(names); i++) {
        Quitter *q = (Quitter *)object_alloc(vm, t);
        Str *name = q ? str_intern(vm, names[i], strlen(names[i])) : NULL;
        if (!name)
            return false;
        q->name = value_from_obj(name);
        if (!dict_set_str(vm, vm->builtins, name, value_from_obj(q)))
            return false;
    }
    return t && add_printers(vm);
}
