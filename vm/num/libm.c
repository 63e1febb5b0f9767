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
