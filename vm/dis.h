/* SPDX-License-Identifier: MIT
 * Disassembly, for people. */
#ifndef VM_DIS_H
#define VM_DIS_H

#include "vm/buf.h"
#include "vm/code.h"

/* One line an instruction: source line, index, name, operands, and what they mean. Codes among the constants
 * follow, each under its qualified name. Failure (no memory) is the buffer's. */
void dis_code(Buf *out, const Code *code);
/* One instruction, without a line break. */
void dis_instr(Buf *out, const Code *code, uint32_t at);

/* Lengths of the runs of registers that an instruction reads (operand R) or writes (W). */
uint32_t instr_read_run(const Instr *i);
uint32_t instr_write_run(const Instr *i);

#endif
