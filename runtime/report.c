/* SPDX-License-Identifier: MIT */
#include "runtime/report.h"

#include "runtime/coro.h"
#include "runtime/io.h"
#include "runtime/traceback.h"
#include "vm/heap.h"
#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

#define DEPTH_MAX 64u           /* frames shown of a chain, levels of the tree */

static Task *as_task(Value v) { return (Task *)value_obj(v); }

static bool is_task(Vm *vm, Value v)
{
    return is_future(vm, v) && as_future(v)->is_task;
}

static void put_name(Vm *vm, const Task *t, Buf *out)
{
    if (is_str(t->name)) {
        Str *s = op_repr(vm, t->name);
        buf_puts(out, s ? str_data(s) : "?");
        exc_discard(vm);
    } else {
        buf_printf(out, "'Task-%lld'", (long long)value_int48(t->name));
    }
}

static void put_place(const Code *code, uint32_t at, Buf *out)
{
    buf_printf(out, "%s:%u in %s", str_data(code->filename), code_position(code, at).line, str_data(code->name));
}

void report_task_head(Vm *vm, Task *t, Buf *out)
{
    buf_puts(out, "Task ");
    put_name(vm, t, out);
    if (t->made_code) {
        buf_puts(out, ", made at ");
        put_place(t->made_code, t->made_at, out);
    }
}

/* ---- chains ---- */
typedef struct Chain {
    const Frame *frames[DEPTH_MAX];
    uint32_t n;
    Value last;                 /* what the innermost one awaits: EMPTY, or no coroutine */
} Chain;

static void chain_of(const Task *t, Chain *c)
{
    c->n = 0;
    c->last = t->coro;
    while (!value_is_empty(c->last) && value_is_obj(c->last) && c->n < DEPTH_MAX) {
        Obj *o = value_obj(c->last);
        const Gen *g = o->kind == KIND_GEN ? (Gen *)o : o->kind == KIND_AGEN_OP ? ((AgenOp *)o)->gen : NULL;
        if (!g || g->f.state == GEN_FINISHED)
            return;
        c->frames[c->n++] = &g->f;
        c->last = frame_down(&g->f);
    }
}

/* The local variable `self` of a method that is suspended. */
static Value self_of(const Frame *f)
{
    for (uint32_t i = 0; i < f->code->nlocals && i < 1; i++)
        if (str_is(f->code->local_names[i], "self"))
            return f->regs[i];
    return VALUE_EMPTY;
}

/* The object of asyncio that the task waits in (a lock, a queue …), and the method; EMPTY: none. */
static Value waits_in(Vm *vm, const Chain *c, const char **method)
{
    if (is_coro(vm, c->last)) {
        const char *name = strrchr(as_coro(c->last)->def->qualname, '.') + 1;
        *method = *as_coro(c->last)->def->qualname == '_' ? "acquire" : name;      /* of a lock's __aenter__() */
        return as_coro(c->last)->self;
    }
    const Frame *f = c->n ? c->frames[c->n - 1] : NULL;
    if (!f || !code_is_embedded(f->code))
        return VALUE_EMPTY;
    Value self = self_of(f);
    *method = str_data(f->code->name);
    for (uint32_t i = c->n - 1; i-- > 0 && code_is_embedded(c->frames[i]->code) && value_same(self_of(c->frames[i]), self);)
        if (str_data(c->frames[i]->code->name)[0] != '_')
            *method = str_data(c->frames[i]->code->name);       /* what the script called */
    return self;
}

/* ---- who has it ---- */
/* How many `async with lock` does the frame stand inside? Its registers hold a pair for __aexit__ for each. */
static unsigned times_held(const Frame *f, Value lock, Value aexit)
{
    unsigned n = 0;
    for (uint32_t i = f->code->nlocals; f->state != GEN_CREATED && i + 1 < f->code->nregs; i++)
        n += value_same(f->regs[i], aexit) && value_same(f->regs[i + 1], lock);
    return n;
}

/* The pair is there already while __aenter__ runs. */
static bool is_entering(Vm *vm, const Chain *c, uint32_t i, Value lock)
{
    if (i == c->n)
        return is_coro(vm, c->last) && value_same(as_coro(c->last)->self, lock) &&
               strstr(as_coro(c->last)->def->qualname, "__aenter__");
    return i < c->n && code_is_embedded(c->frames[i]->code) && str_is(c->frames[i]->code->name, "__aenter__") &&
           value_same(self_of(c->frames[i]), lock);
}

static Task *holder_of(Vm *vm, const Loop *l, Value lock)
{
    Value aexit = type_special(type_of(vm, lock), SPECIAL_AEXIT);
    for (Task *t = value_is_empty(aexit) ? NULL : l->first_task; t; t = t->next) {
        Chain c;
        chain_of(t, &c);
        for (uint32_t i = 0; i < c.n; i++)
            if (times_held(c.frames[i], lock, aexit) > is_entering(vm, &c, i + 1, lock))
                return t;
    }
    return NULL;
}

/* ---- edges: whom does a task wait for? ---- */
typedef struct Wait {
    Task *tasks[DEPTH_MAX];
    uint32_t n;
    bool held;                  /* tasks[0] is in `async with in` */
    Value in;                   /* the lock, queue … */
    const char *method;
} Wait;

static void add_task(Vm *vm, Wait *w, Value v)
{
    if (is_task(vm, v) && !future_done(as_future(v)) && w->n < DEPTH_MAX)
        w->tasks[w->n++] = as_task(v);
}

static void add_each(Vm *vm, Wait *w, Value set)
{
    Value it = op_iter(vm, set), v;
    while (!value_is_empty(it) && op_next(vm, it, &v))
        add_task(vm, w, v);
    exc_discard(vm);
}

static void wait_of(Vm *vm, const Task *t, Wait *w)
{
    Chain c;
    *w = (Wait){ .in = VALUE_EMPTY };
    chain_of(t, &c);
    w->in = waits_in(vm, &c, &w->method);
    if (is_future(vm, t->waiter) && as_future(t->waiter)->is_gather) {
        const Gather *g = (const Gather *)as_future(t->waiter);
        for (size_t i = 0; i < g->children->len; i++)
            add_task(vm, w, g->children->items[i]);
    } else {
        add_task(vm, w, t->waiter);
    }
    if (value_is_empty(w->in) || w->n)
        return;
    Str *tasks = str_intern(vm, "_tasks", 6);       /* a TaskGroup's */
    Value set = tasks ? attr_get_opt(vm, w->in, tasks) : VALUE_EMPTY;
    exc_discard(vm);
    if (is_set(set) || is_dict(set))
        add_each(vm, w, set);
    Task *holder = t->f.loop ? holder_of(vm, t->f.loop, w->in) : NULL;
    if (!w->n && holder) {
        w->held = true;
        w->tasks[w->n++] = holder;
    }
}

/* ---- text ---- */
static void put_indent(Buf *out, unsigned depth)
{
    for (unsigned i = 0; i < depth; i++)
        buf_puts(out, "  ");
}

/* Lines of part behind the indent. */
static void put_block(const Buf *part, unsigned depth, Buf *out)
{
    const char *p = part->data, *end = p + part->len;
    while (p < end) {
        const char *nl = memchr(p, '\n', (size_t)(end - p));
        const char *stop = nl ? nl : end;
        put_indent(out, depth);
        buf_put(out, p, (size_t)(stop - p));
        buf_putc(out, '\n');
        p = stop + 1;
    }
}

static void put_repr(Vm *vm, Value v, Buf *out)
{
    Str *s = op_repr(vm, v);
    buf_puts(out, s ? str_data(s) : "an object whose repr() fails");
    exc_discard(vm);
}

static void put_names(Vm *vm, const Wait *w, const char *first, Buf *out)
{
    for (uint32_t i = 0; i < w->n; i++) {
        buf_puts(out, i ? ", " : first);
        put_name(vm, w->tasks[i], out);
    }
    buf_putc(out, '\n');
}

static void put_wait(Vm *vm, Task *t, Buf *out)
{
    Wait w;
    wait_of(vm, t, &w);
    if (value_same(vm->strand->current_task, value_from_obj(t))) {
        buf_puts(out, "is running\n");
    } else if (!value_is_empty(w.in)) {
        buf_printf(out, "waits in %s() of ", w.method);
        put_repr(vm, w.in, out);
        put_names(vm, &w, w.held ? ", which is held by " : ", for ", out);
    } else if (w.n) {
        put_names(vm, &w, "waits for ", out);
    } else if (value_is_none(t->waiter)) {
        buf_puts(out, "is ready\n");
    } else {
        buf_puts(out, type_of(vm, t->waiter)->layout == &sleep_layout ? "sleeps: " : "waits for ");
        put_repr(vm, t->waiter, out);
        buf_putc(out, '\n');
    }
}

static void put_task(Vm *vm, Task *t, unsigned depth, Buf *out)
{
    Chain c;
    Buf part;
    put_indent(out, depth);
    report_task_head(vm, t, out);
    buf_putc(out, '\n');
    buf_init(&part, &vm->alloc);
    chain_of(t, &c);
    for (uint32_t i = 0; i < c.n; i++)
        traceback_put_entry(vm, c.frames[i]->code, frame_at(c.frames[i]), UINT32_MAX, &part);
    put_block(&part, depth, out);
    buf_free(&part);
    put_indent(out, depth + 1);
    put_wait(vm, t, out);
}

static void print(Vm *vm, Buf *out)
{
    rt_flush(rt_of(vm));
    if (out->len)
        io_put_stderr(vm, out->data, out->len);
    buf_free(out);
    exc_discard(vm);
}

/* ---- cycles ---- */
static bool seen(Task *const *path, uint32_t n, const Task *t, uint32_t *at)
{
    for (*at = 0; *at < n; (*at)++)
        if (path[*at] == t)
            return true;
    return false;
}

static bool put_cycle(Vm *vm, Task *t, Task **path, uint32_t n, Buf *out)
{
    uint32_t at;
    if (seen(path, n, t, &at)) {
        buf_puts(out, "These wait for each other: ");
        for (uint32_t i = at; i < n; i++) {
            put_name(vm, path[i], out);
            buf_puts(out, " -> ");
        }
        put_name(vm, t, out);
        buf_putc(out, '\n');
        return true;
    }
    if (n == DEPTH_MAX)
        return false;
    path[n] = t;
    Wait w;
    wait_of(vm, t, &w);
    for (uint32_t i = 0; i < w.n; i++)
        if (put_cycle(vm, w.tasks[i], path, n + 1, out))
            return true;
    return false;
}

/* ---- deadlock ---- */
/* Can something come from outside: a signal that the script handles, a thread, a post, a descriptor? */
static bool outside_may_come(Vm *vm, const Loop *l)
{
    const Runtime *rt = rt_of(vm);
    if (vm->nstrands > 1 || !value_is_empty(rt->ambient_loop) || rt_io_watches(rt))
        return true;
    if (is_dict(l->signal_handlers) && dict_len(as_dict(l->signal_handlers)))
        return true;
    for (int i = 1; i < 65; i++) {
        Value h = rt->signal_handlers[i];
        if (!value_is_empty(h) && value_is_obj(h) && !is_native(h) && !(is_func(h) && code_is_embedded(as_func(h)->code)))
            return true;
    }
    return false;
}

/* Apart, since its large frame would be scanned with what earlier calls left there. */
static NOINLINE void print_deadlock(Vm *vm, const Loop *l)
{
    Buf out;
    Task *path[DEPTH_MAX + 1];
    buf_init(&out, &vm->alloc);
    buf_puts(&out, "Deadlock: nothing can wake these tasks any more\n");
    for (Task *t = l->first_task; t; t = t->next)
        put_task(vm, t, 1, &out);
    for (Task *t = l->first_task; t && !put_cycle(vm, t, path, 0, &out);)
        t = t->next;
    print(vm, &out);
}

bool report_deadlock(Vm *vm, Loop *l, bool *raised)
{
    *raised = false;
    Value fut = l->main;
    if (!rt_of(vm)->config.deadlock_check || !is_future(vm, fut) || future_done(as_future(fut)) || outside_may_come(vm, l))
        return true;
    heap_tidy_stack();
    l->keep_tasks = true;       /* they are to be told of */
    vm_collect(vm);             /* a finalizer may still wake somebody */
    l->keep_tasks = false;
    heap_run_finalizers(vm);
    *raised = l->ready_count || loop_timers(l) || (atomic_load(&vm->attention) & ATTENTION_SIGNAL);
    if (*raised)
        return true;
    print_deadlock(vm, l);
    raise_type(vm, as_type(rt_of(vm)->roots[RT_ROOT_DEADLOCK]), "what the main task waits for can never happen");
    if (!is_task(vm, fut) || !value_is_none(vm->strand->current_task))
        return false;           /* the loop was run within its own task: no other can be entered */
    Value exc = exc_take(vm);
    Task *t = as_task(fut);
    if (is_future(vm, t->waiter)) {
        Future *f = as_future(t->waiter);
        future_drop_callback(vm, f, fut);
        if (f->is_gather && value_is_empty(f->callbacks))
            f->state = FUTURE_CANCELLED;        /* nobody will ask for what becomes of its children */
    }
    heap_set(vm, t, &t->waiter, VALUE_NONE);
    if (!loop_ready(vm, l, fut, exc))
        return false;
    *raised = l->ready_count;   /* a call_soon() of the script's may have lost it */
    return true;
}

/* ---- after errors, and at the end ---- */
void report_stuck(Vm *vm, Value tasks)
{
    Buf out;
    Value it = op_iter(vm, tasks), v;
    buf_init(&out, &vm->alloc);
    buf_puts(&out, "Shutting down waits for tasks that went on after they were cancelled\n");
    while (!value_is_empty(it) && op_next(vm, it, &v)) {
        if (!is_task(vm, v) || future_done(as_future(v)))
            continue;
        put_task(vm, as_task(v), 1, &out);
        if (as_task(v)->thrown_code) {
            buf_puts(&out, "    was cancelled at ");
            put_place(as_task(v)->thrown_code, as_task(v)->thrown_at, &out);
            buf_putc(&out, '\n');
        }
    }
    exc_discard(vm);
    print(vm, &out);
}

void report_origin(Vm *vm, Value task)
{
    if (value_is_empty(task) || !is_task(vm, task) || !as_task(task)->made_code)
        return;
    Task *t = as_task(task);
    Buf out;
    buf_init(&out, &vm->alloc);
    report_task_head(vm, t, &out);
    for (Task *w = t->f.loop->first_task; w; w = w->next) {
        Wait wait;
        wait_of(vm, w, &wait);
        for (uint32_t i = 0; i < wait.n; i++)
            if (wait.tasks[i] == t) {
                buf_puts(&out, ", awaited by ");
                put_name(vm, w, &out);
            }
    }
    buf_putc(&out, '\n');
    print(vm, &out);
}

/* ---- the tree ---- */
typedef struct Tree {
    List *shown;                /* tasks */
    Buf *out;
} Tree;

static bool is_shown(const Tree *tree, const Task *t)
{
    for (size_t i = 0; i < tree->shown->len; i++)
        if (value_obj(list_items(tree->shown)[i]) == &t->f.h)
            return true;
    return false;
}

static void put_tree(Vm *vm, Tree *tree, Task *t, unsigned depth)
{
    Wait w;
    if (is_shown(tree, t) || depth > DEPTH_MAX || !list_append(vm, tree->shown, value_from_obj(t)))
        return;
    put_task(vm, t, depth, tree->out);
    wait_of(vm, t, &w);
    for (uint32_t i = 0; i < w.n; i++)
        put_tree(vm, tree, w.tasks[i], depth + 1);
}

static bool is_awaited(Vm *vm, const Loop *l, const Task *wanted)
{
    for (Task *t = l->first_task; t; t = t->next) {
        Wait w;
        wait_of(vm, t, &w);
        for (uint32_t i = 0; i < w.n; i++)
            if (w.tasks[i] == wanted && t != wanted)
                return true;
    }
    return false;
}

static void put_loop(Vm *vm, Loop *l, Tree *tree)
{
    buf_printf(tree->out, "%u tasks of %s\n", l->task_count, l->running ? "the running loop" : "a loop");
    for (Task *t = l->first_task; t; t = t->next)
        if (!is_awaited(vm, l, t))
            put_tree(vm, tree, t, 1);
    for (Task *t = l->first_task; t; t = t->next)
        put_tree(vm, tree, t, 1);           /* those that wait for each other */
}

static void collect_loop(Vm *vm, Obj *o, void *ud)
{
    if (type_of(vm, value_from_obj(o))->layout != &loop_layout || !((Loop *)o)->task_count)
        return;
    if (!list_append(vm, ud, value_from_obj(o)))
        exc_discard(vm);
}

void report_tasks(Vm *vm)
{
    Value pending = exc_take(vm);
    List *loops = list_new(vm, 4);
    Buf out;
    buf_init(&out, &vm->alloc);
    Tree tree = { list_new(vm, 16), &out };
    if (loops && tree.shown) {
        heap_each(vm, KIND_EXT, collect_loop, loops);
        if (!loops->len)
            buf_puts(&out, "No tasks\n");
        for (size_t i = 0; i < loops->len; i++)
            put_loop(vm, as_loop(list_items(loops)[i]), &tree);
    }
    print(vm, &out);
    exc_restore(vm, pending);
}
