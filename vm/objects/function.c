/* SPDX-License-Identifier: MIT
 * The types of callables: function, bound method, built-in function and method descriptor, code, cell. */
#include "vm/objects/core.h"

#include "vm/frame.h"
#include "vm/objects/dict.h"
#include "vm/objects/dict_types.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/reduce.h"
#include "vm/objects/str.h"
#include "vm/signature.h"

static Value text(Str *s)
{
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value or_none(Value v)
{
    return value_is_empty(v) ? VALUE_NONE : v;
}

static void *address(Value v)
{
    return (void *)(uintptr_t)v.bits;
}

/* ---- function ---- */

static Value function_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return text(str_printf(vm, "<function %S at %p>", as_str(as_func(self)->qualname), address(self)));
}

static Value function_m_get(Vm *vm, Value self, const Args *args)
{
    if (!get_args_ok(vm, args))
        return VALUE_ERROR;
    return value_is_none(args->v[0]) ? self : method_new(vm, self, args->v[0]);
}

static Value function_m_call(Vm *vm, Value self, const Args *args)
{
    Tuple *t = tuple_from(vm, args->rest, args->nrest);
    return t ? op_call_ex(vm, self, t, as_dict(args->v[0])) : VALUE_ERROR;
}
#define method_m_call function_m_call
#define builtin_m_call function_m_call

static bool optional(Value v, bool (*is)(Value v))
{
    return value_is_empty(v) || value_is_none(v) || is(v);
}

/* FunctionType(code, globals, name=None, argdefs=None, closure=None, kwdefaults=None) */
static Value function_m_new(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (!is_code(args->v[0]) || !is_dict(args->v[1]))
        return raise_exc(vm, EXC_TypeError, "function() argument '%s' must be %s, not %B", is_code(args->v[0]) ?
                         "globals" : "code",
                     is_code(args->v[0]) ? "dict" : "code", is_code(args->v[0]) ? args->v[1] : args->v[0]);
    Code *code = as_code(args->v[0]);
    const char *wrong = !optional(args->v[2], is_str) ? "3 (name) must be None or string"
                      : !optional(args->v[3], is_tuple) ? "4 (defaults) must be None or tuple" : NULL;
    if (wrong)
        return raise_exc(vm, EXC_TypeError, "arg %s", wrong);
    if (!dict_make_cells(vm, as_dict(args->v[1])))
        return VALUE_ERROR;
    if (!is_tuple(args->v[4]) && (code->ncaptures || !(value_is_none(args->v[4]) || value_is_empty(args->v[4]))))
        return raise_type_error(vm, code->ncaptures ? "arg 5 (closure) must be tuple" : "arg 5 (closure) must be None or tuple");
    size_t ncells = is_tuple(args->v[4]) ? as_tuple(args->v[4])->len : 0;
    if (ncells != code->ncaptures)
        return raise_exc(vm, EXC_ValueError, "%S requires closure of length %u, not %zu", code->name, code->ncaptures, ncells);
    if (!optional(args->v[5], is_dict))
        return raise_type_error(vm, "arg 6 (kwdefaults) must be None or dict");
    Value v = func_new(vm, code, as_dict(args->v[1]));
    if (value_is_empty(v))
        return v;
    Func *f = as_func(v);
    for (size_t i = 0; i < ncells; i++) {
        if (!is_cell(as_tuple(args->v[4])->items[i]))
            return raise_exc(vm, EXC_TypeError, "arg 5 (closure) expected cell, found %T", as_tuple(args->v[4])->items[i]);
        f->cells[i] = as_cell(as_tuple(args->v[4])->items[i]);
    }
    if (is_str(args->v[2]))
        f->name = args->v[2];
    if (is_tuple(args->v[3]))
        f->defaults = args->v[3];
    if (is_dict(args->v[5]))
        f->kwdefaults = args->v[5];
    return v;
}

static const MethodDef function_methods[] = {
    METHOD(function, new, "__new__(code, globals, name=None, argdefs=None, closure=None, kwdefaults=None)",
           "Create a function from a code object and globals."),
    METHOD(function, repr, "__repr__()", "Return repr(self)."),
    METHOD(function, get, "__get__(instance, owner=None, /)", "Bind to an instance."),
    METHOD(function, call, "__call__(*args, **kwargs)", "Run it with these arguments."),
    { 0 }
};

static Value function_g_name(Vm *vm, Value self)
{
    (void)vm;
    return as_func(self)->name;
}

static Value function_g_qualname(Vm *vm, Value self)
{
    (void)vm;
    return as_func(self)->qualname;
}

static bool set_text(Vm *vm, Value self, Value v, Value *slot, const char *name)
{
    if (!is_str(v)) {
        raise_exc(vm, EXC_TypeError, "%s must be set to a string object", name);
        return false;
    }
    heap_set(vm, as_func(self), slot, v);
    return true;
}

static bool function_s_name(Vm *vm, Value self, Value v)
{
    return set_text(vm, self, v, &as_func(self)->name, "__name__");
}

static bool function_s_qualname(Vm *vm, Value self, Value v)
{
    return set_text(vm, self, v, &as_func(self)->qualname, "__qualname__");
}

static Value function_g_module(Vm *vm, Value self)
{
    Func *f = as_func(self);
    return value_is_empty(f->module) ? or_none(dict_get_str(vm, f->globals, vm->names.dunder_name)) : f->module;
}

static bool function_s_module(Vm *vm, Value self, Value v)
{
    heap_set(vm, as_func(self), &as_func(self)->module, or_none(v));
    return true;
}

static Value function_g_doc(Vm *vm, Value self)
{
    Func *f = as_func(self);
    if (!value_is_empty(f->doc))
        return f->doc;
    return f->code->flags & CODE_HAS_DOCSTRING ? code_doc(vm, f->code) : VALUE_NONE;
}

static bool function_s_doc(Vm *vm, Value self, Value v)
{
    heap_set(vm, as_func(self), &as_func(self)->doc, or_none(v));
    return true;
}

static Value function_g_code(Vm *vm, Value self)
{
    (void)vm;
    return value_from_obj(as_func(self)->code);
}

static bool function_s_code(Vm *vm, Value self, Value v)
{
    Func *f = as_func(self);
    if (!is_code(v)) {
        raise_exc(vm, EXC_TypeError, "__code__ must be set to a code object");
        return false;
    }
    if (as_code(v)->ncaptures != f->code->ncaptures) {
        raise_exc(vm, EXC_ValueError, "%S() requires a code object with %u free vars, not %u", as_str(f->name),
                  f->code->ncaptures,
              as_code(v)->ncaptures);
        return false;
    }
    Code *code = as_code(v);
    if ((code->flags ^ f->code->flags) & (CODE_GENERATOR | CODE_COROUTINE) && vm->hooks.warn
        && !vm->hooks.warn(vm, vm->exc[EXC_DeprecationWarning], "Assigning a code object of non-matching type is "
                           "deprecated (e.g., from a generator to a plain function)"))
        return false;
    if (code->bound_globals && code->bound_globals != f->globals && !(code = code_clone(vm, code)))
        return false;
    heap_set_ptr(vm, code, &code->bound_globals, f->globals);
    heap_set_ptr(vm, f, &f->code, code);
    return true;
}

static Value function_g_defaults(Vm *vm, Value self)
{
    (void)vm;
    return or_none(as_func(self)->defaults);
}

static bool function_s_defaults(Vm *vm, Value self, Value v)
{
    if (!value_is_empty(v) && !value_is_none(v) && !is_tuple(v)) {
        raise_exc(vm, EXC_TypeError, "__defaults__ must be set to a tuple object");
        return false;
    }
    heap_set(vm, as_func(self), &as_func(self)->defaults, value_is_none(v) ? VALUE_EMPTY : v);
    return true;
}

static Value function_g_kwdefaults(Vm *vm, Value self)
{
    (void)vm;
    return or_none(as_func(self)->kwdefaults);
}

static bool function_s_kwdefaults(Vm *vm, Value self, Value v)
{
    if (!value_is_empty(v) && !value_is_none(v) && !is_dict(v)) {
        raise_exc(vm, EXC_TypeError, "__kwdefaults__ must be set to a dict object");
        return false;
    }
    heap_set(vm, as_func(self), &as_func(self)->kwdefaults, value_is_none(v) ? VALUE_EMPTY : v);
    return true;
}

static Value function_g_annotations(Vm *vm, Value self)
{
    Func *f = as_func(self);
    if (is_func(f->annotations)) {
        Value d = op_call0(vm, f->annotations);
        if (value_is_empty(d))
            return d;
        heap_set(vm, f, &f->annotations, d);
    } else if (value_is_empty(f->annotations)) {
        Dict *d = dict_new(vm);
        if (!d)
            return VALUE_ERROR;
        heap_set(vm, f, &f->annotations, value_from_obj(d));
    }
    return f->annotations;
}

static bool function_s_annotations(Vm *vm, Value self, Value v)
{
    if (!value_is_empty(v) && !value_is_none(v) && !is_dict(v)) {
        raise_exc(vm, EXC_TypeError, "__annotations__ must be set to a dict object");
        return false;
    }
    heap_set(vm, as_func(self), &as_func(self)->annotations, value_is_none(v) ? VALUE_EMPTY : v);
    return true;
}

static Value function_g_closure(Vm *vm, Value self)
{
    Func *f = as_func(self);
    if (!f->code->ncaptures)
        return VALUE_NONE;
    Tuple *t = tuple_new(vm, f->code->ncaptures);
    if (!t)
        return VALUE_ERROR;
    for (uint32_t i = 0; i < f->code->ncaptures; i++)
        t->items[i] = value_from_obj(f->cells[i]);
    return value_from_obj(t);
}

static Value function_g_globals(Vm *vm, Value self)
{
    (void)vm;
    return value_from_obj(as_func(self)->globals);
}

static Value function_g_builtins(Vm *vm, Value self)
{
    (void)vm;
    return value_from_obj(as_func(self)->builtins);
}

static bool function_s_readonly(Vm *vm, Value self, Value v)
{
    (void)self;
    (void)v;
    raise_exc(vm, EXC_AttributeError, "readonly attribute");
    return false;
}

static Value function_g_dict(Vm *vm, Value self)
{
    Dict *d = attr_dict(vm, self);
    return d ? value_from_obj(d) : VALUE_ERROR;
}

static bool function_s_dict(Vm *vm, Value self, Value v)
{
    if (!is_dict(v)) {
        raise_exc(vm, EXC_TypeError, "__dict__ must be set to a dictionary, not a '%T'", value_is_empty(v) ? VALUE_NONE : v);
        return false;
    }
    heap_set(vm, as_func(self), &as_func(self)->dict, v);
    return true;
}

static Value function_g_type_params(Vm *vm, Value self)
{
    Value v = as_func(self)->type_params;
    return value_is_empty(v) ? value_from_obj(vm->empty_tuple) : v;
}

static bool function_s_type_params(Vm *vm, Value self, Value v)
{
    if (!is_tuple(v)) {
        raise_exc(vm, EXC_TypeError, "__type_params__ must be set to a tuple");
        return false;
    }
    heap_set(vm, as_func(self), &as_func(self)->type_params, v);
    return true;
}

static const GetSetDef function_getsets[] = {
    { "__name__", "The function's name.", function_g_name, function_s_name },
    { "__qualname__", "Its dotted name.", function_g_qualname, function_s_qualname },
    { "__module__", "The module it was defined in.", function_g_module, function_s_module },
    { "__doc__", "Its docstring.", function_g_doc, function_s_doc },
    { "__code__", "Its code object.", function_g_code, function_s_code },
    { "__defaults__", "Default values of positional parameters, a tuple or None.", function_g_defaults, function_s_defaults },
    { "__kwdefaults__", "Default values of keyword-only parameters, a dict or None.", function_g_kwdefaults,
      function_s_kwdefaults },
    { "__annotations__", "Annotations by parameter name.", function_g_annotations, function_s_annotations },
    { "__closure__", "Cells of its free variables, a tuple or None.", function_g_closure, function_s_readonly },
    { "__globals__", "The globals it runs in.", function_g_globals, function_s_readonly },
    { "__builtins__", "The built-ins it sees.", function_g_builtins, function_s_readonly },
    { "__dict__", "Attributes set on it.", function_g_dict, function_s_dict },
    { "__type_params__", "Its type parameters.", function_g_type_params, function_s_type_params },
    { 0 }
};

/* ---- bound method ---- */

static Value method_m_new(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (!op_callable(vm, args->v[0]))
        return raise_exc(vm, EXC_TypeError, "first argument must be callable");
    if (value_is_none(args->v[1]))
        return raise_exc(vm, EXC_TypeError, "instance must not be None");
    return method_new(vm, args->v[0], args->v[1]);
}

static Value method_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Method *m = as_method(self);
    Value q = attr_get_opt(vm, m->func, vm->names.dunder_qualname);
    if (!is_str(q))
        q = attr_get_opt(vm, m->func, vm->names.dunder_name);
    exc_discard(vm);
    if (is_str(q))
        return text(str_printf(vm, "<bound method %S of %R>", as_str(q), m->self));
    return text(str_printf(vm, "<bound method ? of %R>", m->self));
}

static Value method_m_eq(Vm *vm, Value self, const Args *args)
{
    if (!is_method(args->v[0]))
        return VALUE_NOT_IMPLEMENTED;
    Method *a = as_method(self), *b = as_method(args->v[0]);
    int eq = op_equal(vm, a->func, b->func);
    return eq < 0 ? VALUE_ERROR : value_from_bool(eq && value_same(a->self, b->self));
}

static Value method_m_hash(Vm *vm, Value self, const Args *args)
{
    (void)args;
    int64_t h;
    Method *m = as_method(self);
    if (!op_hash(vm, m->func, &h))
        return VALUE_ERROR;
    return int_new(vm, h ^ (int64_t)(m->self.bits >> 4));
}

static Value method_m_getattribute(Vm *vm, Value self, const Args *args)
{
    Str *name = as_str(args->v[0]);
    Value own = type_lookup(vm, vm->types.method, name);
    if (!value_is_empty(own))
        return attr_generic_get(vm, self, name);
    return attr_get(vm, as_method(self)->func, name);
}

static Value method_m_get(Vm *vm, Value self, const Args *args)
{
    return get_args_ok(vm, args) ? self : VALUE_ERROR;
}

static Value method_m_reduce(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Value name = attr_get(vm, as_method(self)->func, vm->names.dunder_name);
    return value_is_empty(name) ? name : reduce_attribute(vm, as_method(self)->self, name);
}

static const MethodDef method_methods[] = {
    METHOD(method, new, "__new__(function, instance, /)", "Create a bound instance method."),
    METHOD(method, repr, "__repr__()", "Return repr(self)."),
    METHOD(method, eq, "__eq__(value, /)", "Return self==value."),
    METHOD(method, hash, "__hash__()", "Return hash(self)."),
    REDUCE_METHOD(method),
    METHOD(method, get, "__get__(instance, owner=None, /)", "Bound already: itself."),
    METHOD(method, call, "__call__(*args, **kwargs)", "Run it with these arguments."),
    METHOD(method, getattribute, "__getattr__(name: str, /)", "Attributes of the function."),
    { 0 }
};

static Value method_g_func(Vm *vm, Value self)
{
    (void)vm;
    return as_method(self)->func;
}

static Value method_g_self(Vm *vm, Value self)
{
    (void)vm;
    return as_method(self)->self;
}

static Value method_g_doc(Vm *vm, Value self)
{
    return attr_get(vm, as_method(self)->func, vm->names.dunder_doc);
}

static Value method_g_module(Vm *vm, Value self)
{
    return attr_get(vm, as_method(self)->func, vm->names.dunder_module);
}

static const GetSetDef method_getsets[] = {
    { "__func__", "The function.", method_g_func, NULL },
    { "__self__", "The instance it is bound to.", method_g_self, NULL },
    { "__doc__", "The function's docstring.", method_g_doc, NULL },
    { "__module__", "The function's module.", method_g_module, NULL },
    { 0 }
};

/* ---- natives ---- */

static Str *native_name(Vm *vm, Value self)
{
    const char *sig = as_native(self)->def->signature;
    return str_intern(vm, sig, signature_name_len(sig));
}

static Value builtin_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Native *n = as_native(self);
    Str *name = native_name(vm, self);
    if (!name)
        return VALUE_ERROR;
    if (n->owner && value_is_empty(n->self) && (n->h.flags & NATIVE_IS_NEW || n->def->flags & NATIVE_STATIC))
        return text(str_printf(vm, "<built-in method %S of type object at %p>", name, (void *)n->owner));
    if (n->owner && value_is_empty(n->self)) {
        return text(str_printf(vm, n->h.flags & NATIVE_IS_SLOT ? "<slot wrapper '%S' of '%s' objects>"
                                                               : "<method '%S' of '%s' objects>", name,
                               type_name(n->owner)));
    }
    if (value_is_empty(n->self) || is_module(n->self))
        return text(str_printf(vm, "<built-in function %S>", name));
    if (n->h.flags & NATIVE_IS_SLOT)
        return text(str_printf(vm, "<method-wrapper '%S' of %T object at %p>", name, n->self, address(n->self)));
    if (is_type(n->self))
        return text(str_printf(vm, "<built-in method %S of type object at %p>", name, address(n->self)));
    return text(str_printf(vm, "<built-in method %S of %T object at %p>", name, n->self, address(n->self)));
}

static Value builtin_m_eq(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    if (!is_native(args->v[0]))
        return VALUE_NOT_IMPLEMENTED;
    Native *a = as_native(self), *b = as_native(args->v[0]);
    return value_from_bool(a->def == b->def && value_same(a->self, b->self) && a->owner == b->owner && a->ud == b->ud);
}

static Value builtin_m_hash(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Native *n = as_native(self);
    return int_new(vm, (int64_t)((uintptr_t)n->def >> 4 ^ n->self.bits >> 4));
}

static Value builtin_m_get(Vm *vm, Value self, const Args *args)
{
    if (!get_args_ok(vm, args))
        return VALUE_ERROR;
    return attr_bind(vm, self, value_is_none(args->v[0]) ? VALUE_EMPTY : args->v[0], type_of(vm, args->v[0]));
}

/* A function of a module goes by its name, a bound method by its object. */
static Value builtin_m_reduce(Vm *vm, Value self, const Args *args)
{
    Native *n = as_native(self);
    Str *name = native_name(vm, self);
    (void)args;
    if (!name || (value_is_empty(n->self) && !n->owner) || is_module(n->self))
        return text(name);
    return reduce_attribute(vm, value_is_empty(n->self) ? value_from_obj(n->owner) : n->self, value_from_obj(name));
}

static const MethodDef builtin_methods[] = {
    METHOD(builtin, repr, "__repr__()", "Return repr(self)."),
    METHOD(builtin, eq, "__eq__(value, /)", "Return self==value."),
    METHOD(builtin, hash, "__hash__()", "Return hash(self)."),
    REDUCE_METHOD(builtin),
    METHOD(builtin, call, "__call__(*args, **kwargs)", "Run it with these arguments."),
    { 0 }
};

static const MethodDef method_descriptor_methods[] = {
    METHOD(builtin, repr, "__repr__()", "Return repr(self)."),
    METHOD(builtin, eq, "__eq__(value, /)", "Return self==value."),
    METHOD(builtin, hash, "__hash__()", "Return hash(self)."),
    METHOD(builtin, get, "__get__(instance, owner=None, /)", "Bind to an instance."),
    REDUCE_METHOD(builtin),
    METHOD(builtin, call, "__call__(*args, **kwargs)", "Run it with these arguments."),
    { 0 }
};

static Value builtin_g_name(Vm *vm, Value self)
{
    return text(native_name(vm, self));
}

static Value builtin_g_qualname(Vm *vm, Value self)
{
    Native *n = as_native(self);
    Str *name = native_name(vm, self);
    if (!name || !n->owner)
        return text(name);
    if (!value_is_empty(n->self) && !(n->h.flags & NATIVE_IS_SLOT)) {
        Type *t = is_type(n->self) ? as_type(n->self) : type_of(vm, n->self);
        return text(str_printf(vm, "%V.%S", t->qualname, name));
    }
    return text(str_printf(vm, "%s.%S", type_short_name(n->owner), name));
}

static Value builtin_g_doc(Vm *vm, Value self)
{
    const char *doc = as_native(self)->def->doc;
    return doc ? text(str_cstr(vm, doc)) : VALUE_NONE;
}

static Value builtin_g_module(Vm *vm, Value self)
{
    Native *n = as_native(self);
    (void)vm;
    return n->owner ? VALUE_NONE : or_none(n->module);
}

static Value builtin_g_self(Vm *vm, Value self)
{
    Native *n = as_native(self);
    if (!value_is_empty(n->self))
        return n->self;
    if (n->owner)
        return value_from_obj(n->owner);
    return or_none(dict_get_str(vm, vm->modules, is_str(n->module) ? as_str(n->module) : vm->names.builtins));
}

static Value builtin_g_signature(Vm *vm, Value self)
{
    const Native *n = as_native(self);
    const char *sig = n->def->signature;
    bool is_static = n->def->flags & NATIVE_STATIC, is_new = n->h.flags & NATIVE_IS_NEW;
    if (is_new || (n->owner && !strncmp(sig, "__init__(", 9)))
        return text(str_cstr(vm, is_new ? "($type, *args, **kwargs)" : "($self, /, *args, **kwargs)"));
    return signature_text(vm, sig, n->def->flags & NATIVE_CLASS ? "$type" : is_static ? NULL : n->owner ? "$self" : "$module");
}

static Value builtin_g_objclass(Vm *vm, Value self)
{
    (void)vm;
    Native *n = as_native(self);
    return n->owner ? value_from_obj(n->owner) : VALUE_NONE;
}

static const GetSetDef builtin_getsets[] = {
    { "__name__", "The function's name.", builtin_g_name, NULL },
    { "__qualname__", "Its dotted name.", builtin_g_qualname, NULL },
    { "__doc__", "Its docstring.", builtin_g_doc, NULL },
    { "__module__", "The module it belongs to.", builtin_g_module, NULL },
    { "__self__", "What it is bound to.", builtin_g_self, NULL },
    { "__text_signature__", "Its parameters as text.", builtin_g_signature, NULL },
    { 0 }
};

static const GetSetDef method_wrapper_getsets[] = {
    { "__name__", "The method's name.", builtin_g_name, NULL },
    { "__qualname__", "Its dotted name.", builtin_g_qualname, NULL },
    { "__doc__", "Its docstring.", builtin_g_doc, NULL },
    { "__objclass__", "The type that defines it.", builtin_g_objclass, NULL },
    { "__self__", "What it is bound to.", builtin_g_self, NULL },
    { "__text_signature__", "Its parameters as text.", builtin_g_signature, NULL },
    { 0 }
};

static const GetSetDef method_descriptor_getsets[] = {
    { "__name__", "The method's name.", builtin_g_name, NULL },
    { "__qualname__", "Its dotted name.", builtin_g_qualname, NULL },
    { "__doc__", "Its docstring.", builtin_g_doc, NULL },
    { "__objclass__", "The type that defines it.", builtin_g_objclass, NULL },
    { "__text_signature__", "Its parameters as text.", builtin_g_signature, NULL },
    { 0 }
};

/* ---- cell ---- */

static Value cell_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Value v = as_cell(self)->value;
    if (value_is_empty(v))
        return text(str_printf(vm, "<cell at %p: empty>", address(self)));
    return text(str_printf(vm, "<cell at %p: %T object at %p>", address(self), v, address(v)));
}

static Value cell_m_new(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Cell *c = heap_alloc(vm, sizeof *c, KIND_CELL, SHAPE_CELL_ID, 0);
    if (!c)
        return VALUE_ERROR;
    c->value = args->v[0];
    return value_from_obj(c);
}

/* An empty cell is less than a full one. */
static Value cell_compare(Vm *vm, Value self, Value other, unsigned how)
{
    if (!is_cell(other))
        return VALUE_NOT_IMPLEMENTED;
    Value a = as_cell(self)->value, b = as_cell(other)->value;
    if (!value_is_empty(a) && !value_is_empty(b))
        return op_compare(vm, how, a, b);
    return op_compare(vm, how, value_from_int48(!value_is_empty(a)), value_from_int48(!value_is_empty(b)));
}
#define CELL_COMPARE(name, HOW)                                                     \
    static Value cell_m_##name(Vm *vm, Value self, const Args *args)                \
    {                                                                               \
        return cell_compare(vm, self, args->v[0], COMPARE_##HOW);                   \
    }
CELL_COMPARE(eq, EQ)
CELL_COMPARE(ne, NE)
CELL_COMPARE(lt, LT)
CELL_COMPARE(le, LE)
CELL_COMPARE(gt, GT)
CELL_COMPARE(ge, GE)
#undef CELL_COMPARE

static const MethodDef cell_methods[] = {
    METHOD(cell, eq, "__eq__(value, /)", "Return self==value."),
    METHOD(cell, ne, "__ne__(value, /)", "Return self!=value."),
    METHOD(cell, lt, "__lt__(value, /)", "Return self<value."),
    METHOD(cell, le, "__le__(value, /)", "Return self<=value."),
    METHOD(cell, gt, "__gt__(value, /)", "Return self>value."),
    METHOD(cell, ge, "__ge__(value, /)", "Return self>=value."),
    METHOD(cell, new, "__new__(contents=..., /)", "Create a new cell object."),
    METHOD(cell, repr, "__repr__()", "Return repr(self)."),
    { 0 }
};

static Value cell_g_contents(Vm *vm, Value self)
{
    Value v = as_cell(self)->value;
    return value_is_empty(v) ? raise_exc(vm, EXC_ValueError, "Cell is empty") : v;
}

static bool cell_s_contents(Vm *vm, Value self, Value v)
{
    heap_set(vm, as_cell(self), &as_cell(self)->value, v);
    return true;
}

static const GetSetDef cell_getsets[] = { { "cell_contents", "What the cell holds.", cell_g_contents, cell_s_contents }, { 0 } };

bool function_types_init(Vm *vm)
{
    static const TypeDef function_def = { .name = "function", .doc = "What def and lambda make.",
        .layout = LAYOUT(FUNC), .methods = function_methods,
        .getsets = function_getsets, .flags = TYPE_HAS_DICT | TYPE_METHOD_DESCR | TYPE_WEAKREFS, .shape_id = SHAPE_FUNCTION_ID };
    static const TypeDef method_def = { .name = "method", .doc = "A function bound to an object.",
        .layout = LAYOUT(METHOD), .methods = method_methods, .getsets = method_getsets, .flags = TYPE_WEAKREFS,
        .shape_id = SHAPE_METHOD_ID };
    static const TypeDef builtin_def = { .name = "builtin_function_or_method", .layout = LAYOUT(NATIVE),
        .methods = builtin_methods, .getsets = builtin_getsets, .flags = TYPE_DISALLOW_NEW | TYPE_WEAKREFS };
    static const TypeDef descriptor_def = { .name = "method_descriptor", .layout = LAYOUT(NATIVE),
        .methods = method_descriptor_methods, .getsets = method_descriptor_getsets,
            .flags = TYPE_METHOD_DESCR | TYPE_DISALLOW_NEW };
    static const TypeDef slot_def = { .name = "wrapper_descriptor", .layout = LAYOUT(NATIVE),
        .methods = method_descriptor_methods, .getsets = method_descriptor_getsets,
            .flags = TYPE_METHOD_DESCR | TYPE_DISALLOW_NEW };
    static const TypeDef wrapper_def = { .name = "method-wrapper", .layout = LAYOUT(NATIVE),
        .methods = builtin_methods, .getsets = method_wrapper_getsets, .flags = TYPE_DISALLOW_NEW };
    static const TypeDef cell_def = { .name = "cell", .doc = "What holds a variable that functions share.",
        .layout = LAYOUT(CELL), .methods = cell_methods,
        .getsets = cell_getsets, .shape_id = SHAPE_CELL_ID };
    Type *object = vm->types.object;
    return (vm->types.function = type_from_def(vm, &function_def, object)) &&
           (vm->types.method = type_from_def(vm, &method_def, object)) &&
           type_complete(vm, vm->types.builtin_function, &builtin_def, object) &&
           type_complete(vm, vm->types.method_descriptor, &descriptor_def, object) &&
           type_complete(vm, vm->types.wrapper_descriptor, &slot_def, object) &&
           type_complete(vm, vm->types.method_wrapper, &wrapper_def, object) &&
           code_type_init(vm) && (vm->types.cell = type_from_def(vm, &cell_def, object)) &&
           type_make_unhashable(vm, vm->types.cell);
}
