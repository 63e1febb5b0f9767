/* SPDX-License-Identifier: MIT
 * Marking: an explicit stack, and what each kind of cell holds.
 *
 * When the stack cannot grow, what did not fit stays marked but unscanned, and the heap is walked for such
 * objects: slow, but it needs no memory. Long runs of values are scanned in pieces, so that the stack does not
 * grow with the length of a list, and that marking can pause in the midst of one. */
#include "vm/heap/state.h"

#ifndef NDEBUG
#include <stdio.h>
#include <stdlib.h>
#endif

#include "vm/objects/str.h"
#include "vm/type.h"

#ifdef NDEBUG
#define RUN_PIECE 128u
#else
#define RUN_PIECE 8u            /* more pauses in the midst of a run */
#endif
#define RELIEVE_AT 1024u
#define PREFETCH 6u

/* ---- the stack ---- */
static NOINLINE bool stack_grow(Marker *m)
{
    size_t cap = m->cap * 2;
    MarkItem *p = mem_resize(&m->st->host, m->stack, m->cap * sizeof *p, cap * sizeof *p);
    if (!p)
        return false;
    m->stack = p;
    m->cap = cap;
    return true;
}

static inline void push(Marker *m, Obj *o)
{
    if (UNLIKELY(m->len == m->cap) && !stack_grow(m)) {
        m->overflow = true;
        return;
    }
    m->stack[m->len++] = (MarkItem){ o, 0 };
}

/* ---- one object ---- */
#ifdef NDEBUG
#define verify_bit(m, o) true
#else
static const char *describe(Marker *m, const Obj *o, char *buf, size_t size)
{
    static const char *const kinds[] = {
#define KIND(NAME, Struct) #NAME,
#include "vm/kinds.def"
    };
    const Shape *s = o && o->kind > KIND_SHAPE && o->shape ? m->vm->shapes[o->shape] : NULL;
    snprintf(buf, size, "%s %.50s", o ? kinds[o->kind] : "root", s && s->type ? str_data(as_str(s->type->name)) : "");
    return buf;
}

/* In the verifier: a store that the barrier was not told of shows here. */
static bool verify_bit(Marker *m, Obj *o)
{
    if ((o->gc & GC_MARK) != m->live) {
        char child[80], parent[80];
        fprintf(stderr, "collector: %s is held by old %s, which was not told of it\n",
                describe(m, o, child, sizeof child), describe(m, m->parent, parent, sizeof parent));
        abort();
    }
    if ((o->gc & GC_SEEN) == m->st->seen)
        return false;
    o->gc = (uint8_t)((o->gc & ~GC_SEEN) | m->st->seen);
    return true;
}
#endif

static inline bool mark_bit(Marker *m, Obj *o)
{
    if (marker_verifies(m))
        return verify_bit(m, o);
    if ((o->gc & GC_MARK) == m->live)
        return false;
    o->gc = (uint8_t)((o->gc & ~GC_MARK) | m->live | GC_BARRIER);
    if (LIKELY(!(o->gc & GC_LARGE)))
        block_of(o)->marked[m->side]++;
    return true;
}

/* Buffers: what they hold is scanned by their owner, which knows how much of it is in use. True: newly marked. */
static inline bool mark_buffer(Marker *m, void *buf) { return buf && mark_bit(m, buf); }

static inline void mark_inline(Marker *m, Obj *o);

static inline void mark_str(Marker *m, const Str *s)
{
    if (s->h.flags & STR_BUFFERED || (s->u.index && !(s->h.flags & STR_ASCII)))
        mark_inline(m, &s->u.buf->h);
}

static inline void mark_inline(Marker *m, Obj *o)
{
    if (!mark_bit(m, o))
        return;
    switch (o->kind) {
    case KIND_STR: mark_str(m, (Str *)o); break;
    case KIND_BYTES: case KIND_INT: case KIND_FLOAT: case KIND_COMPLEX: case KIND_RAW:
        break;
    default:
        push(m, o);
        return;
    }
    if (UNLIKELY(o->flags & OBJ_SUBCLASS))
        push(m, o);
}

static inline void mark_v(Marker *m, Value v)
{
    if (value_is_obj(v) && v.bits)
        mark_inline(m, value_obj(v));
}

void mark_obj(Marker *m, const void *obj)
{
    m->work++;
    if (UNLIKELY(m->visit)) {
        if (obj)
            m->visit(m->visit_ud, value_from_obj(obj));
        return;
    }
    if (obj)
        mark_inline(m, (Obj *)(uintptr_t)obj);
}

void mark_value(Marker *m, Value v)
{
    m->work++;
    if (UNLIKELY(m->visit) && v.bits)
        m->visit(m->visit_ud, v);
    else
        mark_v(m, v);
}

void mark_again(Marker *m, void *obj)
{
    if (!m->visit)
        push(m, obj);
}

bool mark_sees_all(const Marker *m)
{
    return marker_verifies(m);
}

/* ---- runs ---- */
static void scan_piece(Marker *m, void *p, size_t n, size_t what)
{
    if (what == MARK_RUN_VALUES) {
        /* The objects lie anywhere: the next ones are on their way while this one is looked at. */
        const Value *v = p;
        for (size_t i = 0; i + PREFETCH < n; i++) {
            __builtin_prefetch((const void *)(uintptr_t)v[i + PREFETCH].bits);
            mark_v(m, v[i]);
        }
        for (size_t i = n > PREFETCH ? n - PREFETCH : 0; i < n; i++)
            mark_v(m, v[i]);
    } else if (what == MARK_RUN_DICT) {
        const DictEntry *e = p;
        for (size_t i = 0; i < n; i++) {
            mark_v(m, e[i].key);
            mark_v(m, e[i].value);
        }
    } else {
        const SetEntry *e = p;
        for (size_t i = 0; i < n; i++)
            mark_v(m, e[i].key);
    }
}

static void scan_run(Marker *m, void *p, size_t n, size_t what)
{
    size_t size = what == MARK_RUN_VALUES ? sizeof(Value) : what == MARK_RUN_DICT ? sizeof(DictEntry) : sizeof(SetEntry);
    while (n > RUN_PIECE) {
        if (!m->roots && (m->len < m->cap || stack_grow(m))) {
            m->stack[m->len++] = (MarkItem){ (char *)p + RUN_PIECE * size, (n - RUN_PIECE) | what };
            n = RUN_PIECE;
            break;
        }
        scan_piece(m, p, RUN_PIECE, what);
        m->work += RUN_PIECE;
        p = (char *)p + RUN_PIECE * size;
        n -= RUN_PIECE;
    }
    m->work += n;
    scan_piece(m, p, n, what);
}

void mark_values(Marker *m, const Value *v, size_t n)
{
    if (UNLIKELY(m->visit))
        for (size_t i = 0; i < n; i++)
            mark_value(m, v[i]);
    else if (n)
        scan_run(m, (void *)(uintptr_t)v, n, MARK_RUN_VALUES);
}

/* ---- what each kind holds ---- */
static void mark_list(Marker *m, List *l)
{
    Values *buf = l->buf;
    if (!buf)
        return;
    mark_buffer(m, buf);
    mark_values(m, buf->items, l->len);
    /* What was popped may be freed now, and the buffer may be all that a C stack knows next time. */
    for (size_t i = l->len; i < buf->cap; i++)
        buf->items[i] = VALUE_EMPTY;
}

static void mark_dict(Marker *m, Dict *d)
{
    mark_buffer(m, d->table);
    if (UNLIKELY(d->h.flags & DICT_EPHEMERONS) && d->table) {
        d->table->h.gc |= GC_EPHEMERONS;
        if (weak_note_ephemerons(m, d->table))
            return;
    }
    if (d->table && d->filled)
        scan_run(m, d->table->entries, d->filled, MARK_RUN_DICT);
}

static void mark_set(Marker *m, Set *s)
{
    mark_buffer(m, s->table);
    if (s->table)
        scan_run(m, s->table->entries, s->table->size, MARK_RUN_SET);
}

static void mark_type(Marker *m, Type *t)
{
    mark_obj(m, t->base);
    mark_obj(m, t->bases);
    mark_obj(m, t->mro);
    mark_obj(m, t->dict);
    mark_v(m, t->name);
    mark_v(m, t->qualname);
    mark_obj(m, t->root_shape);
    mark_obj(m, t->dict_shape);
    for (Shape *s = t->all_shapes; s; s = s->all_next)
        mark_obj(m, s);
    mark_v(m, t->slots);
    mark_buffer(m, t->subclasses);      /* weak */
    mark_obj(m, t->specials);
    mark_v(m, t->ext);
}

static void mark_func(Marker *m, Func *f)
{
    mark_obj(m, f->code);
    mark_obj(m, f->globals);
    mark_obj(m, f->builtins);
    const Value own[] = { f->name, f->qualname, f->defaults, f->kwdefaults, f->module, f->doc, f->annotations, f->dict,
                          f->type_params };
    for (unsigned i = 0; i < COUNT_OF(own); i++)
        mark_v(m, own[i]);
    if (f->code)
        for (uint32_t i = 0; i < f->code->ncaptures; i++)
            mark_obj(m, f->cells[i]);
}

static void mark_descr(Marker *m, Descr *d)
{
    mark_v(m, d->a);
    mark_v(m, d->b);
    mark_v(m, d->c);
    mark_v(m, d->d);
    mark_obj(m, d->owner);
    mark_v(m, d->name);
    mark_v(m, d->dict);
}

static void mark_exc(Marker *m, Exc *e)
{
    mark_v(m, e->args);
    mark_v(m, e->traceback);
    mark_v(m, e->cause);
    mark_v(m, e->context);
    for (unsigned i = 0; i < COUNT_OF(e->extra); i++)
        mark_v(m, e->extra[i]);
}

static void mark_frame_obj(Marker *m, FrameObj *o)
{
    if (o->live && o->live->flags & FRAME_HEAP)
        mark_obj(m, frame_gen(o->live));
    mark_obj(m, o->code);
    mark_obj(m, o->func);
    mark_v(m, o->locals);
    mark_v(m, o->extra);
    mark_v(m, o->back);
    mark_values(m, o->regs, o->nregs);
}

static void mark_gen(Marker *m, Gen *g)
{
    mark_frame_regs(m, &g->f);
    if (g->h.flags & GEN_DELEGATED && g->f.back && g->f.back->flags & FRAME_HEAP)
        mark_obj(m, frame_gen(g->f.back));
    mark_v(m, g->exc.handled);
    mark_v(m, g->name);
    mark_v(m, g->qualname);
    mark_v(m, g->ext);
}

static void mark_instance(Marker *m, Instance *o, const Shape *shape)
{
    mark_v(m, o->ext);
    for (unsigned i = 0; i < shape->inline_cap; i++)
        mark_v(m, o->slots[i]);
}

static void mark_ext(Marker *m, Obj *o, const Shape *shape)
{
    const TypeLayout *layout = shape->type->layout;
    if (layout && layout->trace)
        layout->trace(m, o);
}

static void mark_shape(Marker *m, Shape *s)
{
    mark_obj(m, s->type);
    mark_obj(m, s->key);
}

static void mark_small(Marker *m, Obj *o);

void mark_children(Marker *m, Obj *o)
{
    const Shape *shape = NULL;
    m->work++;
#ifndef NDEBUG
    m->parent = o;
#endif
    if (o->shape >= SHAPE_FIRST_FREE_ID && (shape = m->vm->shapes[o->shape]) != NULL)
        mark_obj(m, shape->type);
    if (UNLIKELY(o->flags & OBJ_HAS_WEAKREFS) && m->st->nwaiting)
        weak_reached(m, o);
    switch (o->kind) {
    case KIND_VALUES: mark_values(m, ((Values *)o)->items, ((Values *)o)->cap); break;
    case KIND_TUPLE: mark_values(m, ((Tuple *)o)->items, ((Tuple *)o)->len); break;
    case KIND_STR: mark_str(m, (Str *)o); break;
    case KIND_LIST: mark_list(m, (List *)o); break;
    case KIND_DICT:
        mark_dict(m, (Dict *)o);
        if (shape)
            mark_ext(m, o, shape);      /* defaultdict */
        break;
    case KIND_DICT_TABLE:
        if (LIKELY(!(o->gc & GC_EPHEMERONS)) || !weak_note_ephemerons(m, (DictTable *)o))
            scan_run(m, ((DictTable *)o)->entries, ((DictTable *)o)->cap, MARK_RUN_DICT);
        break;
    case KIND_SET: mark_set(m, (Set *)o); break;
    case KIND_SET_TABLE: scan_run(m, ((SetTable *)o)->entries, ((SetTable *)o)->size, MARK_RUN_SET); break;
    case KIND_TYPE: mark_type(m, (Type *)o); break;
    case KIND_SHAPE: mark_shape(m, (Shape *)o); break;
    case KIND_CODE: code_trace(m, (Code *)o); break;
    case KIND_FUNC: mark_func(m, (Func *)o); break;
    case KIND_DESCR: mark_descr(m, (Descr *)o); break;
    case KIND_GEN: mark_gen(m, (Gen *)o); break;
    case KIND_EXC: mark_exc(m, (Exc *)o); break;
    case KIND_FRAME_OBJ: mark_frame_obj(m, (FrameObj *)o); break;
    case KIND_INSTANCE:
        if (shape)
            mark_instance(m, (Instance *)o, shape);
        return;
    case KIND_EXT:
        if (shape)
            mark_ext(m, o, shape);
        break;
    default: mark_small(m, o); break;
    }
    if (o->flags & OBJ_SUBCLASS || o->kind == KIND_EXC) {
        Value *ext = shape ? obj_ext(m->vm, o) : NULL;
        if (ext)
            mark_v(m, *ext);
    }
}

/* Kinds with a handful of fields. */
static void mark_small(Marker *m, Obj *o)
{
    switch (o->kind) {
    case KIND_STR_BUF: {
        StrBuf *b = (StrBuf *)o;
        Raw *index;
        memcpy(&index, b->data + b->cap, sizeof index);     /* see str.c */
        mark_obj(m, index);
        break;
    }
    case KIND_BYTEARRAY: mark_obj(m, ((ByteArray *)o)->buf); break;
    case KIND_DICT_VIEW: mark_obj(m, ((DictView *)o)->dict); break;
    case KIND_SLICE: mark_values(m, &((Slice *)o)->start, 3); break;
    case KIND_RANGE: mark_values(m, &((Range *)o)->start, 4); break;
    case KIND_ITER: mark_v(m, ((Iter *)o)->source); break;
    case KIND_CELL: mark_v(m, ((Cell *)o)->value); break;
    case KIND_WEAKREF: mark_v(m, ((WeakRef *)o)->callback); break;
    case KIND_NATIVE:
        mark_v(m, ((Native *)o)->self);
        mark_obj(m, ((Native *)o)->owner);
        mark_v(m, ((Native *)o)->module);
        break;
    case KIND_METHOD:
        mark_v(m, ((Method *)o)->func);
        mark_v(m, ((Method *)o)->self);
        break;
    case KIND_MODULE:
        mark_obj(m, ((Module *)o)->globals);
        mark_v(m, ((Module *)o)->name);
        break;
    case KIND_AGEN_OP:
        mark_obj(m, ((AgenOp *)o)->gen);
        mark_v(m, ((AgenOp *)o)->value);
        break;
    case KIND_TRACEBACK:
        mark_v(m, ((Traceback *)o)->next);
        mark_obj(m, ((Traceback *)o)->code);
        mark_v(m, ((Traceback *)o)->globals);
        mark_v(m, ((Traceback *)o)->frame);
        break;
    default: break;
    }
}

/* ---- draining ---- */
static inline void scan_item(Marker *m, MarkItem it)
{
    if (it.n == 0) {
        mark_children(m, it.p);
        return;
    }
#ifndef NDEBUG
    m->parent = heap_find(m->st, (uintptr_t)it.p);
#endif
    scan_run(m, it.p, it.n & ~MARK_RUN_MASK, it.n & MARK_RUN_MASK);
}

static void drain_stack(Marker *m)
{
    while (m->len)
        scan_item(m, m->stack[--m->len]);
}

void mark_slots(Marker *m)
{
    HeapState *st = m->st;
    while (st->nslots && !mark_is_over(m))
        mark_value(m, *st->slots[--st->nslots]);
}

bool mark_remembered(Marker *m)
{
    HeapState *st = m->st;
    mark_slots(m);
    while (st->nremembered) {
        Obj *o = st->remembered[--st->nremembered];
        o->gc |= GC_BARRIER;
        mark_children(m, o);
        if (m->len > RELIEVE_AT && !mark_drain(m))
            return false;
        if (mark_is_over(m))
            break;
    }
    return !st->nremembered && !st->nslots;
}

void mark_relieve(Marker *m)
{
    if (m->len > RELIEVE_AT)
        (void)mark_drain(m);
}

/* The stack could not grow: scan all that is marked again. */
static void rescan(Marker *m)
{
    for (size_t cls = 0; cls < HEAP_CLASSES; cls++) {
        for (int fin = 0; fin < 2; fin++) {
            for (Block *b = m->st->classes[cls][fin].blocks; b; b = b->next) {
                for (uint32_t i = 0; i < b->ncells; i++) {
                    Obj *o = block_cell(b, i);
                    if (o->kind != KIND_FREE && (o->gc & GC_MARK) == m->live)
                        mark_children(m, o);
                }
                drain_stack(m);
            }
        }
    }
    for (size_t i = 0; i < m->st->nlarges; i++) {
        Obj *o = large_obj(m->st->larges[i]);
        if ((o->gc & GC_MARK) == m->live)
            mark_children(m, o);
        drain_stack(m);
    }
}

bool mark_drain(Marker *m)
{
    do {
        while (m->len) {
            if (UNLIKELY(mark_is_over(m)))
                return false;
            scan_item(m, m->stack[--m->len]);
        }
        if (UNLIKELY(m->overflow)) {
            m->overflow = false;
            rescan(m);
        }
    } while (m->len || m->overflow);
    return true;
}

bool mark_drain_all(Marker *m)
{
    do {
        if (!mark_drain(m))
            return false;
    } while (weak_mark_more(m));
    return true;
}

#ifndef NDEBUG
/* ---- the verifier ---- */
void mark_verify(Vm *vm, HeapState *st)
{
    st->seen = st->seen == 32 ? 64 : 32;
    Marker m = { .vm = vm, .st = st, .stack = st->m.stack, .cap = st->m.cap, .live = vm->heap.live, .side = st->side,
                 .until = SIZE_MAX, .verify = true };
    mark_roots(&m);
    drain_stack(&m);
    st->m.stack = m.stack;
    st->m.cap = m.cap;
}
#endif
