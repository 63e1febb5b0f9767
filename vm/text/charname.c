/* SPDX-License-Identifier: MIT
 * Names of characters. Hangul syllables and CJK unified ideographs are computed, the others unpacked. */
#include "vm/text/charname.h"

#include "vm/text/charname_data.h"

#include <stdio.h>

/* ---- Hangul syllables ---- */

enum { HANGUL_FIRST = 0xAC00, HANGUL_LEADS = 19, HANGUL_VOWELS = 21, HANGUL_TRAILS = 28 };

static const char hangul_prefix[] = "HANGUL SYLLABLE ";
static const char hangul_leads[HANGUL_LEADS][3] = {
    "G", "GG", "N", "D", "DD", "R", "M", "B", "BB", "S", "SS", "", "J", "JJ", "C", "K", "T", "P", "H",
};
static const char hangul_vowels[HANGUL_VOWELS][4] = {
    "A", "AE", "YA", "YAE", "EO", "E", "YEO", "YE", "O", "WA", "WAE", "OE", "YO", "U", "WEO", "WE", "WI",
    "YU", "EU", "YI", "I",
};
static const char hangul_trails[HANGUL_TRAILS][3] = {
    "", "G", "GG", "GS", "N", "NJ", "NH", "D", "L", "LG", "LM", "LB", "LS", "LT", "LP", "LH", "M", "B", "BS",
    "S", "SS", "NG", "J", "C", "K", "T", "P", "H",
};

static size_t hangul_name(uint32_t c, char *out)
{
    uint32_t s = c - HANGUL_FIRST, lead = s / (HANGUL_VOWELS * HANGUL_TRAILS);
    return (size_t)snprintf(out, CHARNAME_MAX, "%s%s%s%s", hangul_prefix, hangul_leads[lead],
                            hangul_vowels[s / HANGUL_TRAILS % HANGUL_VOWELS],
                            hangul_trails[s % HANGUL_TRAILS]);
}

/* Index of the longest of the `count` strings of `size` bytes that s starts with; -1: none. */
static int longest_prefix(const char *s, size_t n, const char *strings, size_t size, int count)
{
    int best = -1;
    size_t best_length = 0;
    for (int i = 0; i < count; i++) {
        size_t length = strlen(strings + (size_t)i * size);
        if (length <= n && memcmp(s, strings + (size_t)i * size, length) == 0
            && (best < 0 || length > best_length)) {
            best = i;
            best_length = length;
        }
    }
    return best;
}

static bool find_hangul(const char *s, size_t n, uint32_t *c)
{
    int lead = longest_prefix(s, n, hangul_leads[0], sizeof hangul_leads[0], HANGUL_LEADS);
    size_t at = strlen(hangul_leads[lead]);     /* one of them is empty: always found */
    int vowel = longest_prefix(s + at, n - at, hangul_vowels[0], sizeof hangul_vowels[0], HANGUL_VOWELS);
    if (vowel < 0)
        return false;
    at += strlen(hangul_vowels[vowel]);
    int trail = longest_prefix(s + at, n - at, hangul_trails[0], sizeof hangul_trails[0], HANGUL_TRAILS);
    at += strlen(hangul_trails[trail]);
    *c = HANGUL_FIRST + (uint32_t)((lead * HANGUL_VOWELS + vowel) * HANGUL_TRAILS + trail);
    return at == n;
}

/* ---- ideographs ---- */

static const char ideograph_prefix[] = "CJK UNIFIED IDEOGRAPH-";

static bool is_ideograph(uint32_t c)
{
    for (size_t i = 0; charname_ideographs[i][1]; i++)
        if (c >= charname_ideographs[i][0] && c <= charname_ideographs[i][1])
            return true;
    return false;
}

/* Four or five digits, upper case. */
static bool find_ideograph(const char *s, size_t n, uint32_t *c)
{
    uint32_t v = 0;
    if (n != 4 && n != 5)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (s[i] >= '0' && s[i] <= '9')
            v = v * 16 + (uint32_t)(s[i] - '0');
        else if (s[i] >= 'A' && s[i] <= 'F')
            v = v * 16 + (uint32_t)(s[i] - 'A' + 10);
        else
            return false;
    }
    *c = v;
    return is_ideograph(v);
}

/* ---- the table ---- */

/* Append what a symbol stands for to out at *n; true: the name has ended. What is too long is dropped. */
static bool unpack_symbol(unsigned symbol, char *out, size_t *n)
{
    uint16_t stack[CHARNAME_DEPTH];
    size_t depth = 0;
    for (;;) {
        const CharnameRule *rule = &charname_rules[symbol];
        if (rule->second != CHARNAME_CHARACTER && depth < CHARNAME_DEPTH) {
            stack[depth++] = rule->second;
            symbol = rule->first;
            continue;
        }
        if (rule->first == 0)
            return true;
        if (*n < CHARNAME_MAX)
            out[(*n)++] = (char)rule->first;
        if (depth == 0)
            return false;
        symbol = stack[--depth];
    }
}

/* The name of that number; its length. */
static size_t unpack(size_t number, char *out)
{
    const uint8_t *p = charname_stream + charname_blocks[number / CHARNAME_BLOCK];
    for (size_t skip = number % CHARNAME_BLOCK, n = 0;;) {
        unsigned symbol = *p++;
        if (symbol >= charname_short)
            symbol = (symbol - charname_short) * 256 + *p++ + charname_short;
        if (!unpack_symbol(symbol, out, &n))
            continue;
        if (skip-- == 0)
            return n;
        n = 0;
    }
}

size_t charname_of(uint32_t c, char *out)
{
    if (c - HANGUL_FIRST < HANGUL_LEADS * HANGUL_VOWELS * HANGUL_TRAILS)
        return hangul_name(c, out);
    if (is_ideograph(c))
        return (size_t)snprintf(out, CHARNAME_MAX, "%s%04X", ideograph_prefix, (unsigned)c);
    size_t low = 0, high = charname_run_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (charname_runs[middle].first <= c)
            low = middle;
        else
            high = middle;
    }
    if (low + 1 == charname_run_count || c < charname_runs[low].first)
        return 0;
    size_t number = charname_runs[low].name + (c - charname_runs[low].first);
    return number < charname_runs[low + 1].name ? unpack(number, out) : 0;
}

static uint32_t code_of(size_t number)
{
    size_t low = 0, high = charname_run_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (charname_runs[middle].name <= number)
            low = middle;
        else
            high = middle;
    }
    return charname_runs[low].first + (uint32_t)(number - charname_runs[low].name);
}

static bool starts_with(const char *s, size_t n, const char *prefix, size_t length)
{
    return n > length && memcmp(s, prefix, length) == 0;
}

size_t charname_find_sequence(const char *name, size_t n, uint32_t *out)
{
    char wanted[CHARNAME_MAX], found[CHARNAME_MAX];
    if (n == 0 || n > CHARNAME_MAX)
        return 0;
    if (starts_with(name, n, hangul_prefix, sizeof hangul_prefix - 1)) {
        size_t skip = sizeof hangul_prefix - 1;
        return find_hangul(name + skip, n - skip, out);
    }
    if (starts_with(name, n, ideograph_prefix, sizeof ideograph_prefix - 1)) {
        size_t skip = sizeof ideograph_prefix - 1;
        return find_ideograph(name + skip, n - skip, out);
    }
    for (size_t i = 0; i < n; i++)
        wanted[i] = name[i] >= 'a' && name[i] <= 'z' ? (char)(name[i] & ~0x20) : name[i];
    unsigned bucket = charname_hash(wanted, n);
    for (size_t i = charname_buckets[bucket]; i < charname_buckets[bucket + 1]; i++) {
        size_t number = charname_order[i];
        if (unpack(number, found) != n || memcmp(wanted, found, n) != 0)
            continue;
        uint32_t other = number < charname_plain_count ? code_of(number)
                                                       : charname_others[number - charname_plain_count];
        if (!(other & CHARNAME_SEQUENCE)) {
            *out = other;
            return 1;
        }
        size_t length = other & 7;
        memcpy(out, charname_sequences + ((other & ~(uint32_t)CHARNAME_SEQUENCE) >> 3), length * sizeof *out);
        return length;
    }
    return 0;
}

bool charname_find(const char *name, size_t n, uint32_t *c)
{
    uint32_t codes[CHARNAME_SEQUENCE_MAX];
    if (charname_find_sequence(name, n, codes) != 1)
        return false;
    *c = codes[0];
    return true;
}
