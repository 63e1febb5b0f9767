/* SPDX-License-Identifier: MIT
 * Exceptions as text: the chain of causes and contexts, groups in their boxes, notes, SyntaxErrors.
 *
 * What belongs together is found first, without calling script: a Node for each exception that will be printed.
 * An exception is not followed twice, so cycles end; how much is looked at is bounded. */
#include "runtime/traceback.h"

#include <stdio.h>

#include "lexer/diag.h"
#include "runtime/runtime.h"
#include "vm/frame.h"
#include "vm/objects/dict.h"
#include "vm/objects/exceptions.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/set.h"
#include "vm/objects/str.h"

#define MAX_GROUP_WIDTH 15u
#define MAX_GROUP_DEPTH 10u
#define MAX_NODES 20000u
#define REPEATS_SHOWN 3u

/* ---- pieces of text ---- */

static void put_str(Buf *out, const Str *s)
{
    buf_put(out, str_data(s), s->len);
}

/* str() or repr() of anything; when that fails, words that say so. */
static void put_safe(Vm *vm, Value v, Str *(*convert)(Vm *vm, Value v), const char *failed, Buf *out)
{
    Str *s = convert(vm, v);
    if (s) {
        put_str(out, s);
        return;
    }
    exc_discard(vm);
    buf_puts(out, failed);
}

static void put_type_name(Vm *vm, Value exc, Buf *out)
{
    Type *t = type_of(vm, exc);
    Value module = dict_get_str(vm, type_dict(vm, t), vm->names.dunder_module);
    if (!is_str(module) && !value_is_empty(module))
        buf_puts(out, "<unknown>.");
    else if (is_str(module) && !str_is(as_str(module), "builtins") && !str_is(as_str(module), "__main__")) {
        put_str(out, as_str(module));
        buf_putc(out, '.');
    }
    put_str(out, as_str(t->qualname));
}

/* ---- the lines of one exception ---- */

static int64_t field_number(const Exc *e, unsigned field, int64_t dflt)
{
    int64_t n;
    Value v = exc_field(e, field);
    return !value_is_empty(v) && is_int(v) && int_to_i64(v, &n) ? n : dflt;
}

static const char *field_text(const Exc *e, unsigned field, Value *keep, Vm *vm)
{
    Value v = exc_field(e, field);
    if (!value_is_empty(v) && !value_is_none(v) && !is_str(v)) {
        Str *text = op_str(vm, v);
        v = text ? value_from_obj(text) : VALUE_NONE;
    }
    const char *s = is_str(v) && as_str(v)->len ? str_c(vm, as_str(v), keep) : NULL;
    if (vm_pending(vm))
        exc_discard(vm);
    return s;
}

static bool field_is_set(const Exc *e, unsigned field)
{
    Value v = exc_field(e, field);
    return !value_is_empty(v) && !value_is_none(v);
}

static void put_syntax_error(Vm *vm, Value exc, Buf *out)
{
    Exc *e = as_exc(exc);
    Buf type, message;
    Value keep[2];
    size_t len;
    buf_init(&type, &vm->alloc);
    buf_init(&message, &vm->alloc);
    put_type_name(vm, exc, &type);
    Value msg = exc_field(e, FIELD_SYNTAX_MSG), text = exc_field(e, FIELD_SYNTAX_TEXT);
    const char *filename = field_text(e, FIELD_SYNTAX_FILENAME, &keep[0], vm);
    bool has_line = field_is_set(e, FIELD_SYNTAX_LINENO);
    if (value_is_empty(msg) || value_is_none(msg) || (is_str(msg) && !as_str(msg)->len))
        buf_puts(&message, "<no detail available>");
    else
        put_safe(vm, msg, op_str, "<exception str() failed>", &message);
    if (!has_line && filename) {
        buf_puts(&message, " (");
        buf_puts(&message, filename);
        buf_puts(&message, ")");
    }
    SyntaxReport r = { .type = buf_cstr(&type), .message = buf_cstr(&message), .filename = filename };
    if (has_line)
        r.line = field_number(e, FIELD_SYNTAX_LINENO, 1);
    if (field_is_set(e, FIELD_SYNTAX_END_LINENO) || has_line)
        r.end_line = field_number(e, FIELD_SYNTAX_END_LINENO, -1);
    r.offset = field_number(e, FIELD_SYNTAX_OFFSET, 0);
    r.end_offset = field_number(e, FIELD_SYNTAX_END_OFFSET, 0);
    if (is_str(text)) {
        r.text = str_data(as_str(text));
        r.text_len = as_str(text)->len;
    }
    Arena arena;
    arena_init(&arena, &vm->alloc);
    const char *s = r.type && r.message ? syntax_report_text(&arena, &r, &len) : NULL;
    if (s)
        buf_put(out, s, len);
    else
        buf_puts(out, "SyntaxError\n");
    arena_free(&arena);
    buf_free(&type);
    buf_free(&message);
}

bool rt_is_library_name(Vm *vm, Value name)
{
    Value sys = dict_get_cstr(vm, vm->modules, "sys");
    if (value_is_empty(sys)) {          /* the script did not import it */
        sys = rt_import_module(vm, "sys");
        if (value_is_empty(sys))
            exc_discard(vm);
    }
    Dict *d = is_module(sys) ? attr_dict(vm, sys) : NULL;
    Value names = d ? dict_get_cstr(vm, d, "stdlib_module_names") : VALUE_EMPTY;
    if (!is_kind(names, KIND_SET) && !is_tuple(names))
        return false;
    int found = op_contains(vm, names, name);
    if (found < 0)
        exc_discard(vm);
    return found > 0;
}

static void put_suggestion(Vm *vm, Value exc, Value tb, Buf *out)
{
    Str *meant = traceback_suggestion(vm, exc, tb);
    if (meant) {
        buf_puts(out, ". Did you mean: '");
        put_str(out, meant);
        buf_puts(out, "'?");
    }
    Value name = exc_matches(vm, exc, vm->exc[EXC_NameError]) ? exc_field(as_exc(exc), FIELD_NAME) : VALUE_EMPTY;
    if (is_str(name) && rt_is_library_name(vm, name)) {
        buf_puts(out, meant ? " Or did you forget to import '" : ". Did you forget to import '");
        put_str(out, as_str(name));
        buf_puts(out, "'?");
    }
}

static void put_note_lines(Vm *vm, Value notes, Buf *out)
{
    for (size_t i = 0; is_list(notes) ? i < as_list(notes)->len : i < as_tuple(notes)->len; i++) {
        Value note = is_list(notes) ? list_items(as_list(notes))[i] : as_tuple(notes)->items[i];
        put_safe(vm, note, op_str, "<note str() failed>", out);
        buf_putc(out, '\n');
        if (out->failed)
            return;
    }
}

static void put_notes(Vm *vm, Value exc, Buf *out)
{
    Value notes = attr_get_opt(vm, exc, vm->names.dunder_notes);
    if (vm_pending(vm)) {
        Value error = exc_take(vm);
        buf_puts(out, "Ignored error getting __notes__: ");
        put_safe(vm, error, op_repr, "<__notes__ repr() failed>", out);
        buf_putc(out, '\n');
    } else if (is_list(notes) || is_tuple(notes)) {
        put_note_lines(vm, notes, out);
    } else if (!value_is_empty(notes) && !value_is_none(notes)) {
        put_safe(vm, notes, op_repr, "<__notes__ repr() failed>", out);
        buf_putc(out, '\n');
    }
}

static void put_exception(Vm *vm, Value exc, Value tb, Buf *out)
{
    if (exc_matches(vm, exc, vm->exc[EXC_SyntaxError])) {
        put_syntax_error(vm, exc, out);
    } else {
        Buf text;
        buf_init(&text, &vm->alloc);
        put_safe(vm, exc, op_str, "<exception str() failed>", &text);
        put_suggestion(vm, exc, tb, &text);
        put_type_name(vm, exc, out);
        if (text.len)
            buf_puts(out, ": ");
        buf_put(out, text.data, text.len);
        buf_putc(out, '\n');
        out->failed |= text.failed;
        buf_free(&text);
    }
    put_notes(vm, exc, out);
}

/* ---- tracebacks ---- */

static uint32_t line_at(const Traceback *tb)
{
    return tb->at < tb->code->ninstrs ? code_position(tb->code, tb->at).line : tb->line;
}

static bool same_place(const Traceback *a, const Traceback *b)
{
    return a && line_at(a) == line_at(b) && str_equal(a->code->filename, b->code->filename) &&
           str_equal(a->code->name, b->code->name);
}

static void put_repeats(unsigned count, Buf *out)
{
    if (count > REPEATS_SHOWN)
        buf_printf(out, "  [Previous line repeated %u more time%s]\n", count - REPEATS_SHOWN,
                   count - REPEATS_SHOWN > 1 ? "s" : "");
}

/* The part of a traceback that is shown: from *tb on, *count entries. */
static void apply_limit(Value *tb, int64_t limit, uint64_t *count)
{
    uint64_t n = 0;
    for (Value v = *tb; is_traceback(v); v = as_traceback(v)->next)
        n++;
    *count = n;
    if (limit >= 0) {
        if ((uint64_t)limit < n)
            *count = (uint64_t)limit;
        return;
    }
    uint64_t last = limit == INT64_MIN ? n : (uint64_t)-limit;
    for (; n > last; n--)
        *tb = as_traceback(*tb)->next;
    *count = n;
}

static void put_stack(Vm *vm, Value tb, uint64_t shown, bool carets, Buf *out)
{
    const Traceback *before = NULL;
    unsigned count = 0;
    for (; shown; shown--, tb = as_traceback(tb)->next) {
        const Traceback *t = as_traceback(tb);
        if (!same_place(before, t)) {
            put_repeats(count, out);
            before = t;
            count = 0;
        }
        if (++count <= REPEATS_SHOWN)
            traceback_put_entry(vm, t->code, carets ? t->at : UINT32_MAX, line_at(t), out);
    }
    put_repeats(count, out);
}

void traceback_put_stack(Vm *vm, Value tb, int64_t limit, Buf *out)
{
    uint64_t shown;
    Value pending = exc_take(vm);
    apply_limit(&tb, limit, &shown);
    put_stack(vm, tb, shown, true, out);
    exc_restore(vm, pending);
}

void traceback_text_plain(Vm *vm, Value exc, Buf *out)
{
    Value tb = as_exc(exc)->traceback;
    uint64_t shown;
    if (is_traceback(tb)) {
        buf_puts(out, "Traceback (most recent call last):\n");
        apply_limit(&tb, TRACEBACK_NO_LIMIT, &shown);
        put_stack(vm, tb, shown, false, out);
    }
    put_type_name(vm, exc, out);
    buf_puts(out, ": ");
    put_safe(vm, exc, op_str, "<exception str() failed>", out);
    buf_putc(out, '\n');
}

void traceback_put_exception(Vm *vm, Value exc, Value tb, Buf *out)
{
    Value pending = exc_take(vm);
    put_exception(vm, exc, tb, out);
    exc_restore(vm, pending);
}

/* ---- what is to be printed ---- */

/* Index 0 is the exception itself; 0 as a link means none. */
typedef struct Node {
    uint32_t cause, context;
    uint32_t children, nchildren;       /* of a group: the first MAX_GROUP_WIDTH stand in a row */
    uint32_t depth;
    bool is_group;
} Node;

typedef struct Printer {
    Vm *vm;
    Buf *out;
    bool chain;
    int64_t limit;
    Node *nodes;
    uint32_t count;
    size_t cap;
    Values *excs;               /* of the nodes, alive while script runs */
    unsigned depth;             /* of boxes */
    bool need_close;
} Printer;

static Tuple *members(Vm *vm, Value group)
{
    Value v = exc_field(as_exc(group), FIELD_GROUP_EXCS);
    return is_tuple(v) ? as_tuple(v) : vm->empty_tuple;
}

/* 0: there is no room. */
static uint32_t node_add(Printer *p, Value exc, uint32_t depth)
{
    Vm *vm = p->vm;
    if (p->count == MAX_NODES ||
        !array_reserve(&vm->alloc, (void **)&p->nodes, &p->cap, p->count + 1, sizeof *p->nodes))
        return 0;
    if (!p->excs || p->count == p->excs->cap) {
        Values *more = values_new(vm, p->excs ? p->excs->cap * 2 : 8);
        if (!more) {
            exc_discard(vm);
            return 0;
        }
        if (p->excs)
            memcpy(more->items, p->excs->items, p->count * sizeof(Value));
        p->excs = more;
    }
    heap_set(vm, p->excs, &p->excs->items[p->count], exc);
    p->nodes[p->count] = (Node){ .depth = depth,
                                 .is_group = value_is_a(vm, exc, vm->exc[EXC_BaseExceptionGroup]) };
    as_exc(exc)->h.flags |= EXC_SEEN;
    return p->count++;
}

static bool is_new(Value exc)
{
    return is_exc(exc) && !(as_exc(exc)->h.flags & EXC_SEEN);
}

static void add_members(Printer *p, uint32_t at)
{
    Tuple *t = members(p->vm, p->excs->items[at]);
    uint32_t depth = p->nodes[at].depth + 1;
    for (size_t i = 0; i < t->len; i++) {
        if (!is_exc(t->items[i]))
            continue;
        if (i >= MAX_GROUP_WIDTH || depth > MAX_GROUP_DEPTH + 1) {
            as_exc(t->items[i])->h.flags |= EXC_SEEN;
            continue;
        }
        uint32_t child = node_add(p, t->items[i], depth);
        if (!child)
            return;
        if (!p->nodes[at].nchildren++)
            p->nodes[at].children = child;
    }
}

/* What a node leads to. Those that were found last are followed first. */
static void node_follow(Printer *p, uint32_t at)
{
    Exc *e = as_exc(p->excs->items[at]);
    uint32_t depth = p->nodes[at].depth;
    uint32_t cause = is_new(e->cause) ? node_add(p, e->cause, depth) : 0;
    uint32_t context = !cause && !e->suppress_context && is_new(e->context) ? node_add(p, e->context, depth) : 0;
    p->nodes[at].cause = cause;
    p->nodes[at].context = context;
    if (p->nodes[at].is_group)
        add_members(p, at);
}

static void find_nodes(Printer *p, Value exc)
{
    uint32_t *stack = NULL;
    size_t cap = 0, n = 1;
    const Alloc *alloc = &p->vm->alloc;
    node_add(p, exc, 0);
    if (p->count && array_reserve(alloc, (void **)&stack, &cap, 1, sizeof *stack))
        stack[0] = 0;
    else
        n = 0;
    while (n) {
        uint32_t first = p->count;
        node_follow(p, stack[--n]);
        if (!array_reserve(alloc, (void **)&stack, &cap, n + p->count - first, sizeof *stack))
            break;
        for (uint32_t i = first; i < p->count; i++)
            stack[n++] = i;
    }
    mem_free(alloc, stack, cap * sizeof *stack);
    for (uint32_t i = 0; i < p->count; i++) {
        Value e = p->excs->items[i];
        as_exc(e)->h.flags &= (uint16_t)~EXC_SEEN;
        Tuple *t = p->nodes[i].is_group ? members(p->vm, e) : NULL;
        for (size_t k = 0; t && k < t->len; k++)
            if (is_exc(t->items[k]))
                as_exc(t->items[k])->h.flags &= (uint16_t)~EXC_SEEN;
    }
}

/* ---- boxes ---- */

static void put_margin(Printer *p)
{
    buf_fill(p->out, ' ', 2 * p->depth);
}

/* Text in the box: what `write` makes goes behind the margin. */
static void emit(Printer *p, Buf *text, char margin)
{
    char prefix[2 * (MAX_GROUP_DEPTH + 3) + 3];
    if (p->depth)
        snprintf(prefix, sizeof prefix, "%*s%c ", (int)(2 * p->depth), "", margin);
    else
        prefix[0] = 0;
    text_indent(text->data, text->len, prefix, p->out);
    p->out->failed |= text->failed;
    buf_free(text);
}

static void emit_text(Printer *p, const char *s, char margin)
{
    Buf b;
    buf_init(&b, &p->vm->alloc);
    buf_puts(&b, s);
    emit(p, &b, margin);
}

static void emit_traceback(Printer *p, Value exc, const char *title, char margin)
{
    Value tb = as_exc(exc)->traceback;
    uint64_t shown;
    apply_limit(&tb, p->limit, &shown);
    if (!shown)
        return;
    emit_text(p, title, margin);
    Buf b;
    buf_init(&b, &p->vm->alloc);
    put_stack(p->vm, tb, shown, true, &b);
    emit(p, &b, '|');
}

static void emit_exception(Printer *p, Value exc)
{
    Buf b;
    buf_init(&b, &p->vm->alloc);
    put_exception(p->vm, exc, as_exc(exc)->traceback, &b);
    emit(p, &b, '|');
}

static void put_chain(Printer *p, uint32_t at);

static void put_members(Printer *p, uint32_t at)
{
    size_t total = members(p->vm, p->excs->items[at])->len;
    uint32_t made = p->nodes[at].nchildren, shown = made + (made < total);
    p->need_close = false;
    for (uint32_t i = 0; i < shown; i++) {
        bool last = i == shown - 1;
        if (last)
            p->need_close = true;
        put_margin(p);
        buf_puts(p->out, i ? "  +---------------- " : "+-+---------------- ");
        if (i < made)
            buf_printf(p->out, "%u", i + 1);
        else
            buf_puts(p->out, "...");
        buf_puts(p->out, " ----------------\n");
        p->depth++;
        if (i < made) {
            put_chain(p, p->nodes[at].children + i);
        } else {
            char text[64];
            snprintf(text, sizeof text, "and %zu more exception%s\n", total - made, total - made > 1 ? "s" : "");
            emit_text(p, text, '|');
        }
        if (last && p->need_close) {
            put_margin(p);
            buf_puts(p->out, "+------------------------------------\n");
            p->need_close = false;
        }
        p->depth--;
    }
}

static void put_group(Printer *p, uint32_t at)
{
    Value exc = p->excs->items[at];
    if (p->depth > MAX_GROUP_DEPTH) {
        char text[64];
        snprintf(text, sizeof text, "... (max_group_depth is %u)\n", MAX_GROUP_DEPTH);
        emit_text(p, text, '|');
        return;
    }
    bool outermost = !p->depth;
    if (outermost)
        p->depth++;
    emit_traceback(p, exc, "Exception Group Traceback (most recent call last):\n", outermost ? '+' : '|');
    emit_exception(p, exc);
    put_members(p, at);
    if (outermost)
        p->depth = 0;
}

static void put_node(Printer *p, uint32_t at)
{
    Value exc = p->excs->items[at];
    if (p->nodes[at].is_group) {
        put_group(p, at);
        return;
    }
    emit_traceback(p, exc, "Traceback (most recent call last):\n", '|');
    emit_exception(p, exc);
}

static uint32_t node_before(const Printer *p, uint32_t at)
{
    const Node *n = &p->nodes[at];
    return !p->chain ? 0 : n->cause ? n->cause : n->context;
}

/* An exception with what led to it, the oldest first. */
static void put_chain(Printer *p, uint32_t at)
{
    const Alloc *alloc = &p->vm->alloc;
    uint32_t *list = NULL;
    size_t cap = 0, n = 0;
    for (uint32_t i = node_before(p, at); i; i = node_before(p, i)) {
        if (!array_reserve(alloc, (void **)&list, &cap, n + 1, sizeof *list))
            break;
        list[n++] = i;
    }
    while (n) {
        uint32_t i = list[--n], next = n ? list[n - 1] : at;
        put_node(p, i);
        emit_text(p, p->nodes[next].cause
                  ? "\nThe above exception was the direct cause of the following exception:\n\n"
                  : "\nDuring handling of the above exception, another exception occurred:\n\n", '|');
    }
    mem_free(alloc, list, cap * sizeof *list);
    put_node(p, at);
}

static bool put_all(Vm *vm, Value exc, bool chain, int64_t limit, Buf *out)
{
    Value pending = exc_take(vm);
    Printer p = { .vm = vm, .out = out, .chain = chain, .limit = limit };
    if (is_exc(exc))
        find_nodes(&p, exc);
    if (p.count)
        put_chain(&p, 0);
    else if (is_exc(exc))
        put_exception(vm, exc, VALUE_NONE, out);
    mem_free(&vm->alloc, p.nodes, p.cap * sizeof *p.nodes);
    exc_restore(vm, pending);
    return !out->failed;
}

bool traceback_text_limited(Vm *vm, Value exc, bool chain, int64_t limit, Buf *out)
{
    return put_all(vm, exc, chain, limit, out);
}

/* sys.tracebacklimit: so many entries, the last ones. */
static int64_t global_limit(Vm *vm)
{
    Value sys = dict_get_cstr(vm, vm->modules, "sys"), v = VALUE_EMPTY;
    int64_t n;
    if (is_module(sys))
        v = dict_get_cstr(vm, as_module(sys)->globals, "tracebacklimit");
    if (value_is_empty(v) || !is_int(v))
        return TRACEBACK_NO_LIMIT;
    if (!int_to_i64(v, &n))
        return int_sign(v) < 0 ? 0 : TRACEBACK_NO_LIMIT;
    return n <= 0 ? 0 : -n;
}

bool traceback_text(Vm *vm, Value exc, Buf *out)
{
    return put_all(vm, exc, true, global_limit(vm), out);
}
