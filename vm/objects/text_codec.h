/* SPDX-License-Identifier: MIT
 * Encoding and decoding as str.encode() and bytes.decode() do, with exceptions.
 *
 * What scripts register is found in the module `codecs`, once it is in sys.modules: its `_error_handlers`
 * is a dict of callables by name, its `_search_functions` a list of callables as codecs.register() takes
 * them. */
#ifndef VM_OBJECTS_TEXT_CODEC_H
#define VM_OBJECTS_TEXT_CODEC_H

#include "vm/ops.h"
#include "vm/text/codec.h"

/* encoding, errors NULL: "utf-8", "strict". object: what the data belongs to, for the exception
 * (bytes-like; EMPTY: a copy of the data is made). NULL: exception pending. */
MUST_USE Str *text_decode(Vm *vm, Value object, const char *data, size_t len, Str *encoding, Str *errors);
MUST_USE Bytes *text_encode(Vm *vm, Str *s, Str *encoding, Str *errors);

/* (text, bytes used) of what is there so far; unless final, an unfinished character at the end is left. For encodings that
 * are built in. */
MUST_USE Value text_decode_part(Vm *vm, Value object, Str *encoding, Str *errors, bool final);

/* A UnicodeDecodeError or UnicodeEncodeError for what stopped the codec. */
MUST_USE Value unicode_error_new(Vm *vm, ExcId id, const Codec *c, Value object);
/* The registered error handler; EMPTY: LookupError pending. */
MUST_USE Value codec_handler(Vm *vm, Str *name);
/* Run the codec to its end, asking the handler at each error. False: exception pending. */
MUST_USE bool codec_decode_handled(Vm *vm, Codec *c, Value bytes, Value handler, Buf *out);
MUST_USE bool codec_encode_handled(Vm *vm, Codec *c, Str *s, Value handler, Buf *out);
/* Part `part` (0 encode, 1 decode) of what a search function has for an encoding, called with (input,
 * errors): the first item of the result. EMPTY: exception pending, LookupError when nobody knows the
 * encoding. */
MUST_USE Value codec_call_registered(Vm *vm, Str *encoding, size_t part, Value input, Str *errors);

/* encode() and decode() of UTF-8, strictly: what they do without arguments. */
bool codec_is_plain(const Args *args);

#endif
