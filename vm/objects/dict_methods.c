/* SPDX-License-Identifier: MIT
 * The methods of dict. */
#include "vm/buf.h"
#include "vm/iter.h"
#include "vm/iter_fast.h"
#include "vm/objects/core.h"
#include "vm/objects/dict.h"
#include "vm/objects/dict_types.h"
#include "vm/objects/list.h"
#include "vm/objects/seq.h"
#include "vm/objects/set_table.h"
#include "vm/objects/str.h"

/* ---- making and filling ---- */
static Value dict_m_new(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return value_from_obj(object_alloc(vm, as_type(self)));
}

/* Element i of a sequence of pairs. */
static bool set_pair(Vm *vm, Dict *d, Value item, size_t i)
{
    Value *items = NULL;
    size_t n = 0;
    if (!seq_exact_items(item, &items, &n)) {
        item = op_list_of(vm, item);
        if (value_is_empty(item)) {
            if (exc_pending_is(vm, EXC_TypeError)) {
                exc_discard(vm);
                raise_exc(vm, EXC_TypeError, "cannot convert dictionary update sequence element #%zu to a sequence", i);
            }
            return false;
        }
        (void)seq_items(item, &items, &n);
    }
    if (n != 2) {
        raise_exc(vm, EXC_ValueError, "dictionary update sequence element #%zu has length %zu; 2 is required", i, n);
        return false;
    }
    return dict_set(vm, d, items[0], items[1]);
}

static bool update_from_pairs(Vm *vm, Dict *d, Value pairs)
{
    Value it = op_iter(vm, pairs), item;
    if (value_is_empty(it))
        return false;
    for (size_t i = 0; iter_step(vm, it, &item); i++)
        if (!vm_checkpoint(vm) || !set_pair(vm, d, item, i))
            return false;
    return !vm_pending(vm);
}

/* A mapping has keys(), anything else yields pairs. */
static bool update_from(Vm *vm, Dict *d, Value from)
{
    if (is_dict(from))
        return dict_update(vm, d, from, true);
    Value keys = attr_get_opt(vm, from, vm->names.keys);
    if (vm_pending(vm))
        return false;
    return value_is_empty(keys) ? update_from_pairs(vm, d, from) : dict_update(vm, d, from, true);
}

/* Arguments of dict() and update(): at most one positional one, then keywords. */
static bool update_from_args(Vm *vm, Dict *d, const Args *args, const char *name)
{
    if (args->nrest > 1) {
        raise_exc(vm, EXC_TypeError, "%s expected at most 1 argument, got %u", name, args->nrest);
        return false;
    }
    Value kwargs = args->v[0];
    if (args->nrest && !update_from(vm, d, args->rest[0]))
        return false;
    return value_is_empty(kwargs) || !as_dict(kwargs)->used || dict_update(vm, d, kwargs, true);
}

static Value dict_m_init(Vm *vm, Value self, const Args *args)
{
    return update_from_args(vm, as_dict(self), args, "dict") ? VALUE_NONE : VALUE_ERROR;
}

static Value dict_m_update(Vm *vm, Value self, const Args *args)
{
    return update_from_args(vm, as_dict(self), args, "update") ? VALUE_NONE : VALUE_ERROR;
}

static bool fill_keys(Vm *vm, Value dict, Value iterable, Value v)
{
    bool plain = is_exact(dict, SHAPE_DICT_ID);
    Value key, old;
    size_t pos = 0;
    int64_t hash;
    if (plain && is_exact(iterable, SHAPE_DICT_ID)) {       /* whose keys need not be hashed again */
        while (dict_next_hash(as_dict(iterable), &pos, &key, &old, &hash))
            if (!dict_set_hash(vm, as_dict(dict), key, hash, v))
                return false;
        return true;
    }
    if (plain && is_set(iterable) && !(value_obj(iterable)->flags & OBJ_SUBCLASS)) {
        while (set_next_hash(as_set(iterable), &pos, &key, &hash))
            if (!dict_set_hash(vm, as_dict(dict), key, hash, v))
                return false;
        return true;
    }
    Value it = op_iter(vm, iterable);
    if (value_is_empty(it))
        return false;
    while (iter_step(vm, it, &key)) {
        if (!vm_checkpoint(vm))
            return false;
        if (!(plain ? dict_set(vm, as_dict(dict), key, v) : op_setitem(vm, dict, key, v)))
            return false;
    }
    return !vm_pending(vm);
}

static Value dict_m_fromkeys(Vm *vm, Value self, const Args *args)
{
    Value d = op_call0(vm, self);
    if (value_is_empty(d) || !fill_keys(vm, d, args->v[0], args->v[1]))
        return VALUE_ERROR;
    return d;
}

static Value dict_m_copy(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return value_from_obj(dict_copy(vm, as_dict(self)));
}

static Value dict_m_clear(Vm *vm, Value self, const Args *args)
{
    (void)args;
    dict_clear(vm, as_dict(self));
    return VALUE_NONE;
}

/* ---- items ---- */
static Value key_error(Vm *vm, Value key)
{
    return raise_args(vm, EXC_KeyError, 1, &key);
}

static Value dict_m_getitem(Vm *vm, Value self, const Args *args)
{
    Value v, key = args->v[0];
    int r = dict_find(vm, as_dict(self), key, &v);
    if (r > 0)
        return v;
    if (r < 0)
        return VALUE_ERROR;
    if (!is_exact(self, SHAPE_DICT_ID)) {
        bool missing;
        v = op_call_special(vm, self, SPECIAL_MISSING, 1, &key, &missing);
        if (!missing)
            return v;
    }
    return key_error(vm, key);
}

static Value dict_m_setitem(Vm *vm, Value self, const Args *args)
{
    return dict_set(vm, as_dict(self), args->v[0], args->v[1]) ? VALUE_NONE : VALUE_ERROR;
}

static Value dict_m_delitem(Vm *vm, Value self, const Args *args)
{
    int r = dict_delete(vm, as_dict(self), args->v[0]);
    return r > 0 ? VALUE_NONE : r < 0 ? VALUE_ERROR : key_error(vm, args->v[0]);
}

static Value dict_m_contains(Vm *vm, Value self, const Args *args)
{
    Value v;
    int r = dict_find(vm, as_dict(self), args->v[0], &v);
    return r < 0 ? VALUE_ERROR : value_from_bool(r);
}

static Value dict_m_get(Vm *vm, Value self, const Args *args)
{
    Value v;
    int r = dict_find(vm, as_dict(self), args->v[0], &v);
    return r > 0 ? v : r < 0 ? VALUE_ERROR : args->v[1];
}

static Value dict_m_setdefault(Vm *vm, Value self, const Args *args)
{
    return dict_setdefault(vm, as_dict(self), args->v[0], args->v[1]);
}

static Value dict_m_pop(Vm *vm, Value self, const Args *args)
{
    Value v;
    int r = dict_len(as_dict(self)) ? dict_pop(vm, as_dict(self), args->v[0], &v) : 0;     /* an empty one hashes nothing */
    if (r)
        return r > 0 ? v : VALUE_ERROR;
    return value_is_empty(args->v[1]) ? key_error(vm, args->v[0]) : args->v[1];
}

static Value dict_m_popitem(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Value key, value;
    if (!dict_pop_last(vm, as_dict(self), &key, &value))
        return raise_exc(vm, EXC_KeyError, "popitem(): dictionary is empty");
    return value_from_obj(tuple_pack(vm, 2, key, value));
}

/* ---- the whole ---- */
static Value dict_m_len(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return value_from_int48((int64_t)dict_len(as_dict(self)));
}

static Value dict_m_iter(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return dict_iter_new(vm, as_dict(self), ITER_DICT_KEYS);
}

static Value dict_m_reversed(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return dict_iter_new(vm, as_dict(self), ITER_DICT_KEYS_REV);
}

static Value dict_m_keys(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return dict_view_new(vm, as_dict(self), DICT_KEYS);
}

static Value dict_m_values(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return dict_view_new(vm, as_dict(self), DICT_VALUES);
}

static Value dict_m_items(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return dict_view_new(vm, as_dict(self), DICT_ITEMS);
}

static bool put_repr(Vm *vm, Buf *b, Value v)
{
    Str *s = op_repr(vm, v);
    if (s)
        buf_put(b, str_data(s), s->len);
    return s != NULL;
}

static bool put_items(Vm *vm, Buf *b, Dict *d)
{
    size_t pos = 0;
    Value key, value;
    buf_putc(b, '{');
    while (dict_next(d, &pos, &key, &value)) {
        if (b->len > 1)
            buf_puts(b, ", ");
        if (!vm_checkpoint(vm) || !put_repr(vm, b, key))
            return false;
        buf_puts(b, ": ");
        if (!put_repr(vm, b, value))
            return false;
    }
    buf_putc(b, '}');
    return true;
}

static Value dict_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    int in = op_repr_enter(vm, self);
    if (in)
        return in < 0 ? VALUE_ERROR : value_from_obj(str_cstr(vm, "{...}"));
    Buf b;
    buf_init(&b, &vm->alloc);
    bool ok = put_items(vm, &b, as_dict(self));
    op_repr_leave(vm, self);
    if (ok)
        return value_from_obj(str_from_buf(vm, &b));
    buf_free(&b);
    return VALUE_ERROR;
}

/* 1, 0, -1. */
static int dicts_equal(Vm *vm, Dict *a, Dict *b)
{
    if (dict_len(a) != dict_len(b))
        return 0;
    size_t pos = 0;
    Value key, mine, other;
    int64_t hash;
    while (dict_next_hash(a, &pos, &key, &mine, &hash)) {
        int r = dict_find_hash(vm, b, key, hash, &other);
        if (r > 0)
            r = op_equal(vm, mine, other);
        if (r <= 0)
            return r;
    }
    return 1;
}

static Value dict_m_eq(Vm *vm, Value self, const Args *args)
{
    if (!is_dict(args->v[0]))
        return VALUE_NOT_IMPLEMENTED;
    int r = dicts_equal(vm, as_dict(self), as_dict(args->v[0]));
    return r < 0 ? VALUE_ERROR : value_from_bool(r);
}

static Value dict_m_ne(Vm *vm, Value self, const Args *args)
{
    Value r = dict_m_eq(vm, self, args);
    return value_is_bool(r) ? value_from_bool(!value_is_true(r)) : r;
}

static Value merged(Vm *vm, Value left, Value right)
{
    if (!is_dict(left) || !is_dict(right))
        return VALUE_NOT_IMPLEMENTED;
    Dict *d = dict_copy(vm, as_dict(left));
    return d && dict_update(vm, d, right, true) ? value_from_obj(d) : VALUE_ERROR;
}

static Value dict_m_or(Vm *vm, Value self, const Args *args)
{
    return merged(vm, self, args->v[0]);
}

static Value dict_m_ror(Vm *vm, Value self, const Args *args)
{
    return merged(vm, args->v[0], self);
}

static Value dict_m_ior(Vm *vm, Value self, const Args *args)
{
    return update_from(vm, as_dict(self), args->v[0]) ? self : VALUE_ERROR;
}

/* ---- type ---- */
static const MethodDef dict_methods[] = {
    { "__new__(*args, **kwargs)", "Make an instance.", dict_m_new,
      NATIVE_STATIC },
    METHOD(object, sizeof, "__sizeof__()", "How many bytes CPython's object takes."),
    METHOD(dict, init, "__init__(*args, **kwargs)", "Set the object up."),
    METHOD(dict, repr, "__repr__()", "Return repr(self)."),
    PLAIN_METHOD(dict, getitem, "__getitem__(key, /)", "Return self[key]."),
    METHOD(dict, setitem, "__setitem__(key, value, /)", "Store an item."),
    METHOD(dict, delitem, "__delitem__(key, /)", "Delete self[key]."),
    PLAIN_METHOD(dict, contains, "__contains__(key, /)", "Is there an item with this key?"),
    METHOD(dict, len, "__len__()", "Return len(self)."),
    METHOD(dict, iter, "__iter__()", "Implement iter(self)."),
    METHOD(dict, reversed, "__reversed__()", "An iterator over the keys, the newest first."),
    METHOD(dict, eq, "__eq__(value, /)", "Return self==value."),
    METHOD(dict, ne, "__ne__(value, /)", "Return self!=value."),
    METHOD(dict, or, "__or__(value, /)", "Return self|value."),
    METHOD(dict, ror, "__ror__(value, /)", "Return value|self."),
    METHOD(dict, ior, "__ior__(value, /)", "Return self|=value."),
    METHOD(dict, get, "get(key, default=None, /)", "What the key stands for; default where it is missing."),
    METHOD(dict, setdefault, "setdefault(key, default=None, /)",
           "Insert key with a value of default if key is not in the dictionary.\n\n"
           "What the key stands for; default where it is missing."),
    METHOD(dict, pop, "pop(key, default=..., /) as (key, default=<unrepresentable>, /)",
           "Take the key out and give back its value.\n\nWhere it is missing, the "
           "default comes back; without one that is a KeyError."),
    METHOD(dict, popitem, "popitem()",
           "Take out the pair that came last; a KeyError where there is none."),
    METHOD(dict, keys, "keys()", "The keys, as a view."),
    METHOD(dict, items, "items()", "The pairs of key and value, as a view."),
    METHOD(dict, values, "values()", "The values, as a view."),
    METHOD(dict, update, "update(*args, **kwargs) as (other=...)",
           "Take in the items of a mapping or of pairs, then those of keyword arguments."),
    METHOD(dict, clear, "clear()", "Drop every item."),
    METHOD(dict, copy, "copy()", "A new dict with the same items."),
    CLASSMETHOD(dict, fromkeys, "fromkeys(iterable, value=None, /)",
                "A dict with these keys, all with one value."),
    { 0 }
};

static const TypeLayout dict_layout = { .kind = KIND_DICT, .size = sizeof(Dict) };

bool dict_types_init(Vm *vm)
{
    static const TypeDef def = {
        .name = "dict",
        .doc = "Values by key, in the order in which the keys came: of another mapping, of "
           "pairs, of keyword arguments.",
        .layout = &dict_layout,
        .methods = dict_methods,
        .flags = TYPE_BASE | TYPE_MAPPING | TYPE_MATCH_SELF,
        .shape_id = SHAPE_DICT_ID,
    };
    vm->types.dict = type_from_def(vm, &def, vm->types.object);
    return vm->types.dict && type_make_unhashable(vm, vm->types.dict) && dict_view_types_init(vm)
           && dict_iter_types_init(vm);
}
