/* SPDX-License-Identifier: MIT
 * Shapes: which attribute lies in which slot. See type.h. */
#include "vm/type.h"

#include "vm/attr_cache.h"
#include "vm/error.h"
#include "vm/shape_users.h"

static bool shape_take_id(Vm *vm, Shape *s, uint32_t fixed)
{
    uint32_t id = fixed ? fixed : vm->shape_count;
    if (id >= vm->shape_cap) {
        uint32_t cap = vm->shape_cap ? vm->shape_cap * 2 : 512;
        Shape **p = mem_resize(&vm->alloc, vm->shapes, vm->shape_cap * sizeof *p, cap * sizeof *p);
        if (!p) {
            raise_no_memory(vm);
            return false;
        }
        memset(p + vm->shape_cap, 0, (cap - vm->shape_cap) * sizeof *p);
        vm->shapes = p;
        vm->shape_cap = cap;
    }
    if (!fixed)
        vm->shape_count++;
    vm->shapes[id] = s;
    s->id = id;
    return true;
}

static Shape *shape_alloc(Vm *vm, Type *t, Shape *parent, Str *key, uint32_t fixed_id)
{
    Shape *s = heap_zalloc(vm, sizeof *s, KIND_SHAPE, 0, 0);
    if (!s || !shape_take_id(vm, s, fixed_id))
        return NULL;
    s->type = t;
    s->parent = parent;
    s->key = key;
    s->all_next = t->all_shapes;
    heap_set_ptr(vm, t, &t->all_shapes, s);
    return s;
}

Shape *shape_new_root(Vm *vm, Type *t, uint32_t fixed_id, bool dict_mode)
{
    Shape *s = shape_alloc(vm, t, NULL, NULL, fixed_id);
    if (!s)
        return NULL;
    s->inline_cap = t->inline_cap;
    s->dict_mode = dict_mode;
    return s;
}

Shape *shape_dict_root(Vm *vm, Type *t)
{
    if (!t->dict_shape) {
        Shape *s = shape_new_root(vm, t, 0, true);
        if (!s)
            return NULL;
        heap_set_ptr(vm, t, &t->dict_shape, s);
    }
    return t->dict_shape;
}

Shape *shape_child(Vm *vm, Shape *s, Str *key)
{
    for (Shape *c = s->children; c; c = c->next_sibling)
        if (c->key == key)
            return c;
    if (s->nslots >= SHAPE_MAX_SLOTS || s->nchildren >= SHAPE_MAX_CHILDREN)
        return NULL;
    Shape *c = shape_alloc(vm, s->type, s, key, 0);
    if (!c)
        return NULL;
    c->nslots = s->nslots + 1;
    c->inline_cap = s->inline_cap;
    c->next_sibling = s->children;
    heap_set_ptr(vm, s, &s->children, c);
    s->nchildren++;
    return c;
}

int shape_slot(const Shape *s, const Str *key)
{
    for (; s->parent; s = s->parent)
        if (s->key == key)
            return s->nslots - 1;
    return -1;
}

/* New ids for the shapes that caches may know, here and below. Objects keep an old id until a slow path meets them, so no
 * cache may go on to accept it. *any: there was one. */
static bool renew_ids(Vm *vm, Type *t, bool *any)
{
    t->version = ++vm->next_type_version;
    for (Shape *s = t->all_shapes; s; s = s->all_next) {
        if (!s->cached || s->id < SHAPE_FIRST_FREE_ID)          /* C knows the fixed ids */
            continue;
        uint32_t old = s->id;
        if (!shape_take_id(vm, s, 0))
            return false;
        shape_forget_users(vm, old);
        s->cached = false;
        *any = true;
    }
    for (uint32_t i = 0; i < t->nsubclasses; i++)
        if (!renew_ids(vm, as_type(t->subclasses->items[i]), any))
            return false;
    return true;
}

bool type_invalidate(Vm *vm, Type *t)
{
    bool any = false;
    if (!renew_ids(vm, t, &any))
        return false;
    if (any)
        memset(vm->attr_cache, 0, sizeof vm->attr_cache);
    return true;
}
