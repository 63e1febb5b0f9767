/* SPDX-License-Identifier: MIT
 * Codes from their images. */
#include "vm/image.h"

#include <assert.h>

#include "vm/objects/bytes.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/set.h"
#include "vm/objects/str.h"

typedef struct Reader {
    Vm *vm;
    const uint8_t *p;
    const uint8_t *image;
    Str *filename;
    const Code *around;         /* the code that is being unpacked; NULL: none */
} Reader;

/* ---- numbers and strings ---- */

static inline uint64_t number(Reader *r)
{
    uint64_t v = *r->p++;
    if (LIKELY(v < 128))
        return v;
    v &= 127;
    for (unsigned shift = 7;; shift += 7) {
        uint64_t byte = *r->p++;
        v |= (byte & 127) << shift;
        if (byte < 128)
            return v;
    }
}

static inline int64_t signed_number(Reader *r)
{
    uint64_t v = number(r);
    return v & 1 ? -(int64_t)(v >> 1) - 1 : (int64_t)(v >> 1);
}

static uint64_t fixed(const uint8_t *p, unsigned bytes)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < bytes; i++)
        v |= (uint64_t)p[i] << 8 * i;
    return v;
}

static const char *string(Reader *r, size_t *len)
{
    Reader at = *r;
    at.p = r->image + number(r);
    *len = number(&at);
    return (const char *)at.p;
}

static Str *name(Reader *r)
{
    size_t len;
    const char *s = string(r, &len);
    return str_intern(r->vm, s, len);
}

/* ---- constants ---- */

static Code *head(Reader *r);

static Value object(void *o)
{
    return o ? value_from_obj(o) : VALUE_ERROR;
}

static double float_at(Reader *r)
{
    union { uint64_t bits; double d; } u = { fixed(r->p, 8) };
    r->p += 8;
    return u.d;
}

static Value big_int(Reader *r)
{
    uint64_t n = number(r), limbs[64];
    for (uint64_t i = 0; i < n / 2; i++, r->p += 8)
        limbs[i] = fixed(r->p, 8);
    return int_from_limbs(r->vm, n & 1 ? -1 : 1, limbs, n / 2);
}

static Value constant(Reader *r);

static Value tuple(Reader *r)
{
    size_t n = number(r);
    Tuple *t = tuple_new(r->vm, n);
    for (size_t i = 0; t && i < n; i++)
        if (value_is_empty(t->items[i] = constant(r)))
            return VALUE_ERROR;
    return object(t);
}

static Value frozenset(Reader *r)
{
    Set *s = set_new(r->vm, true);
    for (size_t n = number(r); s && n; n--) {
        Value v = constant(r);
        if (value_is_empty(v) || !set_add(r->vm, s, v))
            return VALUE_ERROR;
    }
    return object(s);
}

static Value code_constant(Reader *r)
{
    Reader at = *r;
    at.p = r->image + fixed(r->image, 4) + number(r);
    return object(head(&at));
}

static Value constant(Reader *r)
{
    size_t len;
    const char *s;
    switch (*r->p++) {
    case IMAGE_NONE: return VALUE_NONE;
    case IMAGE_TRUE: return VALUE_TRUE;
    case IMAGE_FALSE: return VALUE_FALSE;
    case IMAGE_ELLIPSIS: return VALUE_ELLIPSIS;
    case IMAGE_INT: return value_from_int48(signed_number(r));
    case IMAGE_BIG_INT: return big_int(r);
    case IMAGE_FLOAT: return value_from_double(float_at(r));
    case IMAGE_NAME: return object(name(r));
    case IMAGE_STR:
        s = string(r, &len);
        return object(str_new(r->vm, s, len));
    case IMAGE_BYTES:
        s = string(r, &len);
        return object(bytes_new(r->vm, s, len));
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
        return name(r);
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
    uint64_t flags = number(r);
    code->image = r->image;
    code->filename = r->filename;
    code->flags = (uint32_t)(flags >> 2);
    code->first_line = (uint32_t)number(r);
    code->nregs = (uint16_t)number(r);
    code->nlocals = (uint16_t)number(r);
    code->nposonly = (uint16_t)number(r);
    code->nargs = (uint16_t)number(r);
    code->nkwonly = (uint16_t)number(r);
    code->nparams = (uint16_t)(code->nargs + code->nkwonly + !!(code->flags & CODE_VARARGS) + !!(code->flags & CODE_VARKW));
    code->ncaptures = (uint32_t)number(r);
    code->self_attrs = (uint16_t)number(r);
    code->name = name(r);
    code->qualname = qualified(r, code->name, flags & 3);
    code->packed = r->p;
    return code->qualname ? code : NULL;
}

Code *image_code(Vm *vm, const uint8_t *image, Str *filename)
{
    return head(&(Reader){ vm, image + fixed(image + 4, 4), image, filename, NULL });
}

/* ---- bodies ---- */

static void captures(Reader *r, Code *code, bool *ok)
{
    for (uint32_t i = 0; i < code->ncaptures && *ok; i++) {
        *ok = (code->free_names[i] = name(r)) != NULL;
        uint64_t n = number(r);
        code->captures[i] = (Capture){ n & 1, (uint16_t)(n >> 1) };
    }
}

static void handlers(Reader *r, Code *code)
{
    for (uint32_t i = 0; i < code->nhandlers; i++) {
        Handler *h = &code->handlers[i];
        h->start = (uint32_t)number(r);
        h->end = h->start + (uint32_t)number(r);
        h->target = (uint32_t)number(r);
        h->reg = (uint16_t)number(r);
        h->live = (uint16_t)number(r);
    }
}

static void put_operand(Instr *i, unsigned which, uint16_t v)
{
    if (which == 0)
        i->a = v;
    else if (which == 1)
        i->b = v;
    else
        i->c = v;
}

static void instructions(Reader *r, Code *code)
{
    for (uint32_t n = 0; n < code->ninstrs; n++) {
        Instr i = { .op = *r->p++ };
        const char *kinds = op_operands[i.op];
        unsigned which = 0;
        for (; *kinds && *kinds != ':'; kinds++, which++)
            switch (*kinds) {
            case '.': break;
            case 'j': case 'i': put_operand(&i, which, (uint16_t)signed_number(r)); break;
            case 'J': i.j = (int32_t)signed_number(r); break;
            case 'K': case 'G': i.k = (uint32_t)number(r); break;
            default: put_operand(&i, which, (uint16_t)number(r));
            }
        if (*kinds)
            i.x = *r->p++;
        code->instrs[n] = i;
    }
}

/* The next run of equal numbers: its length. */
static inline uint64_t next_run(Reader *r, int64_t *value)
{
    uint8_t byte = *r->p++;
    if (UNLIKELY(!byte)) {
        uint64_t n = number(r);
        *value += signed_number(r);
        return n;
    }
    *value += byte % 16 - 8;
    return byte / 16 + 1u;
}

static void live_counts(Reader *r, Code *code)
{
    int64_t live = 0;
    for (uint32_t i = 0; i < code->ninstrs;)
        for (uint64_t n = next_run(r, &live); n; n--)
            code->live[i++] = (uint16_t)live;
}

static bool body(Reader *r, Code *code)
{
    bool ok = true;
    for (uint32_t i = 0; i < code->nlocals && ok; i++)
        ok = (code->local_names[i] = name(r)) != NULL;
    for (uint32_t i = 0; i < code->nlocals && ok; i++)
        code->local_is_cell[i] = *r->p++;
    captures(r, code, &ok);
    for (uint32_t i = 0; i < code->nconsts && ok; i++)
        ok = !value_is_empty(code->consts[i] = constant(r));
    for (uint32_t i = 0; i < code->ncaches && ok; i++)
        ok = (code->caches[i].name = name(r)) != NULL;
    if (!ok)
        return false;
    handlers(r, code);
    instructions(r, code);
    live_counts(r, code);
    return true;
}

/* The code stays as it is until all is there. */
bool code_unpack(Vm *vm, Code *code)
{
    Code made = *code;
    Reader r = { vm, code->packed, code->image, code->filename, code };
    made.ninstrs = (uint32_t)number(&r);
    made.nconsts = (uint32_t)number(&r);
    made.ncaches = (uint32_t)number(&r);
    made.nhandlers = (uint32_t)number(&r);
    if (!code_block(vm, &made))
        return false;
    if (!body(&r, &made)) {
        code_release(vm, &made);
        return false;
    }
    made.packed = r.p;
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
    Reader r = { .p = code->packed };
    int64_t line = 0;
    if (at < code->ninstrs)
        for (uint64_t end = 0; end <= at;)
            end += next_run(&r, &line);
    return (Position){ (uint32_t)line, (uint32_t)line, UINT16_MAX, UINT16_MAX };
}
