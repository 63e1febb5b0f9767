/* SPDX-License-Identifier: MIT
 * Inside the heap: blocks, arenas, large cells, the marker. Only the heap's own files include this.
 *
 * An arena is one piece of memory from the allocator. Its Arena struct stands at its start, then come blocks
 * of 16 KiB, aligned, so that a cell's block is found by masking. A block holds cells of one size, either all
 * finalizable or none. After marking, the blocks that may have dead cells are UNSWEPT; they are swept one by one when
 * their class is next allocated from, and are YOUNG from then on, as they get young cells. So a cell without a mark is
 * dead in an UNSWEPT block and young elsewhere, and a young collection has to do with YOUNG blocks alone. A full one
 * changes the meaning of the mark.
 *
 * Collections go in steps (cycle.c). While a full one marks, a cell may also have the mark of those that were old before
 * (`prev`): not come to yet. When it has marked all, blocks are looked at one after the other ("judged"): those whose
 * epoch is not that of the heap still wait for it, what has no mark in them is dead, and they are not allocated from. */
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
    uint16_t marked[2];         /* cells that are old, by HeapState.side: the other one is 0 once the block is judged */
    uint16_t kept;              /* of them, those that were so before this collection */
    uint8_t finalizable;
    uint8_t state;
    uint8_t epoch;
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
} Large;

#define LARGE_GONE ((uintptr_t)1)
#define SPARE_SIZES 8u
#define NO_MARK 0xffu

typedef struct BlockClass {
    Block *blocks;
    Block *unswept, *young;
    Block *growing;             /* has cells that are not threaded yet; NULL: none has */
    Block *next;                /* where looking for dead cells to finalize, or judging, goes on */
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
    WeakRef **young;            /* those made since the last collection, and those that seem to go */
    size_t nyoung, young_cap;
    bool lost;                  /* no memory for one of them: look at all */
} WeakTable;
typedef struct Waiting {        /* an ephemeron whose key is not marked yet */
    Obj *target;
    Value value;
    uint32_t next;              /* 1 + the next one of its chain */
} Waiting;

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
    struct HeapState *st;
    MarkItem *stack;
    size_t len, cap;
    size_t work;                /* about how many values were looked at */
    size_t until;               /* a step ends when so much was */
    uint8_t live;
    uint8_t side;               /* HeapState.side */
    bool young;                 /* a young collection */
    bool roots;                 /* runs may lie outside of the heap: nothing of them is left for later */
    bool overflow;              /* something marked was not pushed: look for it */
    void (*visit)(void *ud, Value v);   /* nothing is marked, only told of (visit.c) */
    void *visit_ud;
#ifndef NDEBUG
    bool verify;                /* what comes up must be marked already */
    const Obj *parent;
#endif
};

enum { CYCLE_IDLE, CYCLE_MARK, CYCLE_JUDGE };
enum { LOOK_ROOTS, LOOK_NAMES, LOOK_REFS, LOOK_CELLS, LOOK_DONE };

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
    bool want_full;             /* it is so in any case */
    bool urgent;                /* memory is short: not in steps */
    bool in_reserve;            /* a script has been refused memory, and may take half of the reserve since */
    size_t asked_at;            /* what was in use when that last asked for a collection */
    /* cycle.c */
    uint8_t phase;              /* CYCLE_* */
    uint8_t look;               /* LOOK_*: what is to be looked through before marking can end */
    uint8_t prev;               /* a full collection marks: the mark of what was old before; else NO_MARK */
    uint8_t side, epoch;        /* of blocks */
    uint8_t tries;              /* steps at whose end there was no less to mark again */
    size_t rest;                /* what it was */
    size_t look_at;             /* how far it is */
    size_t judge_class, judge_large;
    size_t found;               /* bytes that are old, of what is judged */
    size_t survived_from;       /* st->old before */
    size_t since_end;           /* st->since when all was marked */
    size_t step;                /* bytes handed out between two steps */
    size_t full_work;           /* what the last full collection had to do */
    Marker m;
    Obj **candidates;           /* finalizable, not marked when they were looked through; those of YOUNG blocks come extra */
    size_t ncandidates, candidates_cap;
    bool candidates_lost;       /* no memory for one of them: look at all */
    uint32_t shapes_seen;       /* vm->shape_count at the last collection */
    uint8_t seen;               /* GC_SEEN of this run of the verifier */
    size_t collections;
    Vm *vm;
    BlockClass classes[HEAP_CLASSES][2];
    Arena **arenas;             /* by address */
    size_t narenas, arenas_cap;
    Large **larges;             /* old ones, by address; LARGE_GONE is set in those that were freed just now */
    size_t nlarges, larges_cap;
    Large **newer;              /* young ones; by address once sorted */
    size_t nnewer, newer_cap;
    bool newer_sorted;
    size_t nfinal_larges;       /* finalizable ones */
    Large *spare[SPARE_SIZES];  /* freed, all of one size each: to be used again */
    size_t spare_bytes;         /* of them all */
    bool spare_used[SPARE_SIZES];   /* since the last collection */
    RootEntry *roots;
    size_t nroots, roots_cap;
    WeakEntry *weaks;
    size_t nweaks, weaks_cap;
    Obj **finalize;             /* queue of what must run script, and is kept alive for that */
    size_t finalize_at, finalize_len, finalize_cap;
    bool finalizing;
    bool to_release;            /* among the dead are natives with a finalize hook */
    bool late_del;              /* a class got a __del__ when there may have been instances already */
    uint8_t completing;         /* collections that heap_collect_completely() still grants */
    Obj **remembered;           /* old, and written to since the last collection */
    size_t nremembered, remembered_cap;
    size_t remembered_ask;      /* when there are so many, the next step is due; 0: never */
    size_t slots_ask;           /* the same; SIZE_MAX: never */
    const Value **slots;        /* the same, of values in large cells */
    size_t nslots, slots_cap;
    WeakTable weak;
    DictTable **ephemerons;     /* tables that this collection came to; those from ephemerons_seen on are to be scanned */
    size_t nephemerons, ephemerons_cap, ephemerons_seen;
    Waiting *waiting;
    size_t nwaiting, waiting_cap;
    uint32_t *waiting_heads;
    size_t waiting_heads_cap;
} HeapState;

/* The allocator where the host gave none. */
void *libc_alloc(void *ud, void *p, size_t old_size, size_t new_size);
void memory_advise(const HeapState *st, const void *p, size_t size);   /* fresh memory, which may be large */

/* ---- marking, mark.c ---- */
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
/* Known to be dead, not just without a mark. */
static inline bool cell_is_dead(const Vm *vm, const Block *b, const Obj *o)
{
    const HeapState *st = vm->heap.state;
    uint8_t mark = o->gc & GC_MARK;
    return mark != vm->heap.live && (b->epoch != st->epoch || (b->state == BLOCK_UNSWEPT && mark != st->prev));
}
static inline bool large_is_gone(const Large *l) { return (uintptr_t)l & LARGE_GONE; }
/* One of the old ones. */
static inline bool large_is_dead(const HeapState *st, Large *l)
{
    return large_is_gone(l) || (st->phase == CYCLE_JUDGE && (large_obj(l)->gc & GC_MARK) != st->vm->heap.live);
}
static inline bool mark_is_over(const Marker *m) { return m->work >= m->until; }

/* Until nothing is left, or the step is over: then false. */
bool mark_drain(Marker *m);
/* The same with what is known to need it only when all else is marked. */
bool mark_drain_all(Marker *m);
/* The old objects that were written to. They are watched again from now on. False: the step is over. */
bool mark_remembered(Marker *m);
void mark_slots(Marker *m);                     /* those in large cells first: there must not be many */
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
void larges_sort(HeapState *st);                /* the young ones */

/* ---- sweep.c ---- */
/* After marking: what is dead among the young, blocks and large cells. Gives the bytes that became old. */
size_t sweep_young(Vm *vm, HeapState *st);
/* The same of all, in steps: bytes that are old come into st->found. False: there is more. */
void sweep_begin(Vm *vm, HeapState *st);
bool sweep_more(Vm *vm, HeapState *st, size_t budget);
FreeCell *sweep_block(Vm *vm, Block *b, size_t *nfree);
FreeCell *block_thread(Block *b);
void block_note_young(BlockClass *c, Block *b);         /* cells of it are about to be handed out */
/* Finalize hooks and code blocks of everything: the VM ends. */
void sweep_release_all(Vm *vm, HeapState *st);

/* ---- spare.c ---- */
Large *spare_take(HeapState *st, size_t size);  /* NULL: there is none */
bool spare_keep(HeapState *st, Large *l);       /* false: it is to be freed */
void spare_trim(HeapState *st, bool all);       /* those that were of no use since the last time */

/* ---- finalize.c ---- */
void finalize_dead(Marker *m);          /* queue, mark what is queued; then native hooks of the dead */
bool finalize_look(Marker *m);          /* for candidates, before a full marking ends. False: the step is over */

/* ---- weak.c ---- */
#define WEAK_SHARED 1u                  /* Obj.flags: without callback, given to all who ask */
void weak_sweep(Vm *vm, HeapState *st);                 /* after marking, finalizers queued */
void weak_free(HeapState *st);
bool weak_has_callback(const HeapState *st);     /* a reference whose target's death is to be told */
/* Marking came to the table of a dict of ephemerons. False: no memory, treat it as a plain one. */
bool weak_note_ephemerons(Marker *m, DictTable *t);
/* For references that seem to go, before a full marking ends. False: the step is over. */
bool weak_look(Marker *m);
bool weak_mark_more(Marker *m);         /* true: dicts were scanned, there may be more to mark */
void weak_reached(Marker *m, Obj *target);      /* values that waited for it are alive; asked while nwaiting is not 0 */

/* ---- cycle.c ---- */
size_t heap_room(const HeapState *st);          /* what a script may still take; SIZE_MAX: there is no cap */
#define RESERVE_PART 32u        /* what it may not, so that its host can still compile and call something that lets go */

/* ---- elsewhere in vm/ ---- */
void code_release(Vm *vm, Code *code);
void code_trace(Marker *m, Code *code);
void str_interned_mark(Vm *vm, Marker *m);
/* All names: those to be kept are marked, those that seem to go are noted. False: the step is over. */
bool str_interned_look(Marker *m);
void str_interned_sweep(Vm *vm);
void str_interned_free(Vm *vm);

#endif
