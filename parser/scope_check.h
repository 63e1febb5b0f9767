/* SPDX-License-Identifier: MIT
 * What may stand where: the checks of scope_walk.c that need no table. Each reports by scope_error or code_error. */
#ifndef PARSER_SCOPE_CHECK_H
#define PARSER_SCOPE_CHECK_H

#include "parser/scope_build.h"

/* __debug__ cannot be bound. */
void check_name(ScopeWalk *w, const Ast *at, Name name, bool deleted);
/* Stars in assignment targets. */
void check_target(ScopeWalk *w, const Ast *target);
/* No keyword twice in a call. */
void check_keywords(ScopeWalk *w, const AstSeq *keywords);
/* No type parameter without a default behind one with. */
void check_type_defaults(ScopeWalk *w, const AstSeq *params);
/* await, async for, async with: `what` in quotes. */
void check_await(ScopeWalk *w, const Ast *at, const char *what);
void check_text_annotation(ScopeWalk *w, const Ast *n);
void check_yield_place(ScopeWalk *w, const Ast *at);
void check_yield(ScopeWalk *w, const Ast *at);
/* n has been walked, s is its scope; the current one is that around it. */
void check_comprehension(ScopeWalk *w, const Ast *n, const Scope *s);
/* False: `what` may not stand in the type-parameter scope that is current. */
bool check_type_scope(ScopeWalk *w, const Ast *at, const char *what);
Name type_param_name(const Ast *n);
const char *type_scope_text(const Scope *s);
void check_match(ScopeWalk *w, const AstMatch *n);
void check_future(ScopeWalk *w, const AstImportFrom *n);


#endif
