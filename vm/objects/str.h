/* SPDX-License-Identifier: MIT
 * Strings. All constructors give NULL with MemoryError pending when memory is out. */
#ifndef VM_OBJECTS_STR_H
#define VM_OBJECTS_STR_H

#include <stdarg.h>

#include "vm/ops.h"

/* From valid UTF-8 (WTF-8); copies. Short ASCII results may be shared. */
MUST_USE Str *str_new(Vm *vm, const char *utf8, size_t len);
MUST_USE Str *str_cstr(Vm *vm, const char *utf8);
/* From any bytes: invalid UTF-8 raises UnicodeDecodeError. */
MUST_USE Str *str_decode(Vm *vm, const char *bytes, size_t len);
/* Inline and writable, of `len` bytes, not yet hashed; call str_finish() when the text is there. */
MUST_USE Str *str_alloc(Vm *vm, size_t len);
static inline void str_finish_ascii(Str *s)                 /* the same of ASCII text */
{
    s->text[s->len] = 0;
    s->h.flags |= STR_ASCII;
    s->chars = s->len;
}
void str_finish(Str *s);                                    /* counts, flags, NUL */
MUST_USE Str *str_printf(Vm *vm, const char *fmt, ...);     /* raise_exc()'s format */
MUST_USE Str *str_vprintf(Vm *vm, const char *fmt, va_list ap);
MUST_USE Str *str_intern(Vm *vm, const char *utf8, size_t len);
MUST_USE Str *str_intern_str(Vm *vm, Str *s);               /* the interned one equal to s */
MUST_USE Str *str_concat(Vm *vm, Str *a, Str *b);           /* amortised constant when a was made by it */
MUST_USE Str *str_concat3(Vm *vm, Str *a, Str *b, Str *c);      /* (a + b) + c */
MUST_USE Str *str_char(Vm *vm, uint32_t cp);
MUST_USE Str *str_join(Vm *vm, Str *sep, Value iterable);
MUST_USE Value str_at(Vm *vm, Str *s, int64_t i);           /* code point i as a string, 0 <= i < chars */
MUST_USE Str *str_slice(Vm *vm, Str *s, int64_t start, int64_t stop);   /* code points, in range */
MUST_USE Str *str_ascii_part(Vm *vm, const Str *s, size_t from, size_t to);     /* of an ASCII one; exact, never s itself */
size_t str_offset(Vm *vm, Str *s, uint32_t char_index);     /* byte offset of a code point */
uint32_t str_index_of(Vm *vm, Str *s, size_t offset);       /* code point index of a byte offset */
uint32_t str_hash(Vm *vm, Str *s);                          /* 0: of the empty string alone */
bool str_equal(const Str *a, const Str *b);
bool str_is(const Str *s, const char *text);                /* equals a C string */
int str_compare(const Str *a, const Str *b);                /* by code points: <0, 0, >0 */
/* NUL-terminated text without a NUL inside; else ValueError "embedded null character". Lives while s is
 * reachable from the caller's C stack (a buffered string is copied to a new one first: *keep). */
MUST_USE const char *str_c(Vm *vm, Str *s, Value *keep);
static inline bool str_same(Vm *vm, const Str *a, const Str *b) { (void)vm; return a == b || str_equal(a, b); }
struct Buf;
MUST_USE Value str_format_spec(Vm *vm, Value self, Str *spec);   /* format(self, spec) */
MUST_USE Str *str_from_buf(Vm *vm, struct Buf *b);          /* frees the buffer; NULL also when it had failed */
MUST_USE bool str_types_init(Vm *vm);

#endif
