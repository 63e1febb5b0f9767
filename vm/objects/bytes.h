/* SPDX-License-Identifier: MIT
 * bytes and bytearray. */
#ifndef VM_OBJECTS_BYTES_H
#define VM_OBJECTS_BYTES_H

#include "vm/ops.h"

MUST_USE Bytes *bytes_new(Vm *vm, const void *data, size_t len);        /* data NULL: zeroed, to be filled */
MUST_USE ByteArray *bytearray_new(Vm *vm, const void *data, size_t len);
/* The bytes of any bytes-like object; false: TypeError "a bytes-like object is required, not 'x'". */
MUST_USE bool bytes_view(Vm *vm, Value v, const char **data, size_t *len);
MUST_USE bool bytes_types_init(Vm *vm);

#endif
