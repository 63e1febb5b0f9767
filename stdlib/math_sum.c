/* SPDX-License-Identifier: MIT
 * Sums and products of many numbers: fsum, sumprod, prod, and lengths of vectors. */
#include "stdlib/math.h"

#include <float.h>

#include "vm/buf.h"
#include "vm/code.h"
#include "vm/num/libm.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"

/* ---- pairs of doubles: a value and what its rounding lost ---- */

typedef struct Pair {
    double hi, lo;
} Pair;

/* a + b exactly; |a| >= |b|. */
static Pair fast_sum(double a, double b)
{
    double x = a + b;
    return (Pair){ x, b - (x - a) };
}

/* a + b exactly. */
static Pair sum(double a, double b)
{
    double x = a + b, z = x - a;
    return (Pair){ x, (a - (x - z)) + (b - z) };
}

/* a * b exactly, but for underflow. */
static Pair product(double a, double b)
{
    double z = a * b;
    return (Pair){ z, libm.fma(a, b, -z) };
}

/* ---- fsum: partial sums that do not overlap, smallest first ---- */

typedef struct Fsum {
    Buf partials;               /* of doubles */
    double special, infinite;   /* sums of what is not finite */
} Fsum;

static size_t partial_count(const Fsum *s)
{
    return s->partials.len / sizeof(double);
}

static bool fsum_add(Vm *vm, Value item, void *ud)
{
    Fsum *s = ud;
    double x;
    if (!op_double(vm, item, &x))
        return false;
    double saved = x;
    double *p = (double *)(void *)s->partials.data;
    size_t n = 0, count = partial_count(s);
    for (size_t i = 0; i < count; i++) {
        double y = p[i];
        if (fabs(x) < fabs(y)) {
            double t = x;
            x = y;
            y = t;
        }
        Pair r = fast_sum(x, y);
        if (r.lo != 0)
            p[n++] = r.lo;
        x = r.hi;
    }
    s->partials.len = n * sizeof(double);
    if (x == 0)
        return true;
    if (isfinite(x)) {
        buf_put(&s->partials, &x, sizeof x);
        if (s->partials.failed)
            raise_no_memory(vm);
        return !s->partials.failed;
    }
    if (isfinite(saved)) {
        raise_exc(vm, EXC_OverflowError, "intermediate overflow in fsum");
        return false;
    }
    if (isinf(saved))
        s->infinite += saved;
    s->special += saved;
    s->partials.len = 0;
    return true;
}

/* The partials from the largest down, rounded once: half to even, with a look at the one below. */
static double fsum_round(const Fsum *s)
{
    const double *p = (const double *)(const void *)s->partials.data;
    size_t n = partial_count(s);
    if (!n)
        return 0.0;
    Pair r = { p[--n], 0 };
    while (n) {
        r = fast_sum(r.hi, p[--n]);
        if (r.lo != 0)
            break;
    }
    if (n && ((r.lo < 0 && p[n - 1] < 0) || (r.lo > 0 && p[n - 1] > 0))) {
        double y = r.lo * 2.0, x = r.hi + y;
        if (y == x - r.hi)
            return x;
    }
    return r.hi;
}

static Value math_f_fsum(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Fsum s = { .special = 0 };
    Value r = VALUE_ERROR;
    buf_init(&s.partials, &vm->alloc);
    if (op_each(vm, args->v[0], fsum_add, &s)) {
        if (s.special == 0)
            r = value_from_double(fsum_round(&s));
        else if (isnan(s.infinite))
            raise_exc(vm, EXC_ValueError, "-inf + inf in fsum");
        else
            r = float_new(vm, s.special);
    }
    buf_free(&s.partials);
    return r;
}

/* ---- prod ---- */

static bool prod_step(Vm *vm, Value item, void *ud)
{
    Value *acc = ud;
    Value r = op_binary(vm, OP_MUL - OP_ADD, *acc, item, false);
    if (value_is_empty(r))
        return false;
    *acc = r;
    return true;
}

static Value math_f_prod(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Value acc = args->v[1];
    return op_each(vm, args->v[0], prod_step, &acc) ? acc : VALUE_ERROR;
}

/* ---- sumprod: three doubles keep a sum of products all but exactly ---- */

typedef struct Triple {
    double hi, lo, tiny;
} Triple;

static Triple triple_fma(double x, double y, Triple t)
{
    Pair pr = product(x, y), sm = sum(t.hi, pr.hi), r1 = sum(t.lo, pr.lo), r2 = sum(r1.hi, sm.lo);
    return (Triple){ sm.hi, r2.hi, t.tiny + r1.lo + r2.lo };
}

static double triple_value(Triple t)
{
    Pair last = sum(t.lo, t.hi);
    return last.hi + (t.tiny + last.lo);
}

/* Ints, and floats, are summed apart as long as only such come; the first item that is none ends that for good. */
typedef struct SumProd {
    Value total;
    int64_t ints;
    Triple floats;
    bool int_used, float_used, ints_over, floats_over;
} SumProd;

static bool flush_ints(Vm *vm, SumProd *s)
{
    if (!s->int_used)
        return true;
    Value v = int_new(vm, s->ints);
    s->total = value_is_empty(v) ? v : op_binary(vm, OP_ADD - OP_ADD, s->total, v, false);
    s->ints = 0;
    s->int_used = false;
    return !value_is_empty(s->total);
}

static bool flush_floats(Vm *vm, SumProd *s)
{
    if (!s->float_used)
        return true;
    s->total = op_binary(vm, OP_ADD - OP_ADD, s->total, float_new(vm, triple_value(s->floats)), false);
    s->floats = (Triple){ 0, 0, 0 };
    s->float_used = false;
    return !value_is_empty(s->total);
}

static bool plain_int(Value v, int64_t *out)
{
    return (value_is_int48(v) || is_exact(v, SHAPE_INT_ID)) && int_to_i64(v, out);
}

/* A float, or an int beside a float, that a double holds. */
static bool plain_double(Value v, double *out)
{
    int64_t i;
    if (value_is_double(v)) {
        *out = value_double(v);
        return true;
    }
    if (!(value_is_int48(v) || value_is_bool(v)) || !int_to_i64(v, &i))
        return false;
    *out = (double)i;
    return true;
}

static bool sumprod_step(Vm *vm, SumProd *s, Value p, Value q)
{
    int64_t a, b, m, t;
    double x, y;
    if (!s->ints_over) {
        if (plain_int(p, &a) && plain_int(q, &b) && !__builtin_mul_overflow(a, b, &m) &&
            !__builtin_add_overflow(s->ints, m, &t)) {
            s->ints = t;
            s->int_used = true;
            return true;
        }
        s->ints_over = true;
        if (!flush_ints(vm, s))
            return false;
    }
    if (!s->floats_over) {
        if ((value_is_double(p) || value_is_double(q)) && plain_double(p, &x) && plain_double(q, &y)) {
            Triple next = triple_fma(x, y, s->floats);
            if (isfinite(next.hi)) {
                s->floats = next;
                s->float_used = true;
                return true;
            }
        }
        s->floats_over = true;
        if (!flush_floats(vm, s))
            return false;
    }
    Value r = op_binary(vm, OP_MUL - OP_ADD, p, q, false);
    s->total = value_is_empty(r) ? r : op_binary(vm, OP_ADD - OP_ADD, s->total, r, false);
    return !value_is_empty(s->total);
}

static Value math_f_sumprod(Vm *vm, Value self, const Args *args)
{
    (void)self;
    SumProd s = { .total = value_from_int48(0) };
    Value ps = op_iter(vm, args->v[0]), qs = value_is_empty(ps) ? ps : op_iter(vm, args->v[1]), p, q;
    if (value_is_empty(qs))
        return qs;
    for (unsigned i = 1;; i++) {
        bool more_p = op_next(vm, ps, &p);
        if (!more_p && vm_pending(vm))
            return VALUE_ERROR;
        bool more_q = op_next(vm, qs, &q);
        if (!more_q && vm_pending(vm))
            return VALUE_ERROR;
        if (more_p != more_q)
            return raise_exc(vm, EXC_ValueError, "Inputs are not the same length");
        if (!more_p)
            return flush_ints(vm, &s) && flush_floats(vm, &s) ? s.total : VALUE_ERROR;
        if (!sumprod_step(vm, &s, p, q) || (i % 256 == 0 && !vm_checkpoint(vm)))
            return VALUE_ERROR;
    }
}

/* ---- hypot, dist ---- */

/* The root of the sum of squares of n values that are not negative; `most` is the largest of them. Scaled by a
 * power of two, summed with the losses kept apart, the root corrected once. */
static double vector_norm(size_t n, double *v, double most, bool nan)
{
    int e;
    if (isinf(most))
        return most;
    if (nan)
        return NAN;
    if (most == 0 || n <= 1)
        return most;
    frexp(most, &e);
    if (e < -1023) {            /* subnormal: 1 / scale would overflow */
        for (size_t i = 0; i < n; i++)
            v[i] /= DBL_MIN;
        return DBL_MIN * vector_norm(n, v, most / DBL_MIN, nan);
    }
    double scale = ldexp(1.0, -e), csum = 1.0, frac1 = 0, frac2 = 0;
    for (size_t i = 0; i < n; i++) {
        double x = v[i] * scale;
        Pair pr = product(x, x), sm = fast_sum(csum, pr.hi);
        csum = sm.hi;
        frac1 += pr.lo;
        frac2 += sm.lo;
    }
    double h = sqrt(csum - 1.0 + (frac1 + frac2));
    Pair pr = product(-h, h), sm = fast_sum(csum, pr.hi);
    frac1 += pr.lo;
    frac2 += sm.lo;
    h += (sm.hi - 1.0 + (frac1 + frac2)) / (2.0 * h);
    return h / scale;
}

typedef struct Vector {
    Buf values;
    double most;
    bool nan;
} Vector;

static void vector_add(Vector *v, double x)
{
    x = fabs(x);
    v->nan |= isnan(x) != 0;
    if (x > v->most)
        v->most = x;
    buf_put(&v->values, &x, sizeof x);
}

static Value vector_result(Vm *vm, Vector *v, bool ok)
{
    Value r = VALUE_ERROR;
    if (ok && v->values.failed)
        raise_no_memory(vm);
    else if (ok)
        r = float_new(vm, vector_norm(v->values.len / sizeof(double), (double *)(void *)v->values.data, v->most, v->nan));
    buf_free(&v->values);
    return r;
}

static Value math_f_hypot(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Vector v = { .most = 0 };
    buf_init(&v.values, &vm->alloc);
    bool ok = true;
    for (uint32_t i = 0; i < args->nrest && ok; i++) {
        double x = 0;
        ok = op_double(vm, args->rest[i], &x);
        vector_add(&v, x);
    }
    return vector_result(vm, &v, ok);
}

static Value math_f_dist(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Value p = op_tuple_of(vm, args->v[0]), q = value_is_empty(p) ? p : op_tuple_of(vm, args->v[1]);
    if (value_is_empty(q))
        return q;
    if (as_tuple(p)->len != as_tuple(q)->len)
        return raise_exc(vm, EXC_ValueError, "both points must have the same number of dimensions");
    Vector v = { .most = 0 };
    buf_init(&v.values, &vm->alloc);
    bool ok = true;
    for (size_t i = 0; i < as_tuple(p)->len && ok; i++) {
        double x = 0, y = 0;
        ok = op_double(vm, as_tuple(p)->items[i], &x) && op_double(vm, as_tuple(q)->items[i], &y);
        vector_add(&v, x - y);
    }
    return vector_result(vm, &v, ok);
}

const MethodDef math_sums[] = {
    FUNCTION(math, fsum, "fsum(seq, /)", "The sum, rounded once at the end."),
    FUNCTION(math, prod, "prod(iterable, /, *, start=1)", "All items and the start value, multiplied."),
    FUNCTION(math, sumprod, "sumprod(p, q, /)", "The scalar product of two sequences."),
    FUNCTION(math, hypot, "hypot(*coordinates)", "The length of a vector."),
    FUNCTION(math, dist, "dist(p, q, /)", "How far two points are apart."),
    { 0 }
};
