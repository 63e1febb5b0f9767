/* SPDX-License-Identifier: MIT
 * Code objects: the block that holds their arrays, copies, and the tables of the instruction set. */
#include "vm/code.h"

#include "vm/attr_cache.h"
#include "vm/dis.h"
#include "vm/error.h"

#define OP(name, operands, doc) #name,
const char *const op_names[OPCODE_COUNT] = {
#include "vm/opcodes.def"
};
#define OP(name, operands, doc) operands,
const char *const op_operands[OPCODE_COUNT] = {
#include "vm/opcodes.def"
};
#define OP(name, operands, doc) doc,
const char *const op_docs[OPCODE_COUNT] = {
#include "vm/opcodes.def"
};

void code_trace(Marker *m, Code *code);

/* A place of n elements in the block; the order of the calls is by falling alignment. */
static bool reserve(size_t *total, size_t n, size_t size)
{
    size_t bytes;
    return size_mul(n, size, &bytes) && size_add(*total, bytes, total);
}

static bool block_size(const Code *c, size_t *total)
{
    *total = 1;
    return reserve(total, c->ninstrs, sizeof(Instr)) && reserve(total, c->nconsts, sizeof(Value)) &&
           reserve(total, c->ncaches, sizeof(Cache)) && reserve(total, c->nlocals, sizeof(Str *)) &&
           reserve(total, c->ncaptures, sizeof(Str *)) && reserve(total, c->nhandlers, sizeof(Handler)) &&
           reserve(total, c->image ? 0 : c->ninstrs, sizeof(Position)) && reserve(total, c->ncaptures, sizeof(Capture)) &&
           reserve(total, c->ninstrs, sizeof(uint16_t)) && reserve(total, c->nlocals, 1);
}

/* The next n bytes of the block. */
static void *take(char **at, size_t n)
{
    char *p = *at;
    *at += n;
    return p;
}

static void divide(Code *code, char *at)
{
    code->instrs = take(&at, code->ninstrs * sizeof(Instr));
    code->consts = take(&at, code->nconsts * sizeof(Value));
    code->caches = take(&at, code->ncaches * sizeof(Cache));
    code->local_names = take(&at, code->nlocals * sizeof(Str *));
    code->free_names = take(&at, code->ncaptures * sizeof(Str *));
    code->handlers = take(&at, code->nhandlers * sizeof(Handler));
    code->positions = code->image ? NULL : take(&at, code->ninstrs * sizeof(Position));
    code->captures = take(&at, code->ncaptures * sizeof(Capture));
    code->live = take(&at, code->ninstrs * sizeof(uint16_t));
    code->local_is_cell = take(&at, code->nlocals);
}

Code *code_new(Vm *vm)
{
    Code *code = heap_zalloc(vm, sizeof *code, KIND_CODE, vm->types.code->root_shape->id, 1);
    if (code)
        code->source = VALUE_NONE;
    return code;
}

bool code_block(Vm *vm, Code *code)
{
    size_t bytes;
    char *block = block_size(code, &bytes) ? mem_alloc(&vm->alloc, bytes) : NULL;
    if (!block) {
        raise_no_memory(vm);
        return false;
    }
    memset(block, 0, bytes);
    code->bytes = bytes;
    heap_external(vm, (ptrdiff_t)bytes);
    divide(code, block);
    return true;
}

static void copy(void *to, const void *from, size_t n)
{
    if (n)
        memcpy(to, from, n);
}

static void fill(Code *code, const CodeParts *p)
{
    copy(code->instrs, p->instrs, p->ninstrs * sizeof(Instr));
    copy(code->consts, p->consts, p->nconsts * sizeof(Value));
    copy(code->local_names, p->local_names, p->nlocals * sizeof(Str *));
    copy(code->free_names, p->free_names, p->ncaptures * sizeof(Str *));
    copy(code->handlers, p->handlers, p->nhandlers * sizeof(Handler));
    copy(code->positions, p->positions, code->image ? 0 : p->ninstrs * sizeof(Position));
    copy(code->captures, p->captures, p->ncaptures * sizeof(Capture));
    copy(code->live, p->live, p->ninstrs * sizeof(uint16_t));
    copy(code->local_is_cell, p->local_is_cell, p->nlocals);
    for (uint32_t i = 0; i < p->ncaches; i++)
        code->caches[i].name = p->cache_names[i];
}

Code *code_build(Vm *vm, const CodeParts *p)
{
    Code *code = code_new(vm);
    if (!code)
        return NULL;
    code->flags = p->flags;
    code->first_line = p->first_line;
    code->nregs = (uint16_t)p->nregs;
    code->nlocals = (uint16_t)p->nlocals;
    code->nposonly = (uint16_t)p->nposonly;
    code->nargs = (uint16_t)p->nargs;
    code->nkwonly = (uint16_t)p->nkwonly;
    code->nparams = (uint16_t)p->nparams;
    code->nconsts = p->nconsts;
    code->ncaches = p->ncaches;
    code->nhandlers = p->nhandlers;
    code->ncaptures = p->ncaptures;
    code->ninstrs = p->ninstrs;
    code->name = p->name;
    code->qualname = p->qualname;
    code->filename = p->filename;
    code->source = p->source;
    code->self_attrs = p->self_attrs;
    code->image = p->image;
    code->packed = p->packed;
    code->doc = p->doc;
    if (!code_block(vm, code))
        return NULL;
    fill(code, p);
    return code;
}

Code *code_clone(Vm *vm, Code *code)
{
    if (!code_ready(vm, code))
        return NULL;
    Str **names = NULL;
    size_t bytes = code->ncaches * sizeof *names;
    if (bytes && !(names = mem_alloc(&vm->alloc, bytes))) {
        raise_no_memory(vm);
        return NULL;
    }
    for (uint32_t i = 0; i < code->ncaches; i++)
        names[i] = code->caches[i].name;
    CodeParts parts = {
        .flags = code->flags, .first_line = code->first_line, .nregs = code->nregs, .nlocals = code->nlocals,
        .nposonly = code->nposonly, .nargs = code->nargs, .nkwonly = code->nkwonly, .nparams = code->nparams,
        .ninstrs = code->ninstrs, .nconsts = code->nconsts, .ncaches = code->ncaches,
        .nhandlers = code->nhandlers, .ncaptures = code->ncaptures, .name = code->name,
        .qualname = code->qualname, .filename = code->filename, .instrs = code->instrs,
        .consts = code->consts, .cache_names = names, .handlers = code->handlers,
        .positions = code->positions, .live = code->live, .local_names = code->local_names,
        .local_is_cell = code->local_is_cell, .free_names = code->free_names, .captures = code->captures,
        .source = code->source, .self_attrs = code->self_attrs, .image = code->image, .packed = code->packed, .doc = code->doc,
    };
    Code *clone = code_build(vm, &parts);
    mem_free(&vm->alloc, names, bytes);
    return clone;
}

Value code_doc(Vm *vm, Code *code)
{
    if (!code_ready(vm, code))
        return VALUE_ERROR;
    if (value_is_empty(code->consts[0])) {
        Value v = image_doc(vm, code);
        if (value_is_empty(v))
            return v;
        heap_set(vm, code, &code->consts[0], v);
    }
    return code->consts[0];
}

/* The heap frees the cell. */
void code_release(Vm *vm, Code *code)
{
    if (!code->instrs)
        return;
    heap_external(vm, -(ptrdiff_t)code->bytes);
    mem_free(&vm->alloc, code->instrs, code->bytes);
    code->instrs = NULL;
}

void code_trace(Marker *m, Code *code)
{
    code->spare = NULL;
    mark_obj(m, code->name);
    mark_obj(m, code->qualname);
    mark_obj(m, code->filename);
    mark_value(m, code->source);
    mark_obj(m, code->bound_globals);
    if (!code->instrs)
        return;             /* a head alone, or under construction */
    mark_values(m, code->consts, code->nconsts);
    for (uint32_t i = 0; i < code->ncaches; i++) {
        const Cache *ca = &code->caches[i];
        mark_obj(m, ca->name);
        if (ca->how == CACHE_CELL || ca->how == CACHE_BUILTIN || ca->how == CACHE_MODULE)
            mark_obj(m, ca->u.cell);
    }
    for (uint32_t i = 0; i < code->nlocals; i++)
        mark_obj(m, code->local_names[i]);
    for (uint32_t i = 0; i < code->ncaptures; i++)
        mark_obj(m, code->free_names[i]);
}


/* ---- verifying ---- */
uint32_t instr_read_run(const Instr *i)
{
    switch ((Opcode)i->op) {
    case OP_BUILD_TUPLE: case OP_BUILD_LIST: case OP_BUILD_SET: case OP_BUILD_STRING:
        return i->c;
    case OP_BUILD_DICT:
        return 2u * i->c;
    case OP_MAKE_FUNCTION:
        return i->x & 8 ? 4 : i->x & 4 ? 3 : i->x & 2 ? 2 : i->x & 1;
    case OP_CALL:
        return i->c + 1u;
    case OP_CALL_METHOD:
        return i->c + 2u;
    case OP_CALL_KW:
        return i->c + 2u + (i->x & 1u);
    case OP_BUILD_SLICE: case OP_CALL_EX: case OP_LOAD_SUPER: case OP_MATCH_CLASS:
        return 3;
    default:
        return 1;
    }
}

uint32_t instr_write_run(const Instr *i)
{
    switch ((Opcode)i->op) {
    case OP_LOAD_METHOD: case OP_LOAD_SPECIAL: case OP_GROUP_MATCH:
        return 2;
    case OP_LOAD_SUPER:
        return 1 + (i->x & 1u);
    case OP_UNPACK:
        return i->c;
    case OP_UNPACK_EX:
        return i->x + 1u + i->c;
    case OP_EXC_INFO:
        return 3;
    default:
        return 1;
    }
}

/* What is wrong with one operand; NULL: nothing. `at` is the instruction's index. */
static const char *check_operand(const Code *code, const Instr *i, uint32_t at, char letter, unsigned which)
{
    uint32_t v = which == 0 ? i->a : which == 1 ? i->b : i->c;
    bool no_spec = i->op == OP_FORMAT && which == 2 && v == 65535;
    switch (letter) {
    case 'r': case 'm':
        return no_spec || v < code->nregs ? v >= code->live[at] && v >= code->nlocals && !no_spec && i->op != OP_RAISE
                   ? "operand is not live" : NULL : "register out of range";
    case 'w':
        return v < code->nregs ? NULL : "register out of range";
    case 'R':
        if (v + instr_read_run(i) > code->nregs)
            return "register run out of range";
        return instr_read_run(i) && v + instr_read_run(i) > code->live[at] ? "operand run is not live" : NULL;
    case 'W':
        return v + instr_write_run(i) <= code->nregs ? NULL : "register run out of range";
    case 'k':
        return v < code->nconsts ? NULL : "constant out of range";
    case 'K':
        return i->k < code->nconsts ? NULL : "constant out of range";
    case 'g':
        return v < code->ncaches ? NULL : "cache out of range";
    case 'G':
        return i->k < code->ncaches ? NULL : "cache out of range";
    case 'f':
        return v < code->ncaptures ? NULL : "free variable out of range";
    case 'j':
        return (uint64_t)(at + 1 + (int64_t)i->ci) < code->ninstrs ? NULL : "jump out of range";
    case 'J':
        return (uint64_t)(at + 1 + (int64_t)i->j) < code->ninstrs ? NULL : "jump out of range";
    default:
        return NULL;
    }
}

static const char *check_instr(const Code *code, uint32_t at)
{
    const Instr *i = &code->instrs[at];
    if (i->op >= OPCODE_COUNT)
        return "no such instruction";
    if (code->live[at] > code->nregs || code->live[at] < code->nlocals)
        return "live count out of range";
    for (unsigned k = 0; k < 3 && op_operands[i->op][k] && op_operands[i->op][k] != ':'; k++) {
        const char *wrong = check_operand(code, i, at, op_operands[i->op][k], k);
        if (wrong)
            return wrong;
    }
    if (i->op == OP_MAKE_FUNCTION && !is_code(code->consts[i->c]))
        return "MAKE_FUNCTION of something that is no code";
    return NULL;
}

const char *code_verify(const Code *code)
{
    if (!code->ninstrs)
        return "empty code";
    uint8_t last = code->instrs[code->ninstrs - 1].op;
    if (last != OP_RETURN && last != OP_JUMP && last != OP_RAISE && last != OP_RERAISE)
        return "runs over its end";
    if (code->nlocals > code->nregs || code->nparams > code->nlocals)
        return "counts of registers";
    for (uint32_t i = 0; i < code->ninstrs; i++) {
        const char *wrong = check_instr(code, i);
        if (wrong)
            return wrong;
    }
    for (uint32_t i = 0; i < code->nhandlers; i++) {
        const Handler *h = &code->handlers[i];
        if (h->start >= h->end || h->end > code->ninstrs || h->target >= code->ninstrs || h->reg >= code->nregs ||
            h->live > code->nregs)
            return "handler out of range";
    }
    return NULL;
}
