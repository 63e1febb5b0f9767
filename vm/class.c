/* SPDX-License-Identifier: MIT
 * Making classes: metaclass, bases, method resolution order (C3), slots, the hooks that run at the end. */
#include "vm/ops.h"

#include "vm/code.h"
#include "vm/objects/dict.h"
#include "vm/objects/exceptions.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"
#include "vm/text/strops.h"
#include "vm/weak.h"

/* ---- C3 linearisation (Barrett et al., "A monotonic superclass linearization for Dylan", 1996) ---- */

static bool in_tail(const Tuple *seq, size_t from, Value v)
{
    for (size_t i = from + 1; i < seq->len; i++)
        if (value_same(seq->items[i], v))
            return true;
    return false;
}

static Value mro_conflict(Vm *vm, Tuple **seqs, const size_t *at, size_t n)
{
    Str *names = vm->empty_str;
    Value seen[32];
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        if (at[i] >= seqs[i]->len)
            continue;
        Value v = seqs[i]->items[at[i]];
        bool dup = false;
        for (size_t k = 0; k < count; k++)
            dup |= value_same(seen[k], v);
        if (dup || count == COUNT_OF(seen))
            continue;
        seen[count++] = v;
        names = str_printf(vm, count > 1 ? "%S, %s" : "%S%s", names, str_data(as_str(as_type(v)->name)));
        if (!names)
            return VALUE_ERROR;
    }
    return raise_exc(vm, EXC_TypeError, "Cannot create a consistent method resolution order (MRO) for bases %S", names);
}

Tuple *type_make_mro(Vm *vm, Type *t, Tuple *bases)
{
    size_t n = bases->len + 1, total = 1;
    if (n > 1024) {
        raise_exc(vm, EXC_TypeError, "too many bases");
        return NULL;
    }
    if (n == 2 && value_same(as_type(bases->items[0])->mro->items[0], bases->items[0])) {
        const Tuple *base = as_type(bases->items[0])->mro;
        Tuple *mro = tuple_new(vm, base->len + 1);
        for (size_t i = 0; mro && i < mro->len; i++)
            mro->items[i] = i ? base->items[i - 1] : value_from_obj(t);
        return mro;
    }
    Tuple *small_seqs[16];
    size_t small_at[16];
    Raw *mem = n > 16 ? raw_new(vm, n * (sizeof(Tuple *) + sizeof(size_t))) : NULL;
    if (n > 16 && !mem)
        return NULL;
    Tuple **seqs = mem ? (Tuple **)(void *)mem->data : small_seqs;
    size_t *at = mem ? (size_t *)(void *)(mem->data + n * sizeof(Tuple *)) : small_at;
    for (size_t i = 0; i < bases->len; i++) {
        seqs[i] = as_type(bases->items[i])->mro;
        at[i] = 0;
        total += seqs[i]->len;
    }
    seqs[n - 1] = bases;
    at[n - 1] = 0;
    List *out = list_new(vm, total);
    if (!out || !list_append(vm, out, value_from_obj(t)))
        return NULL;
    for (;;) {
        bool left = false, found = false;
        for (size_t i = 0; i < n && !found; i++) {
            if (at[i] >= seqs[i]->len)
                continue;
            left = true;
            Value candidate = seqs[i]->items[at[i]];
            bool blocked = false;
            for (size_t k = 0; k < n && !blocked; k++)
                blocked = in_tail(seqs[k], at[k], candidate);
            if (blocked)
                continue;
            found = true;
            if (!list_append(vm, out, candidate))
                return NULL;
            for (size_t k = 0; k < n; k++)
                if (at[k] < seqs[k]->len && value_same(seqs[k]->items[at[k]], candidate))
                    at[k]++;
        }
        if (!left)
            return tuple_from(vm, list_items(out), out->len);
        if (!found) {
            mro_conflict(vm, seqs, at, n);
            return NULL;
        }
    }
}

/* ---- bases ---- */

static bool bases_distinct(Vm *vm, Tuple *bases)
{
    for (size_t i = 0; i < bases->len; i++)
        for (size_t k = i + 1; k < bases->len; k++)
            if (value_same(bases->items[i], bases->items[k])) {
                raise_exc(vm, EXC_TypeError, "duplicate base class %s", type_name(as_type(bases->items[i])));
                return false;
            }
    return true;
}

Type *type_calculate_metaclass(Vm *vm, Type *metatype, Tuple *bases)
{
    Type *winner = metatype;
    for (size_t i = 0; i < bases->len; i++) {
        Type *m = type_of(vm, bases->items[i]);
        if (type_is_subtype(winner, m))
            continue;
        if (type_is_subtype(m, winner)) {
            winner = m;
            continue;
        }
        raise_exc(vm, EXC_TypeError, "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass "
              "of the metaclasses of all its bases");
        return NULL;
    }
    return winner;
}

/* The class of the line that made its layout what it is: the last one that is C's own or has slots. */
static Type *solid_base(Type *t)
{
    while (t->base && !(t->flags & TYPE_SOLID) && t->base->layout == t->layout && t->base->nmembers == t->nmembers)
        t = t->base;
    return t;
}

/* The base whose layout the new class takes. */
static Type *best_base(Vm *vm, Tuple *bases)
{
    Type *best = NULL, *winner = NULL;
    for (size_t i = 0; i < bases->len; i++) {
        if (!is_type(bases->items[i])) {
            raise_exc(vm, EXC_TypeError, "bases must be types");
            return NULL;
        }
        Type *b = as_type(bases->items[i]);
        if (!(b->flags & (TYPE_BASE | TYPE_HEAP))) {
            raise_exc(vm, EXC_TypeError, "type '%s' is not an acceptable base type", type_name(b));
            return NULL;
        }
        Type *solid = solid_base(b);
        if (!winner || (solid != winner && type_is_subtype(solid, winner))) {
            best = b;
            winner = solid;
        } else if (!type_is_subtype(winner, solid)) {
            raise_exc(vm, EXC_TypeError, "multiple bases have instance lay-out conflict");
            return NULL;
        }
    }
    return best;
}

/* ---- __slots__ ---- */

static bool add_member(Vm *vm, Type *t, Str *name)
{
    Descr *d = heap_zalloc(vm, sizeof *d, KIND_DESCR, vm->types.member_descriptor->root_shape->id, 0);
    if (!d)
        return false;
    d->owner = t;
    d->name = value_from_obj(name);
    d->a = value_from_int48(t->nmembers++);
    return dict_set_str(vm, t->dict, name, value_from_obj(d));
}

static Str *mangled(Vm *vm, Type *t, Str *slot)
{
    const char *s = str_data(slot), *cls = str_data(as_str(t->name));
    size_t n = slot->len;
    if (n < 3 || s[0] != '_' || s[1] != '_' || (s[n - 1] == '_' && s[n - 2] == '_'))
        return slot;
    cls += strspn(cls, "_");
    Str *m = *cls ? str_printf(vm, "_%s%S", cls, slot) : slot;
    return m ? str_intern_str(vm, m) : NULL;
}

/* As attributes of the class, sorted. */
static List *slot_names(Vm *vm, Type *t, Tuple *slots)
{
    List *l = list_new(vm, slots->len);
    for (size_t i = 0; l && i < slots->len; i++) {
        Str *name = str_intern_str(vm, as_str(slots->items[i]));
        if (!name)
            return NULL;
        if (name == vm->names.dunder_dict || name == vm->names.dunder_weakref)
            continue;
        name = mangled(vm, t, name);
        if (!name)
            return NULL;
        if (!value_is_empty(dict_get_str(vm, t->dict, name))) {
            raise_exc(vm, EXC_ValueError, "'%S' in __slots__ conflicts with class variable", name);
            return NULL;
        }
        if (!list_append(vm, l, value_from_obj(name)))
            return NULL;
    }
    return l && list_sort(vm, l, VALUE_NONE, false) ? l : NULL;
}

static bool make_slots(Vm *vm, Type *t, Value slots)
{
    Value one = slots;
    Value seq = is_str(slots) ? value_from_obj(tuple_from(vm, &one, 1)) : op_tuple_of(vm, slots);
    if (value_is_empty(seq))
        return false;
    bool dict = false, base_has_dict = false, weak = false, base_has_weak = t->base->flags & TYPE_WEAKREFS;
    for (size_t i = 0; i < t->bases->len; i++) {
        Type *b = as_type(t->bases->items[i]);
        base_has_dict |= (b->flags & TYPE_HAS_DICT) || ((b->flags & TYPE_HEAP) && !(b->flags & TYPE_SLOTS_ONLY));
    }
    for (size_t i = 0; i < as_tuple(seq)->len; i++) {
        Value v = as_tuple(seq)->items[i];
        if (!is_str(v)) {
            raise_exc(vm, EXC_TypeError, "__slots__ items must be strings, not '%T'", v);
            return false;
        }
        Str *name = str_intern_str(vm, as_str(v));
        if (!name)
            return false;
        if (!text_is(TEXT_IDENTIFIER, str_data(name), name->len)) {
            raise_exc(vm, EXC_TypeError, "__slots__ must be identifiers");
            return false;
        }
        if (name == vm->names.dunder_dict) {
            bool got = (t->base->flags & TYPE_HAS_DICT) || ((t->base->flags & TYPE_HEAP) && !(t->base->flags & TYPE_SLOTS_ONLY));
            if (got || dict) {
                raise_exc(vm, EXC_TypeError, "__dict__ slot disallowed: we already got one");
                return false;
            }
            dict = true;
            continue;
        }
        if (!t->layout->size && t->layout->kind != KIND_STR) {
            raise_exc(vm, EXC_TypeError, "nonempty __slots__ not supported for subtype of '%s'", type_name(t->base));
            return false;
        }
        if (name == vm->names.dunder_weakref) {
            if (base_has_weak || weak) {
                raise_exc(vm, EXC_TypeError, "__weakref__ slot disallowed: we already got one");
                return false;
            }
            weak = true;
            continue;
        }
    }
    List *names = slot_names(vm, t, as_tuple(seq));     /* sorted: classes with the same slots number them alike */
    for (size_t i = 0; i < (names ? names->len : 0); i++) {
        if (i && value_same(list_items(names)[i], list_items(names)[i - 1]))
            continue;
        if (!add_member(vm, t, as_str(list_items(names)[i])))
            return false;
        if (t->layout->kind == KIND_INSTANCE && t->inline_cap < 32)
            t->inline_cap++;
    }
    if (!names)
        return false;
    if (weak)
        t->flags |= TYPE_WEAKREFS;
    if (!dict && !base_has_dict)
        t->flags |= TYPE_SLOTS_ONLY;
    else
        t->flags &= ~TYPE_SLOTS_ONLY;
    heap_set(vm, t, &t->slots, seq);
    return true;
}

/* ---- the namespace ---- */

static bool wrap_implicit(Vm *vm, Type *t, Special sp, Type *wrapper)
{
    Str *name = vm->special_names[sp];
    Value f = dict_get_str(vm, t->dict, name);
    if (!is_func(f))
        return true;
    Descr *d = heap_zalloc(vm, sizeof *d, KIND_DESCR, wrapper->root_shape->id, 0);
    if (!d)
        return false;
    d->a = f;
    return dict_set_str(vm, t->dict, name, value_from_obj(d));
}

static bool warn_of_key(Vm *vm, const Type *t)
{
    Str *s = str_printf(vm, "non-string key in the __dict__ of class %V", t->name);
    return s && (!vm->hooks.warn || vm->hooks.warn(vm, vm->exc[EXC_RuntimeWarning], str_data(s)));
}

static bool take_namespace(Vm *vm, Type *t, Dict *ns, Value *classcell)
{
    size_t pos = 0;
    Value k, v;
    bool warned = false;
    *classcell = VALUE_EMPTY;
    while (dict_next(ns, &pos, &k, &v)) {
        if (!is_str(k)) {
            if ((!warned && !warn_of_key(vm, t)) || !dict_set(vm, t->dict, k, v))
                return false;
            warned = true;
            continue;
        }
        Str *name = str_intern_str(vm, as_str(k));
        if (!name)
            return false;
        if (name == vm->names.dunder_classcell) {
            *classcell = v;
            continue;
        }
        if (name == vm->names.dunder_classdictcell && is_cell(v)) {
            heap_set(vm, as_cell(v), &as_cell(v)->value, value_from_obj(t->dict));
            continue;
        }
        if (name == vm->names.dunder_qualname) {
            if (!is_str(v)) {
                raise_exc(vm, EXC_TypeError, "type __qualname__ must be a str, not %T", v);
                return false;
            }
            heap_set(vm, t, &t->qualname, v);
            continue;
        }
        if (!dict_set_str(vm, t->dict, name, v))
            return false;
    }
    return wrap_implicit(vm, t, SPECIAL_NEW, vm->types.staticmethod) &&
           wrap_implicit(vm, t, SPECIAL_INIT_SUBCLASS, vm->types.classmethod) &&
           wrap_implicit(vm, t, SPECIAL_CLASS_GETITEM, vm->types.classmethod);
}

/* What a class has without saying so, behind its own names. */
static bool add_implicit_names(Vm *vm, Type *t)
{
    if (value_is_empty(dict_get_str(vm, t->dict, vm->names.dunder_doc)) &&
        !dict_set_str(vm, t->dict, vm->names.dunder_doc, VALUE_NONE))
        return false;
    return value_is_empty(dict_get_str(vm, t->dict, vm->special_names[SPECIAL_EQ])) ||
           !value_is_empty(dict_get_str(vm, t->dict, vm->special_names[SPECIAL_HASH])) ||
           type_set_attr(vm, t, vm->special_names[SPECIAL_HASH], VALUE_NONE);
}

Value instance_g_dict(Vm *vm, Value self)
{
    if (is_type(self))
        return type_g_dict(vm, self);
    Dict *d = attr_dict(vm, self);
    return d ? value_from_obj(d) : VALUE_ERROR;
}

bool instance_s_dict(Vm *vm, Value self, Value v)
{
    if (is_type(self)) {
        raise_exc(vm, EXC_AttributeError, "attribute '__dict__' of 'type' objects is not writable");
        return false;
    }
    if (value_is_empty(v)) {
        Dict *d = dict_new(vm);
        if (!d)
            return false;
        v = value_from_obj(d);
    }
    if (!is_dict(v)) {
        raise_exc(vm, EXC_TypeError, "__dict__ must be set to a dictionary, not a '%T'", v);
        return false;
    }
    Obj *o = value_obj(self);
    if (!attr_dict(vm, self))
        return false;
    attr_replace_dict(vm, o, as_dict(v));
    return true;
}

static Value instance_weakref(Vm *vm, Value self)
{
    WeakRef *r = value_is_obj(self) ? weak_first(vm, value_obj(self)) : NULL;
    return r ? value_from_obj(r) : VALUE_NONE;
}

static bool add_getset(Vm *vm, Type *t, Str *name, const GetSetDef *def)
{
    Descr *d = heap_zalloc(vm, sizeof *d, KIND_DESCR, vm->types.getset_descriptor->root_shape->id, 0);
    if (!d)
        return false;
    d->def = def;
    d->owner = t;
    d->name = value_from_obj(name);
    t->version = ++vm->next_type_version;
    return dict_set_str(vm, t->dict, name, value_from_obj(d));
}

static const GetSetDef dict_getset = { "__dict__", "The instance's own attributes.", instance_g_dict, instance_s_dict };

static bool inherits_dict(Vm *vm, Type *t)
{
    const Type *b = t->base;
    if (!b || b->flags & TYPE_HEAP)
        return b && !(b->flags & TYPE_SLOTS_ONLY);
    return b->flags & TYPE_HAS_DICT || !value_is_empty(type_lookup(vm, t, vm->names.dunder_dict));
}

bool type_add_dict(Vm *vm, Type *t)
{
    return inherits_dict(vm, t) || add_getset(vm, t, vm->names.dunder_dict, &dict_getset);
}

/* The first class of a line whose instances take attributes gets the descriptor `__dict__`, the first whose
 * instances can be referred to weakly `__weakref__`. */
static bool add_instance_descriptors(Vm *vm, Type *t)
{
    static const GetSetDef weakref = { "__weakref__", "The first weak reference to it, or None.", instance_weakref, NULL };
    if (!(t->flags & TYPE_SLOTS_ONLY) && !inherits_dict(vm, t) &&
        !add_getset(vm, t, vm->names.dunder_dict, &dict_getset))
        return false;
    return !(t->flags & TYPE_WEAKREFS) || (t->base->flags & TYPE_WEAKREFS) ||
           !value_is_empty(dict_get_str(vm, t->dict, vm->names.dunder_weakref)) ||
           add_getset(vm, t, vm->names.dunder_weakref, &weakref);
}

/* ---- a metaclass's mro() ---- */

/* The base that gave a class its layout in C: what natives and slot descriptors count on. */
static const Type *solid(const Type *t)
{
    while (t->base && !(t->flags & TYPE_SOLID) && t->base->layout == t->layout && t->base->nmembers == t->nmembers)
        t = t->base;
    return t;
}

static bool fits(const Type *t, const Type *base)
{
    base = solid(base);
    for (; t; t = t->base)
        if (t == base)
            return true;
    return false;
}

static bool check_mro(Vm *vm, const Type *t, const Tuple *mro)
{
    if (!mro->len) {
        raise_type_error(vm, "type MRO must not be empty");
        return false;
    }
    for (size_t i = 0; i < mro->len; i++) {
        if (!is_type(mro->items[i])) {
            raise_exc(vm, EXC_TypeError, "mro() returned a non-class ('%T')", mro->items[i]);
            return false;
        }
        if (!fits(t, as_type(mro->items[i]))) {
            raise_exc(vm, EXC_TypeError, "mro() returned base with unsuitable layout ('%s')",
                      type_name(as_type(mro->items[i])));
            return false;
        }
    }
    return true;
}

static Value own_mro(Vm *vm, const Type *t)
{
    Type *meta = type_of(vm, value_from_obj(t));
    Value f = meta == vm->types.type ? VALUE_EMPTY : type_lookup(vm, meta, vm->names.mro);
    return is_native(f) && as_native(f)->owner == vm->types.type ? VALUE_EMPTY : f;
}

/* The class's order; behind its base's until a metaclass with an mro() of its own is asked. */
static bool make_mro(Vm *vm, Type *t)
{
    Tuple *mro;
    if (value_is_empty(own_mro(vm, t))) {
        mro = type_make_mro(vm, t, t->bases);
    } else {
        mro = tuple_new(vm, t->base->mro->len + 1);
        for (size_t i = 0; mro && i < mro->len; i++)
            heap_set(vm, mro, &mro->items[i], i ? t->base->mro->items[i - 1] : value_from_obj(t));
    }
    if (mro)
        heap_set_ptr(vm, t, &t->mro, mro);
    return mro != NULL;
}

/* The class stands already; now its metaclass may say another order. */
static bool ask_mro(Vm *vm, Type *t, bool first)
{
    Value self = value_from_obj(t), f = own_mro(vm, t);
    if (value_is_empty(f))
        return true;
    const Tuple *before = t->mro;
    Value r = attr_bind(vm, f, self, type_of(vm, self));
    t->flags |= first ? TYPE_NO_MRO : 0;
    r = value_is_empty(r) ? r : op_call0(vm, r);
    t->flags &= ~TYPE_NO_MRO;
    r = value_is_empty(r) ? r : op_tuple_of(vm, r);
    if (value_is_empty(r) || !check_mro(vm, t, as_tuple(r)))
        return false;
    if (t->mro != before)
        return true;            /* mro() gave the class other bases, and that is done */
    heap_set_ptr(vm, t, &t->mro, as_tuple(r));
    t->version = ++vm->next_type_version;
    return type_resolve_specials(vm, t);
}

/* How many attributes instances will probably have: those that __init__ stores. */
static uint16_t guess_slots(Vm *vm, Type *t)
{
    uint32_t n = t->base->layout->kind == KIND_INSTANCE ? t->base->inline_cap : 0;
    Value init = dict_get_str(vm, t->dict, vm->special_names[SPECIAL_INIT]);
    if (is_func(init))
        n += as_func(init)->code->self_attrs;
    return (uint16_t)(n > 32 ? 32 : n);
}

static bool call_set_names(Vm *vm, Type *t, Dict *ns)
{
    size_t pos = 0;
    Value k, v;
    while (dict_next(ns, &pos, &k, &v)) {
        Type *vt = type_of(vm, v);
        if (value_is_empty(type_special(vt, SPECIAL_SET_NAME)))
            continue;
        Value args[2] = { value_from_obj(t), k };
        bool missing;
        Value r = op_call_special(vm, v, SPECIAL_SET_NAME, 2, args, &missing);
        if (value_is_empty(r)) {
            Value exc = exc_take(vm);
            Str *note = str_printf(vm, "Error calling __set_name__ on '%T' instance %R in '%s'", v, k, type_name(t));
            if (!note || !is_exc(exc) || !exc_add_note(vm, exc, value_from_obj(note)))
                exc_discard(vm);        /* it goes without */
            exc_restore(vm, exc);
            return false;
        }
    }
    return true;
}

/* super(t, t).__init_subclass__(**kwargs) */
static bool call_init_subclass(Vm *vm, Type *t, Dict *kwargs)
{
    Tuple *mro = t->mro;
    bool plain = !kwargs || !dict_len(kwargs);
    for (size_t i = 1; i < mro->len; i++) {
        if (plain && as_type(mro->items[i]) == vm->types.object)
            return true;        /* object's own does nothing */
        Value f = dict_get_str(vm, type_dict(vm, as_type(mro->items[i])), vm->special_names[SPECIAL_INIT_SUBCLASS]);
        if (value_is_empty(f))
            continue;
        f = attr_bind(vm, f, VALUE_EMPTY, t);
        return !value_is_empty(f) && !value_is_empty(op_call_ex(vm, f, vm->empty_tuple, kwargs));
    }
    return true;
}

/* Do instances differ in size, as CPython has it? */
static bool varies(const TypeLayout *layout)
{
    return layout->kind == KIND_INT || layout->kind == KIND_TUPLE || layout->kind == KIND_BYTES;
}

Type *type_new_class(Vm *vm, Type *metatype, Str *name, Tuple *bases, Dict *ns, Dict *kwargs)
{
    if (!bases->len) {
        Value object = value_from_obj(vm->types.object);
        bases = tuple_from(vm, &object, 1);
        if (!bases)
            return NULL;
    }
    Type *base = best_base(vm, bases);
    if (base && !bases_distinct(vm, bases))
        return NULL;
    Type *t = base ? type_alloc(vm, metatype) : NULL;
    Value classcell;
    if (!t)
        return NULL;
    t->flags = TYPE_HEAP | TYPE_BASE;
    t->name = t->qualname = value_from_obj(name);
    t->bases = bases;
    t->slots = t->ext = VALUE_EMPTY;
    type_inherit(t, base);
    t->nmembers = base->nmembers;
    const uint32_t kinds = TYPE_SEQUENCE | TYPE_MAPPING;
    t->flags &= ~kinds;
    for (size_t i = 0; i < bases->len; i++) {           /* of the first base that has a kind */
        uint32_t kind = t->flags & kinds ? 0 : kinds;
        t->flags |= as_type(bases->items[i])->flags & (kind | TYPE_MATCH_SELF | TYPE_WEAKREFS);
    }
    if (!take_namespace(vm, t, ns, &classcell))
        return NULL;
    Value slots = dict_get_str(vm, t->dict, vm->names.dunder_slots);
    t->flags &= ~TYPE_SLOTS_ONLY;
    if (value_is_empty(slots) && !varies(t->layout))
        t->flags |= TYPE_WEAKREFS;
    if (t->layout->kind == KIND_INSTANCE)
        t->inline_cap = guess_slots(vm, t);
    if (!value_is_empty(slots) && !make_slots(vm, t, slots))
        return NULL;
    bool has_init = is_func(dict_get_str(vm, t->dict, vm->special_names[SPECIAL_INIT]));
    if (t->layout->kind == KIND_INSTANCE && !t->inline_cap && value_is_empty(slots) && !has_init)
        t->inline_cap = 3;
    if (!value_is_empty(classcell)) {
        if (!is_cell(classcell)) {
            raise_exc(vm, EXC_TypeError, "type.__new__: __classcell__ must be a nonlocal cell, not <class '%T'>", classcell);
            return NULL;
        }
        heap_set(vm, as_cell(classcell), &as_cell(classcell)->value, value_from_obj(t));
    }
    if (!make_mro(vm, t) || !type_ready(vm, t, 0) || !ask_mro(vm, t, true))
        return NULL;
    if (!add_instance_descriptors(vm, t) || !add_implicit_names(vm, t))
        return NULL;
    return call_set_names(vm, t, ns) && call_init_subclass(vm, t, kwargs) ? t : NULL;
}

/* ---- __bases__ = (…) ---- */

static void forget_subclass(Type *base, Type *t)
{
    for (uint32_t i = 0; i < base->nsubclasses; i++)
        if (value_obj(base->subclasses->items[i]) == &t->h) {
            for (base->nsubclasses--; i < base->nsubclasses; i++)
                base->subclasses->items[i] = base->subclasses->items[i + 1];
            return;
        }
}

/* New mro and special methods for a class and all below it. */
static bool rebase(Vm *vm, Type *t)
{
    if (!make_mro(vm, t))
        return false;
    t->version = ++vm->next_type_version;
    if (!vm_stack_ok(vm, "") || !type_resolve_specials(vm, t) || !ask_mro(vm, t, false))
        return false;
    Tuple *below = tuple_from(vm, t->subclasses ? t->subclasses->items : NULL, t->nsubclasses);     /* mro() may change it */
    for (size_t i = 0; below && i < below->len; i++)
        if (!rebase(vm, as_type(below->items[i])))
            return false;
    return below != NULL;
}

/* By bases alone: an mro() may have said anything. */
static bool has_base(const Type *t, const Type *base)
{
    for (; t; t = t->base)
        if (t == base)
            return true;
    return false;
}

bool type_set_bases(Vm *vm, Type *t, Tuple *bases)
{
    Type *base = best_base(vm, bases);
    if (!base || !bases_distinct(vm, bases))
        return false;
    for (size_t i = 0; i < bases->len; i++)
        if (type_is_subtype(as_type(bases->items[i]), t) || has_base(as_type(bases->items[i]), t)) {
            raise_exc(vm, EXC_TypeError, "a __bases__ item causes an inheritance cycle");
            return false;
        }
    if ((base->flags ^ t->base->flags) & TYPE_HEAP) {
        raise_exc(vm, EXC_TypeError, "__bases__ assignment: '%s' deallocator differs from '%s'", type_name(base),
                  type_name(t->base));
        return false;
    }
    if (base->layout != t->layout) {
        raise_exc(vm, EXC_TypeError, "__bases__ assignment: '%s' object layout differs from '%s'", type_name(base),
                  type_name(t->base));
        return false;
    }
    Tuple *old = t->bases;
    Type *old_base = t->base;
    heap_set_ptr(vm, t, &t->bases, bases);
    t->base = base;
    if (!rebase(vm, t)) {
        if (t->bases != bases)
            return false;
        Value exc = exc_take(vm);
        heap_set_ptr(vm, t, &t->bases, old);
        t->base = old_base;
        bool back = rebase(vm, t);
        (void)back;
        exc_restore(vm, exc);
        return false;
    }
    if (t->bases != bases)
        return true;            /* an mro() set them again */
    if (t->flags & TYPE_HAS_DEL)
        heap_late_finalizers(vm);
    for (size_t i = 0; i < old->len; i++)
        forget_subclass(as_type(old->items[i]), t);
    for (size_t i = 0; i < bases->len; i++)
        if (!type_add_subclass(vm, as_type(bases->items[i]), t))
            return false;
    return type_invalidate(vm, t);
}
