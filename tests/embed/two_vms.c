/* SPDX-License-Identifier: MIT
 * Two VMs in one process know nothing of each other, on one thread and on two. */
#include <pthread.h>
#include <stdio.h>

#include "aiovm.h"

static aiovm *new_vm(void)
{
    aiovm_config c;
    aiovm_config_init(&c);
    return aiovm_new(&c);
}

static long long number(aiovm *vm, const char *name)
{
    aiovm_val v;
    int64_t n = -1;
    if (aiovm_global(vm, name, &v) != AIOVM_OK || aiovm_to_int(vm, v, &n) != AIOVM_OK)
        return -1;
    return n;
}

static const char busy[] = "import asyncio\n"
                           "async def one(i):\n    await asyncio.sleep(0)\n    return i\n"
                           "async def main():\n    return sum(await asyncio.gather(*[one(i) for i in range(200)]))\n"
                           "total = 0\nfor _ in range(20):\n    total += asyncio.run(main())\n";

static void *thread(void *ud)
{
    aiovm *vm = new_vm();
    long long *out = ud;
    *out = vm && aiovm_run(vm, busy, sizeof busy - 1, "busy.aio") == AIOVM_OK ? number(vm, "total") : -1;
    aiovm_close(vm);
    return NULL;
}

int main(void)
{
    aiovm *a = new_vm(), *b = new_vm();
    if (!a || !b)
        return 1;
    if (aiovm_run(a, "x = 1\nimport sys\nsys.mine = 'a'\n", SIZE_MAX, "a.aio") || aiovm_run(b, "x = 2\n", SIZE_MAX, "b.aio"))
        return 1;
    printf("%lld %lld\n", number(a, "x"), number(b, "x"));
    aiovm_status st = aiovm_run(b, "import sys\nsys.mine\n", SIZE_MAX, "b.aio");
    aiovm_val exc = aiovm_error_take(b);
    printf("%d %s\n", st, aiovm_error_is(b, exc, "AttributeError") ? "AttributeError" : "?");
    aiovm_close(a);
    printf("%d\n", aiovm_run(b, "x += 40", SIZE_MAX, "b.aio"));
    printf("%lld\n", number(b, "x"));
    aiovm_close(b);

    pthread_t t[2];
    long long sums[2];
    for (int i = 0; i < 2; i++)
        if (pthread_create(&t[i], NULL, thread, &sums[i]))
            return 1;
    for (int i = 0; i < 2; i++)
        pthread_join(t[i], NULL);
    printf("%lld %lld\n", sums[0], sums[1]);
    return 0;
}
