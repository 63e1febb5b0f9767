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
/* Of an interned string, if it is found at the first look; EMPTY: look properly. */
Value dict_get_interned(const Dict *d, const Str *key);
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
size_t dict_count_bound(const Dict *d);
static inline size_t dict_len(const Dict *d) { return d->h.flags & DICT_CELLS ? dict_count_bound(d) : d->used; }
static inline uint16_t dict_skipped(const Dict *d) { return d->table ? d->table->skipped : 0; }
/* Walk in order: *pos starts at 0. The dict may change meanwhile; then what is visited is unspecified but safe. */
bool dict_next(Dict *d, size_t *pos, Value *key, Value *value);
/* The same from the end: *pos starts at SIZE_MAX. */
bool dict_prev(Dict *d, size_t *pos, Value *key, Value *value);
/* For those who have the hash already (dict_key_hash), or walk one table to change another. */
MUST_USE bool dict_key_hash(Vm *vm, Value key, int64_t *hash);
MUST_USE int dict_find_hash(Vm *vm, Dict *d, Value key, int64_t hash, Value *out);
MUST_USE bool dict_set_hash(Vm *vm, Dict *d, Value key, int64_t hash, Value v);
MUST_USE int dict_pop_hash(Vm *vm, Dict *d, Value key, int64_t hash, Value *out);
bool dict_next_hash(Dict *d, size_t *pos, Value *key, Value *value, int64_t *hash);
bool dict_pop_last(Vm *vm, Dict *d, Value *key, Value *value);     /* false: empty */
/* For who takes entries from the front: the first live entry is not before this one. The owner traces the table. */
typedef struct DictFront {
    DictTable *table;           /* of which that is true; NULL: nothing is known */
    uint32_t resets, first;
} DictFront;
/* The entry of a key that is there comes first (true) or last. 1 done, 0 there is none, -1 error. */
MUST_USE int dict_move(Vm *vm, Dict *d, Value key, bool first, DictFront *f);
/* The entry that stands first. False: empty. */
bool dict_pop_first(Vm *vm, Dict *d, DictFront *f, Value *key, Value *value);
MUST_USE bool dict_reserve(Vm *vm, Dict *d, size_t more);
/* Cell mode only: the cell of a name, made unbound when `create`; NULL: absent, or MemoryError pending.
 * An unbound cell may belong to no dict any more: look it up again before storing into it. */
Cell *dict_cell(Vm *vm, Dict *d, Str *name, bool create);
MUST_USE bool dict_types_init(Vm *vm);

#endif
