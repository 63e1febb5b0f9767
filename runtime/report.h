/* SPDX-License-Identifier: MIT
 * Reports that the frames and the loop make possible, on stderr: what each task waits for, who awaits whom, and that
 * nothing can wake the main task any more. */
#ifndef RUNTIME_REPORT_H
#define RUNTIME_REPORT_H

#include "runtime/loop.h"

/* Nothing is ready and there is no timer. If nothing from outside can come either, and what run_until_complete() waits
 * for is not done: the report is printed, and DeadlockError is on its way to the main task, or pending (false). *raised:
 * something is ready now. */
MUST_USE bool report_deadlock(Vm *vm, Loop *l, bool *raised);
/* All tasks of all loops as a tree of who awaits whom, with stacks and what they wait for. */
void report_tasks(Vm *vm);
/* Tasks that a shutdown waits for though they were cancelled, and where each of them was when it was. */
void report_stuck(Vm *vm, Value tasks);
/* Where a failed task was made, and who awaits it: behind its traceback. */
void report_origin(Vm *vm, Value task);
/* "Task 'x', made at file:line in f" */
void report_task_head(Vm *vm, Task *t, Buf *out);

#endif
