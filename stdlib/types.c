/* SPDX-License-Identifier: MIT
 * Module _types, of which types.aio is made: names for classes of the interpreter, SimpleNamespace. */
#include "stdlib/modules.h"

#include "vm/frame.h"
#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

/* ---- SimpleNamespace ---- */

static Value namespace_m_init(Vm *vm, Value self, const Args *args)
{
    Dict *mine = attr_dict(vm, self);
    if (!mine)
        return VALUE_ERROR;
    if (args->nrest > 1)
        return raise_exc(vm, EXC_TypeError, "SimpleNamespace expected at most 1 argument, got %u", args->nrest);
    if (args->nrest) {
        Dict *d = dict_new(vm);
        if (!d)
            return VALUE_ERROR;
        Value copy = op_call1(vm, value_from_obj(vm->types.dict), args->rest[0]), k, v;
        if (value_is_empty(copy))
            return VALUE_ERROR;
        for (size_t pos = 0; dict_next(as_dict(copy), &pos, &k, &v);)
            if (!is_str(k))
                return raise_exc(vm, EXC_TypeError, "keywords must be strings");
        if (!dict_update(vm, mine, copy, true))
            return VALUE_ERROR;
    }
    return dict_update(vm, mine, args->v[0], true) ? VALUE_NONE : VALUE_ERROR;
}

static Value namespace_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Dict *d = attr_dict(vm, self);
    int entered = d ? op_repr_enter(vm, self) : -1;
    if (entered < 0)
        return VALUE_ERROR;
    bool plain = !(type_of(vm, self)->flags & TYPE_HEAP);
    const char *name = plain ? "namespace" : type_name_of(vm, self);
    Str *s;
    if (entered) {
        s = str_printf(vm, "%s(...)", name);
        return s ? value_from_obj(s) : VALUE_ERROR;
    }
    Buf b;
    size_t pos = 0;
    Value k, v;
    bool ok = true, first = true;
    buf_init(&b, &vm->alloc);
    buf_puts(&b, name);
    buf_putc(&b, '(');
    while (ok && dict_next(d, &pos, &k, &v)) {
        if (!is_str(k))
            continue;
        s = op_repr(vm, v);
        ok = s;
        if (!ok)
            break;
        buf_puts(&b, first ? "" : ", ");
        buf_put(&b, str_data(as_str(k)), as_str(k)->len);
        buf_putc(&b, '=');
        buf_put(&b, str_data(s), s->len);
        first = false;
    }
    buf_putc(&b, ')');
    op_repr_leave(vm, self);
    s = ok ? str_from_buf(vm, &b) : NULL;
    if (!ok)
        buf_free(&b);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

/* By their dicts, which say no to all but == and !=. */
static Value compare(Vm *vm, unsigned how, Value self, Value other)
{
    Type *t = type_of(vm, self);
    while (t->base != vm->types.object)
        t = t->base;
    if (!value_is_a(vm, other, t))
        return VALUE_NOT_IMPLEMENTED;
    Dict *a = attr_dict(vm, self), *b = a ? attr_dict(vm, other) : NULL;
    return b ? op_compare(vm, how, value_from_obj(a), value_from_obj(b)) : VALUE_ERROR;
}
#define COMPARISON(name, how)                                               \
    static Value namespace_m_##name(Vm *vm, Value self, const Args *args)   \
    {                                                                       \
        return compare(vm, how, self, args->v[0]);                          \
    }
COMPARISON(eq, COMPARE_EQ)
COMPARISON(ne, COMPARE_NE)
COMPARISON(lt, COMPARE_LT)
COMPARISON(le, COMPARE_LE)
COMPARISON(gt, COMPARE_GT)
COMPARISON(ge, COMPARE_GE)
#undef COMPARISON

static Value namespace_m_reduce(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Dict *d = attr_dict(vm, self);
    Value cls = value_from_obj(type_of(vm, self)), none = value_from_obj(vm->empty_tuple);
    Tuple *t = d ? tuple_pack(vm, 3, cls, none, value_from_obj(d)) : NULL;
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static Value namespace_m_replace(Vm *vm, Value self, const Args *args)
{
    Value new = op_call0(vm, value_from_obj(type_of(vm, self)));
    if (value_is_empty(new))
        return new;
    Dict *from = attr_dict(vm, self), *to = from ? attr_dict(vm, new) : NULL;
    bool ok = to && dict_update(vm, to, value_from_obj(from), true) && dict_update(vm, to, args->v[0], true);
    return ok ? new : VALUE_ERROR;
}

static const MethodDef namespace_methods[] = {
    METHOD(namespace, init, "__init__(*args, **kwargs)", "Initialize self."),
    METHOD(namespace, repr, "__repr__()", "Return repr(self)."),
    METHOD(namespace, eq, "__eq__(value, /)", "Return self==value."),
    METHOD(namespace, ne, "__ne__(value, /)", "Return self!=value."),
    METHOD(namespace, lt, "__lt__(value, /)", "Return self<value."),
    METHOD(namespace, le, "__le__(value, /)", "Return self<=value."),
    METHOD(namespace, gt, "__gt__(value, /)", "Return self>value."),
    METHOD(namespace, ge, "__ge__(value, /)", "Return self>=value."),
    METHOD(namespace, reduce, "__reduce__()", "How to make it again."),
    METHOD(namespace, replace, "__replace__(**changes)", "Another one, with some attributes changed."),
    { 0 }
};

Value types_namespace(Vm *vm)
{
    static const TypeDef def = { .name = "types.SimpleNamespace", .methods = namespace_methods,
        .flags = TYPE_BASE | TYPE_HAS_DICT };
    Value *root = &rt_of(vm)->roots[RT_ROOT_SIMPLE_NAMESPACE];
    Type *t = value_is_empty(*root) ? type_from_def(vm, &def, vm->types.object) : as_type(*root);
    return t ? *root = value_from_obj(t) : VALUE_ERROR;
}

/* ---- functions ---- */

/* A generator function whose generators may be awaited: a copy with another code. */
static Value types_f_coroutine(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Func *f = is_func(args->v[0]) ? as_func(args->v[0]) : NULL;
    if (!f || !(f->code->flags & CODE_GENERATOR) || f->code->flags & CODE_COROUTINE)
        return args->v[0];
    Code *code = code_clone(vm, f->code);
    if (!code)
        return VALUE_ERROR;
    code->flags |= CODE_ITERABLE_COROUTINE;
    heap_set_ptr(vm, code, &code->bound_globals, f->globals);
    heap_set_ptr(vm, f, &f->code, code);
    return args->v[0];
}

static const MethodDef functions[] = {
    FUNCTION(types, coroutine, "_coroutine(func, /)", "Make a generator function's generators awaitable."),
    { 0 }
};

static Value cls(const Type *t)
{
    return t ? value_from_obj(t) : VALUE_NONE;
}

Value types_init(Vm *vm)
{
    static const TypeDef capsule_def = { .name = "PyCapsule", .flags = TYPE_DISALLOW_NEW };
    Module *m = module_new(vm, "_types", "Names for classes of the interpreter.");
    Type *capsule = m ? type_from_def(vm, &capsule_def, vm->types.object) : NULL;
    if (!capsule || !module_add_functions(vm, m, functions))
        return VALUE_ERROR;
    const struct {
        const char *name;
        Value v;
    } names[] = {
        { "FunctionType", cls(vm->types.function) }, { "LambdaType", cls(vm->types.function) },
            { "CodeType", cls(vm->types.code) },
        { "MappingProxyType", cls(vm->types.mappingproxy) }, { "CellType", cls(vm->types.cell) },
        { "GeneratorType", cls(vm->types.generator) }, { "CoroutineType", cls(vm->types.coroutine) },
        { "AsyncGeneratorType", cls(vm->types.async_generator) }, { "MethodType", cls(vm->types.method) },
        { "BuiltinFunctionType", cls(vm->types.builtin_function) }, { "BuiltinMethodType", cls(vm->types.builtin_function) },
        { "MethodDescriptorType", cls(vm->types.method_descriptor) },
            { "WrapperDescriptorType", cls(vm->types.wrapper_descriptor) },
        { "MethodWrapperType", cls(vm->types.method_wrapper) },
        { "ClassMethodDescriptorType", cls(vm->types.classmethod_descriptor) },
        { "GetSetDescriptorType", cls(vm->types.getset_descriptor) },
            { "MemberDescriptorType", cls(vm->types.member_descriptor) },
        { "ModuleType", cls(vm->types.module) }, { "TracebackType", cls(vm->types.traceback) },
            { "FrameType", cls(vm->types.frame) },
        { "NoneType", cls(vm->types.none) }, { "NotImplementedType", cls(vm->types.not_implemented) },
        { "EllipsisType", cls(vm->types.ellipsis) }, { "GenericAlias", cls(vm->types.generic_alias) },
        { "UnionType", cls(vm->types.union_type) }, { "SimpleNamespace", types_namespace(vm) },
        { "CapsuleType", cls(capsule) },
    };
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (!module_set(vm, m, names[i].name, names[i].v))
            return VALUE_ERROR;
    return value_from_obj(m);
}
