/* SPDX-License-Identifier: MIT
 * What the two halves of module _json share. */
#ifndef STDLIB_JSON_JSON_H
#define STDLIB_JSON_JSON_H

#include "runtime/runtime.h"
#include "vm/buf.h"

/* Deeper documents end in RecursionError, as CPython's do at about this depth. */
#define JSON_DEPTH_MAX 10000u
/* False: RecursionError pending. doing: " while …". */
MUST_USE bool json_enter(Vm *vm, unsigned depth, const char *doing);

/* encode.c */
void json_put_string(Buf *out, const char *p, size_t n, bool ascii);
MUST_USE bool json_encode_init(Vm *vm, Module *m);

#endif
