/* SPDX-License-Identifier: MIT
 * Module time: clocks, sleeping, calendar time. */
#include "stdlib/modules.h"
#include "stdlib/time_calendar.h"
#include "stdlib/util.h"

#include <time.h>

#include "runtime/clock.h"
#include "vm/num/libm.h"
#include "vm/objects/dict.h"
#include "vm/objects/int.h"

static Value seconds(int64_t ns)
{
    return value_from_double((double)ns / 1e9);
}

/* As seconds and as nanoseconds. Virtual time is kept in seconds: these are exactly what was slept. */
#define CLOCK_FUNCTIONS(name, expression)                                  \
    static Value time_f_##name(Vm *vm, Value self, const Args *args)       \
    {                                                                      \
        (void)self;                                                        \
        (void)args;                                                        \
        return seconds(expression);                                        \
    }                                                                      \
    CLOCK_FUNCTION_NS(name, expression)
#define CLOCK_FUNCTION_NS(name, expression)                                \
    static Value time_f_##name##_ns(Vm *vm, Value self, const Args *args)  \
    {                                                                      \
        (void)self;                                                        \
        (void)args;                                                        \
        return int_new(vm, expression);                                    \
    }

static int64_t cpu(Vm *vm, int id)
{
    return rt_of(vm)->virtual_clock ? rt_now_ns(rt_of(vm)) : clock_read(id);
}

CLOCK_FUNCTIONS(time, clock_wall_ns(rt_of(vm)))
CLOCK_FUNCTION_NS(monotonic, rt_now_ns(rt_of(vm)))
CLOCK_FUNCTION_NS(perf_counter, rt_now_ns(rt_of(vm)))
CLOCK_FUNCTIONS(process_time, cpu(vm, CLOCK_PROCESS_CPUTIME_ID))
CLOCK_FUNCTIONS(thread_time, cpu(vm, CLOCK_THREAD_CPUTIME_ID))

static Value time_f_monotonic(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return value_from_double(rt_now(rt_of(vm)));
}
#define time_f_perf_counter time_f_monotonic

/* An int or float of seconds. */
static bool duration(Vm *vm, Value v, int64_t *ns)
{
    if (is_float(v)) {
        double d = float_value(v) * 1e9;
        if (isnan(d)) {
            raise_exc(vm, EXC_ValueError, "Invalid value NaN (not a number)");
            return false;
        }
        if (d >= 9.2e18 || d <= -9.2e18) {
            raise_exc(vm, EXC_OverflowError, "timestamp out of range for platform time_t");
            return false;
        }
        *ns = (int64_t)round_up(d);
        return true;
    }
    int64_t s;
    if (!op_int64(vm, v, &s)) {
        if (exc_pending_is(vm, EXC_OverflowError)) {
            exc_discard(vm);
            raise_exc(vm, EXC_OverflowError, "timestamp out of range for platform time_t");
        }
        return false;
    }
    if (__builtin_mul_overflow(s, CLOCK_SECOND, ns)) {
        raise_exc(vm, EXC_OverflowError, "timestamp out of range for platform time_t");
        return false;
    }
    return true;
}

static Value time_f_sleep(Vm *vm, Value self, const Args *args)
{
    int64_t ns;
    (void)self;
    if (!duration(vm, args->v[0], &ns))
        return VALUE_ERROR;
    if (ns < 0)
        return raise_exc(vm, EXC_ValueError, "sleep length must be non-negative");
    Runtime *rt = rt_of(vm);
    if (vm->nstrands > 1)
        return rt_sleep_until(vm, rt_now(rt) + (is_float(args->v[0]) ? float_value(args->v[0]) : (double)ns / 1e9)) ? VALUE_NONE
             : VALUE_ERROR;
    if (rt->virtual_clock && is_float(args->v[0])) {
        rt->virtual_now += float_value(args->v[0]);
        ns = 0;
    }
    return rt_sleep_ns(vm, ns) ? VALUE_NONE : VALUE_ERROR;
}

static const MethodDef functions[] = {
    FUNCTION(time, time, "time()", "Return the current time in seconds since the Epoch."),
    FUNCTION(time, time_ns, "time_ns()", "Nanoseconds since 1970."),
    FUNCTION(time, monotonic, "monotonic()", "Seconds of a clock that nobody sets back."),
    FUNCTION(time, monotonic_ns, "monotonic_ns()", "Nanoseconds of a clock that nobody sets back."),
    FUNCTION(time, perf_counter, "perf_counter()", "Performance counter for benchmarking."),
    FUNCTION(time, perf_counter_ns, "perf_counter_ns()", "The finest clock there is, in nanoseconds."),
    FUNCTION(time, process_time, "process_time()", "Process time for profiling."),
    FUNCTION(time, process_time_ns, "process_time_ns()", "Nanoseconds that the process has computed."),
    FUNCTION(time, thread_time, "thread_time()", "Thread time for profiling."),
    FUNCTION(time, thread_time_ns, "thread_time_ns()", "Nanoseconds that the thread has computed."),
    FUNCTION(time, sleep, "sleep(seconds, /)", "Wait; other threads go on."),
    { 0 }
};

static Value time_f_strptime(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Value m = rt_import_module(vm, "_strptime"), f = value_is_empty(m) ? m : lib_attr(vm, m, "_strptime_time");
    return value_is_empty(f) ? f : op_call(vm, f, value_is_empty(args->v[1]) ? 1 : 2, args->v);
}

static Value time_f_get_clock_info(Vm *vm, Value self, const Args *args)
{
    static const char *const known[] = { "monotonic", "perf_counter", "process_time", "thread_time", "time" };
    (void)self;
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        if (!str_is(as_str(args->v[0]), known[i]))
            continue;
        Value m = rt_import_module(vm, "types"), t = value_is_empty(m) ? m : lib_attr(vm, m, "SimpleNamespace");
        Str *clock = str_printf(vm, "clock_gettime(%s)", i < 2 ? "CLOCK_MONOTONIC" : i == 2 ? "CLOCK_PROCESS_CPUTIME_ID"
                                                       : i == 3 ? "CLOCK_THREAD_CPUTIME_ID" : "CLOCK_REALTIME");
        static const char *const names[] = { "implementation", "monotonic", "adjustable", "resolution" };
        Value v[4], n[4];
        if (value_is_empty(t) || !clock)
            return VALUE_ERROR;
        for (size_t k = 0; k < 4; k++) {
            Str *s = str_intern(vm, names[k], strlen(names[k]));
            if (!s)
                return VALUE_ERROR;
            n[k] = value_from_obj(s);
        }
        v[0] = value_from_obj(clock);
        v[1] = value_from_bool(i != 4);
        v[2] = value_from_bool(i == 4);
        v[3] = value_from_double(1e-9);
        return op_call_kw(vm, t, 4, v, 4, n);
    }
    return raise_exc(vm, EXC_ValueError, "unknown clock");
}

static const MethodDef more_functions[] = {
    FUNCTION(time, strptime, "strptime(string, format=..., /)", "A date and time from text, by a format."),
    FUNCTION(time, get_clock_info, "get_clock_info(name: str, /)", "What there is to know about one of the clocks."),
    { 0 }
};

Value time_init(Vm *vm)
{
    Module *m = module_new(vm, "time", "Clocks, sleeping, calendar time.");
    return m && module_add_functions(vm, m, functions) && module_add_functions(vm, m, more_functions) &&
                   time_calendar_init(vm, m) ? value_from_obj(m) : VALUE_ERROR;
}
