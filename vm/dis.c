/* SPDX-License-Identifier: MIT
 * The disassembler: everything it prints comes from the table of instructions. */
#include "vm/dis.h"

#include "vm/vm.h"

static const char *const compare_text[] = { "<", "<=", "==", "!=", ">", ">=", "in", "not in", "is", "is not" };

#define SPECIAL(NAME, text) text,
static const char *const special_text[] = {
#include "vm/specials.def"
};

static void put_str(Buf *out, const Str *s)
{
    buf_put(out, str_data(s), s->len);
}

/* Text in quotes, cut when long. */
static void put_quoted(Buf *out, const char *text, size_t len)
{
    buf_putc(out, '\'');
    for (size_t i = 0; i < len && i < 40; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '\n')
            buf_puts(out, "\\n");
        else if (c < 32 || c == 127)
            buf_printf(out, "\\x%02x", c);
        else
            buf_putc(out, (char)c);
    }
    buf_puts(out, len > 40 ? "'..." : "'");
}

static void put_value(Buf *out, Value v);

static void put_tuple(Buf *out, const Tuple *t)
{
    buf_putc(out, '(');
    for (size_t i = 0; i < t->len && i < 8; i++) {
        if (i)
            buf_puts(out, ", ");
        put_value(out, t->items[i]);
    }
    buf_puts(out, t->len > 8 ? ", ...)" : t->len == 1 ? ",)" : ")");
}

/* A constant; without the VM, so that nothing can fail or run. */
static void put_value(Buf *out, Value v)
{
    if (value_is_empty(v)) {
        buf_puts(out, "<empty>");
    } else if (value_is_int48(v)) {
        buf_printf(out, "%lld", (long long)value_int48(v));
    } else if (value_is_double(v)) {
        buf_printf(out, "%.17g", value_double(v));
    } else if (value_is_obj(v)) {
        if (is_str(v))
            put_quoted(out, str_data(as_str(v)), as_str(v)->len);
        else if (is_bytes(v))
            buf_putc(out, 'b'), put_quoted(out, as_bytes(v)->data, as_bytes(v)->len);
        else if (is_tuple(v))
            put_tuple(out, as_tuple(v));
        else if (is_code(v))
            buf_puts(out, "<code "), put_str(out, as_code(v)->qualname), buf_putc(out, '>');
        else
            buf_puts(out, is_bigint(v) ? "<int>" : is_set(v) ? "<frozenset>" : "<object>");
    } else {
        buf_puts(out, value_is_none(v) ? "None" : value_is_true(v) ? "True" : value_is_false(v) ? "False" : "Ellipsis");
    }
}

static void put_reg(Buf *out, const Code *code, uint32_t r)
{
    if (r < code->nlocals)
        put_str(out, code->local_names[r]);
    else
        buf_printf(out, "r%u", r);
}

static void put_run(Buf *out, const Code *code, uint32_t first, uint32_t n)
{
    if (n == 0)
        buf_puts(out, "-");
    else
        put_reg(out, code, first);
    if (n > 1) {
        buf_puts(out, "..");
        put_reg(out, code, first + n - 1);
    }
}

static void put_operand(Buf *out, const Code *code, uint32_t at, char letter, unsigned which)
{
    const Instr *i = &code->instrs[at];
    uint32_t v = which == 0 ? i->a : which == 1 ? i->b : i->c;
    switch (letter) {
    case 'r': case 'w': case 'm':
        if (i->op == OP_FORMAT && v == 65535)
            buf_puts(out, "-");
        else
            put_reg(out, code, v);
        break;
    case 'R':
        put_run(out, code, v, instr_read_run(i));
        break;
    case 'W':
        put_run(out, code, v, instr_write_run(i));
        break;
    case 'k': case 'K':
        put_value(out, code->consts[letter == 'K' ? i->k : v]);
        break;
    case 'g': case 'G':
        put_str(out, code->caches[letter == 'G' ? i->k : v].name);
        break;
    case 'f':
        put_str(out, code->free_names[v]);
        break;
    case 'i':
        buf_printf(out, "%d", (int16_t)v);
        break;
    case 'j':
        buf_printf(out, "-> %lld", at + 1 + (long long)i->ci);
        break;
    case 'J':
        buf_printf(out, "-> %lld", at + 1 + (long long)i->j);
        break;
    default:
        buf_printf(out, "%u", v);
    }
}

static void put_x(Buf *out, const Instr *i, char what)
{
    if (what == 'p')
        buf_printf(out, " [%s%s]", i->x & COMPARE_SENSE || i->op == OP_COMPARE ? "" : "not ", compare_text[i->x & 15u]);
    else if (what == 's' && i->x)
        buf_printf(out, " [%s]", special_text[i->x]);
    else if (what == 't' && i->x == FORMAT_PART)
        buf_puts(out, " [part]");
    else if (what == 't' && i->x)
        buf_printf(out, " [!%c]", i->x);
    else if ((what == 'n' || what == 'o') && i->x)
        buf_printf(out, " [%u]", i->x);
}

void dis_instr(Buf *out, const Code *code, uint32_t at)
{
    const Instr *i = &code->instrs[at];
    const char *kinds = op_operands[i->op];
    buf_printf(out, "%-18s", op_names[i->op]);
    bool any = false;
    for (unsigned k = 0; k < 3 && kinds[k] && kinds[k] != ':'; k++) {
        if (kinds[k] == '.')
            continue;
        buf_puts(out, any ? ", " : " ");
        put_operand(out, code, at, kinds[k], k);
        any = true;
    }
    const char *colon = strchr(kinds, ':');
    if (colon)
        put_x(out, i, colon[1]);
}

static void put_heading(Buf *out, const Code *code)
{
    buf_puts(out, "code ");
    put_str(out, code->qualname);
    buf_printf(out, ": line %u, %u registers, %u locals", code->first_line, code->nregs, code->nlocals);
    if (code->ncaptures) {
        buf_puts(out, ", captures");
        for (uint32_t i = 0; i < code->ncaptures; i++) {
            buf_putc(out, ' ');
            put_str(out, code->free_names[i]);
        }
    }
    buf_putc(out, '\n');
}

void dis_code(Buf *out, const Code *code)
{
    put_heading(out, code);
    uint32_t line = 0;
    for (uint32_t i = 0; i < code->ninstrs; i++) {
        uint32_t l = code_position(code, i).line;
        if (l && l != line)
            buf_printf(out, "%5u", l);
        else
            buf_puts(out, "     ");
        line = l ? l : line;
        buf_printf(out, " %5u  ", i);
        dis_instr(out, code, i);
        buf_putc(out, '\n');
    }
    for (uint32_t i = 0; i < code->nhandlers; i++) {
        const Handler *h = &code->handlers[i];
        buf_printf(out, "  handler %u..%u -> %u, exception in r%u\n", h->start, h->end, h->target, h->reg);
    }
    for (uint32_t i = 0; i < code->nconsts; i++)
        if (value_is_obj(code->consts[i]) && !value_is_empty(code->consts[i]) && is_code(code->consts[i])) {
            buf_putc(out, '\n');
            dis_code(out, as_code(code->consts[i]));
        }
}
