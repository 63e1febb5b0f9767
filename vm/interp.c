/* SPDX-License-Identifier: MIT
 * The dispatch loop and nothing else. Each instruction's fast case stands here, in a few lines; everything slower is
 * a function beside it (interp_*.c). Registers are r[], the running frame is f, its next instruction pc.
 *
 * f->pc is saved before anything that may call out, raise or collect: the collector and tracebacks read it. An
 * error goes to `error` (adds the frame to the traceback) or `unwind` (does not: RERAISE). */
#include "vm/interp.h"

#include <math.h>

#include "vm/attr_cache.h"
#include "vm/iter_fast.h"
#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/set.h"
#include "vm/objects/str.h"
#include "vm/signature.h"
#include "vm/watch.h"

/* Relations that make a comparison true, four bits for each of COMPARE_LT …: less, equal, greater, unordered. */
#define COMPARE_RELATIONS 0x64d231u

static inline int holds(unsigned cmp, unsigned relation)
{
    return COMPARE_RELATIONS >> (4 * cmp + relation) & 1;
}

static inline unsigned relation_int(int64_t x, int64_t y)
{
    return (unsigned)(x > y) + (unsigned)(x >= y);
}

/* Of two that are int48: their bits without the tag compare as they do. */
static inline unsigned relation_int48(Value a, Value b)
{
    return relation_int((int64_t)(a.bits << 16), (int64_t)(b.bits << 16));
}

static inline unsigned relation_double(double x, double y)
{
    return (unsigned)(x > y) + (unsigned)(x >= y) + 3u * (unsigned)__builtin_isunordered(x, y);
}

/* 0, 1, -1 error: any comparison as a condition. */
static NOINLINE int compare_slow(Vm *vm, unsigned cmp, Value a, Value b)
{
    if ((cmp == COMPARE_EQ || cmp == COMPARE_NE) && is_exact(a, SHAPE_STR_ID) && is_exact(b, SHAPE_STR_ID))
        return str_equal(as_str(a), as_str(b)) == (cmp == COMPARE_EQ);
    if ((cmp == COMPARE_IN || cmp == COMPARE_NOT_IN) && is_exact(b, SHAPE_DICT_ID)) {
        int found = dict_find(vm, as_dict(b), a, &b);
        return found < 0 ? found : found == (cmp == COMPARE_IN);
    }
    if ((cmp == COMPARE_IN || cmp == COMPARE_NOT_IN) && is_exact(b, SHAPE_SET_ID)) {
        int found = set_contains(vm, as_set(b), a);
        return found < 0 ? found : found == (cmp == COMPARE_IN);
    }
    return op_compare_bool(vm, cmp, a, b);
}

static inline int truth_fast(Vm *vm, Value v)
{
    if (value_is_bool(v))
        return value_is_true(v);
    if (value_is_int48(v))
        return v.bits != VALUE_INT_TAG;
    if (value_is_none(v))
        return 0;
    return op_truth(vm, v);
}

/* Items of exact lists, tuples and strings by small index. EMPTY: not done here. */
static inline Value getitem_fast(Vm *vm, Value o, Value key)
{
    if (!value_is_obj(o) || !value_is_int48(key))
        return VALUE_EMPTY;
    int64_t i = value_int48(key);
    uint32_t shape = value_obj(o)->shape;
    if (shape == SHAPE_LIST_ID) {
        List *l = as_list(o);
        if (i < 0)
            i += (int64_t)l->len;
        return (uint64_t)i < l->len ? l->buf->items[i] : VALUE_EMPTY;
    }
    if (shape == SHAPE_TUPLE_ID) {
        Tuple *t = as_tuple(o);
        if (i < 0)
            i += (int64_t)t->len;
        return (uint64_t)i < t->len ? t->items[i] : VALUE_EMPTY;
    }
    if (shape == SHAPE_STR_ID && str_is_ascii(as_str(o))) {
        Str *t = as_str(o);
        if (i < 0)
            i += (int64_t)t->len;
        return (uint64_t)i < t->len ? value_from_obj(vm->ascii_chars[(unsigned char)str_data(t)[i]]) : VALUE_EMPTY;
    }
    return VALUE_EMPTY;
}

/* An iterator of pairs whose next pair goes to two registers: no tuple. As above. */
static NOINLINE int iter_pair(Vm *vm, Value it, Value *out)
{
    if (!is_kind(it, KIND_ITER) || value_obj(it)->flags & OBJ_SUBCLASS)
        return -1;
    Iter *i = as_iter(it);
    switch (i->h.flags & ITER_KIND_MASK) {
    case ITER_DICT_ITEMS:
        return dict_iter_fast(i, &out[0], &out[1]);
    case ITER_ENUMERATE: case ITER_ZIP:
        return iter_next_pair(vm, i, out);
    default:
        return -1;
    }
}

/* The handler that protects the instruction, innermost first; NULL: none. */
static const Handler *find_handler(const Code *code, uint32_t at)
{
    for (uint32_t i = 0; i < code->nhandlers; i++)
        if (at >= code->handlers[i].start && at < code->handlers[i].end)
            return &code->handlers[i];
    return NULL;
}

/* Steps of the frame switch that several instructions share. */
/* The frame of a function that func_is_plain(). `args` lie in the registers of f, which runs. */
static inline __attribute__((always_inline)) Frame *push_plain(Vm *vm, Strand *s, const Frame *f, Func *func, Value *args,
                                                               uint32_t n)
{
    Frame *nf;
    if (UNLIKELY(f->flags & FRAME_HEAP)) {
        nf = frame_push_fast(vm, s, func, NULL, 0);
        if (!nf)
            return NULL;
        for (uint32_t i = 0; i < n; i++)
            nf->regs[i] = args[i];
    } else {
        nf = frame_push_fast(vm, s, func, args, n);
        if (!nf)
            return NULL;
    }
    if (UNLIKELY(n < func->code->nargs))
        take_defaults(func, nf->regs, n);
    return nf;
}

/* The same where it is rarer. */
static NOINLINE Frame *push_plain_apart(Vm *vm, Strand *s, const Frame *f, Func *func, Value *args, uint32_t n)
{
    return push_plain(vm, s, f, func, args, n);
}

/* The frame of a special method or getter of script that takes x alone or x and y, for an instruction of f whose result
 * is what it returns. */
static NOINLINE Frame *push_special(Vm *vm, Strand *s, Func *func, Frame *f, unsigned ret, Value x, Value y)
{
    Frame *nf = frame_push_fast(vm, s, func, NULL, 0);
    if (!nf)
        return NULL;
    nf->regs[0] = x;
    if (!value_is_empty(y))
        nf->regs[1] = y;
    nf->back = f;
    nf->ret = (uint16_t)ret;
    return nf;
}

/* A generator that may be entered here: not run, or suspended. */
static inline bool gen_is_idle(Value v)
{
    return gen_is_plain(v) && as_gen(v)->f.state <= GEN_SUSPENDED;
}

static inline bool code_is_plain_coroutine(const Code *code, uint32_t nargs)
{
    return (code->flags & (CODE_SIMPLE_ARGS | CODE_GENERATOR | CODE_COROUTINE)) == (CODE_SIMPLE_ARGS | CODE_COROUTINE) &&
           code->nargs == nargs;
}

/* A class whose instances the interpreter makes by itself: __new__ is object's, the metaclass plain, the class
 * not abstract. */
static inline bool class_is_plain(Vm *vm, Type *t)
{
    return t->h.shape == vm->types.type->root_shape->id && (t->flags & TYPE_HEAP) && !(t->flags & TYPE_ABSTRACT) &&
           t->layout->kind == KIND_INSTANCE &&
           value_same(type_special(t, SPECIAL_NEW), type_special(vm->types.object, SPECIAL_NEW)) &&
               is_func(type_special(t, SPECIAL_INIT));
}

/* A coroutine of C's that goes to the await behind its call alone. */
static inline void mark_unseen(Vm *vm, Value v)
{
    if (is_kind(v, KIND_EXT) && type_of(vm, v)->layout->reuse)
        value_obj(v)->flags |= EXT_UNSEEN;
}

/* Arguments of range() that its iterator can hold. */
static inline bool range_is_small(uint32_t n, const Value *args)
{
    if (n < 1 || n > 3)
        return false;
    for (uint32_t i = 0; i < n; i++)
        if (!value_is_int48(args[i]))
            return false;
    return n < 3 || value_int48(args[2]) != 0;
}

/* Keywords that name parameters by the very strings of the code, defaults for the rest. regs are EMPTY, and are again when
 * it is not as simple as that. */
static inline bool bind_plain_keywords(const Func *func, Value *regs, uint32_t n, const Value *args, uint32_t nkw,
                                       const Value *names)
{
    const Code *code = func->code;
    uint32_t npos = n - nkw, end = code->nargs;
    if (!code_is_plain(code, end) || code->nposonly || n > end)
        return false;
    const Tuple *defaults = value_is_empty(func->defaults) ? NULL : as_tuple(func->defaults);
    uint32_t ndef = defaults ? (uint32_t)defaults->len : 0, i;
    for (i = 0; i < npos; i++)
        regs[i] = args[i];
    for (uint32_t k = 0; k < nkw; k++) {
        for (i = npos; i < end && value_from_obj(code->local_names[i]).bits != names[k].bits;)
            i++;
        if (i == end || !value_is_empty(regs[i]))
            goto no;
        regs[i] = args[npos + k];
    }
    for (i = npos; i < end; i++) {
        if (!value_is_empty(regs[i]))
            continue;
        if (end - i > ndef)
            goto no;
        regs[i] = defaults->items[ndef - (end - i)];
    }
    return true;
no:
    for (i = npos; i < end; i++)
        regs[i] = VALUE_EMPTY;
    return false;
}

/* In a script function: a frame with its arguments, ready to run. For generators and the like: the object.
 * Exactly one of the results is set; both empty: exception pending. args lie below `base`. */
static Frame *enter_function(Vm *vm, Func *func, Value *base, uint32_t n, const Value *args, uint32_t nkw,
                             const Value *names, Value *object)
{
    Code *code = func->code;
    *object = VALUE_EMPTY;
    if (code->flags & (CODE_GENERATOR | CODE_COROUTINE)) {
        Gen *g = gen_new(vm, func);
        if (g && func_bind(vm, func, g->regs, n, args, nkw, names))
            *object = value_from_obj(g);
        else if (g)
            g->f.state = GEN_FINISHED;  /* nobody has seen it: there is nothing to await */
        return NULL;
    }
    Frame *f = frame_push_fast(vm, vm->strand, func, base, 0);
    if (!f)
        return NULL;
    if (!nkw && func_is_plain(func, n)) {
        for (uint32_t i = 0; i < n; i++)
            f->regs[i] = args[i];
        if (n < code->nargs)
            take_defaults(func, f->regs, n);
        return f;
    }
    if (nkw && bind_plain_keywords(func, f->regs, n, args, nkw, names))
        return f;
    if (!func_bind(vm, func, f->regs, n, args, nkw, names)) {
        frame_pop(vm, f);
        return NULL;
    }
    return f;
}

/* A recursive call may have met another iterator than the one that its caller's frame waits for. */
static inline bool is_for(uint8_t op)
{
    return op >= OP_FOR_ITER && op <= OP_FOR_PAIR;
}

/* What a frame that returns to FOR_ITER or the like does with the result is told by the instruction before pc. */

#ifdef AIO_SWITCH_DISPATCH
#define TARGET(name) case OP_##name:
#define NEXT() goto next
#define LOOK_AGAIN() ((void)0)
#else
#define TARGET(name) L_##name:
#define LOOK_AGAIN() (table = vm->watch ? watched : labels)
#define NEXT()                                                                                        \
    do {                                                                                              \
        pc++;                                                                                         \
        goto *table[ins.op];                                                                          \
    } while (0)
#endif

/* The instruction that runs. Its operands are read where they are needed: they lie in the cache, and registers are few. */
#define ins (pc[-1])
#define SAVE() (f->pc = pc)
#define LOAD_FRAME()                                                                                  \
    do {                                                                                              \
        r = f->regs;                                                                                  \
        pc = f->pc;                                                                                   \
        code = f->code;                                                                               \
        s->top = f;                                                                                   \
    } while (0)
#define CHECK(ok)                                                                                     \
    do {                                                                                              \
        if (UNLIKELY(!(ok)))                                                                          \
            goto error;                                                                               \
    } while (0)
#define RESULT(v)                                                                                     \
    do {                                                                                              \
        Value result_ = (v);                                                                          \
        if (UNLIKELY(value_is_empty(result_)))                                                        \
            goto error;                                                                               \
        r[ins.a] = result_;                                                                           \
        NEXT();                                                                                       \
    } while (0)
#define CHECKPOINT()                                                                                  \
    do {                                                                                              \
        if (UNLIKELY(atomic_load_explicit(&vm->attention, memory_order_relaxed))) {                   \
            SAVE();                                                                                   \
            s->scan_from = __builtin_frame_address(0);                                                \
            bool going_on_ = vm_checkpoint_slow(vm);                                                  \
            s->scan_from = NULL;                                                                      \
            LOOK_AGAIN();                                                                             \
            CHECK(going_on_);                                                                         \
        }                                                                                             \
    } while (0)

/* What is no double reads as a NaN, of which no operator makes a number: so what is one, came from two doubles. An
 * instruction that has met doubles tries them first from then on (name##_FLOAT), until it meets something else. */
#define INT_FLOAT_OP(name, int_fast, operator, right, slow)                                           \
    TARGET(name)                                                                                      \
    again_##name:                                                                                     \
    {                                                                                                 \
        Value x = r[ins.b], y = *(right);                                                             \
        if (value_both_int48(x, y) && int_fast(x, y, &r[ins.a]))                                      \
            NEXT();                                                                                   \
        double z = value_double_at(&r[ins.b]) operator value_double_at(right);                        \
        if (UNLIKELY(z != z))                                                                         \
            goto slow;                                                                                \
        ins.op = OP_##name##_FLOAT;                                                                   \
        r[ins.a] = value_from_double(z);                                                              \
        NEXT();                                                                                       \
    }                                                                                                 \
    TARGET(name##_FLOAT)                                                                              \
    {                                                                                                 \
        double z = value_double_at(&r[ins.b]) operator value_double_at(right);                        \
        if (LIKELY(z == z)) {                                                                         \
            r[ins.a] = value_from_double(z);                                                          \
            NEXT();                                                                                   \
        }                                                                                             \
        ins.op = OP_##name;                                                                           \
        goto again_##name;                                                                            \
    }
#define DIV_OP(name, right, slow)                                                                     \
    TARGET(name)                                                                                      \
    {                                                                                                 \
        double y = value_double_at(right), z = value_double_at(&r[ins.b]) / y;                        \
        if (LIKELY(y != 0 && z == z)) {                                                               \
            r[ins.a] = value_from_double(z);                                                          \
            NEXT();                                                                                   \
        }                                                                                             \
        Value a = r[ins.b], b = *(right);                                                             \
        if (value_both_int48(a, b) && value_int48(b) != 0) {                                          \
            r[ins.a] = value_from_double((double)value_int48(a) / (double)value_int48(b));            \
            NEXT();                                                                                   \
        }                                                                                             \
        goto slow;                                                                                    \
    }
#define FLOORDIV_OP(name, right, slow)                                                                \
    TARGET(name)                                                                                      \
    {                                                                                                 \
        Value x = r[ins.b], y = *(right);                                                             \
        if (value_both_int48(x, y) && LIKELY(value_int48(y) > 0)) {                                   \
            int64_t a = value_int48(x), b = value_int48(y), q = a / b;                                \
            r[ins.a] = value_from_int48(q - (a % b < 0));                                             \
            NEXT();                                                                                   \
        }                                                                                             \
        goto slow;                                                                                    \
    }
#define MOD_OP(name, right, slow)                                                                     \
    TARGET(name)                                                                                      \
    {                                                                                                 \
        Value x = r[ins.b], y = *(right);                                                             \
        if (value_both_int48(x, y) && LIKELY(value_int48(y) > 0)) {                                   \
            int64_t m = value_int48(x) % value_int48(y);                                              \
            r[ins.a] = value_from_int48(m < 0 ? m + value_int48(y) : m);                              \
            NEXT();                                                                                   \
        }                                                                                             \
        goto slow;                                                                                    \
    }
#define LSHIFT_OP(name, right, slow)                                                                  \
    TARGET(name)                                                                                      \
    {                                                                                                 \
        Value x = r[ins.b], y = *(right);                                                             \
        if (value_both_int48(x, y) && (uint64_t)value_int48(y) < 16) {                                \
            int64_t v = (int64_t)((uint64_t)value_int48(x) << value_int48(y));                        \
            if (LIKELY(int_fits48(v))) {                                                              \
                r[ins.a] = value_from_int48(v);                                                       \
                NEXT();                                                                               \
            }                                                                                         \
        }                                                                                             \
        goto slow;                                                                                    \
    }
#define RSHIFT_OP(name, right, slow)                                                                  \
    TARGET(name)                                                                                      \
    {                                                                                                 \
        Value x = r[ins.b], y = *(right);                                                             \
        if (value_both_int48(x, y) && (uint64_t)value_int48(y) < 64) {                                \
            r[ins.a] = value_from_int48(value_int48(x) >> value_int48(y));                            \
            NEXT();                                                                                   \
        }                                                                                             \
        goto slow;                                                                                    \
    }
#define BIT_OP(name, expr, right, slow)                                                               \
    TARGET(name)                                                                                      \
    {                                                                                                 \
        Value x = r[ins.b], y = *(right);                                                             \
        if (value_both_int48(x, y)) {                                                                 \
            r[ins.a] = (Value){ expr };                                                               \
            NEXT();                                                                                   \
        }                                                                                             \
        goto slow;                                                                                    \
    }
/* The relation that an instruction jumps upon: where what it jumps upon is that one does not hold, the opposite. */
#define JUMP_RELATION(cmp) (ins.x & COMPARE_SENSE ? (cmp) : COMPARE_GE - (cmp))
/* Two numbers that have an order: from now on the instruction knows their type and the relation. */
#define JUMP_COMPARE_OP(K, right)                                                                     \
    TARGET(JUMP_COMPARE##K)                                                                           \
    compare_again##K:                                                                                 \
    {                                                                                                 \
        Value x = r[ins.a], y = *(right);                                                             \
        unsigned cmp = ins.x & 15u;                                                                   \
        int t;                                                                                        \
        if (LIKELY(cmp < 6 && value_both_int48(x, y))) {                                              \
            t = holds(cmp, relation_int48(x, y));                                                     \
            ins.op = (uint8_t)(OP_JUMP_INT##K##_LT + JUMP_RELATION(cmp));                             \
        } else if (cmp >= COMPARE_IS) {                                                               \
            t = value_same(x, y) == (cmp == COMPARE_IS);                                              \
        } else {                                                                                      \
            unsigned relation = relation_double(value_double_at(&r[ins.a]), value_double_at(right));  \
            if (LIKELY(cmp < 6 && relation < 3)) {                                                    \
                t = holds(cmp, relation);                                                             \
                ins.op = (uint8_t)(OP_JUMP_FLOAT##K##_LT + JUMP_RELATION(cmp));                       \
            } else {                                                                                  \
                SAVE();                                                                               \
                t = compare_slow(vm, cmp, x, y);                                                      \
                CHECK(t >= 0);                                                                        \
            }                                                                                         \
        }                                                                                             \
        if (t == ins.x >> 7) {                                                                        \
            if (ins.ci < 0)                                                                           \
                CHECKPOINT();                                                                         \
            pc += ins.ci;                                                                             \
        }                                                                                             \
        NEXT();                                                                                       \
    }
#define JUMP_INT_OP(name, operator, right, general)                                                   \
    TARGET(name)                                                                                      \
    {                                                                                                 \
        Value x = r[ins.a], y = *(right);                                                             \
        if (UNLIKELY(!value_both_int48(x, y)))                                                        \
            goto general;                                                                             \
        if ((int64_t)(x.bits << 16) operator (int64_t)(y.bits << 16))                                 \
            goto jump;                                                                                \
        NEXT();                                                                                       \
    }
#define JUMP_IMM_OP(name, operator, right, general)                                                   \
    TARGET(name)                                                                                      \
    {                                                                                                 \
        Value x = r[ins.a];                                                                           \
        if (UNLIKELY(!value_is_int48(x)))                                                             \
            goto general;                                                                             \
        if (value_int48(x) operator (right))                                                          \
            goto jump;                                                                                \
        NEXT();                                                                                       \
    }
#define JUMP_FLOAT_OP(name, operator, right, general)                                                 \
    TARGET(name)                                                                                      \
    {                                                                                                 \
        double x = value_double_at(&r[ins.a]), y = value_double_at(right);                            \
        if (UNLIKELY(__builtin_isunordered(x, y)))                                                    \
            goto general;                                                                             \
        if (x operator y)                                                                             \
            goto jump;                                                                                \
        NEXT();                                                                                       \
    }
#define EACH_RELATION(OP_OF, NAME, ...)                                                               \
    OP_OF(NAME##_LT, <, __VA_ARGS__)                                                                  \
    OP_OF(NAME##_LE, <=, __VA_ARGS__)                                                                 \
    OP_OF(NAME##_EQ, ==, __VA_ARGS__)                                                                 \
    OP_OF(NAME##_NE, !=, __VA_ARGS__)                                                                 \
    OP_OF(NAME##_GT, >, __VA_ARGS__)                                                                  \
    OP_OF(NAME##_GE, >=, __VA_ARGS__)
/* The operators; K is empty or _K, right points to the right operand, slow is where everything else goes on. */
#define OPERATORS(K, right, slow)                                                                     \
    INT_FLOAT_OP(ADD##K, value_int48_add, +, right, slow)                                             \
    INT_FLOAT_OP(SUB##K, value_int48_sub, -, right, slow)                                             \
    INT_FLOAT_OP(MUL##K, value_int48_mul, *, right, slow)                                             \
    DIV_OP(DIV##K, right, slow)                                                                       \
    FLOORDIV_OP(FLOORDIV##K, right, slow)                                                             \
    MOD_OP(MOD##K, right, slow)                                                                       \
    LSHIFT_OP(LSHIFT##K, right, slow)                                                                 \
    RSHIFT_OP(RSHIFT##K, right, slow)                                                                 \
    BIT_OP(AND##K, x.bits & y.bits, right, slow)                                                      \
    BIT_OP(OR##K, x.bits | y.bits, right, slow)                                                       \
    BIT_OP(XOR##K, (x.bits ^ y.bits) | VALUE_INT_TAG, right, slow)                                    \
    TARGET(MATMUL##K)                                                                                 \
    TARGET(POW##K)                                                                                    \
        goto slow;

#ifndef AIO_SWITCH_DISPATCH
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#endif

static Value run(Vm *vm, Frame *f)
{
#ifndef AIO_SWITCH_DISPATCH
    static const void *const labels[OPCODE_COUNT] = {
#define OP(name, operands, doc) [OP_##name] = &&L_##name,
#include "vm/opcodes.def"
    };
    static const void *const watched[OPCODE_COUNT] = {
#define OP(name, operands, doc) [OP_##name] = &&watch,
#include "vm/opcodes.def"
    };
    const void *const *table = vm->watch ? watched : labels;
#endif
    Strand *const s = vm->strand;
    Instr *pc;
    Value *r;
    Code *code;

    LOAD_FRAME();
    if (UNLIKELY(vm_pending(vm)))
        goto error;

#ifdef AIO_SWITCH_DISPATCH
    for (;;) {
    next:
        if (UNLIKELY(vm->watch))
            watch_instr(vm, f, pc);
        pc++;
        switch ((Opcode)ins.op) {
        case OPCODE_COUNT:
            __builtin_unreachable();
#else
    NEXT();
watch:
    watch_instr(vm, f, pc - 1);
    if (!vm->watch)
        table = labels;
    goto *labels[ins.op];
#endif

    /* ---- loads and moves ---- */
    TARGET(NOP)
        NEXT();
    TARGET(LOAD_CONST)
        r[ins.a] = code->consts[ins.k];
        NEXT();
    TARGET(MOVE)
        r[ins.a] = r[ins.b];
        NEXT();
    TARGET(CLEAR)
        r[ins.a] = VALUE_EMPTY;
        NEXT();
    TARGET(CHECK_BOUND)
        if (LIKELY(!value_is_empty(r[ins.a])))
            NEXT();
        SAVE();
        interp_unbound_local(vm, f, ins.a);
        goto error;
    TARGET(DELETE_LOCAL)
        if (UNLIKELY(value_is_empty(r[ins.a]))) {
            SAVE();
            interp_unbound_local(vm, f, ins.a);
            goto error;
        }
        r[ins.a] = VALUE_EMPTY;
        NEXT();
    TARGET(MAKE_CELL)
    {
        Cell *cell = heap_alloc(vm, sizeof *cell, KIND_CELL, SHAPE_CELL_ID, 0);
        SAVE();
        CHECK(cell);
        cell->value = r[ins.a];
        r[ins.a] = value_from_obj(cell);
        NEXT();
    }
    TARGET(LOAD_CELL)
    {
        Value v = as_cell(r[ins.b])->value;
        if (UNLIKELY(value_is_empty(v))) {
            SAVE();
            interp_unbound_local(vm, f, ins.b);
            goto error;
        }
        r[ins.a] = v;
        NEXT();
    }
    TARGET(STORE_CELL)
    {
        Cell *cell = as_cell(r[ins.a]);
        heap_set(vm, cell, &cell->value, r[ins.b]);
        NEXT();
    }
    TARGET(DELETE_CELL)
    {
        Cell *cell = as_cell(r[ins.a]);
        if (UNLIKELY(value_is_empty(cell->value))) {
            SAVE();
            interp_unbound_local(vm, f, ins.a);
            goto error;
        }
        cell->value = VALUE_EMPTY;
        NEXT();
    }
    TARGET(LOAD_FREE)
    {
        Value v = f->func->cells[ins.b]->value;
        if (UNLIKELY(value_is_empty(v))) {
            SAVE();
            interp_unbound_free(vm, f, ins.b);
            goto error;
        }
        r[ins.a] = v;
        NEXT();
    }
    TARGET(STORE_FREE)
    {
        Cell *cell = f->func->cells[ins.a];
        heap_set(vm, cell, &cell->value, r[ins.b]);
        NEXT();
    }
    TARGET(DELETE_FREE)
    {
        Cell *cell = f->func->cells[ins.a];
        if (UNLIKELY(value_is_empty(cell->value))) {
            SAVE();
            interp_unbound_free(vm, f, ins.a);
            goto error;
        }
        cell->value = VALUE_EMPTY;
        NEXT();
    }
    TARGET(LOAD_FREE_CELL)
        r[ins.a] = value_from_obj(f->func->cells[ins.b]);
        NEXT();
    TARGET(LOAD_GLOBAL)
    {
        Cache *ca = &code->caches[ins.k];
        Value v;
        if (LIKELY(cache_hit_global(vm, ca, &v))) {
            r[ins.a] = v;
            NEXT();
        }
        SAVE();
        RESULT(interp_load_global(vm, f->func, ca));
    }
    TARGET(STORE_GLOBAL)
    {
        Cache *ca = &code->caches[ins.k];
        if (LIKELY(ca->how == CACHE_CELL) && LIKELY(!value_is_empty(ca->u.cell->value))) {
            heap_set(vm, ca->u.cell, &ca->u.cell->value, r[ins.a]);
            NEXT();
        }
        SAVE();
        CHECK(interp_store_global(vm, f->func, ca, r[ins.a]));
        NEXT();
    }
    TARGET(DELETE_GLOBAL)
        SAVE();
        CHECK(interp_delete_global(vm, f->func, &code->caches[ins.k]));
        NEXT();
    TARGET(NAMESPACE)
        if (value_is_empty(r[ins.a]))
            r[ins.a] = value_from_obj(f->func->globals);
        NEXT();
    TARGET(LOAD_NAME)
        SAVE();
        RESULT(interp_load_name(vm, f->func, r[ins.b], &code->caches[ins.c]));
    TARGET(STORE_NAME)
    {
        Str *name = code->caches[ins.c].name;
        SAVE();
        if (is_exact(r[ins.a], SHAPE_DICT_ID))
            CHECK(dict_set_str(vm, as_dict(r[ins.a]), name, r[ins.b]));
        else
            CHECK(op_setitem(vm, r[ins.a], value_from_obj(name), r[ins.b]));
        NEXT();
    }
    TARGET(DELETE_NAME)
        SAVE();
        if (!op_delitem(vm, r[ins.a], value_from_obj(code->caches[ins.c].name))) {
            exc_discard(vm);
            raise_name(vm, code->caches[ins.c].name);
            goto error;
        }
        NEXT();
    TARGET(LOAD_NAME_FREE)
    {
        Value name = value_from_obj(code->free_names[ins.c]), v = VALUE_EMPTY;
        SAVE();
        if (is_dict(r[ins.b])) {
            CHECK(dict_find(vm, as_dict(r[ins.b]), name, &v) >= 0);
        } else {
            v = op_getitem(vm, r[ins.b], name);
            if (value_is_empty(v)) {
                CHECK(exc_pending_is(vm, EXC_KeyError));
                exc_discard(vm);
            }
        }
        if (value_is_empty(v))
            v = f->func->cells[ins.c]->value;
        if (value_is_empty(v)) {
            interp_unbound_free(vm, f, ins.c);
            goto error;
        }
        r[ins.a] = v;
        NEXT();
    }

    /* ---- operators ---- */
    OPERATORS(, &r[ins.c], binary_slow)
    OPERATORS(_K, &code->consts[ins.c], binary_slow_k)
    binary_slow:
    {
        SAVE();
        if (ins.op == OP_ADD && is_exact(r[ins.b], SHAPE_STR_ID) && is_exact(r[ins.c], SHAPE_STR_ID)) {
            Str *joined;
            if (pc->op == OP_LOAD_CONST && pc[1].op == OP_ADD && pc[1].b == ins.a && pc[1].c == pc->a && pc->a != ins.a &&
                ins.a >= code->nlocals && pc->a >= code->nlocals && is_exact(code->consts[pc->k], SHAPE_STR_ID)) {
                /* a + b + "c": nobody sees a + b. As LOAD_CONST and ADD would go on. */
                joined = str_concat3(vm, as_str(r[ins.b]), as_str(r[ins.c]), as_str(code->consts[pc->k]));
                CHECK(joined);
                r[pc[1].a] = value_from_obj(joined);
                pc += 2;
                NEXT();
            }
            joined = str_concat(vm, as_str(r[ins.b]), as_str(r[ins.c]));
            CHECK(joined);
            r[ins.a] = value_from_obj(joined);
            NEXT();
        }
        RESULT(op_binary(vm, ins.op - OP_ADD, r[ins.b], r[ins.c], ins.x & 1));
    }
    binary_slow_k:
    {
        Value x = r[ins.b], y = code->consts[ins.c];
        SAVE();
        if (ins.x & 2)
            RESULT(op_binary(vm, ins.op - OP_ADD_K, y, x, false));
        RESULT(op_binary(vm, ins.op - OP_ADD_K, x, y, ins.x & 1));
    }
    TARGET(ADD_IMM)
    {
        Value x = r[ins.b], imm = value_from_int48(ins.ci);
        if (value_is_int48(x) && value_int48_add(x, imm, &r[ins.a]))
            NEXT();
        double z = value_double_at(&r[ins.b]) + ins.ci;
        if (LIKELY(z == z)) {
            r[ins.a] = value_from_double(z);
            NEXT();
        }
        SAVE();
        if (ins.x & 2)
            RESULT(op_binary(vm, OP_SUB - OP_ADD, x, value_from_int48(-(int64_t)ins.ci), ins.x & 1));
        RESULT(op_binary(vm, 0, x, imm, ins.x & 1));
    }
    TARGET(INVERT)
        if (value_is_int48(r[ins.b])) {
            r[ins.a] = value_from_int48(~value_int48(r[ins.b]));
            NEXT();
        }
        SAVE();
        RESULT(op_unary(vm, SPECIAL_INVERT, r[ins.b]));
    TARGET(NOT)
    {
        SAVE();
        int t = truth_fast(vm, r[ins.b]);
        CHECK(t >= 0);
        r[ins.a] = value_from_bool(!t);
        NEXT();
    }
    TARGET(POS)
        SAVE();
        RESULT(op_unary(vm, SPECIAL_POS, r[ins.b]));
    TARGET(NEG)
    {
        double z = -value_double_at(&r[ins.b]);
        if (LIKELY(z == z)) {
            r[ins.a] = value_from_double(z);
            NEXT();
        }
        SAVE();
        RESULT(op_unary(vm, SPECIAL_NEG, r[ins.b]));
    }
    TARGET(TO_BOOL)
    {
        SAVE();
        int t = truth_fast(vm, r[ins.b]);
        CHECK(t >= 0);
        r[ins.a] = value_from_bool(t);
        NEXT();
    }
    TARGET(COMPARE)
    {
        Value x = r[ins.b], y = r[ins.c];
        if (ins.x < 6) {
            if (value_both_int48(x, y)) {
                r[ins.a] = value_from_bool(holds(ins.x, relation_int48(x, y)));
                NEXT();
            }
            if (value_is_double(x) && value_is_double(y)) {
                unsigned rel = relation_double(value_double_at(&r[ins.b]), value_double_at(&r[ins.c]));
                r[ins.a] = value_from_bool(holds(ins.x, rel));
                NEXT();
            }
        } else if (ins.x >= COMPARE_IS) {
            r[ins.a] = value_from_bool(value_same(x, y) == (ins.x == COMPARE_IS));
            NEXT();
        }
        SAVE();
        RESULT(op_compare(vm, ins.x, x, y));
    }

    /* ---- jumps ---- */
    TARGET(JUMP)
        if (ins.j < 0)
            CHECKPOINT();
        pc += ins.j;
        NEXT();
    TARGET(JUMP_IF_TRUE)
    {
        SAVE();
        int t = truth_fast(vm, r[ins.a]);
        CHECK(t >= 0);
        goto branch_32;
    TARGET(JUMP_IF_FALSE)
        SAVE();
        t = truth_fast(vm, r[ins.a]);
        CHECK(t >= 0);
        t = !t;
    branch_32:
        if (t) {
            if (ins.j < 0)
                CHECKPOINT();
            pc += ins.j;
        }
        NEXT();
    }
    TARGET(JUMP_IF_NONE)
        if (value_is_none(r[ins.a])) {
            if (ins.j < 0)
                CHECKPOINT();
            pc += ins.j;
        }
        NEXT();
    TARGET(JUMP_IF_NOT_NONE)
        if (!value_is_none(r[ins.a])) {
            if (ins.j < 0)
                CHECKPOINT();
            pc += ins.j;
        }
        NEXT();
    JUMP_COMPARE_OP(, &r[ins.b])
    JUMP_COMPARE_OP(_K, &code->consts[ins.b])
    EACH_RELATION(JUMP_INT_OP, JUMP_INT, &r[ins.b], compare_general)
    EACH_RELATION(JUMP_INT_OP, JUMP_INT_K, &code->consts[ins.b], compare_general_K)
    EACH_RELATION(JUMP_IMM_OP, JUMP_INT_IMM, (int16_t)ins.b, compare_general_IMM)
    EACH_RELATION(JUMP_FLOAT_OP, JUMP_FLOAT, &r[ins.b], compare_general)
    EACH_RELATION(JUMP_FLOAT_OP, JUMP_FLOAT_K, &code->consts[ins.b], compare_general_K)
    compare_general:
        ins.op = OP_JUMP_COMPARE;
        goto compare_again;
    compare_general_K:
        ins.op = OP_JUMP_COMPARE_K;
        goto compare_again_K;
    jump:
        if (ins.ci < 0)
            CHECKPOINT();
        pc += ins.ci;
        NEXT();
    compare_general_IMM:
        ins.op = OP_JUMP_COMPARE_IMM;
    TARGET(JUMP_COMPARE_IMM)
    {
        Value x = r[ins.a];
        unsigned cmp = ins.x & 15u;
        int t;
        if (LIKELY(value_is_int48(x))) {
            t = holds(cmp, relation_int(value_int48(x), (int16_t)ins.b));
            ins.op = (uint8_t)(OP_JUMP_INT_IMM_LT + JUMP_RELATION(cmp));
        } else {
            SAVE();
            t = compare_slow(vm, cmp, x, value_from_int48((int16_t)ins.b));
            CHECK(t >= 0);
        }
        if (t == ins.x >> 7) {
            if (ins.ci < 0)
                CHECKPOINT();
            pc += ins.ci;
        }
        NEXT();
    }

    /* ---- attributes and items ---- */
    TARGET(LOAD_ATTR)
    {
        Cache *ca = &code->caches[ins.c];
        Value o = r[ins.b], v;
        if (LIKELY(cache_hit_slot(ca, o, &v)) || cache_hit_class(vm, ca, o, &v)) {
            r[ins.a] = v;
            NEXT();
        }
        SAVE();
        Func *getter = cache_hit_property(vm, ca, o);
        if (getter && code_is_plain(getter->code, 1)) {
            Frame *nf = push_special(vm, s, getter, f, ins.a, o, VALUE_EMPTY);
            CHECK(nf);
            f = nf;
            LOAD_FRAME();
            CHECKPOINT();
            NEXT();
        }
        if (LIKELY(value_is_obj(o))) {
            const AttrEntry *e = attr_entry(vm, value_obj(o)->shape, ca->name);
            if (attr_entry_tells(vm, e, value_obj(o), ca->name) && e->how == CACHE_INLINE) {
                v = as_instance(o)->slots[e->slot];
                if (LIKELY(!value_is_empty(v))) {
                    r[ins.a] = v;
                    NEXT();
                }
            }
        }
        RESULT(interp_load_attr(vm, o, ca));
    }
    TARGET(STORE_ATTR)
    {
        Cache *ca = &code->caches[ins.c];
        if (LIKELY(cache_store_slot(vm, ca, r[ins.a], r[ins.b])))
            NEXT();
        SAVE();
        CHECK(interp_store_attr(vm, r[ins.a], ca, r[ins.b]));
        NEXT();
    }
    TARGET(DELETE_ATTR)
        SAVE();
        CHECK(attr_set(vm, r[ins.a], code->caches[ins.c].name, VALUE_EMPTY));
        NEXT();
    TARGET(LOAD_METHOD)
    {
        Cache *ca = &code->caches[ins.c];
        Value o = r[ins.b];
        if (LIKELY(cache_hit_method(ca, o, &r[ins.a])))
            NEXT();
        if (LIKELY(value_is_obj(o))) {
            const AttrEntry *e = attr_entry(vm, value_obj(o)->shape, ca->name);
            if (attr_entry_tells(vm, e, value_obj(o), ca->name) && e->how == CACHE_METHOD) {
                r[ins.a] = (Value){ e->extra };
                r[ins.a + 1] = o;
                NEXT();
            }
        }
        SAVE();
        CHECK(interp_load_method(vm, o, ca, &r[ins.a]));
        NEXT();
    }
    TARGET(LOAD_SPECIAL)
        SAVE();
        CHECK(interp_load_special(vm, r[ins.b], (Special)ins.x, &r[ins.a]));
        NEXT();
    TARGET(LOAD_SUPER)
        SAVE();
        CHECK(interp_load_super(vm, &r[ins.b], &code->caches[ins.c], ins.x, &r[ins.a]));
        NEXT();
    TARGET(GETITEM)
    {
        /* What is no small integer from 0 on is a large number here. */
        Value o = r[ins.b];
        uint64_t index = r[ins.c].bits - VALUE_INT_TAG;
        if (is_exact(o, SHAPE_LIST_ID) && LIKELY(index < as_list(o)->len)) {
            r[ins.a] = as_list(o)->buf->items[index];
            NEXT();
        }
        Value v = getitem_fast(vm, o, r[ins.c]);
        if (LIKELY(!value_is_empty(v))) {
            r[ins.a] = v;
            NEXT();
        }
        SAVE();
        if (is_exact(r[ins.b], SHAPE_DICT_ID)) {
            int found = dict_find(vm, as_dict(r[ins.b]), r[ins.c], &v);
            if (UNLIKELY(found <= 0)) {
                if (!found)
                    raise_args(vm, EXC_KeyError, 1, &r[ins.c]);
                goto error;
            }
            r[ins.a] = v;
            NEXT();
        }
        if (is_kind(r[ins.b], KIND_INSTANCE)) {
            v = type_special(type_of(vm, r[ins.b]), SPECIAL_GETITEM);
            if (is_func(v) && code_is_plain(as_func(v)->code, 2)) {
                Frame *nf = push_special(vm, s, as_func(v), f, ins.a, r[ins.b], r[ins.c]);
                CHECK(nf);
                f = nf;
                LOAD_FRAME();
                CHECKPOINT();
                NEXT();
            }
        }
        RESULT(op_getitem(vm, r[ins.b], r[ins.c]));
    }
    TARGET(SETITEM)
    {
        Value o = r[ins.a], key = r[ins.b];
        if (is_exact(o, SHAPE_LIST_ID) && value_is_int48(key)) {
            List *l = as_list(o);
            uint64_t i = key.bits - VALUE_INT_TAG;
            if (UNLIKELY(i >= l->len))
                i = (uint64_t)value_int48(key) + l->len;
            if (LIKELY(i < l->len)) {
                heap_set_item(vm, l->buf, &l->buf->items[i], r[ins.c]);
                NEXT();
            }
        }
        SAVE();
        if (is_exact(o, SHAPE_DICT_ID))
            CHECK(dict_set(vm, as_dict(o), key, r[ins.c]));
        else
            CHECK(op_setitem(vm, o, key, r[ins.c]));
        NEXT();
    }
    TARGET(DELITEM)
        SAVE();
        CHECK(op_delitem(vm, r[ins.a], r[ins.b]));
        NEXT();
    TARGET(BUILD_SLICE)
        SAVE();
        if (pc->op == OP_GETITEM && pc->c == ins.a && ins.a >= code->nlocals && pc->a <= ins.a) {
            /* o[a:b]: nobody sees the slice (o[a:b] += v, which needs it again, puts the item behind it). As GETITEM
             * would go on. */
            Value v;
            if (interp_slice(vm, r[pc->b], &r[ins.b], &v)) {
                CHECK(!value_is_empty(v));
                r[pc->a] = v;
                pc++;
                NEXT();
            }
        }
        if (pc->op == OP_SETITEM && pc->b == ins.a && ins.a >= code->nlocals) {
            int done = interp_set_slice(vm, r[pc->a], &r[ins.b], r[pc->c]);
            if (done) {
                CHECK(done > 0);
                pc++;
                NEXT();
            }
        }
        RESULT(slice_new(vm, r[ins.b], r[ins.b + 1], r[ins.b + 2]));

    /* ---- building ---- */
    TARGET(BUILD_TUPLE)
    {
        SAVE();
        Tuple *t = tuple_from(vm, &r[ins.b], ins.c);
        CHECK(t);
        r[ins.a] = value_from_obj(t);
        NEXT();
    }
    TARGET(BUILD_LIST)
    {
        SAVE();
        List *l = list_from(vm, &r[ins.b], ins.c);
        CHECK(l);
        r[ins.a] = value_from_obj(l);
        NEXT();
    }
    TARGET(BUILD_SET)
        SAVE();
        RESULT(interp_build_set(vm, &r[ins.b], ins.c));
    TARGET(BUILD_DICT)
        SAVE();
        RESULT(interp_build_dict(vm, &r[ins.b], ins.c));
    TARGET(BUILD_STRING)
        SAVE();
        RESULT(interp_build_string(vm, &r[ins.b], ins.c));
    TARGET(LIST_APPEND)
    {
        List *l = as_list(r[ins.a]);
        if (LIKELY(l->buf && l->len < l->buf->cap)) {
            heap_set_item(vm, l->buf, &l->buf->items[l->len++], r[ins.b]);
            NEXT();
        }
        SAVE();
        CHECK(list_append(vm, l, r[ins.b]));
        NEXT();
    }
    TARGET(LIST_EXTEND)
        SAVE();
        CHECK(interp_list_extend(vm, r[ins.a], r[ins.b], ins.x ? r[ins.c] : VALUE_EMPTY));
        NEXT();
    TARGET(SET_ADD)
        SAVE();
        CHECK(set_add(vm, as_set(r[ins.a]), r[ins.b]));
        NEXT();
    TARGET(SET_UPDATE)
        SAVE();
        CHECK(set_update(vm, as_set(r[ins.a]), r[ins.b]));
        NEXT();
    TARGET(DICT_SET)
        SAVE();
        CHECK(dict_set(vm, as_dict(r[ins.a]), r[ins.b], r[ins.c]));
        NEXT();
    TARGET(DICT_UPDATE)
        SAVE();
        CHECK(interp_dict_update(vm, r[ins.a], r[ins.b]));
        NEXT();
    TARGET(DICT_MERGE)
        SAVE();
        CHECK(interp_dict_merge(vm, r[ins.a], r[ins.b], r[ins.c]));
        NEXT();
    TARGET(LIST_TO_TUPLE)
    {
        SAVE();
        List *l = as_list(r[ins.b]);
        Tuple *t = tuple_from(vm, list_items(l), l->len);
        CHECK(t);
        r[ins.a] = value_from_obj(t);
        NEXT();
    }
    TARGET(FORMAT)
        if (ins.c == 65535 && ins.x <= FORMAT_PART &&
            (is_exact(r[ins.b], SHAPE_STR_ID) || (ins.x == FORMAT_PART && value_is_int48(r[ins.b])))) {
            r[ins.a] = r[ins.b];
            NEXT();
        }
        SAVE();
        RESULT(interp_format(vm, r[ins.b], ins.x, ins.c == 65535 ? VALUE_EMPTY : r[ins.c]));
    TARGET(UNPACK)
    {
        Value v = r[ins.b];
        if (is_exact(v, SHAPE_TUPLE_ID) && as_tuple(v)->len == ins.c) {
            for (unsigned i = 0; i < ins.c; i++)
                r[ins.a + i] = as_tuple(v)->items[i];
            NEXT();
        }
        SAVE();
        CHECK(interp_unpack(vm, v, &r[ins.a], ins.c));
        NEXT();
    }
    TARGET(UNPACK_EX)
        SAVE();
        CHECK(interp_unpack_ex(vm, r[ins.b], &r[ins.a], ins.x, ins.c));
        NEXT();

    /* ---- calls ---- */
    TARGET(MAKE_FUNCTION)
        SAVE();
        RESULT(interp_make_function(vm, f, as_code(code->consts[ins.c]), ins.x, &r[ins.b]));
    TARGET(LOAD_BUILD_CLASS)
    {
        SAVE();
        RESULT(interp_load_build_class(vm, f->func));
    }
    {
        Value *base;            /* the called value; arguments follow */
        uint32_t n, nkw;
        const Value *names;
        Gen *stepped;
        Value sent;
    TARGET(CALL)
        base = &r[ins.b];
        n = ins.c;
        goto call;
    TARGET(CALL_METHOD)
        base = &r[ins.b];
        n = ins.c;
        if (value_is_empty(base[1])) {
            base[1] = base[0];
            base++;
        } else {
            if (is_native(base[0])) {
                /* A method of a built-in type, which LOAD_METHOD and its like found. */
                SAVE();
                Native *nat = as_native(base[0]);
                if (nat->def->flags & NATIVE_STEPS && n == 1 && gen_is_idle(base[1]) &&
                    (as_gen(base[1])->f.state == GEN_SUSPENDED || value_is_none(base[2]))) {
                    stepped = as_gen(base[1]);
                    sent = base[2];
                    goto step;
                }
                Value v = UNLIKELY(type_of(vm, base[1]) != nat->owner) ? native_method_call(vm, nat, base[1], n, base + 2)
                        : nat->direct == NATIVE_OF_SELF + n ? native_direct(vm, nat, base[1], n, base + 2)
                        : signature_call(vm, nat, base[1], n, base + 2, 0, NULL);
                if (UNLIKELY(value_is_empty(v)))
                    goto error;
                if (pc->op == OP_AWAIT && pc->b == ins.a && as_native(base[0])->def->flags & NATIVE_COROUTINE)
                    mark_unseen(vm, v);
                r[ins.a] = v;
                CHECKPOINT();
                NEXT();
            }
            n++;
        }
    call:
    {
        SAVE();
        Value callee = base[0];
        if (LIKELY(is_exact(callee, SHAPE_FUNCTION_ID))) {
            Func *func = as_func(callee);
            if (LIKELY(func_is_plain(func, n))) {
                Frame *nf = push_plain(vm, s, f, func, base + 1, n);
                CHECK(nf);
                nf->back = f;
                nf->ret = ins.a;
                f = nf;
                LOAD_FRAME();
                CHECKPOINT();
                NEXT();
            }
            if (pc->op == OP_AWAIT && pc->b == ins.a && code_is_plain_coroutine(func->code, n) &&
                !vm->hooks.coroutine_made) {
                /* await f(…): nobody sees the coroutine. As AWAIT and SEND would go on. */
                Gen *g = gen_take(vm, func);
                CHECK(g);
                for (uint32_t i = 0; i < n; i++)
                    g->regs[i] = base[i + 1];
                r[ins.a] = value_from_obj(g);
                pc += 2;
                SAVE();
                r[pc[-1].a] = VALUE_NONE;
                Frame *leaf = chain_link(vm, f, g);
                CHECK(leaf);
                leaf->state = GEN_SUSPENDED;
                f = leaf;
                LOAD_FRAME();
                CHECKPOINT();
                NEXT();
            }
            nkw = 0;
            names = NULL;
            goto call_function;
        }
        if (is_exact(callee, SHAPE_NATIVE_ID)) {
            Native *nat = as_native(callee);
            if (nat->def->flags & NATIVE_STEPS && n == 1 && gen_is_idle(base[1])) {
                stepped = as_gen(base[1]);
                sent = VALUE_NONE;
                goto step;
            }
            Value v = LIKELY(nat->direct == n + 1) ? native_direct(vm, nat, nat->self, n, base + 1)
                                                   : native_call(vm, nat, n, base + 1, 0, NULL);
            if (UNLIKELY(value_is_empty(v)))
                goto error;
            r[ins.a] = v;
            if (pc->op == OP_AWAIT && pc->b == ins.a && as_native(callee)->def->flags & NATIVE_COROUTINE)
                mark_unseen(vm, v);
            CHECKPOINT();
            NEXT();
        }
        if (is_exact(callee, SHAPE_METHOD_ID)) {
            Method *m = as_method(callee);
            if (is_exact(m->func, SHAPE_FUNCTION_ID) && func_is_plain(as_func(m->func), n + 1)) {
                Func *func = as_func(m->func);
                base[0] = m->self;
                Frame *nf = push_plain_apart(vm, s, f, func, base, n + 1);
                CHECK(nf);
                nf->back = f;
                nf->ret = ins.a;
                f = nf;
                LOAD_FRAME();
                CHECKPOINT();
                NEXT();
            }
        }
        if (pc->op == OP_GET_ITER && pc->b == ins.a && ins.a >= code->nlocals &&
            value_same(callee, value_from_obj(vm->types.range)) &&
            range_is_small(n, base + 1)) {
            /* for … in range(…): nobody sees the range. As GET_ITER would go on. */
            bool from = n > 1;
            Iter *it = iter_new(vm, ITER_RANGE, vm->types.range_iterator, VALUE_NONE, from ? value_int48(base[1]) : 0,
                                value_int48(base[1 + from]), n > 2 ? value_int48(base[3]) : 1);
            CHECK(it);
            r[pc->a] = value_from_obj(it);
            pc++;
            CHECKPOINT();
            NEXT();
        }
        if (!is_type(callee))
            goto call_positional;
        if (value_obj(callee)->shape == vm->types.type->root_shape->id && !(as_type(callee)->flags & TYPE_HEAP)) {
            Value v = type_call(vm, as_type(callee), n, base + 1, 0, NULL);
            CHECK(!value_is_empty(v));
            r[ins.a] = v;
            CHECKPOINT();
            NEXT();
        }
        if (class_is_plain(vm, as_type(callee))) {
            Type *t = as_type(callee);
            Func *init = as_func(type_special(t, SPECIAL_INIT));
            Obj *o = object_alloc(vm, t);
            CHECK(o);
            base[0] = value_from_obj(o);
            Frame *nf;
            if (LIKELY(func_is_plain(init, n + 1))) {
                nf = push_plain_apart(vm, s, f, init, base, n + 1);
                CHECK(nf);
            } else {
                Value object;
                nf = enter_function(vm, init, f->flags & FRAME_HEAP ? NULL : base + n + 1, n + 1, base, 0, NULL, &object);
                if (!nf) {
                    if (!value_is_empty(object))
                        raise_exc(vm, EXC_TypeError, "__init__() should return None, not '%T'", object);
                    goto error;
                }
            }
            nf->flags |= FRAME_INIT;
            ((StackFrame *)nf)->instance = value_from_obj(o);
            nf->back = f;
            nf->ret = ins.a;
            f = nf;
            LOAD_FRAME();
            CHECKPOINT();
            NEXT();
        }
    call_positional:
        nkw = 0;
        names = NULL;
        goto call_any;
    }
    step:                       /* the item goes to r[ins.a]: as FOR_ITER, but RETURN raises StopIteration */
    {
        CHECK(chain_detach(vm, stepped));
        bool created = stepped->f.state == GEN_CREATED;
        Frame *leaf = chain_enter(vm, stepped);
        CHECK(leaf);
        if (!created)
            frame_deliver(leaf, sent);
        stepped->f.back = f;
        stepped->f.ret = ins.a;
        f = leaf;
        LOAD_FRAME();
        CHECKPOINT();
        NEXT();
    }
    TARGET(CALL_KW)
    {
        base = &r[ins.b];
        n = ins.c;
        Value kwnames = base[1 + (ins.x & 1) + n];
        if (ins.x & 1) {
            if (value_is_empty(base[1])) {
                base[1] = base[0];
                base++;
            } else {
                n++;
            }
        }
        SAVE();
        nkw = (uint32_t)as_tuple(kwnames)->len;
        names = as_tuple(kwnames)->items;
        if (is_exact(base[0], SHAPE_FUNCTION_ID))
            goto call_function;
        if (is_type(base[0]) && class_is_plain(vm, as_type(base[0]))) {
            Type *t = as_type(base[0]);
            Value object;
            Obj *o = object_alloc(vm, t);
            CHECK(o);
            base[0] = value_from_obj(o);
            Frame *nf = enter_function(vm, as_func(type_special(t, SPECIAL_INIT)), f->flags & FRAME_HEAP ? NULL : base + n + 1,
                                       n + 1, base, nkw, names, &object);
            if (!nf) {
                if (!value_is_empty(object))
                    raise_exc(vm, EXC_TypeError, "__init__() should return None, not '%T'", object);
                goto error;
            }
            nf->flags |= FRAME_INIT;
            ((StackFrame *)nf)->instance = value_from_obj(o);
            nf->back = f;
            nf->ret = ins.a;
            f = nf;
            LOAD_FRAME();
            CHECKPOINT();
            NEXT();
        }
        goto call_any;
    }
    call_function:
    {
        Value object;
        Frame *nf = enter_function(vm, as_func(base[0]), f->flags & FRAME_HEAP ? NULL : base + n + 1, n, base + 1, nkw,
                                   names, &object);
        if (!nf) {
            CHECK(!value_is_empty(object));
            r[ins.a] = object;
            CHECKPOINT();
            NEXT();
        }
        nf->back = f;
        nf->ret = ins.a;
        f = nf;
        LOAD_FRAME();
        CHECKPOINT();
        NEXT();
    }
    call_any:
    {
        Value v = op_call_kw(vm, base[0], n, base + 1, nkw, names);
        if (UNLIKELY(value_is_empty(v)))
            goto error;
        r[ins.a] = v;
        CHECKPOINT();
        NEXT();
    }
    }
    TARGET(STAR_ARGS)
    {
        Value v = r[ins.b];
        if (UNLIKELY(!is_exact(v, SHAPE_TUPLE_ID))) {
            SAVE();
            List *l = list_new(vm, 0);
            CHECK(l && interp_list_extend(vm, value_from_obj(l), v, r[ins.c]));
            v = value_from_obj(l);
        }
        r[ins.a] = v;
        NEXT();
    }
    TARGET(CALL_EX)
    {
        SAVE();
        Value callee = r[ins.b], args = r[ins.b + 1], v;
        Dict *kwargs = value_is_empty(r[ins.b + 2]) ? NULL : as_dict(r[ins.b + 2]);
        bool bound = is_exact(callee, SHAPE_METHOD_ID);
        Value self = bound ? as_method(callee)->self : VALUE_EMPTY, func = bound ? as_method(callee)->func : callee;
        if (is_exact(func, SHAPE_FUNCTION_ID)) {
            Spread all;
            Value object;
            CHECK(call_spread(vm, self, args, kwargs, &all));
            Frame *nf = enter_function(vm, as_func(func), f->flags & FRAME_HEAP ? NULL : &r[ins.b], all.n, all.args, all.nkw,
                                       all.names, &object);
            if (nf) {
                nf->back = f;
                nf->ret = ins.a;
                f = nf;
                LOAD_FRAME();
            } else {
                CHECK(!value_is_empty(object));
                r[ins.a] = object;
            }
            CHECKPOINT();
            NEXT();
        }
        if (is_list(args)) {
            Tuple *t = tuple_from(vm, list_items(as_list(args)), as_list(args)->len);
            CHECK(t);
            args = value_from_obj(t);
        }
        v = op_call_ex(vm, callee, as_tuple(args), kwargs);
        if (UNLIKELY(value_is_empty(v)))
            goto error;
        r[ins.a] = v;
        CHECKPOINT();
        NEXT();
    }
    TARGET(RETURN)
    {
        Value v = r[ins.a];
        if (LIKELY(!(f->flags))) {
            Frame *back = f->back;
            uint16_t ret = f->ret;
            s->stack_top = &((StackFrame *)f)->prev->f;
            s->depth--;
            f = back;
            LOAD_FRAME();
            r[ret] = v;
            NEXT();
        }
        if (f->flags == FRAME_ENTRY) {
            s->stack_top = &((StackFrame *)f)->prev->f;
            s->depth--;
            s->status = GEN_RETURNED;
            s->top = f->back;
            return v;
        }
        SAVE();
        if (f->flags & FRAME_HEAP) {
            Gen *g = frame_gen(f);
            bool entry = (f->flags & FRAME_ENTRY) && g == s->root;
            Frame *back = chain_leave(vm, f, true);
            if (entry) {
                s->status = GEN_RETURNED;
                s->top = back;
                return v;
            }
            f = back;
            LOAD_FRAME();
            if (ins.op == OP_SEND) {
                if (g->h.flags & GEN_IS_ASYNC) {
                    Value out;
                    CHECK(agen_end(vm, (AgenOp *)value_obj(r[ins.b]), AGEN_RETURNED, v, &out));
                    v = out;
                } else if ((g->h.flags & GEN_UNSEEN) && !(g->f.flags & FRAME_OBJECT)) {
                    r[ins.b] = VALUE_NONE;
                    gen_give(vm, g);
                }
                r[ins.a] = v;
                NEXT();
            }
            if (!is_for(ins.op)) {              /* next(), send() */
                SAVE();
                raise_stop_iteration(vm, v);
                goto error;
            }
            if (ins.c)          /* the loop is over */
                pc += ins.ci;
            NEXT();
        }
        uint8_t flags = f->flags;
        uint16_t ret = f->ret;
        if (flags & FRAME_INIT) {
            if (UNLIKELY(!value_is_none(v))) {
                raise_exc(vm, EXC_TypeError, "__init__() should return None, not '%T'", v);
                goto error_after_frame;
            }
            v = ((StackFrame *)f)->instance;
        }
        Frame *back = f->back;
        frame_pop(vm, f);
        if (flags & FRAME_ENTRY) {
            s->status = GEN_RETURNED;
            s->top = back;
            return v;
        }
        f = back;
        LOAD_FRAME();
        r[ret] = v;
        NEXT();
    }
    error_after_frame:
    {
        Frame *back = f->back;
        uint8_t flags = f->flags;
        frame_pop(vm, f);
        if (flags & FRAME_ENTRY) {
            s->top = back;
            return VALUE_EMPTY;
        }
        f = back;
        LOAD_FRAME();
        goto error;
    }

    /* ---- iteration and suspension ---- */
    TARGET(GET_ITER)
        SAVE();
        if (is_gen(r[ins.b]) && value_obj(r[ins.b])->shape == vm->types.generator->root_shape->id) {
            r[ins.a] = r[ins.b];
            NEXT();
        }
        RESULT(op_iter(vm, r[ins.b]));
    TARGET(FOR_RANGE)
    {
        Value it = r[ins.b];
        Iter *i = as_iter(it);
        if (LIKELY(is_iter_of(it, ITER_RANGE) && i->step > 0)) {
            int64_t at = i->index;
            if (UNLIKELY(at >= i->stop)) {
                pc += ins.c ? ins.ci : 0;
                NEXT();
            }
            i->index = at + i->step;
            r[ins.a] = value_from_int48(at);
            pc += !ins.c;
            NEXT();
        }
        ins.op = OP_FOR_ITER;
        goto for_iter;
    }
    TARGET(FOR_LIST)
    {
        Value it = r[ins.b];
        Iter *i = as_iter(it);
        if (LIKELY(is_iter_of(it, ITER_LIST) && !value_is_empty(i->source))) {
            const List *l = as_list(i->source);
            uint64_t at = (uint64_t)i->index;
            if (LIKELY(at < l->len)) {
                i->index = (int64_t)at + 1;
                r[ins.a] = l->buf->items[at];
                pc += !ins.c;
                NEXT();
            }
        }
        ins.op = OP_FOR_ITER;
        goto for_iter;
    }
    TARGET(FOR_PAIR)
    {
        Value it = r[ins.b], pair[2];
        SAVE();
        int got = iter_pair(vm, it, pair);
        if (LIKELY(got > 0)) {
            r[pc->a] = pair[0];
            r[pc->a + 1] = pair[1];
            pc++;
            NEXT();
        }
        ins.op = OP_FOR_ITER;
        if (got < 0)
            goto for_iter;
        CHECK(!vm_pending(vm));
        pc += ins.ci;
        NEXT();
    }
    TARGET(FOR_ITER)
    for_iter:
    {
        Value it = r[ins.b];
        if (is_iter_of(it, ITER_RANGE))
            ins.op = as_iter(it)->step > 0 ? OP_FOR_RANGE : OP_FOR_ITER;
        else if (is_iter_of(it, ITER_LIST))
            ins.op = OP_FOR_LIST;
        int got = iter_fast(vm, it, &r[ins.a]);
        if (UNLIKELY(got < 0)) {
            SAVE();
            if (pc->op == OP_UNPACK && pc->b == ins.a && pc->c == 2 && ins.c && ins.a >= code->nlocals) {
                Value pair[2];
                got = iter_pair(vm, it, pair);
                if (got > 0) {
                    ins.op = OP_FOR_PAIR;
                    r[pc->a] = pair[0];
                    r[pc->a + 1] = pair[1];
                    pc++;
                    NEXT();
                }
                if (!got) {
                    CHECK(!vm_pending(vm));
                    pc += ins.ci;
                    NEXT();
                }
            }
            if (is_gen(it) && !(value_obj(it)->flags & (GEN_IS_COROUTINE | GEN_IS_ASYNC)) &&
                as_gen(it)->f.state != GEN_FINISHED) {
                Gen *g = as_gen(it);
                CHECK(chain_detach(vm, g));
                bool created = g->f.state == GEN_CREATED;
                Frame *leaf = chain_enter(vm, g);
                CHECK(leaf);
                if (!created)
                    frame_deliver(leaf, VALUE_NONE);
                g->f.back = f;
                g->f.ret = ins.a;
                f = leaf;
                LOAD_FRAME();
                CHECKPOINT();
                NEXT();
            }
            got = op_next(vm, it, &r[ins.a]);
            if (!got)
                CHECK(!vm_pending(vm));
        }
        if (ins.c) {
            if (!got)
                pc += ins.ci;
        } else if (got) {
            pc++;
        }
        NEXT();
    }
    TARGET(GET_YIELD_ITER)
        SAVE();
        RESULT(interp_get_yield_iter(vm, f, r[ins.b]));
    TARGET(YIELD)
    {
        Value v = r[ins.b];
        Gen *g = frame_gen(f);
        SAVE();
        if (g->h.flags & GEN_IS_ASYNC) {
            bool entry = g == s->root;
            Frame *back = chain_leave(vm, f, false);
            if (entry) {
                s->status = GEN_RETURNED;
                s->top = back;
                return v;
            }
            f = back;
            LOAD_FRAME();
            Value out;
            AgenOp *op = (AgenOp *)value_obj(r[ins.b]);
            CHECK(agen_end(vm, op, AGEN_YIELDED, v, &out));
            if (op->h.flags & AGEN_UNSEEN) {
                r[ins.b] = VALUE_NONE;
                vm->spare_op = op;
            }
            r[ins.a] = out;
            NEXT();
        }
        Frame *root = chain_suspend(vm, f);
        if (root->flags & FRAME_ENTRY) {
            s->status = GEN_YIELDED;
            s->top = root->back;
            if (LIKELY(!(root->flags & FRAME_FED)) || !(f = gen_fed(vm, frame_gen(root), v)))
                return v;
            LOAD_FRAME();
            NEXT();
        }
        f = root->back;
        LOAD_FRAME();
        r[root->ret] = v;
        if (!pc[-1].c)          /* FOR_ITER, long form: over the JUMP */
            pc++;
        NEXT();
    }
    TARGET(AWAIT)
    {
        Value it = r[ins.b];
        SAVE();
        if (LIKELY(value_is_obj(it))) {
            const Type *t = type_of(vm, it);
            bool (*hook)(Vm *, Obj *, bool, Value *) = t->layout->await;
            if (hook && LIKELY(!(t->flags & TYPE_HEAP) || is_native(type_special(t, SPECIAL_AWAIT)))) {
                Value out;
                if (hook(vm, value_obj(it), true, &out)) {
                    CHECK(!value_is_empty(out));
                    if (value_obj(it)->flags & EXT_UNSEEN) {
                        r[ins.b] = VALUE_NONE;
                        t->layout->reuse(vm, value_obj(it));
                    }
                    r[ins.a] = out;
                    pc++;
                    NEXT();
                }
                pc++;
                SAVE();
                r[ins.a] = out;
                goto yield_out;
            }
        }
        it = interp_get_awaitable(vm, it, (Special)ins.x);
        CHECK(!value_is_empty(it));
        r[ins.b] = it;
        r[ins.a] = VALUE_NONE;
        NEXT();
    }
    TARGET(SEND)
    {
        Value it = r[ins.b], sent = r[ins.a];
        SAVE();
        if (LIKELY(is_gen(it)) && !(value_obj(it)->flags & GEN_IS_ASYNC)) {
            Gen *g = as_gen(it);
            CHECK(chain_detach(vm, g));
            if (UNLIKELY(g->f.state == GEN_FINISHED)) {
                if (g->h.flags & GEN_IS_COROUTINE) {
                    raise_exc(vm, EXC_RuntimeError, "cannot reuse already awaited coroutine");
                    goto error;
                }
                r[ins.a] = VALUE_NONE;
                NEXT();
            }
            if (UNLIKELY(g->f.state == GEN_CREATED && !value_is_none(sent))) {
                raise_exc(vm, EXC_TypeError, "can't send non-None value to a just-started %s",
                      g->h.flags & GEN_IS_COROUTINE ? "coroutine" : "generator");
                goto error;
            }
            Frame *leaf = chain_link(vm, f, g);
            CHECK(leaf);
            frame_deliver(leaf, sent);
            f = leaf;
            LOAD_FRAME();
            CHECKPOINT();
            NEXT();
        }
        if (is_kind(it, KIND_AGEN_OP)) {
            AgenOp *op = (AgenOp *)value_obj(it);
            bool thrown = false, started = op->h.flags & AGEN_STARTED;
            Value out;
            if (UNLIKELY(op->h.flags & AGEN_FINISHED))
                started = false;        /* which agen_begin refuses */
            int how = started ? 0 : agen_begin(vm, op, VALUE_NONE, &thrown, &out);
            CHECK(how >= 0);
            if (how == 1) {
                r[ins.a] = out;
                NEXT();
            }
            Gen *g = op->gen;
            bool created = g->f.state == GEN_CREATED;
            if (thrown && created) {
                /* raised before its first line: as if it had ended there */
                gen_end_created(vm, g);
                CHECK(agen_end(vm, op, AGEN_RAISED, VALUE_EMPTY, &out));
                r[ins.a] = out;
                NEXT();
            }
            Frame *leaf = chain_link(vm, f, g);
            CHECK(leaf);
            if (thrown) {
                gen_raise_thrown(vm, g, exc_take(vm));
                f = leaf;
                LOAD_FRAME();
                goto error;
            }
            frame_deliver(leaf, started ? sent : op->value);
            f = leaf;
            LOAD_FRAME();
            CHECKPOINT();
            NEXT();
        }
        Value out;
        bool (*hook)(Vm *, Obj *, bool, Value *) = value_is_obj(it) ? type_of(vm, it)->layout->await : NULL;
        if (hook) {
            if (hook(vm, value_obj(it), false, &out)) {
                CHECK(!value_is_empty(out));
                if (value_obj(it)->flags & EXT_UNSEEN) {
                    r[ins.b] = VALUE_NONE;
                    type_of(vm, it)->layout->reuse(vm, value_obj(it));
                }
                r[ins.a] = out;
                NEXT();
            }
        } else {
            int how = op_send(vm, it, sent, &out);
            CHECK(how >= 0);
            r[ins.a] = out;
            if (how == 0)
                NEXT();
        }
        r[ins.a] = out;
    }
    yield_out:                  /* r[ins.a] goes to who resumed the chain; pc is behind the SEND */
    {
        Value v = r[ins.a];
        Frame *root = chain_suspend(vm, f);
        if (LIKELY(root->flags & FRAME_ENTRY)) {
            s->status = GEN_YIELDED;
            s->top = root->back;
            if (LIKELY(!(root->flags & FRAME_FED)) || !(f = gen_fed(vm, frame_gen(root), v)))
                return v;
            LOAD_FRAME();
            NEXT();
        }
        f = root->back;
        LOAD_FRAME();
        r[root->ret] = v;
        if (!pc[-1].c)
            pc++;
        NEXT();
    }
    TARGET(GET_AITER)
        SAVE();
        RESULT(interp_get_aiter(vm, r[ins.b]));
    TARGET(GET_ANEXT)
    {
        SAVE();
        Value it = r[ins.b];
        if (LIKELY(is_gen(it) && value_obj(it)->shape == vm->types.async_generator->root_shape->id && pc->op == OP_AWAIT)) {
            AgenOp *op = agen_take(vm, as_gen(it));
            CHECK(op);
            r[ins.a] = value_from_obj(op);
            r[pc->a] = VALUE_NONE;
            pc++;               /* over AWAIT, which would find nothing to do */
            NEXT();
        }
        RESULT(interp_get_anext(vm, it));
    }
    TARGET(JUMP_IF_ASYNC_END)
        if (exc_matches(vm, r[ins.a], vm->exc[EXC_StopAsyncIteration])) {
            pc += ins.j;
            NEXT();
        }
        SAVE();
        exc_restore(vm, r[ins.a]);
        goto unwind;

    /* ---- exceptions ---- */
    TARGET(RAISE)
    {
        SAVE();
        bool again = interp_raise(vm, ins.x, r[ins.a], r[ins.b]);
        if (again)
            goto unwind;
        goto error;
    }
    TARGET(RERAISE)
        SAVE();
        exc_restore(vm, r[ins.a]);
        goto unwind;
    TARGET(PUSH_EXC)
    {
        ExcState *state = s->exc_state;
        Value old = state->handled;
        state->handled = r[ins.b];
        r[ins.a] = value_is_empty(old) ? VALUE_NONE : old;
        NEXT();
    }
    TARGET(POP_EXC)
        s->exc_state->handled = value_is_none(r[ins.a]) ? VALUE_EMPTY : r[ins.a];
        NEXT();
    TARGET(JUMP_IF_NO_MATCH)
    {
        SAVE();
        int match = interp_exc_match(vm, r[ins.a], r[ins.b]);
        CHECK(match >= 0);
        if (!match)
            pc += ins.ci;
        NEXT();
    }
    TARGET(EXC_INFO)
    {
        Value exc = r[ins.b];
        r[ins.a] = value_from_obj(type_of(vm, exc));
        r[ins.a + 1] = exc;
        r[ins.a + 2] = as_exc(exc)->traceback;
        NEXT();
    }
    TARGET(GROUP_MATCH)
        SAVE();
        CHECK(interp_group_match(vm, r[ins.b], r[ins.c], &r[ins.a]));
        NEXT();
    TARGET(GROUP_RERAISE)
        SAVE();
        RESULT(interp_group_reraise(vm, r[ins.b], r[ins.c]));
    TARGET(LOAD_ASSERTION_ERROR)
        r[ins.a] = value_from_obj(vm->exc[EXC_AssertionError]);
        NEXT();

    /* ---- imports, match, rare things ---- */
    TARGET(IMPORT_NAME)
    {
        Value locals = code->flags & (CODE_NAMES | CODE_CLASS_BODY) ? r[0]
                     : code->flags & CODE_MODULE ? value_from_obj(f->func->globals) : VALUE_NONE;
        SAVE();
        RESULT(interp_import_name(vm, f->func, locals, code->caches[ins.c].name, r[ins.b], ins.x));
    }
    TARGET(IMPORT_FROM)
        SAVE();
        RESULT(interp_import_from(vm, r[ins.b], code->caches[ins.c].name));
    TARGET(IMPORT_STAR)
        SAVE();
        CHECK(interp_import_star(vm, f->func, r[ins.a], r[ins.b]));
        NEXT();
    TARGET(MATCH_SEQUENCE)
        r[ins.a] = value_from_bool(type_of(vm, r[ins.b])->flags & TYPE_SEQUENCE);
        NEXT();
    TARGET(MATCH_MAPPING)
        r[ins.a] = value_from_bool(type_of(vm, r[ins.b])->flags & TYPE_MAPPING);
        NEXT();
    TARGET(MATCH_KEYS)
        SAVE();
        RESULT(interp_match_keys(vm, r[ins.b], r[ins.c]));
    TARGET(MATCH_CLASS)
        SAVE();
        RESULT(interp_match_class(vm, r[ins.b], r[ins.b + 1], r[ins.b + 2], ins.c));
    TARGET(GET_LEN)
    {
        SAVE();
        int64_t n = op_len(vm, r[ins.b]);
        CHECK(n >= 0);
        r[ins.a] = value_from_int48(n);
        NEXT();
    }
    TARGET(INTRINSIC)
        SAVE();
        RESULT(interp_intrinsic(vm, f->func, ins.x, r[ins.b]));

#ifdef AIO_SWITCH_DISPATCH
        }
#endif

    /* ---- unwinding ---- */
error:
    if (UNLIKELY(vm->refused.lender)) {
        SAVE();
        s->scan_from = __builtin_frame_address(0);
        bool again = interp_resize_again(vm, &ins, r);
        s->scan_from = NULL;
        if (again) {
            pc--;
            NEXT();
        }
    }
    if (!traceback_add(vm, f)) {
        /* no memory for the entry: the exception goes on without it */
    }
unwind:
    for (;;) {
        const Handler *h = find_handler(code, frame_at(f));
        if (h && LIKELY(!s->dropped)) {
            r[h->reg] = s->exc;
            s->exc = VALUE_EMPTY;
            f->pc = code->instrs + h->target;
            break;
        }
        Frame *back = f->back;
        if (f->flags & FRAME_HEAP) {
            Gen *g = frame_gen(f);
            bool entry = (f->flags & FRAME_ENTRY) && g == s->root;
            if (LIKELY(f->flags & FRAME_OBJECT))
                f->object->h.flags |= FRAME_OBJ_UNWINDS;
            gen_convert_exception(vm, g);
            back = chain_leave(vm, f, true);
            if (entry) {
                s->status = GEN_RAISED;
                s->top = back;
                return VALUE_EMPTY;
            }
            f = back;
            LOAD_FRAME();
            if ((g->h.flags & GEN_IS_ASYNC) && pc[-1].op == OP_SEND) {
                Value out;
                if (agen_end(vm, (AgenOp *)value_obj(r[ins.b]), AGEN_RAISED, VALUE_EMPTY, &out)) {
                    r[ins.a] = out;
                    break;
                }
            }
        } else {
            uint8_t flags = f->flags;
            if (LIKELY(flags & FRAME_OBJECT))
                f->object->h.flags |= FRAME_OBJ_UNWINDS;
            frame_pop(vm, f);
            if (flags & FRAME_ENTRY) {
                s->status = GEN_RAISED;
                s->top = back;
                return VALUE_EMPTY;
            }
            f = back;
            LOAD_FRAME();
        }
        goto error;
    }
    LOAD_FRAME();
    CHECKPOINT();
    NEXT();
#ifdef AIO_SWITCH_DISPATCH
    }
#endif
}

#ifndef AIO_SWITCH_DISPATCH
#pragma GCC diagnostic pop
#endif

Value interp_run(Vm *vm, Frame *f)
{
    Strand *s = vm->strand;
    __builtin_unwind_init();    /* callee-saved registers of natives below must lie where the collector looks */
    if (UNLIKELY((char *)__builtin_frame_address(0) <= s->c_limit)) {
        if (!vm_pending(vm))
            raise_exc(vm, EXC_RecursionError, "maximum recursion depth exceeded");
    }
    s->native_depth++;
    Value v = run(vm, f);
    s->native_depth--;
    return v;
}
