/* SPDX-License-Identifier: MIT
 * What the interpreter's files share: the dispatch loop (interp.c), its slow paths (interp_slow.c, interp_attr.c,
 * interp_call.c) and the moves between frames of generators (gen.c). */
#ifndef VM_INTERP_H
#define VM_INTERP_H

#include "vm/frame.h"
#include "vm/iter.h"
#include "vm/ops.h"

/* ---- gen.c: chains ---- */
/* The root begins to run: the leaf's frame, ready for delivery. NULL: exception pending. back, ret and
 * FRAME_ENTRY are the caller's to set. */
MUST_USE Frame *chain_enter(Vm *vm, Gen *root);
/* Link inner (suspended or new) below f, which runs, and give the leaf's frame to go on in. */
MUST_USE Frame *chain_link(Vm *vm, Frame *f, Gen *inner);
/* Give the leaf what was sent. */
static inline void frame_deliver(Frame *f, Value sent)
{
    if (f->state == GEN_CREATED) {
        f->state = GEN_SUSPENDED;
        return;
    }
    const Instr *at = f->pc - 1;
    f->regs[at->a] = sent;
    if (at->op == OP_SEND)
        f->pc--;
}
/* The running chain suspends in `leaf`; the root's frame. */
Frame *chain_suspend(Vm *vm, Frame *leaf);
/* The root of a chain that gen_each() drives has suspended with an item, strand->top is gen_each()'s caller. Where to go on,
 * the generator entered again; NULL: return to gen_each(). */
Frame *gen_fed(Vm *vm, Gen *root, Value item);
/* Heap frame f is over (or, an async generator, hands a value to who awaits it: over is false). Unlinks it
 * and gives the frame that goes on. */
Frame *chain_leave(Vm *vm, Frame *f, bool over);
/* May this generator be resumed? false: ValueError (already executing) pending. Takes it out of another chain. */
MUST_USE bool chain_detach(Vm *vm, Gen *gen);
/* An exception leaves a generator's frame: StopIteration and the like become RuntimeError. */
void gen_convert_exception(Vm *vm, Gen *gen);

/* ---- async generators (agen.c) ---- */
/* The exception that is pending ends gen, which never ran. */
void gen_end_created(Vm *vm, Gen *gen);
/* Begin an asend/athrow/aclose with the first value sent. 0: enter op->gen; with *thrown an exception is pending for it. 1: over,
 * *out is the result. -1: exception pending. */
/* An AgenOp for __anext__() that nobody else sees. */
MUST_USE AgenOp *agen_take(Vm *vm, Gen *g);
MUST_USE int agen_begin(Vm *vm, AgenOp *op, Value sent, bool *thrown, Value *out);
/* Begin it with an exception that the caller throws into the generator. */
MUST_USE bool agen_begin_throw(Vm *vm, AgenOp *op);
/* The generator yielded v, returned, or raised (exception pending) while op drove it. True: *out is op's
 * result. False: an exception is pending. */
typedef enum AgenEvent { AGEN_YIELDED, AGEN_RETURNED, AGEN_RAISED } AgenEvent;
MUST_USE bool agen_end(Vm *vm, AgenOp *op, AgenEvent event, Value v, Value *out);

/* ---- slow paths ---- */
MUST_USE Value interp_load_attr(Vm *vm, Value o, Cache *ca);
MUST_USE bool interp_load_method(Vm *vm, Value o, Cache *ca, Value *out);   /* out[0], out[1] */
Value interp_find_method(Vm *vm, Value o, Str *name, Value *self);          /* for calls from C */
MUST_USE bool interp_store_attr(Vm *vm, Value o, Cache *ca, Value v);
MUST_USE Value interp_load_global(Vm *vm, Func *func, Cache *ca);
MUST_USE bool interp_store_global(Vm *vm, Func *func, Cache *ca, Value v);
MUST_USE bool interp_delete_global(Vm *vm, Func *func, Cache *ca);
MUST_USE Value interp_load_name(Vm *vm, Func *func, Value ns, Cache *ca);
MUST_USE bool interp_load_super(Vm *vm, Value *args, Cache *ca, unsigned how, Value *out);
MUST_USE bool interp_load_special(Vm *vm, Value o, Special s, Value *out);
MUST_USE Value interp_make_function(Vm *vm, Frame *f, Code *code, unsigned flags, const Value *parts);
MUST_USE bool interp_unpack(Vm *vm, Value v, Value *out, uint32_t n);
MUST_USE bool interp_unpack_ex(Vm *vm, Value v, Value *out, uint32_t before, uint32_t after);
MUST_USE Value interp_format(Vm *vm, Value v, int conversion, Value spec);
/* Behind a BufferError: can the instruction run again, now that the views that forbade to resize are collected? */
bool interp_resize_again(Vm *vm, const Instr *i, const Value *r);
/* o[start:stop:step] of an exact list, tuple or string by small ints or None; false: not one of these. */
bool interp_slice(Vm *vm, Value o, const Value *parts, Value *out);
/* o[start:stop] = v of an exact list, v a list or tuple. 1: done; 0: not one of these; -1: exception pending. */
MUST_USE int interp_set_slice(Vm *vm, Value o, const Value *parts, Value v);
MUST_USE Value interp_build_string(Vm *vm, const Value *parts, uint32_t n);
MUST_USE Value interp_build_dict(Vm *vm, const Value *pairs, uint32_t n);
MUST_USE Value interp_build_set(Vm *vm, const Value *items, uint32_t n);
MUST_USE bool interp_dict_merge(Vm *vm, Value dict, Value mapping, Value callee);
MUST_USE bool interp_dict_update(Vm *vm, Value dict, Value mapping);
MUST_USE bool interp_list_extend(Vm *vm, Value list, Value iterable, Value callee);     /* callee EMPTY: a display */
MUST_USE bool interp_raise(Vm *vm, unsigned how, Value exc, Value cause);
MUST_USE int interp_exc_match(Vm *vm, Value exc, Value cls);
MUST_USE bool interp_group_match(Vm *vm, Value exc, Value cls, Value *out);
MUST_USE Value interp_group_reraise(Vm *vm, Value orig, Value list);
MUST_USE Value interp_import_name(Vm *vm, Func *func, Value locals, Str *name, Value fromlist, int level);
/* A built-in, from what `__builtins__` of the globals is; EMPTY with nothing pending: none of that name. */
MUST_USE Value interp_builtin(Vm *vm, Func *func, Str *name);
MUST_USE Value interp_load_build_class(Vm *vm, Func *func);
MUST_USE Value interp_import_from(Vm *vm, Value module, Str *name);
MUST_USE bool interp_import_star(Vm *vm, Func *func, Value module, Value ns);
MUST_USE Value interp_match_keys(Vm *vm, Value subject, Value keys);
MUST_USE Value interp_match_class(Vm *vm, Value subject, Value cls, Value names, uint32_t npos);
MUST_USE Value interp_intrinsic(Vm *vm, Func *func, int which, Value v);
MUST_USE Value interp_get_aiter(Vm *vm, Value v);
MUST_USE Value interp_get_anext(Vm *vm, Value v);
MUST_USE Value interp_get_yield_iter(Vm *vm, Frame *f, Value v);
/* The awaitable's iterator, checked as `await` does. */
MUST_USE Value interp_get_awaitable(Vm *vm, Value v, Special giver);
/* One step of an iterator that is no generator. 0: it returned *out; 1: it yielded *out; -1: exception pending. */
MUST_USE int op_send(Vm *vm, Value it, Value sent, Value *out);
MUST_USE Value interp_build_class(Vm *vm, Value self, const Args *args);
Value interp_unbound_local(Vm *vm, Frame *f, uint32_t reg);
Value interp_unbound_free(Vm *vm, Frame *f, uint32_t i);

/* ---- calls ---- */
static inline bool code_is_plain(const Code *code, uint32_t nargs)
{
    return (code->flags & (CODE_SIMPLE_ARGS | CODE_GENERATOR | CODE_COROUTINE)) == CODE_SIMPLE_ARGS && code->nargs == nargs;
}

/* Positional arguments alone, of which the last may be left to the defaults. */
static inline bool func_is_plain(const Func *func, uint32_t nargs)
{
    const Code *code = func->code;
    if (LIKELY(code_is_plain(code, nargs)))
        return true;
    return code_is_plain(code, code->nargs) && nargs < code->nargs && !value_is_empty(func->defaults) &&
           code->nargs - nargs <= as_tuple(func->defaults)->len;
}

/* Those that follow the first n. */
static inline void take_defaults(const Func *func, Value *regs, uint32_t n)
{
    const Tuple *t = as_tuple(func->defaults);
    const Value *from = t->items + t->len - (func->code->nargs - n);
    for (uint32_t end = func->code->nargs; n < end; n++)
        regs[n] = *from++;
}

/* ---- interp_call.c ---- */
/* Call a native with arguments in place. */
/* The same of a method that native_binds(), bound to self. */
MUST_USE Value native_method_call(Vm *vm, Native *n, Value self, uint32_t nargs, const Value *args);
void native_check(Vm *vm, const Native *n, Value v);        /* debug builds: result and pending exception agree */
MUST_USE Value native_call(Vm *vm, Native *n, uint32_t nargs, const Value *args, uint32_t nkw, const Value *names);
/* n arguments that n->direct says may go as they are. */
static inline Value native_direct(Vm *vm, const Native *n, Value self, uint32_t nargs, Value *args)
{
    Args a = { .v = args, .count = nargs, .given = nargs };
    Value v = n->def->fn(vm, self, &a);
#ifdef AIO_DEBUG
    native_check(vm, n, v);
#endif
    return v;
}
/* f(*args, **kwargs), args a tuple or list, or with self before them, as a call has them. */
typedef struct Spread {
    const Value *args, *names;
    uint32_t n, nkw;
} Spread;
MUST_USE bool call_spread(Vm *vm, Value self, Value args, Dict *kwargs, Spread *out);
/* type(*args): __new__, __init__. */
MUST_USE Value type_call(Vm *vm, Type *t, uint32_t n, const Value *args, uint32_t nkw, const Value *names);

#endif
