/* SPDX-License-Identifier: MIT
 * Module _abc: what ABCMeta is made of. Which class is a (virtual) subclass of which is remembered by their versions: a
 * version belongs to one class in one state, so the table needs no references. register() makes it all stale. */
#include "stdlib/modules.h"

#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/objects/set.h"
#include "vm/objects/str.h"
#include "vm/signature.h"
#include "vm/weak.h"

#define CACHE_SIZE 512u

typedef struct CacheEntry {
    uint32_t abc, cls, token;   /* versions; token: of the last register() */
    bool yes;
} CacheEntry;

typedef struct AbcState {
    Obj h;
    uint32_t token;
    uint32_t busy;              /* classes other than the one that was asked about are looked at */
    CacheEntry cache[CACHE_SIZE];
} AbcState;

static const TypeLayout state_layout = { .kind = KIND_EXT, .size = sizeof(AbcState) };

static AbcState *state_of(Vm *vm)
{
    return (AbcState *)value_obj(rt_of(vm)->roots[RT_ROOT_ABC]);
}

static CacheEntry *entry(AbcState *s, const Type *abc, const Type *cls)
{
    return &s->cache[(abc->version * 31u + cls->version) % CACHE_SIZE];
}

static int recall(Vm *vm, const Type *abc, const Type *cls)
{
    AbcState *s = state_of(vm);
    const CacheEntry *e = entry(s, abc, cls);
    return e->abc == abc->version && e->cls == cls->version && e->token == s->token ? e->yes : -1;
}

static int note(Vm *vm, const Type *abc, const Type *cls, bool yes)
{
    AbcState *s = state_of(vm);
    *entry(s, abc, cls) = (CacheEntry){ abc->version, cls->version, s->token, yes };
    return yes;
}

/* ---- the registry: a list of weak references, an attribute of the class ---- */
static Str *registry_name(Vm *vm)
{
    return str_intern(vm, "_abc_registry", 13);
}

static List *registry(Vm *vm, const Type *abc)
{
    Str *name = registry_name(vm);
    Value v = name ? dict_get_str(vm, type_dict(vm, (Type *)(uintptr_t)abc), name) : VALUE_EMPTY;
    return is_list(v) ? as_list(v) : NULL;
}

static bool copy_pattern_flags(Vm *vm, const Type *from, Type *to)
{
    uint32_t both = TYPE_SEQUENCE | TYPE_MAPPING;
    if (!(from->flags & both) || !(to->flags & TYPE_HEAP))
        return true;
    to->flags = (to->flags & ~both) | (from->flags & both);
    Value list = op_call_method(vm, value_from_obj(to), str_intern(vm, "__subclasses__", 14), 0, NULL);
    if (value_is_empty(list))
        return false;
    for (size_t i = 0; i < as_list(list)->len; i++)
        if (!copy_pattern_flags(vm, from, as_type(list_items(as_list(list))[i])))
            return false;
    return true;
}

static bool add_registered(Vm *vm, Type *abc, Type *cls)
{
    List *l = registry(vm, abc);
    if (!l) {
        l = list_new(vm, 1);
        if (!l || !type_set_attr(vm, abc, registry_name(vm), value_from_obj(l)))
            return false;
    }
    WeakRef *r = weak_new(vm, vm->types.weakref, &cls->h, VALUE_EMPTY, true);
    if (!r || !list_append(vm, l, value_from_obj(r)) || !copy_pattern_flags(vm, abc, cls))
        return false;
    state_of(vm)->token++;
    return true;
}

static bool check_is_native(Vm *vm, Value cls)
{
    Value f = type_special(type_of(vm, cls), SPECIAL_SUBCLASSCHECK);
    return value_is_empty(f) || is_native(f);
}

/* issubclass(cls, other) for the answer about abc. A __subclasscheck__ in script may look whether module abc calls it,
 * so it is called by a function there. */
static int ask_other(Vm *vm, Value abc, Value cls, Value other)
{
    state_of(vm)->busy++;
    int sub;
    if (LIKELY(check_is_native(vm, other))) {
        sub = op_issubclass(vm, cls, other);
    } else {
        Str *name = str_intern(vm, "_abc_ask", 8);
        Value r = name ? op_call_method(vm, abc, name, 2, (Value[]){ cls, other }) : VALUE_ERROR;
        sub = value_is_empty(r) ? -1 : op_truth(vm, r);
    }
    state_of(vm)->busy--;
    return sub;
}

static Value abc_m_register(Vm *vm, Value self, const Args *args)
{
    Value cls = args->v[0];
    if (!is_type(cls))
        return raise_exc(vm, EXC_TypeError, "Can only register classes");
    int sub = ask_other(vm, self, cls, self);
    if (sub)
        return sub < 0 ? VALUE_ERROR : cls;
    sub = ask_other(vm, self, self, cls);
    if (sub)
        return sub < 0 ? VALUE_ERROR : raise_exc(vm, EXC_RuntimeError, "Refusing to create an inheritance cycle");
    return add_registered(vm, as_type(self), as_type(cls)) ? cls : VALUE_ERROR;
}

/* For the library's own classes, which are known to be no subclasses yet. */
static Value abc_f_adopt(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (!is_type(args->v[0]) || !is_tuple(args->v[1]))
        return raise_type_error(vm, "a class and a tuple of classes are required");
    const Tuple *all = as_tuple(args->v[1]);
    for (size_t i = 0; i < all->len; i++)
        if (!is_type(all->items[i]) || !add_registered(vm, as_type(args->v[0]), as_type(all->items[i])))
            return vm_pending(vm) ? VALUE_ERROR : raise_type_error(vm, "a tuple of classes is required");
    return VALUE_NONE;
}

/* ---- checks ---- */
/* 1, 0, -1 */
static int hook_says(Vm *vm, Value abc, Value cls, bool *known)
{
    Str *name = str_intern(vm, "__subclasshook__", 16);
    Value r = name ? op_call_method(vm, abc, name, 1, &cls) : VALUE_ERROR;
    *known = false;
    if (value_is_empty(r))
        return -1;
    if (value_is_not_implemented(r))
        return 0;
    *known = true;
    if (value_is_bool(r))
        return value_is_true(r);
    raise_exc(vm, EXC_AssertionError, "__subclasshook__ must return either False, True, or NotImplemented");
    return -1;
}

static int registered(Vm *vm, Value abc, Value cls)
{
    List *l = registry(vm, as_type(abc));
    for (size_t i = 0; l && i < l->len; i++) {
        Value r = list_items(l)[i], target = is_weakref(r) ? weak_target(as_weakref(r)) : VALUE_EMPTY;
        if (value_is_empty(target)) {
            list_delete_range(vm, l, i, i + 1);
            i--;
            continue;
        }
        int sub = ask_other(vm, abc, cls, target);
        if (sub)
            return sub;
    }
    return 0;
}

static int subclass_of_subclass(Vm *vm, Value abc, Value cls)
{
    Str *name = str_intern(vm, "__subclasses__", 14);
    Value list = name ? op_call_method(vm, abc, name, 0, NULL) : VALUE_ERROR;
    if (value_is_empty(list))
        return -1;
    if (!is_list(list)) {
        raise_exc(vm, EXC_TypeError, "__subclasses__() must return a list");
        return -1;
    }
    for (size_t i = 0; i < as_list(list)->len; i++) {
        int sub = ask_other(vm, abc, cls, list_items(as_list(list))[i]);
        if (sub)
            return sub;
    }
    return 0;
}

static int subclass_check(Vm *vm, Value abc, Value cls)
{
    bool known;
    int r = recall(vm, as_type(abc), as_type(cls));
    if (r >= 0)
        return r;
    r = hook_says(vm, abc, cls, &known);
    if (r < 0 || known)
        return r < 0 ? r : note(vm, as_type(abc), as_type(cls), r);
    if (type_is_subtype(as_type(cls), as_type(abc)))
        return note(vm, as_type(abc), as_type(cls), true);
    r = registered(vm, abc, cls);
    if (!r)
        r = subclass_of_subclass(vm, abc, cls);
    return r < 0 ? r : note(vm, as_type(abc), as_type(cls), r);
}

static Value abc_m_subclasscheck(Vm *vm, Value self, const Args *args)
{
    if (!is_type(args->v[0]))
        return raise_exc(vm, EXC_TypeError, "issubclass() arg 1 must be a class");
    int r = subclass_check(vm, self, args->v[0]);
    return r < 0 ? VALUE_ERROR : value_from_bool(r);
}

/* By way of the metaclass, whose __subclasscheck__ may be a script's. */
static int ask_class(Vm *vm, Value abc, Value cls)
{
    Value own = type_special(type_of(vm, abc), SPECIAL_SUBCLASSCHECK);
    if (is_native(own) && as_native(own)->def->fn == abc_m_subclasscheck && is_type(cls))
        return subclass_check(vm, abc, cls);
    return ask_other(vm, abc, cls, abc);
}

static Value abc_m_instancecheck(Vm *vm, Value self, const Args *args)
{
    Value o = args->v[0], type = value_from_obj(type_of(vm, o));
    int r = recall(vm, as_type(self), as_type(type));
    if (r > 0)
        return VALUE_TRUE;
    Value cls = attr_get(vm, o, vm->names.dunder_class);
    if (value_is_empty(cls))
        return cls;
    if (!r && value_same(cls, type))
        return VALUE_FALSE;
    r = ask_class(vm, self, cls);
    if (!r && !value_same(cls, type))
        r = ask_class(vm, self, type);
    return r < 0 ? VALUE_ERROR : value_from_bool(r);
}

/* ---- abstract methods ---- */
static int is_abstract(Vm *vm, Value v)
{
    if (is_exact(v, SHAPE_STR_ID) || (is_func(v) && value_is_empty(as_func(v)->dict)))
        return 0;
    Str *name = str_intern(vm, "__isabstractmethod__", 20);
    Value flag = name ? attr_get_opt(vm, v, name) : VALUE_EMPTY;
    if (value_is_empty(flag))
        return vm_pending(vm) ? -1 : 0;
    return op_truth(vm, flag);
}

static bool add_own(Vm *vm, Set *names, Value namespace)
{
    Value items = op_call_method(vm, namespace, vm->names.items, 0, NULL);
    Value list = value_is_empty(items) ? items : op_list_of(vm, items);
    if (value_is_empty(list))
        return false;
    for (size_t i = 0; i < as_list(list)->len; i++) {
        Value *pair;
        size_t n;
        if (!seq_items(list_items(as_list(list))[i], &pair, &n) || n != 2)
            continue;
        Value name = pair[0];
        int yes = is_abstract(vm, pair[1]);
        if (yes < 0 || (yes && !set_add(vm, names, name)))
            return false;
    }
    return true;
}

static bool add_inherited(Vm *vm, Set *names, Value cls, Value base)
{
    Value theirs = attr_get_opt(vm, base, vm->names.dunder_abstractmethods), name;
    if (value_is_empty(theirs))
        return !vm_pending(vm);
    Value it = op_iter(vm, theirs);
    if (value_is_empty(it))
        return false;
    while (op_next(vm, it, &name)) {
        if (!is_str(name) || !vm_checkpoint(vm))
            return false;
        Value v = attr_get_opt(vm, cls, as_str(name));
        int yes = value_is_empty(v) ? vm_pending(vm) ? -1 : 0 : is_abstract(vm, v);
        if (yes < 0 || (yes && !set_add(vm, names, name)))
            return false;
    }
    return !vm_pending(vm);
}

/* The set of names that are abstract in cls; namespace: what it defines itself. */
static Value abc_f_compute(Vm *vm, Value self, const Args *args)
{
    Value cls = args->v[0];
    Set *names = set_new(vm, true);
    (void)self;
    if (!names || !is_type(cls) || !add_own(vm, names, args->v[1]))
        return names && !is_type(cls) ? raise_type_error(vm, "a class is required") : VALUE_ERROR;
    const Tuple *bases = as_type(cls)->bases;
    for (size_t i = 0; i < bases->len; i++)
        if (!add_inherited(vm, names, cls, bases->items[i]))
            return VALUE_ERROR;
    return attr_set(vm, cls, vm->names.dunder_abstractmethods, value_from_obj(names)) ? VALUE_NONE : VALUE_ERROR;
}

static Value abc_f_token(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return value_from_int48(state_of(vm)->token);
}

/* Instances match sequence patterns (1), or mapping patterns (2). */
static Value abc_f_pattern(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (!is_type(args->v[0]))
        return raise_type_error(vm, "a class is required");
    as_type(args->v[0])->flags |= value_same(args->v[1], value_from_int48(1)) ? TYPE_SEQUENCE : TYPE_MAPPING;
    return VALUE_NONE;
}

static Value abc_f_clear(Vm *vm, Value self, const Args *args)
{
    (void)self;
    List *l = is_type(args->v[0]) ? registry(vm, as_type(args->v[0])) : NULL;
    if (l)
        list_delete_range(vm, l, 0, l->len);
    state_of(vm)->token++;
    return VALUE_NONE;
}

static Value abc_f_busy(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return value_from_bool(state_of(vm)->busy);
}

static const MethodDef methods[] = {
    METHOD(abc, register, "register(subclass)", "Make subclass a virtual subclass; it is returned."),
    METHOD(abc, instancecheck, "__instancecheck__(instance)", "isinstance(instance, cls)"),
    METHOD(abc, subclasscheck, "__subclasscheck__(subclass)", "issubclass(subclass, cls)"),
    { 0 }
};
static const MethodDef functions[] = {
    FUNCTION(abc, compute, "_compute(cls, namespace, /)", "Set __abstractmethods__."),
    FUNCTION(abc, adopt, "_adopt(cls, subclasses, /)", "Register classes that are known to be no subclasses."),
    FUNCTION(abc, token, "get_cache_token()", "A number that changes with every register()."),
    FUNCTION(abc, pattern, "_pattern(cls, kind, /)", "Let instances match sequence (1) or mapping (2) patterns."),
    FUNCTION(abc, busy, "_busy()", "Is the answer for one class being made from those for others?"),
    FUNCTION(abc, clear, "_reset_registry(cls, /)", "Forget what was registered."),
    { 0 }
};

Value abc_init(Vm *vm)
{
    static const TypeDef def = { .name = "_abc._state", .layout = &state_layout, .flags = TYPE_DISALLOW_NEW };
    Module *m = module_new(vm, "_abc", "What ABCMeta is made of.");
    Type *t = m ? type_from_def(vm, &def, vm->types.object) : NULL;
    Obj *state = t ? object_alloc(vm, t) : NULL;
    if (!state || !module_add_functions(vm, m, functions))
        return VALUE_ERROR;
    rt_of(vm)->roots[RT_ROOT_ABC] = value_from_obj(state);
    for (const MethodDef *d = methods; d->signature; d++) {
        Str *name = str_intern(vm, d->signature, signature_name_len(d->signature));
        Native *n = name ? native_method(vm, d, vm->types.type, name) : NULL;
        if (!n || !dict_set_str(vm, m->globals, name, value_from_obj(n)))
            return VALUE_ERROR;
    }
    return value_from_obj(m);
}
