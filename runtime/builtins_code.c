/* SPDX-License-Identifier: MIT
 * Built-in functions on code and namespaces: eval, exec, compile, globals, locals, vars, dir, __import__. */
#include "runtime/builtins.h"

#include <unistd.h>

#include "parser/codegen/compile.h"
#include "runtime/module.h"
#include "vm/frame.h"
#include "vm/objects/bytes_methods.h"
#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

/* ---- namespaces ---- */

/* The script frame that called the native; NULL: none (a host called). */
static Frame *caller(Vm *vm)
{
    Frame *f = vm->strand->top;
    return f && f->code ? f : NULL;
}

static Value builtin_f_globals(Vm *vm, Value self, const Args *args)
{
    Frame *f = caller(vm);
    (void)self;
    (void)args;
    return f ? value_from_obj(f->func->globals) : VALUE_NONE;
}

static Value current_locals(Vm *vm)
{
    Frame *f = caller(vm);
    return f ? frame_locals(vm, f) : raise_exc(vm, EXC_SystemError, "frame does not exist");
}

static Value builtin_f_locals(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return current_locals(vm);
}

static Value builtin_f_vars(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (value_is_empty(args->v[0]))
        return current_locals(vm);
    Value d = attr_get_opt(vm, args->v[0], vm->names.dunder_dict);
    if (value_is_empty(d) && !vm_pending(vm))
        return raise_exc(vm, EXC_TypeError, "vars() argument must have __dict__ attribute");
    return d;
}

static Value builtin_f_dir(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Value names;
    bool missing;
    if (value_is_empty(args->v[0])) {
        names = current_locals(vm);
        if (!value_is_empty(names) && !is_exact(names, SHAPE_DICT_ID))
            names = op_call_method(vm, names, vm->names.keys, 0, NULL);
    } else {
        names = op_call_special(vm, args->v[0], SPECIAL_DIR, 0, NULL, &missing);
        if (missing)
            return raise_exc(vm, EXC_TypeError, "object does not provide __dir__");
    }
    Value l = value_is_empty(names) ? names : op_list_of(vm, names);
    if (value_is_empty(l) || !list_sort(vm, as_list(l), VALUE_NONE, false))
        return VALUE_ERROR;
    return l;
}

/* ---- source text ---- */

typedef struct SourceText {
    const char *p;
    size_t len;
    Value keep;                 /* holds p while it is on the C stack */
} SourceText;

static bool source_text(Vm *vm, Value v, const char *func, const char *what, SourceText *out)
{
    if (is_memoryview(vm, v))
        v = op_call1(vm, value_from_obj(vm->types.bytes), v);
    if (value_is_empty(v))
        return false;
    if (is_str(v)) {
        Str *s = as_str(v);
        if (s->h.flags & STR_SURROGATES) {
            Value bytes = op_call_method(vm, v, str_intern(vm, "encode", 6), 0, NULL);
            if (value_is_empty(bytes))
                return false;
        }
        out->keep = v;
        out->p = str_data(s);
        out->len = s->len;
    } else if (is_bytes(v) || is_bytearray(v)) {
        if (!bytes_view(vm, v, &out->p, &out->len))
            return false;
        out->keep = v;
    } else {
        raise_exc(vm, EXC_TypeError, "%s() arg 1 must be a %s object", func, what);
        return false;
    }
    if (memchr(out->p, 0, out->len)) {
        raise_exc(vm, EXC_SyntaxError, "source code string cannot contain null bytes");
        return false;
    }
    return true;
}

unsigned rt_future_of(const Code *code)
{
    return (code->flags & CODE_FUTURE_ANNOTATIONS ? COMPILE_FUTURE_ANNOTATIONS : 0)
         | (code->flags & CODE_FUTURE_BARRY ? COMPILE_FUTURE_BARRY : 0);
}

static unsigned inherited_future(Vm *vm)
{
    Frame *f = caller(vm);
    return f ? rt_future_of(f->code) : 0;
}

#define FLAG_DONT_IMPLY_DEDENT 0x200
#define FLAG_TOP_LEVEL_AWAIT 0x2000
#define FLAG_FUTURE_ANNOTATIONS 0x1000000
#define FLAG_FUTURE_BARRY 0x400000
#define FLAG_ONLY_AST 0x400
#define FLAG_INCOMPLETE 0x4000  /* text that ends too early is told from text that is wrong: for codeop */
/* All that CPython knows: features of __future__, PyCF_*. */
#define FLAGS_KNOWN (0x1fe0000 | 0x2000 | 0x1000 | 0x400 | 0x200 | 0x8000 | 0x4000)

/* ---- trees of module ast ---- */

#define FLAG_TYPE_COMMENTS 0x1000

/* Is it a node? 1, 0; -1: an exception is pending. No script has one before it has imported the module. */
static int is_tree(Vm *vm, Value v)
{
    Value m = dict_get_cstr(vm, vm->modules, "_ast");
    Value cls = is_module(m) ? dict_get_cstr(vm, as_module(m)->globals, "AST") : VALUE_EMPTY;
    return value_is_empty(cls) ? -(int)vm_pending(vm) : op_isinstance(vm, v, cls);
}

static Value call_of(Vm *vm, const char *module, const char *name, Value arg)
{
    Value m = rt_import_module(vm, module);
    Str *s = value_is_empty(m) ? NULL : str_intern(vm, name, strlen(name));
    return s ? op_call_method(vm, m, s, 1, &arg) : VALUE_ERROR;
}

/* The text that a tree is written as. Its root must be that of the mode. */
static Value tree_text(Vm *vm, Value tree, const char *root)
{
    if (strcmp(type_name(type_of(vm, tree)), root) != 0)
        return raise_exc(vm, EXC_TypeError, "expected %s node, got %T", root, tree);
    return call_of(vm, "_ast_check", "text_of", tree);
}

static Dict *tree_parts(Vm *vm)
{
    Value m = rt_import_module(vm, "_ast");
    Value v = is_module(m) ? dict_get_cstr(vm, as_module(m)->globals, "_parts") : VALUE_EMPTY;
    if (is_dict(v))
        return as_dict(v);
    if (!vm_pending(vm))
        raise_exc(vm, EXC_SystemError, "lost _ast._parts");
    return NULL;
}

/* Code objects from here may be run with locals of their own: their names go by mapping. */
static Value builtin_f_compile(Vm *vm, Value self, const Args *args)
{
    (void)self;
    SourceText src;
    int64_t flags;
    int dont_inherit = op_truth(vm, args->v[4]);
    if (!rt_allowed(vm, ALLOW_COMPILE, "compile()"))
        return VALUE_ERROR;
    int64_t optimize;
    Str *mode = as_str(args->v[2]);
    bool exec = str_is(mode, "exec"), eval = str_is(mode, "eval"), single = str_is(mode, "single");
    if (dont_inherit < 0 || !op_int64(vm, args->v[3], &flags) || !op_int64(vm, args->v[5], &optimize))
        return VALUE_ERROR;
    if (flags & ~(int64_t)FLAGS_KNOWN)
        return raise_exc(vm, EXC_ValueError, "compile(): unrecognised flags");
    if (flags & FLAG_TYPE_COMMENTS)
        return raise_exc(vm, EXC_NotImplementedError, "compile(): type comments are not supported");
    if (optimize < -1 || optimize > 2)
        return raise_exc(vm, EXC_ValueError, "compile(): invalid optimize value");
    if (str_is(mode, "func_type") && flags & FLAG_ONLY_AST)
        return raise_exc(vm, EXC_NotImplementedError, "compile(): mode 'func_type' is not supported");
    if (!exec && !eval && !single)
        return raise_exc(vm, EXC_ValueError, flags & FLAG_ONLY_AST
                                                 ? "compile() mode must be 'exec', 'eval', 'single' or 'func_type'"
                                                 : "compile() mode must be 'exec', 'eval' or 'single'");
    Value file = args->v[1], keep;
    if (is_bytes(file)) {
        Str *s = str_decode(vm, as_bytes(file)->data, as_bytes(file)->len);
        file = s ? value_from_obj(s) : VALUE_ERROR;
    }
    if (value_is_empty(file))
        return file;
    if (!is_str(file))
        return raise_exc(vm, EXC_TypeError, "expected str, bytes or os.PathLike object, not %T", file);
    const char *name = str_c(vm, as_str(file), &keep);
    Value source = args->v[0];
    int tree = name ? is_tree(vm, source) : -1;
    if (tree > 0 && flags & FLAG_ONLY_AST)
        return source;
    if (tree > 0)
        source = tree_text(vm, source, exec ? "Module" : eval ? "Expression" : "Interactive");
    if (tree < 0 || value_is_empty(source) || !source_text(vm, source, "compile", "string, bytes or AST", &src))
        return VALUE_ERROR;
    CompileOptions o = { .filename = name, .mode = exec ? PARSE_FILE : eval ? PARSE_EVAL
                                 : flags & FLAG_DONT_IMPLY_DEDENT ? PARSE_COMMAND : PARSE_SINGLE, .names_mode = true,
                                     .is_text = is_str(source),
                         .top_level_await = flags & FLAG_TOP_LEVEL_AWAIT, .blank_is_more = flags & FLAG_INCOMPLETE,
                         .optimize = (uint8_t)(optimize + 1),
                         .like = tree ? args->v[0] : VALUE_EMPTY, .interactive = tree && single };
    if (!tree && !source_claims_file(vm, src.p, src.len, &o))
        return VALUE_ERROR;
    o.strip_source = !o.in_file && value_is_empty(o.shown);     /* tracebacks show no lines of it */
    if (flags & FLAG_FUTURE_ANNOTATIONS)
        o.future |= COMPILE_FUTURE_ANNOTATIONS;
    if (flags & FLAG_FUTURE_BARRY)
        o.future |= COMPILE_FUTURE_BARRY;
    if (!dont_inherit)
        o.future |= inherited_future(vm);
    if (tree && single)
        o.mode = PARSE_FILE;
    if (flags & FLAG_ONLY_AST && !(o.parts = tree_parts(vm)))
        return VALUE_ERROR;
    bool incomplete;
    Value result = compile_text(vm, src.p, src.len, &o, &incomplete);
    if (value_is_empty(result) && incomplete && flags & FLAG_INCOMPLETE) {
        Tuple *old = as_tuple(as_exc(exc_take(vm))->args);
        Str *text = str_cstr(vm, "incomplete input");
        Value parts[2] = { text ? value_from_obj(text) : VALUE_NONE, old->len > 1 ? old->items[1] : VALUE_NONE };
        if (text)
            raise_args(vm, EXC__IncompleteInputError, old->len > 1 ? 2 : 1, parts);
    }
    return result;
}

/* ---- eval, exec ---- */

typedef struct Namespaces {
    Dict *globals;
    Value locals;               /* EMPTY: the globals */
} Namespaces;

static bool is_mapping(Vm *vm, Value v)
{
    return is_dict(v) || !value_is_empty(type_special(type_of(vm, v), SPECIAL_GETITEM));
}

/* Has eval() or exec() been given locals that are no mapping? Then TypeError is pending. */
static bool bad_locals(Vm *vm, const char *func, Value locals)
{
    if (value_is_empty(locals) || is_mapping(vm, locals))
        return false;
    if (strcmp(func, "eval") == 0)
        raise_exc(vm, EXC_TypeError, "locals must be a mapping");
    else
        raise_exc(vm, EXC_TypeError, "locals must be a mapping or None, not %T", locals);
    return true;
}

static bool find_namespaces(Vm *vm, const char *func, Value g, Value l, Namespaces *out)
{
    out->locals = value_is_none(l) ? VALUE_EMPTY : l;
    if (!value_is_none(g)) {
        if (!is_dict(g)) {
            if (strcmp(func, "eval") == 0)
                raise_type_error(vm, is_mapping(vm, g) ? "globals must be a real dict; try eval(code, {}, mapping)"
                                                       : "globals must be a dict");
            else
                raise_exc(vm, EXC_TypeError, "exec() globals must be a dict, not %T", g);
            return false;
        }
        if (bad_locals(vm, func, out->locals))
            return false;
        out->globals = as_dict(g);
    } else {
        if (bad_locals(vm, func, out->locals))
            return false;
        Frame *f = caller(vm);
        out->globals = f ? f->func->globals : NULL;
        if (!f) {
            out->globals = dict_new(vm);
        } else if (value_is_empty(out->locals)) {
            out->locals = frame_locals(vm, f);
            if (value_is_empty(out->locals))
                return false;
        }
        if (!out->globals)
            return false;
    }
    /* A subclass of dict may have a __getitem__ or __missing__ that names at the top are looked up by. */
    bool exact = is_exact(value_from_obj(out->globals), SHAPE_DICT_ID);
    if (exact && value_same(out->locals, value_from_obj(out->globals)))
        out->locals = VALUE_EMPTY;
    else if (!exact && value_is_empty(out->locals))
        out->locals = value_from_obj(out->globals);
    return true;
}

static Value run(Vm *vm, const char *func, Value source, Value g, Value l, ParseMode mode)
{
    Namespaces ns;
    Code *code;
    if (!find_namespaces(vm, func, g, l, &ns))
        return VALUE_ERROR;
    if (is_code(source)) {
        code = as_code(source);
        if (code->ncaptures)
            return raise_exc(vm, EXC_TypeError, "code object passed to %s() may not contain free variables", func);
    } else {
        SourceText src;
        if (!rt_allowed(vm, ALLOW_COMPILE, mode == PARSE_EVAL ? "eval()" : "exec()") ||
            !source_text(vm, source, func, "string, bytes or code", &src))
            return VALUE_ERROR;
        if (mode == PARSE_EVAL)
            while (src.len && (*src.p == ' ' || *src.p == '\t'))
                src.p++, src.len--;
        CompileOptions o = { .filename = "<string>", .mode = mode, .is_text = is_str(source),
            .names_mode = !value_is_empty(ns.locals),
                             .future = inherited_future(vm), .strip_source = true };
        code = compile_source(vm, src.p, src.len, &o, NULL);
        if (!code)
            return VALUE_ERROR;
    }
    return rt_exec_code(vm, code, ns.globals, ns.locals);
}

static Value builtin_f_eval(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return run(vm, "eval", args->v[0], args->v[1], args->v[2], PARSE_EVAL);
}

/* A function's code with free variables: they are the cells of the closure. */
static Value exec_closure(Vm *vm, Value source, Value g, Value l, Value closure)
{
    Namespaces ns;
    if (!find_namespaces(vm, "exec", g, l, &ns))
        return VALUE_ERROR;
    if (!is_code(source))
        return raise_type_error(vm, "closure can only be used when source is a code object");
    Code *code = as_code(source);
    if (!code->ncaptures)
        return raise_type_error(vm, "cannot use a closure with this code object");
    const Tuple *cells = is_tuple(closure) ? as_tuple(closure) : NULL;
    bool ok = cells && cells->len == code->ncaptures;
    for (uint32_t i = 0; ok && i < code->ncaptures; i++)
        ok = is_cell(cells->items[i]);
    if (!ok)
        return raise_exc(vm, EXC_TypeError, "code object requires a closure of exactly length %u", code->ncaptures);
    if (!dict_make_cells(vm, ns.globals))
        return VALUE_ERROR;
    Value f = func_new(vm, code, ns.globals);
    if (value_is_empty(f))
        return f;
    for (uint32_t i = 0; i < code->ncaptures; i++)
        as_func(f)->cells[i] = as_cell(cells->items[i]);
    return value_is_empty(op_call0(vm, f)) ? VALUE_ERROR : VALUE_NONE;
}

static Value builtin_f_exec(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (!value_is_none(args->v[3]) || (is_code(args->v[0]) && as_code(args->v[0])->ncaptures))
        return exec_closure(vm, args->v[0], args->v[1], args->v[2], args->v[3]);
    Value r = run(vm, "exec", args->v[0], args->v[1], args->v[2], PARSE_FILE);
    return value_is_empty(r) ? r : VALUE_NONE;
}

static Value builtin_f_import(Vm *vm, Value self, const Args *args)
{
    (void)self;
    int64_t level;
    if (!op_int64(vm, args->v[4], &level))
        return VALUE_ERROR;
    Value globals = args->v[1];
    if (!is_str(args->v[0]))
        return raise_exc(vm, EXC_TypeError, "module name must be a string");
    if (level > 0 && value_is_none(globals))
        return raise_exc(vm, EXC_KeyError, "'__name__' not in globals");
    return rt_import(vm, as_str(args->v[0]), globals, args->v[2], args->v[3], level > INT16_MAX ? INT16_MAX : (int)level);
}

const MethodDef builtins_code[] = {
    FUNCTION(builtin, globals, "globals()", "Return the dictionary of the current module's names."),
    FUNCTION(builtin, locals, "locals()", "Return a dictionary of the current local names."),
    FUNCTION(builtin, vars, "vars(object=..., /)", "Without arguments, equivalent to locals(); with one, to object.__dict__."),
    FUNCTION(builtin, dir, "dir(object=..., /)", "The names that an object has, or those of the current scope."),
    FUNCTION(builtin, compile, "compile(source, filename, mode: str, flags=0, dont_inherit=False, optimize=-1, *, "
                               "_feature_version=-1)",
             "A code object from source text."),
    FUNCTION(builtin, eval, "eval(source, /, globals=None, locals=None)",
             "The value of an expression given as text or code."),
    FUNCTION(builtin, exec, "exec(source, /, globals=None, locals=None, *, closure=None)",
             "Run statements given as text or code."),
    FUNCTION(builtin, import, "__import__(name, globals=None, locals=None, fromlist=None, level=0)"
             " as (name, globals=None, locals=None, fromlist=(), level=0)", "Import a module."),
    { 0 }
};
