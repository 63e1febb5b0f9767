/* SPDX-License-Identifier: MIT
 * Module unicodedata: what Unicode says of characters, from the tables of the VM. */
#include "stdlib/modules.h"

#include "vm/objects/bytes.h"
#include "vm/objects/str.h"
#include "vm/text/charname.h"
#include "vm/text/unicode.h"
#include "vm/text/utf8.h"

/* The one character of an argument. place: "argument" or "argument 1". */
static bool char_arg(Vm *vm, Value v, const char *name, const char *place, uint32_t *c)
{
    if (is_str(v) && as_str(v)->chars == 1) {
        utf8_decode(str_data(as_str(v)), c);
        return true;
    }
    raise_exc(vm, EXC_TypeError, "%s() %s must be a unicode character, not %B", name, place, v);
    return false;
}

static Value text(Vm *vm, const char *s)
{
    Str *v = str_cstr(vm, s);
    return v ? value_from_obj(v) : VALUE_ERROR;
}

#define OF_CHAR(name, result)                                                   \
    static Value ucd_f_##name(Vm *vm, Value self, const Args *args)             \
    {                                                                           \
        uint32_t c;                                                             \
        (void)self;                                                             \
        return char_arg(vm, args->v[0], #name, "argument", &c) ? (result) : VALUE_ERROR; \
    }
OF_CHAR(category, text(vm, unicode_category(c)))
OF_CHAR(bidirectional, text(vm, unicode_bidirectional(c)))
OF_CHAR(east_asian_width, text(vm, unicode_east_asian_width(c)))
OF_CHAR(combining, value_from_int48(unicode_combining(c)))
OF_CHAR(mirrored, value_from_int48(unicode_mirrored(c)))
#undef OF_CHAR

static Value ucd_f_decomposition(Vm *vm, Value self, const Args *args)
{
    uint32_t c;
    Buf b;
    (void)self;
    if (!char_arg(vm, args->v[0], "decomposition", "argument", &c))
        return VALUE_ERROR;
    buf_init(&b, &vm->alloc);
    unicode_decomposition(&b, c);
    Str *s = str_from_buf(vm, &b);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

/* The default, where there is one, stands for the value that is not there. */
static Value or_default(Vm *vm, Value v, const char *message)
{
    return value_is_empty(v) ? raise_exc(vm, EXC_ValueError, "%s", message) : v;
}

static Value ucd_f_decimal(Vm *vm, Value self, const Args *args)
{
    uint32_t c;
    (void)self;
    if (!char_arg(vm, args->v[0], "decimal", "argument 1", &c))
        return VALUE_ERROR;
    int d = unicode_decimal(c);
    return d >= 0 ? value_from_int48(d) : or_default(vm, args->v[1], "not a decimal");
}

static Value ucd_f_digit(Vm *vm, Value self, const Args *args)
{
    uint32_t c;
    (void)self;
    if (!char_arg(vm, args->v[0], "digit", "argument 1", &c))
        return VALUE_ERROR;
    int d = unicode_digit(c);
    return d >= 0 ? value_from_int48(d) : or_default(vm, args->v[1], "not a digit");
}

static Value ucd_f_numeric(Vm *vm, Value self, const Args *args)
{
    uint32_t c;
    double d;
    (void)self;
    if (!char_arg(vm, args->v[0], "numeric", "argument 1", &c))
        return VALUE_ERROR;
    return unicode_numeric(c, &d) ? value_from_double(d) : or_default(vm, args->v[1], "not a numeric character");
}

static Value ucd_f_name(Vm *vm, Value self, const Args *args)
{
    uint32_t c;
    char name[CHARNAME_MAX];
    (void)self;
    if (!char_arg(vm, args->v[0], "name", "argument 1", &c))
        return VALUE_ERROR;
    size_t n = charname_of(c, name);
    if (!n)
        return or_default(vm, args->v[1], "no such name");
    Str *s = str_new(vm, name, n);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value ucd_f_lookup(Vm *vm, Value self, const Args *args)
{
    uint32_t c[CHARNAME_SEQUENCE_MAX];
    const char *p;
    size_t len;
    (void)self;
    if (is_str(args->v[0]))
        p = str_data(as_str(args->v[0])), len = as_str(args->v[0])->len;
    else if (!bytes_view(vm, args->v[0], &p, &len))
        return VALUE_ERROR;
    if (len > 256)
        return raise_exc(vm, EXC_KeyError, "name too long");
    size_t n = charname_find_sequence(vm, p, len, c);
    if (!n)
        return raise_exc(vm, EXC_KeyError, "undefined character name '%.*s'", (int)len, p);
    Buf b;
    buf_init(&b, &vm->alloc);
    for (size_t i = 0; i < n; i++)
        buf_put_utf8(&b, c[i]);
    Str *s = str_from_buf(vm, &b);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static bool form_arg(Vm *vm, Value v, UnicodeForm *form)
{
    static const char *const names[] = { "NFC", "NFD", "NFKC", "NFKD" };
    static const UnicodeForm forms[] = { UNICODE_NFC, UNICODE_NFD, UNICODE_NFKC, UNICODE_NFKD };
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (str_is(as_str(v), names[i])) {
            *form = forms[i];
            return true;
        }
    raise_exc(vm, EXC_ValueError, "invalid normalization form");
    return false;
}

static Value normalized(Vm *vm, const Args *args)
{
    UnicodeForm form;
    Str *s = as_str(args->v[1]);
    Buf b;
    if (!form_arg(vm, args->v[0], &form))
        return VALUE_ERROR;
    if (unicode_quick_check(str_data(s), s->len, form))
        return args->v[1];
    buf_init(&b, &vm->alloc);
    unicode_normalize(&b, str_data(s), s->len, form);
    s = str_from_buf(vm, &b);
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value ucd_f_normalize(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return normalized(vm, args);
}

static Value ucd_f_is_normalized(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Value v = normalized(vm, args);
    return value_is_empty(v) ? v : value_from_bool(str_equal(as_str(v), as_str(args->v[1])));
}

static const MethodDef functions[] = {
    FUNCTION(ucd, name, "name(chr, default=..., /)", "The name of a character."),
    FUNCTION(ucd, lookup, "lookup(name, /)", "The character of that name."),
    FUNCTION(ucd, decimal, "decimal(chr, default=..., /)", "The value of a decimal digit."),
    FUNCTION(ucd, digit, "digit(chr, default=..., /)", "The value of a digit."),
    FUNCTION(ucd, numeric, "numeric(chr, default=..., /)", "The value of a numeric character, as a float."),
    FUNCTION(ucd, category, "category(chr, /)", "The general category: 'Lu' and so on."),
    FUNCTION(ucd, bidirectional, "bidirectional(chr, /)", "The bidirectional class."),
    FUNCTION(ucd, combining, "combining(chr, /)", "The canonical combining class, 0 for none."),
    FUNCTION(ucd, east_asian_width, "east_asian_width(chr, /)", "The East Asian width."),
    FUNCTION(ucd, mirrored, "mirrored(chr, /)", "1 if the character is mirrored in bidirectional text."),
    FUNCTION(ucd, decomposition, "decomposition(chr, /)", "What the character decomposes to, as text."),
    FUNCTION(ucd, normalize, "normalize(form: str, unistr: str, /)", "The text in a normal form: NFC, NFD, NFKC or NFKD."),
    FUNCTION(ucd, is_normalized, "is_normalized(form: str, unistr: str, /)", "Is the text in that form already?"),
    { 0 }
};

Value unicodedata_init(Vm *vm)
{
    Module *m = module_new(vm, "unicodedata", "What Unicode says of characters.");
    Str *version = m ? str_cstr(vm, "15.0.0") : NULL;
    return version && module_set(vm, m, "unidata_version", value_from_obj(version)) && module_add_functions(vm, m, functions)
               ? value_from_obj(m) : VALUE_ERROR;
}
