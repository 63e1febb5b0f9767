/* SPDX-License-Identifier: MIT
 * The types generator, coroutine, async_generator, the awaitables of async generators, and traceback. Frames are in
 * frame.c. */
#include "vm/objects/core.h"

#include <stdio.h>

#include "vm/interp.h"
#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

static Value text(Str *s)
{
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static const char *kind_name(const Gen *g)
{
    return g->h.flags & GEN_IS_COROUTINE ? "coroutine" : g->h.flags & GEN_IS_ASYNC ? "async_generator" : "generator";
}

/* ---- generator and coroutine ---- */

/* The outcome of a step as a method's result: StopIteration carries what was returned. */
static Value step_result(Vm *vm, GenStatus st, Value v)
{
    if (st == GEN_RETURNED)
        return raise_stop_iteration(vm, v);
    return st == GEN_YIELDED ? v : VALUE_ERROR;
}

static Value gen_m_send(Vm *vm, Value self, const Args *args)
{
    Value out;
    return step_result(vm, gen_resume(vm, as_gen(self), args->v[0], &out), out);
}

static Value gen_m_next(Vm *vm, Value self, const Args *args)
{
    Value out;
    (void)args;
    return step_result(vm, gen_resume(vm, as_gen(self), VALUE_NONE, &out), out);
}

static Value make_exception(Vm *vm, Value type, Value value)
{
    if (is_exc(value) && value_is_a(vm, value, as_type(type)))
        return value;
    Value exc = is_tuple(value) ? op_call_ex(vm, type, as_tuple(value), NULL)
              : value_is_none(value) || value_is_empty(value) ? op_call0(vm, type) : op_call1(vm, type, value);
    if (!value_is_empty(exc) && !is_exc(exc))
        return raise_exc(vm, EXC_TypeError, "calling %R should have returned an instance of BaseException, not %T", type, exc);
    return exc;
}

/* throw(value) or throw(type[, value[, traceback]]): the exception to throw. EMPTY: one is pending. */
Value gen_throw_argument(Vm *vm, const Args *args, const char *method)
{
    Value type = args->v[0], value = args->v[1], tb = args->v[2], exc;
    if (!value_is_empty(value) && vm->hooks.warn) {
        char text[100];
        snprintf(text, sizeof text, "the (type, exc, tb) signature of %s() is deprecated, use the single-arg signature "
                 "instead.", method);
        if (!vm->hooks.warn(vm, vm->exc[EXC_DeprecationWarning], text))
            return VALUE_ERROR;
    }
    if (!value_is_none(tb) && !value_is_empty(tb) && !is_traceback(tb))
        return raise_exc(vm, EXC_TypeError, "throw() third argument must be a traceback object");
    if (is_type(type) && (as_type(type)->flags & TYPE_EXC)) {
        exc = make_exception(vm, type, value);
        if (value_is_empty(exc))
            exc = exc_take(vm);         /* what was raised instead is what is thrown */
    } else if (is_exc(type)) {
        if (!value_is_none(value) && !value_is_empty(value))
            return raise_exc(vm, EXC_TypeError, "instance exception may not have a separate value");
        exc = type;
    } else {
        return raise_exc(vm, EXC_TypeError, "exceptions must be classes or instances deriving from BaseException, not %T", type);
    }
    if (is_exc(exc) && is_traceback(tb))
        heap_set(vm, as_exc(exc), &as_exc(exc)->traceback, tb);
    return exc;
}

static bool thrown_of(Vm *vm, const Args *args, Thrown *t)
{
    *t = (Thrown){ .exc = gen_throw_argument(vm, args, "throw") };
    while (t->count < 3 && !value_is_empty(args->v[t->count])) {
        t->given[t->count] = args->v[t->count];
        t->count++;
    }
    return !value_is_empty(t->exc);
}

static Value gen_m_throw(Vm *vm, Value self, const Args *args)
{
    Thrown t;
    Value out;
    if (thrown_of(vm, args, &t))
        return step_result(vm, gen_throw_given(vm, as_gen(self), &t, &out), out);
    bool is_class = is_type(t.given[0]) && (as_type(t.given[0])->flags & TYPE_EXC);
    if (is_class || !exc_pending_is(vm, EXC_TypeError))
        return VALUE_ERROR;
    t.exc = exc_take(vm);
    return step_result(vm, gen_throw_refused(vm, as_gen(self), &t, &out), out);
}

static Value gen_m_close(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Value v;
    return gen_close_value(vm, as_gen(self), &v) ? v : VALUE_ERROR;
}

static Value gen_m_iter(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return self;
}

static Value gen_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Gen *g = as_gen(self);
    return text(str_printf(vm, "<%s object %S at %p>", kind_name(g), as_str(g->qualname), (void *)g));
}

/* A coroutine's __await__(): an iterator that drives it. */
static Value coro_m_await(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Descr *d = heap_zalloc(vm, sizeof *d, KIND_DESCR, vm->types.coroutine_wrapper->root_shape->id, 0);
    if (!d)
        return VALUE_ERROR;
    d->a = self;
    return value_from_obj(d);
}

static const MethodDef generator_methods[] = {
    { "send(value, /)", "Resume with a value; the next yielded value, or StopIteration.", gen_m_send, NATIVE_STEPS },
    METHOD(gen, throw, "throw(typ, val=..., tb=..., /)", "Raise an exception where the generator waits."),
    METHOD(gen, close, "close()", "Raise GeneratorExit where the generator waits, so that it ends."),
    METHOD(gen, iter, "__iter__()", "Implement iter(self)."),
    METHOD(gen, next, "__next__()", "Implement next(self)."),
    METHOD(gen, repr, "__repr__()", "Return repr(self)."),
    { 0 }
};

static const MethodDef coroutine_methods[] = {
    METHOD(gen, send, "send(value, /)", "Resume with a value; what it waits for, or StopIteration with the result."),
    METHOD(gen, throw, "throw(typ, val=..., tb=..., /)", "Raise an exception where the coroutine waits."),
    METHOD(gen, close, "close()", "Raise GeneratorExit where the coroutine waits, so that it ends."),
    METHOD(coro, await, "__await__()", "An iterator that drives the coroutine."),
    METHOD(gen, repr, "__repr__()", "Return repr(self)."),
    { 0 }
};

static Value gen_g_name(Vm *vm, Value self)
{
    (void)vm;
    return as_gen(self)->name;
}

static Value gen_g_qualname(Vm *vm, Value self)
{
    (void)vm;
    return as_gen(self)->qualname;
}

static bool set_text(Vm *vm, Value self, Value v, Value *slot, const char *name)
{
    if (!is_str(v)) {
        raise_exc(vm, EXC_TypeError, "%s must be set to a string object", name);
        return false;
    }
    heap_set(vm, as_gen(self), slot, v);
    return true;
}

static bool gen_s_name(Vm *vm, Value self, Value v)
{
    return set_text(vm, self, v, &as_gen(self)->name, "__name__");
}

static bool gen_s_qualname(Vm *vm, Value self, Value v)
{
    return set_text(vm, self, v, &as_gen(self)->qualname, "__qualname__");
}

static Value gen_g_code(Vm *vm, Value self)
{
    (void)vm;
    return value_from_obj(as_gen(self)->f.code);
}

static Value gen_g_running(Vm *vm, Value self)
{
    (void)vm;
    Gen *g = as_gen(self);
    while (g->h.flags & GEN_DELEGATED)
        g = frame_gen(g->f.back);
    return value_from_bool(g->f.state == GEN_RUNNING);
}

static Value gen_g_suspended(Vm *vm, Value self)
{
    return value_from_bool(as_gen(self)->f.state == GEN_SUSPENDED && value_is_false(gen_g_running(vm, self)));
}

static Value gen_g_below(Vm *vm, Value self)
{
    Gen *g = as_gen(self);
    Value v = value_is_true(gen_g_running(vm, self)) ? VALUE_EMPTY : frame_down(&g->f);
    if (is_gen(v))
        value_obj(v)->flags &= (uint16_t)~GEN_UNSEEN;
    else if (is_kind(v, KIND_AGEN_OP))
        value_obj(v)->flags &= (uint16_t)~AGEN_UNSEEN;
    else if (is_kind(v, KIND_EXT) && type_of(vm, v)->layout->reuse)
        value_obj(v)->flags &= (uint16_t)~EXT_UNSEEN;
    return value_is_empty(v) ? VALUE_NONE : v;
}

static Value gen_g_frame(Vm *vm, Value self)
{
    Gen *g = as_gen(self);
    if (g->f.state == GEN_FINISHED)
        return VALUE_NONE;
    return frame_object(vm, &g->f);
}

Value gen_origin(Vm *vm, Value at)
{
    size_t n = is_list(at) ? as_list(at)->len : 0;
    Tuple *t = n ? tuple_new(vm, n) : NULL;
    for (size_t i = 0; t && i < n; i++) {
        Tuple *e = as_tuple(list_items(as_list(at))[n - 1 - i]), *out = tuple_from(vm, e->items, 3);
        if (!out)
            return VALUE_ERROR;
        heap_set(vm, t, &t->items[i], value_from_obj(out));
    }
    return t ? value_from_obj(t) : n ? VALUE_ERROR : VALUE_NONE;
}

static Value gen_g_origin(Vm *vm, Value self)
{
    return gen_origin(vm, as_gen(self)->ext);
}

static const GetSetDef generator_getsets[] = {
    { "__name__", "Name of the generator.", gen_g_name, gen_s_name },
    { "__qualname__", "Its name with the classes around it.", gen_g_qualname, gen_s_qualname },
    { "gi_code", "Its code.", gen_g_code, NULL },
    { "gi_frame", "Its frame, None when it ended.", gen_g_frame, NULL },
    { "gi_running", "Does it run now?", gen_g_running, NULL },
    { "gi_suspended", "Does it wait at a yield?", gen_g_suspended, NULL },
    { "gi_yieldfrom", "What it delegates to, or None.", gen_g_below, NULL },
    { 0 }
};

static const GetSetDef coroutine_getsets[] = {
    { "__name__", "Name of the coroutine.", gen_g_name, gen_s_name },
    { "__qualname__", "Its name with the classes around it.", gen_g_qualname, gen_s_qualname },
    { "cr_code", "Its code.", gen_g_code, NULL },
    { "cr_frame", "Its frame, None when it ended.", gen_g_frame, NULL },
    { "cr_running", "Does it run now?", gen_g_running, NULL },
    { "cr_suspended", "Does it wait?", gen_g_suspended, NULL },
    { "cr_await", "What it awaits, or None.", gen_g_below, NULL },
    { "cr_origin", "Where it was made, when that is tracked.", gen_g_origin, NULL },
    { 0 }
};

/* ---- a coroutine's __await__() iterator: a = the coroutine ---- */

static Value wrapper_m_send(Vm *vm, Value self, const Args *args)
{
    return gen_m_send(vm, as_descr(self)->a, args);
}

static Value wrapper_m_next(Vm *vm, Value self, const Args *args)
{
    return gen_m_next(vm, as_descr(self)->a, args);
}

static Value wrapper_m_throw(Vm *vm, Value self, const Args *args)
{
    return gen_m_throw(vm, as_descr(self)->a, args);
}

static Value wrapper_m_close(Vm *vm, Value self, const Args *args)
{
    return gen_m_close(vm, as_descr(self)->a, args);
}

static const MethodDef wrapper_methods[] = {
    METHOD(wrapper, send, "send(value, /)", "As the coroutine's."),
    METHOD(wrapper, throw, "throw(typ, val=..., tb=..., /)", "As the coroutine's."),
    METHOD(wrapper, close, "close()", "As the coroutine's."),
    METHOD(gen, iter, "__iter__()", "Implement iter(self)."),
    METHOD(wrapper, next, "__next__()", "Implement next(self)."),
    { 0 }
};

/* ---- async generators ---- */

static Value op_new(Vm *vm, Value gen, unsigned mode, Value v)
{
    const Type *t = mode == AGEN_SEND ? vm->types.agen_op : vm->types.agen_throw;
    AgenOp *op = heap_alloc(vm, sizeof *op, KIND_AGEN_OP, t->root_shape->id, 0);
    if (!op)
        return VALUE_ERROR;
    op->h.flags = (uint16_t)mode;
    op->gen = as_gen(gen);
    op->value = v;
    return value_from_obj(op);
}

static Value agen_m_anext(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return op_new(vm, self, AGEN_SEND, VALUE_NONE);
}

static Value agen_m_asend(Vm *vm, Value self, const Args *args)
{
    return op_new(vm, self, AGEN_SEND, args->v[0]);
}

static Value agen_m_athrow(Vm *vm, Value self, const Args *args)
{
    bool wrong = !is_exc(args->v[0]) && !is_type(args->v[0]);       /* which is told when it is awaited */
    Value exc = wrong ? args->v[0] : gen_throw_argument(vm, args, "athrow");
    return value_is_empty(exc) ? exc : op_new(vm, self, AGEN_THROW, exc);
}

static Value agen_m_aclose(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return op_new(vm, self, AGEN_CLOSE, VALUE_NONE);
}

static const MethodDef agen_methods[] = {
    METHOD(gen, iter, "__aiter__()", "Itself."),
    METHOD(agen, anext, "__anext__()", "Awaitable of the next value."),
    METHOD(agen, asend, "asend(value, /)", "Awaitable: send a value, get the next."),
    METHOD(agen, athrow, "athrow(typ, val=..., tb=..., /)", "Awaitable: raise an exception where the generator waits."),
    METHOD(agen, aclose, "aclose()", "Awaitable: raise GeneratorExit where the generator waits, so that it ends."),
    METHOD(gen, repr, "__repr__()", "Return repr(self)."),
    { 0 }
};

static Value agen_g_running(Vm *vm, Value self)
{
    (void)vm;
    return value_from_bool(value_obj(self)->flags & GEN_AGEN_RUNNING);
}

static const GetSetDef agen_getsets[] = {
    { "__name__", "Name of the generator.", gen_g_name, gen_s_name },
    { "__qualname__", "Its name with the classes around it.", gen_g_qualname, gen_s_qualname },
    { "ag_code", "Its code.", gen_g_code, NULL },
    { "ag_frame", "Its frame, None when it ended.", gen_g_frame, NULL },
    { "ag_running", "Is an asend, athrow or aclose in progress?", agen_g_running, NULL },
    { "ag_suspended", "Does it wait at a yield?", gen_g_suspended, NULL },
    { "ag_await", "What it awaits, or None.", gen_g_below, NULL },
    { 0 }
};

/* One step of an asend/athrow/aclose from C: send() or throw() on the awaitable. */
static Value op_step(Vm *vm, AgenOp *op, Value sent, const Thrown *thrown)
{
    Gen *g = op->gen;
    Value out = VALUE_EMPTY;
    GenStatus st;
    bool begun = (op->h.flags & (AGEN_STARTED | AGEN_FINISHED)) == AGEN_STARTED;
    if (thrown) {
        if (!begun && !agen_begin_throw(vm, op))
            return VALUE_ERROR;
        st = gen_throw_given(vm, g, thrown, &out);
    } else if (!begun) {
        bool raised;
        int how = agen_begin(vm, op, sent, &raised, &out);
        if (how < 0)
            return VALUE_ERROR;
        if (how == 1)
            return raise_stop_iteration(vm, out);
        Value first = value_is_none(sent) ? op->value : sent;
        st = raised ? gen_throw(vm, g, exc_take(vm), &out) : gen_resume(vm, g, first, &out);
    } else if (g->f.state == GEN_FINISHED && (op->h.flags & AGEN_MODE) != AGEN_SEND) {
        op->h.flags |= AGEN_FINISHED;
        return raise_stop_iteration(vm, VALUE_NONE);
    } else {
        st = gen_resume(vm, g, sent, &out);
    }
    if (st == GEN_YIELDED)
        return out;
    AgenEvent event = st == GEN_RAISED ? AGEN_RAISED : g->f.state == GEN_FINISHED ? AGEN_RETURNED : AGEN_YIELDED;
    bool ok = agen_end(vm, op, event, out, &out);
    /* An athrow() that is sent into once it waits can be sent into again, as in CPython. */
    if (begun && !thrown && (op->h.flags & AGEN_MODE) == AGEN_THROW)
        op->h.flags &= (uint16_t)~AGEN_FINISHED;
    return ok ? raise_stop_iteration(vm, out) : VALUE_ERROR;
}

static Value agenop_m_send(Vm *vm, Value self, const Args *args)
{
    return op_step(vm, (AgenOp *)value_obj(self), args->v[0], NULL);
}

static Value agenop_m_next(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return op_step(vm, (AgenOp *)value_obj(self), VALUE_NONE, NULL);
}

static Value agenop_m_throw(Vm *vm, Value self, const Args *args)
{
    Thrown t;
    return thrown_of(vm, args, &t) ? op_step(vm, (AgenOp *)value_obj(self), VALUE_NONE, &t) : VALUE_ERROR;
}

static Value agenop_m_close(Vm *vm, Value self, const Args *args)
{
    (void)args;
    AgenOp *op = (AgenOp *)value_obj(self);
    if (op->h.flags & AGEN_FINISHED)
        return VALUE_NONE;
    Value exc = exc_new_args(vm, vm->exc[EXC_GeneratorExit], 0, NULL);
    Thrown t = { .exc = exc, .count = 1, .given = { exc } };
    Value r = value_is_empty(exc) ? exc : op_step(vm, op, VALUE_NONE, &t);
    if (!value_is_empty(r))
        return raise_exc(vm, EXC_RuntimeError, "coroutine ignored GeneratorExit");
    if (exc_pending_is(vm, EXC_StopIteration) || exc_pending_is(vm, EXC_StopAsyncIteration) ||
        exc_pending_is(vm, EXC_GeneratorExit)) {
        exc_discard(vm);
        return VALUE_NONE;
    }
    return VALUE_ERROR;
}

static const MethodDef agenop_methods[] = {
    METHOD(gen, iter, "__await__()", "Itself."),
    METHOD(gen, iter, "__iter__()", "Itself."),
    METHOD(agenop, next, "__next__()", "One step."),
    METHOD(agenop, send, "send(value, /)", "One step, with a value sent."),
    METHOD(agenop, throw, "throw(typ, val=..., tb=..., /)", "One step, with an exception raised."),
    METHOD(agenop, close, "close()", "End it."),
    { 0 }
};

/* ---- traceback ---- */

static Value traceback_g_next(Vm *vm, Value self)
{
    (void)vm;
    return as_traceback(self)->next;
}

static bool traceback_s_next(Vm *vm, Value self, Value v)
{
    if (value_is_empty(v)) {
        raise_exc(vm, EXC_TypeError, "can't delete tb_next attribute");
        return false;
    }
    if (!value_is_none(v) && !is_traceback(v)) {
        raise_exc(vm, EXC_TypeError, "expected traceback object, got '%T'", v);
        return false;
    }
    for (Value t = v; is_traceback(t); t = as_traceback(t)->next)
        if (value_same(t, self)) {
            raise_exc(vm, EXC_ValueError, "traceback loop detected");
            return false;
        }
    heap_set(vm, as_traceback(self), &as_traceback(self)->next, v);
    return true;
}

static Value traceback_g_lineno(Vm *vm, Value self)
{
    (void)vm;
    Traceback *t = as_traceback(self);
    return value_from_int48(t->line || t->at >= t->code->ninstrs ? t->line : code_position(t->code, t->at).line);
}

static Value traceback_g_lasti(Vm *vm, Value self)
{
    (void)vm;
    Traceback *t = as_traceback(self);
    return value_from_int48(t->at < t->code->ninstrs ? 2 * (int64_t)t->at : -1);
}

static Value traceback_m_new(Vm *vm, Value self, const Args *args)
{
    int64_t at, line;
    Value next = args->v[0], frame = args->v[1];
    if (!is_kind(frame, KIND_FRAME_OBJ))
        return raise_exc(vm, EXC_TypeError, "traceback() argument 'tb_frame' must be frame, not %B", frame);
    if (!value_is_none(next) && !is_traceback(next))
        return raise_exc(vm, EXC_TypeError, "expected traceback object or None, got '%T'", next);
    if (!op_int64(vm, args->v[2], &at) || !op_int64(vm, args->v[3], &line))
        return VALUE_ERROR;
    Traceback *t = (Traceback *)object_alloc(vm, as_type(self));
    if (!t)
        return VALUE_ERROR;
    const FrameObj *f = (const FrameObj *)value_obj(frame);
    t->next = next;
    t->code = f->code;
    t->globals = value_from_obj(f->func->globals);
    t->frame = frame;
    t->at = at < 0 || at / 2 >= f->code->ninstrs ? UINT32_MAX : (uint32_t)(at / 2);
    t->line = line < 0 || line > UINT32_MAX ? 0 : (uint32_t)line;
    return value_from_obj(t);
}

static Value traceback_m_dir(Vm *vm, Value self, const Args *args)
{
    static const char *const names[] = { "tb_frame", "tb_next", "tb_lasti", "tb_lineno" };
    List *l = list_new(vm, 4);
    (void)self;
    (void)args;
    for (unsigned i = 0; l && i < 4; i++) {
        Str *s = str_cstr(vm, names[i]);
        if (!s || !list_append(vm, l, value_from_obj(s)))
            return VALUE_ERROR;
    }
    return l ? value_from_obj(l) : VALUE_ERROR;
}

static const MethodDef traceback_methods[] = {
    METHOD(traceback, dir, "__dir__()", "The names of its attributes."),
    { "__new__(tb_next, tb_frame, tb_lasti: int, tb_lineno: int)", "Make an entry of a traceback.", traceback_m_new,
      NATIVE_STATIC },
    { 0 }
};

/* There is a frame, unless memory was short when the entry was made: then code, line and globals are left. */
static Value traceback_g_frame(Vm *vm, Value self)
{
    Traceback *t = as_traceback(self);
    if (!value_is_empty(t->frame)) {
        value_obj(t->frame)->flags |= FRAME_OBJ_SEEN;
        return t->frame;
    }
    Func *f = heap_zalloc(vm, sizeof *f + t->code->ncaptures * sizeof(Cell *), KIND_FUNC, SHAPE_FUNCTION_ID, 0);
    if (!f)
        return VALUE_ERROR;
    f->code = t->code;
    f->globals = as_dict(t->globals);
    f->builtins = vm->builtins;
    f->name = value_from_obj(t->code->name);
    f->qualname = value_from_obj(t->code->qualname);
    FrameObj *o = frame_object_of_func(vm, f);
    if (!o)
        return VALUE_ERROR;
    o->at = t->at;
    heap_set(vm, t, &t->frame, value_from_obj(o));
    return value_from_obj(o);
}

static const GetSetDef traceback_getsets[] = {
    { "tb_next", "The next entry, towards where the exception was raised.", traceback_g_next, traceback_s_next },
    { "tb_lineno", "Line in the source.", traceback_g_lineno, NULL },
    { "tb_lasti", "Instruction.", traceback_g_lasti, NULL },
    { "tb_frame", "The frame.", traceback_g_frame, NULL },
    { 0 }
};

bool generator_types_init(Vm *vm)
{
    static const TypeDef generator_def = { .name = "generator", .layout = LAYOUT(GEN), .methods = generator_methods,
        .getsets = generator_getsets, .flags = TYPE_DISALLOW_NEW | TYPE_WEAKREFS };
    static const TypeDef coroutine_def = { .name = "coroutine", .layout = LAYOUT(GEN), .methods = coroutine_methods,
        .getsets = coroutine_getsets, .flags = TYPE_DISALLOW_NEW | TYPE_WEAKREFS };
    static const TypeDef wrapper_def = { .name = "coroutine_wrapper", .layout = LAYOUT(DESCR), .methods = wrapper_methods,
        .flags = TYPE_DISALLOW_NEW };
    static const TypeDef agen_def = { .name = "async_generator", .layout = LAYOUT(GEN), .methods = agen_methods,
        .getsets = agen_getsets, .flags = TYPE_DISALLOW_NEW | TYPE_WEAKREFS };
    static const TypeDef agenop_def = { .name = "async_generator_asend", .layout = LAYOUT(AGEN_OP), .methods = agenop_methods,
        .flags = TYPE_DISALLOW_NEW };
    static const TypeDef agenthrow_def = { .name = "async_generator_athrow", .layout = LAYOUT(AGEN_OP),
        .methods = agenop_methods, .flags = TYPE_DISALLOW_NEW };
    static const TypeDef traceback_def = { .name = "traceback", .doc = "Where an exception came through.",
        .layout = LAYOUT(TRACEBACK), .methods = traceback_methods, .getsets = traceback_getsets };
    Type *object = vm->types.object;
    return (vm->types.generator = type_from_def(vm, &generator_def, object)) &&
           (vm->types.coroutine = type_from_def(vm, &coroutine_def, object)) &&
           (vm->types.coroutine_wrapper = type_from_def(vm, &wrapper_def, object)) &&
           (vm->types.async_generator = type_from_def(vm, &agen_def, object)) &&
           (vm->types.agen_op = type_from_def(vm, &agenop_def, object)) &&
           (vm->types.agen_throw = type_from_def(vm, &agenthrow_def, object)) &&
           frame_types_init(vm) &&
           (vm->types.traceback = type_from_def(vm, &traceback_def, object));
}
