/* SPDX-License-Identifier: MIT
 * csv.writer: rows as text. */
#include "stdlib/csv.h"

#include <stdio.h>

#include "vm/code.h"
#include "vm/objects/int.h"
#include "vm/objects/seq.h"
#include "vm/text/utf8.h"

typedef struct CsvWriter {
    Obj h;
    Value write;                /* the file's method */
    CsvDialect *dialect;
} CsvWriter;

static void writer_trace(Marker *m, Obj *o)
{
    mark_value(m, ((CsvWriter *)o)->write);
    mark_obj(m, ((CsvWriter *)o)->dialect);
}

static const TypeLayout writer_layout = { .kind = KIND_EXT, .size = sizeof(CsvWriter), .trace = writer_trace };
static CsvWriter *as_writer(Value v) { return (CsvWriter *)value_obj(v); }

static Value csv_f_writer(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (args->nrest < 1 || args->nrest > 2)
        return raise_exc(vm, EXC_TypeError, args->nrest ? " expected at most 2 arguments, got %u"
                         : " expected at least 1 argument, got %u", args->nrest);
    Value write = attr_get_opt(vm, args->rest[0], vm->names.write);
    if (value_is_empty(write) && vm_pending(vm))
        return VALUE_ERROR;
    if (value_is_empty(write) || !op_callable(vm, write))
        return raise_exc(vm, EXC_TypeError, "argument 1 must have a \"write\" method");
    CsvDialect *d = csv_dialect_of_args(vm, args, 1);
    Type *t = d ? lib_type(vm, "_csv", "_writer_type") : NULL;
    if (!t)
        return VALUE_ERROR;
    CsvWriter *w = (CsvWriter *)object_alloc(vm, t);
    if (!w)
        return VALUE_ERROR;
    w->write = write;
    w->dialect = d;
    return value_from_obj(w);
}

/* ---- one field ---- */
static bool is_special(const CsvDialect *d, uint32_t c)
{
    if (c == '\n' || c == '\r' || c == d->delimiter || c == d->escapechar || c == d->quotechar)
        return true;
    const char *p = str_data(d->lineterminator), *end = p + d->lineterminator->len;
    while (p < end)
        if (utf8_next(&p) == c)
            return true;
    return false;
}

/* A special character, and what must stand before it; *quoted is set where quotes are enough. */
static bool put_special(Vm *vm, const CsvDialect *d, Buf *out, uint32_t c, bool *quoted)
{
    bool escape = d->quoting == CSV_QUOTE_NONE;
    if (!escape && c == d->quotechar) {
        if (d->doublequote)
            buf_put_utf8(out, c);
        escape = !d->doublequote;
    } else if (!escape) {
        escape = c == d->escapechar;
    }
    if (!escape)
        *quoted = true;
    if (escape && d->escapechar == CSV_NO_CHAR)
        return !value_is_empty(csv_error(vm, "need to escape, but no escapechar set"));
    if (escape)
        buf_put_utf8(out, d->escapechar);
    buf_put_utf8(out, c);
    return true;
}

static bool put_text(Vm *vm, const CsvDialect *d, Buf *out, const char *p, size_t len, bool quoted)
{
    size_t start = out->len;
    const char *end = p + len;
    if (quoted)
        buf_put_utf8(out, d->quotechar);
    bool quotes = quoted;
    while (p < end) {
        const char *from = p;
        while (p < end && !d->stops_writer[(unsigned char)*p])
            p++;
        buf_put(out, from, (size_t)(p - from));
        if (p == end)
            break;
        uint32_t c;
        size_t n = utf8_decode(p, &c);
        if (!is_special(d, c))
            buf_put(out, p, n);
        else if (!put_special(vm, d, out, c, &quotes))
            return false;
        p += n;
    }
    if (quotes && !quoted && !out->failed) {        /* the first one must still be put before */
        char quote[4];
        size_t n = utf8_encode(d->quotechar, quote), size = out->len - start;
        if (buf_reserve(out, n)) {
            memmove(out->data + start + n, out->data + start, size);
            memcpy(out->data + start, quote, n);
            out->len += n;
        }
    }
    if (quotes)
        buf_put_utf8(out, d->quotechar);
    return true;
}

static bool is_number(Vm *vm, Value v)
{
    if (is_int(v) || is_float(v))
        return true;
    const Type *t = type_of(vm, v);
    return !value_is_empty(type_special(t, SPECIAL_INDEX)) || !value_is_empty(type_special(t, SPECIAL_INT)) ||
           !value_is_empty(type_special(t, SPECIAL_FLOAT));
}

static bool wants_quotes(Vm *vm, const CsvDialect *d, Value v)
{
    switch (d->quoting) {
    case CSV_QUOTE_ALL: return true;
    case CSV_QUOTE_NONNUMERIC: return !is_number(vm, v);
    case CSV_QUOTE_STRINGS: return is_str(v);
    case CSV_QUOTE_NOTNULL: return !value_is_none(v);
    default: return false;
    }
}

/* An empty field cannot stand there without quotes. */
static bool quotes_forbidden(const CsvDialect *d, bool null)
{
    return d->quoting == CSV_QUOTE_NONE || (null && (d->quoting == CSV_QUOTE_STRINGS || d->quoting == CSV_QUOTE_NOTNULL));
}

static bool put_field(Vm *vm, const CsvDialect *d, Buf *out, Value v)
{
    char digits[24];
    const char *text = "";
    size_t len = 0;
    bool quoted = wants_quotes(vm, d, v);
    if (value_is_int48(v)) {
        len = (size_t)snprintf(digits, sizeof digits, "%lld", (long long)value_int48(v));
        text = digits;
    } else if (!value_is_none(v)) {
        Str *s = is_str(v) ? as_str(v) : op_str(vm, v);
        if (!s)
            return false;
        text = str_data(s);
        len = s->len;
        v = value_from_obj(s);              /* stays while its text is used */
    }
    if (!len && d->delimiter == ' ' && d->skipinitialspace) {
        if (quotes_forbidden(d, value_is_none(v)))
            return !value_is_empty(csv_error(vm, "empty field must be quoted if delimiter is a space and "
                                             "skipinitialspace is true"));
        quoted = true;
    }
    return put_text(vm, d, out, text, len, quoted) && !value_is_empty(v);
}

/* ---- rows ---- */
static bool put_row(Vm *vm, const CsvDialect *d, Buf *out, Value row)
{
    Value v, it = op_iter(vm, row);
    size_t fields = 0;
    bool null = false;
    if (value_is_empty(it)) {
        if (!exc_pending_is(vm, EXC_TypeError))
            return false;
        exc_discard(vm);
        return !value_is_empty(csv_error(vm, "iterable expected, not %T", row));
    }
    while (op_next(vm, it, &v)) {
        if (fields++)
            buf_put_utf8(out, d->delimiter);
        null = value_is_none(v);
        if (!put_field(vm, d, out, v) || !vm_checkpoint(vm))
            return false;
    }
    if (vm_pending(vm))
        return false;
    if (fields && !out->len) {              /* it would read back as no field at all */
        if (quotes_forbidden(d, null))
            return !value_is_empty(csv_error(vm, "single empty field record must be quoted"));
        buf_put_utf8(out, d->quotechar);
        buf_put_utf8(out, d->quotechar);
    }
    buf_put(out, str_data(d->lineterminator), d->lineterminator->len);
    return true;
}

static Value write_row(Vm *vm, const CsvWriter *w, Value row)
{
    Buf out;
    buf_init(&out, &vm->alloc);
    if (!put_row(vm, w->dialect, &out, row)) {
        buf_free(&out);
        return VALUE_ERROR;
    }
    Str *s = str_from_buf(vm, &out);
    return s ? op_call1(vm, w->write, value_from_obj(s)) : VALUE_ERROR;
}

static Value writer_m_writerow(Vm *vm, Value self, const Args *args)
{
    return write_row(vm, as_writer(self), args->v[0]);
}

static bool write_each(Vm *vm, Value row, void *ud)
{
    return !value_is_empty(write_row(vm, ud, row));
}

static Value writer_m_writerows(Vm *vm, Value self, const Args *args)
{
    return op_each(vm, args->v[0], write_each, as_writer(self)) ? VALUE_NONE : VALUE_ERROR;
}

static Value writer_g_dialect(Vm *vm, Value self)
{
    (void)vm;
    return value_from_obj(as_writer(self)->dialect);
}

static const MethodDef writer_methods[] = {
    METHOD(writer, writerow, "writerow(row, /)", "Write one row, any iterable. Returns what the file's write() does."),
    METHOD(writer, writerows, "writerows(rows, /)", "Write several rows."),
    { 0 }
};
static const GetSetDef writer_getsets[] = { { "dialect", "How the table is written.", writer_g_dialect, seq_readonly }, { 0 } };
static const MethodDef functions[] = {
    { "writer(*args, **kwargs)", "writer(file[, dialect][, settings]): an object that writes rows to a file.", csv_f_writer,
      NATIVE_VECTOR },
    { 0 }
};

bool csv_add_writer(Vm *vm, Module *m)
{
    static const TypeDef def = { .name = "_csv.writer", .layout = &writer_layout, .methods = writer_methods,
        .getsets = writer_getsets, .flags = TYPE_DISALLOW_NEW, .doc = "Writes rows to a file." };
    Type *t = type_from_def(vm, &def, vm->types.object);
    return t && module_set(vm, m, "_writer_type", value_from_obj(t)) && module_add_functions(vm, m, functions);
}
