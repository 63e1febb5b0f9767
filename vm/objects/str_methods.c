/* SPDX-License-Identifier: MIT
 * The type str: operators, indexing, and the methods that look at whole strings. Others are in str_search.c,
 * str_split.c, str_layout.c, str_translate.c, str_format.c, str_percent.c and text_codec.c. */
#include "vm/objects/str_methods.h"
#include "vm/objects/seq.h"

#include "vm/iter.h"
#include "vm/objects/bytes.h"
#include "vm/objects/text_codec.h"
#include "vm/text/search.h"
#include "vm/text/strcase.h"
#include "vm/text/strops.h"
#include "vm/text/strrepr.h"
#include "vm/text/utf8.h"

/* ---- arguments ---- */
bool arg_ssize(Vm *vm, Value v, int64_t *out)
{
    if (LIKELY(int_to_i64(v, out)))
        return true;
    raise_exc(vm, EXC_OverflowError, "Python int too large to convert to C ssize_t");
    return false;
}

bool arg_cint(Vm *vm, Value v, int *out)
{
    int64_t i;
    if (!int_to_i64(v, &i) || i < INT32_MIN || i > INT32_MAX) {
        raise_exc(vm, EXC_OverflowError, "Python int too large to convert to C int");
        return false;
    }
    *out = (int)i;
    return true;
}

bool arg_range(Vm *vm, Value start, Value end, size_t len, int64_t *from, int64_t *to)
{
    int64_t n = (int64_t)len;
    *from = 0;
    *to = n;
    if ((!value_is_none(start) && !slice_index(vm, start, from)) ||
        (!value_is_none(end) && !slice_index(vm, end, to)))
        return false;
    if (*to > n)
        *to = n;
    else if (*to < 0 && (*to += n) < 0)
        *to = 0;
    if (*from < 0 && (*from += n) < 0)
        *from = 0;
    return true;
}

Str *str_part(Vm *vm, Str *s, size_t from, size_t to)
{
    if (from == to)
        return vm->empty_str;
    if (from == 0 && to == s->len && s->h.shape == SHAPE_STR_ID)
        return s;
    return s->h.flags & STR_ASCII ? str_ascii_part(vm, s, from, to) : str_new(vm, str_data(s) + from, to - from);
}

/* ---- making ---- */

/* A copy of s as an instance of a subclass of str. */
static Value subclass_copy(Vm *vm, Type *cls, const Str *s)
{
    Str *r = (Str *)object_alloc_var(vm, cls, KIND_STR, sizeof(Str) + (size_t)s->len + 1);
    if (!r)
        return VALUE_ERROR;
    r->len = s->len;
    r->hash = s->hash;
    r->chars = s->chars;
    r->h.flags |= s->h.flags & (STR_ASCII | STR_SURROGATES);
    memcpy(r->text, str_data(s), s->len);
    return value_from_obj(r);
}

static Str *decode_object(Vm *vm, Value v, Value encoding, Value errors)
{
    const char *data;
    size_t len;
    if (is_str(v)) {
        raise_exc(vm, EXC_TypeError, "decoding str is not supported");
        return NULL;
    }
    if (!bytes_view(vm, v, &data, &len)) {
        if (bytes_refused(vm))
            raise_exc(vm, EXC_TypeError, "decoding to str: need a bytes-like object, %T found", v);
        return NULL;
    }
    return text_decode(vm, v, data, len, value_is_empty(encoding) ? NULL : as_str(encoding),
                       value_is_empty(errors) ? NULL : as_str(errors));
}

/* by_name: the words differ. */
static bool check_text(Vm *vm, Value v, const char *name, bool by_name)
{
    if (value_is_empty(v) || is_str(v))
        return true;
    raise_exc(vm, EXC_TypeError, "str() argument '%s' must be str, not %s", name,
          value_is_none(v) && by_name ? "None" : type_name_of(vm, v));
    return false;
}

Value str_m_new(Vm *vm, Value self, const Args *args)
{
    Type *cls = as_type(self);
    Value object = args->v[0], encoding = args->v[1], errors = args->v[2];
    Str *s;
    if (args->nrest && cls != vm->types.str)
        return raise_exc(vm, EXC_TypeError, "str() takes at most 3 arguments (%u given)", args->given);
    if (args->nrest)
        return raise_exc(vm, EXC_TypeError, "str expected at most 3 arguments, got %u", args->given);
    if (!check_text(vm, encoding, "encoding", args->given < 2) || !check_text(vm, errors, "errors", args->given < 3))
        return VALUE_ERROR;
    if (value_is_empty(object))
        s = vm->empty_str;
    else if (value_is_empty(encoding) && value_is_empty(errors))
        s = op_str(vm, object);
    else
        s = decode_object(vm, object, encoding, errors);
    if (!s)
        return VALUE_ERROR;
    return cls == vm->types.str ? value_from_obj(s) : subclass_copy(vm, cls, s);
}

Value str_m_getnewargs(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Str *s = as_str(self);
    s = str_new(vm, str_data(s), s->len);
    return s ? value_from_obj(tuple_pack(vm, 1, value_from_obj(s))) : VALUE_ERROR;
}

/* ---- text ---- */
Value str_m_repr(Vm *vm, Value self, const Args *args)
{
    (void)args;
    Buf b;
    char small[96];
    buf_init_on(&b, &vm->alloc, small, sizeof small);
    strrepr_str(&b, str_data(as_str(self)), as_str(self)->len);
    return value_from_obj(str_from_buf(vm, &b));
}

Value str_m_str(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return value_from_obj(str_exact(vm, as_str(self)));
}

Value str_m_hash(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return value_from_int48(str_hash(vm, as_str(self)));
}

Value str_m_len(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return value_from_int48(as_str(self)->chars);
}

Value str_m_iter(Vm *vm, Value self, const Args *args)
{
    (void)args;
    return value_from_obj(iter_new(vm, ITER_STR, str_is_ascii(as_str(self)) ? vm->types.str_ascii_iterator :
                                   vm->types.str_iterator, self, 0, 0, 0));
}

/* ---- comparison ---- */
Value str_m_eq(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    if (!is_str(args->v[0]))
        return VALUE_NOT_IMPLEMENTED;
    return value_from_bool(str_equal(as_str(self), as_str(args->v[0])));
}

Value str_m_ne(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    if (!is_str(args->v[0]))
        return VALUE_NOT_IMPLEMENTED;
    return value_from_bool(!str_equal(as_str(self), as_str(args->v[0])));
}

#define STR_ORDER(name, test)                                                           \
    Value str_m_##name(Vm *vm, Value self, const Args *args)                            \
    {                                                                                   \
        (void)vm;                                                                       \
        if (!is_str(args->v[0]))                                                        \
            return VALUE_NOT_IMPLEMENTED;                                               \
        return value_from_bool(str_compare(as_str(self), as_str(args->v[0])) test);     \
    }
STR_ORDER(lt, < 0)
STR_ORDER(le, <= 0)
STR_ORDER(gt, > 0)
STR_ORDER(ge, >= 0)
#undef STR_ORDER

/* ---- items ---- */
static Str *ascii_stepped(Vm *vm, Str *s, const SliceRange *b)
{
    Str *r = str_alloc(vm, (size_t)b->count);
    if (!r)
        return NULL;
    const char *text = str_data(s);
    for (int64_t i = 0, at = b->start; i < b->count; i++, at = (int64_t)((uint64_t)at + (uint64_t)b->step))
        r->text[i] = text[at];
    str_finish(r);
    return r;
}

/* Steps within what one look at the index would scan are walked. */
static Str *wide_stepped(Vm *vm, Str *s, const SliceRange *b)
{
    const char *text = str_data(s), *p = text + str_offset(vm, s, (uint32_t)b->start);
    bool walk = b->step >= -UTF8_INDEX_STEP && b->step <= UTF8_INDEX_STEP;
    Buf out;
    buf_init(&out, &vm->alloc);
    for (int64_t i = 0;;) {
        buf_put(&out, p, utf8_size_of_lead(*p));
        if (++i == b->count)
            break;
        if (!walk)
            p = text + str_offset(vm, s, (uint32_t)(b->start + i * b->step));
        for (int64_t k = 0; walk && k < b->step; k++)
            p += utf8_size_of_lead(*p);
        for (int64_t k = 0; walk && k > b->step; k--)
            (void)utf8_prev(&p);
    }
    return str_from_buf(vm, &out);
}

Value str_subscript_slice(Vm *vm, Str *s, Slice *slice)
{
    SliceRange b;
    if (!slice_range(vm, slice, s->chars, &b))
        return VALUE_ERROR;
    if (b.step == 1 || b.count == 0)
        return value_from_obj(str_slice(vm, s, b.start, b.start + b.count));
    return value_from_obj(s->h.flags & STR_ASCII ? ascii_stepped(vm, s, &b) : wide_stepped(vm, s, &b));
}

Value str_m_getitem(Vm *vm, Value self, const Args *args)
{
    Str *s = as_str(self);
    Value key = args->v[0];
    int64_t i;
    if (is_slice(key))
        return str_subscript_slice(vm, s, as_slice(key));
    if (LIKELY(value_is_int48(key))) {
        i = value_int48(key);
    } else {
        if (!is_int(key) && value_is_empty(type_special(type_of(vm, key), SPECIAL_INDEX)))
            return raise_exc(vm, EXC_TypeError, "string indices must be integers, not '%T'", key);
        Value n = op_index(vm, key);
        if (value_is_empty(n))
            return n;
        if (!int_to_i64(n, &i))
            return raise_exc(vm, EXC_IndexError, "cannot fit '%T' into an index-sized integer", key);
    }
    if (i < 0)
        i += s->chars;
    if (i < 0 || i >= (int64_t)s->chars)
        return raise_exc(vm, EXC_IndexError, "string index out of range");
    return str_at(vm, s, i);
}

Value str_m_contains(Vm *vm, Value self, const Args *args)
{
    Value key = args->v[0];
    if (!is_str(key))
        return raise_exc(vm, EXC_TypeError, "'in <string>' requires string as left operand, not %T", key);
    Str *s = as_str(self), *sub = as_str(key);
    return value_from_bool(search_find(str_data(s), s->len, str_data(sub), sub->len) != SEARCH_NONE);
}

Value str_m_add(Vm *vm, Value self, const Args *args)
{
    Value other = args->v[0];
    if (UNLIKELY(!is_str(other)))
        return raise_exc(vm, EXC_TypeError, "can only concatenate str (not \"%T\") to str", other);
    return value_from_obj(str_concat(vm, as_str(self), as_str(other)));
}

static Str *str_repeat(Vm *vm, Str *s, int64_t times)
{
    if (times == 0 || s->len == 0)
        return vm->empty_str;
    if (times == 1)
        return str_exact(vm, s);
    if (times > INT64_MAX / s->len) {
        if (times > INT64_MAX / s->chars)
            raise_exc(vm, EXC_OverflowError, "repeated string is too long");
        else
            raise_no_memory(vm);
        return NULL;
    }
    Str *r = str_alloc(vm, (size_t)times * s->len);
    if (!r)
        return NULL;
    if (s->len == 1) {
        memset(r->text, *str_data(s), r->len);
    } else {
        memcpy(r->text, str_data(s), s->len);
        for (size_t done = s->len; done < r->len; done *= 2)
            memcpy(r->text + done, r->text, done < r->len - done ? done : r->len - done);
    }
    r->text[r->len] = 0;
    r->chars = (uint32_t)times * s->chars;
    r->h.flags |= s->h.flags & (STR_ASCII | STR_SURROGATES);
    return r;
}

Value str_m_mul(Vm *vm, Value self, const Args *args)
{
    int64_t times;
    if (!seq_repeat_count(vm, args->v[0], &times))
        return VALUE_ERROR;
    if (times < 0)
        times = 0;
    return value_from_obj(str_repeat(vm, as_str(self), times));
}

/* ---- case ---- */
static Value convert_case(Vm *vm, Value self, StrCase how)
{
    Str *s = as_str(self);
    if (s->len && (s->h.flags & STR_ASCII)) {
        Str *r = str_alloc(vm, s->len);
        if (!r)
            return VALUE_ERROR;
        strcase_convert_ascii(r->text, str_data(s), s->len, how);
        r->text[r->len] = 0;
        r->chars = r->len;
        r->h.flags |= STR_ASCII;
        return value_from_obj(r);
    }
    Buf b;
    buf_init(&b, &vm->alloc);
    strcase_convert(&b, str_data(s), s->len, how);
    return value_from_obj(str_from_buf(vm, &b));
}

#define STR_CASE(name, HOW)                                     \
    Value str_m_##name(Vm *vm, Value self, const Args *args)    \
    {                                                           \
        (void)args;                                             \
        return convert_case(vm, self, STRCASE_##HOW);           \
    }
STR_CASE(lower, LOWER)
STR_CASE(upper, UPPER)
STR_CASE(title, TITLE)
STR_CASE(capitalize, CAPITALIZE)
STR_CASE(swapcase, SWAP)
STR_CASE(casefold, FOLD)
#undef STR_CASE

/* ---- classes ---- */
#define STR_IS(name, WHAT)                                                                                  \
    Value str_m_is##name(Vm *vm, Value self, const Args *args)                                              \
    {                                                                                                       \
        (void)vm;                                                                                           \
        (void)args;                                                                                         \
        return value_from_bool(text_is(TEXT_##WHAT, str_data(as_str(self)), as_str(self)->len));            \
    }
STR_IS(alnum, ALNUM)
STR_IS(alpha, ALPHA)
STR_IS(ascii, ASCII)
STR_IS(decimal, DECIMAL)
STR_IS(digit, DIGIT)
STR_IS(identifier, IDENTIFIER)
STR_IS(lower, LOWER)
STR_IS(numeric, NUMERIC)
STR_IS(printable, PRINTABLE)
STR_IS(space, SPACE)
STR_IS(title, TITLE)
STR_IS(upper, UPPER)
#undef STR_IS

/* ---- the type ---- */
static const MethodDef str_methods[] = {
#define STR_METHOD(name, signature, doc, flags) { signature, doc, str_m_##name, flags },
#include "vm/objects/str_methods.def"
    { 0 }
};
static const TypeDef str_def = {
    .name = "str",
    .doc = "str(object='') -> str\n"
           "str(bytes_or_buffer[, encoding[, errors]]) -> str\n\n"
           "The text of the object, by its __str__() or repr(); or the bytes, decoded.",
    .layout = LAYOUT(STR),
    .methods = str_methods,
    .flags = TYPE_BASE | TYPE_MATCH_SELF,
    .shape_id = SHAPE_STR_ID,
};

bool str_types_init(Vm *vm)
{
    vm->types.str = type_from_def(vm, &str_def, vm->types.object);
    return vm->types.str != NULL;
}
