/* SPDX-License-Identifier: MIT
 * Driving async generators: asend(), athrow(), aclose() and __anext__() give an AgenOp; awaiting it enters the
 * generator, whose own `yield` (unlike its awaits) ends the op with a value. */
#include "vm/interp.h"

static const char *op_name(const AgenOp *op)
{
    switch (op->h.flags & AGEN_MODE) {
    case AGEN_SEND:
        return "asend";
    case AGEN_THROW:
        return "athrow";
    default:
        return "aclose";
    }
}

/* The op did not end yet and no other is in progress; else an exception is pending. */
static bool may_begin(Vm *vm, AgenOp *op)
{
    Gen *g = op->gen;
    bool send = (op->h.flags & AGEN_MODE) == AGEN_SEND;
    if (op->h.flags & AGEN_FINISHED) {
        raise_exc(vm, EXC_RuntimeError, "cannot reuse already awaited %s", send ? "__anext__()/asend()" : "aclose()/athrow()");
        return false;
    }
    if (g->h.flags & GEN_AGEN_RUNNING) {
        op->h.flags |= AGEN_FINISHED;
        raise_exc(vm, EXC_RuntimeError, "%s(): asynchronous generator is already running", send ? "anext" : op_name(op));
        return false;
    }
    if (!(g->h.flags & GEN_HOOKS_DONE)) {
        g->h.flags |= GEN_HOOKS_DONE;
        if (vm->hooks.agen_first && !vm->hooks.agen_first(vm, g))
            return false;
    }
    return true;
}

bool agen_begin_throw(Vm *vm, AgenOp *op)
{
    if (!may_begin(vm, op))
        return false;
    op->h.flags |= AGEN_STARTED;
    op->gen->h.flags |= GEN_AGEN_RUNNING;
    return true;
}

AgenOp *agen_take(Vm *vm, Gen *g)
{
    AgenOp *op = vm->spare_op;
    if (op)
        vm->spare_op = NULL;
    else
        op = heap_alloc(vm, sizeof *op, KIND_AGEN_OP, vm->types.agen_op->root_shape->id, 0);
    if (!op)
        return NULL;
    op->h.flags = AGEN_SEND | AGEN_UNSEEN;
    op->gen = g;
    op->value = VALUE_NONE;
    heap_touch(vm, op);
    return op;
}

int agen_begin(Vm *vm, AgenOp *op, Value sent, bool *thrown, Value *out)
{
    Gen *g = op->gen;
    unsigned mode = op->h.flags & AGEN_MODE;
    *thrown = false;
    if (mode != AGEN_SEND && g->f.state == GEN_FINISHED && !(op->h.flags & AGEN_FINISHED)) {
        op->h.flags |= AGEN_FINISHED;
        *out = VALUE_NONE;
        return 1;
    }
    if (!may_begin(vm, op))
        return -1;
    if (mode == AGEN_SEND) {
        Value first = value_is_none(sent) ? op->value : sent;
        bool over = g->f.state == GEN_FINISHED;
        op->h.flags |= AGEN_STARTED;
        if (over || (g->f.state == GEN_CREATED && !value_is_none(first))) {
            op->h.flags |= AGEN_FINISHED;
            if (over)
                raise_args(vm, EXC_StopAsyncIteration, 0, NULL);
            else
                raise_exc(vm, EXC_TypeError, "can't send non-None value to a just-started async generator");
            return -1;
        }
        g->h.flags |= GEN_AGEN_RUNNING;
        return 0;
    }
    if (g->h.flags & GEN_CLOSED) {
        op->h.flags |= AGEN_FINISHED;
        raise_args(vm, EXC_StopAsyncIteration, 0, NULL);
        return -1;
    }
    if (!value_is_none(sent)) {
        raise_exc(vm, EXC_RuntimeError, "can't send non-None value to a just-started coroutine");
        return -1;
    }
    if (mode == AGEN_CLOSE) {
        heap_set(vm, op, &op->value, exc_new_args(vm, vm->exc[EXC_GeneratorExit], 0, NULL));
        if (value_is_empty(op->value))
            return -1;
        g->h.flags |= GEN_CLOSED;
    }
    if (!is_exc(op->value)) {
        op->h.flags |= AGEN_FINISHED;
        raise_exc(vm, EXC_TypeError, "exceptions must be classes or instances deriving from BaseException, not %T", op->value);
        return -1;
    }
    op->h.flags |= AGEN_STARTED;
    g->h.flags |= GEN_AGEN_RUNNING;
    exc_restore(vm, op->value);
    *thrown = true;
    return 0;
}

bool agen_end(Vm *vm, AgenOp *op, AgenEvent event, Value v, Value *out)
{
    Gen *g = op->gen;
    unsigned mode = op->h.flags & AGEN_MODE;
    op->h.flags |= AGEN_FINISHED;
    g->h.flags &= (uint16_t)~GEN_AGEN_RUNNING;
    switch (event) {
    case AGEN_YIELDED:
        if (mode == AGEN_CLOSE) {
            raise_exc(vm, EXC_RuntimeError, "async generator ignored GeneratorExit");
            return false;
        }
        *out = v;
        return true;
    case AGEN_RETURNED:
        g->h.flags |= GEN_CLOSED;
        if (mode == AGEN_CLOSE) {
            *out = VALUE_NONE;
            return true;
        }
        raise_args(vm, EXC_StopAsyncIteration, 0, NULL);
        return false;
    case AGEN_RAISED:
        if (!exc_pending_is(vm, EXC_StopAsyncIteration) && !exc_pending_is(vm, EXC_GeneratorExit))
            return false;
        g->h.flags |= GEN_CLOSED;
        if (mode == AGEN_CLOSE) {
            exc_discard(vm);
            *out = VALUE_NONE;
            return true;
        }
        return false;
    }
    return false;
}
