/* SPDX-License-Identifier: MIT
 * Generators, coroutines and async generators as frames that stop and go on: chains (see frame.h), resuming from
 * C, throwing, closing. */
#include "vm/interp.h"

#include "vm/objects/str.h"

Gen *gen_new(Vm *vm, Func *func)
{
    Code *code = func->code;
    unsigned flags = 0;
    if (!code_ready(vm, code))
        return NULL;
    Type *type = vm->types.generator;
    if (code->flags & CODE_COROUTINE) {
        flags = code->flags & CODE_GENERATOR ? GEN_IS_ASYNC : GEN_IS_COROUTINE;
        type = flags == GEN_IS_ASYNC ? vm->types.async_generator : vm->types.coroutine;
    } else if (code->flags & CODE_ITERABLE_COROUTINE) {
        flags = GEN_ITERABLE_COROUTINE;
    }
    Gen *g = heap_alloc(vm, sizeof(Gen) + code->nregs * sizeof(Value), KIND_GEN, type->root_shape->id, 1);
    if (!g)
        return NULL;
    g->h.flags = (uint16_t)flags;
    g->f = (Frame){ .pc = code->instrs, .regs = g->regs, .code = code, .func = func, .flags = FRAME_HEAP,
                    .state = GEN_CREATED };
    g->exc = (ExcState){ VALUE_EMPTY, NULL };
    g->chain.leaf = g;
    g->f.length = 1;
    g->name = func->name;
    g->qualname = func->qualname;
    g->ext = VALUE_EMPTY;
    for (uint32_t i = 0; i < code->nregs; i++)
        g->regs[i] = VALUE_EMPTY;
    if (UNLIKELY(vm->hooks.coroutine_made != NULL) && flags == GEN_IS_COROUTINE)
        vm->hooks.coroutine_made(vm, g);
    return g;
}

Gen *gen_take(Vm *vm, Func *func)
{
    Code *code = func->code;
    Gen *g = code->spare;
    if (!g) {
        g = gen_new(vm, func);
        if (g)
            g->h.flags |= GEN_UNSEEN;
        return g;
    }
    code->spare = (Gen *)(void *)g->f.back;
    g->f = (Frame){ .pc = code->instrs, .regs = g->regs, .code = code, .func = func, .flags = FRAME_HEAP, .state = GEN_CREATED };
    g->h.flags = GEN_IS_COROUTINE | GEN_UNSEEN;
    g->exc = (ExcState){ VALUE_EMPTY, NULL };
    g->chain.leaf = g;
    g->f.length = 1;
    g->name = func->name;
    g->qualname = func->qualname;
    heap_touch(vm, g);
    return g;
}

void gen_give(Vm *vm, Gen *g)
{
    Code *code = g->f.code;
    for (uint32_t i = 0; i < code->nregs; i++)
        g->regs[i] = VALUE_EMPTY;
    g->f.back = (Frame *)(void *)code->spare;
    heap_set_ptr(vm, code, &code->spare, g);
}

Value frame_down(const Frame *f)
{
    if (f->state == GEN_CREATED || f->state == GEN_FINISHED || f->pc == f->code->instrs || f->pc[-1].op != OP_SEND)
        return VALUE_EMPTY;
    return f->regs[f->pc[-1].b];
}

/* The generator below f that a chain can go on in, NULL: f is the leaf. */
static Gen *chain_below(const Frame *f)
{
    Value down = frame_down(f);
    if (value_is_empty(down) || !value_is_obj(down))
        return NULL;
    Gen *inner = NULL;
    if (value_obj(down)->kind == KIND_GEN)
        inner = as_gen(down);
    else if (value_obj(down)->kind == KIND_AGEN_OP && (value_obj(down)->flags & (AGEN_STARTED | AGEN_FINISHED)) == AGEN_STARTED)
        inner = ((AgenOp *)value_obj(down))->gen;
    return inner && inner->f.state == GEN_SUSPENDED ? inner : NULL;
}

static Gen *chain_root_of(Gen *g)
{
    while (g->h.flags & GEN_DELEGATED)
        g = frame_gen(g->f.back);
    return g;
}

static void link_below(Vm *vm, Frame *outer, Gen *inner)
{
    Gen *o = frame_gen(outer);
    inner->f.back = outer;
    inner->h.flags |= GEN_DELEGATED;
    inner->chain.leaf = NULL;
    /* What is not handled in o is looked up further down; a root may be moved elsewhere, so it stays in the list. */
    bool skip = value_is_empty(o->exc.handled) && (o->h.flags & GEN_DELEGATED);
    inner->exc.prev = skip ? o->exc.prev : &o->exc;
    (void)vm;
}

/* The leaf of a suspended chain, by the links that the frames hold; they are made good on the way. */
static Gen *chain_walk(Vm *vm, Gen *g, uint32_t *length)
{
    uint32_t n = 1;
    for (Gen *inner; (inner = chain_below(&g->f)) != NULL; g = inner, n++) {
        if (inner->h.flags & GEN_DELEGATED) {
            Gen *root = chain_root_of(inner);
            if (root->f.state == GEN_RUNNING)
                break;
            if (inner->f.back != &g->f)
                root->chain.leaf = NULL;
        } else if (inner->f.state == GEN_RUNNING) {
            break;
        }
        link_below(vm, &g->f, inner);
    }
    *length = n;
    return g;
}

bool chain_detach(Vm *vm, Gen *gen)
{
    Gen *root = chain_root_of(gen);
    if (root->f.state == GEN_RUNNING) {
        raise_exc(vm, EXC_ValueError, "%s already executing", gen->h.flags & GEN_IS_COROUTINE ? "coroutine"
              : gen->h.flags & GEN_IS_ASYNC ? "async generator" : "generator");
        return false;
    }
    if (root != gen) {
        root->chain.leaf = NULL;
        gen->h.flags &= (uint16_t)~GEN_DELEGATED;
        gen->chain.leaf = NULL;
    }
    return true;
}

static bool chain_depth_ok(Vm *vm, uint32_t length)
{
    if (LIKELY(vm->strand->depth + length <= vm->strand->depth_limit))
        return true;
    raise_exc(vm, EXC_RecursionError, "maximum recursion depth exceeded");
    return false;
}

Frame *chain_enter(Vm *vm, Gen *root)
{
    Strand *s = vm->strand;
    Gen *leaf = root->chain.leaf;
    uint32_t length = root->f.length;
    if (UNLIKELY(!leaf))
        leaf = chain_walk(vm, root, &length);
    if (UNLIKELY(!chain_depth_ok(vm, length))) {
        root->chain.leaf = NULL;
        return NULL;
    }
    root->chain.outer_root = s->root;
    s->root = root;
    root->f.length = s->depth;
    s->depth += length;
    root->exc.prev = s->exc_state;
    s->exc_state = &leaf->exc;
    if (root->f.state == GEN_CREATED) {
        root->f.state = GEN_RUNNING;
        return &root->f;
    }
    root->f.state = GEN_RUNNING;
    return &leaf->f;
}

Frame *chain_link(Vm *vm, Frame *f, Gen *inner)
{
    Strand *s = vm->strand;
    uint32_t length = 1;
    Gen *leaf = inner;
    if (inner->f.state == GEN_SUSPENDED) {
        leaf = inner->chain.leaf;
        length = inner->f.length;
        if (!leaf)
            leaf = chain_walk(vm, inner, &length);
    }
    if (UNLIKELY(!chain_depth_ok(vm, length)))
        return NULL;
    link_below(vm, f, inner);
    heap_touch(vm, frame_gen(f));
    s->depth += length;
    s->exc_state = &leaf->exc;
    return &leaf->f;
}

Frame *chain_suspend(Vm *vm, Frame *leaf)
{
    Strand *s = vm->strand;
    Gen *root = s->root;
    s->root = root->chain.outer_root;
    root->chain.leaf = frame_gen(leaf);
    uint32_t before = root->f.length;
    root->f.length = s->depth - before;
    s->depth = before;
    s->exc_state = root->exc.prev;
    root->f.state = GEN_SUSPENDED;
    heap_touch(vm, frame_gen(leaf));
    return &root->f;
}

Frame *chain_leave(Vm *vm, Frame *f, bool over)
{
    Strand *s = vm->strand;
    Gen *g = frame_gen(f);
    f->state = over ? GEN_FINISHED : GEN_SUSPENDED;
    if (over && (f->flags & FRAME_OBJECT))
        frame_detach(vm, f);
    s->depth--;
    Frame *back = f->back;
    if (g == s->root) {
        s->root = g->chain.outer_root;
        s->exc_state = g->exc.prev;
    } else {
        s->exc_state = &frame_gen(back)->exc;
        g->h.flags &= (uint16_t)~GEN_DELEGATED;
    }
    g->chain.leaf = g;
    g->f.length = 1;
    heap_touch(vm, g);
    return back;
}

void gen_convert_exception(Vm *vm, Gen *gen)
{
    bool async = gen->h.flags & GEN_IS_ASYNC;
    const char *what = exc_pending_is(vm, EXC_StopIteration) ? "StopIteration"
                     : async && exc_pending_is(vm, EXC_StopAsyncIteration) ? "StopAsyncIteration" : NULL;
    if (!what)
        return;
    const char *who = async ? "async generator" : gen->h.flags & GEN_IS_COROUTINE ? "coroutine" : "generator";
    Value old = exc_take(vm);
    raise_exc(vm, EXC_RuntimeError, "%s raised %s", who, what);
    Value now = exc_take(vm);
    if (is_exc(now) && !value_same(now, vm->memory_error)) {
        Exc *e = as_exc(now);
        heap_set(vm, e, &e->cause, old);
        heap_set(vm, e, &e->context, old);
        e->suppress_context = 1;
    }
    exc_restore(vm, now);
}

void gen_raise_thrown(Vm *vm, Gen *gen, Value exc)
{
    ExcState *outer = gen->exc.prev;
    gen->exc.prev = NULL;
    raise_value(vm, exc);
    gen->exc.prev = outer;
}

/* ---- from C ---- */

static GenStatus run_chain(Vm *vm, Gen *gen, Frame *at, Value *out)
{
    Strand *s = vm->strand;
    gen->f.back = s->top;
    gen->f.flags |= FRAME_ENTRY;
    *out = interp_run(vm, at);
    gen->f.flags &= (uint8_t)~FRAME_ENTRY;
    return value_is_empty(*out) ? GEN_RAISED : (GenStatus)s->status;
}

GenStatus gen_resume(Vm *vm, Gen *gen, Value sent, Value *out)
{
    *out = VALUE_EMPTY;
    if (!chain_detach(vm, gen))
        return GEN_RAISED;
    if (gen->f.state == GEN_FINISHED) {
        if (gen->h.flags & GEN_IS_COROUTINE) {
            raise_exc(vm, EXC_RuntimeError, "cannot reuse already awaited coroutine");
            return GEN_RAISED;
        }
        *out = VALUE_NONE;
        return GEN_RETURNED;
    }
    if (gen->f.state == GEN_CREATED && !value_is_none(sent)) {
        raise_exc(vm, EXC_TypeError, "can't send non-None value to a just-started %s",
              gen->h.flags & GEN_IS_COROUTINE ? "coroutine" : gen->h.flags & GEN_IS_ASYNC ? "async generator" : "generator");
        return GEN_RAISED;
    }
    bool created = gen->f.state == GEN_CREATED;
    Frame *leaf = chain_enter(vm, gen);
    if (!leaf)
        return GEN_RAISED;
    if (!created)
        frame_deliver(leaf, sent);
    return run_chain(vm, gen, leaf, out);
}

/* ---- a native takes all ---- */

typedef enum FeedEnd { FEED_GOES_ON, FEED_STOPPED, FEED_OVER, FEED_FAILED } FeedEnd;

typedef struct Feed {
    struct Feed *outer;
    bool (*fn)(Vm *vm, Value item, void *ud);
    void *ud;
    FeedEnd end;
} Feed;

/* Enter a generator that is suspended, for gen_each(). NULL: feed->end says why not. */
static Frame *feed_enter(Vm *vm, Feed *feed, Gen *gen)
{
    if (!chain_detach(vm, gen)) {
        feed->end = FEED_FAILED;
        return NULL;
    }
    if (gen->f.state == GEN_FINISHED) {
        feed->end = FEED_OVER;
        return NULL;
    }
    bool created = gen->f.state == GEN_CREATED;
    Frame *leaf = chain_enter(vm, gen);
    if (!leaf) {
        feed->end = FEED_FAILED;
        return NULL;
    }
    if (!created)
        frame_deliver(leaf, VALUE_NONE);
    gen->f.back = vm->strand->top;
    gen->f.flags |= FRAME_ENTRY | FRAME_FED;
    return leaf;
}

/* What happens between two items is what happens when gen_resume() returns and is called again: fn may run script, which may
 * use the generator. */
Frame *gen_fed(Vm *vm, Gen *root, Value item)
{
    Feed *feed = vm->strand->feed;
    root->f.flags &= (uint8_t)~(FRAME_ENTRY | FRAME_FED);
    if (!feed->fn(vm, item, feed->ud)) {
        feed->end = FEED_STOPPED;
        return NULL;
    }
    Strand *s = vm->strand;
    if (UNLIKELY(root->f.state != GEN_SUSPENDED || root->chain.leaf != root || root->h.flags & GEN_DELEGATED ||
                 s->depth >= s->depth_limit))
        return feed_enter(vm, feed, root);
    /* As feed_enter() would go on: one alone, and nobody has touched it. */
    root->chain.outer_root = s->root;
    s->root = root;
    root->f.length = s->depth++;
    root->exc.prev = s->exc_state;
    s->exc_state = &root->exc;
    root->f.state = GEN_RUNNING;
    frame_deliver(&root->f, VALUE_NONE);
    root->f.flags |= FRAME_ENTRY | FRAME_FED;
    root->f.back = s->top;
    return &root->f;
}

bool gen_each(Vm *vm, Gen *gen, bool (*fn)(Vm *vm, Value item, void *ud), void *ud)
{
    Strand *s = vm->strand;
    Feed feed = { s->feed, fn, ud, FEED_GOES_ON };
    s->feed = &feed;
    Frame *leaf = feed_enter(vm, &feed, gen);
    if (leaf) {
        Value v = interp_run(vm, leaf);
        gen->f.flags &= (uint8_t)~(FRAME_ENTRY | FRAME_FED);
        if (feed.end == FEED_GOES_ON)
            feed.end = value_is_empty(v) ? FEED_FAILED : FEED_OVER;
    }
    s->feed = feed.outer;
    return feed.end == FEED_OVER;
}

void gen_end_created(Vm *vm, Gen *gen)
{
    Frame *top = vm->strand->top;
    gen->f.back = top;
    vm->strand->top = &gen->f;
    bool ok = traceback_add(vm, &gen->f);
    vm->strand->top = top;
    if (ok && is_exc(vm->strand->exc) && is_traceback(as_exc(vm->strand->exc)->traceback)) {
        Traceback *tb = as_traceback(as_exc(vm->strand->exc)->traceback);
        tb->line = gen->f.code->first_line;     /* where its def stands, not the first line of the body */
        tb->at = UINT32_MAX;
    }
    if (gen->f.flags & FRAME_OBJECT)
        frame_detach(vm, &gen->f);
    gen->f.state = GEN_FINISHED;        /* a StopIteration stays one: none of the body ran */
}

/* A generator that never ran ends by the exception. */
static GenStatus throw_created(Vm *vm, Gen *gen, Value exc)
{
    exc_restore(vm, exc);
    gen_end_created(vm, gen);
    return GEN_RAISED;
}

enum { THROWN_NOT, THROWN_YIELDED, THROWN_RETURNED, THROWN_RAISED, THROWN_UNASKED };

static int close_iterator(Vm *vm, Value it)
{
    Value close = attr_get_opt(vm, it, vm->names.close);
    if (value_is_empty(close)) {
        if (vm_pending(vm) && vm->hooks.unraisable)
            vm->hooks.unraisable(vm, exc_take(vm), NULL, it);
        else if (vm_pending(vm))
            exc_discard(vm);
        return THROWN_NOT;
    }
    return value_is_empty(op_call0(vm, close)) ? THROWN_RAISED : THROWN_NOT;
}

/* The same of an object that is awaited without an iterator. */
static int throw_to_native(Vm *vm, Value v, Value exc, Value *out)
{
    bool (*hook)(Vm *, Obj *, Value, Value *) = type_of(vm, v)->layout->thrown;
    if (!hook)
        return THROWN_NOT;
    if (!hook(vm, value_obj(v), exc, out))
        return THROWN_YIELDED;
    if (!value_is_empty(*out))
        return THROWN_RETURNED;
    if (!value_same(vm->strand->exc, exc))
        return THROWN_RAISED;
    exc_discard(vm);
    return THROWN_NOT;
}

/* The leaf waits in `await x` or `yield from x` for an iterator that is no generator: it gets the exception
 * first, as it was given to throw(). THROWN_NOT: throw it into the frame; _UNASKED: that there is a throw() could
 * not be found out, the frame goes on waiting. */
static int throw_to_iterator(Vm *vm, Frame *leaf, const Thrown *t, Value *out)
{
    Value it = frame_down(leaf);
    if (value_is_empty(it) || !value_is_obj(it) || value_obj(it)->kind == KIND_GEN)
        return THROWN_NOT;
    if (type_of(vm, it)->layout->await)
        return throw_to_native(vm, it, t->exc, out);
    if (exc_matches(vm, t->exc, vm->exc[EXC_GeneratorExit]))
        return close_iterator(vm, it);
    Value meth = attr_get_opt(vm, it, vm->names.throw_), stop = t->exc;
    if (vm_pending(vm))
        return THROWN_UNASKED;
    if (!value_is_empty(meth)) {
        *out = op_call(vm, meth, t->count, t->given);
        if (!value_is_empty(*out))
            return THROWN_YIELDED;
        if (!exc_pending_is(vm, EXC_StopIteration))
            return THROWN_RAISED;
        stop = exc_take(vm);
    } else if (!exc_matches(vm, stop, vm->exc[EXC_StopIteration])) {
        return THROWN_NOT;
    }           /* else: as if the iterator had ended by it */
    *out = as_exc(stop)->extra[EXTRA_STOP_VALUE];
    if (value_is_empty(*out))
        *out = VALUE_NONE;
    return THROWN_RETURNED;
}

/* GeneratorExit closes what the generator delegates to before it is raised in the generator itself. */
static bool close_below(Vm *vm, Gen *gen)
{
    Value down = frame_down(&gen->f);
    if (!is_gen(down))
        return true;
    gen->f.state = GEN_RUNNING;
    if (as_gen(down)->h.flags & GEN_DELEGATED && as_gen(down)->f.back == &gen->f)
        as_gen(down)->h.flags &= (uint16_t)~GEN_DELEGATED;
    as_gen(down)->chain.leaf = NULL;
    bool ok = vm_stack_ok(vm, "") && gen_close(vm, as_gen(down));
    gen->f.state = GEN_SUSPENDED;
    gen->chain.leaf = gen;
    gen->f.length = 1;
    return ok;
}

GenStatus gen_throw(Vm *vm, Gen *gen, Value exc, Value *out)
{
    Thrown t = { .exc = exc, .count = 1, .given = { exc } };
    return gen_throw_given(vm, gen, &t, out);
}

GenStatus gen_throw_given(Vm *vm, Gen *gen, const Thrown *t, Value *out)
{
    Value exc = t->exc;
    *out = VALUE_EMPTY;
    if (!chain_detach(vm, gen))
        return GEN_RAISED;
    if (gen->f.state == GEN_CREATED)
        return throw_created(vm, gen, exc);
    if (gen->f.state == GEN_FINISHED) {
        if (gen->h.flags & GEN_IS_COROUTINE)
            raise_exc(vm, EXC_RuntimeError, "cannot reuse already awaited coroutine");
        else
            exc_restore(vm, exc);
        return GEN_RAISED;
    }
    bool closing = exc_matches(vm, exc, vm->exc[EXC_GeneratorExit]);
    bool close_failed = closing && !close_below(vm, gen);
    Frame *leaf = chain_enter(vm, gen);
    if (!leaf)
        return GEN_RAISED;
    if (close_failed)           /* what the inner close raised is raised here instead */
        return run_chain(vm, gen, leaf, out);
    Frame *top = vm->strand->top;
    gen->f.back = top;
    vm->strand->top = leaf;
    int how = throw_to_iterator(vm, leaf, t, out);
    vm->strand->top = top;
    if (how == THROWN_YIELDED || how == THROWN_UNASKED) {
        chain_suspend(vm, leaf);
        return how == THROWN_YIELDED ? GEN_YIELDED : GEN_RAISED;
    }
    if (how == THROWN_RETURNED)
        leaf->regs[leaf->pc[-1].a] = *out;
    else if (how == THROWN_NOT)
        gen_raise_thrown(vm, gen, exc);
    return run_chain(vm, gen, leaf, out);
}

/* The generator waits for another one alone: what is below is on its own. */
static Gen *cut_below(Vm *vm, Gen *gen)
{
    Value down = frame_down(&gen->f);
    if (gen->f.state != GEN_SUSPENDED || !is_gen(down))
        return NULL;
    Gen *inner = as_gen(down);
    if (inner->h.flags & GEN_DELEGATED && inner->f.back == &gen->f)
        inner->h.flags &= (uint16_t)~GEN_DELEGATED;
    inner->chain.leaf = NULL;
    (void)vm;
    return inner;
}

GenStatus gen_throw_refused(Vm *vm, Gen *gen, const Thrown *t, Value *out)
{
    *out = VALUE_EMPTY;
    if (!chain_detach(vm, gen) || !vm_stack_ok(vm, ""))
        return GEN_RAISED;
    Gen *inner = cut_below(vm, gen);
    if (!inner) {
        Value down = gen->f.state == GEN_SUSPENDED ? frame_down(&gen->f) : VALUE_EMPTY;
        Value meth = value_is_empty(down) ? down : attr_get_opt(vm, down, vm->names.throw_);
        if (!value_is_empty(meth))
            return gen_throw_given(vm, gen, t, out);
        if (!vm_pending(vm))
            exc_restore(vm, t->exc);
        return GEN_RAISED;
    }
    gen->f.state = GEN_RUNNING;
    GenStatus status = gen_throw_refused(vm, inner, t, out);
    gen->f.state = GEN_SUSPENDED;
    gen->chain.leaf = NULL;
    if (status == GEN_YIELDED)
        return status;
    gen->chain.leaf = gen;
    gen->f.length = 1;
    Frame *leaf = chain_enter(vm, gen);
    if (!leaf)
        return GEN_RAISED;
    if (status != GEN_RAISED)
        leaf->regs[leaf->pc[-1].a] = *out;
    return run_chain(vm, gen, leaf, out);
}

bool gen_close(Vm *vm, Gen *gen)
{
    Value v;
    return gen_close_value(vm, gen, &v);
}

bool gen_close_value(Vm *vm, Gen *gen, Value *value)
{
    *value = VALUE_NONE;
    if (gen->f.state == GEN_FINISHED)
        return true;
    if (gen->f.state == GEN_CREATED) {
        gen->f.state = GEN_FINISHED;
        return true;
    }
    Value exc = exc_new_args(vm, vm->exc[EXC_GeneratorExit], 0, NULL), handled = exc_handled(vm), out;
    if (value_is_empty(exc))
        return false;
    if (is_exc(handled))
        heap_set(vm, as_exc(exc), &as_exc(exc)->context, handled);
    switch (gen_throw(vm, gen, exc, &out)) {
    case GEN_YIELDED:
        raise_exc(vm, EXC_RuntimeError, "%s ignored GeneratorExit", gen->h.flags & GEN_IS_COROUTINE ? "coroutine"
              : gen->h.flags & GEN_IS_ASYNC ? "async generator" : "generator");
        return false;
    case GEN_RETURNED:
        *value = out;
        return true;
    case GEN_RAISED:
        if (!exc_pending_is(vm, EXC_GeneratorExit) && !exc_pending_is(vm, EXC_StopIteration))
            return false;
        exc_discard(vm);
    }
    return true;
}
