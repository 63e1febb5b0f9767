/* SPDX-License-Identifier: MIT */
#include "runtime/coro.h"

#include "runtime/origin.h"
#include "runtime/warn.h"
#include "vm/interp.h"
#include "vm/objects/str.h"

static void coro_trace(Marker *m, Obj *o)
{
    Coro *c = (Coro *)o;
    mark_value(m, c->self);
    mark_value(m, c->arg);
    mark_value(m, c->on);
    mark_value(m, c->origin);
}

static bool coro_unawaited(Vm *vm, Obj *o)
{
    (void)vm;
    return ((Coro *)o)->state == GEN_CREATED;
}

static bool coro_is_quiet(const Obj *o)
{
    return ((const Coro *)o)->state != GEN_CREATED;
}

static void coro_complain(Vm *vm, Obj *o)
{
    Coro *c = (Coro *)o;
    c->state = GEN_FINISHED;
    warn_unawaited(vm, c->def->qualname, c->origin, value_from_obj(o));
}

static bool coro_await(Vm *vm, Obj *o, bool first, Value *out);
static bool coro_thrown(Vm *vm, Obj *o, Value exc, Value *out);

/* Nobody but the await that is over knew of it. */
static void coro_reuse(Vm *vm, Obj *o)
{
    rt_of(vm)->spare_coro = (Coro *)o;
}

const TypeLayout coro_layout = { .kind = KIND_EXT, .size = sizeof(Coro), .trace = coro_trace, .await = coro_await,
                                 .thrown = coro_thrown, .reuse = coro_reuse,
                                 .wants_last_word = coro_unawaited, .last_word = coro_complain,
                                 .quiet = coro_is_quiet };

/* ---- running ---- */

typedef bool (*AwaitHook)(Vm *vm, Obj *o, bool first, Value *out);

static AwaitHook await_hook(Vm *vm, Value v)
{
    const Type *t = value_is_obj(v) ? type_of(vm, v) : NULL;
    AwaitHook hook = t ? t->layout->await : NULL;
    return hook && (!(t->flags & TYPE_HEAP) || is_native(type_special(t, SPECIAL_AWAIT))) ? hook : NULL;
}

/* One step of what it awaits by an iterator. True: that is over, *out is its result, or EMPTY with an exception. */
static bool iterate(Vm *vm, Value it, Value *out)
{
    if (is_gen(it)) {
        GenStatus st = gen_resume(vm, as_gen(it), VALUE_NONE, out);
        if (st == GEN_RAISED)
            *out = VALUE_EMPTY;
        return st != GEN_YIELDED;
    }
    int how = op_send(vm, it, VALUE_NONE, out);
    if (how < 0)
        *out = VALUE_EMPTY;
    return how != 1;
}

/* Begin to await v. True as above. */
static bool begin_await(Vm *vm, Coro *c, Value v, Value *out)
{
    AwaitHook hook = await_hook(vm, v);
    if (LIKELY(hook != NULL)) {
        heap_set(vm, c, &c->on, v);
        return hook(vm, value_obj(v), true, out);
    }
    Value it = interp_get_awaitable(vm, v, (Special)0);
    *out = VALUE_EMPTY;
    if (value_is_empty(it))
        return true;
    heap_set(vm, c, &c->on, it);
    return iterate(vm, it, out);
}

/* Steps until it is over (true) or waits. */
static bool run(Vm *vm, Coro *c, Value in, Value *out)
{
    for (;;) {
        c->state = GEN_RUNNING;
        c->on = VALUE_EMPTY;
        if (c->def->step(vm, c, in, out)) {
            c->state = GEN_FINISHED;
            return true;
        }
        if (!begin_await(vm, c, *out, &in)) {
            c->state = GEN_SUSPENDED;
            *out = in;
            return false;
        }
    }
}

static bool refuse(Vm *vm, const Coro *c, Value *out)
{
    if (c->state == GEN_RUNNING)
        *out = raise_exc(vm, EXC_ValueError, "coroutine already executing");
    else if (c->state == GEN_FINISHED)
        *out = raise_exc(vm, EXC_RuntimeError, "cannot reuse already awaited coroutine");
    else
        *out = raise_exc(vm, EXC_RuntimeError, "coroutine is being awaited already");
    return true;
}

static bool coro_await(Vm *vm, Obj *o, bool first, Value *out)
{
    Coro *c = (Coro *)o;
    if (c->state == GEN_CREATED)
        return run(vm, c, VALUE_NONE, out);
    if (UNLIKELY(c->state != GEN_SUSPENDED || first))
        return refuse(vm, c, out);
    AwaitHook hook = await_hook(vm, c->on);
    if (!(hook ? hook(vm, value_obj(c->on), false, out) : iterate(vm, c->on, out)))
        return false;
    return run(vm, c, *out, out);
}

/* What it awaits gets the exception first. True: that is over, as above. */
static bool throw_below(Vm *vm, Coro *c, Value exc, Value *out)
{
    Value on = c->on;
    *out = VALUE_EMPTY;
    if (is_gen(on)) {
        GenStatus st = gen_throw(vm, as_gen(on), exc, out);
        if (st == GEN_RAISED)
            *out = VALUE_EMPTY;
        return st != GEN_YIELDED;
    }
    if (await_hook(vm, on)) {
        const TypeLayout *layout = type_of(vm, on)->layout;
        if (layout->thrown)
            return layout->thrown(vm, value_obj(on), exc, out);
        exc_restore(vm, exc);
        return true;
    }
    Value meth = attr_get_opt(vm, on, vm->names.throw_);
    if (value_is_empty(meth)) {
        if (!vm_pending(vm))
            exc_restore(vm, exc);
        return true;
    }
    *out = op_call1(vm, meth, exc);
    if (!value_is_empty(*out))
        return false;
    if (exc_pending_is(vm, EXC_StopIteration)) {
        Value v = as_exc(exc_take(vm))->extra[EXTRA_STOP_VALUE];
        *out = value_is_empty(v) ? VALUE_NONE : v;
    }
    return true;
}

static bool coro_thrown(Vm *vm, Obj *o, Value exc, Value *out)
{
    Coro *c = (Coro *)o;
    if (c->state == GEN_RUNNING)
        return refuse(vm, c, out);
    if (c->state != GEN_SUSPENDED) {
        if (c->state == GEN_FINISHED)
            return refuse(vm, c, out);
        c->state = GEN_FINISHED;
        exc_restore(vm, exc);
        *out = VALUE_EMPTY;
        return true;
    }
    c->state = GEN_RUNNING;
    Value in;
    if (throw_below(vm, c, exc, &in))
        return run(vm, c, in, out);
    c->state = GEN_SUSPENDED;
    *out = in;
    return false;
}

GenStatus coro_step(Vm *vm, Coro *c, Value exc, Value *out)
{
    bool over = value_is_empty(exc) ? coro_await(vm, &c->h, c->state == GEN_CREATED, out) : coro_thrown(vm, &c->h, exc, out);
    return !over ? GEN_YIELDED : value_is_empty(*out) ? GEN_RAISED : GEN_RETURNED;
}

Value coro_new(Vm *vm, const CoroDef *def, Value self, Value arg)
{
    Runtime *rt = rt_of(vm);
    Coro *c = rt->spare_coro;
    if (c) {
        rt->spare_coro = NULL;
        c->h.flags = 0;
        heap_touch(vm, c);
    } else if (!(c = heap_alloc(vm, sizeof *c, KIND_EXT, as_type(rt->roots[RT_ROOT_CORO_TYPE])->root_shape->id, 1))) {
        return VALUE_ERROR;
    }
    c->def = def;
    c->self = self;
    c->arg = arg;
    c->on = c->origin = VALUE_EMPTY;
    c->state = GEN_CREATED;
    c->stage = 0;
    if (UNLIKELY(vm->coroutine_origin_depth)) {
        Value at = origin_stack(vm, vm->coroutine_origin_depth);
        if (value_is_empty(at))
            exc_discard(vm);            /* no memory for it: then it is not known */
        heap_set(vm, c, &c->origin, at);
    }
    return value_from_obj(c);
}

/* ---- in script's eyes ---- */

static Value result_of(Vm *vm, GenStatus st, Value out)
{
    return st == GEN_YIELDED ? out : st == GEN_RETURNED ? raise_stop_iteration(vm, out) : VALUE_ERROR;
}

static Value coro_send(Vm *vm, Coro *c, Value v)
{
    Value out;
    if (c->state == GEN_CREATED && !value_is_none(v))
        return raise_exc(vm, EXC_TypeError, "can't send non-None value to a just-started coroutine");
    GenStatus st = coro_step(vm, c, VALUE_EMPTY, &out);
    return result_of(vm, st, out);
}

static Value coro_throw(Vm *vm, Coro *c, const Args *args)
{
    Value out, exc = gen_throw_argument(vm, args, "throw");
    if (value_is_empty(exc))
        return exc;
    GenStatus st = coro_step(vm, c, exc, &out);
    return result_of(vm, st, out);
}

static Value coro_close(Vm *vm, Coro *c)
{
    Value out;
    if (c->state == GEN_CREATED)
        c->state = GEN_FINISHED;
    if (c->state == GEN_FINISHED)
        return VALUE_NONE;
    Value exc = exc_new_args(vm, vm->exc[EXC_GeneratorExit], 0, NULL);
    if (value_is_empty(exc))
        return exc;
    switch (coro_step(vm, c, exc, &out)) {
    case GEN_YIELDED:
        return raise_exc(vm, EXC_RuntimeError, "coroutine ignored GeneratorExit");
    case GEN_RAISED:
        if (!exc_pending_is(vm, EXC_GeneratorExit) && !exc_pending_is(vm, EXC_StopIteration))
            return VALUE_ERROR;
        exc_discard(vm);
        break;
    case GEN_RETURNED:
        break;
    }
    return VALUE_NONE;
}

static Value coro_m_send(Vm *vm, Value self, const Args *args) { return coro_send(vm, as_coro(self), args->v[0]); }

static Value coro_m_throw(Vm *vm, Value self, const Args *args) { return coro_throw(vm, as_coro(self), args); }

static Value coro_m_close(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return coro_close(vm, as_coro(self));
}

/* What __await__() gives: coroutines themselves are no iterators. */
typedef struct CoroIter {
    Obj h;
    Value coro;
} CoroIter;

static void iter_trace(Marker *m, Obj *o) { mark_value(m, ((CoroIter *)o)->coro); }

static const TypeLayout iter_layout = { .kind = KIND_EXT, .size = sizeof(CoroIter), .trace = iter_trace };

static Coro *iter_coro(Value self) { return as_coro(((CoroIter *)value_obj(self))->coro); }

static Value coro_m_await(Vm *vm, Value self, const Args *args)
{
    CoroIter *it = (CoroIter *)object_alloc(vm, as_type(rt_of(vm)->roots[RT_ROOT_CORO_ITER_TYPE]));
    (void)args;
    if (!it)
        return VALUE_ERROR;
    it->coro = self;
    return value_from_obj(it);
}

static Value wrapper_m_iter(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return self;
}

static Value wrapper_m_next(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return coro_send(vm, iter_coro(self), VALUE_NONE);
}

static Value wrapper_m_send(Vm *vm, Value self, const Args *args) { return coro_send(vm, iter_coro(self), args->v[0]); }

static Value wrapper_m_throw(Vm *vm, Value self, const Args *args) { return coro_throw(vm, iter_coro(self), args); }

static Value wrapper_m_close(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return coro_close(vm, iter_coro(self));
}

static Value coro_g_qualname(Vm *vm, Value self)
{
    Str *s = str_cstr(vm, as_coro(self)->def->qualname);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value coro_g_name(Vm *vm, Value self)
{
    const char *text = as_coro(self)->def->qualname, *dot = strrchr(text, '.');
    Str *s = str_cstr(vm, dot ? dot + 1 : text);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value coro_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Str *s = str_printf(vm, "<coroutine object %s at %p>", as_coro(self)->def->qualname, (void *)as_coro(self));
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value coro_g_await(Vm *vm, Value self)
{
    (void)vm;
    Value on = as_coro(self)->on;
    return value_is_empty(on) ? VALUE_NONE : on;
}

static Value coro_g_suspended(Vm *vm, Value self)
{
    (void)vm;
    return value_from_bool(as_coro(self)->state == GEN_SUSPENDED);
}

static Value coro_g_running(Vm *vm, Value self)
{
    (void)vm;
    return value_from_bool(as_coro(self)->state == GEN_RUNNING);
}

static Value coro_g_none(Vm *vm, Value self)
{
    (void)vm;
    (void)self;
    return VALUE_NONE;
}

static Value coro_g_origin(Vm *vm, Value self)
{
    return gen_origin(vm, as_coro(self)->origin);
}

bool coro_types_init(Vm *vm)
{
    static const MethodDef methods[] = {
        METHOD(coro, send, "send(value, /)", "Go on until it waits or ends."),
        METHOD(coro, throw, "throw(typ, val=..., tb=..., /)", "Raise an exception where it waits."),
        METHOD(coro, close, "close()", "Raise GeneratorExit where it waits."),
        METHOD(coro, await, "__await__()", "An iterator that drives it."),
        METHOD(coro, repr, "__repr__()", "Return repr(self)."),
        { 0 }
    };
    static const GetSetDef getsets[] = {
        { "__name__", "Its name.", coro_g_name, NULL },
        { "__qualname__", "Its dotted name.", coro_g_qualname, NULL },
        { "cr_await", "What it awaits, or None.", coro_g_await, NULL },
        { "cr_frame", "None: it has no frame.", coro_g_none, NULL },
        { "cr_suspended", "Does it wait?", coro_g_suspended, NULL },
        { "cr_origin", "Where it was made, when that is tracked.", coro_g_origin, NULL },
        { "cr_running", "Does it run now?", coro_g_running, NULL },
        { 0 }
    };
    static const MethodDef iter_methods[] = {
        METHOD(wrapper, iter, "__iter__()", "Itself."),
        METHOD(wrapper, next, "__next__()", "As the coroutine's send(None)."),
        METHOD(wrapper, send, "send(value, /)", "As the coroutine's."),
        METHOD(wrapper, throw, "throw(typ, val=..., tb=..., /)", "As the coroutine's."),
        METHOD(wrapper, close, "close()", "As the coroutine's."),
        { 0 }
    };
    static const TypeDef def = { .name = "coroutine", .layout = &coro_layout, .methods = methods, .getsets = getsets,
        .flags = TYPE_DISALLOW_NEW };
    static const TypeDef iter_def = { .name = "coroutine_wrapper", .layout = &iter_layout, .methods = iter_methods,
        .flags = TYPE_DISALLOW_NEW };
    Runtime *rt = rt_of(vm);
    Type *t = type_from_def(vm, &def, vm->types.coroutine), *it = type_from_def(vm, &iter_def, vm->types.object);
    if (!t || !it)
        return false;
    rt->roots[RT_ROOT_CORO_TYPE] = value_from_obj(t);
    rt->roots[RT_ROOT_CORO_ITER_TYPE] = value_from_obj(it);
    return true;
}
