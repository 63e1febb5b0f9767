/* SPDX-License-Identifier: MIT
 * Labels become distances. Jumps of 16 bits that might not reach are rewritten in their long forms; jumps to
 * jumps go to where those lead; source offsets become lines and columns. */
#include "parser/codegen/link.h"

#define SHORT_REACH 30000u

static bool is_short_jump(uint8_t op)
{
    return (op >= OP_JUMP_COMPARE && op <= OP_JUMP_COMPARE_IMM) || op == OP_FOR_ITER || op == OP_JUMP_IF_NO_MATCH;
}

/* Instructions that the long form adds. */
static uint32_t long_form(uint8_t op)
{
    return !is_short_jump(op) ? 0 : op == OP_JUMP_IF_NO_MATCH ? 2 : 1;
}

/* Where a jump ends up when jumps to jumps are followed. */
static uint32_t final_target(const Unit *u, uint32_t from, LabelId label)
{
    uint32_t at = u->labels[label].at;
    uint8_t op = u->code[from].i.op;
    if (op == OP_FOR_ITER || op == OP_JUMP_IF_NO_MATCH || op == OP_JUMP_IF_ASYNC_END)
        return at;
    for (unsigned hops = 0; hops < 8 && at < u->count && u->code[at].i.op == OP_JUMP; hops++) {
        uint32_t next = u->labels[u->code[at].target].at;
        if (next == at)
            break;
        at = next;
    }
    return at;
}

/* New index of every instruction, and of the end. NULL: failed. */
static uint32_t *layout(Compiler *c, const Unit *u, bool expand, uint32_t *total)
{
    uint32_t *to = arena_alloc(c->arena, (u->count + 1) * sizeof *to), n = 0;
    if (!to) {
        compile_no_memory(c);
        return NULL;
    }
    for (uint32_t i = 0; i < u->count; i++) {
        to[i] = n;
        n += 1 + (expand ? long_form(u->code[i].i.op) : 0);
    }
    to[u->count] = *total = n;
    return to;
}

typedef struct Output {
    Instr *instrs;
    Position *positions;
    uint16_t *live;
} Output;

static Position position_of(Compiler *c, Span at)
{
    if (at.start == NO_PLACE)
        return (Position){ 0, 0, UINT16_MAX, UINT16_MAX };
    uint32_t line = line_of(c, at.start), end_line = line_of(c, at.end);
    uint32_t col = at.start - c->lines.starts[line - 1], end = at.end - c->lines.starts[end_line - 1];
    return (Position){ line, end_line, (uint16_t)(col < UINT16_MAX ? col : UINT16_MAX),
                       (uint16_t)(end < UINT16_MAX ? end : UINT16_MAX) };
}

static void put_jump(Instr *out, uint32_t at, uint32_t target)
{
    int64_t distance = (int64_t)target - at - 1;
    if (is_short_jump(out[at].op))
        out[at].ci = (int16_t)distance;
    else
        out[at].j = (int32_t)distance;
}

/* A short jump at out[at] in its long form; the rest of it follows. */
static void put_long(Instr *out, uint32_t at, uint32_t target)
{
    Instr jump = { .op = OP_JUMP };
    uint32_t last = at + long_form(out[at].op);
    for (uint32_t i = at + 1; i <= last; i++)
        out[i] = jump;
    if (out[at].op == OP_FOR_ITER) {
        out[at].ci = 0;
    } else {
        out[at].ci = 1;
        if (out[at].op == OP_JUMP_IF_NO_MATCH)
            out[at + 1].j = 1;
        else
            out[at].x ^= COMPARE_SENSE;
    }
    put_jump(out, last, target);
}

static uint16_t short_index(Compiler *c, uint32_t index)
{
    if (index > UINT16_MAX)
        compile_error(c, (Span){ 0, 0 }, "too many functions");
    return (uint16_t)index;
}

/* Constants and caches get their final numbers. */
static Instr renumber(Compiler *c, const Unit *u, Instr i)
{
    uint32_t doc = !value_is_empty(u->doc);
    if (i.op >= OP_ADD_K && i.op <= OP_XOR_K)
        i.c = short_index(c, i.c + doc + u->ncodes);
    switch ((Opcode)i.op) {
    case OP_JUMP_COMPARE_K:
        i.b = short_index(c, i.b + doc + u->ncodes);
        break;
    case OP_LOAD_CONST:
        i.k += doc + u->ncodes;
        break;
    case OP_MAKE_FUNCTION:
        i.c = (uint16_t)(i.c + doc);
        break;
    case OP_LOAD_GLOBAL: case OP_STORE_GLOBAL: case OP_DELETE_GLOBAL:
        i.k += u->ncaches;
        break;
    default:
        break;
    }
    return i;
}

static void put_instrs(Compiler *c, const Unit *u, const uint32_t *to, bool expand, Output *out)
{
    Position last = { 0, 0, UINT16_MAX, UINT16_MAX };
    Span last_at = NOWHERE;
    for (uint32_t i = 0; i < u->count; i++) {
        const Emitted *e = &u->code[i];
        uint32_t n = to[i + 1] - to[i];
        out->instrs[to[i]] = renumber(c, u, e->i);
        if (e->target != NO_LABEL) {
            uint32_t target = to[final_target(u, i, e->target)];
            if (expand && n > 1)
                put_long(out->instrs, to[i], target);
            else
                put_jump(out->instrs, to[i], target);
        }
        if (e->at.start != last_at.start || e->at.end != last_at.end) {
            last_at = e->at;
            last = position_of(c, e->at);
        }
        for (uint32_t k = to[i]; k < to[i + 1]; k++) {
            out->positions[k] = last;
            out->live[k] = e->live;
        }
    }
}

static bool put_handlers(Compiler *c, const Unit *u, const uint32_t *to, CodeParts *p)
{
    Handler *h = arena_alloc(c->arena, (u->nranges + 1) * sizeof *h);
    if (!h) {
        compile_no_memory(c);
        return false;
    }
    for (uint32_t i = 0; i < u->nranges; i++) {
        const Guarded *r = &u->ranges[i];
        h[i] = (Handler){ to[r->start], to[r->end], to[u->labels[r->handler].at], (uint16_t)r->reg, (uint16_t)r->reg };
    }
    p->handlers = h;
    p->nhandlers = u->nranges;
    return true;
}

bool link_unit(Compiler *c, Unit *u, CodeParts *p)
{
    bool expand = u->count > SHORT_REACH;
    uint32_t n;
    uint32_t *to = layout(c, u, expand, &n);
    if (!to)
        return false;
    Output out = { arena_alloc(c->arena, n * sizeof(Instr)), arena_alloc(c->arena, n * sizeof(Position)),
                   arena_alloc(c->arena, n * sizeof(uint16_t)) };
    if (!out.instrs || !out.positions || !out.live) {
        compile_no_memory(c);
        return false;
    }
    put_instrs(c, u, to, expand, &out);
    p->instrs = out.instrs;
    p->positions = out.positions;
    p->live = out.live;
    p->ninstrs = n;
    return put_handlers(c, u, to, p);
}
