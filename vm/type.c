/* SPDX-License-Identifier: MIT
 * Types: lookup along the mro, special methods, built-in types from tables, instances. Class statements are in
 * class.c, attributes of objects in attr.c. */
#include "vm/type.h"

#include <stdlib.h>

#include "vm/code.h"
#include "vm/error.h"
#include "vm/frame.h"
#include "vm/objects/descr_members.h"
#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"
#include "vm/signature.h"

#define UNFILLED_LOOKS 20u

const TypeLayout kind_layouts[KIND_COUNT] = {
#define FIXED(K, S) [KIND_##K] = { .kind = KIND_##K, .size = sizeof(S) }
#define VARYING(K) [KIND_##K] = { .kind = KIND_##K, .size = 0 }
    FIXED(INSTANCE, Instance), FIXED(TYPE, Type), VARYING(STR), VARYING(BYTES), FIXED(BYTEARRAY, ByteArray),
    VARYING(INT), FIXED(FLOAT, Float), FIXED(COMPLEX, Complex), VARYING(TUPLE), FIXED(LIST, List), FIXED(DICT, Dict),
    FIXED(DICT_VIEW, DictView), FIXED(SET, Set), FIXED(SLICE, Slice), FIXED(RANGE, Range), FIXED(ITER, Iter),
    FIXED(CELL, Cell), FIXED(CODE, Code), VARYING(FUNC), FIXED(NATIVE, Native), FIXED(METHOD, Method),
    FIXED(DESCR, Descr), FIXED(MODULE, Module), VARYING(GEN), FIXED(AGEN_OP, AgenOp), FIXED(EXC, Exc),
    FIXED(TRACEBACK, Traceback), VARYING(FRAME_OBJ), FIXED(WEAKREF, WeakRef),
#undef FIXED
#undef VARYING
};

const char *type_name(const Type *t)
{
    return t->cname ? t->cname : str_data(as_str(t->name));
}

const char *type_short_name(const Type *t)
{
    const char *name = type_name(t), *dot = t->cname ? strrchr(name, '.') : NULL;
    return dot ? dot + 1 : name;
}

bool type_is_subtype(const Type *a, const Type *b)
{
    if (!a->mro) {
        for (const Type *t = a; t; t = t->base)
            if (t == b)
                return true;
        return false;
    }
    for (size_t i = 0; i < a->mro->len; i++)
        if (value_obj(a->mro->items[i]) == (const Obj *)b)      /* b may be NULL: not made yet */
            return true;
    return false;
}

static bool is_named(const char *def, const Str *name)
{
    return def[0] == name->text[0] && !strncmp(def, name->text, name->len) && (!def[name->len] || def[name->len] == '(');
}

/* May the dict of a built-in type that nobody has looked into have the (interned) name? Where it cannot, it stays
 * unfilled: most look-ups pass the types that they come to. */
static bool may_have(Vm *vm, Type *t, const Str *name)
{
    if (--t->unfilled == 0) {           /* asked often: a dict is faster */
        t->unfilled = 1;
        return true;
    }
    for (const MethodDef *m = t->def_methods; m && m->signature; m++)
        if (is_named(m->signature, name))
            return true;
    for (const MethodDef *m = t->def_more; m && m->signature; m++)
        if (is_named(m->signature, name))
            return true;
    for (const GetSetDef *g = t->def_getsets; g && g->name; g++)
        if (is_named(g->name, name))
            return true;
    return name == vm->names.dunder_doc || name == vm->names.dunder_module || name == vm->special_names[SPECIAL_HASH] ||
           (name == vm->names.dunder_dict && t->flags & TYPE_HAS_DICT && !(t->base && t->base->flags & TYPE_HAS_DICT));
}

static Value make_one(Vm *vm, Type *t, Str *name);

static Value lookup_uncached(Vm *vm, Type *t, Str *name)
{
    Tuple *mro = t->mro;
    for (size_t i = 0; i < mro->len; i++) {
        Type *at = as_type(mro->items[i]);
        Value v = VALUE_EMPTY;
        if (at->unfilled && name->h.flags & STR_INTERNED && name->len) {
            v = dict_get_str(vm, at->dict, name);
            if (value_is_empty(v) && !may_have(vm, at, name))
                continue;
            if (value_is_empty(v))
                v = make_one(vm, at, name);
        }
        if (value_is_empty(v))
            v = dict_get_str(vm, type_dict(vm, at), name);
        if (!value_is_empty(v))
            return v;
    }
    return VALUE_EMPTY;
}

Value type_lookup(Vm *vm, Type *t, Str *name)
{
    if (UNLIKELY(!(name->h.flags & STR_INTERNED)))
        return lookup_uncached(vm, t, name);
    size_t at = (((uintptr_t)t >> 5) ^ ((uintptr_t)name >> 4)) & (LOOKUP_CACHE_SIZE - 1);
    LookupEntry *e = &vm->lookup_cache[at];
    if (LIKELY(e->type == t && e->name == name && e->version == t->version))
        return e->value;
    Value v = lookup_uncached(vm, t, name);
    if (LIKELY(!value_is_empty(v) || !vm_pending(vm)))      /* else there was no memory to make it */
        *e = (LookupEntry){ t, name, t->version, v };
    return v;
}

/* ---- special methods ---- */

static void resolve_flags(Vm *vm, Type *t)
{
    Type *object = vm->types.object;
    uint32_t f = t->flags & ~(TYPE_HAS_DEL | TYPE_CUSTOM_GETATTRIBUTE | TYPE_CUSTOM_GETATTR | TYPE_CUSTOM_SETATTR |
                              TYPE_DESCR_GET | TYPE_DESCR_SET);
    const Value *sp = t->specials->items;
    if (!value_is_empty(sp[SPECIAL_DEL]))
        f |= TYPE_HAS_DEL;
    Value get = sp[SPECIAL_GETATTRIBUTE];
    if (object && !(is_native(get) && (as_native(get)->owner == object || as_native(get)->owner == vm->types.type)))
        f |= TYPE_CUSTOM_GETATTRIBUTE;
    if (!value_is_empty(sp[SPECIAL_GETATTR]))
        f |= TYPE_CUSTOM_GETATTR;
    if (object && (!value_same(sp[SPECIAL_SETATTR], object->specials->items[SPECIAL_SETATTR]) ||
                   !value_same(sp[SPECIAL_DELATTR], object->specials->items[SPECIAL_DELATTR])))
        f |= TYPE_CUSTOM_SETATTR;
    if (!value_is_empty(sp[SPECIAL_GET]))
        f |= TYPE_DESCR_GET;
    if (!value_is_empty(sp[SPECIAL_SET]) || !value_is_empty(sp[SPECIAL_DELETE]))
        f |= TYPE_DESCR_SET;
    t->flags = f;
}

/* -1: not the (interned) name of a special method. */
static int special_index(const Str *name)
{
    return (int)name->special - 1;
}

/* Of a signature's name; -1: none. */
static int special_of(const Vm *vm, const char *signature)
{
    if (signature[0] != '_')
        return -1;
    size_t n = signature_name_len(signature);
    for (unsigned at = special_hash(signature, n);; at++) {
        int i = vm->special_table[at % SPECIAL_TABLE] - 1;
        if (i < 0)
            return -1;
        const Str *name = vm->special_names[i];
        if (name->len == n && memcmp(name->text, signature, n) == 0)
            return i;
    }
}

static bool own_specials(Vm *vm, Type *t, const Values *from)
{
    Values *own = values_new(vm, SPECIAL_COUNT);
    if (!own)
        return false;
    if (from)
        memcpy(own->items, from->items, SPECIAL_COUNT * sizeof(Value));
    heap_set_ptr(vm, t, &t->specials, own);
    return true;
}

static Native *native_alloc(Vm *vm, const MethodDef *def, Value self, Type *owner, Value module, const Type *t);

/* A special method that belongs to a class in C which t does not derive from: what stands for it refuses t's instances.
 * All that reads `specials` may so take a native for one that fits. */
static Value fitting_special(Vm *vm, const Type *t, Value v)
{
    static const MethodDef refusal = { "__refused__(*args, **kwargs)", NULL, NULL, NATIVE_VECTOR | NATIVE_REFUSES };
    if (!is_native(v) || !native_binds(as_native(v)) || !t->mro || type_is_subtype(t, as_native(v)->owner))
        return v;
    const Native *n = as_native(v);
    Native *r = native_alloc(vm, &refusal, VALUE_EMPTY, n->owner, v, n->h.flags & NATIVE_IS_SLOT ? vm->types.wrapper_descriptor
                                                                                                : vm->types.method_descriptor);
    return r ? value_from_obj(r) : VALUE_ERROR;
}

static bool set_special(Vm *vm, Type *t, int i, Value v)
{
    v = fitting_special(vm, t, v);
    if (value_is_empty(v) && vm_pending(vm))
        return false;
    if (t->base && t->specials == t->base->specials && !own_specials(vm, t, t->base->specials))
        return false;
    heap_set(vm, t->specials, &t->specials->items[i], v);
    return true;
}

static Value method_value(Vm *vm, Type *t, const MethodDef *m, const Str *name);

/* What t has from its base does what m does: one object and one table for both. t's dict gets one of its own. */
static bool inherits_same(const Type *t, const MethodDef *m, int special)
{
    Value v = t->base ? t->specials->items[special] : VALUE_EMPTY;
    return is_native(v) && as_native(v)->def->fn == m->fn && as_native(v)->def->flags == m->flags &&
           value_same(v, t->base->specials->items[special]);
}

/* The special methods of a built-in type: they alone are made at once. */
static bool define_special(Vm *vm, Type *t, int i, Value v)
{
    if (value_is_empty(v) || (t->base && t->specials == t->base->specials && !own_specials(vm, t, t->base->specials)))
        return false;
    heap_set(vm, t->specials, &t->specials->items[i], v);
    return true;
}

static bool define_specials(Vm *vm, Type *t, const MethodDef *m)
{
    for (; m && m->signature; m++) {
        int i = special_of(vm, m->signature);
        if (i < 0 || inherits_same(t, m, i))
            continue;
        if (!define_special(vm, t, i, method_value(vm, t, m, vm->special_names[i])))
            return false;
    }
    return true;
}

/* A class with one base has what that has, but for what is in its own dict. */
static bool inherit_specials(Vm *vm, Type *t)
{
    Value key, v;
    size_t pos = 0;
    heap_set_ptr(vm, t, &t->specials, t->base->specials);
    if (t->unfilled)
        return define_specials(vm, t, t->def_methods);
    while (dict_next(t->dict, &pos, &key, &v)) {
        int i = is_str(key) ? special_index(as_str(key)) : -1;
        if (i >= 0 && !set_special(vm, t, i, v))
            return false;
    }
    return true;
}

static bool is_defined_by(Value v, const Type *t)
{
    Value f = is_descr(v) ? as_descr(v)->a : v;
    return is_native(f) && as_native(f)->owner == t;
}

static bool overlay_defined(Vm *vm, Type *t, const Type *from, const MethodDef *m)
{
    for (; m && m->signature; m++) {
        int i = special_of(vm, m->signature);
        if (i >= 0)
            heap_set(vm, t->specials, &t->specials->items[i], from->specials->items[i]);
    }
    return true;
}

/* What the class itself defines, over what t has so far. */
static bool overlay_specials(Vm *vm, Type *t, Type *from)
{
    Value key, v;
    size_t pos = 0;
    if (from->unfilled) {
        if (value_is_none(from->specials->items[SPECIAL_HASH]))
            heap_set(vm, t->specials, &t->specials->items[SPECIAL_HASH], VALUE_NONE);
        return overlay_defined(vm, t, from, from->def_methods) && overlay_defined(vm, t, from, from->def_more);
    }
    while (dict_next(from->dict, &pos, &key, &v)) {
        int i = is_str(key) ? special_index(as_str(key)) : -1;
        if (i < 0)
            continue;
        v = fitting_special(vm, t, v);
        if (value_is_empty(v))
            return false;
        heap_set(vm, t->specials, &t->specials->items[i], v);
    }
    return true;
}

bool type_resolve_specials(Vm *vm, Type *t)
{
    if (t->mro->len > 1 && t->mro->len == t->base->mro->len + 1 && value_obj(t->mro->items[1]) == &t->base->h) {
        if (!inherit_specials(vm, t))
            return false;
    } else {
        if (!own_specials(vm, t, NULL) || (t->unfilled && !define_specials(vm, t, t->def_methods)))
            return false;
        for (size_t i = t->mro->len; i-- > 0;)
            if (!overlay_specials(vm, t, as_type(t->mro->items[i])))
                return false;
    }
    resolve_flags(vm, t);
    return true;
}

/* t and those below that have the same table get one of their own. */
static void share_specials(Vm *vm, Type *t, const Values *old, Values *own)
{
    heap_set_ptr(vm, t, &t->specials, own);
    for (uint32_t k = 0; k < t->nsubclasses; k++)
        if (as_type(t->subclasses->items[k])->specials == old)
            share_specials(vm, as_type(t->subclasses->items[k]), old, own);
}

static bool resolve_one(Vm *vm, Type *t, unsigned i)
{
    Value v = fitting_special(vm, t, lookup_uncached(vm, t, vm->special_names[i]));
    const Values *old = t->specials;
    if (value_is_empty(v) && vm_pending(vm))
        return false;
    if (t->base && old == t->base->specials && !value_same(v, old->items[i])) {
        if (!own_specials(vm, t, old))
            return false;
        share_specials(vm, t, old, t->specials);
    }
    heap_set(vm, t->specials, &t->specials->items[i], v);
    resolve_flags(vm, t);
    for (uint32_t k = 0; k < t->nsubclasses; k++)
        if (!resolve_one(vm, as_type(t->subclasses->items[k]), i))
            return false;
    return true;
}

/* Neither before nor after does the attribute act on instances by more than its value. */
static bool is_plain_value(Vm *vm, Value v)
{
    return !value_is_empty(v) && !(type_of(vm, v)->flags & (TYPE_DESCR_GET | TYPE_DESCR_SET));
}

static void bump_versions(Vm *vm, Type *t)
{
    t->version = ++vm->next_type_version;
    for (uint32_t i = 0; i < t->nsubclasses; i++)
        bump_versions(vm, as_type(t->subclasses->items[i]));
}

bool type_set_attr(Vm *vm, Type *t, Str *name, Value v)
{
    name = str_intern_str(vm, name);
    if (!name)
        return false;
    Value old = dict_get_str(vm, type_dict(vm, t), name);
    if (value_is_empty(v)) {
        if (value_is_empty(old)) {
            raise_attribute(vm, value_from_obj(t), name);
            return false;
        }
        if (dict_delete(vm, t->dict, value_from_obj(name)) < 0)
            return false;
    } else if (!dict_set_str(vm, t->dict, name, v)) {
        return false;
    }
    int special = special_index(name);
    if (special >= 0 && !resolve_one(vm, t, (unsigned)special))
        return false;
    if (special == SPECIAL_DEL && !value_is_empty(v))
        heap_late_finalizers(vm);
    if (special < 0 && is_plain_value(vm, old) && is_plain_value(vm, v)) {
        bump_versions(vm, t);
        return true;
    }
    return type_invalidate(vm, t);
}

/* ---- instances ---- */

static size_t round8(size_t n)
{
    return (n + 7) & ~(size_t)7;
}

size_t obj_size(Vm *vm, const Obj *o)
{
    Value v = value_from_obj(o);
    switch (o->kind) {
    case KIND_STR:
        return round8(sizeof(Str) + (o->flags & STR_BUFFERED ? 0 : as_str(v)->len + 1));
    case KIND_BYTES:
        return round8(sizeof(Bytes) + as_bytes(v)->len + 1);
    case KIND_INT:
        return sizeof(Int) + as_bigint(v)->count * sizeof(uint64_t);
    case KIND_TUPLE:
        return sizeof(Tuple) + as_tuple(v)->len * sizeof(Value);
    case KIND_FUNC:
        return sizeof(Func) + as_func(v)->code->ncaptures * sizeof(Cell *);
    case KIND_GEN:
        return sizeof(Gen) + as_gen(v)->f.code->nregs * sizeof(Value);
    case KIND_FRAME_OBJ:
        return sizeof(FrameObj) + ((const FrameObj *)o)->nregs * sizeof(Value);
    case KIND_INSTANCE:
        return sizeof(Instance) + vm->shapes[o->shape]->inline_cap * sizeof(Value);
    default:
        return round8(vm->shapes[o->shape]->type->layout->size);
    }
}

Value *obj_ext(Vm *vm, Obj *o)
{
    if (o->kind == KIND_INSTANCE)
        return &((Instance *)o)->ext;
    if (!(o->flags & OBJ_SUBCLASS))
        return NULL;
    return (Value *)(void *)((char *)o + obj_size(vm, o));
}

Obj *object_alloc_var(Vm *vm, Type *cls, Kind kind, size_t size)
{
    bool ext = cls->flags & (TYPE_HEAP | TYPE_HAS_DICT);
    size = round8(size);
    int finalizable = (cls->flags & TYPE_HAS_DEL) || cls->layout->finalize || cls->layout->last_word;
    Obj *o = heap_zalloc(vm, size + (ext ? sizeof(Value) : 0), kind, cls->root_shape->id, finalizable);
    if (o && ext)
        o->flags |= OBJ_SUBCLASS;
    return o;
}

Obj *object_alloc(Vm *vm, Type *cls)
{
    if (cls->layout->kind != KIND_INSTANCE)
        return object_alloc_var(vm, cls, cls->layout->kind, cls->layout->size);
    Shape *root = cls->root_shape;
    size_t size = sizeof(Instance) + root->inline_cap * sizeof(Value);
    Instance *o = heap_alloc(vm, size, KIND_INSTANCE, root->id, (cls->flags & TYPE_HAS_DEL) != 0);
    if (!o)
        return NULL;
    o->ext = VALUE_EMPTY;
    for (unsigned i = 0; i < root->inline_cap; i++)
        o->slots[i] = VALUE_EMPTY;
    return &o->h;
}

/* ---- built-in types ---- */

/* Does CPython make a slot wrapper of this special method? Others that begin with underscores are plain methods. */
static bool is_slot(const MethodDef *def, int special)
{
    switch (special) {
    case -1: case SPECIAL_NEW: case SPECIAL_BYTES: case SPECIAL_FORMAT: case SPECIAL_LENGTH_HINT: case SPECIAL_MISSING:
    case SPECIAL_REVERSED: case SPECIAL_ROUND: case SPECIAL_TRUNC: case SPECIAL_FLOOR: case SPECIAL_CEIL: case SPECIAL_ENTER:
    case SPECIAL_EXIT: case SPECIAL_AENTER: case SPECIAL_AEXIT: case SPECIAL_INSTANCECHECK: case SPECIAL_SUBCLASSCHECK:
    case SPECIAL_PREPARE: case SPECIAL_CLASS_GETITEM: case SPECIAL_INIT_SUBCLASS: case SPECIAL_SET_NAME: case SPECIAL_DIR:
        return false;
    default:
        return !(def->flags & (NATIVE_STATIC | NATIVE_CLASS | NATIVE_PLAIN));
    }
}

static Native *native_alloc(Vm *vm, const MethodDef *def, Value self, Type *owner, Value module, const Type *t)
{
    Native *n = heap_zalloc(vm, sizeof *n, KIND_NATIVE, t && t->root_shape ? t->root_shape->id : SHAPE_NATIVE_ID, 0);
    if (!n)
        return NULL;
    n->h.flags |= t == vm->types.wrapper_descriptor || t == vm->types.method_wrapper ? NATIVE_IS_SLOT : 0;
    n->def = def;
    n->self = self;
    n->owner = owner;
    n->module = module;
    return n;
}

Native *native_new(Vm *vm, const MethodDef *def, Value self, Value module)
{
    return native_alloc(vm, def, self, NULL, module, vm->types.builtin_function);
}

Native *native_method(Vm *vm, const MethodDef *def, Type *owner, const Str *name)
{
    bool slot = is_slot(def, special_index(name));
    return native_alloc(vm, def, VALUE_EMPTY, owner, VALUE_EMPTY,
                        slot ? vm->types.wrapper_descriptor : vm->types.method_descriptor);
}

Native *native_bind(Vm *vm, const Native *n, Value self)
{
    bool slot = n->h.flags & NATIVE_IS_SLOT;
    Native *b = native_alloc(vm, n->def, self, n->owner, n->module,
                             slot ? vm->types.method_wrapper : vm->types.builtin_function);
    if (!b)
        return NULL;
    b->sig = n->sig;
    b->ud = n->ud;
    if (n->direct >= NATIVE_OF_SELF && !value_is_empty(self))
        b->direct = n->direct - NATIVE_OF_SELF + 1;
    return b;
}

static Value wrap_descr(Vm *vm, Type *type, Value func)
{
    Descr *d = heap_zalloc(vm, sizeof *d, KIND_DESCR, type->root_shape->id, 0);
    if (!d)
        return VALUE_ERROR;
    d->a = func;
    return value_from_obj(d);
}

/* What stands in the type's dict for a method. */
static Value method_value(Vm *vm, Type *t, const MethodDef *m, const Str *name)
{
    Native *n = native_method(vm, m, t, name);
    if (!n)
        return VALUE_ERROR;
    bool ctor = name == vm->special_names[SPECIAL_NEW];
    if (ctor || m->flags & NATIVE_STATIC)
        n->h.shape = vm->types.builtin_function->root_shape->id;
    if (ctor)
        n->h.flags |= NATIVE_IS_NEW;
    if (ctor || !(m->flags & (NATIVE_STATIC | NATIVE_CLASS)))
        return value_from_obj(n);
    Value v = wrap_descr(vm, m->flags & NATIVE_STATIC ? vm->types.staticmethod : vm->types.classmethod_descriptor,
                         value_from_obj(n));
    if (!value_is_empty(v)) {
        as_descr(v)->owner = t;
        as_descr(v)->name = value_from_obj(name);
    }
    return v;
}

/* The one that define_specials made; EMPTY: none. */
static Value method_made(const Type *t, const Str *name)
{
    Value v = special_index(name) < 0 ? VALUE_EMPTY : t->specials->items[special_index(name)];
    return is_defined_by(v, t) ? v : VALUE_EMPTY;
}

/* The value of a method or attribute; that which make_one() made, if it did. */
static Value made_before(Vm *vm, const Dict *made, Str *name)
{
    return made ? dict_get_str(vm, (Dict *)(uintptr_t)made, name) : VALUE_EMPTY;
}

static bool add_methods(Vm *vm, Type *t, const MethodDef *defs, const Dict *made)
{
    size_t count = 0;
    while (defs && defs[count].signature)
        count++;
    if (!dict_reserve(vm, t->dict, count + 2))
        return false;
    for (const MethodDef *m = defs; m && m->signature; m++) {
        Str *name = str_intern(vm, m->signature, signature_name_len(m->signature));
        if (!name)
            return false;
        Value v = made_before(vm, made, name);
        if (value_is_empty(v))
            v = method_made(t, name);
        if (value_is_empty(v))
            v = method_value(vm, t, m, name);
        if (value_is_empty(v) || !dict_set_str(vm, t->dict, name, v))
            return false;
    }
    return true;
}

static Value getset_value(Vm *vm, Type *t, const GetSetDef *g, Str *name)
{
    bool member = descr_is_member(descr_members(t), g->name);
    Value v = wrap_descr(vm, member ? vm->types.member_descriptor : vm->types.getset_descriptor, VALUE_EMPTY);
    if (!value_is_empty(v)) {
        as_descr(v)->def = g;
        as_descr(v)->owner = t;
        as_descr(v)->name = value_from_obj(name);
    }
    return v;
}

static bool add_getsets(Vm *vm, Type *t, const GetSetDef *defs, const Dict *made)
{
    for (const GetSetDef *g = defs; g && g->name; g++) {
        Str *name = str_intern(vm, g->name, strlen(g->name));
        if (!name)
            return false;
        Value v = made_before(vm, made, name);
        if (value_is_empty(v))
            v = getset_value(vm, t, g, name);
        if (value_is_empty(v) || !dict_set_str(vm, t->dict, name, v))
            return false;
    }
    return true;
}

static const MethodDef *find_def(const MethodDef *m, const Str *name)
{
    while (m && m->signature && !is_named(m->signature, name))
        m++;
    return m && m->signature ? m : NULL;
}

/* Most scripts call few of a type's methods: those alone are made until somebody looks into the dict, and lie in it. EMPTY: it
 * has to be filled. */
static Value make_one(Vm *vm, Type *t, Str *name)
{
    const GetSetDef *g = t->def_getsets;
    while (g && g->name && !is_named(g->name, name))
        g++;
    const MethodDef *m = find_def(t->def_more, name);
    m = m ? m : find_def(t->def_methods, name);
    Value v = VALUE_EMPTY;
    if (g && g->name)
        v = getset_value(vm, t, g, name);
    else if (m && special_index(name) < 0)
        v = method_value(vm, t, m, name);
    if (!value_is_empty(v) && dict_set_str(vm, t->dict, name, v))
        return v;
    exc_discard(vm);
    return VALUE_EMPTY;
}

static bool set_name(Vm *vm, Type *t, const TypeDef *def)
{
    const char *dot = strrchr(def->name, '.');
    const char *last = dot ? dot + 1 : def->name;
    Str *name = str_intern(vm, last, strlen(last));
    if (!name)
        return false;
    t->cname = def->flags & TYPE_PLAIN_NAME ? last : def->name;
    t->name = t->qualname = value_from_obj(name);
    return true;
}

static bool add_doc(Vm *vm, Type *t)
{
    const char *dot = strrchr(t->def_name, '.');
    Str *module = dot ? str_intern(vm, t->def_name, (size_t)(dot - t->def_name)) : NULL;
    Str *doc = t->def_doc ? str_cstr(vm, t->def_doc) : NULL;
    return (!t->def_doc || (doc && dict_set_str(vm, t->dict, vm->names.dunder_doc, value_from_obj(doc)))) &&
           (!dot || (module && dict_set_str(vm, t->dict, vm->names.dunder_module, value_from_obj(module))));
}

void type_fill(Vm *vm, Type *t)
{
    Dict *made = t->dict->used ? t->dict : NULL, *dict = made ? dict_new(vm) : t->dict;
    t->unfilled = 0;
    if (dict)
        heap_set_ptr(vm, t, &t->dict, dict);
    bool unhashable = value_is_none(type_special(t, SPECIAL_HASH)) &&
                      !(t->base && value_is_none(type_special(t->base, SPECIAL_HASH)));
    if (dict && add_doc(vm, t) && add_methods(vm, t, t->def_methods, made) && add_methods(vm, t, t->def_more, made) &&
        add_getsets(vm, t, t->def_getsets, made) && (!(t->flags & TYPE_HAS_DICT) || type_add_dict(vm, t)) &&
        (!unhashable || dict_set_str(vm, t->dict, vm->special_names[SPECIAL_HASH], VALUE_NONE)))
        return;
    exc_discard(vm);            /* no memory: the next look tries again */
    t->unfilled = 1;
}

/* Subclasses that had what t had have what t has now. */
static bool spread_special(Vm *vm, Type *t, int i, Value old, Value v)
{
    if (!set_special(vm, t, i, v))
        return false;
    resolve_flags(vm, t);
    for (uint32_t k = 0; k < t->nsubclasses; k++) {
        Type *below = as_type(t->subclasses->items[k]);
        if (value_same(below->specials->items[i], old) && !spread_special(vm, below, i, old, v))
            return false;
    }
    return true;
}

bool type_make_unhashable(Vm *vm, Type *t)
{
    return set_special(vm, t, SPECIAL_HASH, VALUE_NONE) &&
           (t->unfilled || dict_set_str(vm, t->dict, vm->special_names[SPECIAL_HASH], VALUE_NONE));
}

bool type_add_methods(Vm *vm, Type *t, const MethodDef *defs)
{
    bool filled = !t->unfilled || t->def_more;
    for (const MethodDef *m = defs; m->signature; m++) {
        Str *name = str_intern(vm, m->signature, signature_name_len(m->signature));
        int i = name ? special_index(name) : -1;
        if (i >= 0 && !filled && inherits_same(t, m, i))
            continue;
        Value v = name ? method_value(vm, t, m, name) : VALUE_ERROR;
        if (value_is_empty(v) || (filled && !dict_set_str(vm, type_dict(vm, t), name, v)))
            return false;
        if (i >= 0 && !spread_special(vm, t, i, t->specials->items[i], v))
            return false;
    }
    if (!filled)
        t->def_more = defs;
    return true;
}

bool type_add_subclass(Vm *vm, Type *base, Type *t)
{
    if (!base->subclasses || base->nsubclasses == base->subclasses->cap) {
        Values *v = values_new(vm, base->nsubclasses ? base->nsubclasses * 2 : 4);
        if (!v)
            return false;
        if (base->nsubclasses)
            memcpy(v->items, base->subclasses->items, base->nsubclasses * sizeof(Value));
        heap_set_ptr(vm, base, &base->subclasses, v);
    }
    base->subclasses->items[base->nsubclasses++] = value_from_obj(t);
    return true;
}

Type *type_alloc(Vm *vm, Type *metatype)
{
    uint32_t shape = metatype ? metatype->root_shape->id : 0;
    bool ext = metatype && (metatype->flags & TYPE_HEAP);
    Type *t = heap_zalloc(vm, sizeof *t + (ext ? sizeof(Value) : 0), KIND_TYPE, shape, 0);
    if (!t)
        return NULL;
    if (ext)
        t->h.flags |= OBJ_SUBCLASS;
    t->version = ++vm->next_type_version;
    t->dict = dict_new(vm);
    if (!vm->no_specials)
        vm->no_specials = values_new(vm, SPECIAL_COUNT);
    t->specials = vm->no_specials;
    return t->dict && t->specials ? t : NULL;
}

/* What every type needs once bases and dict stand: mro, specials, shapes, its place among the subclasses. */
bool type_ready(Vm *vm, Type *t, uint32_t shape_id)
{
    if (!t->mro) {
        Tuple *mro = type_make_mro(vm, t, t->bases);
        if (!mro)
            return false;
        heap_set_ptr(vm, t, &t->mro, mro);
    }
    if (!type_resolve_specials(vm, t))
        return false;
    Shape *root = t->root_shape ? t->root_shape : shape_new_root(vm, t, shape_id, false);
    if (!root)
        return false;
    heap_set_ptr(vm, t, &t->root_shape, root);
    for (size_t i = 0; i < t->bases->len; i++)
        if (!type_add_subclass(vm, as_type(t->bases->items[i]), t))
            return false;
    return true;
}

#define TYPE_INHERITED \
    (TYPE_EXC | TYPE_HAS_DICT | TYPE_SEQUENCE | TYPE_MAPPING | TYPE_MATCH_SELF | TYPE_SLOTS_ONLY | TYPE_WEAKREFS | \
     TYPE_ORDERED)

void type_inherit(Type *t, Type *base)
{
    t->base = base;
    if (!t->layout)
        t->layout = base->layout;
    t->flags |= base->flags & TYPE_INHERITED;
}

bool type_complete(Vm *vm, Type *t, const TypeDef *def, Type *base)
{
    t->h.shape = vm->types.type->root_shape->id;
    t->flags = def->flags;
    t->layout = def->layout;
    t->slots = t->ext = VALUE_EMPTY;
    if (base)
        type_inherit(t, base);
    Value b = value_from_obj(base);
    t->bases = tuple_from(vm, &b, base ? 1 : 0);
    t->unfilled = UNFILLED_LOOKS;
    t->def_name = def->name;
    t->def_doc = def->doc;
    t->def_methods = def->methods;
    t->def_getsets = def->getsets;
    return t->bases && set_name(vm, t, def) && type_ready(vm, t, def->shape_id);
}

Type *type_from_def(Vm *vm, const TypeDef *def, Type *base)
{
    Type *t = type_alloc(vm, vm->types.type);
    return t && type_complete(vm, t, def, base) ? t : NULL;
}

bool module_set(Vm *vm, Module *m, const char *name, Value v)
{
    return !value_is_empty(v) && dict_set_cstr(vm, m->globals, name, v);
}

bool module_add_functions(Vm *vm, Module *m, const MethodDef *defs)
{
    size_t count = 0;
    while (defs[count].signature)
        count++;
    if (!dict_reserve(vm, m->globals, count))
        return false;
    for (const MethodDef *d = defs; d->signature; d++) {
        Str *name = str_intern(vm, d->signature, signature_name_len(d->signature));
        Native *n = name ? native_new(vm, d, VALUE_EMPTY, m->name) : NULL;
        if (!n || !dict_set_str(vm, m->globals, name, value_from_obj(n)))
            return false;
    }
    return true;
}

Module *module_new(Vm *vm, const char *name, const char *doc)
{
    Module *m = heap_zalloc(vm, sizeof *m, KIND_MODULE, vm->types.module->root_shape->id, 0);
    Str *n = m ? str_intern(vm, name, strlen(name)) : NULL;
    if (!n)
        return NULL;
    m->name = value_from_obj(n);
    m->globals = dict_new(vm);
    if (!m->globals || !dict_make_cells(vm, m->globals))
        return NULL;
    Value docv = VALUE_NONE;
    if (doc) {
        Str *s = str_cstr(vm, doc);
        if (!s)
            return NULL;
        docv = value_from_obj(s);
    }
    if (!dict_set_str(vm, m->globals, vm->names.dunder_name, m->name) ||
        !dict_set_str(vm, m->globals, vm->names.dunder_doc, docv))
        return NULL;
    return m;
}
