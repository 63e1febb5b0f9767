/* SPDX-License-Identifier: MIT
 * What the files of dict, its views and iterators share. */
#ifndef VM_OBJECTS_DICT_TYPES_H
#define VM_OBJECTS_DICT_TYPES_H

#include "vm/objects/dict.h"

/* kind: ITER_DICT_* of iter.h. */
MUST_USE Value dict_iter_new(Vm *vm, Dict *d, unsigned kind);
/* what: DICT_KEYS, DICT_VALUES or DICT_ITEMS. */
MUST_USE Value dict_view_new(Vm *vm, Dict *d, unsigned what);
MUST_USE bool dict_iter_types_init(Vm *vm);
MUST_USE bool dict_view_types_init(Vm *vm);

#endif
