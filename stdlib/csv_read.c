/* SPDX-License-Identifier: MIT
 * csv.reader: rows out of lines. A field that is wholly in one line and not quoted becomes a str without a copy in
 * between. */
#include "stdlib/csv.h"
#include "vm/code.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/seq.h"
#include "vm/text/utf8.h"

typedef enum State {
    RECORD_START, FIELD_START, ESCAPED, ESCAPED_NEWLINE, IN_FIELD, IN_QUOTES, ESCAPED_IN_QUOTES, QUOTE_IN_QUOTES, LINE_END
} State;

typedef struct CsvReader {
    Obj h;
    Value lines;                /* the iterator */
    CsvDialect *dialect;
    List *fields;               /* of the row that is being read, else NULL */
    Buf field;
    int64_t limit;              /* characters of a field */
    int64_t line_num;
    State state;
    bool unquoted;              /* the field has no quotes so far */
} CsvReader;

static void reader_trace(Marker *m, Obj *o)
{
    CsvReader *r = (CsvReader *)o;
    mark_value(m, r->lines);
    mark_obj(m, r->dialect);
    mark_obj(m, r->fields);
}

static void reader_finalize(Vm *vm, Obj *o)
{
    (void)vm;
    if (((CsvReader *)o)->field.alloc)
        buf_free(&((CsvReader *)o)->field);
}

static const TypeLayout reader_layout = { .kind = KIND_EXT, .size = sizeof(CsvReader), .trace = reader_trace,
    .finalize = reader_finalize };

static CsvReader *as_reader(Value v) { return (CsvReader *)value_obj(v); }

static Value csv_f_reader(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (args->nrest < 1 || args->nrest > 2)
        return raise_exc(vm, EXC_TypeError, args->nrest ? " expected at most 2 arguments, got %u"
                         : " expected at least 1 argument, got %u", args->nrest);
    Value lines = op_iter(vm, args->rest[0]);
    CsvDialect *d = value_is_empty(lines) ? NULL : csv_dialect_of_args(vm, args, 1);
    Type *t = d ? lib_type(vm, "_csv", "_reader_type") : NULL;
    CsvReader *r = t ? (CsvReader *)object_alloc(vm, t) : NULL;
    if (!r)
        return VALUE_ERROR;
    r->lines = lines;
    r->dialect = d;
    buf_init(&r->field, &vm->alloc);
    return value_from_obj(r);
}

/* ---- fields ---- */
/* The end of a field whose text lies there. */
static bool save(Vm *vm, CsvReader *r, const char *text, size_t len)
{
    uint8_t quoting = r->dialect->quoting;
    bool as_float = r->unquoted && len && (quoting == CSV_QUOTE_NONNUMERIC || quoting == CSV_QUOTE_STRINGS);
    Value v = VALUE_NONE;
    if (len || !r->unquoted || (quoting != CSV_QUOTE_STRINGS && quoting != CSV_QUOTE_NOTNULL)) {
        Str *s = str_new(vm, text, len);
        v = s ? value_from_obj(s) : VALUE_ERROR;
    }
    if (as_float && !value_is_empty(v))
        v = op_call1(vm, value_from_obj(vm->types.floating), v);
    r->unquoted = true;
    return !value_is_empty(v) && list_append(vm, r->fields, v);
}

static bool save_field(Vm *vm, CsvReader *r)
{
    bool ok = save(vm, r, r->field.data ? r->field.data : "", r->field.len);
    buf_clear(&r->field);
    return ok;
}

static bool too_long(Vm *vm, const CsvReader *r, const char *text, size_t len)
{
    if (len <= (size_t)r->limit || utf8_count(text, len) <= (size_t)r->limit)
        return false;
    return value_is_empty(csv_error(vm, "field larger than field limit (%lld)", (long long)r->limit));
}

static bool add(Vm *vm, CsvReader *r, const char *p, size_t n)
{
    buf_put(&r->field, p, n);
    if (r->field.failed) {
        raise_no_memory(vm);
        return false;
    }
    return !too_long(vm, r, r->field.data, r->field.len);
}

static bool is_newline(uint32_t c) { return c == '\n' || c == '\r'; }

/* ---- one character, which lies at p ---- */
static bool end_of_field(Vm *vm, CsvReader *r, State next)
{
    r->state = next;
    return save_field(vm, r);
}

static bool in_field(Vm *vm, CsvReader *r, uint32_t c, const char *p, size_t n)
{
    const CsvDialect *d = r->dialect;
    if (is_newline(c))
        return end_of_field(vm, r, LINE_END);
    if (c == d->escapechar) {
        r->state = ESCAPED;
        return true;
    }
    if (c == d->delimiter)
        return end_of_field(vm, r, FIELD_START);
    r->state = IN_FIELD;
    return add(vm, r, p, n);
}

static bool field_start(Vm *vm, CsvReader *r, uint32_t c, const char *p, size_t n)
{
    const CsvDialect *d = r->dialect;
    if (c == d->quotechar && d->quoting != CSV_QUOTE_NONE && !is_newline(c)) {
        r->unquoted = false;
        r->state = IN_QUOTES;
        return true;
    }
    if (c == ' ' && d->skipinitialspace && c != d->escapechar)
        return true;
    return in_field(vm, r, c, p, n);
}

static bool quote_in_quotes(Vm *vm, CsvReader *r, uint32_t c, const char *p, size_t n)
{
    const CsvDialect *d = r->dialect;
    if (d->quoting != CSV_QUOTE_NONE && c == d->quotechar) {
        r->state = IN_QUOTES;
        return add(vm, r, p, n);
    }
    if (c == d->delimiter)
        return end_of_field(vm, r, FIELD_START);
    if (is_newline(c))
        return end_of_field(vm, r, LINE_END);
    if (!d->strict) {
        r->state = IN_FIELD;
        return add(vm, r, p, n);
    }
    Str *delimiter = str_char(vm, d->delimiter), *quote = delimiter ? str_char(vm, d->quotechar) : NULL;
    return quote && !value_is_empty(csv_error(vm, "'%S' expected after '%S'", delimiter, quote));
}

static bool in_quotes(Vm *vm, CsvReader *r, uint32_t c, const char *p, size_t n)
{
    const CsvDialect *d = r->dialect;
    if (c == d->escapechar) {
        r->state = ESCAPED_IN_QUOTES;
        return true;
    }
    if (c == d->quotechar && d->quoting != CSV_QUOTE_NONE) {
        r->state = d->doublequote ? QUOTE_IN_QUOTES : IN_FIELD;
        return true;
    }
    return add(vm, r, p, n);
}

static bool step(Vm *vm, CsvReader *r, uint32_t c, const char *p, size_t n)
{
    switch (r->state) {
    case RECORD_START:
        if (is_newline(c)) {
            r->state = LINE_END;
            return true;
        }
        r->state = FIELD_START;
        return field_start(vm, r, c, p, n);
    case FIELD_START:
        return field_start(vm, r, c, p, n);
    case ESCAPED:
        r->state = is_newline(c) ? ESCAPED_NEWLINE : IN_FIELD;
        return add(vm, r, p, n);
    case ESCAPED_NEWLINE:
    case IN_FIELD:
        return in_field(vm, r, c, p, n);
    case IN_QUOTES:
        return in_quotes(vm, r, c, p, n);
    case ESCAPED_IN_QUOTES:
        r->state = IN_QUOTES;
        return add(vm, r, p, n);
    case QUOTE_IN_QUOTES:
        return quote_in_quotes(vm, r, c, p, n);
    case LINE_END:
        return is_newline(c) || !value_is_empty(csv_error(vm, "new-line character seen in unquoted field - "
                                                          "do you need to open the file with newline=''?"));
    }
    return true;
}

/* The line is over. */
static bool line_over(Vm *vm, CsvReader *r)
{
    switch (r->state) {
    case FIELD_START:
    case IN_FIELD:
    case QUOTE_IN_QUOTES:
        return end_of_field(vm, r, RECORD_START);
    case LINE_END:
        r->state = RECORD_START;
        return true;
    case ESCAPED:
        r->state = IN_FIELD;
        return add(vm, r, "\n", 1);
    case ESCAPED_IN_QUOTES:
        r->state = IN_QUOTES;
        return add(vm, r, "\n", 1);
    default:                            /* the field or record goes on */
        return true;
    }
}

/* Runs of ordinary characters go as a whole. */
static bool read_line(Vm *vm, CsvReader *r, const char *p, const char *end)
{
    const CsvDialect *d = r->dialect;
    while (p < end) {
        bool fresh = r->state == RECORD_START || (r->state == FIELD_START && !r->field.len);
        if ((fresh && (*p != ' ' || !d->skipinitialspace)) || r->state == IN_FIELD || r->state == IN_QUOTES) {
            const char *from = p;
            while (p < end && !d->stops_reader[(unsigned char)*p])
                p++;
            if (p > from) {
                if (fresh && (p == end || (d->delimiter < 128 && (unsigned char)*p == d->delimiter))) {
                    if (too_long(vm, r, from, (size_t)(p - from)) || !save(vm, r, from, (size_t)(p - from)))
                        return false;
                    if (p == end) {
                        r->state = LINE_END;
                        return true;
                    }
                    r->state = FIELD_START;
                    p++;
                    continue;
                }
                if (fresh)
                    r->state = IN_FIELD;
                if (!add(vm, r, from, (size_t)(p - from)))
                    return false;
                continue;
            }
        }
        uint32_t c;
        size_t n = utf8_decode(p, &c);
        if (!step(vm, r, c, p, n))
            return false;
        p += n;
    }
    return true;
}

/* No more lines. EMPTY: an exception is pending, at the end StopIteration. */
static Value no_more(Vm *vm, CsvReader *r)
{
    if (vm_pending(vm))
        return VALUE_ERROR;
    if (!r->field.len && r->state != IN_QUOTES)
        return raise_args(vm, EXC_StopIteration, 0, NULL);
    if (r->dialect->strict)
        return csv_error(vm, "unexpected end of data");
    if (!save_field(vm, r))
        return VALUE_ERROR;
    return value_from_obj(r->fields);
}

static Value next_row(Vm *vm, CsvReader *r)
{
    Value line;
    List *fields = list_new(vm, 0);
    if (!fields || !csv_field_limit(vm, &r->limit))
        return VALUE_ERROR;
    heap_set_ptr(vm, r, &r->fields, fields);
    buf_clear(&r->field);
    r->state = RECORD_START;
    r->unquoted = true;
    do {
        if (!op_next(vm, r->lines, &line))
            return no_more(vm, r);
        if (!is_str(line))
            return csv_error(vm, "iterator should return strings, not %T (the file should be opened in text mode)", line);
        if (!r->fields)
            return csv_error(vm, "iterator has already advanced the reader");
        r->line_num++;
        const char *p = str_data(as_str(line));
        if (!read_line(vm, r, p, p + as_str(line)->len) || !line_over(vm, r) || !vm_checkpoint(vm))
            return VALUE_ERROR;
    } while (r->state != RECORD_START);
    return value_from_obj(r->fields);
}

static Value reader_m_next(Vm *vm, Value self, const Args *args)
{
    CsvReader *r = as_reader(self);
    (void)args;
    Value v = next_row(vm, r);
    r->fields = NULL;
    return v;
}

static Value reader_m_iter(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return self;
}

static Value reader_g_dialect(Vm *vm, Value self)
{
    (void)vm;
    return value_from_obj(as_reader(self)->dialect);
}

static Value reader_g_line_num(Vm *vm, Value self)
{
    return int_new(vm, as_reader(self)->line_num);
}

static const MethodDef reader_methods[] = {
    METHOD(reader, iter, "__iter__()", "Implement iter(self)."),
    METHOD(reader, next, "__next__()", "Implement next(self)."),
    { 0 }
};
static const GetSetDef reader_getsets[] = {
    { "dialect", "How the table is written.", reader_g_dialect, seq_readonly },
    { "line_num", "How many lines were read.", reader_g_line_num, seq_readonly },
    { 0 }
};
static const MethodDef functions[] = {
    { "reader(*args, **kwargs)", "reader(iterable[, dialect][, settings]): an iterator over the rows of a table.", csv_f_reader,
      NATIVE_VECTOR },
    { 0 }
};

bool csv_add_reader(Vm *vm, Module *m)
{
    static const TypeDef def = { .name = "_csv.reader", .layout = &reader_layout, .methods = reader_methods,
        .getsets = reader_getsets, .flags = TYPE_DISALLOW_NEW, .doc = "An iterator over the rows of a table." };
    Type *t = type_from_def(vm, &def, vm->types.object);
    return t && module_set(vm, m, "_reader_type", value_from_obj(t)) && module_add_functions(vm, m, functions);
}
