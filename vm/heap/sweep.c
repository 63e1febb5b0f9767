/* SPDX-License-Identifier: MIT
 * Sweeping: dead cells become free cells, block by block, when a class needs cells. Blocks are judged when marking has
 * ended, in steps after a full one: freed, lined up to be swept, or left alone. */
#include "vm/heap/state.h"
#include "vm/type.h"

/* Code cells own memory outside the heap, so blocks of their size are always walked. */
static inline bool may_hold_code(const Block *b)
{
    return b->cell_size == (sizeof(Code) + HEAP_GRAIN - 1) / HEAP_GRAIN * HEAP_GRAIN;
}

/* In a block that may have dead cells. */
static inline bool is_dead(const Obj *o, uint8_t live, uint8_t prev)
{
    uint8_t mark = o->gc & GC_MARK;
    return mark != live && mark != prev;
}

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
    uint8_t live = vm->heap.live, prev = vm->heap.state->prev;
    for (uint32_t i = b->ncells; i-- > 0;) {
        Obj *o = block_cell(b, i);
        if (o->kind != KIND_FREE) {
            if (!is_dead(o, live, prev))
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

/* The same without a list. */
static void clear_dead(Vm *vm, Block *b)
{
    uint8_t live = vm->heap.live, prev = vm->heap.state->prev;
    for (uint32_t i = 0; i < b->ncells; i++) {
        Obj *o = block_cell(b, i);
        if (o->kind != KIND_FREE && is_dead(o, live, prev))
            cell_free(vm, o, b->cell_size);
    }
}

/* ---- large cells ---- */
static size_t large_free(Vm *vm, HeapState *st, Large *l, bool keep)
{
    size_t size = l->size;
    if (large_obj(l)->kind == KIND_CODE)
        code_release(vm, (Code *)large_obj(l));
    st->nfinal_larges -= l->finalizable;
    if (!keep || !spare_keep(st, l))
        mem_free(&vm->alloc, l, size);
    return size;
}

/* The young ones that live go to the old ones, in order of address. */
static void larges_merge(HeapState *st)
{
    if (!st->nnewer)
        return;
    if (!array_reserve(&st->host, (void **)&st->larges, &st->larges_cap, st->nlarges + st->nnewer, sizeof *st->larges))
        return;                 /* they count as young once more */
    larges_sort(st);
    size_t i = st->nlarges, j = st->nnewer, k = i + j;
    for (; j; k--)
        st->larges[k - 1] = i && st->larges[i - 1] > st->newer[j - 1] ? st->larges[--i] : st->newer[--j];
    st->nlarges += st->nnewer;
    st->nnewer = 0;
}

static size_t sweep_newer(Vm *vm, HeapState *st)
{
    size_t kept = st->nnewer, live = 0;
    spare_trim(st, !st->m.young);
    for (size_t i = st->nnewer; i-- > 0;) {     /* the spare ones will be taken in order of address */
        Large *l = st->newer[i];
        if ((large_obj(l)->gc & GC_MARK) == vm->heap.live) {
            st->newer[--kept] = l;
            live += l->size;
        } else {
            large_free(vm, st, l, true);
        }
    }
    st->nnewer -= kept;
    for (size_t i = 0; i < st->nnewer; i++)
        st->newer[i] = st->newer[kept + i];
    st->newer_sorted |= !st->nnewer;
    larges_merge(st);
    return live;
}

/* Those that are freed stand in the list until all are looked at, so that it stays in order. */
static size_t judge_large(Vm *vm, HeapState *st, size_t i)
{
    Large *l = st->larges[i];
    if ((large_obj(l)->gc & GC_MARK) == vm->heap.live) {
        st->found += l->size;
        return 1;
    }
    st->larges[i] = (Large *)((uintptr_t)l | LARGE_GONE);
    return 4 + large_free(vm, st, l, false) / 2048;
}

static void larges_close_up(HeapState *st)
{
    size_t kept = 0;
    for (size_t i = 0; i < st->nlarges; i++)
        if (!large_is_gone(st->larges[i]))
            st->larges[kept++] = st->larges[i];
    st->nlarges = kept;
}

/* ---- blocks ---- */
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
    uint16_t marked = b->marked[st->side];
    size_t more = (size_t)(marked - b->kept) * b->cell_size;
    b->kept = marked;
    if (marked == 0) {
        if (may_hold_code(b))
            clear_dead(vm, b);
        unlink_block(c, b);
        block_release(st, b);
    } else if (marked < b->ncells) {
        b->state = BLOCK_UNSWEPT;
        b->next_listed = c->unswept;
        c->unswept = b;
    } else {
        b->state = BLOCK_FULL;
    }
    return more;
}

size_t sweep_young(Vm *vm, HeapState *st)
{
    size_t live = sweep_newer(vm, st);
    for (size_t cls = 0; cls < HEAP_CLASSES; cls++) {
        for (int fin = 0; fin < 2; fin++) {
            BlockClass *c = &st->classes[cls][fin];
            for (Block *b = c->young, *next; b; b = next) {
                next = b->next_listed;
                live += block_judge(vm, st, c, b);
            }
            c->young = NULL;
        }
    }
    return live;
}

/* ---- in steps ---- */
/* Cells that are dead since the collection before, and never were swept, must go now: their marks will be in use again. */
static size_t block_judge_old(Vm *vm, HeapState *st, BlockClass *c, Block *b)
{
    size_t work = 1;
    b->epoch = st->epoch;
    b->marked[!st->side] = 0;
    b->kept = 0;
    if (b->state == BLOCK_UNSWEPT) {
        clear_dead(vm, b);
        work = b->ncells;
    }
    st->found += block_judge(vm, st, c, b);
    return work;
}

/* Blocks that are allocated from come first: nothing may be made in one that is not judged. */
void sweep_begin(Vm *vm, HeapState *st)
{
    st->epoch ^= 1;
    st->judge_class = st->judge_large = st->found = 0;
    sweep_newer(vm, st);
    for (size_t cls = 0; cls < HEAP_CLASSES; cls++) {
        for (int fin = 0; fin < 2; fin++) {
            BlockClass *c = &st->classes[cls][fin];
            c->young = c->unswept = NULL;
            if (c->growing)
                block_judge_old(vm, st, c, c->growing);
            c->next = c->blocks;
        }
    }
}

bool sweep_more(Vm *vm, HeapState *st, size_t budget)
{
    size_t work = 0;
    for (; st->judge_class < 2 * HEAP_CLASSES; st->judge_class++) {
        BlockClass *c = &st->classes[st->judge_class / 2][st->judge_class % 2];
        while (c->next) {
            if (work >= budget)
                return false;
            Block *b = c->next;
            c->next = b->next;
            if (b->epoch != st->epoch)
                work += block_judge_old(vm, st, c, b);
        }
    }
    for (; st->judge_large < st->nlarges; st->judge_large++) {
        if (work >= budget)
            return false;
        work += judge_large(vm, st, st->judge_large);
    }
    larges_close_up(st);
    return true;
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
    for (size_t cls = 0; cls < HEAP_CLASSES; cls++) {
        for (int fin = 0; fin < 2; fin++) {
            for (Block *b = st->classes[cls][fin].blocks; b; b = b->next)
                for (uint32_t i = 0; i < b->ncells; i++)
                    if (block_cell(b, i)->kind == KIND_CODE || !cell_is_dead(vm, b, block_cell(b, i)))
                        release(vm, block_cell(b, i));
        }
    }
    for (size_t i = 0; i < st->nlarges; i++)
        if (!large_is_dead(st, st->larges[i]) || (!large_is_gone(st->larges[i]) && large_obj(st->larges[i])->kind == KIND_CODE))
            release(vm, large_obj(st->larges[i]));
    for (size_t i = 0; i < st->nnewer; i++)
        release(vm, large_obj(st->newer[i]));
}
