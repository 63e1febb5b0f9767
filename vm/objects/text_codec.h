/* SPDX-License-Identifier: MIT
 * Encoding and decoding as str.encode() and bytes.decode() do, with exceptions. */
#ifndef VM_OBJECTS_TEXT_CODEC_H
#define VM_OBJECTS_TEXT_CODEC_H

#include "vm/ops.h"

/* encoding, errors NULL: "utf-8", "strict". object: what the data belongs to, for the exception (bytes-like; EMPTY:
 * a copy of the data is made). NULL: exception pending. */
MUST_USE Str *text_decode(Vm *vm, Value object, const char *data, size_t len, Str *encoding, Str *errors);
MUST_USE Bytes *text_encode(Vm *vm, Str *s, Str *encoding, Str *errors);

#endif
