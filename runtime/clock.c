/* SPDX-License-Identifier: MIT
 * The clock that everything goes by, and sleeping that blocks the whole VM. With AIO_CLOCK=virtual, time begins at
 * 0 and moves only by sleeping and when an idle loop jumps to its next timer. */
#include "runtime/clock.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "vm/sched.h"

void clock_init(Runtime *rt)
{
    const char *kind = getenv("AIO_CLOCK");
    rt->virtual_clock = !rt->config.clock_ns && kind && strcmp(kind, "virtual") == 0;
    rt->started = clock_read(CLOCK_REALTIME);
}

int64_t clock_read(int id)
{
    struct timespec t;
    clock_gettime((clockid_t)id, &t);
    return (int64_t)t.tv_sec * CLOCK_SECOND + t.tv_nsec;
}

int64_t rt_now_ns(Runtime *rt)
{
    if (rt->virtual_clock)
        return (int64_t)(rt->virtual_now * 1e9);
    return rt->config.clock_ns ? rt->config.clock_ns(rt->config.ud) : clock_read(CLOCK_MONOTONIC);
}

double rt_now(Runtime *rt)
{
    return rt->virtual_clock ? rt->virtual_now : (double)rt_now_ns(rt) / 1e9;
}

int64_t clock_wall_ns(Runtime *rt)
{
    if (rt->virtual_clock)
        return rt->started + rt_now_ns(rt);
    return clock_read(CLOCK_REALTIME);
}

/* A signal that comes before ppoll() blocks must end it too: signals stay blocked until it waits. */
static void wait_for_signal(Runtime *rt, int64_t ns)
{
    struct timespec t = { (time_t)(ns / CLOCK_SECOND), (long)(ns % CLOCK_SECOND) };
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    if (!atomic_load(&rt->signals))
        ppoll(NULL, 0, &t, &old);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

bool rt_sleep_until(Vm *vm, double end)
{
    Runtime *rt = rt_of(vm);
    if (rt_now(rt) >= end) {
        strand_yield(vm);
        return vm_checkpoint(vm);
    }
    while (rt_now(rt) < end)
        if (!strand_wait(vm, end))
            return false;
    return true;
}

bool rt_sleep_ns(Vm *vm, int64_t ns)
{
    Runtime *rt = rt_of(vm);
    if (vm->nstrands > 1)
        return rt_sleep_until(vm, rt_now(rt) + (double)ns / 1e9);
    if (rt->virtual_clock) {
        rt->virtual_now += (double)ns / 1e9;
        return vm_checkpoint(vm);
    }
    rt_flush(rt);
    int64_t now = clock_read(CLOCK_MONOTONIC), end;
    if (__builtin_add_overflow(now, ns, &end))
        end = INT64_MAX;
    do {
        wait_for_signal(rt, end - now);
        if (!vm_checkpoint(vm))
            return false;
        now = clock_read(CLOCK_MONOTONIC);
    } while (now < end);
    return true;
}
