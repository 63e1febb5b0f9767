/* SPDX-License-Identifier: MIT
 * The VM and its strands: all state there is. Any number of VMs in a process, each used by one thread at a
 * time; a strand is what one running C stack needs. Other layers keep their state in vm->ext[]. */
#ifndef VM_VM_H
#define VM_VM_H

#include <stdatomic.h>

#include "vm/object.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define VM_ASAN 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define VM_ASAN 1
#endif
#ifdef VM_ASAN
#include <sanitizer/asan_interface.h>
#define HEAP_POISON(p, n) ASAN_POISON_MEMORY_REGION(p, n)
#define HEAP_UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
#else
#define HEAP_POISON(p, n) ((void)(p), (void)(n))
#define HEAP_UNPOISON(p, n) ((void)(p), (void)(n))
#endif

typedef enum Special {
#define SPECIAL(NAME, text) SPECIAL_##NAME,
#include "vm/specials.def"
    SPECIAL_COUNT
} Special;

#define SPECIAL_TABLE 256u
/* Good enough for the names of special methods. */
static inline unsigned special_hash(const char *name, size_t n)
{
    const unsigned char *p = (const unsigned char *)name;
    return n < 6 ? 0 : p[2] * 7u + p[n - 3] * 31u + p[n / 2] * 3u + (unsigned)n;
}

typedef enum ExcId {
#define EXCEPTION(Name, Base, doc) EXC_##Name,
#include "vm/exceptions.def"
    EXC_COUNT
} ExcId;

/* Built-in types that the VM itself names: vm->types.list and so on. */
#define BUILTIN_TYPES(T)                                                                                   \
    T(object) T(type) T(none) T(boolean) T(integer) T(floating) T(complex) T(str) T(bytes) T(bytearray) T(memoryview) \
    T(tuple) T(list) T(dict) T(dict_keys) T(dict_values) T(dict_items) T(set) T(frozenset) T(slice)        \
    T(range) T(cell) T(code) T(function) T(builtin_function) T(method_descriptor) T(wrapper_descriptor) \
    T(method_wrapper) T(method)                                                                            \
    T(getset_descriptor) T(member_descriptor) T(property) T(classmethod) T(classmethod_descriptor) \
    T(staticmethod) T(super) T(module) T(generator)        \
    T(coroutine) T(async_generator) T(agen_op) T(agen_throw) T(coroutine_wrapper) T(traceback) \
    T(frame) T(frame_locals) T(not_implemented) \
    T(ellipsis) T(iterator) T(list_iterator) T(tuple_iterator) T(str_iterator) T(bytes_iterator)           \
    T(range_iterator) T(dict_keyiterator) T(dict_valueiterator) T(dict_itemiterator) T(set_iterator)       \
    T(dict_reversekeyiterator) T(dict_reversevalueiterator) T(dict_reverseitemiterator) T(odict_iterator) \
    T(longrange_iterator) T(bytearray_iterator) T(str_ascii_iterator)                                      \
    T(list_reverseiterator) T(reversed) T(callable_iterator) T(enumerate) T(zip) T(map) T(filter)          \
    T(mappingproxy) T(memory_iterator) T(union_type) T(generic_alias) \
    T(weakref) T(weakproxy) T(weakcallableproxy)

/* A link of the chain of handled exceptions. Plain frames share the state of the generator or strand below
 * them; a generator, coroutine or async generator has one of its own. */
typedef struct ExcState {
    Value handled;              /* EMPTY: none here, look at prev */
    struct ExcState *prev;
} ExcState;

#include "vm/fiber.h"
#include "vm/heap_fwd.h"

/* What a strand does: READY to run, the one that is RUNNING, WAITING to be woken or for its deadline, DONE. */
enum { STRAND_READY, STRAND_RUNNING, STRAND_WAITING, STRAND_DONE };

struct Strand {
    Vm *vm;
    Strand *next;               /* a ring of all that are not done */
    uint8_t run;                /* STRAND_* */
    bool woken;                 /* by strand_wake, not by the deadline */
    bool in_loop;               /* waits in an idle event loop */
    bool entered;               /* it has begun to run */
    bool dropped;               /* it unwinds: every checkpoint raises, and no handler of script runs */
    double deadline;            /* seconds of hooks.now; INFINITY: none */
    const void *waits_for;      /* strand_wait_for; NULL */
    Fiber fiber;                /* its C stack; the main strand's is the host's */
    uint64_t ident;
    Value entry, args, kwargs;  /* what it was started with: a callable, a Tuple, a Dict */
    Value locals;               /* Dict for what is local to it, EMPTY: none yet */
    Value current_loop;         /* set_event_loop; EMPTY: none yet */
    Frame *top;                 /* the frame that runs */
    Frame *stack_top;           /* last frame on the register stack, heap frames left out */
    Value exc;                  /* pending exception, EMPTY: none */
    ExcState *exc_state;        /* innermost handled-exception state */
    ExcState base_state;
    Gen *root;                  /* root of the running chain of generators, NULL in plain frames at the bottom */
    struct Feed *feed;          /* the innermost gen_each() */
    uint32_t depth, depth_limit;        /* script frames */
    uint32_t host_depth;                /* entries of the host on its C stack; the layers above count them */
    uint32_t native_depth;              /* interpreter entries on the C stack */
    uint8_t status;             /* GenStatus of what interp_run returned */
    struct Segment *segment;    /* register stack */
    char *c_limit;              /* the C stack may grow down to here */
    char *c_base;               /* where the host entered */
    char *scan_from;            /* the C stack below here needs no scan; NULL: the collector's own frame */
    Value context;              /* current contextvars context, EMPTY: none yet */
    Value running_loop;         /* NONE: none */
    Value current_task;         /* NONE: none */
    Value agen_first, agen_final;       /* hooks of async generators: a callable; TRUE: the running loop's; EMPTY: none */
    uint64_t *repr_stack;       /* what repr() is at work on: bits, alive on the C stack */
    uint32_t repr_depth, repr_cap;
};

/* Reasons for the interpreter to stop and look, set from anywhere: vm->attention != 0. */
#define ATTENTION_GC 1u
#define ATTENTION_SIGNAL 2u             /* a layer above has something: vm->hooks.attention */
#define ATTENTION_BUDGET 4u
#define ATTENTION_FINALIZE 8u           /* queued __del__ and the like */
#define ATTENTION_SLICE 32u             /* the strand has run for long enough, if another one is ready */
#define ATTENTION_STRESS 16u            /* stays set: collect at every n-th checkpoint */
#define ATTENTION_SAMPLE 64u            /* the profiler wants to know where the strand is */

#define VM_EXT_SLOTS 8
#define LOOKUP_CACHE_SIZE 1024

typedef struct LookupEntry {
    Type *type;
    Str *name;
    uint32_t version;
    Value value;                /* EMPTY: known to be absent */
} LookupEntry;

#define ATTR_CACHE_SIZE 512
typedef struct AttrEntry {      /* attr_cache.h */
    const Str *name;
    uint32_t shape;
    uint16_t how, slot;
    uint64_t extra;             /* a function's bits; of a store: the shape afterwards */
} AttrEntry;

typedef struct ShapeUser ShapeUser;
typedef struct ShapeUsers {     /* shape_users.c */
    ShapeUser *v;
    uint32_t *heads;            /* of chains in v, by id; cap is a power of two */
    uint32_t cap, count, free;
    bool fresh;                 /* some came since the last collection */
    bool lost;                  /* there was no memory for one */
} ShapeUsers;

/* Names that were read from images, by their places there: image.c. */
typedef struct ImageNames {
    const uint8_t *places[256];
    Str *names[256];
    bool any;
} ImageNames;

struct Vm {
    Strand *strand;             /* the running one */
    bool is_mapped;             /* not from the host's allocator */
    struct Segment *main_segment;       /* the main strand's first one, if it is mapped, too */
    Heap heap;
    Shape **shapes;             /* by id */
    uint32_t shape_count, shape_cap;
    ShapeUsers shape_users;
    _Atomic uint32_t attention;
    uint32_t next_type_version;
    uint8_t optimize;           /* of VmConfig */
    uint64_t next_module_serial;
    uint32_t globals_epoch;     /* bumped when a module global appears that hides a builtin */
    struct {
#define T(name) Type *name;
        BUILTIN_TYPES(T)
#undef T
    } types;
    Type *exc[EXC_COUNT];
    struct {
#define NAME(x) Str *x;
#define NAME_(x, text) Str *x;
#include "vm/names.def"
    } names;
    Str *special_names[SPECIAL_COUNT];
    uint8_t special_table[SPECIAL_TABLE];       /* by special_hash(): index in special_names, plus 1 */
    Value startup_classes;      /* Tuple: exceptions that show as subclasses alone; EMPTY until somebody looks */
    Values *no_specials;        /* all EMPTY: of types that are being made */
    Str *ascii_chars[128];      /* the one-character strings */
    Tuple *empty_tuple;
    Str *empty_str;
    Bytes *empty_bytes;
    Dict *builtins;             /* in cell mode */
    Dict *modules;              /* sys.modules */
    struct InternTable *interned;
    ImageNames image_names;
    Signature *signatures;      /* all that were parsed */
    struct FormatMemo *format_memo;     /* format specs that were parsed (num_format.c), or NULL */
    struct CharnameIndex *charnames;    /* made when it is needed */
    Value memory_error;         /* made in advance */
    Value stop_value;           /* what the last end that op_next() met carried, EMPTY: nothing; the collector drops it */
    bool making_memory_error;
    Strand main_strand;
    struct AgenOp *spare_op;    /* what agen_take() may use again; the collector drops it */
    Strand *switched_from;      /* by the last switch */
    Strand *dead;               /* its stack is freed once another one runs */
    uint32_t nstrands;          /* in the ring */
    uint64_t next_ident;
    bool main_signal;           /* a signal came while another strand ran: the main one handles it */
    bool main_only;             /* the VM ends: no other strand runs any more, nor begins */
    LookupEntry lookup_cache[LOOKUP_CACHE_SIZE];
    AttrEntry attr_cache[ATTR_CACHE_SIZE];
    uint32_t attr_misses;       /* of sites that found it there */
    uint64_t hash_key[2];
    uint64_t nan_counter;       /* see float_new() */
    Alloc alloc;                /* the host's, behind the cap */
    uint32_t int_max_str_digits;
    uint32_t gc_stress, gc_stress_count, gc_stress_rounds;
    /* What the layers above plug in; any may be NULL. */
    uint32_t coroutine_origin_depth;
    struct {
        /* ATTENTION_SIGNAL was seen at a checkpoint. False: an exception is pending. */
        bool (*attention)(Vm *vm);
        /* A coroutine died without ever being awaited; a task was … (gen: about to be freed, alive once more). */
        void (*coroutine_unawaited)(Vm *vm, Gen *gen);
        /* A coroutine was made: where is to be remembered. NULL unless that is tracked. */
        void (*coroutine_made)(Vm *vm, Gen *gen);
        /* An exception that nobody can take (in __del__, a weakref callback …). */
        void (*unraisable)(Vm *vm, Value exc, const char *where, Value object);
        /* An async generator is iterated for the first time / died unfinished. False: exception pending. */
        bool (*agen_first)(Vm *vm, Gen *gen);
        void (*agen_finalize)(Vm *vm, Gen *gen);
        /* A script has changed a built-in class that it may change (TYPE_PLAIN_NAME). */
        void (*type_patched)(Vm *vm, const Type *t);
        /* For strands. The clock, in seconds; waiting until the deadline (0: just look), for descriptors, posts and
         * signals; the first strand beside the main one was made, the last one is gone. */
        double (*now)(Vm *vm);
        void (*idle)(Vm *vm, double deadline);
        bool (*strands_begin)(Vm *vm);
        void (*strands_end)(Vm *vm);
        /* Warn (category, message): false when the warning became an exception. */
        bool (*warn)(Vm *vm, Type *category, const char *text);
        /* A SyntaxWarning; source NULL: no line of it is known. False: it is to be a SyntaxError, or (exception
         * pending) something else went wrong. */
        bool (*warn_syntax)(Vm *vm, const char *text, const char *filename, unsigned line, const char *source, size_t len);
        Value (*import)(Vm *vm, Str *name, Value globals, Value locals, Value fromlist, int level);
        /* Does the file lie where modules are looked for first? *library: and has its name from the library. */
        bool (*beside_script)(Vm *vm, Value file, Value name, bool *library);
        Value (*display)(Vm *vm, Value v);      /* INTRINSIC_PRINT */
        Value (*type_union)(Vm *vm, Value a, Value b);  /* int | str */
        Value (*intrinsic)(Vm *vm, int which, Value v);
        /* Of the profiler: a checkpoint saw ATTENTION_SAMPLE (in the interpreter, or in a native that runs); the
         * instruction that it asked for by vm->sample_in is reached. */
        void (*sample_asked)(Vm *vm, bool in_native);
        void (*sample)(Vm *vm);
    } hooks;
    void *ext[VM_EXT_SLOTS];    /* runtime, api … : enum VmExt */
    uint8_t watch;              /* WATCH_*: what is to be done before each instruction */
    bool closing;
    uint32_t sample_in;         /* WATCH_SAMPLE: instructions until then */
    struct Stats *stats;        /* stats.h; NULL: nothing is counted */
    struct {                    /* what vm_may_resize() last refused; lender NULL: nothing since the last collection */
        Obj *lender;
        const uint32_t *exports;
        Value exc;
    } refused;
    struct { uint64_t ns, longest_ns; bool closing; } gc;  /* that the program stood still for the collector; until it ended */
};
enum VmExt { VM_EXT_RUNTIME, VM_EXT_API, VM_EXT_STDLIB };

typedef struct VmConfig {
    Alloc alloc;                /* fn NULL: the C library's */
    size_t max_memory;          /* bytes, 0: no cap */
    uint32_t max_depth;         /* script frames, 0: 1000 */
    uint64_t hash_seed;         /* 0: from the system */
    uint32_t gc_stress;         /* collect at every n-th checkpoint; 0: off */
    uint8_t optimize;           /* what is compiled has no asserts (1), nor docstrings (2) */
} VmConfig;

/* A VM with its core types and builtins dict (the built-in functions are runtime/'s). NULL: no memory. */
Vm *vm_new(const VmConfig *config);
void vm_free(Vm *vm);

/* Say where the C stack of the calling thread is: natives may nest down to its end. Called by each entry from
 * a host; nested entries keep the outermost. */
#define C_STACK_RESERVE (192u * 1024)   /* of a C stack, left for natives that call nothing back */

typedef struct VmEntry { char *base, *limit; } VmEntry;
void vm_enter(Vm *vm, VmEntry *saved, void *frame_address);
void vm_leave(Vm *vm, const VmEntry *saved);

static inline bool vm_pending(const Vm *vm) { return vm->strand->exc.bits != 0; }

/* A place where the collector may run, signals and budgets are looked at. False: an exception is pending.
 * Natives which loop over an iterator or do unbounded work call it at least every 1,000 steps. */
MUST_USE bool vm_checkpoint_slow(Vm *vm);
static inline MUST_USE bool vm_checkpoint(Vm *vm)
{
    return LIKELY(!atomic_load_explicit(&vm->attention, memory_order_relaxed)) || vm_checkpoint_slow(vm);
}
static inline void vm_attend(Vm *vm, uint32_t why) { atomic_fetch_or(&vm->attention, why); }
/* heap_collect() of everything, its time taken. */
void vm_collect(Vm *vm);
/* May a buffer that views have borrowed be resized? Views that nobody holds count until they are collected, so that is done
 * first. False: a BufferError of this text is pending. What C frames have left behind may keep a view; so before the error
 * goes on, the interpreter collects once more, and runs its instruction again when no view is left. */
MUST_USE bool vm_may_resize(Vm *vm, void *lender, const uint32_t *exports, const char *text);

/* C recursion: false when the C stack is nearly used up (RecursionError "maximum recursion depth exceeded" and
 * what `doing` says, like " in comparison", is pending). */
MUST_USE bool vm_stack_error(Vm *vm, const char *doing);
static inline MUST_USE bool vm_stack_ok(Vm *vm, const char *doing)
{
    return LIKELY((char *)__builtin_frame_address(0) > vm->strand->c_limit) || vm_stack_error(vm, doing);
}
/* The same for what calls something that asks, too: it is to be the first that finds no room. */
static inline MUST_USE bool vm_stack_ok_first(Vm *vm, const char *doing)
{
    return LIKELY((char *)__builtin_frame_address(0) - 4096 > vm->strand->c_limit) || vm_stack_error(vm, doing);
}

#endif
