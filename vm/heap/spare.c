/* SPDX-License-Identifier: MIT
 * Large cells that died young, kept for the next ones of the same size: a program that reads block after block, and
 * drops each, has them in the same place again, without asking the allocator. Near the cap
 * there are none. */
#include "vm/heap/state.h"

#define SPARE_LARGEST ((size_t)320 * 1024)      /* of a receive buffer, and something */
#define SPARE_BYTES ((size_t)8 * 1024 * 1024)

static Large **next_of(Large *l)
{
    return (Large **)(void *)(l + 1);
}

static size_t place_of(size_t size)
{
    return size / 64 % SPARE_SIZES;
}

Large *spare_take(HeapState *st, size_t size)
{
    size_t i = place_of(size);
    Large *l = st->spare[i];
    if (!l || l->size != size)
        return NULL;
    HEAP_UNPOISON(l + 1, size - sizeof *l);
    st->spare[i] = *next_of(l);
    st->spare_used[i] = true;
    st->spare_bytes -= size;
    return l;
}

bool spare_keep(HeapState *st, Large *l)
{
    size_t i = place_of(l->size), size = l->size;
    if ((st->limit && st->used > st->limit / 4) || size > SPARE_LARGEST || size > SPARE_BYTES - st->spare_bytes
        || (st->spare[i] && st->spare[i]->size != size))
        return false;
    *next_of(l) = st->spare[i];
    st->spare[i] = l;
    st->spare_bytes += size;
    HEAP_POISON(l + 1, size - sizeof *l);
    return true;
}

void spare_trim(HeapState *st, bool all)
{
    for (size_t i = 0; i < SPARE_SIZES; i++) {
        if (all || !st->spare_used[i]) {
            for (Large *l = st->spare[i], *next; l; l = next) {
                size_t size = l->size;
                HEAP_UNPOISON(l + 1, size - sizeof *l);
                next = *next_of(l);
                mem_free(&st->vm->alloc, l, size);
                st->spare_bytes -= size;
            }
            st->spare[i] = NULL;
        }
        st->spare_used[i] = false;
    }
}
