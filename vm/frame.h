/* SPDX-License-Identifier: MIT
 * Frames, generators, and how execution moves between them.
 *
 * A plain function's frame stands on the strand's list of frames, its registers on the strand's register stack
 * (segments that never move). Arguments are laid where the callee finds them: the callee's register 0 is the
 * caller's register behind the called value. The frame of a generator, coroutine or async generator lies inside
 * its object, registers included.
 *
 * A chain is what is linked by SEND: root, what it delegates to, and so on to the leaf. `back` is valid only while
 * the chain runs; of a suspended frame, the truth about what it delegates to is the register that its SEND
 * names (frame_down). The root of a suspended chain caches the leaf and the chain's length, so that a resume
 * costs the same however deep the chain is. Entering a member other than through its root (two generators
 * that delegate to one inner one, send() on an awaited coroutine) clears the cache of that root, which then walks
 * once. */
#ifndef VM_FRAME_H
#define VM_FRAME_H

#include "vm/code.h"
#include "vm/error.h"

typedef struct FrameObj FrameObj;

struct Frame {
    Instr *pc;                  /* next instruction; valid while not running */
    Value *regs;
    Code *code;
    Func *func;
    Frame *back;                /* who gets the result; valid while running */
    FrameObj *object;           /* made on demand, NULL */
    uint16_t ret;               /* register of `back` that takes the result */
    uint8_t flags;              /* FRAME_* */
    uint8_t state;              /* GEN_* for heap frames */
    /* Root of a chain. Suspended: frames of the chain; running: the strand's depth before it was resumed. */
    uint32_t length;
};

#define FRAME_ENTRY 1u          /* returns to C */
#define FRAME_INIT 2u           /* __init__: must return None, the result is StackFrame.instance */
#define FRAME_SEGMENT 4u        /* its registers begin a new segment */
#define FRAME_HEAP 8u           /* inside a Gen */
#define FRAME_OBJECT 16u        /* `object` is set */
#define FRAME_FED 32u           /* with ENTRY: what it yields is for gen_each() */

/* The first of a strand's list is a dummy without code. */
typedef struct StackFrame {
    Frame f;
    struct StackFrame *prev, *next;     /* of the strand's list; next is kept for reuse */
    Value *end;                 /* behind the last register */
    Value instance;             /* FRAME_INIT; a root */
} StackFrame;

/* Registers behind the last frame are EMPTY or were stored since the last collection, which clears them. */
typedef struct Segment {
    struct Segment *prev, *next;        /* next: a spare, kept */
    Value *end;
    size_t size;
    Value items[];
} Segment;

enum { GEN_CREATED, GEN_SUSPENDED, GEN_RUNNING, GEN_FINISHED };

/* Object flags of a Gen. */
#define GEN_IS_COROUTINE 1u
#define GEN_IS_ASYNC 2u         /* async generator */
#define GEN_ITERABLE_COROUTINE 4u
#define GEN_DELEGATED 8u        /* linked below another frame */
#define GEN_HOOKS_DONE 16u      /* async generator: first-iteration hook was called */
#define GEN_CLOSED 32u          /* async generator: aclose or exhaustion seen */
#define GEN_AGEN_RUNNING 64u    /* async generator: an asend/athrow/aclose is in progress */
#define GEN_REPORTED 128u       /* never-awaited warning given */
#define GEN_UNSEEN 256u         /* made for the await behind its call: nobody has a reference, so it can be used again */

struct Gen {
    Obj h;
    Frame f;
    ExcState exc;
    union {
        Gen *leaf;              /* suspended root: where to go on; NULL: walk */
        Gen *outer_root;        /* running root: the strand's root before it */
    } chain;
    Value name, qualname;       /* Str */
    Value ext;                  /* cr_origin, ag finalizer …: a Values, or EMPTY */
    Value regs[];
};
static inline Gen *frame_gen(Frame *f) { return CONTAINER_OF(f, Gen, f); }

/* ag.asend(v), ag.athrow(e), ag.aclose(), ag.__anext__(): awaitables. flags: AGEN_* */
enum { AGEN_SEND, AGEN_THROW, AGEN_CLOSE };
#define AGEN_MODE 3u
#define AGEN_STARTED 4u
#define AGEN_FINISHED 8u
#define AGEN_UNSEEN 16u         /* as GEN_UNSEEN, of `async for` */
typedef struct AgenOp {
    Obj h;
    Gen *gen;
    Value value;                /* to send, or the exception to throw */
} AgenOp;

/* A frame as scripts see it. `live` until the frame ends; then code, position and a copy of the locals. Each entry of a
 * traceback has one, so making it and what it does at the end must be cheap. */
struct FrameObj {
    Obj h;                      /* flags: FRAME_OBJ_* */
    Frame *live;                /* NULL: ended */
    Code *code;
    Func *func;
    Value locals;               /* of a module or class that has ended: a mapping. Else EMPTY */
    Value extra;                /* Dict: names set through f_locals that are no locals of the code, or EMPTY */
    Value back;                 /* FrameObj or NONE, known at the end */
    uint32_t at;
    uint32_t nregs;
    Value regs[];               /* of a function that has ended: its locals, cells as they were */
};
#define FRAME_OBJ_SEEN 1u       /* a script has it: its f_back must be right when it has ended */
#define FRAME_OBJ_UNWINDS 2u    /* ends by an exception, which comes to its caller next */

/* ---- strands (strand.c) ---- */
bool strand_init(Vm *vm, Strand *s);
void strand_free(Vm *vm, Strand *s);
/* A frame for func whose registers begin at base, where `n` arguments lie already when base is in the register
 * window of the running frame (or NULL: behind the last stack frame; then n is 0). Its other named locals are EMPTY. NULL:
 * RecursionError or MemoryError is pending. The caller sets back, ret, flags and strand->top. */
MUST_USE Frame *frame_push(Vm *vm, Func *func, Value *base, uint32_t n);
/* The same, inline as far as nothing has to be made for it. */
static inline Frame *frame_push_fast(Vm *vm, Strand *s, Func *func, Value *base, uint32_t n)
{
    StackFrame *top = (StackFrame *)s->stack_top, *sf = top->next;
    Code *code = func->code;
    Value *at = base ? base : top->end, *end = at + code->nregs;
    if (UNLIKELY(!sf || !code->instrs || s->depth >= s->depth_limit || end > s->segment->end))
        return frame_push(vm, func, base, n);
    for (Value *v = at + n, *locals = at + code->nlocals; v < locals; v++) {
        *v = VALUE_EMPTY;
#ifdef __GNUC__
        __asm__("" : "+r"(v));          /* mostly none or one: not worth a call of memset() */
#endif
    }
    sf->f = (Frame){ .pc = code->instrs, .regs = at, .code = code, .func = func };
    sf->end = end;
    s->stack_top = &sf->f;
    s->depth++;
    return &sf->f;
}
void frame_pop(Vm *vm, Frame *f);
/* The frame ends: its object, if it has one, keeps what it needs. */
void frame_detach(Vm *vm, Frame *f);
/* Its object, made if there is none yet: for scripts, and for tracebacks. NULL: MemoryError. */
MUST_USE Value frame_object(Vm *vm, Frame *f);
MUST_USE FrameObj *frame_object_quiet(Vm *vm, Frame *f);
MUST_USE FrameObj *frame_object_of_func(Vm *vm, Func *func);    /* of no frame */
/* The locals as a dict of their own; of a module or a class, their mapping. */
MUST_USE Value frame_object_locals(Vm *vm, FrameObj *o);

/* ---- running (interp.c) ---- */
/* Run until f, flagged FRAME_ENTRY, is done. EMPTY: exception pending. */
MUST_USE Value interp_run(Vm *vm, Frame *f);
/* Bind arguments as the language does; regs are the callee's. The last nkw of n are keywords named by names. */
/* A coroutine for an await that nobody else sees, and giving it back once it has returned (gen.c). */
MUST_USE Gen *gen_take(Vm *vm, Func *func);
void gen_give(Vm *vm, Gen *g);
MUST_USE bool func_bind(Vm *vm, Func *func, Value *regs, uint32_t n, const Value *args, uint32_t nkw, const Value *names);

/* ---- generators (gen.c) ---- */
typedef enum GenStatus { GEN_YIELDED, GEN_RETURNED, GEN_RAISED } GenStatus;
/* func's generator, coroutine or async generator with empty registers, to be bound. */
MUST_USE Gen *gen_new(Vm *vm, Func *func);
/* Resume from C: send a value, or (exc not EMPTY) throw. */
MUST_USE GenStatus gen_resume(Vm *vm, Gen *gen, Value sent, Value *out);
MUST_USE GenStatus gen_throw(Vm *vm, Gen *gen, Value exc, Value *out);
/* Call fn with each item that a generator yields from now on, until it returns false. False: it did, or an exception is
 * pending. The interpreter stays where it is between two items, else this is a loop of gen_resume(). */
MUST_USE bool gen_each(Vm *vm, Gen *gen, bool (*fn)(Vm *vm, Value item, void *ud), void *ud);
static inline bool gen_is_plain(Value v)
{
    return is_gen(v) && !(value_obj(v)->flags & (GEN_IS_COROUTINE | GEN_IS_ASYNC));
}
/* What throw() raises inside a generator that has been entered has for context what is handled in there alone. */
void gen_raise_thrown(Vm *vm, Gen *gen, Value exc);
/* The same, with what throw() was called with: iterators that the generator delegates to get that. */
typedef struct Thrown { Value exc; uint32_t count; Value given[3]; } Thrown;
MUST_USE GenStatus gen_throw_given(Vm *vm, Gen *gen, const Thrown *t, Value *out);
/* What was given cannot be thrown: t->exc tells why. The innermost generator refuses, and is left as it is; those
 * that wait for it get the exception. */
MUST_USE GenStatus gen_throw_refused(Vm *vm, Gen *gen, const Thrown *t, Value *out);
/* The exception that throw(value) or throw(type[, value[, traceback]]) was given (generator.c). */
MUST_USE Value gen_throw_argument(Vm *vm, const Args *args, const char *method);
/* cr_origin, of what the hook coroutine_made kept. */
MUST_USE Value gen_origin(Vm *vm, Value at);
MUST_USE bool gen_close(Vm *vm, Gen *gen);
/* The same; *value is what the generator returned meanwhile, or None. */
MUST_USE bool gen_close_value(Vm *vm, Gen *gen, Value *value);
/* The frame as an object for scripts; f_locals of a frame. */
MUST_USE Value frame_locals(Vm *vm, Frame *f);
/* What a suspended frame delegates to (the iterator of the SEND at its pc), or EMPTY. */
Value frame_down(const Frame *f);

MUST_USE Value func_new(Vm *vm, Code *code, Dict *globals);
static inline uint32_t frame_at(const Frame *f)      /* index of the instruction that runs or waits */
{
    uint32_t i = code_index(f->code, f->pc);
    return i ? i - 1 : 0;
}

#endif
