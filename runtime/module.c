/* SPDX-License-Identifier: MIT
 * Imports: names made absolute, packages from the outside in, where modules come from (built in, embedded, the
 * host, directories), and running them. */
#include "runtime/module.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parser/codegen/compile.h"
#include "runtime/embedded.h"
#include "runtime/import_lock.h"
#include "runtime/import_time.h"
#include "runtime/modspec.h"
#include "vm/image.h"
#include "vm/interp.h"
#include "vm/objects/dict.h"
#include "vm/objects/exceptions.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"
#include "vm/text/utf8.h"

/* ---- running code ---- */

Value rt_exec_code(Vm *vm, Code *code, Dict *globals, Value locals)
{
    if (!(globals->h.flags & DICT_CELLS) && !dict_make_cells(vm, globals))
        return VALUE_ERROR;
    if (value_is_empty(dict_get_str(vm, globals, vm->names.dunder_builtins)) &&
        !dict_set_str(vm, globals, vm->names.dunder_builtins, value_from_obj(vm->builtins)))
        return VALUE_ERROR;
    Value fn = func_new(vm, code, globals);
    heap_tidy_stack();          /* what compiling left there would lie between the frames below for as long as the code runs */
    if (value_is_empty(fn) || !(code->flags & CODE_NAMES))
        return value_is_empty(fn) ? fn : op_call0(vm, fn);
    if (value_is_empty(locals))
        locals = value_from_obj(globals);
    if (code->flags & CODE_COROUTINE) {
        Gen *g = gen_new(vm, as_func(fn));
        if (g)
            heap_set(vm, g, &g->regs[0], locals);
        return g ? value_from_obj(g) : VALUE_ERROR;
    }
    if (!vm_stack_ok(vm, ""))
        return VALUE_ERROR;
    Frame *f = frame_push(vm, as_func(fn), NULL, 0);
    if (!f)
        return VALUE_ERROR;
    f->flags |= FRAME_ENTRY;
    f->back = vm->strand->top;
    f->regs[0] = locals;
    return interp_run(vm, f);
}

/* The main script has a loader, but no spec. */
static bool set_spec(Vm *vm, Module *m, Str *name, Value file, bool package, Value path)
{
    bool main = str_is(name, "__main__");
    ModuleOrigin origin = !value_is_empty(file) ? MODULE_SOURCE : package && !value_is_empty(path) ?
        MODULE_NAMESPACE : MODULE_BUILTIN;
    Value loader = modspec_loader(vm, origin, name, file, path);
    Value spec = value_is_empty(loader) ? loader : main ? VALUE_NONE : modspec_new(vm, origin, name, loader, file, path);
    return !value_is_empty(spec) && dict_set_str(vm, m->globals, vm->names.dunder_loader, loader) &&
           dict_set_str(vm, m->globals, vm->names.dunder_spec, spec);
}

static bool set_file(Vm *vm, Dict *globals, Value file, bool main)
{
    Value cached = main ? VALUE_NONE : modspec_cached(vm, file);
    return !value_is_empty(cached) && dict_set_str(vm, globals, vm->names.dunder_file, file) &&
           dict_set_cstr(vm, globals, "__cached__", cached);
}

bool module_set_meta(Vm *vm, Module *m, Str *name, Value file, bool package, Value path)
{
    Str *parent = name;
    if (!package && value_is_empty(dict_get_str(vm, m->globals, vm->names.dunder_path))) {
        const char *p = str_data(name), *dot = memrchr(p, '.', name->len);
        parent = str_new(vm, p, dot ? (size_t)(dot - p) : 0);
    }
    Value b = str_is(name, "__main__") ? dict_get_str(vm, vm->modules, vm->names.builtins) : value_from_obj(vm->builtins);
    return parent && dict_set_str(vm, m->globals, vm->names.dunder_package, value_from_obj(parent)) &&
           set_spec(vm, m, name, file, package, path) &&
           (value_is_empty(path) || dict_set_str(vm, m->globals, vm->names.dunder_path, path)) &&
           (value_is_empty(file) || set_file(vm, m->globals, file, str_is(name, "__main__"))) &&
           (value_is_empty(b) || dict_set_str(vm, m->globals, vm->names.dunder_builtins, b));
}

/* ---- where a module was found ---- */

typedef struct Found {
    const char *text;           /* source, or: */
    size_t len;
    const Image *image;         /* of a module that is part of aio */
    const char *file;           /* for __file__ and tracebacks */
    bool package;
    bool is_file;               /* __file__ is a path that exists */
    Buf buf;                    /* what text and file may lie in */
    char *host_text, *host_file;
    Value value;                /* a module that is complete already */
    List *portions;             /* directories of that name without __init__: a namespace package, if nothing else is found */
} Found;

static void found_free(Found *f)
{
    buf_free(&f->buf);
    free(f->host_text);         /* the host allocated them */
    free(f->host_file);
}

static bool is_init_file(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    return strncmp(name, "__init__.", 9) == 0;
}

static const BuiltinModule *find_builtin(const char *name)
{
    for (const BuiltinModule *b = builtin_modules; b->name; b++)
        if (strcmp(b->name, name) == 0)
            return b;
    return NULL;
}

static const EmbeddedModule *find_embedded(const char *name)
{
    size_t low = 0, high = embedded_module_count;
    while (low < high) {
        size_t mid = (low + high) / 2;
        int c = strcmp(name, embedded_modules[mid].name);
        if (!c)
            return &embedded_modules[mid];
        if (c < 0)
            high = mid;
        else
            low = mid + 1;
    }
    return NULL;
}

static bool has_embedded_children(const char *name)
{
    size_t n = strlen(name);
    for (size_t i = 0; i < embedded_module_count; i++)
        if (strncmp(embedded_modules[i].name, name, n) == 0 && embedded_modules[i].name[n] == '.')
            return true;
    return false;
}

int source_read(Vm *vm, const char *path, Buf *out)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    if (fstat(fd, &st) || S_ISDIR(st.st_mode)) {
        close(fd);
        return 0;
    }
    for (;;) {
        char *p = buf_reserve(out, 16384);
        ssize_t n = p ? read(fd, p, 16384) : 0;
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            int err = n < 0 ? errno : 0;
            close(fd);
            if (!err && !out->failed)
                return 1;
            if (err)
                raise_os(vm, err, VALUE_EMPTY);
            else
                raise_no_memory(vm);
            return -1;
        }
        out->len += (size_t)n;
    }
}

#define SHOWN_MAX (16 << 20)        /* bytes of a file that is read to be shown */

bool source_claims_file(Vm *vm, const char *text, size_t n, CompileOptions *o)
{
    struct stat st;
    Utf8Info info;
    o->in_file = o->filename[0] != '<' && (rt_of(vm)->config.allow & ALLOW_FS_READ) && access(o->filename, R_OK) == 0 &&
                 stat(o->filename, &st) == 0 && S_ISREG(st.st_mode);
    if (!o->in_file || st.st_size > SHOWN_MAX)
        return true;
    Buf file;
    buf_init(&file, &vm->alloc);
    int found = source_read(vm, o->filename, &file);
    Str *shown = NULL;
    bool ok = found >= 0;
    bool plain = found > 0 && file.len && !memchr(file.data, '\r', file.len) && utf8_check(file.data, file.len, &info);
    if (plain && (file.len != n || memcmp(file.data, text, n))) {
        o->in_file = false;
        shown = str_new(vm, file.data, file.len);
        ok = shown != NULL;
        o->shown = ok ? value_from_obj(shown) : VALUE_EMPTY;
    }
    buf_free(&file);
    return ok;
}

static bool add_portion(Vm *vm, const char *base, size_t n, const char *last, Found *out)
{
    struct stat st;
    Str *path = str_printf(vm, n && base[n - 1] == '/' ? "%.*s%s" : "%.*s/%s", (int)n, base, last);
    if (!path)
        return false;
    if (stat(str_data(path), &st) || !S_ISDIR(st.st_mode))
        return true;
    if (!out->portions && !(out->portions = list_new(vm, 1)))
        return false;
    return list_append(vm, out->portions, value_from_obj(path));
}

/* One directory of a search path. 1 found, 0 not, -1 exception pending. */
static int find_in_dir(Vm *vm, Str *dir, const char *last, Found *out)
{
    static const struct {
        const char *suffix;
        bool package;
    } forms[] = { { "/__init__.aio", true }, { "/__init__.py", true }, { ".aio", false }, { ".py", false } };
    char cwd[4096];
    const char *base = str_data(dir);
    size_t n = dir->len;
    if (!n || base[0] != '/') {         /* modules know where they lie when the program has gone elsewhere, too */
        bool here = !n || (n == 1 && base[0] == '.'), dotted = n >= 2 && base[0] == '.' && base[1] == '/';
        if (!getcwd(cwd, sizeof cwd))
            return 0;
        Str *s = here ? str_cstr(vm, cwd) : str_printf(vm, "%s/%.*s", cwd, (int)(n - 2 * dotted), base + 2 * dotted);
        if (!s)
            return -1;
        base = str_data(s);
        n = s->len;
    }
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        Buf path;
        buf_init(&path, &vm->alloc);
        buf_put(&path, base, n);
        if (!n || base[n - 1] != '/')
            buf_putc(&path, '/');
        buf_puts(&path, last);
        buf_puts(&path, forms[i].suffix);
        const char *p = buf_cstr(&path);
        if (!p)
            raise_no_memory(vm);
        int r = p ? source_read(vm, p, &out->buf) : -1;
        if (r == 1) {           /* the path goes behind the text, both live in one buffer */
            size_t len = out->buf.len;
            buf_putc(&out->buf, '\0');
            buf_put(&out->buf, p, path.len + 1);
            if (out->buf.failed) {
                raise_no_memory(vm);
                r = -1;
            }
            out->text = out->buf.data;
            out->len = len;
            out->file = out->buf.data + len + 1;
            out->package = forms[i].package;
            out->is_file = true;
        }
        buf_free(&path);
        if (r)
            return r;
    }
    return add_portion(vm, base, n, last, out) ? 0 : -1;
}

static int find_by_host(Vm *vm, const char *name, Found *out)
{
    Runtime *rt = rt_of(vm);
    size_t len = 0;
    if (!rt->config.load)
        return 0;
    int r = rt->config.load(rt->config.ud, vm, name, &out->host_text, &len, &out->host_file);
    if (r < 0 && !vm_pending(vm))
        raise_exc(vm, EXC_ImportError, "the host could not load module '%s'", name);
    if (r > 0) {
        out->text = out->host_text ? out->host_text : "";
        out->len = len;
        out->file = out->host_file ? out->host_file : name;
        out->package = is_init_file(out->file);
    }
    return r;
}

static bool is_library_place(Value place)
{
    return is_str(place) && strncmp(str_data(as_str(place)), "<stdlib>", 8) == 0;
}

/* May a module of this path, that of the package above, be one of the library's? */
static bool is_library_path(Value path)
{
    Value *items;
    size_t n;
    return value_is_empty(path) || (seq_items(path, &items, &n) && (!n || is_library_place(items[0])));
}

/* path: of the package above, or EMPTY for sys.path. */
static int find_in_path(Vm *vm, const char *dotted, Value path, Found *out)
{
    if (!(rt_of(vm)->config.allow & ALLOW_FS_READ))
        return 0;
    if (value_is_empty(path)) {
        Str *s = vm->names.path;
        path = is_module(rt_of(vm)->sys) ? dict_get_str(vm, as_module(rt_of(vm)->sys)->globals, s) : VALUE_EMPTY;
    }
    const char *dot = strrchr(dotted, '.'), *last = dot ? dot + 1 : dotted;
    Value *items;
    size_t n;
    for (size_t i = 0; !value_is_empty(path) && seq_items(path, &items, &n) && i < n; i++) {
        if (!is_str(items[i]) || is_library_place(items[i]) || memchr(str_data(as_str(items[i])), 0, as_str(items[i])->len))
            continue;
        int r = find_in_dir(vm, as_str(items[i]), last, out);
        if (r)
            return r;
    }
    return 0;
}

/* The modules that CPython has in its binary, and those that the runtime cannot do without: no file comes before
 * them. One of another name does, as in CPython, where the library is the last place of sys.path. */
static bool is_always_ours(const char *name)
{
    static const char *const names[] = {
        "abc", "asyncio", "atexit", "errno", "gc", "io", "itertools", "math", "os", "posix", "posixpath", "sys", "time",
        "unicodedata",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(name, names[i]))
            return true;
    return name[0] == '_' || !strncmp(name, "asyncio.", 8);
}

/* Who works on the library needs no build to try it: AIO_STDLIB_DIR names the directory to read it from. */
static int find_in_development(Vm *vm, const EmbeddedModule *e, Found *out)
{
    bool may = (rt_of(vm)->config.allow & (ALLOW_ENV | ALLOW_FS_READ)) == (ALLOW_ENV | ALLOW_FS_READ);
    const char *dir = may ? getenv("AIO_STDLIB_DIR") : NULL;
    Str *path = dir ? str_printf(vm, "%s%s", dir, e->path + sizeof "<stdlib>" - 1) : NULL;
    int r = path ? source_read(vm, str_data(path), &out->buf) : dir ? -1 : 0;
    out->text = r > 0 ? out->buf.data : NULL;
    out->len = out->buf.len;
    return r;
}

static int find_module(Vm *vm, Str *name, Value path, Found *out)
{
    Value keep;
    if (memchr(str_data(name), 0, name->len))
        return 0;
    const char *dotted = str_c(vm, name, &keep);
    if (!dotted)
        return -1;
    bool library = is_library_path(path);
    const BuiltinModule *b = library ? find_builtin(dotted) : NULL;
    const EmbeddedModule *e = library && !b ? find_embedded(dotted) : NULL;
    int r = (b || e) && !is_always_ours(dotted) ? find_in_path(vm, dotted, path, out) : 0;
    if (r)
        return r;
    if (b) {
        out->value = b->init(vm);
        out->package = has_embedded_children(dotted);
        return value_is_empty(out->value) ? -1 : 1;
    }
    if (e) {
        r = find_in_development(vm, e, out);
        out->image = r ? NULL : &e->image;
        out->file = e->path;
        out->package = e->is_package;
        return r < 0 ? r : 1;
    }
    r = find_by_host(vm, dotted, out);
    if (!r)
        r = find_in_path(vm, dotted, path, out);
    return r || !out->portions ? r : 1;
}

/* ---- loading ---- */

/* A list with the directory of a package's file. */
static Value package_path(Vm *vm, const char *file)
{
    const char *slash = strrchr(file, '/');
    Str *dir = str_decode(vm, file, slash ? (size_t)(slash - file) : 0);
    Value d = dir ? value_from_obj(dir) : VALUE_ERROR;
    List *l = dir ? list_from(vm, &d, slash ? 1 : 0) : NULL;
    return l ? value_from_obj(l) : VALUE_ERROR;
}

static bool run_found(Vm *vm, Module *m, Str *name, const Found *f)
{
    Str *file = str_decode(vm, f->file, strlen(f->file));
    Value path = file && f->package ? package_path(vm, f->file) : VALUE_EMPTY;
    if (!file || (f->package && value_is_empty(path)) || !module_set_meta(vm, m, name, value_from_obj(file), f->package, path))
        return false;
    Value spec = dict_get_str(vm, m->globals, vm->names.dunder_spec);
    if (!modspec_running(vm, spec, true))
        return false;
    CompileOptions o = { .filename = f->file, .in_file = true };
    Code *code = f->image ? image_code(vm, f->image, file) : compile_source(vm, f->text, f->len, &o, NULL);
    return code && code_ready(vm, code) && dict_reserve(vm, m->globals, code->ncaches) &&
           !value_is_empty(rt_exec_code(vm, code, m->globals, VALUE_EMPTY)) && modspec_running(vm, spec, false);
}

Value rt_library_code(Vm *vm, Str *name)
{
    Value keep;
    const char *dotted = str_c(vm, name, &keep);
    const EmbeddedModule *e = dotted ? find_embedded(dotted) : NULL;
    if (!e)
        return dotted ? VALUE_NONE : VALUE_ERROR;
    Str *file = str_decode(vm, e->path, strlen(e->path));
    Code *code = file ? image_code(vm, &e->image, file) : NULL;
    return code ? value_from_obj(code) : VALUE_ERROR;
}

/* What stands in sys.modules afterwards: a module may put something else there while it runs. */
static Value load_found(Vm *vm, Str *name, const Found *f)
{
    Value key = value_from_obj(name);
    if (!value_is_empty(f->value)) {
        Value path = f->package ? package_path(vm, "") : VALUE_EMPTY;
        if ((f->package && value_is_empty(path)) ||
            (is_module(f->value) && !module_set_meta(vm, as_module(f->value), name, VALUE_EMPTY, false, path)))
            return VALUE_ERROR;
        return dict_set_str(vm, vm->modules, name, f->value) ? f->value : VALUE_ERROR;
    }
    Module *m = module_new(vm, str_data(name), NULL);
    if (m && !f->text && !f->image)
        return module_set_meta(vm, m, name, VALUE_EMPTY, true, value_from_obj(f->portions)) &&
               dict_set_str(vm, m->globals, vm->names.dunder_file, VALUE_NONE) &&
               dict_set_str(vm, vm->modules, name, value_from_obj(m)) ? value_from_obj(m) : VALUE_ERROR;
    if (!m || !dict_set_str(vm, vm->modules, name, value_from_obj(m)))
        return VALUE_ERROR;
    if (!run_found(vm, m, name, f)) {
        Value exc = exc_take(vm);
        if (dict_delete(vm, vm->modules, key) < 0)
            exc_discard(vm);
        exc_restore(vm, exc);
        return VALUE_ERROR;
    }
    Value v;        /* once it is complete it comes last in sys.modules */
    int found = dict_pop(vm, vm->modules, key, &v);
    if (found <= 0)
        return found < 0 ? VALUE_ERROR : raise_args(vm, EXC_KeyError, 1, &key);
    return dict_set_str(vm, vm->modules, name, v) ? v : VALUE_ERROR;
}

static Value raise_import(Vm *vm, ExcId id, Str *name, Value exc)
{
    (void)id;
    if (value_is_empty(exc) || !exc_set_field(vm, as_exc(exc), FIELD_IMPORT_NAME, value_from_obj(name)))
        return VALUE_ERROR;
    return raise_value(vm, exc);
}

static Value not_found(Vm *vm, Str *name)
{
    return raise_import(vm, EXC_ModuleNotFoundError, name,
                        exc_new(vm, EXC_ModuleNotFoundError, "No module named %R", value_from_obj(name)));
}

/* By where modules come from; NONE: there is no such module. */
static Value load_own(Vm *vm, Str *name, Value path)
{
    Found f = { .text = NULL };
    Value v = VALUE_NONE;
    buf_init(&f.buf, &vm->alloc);
    int r = vm_stack_ok(vm, "") ? find_module(vm, name, path, &f) : -1;
    if (r > 0)
        v = load_found(vm, name, &f);
    found_free(&f);
    return r < 0 ? VALUE_ERROR : v;
}

/* Find it, run it, and make it an attribute of its package. */
static Value load_one(Vm *vm, Str *name, Value parent, Value path)
{
    bool foreign = modload_has_foreign(vm);
    Value v = foreign ? modload_foreign(vm, name, path, false) : VALUE_NOT_IMPLEMENTED;
    if (v.bits == VALUE_NOT_IMPLEMENTED.bits) {
        v = load_own(vm, name, path);
        if (foreign && value_is_none(v))
            v = modload_foreign(vm, name, path, true);
    }
    if (value_is_none(v))
        return not_found(vm, name);
    if (value_is_empty(v))
        return v;
    if (!value_is_empty(parent)) {
        const char *last = (const char *)memrchr(str_data(name), '.', name->len) + 1;
        Str *attr = str_intern(vm, last, (size_t)(str_data(name) + name->len - last));
        if (!attr || !attr_set(vm, parent, attr, v))
            return VALUE_ERROR;
    }
    return v;
}

/* `timed`: a line of its own in the report of what imports cost. */
static Value import_one(Vm *vm, Str *name, Value parent, Str *parent_name, bool halts, bool timed)
{
    if (UNLIKELY(rt_of(vm)->importing) && !import_wait(vm, name))
        return VALUE_ERROR;
    Value v = dict_get_str(vm, vm->modules, name);
    if (value_is_none(v) && halts)
        return raise_import(vm, EXC_ModuleNotFoundError, name,
                            exc_new(vm, EXC_ModuleNotFoundError, "import of %S halted; None in sys.modules", name));
    if (!value_is_empty(v))
        return v;
    Value path = VALUE_EMPTY;
    if (!value_is_empty(parent)) {
        path = attr_get_opt(vm, parent, vm->names.dunder_path);
        if (value_is_empty(path)) {
            if (vm_pending(vm))
                return path;
            return raise_import(vm, EXC_ModuleNotFoundError, name,
                                exc_new(vm, EXC_ModuleNotFoundError, "No module named %R; %R is not a package",
                                        value_from_obj(name), value_from_obj(parent_name)));
        }
    }
    ImportLock lock;
    ImportTime time = { 0, 0 };
    if (timed)
        time = import_time_begin(vm);
    import_begin(vm, &lock, name);
    v = load_one(vm, name, parent, path);
    import_end(vm, &lock);
    import_time_end(vm, &time, name);
    return v;
}

Value rt_find_spec(Vm *vm, Str *name, Value path)
{
    Found f = { .text = NULL };
    buf_init(&f.buf, &vm->alloc);
    int r = find_module(vm, name, path, &f);
    Value file = VALUE_EMPTY, places = VALUE_EMPTY, loader = VALUE_EMPTY, spec = r < 0 ? VALUE_ERROR : VALUE_NONE;
    if (r > 0 && value_is_empty(f.value) && (f.text || f.image)) {
        Str *s = str_decode(vm, f.file, strlen(f.file));
        file = s ? value_from_obj(s) : VALUE_ERROR;
        places = f.package && s ? package_path(vm, f.file) : VALUE_EMPTY;
    } else if (r > 0 && value_is_empty(f.value)) {
        places = value_from_obj(f.portions);
    }
    if (r > 0 && !vm_pending(vm)) {
        ModuleOrigin origin = !value_is_empty(file) ? MODULE_SOURCE : !value_is_empty(places) ? MODULE_NAMESPACE : MODULE_BUILTIN;
        loader = modspec_loader(vm, origin, name, file, places);
        spec = value_is_empty(loader) ? loader : modspec_new(vm, origin, name, loader, file, places);
    }
    found_free(&f);
    return spec;
}

static Value import_parts(Vm *vm, Str *full, Value *top)
{
    Value parent = VALUE_EMPTY;
    Str *parent_name = NULL;
    for (size_t at = 0; at <= full->len; at++) {
        const char *dot = memchr(str_data(full) + at, '.', full->len - at);
        size_t end = dot ? (size_t)(dot - str_data(full)) : full->len;
        if (end == at)
            return not_found(vm, full);
        Str *part = str_intern(vm, str_data(full), end);
        Value v = part ? import_one(vm, part, parent, parent_name, !dot, dot || !parent_name) : VALUE_ERROR;
        if (value_is_empty(v))
            return v;
        if (!parent_name)
            *top = v;
        parent = v;
        parent_name = part;
        at = end;
    }
    return parent;
}

/* All of a dotted name; *top is the module of its first part. */
static Value import_dotted(Vm *vm, Str *full, Value *top)
{
    bool timed = rt_of(vm)->config.import_time && memchr(str_data(full), '.', full->len) &&
        value_is_empty(dict_get_str(vm, vm->modules, full));
    if (!timed)
        return import_parts(vm, full, top);
    ImportTime time = import_time_begin(vm);
    Value v = import_parts(vm, full, top);
    import_time_end(vm, &time, full);
    return v;
}

/* ---- relative names ---- */

/* The package of the code that imports; NULL: exception pending. */
static Str *package_of(Vm *vm, Dict *g)
{
    Value pkg = dict_get_str(vm, g, vm->names.dunder_package);
    if (is_str(pkg))
        return as_str(pkg);
    if (!value_is_empty(pkg) && !value_is_none(pkg)) {
        raise_exc(vm, EXC_TypeError, "package must be a string");
        return NULL;
    }
    Value name = dict_get_str(vm, g, vm->names.dunder_name);
    if (!is_str(name)) {
        raise_exc(vm, EXC_KeyError, "'__name__' not in globals");
        return NULL;
    }
    if (!value_is_empty(dict_get_str(vm, g, vm->names.dunder_path)))
        return as_str(name);
    const char *p = str_data(as_str(name)), *dot = memrchr(p, '.', as_str(name)->len);
    return str_new(vm, p, dot ? (size_t)(dot - p) : 0);
}

static Str *absolute_name(Vm *vm, Str *name, Value globals, int level)
{
    if (!is_dict(globals)) {
        raise_exc(vm, EXC_TypeError, "globals must be a dict");
        return NULL;
    }
    Str *pkg = package_of(vm, as_dict(globals));
    if (!pkg)
        return NULL;
    if (!pkg->len) {
        raise_exc(vm, EXC_ImportError, "attempted relative import with no known parent package");
        return NULL;
    }
    size_t n = pkg->len;
    for (int i = 1; i < level; i++) {
        const char *dot = memrchr(str_data(pkg), '.', n);
        if (!dot) {
            raise_exc(vm, EXC_ImportError, "attempted relative import beyond top-level package");
            return NULL;
        }
        n = (size_t)(dot - str_data(pkg));
    }
    Str *base = str_new(vm, str_data(pkg), n);
    return !base || !name->len ? base : str_printf(vm, "%S.%S", base, name);
}

/* ---- from package import names: they may be submodules ---- */

static bool import_names(Vm *vm, Value module, Str *full, Value names, bool star);

static bool import_named(Vm *vm, Value module, Str *full, Value name, bool star)
{
    if (!is_str(name)) {
        raise_exc(vm, EXC_TypeError, star ? "Item in %S.__all__ must be str, not %T" :
                  "Item in ``from list'' must be str, not %T",
              full, name);
        return false;
    }
    if (str_is(as_str(name), "*")) {
        Value all = star ? VALUE_EMPTY : attr_get_opt(vm, module, vm->names.dunder_all);
        return value_is_empty(all) ? !vm_pending(vm) : import_names(vm, module, full, all, true);
    }
    Str *s = str_intern_str(vm, as_str(name));
    Value v = s ? attr_get_opt(vm, module, s) : VALUE_EMPTY;
    if (!value_is_empty(v) || vm_pending(vm))
        return !vm_pending(vm);
    Str *sub = str_printf(vm, "%S.%S", full, s), *interned = sub ? str_intern_str(vm, sub) : NULL;
    if (!interned)
        return false;
    if (!value_is_empty(import_one(vm, interned, module, full, true, true)))
        return true;
    if (!exc_pending_is(vm, EXC_ModuleNotFoundError))
        return false;
    Value missing = exc_field(as_exc(vm->strand->exc), FIELD_IMPORT_NAME);
    if (!is_str(missing) || !str_equal(as_str(missing), interned))
        return false;
    exc_discard(vm);            /* then it is no module; what it should have been is said by who asks for it */
    return true;
}

static bool import_names(Vm *vm, Value module, Str *full, Value names, bool star)
{
    Value list = op_list_of(vm, names);
    if (value_is_empty(list))
        return false;
    for (size_t i = 0; i < as_list(list)->len; i++)
        if (!import_named(vm, module, full, list_items(as_list(list))[i], star))
            return false;
    return true;
}

/* `import a.b` binds a; `import .b` (by hand) what is left of the full name without b. */
static Value top_of(Vm *vm, Str *name, Str *full, Value top, int level)
{
    if (!level)
        return top;
    const char *dot = memchr(str_data(name), '.', name->len);
    size_t cut = dot ? name->len - (size_t)(dot - str_data(name)) : 0;
    Str *s = str_new(vm, str_data(full), full->len - cut);
    return s ? dict_get_str(vm, vm->modules, s) : VALUE_ERROR;
}

Value rt_import(Vm *vm, Str *name, Value globals, Value locals, Value fromlist, int level)
{
    (void)locals;
    Value top = VALUE_EMPTY, v;
    if (level < 0)
        return raise_exc(vm, EXC_ValueError, "level must be >= 0");
    Str *full = level ? absolute_name(vm, name, globals, level) : name;
    if (!full)
        return VALUE_ERROR;
    if (!full->len)
        return raise_exc(vm, EXC_ValueError, "Empty module name");
    if (UNLIKELY(rt_of(vm)->importing) && !import_wait(vm, full))
        return VALUE_ERROR;
    v = memchr(str_data(full), '.', full->len) ? VALUE_EMPTY : dict_get_str(vm, vm->modules, full);
    if (value_is_empty(v) || value_is_none(v))
        v = import_dotted(vm, full, &top);
    else
        top = v;
    if (value_is_empty(v))
        return v;
    int from = value_is_empty(fromlist) || value_is_none(fromlist) ? 0 : op_truth(vm, fromlist);
    if (from < 0)
        return VALUE_ERROR;
    if (!from)
        return name->len || !level ? top_of(vm, name, full, top, level) : v;
    Value path = attr_get_opt(vm, v, vm->names.dunder_path);
    if (value_is_empty(path))
        return vm_pending(vm) ? path : v;
    return import_names(vm, v, full, fromlist, false) ? v : VALUE_ERROR;
}

Value rt_import_module(Vm *vm, const char *dotted)
{
    Value top;
    Str *name = str_intern(vm, dotted, strlen(dotted));
    return name ? import_dotted(vm, name, &top) : VALUE_ERROR;
}

/* ---- the first modules ---- */

static bool builtins_module(Vm *vm)
{
    Module *m = module_new(vm, "builtins", "What every script has without importing it.");
    if (!m)
        return false;
    Value doc = dict_get_str(vm, m->globals, vm->names.dunder_doc);
    Str *package = str_new(vm, "", 0);
    heap_set_ptr(vm, m, &m->globals, vm->builtins);
    return package && dict_set_str(vm, vm->builtins, vm->names.dunder_package, value_from_obj(package)) &&
           dict_set_str(vm, vm->builtins, vm->names.dunder_name, m->name) &&
           dict_set_str(vm, vm->builtins, vm->names.dunder_doc, doc) &&
           dict_set_cstr(vm, vm->builtins, "__debug__", value_from_bool(!vm->optimize)) &&
           dict_set_str(vm, vm->builtins, vm->names.dunder_package, value_from_obj(vm->empty_str)) &&
           set_spec(vm, m, vm->names.builtins, VALUE_EMPTY, false, VALUE_EMPTY) &&
           dict_set_str(vm, vm->modules, vm->names.builtins, value_from_obj(m));
}

bool modules_init(Vm *vm)
{
    Runtime *rt = rt_of(vm);
    List *path = list_new(vm, 4);
    if (!path || !builtins_module(vm))
        return false;
    rt->path = value_from_obj(path);
    rt->sys = find_builtin("sys")->init(vm);
    Str *name = str_intern(vm, "sys", 3);
    return !value_is_empty(rt->sys) && name && module_set_meta(vm, as_module(rt->sys), name, VALUE_EMPTY, false, VALUE_EMPTY) &&
           dict_set_str(vm, vm->modules, name, rt->sys);
}
