/* SPDX-License-Identifier: MIT
 * BaseException, the simple types that derive from it, and the making of all of vm/exceptions.def. The larger types
 * are in exc_os.c, exc_import.c, exc_unicode.c and exc_group.c. */
#include "vm/objects/exceptions.h"

#include "vm/objects/core.h"
#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

/* ---- fields ---- */

Value exc_field(const Exc *e, unsigned field)
{
    if (field < 2)
        return e->extra[field];
    return value_is_empty(e->extra[2]) ? VALUE_EMPTY : ((Values *)value_obj(e->extra[2]))->items[field - 2];
}

bool exc_set_field(Vm *vm, Exc *e, unsigned field, Value v)
{
    if (field < 2) {
        heap_set(vm, e, &e->extra[field], v);
        return true;
    }
    if (value_is_empty(e->extra[2])) {
        if (value_is_empty(v))
            return true;
        Values *rest = values_new(vm, FIELD_COUNT - 2);
        if (!rest)
            return false;
        heap_set(vm, e, &e->extra[2], value_from_obj(rest));
    }
    Values *rest = (Values *)value_obj(e->extra[2]);
    heap_set(vm, rest, &rest->items[field - 2], v);
    return true;
}

#define FIELD_ACCESS(N)                                             \
    Value exc_field_get_##N(Vm *vm, Value self)                     \
    {                                                               \
        (void)vm;                                                   \
        Value v = exc_field(as_exc(self), N);                       \
        return value_is_empty(v) ? VALUE_NONE : v;                  \
    }                                                               \
    bool exc_field_set_##N(Vm *vm, Value self, Value v)             \
    {                                                               \
        return exc_set_field(vm, as_exc(self), N, v);               \
    }
FIELD_ACCESS(0)
FIELD_ACCESS(1)
FIELD_ACCESS(2)
FIELD_ACCESS(3)
FIELD_ACCESS(4)
FIELD_ACCESS(5)
FIELD_ACCESS(6)
FIELD_ACCESS(7)
#undef FIELD_ACCESS

/* ---- BaseException ---- */

static Value text(Str *s)
{
    return s ? value_from_obj(s) : VALUE_ERROR;
}

Exc *exc_alloc(Vm *vm, Type *cls, uint32_t n, const Value *args)
{
    Exc *e = (Exc *)object_alloc(vm, cls);
    Tuple *a = e ? tuple_from(vm, args, n) : NULL;
    if (!a)
        return NULL;
    e->args = value_from_obj(a);
    e->traceback = e->cause = e->context = VALUE_NONE;
    return e;
}

static Value base_m_new(Vm *vm, Value self, const Args *args)
{
    Exc *e = exc_alloc(vm, as_type(self), args->nrest, args->rest);
    return e ? value_from_obj(e) : VALUE_ERROR;
}

bool exc_init_args(Vm *vm, Value self, const Args *args, Value kwargs)
{
    if (!value_is_empty(kwargs) && dict_len(as_dict(kwargs))) {
        raise_exc(vm, EXC_TypeError, "%T() takes no keyword arguments", self);
        return false;
    }
    Tuple *a = tuple_from(vm, args->rest, args->nrest);
    if (!a)
        return false;
    Exc *e = as_exc(self);
    heap_set(vm, e, &e->args, value_from_obj(a));
    return true;
}

static Value base_m_init(Vm *vm, Value self, const Args *args)
{
    return exc_init_args(vm, self, args, args->v[0]) ? VALUE_NONE : VALUE_ERROR;
}

Value exc_plain_str(Vm *vm, Exc *e)
{
    Tuple *args = as_tuple(e->args);
    if (args->len == 0)
        return value_from_obj(vm->empty_str);
    return text(op_str(vm, args->len == 1 ? args->items[0] : e->args));
}

static Value base_m_str(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return exc_plain_str(vm, as_exc(self));
}

static Value base_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Tuple *a = as_tuple(as_exc(self)->args);
    if (a->len == 1)
        return text(str_printf(vm, "%T(%R)", self, a->items[0]));
    return text(str_printf(vm, "%T%R", self, value_from_obj(a)));
}

static Value base_m_reduce(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Value parts[3] = { value_from_obj(type_of(vm, self)), as_exc(self)->args, VALUE_NONE };
    Dict *d = attr_dict(vm, self);
    if (!d)
        return VALUE_ERROR;
    parts[2] = value_from_obj(d);
    Tuple *t = tuple_from(vm, parts, dict_len(d) ? 3 : 2);
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static Value base_m_setstate(Vm *vm, Value self, const Args *args)
{
    Value state = args->v[0], key, v;
    if (value_is_none(state))
        return VALUE_NONE;
    if (!is_dict(state))
        return raise_exc(vm, EXC_TypeError, "state is not a dictionary");
    size_t pos = 0;
    while (dict_next(as_dict(state), &pos, &key, &v)) {
        if (!is_str(key))
            return raise_exc(vm, EXC_TypeError, "attribute name must be string, not '%T'", key);
        if (!attr_set(vm, self, as_str(key), v))
            return VALUE_ERROR;
    }
    return VALUE_NONE;
}

static bool base_s_traceback(Vm *vm, Value self, Value v);

static Value base_m_with_traceback(Vm *vm, Value self, const Args *args)
{
    return base_s_traceback(vm, self, args->v[0]) ? self : VALUE_ERROR;
}

bool exc_add_note(Vm *vm, Value exc, Value note)
{
    if (!is_str(note)) {
        raise_exc(vm, EXC_TypeError, "note must be a str, not '%T'", note);
        return false;
    }
    Value notes = attr_get_opt(vm, exc, vm->names.dunder_notes);
    if (value_is_empty(notes)) {
        if (vm_pending(vm))
            return false;
        List *l = list_from(vm, &note, 1);
        return l && attr_set(vm, exc, vm->names.dunder_notes, value_from_obj(l));
    }
    if (!is_list(notes)) {
        raise_exc(vm, EXC_TypeError, "Cannot add note: __notes__ is not a list");
        return false;
    }
    return list_append(vm, as_list(notes), note);
}

static Value base_m_add_note(Vm *vm, Value self, const Args *args)
{
    return exc_add_note(vm, self, args->v[0]) ? VALUE_NONE : VALUE_ERROR;
}

static const MethodDef base_methods[] = {
    { "__new__(*args, **kwargs)", "Make an instance.", base_m_new, NATIVE_STATIC },
    METHOD(base, init, "__init__(*args, **kwargs)", "Initialize self."),
    METHOD(base, repr, "__repr__()", "Return repr(self)."),
    METHOD(base, str, "__str__()", "Return str(self)."),
    METHOD(base, reduce, "__reduce__()", NULL),
    METHOD(base, setstate, "__setstate__(object, /)", NULL),
    METHOD(base, with_traceback, "with_traceback(object, /)", "The exception itself, with another traceback."),
    METHOD(base, add_note, "add_note(object, /)", "Append a text that tracebacks show behind the message."),
    { 0 }
};

/* What the classes have that CPython gives a __new__ of their own: it refuses what is not theirs. */
static const MethodDef plain_methods[] = {
    { "__new__(*args, **kwargs)", "Make an instance.", base_m_new, NATIVE_STATIC },
    { 0 }
};

bool exc_new_is_plain(Value ctor)
{
    return is_native(ctor) && as_native(ctor)->def->fn == base_m_new;
}

static Value base_g_args(Vm *vm, Value self)
{
    (void)vm;
    return as_exc(self)->args;
}

static bool not_deletable(Vm *vm, Value v, const char *name)
{
    if (!value_is_empty(v))
        return false;
    raise_exc(vm, EXC_TypeError, "%s may not be deleted", name);
    return true;
}

static bool base_s_args(Vm *vm, Value self, Value v)
{
    if (not_deletable(vm, v, "args"))
        return false;
    Value t = op_tuple_of(vm, v);
    if (value_is_empty(t))
        return false;
    heap_set(vm, as_exc(self), &as_exc(self)->args, t);
    return true;
}

static Value base_g_traceback(Vm *vm, Value self)
{
    (void)vm;
    return as_exc(self)->traceback;
}

static bool base_s_traceback(Vm *vm, Value self, Value v)
{
    if (not_deletable(vm, v, "__traceback__"))
        return false;
    if (!is_traceback(v) && !value_is_none(v)) {
        raise_exc(vm, EXC_TypeError, "__traceback__ must be a traceback or None");
        return false;
    }
    heap_set(vm, as_exc(self), &as_exc(self)->traceback, v);
    return true;
}

static Value base_g_cause(Vm *vm, Value self)
{
    (void)vm;
    return as_exc(self)->cause;
}

static bool base_s_cause(Vm *vm, Value self, Value v)
{
    if (not_deletable(vm, v, "__cause__"))
        return false;
    if (!is_exc(v) && !value_is_none(v)) {
        raise_exc(vm, EXC_TypeError, "exception cause must be None or derive from BaseException");
        return false;
    }
    heap_set(vm, as_exc(self), &as_exc(self)->cause, v);
    as_exc(self)->suppress_context = 1;
    return true;
}

static Value base_g_context(Vm *vm, Value self)
{
    (void)vm;
    return as_exc(self)->context;
}

static bool base_s_context(Vm *vm, Value self, Value v)
{
    if (not_deletable(vm, v, "__context__"))
        return false;
    if (!is_exc(v) && !value_is_none(v)) {
        raise_exc(vm, EXC_TypeError, "exception context must be None or derive from BaseException");
        return false;
    }
    heap_set(vm, as_exc(self), &as_exc(self)->context, v);
    return true;
}

static Value base_g_suppress(Vm *vm, Value self)
{
    (void)vm;
    return value_from_bool(as_exc(self)->suppress_context);
}

static bool base_s_suppress(Vm *vm, Value self, Value v)
{
    if (!value_is_bool(v)) {
        raise_exc(vm, EXC_TypeError, value_is_empty(v) ? "can't delete numeric/char attribute"
              : "attribute value type must be bool");
        return false;
    }
    as_exc(self)->suppress_context = value_is_true(v);
    return true;
}

static Value base_g_dict(Vm *vm, Value self)
{
    Dict *d = attr_dict(vm, self);
    return d ? value_from_obj(d) : VALUE_ERROR;
}

static bool base_s_dict(Vm *vm, Value self, Value v)
{
    if (!is_dict(v)) {
        if (value_is_empty(v))
            raise_exc(vm, EXC_TypeError, "cannot delete __dict__");
        else
            raise_exc(vm, EXC_TypeError, "__dict__ must be set to a dictionary, not a '%T'", v);
        return false;
    }
    if (!attr_to_dict_mode(vm, value_obj(self)))
        return false;
    attr_replace_dict(vm, value_obj(self), as_dict(v));
    return true;
}

static const GetSetDef base_getsets[] = {
    { "args", "What the exception was made of.", base_g_args, base_s_args },
    { "__traceback__", "Where it was raised, or None.", base_g_traceback, base_s_traceback },
    { "__cause__", "What `raise … from` named, or None.", base_g_cause, base_s_cause },
    { "__context__", "What was being handled when it was raised, or None.", base_g_context, base_s_context },
    { "__suppress_context__", "Is the context left out of tracebacks?", base_g_suppress, base_s_suppress },
    { "__dict__", "Attributes.", base_g_dict, base_s_dict },
    { 0 }
};

/* ---- StopIteration, SystemExit, KeyError ---- */

static Value stop_m_init(Vm *vm, Value self, const Args *args)
{
    if (!exc_init_args(vm, self, args, args->v[0]))
        return VALUE_ERROR;
    Value v = args->nrest ? args->rest[0] : VALUE_NONE;
    return exc_set_field(vm, as_exc(self), FIELD_STOP_VALUE, v) ? VALUE_NONE : VALUE_ERROR;
}

static bool stop_s_value(Vm *vm, Value self, Value v)
{
    return exc_set_field(vm, as_exc(self), FIELD_STOP_VALUE, value_is_empty(v) ? VALUE_NONE : v);
}

static const MethodDef stop_methods[] = {
    METHOD(stop, init, "__init__(*args, **kwargs)", "Initialize self."),
    { 0 }
};
static const GetSetDef stop_getsets[] = {
    { "value", "What the generator returned.", exc_field_get_0, stop_s_value },
    { 0 }
};

static Value exit_m_init(Vm *vm, Value self, const Args *args)
{
    if (!exc_init_args(vm, self, args, args->v[0]))
        return VALUE_ERROR;
    Exc *e = as_exc(self);
    Value code = args->nrest == 1 ? args->rest[0] : e->args;
    return !args->nrest || exc_set_field(vm, e, FIELD_EXIT_CODE, code) ? VALUE_NONE : VALUE_ERROR;
}

static const MethodDef exit_methods[] = {
    METHOD(exit, init, "__init__(*args, **kwargs)", "Initialize self."),
    { 0 }
};
static const GetSetDef exit_getsets[] = { FIELD("code", "The exit status.", 0), { 0 } };

static Value key_m_str(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Tuple *a = as_tuple(as_exc(self)->args);
    return a->len == 1 ? text(op_repr(vm, a->items[0])) : exc_plain_str(vm, as_exc(self));
}

static const MethodDef key_methods[] = {
    METHOD(key, str, "__str__()", "Return str(self)."),
    { 0 }
};

/* ---- the types ---- */

static const ExcParts parts[] = {
    { EXC_BaseException, base_methods, base_getsets },
    { EXC_StopIteration, stop_methods, stop_getsets },
    { EXC_SystemExit, exit_methods, exit_getsets },
    { EXC_KeyError, key_methods, NULL },
    { EXC_OSError, exc_os_methods, exc_os_getsets },
    { EXC_ImportError, exc_import_methods, exc_import_getsets },
    { EXC_NameError, exc_name_methods, exc_name_getsets },
    { EXC_AttributeError, exc_attribute_methods, exc_attribute_getsets },
    { EXC_SyntaxError, exc_syntax_methods, exc_syntax_getsets },
    { EXC_BaseExceptionGroup, exc_group_methods, exc_group_getsets },
    { EXC_UnicodeEncodeError, exc_encode_methods, exc_unicode_getsets },
    { EXC_UnicodeDecodeError, exc_decode_methods, exc_unicode_getsets },
    { EXC_UnicodeTranslateError, exc_translate_methods, exc_unicode_getsets },
};

static bool has_own_new(Vm *vm, ExcId id, const Type *base)
{
    switch (id) {
    case EXC_BaseException: case EXC_SystemExit: case EXC_AttributeError: case EXC_ImportError: case EXC_NameError:
    case EXC_StopIteration: case EXC_SyntaxError: case EXC_KeyError: case EXC_OSError: case EXC_BaseExceptionGroup:
        return false;
    default:
        return !(vm->exc[EXC_OSError] && type_is_subtype(base, vm->exc[EXC_OSError])) && base != vm->exc[EXC_ImportError] &&
            base != vm->exc[EXC_NameError] && base != vm->exc[EXC_SyntaxError] && base != vm->exc[EXC_IndentationError];
    }
}

static Type *make_type(Vm *vm, ExcId id, const char *name, const char *doc, Type *base)
{
    if (id == EXC_ExceptionGroup)
        return exc_group_type(vm, name, doc, base);
    TypeDef def = { .name = name, .doc = doc, .layout = LAYOUT(EXC), .flags = TYPE_BASE | TYPE_EXC | TYPE_HAS_DICT };
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        if (parts[i].id == id) {
            def.methods = parts[i].methods;
            def.getsets = parts[i].getsets;
            def.flags |= id == EXC_KeyError ? 0 : TYPE_SOLID;
        }
    Type *t = type_from_def(vm, &def, base);
    return t && (!has_own_new(vm, id, base) || type_add_methods(vm, t, plain_methods)) ? t : NULL;
}

bool exception_types_init(Vm *vm)
{
#define EXC_object -1
#define EXCEPTION(Name, Base, doc) { EXC_##Name, EXC_##Base, #Name, doc },
    static const struct {
        int id, base;
        const char *name, *doc;
    } table[] = {
#include "vm/exceptions.def"
    };
#undef EXC_object
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        Type *base = table[i].base < 0 ? vm->types.object : vm->exc[table[i].base];
        if (!(vm->exc[table[i].id] = make_type(vm, (ExcId)table[i].id, table[i].name, table[i].doc, base)))
            return false;
    }
    return true;
}
