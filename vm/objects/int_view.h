/* SPDX-License-Identifier: MIT
 * What the files of int share: any int as a magnitude, room for results, scratch space. */
#ifndef VM_OBJECTS_INT_VIEW_H
#define VM_OBJECTS_INT_VIEW_H

#include "vm/num/limbs.h"
#include "vm/objects/int.h"

__extension__ typedef __int128 Int128;
__extension__ typedef unsigned __int128 UInt128;

/* Not to be copied: limbs may point at `small`. The limbs are the object's own, which does not change. */
typedef struct IntView {
    const Limb *limbs;
    size_t n;
    bool neg;
    Limb small;
} IntView;

static inline void int_view(Value v, IntView *w)
{
    if (is_bigint(v)) {
        Int *i = as_bigint(v);
        w->limbs = i->limbs;
        w->n = i->count;
        w->neg = i->sign < 0;
        return;
    }
    int64_t i = value_is_bool(v) ? value_is_true(v) : value_int48(v);
    w->small = limbs_abs64(i);
    w->limbs = &w->small;
    w->n = i != 0;
    w->neg = i < 0;
}

/* An Int with room for n limbs, to be given to int_done(). NULL: exception pending. */
MUST_USE Int *int_alloc(Vm *vm, size_t n);
/* The Value of r, whose magnitude has n limbs (normalised here). */
Value int_done(Int *r, size_t n, bool neg);
MUST_USE Value int_from_i128(Vm *vm, Int128 i);
/* False: needs more than 127 bits. */
static inline bool int_to_i128(Value v, Int128 *out)
{
    if (value_is_int48(v)) {
        *out = value_int48(v);
        return true;
    }
    if (value_is_bool(v)) {
        *out = value_is_true(v);
        return true;
    }
    Int *i = as_bigint(v);
    if (i->count > 2 || (i->count == 2 && i->limbs[1] >> 63))
        return false;
    UInt128 m = i->count ? i->limbs[0] : 0;
    if (i->count == 2)
        m |= (UInt128)i->limbs[1] << 64;
    *out = i->sign < 0 ? -(Int128)m : (Int128)m;
    return true;
}

/* Scratch limbs, and the checkpoint of long computations. */
typedef struct Scratch {
    Vm *vm;
    Limb *p;
    size_t n;
    LimbTick tick;
    Limb few[24];
} Scratch;
MUST_USE bool scratch_open(Vm *vm, Scratch *s, size_t n);
void scratch_close(Scratch *s);

/* Quotient and remainder rounded down; q or r may be NULL. b is not 0. */
MUST_USE bool int_divmod(Vm *vm, Value a, Value b, Value *q, Value *r);
MUST_USE Value int_pow_mod(Vm *vm, Value a, Value e, Value m);
MUST_USE Value int_negate(Vm *vm, Value v);
MUST_USE Value int_invert(Vm *vm, Value v);
/* int(text, base) for a str, bytes or bytearray; base 0 or 2..36, 10 unless told. */
MUST_USE Value int_parse(Vm *vm, Value text, int base);
/* ASCII text in which decimal digits and white space of any script became '0'..'9' and ' '; other characters
 * are '?'. Text that is ASCII is given as it is. */
struct Buf;
const char *text_to_ascii_number(Str *s, struct Buf *b, size_t *len);
MUST_USE bool bool_warn_invert(Vm *vm);         /* ~True: false if the warning is an error */
MUST_USE bool bool_types_init(Vm *vm);          /* bool, NoneType, ellipsis, NotImplementedType */

#endif
