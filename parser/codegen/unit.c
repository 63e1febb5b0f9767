/* SPDX-License-Identifier: MIT
 * Units: one for each code object in the making. Their registers for names, constants, and the last step,
 * which puts everything where code_build() wants it (link.c resolves the jumps). */
#include "parser/codegen/codegen.h"

#include <stdarg.h>
#include <stdio.h>

#include "parser/codegen/link.h"
#include "vm/buf.h"
#include "vm/error.h"
#include "vm/objects/str.h"

/* ---- failure ---- */

void compile_no_memory(Compiler *c)
{
    if (!c->failed)
        raise_no_memory(c->vm);
    c->failed = true;
}

void compile_pending(Compiler *c)
{
    c->failed = true;
}

void compile_error(Compiler *c, Span at, const char *fmt, ...)
{
    char text[512];
    va_list args;
    if (c->failed)
        return;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    char *message = arena_strndup(c->arena, text, strlen(text));
    if (!message) {
        compile_no_memory(c);
        return;
    }
    c->diag = (Diag){ .type = "SyntaxError", .message = message, .start = at.start, .end = at.end,
                      .origin = DIAG_CODE };
    c->failed = true;
}

/* ---- arrays and maps in the arena ---- */

bool grow(Compiler *c, void **items, uint32_t *cap, uint32_t need, size_t size)
{
    if (need <= *cap)
        return true;
    uint32_t n = *cap ? *cap * 2 : 8;
    if (n < need)
        n = need;
    size_t bytes;
    void *p = size_mul(n, size, &bytes) ? arena_alloc(c->arena, bytes) : NULL;
    if (!p) {
        compile_no_memory(c);
        return false;
    }
    if (*cap)
        memcpy(p, *items, *cap * size);
    *items = p;
    *cap = n;
    return true;
}

static uint32_t map_slot(const uint64_t *keys, uint32_t size, uint64_t key)
{
    uint32_t i = (uint32_t)((key * 0x9E3779B97F4A7C15u) >> 32) & (size - 1);
    while (keys[i] && keys[i] != key)
        i = (i + 1) & (size - 1);
    return i;
}

bool map_find(const Map *m, uint64_t key, uint32_t *value)
{
    if (!m->count)
        return false;
    uint32_t i = map_slot(m->keys, m->size, key);
    *value = m->values[i];
    return m->keys[i] != 0;
}

static bool map_grow(Compiler *c, Map *m)
{
    uint32_t size = m->size ? m->size * 2 : 16;
    uint64_t *keys = arena_alloc(c->arena, size * sizeof *keys);
    uint32_t *values = arena_alloc(c->arena, size * sizeof *values);
    if (!keys || !values) {
        compile_no_memory(c);
        return false;
    }
    for (uint32_t i = 0; i < m->size; i++)
        if (m->keys[i]) {
            uint32_t to = map_slot(keys, size, m->keys[i]);
            keys[to] = m->keys[i];
            values[to] = m->values[i];
        }
    *m = (Map){ keys, values, m->count, size };
    return true;
}

bool map_put(Compiler *c, Map *m, uint64_t key, uint32_t value)
{
    if (m->count * 2 >= m->size && !map_grow(c, m))
        return false;
    uint32_t i = map_slot(m->keys, m->size, key);
    m->count += !m->keys[i];
    m->keys[i] = key;
    m->values[i] = value;
    return true;
}

/* ---- names ---- */

Str *text_str(Compiler *c, const char *text)
{
    Str *s = str_intern(c->vm, text, strlen(text));
    if (!s)
        compile_pending(c);
    return s;
}

Str *name_str(Compiler *c, Name name)
{
    if (!name) {
        compile_no_memory(c);
        return NULL;
    }
    if (name->id >= c->names_cap && !GROW(c, &c->names, &c->names_cap, name->id + 1))
        return NULL;
    if (!c->names[name->id]) {
        c->names[name->id] = str_intern(c->vm, name->text, name->len);
        if (!c->names[name->id])
            compile_pending(c);
    }
    return c->names[name->id];
}

Name name_of_text(Compiler *c, const char *text)
{
    Name n = name_intern(c->name_table, text, strlen(text));
    if (!n)
        compile_no_memory(c);
    return n;
}

uint32_t line_of(Compiler *c, uint32_t offset)
{
    const LineIndex *x = &c->lines;
    uint32_t i = c->line_hint, low = 0, high = x->count;
    if (x->starts[i] <= offset && (i + 1 == high || offset < x->starts[i + 1]))
        return i + 1;
    while (high - low > 1) {
        uint32_t mid = low + (high - low) / 2;
        if (x->starts[mid] <= offset)
            low = mid;
        else
            high = mid;
    }
    c->line_hint = low;
    return low + 1;
}

/* ---- constants ---- */

uint32_t const_add(Compiler *c, Value v)
{
    Unit *u = c->unit;
    uint32_t index;
    if (value_is_empty(v)) {
        compile_pending(c);
        return 0;
    }
    if (map_find(&u->const_index, v.bits, &index))
        return index;
    if (!GROW(c, &u->consts, &u->consts_cap, u->nconsts + 1) || !map_put(c, &u->const_index, v.bits, u->nconsts))
        return 0;
    u->consts[u->nconsts] = v;
    return u->nconsts++;
}

bool short_const(Compiler *c, Value v, uint32_t *index)
{
    *index = const_add(c, v);
    return *index <= INT16_MAX;
}

/* ---- beginning ---- */

bool is_function_like(const Scope *s)
{
    return s->kind != SCOPE_MODULE && s->kind != SCOPE_CLASS;
}

/* Definitions name what a scope declares global without the names around it. */
static bool declared_global(const Compiler *c, const Unit *outer, const Scope *scope)
{
    (void)c;
    if (scope->kind != SCOPE_FUNCTION && scope->kind != SCOPE_CLASS)
        return false;
    const Symbol *s = scope_lookup(outer->scope, scope->name);
    return s && s->place == PLACE_GLOBAL;
}

/* The unit whose name a qualified name begins with; NULL: none. */
static const Unit *qualifying_unit(const Compiler *c, const Unit *outer, const Scope *scope)
{
    if (!outer || !outer->outer)
        return NULL;
    if (outer->scope->kind == SCOPE_TYPE_PARAMS) {
        outer = outer->outer;
        if (!outer->outer)
            return NULL;
    }
    return declared_global(c, outer, scope) ? NULL : outer;
}

static Str *make_qualname(Compiler *c, const Unit *outer, const Scope *scope, Str *name)
{
    const Unit *base = qualifying_unit(c, outer, scope);
    if (!base)
        return name;
    Buf b;
    buf_init(&b, &c->vm->alloc);
    buf_put(&b, str_data(base->qualname), base->qualname->len);
    buf_puts(&b, base->scope->kind == SCOPE_FUNCTION || base->scope->kind == SCOPE_LAMBDA ? ".<locals>." : ".");
    buf_put(&b, str_data(name), name->len);
    if (b.failed)
        compile_no_memory(c);
    Str *s = b.failed ? NULL : str_intern(c->vm, b.data, b.len);
    if (!s)
        compile_pending(c);
    buf_free(&b);
    return s;
}

Unit *unit_begin(Compiler *c, const Scope *scope, Str *name, uint32_t first_line, uint32_t flags)
{
    if (c->failed || !name || !vm_stack_ok(c->vm, " during compilation")) {
        compile_pending(c);
        return NULL;
    }
    Unit *u = arena_alloc(c->arena, sizeof *u);
    if (!u) {
        compile_no_memory(c);
        return NULL;
    }
    u->outer = c->unit;
    u->scope = u->here = scope;
    u->flags = flags | (scope->future_annotations ? CODE_FUTURE_ANNOTATIONS : 0) | (scope->nested ? CODE_NESTED : 0) |
               (c->options->unseen ? CODE_UNSEEN : 0);
    u->first_line = first_line;
    u->name = name;
    u->qualname = make_qualname(c, u->outer, scope, name);
    u->reachable = true;
    u->nlabels = 1;
    if (!u->qualname || !GROW(c, &u->labels, &u->labels_cap, 16) || !GROW(c, &u->code, &u->cap, 32))
        return NULL;
    c->unit = u;
    return u;
}

Reg unit_local(Compiler *c, Str *name, bool is_cell)
{
    Unit *u = c->unit;
    uint32_t cap = u->locals_cap;
    if (!name || !GROW(c, &u->local_names, &u->locals_cap, u->nlocals + 1) ||
        !GROW(c, &u->local_is_cell, &cap, u->nlocals + 1))
        return 0;
    if (u->nlocals >= MAX_REGS) {
        compile_error(c, span(u->scope->node), "too many local variables");
        return 0;
    }
    u->local_names[u->nlocals] = name;
    u->local_is_cell[u->nlocals] = is_cell;
    return u->nlocals++;
}

static uint16_t *scope_regs_new(Compiler *c, const Scope *s)
{
    Unit *u = c->unit;
    uint16_t *reg = arena_alloc(c->arena, (s->count + 1) * sizeof *reg);
    if (!reg) {
        compile_no_memory(c);
        return NULL;
    }
    if (!GROW(c, &u->regs, &u->regs_cap, u->nregs_scopes + 1) ||
        !map_put(c, &u->scope_regs, map_key(s), u->nregs_scopes))
        return NULL;
    u->regs[u->nregs_scopes++] = (ScopeRegs){ s, reg, NULL };
    return reg;
}

const uint16_t *unit_scope_regs(Unit *u, const Scope *scope)
{
    uint32_t i;
    return map_find(&u->scope_regs, map_key(scope), &i) ? u->regs[i].reg : NULL;
}

/* Comprehensions that run in this frame: those of one depth never run inside one another, so they share the
 * register of a name. */
static bool comprehension_locals(Compiler *c, const Scope *scope, uint32_t depth, Map *shared)
{
    for (const Scope *s = scope->child; s; s = s->next) {
        if (!s->inlined)
            continue;
        uint16_t *reg = scope_regs_new(c, s);
        if (!reg)
            return false;
        for (uint32_t i = 0; i < s->count; i++) {
            const Symbol *sym = &s->symbols[i];
            if (sym->place != PLACE_LOCAL && sym->place != PLACE_CELL)
                continue;
            bool cell = sym->place == PLACE_CELL;
            uint64_t key = map_key(sym->name) * 8192 + depth * 2 + cell + 1;
            uint32_t r;
            if (!map_find(shared, key, &r)) {
                r = unit_local(c, name_str(c, sym->name), cell);
                if (c->failed || !map_put(c, shared, key, r))
                    return false;
            }
            reg[i] = (uint16_t)r;
        }
        if (!comprehension_locals(c, s, depth + 1, shared))
            return false;
    }
    return true;
}

static bool own_locals(Compiler *c)
{
    Unit *u = c->unit;
    const Scope *s = u->scope;
    uint16_t *reg = scope_regs_new(c, s);
    if (!reg)
        return false;
    for (uint32_t i = 0; i < s->count; i++) {
        const Symbol *sym = &s->symbols[i];
        bool cell = sym->place == PLACE_CELL;
        if (cell || (sym->place == PLACE_LOCAL && is_function_like(s)))
            reg[i] = (uint16_t)unit_local(c, name_str(c, sym->name), cell);
    }
    return !c->failed;
}

/* Names that `except … as` unbinds. */
static void handler_names(Compiler *c, const AstSeq *body)
{
    Unit *u = c->unit;
    for (uint32_t i = 0; i < body->count; i++) {
        const Ast *s = body->items[i];
        switch (s->kind) {
        case AST_IF:
            handler_names(c, ((const AstIf *)s)->body);
            handler_names(c, ((const AstIf *)s)->orelse);
            break;
        case AST_FOR:
            handler_names(c, ((const AstFor *)s)->body);
            handler_names(c, ((const AstFor *)s)->orelse);
            break;
        case AST_WHILE:
            handler_names(c, ((const AstWhile *)s)->body);
            handler_names(c, ((const AstWhile *)s)->orelse);
            break;
        case AST_WITH:
            handler_names(c, ((const AstWith *)s)->body);
            break;
        case AST_MATCH:
            for (uint32_t k = 0; k < ((const AstMatch *)s)->cases->count; k++)
                handler_names(c, ((const AstMatchCase *)((const AstMatch *)s)->cases->items[k])->body);
            break;
        case AST_TRY: {
            const AstTry *t = (const AstTry *)s;
            handler_names(c, t->body);
            handler_names(c, t->orelse);
            handler_names(c, t->finalbody);
            for (uint32_t k = 0; k < t->handlers->count; k++) {
                const AstExceptHandler *h = (const AstExceptHandler *)t->handlers->items[k];
                Reg r = h->name ? name_local(c, h->name) : NO_REG;
                if (r != NO_REG)
                    u->deletable[r / 64] |= UINT64_C(1) << (r % 64);
                handler_names(c, h->body);
            }
            break;
        }
        default:
            break;
        }
    }
}

bool unit_locals(Compiler *c)
{
    Unit *u = c->unit;
    Map shared = { NULL, NULL, 0, 0 };
    if (!own_locals(c) || !comprehension_locals(c, u->scope, 0, &shared))
        return false;
    u->top = u->nlocals;
    u->nregs = u->nlocals ? u->nlocals : 1;
    u->words = u->nlocals / 64 + 1;
    u->assigned = arena_alloc(c->arena, u->words * sizeof(uint64_t));
    u->deleted = arena_alloc(c->arena, u->words * sizeof(uint64_t));
    u->deletable = arena_alloc(c->arena, u->words * sizeof(uint64_t));
    if (!u->assigned || !u->deleted || !u->deletable) {
        compile_no_memory(c);
        return false;
    }
    for (uint32_t r = 0; r < u->nparams; r++)
        local_bind(u, r);
    if (u->scope->kind != SCOPE_FUNCTION)
        return true;
    const uint16_t *reg = unit_scope_regs(u, u->scope);
    for (uint32_t i = 0; i < u->scope->count; i++)
        if ((u->scope->symbols[i].flags & SYM_DELETED) && u->scope->symbols[i].place == PLACE_LOCAL)
            u->deletable[reg[i] / 64] |= UINT64_C(1) << (reg[i] % 64);
    handler_names(c, ((const AstFunctionDef *)u->scope->node)->body);
    return !c->failed;
}

void unit_cells(Compiler *c, Span at)
{
    Unit *u = c->unit;
    const uint16_t *reg = unit_scope_regs(u, u->scope);
    for (uint32_t i = 0; i < u->scope->count; i++)
        if (u->scope->symbols[i].place == PLACE_CELL)
            emit(c, at, OP_MAKE_CELL, 0, reg[i], 0, 0);
}

/* ---- ending ---- */

bool unit_free_index(const Unit *u, Name name, uint32_t *index)
{
    for (uint32_t i = 0; i < u->scope->free_count; i++)
        if (u->scope->free[i] == name) {
            *index = i;
            return true;
        }
    return false;
}

Reg implicit_cell(const Unit *u, Name name)
{
    if (u->class_cell && name->len == 9 && memcmp(name->text, "__class__", 9) == 0)
        return u->class_cell;
    if (u->classdict_cell && name->len == 13 && memcmp(name->text, "__classdict__", 13) == 0)
        return u->classdict_cell;
    return 0;
}

/* Where the unit around keeps the cell of a free name. */
static bool capture_of(Unit *outer, Name name, Capture *out)
{
    const Scope *s = outer->here;
    Reg implicit = implicit_cell(outer, name);
    if (implicit) {
        *out = (Capture){ true, (uint16_t)implicit };
        return true;
    }
    for (;;) {
        const Symbol *sym = scope_lookup(s, name);
        if (sym && sym->place == PLACE_CELL) {
            *out = (Capture){ true, unit_scope_regs(outer, s)[sym - s->symbols] };
            return true;
        }
        if (!s->inlined)
            break;
        s = s->parent;
    }
    uint32_t index;
    if (!unit_free_index(outer, name, &index))
        return false;
    *out = (Capture){ false, (uint16_t)index };
    return true;
}

static bool unit_captures(Compiler *c, Unit *u, CodeParts *p)
{
    const Scope *s = u->scope;
    uint32_t n = s->free_count + (u->extra_free != NULL && u->extra_cell == NO_REG);
    if (!n)
        return true;
    Str **names = arena_alloc(c->arena, n * sizeof *names);
    Capture *captures = arena_alloc(c->arena, n * sizeof *captures);
    if (!names || !captures) {
        compile_no_memory(c);
        return false;
    }
    for (uint32_t i = 0; i < s->free_count; i++) {
        names[i] = name_str(c, s->free[i]);
        if (!names[i])
            return false;
        if (!u->outer || !capture_of(u->outer, s->free[i], &captures[i])) {
            compile_error(c, span(s->node), "no enclosing scope has a cell for '%s'", s->free[i]->text);
            return false;
        }
    }
    if (n > s->free_count) {
        names[n - 1] = text_str(c, u->extra_free);
        captures[n - 1] = (Capture){ true, (uint16_t)u->outer->extra_cell };
    }
    p->ncaptures = n;
    p->free_names = names;
    p->captures = captures;
    return !c->failed;
}

/* docstring, codes, other constants */
static Value *unit_consts(Compiler *c, Unit *u, uint32_t *n)
{
    uint32_t doc = !value_is_empty(u->doc);
    *n = doc + u->ncodes + u->nconsts;
    Value *all = arena_alloc(c->arena, (*n + 1) * sizeof *all);
    if (!all) {
        compile_no_memory(c);
        return NULL;
    }
    if (doc)
        all[0] = u->doc;
    if (u->ncodes)
        memcpy(all + doc, u->codes, u->ncodes * sizeof *all);
    if (u->nconsts)
        memcpy(all + doc + u->ncodes, u->consts, u->nconsts * sizeof *all);
    return all;
}

static Str **unit_cache_names(Compiler *c, Unit *u)
{
    Str **all = arena_alloc(c->arena, (u->ncaches + u->nglobals + 1) * sizeof *all);
    if (!all) {
        compile_no_memory(c);
        return NULL;
    }
    if (u->ncaches)
        memcpy(all, u->caches, u->ncaches * sizeof *all);
    if (u->nglobals)
        memcpy(all + u->ncaches, u->globals, u->nglobals * sizeof *all);
    return all;
}

static Code *unit_build(Compiler *c, Unit *u)
{
    CodeParts p = {
        .flags = u->flags | (value_is_empty(u->doc) ? 0 : CODE_HAS_DOCSTRING), .first_line = u->first_line,
        .nregs = u->nregs, .nlocals = u->nlocals, .nposonly = u->nposonly, .nargs = u->nargs,
        .nkwonly = u->nkwonly, .nparams = u->nparams, .name = u->name, .qualname = u->qualname,
        .filename = c->filename, .local_names = u->local_names, .local_is_cell = u->local_is_cell,
        .source = c->source, .self_attrs = (uint16_t)(u->self_attrs.count < 60000 ? u->self_attrs.count : 60000),
    };
    p.ncaches = u->ncaches + u->nglobals;
    p.cache_names = unit_cache_names(c, u);
    p.consts = unit_consts(c, u, &p.nconsts);
    if (!p.cache_names || !p.consts || !link_unit(c, u, &p) || !unit_captures(c, u, &p))
        return NULL;
    Code *code = code_build(c->vm, &p);
    if (!code)
        compile_pending(c);
    return code;
}

Code *unit_end(Compiler *c)
{
    Unit *u = c->unit;
    Code *code = c->failed ? NULL : unit_build(c, u);
    c->unit = u->outer;
    return code;
}
