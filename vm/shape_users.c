/* SPDX-License-Identifier: MIT
 * Which codes have a shape's id in their inline caches, so that a new id for the shape needs a look at those alone. A hash
 * table of chains by the shape's id; the codes in it are weak. */
#include "vm/shape_users.h"

#include "vm/attr_cache.h"
#include "vm/heap.h"

#define CAP_MIN 128u

struct ShapeUser {
    Code *code;                 /* NULL: the entry is free */
    uint32_t shape;             /* the id */
    uint32_t next;              /* 0: the last one */
};

static uint32_t *head(const ShapeUsers *t, uint32_t id)
{
    return &t->heads[id & (t->cap - 1)];
}

static void put(ShapeUsers *t, uint32_t at)
{
    uint32_t *h = head(t, t->v[at].shape);
    t->v[at].next = *h;
    *h = at;
}

static void release(Vm *vm, ShapeUsers *t)
{
    mem_free(&vm->alloc, t->v, t->cap * sizeof *t->v);
    mem_free(&vm->alloc, t->heads, t->cap * sizeof *t->heads);
}

static bool grow(Vm *vm, ShapeUsers *t)
{
    ShapeUsers made = { .cap = t->cap ? t->cap * 2 : CAP_MIN, .count = t->count, .fresh = t->fresh };
    made.v = mem_resize(&vm->alloc, NULL, 0, made.cap * sizeof *made.v);
    made.heads = mem_resize(&vm->alloc, NULL, 0, made.cap * sizeof *made.heads);
    if (!made.v || !made.heads) {
        release(vm, &made);
        return false;
    }
    memset(made.heads, 0, made.cap * sizeof *made.heads);
    if (t->count)
        memcpy(made.v, t->v, t->count * sizeof *t->v);
    else
        made.count = 1;         /* index 0 means none */
    for (uint32_t i = 1; i < t->count; i++)
        if (made.v[i].code)
            put(&made, i);
    if (t->cap)
        release(vm, t);
    *t = made;
    return true;
}

/* Entries between collections are young: their codes may be. */
void shape_used_by(Vm *vm, uint32_t id, Code *code)
{
    ShapeUsers *t = &vm->shape_users;
    if (LIKELY(t->cap)) {
        for (uint32_t *link = head(t, id), at; (at = *link) != 0; link = &t->v[at].next)
            if (t->v[at].code == code && t->v[at].shape == id) {
                *link = t->v[at].next;
                put(t, at);     /* a site that sees many shapes asks again and again */
                return;
            }
    }
    uint32_t at = t->free;
    if (at) {
        t->free = t->v[at].next;
    } else {
        if (t->count == t->cap && !grow(vm, t)) {
            t->lost = true;
            return;
        }
        at = t->count++;
    }
    t->v[at] = (ShapeUser){ code, id, 0 };
    t->fresh = true;
    put(t, at);
}

/* No cache of the code is to accept the id any more. */
static void drop_id(Code *code, uint32_t id)
{
    for (uint32_t i = 0; code->instrs && i < code->ncaches; i++) {
        Cache *ca = &code->caches[i];
        bool of_class = ca->how == CACHE_TYPE_VALUE || ca->how == CACHE_TYPE_METHOD;
        if (!of_class && ca->shape == id) {
            ca->shape = 0;
            ca->how = CACHE_COLD;
        }
    }
}

static void drop_lost(Vm *vm, Obj *o, void *ud)
{
    (void)vm;
    drop_id((Code *)o, *(uint32_t *)ud);
}

static void unlink_entry(ShapeUsers *t, uint32_t *link)
{
    uint32_t at = *link;
    *link = t->v[at].next;
    t->v[at] = (ShapeUser){ NULL, 0, t->free };
    t->free = at;
}

void shape_forget_users(Vm *vm, uint32_t id)
{
    ShapeUsers *t = &vm->shape_users;
    if (UNLIKELY(t->lost))
        heap_each(vm, KIND_CODE, drop_lost, &id);
    if (!t->cap)
        return;
    for (uint32_t *link = head(t, id); *link;) {
        ShapeUser *u = &t->v[*link];
        if (u->shape != id) {
            link = &u->next;
            continue;
        }
        drop_id(u->code, id);
        unlink_entry(t, link);
    }
}

void shape_users_sweep(Vm *vm, bool young)
{
    ShapeUsers *t = &vm->shape_users;
    if (young && !t->fresh)
        return;                 /* no code of them is young */
    t->fresh = false;
    for (uint32_t i = 0; i < t->cap; i++)
        for (uint32_t *link = &t->heads[i]; *link;)
            if (!vm->shapes[t->v[*link].shape] || !heap_is_alive(vm, t->v[*link].code))
                unlink_entry(t, link);
            else
                link = &t->v[*link].next;
}

void shape_users_free(Vm *vm)
{
    if (vm->shape_users.cap)
        release(vm, &vm->shape_users);
}
