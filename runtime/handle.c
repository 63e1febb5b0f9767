/* SPDX-License-Identifier: MIT
 * asyncio.Handle and TimerHandle: a callback on its way, which can be cancelled. */
#include "runtime/handle.h"

#include "vm/objects/list.h"
#include "vm/objects/str.h"

static void handle_trace(Marker *m, Obj *o)
{
    Handle *h = (Handle *)o;
    mark_value(m, h->fn);
    mark_value(m, h->args);
    mark_value(m, h->context);
    mark_obj(m, h->loop);
}

const TypeLayout handle_layout = { .kind = KIND_EXT, .size = sizeof(Handle), .trace = handle_trace };

static Handle *as_handle(Value v)
{
    return (Handle *)value_obj(v);
}

static Handle *handle_new(Vm *vm, Loop *l, Value fn, const Value *args, uint32_t n, Value context, int root)
{
    Handle *h = (Handle *)object_alloc(vm, as_type(rt_of(vm)->roots[root]));
    Tuple *t = h ? tuple_from(vm, args, n) : NULL;
    if (!t)
        return NULL;
    h->fn = fn;
    h->args = value_from_obj(t);
    h->loop = l;
    return context_check(vm, context, &h->context) ? h : NULL;
}

static bool callable_ok(Vm *vm, Value fn, const char *method)
{
    if (is_coroutine(vm, fn)) {
        raise_exc(vm, EXC_TypeError, "coroutines cannot be used with %s()", method);
        return false;
    }
    if (op_callable(vm, fn))
        return true;
    raise_exc(vm, EXC_TypeError, "a callable object was expected by %s(), got %R", method, fn);
    return false;
}

Value loop_call_soon(Vm *vm, Loop *l, Value fn, const Value *args, uint32_t n, Value context, const char *method)
{
    if (!loop_check_open(vm, l) || (l->debug && !callable_ok(vm, fn, method)))
        return VALUE_ERROR;
    Handle *h = handle_new(vm, l, fn, args, n, context, RT_ROOT_HANDLE_TYPE);
    return h && loop_ready(vm, l, value_from_obj(h), VALUE_EMPTY) ? value_from_obj(h) : VALUE_ERROR;
}

Value loop_call_at(Vm *vm, Loop *l, double when, Value fn, const Value *args, uint32_t n, Value context, const char *method)
{
    if (!loop_check_open(vm, l) || (l->debug && !callable_ok(vm, fn, method)))
        return VALUE_ERROR;
    Handle *h = handle_new(vm, l, fn, args, n, context, RT_ROOT_TIMER_HANDLE_TYPE);
    if (!h)
        return VALUE_ERROR;
    h->when = when;
    h->is_timer = true;
    return loop_add_timer(vm, l, when, value_from_obj(h)) ? value_from_obj(h) : VALUE_ERROR;
}

Value loop_handle_for(Vm *vm, Loop *l, Callback *cb, Value future)
{
    Value context = value_is_empty(cb->context) ? VALUE_NONE : cb->context;
    Handle *h = handle_new(vm, l, cb->fn, &future, 1, context, RT_ROOT_HANDLE_TYPE);
    return h ? value_from_obj(h) : VALUE_ERROR;
}

/* ---- methods ---- */

static Value handle_m_cancel(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Handle *h = as_handle(self);
    if (h->cancelled)
        return VALUE_NONE;
    h->cancelled = true;
    if (h->timer)
        loop_remove_timer(h->loop, self);
    h->fn = VALUE_NONE;
    h->args = value_from_obj(vm->empty_tuple);
    return VALUE_NONE;
}

static Value handle_m_cancelled(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return value_from_bool(as_handle(self)->cancelled);
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
    return value_from_double(as_handle(self)->when);
}

/* "f(1, 'a')", with the place of a script's function; args is a Tuple, or EMPTY. */
Str *callback_text(Vm *vm, Value fn, Value args)
{
    Value name = attr_get_opt(vm, fn, vm->names.dunder_qualname);
    exc_discard(vm);
    Str *s = is_str(name) ? as_str(name) : op_repr(vm, fn);
    s = s ? str_printf(vm, "%S(", s) : NULL;
    size_t n = value_is_empty(args) ? 0 : as_tuple(args)->len;
    for (size_t i = 0; s && i < n; i++) {
        Str *arg = short_repr(vm, as_tuple(args)->items[i]);
        s = arg ? str_printf(vm, "%S%s%S", s, i ? ", " : "", arg) : NULL;
    }
    if (s && is_func(fn))
        return str_printf(vm, "%S) at %S:%u", s, as_func(fn)->code->filename, as_func(fn)->code->first_line);
    return s ? str_printf(vm, "%S)", s) : NULL;
}

static Value handle_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Handle *h = as_handle(self);
    Str *s = str_printf(vm, "<%S%s", as_str(type_of(vm, self)->name), h->cancelled ? " cancelled" : "");
    if (s && h->is_timer)
        s = str_printf(vm, "%S when=%R", s, value_from_double(h->when));
    if (s && !h->cancelled) {
        Str *cb = callback_text(vm, h->fn, h->args);
        s = cb ? str_printf(vm, "%S %S", s, cb) : NULL;
    }
    s = s ? str_printf(vm, "%S>", s) : NULL;
    return s ? value_from_obj(s) : VALUE_ERROR;
}

/* Timer handles compare by time. */
static Value order(Vm *vm, Value a, Value b, unsigned cmp)
{
    if (!is_kind(b, KIND_EXT) || type_of(vm, b)->layout != &handle_layout || !as_handle(b)->is_timer)
        return VALUE_NOT_IMPLEMENTED;
    return op_compare(vm, cmp, value_from_double(as_handle(a)->when), value_from_double(as_handle(b)->when));
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

static const MethodDef handle_methods[] = {
    METHOD(handle, cancel, "cancel()", "Do not run it."),
    METHOD(handle, cancelled, "cancelled()", "Was it cancelled?"),
    METHOD(handle, get_context, "get_context()", "The context it runs in."),
    METHOD(handle, repr, "__repr__()", "Return repr(self)."),
    { 0 }
};

static const MethodDef timer_methods[] = {
    METHOD(handle, when, "when()", "The loop's time at which it is due, in seconds."),
    METHOD(timer, lt, "__lt__(value, /)", "Return self<value."),
    METHOD(timer, le, "__le__(value, /)", "Return self<=value."),
    METHOD(timer, gt, "__gt__(value, /)", "Return self>value."),
    METHOD(timer, ge, "__ge__(value, /)", "Return self>=value."),
    { 0 }
};

bool handle_types_init(Vm *vm)
{
    static const TypeDef def = { .name = "asyncio.Handle", .doc = "A callback that will be called.", .layout = &handle_layout,
        .methods = handle_methods, .flags = TYPE_BASE | TYPE_HAS_DICT | TYPE_DISALLOW_NEW | TYPE_WEAKREFS | TYPE_PLAIN_NAME };
    static const TypeDef timer_def = { .name = "asyncio.TimerHandle", .doc = "A callback that will be called at a time.",
        .layout = &handle_layout, .methods = timer_methods,
        .flags = TYPE_BASE | TYPE_HAS_DICT | TYPE_DISALLOW_NEW | TYPE_WEAKREFS | TYPE_PLAIN_NAME };
    Runtime *rt = rt_of(vm);
    Type *t = type_from_def(vm, &def, vm->types.object);
    if (!t)
        return false;
    rt->roots[RT_ROOT_HANDLE_TYPE] = value_from_obj(t);
    if (!(t = type_from_def(vm, &timer_def, t)))
        return false;
    rt->roots[RT_ROOT_TIMER_HANDLE_TYPE] = value_from_obj(t);
    return true;
}
