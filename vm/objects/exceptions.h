/* SPDX-License-Identifier: MIT
 * Built-in exceptions from C: their fields, the pieces of exceptions.c. */
#ifndef VM_OBJECTS_EXCEPTIONS_H
#define VM_OBJECTS_EXCEPTIONS_H

#include "vm/ops.h"

/* Fields of a built-in exception, numbered per type. 0 and 1 lie in Exc.extra, those above in a Values that
 * hangs in extra[2] once one of them is set. EMPTY: unset, scripts see None. */
enum {
    FIELD_STOP_VALUE = 0,
    FIELD_EXIT_CODE = 0,
    FIELD_NAME = 0, FIELD_OBJ = 1,                              /* NameError, AttributeError */
    FIELD_IMPORT_NAME = 0, FIELD_IMPORT_PATH, FIELD_IMPORT_MSG, FIELD_IMPORT_NAME_FROM,
    FIELD_ERRNO = 0, FIELD_STRERROR, FIELD_FILENAME, FIELD_FILENAME2, FIELD_WRITTEN,
    FIELD_SYNTAX_MSG = 0, FIELD_SYNTAX_FILENAME, FIELD_SYNTAX_LINENO, FIELD_SYNTAX_OFFSET, FIELD_SYNTAX_TEXT,
    FIELD_SYNTAX_END_LINENO, FIELD_SYNTAX_END_OFFSET, FIELD_SYNTAX_PRINT,
    FIELD_UNICODE_ENCODING = 0, FIELD_UNICODE_OBJECT, FIELD_UNICODE_START, FIELD_UNICODE_END, FIELD_UNICODE_REASON,
    FIELD_GROUP_MESSAGE = 0, FIELD_GROUP_EXCS,
    FIELD_COUNT = 8
};
Value exc_field(const Exc *e, unsigned field);
MUST_USE bool exc_set_field(Vm *vm, Exc *e, unsigned field, Value v);

/* Getters and setters of the fields by number, for tables of types. */
typedef Value (*FieldGet)(Vm *vm, Value self);
typedef bool (*FieldSet)(Vm *vm, Value self, Value v);
#define FIELD_ACCESS(N) Value exc_field_get_##N(Vm *vm, Value self); bool exc_field_set_##N(Vm *vm, Value self, Value v);
FIELD_ACCESS(0) FIELD_ACCESS(1) FIELD_ACCESS(2) FIELD_ACCESS(3) FIELD_ACCESS(4) FIELD_ACCESS(5) FIELD_ACCESS(6)
FIELD_ACCESS(7)
#undef FIELD_ACCESS
#define FIELD(name, doc, N) { name, doc, exc_field_get_##N, exc_field_set_##N }

/* An instance with args and nothing else, past any __init__. cls derives from BaseException. */
MUST_USE Exc *exc_alloc(Vm *vm, Type *cls, uint32_t n, const Value *args);
/* exc_startup.c: into vm->startup_classes. */
MUST_USE bool exc_add_startup_classes(Vm *vm);
/* BaseException's own __str__. */
MUST_USE Value exc_plain_str(Vm *vm, Exc *e);
/* e.add_note(note) */
MUST_USE bool exc_add_note(Vm *vm, Value exc, Value note);
/* What BaseException.__init__ does; TypeError when there are keywords. */
MUST_USE bool exc_init_args(Vm *vm, Value self, const Args *args, Value kwargs);
bool exc_new_is_plain(Value ctor);        /* BaseException.__new__, or one that does the same */

/* Methods and attributes that one type adds to its base's. */
typedef struct ExcParts {
    ExcId id;
    const MethodDef *methods;
    const GetSetDef *getsets;
} ExcParts;
extern const MethodDef exc_os_methods[];
extern const GetSetDef exc_os_getsets[];
extern const MethodDef exc_import_methods[], exc_name_methods[], exc_attribute_methods[], exc_syntax_methods[];
extern const GetSetDef exc_import_getsets[], exc_name_getsets[], exc_attribute_getsets[], exc_syntax_getsets[];
extern const MethodDef exc_encode_methods[], exc_decode_methods[], exc_translate_methods[];
extern const GetSetDef exc_unicode_getsets[];
extern const MethodDef exc_group_methods[];
extern const GetSetDef exc_group_getsets[];
/* ExceptionGroup, of two bases: that one and Exception. */
MUST_USE Type *exc_group_type(Vm *vm, const char *name, const char *doc, Type *base);

#endif
