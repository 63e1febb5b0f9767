/* SPDX-License-Identifier: MIT
 * functools.lru_cache: a function that remembers its results, all of them or those used last. Results lie in a dict by
 * key; with a limit each is a node in a ring of Values (key, result, older, newer), whose anchor is the wrapper's. */
#include "stdlib/modules.h"

#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

enum { NODE_KEY, NODE_HASH, NODE_RESULT, NODE_OLDER, NODE_NEWER, NODE_FIELDS };

typedef struct LruCache {
    Obj h;
    Value func, info_type;
    Value mark;                 /* in keys, before keywords: an object that nobody else has */
    Dict *cache;
    Values *anchor;             /* older: the newest node; newer: the oldest one */
    int64_t maxsize;            /* -1: no limit */
    int64_t hits, misses;
    bool typed;
} LruCache;

static void lru_trace(Marker *m, Obj *o)
{
    const LruCache *c = (LruCache *)o;
    mark_value(m, c->func);
    mark_value(m, c->info_type);
    mark_value(m, c->mark);
    mark_obj(m, c->cache);
    mark_obj(m, c->anchor);
}

static const TypeLayout lru_layout = { .kind = KIND_EXT, .size = sizeof(LruCache), .trace = lru_trace };

static LruCache *as_lru(Value v)
{
    return (LruCache *)value_obj(v);
}

/* ---- keys ---- */
static bool is_simple(Value v)
{
    return value_is_int48(v) || is_exact(v, SHAPE_STR_ID);
}

/* What a call is known by: one int or str itself, else a tuple of the arguments; behind the mark keywords
 * with their values; and the types. */
static Value key_of(Vm *vm, const LruCache *c, const Args *args)
{
    uint32_t all = args->nrest + args->nkw;
    if (!c->typed && !args->nkw) {
        if (all == 1 && is_simple(args->rest[0]))
            return args->rest[0];
        return value_from_obj(tuple_from(vm, args->rest, all));
    }
    size_t n = args->nrest + (args->nkw ? 1 + 2 * (size_t)args->nkw : 0) + (c->typed ? (size_t)all : 0), at = 0;
    Tuple *t = tuple_new(vm, n);
    if (!t)
        return VALUE_ERROR;
    for (uint32_t i = 0; i < args->nrest; i++)
        t->items[at++] = args->rest[i];
    if (args->nkw)
        t->items[at++] = c->mark;
    for (uint32_t i = 0; i < args->nkw; i++) {
        t->items[at++] = args->names[i];
        t->items[at++] = args->rest[args->nrest + i];
    }
    for (uint32_t i = 0; c->typed && i < all; i++)
        t->items[at++] = value_from_obj(type_of(vm, args->rest[i]));
    return value_from_obj(t);
}

/* ---- the ring ---- */
static Values *link(const Values *node, unsigned which)
{
    return (Values *)value_obj(node->items[which]);
}

static void join(Vm *vm, Values *older, Values *newer)
{
    heap_set(vm, older, &older->items[NODE_NEWER], value_from_obj(newer));
    heap_set(vm, newer, &newer->items[NODE_OLDER], value_from_obj(older));
}

static void take_out(Vm *vm, const Values *node)
{
    join(vm, link(node, NODE_OLDER), link(node, NODE_NEWER));
}

static void make_newest(Vm *vm, const LruCache *c, Values *node)
{
    Values *last = link(c->anchor, NODE_OLDER);
    join(vm, last, node);
    join(vm, node, c->anchor);
}

static bool reset(Vm *vm, LruCache *c)
{
    Dict *d = dict_new(vm);
    Values *anchor = d ? values_new(vm, NODE_FIELDS) : NULL;
    if (!anchor)
        return false;
    join(vm, anchor, anchor);
    heap_set_ptr(vm, c, &c->cache, d);
    heap_set_ptr(vm, c, &c->anchor, anchor);
    c->hits = c->misses = 0;
    return true;
}

/* ---- calling ---- */
static Value call_func(Vm *vm, const LruCache *c, const Args *args)
{
    return op_call_kw(vm, c->func, args->nrest + args->nkw, args->rest, args->nkw, args->names);
}

static Value call_unlimited(Vm *vm, LruCache *c, const Args *args, Value key, int64_t hash)
{
    Value v;
    int found = dict_find_hash(vm, c->cache, key, hash, &v);
    if (found < 0)
        return VALUE_ERROR;
    if (found) {
        c->hits++;
        return v;
    }
    c->misses++;
    v = call_func(vm, c, args);
    if (value_is_empty(v) || !dict_set_hash(vm, c->cache, key, hash, v))
        return VALUE_ERROR;
    return v;
}

/* The function may have been called again meanwhile, and have left the result or filled the cache. */
static bool remember(Vm *vm, LruCache *c, Value key, int64_t hash, Value result)
{
    Value old;
    int found = dict_find_hash(vm, c->cache, key, hash, &old);
    if (found)
        return found > 0;
    Values *node = values_new(vm, NODE_FIELDS);
    Value hashed = node ? int_new(vm, hash) : VALUE_ERROR;
    if (value_is_empty(hashed))
        return false;
    heap_set(vm, node, &node->items[NODE_KEY], key);
    heap_set(vm, node, &node->items[NODE_HASH], hashed);
    heap_set(vm, node, &node->items[NODE_RESULT], result);
    if ((int64_t)dict_len(c->cache) >= c->maxsize) {
        const Values *oldest = link(c->anchor, NODE_NEWER);
        if (oldest != c->anchor) {
            take_out(vm, oldest);
            int64_t h;
            if (!op_int64(vm, oldest->items[NODE_HASH], &h) || dict_pop_hash(vm, c->cache, oldest->items[NODE_KEY], h, &old) < 0)
                return false;
        }
    }
    if (!dict_set_hash(vm, c->cache, key, hash, value_from_obj(node)))
        return false;
    make_newest(vm, c, node);
    return true;
}

static Value call_limited(Vm *vm, LruCache *c, const Args *args, Value key, int64_t hash)
{
    Value v;
    int found = dict_find_hash(vm, c->cache, key, hash, &v);
    if (found < 0)
        return VALUE_ERROR;
    if (found) {
        Values *node = (Values *)value_obj(v);
        if (link(node, NODE_NEWER) != c->anchor) {
            take_out(vm, node);
            make_newest(vm, c, node);
        }
        c->hits++;
        return node->items[NODE_RESULT];
    }
    c->misses++;
    v = call_func(vm, c, args);
    return value_is_empty(v) || !remember(vm, c, key, hash, v) ? VALUE_ERROR : v;
}

static Value lru_m_call(Vm *vm, Value self, const Args *args)
{
    LruCache *c = as_lru(self);
    int64_t hash;
    if (!c->maxsize) {
        c->misses++;
        return call_func(vm, c, args);
    }
    Value key = key_of(vm, c, args);
    if (value_is_empty(key) || !dict_key_hash(vm, key, &hash))
        return VALUE_ERROR;
    return c->maxsize < 0 ? call_unlimited(vm, c, args, key, hash) : call_limited(vm, c, args, key, hash);
}

/* ---- the type ---- */
static Value lru_m_new(Vm *vm, Value self, const Args *args)
{
    LruCache *c = (LruCache *)object_alloc(vm, as_type(self));
    if (!c)
        return VALUE_ERROR;
    if (!op_callable(vm, args->v[0]))
        return raise_exc(vm, EXC_TypeError, "the first argument must be callable");
    int typed = op_truth(vm, args->v[2]);
    if (typed < 0)
        return VALUE_ERROR;
    if (value_is_none(args->v[1]))
        c->maxsize = -1;
    else if (!is_int(args->v[1]))
        return raise_exc(vm, EXC_TypeError, "maxsize should be integer or None");
    else if (!int_to_i64(args->v[1], &c->maxsize))
        return raise_exc(vm, EXC_OverflowError, "Python int too large to convert to C ssize_t");
    else if (c->maxsize < 0)
        c->maxsize = 0;
    c->func = args->v[0];
    c->typed = typed;
    c->info_type = args->v[3];
    c->mark = value_from_obj(object_alloc(vm, vm->types.object));
    if (value_is_empty(c->mark))
        return VALUE_ERROR;
    return reset(vm, c) ? value_from_obj(c) : VALUE_ERROR;
}

static Value lru_m_cache_info(Vm *vm, Value self, const Args *args)
{
    const LruCache *c = as_lru(self);
    (void)args;
    Value v[4] = { int_new(vm, c->hits), int_new(vm, c->misses), c->maxsize < 0 ? VALUE_NONE : int_new(vm, c->maxsize),
                   int_new(vm, (int64_t)dict_len(c->cache)) };
    return op_call(vm, c->info_type, 4, v);
}

static Value lru_m_cache_clear(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return reset(vm, as_lru(self)) ? VALUE_NONE : VALUE_ERROR;
}

static Value lru_m_self(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return self;
}

static Value lru_m_reduce(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return attr_get(vm, self, vm->names.dunder_qualname);
}

static Value lru_m_get(Vm *vm, Value self, const Args *args)
{
    return value_is_none(args->v[0]) ? self : method_new(vm, self, args->v[0]);
}

static const MethodDef lru_methods[] = {
    { "__new__(user_function, maxsize, typed, cache_info_type)", NULL, lru_m_new, NATIVE_STATIC },
    { "__call__(*args, **kwargs)", "The result that is remembered, or a new one.", lru_m_call, NATIVE_VECTOR },
    METHOD(lru, cache_info, "cache_info()", "Hits, misses, the limit, and how many results are held."),
    METHOD(lru, cache_clear, "cache_clear()", "Forget all results and counts."),
    METHOD(lru, get, "__get__(instance, owner=None, /)", "The method of an instance."),
    METHOD(lru, reduce, "__reduce__()", "Its name: it is a global."),
    METHOD(lru, self, "__copy__()", "The object itself."),
    METHOD(lru, self, "__deepcopy__(memo, /)", "The object itself."),
    { 0 }
};
static const GetSetDef lru_getsets[] = { DICT_GETSET, { 0 } };
static const TypeDef lru_def = {
    .name = "functools._lru_cache_wrapper", .layout = &lru_layout, .methods = lru_methods, .getsets = lru_getsets,
    .doc = "A function with a cache of its results.",
    .flags = TYPE_BASE | TYPE_HAS_DICT | TYPE_WEAKREFS | TYPE_METHOD_DESCR,
};

bool lru_cache_add(Vm *vm, Module *m)
{
    Type *t = type_from_def(vm, &lru_def, vm->types.object);
    return t && module_set(vm, m, "_lru_cache_wrapper", value_from_obj(t));
}
