/* SPDX-License-Identifier: MIT
 * BaseExceptionGroup and ExceptionGroup: making, splitting, and what except* does with them. */
#include "vm/objects/exceptions.h"

#include <stdlib.h>

#include "vm/interp.h"
#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

static bool is_group(Vm *vm, Value v)
{
    return is_exc(v) && value_is_a(vm, v, vm->exc[EXC_BaseExceptionGroup]);
}

/* A subclass may have overridden __new__ and never come here: then there are none. */
static Tuple *members(Vm *vm, Value group)
{
    Value v = exc_field(as_exc(group), FIELD_GROUP_EXCS);
    return is_tuple(v) ? as_tuple(v) : vm->empty_tuple;
}

/* ---- making ---- */

static bool is_sequence(Vm *vm, Value v)
{
    return !is_dict(v) && !value_is_empty(type_special(type_of(vm, v), SPECIAL_GETITEM));
}

/* Are all of them exceptions; is one of them no Exception? */
static bool check_members(Vm *vm, const Tuple *excs, bool *has_base)
{
    *has_base = false;
    if (!excs->len) {
        raise_exc(vm, EXC_ValueError, "second argument (exceptions) must be a non-empty sequence");
        return false;
    }
    for (size_t i = 0; i < excs->len; i++) {
        if (!is_exc(excs->items[i])) {
            raise_exc(vm, EXC_ValueError, "Item %zu of second argument (exceptions) is not an exception", i);
            return false;
        }
        *has_base |= !exc_matches(vm, excs->items[i], vm->exc[EXC_Exception]);
    }
    return true;
}

/* BaseExceptionGroup of nothing but Exceptions is an ExceptionGroup; NULL: it may not be that. */
static Type *class_for(Vm *vm, Type *cls, bool has_base)
{
    Type *group = vm->exc[EXC_ExceptionGroup];
    if (cls == vm->exc[EXC_BaseExceptionGroup])
        return has_base ? cls : group;
    if (has_base && cls == group) {
        raise_exc(vm, EXC_TypeError, "Cannot nest BaseExceptions in an ExceptionGroup");
        return NULL;
    }
    if (has_base && type_is_subtype(cls, vm->exc[EXC_Exception])) {
        raise_exc(vm, EXC_TypeError, "Cannot nest BaseExceptions in '%s'", type_name(cls));
        return NULL;
    }
    return cls;
}

static Value group_m_new(Vm *vm, Value self, const Args *args)
{
    bool has_base;
    if (args->nrest != 2)
        return raise_exc(vm, EXC_TypeError, "BaseExceptionGroup.__new__() takes exactly 2 arguments (%u given)", args->nrest);
    Value message = args->rest[0], excs = args->rest[1];
    if (!is_str(message))
        return raise_exc(vm, EXC_TypeError, "BaseExceptionGroup.__new__() argument 1 must be str, not %s",
                         value_is_none(message) ? "None" : type_name_of(vm, message));
    if (!is_sequence(vm, excs))
        return raise_exc(vm, EXC_TypeError, "second argument (exceptions) must be a sequence");
    excs = op_tuple_of(vm, excs);
    if (value_is_empty(excs) || !check_members(vm, as_tuple(excs), &has_base))
        return VALUE_ERROR;
    Type *cls = class_for(vm, as_type(self), has_base);
    Exc *e = cls ? exc_alloc(vm, cls, args->nrest, args->rest) : NULL;
    if (!e)
        return VALUE_ERROR;
    e->extra[FIELD_GROUP_MESSAGE] = message;
    e->extra[FIELD_GROUP_EXCS] = excs;
    return value_from_obj(e);
}

static Value group_m_init(Vm *vm, Value self, const Args *args)
{
    return exc_init_args(vm, self, args, args->v[0]) ? VALUE_NONE : VALUE_ERROR;
}

static Value group_m_str(Vm *vm, Value self, const Args *args)
{
    (void)args;
    size_t n = members(vm, self)->len;
    Value message = exc_field_get_0(vm, self);
    Str *s = str_printf(vm, "%V (%zu sub-exception%s)", message, n, n > 1 ? "s" : "");
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value group_new(Vm *vm, Value message, Value excs)
{
    Value args[2] = { message, excs };
    return type_call(vm, vm->exc[EXC_BaseExceptionGroup], 2, args, 0, NULL);
}

/* ---- splitting ---- */

/* How members are chosen. */
typedef struct Matcher {
    enum { BY_TYPE, BY_PREDICATE, BY_ID } how;
    Value value;                /* a class or tuple of classes; a callable */
    const uint64_t *ids;        /* sorted bits of the leaves to keep */
    size_t nids;
    bool want_rest;
    unsigned depth;             /* of groups in groups so far */
} Matcher;

/* CPython goes no deeper. */
#define DEEPEST 9995u

static bool is_exc_class(Value v)
{
    return is_type(v) && (as_type(v)->flags & TYPE_EXC);
}

static bool matcher_init(Vm *vm, Matcher *m, Value v)
{
    *m = (Matcher){ .how = BY_TYPE, .value = v };
    if (is_exc_class(v))
        return true;
    if (!value_is_empty(v) && !is_type(v) && op_callable(vm, v)) {
        m->how = BY_PREDICATE;
        return true;
    }
    bool all = is_exact(v, SHAPE_TUPLE_ID);
    for (size_t i = 0; all && i < as_tuple(v)->len; i++)
        all = is_exc_class(as_tuple(v)->items[i]);
    if (!all)
        raise_exc(vm, EXC_TypeError, "expected an exception type, a tuple of exception types, or a callable (other "
                                     "than a class)");
    return all;
}

static int compare_ids(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* 1, 0, -1: exception pending. */
static int matches(Vm *vm, const Matcher *m, Value exc)
{
    switch (m->how) {
    case BY_TYPE:
        return interp_exc_match(vm, exc, m->value);
    case BY_PREDICATE: {
        Value r = op_call1(vm, m->value, exc);
        return value_is_empty(r) ? -1 : op_truth(vm, r);
    }
    default:
        return !is_group(vm, exc) && m->nids && bsearch(&exc.bits, m->ids, m->nids, sizeof *m->ids, compare_ids);
    }
}

/* A copy of the notes, so that the parts go their own ways. */
static bool copy_notes(Vm *vm, Value from, Value to)
{
    Value notes = attr_get_opt(vm, from, vm->names.dunder_notes);
    if (value_is_empty(notes))
        return !vm_pending(vm);
    if (!is_sequence(vm, notes))
        return true;
    Value copy = op_list_of(vm, notes);
    return !value_is_empty(copy) && attr_set(vm, to, vm->names.dunder_notes, copy);
}

/* The group with these members alone, made by its derive(); NONE when there are none. */
static Value subset(Vm *vm, Value group, List *excs)
{
    if (!excs->len)
        return VALUE_NONE;
    Str *name = str_cstr(vm, "derive");
    Value arg = value_from_obj(excs);
    Value part = name ? op_call_method(vm, group, name, 1, &arg) : VALUE_ERROR;
    if (value_is_empty(part))
        return VALUE_ERROR;
    if (!is_group(vm, part))
        return raise_exc(vm, EXC_TypeError, "derive must return an instance of BaseExceptionGroup");
    Exc *from = as_exc(group), *to = as_exc(part);
    heap_set(vm, to, &to->traceback, from->traceback);
    heap_set(vm, to, &to->context, from->context);
    heap_set(vm, to, &to->cause, from->cause);
    to->suppress_context = 1;
    return copy_notes(vm, group, part) ? part : VALUE_ERROR;
}

/* *match and *rest: what matches and what does not, NONE when nothing. rest is left NONE unless it is wanted. */
static bool split(Vm *vm, Matcher *m, Value exc, Value *match, Value *rest)
{
    *match = *rest = VALUE_NONE;
    int found = matches(vm, m, exc);
    if (found < 0)
        return false;
    if (found || !is_group(vm, exc)) {
        *(found ? match : rest) = exc;
        return true;
    }
    static const char where[] = " in exceptiongroup_split_recursive";
    if (!vm_stack_ok(vm, where))
        return false;
    if (m->depth == DEEPEST) {
        raise_exc(vm, EXC_RecursionError, "maximum recursion depth exceeded%s", where);
        return false;
    }
    m->depth++;
    Tuple *excs = members(vm, exc);
    List *yes = list_new(vm, 0), *no = yes ? list_new(vm, 0) : NULL;
    if (!no)
        return false;
    for (size_t i = 0; i < excs->len; i++) {
        Value a, b;
        if (!vm_checkpoint(vm) || !split(vm, m, excs->items[i], &a, &b))
            return false;
        if (!value_is_none(a) && !list_append(vm, yes, a))
            return false;
        if (m->want_rest && !value_is_none(b) && !list_append(vm, no, b))
            return false;
    }
    m->depth--;
    *match = subset(vm, exc, yes);
    if (value_is_empty(*match))
        return false;
    if (m->want_rest)
        *rest = subset(vm, exc, no);
    return !value_is_empty(*rest);
}

static Value group_m_split(Vm *vm, Value self, const Args *args)
{
    Matcher m;
    Value parts[2];
    if (!matcher_init(vm, &m, args->v[0]))
        return VALUE_ERROR;
    m.want_rest = true;
    Tuple *t = split(vm, &m, self, &parts[0], &parts[1]) ? tuple_from(vm, parts, 2) : NULL;
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static Value group_m_subgroup(Vm *vm, Value self, const Args *args)
{
    Matcher m;
    Value match, rest;
    return matcher_init(vm, &m, args->v[0]) && split(vm, &m, self, &match, &rest) ? match : VALUE_ERROR;
}

static Value group_m_derive(Vm *vm, Value self, const Args *args)
{
    return group_new(vm, exc_field_get_0(vm, self), args->v[0]);
}

const MethodDef exc_group_methods[] = {
    { "__new__(*args, **kwargs)", "Make an instance.", group_m_new, NATIVE_STATIC },
    METHOD(group, init, "__init__(*args, **kwargs)", "Initialize self."),
    METHOD(group, str, "__str__()", "Return str(self)."),
    METHOD(group, split, "split(object, /)", "The part that matches and the rest; None for an empty one."),
    METHOD(group, subgroup, "subgroup(object, /)", "The part that matches, or None."),
    METHOD(group, derive, "derive(object, /)", "A group of the same message with other exceptions."),
    { 0 }
};

static bool read_only(Vm *vm, Value self, Value v)
{
    (void)self;
    (void)v;
    raise_exc(vm, EXC_AttributeError, "readonly attribute");
    return false;
}

const GetSetDef exc_group_getsets[] = {
    { "message", "What the group is about.", exc_field_get_0, read_only },
    { "exceptions", "Its members, a tuple.", exc_field_get_1, read_only },
    { 0 }
};

/* ExceptionGroup(BaseExceptionGroup, Exception): by hand, since a type made from a table has one base. */
Type *exc_group_type(Vm *vm, const char *name, const char *doc, Type *base)
{
    Value bases[2] = { value_from_obj(base), value_from_obj(vm->exc[EXC_Exception]) };
    Type *t = type_alloc(vm, vm->types.type);
    Str *s = t ? str_intern(vm, name, strlen(name)) : NULL, *d = s ? str_cstr(vm, doc) : NULL;
    if (!d)
        return NULL;
    t->flags = TYPE_BASE | TYPE_EXC | TYPE_HAS_DICT;
    t->layout = LAYOUT(EXC);
    t->slots = t->ext = VALUE_EMPTY;
    t->cname = name;
    t->name = t->qualname = value_from_obj(s);
    type_inherit(t, base);
    t->bases = tuple_from(vm, bases, 2);
    bool ok = t->bases && dict_set_str(vm, t->dict, vm->names.dunder_module, value_from_obj(vm->names.builtins)) &&
              dict_set_str(vm, t->dict, vm->names.dunder_doc, value_from_obj(d)) && type_ready(vm, t, 0);
    return ok ? t : NULL;
}

/* ---- except* ---- */

static bool check_classes(Vm *vm, Value cls)
{
    Value *items = &cls;
    size_t n = 1;
    if (is_tuple(cls) && !seq_items(cls, &items, &n))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!is_exc_class(items[i])) {
            raise_exc(vm, EXC_TypeError, "catching classes that do not inherit from BaseException is not allowed");
            return false;
        }
    for (size_t i = 0; i < n; i++)
        if (type_is_subtype(as_type(items[i]), vm->exc[EXC_BaseExceptionGroup])) {
            raise_exc(vm, EXC_TypeError, "catching ExceptionGroup with except* is not allowed. Use except instead.");
            return false;
        }
    return true;
}

/* A single exception is handled as a group of one. */
static Value wrap(Vm *vm, Value exc)
{
    Tuple *t = tuple_from(vm, &exc, 1);
    return t ? group_new(vm, value_from_obj(vm->empty_str), value_from_obj(t)) : VALUE_ERROR;
}

static bool split_by_method(Vm *vm, Value exc, Value cls, Value *out)
{
    Str *name = str_cstr(vm, "split");
    Value pair = name ? op_call_method(vm, exc, name, 1, &cls) : VALUE_ERROR;
    if (value_is_empty(pair))
        return false;
    if (!is_tuple(pair)) {
        raise_exc(vm, EXC_TypeError, "%T.split must return a tuple, not %T", exc, pair);
        return false;
    }
    if (as_tuple(pair)->len < 2) {
        raise_exc(vm, EXC_TypeError, "%T.split must return a 2-tuple, got tuple of size %zu", exc, as_tuple(pair)->len);
        return false;
    }
    out[0] = as_tuple(pair)->items[0];
    out[1] = as_tuple(pair)->items[1];
    return true;
}

bool interp_group_match(Vm *vm, Value exc, Value cls, Value *out)
{
    if (!check_classes(vm, cls))
        return false;
    int match = value_is_none(exc) ? 0 : interp_exc_match(vm, exc, cls);
    if (match < 0)
        return false;
    if (value_is_none(exc)) {       /* nothing is left; the classes were checked all the same */
        out[0] = out[1] = VALUE_NONE;
        return true;
    }
    if (!match && is_group(vm, exc))
        return split_by_method(vm, exc, cls, out);
    Value part = !match ? VALUE_NONE : is_group(vm, exc) ? exc : wrap(vm, exc);
    out[0] = part;
    out[1] = match ? VALUE_NONE : exc;
    return !value_is_empty(part);
}

/* ---- what is left in the end ---- */

typedef struct Ids {
    uint64_t *items;
    size_t count, cap;
} Ids;

static bool collect_leaves(Vm *vm, Value exc, Ids *ids)
{
    if (!is_group(vm, exc)) {
        if (!array_reserve(&vm->alloc, (void **)&ids->items, &ids->cap, ids->count + 1, sizeof *ids->items)) {
            raise_no_memory(vm);
            return false;
        }
        ids->items[ids->count++] = exc.bits;
        return true;
    }
    if (!vm_stack_ok(vm, " in collect_exception_group_leaf_ids"))
        return false;
    Tuple *excs = members(vm, exc);
    for (size_t i = 0; i < excs->len; i++)
        if (!collect_leaves(vm, excs->items[i], ids))
            return false;
    return true;
}

/* The part of the group whose leaves are those of `keep`, in the group's own shape. */
static Value projection(Vm *vm, Value group, List *keep)
{
    Ids ids = { 0 };
    Value match = VALUE_ERROR, rest;
    bool ok = true;
    for (size_t i = 0; ok && i < keep->len; i++)
        ok = collect_leaves(vm, list_items(keep)[i], &ids);
    if (ok) {
        if (ids.count)
            qsort(ids.items, ids.count, sizeof *ids.items, compare_ids);
        Matcher m = { .how = BY_ID, .ids = ids.items, .nids = ids.count };
        if (!split(vm, &m, group, &match, &rest))
            match = VALUE_ERROR;
    }
    mem_free(&vm->alloc, ids.items, ids.cap * sizeof *ids.items);
    return match;
}

/* A part of the group, raised again as it was: it tells by what split() copied. */
static bool is_part_of(Vm *vm, Value exc, Value group)
{
    const Exc *a = as_exc(exc), *b = as_exc(group);
    return is_group(vm, exc) && value_same(a->traceback, b->traceback) && value_same(a->cause, b->cause) &&
           value_same(a->context, b->context);
}

Value interp_group_reraise(Vm *vm, Value orig, Value list)
{
    List *excs = as_list(list);
    if (!excs->len)
        return VALUE_NONE;
    if (!is_group(vm, orig))    /* was wrapped: one clause at most has run */
        return list_items(excs)[0];
    List *raised = list_new(vm, 0), *again = raised ? list_new(vm, 0) : NULL;
    if (!again)
        return VALUE_ERROR;
    for (size_t i = 0; i < excs->len; i++) {
        Value e = list_items(excs)[i];
        if (is_exc(e) && !list_append(vm, is_part_of(vm, e, orig) ? again : raised, e))
            return VALUE_ERROR;
    }
    Value part = projection(vm, orig, again);
    if (value_is_empty(part) || !raised->len)
        return part;
    if (!value_is_none(part) && !list_append(vm, raised, part))
        return VALUE_ERROR;
    if (raised->len == 1)
        return list_items(raised)[0];
    return group_new(vm, value_from_obj(vm->empty_str), value_from_obj(raised));
}
