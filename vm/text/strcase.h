/* SPDX-License-Identifier: MIT
 * Changing the case of whole texts (full mappings, final sigma) and of bytes (ASCII only). The result is
 * appended to a Buf (out->failed when out of memory). */
#ifndef VM_TEXT_STRCASE_H
#define VM_TEXT_STRCASE_H

#include "vm/buf.h"

typedef enum StrCase {
    STRCASE_LOWER, STRCASE_UPPER, STRCASE_TITLE, STRCASE_CAPITALIZE, STRCASE_SWAP, STRCASE_FOLD,
} StrCase;

void strcase_convert(Buf *out, const char *s, size_t n, StrCase how);

/* For bytes and for texts known to be ASCII: dst has room for n bytes and may be s itself. */
void strcase_convert_ascii(char *dst, const char *s, size_t n, StrCase how);

#endif
