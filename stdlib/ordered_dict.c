/* SPDX-License-Identifier: MIT
 * collections.OrderedDict: every dict keeps its order; this one can also move entries, and compares with regard to it. */
#include "stdlib/deque.h"

#include "vm/code.h"
#include "vm/iter.h"
#include "vm/objects/dict.h"
#include "vm/objects/dict_types.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

typedef struct OrderedDict {
    Dict d;
    DictFront front;
} OrderedDict;

static void ordered_trace(Marker *m, Obj *o)
{
    mark_obj(m, ((OrderedDict *)o)->front.table);
}

static const TypeLayout ordered_layout = { .kind = KIND_DICT, .size = sizeof(OrderedDict), .trace = ordered_trace };

static bool is_ordered(Vm *vm, Value v)
{
    return is_dict(v) && type_of(vm, v)->layout == &ordered_layout;
}

/* Nobody has given the class a __setitem__ of its own. */
static bool stores_plainly(Vm *vm, Value self)
{
    return value_same(type_special(type_of(vm, self), SPECIAL_SETITEM), type_special(vm->types.dict, SPECIAL_SETITEM));
}

static bool put_all(Vm *vm, Value self, Value mapping)
{
    if (stores_plainly(vm, self))
        return dict_update(vm, as_dict(self), mapping, true);
    Value key, keys = op_call_method(vm, mapping, vm->names.keys, 0, NULL);
    Value it = value_is_empty(keys) ? keys : op_iter(vm, keys);
    if (value_is_empty(it))
        return false;
    while (op_next(vm, it, &key)) {
        Value v = vm_checkpoint(vm) ? op_getitem(vm, mapping, key) : VALUE_ERROR;
        if (value_is_empty(v) || !op_setitem(vm, self, key, v))
            return false;
    }
    return !vm_pending(vm);
}

static bool put_pairs(Vm *vm, Value self, Value pairs)
{
    Value item, it = op_iter(vm, pairs);
    if (value_is_empty(it))
        return false;
    while (op_next(vm, it, &item)) {
        Value *v = NULL, list = vm_checkpoint(vm) ? op_list_of(vm, item) : VALUE_ERROR;
        size_t n = 0;
        if (value_is_empty(list))
            return false;
        (void)seq_items(list, &v, &n);
        if (n != 2) {
            raise_exc(vm, EXC_ValueError, n < 2 ? "need more than %zu value%s to unpack" :
                      "too many values to unpack (expected 2)",
                      n, n == 1 ? "" : "s");
            return false;
        }
        if (!op_setitem(vm, self, v[0], v[1]))
            return false;
    }
    return !vm_pending(vm);
}

static Value fill(Vm *vm, Value self, const Args *args, const char *name)
{
    if (args->nrest > 1)
        return name ? raise_exc(vm, EXC_TypeError, "%s() takes at most 1 positional argument (%u given)", name, args->nrest)
                    : raise_exc(vm, EXC_TypeError, "expected at most 1 arguments, got %u", args->nrest);
    if (args->nrest) {
        Value from = args->rest[0], keys = is_dict(from) ? VALUE_TRUE : attr_get_opt(vm, from, vm->names.keys);
        if (vm_pending(vm) || !(value_is_empty(keys) ? put_pairs(vm, self, from) : put_all(vm, self, from)))
            return VALUE_ERROR;
    }
    return !as_dict(args->v[0])->used || put_all(vm, self, args->v[0]) ? VALUE_NONE : VALUE_ERROR;
}

static Value ordered_m_init(Vm *vm, Value self, const Args *args)
{
    return fill(vm, self, args, NULL);
}

static Value ordered_m_update(Vm *vm, Value self, const Args *args)
{
    return fill(vm, self, args, "update");
}

static Value ordered_m_move_to_end(Vm *vm, Value self, const Args *args)
{
    OrderedDict *o = (OrderedDict *)value_obj(self);
    int r = dict_move(vm, &o->d, args->v[0], value_is_false(args->v[1]), &o->front);
    heap_touch(vm, o);
    return r > 0 ? VALUE_NONE : r < 0 ? VALUE_ERROR : raise_args(vm, EXC_KeyError, !value_is_none(args->v[0]), args->v);
}

static Value ordered_m_popitem(Vm *vm, Value self, const Args *args)
{
    OrderedDict *o = (OrderedDict *)value_obj(self);
    Value k, v;
    bool found = value_is_true(args->v[0]) ? dict_pop_last(vm, &o->d, &k, &v) : dict_pop_first(vm, &o->d, &o->front, &k, &v);
    heap_touch(vm, o);
    if (!found)
        return raise_exc(vm, EXC_KeyError, "dictionary is empty");
    return value_from_obj(tuple_pack(vm, 2, k, v));
}

static Value ordered_m_pop(Vm *vm, Value self, const Args *args)
{
    Value v, key = args->v[0];
    int r = dict_pop(vm, as_dict(self), key, &v);
    if (r)
        return r > 0 ? v : VALUE_ERROR;
    return value_is_empty(args->v[1]) ? raise_args(vm, EXC_KeyError, !value_is_none(key), &key) : args->v[1];
}

static Value ordered_m_setdefault(Vm *vm, Value self, const Args *args)
{
    if (stores_plainly(vm, self))
        return dict_setdefault(vm, as_dict(self), args->v[0], args->v[1]);
    int has = op_contains(vm, self, args->v[0]);
    if (has)
        return has < 0 ? VALUE_ERROR : op_getitem(vm, self, args->v[0]);
    return op_setitem(vm, self, args->v[0], args->v[1]) ? args->v[1] : VALUE_ERROR;
}

static Value ordered_m_copy(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return op_call1(vm, value_from_obj(type_of(vm, self)), self);
}

static Value ordered_m_fromkeys(Vm *vm, Value self, const Args *args)
{
    Value d = op_call0(vm, self), it = value_is_empty(d) ? d : op_iter(vm, args->v[0]), key;
    if (value_is_empty(it))
        return it;
    while (op_next(vm, it, &key))
        if (!vm_checkpoint(vm) || !op_setitem(vm, d, key, args->v[1]))
            return VALUE_ERROR;
    return vm_pending(vm) ? VALUE_ERROR : d;
}

/* Two of them are equal with the same keys in the same order; and any dict by what it holds. */
static Value compare(Vm *vm, Value self, Value other, bool want)
{
    if (!is_dict(other))
        return VALUE_NOT_IMPLEMENTED;
    Value pair[2] = { self, other };
    Value r = op_call(vm, type_special(vm->types.dict, SPECIAL_EQ), 2, pair);
    if (!value_is_true(r) || !is_ordered(vm, other))
        return value_is_bool(r) ? value_from_bool(value_is_true(r) == want) : r;
    Dict *a = as_dict(self), *b = as_dict(other);
    size_t pa = 0, pb = 0;
    uint32_t va = a->version, vb = b->version;
    Value ka, kb, v;
    while (dict_next(a, &pa, &ka, &v) && dict_next(b, &pb, &kb, &v)) {
        int same = op_equal(vm, ka, kb);
        if (same < 0)
            return VALUE_ERROR;
        if (a->version != va || b->version != vb)
            return raise_exc(vm, EXC_RuntimeError, "OrderedDict mutated during iteration");
        if (!same)
            return value_from_bool(!want);
    }
    return value_from_bool(want);
}

static Value ordered_m_eq(Vm *vm, Value self, const Args *args)
{
    return compare(vm, self, args->v[0], true);
}

static Value ordered_m_ne(Vm *vm, Value self, const Args *args)
{
    return compare(vm, self, args->v[0], false);
}

static Value ordered_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    const char *name = type_short_name(type_of(vm, self));
    if (!as_dict(self)->used)
        return value_from_obj(str_printf(vm, "%s()", name));
    int entered = op_repr_enter(vm, self);
    if (entered < 0)
        return VALUE_ERROR;
    if (entered)
        return value_from_obj(str_printf(vm, "..."));
    Value items = op_call_method(vm, self, vm->names.items, 0, NULL);
    Dict *d = value_is_empty(items) ? NULL : dict_new(vm);
    Value arg[1] = { items };
    Value copy = d ? op_call(vm, value_from_obj(vm->types.dict), 1, arg) : VALUE_ERROR;
    Str *s = value_is_empty(copy) ? NULL : str_printf(vm, "%s(%R)", name, copy);
    op_repr_leave(vm, self);
    return s && !vm_pending(vm) ? value_from_obj(s) : VALUE_ERROR;
}

static Value ordered_m_reduce(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Str *name = str_intern(vm, "__getstate__", 12);
    Value state = name ? op_call_method(vm, self, name, 0, NULL) : VALUE_ERROR;
    Value items = value_is_empty(state) ? state : op_call_method(vm, self, vm->names.items, 0, NULL);
    Value it = value_is_empty(items) ? items : op_iter(vm, items);
    Tuple *t = value_is_empty(it) ? NULL
               : tuple_pack(vm, 5, value_from_obj(type_of(vm, self)), value_from_obj(vm->empty_tuple), state, VALUE_NONE, it);
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static Value merged(Vm *vm, Value self, Value left, Value right)
{
    if (!is_dict(left) || !is_dict(right))
        return VALUE_NOT_IMPLEMENTED;
    Value d = op_call1(vm, value_from_obj(type_of(vm, self)), left);
    return value_is_empty(d) || !put_all(vm, d, right) ? VALUE_ERROR : d;
}

static Value ordered_m_or(Vm *vm, Value self, const Args *args)
{
    return merged(vm, self, self, args->v[0]);
}

static Value ordered_m_ror(Vm *vm, Value self, const Args *args)
{
    return merged(vm, self, args->v[0], self);
}

static Value ordered_m_ior(Vm *vm, Value self, const Args *args)
{
    Args one = { .v = (Value[]){ value_from_obj(dict_new(vm)) }, .count = 1, .rest = args->v, .nrest = 1 };
    if (value_is_empty(one.v[0]))
        return VALUE_ERROR;
    return value_is_empty(fill(vm, self, &one, "update")) ? VALUE_ERROR : self;
}

/* ---- views ---- */
static Value view(Vm *vm, Value self, unsigned what)
{
    Value v = dict_view_new(vm, as_dict(self), what);
    if (!value_is_empty(v))
        value_obj(v)->shape = as_type(as_tuple(rt_of(vm)->roots[RT_ROOT_ODICT_VIEWS])->items[what])->root_shape->id;
    return v;
}

static Value ordered_m_keys(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return view(vm, self, DICT_KEYS);
}

static Value ordered_m_values(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return view(vm, self, DICT_VALUES);
}

static Value ordered_m_items(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return view(vm, self, DICT_ITEMS);
}

static const MethodDef ordered_methods[] = {
    METHOD(ordered, init, "__init__(*args, **kwargs)", "Fill it as dict() does."),
    METHOD(ordered, update, "update(*args, **kwargs)", "Take the items of a mapping or iterable, and keywords."),
    METHOD(ordered, move_to_end, "move_to_end(key, last: bool = True)", "Make the key the last one, or the first one."),
    METHOD(ordered, popitem, "popitem(last: bool = True)", "Take the last pair, or the first one."),
    METHOD(ordered, pop, "pop(key, default=...)", "Take the value of a key, or the default."),
    METHOD(ordered, setdefault, "setdefault(key, default=None)", "The value of a key; the default is put where there is none."),
    METHOD(ordered, copy, "copy()", "A shallow copy."),
    CLASSMETHOD(ordered, fromkeys, "fromkeys(iterable, value=None)", "One whose keys all have the value."),
    METHOD(ordered, keys, "keys()", "A view of the keys."),
    METHOD(ordered, values, "values()", "A view of the values."),
    METHOD(ordered, items, "items()", "A view of the pairs."),
    METHOD(ordered, eq, "__eq__(value, /)", "Return self==value."),
    METHOD(ordered, ne, "__ne__(value, /)", "Return self!=value."),
    METHOD(ordered, repr, "__repr__()", "Return repr(self)."),
    METHOD(ordered, reduce, "__reduce__()", "How to make it again."),
    METHOD(ordered, or, "__or__(value, /)", "Return self|value."),
    METHOD(ordered, ror, "__ror__(value, /)", "Return value|self."),
    METHOD(ordered, ior, "__ior__(value, /)", "Return self|=value."),
    { 0 }
};

bool ordered_dict_add(Vm *vm, Module *m)
{
    static const GetSetDef getsets[] = { DICT_GETSET, { 0 } };
    static const MethodDef none[] = { { 0 } };
    static const TypeDef def = { .name = "collections.OrderedDict", .layout = &ordered_layout, .methods = ordered_methods,
        .getsets = getsets, .flags = TYPE_BASE | TYPE_MAPPING | TYPE_MATCH_SELF | TYPE_HAS_DICT | TYPE_WEAKREFS | TYPE_ORDERED,
        .doc = "A dict whose entries can be moved to either end." };
    static const struct {
        TypeDef def;
    } views[3] = { { { .name = "odict_keys", .methods = none, .flags = TYPE_DISALLOW_NEW } },
                   { { .name = "odict_values", .methods = none, .flags = TYPE_DISALLOW_NEW } },
                   { { .name = "odict_items", .methods = none, .flags = TYPE_DISALLOW_NEW } } };
    Type *bases[3] = { vm->types.dict_keys, vm->types.dict_values, vm->types.dict_items };
    Type *t = type_from_def(vm, &def, vm->types.dict);
    Tuple *types = t && type_make_unhashable(vm, t) ? tuple_new(vm, 3) : NULL;
    for (unsigned i = 0; types && i < 3; i++) {
        Type *v = type_from_def(vm, &views[i].def, bases[i]);
        if (!v || (i != DICT_VALUES && !type_make_unhashable(vm, v)))
            return false;
        heap_set(vm, types, &types->items[i], value_from_obj(v));
    }
    if (!types)
        return false;
    rt_of(vm)->roots[RT_ROOT_ODICT_VIEWS] = value_from_obj(types);
    return module_set(vm, m, "OrderedDict", value_from_obj(t));
}
