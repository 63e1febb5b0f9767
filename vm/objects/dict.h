/* SPDX-License-Identifier: MIT
 * Dictionaries. Insertion order; a fast path for interned-string keys; cell mode for module globals. */
#ifndef VM_OBJECTS_DICT_H
#define VM_OBJECTS_DICT_H

#include "vm/ops.h"

MUST_USE Dict *dict_new(Vm *vm);
/* The dict whose entries hold cells, for globals: code caches the Cell. */
MUST_USE bool dict_make_cells(Vm *vm, Dict *d);
/* Lookup. 1 found, 0 not, -1 error (a __hash__ or __eq__ raised). */
MUST_USE int dict_find(Vm *vm, Dict *d, Value key, Value *out);
/* With a string key: never calls script, never fails. EMPTY: absent. */
Value dict_get_str(Vm *vm, Dict *d, Str *key);
Value dict_get_cstr(Vm *vm, Dict *d, const char *key);
MUST_USE bool dict_set(Vm *vm, Dict *d, Value key, Value v);
MUST_USE bool dict_set_str(Vm *vm, Dict *d, Str *key, Value v);
MUST_USE bool dict_set_cstr(Vm *vm, Dict *d, const char *key, Value v);
MUST_USE int dict_delete(Vm *vm, Dict *d, Value key);       /* 1 deleted, 0 absent, -1 error */
MUST_USE int dict_pop(Vm *vm, Dict *d, Value key, Value *out);
/* setdefault: what is there, else v, which is there now. */
MUST_USE Value dict_setdefault(Vm *vm, Dict *d, Value key, Value v);
void dict_clear(Vm *vm, Dict *d);
MUST_USE Dict *dict_copy(Vm *vm, Dict *d);                  /* a plain one */
/* Merge a dict or a mapping (keys() and []); override: later wins. */
MUST_USE bool dict_update(Vm *vm, Dict *d, Value mapping, bool override);
static inline size_t dict_len(const Dict *d) { return d->used; }
/* Walk in order: *pos starts at 0. The dict may change meanwhile; then what is visited is unspecified but safe. */
bool dict_next(Dict *d, size_t *pos, Value *key, Value *value);
/* Cell mode only: the cell of a name, made unbound when `create`; NULL: absent, or MemoryError pending. */
Cell *dict_cell(Vm *vm, Dict *d, Str *name, bool create);
MUST_USE bool dict_types_init(Vm *vm);

#endif
