/* SPDX-License-Identifier: MIT
 * Instructions, labels, the sets of assigned locals, and the blocks that jumps have to leave. */
#include "parser/codegen/codegen.h"

#include "vm/dis.h"
#include "vm/error.h"

/* No sane program comes near; finally bodies nested in finally bodies double with each level. */
#define MAX_EMITTED 20000000u

/* ---- instructions ---- */

/* Registers that the instruction writes exist. */
static void count_registers(Unit *u, const Instr *i)
{
    char first = op_operands[i->op][0];
    uint32_t end = 0;
    if (first == 'w' || first == 'm')
        end = i->a + 1u;
    else if (first == 'W')
        end = i->a + instr_write_run(i);
    if (end > u->nregs)
        u->nregs = end;
}

static Emitted *put(Compiler *c, Span at, Instr i)
{
    Unit *u = c->unit;
    if (c->failed || !u->reachable)
        return NULL;
    if (c->emitted >= MAX_EMITTED) {
        compile_no_memory(c);
        return NULL;
    }
    if (u->count == u->cap && !GROW(c, &u->code, &u->cap, u->count + 1))
        return NULL;
    c->emitted++;
    count_registers(u, &i);
    Emitted *e = &u->code[u->count++];
    *e = (Emitted){ i, at, NO_LABEL, (uint16_t)u->top };
    return e;
}

void emit(Compiler *c, Span at, Opcode op, uint32_t x, uint32_t a, uint32_t b, uint32_t cc)
{
    put(c, at, (Instr){ .op = (uint8_t)op, .x = (uint8_t)x, .a = (uint16_t)a,
                        .b = (uint16_t)b, .c = (uint16_t)cc });
    if (op == OP_RETURN || op == OP_RAISE || op == OP_RERAISE)
        emit_end(c);
}

void emit_wide(Compiler *c, Span at, Opcode op, uint32_t a, uint32_t k)
{
    put(c, at, (Instr){ .op = (uint8_t)op, .a = (uint16_t)a, .k = k });
}

/* The label is reached with what is assigned here. */
static void flow_to(Compiler *c, LabelId l)
{
    Unit *u = c->unit;
    Label *to = &u->labels[l];
    if (to->placed)
        return;
    if (!to->assigned) {
        to->assigned = arena_alloc(c->arena, u->words * sizeof(uint64_t));
        if (!to->assigned) {
            compile_no_memory(c);
            return;
        }
        bits_copy(to->assigned, u->assigned, u->words);
    } else {
        for (uint32_t i = 0; i < u->words; i++)
            to->assigned[i] &= u->assigned[i];
    }
    to->used = true;
}

void emit_jump(Compiler *c, Span at, Opcode op, uint32_t x, uint32_t a, uint32_t b, LabelId to)
{
    Instr i = { .op = (uint8_t)op, .x = (uint8_t)x, .a = (uint16_t)a };
    if ((op >= OP_JUMP_COMPARE && op <= OP_JUMP_COMPARE_IMM) || op == OP_FOR_ITER || op == OP_JUMP_IF_NO_MATCH)
        i.b = (uint16_t)b;
    Emitted *e = put(c, at, i);
    if (!e)
        return;
    e->target = to;
    flow_to(c, to);
    if (op == OP_JUMP)
        emit_end(c);
}

void emit_const(Compiler *c, Span at, Reg dst, Value v)
{
    if (c->unit->reachable)
        emit_wide(c, at, OP_LOAD_CONST, dst, const_add(c, v));
}

void emit_none(Compiler *c, Span at, Reg dst)
{
    emit_const(c, at, dst, VALUE_NONE);
}

void emit_move(Compiler *c, Span at, Reg dst, Reg src)
{
    if (dst != src)
        emit(c, at, OP_MOVE, 0, dst, src, 0);
}

void emit_clear(Compiler *c, Span at, Reg r)
{
    emit(c, at, OP_CLEAR, 0, r, 0, 0);
}

void emit_end(Compiler *c)
{
    c->unit->reachable = false;
}

/* ---- caches ---- */

static uint32_t cache_append(Compiler *c, Str *name)
{
    Unit *u = c->unit;
    if (!name || !GROW(c, &u->caches, &u->caches_cap, u->ncaches + 1))
        return 0;
    if (u->ncaches >= UINT16_MAX) {
        compile_error(c, span(u->scope->node), "too many names");
        return 0;
    }
    u->caches[u->ncaches] = name;
    return u->ncaches++;
}

uint32_t cache_new(Compiler *c, Opcode op, Str *name)
{
    Unit *u = c->unit;
    uint32_t index;
    /* Sites have caches of their own while there are enough; names in mappings gain nothing from that. */
    bool share = u->ncaches >= 40000 || op == OP_LOAD_NAME || op == OP_STORE_NAME || op == OP_DELETE_NAME;
    if (!share || !u->reachable)
        return u->reachable ? cache_append(c, name) : 0;
    uint64_t key = map_key(name) * 256 + op;
    if (map_find(&u->shared_cache, key, &index))
        return index;
    index = cache_append(c, name);
    return map_put(c, &u->shared_cache, key, index) ? index : 0;
}

uint32_t cache_global(Compiler *c, Opcode op, Str *name)
{
    Unit *u = c->unit;
    Map *m = &u->global_index[op == OP_LOAD_GLOBAL ? 0 : op == OP_STORE_GLOBAL ? 1 : 2];
    uint32_t index;
    if (!name || !u->reachable)
        return 0;
    if (map_find(m, map_key(name), &index))
        return index;
    if (!GROW(c, &u->globals, &u->globals_cap, u->nglobals + 1) || !map_put(c, m, map_key(name), u->nglobals))
        return 0;
    u->globals[u->nglobals] = name;
    return u->nglobals++;
}

/* ---- temporaries ---- */

Reg push_reg(Compiler *c)
{
    Unit *u = c->unit;
    if (u->top >= MAX_REGS) {
        compile_error(c, span(u->scope->node), "too many registers");
        return u->top;
    }
    if (u->top + 1 > u->nregs)
        u->nregs = u->top + 1;
    return u->top++;
}

Operand result_at(Compiler *c, Reg want, Reg base)
{
    Unit *u = c->unit;
    u->top = base;
    return in_reg(want != NO_REG ? want : push_reg(c));
}

/* ---- sets of locals ---- */

void bits_copy(uint64_t *to, const uint64_t *from, uint32_t words)
{
    memcpy(to, from, words * sizeof *to);
}

bool local_assigned(const Unit *u, Reg r)
{
    return u->assigned[r / 64] >> (r % 64) & 1;
}

void local_bind(Unit *u, Reg r)
{
    u->assigned[r / 64] |= UINT64_C(1) << (r % 64);
}

void local_unbind(Unit *u, Reg r)
{
    u->assigned[r / 64] &= ~(UINT64_C(1) << (r % 64));
    u->deleted[r / 64] |= UINT64_C(1) << (r % 64);
}

/* ---- labels ---- */

LabelId label_new(Compiler *c)
{
    Unit *u = c->unit;
    if (!GROW(c, &u->labels, &u->labels_cap, u->nlabels + 1))
        return NO_LABEL;
    u->labels[u->nlabels] = (Label){ .at = 0 };
    return u->nlabels++;
}

/* A jump to the instruction behind it is not needed, unless something else was fixed to that place. (FOR_ITER
 * takes a distance of 0 for its long form, so it keeps what follows.) */
static void drop_jump_to(Unit *u, LabelId l)
{
    if (u->reachable || !u->count || u->pinned == u->count)
        return;
    const Emitted *last = &u->code[u->count - 1];
    if (last->i.op == OP_JUMP && last->target == l && (u->count == 1 || last[-1].i.op != OP_FOR_ITER))
        u->count--;
}

static bool negate(Instr *i)
{
    switch ((Opcode)i->op) {
    case OP_JUMP_IF_TRUE: i->op = OP_JUMP_IF_FALSE; return true;
    case OP_JUMP_IF_FALSE: i->op = OP_JUMP_IF_TRUE; return true;
    case OP_JUMP_IF_NONE: i->op = OP_JUMP_IF_NOT_NONE; return true;
    case OP_JUMP_IF_NOT_NONE: i->op = OP_JUMP_IF_NONE; return true;
    case OP_JUMP_COMPARE: case OP_JUMP_COMPARE_K: case OP_JUMP_COMPARE_IMM: i->x ^= COMPARE_SENSE; return true;
    default: return false;
    }
}

/* `if x: break`: a condition that jumps over a jump becomes the opposite condition. */
static void merge_jumps(Unit *u, LabelId l)
{
    if (u->reachable || u->count < 2 || u->pinned + 1 >= u->count)
        return;
    Emitted *jump = &u->code[u->count - 1], *test = jump - 1;
    if (jump->i.op == OP_JUMP && test->target == l && jump->target != l && negate(&test->i)) {
        test->target = jump->target;
        u->count--;
    }
}

void label_place(Compiler *c, LabelId l)
{
    Unit *u = c->unit;
    Label *label = &u->labels[l];
    if (c->failed || l == NO_LABEL)
        return;
    merge_jumps(u, l);
    drop_jump_to(u, l);
    label->at = u->pinned = u->count;
    label->placed = true;
    if (!label->used)
        return;
    if (!u->reachable)
        bits_copy(u->assigned, label->assigned, u->words);
    else
        for (uint32_t i = 0; i < u->words; i++)
            u->assigned[i] &= label->assigned[i];
    u->reachable = true;
}

bool label_used(const Compiler *c, LabelId l)
{
    return c->unit->labels[l].used;
}

/* ---- blocks ---- */

bool block_begin(Compiler *c, Block *b, BlockKind kind, Span at)
{
    Unit *u = c->unit;
    *b = (Block){ .outer = u->block, .kind = kind, .at = at };
    if (u->depth >= MAX_BLOCKS && block_counts(b)) {
        compile_error(c, at, "too many statically nested blocks");
        return false;
    }
    u->depth += block_counts(b);
    u->block = b;
    return !c->failed;
}

static uint64_t *new_set(Compiler *c, const uint64_t *from)
{
    Unit *u = c->unit;
    uint64_t *set = arena_alloc(c->arena, u->words * sizeof *set);
    if (!set)
        compile_no_memory(c);
    else if (from)
        bits_copy(set, from, u->words);
    return set;
}

void block_guard(Compiler *c, Block *b, LabelId handler, Reg reg)
{
    Unit *u = c->unit;
    b->before = new_set(c, u->assigned);
    b->deleted = new_set(c, u->deleted);
    if (c->failed)
        return;
    memset(u->deleted, 0, u->words * sizeof *u->deleted);
    b->handler = handler;
    b->reg = reg;
    b->start = u->pinned = u->count;
    b->open = true;
}

/* The part of the range that is open ends here. */
static void range_close(Compiler *c, Block *b)
{
    Unit *u = c->unit;
    if (!b->open)
        return;
    b->open = false;
    u->pinned = u->count;
    if (u->count == b->start || c->failed)
        return;
    if (!GROW(c, &u->ranges, &u->ranges_cap, u->nranges + 1))
        return;
    u->ranges[u->nranges++] = (Guarded){ b->start, u->count, b->handler, b->reg };
    u->labels[b->handler].used = true;
    if (b->reg + 1 > u->nregs)
        u->nregs = b->reg + 1;
}

void block_end(Compiler *c, Block *b)
{
    Unit *u = c->unit;
    u->block = b->outer;
    u->depth -= block_counts(b);
    if (b->handler == NO_LABEL || c->failed)
        return;
    range_close(c, b);
    /* An exception may come from anywhere inside: what is surely assigned is what was so at the start. */
    Label *h = &u->labels[b->handler];
    for (uint32_t i = 0; i < u->words; i++) {
        b->before[i] &= ~u->deleted[i];
        u->deleted[i] |= b->deleted[i];
    }
    if (h->assigned)
        for (uint32_t i = 0; i < u->words; i++)
            h->assigned[i] &= b->before[i];
    else
        h->assigned = b->before;
}

static void leave(Compiler *c, Block *b)
{
    switch (b->kind) {
    case BLOCK_FINALLY:
        stmts(c, b->final_body);
        break;
    case BLOCK_HANDLER:
        handler_leave(c, b);
        break;
    case BLOCK_WITH:
        with_leave(c, b);
        break;
    default:
        break;
    }
}

bool unwind_has_code(const Compiler *c, const Block *stop)
{
    for (const Block *b = c->unit->block; b != stop; b = b->outer)
        if (b->kind == BLOCK_FINALLY || b->kind == BLOCK_HANDLER || b->kind == BLOCK_WITH)
            return true;
    return false;
}

void unwind_to(Compiler *c, Block *stop, bool keep, Block **saved)
{
    Unit *u = c->unit;
    uint32_t depth = u->depth;
    *saved = u->block;
    for (Block *b = u->block; b != stop; b = b->outer) {
        range_close(c, b);
        u->block = b->outer;
        u->depth -= block_counts(b);
        if (!keep && b->handler != NO_LABEL)
            u->top = b->reg;
        leave(c, b);
    }
    u->depth = depth;
}

void unwind_done(Compiler *c, Block *stop, Block *saved)
{
    Unit *u = c->unit;
    u->block = saved;
    for (Block *b = saved; b != stop; b = b->outer)
        if (b->handler != NO_LABEL && b->before) {
            b->start = u->pinned = u->count;
            b->open = true;
        }
}
