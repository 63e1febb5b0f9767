/* SPDX-License-Identifier: MIT
 * What the files of the code generator share.
 *
 * A Compiler is one compilation; a Unit is one code object in the making. Expressions are compiled into
 * registers: `expr` yields an operand, which is a constant not yet loaded, a local variable in its own register, or
 * a temporary. Temporaries are a stack: u->top is the first free one, and every register below it has been
 * written, so that top is at the same time the number of live registers that each instruction records.
 *
 * Errors are sticky: after the first one c->failed is set and the rest of the calls do little. Everything that the
 * generator makes for itself lies in the arena; values of the VM are safe without roots, for nothing here
 * collects. Code that cannot be reached is not emitted. */
#ifndef PARSER_CODEGEN_CODEGEN_H
#define PARSER_CODEGEN_CODEGEN_H

#include "lexer/diag.h"
#include "parser/codegen/compile.h"
#include "parser/scope.h"
#include "vm/vm.h"

typedef uint32_t Reg;
typedef uint32_t LabelId;
#define NO_REG UINT32_MAX
#define NO_LABEL 0u
#define MAX_REGS 60000u
#define MAX_BLOCKS 21u          /* nested loops, try and with statements, as in CPython */

typedef struct Span {           /* byte offsets into the source */
    uint32_t start, end;
} Span;
#define NOWHERE ((Span){ NO_PLACE, NO_PLACE })
static inline Span span(const void *node) { return (Span){ ((const Ast *)node)->start, ((const Ast *)node)->end }; }

typedef struct Map {            /* numbers by a key that is not 0 */
    uint64_t *keys;
    uint32_t *values;
    uint32_t count, size;
} Map;

typedef struct Operand {
    Value value;                /* a constant that no register holds yet, or EMPTY */
    Reg reg;
} Operand;
static inline bool is_const(Operand o) { return !value_is_empty(o.value); }
static inline Operand in_reg(Reg r) { return (Operand){ VALUE_EMPTY, r }; }
static inline Operand constant(Value v) { return (Operand){ v, NO_REG }; }

typedef struct Emitted {
    Instr i;
    Span at;
    LabelId target;             /* of a jump */
    uint16_t live;
} Emitted;

typedef struct Label {
    uint32_t at;
    bool placed, used;
    uint64_t *assigned;         /* locals that are bound on every way here; valid when used */
} Label;

typedef struct Guarded {          /* a part of a protected range */
    uint32_t start, end;
    LabelId handler;
    Reg reg;
} Guarded;

/* What a jump out of the current statement has to leave, innermost first. A block may protect the code inside it;
 * while a jump leaves it, what is emitted stands outside the range. */
typedef enum BlockKind {
    BLOCK_LOOP,
    BLOCK_GUARD,                /* a protected range that needs no code to leave */
    BLOCK_CLEANUP,              /* the same, but no statement's: not counted as nested */
    BLOCK_FINALLY,              /* run final_body */
    BLOCK_HANDLER,              /* POP_EXC saved; unbind name */
    BLOCK_WITH                  /* call __exit__ (in reg `saved`) with None thrice */
} BlockKind;
typedef struct Block {
    struct Block *outer;
    BlockKind kind;
    LabelId on_break, on_continue;
    LabelId handler;            /* NO_LABEL: protects nothing */
    Reg reg;                    /* takes the exception */
    uint32_t start;             /* of the open part of the range */
    bool open;
    uint64_t *before;           /* assigned locals at the start */
    uint64_t *deleted;          /* of the surrounding block, kept meanwhile */
    const AstSeq *final_body;
    Reg saved;
    Name name;                  /* except … as name; NULL: none */
    Span at;                    /* with: the context expression */
    bool is_async;
} Block;

/* Registers of the local names of an inlined comprehension, or of the unit's own scope, by symbol. */
typedef struct ScopeRegs {
    const Scope *scope;
    uint16_t *reg;
    struct ScopeRegs *outer;    /* comprehension around, while it is being compiled */
} ScopeRegs;

typedef struct Unit {
    struct Unit *outer;
    const Scope *scope;
    const Scope *here;          /* the innermost inlined comprehension, or scope */
    const char *kind_suffix;
    uint32_t flags, first_line;
    uint32_t nposonly, nargs, nkwonly, nparams;
    Str *name, *qualname;

    Emitted *code;
    uint32_t count, cap;
    Label *labels;
    uint32_t nlabels, labels_cap;
    uint32_t pinned;            /* the place that a label or range was last fixed to */
    Guarded *ranges;
    uint32_t nranges, ranges_cap;
    Value *consts, *codes;
    uint32_t nconsts, consts_cap, ncodes, codes_cap;
    Value doc;                  /* docstring or EMPTY */
    Map const_index;
    Str **caches, **globals;    /* names of the caches; those of globals come behind the others */
    uint32_t ncaches, caches_cap, nglobals, globals_cap;
    Map global_index[3];        /* load, store, delete */
    Map shared_cache;           /* by operation and name, when there are too many for one each */
    Str **local_names;
    uint8_t *local_is_cell;
    uint32_t nlocals, locals_cap;
    Map scope_regs;             /* scope to index in regs */
    ScopeRegs *regs;
    uint32_t nregs_scopes, regs_cap;
    Reg class_cell, classdict_cell;     /* class: registers of the implicit cells; 0: none */
    const char *extra_free;     /* a captured name that no scope knows of: ".type_params" */
    Reg extra_cell;             /* and where it lives, in the unit that owns it */

    Reg top;
    uint32_t nregs;
    bool reachable;
    uint32_t words;             /* of the sets of locals */
    uint64_t *assigned;
    uint64_t *deleted;          /* unbound since the innermost block began */
    uint64_t *deletable;        /* unbound by some statement of the function */
    Block *block;
    uint32_t depth;             /* of blocks */
    Name self_name;             /* first parameter of a function right inside a class */
    Map self_attrs;
    Name *static_attrs;         /* class: attributes that its methods store on self */
    uint32_t nstatic, static_cap;
    Map static_index;
} Unit;

typedef struct Interned {       /* constants of the compilation, each once */
    uint64_t hash;
    uint8_t kind;
    uint32_t len;
    const char *bytes;
    Value value;
} Interned;

typedef struct Compiler {
    Vm *vm;
    Arena *arena;
    const Source *src;
    const CompileOptions *options;
    LineIndex lines;
    uint32_t line_hint;
    const Scope *root;
    NameTable *name_table;
    Unit *unit;
    bool failed;
    Diag diag;                  /* type NULL when failed: an exception is pending */
    Str *filename;
    Value source;
    Str **names;                /* by Name.id */
    uint32_t names_cap;
    uint32_t *walrus;           /* offsets of := in the text */
    uint32_t nwalrus;
    bool any_walrus;            /* the text is not that of the tree: one may stand anywhere */
    Interned *interned;
    uint32_t ninterned, interned_size;
    uint32_t emitted;           /* instructions of all units */
    bool interactive;
    uint8_t optimize;           /* 1: no asserts, __debug__ is false; 2: no docstrings either */
} Compiler;

/* ---- unit.c: units and what they collect ---- */
bool grow(Compiler *c, void **items, uint32_t *cap, uint32_t need, size_t size);
#define GROW(c, items, cap, need) grow((c), (void **)(items), (cap), (need), sizeof **(items))
void compile_no_memory(Compiler *c);
void compile_pending(Compiler *c);                      /* an exception of the VM ends the compilation */
void compile_error(Compiler *c, Span at, const char *fmt, ...) PRINTF_LIKE(3, 4);
bool map_find(const Map *m, uint64_t key, uint32_t *value);
bool map_put(Compiler *c, Map *m, uint64_t key, uint32_t value);
static inline uint64_t map_key(const void *p) { return (uint64_t)(uintptr_t)p; }

Str *name_str(Compiler *c, Name name);                  /* interned; NULL: failed */
Str *text_str(Compiler *c, const char *text);
Name name_of_text(Compiler *c, const char *text);
uint32_t const_add(Compiler *c, Value v);
/* const_add() for operands of 16 bits. False: the constant must be loaded, there are too many. */
bool short_const(Compiler *c, Value v, uint32_t *index);
uint32_t line_of(Compiler *c, uint32_t offset);

/* Begin a unit for a scope; qualname is made from the units around. NULL: failed. */
Unit *unit_begin(Compiler *c, const Scope *scope, Str *name, uint32_t first_line, uint32_t flags);
/* An unnamed parameter or other local in front of (begin) or behind the scope's: before unit_locals. */
Reg unit_local(Compiler *c, Str *name, bool is_cell);
/* Registers for the scope's names and those of its inlined comprehensions. */
bool unit_locals(Compiler *c);
/* Make cells of the captured ones. */
void unit_cells(Compiler *c, Span at);
/* The finished code; the unit around is current again. NULL: failed. */
Code *unit_end(Compiler *c);
const uint16_t *unit_scope_regs(Unit *u, const Scope *scope);
bool unit_free_index(const Unit *u, Name name, uint32_t *index);
Reg implicit_cell(const Unit *u, Name name);            /* register of a class's __class__, __classdict__; 0: none */
bool is_function_like(const Scope *s);

/* ---- emit.c: instructions, registers, labels, blocks ---- */
void emit(Compiler *c, Span at, Opcode op, uint32_t x, uint32_t a, uint32_t b, uint32_t cc);
void emit_wide(Compiler *c, Span at, Opcode op, uint32_t a, uint32_t k);
void emit_jump(Compiler *c, Span at, Opcode op, uint32_t x, uint32_t a, uint32_t b, LabelId to);
void emit_const(Compiler *c, Span at, Reg dst, Value v);
void emit_none(Compiler *c, Span at, Reg dst);
void emit_move(Compiler *c, Span at, Reg dst, Reg src);
void emit_clear(Compiler *c, Span at, Reg r);
static inline void emit_goto(Compiler *c, Span at, LabelId to) { emit_jump(c, at, OP_JUMP, 0, 0, 0, to); }
void emit_end(Compiler *c);                             /* what follows cannot be reached */
uint32_t cache_new(Compiler *c, Opcode op, Str *name);
uint32_t cache_global(Compiler *c, Opcode op, Str *name);

Reg push_reg(Compiler *c);                              /* the temporary that was just written */
static inline bool is_temp(const Unit *u, Reg r) { return r >= u->nlocals; }
/* The register for a result: want, or the temporary at base, which is the top afterwards. */
Operand result_at(Compiler *c, Reg want, Reg base);
static inline Reg result_reg(Reg want, Reg base) { return want != NO_REG ? want : base; }

LabelId label_new(Compiler *c);
void label_place(Compiler *c, LabelId l);
bool label_used(const Compiler *c, LabelId l);

void bits_copy(uint64_t *to, const uint64_t *from, uint32_t words);
bool local_assigned(const Unit *u, Reg r);
void local_bind(Unit *u, Reg r);
void local_unbind(Unit *u, Reg r);

bool block_begin(Compiler *c, Block *b, BlockKind kind, Span at);
void block_guard(Compiler *c, Block *b, LabelId handler, Reg reg);      /* protect what follows */
void block_end(Compiler *c, Block *b);
static inline bool block_counts(const Block *b) { return b->kind != BLOCK_CLEANUP; }
/* Leave all blocks inside `stop`; emit the jump; then unwind_done. */
/* keep: a value on top of the temporaries must survive. */
void unwind_to(Compiler *c, Block *stop, bool keep, Block **saved);
void unwind_done(Compiler *c, Block *stop, Block *saved);
bool unwind_has_code(const Compiler *c, const Block *stop);

/* ---- names.c ---- */
Operand name_load(Compiler *c, Span at, Name name, Reg want);
void name_store(Compiler *c, Span at, Name name, Reg value);
void name_delete(Compiler *c, Span at, Name name);
/* The register of a name that is a plain local here; else NO_REG. */
Reg name_local(Compiler *c, Name name);
/* Load and store by text, for names that no source names. */
Operand name_load_text(Compiler *c, Span at, const char *name, Reg want);
void name_store_text(Compiler *c, Span at, const char *name, Reg value);
void name_unbind(Compiler *c, Span at, Name name);      /* = None; del */
void self_attr_stored(Compiler *c, const AstAttribute *a, bool plain);     /* plain: not by += and its like */

/* ---- warn.c: SyntaxWarnings ---- */
void warn_suspects(Compiler *c);

/* ---- fold.c ---- */
Value const_value(Compiler *c, const AstConst *k, Span at);     /* EMPTY: failed or not supported */
Value const_intern(Compiler *c, uint8_t kind, const void *bytes, uint32_t len, Value v);
Value const_tuple(Compiler *c, const Value *items, uint32_t n);
bool fold_literal(Compiler *c, const Ast *e, Value *v); /* literals, negative numbers, tuples of them */
Value fold_unary(Compiler *c, AstOp op, Value v);       /* EMPTY: not folded */
Value fold_binary(Compiler *c, AstOp op, Value a, Value b);
/* What is searched or iterated and never seen again: a tuple for a list, a frozenset for a set of literals. */
bool fold_container(Compiler *c, const Ast *e, Value *v);
int const_truth(Value v);                               /* -1: not known */
Value const_docstring(Compiler *c, const AstSeq *body); /* EMPTY: none */

/* ---- expr.c ---- */
Operand expr(Compiler *c, const Ast *e, Reg want);
Reg expr_reg(Compiler *c, const Ast *e);                /* in any register; what is pushed is the caller's to pop */
Reg expr_push(Compiler *c, const Ast *e);               /* on the top of the temporaries */
void expr_into(Compiler *c, const Ast *e, Reg r);       /* in that register */
void expr_drop(Compiler *c, const Ast *e);
/* In any register that nothing between later_start and later_end can change. */
Reg expr_keep(Compiler *c, const Ast *e, uint32_t later_start, uint32_t later_end);
Reg operand_reg(Compiler *c, Span at, Operand o);
void operand_into(Compiler *c, Span at, Operand o, Reg r);
bool has_walrus(const Compiler *c, uint32_t start, uint32_t end);
Span attribute_span(const Compiler *c, const AstAttribute *a, Span whole);
Reg emit_await(Compiler *c, Span at, Reg awaitable, unsigned giver);
Operand expr_compare_value(Compiler *c, const AstCompare *e, Reg want);
/* An operator of which one side is a number that is known. False: nothing was emitted. */
bool emit_operator_const(Compiler *c, Span at, AstOp op, uint32_t flags, Reg dst, Operand l, Operand r);

/* ---- cond.c ---- */
void cond_jump(Compiler *c, const Ast *e, bool sense, LabelId to);
void cond_compare_jump(Compiler *c, Span at, AstOp op, Reg left, const Ast *right, bool sense, LabelId to);
int cond_const(const Compiler *c, const Ast *e);        /* 1, 0: known; -1 */

/* ---- display.c ---- */
Operand expr_tuple(Compiler *c, const AstSeq *elts, Span at, Reg want);
/* The right side of `in`, the iterable of a for. */
Operand expr_container(Compiler *c, const Ast *e);
Operand expr_list(Compiler *c, const AstSeq *elts, Span at, Reg want);
Operand expr_set(Compiler *c, const AstSet *e, Reg want);
Operand expr_dict(Compiler *c, const AstDict *e, Reg want);
Operand expr_joined(Compiler *c, const AstJoinedStr *e, Reg want);
Operand expr_formatted(Compiler *c, const AstFormattedValue *e, Reg want);
void build_starred_list(Compiler *c, const AstSeq *elts, uint32_t from, Span at, Reg list);

/* ---- call.c ---- */
Operand expr_call(Compiler *c, const AstCall *e, Reg want);
Operand expr_attribute(Compiler *c, const AstAttribute *e, Reg want);
/* A call of what stands in register base, with arguments already pushed behind it. */
Operand call_with(Compiler *c, Span at, Reg base, const AstSeq *args, const AstSeq *keywords, const Reg *extra,
                  Reg want);

/* ---- comp.c ---- */
Operand expr_comprehension(Compiler *c, const Ast *e, Reg want);

/* ---- func.c ---- */
Operand expr_lambda(Compiler *c, const AstLambda *e, Reg want);
void stmt_function(Compiler *c, const AstFunctionDef *f);
/* ra = function of a finished code; parts pushed from base on. */
Operand make_function(Compiler *c, Span at, Code *code, uint32_t flags, Reg base, Reg want);
Operand make_thunk(Compiler *c, const Ast *node, ScopeKind kind, const Ast *value, const char *name, Reg want);
void fill_to(Compiler *c, Span at, Reg upto);
uint32_t defaults_push(Compiler *c, const AstArguments *args, Span at, Reg base);
uint32_t decorators_push(Compiler *c, const AstSeq *decorators);
void decorators_call(Compiler *c, const AstSeq *decorators, Reg base);
uint32_t def_first_line(Compiler *c, const Ast *def, const AstSeq *decorators);
/* type_params: register of the tuple, or NO_REG. */
Operand function_value(Compiler *c, const AstFunctionDef *f, uint32_t flags, Reg base, Reg type_params, Reg want);

/* ---- class.c ---- */
void stmt_class(Compiler *c, const AstClassDef *k);
Operand class_value(Compiler *c, const AstClassDef *k, Reg generic_base, Reg want);
void annotations_setup(Compiler *c, const Scope *s);

/* ---- typeparams.c ---- */
Operand generic_function(Compiler *c, const AstFunctionDef *f, uint32_t flags, Reg base, Reg want);
Operand generic_class(Compiler *c, const AstClassDef *k, Reg want);
void stmt_type_alias(Compiler *c, const AstTypeAlias *t);

/* ---- annotation.c ---- */
Value annotation_text(Compiler *c, const Ast *e);       /* as from __future__ import annotations keeps it */
void annotation_into(Compiler *c, const Ast *e, Reg r);
uint32_t annotations_push(Compiler *c, const AstArguments *args, const Ast *returns, Span at, Reg base);

/* ---- assign.c ---- */
void assign_to(Compiler *c, const Ast *target, Reg value);
void delete_target(Compiler *c, const Ast *target);
void stmt_assign(Compiler *c, const AstAssign *s);
void stmt_aug_assign(Compiler *c, const AstAugAssign *s);
void stmt_ann_assign(Compiler *c, const AstAnnAssign *s);

/* ---- stmt.c, loop.c, try.c, with.c, match.c ---- */
void stmts(Compiler *c, const AstSeq *body);
void stmt(Compiler *c, const Ast *s);
void stmt_while(Compiler *c, const AstWhile *s);
void stmt_for(Compiler *c, const AstFor *s);
void stmt_return(Compiler *c, const AstReturn *s);
void stmt_break(Compiler *c, const Ast *s);
/* async for: the next item in *value, pushed behind the awaitable; the handler ends the loop. */
void loop_async_next(Compiler *c, Span at, Reg iter, LabelId handler, Reg *value);
void loop_async_end(Compiler *c, Span at, LabelId handler, LabelId end);
void stmt_try(Compiler *c, const AstTry *s);
void stmt_with(Compiler *c, const AstWith *s);
void with_leave(Compiler *c, const Block *b);
void handler_leave(Compiler *c, const Block *b);
void reraise(Compiler *c, Reg saved, Reg exc);          /* POP_EXC, RERAISE */
void stmt_match(Compiler *c, const AstMatch *s);

#endif
