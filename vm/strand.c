/* SPDX-License-Identifier: MIT
 * Strands: the list of stack frames, the register stack in segments, checkpoints, C stack bounds. */
#include "vm/frame.h"

#include <math.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

#include "vm/sched.h"
#include "vm/stats.h"

#define SEGMENT_FIRST 1024u     /* which most programs stay in; it is cleared, so all of it is touched */
#define SEGMENT_VALUES 4096u
#define C_STACK_MAX (64u * 1024 * 1024)

static Segment *segment_init(Segment *seg, size_t n)
{
    seg->prev = seg->next = NULL;
    seg->size = n;
    seg->end = seg->items + n;
    return seg;
}

/* values: at least so many, or 0 for the first one of a strand. */
static Segment *segment_new(Vm *vm, size_t values)
{
    size_t n = !values ? SEGMENT_FIRST : values > SEGMENT_VALUES ? values : SEGMENT_VALUES;
    Segment *seg = mem_alloc(&vm->alloc, sizeof *seg + n * sizeof(Value));
    if (seg)
        memset(segment_init(seg, n)->items, 0, n * sizeof(Value));
    return seg;
}

/* The first one of all, whose pages a short script leaves untouched. */
static Segment *segment_first(Vm *vm, const Strand *s)
{
    size_t size = sizeof(Segment) + SEGMENT_VALUES * sizeof(Value);
    if (!vm->is_mapped || s != &vm->main_strand)
        return segment_new(vm, 0);
    Segment *seg = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (seg == MAP_FAILED)
        return NULL;
    vm->main_segment = seg;
    return segment_init(seg, SEGMENT_VALUES);
}

static void segment_free(Vm *vm, Segment *seg)
{
    if (seg && seg == vm->main_segment)
        munmap(seg, sizeof *seg + seg->size * sizeof(Value));
    else if (seg)
        mem_free(&vm->alloc, seg, sizeof *seg + seg->size * sizeof(Value));
}

bool strand_init(Vm *vm, Strand *s)
{
    *s = (Strand){ .vm = vm, .next = s, .run = STRAND_RUNNING, .deadline = INFINITY, .running_loop = VALUE_NONE,
                   .current_task = VALUE_NONE, .agen_first = VALUE_EMPTY, .agen_final = VALUE_EMPTY };
    s->exc_state = &s->base_state;
    s->segment = segment_first(vm, s);
    StackFrame *bottom = mem_alloc(&vm->alloc, sizeof *bottom);
    if (!s->segment || !bottom) {
        segment_free(vm, s->segment);
        mem_free(&vm->alloc, bottom, sizeof *bottom);
        return false;
    }
    *bottom = (StackFrame){ .f = { .regs = s->segment->items }, .end = s->segment->items };
    s->stack_top = &bottom->f;
    return true;
}

void strand_free(Vm *vm, Strand *s)
{
    StackFrame *f = (StackFrame *)s->stack_top;
    while (f && f->prev)
        f = f->prev;
    while (f) {
        StackFrame *next = f->next;
        mem_free(&vm->alloc, f, sizeof *f);
        f = next;
    }
    Segment *seg = s->segment;
    while (seg && seg->prev)
        seg = seg->prev;
    while (seg) {
        Segment *next = seg->next;
        segment_free(vm, seg);
        seg = next;
    }
    mem_free(&vm->alloc, s->repr_stack, s->repr_cap * sizeof *s->repr_stack);
    fiber_free(&s->fiber, &vm->alloc);
    s->segment = NULL;
    s->stack_top = NULL;
}

/* Registers that do not fit the segment go to the next one; arguments in place move with them. */
static bool segment_push(Vm *vm, Strand *s, uint32_t nregs, Value **base, uint32_t n)
{
    Segment *next = s->segment->next;
    if (next && next->size < nregs) {
        s->segment->next = NULL;
        segment_free(vm, next);
        next = NULL;
    }
    if (!next) {
        next = segment_new(vm, nregs);
        if (!next) {
            raise_no_memory(vm);
            return false;
        }
        next->prev = s->segment;
        s->segment->next = next;
    }
    if (n)
        memcpy(next->items, *base, n * sizeof(Value));
    s->segment = next;
    *base = next->items;
    return true;
}

Frame *frame_push(Vm *vm, Func *func, Value *base, uint32_t n)
{
    Strand *s = vm->strand;
    StackFrame *top = (StackFrame *)s->stack_top;
    Code *code = func->code;
    uint8_t flags = 0;
    if (!code_ready(vm, code))
        return NULL;
    if (UNLIKELY(s->depth >= s->depth_limit)) {
        raise_exc(vm, EXC_RecursionError, "maximum recursion depth exceeded");
        return NULL;
    }
    if (!base)
        base = top->end;
    if (UNLIKELY(base + code->nregs > s->segment->end)) {
        if (!segment_push(vm, s, code->nregs, &base, n))
            return NULL;
        flags = FRAME_SEGMENT;
    }
    StackFrame *sf = top->next;
    if (UNLIKELY(!sf)) {
        sf = mem_alloc(&vm->alloc, sizeof *sf);
        if (!sf) {
            if (flags)
                s->segment = s->segment->prev;
            raise_no_memory(vm);
            return NULL;
        }
        sf->next = NULL;
        sf->prev = top;
        top->next = sf;
    }
    for (uint32_t i = n; i < code->nlocals; i++)
        base[i] = VALUE_EMPTY;
    sf->f = (Frame){ .pc = code->instrs, .regs = base, .code = func->code, .func = func, .flags = flags };
    sf->end = base + code->nregs;
    s->stack_top = &sf->f;
    s->depth++;
    return &sf->f;
}

void frame_pop(Vm *vm, Frame *f)
{
    Strand *s = vm->strand;
    if (f->flags & FRAME_SEGMENT)
        s->segment = s->segment->prev;
    if (f->flags & FRAME_OBJECT)
        frame_detach(vm, f);
    s->stack_top = &((StackFrame *)f)->prev->f;
    s->depth--;
}

/* The C stack of a host thread: from here down to the limit of the process, but for a reserve. */
void vm_enter(Vm *vm, VmEntry *saved, void *frame_address)
{
    Strand *s = vm->strand;
    *saved = (VmEntry){ s->c_base, s->c_limit };
    if (s->c_base)
        return;
    struct rlimit lim;
    size_t size = 8u * 1024 * 1024;
    if (getrlimit(RLIMIT_STACK, &lim) == 0)
        size = lim.rlim_cur > C_STACK_MAX ? C_STACK_MAX : (size_t)lim.rlim_cur;
    size_t use = size / 4 * 3;
    if (use < C_STACK_RESERVE)
        use = C_STACK_RESERVE;
    s->c_base = frame_address;
    s->c_limit = (char *)frame_address - (use - C_STACK_RESERVE);
}

void vm_leave(Vm *vm, const VmEntry *saved)
{
    vm->strand->c_base = saved->base;
    vm->strand->c_limit = saved->limit;
}

bool vm_stack_error(Vm *vm, const char *doing)
{
    raise_exc(vm, EXC_RecursionError, "maximum recursion depth exceeded%s", doing);
    return false;
}

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

typedef enum { COLLECT_FULL, COLLECT_STEP, COLLECT_STRESS } Collect;

static void collect(Vm *vm, Collect what)
{
    uint64_t began = now_ns();
    vm->refused.lender = NULL;
    stats_show_lists(vm);
    if (what == COLLECT_STEP)
        heap_step(vm, 0);
    else if (what == COLLECT_STRESS)
        heap_stress(vm);
    else
        heap_collect(vm, true);
    stats_hide_lists(vm);
    uint64_t took = now_ns() - began;
    if (vm->gc.closing)
        return;
    vm->gc.ns += took;
    if (took > vm->gc.longest_ns)
        vm->gc.longest_ns = took;
}

void vm_collect(Vm *vm)
{
    collect(vm, COLLECT_FULL);
}

bool vm_may_resize(Vm *vm, void *lender, const uint32_t *exports, const char *text)
{
    if (LIKELY(!*exports))
        return true;
    vm_collect(vm);
    if (!*exports)
        return true;
    raise_exc(vm, EXC_BufferError, "%s", text);
    vm->refused.lender = lender;
    vm->refused.exports = exports;
    vm->refused.exc = vm->strand->exc;
    return false;
}

/* A strand that is dropped runs out of its frames. */
static bool unwind_dropped(Vm *vm)
{
    vm_attend(vm, ATTENTION_SLICE);
    if (!vm_pending(vm))
        raise_args(vm, EXC_SystemExit, 0, NULL);
    return false;
}

static bool attend(Vm *vm, char *scan_from)
{
    Strand *s = vm->strand;
    if (s->dropped)
        return unwind_dropped(vm);
    uint32_t why = atomic_fetch_and(&vm->attention, ATTENTION_STRESS);
    if ((why & ATTENTION_SAMPLE) && vm->hooks.sample_asked)
        vm->hooks.sample_asked(vm, !scan_from);
    bool stress = (why & ATTENTION_STRESS) && ++vm->gc_stress_count >= vm->gc_stress;
    s->scan_from = scan_from;
    if (stress)
        vm->gc_stress_count = 0;
    if (heap_is_completing(vm))
        collect(vm, COLLECT_FULL);
    else if (stress)
        collect(vm, COLLECT_STRESS);
    else if (why & ATTENTION_GC)
        collect(vm, COLLECT_STEP);
    if (s != &vm->main_strand && (why & ATTENTION_SIGNAL)) {
        vm->main_signal = true;
        why |= ATTENTION_SLICE;
    }
    if (why & ATTENTION_SLICE)
        strand_yield(vm);
    s->scan_from = NULL;                /* what runs from here on is natives again */
    if (s->dropped)
        return unwind_dropped(vm);
    if ((why & ATTENTION_FINALIZE) || (atomic_load(&vm->attention) & ATTENTION_FINALIZE)) {
        atomic_fetch_and(&vm->attention, ~ATTENTION_FINALIZE);
        heap_run_finalizers(vm);
    }
    return !(why & ATTENTION_SIGNAL) || s != &vm->main_strand || !vm->hooks.attention || vm->hooks.attention(vm);
}

bool vm_checkpoint_slow(Vm *vm)
{
    char *scan_from = vm->strand->scan_from;
    bool ok;
    do
        ok = attend(vm, scan_from);
    while (ok && heap_is_completing(vm));
    return ok;
}
