/* SPDX-License-Identifier: MIT
 * What each kind holds, told to a function instead of being marked. */
#include "vm/heap/visit.h"

#include "vm/heap/state.h"
#include "vm/objects/dict.h"
#include "vm/objects/set.h"
#include "vm/type.h"

bool heap_tracks(const Obj *o)
{
    switch (o->kind) {
    case KIND_STR: case KIND_BYTES: case KIND_BYTEARRAY: case KIND_INT: case KIND_FLOAT: case KIND_COMPLEX: case KIND_RANGE:
    case KIND_CODE: case KIND_WEAKREF:
        return o->flags & OBJ_SUBCLASS;
    case KIND_CELL:
        return !(o->flags & CELL_OF_DICT);
    default:
        return o->kind > KIND_SHAPE;
    }
}

static void visit_list(Marker *m, const List *l)
{
    for (size_t i = l->len; l->buf && i-- > 0;)
        mark_value(m, l->buf->items[i]);
}

/* Keys are no news where all are strings. */
static void visit_dict(Marker *m, const Dict *d)
{
    bool others = false;
    for (uint32_t i = 0; d->table && i < d->filled; i++)
        others |= !value_is_empty(d->table->entries[i].value) && !is_str(d->table->entries[i].key);
    for (uint32_t i = 0; d->table && i < d->filled; i++) {
        Value v = d->table->entries[i].value;
        mark_value(m, d->h.flags & DICT_CELLS && !value_is_empty(v) ? ((Cell *)value_obj(v))->value : v);
        if (others && !value_is_empty(d->table->entries[i].value))
            mark_value(m, d->table->entries[i].key);
    }
}

static void visit_set(Marker *m, const Set *s)
{
    for (uint32_t i = 0; s->table && i < s->table->size; i++)
        mark_value(m, s->table->entries[i].key);
}

static void visit_type(Marker *m, const Type *t)
{
    mark_obj(m, t->dict);
    mark_obj(m, t->mro);
    mark_obj(m, t->bases);
    mark_obj(m, t->base);
}

static void visit_func(Marker *m, const Func *f)
{
    const Value own[] = { f->module, f->defaults, f->kwdefaults, f->doc, f->name, f->dict, f->annotations, f->qualname,
                          f->type_params };
    mark_obj(m, f->code);
    mark_obj(m, f->globals);
    mark_obj(m, f->builtins);
    mark_values(m, own, COUNT_OF(own));
    for (uint32_t i = 0; f->code && i < f->code->ncaptures; i++)
        mark_obj(m, f->cells[i]);
}

static void visit_frame(Marker *m, const FrameObj *o)
{
    mark_obj(m, o->code);
    mark_obj(m, o->func);
    mark_value(m, o->locals);
    mark_value(m, o->back);
    mark_values(m, o->regs, o->nregs);
}

static void visit_small(Marker *m, Obj *o)
{
    switch (o->kind) {
    case KIND_DICT_VIEW: mark_obj(m, ((DictView *)o)->dict); break;
    case KIND_SLICE: mark_values(m, &((Slice *)o)->start, 3); break;
    case KIND_ITER: mark_value(m, ((Iter *)o)->source); break;
    case KIND_CELL: mark_value(m, ((Cell *)o)->value); break;
    case KIND_WEAKREF: mark_value(m, ((WeakRef *)o)->callback); break;
    case KIND_NATIVE:
        mark_value(m, ((Native *)o)->self);
        mark_value(m, ((Native *)o)->module);
        break;
    case KIND_METHOD:
        mark_value(m, ((Method *)o)->func);
        mark_value(m, ((Method *)o)->self);
        break;
    case KIND_DESCR:
        mark_values(m, (const Value[]){ ((Descr *)o)->a, ((Descr *)o)->b, ((Descr *)o)->c, ((Descr *)o)->d }, 4);
        break;
    case KIND_MODULE: mark_obj(m, ((Module *)o)->globals); break;
    case KIND_AGEN_OP: mark_obj(m, ((AgenOp *)o)->gen); break;
    case KIND_TRACEBACK:
        mark_value(m, ((Traceback *)o)->next);
        mark_value(m, ((Traceback *)o)->frame);
        break;
    default: break;
    }
}

static void visit_exc(Marker *m, const Exc *e)
{
    const Value own[] = { e->args, e->traceback, e->cause, e->context };
    mark_values(m, own, COUNT_OF(own));
    mark_values(m, e->extra, COUNT_OF(e->extra));
}

/* Attributes: the values themselves as long as there is no dict. */
static void visit_attributes(Marker *m, Obj *o, const Shape *shape)
{
    Value *ext = shape && (o->flags & OBJ_SUBCLASS || o->kind == KIND_EXC || o->kind == KIND_INSTANCE) ? obj_ext(m->vm, o) : NULL;
    if (o->kind == KIND_INSTANCE && shape)
        mark_values(m, ((Instance *)o)->slots, shape->inline_cap);
    if (ext)
        mark_value(m, *ext);
    if (shape && shape->type->flags & TYPE_HEAP)
        mark_obj(m, shape->type);
}

static void visit_children(Marker *m, Obj *o)
{
    const Shape *shape = o->shape >= SHAPE_FIRST_FREE_ID ? m->vm->shapes[o->shape] : NULL;
    const TypeLayout *layout = shape ? shape->type->layout : NULL;
    switch (o->kind) {
    case KIND_VALUES: mark_values(m, ((Values *)o)->items, ((Values *)o)->cap); break;
    case KIND_TUPLE:
        for (size_t i = ((Tuple *)o)->len; i-- > 0;)
            mark_value(m, ((Tuple *)o)->items[i]);
        break;
    case KIND_LIST: visit_list(m, (List *)o); break;
    case KIND_SET: visit_set(m, (Set *)o); break;
    case KIND_TYPE: visit_type(m, (Type *)o); break;
    case KIND_FUNC: visit_func(m, (Func *)o); break;
    case KIND_EXC: visit_exc(m, (Exc *)o); break;
    case KIND_FRAME_OBJ: visit_frame(m, (FrameObj *)o); break;
    case KIND_GEN: mark_frame_regs(m, &((Gen *)o)->f); break;
    case KIND_DICT:
        visit_dict(m, (Dict *)o);
        /* fall through */
    case KIND_EXT:
        if (layout && layout->trace)
            layout->trace(m, o);
        break;
    default: visit_small(m, o); break;
    }
    visit_attributes(m, o, shape);
}

typedef struct Visit {
    void (*fn)(Vm *vm, Value v, void *ud);
    void *ud;
    Marker *m;
} Visit;

static void visit_one(void *ud, Value v)
{
    Visit *visit = ud;
    if (!value_is_obj(v) || value_obj(v)->kind > KIND_SHAPE)
        visit->fn(visit->m->vm, v, visit->ud);
    else if (value_obj(v)->kind == KIND_VALUES)
        visit_children(visit->m, value_obj(v));
}

void heap_visit(Vm *vm, Obj *o, void (*fn)(Vm *vm, Value v, void *ud), void *ud)
{
    Marker m = { .vm = vm, .st = vm->heap.state, .until = SIZE_MAX, .visit = visit_one };
    Visit visit = { fn, ud, &m };
    m.visit_ud = &visit;
    visit_children(&m, o);
}
