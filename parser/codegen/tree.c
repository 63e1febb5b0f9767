/* SPDX-License-Identifier: MIT
 * Syntax trees as objects, by a table of the fields of all nodes. The way back goes through text, so that no tree of a
 * script's can be one that the parser would not make; only the places are taken from the objects. */
#include "parser/codegen/tree.h"

#include <stddef.h>

#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

enum { FIELD_END, FIELD_node, FIELD_seq, FIELD_name, FIELD_names, FIELD_num, FIELD_op, FIELD_int, FIELD_ops };

typedef struct Field {
    const char *name;
    uint8_t kind;               /* FIELD_* */
    uint8_t offset;             /* in the node's struct */
} Field;

static const Field *fields_of(const Ast *n)
{
#define F(kind, name) { #name, FIELD_##kind, offsetof(Here, name) },
#define NODE(NAME, Struct, fields) \
    case AST_##NAME: { \
        typedef Ast##Struct Here; \
        static const Field list[] = { fields { "", FIELD_END, sizeof(Here *) } }; \
        return list; \
    }
    switch (n->kind) {
#include "parser/ast.def"
    default: return NULL;
    }
#undef F
}

/* Does it stand in the text by itself? */
static bool has_place(const Ast *n)
{
    return n->kind != AST_MODULE && n->kind != AST_EXPRESSION && n->kind != AST_COMPREHENSION && n->kind != AST_ARGUMENTS &&
           n->kind != AST_WITH_ITEM && n->kind != AST_MATCH_CASE;
}

/* ---- to objects ---- */

typedef struct Trees {
    Compiler *c;
    Dict *parts;
} Trees;

static Value node_value(Trees *t, const Ast *n);

static bool set(Trees *t, Value o, const char *name, Value v)
{
    Str *s = value_is_empty(v) ? NULL : str_intern(t->c->vm, name, strlen(name));
    return s && attr_set(t->c->vm, o, s, v);
}

static bool set_int(Trees *t, Value o, const char *name, int64_t i)
{
    return set(t, o, name, value_from_int48(i));
}

/* A new instance, or the one that there is. */
static Value part(Trees *t, const char *name)
{
    Value v = dict_get_cstr(t->c->vm, t->parts, name);
    if (!value_is_empty(v) && is_type(v)) {
        Obj *o = object_alloc(t->c->vm, as_type(v));
        return o ? value_from_obj(o) : VALUE_EMPTY;
    }
    return value_is_empty(v) && !vm_pending(t->c->vm) ? raise_exc(t->c->vm, EXC_SystemError, "no node %s", name) : v;
}

static Value name_value(Trees *t, Name name)
{
    Str *s = name ? name_str(t->c, name) : NULL;
    return name ? s ? value_from_obj(s) : VALUE_EMPTY : VALUE_NONE;
}

static bool append(Trees *t, List *l, Value v)
{
    return !value_is_empty(v) && list_append(t->c->vm, l, v) && vm_checkpoint(t->c->vm);
}

static Value seq_value(Trees *t, const AstSeq *seq)
{
    List *l = list_new(t->c->vm, seq->count);
    for (uint32_t i = 0; l && i < seq->count; i++)
        if (!append(t, l, node_value(t, seq->items[i])))
            return VALUE_EMPTY;
    return l ? value_from_obj(l) : VALUE_EMPTY;
}

static Value names_value(Trees *t, NameList names)
{
    List *l = list_new(t->c->vm, names.count);
    for (uint32_t i = 0; l && i < names.count; i++)
        if (!append(t, l, name_value(t, names.items[i])))
            return VALUE_EMPTY;
    return l ? value_from_obj(l) : VALUE_EMPTY;
}

static Value ops_value(Trees *t, const AstCompare *n)
{
    List *l = list_new(t->c->vm, n->comparators->count);
    for (uint32_t i = 0; l && i < n->comparators->count; i++)
        if (!append(t, l, part(t, ast_op_name(n->ops[i]))))
            return VALUE_EMPTY;
    return l ? value_from_obj(l) : VALUE_EMPTY;
}

static bool set_int_field(Trees *t, Value o, const Ast *n, const char *name, int32_t v)
{
    static const char *const contexts[] = { "Load", "Store", "Del" };
    if (strcmp(name, "ctx") == 0)
        return set(t, o, name, part(t, contexts[v]));
    /* is_async, is_star: classes of their own */
    if ((strcmp(name, "is_async") == 0 && n->kind != AST_COMPREHENSION) || strcmp(name, "is_star") == 0)
        return true;
    return set_int(t, o, name, v);
}

static bool set_field(Trees *t, Value o, const Ast *n, const Field *f)
{
    const void *at = (const char *)n + f->offset;
    const char *name = ast_field_name(n, f->name);
    switch (f->kind) {
    case FIELD_node: {
        const Ast *child = *(Ast *const *)at;
        if (n->kind == AST_MATCH_SINGLETON)
            return set(t, o, name, const_value(t->c, &((const AstConstant *)child)->value, (Span){ 0, 0 }));
        return set(t, o, name, node_value(t, child));
    }
    case FIELD_seq: return set(t, o, name, seq_value(t, *(AstSeq *const *)at));
    case FIELD_name: return set(t, o, name, name_value(t, *(const Name *)at));
    case FIELD_names: return set(t, o, name, names_value(t, *(const NameList *)at));
    case FIELD_op: return set(t, o, name, part(t, ast_op_name(*(const uint8_t *)at)));
    case FIELD_ops: return set(t, o, name, ops_value(t, (const AstCompare *)n));
    case FIELD_int: return set_int_field(t, o, n, name, *(const int32_t *)at);
    default: {
        const AstConst *k = at;
        Str *u = k->u_prefix ? str_intern(t->c->vm, "u", 1) : NULL;
        return set(t, o, name, const_value(t->c, k, (Span){ n->start, n->end })) &&
               set(t, o, "kind", u ? value_from_obj(u) : VALUE_NONE);
    }
    }
}

/* What our trees have no field for. */
static bool set_more(Trees *t, Value o, const Ast *n)
{
    switch (n->kind) {
    case AST_FUNCTION_DEF: case AST_ASSIGN: case AST_FOR: case AST_WITH: case AST_ARG:
        return set(t, o, "type_comment", VALUE_NONE);
    case AST_MODULE: {
        List *l = t->c->interactive ? NULL : list_new(t->c->vm, 0);
        return t->c->interactive || (l && set(t, o, "type_ignores", value_from_obj(l)));
    }
    default:
        return true;
    }
}

static bool set_place(Trees *t, Value o, const Ast *n)
{
    Place start = line_index_place(&t->c->lines, n->start), end = line_index_place(&t->c->lines, n->end);
    return set_int(t, o, "lineno", start.line) && set_int(t, o, "col_offset", start.byte) &&
           set_int(t, o, "end_lineno", end.line) && set_int(t, o, "end_col_offset", end.byte);
}

static Value node_value(Trees *t, const Ast *n)
{
    if (!n)
        return VALUE_NONE;
    if (!vm_stack_ok(t->c->vm, " during compilation"))
        return VALUE_EMPTY;
    Value o = part(t, n->kind == AST_MODULE && t->c->interactive ? "Interactive" : ast_node_name(n));
    if (value_is_empty(o))
        return o;
    for (const Field *f = fields_of(n); f->kind; f++)
        if (!set_field(t, o, n, f))
            return VALUE_EMPTY;
    return set_more(t, o, n) && (!has_place(n) || set_place(t, o, n)) ? o : VALUE_EMPTY;
}

Value tree_value(Compiler *c, const Ast *tree, Dict *parts)
{
    Trees t = { c, parts };
    Value v = node_value(&t, tree);
    if (value_is_empty(v))
        compile_pending(c);
    return v;
}

/* ---- places from objects ---- */

enum { MAX_LINES = 1 << 24 };

typedef struct Placing {
    Vm *vm;
    Arena *arena;
    uint32_t *starts;           /* first the widths of the lines, then where they start */
    uint32_t lines, cap;
    bool measured;
} Placing;

/* An attribute that is an int of some size; else -1. False: an exception is pending. */
static bool int_attr(Placing *p, Value o, const char *name, int64_t *out)
{
    Str *s = str_intern(p->vm, name, strlen(name));
    Value v = s ? attr_get_opt(p->vm, o, s) : VALUE_EMPTY;
    if (value_is_empty(v) && vm_pending(p->vm))
        return false;
    if (value_is_empty(v) || !is_int(v) || !int_to_i64(v, out) || *out < 0 || *out > MAX_LINES)
        *out = -1;
    return true;
}

static bool widen(Placing *p, uint32_t line, uint32_t column)
{
    if (line >= p->cap) {
        uint32_t cap = line * 2 + 64;
        uint32_t *bigger = arena_alloc(p->arena, cap * sizeof *bigger);
        if (!bigger) {
            raise_no_memory(p->vm);
            return false;
        }
        memset(bigger, 0, cap * sizeof *bigger);
        if (p->lines)
            memcpy(bigger, p->starts, (p->lines + 1) * sizeof *bigger);
        p->starts = bigger;
        p->cap = cap;
    }
    if (line > p->lines)
        p->lines = line;
    if (column > p->starts[line])
        p->starts[line] = column;
    return true;
}

/* The place that o tells, as offsets; what it does not tell is as it was. */
static bool place_one(Placing *p, Ast *n, Value o)
{
    int64_t line, column, end_line, end_column;
    if (!int_attr(p, o, "lineno", &line) || !int_attr(p, o, "col_offset", &column) ||
        !int_attr(p, o, "end_lineno", &end_line) || !int_attr(p, o, "end_col_offset", &end_column))
        return false;
    if (line < 0) {
        raise_exc(p->vm, EXC_TypeError, "required field \"lineno\" missing from %s",
                  type_name(type_of(p->vm, o)->base ? type_of(p->vm, o)->base : type_of(p->vm, o)));
        return false;
    }
    column = column < 0 ? 0 : column;
    if (end_line < line || end_column < 0 || (end_line == line && end_column < column)) {
        end_line = line;
        end_column = column;
    }
    if (!p->measured)
        return widen(p, (uint32_t)line, (uint32_t)column) && widen(p, (uint32_t)end_line, (uint32_t)end_column);
    n->start = p->starts[line] + (uint32_t)column;
    n->end = p->starts[end_line] + (uint32_t)end_column;
    return true;
}

static bool place(Placing *p, Ast *n, Value o, const Ast *around);

/* item: an object at the same place of its tree as n, or EMPTY. */
static bool place_child(Placing *p, Ast *n, Value item, const Ast *around)
{
    if (!n)
        return true;
    if (!value_is_empty(item) && (!is_kind(item, KIND_INSTANCE) ||
                                  strcmp(type_name(type_of(p->vm, item)), ast_node_name(n)) != 0))
        item = VALUE_EMPTY;
    return place(p, n, item, around);
}

static Value attr_of(Placing *p, Value o, const Ast *n, const Field *f)
{
    const char *name = ast_field_name(n, f->name);
    Str *s = value_is_empty(o) ? NULL : str_intern(p->vm, name, strlen(name));
    return s ? attr_get_opt(p->vm, o, s) : VALUE_EMPTY;
}

static bool place(Placing *p, Ast *n, Value o, const Ast *around)
{
    if (!vm_stack_ok(p->vm, " during compilation"))
        return false;
    if (p->measured) {
        n->start = around->start;
        n->end = around->end;
    }
    if (!value_is_empty(o) && has_place(n) && !place_one(p, n, o))
        return false;
    for (const Field *f = fields_of(n); f->kind; f++) {
        const void *at = (const char *)n + f->offset;
        if (f->kind != FIELD_node && f->kind != FIELD_seq)
            continue;
        Value v = attr_of(p, o, n, f);
        if (vm_pending(p->vm))
            return false;
        if (f->kind == FIELD_node) {
            if (!place_child(p, *(Ast *const *)at, v, n))
                return false;
            continue;
        }
        const AstSeq *seq = *(AstSeq *const *)at;
        for (uint32_t i = 0; i < seq->count; i++) {
            Value item = is_list(v) && as_list(v)->len == seq->count ? list_items(as_list(v))[i] : VALUE_EMPTY;
            if (!place_child(p, seq->items[i], item, n) || !vm_checkpoint(p->vm))
                return false;
        }
    }
    return true;
}

bool tree_place(Vm *vm, Arena *arena, Ast *tree, Value like, Source *src)
{
    Placing p = { .vm = vm, .arena = arena };
    const Ast top = { 0 };
    if (!widen(&p, 1, 0) || !place(&p, tree, like, &top))
        return false;
    uint64_t at = 0;
    for (uint32_t i = 1; i <= p.lines; i++) {
        uint32_t width = p.starts[i];
        p.starts[i] = (uint32_t)at;
        at += (uint64_t)width + 1;
    }
    char *text = at < UINT32_MAX / 4 ? arena_alloc(arena, at + 1) : NULL;
    if (!text) {
        raise_no_memory(vm);
        return false;
    }
    memset(text, ' ', at);
    for (uint32_t i = 2; i <= p.lines; i++)
        text[p.starts[i] - 1] = '\n';
    text[at - 1] = '\n';
    text[at] = 0;
    src->text = text;
    src->len = (uint32_t)at;
    p.measured = true;
    return place(&p, tree, like, &top);
}
