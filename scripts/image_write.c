/* SPDX-License-Identifier: MIT
 * Images of code objects; vm/image.h has the format. */
#include "scripts/image_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vm/objects/bytes.h"
#include "vm/objects/set.h"
#include "vm/objects/str.h"

#define PACK_FROM 8u           /* shorter strings, names mostly, are read often and lie as they are */

#define FEW_USES 100u           /* contexts with fewer share their codes */
#define POOL_MAX 40u            /* longer strings, text mostly, are not looked for in other images */

struct Text {
    const char *data;
    size_t len;
    uint32_t uses;
    size_t offset;
};

typedef struct Bits {
    ImageCoder *coder;
    Bytebuf b;
    uint32_t acc;
    unsigned n;                 /* bits of acc */
} Bits;

typedef struct Writer {
    ImageCoder *coder;
    Text *texts;                /* by content, once all are there */
    size_t ntexts, cap;
    Bytebuf codes;
    const Code *around;         /* whose constants are being written; NULL: none */
    int64_t line;               /* where the last code began */
} Writer;

static void die(const char *what)
{
    fprintf(stderr, "precompile: %s\n", what);
    exit(1);
}

static void *grown(void *p, size_t n, size_t size)
{
    p = realloc(p, n * size);
    if (!p)
        die("out of memory");
    return p;
}

/* ---- bytes and bits ---- */

static void put(Bytebuf *b, const void *data, size_t n)
{
    if (b->len + n > b->cap)
        b->data = grown(b->data, b->cap = (b->len + n) * 2, 1);
    if (n)
        memcpy(b->data + b->len, data, n);
    b->len += n;
}

static void put_byte(Bytebuf *b, unsigned byte)
{
    put(b, &(uint8_t){ (uint8_t)byte }, 1);
}

static void put_fixed(Bytebuf *b, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        put_byte(b, (unsigned)(v >> 8 * i) & 255);
}

static void put_bits(Bits *b, unsigned value, unsigned n)
{
    b->acc = b->acc << n | value;
    for (b->n += n; b->n >= 8; b->n -= 8)
        put_byte(&b->b, b->acc >> (b->n - 8) & 255);
}

static void align(Bits *b)
{
    if (b->n)
        put_bits(b, 0, 8 - b->n);
}

static void put_symbol(Bits *b, unsigned context, unsigned symbol)
{
    ImageCoder *c = b->coder;
    c->uses[context][symbol]++;
    if (!c->ready)
        put_bits(b, symbol, 8);
    else if (c->lengths[context][symbol] || c->codes[context][symbol] == IMAGE_ONLY)
        put_bits(b, c->codes[context][symbol] & (IMAGE_ONLY - 1), c->lengths[context][symbol]);
    else
        die("a symbol without a code");
}

static void put_number(Bits *b, unsigned context, uint64_t n)
{
    put_symbol(b, context, n < 255 ? (unsigned)n : 255);
    if (n < 255)
        return;
    for (; n > 127; n >>= 7)
        put_bits(b, (unsigned)(n & 127) | 128, 8);
    put_bits(b, (unsigned)n, 8);
}

static void put_signed(Bits *b, unsigned context, int64_t n)
{
    put_number(b, context, n < 0 ? ((uint64_t)-(n + 1) << 1) | 1 : (uint64_t)n << 1);
}

static void put_wide(Bits *b, unsigned field, uint64_t n)
{
    put_number(b, field, n >> 8);
    put_bits(b, n & 255, 8);
}

static void put_word(Bits *b, uint64_t v)
{
    for (unsigned i = 0; i < 8; i++)
        put_bits(b, (unsigned)(v >> 8 * i) & 255, 8);
}

/* ---- the model ---- */

/* Lengths of Huffman codes: the two rarest become one, again and again; of equal ones the first. */
static unsigned huffman(const uint32_t *uses, uint8_t *lengths)
{
    struct { uint64_t uses; int parent; } nodes[512];
    int n = 0, symbols[256];
    unsigned longest = 0;
    for (int s = 0; s < 256; s++)
        if (uses[s]) {
            symbols[n] = s;
            nodes[n].uses = uses[s];
            nodes[n++].parent = -1;
        }
    for (int end = n, left = n; left > 1; left--, end++) {
        int low[2] = { -1, -1 };
        for (int k = 0; k < 2; k++)
            for (int i = 0; i < end; i++)
                if (nodes[i].parent < 0 && i != low[0] && (low[k] < 0 || nodes[i].uses < nodes[low[k]].uses))
                    low[k] = i;
        nodes[end].uses = nodes[low[0]].uses + nodes[low[1]].uses;
        nodes[end].parent = -1;
        nodes[low[0]].parent = nodes[low[1]].parent = end;
    }
    memset(lengths, 0, 256);
    for (int i = 0; i < n; i++) {
        unsigned len = 0;
        for (int at = i; nodes[at].parent >= 0; at = nodes[at].parent)
            len++;
        lengths[symbols[i]] = (uint8_t)len;
        longest = len > longest ? len : longest;
    }
    return longest;
}

/* What the reader finds at once: all codes of up to 4 bits, each as often as there are ways to go on. The next code. */
static unsigned put_short(ImageCoder *c, unsigned context, const uint32_t *uses, Bytebuf *tables)
{
    uint8_t entries[2 * IMAGE_SHORT_MASK + 2] = { 0 };
    unsigned code = 0;
    for (unsigned len = 0; len <= IMAGE_SHORT_CODE; len++, code <<= 1)
        for (unsigned s = 0; s < 256; s++) {
            if (!uses[s] || c->lengths[context][s] != len)
                continue;
            unsigned ways = 1u << (IMAGE_SHORT_CODE - len);
            for (unsigned i = code * ways; i < (code + 1) * ways; i++) {
                entries[2 * i] = (uint8_t)(len + 1);
                entries[2 * i + 1] = (uint8_t)s;
            }
            c->codes[context][s] = (uint16_t)(len ? code : IMAGE_ONLY);
            code++;
        }
    put(tables, entries, sizeof entries);
    return code;
}

static void put_table(ImageCoder *c, unsigned context, const uint32_t *uses, unsigned longest, Bytebuf *tables)
{
    unsigned code = put_short(c, context, uses, tables), counts[IMAGE_CODE_MAX + 1] = { 0 };
    if (longest <= IMAGE_SHORT_CODE)
        return;
    for (unsigned s = 0; s < 256; s++)
        counts[c->lengths[context][s]] += uses[s] != 0;
    put_byte(tables, code);
    put_byte(tables, longest - IMAGE_SHORT_CODE);
    for (unsigned len = IMAGE_SHORT_CODE + 1; len <= longest; len++) {
        if (counts[len] > 255)
            die("256 codes of one length");
        put_byte(tables, counts[len]);
    }
    for (unsigned len = IMAGE_SHORT_CODE + 1; len <= longest; len++, code <<= 1)
        for (unsigned s = 0; s < 256; s++)
            if (uses[s] && c->lengths[context][s] == len) {
                c->codes[context][s] = (uint16_t)code++;
                put_byte(tables, s);
            }
}

/* One context's codes and their table. */
static void make_codes(ImageCoder *c, unsigned context, const uint32_t *wanted, Bytebuf *tables)
{
    uint32_t uses[256];
    uint8_t *lengths = c->lengths[context];
    unsigned longest;
    memcpy(uses, wanted, sizeof uses);
    while ((longest = huffman(uses, lengths)) > IMAGE_CODE_MAX)
        for (unsigned s = 0; s < 256; s++)
            uses[s] = (uses[s] + 1) / 2;
    put_table(c, context, uses, longest, tables);
}

/* Contexts that were met too rarely for a table of their own share one with the others of their sort. */
static void share(ImageCoder *c, unsigned from, unsigned to, uint32_t at_least, Bytebuf *tables)
{
    uint32_t together[256] = { 0 };
    unsigned first = to;
    for (unsigned i = from; i < to; i++) {
        uint32_t all = 0;
        for (unsigned s = 0; s < 256; s++)
            all += c->uses[i][s];
        if (all >= at_least) {
            c->offsets[i] = (uint16_t)tables->len;
            make_codes(c, i, c->uses[i], tables);
            continue;
        }
        for (unsigned s = 0; s < 256; s++)
            together[s] += c->uses[i][s];
        c->offsets[i] = UINT16_MAX;
    }
    size_t offset = tables->len;
    for (unsigned i = from; i < to; i++) {
        if (c->offsets[i] != UINT16_MAX)
            continue;
        c->offsets[i] = (uint16_t)offset;
        if (first == to)
            make_codes(c, first = i, together, tables);
        memcpy(c->lengths[i], c->lengths[first], sizeof c->lengths[i]);
        memcpy(c->codes[i], c->codes[first], sizeof c->codes[i]);
    }
}

void image_coder_learn(ImageCoder *c)
{
    Bytebuf tables = { NULL, 0, 0 };
    memset(c->codes, 0, sizeof c->codes);
    /* Offsets change when the codes do, so each symbol of theirs gets a code. Those of strings do so only once. */
    for (unsigned i = c->ready ? IMAGE_FIELD_CODE_WIDE : 0; i < IMAGE_WIDE_FIELDS; i++)
        for (unsigned s = 0; s < 256; s++)
            c->uses[i][s] = c->uses[i][s] * 4 + 1 + !s;
    for (unsigned i = 0; i < IMAGE_FIELDS; i++)
        if (i == IMAGE_FIELD_LOWS)
            share(c, i, i + IMAGE_LOWS, c->ready ? FEW_USES : UINT32_MAX, &tables), i += IMAGE_LOWS - 1;
        else
            share(c, i, i + 1, FEW_USES, &tables);
    share(c, IMAGE_CTX_OP, IMAGE_CTX_LIVE, FEW_USES, &tables);
    share(c, IMAGE_CTX_LIVE, IMAGE_CTX_OPERAND, FEW_USES, &tables);
    share(c, IMAGE_CTX_OPERAND, IMAGE_CTX_X, FEW_USES, &tables);
    share(c, IMAGE_CTX_X, IMAGE_CTX_CHAR, FEW_USES, &tables);
    share(c, IMAGE_CTX_CHAR, IMAGE_CONTEXTS, FEW_USES, &tables);
    if (tables.len > UINT16_MAX)
        die("tables of more than 64 KiB");
    free(c->tables);
    c->tables = tables.data;
    c->ntables = tables.len;
    c->ready = true;
    memset(c->uses, 0, sizeof c->uses);
}

/* ---- strings ---- */

static int by_content(const void *a, const void *b)
{
    const Text *s = a, *t = b;
    int c = memcmp(s->data, t->data, s->len < t->len ? s->len : t->len);
    return c ? c : (s->len > t->len) - (s->len < t->len);
}

static int by_use(const void *a, const void *b)
{
    const Text *s = *(Text *const *)a, *t = *(Text *const *)b;
    if (s->uses != t->uses)
        return s->uses < t->uses ? 1 : -1;
    return s->len != t->len ? (s->len > t->len ? 1 : -1) : by_content(s, t);
}

static void note(Writer *w, const char *data, size_t len)
{
    if (w->ntexts == w->cap)
        w->texts = grown(w->texts, w->cap = w->cap ? w->cap * 2 : 256, sizeof *w->texts);
    w->texts[w->ntexts++] = (Text){ data, len, 1, 0 };
}

static void note_str(Writer *w, const Str *s)
{
    note(w, str_data(s), s->len);
}

static void note_code(Writer *w, const Code *code, const Code *around);
static unsigned how_qualified(const Code *code, const Code *around);

static void note_value(Writer *w, Value v, const Code *around)
{
    Value key;
    if (value_is_empty(v) || !value_is_obj(v))
        return;
    if (is_str(v))
        note_str(w, as_str(v));
    else if (is_bytes(v))
        note(w, as_bytes(v)->data, as_bytes(v)->len);
    else if (is_code(v))
        note_code(w, as_code(v), around);
    else if (is_tuple(v))
        for (size_t i = 0; i < as_tuple(v)->len; i++)
            note_value(w, as_tuple(v)->items[i], around);
    else if (is_set(v))
        for (size_t pos = 0; set_next(as_set(v), &pos, &key);)
            note_value(w, key, around);
}

static unsigned live_change(const Code *code, uint32_t i)
{
    int64_t change = code->live[i] - (i ? code->live[i - 1] : code->nlocals) + IMAGE_LIVE_ZERO;
    if (change < 0 || change > 255)
        die("a live count that changes too much");
    return (unsigned)change;
}

static void note_changes(ImageCoder *c, const Code *code)
{
    for (uint32_t i = 0; i < code->ninstrs; i++)
        c->changes[i ? code->instrs[i - 1].op : OPCODE_COUNT][live_change(code, i)]++;
}

static void note_code(Writer *w, const Code *code, const Code *around)
{
    note_changes(w->coder, code);
    note_str(w, code->name);
    if (how_qualified(code, around) == IMAGE_QUALNAME_OTHER)
        note_str(w, code->qualname);
    for (uint32_t i = 0; i < code->nlocals; i++)
        note_str(w, code->local_names[i]);
    for (uint32_t i = 0; i < code->ncaptures; i++)
        note_str(w, code->free_names[i]);
    for (uint32_t i = 0; i < code->ncaches; i++)
        note_str(w, code->caches[i].name);
    for (uint32_t i = 0; i < code->nconsts; i++)
        note_value(w, code->consts[i], code);
}

static bool is_plain(unsigned char c)
{
    return c && c < IMAGE_UNIT && c != IMAGE_ESCAPE;
}

static bool is_packed(const Text *t)
{
    size_t others = 0;
    for (size_t i = 0; i < t->len; i++)
        others += !is_plain((unsigned char)t->data[i]);
    return t->len >= PACK_FROM && others <= t->len / 8;
}

/* ---- units: of what is left the pair that comes most often, again and again ---- */

static void note_corpus(ImageCoder *c, const Text *t)
{
    if (!is_packed(t))
        return;
    for (size_t i = 0; i < t->len; i++)
        put_byte(&c->corpus, is_plain((unsigned char)t->data[i]) ? (unsigned char)t->data[i] : 0);
    put_byte(&c->corpus, 0);
}

static size_t join_pairs(uint8_t *text, size_t len, const uint8_t pair[2], unsigned unit)
{
    size_t n = 0;
    for (size_t i = 0; i < len; n++)
        if (i + 1 < len && text[i] == pair[0] && text[i + 1] == pair[1]) {
            text[n] = (uint8_t)unit;
            i += 2;
        } else {
            text[n] = text[i++];
        }
    return n;
}

static void put_unit_text(ImageCoder *c, unsigned symbol)
{
    if (symbol < IMAGE_UNIT) {
        put_byte(&c->unit_text, symbol);
        return;
    }
    put_unit_text(c, c->units[symbol - IMAGE_UNIT][0]);
    put_unit_text(c, c->units[symbol - IMAGE_UNIT][1]);
}

static void make_units(ImageCoder *c)
{
    static uint32_t counts[65536];
    for (unsigned u = 0; u < IMAGE_UNITS; u++) {
        unsigned best = 0;
        memset(counts, 0, sizeof counts);
        for (size_t i = 0; i + 1 < c->corpus.len; i++) {
            unsigned pair = (unsigned)c->corpus.data[i] << 8 | c->corpus.data[i + 1];
            if (c->corpus.data[i] && c->corpus.data[i + 1] && ++counts[pair] > counts[best])
                best = pair;
        }
        c->units[u][0] = (uint8_t)(best >> 8);
        c->units[u][1] = (uint8_t)best;
        c->corpus.len = join_pairs(c->corpus.data, c->corpus.len, c->units[u], IMAGE_UNIT + u);
        c->unit_starts[u] = (uint16_t)c->unit_text.len;
        put_unit_text(c, IMAGE_UNIT + u);
    }
    c->unit_starts[IMAGE_UNITS] = (uint16_t)c->unit_text.len;
}

static void put_packed(ImageCoder *c, Bits *b, const Text *t)
{
    size_t n = t->len, other = 0;
    uint8_t *text = grown(NULL, n, 1);
    for (size_t i = 0; i < n; i++)
        text[i] = is_plain((unsigned char)t->data[i]) ? (uint8_t)t->data[i] : IMAGE_ESCAPE;
    for (unsigned u = 0; u < IMAGE_UNITS; u++)
        n = join_pairs(text, n, c->units[u], IMAGE_UNIT + u);
    unsigned before = 0;
    for (size_t i = 0; i < n; before = text[i++]) {
        put_symbol(b, IMAGE_CTX_CHAR + before, text[i]);
        if (text[i] != IMAGE_ESCAPE)
            continue;
        while (is_plain((unsigned char)t->data[other]))
            other++;
        put_bits(b, (unsigned char)t->data[other++], 8);
    }
    free(text);
}

static void put_text(ImageCoder *c, Bytebuf *out, Text *t)
{
    t->offset = out->len;
    uint64_t n = t->len * 2 + is_packed(t);
    for (; n > 127; n >>= 7)
        put_byte(out, (unsigned)(n & 127) | 128);
    put_byte(out, (unsigned)n);
    if (!is_packed(t)) {
        put(out, t->data, t->len);
        return;
    }
    Bits b = { .coder = c };
    put_packed(c, &b, t);
    align(&b);
    put(out, b.b.data, b.b.len);
    free(b.b.data);
}

static Text *find_text(Text *texts, size_t n, const char *data, size_t len)
{
    Text key = { data, len, 0, 0 };
    return n ? bsearch(&key, texts, n, sizeof key, by_content) : NULL;
}

/* Equal ones become one. How many are left. */
static size_t merge(Text *texts, size_t count)
{
    size_t n = 0;
    qsort(texts, count, sizeof *texts, by_content);
    for (size_t i = 0; i < count; i++)
        if (n && !by_content(&texts[n - 1], &texts[i]))
            texts[n - 1].uses++;
        else
            texts[n++] = texts[i];
    return n;
}

/* Those that are used most get the first places. */
static void put_texts(ImageCoder *c, Text *texts, size_t n, Bytebuf *out)
{
    Text **order = grown(NULL, n + 1, sizeof *order);
    for (size_t i = 0; i < n; i++)
        order[i] = &texts[i];
    qsort(order, n, sizeof *order, by_use);
    for (size_t i = 0; i < n; i++)
        put_text(c, out, order[i]);
    free(order);
}

void image_coder_note(ImageCoder *c, const Code *code)
{
    Writer w = { .coder = c };
    note_code(&w, code, NULL);
    w.ntexts = merge(w.texts, w.ntexts);
    c->texts = grown(c->texts, c->ntexts + w.ntexts, sizeof *c->texts);
    for (size_t i = 0; i < w.ntexts; i++)
        note_corpus(c, &w.texts[i]);
    for (size_t i = 0; i < w.ntexts; i++)
        if (w.texts[i].len < POOL_MAX)
            c->texts[c->ntexts++] = (Text){ w.texts[i].data, w.texts[i].len, 1, 0 };
    free(w.texts);
}

void image_coder_pool(ImageCoder *c)
{
    size_t n = 0;
    c->ntexts = merge(c->texts, c->ntexts);
    for (size_t i = 0; i < c->ntexts; i++)
        if (c->texts[i].uses > 1)
            c->texts[n++] = c->texts[i];
    c->ntexts = n;
    make_units(c);
    for (unsigned op = 0; op <= OPCODE_COUNT; op++)
        for (unsigned i = 0; i < 256; i++)
            if (c->changes[op][i] > c->changes[op][c->usual[op]])
                c->usual[op] = (uint8_t)i;
}

/* Behind the 8 bytes of the beginning: what the pool has not. */
static void put_strings(Writer *w, Bytebuf *out)
{
    size_t n = 0;
    w->ntexts = merge(w->texts, w->ntexts);
    for (size_t i = 0; i < w->ntexts; i++)
        if (!find_text(w->coder->texts, w->coder->ntexts, w->texts[i].data, w->texts[i].len))
            w->texts[n++] = w->texts[i];
    w->ntexts = n;
    put_texts(w->coder, w->texts, n, out);
}

static void put_string(Writer *w, Bits *b, unsigned field, const char *data, size_t len)
{
    const Text *t = find_text(w->texts, w->ntexts, data, len);
    bool pooled = !t;
    if (pooled)
        t = find_text(w->coder->texts, w->coder->ntexts, data, len);
    put_number(b, field, (t->offset >> 8) * 2 + pooled);
    put_symbol(b, image_low_context(t->offset >> 8, pooled), t->offset & 255);
}

static void put_str(Writer *w, Bits *b, unsigned field, const Str *s)
{
    put_string(w, b, field, str_data(s), s->len);
}

/* ---- constants ---- */

static size_t put_code(Writer *w, const Code *code);

static void put_tag(Bits *b, unsigned tag)
{
    put_symbol(b, IMAGE_FIELD_TAG, tag);
}

static void put_big_int(Bits *b, const Int *n)
{
    put_tag(b, IMAGE_BIG_INT);
    put_number(b, IMAGE_FIELD_COUNT, n->count * 2u + (n->sign < 0));
    if (n->count > 64)
        die("an integer constant of more than 4096 bits");
    for (uint32_t i = 0; i < n->count; i++)
        put_word(b, n->limbs[i]);
}

static void put_value(Writer *w, Bits *b, Value v);

static void put_set(Writer *w, Bits *b, Set *s)
{
    Value key;
    uint64_t n = 0;
    for (size_t pos = 0; set_next(s, &pos, &key);)
        n++;
    put_tag(b, IMAGE_FROZENSET);
    put_number(b, IMAGE_FIELD_COUNT, n);
    for (size_t pos = 0; set_next(s, &pos, &key);)
        put_value(w, b, key);
}

static void put_object(Writer *w, Bits *b, Value v)
{
    if (is_str(v)) {
        bool name = value_obj(v)->flags & STR_INTERNED;
        put_tag(b, name ? IMAGE_NAME : IMAGE_STR);
        put_str(w, b, name ? IMAGE_FIELD_CONSTANT_NAME : IMAGE_FIELD_CONSTANT, as_str(v));
    } else if (is_bytes(v)) {
        put_tag(b, IMAGE_BYTES);
        put_string(w, b, IMAGE_FIELD_CONSTANT, as_bytes(v)->data, as_bytes(v)->len);
    } else if (is_tuple(v)) {
        put_tag(b, IMAGE_TUPLE);
        put_number(b, IMAGE_FIELD_COUNT, as_tuple(v)->len);
        for (size_t i = 0; i < as_tuple(v)->len; i++)
            put_value(w, b, as_tuple(v)->items[i]);
    } else if (is_set(v)) {
        put_set(w, b, as_set(v));
    } else if (is_bigint(v)) {
        put_big_int(b, (const Int *)(void *)value_obj(v));
    } else if (is_code(v)) {
        put_tag(b, IMAGE_CODE);
        put_wide(b, IMAGE_FIELD_CODE_WIDE, put_code(w, as_code(v)));
    } else {
        die("a constant of a type that images do not know");
    }
}

static void put_value(Writer *w, Bits *b, Value v)
{
    union { double d; uint64_t bits; } u;
    if (value_is_int48(v)) {
        put_tag(b, IMAGE_INT);
        put_signed(b, IMAGE_FIELD_INT, value_int48(v));
    } else if (value_is_double(v)) {
        u.d = value_double(v);
        put_tag(b, IMAGE_FLOAT);
        put_word(b, u.bits);
    } else if (value_is_obj(v) && !value_is_empty(v)) {
        put_object(w, b, v);
    } else {
        put_tag(b, value_is_none(v) ? IMAGE_NONE : value_is_true(v) ? IMAGE_TRUE : value_is_false(v) ? IMAGE_FALSE
                : IMAGE_ELLIPSIS);
    }
}

/* ---- instructions and what goes with them ---- */

static uint32_t operand(const Instr *i, unsigned which, char kind)
{
    return kind == 'K' || kind == 'G' ? i->k : which == 0 ? i->a : which == 1 ? i->b : i->c;
}

static void put_index(Bits *b, unsigned context, uint32_t v, uint32_t *next)
{
    put_number(b, context, v > *next ? v + IMAGE_INDEX_FAR : *next - v);
    *next = v >= *next ? v + 1 : *next;
}

static void put_register(Bits *b, unsigned context, const Code *code, uint32_t v, uint32_t live)
{
    int64_t from = (int64_t)v - live + IMAGE_TEMP;
    if (v >= code->nlocals && from >= IMAGE_LOCAL_MAX && from < 224)
        put_number(b, context, (uint64_t)from);
    else if (v < IMAGE_LOCAL_MAX || v >= 224)
        put_number(b, context, v);
    else
        die("a register that has no symbol");
}

static void put_operands(Bits *b, const Code *code, uint32_t at, uint32_t next[4])
{
    const Instr *i = &code->instrs[at];
    const char *kinds = op_operands[i->op];
    unsigned context = IMAGE_CTX_OPERAND + 3u * i->op;
    for (unsigned k = 0; *kinds && *kinds != ':'; kinds++, k++, context++) {
        uint32_t v = operand(i, k, *kinds);
        switch (*kinds) {
        case '.': break;
        case 'r': case 'w': case 'm': case 'R': case 'W': put_register(b, context, code, v, code->live[at]); break;
        case 'j': case 'i': put_signed(b, context, (int16_t)v); break;
        case 'J': put_signed(b, context, i->j); break;
        case 'K': put_index(b, context, v, &next[0]); break;
        case 'G': put_index(b, context, v, &next[1]); break;
        case 'k': put_index(b, context, v, &next[2]); break;
        case 'g': put_index(b, context, v, &next[3]); break;
        default: put_number(b, context, v);
        }
    }
    if (*kinds)
        put_symbol(b, IMAGE_CTX_X + i->op, i->x);
}

/* The lowest operand of the kind; none: 0. */
static uint32_t lowest(const Code *code, char kind)
{
    uint32_t low = UINT32_MAX;
    for (uint32_t i = 0; i < code->ninstrs; i++) {
        const char *at = strchr(op_operands[code->instrs[i].op], kind);
        if (at && code->instrs[i].k < low)
            low = code->instrs[i].k;
    }
    return low == UINT32_MAX ? 0 : low;
}

static void put_instructions(Bits *b, const Code *code)
{
    uint32_t next[4] = { lowest(code, 'K'), lowest(code, 'G'), code->flags & CODE_HAS_DOCSTRING ? 1 : 0, 0 };
    unsigned last = OPCODE_COUNT;
    put_number(b, IMAGE_FIELD_FIRST, next[0]);
    put_number(b, IMAGE_FIELD_FIRST, next[1]);
    for (uint32_t i = 0; i < code->ninstrs; i++) {
        unsigned change = live_change(code, i);
        if (change != b->coder->usual[last]) {
            put_symbol(b, IMAGE_CTX_OP + last, IMAGE_UNUSUAL);
            put_symbol(b, IMAGE_CTX_LIVE + last, change);
        }
        put_symbol(b, IMAGE_CTX_OP + last, code->instrs[i].op);
        put_operands(b, code, i, next);
        last = code->instrs[i].op;
    }
}

static uint32_t line_at(const Code *code, uint32_t i)
{
    return code_position(code, i).line;
}

static void put_lines(Bits *b, const Code *code)
{
    int64_t last = code->first_line;
    for (uint32_t i = 0, n; i < code->ninstrs; i += n) {
        uint32_t line = line_at(code, i);
        for (n = 1; i + n < code->ninstrs && line_at(code, i + n) == line;)
            n++;
        put_signed(b, IMAGE_FIELD_LINE, line - last);
        put_number(b, IMAGE_FIELD_RUN, n - 1);
        last = line;
    }
}

/* ---- codes ---- */

static bool is_joined(const Str *s, const Str *first, const char *middle, const Str *last)
{
    size_t n = strlen(middle);
    const char *p = str_data(s);
    return s->len == first->len + n + last->len && !memcmp(p, str_data(first), first->len) &&
           !memcmp(p + first->len, middle, n) && !memcmp(p + first->len + n, str_data(last), last->len);
}

static unsigned how_qualified(const Code *code, const Code *around)
{
    if (str_equal(code->qualname, code->name))
        return IMAGE_QUALNAME_SAME;
    if (around && is_joined(code->qualname, around->qualname, ".", code->name))
        return IMAGE_QUALNAME_MEMBER;
    return around && is_joined(code->qualname, around->qualname, ".<locals>.", code->name) ? IMAGE_QUALNAME_LOCAL
                                                                                            : IMAGE_QUALNAME_OTHER;
}

static void put_if(Bits *b, unsigned field, uint64_t n)
{
    if (n)
        put_number(b, field, n);
}

static void put_head(Writer *w, Bits *b, const Code *code)
{
    unsigned how = how_qualified(code, w->around);
    put_number(b, IMAGE_FIELD_FLAGS, code->flags * 4 + how);
    put_signed(b, IMAGE_FIELD_FIRST_LINE, (int64_t)code->first_line - w->line);
    put_number(b, IMAGE_FIELD_NREGS, code->nregs);
    put_number(b, IMAGE_FIELD_NLOCALS, code->nlocals);
    put_number(b, IMAGE_FIELD_NARGS, code->nargs);
    unsigned has = (code->nposonly ? IMAGE_HAS_POSONLY : 0) | (code->nkwonly ? IMAGE_HAS_KWONLY : 0) |
                   (code->ncaptures ? IMAGE_HAS_CAPTURES : 0) | (code->self_attrs ? IMAGE_HAS_SELF_ATTRS : 0);
    put_symbol(b, IMAGE_FIELD_HAS, has);
    put_if(b, IMAGE_FIELD_NPOSONLY, code->nposonly);
    put_if(b, IMAGE_FIELD_NKWONLY, code->nkwonly);
    put_if(b, IMAGE_FIELD_NCAPTURES, code->ncaptures);
    put_if(b, IMAGE_FIELD_SELF_ATTRS, code->self_attrs);
    put_str(w, b, IMAGE_FIELD_CODE_NAME, code->name);
    if (how == IMAGE_QUALNAME_OTHER)
        put_str(w, b, IMAGE_FIELD_CODE_NAME, code->qualname);
}

static void put_names(Writer *w, Bits *b, const Code *code)
{
    for (uint32_t i = 0; i < code->nlocals; i++)
        put_str(w, b, IMAGE_FIELD_LOCAL_NAME, code->local_names[i]);
    for (uint32_t i = 0; i < code->nlocals; i++)
        put_bits(b, code->local_is_cell[i], 1);
    for (uint32_t i = 0; i < code->ncaptures; i++) {
        put_str(w, b, IMAGE_FIELD_LOCAL_NAME, code->free_names[i]);
        put_number(b, IMAGE_FIELD_CAPTURE, code->captures[i].index * 2u + code->captures[i].is_local);
    }
}

static void put_handlers(Bits *b, const Code *code)
{
    for (uint32_t i = 0; i < code->nhandlers; i++) {
        const Handler *h = &code->handlers[i];
        put_number(b, IMAGE_FIELD_HANDLER, h->start);
        put_number(b, IMAGE_FIELD_HANDLER, h->end - h->start);
        put_number(b, IMAGE_FIELD_HANDLER, h->target);
        put_number(b, IMAGE_FIELD_HANDLER, h->reg);
        put_number(b, IMAGE_FIELD_HANDLER, h->live);
    }
}

static void put_body(Writer *w, Bits *b, const Code *code)
{
    uint32_t doc = code->flags & CODE_HAS_DOCSTRING ? 1 : 0;
    put_wide(b, IMAGE_FIELD_NINSTRS_WIDE, code->ninstrs);
    put_number(b, IMAGE_FIELD_NCONSTS, code->nconsts);
    put_number(b, IMAGE_FIELD_NCACHES, code->ncaches);
    put_number(b, IMAGE_FIELD_NHANDLERS, code->nhandlers);
    if (doc)
        put_str(w, b, IMAGE_FIELD_CONSTANT, as_str(code->consts[0]));
    put_names(w, b, code);
    for (uint32_t i = doc; i < code->nconsts; i++)
        put_value(w, b, code->consts[i]);
    for (uint32_t i = 0; i < code->ncaches; i++)
        put_str(w, b, IMAGE_FIELD_CACHE_NAME, code->caches[i].name);
    put_handlers(b, code);
    put_instructions(b, code);
    align(b);
    put_lines(b, code);
    align(b);
}

/* Behind the codes inside it. Where it begins. */
static size_t put_code(Writer *w, const Code *code)
{
    Bits b = { .coder = w->coder };
    const Code *outer = w->around;
    put_head(w, &b, code);
    w->around = code;
    w->line = code->first_line;
    put_body(w, &b, code);
    w->around = outer;
    w->line = code->first_line;
    size_t at = w->codes.len;
    put(&w->codes, b.b.data, b.b.len);
    free(b.b.data);
    return at;
}

void image_write_pool(ImageCoder *c)
{
    c->pool.len = 0;
    put_texts(c, c->texts, c->ntexts, &c->pool);
    for (unsigned i = 0; i < IMAGE_PADDING; i++)
        put_byte(&c->pool, 0);
}

void image_write(ImageCoder *coder, const Code *code, Bytebuf *out)
{
    Writer w = { .coder = coder };
    out->len = 0;
    put_fixed(out, 0, 8);
    note_code(&w, code, NULL);
    put_strings(&w, out);
    size_t root = put_code(&w, code);
    Bytebuf begin = { NULL, 0, 0 };
    put_fixed(&begin, out->len, 4);
    put_fixed(&begin, out->len + root, 4);
    memcpy(out->data, begin.data, 8);
    put(out, w.codes.data, w.codes.len);
    for (unsigned i = 0; i < IMAGE_PADDING; i++)
        put_byte(out, 0);
    free(begin.data);
    free(w.texts);
    free(w.codes.data);
}

/* ---- comparing ---- */

static const char *body_difference(Vm *vm, const Code *a, const Code *b)
{
    if (a->ninstrs != b->ninstrs || memcmp(a->instrs, b->instrs, a->ninstrs * sizeof *a->instrs))
        return "instructions differ";
    if (memcmp(a->live, b->live, a->ninstrs * sizeof *a->live))
        return "live counts differ";
    if (a->nhandlers != b->nhandlers || (a->nhandlers && memcmp(a->handlers, b->handlers, a->nhandlers * sizeof *a->handlers)))
        return "handlers differ";
    for (uint32_t i = 0; i < a->ninstrs; i++)
        if (line_at(a, i) != line_at(b, i))
            return "lines differ";
    for (uint32_t i = 0; i < a->nlocals; i++)
        if (a->local_names[i] != b->local_names[i] || a->local_is_cell[i] != b->local_is_cell[i])
            return "locals differ";
    for (uint32_t i = 0; i < a->ncaptures; i++)
        if (a->free_names[i] != b->free_names[i] || a->captures[i].is_local != b->captures[i].is_local ||
            a->captures[i].index != b->captures[i].index)
            return "captures differ";
    for (uint32_t i = 0; i < a->ncaches; i++)
        if (a->caches[i].name != b->caches[i].name)
            return "names differ";
    if (a->flags & CODE_HAS_DOCSTRING && value_is_empty(code_doc(vm, (Code *)(uintptr_t)b)))
        return "no docstring";
    for (uint32_t i = 0; i < a->nconsts; i++) {
        Value u = a->consts[i], v = b->consts[i];
        bool codes = value_is_obj(u) && value_is_obj(v) && is_code(u) && is_code(v);
        if (type_of(vm, u) != type_of(vm, v) || (!codes && op_equal(vm, u, v) != 1))
            return "constants differ";
        const char *what = codes ? image_difference(vm, as_code(u), as_code(v)) : NULL;
        if (what)
            return what;
    }
    return NULL;
}

const char *image_difference(Vm *vm, Code *a, Code *b)
{
    if (!code_ready(vm, a) || !code_ready(vm, b))
        return "out of memory";
    if (a->flags != b->flags || a->first_line != b->first_line || a->nregs != b->nregs || a->nlocals != b->nlocals ||
        a->nposonly != b->nposonly || a->nargs != b->nargs || a->nkwonly != b->nkwonly || a->nparams != b->nparams ||
        a->ncaptures != b->ncaptures || a->nconsts != b->nconsts || a->ncaches != b->ncaches ||
        a->self_attrs != b->self_attrs || a->name != b->name || !str_equal(a->qualname, b->qualname))
        return "heads differ";
    return body_difference(vm, a, b);
}
