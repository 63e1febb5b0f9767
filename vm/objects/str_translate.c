/* SPDX-License-Identifier: MIT
 * str.translate() and str.maketrans(). */
#include "vm/objects/str_methods.h"

#include "vm/objects/dict.h"
#include "vm/text/utf8.h"

/* ---- translate ---- */

/* What the table has for a character: 1 and *out, 0 for none, -1: exception pending. */
static int table_lookup(Vm *vm, Value table, uint32_t cp, Value *out)
{
    Value key = value_from_int48(cp);
    if (is_exact(table, SHAPE_DICT_ID))
        return dict_find(vm, as_dict(table), key, out);
    *out = op_getitem(vm, table, key);
    if (!value_is_empty(*out))
        return 1;
    if (!exc_pending_is(vm, EXC_LookupError))
        return -1;
    exc_discard(vm);
    return 0;
}

static bool put_mapped(Vm *vm, Buf *b, Value v)
{
    int64_t cp;
    if (value_is_none(v))
        return true;
    if (is_str(v)) {
        buf_put(b, str_data(as_str(v)), as_str(v)->len);
        return true;
    }
    if (!is_int(v)) {
        raise_exc(vm, EXC_TypeError, "character mapping must return integer, None or str");
        return false;
    }
    if (!int_to_i64(v, &cp) || cp < 0 || cp > UNICODE_MAX) {
        raise_exc(vm, EXC_ValueError, "character mapping must be in range(0x110000)");
        return false;
    }
    buf_put_utf8(b, (uint32_t)cp);
    return true;
}

/* ASCII characters that the table turned into one ASCII character, or left alone; 0xff: not asked yet. */
typedef struct AsciiMap {
    unsigned char to[128];
} AsciiMap;

static bool translate_char(Vm *vm, Buf *b, Value table, uint32_t cp, AsciiMap *known)
{
    Value v;
    size_t before = b->len;
    int r = table_lookup(vm, table, cp, &v);
    if (r < 0 || !vm_checkpoint(vm))
        return false;
    if (r == 0)
        buf_put_utf8(b, cp);
    else if (!put_mapped(vm, b, v))
        return false;
    if (cp < 128 && !b->failed && b->len == before + 1)
        known->to[cp] = (unsigned char)b->data[before];
    return true;
}

Value str_m_translate(Vm *vm, Value self, const Args *args)
{
    Str *s = as_str(self);
    AsciiMap known;
    Buf b;
    buf_init(&b, &vm->alloc);
    memset(&known, 0xff, sizeof known);
    for (const char *p = str_data(s), *end = p + s->len; p < end;) {
        unsigned char c = (unsigned char)*p;
        if (c < 128 && known.to[c] != 0xff) {
            buf_putc(&b, (char)known.to[c]);
            p++;
        } else if (!translate_char(vm, &b, args->v[0], utf8_next(&p), &known)) {
            buf_free(&b);
            return VALUE_ERROR;
        }
    }
    return value_from_obj(str_from_buf(vm, &b));
}

/* ---- maketrans ---- */
static bool copy_mapping(Vm *vm, Dict *to, Dict *from)
{
    size_t pos = 0;
    Value key, value;
    while (dict_next(from, &pos, &key, &value)) {
        if (is_str(key)) {
            uint32_t cp;
            if (as_str(key)->chars != 1) {
                raise_exc(vm, EXC_ValueError, "string keys in translate table must be of length 1");
                return false;
            }
            utf8_decode(str_data(as_str(key)), &cp);
            key = value_from_int48(cp);
        } else if (!is_int(key)) {
            raise_exc(vm, EXC_TypeError, "keys in translate table must be strings or integers");
            return false;
        }
        if (!dict_set(vm, to, key, value))
            return false;
    }
    return true;
}

static bool map_chars(Vm *vm, Dict *d, const Str *from, const Str *to)
{
    const char *p = str_data(from), *end = p + from->len, *q = to ? str_data(to) : NULL;
    while (p < end) {
        Value key = value_from_int48(utf8_next(&p));
        if (!dict_set(vm, d, key, q ? value_from_int48(utf8_next(&q)) : VALUE_NONE))
            return false;
    }
    return true;
}

Value str_m_maketrans(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Value x = args->v[0], y = args->v[1], z = args->v[2];
    Dict *d = dict_new(vm);
    if (!d)
        return VALUE_ERROR;
    if (value_is_empty(y)) {
        if (!is_exact(x, SHAPE_DICT_ID))
            return raise_exc(vm, EXC_TypeError,
                             "if you give only one argument to maketrans it must be a dict");
        return copy_mapping(vm, d, as_dict(x)) ? value_from_obj(d) : VALUE_ERROR;
    }
    if (!is_str(x))
        return raise_exc(vm, EXC_TypeError,
                         "first maketrans argument must be a string if there is a second argument");
    if (as_str(x)->chars != as_str(y)->chars)
        return raise_exc(vm, EXC_ValueError, "the first two maketrans arguments must have equal length");
    if (!map_chars(vm, d, as_str(x), as_str(y)) || (!value_is_empty(z) && !map_chars(vm, d, as_str(z), NULL)))
        return VALUE_ERROR;
    return value_from_obj(d);
}
