/* SPDX-License-Identifier: MIT
 * Module _random: the Mersenne Twister (MT19937, Matsumoto and Nishimura 1998), giving CPython's numbers. */
#include "stdlib/modules.h"

#include "stdlib/hash/hash.h"
#include "vm/objects/int_view.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"
#include "vm/objects/bytes.h"

#define N 624u
#define M 397u

typedef struct Random {
    Obj h;
    uint32_t next;              /* N: all used up */
    uint32_t state[N];
} Random;

static const TypeLayout random_layout = { .kind = KIND_EXT, .size = sizeof(Random) };
static inline Random *as_random(Value v) { return (Random *)value_obj(v); }

static inline uint32_t twist(uint32_t high, uint32_t low)
{
    uint32_t y = (high & 0x80000000u) | (low & 0x7fffffffu);
    return y >> 1 ^ (y & 1 ? 0x9908b0dfu : 0);
}

static void refill(Random *r)
{
    uint32_t *s = r->state;
    for (size_t i = 0; i < N - M; i++)
        s[i] = s[i + M] ^ twist(s[i], s[i + 1]);
    for (size_t i = N - M; i < N - 1; i++)
        s[i] = s[i + M - N] ^ twist(s[i], s[i + 1]);
    s[N - 1] = s[M - 1] ^ twist(s[N - 1], s[0]);
    r->next = 0;
}

static inline uint32_t next32(Random *r)
{
    if (r->next >= N)
        refill(r);
    uint32_t y = r->state[r->next++];
    y ^= y >> 11;
    y ^= y << 7 & 0x9d2c5680u;
    y ^= y << 15 & 0xefc60000u;
    return y ^ y >> 18;
}

static inline double next_double(Random *r)
{
    uint32_t a = next32(r) >> 5, b = next32(r) >> 6;
    return (a * 67108864.0 + b) * (1.0 / 9007199254740992.0);
}

static uint64_t next_bits(Random *r, unsigned k)
{
    if (k <= 32)
        return k ? next32(r) >> (32 - k) : 0;
    uint64_t low = next32(r);
    return low | (uint64_t)(next32(r) >> (64 - k)) << 32;
}

static void seed_number(Random *r, uint32_t seed)
{
    r->state[0] = seed;
    for (uint32_t i = 1; i < N; i++)
        r->state[i] = 1812433253u * (r->state[i - 1] ^ r->state[i - 1] >> 30) + i;
    r->next = N;
}

static void seed_words(Random *r, const uint32_t *key, size_t n)
{
    uint32_t *s = r->state;
    size_t i = 1, j = 0;
    seed_number(r, 19650218u);
    for (size_t k = n > N ? n : N; k; k--) {
        s[i] = (s[i] ^ (s[i - 1] ^ s[i - 1] >> 30) * 1664525u) + key[j] + (uint32_t)j;
        if (++i == N) {
            s[0] = s[N - 1];
            i = 1;
        }
        j = j + 1 == n ? 0 : j + 1;
    }
    for (size_t k = N - 1; k; k--) {
        s[i] = (s[i] ^ (s[i - 1] ^ s[i - 1] >> 30) * 1566083941u) - (uint32_t)i;
        if (++i == N) {
            s[0] = s[N - 1];
            i = 1;
        }
    }
    s[0] = 0x80000000u;
}

/* By the magnitude of an int, 32 bits at a time, the lowest first. */
static bool seed_limbs(Vm *vm, Random *r, const Limb *limbs, size_t n)
{
    uint32_t few[64], *key = few;
    size_t words = 2 * n;
    if (words > COUNT_OF(few)) {
        Raw *raw = raw_new(vm, words * 4);
        if (!raw)
            return false;
        key = (uint32_t *)(void *)raw->data;
    }
    for (size_t i = 0; i < n; i++) {
        key[2 * i] = (uint32_t)limbs[i];
        key[2 * i + 1] = (uint32_t)(limbs[i] >> 32);
    }
    if (words && !key[words - 1])
        words--;
    few[0] = words ? few[0] : 0;
    seed_words(r, key, words ? words : 1);
    return true;
}

static bool seed_system(Vm *vm, Random *r)
{
    uint32_t key[N];
    Value posix = rt_import_module(vm, "posix");
    Str *name = value_is_empty(posix) ? NULL : str_intern(vm, "urandom", 7);
    Value f = name ? attr_get(vm, posix, name) : VALUE_EMPTY, b = VALUE_EMPTY;
    if (!value_is_empty(f))
        b = op_call1(vm, f, value_from_int48(sizeof key));
    if (value_is_empty(b))
        return false;
    memset(key, 0, sizeof key);
    if (is_bytes(b))
        memcpy(key, as_bytes(b)->data, as_bytes(b)->len < sizeof key ? as_bytes(b)->len : sizeof key);
    seed_words(r, key, N);
    return true;
}

static bool seed_value(Vm *vm, Random *r, Value v)
{
    IntView w;
    int64_t hash;
    if (value_is_empty(v) || value_is_none(v))
        return seed_system(vm, r);
    if (is_int(v)) {
        int_view(v, &w);
        return seed_limbs(vm, r, w.limbs, w.n);
    }
    if (!op_hash(vm, v, &hash))
        return false;
    Limb one = (Limb)hash;
    return seed_limbs(vm, r, &one, one != 0);
}

static Value random_m_new(Vm *vm, Value self, const Args *args)
{
    Random *r = (Random *)object_alloc(vm, as_type(self));
    (void)args;
    if (!r)
        return VALUE_ERROR;
    seed_number(r, 5489u);
    return value_from_obj(r);
}

static Value random_m_seed(Vm *vm, Value self, const Args *args)
{
    return seed_value(vm, as_random(self), args->v[0]) ? VALUE_NONE : VALUE_ERROR;
}

/* As int.from_bytes(data + sha512(data).digest()) would seed. */
static Value random_m_seed_bytes(Vm *vm, Value self, const Args *args)
{
    const char *p;
    size_t n;
    if (is_str(args->v[0])) {
        p = str_data(as_str(args->v[0]));
        n = as_str(args->v[0])->len;
    } else if (!bytes_view(vm, args->v[0], &p, &n)) {
        return VALUE_ERROR;
    }
    Raw *all = raw_new(vm, n + 64), *limbs = all ? raw_new(vm, (n + 64) / 8 * 8 + 16) : NULL;
    if (!limbs)
        return VALUE_ERROR;
    bool neg;
    memcpy(all->data, p, n);
    hash_digest(&hash_sha512, p, n, (unsigned char *)all->data + n);
    Limb *l = (Limb *)(void *)limbs->data;
    size_t count = limbs_from_bytes(l, &neg, (const uint8_t *)all->data, n + 64, false, false);
    return seed_limbs(vm, as_random(self), l, count) ? VALUE_NONE : VALUE_ERROR;
}

static Value random_m_random(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return value_from_double(next_double(as_random(self)));
}

static Value random_bits(Vm *vm, Random *r, uint64_t k)
{
    if (k <= 64)
        return int_new_u64(vm, next_bits(r, (unsigned)k));
    Int *i = int_alloc(vm, (size_t)((k + 63) / 64));
    if (!i)
        return VALUE_ERROR;
    size_t n = 0;
    for (; k >= 64; k -= 64)
        i->limbs[n++] = next_bits(r, 64);
    if (k)
        i->limbs[n++] = next_bits(r, (unsigned)k);
    return int_done(i, n, false);
}

static Value random_m_getrandbits(Vm *vm, Value self, const Args *args)
{
    int64_t k;
    if (!op_int64(vm, args->v[0], &k))
        return VALUE_ERROR;
    if (k < 0)
        return raise_exc(vm, EXC_ValueError, "number of bits must be non-negative");
    if (k > INT32_MAX)
        return raise_exc(vm, EXC_OverflowError, "Python int too large to convert to C int");
    return random_bits(vm, as_random(self), (uint64_t)k);
}

/* A number below n: as many bits as n has, until they are below it. */
static Value random_m_below(Vm *vm, Value self, const Args *args)
{
    Random *r = as_random(self);
    Value n = args->v[0];
    if (value_is_int48(n) && value_int48(n) > 0) {
        uint64_t limit = (uint64_t)value_int48(n), v;
        unsigned k = 64 - (unsigned)__builtin_clzll(limit);
        do
            v = next_bits(r, k);
        while (v >= limit);
        return value_from_int48((int64_t)v);
    }
    if (!is_int(n) || int_sign(n) <= 0)
        return raise_exc(vm, EXC_ValueError, "the limit must be a positive int");
    IntView w;
    int_view(n, &w);
    uint64_t k = limbs_bit_length(w.limbs, w.n);
    for (;;) {
        Value v = random_bits(vm, r, k);
        if (value_is_empty(v) || int_compare(v, n) < 0)
            return v;
    }
}

static Value random_m_getstate(Vm *vm, Value self, const Args *args)
{
    Random *r = as_random(self);
    Tuple *t = tuple_new(vm, N + 1);
    (void)args;
    if (!t)
        return VALUE_ERROR;
    for (size_t i = 0; i < N; i++)
        t->items[i] = value_from_int48(r->state[i]);
    t->items[N] = value_from_int48(r->next);
    return value_from_obj(t);
}

static Value random_m_setstate(Vm *vm, Value self, const Args *args)
{
    uint32_t state[N];
    int64_t next;
    if (!is_tuple(args->v[0]))
        return raise_exc(vm, EXC_TypeError, "state vector must be a tuple");
    Tuple *t = as_tuple(args->v[0]);
    if (t->len != N + 1)
        return raise_exc(vm, EXC_ValueError, "state vector is the wrong size");
    for (size_t i = 0; i <= N; i++) {
        Value v = t->items[i];
        if (!is_int(v))
            return raise_exc(vm, EXC_TypeError, "an integer is required");
        if (!int_to_i64(v, &next) || (i < N && next < 0))
            return raise_exc(vm, EXC_OverflowError, int_sign(v) < 0 ? "can't convert negative value to unsigned int"
                                                                    : "Python int too large to convert to C unsigned long");
        if (i < N)
            state[i] = (uint32_t)next;
    }
    if (next < 0 || next > (int64_t)N)
        return raise_exc(vm, EXC_ValueError, "invalid state");
    memcpy(as_random(self)->state, state, sizeof state);
    as_random(self)->next = (uint32_t)next;
    return VALUE_NONE;
}

static const MethodDef random_methods[] = {
    METHOD(random, new, "__new__(*args, **kwargs)", "A generator; seed it."),
    METHOD(random, seed, "seed(n=None, /)", "Begin anew from n: the same numbers for the same n."),
    METHOD(random, seed_bytes, "_seed_bytes(data, /)", "Begin anew from text or bytes and their digest."),
    METHOD(random, random, "random()", "The next number of [0.0, 1.0)."),
    METHOD(random, getrandbits, "getrandbits(k, /)", "An int of k random bits."),
    METHOD(random, below, "_below(n, /)", "A random int of range(n)."),
    METHOD(random, getstate, "getstate()", "The state, for setstate()."),
    METHOD(random, setstate, "setstate(state, /)", "Go on from a state."),
    { 0 }
};

Value random_init(Vm *vm)
{
    static const TypeDef def = { .name = "_random.Random", .doc = "A Mersenne Twister.", .layout = &random_layout,
                                 .methods = random_methods, .flags = TYPE_BASE };
    Module *m = module_new(vm, "_random", "The generator of random numbers.");
    Type *t = m ? type_from_def(vm, &def, vm->types.object) : NULL;
    return t && module_set(vm, m, "Random", value_from_obj(t)) ? value_from_obj(m) : VALUE_ERROR;
}
