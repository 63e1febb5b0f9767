/* SPDX-License-Identifier: MIT
 * Syntax trees as objects of a script's: those of module ast. */
#ifndef PARSER_CODEGEN_TREE_H
#define PARSER_CODEGEN_TREE_H

#include "parser/codegen/codegen.h"

/* The tree as objects. parts: for each name of a node its class, for each operator and context the object itself.
 * EMPTY: an exception is pending. */
MUST_USE Value tree_value(Compiler *c, const Ast *tree, Dict *parts);

/* The tree was parsed from the text that `like`, a tree of objects, was written as. Moves its nodes to the places that
 * those objects tell, in a text of spaces that *src becomes. False: an exception is pending. */
MUST_USE bool tree_place(Vm *vm, Arena *arena, Ast *tree, Value like, Source *src);

#endif
