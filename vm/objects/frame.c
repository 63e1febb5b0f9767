/* SPDX-License-Identifier: MIT
 * Frames as scripts see them, and what f_locals of a function's frame is: a mapping that reads and writes the
 * registers (PEP 667). Names that are no locals of the code go to a dict beside. */
#include "vm/objects/core.h"

#include "vm/code.h"
#include "vm/frame.h"
#include "vm/objects/dict.h"
#include "vm/objects/dict_types.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

static Value text(Str *s)
{
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static bool has_own_locals(const Code *c)
{
    return !(c->flags & (CODE_CLASS_BODY | CODE_NAMES | CODE_MODULE));
}

FrameObj *frame_object_of_func(Vm *vm, Func *func)
{
    uint32_t n = has_own_locals(func->code) ? func->code->nlocals : 0;
    FrameObj *o = heap_zalloc(vm, sizeof *o + n * sizeof(Value), KIND_FRAME_OBJ, vm->types.frame->root_shape->id, 0);
    if (!o)
        return NULL;
    o->nregs = n;
    o->code = func->code;
    o->func = func;
    o->back = VALUE_NONE;
    return o;
}

FrameObj *frame_object_quiet(Vm *vm, Frame *f)
{
    if (f->object)
        return f->object;
    FrameObj *o = frame_object_of_func(vm, f->func);
    if (!o)
        return NULL;
    o->live = f;
    f->object = o;
    f->flags |= FRAME_OBJECT;
    if (f->flags & FRAME_HEAP)
        heap_touch(vm, frame_gen(f));
    return o;
}

Value frame_object(Vm *vm, Frame *f)
{
    FrameObj *o = frame_object_quiet(vm, f);
    if (o)
        o->h.flags |= FRAME_OBJ_SEEN;
    return o ? value_from_obj(o) : VALUE_ERROR;
}

/* ---- locals ---- */

/* The register or cell of local i, free variables behind the locals. *owner: what the store must be told of. */
static Value *slot_among(Value *regs, const Func *func, const Code *c, uint32_t i, void **owner)
{
    Value *slot = i < c->nlocals ? &regs[i] : &func->cells[i - c->nlocals]->value;
    *owner = i < c->nlocals ? NULL : (void *)func->cells[i - c->nlocals];
    if (i < c->nlocals && c->local_is_cell[i] && is_cell(*slot)) {
        *owner = as_cell(*slot);
        slot = &as_cell(*slot)->value;
    }
    return slot;
}

/* Of a frame that may have ended; it has locals of its own. */
static Value *object_slot(FrameObj *o, uint32_t i, void **owner)
{
    Frame *f = o->live;
    Value *slot = slot_among(f ? f->regs : o->regs, o->func, o->code, i, owner);
    if (!*owner && (!f || f->flags & FRAME_HEAP))
        *owner = f ? (void *)frame_gen(f) : (void *)o;
    return slot;
}

static Str *local_name(const Code *c, uint32_t i)
{
    return i < c->nlocals ? c->local_names[i] : c->free_names[i - c->nlocals];
}

/* CPython's order: parameters and locals, those that inner functions use, free variables. */
static bool is_late(const Code *c, uint32_t i)
{
    return i < c->nlocals && i >= c->nparams && c->local_is_cell[i];
}

typedef struct Place {
    Value *regs;
    const Func *func;
    const Code *code;
} Place;

static bool copy_some(Vm *vm, const Place *p, Dict *d, uint32_t from, uint32_t to, bool late)
{
    void *owner;
    for (uint32_t i = from; i < to; i++) {
        Value v = is_late(p->code, i) == late ? *slot_among(p->regs, p->func, p->code, i, &owner) : VALUE_EMPTY;
        if (!value_is_empty(v) && !dict_set_str(vm, d, local_name(p->code, i), v))
            return false;
    }
    return true;
}

static Dict *copy_place(Vm *vm, Value *regs, const Func *func, const Code *code)
{
    Dict *d = dict_new(vm);
    uint32_t n = code->nlocals;
    const Place p = { regs, func, code };
    bool ok = d && copy_some(vm, &p, d, 0, n, false) && copy_some(vm, &p, d, 0, n, true) &&
              copy_some(vm, &p, d, n, n + code->ncaptures, false);
    return ok ? d : NULL;
}

static Dict *copy_locals(Vm *vm, Frame *f)
{
    return copy_place(vm, f->regs, f->func, f->code);
}

/* A comprehension that runs in the frame of a module or a class has its names in registers: while it does,
 * they are the locals. NULL with nothing pending: none does. */
static Dict *comprehension_locals(Vm *vm, Frame *f)
{
    const Code *c = f->code;
    bool some = false;
    for (uint32_t i = 0; i < c->nlocals && !some; i++) {
        const Str *name = c->local_names[i];
        bool implicit = name->text[0] == '.' || str_is(name, "__class__") || str_is(name, "__classdict__");
        some = !implicit && !value_is_empty(f->regs[i]);
    }
    Dict *d = some ? copy_locals(vm, f) : NULL;
    if (d && c->flags & (CODE_CLASS_BODY | CODE_NAMES) && dict_delete(vm, d, value_from_obj(c->local_names[0])) < 0)
        return NULL;
    return d;
}

Value frame_locals(Vm *vm, Frame *f)
{
    Dict *inner = has_own_locals(f->code) || !f->code->nlocals ? NULL : comprehension_locals(vm, f);
    if (inner || vm_pending(vm))
        return inner ? value_from_obj(inner) : VALUE_ERROR;
    if (f->code->flags & (CODE_CLASS_BODY | CODE_NAMES))
        return f->regs[0];
    if (f->code->flags & CODE_MODULE)
        return value_from_obj(f->func->globals);
    Dict *d = copy_locals(vm, f);
    if (d && f->object && is_dict(f->object->extra) && !dict_update(vm, d, f->object->extra, true))
        return VALUE_ERROR;
    return d ? value_from_obj(d) : VALUE_ERROR;
}

/* Who called the frame. Of those that only a traceback knows it is told if the exception goes on there, or if it costs
 * nothing: else each frame that ends would have to make an object for the next one. */
static void keep_back(Vm *vm, FrameObj *o, Frame *back)
{
    if (!back->object && !(o->h.flags & (FRAME_OBJ_SEEN | FRAME_OBJ_UNWINDS)))
        return;
    FrameObj *b = frame_object_quiet(vm, back);
    if (!b)
        return;
    b->h.flags |= o->h.flags & FRAME_OBJ_SEEN;
    o->back = value_from_obj(b);
}

/* Where it ends; `with` that goes on with an exception counts as where that was raised. */
static uint32_t place_of(const Frame *f, Value exc)
{
    uint32_t at = frame_at(f);
    if (is_exc(exc) && at < f->code->ninstrs && f->code->instrs[at].op == OP_RERAISE && f->code->instrs[at].x &&
        is_traceback(as_exc(exc)->traceback) && value_obj(as_traceback(as_exc(exc)->traceback)->frame) == &f->object->h)
        return as_traceback(as_exc(exc)->traceback)->at;
    return at;
}

void frame_detach(Vm *vm, Frame *f)
{
    FrameObj *o = f->object;
    Value pending = vm->strand->exc;
    memcpy(o->regs, f->regs, o->nregs * sizeof(Value));
    if (!has_own_locals(f->code)) {
        vm->strand->exc = VALUE_EMPTY;
        o->locals = frame_locals(vm, f);
    }
    if (f->back && f->back->code)
        keep_back(vm, o, f->back);
    heap_touch(vm, o);
    vm->strand->exc = pending;          /* where memory was short, something is missing */
    o->at = (f->flags & FRAME_HEAP) && f->state == GEN_CREATED ? UINT32_MAX : place_of(f, pending);
    o->live = NULL;
    f->object = NULL;
    f->flags &= (uint8_t)~FRAME_OBJECT;
}

/* ---- the mapping: a Descr whose a is the frame ---- */

static FrameObj *frame_of(Value self)
{
    return (FrameObj *)value_obj(as_descr(self)->a);
}

/* The index of a local with that name, -1: none. */
static int64_t find_local(const Code *c, Value key)
{
    if (!is_str(key))
        return -1;
    for (uint32_t i = 0; i < (uint32_t)c->nlocals + c->ncaptures; i++)
        if (str_equal(local_name(c, i), as_str(key)))
            return i;
    return -1;
}

/* EMPTY: unbound, or an exception is pending. */
static Value locals_get(Vm *vm, FrameObj *o, Value key)
{
    Value v = VALUE_EMPTY;
    void *owner;
    int64_t i = find_local(o->code, key);
    if (i >= 0)
        return *object_slot(o, (uint32_t)i, &owner);
    if (is_dict(o->extra) && dict_find(vm, as_dict(o->extra), key, &v) < 0)
        return VALUE_EMPTY;
    return v;
}

static bool dict_slot(Vm *vm, FrameObj *o, Value *slot, Value key, Value v)
{
    if (!is_dict(*slot)) {
        Dict *d = dict_new(vm);
        if (!d)
            return false;
        heap_set(vm, o, slot, value_from_obj(d));
    }
    return dict_set(vm, as_dict(*slot), key, v);
}

static bool locals_set(Vm *vm, FrameObj *o, Value key, Value v)
{
    int64_t i = find_local(o->code, key);
    if (i < 0)
        return dict_slot(vm, o, &o->extra, key, v);
    void *owner;
    Value *slot = object_slot(o, (uint32_t)i, &owner);
    if (owner)
        heap_set(vm, owner, slot, v);
    else
        *slot = v;
    return true;
}

static Dict *locals_dict(Vm *vm, FrameObj *o)
{
    Dict *d = copy_place(vm, o->live ? o->live->regs : o->regs, o->func, o->code);
    return d && (!is_dict(o->extra) || dict_update(vm, d, o->extra, true)) ? d : NULL;
}

static Value locals_m_getitem(Vm *vm, Value self, const Args *args)
{
    Value v = locals_get(vm, frame_of(self), args->v[0]);
    if (!value_is_empty(v) || vm_pending(vm))
        return v;
    Value arg = text(str_printf(vm, "local variable '%R' is not defined", args->v[0]));
    return value_is_empty(arg) ? arg : raise_args(vm, EXC_KeyError, 1, &arg);
}

static Value locals_m_setitem(Vm *vm, Value self, const Args *args)
{
    return locals_set(vm, frame_of(self), args->v[0], args->v[1]) ? VALUE_NONE : VALUE_ERROR;
}

static Value locals_m_delitem(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return raise_type_error(vm, "cannot remove variables from FrameLocalsProxy");
}

static Value locals_m_contains(Vm *vm, Value self, const Args *args)
{
    Value v = locals_get(vm, frame_of(self), args->v[0]);
    return value_is_empty(v) && vm_pending(vm) ? VALUE_ERROR : value_from_bool(!value_is_empty(v));
}

static Value locals_m_get(Vm *vm, Value self, const Args *args)
{
    if (args->nrest < 1 || args->nrest > 2)
        return raise_type_error(vm, "get expected 1 or 2 arguments");
    Value v = locals_get(vm, frame_of(self), args->rest[0]);
    if (!value_is_empty(v) || vm_pending(vm))
        return v;
    return args->nrest > 1 ? args->rest[1] : VALUE_NONE;
}

static Value locals_m_setdefault(Vm *vm, Value self, const Args *args)
{
    if (args->nrest < 1 || args->nrest > 2)
        return raise_type_error(vm, "setdefault expected 1 or 2 arguments");
    Value v = locals_get(vm, frame_of(self), args->rest[0]), dflt = args->nrest > 1 ? args->rest[1] : VALUE_NONE;
    if (!value_is_empty(v) || vm_pending(vm))
        return v;
    return locals_set(vm, frame_of(self), args->rest[0], dflt) ? dflt : VALUE_ERROR;
}

static bool is_locals(Vm *vm, Value v)
{
    return is_descr(v) && type_of(vm, v) == vm->types.frame_locals;
}

/* A dict, or another of these: as a dict. NULL with nothing pending: neither. */
static Dict *as_source(Vm *vm, Value v)
{
    return is_dict(v) ? as_dict(v) : is_locals(vm, v) ? locals_dict(vm, frame_of(v)) : NULL;
}

static bool update_from(Vm *vm, Value self, Dict *from)
{
    size_t pos = 0;
    Value k, v;
    while (dict_next(from, &pos, &k, &v))
        if (!locals_set(vm, frame_of(self), k, v))
            return false;
    return true;
}

static Value locals_m_update(Vm *vm, Value self, const Args *args)
{
    Dict *from = as_source(vm, args->v[0]);
    if (!from)
        return vm_pending(vm) ? VALUE_ERROR
                              : raise_type_error(vm, "update() argument must be dict or another FrameLocalsProxy");
    return update_from(vm, self, from) ? VALUE_NONE : VALUE_ERROR;
}

static Value locals_m_ior(Vm *vm, Value self, const Args *args)
{
    Dict *from = as_source(vm, args->v[0]);
    if (!from)
        return vm_pending(vm) ? VALUE_ERROR : VALUE_NOT_IMPLEMENTED;
    return update_from(vm, self, from) ? self : VALUE_ERROR;
}

static Value merged(Vm *vm, Value first, Value second)
{
    Dict *a = as_source(vm, first), *b = a ? as_source(vm, second) : NULL;
    if (!b)
        return vm_pending(vm) ? VALUE_ERROR : VALUE_NOT_IMPLEMENTED;
    Dict *d = dict_copy(vm, a);
    return d && dict_update(vm, d, value_from_obj(b), true) ? value_from_obj(d) : VALUE_ERROR;
}

static Value locals_m_or(Vm *vm, Value self, const Args *args)
{
    return merged(vm, self, args->v[0]);
}

static Value locals_m_ror(Vm *vm, Value self, const Args *args)
{
    return merged(vm, args->v[0], self);
}

static Value locals_m_copy(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Dict *d = locals_dict(vm, frame_of(self));
    return d ? value_from_obj(d) : VALUE_ERROR;
}

static Value listed(Vm *vm, Value self, int what)
{
    Dict *d = locals_dict(vm, frame_of(self));
    List *l = d ? list_new(vm, 0) : NULL;
    size_t pos = 0;
    Value k, v;
    while (l && dict_next(d, &pos, &k, &v)) {
        Tuple *pair = what == DICT_ITEMS ? tuple_pack(vm, (size_t)2, k, v) : NULL;
        if ((what == DICT_ITEMS && !pair) ||
            !list_append(vm, l, what == DICT_KEYS ? k : what == DICT_VALUES ? v : value_from_obj(pair)))
            return VALUE_ERROR;
    }
    return l ? value_from_obj(l) : VALUE_ERROR;
}

static Value locals_m_keys(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return listed(vm, self, DICT_KEYS);
}

static Value locals_m_values(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return listed(vm, self, DICT_VALUES);
}

static Value locals_m_items(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return listed(vm, self, DICT_ITEMS);
}

static Value locals_m_iter(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Value l = listed(vm, self, DICT_KEYS);
    return value_is_empty(l) ? l : op_iter(vm, l);
}

static Value locals_m_reversed(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Value l = listed(vm, self, DICT_KEYS);
    Str *reverse = value_is_empty(l) ? NULL : str_intern(vm, "reverse", 7);
    return reverse && !value_is_empty(op_call_method(vm, l, reverse, 0, NULL)) ? l : VALUE_ERROR;
}

static Value locals_m_len(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Dict *d = locals_dict(vm, frame_of(self));
    return d ? value_from_int48((int64_t)dict_len(d)) : VALUE_ERROR;
}

static Value locals_m_eq(Vm *vm, Value self, const Args *args)
{
    Value other = args->v[0];
    if (is_locals(vm, other))
        return value_from_bool(frame_of(self) == frame_of(other));
    if (!is_dict(other))
        return VALUE_NOT_IMPLEMENTED;
    Dict *d = locals_dict(vm, frame_of(self));
    return d ? op_compare(vm, COMPARE_EQ, value_from_obj(d), other) : VALUE_ERROR;
}

static Value locals_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    int in = op_repr_enter(vm, self);
    if (in)
        return in < 0 ? VALUE_ERROR : text(str_cstr(vm, "{...}"));
    Dict *d = locals_dict(vm, frame_of(self));
    Str *s = d ? op_repr(vm, value_from_obj(d)) : NULL;
    op_repr_leave(vm, self);
    return text(s);
}

static const MethodDef locals_methods[] = {
    METHOD(locals, getitem, "__getitem__(key, /)", "Return self[key]."),
    METHOD(locals, setitem, "__setitem__(key, value, /)", "Store an item."),
    METHOD(locals, delitem, "__delitem__(key, /)", "TypeError: locals cannot be removed."),
    METHOD(locals, contains, "__contains__(key, /)", "Is it one of the items?"),
    METHOD(locals, get, "get(*args)", "The variable's value, else the default."),
    METHOD(locals, setdefault, "setdefault(*args)", "The variable's value; one that is unbound is set first."),
    METHOD(locals, update, "update(other, /)", "Set variables from a dict."),
    METHOD(locals, ior, "__ior__(value, /)", "Return self|=value."),
    METHOD(locals, or, "__or__(value, /)", "Return self|value: a dict."),
    METHOD(locals, ror, "__ror__(value, /)", "Return value|self: a dict."),
    METHOD(locals, copy, "copy()", "The variables in a dict."),
    METHOD(locals, keys, "keys()", "A list of names."),
    METHOD(locals, values, "values()", "A list of values."),
    METHOD(locals, items, "items()", "A list of (name, value) pairs."),
    METHOD(locals, iter, "__iter__()", "Implement iter(self)."),
    METHOD(locals, reversed, "__reversed__()", "The names from the last to the first."),
    METHOD(locals, len, "__len__()", "Return len(self)."),
    METHOD(locals, eq, "__eq__(value, /)", "Return self==value."),
    METHOD(locals, repr, "__repr__()", "Return repr(self)."),
    { 0 }
};

/* ---- the frame ---- */

static uint32_t frame_line(const FrameObj *o)
{
    uint32_t at = o->live ? frame_at(o->live) : o->at;
    if (at == UINT32_MAX || (o->live && (o->live->flags & FRAME_HEAP) && o->live->state == GEN_CREATED))
        return o->code->first_line;         /* none of the body ran */
    uint32_t line = code_position(o->code, at).line;
    while (!line && at > 0)                 /* leaves a finally, say: still in its last line */
        line = code_position(o->code, --at).line;
    return line;
}

static Value frame_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    FrameObj *o = (FrameObj *)value_obj(self);
    return text(str_printf(vm, "<frame at %p, file %R, line %u, code %S>", (void *)o, value_from_obj(o->code->filename),
                           frame_line(o), o->code->name));
}

static Value frame_m_clear(Vm *vm, Value self, const Args *args)
{
    (void)args;
    FrameObj *o = (FrameObj *)value_obj(self);
    if (!o->live) {
        memset(o->regs, 0, o->nregs * sizeof(Value));
        o->extra = VALUE_EMPTY;
        return VALUE_NONE;
    }
    if (o->live->flags & FRAME_HEAP) {
        Gen *g = frame_gen(o->live);
        if (g->f.state == GEN_CREATED)
            return gen_close(vm, g) ? VALUE_NONE : VALUE_ERROR;
        if (g->f.state == GEN_SUSPENDED)
            return raise_exc(vm, EXC_RuntimeError, "cannot clear a suspended frame");
    }
    return raise_exc(vm, EXC_RuntimeError, "cannot clear an executing frame");
}

static Value frame_g_back(Vm *vm, Value self)
{
    FrameObj *o = (FrameObj *)value_obj(self);
    Frame *f = o->live;
    if (!f)
        return o->back;
    if ((f->flags & FRAME_HEAP) && f->state != GEN_RUNNING && !(frame_gen(f)->h.flags & GEN_DELEGATED))
        return VALUE_NONE;
    return f->back && f->back->code ? frame_object(vm, f->back) : VALUE_NONE;
}

static Value frame_g_code(Vm *vm, Value self)
{
    (void)vm;
    return value_from_obj(((FrameObj *)value_obj(self))->code);
}

static Value frame_g_globals(Vm *vm, Value self)
{
    (void)vm;
    return value_from_obj(((FrameObj *)value_obj(self))->func->globals);
}

static Value frame_g_builtins(Vm *vm, Value self)
{
    (void)vm;
    return value_from_obj(((FrameObj *)value_obj(self))->func->builtins);
}

static Value frame_g_locals(Vm *vm, Value self)
{
    FrameObj *o = (FrameObj *)value_obj(self);
    if (has_own_locals(o->code)) {
        Descr *d = heap_zalloc(vm, sizeof *d, KIND_DESCR, vm->types.frame_locals->root_shape->id, 0);
        if (!d)
            return VALUE_ERROR;
        d->a = self;
        return value_from_obj(d);
    }
    return frame_object_locals(vm, o);
}

Value frame_object_locals(Vm *vm, FrameObj *o)
{
    if (has_own_locals(o->code)) {
        Dict *d = locals_dict(vm, o);
        return d ? value_from_obj(d) : VALUE_ERROR;
    }
    if (o->live)
        return frame_locals(vm, o->live);
    if (value_is_empty(o->locals)) {
        Dict *d = dict_new(vm);
        return d ? value_from_obj(d) : VALUE_ERROR;
    }
    return o->locals;
}

static Value frame_g_lineno(Vm *vm, Value self)
{
    (void)vm;
    uint32_t line = frame_line((FrameObj *)value_obj(self));
    return line ? value_from_int48(line) : VALUE_NONE;
}

static bool frame_s_lineno(Vm *vm, Value self, Value v)
{
    (void)self;
    if (value_is_empty(v))
        raise_exc(vm, EXC_AttributeError, "cannot delete attribute");
    else
        raise_exc(vm, EXC_ValueError, "f_lineno can only be set in a trace function");
    return false;
}

static Value frame_g_lasti(Vm *vm, Value self)
{
    (void)vm;
    FrameObj *o = (FrameObj *)value_obj(self);
    return value_from_int48(2 * (int64_t)(o->live ? frame_at(o->live) : o->at));
}

/* Tracing is not supported: there is nothing to set but None. */
static Value frame_g_trace(Vm *vm, Value self)
{
    (void)vm;
    (void)self;
    return VALUE_NONE;
}

static bool frame_s_trace(Vm *vm, Value self, Value v)
{
    (void)self;
    if (value_is_empty(v) || value_is_none(v))
        return true;
    raise_exc(vm, EXC_NotImplementedError, "f_trace: tracing is not supported");
    return false;
}

static Value frame_g_trace_lines(Vm *vm, Value self)
{
    (void)vm;
    (void)self;
    return VALUE_TRUE;
}

static Value frame_g_trace_opcodes(Vm *vm, Value self)
{
    (void)vm;
    (void)self;
    return VALUE_FALSE;
}

static const MethodDef frame_methods[] = {
    METHOD(frame, repr, "__repr__()", "Return repr(self)."),
    METHOD(frame, clear, "clear()", "Forget the locals of a frame that does not run."),
    { 0 }
};

static const GetSetDef frame_getsets[] = {
    { "f_back", "The frame that called this one, or None.", frame_g_back, NULL },
    { "f_code", "Its code.", frame_g_code, NULL },
    { "f_globals", "Its globals.", frame_g_globals, NULL },
    { "f_builtins", "The built-ins it sees.", frame_g_builtins, NULL },
    { "f_locals", "Its locals: a mapping that writes through.", frame_g_locals, NULL },
    { "f_lineno", "The line it is at.", frame_g_lineno, frame_s_lineno },
    { "f_lasti", "The instruction it is at.", frame_g_lasti, NULL },
    { "f_trace", "None: tracing is not supported.", frame_g_trace, frame_s_trace },
    { "f_trace_lines", NULL, frame_g_trace_lines, frame_s_trace },
    { "f_trace_opcodes", NULL, frame_g_trace_opcodes, frame_s_trace },
    { 0 }
};

bool frame_types_init(Vm *vm)
{
    static const TypeDef frame_def = { .name = "frame", .layout = LAYOUT(FRAME_OBJ), .methods = frame_methods,
        .getsets = frame_getsets, .flags = TYPE_DISALLOW_NEW };
    static const TypeDef locals_def = { .name = "FrameLocalsProxy", .layout = LAYOUT(DESCR), .methods = locals_methods,
        .flags = TYPE_DISALLOW_NEW | TYPE_MAPPING };
    return (vm->types.frame = type_from_def(vm, &frame_def, vm->types.object)) &&
           (vm->types.frame_locals = type_from_def(vm, &locals_def, vm->types.object)) &&
           type_make_unhashable(vm, vm->types.frame_locals);
}
