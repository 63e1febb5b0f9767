/* SPDX-License-Identifier: MIT
 * Opens the C library's mathematical functions. */
#include "vm/num/libm.h"

#include <dlfcn.h>
#include <pthread.h>

#include "vm/error.h"

Libm libm;

/* Where there is one library for all, or everything is to be linked in, they are linked. */
#if defined(__GLIBC__) && !defined(AIO_STATIC)
static bool find(void *lib, const char *name, void *out)
{
    void *p = dlsym(lib, name);
    memcpy(out, &p, sizeof p);
    return p;
}

static bool find_all(Libm *to)
{
    void *lib = dlopen("libm.so.6", RTLD_NOW | RTLD_LOCAL);
#define FIND(name) &&find(lib, #name, &to->name)
    return lib LIBM_FUNCTIONS(FIND, FIND, FIND) FIND(fma);
#undef FIND
}
#else
#include <complex.h>
static bool find_all(Libm *to)
{
#define FIND(name) to->name = name;
    LIBM_FUNCTIONS(FIND, FIND, FIND)
    FIND(fma)
#undef FIND
    return true;
}
#endif

bool libm_open(Vm *vm)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    Libm found = { .ready = false };
    if (!find_all(&found)) {
        raise_exc(vm, EXC_OSError, "%s", dlerror());
        return false;
    }
    pthread_mutex_lock(&lock);      /* VMs of several threads write the same, but one after the other */
    if (!libm.ready) {
        libm = found;
        __atomic_store_n(&libm.ready, true, __ATOMIC_RELEASE);
    }
    pthread_mutex_unlock(&lock);
    return true;
}

/* The number without its sign: 53 bits times two to the (exponent - 1075). x is neither 0 nor infinite. */
static uint64_t parts(double x, int *exponent)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    uint64_t m = bits & (((uint64_t)1 << 52) - 1);
    *exponent = (int)(bits >> 52 & 0x7FF);
    if (*exponent)
        return m | (uint64_t)1 << 52;
    int shift = __builtin_clzll(m) - 11;
    *exponent = 1 - shift;
    return m << shift;
}

/* Exact: a long division, 11 bits at a time. */
double float_fmod(double x, double y)
{
    int ex, ey;
    if (isnan(x) || isnan(y) || isinf(x) || y == 0)
        return (x * y) / (x * y);
    if (fabs(x) < fabs(y))
        return x;
    uint64_t m = parts(x, &ex), by = parts(y, &ey);
    for (m %= by; m && ex > ey;) {
        int n = ex - ey < 11 ? ex - ey : 11;
        m = (m << n) % by;
        ex -= n;
    }
    if (!m)
        return copysign(0.0, x);
    int shift = __builtin_clzll(m) - 11;
    m <<= shift;
    ey -= shift;
    m = ey > 0 ? (m & (((uint64_t)1 << 52) - 1)) | (uint64_t)ey << 52 : m >> (1 - ey);
    double r;
    memcpy(&r, &m, sizeof r);
    return copysign(r, x);
}
