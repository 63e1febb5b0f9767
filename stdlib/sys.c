/* SPDX-License-Identifier: MIT
 * Module sys. */
#include "stdlib/modules.h"

#include <fcntl.h>
#include <float.h>
#include <unistd.h>

#include "runtime/io.h"
#include "runtime/loop.h"
#include "runtime/modspec.h"
#include "runtime/origin.h"
#include "runtime/strands.h"
#include "runtime/structseq.h"
#include "runtime/unhandled.h"
#include "vm/frame.h"
#include "vm/num/libm.h"
#include "vm/objects/core.h"
#include "vm/objects/dict.h"
#include "vm/objects/exceptions.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

#define HEX_VERSION 0x030d00f0

static Value text(Vm *vm, const char *s)
{
    Str *r = str_cstr(vm, s);
    return r ? value_from_obj(r) : VALUE_ERROR;
}

/* ---- leaving, exceptions ---- */

static Value sys_f_exit(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Value v = args->v[0];
    if (is_exact(v, SHAPE_TUPLE_ID))
        return raise_args(vm, EXC_SystemExit, (uint32_t)as_tuple(v)->len, as_tuple(v)->items);
    return raise_args(vm, EXC_SystemExit, value_is_none(v) ? 0 : 1, args->v);
}

static Value sys_f_exception(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    Value e = exc_handled(vm);
    return value_is_empty(e) ? VALUE_NONE : e;
}

static Value sys_f_exc_info(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    Value e = exc_handled(vm);
    Tuple *t = value_is_empty(e) || value_is_none(e)
                   ? tuple_pack(vm, (size_t)3, VALUE_NONE, VALUE_NONE, VALUE_NONE)
                   : tuple_pack(vm, (size_t)3, value_from_obj(type_of(vm, e)), e, as_exc(e)->traceback);
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static Value sys_f_excepthook(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (!is_exc(args->v[1])) {
        Str *s = str_printf(vm, "TypeError: print_exception(): Exception expected for value, %T found\n", args->v[1]);
        if (s)
            io_put_stderr(vm, str_data(s), s->len);
        return s ? VALUE_NONE : VALUE_ERROR;
    }
    unhandled_print(vm, args->v[1]);
    return VALUE_NONE;
}

static Value sys_f_unraisablehook(Vm *vm, Value self, const Args *args)
{
    static const char *const names[] = { "exc_value", "err_msg", "object" };
    Value v[3];
    (void)self;
    for (unsigned i = 0; i < 3; i++) {
        Str *name = str_intern(vm, names[i], strlen(names[i]));
        v[i] = name ? attr_get(vm, args->v[0], name) : VALUE_ERROR;
        if (value_is_empty(v[i]))
            return VALUE_ERROR;
    }
    if (is_exc(v[0]))
        unhandled_print_ignored(vm, v[0], v[1], v[2]);
    return VALUE_NONE;
}

/* ---- breakpoint() ---- */

/* PYTHONBREAKPOINT: "0" does nothing, "module.function" is called, else it would be a debugger. */
static Value sys_f_breakpointhook(Vm *vm, Value self, const Args *args)
{
    (void)self;
    const char *env = rt_python_env(rt_of(vm), "PYTHONBREAKPOINT");
    if (env && strcmp(env, "0") == 0)
        return VALUE_NONE;
    if (!env || !*env || strcmp(env, "pdb.set_trace") == 0)
        return raise_exc(vm, EXC_NotImplementedError, "breakpoint() is not supported: there is no debugger");
    const char *dot = strrchr(env, '.');
    Str *module = dot ? str_new(vm, env, (size_t)(dot - env)) : vm->names.builtins;
    Str *name = str_cstr(vm, dot ? dot + 1 : env);
    Value m = module && name ? rt_import_module(vm, str_data(module)) : VALUE_ERROR;
    Value f = value_is_empty(m) ? m : attr_get(vm, m, name);
    if (value_is_empty(f)) {
        if (!exc_pending_is(vm, EXC_ImportError) && !exc_pending_is(vm, EXC_AttributeError))
            return VALUE_ERROR;
        exc_discard(vm);
        Str *s = str_printf(vm, "Ignoring unimportable $PYTHONBREAKPOINT: \"%s\"", env);
        return s && vm->hooks.warn(vm, vm->exc[EXC_RuntimeWarning], str_data(s)) ? VALUE_NONE : VALUE_ERROR;
    }
    Tuple *t = tuple_from(vm, args->rest, args->nrest);
    return t ? op_call_ex(vm, f, t, as_dict(args->v[0])) : VALUE_ERROR;
}

/* ---- the prompt ---- */

static Value sys_f_displayhook(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Value v = args->v[0];
    if (value_is_none(v))
        return v;
    if (!dict_set_cstr(vm, vm->builtins, "_", VALUE_NONE))
        return VALUE_ERROR;
    Value out = io_sys_attr(vm, vm->names.stdout);
    if (value_is_empty(out) || value_is_none(out))
        return raise_exc(vm, EXC_RuntimeError, "lost sys.stdout");
    Str *s = op_repr(vm, v);
    if (!s || !io_write_value(vm, out, s) || !io_write_value(vm, out, vm->ascii_chars['\n']) ||
        !dict_set_cstr(vm, vm->builtins, "_", v))
        return VALUE_ERROR;
    return VALUE_NONE;
}

/* ---- limits ---- */

static Value sys_f_getrecursionlimit(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return value_from_int48(vm->strand->depth_limit);
}

static Value sys_f_setrecursionlimit(Vm *vm, Value self, const Args *args)
{
    int64_t n;
    (void)self;
    if (!int_to_i64(args->v[0], &n) || n > INT32_MAX)
        return raise_exc(vm, EXC_OverflowError, "Python int too large to convert to C int");
    if (n < 1)
        return raise_exc(vm, EXC_ValueError, "recursion limit must be greater or equal than 1");
    if (n <= (int64_t)vm->strand->depth)
        return raise_exc(vm, EXC_RecursionError, "cannot set the recursion limit to %d at the recursion depth %u: the "
                                                 "limit is too low",
                         (int)n, vm->strand->depth);
    vm->strand->depth_limit = (uint32_t)n;
    return VALUE_NONE;
}

static Value sys_f_get_int_max_str_digits(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return value_from_int48(vm->int_max_str_digits);
}

static Value sys_f_set_int_max_str_digits(Vm *vm, Value self, const Args *args)
{
    int64_t n;
    (void)self;
    if (!int_to_i64(args->v[0], &n) || n > INT32_MAX)
        return raise_exc(vm, EXC_OverflowError, "Python int too large to convert to C int");
    if (n && n < 640)
        return raise_exc(vm, EXC_ValueError, "maxdigits must be 0 or larger than 640");
    vm->int_max_str_digits = (uint32_t)n;
    return VALUE_NONE;
}

/* ---- objects ---- */

static Value sys_f_intern(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Str *s = as_str(args->v[0]);
    if (s->h.shape != SHAPE_STR_ID)
        return raise_exc(vm, EXC_TypeError, "can't intern %T", args->v[0]);
    s = str_intern_str(vm, s);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

/* A class of a script's may have its own opinion. */
static Value own_size(Vm *vm, Value v, Value f)
{
    int64_t n = 0;
    f = attr_bind(vm, f, v, type_of(vm, v));
    Value r = value_is_empty(f) ? f : op_call0(vm, f);
    if (!value_is_empty(r) && !is_int(r))
        return raise_exc(vm, EXC_TypeError, "an integer is required");
    if (value_is_empty(r))
        return r;
    if (int_to_i64(r, &n) && n >= 0)
        return int_new(vm, n + object_size_before(vm, v));
    return raise_exc(vm, EXC_ValueError, "__sizeof__() should return >= 0");
}

static Value sys_f_getsizeof(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Value v = args->v[0];
    Str *name = str_intern(vm, "__sizeof__", 10);
    Value f = name ? type_lookup(vm, type_of(vm, v), name) : VALUE_ERROR;
    if (!value_is_empty(f) && !is_native(f)) {
        Value r = own_size(vm, v, f);
        if (!value_is_empty(r) || value_is_empty(args->v[1]) || !exc_pending_is(vm, EXC_TypeError))
            return r;
        exc_discard(vm);
        return args->v[1];
    }
    return value_from_int48(object_size_in_all(vm, v));
}

static Value sys_f_getrefcount(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)self;
    (void)args;
    return value_from_int48(1); /* there are none */
}

/* The frame so many calls up, NULL: there are not so many. False: an exception is pending. */
static bool frame_up(Vm *vm, Value depth, Frame **frame)
{
    int64_t n;
    if (!op_int64(vm, depth, &n))
        return false;
    Frame *f = vm->strand->top;
    while (f && f->code && n-- > 0)
        f = f->back;
    *frame = f && f->code ? f : NULL;
    return true;
}

static Value sys_f_getframe(Vm *vm, Value self, const Args *args)
{
    Frame *f;
    (void)self;
    if (!frame_up(vm, args->v[0], &f))
        return VALUE_ERROR;
    return f ? frame_object(vm, f) : raise_exc(vm, EXC_ValueError, "call stack is not deep enough");
}

static bool hook_ok(Vm *vm, Value v, const char *what)
{
    if (value_is_empty(v) || value_is_none(v) || op_callable(vm, v))
        return true;
    raise_exc(vm, EXC_TypeError, "callable %s expected, got %T", what, v);
    return false;
}

static Value sys_f_set_asyncgen_hooks(Vm *vm, Value self, const Args *args)
{
    Value first = args->v[0], final = args->v[1];
    (void)self;
    if (!hook_ok(vm, final, "finalizer") || !hook_ok(vm, first, "firstiter"))
        return VALUE_ERROR;
    if (!value_is_empty(first))
        vm->strand->agen_first = value_is_none(first) ? VALUE_EMPTY : first;
    if (!value_is_empty(final))
        vm->strand->agen_final = value_is_none(final) ? VALUE_EMPTY : final;
    return VALUE_NONE;
}

static Value sys_f_get_asyncgen_hooks(Vm *vm, Value self, const Args *args)
{
    static const char *const fields[] = { "firstiter", "finalizer", NULL };
    Value hooks[2] = { asyncgens_hook(vm, false), asyncgens_hook(vm, true) };
    Type *t = structseq_type(vm, "asyncgen_hooks", fields, 2);
    (void)self;
    (void)args;
    return t && !value_is_empty(hooks[0]) && !value_is_empty(hooks[1]) ? structseq_new(vm, t, hooks, 2) : VALUE_ERROR;
}

static Value sys_f_set_origin_depth(Vm *vm, Value self, const Args *args)
{
    int64_t depth;
    (void)self;
    if (!op_int64(vm, args->v[0], &depth))
        return VALUE_ERROR;
    if (depth < 0)
        return raise_exc(vm, EXC_ValueError, "depth must be >= 0");
    origin_track(vm, depth > UINT32_MAX ? UINT32_MAX : (uint32_t)depth);
    return VALUE_NONE;
}

static Value sys_f_get_origin_depth(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return value_from_int48(vm->coroutine_origin_depth);
}

static Value sys_f_getdefaultencoding(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return value_from_obj(vm->names.utf8);
}

static Value sys_f_getfilesystemencodeerrors(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return text(vm, "surrogateescape");
}

static Value sys_f_is_finalizing(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return value_from_bool(vm->closing || rt_of(vm)->finalizing);
}

static Value sys_f_refuse_trace(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (value_is_none(args->v[0]))
        return VALUE_NONE;
    return raise_exc(vm, EXC_NotImplementedError, "sys.settrace and sys.setprofile are not supported");
}

/* Nobody can listen, so there is nothing to tell. */
static Value sys_f_audit(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (is_str(args->v[0]))
        return VALUE_NONE;
    return raise_exc(vm, EXC_TypeError, "expected str for argument 'event', not %T", args->v[0]);
}

static Value sys_f_addaudithook(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return raise_exc(vm, EXC_NotImplementedError, "sys.addaudithook is not supported");
}

/* The innermost frame of each thread. */
static Value sys_f_current_frames(Vm *vm, Value self, const Args *args)
{
    (void)self, (void)args;
    Dict *d = dict_new(vm);
    const Strand *s = vm->strand;
    do {
        Frame *f = s->top;
        while (f && !f->code)
            f = f->back;
        Value o = f ? frame_object(vm, f) : VALUE_NONE;
        if (!d || value_is_empty(o) || (f && !dict_set(vm, d, int_new(vm, (int64_t)s->ident), o)))
            return VALUE_ERROR;
        s = s->next;
    } while (s != vm->strand);
    return value_from_obj(d);
}

static Value sys_f_getframemodulename(Vm *vm, Value self, const Args *args)
{
    Frame *f;
    (void)self;
    if (!frame_up(vm, args->v[0], &f))
        return VALUE_ERROR;
    Value name = f ? dict_get_str(vm, f->func->globals, vm->names.dunder_name) : VALUE_NONE;
    return value_is_empty(name) ? VALUE_NONE : name;
}

static Value sys_f_gettrace(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)self;
    (void)args;
    return VALUE_NONE;
}

static Value sys_f_getswitchinterval(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return value_from_double(strands_interval(rt_of(vm)));
}

static Value sys_f_setswitchinterval(Vm *vm, Value self, const Args *args)
{
    double seconds = value_double(args->v[0]);
    (void)self;
    if (!(seconds > 0))
        return raise_exc(vm, EXC_ValueError, "switch interval must be strictly positive");
    double us = seconds < 4e3 ? round_down(seconds * 1e6) : 4e9;
    strands_set_interval(rt_of(vm), 1e-6 * us);
    return VALUE_NONE;
}

static const MethodDef functions[] = {
    FUNCTION(sys, getswitchinterval, "getswitchinterval()", "Seconds for which a thread runs before others may."),
    FUNCTION(sys, setswitchinterval, "setswitchinterval(interval: float, /)", "Set the seconds for which a thread runs."),
    FUNCTION(sys, exit, "exit(status=None, /)", "End the program: raises SystemExit."),
    FUNCTION(sys, exception, "exception()", "Return the exception that is being handled, or None."),
    FUNCTION(sys, exc_info, "exc_info()", "Return (type, value, traceback) of the exception that is being handled."),
    FUNCTION(sys, excepthook, "excepthook(exctype, value, traceback, /)", "Print an exception to sys.stderr."),
    FUNCTION(sys, unraisablehook, "unraisablehook(unraisable, /)", "Print an exception that nobody can take."),
    FUNCTION(sys, breakpointhook, "breakpointhook(*args, **kws)", "What breakpoint() calls."),
    FUNCTION(sys, displayhook, "displayhook(object, /)", "What the prompt does with a value: show it, keep it as _."),
    FUNCTION(sys, getrecursionlimit, "getrecursionlimit()", "Return how deep calls may nest."),
    FUNCTION(sys, setrecursionlimit, "setrecursionlimit(limit: int, /)", "Set how deep calls may nest."),
    FUNCTION(sys, get_int_max_str_digits, "get_int_max_str_digits()",
             "How many decimal digits an int may have as text."),
    FUNCTION(sys, set_int_max_str_digits, "set_int_max_str_digits(maxdigits: int)",
             "Limit the decimal digits of ints as text."),
    FUNCTION(sys, intern, "intern(string: str, /)", "Return the one string of that text."),
    FUNCTION(sys, getsizeof, "getsizeof(object, default=...)", "What the object takes in CPython, in bytes."),
    FUNCTION(sys, getrefcount, "getrefcount(object, /)", "Always 1: there are no reference counts."),
    FUNCTION(sys, getframe, "_getframe(depth=0, /)", "The frame that runs, or one of those that called it."),
    FUNCTION(sys, getdefaultencoding, "getdefaultencoding()", "The encoding of str.encode(): utf-8."),
    { "getfilesystemencoding()", "Return the encoding of file names.", sys_f_getdefaultencoding, 0 },
    FUNCTION(sys, getfilesystemencodeerrors, "getfilesystemencodeerrors()", "Return the error handler for file names."),
    FUNCTION(sys, set_asyncgen_hooks, "set_asyncgen_hooks(firstiter=..., finalizer=...)",
             "What is called when an async generator is first iterated, and when it dies unfinished."),
    FUNCTION(sys, get_asyncgen_hooks, "get_asyncgen_hooks()", "The hooks in force."),
    FUNCTION(sys, set_origin_depth, "set_coroutine_origin_tracking_depth(depth)",
             "Frames to remember of the place where a coroutine is made; 0: none."),
    FUNCTION(sys, get_origin_depth, "get_coroutine_origin_tracking_depth()", "How many frames are remembered."),
    FUNCTION(sys, is_finalizing, "is_finalizing()", "Return True if the interpreter is shutting down."),
    { "settrace(function, /)", "Not supported.", sys_f_refuse_trace, 0 },
    { "setprofile(function, /)", "Not supported.", sys_f_refuse_trace, 0 },
    FUNCTION(sys, gettrace, "gettrace()", "Always None."),
    { "getprofile()", "Always None.", sys_f_gettrace, 0 },
    FUNCTION(sys, current_frames, "_current_frames()", "A dict with the frame that each thread is in, by its ident."),
    FUNCTION(sys, getframemodulename, "_getframemodulename(depth=0)", "The name of the module that calls, or None."),
    FUNCTION(sys, audit, "audit(event, /, *args)", "Tells hooks of an event, of which there are none."),
    FUNCTION(sys, addaudithook, "addaudithook(hook)", "Not supported."),
    { 0 }
};

/* ---- tables of facts ---- */

static bool add_seq(Vm *vm, Module *m, const char *name, const char *type_name, const char *const *fields, const Value *items,
                    unsigned n)
{
    Type *t = structseq_type(vm, type_name, fields, n);
    for (unsigned i = 0; i < n; i++)
        if (value_is_empty(items[i]))
            return false;
    if (t && (!strcmp(name, "flags") || !strcmp(name, "version_info")))
        t->flags |= TYPE_DISALLOW_NEW;
    return t && module_set(vm, m, name, structseq_new(vm, t, items, n));
}

#define INT(i) value_from_int48(i)

static bool add_version(Vm *vm, Module *m)
{
    static const char *const fields[] = { "major", "minor", "micro", "releaselevel", "serial", NULL };
    Value items[] = { INT(3), INT(13), INT(0), text(vm, "final"), INT(0) };
    return add_seq(vm, m, "version_info", "sys.version_info", fields, items, 5) &&
           module_set(vm, m, "version", text(vm, "3.13.0 (aio) [C]")) && module_set(vm, m, "hexversion", INT(HEX_VERSION)) &&
           module_set(vm, m, "api_version", INT(1013)) && module_set(vm, m, "copyright", text(vm, "aio, MIT licence"));
}

static bool add_float_info(Vm *vm, Module *m)
{
    static const char *const fields[] = { "max", "max_exp", "max_10_exp", "min", "min_exp", "min_10_exp", "dig", "mant_dig",
                                          "epsilon", "radix", "rounds", NULL };
    Value items[] = { value_from_double(DBL_MAX), INT(DBL_MAX_EXP), INT(DBL_MAX_10_EXP), value_from_double(DBL_MIN),
                      INT(DBL_MIN_EXP), INT(DBL_MIN_10_EXP), INT(DBL_DIG), INT(DBL_MANT_DIG),
                      value_from_double(DBL_EPSILON), INT(FLT_RADIX), INT(1) };
    return add_seq(vm, m, "float_info", "sys.float_info", fields, items, 11);
}

static bool add_int_info(Vm *vm, Module *m)
{
    static const char *const fields[] = { "bits_per_digit", "sizeof_digit", "default_max_str_digits",
        "str_digits_check_threshold", NULL };
    Value items[] = { INT(30), INT(4), INT(4300), INT(640) };
    return add_seq(vm, m, "int_info", "sys.int_info", fields, items, 4);
}

static bool add_hash_info(Vm *vm, Module *m)
{
    static const char *const fields[] = { "width", "modulus", "inf", "nan", "imag", "algorithm", "hash_bits",
        "seed_bits", "cutoff", NULL };
    Value items[] = { INT(64), int_new(vm, (INT64_C(1) << 61) - 1), INT(314159), INT(0), INT(1000003), text(vm, "siphash13"),
                      INT(64), INT(128), INT(0) };
    return add_seq(vm, m, "hash_info", "sys.hash_info", fields, items, 9);
}

static bool add_flags(Vm *vm, Module *m)
{
    static const char *const fields[] = { "debug", "inspect", "interactive", "optimize", "dont_write_bytecode", "no_user_site",
                                          "no_site", "ignore_environment", "verbose", "bytes_warning", "quiet",
                                              "hash_randomization",
                                          "isolated", "dev_mode", "utf8_mode", "warn_default_encoding", "safe_path",
                                          "int_max_str_digits", NULL };
    Value items[18];
    const RuntimeConfig *config = &rt_of(vm)->config;
    for (unsigned i = 0; i < 18; i++)
        items[i] = INT(config->flags[i]);
    items[SYS_FLAG_IGNORE_ENVIRONMENT] = INT(config->ignore_environment);
    items[SYS_FLAG_HASH_RANDOMIZATION] = INT(!config->vm.hash_seed);
    items[SYS_FLAG_DEV_MODE] = value_from_bool(config->dev_mode);
    items[SYS_FLAG_SAFE_PATH] = value_from_bool(config->flags[SYS_FLAG_SAFE_PATH]);
    items[SYS_FLAG_INT_MAX_STR_DIGITS] = INT(vm->int_max_str_digits);
    return add_seq(vm, m, "flags", "sys.flags", fields, items, 18);
}

/* sys._xoptions: values of -X. */
static bool add_xoptions(Vm *vm, Module *m)
{
    Dict *d = dict_new(vm);
    const char *const *p = rt_of(vm)->config.xoptions;
    for (; d && p && *p; p++) {
        const char *equals = strchr(*p, '=');
        Str *name = str_decode(vm, *p, equals ? (size_t)(equals - *p) : strlen(*p));
        Str *value = equals ? str_decode(vm, equals + 1, strlen(equals + 1)) : NULL;
        if (!name || (equals && !value) || !dict_set_str(vm, d, name, value ? value_from_obj(value) : VALUE_TRUE))
            return false;
    }
    return d && module_set(vm, m, "_xoptions", value_from_obj(d));
}

static bool add_implementation(Vm *vm, Module *m)
{
    static const char *const names[] = { "name", "cache_tag", "version", "hexversion" };
    Value cls = types_namespace(vm), ns = value_is_empty(cls) ? cls : op_call0(vm, cls);
    Value values[] = { text(vm, "aio"), text(vm, "aio-313"), dict_get_cstr(vm, m->globals, "version_info"), INT(HEX_VERSION) };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        Str *name = str_intern(vm, names[i], strlen(names[i]));
        if (value_is_empty(ns) || value_is_empty(values[i]) || !name || !attr_set(vm, ns, name, values[i]))
            return false;
    }
    return module_set(vm, m, "implementation", ns);
}

static bool add_executable(Vm *vm, Module *m)
{
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    path[n > 0 ? n : 0] = '\0';
    Str *s = str_decode(vm, path, strlen(path));
    if (!s) {
        exc_discard(vm);
        s = vm->empty_str;
    }
    return module_set(vm, m, "executable", value_from_obj(s)) && module_set(vm, m, "_base_executable", value_from_obj(s));
}

static bool add_module_names(Vm *vm, Module *m)
{
    List *l = list_new(vm, 16);
    for (const BuiltinModule *b = builtin_modules; l && b->name; b++) {
        Value name = text(vm, b->name);
        if (value_is_empty(name) || !list_append(vm, l, name))
            return false;
    }
    Tuple *t = l ? tuple_from(vm, list_items(l), l->len) : NULL;
    return t && module_set(vm, m, "builtin_module_names", value_from_obj(t));
}

static bool add_streams(Vm *vm, Module *m)
{
    Runtime *rt = rt_of(vm);
    static const struct {
        const char *name, *original;
        int root;
    } streams[] = { { "stdin", "__stdin__", RT_ROOT_STDIN }, { "stdout", "__stdout__", RT_ROOT_STDOUT },
                    { "stderr", "__stderr__", RT_ROOT_STDERR } };
    for (size_t i = 0; i < COUNT_OF(streams); i++) {
        bool hooked = i ? rt->config.write != NULL : rt->config.read != NULL;
        Value v = hooked || fcntl((int)i, F_GETFD) >= 0 ? rt->roots[streams[i].root] : VALUE_NONE;
        if (!module_set(vm, m, streams[i].name, v) || !module_set(vm, m, streams[i].original, v))
            return false;
    }
    static const char *const hooks[][2] = { { "excepthook", "__excepthook__" }, { "displayhook", "__displayhook__" },
                                            { "unraisablehook", "__unraisablehook__" },
                                            { "breakpointhook", "__breakpointhook__" } };
    for (size_t i = 0; i < COUNT_OF(hooks); i++)
        if (!module_set(vm, m, hooks[i][1], dict_get_cstr(vm, m->globals, hooks[i][0])))
            return false;
    return true;
}

static bool add_lists(Vm *vm, Module *m)
{
    Runtime *rt = rt_of(vm);
    Value empty = text(vm, "");
    List *argv = value_is_empty(empty) ? NULL : list_from(vm, &empty, 1);
    List *warn = list_new(vm, 0), *hooks = list_new(vm, 0);
    Dict *cache = dict_new(vm);
    return argv && warn && hooks && cache && module_set(vm, m, "argv", value_from_obj(argv)) &&
           module_set(vm, m, "path", rt->path) && module_set(vm, m, "modules", value_from_obj(vm->modules)) &&
           module_set(vm, m, "warnoptions", value_from_obj(warn)) &&
           module_set(vm, m, "path_hooks", value_from_obj(hooks)) &&
               module_set(vm, m, "path_importer_cache", value_from_obj(cache));
}

static bool add_thread_info(Vm *vm, Module *m)
{
    static const char *const fields[] = { "name", "lock", "version", NULL };
    Value items[] = { text(vm, "pthread"), text(vm, "semaphore"), VALUE_NONE };
    return add_seq(vm, m, "thread_info", "sys.thread_info", fields, items, 3);
}

/* The whole command line, as the system has it. */
static bool add_orig_argv(Vm *vm, Module *m)
{
    Buf b;
    List *l = list_new(vm, 4);
    buf_init(&b, &vm->alloc);
    bool ok = l && source_read(vm, "/proc/self/cmdline", &b) >= 0;
    for (size_t at = 0; ok && at < b.len;) {
        size_t n = strnlen(b.data + at, b.len - at);
        Str *s = str_decode(vm, b.data + at, n);
        ok = s && list_append(vm, l, value_from_obj(s));
        at += n + 1;
    }
    buf_free(&b);
    return ok && module_set(vm, m, "orig_argv", value_from_obj(l));
}

/* ---- what is made when it is first asked for ---- */
static bool add_meta_path(Vm *vm, Module *m)
{
    List *finders = modload_finders(vm);
    return finders && module_set(vm, m, "meta_path", value_from_obj(finders));
}

static bool fill(Vm *vm, Module *m)
{
    if (!add_version(vm, m) || !add_float_info(vm, m) || !add_int_info(vm, m) || !add_hash_info(vm, m) || !add_flags(vm, m) ||
        !add_xoptions(vm, m) || !add_implementation(vm, m) || !add_executable(vm, m) || !add_module_names(vm, m) ||
        !add_meta_path(vm, m) || !add_thread_info(vm, m) || !add_orig_argv(vm, m) || !sys_add_module_names(vm, m))
        return false;
    m->fill = NULL;
    return true;
}

Value sys_init(Vm *vm)
{
    Module *m = module_new(vm, "sys", "What scripts can see and change of the interpreter itself.");
    if (!m || !dict_reserve(vm, m->globals, 100) || !module_add_functions(vm, m, functions) ||
        !add_streams(vm, m) || !add_lists(vm, m) ||
            !module_set(vm, m, "platform", text(vm, "linux")) ||
        !module_set(vm, m, "byteorder", text(vm, "little")) || !module_set(vm, m, "maxsize", int_new(vm, INT64_MAX)) ||
        !module_set(vm, m, "maxunicode", INT(0x10ffff)) || !module_set(vm, m, "float_repr_style", text(vm, "short")) ||
        !module_set(vm, m, "dont_write_bytecode", VALUE_TRUE) || !module_set(vm, m, "prefix", text(vm, "/usr")) ||
        !module_set(vm, m, "exec_prefix", text(vm, "/usr")) || !module_set(vm, m, "platlibdir", text(vm, "lib")) ||
        !module_set(vm, m, "base_prefix", text(vm, "/usr")) || !module_set(vm, m, "base_exec_prefix", text(vm, "/usr")) ||
        !module_set(vm, m, "abiflags", text(vm, "")) || !module_set(vm, m, "pycache_prefix", VALUE_NONE))
        return VALUE_ERROR;
    m->fill = fill;
    return value_from_obj(m);
}
