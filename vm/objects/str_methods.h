/* SPDX-License-Identifier: MIT
 * What the files of str's methods share. */
#ifndef VM_OBJECTS_STR_METHODS_H
#define VM_OBJECTS_STR_METHODS_H

#include "vm/buf.h"
#include "vm/num/numfmt.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

#define STR_METHOD(name, signature, doc, flags) Value str_m_##name(Vm *vm, Value self, const Args *args);
#include "vm/objects/str_methods.def"

/* The part [from, to), in bytes, as an exact str. */
MUST_USE Str *str_part(Vm *vm, Str *s, size_t from, size_t to);
/* s itself, or a copy of the exact type. */
static inline MUST_USE Str *str_exact(Vm *vm, Str *s)
{
    return s->h.shape == SHAPE_STR_ID ? s : str_new(vm, str_data(s), s->len);
}
/* An int argument as Py_ssize_t or int, with the words for one that does not fit. */
MUST_USE bool arg_ssize(Vm *vm, Value v, int64_t *out);
MUST_USE bool arg_cint(Vm *vm, Value v, int *out);
/* start and end of a method's range of a sequence (None: its ends), clamped; *start may lie behind *end. */
MUST_USE bool arg_range(Vm *vm, Value start, Value end, size_t len, int64_t *from, int64_t *to);
typedef struct SliceRange {
    int64_t start, stop, step, count;
} SliceRange;
/* What a slice means for a length that no script changes. */
static inline MUST_USE bool slice_range(Vm *vm, Slice *s, size_t len, SliceRange *r)
{
    if (!slice_unpack(vm, s, &r->start, &r->stop, &r->step))
        return false;
    r->count = slice_adjust((int64_t)len, &r->start, &r->stop, r->step);
    return true;
}
/* format() and the % operator cannot give more than this. */
#define FORMAT_LEN_MAX ((int64_t)UINT32_MAX - 64)
/* `format % arg`; bytes: of bytes, into *out. False: exception pending. */
MUST_USE bool percent_format(Vm *vm, const char *format, size_t len, Value arg, bool bytes, Buf *out);

/* s[slice]; the slice may lie on the C stack. */
MUST_USE Value str_subscript_slice(Vm *vm, Str *s, Slice *slice);

#endif
