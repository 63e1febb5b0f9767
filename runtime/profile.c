/* SPDX-License-Identifier: MIT
 * Stacks are kept as a tree of calls: a node is a line of a code, or the name of a task. A stack begins with the task that
 * runs, if one does, and goes on with its coroutine. */
#include "runtime/profile.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "runtime/clock.h"
#include "runtime/loop.h"
#include "vm/heap.h"
#include "vm/objects/int.h"
#include "vm/objects/str.h"
#include "vm/watch.h"

#define FRAMES_MAX 1200u        /* the innermost ones; the depth limit is 1000 as a rule */
/* A checkpoint that follows a jump or call is not where the time goes, it is where somebody looks. So the sample is taken
 * some random number of instructions later, unless a native ran for long before the checkpoint: then it was that. */
#define LATER_MAX 512u

typedef struct Node {
    uint32_t parent;            /* 0: the root */
    uint32_t line;
    const Code *code;           /* NULL: `text` */
    uint32_t text, text_len;    /* in Profile.texts */
    int64_t ns;
} Node;

struct Profile {
    Runtime *rt;
    Alloc alloc;
    /* shared with the thread */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t look;
    clockid_t cpu;              /* of the VM's thread */
    _Atomic int64_t asked;      /* what that showed when the sample was asked for */
    bool over;                  /* with the lock */
    uint32_t interval_us;
    /* the VM's own */
    int64_t seen;               /* processor time that was given to some stack */
    int64_t tolerance;          /* ns between asking and the checkpoint that mean nothing */
    uint64_t gc_seen;
    uint32_t random;
    Node *nodes;                /* nodes[0] is the root */
    size_t nnodes, nodes_cap;
    uint32_t *index;            /* of nodes, by parent and what they are; open addressing, 0: free */
    size_t index_cap;
    Buf texts;
    const Frame *frames[FRAMES_MAX];
};

static int64_t cpu_now(clockid_t id)
{
    struct timespec t;
    return clock_gettime(id, &t) ? -1 : (int64_t)t.tv_sec * CLOCK_SECOND + t.tv_nsec;
}

/* ---- the tree ---- */
static size_t node_hash(const Node *n)
{
    uint64_t h = ((uint64_t)n->parent << 32 | n->line) ^ n->text_len;
    h ^= (uint64_t)(uintptr_t)n->code * UINT64_C(0xff51afd7ed558ccd);
    return (size_t)(h * UINT64_C(0x9e3779b97f4a7c15) >> 20);
}

static bool node_same(const Profile *p, const Node *a, const Node *b)
{
    return a->parent == b->parent && a->line == b->line && a->code == b->code && a->text_len == b->text_len &&
           (!a->text_len || !memcmp(p->texts.data + a->text, p->texts.data + b->text, a->text_len));
}

static bool index_grow(Profile *p)
{
    size_t cap = p->index_cap ? p->index_cap * 2 : 512;
    uint32_t *index = mem_alloc(&p->alloc, cap * sizeof *index);
    if (!index)
        return false;
    memset(index, 0, cap * sizeof *index);
    for (size_t i = 1; i < p->nnodes; i++) {
        size_t at = node_hash(&p->nodes[i]);
        while (index[at & (cap - 1)])
            at++;
        index[at & (cap - 1)] = (uint32_t)i;
    }
    mem_free(&p->alloc, p->index, p->index_cap * sizeof *index);
    p->index = index;
    p->index_cap = cap;
    return true;
}

/* The child that is like n. 0: no memory. */
static uint32_t node_find(Profile *p, const Node *n)
{
    if (p->nnodes * 2 >= p->index_cap && !index_grow(p))
        return 0;
    size_t at = node_hash(n);
    for (; p->index[at & (p->index_cap - 1)]; at++)
        if (node_same(p, &p->nodes[p->index[at & (p->index_cap - 1)]], n))
            return p->index[at & (p->index_cap - 1)];
    if (!array_reserve(&p->alloc, (void **)&p->nodes, &p->nodes_cap, p->nnodes + 1, sizeof *p->nodes))
        return 0;
    p->nodes[p->nnodes] = *n;
    p->index[at & (p->index_cap - 1)] = (uint32_t)p->nnodes;
    return (uint32_t)p->nnodes++;
}

/* What stands in p->texts from `from` on, as a child of parent; it goes away when the child is there already. */
static uint32_t node_text(Profile *p, uint32_t parent, size_t from)
{
    if (p->texts.failed)
        return 0;
    size_t before = p->nnodes;
    uint32_t at = node_find(p, &(Node){ .parent = parent, .text = (uint32_t)from, .text_len = (uint32_t)(p->texts.len - from) });
    if (p->nnodes == before)
        p->texts.len = from;
    return at;
}

/* ---- samples ---- */
/* Semicolons and line breaks are the format's. */
static void put_clean(Buf *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        buf_putc(out, text[i] == ';' ? ':' : (unsigned char)text[i] < ' ' ? ' ' : text[i]);
}

static uint32_t task_node(Profile *p, const Task *t)
{
    size_t from = p->texts.len;
    if (is_str(t->name))
        put_clean(&p->texts, str_data(as_str(t->name)), as_str(t->name)->len);
    else
        buf_printf(&p->texts, "Task-%lld", (long long)value_int48(t->name));
    return node_text(p, 0, from);
}

static const Task *running_task(Vm *vm)
{
    Value t = vm->strand->current_task;
    return is_future(vm, t) && as_future(t)->is_task ? (const Task *)value_obj(t) : NULL;
}

/* Frames from the innermost one outwards; of a task down to its coroutine. */
static size_t stack_of(Profile *p, const Strand *s, const Task *t)
{
    const Frame *root = t && is_gen(t->coro) ? &as_gen(t->coro)->f : NULL;
    size_t n = 0, n_task = 0;
    for (const Frame *f = s->top; f && n < FRAMES_MAX; f = f->back) {
        if (f->code && f->code->ninstrs)
            p->frames[n++] = f;
        if (f == root) {
            n_task = n;
            break;
        }
    }
    return n_task ? n_task : n;
}

/* Instructions that no line of the source made count for the one before. */
static uint32_t line_of(const Frame *f)
{
    uint32_t at = frame_at(f), line;
    while (!(line = code_position(f->code, at).line) && at)
        at--;
    return line ? line : f->code->first_line;
}

static void take(Profile *p)
{
    Vm *vm = p->rt->vm;
    int64_t now = cpu_now(CLOCK_THREAD_CPUTIME_ID), ns = now - p->seen, gc = (int64_t)(vm->gc.ns - p->gc_seen);
    p->seen = now;
    p->gc_seen = vm->gc.ns;
    const Task *t = running_task(vm);
    uint32_t at = t ? task_node(p, t) : 0;
    for (size_t n = stack_of(p, vm->strand, t); n-- > 0;) {
        const Frame *f = p->frames[n];
        at = node_find(p, &(Node){ .parent = at, .code = f->code, .line = line_of(f) });
        if (!at)
            return;
    }
    gc = gc < ns ? gc : ns;
    if (gc > 0) {
        size_t from = p->texts.len;
        buf_puts(&p->texts, "(collector)");
        uint32_t node = node_text(p, at, from);
        p->nodes[node].ns += gc;
        ns -= gc;
    }
    p->nodes[at].ns += ns;
}

static Profile *profile_of(Vm *vm)
{
    return rt_of(vm)->profile;
}

static void sample(Vm *vm)
{
    if (profile_of(vm))
        take(profile_of(vm));
}

static void sample_asked(Vm *vm, bool in_native)
{
    Profile *p = profile_of(vm);
    if (!p)
        return;
    int64_t asked = atomic_load(&p->asked), late = cpu_now(CLOCK_THREAD_CPUTIME_ID) - asked;
    if (in_native || late > p->tolerance || vm->watch & WATCH_SAMPLE) {
        vm->watch &= (uint8_t)~WATCH_SAMPLE;
        take(p);
        return;
    }
    p->random = p->random * 1664525u + 1013904223u;
    vm->sample_in = 1 + (p->random >> 16) % LATER_MAX;
    vm->watch |= WATCH_SAMPLE;
}

static void trace(Vm *vm, Marker *m, void *ud)
{
    const Profile *p = ud;
    (void)vm;
    for (size_t i = 0; i < p->nnodes; i++)
        mark_obj(m, p->nodes[i].code);
}

/* ---- the thread ---- */
static void *run(void *arg)
{
    Profile *p = arg;
    uint32_t random = 1;
    pthread_mutex_lock(&p->lock);
    while (!p->over) {
        struct timespec at;
        clock_gettime(CLOCK_MONOTONIC, &at);
        random = random * 1664525u + 1013904223u;       /* no beat with what the program does in turns */
        int64_t us = p->interval_us / 4 * 3 + (random >> 8) % (p->interval_us / 2 + 1);
        int64_t ns = at.tv_nsec + us * 1000;
        at.tv_sec += (time_t)(ns / CLOCK_SECOND);
        at.tv_nsec = (long)(ns % CLOCK_SECOND);
        pthread_cond_timedwait(&p->look, &p->lock, &at);
        if (p->over)
            break;
        atomic_store(&p->asked, cpu_now(p->cpu));
        vm_attend(p->rt->vm, ATTENTION_SAMPLE);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

static bool start_thread(Profile *p)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->look, &monotonic);
    pthread_condattr_destroy(&monotonic);
    sigset_t all, old;                  /* signals are for the VM's thread */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int err = pthread_create(&p->thread, NULL, run, p);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (err) {
        pthread_cond_destroy(&p->look);
        pthread_mutex_destroy(&p->lock);
    }
    return !err;
}

/* ---- life ---- */
static void release(Profile *p)
{
    Alloc alloc = p->alloc;
    p->rt->profile = NULL;
    heap_remove_roots(p->rt->vm, trace, p);
    buf_free(&p->texts);
    mem_free(&alloc, p->nodes, p->nodes_cap * sizeof *p->nodes);
    mem_free(&alloc, p->index, p->index_cap * sizeof *p->index);
    mem_free(&alloc, p, sizeof *p);
}

bool profile_begin(Runtime *rt, uint32_t interval_us)
{
    Vm *vm = rt->vm;
    Alloc alloc = heap_host_alloc(vm);
    if (rt->profile)
        return true;
    Profile *p = mem_alloc(&alloc, sizeof *p);
    if (!p)
        return false;
    memset(p, 0, sizeof *p);
    p->rt = rt;
    p->alloc = alloc;
    p->interval_us = interval_us ? interval_us : 1000;
    p->random = 1;
    p->gc_seen = vm->gc.ns;
    buf_init(&p->texts, &p->alloc);
    rt->profile = p;
    bool ok = !pthread_getcpuclockid(pthread_self(), &p->cpu) && index_grow(p) && heap_add_roots(vm, trace, p) &&
              array_reserve(&p->alloc, (void **)&p->nodes, &p->nodes_cap, 64, sizeof *p->nodes);
    if (ok) {
        p->nodes[p->nnodes++] = (Node){ 0 };
        int64_t before = cpu_now(CLOCK_THREAD_CPUTIME_ID);
        p->seen = cpu_now(CLOCK_THREAD_CPUTIME_ID);
        p->tolerance = 1000 + 4 * (p->seen - before);   /* reading the clock takes time */
        vm->hooks.sample = sample;
        vm->hooks.sample_asked = sample_asked;
        ok = start_thread(p);
    }
    if (!ok)
        release(p);
    return ok;
}

static void put_frame(const Profile *p, const Node *n, Buf *out)
{
    if (!n->code) {
        buf_put(out, p->texts.data + n->text, n->text_len);
        return;
    }
    const char *file = str_data(n->code->filename), *slash = strrchr(file, '/');
    put_clean(out, str_data(n->code->qualname), n->code->qualname->len);
    buf_puts(out, " (");
    if (slash)
        file = slash + 1;
    put_clean(out, file, strlen(file));
    buf_printf(out, ":%u)", n->line);
}

static void put_stack(const Profile *p, uint32_t at, Buf *out)
{
    uint32_t path[FRAMES_MAX + 2], n = 0;
    for (; at && n < COUNT_OF(path); at = p->nodes[at].parent)
        path[n++] = at;
    while (n-- > 0) {
        put_frame(p, &p->nodes[path[n]], out);
        if (n)
            buf_putc(out, ';');
    }
}

void profile_end(Runtime *rt, Buf *out)
{
    Profile *p = rt->profile;
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->over = true;
    pthread_cond_signal(&p->look);
    pthread_mutex_unlock(&p->lock);
    pthread_join(p->thread, NULL);
    pthread_cond_destroy(&p->look);
    pthread_mutex_destroy(&p->lock);
    for (uint32_t i = 1; out && i < p->nnodes; i++) {
        long long us = (long long)(p->nodes[i].ns + 500) / 1000;
        if (us <= 0)
            continue;
        put_stack(p, i, out);
        buf_printf(out, " %lld\n", us);
    }
    rt->vm->watch &= (uint8_t)~WATCH_SAMPLE;
    release(p);
}

void profile_free(Runtime *rt)
{
    profile_end(rt, NULL);
}
