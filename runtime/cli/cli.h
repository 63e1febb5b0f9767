/* SPDX-License-Identifier: MIT
 * The two files of the aio command: options and scripts (main.c), the prompt (prompt.c). */
#ifndef RUNTIME_CLI_CLI_H
#define RUNTIME_CLI_CLI_H

#include "include/aiovm.h"

/* Print what went wrong; the exit status. *by_sigint: KeyboardInterrupt came out. */
int cli_report(aiovm *vm, aiovm_status st, bool *by_sigint);
/* Read and run statements until the end of input; tasks go on while the prompt waits. */
int cli_prompt(aiovm *vm, bool banner, bool *by_sigint);

#endif
