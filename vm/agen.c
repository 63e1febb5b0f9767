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

int agen_begin(Vm *vm, AgenOp *op, bool *thrown, Value *out)
{
    Gen *g = op->gen;
    unsigned mode = op->h.flags & AGEN_MODE;
    *thrown = false;
    if (op->h.flags & AGEN_FINISHED) {
        raise_exc(vm, EXC_RuntimeError, "cannot reuse already awaited %s", mode == AGEN_SEND ?
                  "__anext__()/asend()" : "aclose()/athrow()");
        return -1;
    }
    if (g->h.flags & GEN_AGEN_RUNNING) {
        op->h.flags |= AGEN_FINISHED;
        raise_exc(vm, EXC_RuntimeError, "%s(): asynchronous generator is already running",
              mode == AGEN_SEND ? "anext" : op_name(op));
        return -1;
    }
    if (!(g->h.flags & GEN_HOOKS_DONE)) {
        g->h.flags |= GEN_HOOKS_DONE;
        if (vm->hooks.agen_first && !vm->hooks.agen_first(vm, g))
            return -1;
    }
    op->h.flags |= AGEN_STARTED;
    if (mode == AGEN_SEND) {
        if (g->f.state == GEN_FINISHED || (g->h.flags & GEN_CLOSED)) {
            op->h.flags |= AGEN_FINISHED;
            raise_args(vm, EXC_StopAsyncIteration, 0, NULL);
            return -1;
        }
        if (g->f.state == GEN_CREATED && !value_is_none(op->value)) {
            raise_exc(vm, EXC_TypeError, "can't send non-None value to a just-started async generator");
            return -1;
        }
        g->h.flags |= GEN_AGEN_RUNNING;
        return 0;
    }
    if (mode == AGEN_CLOSE) {
        if (g->f.state == GEN_CREATED)
            g->f.state = GEN_FINISHED;
        g->h.flags |= GEN_CLOSED;
        if (g->f.state == GEN_FINISHED) {
            op->h.flags |= AGEN_FINISHED;
            *out = VALUE_NONE;
            return 1;
        }
        op->value = exc_new_args(vm, vm->exc[EXC_GeneratorExit], 0, NULL);
        if (value_is_empty(op->value))
            return -1;
    } else if (g->f.state == GEN_FINISHED || (g->h.flags & GEN_CLOSED)) {
        op->h.flags |= AGEN_FINISHED;
        if (g->f.state == GEN_FINISHED && !(g->h.flags & GEN_CLOSED))
            exc_restore(vm, op->value);
        else
            raise_args(vm, EXC_StopAsyncIteration, 0, NULL);
        return -1;
    }
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
        g->h.flags |= GEN_CLOSED;
        if (mode == AGEN_CLOSE && (exc_pending_is(vm, EXC_StopAsyncIteration) || exc_pending_is(vm, EXC_GeneratorExit))) {
            exc_discard(vm);
            *out = VALUE_NONE;
            return true;
        }
        return false;
    }
    return false;
}
