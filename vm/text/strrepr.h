/* SPDX-License-Identifier: MIT
 * repr() and ascii() of text, repr() of bytes, appended to a Buf (out->failed when out of memory). */
#ifndef VM_TEXT_STRREPR_H
#define VM_TEXT_STRREPR_H

#include "vm/buf.h"

/* 'text' with Python's choice of quotes; what is not printable is escaped. */
void strrepr_str(Buf *out, const char *s, size_t n);

/* The same with every non-ASCII character escaped. */
void strrepr_ascii(Buf *out, const char *s, size_t n);

/* A text that is some repr() already, with non-ASCII characters escaped: ascii(x) from repr(x). */
void strrepr_escape_non_ascii(Buf *out, const char *s, size_t n);

/* b'bytes', and the same without the b. */
void strrepr_bytes(Buf *out, const char *s, size_t n);
void strrepr_bytes_quoted(Buf *out, const char *s, size_t n);

/* \xhh, \uhhhh or \Uhhhhhhhh, the shortest that fits. */
void strrepr_escape_char(Buf *out, uint32_t c);

#endif
