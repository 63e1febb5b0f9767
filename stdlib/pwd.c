/* SPDX-License-Identifier: MIT
 * Modules pwd and grp: users and groups. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>

#include "runtime/structseq.h"
#include "stdlib/modules.h"
#include "stdlib/posix/posix.h"
#include "stdlib/util.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

static Value text_or_none(Vm *vm, const char *s)
{
    return s ? posix_text(vm, s) : VALUE_NONE;
}

static Value make(Vm *vm, const char *module, const char *type, const Value *items, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (value_is_empty(items[i]))
            return VALUE_ERROR;
    Type *t = lib_type(vm, module, type);
    return t ? structseq_new(vm, t, items, n) : VALUE_ERROR;
}

static Value passwd(Vm *vm, const struct passwd *p)
{
    Value v[7] = { posix_text(vm, p->pw_name), text_or_none(vm, p->pw_passwd), int_new_u64(vm, p->pw_uid),
                   int_new_u64(vm, p->pw_gid), text_or_none(vm, p->pw_gecos), text_or_none(vm, p->pw_dir),
                   text_or_none(vm, p->pw_shell) };
    return make(vm, "pwd", "struct_passwd", v, 7);
}

static Value group(Vm *vm, const struct group *g)
{
    List *members = list_new(vm, 0);
    if (!members)
        return VALUE_ERROR;
    for (char **m = g->gr_mem; m && *m; m++) {
        Value name = posix_text(vm, *m);
        if (value_is_empty(name) || !list_append(vm, members, name))
            return VALUE_ERROR;
    }
    Value v[4] = { posix_text(vm, g->gr_name), text_or_none(vm, g->gr_passwd), int_new_u64(vm, g->gr_gid),
                   value_from_obj(members) };
    return make(vm, "grp", "struct_group", v, 4);
}

static Value not_found(Vm *vm, const char *what, Value key)
{
    Str *s = str_printf(vm, "%s not found: %V", what, key);
    Value v = s ? value_from_obj(s) : VALUE_ERROR;
    return s ? raise_args(vm, EXC_KeyError, 1, &v) : VALUE_ERROR;
}

static Value name_not_found(Vm *vm, const char *what, Value key)
{
    Str *s = str_printf(vm, "%s not found: %R", what, key);
    Value v = s ? value_from_obj(s) : VALUE_ERROR;
    return s ? raise_args(vm, EXC_KeyError, 1, &v) : VALUE_ERROR;
}

static Value pwd_f_getpwnam(Vm *vm, Value self, const Args *args)
{
    Path p_name;
    (void)self;
    const char *name = NULL;
    if (is_str(args->v[0]) && path_of(vm, args->v[0], "", NULL, &p_name))
        name = p_name.text;
    const struct passwd *p = name ? getpwnam(name) : NULL;
    if (!name)
        return VALUE_ERROR;
    return p ? passwd(vm, p) : name_not_found(vm, "getpwnam(): name", args->v[0]);
}

static Value pwd_f_getpwuid(Vm *vm, Value self, const Args *args)
{
    uint32_t uid;
    (void)self;
    if (!posix_id_arg(vm, args->v[0], "uid", &uid)) {
        if (!exc_pending_is(vm, EXC_OverflowError))
            return VALUE_ERROR;
        exc_discard(vm);
        Str *text = str_cstr(vm, "getpwuid(): uid not found");
        Value v = text ? value_from_obj(text) : VALUE_ERROR;
        return text ? raise_args(vm, EXC_KeyError, 1, &v) : VALUE_ERROR;
    }
    const struct passwd *p = getpwuid(uid);
    return p ? passwd(vm, p) : not_found(vm, "getpwuid(): uid", args->v[0]);
}

static Value pwd_f_getpwall(Vm *vm, Value self, const Args *args)
{
    List *l = list_new(vm, 0);
    const struct passwd *p;
    bool ok = l;
    (void)self;
    (void)args;
    setpwent();
    while (ok && (p = getpwent())) {
        Value v = passwd(vm, p);
        ok = !value_is_empty(v) && list_append(vm, l, v);
    }
    endpwent();
    return ok ? value_from_obj(l) : VALUE_ERROR;
}

static Value grp_f_getgrnam(Vm *vm, Value self, const Args *args)
{
    Path p_name;
    (void)self;
    const char *name = NULL;
    if (is_str(args->v[0]) && path_of(vm, args->v[0], "", NULL, &p_name))
        name = p_name.text;
    const struct group *g = name ? getgrnam(name) : NULL;
    if (!name && !vm_pending(vm))
        raise_exc(vm, EXC_TypeError, "getgrnam() argument 1 must be str, not %B", args->v[0]);
    if (!name)
        return VALUE_ERROR;
    return g ? group(vm, g) : name_not_found(vm, "getgrnam(): name", args->v[0]);
}

static Value grp_f_getgrgid(Vm *vm, Value self, const Args *args)
{
    uint32_t gid;
    (void)self;
    if (!posix_id_arg(vm, args->v[0], "gid", &gid))
        return VALUE_ERROR;
    const struct group *g = getgrgid(gid);
    return g ? group(vm, g) : not_found(vm, "getgrgid(): gid", args->v[0]);
}

static Value grp_f_getgrall(Vm *vm, Value self, const Args *args)
{
    List *l = list_new(vm, 0);
    const struct group *g;
    bool ok = l;
    (void)self;
    (void)args;
    setgrent();
    while (ok && (g = getgrent())) {
        Value v = group(vm, g);
        ok = !value_is_empty(v) && list_append(vm, l, v);
    }
    endgrent();
    return ok ? value_from_obj(l) : VALUE_ERROR;
}

static const MethodDef pwd_functions[] = {
    FUNCTION(pwd, getpwnam, "getpwnam(name: str, /)", "The entry of a user, by name."),
    FUNCTION(pwd, getpwuid, "getpwuid(uid, /)", "The entry of a user, by number."),
    FUNCTION(pwd, getpwall, "getpwall()", "The entries of all users."),
    { 0 }
};
static const MethodDef grp_functions[] = {
    FUNCTION(grp, getgrnam, "getgrnam(name)", "The entry of a group, by name."),
    FUNCTION(grp, getgrgid, "getgrgid(id)", "The entry of a group, by number."),
    FUNCTION(grp, getgrall, "getgrall()", "The entries of all groups."),
    { 0 }
};

static Value module_with(Vm *vm, const char *name, const char *doc, const MethodDef *functions, const char *type,
                         const char *short_name, const char *const *fields, unsigned n)
{
    Module *m = module_new(vm, name, doc);
    Type *t = m ? structseq_type(vm, type, fields, n) : NULL;
    return t && module_set(vm, m, short_name, value_from_obj(t)) && module_add_functions(vm, m, functions)
         ? value_from_obj(m) : VALUE_ERROR;
}

Value pwd_init(Vm *vm)
{
    static const char *const fields[] = { "pw_name", "pw_passwd", "pw_uid", "pw_gid", "pw_gecos", "pw_dir", "pw_shell", NULL };
    return module_with(vm, "pwd", "The users of the system.", pwd_functions, "pwd.struct_passwd", "struct_passwd", fields, 7);
}

Value grp_init(Vm *vm)
{
    static const char *const fields[] = { "gr_name", "gr_passwd", "gr_gid", "gr_mem", NULL };
    return module_with(vm, "grp", "The groups of the system.", grp_functions, "grp.struct_group", "struct_group", fields, 4);
}
