/* SPDX-License-Identifier: MIT
 * What may stand where: see scope_check.h. */
#include "parser/scope_check.h"

void check_name(ScopeWalk *w, const Ast *at, Name name, bool deleted)
{
    if (name == w->debug)
        code_error(w, at, "cannot %s __debug__", deleted ? "delete" : "assign to");
}

/* Calls have few keywords: the quadratic search is for those, a big call pays by a mark per name. */
void check_keywords(ScopeWalk *w, const AstSeq *keywords)
{
    uint8_t *seen = keywords->count > 32 ? arena_alloc(w->arena, name_count(w->names)) : NULL;
    for (uint32_t i = 0; i < keywords->count; i++) {
        const AstKeyword *k = (const AstKeyword *)keywords->items[i];
        bool repeated = k->arg && seen && seen[k->arg->id]++;
        for (uint32_t j = 0; k->arg && !seen && j < i; j++)
            repeated |= ((const AstKeyword *)keywords->items[j])->arg == k->arg;
        if (repeated) {
            code_error(w, &k->base, "keyword argument repeated: %s", k->arg->text);
            return;
        }
    }
}

/* ---- targets ---- */

static void check_elements(ScopeWalk *w, const Ast *target, const AstSeq *elts)
{
    unsigned stars = 0;
    for (uint32_t i = 0; i < elts->count; i++) {
        const Ast *e = elts->items[i];
        if (e->kind == AST_STARRED && ++stars == 2)
            code_error(w, target, "multiple starred expressions in assignment");
        const Ast *inner = e->kind == AST_STARRED ? ((const AstStarred *)e)->value : e;
        if (inner->kind == AST_TUPLE || inner->kind == AST_LIST)
            check_target(w, inner);
    }
}

void check_target(ScopeWalk *w, const Ast *target)
{
    if (target->kind == AST_STARRED)
        code_error(w, target, "starred assignment target must be in a list or tuple");
    else if (target->kind == AST_TUPLE)
        check_elements(w, target, ((const AstTuple *)target)->elts);
    else if (target->kind == AST_LIST)
        check_elements(w, target, ((const AstList *)target)->elts);
}

/* ---- await and yield ---- */

/* A comprehension is judged when it is complete (check_comprehension). */
void check_await(ScopeWalk *w, const Ast *at, const char *what)
{
    const Scope *s = w->block->scope;
    switch (s->kind) {
    case SCOPE_COMPREHENSION:
        return;
    case SCOPE_FUNCTION:
        if (!s->is_async)
            code_error(w, at, "%s outside async function", what);
        break;
    case SCOPE_MODULE:
        if (w->flags & SCOPE_TOP_LEVEL_AWAIT)
            break;
        code_error(w, at, at->kind == AST_AWAIT ? "%s outside function" : "%s outside async function", what);
        return;
    case SCOPE_LAMBDA:
        code_error(w, at, "%s outside async function", what);
        return;
    default:
        code_error(w, at, at->kind == AST_AWAIT ? "%s outside function" : "%s outside async function", what);
        return;
    }
    w->block->scope->has_await = true;
}

void check_yield_place(ScopeWalk *w, const Ast *at)
{
    const Scope *s = w->block->scope;
    if (s->kind == SCOPE_MODULE || s->kind == SCOPE_CLASS)
        code_error(w, at, "%s outside function", at->kind == AST_YIELD_FROM ? "'yield from'" : "'yield'");
    else if (at->kind == AST_YIELD_FROM && s->is_async)
        code_error(w, at, "'yield from' inside async function");
}

void check_yield(ScopeWalk *w, const Ast *at)
{
    const Scope *s = w->block->scope;
    if (s->kind != SCOPE_COMPREHENSION)
        return;
    const char *where = s->node->kind == AST_LIST_COMP ? "list comprehension"
                      : s->node->kind == AST_SET_COMP ? "set comprehension"
                      : s->node->kind == AST_DICT_COMP ? "dict comprehension" : "generator expression";
    scope_error(w, at, "'yield' inside %s", where);
}

void check_comprehension(ScopeWalk *w, const Ast *n, const Scope *s)
{
    const Scope *around = w->block->scope;
    if (!s->is_async || n->kind == AST_GENERATOR_EXP || around->kind == SCOPE_COMPREHENSION)
        return;
    if (around->kind == SCOPE_FUNCTION && around->is_async)
        return;
    if (around->kind == SCOPE_MODULE && (w->flags & SCOPE_TOP_LEVEL_AWAIT))
        return;
    code_error(w, n, "asynchronous comprehension outside of an asynchronous function");
}

/* ---- type parameters ---- */

const char *type_scope_text(const Scope *s)
{
    switch (s->kind) {
    case SCOPE_TYPE_PARAMS: return "the definition of a generic";
    case SCOPE_TYPE_ALIAS: return "a type alias";
    case SCOPE_TYPE_BOUND:
        return ((const AstTypeVar *)s->node)->bound->kind == AST_TUPLE ? "a TypeVar constraint"
                                                                        : "a TypeVar bound";
    case SCOPE_TYPE_DEFAULT:
        return s->node->kind == AST_TYPE_VAR ? "a TypeVar default"
             : s->node->kind == AST_PARAM_SPEC ? "a ParamSpec default" : "a TypeVarTuple default";
    default: return NULL;
    }
}

Name type_param_name(const Ast *n)
{
    switch (n->kind) {
    case AST_TYPE_VAR: return ((const AstTypeVar *)n)->name;
    case AST_PARAM_SPEC: return ((const AstParamSpec *)n)->name;
    default: return ((const AstTypeVarTuple *)n)->name;
    }
}

static const Ast *default_of(const Ast *n)
{
    switch (n->kind) {
    case AST_TYPE_VAR: return ((const AstTypeVar *)n)->default_value;
    case AST_PARAM_SPEC: return ((const AstParamSpec *)n)->default_value;
    default: return ((const AstTypeVarTuple *)n)->default_value;
    }
}

void check_type_defaults(ScopeWalk *w, const AstSeq *params)
{
    bool defaults = false;
    for (uint32_t i = 0; i < params->count; i++) {
        const Ast *n = params->items[i];
        if (defaults && !default_of(n))
            code_error(w, n, "non-default type parameter '%s' follows default type parameter",
                        type_param_name(n)->text);
        defaults |= default_of(n) != NULL;
    }
}

bool check_type_scope(ScopeWalk *w, const Ast *at, const char *what)
{
    const char *where = type_scope_text(w->block->scope);
    if (where)
        scope_error(w, at, "%s cannot be used within %s", what, where);
    return !where;
}

/* ---- annotations that are only text ---- */

static void check_text_fields(ScopeWalk *w, const Ast *n);

void check_text_annotation(ScopeWalk *w, const Ast *n)
{
    static const char form[] = "%s cannot be used within an annotation";
    if (!scope_stack_ok(w))
        return;
    switch (n->kind) {
    case AST_YIELD: case AST_YIELD_FROM: scope_error(w, n, form, "yield expression"); break;
    case AST_AWAIT: scope_error(w, n, form, "await expression"); break;
    case AST_NAMED_EXPR: scope_error(w, n, form, "named expression"); break;
    case AST_LAMBDA: break;         /* a function of its own */
    default: check_text_fields(w, n); break;
    }
}

static void check_text_seq(ScopeWalk *w, const AstSeq *s)
{
    for (uint32_t i = 0; i < s->count; i++)
        if (s->items[i])
            check_text_annotation(w, s->items[i]);
}

static void check_text_fields(ScopeWalk *w, const Ast *n)
{
#define CHECK_node(f) if (x->f) check_text_annotation(w, x->f);
#define CHECK_seq(f) check_text_seq(w, x->f);
#define CHECK_name(f)
#define CHECK_names(f)
#define CHECK_num(f)
#define CHECK_op(f)
#define CHECK_int(f)
#define CHECK_ops(f)
#define F(kind, name) CHECK_##kind(name)
#define NODE(NAME, Struct, fields) \
    case AST_##NAME: { const Ast##Struct *x = (const Ast##Struct *)n; (void)x; fields break; }
    switch (n->kind) {
#include "parser/ast.def"
    default: break;
    }
#undef F
}

/* ---- from __future__ import ---- */

static bool is_future(const Ast *n)
{
    return n->kind == AST_IMPORT_FROM && ((const AstImportFrom *)n)->module
        && ((const AstImportFrom *)n)->level == 0
        && strcmp(((const AstImportFrom *)n)->module->text, "__future__") == 0;
}

static bool is_docstring(const Ast *n)
{
    if (n->kind != AST_EXPR_STMT)
        return false;
    const Ast *value = ((const AstExprStmt *)n)->value;
    return value->kind == AST_CONSTANT && ((const AstConstant *)value)->value.kind == CONST_STR;
}

/* How many statements at the beginning may be imports from __future__. */
static uint32_t future_statements(const AstSeq *body)
{
    uint32_t i = body->count && is_docstring(body->items[0]);
    while (i < body->count && is_future(body->items[i]))
        i++;
    return i;
}

bool future_feature(const Ast *tree, const char *name)
{
    if (tree->kind != AST_MODULE)
        return false;
    const AstSeq *body = ((const AstModule *)tree)->body;
    for (uint32_t i = 0, n = future_statements(body); i < n; i++) {
        if (!is_future(body->items[i]))
            continue;
        const AstSeq *names = ((const AstImportFrom *)body->items[i])->names;
        for (uint32_t k = 0; k < names->count; k++)
            if (strcmp(((const AstAlias *)names->items[k])->name->text, name) == 0)
                return true;
    }
    return false;
}

static bool is_feature(const char *name)
{
    static const char *const features[] = {
        "nested_scopes", "generators", "division", "absolute_import", "with_statement", "print_function",
        "unicode_literals", "barry_as_FLUFL", "generator_stop", "annotations"
    };
    for (size_t i = 0; i < COUNT_OF(features); i++)
        if (strcmp(features[i], name) == 0)
            return true;
    return false;
}

void check_future(ScopeWalk *w, const AstImportFrom *n)
{
    if (!is_future(&n->base))
        return;
    const Ast *tree = w->block->scope->node;
    bool early = false;
    if (tree->kind == AST_MODULE) {
        const AstSeq *body = ((const AstModule *)tree)->body;
        for (uint32_t i = 0, last = future_statements(body); i < last; i++)
            early |= body->items[i] == &n->base;
    }
    if (!early) {
        code_error(w, &n->base, "from __future__ imports must occur at the beginning of the file");
        return;
    }
    for (uint32_t i = 0; i < n->names->count; i++) {
        const AstAlias *a = (const AstAlias *)n->names->items[i];
        if (w->failed || is_feature(a->name->text))
            continue;
        if (strcmp(a->name->text, "braces") == 0)
            scope_error(w, &n->base, "not a chance");
        else
            scope_error(w, &n->base, "future feature %s is not defined", a->name->text);
        w->diag->end = END_UNSET;
    }
}

/* ---- match ---- */

/* The names that a pattern binds: few. */
typedef struct PatternNames {
    Name *items;
    uint32_t count, cap;
} PatternNames;

static bool names_hold(const PatternNames *set, Name name)
{
    for (uint32_t i = 0; i < set->count; i++)
        if (set->items[i] == name)
            return true;
    return false;
}

static void names_put(ScopeWalk *w, PatternNames *set, const Ast *at, Name name)
{
    if (!name || w->failed)
        return;
    if (names_hold(set, name)) {
        code_error(w, at, "multiple assignments to name '%s' in pattern", name->text);
        return;
    }
    if (set->count == set->cap) {
        uint32_t cap = set->cap ? set->cap * 2 : 8;
        Name *items = arena_alloc(w->arena, cap * sizeof *items);
        if (!items) {
            scope_no_memory(w);
            return;
        }
        if (set->count)
            memcpy(items, set->items, set->count * sizeof *items);
        set->items = items;
        set->cap = cap;
    }
    set->items[set->count++] = name;
}

static void check_pattern(ScopeWalk *w, const Ast *n, PatternNames *set);

static void check_patterns(ScopeWalk *w, const AstSeq *s, PatternNames *set)
{
    for (uint32_t i = 0; i < s->count && !w->failed; i++)
        check_pattern(w, s->items[i], set);
}

static bool same_names(const PatternNames *a, const PatternNames *b)
{
    for (uint32_t i = 0; i < a->count; i++)
        if (!names_hold(b, a->items[i]))
            return false;
    return a->count == b->count;
}

/* Every alternative binds the same names. */
static void check_alternatives(ScopeWalk *w, const AstMatchOr *n, PatternNames *set)
{
    PatternNames first = {NULL, 0, 0};
    for (uint32_t i = 0; i < n->patterns->count && !w->failed; i++) {
        PatternNames own = {NULL, 0, 0};
        check_pattern(w, n->patterns->items[i], &own);
        if (i == 0)
            first = own;
        else if (!same_names(&first, &own))
            code_error(w, &n->base, "alternative patterns bind different names");
    }
    for (uint32_t i = 0; i < first.count; i++)
        names_put(w, set, &n->base, first.items[i]);
}

/* A key as repr() shows it; NULL: no literal, or out of memory. */
static const char *key_text(ScopeWalk *w, const Ast *key)
{
    const AstText none = {NULL, 0};
    bool negative = key->kind == AST_UNARY_OP;
    AstText text = none;
    if (negative)
        key = ((const AstUnaryOp *)key)->operand;
    if (key->kind != AST_CONSTANT || !ast_constant_text(w->arena, &((const AstConstant *)key)->value, &text))
        return NULL;
    if (!negative || strcmp(text.text, "0") == 0)
        return text.text;
    char *with_sign = arena_alloc(w->arena, text.len + 2);
    if (with_sign) {
        with_sign[0] = '-';
        memcpy(with_sign + 1, text.text, text.len + 1);
    }
    return with_sign;
}

/* Keys that are equal without looking the same, like 0 and False, are left to the match. */
static void check_keys(ScopeWalk *w, const Ast *mapping, const AstSeq *keys)
{
    enum { ENOUGH = 64 };
    const char *seen[ENOUGH];
    for (uint32_t i = 0; i < keys->count && i < ENOUGH && keys->count > 1; i++) {
        seen[i] = key_text(w, keys->items[i]);
        for (uint32_t k = 0; seen[i] && k < i; k++)
            if (seen[k] && strcmp(seen[i], seen[k]) == 0)
                code_error(w, mapping, "mapping pattern checks duplicate key (%s)", seen[i]);
    }
}

static void check_sequence(ScopeWalk *w, const Ast *n, const AstSeq *patterns, PatternNames *set)
{
    unsigned stars = 0;
    for (uint32_t i = 0; i < patterns->count; i++)
        if (patterns->items[i]->kind == AST_MATCH_STAR && ++stars == 2)
            code_error(w, n, "multiple starred names in sequence pattern");
    check_patterns(w, patterns, set);
}

static void check_pattern(ScopeWalk *w, const Ast *n, PatternNames *set)
{
    switch (n->kind) {
    case AST_MATCH_SEQUENCE: check_sequence(w, n, ((const AstMatchSequence *)n)->patterns, set); break;
    case AST_MATCH_STAR: names_put(w, set, n, ((const AstMatchStar *)n)->name); break;
    case AST_MATCH_OR: check_alternatives(w, (const AstMatchOr *)n, set); break;
    case AST_MATCH_MAPPING:
        check_keys(w, n, ((const AstMatchMapping *)n)->keys);
        check_patterns(w, ((const AstMatchMapping *)n)->patterns, set);
        names_put(w, set, n, ((const AstMatchMapping *)n)->rest);
        break;
    case AST_MATCH_CLASS: {
        const AstMatchClass *x = (const AstMatchClass *)n;
        check_patterns(w, x->patterns, set);
        for (uint32_t i = 0; i < x->kwd_attrs.count; i++)
            for (uint32_t k = i + 1; k < x->kwd_attrs.count; k++)
                if (x->kwd_attrs.items[i] == x->kwd_attrs.items[k])
                    code_error(w, x->kwd_patterns->items[k], "attribute name repeated in class pattern: %s",
                                x->kwd_attrs.items[i]->text);
        check_patterns(w, x->kwd_patterns, set);
        break;
    }
    case AST_MATCH_AS: {
        const AstMatchAs *x = (const AstMatchAs *)n;
        if (x->pattern)
            check_pattern(w, x->pattern, set);
        names_put(w, set, n, x->name);
        break;
    }
    default: break;
    }
}

/* A capture or wildcard, itself or as the last alternative or behind "as". NULL: the pattern can fail. */
static const Ast *irrefutable(const Ast *n)
{
    while (n->kind == AST_MATCH_AS && ((const AstMatchAs *)n)->pattern)
        n = ((const AstMatchAs *)n)->pattern;
    return n->kind == AST_MATCH_AS ? n : NULL;
}

static void unreachable(ScopeWalk *w, const Ast *n)
{
    Name name = ((const AstMatchAs *)n)->name;
    if (name)
        code_error(w, n, "name capture '%s' makes remaining patterns unreachable", name->text);
    else
        code_error(w, n, "wildcard makes remaining patterns unreachable");
}

/* Alternatives anywhere in a pattern: an irrefutable one may only be the last. */
static void check_reachable(ScopeWalk *w, const Ast *n, bool last);

static void check_reachable_all(ScopeWalk *w, const AstSeq *s)
{
    for (uint32_t i = 0; i < s->count && !w->failed; i++)
        check_reachable(w, s->items[i], true);
}

static void check_reachable(ScopeWalk *w, const Ast *n, bool last)
{
    const Ast *total = irrefutable(n);
    if (total && !last) {
        unreachable(w, total);
        return;
    }
    switch (n->kind) {
    case AST_MATCH_AS:
        if (((const AstMatchAs *)n)->pattern)
            check_reachable(w, ((const AstMatchAs *)n)->pattern, last);
        break;
    case AST_MATCH_OR: {
        const AstSeq *s = ((const AstMatchOr *)n)->patterns;
        for (uint32_t i = 0; i < s->count && !w->failed; i++)
            check_reachable(w, s->items[i], last && i + 1 == s->count);
        break;
    }
    case AST_MATCH_SEQUENCE: check_reachable_all(w, ((const AstMatchSequence *)n)->patterns); break;
    case AST_MATCH_MAPPING: check_reachable_all(w, ((const AstMatchMapping *)n)->patterns); break;
    case AST_MATCH_CLASS:
        check_reachable_all(w, ((const AstMatchClass *)n)->patterns);
        check_reachable_all(w, ((const AstMatchClass *)n)->kwd_patterns);
        break;
    default: break;
    }
}

void check_match(ScopeWalk *w, const AstMatch *n)
{
    for (uint32_t i = 0; i < n->cases->count && !w->failed; i++) {
        const AstMatchCase *c = (const AstMatchCase *)n->cases->items[i];
        PatternNames names = {NULL, 0, 0};
        check_reachable(w, c->pattern, c->guard || i + 1 == n->cases->count);
        check_pattern(w, c->pattern, &names);
    }
}
