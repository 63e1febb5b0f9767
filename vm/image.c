/* SPDX-License-Identifier: MIT
 * Codes from their images. */
#include "vm/image.h"

#include <assert.h>

#include "vm/buf.h"
#include "vm/objects/bytes.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/set.h"
#include "vm/objects/str.h"

typedef struct Reader {
    Vm *vm;
    const Image *image;
    const ImageModel *model;    /* the image's */
    const uint8_t *p;
    uint64_t bits;              /* the lowest nbits of them are still to be read, the highest of these first */
    unsigned nbits;
    Str *filename;
    const Code *around;         /* the code that is being unpacked; NULL: none */
    int64_t line;               /* where the last code in it began, or itself */
} Reader;

static Reader reader_at(const Reader *r, size_t offset)
{
    return (Reader){ r->vm, r->image, r->model, r->image->bytes + offset, 0, 0, r->filename, r->around, r->line };
}

/* ---- symbols and numbers ---- */

static inline void refill(Reader *r)
{
    if (r->nbits < 32) {
        r->bits = r->bits << 32 | ((uint64_t)r->p[0] << 24 | (uint64_t)r->p[1] << 16 | (uint64_t)r->p[2] << 8 | r->p[3]);
        r->p += 4;
        r->nbits += 32;
    }
}

/* Canonical codes: those of one length are consecutive, and behind those of shorter ones. */
static NOINLINE unsigned long_symbol(Reader *r, const uint8_t *table)
{
    uint64_t bits = r->bits & (((uint64_t)1 << r->nbits) - 1);
    unsigned first = *table++, lengths = *table++;
    const uint8_t *symbols = table + lengths;
    for (unsigned left = r->nbits - IMAGE_SHORT_CODE - 1;; left--) {
        unsigned at = (unsigned)(bits >> left) - first, count = *table++;
        if (at < count) {
            r->nbits = left;
            return symbols[at];
        }
        symbols += count;
        first = (first + count) << 1;
    }
}

static inline unsigned symbol(Reader *r, unsigned context)
{
    const uint8_t *table = r->model->tables + r->model->offsets[context];
    refill(r);
    const uint8_t *entry = table + (r->bits >> (r->nbits - IMAGE_SHORT_CODE) & IMAGE_SHORT_MASK) * 2;
    if (UNLIKELY(!*entry))
        return long_symbol(r, table + 2 * IMAGE_SHORT_MASK + 2);
    r->nbits -= *entry - 1u;
    return entry[1];
}

static unsigned plain(Reader *r, unsigned n)
{
    refill(r);
    r->nbits -= n;
    return (unsigned)(r->bits >> r->nbits) & ((1u << n) - 1);
}

static uint64_t number(Reader *r, unsigned context)
{
    uint64_t v = symbol(r, context);
    if (LIKELY(v < 255))
        return v;
    v = 0;
    for (unsigned shift = 0;; shift += 7) {
        uint64_t byte = plain(r, 8);
        v |= (byte & 127) << shift;
        if (byte < 128)
            return v;
    }
}

static int64_t signed_number(Reader *r, unsigned context)
{
    uint64_t v = number(r, context);
    return v & 1 ? -(int64_t)(v >> 1) - 1 : (int64_t)(v >> 1);
}

static uint64_t wide(Reader *r, unsigned field)
{
    uint64_t high = number(r, field);
    return high << 8 | plain(r, 8);
}

static uint64_t fixed(Reader *r)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < 8; i++)
        v |= (uint64_t)plain(r, 8) << 8 * i;
    return v;
}

static uint32_t fixed_at(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* ---- strings ---- */

static const uint8_t *reference(Reader *r, unsigned field)
{
    uint64_t high = number(r, field);
    unsigned low = symbol(r, image_low_context(high >> 1, high & 1));
    return (high & 1 ? r->model->pool : r->image->bytes) + (high >> 1 << 8 | low);
}

static size_t put_unit(const ImageModel *model, unsigned unit, char *to)
{
    unsigned from = model->unit_starts[unit], n = model->unit_starts[unit + 1] - from;
    for (unsigned i = 0; i < n; i++)
        to[i] = (char)model->unit_text[from + i];
    return n;
}

/* The bytes of a string: in the image, or unpacked into room or, longer ones, *buf. NULL: MemoryError is pending. */
#define STRING_ROOM 240u
static const char *string_at(Reader *r, const uint8_t *text, size_t *len, char *room, Buf *buf)
{
    Reader at = { .model = r->model, .p = text };
    uint64_t n = 0;
    for (unsigned shift = 0;; shift += 7) {
        uint64_t byte = *at.p++;
        n |= (byte & 127) << shift;
        if (byte < 128)
            break;
    }
    *len = n >> 1;
    if (!(n & 1))
        return (const char *)at.p;
    char *to = *len <= STRING_ROOM ? room : buf_reserve(buf, *len);
    if (!to) {
        raise_no_memory(r->vm);
        return NULL;
    }
    unsigned before = 0;
    for (size_t i = 0; i < *len;) {
        before = symbol(&at, IMAGE_CTX_CHAR + before);
        if (before < IMAGE_UNIT)
            to[i++] = (char)(before != IMAGE_ESCAPE ? before : plain(&at, 8));
        else
            i += put_unit(r->model, before - IMAGE_UNIT, to + i);
    }
    return to;
}

static Value string_value(Reader *r, const uint8_t *text, unsigned tag)
{
    if (LIKELY(tag == IMAGE_NAME && !(*text & 129))) {      /* short, and as it is */
        Str *name = str_intern(r->vm, (const char *)text + 1, *text >> 1);
        return name ? value_from_obj(name) : VALUE_ERROR;
    }
    Buf buf;
    size_t len;
    char room[STRING_ROOM];
    buf_init(&buf, &r->vm->alloc);
    const char *s = string_at(r, text, &len, room, &buf);
    void *o = !s ? NULL : tag == IMAGE_BYTES ? (void *)bytes_new(r->vm, s, len) :
              tag == IMAGE_NAME ? (void *)str_intern(r->vm, s, len) : (void *)str_new(r->vm, s, len);
    if (len > STRING_ROOM)
        buf_free(&buf);
    return o ? value_from_obj(o) : VALUE_ERROR;
}

/* Most names come several times: the last ones, by their place in an image. The collector forgets them. */
static Str *name(Reader *r, unsigned field)
{
    const uint8_t *text = reference(r, field);
    ImageNames *names = &r->vm->image_names;
    size_t at = ((uintptr_t)text ^ (uintptr_t)text >> 8) % COUNT_OF(names->places);
    if (names->places[at] == text)
        return names->names[at];
    Value v = string_value(r, text, IMAGE_NAME);
    if (value_is_empty(v))
        return NULL;
    names->any = true;
    names->places[at] = text;
    return names->names[at] = as_str(v);
}

Value image_doc(Vm *vm, const Code *code)
{
    Reader r = { .vm = vm, .image = code->image, .model = code->image->model };
    return string_value(&r, code->doc, IMAGE_STR);
}

/* ---- constants ---- */

static Code *head(Reader *r);

static Value object(void *o)
{
    return o ? value_from_obj(o) : VALUE_ERROR;
}

static Value float_constant(Reader *r)
{
    union { uint64_t bits; double d; } u = { fixed(r) };
    return value_from_double(u.d);
}

static Value big_int(Reader *r)
{
    uint64_t n = number(r, IMAGE_FIELD_COUNT), limbs[64];
    for (uint64_t i = 0; i < n / 2; i++)
        limbs[i] = fixed(r);
    return int_from_limbs(r->vm, n & 1 ? -1 : 1, limbs, n / 2);
}

static Value constant(Reader *r);

static Value tuple(Reader *r)
{
    size_t n = number(r, IMAGE_FIELD_COUNT);
    Tuple *t = tuple_new(r->vm, n);
    for (size_t i = 0; t && i < n; i++)
        if (value_is_empty(t->items[i] = constant(r)))
            return VALUE_ERROR;
    return object(t);
}

static Value frozenset(Reader *r)
{
    Set *s = set_new(r->vm, true);
    for (size_t n = number(r, IMAGE_FIELD_COUNT); s && n; n--) {
        Value v = constant(r);
        if (value_is_empty(v) || !set_add(r->vm, s, v))
            return VALUE_ERROR;
    }
    return object(s);
}

static Value code_constant(Reader *r)
{
    Reader at = reader_at(r, fixed_at(r->image->bytes) + wide(r, IMAGE_FIELD_CODE_WIDE));
    Code *code = head(&at);
    r->line = at.line;
    return object(code);
}

static Value constant(Reader *r)
{
    unsigned tag = symbol(r, IMAGE_FIELD_TAG);
    switch (tag) {
    case IMAGE_NONE: return VALUE_NONE;
    case IMAGE_TRUE: return VALUE_TRUE;
    case IMAGE_FALSE: return VALUE_FALSE;
    case IMAGE_ELLIPSIS: return VALUE_ELLIPSIS;
    case IMAGE_INT: return value_from_int48(signed_number(r, IMAGE_FIELD_INT));
    case IMAGE_BIG_INT: return big_int(r);
    case IMAGE_FLOAT: return float_constant(r);
    case IMAGE_NAME: return object(name(r, IMAGE_FIELD_CONSTANT_NAME));
    case IMAGE_STR: case IMAGE_BYTES: return string_value(r, reference(r, IMAGE_FIELD_CONSTANT), tag);
    case IMAGE_TUPLE: return tuple(r);
    case IMAGE_FROZENSET: return frozenset(r);
    default: return code_constant(r);
    }
}

/* ---- heads ---- */

static Str *qualified(Reader *r, Str *own, unsigned how)
{
    if (how == IMAGE_QUALNAME_SAME || !own)
        return own;
    if (how == IMAGE_QUALNAME_OTHER)
        return name(r, IMAGE_FIELD_CODE_NAME);
    const Str *first = r->around->qualname;
    size_t n = how == IMAGE_QUALNAME_LOCAL ? sizeof ".<locals>." - 1 : 1;
    Str *s = str_alloc(r->vm, first->len + n + own->len);
    if (!s)
        return NULL;
    memcpy(s->text, str_data(first), first->len);
    memcpy(s->text + first->len, ".<locals>.", n);
    memcpy(s->text + first->len + n, str_data(own), own->len);
    str_finish(s);
    return s;
}

static Code *head(Reader *r)
{
    Code *code = code_new(r->vm);
    if (!code)
        return NULL;
    uint64_t flags = number(r, IMAGE_FIELD_FLAGS);
    code->image = r->image;
    code->filename = r->filename;
    code->flags = (uint32_t)(flags >> 2);
    r->line += signed_number(r, IMAGE_FIELD_FIRST_LINE);
    code->first_line = (uint32_t)r->line;
    code->nregs = (uint16_t)number(r, IMAGE_FIELD_NREGS);
    code->nlocals = (uint16_t)number(r, IMAGE_FIELD_NLOCALS);
    code->nargs = (uint16_t)number(r, IMAGE_FIELD_NARGS);
    unsigned has = symbol(r, IMAGE_FIELD_HAS);
    if (has & IMAGE_HAS_POSONLY)
        code->nposonly = (uint16_t)number(r, IMAGE_FIELD_NPOSONLY);
    if (has & IMAGE_HAS_KWONLY)
        code->nkwonly = (uint16_t)number(r, IMAGE_FIELD_NKWONLY);
    if (has & IMAGE_HAS_CAPTURES)
        code->ncaptures = (uint32_t)number(r, IMAGE_FIELD_NCAPTURES);
    if (has & IMAGE_HAS_SELF_ATTRS)
        code->self_attrs = (uint16_t)number(r, IMAGE_FIELD_SELF_ATTRS);
    code->nparams = (uint16_t)(code->nargs + code->nkwonly + !!(code->flags & CODE_VARARGS) + !!(code->flags & CODE_VARKW));
    code->name = name(r, IMAGE_FIELD_CODE_NAME);
    code->qualname = qualified(r, code->name, flags & 3);
    code->packed = r->p - r->nbits / 8;
    code->packed_bit = (uint8_t)(r->nbits % 8);
    return code->qualname ? code : NULL;
}

Code *image_code(Vm *vm, const Image *image, Str *filename)
{
    Reader r = { .vm = vm, .image = image, .model = image->model, .filename = filename };
    Reader at = reader_at(&r, fixed_at(image->bytes + 4));
    return head(&at);
}

/* ---- bodies ---- */

static bool captures(Reader *r, Code *code)
{
    for (uint32_t i = 0; i < code->ncaptures; i++) {
        if (!(code->free_names[i] = name(r, IMAGE_FIELD_LOCAL_NAME)))
            return false;
        uint64_t n = number(r, IMAGE_FIELD_CAPTURE);
        code->captures[i] = (Capture){ n & 1, (uint16_t)(n >> 1) };
    }
    return true;
}

static void handlers(Reader *r, Code *code)
{
    for (uint32_t i = 0; i < code->nhandlers; i++) {
        Handler *h = &code->handlers[i];
        h->start = (uint32_t)number(r, IMAGE_FIELD_HANDLER);
        h->end = h->start + (uint32_t)number(r, IMAGE_FIELD_HANDLER);
        h->target = (uint32_t)number(r, IMAGE_FIELD_HANDLER);
        h->reg = (uint16_t)number(r, IMAGE_FIELD_HANDLER);
        h->live = (uint16_t)number(r, IMAGE_FIELD_HANDLER);
    }
}

static uint32_t index_operand(Reader *r, unsigned context, uint32_t *next)
{
    uint32_t less = (uint32_t)number(r, context);
    if (less && less < IMAGE_INDEX_FAR)
        return *next - less;
    *next += 1;
    return less ? (*next = less - IMAGE_INDEX_FAR + 1) - 1 : *next - 1;
}

static uint16_t register_operand(Reader *r, unsigned context, int64_t live)
{
    uint64_t n = number(r, context);
    return (uint16_t)(n >= IMAGE_LOCAL_MAX && n < 224 ? live + (int64_t)n - IMAGE_TEMP : (int64_t)n);
}

static void operands(Reader *r, Instr *i, int64_t live, uint32_t next[4])
{
    const char *kinds = op_operands[i->op];
    unsigned context = IMAGE_CTX_OPERAND + 3u * i->op;
    uint16_t *const to[3] = { &i->a, &i->b, &i->c };
    for (unsigned k = 0; *kinds && *kinds != ':'; kinds++, k++, context++)
        switch (*kinds) {
        case '.': break;
        case 'r': case 'w': case 'm': case 'R': case 'W': *to[k] = register_operand(r, context, live); break;
        case 'j': case 'i': *to[k] = (uint16_t)signed_number(r, context); break;
        case 'J': i->j = (int32_t)signed_number(r, context); break;
        case 'K': i->k = index_operand(r, context, &next[0]); break;
        case 'G': i->k = index_operand(r, context, &next[1]); break;
        case 'k': *to[k] = (uint16_t)index_operand(r, context, &next[2]); break;
        case 'g': *to[k] = (uint16_t)index_operand(r, context, &next[3]); break;
        default: *to[k] = (uint16_t)number(r, context);
        }
    if (*kinds)
        i->x = (uint8_t)symbol(r, IMAGE_CTX_X + i->op);
}

static void instructions(Reader *r, Code *code)
{
    uint32_t next[4] = { (uint32_t)number(r, IMAGE_FIELD_FIRST), (uint32_t)number(r, IMAGE_FIELD_FIRST),
                         code->flags & CODE_HAS_DOCSTRING ? 1 : 0, 0 };
    unsigned last = OPCODE_COUNT;
    int64_t live = code->nlocals;
    for (uint32_t n = 0; n < code->ninstrs; n++) {
        Instr i = { .op = (uint8_t)symbol(r, IMAGE_CTX_OP + last) };
        unsigned change = r->model->usual[last];
        if (i.op == IMAGE_UNUSUAL) {
            change = symbol(r, IMAGE_CTX_LIVE + last);
            i.op = (uint8_t)symbol(r, IMAGE_CTX_OP + last);
        }
        live += (int64_t)change - IMAGE_LIVE_ZERO;
        operands(r, &i, live, next);
        code->instrs[n] = i;
        code->live[n] = (uint16_t)live;
        last = i.op;
    }
}

static bool names(Reader *r, Code *code)
{
    bool ok = true;
    for (uint32_t i = 0; i < code->nlocals && ok; i++)
        ok = (code->local_names[i] = name(r, IMAGE_FIELD_LOCAL_NAME)) != NULL;
    for (uint32_t i = 0; i < code->nlocals && ok; i++)
        code->local_is_cell[i] = (uint8_t)plain(r, 1);
    return ok && captures(r, code);
}

static bool body(Reader *r, Code *code)
{
    uint32_t doc = code->flags & CODE_HAS_DOCSTRING ? 1 : 0;
    if (doc)
        code->doc = reference(r, IMAGE_FIELD_CONSTANT);
    bool ok = names(r, code);
    for (uint32_t i = doc; i < code->nconsts && ok; i++)
        ok = !value_is_empty(code->consts[i] = constant(r));
    for (uint32_t i = 0; i < code->ncaches && ok; i++)
        ok = (code->caches[i].name = name(r, IMAGE_FIELD_CACHE_NAME)) != NULL;
    if (!ok)
        return false;
    handlers(r, code);
    instructions(r, code);
    return true;
}

/* The code stays as it is until all is there. */
bool code_unpack(Vm *vm, Code *code)
{
    Code made = *code;
    Reader r = { vm, code->image, code->image->model, code->packed, 0, 0, code->filename, code, code->first_line };
    if (code->packed_bit) {
        r.bits = r.p[-1];
        r.nbits = code->packed_bit;
    }
    made.ninstrs = (uint32_t)wide(&r, IMAGE_FIELD_NINSTRS_WIDE);
    made.nconsts = (uint32_t)number(&r, IMAGE_FIELD_NCONSTS);
    made.ncaches = (uint32_t)number(&r, IMAGE_FIELD_NCACHES);
    made.nhandlers = (uint32_t)number(&r, IMAGE_FIELD_NHANDLERS);
    if (!code_block(vm, &made))
        return false;
    if (!body(&r, &made)) {
        code_release(vm, &made);
        return false;
    }
    made.packed = r.p - r.nbits / 8;
    *code = made;
    heap_touch(vm, code);
#ifdef AIO_DEBUG
    assert(!code_verify(code));
#endif
    return true;
}

/* ---- positions ---- */

Position image_position(const Code *code, uint32_t at)
{
    Reader r = { .image = code->image, .model = code->image->model, .p = code->packed };
    int64_t line = code->first_line;
    if (at < code->ninstrs)
        for (uint64_t end = 0; end <= at;) {
            line += signed_number(&r, IMAGE_FIELD_LINE);
            end += number(&r, IMAGE_FIELD_RUN) + 1;
        }
    return (Position){ (uint32_t)line, (uint32_t)line, UINT16_MAX, UINT16_MAX };
}
