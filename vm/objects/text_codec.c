/* SPDX-License-Identifier: MIT
 * str.encode(), bytes.decode(): codecs and error handlers by name, UnicodeEncodeError and UnicodeDecodeError. */
#include "vm/objects/text_codec.h"

#include "vm/objects/bytes.h"
#include "vm/objects/str_methods.h"
#include "vm/text/codec.h"

static bool find_codec(Vm *vm, Str *encoding, CodecId *id)
{
    *id = CODEC_UTF8;
    if (!encoding || codec_find(str_data(encoding), encoding->len, id))
        return true;
    if (memchr(str_data(encoding), 0, encoding->len))
        raise_exc(vm, EXC_ValueError, "embedded null character");
    else
        raise_exc(vm, EXC_LookupError, "unknown encoding: %S", encoding);
    return false;
}

/* False: no built-in handler, so what goes wrong is an error. */
static bool find_errors(Str *errors, CodecErrors *out)
{
    *out = CODEC_STRICT;
    return !errors || codec_find_errors(str_data(errors), errors->len, out);
}

static void raise_unicode_error(Vm *vm, ExcId id, const Codec *c, Value object)
{
    Str *encoding = str_cstr(vm, c->encoding), *reason = encoding ? str_cstr(vm, c->reason) : NULL;
    if (!reason || value_is_empty(object))
        return;
    Value args[5] = { value_from_obj(encoding), object, value_from_int48((int64_t)c->error_start),
                      value_from_int48((int64_t)c->error_end), value_from_obj(reason) };
    raise_args(vm, id, 5, args);
}

/* ---- decoding ---- */
static void raise_decode(Vm *vm, const Codec *c, Value object, bool known, Str *errors)
{
    if (!known) {
        raise_exc(vm, EXC_LookupError, "unknown error handler name '%S'", errors);
        return;
    }
    if (c->errors == CODEC_XMLCHARREFREPLACE || c->errors == CODEC_NAMEREPLACE) {
        raise_exc(vm, EXC_TypeError, "don't know how to handle UnicodeDecodeError in error callback");
        return;
    }
    if (!is_exact(object, SHAPE_BYTES_ID))
        object = value_from_obj(bytes_new(vm, c->input, c->len));
    raise_unicode_error(vm, EXC_UnicodeDecodeError, c, object);
}

Str *text_decode(Vm *vm, Value object, const char *data, size_t len, Str *encoding, Str *errors)
{
    Codec c = { .input = data, .len = len, .final = true };
    bool known = find_errors(errors, &c.errors);
    if (!find_codec(vm, encoding, &c.id))
        return NULL;
    if (c.id == CODEC_UTF8 && c.errors == CODEC_STRICT && known)
        return str_decode(vm, data, len);
    Buf b;
    buf_init(&b, &vm->alloc);
    CodecStatus status = codec_decode(&c, &b);
    if (status == CODEC_OK)
        return str_from_buf(vm, &b);
    buf_free(&b);
    if (status == CODEC_NOMEM)
        raise_no_memory(vm);
    else
        raise_decode(vm, &c, object, known, errors);
    return NULL;
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

static bool is_plain(const Str *s, CodecId id)
{
    if (s->h.flags & STR_ASCII)
        return id == CODEC_UTF8 || id == CODEC_ASCII || id == CODEC_LATIN1;
    return id == CODEC_UTF8 && !(s->h.flags & STR_SURROGATES);
}

Bytes *text_encode(Vm *vm, Str *s, Str *encoding, Str *errors)
{
    Codec c = { .input = str_data(s), .len = s->len, .final = true };
    bool known = find_errors(errors, &c.errors);
    if (!find_codec(vm, encoding, &c.id))
        return NULL;
    if (is_plain(s, c.id))
        return bytes_new(vm, c.input, c.len);
    Buf b;
    buf_init(&b, &vm->alloc);
    CodecStatus status = codec_encode(&c, &b);
    if (status == CODEC_OK)
        return bytes_from_buf(vm, &b);
    buf_free(&b);
    if (status == CODEC_NOMEM)
        raise_no_memory(vm);
    else if (!known)
        raise_exc(vm, EXC_LookupError, "unknown error handler name '%S'", errors);
    else
        raise_unicode_error(vm, EXC_UnicodeEncodeError, &c, value_from_obj(s));
    return NULL;
}

Value str_m_encode(Vm *vm, Value self, const Args *args)
{
    return value_from_obj(text_encode(vm, as_str(self), as_str(args->v[0]), as_str(args->v[1])));
}
