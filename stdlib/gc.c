/* SPDX-License-Identifier: MIT
 * Module gc. */
#include "stdlib/modules.h"

#include "vm/heap/visit.h"
#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"

/* What is found is counted nowhere, so the answer is 0. */
static Value gc_f_collect(Vm *vm, Value self, const Args *args)
{
    int64_t generation;
    (void)self;
    if (!op_int64(vm, args->v[0], &generation))
        return VALUE_ERROR;
    if (generation < 0 || generation > 2)
        return raise_exc(vm, EXC_ValueError, "invalid generation");
    heap_collect_completely(vm);
    return value_from_int48(0);
}

/* Collections cannot be switched off; scripts that ask see what they set. */
static Value set_enabled(Vm *vm, bool on)
{
    rt_of(vm)->gc_disabled = !on;
    return VALUE_NONE;
}

static Value gc_f_enable(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return set_enabled(vm, true);
}

static Value gc_f_disable(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return set_enabled(vm, false);
}

static Value gc_f_isenabled(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return value_from_bool(!rt_of(vm)->gc_disabled);
}

static Value three(Vm *vm, int64_t a, int64_t b, int64_t c)
{
    Tuple *t = tuple_pack(vm, (size_t)3, int_new(vm, a), int_new(vm, b), int_new(vm, c));
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static Value gc_f_get_count(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return three(vm, 0, 0, (int64_t)heap_collections(vm));
}

/* Thresholds and debug flags mean nothing here; who sets them reads them. */
static Value gc_f_get_threshold(Vm *vm, Value self, const Args *args)
{
    const int64_t *n = rt_of(vm)->gc_kept;
    (void)self;
    (void)args;
    return three(vm, n[0], n[1], n[2]);
}

static Value gc_f_set_threshold(Vm *vm, Value self, const Args *args)
{
    (void)self;
    for (int i = 0; i < 3; i++)
        if (!value_is_empty(args->v[i]) && !op_int64(vm, args->v[i], &rt_of(vm)->gc_kept[i]))
            return VALUE_ERROR;
    return VALUE_NONE;
}

static Value gc_f_get_debug(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return int_new(vm, rt_of(vm)->gc_kept[3]);
}

static Value gc_f_set_debug(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return op_int64(vm, args->v[0], &rt_of(vm)->gc_kept[3]) ? VALUE_NONE : VALUE_ERROR;
}

static Value gc_f_get_freeze_count(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)self;
    (void)args;
    return value_from_int48(0);
}

static Value gc_f_get_stats(Vm *vm, Value self, const Args *args)
{
    List *l = list_new(vm, 3);
    (void)self;
    (void)args;
    for (int i = 0; l && i < 3; i++) {
        Dict *d = dict_new(vm);
        int64_t n = i == 2 ? (int64_t)heap_collections(vm) : 0;
        if (!d || !dict_set_cstr(vm, d, "collections", value_from_int48(n)) ||
            !dict_set_cstr(vm, d, "collected", value_from_int48(0)) ||
            !dict_set_cstr(vm, d, "uncollectable", value_from_int48(0)) || !list_append(vm, l, value_from_obj(d)))
            return VALUE_ERROR;
    }
    return l ? value_from_obj(l) : VALUE_ERROR;
}

static Value gc_f_nothing(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)self;
    (void)args;
    return VALUE_NONE;
}

static void find_tracked(Vm *vm, Value v, void *ud)
{
    (void)vm;
    *(bool *)ud |= value_is_obj(v) && heap_tracks(value_obj(v));
}

static Value gc_f_is_tracked(Vm *vm, Value self, const Args *args)
{
    Value v = args->v[0];
    bool found = value_is_obj(v) && heap_tracks(value_obj(v));
    (void)self;
    if (found && (type_of(vm, v) == vm->types.dict || type_of(vm, v) == vm->types.tuple)) {
        found = false;
        heap_visit(vm, value_obj(v), find_tracked, &found);
    }
    return value_from_bool(found);
}

static Value gc_f_is_finalized(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)self;
    return value_from_bool(value_is_obj(args->v[0]) && value_obj(args->v[0])->flags & OBJ_FINALIZED);
}

/* ---- what there is, and who holds whom ---- */
typedef struct Search {
    const Args *of;             /* referrers of these are looked for; NULL: all are */
    bool match;
    size_t n, cap;              /* found; room in items */
    Value *items;
    const Obj *not;             /* what this search is made of */
} Search;

static void compare(Vm *vm, Value v, void *ud)
{
    Search *s = ud;
    (void)vm;
    for (uint32_t i = 0; i < s->of->nrest && !s->match; i++)
        s->match = value_same(s->of->rest[i], v);
}

static void consider(Vm *vm, Obj *o, void *ud)
{
    Search *s = ud;
    if (!heap_tracks(o) || o == s->not)
        return;
    s->match = !s->of;
    if (s->of)
        heap_visit(vm, o, compare, s);
    if (s->match && s->n < s->cap)
        s->items[s->n] = value_from_obj(o);
    s->n += s->match;
}

static void walk(Vm *vm, Search *s)
{
    s->n = 0;
    for (int kind = KIND_SHAPE + 1; kind <= KIND_EXT; kind++)
        heap_each(vm, (Kind)kind, consider, s);
}

static Value search(Vm *vm, const Args *of)
{
    Search s = { .of = of };
    heap_collect(vm, true);
    walk(vm, &s);
    List *l = list_new(vm, s.n);
    if (!l || !list_resize(vm, l, s.n))
        return VALUE_ERROR;
    s.cap = s.n;
    s.items = list_items(l);
    s.not = &l->h;
    walk(vm, &s);
    heap_touch(vm, l->buf ? (void *)l->buf : l);
    l->len = s.n < s.cap ? s.n : s.cap;
    return value_from_obj(l);
}

static Value gc_f_get_objects(Vm *vm, Value self, const Args *args)
{
    int64_t generation = 2;
    (void)self;
    if (!value_is_none(args->v[0]) && !is_int(args->v[0]))
        return raise_exc(vm, EXC_TypeError, "argument should be integer or None, not '%T'", args->v[0]);
    if (is_int(args->v[0]) && !op_int64(vm, args->v[0], &generation))
        return VALUE_ERROR;
    if (generation > 2)
        return raise_exc(vm, EXC_ValueError, "generation parameter must be less than the number of available generations (3)");
    if (generation < -1)
        return raise_exc(vm, EXC_ValueError, "generation parameter cannot be negative");
    if (generation == 0 || generation == 1) {       /* all that are there have been through a collection */
        List *l = list_new(vm, 0);
        return l ? value_from_obj(l) : VALUE_ERROR;
    }
    return search(vm, NULL);
}

static Value gc_f_get_referrers(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return search(vm, args);
}

static void collect_referent(Vm *vm, Value v, void *ud)
{
    Search *s = ud;
    (void)vm;
    if (s->n < s->cap)
        s->items[s->n] = v;
    s->n++;
}

static Value gc_f_get_referents(Vm *vm, Value self, const Args *args)
{
    Search s = { .n = 0 };
    List *l = NULL;
    (void)self;
    for (int pass = 0; pass < 2; pass++) {
        s.n = 0;
        for (uint32_t i = 0; i < args->nrest; i++)
            if (value_is_obj(args->rest[i]) && heap_tracks(value_obj(args->rest[i])))
                heap_visit(vm, value_obj(args->rest[i]), collect_referent, &s);
        if (pass)
            break;
        if (!(l = list_new(vm, s.n)) || !list_resize(vm, l, s.n))
            return VALUE_ERROR;
        s.cap = s.n;
        s.items = list_items(l);
    }
    heap_touch(vm, l->buf ? (void *)l->buf : l);
    return value_from_obj(l);
}

static const MethodDef functions[] = {
    FUNCTION(gc, collect, "collect(generation=2)", "Run the garbage collector."),
    FUNCTION(gc, enable, "enable()", "Accepted; collections cannot be switched off."),
    FUNCTION(gc, disable, "disable()", "Accepted; collections cannot be switched off."),
    FUNCTION(gc, isenabled, "isenabled()", "Whether enable() or disable() was the last."),
    FUNCTION(gc, get_count, "get_count()", "Three numbers, of which the last counts collections."),
    FUNCTION(gc, get_threshold, "get_threshold()", "What was set."),
    FUNCTION(gc, set_threshold, "set_threshold(threshold0, threshold1=..., threshold2=..., /)", "Kept, without effect."),
    FUNCTION(gc, get_debug, "get_debug()", "What was set."),
    FUNCTION(gc, set_debug, "set_debug(flags, /)", "Kept, without effect."),
    FUNCTION(gc, get_freeze_count, "get_freeze_count()", "No object is set apart."),
    FUNCTION(gc, get_stats, "get_stats()", "A dict for each of three generations; collections alone are counted."),
    { "freeze()", "Accepted, without effect.", gc_f_nothing, 0 },
    { "unfreeze()", "Accepted, without effect.", gc_f_nothing, 0 },
    FUNCTION(gc, is_tracked, "is_tracked(obj, /)", "Does the collector look into it?"),
    FUNCTION(gc, is_finalized, "is_finalized(obj, /)", "Has its __del__ run?"),
    FUNCTION(gc, get_objects, "get_objects(generation=None)", "The objects that may hold others."),
    FUNCTION(gc, get_referrers, "get_referrers(*objs)", "The objects that hold one of these."),
    FUNCTION(gc, get_referents, "get_referents(*objs)", "What these hold."),
    { 0 }
};

Value gc_init(Vm *vm)
{
    vm->heap.tidy = true;
    Module *m = module_new(vm, "gc", "The garbage collector.");
    List *garbage = list_new(vm, 0), *callbacks = list_new(vm, 0);
    static const struct { const char *name; int flag; } flags[] = { { "DEBUG_STATS", 1 }, { "DEBUG_COLLECTABLE", 2 },
        { "DEBUG_UNCOLLECTABLE", 4 }, { "DEBUG_SAVEALL", 32 }, { "DEBUG_LEAK", 38 } };
    for (size_t i = 0; m && i < COUNT_OF(flags); i++)
        if (!module_set(vm, m, flags[i].name, value_from_int48(flags[i].flag)))
            return VALUE_ERROR;
    memcpy(rt_of(vm)->gc_kept, (const int64_t[]){ 2000, 10, 10, 0 }, sizeof rt_of(vm)->gc_kept);
    if (!m || !garbage || !callbacks || !module_add_functions(vm, m, functions) ||
        !module_set(vm, m, "garbage", value_from_obj(garbage)) || !module_set(vm, m, "callbacks", value_from_obj(callbacks)))
        return VALUE_ERROR;
    return value_from_obj(m);
}
