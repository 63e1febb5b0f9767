/* SPDX-License-Identifier: MIT
 * The views of a dict: keys(), values(), items(), with the set operations of the first and last. */
#include "vm/iter.h"
#include "vm/objects/dict.h"
#include "vm/objects/dict_types.h"
#include "vm/objects/list.h"
#include "vm/objects/set.h"
#include "vm/objects/str.h"

Value dict_view_new(Vm *vm, Dict *d, unsigned what)
{
    Type *t = what == DICT_KEYS ? vm->types.dict_keys : what == DICT_VALUES ? vm->types.dict_values : vm->types.dict_items;
    DictView *v = heap_alloc(vm, sizeof *v, KIND_DICT_VIEW, t->root_shape->id, 0);
    if (!v)
        return VALUE_ERROR;
    v->h.flags = (uint16_t)what;
    v->dict = d;
    return value_from_obj(v);
}

static inline unsigned view_what(Value v) { return value_obj(v)->flags & 3; }
static inline Dict *view_dict(Value v) { return as_dictview(v)->dict; }
static bool is_set_view(Value v) { return is_dictview(v) && view_what(v) != DICT_VALUES; }
static bool is_set_like(Value v) { return is_set(v) || is_set_view(v); }

/* 1, 0, -1. */
static int view_contains(Vm *vm, Value self, Value item)
{
    Value found;
    if (view_what(self) == DICT_KEYS)
        return dict_find(vm, view_dict(self), item, &found);
    if (!is_tuple(item) || as_tuple(item)->len != 2)
        return 0;
    int r = dict_find(vm, view_dict(self), as_tuple(item)->items[0], &found);
    return r <= 0 ? r : op_equal(vm, found, as_tuple(item)->items[1]);
}

/* ---- the common methods ---- */
static Value dictview_m_len(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return value_from_int48((int64_t)dict_len(view_dict(self)));
}

static Value dictview_m_iter(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return dict_iter_new(vm, view_dict(self), ITER_DICT_KEYS + view_what(self));
}

static Value dictview_m_reversed(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return dict_iter_new(vm, view_dict(self), ITER_DICT_KEYS_REV + view_what(self));
}

static Value dictview_m_contains(Vm *vm, Value self, const Args *args)
{
    int r = view_contains(vm, self, args->v[0]);
    return r < 0 ? VALUE_ERROR : value_from_bool(r);
}

static Value dictview_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    int in = op_repr_enter(vm, self);
    if (in < 0)
        return VALUE_ERROR;
    if (in)
        return value_from_obj(str_cstr(vm, "..."));
    Value list = op_list_of(vm, self);
    Str *s = value_is_empty(list) ? NULL : str_printf(vm, "%T(%R)", self, list);
    op_repr_leave(vm, self);
    return value_from_obj(s);
}

static Value dictview_get_mapping(Vm *vm, Value self)
{
    return op_call1(vm, value_from_obj(vm->types.mappingproxy), value_from_obj(view_dict(self)));
}

/* ---- comparison ---- */
static int all_in(Vm *vm, Value items, Value container)
{
    Value it = op_iter(vm, items), item;
    if (value_is_empty(it))
        return -1;
    while (op_next(vm, it, &item)) {
        int r = vm_checkpoint(vm) ? op_contains(vm, container, item) : -1;
        if (r <= 0)
            return r;
    }
    return vm_pending(vm) ? -1 : 1;
}

static Value compare(Vm *vm, Value self, Value other, Special op)
{
    if (!is_set_like(other))
        return VALUE_NOT_IMPLEMENTED;
    int64_t a = op_len(vm, self), b = op_len(vm, other);
    if (a < 0 || b < 0)
        return VALUE_ERROR;
    int r = 0;
    switch (op) {
    case SPECIAL_EQ: case SPECIAL_NE: r = a == b ? all_in(vm, self, other) : 0; break;
    case SPECIAL_LT: r = a < b ? all_in(vm, self, other) : 0; break;
    case SPECIAL_LE: r = a <= b ? all_in(vm, self, other) : 0; break;
    case SPECIAL_GT: r = a > b ? all_in(vm, other, self) : 0; break;
    default: r = a >= b ? all_in(vm, other, self) : 0; break;
    }
    return r < 0 ? VALUE_ERROR : value_from_bool(op == SPECIAL_NE ? !r : r);
}

#define COMPARISON(name, SPECIAL)                                              \
    static Value dictview_m_##name(Vm *vm, Value self, const Args *args)       \
    {                                                                          \
        return compare(vm, self, args->v[0], SPECIAL);                         \
    }
COMPARISON(eq, SPECIAL_EQ)
COMPARISON(ne, SPECIAL_NE)
COMPARISON(lt, SPECIAL_LT)
COMPARISON(le, SPECIAL_LE)
COMPARISON(gt, SPECIAL_GT)
COMPARISON(ge, SPECIAL_GE)

/* ---- set operations: the result is a new set; a is the left operand ---- */
static Set *to_set(Vm *vm, Value v)
{
    Set *s = set_new(vm, false);
    if (is_dictview(v) && view_what(v) == DICT_KEYS)
        v = value_from_obj(view_dict(v));
    return s && set_update(vm, s, v) ? s : NULL;
}

static Value view_and(Vm *vm, Value a, Value b)
{
    if (!is_set_view(a)) {
        Value t = a;
        a = b;
        b = t;
    }
    int64_t len = (int64_t)dict_len(view_dict(a));
    if (is_exact(b, SHAPE_SET_ID) && len <= as_set(b)->used)
        return value_from_obj(set_intersection(vm, as_set(b), a));
    if (is_set_view(b) && (int64_t)dict_len(view_dict(b)) > len) {
        Value t = a;
        a = b;
        b = t;
    }
    Set *s = set_new(vm, false);
    Value it = s ? op_iter(vm, b) : VALUE_EMPTY, item;
    if (value_is_empty(it))
        return VALUE_ERROR;
    while (op_next(vm, it, &item)) {
        int r = vm_checkpoint(vm) ? view_contains(vm, a, item) : -1;
        if (r < 0 || (r && !set_add(vm, s, item)))
            return VALUE_ERROR;
    }
    return vm_pending(vm) ? VALUE_ERROR : value_from_obj(s);
}

static Value view_or(Vm *vm, Value a, Value b)
{
    Set *s = to_set(vm, a);
    return s && set_update(vm, s, b) ? value_from_obj(s) : VALUE_ERROR;
}

static Value view_sub(Vm *vm, Value a, Value b)
{
    Set *s = to_set(vm, a);
    return s && set_difference_update(vm, s, b) ? value_from_obj(s) : VALUE_ERROR;
}

/* Pairs of b that a has not, then those of a that are left. */
static Value items_xor(Vm *vm, Dict *a, Dict *b)
{
    Dict *rest = dict_copy(vm, a);
    Set *s = rest ? set_new(vm, false) : NULL;
    size_t pos = 0;
    Value key, value, mine;
    int64_t hash;
    while (s && dict_next_hash(b, &pos, &key, &value, &hash)) {
        int r = dict_find_hash(vm, rest, key, hash, &mine);
        int same = r > 0 ? op_equal(vm, mine, value) : r;
        if (same < 0)
            return VALUE_ERROR;
        if (same) {
            if (dict_pop_hash(vm, rest, key, hash, &mine) < 0)
                return VALUE_ERROR;
            continue;
        }
        Tuple *pair = tuple_pack(vm, 2, key, value);
        if (!pair || !set_add(vm, s, value_from_obj(pair)))
            return VALUE_ERROR;
    }
    Value items = s ? dict_view_new(vm, rest, DICT_ITEMS) : VALUE_EMPTY;
    return !value_is_empty(items) && set_update(vm, s, items) ? value_from_obj(s) : VALUE_ERROR;
}

static Value view_xor(Vm *vm, Value a, Value b)
{
    if (is_dictview(a) && is_dictview(b) && view_what(a) == DICT_ITEMS && view_what(b) == DICT_ITEMS)
        return items_xor(vm, view_dict(a), view_dict(b));
    Set *s = to_set(vm, a);
    return s && set_symmetric_difference_update(vm, s, b) ? value_from_obj(s) : VALUE_ERROR;
}

#define OPERATOR(name)                                                         \
    static Value dictview_m_##name(Vm *vm, Value self, const Args *args)       \
    {                                                                          \
        return view_##name(vm, self, args->v[0]);                              \
    }                                                                          \
    static Value dictview_m_r##name(Vm *vm, Value self, const Args *args)      \
    {                                                                          \
        return view_##name(vm, args->v[0], self);                              \
    }
OPERATOR(and)
OPERATOR(or)
OPERATOR(sub)
OPERATOR(xor)

static Value dictview_m_isdisjoint(Vm *vm, Value self, const Args *args)
{
    Value other = args->v[0], item;
    if (value_same(self, other))
        return value_from_bool(dict_len(view_dict(self)) == 0);
    Value walk = other, in = self;
    if (is_exact(other, SHAPE_SET_ID) || is_exact(other, SHAPE_FROZENSET_ID) || is_set_view(other)) {
        int64_t n = op_len(vm, other);
        if (n < 0)
            return VALUE_ERROR;
        if ((size_t)n > dict_len(view_dict(self))) {
            walk = self;
            in = other;
        }
    }
    Value it = op_iter(vm, walk);
    if (value_is_empty(it))
        return VALUE_ERROR;
    while (op_next(vm, it, &item)) {
        int r = !vm_checkpoint(vm) ? -1 : is_set_view(in) ? view_contains(vm, in, item) : op_contains(vm, in, item);
        if (r)
            return r < 0 ? VALUE_ERROR : VALUE_FALSE;
    }
    return vm_pending(vm) ? VALUE_ERROR : VALUE_TRUE;
}

/* ---- types ---- */
#define COMMON_METHODS                                                                                 \
    METHOD(dictview, len, "__len__()", "Return len(self)."),                                           \
    METHOD(dictview, iter, "__iter__()", "Implement iter(self)."),                                     \
    METHOD(dictview, reversed, "__reversed__()", "Return a reverse iterator over the view."),          \
    METHOD(dictview, repr, "__repr__()", "Return repr(self).")

static const MethodDef set_view_methods[] = {
    COMMON_METHODS,
    METHOD(dictview, contains, "__contains__(key, /)", "Is it one of the items?"),
    METHOD(dictview, eq, "__eq__(value, /)", "Return self==value."),
    METHOD(dictview, ne, "__ne__(value, /)", "Return self!=value."),
    METHOD(dictview, lt, "__lt__(value, /)", "Return self<value."),
    METHOD(dictview, le, "__le__(value, /)", "Return self<=value."),
    METHOD(dictview, gt, "__gt__(value, /)", "Return self>value."),
    METHOD(dictview, ge, "__ge__(value, /)", "Return self>=value."),
    METHOD(dictview, and, "__and__(value, /)", "Return self&value."),
    METHOD(dictview, rand, "__rand__(value, /)", "Return value&self."),
    METHOD(dictview, or, "__or__(value, /)", "Return self|value."),
    METHOD(dictview, ror, "__ror__(value, /)", "Return value|self."),
    METHOD(dictview, sub, "__sub__(value, /)", "Return self-value."),
    METHOD(dictview, rsub, "__rsub__(value, /)", "Return value-self."),
    METHOD(dictview, xor, "__xor__(value, /)", "Return self^value."),
    METHOD(dictview, rxor, "__rxor__(value, /)", "Return value^self."),
    METHOD(dictview, isdisjoint, "isdisjoint(object, /)",
           "Return True if the view and the given iterable have a null intersection."),
    { 0 }
};

static const MethodDef value_view_methods[] = { COMMON_METHODS, { 0 } };

static const GetSetDef getsets[] = {
    { "mapping", "dictionary that this view refers to", dictview_get_mapping, NULL },
    { 0 }
};

static const TypeLayout layout = { .kind = KIND_DICT_VIEW, .size = sizeof(DictView) };

static Type *view_type(Vm *vm, const char *name, const MethodDef *methods)
{
    TypeDef def = { .name = name, .layout = &layout, .methods = methods, .getsets = getsets, .flags = TYPE_DISALLOW_NEW };
    return type_from_def(vm, &def, vm->types.object);
}

bool dict_view_types_init(Vm *vm)
{
    return (vm->types.dict_keys = view_type(vm, "dict_keys", set_view_methods)) != NULL
           && (vm->types.dict_values = view_type(vm, "dict_values", value_view_methods)) != NULL
           && (vm->types.dict_items = view_type(vm, "dict_items", set_view_methods)) != NULL
           && type_make_unhashable(vm, vm->types.dict_keys) && type_make_unhashable(vm, vm->types.dict_items);
}
