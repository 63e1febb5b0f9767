/* SPDX-License-Identifier: MIT
 * Module _csv: dialects, and the names under which they are kept. */
#include "stdlib/csv.h"

#include <stdarg.h>

#include "stdlib/modules.h"
#include "vm/code.h"
#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/seq.h"
#include "vm/text/utf8.h"

static void dialect_trace(Marker *m, Obj *o)
{
    mark_obj(m, ((CsvDialect *)o)->lineterminator);
}
static const TypeLayout dialect_layout = { .kind = KIND_EXT, .size = sizeof(CsvDialect), .trace = dialect_trace };

static CsvDialect *as_dialect(Value v) { return (CsvDialect *)value_obj(v); }
static bool is_dialect(Vm *vm, Value v) { return is_kind(v, KIND_EXT) && type_of(vm, v)->layout == &dialect_layout; }

/* csv.Error */
Value csv_error(Vm *vm, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    Str *s = str_vprintf(vm, fmt, ap);
    va_end(ap);
    if (s && !vm_pending(vm))
        RAISE_LIB(vm, "csv", "Error", "%S", s);
    return VALUE_ERROR;
}

/* What the module keeps: [names of dialects, largest field]. */
static List *state(Vm *vm) { return as_list(rt_of(vm)->roots[RT_ROOT_CSV]); }
static Dict *names(Vm *vm) { return as_dict(list_items(state(vm))[0]); }

bool csv_field_limit(Vm *vm, int64_t *out)
{
    return op_int64(vm, list_items(state(vm))[1], out);
}

static Value get_dialect(Vm *vm, Value name)
{
    Value v = VALUE_EMPTY;
    int64_t hash;
    if (!dict_key_hash(vm, name, &hash) || dict_find_hash(vm, names(vm), name, hash, &v) < 0)
        return VALUE_ERROR;
    return value_is_empty(v) ? csv_error(vm, "unknown dialect") : v;
}

/* ---- making one ---- */
enum { DELIMITER, DOUBLEQUOTE, ESCAPECHAR, LINETERMINATOR, QUOTECHAR, QUOTING, SKIPINITIALSPACE, STRICT, SETTINGS };
static const char *const settings[SETTINGS] = { "delimiter", "doublequote", "escapechar", "lineterminator", "quotechar",
    "quoting", "skipinitialspace", "strict" };

static bool one_char(Vm *vm, const char *name, Value v, bool none, uint32_t dflt, uint32_t *out)
{
    *out = dflt;
    if (value_is_empty(v))
        return true;
    *out = CSV_NO_CHAR;
    if (none && value_is_none(v))
        return true;
    if (!is_str(v)) {
        raise_exc(vm, EXC_TypeError, "\"%s\" must be string%s, not %T", name, none ? " or None" : "", v);
        return false;
    }
    if (as_str(v)->chars != 1) {
        raise_exc(vm, EXC_TypeError, "\"%s\" must be a 1-character string", name);
        return false;
    }
    utf8_decode(str_data(as_str(v)), out);
    return true;
}

static bool truth(Vm *vm, Value v, bool dflt, bool *out)
{
    int t = value_is_empty(v) ? dflt : op_truth(vm, v);
    *out = t > 0;
    return t >= 0;
}

static bool quoting_of(Vm *vm, Value v, uint8_t *out)
{
    int64_t i;
    *out = CSV_QUOTE_MINIMAL;
    if (value_is_empty(v))
        return true;
    if (!is_int(v) || type_of(vm, v) != type_of(vm, value_from_int48(0))) {
        raise_exc(vm, EXC_TypeError, "\"quoting\" must be an integer");
        return false;
    }
    if (!int_to_i64(v, &i) || i != (int32_t)i) {
        raise_exc(vm, EXC_OverflowError, "Python int too large to convert to C int");
        return false;
    }
    if (i < 0 || i > CSV_QUOTE_NOTNULL) {
        raise_exc(vm, EXC_TypeError, "bad \"quoting\" value");
        return false;
    }
    *out = (uint8_t)i;
    return true;
}

static bool terminator_of(Vm *vm, Value v, CsvDialect *d)
{
    if (!value_is_empty(v) && !value_is_none(v) && !is_str(v)) {
        raise_exc(vm, EXC_TypeError, "\"lineterminator\" must be a string");
        return false;
    }
    if (!value_is_none(v)) {
        Str *s = value_is_empty(v) ? str_cstr(vm, "\r\n") : as_str(v);
        if (!s)
            return false;
        heap_set_ptr(vm, d, &d->lineterminator, s);
    }
    return true;
}

static bool has_char(const Str *s, uint32_t c)
{
    const char *p = str_data(s), *end = p + s->len;
    while (p < end)
        if (utf8_next(&p) == c)
            return true;
    return false;
}

static bool check_char(Vm *vm, const char *name, uint32_t c, const CsvDialect *d, bool space)
{
    if (c == CSV_NO_CHAR)
        return true;
    if (c != '\r' && c != '\n' && (c != ' ' || space || !d->skipinitialspace))
        return true;
    raise_exc(vm, EXC_ValueError, "bad %s value", name);
    return false;
}

static bool check_pair(Vm *vm, const char *a, uint32_t ca, const char *b, uint32_t cb)
{
    if (ca != cb || ca == CSV_NO_CHAR)
        return true;
    raise_exc(vm, EXC_ValueError, "bad %s or %s value", a, b);
    return false;
}

static bool check_dialect(Vm *vm, const CsvDialect *d)
{
    if (d->quoting != CSV_QUOTE_NONE && d->quotechar == CSV_NO_CHAR)
        raise_exc(vm, EXC_TypeError, "quotechar must be set if quoting enabled");
    else if (!d->lineterminator)
        raise_exc(vm, EXC_TypeError, "lineterminator must be set");
    if (vm_pending(vm))
        return false;
    const char *const chars[] = { "delimiter", "escapechar", "quotechar" };
    uint32_t values[] = { d->delimiter, d->escapechar, d->quotechar };
    for (unsigned i = 0; i < 3; i++)
        if (!check_char(vm, chars[i], values[i], d, i == 0))
            return false;
    if (!check_pair(vm, chars[0], values[0], chars[1], values[1]) || !check_pair(vm, chars[0], values[0], chars[2], values[2]) ||
        !check_pair(vm, chars[1], values[1], chars[2], values[2]))
        return false;
    for (unsigned i = 0; i < 3; i++)
        if (values[i] != CSV_NO_CHAR && has_char(d->lineterminator, values[i])) {
            raise_exc(vm, EXC_ValueError, "bad %s or lineterminator value", chars[i]);
            return false;
        }
    return true;
}

static void stop_at(bool *table, uint32_t c)
{
    char lead[4];
    if (c == CSV_NO_CHAR)
        return;
    utf8_encode(c, lead);
    table[(unsigned char)*lead] = true;
}

static void fill_tables(CsvDialect *d)
{
    bool *const tables[] = { d->stops_reader, d->stops_writer };
    const uint32_t chars[] = { '\n', '\r', d->delimiter, d->escapechar, d->quotechar };
    for (unsigned t = 0; t < 2; t++)
        for (unsigned i = 0; i < sizeof chars / sizeof chars[0]; i++)
            stop_at(tables[t], chars[i]);
    const char *p = str_data(d->lineterminator), *end = p + d->lineterminator->len;
    while (p < end)
        stop_at(d->stops_writer, utf8_next(&p));
}

/* given: by keyword, EMPTY where not; base: a dialect, the name of one, any object with such attributes, or EMPTY. */
static CsvDialect *make(Vm *vm, Type *t, Value base, Value given[SETTINGS])
{
    bool any = false;
    if (is_str(base) && value_is_empty(base = get_dialect(vm, base)))
        return NULL;
    for (unsigned i = 0; i < SETTINGS; i++)
        any |= !value_is_empty(given[i]);
    if (!any && !value_is_empty(base) && is_dialect(vm, base))
        return as_dialect(base);
    for (unsigned i = 0; i < SETTINGS && !value_is_empty(base); i++) {
        Str *name = str_intern(vm, settings[i], strlen(settings[i]));
        if (!name)
            return NULL;
        if (value_is_empty(given[i]))
            given[i] = attr_get_opt(vm, base, name);
        if (value_is_empty(given[i]) && vm_pending(vm))
            exc_discard(vm);
    }
    CsvDialect *d = (CsvDialect *)object_alloc(vm, t);
    if (!d || !one_char(vm, "delimiter", given[DELIMITER], false, ',', &d->delimiter) ||
        !truth(vm, given[DOUBLEQUOTE], true, &d->doublequote) ||
        !one_char(vm, "escapechar", given[ESCAPECHAR], true, CSV_NO_CHAR, &d->escapechar) ||
        !terminator_of(vm, given[LINETERMINATOR], d) ||
        !one_char(vm, "quotechar", given[QUOTECHAR], true, '"', &d->quotechar) ||
        !quoting_of(vm, given[QUOTING], &d->quoting) ||
        !truth(vm, given[SKIPINITIALSPACE], false, &d->skipinitialspace) || !truth(vm, given[STRICT], false, &d->strict))
        return NULL;
    if (value_is_empty(given[QUOTING]) && value_is_none(given[QUOTECHAR]))
        d->quoting = CSV_QUOTE_NONE;
    if (!check_dialect(vm, d))
        return NULL;
    fill_tables(d);
    return d;
}

/* Positional arguments from `first` on: at most one, the base; keywords as in settings, and dialect. */
static CsvDialect *from_args(Vm *vm, Type *t, const Args *args, uint32_t first)
{
    Value given[SETTINGS], base = args->nrest > first ? args->rest[first] : VALUE_EMPTY;
    for (unsigned i = 0; i < SETTINGS; i++)
        given[i] = VALUE_EMPTY;
    for (uint32_t k = 0; k < args->nkw; k++) {
        const Str *name = as_str(args->names[k]);
        unsigned i = 0;
        while (i < SETTINGS && !str_is(name, settings[i]))
            i++;
        if (i < SETTINGS) {
            given[i] = args->rest[args->nrest + k];
        } else if (str_is(name, "dialect")) {
            base = args->rest[args->nrest + k];
        } else {
            raise_exc(vm, EXC_TypeError, "this function got an unexpected keyword argument '%S'", name);
            return NULL;
        }
    }
    return make(vm, t, value_is_none(base) ? VALUE_EMPTY : base, given);
}

CsvDialect *csv_dialect_of_args(Vm *vm, const Args *args, uint32_t first)
{
    Type *t = lib_type(vm, "_csv", "Dialect");
    return t ? from_args(vm, t, args, first) : NULL;
}

static Value dialect_m_new(Vm *vm, Value self, const Args *args)
{
    CsvDialect *d = from_args(vm, as_type(self), args, 0);
    return d ? value_from_obj(d) : VALUE_ERROR;
}

static Value dialect_m_reduce(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return raise_exc(vm, EXC_TypeError, "cannot pickle '%s' instances", type_short_name(type_of(vm, self)));
}

static Value char_value(Vm *vm, uint32_t c)
{
    Str *s = c == CSV_NO_CHAR ? NULL : str_char(vm, c);
    return c == CSV_NO_CHAR ? VALUE_NONE : s ? value_from_obj(s) : VALUE_ERROR;
}
static Value dialect_g_delimiter(Vm *vm, Value self) { return char_value(vm, as_dialect(self)->delimiter); }
static Value dialect_g_escapechar(Vm *vm, Value self) { return char_value(vm, as_dialect(self)->escapechar); }
static Value dialect_g_quotechar(Vm *vm, Value self) { return char_value(vm, as_dialect(self)->quotechar); }
static Value dialect_g_lineterminator(Vm *vm, Value self)
{
    (void)vm;
    return value_from_obj(as_dialect(self)->lineterminator);
}
static Value dialect_g_quoting(Vm *vm, Value self)
{
    (void)vm;
    return value_from_int48(as_dialect(self)->quoting);
}
#define FLAG(name)                                              \
    static Value dialect_g_##name(Vm *vm, Value self)           \
    {                                                           \
        (void)vm;                                               \
        return value_from_bool(as_dialect(self)->name);         \
    }
FLAG(doublequote)
FLAG(skipinitialspace)
FLAG(strict)
#undef FLAG

/* ---- functions ---- */
static bool count_args(Vm *vm, const Args *args, uint32_t most)
{
    if (args->nrest < 1)
        raise_exc(vm, EXC_TypeError, " expected at least 1 argument, got 0");
    else if (args->nrest > most)
        raise_exc(vm, EXC_TypeError, " expected at most %u arguments, got %u", most, args->nrest);
    return !vm_pending(vm);
}

static Value csv_f_register_dialect(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (!count_args(vm, args, 2))
        return VALUE_ERROR;
    Value name = args->rest[0];
    if (!is_str(name))
        return raise_exc(vm, EXC_TypeError, "dialect name must be a string");
    CsvDialect *d = csv_dialect_of_args(vm, args, 1);
    return d && dict_set(vm, names(vm), name, value_from_obj(d)) ? VALUE_NONE : VALUE_ERROR;
}

static Value csv_f_unregister_dialect(Vm *vm, Value self, const Args *args)
{
    (void)self;
    if (value_is_empty(get_dialect(vm, args->v[0])))
        return VALUE_ERROR;
    return op_delitem(vm, value_from_obj(names(vm)), args->v[0]) ? VALUE_NONE : VALUE_ERROR;
}

static Value csv_f_get_dialect(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return get_dialect(vm, args->v[0]);
}

static Value csv_f_list_dialects(Vm *vm, Value self, const Args *args)
{
    (void)self;
    (void)args;
    return op_list_of(vm, value_from_obj(names(vm)));
}

static Value csv_f_field_size_limit(Vm *vm, Value self, const Args *args)
{
    List *l = state(vm);
    Value old = list_items(l)[1], v = args->v[0];
    int64_t i;
    (void)self;
    if (value_is_empty(v))
        return old;
    if (!is_int(v) || value_is_bool(v))
        return raise_exc(vm, EXC_TypeError, "limit must be an integer");
    if (!op_int64(vm, v, &i))
        return VALUE_ERROR;
    heap_set(vm, l->buf, &list_items(l)[1], int_new(vm, i));
    return old;
}

static const MethodDef dialect_methods[] = {
    { "__new__(*args, **kwargs)", NULL, dialect_m_new, NATIVE_STATIC | NATIVE_VECTOR },
    METHOD(dialect, reduce, "__reduce__()", "An error: dialects cannot be copied."),
    METHOD(dialect, reduce, "__reduce_ex__(protocol, /)", "An error: dialects cannot be copied."),
    { 0 }
};
static const GetSetDef dialect_getsets[] = {
    { "delimiter", "What stands between fields.", dialect_g_delimiter, NULL },
    { "doublequote", "Is a quote within a field written twice?", dialect_g_doublequote, NULL },
    { "escapechar", "What takes the meaning from the next character, or None.", dialect_g_escapechar, NULL },
    { "lineterminator", "What a writer ends lines with.", dialect_g_lineterminator, NULL },
    { "quotechar", "What stands around fields, or None.", dialect_g_quotechar, NULL },
    { "quoting", "Which fields are quoted: one of the QUOTE_ constants.", dialect_g_quoting, NULL },
    { "skipinitialspace", "Does a reader skip blanks behind a delimiter?", dialect_g_skipinitialspace, NULL },
    { "strict", "Does a reader raise Error for what is not well formed?", dialect_g_strict, NULL },
    { 0 }
};
static const MethodDef functions[] = {
    { "register_dialect(*args, **kwargs)", "Give a dialect a name.", csv_f_register_dialect, NATIVE_VECTOR },
    FUNCTION(csv, unregister_dialect, "unregister_dialect(name)", "Forget the dialect of that name."),
    FUNCTION(csv, get_dialect, "get_dialect(name)", "The dialect of that name."),
    FUNCTION(csv, list_dialects, "list_dialects()", "The names of all dialects."),
    FUNCTION(csv, field_size_limit, "field_size_limit(new_limit=...)", "How long a field may be; set it."),
    { 0 }
};

bool csv_add_dialects(Vm *vm, Module *m)
{
    static const TypeDef def = { .name = "_csv.Dialect", .layout = &dialect_layout, .methods = dialect_methods,
        .getsets = dialect_getsets, .flags = TYPE_BASE, .doc = "How a table is written, checked." };
    static const char *const quotings[] = { "QUOTE_MINIMAL", "QUOTE_ALL", "QUOTE_NONNUMERIC", "QUOTE_NONE", "QUOTE_STRINGS",
        "QUOTE_NOTNULL" };
    for (unsigned i = 0; i < sizeof quotings / sizeof quotings[0]; i++)
        if (!module_set(vm, m, quotings[i], value_from_int48(i)))
            return false;
    List *l = list_new(vm, 2);
    Dict *d = l ? dict_new(vm) : NULL;
    if (!d || !list_append(vm, l, value_from_obj(d)) || !list_append(vm, l, value_from_int48(128 * 1024)))
        return false;
    rt_of(vm)->roots[RT_ROOT_CSV] = value_from_obj(l);
    return lib_add_type(vm, m, &def, vm->types.object) && module_add_functions(vm, m, functions) &&
           module_set(vm, m, "_dialects", value_from_obj(d)) &&
           module_set(vm, m, "__version__", value_from_obj(str_cstr(vm, "1.0")));
}

Value csv_init(Vm *vm)
{
    Module *m = module_new(vm, "_csv", "What csv is made of.");
    if (!m || !csv_add_dialects(vm, m) || !csv_add_reader(vm, m) || !csv_add_writer(vm, m))
        return VALUE_ERROR;
    return value_from_obj(m);
}
