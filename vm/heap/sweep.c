/* SPDX-License-Identifier: MIT
 * Sweeping: dead cells become free cells, block by block, when a class needs cells or the next collection
 * begins. Large cells are swept at once, so that what they held is given back soon. */
#include "vm/heap/state.h"
#include "vm/type.h"

/* Code cells own memory outside the heap, so blocks of their size are always walked. */
static inline bool may_hold_code(const Block *b)
{
    return b->cell_size == (sizeof(Code) + HEAP_GRAIN - 1) / HEAP_GRAIN * HEAP_GRAIN;
}

static inline bool is_dead(const Obj *o, uint8_t live) { return (o->gc & GC_MARK) != live; }

/* Native finalize hooks have run already (finalize.c). */
static inline void cell_free(Vm *vm, Obj *o, size_t size)
{
    if (o->kind == KIND_CODE)
        code_release(vm, (Code *)o);
    *o = (Obj){ .kind = KIND_FREE };
    HEAP_POISON((char *)o + sizeof *o, size - sizeof *o);
}

FreeCell *sweep_block(Vm *vm, Block *b, size_t *nfree)
{
    FreeCell *list = NULL;
    size_t n = 0, size = b->cell_size;
    uint8_t live = vm->heap.live;
    for (uint32_t i = b->ncells; i-- > 0;) {
        Obj *o = block_cell(b, i);
        if (o->kind != KIND_FREE) {
            if (!is_dead(o, live))
                continue;
            cell_free(vm, o, size);
        }
        FreeCell *c = (FreeCell *)o;
        HEAP_UNPOISON(&c->next, sizeof c->next);
        c->next = list;
        HEAP_POISON(&c->next, sizeof c->next);
        list = c;
        n++;
    }
    *nfree = n;
    return list;
}

/* The same without a list: all free cells of the block are found again after the next marking. */
static void clear_dead(Vm *vm, Block *b)
{
    uint8_t live = vm->heap.live;
    for (uint32_t i = 0; i < b->ncells; i++) {
        Obj *o = block_cell(b, i);
        if (o->kind != KIND_FREE && is_dead(o, live))
            cell_free(vm, o, b->cell_size);
    }
}

static void sweep_larges(Vm *vm, HeapState *st)
{
    size_t kept = 0;
    for (size_t i = 0; i < st->nlarges; i++) {
        Large *l = st->larges[i];
        Obj *o = large_obj(l);
        if (!is_dead(o, vm->heap.live)) {
            st->larges[kept++] = l;
            continue;
        }
        if (o->kind == KIND_CODE)
            code_release(vm, (Code *)o);
        mem_free(&vm->alloc, l, l->size);
    }
    st->nlarges = kept;
}

/* After marking: free blocks without a marked cell, line up those that have both sorts. */
static size_t sweep_class(Vm *vm, HeapState *st, BlockClass *c)
{
    size_t live = 0;
    Block *all = NULL, *unswept = NULL, *next;
    for (Block *b = c->blocks; b; b = next) {
        next = b->next;
        live += (size_t)b->marked * b->cell_size;
        if (b->marked == 0 && may_hold_code(b))
            clear_dead(vm, b);
        if (b->marked == 0) {
            if (b == c->growing)
                c->growing = NULL;
            block_release(st, b);
            continue;
        }
        b->next = all;
        all = b;
        if (b->marked < b->ncells) {
            b->next_unswept = unswept;
            unswept = b;
        }
    }
    c->blocks = all;
    c->unswept = unswept;
    return live;
}

size_t sweep_start(Vm *vm, HeapState *st)
{
    size_t live = 0;
    sweep_larges(vm, st);
    for (size_t i = 0; i < st->nlarges; i++)
        live += st->larges[i]->size;
    for (size_t cls = 0; cls < HEAP_CLASSES; cls++)
        for (int fin = 0; fin < 2; fin++)
            live += sweep_class(vm, st, &st->classes[cls][fin]);
    return live;
}

void sweep_finish(Vm *vm, HeapState *st)
{
    memset(vm->heap.free, 0, sizeof vm->heap.free);
    for (size_t cls = 0; cls < HEAP_CLASSES; cls++) {
        for (int fin = 0; fin < 2; fin++) {
            BlockClass *c = &st->classes[cls][fin];
            for (Block *b = c->unswept; b; b = b->next_unswept)
                clear_dead(vm, b);
            c->unswept = NULL;
            for (Block *b = c->blocks; b; b = b->next)
                b->marked = 0;
        }
    }
}

static void release(Vm *vm, Obj *o)
{
    if (o->kind == KIND_CODE) {
        code_release(vm, (Code *)o);
    } else if (o->kind == KIND_EXT && vm->shapes && vm->shapes[o->shape]) {
        const TypeLayout *layout = vm->shapes[o->shape]->type->layout;
        if (layout && layout->finalize)
            layout->finalize(vm, o);
    }
}

void sweep_release_all(Vm *vm, HeapState *st)
{
    sweep_finish(vm, st);
    for (size_t cls = 0; cls < HEAP_CLASSES; cls++) {
        for (int fin = 0; fin < 2; fin++) {
            for (Block *b = st->classes[cls][fin].blocks; b; b = b->next)
                for (uint32_t i = 0; i < b->ncells; i++)
                    release(vm, block_cell(b, i));
        }
    }
    for (size_t i = 0; i < st->nlarges; i++)
        release(vm, large_obj(st->larges[i]));
}
