/* SPDX-License-Identifier: MIT
 * __sizeof__() and sys.getsizeof(): scripts compare these numbers and print them, so they are those of CPython's structs,
 * worked out from what an object holds. What this VM takes for it is less. */
#include "vm/objects/core.h"

#include "vm/frame.h"
#include "vm/iter.h"
#include "vm/objects/bytes_methods.h"
#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"
#include "vm/objects/str_methods.h"
#include "vm/text/utf8.h"

#define GC_HEADER 16        /* stands before objects that may be in cycles */
#define SUBCLASS_HEADER 16  /* stands before instances of classes of scripts that have a dict */

typedef struct Size {
    int64_t bytes;
    bool gc;
} Size;

static int64_t int_size(Value v)
{
    uint64_t small[1] = { 0 };
    const uint64_t *limbs = small;
    uint32_t count = 1;
    if (value_is_int48(v)) {
        int64_t i = value_int48(v);
        small[0] = (uint64_t)(i < 0 ? -i : i);
    } else {
        limbs = as_bigint(v)->limbs;
        count = as_bigint(v)->count;
    }
    while (count > 1 && !limbs[count - 1])
        count--;
    uint64_t bits = 1;
    if (count && limbs[count - 1])
        bits = (count - 1) * UINT64_C(64) + (uint64_t)(64 - __builtin_clzll(limbs[count - 1]));
    return 24 + 4 * (int64_t)((bits + 29) / 30);
}

static int64_t str_size(const Str *s)
{
    if (s->h.flags & STR_ASCII)
        return 41 + (int64_t)s->len;
    uint32_t most = 0;
    int64_t n = 0;
    const char *p = str_data(s), *end = p + s->len;
    for (; p < end; n++) {
        uint32_t c = utf8_next(&p);
        most = c > most ? c : most;
    }
    return 56 + (n + 1) * (most < 0x100 ? 1 : most < 0x10000 ? 2 : 4);
}

/* How many items a list has room for that grew by append(). */
static size_t grown(size_t n)
{
    size_t room = 0;
    while (room < n)
        room = (room + 1 + ((room + 1) >> 3) + 6) & ~(size_t)3;
    return room;
}

static int64_t list_size(const List *l)
{
    size_t even = (l->len + 1) & ~(size_t)1;
    size_t room = l->h.flags & LIST_GROWN ? grown(l->len) : l->len < 3 ? l->len : even;
    return 40 + 8 * (int64_t)room;
}

static int64_t dict_size(Vm *vm, Dict *d)
{
    if (d->h.flags & DICT_OF_INSTANCE && d->used <= 30)
        return 272;
    if (!d->table || (!d->used && !d->filled))
        return 48;
    size_t pos = 0;
    Value key, v;
    bool text = true;
    while (text && dict_next(d, &pos, &key, &v))
        text = type_of(vm, key) == vm->types.str;
    unsigned log2 = d->table->log2_size;
    int64_t slots = (int64_t)1 << log2;
    return 48 + 32 + slots * (log2 < 8 ? 1 : log2 < 16 ? 2 : 4) + slots * 2 / 3 * (text ? 16 : 24);
}

static int64_t set_size(const Set *s)
{
    size_t slots = s->table ? s->table->size : 8;
    return 200 + (slots > 8 ? 16 * (int64_t)slots : 0);
}

/* A generator's frame is part of it. How deep CPython's stack of operands would be is a guess. */
static int64_t gen_size(const Gen *g)
{
    uint32_t locals = g->f.code ? g->f.code->nlocals : 0;
    bool expression = g->f.code && str_is(g->f.code->name, "<genexpr>");
    return 144 + 8 * (int64_t)(locals + (expression && locals == 3 ? 1 : locals > 2 ? 3 : 2));
}

static int64_t instance_size(const Type *t)
{
    return 16 + 8 * (int64_t)t->nmembers;
}

static int64_t iter_size(const Iter *it)
{
    switch (it->h.flags & ITER_KIND_MASK) {
    case ITER_DICT_KEYS: case ITER_DICT_VALUES: case ITER_DICT_ITEMS: return 56;
    case ITER_ORDERED: return 64;
    case ITER_ENUMERATE: case ITER_ENUMERATE_BIG: return 56;
    case ITER_SET: case ITER_ZIP: return 48;
    case ITER_RANGE: return 24;
    default: return 32;
    }
}

static Size size_of_obj(Vm *vm, Value v)
{
    Obj *o = value_obj(v);
    const Type *t = type_of(vm, v);
    switch (o->kind) {
    case KIND_INSTANCE: return (Size){ instance_size(t), t->flags & TYPE_HEAP };
    case KIND_STR: return (Size){ str_size(as_str(v)), false };
    case KIND_BYTES: return (Size){ 33 + (int64_t)as_bytes(v)->len, false };
    case KIND_BYTEARRAY: return (Size){ 56 + (as_bytearray(v)->len ? (int64_t)as_bytearray(v)->len + 1 : 0), false };
    case KIND_INT: return (Size){ int_size(v), false };
    case KIND_FLOAT: return (Size){ 24, false };
    case KIND_TUPLE: return (Size){ 24 + 8 * (int64_t)as_tuple(v)->len, true };
    case KIND_LIST: return (Size){ list_size(as_list(v)), true };
    case KIND_DICT: return (Size){ dict_size(vm, as_dict(v)), true };
    case KIND_SET: return (Size){ set_size(as_set(v)), true };
    case KIND_SLICE: return (Size){ 40, true };
    case KIND_RANGE: return (Size){ 48, false };
    case KIND_ITER: return (Size){ iter_size((Iter *)o), true };
    case KIND_FUNC: return (Size){ 144, true };
    case KIND_NATIVE: return (Size){ t == vm->types.method_wrapper ? 32 : 56, true };
    case KIND_METHOD: return (Size){ 48, true };
    case KIND_MODULE: return (Size){ 56, true };
    case KIND_CELL: return (Size){ 24, true };
    case KIND_GEN: return (Size){ gen_size((Gen *)o), true };
    case KIND_TYPE:
        if (!(((Type *)o)->flags & TYPE_HEAP))
            return (Size){ 416, false };
        return (Size){ ((Type *)o)->flags & TYPE_SLOTS_ONLY ? 928 : 1696, true };
    case KIND_DESCR: return (Size){ t == vm->types.property ? 64 : 32, true };
    case KIND_EXC: return (Size){ type_is_subtype(t, vm->exc[EXC_OSError]) ? 112 : 72, true };
    default: return (Size){ (int64_t)obj_size(vm, o), true };
    }
}

/* *before: what stands before it. */
static int64_t size_of(Vm *vm, Value v, int64_t *before)
{
    *before = 0;
    if (value_is_double(v))
        return 24;
    if (value_is_int48(v) || value_is_bool(v))
        return value_is_bool(v) ? 28 : int_size(v);
    if (!value_is_obj(v))
        return 16;
    Size s = size_of_obj(vm, v);
    const Type *t = type_of(vm, v);
    bool of_script = t->flags & TYPE_HEAP && value_obj(v)->kind != KIND_TYPE;
    *before = s.gc || of_script ? GC_HEADER : 0;
    if (of_script && !(t->flags & TYPE_SLOTS_ONLY))
        *before += SUBCLASS_HEADER;
    else if (of_script && value_obj(v)->kind != KIND_INSTANCE)
        s.bytes += 8 * (int64_t)t->nmembers;
    return s.bytes;
}

Value object_m_sizeof(Vm *vm, Value self, const Args *args)
{
    int64_t before;
    (void)args;
    return value_from_int48(size_of(vm, self, &before));
}

int64_t object_size_before(Vm *vm, Value v)
{
    int64_t before;
    (void)size_of(vm, v, &before);
    return before;
}

int64_t object_size_in_all(Vm *vm, Value v)
{
    int64_t before, n = size_of(vm, v, &before);
    return n + before;
}

/* str and bytes have the method in their own tables. */
Value str_m_sizeof(Vm *vm, Value self, const Args *args) { return object_m_sizeof(vm, self, args); }
Value bytes_m_sizeof(Vm *vm, Value self, const Args *args) { return object_m_sizeof(vm, self, args); }
