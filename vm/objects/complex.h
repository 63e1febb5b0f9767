/* SPDX-License-Identifier: MIT
 * Complex numbers. */
#ifndef VM_OBJECTS_COMPLEX_H
#define VM_OBJECTS_COMPLEX_H

#include "vm/objects/int.h"

MUST_USE Value complex_new(Vm *vm, Cplx z);
/* op as op_binary; operands are numbers of any kind, else NOT_IMPLEMENTED. */
MUST_USE Value complex_binary(Vm *vm, unsigned op, Value a, Value b);
Cplx cplx_mul(Cplx a, Cplx b);
Cplx cplx_div(Cplx a, Cplx b);                  /* b is not 0 */
/* Any number, by __complex__ or as a float. */
MUST_USE bool complex_of(Vm *vm, Value v, Cplx *out);
/* "1+2j", "(1e3-j)", " 3 ". False: not a complex number. */
MUST_USE bool complex_scan(const char *text, size_t len, Cplx *out);
MUST_USE Value complex_format_spec(Vm *vm, Value v, Str *spec);
MUST_USE bool complex_type_init(Vm *vm);

#endif
