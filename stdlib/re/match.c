/* SPDX-License-Identifier: MIT
 * Match objects. They keep byte offsets; scripts see characters. */
#include "stdlib/re/re.h"

#include "vm/objects/bytes.h"
#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/seq.h"

static inline Match *as_match(Value v) { return (Match *)value_obj(v); }

static void match_trace(Marker *m, Obj *o)
{
    Match *x = (Match *)o;
    mark_value(m, x->string);
    mark_obj(m, x->pattern);
    mark_obj(m, x->regs);
}
static const TypeLayout match_layout = { .kind = KIND_EXT, .size = sizeof(Match), .trace = match_trace };

/* The group that was closed last: the one that ends last, or of two that end at the same place the one whose
 * parenthesis closes later. A lookahead's groups count by where they begin, for what follows begins there, too. */
static unsigned last_group(const Pattern *p, const size_t *regs)
{
    unsigned last = 0;
    size_t last_end = 0;
    for (unsigned i = 1; i <= p->groups; i++) {
        if (regs[2 * i] == RE_UNSET)
            continue;
        size_t end = regs[2 * i + !(p->closing[i] & 1)];
        if (!last || end > last_end || (end == last_end && p->closing[i] > p->closing[last])) {
            last = i;
            last_end = end;
        }
    }
    return last;
}

Value re_match_new(Vm *vm, Pattern *p, const Subject *s, const size_t *regs)
{
    size_t bytes = 2 * ((size_t)p->groups + 1) * sizeof *regs;
    Match *m = (Match *)object_alloc(vm, p->match_type);
    Raw *raw = m ? raw_new(vm, bytes) : NULL;
    if (!raw)
        return VALUE_ERROR;
    memcpy(raw->data, regs, bytes);
    m->string = s->string;
    m->pattern = p;
    m->pos = s->pos;
    m->endpos = s->endpos;
    m->regs = raw;
    m->last = last_group(p, regs);
    return value_from_obj(m);
}

static void subject_of(const Match *m, Subject *s)
{
    *s = (Subject){ .string = m->string, .target = RE_BYTES };
    if (is_str(m->string))
        s->target = str_is_ascii(as_str(m->string)) ? RE_ASCII : RE_TEXT;
}

Value re_match_text(Vm *vm, const Match *m, unsigned group, Value dflt)
{
    const size_t *regs = re_match_regs(m);
    Subject s;
    if (regs[2 * group] == RE_UNSET)
        return dflt;
    subject_of(m, &s);
    return subject_part(vm, &s, regs[2 * group], regs[2 * group + 1]);
}

/* -1 for a group that took no part. */
static Value position(Vm *vm, const Match *m, size_t offset)
{
    if (offset == RE_UNSET)
        return value_from_int48(-1);
    bool wide = is_str(m->string) && !str_is_ascii(as_str(m->string));
    return value_from_int48(wide ? (int64_t)str_index_of(vm, as_str(m->string), offset) : (int64_t)offset);
}

int64_t re_group(Vm *vm, const Pattern *p, Value key)
{
    int64_t i = -1;
    if (is_int(key)) {
        if (!int_to_i64(key, &i))
            i = -1;
    } else if (is_str(key) || !value_is_empty(type_special(type_of(vm, key), SPECIAL_INDEX))) {
        Value v = VALUE_EMPTY;
        if (is_str(key)) {
            v = dict_get_str(vm, p->names, as_str(key));
            i = value_is_empty(v) ? -1 : value_int48(v);
        } else if (!op_int64(vm, key, &i)) {
            if (!exc_pending_is(vm, EXC_OverflowError))
                return -1;
            exc_discard(vm);
            i = -1;
        }
    } else {
        int64_t hash;           /* CPython looks for it among the names */
        if (!op_hash(vm, key, &hash))
            return -1;
    }
    if (i >= 0 && i <= (int64_t)p->groups)
        return i;
    raise_exc(vm, EXC_IndexError, "no such group");
    return -1;
}

static Value text_by_key(Vm *vm, const Match *m, Value key)
{
    int64_t i = re_group(vm, m->pattern, key);
    return i < 0 ? VALUE_ERROR : re_match_text(vm, m, (unsigned)i, VALUE_NONE);
}

static Value match_m_group(Vm *vm, Value self, const Args *args)
{
    const Match *m = as_match(self);
    if (!args->nrest)
        return re_match_text(vm, m, 0, VALUE_NONE);
    if (args->nrest == 1)
        return text_by_key(vm, m, args->rest[0]);
    Tuple *t = tuple_new(vm, args->nrest);
    for (uint32_t i = 0; t && i < args->nrest; i++) {
        Value v = text_by_key(vm, m, args->rest[i]);
        if (value_is_empty(v))
            return v;
        t->items[i] = v;
    }
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static Value match_m_getitem(Vm *vm, Value self, const Args *args)
{
    return text_by_key(vm, as_match(self), args->v[0]);
}

static Value match_m_groups(Vm *vm, Value self, const Args *args)
{
    const Match *m = as_match(self);
    Tuple *t = tuple_new(vm, m->pattern->groups);
    if (!t)
        return VALUE_ERROR;
    for (unsigned i = 0; i < m->pattern->groups; i++) {
        Value v = re_match_text(vm, m, i + 1, args->v[0]);
        if (value_is_empty(v))
            return v;
        t->items[i] = v;
    }
    return value_from_obj(t);
}

static Value match_m_groupdict(Vm *vm, Value self, const Args *args)
{
    const Match *m = as_match(self);
    Dict *d = dict_new(vm);
    Value key, number;
    size_t pos = 0;
    while (d && dict_next(m->pattern->names, &pos, &key, &number)) {
        Value v = re_match_text(vm, m, (unsigned)value_int48(number), args->v[0]);
        if (value_is_empty(v) || !dict_set(vm, d, key, v))
            return VALUE_ERROR;
    }
    return d ? value_from_obj(d) : VALUE_ERROR;
}

static Value span(Vm *vm, const Match *m, int64_t group)
{
    const size_t *regs = re_match_regs(m) + 2 * group;
    Tuple *t = tuple_pack(vm, 2, position(vm, m, regs[0]), position(vm, m, regs[1]));
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static Value match_m_start(Vm *vm, Value self, const Args *args)
{
    int64_t i = re_group(vm, as_match(self)->pattern, args->v[0]);
    return i < 0 ? VALUE_ERROR : position(vm, as_match(self), re_match_regs(as_match(self))[2 * i]);
}

static Value match_m_end(Vm *vm, Value self, const Args *args)
{
    int64_t i = re_group(vm, as_match(self)->pattern, args->v[0]);
    return i < 0 ? VALUE_ERROR : position(vm, as_match(self), re_match_regs(as_match(self))[2 * i + 1]);
}

static Value match_m_span(Vm *vm, Value self, const Args *args)
{
    int64_t i = re_group(vm, as_match(self)->pattern, args->v[0]);
    return i < 0 ? VALUE_ERROR : span(vm, as_match(self), i);
}

static Value match_m_expand(Vm *vm, Value self, const Args *args)
{
    const Match *m = as_match(self);
    Value t = re_template(vm, m->pattern, args->v[0]);
    if (value_is_empty(t) || !is_tuple(t))
        return t;
    Subject s;
    Buf b;
    subject_of(m, &s);
    buf_init(&b, &vm->alloc);
    if (!re_expand(vm, t, &s, re_match_regs(m), &b)) {
        buf_free(&b);
        return VALUE_ERROR;
    }
    if (is_str(args->v[0])) {
        Str *text = str_from_buf(vm, &b);
        return text ? value_from_obj(text) : VALUE_ERROR;
    }
    Bytes *bytes = bytes_new(vm, b.data ? b.data : "", b.len);
    buf_free(&b);
    return bytes ? value_from_obj(bytes) : VALUE_ERROR;
}

static Value match_m_repr(Vm *vm, Value self, const Args *args)
{
    const Match *m = as_match(self);
    (void)args;
    Value text = re_match_text(vm, m, 0, VALUE_NONE), sp = value_is_empty(text) ? text : span(vm, m, 0);
    Str *r = value_is_empty(sp) ? NULL : op_repr(vm, text);
    if (r && r->chars > 50)
        r = str_slice(vm, r, 0, 50);
    Str *s = r ? str_printf(vm, "<re.Match object; span=%R, match=%S>", sp, r) : NULL;
    return s ? value_from_obj(s) : VALUE_ERROR;
}

static Value match_m_copy(Vm *vm, Value self, const Args *args)
{
    (void)vm;
    (void)args;
    return self;
}

static Value match_m_class_getitem(Vm *vm, Value self, const Args *args)
{
    Value two[] = { self, args->v[0] };
    return op_call(vm, value_from_obj(vm->types.generic_alias), 2, two);
}

static Value match_get_string(Vm *vm, Value self)
{
    (void)vm;
    return as_match(self)->string;
}

static Value match_get_re(Vm *vm, Value self)
{
    (void)vm;
    return value_from_obj(as_match(self)->pattern);
}

static Value match_get_pos(Vm *vm, Value self)
{
    (void)vm;
    return value_from_int48(as_match(self)->pos);
}

static Value match_get_endpos(Vm *vm, Value self)
{
    (void)vm;
    return value_from_int48(as_match(self)->endpos);
}

static Value match_get_lastindex(Vm *vm, Value self)
{
    (void)vm;
    unsigned last = as_match(self)->last;
    return last ? value_from_int48(last) : VALUE_NONE;
}

static Value match_get_lastgroup(Vm *vm, Value self)
{
    (void)vm;
    const Match *m = as_match(self);
    return m->last ? m->pattern->group_names->items[m->last - 1] : VALUE_NONE;
}

static Value match_get_regs(Vm *vm, Value self)
{
    const Match *m = as_match(self);
    Tuple *t = tuple_new(vm, (size_t)m->pattern->groups + 1);
    for (unsigned i = 0; t && i <= m->pattern->groups; i++) {
        Value v = span(vm, m, i);
        if (value_is_empty(v))
            return v;
        t->items[i] = v;
    }
    return t ? value_from_obj(t) : VALUE_ERROR;
}

static const MethodDef match_methods[] = {
    METHOD(match, group, "group(*args)", "The text of one group (0: of the whole match), or a tuple of those of several."),
    METHOD(match, getitem, "__getitem__(key, /)", "The text of a group."),
    METHOD(match, groups, "groups(default=None)", "The texts of all groups."),
    METHOD(match, groupdict, "groupdict(default=None)", "The texts of all named groups."),
    METHOD(match, start, "start(group=0, /)", "Where a group begins, -1 when it took no part."),
    METHOD(match, end, "end(group=0, /)", "Where a group ends."),
    METHOD(match, span, "span(group=0, /)", "Both, as a tuple."),
    METHOD(match, expand, "expand(template)", "The template with the groups filled in."),
    METHOD(match, repr, "__repr__()", "Return repr(self)."),
    METHOD(match, copy, "__copy__()", "The match itself: it does not change."),
    METHOD(match, copy, "__deepcopy__(memo, /)", "The match itself: it does not change."),
    CLASSMETHOD(match, class_getitem, "__class_getitem__(object, /)", "Match[str] and the like, for annotations."),
    { 0 }
};
static const GetSetDef match_getsets[] = {
    { "string", "What was searched.", match_get_string, seq_readonly },
    { "re", "The pattern.", match_get_re, seq_readonly },
    { "pos", "Where the search began.", match_get_pos, seq_readonly },
    { "endpos", "Where the search ended.", match_get_endpos, seq_readonly },
    { "lastindex", "The number of the group that was matched last.", match_get_lastindex, NULL },
    { "lastgroup", "The name of the group that was matched last.", match_get_lastgroup, NULL },
    { "regs", "The spans of all groups.", match_get_regs, NULL },
    { 0 }
};

bool re_match_type_init(Vm *vm, Module *m)
{
    static const TypeDef def = { .name = "re.Match", .doc = "What a pattern found.", .layout = &match_layout,
                                 .methods = match_methods, .getsets = match_getsets, .flags = TYPE_DISALLOW_NEW };
    return lib_add_type(vm, m, &def, vm->types.object);
}
