/* SPDX-License-Identifier: MIT
 * What the files of float share. */
#ifndef VM_OBJECTS_FLOAT_OPS_H
#define VM_OBJECTS_FLOAT_OPS_H

#include "vm/ops.h"

/* x // y and x % y; y is not 0. */
void float_divmod(double x, double y, double *div, double *mod);

#endif
