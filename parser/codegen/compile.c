/* SPDX-License-Identifier: MIT
 * The front end from text to code: runs the passes, turns their errors into exceptions. */
#include "parser/codegen/compile.h"

#include "parser/codegen/codegen.h"
#include "parser/codegen/tree.h"
#include "vm/buf.h"
#include "vm/error.h"
#include "vm/objects/bytes.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"
#include "vm/text/charname.h"
#include "vm/text/unicode.h"

/* ---- what the lexer asks ---- */

static bool hook_is_xid(uint32_t cp, bool start)
{
    return start ? unicode_is_xid_start(cp) : unicode_is_xid_continue(cp);
}

static bool hook_is_printable(uint32_t cp)
{
    return unicode_is_printable(cp);
}

/* The hook has no allocator: names of sane length are normalised on the stack, longer ones stay as they are. */
typedef struct Scratch {
    size_t used;
    char bytes[4096];
} Scratch;

static void *scratch_alloc(void *ud, void *p, size_t old_size, size_t new_size)
{
    Scratch *s = ud;
    if (!new_size || new_size > sizeof s->bytes - s->used)
        return NULL;
    char *to = s->bytes + s->used;
    s->used += (new_size + 7) & ~(size_t)7;
    if (s->used > sizeof s->bytes)
        s->used = sizeof s->bytes;
    return p ? memcpy(to, p, old_size < new_size ? old_size : new_size) : to;
}

static size_t hook_nfkc(const char *text, size_t len, char *out, size_t cap)
{
    Scratch scratch = { .used = 0 };
    Alloc alloc = { scratch_alloc, &scratch };
    Buf b;
    buf_init(&b, &alloc);
    unicode_normalize(&b, text, len, UNICODE_NFKC);
    const char *from = b.failed ? text : b.data;
    size_t n = b.failed ? len : b.len;
    if (n && cap)
        memcpy(out, from, n < cap ? n : cap);
    return n;
}

/* To whom warnings go, and who looks for names. */
typedef struct Warnings {
    Vm *vm;
    const Source *src;
} Warnings;

static bool hook_find_name(void *ud, const char *name, size_t len, uint32_t *cp)
{
    return charname_find(((const Warnings *)ud)->vm, name, len, cp);
}

static bool hook_warn(void *ud, uint32_t offset, const char *message)
{
    const Warnings *w = ud;
    if (!w->vm->hooks.warn_syntax)
        return true;
    Place p = source_place(w->src, offset);
    bool shown = w->src->in_file;
    return w->vm->hooks.warn_syntax(w->vm, message, w->src->filename, p.line, shown ? w->src->text + p.line_start : NULL,
                                    p.line_end - p.line_start);
}

static void *hook_alloc(void *ud, void *p, size_t old_size, size_t new_size)
{
    const Alloc *a = ud;
    return a->fn(a->ud, p, old_size, new_size);
}

/* ---- errors ---- */

static ExcId error_class(const char *type)
{
    static const struct { const char *name; ExcId id; } classes[] = {
        { "IndentationError", EXC_IndentationError }, { "TabError", EXC_TabError }, { "MemoryError", EXC_MemoryError },
        { "RecursionError", EXC_RecursionError }, { "OverflowError", EXC_OverflowError },
        { "ValueError", EXC_ValueError },
    };
    for (size_t i = 0; i < COUNT_OF(classes); i++)
        if (strcmp(type, classes[i].name) == 0)
            return classes[i].id;
    return EXC_SyntaxError;
}

static Value optional_int(int64_t i, bool known)
{
    return known ? value_from_int48(i) : VALUE_NONE;
}

static Value text_value(Vm *vm, const char *text, size_t len)
{
    Str *s = str_decode(vm, text, len);
    if (!s && exc_pending_is(vm, EXC_UnicodeDecodeError)) {
        exc_discard(vm);
        return VALUE_NONE;
    }
    return s ? value_from_obj(s) : VALUE_EMPTY;
}

static Value line_value(Vm *vm, const SyntaxReport *r)
{
    if (!r->text)
        return VALUE_NONE;
    Str *s = str_alloc(vm, r->text_len + r->add_break);
    if (!s)
        return VALUE_EMPTY;
    memcpy(s->text, r->text, r->text_len);
    if (r->add_break)
        s->text[r->text_len] = '\n';
    str_finish(s);
    return value_from_obj(s);
}

/* CPython's symbol table sets the attributes behind the exception's back. */
static void raise_with_attributes(Vm *vm, ExcId id, Value message, const Tuple *details)
{
    static const char *const names[] = { "filename", "lineno", "offset", "text", "end_lineno", "end_offset",
                                         "print_file_and_line" };
    raise_args(vm, id, 1, &message);
    Value e = exc_take(vm);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        Str *name = str_intern(vm, names[i], strlen(names[i]));
        if (!name || !attr_set(vm, e, name, i < details->len ? details->items[i] : VALUE_NONE))
            return;
    }
    exc_restore(vm, e);
}

/* SyntaxError(msg, (filename, lineno, offset, text, end_lineno, end_offset)) */
static void raise_syntax_error(Vm *vm, ExcId id, const SyntaxReport *r)
{
    bool placed = r->line > 0 || r->text;
    Value message = text_value(vm, r->message, strlen(r->message));
    Value filename = text_value(vm, r->filename, strlen(r->filename));
    Value text = line_value(vm, r);
    if (value_is_empty(message) || value_is_empty(filename) || value_is_empty(text))
        return;
    Tuple *details = tuple_pack(vm, (size_t)6, filename, optional_int(r->line, placed), optional_int(r->offset, placed),
                                text, optional_int(r->end_line, placed),
                                optional_int(r->end_offset, placed && r->end_offset != OFFSET_UNSET));
    if (!details)
        return;
    if (!placed) {
        raise_args(vm, id, 1, &message);
        return;
    }
    if (r->attributes) {
        raise_with_attributes(vm, id, message, details);
        return;
    }
    Value args[2] = { message, value_from_obj(details) };
    raise_args(vm, id, 2, args);
}

static void raise_diag(Vm *vm, const Source *src, const Diag *diag)
{
    ExcId id = error_class(diag->type);
    SyntaxReport r = diag_report(src, diag);
    if (id == EXC_MemoryError && !diag->message)
        raise_no_memory(vm);
    else if (id == EXC_SyntaxError || id == EXC_IndentationError || id == EXC_TabError)
        raise_syntax_error(vm, id, &r);
    else
        raise_exc(vm, id, "%s", diag->message);
}

/* ---- generating ---- */

/* Where := stands in the text, in strings too: what cannot be rebound needs no copies. */
static bool find_walruses(Compiler *c)
{
    const char *p = c->src->text, *end = p + c->src->len;
    uint32_t cap = 0;
    while ((p = memchr(p, ':', (size_t)(end - p)))) {
        if (p[1] == '=') {
            if (!GROW(c, &c->walrus, &cap, c->nwalrus + 1))
                return false;
            c->walrus[c->nwalrus++] = (uint32_t)(p - c->src->text);
        }
        p++;
    }
    return true;
}

static void module_body(Compiler *c, const Ast *tree)
{
    Unit *u = c->unit;
    Reg base = u->top;
    if (tree->kind == AST_EXPRESSION) {
        const Ast *body = ((const AstExpression *)tree)->body;
        Reg r = expr_reg(c, body);
        emit(c, span(body), OP_RETURN, 0, r, 0, 0);
        return;
    }
    const AstSeq *body = ((const AstModule *)tree)->body;
    annotations_setup(c, u->scope);
    Value doc = c->options->mode == PARSE_FILE ? const_docstring(c, body) : VALUE_EMPTY;
    if (!value_is_empty(doc)) {
        emit_const(c, span(body->items[0]), base, doc);
        name_store_text(c, span(body->items[0]), "__doc__", push_reg(c));
        u->top = base;
    }
    stmts(c, body);
    Span at = body->count ? span(body->items[body->count - 1]) : NOWHERE;
    emit_none(c, at, base);
    Reg none = push_reg(c);
    emit(c, at, OP_RETURN, 0, none, 0, 0);
}

static Code *module_code(Compiler *c, const Ast *tree)
{
    const CompileOptions *o = c->options;
    uint32_t flags = CODE_MODULE | (o->names_mode ? CODE_NAMES : 0);
    if (o->top_level_await && c->root->has_await)
        flags |= CODE_TOP_LEVEL_AWAIT | CODE_COROUTINE;
    if (c->src->barry || future_feature(tree, "barry_as_FLUFL"))
        flags |= CODE_FUTURE_BARRY;
    Unit *u = unit_begin(c, c->root, text_str(c, "<module>"), 1, flags);
    if (!u)
        return NULL;
    if (o->names_mode)
        unit_local(c, text_str(c, ".namespace"), false);
    if (!unit_locals(c))
        return NULL;
    unit_cells(c, NOWHERE);
    if (o->names_mode)
        emit(c, NOWHERE, OP_NAMESPACE, 0, 0, 0, 0);
    warn_suspects(c);
    module_body(c, tree);
    return unit_end(c);
}

static bool compiler_init(Compiler *c, const Ast *tree)
{
    Vm *vm = c->vm;
    c->name_table = ast_names(tree);
    c->optimize = c->options->optimize ? c->options->optimize - 1 : vm->optimize;
    c->interactive = c->options->interactive || (c->options->mode != PARSE_FILE && c->options->mode != PARSE_EVAL);
    c->filename = str_decode(vm, c->src->filename, strlen(c->src->filename));
    c->source = VALUE_NONE;
    if (c->filename && !c->options->strip_source) {
        Value shown = c->options->shown;
        Str *s = is_str(shown) ? as_str(shown) : str_new(vm, c->src->text, c->src->len);
        c->source = s ? value_from_obj(s) : VALUE_EMPTY;
    }
    if (!c->filename || value_is_empty(c->source)) {
        compile_pending(c);
        return false;
    }
    if (!line_index_init(&c->lines, c->arena, c->src)) {
        compile_no_memory(c);
        return false;
    }
    return find_walruses(c);
}

/* What the arena holds, for the collector: to show a warning may run script. */
static void mark_names(Marker *m, Str *const *names, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        mark_obj(m, names[i]);
}

static void mark_compiler(Vm *vm, Marker *m, void *ud)
{
    const Compiler *c = ud;
    (void)vm;
    mark_obj(m, c->filename);
    mark_value(m, c->source);
    mark_names(m, c->names, c->names_cap);
    for (uint32_t i = 0; i < c->interned_size; i++)
        mark_value(m, c->interned[i].value);
    for (const Unit *u = c->unit; u; u = u->outer) {
        mark_obj(m, u->name);
        mark_obj(m, u->qualname);
        mark_value(m, u->doc);
        mark_values(m, u->consts, u->nconsts);
        mark_values(m, u->codes, u->ncodes);
        mark_names(m, u->caches, u->ncaches);
        mark_names(m, u->globals, u->nglobals);
        mark_names(m, u->local_names, u->nlocals);
    }
}

/* The code of a tree; with `parts`, the tree as objects. */
static Value generate(Compiler *c, const Ast *tree)
{
    Dict *parts = c->options->parts;
    Value result = VALUE_EMPTY;
    if (!heap_add_roots(c->vm, mark_compiler, c))
        return raise_no_memory(c->vm);
    if (compiler_init(c, tree)) {
        Code *code = parts ? NULL : module_code(c, tree);
        result = parts ? tree_value(c, tree, parts) : code ? value_from_obj(code) : VALUE_EMPTY;
    }
    heap_remove_roots(c->vm, mark_compiler, c);
    if (c->failed) {
        result = VALUE_EMPTY;
        if (c->diag.type)
            raise_diag(c->vm, c->src, &c->diag);
        else if (!vm_pending(c->vm))
            raise_no_memory(c->vm);
    }
    return result;
}

static Value compile_in(Vm *vm, Arena *arena, const Source *src, const CompileOptions *o, bool *incomplete)
{
    Diag diag = { .type = NULL };
    unsigned flags = (o->top_level_await ? SCOPE_TOP_LEVEL_AWAIT : 0) |
                     (o->future & COMPILE_FUTURE_ANNOTATIONS ? SCOPE_FUTURE_ANNOTATIONS : 0);
    Ast *tree = parse(arena, src, o->mode, &diag);
    Source placed = *src;
    bool moved = tree && o->like.bits && !o->parts;
    if (moved && !tree_place(vm, arena, tree, o->like, &placed))
        return VALUE_EMPTY;
    if (moved) {
        ((Warnings *)src->hooks->ud)->src = &placed;
        src = &placed;
    }
    Scope *root = tree && !o->parts ? scope_analyze(arena, tree, src, flags, &diag) : NULL;
    if (!root && (!tree || !o->parts)) {
        *incomplete = diag.incomplete || (o->blank_is_more && diag.ends_early);
        if (vm_pending(vm))
            return VALUE_EMPTY;         /* a warning that was made an error */
        if (diag.type)
            raise_diag(vm, src, &diag);
        else
            raise_no_memory(vm);
        return VALUE_EMPTY;
    }
    Compiler c = { .vm = vm, .arena = arena, .src = src, .options = o, .root = root, .any_walrus = moved };
    return generate(&c, tree);
}

/* ---- encodings ---- */

/* SyntaxError(msg, (filename, 0, -1, None)); of a main script no more than what the trouble is about. */
static void raise_encoding_error(Vm *vm, const CompileOptions *o, Str *message, Str *name, const char *what)
{
    Str *short_text = o->is_script ? str_printf(vm, "encoding problem: %S%s", name, what) : message;
    Str *filename = str_cstr(vm, o->filename ? o->filename : "<string>");
    Tuple *place = filename ? tuple_pack(vm, (size_t)4, value_from_obj(filename), value_from_int48(0), value_from_int48(-1),
                                         VALUE_NONE) : NULL;
    if (!short_text || !place)
        return;
    Value args[2] = { value_from_obj(short_text), value_from_obj(place) };
    raise_args(vm, EXC_SyntaxError, o->is_script ? 1 : 2, args);
}

/* The text in the encoding that it declares, as UTF-8. NULL: an exception is pending. */
static Str *decode_source(Vm *vm, const CompileOptions *o, const char *text, size_t len, const char *name, size_t n)
{
    Bytes *bytes = bytes_new(vm, text, len);
    Str *s = str_new(vm, name, n), *decode = str_intern(vm, "decode", 6);
    if (!s || !decode || !bytes)
        return NULL;
    Value encoding = value_from_obj(s), v = op_call_method(vm, value_from_obj(bytes), decode, 1, &encoding);
    if (is_str(v))
        return as_str(v);
    if (exc_pending_is(vm, EXC_LookupError) || exc_pending_is(vm, EXC_UnicodeError)) {
        Str *message = op_str(vm, exc_take(vm));
        if (message)
            raise_encoding_error(vm, o, message, s, "");
    }
    return NULL;
}

static const char *decoded(Vm *vm, const CompileOptions *o, const char *text, size_t *len)
{
    const char *name;
    bool marked;
    size_t n = o->is_text ? 0 : source_encoding(text, *len, &name, &marked);
    if (!n)
        return text;
    if (marked) {
        bool latin = n >= 7 && (memcmp(name, "latin-1", 7) == 0 || memcmp(name, "latin_1", 7) == 0);
        Str *s = latin ? str_cstr(vm, "iso-8859-1") : str_new(vm, name, n);
        Str *message = s ? str_printf(vm, "encoding problem: %S with BOM", s) : NULL;
        if (message)
            raise_encoding_error(vm, o, message, s, " with BOM");
        return NULL;
    }
    Str *s = decode_source(vm, o, text, *len, name, n);
    if (s)
        *len = s->len;
    return s ? str_data(s) : NULL;
}

Value compile_text(Vm *vm, const char *text, size_t len, const CompileOptions *o, bool *incomplete)
{
    bool ignored;
    if (!incomplete)
        incomplete = &ignored;
    *incomplete = false;
    if (len >= UINT32_MAX / 4)
        return raise_exc(vm, EXC_OverflowError, "source code is too large");
    if (!(text = decoded(vm, o, text, &len)))
        return VALUE_EMPTY;
    Alloc alloc = { hook_alloc, &vm->alloc };
    Arena arena;
    arena_init(&arena, &alloc);
    Warnings warnings = { .vm = vm };
    SourceHooks hooks = { .ud = &warnings, .warn = hook_warn, .is_xid = hook_is_xid, .is_printable = hook_is_printable,
                          .find_name = hook_find_name, .nfkc = hook_nfkc };
    char *copy = arena_strndup(&arena, text, len);
    Source src = { .text = copy, .len = (uint32_t)len, .filename = o->filename ? o->filename : "<string>", .hooks = &hooks,
                   .is_text = o->is_text, .in_file = o->in_file, .barry = o->future & COMPILE_FUTURE_BARRY,
                   .open_ended = o->mode != PARSE_FILE, .stack_end = vm->strand->c_limit };
    warnings.src = &src;
    Value result = copy ? compile_in(vm, &arena, &src, o, incomplete) : raise_no_memory(vm);
    arena_free(&arena);
    return result;
}

Code *compile_source(Vm *vm, const char *text, size_t len, const CompileOptions *o, bool *incomplete)
{
    Value v = compile_text(vm, text, len, o, incomplete);
    return value_is_empty(v) ? NULL : as_code(v);
}
