/* SPDX-License-Identifier: MIT
 * Names of encodings and of error handlers. */
#include "vm/text/codec.h"
#include "vm/text/charmap.h"

typedef struct CodecAlias {
    const char *name;       /* lower case, each run of other characters one underscore */
    CodecId id;
} CodecAlias;

static const CodecAlias aliases[] = {
    { "utf_8", CODEC_UTF8 }, { "utf8", CODEC_UTF8 }, { "u8", CODEC_UTF8 }, { "utf", CODEC_UTF8 },
    { "utf8_ucs2", CODEC_UTF8 }, { "utf8_ucs4", CODEC_UTF8 }, { "cp65001", CODEC_UTF8 },
    { "utf_8_sig", CODEC_UTF8_SIG },
    { "ascii", CODEC_ASCII }, { "us_ascii", CODEC_ASCII }, { "646", CODEC_ASCII }, { "us", CODEC_ASCII },
    { "ansi_x3.4_1968", CODEC_ASCII }, { "ansi_x3_4_1968", CODEC_ASCII }, { "ansi_x3.4_1986", CODEC_ASCII },
    { "cp367", CODEC_ASCII }, { "csascii", CODEC_ASCII }, { "ibm367", CODEC_ASCII },
    { "iso646_us", CODEC_ASCII }, { "iso_646.irv_1991", CODEC_ASCII }, { "iso_ir_6", CODEC_ASCII },
    { "latin_1", CODEC_LATIN1 }, { "latin1", CODEC_LATIN1 }, { "latin", CODEC_LATIN1 },
    { "l1", CODEC_LATIN1 },
    { "iso_8859_1", CODEC_LATIN1 }, { "iso8859_1", CODEC_LATIN1 }, { "iso8859", CODEC_LATIN1 },
    { "8859", CODEC_LATIN1 }, { "cp819", CODEC_LATIN1 }, { "csisolatin1", CODEC_LATIN1 },
    { "ibm819", CODEC_LATIN1 }, { "iso_8859_1_1987", CODEC_LATIN1 }, { "iso_ir_100", CODEC_LATIN1 },
    { "utf_16", CODEC_UTF16 }, { "utf16", CODEC_UTF16 }, { "u16", CODEC_UTF16 },
    { "utf_16_le", CODEC_UTF16_LE }, { "utf_16le", CODEC_UTF16_LE },
    { "unicodelittleunmarked", CODEC_UTF16_LE },
    { "utf_16_be", CODEC_UTF16_BE }, { "utf_16be", CODEC_UTF16_BE }, { "unicodebigunmarked", CODEC_UTF16_BE },
    { "utf_32", CODEC_UTF32 }, { "utf32", CODEC_UTF32 }, { "u32", CODEC_UTF32 },
    { "utf_32_le", CODEC_UTF32_LE }, { "utf_32le", CODEC_UTF32_LE },
    { "utf_32_be", CODEC_UTF32_BE }, { "utf_32be", CODEC_UTF32_BE },
    { "unicode_escape", CODEC_UNICODE_ESCAPE }, { "raw_unicode_escape", CODEC_RAW_UNICODE_ESCAPE },
};

static bool is_name_char(char b)
{
    return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9') || b == '.';
}

static bool is_among(const char *names, const char *text, size_t len)
{
    for (const char *p = names; len && (p = strstr(p, text)); p++)
        if ((p == names || p[-1] == ' ') && (p[len] == ' ' || !p[len]))
            return true;
    return false;
}

bool codec_find(const char *name, size_t n, CodecId *id)
{
    char text[32];
    size_t len = 0;
    bool gap = false;
    for (size_t i = 0; i < n; i++) {
        if (!is_name_char(name[i])) {
            gap = len > 0;
            continue;
        }
        if (len + 2 >= sizeof text)
            return false;
        if (gap)
            text[len++] = '_';
        gap = false;
        text[len++] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] | 0x20) : name[i];
    }
    text[len] = 0;
    for (size_t i = 0; i < COUNT_OF(aliases); i++)
        if (strcmp(text, aliases[i].name) == 0) {
            *id = aliases[i].id;
            return true;
        }
    for (unsigned i = 0; i < charmap_count; i++)
        if (is_among(charmaps[i].names, text, len)) {
            *id = (CodecId)(CODEC_CHARMAP + i);
            return true;
        }
    return false;
}

bool codec_find_errors(const char *name, size_t n, CodecErrors *errors)
{
    static const char *const names[] = {
        [CODEC_STRICT] = "strict", [CODEC_IGNORE] = "ignore", [CODEC_REPLACE] = "replace",
        [CODEC_BACKSLASHREPLACE] = "backslashreplace", [CODEC_SURROGATEESCAPE] = "surrogateescape",
        [CODEC_SURROGATEPASS] = "surrogatepass", [CODEC_XMLCHARREFREPLACE] = "xmlcharrefreplace",
        [CODEC_NAMEREPLACE] = "namereplace",
    };
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (strlen(names[i]) == n && memcmp(names[i], name, n) == 0) {
            *errors = (CodecErrors)i;
            return true;
        }
    return false;
}

const char *codec_name(CodecId id)
{
    static const char *const names[] = {
        [CODEC_UTF8] = "utf-8", [CODEC_UTF8_SIG] = "utf-8", [CODEC_ASCII] = "ascii",
        [CODEC_LATIN1] = "latin-1",
        [CODEC_UNICODE_ESCAPE] = "unicodeescape", [CODEC_RAW_UNICODE_ESCAPE] = "rawunicodeescape",
        [CODEC_UTF16] = "utf-16", [CODEC_UTF16_LE] = "utf-16-le", [CODEC_UTF16_BE] = "utf-16-be",
        [CODEC_UTF32] = "utf-32", [CODEC_UTF32_LE] = "utf-32-le", [CODEC_UTF32_BE] = "utf-32-be",
    };
    return codec_is_charmap(id) ? "charmap" : names[id];
}
