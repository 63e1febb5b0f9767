/* SPDX-License-Identifier: MIT
 * Finalisation: which dead objects have something to say first. Script never runs inside the collector: what
 * must run is kept alive once more, queued, and run at the next checkpoint. */
#include "vm/error.h"
#include "vm/heap/state.h"
#include "vm/ops.h"
#include "vm/type.h"

/* ---- finding them ---- */
/* Would closing the frame do anything? It runs finally blocks, and the close() of what it delegates to. */
static bool wants_close(const Frame *f)
{
    uint32_t at = frame_at(f);
    Value down = frame_down(f);
    if (!value_is_empty(down) && is_instance(down))
        return true;
    for (uint32_t i = 0; i < f->code->nhandlers; i++)
        if (f->code->handlers[i].start <= at && at < f->code->handlers[i].end)
            return true;
    return false;
}

/* The root of a chain closes the others on its way, innermost first. */
static Gen *chain_root(Gen *g)
{
    while (g->h.flags & GEN_DELEGATED && g->f.back && g->f.back->flags & FRAME_HEAP)
        g = frame_gen(g->f.back);
    return g;
}

static bool agen_wants_hook(const Vm *vm, const Gen *g)
{
    return g->h.flags & GEN_IS_ASYNC && g->h.flags & GEN_HOOKS_DONE && !(g->h.flags & GEN_CLOSED) && vm->hooks.agen_finalize;
}

static Obj *gen_wants(Vm *vm, Gen *g)
{
    if (g->f.state == GEN_CREATED) {
        bool tell = g->h.flags & GEN_IS_COROUTINE && !(g->h.flags & GEN_REPORTED) && vm->hooks.coroutine_unawaited;
        return tell ? &g->h : NULL;
    }
    if (g->f.state != GEN_SUSPENDED)
        return NULL;
    if (agen_wants_hook(vm, g))
        return &g->h;
    return wants_close(&g->f) ? &chain_root(g)->h : NULL;
}

static bool object_wants(Vm *vm, Obj *o)
{
    const Type *t = vm->shapes[o->shape]->type;
    if (o->kind == KIND_EXT && t->layout->finalize)
        vm->heap.state->to_release = true;
    return t->flags & TYPE_HAS_DEL || (o->kind == KIND_EXT && t->layout->last_word && t->layout->wants_last_word(vm, o));
}

/* The object to queue for a dead one, or NULL. */
static Obj *wants(Vm *vm, Obj *o)
{
    Obj *who = NULL;
    if (o->kind == KIND_GEN)
        who = gen_wants(vm, (Gen *)o);
    else if (o->kind > KIND_SHAPE && object_wants(vm, o))
        who = o;
    return who && !(who->flags & OBJ_FINALIZED) ? who : NULL;
}

/* Has its death, or what may become of it until then, no consequences? Most that die have none. */
static inline bool dies_quietly(Vm *vm, const Obj *o)
{
    if (o->kind == KIND_GEN)
        return ((const Gen *)o)->f.state == GEN_FINISHED;
    if (o->kind <= KIND_SHAPE)
        return true;
    if (o->kind != KIND_EXT)
        return false;
    const Type *t = vm->shapes[o->shape]->type;
    return t->layout->quiet && !(t->flags & TYPE_HAS_DEL) && t->layout->quiet(o);
}

/* ---- walking the finalizable cells that were not marked ---- */
typedef void (*DeadFn)(Marker *m, Obj *o);

static inline bool is_unmarked(const Marker *m, const Obj *o)
{
    return o->kind != KIND_FREE && (o->gc & GC_MARK) != m->live;
}

static void each_dead_in(Marker *m, Block *b, DeadFn fn, bool late)
{
    if (b->marked[m->side] == b->ncells)
        return;
    for (uint32_t i = 0; i < b->ncells; i++) {
        Obj *o = block_cell(b, i);
        bool looked_at = !late || o->kind == KIND_INSTANCE || (o->kind > KIND_SHAPE && o->flags & OBJ_SUBCLASS);
        if (looked_at && is_unmarked(m, o) && !cell_is_dead(m->vm, b, o))
            fn(m, o);
    }
}

/* Blocks with young cells are walked at the end of each collection. The others a full one has looked through already. */
static void each_dead_of(Marker *m, const BlockClass *c, DeadFn fn, bool late)
{
    for (Block *b = c->young; b; b = b->next_listed)
        each_dead_in(m, b, fn, late);
    for (Block *b = m->young || !(late || m->st->candidates_lost) ? NULL : c->blocks; b; b = b->next)
        if (b->state != BLOCK_YOUNG)
            each_dead_in(m, b, fn, late);
}

static void each_dead_large(Marker *m, Large **all, size_t n, DeadFn fn)
{
    for (size_t i = 0; i < n && m->st->nfinal_larges; i++)
        if (all[i]->finalizable && is_unmarked(m, large_obj(all[i])))
            fn(m, large_obj(all[i]));
}

static void each_dead(Marker *m, DeadFn fn)
{
    HeapState *st = m->st;
    for (size_t cls = 0; cls < HEAP_CLASSES; cls++)
        each_dead_of(m, &st->classes[cls][1], fn, false);
    each_dead_large(m, st->newer, st->nnewer, fn);
    if (!m->young)
        each_dead_large(m, st->larges, st->nlarges, fn);
    for (size_t i = 0; i < st->ncandidates && !st->candidates_lost; i++)
        if (is_unmarked(m, st->candidates[i]) && block_of(st->candidates[i])->state != BLOCK_YOUNG)
            fn(m, st->candidates[i]);
}

static void note_candidate(Marker *m, Obj *o)
{
    HeapState *st = m->st;
    if (dies_quietly(m->vm, o))
        return;
    if (array_reserve(&st->host, (void **)&st->candidates, &st->candidates_cap, st->ncandidates + 1, sizeof *st->candidates))
        st->candidates[st->ncandidates++] = o;
    else
        st->candidates_lost = true;
}

bool finalize_look(Marker *m)
{
    HeapState *st = m->st;
    for (; st->look_at < HEAP_CLASSES; st->look_at++) {
        BlockClass *c = &st->classes[st->look_at][1];
        if (!c->next)
            c->next = c->blocks;
        for (; c->next; c->next = c->next->next) {
            if (mark_is_over(m))
                return false;
            m->work += c->next->marked[m->side] == c->next->ncells ? 8 : c->next->ncells;
            if (c->next->state != BLOCK_YOUNG)
                each_dead_in(m, c->next, note_candidate, false);
        }
    }
    return true;
}

static void queue_dead(Marker *m, Obj *o)
{
    HeapState *st = m->st;
    if (dies_quietly(m->vm, o))
        return;
    Obj *who = wants(m->vm, o);
    if (o->kind == KIND_EXT && m->vm->shapes[o->shape]->type->layout->died)
        m->vm->shapes[o->shape]->type->layout->died(m->vm, o);
    if (!who)
        return;
    if (!array_reserve(&st->host, (void **)&st->finalize, &st->finalize_cap, st->finalize_len + 1,
                       sizeof *st->finalize)) {
        mark_obj(m, who);       /* no memory: kept for the next collection */
        return;
    }
    who->flags |= OBJ_FINALIZED;
    st->finalize[st->finalize_len++] = who;
}

static void release_dead(Marker *m, Obj *o)
{
    if (o->kind != KIND_EXT)
        return;
    const TypeLayout *layout = m->vm->shapes[o->shape]->type->layout;
    if (layout && layout->finalize)
        layout->finalize(m->vm, o);
}

/* What no other queued object holds comes first, as it would by reference counts. */
static void order_queue(Marker *m, size_t from)
{
    HeapState *st = m->st;
    for (size_t i = from; i < st->finalize_len; i++)
        mark_children(m, st->finalize[i]);
    mark_drain_all(m);
    size_t top = from;
    for (size_t i = from; i < st->finalize_len; i++) {
        Obj *o = st->finalize[i];
        if ((o->gc & GC_MARK) == m->live)
            continue;
        memmove(&st->finalize[top + 1], &st->finalize[top], (i - top) * sizeof *st->finalize);
        st->finalize[top++] = o;
    }
    for (size_t i = from; i < st->finalize_len; i++)
        mark_obj(m, st->finalize[i]);
    mark_drain_all(m);
}

void finalize_dead(Marker *m)
{
    HeapState *st = m->st;
    if (st->finalize_at == st->finalize_len)
        st->finalize_at = st->finalize_len = 0;
    size_t from = st->finalize_len;
    st->to_release = false;
    each_dead(m, queue_dead);
    for (size_t cls = 0; cls < HEAP_CLASSES && st->late_del; cls++)
        each_dead_of(m, &st->classes[cls][0], queue_dead, true);
    order_queue(m, from);
    if (st->finalize_len > st->finalize_at)
        vm_attend(m->vm, ATTENTION_FINALIZE);
    if (st->to_release)
        each_dead(m, release_dead);
    st->ncandidates = 0;
    st->candidates_lost = false;
}

void heap_look_again(Vm *vm)
{
    vm->heap.state->candidates_lost = true;
}

void heap_late_finalizers(Vm *vm)
{
    vm->heap.state->late_del = true;
    vm->heap.state->candidates_lost = true;
}

static bool any_large_wants(Vm *vm, Large **all, size_t n)
{
    const HeapState *st = vm->heap.state;
    for (size_t i = 0; i < n && st->nfinal_larges; i++)
        if (!large_is_dead(st, all[i]) && all[i]->finalizable && wants(vm, large_obj(all[i])))
            return true;
    return false;
}

/* What is known to be dead was asked before. */
bool heap_has_last_words(Vm *vm)
{
    HeapState *st = vm->heap.state;
    if (st->finalize_len > st->finalize_at || st->late_del || weak_has_callback(st))
        return true;
    for (size_t cls = 0; cls < HEAP_CLASSES; cls++)
        for (Block *b = st->classes[cls][1].blocks; b; b = b->next)
            for (uint32_t i = 0; i < b->ncells; i++) {
                Obj *o = block_cell(b, i);
                if (o->kind != KIND_FREE && !cell_is_dead(vm, b, o) && !dies_quietly(vm, o) && wants(vm, o))
                    return true;
            }
    return any_large_wants(vm, st->larges, st->nlarges) || any_large_wants(vm, st->newer, st->nnewer);
}

/* ---- running them ---- */
static void run_del(Vm *vm, Value o)
{
    bool missing = false;
    Value r = op_call_special(vm, o, SPECIAL_DEL, 0, NULL, &missing);
    if (!value_is_empty(r) || missing)
        return;
    Value exc = exc_take(vm), del = type_special(type_of(vm, o), SPECIAL_DEL);
    if (vm->hooks.unraisable && !value_is_empty(exc))
        vm->hooks.unraisable(vm, exc, NULL, value_is_empty(del) ? o : del);
}

static void run_object(Vm *vm, Obj *o)
{
    const Type *t = vm->shapes[o->shape]->type;
    if (t->flags & TYPE_HAS_DEL)
        run_del(vm, value_from_obj(o));
    if (o->kind == KIND_EXT && t->layout->last_word && t->layout->wants_last_word(vm, o))
        t->layout->last_word(vm, o);
}

static void run_gen(Vm *vm, Gen *g)
{
    if (g->f.state == GEN_CREATED && g->h.flags & GEN_IS_COROUTINE) {
        g->h.flags |= GEN_REPORTED;
        if (vm->hooks.coroutine_unawaited)
            vm->hooks.coroutine_unawaited(vm, g);
    } else if (agen_wants_hook(vm, g)) {
        vm->hooks.agen_finalize(vm, g);
    } else if (!gen_close(vm, g)) {
        Value exc = exc_take(vm);
        if (vm->hooks.unraisable && !value_is_empty(exc))
            vm->hooks.unraisable(vm, exc, NULL, value_from_obj(g));
    }
    exc_discard(vm);
}

/* The callback of a weak reference whose target died. */
static void run_weak(Vm *vm, WeakRef *r)
{
    Value callback = r->callback;
    r->callback = VALUE_EMPTY;
    if (!value_is_empty(op_call1(vm, callback, value_from_obj(r))))
        return;
    Value exc = exc_take(vm);
    if (vm->hooks.unraisable && !value_is_empty(exc))
        vm->hooks.unraisable(vm, exc, NULL, callback);
}

size_t heap_finalizers_queued(const Vm *vm)
{
    const HeapState *st = vm->heap.state;
    return st->finalize_len - st->finalize_at;
}

void heap_run_finalizers(Vm *vm)
{
    HeapState *st = vm->heap.state;
    if (st->finalizing)
        return;         /* the outer call goes on */
    st->finalizing = true;
    Value pending = exc_take(vm);
    while (st->finalize_at < st->finalize_len) {
        Obj *o = st->finalize[st->finalize_at++];
        if (o->kind == KIND_GEN)
            run_gen(vm, (Gen *)o);
        else if (o->kind == KIND_WEAKREF && !((WeakRef *)o)->target && !value_is_empty(((WeakRef *)o)->callback))
            run_weak(vm, (WeakRef *)o);
        else
            run_object(vm, o);
    }
    if (!value_is_empty(pending))
        exc_restore(vm, pending);
    st->finalizing = false;
}
