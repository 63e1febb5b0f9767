/* SPDX-License-Identifier: MIT
 * contextvars: contexts share their variables until one of them changes (copy on write), so copying is cheap at
 * every place where asyncio copies. A context that was never looked at is EMPTY. */
#include "runtime/context.h"

#include "runtime/typing.h"
#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

typedef struct Context {
    Obj h;
    Dict *vars;                 /* by ContextVar; NULL: none */
    bool shared;                /* another context has the same dict */
    bool entered;
    Value outer;                /* the context that run() left */
} Context;

typedef struct ContextVar {
    Obj h;
    Value name, dflt;           /* dflt EMPTY: none */
} ContextVar;

typedef struct Token {
    Obj h;
    Value var, old, context;    /* old EMPTY: it was not set */
    bool used;
} Token;

static void context_trace(Marker *m, Obj *o)
{
    mark_obj(m, ((Context *)o)->vars);
    mark_value(m, ((Context *)o)->outer);
}

static void var_trace(Marker *m, Obj *o)
{
    mark_value(m, ((ContextVar *)o)->name);
    mark_value(m, ((ContextVar *)o)->dflt);
}

static void token_trace(Marker *m, Obj *o)
{
    mark_value(m, ((Token *)o)->var);
    mark_value(m, ((Token *)o)->old);
    mark_value(m, ((Token *)o)->context);
}

static const TypeLayout context_layout = { .kind = KIND_EXT, .size = sizeof(Context), .trace = context_trace };
static const TypeLayout var_layout = { .kind = KIND_EXT, .size = sizeof(ContextVar), .trace = var_trace };
static const TypeLayout token_layout = { .kind = KIND_EXT, .size = sizeof(Token), .trace = token_trace };

static bool has_layout(Vm *vm, Value v, const TypeLayout *layout)
{
    return is_kind(v, KIND_EXT) && type_of(vm, v)->layout == layout;
}

static Context *as_context(Value v)
{
    return (Context *)value_obj(v);
}

static Value context_new(Vm *vm, Context *from)
{
    Context *c = heap_zalloc(vm, sizeof *c, KIND_EXT, as_type(rt_of(vm)->roots[RT_ROOT_CONTEXT_TYPE])->root_shape->id, 0);
    if (!c)
        return VALUE_ERROR;
    if (from && from->vars) {
        c->vars = from->vars;
        c->shared = from->shared = true;
    }
    return value_from_obj(c);
}

Value context_current(Vm *vm)
{
    Strand *s = vm->strand;
    if (value_is_empty(s->context))
        s->context = context_new(vm, NULL);
    return s->context;
}

bool context_copy(Vm *vm, Value *out)
{
    Value cur = vm->strand->context;
    *out = VALUE_EMPTY;
    if (value_is_empty(cur) || !as_context(cur)->vars || !dict_len(as_context(cur)->vars))
        return true;
    *out = context_new(vm, as_context(cur));
    return !value_is_empty(*out);
}

bool context_check(Vm *vm, Value given, Value *out)
{
    if (value_is_none(given))
        return context_copy(vm, out);
    *out = given;
    if (has_layout(vm, given, &context_layout))
        return true;
    raise_exc(vm, EXC_TypeError, "an instance of Context is required, got %T", given);
    return false;
}

/* ---- ContextVar ---- */

static Value var_m_new(Vm *vm, Value self, const Args *args)
{
    ContextVar *v = (ContextVar *)object_alloc(vm, as_type(self));
    if (!v)
        return VALUE_ERROR;
    if (args->nrest != 1)
        return raise_exc(vm, EXC_TypeError, "ContextVar() takes %s 1 positional argument (%u given)",
                         args->nrest ? "at most" : "exactly", args->nrest);
    if (!is_str(args->rest[0]))
        return raise_exc(vm, EXC_TypeError, "context variable name must be a str");
    v->name = args->rest[0];
    v->dflt = args->v[0];
    return value_from_obj(v);
}

static bool var_find(Vm *vm, Value var, Value *out)
{
    Value cur = vm->strand->context;
    *out = VALUE_EMPTY;
    if (value_is_empty(cur) || !as_context(cur)->vars)
        return true;
    return dict_find(vm, as_context(cur)->vars, var, out) >= 0;
}

static Value var_m_get(Vm *vm, Value self, const Args *args)
{
    Value v;
    if (!var_find(vm, self, &v))
        return VALUE_ERROR;
    if (!value_is_empty(v))
        return v;
    if (!value_is_empty(args->v[0]))
        return args->v[0];
    Value dflt = ((ContextVar *)value_obj(self))->dflt;
    return value_is_empty(dflt) ? raise_args(vm, EXC_LookupError, 1, &self) : dflt;
}

static Dict *own_vars(Vm *vm, Context *c)
{
    if (!c->vars || c->shared) {
        Dict *d = c->vars ? dict_copy(vm, c->vars) : dict_new(vm);
        if (!d)
            return NULL;
        heap_set_ptr(vm, c, &c->vars, d);
        c->shared = false;
    }
    return c->vars;
}

static Value var_m_set(Vm *vm, Value self, const Args *args)
{
    Value cur = context_current(vm), old;
    Token *t = heap_zalloc(vm, sizeof *t, KIND_EXT, as_type(rt_of(vm)->roots[RT_ROOT_TOKEN_TYPE])->root_shape->id, 0);
    if (value_is_empty(cur) || !t || !var_find(vm, self, &old))
        return VALUE_ERROR;
    Dict *d = own_vars(vm, as_context(cur));
    if (!d || !dict_set(vm, d, self, args->v[0]))
        return VALUE_ERROR;
    t->var = self;
    t->old = old;
    t->context = cur;
    return value_from_obj(t);
}

static Value var_m_reset(Vm *vm, Value self, const Args *args)
{
    if (!has_layout(vm, args->v[0], &token_layout))
        return raise_exc(vm, EXC_TypeError, "expected an instance of Token, got %R", args->v[0]);
    Token *t = (Token *)value_obj(args->v[0]);
    if (t->used)
        return raise_exc(vm, EXC_RuntimeError, "%R has already been used once", args->v[0]);
    if (!value_same(t->var, self))
        return raise_exc(vm, EXC_ValueError, "%R was created by a different ContextVar", args->v[0]);
    Value cur = context_current(vm);
    if (value_is_empty(cur))
        return cur;
    if (!value_same(t->context, cur))
        return raise_exc(vm, EXC_ValueError, "%R was created in a different Context", args->v[0]);
    t->used = true;
    Dict *d = own_vars(vm, as_context(cur));
    if (!d || (value_is_empty(t->old) ? dict_delete(vm, d, self) < 0 : !dict_set(vm, d, self, t->old)))
        return VALUE_ERROR;
    return VALUE_NONE;
}

static Value var_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    ContextVar *v = (ContextVar *)value_obj(self);
    Str *s = value_is_empty(v->dflt)
           ? str_printf(vm, "<ContextVar name=%R at %p>", v->name, (void *)v)
           : str_printf(vm, "<ContextVar name=%R default=%R at %p>", v->name, v->dflt, (void *)v);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value self_m_class_getitem(Vm *vm, Value self, const Args *args)
{
    Tuple *t = is_tuple(args->v[0]) ? as_tuple(args->v[0]) : tuple_from(vm, args->v, 1);
    return t ? alias_new(vm, self, value_from_obj(t), false) : VALUE_ERROR;
}

static const MethodDef var_methods[] = {
    METHOD(var, new, "__new__(*args, default=...)", "A context variable with a name and perhaps a default."),
    METHOD(var, get, "get(default=..., /)", "Its value in the current context, or a default; else LookupError."),
    METHOD(var, set, "set(value, /)", "Set it in the current context; a token for reset()."),
    METHOD(var, reset, "reset(token, /)", "Back to what it was before the set() that gave the token."),
    METHOD(var, repr, "__repr__()", "Return repr(self)."),
    CLASSMETHOD(self, class_getitem, "__class_getitem__(key, /)", "For annotations."),
    { 0 }
};

static Value var_g_name(Vm *vm, Value self)
{
    (void)vm;
    return ((ContextVar *)value_obj(self))->name;
}

static const GetSetDef var_getsets[] = { { "name", "The variable's name.", var_g_name, NULL }, { 0 } };

/* ---- Token ---- */

static Value token_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Token *t = (Token *)value_obj(self);
    Str *s = str_printf(vm, "<Token%s var=%R at %p>", t->used ? " used" : "", t->var, (void *)t);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value token_g_var(Vm *vm, Value self)
{
    (void)vm;
    return ((Token *)value_obj(self))->var;
}

static Value token_g_old(Vm *vm, Value self)
{
    Value v = ((Token *)value_obj(self))->old;
    if (!value_is_empty(v))
        return v;
    Str *name = str_intern(vm, "MISSING", 7);
    return name ? attr_get(vm, value_from_obj(type_of(vm, self)), name) : VALUE_ERROR;
}

static const MethodDef token_methods[] = {
    METHOD(token, repr, "__repr__()", "Return repr(self)."),
    CLASSMETHOD(self, class_getitem, "__class_getitem__(key, /)", "For annotations."),
    { 0 }
};
static const GetSetDef token_getsets[] = {
    { "var", "The variable.", token_g_var, NULL },
    { "old_value", "Its value before, or Token.MISSING.", token_g_old, NULL },
    { 0 }
};

/* ---- Context ---- */

static Value context_m_new(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (args->nrest || dict_len(as_dict(args->v[0])))
        return raise_exc(vm, EXC_TypeError, "Context() does not accept any arguments");
    return context_new(vm, NULL);
}

static Value context_m_run(Vm *vm, Value self, const Args *args)
{
    Context *c = as_context(self);
    if (!args->nrest)
        return raise_exc(vm, EXC_TypeError, "run() missing 1 required positional argument");
    if (c->entered || value_same(vm->strand->context, self))
        return raise_exc(vm, EXC_RuntimeError, "cannot enter context: %R is already entered", self);
    Tuple *rest = tuple_from(vm, args->rest + 1, args->nrest - 1);
    if (!rest)
        return VALUE_ERROR;
    Value outer = context_swap(vm, self);
    c->entered = true;
    Value r = op_call_ex(vm, args->rest[0], rest, as_dict(args->v[0]));
    c->entered = false;
    vm->strand->context = outer;
    return r;
}

static Value context_m_copy(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return context_new(vm, as_context(self));
}

static bool key_ok(Vm *vm, Value key)
{
    if (has_layout(vm, key, &var_layout))
        return true;
    raise_exc(vm, EXC_TypeError, "a ContextVar key was expected, got %R", key);
    return false;
}

static Value context_m_getitem(Vm *vm, Value self, const Args *args)
{
    Value v = VALUE_EMPTY;
    Context *c = as_context(self);
    if (!key_ok(vm, args->v[0]) || (c->vars && dict_find(vm, c->vars, args->v[0], &v) < 0))
        return VALUE_ERROR;
    return value_is_empty(v) ? raise_args(vm, EXC_KeyError, 1, args->v) : v;
}

static Value context_m_get(Vm *vm, Value self, const Args *args)
{
    Value v = VALUE_EMPTY;
    Context *c = as_context(self);
    if (!key_ok(vm, args->v[0]) || (c->vars && dict_find(vm, c->vars, args->v[0], &v) < 0))
        return VALUE_ERROR;
    return value_is_empty(v) ? args->v[1] : v;
}

static Value context_m_contains(Vm *vm, Value self, const Args *args)
{
    Value v = VALUE_EMPTY;
    Context *c = as_context(self);
    if (!key_ok(vm, args->v[0]) || (c->vars && dict_find(vm, c->vars, args->v[0], &v) < 0))
        return VALUE_ERROR;
    return value_from_bool(!value_is_empty(v));
}

static Value context_m_len(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    Context *c = as_context(self);
    return value_from_int48(c->vars ? (int64_t)dict_len(c->vars) : 0);
}

/* keys, values, items and iteration are a dict's, of a copy. */
static Value as_plain_dict(Vm *vm, Value self)
{
    Context *c = as_context(self);
    Dict *d = c->vars ? dict_copy(vm, c->vars) : dict_new(vm);
    return d ? value_from_obj(d) : VALUE_ERROR;
}

static Value context_m_iter(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Value d = as_plain_dict(vm, self);
    return value_is_empty(d) ? d : op_iter(vm, d);
}

static Value context_m_keys(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Value d = as_plain_dict(vm, self);
    return value_is_empty(d) ? d : op_call_method(vm, d, vm->names.keys, 0, NULL);
}

static Value context_m_values(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Value d = as_plain_dict(vm, self);
    return value_is_empty(d) ? d : op_call_method(vm, d, vm->names.values, 0, NULL);
}

static Value context_m_items(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Value d = as_plain_dict(vm, self);
    return value_is_empty(d) ? d : op_call_method(vm, d, vm->names.items, 0, NULL);
}

static Value context_m_eq(Vm *vm, Value self, const Args *args)
{
    if (!value_same(value_from_obj(type_of(vm, args->v[0])), rt_of(vm)->roots[RT_ROOT_CONTEXT_TYPE]))
        return VALUE_NOT_IMPLEMENTED;
    Value a = as_plain_dict(vm, self), b = value_is_empty(a) ? a : as_plain_dict(vm, args->v[0]);
    if (value_is_empty(b))
        return VALUE_ERROR;
    int equal = op_equal(vm, a, b);
    return equal < 0 ? VALUE_ERROR : value_from_bool(equal);
}

static const MethodDef context_methods[] = {
    METHOD(context, eq, "__eq__(value, /)", "Return self==value."),
    METHOD(context, new, "__new__(*args, **kwargs)", "An empty context."),
    METHOD(context, run, "run(*args, **kwargs)", "Call it in this context."),
    METHOD(context, copy, "copy()", "A copy."),
    METHOD(context, getitem, "__getitem__(key, /)", "Return self[key]."),
    METHOD(context, get, "get(key, default=None, /)", "The variable's value here, or a default."),
    METHOD(context, contains, "__contains__(key, /)", "Is it one of the items?"),
    METHOD(context, len, "__len__()", "Return len(self)."),
    METHOD(context, iter, "__iter__()", "Implement iter(self)."),
    METHOD(context, keys, "keys()", "The variables."),
    METHOD(context, values, "values()", "Their values."),
    METHOD(context, items, "items()", "Pairs of both."),
    { 0 }
};

Value contextvars_f_copy_context(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    Value cur = context_current(vm);
    return value_is_empty(cur) ? cur : context_new(vm, as_context(cur));
}

static const MethodDef functions[] = {
    FUNCTION(contextvars, copy_context, "copy_context()", "A copy of the current context."),
    { 0 }
};

bool context_types_init(Vm *vm)
{
    static const TypeDef var_def = { .name = "_contextvars.ContextVar", .layout = &var_layout,
        .methods = var_methods, .getsets = var_getsets };
    static const TypeDef token_def = { .name = "_contextvars.Token", .layout = &token_layout, .methods = token_methods,
        .getsets = token_getsets, .flags = TYPE_DISALLOW_NEW };
    static const TypeDef context_def = { .name = "_contextvars.Context", .layout = &context_layout, .methods = context_methods,
        .flags = TYPE_MAPPING | TYPE_WEAKREFS };
    const TypeDef *defs[] = { &var_def, &token_def, &context_def };
    const int roots[] = { RT_ROOT_CONTEXT_VAR_TYPE, RT_ROOT_TOKEN_TYPE, RT_ROOT_CONTEXT_TYPE };
    for (size_t i = 0; i < COUNT_OF(defs); i++) {
        Type *t = type_from_def(vm, defs[i], vm->types.object);
        if (!t)
            return false;
        rt_of(vm)->roots[roots[i]] = value_from_obj(t);
    }
    return true;
}

Value contextvars_init(Vm *vm)
{
    Runtime *rt = rt_of(vm);
    Module *m = module_new(vm, "contextvars", "Variables that follow the flow of tasks.");
    if (!m || !module_add_functions(vm, m, functions) || !module_set(vm, m, "ContextVar", rt->roots[RT_ROOT_CONTEXT_VAR_TYPE]) ||
        !module_set(vm, m, "Token", rt->roots[RT_ROOT_TOKEN_TYPE]) ||
        !module_set(vm, m, "Context", rt->roots[RT_ROOT_CONTEXT_TYPE]))
        return VALUE_ERROR;
    Type *token = as_type(rt->roots[RT_ROOT_TOKEN_TYPE]);
    Str *name = str_intern(vm, "MISSING", 7), *text = str_cstr(vm, "<Token.MISSING>");
    if (!name || !text || !dict_set_str(vm, type_dict(vm, token), name, value_from_obj(text)))
        return VALUE_ERROR;
    return value_from_obj(m);
}
