/* SPDX-License-Identifier: MIT
 * A host that counts what a script does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aiovm.h"

static const char script[] =
    "class P:\n"
    "    def __init__(self, x): self.x = x\n"
    "def run():\n"
    "    return sum(P(i).x for i in range(500))\n"
    "run()\n";

static void show(aiovm *vm, const char *when)
{
    aiovm_stats s;
    s.size = sizeof s;
    aiovm_stats_get(vm, &s);
    printf("%s: memory %d instructions %d hits %d misses %d allocations %d bytes %d\n", when, s.bytes > 0, s.instructions > 5000,
           s.cache_hits > 900, s.cache_misses > 0, s.allocations >= 500, s.allocated_bytes >= 500 * 16);
}

int main(void)
{
    aiovm_config c;
    aiovm_config_init(&c);
    aiovm *vm = aiovm_new(&c);
    if (!vm || aiovm_run(vm, script, sizeof script - 1, "first.aio") != AIOVM_OK)
        return 1;
    show(vm, "not counting");
    if (aiovm_count(vm) != AIOVM_OK || aiovm_count(vm) != AIOVM_OK)
        return 1;
    if (aiovm_run(vm, script, sizeof script - 1, "second.aio") != AIOVM_OK)
        return 1;
    show(vm, "counting");
    aiovm_collect(vm);
    aiovm_stats s = { 0 };
    s.size = sizeof s;
    aiovm_stats_get(vm, &s);
    printf("collected %d, paused %d, longest %d\n", s.collections > 0, s.pause_ns > 0, s.longest_pause_ns <= s.pause_ns);
    /* A host of an earlier version has a shorter struct. */
    memset(&s, 0xff, sizeof s);
    s.size = 3 * sizeof(uint64_t);
    aiovm_stats_get(vm, &s);
    printf("short struct left alone: %d\n", s.pause_ns == UINT64_MAX);
    aiovm_scope scope = aiovm_scope_open(vm);
    size_t n;
    const char *text = aiovm_to_str(vm, aiovm_count_report(vm), &n);
    printf("report: %d %d %d\n", text && strstr(text, "second.aio:2 STORE_ATTR x"), text && strstr(text, "\n  P  "),
           text && !strstr(text, "first.aio"));
    aiovm_scope_close(vm, scope);
    show(vm, "ended");
    aiovm_close(vm);
    return 0;
}
