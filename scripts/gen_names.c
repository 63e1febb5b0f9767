/* SPDX-License-Identifier: MIT
 * Makes the tables of vm/text/charname_data.h, the names of characters.
 *
 *     gen_names /usr/share/unicode build/gen      writes build/gen/names_tables.c
 *
 * The names are 0.9 MB of text with much repetition; 0.4 MB are left of what differs from the name before. As in
 * Larsson and Moffat's Re-Pair, the most frequent pair of symbols becomes a new symbol, again and again; here many
 * pairs per round, since a round is one pass over the text. Five names and a range of ideographs that Unicode 15.1
 * added to 15.0 are built in. */
#include <stdio.h>
#include <stdlib.h>

#include "vm/text/charname.h"
#include "vm/text/charname_data.h"

enum {
    MAX_NAMES = 50000, MAX_TEXT = 3000000, MAX_SYMBOLS = CHARNAME_CHARACTER, PAIR_SLOTS = 1 << 20,
    MIN_COUNT = 4,      /* a rule costs three bytes and more, and saves less than one at each use */
};

typedef struct Name {
    const char *text;
    uint32_t code;      /* for aliases and sequences what charname_others holds */
} Name;

static Name names[MAX_NAMES];
static size_t name_count, plain_count;
static uint32_t sequences[4000], ideographs[40][2];
static size_t sequence_length, ideograph_count;

static uint16_t text[MAX_TEXT];     /* all names, then in fewer and fewer symbols */
static size_t text_length;
typedef struct Rule {
    uint16_t first, second;
} Rule;
static Rule rules[MAX_SYMBOLS];
static size_t symbol_count;

static const char *data_dir;
static FILE *out;

NORETURN static void die(const char *what, const char *detail)
{
    fprintf(stderr, "gen_names: %s: %s\n", what, detail);
    exit(1);
}

/* ---- reading ---- */

static void add_name(const char *name, uint32_t code)
{
    size_t n = strlen(name);
    if (name_count == MAX_NAMES || n > CHARNAME_MAX)
        die("too many names, or a long one", name);
    char *copy = malloc(n + 1);     /* never freed */
    if (!copy)
        die("out of memory", name);
    memcpy(copy, name, n + 1);
    names[name_count++] = (Name){ copy, code };
}

static void add_ideographs(uint32_t first, uint32_t last)
{
    if (ideograph_count + 1 == COUNT_OF(ideographs))
        die("too many ranges", "ideographs");
    ideographs[ideograph_count][0] = first;
    ideographs[ideograph_count++][1] = last;
}

/* Calls fn for each data line with its first two fields. */
static void read_file(const char *file, void (*fn)(char *first, char *second))
{
    char path[1000], line[1000];
    snprintf(path, sizeof path, "%s/%s", data_dir, file);
    FILE *f = fopen(path, "r");
    if (!f)
        die("cannot read", path);
    while (fgets(line, sizeof line, f)) {
        line[strcspn(line, "#\r\n")] = 0;
        char *second = strchr(line, ';');
        if (!second)
            continue;
        *second++ = 0;
        second[strcspn(second, ";")] = 0;
        fn(line, second);
    }
    fclose(f);
}

static void on_character(char *code, char *name)
{
    static uint32_t first;
    uint32_t c = (uint32_t)strtoul(code, NULL, 16);
    if (name[0] != '<')
        add_name(name, c);
    else if (strncmp(name, "<CJK Ideograph", 14) == 0 && strstr(name, "First>"))
        first = c;
    else if (strncmp(name, "<CJK Ideograph", 14) == 0)
        add_ideographs(first, c);
}

static void on_alias(char *code, char *name) { add_name(name, (uint32_t)strtoul(code, NULL, 16)); }

static void on_sequence(char *name, char *codes)
{
    size_t start = sequence_length;
    char *end;
    for (unsigned long c; c = strtoul(codes, &end, 16), end != codes; codes = end) {
        if (sequence_length == COUNT_OF(sequences) || sequence_length - start == CHARNAME_SEQUENCE_MAX)
            die("long sequence", name);
        sequences[sequence_length++] = (uint32_t)c;
    }
    add_name(name, (uint32_t)(CHARNAME_SEQUENCE | start << 3 | (sequence_length - start)));
}

static bool has_name(uint32_t code)
{
    for (size_t i = 0; i < name_count; i++)
        if (names[i].code == code)
            return true;
    return false;
}

static void add_15_1(void)
{
    static const Name added[] = {
        { "IDEOGRAPHIC DESCRIPTION CHARACTER SURROUND FROM RIGHT", 0x2FFC },
        { "IDEOGRAPHIC DESCRIPTION CHARACTER SURROUND FROM LOWER RIGHT", 0x2FFD },
        { "IDEOGRAPHIC DESCRIPTION CHARACTER HORIZONTAL REFLECTION", 0x2FFE },
        { "IDEOGRAPHIC DESCRIPTION CHARACTER ROTATION", 0x2FFF },
        { "IDEOGRAPHIC DESCRIPTION CHARACTER SUBTRACTION", 0x31EF },
    };
    if (has_name(0x2FFC))
        return;
    for (size_t i = 0; i < COUNT_OF(added); i++)
        add_name(added[i].text, added[i].code);
    add_ideographs(0x2EBF0, 0x2EE5D);
}

static int compare_codes(const void *a, const void *b)
{
    const Name *x = a, *y = b;
    return x->code < y->code ? -1 : x->code > y->code;
}

static void read_names(void)
{
    read_file("UnicodeData.txt", on_character);
    add_15_1();
    plain_count = name_count;
    qsort(names, name_count, sizeof names[0], compare_codes);
    read_file("NameAliases.txt", on_alias);
    read_file("NamedSequences.txt", on_sequence);
}

/* ---- what differs from the name before ---- */

/* The zeros and digits at the end of name, if they are one more than those at the end of the name before. */
static size_t next_digits(const char *name, const char *before)
{
    size_t n = strlen(name), digits = 0;
    while (digits < n && digits < 8 && name[n - 1 - digits] >= '0' && name[n - 1 - digits] <= '9')
        digits++;
    return digits && strlen(before) == n && memcmp(name, before, n - digits) == 0 &&
           atoi(name + n - digits) == atoi(before + n - digits) + 1 ? digits : 0;
}

static size_t hex_digits(const Name *name)
{
    char hex[16];
    size_t n = strlen(name->text), digits = (size_t)snprintf(hex, sizeof hex, "%04X", (unsigned)name->code);
    return n > digits && strcmp(name->text + n - digits, hex) == 0 ? digits : 0;
}

static void shorten(const Name *name, const char *before, bool plain, char *to)
{
    size_t shared = 0, hex = plain ? hex_digits(name) : 0, next = hex ? 0 : next_digits(name->text, before);
    unsigned words = 0;
    for (size_t i = 0, same = 1; before[i]; i++) {
        same = same && name->text[i] == before[i];
        bool ends = before[i] == ' ' || before[i] == '-';
        words += ends && !same;
        shared = ends && same ? i + 1 : shared;
    }
    if (CHARNAME_WORDS + words >= CHARNAME_CODE)
        die("too many words", name->text);
    size_t n = strlen(name->text) - shared - hex - next;
    *to++ = (char)(CHARNAME_WORDS + words);
    memcpy(to, name->text + shared, n);
    to += n;
    if (hex || next)
        *to++ = hex ? CHARNAME_CODE : CHARNAME_NEXT;
    *to = 0;
}

static void shorten_names(void)
{
    static char last[CHARNAME_MAX + 1], shortened[CHARNAME_MAX + 3];
    for (size_t i = 0; i < name_count; i++) {
        if (i % CHARNAME_BLOCK == 0)
            last[0] = 0;
        shorten(&names[i], last, i < plain_count, shortened);
        strcpy(last, names[i].text);
        names[i].text = strdup(shortened);
        if (!names[i].text)
            die("out of memory", last);
    }
}

/* ---- compressing ---- */

/* Symbol 0 ends a name; the others start as the characters that occur, and what stands in place of them. */
static void make_text(void)
{
    static uint16_t symbol_of[256];
    rules[symbol_count++] = (Rule){ 0, CHARNAME_CHARACTER };
    for (size_t i = 0; i < name_count; i++)
        for (const char *s = names[i].text;; s++) {
            unsigned char c = (unsigned char)*s;
            if (c && !symbol_of[c]) {
                symbol_of[c] = (uint16_t)symbol_count;
                rules[symbol_count++] = (Rule){ c, CHARNAME_CHARACTER };
            }
            if (text_length == MAX_TEXT)
                die("too much text", "");
            text[text_length++] = symbol_of[c];
            if (!c)
                break;
        }
}

typedef struct Pair {
    uint32_t key;       /* first << 16 | second, plus one; 0: free */
    uint32_t count;
    uint16_t symbol;    /* in this round; 0: none */
} Pair;

static Pair pairs[PAIR_SLOTS];
static bool ends_name[MAX_SYMBOLS];     /* the symbol's last character is the zero */

static Pair *find_pair(unsigned first, unsigned second)
{
    uint32_t key = ((uint32_t)first << 16 | second) + 1;
    size_t slot = key * 2654435761u >> 12;
    while (pairs[slot].key && pairs[slot].key != key)
        slot = (slot + 1) % PAIR_SLOTS;
    pairs[slot].key = key;
    return &pairs[slot];
}

static uint32_t count_pairs(void)
{
    uint32_t most = 0;
    memset(pairs, 0, sizeof pairs);
    for (size_t i = 0; i + 1 < text_length; i++) {
        if (ends_name[text[i]])
            continue;
        Pair *pair = find_pair(text[i], text[i + 1]);
        if (++pair->count > most)
            most = pair->count;
        if (text[i] == text[i + 1] && i + 2 < text_length && text[i + 2] == text[i])
            i++;        /* aaa holds aa once */
    }
    return most;
}

/* Each pair that occurs nearly as often as the best becomes a symbol. A symbol takes part in one pair of a
 * round only, for the pairs around it are others then. */
static void choose_pairs(uint32_t at_least)
{
    static bool used[MAX_SYMBOLS];
    memset(used, 0, sizeof used);
    for (size_t i = 0; i < PAIR_SLOTS && symbol_count < MAX_SYMBOLS; i++) {
        unsigned first = (pairs[i].key - 1) >> 16, second = (pairs[i].key - 1) & 0xFFFF;
        if (!pairs[i].key || pairs[i].count < at_least || used[first] || used[second])
            continue;
        used[first] = used[second] = true;
        pairs[i].symbol = (uint16_t)symbol_count;
        ends_name[symbol_count] = ends_name[second];
        rules[symbol_count++] = (Rule){ (uint16_t)first, (uint16_t)second };
    }
}

static void replace_pairs(void)
{
    size_t to = 0;
    for (size_t i = 0; i < text_length; i++) {
        unsigned symbol = 0;
        if (i + 1 < text_length && !ends_name[text[i]])
            symbol = find_pair(text[i], text[i + 1])->symbol;
        text[to++] = symbol ? (uint16_t)symbol : text[i];
        i += symbol != 0;
    }
    text_length = to;
}

static void compress(void)
{
    ends_name[0] = true;
    for (;;) {
        uint32_t most = count_pairs();
        if (most < MIN_COUNT || symbol_count == MAX_SYMBOLS)
            break;
        uint32_t at_least = most - most / 8;
        choose_pairs(at_least < MIN_COUNT ? MIN_COUNT : at_least);
        replace_pairs();
    }
}

static int depth_of(unsigned symbol)
{
    if (rules[symbol].second == CHARNAME_CHARACTER)
        return 0;
    int a = depth_of(rules[symbol].first), b = depth_of(rules[symbol].second);
    return 1 + (a > b ? a : b);
}

/* ---- writing ---- */

static size_t uses[MAX_SYMBOLS];

static int compare_uses(const void *a, const void *b)
{
    uint16_t x = *(const uint16_t *)a, y = *(const uint16_t *)b;
    if (uses[x] != uses[y])
        return uses[x] > uses[y] ? -1 : 1;
    return x < y ? -1 : x > y;
}

/* Numbers the symbols by frequency, so that the usual ones get the shortest codes. */
static void renumber(void)
{
    static uint16_t order[MAX_SYMBOLS], number[MAX_SYMBOLS];
    static Rule old[MAX_SYMBOLS];
    for (size_t i = 0; i < text_length; i++)
        uses[text[i]]++;
    for (size_t i = 0; i < symbol_count; i++)
        order[i] = (uint16_t)i;
    qsort(order, symbol_count, sizeof order[0], compare_uses);
    for (size_t i = 0; i < symbol_count; i++)
        number[order[i]] = (uint16_t)i;
    memcpy(old, rules, sizeof old);
    for (size_t i = 0; i < symbol_count; i++) {
        Rule r = old[order[i]];
        if (r.second != CHARNAME_CHARACTER)
            r = (Rule){ number[r.first], number[r.second] };
        rules[i] = r;
    }
    memset(uses, 0, sizeof uses);
    for (size_t i = 0; i < text_length; i++)
        uses[text[i] = number[text[i]]]++;
}

/* Package-merge would be exact; here codes that are too long are cut, and others made longer until all fit. */
static unsigned lengths[MAX_SYMBOLS];
static size_t coded_count;      /* symbols that occur in the text have codes */
static void make_codes(void)
{
    static struct { size_t weight, parent; } nodes[2 * MAX_SYMBOLS];
    while (coded_count < symbol_count && uses[coded_count])
        coded_count++;
    size_t n = coded_count, leaf = n, made = n;
    for (size_t i = 0; i < n; i++)
        nodes[i].weight = uses[i];
    for (size_t next = n; next < 2 * n - 1; next++)     /* leaves from the rarest on, and nodes as they were made */
        for (unsigned k = 0; k < 2; k++) {
            size_t from = leaf && (made == next || nodes[leaf - 1].weight <= nodes[made].weight) ? --leaf : made++;
            nodes[from].parent = next;
            nodes[next].weight += nodes[from].weight;
        }
    uint64_t sum = 0, whole = (uint64_t)1 << CHARNAME_CODE_MAX;
    for (size_t i = 0; i < n; i++) {
        for (size_t at = i; at != 2 * n - 2; at = nodes[at].parent)
            lengths[i]++;
        if (lengths[i] > CHARNAME_CODE_MAX)
            lengths[i] = CHARNAME_CODE_MAX;
        sum += whole >> lengths[i];
    }
    for (size_t i = n; sum > whole && i--;)
        for (; sum > whole && lengths[i] < CHARNAME_CODE_MAX; lengths[i]++)
            sum -= (whole >> lengths[i]) - (whole >> (lengths[i] + 1));
    for (size_t i = 0; i + 1 < n; i++)
        if (lengths[i] > lengths[i + 1])
            die("codes out of order", "");
}

static int column;

static void begin_table(const char *declaration)
{
    fprintf(out, "\nconst %s = {", declaration);
    column = 0;
}

static void put_number(unsigned long n) { fprintf(out, column++ % 20 ? " %lu," : "\n%lu,", n); }
static void end_table(void) { fprintf(out, "\n};\n"); }

/* Does this symbol end a name? After renumbering. */
static bool symbol_ends_name(unsigned symbol)
{
    while (rules[symbol].second != CHARNAME_CHARACTER)
        symbol = rules[symbol].second;
    return rules[symbol].first == 0;
}

static uint32_t bit_acc;
static unsigned bit_count;
static uint32_t bit_total;
static void put_bits(unsigned value, unsigned n)
{
    bit_acc = bit_acc << n | value;
    bit_total += n;
    for (bit_count += n; bit_count >= 8; bit_count -= 8)
        put_number(bit_acc >> (bit_count - 8) & 255);
}

/* The last byte, and three that may be read behind it. */
static void end_bits(void)
{
    put_bits(0, 8 - bit_count);
    for (unsigned i = 0; i < 3; i++)
        put_bits(0, 8);
    end_table();
    bit_acc = bit_count = bit_total = 0;
}

static void put_stream(void)
{
    static uint32_t blocks[MAX_NAMES / CHARNAME_BLOCK + 1];
    static unsigned codes[MAX_SYMBOLS];
    size_t done = 0;
    bool starts = true;
    for (size_t i = 1; i < coded_count; i++)
        codes[i] = (codes[i - 1] + 1) << (lengths[i] - lengths[i - 1]);
    begin_table("uint8_t charname_stream[]");
    for (size_t i = 0; i < text_length; i++) {
        if (starts && done % CHARNAME_BLOCK == 0)
            blocks[done / CHARNAME_BLOCK] = bit_total;
        put_bits(codes[text[i]], lengths[text[i]]);
        starts = symbol_ends_name(text[i]);
        done += starts;
    }
    end_bits();
    if (done != name_count)
        die("wrong number of names", "");
    begin_table("CharnameCode charname_codes[CHARNAME_CODE_MAX]");
    for (unsigned n = 1, next = 0, i = 0; n <= CHARNAME_CODE_MAX; n++, next <<= 1) {
        int symbol = (int)i - (int)next;
        for (; i < coded_count && lengths[i] == n; i++)
            next++;
        fprintf(out, "\n{ %luu, %d },", (unsigned long)next << (32 - n) & 0xFFFFFFFF, symbol);
    }
    end_table();
    begin_table("uint32_t charname_blocks[]");
    for (size_t i = 0; i * CHARNAME_BLOCK < name_count; i++)
        put_number(blocks[i]);
    end_table();
}

static void put_rules(void)
{
    begin_table("uint8_t charname_rules[]");
    for (size_t i = 0; i < symbol_count; i++) {
        if (depth_of((unsigned)i) >= CHARNAME_DEPTH)
            die("rules nest too deep", "");
        put_bits(rules[i].first, CHARNAME_RULE_BITS);
        put_bits(rules[i].second, CHARNAME_RULE_BITS);
    }
    end_bits();
    fprintf(out, "\nconst size_t charname_symbol_count = %zu;\n", symbol_count);
}

static void put_runs(void)
{
    size_t count = 0;
    begin_table("CharnameRun charname_runs[]");
    for (size_t i = 0; i < plain_count; i++)
        if (i == 0 || names[i].code != names[i - 1].code + 1) {
            fprintf(out, "\n{ %lu, %zu },", (unsigned long)names[i].code, i);
            count++;
        }
    fprintf(out, "\n{ 0x110000, %zu },", plain_count);
    end_table();
    fprintf(out, "\nconst size_t charname_run_count = %zu;\n", count + 1);
    fprintf(out, "const size_t charname_count = %zu;\n", name_count);
    fprintf(out, "const size_t charname_plain_count = %zu;\n", plain_count);
}

static void put_others(void)
{
    begin_table("uint32_t charname_others[]");
    for (size_t i = plain_count; i < name_count; i++)
        put_number(names[i].code);
    end_table();
    begin_table("uint32_t charname_sequences[]");
    for (size_t i = 0; i < sequence_length; i++)
        put_number(sequences[i]);
    end_table();
    begin_table("uint32_t charname_ideographs[][2]");
    for (size_t i = 0; i <= ideograph_count; i++)
        fprintf(out, "\n{ %lu, %lu },", (unsigned long)ideographs[i][0], (unsigned long)ideographs[i][1]);
    end_table();
}

int main(int argc, char **argv)
{
    if (argc != 3)
        die("usage", "gen_names DATA_DIR OUT_DIR");
    data_dir = argv[1];
    char path[1000];
    snprintf(path, sizeof path, "%s/names_tables.c", argv[2]);
    out = fopen(path, "w");
    if (!out)
        die("cannot write", path);
    read_names();
    shorten_names();
    make_text();
    compress();
    renumber();
    make_codes();
    fprintf(out, "/* Made by scripts/gen_names.c from the Unicode Character Database. */\n"
                 "#include \"vm/text/charname_data.h\"\n");
    put_rules();
    put_stream();
    put_runs();
    put_others();
    if (fclose(out) != 0)
        die("cannot write", path);
    return 0;
}
