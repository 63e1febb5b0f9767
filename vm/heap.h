/* SPDX-License-Identifier: MIT
 * The heap: non-moving mark and sweep over size-classed blocks, large cells apart.
 *
 * Two generations by sticky marks: what a collection reached keeps its mark and is old, what was made since has none
 * and is young. A young collection marks from the roots and from the old objects that were written to, and frees the
 * young ones that it did not come to; a full one begins by taking all marks away. Nothing moves. Both go in short steps
 * (heap/cycle.c).
 *
 * Collections work at checkpoints only (vm_checkpoint), never inside an allocation. Native code keeps values
 * in plain C locals: whenever a native is on the C stack, that stack is scanned conservatively, and a pointer
 * into the middle of a cell keeps it. Script frames are exact roots.
 *
 * Every store of a value into a heap object goes through heap_set(), which has the write barrier: an object with a mark
 * that is written to is remembered, once, until it is scanned again. That goes for moving values about within it, too: it
 * may be half scanned. Stores into an object that was made since the last checkpoint may be plain. */
#ifndef VM_HEAP_H
#define VM_HEAP_H

#include "vm/vm.h"

/* Obj.gc bits */
#define GC_MARK 3u                      /* 0: young; heap->live (1 to 3 in turn, by full collections): old */
#define GC_BARRIER 4u                   /* old, and not remembered yet: a store into it must be told to the collector */
#define GC_LARGE 8u
#define GC_PINNED 16u                   /* never freed before the VM */
#define GC_EPHEMERONS 128u              /* table of a dict with DICT_EPHEMERONS */
#define GC_SEEN 96u                     /* debug builds: 32 and 64 in turn, of the verifier's last runs (heap/mark.c) */

/* Slow halves, in heap.c. */
void *heap_alloc_slow(Vm *vm, size_t size, int finalizable);
void *heap_alloc_refill(Vm *vm, size_t size, int finalizable);     /* stats.c: the same, counted where that is asked for */
void heap_barrier(Vm *vm, Obj *owner);
void heap_barrier_set(Vm *vm, Obj *owner, const Value *slot);
void heap_barrier_at(Vm *vm, Obj *owner, const Value *slots, size_t n);

/* A cell of `size` bytes with its header set; the rest is NOT zeroed. NULL: MemoryError is pending.
 * finalizable: 1 for kinds whose death must be looked at before they are freed (generators, objects with
 * __del__ or a finalize hook). Never collects, never calls script. */
static inline MUST_USE void *heap_alloc(Vm *vm, size_t size, Kind kind, uint32_t shape, int finalizable);
static inline void heap_touch(Vm *vm, void *owner);
/* The same, zeroed behind the header (all fields EMPTY / NULL / 0). */
MUST_USE void *heap_zalloc(Vm *vm, size_t size, Kind kind, uint32_t shape, int finalizable);

/* Buffers. Items of Values are EMPTY at first. */
MUST_USE Values *values_new(Vm *vm, size_t cap);
MUST_USE Raw *raw_new(Vm *vm, size_t cap);

/* Bytes outside the heap that an object holds, taken through vm->alloc: they bring the next collection nearer. */
void heap_external(Vm *vm, ptrdiff_t delta);

/* full: all generations; else it may be a young collection, if the heap has not grown much since the last full one.
 * Whole: what was begun in steps is brought to its end first. */
void heap_collect(Vm *vm, bool full);
/* Some of a collection, which is begun where none is on its way: about so many values are looked at (0: what makes for a
 * short pause), or all, where memory is short. */
void heap_step(Vm *vm, size_t work);
/* For tests: the same by a sort of dice, or all of a collection. */
void heap_stress(Vm *vm);
/* What gc.collect() does: at the next checkpoint (right behind the native that asks) collect and run finalizers,
 * again and again until a collection finds nothing to run. */
void heap_collect_completely(Vm *vm);
bool heap_is_completing(const Vm *vm);
/* From now on instances that were made without a thought of __del__ are looked at too. */
void heap_late_finalizers(Vm *vm);
void heap_look_again(Vm *vm);           /* what was quiet when it died may not be quiet any more (TypeLayout.quiet) */
/* Run what the last collection queued: __del__, closing of generators. Exceptions in it are unraisable. What
 * ran is freed by the next collection. */
void heap_run_finalizers(Vm *vm);
size_t heap_finalizers_queued(const Vm *vm);
/* Overwrite what earlier calls left on the C stack below, which a scan in a call made next would take for values. */
void heap_tidy_stack(void);
bool heap_has_last_words(Vm *vm);               /* may any object have to be finalised by script when all of them die? */
size_t heap_bytes(const Vm *vm);
/* Call fn on each cell of that kind that is not known to be dead; fn does not allocate. */
void heap_each(Vm *vm, Kind kind, void (*fn)(Vm *vm, Obj *o, void *ud), void *ud);
Alloc heap_host_alloc(const Vm *vm);    /* what lies behind the counting of vm->alloc */
/* vm->alloc is the host's (fn NULL: the C library's) and is replaced by one that counts; heap_free puts it back. */
bool heap_init(Vm *vm);
void heap_set_limit(Vm *vm, size_t max_bytes);  /* cap of all that goes through vm->alloc, 0: none */
size_t heap_limit(const Vm *vm);
void heap_open_reserve(Vm *vm);                 /* a MemoryError is raised */
size_t heap_collections(const Vm *vm);
void heap_free(Vm *vm);                 /* runs native finalizers, frees all cells; vm->shapes is needed until then */

/* For trace hooks: tell the collector of what an object holds. */
typedef struct Marker Marker;
void mark_value(Marker *m, Value v);
void mark_obj(Marker *m, const void *obj);      /* NULL allowed */
/* mark_value() where there is no object, mostly. */
static inline void mark_maybe(Marker *m, Value v)
{
    if (value_is_obj(v) && v.bits)
        mark_value(m, v);
}
/* Between the items of a long list of objects: what was found so far is looked at now, so that the stack stays short. */
void mark_relieve(Marker *m);
void mark_values(Marker *m, const Value *v, size_t n);
/* Call the object's trace hook once more: it has much to tell, and marking may pause before the rest. */
void mark_again(Marker *m, void *obj);
/* Is this a check, which wants to be told of what was marked long ago, too? */
bool mark_sees_all(const Marker *m);
/* Roots that a layer above owns: called at each collection. */
typedef void (*RootFn)(Vm *vm, Marker *m, void *ud);
MUST_USE bool heap_add_roots(Vm *vm, RootFn fn, void *ud);
void heap_remove_roots(Vm *vm, RootFn fn, void *ud);
/* After marking, before sweeping: is this object alive? Weak tables are cleaned by hooks added here, called at each
 * collection. */
bool heap_is_alive(const Vm *vm, const void *obj);
MUST_USE bool heap_add_weak(Vm *vm, void (*fn)(Vm *vm, void *ud), void *ud);

/* The one store into a heap object. slot lies in owner, or in a buffer cell that owner holds (then owner is
 * that buffer). */
static inline void heap_set(Vm *vm, void *owner, Value *slot, Value v);
/* The same where nothing else changed in owner since the last checkpoint: of a large one, the slot is remembered, not all
 * that is in it. heap_touch_at(): after storing n values side by side. */
static inline void heap_set_item(Vm *vm, void *owner, Value *slot, Value v);
static inline void heap_touch_at(Vm *vm, void *owner, const Value *slots, size_t n);
/* The same for typed pointers: heap_set_ptr(vm, list, &list->buf, buf). */
#define heap_set_ptr(vm, owner, slot, p) \
    (*(slot) = (p), heap_touch(vm, owner))

#include "vm/heap_inline.h"

#endif
