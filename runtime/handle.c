/* SPDX-License-Identifier: MIT
 * asyncio.Handle and TimerHandle: a callback on its way, which can be cancelled. */
#include "runtime/handle.h"

#include "runtime/origin.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

static void handle_trace(Marker *m, Obj *o)
{
    Handle *h = (Handle *)o;
    mark_value(m, h->fn);
    mark_value(m, h->args);
    mark_value(m, h->context);
    mark_values(m, &h->due, 2);
    mark_obj(m, h->loop);
}

const TypeLayout handle_layout = { .kind = KIND_EXT, .size = sizeof(Handle), .trace = handle_trace };

static Handle *as_handle(Value v)
{
    return (Handle *)value_obj(v);
}

static bool callable_ok(Vm *vm, Value fn, const char *method)
{
    if (is_coroutine(vm, fn) || iscoroutinefunction(vm, fn)) {
        raise_exc(vm, EXC_TypeError, "coroutines cannot be used with %s()", method);
        return false;
    }
    if (op_callable(vm, fn))
        return true;
    raise_exc(vm, EXC_TypeError, "a callable object was expected by %s(), got %R", method, fn);
    return false;
}

/* Debug mode is particular about what it is given, and from which thread. */
static bool debug_ok(Vm *vm, Loop *l, Value fn, const char *method)
{
    return !l->debug || ((!strcmp(method, "call_soon_threadsafe") || loop_check_thread(vm, l)) && callable_ok(vm, fn, method));
}

#define HANDLE_SIZE (sizeof(Handle) + sizeof(Value))    /* with the pointer to a script's attributes */

static Handle *handle_new(Vm *vm, Loop *l, Value fn, const Value *args, uint32_t n, Value context, uint32_t shape)
{
    Tuple *t = LIKELY(!n) ? vm->empty_tuple : tuple_from(vm, args, n);
    Handle *h = t ? heap_alloc(vm, HANDLE_SIZE, KIND_EXT, shape, 0) : NULL;
    if (!h)
        return NULL;
    h->h.flags = OBJ_SUBCLASS;
    *(Value *)(void *)(h + 1) = VALUE_EMPTY;
    h->context = VALUE_EMPTY;
    h->fn = fn;
    h->args = value_from_obj(t);
    h->loop = l;
    h->due = h->source = VALUE_EMPTY;
    if (!context_check(vm, context, &h->context))
        return NULL;
    return l->debug && value_is_empty(h->source = origin_stack(vm, ORIGIN_DEPTH)) ? NULL : h;
}

Value loop_handle(Vm *vm, Loop *l, Value fn, const Value *args, uint32_t n)
{
    Handle *h = handle_new(vm, l, fn, args, n, VALUE_NONE, rt_of(vm)->handle_shape);
    return h ? value_from_obj(h) : VALUE_ERROR;
}

Value loop_call_soon(Vm *vm, Loop *l, Value fn, const Value *args, uint32_t n, Value context, const char *method)
{
    if (!loop_check_open(vm, l) || !debug_ok(vm, l, fn, method))
        return VALUE_ERROR;
    Handle *h = handle_new(vm, l, fn, args, n, context, rt_of(vm)->handle_shape);
    return h && loop_push(vm, l, value_from_obj(h), VALUE_EMPTY) ? value_from_obj(h) : VALUE_ERROR;
}

Value loop_call_at(Vm *vm, Loop *l, double when, Value due, Value fn, const Value *args, uint32_t n, Value context,
                   const char *method)
{
    if (!loop_check_open(vm, l) || !debug_ok(vm, l, fn, method))
        return VALUE_ERROR;
    Handle *h = handle_new(vm, l, fn, args, n, context, l->rt->timer_shape);
    if (!h)
        return VALUE_ERROR;
    h->due = due;
    h->h.flags |= HANDLE_TIMER;
    return loop_add_timer(vm, l, when, value_from_obj(h)) ? value_from_obj(h) : VALUE_ERROR;
}

Value loop_handle_for(Vm *vm, Loop *l, Callback *cb, Value future)
{
    Value context = value_is_empty(cb->context) ? VALUE_NONE : cb->context;
    Handle *h = handle_new(vm, l, cb->fn, &future, 1, context, rt_of(vm)->handle_shape);
    return h ? value_from_obj(h) : VALUE_ERROR;
}

/* ---- methods ---- */

static bool cancel(Vm *vm, Handle *h)
{
    Value self = value_from_obj(h), text = VALUE_NONE;
    if (h->h.flags & HANDLE_CANCELLED)
        return true;
    if (h->h.flags & HANDLE_TIMER && !value_is_empty(h->loop->script) && value_is_empty(loop_method(vm, h->loop,
                                                                                      "_timer_handle_cancelled", 1, &self)))
        return false;
    h->h.flags |= HANDLE_CANCELLED;
    if (h->h.flags & OBJ_TIMED)
        loop_remove_timer(h->loop, self);
    if (h->loop->debug) {
        Str *name = str_intern(vm, "__repr__", 8);
        text = name ? op_call_method(vm, self, name, 0, NULL) : VALUE_ERROR;
        if (value_is_empty(text))
            return false;
    }
    h->fn = VALUE_NONE;
    heap_set(vm, h, &h->args, text);
    return true;
}

bool handle_cancel(Vm *vm, Value v)
{
    if (is_kind(v, KIND_EXT) && type_of(vm, v)->layout == &handle_layout && !(type_of(vm, v)->flags & TYPE_HEAP))
        return cancel(vm, as_handle(v));
    Str *name = str_intern(vm, "cancel", 6);
    return name && !value_is_empty(op_call_method(vm, v, name, 0, NULL));
}

static Value handle_m_cancel(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return cancel(vm, as_handle(self)) ? VALUE_NONE : VALUE_ERROR;
}

static Value handle_m_cancelled(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return value_from_bool(as_handle(self)->h.flags & HANDLE_CANCELLED);
}

static Value handle_m_get_context(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Handle *h = as_handle(self);
    if (value_is_empty(h->context)) {
        Value outer = context_swap(vm, VALUE_EMPTY), c = context_current(vm);
        vm->strand->context = outer;
        if (value_is_empty(c))
            return c;
        heap_set(vm, h, &h->context, c);
    }
    return h->context;
}

static Value handle_m_when(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return as_handle(self)->due;
}

/* A partial and the like: asyncio.format_helpers knows. */
static Str *odd_callback_text(Vm *vm, Value fn, Value args, bool debug)
{
    Value m = rt_import_module(vm, "asyncio.format_helpers");
    Str *name = str_intern(vm, "_format_callback_source", 23);
    Value f = value_is_empty(m) || !name ? VALUE_ERROR : attr_get(vm, m, name);
    Value v[3] = { fn, value_is_empty(args) ? value_from_obj(vm->empty_tuple) : args, value_from_bool(debug) };
    Value key = VALUE_EMPTY, r = VALUE_ERROR;
    Str *debug_name = value_is_empty(f) ? NULL : str_intern(vm, "debug", 5);
    if (debug_name) {
        key = value_from_obj(debug_name);
        r = op_call_kw(vm, f, 3, v, 1, &key);
    }
    return is_str(r) ? as_str(r) : NULL;
}

Str *callback_text(Vm *vm, Value fn, Value args, bool debug)
{
    if (!is_func(fn) && !is_native(fn) && !is_method(fn) && !is_type(fn))
        return odd_callback_text(vm, fn, args, debug);
    Value name = attr_get_opt(vm, fn, vm->names.dunder_qualname);
    exc_discard(vm);
    Str *s = is_str(name) ? as_str(name) : op_repr(vm, fn);
    s = s ? str_printf(vm, "%S(", s) : NULL;
    size_t n = debug && is_tuple(args) ? as_tuple(args)->len : 0;
    for (size_t i = 0; s && i < n; i++) {
        Str *arg = short_repr(vm, as_tuple(args)->items[i]);
        s = arg ? str_printf(vm, "%S%s%S", s, i ? ", " : "", arg) : NULL;
    }
    if (s && is_func(fn) && value_is_empty(as_func(fn)->dict))
        return str_printf(vm, "%S) at %S:%u", s, as_func(fn)->code->filename, as_func(fn)->code->first_line);
    if (s && is_func(fn))
        return odd_callback_text(vm, fn, args, debug);     /* it may wrap another */
    return s ? str_printf(vm, "%S)", s) : NULL;
}

static Value handle_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Handle *h = as_handle(self);
    if (is_str(h->args))
        return h->args;
    Str *s = str_printf(vm, "<%S%s", as_str(type_of(vm, self)->name), h->h.flags & HANDLE_CANCELLED ? " cancelled" : "");
    if (s && h->h.flags & HANDLE_TIMER)
        s = str_printf(vm, "%S when=%R", s, h->due);
    if (s && !value_is_none(h->fn)) {
        Str *cb = callback_text(vm, h->fn, h->args, h->loop->debug);
        s = cb ? str_printf(vm, "%S %S", s, cb) : NULL;
    }
    Str *at = s ? origin_repr(vm, h->source) : NULL;
    s = at ? str_printf(vm, "%S%S>", s, at) : NULL;
    return s ? value_from_obj(s) : VALUE_ERROR;
}

/* ---- made by a script ---- */

static Value handle_m_new(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Handle *h = (Handle *)object_alloc(vm, as_type(self));
    if (!h)
        return VALUE_ERROR;
    h->fn = h->args = h->due = VALUE_NONE;
    h->context = h->source = VALUE_EMPTY;
    h->h.flags |= HANDLE_CANCELLED;
    return value_from_obj(h);
}

static bool handle_setup(Vm *vm, Value self, const Value *v)
{
    Handle *h = as_handle(self);
    Loop *l;
    Value items = is_tuple(v[1]) ? v[1] : op_list_of(vm, v[1]);
    Tuple *t = is_tuple(items) ? as_tuple(items) : value_is_empty(items) ? NULL
             : tuple_from(vm, list_items(as_list(items)), as_list(items)->len);
    if (!t || !loop_of(vm, v[2], &l) || !context_check(vm, v[3], &h->context))
        return false;
    h->fn = v[0];
    h->args = value_from_obj(t);
    h->loop = l;
    h->h.flags &= (uint16_t)~HANDLE_CANCELLED;
    heap_touch(vm, h);
    return !l->debug || !value_is_empty(h->source = origin_stack(vm, ORIGIN_DEPTH));
}

static Value handle_m_init(Vm *vm, Value self, const Args *args)
{
    return handle_setup(vm, self, args->v) ? VALUE_NONE : VALUE_ERROR;
}

static Value timer_m_init(Vm *vm, Value self, const Args *args)
{
    Handle *h = as_handle(self);
    h->h.flags |= HANDLE_TIMER;
    heap_set(vm, h, &h->due, args->v[0]);
    return handle_setup(vm, self, args->v + 1) ? VALUE_NONE : VALUE_ERROR;
}

static Value handle_m_run(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Handle *h = as_handle(self);
    if (!h->loop || h->h.flags & HANDLE_CANCELLED)
        return raise_exc(vm, EXC_TypeError, "'NoneType' object is not callable");
    return loop_run_handle(vm, h->loop, h) ? VALUE_NONE : VALUE_ERROR;
}

/* Timer handles compare by time. */
static Value order(Vm *vm, Value a, Value b, unsigned cmp)
{
    if (!is_kind(b, KIND_EXT) || type_of(vm, b)->layout != &handle_layout || !(as_handle(b)->h.flags & HANDLE_TIMER))
        return VALUE_NOT_IMPLEMENTED;
    return op_compare(vm, cmp, as_handle(a)->due, as_handle(b)->due);
}

static Value timer_m_lt(Vm *vm, Value self, const Args *args)
{
    return order(vm, self, args->v[0], 0);
}

static Value timer_m_le(Vm *vm, Value self, const Args *args)
{
    return order(vm, self, args->v[0], 1);
}

static Value timer_m_gt(Vm *vm, Value self, const Args *args)
{
    return order(vm, self, args->v[0], 4);
}

static Value timer_m_ge(Vm *vm, Value self, const Args *args)
{
    return order(vm, self, args->v[0], 5);
}

static Value timer_m_eq(Vm *vm, Value self, const Args *args)
{
    Value other = args->v[0];
    if (!is_kind(other, KIND_EXT) || type_of(vm, other)->layout != &handle_layout || !(as_handle(other)->h.flags & HANDLE_TIMER))
        return VALUE_NOT_IMPLEMENTED;
    Handle *a = as_handle(self), *b = as_handle(other);
    Value pairs[][2] = { { a->due, b->due }, { a->fn, b->fn }, { a->args, b->args } };
    int eq = !((a->h.flags ^ b->h.flags) & HANDLE_CANCELLED);
    for (size_t i = 0; eq > 0 && i < COUNT_OF(pairs); i++)
        eq = op_equal(vm, pairs[i][0], pairs[i][1]);
    return eq < 0 ? VALUE_ERROR : value_from_bool(eq);
}

static Value timer_m_hash(Vm *vm, Value self, const Args *args)
{
    int64_t hash;
    (void)args;
    return op_hash(vm, as_handle(self)->due, &hash) ? int_new(vm, hash) : VALUE_ERROR;
}

static const MethodDef handle_methods[] = {
    METHOD(handle, new, "__new__(*args, **kwargs)", "Create a handle."),
    SCRIPT_METHOD(handle, init, "__init__(callback, args, loop, context=None)", "A callback of the loop, with its arguments."),
    SCRIPT_METHOD(handle, cancel, "cancel()", "Do not run it."),
    SCRIPT_METHOD(handle, cancelled, "cancelled()", "Was it cancelled?"),
    SCRIPT_METHOD(handle, get_context, "get_context()", "The context it runs in."),
    SCRIPT_METHOD(handle, run, "_run()", "Call it; what it raises goes to the loop's exception handler."),
    SCRIPT_METHOD(handle, repr, "__repr__()", "Return repr(self)."),
    { 0 }
};

static Value handle_g_callback(Vm *vm, Value self)
{
    (void)vm;
    return as_handle(self)->fn;
}

static Value handle_g_args(Vm *vm, Value self)
{
    (void)vm;
    return is_str(as_handle(self)->args) ? VALUE_NONE : as_handle(self)->args;
}

static Value handle_g_cancelled(Vm *vm, Value self)
{
    (void)vm;
    return value_from_bool(as_handle(self)->h.flags & HANDLE_CANCELLED);
}

static Value handle_g_loop(Vm *vm, Value self)
{
    (void)vm;
    return as_handle(self)->loop ? loop_value(as_handle(self)->loop) : VALUE_NONE;
}

static Value handle_g_context(Vm *vm, Value self)
{
    return handle_m_get_context(vm, self, NULL);
}

static Value handle_g_source(Vm *vm, Value self)
{
    Value at = origin_get(vm, as_handle(self)->source);
    if (is_list(at))
        heap_set(vm, as_handle(self), &as_handle(self)->source, at);
    return at;
}

static bool handle_s_source(Vm *vm, Value self, Value v)
{
    heap_set(vm, as_handle(self), &as_handle(self)->source, v);
    return true;
}

static Value timer_g_scheduled(Vm *vm, Value self)
{
    (void)vm;
    return value_from_bool(as_handle(self)->h.flags & (OBJ_TIMED | HANDLE_SCHEDULED));
}

static bool timer_s_scheduled(Vm *vm, Value self, Value v)
{
    int t = value_is_empty(v) ? 0 : op_truth(vm, v);
    as_handle(self)->h.flags = (uint16_t)((as_handle(self)->h.flags & ~HANDLE_SCHEDULED) | (t > 0 ? HANDLE_SCHEDULED : 0));
    return t >= 0;
}

static Value timer_g_when(Vm *vm, Value self)
{
    return handle_m_when(vm, self, NULL);
}

static const GetSetDef handle_getsets[] = {
    { "_callback", "The function, None once cancelled.", handle_g_callback, NULL },
    { "_args", "Its arguments, None once cancelled.", handle_g_args, NULL },
    { "_cancelled", "Was it cancelled?", handle_g_cancelled, NULL },
    { "_loop", "The loop it belongs to.", handle_g_loop, NULL },
    { "_context", "The context it runs in.", handle_g_context, NULL },
    { "_source_traceback", "In debug mode, where it was made.", handle_g_source, handle_s_source },
    { 0 }
};

static const GetSetDef timer_getsets[] = {
    { "_when", "The loop's time at which it is due.", timer_g_when, NULL },
    { "_scheduled", "Is it among the loop's timers?", timer_g_scheduled, timer_s_scheduled },
    { 0 }
};

static const MethodDef timer_methods[] = {
    SCRIPT_METHOD(timer, init, "__init__(when, callback, args, loop, context=None)", "A callback of the loop, at a time."),
    SCRIPT_METHOD(timer, eq, "__eq__(value, /)", "Return self==value."),
    SCRIPT_METHOD(timer, hash, "__hash__()", "Return hash(self)."),
    SCRIPT_METHOD(handle, when, "when()", "The loop's time at which it is due, in seconds."),
    SCRIPT_METHOD(timer, lt, "__lt__(value, /)", "Return self<value."),
    SCRIPT_METHOD(timer, le, "__le__(value, /)", "Return self<=value."),
    SCRIPT_METHOD(timer, gt, "__gt__(value, /)", "Return self>value."),
    SCRIPT_METHOD(timer, ge, "__ge__(value, /)", "Return self>=value."),
    { 0 }
};

bool handle_types_init(Vm *vm)
{
    static const TypeDef def = { .name = "asyncio.events.Handle", .doc = "A callback that will be called.",
        .layout = &handle_layout,
        .methods = handle_methods, .getsets = handle_getsets,
        .flags = TYPE_BASE | TYPE_HAS_DICT | TYPE_WEAKREFS | TYPE_PLAIN_NAME };
    static const TypeDef timer_def = { .name = "asyncio.events.TimerHandle", .doc = "A callback that will be called at a time.",
        .layout = &handle_layout, .methods = timer_methods, .getsets = timer_getsets,
        .flags = TYPE_BASE | TYPE_HAS_DICT | TYPE_WEAKREFS | TYPE_PLAIN_NAME };
    Runtime *rt = rt_of(vm);
    Type *t = type_from_def(vm, &def, vm->types.object);
    if (!t)
        return false;
    rt->roots[RT_ROOT_HANDLE_TYPE] = value_from_obj(t);
    rt->handle_shape = t->root_shape->id;
    if (!(t = type_from_def(vm, &timer_def, t)))
        return false;
    rt->roots[RT_ROOT_TIMER_HANDLE_TYPE] = value_from_obj(t);
    rt->timer_shape = t->root_shape->id;
    return true;
}
