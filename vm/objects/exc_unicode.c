/* SPDX-License-Identifier: MIT
 * UnicodeEncodeError, UnicodeDecodeError and UnicodeTranslateError. */
#include "vm/objects/exceptions.h"

#include "vm/objects/bytes.h"
#include "vm/objects/int.h"
#include "vm/objects/str.h"

static Value text(Str *s)
{
    return s ? value_from_obj(s) : VALUE_ERROR;
}

/* One argument as a letter says: U a str, n a size, O anything with bytes. */
static bool take_arg(Vm *vm, Exc *e, unsigned i, char letter, Value v, unsigned field)
{
    int64_t n;
    if (letter == 'U' && !is_str(v)) {
        raise_exc(vm, EXC_TypeError, "argument %u must be str, not %B", i + 1, v);
        return false;
    }
    if (letter == 'n') {
        v = op_index(vm, v);
        if (!value_is_empty(v) && !int_to_i64(v, &n))
            v = raise_exc(vm, EXC_OverflowError, "Python int too large to convert to C ssize_t");
    } else if (letter == 'O' && !is_bytes(v)) {
        const char *data;
        size_t len;
        if (!bytes_view(vm, v, &data, &len))
            return false;
        Bytes *b = bytes_new(vm, data, len);
        v = b ? value_from_obj(b) : VALUE_ERROR;
    }
    return !value_is_empty(v) && exc_set_field(vm, e, field, v);
}

static Value init(Vm *vm, Value self, const Args *args, const char *letters, const uint8_t *fields)
{
    size_t n = strlen(letters);
    if (!exc_init_args(vm, self, args, args->v[0]))
        return VALUE_ERROR;
    if (args->nrest != n)
        return raise_exc(vm, EXC_TypeError, "function takes exactly %zu arguments (%u given)", n, args->nrest);
    for (unsigned i = 0; i < n; i++)
        if (!take_arg(vm, as_exc(self), i, letters[i], args->rest[i], fields[i]))
            return VALUE_ERROR;
    return VALUE_NONE;
}

static const uint8_t all_fields[] = { FIELD_UNICODE_ENCODING, FIELD_UNICODE_OBJECT, FIELD_UNICODE_START, FIELD_UNICODE_END,
                                      FIELD_UNICODE_REASON };

static Value encode_m_init(Vm *vm, Value self, const Args *args)
{
    return init(vm, self, args, "UUnnU", all_fields);
}

static Value decode_m_init(Vm *vm, Value self, const Args *args)
{
    return init(vm, self, args, "UOnnU", all_fields);
}

static Value translate_m_init(Vm *vm, Value self, const Args *args)
{
    return init(vm, self, args, "UnnU", all_fields + 1);
}

static int64_t field_int(const Exc *e, unsigned field)
{
    int64_t n = 0;
    Value v = exc_field(e, field);
    return !value_is_empty(v) && is_int(v) && int_to_i64(v, &n) ? n : 0;
}

static uint32_t code_point_at(Vm *vm, Str *s, int64_t i)
{
    const unsigned char *p = (const unsigned char *)str_data(s) + str_offset(vm, s, (uint32_t)i);
    if (p[0] < 0x80)
        return p[0];
    if (p[0] < 0xe0)
        return (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
    if (p[0] < 0xf0)
        return (p[0] & 0xfu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
    return (p[0] & 0x7u) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 | (p[3] & 0x3fu);
}

/* "'utf-8' codec can't encode" or "can't translate", then what and where. */
static Value describe_str(Vm *vm, Exc *e, Str *doing)
{
    Value o = exc_field(e, FIELD_UNICODE_OBJECT), reason = exc_field(e, FIELD_UNICODE_REASON);
    int64_t start = field_int(e, FIELD_UNICODE_START), end = field_int(e, FIELD_UNICODE_END);
    reason = value_is_empty(reason) ? VALUE_NONE : reason;
    if (!is_str(o) || start < 0 || start >= as_str(o)->chars || end != start + 1)
        return text(str_printf(vm, "%S characters in position %lld-%lld: %V", doing, (long long)start, (long long)end - 1,
                               reason));
    uint32_t cp = code_point_at(vm, as_str(o), start);
    const char *fmt = cp <= 0xff ? "%S character '\\x%02x' in position %lld: %V"
                    : cp <= 0xffff ? "%S character '\\u%04x' in position %lld: %V"
                                   : "%S character '\\U%08x' in position %lld: %V";
    return text(str_printf(vm, fmt, doing, cp, (long long)start, reason));
}

static Value encode_m_str(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Exc *e = as_exc(self);
    if (value_is_empty(exc_field(e, FIELD_UNICODE_OBJECT)))
        return value_from_obj(vm->empty_str);
    Value encoding = exc_field(e, FIELD_UNICODE_ENCODING);
    Str *doing = str_printf(vm, "'%V' codec can't encode", value_is_empty(encoding) ? VALUE_NONE : encoding);
    return doing ? describe_str(vm, e, doing) : VALUE_ERROR;
}

static Value translate_m_str(Vm *vm, Value self, const Args *args)
{
    (void)args;
    if (value_is_empty(exc_field(as_exc(self), FIELD_UNICODE_OBJECT)))
        return value_from_obj(vm->empty_str);
    Str *doing = str_cstr(vm, "can't translate");
    return doing ? describe_str(vm, as_exc(self), doing) : VALUE_ERROR;
}

static Value decode_m_str(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Exc *e = as_exc(self);
    Value o = exc_field(e, FIELD_UNICODE_OBJECT);
    if (value_is_empty(o))
        return value_from_obj(vm->empty_str);
    Value encoding = exc_field(e, FIELD_UNICODE_ENCODING), reason = exc_field(e, FIELD_UNICODE_REASON);
    int64_t start = field_int(e, FIELD_UNICODE_START), end = field_int(e, FIELD_UNICODE_END);
    encoding = value_is_empty(encoding) ? VALUE_NONE : encoding;
    reason = value_is_empty(reason) ? VALUE_NONE : reason;
    if (is_bytes(o) && start >= 0 && start < (int64_t)as_bytes(o)->len && end == start + 1)
        return text(str_printf(vm, "'%V' codec can't decode byte 0x%02x in position %lld: %V", encoding,
                               (unsigned)(unsigned char)as_bytes(o)->data[start], (long long)start, reason));
    return text(str_printf(vm, "'%V' codec can't decode bytes in position %lld-%lld: %V", encoding, (long long)start,
                           (long long)end - 1, reason));
}

#define UNICODE_METHODS(kind)                                                   \
    const MethodDef exc_##kind##_methods[] = {                                  \
        METHOD(kind, init, "__init__(*args, **kwargs)", "Initialize self."),    \
        METHOD(kind, str, "__str__()", "Return str(self)."),                    \
        { 0 }                                                                   \
    };
UNICODE_METHODS(encode)
UNICODE_METHODS(decode)
UNICODE_METHODS(translate)

static bool set_position(Vm *vm, Value self, Value v, unsigned field)
{
    int64_t n;
    if (value_is_empty(v))
        raise_exc(vm, EXC_TypeError, "can't delete numeric/char attribute");
    else if (!is_int(v))
        raise_exc(vm, EXC_TypeError, "an integer is required");
    else if (!int_to_i64(v, &n))
        raise_exc(vm, EXC_OverflowError, "Python int too large to convert to C ssize_t");
    else
        return exc_set_field(vm, as_exc(self), field, v);
    return false;
}

static bool set_start(Vm *vm, Value self, Value v)
{
    return set_position(vm, self, v, FIELD_UNICODE_START);
}

static bool set_end(Vm *vm, Value self, Value v)
{
    return set_position(vm, self, v, FIELD_UNICODE_END);
}

static Value get_start(Vm *vm, Value self)
{
    Value v = exc_field_get_2(vm, self);
    return value_is_none(v) ? value_from_int48(0) : v;
}

static Value get_end(Vm *vm, Value self)
{
    Value v = exc_field_get_3(vm, self);
    return value_is_none(v) ? value_from_int48(0) : v;
}

const GetSetDef exc_unicode_getsets[] = {
    FIELD("encoding", "The codec.", 0),
    FIELD("object", "What it worked on.", 1),
    { "start", "Where the trouble begins.", get_start, set_start },
    { "end", "Behind its end.", get_end, set_end },
    FIELD("reason", "What the trouble is.", 4),
    { 0 }
};
