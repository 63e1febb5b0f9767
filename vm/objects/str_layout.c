/* SPDX-License-Identifier: MIT
 * Padding and joining: center, ljust, rjust, zfill, expandtabs, join. */
#include "vm/objects/str_methods.h"

#include "vm/text/strops.h"
#include "vm/text/utf8.h"

static char *put_fill(char *to, const char *fill, size_t size, size_t count)
{
    if (size == 1) {
        memset(to, *fill, count);
        return to + count;
    }
    for (; count > 0; count--, to += size)
        memcpy(to, fill, size);
    return to;
}

/* left and right fill characters around s. */
static Str *pad(Vm *vm, Str *s, uint64_t left, uint64_t right, const char *fill, size_t size)
{
    if (left + right == 0)
        return str_exact(vm, s);
    if (left > UINT32_MAX || right > UINT32_MAX) {
        raise_no_memory(vm);
        return NULL;
    }
    Str *r = str_alloc(vm, s->len + (size_t)(left + right) * size);
    if (!r)
        return NULL;
    char *to = put_fill(r->text, fill, size, (size_t)left);
    memcpy(to, str_data(s), s->len);
    put_fill(to + s->len, fill, size, (size_t)right);
    str_finish(r);
    return r;
}

enum { PAD_LEFT, PAD_RIGHT, PAD_BOTH };

static Value justify(Vm *vm, Value self, const Args *args, int how)
{
    Str *s = as_str(self);
    Value fill = args->v[1];
    int64_t width;
    if (!arg_ssize(vm, args->v[0], &width))
        return VALUE_ERROR;
    if (!is_str(fill))
        return raise_exc(vm, EXC_TypeError, "The fill character must be a unicode character, not %T", fill);
    if (as_str(fill)->chars != 1)
        return raise_exc(vm, EXC_TypeError, "The fill character must be exactly one character long");
    uint64_t n = width > (int64_t)s->chars ? (uint64_t)width - s->chars : 0, left = 0;
    if (how == PAD_LEFT)
        left = n;
    else if (how == PAD_BOTH)       /* the odd one goes to the left if the width is odd */
        left = n / 2 + (n & (uint64_t)width & 1);
    return value_from_obj(pad(vm, s, left, n - left, str_data(as_str(fill)), as_str(fill)->len));
}

Value str_m_center(Vm *vm, Value self, const Args *args) { return justify(vm, self, args, PAD_BOTH); }
Value str_m_ljust(Vm *vm, Value self, const Args *args) { return justify(vm, self, args, PAD_RIGHT); }
Value str_m_rjust(Vm *vm, Value self, const Args *args) { return justify(vm, self, args, PAD_LEFT); }

Value str_m_zfill(Vm *vm, Value self, const Args *args)
{
    Str *s = as_str(self);
    int64_t width;
    if (!arg_ssize(vm, args->v[0], &width))
        return VALUE_ERROR;
    if (width <= (int64_t)s->chars)
        return value_from_obj(str_exact(vm, s));
    uint64_t zeros = (uint64_t)width - s->chars;
    Str *r = pad(vm, s, zeros, 0, "0", 1);
    if (r && s->len && (r->text[zeros] == '+' || r->text[zeros] == '-')) {
        r->text[0] = r->text[zeros];
        r->text[zeros] = '0';
    }
    return value_from_obj(r);
}

Value str_m_expandtabs(Vm *vm, Value self, const Args *args)
{
    Str *s = as_str(self);
    int size;
    if (!arg_cint(vm, args->v[0], &size))
        return VALUE_ERROR;
    if (!memchr(str_data(s), '\t', s->len))
        return value_from_obj(str_exact(vm, s));
    Buf b;
    buf_init(&b, &vm->alloc);
    text_expand_tabs(&b, str_data(s), s->len, size);
    return value_from_obj(str_from_buf(vm, &b));
}

Value str_m_join(Vm *vm, Value self, const Args *args)
{
    return value_from_obj(str_join(vm, as_str(self), args->v[0]));
}
