/* SPDX-License-Identifier: MIT
 * Code objects: instructions and all that belongs to them, and the builder that the code generator fills.
 *
 * Registers: 0 .. nparams-1 hold the parameters in the order of co_varnames (positional-only, positional,
 * keyword-only, *args, **kwargs), then the other named locals, then temporaries in stack discipline: at each
 * instruction the registers below live[i] may hold something that is still needed, those above are dead.
 * So the collector needs one number an instruction to know a frame's roots.
 *
 * The code of a module that is part of the binary (image.h) is at first a head alone: instrs is NULL and so is every
 * array. Who wants more of a code that is in no frame asks code_ready() first; the codes of frames are ready. */
#ifndef VM_CODE_H
#define VM_CODE_H

#include "vm/object.h"

typedef struct Image Image;

typedef enum Opcode {
#define OP(name, operands, doc) OP_##name,
#include "vm/opcodes.def"
    OPCODE_COUNT
} Opcode;

typedef struct Instr {
    uint8_t op, x;
    uint16_t a;
    union {
        struct {
            uint16_t b;
            union {
                uint16_t c;
                int16_t ci;
            };
        };
        int32_t j;
        uint32_t k;
    };
} Instr;

enum { COMPARE_LT, COMPARE_LE, COMPARE_EQ, COMPARE_NE, COMPARE_GT, COMPARE_GE,
       COMPARE_IN, COMPARE_NOT_IN, COMPARE_IS, COMPARE_IS_NOT };
#define COMPARE_SENSE 128u
#define FORMAT_PART 1u          /* FORMAT: for BUILD_STRING, which takes small ints as they are */

enum {
    INTRINSIC_PRINT,            /* show the value of an expression statement at the prompt; result None */
    INTRINSIC_TYPEVAR,          /* rb: (name, bound thunk or None, default thunk or None) */
    INTRINSIC_TYPEVAR_CONSTRAINED,
    INTRINSIC_PARAMSPEC,
    INTRINSIC_TYPEVARTUPLE,
    INTRINSIC_TYPEALIAS,        /* rb: (name, type params tuple or None, value thunk) */
    INTRINSIC_GENERIC_BASE,     /* rb: tuple of type parameters; the Generic[...] base of a class */
    INTRINSIC_ANNOTATIONS       /* rb: namespace of a class; has __annotations__ from now on; result None */
};

/* What an inline cache remembers. `name` is the operand; the rest is the interpreter's (interp.c). */
typedef struct Cache {
    Str *name;
    uint32_t shape;             /* guard; 0 never matches */
    uint16_t how;               /* CACHE_* */
    uint16_t slot;
    union {
        Cell *cell;             /* globals */
        Value value;            /* a method, a descriptor; kept alive by its class */
        uint64_t version;
    } u;
    uint64_t extra;
} Cache;

typedef struct Handler {        /* a protected range; the innermost comes first */
    uint32_t start, end;        /* instruction indexes, half open */
    uint32_t target;
    uint16_t reg;               /* takes the exception */
    uint16_t live;              /* registers below it keep their values */
} Handler;

typedef struct Position {       /* of one instruction; line 0: none. Columns are byte offsets in their lines */
    uint32_t line, end_line;
    uint16_t col, end_col;      /* 65535: not known */
} Position;

typedef struct Capture {
    bool is_local;              /* index is a register of the enclosing function that holds the cell, else
                                   one of its own free variables */
    uint16_t index;
} Capture;

#define CODE_VARARGS 1u
#define CODE_VARKW 2u
#define CODE_GENERATOR 4u
#define CODE_COROUTINE 8u       /* async def; together with GENERATOR: async generator */
#define CODE_ITERABLE_COROUTINE 16u     /* types.coroutine */
#define CODE_SIMPLE_ARGS 32u    /* positional parameters only, no * and ** */
#define CODE_CLASS_BODY 64u     /* register 0 is the namespace */
#define CODE_MODULE 128u
#define CODE_NAMES 256u         /* names by mapping (exec with locals): register 0 is the locals mapping */
#define CODE_NEWLOCALS 512u     /* a function's own locals */
#define CODE_NESTED 1024u
#define CODE_FUTURE_ANNOTATIONS 2048u
#define CODE_HAS_DOCSTRING 4096u
#define CODE_FUTURE_BARRY 16384u        /* of a module: != is written <> where its future is inherited */
#define CODE_UNSEEN 32768u       /* of the library, where CPython has C: tracebacks leave it out */
#define CODE_TOP_LEVEL_AWAIT 8192u      /* a main script or prompt entry that awaits: run it as a coroutine */

struct Code {
    Obj h;
    Gen *spare;                 /* coroutines that gen_take() may use again, linked by f.back; the collector drops them */
    uint32_t flags;
    uint16_t nregs;             /* all registers */
    uint16_t nlocals;           /* named ones */
    uint16_t nposonly, nargs, nkwonly;      /* nargs: positional ones, positional-only included */
    uint16_t nparams;           /* nargs + nkwonly + * + ** */
    uint32_t ninstrs, nconsts, ncaches, nhandlers, ncaptures, first_line;
    Str *name, *qualname, *filename;
    Instr *instrs;
    Value *consts;
    Cache *caches;
    Handler *handlers;
    Position *positions;        /* NULL: packed in the image; see code_position() */
    uint16_t *live;
    Str **local_names;          /* nlocals */
    uint8_t *local_is_cell;     /* nlocals */
    Str **free_names;           /* ncaptures */
    Capture *captures;
    Value source;               /* Str with the whole source text, or NONE */
    Dict *bound_globals;        /* the globals its caches belong to; another globals gets a copy of the code */
    uint16_t self_attrs;        /* distinct attributes stored on the first parameter: sizes instances */
    const Image *image;         /* what it is made from; NULL: source text */
    const uint8_t *packed;      /* in the image: all but the head, once that is unpacked the positions */
    const uint8_t *doc;         /* in the image: its docstring; consts[0] is EMPTY until somebody asked (code_doc) */
    uint8_t packed_bit;         /* bits of the byte before `packed` that belong to it */
    size_t bytes;               /* of the one block that holds all the arrays */
};

extern const char *const op_names[OPCODE_COUNT];
extern const char *const op_operands[OPCODE_COUNT];
extern const char *const op_docs[OPCODE_COUNT];

/* ---- the builder ---- */
/* Everything is copied into one block of the heap by code_build(); the generator's own arrays may then go. */
typedef struct CodeParts {
    uint32_t flags, first_line;
    uint32_t nregs, nlocals, nposonly, nargs, nkwonly, nparams;
    uint32_t ninstrs, nconsts, ncaches, nhandlers, ncaptures;
    Str *name, *qualname, *filename;
    const Instr *instrs;
    const Value *consts;
    Str *const *cache_names;
    const Handler *handlers;
    const Position *positions;
    const uint16_t *live;
    Str *const *local_names;
    const uint8_t *local_is_cell;
    Str *const *free_names;
    const Capture *captures;
    Value source;
    uint16_t self_attrs;
    const Image *image;         /* of a code that was made from one: */
    const uint8_t *packed;
    const uint8_t *doc;
} CodeParts;

/* NULL: MemoryError is pending. */
MUST_USE Code *code_build(Vm *vm, const CodeParts *parts);
/* A copy of the code with caches of its own, for another globals dict. */
MUST_USE Code *code_clone(Vm *vm, Code *code);
/* Debug builds: operands in range, jumps to instructions, live counts sane. NULL when right, else what is wrong. */
const char *code_verify(const Code *code);

/* Building blocks of those who make codes. NULL, false: MemoryError is pending. */
MUST_USE Code *code_new(Vm *vm);
MUST_USE bool code_block(Vm *vm, Code *code);       /* the arrays, by the counts in the code; positions if it has no image */
void code_release(Vm *vm, Code *code);              /* the arrays */

MUST_USE bool code_unpack(Vm *vm, Code *code);
static inline bool code_ready(Vm *vm, Code *code) { return LIKELY(code->instrs != NULL) || code_unpack(vm, code); }

/* Of a code with CODE_HAS_DOCSTRING. VALUE_ERROR: an exception is pending. */
MUST_USE Value code_doc(Vm *vm, Code *code);
MUST_USE Value image_doc(Vm *vm, const Code *code);

Position image_position(const Code *code, uint32_t at);
static inline Position code_position(const Code *code, uint32_t at)
{
    return LIKELY(code->positions != NULL) ? code->positions[at] : image_position(code, at);
}

static inline uint32_t code_index(const Code *code, const Instr *pc) { return (uint32_t)(pc - code->instrs); }

/* Of a module that is part of aio. */
static inline bool code_is_embedded(const Code *code)
{
    return code->filename->len > 9 && !memcmp(str_data(code->filename), "<stdlib>/", 9);
}

#endif
