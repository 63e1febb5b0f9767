/* SPDX-License-Identifier: MIT
 * dict against a plain array, order, cells; set against orders that CPython 3.13 printed. */
#include "tests/unit/vm/vm_fixture.h"

#include <stdio.h>

#include "vm/objects/dict.h"
#include "vm/objects/set.h"
#include "vm/objects/str.h"

Suite *dict_suite(void);

static uint32_t next_random(uint32_t *state, uint32_t n)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) % n;
}

static Value key_of(Vm *vm, uint32_t k)
{
    char text[16];
    if (k % 3 == 0)
        return value_from_int48((int64_t)k * 1024);
    if (k % 3 == 1)
        return value_from_double(k + 0.5);
    int n = snprintf(text, sizeof text, "key%u", (unsigned)k);
    return value_from_obj(str_new(vm, text, (size_t)n));
}

START_TEST(agrees_with_an_array)
{
    enum { KEYS = 900 };
    VM_BEGIN;
    int model[KEYS] = { 0 };
    size_t live = 0;
    uint32_t seed = 7;
    Dict *d = dict_new(vm);
    for (int i = 1; i < 60000; i++) {
        uint32_t k = next_random(&seed, KEYS), what = next_random(&seed, 3);
        Value key = key_of(vm, k), out = VALUE_NONE;
        if (what == 0) {
            ck_assert(dict_set(vm, d, key, value_from_int48(i)));
            live += !model[k];
            model[k] = i;
        } else if (what == 1) {
            ck_assert_int_eq(dict_delete(vm, d, key), model[k] != 0);
            live -= model[k] != 0;
            model[k] = 0;
        } else {
            ck_assert_int_eq(dict_find(vm, d, key, &out), model[k] != 0);
            ck_assert(!model[k] || value_int48(out) == model[k]);
        }
        ck_assert_uint_eq(dict_len(d), live);
        if (i % 10000 == 0)
            heap_collect(vm, true);
    }
    VM_END;
}
END_TEST

START_TEST(keeps_insertion_order)
{
    VM_BEGIN;
    Dict *d = dict_new(vm);
    for (int i = 0; i < 1000; i++)
        ck_assert(dict_set(vm, d, value_from_int48((i * 7919) % 1000), value_from_int48(i)));
    for (int i = 0; i < 1000; i += 3)
        ck_assert_int_eq(dict_delete(vm, d, value_from_int48((i * 7919) % 1000)), 1);
    int64_t last = -1;
    size_t pos = 0, n = 0;
    Value key, value;
    while (dict_next(d, &pos, &key, &value)) {
        ck_assert_int_gt(value_int48(value), last);
        last = value_int48(value);
        n++;
    }
    ck_assert_uint_eq(n, dict_len(d));
    while (dict_pop_last(vm, d, &key, &value)) {
        ck_assert_int_eq(value_int48(value), last);
        last -= last % 3 == 1 ? 2 : 1;
    }
    ck_assert_uint_eq(dict_len(d), 0);
    VM_END;
}
END_TEST

/* A queue of keys that come and go must not make the table grow, nor popitem() slow. */
START_TEST(keys_that_come_and_go)
{
    VM_BEGIN;
    Dict *d = dict_new(vm);
    Value key, value;
    for (int i = 0; i < 100000; i++) {
        ck_assert(dict_set(vm, d, value_from_int48(i), VALUE_NONE));
        if (i >= 20)
            ck_assert_int_eq(dict_delete(vm, d, value_from_int48(i - 20)), 1);
    }
    ck_assert_uint_le(d->table->cap, 85);
    for (int i = 0; i < 100000; i++) {
        ck_assert(dict_set(vm, d, value_from_int48(-i), VALUE_NONE));
        ck_assert(dict_pop_last(vm, d, &key, &value));
    }
    ck_assert_uint_eq(dict_len(d), 20);
    ck_assert_uint_le(d->table->cap, 85);
    VM_END;
}
END_TEST

/* Integers that share all low bits: probes go where a secret sends them. */
START_TEST(prepared_keys)
{
    VM_BEGIN;
    Dict *d = dict_new(vm);
    for (int64_t i = 0; i < 30000; i++)
        ck_assert(dict_set(vm, d, value_from_int48(i << 20), value_from_int48(i)));
    for (int64_t i = 0; i < 30000; i++) {
        Value v;
        ck_assert_int_eq(dict_find(vm, d, value_from_int48(i << 20), &v), 1);
        ck_assert_int_eq(value_int48(v), i);
    }
    VM_END;
}
END_TEST

START_TEST(cells)
{
    VM_BEGIN;
    Dict *d = dict_new(vm);
    Str *a = str_intern(vm, "a", 1), *b = str_intern(vm, "b", 1);
    ck_assert(dict_set_str(vm, d, a, value_from_int48(1)));
    ck_assert(dict_make_cells(vm, d));
    Cell *cell = dict_cell(vm, d, a, false);
    ck_assert_ptr_nonnull(cell);
    ck_assert(dict_set_str(vm, d, a, value_from_int48(2)));
    ck_assert_int_eq(value_int48(cell->value), 2);
    ck_assert_ptr_null(dict_cell(vm, d, b, false));
    Cell *unbound = dict_cell(vm, d, b, true);
    ck_assert(value_is_empty(unbound->value));
    ck_assert_uint_eq(dict_len(d), 1);
    ck_assert(value_is_empty(dict_get_str(vm, d, b)));
    ck_assert(dict_set_str(vm, d, b, VALUE_TRUE));
    ck_assert(value_is_true(unbound->value));
    ck_assert_int_eq(dict_delete(vm, d, value_from_obj(a)), 1);
    ck_assert(value_is_empty(cell->value));
    Dict *copy = dict_copy(vm, d);
    ck_assert_uint_eq(dict_len(copy), 1);
    ck_assert(value_is_true(dict_get_cstr(vm, copy, "b")));
    VM_END;
}
END_TEST

/* ---- sets ---- */
static void check_order(Set *s, const char *expected)
{
    char text[512];
    size_t n = 0, pos = 0;
    Value key;
    text[0] = 0;
    while (set_next(s, &pos, &key))
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%lld", n ? " " : "", (long long)value_int48(key));
    ck_assert_str_eq(text, expected);
}

static Set *set_of(Vm *vm, size_t n, const int64_t *items)
{
    Set *s = set_new(vm, false);
    for (size_t i = 0; i < n; i++)
        ck_assert(set_add(vm, s, value_from_int48(items[i])));
    return s;
}

#define SET(...) set_of(vm, sizeof((int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t), (int64_t[]){ __VA_ARGS__ })

START_TEST(set_orders)
{
    VM_BEGIN;
    Set *a = SET(0, 8, 16, 24, 7), *b = SET(100, 50, 25, 12, 6, 3, 1);
    check_order(a, "0 7 8 16 24");
    check_order(b, "1 3 100 6 12 50 25");
    ck_assert_int_eq(set_discard(vm, a, value_from_int48(8)), 1);
    ck_assert(set_add(vm, a, value_from_int48(32)));
    check_order(a, "0 32 7 16 24");
    Set *u = set_copy(vm, a, false);
    ck_assert(set_update(vm, u, value_from_obj(b)));
    check_order(u, "0 32 1 3 100 6 7 12 16 50 24 25");
    Set *c = SET(24, 50, 3, 1000);
    check_order(set_intersection(vm, u, value_from_obj(c)), "24 50 3");
    check_order(set_difference(vm, u, value_from_obj(c)), "0 1 32 100 6 7 12 16 25");
    ck_assert(set_symmetric_difference_update(vm, u, value_from_obj(c)));
    check_order(u, "0 32 1 100 6 7 1000 12 16 25");
    ck_assert(set_difference_update(vm, u, value_from_obj(b)));
    check_order(u, "0 32 7 1000 16");
    VM_END;
}
END_TEST

START_TEST(frozenset_hashes)
{
    VM_BEGIN;
    Set *s = set_new(vm, true);
    ck_assert_int_eq(set_hash(s), INT64_C(133146708735736));
    for (int i = 1; i < 4; i++) {
        s->hash = -1;
        ck_assert(set_add(vm, s, value_from_int48(i)));
    }
    ck_assert_int_eq(set_hash(s), INT64_C(-272375401224217160));
    VM_END;
}
END_TEST

Suite *dict_suite(void)
{
    Suite *s = suite_create("dict and set");
    TCase *t = tcase_create("dict and set");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, agrees_with_an_array);
    tcase_add_test(t, keeps_insertion_order);
    tcase_add_test(t, keys_that_come_and_go);
    tcase_add_test(t, prepared_keys);
    tcase_add_test(t, cells);
    tcase_add_test(t, set_orders);
    tcase_add_test(t, frozenset_hashes);
    suite_add_tcase(s, t);
    return s;
}
