/* SPDX-License-Identifier: MIT
 * What str and bytes methods have in common: classes of whole strings, stripping, words, lines, tabs.
 * Functions named bytes_ see bytes and ASCII rules only, those named text_ see code points. */
#ifndef VM_TEXT_STROPS_H
#define VM_TEXT_STROPS_H

#include "vm/buf.h"

typedef enum TextClass {
    TEXT_ALNUM, TEXT_ALPHA, TEXT_ASCII, TEXT_DECIMAL, TEXT_DIGIT, TEXT_IDENTIFIER, TEXT_LOWER, TEXT_NUMERIC,
    TEXT_PRINTABLE, TEXT_SPACE, TEXT_TITLE, TEXT_UPPER,
} TextClass;

/* str.isalnum() and its like. bytes know ALNUM, ALPHA, ASCII, DIGIT, LOWER, SPACE, TITLE and UPPER. */
bool text_is(TextClass what, const char *s, size_t n);
bool bytes_is(TextClass what, const char *s, size_t n);

static inline bool bytes_is_space(char b) { return b == ' ' || (b >= '\t' && b <= '\r'); }

/* A part of a text or of bytes: [start, end). */
typedef struct TextSpan {
    size_t start, end;
} TextSpan;

enum { TEXT_STRIP_LEFT = 1, TEXT_STRIP_RIGHT = 2, TEXT_STRIP_BOTH = 3 };

/* What strip() leaves: of white space, or of the characters (bytes) of a set. */
TextSpan text_strip(const char *s, size_t n, int sides);
TextSpan bytes_strip(const char *s, size_t n, int sides);
TextSpan text_strip_set(const char *s, size_t n, const char *set, size_t set_len, int sides);
TextSpan bytes_strip_set(const char *s, size_t n, const char *set, size_t set_len, int sides);

/* Words between white space, for split(): from *pos (0 at first) to the right; false: none left. When a
 * limit is reached, the rest is what text_strip(..., TEXT_STRIP_LEFT) leaves of [*pos, n). */
bool text_next_word(const char *s, size_t n, size_t *pos, TextSpan *word);
bool bytes_next_word(const char *s, size_t n, size_t *pos, TextSpan *word);

/* The same from the right, for rsplit(): *pos is n at first, and goes down. */
bool text_prev_word(const char *s, size_t *pos, TextSpan *word);
bool bytes_prev_word(const char *s, size_t *pos, TextSpan *word);

/* Lines, for splitlines(): *line without its end, *pos behind that end. False: none left. Texts break at
 * \v, \f, \x1c-\x1e, \x85, U+2028 and U+2029 also, bytes at \n, \r and \r\n only. */
bool text_next_line(const char *s, size_t n, size_t *pos, TextSpan *line);
bool bytes_next_line(const char *s, size_t n, size_t *pos, TextSpan *line);

/* expandtabs(); tab_size <= 0 drops tabs. */
void text_expand_tabs(Buf *out, const char *s, size_t n, int tab_size);
void bytes_expand_tabs(Buf *out, const char *s, size_t n, int tab_size);

#endif
