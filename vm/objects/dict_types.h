/* SPDX-License-Identifier: MIT
 * What the files of dict, its views and iterators share. */
#ifndef VM_OBJECTS_DICT_TYPES_H
#define VM_OBJECTS_DICT_TYPES_H

#include "vm/objects/dict.h"

/* kind: ITER_DICT_* of iter.h. */
MUST_USE Value dict_iter_new(Vm *vm, Dict *d, unsigned kind);
/* what: DICT_KEYS, DICT_VALUES or DICT_ITEMS. */
MUST_USE Value dict_view_new(Vm *vm, Dict *d, unsigned what);
static inline unsigned dict_view_what(Value v) { return as_dictview(v)->h.flags & 3u; }
/* One of dict's own, not of OrderedDict's. */
static inline bool dict_view_is_plain(Vm *vm, Value v)
{
    const Type *t = type_of(vm, v);
    return t == vm->types.dict_keys || t == vm->types.dict_values || t == vm->types.dict_items;
}
MUST_USE bool dict_iter_types_init(Vm *vm);
MUST_USE bool dict_view_types_init(Vm *vm);

#endif
