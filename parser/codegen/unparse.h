/* SPDX-License-Identifier: MIT
 * Expressions back to text, in the form that `from __future__ import annotations` keeps. */
#ifndef PARSER_CODEGEN_UNPARSE_H
#define PARSER_CODEGEN_UNPARSE_H

#include "parser/codegen/codegen.h"
#include "vm/buf.h"

void unparse_expr(Compiler *c, Buf *out, const Ast *e);

#endif
