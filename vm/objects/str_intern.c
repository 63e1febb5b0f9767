/* SPDX-License-Identifier: MIT
 * The table of interned strings: one Str for each text, so that names compare by pointer. It holds them weakly:
 * the collector takes out those that nothing else holds. */
#include "vm/heap/state.h"
#include "vm/objects/str.h"

#define TABLE_FIRST 2048u
#define DELETED ((Str *)(uintptr_t)1)

typedef struct InternTable {
    Str **slots;                /* NULL: never used; DELETED */
    size_t size;                /* a power of two */
    size_t filled;              /* deleted ones included */
    size_t used;
    Str **young;                /* those put in since the last collection, and those that seem to go */
    size_t nyoung, young_cap;
    bool lost;                  /* no memory for one of them: look at all */
} InternTable;

__extension__ typedef unsigned __int128 Word2;

static bool is_held(const Str *s) { return s && s != DELETED; }

/* ---- hash ---- */
/* Of its own: what dicts and hash() use (SipHash, in Str.hash) costs five times as much for a short text, and most
 * look-ups here are for names that are there already. Keyed too, so that nobody can prepare names that collide. */
static inline uint64_t read8(const char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline uint64_t read4(const char *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline uint64_t mix(uint64_t a, uint64_t b)
{
    Word2 r = (Word2)a * b;
    return (uint64_t)r ^ (uint64_t)(r >> 64);
}

static size_t text_hash(const Vm *vm, const char *p, size_t n)
{
    uint64_t k0 = vm->hash_key[0], k1 = vm->hash_key[1], seed = k0 ^ mix(n ^ UINT64_C(0xa0761d6478bd642f), k1), a, b;
    if (n <= 16) {
        a = n >= 8 ? read8(p) : n >= 4 ? read4(p) : n ? (uint64_t)(unsigned char)p[0] << 16 : 0;
        b = n >= 8 ? read8(p + n - 8) : n >= 4 ? read4(p + n - 4) :
            n ? (uint64_t)((unsigned)(unsigned char)p[n / 2] << 8 | (unsigned char)p[n - 1]) : 0;
    } else {
        size_t left = n;
        for (; left > 16; left -= 16, p += 16)
            seed = mix(read8(p) ^ k1, read8(p + 8) ^ seed);
        a = read8(p + left - 16);
        b = read8(p + left - 8);
    }
    return (size_t)mix(mix(a ^ k1, b ^ seed) ^ k0, UINT64_C(0xe7037ed1a0b428db) ^ k1);
}

/* ---- table ---- */

static bool table_resize(Vm *vm, InternTable *t, size_t size)
{
    Str **slots = mem_alloc(&vm->alloc, size * sizeof *slots);
    if (!slots)
        return false;
    memset(slots, 0, size * sizeof *slots);
    for (size_t i = 0; i < t->size; i++) {
        if (!is_held(t->slots[i]))
            continue;
        size_t j = text_hash(vm, t->slots[i]->text, t->slots[i]->len) & (size - 1);
        while (slots[j])
            j = (j + 1) & (size - 1);
        slots[j] = t->slots[i];
    }
    mem_free(&vm->alloc, t->slots, t->size * sizeof *t->slots);
    t->slots = slots;
    t->size = size;
    t->filled = t->used;
    t->lost |= vm->heap.state->look == LOOK_NAMES && vm->heap.state->look_at;      /* it went through the old one */
    return true;
}

/* The table with room for one more. */
static inline InternTable *table_get(Vm *vm)
{
    InternTable *t = vm->interned;
    if (!t) {
        t = mem_alloc(&vm->alloc, sizeof *t);
        if (!t)
            return NULL;
        *t = (InternTable){ 0 };
        vm->interned = t;
    }
    if ((t->filled + 1) * 4 > t->size * 3) {
        size_t size = t->size ? t->size : TABLE_FIRST;
        if (t->used * 2 >= size)
            size *= 2;
        if (!table_resize(vm, t, size))
            return NULL;
    }
    return t;
}

/* The interned string of that text and its slot, or the slot where it belongs. */
static Str *table_find(const Vm *vm, const InternTable *t, const char *text, size_t len, size_t *slot)
{
    size_t free_slot = SIZE_MAX;
    for (size_t i = text_hash(vm, text, len) & (t->size - 1);; i = (i + 1) & (t->size - 1)) {
        Str *s = t->slots[i];
        if (!s) {
            *slot = free_slot != SIZE_MAX ? free_slot : i;
            return NULL;
        }
        if (s == DELETED) {
            if (free_slot == SIZE_MAX)
                free_slot = i;
        } else if (s->len == len && memcmp(s->text, text, len) == 0) {
            *slot = i;
            return s;
        }
    }
}

static void note(Vm *vm, InternTable *t, Str *s)
{
    if (array_reserve(&vm->alloc, (void **)&t->young, &t->young_cap, t->nyoung + 1, sizeof *t->young))
        t->young[t->nyoung++] = s;
    else
        t->lost = true;
}

static void table_put(Vm *vm, InternTable *t, size_t slot, Str *s)
{
    note(vm, t, s);
    if (!t->slots[slot])
        t->filled++;
    t->used++;
    t->slots[slot] = s;
    s->h.flags |= STR_INTERNED;
}

Str *str_intern(Vm *vm, const char *utf8, size_t len)
{
    InternTable *t = table_get(vm);
    if (!t) {
        raise_no_memory(vm);
        return NULL;
    }
    size_t slot;
    Str *s = table_find(vm, t, utf8, len, &slot);
    if (s)
        return s;
    s = str_new(vm, utf8, len);
    if (!s)
        return NULL;
    table_put(vm, t, slot, s);
    return s;
}

Str *str_intern_str(Vm *vm, Str *s)
{
    if (s->h.flags & STR_INTERNED)
        return s;
    if (s->h.shape != SHAPE_STR_ID || s->h.flags & STR_BUFFERED)
        return str_intern(vm, str_data(s), s->len);
    InternTable *t = table_get(vm);
    if (!t) {
        raise_no_memory(vm);
        return NULL;
    }
    size_t slot;
    Str *same = table_find(vm, t, s->text, s->len, &slot);
    if (same)
        return same;
    table_put(vm, t, slot, s);
    return s;
}

/* ---- for the collector ---- */
static void mark_pinned(Marker *m, Str *s)
{
    if (is_held(s) && s->h.gc & GC_PINNED)
        mark_obj(m, s);
}

void str_interned_mark(Vm *vm, Marker *m)
{
    const InternTable *t = vm->interned;
    for (size_t i = 0; t && i < (t->lost ? t->size : t->nyoung); i++)
        mark_pinned(m, t->lost ? t->slots[i] : t->young[i]);
}

bool str_interned_look(Marker *m)
{
    InternTable *t = m->vm->interned;
    size_t *at = &m->st->look_at;
    for (; t && *at < t->size && !t->lost; ++*at) {
        if (mark_is_over(m))
            return false;
        m->work++;
        Str *s = t->slots[*at];
        mark_pinned(m, s);
        if (is_held(s) && !heap_is_alive(m->vm, s))
            note(m->vm, t, s);
    }
    return true;
}

static void drop_dead(Vm *vm, InternTable *t, size_t slot)
{
    if (is_held(t->slots[slot]) && !heap_is_alive(vm, t->slots[slot])) {
        t->slots[slot] = DELETED;
        t->used--;
    }
}

/* Those that are old, and did not seem to go, are alive. */
void str_interned_sweep(Vm *vm)
{
    InternTable *t = vm->interned;
    if (vm->image_names.any)
        memset(&vm->image_names, 0, sizeof vm->image_names);
    if (!t)
        return;
    size_t slot;
    if (!t->lost) {
        for (size_t i = 0; i < t->nyoung; i++)
            if (!heap_is_alive(vm, t->young[i]) && table_find(vm, t, t->young[i]->text, t->young[i]->len, &slot))
                drop_dead(vm, t, slot);
    } else {
        for (slot = 0; slot < t->size; slot++)
            drop_dead(vm, t, slot);
    }
    t->nyoung = 0;
    t->lost = false;
}

void str_interned_free(Vm *vm)
{
    InternTable *t = vm->interned;
    if (!t)
        return;
    mem_free(&vm->alloc, t->slots, t->size * sizeof *t->slots);
    mem_free(&vm->alloc, t->young, t->young_cap * sizeof *t->young);
    mem_free(&vm->alloc, t, sizeof *t);
    vm->interned = NULL;
}
