/* SPDX-License-Identifier: MIT
 * The methods of set and frozenset, and their iterator. */
#include "vm/iter.h"
#include "vm/objects/core.h"
#include "vm/objects/dict_types.h"
#include "vm/objects/int.h"
#include "vm/objects/reduce.h"
#include "vm/objects/set.h"
#include "vm/objects/str.h"

static Value from_set(Set *s)
{
    return value_from_obj(s);
}

/* ---- making ---- */
static Set *set_alloc(Vm *vm, Type *cls, bool frozen)
{
    Set *s = (Set *)(void *)object_alloc(vm, cls);
    if (!s)
        return NULL;
    s->h.flags |= frozen ? SET_FROZEN : 0;
    return set_init_table(vm, s) ? s : NULL;
}

static bool check_args(Vm *vm, const Args *args, const char *name)
{
    if (args->nrest <= 1)
        return true;
    raise_exc(vm, EXC_TypeError, "%s expected at most 1 argument, got %u", name, args->nrest);
    return false;
}

static Value set_m_new(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return from_set(set_alloc(vm, as_type(self), false));
}

static bool no_keywords(Vm *vm, const Args *args, const char *name)
{
    if (value_is_empty(args->v[0]) || !as_dict(args->v[0])->used)
        return true;
    raise_exc(vm, EXC_TypeError, "%s() takes no keyword arguments", name);
    return false;
}

static Value set_m_init(Vm *vm, Value self, const Args *args)
{
    if (!no_keywords(vm, args, "set") || !check_args(vm, args, type_name_of(vm, self)))
        return VALUE_ERROR;
    set_clear(vm, as_set(self));
    if (args->nrest && !set_update(vm, as_set(self), args->rest[0]))
        return VALUE_ERROR;
    return VALUE_NONE;
}

static Value frozenset_m_new(Vm *vm, Value self, const Args *args)
{
    bool plain = as_type(self) == vm->types.frozenset;
    bool own_init = !value_same(type_special(as_type(self), SPECIAL_INIT), type_special(vm->types.frozenset, SPECIAL_INIT));
    if ((!own_init && !no_keywords(vm, args, "frozenset")) || !check_args(vm, args, type_name(as_type(self))))
        return VALUE_ERROR;
    if (plain && args->nrest && is_exact(args->rest[0], SHAPE_FROZENSET_ID))
        return args->rest[0];
    Set *s = set_alloc(vm, as_type(self), true);
    if (!s || (args->nrest && !set_update(vm, s, args->rest[0])))
        return VALUE_ERROR;
    return from_set(s);
}

static Value set_m_copy(Vm *vm, Value self, const Args *args)
{
    (void)args;
    if (is_exact(self, SHAPE_FROZENSET_ID))
        return self;
    return from_set(set_copy(vm, as_set(self), set_is_frozen(as_set(self))));
}

/* ---- one element ---- */
static Value set_m_add(Vm *vm, Value self, const Args *args)
{
    return set_add(vm, as_set(self), args->v[0]) ? VALUE_NONE : VALUE_ERROR;
}

static Value set_m_discard(Vm *vm, Value self, const Args *args)
{
    return set_discard(vm, as_set(self), args->v[0]) < 0 ? VALUE_ERROR : VALUE_NONE;
}

static Value set_m_remove(Vm *vm, Value self, const Args *args)
{
    int r = set_discard(vm, as_set(self), args->v[0]);
    return r > 0 ? VALUE_NONE : r < 0 ? VALUE_ERROR : raise_args(vm, EXC_KeyError, 1, args->v);
}

static Value set_m_pop(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Value key;
    return set_pop(vm, as_set(self), &key) ? key : VALUE_ERROR;
}

static Value set_m_contains(Vm *vm, Value self, const Args *args)
{
    int r = set_contains(vm, as_set(self), args->v[0]);
    return r < 0 ? VALUE_ERROR : value_from_bool(r);
}

static Value set_m_clear(Vm *vm, Value self, const Args *args)
{
    (void)args;
    set_clear(vm, as_set(self));
    return VALUE_NONE;
}

static Value set_m_len(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return value_from_int48(as_set(self)->used);
}

/* ---- with any number of iterables ---- */
static Set *copy_of(Vm *vm, Value self)
{
    return set_copy(vm, as_set(self), set_is_frozen(as_set(self)));
}

static bool update_all(Vm *vm, Set *s, const Args *args)
{
    for (uint32_t i = 0; i < args->nrest; i++)
        if (!set_update(vm, s, args->rest[i]))
            return false;
    return true;
}

static Value set_m_update(Vm *vm, Value self, const Args *args)
{
    return update_all(vm, as_set(self), args) ? VALUE_NONE : VALUE_ERROR;
}

static Value set_m_union(Vm *vm, Value self, const Args *args)
{
    Set *s = copy_of(vm, self);
    for (uint32_t i = 0; s && i < args->nrest; i++)
        if (!value_same(args->rest[i], self) && !set_update(vm, s, args->rest[i]))
            s = NULL;
    return from_set(s);
}

static Set *intersection_all(Vm *vm, Value self, const Args *args)
{
    if (!args->nrest)
        return copy_of(vm, self);
    Set *s = as_set(self);
    for (uint32_t i = 0; s && i < args->nrest; i++)
        s = set_intersection(vm, s, args->rest[i]);
    return s;
}

static Value set_m_intersection(Vm *vm, Value self, const Args *args)
{
    return from_set(intersection_all(vm, self, args));
}

static Value set_m_intersection_update(Vm *vm, Value self, const Args *args)
{
    Set *s = intersection_all(vm, self, args);
    if (!s)
        return VALUE_ERROR;
    set_swap(vm, as_set(self), s);
    return VALUE_NONE;
}

static Value set_m_difference(Vm *vm, Value self, const Args *args)
{
    if (!args->nrest)
        return from_set(copy_of(vm, self));
    Set *s = set_difference(vm, as_set(self), args->rest[0]);
    for (uint32_t i = 1; s && i < args->nrest; i++)
        if (!set_difference_update(vm, s, args->rest[i]))
            s = NULL;
    return from_set(s);
}

static Value set_m_difference_update(Vm *vm, Value self, const Args *args)
{
    for (uint32_t i = 0; i < args->nrest; i++)
        if (!set_difference_update(vm, as_set(self), args->rest[i]))
            return VALUE_ERROR;
    return VALUE_NONE;
}

/* Starts from the other one. */
static Set *symmetric_difference(Vm *vm, Set *s, Value other)
{
    Set *r = set_new(vm, set_is_frozen(s));
    return r && set_update(vm, r, other) && set_symmetric_difference_update(vm, r, value_from_obj(s)) ? r : NULL;
}

static Value set_m_symmetric_difference(Vm *vm, Value self, const Args *args)
{
    return from_set(symmetric_difference(vm, as_set(self), args->v[0]));
}

static Value set_m_symmetric_difference_update(Vm *vm, Value self, const Args *args)
{
    return set_symmetric_difference_update(vm, as_set(self), args->v[0]) ? VALUE_NONE : VALUE_ERROR;
}

/* ---- tests ---- */
static Value from_test(int r)
{
    return r < 0 ? VALUE_ERROR : value_from_bool(r);
}

static Value set_m_isdisjoint(Vm *vm, Value self, const Args *args)
{
    return from_test(set_is_disjoint(vm, as_set(self), args->v[0]));
}

static Value set_m_issubset(Vm *vm, Value self, const Args *args)
{
    return from_test(set_is_subset(vm, as_set(self), args->v[0]));
}

static Value set_m_issuperset(Vm *vm, Value self, const Args *args)
{
    return from_test(set_is_superset(vm, as_set(self), args->v[0]));
}

static int sets_equal(Vm *vm, Set *a, Set *b)
{
    if (a->used != b->used || (a->hash != -1 && b->hash != -1 && a->hash != b->hash))
        return 0;
    return set_is_subset(vm, a, value_from_obj(b));
}

static Value compare(Vm *vm, Value self, Value other, Special op)
{
    if (!is_set(other))
        return VALUE_NOT_IMPLEMENTED;
    Set *a = as_set(self), *b = as_set(other);
    switch (op) {
    case SPECIAL_EQ: return from_test(sets_equal(vm, a, b));
    case SPECIAL_NE: {
        int r = sets_equal(vm, a, b);
        return from_test(r < 0 ? r : !r);
    }
    case SPECIAL_LT: return a->used < b->used ? from_test(set_is_subset(vm, a, other)) : VALUE_FALSE;
    case SPECIAL_LE: return from_test(set_is_subset(vm, a, other));
    case SPECIAL_GT: return a->used > b->used ? from_test(set_is_subset(vm, b, self)) : VALUE_FALSE;
    default: return from_test(set_is_subset(vm, b, self));
    }
}

#define COMPARISON(name, SPECIAL)                                              \
    static Value set_m_##name(Vm *vm, Value self, const Args *args)            \
    {                                                                          \
        return compare(vm, self, args->v[0], SPECIAL);                         \
    }
COMPARISON(eq, SPECIAL_EQ)
COMPARISON(ne, SPECIAL_NE)
COMPARISON(lt, SPECIAL_LT)
COMPARISON(le, SPECIAL_LE)
COMPARISON(gt, SPECIAL_GT)
COMPARISON(ge, SPECIAL_GE)

static Value frozenset_m_hash(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return int_new(vm, set_hash(as_set(self)));
}

/* ---- operators: both operands are sets ---- */
static Value set_and(Vm *vm, Value a, Value b) { return from_set(set_intersection(vm, as_set(a), b)); }
static Value set_sub(Vm *vm, Value a, Value b) { return from_set(set_difference(vm, as_set(a), b)); }
static Value set_xor(Vm *vm, Value a, Value b) { return from_set(symmetric_difference(vm, as_set(a), b)); }
static Value set_or(Vm *vm, Value a, Value b)
{
    Set *s = copy_of(vm, a);
    return s && (value_same(a, b) || set_update(vm, s, b)) ? from_set(s) : VALUE_ERROR;
}

static bool set_iand(Vm *vm, Set *s, Value other)
{
    Set *r = set_intersection(vm, s, other);
    if (r)
        set_swap(vm, s, r);
    return r != NULL;
}

#define OPERATOR(name)                                                         \
    static Value set_m_##name(Vm *vm, Value self, const Args *args)            \
    {                                                                          \
        return is_set(args->v[0]) ? set_##name(vm, self, args->v[0]) : VALUE_NOT_IMPLEMENTED; \
    }                                                                          \
    static Value set_m_r##name(Vm *vm, Value self, const Args *args)           \
    {                                                                          \
        return is_set(args->v[0]) ? set_##name(vm, args->v[0], self) : VALUE_NOT_IMPLEMENTED; \
    }
OPERATOR(and)
OPERATOR(or)
OPERATOR(sub)
OPERATOR(xor)

#define IN_PLACE(name, function)                                               \
    static Value set_m_##name(Vm *vm, Value self, const Args *args)            \
    {                                                                          \
        if (!is_set(args->v[0]))                                               \
            return VALUE_NOT_IMPLEMENTED;                                      \
        return function(vm, as_set(self), args->v[0]) ? self : VALUE_ERROR;    \
    }
IN_PLACE(iand, set_iand)
IN_PLACE(ior, set_update)
IN_PLACE(isub, set_difference_update)
IN_PLACE(ixor, set_symmetric_difference_update)

/* ---- repr ---- */
static Str *repr_of(Vm *vm, Value self)
{
    if (!as_set(self)->used)
        return str_printf(vm, "%T()", self);
    Value list = op_list_of(vm, self);
    Str *s = value_is_empty(list) ? NULL : op_repr(vm, list);
    if (!s)
        return NULL;
    Str *inner = str_slice(vm, s, 1, (int64_t)s->chars - 1);
    if (!inner)
        return NULL;
    return is_exact(self, SHAPE_SET_ID) ? str_printf(vm, "{%S}", inner) : str_printf(vm, "%T({%S})", self, inner);
}

static Value set_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    int in = op_repr_enter(vm, self);
    if (in)
        return in < 0 ? VALUE_ERROR : value_from_obj(str_printf(vm, "%T(...)", self));
    Str *s = repr_of(vm, self);
    op_repr_leave(vm, self);
    return value_from_obj(s);
}

/* ---- iteration ---- */
static Value set_m_iter(Vm *vm, Value self, const Args *args)
{
    (void)args;
    int64_t n = as_set(self)->used;
    return value_from_obj(iter_new(vm, ITER_SET, vm->types.set_iterator, self, 0, n, n));
}

bool set_iter_next(Vm *vm, Iter *it, Value *out)
{
    if (value_is_empty(it->source))
        return false;
    Set *s = as_set(it->source);
    if (it->stop != s->used) {
        it->stop = -1;      /* for good */
        raise_exc(vm, EXC_RuntimeError, "Set changed size during iteration");
        return false;
    }
    size_t pos = (size_t)it->index;
    if (!set_next(s, &pos, out)) {
        it->source = VALUE_EMPTY;
        return false;
    }
    it->index = (int64_t)pos;
    it->step--;
    return true;
}

static Value setiter_m_iter(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return self;
}

static Value setiter_m_next(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Value v;
    if (set_iter_next(vm, as_iter(self), &v))
        return v;
    return vm_pending(vm) ? VALUE_ERROR : raise_args(vm, EXC_StopIteration, 0, NULL);
}

static Value setiter_m_length_hint(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    const Iter *it = as_iter(self);
    bool valid = !value_is_empty(it->source) && it->stop == as_set(it->source)->used;
    return value_from_int48(valid && it->step > 0 ? it->step : 0);
}

/* ---- types ---- */
#define COMMON_METHODS                                                                                          \
    METHOD(object, sizeof, "__sizeof__()", "How many bytes CPython's object takes."),                                     \
    METHOD(set, repr, "__repr__()", "Return repr(self)."),                                                      \
    PLAIN_METHOD(set, contains, "__contains__(object, /)", "Is it an element?"),                         \
    METHOD(set, len, "__len__()", "Return len(self)."),                                                         \
    METHOD(set, iter, "__iter__()", "Implement iter(self)."),                                                   \
    METHOD(set, eq, "__eq__(value, /)", "Return self==value."),                                                 \
    METHOD(set, ne, "__ne__(value, /)", "Return self!=value."),                                                 \
    METHOD(set, lt, "__lt__(value, /)", "Return self<value."),                                                  \
    METHOD(set, le, "__le__(value, /)", "Return self<=value."),                                                 \
    METHOD(set, gt, "__gt__(value, /)", "Return self>value."),                                                  \
    METHOD(set, ge, "__ge__(value, /)", "Return self>=value."),                                                 \
    METHOD(set, and, "__and__(value, /)", "Return self&value."),                                                \
    METHOD(set, rand, "__rand__(value, /)", "Return value&self."),                                              \
    METHOD(set, or, "__or__(value, /)", "Return self|value."),                                                  \
    METHOD(set, ror, "__ror__(value, /)", "Return value|self."),                                                \
    METHOD(set, sub, "__sub__(value, /)", "Return self-value."),                                                \
    METHOD(set, rsub, "__rsub__(value, /)", "Return value-self."),                                              \
    METHOD(set, xor, "__xor__(value, /)", "Return self^value."),                                                \
    METHOD(set, rxor, "__rxor__(value, /)", "Return value^self."),                                              \
    REDUCE_METHOD(set),                                                                                         \
    METHOD(set, copy, "copy()", "A new set with the same elements."),                                             \
    METHOD(set, union, "union(*others)", "The elements of all of them."),        \
    METHOD(set, intersection, "intersection(*others)",                                                          \
           "The elements that all of them have."),                                 \
    METHOD(set, difference, "difference(*others)",                                                              \
           "The elements that none of the others has."),                            \
    METHOD(set, symmetric_difference, "symmetric_difference(other, /)",                                         \
           "The elements that one of the two has alone."),                          \
    METHOD(set, isdisjoint, "isdisjoint(other, /)", "Have the two no element in common?"),       \
    METHOD(set, issubset, "issubset(other, /)", "Does the other one have all that is in here?"),               \
    METHOD(set, issuperset, "issuperset(other, /)", "Is all of the other one in here?")

static const MethodDef set_methods[] = {
    { "__new__(*args, **kwargs)", "Make an instance.", set_m_new,
      NATIVE_STATIC },
    METHOD(set, init, "__init__(*args, **kwargs)", "Set the object up."),
    COMMON_METHODS,
    METHOD(set, iand, "__iand__(value, /)", "Return self&=value."),
    METHOD(set, ior, "__ior__(value, /)", "Return self|=value."),
    METHOD(set, isub, "__isub__(value, /)", "Return self-=value."),
    METHOD(set, ixor, "__ixor__(value, /)", "Return self^=value."),
    METHOD(set, add, "add(object, /)",
           "Put an element in, unless it is there."),
    METHOD(set, discard, "discard(object, /)",
           "Take an element out, if it is there."),
    METHOD(set, remove, "remove(object, /)",
           "Take an element out; a KeyError where it is missing."),
    METHOD(set, pop, "pop()",
           "Take some element out and give it back; a KeyError where there is none."),
    METHOD(set, clear, "clear()", "Drop every element."),
    METHOD(set, update, "update(*others)", "Take in all elements of the others."),
    METHOD(set, intersection_update, "intersection_update(*others)",
           "Keep what all of the others have, too."),
    METHOD(set, difference_update, "difference_update(*others)",
           "Drop what any of the others has."),
    METHOD(set, symmetric_difference_update, "symmetric_difference_update(other, /)",
           "Take in what is new of the other, drop what was in both."),
    { 0 }
};

static const MethodDef frozenset_methods[] = {
    { "__new__(*args, **kwargs)", "Make an instance.",
      frozenset_m_new, NATIVE_STATIC },
    METHOD(frozenset, hash, "__hash__()", "Return hash(self)."),
    COMMON_METHODS,
    { 0 }
};

static const MethodDef setiter_methods[] = {
    METHOD(setiter, iter, "__iter__()", "Implement iter(self)."),
    METHOD(setiter, next, "__next__()", "Implement next(self)."),
    REDUCE_METHOD(iter),
    METHOD(setiter, length_hint, "__length_hint__()", "How many items are probably left."),
    { 0 }
};

bool set_types_init(Vm *vm)
{
    static const TypeLayout set_layout = { .kind = KIND_SET, .size = sizeof(Set) };
    static const TypeLayout iter_layout = { .kind = KIND_ITER, .size = sizeof(Iter) };
    static const TypeDef set_def = {
        .name = "set", .doc = "A collection in which equal elements are one.", .layout = &set_layout,
        .methods = set_methods, .flags = TYPE_BASE | TYPE_MATCH_SELF | TYPE_WEAKREFS, .shape_id = SHAPE_SET_ID,
    };
    static const TypeDef frozenset_def = {
        .name = "frozenset", .doc = "A set that cannot be changed, and can be hashed.",
        .layout = &set_layout, .methods = frozenset_methods, .flags = TYPE_BASE | TYPE_MATCH_SELF | TYPE_WEAKREFS,
        .shape_id = SHAPE_FROZENSET_ID,
    };
    static const TypeDef iter_def = {
        .name = "set_iterator", .layout = &iter_layout, .methods = setiter_methods, .flags = TYPE_DISALLOW_NEW,
    };
    vm->types.set = type_from_def(vm, &set_def, vm->types.object);
    vm->types.frozenset = type_from_def(vm, &frozenset_def, vm->types.object);
    vm->types.set_iterator = type_from_def(vm, &iter_def, vm->types.object);
    return vm->types.set && vm->types.frozenset && vm->types.set_iterator && type_make_unhashable(vm, vm->types.set);
}
