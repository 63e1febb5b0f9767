/* SPDX-License-Identifier: MIT
 * weakref.ref. */
#include "vm/weak.h"

#include "vm/code.h"
#include "vm/objects/core.h"
#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/str.h"
#include "vm/ops.h"
#include "vm/signature.h"

/* True: between low and high of them. */
static bool count_args(Vm *vm, const char *name, uint32_t low, uint32_t high, uint32_t given)
{
    if (given >= low && given <= high)
        return true;
    uint32_t want = given < low ? low : high;
    raise_exc(vm, EXC_TypeError, "%s expected %s%u argument%s, got %u", name,
              low == high ? "" : given < low ? "at least " : "at most ", want, want == 1 ? "" : "s", given);
    return false;
}

static Value ref_m_new(Vm *vm, Value self, const Args *args)
{
    Type *cls = as_type(self);
    Value target = args->nrest ? args->rest[0] : VALUE_EMPTY, callback = args->nrest > 1 ? args->rest[1] : VALUE_EMPTY;
    if (!count_args(vm, "__new__", 1, 2, args->nrest))
        return VALUE_ERROR;
    if (cls == vm->types.weakref && dict_len(as_dict(args->v[0])))
        return raise_exc(vm, EXC_TypeError, "ref() takes no keyword arguments");
    if (!weak_allowed(vm, target))
        return raise_exc(vm, EXC_TypeError, "cannot create weak reference to '%T' object", target);
    if (value_is_none(callback))
        callback = VALUE_EMPTY;
    bool share = value_is_empty(callback) && cls == vm->types.weakref;
    WeakRef *r = weak_new(vm, cls, value_obj(target), callback, share);
    return r ? value_from_obj(r) : VALUE_ERROR;
}

static Value ref_m_init(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (!count_args(vm, "__init__", 1, 2, args->nrest))
        return VALUE_ERROR;
    return VALUE_NONE;
}

static Value ref_m_call(Vm *vm, Value self, const Args *args)
{
    const WeakRef *r = as_weakref(self);
    if (dict_len(as_dict(args->v[0])))
        return raise_exc(vm, EXC_TypeError, "weakref() takes no keyword arguments");
    if (!count_args(vm, "weakref", 0, 0, args->nrest))
        return VALUE_ERROR;
    return r->target ? value_from_obj(r->target) : VALUE_NONE;
}

static Value ref_m_hash(Vm *vm, Value self, const Args *args)
{
    WeakRef *r = as_weakref(self);
    (void)args;
    if (r->hash == -1) {
        if (!r->target)
            return raise_exc(vm, EXC_TypeError, "weak object has gone away");
        int64_t hash;
        if (!op_hash(vm, value_from_obj(r->target), &hash))
            return VALUE_ERROR;
        r->hash = hash;
    }
    return int_new(vm, r->hash);
}

static Value ref_compare(Vm *vm, Value a, Value b, unsigned how)
{
    if (!is_weakref(b) || !value_is_a(vm, b, vm->types.weakref))
        return VALUE_NOT_IMPLEMENTED;
    Value ta = weak_target(as_weakref(a)), tb = weak_target(as_weakref(b));
    if (value_is_empty(ta) || value_is_empty(tb))
        return value_from_bool(value_same(a, b) == (how == COMPARE_EQ));
    return op_compare(vm, how, ta, tb);
}

static Value ref_m_eq(Vm *vm, Value self, const Args *args)
{
    return ref_compare(vm, self, args->v[0], COMPARE_EQ);
}

static Value ref_m_ne(Vm *vm, Value self, const Args *args)
{
    return ref_compare(vm, self, args->v[0], COMPARE_NE);
}

/* Its qualified name, with the module unless that is the script or built in. */
static Str *weakref_type_name(Vm *vm, Value o)
{
    Type *t = type_of(vm, o);
    Value module = dict_get_str(vm, type_dict(vm, t), vm->names.dunder_module);
    return is_str(module) && str_is(as_str(module), "__main__") ? as_str(t->qualname) : type_full_name(vm, t);
}

static Value ref_m_repr(Vm *vm, Value self, const Args *args)
{
    const WeakRef *r = as_weakref(self);
    void *at = (void *)(uintptr_t)self.bits;
    Str *s;
    (void)args;
    if (!r->target) {
        s = str_printf(vm, "<weakref at %p; dead>", at);
    } else {
        Value o = value_from_obj(r->target), name = attr_get_opt(vm, o, vm->names.dunder_name);
        if (value_is_empty(name) && vm_pending(vm))
            exc_discard(vm);            /* a __getattr__ that knows no AttributeError */
        void *to = (void *)(uintptr_t)o.bits;
        Str *type = weakref_type_name(vm, o);
        s = !type ? NULL : is_str(name) ? str_printf(vm, "<weakref at %p; to '%S' at %p (%S)>", at, type, to, as_str(name))
                                        : str_printf(vm, "<weakref at %p; to '%S' at %p>", at, type, to);
    }
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static const MethodDef ref_methods[] = {
    METHOD(ref, new, "__new__(*args, **kwargs)", "A reference that does not keep its object alive."),
    METHOD(ref, init, "__init__(*args, **kwargs)", "Initialize self."),
    METHOD(ref, call, "__call__(*args, **kwargs)", "The object, None when it died."),
    METHOD(ref, hash, "__hash__()", "Return hash(self): that of the object."),
    METHOD(ref, eq, "__eq__(value, /)", "Return self==value."),
    METHOD(ref, ne, "__ne__(value, /)", "Return self!=value."),
    METHOD(ref, repr, "__repr__()", "Return repr(self)."),
    { 0 }
};

static Value ref_g_callback(Vm *vm, Value self)
{
    const WeakRef *r = as_weakref(self);
    (void)vm;
    return r->target && !value_is_empty(r->callback) ? r->callback : VALUE_NONE;
}

static const GetSetDef ref_getsets[] = {
    { "__callback__", "What will be called when the object dies.", ref_g_callback, NULL },
    { 0 }
};

static const TypeDef ref_def = { .name = "weakref.ReferenceType", .layout = LAYOUT(WEAKREF), .methods = ref_methods,
                                 .getsets = ref_getsets, .flags = TYPE_BASE };

bool weak_types_init(Vm *vm)
{
    vm->types.weakref = type_from_def(vm, &ref_def, vm->types.object);
    return vm->types.weakref != NULL;
}
