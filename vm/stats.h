/* SPDX-License-Identifier: MIT
 * Counting what runs, for those who make programs or aio faster: instructions by opcode and pair, hits of inline caches
 * by site, allocations by type. Who does not count pays nothing: instructions are counted in the watched dispatch table
 * (watch.h), and free lists are hidden from the inlined half of heap_alloc(), so that each allocation comes here. */
#ifndef VM_STATS_H
#define VM_STATS_H

#include "vm/buf.h"
#include "vm/frame.h"

typedef struct StatsTotals {
    uint64_t instructions, cache_hits, cache_misses, allocations, allocated;
} StatsTotals;

/* From now on. False: no memory, nothing is pending. */
MUST_USE bool stats_begin(Vm *vm);
void stats_free(Vm *vm);
void stats_totals(const Vm *vm, StatsTotals *out);      /* all 0 when nothing is counted */
/* What was counted, as text; and what the collector took, which is always known. */
void stats_report(Vm *vm, Buf *out);

/* An instruction is about to run. */
void stats_instr(Vm *vm, const Frame *f, const Instr *pc);
/* Free lists as the heap wants them, before it collects; and hidden again. */
void stats_show_lists(Vm *vm);
void stats_hide_lists(Vm *vm);

#endif
