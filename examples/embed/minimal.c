/* SPDX-License-Identifier: MIT
 * A host in one page: it runs a script, calls one of its functions, and gives it a native function and a native async
 * function whose result comes from another thread.
 *
 *   cc minimal.c $(pkg-config --cflags --libs aiovm) -lpthread */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "aiovm.h"

static const char script[] =
    "import asyncio, host\n"
    "\n"
    "def greet(name):\n"
    "    return f'hello {name}'\n"
    "\n"
    "async def main():\n"
    "    print('add:', host.add(40, 2))\n"
    "    print('slow_double:', await asyncio.gather(host.slow_double(1), host.slow_double(21)))\n"
    "    try:\n"
    "        host.add('x', 1)\n"
    "    except TypeError as e:\n"
    "        print('TypeError:', e)\n"
    "\n"
    "asyncio.run(main())\n";

/* add(a: int, b: int): a plain native. */
static aiovm_status add(aiovm *vm, aiovm_call *c)
{
    int64_t a, b;
    if (aiovm_to_int(vm, aiovm_arg(c, 0), &a) || aiovm_to_int(vm, aiovm_arg(c, 1), &b))
        return AIOVM_ERR;
    return aiovm_return(c, aiovm_int(vm, a + b));
}

/* slow_double(n: int): an async native. The work is done in a thread of its own, which never touches the VM. */
typedef struct {
    int64_t n;
    aiovm_pending *pending;
} Job;

static aiovm_status make_result(aiovm *vm, void *ud, aiovm_val *out)
{
    *out = aiovm_int(vm, ((Job *)ud)->n * 2);
    return AIOVM_OK;
}

static void *work(void *ud)
{
    Job *job = ud;
    if (aiovm_complete(job->pending, make_result, job, free) != AIOVM_OK)
        free(job);
    return NULL;
}

static aiovm_status slow_double(aiovm *vm, aiovm_call *c)
{
    pthread_t thread;
    Job *job = malloc(sizeof *job);
    if (!job)
        return aiovm_raise(vm, "MemoryError", "no memory for a job");
    if (aiovm_to_int(vm, aiovm_arg(c, 0), &job->n) || !(job->pending = aiovm_suspend(c, NULL, NULL))) {
        free(job);
        return AIOVM_ERR;
    }
    if (pthread_create(&thread, NULL, work, job))
        return aiovm_fail(job->pending, "RuntimeError", "no thread");
    pthread_detach(thread);
    return AIOVM_OK;
}

static const aiovm_function_def host_functions[] = {
    { "add(a: int, b: int, /)", add, "The sum.", NULL },
    { "slow_double(n: int, /)", slow_double, "Awaitable: twice n.", NULL },
    { 0 }
};

static int fail(aiovm *vm)
{
    const char *text = aiovm_error_text(vm, aiovm_error_take(vm), NULL);
    fprintf(stderr, "%s", text ? text : "out of memory\n");
    aiovm_close(vm);
    return 1;
}

int main(void)
{
    aiovm_config config;
    aiovm_config_init(&config);         /* grants nothing: no files, no network, no environment */
    config.max_memory = 64u << 20;
    aiovm *vm = aiovm_new(&config);
    if (!vm)
        return 1;
    if (aiovm_module(vm, "host", host_functions, NULL) != AIOVM_OK ||
        aiovm_run(vm, script, sizeof script - 1, "script.aio") != AIOVM_OK)
        return fail(vm);

    aiovm_val greet, name = aiovm_str(vm, "world", 5), result;
    if (aiovm_global(vm, "greet", &greet) != AIOVM_OK || aiovm_call_value(vm, greet, &name, 1, &result) != AIOVM_OK)
        return fail(vm);
    printf("greet: %s\n", aiovm_to_str(vm, result, NULL));
    aiovm_close(vm);
    return 0;
}
