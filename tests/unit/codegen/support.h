/* SPDX-License-Identifier: MIT
 * Compiling snippets in a VM of their own. */
#ifndef TESTS_UNIT_CODEGEN_SUPPORT_H
#define TESTS_UNIT_CODEGEN_SUPPORT_H

#include <check.h>

#include "parser/codegen/compile.h"
#include "vm/buf.h"
#include "vm/vm.h"

typedef struct Compiled {
    Vm *vm;
    VmEntry saved;
    Code *code;             /* NULL: an exception is pending */
    bool incomplete;
    Buf text;               /* what the functions below wrote */
} Compiled;

void compiled_begin(Compiled *c, const char *source, const CompileOptions *o);
void compiled_end(Compiled *c);
/* The disassembly, without line numbers, indexes, headings; one instruction a line, single spaces. */
const char *compiled_dis(Compiled *c, const Code *code);
/* The code with that qualified name; NULL: none. */
const Code *compiled_find(const Code *code, const char *qualname);
/* The error as "SyntaxError: message @line:offset-line:offset". */
const char *compiled_error(Compiled *c);

/* Registers that an instruction counts as live were written on every way to it. NULL: so it is. */
const char *flow_check(const Code *code);
/* code_verify() and flow_check() of a code and all codes in it. */
void assert_sound(const Code *code);

#endif
