/* SPDX-License-Identifier: MIT
 * A host that asks where a script's time goes. */
#include <stdio.h>
#include <string.h>

#include "aiovm.h"

static const char script[] =
    "def spin(n):\n"
    "    for i in range(n):\n"
    "        n ^= i\n"
    "    return n\n"
    "import time\n"
    "end = time.process_time() + 0.2\n"
    "while time.process_time() < end:\n"
    "    spin(20000)\n";

int main(void)
{
    aiovm_config c;
    aiovm_config_init(&c);
    aiovm *vm = aiovm_new(&c);
    if (!vm)
        return 1;
    aiovm_scope scope = aiovm_scope_open(vm);
    size_t n = 1;
    const char *text = aiovm_to_str(vm, aiovm_profile_take(vm), &n);
    printf("nothing yet: %d %zu\n", text != NULL, n);
    for (int round = 0; round < 2; round++) {
        if (aiovm_profile(vm, 100) != AIOVM_OK || aiovm_profile(vm, 0) != AIOVM_OK ||
            aiovm_run(vm, script, sizeof script - 1, "spin.aio") != AIOVM_OK)
            return 1;
        text = aiovm_to_str(vm, aiovm_profile_take(vm), &n);
        printf("seen: %d\n", text && strstr(text, "<module> (spin.aio:8);spin (spin.aio:"));
    }
    aiovm_scope_close(vm, scope);
    if (aiovm_profile(vm, 100) != AIOVM_OK)
        return 1;
    aiovm_close(vm);            /* which ends it */
    return 0;
}
