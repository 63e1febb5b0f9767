/* SPDX-License-Identifier: MIT
 * Calls: binding arguments to a script function's parameters, calling natives, classes and whatever else is
 * callable, from C. */
#include "vm/interp.h"

#include <stdio.h>
#include <stdlib.h>

#include "vm/attr_cache.h"
#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/set.h"
#include "vm/objects/str.h"
#include "vm/buf.h"
#include "vm/signature.h"
#include "vm/text/nearest.h"

/* ---- script functions: binding ---- */

static const char *plural(uint32_t n)
{
    return n == 1 ? "" : "s";
}

static Value too_many(Vm *vm, Func *func, uint32_t npos, const Value *regs)
{
    Code *code = func->code;
    uint32_t defaults = value_is_empty(func->defaults) ? 0 : (uint32_t)as_tuple(func->defaults)->len;
    uint32_t kwgiven = 0;
    char takes[64], extra[64] = "";
    for (uint32_t i = code->nargs; i < (uint32_t)code->nargs + code->nkwonly; i++)
        kwgiven += !value_is_empty(regs[i]);
    if (defaults)
        snprintf(takes, sizeof takes, "from %d to %u", (int)code->nargs - (int)defaults, code->nargs);
    else
        snprintf(takes, sizeof takes, "%u", code->nargs);
    if (kwgiven)
        snprintf(extra, sizeof extra, " positional argument%s (and %u keyword-only argument%s)", plural(npos), kwgiven,
                 plural(kwgiven));
    return raise_exc(vm, EXC_TypeError, "%S() takes %s positional argument%s but %u%s %s given", as_str(func->qualname), takes,
                 defaults || code->nargs != 1 ? "s" : "", npos, extra, npos == 1 && !kwgiven ? "was" : "were");
}

/* "'a'", "'a' and 'b'", "'a', 'b', and 'c'" */
static Value missing(Vm *vm, Func *func, const char *kind, const Value *regs, uint32_t from, uint32_t to)
{
    Code *code = func->code;
    uint32_t count = 0, seen = 0;
    for (uint32_t i = from; i < to; i++)
        count += value_is_empty(regs[i]);
    Buf b;
    buf_init(&b, &vm->alloc);
    for (uint32_t i = from; i < to; i++) {
        if (!value_is_empty(regs[i]))
            continue;
        if (seen)
            buf_puts(&b, seen + 1 < count ? ", " : count == 2 ? " and " : ", and ");
        buf_putc(&b, '\'');
        buf_put(&b, str_data(code->local_names[i]), code->local_names[i]->len);
        buf_putc(&b, '\'');
        seen++;
    }
    Str *names = str_from_buf(vm, &b);
    if (!names)
        return VALUE_ERROR;
    return raise_exc(vm, EXC_TypeError, "%S() missing %u required %s argument%s: %S", as_str(func->qualname), count, kind,
                 plural(count), names);
}

static bool positional_only_as_keyword(Vm *vm, Func *func, uint32_t nkw, const Value *names)
{
    Code *code = func->code;
    Buf b;
    buf_init(&b, &vm->alloc);
    uint32_t found = 0;
    for (uint32_t p = 0; p < code->nposonly; p++)
        for (uint32_t k = 0; k < nkw; k++)
            if (str_equal(code->local_names[p], as_str(names[k]))) {
                if (found++)
                    buf_puts(&b, ", ");
                buf_put(&b, str_data(code->local_names[p]), code->local_names[p]->len);
            }
    if (!found) {
        buf_free(&b);
        return false;
    }
    Str *text = str_from_buf(vm, &b);
    if (text)
        raise_exc(vm, EXC_TypeError, "%S() got some positional-only arguments passed as keyword arguments: '%S'",
              as_str(func->qualname), text);
    return true;
}

static bool bind_keywords(Vm *vm, Func *func, Value *regs, Dict *rest, uint32_t nkw, const Value *values, const Value *names)
{
    Code *code = func->code;
    uint32_t end = (uint32_t)code->nargs + code->nkwonly;
    for (uint32_t k = 0; k < nkw; k++) {
        Str *name = as_str(names[k]);
        uint32_t i = code->nposonly;
        while (i < end && code->local_names[i] != name)
            i++;
        if (i == end)
            for (i = code->nposonly; i < end && !str_equal(code->local_names[i], name);)
                i++;
        if (i < end) {
            if (!value_is_empty(regs[i])) {
                raise_exc(vm, EXC_TypeError, "%S() got multiple values for argument '%S'", as_str(func->qualname), name);
                return false;
            }
            regs[i] = values[k];
        } else if (rest) {
            if (!dict_set_str(vm, rest, name, values[k]))
                return false;
        } else {
            Nearest meant = { .name = name };
            for (i = code->nposonly; i < end; i++)
                nearest_try(&meant, code->local_names[i]);
            if (!positional_only_as_keyword(vm, func, nkw, names) && !vm_pending(vm))
                raise_unexpected_keyword(vm, str_data(as_str(func->qualname)), name, meant.best);
            return false;
        }
    }
    return true;
}

static bool fill_defaults(Vm *vm, Func *func, Value *regs, uint32_t given)
{
    Code *code = func->code;
    uint32_t ndef = value_is_empty(func->defaults) ? 0 : (uint32_t)as_tuple(func->defaults)->len;
    uint32_t required = ndef > code->nargs ? 0 : code->nargs - ndef;
    for (uint32_t i = given < required ? given : required; i < required; i++)
        if (value_is_empty(regs[i])) {
            missing(vm, func, "positional", regs, 0, required);
            return false;
        }
    for (uint32_t i = required; i < code->nargs; i++)
        if (value_is_empty(regs[i]))
            regs[i] = as_tuple(func->defaults)->items[i - required + (ndef > code->nargs ? ndef - code->nargs : 0)];
    for (uint32_t i = code->nargs; i < (uint32_t)code->nargs + code->nkwonly; i++) {
        if (!value_is_empty(regs[i]))
            continue;
        if (!value_is_empty(func->kwdefaults))
            regs[i] = dict_get_str(vm, as_dict(func->kwdefaults), code->local_names[i]);
    }
    for (uint32_t i = code->nargs; i < (uint32_t)code->nargs + code->nkwonly; i++)
        if (value_is_empty(regs[i])) {
            missing(vm, func, "keyword-only", regs, code->nargs, (uint32_t)code->nargs + code->nkwonly);
            return false;
        }
    return true;
}

bool func_bind(Vm *vm, Func *func, Value *regs, uint32_t n, const Value *args, uint32_t nkw, const Value *names)
{
    Code *code = func->code;
    if (LIKELY(!nkw && n == code->nargs && !code->nkwonly && !(code->flags & (CODE_VARARGS | CODE_VARKW)))) {
        for (uint32_t i = 0; i < n; i++)
            regs[i] = args[i];
        return true;
    }
    uint32_t npos = n - nkw, direct = npos < code->nargs ? npos : code->nargs;
    uint32_t star = (uint32_t)code->nargs + code->nkwonly;
    Dict *rest = NULL;
    for (uint32_t i = 0; i < direct; i++)
        regs[i] = args[i];
    if (code->flags & CODE_VARARGS) {
        Tuple *t = tuple_from(vm, args + direct, npos - direct);
        if (!t)
            return false;
        regs[star++] = value_from_obj(t);
    }
    if (code->flags & CODE_VARKW) {
        rest = dict_new(vm);
        if (!rest)
            return false;
        regs[star] = value_from_obj(rest);
    }
    if (nkw && !bind_keywords(vm, func, regs, rest, nkw, args + npos, names))
        return false;
    if (npos > direct && !(code->flags & CODE_VARARGS)) {
        too_many(vm, func, npos, regs);
        return false;
    }
    if (direct == code->nargs && !code->nkwonly)
        return true;
    return fill_defaults(vm, func, regs, direct);
}

static Value call_function(Vm *vm, Func *func, uint32_t n, const Value *args, uint32_t nkw, const Value *names)
{
    Code *code = func->code;
    if (code->flags & (CODE_GENERATOR | CODE_COROUTINE)) {
        Gen *g = gen_new(vm, func);
        if (g && func_bind(vm, func, g->regs, n, args, nkw, names))
            return value_from_obj(g);
        if (g)
            g->f.state = GEN_FINISHED;  /* nobody has seen it: there is nothing to await */
        return VALUE_ERROR;
    }
    Strand *s = vm->strand;
    Frame *f = frame_push_fast(vm, s, func, NULL, 0);
    if (!f)
        return VALUE_ERROR;
    f->flags |= FRAME_ENTRY;
    f->back = s->top;
    if (LIKELY(!nkw && func_is_plain(func, n))) {
        for (uint32_t i = 0; i < n; i++)
            f->regs[i] = args[i];
        if (n < code->nargs)
            take_defaults(func, f->regs, n);
    } else if (!func_bind(vm, func, f->regs, n, args, nkw, names)) {
        frame_pop(vm, f);
        return VALUE_ERROR;
    }
    return interp_run(vm, f);
}

/* ---- natives ---- */

static Value self_missing(Vm *vm, Native *n)
{
    const char *sig = n->def->signature;
    int len = (int)signature_name_len(sig);
    if (n->h.flags & NATIVE_IS_SLOT)
        return raise_exc(vm, EXC_TypeError, "descriptor '%.*s' of '%s' object needs an argument", len, sig,
                         type_name(n->owner));
    return raise_exc(vm, EXC_TypeError, "unbound method %s.%.*s() needs an argument", type_short_name(n->owner), len, sig);
}

Value raise_wrong_self(Vm *vm, const Native *n, Value self)
{
    if (n->def->flags & NATIVE_REFUSES)
        n = as_native(n->module);
    const char *sig = n->def->signature;
    return raise_exc(vm, EXC_TypeError,
                     n->h.flags & NATIVE_IS_SLOT ? "descriptor '%.*s' requires a '%s' object but received a '%T'"
                                                 : "descriptor '%.*s' for '%s' objects doesn't apply to a '%T' object",
                 (int)signature_name_len(sig), sig, type_name(n->owner), self);
}

/* T.__new__(cls, …): cls must be a class that T can make. */
static bool new_check(Vm *vm, Native *n, uint32_t npos, const Value *args)
{
    const char *name = type_name(n->owner);
    if (!npos) {
        raise_exc(vm, EXC_TypeError, "%s.__new__(): not enough arguments", name);
        return false;
    }
    if (!is_type(args[0])) {
        raise_exc(vm, EXC_TypeError, "%s.__new__(X): X is not a type object (%T)", name, args[0]);
        return false;
    }
    const char *cls = type_name(as_type(args[0]));
    if (!type_is_subtype(as_type(args[0]), n->owner)) {
        raise_exc(vm, EXC_TypeError, "%s.__new__(%s): %s is not a subtype of %s", name, cls, cls, name);
        return false;
    }
    Type *solid = as_type(args[0]);
    if (solid->layout != n->owner->layout) {
        while (solid->base && solid->flags & TYPE_HEAP)
            solid = solid->base;
        raise_exc(vm, EXC_TypeError, "%s.__new__(%s) is not safe, use %s.__new__()", name, cls, type_name(solid));
        return false;
    }
    return true;
}

#ifdef AIO_DEBUG
void native_check(Vm *vm, const Native *n, Value v)
{
    if (value_is_empty(v) == vm_pending(vm))
        return;
    fprintf(stderr, "native %s: result and pending exception disagree\n", n->def->signature);
    abort();
}
#endif

/* signature_call(), its commonest case inline. */
static inline Value call_bound(Vm *vm, Native *n, Value self, uint32_t nargs, const Value *args, uint32_t nkw, const Value *names)
{
    const Signature *sig = n->sig;
    if (LIKELY(sig && sig->direct && nargs == sig->nparams && !nkw)) {
        Args a = { .v = (Value *)(uintptr_t)args, .count = nargs, .given = nargs };
        return n->def->fn(vm, self, &a);
    }
    return signature_call(vm, n, self, nargs, args, nkw, names);
}

Value native_call(Vm *vm, Native *n, uint32_t nargs, const Value *args, uint32_t nkw, const Value *names)
{
    Value self = n->self;
    if (native_binds(n)) {
        if (UNLIKELY(nargs == nkw))
            return self_missing(vm, n);
        self = args[0];
        if (UNLIKELY(!value_is_a(vm, self, n->owner)))
            return raise_wrong_self(vm, n, self);
        args++;
        nargs--;
    } else if ((n->h.flags & NATIVE_IS_NEW) && value_is_empty(self)) {
        if (!new_check(vm, n, nargs - nkw, args))
            return VALUE_ERROR;
        self = args[0];
        args++;
        nargs--;
    }
    if (!vm_stack_ok(vm, ""))
        return VALUE_ERROR;
    Value v = call_bound(vm, n, self, nargs, args, nkw, names);
#ifdef AIO_DEBUG
    native_check(vm, n, v);
#endif
    return v;
}

Value native_method_call(Vm *vm, Native *n, Value self, uint32_t nargs, const Value *args)
{
    if (UNLIKELY(!value_is_a(vm, self, n->owner)))      /* a class may borrow it: append = list.append */
        return raise_wrong_self(vm, n, self);
    if (!vm_stack_ok(vm, ""))
        return VALUE_ERROR;
    Value v = call_bound(vm, n, self, nargs, args, 0, NULL);
#ifdef AIO_DEBUG
    native_check(vm, n, v);
#endif
    return v;
}

/* A function that takes n arguments, none of them in a special way, and runs at once. */
static inline bool is_simple(const Func *func, uint32_t n)
{
    const Code *code = func->code;
    return code->nargs == n && !code->nkwonly &&
           !(code->flags & (CODE_VARARGS | CODE_VARKW | CODE_GENERATOR | CODE_COROUTINE));
}

static Value call_simple(Vm *vm, Func *func, Value self, uint32_t n, const Value *args)
{
    Frame *f = frame_push_fast(vm, vm->strand, func, NULL, 0);
    if (!f)
        return VALUE_ERROR;
    f->flags |= FRAME_ENTRY;
    f->back = vm->strand->top;
    f->regs[0] = self;
    for (uint32_t i = 0; i < n; i++)
        f->regs[i + 1] = args[i];
    return interp_run(vm, f);
}

/* func(self, *args): bound methods and special ones. */
static Value call_with_self(Vm *vm, Value func, Value self, uint32_t n, const Value *args, uint32_t nkw, const Value *names)
{
    if (LIKELY(!nkw && is_func(func) && is_simple(as_func(func), n + 1)))
        return call_simple(vm, as_func(func), self, n, args);
    Value small[8], *v = small;
    if (n + 1 > COUNT_OF(small)) {
        Values *big = values_new(vm, n + 1);
        if (!big)
            return VALUE_ERROR;
        v = big->items;
    }
    v[0] = self;
    if (n)
        memcpy(v + 1, args, n * sizeof(Value));
    if (is_native(func))
        return native_call(vm, as_native(func), n + 1, v, nkw, names);
    /* A bound method of a bound method, and so on. */
    return vm_stack_ok(vm, " while calling a Python object") ? op_call_kw(vm, func, n + 1, v, nkw, names) : VALUE_ERROR;
}

/* ---- classes ---- */

static bool takes_no_keywords(Vm *vm, Native *n)
{
    const Signature *sig = signature_of(vm, n);
    return sig && sig->nparams == sig->nposonly && !sig->varkw;
}

static Value new_instance(Vm *vm, Type *t, uint32_t n, const Value *args, uint32_t nkw, const Value *names)
{
    Value ctor = type_special(t, SPECIAL_NEW);
    if (value_is_empty(ctor) || (t->flags & TYPE_DISALLOW_NEW))
        return raise_exc(vm, EXC_TypeError, "cannot create '%s' instances", type_name(t));
    if (is_native(ctor) && as_native(ctor)->h.flags & NATIVE_IS_NEW && type_is_subtype(t, as_native(ctor)->owner)) {
        Native *nat = as_native(ctor);
        /* Keywords are for an __init__ of the class's own, where the built-in's __new__ takes none. */
        if (nkw && (t->flags & TYPE_HEAP) && !is_native(type_special(t, SPECIAL_INIT)) && takes_no_keywords(vm, nat)) {
            n -= nkw;
            nkw = 0;
        }
        return signature_call(vm, nat, value_from_obj(t), n, args, nkw, names);
    }
    if (!vm_stack_ok(vm, " while calling a Python object"))
        return VALUE_ERROR;
    if (!is_func(ctor) && !is_native(ctor)) {
        ctor = attr_bind(vm, ctor, VALUE_EMPTY, t);
        if (value_is_empty(ctor))
            return ctor;
    }
    return call_with_self(vm, ctor, value_from_obj(t), n, args, nkw, names);
}

/* T(x) of what such a class makes by itself. *made unchanged: go the general way. */
static void type_call_quick(Vm *vm, const Type *t, Value x, Value *made)
{
    switch (t->root_shape->id) {
    case SHAPE_INT_ID:
        if (is_exact(x, SHAPE_STR_ID))
            *made = int_parse(vm, x, 10);
        else if (value_is_int48(x))
            *made = x;
        return;
    case SHAPE_STR_ID: {
        Str *s = op_str(vm, x);
        *made = s ? value_from_obj(s) : VALUE_ERROR;
        return;
    }
    case SHAPE_LIST_ID: {
        List *l = list_new(vm, 0);
        *made = l && list_extend(vm, l, x) ? value_from_obj(l) : VALUE_ERROR;
        return;
    }
    case SHAPE_TUPLE_ID:
        *made = op_tuple_of(vm, x);
        return;
    case SHAPE_SET_ID: {
        Set *s = set_new(vm, false);
        *made = s && set_update(vm, s, x) ? value_from_obj(s) : VALUE_ERROR;
        return;
    }
    default:
        return;
    }
}

Value type_call(Vm *vm, Type *t, uint32_t n, const Value *args, uint32_t nkw, const Value *names)
{
    if (n == 1 && !nkw && !(t->flags & TYPE_HEAP)) {
        Value made = VALUE_NOT_IMPLEMENTED;
        type_call_quick(vm, t, args[0], &made);
        if (!value_is_not_implemented(made))
            return made;
    }
    if (t == vm->types.dict && n == nkw) {
        Dict *d = dict_new(vm);
        for (uint32_t i = 0; d && i < n; i++)
            if (!dict_set_str(vm, d, as_str(names[i]), args[i]))
                return VALUE_ERROR;
        return d ? value_from_obj(d) : VALUE_ERROR;
    }
    if (t == vm->types.type && n == 1 + nkw) {
        if (nkw)
            return raise_exc(vm, EXC_TypeError, "type() takes no keyword arguments");
        return value_from_obj(type_of(vm, args[0]));
    }
    Value o = new_instance(vm, t, n, args, nkw, names);
    if (value_is_empty(o) || !value_is_a(vm, o, t))
        return o;
    Type *own = type_of(vm, o);
    Value init = type_special(own, SPECIAL_INIT);
    if (value_is_empty(init) || value_same(init, type_special(vm->types.object, SPECIAL_INIT))) {
        Value ctor = type_special(t, SPECIAL_NEW);
        if ((n || nkw) && value_same(ctor, type_special(vm->types.object, SPECIAL_NEW)))
            return raise_exc(vm, EXC_TypeError, "%s() takes no arguments", type_name(t));
        return o;
    }
    /* Keywords are for a __new__ of the class's own, where the built-in's __init__ takes none. */
    if (nkw && is_native(init) && as_native(init)->owner && t->flags & TYPE_HEAP && takes_no_keywords(vm, as_native(init)) &&
        !value_same(type_special(t, SPECIAL_NEW), type_special(as_native(init)->owner, SPECIAL_NEW))) {
        n -= nkw;
        nkw = 0;
    }
    Value r;
    if (is_func(init) || is_native(init)) {
        r = call_with_self(vm, init, o, n, args, nkw, names);
    } else {
        init = attr_bind(vm, init, o, own);
        r = value_is_empty(init) ? init : op_call_kw(vm, init, n, args, nkw, names);
    }
    if (value_is_empty(r))
        return VALUE_ERROR;
    if (!value_is_none(r))
        return raise_exc(vm, EXC_TypeError, "__init__() should return None, not '%T'", r);
    return o;
}

/* ---- anything ---- */

Value op_call_kw(Vm *vm, Value f, uint32_t n, const Value *args, uint32_t nkw, const Value *names)
{
    if (UNLIKELY(!value_is_obj(f)))
        return raise_exc(vm, EXC_TypeError, "'%T' object is not callable", f);
    switch (value_obj(f)->kind) {
    case KIND_FUNC:
        return call_function(vm, as_func(f), n, args, nkw, names);
    case KIND_NATIVE:
        return native_call(vm, as_native(f), n, args, nkw, names);
    case KIND_METHOD:
        return call_with_self(vm, as_method(f)->func, as_method(f)->self, n, args, nkw, names);
    case KIND_TYPE:
        if (value_same(type_special(type_of(vm, f), SPECIAL_CALL), type_special(vm->types.type, SPECIAL_CALL)))
            return type_call(vm, as_type(f), n, args, nkw, names);
    }
    Value call = type_special(type_of(vm, f), SPECIAL_CALL);
    if (value_is_empty(call))
        return raise_exc(vm, EXC_TypeError, "'%T' object is not callable", f);
    if (!vm_stack_ok(vm, " while calling a Python object"))
        return VALUE_ERROR;
    if (is_func(call) || (is_native(call) && native_binds(as_native(call))))
        return call_with_self(vm, call, f, n, args, nkw, names);
    Value self, bound = attr_method(vm, f, vm->special_names[SPECIAL_CALL], &self);
    if (value_is_empty(bound))
        return VALUE_ERROR;
    if (!value_is_empty(self))
        return call_with_self(vm, bound, self, n, args, nkw, names);
    return op_call_kw(vm, bound, n, args, nkw, names);
}

Value op_call(Vm *vm, Value f, uint32_t n, const Value *args)
{
    return op_call_kw(vm, f, n, args, 0, NULL);
}

bool call_spread(Vm *vm, Value self, Value args, Dict *kwargs, Spread *out)
{
    Value *items = is_tuple(args) ? as_tuple(args)->items : list_items(as_list(args));
    size_t len = is_tuple(args) ? as_tuple(args)->len : as_list(args)->len;
    size_t first = !value_is_empty(self), nkw = kwargs ? dict_len(kwargs) : 0;
    size_t npos = first + len, n = npos + nkw;
    *out = (Spread){ items, NULL, (uint32_t)n, (uint32_t)nkw };
    if (!first && !nkw)
        return true;
    Values *v = values_new(vm, n + nkw);
    if (!v)
        return false;
    v->items[0] = self;
    if (len)
        memcpy(v->items + first, items, len * sizeof(Value));
    size_t pos = 0;
    Value key, value;
    for (size_t i = 0; i < nkw && dict_next(kwargs, &pos, &key, &value); i++) {
        if (!is_str(key)) {
            raise_exc(vm, EXC_TypeError, "keywords must be strings");
            return false;
        }
        v->items[npos + i] = value;
        v->items[n + i] = key;
    }
    out->args = v->items;
    out->names = v->items + n;
    return true;
}

Value op_call_ex(Vm *vm, Value f, Tuple *args, Dict *kwargs)
{
    Spread s;
    if (!call_spread(vm, VALUE_EMPTY, value_from_obj(args), kwargs, &s))
        return VALUE_ERROR;
    return op_call_kw(vm, f, s.n, s.args, s.nkw, s.names);
}

Value op_call_method(Vm *vm, Value o, Str *name, uint32_t n, const Value *args)
{
    Value self = o, f;
    const AttrEntry *e = attr_entry(vm, shape_id_of(o), name);
    if (LIKELY(e->name == name && e->shape == shape_id_of(o) && e->how == CACHE_METHOD))
        f.bits = e->extra;
    else
        f = interp_find_method(vm, o, name, &self);
    if (value_is_empty(f))
        return VALUE_ERROR;
    if (value_is_empty(self))
        return op_call(vm, f, n, args);
    return call_with_self(vm, f, self, n, args, 0, NULL);
}

/* v's class has a special method, but it could not be got from its descriptor, which raised. Some of CPython's slots
 * then go on as if there were none. */
static NOINLINE Value without_special(Vm *vm, Value v, Special sp)
{
    switch (sp) {
    case SPECIAL_LT: case SPECIAL_LE: case SPECIAL_EQ: case SPECIAL_NE: case SPECIAL_GT: case SPECIAL_GE:
        exc_discard(vm);
        return VALUE_NOT_IMPLEMENTED;
    case SPECIAL_HASH:
        exc_discard(vm);
        return raise_exc(vm, EXC_TypeError, "unhashable type: '%T'", v);
    case SPECIAL_REPR:
        exc_discard(vm);
        return signature_call(vm, as_native(type_special(vm->types.object, sp)), v, 0, NULL, 0, NULL);
    case SPECIAL_ITER:
        exc_discard(vm);
        return op_iter_items(vm, v, true);
    case SPECIAL_AWAIT: case SPECIAL_AITER: case SPECIAL_ANEXT:
        exc_discard(vm);
        return raise_exc(vm, EXC_AttributeError, "object %T does not have %S method", v, vm->special_names[sp]);
    default:
        return VALUE_ERROR;
    }
}

Value op_call_special(Vm *vm, Value v, Special sp, uint32_t n, const Value *args, bool *is_missing)
{
    Type *t = type_of(vm, v);
    Value f = type_special(t, sp);
    *is_missing = value_is_empty(f);
    if (*is_missing)
        return VALUE_ERROR;
    if (is_native(f) && native_binds(as_native(f)))
        return vm_stack_ok(vm, " while calling a Python object") ? call_bound(vm, as_native(f), v, n, args, 0, NULL)
                                                                 : VALUE_ERROR;
    if (is_func(f))
        return call_with_self(vm, f, v, n, args, 0, NULL);
    Value get = type_special(type_of(vm, f), SPECIAL_GET);
    if (sp == SPECIAL_GET)              /* the one that is not bound itself */
        return call_with_self(vm, f, v, n, args, 0, NULL);
    if (!value_is_empty(get)) {
        Value a[3] = { f, v, value_from_obj(t) };
        f = op_call(vm, get, 3, a);
        if (value_is_empty(f))
            return without_special(vm, v, sp);
    }
    return op_call(vm, f, n, args);
}

bool op_callable(Vm *vm, Value v)
{
    return !value_is_empty(type_special(type_of(vm, v), SPECIAL_CALL));
}
