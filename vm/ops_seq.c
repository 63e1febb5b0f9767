/* SPDX-License-Identifier: MIT
 * Items, membership, length and iteration of any value. */
#include "vm/interp.h"

#include "vm/iter_fast.h"
#include "vm/objects/dict_types.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/set.h"
#include "vm/objects/str_methods.h"
#include "vm/text/search.h"

/* ---- items ---- */

static Value not_subscriptable(Vm *vm, Value o)
{
    if (is_type(o))
        return raise_exc(vm, EXC_TypeError, "type '%s' is not subscriptable", type_name(as_type(o)));
    return raise_exc(vm, EXC_TypeError, "'%T' object is not subscriptable", o);
}

Value op_getitem(Vm *vm, Value o, Value key)
{
    bool missing;
    if (is_exact(o, SHAPE_DICT_ID)) {
        Value v;
        int found = dict_find(vm, as_dict(o), key, &v);
        if (LIKELY(found > 0))
            return v;
        return found < 0 ? VALUE_ERROR : raise_args(vm, EXC_KeyError, 1, &key);
    }
    Value r = op_call_special(vm, o, SPECIAL_GETITEM, 1, &key, &missing);
    if (!missing)
        return r;
    if (is_type(o)) {
        Value f = type_lookup(vm, as_type(o), vm->special_names[SPECIAL_CLASS_GETITEM]);
        if (as_type(o) == vm->types.type) {     /* type[int]: it has no method for this, or all classes would */
            Value parts[2] = { o, key };
            return op_call(vm, value_from_obj(vm->types.generic_alias), 2, parts);
        }
        if (!value_is_empty(f) && !value_is_none(f)) {
            f = attr_bind(vm, f, VALUE_EMPTY, as_type(o));
            if (!value_is_empty(f))
                return op_call1(vm, f, key);
            if (!exc_pending_is(vm, EXC_AttributeError))
                return f;
            exc_discard(vm);
        }
        if (is_func(type_special(type_of(vm, o), SPECIAL_GETATTR))) {       /* the metaclass may make it up */
            Value name = value_from_obj(vm->special_names[SPECIAL_CLASS_GETITEM]);
            f = op_call_special(vm, o, SPECIAL_GETATTR, 1, &name, &missing);
            if (!value_is_empty(f))
                return op_call1(vm, f, key);
            if (!exc_pending_is(vm, EXC_AttributeError))
                return f;
            exc_discard(vm);
        }
    }
    return not_subscriptable(vm, o);
}

/* What has an item by number, but none that can be set, looks at the number first. */
static bool number_ok(Vm *vm, Value o, Value key)
{
    int64_t i;
    if (!is_int(key) || int_to_i64(key, &i) || value_is_empty(type_special(type_of(vm, o), SPECIAL_LEN)))
        return true;
    raise_exc(vm, EXC_IndexError, "cannot fit '%T' into an index-sized integer", key);
    return false;
}

bool op_setitem(Vm *vm, Value o, Value key, Value v)
{
    if (is_exact(o, SHAPE_DICT_ID))
        return dict_set(vm, as_dict(o), key, v);
    Value args[2] = { key, v };
    bool missing;
    Value r = op_call_special(vm, o, SPECIAL_SETITEM, 2, args, &missing);
    if (missing && !value_is_empty(type_special(type_of(vm, o), SPECIAL_DELITEM)))
        raise_exc(vm, EXC_AttributeError, "__setitem__");       /* the two share a slot in CPython */
    else if (missing && number_ok(vm, o, key))
        raise_exc(vm, EXC_TypeError, "'%T' object does not support item assignment", o);
    return !value_is_empty(r);
}

bool op_delitem(Vm *vm, Value o, Value key)
{
    bool missing;
    Value r = op_call_special(vm, o, SPECIAL_DELITEM, 1, &key, &missing);
    if (missing) {
        Type *t = type_of(vm, o);
        if (!value_is_empty(type_special(t, SPECIAL_SETITEM))) {
            raise_exc(vm, EXC_AttributeError, "__delitem__");
            return false;
        }
        if (!number_ok(vm, o, key))
            return false;
        bool sequence = (t->flags & TYPE_HEAP) || !value_is_empty(type_special(t, SPECIAL_LEN));
        bool index = !value_is_empty(type_special(type_of(vm, key), SPECIAL_INDEX));
        raise_exc(vm, EXC_TypeError, "'%T' object %s support item deletion", o, sequence && index ? "doesn't" : "does not");
    }
    return !value_is_empty(r);
}

int op_contains(Vm *vm, Value container, Value item)
{
    if (is_exact(container, SHAPE_DICT_ID)) {
        Value v;
        return dict_find(vm, as_dict(container), item, &v);
    }
    if (is_exact(container, SHAPE_SET_ID))
        return set_contains(vm, as_set(container), item);
    if (is_exact(container, SHAPE_STR_ID) && is_str(item)) {
        const Str *s = as_str(container), *sub = as_str(item);
        return search_find(str_data(s), s->len, str_data(sub), sub->len) != SEARCH_NONE;
    }
    Value f = type_special(type_of(vm, container), SPECIAL_CONTAINS);
    if (value_is_none(f)) {
        raise_exc(vm, EXC_TypeError, "'%T' object is not a container", container);
        return -1;
    }
    if (!value_is_empty(f)) {
        bool missing;
        Value r = op_call_special(vm, container, SPECIAL_CONTAINS, 1, &item, &missing);
        return value_is_empty(r) ? -1 : op_truth(vm, r);
    }
    Value it = op_iter(vm, container), v;
    if (value_is_empty(it)) {
        if (exc_pending_is(vm, EXC_TypeError)) {
            exc_discard(vm);
            raise_exc(vm, EXC_TypeError, "argument of type '%T' is not iterable", container);
        }
        return -1;
    }
    for (unsigned i = 1; op_next(vm, it, &v); i++) {
        int eq = op_equal(vm, v, item);
        if (eq)
            return eq;
        if (i % 512 == 0 && !vm_checkpoint(vm))
            return -1;
    }
    return vm_pending(vm) ? -1 : 0;
}

/* ---- length ---- */

int64_t op_len(Vm *vm, Value o)
{
    if (value_is_obj(o)) {
        switch (value_obj(o)->shape) {
        case SHAPE_LIST_ID:
            return (int64_t)as_list(o)->len;
        case SHAPE_STR_ID:
            return as_str(o)->chars;
        case SHAPE_DICT_ID:
            return as_dict(o)->used;
        case SHAPE_TUPLE_ID:
            return (int64_t)as_tuple(o)->len;
        case SHAPE_BYTES_ID:
            return (int64_t)as_bytes(o)->len;
        default:
            break;
        }
    }
    bool missing;
    Value r = op_call_special(vm, o, SPECIAL_LEN, 0, NULL, &missing);
    if (missing) {
        raise_exc(vm, EXC_TypeError, "object of type '%T' has no len()", o);
        return -1;
    }
    if (value_is_empty(r))
        return -1;
    r = op_index(vm, r);
    if (value_is_empty(r))
        return -1;
    int64_t n;
    if (!int_to_i64(r, &n) || n < 0) {
        if (int_sign(r) < 0)
            raise_exc(vm, EXC_ValueError, "__len__() should return >= 0");
        else
            raise_exc(vm, EXC_OverflowError, "cannot fit 'int' into an index-sized integer");
        return -1;
    }
    return n;
}

int64_t op_length_hint(Vm *vm, Value o, int64_t dflt)
{
    Type *t = type_of(vm, o);
    bool missing;
    if (!value_is_empty(type_special(t, SPECIAL_LEN))) {
        int64_t n = op_len(vm, o);
        if (n >= 0 || !exc_pending_is(vm, EXC_TypeError))
            return n;
        exc_discard(vm);
    }
    Value r = op_call_special(vm, o, SPECIAL_LENGTH_HINT, 0, NULL, &missing);
    if (missing || value_is_not_implemented(r))
        return dflt;
    if (value_is_empty(r)) {
        if (!exc_pending_is(vm, EXC_TypeError))
            return -1;
        exc_discard(vm);
        return dflt;
    }
    int64_t n;
    if (!is_int(r)) {
        raise_exc(vm, EXC_TypeError, "__length_hint__ must be an integer, not %T", r);
        return -1;
    }
    if (!int_to_i64(r, &n) && int_sign(r) > 0) {
        raise_exc(vm, EXC_OverflowError, "Python int too large to convert to C ssize_t");
        return -1;
    }
    if (int_sign(r) < 0) {
        raise_exc(vm, EXC_ValueError, "__length_hint__() should return >= 0");
        return -1;
    }
    return n;
}

/* ---- iteration ---- */

static Value not_iterable(Vm *vm, Value v)
{
    return raise_exc(vm, EXC_TypeError, "'%T' object is not iterable", v);
}

Value op_iter_items(Vm *vm, Value v, bool asked)
{
    Type *t = type_of(vm, v);
    Value f = type_special(t, SPECIAL_GETITEM);
    if (value_is_empty(f) || is_type(v) || is_dict(v))
        return not_iterable(vm, v);
    if (asked && !is_func(f) && !is_native(f) && value_is_empty(attr_bind(vm, f, v, t))) {
        exc_discard(vm);
        return not_iterable(vm, v);
    }
    Iter *it = iter_new(vm, ITER_SEQUENCE, vm->types.iterator, v, 0, 0, 0);
    return it ? value_from_obj(it) : VALUE_ERROR;
}

Value op_iter(Vm *vm, Value v)
{
    Iter *it = NULL;
    if (is_exact(v, SHAPE_LIST_ID))
        it = iter_new(vm, ITER_LIST, vm->types.list_iterator, v, 0, 0, 0);
    else if (is_exact(v, SHAPE_TUPLE_ID))
        it = iter_new(vm, ITER_TUPLE, vm->types.tuple_iterator, v, 0, 0, 0);
    else if (is_exact(v, SHAPE_STR_ID))
        return str_m_iter(vm, v, NULL);
    else if (is_kind(v, KIND_ITER) && !(value_obj(v)->flags & OBJ_SUBCLASS))
        return v;
    else if (is_exact(v, SHAPE_DICT_ID))
        return dict_iter_new(vm, as_dict(v), ITER_DICT_KEYS);
    else if (is_dictview(v) && dict_view_is_plain(vm, v))
        return dict_iter_new(vm, as_dictview(v)->dict, ITER_DICT_KEYS + dict_view_what(v));
    else
        goto protocol;
    return it ? value_from_obj(it) : VALUE_ERROR;
protocol:;
    Type *t = type_of(vm, v);
    Value f = type_special(t, SPECIAL_ITER);
    bool missing;
    if (value_is_none(f))
        return not_iterable(vm, v);
    if (!value_is_empty(f)) {
        Value r = op_call_special(vm, v, SPECIAL_ITER, 0, NULL, &missing);
        if (value_is_empty(r))
            return r;
        if (value_is_empty(type_special(type_of(vm, r), SPECIAL_NEXT)))
            return raise_exc(vm, EXC_TypeError, "iter() returned non-iterator of type '%T'", r);
        return r;
    }
    return op_iter_items(vm, v, false);
}

static Value stop_value(Value stop)
{
    Value v = as_exc(stop)->extra[EXTRA_STOP_VALUE];
    return value_is_none(v) ? VALUE_EMPTY : v;
}

void op_end(Vm *vm)
{
    if (exc_pending_is(vm, EXC_StopIteration))
        vm->stop_value = stop_value(exc_take(vm));
}

bool op_next(Vm *vm, Value iter, Value *out)
{
    if (is_kind(iter, KIND_ITER) && LIKELY(!(value_obj(iter)->flags & OBJ_SUBCLASS))) {
        if (iter_next(vm, as_iter(iter), out))
            return true;
        if (!iter_is_of_iters(as_iter(iter)))
            vm->stop_value = VALUE_EMPTY;
        return false;
    }
    if (is_gen(iter) && !(value_obj(iter)->flags & (GEN_IS_COROUTINE | GEN_IS_ASYNC))) {
        GenStatus st = gen_resume(vm, as_gen(iter), VALUE_NONE, out);
        if (st == GEN_RETURNED)
            vm->stop_value = value_is_none(*out) ? VALUE_EMPTY : *out;
        return st == GEN_YIELDED;
    }
    Value f = type_special(type_of(vm, iter), SPECIAL_NEXT);
    if (is_native(f) && as_native(f)->direct == NATIVE_OF_SELF) {
        if (!vm_stack_ok(vm, " while calling a Python object"))
            return false;
        *out = native_direct(vm, as_native(f), iter, 0, NULL);
    } else {
        bool missing;
        *out = op_call_special(vm, iter, SPECIAL_NEXT, 0, NULL, &missing);
        if (missing) {
            raise_exc(vm, EXC_TypeError, "'%T' object is not an iterator", iter);
            return false;
        }
    }
    if (!value_is_empty(*out))
        return true;
    op_end(vm);
    return false;
}

int op_send(Vm *vm, Value it, Value sent, Value *out)
{
    bool missing = false;
    if (is_gen(it)) {
        GenStatus st = gen_resume(vm, as_gen(it), sent, out);
        return st == GEN_YIELDED ? 1 : st == GEN_RETURNED ? 0 : -1;
    }
    if (value_is_none(sent))
        *out = op_call_special(vm, it, SPECIAL_NEXT, 0, NULL, &missing);
    else
        *out = op_call_method(vm, it, vm->names.send, 1, &sent);
    if (!value_is_empty(*out))
        return 1;
    if (missing)
        raise_exc(vm, EXC_TypeError, "'%T' object is not an iterator", it);
    if (!exc_pending_is(vm, EXC_StopIteration))
        return -1;
    *out = stop_value(exc_take(vm));
    if (value_is_empty(*out))
        *out = VALUE_NONE;
    return 0;
}

bool op_each(Vm *vm, Value iterable, bool (*fn)(Vm *vm, Value item, void *ud), void *ud)
{
    Value it = op_iter(vm, iterable), v;
    if (value_is_empty(it))
        return false;
    if (gen_is_plain(it))
        return gen_each(vm, as_gen(it), fn, ud);
    for (unsigned i = 1; iter_step(vm, it, &v); i++) {
        if (!fn(vm, v, ud))
            return false;
        if (i % 256 == 0 && !vm_checkpoint(vm))
            return false;
    }
    return !vm_pending(vm);
}

Value op_list_of(Vm *vm, Value iterable)
{
    List *l = list_new(vm, 0);
    return l && list_extend(vm, l, iterable) ? value_from_obj(l) : VALUE_ERROR;
}

Value op_tuple_of(Vm *vm, Value iterable)
{
    if (is_exact(iterable, SHAPE_TUPLE_ID))
        return iterable;
    Value l = iterable;
    if (!is_exact(l, SHAPE_LIST_ID)) {
        l = op_list_of(vm, iterable);
        if (value_is_empty(l))
            return VALUE_ERROR;
    }
    Tuple *t = tuple_from(vm, list_items(as_list(l)), as_list(l)->len);
    return t ? value_from_obj(t) : VALUE_ERROR;
}
