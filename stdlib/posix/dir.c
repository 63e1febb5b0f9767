/* SPDX-License-Identifier: MIT
 * Module posix: what is in a directory, as names or as entries that know more. */
#include "stdlib/posix/posix.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "vm/objects/bytes.h"
#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

/* A directory of its own descriptor; one that was given stays open and where it is. NULL: errno's exception pending. */
static DIR *open_dir(Vm *vm, const FsPath *p)
{
    DIR *d = NULL;
    if (p->text) {
        d = opendir(p->text);
    } else {
        int fd = fcntl(p->fd, F_DUPFD_CLOEXEC, 0);
        if (fd < 0) {
            raise_os(vm, errno, VALUE_EMPTY);
            return NULL;
        }
        d = fdopendir(fd);
        if (d)
            rewinddir(d);
        else
            close(fd);
    }
    if (!d)
        raise_os(vm, errno, p->shown);
    return d;
}

static struct dirent *next_entry(DIR *d)
{
    struct dirent *e;
    do {
        errno = 0;
        e = readdir(d);
    } while (e && (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..")));
    return e;
}

static Value posix_f_listdir(Vm *vm, Value self, const Args *args)
{
    FsPath p;
    struct dirent *e;
    (void)self;
    if (!posix_path(vm, args->v[0], "listdir", "path", PATH_OR_FD | PATH_OR_NONE, &p) ||
        !rt_allowed(vm, ALLOW_FS_READ, "the file system"))
        return VALUE_ERROR;
    DIR *d = open_dir(vm, &p);
    if (!d)
        return VALUE_ERROR;
    List *l = list_new(vm, 0);
    bool ok = l;
    while (ok && (e = next_entry(d))) {
        Value name = path_result(vm, e->d_name, strlen(e->d_name), p.bytes);
        ok = !value_is_empty(name) && list_append(vm, l, name);
    }
    if (ok && errno) {
        raise_os(vm, errno, p.shown);
        ok = false;
    }
    if (!p.text)
        rewinddir(d);
    closedir(d);
    return ok ? value_from_obj(l) : VALUE_ERROR;
}

/* ---- entries ---- */

typedef struct DirEntry {
    Obj h;
    Value name, path;           /* both str, or both bytes */
    Value stat, lstat;          /* once asked for; else EMPTY */
    uint64_t inode;
    int dir_fd;                 /* the descriptor that was given, else AT_FDCWD */
    unsigned char type;         /* d_type */
} DirEntry;

static void entry_trace(Marker *m, Obj *o)
{
    DirEntry *e = (DirEntry *)o;
    mark_value(m, e->name);
    mark_value(m, e->path);
    mark_value(m, e->stat);
    mark_value(m, e->lstat);
}

static const TypeLayout entry_layout = { .kind = KIND_EXT, .size = sizeof(DirEntry), .trace = entry_trace };

static DirEntry *as_entry(Value v) { return (DirEntry *)value_obj(v); }

static Value entry_fetch(Vm *vm, DirEntry *e, bool follow)
{
    Path p;
    struct stat st;
    if (!path_of(vm, e->dir_fd == AT_FDCWD ? e->path : e->name, "stat", NULL, &p))
        return VALUE_ERROR;
    posix_flush_files(vm);
    if (fstatat(e->dir_fd, p.text, &st, follow ? 0 : AT_SYMLINK_NOFOLLOW) < 0)
        return raise_os(vm, errno, e->path);
    return posix_stat_result(vm, &st);
}

static Value entry_stat(Vm *vm, DirEntry *e, bool follow)
{
    bool same = !follow || (e->type != DT_LNK && e->type != DT_UNKNOWN);
    if (follow && e->type == DT_UNKNOWN) {      /* no link: one answer for both */
        Value l = entry_stat(vm, e, false);
        if (value_is_empty(l))
            return l;
        int64_t mode = 0;
        (void)int_to_i64(as_tuple(l)->items[0], &mode);
        same = !S_ISLNK(mode);
    }
    Value *at = same ? &e->lstat : &e->stat;
    if (value_is_empty(*at)) {
        Value v = entry_fetch(vm, e, !same);
        if (value_is_empty(v))
            return v;
        heap_set(vm, e, at, v);
    }
    return *at;
}

/* Is it of that kind? A file that is gone is of none. */
static Value entry_is(Vm *vm, DirEntry *e, bool follow, mode_t kind)
{
    unsigned char type = e->type;
    if (type != DT_UNKNOWN && !(follow && type == DT_LNK))
        return value_from_bool((mode_t)DTTOIF(type) == kind);
    Value st = entry_stat(vm, e, follow);
    if (value_is_empty(st)) {
        if (!exc_pending_is(vm, EXC_FileNotFoundError))
            return st;
        exc_discard(vm);
        return VALUE_FALSE;
    }
    int64_t mode = 0;
    (void)int_to_i64(as_tuple(st)->items[0], &mode);
    return value_from_bool((mode & S_IFMT) == kind);
}

static Value entry_m_is_dir(Vm *vm, Value self, const Args *args)
{
    return entry_is(vm, as_entry(self), value_same(args->v[0], VALUE_TRUE), S_IFDIR);
}

static Value entry_m_is_file(Vm *vm, Value self, const Args *args)
{
    return entry_is(vm, as_entry(self), value_same(args->v[0], VALUE_TRUE), S_IFREG);
}

static Value entry_m_is_symlink(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return entry_is(vm, as_entry(self), false, S_IFLNK);
}

static Value entry_m_is_junction(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)self;
    (void)args;
    return VALUE_FALSE;
}

static Value entry_m_stat(Vm *vm, Value self, const Args *args)
{
    return entry_stat(vm, as_entry(self), value_same(args->v[0], VALUE_TRUE));
}

static Value entry_m_inode(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return int_new_u64(vm, as_entry(self)->inode);
}

static Value entry_m_fspath(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return as_entry(self)->path;
}

static Value entry_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Str *s = str_printf(vm, "<DirEntry %R>", as_entry(self)->name);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value alias_of(Vm *vm, Value self, const Args *args)
{
    Value v[2] = { self, args->v[0] };
    return op_call(vm, value_from_obj(vm->types.generic_alias), 2, v);
}

static Value entry_g_name(Vm *vm, Value self)
{
    (void)vm;
    return as_entry(self)->name;
}

static Value entry_g_path(Vm *vm, Value self)
{
    (void)vm;
    return as_entry(self)->path;
}

static const MethodDef entry_methods[] = {
    METHOD(entry, is_dir, "is_dir(*, follow_symlinks: bool = True)", "Is it a directory?"),
    METHOD(entry, is_file, "is_file(*, follow_symlinks: bool = True)", "Is it a regular file?"),
    METHOD(entry, is_symlink, "is_symlink()", "Is it a symbolic link?"),
    METHOD(entry, is_junction, "is_junction()", "Never here."),
    METHOD(entry, stat, "stat(*, follow_symlinks: bool = True)", "What the system knows of it; asked once."),
    METHOD(entry, inode, "inode()", "The number of its inode."),
    METHOD(entry, fspath, "__fspath__()", "Its path."),
    METHOD(entry, repr, "__repr__()", "Return repr(self)."),
    { "__class_getitem__(key, /)", "For annotations.", alias_of, NATIVE_CLASS },
    { 0 }
};
static const GetSetDef entry_getsets[] = {
    { "name", "its name in the directory", entry_g_name, NULL },
    { "path", "the path that was given to scandir(), and the name", entry_g_path, NULL },
    { 0 }
};

/* ---- the iterator ---- */

typedef struct Scan {
    Obj h;
    DIR *dir;                   /* NULL: at the end, or closed */
    Value top;                  /* the path with a slash behind it, EMPTY: names alone (by descriptor) */
    Value shown;
    int dir_fd;                 /* as in DirEntry */
    bool bytes;
} Scan;

static void scan_trace(Marker *m, Obj *o)
{
    mark_value(m, ((Scan *)o)->top);
    mark_value(m, ((Scan *)o)->shown);
}

static void scan_close(Scan *s)
{
    if (!s->dir)
        return;
    if (s->dir_fd != AT_FDCWD)
        rewinddir(s->dir);
    closedir(s->dir);
    s->dir = NULL;
}

static void scan_finalize(Vm *vm, Obj *o)
{
    (void)vm;
    scan_close((Scan *)o);
}

static bool scan_has_word(Vm *vm, Obj *o)
{
    (void)vm;
    return ((Scan *)o)->dir;
}

static void scan_last_word(Vm *vm, Obj *o)
{
    Str *s = str_printf(vm, "unclosed scandir iterator %R", value_from_obj(o));
    if (s && vm->hooks.warn && !vm->hooks.warn(vm, vm->exc[EXC_ResourceWarning], str_data(s)) && vm->hooks.unraisable)
        vm->hooks.unraisable(vm, exc_take(vm), "", value_from_obj(o));
    if (vm_pending(vm))
        exc_discard(vm);
    scan_close((Scan *)o);
}

static const TypeLayout scan_layout = { .kind = KIND_EXT, .size = sizeof(Scan), .trace = scan_trace,
                                        .finalize = scan_finalize, .wants_last_word = scan_has_word,
                                        .last_word = scan_last_word };

static Type *type_in_module(Vm *vm, const char *name)
{
    Value m = dict_get_cstr(vm, vm->modules, "posix");
    Value t = is_module(m) ? dict_get_cstr(vm, as_module(m)->globals, name) : VALUE_EMPTY;
    if (is_type(t))
        return as_type(t);
    raise_exc(vm, EXC_TypeError, "posix.%s is gone", name);
    return NULL;
}

static Value entry_new(Vm *vm, const Scan *s, const struct dirent *d)
{
    size_t n = strlen(d->d_name);
    Type *t = type_in_module(vm, "DirEntry");
    Value name = t ? path_result(vm, d->d_name, n, s->bytes) : VALUE_ERROR;
    Value path = value_is_empty(s->top) || value_is_empty(name) ? name : op_binary(vm, 0, s->top, name, false);
    DirEntry *e = value_is_empty(path) ? NULL : (DirEntry *)object_alloc(vm, t);
    if (!e)
        return VALUE_ERROR;
    e->name = name;
    e->path = path;
    e->stat = e->lstat = VALUE_EMPTY;
    e->inode = d->d_ino;
    e->dir_fd = s->dir_fd;
    e->type = d->d_type;
    return value_from_obj(e);
}

static Value scan_m_next(Vm *vm, Value self, const Args *args)
{
    Scan *s = (Scan *)value_obj(self);
    (void)args;
    struct dirent *d = s->dir ? next_entry(s->dir) : NULL;
    if (d)
        return entry_new(vm, s, d);
    int err = s->dir ? errno : 0;
    scan_close(s);
    return err ? raise_os(vm, err, s->shown) : raise_stop_iteration(vm, VALUE_NONE);
}

static Value scan_m_self(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return self;
}

static Value scan_m_close(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    scan_close((Scan *)value_obj(self));
    return VALUE_NONE;
}

static const MethodDef scan_methods[] = {
    METHOD(scan, self, "__iter__()", "Return iter(self)."),
    METHOD(scan, next, "__next__()", "The next entry."),
    METHOD(scan, self, "__enter__()", "Itself."),
    METHOD(scan, close, "__exit__(*args)", "Close it."),
    METHOD(scan, close, "close()", "Give the directory back before the end."),
    { 0 }
};

/* The path, and a slash where it needs one. */
static Value with_slash(Vm *vm, const FsPath *p)
{
    size_t n = strlen(p->text);
    Value top = value_is_empty(p->shown) ? posix_text(vm, ".") : p->shown;
    if ((n && p->text[n - 1] == '/') || value_is_empty(top))
        return top;
    Value slash = path_result(vm, "/", 1, p->bytes);
    return value_is_empty(slash) ? slash : op_binary(vm, 0, top, slash, false);
}

static Value posix_f_scandir(Vm *vm, Value self, const Args *args)
{
    FsPath p;
    (void)self;
    Type *t = type_in_module(vm, "_ScandirIterator");
    if (!t || !posix_path(vm, args->v[0], "scandir", "path", PATH_OR_FD | PATH_OR_NONE, &p) ||
        !rt_allowed(vm, ALLOW_FS_READ, "the file system"))
        return VALUE_ERROR;
    Scan *s = (Scan *)object_alloc(vm, t);
    if (!s)
        return VALUE_ERROR;
    s->shown = p.shown;
    s->top = VALUE_EMPTY;
    s->bytes = p.bytes;
    s->dir_fd = p.text ? AT_FDCWD : p.fd;
    s->dir = open_dir(vm, &p);
    if (!s->dir)
        return VALUE_ERROR;
    if (p.text) {
        Value top = with_slash(vm, &p);
        if (value_is_empty(top))
            return top;
        heap_set(vm, s, &s->top, top);
    }
    return value_from_obj(s);
}

const MethodDef posix_dir_functions[] = {
    FUNCTION(posix, listdir, "listdir(path=None)", "The names in a directory, in no order, without '.' and '..'."),
    FUNCTION(posix, scandir, "scandir(path=None)", "An iterator over the entries of a directory."),
    { 0 }
};

bool posix_dir_init(Vm *vm, Module *m)
{
    static const TypeDef entry = { .name = "posix.DirEntry", .doc = "A name in a directory, with what the system told of it.",
                                   .layout = &entry_layout, .methods = entry_methods, .getsets = entry_getsets,
                                   .flags = TYPE_DISALLOW_NEW };
    static const TypeDef scan = { .name = "posix.ScandirIterator", .doc = "The entries of a directory.",
                                  .layout = &scan_layout, .methods = scan_methods, .flags = TYPE_DISALLOW_NEW };
    Type *e = type_from_def(vm, &entry, vm->types.object), *s = e ? type_from_def(vm, &scan, vm->types.object) : NULL;
    return s && module_set(vm, m, "DirEntry", value_from_obj(e)) && module_set(vm, m, "_ScandirIterator", value_from_obj(s));
}
