/* SPDX-License-Identifier: MIT
 * The table of names, and the tree as text: the layout of CPython's ast.dump(tree, indent=2). */
#include "parser/ast.h"
#include "parser/ast_root.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- names ---- */

struct NameTable {
    Arena *arena;
    Name *slots;            /* open addressing; size is a power of two */
    uint32_t mask, count;
};

NameTable *name_table_new(Arena *arena)
{
    NameTable *t = arena_alloc(arena, sizeof *t);
    if (!t)
        return NULL;
    t->arena = arena;
    t->mask = 63;
    t->slots = arena_alloc(arena, (t->mask + 1) * sizeof *t->slots);
    return t->slots ? t : NULL;
}

NameTable *ast_names(const Ast *root)
{
    return CONTAINER_OF(root, AstRoot, tree)->names;
}

uint32_t name_count(const NameTable *t)
{
    return t->count;
}

static uint32_t text_hash(const char *s, size_t len)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < len; i++)
        h = (h ^ (unsigned char)s[i]) * 16777619u;
    return h ^ (h >> 15);
}

static uint32_t name_slot(const NameTable *t, const char *text, size_t len)
{
    uint32_t i = text_hash(text, len) & t->mask;
    while (t->slots[i] && (t->slots[i]->len != len || memcmp(t->slots[i]->text, text, len) != 0))
        i = (i + 1) & t->mask;
    return i;
}

static bool names_grow(NameTable *t)
{
    Name *old = t->slots;
    uint32_t old_size = t->mask + 1;
    Name *slots = arena_alloc(t->arena, (size_t)old_size * 2 * sizeof *slots);
    if (!slots)
        return false;
    t->slots = slots;
    t->mask = old_size * 2 - 1;
    for (uint32_t i = 0; i < old_size; i++)
        if (old[i])
            slots[name_slot(t, old[i]->text, old[i]->len)] = old[i];
    return true;
}

Name name_intern(NameTable *t, const char *text, size_t len)
{
    uint32_t i = name_slot(t, text, len);
    if (t->slots[i])
        return t->slots[i];
    if (t->count * 2 > t->mask) {
        if (!names_grow(t))
            return NULL;
        i = name_slot(t, text, len);
    }
    struct NameText *n = arena_alloc(t->arena, sizeof *n + len + 1);
    if (!n)
        return NULL;
    n->len = (uint32_t)len;
    n->id = t->count++;
    memcpy(n->text, text, len);
    return t->slots[i] = n;
}

/* ---- the dump ---- */

typedef struct Dump {
    Arena *arena;
    char *text;
    size_t len, cap;
    bool failed;
} Dump;

static void put(Dump *d, const char *s, size_t n)
{
    if (d->failed)
        return;
    if (d->len + n + 1 > d->cap) {
        size_t cap = d->cap * 2 > d->len + n + 1 ? d->cap * 2 : d->len + n + 64;
        char *text = arena_alloc(d->arena, cap);
        if (!text) {
            d->failed = true;
            return;
        }
        if (d->len)
            memcpy(text, d->text, d->len);
        d->text = text;
        d->cap = cap;
    }
    memcpy(d->text + d->len, s, n);
    d->len += n;
    d->text[d->len] = '\0';
}

static void puts_to(Dump *d, const char *s)
{
    put(d, s, strlen(s));
}

static void indent(Dump *d, unsigned level)
{
    puts_to(d, "\n");
    for (unsigned i = 0; i < level; i++)
        put(d, "  ", 2);
}

/* Digits in a base that is a power of two become decimal: groups of nine digits, multiplied through. */
static void put_based(Dump *d, const char *s, uint32_t len)
{
    unsigned bits = s[1] == 'x' || s[1] == 'X' ? 4 : s[1] == 'o' || s[1] == 'O' ? 3 : 1;
    size_t cap = (size_t)len * bits / 29 + 2, n = 1;
    uint32_t *groups = arena_alloc(d->arena, cap * sizeof *groups);
    if (!groups) {
        d->failed = true;
        return;
    }
    for (uint32_t i = 2; i < len; i++) {
        char c = s[i];
        uint64_t carry = (uint64_t)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
        for (size_t k = 0; k < n; k++) {
            uint64_t v = ((uint64_t)groups[k] << bits) + carry;
            groups[k] = (uint32_t)(v % 1000000000u);
            carry = v / 1000000000u;
        }
        if (carry && n < cap)
            groups[n++] = (uint32_t)carry;
    }
    char buf[16];
    for (size_t k = n; k-- > 0;) {
        snprintf(buf, sizeof buf, k == n - 1 ? "%u" : "%09u", (unsigned)groups[k]);
        puts_to(d, buf);
    }
}

static void put_int(Dump *d, const char *s, uint32_t len)
{
    if (len > 2 && s[0] == '0' && strchr("xXoObB", s[1])) {
        put_based(d, s, len);
        return;
    }
    while (len > 1 && *s == '0')
        s++, len--;
    put(d, s, len);
}

/* The shortest digits that read back the same, written as repr() writes them. */
static void put_float(Dump *d, const char *text)
{
    double v = strtod(text, NULL);
    char buf[64], digits[32];
    if (v > 1.7976931348623157e308) {
        puts_to(d, "inf");
        return;
    }
    for (int precision = 0; precision < 17; precision++) {
        snprintf(buf, sizeof buf, "%.*e", precision, v);
        if (strtod(buf, NULL) == v)
            break;
    }
    int n = 0;
    const char *s = buf;
    for (; *s && *s != 'e'; s++)
        if (*s >= '0' && *s <= '9' && n < 20)
            digits[n++] = *s;
    int exponent = *s ? atoi(s + 1) : 0;
    while (n > 1 && digits[n - 1] == '0')
        n--;
    digits[n] = '\0';
    if (exponent < -4 || exponent >= 16)
        snprintf(buf, sizeof buf, "%c%s%se%c%02d", digits[0], n > 1 ? "." : "", digits + 1,
                 exponent < 0 ? '-' : '+', abs(exponent));
    else if (exponent < 0)
        snprintf(buf, sizeof buf, "0.%.*s%s", -exponent - 1, "0000", digits);
    else if (n <= exponent + 1)
        snprintf(buf, sizeof buf, "%s%.*s.0", digits, exponent + 1 - n, "0000000000000000");
    else
        snprintf(buf, sizeof buf, "%.*s.%s", exponent + 1, digits, digits + exponent + 1);
    puts_to(d, buf);
}

static void put_imaginary(Dump *d, const char *text)
{
    size_t at = d->len;
    put_float(d, text);
    if (!d->failed && d->len - at > 2 && memcmp(d->text + d->len - 2, ".0", 2) == 0)
        d->len -= 2;
    put(d, "j", 1);
}

/* Length of the UTF-8 sequence at s; the code point goes to *cp. */
static unsigned decode(const char *s, size_t left, uint32_t *cp)
{
    unsigned char c = (unsigned char)*s;
    unsigned n = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    if (n > left)
        n = 1;
    *cp = n == 1 ? c : c & (0xFFu >> (n + 1));
    for (unsigned i = 1; i < n; i++)
        *cp = *cp << 6 | ((unsigned char)s[i] & 0x3F);
    return n;
}

/* What repr() leaves as it is; without Unicode's tables, so the rarer formats and gaps are missed. */
static bool printable(uint32_t cp)
{
    return !(cp < 0x20 || (cp >= 0x7F && cp <= 0xA0) || cp == 0xAD || (cp >= 0x2000 && cp <= 0x200F)
             || (cp >= 0x2028 && cp <= 0x202F) || (cp >= 0x205F && cp <= 0x206F) || cp == 0x3000
             || (cp >= 0xD800 && cp <= 0xF8FF) || cp == 0xFEFF || (cp >= 0xFFF0 && cp <= 0xFFFB)
             || (cp & 0xFFFE) == 0xFFFE || cp >= 0xE0000);
}

static void put_escape(Dump *d, uint32_t cp)
{
    char buf[16];
    const char *fmt = cp == '\n' ? "\\n" : cp == '\r' ? "\\r" : cp == '\t' ? "\\t"
                    : cp < 0x100 ? "\\x%02x" : cp < 0x10000 ? "\\u%04x" : "\\U%08x";
    if (fmt[2] == '\0')
        puts_to(d, fmt);
    else {
        snprintf(buf, sizeof buf, cp < 0x100 ? "\\x%02x" : cp < 0x10000 ? "\\u%04x" : "\\U%08x",
                 (unsigned)cp);
        puts_to(d, buf);
    }
}

static void put_string(Dump *d, const char *s, uint32_t len, bool bytes)
{
    char quote = memchr(s, '\'', len) && !memchr(s, '"', len) ? '"' : '\'';
    if (bytes)
        put(d, "b", 1);
    put(d, &quote, 1);
    for (uint32_t i = 0; i < len;) {
        uint32_t cp = (unsigned char)s[i];
        unsigned n = bytes ? 1 : decode(s + i, len - i, &cp);
        if (cp == (unsigned char)quote || cp == '\\')
            put(d, "\\", 1);
        if (bytes ? cp < 0x20 || cp >= 0x7F : !printable(cp))
            put_escape(d, cp);
        else
            put(d, s + i, n);
        i += n;
    }
    put(d, &quote, 1);
}

static void put_const(Dump *d, const AstConst *c)
{
    switch (c->kind) {
    case CONST_NONE: puts_to(d, "None"); break;
    case CONST_TRUE: puts_to(d, "True"); break;
    case CONST_FALSE: puts_to(d, "False"); break;
    case CONST_ELLIPSIS: puts_to(d, "Ellipsis"); break;
    case CONST_INT: put_int(d, c->text, c->len); break;
    case CONST_FLOAT: put_float(d, c->text); break;
    case CONST_IMAGINARY: put_imaginary(d, c->text); break;
    case CONST_STR: put_string(d, c->text, c->len, false); break;
    default: put_string(d, c->text, c->len, true); break;
    }
}

static const char *const op_names[] = {
    "Add", "Sub", "Mult", "MatMult", "Div", "FloorDiv", "Mod", "Pow", "LShift", "RShift", "BitAnd", "BitOr",
    "BitXor", "Invert", "Not", "UAdd", "USub", "And", "Or", "Lt", "LtE", "Eq", "NotEq", "Gt", "GtE", "In",
    "NotIn", "Is", "IsNot"
};

const char *ast_op_name(uint8_t op)
{
    return op_names[op];
}

/* A node is gone through twice: first its fields are counted, to choose between one line (at most three
 * fields, none with a node that has fields) and several, then they are written. */
typedef struct Shown {
    Dump *d;
    unsigned level;
    unsigned fields;        /* seen so far */
    bool counting, shallow; /* shallow: only whether there are any matters */
    bool simple;
} Shown;

static void put_node(Dump *d, const Ast *n, unsigned level);
static void show_fields(Shown *s, const Ast *n);

static Shown count_fields(const Ast *n, bool shallow)
{
    Shown s = {.counting = true, .shallow = shallow, .simple = true};
    show_fields(&s, n);
    s.simple = s.simple && s.fields <= 3;
    return s;
}

/* False: only counting. */
static bool field(Shown *s, const char *name, bool simple)
{
    s->fields++;
    if (s->counting) {
        s->simple = s->simple && simple;
        return false;
    }
    if (s->fields > 1)
        puts_to(s->d, s->simple ? ", " : ",");
    if (!s->simple)
        indent(s->d, s->level + 1);
    puts_to(s->d, name);
    puts_to(s->d, "=");
    return true;
}

static void show_node(Shown *s, const char *name, const Ast *n)
{
    if (n && field(s, name, s->counting && !s->shallow && !count_fields(n, true).fields))
        put_node(s->d, n, s->level + 1);
}

static void show_seq(Shown *s, const char *name, const AstSeq *seq)
{
    if (!seq->count || !field(s, name, false))
        return;
    puts_to(s->d, "[");
    for (uint32_t i = 0; i < seq->count; i++) {
        indent(s->d, s->level + 2);
        if (seq->items[i])
            put_node(s->d, seq->items[i], s->level + 2);
        else
            puts_to(s->d, "None");
        puts_to(s->d, i + 1 < seq->count ? "," : "]");
    }
}

static void put_quoted(Dump *d, Name n)
{
    put_string(d, n->text, n->len, false);
}

static void show_name(Shown *s, const char *name, Name n)
{
    if (n && field(s, name, true))
        put_quoted(s->d, n);
}

static void show_names(Shown *s, const char *name, NameList names)
{
    if (!names.count || !field(s, name, false))
        return;
    puts_to(s->d, "[");
    for (uint32_t i = 0; i < names.count; i++) {
        indent(s->d, s->level + 2);
        put_quoted(s->d, names.items[i]);
        puts_to(s->d, i + 1 < names.count ? "," : "]");
    }
}

static void show_num(Shown *s, const char *name, AstConst c)
{
    if (field(s, name, true))
        put_const(s->d, &c);
    if (c.u_prefix && field(s, "kind", true))
        puts_to(s->d, "'u'");
}

static void show_op(Shown *s, const char *name, uint8_t op)
{
    if (field(s, name, true)) {
        puts_to(s->d, op_names[op]);
        puts_to(s->d, "()");
    }
}

static void show_ops(Shown *s, const AstCompare *c)
{
    if (!field(s, "ops", false))
        return;
    puts_to(s->d, "[");
    for (uint32_t i = 0; i < c->comparators->count; i++) {
        indent(s->d, s->level + 2);
        puts_to(s->d, op_names[c->ops[i]]);
        puts_to(s->d, i + 1 < c->comparators->count ? "()," : "()]");
    }
}

/* ast.def's is_async is a class of its own there; except*, too. */
static void show_int(Shown *s, const Ast *n, const char *name, int32_t v)
{
    static const char *const contexts[] = {"Load()", "Store()", "Del()"};
    char buf[16];
    bool ctx = strcmp(name, "ctx") == 0;
    if (strcmp(name, "is_star") == 0 || (strcmp(name, "is_async") == 0 && n->kind != AST_COMPREHENSION))
        return;
    if (!field(s, name, true))
        return;
    snprintf(buf, sizeof buf, "%d", (int)v);
    puts_to(s->d, ctx && v >= 0 && v <= CTX_DEL ? contexts[v] : buf);
}

const char *ast_field_name(const Ast *n, const char *name)
{
    static const struct { const char *ours, *theirs; } names[] = {
        {"decorators", "decorator_list"}, {"posonly", "posonlyargs"}, {"kwonly", "kwonlyargs"},
        {"context", "context_expr"}, {"target", NULL}
    };
    if (n->kind == AST_WITH_ITEM && strcmp(name, "target") == 0)
        return "optional_vars";
    for (size_t i = 0; names[i].theirs; i++)
        if (strcmp(names[i].ours, name) == 0)
            return names[i].theirs;
    return name;
}

static const char *cpython_node(const Ast *n, const char *name)
{
    switch (n->kind) {
    case AST_FUNCTION_DEF: return ((const AstFunctionDef *)n)->is_async ? "AsyncFunctionDef" : name;
    case AST_FOR: return ((const AstFor *)n)->is_async ? "AsyncFor" : name;
    case AST_WITH: return ((const AstWith *)n)->is_async ? "AsyncWith" : name;
    case AST_TRY: return ((const AstTry *)n)->is_star ? "TryStar" : name;
    case AST_EXPR_STMT: return "Expr";
    case AST_COMPREHENSION: return "comprehension";
    case AST_ARGUMENTS: return "arguments";
    case AST_ARG: return "arg";
    case AST_KEYWORD: return "keyword";
    case AST_ALIAS: return "alias";
    case AST_WITH_ITEM: return "withitem";
    case AST_MATCH_CASE: return "match_case";
    default: return name;
    }
}

static void show_fields(Shown *s, const Ast *n)
{
#define SHOW_node(f) show_node(s, ast_field_name(n, #f), x->f);
#define SHOW_seq(f) show_seq(s, ast_field_name(n, #f), x->f);
#define SHOW_name(f) show_name(s, #f, x->f);
#define SHOW_names(f) show_names(s, #f, x->f);
#define SHOW_num(f) show_num(s, #f, x->f);
#define SHOW_op(f) show_op(s, #f, x->f);
#define SHOW_int(f) show_int(s, n, #f, x->f);
#define SHOW_ops(f) show_ops(s, x);
#define F(kind, name) SHOW_##kind(name)
#define NODE(NAME, Struct, fields) \
    case AST_##NAME: { const Ast##Struct *x = (const Ast##Struct *)n; (void)x; fields break; }
    switch (n->kind) {
#include "parser/ast.def"
    default: break;
    }
#undef F
}

const char *ast_node_name(const Ast *n)
{
#define F(kind, name)
#define NODE(NAME, Struct, fields) #Struct,
    static const char *const names[] = {
#include "parser/ast.def"
    };
#undef F
    return cpython_node(n, names[n->kind]);
}

static void put_node(Dump *d, const Ast *n, unsigned level)
{
    Shown s = count_fields(n, false);
    puts_to(d, ast_node_name(n));
    puts_to(d, "(");
    if (n->kind == AST_MATCH_SINGLETON) {       /* its value is the bare object there */
        puts_to(d, "value=");
        put_const(d, &((const AstConstant *)((const AstMatchSingleton *)n)->value)->value);
    } else {
        s = (Shown){.d = d, .level = level, .simple = s.simple};
        show_fields(&s, n);
    }
    puts_to(d, ")");
}

bool ast_dump(Arena *arena, const Ast *tree, AstText *out)
{
    Dump d = {.arena = arena};
    put_node(&d, tree, 0);
    if (d.failed)
        return false;
    *out = (AstText){d.text, d.len};
    return true;
}

bool ast_constant_text(Arena *arena, const AstConst *value, AstText *out)
{
    Dump d = {.arena = arena};
    put_const(&d, value);
    if (d.failed)
        return false;
    *out = (AstText){d.text, d.len};
    return true;
}
