/* SPDX-License-Identifier: MIT
 * Value: 64 bits that hold anything a script can name.
 *
 *   0000 pppp pppp pppp   pointer to an Obj (8-aligned, below 2^47)
 *   0000 0000 0000 0000   EMPTY: unbound, or "an exception is pending" as a result
 *   0000 0000 0000 00xx   None 02, False 06, True 07, NotImplemented 0a, Ellipsis 0e (bit 1 is set in all)
 *   0002 .... .... ....   doubles, stored with 2^49 added
 *   ...                   (0002… to fffc…); NaNs have numbers, see float_new()
 *   fffe iiii iiii iiii   integer of 48 bits, two's complement
 *
 * Whatever is no double would be a NaN if it were read as one: arithmetic relies on that.
 *
 * A value that holds an object is the pointer itself, so a conservative scan of a C stack sees it and a load
 * needs no untagging. Doubles are encoded and decoded in vector registers: through integer registers a
 * chain of float operations costs a third more. This header alone knows the layout. */
#ifndef VM_VALUE_H
#define VM_VALUE_H

#include "lexer/base.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

typedef struct Obj Obj;
typedef struct Value {
    uint64_t bits;
} Value;

#define VALUE_INT_TAG UINT64_C(0xfffe000000000000)
#define VALUE_DOUBLE_OFFSET UINT64_C(0x0002000000000000)
#define VALUE_NOT_OBJ_MASK (VALUE_INT_TAG | 2)

#define VALUE_EMPTY ((Value){ 0 })
#define VALUE_ERROR VALUE_EMPTY
#define VALUE_NONE ((Value){ 2 })
#define VALUE_FALSE ((Value){ 6 })
#define VALUE_TRUE ((Value){ 7 })
#define VALUE_NOT_IMPLEMENTED ((Value){ 10 })
#define VALUE_ELLIPSIS ((Value){ 14 })

#define INT48_MIN (-(INT64_C(1) << 47))
#define INT48_MAX ((INT64_C(1) << 47) - 1)

static inline bool value_same(Value a, Value b) { return a.bits == b.bits; }
static inline bool value_is_empty(Value v) { return v.bits == 0; }
static inline bool value_is_none(Value v) { return v.bits == 2; }
static inline bool value_is_bool(Value v) { return (v.bits | 1) == 7; }
static inline bool value_is_true(Value v) { return v.bits == 7; }
static inline bool value_is_false(Value v) { return v.bits == 6; }
static inline bool value_is_not_implemented(Value v) { return v.bits == 10; }
/* A heap object. EMPTY passes too: ask only of values known to be bound. */
static inline bool value_is_obj(Value v) { return (v.bits & VALUE_NOT_OBJ_MASK) == 0; }
/* The same without EMPTY: pointers lie between the constants and 2^47. */
static inline bool value_is_cell(Value v) { return (v.bits - 16) >> 47 == 0; }
static inline bool value_is_int48(Value v) { return v.bits >= VALUE_INT_TAG; }
static inline bool value_both_int48(Value a, Value b) { return (a.bits & b.bits) >= VALUE_INT_TAG; }
static inline bool value_is_double(Value v)
{
    return v.bits - VALUE_DOUBLE_OFFSET < VALUE_INT_TAG - VALUE_DOUBLE_OFFSET;
}

static inline Obj *value_obj(Value v) { return (Obj *)(uintptr_t)v.bits; }
static inline Value value_from_obj(const void *o) { return (Value){ (uint64_t)(uintptr_t)o }; }
static inline Value value_from_bool(bool b) { return (Value){ 6u + b }; }

static inline int64_t value_int48(Value v) { return (int64_t)(v.bits << 16) >> 16; }
static inline bool int_fits48(int64_t i) { return i >= INT48_MIN && i <= INT48_MAX; }
static inline Value value_from_int48(int64_t i)
{
    return (Value){ VALUE_INT_TAG | ((uint64_t)i & UINT64_C(0xffffffffffff)) };
}

/* Arithmetic on tagged integers: shifted to the top of the word, overflow of 48 bits is overflow of 64. */
static inline bool value_int48_add(Value a, Value b, Value *r)
{
    int64_t s;
    if (__builtin_add_overflow((int64_t)(a.bits << 16), (int64_t)(b.bits << 16), &s))
        return false;
    r->bits = VALUE_INT_TAG | ((uint64_t)s >> 16);
    return true;
}
static inline bool value_int48_sub(Value a, Value b, Value *r)
{
    int64_t s;
    if (__builtin_sub_overflow((int64_t)(a.bits << 16), (int64_t)(b.bits << 16), &s))
        return false;
    r->bits = VALUE_INT_TAG | ((uint64_t)s >> 16);
    return true;
}
static inline bool value_int48_mul(Value a, Value b, Value *r)
{
    int64_t s;
    if (__builtin_mul_overflow((int64_t)(a.bits << 16), value_int48(b), &s))
        return false;
    r->bits = VALUE_INT_TAG | ((uint64_t)s >> 16);
    return true;
}

static inline double value_double_at(const Value *p)
{
#ifdef __SSE2__
    __m128i raw = _mm_loadl_epi64((const __m128i *)(const void *)p);
    return _mm_cvtsd_f64(_mm_castsi128_pd(_mm_sub_epi64(raw, _mm_cvtsi64_si128((int64_t)VALUE_DOUBLE_OFFSET))));
#else
    uint64_t bits = p->bits - VALUE_DOUBLE_OFFSET;
    double d;
    memcpy(&d, &bits, sizeof d);
    return d;
#endif
}
static inline double value_double(Value v) { return value_double_at(&v); }

static inline Value value_from_double(double d)
{
    Value v;
#ifdef __SSE2__
#ifdef __clang__
    __m128d wide = _mm_set_sd(d);
#else
    __m128d wide;
    __asm__("" : "=x"(wide) : "0"(d));      /* what the upper half holds does not matter: _mm_set_sd() would clear it */
#endif
    __m128i raw = _mm_add_epi64(_mm_castpd_si128(wide), _mm_cvtsi64_si128((int64_t)VALUE_DOUBLE_OFFSET));
    _mm_storel_epi64((__m128i *)(void *)&v, raw);
#else
    memcpy(&v.bits, &d, sizeof d);
    v.bits += VALUE_DOUBLE_OFFSET;
#endif
    return v;
}
/* NaNs are told apart by identity, so float_new() gives each a number, in the low 49 bits of those whose top bits are
 * 7ffa or fffa. Only negative ones from fffc… on have no Value: they would collide with integers. */
#define NAN_QUIET UINT64_C(0x7ff8000000000000)
#define NAN_NUMBERED UINT64_C(0x7ffa000000000000)
#define NAN_MARK_MASK UINT64_C(0x7ffe000000000000)
#define NAN_NUMBERS UINT64_C(0x0001ffffffffffff)
#define NAN_END UINT64_C(0xfffc000000000000)

#endif
