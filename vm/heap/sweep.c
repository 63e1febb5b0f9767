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

static size_t sweep_larges(Vm *vm, HeapState *st, bool young)
{
    size_t kept = 0, live = 0;
    for (size_t i = 0; i < st->nlarges; i++) {
        Large *l = st->larges[i];
        Obj *o = large_obj(l);
        if (!is_dead(o, vm->heap.live)) {
            st->larges[kept++] = l;
            if (!young || !l->old)
                live += l->size;
            l->old = true;
            continue;
        }
        if (o->kind == KIND_CODE)
            code_release(vm, (Code *)o);
        mem_free(&vm->alloc, l, l->size);
    }
    st->nlarges = kept;
    return live;
}

static void unlink_block(BlockClass *c, Block *b)
{
    *(b->prev ? &b->prev->next : &c->blocks) = b->next;
    if (b->next)
        b->next->prev = b->prev;
    if (b == c->growing)
        c->growing = NULL;
}

/* After marking, of a block that may have dead cells: it is freed when there are no others, and lined up when there are
 * some. Gives the bytes that became old. */
static size_t block_judge(Vm *vm, HeapState *st, BlockClass *c, Block *b)
{
    size_t more = (size_t)(b->marked - b->kept) * b->cell_size;
    b->kept = b->marked;
    if (b->marked == 0) {
        if (may_hold_code(b))
            clear_dead(vm, b);
        unlink_block(c, b);
        block_release(st, b);
    } else if (b->marked < b->ncells) {
        b->state = BLOCK_UNSWEPT;
        b->next_listed = c->unswept;
        c->unswept = b;
    } else {
        b->state = BLOCK_FULL;
    }
    return more;
}

static size_t sweep_class(Vm *vm, HeapState *st, BlockClass *c, bool young)
{
    size_t live = 0;
    for (Block *b = young ? c->young : c->blocks, *next; b; b = next) {
        next = young ? b->next_listed : b->next;
        live += block_judge(vm, st, c, b);
    }
    c->young = NULL;
    return live;
}

size_t sweep_start(Vm *vm, HeapState *st, bool young)
{
    size_t live = sweep_larges(vm, st, young);
    for (size_t cls = 0; cls < HEAP_CLASSES; cls++)
        for (int fin = 0; fin < 2; fin++)
            live += sweep_class(vm, st, &st->classes[cls][fin], young);
    return live;
}

void sweep_finish(Vm *vm, HeapState *st)
{
    for (size_t cls = 0; cls < HEAP_CLASSES; cls++) {
        for (int fin = 0; fin < 2; fin++) {
            BlockClass *c = &st->classes[cls][fin];
            for (Block *b = c->unswept; b; b = b->next_listed)
                clear_dead(vm, b);
            c->unswept = c->young = NULL;
            for (Block *b = c->blocks; b; b = b->next) {
                b->marked = b->kept = 0;
                b->state = BLOCK_FULL;
            }
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
