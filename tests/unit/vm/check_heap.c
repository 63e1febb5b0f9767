/* SPDX-License-Identifier: MIT
 * The heap: what is reachable stays, what is not goes, finalizers, weak tables, the cap. */
#include "tests/unit/vm/vm_fixture.h"

#include <stdlib.h>

#include "vm/heap/state.h"
#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/objects/set.h"
#include "vm/objects/str.h"
#include "vm/weak.h"

Suite *heap_suite(void);

/* ---- roots ---- */
typedef struct Roots {
    Value v[4];
} Roots;

static void mark_my_roots(Vm *vm, Marker *m, void *ud)
{
    (void)vm;
    mark_values(m, ((Roots *)ud)->v, 4);
}

/* Which of the watched cells the last collection found dead. */
typedef struct Watch {
    const void *cell[4];
    bool dead[4];
} Watch;

static void watch_weakly(Vm *vm, void *ud)
{
    Watch *w = ud;
    for (unsigned i = 0; i < 4; i++)
        if (w->cell[i] && !w->dead[i])
            w->dead[i] = !heap_is_alive(vm, w->cell[i]);
}

/* Made in a frame of its own, so that no copy is left where the collector looks. */
static NOINLINE uintptr_t hide(const void *p)
{
    return ~(uintptr_t)p;
}

static NOINLINE void make_garbage(Vm *vm, Watch *w, unsigned at)
{
    Tuple *t = tuple_pack(vm, 2, value_from_int48(1), value_from_int48(2));
    ck_assert_ptr_nonnull(t);
    w->cell[at] = t;
}

static NOINLINE void wipe_stack(void)
{
    volatile char room[16384];
    for (size_t i = 0; i < sizeof room; i++)
        room[i] = 0;
}

START_TEST(registered_roots_keep)
{
    VM_BEGIN;
    Roots roots = { { VALUE_NONE, VALUE_NONE, VALUE_NONE, VALUE_NONE } };
    Watch *watch = calloc(1, sizeof *watch);
    ck_assert(heap_add_roots(vm, mark_my_roots, &roots));
    ck_assert(heap_add_weak(vm, watch_weakly, watch));
    List *l = list_new(vm, 0);
    roots.v[0] = value_from_obj(l);
    make_garbage(vm, watch, 0);
    ck_assert(list_append(vm, l, value_from_obj(watch->cell[0])));
    make_garbage(vm, watch, 1);
    vm->strand->c_base = NULL;      /* exact roots only */
    heap_collect(vm, true);
    ck_assert(!watch->dead[0]);
    ck_assert(watch->dead[1]);
    roots.v[0] = VALUE_NONE;
    heap_collect(vm, true);
    ck_assert(watch->dead[0]);
    heap_remove_roots(vm, mark_my_roots, &roots);
    VM_END;
    free(watch);
}
END_TEST

static NOINLINE void append_new(Vm *vm, List *l, Watch *w, unsigned at)
{
    make_garbage(vm, w, at);
    ck_assert(list_append(vm, l, value_from_obj(w->cell[at])));
}

START_TEST(young_collections)
{
    VM_BEGIN;
    Roots roots = { { VALUE_NONE, VALUE_NONE, VALUE_NONE, VALUE_NONE } };
    Watch *watch = calloc(1, sizeof *watch);
    ck_assert(heap_add_roots(vm, mark_my_roots, &roots));
    ck_assert(heap_add_weak(vm, watch_weakly, watch));
    List *l = list_new(vm, 0);
    roots.v[0] = value_from_obj(l);
    append_new(vm, l, watch, 0);
    vm->strand->c_base = NULL;      /* exact roots only */
    heap_collect(vm, true);         /* the list and what it holds are old now */
    append_new(vm, l, watch, 1);
    make_garbage(vm, watch, 2);
    heap_collect(vm, false);
    ck_assert(!watch->dead[0] && !watch->dead[1] && watch->dead[2]);
    list_delete_range(vm, l, 0, 2);
    append_new(vm, l, watch, 3);    /* the buffer is written to again, after it was remembered once */
    heap_collect(vm, false);
    ck_assert(!watch->dead[3]);
    ck_assert(!watch->dead[0] && !watch->dead[1]);      /* old garbage waits for a full one */
    heap_collect(vm, true);
    ck_assert(watch->dead[0] && watch->dead[1] && !watch->dead[3]);
    heap_remove_roots(vm, mark_my_roots, &roots);
    VM_END;
    free(watch);
}
END_TEST

/* ---- in steps ---- */
static bool steps_begin(Vm *vm)
{
    vm->heap.state->want_full = true;
    heap_step(vm, 1);
    return vm->heap.state->phase == CYCLE_MARK;
}

static void steps_end(Vm *vm, size_t work)
{
    int n = 0;
    while (vm->heap.state->phase != CYCLE_IDLE && n++ < 1000000)
        heap_step(vm, work);
    ck_assert_int_eq(vm->heap.state->phase, CYCLE_IDLE);
}

static NOINLINE void move_last_to_first(List *l)
{
    list_items(l)[0] = list_items(l)[l->len - 1];
    list_items(l)[l->len - 1] = VALUE_NONE;
}

/* What a script does between two steps: values go from where marking has not been to where it has, and new ones come. */
START_TEST(stores_between_steps)
{
    VM_BEGIN;
    Roots roots = { { VALUE_NONE, VALUE_NONE, VALUE_NONE, VALUE_NONE } };
    ck_assert(heap_add_roots(vm, mark_my_roots, &roots));
    List *l = list_new(vm, 0), *other = list_new(vm, 0);
    roots.v[0] = value_from_obj(l);
    roots.v[1] = value_from_obj(other);
    for (int i = 0; i < 5000; i++)
        ck_assert(list_append(vm, l, value_from_obj(tuple_pack(vm, 1, value_from_int48(i)))));
    vm->strand->c_base = NULL;
    for (int round = 0; round < 3; round++) {
        ck_assert(steps_begin(vm));
        for (int i = 0; i < 1000; i++) {
            Value last = list_items(l)[l->len - 1];
            if (i % 3 == 0) {                   /* a large buffer, which may be half scanned */
                move_last_to_first(l);
                heap_touch_at(vm, l->buf, list_items(l), 1);
            } else {
                ck_assert(list_append(vm, other, last));
            }
            list_delete_range(vm, l, l->len - 1, l->len);
            ck_assert(list_append(vm, other, value_from_obj(tuple_pack(vm, 1, value_from_int48(-1)))));
            heap_step(vm, 200);
        }
        steps_end(vm, 200);
        for (size_t i = 0; i < other->len; i++)
            ck_assert_int_eq(as_tuple(list_items(other)[i])->len, 1);
        ck_assert_int_eq(as_tuple(list_items(l)[0])->len, 1);
    }
    heap_remove_roots(vm, mark_my_roots, &roots);
    VM_END;
}
END_TEST

START_TEST(deaths_in_steps)
{
    VM_BEGIN;
    Roots roots = { { VALUE_NONE, VALUE_NONE, VALUE_NONE, VALUE_NONE } };
    Watch *watch = calloc(1, sizeof *watch);
    ck_assert(heap_add_roots(vm, mark_my_roots, &roots));
    ck_assert(heap_add_weak(vm, watch_weakly, watch));
    List *l = list_new(vm, 0), *refs = list_new(vm, 0);
    roots.v[0] = value_from_obj(l);
    roots.v[1] = value_from_obj(refs);
    for (int i = 0; i < 2000; i++) {
        Set *target = set_new(vm, false);
        ck_assert(list_append(vm, l, value_from_obj(target)));
        ck_assert(list_append(vm, refs, value_from_obj(weak_new(vm, vm->types.weakref, &target->h, VALUE_EMPTY, true))));
    }
    make_garbage(vm, watch, 0);
    vm->strand->c_base = NULL;
    heap_collect(vm, true);
    ck_assert(watch->dead[0]);
    list_delete_range(vm, l, 0, 1000);
    append_new(vm, l, watch, 1);
    ck_assert(steps_begin(vm));
    append_new(vm, l, watch, 2);
    make_garbage(vm, watch, 3);
    size_t before = heap_collections(vm);
    steps_end(vm, 100);
    ck_assert_uint_eq(heap_collections(vm), before + 1);
    for (size_t i = 0; i < 2000; i++)
        ck_assert_int_eq(as_weakref(list_items(refs)[i])->target == NULL, i < 1000);
    ck_assert(!watch->dead[1] && !watch->dead[2] && watch->dead[3]);
    ck_assert(steps_begin(vm));
    heap_collect(vm, true);             /* what was begun is ended, and all is collected then */
    ck_assert_uint_eq(heap_collections(vm), before + 3);
    heap_remove_roots(vm, mark_my_roots, &roots);
    VM_END;
    free(watch);
}
END_TEST

START_TEST(young_names_and_references)
{
    VM_BEGIN;
    Roots roots = { { VALUE_NONE, VALUE_NONE, VALUE_NONE, VALUE_NONE } };
    ck_assert(heap_add_roots(vm, mark_my_roots, &roots));
    heap_collect(vm, true);
    Str *kept = str_intern(vm, "a young name that is kept", 25);
    roots.v[0] = value_from_obj(kept);
    (void)hide(str_intern(vm, "a young name that goes", 22));
    Set *target = set_new(vm, false), *gone = set_new(vm, false);
    WeakRef *stays = weak_new(vm, vm->types.weakref, &target->h, VALUE_EMPTY, true);
    WeakRef *empty = weak_new(vm, vm->types.weakref, &gone->h, VALUE_EMPTY, true);
    roots.v[1] = value_from_obj(target);
    roots.v[2] = value_from_obj(stays);
    roots.v[3] = value_from_obj(empty);
    vm->strand->c_base = NULL;
    heap_collect(vm, false);
    ck_assert_ptr_eq(str_intern(vm, "a young name that is kept", 25), kept);
    ck_assert_ptr_eq(stays->target, &target->h);
    ck_assert_ptr_null(empty->target);
    heap_remove_roots(vm, mark_my_roots, &roots);
    VM_END;
}
END_TEST

START_TEST(c_stack_keeps)
{
    VM_BEGIN;
    Watch *watch = calloc(1, sizeof *watch);
    ck_assert(heap_add_weak(vm, watch_weakly, watch));
    Tuple *volatile t = tuple_pack(vm, 1, value_from_int48(7));
    watch->cell[0] = t;
    Values *values = values_new(vm, 500);
    Value *volatile inside = values->items + 400;       /* an interior pointer, of a large cell */
    watch->cell[1] = values;
    values = NULL;
    wipe_stack();
    heap_collect(vm, true);
    ck_assert(!watch->dead[0] && !watch->dead[1]);
    ck_assert_int_eq(value_int48(t->items[0]), 7);
    ck_assert(value_is_empty(*inside));
    VM_END;
    free(watch);
}
END_TEST

START_TEST(cells_are_used_again)
{
    VM_BEGIN;
    size_t before = 0;
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 20000; i++)
            ck_assert_ptr_nonnull(tuple_new(vm, (size_t)(i % 150)));
        heap_collect(vm, true);
        if (round == 4)
            before = heap_bytes(vm);
    }
    ck_assert_uint_le(heap_bytes(vm), before + before / 4);
    VM_END;
}
END_TEST

START_TEST(long_chain)
{
    VM_BEGIN;
    Value chain = VALUE_NONE;
    for (int i = 0; i < 300000; i++) {
        Tuple *t = tuple_pack(vm, 1, chain);
        ck_assert_ptr_nonnull(t);
        chain = value_from_obj(t);
    }
    heap_collect(vm, true);
    int n = 0;
    for (Value v = chain; !value_is_none(v); v = as_tuple(v)->items[0])
        n++;
    ck_assert_int_eq(n, 300000);
    VM_END;
}
END_TEST

/* ---- memory that runs out ---- */
typedef struct Scarce {
    bool refuse;
} Scarce;

static void *scarce_alloc(void *ud, void *p, size_t old_size, size_t new_size)
{
    Scarce *s = ud;
    (void)old_size;
    if (new_size == 0) {
        free(p);
        return NULL;
    }
    return s->refuse ? NULL : realloc(p, new_size);
}

START_TEST(marking_without_memory)
{
    Scarce scarce = { false };
    VmConfig config = { .alloc = { scarce_alloc, &scarce }, .hash_seed = 1 };
    Vm *vm = vm_new(&config);
    ck_assert_ptr_nonnull(vm);
    VmEntry saved;
    vm_enter(vm, &saved, __builtin_frame_address(0));
    /* Wide and deep: far more pending work than the first mark stack holds. */
    List *top = list_new(vm, 0);
    for (int i = 0; i < 20000; i++) {
        List *inner = list_new(vm, 0);
        Tuple *t = tuple_pack(vm, 2, value_from_int48(i), value_from_obj(inner));
        ck_assert(inner && t && list_append(vm, inner, value_from_obj(t)));
        ck_assert(list_append(vm, top, value_from_obj(inner)));
    }
    scarce.refuse = true;
    heap_collect(vm, true);
    heap_collect(vm, true);
    scarce.refuse = false;
    for (int i = 0; i < 20000; i++) {
        Tuple *t = as_tuple(list_items(as_list(list_items(top)[i]))[0]);
        ck_assert_int_eq(value_int48(t->items[0]), i);
    }
    vm_leave(vm, &saved);
    vm_free(vm);
}
END_TEST

static NOINLINE int fill_memory(Vm *vm)
{
    List *l = list_new(vm, 0);
    int n = 0;
    for (; l && n < 1000000; n++) {
        Tuple *t = tuple_new(vm, 20);
        if (!t || !list_append(vm, l, value_from_obj(t)))
            break;
    }
    return n;
}

START_TEST(cap_is_a_memory_error)
{
    VmEntry saved;
    Vm *vm = fixture_vm(&saved, __builtin_frame_address(0), 8 << 20);
    ck_assert_int_lt(fill_memory(vm), 60000);
    ck_assert(exc_pending_is(vm, EXC_MemoryError));
    ck_assert_uint_le(heap_bytes(vm), 8 << 20);
    exc_discard(vm);
    wipe_stack();
    heap_collect(vm, true);
    ck_assert_uint_lt(heap_bytes(vm), 4 << 20);
    ck_assert_ptr_nonnull(tuple_new(vm, 1000));
    fixture_end(vm, &saved);
}
END_TEST

/* ---- finalize hooks of native structs ---- */
typedef struct Thing {
    Obj h;
    int *freed;
    Value held;
} Thing;

static void thing_trace(Marker *m, Obj *o)
{
    mark_value(m, ((Thing *)o)->held);
}

static void thing_finalize(Vm *vm, Obj *o)
{
    (void)vm;
    ++*((Thing *)o)->freed;
}

static const TypeLayout thing_layout = { .kind = KIND_EXT, .size = sizeof(Thing), .trace = thing_trace,
                                         .finalize = thing_finalize };

static NOINLINE Value make_thing(Vm *vm, Type *type, int *freed, Value held)
{
    Thing *t = (Thing *)(void *)object_alloc(vm, type);
    ck_assert_ptr_nonnull(t);
    t->freed = freed;
    t->held = held;
    return value_from_obj(t);
}

START_TEST(native_finalizers)
{
    VM_BEGIN;
    int freed = 0;
    static const TypeDef def = { .name = "Thing", .layout = &thing_layout, .flags = TYPE_DISALLOW_NEW };
    Type *type = type_from_def(vm, &def, vm->types.object);
    Roots roots = { { VALUE_NONE, VALUE_NONE, value_from_obj(type), VALUE_NONE } };
    ck_assert_ptr_nonnull(type);
    ck_assert(heap_add_roots(vm, mark_my_roots, &roots));
    roots.v[0] = make_thing(vm, type, &freed, make_thing(vm, type, &freed, VALUE_NONE));
    for (int i = 0; i < 100; i++)
        (void)hide(value_obj(make_thing(vm, type, &freed, VALUE_NONE)));
    vm->strand->c_base = NULL;
    heap_collect(vm, true);
    ck_assert_int_eq(freed, 100);
    roots.v[0] = VALUE_NONE;
    heap_collect(vm, true);
    ck_assert_int_eq(freed, 102);
    roots.v[0] = make_thing(vm, type, &freed, VALUE_NONE);
    VM_END;
    ck_assert_int_eq(freed, 103);       /* the VM's end frees the rest */
}
END_TEST

START_TEST(interned_strings_are_weak)
{
    VM_BEGIN;
    Str *kept = str_intern(vm, "a name that is kept", 19);
    uintptr_t hidden = hide(str_intern(vm, "a name that goes", 16));
    Roots roots = { { value_from_obj(kept), VALUE_NONE, VALUE_NONE, VALUE_NONE } };
    ck_assert(heap_add_roots(vm, mark_my_roots, &roots));
    vm->strand->c_base = NULL;
    heap_collect(vm, true);
    ck_assert_ptr_eq(str_intern(vm, "a name that is kept", 19), kept);
    Str *again = str_intern(vm, "a name that goes", 16);
    ck_assert_ptr_nonnull(again);
    ck_assert(str_is(again, "a name that goes"));
    (void)hidden;
    VM_END;
}
END_TEST

START_TEST(addresses)
{
    VM_BEGIN;
    HeapState *st = vm->heap.state;
    Tuple *t = tuple_new(vm, 3);
    Values *big = values_new(vm, 1000);
    ck_assert_ptr_eq(heap_find(st, (uintptr_t)t), t);
    ck_assert_ptr_eq(heap_find(st, (uintptr_t)&t->items[2] + 7), t);
    ck_assert_ptr_eq(heap_find(st, (uintptr_t)&big->items[999]), big);
    ck_assert_ptr_null(heap_find(st, (uintptr_t)&big->items[1000] + 16));
    ck_assert_ptr_null(heap_find(st, (uintptr_t)vm));
    ck_assert_ptr_null(heap_find(st, (uintptr_t)block_of(t)));
    VM_END;
}
END_TEST

Suite *heap_suite(void)
{
    Suite *s = suite_create("heap");
    TCase *t = tcase_create("heap");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, registered_roots_keep);
    tcase_add_test(t, young_collections);
    tcase_add_test(t, stores_between_steps);
    tcase_add_test(t, deaths_in_steps);
    tcase_add_test(t, young_names_and_references);
    tcase_add_test(t, c_stack_keeps);
    tcase_add_test(t, cells_are_used_again);
    tcase_add_test(t, long_chain);
    tcase_add_test(t, marking_without_memory);
    tcase_add_test(t, cap_is_a_memory_error);
    tcase_add_test(t, native_finalizers);
    tcase_add_test(t, interned_strings_are_weak);
    tcase_add_test(t, addresses);
    suite_add_tcase(s, t);
    return s;
}
