/* SPDX-License-Identifier: MIT
 * Bytes to text and back: utf-8, ascii, latin-1, utf-16 and utf-32 with CPython's error positions, reasons
 * and built-in error handlers.
 *
 * Both directions stop at the first error that the mode cannot handle and can be resumed, which is how
 * handlers registered by a script work: run with CODEC_STRICT, on CODEC_ERROR call the handler, append what
 * it returns, set the position it asks for, go on. Positions of "utf-8-sig" count the mark, which CPython's
 * do not. */
#ifndef VM_TEXT_CODEC_H
#define VM_TEXT_CODEC_H

#include "vm/buf.h"

typedef enum CodecId {
    CODEC_UTF8, CODEC_UTF8_SIG, CODEC_ASCII, CODEC_LATIN1, CODEC_UNICODE_ESCAPE, CODEC_RAW_UNICODE_ESCAPE,
    CODEC_CHARMAP, CODEC_CHARMAP_LAST = CODEC_CHARMAP + 63,     /* CODEC_CHARMAP + n: charmaps[n] */
    CODEC_UTF16, CODEC_UTF16_LE, CODEC_UTF16_BE,
    CODEC_UTF32, CODEC_UTF32_LE, CODEC_UTF32_BE,
} CodecId;

typedef enum CodecErrors {
    CODEC_STRICT, CODEC_IGNORE, CODEC_REPLACE, CODEC_BACKSLASHREPLACE, CODEC_SURROGATEESCAPE,
    CODEC_SURROGATEPASS, CODEC_XMLCHARREFREPLACE, CODEC_NAMEREPLACE,
} CodecErrors;

typedef enum CodecStatus { CODEC_OK, CODEC_ERROR, CODEC_NOMEM } CodecStatus;

/* The encoding that a name means, spelled in any of CPython's ways ("UTF8", "utf_8", "iso-8859-1" ...).
 * False: unknown here. */
MUST_USE bool codec_find(const char *name, size_t n, CodecId *id);

/* "strict", "ignore" ...; false: not a built-in handler. */
MUST_USE bool codec_find_errors(const char *name, size_t n, CodecErrors *errors);

/* CPython's name, as `encoding` of a UnicodeError shows it: "utf-8", "latin-1", "utf-16-le" ... */
const char *codec_name(CodecId id);

/* One run over an input, decoding or encoding. Zero it, set input, len, id, errors, final. */
typedef struct Codec {
    const char *input;      /* bytes to decode, or the text to encode */
    size_t len;
    CodecId id;
    CodecErrors errors;     /* XMLCHARREFREPLACE and NAMEREPLACE cannot decode: CODEC_ERROR, a TypeError */
    bool final;             /* decoding: false keeps an unfinished character at the end for more input */
    bool started;           /* the byte order mark has been read or written; set it to continue a stream */
    size_t pos;             /* in bytes of the input: where to go on; after CODEC_OK what was consumed */
    size_t chars;           /* encoding: code points before pos (whoever moves pos moves this too) */
    CodecId actual;         /* utf-16, utf-32: the byte order that a mark chose; valid once started */

    /* After CODEC_ERROR: what UnicodeDecodeError or UnicodeEncodeError says. Decoding counts bytes of the
     * input, encoding code points; pos stays where the bad part starts. */
    size_t error_start, error_end;
    size_t error_bytes;     /* encoding: bytes of input from pos to the bad part's end */
    const char *reason;     /* static */
    const char *encoding;   /* static */
    struct Vm *vm;          /* keeps the index of names of characters; NULL: they are looked for one by one */
    const char *bad_escape; /* unicode_escape: what the first invalid escape has behind its backslash; or NULL */
} Codec;

static inline bool codec_is_charmap(CodecId id)
{
    return id >= CODEC_CHARMAP && id <= CODEC_CHARMAP_LAST;
}

static inline bool codec_is_escape(CodecId id)
{
    return id == CODEC_UNICODE_ESCAPE || id == CODEC_RAW_UNICODE_ESCAPE;
}

/* escape_codec.c: all up to the first error or failure of out; false: an error. */
MUST_USE bool escape_decode(Codec *c, Buf *out);
void escape_encode(Codec *c, Buf *out);

/* Append the decoded text to out. CODEC_NOMEM: out->failed. */
MUST_USE CodecStatus codec_decode(Codec *c, Buf *out);

/* Append the encoded bytes to out. */
MUST_USE CodecStatus codec_encode(Codec *c, Buf *out);

#endif
