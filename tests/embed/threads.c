/* SPDX-License-Identifier: MIT
 * Threads of script in a host: they run while the host steps, are waited for when it asks, and go with the VM, wherever
 * they are. */
#include <stdio.h>
#include <string.h>

#include "aiovm.h"

static aiovm *new_vm(unsigned allow)
{
    aiovm_config c;
    aiovm_config_init(&c);
    c.allow = allow;
    return aiovm_new(&c);
}

static void last_line(aiovm *vm)
{
    aiovm_val exc = aiovm_error_take(vm);
    const char *text = AIOVM_IS_NULL(exc) ? NULL : aiovm_error_text(vm, exc, NULL);
    size_t n = text ? strlen(text) : 0;
    while (n && text[n - 1] == '\n')
        n--;
    size_t from = n;
    while (from && text[from - 1] != '\n')
        from--;
    printf("%.*s\n", (int)(n - from), text ? text + from : "");
}

static void run(aiovm *vm, const char *src)
{
    aiovm_status st = aiovm_run(vm, src, SIZE_MAX, "threads.aio");
    aiovm_flush(vm);
    printf("%d ", st);
    if (st == AIOVM_OK)
        printf("\n");
    else
        last_line(vm);
}

static void step_to_end(aiovm *vm)
{
    aiovm_status st = AIOVM_OK;
    while (st >= 0 && aiovm_alive(vm))
        st = aiovm_step(vm, AIOVM_STEP_WAIT);
    aiovm_flush(vm);
    printf("stepped %s\n", st < 0 ? "to an error" : "to the end");
    if (st < 0)
        last_line(vm);
}

/* Until no thread can go on. */
static void settle(aiovm *vm)
{
    while (aiovm_timeout_ns(vm) >= 0)
        if (aiovm_step(vm, AIOVM_STEP_NOWAIT) < 0)
            puts("error");
}

static void forbidden(void)
{
    aiovm *vm = new_vm(AIOVM_ALLOW_NONE);
    run(vm, "import threading\nthreading.Thread(target=print).start()\n");
    run(vm, "import asyncio\nasyncio.run(asyncio.to_thread(print))\n");
    run(vm, "print(threading.active_count())\n");
    aiovm_join_threads(vm);
    aiovm_close(vm);
}

static void stepping(void)
{
    aiovm *vm = new_vm(AIOVM_ALLOW_THREADS);
    printf("alive %d\n", aiovm_alive(vm));
    run(vm, "import threading, time\ngate = threading.Event()\n"
            "def work():\n    gate.wait()\n    time.sleep(0.001)\n    print('worked')\n"
            "threading.Thread(target=work).start()\n"
            "print('started')\n");
    settle(vm);
    printf("alive %d, due %s\n", aiovm_alive(vm), aiovm_timeout_ns(vm) < 0 ? "never" : "some time");
    if (aiovm_step(vm, AIOVM_STEP_NOWAIT) < 0)
        puts("error");
    run(vm, "gate.set()\n");
    printf("due %s\n", aiovm_timeout_ns(vm) < 0 ? "never" : "some time");
    step_to_end(vm);
    /* Nobody needs to wait for a busy one. */
    run(vm, "stop = False\ncount = 0\ndef busy():\n    global count\n    while not stop: count += 1\n    print('stopped')\n"
            "threading.Thread(target=busy).start()\n");
    aiovm_val count;
    for (int64_t n = 0; !n;)
        if (aiovm_step(vm, AIOVM_STEP_NOWAIT) < 0 || aiovm_global(vm, "count", &count) || aiovm_to_int(vm, count, &n))
            puts("error");
    run(vm, "print(count > 0)\nstop = True\n");
    step_to_end(vm);
    printf("alive %d\n", aiovm_alive(vm));
    /* The VM's own loop and threads. */
    run(vm, "import asyncio\nasync def main():\n    return await asyncio.to_thread(lambda: threading.current_thread().name)\n"
            "coro = main()\n");
    aiovm_val coro, result;
    if (aiovm_global(vm, "coro", &coro) || aiovm_await(vm, coro, &result))
        last_line(vm);
    else
        printf("%s\n", aiovm_to_str(vm, result, NULL));
    /* An interrupt is for the main strand, which waits in a step. */
    run(vm, "hold = threading.Event()\nt = threading.Thread(target=hold.wait)\nt.start()\n");
    aiovm_interrupt(vm);
    step_to_end(vm);
    run(vm, "hold.set()\nt.join()\nprint(t.is_alive())\n");
    run(vm, "def last():\n    time.sleep(0.001)\n    print('last')\nthreading.Thread(target=last).start()\n"
            "threading.Thread(target=hold.clear, daemon=True).start()\n");
    aiovm_join_threads(vm);
    aiovm_flush(vm);
    aiovm_close(vm);
}

/* A function of the host that calls script, which waits, in a thread; the host's other functions go on meanwhile. */
static aiovm_status call_it(aiovm *vm, aiovm_call *c)
{
    aiovm_val results[20], fn = aiovm_arg(c, 0), r;
    int64_t sum = 0, n;
    for (int i = 0; i < 20; i++)
        if (aiovm_call_value(vm, fn, NULL, 0, &results[i]) != AIOVM_OK)
            return AIOVM_ERR;
    for (int i = 0; i < 20; i++) {
        if (aiovm_to_int(vm, results[i], &n) != AIOVM_OK)
            return AIOVM_ERR;
        sum += n;
    }
    r = aiovm_int(vm, sum);
    return aiovm_return(c, r);
}

static void calling(void)
{
    static const aiovm_function_def def = { "call_it(function, /)", call_it, "The sum of 20 calls.", NULL };
    aiovm *vm = new_vm(AIOVM_ALLOW_THREADS);
    if (aiovm_set_global(vm, "call_it", aiovm_function(vm, &def)) != AIOVM_OK)
        return;
    run(vm, "import threading, time\nsums, gate = [], threading.Event()\n"
            "def wait(): time.sleep(0.0001); return 1\n"
            "def one(): sums.append(call_it(wait))\n"
            "ts = [threading.Thread(target=one) for _ in range(10)]\n"
            "for t in ts: t.start()\n"
            "one()\n"
            "def gated(): gate.wait(); return 2\n"
            "def leave(): raise SystemExit(3)\n"
            "def other(): sums.append(call_it(gated))\n"
            "for t in ts: t.join()\n"
            "print(sums)\n"
            "threading.Thread(target=other).start()\n"
            "threading.Thread(target=call_it, args=(leave,)).start()\n");
    printf("step %d\n", aiovm_step(vm, AIOVM_STEP_NOWAIT) < 0);
    run(vm, "one(); gate.set()\n");
    step_to_end(vm);
    run(vm, "print(sums[-2:])\n");
    run(vm, "gate.clear()\nthreading.Thread(target=other).start()\n");
    aiovm_close(vm);
}

/* Closed while threads wait, compute, sort, run loops, import, hold locks, have not begun. */
static void closing(void)
{
    aiovm *vm = new_vm(AIOVM_ALLOW_THREADS | AIOVM_ALLOW_COMPILE);
    run(vm, "import threading, time, asyncio, _thread, queue\n"
            "never, lock = threading.Event(), threading.Lock()\n"
            "def start(fn): threading.Thread(target=fn).start()\n"
            "def waits():\n"
            "    try:\n        with lock: never.wait()\n"
            "    except BaseException: print('no')\n"
            "    finally: print('no')\n"
            "start(waits)\n"
            "start(lambda: [lock.acquire() for _ in range(2)])\n"
            "def busy():\n"
            "    while True:\n"
            "        try: int('x')\n"
            "        except Exception: pass\n"
            "start(busy)\n"
            "class Key:\n"
            "    def __lt__(self, other): never.wait(); return True\n"
            "start(lambda: sorted([Key(), Key(), Key()]))\n"
            "start(lambda: sorted(range(5), key=lambda x: never.wait()))\n"
            "start(lambda: ','.join(str(never.wait()) for _ in range(3)))\n"
            "start(lambda: asyncio.run(asyncio.Event().wait()))\n"
            "async def with_pool(): await asyncio.to_thread(never.wait)\n"
            "start(lambda: asyncio.run(with_pool()))\n"
            "def gen():\n"
            "    try: yield never.wait()\n"
            "    finally: print('no')\n"
            "start(lambda: list(gen()))\n"
            "class R:\n    def __repr__(self): never.wait()\n"
            "start(lambda: repr([{1: R()}]))\n"
            "start(lambda: f'{R()!r:>10}')\n"
            "start(lambda: exec('never.wait()'))\n"
            "start(lambda: time.sleep(1000))\n"
            "start(queue.SimpleQueue().get)\n"
            "start(queue.Queue().get)\n"
            "def deep(n): return deep(n + 1) if n < 500 else never.wait()\n"
            "start(lambda: deep(0))\n"
            "class M(type):\n    def __prepare__(*a): never.wait(); return {}\n"
            "def make():\n    class C(metaclass=M): pass\n"
            "start(make)\n"
            "start(lambda: max([1, 2], key=lambda x: never.wait()))\n"
            "start(lambda: sum(map(lambda x: never.wait(), [1])))\n"
            "while not any(t.name.startswith('asyncio') for t in threading.enumerate()): time.sleep(0.001)\n"
            "print(threading.active_count())\n"
            "for _ in range(3): _thread.start_new_thread(never.wait, ())\n"
            "import atexit\n"
            "def end():\n"
            "    print('the end', threading.active_count())\n"
            "atexit.register(end)\n"
            "class Late:\n"
            "    def __del__(self):\n"
            "        try: _thread.start_new_thread(print, ('no',))\n"
            "        except RuntimeError as e: print(type(e).__name__, e)\n"
            "late = Late()\n");
    aiovm_close(vm);
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    forbidden();
    stepping();
    calling();
    closing();
    return 0;
}
