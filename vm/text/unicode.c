/* SPDX-License-Identifier: MIT
 * Questions to the Unicode tables. */
#include "vm/text/unicode.h"

int unicode_decimal(uint32_t c)
{
    const UnicodeRecord *r = unicode_record(c);
    return r->flags & UNICODE_DECIMAL ? r->digit : -1;
}

int unicode_digit(uint32_t c)
{
    const UnicodeRecord *r = unicode_record(c);
    return r->flags & UNICODE_DIGIT ? r->digit : -1;
}

bool unicode_numeric(uint32_t c, double *value)
{
    const UnicodeRecord *r = unicode_record(c);
    if (!(r->flags & UNICODE_NUMERIC))
        return false;
    if (r->flags & UNICODE_DIGIT) {
        *value = r->digit;
        return true;
    }
    size_t low = 0, high = unicode_numeric_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (unicode_numerics[middle] >> 8 <= c)
            low = middle;
        else
            high = middle;
    }
    *value = unicode_numeric_values[unicode_numerics[low] & 0xFF];
    return true;
}

uint32_t unicode_to_lower(uint32_t c) { return c + (uint32_t)unicode_record(c)->lower; }
uint32_t unicode_to_upper(uint32_t c) { return c + (uint32_t)unicode_record(c)->upper; }
uint32_t unicode_to_title(uint32_t c) { return c + (uint32_t)unicode_record(c)->title; }

/* The which-th list (0 lower, 1 upper, 2 title, 3 fold) of a special case. */
static size_t special_case(uint32_t special, int which, uint32_t *out)
{
    const uint32_t *p = &unicode_special[special];
    uint32_t lengths = *p++;
    for (; which > 0; which--, lengths >>= 4)
        p += lengths & 15;
    size_t n = lengths & 15;
    memcpy(out, p, n * sizeof *p);
    return n;
}

size_t unicode_lower_full(uint32_t c, uint32_t *out)
{
    const UnicodeRecord *r = unicode_record(c);
    if (r->special)
        return special_case(r->special, 0, out);
    *out = c + (uint32_t)r->lower;
    return 1;
}

size_t unicode_upper_full(uint32_t c, uint32_t *out)
{
    const UnicodeRecord *r = unicode_record(c);
    if (r->special)
        return special_case(r->special, 1, out);
    *out = c + (uint32_t)r->upper;
    return 1;
}

size_t unicode_title_full(uint32_t c, uint32_t *out)
{
    const UnicodeRecord *r = unicode_record(c);
    if (r->special)
        return special_case(r->special, 2, out);
    *out = c + (uint32_t)r->title;
    return 1;
}

size_t unicode_fold_full(uint32_t c, uint32_t *out)
{
    const UnicodeRecord *r = unicode_record(c);
    if (r->special)
        return special_case(r->special, 3, out);
    *out = c + (uint32_t)r->lower;
    return 1;
}

const char *unicode_category(uint32_t c) { return unicode_category_names[unicode_record(c)->category]; }
const char *unicode_bidirectional(uint32_t c) { return unicode_bidi_names[unicode_extra(c)->bidirectional]; }
const char *unicode_east_asian_width(uint32_t c) { return unicode_width_names[unicode_extra(c)->width]; }
unsigned unicode_combining(uint32_t c) { return unicode_extra(c)->combining; }
bool unicode_mirrored(uint32_t c) { return unicode_extra(c)->mirrored; }

int unicode_width(uint32_t c)
{
    if (c >= ' ' && c < 0x7F)
        return 1;
    const char *category = unicode_category(c);
    bool mark = category[0] == 'M' && category[1] != 'c';
    bool control = category[0] == 'C' && (category[1] == 'c' || category[1] == 'f') && c != 0xAD;
    bool jamo = (c >= 0x1160 && c <= 0x11FF) || (c >= 0xD7B0 && c <= 0xD7FF);  /* drawn into the syllable */
    if (mark || control || jamo)
        return 0;
    const char *width = unicode_east_asian_width(c);
    return width[0] == 'W' || width[0] == 'F' ? 2 : 1;
}
