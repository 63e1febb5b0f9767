/* SPDX-License-Identifier: MIT
 * Instructions that are looked at before they run. While vm->watch is not 0 the interpreter goes through a dispatch table
 * whose entries all call watch_instr(); it looks at vm->watch when it is entered and behind each slow checkpoint. */
#ifndef VM_WATCH_H
#define VM_WATCH_H

#include "vm/frame.h"

#define WATCH_TRACE 1u          /* print it */
#define WATCH_COUNT 2u          /* stats.h */
#define WATCH_SAMPLE 4u         /* vm->sample_in instructions from here hooks.sample is called, once */

void watch_instr(Vm *vm, Frame *f, Instr *pc);

#endif
