/* SPDX-License-Identifier: MIT
 * str.encode(), bytes.decode(): codecs and error handlers by name, UnicodeEncodeError and
 * UnicodeDecodeError. */
#include "vm/objects/text_codec.h"

#include <stdio.h>

#include "vm/objects/bytes.h"
#include "vm/objects/exceptions.h"
#include "vm/objects/list.h"
#include "vm/objects/str_methods.h"

/* False: no built-in handler, so one that was registered is asked when something goes wrong. */
static bool find_errors(Str *errors, CodecErrors *out)
{
    *out = CODEC_STRICT;
    return !errors || codec_find_errors(str_data(errors), errors->len, out);
}

static bool find_codec(Str *encoding, CodecId *id)
{
    *id = CODEC_UTF8;
    return !encoding || codec_find(str_data(encoding), encoding->len, id);
}

Value unicode_error_new(Vm *vm, ExcId id, const Codec *c, Value object)
{
    Str *encoding = str_cstr(vm, c->encoding), *reason = encoding ? str_cstr(vm, c->reason) : NULL;
    if (!reason || value_is_empty(object))
        return VALUE_ERROR;
    Value args[5] = { value_from_obj(encoding), object, value_from_int48((int64_t)c->error_start),
                      value_from_int48((int64_t)c->error_end), value_from_obj(reason) };
    return exc_new_args(vm, vm->exc[id], 5, args);
}

static void raise_unicode_error(Vm *vm, ExcId id, const Codec *c, Value object)
{
    Value exc = unicode_error_new(vm, id, c, object);
    if (!value_is_empty(exc))
        raise_value(vm, exc);
}

/* ---- decoding ---- */
static Value exact_bytes(Vm *vm, Value object, const Codec *c)
{
    return !value_is_empty(object) && is_exact(object, SHAPE_BYTES_ID) ? object : value_from_obj(bytes_new(vm, c->input, c->len));
}

/* With a handler of a script's, which sees its own bytes. */
static bool decode_handled(Vm *vm, Codec *c, Value object, Str *errors, Buf *out)
{
    Value bytes = exact_bytes(vm, object, c);
    if (value_is_empty(bytes))
        return false;
    c->input = as_bytes(bytes)->data;
    CodecStatus status = codec_decode(c, out);
    if (status == CODEC_OK)
        return true;
    Value handler = status == CODEC_ERROR ? codec_handler(vm, errors) : raise_no_memory(vm);
    if (value_is_empty(handler))
        return false;
    c->pos = c->chars = 0;
    c->started = false;
    out->len = 0;
    return codec_decode_handled(vm, c, bytes, handler, out);
}

static bool decode_plain(Vm *vm, Codec *c, Value object, Buf *out)
{
    switch (codec_decode(c, out)) {
    case CODEC_OK:
        return true;
    case CODEC_NOMEM:
        raise_no_memory(vm);
        return false;
    case CODEC_ERROR:
        break;
    }
    if (c->errors == CODEC_XMLCHARREFREPLACE || c->errors == CODEC_NAMEREPLACE)
        raise_type_error(vm, "don't know how to handle UnicodeDecodeError in error callback");
    else
        raise_unicode_error(vm, EXC_UnicodeDecodeError, c, exact_bytes(vm, object, c));
    return false;
}

static Str *decode_registered(Vm *vm, Value object, const Codec *c, Str *encoding, Str *errors)
{
    Value bytes = exact_bytes(vm, object, c);
    if (value_is_empty(bytes))
        return NULL;
    Value r = codec_call_registered(vm, encoding, 1, bytes, errors);
    if (value_is_empty(r) || is_str(r))
        return value_is_empty(r) ? NULL : as_str(r);
    raise_exc(vm, EXC_TypeError, "'%S' decoder returned '%T' instead of 'str'; "
                             "use codecs.decode() to decode to arbitrary types", encoding, r);
    return NULL;
}

/* The names under which CPython calls a codec directly; all others go through the registry, which leaves a note. */
static bool is_direct(Str *encoding)
{
    static const char *const names[] = { "utf_8", "utf8", "utf_16", "utf16", "utf_32", "utf32", "ascii", "us_ascii", "latin_1",
                                         "latin1", "iso_8859_1", "iso8859_1" };
    char text[16];
    if (!encoding)
        return true;
    if (encoding->len >= sizeof text)
        return false;
    for (size_t i = 0; i <= encoding->len; i++) {
        char c = str_data(encoding)[i];
        text[i] = c == '-' || c == ' ' ? '_' : c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
    }
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (strcmp(text, names[i]) == 0)
            return true;
    return false;
}

static void note_failure(Vm *vm, const char *what, Str *encoding)
{
    Value exc = is_direct(encoding) || !vm_pending(vm) ? VALUE_EMPTY : exc_take(vm);
    if (value_is_empty(exc))
        return;
    Str *note = is_exc(exc) && !value_same(exc, vm->memory_error) ? str_printf(vm, "%s with '%S' codec failed", what, encoding)
                                                                 : NULL;
    if (note && exc_add_note(vm, exc, value_from_obj(note)))
        exc_discard(vm);
    exc_restore(vm, exc);
}

static void *noted(Vm *vm, void *result, const char *what, Str *encoding)
{
    if (!result && !exc_pending_is(vm, EXC_LookupError) && !exc_pending_is(vm, EXC_TypeError))
        note_failure(vm, what, encoding);
    return result;
}

/* The names of codecs and handlers are given in UTF-8, which a lone surrogate has none of. */
static bool names_ok(Vm *vm, Str *encoding, Str *errors)
{
    Str *names[] = { encoding, errors };
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (names[i] && names[i]->h.flags & STR_SURROGATES && !text_encode(vm, names[i], NULL, NULL))
            return false;
    return true;
}

static bool warn_escape(Vm *vm, const Codec *c)
{
    if (!c->bad_escape || !vm->hooks.warn)
        return true;
    const char *p = c->bad_escape;
    char text[64];
    snprintf(text, sizeof text, *p >= '4' && *p <= '7' ? "invalid octal escape sequence '\\%.3s'" :
             "invalid escape sequence '\\%.1s'", p);
    return vm->hooks.warn(vm, vm->exc[EXC_DeprecationWarning], text);
}

Str *text_decode(Vm *vm, Value object, const char *data, size_t len, Str *encoding, Str *errors)
{
    if (!names_ok(vm, encoding, errors))
        return NULL;
    if (!len)
        return vm->empty_str;       /* whatever the encoding is */
    Codec c = { .input = data, .len = len, .final = true, .vm = vm };
    bool known = find_errors(errors, &c.errors);
    if (!find_codec(encoding, &c.id))
        return noted(vm, decode_registered(vm, object, &c, encoding, errors), "decoding", encoding);
    if (c.id == CODEC_UTF8_SIG && len > 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0) {     /* errors count from behind it */
        object = value_from_obj(bytes_new(vm, data + 3, len - 3));
        if (value_is_empty(object))
            return NULL;
        c.input = data = as_bytes(object)->data;
        c.len = len -= 3;
        c.started = true;
    }
    if (c.id == CODEC_UTF8 && c.errors == CODEC_STRICT && known)
        return str_decode(vm, data, len);
    Buf b;
    buf_init(&b, &vm->alloc);
    if ((known ? decode_plain(vm, &c, object, &b) : decode_handled(vm, &c, object, errors, &b)) && warn_escape(vm, &c))
        return str_from_buf(vm, &b);
    buf_free(&b);
    note_failure(vm, "decoding", encoding);
    return NULL;
}

Value text_decode_part(Vm *vm, Value object, Str *encoding, Str *errors, bool final)
{
    const char *data;
    size_t len;
    Codec c = { .final = final, .vm = vm };
    bool known = find_errors(errors, &c.errors);
    if (!names_ok(vm, encoding, errors) || !bytes_view(vm, object, &data, &len))
        return VALUE_ERROR;
    if (!find_codec(encoding, &c.id))
        return raise_exc(vm, EXC_LookupError, "unknown encoding: %S", encoding);
    c.input = data;
    c.len = len;
    Buf b;
    buf_init(&b, &vm->alloc);
    bool ok = (known ? decode_plain(vm, &c, object, &b) : decode_handled(vm, &c, object, errors, &b)) && warn_escape(vm, &c);
    Str *s = ok ? str_from_buf(vm, &b) : NULL;
    if (!ok)
        buf_free(&b);
    Tuple *both = s ? tuple_pack(vm, 2, value_from_obj(s), value_from_int48((int64_t)c.pos)) : NULL;
    return both ? value_from_obj(both) : VALUE_ERROR;
}

/* ---- encoding ---- */
static Bytes *bytes_from_buf(Vm *vm, Buf *b)
{
    Bytes *r = NULL;
    if (b->failed)
        raise_no_memory(vm);
    else
        r = bytes_new(vm, b->len ? b->data : "", b->len);
    buf_free(b);
    return r;
}

/* The text is what it is encoded to. */
static bool is_plain(const Str *s, CodecId id)
{
    if (s->h.flags & STR_ASCII)
        return id == CODEC_UTF8 || id == CODEC_ASCII || id == CODEC_LATIN1 || codec_is_charmap(id);
    return id == CODEC_UTF8 && !(s->h.flags & STR_SURROGATES);
}

static bool encode_to(Vm *vm, Codec *c, Str *s, Str *errors, bool known, Buf *out)
{
    CodecStatus status = codec_encode(c, out);
    if (status == CODEC_OK)
        return true;
    if (status == CODEC_NOMEM) {
        raise_no_memory(vm);
        return false;
    }
    if (known) {
        raise_unicode_error(vm, EXC_UnicodeEncodeError, c, value_from_obj(s));
        return false;
    }
    Value handler = codec_handler(vm, errors);
    if (value_is_empty(handler))
        return false;
    c->pos = c->chars = 0;
    c->started = false;
    out->len = 0;
    return codec_encode_handled(vm, c, s, handler, out);
}

static Bytes *encode_registered(Vm *vm, Str *s, Str *encoding, Str *errors)
{
    Value r = codec_call_registered(vm, encoding, 0, value_from_obj(s), errors);
    if (value_is_empty(r) || is_bytes(r))
        return value_is_empty(r) ? NULL : as_bytes(r);
    raise_exc(vm, EXC_TypeError, "'%S' encoder returned '%T' instead of 'bytes'; "
                             "use codecs.encode() to encode to arbitrary types", encoding, r);
    return NULL;
}

Bytes *text_encode(Vm *vm, Str *s, Str *encoding, Str *errors)
{
    if (!names_ok(vm, encoding, errors))
        return NULL;
    Codec c = { .input = str_data(s), .len = s->len, .final = true };
    bool known = find_errors(errors, &c.errors);
    if (!find_codec(encoding, &c.id))
        return noted(vm, encode_registered(vm, s, encoding, errors), "encoding", encoding);
    if (is_plain(s, c.id))
        return bytes_new(vm, c.input, c.len);
    Buf b;
    buf_init(&b, &vm->alloc);
    if (encode_to(vm, &c, s, errors, known, &b))
        return bytes_from_buf(vm, &b);
    buf_free(&b);
    note_failure(vm, "encoding", encoding);
    return NULL;
}

bool codec_is_plain(const Args *args)
{
    return str_is(as_str(args->v[0]), "utf-8") && str_is(as_str(args->v[1]), "strict");
}

Value str_m_encode(Vm *vm, Value self, const Args *args)
{
    const Str *s = as_str(self);
    if (codec_is_plain(args) && !(s->h.flags & STR_SURROGATES))
        return value_from_obj(bytes_new(vm, str_data(s), s->len));
    return value_from_obj(text_encode(vm, as_str(self), as_str(args->v[0]), as_str(args->v[1])));
}
