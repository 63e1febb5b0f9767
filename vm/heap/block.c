/* SPDX-License-Identifier: MIT
 * Arenas and their blocks; finding the cell that an address lies in. */
#include "vm/heap/state.h"

#include <sys/mman.h>

/* ---- arenas ---- */
static size_t arena_wanted(const HeapState *st)
{
    size_t total = 0;
    for (size_t i = 0; i < st->narenas; i++)
        total += st->arenas[i]->size;
    size_t want = ARENA_MIN;
    while (want < total && want < ARENA_MAX)
        want *= 2;
    /* Under a cap, what is set aside must not be what a large cell lacks. */
    size_t room = st->used < st->limit ? (st->limit - st->used) / 8 : 0;
    while (st->limit && want > ARENA_MIN && want > room)
        want /= 2;
    return want;
}

/* A large heap is mapped in large pages where the system has them: a fault for each 4 KiB of fresh memory costs more than
 * most of what a script does with it. Only a hint. */
void memory_advise(const HeapState *st, const void *p, size_t size)
{
#ifdef MADV_HUGEPAGE
    uintptr_t from = ((uintptr_t)p + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1);
    uintptr_t to = ((uintptr_t)p + size) & ~(uintptr_t)(HUGE_PAGE - 1);
    if (st->host.fn == libc_alloc && size >= 2 * HUGE_PAGE && from < to)
        (void)madvise((void *)from, to - from, MADV_HUGEPAGE);
#else
    (void)st;
    (void)p;
    (void)size;
#endif
}

/* The largest arena up to the wanted size that the allocator grants. */
static Arena *arena_alloc(Vm *vm, size_t want)
{
    for (; want >= 2 * BLOCK_SIZE; want /= 2) {
        Arena *a = mem_alloc(&vm->alloc, want);
        if (!a)
            continue;
        if (((uintptr_t)a + want) >> 47) {      /* no Value could hold its cells */
            mem_free(&vm->alloc, a, want);
            return NULL;
        }
        uintptr_t first = ((uintptr_t)(a + 1) + BLOCK_SIZE - 1) & ~(uintptr_t)(BLOCK_SIZE - 1);
        *a = (Arena){ .size = want, .first = (char *)first };
        a->nblocks = (uint32_t)(((uintptr_t)a + want - first) / BLOCK_SIZE);
        return a;
    }
    return NULL;
}

static Arena *arena_new(Vm *vm, HeapState *st)
{
    if (!array_reserve(&st->host, (void **)&st->arenas, &st->arenas_cap, st->narenas + 1, sizeof *st->arenas))
        return NULL;
    Arena *a = arena_alloc(vm, arena_wanted(st));
    if (!a)
        return NULL;
    memory_advise(st, a, a->size);
    size_t i = st->narenas++;
    for (; i > 0 && st->arenas[i - 1] > a; i--)
        st->arenas[i] = st->arenas[i - 1];
    st->arenas[i] = a;
    return a;
}

static void arena_free(HeapState *st, Arena *a)
{
    HEAP_UNPOISON(a, a->size);
    mem_free(&st->vm->alloc, a, a->size);
}

/* Free arenas are kept as far as the next cycle will want them. */
void arenas_trim(HeapState *st, size_t keep)
{
    size_t kept = 0, spare = 0;
    for (size_t i = 0; i < st->narenas; i++) {
        Arena *a = st->arenas[i];
        spare += (size_t)(a->nblocks - a->used) * BLOCK_SIZE;
        if (a->used == 0 && spare > keep && spare > a->size) {
            spare -= (size_t)a->nblocks * BLOCK_SIZE;
            arena_free(st, a);
        } else {
            st->arenas[kept++] = a;
        }
    }
    st->narenas = kept;
}

void arenas_free(HeapState *st)
{
    for (size_t i = 0; i < st->narenas; i++)
        arena_free(st, st->arenas[i]);
    mem_free(&st->host, st->arenas, st->arenas_cap * sizeof *st->arenas);
    st->arenas = NULL;
    st->narenas = st->arenas_cap = 0;
}

/* ---- blocks ---- */
#define PAGE ((size_t)4096)

static Block *arena_take(Arena *a)
{
    Block *b = a->free;
    if (b)
        a->free = b->next;
    else if (a->fresh < a->nblocks)
        b = (Block *)(void *)(a->first + (size_t)a->fresh++ * BLOCK_SIZE);
    else
        return NULL;
    a->used++;
    return b;
}

Block *block_new(Vm *vm, HeapState *st, uint32_t cell_size, int finalizable)
{
    _Static_assert(sizeof(Block) <= BLOCK_HEADER, "the header has its room");
    Arena *a = NULL;
    Block *b = NULL;
    for (size_t i = st->narenas; i-- > 0 && !b;) {
        a = st->arenas[i];
        if (a->used < a->nblocks)
            b = arena_take(a);
    }
    if (!b) {
        a = arena_new(vm, st);
        if (!a)
            return NULL;
        b = arena_take(a);
    }
    HEAP_UNPOISON(b, BLOCK_SIZE);
    *b = (Block){ .arena = a, .cell_size = cell_size, .finalizable = (uint8_t)finalizable, .epoch = st->epoch };
    b->room = (uint16_t)((BLOCK_SIZE - BLOCK_HEADER) / cell_size);
    return b;
}

void block_release(HeapState *st, Block *b)
{
    (void)st;
    Arena *a = b->arena;
    b->cell_size = 0;
    b->next = a->free;
    a->free = b;
    a->used--;
    HEAP_POISON(block_cells(b), BLOCK_SIZE - BLOCK_HEADER);
}

/* The next cells of a block that is not full yet as a list, in order of address: to the end of their page, so that a
 * class with few cells touches few pages. */
FreeCell *block_thread(Block *b)
{
    FreeCell *list = NULL;
    uint32_t first = b->ncells;
    size_t next = BLOCK_HEADER + (size_t)first * b->cell_size, page_end = (next / PAGE + 1) * PAGE;
    uint32_t n = next + b->cell_size <= page_end ? (uint32_t)((page_end - next) / b->cell_size) : 1;
    b->ncells = n < b->room - first ? (uint16_t)(first + n) : b->room;
    for (uint32_t i = b->ncells; i-- > first;) {
        FreeCell *c = (FreeCell *)block_cell(b, i);
        c->h = (Obj){ .kind = KIND_FREE };
        c->next = list;
        list = c;
        HEAP_POISON((char *)c + sizeof c->h, b->cell_size - sizeof c->h);
    }
    return list;
}

void block_note_young(BlockClass *c, Block *b)
{
    if (b->state == BLOCK_YOUNG)
        return;
    b->state = BLOCK_YOUNG;
    b->next_listed = c->young;
    c->young = b;
}

/* ---- addresses ---- */
/* Shell sort: nearly sorted mostly, and no memory. */
void larges_sort(HeapState *st)
{
    static const size_t gaps[] = { 1 << 22, 929569, 411527, 182186, 80657, 35707, 15808, 6998, 3098, 1371, 607, 268, 132,
                                   57, 23, 10, 4, 1 };
    if (st->newer_sorted)
        return;
    for (size_t g = 0; g < COUNT_OF(gaps); g++) {
        size_t gap = gaps[g];
        for (size_t i = gap; i < st->nnewer; i++) {
            Large *l = st->newer[i];
            size_t j = i;
            for (; j >= gap && st->newer[j - gap] > l; j -= gap)
                st->newer[j] = st->newer[j - gap];
            st->newer[j] = l;
        }
    }
    st->newer_sorted = true;
}

static Arena *find_arena(HeapState *st, uintptr_t addr)
{
    size_t lo = 0, hi = st->narenas;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if ((uintptr_t)st->arenas[mid] <= addr)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo == 0)
        return NULL;
    Arena *a = st->arenas[lo - 1];
    return addr < (uintptr_t)a + a->size ? a : NULL;
}

/* The last one that begins below. */
static Large *large_below(Large **all, size_t n, uintptr_t addr)
{
    size_t lo = 0, hi = n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if ((uintptr_t)all[mid] <= addr)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo && !large_is_gone(all[lo - 1]) ? all[lo - 1] : NULL;
}

static bool large_has(Large *l, uintptr_t addr)
{
    return l && addr >= (uintptr_t)(l + 1) && addr < (uintptr_t)l + l->size;
}

static Obj *find_large(HeapState *st, uintptr_t addr)
{
    Large *l = large_below(st->larges, st->nlarges, addr);
    if (large_has(l, addr))
        return large_is_dead(st, l) ? NULL : large_obj(l);
    larges_sort(st);
    l = large_below(st->newer, st->nnewer, addr);
    return large_has(l, addr) ? large_obj(l) : NULL;
}

Obj *heap_find(HeapState *st, uintptr_t addr)
{
    Arena *a = find_arena(st, addr);
    if (!a)
        return find_large(st, addr);
    if (addr < (uintptr_t)a->first)
        return NULL;
    size_t index = (addr - (uintptr_t)a->first) / BLOCK_SIZE;
    if (index >= a->fresh)
        return NULL;
    Block *b = (Block *)(void *)(a->first + index * BLOCK_SIZE);
    if (!b->cell_size || addr < (uintptr_t)block_cells(b))
        return NULL;
    uint32_t i = (uint32_t)(addr - (uintptr_t)block_cells(b)) / b->cell_size;
    if (i >= b->ncells)
        return NULL;
    Obj *o = block_cell(b, i);
    return o->kind == KIND_FREE || cell_is_dead(st->vm, b, o) ? NULL : o;
}
