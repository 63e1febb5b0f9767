/* SPDX-License-Identifier: MIT
 * The last step of a unit: jumps, positions, handlers. */
#ifndef PARSER_CODEGEN_LINK_H
#define PARSER_CODEGEN_LINK_H

#include "parser/codegen/codegen.h"

/* Fills in instructions, positions, live counts and handlers. False: failed. */
bool link_unit(Compiler *c, Unit *u, CodeParts *p);

#endif
