/* SPDX-License-Identifier: MIT
 * Names of characters. Hangul syllables and CJK unified ideographs are computed, the others unpacked. */
#include "vm/text/charname.h"

#include <stdio.h>

#include "vm/buf.h"
#include "vm/text/charname_data.h"
#include "vm/vm.h"

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

/* What symbols stand for: starts[symbol] .. starts[symbol + 1] of text. */
typedef struct Expanded {
    uint32_t starts[CHARNAME_CHARACTER + 1];
    Buf text;
} Expanded;

/* The names one after the other. */
typedef struct Walk {
    const Expanded *expanded;   /* NULL: to be expanded each time */
    uint32_t bit;               /* in the stream */
    uint32_t number;            /* of the next name */
    size_t len;
    char name[CHARNAME_MAX];
    size_t digits;              /* at the end of the name before, */
    unsigned value;             /* and their value */
} Walk;

static Walk walk_from_block(size_t block)
{
    return (Walk){ .bit = charname_blocks[block], .number = (uint32_t)block * CHARNAME_BLOCK };
}

/* 32 bits from there on, of which 25 are there for certain. */
static uint32_t bits_at(const uint8_t *stream, uint32_t bit)
{
    const uint8_t *p = stream + (bit >> 3);
    return ((uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]) << (bit & 7);
}

static unsigned next_symbol(Walk *w)
{
    uint32_t bits = bits_at(charname_stream, w->bit);
    unsigned n = 1;
    while (n < CHARNAME_CODE_MAX && bits >= charname_codes[n - 1].end)
        n++;
    w->bit += n;
    return (unsigned)((int)(bits >> (32 - n)) + charname_codes[n - 1].symbol);
}

/* The name before without its last word, and without so many more. */
static size_t without_words(const char *name, size_t n, unsigned count)
{
    for (; n; n--)
        if ((name[n - 1] == ' ' || name[n - 1] == '-') && count-- == 0)
            break;
    return n;
}

static void put_digits(Walk *w, unsigned value, unsigned base, size_t count)
{
    w->len += count;
    for (size_t i = 1; i <= count; i++, value /= base)
        w->name[w->len - i] = "0123456789ABCDEF"[value % base];
}

/* True: the name has ended. */
static bool put_char(Walk *w, unsigned c)
{
    if (LIKELY(c > CHARNAME_NEXT))
        w->name[w->len++] = (char)c;
    else if (c == 0)
        return true;
    else if (c == CHARNAME_CODE)
        put_digits(w, code_of(w->number), 16, code_of(w->number) > 0xFFFF ? 5 : 4);
    else if (c == CHARNAME_NEXT)
        put_digits(w, w->value + 1, 10, w->digits);
    else
        w->len = without_words(w->name, w->len, c - CHARNAME_WORDS);
    return false;
}

/* The characters of a symbol; how many. */
static size_t expand(unsigned symbol, char *out)
{
    uint16_t stack[CHARNAME_DEPTH];
    size_t depth = 0, n = 0;
    for (;;) {
        uint32_t at = symbol * 2 * CHARNAME_RULE_BITS;
        unsigned first = bits_at(charname_rules, at) >> (32 - CHARNAME_RULE_BITS);
        unsigned second = bits_at(charname_rules, at + CHARNAME_RULE_BITS) >> (32 - CHARNAME_RULE_BITS);
        if (second != CHARNAME_CHARACTER) {
            stack[depth++] = (uint16_t)second;
            symbol = first;
            continue;
        }
        out[n++] = (char)first;
        if (depth == 0)
            return n;
        symbol = stack[--depth];
    }
}

/* True: the name has ended. */
static bool put_symbol(Walk *w, unsigned symbol)
{
    char made[CHARNAME_MAX + 4];
    const Expanded *x = w->expanded;
    const char *p = x ? x->text.data + x->starts[symbol] : made;
    const char *end = x ? x->text.data + x->starts[symbol + 1] : made + expand(symbol, made);
    while (p < end)
        if (put_char(w, (unsigned char)*p++))
            return true;
    return false;
}

static void walk(Walk *w)
{
    unsigned unit = 1;
    w->value = 0;
    for (w->digits = 0; w->digits < w->len && w->digits < 8; w->digits++, unit *= 10) {
        char c = w->name[w->len - 1 - w->digits];
        if (c < '0' || c > '9')
            break;
        w->value += (unsigned)(c - '0') * unit;
    }
    if (w->number % CHARNAME_BLOCK == 0)
        w->len = 0;
    while (!put_symbol(w, next_symbol(w))) {}
    w->number++;
}

/* The name of that number; its length. */
static size_t unpack(size_t number, char *out)
{
    Walk w = walk_from_block(number / CHARNAME_BLOCK);
    while (w.number <= number)
        walk(&w);
    memcpy(out, w.name, w.len);
    return w.len;
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

static bool starts_with(const char *s, size_t n, const char *prefix, size_t length)
{
    return n > length && memcmp(s, prefix, length) == 0;
}

/* ---- from names to characters ---- */

static unsigned name_hash(const char *name, size_t n)
{
    uint64_t h = n, word;
    for (; n >= 8; n -= 8, name += 8) {
        memcpy(&word, name, 8);
        h = (h ^ word) * 0x9E3779B97F4A7C15u;
        h ^= h >> 29;
    }
    word = 0;
    memcpy(&word, name, n);
    h = (h ^ word) * 0x9E3779B97F4A7C15u;
    return (unsigned)(h >> 32) % CHARNAME_BUCKETS;
}

/* Made when a name is first looked for: 85 KB that the binary need not have. */
struct CharnameIndex {
    uint16_t starts[CHARNAME_BUCKETS + 1];  /* names of bucket b: order[starts[b]] .. order[starts[b + 1]] */
    uint16_t order[];
};

static size_t index_size(void) { return sizeof(CharnameIndex) + charname_count * 2 * sizeof(uint16_t); }

static void fill(CharnameIndex *x, const Expanded *expanded)
{
    uint16_t *hashes = x->order + charname_count;
    memset(x->starts, 0, sizeof x->starts);
    Walk w = walk_from_block(0);
    for (w.expanded = expanded; w.number < charname_count;) {
        walk(&w);
        unsigned h = name_hash(w.name, w.len);
        hashes[w.number - 1] = (uint16_t)h;
        x->starts[h]++;
    }
    for (size_t b = 1; b <= CHARNAME_BUCKETS; b++)
        x->starts[b] = (uint16_t)(x->starts[b] + x->starts[b - 1]);
    for (size_t i = charname_count; i--;)
        x->order[--x->starts[hashes[i]]] = (uint16_t)i;
}

static bool expand_all(Expanded *x, const Alloc *alloc)
{
    char text[CHARNAME_MAX + 4];
    buf_init(&x->text, alloc);
    for (size_t i = 0; i < charname_symbol_count; i++) {
        x->starts[i] = (uint32_t)x->text.len;
        buf_put(&x->text, text, expand((unsigned)i, text));
    }
    x->starts[charname_symbol_count] = (uint32_t)x->text.len;
    return !x->text.failed;
}

static CharnameIndex *index_of(Vm *vm)
{
    if (!vm || vm->charnames)
        return vm ? vm->charnames : NULL;
    Expanded *expanded = mem_alloc(&vm->alloc, sizeof *expanded);
    CharnameIndex *x = expanded ? mem_alloc(&vm->alloc, index_size()) : NULL;
    if (x) {
        fill(x, expand_all(expanded, &vm->alloc) ? expanded : NULL);
        buf_free(&expanded->text);
    }
    mem_free(&vm->alloc, expanded, sizeof *expanded);
    return vm->charnames = x;
}

void charname_release(Vm *vm)
{
    if (vm->charnames)
        mem_free(&vm->alloc, vm->charnames, index_size());
}

static size_t walk_to(const char *name, size_t n)
{
    for (Walk w = walk_from_block(0); w.number < charname_count;) {
        walk(&w);
        if (w.len == n && memcmp(w.name, name, n) == 0)
            return w.number - 1;
    }
    return charname_count;
}

/* The number of the name; charname_count: there is none. */
static size_t number_of(Vm *vm, const char *name, size_t n)
{
    char found[CHARNAME_MAX];
    const CharnameIndex *x = index_of(vm);
    unsigned bucket = name_hash(name, n);
    if (!x)
        return walk_to(name, n);
    for (size_t i = x->starts[bucket]; i < x->starts[bucket + 1]; i++)
        if (unpack(x->order[i], found) == n && memcmp(name, found, n) == 0)
            return x->order[i];
    return charname_count;
}

size_t charname_find_sequence(Vm *vm, const char *name, size_t n, uint32_t *out)
{
    char wanted[CHARNAME_MAX];
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
    size_t number = number_of(vm, wanted, n);
    if (number == charname_count)
        return 0;
    uint32_t other = number < charname_plain_count ? code_of(number) : charname_others[number - charname_plain_count];
    if (!(other & CHARNAME_SEQUENCE)) {
        *out = other;
        return 1;
    }
    size_t length = other & 7;
    memcpy(out, charname_sequences + ((other & ~(uint32_t)CHARNAME_SEQUENCE) >> 3), length * sizeof *out);
    return length;
}

bool charname_find(Vm *vm, const char *name, size_t n, uint32_t *c)
{
    uint32_t codes[CHARNAME_SEQUENCE_MAX];
    if (charname_find_sequence(vm, name, n, codes) != 1)
        return false;
    *c = codes[0];
    return true;
}
