/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

#include "vm/dis.h"
#include "vm/error.h"
#include "vm/objects/str.h"
#include "vm/ops.h"

void compiled_begin(Compiled *c, const char *source, const CompileOptions *o)
{
    VmConfig config = { .hash_seed = 1 };
    c->vm = vm_new(&config);
    ck_assert_ptr_nonnull(c->vm);
    vm_enter(c->vm, &c->saved, __builtin_frame_address(0));
    buf_init(&c->text, &c->vm->alloc);
    c->code = compile_source(c->vm, source, strlen(source), o, &c->incomplete);
    ck_assert_int_eq(c->code == NULL, vm_pending(c->vm));
}

void compiled_end(Compiled *c)
{
    buf_free(&c->text);
    vm_leave(c->vm, &c->saved);
    vm_free(c->vm);
}

const char *compiled_dis(Compiled *c, const Code *code)
{
    buf_clear(&c->text);
    for (uint32_t i = 0; i < code->ninstrs; i++) {
        Buf line;
        buf_init(&line, &c->vm->alloc);
        dis_instr(&line, code, i);
        for (size_t k = 0; k < line.len; k++)
            if (line.data[k] != ' ' || (k + 1 < line.len && line.data[k + 1] != ' '))
                buf_putc(&c->text, line.data[k]);
        buf_putc(&c->text, '\n');
        buf_free(&line);
    }
    return buf_cstr(&c->text);
}

const Code *compiled_find(const Code *code, const char *qualname)
{
    if (str_is(code->qualname, qualname))
        return code;
    for (uint32_t i = 0; i < code->nconsts; i++) {
        Value v = code->consts[i];
        const Code *found = value_is_obj(v) && is_code(v) ? compiled_find(as_code(v), qualname) : NULL;
        if (found)
            return found;
    }
    return NULL;
}

static int64_t number(Value v)
{
    return value_is_int48(v) ? value_int48(v) : -1;
}

const char *compiled_error(Compiled *c)
{
    Value e = exc_take(c->vm);
    Tuple *args = as_tuple(as_exc(e)->args);
    buf_clear(&c->text);
    buf_printf(&c->text, "%s: ", type_name_of(c->vm, e));
    Str *message = args->len ? op_str(c->vm, args->items[0]) : NULL;
    if (message)
        buf_put(&c->text, str_data(message), message->len);
    if (args->len == 2 && is_tuple(args->items[1])) {
        const Value *d = as_tuple(args->items[1])->items;
        buf_printf(&c->text, " @%lld:%lld-%lld:%lld", (long long)number(d[1]), (long long)number(d[2]),
                   (long long)number(d[4]), (long long)number(d[5]));
    }
    return buf_cstr(&c->text);
}

/* ---- the flow of registers ---- */

typedef struct Flow {
    const Code *code;
    uint8_t *state;         /* ninstrs * nregs: written on every way to the instruction */
    uint8_t *seen, *queued;
    uint32_t *work;
    uint32_t nwork;
    char message[160];
} Flow;

static void reach(Flow *f, uint32_t at, const uint8_t *state)
{
    uint32_t n = f->code->nregs;
    uint8_t *to = f->state + (size_t)at * n;
    bool changed = !f->seen[at];
    for (uint32_t i = 0; i < n; i++) {
        uint8_t v = f->seen[at] ? to[i] & state[i] : state[i];
        changed |= v != to[i];
        to[i] = v;
    }
    f->seen[at] = 1;
    if (changed && !f->queued[at]) {
        f->queued[at] = 1;
        f->work[f->nwork++] = at;
    }
}

static void reach_handler(Flow *f, uint32_t at, const uint8_t *state)
{
    const Code *code = f->code;
    uint8_t copy[1024];
    for (uint32_t i = 0; i < code->nhandlers; i++) {
        const Handler *h = &code->handlers[i];
        if (at < h->start || at >= h->end)
            continue;
        memcpy(copy, state, code->nregs);
        for (uint32_t r = code->nlocals; r < h->live; r++)
            if (!copy[r])
                snprintf(f->message, sizeof f->message, "at %u: the handler keeps r%u, which is not written", at, r);
        memset(copy + h->live, 0, code->nregs - h->live);
        copy[h->reg] = 1;
        reach(f, h->target, copy);
        return;
    }
}

static void write_results(const Instr *i, const Code *code, uint8_t *state)
{
    if (i->op == OP_CALL || i->op == OP_CALL_METHOD || i->op == OP_CALL_KW || i->op == OP_CALL_EX)
        for (uint32_t r = i->b > code->nlocals ? i->b : code->nlocals; r < code->nregs; r++)
            state[r] = 0;           /* the callee's registers begin there */
    char kind = op_operands[i->op][0];
    uint32_t n = kind == 'w' || kind == 'm' ? 1 : kind == 'W' ? instr_write_run(i) : 0;
    memset(state + i->a, 1, n);
}

static bool goes_on(uint8_t op)
{
    return op != OP_JUMP && op != OP_RETURN && op != OP_RAISE && op != OP_RERAISE && op != OP_JUMP_IF_ASYNC_END;
}

static void step(Flow *f, uint32_t at)
{
    const Code *code = f->code;
    const Instr *i = &code->instrs[at];
    uint8_t state[1024];
    memcpy(state, f->state + (size_t)at * code->nregs, code->nregs);
    for (uint32_t r = code->nlocals; r < code->nregs; r++) {
        if (r < code->live[at] && !state[r])
            snprintf(f->message, sizeof f->message, "at %u %s: r%u is live, but not written", at, op_names[i->op], r);
        state[r] &= r < code->live[at];
    }
    reach_handler(f, at, state);
    write_results(i, code, state);
    if (goes_on(i->op))
        reach(f, at + 1, state);
    if (strchr(op_operands[i->op], 'J'))
        reach(f, at + 1 + (uint32_t)i->j, state);
    if (strchr(op_operands[i->op], 'j'))
        reach(f, i->op == OP_FOR_ITER && !i->c ? at + 2 : at + 1 + (uint32_t)(int32_t)i->ci, state);
}

const char *flow_check(const Code *code)
{
    static Flow f;
    f = (Flow){ .code = code };
    ck_assert_uint_lt(code->nregs, 1024);
    f.state = calloc(code->ninstrs, code->nregs);
    f.seen = calloc(code->ninstrs, 1);
    f.queued = calloc(code->ninstrs, 1);
    f.work = malloc(code->ninstrs * sizeof *f.work);
    uint8_t start[1024] = { 0 };
    memset(start, 1, code->nlocals);
    reach(&f, 0, start);
    while (f.nwork && !f.message[0]) {
        uint32_t at = f.work[--f.nwork];
        f.queued[at] = 0;
        step(&f, at);
    }
    free(f.state);
    free(f.seen);
    free(f.queued);
    free(f.work);
    return f.message[0] ? f.message : NULL;
}

void assert_sound(const Code *code)
{
    const char *wrong = code_verify(code);
    if (!wrong)
        wrong = flow_check(code);
    ck_assert_msg(!wrong, "%s: %s", str_data(code->qualname), wrong);
    for (uint32_t i = 0; i < code->nconsts; i++)
        if (value_is_obj(code->consts[i]) && is_code(code->consts[i]))
            assert_sound(as_code(code->consts[i]));
}
