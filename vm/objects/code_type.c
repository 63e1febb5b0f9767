/* SPDX-License-Identifier: MIT
 * Code objects as scripts see them. */
#include "vm/code.h"

#include "vm/objects/core.h"
#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

#include <stdio.h>

static Value text(Str *s)
{
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value code_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Code *c = as_code(self);
    return text(str_printf(vm, "<code object %S at %p, file \"%S\", line %u>", c->name, (void *)c, c->filename, c->first_line));
}

static Value names_tuple(Vm *vm, Str **names, uint32_t n)
{
    Tuple *t = tuple_new(vm, n);
    for (uint32_t i = 0; t && i < n; i++)
        t->items[i] = value_from_obj(names[i]);
    return t ? value_from_obj(t) : VALUE_ERROR;
}

#define CODE_GETTER(name, expr)                                \
    static Value code_g_##name(Vm *vm, Value self)             \
    {                                                          \
        Code *c = as_code(self);                               \
        (void)vm;                                              \
        return expr;                                           \
    }
CODE_GETTER(name, value_from_obj(c->name))
CODE_GETTER(qualname, value_from_obj(c->qualname))
CODE_GETTER(filename, value_from_obj(c->filename))
CODE_GETTER(firstlineno, value_from_int48(c->first_line))
CODE_GETTER(argcount, value_from_int48(c->nargs))
CODE_GETTER(posonlyargcount, value_from_int48(c->nposonly))
CODE_GETTER(kwonlyargcount, value_from_int48(c->nkwonly))
CODE_GETTER(stacksize, value_from_int48(c->nregs - c->nlocals))

/* With all its parts. NULL: MemoryError is pending. */
static Code *whole(Vm *vm, Value self)
{
    return code_ready(vm, as_code(self)) ? as_code(self) : NULL;
}

static Value code_g_freevars(Vm *vm, Value self)
{
    Code *c = whole(vm, self);
    return c ? names_tuple(vm, c->free_names, c->ncaptures) : VALUE_ERROR;
}

/* CPython's flag bits. */
static Value code_g_flags(Vm *vm, Value self)
{
    (void)vm;
    uint32_t f = as_code(self)->flags;
    int64_t r = 0;
    r |= f & CODE_NEWLOCALS ? 3 : 0;
    r |= f & CODE_VARARGS ? 4 : 0;
    r |= f & CODE_VARKW ? 8 : 0;
    r |= f & CODE_NESTED ? 16 : 0;
    if ((f & CODE_COROUTINE) && (f & CODE_GENERATOR))
        r |= 0x200;
    else if (f & CODE_COROUTINE)
        r |= 0x80;
    else if (f & CODE_GENERATOR)
        r |= 0x20;
    r |= f & CODE_ITERABLE_COROUTINE ? 0x100 : 0;
    r |= f & CODE_FUTURE_ANNOTATIONS ? 0x1000000 : 0;
    r |= f & CODE_FUTURE_BARRY ? 0x400000 : 0;
    return value_from_int48(r);
}

/* Cells that are no parameters stand in co_cellvars alone; the namespace of modules and classes is no variable. */
static bool is_plain(const Code *c, uint32_t i)
{
    if (i == 0 && !(c->flags & CODE_NEWLOCALS) && str_is(c->local_names[0], ".namespace"))
        return false;
    return i < c->nparams || !c->local_is_cell[i];
}

static Value code_g_nlocals(Vm *vm, Value self)
{
    Code *c = whole(vm, self);
    int64_t n = 0;
    if (!c)
        return VALUE_ERROR;
    for (uint32_t i = 0; i < c->nlocals; i++)
        n += is_plain(c, i);
    return value_from_int48(n);
}

static Value code_g_varnames(Vm *vm, Value self)
{
    Code *c = whole(vm, self);
    List *l = c ? list_new(vm, c->nlocals) : NULL;
    for (uint32_t i = 0; l && i < c->nlocals; i++)
        if (is_plain(c, i) && !list_append(vm, l, value_from_obj(c->local_names[i])))
            return VALUE_ERROR;
    return l ? op_tuple_of(vm, value_from_obj(l)) : VALUE_ERROR;
}

/* The docstring or None, then the constants of the code. */
static Value code_g_consts(Vm *vm, Value self)
{
    Code *c = whole(vm, self);
    if (!c || (c->flags & CODE_HAS_DOCSTRING && value_is_empty(code_doc(vm, c))))
        return VALUE_ERROR;
    bool doc = c->flags & CODE_HAS_DOCSTRING || !(c->flags & CODE_NEWLOCALS) || (c->nconsts && value_is_none(c->consts[0]));
    List *l = list_from(vm, c->consts, c->nconsts);
    Value none = VALUE_NONE;
    if (l && !doc)
        l = list_from(vm, &none, 1);
    for (uint32_t i = 0; l && !doc && i < c->nconsts; i++)
        if (!list_append(vm, l, c->consts[i]))
            return VALUE_ERROR;
    return l ? op_tuple_of(vm, value_from_obj(l)) : VALUE_ERROR;
}

/* Globals, attributes, modules, in the order of their first use. */
static Value code_g_names(Vm *vm, Value self)
{
    Code *c = whole(vm, self);
    Dict *d = c ? dict_new(vm) : NULL;
    for (uint32_t i = 0; d && i < c->ncaches; i++)
        if (c->caches[i].name && !dict_set_str(vm, d, c->caches[i].name, VALUE_NONE))
            return VALUE_ERROR;
    return d ? op_tuple_of(vm, value_from_obj(d)) : VALUE_ERROR;
}

/* Parameters first, the rest by name. */
static Value code_g_cellvars(Vm *vm, Value self)
{
    Code *c = whole(vm, self);
    List *params = c ? list_new(vm, 4) : NULL, *rest = params ? list_new(vm, 4) : NULL;
    for (uint32_t i = 0; rest && i < c->nlocals; i++)
        if (c->local_is_cell[i] && !list_append(vm, i < c->nparams ? params : rest, value_from_obj(c->local_names[i])))
            return VALUE_ERROR;
    if (!rest || !list_sort(vm, rest, VALUE_NONE, false) || !list_extend(vm, params, value_from_obj(rest)))
        return VALUE_ERROR;
    return op_tuple_of(vm, value_from_obj(params));
}

/* ---- equality ---- */

/* Instructions that have met numbers or ranges are others now; this is what they were. */
static void first_op(uint8_t op, char out[32])
{
    const char *name = op_names[op], *end = name + strlen(name);
    size_t jump = !strncmp(name, "JUMP_INT", 8) ? 8 : !strncmp(name, "JUMP_FLOAT", 10) ? 10 : 0;
    if (jump)
        snprintf(out, 32, "JUMP_COMPARE%.*s", (int)(end - name - (ptrdiff_t)jump - 3), name + jump);      /* without its _LT */
    else if (op == OP_FOR_RANGE || op == OP_FOR_LIST)
        snprintf(out, 32, "FOR_ITER");
    else
        snprintf(out, 32, "%.*s", (int)(end - name) - (end - name > 6 && !strcmp(end - 6, "_FLOAT") ? 6 : 0), name);
}

static bool same_op(uint8_t a, uint8_t b)
{
    char x[32], y[32];
    if (a == b)
        return true;
    first_op(a, x);
    first_op(b, y);
    return strcmp(x, y) == 0;
}

static bool same_names(Str *const *a, Str *const *b, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (!str_equal(a[i], b[i]))
            return false;
    return true;
}

static bool same_code(Vm *vm, Code *a, Code *b);

/* Of the same type, too, down to the sign of zeros. */
static bool same_const(Vm *vm, Value a, Value b)
{
    if (value_same(a, b))
        return true;
    if (!value_is_obj(a) || !value_is_obj(b) || type_of(vm, a) != type_of(vm, b))
        return false;
    if (is_code(a))
        return same_code(vm, as_code(a), as_code(b));
    if (is_complex(a))
        return memcmp(&as_complex(a)->z, &as_complex(b)->z, sizeof as_complex(a)->z) == 0;
    if (!is_tuple(a))
        return op_equal(vm, a, b) > 0;
    bool same = as_tuple(a)->len == as_tuple(b)->len;
    for (size_t i = 0; same && i < as_tuple(a)->len; i++)
        same = same_const(vm, as_tuple(a)->items[i], as_tuple(b)->items[i]);
    return same;
}

static bool same_instrs(const Code *a, const Code *b)
{
    for (uint32_t i = 0; i < a->ninstrs; i++) {
        Instr x = a->instrs[i], y = b->instrs[i];
        Position p = code_position(a, i), q = code_position(b, i);
        if (!same_op(x.op, y.op) || x.x != y.x || x.a != y.a || x.k != y.k || p.line != q.line || p.end_line != q.end_line
            || p.col != q.col || p.end_col != q.end_col)
            return false;
    }
    return true;
}

/* The file does not count. */
static bool same_code(Vm *vm, Code *a, Code *b)
{
    if (a == b)
        return true;
    if (!vm_stack_ok(vm, " in comparison") || !code_ready(vm, a) || !code_ready(vm, b))
        return false;
    if (!str_equal(a->name, b->name) || a->flags != b->flags || a->first_line != b->first_line || a->nargs != b->nargs
        || a->nposonly != b->nposonly || a->nkwonly != b->nkwonly || a->nparams != b->nparams || a->nlocals != b->nlocals
        || a->ninstrs != b->ninstrs || a->nconsts != b->nconsts || a->ncaches != b->ncaches || a->ncaptures != b->ncaptures
        || a->nhandlers != b->nhandlers || !same_names(a->local_names, b->local_names, a->nlocals)
        || !same_names(a->free_names, b->free_names, a->ncaptures) || !same_instrs(a, b))
        return false;
    for (uint32_t i = 0; i < a->ncaches; i++) {
        Str *x = a->caches[i].name, *y = b->caches[i].name;
        if (!x != !y || (x && !str_equal(x, y)))
            return false;
    }
    for (uint32_t i = 0; i < a->nconsts; i++)
        if (!same_const(vm, a->consts[i], b->consts[i]))
            return false;
    return true;
}

static Value code_m_eq(Vm *vm, Value self, const Args *args)
{
    if (!is_code(args->v[0]))
        return VALUE_NOT_IMPLEMENTED;
    bool same = same_code(vm, as_code(self), as_code(args->v[0]));
    return vm_pending(vm) ? VALUE_ERROR : value_from_bool(same);
}

static Value code_m_hash(Vm *vm, Value self, const Args *args)
{
    const Code *c = as_code(self);
    (void)args;
    return value_from_int48((int64_t)(str_hash(vm, c->name) + 31u * (c->first_line + 31u * (c->nargs + 31u * c->nlocals))));
}

/* ---- positions ---- */
/* Offsets are in bytes where an instruction is two, as code that looks at them takes for granted. */

static Value span(Vm *vm, int64_t from, int64_t to, uint32_t line)
{
    Tuple *t = tuple_pack(vm, (size_t)3, value_from_int48(2 * from), value_from_int48(2 * to),
                          line ? value_from_int48(line) : VALUE_NONE);
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static Value code_m_lines(Vm *vm, Value self, const Args *args)
{
    Code *c = whole(vm, self);
    List *l = c ? list_new(vm, 8) : NULL;
    uint32_t from = 0, line = l ? code_position(c, 0).line : 0;
    (void)args;
    for (uint32_t i = 1; l && i <= c->ninstrs; i++) {
        uint32_t next = i < c->ninstrs ? code_position(c, i).line : 0;
        if (i < c->ninstrs && next == line)
            continue;
        Value v = span(vm, from, i, line);
        line = next;
        if (value_is_empty(v) || !list_append(vm, l, v))
            return VALUE_ERROR;
        from = i;
    }
    return l ? op_iter(vm, value_from_obj(l)) : VALUE_ERROR;
}

static Value number(uint32_t n, uint32_t none)
{
    return n == none ? VALUE_NONE : value_from_int48(n);
}

static Value code_m_positions(Vm *vm, Value self, const Args *args)
{
    Code *c = whole(vm, self);
    List *l = c ? list_new(vm, c->ninstrs) : NULL;
    (void)args;
    for (uint32_t i = 0; l && i < c->ninstrs; i++) {
        Position p = code_position(c, i);
        Tuple *t = tuple_pack(vm, (size_t)4, number(p.line, 0), number(p.end_line, 0), number(p.col, 65535),
                              number(p.end_col, 65535));
        if (!t || !list_append(vm, l, value_from_obj(t)))
            return VALUE_ERROR;
    }
    return l ? op_iter(vm, value_from_obj(l)) : VALUE_ERROR;
}

/* ---- replace() ---- */

/* Names and places can be replaced; what the instructions depend on cannot. */
static bool replace_field(Vm *vm, Code *c, Value name, Value v)
{
    Str **slot = str_is(as_str(name), "co_name") ? &c->name : str_is(as_str(name), "co_qualname") ? &c->qualname
               : str_is(as_str(name), "co_filename") ? &c->filename : NULL;
    if (slot && is_str(v)) {
        heap_set_ptr(vm, c, slot, as_str(v));
        return true;
    }
    if (slot) {
        raise_exc(vm, EXC_TypeError, "replace() argument '%S' must be str, not %B", as_str(name), v);
        return false;
    }
    if (str_is(as_str(name), "co_firstlineno")) {
        int64_t line;
        if (!op_int64(vm, v, &line))
            return false;
        c->first_line = line < 0 ? 0 : line > UINT32_MAX ? UINT32_MAX : (uint32_t)line;
        return true;
    }
    Value old = attr_get_opt(vm, value_from_obj(c), as_str(name));
    if (value_is_empty(old)) {
        if (!vm_pending(vm))
            raise_exc(vm, EXC_TypeError, "replace() got an unexpected keyword argument '%S'", as_str(name));
        return false;
    }
    int same = op_equal(vm, old, v);
    if (!same)
        raise_exc(vm, EXC_NotImplementedError, "replace(): %S cannot be replaced", as_str(name));
    return same > 0;
}

static Value code_m_replace(Vm *vm, Value self, const Args *args)
{
    Code *c = code_clone(vm, as_code(self));
    size_t pos = 0;
    Value k, v;
    if (!c)
        return VALUE_ERROR;
    while (dict_next(as_dict(args->v[0]), &pos, &k, &v))
        if (!is_str(k) || !replace_field(vm, c, k, v))
            return VALUE_ERROR;
    return value_from_obj(c);
}

static const MethodDef code_methods[] = {
    METHOD(code, repr, "__repr__()", "Return repr(self)."),
    METHOD(code, eq, "__eq__(value, /)", "Return self==value."),
    METHOD(code, hash, "__hash__()", "Return hash(self)."),
    METHOD(code, replace, "replace(**kwargs)", "A copy with other names or another first line."),
    METHOD(code, replace, "__replace__(**kwargs)", "A copy with other names or another first line."),
    METHOD(code, lines, "co_lines()", "Iterate over (start, end, line) of the instructions."),
    METHOD(code, positions, "co_positions()", "Iterate over (line, end line, column, end column) of each instruction."),
    { 0 }
};

static const GetSetDef code_getsets[] = {
    { "co_name", "Name of the function.", code_g_name, NULL },
    { "co_qualname", "Its dotted name.", code_g_qualname, NULL },
    { "co_filename", "File it was compiled from.", code_g_filename, NULL },
    { "co_firstlineno", "Line where it begins.", code_g_firstlineno, NULL },
    { "co_argcount", "Positional parameters.", code_g_argcount, NULL },
    { "co_posonlyargcount", "Positional-only ones among them.", code_g_posonlyargcount, NULL },
    { "co_kwonlyargcount", "Keyword-only parameters.", code_g_kwonlyargcount, NULL },
    { "co_nlocals", "Named locals.", code_g_nlocals, NULL },
    { "co_varnames", "Their names.", code_g_varnames, NULL },
    { "co_freevars", "Names of free variables.", code_g_freevars, NULL },
    { "co_cellvars", "Names of locals that inner functions use.", code_g_cellvars, NULL },
    { "co_names", "Names of globals and attributes.", code_g_names, NULL },
    { "co_consts", "Constants.", code_g_consts, NULL },
    { "co_flags", "Flag bits, as CPython numbers them.", code_g_flags, NULL },
    { "co_stacksize", "Temporary registers.", code_g_stacksize, NULL },
    { 0 }
};

bool code_type_init(Vm *vm)
{
    static const TypeDef code_def = { .name = "code", .doc = "What is run: compiled source.",
        .layout = LAYOUT(CODE), .methods = code_methods,
        .getsets = code_getsets, .flags = TYPE_DISALLOW_NEW | TYPE_WEAKREFS };
    vm->types.code = type_from_def(vm, &code_def, vm->types.object);
    return vm->types.code != NULL;
}
