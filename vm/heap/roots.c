/* SPDX-License-Identifier: MIT
 * Roots: the fields of the VM, strands and their frames, registered functions, the C stack. */
#include "vm/heap/state.h"
#include "vm/type.h"

/* ---- frames ---- */
/* Registers that the frame may still need. While it runs, its pc may stand before or behind what it does. */
static uint32_t frame_live(const Frame *f)
{
    const Code *code = f->code;
    if (!code->live || !code->ninstrs)
        return code->nregs;
    uint32_t at = frame_at(f), next = at + 1;
    uint32_t live = code->live[at];
    if (next < code->ninstrs && code->live[next] > live)
        live = code->live[next];
    return live < code->nregs ? live : code->nregs;
}

static void mark_frame(Marker *m, Frame *f)
{
    mark_obj(m, f->code);
    mark_obj(m, f->func);
    if (f->object)
        mark_obj(m, f->object);
}

/* A frame inside a generator. Dead registers are cleared: what they name may be freed. */
void mark_frame_regs(Marker *m, Frame *f)
{
    mark_frame(m, f);
    if (!f->code || f->state == GEN_FINISHED)
        return;
    uint32_t live = f->state == GEN_CREATED ? f->code->nlocals : frame_live(f);
    mark_values(m, f->regs, live);
    for (uint32_t i = live; i < f->code->nregs; i++)
        f->regs[i] = VALUE_EMPTY;
}

/* From the top down, since the registers of a frame may begin inside those of the one below: what lies from
 * `next` to `covered` is the business of frames above. */
static void clear_values(Value *from, Value *to)
{
    if (from < to)
        memset(from, 0, (size_t)((char *)to - (char *)from));
}

/* What lies behind the last frame of each segment, and the segments kept for reuse. */
static void clear_unused(Strand *s)
{
    if (!s->segment)
        return;
    for (Segment *seg = s->segment->next; seg; seg = seg->next)
        clear_values(seg->items, seg->end);
    Segment *seg = s->segment;
    bool last = true;
    for (StackFrame *sf = (StackFrame *)s->stack_top; sf && seg; sf = sf->prev) {
        if (last)
            clear_values(sf->end, seg->end);
        last = sf->f.flags & FRAME_SEGMENT;
        if (last)
            seg = seg->prev;
    }
}

static void mark_stack_frames(Marker *m, Strand *s)
{
    Value *next = NULL, *covered = NULL;
    clear_unused(s);
    for (StackFrame *sf = (StackFrame *)s->stack_top; sf; sf = sf->prev) {
        Frame *f = &sf->f;
        if (!f->code)
            continue;
        mark_frame(m, f);
        if (f->flags & FRAME_INIT)
            mark_value(m, sf->instance);
        uint32_t live = frame_live(f);
        Value *end = f->regs + f->code->nregs;
        mark_values(m, f->regs, live);
        for (Value *v = f->regs + live; v < end; v++)
            if (!next || v < next || v >= covered)
                *v = VALUE_EMPTY;
        next = f->regs;
        if (!covered || end > covered)
            covered = end;
        if (f->flags & FRAME_SEGMENT)
            next = covered = NULL;
    }
}

static void mark_heap_frames(Marker *m, Strand *s)
{
    for (Frame *f = s->top; f; f = f->back)
        if (f->flags & FRAME_HEAP) {
            mark_obj(m, frame_gen(f));
            mark_children(m, &frame_gen(f)->h);         /* it may be marked, and writes its registers as it likes */
        }
}

void mark_strand(Marker *m, Strand *s)
{
    mark_stack_frames(m, s);
    mark_heap_frames(m, s);
    mark_value(m, s->exc);
    for (ExcState *e = s->exc_state; e; e = e->prev)
        mark_value(m, e->handled);
    mark_value(m, s->base_state.handled);
    mark_obj(m, s->root);
    mark_value(m, s->context);
    mark_value(m, s->running_loop);
    mark_value(m, s->current_task);
    mark_value(m, s->entry);
    mark_value(m, s->args);
    mark_value(m, s->kwargs);
    mark_value(m, s->locals);
    mark_value(m, s->current_loop);
    mark_value(m, s->agen_first);
    mark_value(m, s->agen_final);
}

/* ---- the C stack ---- */
#if defined(__clang__) || defined(__GNUC__)
#define NO_ASAN __attribute__((no_sanitize("address")))
#else
#define NO_ASAN
#endif

static NOINLINE NO_ASAN void scan_words(Marker *m, const char *from, const char *to)
{
    const uintptr_t *p = (const uintptr_t *)(((uintptr_t)from + 7) & ~(uintptr_t)7);
    for (; (const char *)(p + 1) <= to; p++) {
        uintptr_t word = *p;
        if (word < 4096 || word >> 47)
            continue;
        Obj *o = heap_find(m->st, word);
        if (o)
            mark_obj(m, o);
    }
}

#define TIDY_WORDS 128u

NOINLINE NO_ASAN void heap_tidy_stack(void)
{
    volatile uintptr_t stale[TIDY_WORDS];
    for (size_t i = 0; i < TIDY_WORDS; i++)
        stale[i] = 0;
    (void)stale[0];
}

/* Words from the collector's own frame up to where the host entered. Where the interpreter says that its own frame
 * needs no scan, the registers that it saved for its caller still do. A function saves them just below its frame
 * address. */
#if defined(__x86_64__)
#define SAVED_REGISTERS 40              /* r15 r14 r13 r12 rbx, behind rbp; what lies below is the function's own */
#else
#define SAVED_REGISTERS 96
#endif

/* The stack of a strand that does not run: the registers that the switch saved are its first words. */
static void mark_left_stack(Marker *m, Strand *s)
{
    const char *from = s->scan_from ? s->scan_from - SAVED_REGISTERS : s->fiber.sp;
    scan_words(m, from, s->c_base);
}

NOINLINE void mark_c_stack(Marker *m, Strand *s)
{
    if (!s->c_base)
        return;
    __builtin_unwind_init();
    const char *here = __builtin_frame_address(0);
    scan_words(m, (s->scan_from ? s->scan_from : here) - SAVED_REGISTERS, s->c_base);
}

/* ---- the VM ---- */
static void mark_vm(Marker *m, Vm *vm)
{
    vm->spare_op = NULL;
    vm->stop_value = VALUE_EMPTY;
    Type **types = (Type **)(void *)&vm->types;
    for (size_t i = 0; i < sizeof vm->types / sizeof *types; i++)
        mark_obj(m, types[i]);
    for (size_t i = 0; i < EXC_COUNT; i++)
        mark_obj(m, vm->exc[i]);
    Str **names = (Str **)(void *)&vm->names;
    for (size_t i = 0; i < sizeof vm->names / sizeof *names; i++)
        mark_obj(m, names[i]);
    for (size_t i = 0; i < SPECIAL_COUNT; i++)
        mark_obj(m, vm->special_names[i]);
    mark_value(m, vm->startup_classes);
    mark_obj(m, vm->no_specials);
    for (size_t i = 0; i < COUNT_OF(vm->ascii_chars); i++)
        mark_obj(m, vm->ascii_chars[i]);
    mark_obj(m, vm->empty_tuple);
    mark_obj(m, vm->empty_str);
    mark_obj(m, vm->empty_bytes);
    mark_obj(m, vm->builtins);
    mark_obj(m, vm->modules);
    mark_value(m, vm->memory_error);
}

void mark_roots(Marker *m)
{
    Vm *vm = m->vm;
    HeapState *st = m->st;
    m->roots = true;
    mark_vm(m, vm);
    Strand *s = &vm->main_strand;
    do {
        mark_strand(m, s);
        if (s != vm->strand && s->c_base && !marker_verifies(m))
            mark_left_stack(m, s);
        s = s->next;
    } while (s && s != &vm->main_strand);
    str_interned_mark(vm, m);
    for (size_t i = st->finalize_at; i < st->finalize_len; i++)
        mark_obj(m, st->finalize[i]);
    for (size_t i = 0; i < st->nroots; i++)
        st->roots[i].fn(vm, m, st->roots[i].ud);
    if (vm->strand && !marker_verifies(m))
        mark_c_stack(m, vm->strand);
    m->roots = false;
}
