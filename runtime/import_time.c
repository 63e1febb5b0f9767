/* SPDX-License-Identifier: MIT */
#include "runtime/import_time.h"

#include <time.h>

#include "runtime/clock.h"

ImportTime import_time_begin(Vm *vm)
{
    Runtime *rt = rt_of(vm);
    if (LIKELY(!rt->config.import_time))
        return (ImportTime){ 0, 0 };
    if (!rt->import_began) {
        static const char head[] = "import time: self [us] | cumulative | imported package\n";
        rt_write(rt, 2, head, sizeof head - 1);
        rt->import_began = true;
    }
    ImportTime t = { clock_read(CLOCK_MONOTONIC), rt->import_inner };
    rt->import_inner = 0;
    rt->import_level++;
    return t;
}

static int64_t microseconds(int64_t ns)
{
    return (ns + 500) / 1000;
}

void import_time_end(Vm *vm, const ImportTime *t, const Str *name)
{
    Runtime *rt = rt_of(vm);
    if (!t->began)
        return;
    int64_t all = clock_read(CLOCK_MONOTONIC) - t->began, own = all - rt->import_inner;
    rt->import_inner = t->before + all;
    rt->import_level--;
    Buf b;
    buf_init(&b, &vm->alloc);
    buf_printf(&b, "import time: %9lld | %10lld | %*s%s\n", (long long)microseconds(own), (long long)microseconds(all),
               (int)rt->import_level * 2, "", str_data(name));
    if (!b.failed)
        rt_write(rt, 2, b.data, b.len);
    buf_free(&b);
}
