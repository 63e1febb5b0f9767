/* SPDX-License-Identifier: MIT
 * Values to text, to integers and floats; isinstance; identity. */
#include "vm/ops.h"

#include "vm/buf.h"
#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"
#include "vm/text/strrepr.h"

/* ---- text ---- */

static Str *text_by_special(Vm *vm, Value v, Special s, const char *name)
{
    bool missing;
    if (!vm_stack_ok(vm, s == SPECIAL_REPR ? " while getting the repr of an object" : " while getting the str of an object"))
        return NULL;
    Value r = op_call_special(vm, v, s, 0, NULL, &missing);
    if (value_is_empty(r))
        return NULL;
    if (!is_str(r)) {
        raise_exc(vm, EXC_TypeError, "%s returned non-string (type %T)", name, r);
        return NULL;
    }
    return as_str(r);
}

Str *op_repr(Vm *vm, Value v)
{
    return text_by_special(vm, v, SPECIAL_REPR, "__repr__");
}

Str *op_str(Vm *vm, Value v)
{
    if (is_exact(v, SHAPE_STR_ID))
        return as_str(v);
    if (value_is_int48(v))
        return int_to_str(vm, v, 10);
    return text_by_special(vm, v, SPECIAL_STR, "__str__");
}

Str *op_ascii(Vm *vm, Value v)
{
    Str *s = op_repr(vm, v);
    if (!s || str_is_ascii(s))
        return s;
    Buf b;
    buf_init(&b, &vm->alloc);
    strrepr_escape_non_ascii(&b, str_data(s), s->len);
    return str_from_buf(vm, &b);
}

Str *op_format(Vm *vm, Value v, Str *spec)
{
    if (!spec || !spec->len) {
        if (is_exact(v, SHAPE_STR_ID))
            return as_str(v);
        if (value_is_int48(v) || value_is_double(v))
            return op_str(vm, v);
    } else if (value_is_int48(v) || value_is_double(v) || is_exact(v, SHAPE_STR_ID)) {
        Value r = value_is_int48(v) ? int_format_spec(vm, v, spec) : value_is_double(v) ? float_format_spec(vm, v, spec)
                                                                                        : str_format_spec(vm, v, spec);
        return value_is_empty(r) ? NULL : as_str(r);
    }
    Value arg = value_from_obj(spec ? spec : vm->empty_str);
    bool missing;
    Value r = op_call_special(vm, v, SPECIAL_FORMAT, 1, &arg, &missing);
    if (value_is_empty(r)) {
        if (missing)
            raise_exc(vm, EXC_TypeError, "Type %T doesn't define __format__", v);
        return NULL;
    }
    if (!is_str(r)) {
        raise_exc(vm, EXC_TypeError, "__format__ must return a str, not %T", r);
        return NULL;
    }
    return as_str(r);
}

int op_repr_enter(Vm *vm, Value v)
{
    Strand *s = vm->strand;
    for (uint32_t i = 0; i < s->repr_depth; i++)
        if (s->repr_stack[i] == v.bits)
            return 1;
    if (!vm_stack_ok(vm, " while getting the repr of an object"))
        return -1;
    if (s->repr_depth == s->repr_cap) {
        uint32_t cap = s->repr_cap ? s->repr_cap * 2 : 16;
        uint64_t *p = mem_resize(&vm->alloc, s->repr_stack, s->repr_cap * sizeof *p, cap * sizeof *p);
        if (!p) {
            raise_no_memory(vm);
            return -1;
        }
        s->repr_stack = p;
        s->repr_cap = cap;
    }
    s->repr_stack[s->repr_depth++] = v.bits;
    return 0;
}

void op_repr_leave(Vm *vm, Value v)
{
    Strand *s = vm->strand;
    while (s->repr_depth && s->repr_stack[--s->repr_depth] != v.bits) {
    }
}

/* ---- numbers ---- */

Value int_returned(Vm *vm, Value r, const char *method)
{
    if (value_is_int48(r) || is_exact(r, SHAPE_INT_ID) || !vm->hooks.warn)
        return int_exact(vm, r);
    Str *s = str_printf(vm, "%s returned non-int (type %T).  The ability to return an instance of a strict subclass of int is "
                        "deprecated, and may be removed in a future version of Python.", method, r);
    return s && vm->hooks.warn(vm, vm->exc[EXC_DeprecationWarning], str_data(s)) ? int_exact(vm, r) : VALUE_ERROR;
}

Value float_returned(Vm *vm, Value v, Value r)
{
    if (!is_float(r))
        return raise_exc(vm, EXC_TypeError, "%T.__float__ returned non-float (type %T)", v, r);
    if (value_is_double(r) || !vm->hooks.warn)
        return r;
    Str *s = str_printf(vm, "%T.__float__ returned non-float (type %T).  The ability to return an instance of a strict subclass "
                        "of float is deprecated, and may be removed in a future version of Python.", v, r);
    return s && vm->hooks.warn(vm, vm->exc[EXC_DeprecationWarning], str_data(s)) ? r : VALUE_ERROR;
}

Value op_index(Vm *vm, Value v)
{
    if (is_int(v))
        return int_exact(vm, v);
    bool missing;
    Value r = op_call_special(vm, v, SPECIAL_INDEX, 0, NULL, &missing);
    if (missing)
        return raise_exc(vm, EXC_TypeError, "'%T' object cannot be interpreted as an integer", v);
    if (!value_is_empty(r) && !is_int(r))
        return raise_exc(vm, EXC_TypeError, "__index__ returned non-int (type %T)", r);
    return value_is_empty(r) ? r : int_returned(vm, r, "__index__");
}

bool op_int64(Vm *vm, Value v, int64_t *out)
{
    if (value_is_int48(v)) {
        *out = value_int48(v);
        return true;
    }
    v = op_index(vm, v);
    if (value_is_empty(v))
        return false;
    if (int_to_i64(v, out))
        return true;
    raise_exc(vm, EXC_OverflowError, "Python int too large to convert to C long");
    return false;
}

bool op_index_clamped(Vm *vm, Value v, int64_t *out)
{
    v = op_index(vm, v);
    if (value_is_empty(v))
        return false;
    if (!int_to_i64(v, out))
        *out = int_sign(v) < 0 ? INT64_MIN : INT64_MAX;
    return true;
}

bool op_double(Vm *vm, Value v, double *out)
{
    if (is_float(v)) {
        *out = float_value(v);
        return true;
    }
    if (is_int(v) && !is_func(type_special(type_of(vm, v), SPECIAL_FLOAT)))
        return int_to_double(vm, v, out);
    bool missing;
    Value r = op_call_special(vm, v, SPECIAL_FLOAT, 0, NULL, &missing);
    if (missing) {
        if (value_is_empty(type_special(type_of(vm, v), SPECIAL_INDEX))) {
            raise_exc(vm, EXC_TypeError, "must be real number, not %T", v);
            return false;
        }
        r = op_index(vm, v);
        return !value_is_empty(r) && int_to_double(vm, r, out);
    }
    if (value_is_empty(r))
        return false;
    r = float_returned(vm, v, r);
    if (value_is_empty(r))
        return false;
    *out = float_value(r);
    return true;
}

/* ---- classes ---- */

#define TUPLES_DEEP 10000       /* as CPython, which would run out of C stack */

/* Tuples of tuples of classes. */
static int check_tuple(Vm *vm, Value v, const Tuple *classes, bool instance, unsigned depth)
{
    if (!vm_stack_ok(vm, instance ? " in __instancecheck__" : " in __subclasscheck__"))
        return -1;
    if (depth > TUPLES_DEEP) {
        raise_exc(vm, EXC_RecursionError, "maximum recursion depth exceeded in %s",
                  instance ? "__instancecheck__" : "__subclasscheck__");
        return -1;
    }
    for (size_t i = 0; i < classes->len; i++) {
        Value cls = classes->items[i];
        int r = is_tuple(cls) ? check_tuple(vm, v, as_tuple(cls), instance, depth + 1)
              : instance ? op_isinstance(vm, v, cls) : op_issubclass(vm, v, cls);
        if (r)
            return r;
    }
    return 0;
}

/* __instancecheck__ or __subclasscheck__ of a metaclass or of a union. -2: there is none to call. */
static int check_by_special(Vm *vm, Value v, Value cls, Special s)
{
    Type *meta = type_of(vm, cls);
    Value f = type_special(meta, s);
    if (value_is_empty(f) || (is_type(cls) && value_same(f, type_special(vm->types.type, s))))
        return -2;
    bool missing;
    Value r = op_call_special(vm, cls, s, 1, &v, &missing);
    return value_is_empty(r) ? -1 : op_truth(vm, r);
}

/* __bases__ as a tuple: what makes an object a class to isinstance() and issubclass(). NULL: none, or an exception
 * is pending. */
static Tuple *bases_of(Vm *vm, Value cls)
{
    Str *name = str_intern(vm, "__bases__", 9);
    Value bases = name ? attr_get_opt(vm, cls, name) : VALUE_EMPTY;
    return is_tuple(bases) ? as_tuple(bases) : NULL;
}

static bool check_class(Vm *vm, Value cls, const char *refusal)
{
    if (is_type(cls) || bases_of(vm, cls))
        return true;
    if (!vm_pending(vm))
        raise_type_error(vm, refusal);
    return false;
}

static int derives(Vm *vm, Value c, Value cls)
{
    if (!vm_stack_ok(vm, " in __subclasscheck__"))
        return -1;
    if (value_same(c, cls))
        return 1;
    Tuple *bases = bases_of(vm, c);
    if (!bases)
        return vm_pending(vm) ? -1 : 0;
    for (size_t i = 0; i < bases->len; i++) {
        int r = derives(vm, bases->items[i], cls);
        if (r)
            return r;
    }
    return 0;
}

int op_isinstance_plain(Vm *vm, Value v, Value cls)
{
    if (is_type(cls)) {
        Type *t = as_type(cls), *own = type_of(vm, v);
        if (value_is_a(vm, v, t))
            return 1;
        if (!(own->flags & (TYPE_HEAP | TYPE_CUSTOM_GETATTRIBUTE)))
            return 0;
        Value c = attr_get_opt(vm, v, vm->names.dunder_class);      /* __class__ may say something else */
        if (value_is_empty(c))
            return vm_pending(vm) ? -1 : 0;
        return is_type(c) && as_type(c) != own && type_is_subtype(as_type(c), t);
    }
    if (!check_class(vm, cls, "isinstance() arg 2 must be a type, a tuple of types, or a union"))
        return -1;
    Value c = attr_get_opt(vm, v, vm->names.dunder_class);
    return value_is_empty(c) ? (vm_pending(vm) ? -1 : 0) : derives(vm, c, cls);
}

int op_issubclass_plain(Vm *vm, Value c, Value cls)
{
    if (is_type(c) && is_type(cls))
        return type_is_subtype(as_type(c), as_type(cls));
    if (!check_class(vm, c, "issubclass() arg 1 must be a class") ||
        !check_class(vm, cls, "issubclass() arg 2 must be a class, a tuple of classes, or a union"))
        return -1;
    return derives(vm, c, cls);
}

int op_isinstance(Vm *vm, Value v, Value cls)
{
    if (is_type(cls) && type_of(vm, v) == as_type(cls))
        return 1;
    if (is_tuple(cls))
        return check_tuple(vm, v, as_tuple(cls), true, 0);
    int r = check_by_special(vm, v, cls, SPECIAL_INSTANCECHECK);
    return r != -2 ? r : op_isinstance_plain(vm, v, cls);
}

int op_issubclass(Vm *vm, Value c, Value cls)
{
    if (is_tuple(cls))
        return check_tuple(vm, c, as_tuple(cls), false, 0);
    int r = check_by_special(vm, c, cls, SPECIAL_SUBCLASSCHECK);
    return r != -2 ? r : op_issubclass_plain(vm, c, cls);
}

Value op_id(Vm *vm, Value v)
{
    return int_new_u64(vm, v.bits);     /* objects never move */
}
