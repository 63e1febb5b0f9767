/* SPDX-License-Identifier: MIT
 * Methods of bytes and bytearray that make a version of the whole: case, padding, join, translate; and
 * tests of all bytes. */
#include "vm/objects/bytes_methods.h"

#include "vm/objects/seq.h"
#include "vm/text/strcase.h"
#include "vm/text/strops.h"

/* ---- case, classes ---- */
static Value convert_case(Vm *vm, Value self, StrCase how)
{
    Span s = bytes_span(self);
    char *to;
    Value r = bytes_alloc_like(vm, self, s.n, &to);
    if (!value_is_empty(r) && s.n)
        strcase_convert_ascii(to, s.p, s.n, how);
    return r;
}

#define BYTES_CASE(name, HOW)                                   \
    Value bytes_m_##name(Vm *vm, Value self, const Args *args)  \
    {                                                           \
        (void)args;                                             \
        return convert_case(vm, self, STRCASE_##HOW);           \
    }
BYTES_CASE(lower, LOWER)
BYTES_CASE(upper, UPPER)
BYTES_CASE(title, TITLE)
BYTES_CASE(capitalize, CAPITALIZE)
BYTES_CASE(swapcase, SWAP)
#undef BYTES_CASE

#define BYTES_IS(name, WHAT)                                        \
    Value bytes_m_is##name(Vm *vm, Value self, const Args *args)    \
    {                                                               \
        Span s = bytes_span(self);                                  \
        (void)vm;                                                   \
        (void)args;                                                 \
        return value_from_bool(bytes_is(TEXT_##WHAT, s.p, s.n));    \
    }
BYTES_IS(alnum, ALNUM)
BYTES_IS(alpha, ALPHA)
BYTES_IS(ascii, ASCII)
BYTES_IS(digit, DIGIT)
BYTES_IS(lower, LOWER)
BYTES_IS(space, SPACE)
BYTES_IS(title, TITLE)
BYTES_IS(upper, UPPER)
#undef BYTES_IS

/* ---- padding ---- */
static Value pad(Vm *vm, Value self, uint64_t left, uint64_t right, char fill)
{
    Span s = bytes_span(self);
    size_t total;
    char *to;
    if (left + right == 0)
        return bytes_part(vm, self, 0, s.n);
    if (!size_add((size_t)(left + right), s.n, &total))
        return raise_no_memory(vm);
    Value r = bytes_alloc_like(vm, self, total, &to);
    if (value_is_empty(r))
        return r;
    memset(to, fill, (size_t)left);
    memcpy(to + left, s.p, s.n);
    memset(to + left + s.n, fill, (size_t)right);
    return r;
}

enum { PAD_LEFT, PAD_RIGHT, PAD_BOTH };

static Value justify(Vm *vm, Value self, const Args *args, int how, const char *name)
{
    Value fill_arg = args->v[1];
    Span s = bytes_span(self), fill = { " ", 1 };
    int64_t width;
    if (!arg_ssize(vm, args->v[0], &width))
        return VALUE_ERROR;
    if (is_bytes(fill_arg) || is_bytearray(fill_arg))
        fill = bytes_span(fill_arg);
    else if (!value_is_empty(fill_arg))
        fill.n = 0;
    if (fill.n != 1)
        return raise_exc(vm, EXC_TypeError, "%s() argument 2 must be a byte string of length 1, not %s", name,
                         value_is_none(fill_arg) ? "None" : type_name_of(vm, fill_arg));
    uint64_t n = width > (int64_t)s.n ? (uint64_t)width - s.n : 0, left = 0;
    if (how == PAD_LEFT)
        left = n;
    else if (how == PAD_BOTH)
        left = n / 2 + (n & (uint64_t)width & 1);
    return pad(vm, self, left, n - left, *fill.p);
}

Value bytes_m_center(Vm *vm, Value self, const Args *args)
{
    return justify(vm, self, args, PAD_BOTH, "center");
}
Value bytes_m_ljust(Vm *vm, Value self, const Args *args)
{
    return justify(vm, self, args, PAD_RIGHT, "ljust");
}
Value bytes_m_rjust(Vm *vm, Value self, const Args *args)
{
    return justify(vm, self, args, PAD_LEFT, "rjust");
}

Value bytes_m_zfill(Vm *vm, Value self, const Args *args)
{
    Span s = bytes_span(self);
    int64_t width;
    if (!arg_ssize(vm, args->v[0], &width))
        return VALUE_ERROR;
    if (width <= (int64_t)s.n)
        return bytes_part(vm, self, 0, s.n);
    uint64_t zeros = (uint64_t)width - s.n;
    Value r = pad(vm, self, zeros, 0, '0');
    if (value_is_empty(r) || !s.n || (*s.p != '+' && *s.p != '-'))
        return r;
    char *text = is_bytes(r) ? as_bytes(r)->data : bytearray_data(as_bytearray(r));
    text[0] = *s.p;
    text[zeros] = '0';
    return r;
}

Value bytes_m_expandtabs(Vm *vm, Value self, const Args *args)
{
    Span s = bytes_span(self);
    int size;
    if (!arg_cint(vm, args->v[0], &size))
        return VALUE_ERROR;
    Buf b;
    buf_init(&b, &vm->alloc);
    bytes_expand_tabs(&b, s.p, s.n, size);
    return bytes_from_buf_like(vm, self, &b);
}

/* ---- join ---- */
static bool join_measure(Vm *vm, Span sep, const Value *items, size_t n, size_t *total)
{
    Span s;
    *total = 0;
    for (size_t i = 0; i < n; i++) {
        if (!span_of(vm, items[i], &s)) {
            if (bytes_refused(vm))
                raise_exc(vm, EXC_TypeError, "sequence item %zu: expected a bytes-like object, %T found", i,
                          items[i]);
            return false;
        }
        if (!size_add(*total, s.n, total) || (i && !size_add(*total, sep.n, total))) {
            raise_no_memory(vm);
            return false;
        }
    }
    return true;
}

static Value join_items(Vm *vm, Value self, const Value *items, size_t n)
{
    Span sep = bytes_span(self), s;
    size_t total;
    char *to;
    if (n == 1 && is_bytes(self) && is_exact(items[0], SHAPE_BYTES_ID))
        return items[0];
    if (!join_measure(vm, sep, items, n, &total))
        return VALUE_ERROR;
    Value r = bytes_alloc_like(vm, self, total, &to);
    if (value_is_empty(r) || !total)
        return r;
    for (size_t i = 0; i < n; i++) {
        if (i && sep.n) {
            memcpy(to, sep.p, sep.n);
            to += sep.n;
        }
        if (!span_of(vm, items[i], &s))
            return VALUE_ERROR;
        if (s.n)
            memcpy(to, s.p, s.n);
        to += s.n;
    }
    return r;
}

/* What script lends it is asked for once, before anything is measured: the items, bytes for these. */
static bool ask_scripts(Vm *vm, Value **items, size_t n)
{
    List *copy = NULL;
    for (size_t i = 0; i < n; i++) {
        Value item = (*items)[i];
        if (!copy && bytes_by_script(vm, item)) {
            copy = list_from(vm, *items, n);
            if (!copy)
                return false;
            *items = list_items(copy);
        }
        if (!copy || !bytes_by_script(vm, item))
            continue;
        Bytes *b = bytes_ask(vm, item, BUFFER_SIMPLE);
        if (!b)
            return false;
        heap_set(vm, copy->buf, &list_items(copy)[i], value_from_obj(b));
    }
    return true;
}

static Value join_any(Vm *vm, Value self, Value list)
{
    Value *items;
    size_t n;
    if (!seq_exact_items(list, &items, &n)) {
        Value it = op_iter(vm, list);
        if (value_is_empty(it)) {
            if (exc_pending_is(vm, EXC_TypeError)) {
                exc_discard(vm);
                raise_type_error(vm, "can only join an iterable");
            }
            return VALUE_ERROR;
        }
        list = op_list_of(vm, it);
        if (value_is_empty(list) || !seq_items(list, &items, &n))
            return VALUE_ERROR;
    }
    return ask_scripts(vm, &items, n) ? join_items(vm, self, items, n) : VALUE_ERROR;
}

Value bytes_m_join(Vm *vm, Value self, const Args *args)
{
    if (!is_bytearray(self))
        return join_any(vm, self, args->v[0]);
    as_bytearray(self)->exports++;          /* script may run, but not resize it */
    Value r = join_any(vm, self, args->v[0]);
    as_bytearray(self)->exports--;
    return r;
}

/* ---- translate ---- */
Value bytes_m_translate(Vm *vm, Value self, const Args *args)
{
    Span s, table = { NULL, 256 }, drop = { "", 0 };
    bool dropped[256] = { false };
    char *to;
    if (!value_is_none(args->v[0]) && !span_of(vm, args->v[0], &table))
        return VALUE_ERROR;
    if (table.n != 256)
        return raise_exc(vm, EXC_ValueError, "translation table must be 256 characters long");
    if (!value_is_empty(args->v[1]) && !span_of(vm, args->v[1], &drop))
        return VALUE_ERROR;
    for (size_t i = 0; i < drop.n; i++)
        dropped[(unsigned char)drop.p[i]] = true;
    s = bytes_span(self);
    size_t kept = s.n;
    for (size_t i = 0; drop.n && i < s.n; i++)
        kept -= dropped[(unsigned char)s.p[i]];
    Value r = bytes_alloc_like(vm, self, kept, &to);
    if (value_is_empty(r))
        return r;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (!dropped[c])
            *to++ = table.p ? table.p[c] : (char)c;
    }
    return r;
}

Value bytes_m_maketrans(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Span from, to;
    if (!span_of(vm, args->v[0], &from) || !span_of(vm, args->v[1], &to))
        return VALUE_ERROR;
    if (from.n != to.n)
        return raise_exc(vm, EXC_ValueError, "maketrans arguments must have same length");
    char table[256];
    for (int i = 0; i < 256; i++)
        table[i] = (char)i;
    for (size_t i = 0; i < from.n; i++)
        table[(unsigned char)from.p[i]] = to.p[i];
    return value_from_obj(bytes_new(vm, table, sizeof table));
}
