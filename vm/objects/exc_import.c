/* SPDX-License-Identifier: MIT
 * ImportError, NameError, AttributeError and SyntaxError: exceptions that say what they are about. */
#include "vm/objects/exceptions.h"

#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

static Value text(Str *s)
{
    return s ? value_from_obj(s) : VALUE_ERROR;
}

/* Keywords that were given become fields 0 … n-1. */
static bool take_fields(Vm *vm, Value self, const Args *args, const uint8_t *fields, unsigned n)
{
    if (!exc_init_args(vm, self, args, VALUE_EMPTY))
        return false;
    for (unsigned i = 0; i < n; i++)
        if (!exc_set_field(vm, as_exc(self), fields[i], args->v[i]))
            return false;
    return true;
}

/* ---- ImportError ---- */

static Value import_m_init(Vm *vm, Value self, const Args *args)
{
    static const uint8_t fields[] = { FIELD_IMPORT_NAME, FIELD_IMPORT_PATH, FIELD_IMPORT_NAME_FROM };
    if (!take_fields(vm, self, args, fields, 3))
        return VALUE_ERROR;
    Value msg = args->nrest == 1 ? args->rest[0] : VALUE_EMPTY;
    return exc_set_field(vm, as_exc(self), FIELD_IMPORT_MSG, msg) ? VALUE_NONE : VALUE_ERROR;
}

static Value import_m_str(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Value msg = exc_field(as_exc(self), FIELD_IMPORT_MSG);
    return !value_is_empty(msg) && is_exact(msg, SHAPE_STR_ID) ? msg : exc_plain_str(vm, as_exc(self));
}

/* The attributes and, under their names, the fields that are set. */
static Dict *state_of(Vm *vm, Value self, const uint8_t *fields, const char *const *names, unsigned n)
{
    Dict *own = attr_dict(vm, self), *d = own ? dict_copy(vm, own) : NULL;
    for (unsigned i = 0; d && i < n; i++) {
        Value v = exc_field(as_exc(self), fields[i]);
        if (!value_is_empty(v) && !dict_set_cstr(vm, d, names[i], v))
            return NULL;
    }
    return d;
}

static Value reduced(Vm *vm, Value self, Dict *state)
{
    if (!state)
        return VALUE_ERROR;
    Value parts[3] = { value_from_obj(type_of(vm, self)), as_exc(self)->args, value_from_obj(state) };
    Tuple *t = tuple_from(vm, parts, dict_len(state) ? 3 : 2);
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static Value import_m_reduce(Vm *vm, Value self, const Args *args)
{
    static const uint8_t fields[] = { FIELD_IMPORT_NAME, FIELD_IMPORT_PATH, FIELD_IMPORT_NAME_FROM };
    static const char *const names[] = { "name", "path", "name_from" };
    (void)args;
    return reduced(vm, self, state_of(vm, self, fields, names, 3));
}

const MethodDef exc_import_methods[] = {
    METHOD(import, reduce, "__reduce__()", "Helper for pickle."),
    METHOD(import, init, "__init__(*args, name=..., path=..., name_from=...)", "Initialize self."),
    METHOD(import, str, "__str__()", "Return str(self)."),
    { 0 }
};
const GetSetDef exc_import_getsets[] = {
    FIELD("name", "The module that was to be imported.", 0),
    FIELD("path", "Its file, if one was found.", 1),
    FIELD("msg", "What went wrong.", 2),
    FIELD("name_from", "The name that the module does not have.", 3),
    { 0 }
};

/* ---- NameError, AttributeError ---- */

static Value name_m_init(Vm *vm, Value self, const Args *args)
{
    static const uint8_t fields[] = { FIELD_NAME };
    return take_fields(vm, self, args, fields, 1) ? VALUE_NONE : VALUE_ERROR;
}

const MethodDef exc_name_methods[] = {
    METHOD(name, init, "__init__(*args, name=...)", "Initialize self."),
    { 0 }
};
const GetSetDef exc_name_getsets[] = { FIELD("name", "The name that is not bound.", 0), { 0 } };

static Value attribute_m_init(Vm *vm, Value self, const Args *args)
{
    static const uint8_t fields[] = { FIELD_NAME, FIELD_OBJ };
    return take_fields(vm, self, args, fields, 2) ? VALUE_NONE : VALUE_ERROR;
}

/* Without the object, which may be anything. */
static Dict *attribute_state(Vm *vm, Value self)
{
    static const uint8_t fields[] = { FIELD_NAME };
    static const char *const names[] = { "name" };
    Dict *d = state_of(vm, self, fields, names, 1);
    return d && dict_set_cstr(vm, d, "args", as_exc(self)->args) ? d : NULL;
}

static Value attribute_m_getstate(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Dict *d = attribute_state(vm, self);
    return d ? value_from_obj(d) : VALUE_ERROR;
}

static Value attribute_m_reduce(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return reduced(vm, self, attribute_state(vm, self));
}

const MethodDef exc_attribute_methods[] = {
    METHOD(attribute, getstate, "__getstate__()", "Helper for pickle."),
    METHOD(attribute, reduce, "__reduce__()", "Helper for pickle."),
    METHOD(attribute, init, "__init__(*args, name=..., obj=...)", "Initialize self."),
    { 0 }
};
const GetSetDef exc_attribute_getsets[] = {
    FIELD("name", "The attribute that is missing.", 0),
    FIELD("obj", "The object that lacks it.", 1),
    { 0 }
};

/* ---- SyntaxError ---- */

/* (filename, lineno, offset, text[, end_lineno, end_offset]) */
static bool take_place(Vm *vm, Exc *e, Value place)
{
    Value t = op_tuple_of(vm, place);
    if (value_is_empty(t))
        return false;
    Tuple *p = as_tuple(t);
    if (p->len < 4 || p->len > 6) {
        raise_exc(vm, EXC_TypeError, "function takes at %s %d arguments (%zu given)", p->len < 4 ? "least" : "most",
              p->len < 4 ? 4 : 6, p->len);
        return false;
    }
    for (unsigned i = 0; i < 6; i++)
        if (!exc_set_field(vm, e, FIELD_SYNTAX_FILENAME + i, i < p->len ? p->items[i] : VALUE_EMPTY))
            return false;
    if (p->len == 5) {
        raise_exc(vm, EXC_TypeError, "end_offset must be provided when end_lineno is provided");
        return false;
    }
    return true;
}

static Value syntax_m_init(Vm *vm, Value self, const Args *args)
{
    if (!exc_init_args(vm, self, args, args->v[0]))
        return VALUE_ERROR;
    Exc *e = as_exc(self);
    if (args->nrest && !exc_set_field(vm, e, FIELD_SYNTAX_MSG, args->rest[0]))
        return VALUE_ERROR;
    if (args->nrest == 2 && !take_place(vm, e, args->rest[1]))
        return VALUE_ERROR;
    return VALUE_NONE;
}

static Value syntax_m_str(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Exc *e = as_exc(self);
    Value msg = exc_field(e, FIELD_SYNTAX_MSG), line = exc_field(e, FIELD_SYNTAX_LINENO);
    Value file = exc_field(e, FIELD_SYNTAX_FILENAME);
    bool has_file = is_str(file), has_line = !value_is_empty(line) && (value_is_int48(line) || is_exact(line, SHAPE_INT_ID));
    msg = value_is_empty(msg) ? VALUE_NONE : msg;
    if (!has_file)
        return text(has_line ? str_printf(vm, "%V (line %V)", msg, line) : op_str(vm, msg));
    const char *name = str_data(as_str(file)), *slash = memrchr(name, '/', as_str(file)->len);
    Str *base = slash ? str_new(vm, slash + 1, as_str(file)->len - (size_t)(slash + 1 - name)) : as_str(file);
    if (!base)
        return VALUE_ERROR;
    return text(has_line ? str_printf(vm, "%V (%S, line %V)", msg, base, line) : str_printf(vm, "%V (%S)", msg, base));
}

const MethodDef exc_syntax_methods[] = {
    METHOD(syntax, init, "__init__(*args, **kwargs)", "Initialize self."),
    METHOD(syntax, str, "__str__()", "Return str(self)."),
    { 0 }
};
const GetSetDef exc_syntax_getsets[] = {
    FIELD("msg", "What is wrong.", 0),
    FIELD("filename", "In which file.", 1),
    FIELD("lineno", "In which line.", 2),
    FIELD("offset", "At which character, from 1.", 3),
    FIELD("text", "The line.", 4),
    FIELD("end_lineno", "The line in which it ends.", 5),
    FIELD("end_offset", "The character behind its end.", 6),
    FIELD("print_file_and_line", "Is the place to be printed?", 7),
    { 0 }
};
