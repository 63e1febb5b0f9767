/* SPDX-License-Identifier: MIT
 * What loaders and finders can do when a script asks them itself, and imports by the finders that a script has put into
 * sys.meta_path. Plain imports use nothing of this. */
#include "runtime/modspec.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parser/codegen/compile.h"
#include "runtime/module.h"
#include "vm/objects/bytes.h"
#include "vm/objects/dict.h"
#include "vm/objects/exceptions.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

static Value text(Str *s)
{
    return s ? value_from_obj(s) : VALUE_ERROR;
}

/* EMPTY: an exception is pending. */
static Value get(Vm *vm, Value o, const char *name)
{
    Str *s = str_intern(vm, name, strlen(name));
    return s ? attr_get(vm, o, s) : VALUE_ERROR;
}

static Value call(Vm *vm, Value o, const char *method, uint32_t n, const Value *args)
{
    Str *s = str_intern(vm, method, strlen(method));
    return s ? op_call_method(vm, o, s, n, args) : VALUE_ERROR;
}

/* The rest is written in aio. */
static Value by_library(Vm *vm, const char *function, uint32_t n, const Value *args)
{
    Value m = rt_import_module(vm, "importlib._bootstrap");
    return value_is_empty(m) ? m : call(vm, m, function, n, args);
}

static Value import_error(Vm *vm, Value name, Value exc)
{
    if (value_is_empty(exc) || !exc_set_field(vm, as_exc(exc), FIELD_IMPORT_NAME, name))
        return VALUE_ERROR;
    return raise_value(vm, exc);
}

/* ---- SourceFileLoader ---- */

static Value loader_m_init(Vm *vm, Value self, const Args *args)
{
    Str *name = str_intern(vm, "name", 4), *path = str_intern(vm, "path", 4);
    return name && path && attr_set(vm, self, name, args->v[0]) && attr_set(vm, self, path, args->v[1])
        ? VALUE_NONE : VALUE_ERROR;
}

/* A loader knows one module: is it this? */
static bool check_name(Vm *vm, Value self, Value name)
{
    Value own = get(vm, self, "name");
    int same = value_is_empty(own) ? -1 : value_is_none(name) ? 1 : op_equal(vm, own, name);
    if (!same)
        import_error(vm, name, exc_new(vm, EXC_ImportError, "loader for %V cannot handle %V", own, name));
    return same > 0;
}

static Value loader_m_get_filename(Vm *vm, Value self, const Args *args)
{
    return check_name(vm, self, args->v[0]) ? get(vm, self, "path") : VALUE_ERROR;
}

static Value loader_m_is_package(Vm *vm, Value self, const Args *args)
{
    Value path = call(vm, self, "get_filename", 1, args->v);
    if (value_is_empty(path) || !is_str(path))
        return value_is_empty(path) ? path : VALUE_FALSE;
    const char *slash = strrchr(str_data(as_str(path)), '/');
    return value_from_bool(strncmp(slash ? slash + 1 : str_data(as_str(path)), "__init__.", 9) == 0);
}

static Value read_file(Vm *vm, Value path, const char *what)
{
    Value keep;
    Buf b;
    if (!rt_allowed(vm, ALLOW_FS_READ, what))
        return VALUE_ERROR;
    if (!is_str(path))
        return raise_exc(vm, EXC_TypeError, "expected str, bytes or os.PathLike object, not %T", path);
    const char *p = str_c(vm, as_str(path), &keep);
    if (!p)
        return VALUE_ERROR;
    buf_init(&b, &vm->alloc);
    errno = 0;
    int r = source_read(vm, p, &b);
    Value v = VALUE_ERROR;
    if (r > 0) {
        Bytes *bytes = bytes_new(vm, b.data, b.len);
        v = bytes ? value_from_obj(bytes) : VALUE_ERROR;
    } else if (!r) {
        raise_os(vm, errno ? errno : EISDIR, path);
    }
    buf_free(&b);
    return v;
}

static Value loader_m_get_data(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return read_file(vm, args->v[0], "get_data()");
}

static bool is_library_file(Value path)
{
    return is_str(path) && strncmp(str_data(as_str(path)), "<stdlib>", 8) == 0;
}

static Value loader_m_get_source(Vm *vm, Value self, const Args *args)
{
    Value path = call(vm, self, "get_filename", 1, args->v);
    if (value_is_empty(path) || is_library_file(path))
        return value_is_empty(path) ? path : VALUE_NONE;
    Value data = call(vm, self, "get_data", 1, &path);
    if (value_is_empty(data) && exc_pending_is(vm, EXC_OSError)) {
        Value cause = exc_take(vm);
        Value exc = exc_new(vm, EXC_ImportError, "source not available through get_data()");
        Str *attr = str_intern(vm, "__cause__", 9);
        if (!value_is_empty(exc) && attr && attr_set(vm, exc, attr, cause))
            import_error(vm, args->v[0], exc);
        return VALUE_ERROR;
    }
    return value_is_empty(data) ? data : by_library(vm, "decode_source", 1, &data);
}

static Value loader_m_source_to_code(Vm *vm, Value self, const Args *args)
{
    (void)self;
    const char *p, *file;
    size_t n;
    Value keep, path = args->v[1];
    if (!rt_allowed(vm, ALLOW_COMPILE, "source_to_code()"))
        return VALUE_ERROR;
    if (is_bytes(path)) {
        Str *s = str_decode(vm, as_bytes(path)->data, as_bytes(path)->len);
        path = text(s);
    }
    if (value_is_empty(path))
        return path;
    if (!is_str(path))
        return raise_exc(vm, EXC_TypeError, "expected str, bytes or os.PathLike object, not %T", path);
    file = str_c(vm, as_str(path), &keep);
    if (!file)
        return VALUE_ERROR;
    if (is_str(args->v[0])) {
        p = str_data(as_str(args->v[0]));
        n = as_str(args->v[0])->len;
    } else if (is_bytes(args->v[0]) || is_bytearray(args->v[0])) {
        if (!bytes_view(vm, args->v[0], &p, &n))
            return VALUE_ERROR;
    } else {
        return raise_exc(vm, EXC_TypeError, "compile() arg 1 must be a string, bytes or AST object");
    }
    if (memchr(p, 0, n))
        return raise_exc(vm, EXC_SyntaxError, "source code string cannot contain null bytes");
    CompileOptions o = { .filename = file, .names_mode = true, .is_text = is_str(args->v[0]), .strip_source = file[0] == '<' };
    if (!source_claims_file(vm, p, n, &o))
        return VALUE_ERROR;
    Code *code = compile_source(vm, p, n, &o, NULL);
    return code ? value_from_obj(code) : VALUE_ERROR;
}

static Value loader_m_get_code(Vm *vm, Value self, const Args *args)
{
    Value v[2];
    v[1] = call(vm, self, "get_filename", 1, args->v);
    if (is_library_file(v[1]) && is_str(args->v[0]))
        return rt_library_code(vm, as_str(args->v[0]));
    v[0] = value_is_empty(v[1]) ? v[1] : call(vm, self, "get_data", 1, &v[1]);
    return value_is_empty(v[0]) ? v[0] : call(vm, self, "source_to_code", 2, v);
}

static Value loader_m_create_module(Vm *vm, Value self, const Args *args)
{
    (void)vm, (void)self, (void)args;
    return VALUE_NONE;
}

static Value loader_m_exec_module(Vm *vm, Value self, const Args *args)
{
    Value name = get(vm, args->v[0], "__name__");
    Value code = value_is_empty(name) ? name : call(vm, self, "get_code", 1, &name);
    if (value_is_none(code))
        return import_error(vm, VALUE_NONE, exc_new(vm, EXC_ImportError,
                                "cannot load module %R when get_code() returns None", name));
    Value dict = value_is_empty(code) ? code : get(vm, args->v[0], "__dict__");
    if (value_is_empty(dict))
        return dict;
    if (!is_kind(code, KIND_CODE) || !is_dict(dict))
        return raise_exc(vm, EXC_TypeError, "exec() arg 1 must be a string, bytes or code object");
    return value_is_empty(rt_exec_code(vm, as_code(code), as_dict(dict), VALUE_EMPTY)) ? VALUE_ERROR : VALUE_NONE;
}

static Value loader_m_load_module(Vm *vm, Value self, const Args *args)
{
    Value v[2] = { self, args->v[0] };
    return by_library(vm, "load_module", 2, v);
}

static Value loader_m_path_stats(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return by_library(vm, "path_stats", 1, args->v);
}

static Value loader_m_eq(Vm *vm, Value self, const Args *args)
{
    if (type_of(vm, self) != type_of(vm, args->v[0]))
        return VALUE_FALSE;
    Dict *a = attr_dict(vm, self), *b = a ? attr_dict(vm, args->v[0]) : NULL;
    int same = b ? op_equal(vm, value_from_obj(a), value_from_obj(b)) : -1;
    return same < 0 ? VALUE_ERROR : value_from_bool(same);
}

static Value loader_m_hash(Vm *vm, Value self, const Args *args)
{
    (void)args;
    uint64_t h = 0;
    static const char *const fields[] = { "name", "path" };
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        int64_t one;
        Value v = get(vm, self, fields[i]);
        if (value_is_empty(v) || !op_hash(vm, v, &one))
            return VALUE_ERROR;
        h ^= (uint64_t)one;
    }
    return value_from_int48((int64_t)(h >> 17));
}

const MethodDef modload_source[] = {
    METHOD(loader, init, "__init__(fullname, path)", "Name and file of a module."),
    METHOD(loader, get_filename, "get_filename(name=None)", "The file's path."),
    METHOD(loader, is_package, "is_package(fullname)", "Is it the __init__ of a package?"),
    METHOD(loader, get_data, "get_data(path)", "What is in a file, as bytes."),
    METHOD(loader, get_source, "get_source(fullname)", "The file's text; None: it is part of aio."),
    METHOD(loader, get_code, "get_code(fullname)", "The file's code, compiled."),
    METHOD(loader, source_to_code, "source_to_code(data, path, *, _optimization=-1)", "Compile a module's text."),
    METHOD(loader, create_module, "create_module(spec)", "None: a plain module will do."),
    METHOD(loader, exec_module, "exec_module(module)", "Run the file's code in the module."),
    METHOD(loader, load_module, "load_module(fullname=None)", "Load it at once, and put it into sys.modules (deprecated)."),
    METHOD(loader, path_stats, "path_stats(path)", "A dict with mtime and size of a file."),
    METHOD(loader, eq, "__eq__(other)", "Do both load the same file, and under the same name?"),
    METHOD(loader, hash, "__hash__()", "Return hash(self)."),
    { 0 }
};

static Value namespace_m_init(Vm *vm, Value self, const Args *args)
{
    Str *path = str_intern(vm, "_path", 5);
    return path && attr_set(vm, self, path, args->v[1]) ? VALUE_NONE : VALUE_ERROR;
}

static Value namespace_m_is_package(Vm *vm, Value self, const Args *args)
{
    (void)vm, (void)self, (void)args;
    return VALUE_TRUE;
}

static Value namespace_m_get_source(Vm *vm, Value self, const Args *args)
{
    (void)self, (void)args;
    return text(str_cstr(vm, ""));
}

#define namespace_m_create_module loader_m_create_module
#define namespace_m_exec_module loader_m_create_module
#define namespace_m_load_module loader_m_load_module
const MethodDef modload_namespace[] = {
    METHOD(namespace, init, "__init__(name, path, path_finder=None)", "Name and folders of a package without __init__."),
    METHOD(namespace, is_package, "is_package(fullname)", "It is."),
    METHOD(namespace, get_source, "get_source(fullname)", "None of its own."),
    METHOD(namespace, create_module, "create_module(spec)", "None: a plain module will do."),
    METHOD(namespace, exec_module, "exec_module(module)", "Nothing is to run."),
    METHOD(namespace, load_module, "load_module(fullname=None)", "Load it at once, and put it into sys.modules (deprecated)."),
    { 0 }
};

/* ---- finders ---- */

static Value find(Vm *vm, const Args *args, bool builtin)
{
    if (!is_str(args->v[0]))
        return raise_exc(vm, EXC_TypeError, "module name must be str, not %T", args->v[0]);
    Value spec = rt_find_spec(vm, as_str(args->v[0]), value_is_none(args->v[1]) ? VALUE_EMPTY : args->v[1]);
    Value origin = value_is_empty(spec) || value_is_none(spec) ? VALUE_NONE : get(vm, spec, "origin");
    bool is = is_str(origin) && str_is(as_str(origin), "built-in");
    return value_is_empty(origin) ? origin : is == builtin ? spec : value_is_empty(spec) ? spec : VALUE_NONE;
}

static Value builtin_m_find_spec(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return find(vm, args, true);
}

static Value builtin_m_create_module(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return by_library(vm, "create_builtin", 1, args->v);
}

static Value builtin_m_load_module(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return by_library(vm, "load_builtin", 1, args->v);
}

static Value builtin_m_is_package(Vm *vm, Value self, const Args *args)
{
    (void)vm, (void)self, (void)args;
    return VALUE_FALSE;
}

static Value builtin_m_get_code(Vm *vm, Value self, const Args *args)
{
    (void)vm, (void)self, (void)args;
    return VALUE_NONE;
}

#define builtin_m_exec_module builtin_m_get_code
#define builtin_m_get_source builtin_m_get_code
const MethodDef modload_builtin[] = {
    CLASSMETHOD(builtin, find_spec, "find_spec(fullname, path=None, target=None)", "The spec of a module in C, else None."),
    STATICMETHOD(builtin, create_module, "create_module(spec)", "The module itself."),
    STATICMETHOD(builtin, exec_module, "exec_module(module)", "Nothing is to run."),
    CLASSMETHOD(builtin, load_module, "load_module(fullname)", "Import it (deprecated)."),
    CLASSMETHOD(builtin, is_package, "is_package(fullname)", "It is none."),
    CLASSMETHOD(builtin, get_code, "get_code(fullname)", "There is none."),
    CLASSMETHOD(builtin, get_source, "get_source(fullname)", "There is none."),
    { 0 }
};

#define frozen_m_find_spec builtin_m_get_code
const MethodDef modload_frozen[] = {
    CLASSMETHOD(frozen, find_spec, "find_spec(fullname, path=None, target=None)", "None: nothing is frozen."),
    { 0 }
};

static Value path_m_find_spec(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return find(vm, args, false);
}

#define path_m_invalidate_caches builtin_m_get_code
const MethodDef modload_path[] = {
    CLASSMETHOD(path, find_spec, "find_spec(fullname, path=None, target=None)",
                "The spec of a module in a directory or in aio, else None."),
    CLASSMETHOD(path, invalidate_caches, "invalidate_caches()", "Nothing: no directory is remembered."),
    { 0 }
};

/* ---- sys.meta_path ---- */

static const ModspecType own_finders[] = { MODSPEC_BUILTIN_IMPORTER, MODSPEC_FROZEN_IMPORTER, MODSPEC_PATH_FINDER };

List *modload_finders(Vm *vm)
{
    List *l = list_new(vm, COUNT_OF(own_finders));
    for (size_t i = 0; l && i < COUNT_OF(own_finders); i++) {
        Type *t = modspec_type(vm, own_finders[i]);
        if (!t || !list_append(vm, l, value_from_obj(t)))
            return NULL;
    }
    return l;
}

bool modload_has_foreign(Vm *vm)
{
    Runtime *rt = rt_of(vm);
    Value path = is_module(rt->sys) ? dict_get_cstr(vm, as_module(rt->sys)->globals, "meta_path") : VALUE_EMPTY;
    if (value_is_empty(path) || rt->plain_imports)
        return false;
    if (!is_list(path) || as_list(path)->len != COUNT_OF(own_finders))
        return true;
    for (size_t i = 0; i < COUNT_OF(own_finders); i++)
        if (list_items(as_list(path))[i].bits != rt->roots[RT_ROOT_SPEC_TYPE + own_finders[i]].bits)
            return true;
    return false;
}

Value modload_foreign(Vm *vm, Str *name, Value path, bool behind)
{
    Runtime *rt = rt_of(vm);
    Value args[3] = { value_from_obj(name), value_is_empty(path) ? VALUE_NONE : path, value_from_bool(behind) };
    rt->plain_imports++;        /* or the finders would be asked for what is to ask them */
    Value m = rt_import_module(vm, "importlib._bootstrap");
    rt->plain_imports--;
    return value_is_empty(m) ? m : call(vm, m, "find_and_load", 3, args);
}
