/* SPDX-License-Identifier: MIT
 * Built-in functions on any object: length, text, iteration, attributes, classes. The others are in builtins_*.c. */
#include "runtime/builtins.h"

#include "vm/code.h"
#include "vm/interp.h"
#include "vm/iter.h"
#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"
#include "vm/signature.h"

static Value text(Str *s)
{
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value truth(int t)
{
    return t < 0 ? VALUE_ERROR : value_from_bool(t);
}

static Value builtin_f_len(Vm *vm, Value self, const Args *args)
{
    (void)self;
    int64_t n = op_len(vm, args->v[0]);
    return n < 0 ? VALUE_ERROR : int_new(vm, n);
}

static Value builtin_f_repr(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return text(op_repr(vm, args->v[0]));
}

static Value builtin_f_ascii(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return text(op_ascii(vm, args->v[0]));
}

static Value builtin_f_format(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return text(op_format(vm, args->v[0], as_str(args->v[1])));
}

static Value builtin_f_hash(Vm *vm, Value self, const Args *args)
{
    int64_t h;
    (void)self;
    return op_hash(vm, args->v[0], &h) ? int_new(vm, h) : VALUE_ERROR;
}

static Value builtin_f_id(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return op_id(vm, args->v[0]);
}

static Value builtin_f_callable(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return value_from_bool(op_callable(vm, args->v[0]));
}

/* ---- iteration ---- */

static Value builtin_f_iter(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (value_is_empty(args->v[1]))
        return op_iter(vm, args->v[0]);
    if (!op_callable(vm, args->v[0]))
        return raise_exc(vm, EXC_TypeError, "iter(v, w): v must be callable");
    return iter_callable(vm, args->v[0], args->v[1]);
}

static Value builtin_f_next(Vm *vm, Value self, const Args *args)
{
    Value it = args->v[0], out;
    (void)self;
    if (value_is_empty(type_special(type_of(vm, it), SPECIAL_NEXT)))
        return raise_exc(vm, EXC_TypeError, "'%T' object is not an iterator", it);
    if (value_is_empty(args->v[1])) {
        bool missing;           /* the iterator's own StopIteration is what comes out */
        if (!is_iter(it) && !is_gen(it))
            return op_call_special(vm, it, SPECIAL_NEXT, 0, NULL, &missing);
        if (is_gen(it)) {
            GenStatus st = gen_resume(vm, (Gen *)value_obj(it), VALUE_NONE, &out);
            return st == GEN_YIELDED ? out : st == GEN_RETURNED ? raise_stop_iteration(vm, out) : VALUE_ERROR;
        }
    }
    if (op_next(vm, it, &out))
        return out;
    if (vm_pending(vm))
        return VALUE_ERROR;
    return value_is_empty(args->v[1]) ? raise_end(vm, vm->stop_value) : args->v[1];
}

typedef struct Search {
    bool want, found;
} Search;

static bool search_step(Vm *vm, Value item, void *ud)
{
    Search *s = ud;
    int t = op_truth(vm, item);
    if (t >= 0 && t != s->want)
        return true;
    s->found = t >= 0;
    return false;
}

static Value search(Vm *vm, Value iterable, bool want)
{
    Search s = { want, false };
    if (!op_each(vm, iterable, search_step, &s) && !s.found)
        return VALUE_ERROR;
    return value_from_bool(s.found == want);
}

static Value builtin_f_all(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return search(vm, args->v[0], false);
}

static Value builtin_f_any(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return search(vm, args->v[0], true);
}

/* All other keywords than these are list.sort()'s to refuse. */
static bool sort_keywords(const Args *args, Value *key, bool *reverse)
{
    *key = VALUE_NONE;
    *reverse = false;
    for (uint32_t i = 0; i < args->nkw; i++) {
        Value v = args->rest[args->nrest + i];
        if (str_is(as_str(args->names[i]), "key"))
            *key = v;
        else if (str_is(as_str(args->names[i]), "reverse") && value_is_bool(v))
            *reverse = value_is_true(v);
        else
            return false;
    }
    return true;
}

static Value builtin_f_sorted(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (args->nrest != 1)
        return raise_exc(vm, EXC_TypeError, "sorted expected 1 argument, got %u", args->nrest);
    Value l = op_list_of(vm, args->rest[0]), key;
    bool reverse;
    if (value_is_empty(l))
        return l;
    if (sort_keywords(args, &key, &reverse))
        return list_sort(vm, as_list(l), key, reverse) ? l : VALUE_ERROR;
    Str *name = str_intern(vm, "sort", 4);
    Values *all = name ? values_new(vm, 1 + args->nkw) : NULL;
    if (!all)
        return VALUE_ERROR;
    all->items[0] = l;
    memcpy(all->items + 1, args->rest + 1, args->nkw * sizeof(Value));
    Value f = type_lookup(vm, vm->types.list, name);
    return value_is_empty(op_call_kw(vm, f, 1 + args->nkw, all->items, args->nkw, args->names)) ? VALUE_ERROR : l;
}

/* ---- attributes ---- */

static Str *attr_name(Vm *vm, Value v)
{
    if (is_str(v))
        return str_intern_str(vm, as_str(v));
    raise_exc(vm, EXC_TypeError, "attribute name must be string, not '%T'", v);
    return NULL;
}

static Value builtin_f_getattr(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Str *name = attr_name(vm, args->v[1]);
    if (!name)
        return VALUE_ERROR;
    if (value_is_empty(args->v[2]))
        return attr_get(vm, args->v[0], name);
    Value v = attr_get_opt(vm, args->v[0], name);
    return value_is_empty(v) && !vm_pending(vm) ? args->v[2] : v;
}

static Value builtin_f_hasattr(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Str *name = attr_name(vm, args->v[1]);
    if (!name)
        return VALUE_ERROR;
    Value v = attr_get_opt(vm, args->v[0], name);
    return value_is_empty(v) && vm_pending(vm) ? VALUE_ERROR : value_from_bool(!value_is_empty(v));
}

static Value builtin_f_setattr(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Str *name = attr_name(vm, args->v[1]);
    return name && attr_set(vm, args->v[0], name, args->v[2]) ? VALUE_NONE : VALUE_ERROR;
}

static Value builtin_f_delattr(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Str *name = attr_name(vm, args->v[1]);
    return name && attr_set(vm, args->v[0], name, VALUE_EMPTY) ? VALUE_NONE : VALUE_ERROR;
}

/* ---- classes ---- */

static Value builtin_f_isinstance(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return truth(op_isinstance(vm, args->v[0], args->v[1]));
}

static Value builtin_f_issubclass(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return truth(op_issubclass(vm, args->v[0], args->v[1]));
}

static Value builtin_f_build_class(Vm *vm, Value self, const Args *args)
{
    return interp_build_class(vm, self, args);
}

const MethodDef builtins_core[] = {
    FUNCTION(builtin, len, "len(obj, /)", "How many items there are."),
    FUNCTION(builtin, repr, "repr(obj, /)", "The object as text for programmers."),
    FUNCTION(builtin, ascii, "ascii(obj, /)", "Return repr(obj) with what is not ASCII escaped."),
    FUNCTION(builtin, format, "format(value, format_spec: str = '', /)", "Return value formatted by format_spec."),
    FUNCTION(builtin, hash, "hash(obj, /)", "The number by which dicts and sets find the object."),
    FUNCTION(builtin, id, "id(obj, /)", "A number that no other living object has."),
    FUNCTION(builtin, callable, "callable(obj, /)", "Return whether the object can be called."),
    FUNCTION(builtin, iter, "iter(object, sentinel=..., /)",
             "Get an iterator from an object, or of a callable until a sentinel."),
    { "next(iterator, default=..., /)",
      "Return the next item from the iterator, or the default at its end.", builtin_f_next, NATIVE_STEPS },
    FUNCTION(builtin, all, "all(iterable, /)", "Is every item true? True where there are none."),
    FUNCTION(builtin, any, "any(iterable, /)", "Is at least one item true?"),
    { "sorted(*args, **kwargs) as (iterable, /, *, key=None, reverse=False)",
      "The items in a new list, in order.", builtin_f_sorted, NATIVE_VECTOR },
    FUNCTION(builtin, getattr, "getattr(object, name, default=..., /)", "The attribute of this name, or the default."),
    FUNCTION(builtin, hasattr, "hasattr(obj, name, /)", "Can the attribute be read?"),
    FUNCTION(builtin, setattr, "setattr(obj, name, value, /)", "Store an attribute by its name."),
    FUNCTION(builtin, delattr, "delattr(obj, name, /)", "Remove an attribute by its name."),
    FUNCTION(builtin, isinstance, "isinstance(obj, class_or_tuple, /)", "Is the object of this class, or of one of these?"),
    FUNCTION(builtin, issubclass, "issubclass(cls, class_or_tuple, /)", "Return whether a class derives from another."),
    FUNCTION(builtin, build_class, "__build_class__(func, name, /, *bases, **kwds) as (name=...)",
             "What the class statement calls."),
    { 0 }
};

static bool publish(Vm *vm, const MethodDef *defs)
{
    for (const MethodDef *d = defs; d->signature; d++) {
        Str *name = str_intern(vm, d->signature, signature_name_len(d->signature));
        Str *module = name && str_is(name, "open") ? str_intern(vm, "_io", 3) : vm->names.builtins;
        Native *n = name && module ? native_new(vm, d, VALUE_EMPTY, value_from_obj(module)) : NULL;
        if (!n || !dict_set_str(vm, vm->builtins, name, value_from_obj(n)))
            return false;
    }
    return true;
}

bool rt_builtins_init(Vm *vm)
{
    return publish(vm, builtins_core) && publish(vm, builtins_numbers) && publish(vm, builtins_code) &&
           publish(vm, builtins_io) && publish(vm, builtins_async) && builtins_async_init(vm) && builtins_io_init(vm);
}
