/* SPDX-License-Identifier: MIT
 * The format mini-language of format() and f-strings, and the %-formatting of numbers and text. */
#ifndef VM_NUM_NUMFMT_H
#define VM_NUM_NUMFMT_H

#include "vm/buf.h"

/* [[fill]align][sign][z][#][0][width][grouping][.precision][type] */
typedef struct FormatSpec {
    uint32_t fill;          /* code point, ' ' by default */
    char align;             /* '<' '>' '=' '^'; the default of the kind if not given */
    char sign;              /* '+' '-' ' ', or 0 */
    char group;             /* ',' '_', or 0 */
    bool no_neg_zero;       /* z */
    bool alternate;         /* # */
    bool align_given;       /* align, or the 0 before the width, was written */
    int64_t width;          /* -1: not given */
    int64_t precision;      /* -1: not given */
    uint32_t type;          /* code point; the default of the kind ('s', 'd', 0) if not given */
} FormatSpec;

typedef enum FormatKind { FORMAT_STR, FORMAT_INT, FORMAT_FLOAT, FORMAT_COMPLEX } FormatKind;

typedef enum FormatError {
    FORMAT_OK,
    FORMAT_INVALID,             /* Invalid format specifier '%s' for object of type '%s' */
    FORMAT_TOO_MANY_DIGITS,     /* Too many decimal digits in format string */
    FORMAT_BOTH_GROUPS,         /* Cannot specify both ',' and '_'. */
    FORMAT_GROUP_TYPE,          /* Cannot specify ',' with 's'. */
    FORMAT_NO_PRECISION,        /* Format specifier missing precision */
    FORMAT_UNKNOWN_CODE,        /* Unknown format code 'x' for object of type '%s' */
    FORMAT_STR_SIGN, FORMAT_STR_SPACE, FORMAT_STR_Z, FORMAT_STR_ALT, FORMAT_STR_ALIGN,
    FORMAT_INT_PRECISION, FORMAT_INT_Z, FORMAT_CHAR_SIGN, FORMAT_CHAR_ALT,
    FORMAT_CHAR_RANGE,          /* OverflowError; all the others are ValueError */
    FORMAT_PRECISION_TOO_BIG,
    FORMAT_COMPLEX_ZERO, FORMAT_COMPLEX_ALIGN
} FormatError;

/* Reads a spec (UTF-8) and checks it for the kind. An int with a float type (e E f F g G %) passes for
 * FORMAT_INT: see format_int_base. */
MUST_USE FormatError format_parse(const char *spec, size_t len, FormatKind kind, FormatSpec *out);

/* Writes the message of the error. spec, len are the text that was parsed; type_name is that of the
 * object. */
void format_error(Buf *b, FormatError error, const FormatSpec *f, const char *spec, size_t len,
                  const char *type_name);

/* In which base format_int wants the digits: 2, 8, 10, 16; 0 if the int is to be converted to a double for
 * format_float; 1 if it is a code point for format_char. */
int format_int_base(const FormatSpec *f);

/* The digits (lower case, without sign and prefix) of a number in the base above. */
void format_int(Buf *b, const FormatSpec *f, const char *digits, size_t len, bool neg);
MUST_USE FormatError format_char(Buf *b, const FormatSpec *f, int64_t cp);
MUST_USE FormatError format_float(Buf *b, const FormatSpec *f, double x);
MUST_USE FormatError format_complex(Buf *b, const FormatSpec *f, double re, double im);
void format_str(Buf *b, const FormatSpec *f, const char *text, size_t len);     /* text is UTF-8 */

/* One number by a conversion e E f F g G r (r: shortest, as repr), without width. '%' and 'n' belong to
 * format_float. FLOAT_SIGN: a plus before positive numbers; FLOAT_DOT_0: ".0" behind whole ones; FLOAT_ALT:
 * '#'; FLOAT_NO_NEG_ZERO: a result that rounds to zero has no minus. precision is not negative. */
enum { FLOAT_SIGN = 1, FLOAT_DOT_0 = 2, FLOAT_ALT = 4, FLOAT_NO_NEG_ZERO = 8 };
void float_format(Buf *b, double x, char code, int precision, unsigned flags);

/* repr(complex): "(1+2j)", "1j", "(-0+nanj)" */
void complex_repr(Buf *b, double re, double im);

/* ---- %-formatting ---- */

typedef enum PercentError {
    PERCENT_OK,
    PERCENT_INCOMPLETE,         /* incomplete format */
    PERCENT_KEY,                /* incomplete format key */
    PERCENT_WIDTH,              /* width too big */
    PERCENT_PRECISION           /* precision too big */
} PercentError;

#define PERCENT_STAR (-2)       /* width or precision comes from the arguments */

typedef struct PercentSpec {
    const char *key;            /* what stands in (…), NULL if there is no mapping key */
    size_t key_len;
    bool left, plus, space, alternate, zero;
    int64_t width, precision;   /* -1: not given, PERCENT_STAR: given as * */
    uint32_t type;              /* the conversion, a code point */
    size_t type_at;             /* byte index of the conversion from the start of the whole format */
} PercentSpec;

/* Reads one conversion; *pos is behind the '%' on entry and behind the conversion afterwards. */
MUST_USE PercentError percent_parse(const char *text, size_t len, size_t *pos, PercentSpec *out);
const char *percent_error(PercentError error);

/* For * arguments: a negative width means left-aligned, a negative precision 0. */
void percent_set_width(PercentSpec *p, int64_t width);
void percent_set_precision(PercentSpec *p, int64_t precision);

/* d i u o x X: digits in base percent_int_base(type), lower case, without sign; e E f F g G; s r a (text is
 * UTF-8) and c. */
int percent_int_base(uint32_t type);        /* 0 if the conversion is none of integers */
void percent_int(Buf *b, const PercentSpec *p, const char *digits, size_t len, bool neg);
void percent_float(Buf *b, const PercentSpec *p, double x);
void percent_str(Buf *b, const PercentSpec *p, const char *text, size_t len);
void percent_char(Buf *b, const PercentSpec *p, uint32_t cp);
/* The same for bytes % …: width and precision count bytes. */
void percent_bytes(Buf *b, const PercentSpec *p, const char *data, size_t len);

#endif
