/* SPDX-License-Identifier: MIT
 * bytes and bytearray. */
#ifndef VM_OBJECTS_BYTES_H
#define VM_OBJECTS_BYTES_H

#include "vm/ops.h"

MUST_USE Bytes *bytes_new(Vm *vm, const void *data, size_t len);        /* data NULL: zeroed, to be filled */
MUST_USE Bytes *bytes_new_raw(Vm *vm, size_t len);   /* to be filled; it may be made shorter before anybody sees it */
MUST_USE ByteArray *bytearray_new(Vm *vm, const void *data, size_t len);
/* The bytes of any bytes-like object; false: TypeError "a bytes-like object is required, not 'x'". */
MUST_USE bool bytes_view(Vm *vm, Value v, const char **data, size_t *len);
/* After bytes_view failed: takes away what it said, for words of the caller's own. */
bool bytes_refused(Vm *vm);
/* Does an object of another kind lend bytes? out may be NULL. */
bool bytes_lent(Vm *vm, Value v, LentBytes *out);
/* Has v's class a __buffer__ that is written in script? Then its bytes are asked for, copied and given back at once.
 * The flags are those that CPython asks with. */
bool bytes_by_script(Vm *vm, Value v);
MUST_USE Bytes *bytes_ask(Vm *vm, Value v, int flags);
/* What __buffer__ gives: a memoryview. */
MUST_USE Value bytes_ask_view(Vm *vm, Value v, int flags);
/* For who got the view: v.__release_buffer__(view), if v has that. */
MUST_USE bool bytes_give_back(Vm *vm, Value v, Value view);
#define BUFFER_SIMPLE 0
#define BUFFER_FULL_RO 284
/* The same of bytes that may be written to; false: TypeError, "<what> must be read-write bytes-like object, not x". */
MUST_USE bool bytes_writable(Vm *vm, Value v, const char *what, char **data, size_t *len);
MUST_USE bool bytes_types_init(Vm *vm);

#endif
