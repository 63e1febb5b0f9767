/* SPDX-License-Identifier: MIT
 * A VM for each test, entered from the test's own frame. */
#ifndef TESTS_UNIT_VM_VM_FIXTURE_H
#define TESTS_UNIT_VM_VM_FIXTURE_H

#include <check.h>

#include "vm/ops.h"

static inline Vm *fixture_vm(VmEntry *saved, void *frame, size_t max_memory)
{
    VmConfig config = { .max_memory = max_memory, .hash_seed = 42 };
    Vm *vm = vm_new(&config);
    ck_assert_ptr_nonnull(vm);
    vm_enter(vm, saved, frame);
    return vm;
}

static inline void fixture_end(Vm *vm, const VmEntry *saved)
{
    ck_assert(!vm_pending(vm));
    vm_leave(vm, saved);
    vm_free(vm);
}

#define VM_BEGIN                                                               \
    VmEntry vm_saved;                                                          \
    Vm *vm = fixture_vm(&vm_saved, __builtin_frame_address(0), 0)
#define VM_END fixture_end(vm, &vm_saved)

#endif
