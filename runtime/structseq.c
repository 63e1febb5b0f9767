/* SPDX-License-Identifier: MIT
 * Tuples whose items have names. A type is a subclass of tuple with one read-only attribute a field; hidden fields
 * lie in the instance's own attributes. */
#include "runtime/structseq.h"

#include <stdio.h>

#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

/* Items without a name come last of the visible ones; a hidden field of that name stands for each, or the item itself
 * where the hidden one was not given. */
static bool count_of(Vm *vm, Type *t, const char *name, unsigned *out);

/* Hidden fields are attributes with names like "_9". */
static Str *hidden_name(Vm *vm, unsigned i)
{
    char text[8];
    return str_intern(vm, text, (size_t)snprintf(text, sizeof text, "_%u", i));
}

static Value item(Vm *vm, Value self, unsigned i)
{
    Tuple *t = as_tuple(self);
    if (i < t->len)
        return t->items[i];
    Str *name = hidden_name(vm, i);
    Value v = name ? attr_own(vm, value_obj(self), name) : VALUE_EMPTY;
    unsigned unnamed;
    if (!name || !value_is_empty(v))
        return v;
    if (count_of(vm, type_of(vm, self), "n_unnamed_fields", &unnamed) && i - t->len < unnamed)
        return t->items[i - unnamed];
    return VALUE_NONE;
}
#define ITEM(n) static Value seq_g_##n(Vm *vm, Value self) { return item(vm, self, n); }
ITEM(0) ITEM(1) ITEM(2) ITEM(3) ITEM(4) ITEM(5) ITEM(6) ITEM(7) ITEM(8) ITEM(9)
ITEM(10) ITEM(11) ITEM(12) ITEM(13) ITEM(14) ITEM(15) ITEM(16) ITEM(17) ITEM(18) ITEM(19)
#undef ITEM

/* Definitions of the attributes: the name is the descriptor's, not the table's. */
static const GetSetDef getters[STRUCTSEQ_MAX] = {
#define ITEM(n) { "item", NULL, seq_g_##n, NULL },
    ITEM(0) ITEM(1) ITEM(2) ITEM(3) ITEM(4) ITEM(5) ITEM(6) ITEM(7) ITEM(8) ITEM(9)
    ITEM(10) ITEM(11) ITEM(12) ITEM(13) ITEM(14) ITEM(15) ITEM(16) ITEM(17) ITEM(18) ITEM(19)
#undef ITEM
};

/* The name of an item in repr(): of its hidden twin if it has none. */
static Str *field_name(Vm *vm, Type *t, const Tuple *named, size_t i, size_t len)
{
    size_t pos = 0;
    Value k, v;
    if (i < named->len)
        return as_str(named->items[i]);
    while (dict_next(type_dict(vm, t), &pos, &k, &v))
        if (is_descr(v) && as_descr(v)->def == &getters[i + len - named->len])
            return as_str(as_descr(v)->name);
    return vm->empty_str;
}

static Value seq_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Type *t = type_of(vm, self);
    Value names = type_lookup(vm, t, vm->names.dunder_match_args);
    Value module = type_lookup(vm, t, vm->names.dunder_module);
    Str *head = is_str(module) ? str_printf(vm, "%S.%S(", as_str(module), as_str(t->name)) :
        str_printf(vm, "%S(", as_str(t->name));
    if (!head || !is_tuple(names))
        return VALUE_ERROR;
    Buf b;
    buf_init(&b, &vm->alloc);
    buf_put(&b, str_data(head), head->len);
    Tuple *items = as_tuple(self), *fields = as_tuple(names);
    for (size_t i = 0; i < items->len; i++) {
        Str *s = op_repr(vm, items->items[i]), *name = field_name(vm, t, fields, i, items->len);
        if (!s) {
            buf_free(&b);
            return VALUE_ERROR;
        }
        buf_puts(&b, i ? ", " : "");
        buf_put(&b, str_data(name), name->len);
        buf_putc(&b, '=');
        buf_put(&b, str_data(s), s->len);
    }
    buf_putc(&b, ')');
    Str *s = str_from_buf(vm, &b);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static bool count_of(Vm *vm, Type *t, const char *name, unsigned *out)
{
    Value v = dict_get_cstr(vm, type_dict(vm, t), name);
    *out = value_is_int48(v) ? (unsigned)value_int48(v) : 0;
    return value_is_int48(v);
}

/* The name of field i; NULL: it has none. */
static Str *name_of(Vm *vm, Type *t, unsigned i)
{
    size_t pos = 0;
    Value k, v;
    while (dict_next(type_dict(vm, t), &pos, &k, &v))
        if (is_descr(v) && as_descr(v)->def == &getters[i])
            return as_str(as_descr(v)->name);
    return NULL;
}

/* Fields behind those of the sequence come out of a dict, each once. */
static Value new_with_names(Vm *vm, Type *t, Tuple *seq, unsigned all, Dict *names)
{
    Value items[STRUCTSEQ_MAX];
    size_t used = 0;
    for (unsigned i = 0; i < all && i < STRUCTSEQ_MAX; i++) {
        Str *name = i < seq->len ? NULL : name_of(vm, t, i);
        Value v = name ? dict_get_str(vm, names, name) : VALUE_EMPTY;
        used += !value_is_empty(v);
        items[i] = i < seq->len ? seq->items[i] : v;
    }
    if (used < names->used)
        return raise_exc(vm, EXC_TypeError, "%s() got duplicate or unexpected field name(s)", type_name(t));
    return structseq_new(vm, t, items, all);
}

static Value seq_m_new(Vm *vm, Value self, const Args *args)
{
    Type *t = as_type(self);
    unsigned visible, all;
    Value seq = op_tuple_of(vm, args->v[0]);
    if (value_is_empty(seq)) {
        if (!exc_pending_is(vm, EXC_TypeError))
            return seq;
        exc_discard(vm);
        return raise_exc(vm, EXC_TypeError, "constructor requires a sequence");
    }
    if (!count_of(vm, t, "n_sequence_fields", &visible) || !count_of(vm, t, "n_fields", &all))
        return raise_exc(vm, EXC_TypeError, "cannot create '%s' instances", type_name(t));
    size_t n = as_tuple(seq)->len;
    Value more = args->v[1];
    if (!value_is_empty(more) && !is_dict(more))
        return raise_exc(vm, EXC_TypeError, "%s() takes a dict as second arg, if any", type_name(t));
    if (n < visible || n > all)
        return raise_exc(vm, EXC_TypeError, "%s() takes %s %u-sequence (%zu-sequence given)", type_name(t),
                         visible == all ? "a" : n < visible ? "an at least" : "an at most", n < visible ? visible : all, n);
    if (value_is_empty(more) || !as_dict(more)->used)
        return structseq_new(vm, t, as_tuple(seq)->items, (unsigned)n);
    return new_with_names(vm, t, as_tuple(seq), all, as_dict(more));
}

/* self as a tuple and a dict of what is hidden. */
static bool parts(Vm *vm, Value self, Tuple **items, Dict **hidden)
{
    Type *t = type_of(vm, self);
    unsigned all;
    *items = tuple_from(vm, as_tuple(self)->items, as_tuple(self)->len);
    *hidden = dict_new(vm);
    if (!*items || !*hidden || !count_of(vm, t, "n_fields", &all))
        return false;
    for (unsigned i = (unsigned)as_tuple(self)->len; i < all; i++) {
        Str *name = name_of(vm, t, i);
        if (name && !dict_set_str(vm, *hidden, name, item(vm, self, i)))
            return false;
    }
    return true;
}

static Value seq_m_reduce(Vm *vm, Value self, const Args *args)
{
    Tuple *items;
    Dict *hidden;
    (void)args;
    if (!parts(vm, self, &items, &hidden))
        return VALUE_ERROR;
    Tuple *both = tuple_pack(vm, 2, value_from_obj(items), value_from_obj(hidden));
    Tuple *r = both ? tuple_pack(vm, 2, value_from_obj(type_of(vm, self)), value_from_obj(both)) : NULL;
    return r ? value_from_obj(r) : VALUE_ERROR;
}

static Value seq_m_replace(Vm *vm, Value self, const Args *args)
{
    Type *t = type_of(vm, self);
    unsigned visible, unnamed, all;
    Tuple *items;
    Dict *hidden;
    if (args->nrest)
        return raise_exc(vm, EXC_TypeError, "__replace__() takes no positional arguments");
    if (!count_of(vm, t, "n_sequence_fields", &visible) || !count_of(vm, t, "n_unnamed_fields", &unnamed) ||
        !count_of(vm, t, "n_fields", &all) || unnamed)
        return raise_exc(vm, EXC_TypeError, "__replace__() is not supported for %s because it has unnamed field(s)",
                         type_name(t));
    List *unknown = list_new(vm, 0);
    if (!unknown || !parts(vm, self, &items, &hidden))
        return VALUE_ERROR;
    for (uint32_t k = 0; k < args->nkw; k++) {
        unsigned i = 0;
        Str *name;
        while (i < all && !((name = name_of(vm, t, i)) && str_equal(name, as_str(args->names[k]))))
            i++;
        Value v = args->rest[k];
        if (i < visible)
            items->items[i] = v;
        else if (i < all ? !dict_set_str(vm, hidden, as_str(args->names[k]), v) : !list_append(vm, unknown, args->names[k]))
            return VALUE_ERROR;
    }
    if (unknown->len)
        return raise_exc(vm, EXC_TypeError, "Got unexpected field name(s): %R", value_from_obj(unknown));
    return new_with_names(vm, t, items, all, hidden);
}

/* Of types whose instances have attributes for their hidden fields: nobody else may have some. */
static Value seq_m_setattr(Vm *vm, Value self, const Args *args)
{
    Str *name = as_str(args->v[0]);
    if (!value_is_empty(type_lookup(vm, type_of(vm, self), name)))
        return raise_exc(vm, EXC_AttributeError, "readonly attribute");
    return raise_exc(vm, EXC_AttributeError, "'%T' object has no attribute '%S' and no __dict__ for setting new attributes",
                     self, name);
}

static const MethodDef closed_methods[] = {
    METHOD(seq, setattr, "__setattr__(name: str, value, /)", "Refused."),
    METHOD(seq, setattr, "__delattr__(name: str, /)", "Refused."),
    { 0 }
};

static const MethodDef seq_methods[] = {
    METHOD(seq, new, "__new__(sequence, dict=...)", "A tuple with these items."),
    METHOD(seq, repr, "__repr__()", "Return repr(self)."),
    { "__reduce__()", NULL, seq_m_reduce, 0 },
    { "__replace__(*args, **changes)", NULL, seq_m_replace, NATIVE_VECTOR },
    { 0 }
};

static bool add_field(Vm *vm, Type *t, const char *name, unsigned i)
{
    Descr *d = heap_zalloc(vm, sizeof *d, KIND_DESCR, vm->types.member_descriptor->root_shape->id, 0);
    Str *s = d ? str_intern(vm, name, strlen(name)) : NULL;
    if (!s)
        return false;
    d->def = &getters[i];
    d->owner = t;
    d->name = value_from_obj(s);
    return dict_set_str(vm, type_dict(vm, t), s, value_from_obj(d));
}

Type *structseq_type(Vm *vm, const char *name, const char *const *fields, unsigned visible)
{
    unsigned n = 0;
    while (fields[n])
        n++;
    TypeDef def = { .name = name, .methods = seq_methods, .flags = n > visible ? TYPE_HAS_DICT : 0 };
    Type *t = type_from_def(vm, &def, vm->types.tuple);
    unsigned named = visible;
    while (named && !*fields[named - 1])
        named--;
    Tuple *names = t ? tuple_new(vm, named) : NULL;
    if (!names || (n > visible && !type_add_methods(vm, t, closed_methods)))
        return NULL;
    for (n = 0; fields[n] && n < STRUCTSEQ_MAX; n++) {
        if (*fields[n] && !add_field(vm, t, fields[n], n))
            return NULL;
        if (n >= named)
            continue;
        Str *s = str_intern(vm, fields[n], strlen(fields[n]));
        if (!s)
            return NULL;
        heap_set(vm, names, &names->items[n], value_from_obj(s));
    }
    if (!dict_set_str(vm, type_dict(vm, t), vm->names.dunder_match_args, value_from_obj(names)) ||
        !dict_set_cstr(vm, type_dict(vm, t), "n_sequence_fields", value_from_int48(visible)) ||
        !dict_set_cstr(vm, type_dict(vm, t), "n_fields", value_from_int48(n)) ||
        !dict_set_cstr(vm, type_dict(vm, t), "n_unnamed_fields", value_from_int48(visible - named)))
        return NULL;
    return t;
}

Value structseq_new(Vm *vm, Type *type, const Value *items, unsigned n)
{
    unsigned visible;
    if (!count_of(vm, type, "n_sequence_fields", &visible) || visible > n)
        visible = n;
    Tuple *t = (Tuple *)object_alloc_var(vm, type, KIND_TUPLE, sizeof *t + visible * sizeof(Value));
    if (!t)
        return VALUE_ERROR;
    t->len = visible;
    for (unsigned i = 0; i < visible; i++)
        t->items[i] = items[i];
    for (unsigned i = visible; i < n; i++) {
        Str *name = hidden_name(vm, i);
        int found;
        if (value_is_empty(items[i]))
            continue;
        if (!name || !attr_set_own(vm, &t->h, name, items[i], &found))
            return VALUE_ERROR;
    }
    return value_from_obj(t);
}
