/* SPDX-License-Identifier: MIT
 * Strands wait together: one poll for the descriptors, posts and signals of all. While there is more than one, a ticker
 * thread asks the running one to look whether another is ready. */
#include "runtime/strands.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "runtime/clock.h"
#include "runtime/io.h"
#include "runtime/loop.h"
#include "runtime/io_watch.h"
#include "runtime/workers.h"
#include "vm/sched.h"

#define LOOK_EVERY 250e-6               /* seconds between polls while strands are busy */
#define INTERVAL 0.005

/* Once made it stays: while there is one strand alone, it waits to be needed again. */
struct Ticker {
    Vm *vm;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t look;
    _Atomic bool needed;
    bool over, parked;                  /* with the lock */
    _Atomic int64_t interval;           /* ns */
};

static void wait_a_tick(Ticker *t)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    int64_t ns = at.tv_nsec + atomic_load(&t->interval);
    at.tv_sec += (time_t)(ns / CLOCK_SECOND);
    at.tv_nsec = (long)(ns % CLOCK_SECOND);
    if (pthread_cond_timedwait(&t->look, &t->lock, &at) == ETIMEDOUT && atomic_load(&t->needed))
        vm_attend(t->vm, ATTENTION_SLICE);
}

static void *tick(void *arg)
{
    Ticker *t = arg;
    pthread_mutex_lock(&t->lock);
    while (!t->over) {
        if (atomic_load(&t->needed)) {
            wait_a_tick(t);
        } else {
            t->parked = true;
            pthread_cond_wait(&t->look, &t->lock);
            t->parked = false;
        }
    }
    pthread_mutex_unlock(&t->lock);
    return NULL;
}

double strands_interval(const Runtime *rt)
{
    return rt->slice;
}

/* The ticker does not tick more often than makes sense, and looks at a new interval within a second. */
static int64_t tick_ns(const Runtime *rt)
{
    double seconds = strands_interval(rt);
    return (int64_t)((seconds < 1e-4 ? 1e-4 : seconds > 1 ? 1 : seconds) * 1e9);
}

void strands_set_interval(Runtime *rt, double seconds)
{
    rt->slice = seconds;
    if (rt->ticker)
        atomic_store(&rt->ticker->interval, tick_ns(rt));
}

static void ticker_free(Vm *vm, Ticker *t)
{
    pthread_cond_destroy(&t->look);
    pthread_mutex_destroy(&t->lock);
    mem_free(&vm->alloc, t, sizeof *t);
}

static bool ticker_new(Vm *vm)
{
    Runtime *rt = rt_of(vm);
    Ticker *t = mem_alloc(&vm->alloc, sizeof *t);
    if (!t) {
        raise_no_memory(vm);
        return false;
    }
    *t = (Ticker){ .vm = vm };
    atomic_store(&t->needed, true);
    atomic_store(&t->interval, tick_ns(rt));
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->look, &monotonic);
    pthread_condattr_destroy(&monotonic);
    sigset_t all, old;                  /* signals are for the VM's thread */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int err = pthread_create(&t->thread, NULL, tick, t);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (!err) {
        rt->ticker = t;
        return true;
    }
    ticker_free(vm, t);
    raise_exc(vm, EXC_RuntimeError, "can't start new thread");
    return false;
}

static bool begin(Vm *vm)
{
    Ticker *t = rt_of(vm)->ticker;
    if (!t)
        return ticker_new(vm);
    atomic_store(&t->needed, true);
    pthread_mutex_lock(&t->lock);
    if (t->parked)
        pthread_cond_signal(&t->look);
    pthread_mutex_unlock(&t->lock);
    return true;
}

static void end(Vm *vm)
{
    Ticker *t = rt_of(vm)->ticker;
    if (t)
        atomic_store(&t->needed, false);
}

void strands_free(Runtime *rt)
{
    Ticker *t = rt->ticker;
    if (!t)
        return;
    rt->ticker = NULL;
    pthread_mutex_lock(&t->lock);
    t->over = true;
    pthread_cond_signal(&t->look);
    pthread_mutex_unlock(&t->lock);
    pthread_join(t->thread, NULL);
    ticker_free(rt->vm, t);
}

/* Loops that are idle look around: what came may be for them. */
static void wake_loops(Vm *vm)
{
    Strand *s = vm->strand->next;
    for (Strand *first = s;;) {
        if (s->in_loop && s->run == STRAND_WAITING)
            strand_wake(s);
        s = s->next;
        if (s == first)
            return;
    }
}

static int64_t nanoseconds(double seconds)
{
    return seconds < 0 ? 0 : seconds > 1e9 ? -1 : (int64_t)(seconds * 1e9) + 1;
}

int64_t strands_timeout_ns(Vm *vm)
{
    double nearest = INFINITY;
    for (const Strand *s = vm->strand->next; s != vm->strand; s = s->next) {
        if (s->run == STRAND_READY)
            return 0;
        if (s->deadline < nearest)
            nearest = s->deadline;
    }
    return nearest < INFINITY ? nanoseconds(nearest - rt_now(rt_of(vm))) : -1;
}

/* ---- descriptors ---- */

/* On the C stack of the strand that waits. */
typedef struct FdWait {
    Strand *strand;
    struct FdWait *next;
    struct pollfd *p;
    size_t n;
} FdWait;

static bool wait_registered(Vm *vm, FdWait *w, double deadline)
{
    Runtime *rt = rt_of(vm);
    w->next = rt->fd_waits;
    rt->fd_waits = w;
    bool ok = strand_wait(vm, deadline);
    FdWait **p = &rt->fd_waits;
    while (*p != w)
        p = &(*p)->next;
    *p = w->next;
    return ok;
}

int strands_wait_fd_until(Vm *vm, int fd, bool write, double deadline)
{
    Runtime *rt = rt_of(vm);
    struct pollfd one = { fd, write ? POLLOUT : POLLIN, 0 };
    FdWait w = { .strand = vm->strand, .p = &one, .n = 1 };
    while (vm->nstrands > 1 && !vm->main_only && poll(&one, 1, 0) == 0) {
        if (deadline < INFINITY && rt_now(rt) >= deadline)
            return 0;
        if (!wait_registered(vm, &w, deadline))
            return -1;
    }
    return 1;
}

/* One strand alone: the system waits, as far as the clock is real. */
static int poll_alone(Vm *vm, struct pollfd *p, size_t n, double deadline)
{
    Runtime *rt = rt_of(vm);
    double left = deadline - rt_now(rt);
    int64_t ns = rt->virtual_clock && deadline < INFINITY ? 0 : nanoseconds(left);
    struct timespec t = { .tv_sec = (time_t)(ns / CLOCK_SECOND), .tv_nsec = (long)(ns % CLOCK_SECOND) };
    sigset_t all, old;          /* a signal that came before the wait must end it, too */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    bool signal = atomic_load(&vm->attention) & ATTENTION_SIGNAL;
    int got = signal ? -1 : ppoll(p, n, ns < 0 ? NULL : &t, &old);
    int err = signal ? EINTR : errno;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    errno = err;
    if (!got && rt->virtual_clock && left > 0)
        rt->virtual_now = deadline;
    return got;
}

int strands_poll(Vm *vm, struct pollfd *p, size_t n, double deadline)
{
    Runtime *rt = rt_of(vm);
    FdWait w = { .strand = vm->strand, .p = p, .n = n };
    rt_flush(rt);
    for (;;) {
        bool alone = vm->nstrands < 2 || vm->main_only;
        int got = alone ? poll_alone(vm, p, n, deadline) : poll(p, n, 0);
        if (got > 0)
            return got;
        if (got < 0 && errno != EINTR) {
            raise_os(vm, errno, VALUE_EMPTY);
            return -1;
        }
        if (!vm_checkpoint(vm))
            return -1;
        if (!got && deadline < INFINITY && rt_now(rt) >= deadline)
            return 0;
        if (!alone && !wait_registered(vm, &w, deadline))
            return -1;
    }
}

bool strands_wait_fd(Vm *vm, int fd, bool write)
{
    return strands_wait_fd_until(vm, fd, write, INFINITY) > 0;
}

/* The other end of a FIFO is waited for by those who can wait: a reader for the first that happens there, a writer for a
 * reader. */
static int open_fifo(Vm *vm, int at, const char *path, int flags, mode_t mode)
{
    double delay = 0.0005;
    for (;;) {
        int fd = openat(at, path, flags | O_NONBLOCK, mode);
        if (fd >= 0) {
            if ((flags & O_ACCMODE) != O_RDONLY || strands_wait_fd(vm, fd, false)) {
                fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
                return fd;
            }
            close(fd);
            return -2;
        }
        if (errno == EINTR ? !vm_checkpoint(vm) : errno == ENXIO && !strand_wait(vm, rt_now(rt_of(vm)) + delay))
            return -2;
        if (errno != EINTR && errno != ENXIO)
            return -1;
        delay = delay < 0.005 ? delay * 2 : 0.01;
    }
}

int strands_open(Vm *vm, int at, const char *path, int flags, mode_t mode)
{
    struct stat st;
    if (vm->nstrands > 1 && !vm->main_only && !(flags & O_NONBLOCK) && (flags & O_ACCMODE) != O_RDWR &&
        !fstatat(at, path, &st, 0) && S_ISFIFO(st.st_mode))
        return open_fifo(vm, at, path, flags, mode);
    for (;;) {
        int fd = openat(at, path, flags, mode);
        if (fd >= 0 || errno != EINTR)
            return fd;
        if (!vm_checkpoint(vm))
            return -2;
    }
}

size_t strands_write_size(const Vm *vm, int fd, size_t n)
{
    struct stat st;
    if (vm->nstrands < 2 || n <= PIPE_BUF || (!fstat(fd, &st) && S_ISREG(st.st_mode)))
        return n;
    return PIPE_BUF;
}

/* Wait for the descriptors of strands and for the poller, whose own descriptor says that it has something. */
static void wait_for_fds(Runtime *rt, int64_t ns)
{
    struct pollfd few[16], *p = few;
    size_t n = 1, i = 1;
    for (const FdWait *w = rt->fd_waits; w; w = w->next)
        n += w->n;
    if (n > COUNT_OF(few) && !(p = mem_alloc(&rt->vm->alloc, n * sizeof *p))) {
        p = few;
        n = COUNT_OF(few);
    }
    p[0] = (struct pollfd){ rt->poller->fd, POLLIN, 0 };
    for (const FdWait *w = rt->fd_waits; w; w = w->next)
        for (size_t k = 0; k < w->n && i < n; k++)
            p[i++] = w->p[k];
    struct timespec t = { .tv_sec = (time_t)(ns / CLOCK_SECOND), .tv_nsec = (long)(ns % CLOCK_SECOND) };
    int got = ppoll(p, n, ns < 0 ? NULL : &t, NULL);
    i = 1;
    for (const FdWait *w = rt->fd_waits; got > 0 && w; w = w->next)
        for (size_t k = 0; k < w->n && i < n; k++)
            if (p[i++].revents)
                strand_wake(w->strand);
    if (p != few)
        mem_free(&rt->vm->alloc, p, n * sizeof *p);
}

static void poll_all(Vm *vm, int64_t ns)
{
    Runtime *rt = rt_of(vm);
    if (rt->fd_waits) {
        wait_for_fds(rt, watch_flush(rt) ? 0 : ns);         /* the poller must know what it is asked for */
        ns = 0;
    }
    if (!rt_poll(vm, ns))
        exc_discard(vm);
    workers_look(vm);
    wake_loops(vm);
}

static void idle(Vm *vm, double deadline)
{
    Runtime *rt = rt_of(vm);
    double time = rt_now(rt);
    if (deadline <= 0) {
        int64_t ns = clock_read(CLOCK_MONOTONIC);
        if (ns - rt->last_look < (int64_t)(LOOK_EVERY * 1e9))
            return;
        rt->last_look = ns;
        if (!rt->poller && !rt->fd_waits)
            return;
    } else if (rt->virtual_clock && deadline < INFINITY) {
        if (rt_io_watches(rt)) {
            Strand *s = vm->strand;
            poll_all(vm, 0);
            do
                if (s->woken)
                    return;
            while ((s = s->next) != vm->strand);
        }
        rt->virtual_now = deadline > time ? deadline : time;
        return;
    } else {
        rt_flush(rt);
    }
    if (!rt_try_poller(rt)) {
        struct timespec moment = { 0, 1000000 };
        nanosleep(&moment, NULL);       /* no descriptor is left: look again soon */
        return;
    }
    bool signal = atomic_load(&vm->attention) & ATTENTION_SIGNAL;
    poll_all(vm, deadline <= 0 || signal ? 0 : nanoseconds(deadline - time));
}

static double now(Vm *vm)
{
    return rt_now(rt_of(vm));
}

void strands_install(Vm *vm)
{
    rt_of(vm)->slice = INTERVAL;
    vm->hooks.now = now;
    vm->hooks.idle = idle;
    vm->hooks.strands_begin = begin;
    vm->hooks.strands_end = end;
}
