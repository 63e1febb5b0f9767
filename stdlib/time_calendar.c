/* SPDX-License-Identifier: MIT
 * Module time, the part about dates: struct_time, time zones, strftime(). */
#include "stdlib/time_calendar.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "runtime/clock.h"
#include "runtime/structseq.h"
#include "stdlib/modules.h"
#include "stdlib/util.h"
#include "vm/buf.h"
#include "vm/num/libm.h"
#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"

static const char *const fields[] = { "tm_year", "tm_mon", "tm_mday", "tm_hour", "tm_min", "tm_sec", "tm_wday",
    "tm_yday", "tm_isdst",
                                      "tm_zone", "tm_gmtoff", NULL };

/* Seconds since the Epoch, rounded down; None or nothing: now. */
static bool seconds_arg(Vm *vm, Value v, time_t *t)
{
    if (value_is_empty(v) || value_is_none(v)) {
        *t = (time_t)(clock_wall_ns(rt_of(vm)) / 1000000000);
        return true;
    }
    if (is_float(v)) {
        double d = round_down(float_value(v));
        if (d != d) {
            raise_exc(vm, EXC_ValueError, "Invalid value NaN (not a number)");
            return false;
        }
        if (d >= 9.2e18 || d <= -9.2e18) {
            raise_exc(vm, EXC_OverflowError, "timestamp out of range for platform time_t");
            return false;
        }
        *t = (time_t)d;
        return true;
    }
    int64_t i;
    if (!op_int64(vm, v, &i)) {
        if (exc_pending_is(vm, EXC_OverflowError)) {
            exc_discard(vm);
            raise_exc(vm, EXC_OverflowError, "timestamp out of range for platform time_t");
        }
        return false;
    }
    *t = i;
    return true;
}

static Value from_tm(Vm *vm, const struct tm *tm)
{
    Type *t = lib_type(vm, "time", "struct_time");
    Str *zone = str_cstr(vm, tm->tm_zone ? tm->tm_zone : "");
    if (!t || !zone)
        return VALUE_ERROR;
    const int n[] = { tm->tm_year, tm->tm_mon + 1, tm->tm_mday, tm->tm_hour, tm->tm_min, tm->tm_sec, (tm->tm_wday + 6) % 7,
                      tm->tm_yday + 1, tm->tm_isdst };
    Value v[11];
    for (size_t i = 0; i < COUNT_OF(n); i++)
        v[i] = value_from_int48(n[i]);
    v[0] = value_from_int48((int64_t)tm->tm_year + 1900);
    v[9] = value_from_obj(zone);
    v[10] = value_from_int48(tm->tm_gmtoff);
    return structseq_new(vm, t, v, 11);
}

static Value broken_down(Vm *vm, const Args *args, bool local)
{
    time_t t;
    struct tm tm;
    if (!seconds_arg(vm, args->v[0], &t))
        return VALUE_ERROR;
    if (!(local ? localtime_r(&t, &tm) : gmtime_r(&t, &tm)))
        return raise_os(vm, errno ? errno : EOVERFLOW, VALUE_EMPTY);
    return from_tm(vm, &tm);
}

static Value time_f_localtime(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return broken_down(vm, args, true);
}

static Value time_f_gmtime(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return broken_down(vm, args, false);
}

/* A tuple of nine ints, or a struct_time. */
static bool to_tm(Vm *vm, Value v, struct tm *tm, Value *zone, const char *name)
{
    int64_t n[9];
    if (!is_tuple(v)) {
        raise_exc(vm, EXC_TypeError, "Tuple or struct_time argument required");
        return false;
    }
    if (as_tuple(v)->len != 9) {
        raise_exc(vm, EXC_TypeError, "%s(): illegal time tuple argument", name);
        return false;
    }
    for (size_t i = 0; i < 9; i++) {
        if (!op_int64(vm, as_tuple(v)->items[i], &n[i]))
            return false;
        if (n[i] > INT32_MAX || n[i] < INT32_MIN) {
            raise_exc(vm, EXC_OverflowError, n[i] > 0 ? "signed integer is greater than maximum"
                                                      : "signed integer is less than minimum");
            return false;
        }
    }
    if (n[0] < INT32_MIN + 1900) {
        raise_exc(vm, EXC_OverflowError, "year out of range");
        return false;
    }
    *tm = (struct tm){ .tm_year = (int)(n[0] - 1900), .tm_mon = (int)n[1] - 1, .tm_mday = (int)n[2], .tm_hour = (int)n[3],
                       .tm_min = (int)n[4], .tm_sec = (int)n[5], .tm_wday = (int)((n[6] + 1) % 7), .tm_yday = (int)n[7] - 1,
                       .tm_isdst = (int)n[8] };
    *zone = VALUE_NONE;
    Type *t = lib_type(vm, "time", "struct_time");
    if (!t || !value_is_a(vm, v, t))
        return t != NULL;
    Value offset = lib_attr(vm, v, "tm_gmtoff");
    *zone = value_is_empty(offset) ? VALUE_EMPTY : lib_attr(vm, v, "tm_zone");
    int64_t seconds;
    if (value_is_empty(*zone))
        return false;
    if (is_int(offset) && int_to_i64(offset, &seconds))
        tm->tm_gmtoff = seconds;
    if (is_str(*zone))
        tm->tm_zone = str_data(as_str(*zone));
    return true;
}

/* In the ranges that the C library may be given. 0 counts as 1 for month and days. */
static bool check_tm(Vm *vm, struct tm *tm)
{
    const char *bad = NULL;
    if (tm->tm_mon == -1)
        tm->tm_mon = 0;
    if (tm->tm_mday == 0)
        tm->tm_mday = 1;
    if (tm->tm_yday == -1)
        tm->tm_yday = 0;
    if (tm->tm_mon < 0 || tm->tm_mon > 11)
        bad = "month out of range";
    else if (tm->tm_mday < 0 || tm->tm_mday > 31)
        bad = "day of month out of range";
    else if (tm->tm_hour < 0 || tm->tm_hour > 23)
        bad = "hour out of range";
    else if (tm->tm_min < 0 || tm->tm_min > 59)
        bad = "minute out of range";
    else if (tm->tm_sec < 0 || tm->tm_sec > 61)
        bad = "seconds out of range";
    else if (tm->tm_wday < 0)
        bad = "day of week out of range";
    else if (tm->tm_yday < 0 || tm->tm_yday > 365)
        bad = "day of year out of range";
    if (bad)
        raise_exc(vm, EXC_ValueError, "%s", bad);
    return !bad;
}

static Value time_f_mktime(Vm *vm, Value self, const Args *args)
{
    struct tm tm;
    Value zone;
    (void)self;
    if (!to_tm(vm, args->v[0], &tm, &zone, "mktime"))
        return VALUE_ERROR;
    tm.tm_wday = -1;
    time_t t = mktime(&tm);
    if (t == -1 && tm.tm_wday == -1)
        return raise_exc(vm, EXC_OverflowError, "mktime argument out of range");
    return value_from_double((double)t);
}

/* The tuple that was given, or now. */
static bool tm_or_now(Vm *vm, Value v, struct tm *tm, Value *zone, const char *name)
{
    time_t t;
    *zone = VALUE_NONE;
    if (!value_is_empty(v))
        return to_tm(vm, v, tm, zone, name) && check_tm(vm, tm);
    if (!seconds_arg(vm, VALUE_NONE, &t))
        return false;
    localtime_r(&t, tm);
    return true;
}

static Value asctime_of(Vm *vm, const struct tm *tm)
{
    static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char text[80];
    snprintf(text, sizeof text, "%.3s %.3s%3d %.2d:%.2d:%.2d %lld", days + 3 * tm->tm_wday, months + 3 * tm->tm_mon, tm->tm_mday,
             tm->tm_hour, tm->tm_min, tm->tm_sec, (long long)tm->tm_year + 1900);
    Str *s = str_cstr(vm, text);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value time_f_asctime(Vm *vm, Value self, const Args *args)
{
    struct tm tm;
    Value zone;
    (void)self;
    return tm_or_now(vm, args->v[0], &tm, &zone, "asctime") ? asctime_of(vm, &tm) : VALUE_ERROR;
}

static Value time_f_ctime(Vm *vm, Value self, const Args *args)
{
    time_t t;
    struct tm tm;
    (void)self;
    if (!seconds_arg(vm, args->v[0], &t))
        return VALUE_ERROR;
    if (!localtime_r(&t, &tm))
        return raise_os(vm, errno ? errno : EOVERFLOW, VALUE_EMPTY);
    return asctime_of(vm, &tm);
}

/* One directive or run of plain text at a time: what has no output then cannot be taken for too small a buffer. */
static bool put_formatted(Buf *out, const char *p, size_t n, const struct tm *tm)
{
    while (n) {
        const char *percent = memchr(p, '%', n);
        size_t plain = percent ? (size_t)(percent - p) : n;
        buf_put(out, p, plain);
        p += plain;
        n -= plain;
        if (!n)
            break;
        size_t k = 1;
        while (k < n && strchr("-_0^#EO+123456789", p[k]) && p[k])
            k++;
        k += k < n;
        char directive[32], text[512];
        if (k >= sizeof directive || k == 1) {
            buf_put(out, p, k);
        } else {
            memcpy(directive, p, k);
            directive[k] = 0;
            buf_put(out, text, strftime(text, sizeof text, directive, tm));
        }
        p += k;
        n -= k;
    }
    return !out->failed;
}

static Value time_f_strftime(Vm *vm, Value self, const Args *args)
{
    struct tm tm;
    Buf out;
    Value zone;
    (void)self;
    if (!is_str(args->v[0]))
        return raise_exc(vm, EXC_TypeError, "strftime() argument 1 must be str, not %B", args->v[0]);
    if (!tm_or_now(vm, args->v[1], &tm, &zone, "strftime"))
        return VALUE_ERROR;
    Str *format = as_str(args->v[0]);
    if (memchr(str_data(format), 0, format->len))
        return raise_exc(vm, EXC_ValueError, "embedded null character");
    if (tm.tm_isdst < -1 || tm.tm_isdst > 1)
        tm.tm_isdst = tm.tm_isdst < -1 ? -1 : 1;
    buf_init(&out, &vm->alloc);
    put_formatted(&out, str_data(format), format->len, &tm);
    Str *s = str_from_buf(vm, &out);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

/* ---- clocks by number ---- */
static bool clock_arg(Vm *vm, Value v, int64_t *id)
{
    return op_int64(vm, v, id);
}

static Value time_f_clock_gettime_ns(Vm *vm, Value self, const Args *args)
{
    struct timespec ts;
    int64_t id;
    (void)self;
    if (!clock_arg(vm, args->v[0], &id))
        return VALUE_ERROR;
    if (clock_gettime((clockid_t)id, &ts))
        return raise_os(vm, errno, VALUE_EMPTY);
    return int_new(vm, ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec);
}

static Value time_f_clock_gettime(Vm *vm, Value self, const Args *args)
{
    Value v = time_f_clock_gettime_ns(vm, self, args);
    double d;
    return value_is_empty(v) || !int_to_double(vm, v, &d) ? VALUE_ERROR : value_from_double(d / 1e9);
}

static Value time_f_clock_getres(Vm *vm, Value self, const Args *args)
{
    struct timespec ts;
    int64_t id;
    (void)self;
    if (!clock_arg(vm, args->v[0], &id))
        return VALUE_ERROR;
    if (clock_getres((clockid_t)id, &ts))
        return raise_os(vm, errno, VALUE_EMPTY);
    return value_from_double((double)ts.tv_sec + (double)ts.tv_nsec / 1e9);
}

/* ---- zones ---- */
static bool set_zones(Vm *vm, Module *m)
{
    /* The offsets of January and July: the smaller one is standard time's. */
    time_t now = (time_t)(clock_wall_ns(rt_of(vm)) / 1000000000);
    const time_t year = (365 * 24 + 6) * 3600, jan = now / year * year, jul = jan + year / 2;
    struct tm a, b;
    tzset();
    localtime_r(&jan, &a);
    localtime_r(&jul, &b);
    bool north = a.tm_gmtoff <= b.tm_gmtoff;
    const struct tm *standard = north ? &a : &b, *summer = north ? &b : &a;
    Str *s = str_cstr(vm, standard->tm_zone), *d = str_cstr(vm, summer->tm_zone);
    Tuple *names = s && d ? tuple_pack(vm, 2, value_from_obj(s), value_from_obj(d)) : NULL;
    return names && module_set(vm, m, "timezone", value_from_int48(-standard->tm_gmtoff)) &&
           module_set(vm, m, "altzone", value_from_int48(-summer->tm_gmtoff)) &&
           module_set(vm, m, "daylight", value_from_int48(a.tm_gmtoff != b.tm_gmtoff)) &&
           module_set(vm, m, "tzname", value_from_obj(names));
}

static Value time_f_tzset(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    Value m = rt_import_module(vm, "time");
    return is_module(m) && set_zones(vm, as_module(m)) ? VALUE_NONE : VALUE_ERROR;
}

static const MethodDef functions[] = {
    FUNCTION(time, localtime, "localtime(seconds=None, /)", "The local date and time of so many seconds since the Epoch (now)."),
    FUNCTION(time, gmtime, "gmtime(seconds=None, /)", "The date and time in UTC of so many seconds since the Epoch (now)."),
    FUNCTION(time, mktime, "mktime(time_tuple, /)", "The seconds since the Epoch of a local date and time."),
    FUNCTION(time, asctime, "asctime(time_tuple=..., /)", "A date and time as text: 'Sat Jun  6 16:26:11 1998'."),
    FUNCTION(time, ctime, "ctime(seconds=None, /)", "The local date and time of so many seconds since the Epoch, as asctime()."),
    FUNCTION(time, strftime, "strftime(format, time_tuple=..., /)", "A date and time as text, by a format."),
    FUNCTION(time, tzset, "tzset()", "Look at the environment variable TZ again."),
    FUNCTION(time, clock_gettime, "clock_gettime(clk_id, /)", "A clock of the system, in seconds."),
    FUNCTION(time, clock_gettime_ns, "clock_gettime_ns(clk_id, /)", "A clock of the system, in nanoseconds."),
    FUNCTION(time, clock_getres, "clock_getres(clk_id, /)", "How fine a clock of the system is, in seconds."),
    { 0 }
};

bool time_calendar_init(Vm *vm, Module *m)
{
    static const struct { const char *name; int id; } clocks[] = {
        { "_STRUCT_TM_ITEMS", 11 }, { "CLOCK_REALTIME", CLOCK_REALTIME }, { "CLOCK_MONOTONIC", CLOCK_MONOTONIC },
        { "CLOCK_MONOTONIC_RAW", CLOCK_MONOTONIC_RAW }, { "CLOCK_PROCESS_CPUTIME_ID", CLOCK_PROCESS_CPUTIME_ID },
        { "CLOCK_THREAD_CPUTIME_ID", CLOCK_THREAD_CPUTIME_ID }, { "CLOCK_BOOTTIME", CLOCK_BOOTTIME }, { "CLOCK_TAI", CLOCK_TAI },
    };
    for (size_t i = 0; i < COUNT_OF(clocks); i++)
        if (!module_set(vm, m, clocks[i].name, value_from_int48(clocks[i].id)))
            return false;
    Type *t = structseq_type(vm, "time.struct_time", fields, 9);
    return t && module_set(vm, m, "struct_time", value_from_obj(t)) && set_zones(vm, m) && module_add_functions(vm, m, functions);
}

/* ---- module _datetime ---- */
/* A class of the library that is C's in CPython: messages name it with its module. */
static Value datetime_f_named_as_builtin(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (!is_type(args->v[0]) || !(as_type(args->v[0])->flags & TYPE_HEAP))
        return raise_exc(vm, EXC_TypeError, "a class of a script is required, not %T", args->v[0]);
    Type *t = as_type(args->v[0]);
    Value module = dict_get_str(vm, type_dict(vm, t), vm->names.dunder_module);
    Str *s = is_str(module) ? str_printf(vm, "%V.%V", module, t->name) : NULL;
    s = s ? str_intern(vm, str_data(s), s->len) : NULL;
    if (!s || !dict_set_cstr(vm, type_dict(vm, t), "_full_name", value_from_obj(s)))
        return VALUE_ERROR;
    t->cname = str_data(s);
    return args->v[0];
}

Value datetime_init(Vm *vm)
{
    static const MethodDef names[] = {
        FUNCTION(datetime, named_as_builtin, "named_as_builtin(cls, /)", "Let messages name the class with its module."), { 0 }
    };
    Module *m = module_new(vm, "_datetime", "A part of datetime.");
    return m && module_add_functions(vm, m, names) ? value_from_obj(m) : VALUE_ERROR;
}
