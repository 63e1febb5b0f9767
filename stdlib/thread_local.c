/* SPDX-License-Identifier: MIT
 * threading.local: an object whose attributes each thread has for itself. It holds a dict for each thread, found by the
 * thread's number; numbers are never used twice, and a dict lives as long as both its thread and the object do. */
#include "stdlib/modules.h"

#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

typedef struct Slot {
    uint64_t ident;             /* 0: free */
    Dict *dict;
} Slot;

typedef struct Local {
    Obj h;
    const Vm *vm;
    Value args, kwargs;         /* for __init__, once in each thread */
    Value nothing;              /* what its attributes are between two uses: an empty Dict */
    Slot *slots;                /* open addressing, capacity a power of two; dicts of threads that are over are stale */
    uint32_t cap, used;
} Local;

static Local *as_local(Value v) { return (Local *)value_obj(v); }

static Slot *find(Slot *slots, uint32_t cap, uint64_t ident)
{
    uint32_t i = (uint32_t)(ident * 0x9e3779b1u) & (cap - 1);
    while (slots[i].ident && slots[i].ident != ident)
        i = (i + 1) & (cap - 1);
    return &slots[i];
}

static void local_trace(Marker *m, Obj *o)
{
    Local *l = (Local *)o;
    mark_value(m, l->args);
    mark_value(m, l->kwargs);
    mark_value(m, l->nothing);
    if (!l->cap)
        return;
    const Strand *s = &l->vm->main_strand;
    do {
        Slot *slot = find(l->slots, l->cap, s->ident);
        if (slot->ident)
            mark_obj(m, slot->dict);
        s = s->next;
    } while (s != &l->vm->main_strand);
}

static void local_finalize(Vm *vm, Obj *o)
{
    Local *l = (Local *)o;
    mem_free(&vm->alloc, l->slots, l->cap * sizeof *l->slots);
    l->slots = NULL;
    l->cap = l->used = 0;
}

static const TypeLayout local_layout = { .kind = KIND_EXT, .size = sizeof(Local), .trace = local_trace,
                                         .finalize = local_finalize };

/* Room for one more, without what belongs to threads that are over. */
static bool make_room(Vm *vm, Local *l)
{
    if (l->used < l->cap / 2)
        return true;
    uint32_t cap = 2, used = 0;
    while (cap / 2 <= vm->nstrands)
        cap *= 2;
    Slot *slots = mem_alloc(&vm->alloc, cap * sizeof *slots);
    if (!slots) {
        raise_no_memory(vm);
        return false;
    }
    memset(slots, 0, cap * sizeof *slots);
    Strand *s = &vm->main_strand;
    do {
        Slot *old = l->cap ? find(l->slots, l->cap, s->ident) : NULL;
        if (old && old->ident) {
            *find(slots, cap, s->ident) = *old;
            used++;
        }
        s = s->next;
    } while (s != &vm->main_strand);
    mem_free(&vm->alloc, l->slots, l->cap * sizeof *slots);
    l->slots = slots;
    l->cap = cap;
    l->used = used;
    return true;
}

static bool has_init(Vm *vm, Type *t)
{
    return !value_same(type_special(t, SPECIAL_INIT), type_special(vm->types.object, SPECIAL_INIT));
}

/* The running thread's dict; *fresh: made just now, and __init__ did not run yet. */
static Dict *dict_of(Vm *vm, Local *l, bool *fresh)
{
    Slot *slot = l->cap ? find(l->slots, l->cap, vm->strand->ident) : NULL;
    *fresh = false;
    if (slot && slot->dict)
        return slot->dict;
    Dict *d = dict_new(vm);
    if (!d || !make_room(vm, l))
        return NULL;
    slot = find(l->slots, l->cap, vm->strand->ident);
    l->used += !slot->ident;
    *slot = (Slot){ vm->strand->ident, d };
    heap_touch(vm, l);
    *fresh = true;
    return d;
}

/* The object's attributes are those of this thread until leave(). Script that runs in between may enter and leave, and
 * other threads too: attr_generic_* look at the attributes before they call script, not after. */
static bool enter(Vm *vm, Value self)
{
    bool fresh;
    Local *l = as_local(self);
    Dict *d = dict_of(vm, l, &fresh);
    if (!d)
        return false;
    if (fresh && has_init(vm, type_of(vm, self)) &&
        value_is_empty(op_call_ex(vm, method_new(vm, type_special(type_of(vm, self), SPECIAL_INIT), self), as_tuple(l->args),
                                  as_dict(l->kwargs)))) {
        find(l->slots, l->cap, vm->strand->ident)->dict = NULL;
        return false;
    }
    attr_replace_dict(vm, &l->h, d);
    return true;
}

static void leave(Vm *vm, Value self)
{
    Local *l = as_local(self);
    attr_replace_dict(vm, &l->h, as_dict(l->nothing));
}

static bool is_dict_name(Value name) { return str_is(as_str(name), "__dict__"); }

static Value local_m_new(Vm *vm, Value self, const Args *args)
{
    Type *t = as_type(self);
    bool fresh;
    if ((args->nrest || dict_len(as_dict(args->v[0]))) && !has_init(vm, t))
        return raise_exc(vm, EXC_TypeError, "Initialization arguments are not supported");
    Local *l = (Local *)object_alloc(vm, t);
    if (!l)
        return VALUE_ERROR;
    Value o = value_from_obj(l);
    l->vm = vm;
    l->args = value_from_obj(vm->empty_tuple);
    l->nothing = VALUE_NONE;
    Tuple *positional = tuple_from(vm, args->rest, args->nrest);
    Dict *nothing = dict_new(vm);
    if (!positional || !nothing || !attr_to_dict_mode(vm, &l->h))
        return VALUE_ERROR;
    l->args = value_from_obj(positional);
    l->kwargs = args->v[0];
    l->nothing = value_from_obj(nothing);
    return dict_of(vm, l, &fresh) ? o : VALUE_ERROR;
}

static Value local_m_getattribute(Vm *vm, Value self, const Args *args)
{
    if (!enter(vm, self))
        return VALUE_ERROR;
    Value v = attr_generic_get(vm, self, as_str(args->v[0]));
    leave(vm, self);
    return v;
}

static Value local_m_setattr(Vm *vm, Value self, const Args *args)
{
    if (is_dict_name(args->v[0]))
        return raise_exc(vm, EXC_AttributeError, "'%s' object attribute '__dict__' is read-only", type_name(type_of(vm, self)));
    if (!enter(vm, self))
        return VALUE_ERROR;
    bool ok = attr_generic_set(vm, self, as_str(args->v[0]), args->v[1]);
    leave(vm, self);
    return ok ? VALUE_NONE : VALUE_ERROR;
}

static Value local_m_delattr(Vm *vm, Value self, const Args *args)
{
    if (is_dict_name(args->v[0]))
        return raise_exc(vm, EXC_AttributeError, "'%s' object attribute '__dict__' is read-only", type_name(type_of(vm, self)));
    if (!enter(vm, self))
        return VALUE_ERROR;
    bool ok = attr_generic_set(vm, self, as_str(args->v[0]), VALUE_EMPTY);
    leave(vm, self);
    return ok ? VALUE_NONE : VALUE_ERROR;
}

static const MethodDef local_methods[] = {
    METHOD(local, new, "__new__(*args, **kwargs)", "An object without attributes."),
    METHOD(local, getattribute, "__getattribute__(name: str, /)", "Return getattr(self, name)."),
    METHOD(local, setattr, "__setattr__(name: str, value, /)", "Store an attribute."),
    METHOD(local, delattr, "__delattr__(name: str, /)", "Remove an attribute."),
    { 0 }
};

static Value local_g_dict(Vm *vm, Value self)
{
    Dict *d = attr_dict(vm, self);
    return d ? value_from_obj(d) : VALUE_ERROR;
}

static const GetSetDef local_getsets[] = { { "__dict__", "The attributes of this thread.", local_g_dict, NULL }, { 0 } };

bool thread_add_local(Vm *vm, Module *m)
{
    static const TypeDef def = { .name = "_thread._local", .doc = "Thread-local data", .layout = &local_layout,
                                 .methods = local_methods, .getsets = local_getsets,
                                 .flags = TYPE_BASE | TYPE_HAS_DICT | TYPE_WEAKREFS };
    Type *t = type_from_def(vm, &def, vm->types.object);
    return t && module_set(vm, m, "_local", value_from_obj(t));
}
