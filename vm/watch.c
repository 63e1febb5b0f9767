/* SPDX-License-Identifier: MIT */
#include "vm/watch.h"

#include <stdio.h>

#include "vm/dis.h"
#include "vm/objects/str.h"
#include "vm/stats.h"

static void print_instr(const Frame *f, const Instr *pc)
{
    const Code *c = f->code;
    uint32_t at = code_index(c, pc);
    fprintf(stderr, "%s:%u %u %s %u %u %u (x %u)\n", str_data(c->name), code_position(c, at).line, at, op_names[pc->op], pc->a,
            pc->b, pc->c, pc->x);
}

void watch_instr(Vm *vm, Frame *f, Instr *pc)
{
    if (vm->watch & WATCH_COUNT)
        stats_instr(vm, f, pc);
    if (vm->watch & WATCH_SAMPLE && --vm->sample_in == 0) {
        vm->watch &= (uint8_t)~WATCH_SAMPLE;
        f->pc = pc + 1;
        vm->hooks.sample(vm);
    }
    if (vm->watch & WATCH_TRACE)
        print_instr(f, pc);
}
