/* SPDX-License-Identifier: MIT
 * The heap: set-up, the counting allocator, collections. Parts are in vm/heap/. */
#include "vm/heap.h"

#include <stdlib.h>

#include "vm/error.h"
#include "vm/heap/state.h"

#define MARK_STACK_FIRST 2048u
/* What a script may not take of the cap, so that its host can still compile and call something that lets go. */
#define RESERVE_PART 32u

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

/* Everything the VM takes passes here. Near the cap a collection is asked for, so that garbage is not what a
 * script runs out of memory for. */
static void *counting_alloc(void *ud, void *p, size_t old_size, size_t new_size)
{
    HeapState *st = ud;
    if (new_size > old_size && st->limit) {
        const Strand *s = st->vm->strand;
        size_t more = new_size - old_size, cap = s && s->top ? st->limit - st->limit / RESERVE_PART : st->limit;
        if (st->used > cap || more > cap - st->used) {
            st->want_full = true;
            vm_attend(st->vm, ATTENTION_GC);
            return NULL;
        }
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
    st->mark_stack = stack;
    st->mark_cap = MARK_STACK_FIRST;
    st->larges_sorted = true;
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
        mem_free(&vm->alloc, st->larges[i], st->larges[i]->size);
    arenas_free(st);
    Alloc host = st->host;
    mem_free(&host, st->larges, st->larges_cap * sizeof *st->larges);
    mem_free(&host, st->roots, st->roots_cap * sizeof *st->roots);
    mem_free(&host, st->weaks, st->weaks_cap * sizeof *st->weaks);
    mem_free(&host, st->mark_stack, st->mark_cap * sizeof *st->mark_stack);
    mem_free(&host, st->finalize, st->finalize_cap * sizeof *st->finalize);
    weak_free(st);
    mem_free(&host, st->remembered, st->remembered_cap * sizeof *st->remembered);
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
    return vm->heap.state->used;
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
        && array_reserve(&st->host, (void **)&st->larges, &st->larges_cap, st->nlarges + 1, sizeof *st->larges))
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
    if (st->nlarges && st->larges[st->nlarges - 1] > l)
        st->larges_sorted = false;
    st->larges[st->nlarges++] = l;
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

/* Where an entry does not fit, the next collection looks at everything. */
void heap_barrier(Vm *vm, Obj *owner)
{
    HeapState *st = vm->heap.state;
    if (!array_reserve(&st->host, (void **)&st->remembered, &st->remembered_cap, st->nremembered + 1,
                       sizeof *st->remembered)) {
        st->want_full = true;
        return;
    }
    owner->gc &= (uint8_t)~GC_BARRIER;
    st->remembered[st->nremembered++] = owner;
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
        if (large_obj(st->larges[i])->kind == kind)
            fn(vm, large_obj(st->larges[i]), ud);
}

/* ---- collection ---- */
/* When the next collection comes, and which. A full one comes when the heap may have doubled. A young one costs what it
 * looks at: so there are so many bytes for each value of that, and more while much of what is young survives. Where nearly
 * all of a heap is new and survives, there is no use in young ones at all. */
static void set_threshold(HeapState *st, const Marker *m, size_t survived)
{
    size_t all = st->old + st->external, most = all > THRESHOLD_MIN ? all : THRESHOLD_MIN;
    bool grows = survived > st->since / 4;
    if (!m->young)
        st->old_max = 2 * most;
    if (survived > st->since / 2)
        st->nursery = most;
    else if (grows)
        st->nursery *= 2;
    else if (survived < st->since / 8)
        st->nursery /= 2;
    if (m->young && st->nursery < m->work * YOUNG_PER_WORK)
        st->nursery = m->work * YOUNG_PER_WORK;
    st->nursery = st->nursery < THRESHOLD_MIN ? THRESHOLD_MIN : st->nursery < most ? st->nursery : most;
    size_t t = st->nursery;
    st->want_full = all + t / 2 > st->old_max || (grows && t == most);
    if (st->want_full && all < st->old_max)
        t = st->old_max - all > t ? st->old_max - all : t;
    if (st->limit) {
        size_t cap = st->limit - st->limit / RESERVE_PART, room = st->used < cap ? (cap - st->used) / 2 : 0;
        if (t > room) {
            t = room > BLOCK_SIZE ? room : BLOCK_SIZE;
            st->want_full = true;
        }
    }
    st->threshold = t;
    st->since = 0;
}

static void clean_subclasses(Vm *vm, bool young)
{
    HeapState *st = vm->heap.state;
    bool same = st->shapes_seen == vm->shape_count;
    st->shapes_seen = vm->shape_count;
    if (young && same)
        return;             /* no type and no shape is young */
    for (uint32_t id = 1; id < vm->shape_count; id++) {
        Shape *s = vm->shapes[id];
        if (!s)
            continue;
        if (!heap_is_alive(vm, s)) {
            vm->shapes[id] = NULL;
            continue;
        }
        Type *t = s->type;
        if (!t || t->root_shape != s || s->id != id || !t->subclasses)
            continue;
        uint32_t n = 0;
        for (uint32_t i = 0; i < t->nsubclasses; i++) {
            Value v = t->subclasses->items[i];
            if (!value_is_empty(v) && value_is_obj(v) && heap_is_alive(vm, value_obj(v)))
                t->subclasses->items[n++] = v;
        }
        for (uint32_t i = n; i < t->nsubclasses; i++)
            t->subclasses->items[i] = VALUE_EMPTY;
        t->nsubclasses = n;
    }
}

/* An object whose __del__ makes another like it must not go on for ever. */
#define COMPLETE_ROUNDS 16

void heap_collect_completely(Vm *vm)
{
    vm->heap.state->completing = COMPLETE_ROUNDS;
    vm_attend(vm, ATTENTION_GC);
}

bool heap_is_completing(const Vm *vm)
{
    return vm->heap.state->completing && !vm->heap.state->finalizing;
}

void heap_collect(Vm *vm, bool full)
{
    HeapState *st = vm->heap.state;
    bool young = !full && !st->want_full;
    memset(vm->heap.free, 0, sizeof vm->heap.free);
    memset(vm->lookup_cache, 0, sizeof vm->lookup_cache);
    memset(vm->attr_cache, 0, sizeof vm->attr_cache);
    if (!young) {
        sweep_finish(vm, st);
        vm->heap.live ^= GC_MARK;
    }
    Marker m = { .vm = vm, .st = st, .stack = st->mark_stack, .cap = st->mark_cap, .live = vm->heap.live, .young = young };
    mark_roots(&m);
    mark_remembered(&m);
    mark_drain(&m);
    finalize_dead(&m);
    st->mark_stack = m.stack;
    st->mark_cap = m.cap;
#ifndef NDEBUG
    if (young)
        mark_verify(vm, st);
#endif
    weak_sweep(vm, st, young);
    clean_subclasses(vm, young);
    str_interned_sweep(vm, young);
    for (size_t i = 0; i < st->nweaks; i++)
        st->weaks[i].fn(vm, st->weaks[i].ud);
    size_t before = st->old, found = sweep_start(vm, st, young);
    st->old = young ? before + found : found;
    set_threshold(st, &m, st->old > before ? st->old - before : 0);
    arenas_trim(st, young ? st->old_max : st->threshold);
    st->collections++;
    if (st->completing && !st->finalizing) {    /* not one that a finalizer's own checkpoint started */
        st->completing = st->finalize_len > st->finalize_at ? st->completing - 1 : 0;
    }
}
