/* SPDX-License-Identifier: MIT
 * Between scope.c (tables and resolution) and scope_walk.c (the walk over the tree). */
#ifndef PARSER_SCOPE_BUILD_H
#define PARSER_SCOPE_BUILD_H

#include "parser/scope.h"

/* A scope while the tree is walked. */
typedef struct Block {
    Scope *scope;
    struct Block *outer;
    const Ast *value_return;    /* the first return with a value */
    unsigned loops;             /* for and while statements around */
    unsigned star_handlers;     /* except* blocks around, inside the innermost loop: see walk_loop */
    unsigned star_return;       /* except* blocks around in all */
    unsigned iter_exprs;        /* inside the iterables of a comprehension */
    bool iter_target;           /* inside its targets */
    unsigned nested;            /* statements around that have something to do when they are left */
    const Ast *too_deep[2];     /* what was one too many; [1]: in generators and coroutines */
} Block;

typedef struct ScopeWalk {
    Arena *arena;
    const Source *src;
    Diag *diag;
    unsigned flags;
    NameTable *names;
    struct ScopeIndex *index;
    Block *block;
    Name super_name, class_cell, classdict, debug, underscore;
    Diag late;                  /* the first error of code_error() */
    Suspect *suspects;
    uint32_t suspect_count, suspect_cap;
    const Ast *negated;         /* a comparison behind `not` */
    bool failed;
} ScopeWalk;

void scope_error(ScopeWalk *w, const Ast *at, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* An error that CPython's code generator finds, which runs when all names of the source are known to be right:
 * an error of scope_error() further on goes first. */
void code_error(ScopeWalk *w, const Ast *at, const char *fmt, ...) PRINTF_LIKE(3, 4);
void scope_no_memory(ScopeWalk *w);
/* For who goes down the tree: false when something failed already, or when the C stack is nearly used up. */
bool scope_stack_ok(ScopeWalk *w);
Name scope_name(ScopeWalk *w, const char *text);

/* A new scope inside the current one; NULL: out of memory. The caller makes it current. */
Scope *scope_open(ScopeWalk *w, ScopeKind kind, Name name, const Ast *node);
Symbol *scope_find_symbol(const Scope *s, Name name);           /* the name is mangled already */
/* Adds flags to the name's symbol, which is made when there is none. NULL: out of memory. */
Symbol *scope_add(ScopeWalk *w, Scope *s, Name name, unsigned flags);
Name scope_mangled(ScopeWalk *w, const Scope *s, Name name);
Name scope_mangled_param(ScopeWalk *w, const Scope *s, Name name);      /* a type parameter's own name */
/* Which statement declared a name global or nonlocal. */
typedef struct Directive {
    Name name;
    const Ast *at;
    struct Directive *next;
} Directive;
void scope_add_directive(ScopeWalk *w, Scope *s, Name name, const Ast *at);
const Ast *scope_directive(const Scope *s, Name name);          /* NULL: none */
bool scope_is_function(const Scope *s);                         /* its locals are registers */

/* scope_suspect.c: lists n if it may deserve a SyntaxWarning. */
void scope_suspect(ScopeWalk *w, const Ast *n);
/* Those of the list from `first` on and those from `then` on change places: what is walked first is compiled last. */
void scope_suspects_swap(ScopeWalk *w, uint32_t first, uint32_t then);
/* Those up to `end` are compiled again. */
void scope_suspects_repeat(ScopeWalk *w, uint32_t first, uint32_t end);

bool scope_walk_module(ScopeWalk *w, const Ast *tree);

#endif
