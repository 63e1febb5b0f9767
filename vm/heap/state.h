/* SPDX-License-Identifier: MIT
 * Inside the heap: blocks, arenas, large cells, the marker. Only the heap's own files include this.
 *
 * An arena is one piece of memory from the allocator. Its Arena struct stands at its start, then come blocks
 * of 16 KiB, aligned, so that a cell's block is found by masking. A block holds cells of one size, either all
 * finalizable or none. After marking, the blocks that may have dead cells are UNSWEPT; they are swept one by one when
 * their class is next allocated from, and are YOUNG from then on, as they get young cells. So a cell without a mark is
 * dead in an UNSWEPT block and young elsewhere, and a young collection has to do with YOUNG blocks alone. A full one
 * begins with sweeping what is left, and flips the meaning of the mark. */
#ifndef VM_HEAP_STATE_H
#define VM_HEAP_STATE_H

#include "vm/frame.h"

#define BLOCK_SIZE ((size_t)16384)
#define BLOCK_HEADER ((size_t)64)
#define ARENA_MIN (16 * BLOCK_SIZE)
#define ARENA_MAX (2048 * BLOCK_SIZE)
#define HUGE_PAGE ((size_t)2 * 1024 * 1024)
#define THRESHOLD_MIN ((size_t)1024 * 1024)     /* bytes between two collections, at least */
#define THRESHOLD_FIRST (4 * THRESHOLD_MIN)     /* until the first: what a script imports stays alive */
#define YOUNG_PER_WORK 64u                      /* bytes for each value that the last young collection looked at */

typedef struct Arena Arena;

/* FULL: no cell of it is free or young. */
enum { BLOCK_FULL, BLOCK_UNSWEPT, BLOCK_YOUNG };

typedef struct Block {
    struct Block *next;         /* of its class, or the arena's next free block */
    struct Block *prev;         /* of its class */
    struct Block *next_listed;  /* in the list of what `state` says */
    Arena *arena;
    uint32_t cell_size;         /* 0: the block is free */
    uint16_t ncells;            /* that have been threaded: block_thread adds some until room is reached */
    uint16_t room;
    uint16_t marked;            /* cells that are old */
    uint16_t kept;              /* of them, those that were so before this collection */
    uint8_t finalizable;
    uint8_t state;
} Block;

struct Arena {
    size_t size;
    Block *free;                /* blocks that were in use once */
    char *first;                /* the first block */
    uint32_t nblocks;
    uint32_t fresh;             /* blocks never used: those from here on */
    uint32_t used;
};

/* Stands before a cell that is larger than HEAP_SMALL_MAX. */
typedef struct Large {
    size_t size;                /* this header included */
    bool finalizable;
    bool old;
} Large;

typedef struct BlockClass {
    Block *blocks;
    Block *unswept, *young;
    Block *growing;             /* has cells that are not threaded yet; NULL: none has */
} BlockClass;

typedef struct RootEntry {
    RootFn fn;
    void *ud;
} RootEntry;

typedef struct WeakEntry {
    void (*fn)(Vm *vm, void *ud);
    void *ud;
} WeakEntry;

/* weak.c */
typedef struct WeakTable {
    WeakRef **buckets;          /* by target; NULL: none yet */
    uint32_t log2;
    size_t count;
    WeakRef **young;            /* those made since the last collection */
    size_t nyoung, young_cap;
    bool lost;                  /* no memory for one of them: look at all */
} WeakTable;
typedef struct Waiting {        /* an ephemeron whose key is not marked yet */
    Obj *target;
    Value value;
    uint32_t next;              /* 1 + the next one of its chain */
} Waiting;

typedef struct HeapState {
    Alloc host;
    size_t limit;               /* 0: none */
    size_t used;                /* bytes taken from the host */
    size_t external;            /* bytes that objects told of */
    size_t since;               /* bytes handed out since the last collection */
    size_t threshold;
    size_t old;                 /* bytes that the last collection left alive */
    size_t old_max;             /* from here on the next collection is a full one */
    size_t nursery;             /* bytes between two young collections */
    bool want_full;             /* so it is in any case */
    uint32_t shapes_seen;       /* vm->shape_count at the last collection */
    uint8_t seen;               /* GC_SEEN of this run of the verifier */
    size_t collections;
    Vm *vm;
    BlockClass classes[HEAP_CLASSES][2];
    Arena **arenas;             /* by address */
    size_t narenas, arenas_cap;
    Large **larges;             /* by address once sorted */
    size_t nlarges, larges_cap;
    bool larges_sorted;
    RootEntry *roots;
    size_t nroots, roots_cap;
    WeakEntry *weaks;
    size_t nweaks, weaks_cap;
    struct MarkItem *mark_stack;
    size_t mark_cap;
    Obj **finalize;             /* queue of what must run script, and is kept alive for that */
    size_t finalize_at, finalize_len, finalize_cap;
    bool finalizing;
    bool to_release;            /* among the dead are natives with a finalize hook */
    bool late_del;              /* a class got a __del__ when there may have been instances already */
    uint8_t completing;         /* collections that heap_collect_completely() still grants */
    Obj **remembered;           /* old, and written to since the last collection */
    size_t nremembered, remembered_cap;
    WeakTable weak;
    Dict **ephemerons;          /* dicts that this collection came to; those from ephemerons_seen on are to be scanned */
    size_t nephemerons, ephemerons_cap, ephemerons_seen;
    Waiting *waiting;
    size_t nwaiting, waiting_cap;
    uint32_t *waiting_heads;
    size_t waiting_heads_cap;
} HeapState;

/* The allocator where the host gave none. */
void *libc_alloc(void *ud, void *p, size_t old_size, size_t new_size);
void memory_advise(const HeapState *st, const void *p, size_t size);   /* fresh memory, which may be large */

/* ---- marking ---- */
/* An object to scan (n 0), or a run of n values or entries. */
typedef struct MarkItem {
    void *p;
    size_t n;                   /* MARK_RUN_* in the top bits */
} MarkItem;
#define MARK_RUN_VALUES ((size_t)1 << 62)
#define MARK_RUN_DICT ((size_t)2 << 62)
#define MARK_RUN_SET ((size_t)3 << 62)
#define MARK_RUN_MASK ((size_t)3 << 62)

struct Marker {
    Vm *vm;
    HeapState *st;
    MarkItem *stack;
    size_t len, cap;
    size_t work;                /* about how many values were looked at */
    uint8_t live;
    bool young;                 /* a young collection */
    bool overflow;              /* something marked was not pushed: look for it */
#ifndef NDEBUG
    bool verify;                /* what comes up must be marked already */
    const Obj *parent;
#endif
};

/* What a stack is thought to hold may have changed since it was scanned, so the verifier does not look there. */
#ifndef NDEBUG
static inline bool marker_verifies(const Marker *m) { return m->verify; }
#else
static inline bool marker_verifies(const Marker *m) { (void)m; return false; }
#endif

static inline Block *block_of(const void *cell)
{
    return (Block *)((uintptr_t)cell & ~(uintptr_t)(BLOCK_SIZE - 1));
}
static inline char *block_cells(Block *b) { return (char *)b + BLOCK_HEADER; }
static inline Obj *block_cell(Block *b, uint32_t i) { return (Obj *)(void *)(block_cells(b) + (size_t)i * b->cell_size); }
static inline Obj *large_obj(Large *l) { return (Obj *)(void *)(l + 1); }
static inline bool cell_is_dead(const Vm *vm, const Block *b, const Obj *o)
{
    return b->state == BLOCK_UNSWEPT && (o->gc & GC_MARK) != vm->heap.live;
}

void mark_drain(Marker *m);
/* The old objects that were written to. They are watched again from now on. */
void mark_remembered(Marker *m);
#ifndef NDEBUG
void mark_verify(Vm *vm, HeapState *st);        /* after marking: is all that can be reached marked? Aborts if not */
#endif
void mark_children(Marker *m, Obj *o);
void mark_strand(Marker *m, Strand *s);
void mark_frame_regs(Marker *m, Frame *f);
void mark_roots(Marker *m);
void mark_c_stack(Marker *m, Strand *s);

/* ---- block.c ---- */
Block *block_new(Vm *vm, HeapState *st, uint32_t cell_size, int finalizable);
void block_release(HeapState *st, Block *b);
void arenas_trim(HeapState *st, size_t keep);   /* give free arenas back, but for `keep` bytes of free blocks */
void arenas_free(HeapState *st);
/* The cell that an address lies in, NULL when there is none. */
Obj *heap_find(HeapState *st, uintptr_t addr);
void larges_sort(HeapState *st);

/* ---- sweep.c ---- */
void sweep_finish(Vm *vm, HeapState *st);       /* what the last collection left; all marks are forgotten */
size_t sweep_start(Vm *vm, HeapState *st, bool young);  /* after marking; gives the bytes that are new among the old */
FreeCell *sweep_block(Vm *vm, Block *b, size_t *nfree);
FreeCell *block_thread(Block *b);
void block_note_young(BlockClass *c, Block *b);         /* cells of it are about to be handed out */
/* Finalize hooks and code blocks of everything: the VM ends. */
void sweep_release_all(Vm *vm, HeapState *st);

/* ---- finalize.c ---- */
void finalize_dead(Marker *m);          /* queue, mark what is queued; then native hooks of the dead */

/* ---- weak.c ---- */
#define WEAK_SHARED 1u                  /* Obj.flags: without callback, given to all who ask */
void weak_sweep(Vm *vm, HeapState *st, bool young);     /* after marking, finalizers queued */
void weak_free(HeapState *st);
bool weak_has_callback(const HeapState *st);     /* a reference whose target's death is to be told */
/* Marking came to a dict of ephemerons. False: no memory, treat it as a plain one. */
bool weak_note_ephemerons(Marker *m, Dict *d);
bool weak_mark_more(Marker *m);         /* true: dicts were scanned, there may be more to mark */
void weak_reached(Marker *m, Obj *target);      /* values that waited for it are alive; asked while nwaiting is not 0 */

/* ---- elsewhere in vm/ ---- */
void code_release(Vm *vm, Code *code);
void code_trace(Marker *m, Code *code);
void str_interned_mark(Vm *vm, Marker *m);
void str_interned_sweep(Vm *vm, bool young);
void str_interned_free(Vm *vm);

#endif
