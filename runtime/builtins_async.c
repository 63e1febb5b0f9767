/* SPDX-License-Identifier: MIT
 * aiter and anext. */
#include "runtime/builtins.h"

#include "vm/interp.h"
#include "vm/objects/str.h"

static Value builtin_f_aiter(Vm *vm, Value self, const Args *args)
{
    bool missing;
    (void)self;
    Value r = op_call_special(vm, args->v[0], SPECIAL_AITER, 0, NULL, &missing);
    if (missing)
        return raise_exc(vm, EXC_TypeError, "'%T' object is not an async iterable", args->v[0]);
    if (!value_is_empty(r) && value_is_empty(type_special(type_of(vm, r), SPECIAL_ANEXT)))
        return raise_exc(vm, EXC_TypeError, "aiter() returned not an async iterator of type '%T'", r);
    return r;
}

/* anext(it, default): an awaitable that answers StopAsyncIteration with the default. */
typedef struct AnextDefault {
    Obj h;
    Value wrapped, dflt;
    Value iter;                 /* the awaitable's iterator, once awaited */
} AnextDefault;

static void anext_trace(Marker *m, Obj *o)
{
    mark_values(m, &((AnextDefault *)o)->wrapped, 3);
}

static const TypeLayout anext_layout = { .kind = KIND_EXT, .size = sizeof(AnextDefault), .trace = anext_trace };

static Value builtin_f_anext(Vm *vm, Value self, const Args *args)
{
    bool missing;
    (void)self;
    Value aw = op_call_special(vm, args->v[0], SPECIAL_ANEXT, 0, NULL, &missing);
    if (missing)
        return raise_exc(vm, EXC_TypeError, "'%T' object is not an async iterator", args->v[0]);
    if (value_is_empty(aw) || value_is_empty(args->v[1]))
        return aw;
    AnextDefault *a = (AnextDefault *)object_alloc(vm, as_type(rt_of(vm)->roots[RT_ROOT_ANEXT_TYPE]));
    if (!a)
        return VALUE_ERROR;
    a->wrapped = aw;
    a->dflt = args->v[1];
    return value_from_obj(a);
}

/* StopAsyncIteration ends the await with the default. */
static Value answer(Vm *vm, AnextDefault *a, Value r)
{
    if (!value_is_empty(r) || !exc_pending_is(vm, EXC_StopAsyncIteration))
        return r;
    exc_discard(vm);
    return raise_stop_iteration(vm, a->dflt);
}

static bool begin(Vm *vm, AnextDefault *a)
{
    if (!value_is_empty(a->iter))
        return true;
    bool coro = is_gen(a->wrapped) && value_obj(a->wrapped)->flags & GEN_IS_COROUTINE;      /* it may have been started */
    Value it = coro ? a->wrapped : interp_get_awaitable(vm, a->wrapped, 0);
    if (value_is_empty(it))
        return false;
    heap_set(vm, a, &a->iter, it);
    return true;
}

static Value step(Vm *vm, AnextDefault *a, Value sent)
{
    Value out;
    if (!begin(vm, a))
        return VALUE_ERROR;
    if (is_gen(a->iter)) {
        GenStatus st = gen_resume(vm, (Gen *)value_obj(a->iter), sent, &out);
        return st == GEN_YIELDED ? out : st == GEN_RETURNED ? raise_stop_iteration(vm, out) : VALUE_ERROR;
    }
    int r = op_send(vm, a->iter, sent, &out);
    return r == 1 ? out : r == 0 ? raise_stop_iteration(vm, out) : VALUE_ERROR;
}

static Value anext_m_next(Vm *vm, Value self, const Args *args)
{
    AnextDefault *a = (AnextDefault *)value_obj(self);
    (void)args;
    return answer(vm, a, step(vm, a, VALUE_NONE));
}

static Value anext_m_send(Vm *vm, Value self, const Args *args)
{
    AnextDefault *a = (AnextDefault *)value_obj(self);
    return answer(vm, a, step(vm, a, args->v[0]));
}

static Value anext_m_throw(Vm *vm, Value self, const Args *args)
{
    AnextDefault *a = (AnextDefault *)value_obj(self);
    if (!begin(vm, a))
        return VALUE_ERROR;
    return answer(vm, a, op_call_method(vm, a->iter, vm->names.throw_, args->nrest, args->rest));
}

static Value anext_m_close(Vm *vm, Value self, const Args *args)
{
    AnextDefault *a = (AnextDefault *)value_obj(self);
    (void)args;
    return begin(vm, a) ? op_call_method(vm, a->iter, vm->names.close, 0, NULL) : VALUE_ERROR;
}

static Value anext_m_iter(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return self;
}
#define anext_m_await anext_m_iter

const MethodDef builtins_async[] = {
    FUNCTION(builtin, aiter, "aiter(async_iterable, /)", "Return an asynchronous iterator."),
    FUNCTION(builtin, anext, "anext(aiterator, default=..., /) as (aiterator, default=<unrepresentable>, /)",
             "Return an awaitable for the next item."),
    { 0 }
};

bool builtins_async_init(Vm *vm)
{
    static const MethodDef methods[] = {
        METHOD(anext, iter, "__iter__()", "Implement iter(self)."),
        METHOD(anext, await, "__await__()", "Return an iterator to be used in await expression."),
        METHOD(anext, next, "__next__()", "Implement next(self)."),
        METHOD(anext, send, "send(value, /)", "Go on with a value."),
        METHOD(anext, throw, "throw(*args)", "Go on with an exception."),
        METHOD(anext, close, "close()", "Give it up."),
        { 0 }
    };
    static const TypeDef def = { .name = "anext_awaitable", .layout = &anext_layout, .methods = methods,
        .flags = TYPE_DISALLOW_NEW };
    Type *t = type_from_def(vm, &def, vm->types.object);
    if (t)
        rt_of(vm)->roots[RT_ROOT_ANEXT_TYPE] = value_from_obj(t);
    return t;
}
