/* SPDX-License-Identifier: MIT */
#include "vm/stats.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "vm/attr_cache.h"
#include "vm/heap.h"
#include "vm/objects/str.h"
#include "vm/watch.h"

#define SHOWN 40u               /* rows of the long tables */
#define NAME_SIZE 48u

/* A site (code, at; used, shared, missed) or a type (name; cells, bytes). */
typedef struct Row {
    Code *code;
    uint32_t at;
    char name[NAME_SIZE];
    uint64_t n[3];
} Row;

typedef struct Rows {
    Row *rows;                  /* open addressing; n[] all 0: free */
    size_t cap, count;
} Rows;

typedef struct Stats {
    uint64_t ops[OPCODE_COUNT];
    uint64_t pairs[OPCODE_COUNT][OPCODE_COUNT];
    unsigned last_op;           /* OPCODE_COUNT: none */
    bool lost;                  /* no memory for a row */
    Rows sites, types;
    FreeCell *hidden[HEAP_CLASSES][2];
    Obj *last;                  /* handed out last: what it is to be is known at the next one */
    size_t last_size;
    uint64_t refill_ns;         /* sweeping, and threading fresh blocks */
} Stats;

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* ---- rows ---- */
static bool row_is_free(const Row *r)
{
    return !(r->n[0] | r->n[1] | r->n[2]);
}

static Row *row_place(const Rows *t, const Code *code, uint32_t at, const char *name)
{
    uint64_t h = ((uint64_t)(uintptr_t)code >> 4 ^ (uint64_t)at << 32 ^ at) * UINT64_C(0x9e3779b97f4a7c15);
    for (size_t i = (size_t)(h >> 20);; i++) {
        Row *r = &t->rows[i & (t->cap - 1)];
        if (row_is_free(r) || (r->code == code && r->at == at && !strcmp(r->name, name)))
            return r;
    }
}

static bool rows_grow(Vm *vm, Rows *t)
{
    Alloc host = heap_host_alloc(vm);
    Rows more = { .cap = t->cap ? t->cap * 2 : 256, .count = t->count };
    more.rows = mem_alloc(&host, more.cap * sizeof *more.rows);
    if (!more.rows)
        return false;
    memset(more.rows, 0, more.cap * sizeof *more.rows);
    for (size_t i = 0; i < t->cap; i++)
        if (!row_is_free(&t->rows[i]))
            *row_place(&more, t->rows[i].code, t->rows[i].at, t->rows[i].name) = t->rows[i];
    mem_free(&host, t->rows, t->cap * sizeof *t->rows);
    *t = more;
    return true;
}

static void row_add(Vm *vm, Rows *t, Code *code, uint32_t at, const char *name, unsigned which, uint64_t n, uint64_t bytes)
{
    if (t->count * 4 >= t->cap * 3 && !rows_grow(vm, t)) {
        vm->stats->lost = true;
        return;
    }
    Row *r = row_place(t, code, at, name);
    if (row_is_free(r)) {
        r->code = code;
        r->at = at;
        snprintf(r->name, sizeof r->name, "%s", name);
        t->count++;
    }
    r->n[which] += n;
    if (bytes)
        r->n[1] += bytes;
}

static int by_first(const void *a, const void *b)
{
    uint64_t x = ((const Row *)a)->n[0], y = ((const Row *)b)->n[0];
    return (x < y) - (x > y);
}

static int by_missed(const void *a, const void *b)
{
    uint64_t x = ((const Row *)a)->n[2], y = ((const Row *)b)->n[2];
    return x != y ? (x < y) - (x > y) : by_first(a, b);
}

/* Used rows in front, sorted: the table is none any more. */
static size_t rows_sort(Rows *t, int (*order)(const void *, const void *))
{
    size_t n = 0;
    for (size_t i = 0; i < t->cap; i++)
        if (!row_is_free(&t->rows[i]))
            t->rows[n++] = t->rows[i];
    qsort(t->rows, n, sizeof *t->rows, order);
    return n;
}

/* ---- life ---- */
static void trace(Vm *vm, Marker *m, void *ud)
{
    const Stats *st = ud;
    (void)vm;
    for (size_t i = 0; i < st->sites.cap; i++)
        if (!row_is_free(&st->sites.rows[i]))
            mark_obj(m, st->sites.rows[i].code);
}

bool stats_begin(Vm *vm)
{
    Alloc host = heap_host_alloc(vm);
    if (vm->stats)
        return true;
    Stats *st = mem_alloc(&host, sizeof *st);
    if (!st)
        return false;
    memset(st, 0, sizeof *st);
    st->last_op = OPCODE_COUNT;
    if (!rows_grow(vm, &st->sites) || !rows_grow(vm, &st->types) || !heap_add_roots(vm, trace, st)) {
        mem_free(&host, st->sites.rows, st->sites.cap * sizeof *st->sites.rows);
        mem_free(&host, st->types.rows, st->types.cap * sizeof *st->types.rows);
        mem_free(&host, st, sizeof *st);
        return false;
    }
    vm->stats = st;
    vm->watch |= WATCH_COUNT;
    stats_hide_lists(vm);
    return true;
}

void stats_free(Vm *vm)
{
    Stats *st = vm->stats;
    if (!st)
        return;
    Alloc host = heap_host_alloc(vm);
    stats_show_lists(vm);
    heap_remove_roots(vm, trace, st);
    mem_free(&host, st->sites.rows, st->sites.cap * sizeof *st->sites.rows);
    mem_free(&host, st->types.rows, st->types.cap * sizeof *st->types.rows);
    mem_free(&host, st, sizeof *st);
    vm->stats = NULL;
    vm->watch &= (uint8_t)~WATCH_COUNT;
}

/* ---- instructions ---- */
enum { HIT, SHARED, MISSED };

static unsigned hit_of(Vm *vm, const Cache *ca, Value o, uint32_t key, bool hit)
{
    if (hit)
        return HIT;
    if (!value_is_obj(o))
        return MISSED;
    const AttrEntry *e = attr_entry(vm, value_obj(o)->shape | key, ca->name);
    return e->name == ca->name && e->shape == (value_obj(o)->shape | key) ? SHARED : MISSED;
}

/* What the interpreter is about to find in the instruction's cache. */
static void count_site(Vm *vm, const Frame *f, const Instr *pc)
{
    const Value *r = f->regs;
    Value v[2];
    const Cache *ca = &f->code->caches[pc->op == OP_LOAD_GLOBAL || pc->op == OP_STORE_GLOBAL ? pc->k : pc->c];
    unsigned how;
    switch ((Opcode)pc->op) {
    case OP_LOAD_GLOBAL:
        how = cache_hit_global(vm, ca, v) ? HIT : MISSED;
        break;
    case OP_STORE_GLOBAL:
        how = ca->how == CACHE_CELL ? HIT : MISSED;
        break;
    case OP_LOAD_ATTR:
        how = hit_of(vm, ca, r[pc->b], 0, cache_hit_slot(ca, r[pc->b], v) || cache_hit_class(vm, ca, r[pc->b], v));
        break;
    case OP_LOAD_METHOD:
        how = hit_of(vm, ca, r[pc->b], 0, cache_hit_method(ca, r[pc->b], v));
        break;
    case OP_STORE_ATTR:
        how = hit_of(vm, ca, r[pc->a], STORE_KEY, cache_hit_store(ca, r[pc->a]));
        break;
    default:
        return;
    }
    row_add(vm, &vm->stats->sites, f->code, code_index(f->code, pc), "", how, 1, 0);
}

void stats_instr(Vm *vm, const Frame *f, const Instr *pc)
{
    Stats *st = vm->stats;
    st->ops[pc->op]++;
    if (st->last_op < OPCODE_COUNT)
        st->pairs[st->last_op][pc->op]++;
    st->last_op = pc->op;
    count_site(vm, f, pc);
}

/* ---- allocations ---- */
static const char *const kind_names[KIND_COUNT] = {
    [KIND_VALUES] = "(array of values)", [KIND_RAW] = "(bytes of a buffer)", [KIND_DICT_TABLE] = "(table of a dict)",
    [KIND_SET_TABLE] = "(table of a set)", [KIND_STR_BUF] = "(buffer of a string)", [KIND_SHAPE] = "(shape)" };

static void count_last(Vm *vm, Stats *st)
{
    const Obj *o = st->last;
    st->last = NULL;
    if (!o || o->kind >= KIND_COUNT || o->kind == KIND_FREE)
        return;
    const char *name = kind_names[o->kind];
    const Shape *shape = o->shape < vm->shape_count ? vm->shapes[o->shape] : NULL;
    if (!name && shape && shape->type)
        name = type_name(shape->type);
    char cut[NAME_SIZE];
    snprintf(cut, sizeof cut, "%s", name ? name : "(being made)");
    uint32_t h = 0;
    for (const char *p = cut; *p; p++)
        h = h * 31 + (unsigned char)*p;
    row_add(vm, &st->types, NULL, h, cut, 0, 1, st->last_size);
}

void *heap_alloc_refill(Vm *vm, size_t size, int finalizable)
{
    Stats *st = vm->stats;
    if (LIKELY(!st))
        return heap_alloc_slow(vm, size, finalizable);
    count_last(vm, st);
    size_t cls = size <= HEAP_SMALL_MAX ? (size + HEAP_GRAIN - 1) / HEAP_GRAIN : 0;
    FreeCell *cell = cls ? st->hidden[cls][finalizable] : NULL;
    if (cell) {
        HEAP_UNPOISON(cell, cls * HEAP_GRAIN);
        st->hidden[cls][finalizable] = cell->next;
    } else {
        uint64_t began = now_ns();
        cell = heap_alloc_slow(vm, size, finalizable);
        if (cls) {
            st->hidden[cls][finalizable] = vm->heap.free[cls][finalizable];
            vm->heap.free[cls][finalizable] = NULL;
            st->refill_ns += now_ns() - began;
        }
    }
    st->last = (Obj *)cell;
    st->last_size = cls ? cls * HEAP_GRAIN : size;
    return cell;
}

void stats_show_lists(Vm *vm)
{
    Stats *st = vm->stats;
    if (!st)
        return;
    count_last(vm, st);
    memcpy(vm->heap.free, st->hidden, sizeof st->hidden);
    memset(st->hidden, 0, sizeof st->hidden);
}

void stats_hide_lists(Vm *vm)
{
    Stats *st = vm->stats;
    if (!st)
        return;
    memcpy(st->hidden, vm->heap.free, sizeof st->hidden);
    memset(vm->heap.free, 0, sizeof st->hidden);
}

/* ---- the report ---- */
void stats_totals(const Vm *vm, StatsTotals *out)
{
    const Stats *st = vm->stats;
    *out = (StatsTotals){ 0 };
    for (size_t i = 0; st && i < OPCODE_COUNT; i++)
        out->instructions += st->ops[i];
    for (size_t i = 0; st && i < st->sites.cap; i++) {
        out->cache_hits += st->sites.rows[i].n[HIT];
        out->cache_misses += st->sites.rows[i].n[SHARED] + st->sites.rows[i].n[MISSED];
    }
    for (size_t i = 0; st && i < st->types.cap; i++) {
        out->allocations += st->types.rows[i].n[0];
        out->allocated += st->types.rows[i].n[1];
    }
}

static void put_share(const char *name, uint64_t part, uint64_t all, Buf *out)
{
    buf_printf(out, "  %-42s %14llu %5.1f %%\n", name, (unsigned long long)part, all ? 100.0 * (double)part / (double)all : 0);
}

static void put_ops(const Stats *st, uint64_t all, Buf *out)
{
    Row rows[OPCODE_COUNT] = { 0 };
    size_t n = 0;
    for (size_t i = 0; i < OPCODE_COUNT; i++)
        if (st->ops[i])
            rows[n++] = (Row){ .at = (uint32_t)i, .n = { st->ops[i] } };
    qsort(rows, n, sizeof *rows, by_first);
    for (size_t i = 0; i < n; i++)
        put_share(op_names[rows[i].at], rows[i].n[0], all, out);
}

static bool put_pairs(Vm *vm, const Stats *st, uint64_t all, Buf *out)
{
    Rows pairs = { 0 };
    Alloc host = heap_host_alloc(vm);
    bool ok = true;
    for (uint32_t i = 0; i < OPCODE_COUNT; i++)
        for (uint32_t j = 0; j < OPCODE_COUNT && ok; j++)
            if (st->pairs[i][j]) {
                ok = pairs.count * 2 < pairs.cap || rows_grow(vm, &pairs);
                if (ok)
                    *row_place(&pairs, NULL, i * OPCODE_COUNT + j, "") =
                        (Row){ .at = i * OPCODE_COUNT + j, .n = { st->pairs[i][j] } };
                pairs.count++;
            }
    size_t n = rows_sort(&pairs, by_first);
    for (size_t i = 0; i < n && i < SHOWN; i++) {
        const Row *r = &pairs.rows[i];
        char name[64];
        snprintf(name, sizeof name, "%s %s", op_names[r->at / OPCODE_COUNT], op_names[r->at % OPCODE_COUNT]);
        put_share(name, r->n[0], all, out);
    }
    mem_free(&host, pairs.rows, pairs.cap * sizeof *pairs.rows);
    return ok;
}

static const char *sort_of_site(const Row *r)
{
    switch ((Opcode)r->code->instrs[r->at].op) {
    case OP_LOAD_ATTR: return "attributes read";
    case OP_STORE_ATTR: return "attributes written";
    case OP_LOAD_METHOD: return "methods";
    default: return "globals";
    }
}

static void put_cache_row(const char *name, const uint64_t *n, Buf *out)
{
    buf_printf(out, "  %-42s %14llu %12llu %12llu\n", name, (unsigned long long)n[HIT], (unsigned long long)n[SHARED],
               (unsigned long long)n[MISSED]);
}

static void put_sites(Stats *st, Buf *out)
{
    static const char *const sorts[] = { "globals", "attributes read", "attributes written", "methods" };
    size_t n = rows_sort(&st->sites, by_missed);
    buf_printf(out, "inline caches %45s %12s %12s\n", "hits", "shared", "misses");
    for (size_t s = 0; s < COUNT_OF(sorts); s++) {
        uint64_t sum[3] = { 0 };
        for (size_t i = 0; i < n; i++)
            for (unsigned k = 0; k < 3 && !strcmp(sort_of_site(&st->sites.rows[i]), sorts[s]); k++)
                sum[k] += st->sites.rows[i].n[k];
        put_cache_row(sorts[s], sum, out);
    }
    buf_puts(out, "sites of inline caches, those that miss most first\n");
    for (size_t i = 0; i < n && i < SHOWN; i++) {
        const Row *r = &st->sites.rows[i];
        const Instr *pc = &r->code->instrs[r->at];
        char name[256];
        uint32_t cache = pc->op == OP_LOAD_GLOBAL || pc->op == OP_STORE_GLOBAL ? pc->k : pc->c;
        const char *file = str_data(r->code->filename), *slash = strrchr(file, '/');
        const Str *attr = r->code->caches[cache].name;
        snprintf(name, sizeof name, "%s:%u %s %.*s", slash ? slash + 1 : file, code_position(r->code, r->at).line,
                 op_names[pc->op], (int)attr->len, str_data(attr));
        put_cache_row(name, r->n, out);
    }
}

static void put_counts(Vm *vm, Stats *st, Buf *out)
{
    StatsTotals all;
    stats_totals(vm, &all);
    buf_printf(out, "instructions %46llu\n", (unsigned long long)all.instructions);
    put_ops(st, all.instructions, out);
    buf_puts(out, "pairs of instructions\n");
    if (!put_pairs(vm, st, all.instructions, out))
        st->lost = true;
    put_sites(st, out);
    buf_printf(out, "allocations %47llu %12llu bytes\n", (unsigned long long)all.allocations, (unsigned long long)all.allocated);
    size_t n = rows_sort(&st->types, by_first);
    for (size_t i = 0; i < n && i < SHOWN; i++)
        buf_printf(out, "  %-42s %14llu %12llu\n", st->types.rows[i].name, (unsigned long long)st->types.rows[i].n[0],
                   (unsigned long long)st->types.rows[i].n[1]);
    if (st->lost)
        buf_puts(out, "(memory ran out: some rows are too low)\n");
}

void stats_report(Vm *vm, Buf *out)
{
    Stats *st = vm->stats;
    uint64_t refill = st ? st->refill_ns : 0;
    if (st) {
        count_last(vm, st);
        put_counts(vm, st, out);
    }
    buf_printf(out, "collections %47llu\n", (unsigned long long)heap_collections(vm));
    buf_printf(out, "  %-42s %14.3f ms\n", "longest pause", (double)vm->gc.longest_ns / 1e6);
    buf_printf(out, "  %-42s %14.3f ms\n", "pauses", (double)vm->gc.ns / 1e6);
    buf_printf(out, "  %-42s %14.3f ms\n", "sweeping and fresh memory", (double)refill / 1e6);
    buf_printf(out, "  %-42s %14llu bytes\n", "memory held", (unsigned long long)heap_bytes(vm));
    stats_free(vm);
}
