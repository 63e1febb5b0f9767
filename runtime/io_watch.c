/* SPDX-License-Identifier: MIT
 * Where the poller's events and other threads' posts enter the loop. */
#include "runtime/loop.h"

bool rt_io_ready(Vm *vm, Loop *l, uint64_t key, unsigned events)
{
    (void)vm;
    (void)l;
    (void)key;
    (void)events;
    return true;                /* nothing watches descriptors yet */
}

bool rt_io_watches(const Runtime *rt)
{
    (void)rt;
    return false;
}

bool rt_posted(Vm *vm, Loop *l)
{
    Runtime *rt = rt_of(vm);
    (void)l;
    return !rt->posted || rt->posted(vm);
}
