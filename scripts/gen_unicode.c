/* SPDX-License-Identifier: MIT
 * Makes the tables of vm/text/unicode_data.h from the Unicode Character Database.
 *
 *     gen_unicode /usr/share/unicode build/gen      writes build/gen/unicode_tables.c
 *
 * Debian 12 has Unicode 15.0, CPython 3.13 has 15.1. What 15.1 added is so little that it stands here, in
 * add_15_1(), and is applied to 15.0 alone. With it every property agrees with CPython 3.13's. */
#include <stdio.h>
#include <stdlib.h>

#include "vm/text/unicode_data.h"

enum { CHARS = 0x110000, MAX_CASE = 3, MAX_DECOMP = 18 };
enum { LOWER, UPPER, TITLE, FOLD, CASES };
enum { NFC, NFD, NFKC, NFKD };

typedef struct CodeList {
    uint32_t items[MAX_DECOMP];
    int count;
} CodeList;

typedef struct Char {
    UnicodeRecord record;
    UnicodeExtra extra;
    CodeList *full[CASES];  /* from SpecialCasing.txt and CaseFolding.txt; NULL: simple mapping */
    CodeList *decomp;       /* NULL: none */
    uint8_t decomp_tag;
    bool excluded;          /* never the result of a composition */
    double numeric;
} Char;

static Char *chars;
static const char *data_dir;

NORETURN static void die(const char *what, const char *detail)
{
    fprintf(stderr, "gen_unicode: %s: %s\n", what, detail);
    exit(1);
}

/* ---- reading ---- */

static const char *const categories[] = {
    "Cn", "Cc", "Cf", "Co", "Cs", "Ll", "Lm", "Lo", "Lt", "Lu", "Mc", "Me", "Mn", "Nd", "Nl", "No",
    "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "Sc", "Sk", "Sm", "So", "Zl", "Zp", "Zs",
};
static const char *const bidis[] = {
    "", "L", "R", "AL", "AN", "B", "BN", "CS", "EN", "ES", "ET", "FSI", "LRE", "LRI", "LRO", "NSM", "ON",
    "PDF", "PDI", "RLE", "RLI", "RLO", "S", "WS",
};
static const char *const widths[] = { "N", "A", "F", "H", "Na", "W" };
static const char *const tags[] = {
    "", "<circle>", "<compat>", "<final>", "<font>", "<fraction>", "<initial>", "<isolated>", "<medial>",
    "<narrow>", "<noBreak>", "<small>", "<square>", "<sub>", "<super>", "<vertical>", "<wide>",
};

static uint8_t find_name(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return (uint8_t)i;
    die("unknown value", name);
}
#define FIND_NAME(names, name) find_name(names, COUNT_OF(names), name)

enum { MAX_FIELDS = 16 };

typedef struct Row {
    uint32_t first, last;   /* field 0 as a range of code points */
    char *fields[MAX_FIELDS];
    int count;
} Row;

static char *trim(char *s)
{
    while (*s == ' ' || *s == '\t')
        s++;
    size_t n = strlen(s);
    while (n && (s[n - 1] == ' ' || s[n - 1] == '\t' || s[n - 1] == '\n' || s[n - 1] == '\r'))
        s[--n] = 0;
    return s;
}

static FILE *open_data(const char *name)
{
    char path[1000];
    snprintf(path, sizeof path, "%s/%s", data_dir, name);
    FILE *f = fopen(path, "r");
    if (!f)
        die("cannot read", path);
    return f;
}

static bool parse_row(char *line, Row *row)
{
    line[strcspn(line, "#")] = 0;
    memset(row, 0, sizeof *row);
    char *p = line;
    while (p && row->count < MAX_FIELDS) {
        char *next = strchr(p, ';');
        if (next)
            *next++ = 0;
        row->fields[row->count++] = trim(p);
        p = next;
    }
    if (!row->fields[0][0])
        return false;
    char *end;
    row->first = row->last = (uint32_t)strtoul(row->fields[0], &end, 16);
    if (strncmp(end, "..", 2) == 0)
        row->last = (uint32_t)strtoul(end + 2, NULL, 16);
    if (row->last >= CHARS || row->first > row->last)
        die("bad range", row->fields[0]);
    return true;
}

/* Calls fn for each data line of a file; lines have at least `fields` fields. */
static void read_rows(const char *name, int fields, void (*fn)(const Row *))
{
    FILE *f = open_data(name);
    char line[1000];
    Row row;
    while (fgets(line, sizeof line, f)) {
        if (!parse_row(line, &row))
            continue;
        if (row.count < fields)
            die("short line in", name);
        fn(&row);
    }
    fclose(f);
}

/* Code points in hexadecimal; never freed. NULL: there are none. */
static CodeList *parse_codes(const char *s)
{
    CodeList list = { .count = 0 };
    char *end;
    for (unsigned long c; c = strtoul(s, &end, 16), end != s; s = end) {
        if (list.count == MAX_DECOMP || c >= CHARS)
            die("bad list of code points", s);
        list.items[list.count++] = (uint32_t)c;
    }
    if (!list.count)
        return NULL;
    CodeList *copy = malloc(sizeof *copy);
    if (!copy)
        die("out of memory", "");
    *copy = list;
    return copy;
}

/* ---- the files ---- */

static void set_category(Char *c, const char *name)
{
    c->record.category = FIND_NAME(categories, name);
    unsigned flags = 0;
    if (name[0] == 'L')
        flags |= UNICODE_ALPHA;
    if (strcmp(name, "Lt") == 0)
        flags |= UNICODE_TITLE;
    if (strcmp(name, "Zs") == 0)
        flags |= UNICODE_SPACE;
    if (name[0] != 'C' && name[0] != 'Z')
        flags |= UNICODE_PRINTABLE;
    c->record.flags |= (uint16_t)flags;
}

static void set_bidi(Char *c, const char *name)
{
    c->extra.bidirectional = FIND_NAME(bidis, name);
    if (strcmp(name, "WS") == 0 || strcmp(name, "B") == 0 || strcmp(name, "S") == 0)
        c->record.flags |= UNICODE_SPACE;
    if (strcmp(name, "B") == 0)
        c->record.flags |= UNICODE_LINEBREAK;
}

static void set_decomposition(Char *c, char *text)
{
    if (*text == '<') {
        char *end = strchr(text, '>') + 1;
        *end++ = 0;
        c->decomp_tag = FIND_NAME(tags, text);
        text = end;
    }
    c->decomp = parse_codes(text);
}

static int32_t distance(uint32_t code, const char *mapped)
{
    return *mapped ? (int32_t)strtoul(mapped, NULL, 16) - (int32_t)code : 0;
}

static void set_from_unicode_data(uint32_t code, const Row *row)
{
    Char *c = &chars[code];
    char *const *f = row->fields;
    set_category(c, f[2]);
    c->extra.combining = (uint8_t)atoi(f[3]);
    set_bidi(c, f[4]);
    if (*f[6])
        c->record.flags |= UNICODE_DECIMAL;
    if (*f[7]) {
        c->record.flags |= UNICODE_DIGIT;
        c->record.digit = (uint8_t)atoi(f[7]);
    }
    c->extra.mirrored = f[9][0] == 'Y';
    c->record.upper = distance(code, f[12]);
    c->record.lower = distance(code, f[13]);
    c->record.title = *f[14] ? distance(code, f[14]) : c->record.upper;
}

/* A range is two lines here: "<CJK Ideograph, First>" and "..., Last>". */
static void on_unicode_data(const Row *row)
{
    static uint32_t range_start;
    const char *name = row->fields[1];
    size_t n = strlen(name);
    if (n > 8 && strcmp(name + n - 8, ", First>") == 0) {
        range_start = row->first;
        return;
    }
    uint32_t first = n > 7 && strcmp(name + n - 7, ", Last>") == 0 ? range_start : row->first;
    for (uint32_t code = first; code <= row->first; code++)
        set_from_unicode_data(code, row);
    set_decomposition(&chars[row->first], row->fields[5]);
}

static void on_core_property(const Row *row)
{
    static const struct {
        const char *name;
        unsigned flag;
    } properties[] = {
        { "Lowercase", UNICODE_LOWER }, { "Uppercase", UNICODE_UPPER }, { "XID_Start", UNICODE_XID_START },
        { "XID_Continue", UNICODE_XID_CONTINUE }, { "Cased", UNICODE_CASED },
        { "Case_Ignorable", UNICODE_CASE_IGNORABLE },
    };
    for (size_t i = 0; i < COUNT_OF(properties); i++)
        if (strcmp(row->fields[1], properties[i].name) == 0)
            for (uint32_t c = row->first; c <= row->last; c++)
                chars[c].record.flags |= (uint16_t)properties[i].flag;
}

static void on_width(const Row *row)
{
    for (uint32_t c = row->first; c <= row->last; c++)
        chars[c].extra.width = FIND_NAME(widths, row->fields[1]);
}

/* The fraction in field 3 is exact, the decimal number in field 1 is rounded. */
static void on_numeric(const Row *row)
{
    char *end;
    double value = strtod(row->fields[3], &end);
    if (*end == '/')
        value /= strtod(end + 1, NULL);
    for (uint32_t c = row->first; c <= row->last; c++) {
        chars[c].record.flags |= UNICODE_NUMERIC;
        chars[c].numeric = value;
    }
}

/* Lines with a condition (field 4) are for languages, except final sigma, which is code. */
static void on_special_casing(const Row *row)
{
    if (row->count > 4 && row->fields[4][0])
        return;
    Char *c = &chars[row->first];
    c->full[LOWER] = parse_codes(row->fields[1]);
    c->full[TITLE] = parse_codes(row->fields[2]);
    c->full[UPPER] = parse_codes(row->fields[3]);
}

static void on_case_folding(const Row *row)
{
    if (row->fields[1][0] == 'C' || row->fields[1][0] == 'F')
        chars[row->first].full[FOLD] = parse_codes(row->fields[2]);
}

static void on_normalization(const Row *row)
{
    static const char *const checks[] = { "NFC_QC", "NFD_QC", "NFKC_QC", "NFKD_QC" };
    for (uint32_t c = row->first; c <= row->last; c++) {
        if (strcmp(row->fields[1], "Full_Composition_Exclusion") == 0)
            chars[c].excluded = true;
        for (unsigned form = NFC; form <= NFKD; form++)
            if (strcmp(row->fields[1], checks[form]) == 0)
                chars[c].extra.unstable |= (uint8_t)(1u << form);
    }
}

/* Unicode 15.1 has 627 more characters, four more in XID_Continue, and other values of some CJK numbers. */
static void add_15_1(void)
{
    static const struct {
        uint32_t first, last;
        const char *category, *bidi;
    } added[] = {
        { 0x2EBF0, 0x2EE5D, "Lo", "L" }, { 0x2FFC, 0x2FFF, "So", "ON" }, { 0x31EF, 0x31EF, "So", "ON" },
    };
    static const uint32_t xid_continue[] = { 0x200C, 0x200D, 0x30FB, 0xFF65 };
    static const struct {
        uint32_t code;
        double value;
    } numbers[] = {
        { 0x4E24, 2 }, { 0x4EAC, 1e16 }, { 0x4FE9, 2 }, { 0x5006, 2 }, { 0x5146, 1e6 }, { 0x62D0, 7 },
        { 0x6D1E, 0 }, { 0x7695, 200 }, { 0x79ED, 1e9 }, { 0x920E, 9 }, { 0x94A9, 9 },
    };
    for (size_t i = 0; i < COUNT_OF(added); i++)
        for (uint32_t c = added[i].first; c <= added[i].last; c++) {
            set_category(&chars[c], added[i].category);
            set_bidi(&chars[c], added[i].bidi);
            chars[c].extra.width = FIND_NAME(widths, "W");
            if (chars[c].record.flags & UNICODE_ALPHA)
                chars[c].record.flags |= UNICODE_XID_START | UNICODE_XID_CONTINUE;
        }
    for (size_t i = 0; i < COUNT_OF(xid_continue); i++)
        chars[xid_continue[i]].record.flags |= UNICODE_XID_CONTINUE;
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        chars[numbers[i].code].record.flags |= UNICODE_NUMERIC;
        chars[numbers[i].code].numeric = numbers[i].value;
    }
}

static bool data_is_15_0(void)
{
    FILE *f = open_data("DerivedCoreProperties.txt");
    char line[200];
    bool is = fgets(line, sizeof line, f) && strstr(line, "-15.0.0.txt");
    fclose(f);
    return is;
}

static void read_all(void)
{
    for (uint32_t c = 0; c < CHARS; c++)
        chars[c].numeric = -1;
    read_rows("UnicodeData.txt", 15, on_unicode_data);
    read_rows("DerivedCoreProperties.txt", 2, on_core_property);
    read_rows("EastAsianWidth.txt", 2, on_width);
    read_rows("extracted/DerivedNumericValues.txt", 4, on_numeric);
    read_rows("SpecialCasing.txt", 4, on_special_casing);
    read_rows("CaseFolding.txt", 3, on_case_folding);
    read_rows("DerivedNormalizationProps.txt", 2, on_normalization);
    if (data_is_15_0())
        add_15_1();
    /* Mandatory breaks that are no paragraph separators; space is the one separator that is printable. */
    chars['\v'].record.flags |= UNICODE_LINEBREAK;
    chars['\f'].record.flags |= UNICODE_LINEBREAK;
    chars[0x2028].record.flags |= UNICODE_LINEBREAK;
    chars[' '].record.flags |= UNICODE_PRINTABLE;
}

/* ---- writing ---- */

static FILE *out;
static int column;

static void begin_table(const char *declaration)
{
    fprintf(out, "\nconst %s = {", declaration);
    column = 0;
}

static void put_number(long long n)
{
    fprintf(out, column++ % 20 ? " %lld," : "\n%lld,", n);
}

static void end_table(void) { fprintf(out, "\n};\n"); }

static void put_names(const char *declaration, const char *const *names, size_t count)
{
    begin_table(declaration);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "\n\"%s\",", names[i]);
    end_table();
}

/* The different ones among `count` items, in blocks of `size`: their starts go to block_start, numbers[] says which
 * one each block is. How many there are. */
static uint32_t different_blocks(const uint32_t *items, uint32_t count, uint32_t size, uint32_t *block_start, uint32_t *numbers)
{
    uint32_t blocks = 0;
    for (uint32_t i = 0; i < count; i += size) {
        uint32_t b = 0;
        while (b < blocks && memcmp(items + block_start[b], items + i, size * sizeof *items) != 0)
            b++;
        if (b == blocks)
            block_start[blocks++] = i;
        numbers[i / size] = b;
    }
    return blocks;
}

static void put_blocks(const char *name, int stage, size_t bytes, const uint32_t *items, uint32_t size, uint32_t blocks,
                       const uint32_t *block_start)
{
    char declaration[100];
    snprintf(declaration, sizeof declaration, "uint%d_t unicode_%s_stage%d[]", (int)bytes * 8, name, stage);
    begin_table(declaration);
    for (uint32_t b = 0; b < blocks; b++)
        for (uint32_t i = 0; i < size; i++)
            put_number(items[block_start[b] + i]);
    end_table();
}

/* The stages of a table: values[] holds one entry per code point. */
static void put_stages(const char *name, size_t bytes, const uint32_t *values)
{
    static uint32_t start3[CHARS / UNICODE_BLOCK], start2[CHARS / UNICODE_BLOCK], stage2[CHARS / UNICODE_BLOCK],
        stage1[CHARS / UNICODE_BLOCK / UNICODE_GROUP], start1;
    uint32_t n3 = different_blocks(values, CHARS, UNICODE_BLOCK, start3, stage2);
    uint32_t n2 = different_blocks(stage2, CHARS / UNICODE_BLOCK, UNICODE_GROUP, start2, stage1);
    if (n3 > UINT16_MAX || n2 > UINT8_MAX)
        die("too many different blocks", name);
    put_blocks(name, 1, 1, stage1, CHARS / UNICODE_BLOCK / UNICODE_GROUP, 1, &start1);
    put_blocks(name, 2, 2, stage2, UNICODE_GROUP, n2, start2);
    put_blocks(name, 3, bytes, values, UNICODE_BLOCK, n3, start3);
}

/* Index of `item` among the `count` in pool, added if new. */
static uint32_t intern(void *pool, uint32_t *count, size_t limit, const void *item, size_t size)
{
    for (uint32_t i = 0; i < *count; i++)
        if (memcmp((char *)pool + i * size, item, size) == 0)
            return i;
    if (*count == limit)
        die("too many different records", "");
    memcpy((char *)pool + *count * size, item, size);
    return (*count)++;
}

static CodeList full_case(uint32_t code, int which)
{
    const Char *c = &chars[code];
    if (c->full[which])
        return *c->full[which];
    int32_t d = which == LOWER ? c->record.lower : which == UPPER ? c->record.upper
              : which == TITLE ? c->record.title : 0;
    return (CodeList){ { (uint32_t)((int32_t)code + d) }, 1 };
}

static bool same_codes(const CodeList *a, const CodeList *b)
{
    return a->count == b->count && memcmp(a->items, b->items, (size_t)a->count * sizeof a->items[0]) == 0;
}

static void put_special_cases(void)
{
    uint32_t at = 1;
    begin_table("uint32_t unicode_special[]");
    put_number(0);
    for (uint32_t code = 0; code < CHARS; code++) {
        CodeList lists[CASES];
        uint32_t lengths = 0;
        for (int i = 0; i < CASES; i++) {
            lists[i] = full_case(code, i);
            if (lists[i].count > MAX_CASE)
                die("long case mapping", "");
            lengths |= (uint32_t)lists[i].count << (4 * i);
        }
        if (!chars[code].full[LOWER] && same_codes(&lists[LOWER], &lists[FOLD]))
            continue;
        chars[code].record.special = at;
        put_number(lengths);
        at++;
        for (int i = 0; i < CASES; i++)
            for (int k = 0; k < lists[i].count; k++, at++)
                put_number(lists[i].items[k]);
    }
    end_table();
}

static void put_records(uint32_t *values)
{
    static UnicodeRecord pool[2000];
    uint32_t count = 0;
    for (uint32_t c = 0; c < CHARS; c++)
        values[c] = intern(pool, &count, COUNT_OF(pool), &chars[c].record, sizeof pool[0]);
    put_stages("record", 2, values);
    begin_table("UnicodeRecord unicode_records[]");
    for (uint32_t i = 0; i < count; i++)
        fprintf(out, "\n{ %u, %u, %u, %d, %d, %d, %u },", pool[i].flags, pool[i].category, pool[i].digit,
                pool[i].lower, pool[i].upper, pool[i].title, pool[i].special);
    end_table();
}

static void put_extras(uint32_t *values)
{
    static UnicodeExtra pool[256];
    uint32_t count = 0;
    for (uint32_t c = 0; c < CHARS; c++)
        values[c] = intern(pool, &count, COUNT_OF(pool), &chars[c].extra, sizeof pool[0]);
    put_stages("extra", 1, values);
    begin_table("UnicodeExtra unicode_extras[]");
    for (uint32_t i = 0; i < count; i++)
        fprintf(out, "\n{ %u, %u, %u, %u, %u },", pool[i].combining, pool[i].bidirectional, pool[i].width,
                pool[i].mirrored, pool[i].unstable);
    end_table();
}

static void put_decompositions(uint32_t *values)
{
    uint32_t at = 1;
    begin_table("uint16_t unicode_decomps[]");
    put_number(0);
    for (uint32_t c = 0; c < CHARS; c++) {
        const CodeList *d = chars[c].decomp;
        values[c] = d ? at : 0;
        if (!d)
            continue;
        unsigned words = 0;
        for (int i = 0; i < d->count; i++)
            words += d->items[i] > 0xFFFF ? 2 : 1;
        put_number(chars[c].decomp_tag << 8 | words);
        for (int i = 0; i < d->count; i++) {
            uint32_t v = d->items[i];
            if (v > 0xFFFF)
                put_number(0xD800 + ((v - 0x10000) >> 10));
            put_number(v > 0xFFFF ? 0xDC00 + ((v - 0x10000) & 0x3FF) : v);
        }
        at += 1 + words;
    }
    end_table();
    if (at > 0xFFFF)
        die("too many decompositions", "");
    put_stages("decomp", 2, values);
}

static int compare_pairs(const void *a, const void *b)
{
    const UnicodePair *p = a, *q = b;
    if (p->first != q->first)
        return p->first < q->first ? -1 : 1;
    return p->second < q->second ? -1 : p->second > q->second;
}

static void put_pairs(void)
{
    static UnicodePair pairs[2000];
    size_t count = 0;
    for (uint32_t c = 0; c < CHARS; c++) {
        const Char *ch = &chars[c];
        if (!ch->decomp || ch->decomp->count != 2 || ch->decomp_tag || ch->excluded)
            continue;
        if (count == COUNT_OF(pairs))
            die("too many compositions", "");
        pairs[count++] = (UnicodePair){ ch->decomp->items[0], ch->decomp->items[1], c };
    }
    qsort(pairs, count, sizeof pairs[0], compare_pairs);
    begin_table("UnicodePair unicode_pairs[]");
    for (size_t i = 0; i < count; i++)
        fprintf(out, "\n{ %u, %u, %u },", pairs[i].first, pairs[i].second, pairs[i].composite);
    end_table();
    fprintf(out, "\nconst size_t unicode_pair_count = %zu;\n", count);
}

static void put_numerics(void)
{
    static double pool[256];
    uint32_t values = 0;
    size_t count = 0;
    begin_table("uint32_t unicode_numerics[]");
    for (uint32_t c = 0; c < CHARS; c++) {
        const Char *ch = &chars[c];
        if (!(ch->record.flags & UNICODE_NUMERIC) || (ch->record.flags & UNICODE_DIGIT))
            continue;
        put_number(c << 8 | intern(pool, &values, COUNT_OF(pool), &ch->numeric, sizeof pool[0]));
        count++;
    }
    end_table();
    fprintf(out, "\nconst size_t unicode_numeric_count = %zu;\n", count);
    begin_table("double unicode_numeric_values[]");
    for (uint32_t i = 0; i < values; i++)
        fprintf(out, "\n%.17g,", pool[i]);
    end_table();
}

int main(int argc, char **argv)
{
    if (argc != 3)
        die("usage", "gen_unicode DATA_DIR OUT_DIR");
    data_dir = argv[1];
    char path[1000];
    snprintf(path, sizeof path, "%s/unicode_tables.c", argv[2]);
    chars = calloc(CHARS, sizeof *chars);
    uint32_t *values = calloc(CHARS, sizeof *values);
    out = fopen(path, "w");
    if (!chars || !values || !out)
        die("cannot write", path);
    read_all();
    fprintf(out, "/* Made by scripts/gen_unicode.c from the Unicode Character Database. */\n"
                 "#include \"vm/text/unicode_data.h\"\n\nconst char unicode_version[] = \"15.1.0\";\n");
    put_names("char unicode_category_names[][3]", categories, COUNT_OF(categories));
    put_names("char unicode_bidi_names[][4]", bidis, COUNT_OF(bidis));
    put_names("char unicode_width_names[][3]", widths, COUNT_OF(widths));
    put_names("char *const unicode_decomp_tags[]", tags, COUNT_OF(tags));
    put_special_cases();
    put_records(values);
    put_extras(values);
    put_decompositions(values);
    put_pairs();
    put_numerics();
    if (fclose(out) != 0)
        die("cannot write", path);
    free(values);
    free(chars);
    return 0;
}
