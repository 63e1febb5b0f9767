/* SPDX-License-Identifier: MIT
 * The heap: set-up, the counting allocator, allocation, the barrier. Parts are in vm/heap/. */
#include "vm/heap.h"

#include <stdlib.h>

#include "vm/error.h"
#include "vm/heap/state.h"

#define MARK_STACK_FIRST 2048u

void *libc_alloc(void *ud, void *p, size_t old_size, size_t new_size)
{
    (void)ud;
    (void)old_size;
    if (new_size == 0) {
        free(p);
        return NULL;
    }
    return realloc(p, new_size);
}

/* What goes over the cap: a collection is asked for, so that garbage is not what a script runs out of memory for. When it has
 * got a MemoryError, half of the reserve is there for its handler: it has let something go, perhaps, and tells of it before
 * anything is collected. A collection is asked for again whenever an eighth of that is gone, until there is room. */
static bool take_reserve(HeapState *st, size_t more, size_t cap, size_t reserve)
{
    size_t last = cap + reserve / 2;
    bool refused = !st->in_reserve || more > last || st->used > last - more;
    if (refused || st->used - st->asked_at > reserve / 16) {
        st->want_full = st->urgent = true;
        st->asked_at = st->used;
        vm_attend(st->vm, ATTENTION_GC);
    }
    return !refused;
}

void heap_open_reserve(Vm *vm)
{
    HeapState *st = vm->heap.state;
    size_t reserve = st->limit / RESERVE_PART;
    st->in_reserve = st->limit && st->used + 2 * reserve > st->limit;
}

/* Everything the VM takes passes here. */
static void *counting_alloc(void *ud, void *p, size_t old_size, size_t new_size)
{
    HeapState *st = ud;
    if (new_size > old_size && st->limit) {
        const Strand *s = st->vm->strand;
        size_t more = new_size - old_size, reserve = s && s->top ? st->limit / RESERVE_PART : 0, cap = st->limit - reserve;
        if ((st->used > cap || more > cap - st->used) && !take_reserve(st, more, cap, reserve))
            return NULL;
    }
    void *r = st->host.fn(st->host.ud, p, old_size, new_size);
    if (r || new_size == 0)
        st->used = st->used - old_size + new_size;
    return r;
}

bool heap_init(Vm *vm)
{
    if (!vm->alloc.fn)
        vm->alloc = (Alloc){ libc_alloc, NULL };
    Alloc host = vm->alloc;
    HeapState *st = mem_alloc(&host, sizeof *st);
    MarkItem *stack = mem_alloc(&host, MARK_STACK_FIRST * sizeof *stack);
    if (!st || !stack) {
        mem_free(&host, st, sizeof *st);
        mem_free(&host, stack, MARK_STACK_FIRST * sizeof *stack);
        return false;
    }
    memset(st, 0, sizeof *st);
    memset(&vm->heap, 0, sizeof vm->heap);
    st->host = host;
    st->vm = vm;
    st->threshold = THRESHOLD_FIRST;
    st->want_full = true;               /* the first one says how much lives */
    st->m = (Marker){ .vm = vm, .st = st, .stack = stack, .cap = MARK_STACK_FIRST };
    st->prev = NO_MARK;
    st->look = LOOK_DONE;
    st->slots_ask = SIZE_MAX;
    st->newer_sorted = true;
    st->used = sizeof *st + MARK_STACK_FIRST * sizeof *stack;
    vm->heap.state = st;
    vm->heap.live = 1;
    vm->alloc = (Alloc){ counting_alloc, st };
    return true;
}

void heap_free(Vm *vm)
{
    HeapState *st = vm->heap.state;
    if (!st)
        return;
    sweep_release_all(vm, st);
    str_interned_free(vm);
    for (size_t i = 0; i < st->nlarges; i++)
        if (!large_is_gone(st->larges[i]))
            mem_free(&vm->alloc, st->larges[i], st->larges[i]->size);
    for (size_t i = 0; i < st->nnewer; i++)
        mem_free(&vm->alloc, st->newer[i], st->newer[i]->size);
    spare_trim(st, true);
    arenas_free(st);
    Alloc host = st->host;
    mem_free(&host, st->larges, st->larges_cap * sizeof *st->larges);
    mem_free(&host, st->roots, st->roots_cap * sizeof *st->roots);
    mem_free(&host, st->weaks, st->weaks_cap * sizeof *st->weaks);
    mem_free(&host, st->newer, st->newer_cap * sizeof *st->newer);
    mem_free(&host, st->candidates, st->candidates_cap * sizeof *st->candidates);
    mem_free(&host, st->m.stack, st->m.cap * sizeof *st->m.stack);
    mem_free(&host, st->finalize, st->finalize_cap * sizeof *st->finalize);
    weak_free(st);
    mem_free(&host, st->remembered, st->remembered_cap * sizeof *st->remembered);
    mem_free(&host, st->slots, st->slots_cap * sizeof *st->slots);
    mem_free(&host, st, sizeof *st);
    memset(&vm->heap, 0, sizeof vm->heap);
    vm->alloc = host;
}

void heap_set_limit(Vm *vm, size_t max_bytes)
{
    vm->heap.state->limit = max_bytes;
}

Alloc heap_host_alloc(const Vm *vm)
{
    return vm->heap.state->host;
}

size_t heap_limit(const Vm *vm)
{
    return vm->heap.state->limit;
}

size_t heap_bytes(const Vm *vm)
{
    return vm->heap.state->used - vm->heap.state->spare_bytes;
}

size_t heap_collections(const Vm *vm)
{
    return vm->heap.state->collections;
}

static void count_new(Vm *vm, HeapState *st, size_t bytes)
{
    st->since += bytes;
    if (st->since >= st->threshold)
        vm_attend(vm, ATTENTION_GC);
}

void heap_external(Vm *vm, ptrdiff_t delta)
{
    HeapState *st = vm->heap.state;
    if (delta >= 0) {
        st->external += (size_t)delta;
        count_new(vm, st, (size_t)delta);
    } else {
        size_t less = (size_t)-delta;
        st->external -= less < st->external ? less : st->external;
    }
}

/* ---- allocation ---- */
#define LARGE_DISCOUNT 8

static void *large_alloc(Vm *vm, HeapState *st, size_t size, int finalizable)
{
    size_t bytes;
    Large *l = NULL;
    if (size_add(size, sizeof *l, &bytes) && bytes < (size_t)1 << 46
        && array_reserve(&st->host, (void **)&st->newer, &st->newer_cap, st->nnewer + 1, sizeof *st->newer)
        && !(l = spare_take(st, bytes)))
        l = mem_alloc(&vm->alloc, bytes);
    if (l && ((uintptr_t)l + bytes) >> 47) {    /* no Value could hold it */
        mem_free(&vm->alloc, l, bytes);
        l = NULL;
    }
    if (!l) {
        raise_no_memory(vm);
        return NULL;
    }
    if (bytes >= 2 * HUGE_PAGE)
        memory_advise(st, l, bytes);
    *l = (Large){ .size = bytes, .finalizable = finalizable };
    if (st->nnewer && st->newer[st->nnewer - 1] > l)
        st->newer_sorted = false;
    st->newer[st->nnewer++] = l;
    st->nfinal_larges += l->finalizable;
    /* A collection costs what lives, and a few large cells are most of what dies: while there is room they count for less. */
    count_new(vm, st, st->limit && st->used > st->limit / 4 ? bytes : bytes / LARGE_DISCOUNT);
    return l + 1;
}

void *heap_alloc_slow(Vm *vm, size_t size, int finalizable)
{
    HeapState *st = vm->heap.state;
    if (size > HEAP_SMALL_MAX)
        return large_alloc(vm, st, size, finalizable);
    size_t cls = (size + HEAP_GRAIN - 1) / HEAP_GRAIN;
    BlockClass *c = &st->classes[cls][finalizable];
    FreeCell *list = NULL;
    while (!list && c->unswept) {
        Block *b = c->unswept;
        size_t nfree;
        c->unswept = b->next_listed;
        b->state = BLOCK_FULL;
        list = sweep_block(vm, b, &nfree);
        if (list)
            block_note_young(c, b);
        count_new(vm, st, nfree * b->cell_size);
    }
    if (!list && !c->growing) {
        Block *b = c->growing = block_new(vm, st, (uint32_t)(cls * HEAP_GRAIN), finalizable);
        if (!b) {
            raise_no_memory(vm);
            return NULL;
        }
        b->next = c->blocks;
        if (b->next)
            b->next->prev = b;
        c->blocks = b;
    }
    if (!list) {
        Block *b = c->growing;
        uint32_t before = b->ncells;
        list = block_thread(b);
        block_note_young(c, b);
        count_new(vm, st, (size_t)(b->ncells - before) * b->cell_size);
        if (b->ncells == b->room)
            c->growing = NULL;
    }
    HEAP_UNPOISON(list, cls * HEAP_GRAIN);
    vm->heap.free[cls][finalizable] = list->next;
    return list;
}

void *heap_zalloc(Vm *vm, size_t size, Kind kind, uint32_t shape, int finalizable)
{
    Obj *o = heap_alloc(vm, size, kind, shape, finalizable);
    if (o)
        memset(o + 1, 0, size - sizeof *o);
    return o;
}

Values *values_new(Vm *vm, size_t cap)
{
    size_t bytes;
    if (!size_mul(cap, sizeof(Value), &bytes) || !size_add(bytes, sizeof(Values), &bytes)) {
        raise_no_memory(vm);
        return NULL;
    }
    Values *v = heap_alloc(vm, bytes, KIND_VALUES, 0, 0);
    if (!v)
        return NULL;
    v->cap = cap;
    memset(v->items, 0, cap * sizeof(Value));
    return v;
}

Raw *raw_new(Vm *vm, size_t cap)
{
    size_t bytes;
    if (!size_add(cap, sizeof(Raw), &bytes)) {
        raise_no_memory(vm);
        return NULL;
    }
    Raw *r = heap_alloc(vm, bytes, KIND_RAW, 0, 0);
    if (r)
        r->cap = cap;
    return r;
}

/* ---- roots, weak tables, barrier ---- */
bool heap_add_roots(Vm *vm, RootFn fn, void *ud)
{
    HeapState *st = vm->heap.state;
    if (!array_reserve(&st->host, (void **)&st->roots, &st->roots_cap, st->nroots + 1, sizeof *st->roots))
        return false;
    st->roots[st->nroots++] = (RootEntry){ fn, ud };
    return true;
}

void heap_remove_roots(Vm *vm, RootFn fn, void *ud)
{
    HeapState *st = vm->heap.state;
    for (size_t i = 0; i < st->nroots; i++) {
        if (st->roots[i].fn == fn && st->roots[i].ud == ud) {
            st->roots[i] = st->roots[--st->nroots];
            return;
        }
    }
}

bool heap_add_weak(Vm *vm, void (*fn)(Vm *vm, void *ud), void *ud)
{
    HeapState *st = vm->heap.state;
    if (!array_reserve(&st->host, (void **)&st->weaks, &st->weaks_cap, st->nweaks + 1, sizeof *st->weaks))
        return false;
    st->weaks[st->nweaks++] = (WeakEntry){ fn, ud };
    return true;
}

bool heap_is_alive(const Vm *vm, const void *obj)
{
    return (((const Obj *)obj)->gc & GC_MARK) == vm->heap.live;
}

/* Where an entry does not fit, the next collection looks at everything, or marking at all that it has marked. What is not
 * marked yet will be looked at in any case. */
void heap_barrier(Vm *vm, Obj *owner)
{
    HeapState *st = vm->heap.state;
    if ((owner->gc & GC_MARK) == vm->heap.live) {
        if (!array_reserve(&st->host, (void **)&st->remembered, &st->remembered_cap, st->nremembered + 1,
                           sizeof *st->remembered)) {
            st->m.overflow = true;
            st->want_full = true;
            return;
        }
        st->remembered[st->nremembered++] = owner;
        if (UNLIKELY(st->nremembered == st->remembered_ask))
            vm_attend(vm, ATTENTION_GC);
    }
    owner->gc &= (uint8_t)~GC_BARRIER;
}

#define SLOTS_MAX 131072u
#define SLOTS_AT_ONCE 1024u

static bool slots_noted(HeapState *st, const Obj *owner, const Value *slots, size_t n)
{
    bool large = owner->gc & GC_LARGE && !(owner->gc & GC_EPHEMERONS) && (owner->gc & GC_MARK) == st->vm->heap.live;
    if (!large || (uintptr_t)slots - (uintptr_t)owner >= ((const Large *)(const void *)owner - 1)->size - sizeof(Large))
        return false;
    if (n > SLOTS_AT_ONCE || st->nslots + n > SLOTS_MAX
        || !array_reserve(&st->host, (void **)&st->slots, &st->slots_cap, st->nslots + n, sizeof *st->slots))
        return false;
    for (size_t i = 0; i < n; i++)
        if (value_is_obj(slots[i]) && slots[i].bits)
            st->slots[st->nslots++] = &slots[i];
    return true;
}

/* Large tables are not scanned for a few values; so each store comes here, and what is no object is not of interest. */
void heap_barrier_at(Vm *vm, Obj *owner, const Value *slots, size_t n)
{
    HeapState *st = vm->heap.state;
    if (!slots_noted(st, owner, slots, n))
        heap_barrier(vm, owner);
    else if (UNLIKELY(st->nslots >= st->slots_ask))
        vm_attend(vm, ATTENTION_GC);
}

void heap_barrier_set(Vm *vm, Obj *owner, const Value *slot)
{
    heap_barrier_at(vm, owner, slot, 1);
}

void heap_each(Vm *vm, Kind kind, void (*fn)(Vm *vm, Obj *o, void *ud), void *ud)
{
    HeapState *st = vm->heap.state;
    for (size_t cls = 0; cls < HEAP_CLASSES; cls++)
        for (int fin = 0; fin < 2; fin++)
            for (Block *b = st->classes[cls][fin].blocks; b; b = b->next)
                for (uint32_t i = 0; i < b->ncells; i++)
                    if (block_cell(b, i)->kind == kind && !cell_is_dead(vm, b, block_cell(b, i)))
                        fn(vm, block_cell(b, i), ud);
    for (size_t i = 0; i < st->nlarges; i++)
        if (!large_is_dead(st, st->larges[i]) && large_obj(st->larges[i])->kind == kind)
            fn(vm, large_obj(st->larges[i]), ud);
    for (size_t i = 0; i < st->nnewer; i++)
        if (large_obj(st->newer[i])->kind == kind)
            fn(vm, large_obj(st->newer[i]), ud);
}
