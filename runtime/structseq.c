/* SPDX-License-Identifier: MIT
 * Tuples whose items have names. A type is a subclass of tuple with one read-only attribute a field; hidden fields
 * lie in the instance's own attributes. */
#include "runtime/structseq.h"

#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

static Value item(Value self, unsigned i)
{
    Tuple *t = as_tuple(self);
    return i < t->len ? t->items[i] : VALUE_NONE;
}
#define ITEM(n) static Value seq_g_##n(Vm *vm, Value self) { (void)vm; return item(self, n); }
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
    for (size_t i = 0; i < items->len && i < fields->len; i++) {
        Str *s = op_repr(vm, items->items[i]);
        if (!s) {
            buf_free(&b);
            return VALUE_ERROR;
        }
        buf_puts(&b, i ? ", " : "");
        buf_put(&b, str_data(as_str(fields->items[i])), as_str(fields->items[i])->len);
        buf_putc(&b, '=');
        buf_put(&b, str_data(s), s->len);
    }
    buf_putc(&b, ')');
    Str *s = str_from_buf(vm, &b);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static const MethodDef seq_methods[] = { METHOD(seq, repr, "__repr__()", "Return repr(self)."), { 0 } };

static bool add_field(Vm *vm, Type *t, const char *name, unsigned i)
{
    Descr *d = heap_zalloc(vm, sizeof *d, KIND_DESCR, vm->types.getset_descriptor->root_shape->id, 0);
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
    TypeDef def = { .name = name, .methods = seq_methods, .flags = 0 };
    Type *t = type_from_def(vm, &def, vm->types.tuple);
    Tuple *names = t ? tuple_new(vm, visible) : NULL;
    if (!names)
        return NULL;
    unsigned n = 0;
    for (; fields[n] && n < STRUCTSEQ_MAX; n++) {
        if (!add_field(vm, t, fields[n], n))
            return NULL;
        if (n >= visible)
            continue;
        Str *s = str_intern(vm, fields[n], strlen(fields[n]));
        if (!s)
            return NULL;
        heap_set(vm, names, &names->items[n], value_from_obj(s));
    }
    if (!dict_set_str(vm, type_dict(vm, t), vm->names.dunder_match_args, value_from_obj(names)) ||
        !dict_set_cstr(vm, type_dict(vm, t), "n_sequence_fields", value_from_int48(visible)) ||
        !dict_set_cstr(vm, type_dict(vm, t), "n_fields", value_from_int48(n)) ||
        !dict_set_cstr(vm, type_dict(vm, t), "n_unnamed_fields", value_from_int48(0)))
        return NULL;
    return t;
}

Value structseq_new(Vm *vm, Type *type, const Value *items, unsigned n)
{
    Tuple *t = (Tuple *)object_alloc_var(vm, type, KIND_TUPLE, sizeof *t + n * sizeof(Value));
    if (!t)
        return VALUE_ERROR;
    t->len = n;
    for (unsigned i = 0; i < n; i++)
        t->items[i] = items[i];
    return value_from_obj(t);
}
