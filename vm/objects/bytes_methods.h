/* SPDX-License-Identifier: MIT
 * What the files of bytes, bytearray and memoryview share. */
#ifndef VM_OBJECTS_BYTES_METHODS_H
#define VM_OBJECTS_BYTES_METHODS_H

#include "vm/objects/bytes.h"
#include "vm/objects/str_methods.h"

#define BYTES_METHOD(name, signature, doc, flags) Value bytes_m_##name(Vm *vm, Value self, const Args *args);
#include "vm/objects/bytes_methods.def"

typedef struct Span {
    const char *p;
    size_t n;
} Span;

/* The contents of bytes or a bytearray. They stay in memory while the pointer is on the C stack, but a
 * bytearray changes when script runs: ask anew then. */
static inline Span bytes_span(Value v)
{
    if (is_bytes(v))
        return (Span){ as_bytes(v)->data, as_bytes(v)->len };
    const ByteArray *b = as_bytearray(v);
    return (Span){ b->buf ? bytearray_data(b) : "", b->len };
}
static inline bool is_memoryview(Vm *vm, Value v)
{
    return is_exact(v, vm->types.memoryview->root_shape->id);
}
static inline bool is_bytes_like(Vm *vm, Value v)
{
    return is_bytes(v) || is_bytearray(v) || is_memoryview(vm, v) || bytes_lent(vm, v, NULL) ||
           bytes_by_script(vm, v);
}
/* Any bytes-like object; false: TypeError. */
static inline MUST_USE bool span_of(Vm *vm, Value v, Span *s)
{
    return bytes_view(vm, v, &s->p, &s->n);
}

/* New bytes, or a new bytearray where self is one. */
MUST_USE Value bytes_like(Vm *vm, Value self, const char *data, size_t n);
/* The same, to be filled: *out is the place. */
MUST_USE Value bytes_alloc_like(Vm *vm, Value self, size_t n, char **out);
MUST_USE Value bytes_from_buf_like(Vm *vm, Value self, Buf *b);     /* frees the buffer */
/* A part of self; exact bytes for the whole of themselves. */
MUST_USE Value bytes_part(Vm *vm, Value self, size_t from, size_t to);
/* An int by __index__ in range(256); `what` begins the ValueError "... must be in range(0, 256)". */
MUST_USE bool byte_value(Vm *vm, Value v, const char *what, unsigned char *out);
static inline bool has_index(Vm *vm, Value v)
{
    return is_int(v) || !value_is_empty(type_special(type_of(vm, v), SPECIAL_INDEX));
}
/* The bytes of an iterable of ints, or of a bytes-like object, appended. */
MUST_USE bool bytes_collect(Vm *vm, Value iterable, const char *what, const char *type, Buf *out);
/* What bytes(source, encoding, errors) holds, appended to out. False: exception pending. */
MUST_USE bool bytes_source(Vm *vm, const Args *args, const char *what, const char *type, Buf *out);
MUST_USE Str *bytes_hex(Vm *vm, Span s, const Args *args);

int64_t bytes_hash_data(Vm *vm, const char *data, size_t n);        /* never -1 */

MUST_USE bool bytearray_type_init(Vm *vm);
MUST_USE bool memoryview_type_init(Vm *vm);
/* The memoryview's bytes: false with BufferError or ValueError when it is released or not contiguous. */
MUST_USE Value memoryview_bytes(Vm *vm, Value self);        /* its items as bytes, wherever they lie */
bool memoryview_is_readonly(Value self);
MUST_USE bool memoryview_view(Vm *vm, Value v, const char **data, size_t *len);

#endif
