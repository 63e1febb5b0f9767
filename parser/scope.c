/* SPDX-License-Identifier: MIT
 * Scopes: their tables, and how a name is resolved once all scopes are known. */
#include "parser/scope_build.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- node to scope ---- */

struct ScopeIndex {
    Arena *arena;
    NameTable *names;
    Scope **slots;
    uint32_t mask, count;
};

static uint32_t node_slot(const struct ScopeIndex *x, const Ast *node, unsigned kind)
{
    uint64_t h = ((uint64_t)(uintptr_t)node >> 3) * 0x9E3779B97F4A7C15u + kind;
    uint32_t i = (uint32_t)(h >> 32) & x->mask;
    while (x->slots[i] && (x->slots[i]->node != node || x->slots[i]->kind != kind))
        i = (i + 1) & x->mask;
    return i;
}

static bool index_add(struct ScopeIndex *x, Scope *s)
{
    if (x->count * 2 >= x->mask) {
        Scope **old = x->slots;
        uint32_t size = x->mask + 1;
        Scope **slots = arena_alloc(x->arena, (size_t)size * 2 * sizeof *slots);
        if (!slots)
            return false;
        x->slots = slots;
        x->mask = size * 2 - 1;
        for (uint32_t i = 0; i < size; i++)
            if (old[i])
                slots[node_slot(x, old[i]->node, old[i]->kind)] = old[i];
    }
    x->slots[node_slot(x, s->node, s->kind)] = s;
    x->count++;
    return true;
}

Scope *scope_find(const Scope *any, const Ast *node, ScopeKind kind)
{
    return any->index->slots[node_slot(any->index, node, kind)];
}

/* ---- errors ---- */

static void place_error(ScopeWalk *w, Diag *diag, DiagOrigin origin, const Ast *at, const char *fmt, va_list args)
{
    char text[512];
    vsnprintf(text, sizeof text, fmt, args);
    const char *message = arena_strndup(w->arena, text, strlen(text));
    if (message)
        *diag = (Diag){.type = "SyntaxError", .message = message, .start = at ? at->start : NO_PLACE,
                       .end = at ? at->end : NO_PLACE, .origin = (uint8_t)origin};
    else
        scope_no_memory(w);
}

void scope_error(ScopeWalk *w, const Ast *at, const char *fmt, ...)
{
    if (w->failed)
        return;
    va_list args;
    va_start(args, fmt);
    place_error(w, w->diag, DIAG_SCOPE, at, fmt, args);
    va_end(args);
    w->failed = true;
}

void code_error(ScopeWalk *w, const Ast *at, const char *fmt, ...)
{
    if (w->failed || w->late.type)
        return;
    va_list args;
    va_start(args, fmt);
    place_error(w, &w->late, DIAG_CODE, at, fmt, args);
    va_end(args);
}

void scope_no_memory(ScopeWalk *w)
{
    if (w->failed)
        return;
    w->failed = true;
    *w->diag = (Diag){.type = "MemoryError", .message = "out of memory", .start = NO_PLACE, .end = NO_PLACE};
}

bool scope_stack_ok(ScopeWalk *w)
{
    if (!w->failed && (const char *)__builtin_frame_address(0) <= w->src->stack_end) {
        w->failed = true;
        *w->diag = (Diag){.type = "RecursionError", .message = "maximum recursion depth exceeded during compilation",
                          .start = NO_PLACE, .end = NO_PLACE};
    }
    return !w->failed;
}

/* ---- names ---- */

Name scope_name(ScopeWalk *w, const char *text)
{
    Name n = name_intern(w->names, text, strlen(text));
    if (!n)
        scope_no_memory(w);
    return n;
}

static bool is_private(Name name)
{
    return name->len > 2 && name->text[0] == '_' && name->text[1] == '_'
        && !(name->text[name->len - 1] == '_' && name->text[name->len - 2] == '_')
        && !strchr(name->text, '.');
}

static Name mangle(const struct ScopeIndex *x, Name class_name, Name name)
{
    if (!class_name || !is_private(name))
        return name;
    const char *owner = class_name->text;
    while (*owner == '_')
        owner++;
    if (!*owner)
        return name;
    size_t n = strlen(owner), len = n + name->len + 1;
    char *text = arena_alloc(x->arena, len + 1);
    if (!text)
        return NULL;
    text[0] = '_';
    memcpy(text + 1, owner, n);
    memcpy(text + 1 + n, name->text, name->len);
    return name_intern(x->names, text, len);
}

/* The type parameters of a class are private to it, while its bases still belong to what is around. */
static const Scope *class_params(const Scope *s)
{
    for (; s && s->kind != SCOPE_CLASS; s = s->parent)
        if (s->kind == SCOPE_TYPE_PARAMS && s->node->kind == AST_CLASS_DEF)
            return s;
    return NULL;
}

Name scope_mangle(const Scope *scope, Name name)
{
    const Scope *params = is_private(name) ? class_params(scope) : NULL;
    if (params) {
        Name own = mangle(scope->index, ((const AstClassDef *)params->node)->name, name);
        const Symbol *sym = own ? scope_find_symbol(params, own) : NULL;
        if (!own || (sym && (sym->flags & SYM_TYPE_PARAM)))
            return own;
    }
    return mangle(scope->index, scope->private_class, name);
}

Name scope_mangled_param(ScopeWalk *w, const Scope *s, Name name)
{
    const Scope *params = class_params(s);
    Name owner = params ? ((const AstClassDef *)params->node)->name : s->private_class;
    Name mangled = mangle(s->index, owner, name);
    if (!mangled)
        scope_no_memory(w);
    return mangled ? mangled : name;
}

Name scope_mangled(ScopeWalk *w, const Scope *s, Name name)
{
    Name mangled = scope_mangle(s, name);
    if (!mangled)
        scope_no_memory(w);
    return mangled ? mangled : name;
}

/* ---- symbols: an array with a hash of places (index + 1) beside it ---- */

static uint32_t symbol_slot(const Scope *s, Name name)
{
    uint32_t i = name->id * 2654435761u & s->slot_mask;
    while (s->slots[i] && s->symbols[s->slots[i] - 1].name != name)
        i = (i + 1) & s->slot_mask;
    return i;
}

Symbol *scope_find_symbol(const Scope *s, Name name)
{
    if (!s->slots)
        return NULL;
    uint32_t i = s->slots[symbol_slot(s, name)];
    return i ? &s->symbols[i - 1] : NULL;
}

const Symbol *scope_lookup(const Scope *scope, Name name)
{
    Name mangled = scope_mangle(scope, name);
    return mangled ? scope_find_symbol(scope, mangled) : NULL;
}

static void fill_slots(Scope *s)
{
    memset(s->slots, 0, ((size_t)s->slot_mask + 1) * sizeof *s->slots);
    for (uint32_t i = 0; i < s->count; i++)
        s->slots[symbol_slot(s, s->symbols[i].name)] = i + 1;
}

/* The hash has twice as many slots as the array has room. */
static bool symbols_grow(Arena *arena, Scope *s)
{
    uint32_t cap = s->slots ? s->slot_mask + 1 : 4;
    Symbol *symbols = arena_alloc(arena, cap * sizeof *symbols);
    uint32_t *slots = arena_alloc(arena, (size_t)cap * 2 * sizeof *slots);
    if (!symbols || !slots)
        return false;
    if (s->count)
        memcpy(symbols, s->symbols, s->count * sizeof *symbols);
    s->symbols = symbols;
    s->slots = slots;
    s->slot_mask = cap * 2 - 1;
    fill_slots(s);
    return true;
}

static Symbol *symbol_make(Arena *arena, Scope *s, Name name)
{
    if ((!s->slots || s->count == (s->slot_mask + 1) / 2) && !symbols_grow(arena, s))
        return NULL;
    uint32_t i = symbol_slot(s, name);
    if (!s->slots[i]) {
        s->symbols[s->count] = (Symbol){.name = name};
        s->slots[i] = ++s->count;
    }
    return &s->symbols[s->slots[i] - 1];
}

Symbol *scope_add(ScopeWalk *w, Scope *s, Name name, unsigned flags)
{
    Symbol *sym = symbol_make(w->arena, s, name);
    if (!sym) {
        scope_no_memory(w);
        return NULL;
    }
    sym->flags = (uint16_t)(sym->flags | flags);
    if ((flags & (SYM_PARAM | SYM_ASSIGNED)) && !sym->order)
        sym->order = ++s->bound;
    if (flags & SYM_PARAM)
        s->param_count++;
    return sym;
}

Scope *scope_open(ScopeWalk *w, ScopeKind kind, Name name, const Ast *node)
{
    Scope *s = arena_alloc(w->arena, sizeof *s);
    Scope *parent = w->block ? w->block->scope : NULL;
    if (!s || (s->kind = (uint8_t)kind, s->node = node, !index_add(w->index, s))) {
        scope_no_memory(w);
        return NULL;
    }
    s->name = name;
    s->parent = parent;
    s->index = w->index;
    if (parent) {
        *(parent->child ? &parent->last_child->next : &parent->child) = s;
        parent->last_child = s;
        s->private_class = parent->private_class;
        s->nested = parent->nested || scope_is_function(parent);
        s->future_annotations = parent->future_annotations;
    }
    return s;
}

void scope_add_directive(ScopeWalk *w, Scope *s, Name name, const Ast *at)
{
    Directive *d = arena_alloc(w->arena, sizeof *d);
    if (!d) {
        scope_no_memory(w);
        return;
    }
    *d = (Directive){name, at, s->directives};
    s->directives = d;
}

const Ast *scope_directive(const Scope *s, Name name)
{
    const Ast *at = NULL;       /* of several, the first */
    for (const Directive *d = s->directives; d; d = d->next)
        if (d->name == name)
            at = d->at;
    return at;
}

bool scope_is_function(const Scope *s)
{
    return s->kind != SCOPE_MODULE && s->kind != SCOPE_CLASS;
}

/* ---- resolution ---- */

/* Every scope between the one that uses a cell and the one that owns it hands it on. */
static bool hand_on(ScopeWalk *w, Scope *from, const Scope *owner, Name name)
{
    for (Scope *s = from->parent; s != owner; s = s->parent) {
        Symbol *sym = symbol_make(w->arena, s, name);
        if (!sym)
            return false;
        if (s->kind == SCOPE_CLASS && (sym->flags & (SYM_ASSIGNED | SYM_GLOBAL))
            && !(sym->flags & SYM_NONLOCAL))
            sym->flags |= SYM_FREE_CLASS;
        else
            sym->place = PLACE_FREE;
    }
    return true;
}

static bool is_own_frame_between(const Scope *from, const Scope *owner)
{
    for (const Scope *s = from; s != owner; s = s->parent)
        if (!s->inlined)
            return true;
    return false;
}

static bool binds(const Symbol *sym)
{
    return (sym->flags & (SYM_ASSIGNED | SYM_PARAM)) && !(sym->flags & (SYM_GLOBAL | SYM_NONLOCAL));
}

/* The class whose names a type scope sees; NULL: none. */
static Scope *seen_class(const Scope *s)
{
    while (s->can_see_class && s->parent->kind != SCOPE_CLASS)
        s = s->parent;
    return s->can_see_class ? s->parent : NULL;
}

/* The function around s that binds the name; NULL: none, or it is global there. */
static Scope *find_owner(const ScopeWalk *w, const Scope *s, Name name)
{
    for (Scope *o = s->parent; o; o = o->parent) {
        if (o->kind == SCOPE_CLASS) {
            /* A comprehension that is part of the class's own frame does not see the class. */
            if (name == w->class_cell ? is_own_frame_between(s, o) : name == w->classdict && o == seen_class(s))
                return o;
            continue;
        }
        if (!scope_is_function(o))
            return NULL;
        const Symbol *sym = scope_find_symbol(o, name);
        if (sym && (sym->flags & SYM_GLOBAL))
            return NULL;
        if (sym && binds(sym))
            return o;
    }
    return NULL;
}

static bool resolve_free(ScopeWalk *w, Scope *s, uint32_t index, Scope *owner)
{
    Name name = s->symbols[index].name;
    s->symbols[index].place = PLACE_FREE;
    if (owner->kind == SCOPE_CLASS) {
        owner->needs_class_cell |= name == w->class_cell;
        owner->needs_classdict |= name == w->classdict;
    } else if (is_own_frame_between(s, owner)) {
        scope_find_symbol(owner, name)->place = PLACE_CELL;
    }
    if (hand_on(w, s, owner, name))
        return true;
    scope_no_memory(w);
    return false;
}

/* What the class around knows of a name that no type parameter has. */
static unsigned class_flags(const Scope *s, Name name)
{
    const Scope *owner = seen_class(s);
    for (const Scope *o = s->parent; owner && o != owner; o = o->parent) {
        const Symbol *sym = scope_find_symbol(o, name);
        if (sym && binds(sym))
            return 0;
    }
    const Symbol *sym = owner ? scope_find_symbol(owner, name) : NULL;
    return sym ? sym->flags : 0;
}

/* Type parameters and aliases inside a class see its names, which are looked up when they run. */
static bool class_has_it(const Scope *s, Name name)
{
    unsigned flags = class_flags(s, name);
    return (flags & (SYM_ASSIGNED | SYM_PARAM)) && !(flags & (SYM_GLOBAL | SYM_NONLOCAL));
}

static bool resolve_nonlocal(ScopeWalk *w, Scope *s, uint32_t index)
{
    Name name = s->symbols[index].name;
    Scope *owner = find_owner(w, s, name);
    const Ast *at = scope_directive(s, name);
    if (s->kind == SCOPE_MODULE)
        scope_error(w, at, "nonlocal declaration not allowed at module level");
    else if (!owner)
        scope_error(w, at, "no binding for nonlocal '%s' found", name->text);
    else if (owner->kind != SCOPE_CLASS && (scope_find_symbol(owner, name)->flags & SYM_TYPE_PARAM))
        scope_error(w, at, "nonlocal binding not allowed for type parameter '%s'", name->text);
    return !w->failed && resolve_free(w, s, index, owner);
}

static bool resolve_symbol(ScopeWalk *w, Scope *s, uint32_t index)
{
    Symbol *sym = &s->symbols[index];
    if ((sym->flags & SYM_GLOBAL) && (sym->flags & SYM_NONLOCAL)) {
        scope_error(w, scope_directive(s, sym->name), "name '%s' is nonlocal and global", sym->name->text);
        return false;
    }
    if (sym->flags & SYM_GLOBAL) {
        sym->place = PLACE_GLOBAL;
        return true;
    }
    if (sym->flags & SYM_NONLOCAL)
        return resolve_nonlocal(w, s, index);
    if (binds(sym)) {
        sym->place = PLACE_LOCAL;
        return true;
    }
    if (class_flags(s, sym->name) & SYM_GLOBAL) {
        sym->place = PLACE_GLOBAL;
        return true;
    }
    Scope *owner = class_has_it(s, sym->name) ? NULL : find_owner(w, s, sym->name);
    if (owner)
        return resolve_free(w, s, index, owner);
    sym->place = PLACE_GLOBAL_IMPLICIT;
    return true;
}

/* ---- what CPython makes of names that comprehensions alone bind ----
 *
 * It merges the names of a comprehension that is part of its function's frame into the function's, one comprehension
 * after the other. Where the first of them to have a name binds it, and the function itself never says it, the name
 * is a local variable of the function for all that follows: a comprehension, lambda or generator expression that means
 * the variable of a function further out finds one that has no value. */

typedef enum Merged { MERGED_NOT, MERGED_BOUND, MERGED_FREE } Merged;

/* Does a function want the name from around it? */
static bool wants_name(const Scope *s, Name name)
{
    const Symbol *sym = scope_find_symbol(s, name);
    if (sym)
        return !binds(sym) && !(sym->flags & SYM_GLOBAL);
    for (const Scope *in = s->child; in; in = in->next)
        if (wants_name(in, name))
            return true;
    return false;
}

/* What a comprehension has of a name, or one in it, by the first that has it. */
static Merged merged_as(const Scope *c, Name name)
{
    const Symbol *sym = scope_find_symbol(c, name);
    if (sym)
        return binds(sym) ? MERGED_BOUND : MERGED_FREE;
    for (const Scope *in = c->child; in; in = in->next) {
        Merged m = in->inlined ? merged_as(in, name) : MERGED_NOT;
        if (m != MERGED_NOT)
            return m;
    }
    for (const Scope *in = c->child; in; in = in->next)
        if (!in->inlined && wants_name(in, name))
            return MERGED_FREE;
    return MERGED_NOT;
}

static bool merge_names(ScopeWalk *w, Scope *s, const Scope *c)
{
    for (uint32_t i = 0; i < c->count; i++) {
        Name name = c->symbols[i].name;
        if (!binds(&c->symbols[i]) || scope_find_symbol(s, name) || !find_owner(w, s, name))
            continue;
        Merged first = MERGED_NOT;
        for (const Scope *k = s->child; k && first == MERGED_NOT; k = k->next)
            first = k->inlined ? merged_as(k, name) : MERGED_NOT;
        if (first != MERGED_BOUND)
            continue;
        Symbol *sym = scope_add(w, s, name, SYM_ASSIGNED);
        if (!sym)
            return false;
        sym->place = PLACE_LOCAL;
    }
    for (const Scope *in = c->child; in; in = in->next)
        if (in->inlined && !merge_names(w, s, in))
            return false;
    return true;
}

static bool merge_comprehensions(ScopeWalk *w, Scope *s)
{
    if (!scope_is_function(s) || s->inlined || s->kind >= SCOPE_TYPE_PARAMS)
        return true;
    for (const Scope *c = s->child; c; c = c->next)
        if (c->inlined && !merge_names(w, s, c))
            return false;
    return true;
}

/* Outer scopes first: what they bind is settled then. Only names of the scope itself are looked at, not
 * those that hand_on adds behind them. */
static bool resolve(ScopeWalk *w, Scope *s)
{
    uint32_t n = s->count;
    for (uint32_t i = 0; i < n; i++)
        if (!resolve_symbol(w, s, i))
            return false;
    if (!merge_comprehensions(w, s))
        return false;
    for (Scope *c = s->child; c; c = c->next)
        if (!resolve(w, c))
            return false;
    return true;
}

/* ---- the final order ---- */

static int by_order(const void *a, const void *b)
{
    const Symbol *x = a, *y = b;
    uint32_t i = x->order - 1, k = y->order - 1;    /* never bound: last */
    return i < k ? -1 : i > k;
}

static int by_text(const void *a, const void *b)
{
    return strcmp((*(const Name *)a)->text, (*(const Name *)b)->text);
}

static bool is_free(const Symbol *sym)
{
    return sym->place == PLACE_FREE || (sym->flags & SYM_FREE_CLASS);
}

/* qsort is not stable: the names that are only used follow in the order of their numbers. */
static void number_unbound(Scope *s)
{
    uint32_t next = s->bound;
    for (uint32_t i = 0; i < s->count; i++)
        if (!s->symbols[i].order)
            s->symbols[i].order = ++next;
}

static bool settle(ScopeWalk *w, Scope *s)
{
    number_unbound(s);
    if (s->count > 1)
        qsort(s->symbols, s->count, sizeof *s->symbols, by_order);
    s->cells = arena_alloc(w->arena, s->count * sizeof(Name));
    s->free = arena_alloc(w->arena, s->count * sizeof(Name));
    if (!s->cells || !s->free) {
        scope_no_memory(w);
        return false;
    }
    for (uint32_t i = 0; i < s->count; i++) {
        Symbol *sym = &s->symbols[i];
        if (sym->order > s->bound)
            sym->order = 0;
        if (sym->place == PLACE_CELL)
            s->cells[s->cell_count++] = sym->name;
        if (is_free(sym) && !s->inlined)
            s->free[s->free_count++] = sym->name;
    }
    if (s->free_count > 1)
        qsort(s->free, s->free_count, sizeof *s->free, by_text);
    if (s->slots)
        fill_slots(s);
    for (Scope *c = s->child; c; c = c->next)
        if (!settle(w, c))
            return false;
    return true;
}

static bool walk_init(ScopeWalk *w)
{
    struct ScopeIndex *x = w->index = arena_alloc(w->arena, sizeof *x);
    if (x) {
        *x = (struct ScopeIndex){.arena = w->arena, .names = w->names, .mask = 15};
        x->slots = arena_alloc(w->arena, 16 * sizeof *x->slots);
    }
    if (!x || !x->slots) {
        scope_no_memory(w);
        return false;
    }
    w->super_name = scope_name(w, "super");
    w->class_cell = scope_name(w, "__class__");
    w->classdict = scope_name(w, "__classdict__");
    w->debug = scope_name(w, "__debug__");
    w->underscore = scope_name(w, "_");
    return !w->failed;
}

Scope *scope_analyze(Arena *arena, const Ast *tree, const Source *src, unsigned flags, Diag *diag)
{
    ScopeWalk w = {.arena = arena, .src = src, .diag = diag, .flags = flags, .names = ast_names(tree)};
    *diag = (Diag){.type = NULL};
    if (!walk_init(&w) || !scope_walk_module(&w, tree))
        return NULL;
    Scope *module = scope_find(&(Scope){.index = w.index}, tree, SCOPE_MODULE);
    if (!resolve(&w, module) || !settle(&w, module))
        return NULL;
    module->suspects = w.suspects;
    module->suspect_count = w.suspect_count;
    if (w.late.type)
        *diag = w.late;
    return w.late.type ? NULL : module;
}
