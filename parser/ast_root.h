/* SPDX-License-Identifier: MIT
 * How a tree keeps its names; for the parser's own files. */
#ifndef PARSER_AST_ROOT_H
#define PARSER_AST_ROOT_H

#include "parser/ast.h"

typedef struct AstRoot {
    NameTable *names;
    union {
        Ast tree;
        AstModule module;
        AstExpression expression;
    };
} AstRoot;

NameTable *name_table_new(Arena *arena);    /* NULL: out of memory */

#endif
