/* SPDX-License-Identifier: MIT
 * Codecs and error handlers that scripts have registered with the module codecs. */
#include "vm/objects/bytes.h"
#include "vm/objects/dict.h"
#include "vm/objects/exceptions.h"
#include "vm/objects/str_methods.h"
#include "vm/objects/text_codec.h"
#include "vm/text/strcase.h"

/* A global of the module codecs; EMPTY: there is no such module, or it has none. An exception may be pending. */
static Value codecs_global(Vm *vm, const char *name)
{
    Value m = dict_get_cstr(vm, vm->modules, "codecs");
    Str *codecs = value_is_empty(m) && vm->hooks.import ? str_intern(vm, "codecs", 6) : NULL;
    if (codecs)
        m = vm->hooks.import(vm, codecs, VALUE_NONE, VALUE_NONE, VALUE_NONE, 0);
    return is_module(m) ? dict_get_cstr(vm, as_module(m)->globals, name) : VALUE_EMPTY;
}

Value codec_handler(Vm *vm, Str *name)
{
    Value table = codecs_global(vm, "_error_handlers");
    Value handler = is_dict(table) ? dict_get_str(vm, as_dict(table), name) : VALUE_EMPTY;
    if (vm_pending(vm))
        return VALUE_ERROR;
    if (value_is_empty(handler))
        return raise_exc(vm, EXC_LookupError, "unknown error handler name '%S'", name);
    return handler;
}

/* ---- error handlers ---- */

/* The object of a UnicodeDecodeError once the handler has seen it, which may have put another there: the bytes to go on
 * in. False: they are none. */
static bool take_object(Vm *vm, Value exc, Codec *c, Value *bytes)
{
    Value o = exc_field(as_exc(exc), FIELD_UNICODE_OBJECT);
    if (!is_bytes(o)) {
        raise_type_error(vm, value_is_empty(o) ? "object attribute not set" : "object attribute must be bytes");
        return false;
    }
    if (!value_same(o, *bytes)) {
        *bytes = o;
        c->input = as_bytes(o)->data;
        c->len = as_bytes(o)->len;
        c->bad_escape = NULL;
    }
    return true;
}

/* What a handler answers: a replacement and where to go on, 0 <= *pos <= the length of *object. */
static bool ask(Vm *vm, Value handler, Value exc, Codec *c, Value *object, Value *replacement, size_t *pos)
{
    int64_t at;
    bool encoding = is_str(*object);
    Value r = op_call1(vm, handler, exc);
    if (value_is_empty(r))
        return false;
    const Value *parts = is_tuple(r) ? as_tuple(r)->items : NULL;
    if (!parts || as_tuple(r)->len != 2 || !(is_str(parts[0]) || (encoding && is_bytes(parts[0])))) {
        raise_type_error(vm, encoding ? "encoding error handler must return (str/bytes, int) tuple"
                                      : "decoding error handler must return (str, int) tuple");
        return false;
    }
    *replacement = parts[0];
    if (!op_int64(vm, parts[1], &at) || (!encoding && !take_object(vm, exc, c, object)))
        return false;
    size_t end = encoding ? as_str(*object)->chars : c->len;
    if (at < 0)
        at += (int64_t)end;
    if (at < 0 || (uint64_t)at > end) {
        raise_exc(vm, EXC_IndexError, "position %lld from error handler out of bounds", (long long)at);
        return false;
    }
    *pos = (size_t)at;
    return vm_checkpoint(vm);
}

bool codec_decode_handled(Vm *vm, Codec *c, Value bytes, Value handler, Buf *out)
{
    CodecStatus status;
    while ((status = codec_decode(c, out)) == CODEC_ERROR) {
        Value exc = unicode_error_new(vm, EXC_UnicodeDecodeError, c, bytes), text;
        if (value_is_empty(exc) || !ask(vm, handler, exc, c, &bytes, &text, &c->pos))
            return false;
        buf_put(out, str_data(as_str(text)), as_str(text)->len);
    }
    if (status == CODEC_OK)
        return true;
    raise_no_memory(vm);
    return false;
}

static unsigned unit_size(CodecId id)
{
    switch (id) {
    case CODEC_UTF16: case CODEC_UTF16_LE: case CODEC_UTF16_BE: return 2;
    case CODEC_UTF32: case CODEC_UTF32_LE: case CODEC_UTF32_BE: return 4;
    default: return 1;
    }
}

/* The replacement in the codec's own encoding; text that is no ASCII only where one byte is one character.
 * False: it does not fit there. */
static bool put_replacement(const Codec *c, Value v, Buf *out)
{
    if (is_bytes(v)) {
        if (as_bytes(v)->len % unit_size(c->id))
            return false;
        buf_put(out, as_bytes(v)->data, as_bytes(v)->len);
        return true;
    }
    const Str *s = as_str(v);
    if (!(s->h.flags & STR_ASCII) && c->id != CODEC_LATIN1 && !codec_is_charmap(c->id))
        return false;
    Codec part = { .input = str_data(s), .len = s->len, .id = c->id, .final = true, .started = true,
                   .actual = c->actual };
    return codec_encode(&part, out) != CODEC_ERROR;
}

bool codec_encode_handled(Vm *vm, Codec *c, Str *s, Value handler, Buf *out)
{
    CodecStatus status;
    while ((status = codec_encode(c, out)) == CODEC_ERROR) {
        Value object = value_from_obj(s), exc = unicode_error_new(vm, EXC_UnicodeEncodeError, c, object), replacement;
        size_t at;
        if (value_is_empty(exc) || !ask(vm, handler, exc, c, &object, &replacement, &at))
            return false;
        if (!put_replacement(c, replacement, out)) {
            raise_value(vm, exc);
            return false;
        }
        c->pos = str_offset(vm, s, (uint32_t)at);
        c->chars = at;
    }
    if (status == CODEC_OK)
        return true;
    raise_no_memory(vm);
    return false;
}

/* ---- codecs ---- */

/* The name as search functions get it: in lower case, spaces as underscores. */
static Str *normalized(Vm *vm, const Str *name)
{
    Str *r = str_alloc(vm, name->len);
    if (!r)
        return NULL;
    strcase_convert_ascii(r->text, str_data(name), name->len, STRCASE_LOWER);
    for (size_t i = 0; i < name->len; i++)
        if (r->text[i] == ' ')
            r->text[i] = '_';
    str_finish(r);
    return r;
}

/* What the first search function that knows the encoding gave. */
static Value search(Vm *vm, Str *encoding)
{
    Value functions = codecs_global(vm, "_search_functions");
    Str *name = vm_pending(vm) ? NULL : normalized(vm, encoding);
    if (!name)
        return VALUE_ERROR;
    for (size_t i = 0; is_list(functions) && i < as_list(functions)->len; i++) {
        Value r = op_call1(vm, list_items(as_list(functions))[i], value_from_obj(name));
        if (value_is_empty(r) || !vm_checkpoint(vm))
            return VALUE_ERROR;
        if (is_tuple(r) && as_tuple(r)->len == 4)
            return r;
        if (!value_is_none(r))
            return raise_type_error(vm, "codec search functions must return 4-tuples");
    }
    return raise_exc(vm, EXC_LookupError, "unknown encoding: %S", encoding);
}

/* Codecs of bytes alone say so by an attribute. */
static bool is_for_text(Vm *vm, Value info, Str *encoding, size_t part)
{
    Str *name = is_exact(info, SHAPE_TUPLE_ID) ? NULL : str_intern(vm, "_is_text_encoding", 17);
    Value v = name ? attr_get_opt(vm, info, name) : VALUE_EMPTY;
    int text = value_is_empty(v) ? !vm_pending(vm) : op_truth(vm, v);
    if (!text && !vm_pending(vm))
        raise_exc(vm, EXC_LookupError, "'%S' is not a text encoding; use codecs.%s() to handle arbitrary codecs", encoding,
                  part ? "decode" : "encode");
    return text > 0;
}

Value codec_call_registered(Vm *vm, Str *encoding, size_t part, Value input, Str *errors)
{
    if (memchr(str_data(encoding), 0, encoding->len))
        return raise_exc(vm, EXC_ValueError, "embedded null character");
    Value info = search(vm, encoding);
    Str *how = errors ? errors : vm->names.strict;
    if (value_is_empty(info) || !is_for_text(vm, info, encoding, part))
        return VALUE_ERROR;
    Value args[2] = { input, value_from_obj(how) };
    Value r = op_call(vm, as_tuple(info)->items[part], 2, args);
    if (value_is_empty(r))
        return r;
    if (!is_tuple(r) || as_tuple(r)->len != 2)
        return raise_type_error(vm, part ? "decoder must return a tuple (object,integer)"
                                         : "encoder must return a tuple (object, integer)");
    return as_tuple(r)->items[0];
}
