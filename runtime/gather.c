/* SPDX-License-Identifier: MIT
 * asyncio.gather(): one future for the results of many, without a callback object for each. */
#include "runtime/loop.h"

#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

static void gather_trace(Marker *m, Obj *o)
{
    future_layout.trace(m, o);
    mark_obj(m, ((Gather *)o)->children);
}

static bool gather_wants_last_word(Vm *vm, Obj *o)
{
    return future_layout.wants_last_word(vm, o);
}

static void gather_last_word(Vm *vm, Obj *o)
{
    future_layout.last_word(vm, o);
}

const TypeLayout gather_layout = { .kind = KIND_EXT, .size = sizeof(Gather), .trace = gather_trace, .await = future_await,
                                   .wants_last_word = gather_wants_last_word, .last_word = gather_last_word,
                                   .tag = &gather_layout };

/* Results in argument order once all are done. A cancelled gather raises what the last child would. */
static bool gather_finish(Vm *vm, Gather *g)
{
    if (g->cancel_requested) {
        Value exc = future_cancelled_error(vm, as_future(g->children->items[g->children->len - 1]));
        for (size_t i = 0; i < g->children->len; i++)
            as_future(g->children->items[i])->log_traceback = false;
        return !value_is_empty(exc) && future_set_exception(vm, &g->f, exc);
    }
    List *l = list_new(vm, g->children->len);
    Value empty = value_from_obj(vm->empty_str);
    if (!l)
        return false;
    for (size_t i = 0; i < g->children->len; i++) {
        Future *c = as_future(g->children->items[i]);
        Value v = c->result;
        if (c->state == FUTURE_CANCELLED)
            v = exc_new_args(vm, as_type(rt_of(vm)->roots[RT_ROOT_CANCELLED]), 1,
                             value_is_none(c->cancel_message) ? &empty : &c->cancel_message);
        c->log_traceback = false;
        if (value_is_empty(v))
            return false;
        l->buf->items[l->len++] = v;
    }
    heap_touch(vm, l->buf);
    return future_set_result(vm, &g->f, value_from_obj(l));
}

bool gather_child_done(Vm *vm, Gather *g, Future *child)
{
    g->pending--;
    if (future_done(&g->f)) {
        if (child->state != FUTURE_CANCELLED)
            child->log_traceback = false;
        return true;
    }
    if (!g->return_exceptions) {
        if (child->state == FUTURE_CANCELLED) {
            Value exc = future_cancelled_error(vm, child);
            return !value_is_empty(exc) && future_set_exception(vm, &g->f, exc);
        }
        if (child->failed) {
            child->log_traceback = false;
            return future_set_exception(vm, &g->f, child->result);
        }
    }
    return g->pending || gather_finish(vm, g);
}

bool gather_cancel(Vm *vm, Gather *g, Value msg, bool *did)
{
    *did = false;
    if (future_done(&g->f))
        return true;
    for (size_t i = 0; i < g->children->len; i++) {
        bool one;
        if (!future_cancel(vm, g->children->items[i], msg, &one))
            return false;
        *did |= one;
    }
    if (*did) {
        g->cancel_requested = true;
        heap_set(vm, g, &g->f.cancel_message, msg);
    }
    return true;
}

/* What was given already, and the child for it. As long as all arguments are coroutines and futures of our own make, which
 * are equal to nothing but themselves, a bit in each of them says so; from the first one that is something else, or that
 * has the bit (it was given twice, or to another gather() that is in the middle of this), a dict does. */
typedef struct Given {
    const Args *args;
    uint32_t flagged;           /* those before it have the bit from us */
    Dict *dict;                 /* NULL: not needed so far */
} Given;

static bool is_itself_alone(Vm *vm, Value v)
{
    if (is_gen(v))
        return value_obj(v)->flags & GEN_IS_COROUTINE;
    return is_kind(v, KIND_EXT) && !(type_of(vm, v)->flags & TYPE_HEAP) &&
        (is_future(vm, v) || value_obj(v)->shape == rt_of(vm)->sleep_shape);
}

/* 1: *child is the one that the n-th argument has already; 0: it is new; -1: exception pending. */
static int given_find(Vm *vm, Given *s, Gather *g, uint32_t n, Value *child)
{
    Value v = s->args->rest[n];
    if (LIKELY(!s->dict)) {
        if (LIKELY(is_itself_alone(vm, v) && !(value_obj(v)->flags & OBJ_GIVEN))) {
            value_obj(v)->flags |= OBJ_GIVEN;
            s->flagged = n + 1;
            return 0;
        }
        s->dict = dict_new(vm);
        for (uint32_t i = 0; i < n; i++)
            if (!s->dict || !dict_set(vm, s->dict, s->args->rest[i], g->children->items[i]))
                return -1;
    }
    return s->dict ? dict_find(vm, s->dict, v, child) : -1;
}

static bool given_add(Vm *vm, const Given *s, uint32_t n, Value child)
{
    return !s->dict || dict_set(vm, s->dict, s->args->rest[n], child);
}

static void given_end(Given *s)
{
    for (uint32_t i = 0; i < s->flagged; i++)
        value_obj(s->args->rest[i])->flags &= (uint16_t)~OBJ_GIVEN;
}

/* Children that were done when they were given count at once. */
static bool count_done(Vm *vm, Gather *g, const Given *s)
{
    Value arg, child;
    if (!s->dict) {
        for (size_t i = 0; i < g->children->len; i++)
            if (future_done(as_future(g->children->items[i])) && !gather_child_done(vm, g, as_future(g->children->items[i])))
                return false;
        return true;
    }
    for (size_t pos = 0; dict_next(s->dict, &pos, &arg, &child);)
        if (future_done(as_future(child)) && !gather_child_done(vm, g, as_future(child)))
            return false;
    return true;
}

static Value finished_empty(Vm *vm, Value loop, Value result)
{
    Str *create = str_intern(vm, "create_future", 13), *set = str_intern(vm, "set_result", 10);
    Value fut = create && set ? op_call_method(vm, loop, create, 0, NULL) : VALUE_ERROR;
    return !value_is_empty(fut) && !value_is_empty(op_call_method(vm, fut, set, 1, &result)) ? fut : VALUE_ERROR;
}

/* The n-th is of another make: a gather() that calls methods by name goes on from there. */
static Value gather_by_script(Vm *vm, Gather *g, const Args *args, uint32_t n)
{
    Value m = rt_import_module(vm, "asyncio.tasks"), child = g->children->items[n];
    Str *name = str_intern(vm, "_gather", 7);
    List *all = value_is_empty(m) || !name ? NULL : list_from(vm, g->children->items, n + 1);
    Value f = all ? attr_get(vm, m, name) : VALUE_ERROR;
    if (value_is_empty(f))
        return f;
    for (uint32_t i = 0; i < n; i++)
        future_drop_callback(vm, as_future(g->children->items[i]), value_from_obj(g));
    for (uint32_t i = n + 1; i < args->nrest; i++)
        if (!list_append(vm, all, args->rest[i]))
            return VALUE_ERROR;
    Value made = value_same(child, args->rest[n]) ? VALUE_NONE : child;
    Value v[3] = { value_from_obj(all), made, args->v[0] };
    return op_call(vm, f, 3, v);
}

/* A future for each argument; *n is less than all at one of another make, or with a script's methods, which is the
 * last one then. */
static bool add_children(Vm *vm, Gather *g, const Args *args, Given *given, uint32_t *n)
{
    Loop *loop = NULL;
    for (*n = 0; *n < args->nrest; ++*n) {
        Value arg = args->rest[*n], child;
        int found = given_find(vm, given, g, *n, &child);   /* given twice: one child */
        if (found < 0)
            return false;
        if (!found) {
            child = asyncio_ensure_future(vm, arg, loop);
            if (value_is_empty(child) || !given_add(vm, given, *n, child))
                return false;
            heap_set(vm, g->children, &g->children->items[*n], child);
            if (!is_future(vm, child) || !future_is_plain(vm, child))
                return true;
            loop = as_future(child)->loop;
            heap_set_ptr(vm, g, &g->f.loop, loop);
            if (!value_same(child, arg) && as_future(child)->is_task)
                as_future(child)->log_destroy = false;
            if (!future_done(as_future(child)) && !future_add_callback(vm, as_future(child), value_from_obj(g)))
                return false;
            g->pending++;
        }
        heap_set(vm, g->children, &g->children->items[*n], child);
        if (*n % 1024 == 1023 && !vm_checkpoint(vm))
            return false;
    }
    return true;
}

Value gather_call(Vm *vm, Value self, const Args *args)
{
    (void)self;
    int return_exceptions = op_truth(vm, args->v[0]);
    if (return_exceptions < 0)
        return VALUE_ERROR;
    if (!args->nrest) {
        Value loop = loop_get_event_loop(vm);
        List *empty = value_is_empty(loop) ? NULL : list_new(vm, 0);
        if (!empty)
            return VALUE_ERROR;
        return finished_empty(vm, loop, value_from_obj(empty));
    }
    Given given = { .args = args };
    Tuple *children = tuple_new(vm, args->nrest);
    Gather *g = (Gather *)object_alloc(vm, as_type(rt_of(vm)->roots[RT_ROOT_GATHER_TYPE]));
    if (!children || !g)
        return VALUE_ERROR;
    future_setup(&g->f, NULL);
    g->f.is_gather = true;
    g->return_exceptions = return_exceptions;
    g->children = children;
    g->f.state = FUTURE_CANCELLED;      /* until all are known: should that fail, children find nothing to do */
    uint32_t n;
    bool ok = add_children(vm, g, args, &given, &n);
    given_end(&given);
    if (!ok)
        return VALUE_ERROR;
    if (n < args->nrest)
        return gather_by_script(vm, g, args, n);
    g->f.state = FUTURE_PENDING;
    return count_done(vm, g, &given) ? value_from_obj(g) : VALUE_ERROR;
}

bool gather_types_init(Vm *vm)
{
    static const TypeDef def = { .name = "asyncio.tasks._GatheringFuture", .layout = &gather_layout,
        .flags = TYPE_HAS_DICT | TYPE_DISALLOW_NEW | TYPE_PLAIN_NAME };
    Type *t = type_from_def(vm, &def, as_type(rt_of(vm)->roots[RT_ROOT_FUTURE_TYPE]));
    if (t)
        rt_of(vm)->roots[RT_ROOT_GATHER_TYPE] = value_from_obj(t);
    return t != NULL;
}
