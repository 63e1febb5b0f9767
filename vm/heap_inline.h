/* SPDX-License-Identifier: MIT
 * The fast halves of heap.h: allocation from a free list, the write barrier. */
#ifndef VM_HEAP_INLINE_H
#define VM_HEAP_INLINE_H

static inline void *heap_alloc(Vm *vm, size_t size, Kind kind, uint32_t shape, int finalizable)
{
    size_t cls = (size + HEAP_GRAIN - 1) / HEAP_GRAIN;
    FreeCell *cell;
    if (LIKELY(size <= HEAP_SMALL_MAX) && LIKELY((cell = vm->heap.free[cls][finalizable]) != NULL)) {
        HEAP_UNPOISON(cell, cls * HEAP_GRAIN);
        vm->heap.free[cls][finalizable] = cell->next;
    } else if (!(cell = heap_alloc_refill(vm, size, finalizable))) {
        return NULL;
    }
    cell->h = (Obj){ .kind = (uint8_t)kind, .gc = size > HEAP_SMALL_MAX ? GC_LARGE : 0, .shape = shape };
    return cell;
}

static inline void heap_touch(Vm *vm, void *owner)
{
    if (UNLIKELY(((Obj *)owner)->gc & GC_BARRIER))
        heap_barrier(vm, owner);
}

static inline void heap_touch_at(Vm *vm, void *owner, const Value *slots, size_t n)
{
    if (UNLIKELY(((Obj *)owner)->gc & GC_BARRIER))
        heap_barrier_at(vm, owner, slots, n);
}

static inline void heap_set(Vm *vm, void *owner, Value *slot, Value v)
{
    *slot = v;
    heap_touch(vm, owner);
}

static inline void heap_set_item(Vm *vm, void *owner, Value *slot, Value v)
{
    *slot = v;
    if (UNLIKELY(((Obj *)owner)->gc & GC_BARRIER))
        heap_barrier_set(vm, owner, slot);
}

#endif
