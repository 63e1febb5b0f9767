// SPDX-License-Identifier: MIT
// The header from C++: a native with a destructor on its stack, a stepped loop.
#include <cstdio>
#include <string>

#include "aiovm.h"

static aiovm_status shout(aiovm *vm, aiovm_call *c)
{
    size_t n;
    const char *s = aiovm_to_str(vm, aiovm_arg(c, 0), &n);
    std::string text(s, n);
    text += "!";
    if (text.size() > 10)
        return aiovm_raise(vm, "ValueError", "too loud: %s", text.c_str());
    return aiovm_return(c, aiovm_str(vm, text.data(), text.size()));
}

int main()
{
    static const aiovm_function_def defs[] = { { "shout(text: str, /)", shout, nullptr, nullptr },
        { nullptr, nullptr, nullptr, nullptr } };
    aiovm_config config;
    aiovm_config_init(&config);
    aiovm *vm = aiovm_new(&config);
    if (!vm || aiovm_module(vm, "host", defs, nullptr) != AIOVM_OK)
        return 1;
    const char *src = "import asyncio, host\n"
                      "print(host.shout('hi'))\n"
                      "try:\n    host.shout('0123456789')\nexcept ValueError as e:\n    print(e)\n"
                      "async def count(n):\n    for i in range(n):\n        await asyncio.sleep(0)\n    print('counted', n)\n";
    if (aiovm_run(vm, src, SIZE_MAX, "plus.aio") != AIOVM_OK)
        return 2;
    aiovm_val fn, n = aiovm_int(vm, 5), coro;
    if (aiovm_global(vm, "count", &fn) != AIOVM_OK || aiovm_call_value(vm, fn, &n, 1, &coro) != AIOVM_OK ||
        aiovm_spawn(vm, coro, nullptr) != AIOVM_OK)
        return 3;
    int steps = 0;
    while (aiovm_alive(vm) && steps < 100) {
        if (aiovm_step(vm, AIOVM_STEP_NOWAIT) < 0)
            return 4;
        steps++;
    }
    std::printf("%d steps\n", steps);
    std::fflush(stdout);
    aiovm_close(vm);
    return 0;
}
