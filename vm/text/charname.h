/* SPDX-License-Identifier: MIT
 * Names of characters: for \N{...}, unicodedata.name() and lookup(), and the handler "namereplace". */
#ifndef VM_TEXT_CHARNAME_H
#define VM_TEXT_CHARNAME_H

#include "vm/object.h"

typedef struct CharnameIndex CharnameIndex;

enum { CHARNAME_MAX = 128, CHARNAME_SEQUENCE_MAX = 4 };

/* The name of c in out, which has room for CHARNAME_MAX bytes, without a zero behind it. Returns its
 * length, 0 if c has no name (control characters have none, only aliases). */
size_t charname_of(uint32_t c, char *out);

/* The character of that name or alias, upper or lower case. False: there is none. vm, which keeps an index from the
 * first time on, may be NULL. */
MUST_USE bool charname_find(Vm *vm, const char *name, size_t n, uint32_t *c);

/* The same, but named sequences are found too. out has room for CHARNAME_SEQUENCE_MAX code points; returns
 * how many there are, 0 for none. */
size_t charname_find_sequence(Vm *vm, const char *name, size_t n, uint32_t *out);

/* What the VM keeps to find names by. */
void charname_release(Vm *vm);

#endif
