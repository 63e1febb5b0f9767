/* SPDX-License-Identifier: MIT
 * What every name of a module means: one Scope per module, class, function, lambda, comprehension and
 * type-parameter list, found after parsing and before code is generated. The errors that depend on scope
 * ("'return' outside function", "name 'x' is parameter and global") are found here, too. */
#ifndef PARSER_SCOPE_H
#define PARSER_SCOPE_H

#include "parser/ast.h"

typedef enum ScopeKind {
    SCOPE_MODULE,           /* AstModule or AstExpression */
    SCOPE_CLASS,            /* AstClassDef */
    SCOPE_FUNCTION,         /* AstFunctionDef */
    SCOPE_LAMBDA,           /* AstLambda */
    SCOPE_COMPREHENSION,    /* AstListComp, AstSetComp, AstDictComp, AstGeneratorExp */
    SCOPE_TYPE_PARAMS,      /* around a generic AstFunctionDef, AstClassDef, AstTypeAlias: a function */
    SCOPE_TYPE_ALIAS,       /* AstTypeAlias: the value, evaluated when asked for */
    SCOPE_TYPE_BOUND,       /* AstTypeVar: the bound, evaluated when asked for */
    SCOPE_TYPE_DEFAULT      /* AstTypeVar, AstTypeVarTuple, AstParamSpec: the default, likewise */
} ScopeKind;

/* Names that no script can write: ".0" is the iterable handed to a comprehension with a frame of its own;
 * a generic function's type scope has the parameters ".defaults" and ".kwdefaults" (where there are any), a
 * generic class's binds ".type_params", which the class body reads, and ".generic_base". */

/* Where a name lives, seen from one scope. */
typedef enum NamePlace {
    PLACE_LOCAL,            /* function: a register; module and class: by name in the namespace */
    PLACE_CELL,             /* local, but captured by an inner scope */
    PLACE_FREE,             /* in a cell of an outer function; in an inlined comprehension: ask the parent
                               (its free[] first when that is a class) */
    PLACE_GLOBAL,           /* declared global */
    PLACE_GLOBAL_IMPLICIT   /* neither bound here nor in an outer function: global or built-in */
} NamePlace;

enum {
    SYM_PARAM = 1,
    SYM_ASSIGNED = 2,       /* bound here in any way, deleted included */
    SYM_USED = 4,
    SYM_ANNOTATED = 8,
    SYM_GLOBAL = 16,        /* global statement */
    SYM_NONLOCAL = 32,      /* nonlocal statement */
    SYM_IMPORTED = 64,
    SYM_FREE_CLASS = 128,   /* a class binds the name for itself and hands an outer one through to its
                               functions: it is in free[] although its place is LOCAL */
    SYM_TYPE_PARAM = 256,
    SYM_ITER_TARGET = 512,  /* bound by a comprehension's for */
    SYM_DELETED = 1024      /* some del statement may unbind it */
};

typedef struct Symbol {
    Name name;              /* mangled, where it is private to a class */
    uint16_t flags;         /* SYM_* */
    uint8_t place;          /* NamePlace */
    uint32_t order;         /* when it was first bound, counted in the scope; 0: never */
} Symbol;

typedef struct Scope Scope;
/* Code that may deserve a SyntaxWarning. It gets one wherever it stands, dead code included. */
typedef struct Suspect {
    const Ast *node;        /* Compare, Call, Subscript or Assert */
    bool negated;           /* Compare: `not` stands before it */
} Suspect;

struct Scope {
    uint8_t kind;           /* ScopeKind */
    Name name;              /* "<module>", "f", "<lambda>", "<listcomp>" ... */
    const Ast *node;
    Scope *parent;          /* NULL: the module */
    Scope *child, *next;    /* the first child; the next one of the same parent, in order of appearance */

    Symbol *symbols;        /* parameters as in co_varnames (posonly, args, kwonly, *vararg, **kwarg), then
                               by first binding, then the names that are only used */
    uint32_t count;
    uint32_t param_count;
    Name *cells;            /* names whose place is CELL, in the order of symbols */
    uint32_t cell_count;
    Name *free;             /* names of outer functions needed here or further in, sorted; the closure */
    uint32_t free_count;

    Name private_class;     /* the class whose private names are mangled here; NULL: none */
    bool inlined;           /* a comprehension that runs in its parent's frame: its locals are registers (or
                               cells) of the host; every FREE name is to be looked up in the parent */
    bool nested;            /* somewhere inside a function */
    bool is_async;          /* async def, or a comprehension with an await or async for of its own */
    bool is_generator;      /* has a yield, or is a generator expression */
    bool has_await;         /* await, async for, async with here (module: top-level await) */
    bool returns_value;     /* has a return with a value */
    bool uses_super;        /* reads super or __class__ */
    bool needs_class_cell;  /* class: some function inside wants __class__ */
    bool needs_classdict;   /* class: some type-parameter scope inside wants __classdict__ */
    bool can_see_class;     /* type scopes inside a class: names are looked up in its namespace first */
    bool import_star;
    bool has_walrus;        /* a comprehension inside binds a name of this scope by := */
    bool has_annotations;   /* module, class: some variable is annotated */
    bool future_annotations;/* annotations are not evaluated but kept as text */
    Suspect *suspects;      /* module: those of the whole source, in the order in which they are compiled */
    uint32_t suspect_count;

    /* private to scope.c */
    struct ScopeIndex *index;   /* node to scope, shared by all */
    uint32_t *slots;            /* name to symbol */
    uint32_t slot_mask;
    uint32_t bound;             /* names bound so far */
    Scope *last_child;
    struct Directive *directives;   /* global and nonlocal statements */
};

enum {
    SCOPE_TOP_LEVEL_AWAIT = 1,      /* await, async for and async with may stand at module level */
    SCOPE_FUTURE_ANNOTATIONS = 2,   /* as if the source began with from __future__ import annotations */
    SCOPE_NO_INLINING = 4           /* make every comprehension a function of its own */
};

/* Analyse a whole tree. NULL: *diag says why. Everything is in the arena. */
MUST_USE Scope *scope_analyze(Arena *arena, const Ast *tree, const Source *src, unsigned flags, Diag *diag);

/* The scope that a node opened; kind tells the several of one node apart. `any` is any scope of the tree. */
Scope *scope_find(const Scope *any, const Ast *node, ScopeKind kind);

/* A name as this scope sees it (private names are mangled first); NULL: it does not occur. */
const Symbol *scope_lookup(const Scope *scope, Name name);

/* The name as the scope spells it: `__x` inside class C is `_C__x`. NULL: out of memory. */
MUST_USE Name scope_mangle(const Scope *scope, Name name);

/* Does a module begin with an import of this from __future__? */
bool future_feature(const Ast *tree, const char *name);

#endif
