/* SPDX-License-Identifier: MIT
 * Slow halves of instructions: functions, unpacking, formatting, displays, awaiting, imports, match, classes. */
#include "vm/interp.h"

#include "vm/buf.h"
#include "vm/objects/bytes_methods.h"
#include "vm/objects/dict.h"
#include "vm/objects/exceptions.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/seq.h"
#include "vm/objects/set.h"
#include "vm/objects/str.h"
#include "vm/objects/str_methods.h"

/* ---- functions and classes ---- */

/* Without what it takes for built-in names. */
static Func *func_alloc(Vm *vm, Code *code, Dict *globals)
{
    if (code->bound_globals != globals) {
        if (code->bound_globals) {
            code = code_clone(vm, code);        /* inline caches belong to one globals dict */
            if (!code)
                return NULL;
        }
        heap_set_ptr(vm, code, &code->bound_globals, globals);
    }
    Func *f = heap_zalloc(vm, sizeof *f + code->ncaptures * sizeof(Cell *), KIND_FUNC, SHAPE_FUNCTION_ID, 0);
    if (!f)
        return NULL;
    f->code = code;
    f->globals = globals;
    f->name = value_from_obj(code->name);
    f->qualname = value_from_obj(code->qualname);
    return f;
}

Value func_new(Vm *vm, Code *code, Dict *globals)
{
    Func *f = func_alloc(vm, code, globals);
    if (!f)
        return VALUE_ERROR;
    Value b = dict_get_str(vm, globals, vm->names.dunder_builtins);
    if (is_dict(b) && !(as_dict(b)->h.flags & DICT_CELLS) && !dict_make_cells(vm, as_dict(b)))
        return VALUE_ERROR;
    if (is_module(b) || is_dict(b)) {
        f->builtins = is_module(b) ? as_module(b)->globals : as_dict(b);
    } else if (value_is_empty(b)) {
        f->builtins = vm->builtins;
    } else {                    /* nothing is found in what is no mapping */
        f->builtins = dict_new(vm);
        if (!f->builtins || !dict_make_cells(vm, f->builtins))
            return VALUE_ERROR;
    }
    return value_from_obj(f);
}

Value interp_make_function(Vm *vm, Frame *fr, Code *code, unsigned flags, const Value *parts)
{
    Func *f = func_alloc(vm, code, fr->func->globals);
    if (!f)
        return VALUE_ERROR;
    f->builtins = fr->func->builtins;
    if (flags & 1)
        f->defaults = parts[0];
    if (flags & 2)
        f->kwdefaults = parts[1];
    if (flags & 4)
        f->annotations = parts[2];
    if (flags & 8)
        f->type_params = parts[3];
    if (code->ncaptures && !code_ready(vm, code))
        return VALUE_ERROR;
    for (uint32_t i = 0; i < code->ncaptures; i++) {
        const Capture *c = &code->captures[i];
        f->cells[i] = c->is_local ? as_cell(fr->regs[c->index]) : fr->func->cells[c->index];
    }
    return value_from_obj(f);
}

/* Bases that are no classes may stand for some (__mro_entries__). */
static Tuple *resolve_bases(Vm *vm, const Value *bases, uint32_t n, bool *changed)
{
    List *l = list_new(vm, n);
    *changed = false;
    for (uint32_t i = 0; l && i < n; i++) {
        if (!is_type(bases[i])) {
            Value f = attr_get_opt(vm, bases[i], vm->names.dunder_mro_entries);
            if (value_is_empty(f) && vm_pending(vm))
                return NULL;
            if (!value_is_empty(f)) {
                Tuple *all = tuple_from(vm, bases, n);
                Value r = all ? op_call1(vm, f, value_from_obj(all)) : VALUE_ERROR;
                if (value_is_empty(r))
                    return NULL;
                if (!is_tuple(r)) {
                    raise_exc(vm, EXC_TypeError, "__mro_entries__ must return a tuple");
                    return NULL;
                }
                *changed = true;
                if (!list_extend(vm, l, r))
                    return NULL;
                continue;
            }
        }
        if (!list_append(vm, l, bases[i]))
            return NULL;
    }
    return l ? tuple_from(vm, list_items(l), l->len) : NULL;
}

/* Run a class body in its namespace (register 0). */
static Value run_body(Vm *vm, Func *body, Value ns)
{
    Strand *s = vm->strand;
    Frame *f = frame_push(vm, body, NULL, 0);
    if (!f)
        return VALUE_ERROR;
    f->flags |= FRAME_ENTRY;
    f->back = s->top;
    f->regs[0] = ns;
    return interp_run(vm, f);
}

Value interp_build_class(Vm *vm, Value self, const Args *args)
{
    (void)self;
    Value body = args->v[0], name = args->v[1], meta = VALUE_EMPTY;
    Dict *kw = as_dict(args->v[2]);
    bool changed;
    if (!is_func(body) || !is_str(name))
        return raise_exc(vm, EXC_TypeError, "__build_class__: %s", is_func(body) ? "name is not a string" :
                         "func must be a function");
    Tuple *bases = resolve_bases(vm, args->rest, args->nrest, &changed);
    if (!bases)
        return VALUE_ERROR;
    Value key = value_from_obj(vm->names.metaclass);
    if (dict_pop(vm, kw, key, &meta) < 0)
        return VALUE_ERROR;
    if (value_is_empty(meta))
        meta = value_from_obj(bases->len ? type_of(vm, bases->items[0]) : vm->types.type);
    if (is_type(meta)) {
        Type *t = type_calculate_metaclass(vm, as_type(meta), bases);
        if (!t)
            return VALUE_ERROR;
        meta = value_from_obj(t);
    }
    Value ns = VALUE_EMPTY;
    if (!value_same(meta, value_from_obj(vm->types.type))) {
        Value prepare = attr_get_opt(vm, meta, vm->special_names[SPECIAL_PREPARE]);
        if (value_is_empty(prepare) && vm_pending(vm))
            return VALUE_ERROR;
        if (!value_is_empty(prepare)) {
            Tuple *a = tuple_pack(vm, 2, name, value_from_obj(bases));
            ns = a ? op_call_ex(vm, prepare, a, kw) : VALUE_ERROR;
            if (value_is_empty(ns))
                return ns;
            if (value_is_empty(type_special(type_of(vm, ns), SPECIAL_GETITEM)))
                return raise_exc(vm, EXC_TypeError, "%s.__prepare__() must return a mapping, not %T",
                             is_type(meta) ? type_name(as_type(meta)) : "<metaclass>", ns);
        }
    }
    if (value_is_empty(ns)) {
        Dict *d = dict_new(vm);
        if (!d)
            return VALUE_ERROR;
        ns = value_from_obj(d);
    }
    Code *code = as_func(body)->code;
    if (!code_ready(vm, code) || (is_dict(ns) && !dict_reserve(vm, as_dict(ns), code->ncaches)))
        return VALUE_ERROR;
    Value cell = run_body(vm, as_func(body), ns);
    if (value_is_empty(cell))
        return VALUE_ERROR;
    if (changed) {
        Tuple *orig = tuple_from(vm, args->rest, args->nrest);
        if (!orig || !op_setitem(vm, ns, value_from_obj(vm->names.dunder_orig_bases), value_from_obj(orig)))
            return VALUE_ERROR;
    }
    Tuple *a = tuple_pack(vm, 3, name, value_from_obj(bases), ns);
    Value cls = a ? op_call_ex(vm, meta, a, kw) : VALUE_ERROR;
    if (value_is_empty(cls))
        return VALUE_ERROR;
    if (is_cell(cell) && is_type(cls)) {
        if (value_is_empty(as_cell(cell)->value))
            return raise_exc(vm, EXC_RuntimeError, "__class__ not set defining %R as %R. Was __classcell__ propagated to "
                         "type.__new__?", name, cls);
        if (!value_same(as_cell(cell)->value, cls))
            return raise_exc(vm, EXC_TypeError, "__class__ set to %R defining %R as %R", as_cell(cell)->value, name, cls);
    }
    return cls;
}

/* ---- unpacking and displays ---- */

static bool unpack_wrong(Vm *vm, int64_t got, uint32_t want, bool more, bool at_least)
{
    if (more) {
        raise_exc(vm, EXC_ValueError, "too many values to unpack (expected %u)", want);
    } else {
        raise_exc(vm, EXC_ValueError, "not enough values to unpack (expected %s%u, got %lld)", at_least ? "at least " : "", want,
              (long long)got);
    }
    return false;
}

static Value unpack_iter(Vm *vm, Value v)
{
    Value it = op_iter(vm, v);
    if (value_is_empty(it) && exc_pending_is(vm, EXC_TypeError) && value_is_empty(type_special(type_of(vm, v), SPECIAL_ITER)) &&
        value_is_empty(type_special(type_of(vm, v), SPECIAL_GETITEM))) {
        exc_discard(vm);
        return raise_exc(vm, EXC_TypeError, "cannot unpack non-iterable %T object", v);
    }
    return it;
}

bool interp_unpack(Vm *vm, Value v, Value *out, uint32_t n)
{
    Value *items;
    size_t len;
    if ((is_exact(v, SHAPE_TUPLE_ID) || is_exact(v, SHAPE_LIST_ID)) && seq_items(v, &items, &len)) {
        if (len != n)
            return unpack_wrong(vm, (int64_t)len, n, len > n, false);
        for (uint32_t i = 0; i < n; i++)
            out[i] = items[i];
        return true;
    }
    Value it = unpack_iter(vm, v), item;
    if (value_is_empty(it))
        return false;
    List *l = list_new(vm, n);
    if (!l)
        return false;
    for (uint32_t i = 0; i < n; i++) {
        if (!op_next(vm, it, &item))
            return vm_pending(vm) ? false : unpack_wrong(vm, i, n, false, false);
        if (!list_append(vm, l, item))
            return false;
    }
    if (op_next(vm, it, &item))
        return unpack_wrong(vm, 0, n, true, false);
    if (vm_pending(vm))
        return false;
    for (uint32_t i = 0; i < n; i++)
        out[i] = list_items(l)[i];
    return true;
}

bool interp_unpack_ex(Vm *vm, Value v, Value *out, uint32_t before, uint32_t after)
{
    Value *items, all = v;
    size_t len;
    if (!seq_exact_items(v, &items, &len)) {
        Value it = unpack_iter(vm, v);
        if (value_is_empty(it))
            return false;
        all = op_list_of(vm, it);
        if (value_is_empty(all))
            return false;
        items = list_items(as_list(all));
        len = as_list(all)->len;
    }
    if (len < before + after)
        return unpack_wrong(vm, (int64_t)len, before + after, false, true);
    size_t middle = len - before - after;
    List *m = list_from(vm, items + before, middle);
    if (!m)
        return false;
    for (uint32_t i = 0; i < before; i++)
        out[i] = items[i];
    for (uint32_t i = 0; i < after; i++)
        out[before + 1 + i] = items[before + middle + i];
    out[before] = value_from_obj(m);
    return true;
}

Value interp_build_dict(Vm *vm, const Value *pairs, uint32_t n)
{
    Dict *d = dict_new(vm);
    for (uint32_t i = 0; d && i < n; i++)
        if (!dict_set(vm, d, pairs[2 * i], pairs[2 * i + 1]))
            return VALUE_ERROR;
    return d ? value_from_obj(d) : VALUE_ERROR;
}

Value interp_build_set(Vm *vm, const Value *items, uint32_t n)
{
    Set *s = set_new(vm, false);
    for (uint32_t i = 0; s && i < n; i++)
        if (!set_add(vm, s, items[i]))
            return VALUE_ERROR;
    return s ? value_from_obj(s) : VALUE_ERROR;
}

bool interp_dict_update(Vm *vm, Value dict, Value mapping)
{
    if (is_dict(mapping))
        return dict_update(vm, as_dict(dict), mapping, true);
    if (dict_update(vm, as_dict(dict), mapping, true))
        return true;
    if (exc_pending_is(vm, EXC_AttributeError)) {       /* whose ever it is, as in CPython */
        exc_discard(vm);
        raise_exc(vm, EXC_TypeError, "'%T' object is not a mapping", mapping);
    }
    return false;
}

static Str *callee_name(Vm *vm, Value f)
{
    if (is_method(f))
        f = as_method(f)->func;
    Value q = is_func(f) || is_native(f) || is_type(f) ? attr_get_opt(vm, f, vm->names.dunder_qualname) : VALUE_EMPTY;
    if (!is_str(q)) {
        exc_discard(vm);
        return op_str(vm, f);
    }
    Value m = attr_get_opt(vm, f, vm->names.dunder_module);
    exc_discard(vm);
    if (is_str(m) && !str_is(as_str(m), "builtins"))
        return str_printf(vm, "%S.%S()", as_str(m), as_str(q));
    return str_printf(vm, "%S()", as_str(q));
}

bool interp_list_extend(Vm *vm, Value list, Value iterable, Value callee)
{
    if (list_extend(vm, as_list(list), iterable))
        return true;
    if (exc_pending_is(vm, EXC_TypeError) && value_is_empty(type_special(type_of(vm, iterable), SPECIAL_ITER)) &&
        value_is_empty(type_special(type_of(vm, iterable), SPECIAL_GETITEM))) {
        exc_discard(vm);
        Str *name = value_is_empty(callee) ? NULL : callee_name(vm, callee);
        if (name)
            raise_exc(vm, EXC_TypeError, "%S argument after * must be an iterable, not %T", name, iterable);
        else if (!vm_pending(vm))
            raise_exc(vm, EXC_TypeError, "Value after * must be an iterable, not %T", iterable);
    }
    return false;
}

/* A keyword of `f(**mapping)`. False: it is there already (KeyError of it), or something went wrong. */
static bool merge_item(Vm *vm, Dict *d, Value k, Value v)
{
    Value old;
    int found = dict_find(vm, d, k, &old);
    if (found > 0)
        raise_args(vm, EXC_KeyError, 1, &k);
    return found == 0 && dict_set(vm, d, k, v);
}

static bool merge_mapping(Vm *vm, Dict *d, Value mapping)
{
    Value keys = op_call_method(vm, mapping, vm->names.keys, 0, NULL), k;
    Value it = value_is_empty(keys) ? keys : op_iter(vm, keys);
    if (value_is_empty(it)) {
        if (!value_is_empty(keys) && exc_pending_is(vm, EXC_TypeError)) {
            exc_discard(vm);
            raise_exc(vm, EXC_TypeError, "%T.keys() returned a non-iterable (type %T)", mapping, keys);
        }
        return false;
    }
    while (op_next(vm, it, &k)) {
        Value old;
        int found = dict_find(vm, d, k, &old);
        if (found > 0)
            raise_args(vm, EXC_KeyError, 1, &k);
        Value v = found == 0 ? op_getitem(vm, mapping, k) : VALUE_ERROR;
        if (value_is_empty(v) || !dict_set(vm, d, k, v) || !vm_checkpoint(vm))
            return false;
    }
    return !vm_pending(vm);
}

static bool merge_all(Vm *vm, Dict *d, Value mapping)
{
    bool plain = is_dict(mapping) && value_same(type_special(type_of(vm, mapping), SPECIAL_ITER),
                                                type_special(vm->types.dict, SPECIAL_ITER));
    if (!plain)
        return merge_mapping(vm, d, mapping);
    size_t pos = 0;
    Value k, v;
    while (dict_next(as_dict(mapping), &pos, &k, &v))
        if (!merge_item(vm, d, k, v))
            return false;
    return true;
}

/* What a failed merge means, as CPython takes the exceptions. */
static void explain_merge(Vm *vm, Value mapping, Value callee)
{
    Str *name;
    if (exc_pending_is(vm, EXC_AttributeError)) {
        exc_discard(vm);
        if ((name = callee_name(vm, callee)))
            raise_exc(vm, EXC_TypeError, "%S argument after ** must be a mapping, not %T", name, mapping);
    } else if (exc_pending_is(vm, EXC_KeyError)) {
        Value exc = exc_take(vm), args = as_exc(exc)->args;
        Str *key = is_tuple(args) && as_tuple(args)->len == 1 ? op_str(vm, as_tuple(args)->items[0]) : NULL;
        if (!key && !vm_pending(vm))
            exc_restore(vm, exc);
        else if (key && (name = callee_name(vm, callee)))
            raise_exc(vm, EXC_TypeError, "%S got multiple values for keyword argument '%S'", name, key);
    }
}

bool interp_dict_merge(Vm *vm, Value dict, Value mapping, Value callee)
{
    Dict *d = as_dict(dict);
    if (merge_all(vm, d, mapping))
        return true;
    explain_merge(vm, mapping, callee);
    return false;
}

/* ---- text ---- */

Value interp_format(Vm *vm, Value v, int conversion, Value spec)
{
    Str *s = NULL;
    conversion = conversion == FORMAT_PART ? 0 : conversion;
    if (conversion == 'r')
        s = op_repr(vm, v);
    else if (conversion == 'a')
        s = op_ascii(vm, v);
    else if (conversion == 's')
        s = op_str(vm, v);
    if (conversion && !s)
        return VALUE_ERROR;
    if (s)
        v = value_from_obj(s);
    s = op_format(vm, v, value_is_empty(spec) ? NULL : as_str(spec));
    return s ? value_from_obj(s) : VALUE_ERROR;
}

/* An end of a slice in a sequence of that length; false: it is neither None nor a small int. */
static bool slice_end(Value v, int64_t len, int64_t otherwise, int64_t *out)
{
    if (value_is_none(v)) {
        *out = otherwise;
        return true;
    }
    if (!value_is_int48(v))
        return false;
    int64_t i = value_int48(v);
    i = i < 0 ? i + len : i;
    *out = i < 0 ? 0 : i > len ? len : i;
    return true;
}

static bool is_small_or_none(Value v)
{
    return value_is_int48(v) || value_is_none(v);
}

/* Of these parts a slice can be made on the C stack: nothing is asked of them, and no step is 0. */
static bool slice_is_small(const Value *parts)
{
    return is_small_or_none(parts[0]) && is_small_or_none(parts[1]) && is_small_or_none(parts[2]) &&
           !value_same(parts[2], value_from_int48(0));
}

static bool slice_with_step(Vm *vm, Value o, const Value *parts, Value *out)
{
    if (!slice_is_small(parts))
        return false;
    Slice s = { .start = parts[0], .stop = parts[1], .step = parts[2] };
    switch (value_is_obj(o) ? value_obj(o)->shape : 0) {
    case SHAPE_LIST_ID: *out = list_slice(vm, as_list(o), &s); return true;
    case SHAPE_TUPLE_ID: *out = tuple_slice(vm, o, &s); return true;
    case SHAPE_STR_ID: *out = str_subscript_slice(vm, as_str(o), &s); return true;
    default: return false;
    }
}

/* Runs no script when it is converted. */
static bool is_plain_operand(Vm *vm, Value v)
{
    if (!value_is_obj(v))
        return true;
    if (is_slice(v)) {
        const Slice *s = as_slice(v);
        return !value_is_obj(s->start) && !value_is_obj(s->stop) && !value_is_obj(s->step);
    }
    return is_bytes(v) || is_bytearray(v) || is_memoryview(vm, v) || bytes_lent(vm, v, NULL);
}

bool interp_resize_again(Vm *vm, const Instr *i, const Value *r)
{
    Value self;
    const Value *operands = NULL;
    uint32_t n = 0;
    switch ((Opcode)i->op) {
    case OP_ADD: case OP_MUL:
        self = i->x & 1 ? r[i->b] : VALUE_EMPTY;
        operands = &r[i->c];
        n = 1;
        break;
    case OP_MUL_K:
        self = i->x & 1 ? r[i->b] : VALUE_EMPTY;
        break;
    case OP_SETITEM:
        self = is_plain_operand(vm, r[i->b]) ? r[i->a] : VALUE_EMPTY;
        operands = &r[i->c];
        n = 1;
        break;
    case OP_DELITEM:
        self = is_plain_operand(vm, r[i->b]) ? r[i->a] : VALUE_EMPTY;
        break;
    case OP_CALL_METHOD:
        self = is_native(r[i->b]) ? r[i->b + 1] : VALUE_EMPTY;
        operands = &r[i->b + 2];
        n = i->c;
        break;
    default:
        return false;
    }
    if (!value_same(self, value_from_obj(vm->refused.lender)) || !value_same(vm->strand->exc, vm->refused.exc))
        return false;
    for (uint32_t k = 0; k < n; k++)
        if (!is_plain_operand(vm, operands[k]))
            return false;
    const uint32_t *exports = vm->refused.exports;
    vm_collect(vm);
    if (*exports)
        return false;
    exc_discard(vm);
    return true;
}

int interp_set_slice(Vm *vm, Value o, const Value *parts, Value v)
{
    Value *items;
    size_t n;
    if (!is_exact(o, SHAPE_LIST_ID) || value_same(o, v) || !seq_exact_items(v, &items, &n) || !slice_is_small(parts))
        return 0;
    Slice s = { .start = parts[0], .stop = parts[1], .step = parts[2] };
    int64_t start, stop, step, count;
    if (!slice_unpack(vm, &s, &start, &stop, &step))
        return -1;
    count = slice_adjust((int64_t)as_list(o)->len, &start, &stop, step);
    if (step != 1)
        return 0;
    return list_replace(vm, as_list(o), (size_t)start, (size_t)(start + count), items, n) ? 1 : -1;
}

bool interp_slice(Vm *vm, Value o, const Value *parts, Value *out)
{
    uint32_t shape = value_is_obj(o) ? value_obj(o)->shape : 0;
    Value start = parts[0], stop = parts[1];
    int64_t len, from, to;
    if (!value_is_none(parts[2]))
        return slice_with_step(vm, o, parts, out);
    if (shape == SHAPE_LIST_ID)
        len = (int64_t)as_list(o)->len;
    else if (shape == SHAPE_TUPLE_ID)
        len = (int64_t)as_tuple(o)->len;
    else if (shape == SHAPE_STR_ID)
        len = as_str(o)->chars;
    else
        return false;
    if (!slice_end(start, len, 0, &from) || !slice_end(stop, len, len, &to))
        return false;
    size_t n = from < to ? (size_t)(to - from) : 0;
    if (shape == SHAPE_LIST_ID)
        *out = value_from_obj(list_from(vm, n ? list_items(as_list(o)) + from : NULL, n));
    else if (n == (size_t)len)
        *out = o;
    else if (shape == SHAPE_TUPLE_ID)
        *out = value_from_obj(tuple_from(vm, as_tuple(o)->items + from, n));
    else
        *out = value_from_obj(str_slice(vm, as_str(o), from, from + (int64_t)n));
    return true;
}

/* The decimal text of a small int, written before `end`. Returns its beginning. */
static char *put_int(char *end, int64_t i)
{
    uint64_t u = i < 0 ? 0 - (uint64_t)i : (uint64_t)i;
    do {
        *--end = (char)('0' + u % 10);
    } while (u /= 10);
    if (i < 0)
        *--end = '-';
    return end;
}

#define INT48_CHARS 16u

Value interp_build_string(Vm *vm, const Value *parts, uint32_t n)
{
    char digits[INT48_CHARS];
    size_t len = 0, chars = 0;
    unsigned all = STR_ASCII, any = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (value_is_int48(parts[i])) {
            size_t most = (size_t)(digits + sizeof digits - put_int(digits + sizeof digits, value_int48(parts[i])));
            len += most;
            chars += most;
            continue;
        }
        const Str *part = as_str(parts[i]);
        len += part->len;
        chars += part->chars;
        all &= part->h.flags;
        any |= part->h.flags;
    }
    Str *s = str_alloc(vm, len);
    if (!s)
        return VALUE_ERROR;
    char *p = s->text;
    for (uint32_t i = 0; i < n; i++) {
        const char *from;
        size_t size;
        if (value_is_int48(parts[i])) {
            from = put_int(digits + sizeof digits, value_int48(parts[i]));
            size = (size_t)(digits + sizeof digits - from);
        } else {
            from = str_data(as_str(parts[i]));
            size = as_str(parts[i])->len;
        }
        memcpy(p, from, size);
        p += size;
    }
    *p = 0;
    s->chars = (uint32_t)chars;
    s->h.flags = (uint16_t)(all | (any & STR_SURROGATES));
    return value_from_obj(s);
}

/* ---- awaiting ---- */

Value interp_get_yield_iter(Vm *vm, Frame *f, Value v)
{
    if (is_gen(v) && (value_obj(v)->flags & (GEN_IS_COROUTINE | GEN_ITERABLE_COROUTINE))) {
        if ((value_obj(v)->flags & GEN_IS_COROUTINE) && !(f->code->flags & (CODE_COROUTINE | CODE_ITERABLE_COROUTINE)))
            return raise_exc(vm, EXC_TypeError, "cannot 'yield from' a coroutine object in a non-coroutine generator");
        return v;
    }
    if (value_is_obj(v) && type_of(vm, v)->layout->await && type_is_subtype(type_of(vm, v), vm->types.coroutine)) {
        if (!(f->code->flags & (CODE_COROUTINE | CODE_ITERABLE_COROUTINE)))
            return raise_exc(vm, EXC_TypeError, "cannot 'yield from' a coroutine object in a non-coroutine generator");
        return v;               /* a coroutine of C's: SEND knows its hook */
    }
    return op_iter(vm, v);
}

static Value get_awaitable(Vm *vm, Value v, Special giver)
{
    if (is_gen(v) && (value_obj(v)->flags & (GEN_IS_COROUTINE | GEN_ITERABLE_COROUTINE))) {
        if ((value_obj(v)->flags & GEN_IS_COROUTINE) && !value_is_empty(frame_down(&as_gen(v)->f)))
            return raise_exc(vm, EXC_RuntimeError, "coroutine is being awaited already");
        return v;
    }
    if (is_kind(v, KIND_AGEN_OP))
        return v;
    bool missing;
    Value r = op_call_special(vm, v, SPECIAL_AWAIT, 0, NULL, &missing);
    if (missing) {
        if (giver == SPECIAL_AENTER || giver == SPECIAL_AEXIT)
            return raise_exc(vm, EXC_TypeError, "'async with' received an object from %S that does not implement __await__: %T",
                             vm->special_names[giver], v);
        return raise_exc(vm, EXC_TypeError, "object %T can't be used in 'await' expression", v);
    }
    if (value_is_empty(r))
        return r;
    if (is_gen(r) && (value_obj(r)->flags & (GEN_IS_COROUTINE | GEN_ITERABLE_COROUTINE)))
        return raise_exc(vm, EXC_TypeError, "__await__() returned a coroutine");
    if (value_is_empty(type_special(type_of(vm, r), SPECIAL_NEXT)))
        return raise_exc(vm, EXC_TypeError, "__await__() returned non-iterator of type '%T'", r);
    return r;
}

/* What is wrong with an item of `async for` is told as the cause. */
static Value invalid_item(Vm *vm, Value v)
{
    Value cause = exc_take(vm);
    raise_exc(vm, EXC_TypeError, "'async for' received an invalid object from __anext__: %T", v);
    Value exc = exc_take(vm);
    if (is_exc(exc) && !value_same(exc, vm->memory_error)) {
        Exc *e = as_exc(exc);
        heap_set(vm, e, &e->cause, cause);
        heap_set(vm, e, &e->context, cause);
        e->suppress_context = 1;
    }
    exc_restore(vm, exc);
    return VALUE_ERROR;
}

Value interp_get_awaitable(Vm *vm, Value v, Special giver)
{
    Value r = get_awaitable(vm, v, giver);
    return value_is_empty(r) && giver == SPECIAL_ANEXT ? invalid_item(vm, v) : r;
}

Value interp_get_aiter(Vm *vm, Value v)
{
    bool missing;
    Value r = op_call_special(vm, v, SPECIAL_AITER, 0, NULL, &missing);
    if (missing)
        return raise_exc(vm, EXC_TypeError, "'async for' requires an object with __aiter__ method, got %T", v);
    if (!value_is_empty(r) && value_is_empty(type_special(type_of(vm, r), SPECIAL_ANEXT)))
        return raise_exc(vm, EXC_TypeError, "'async for' received an object from __aiter__ that does not implement "
                     "__anext__: %T", r);
    return r;
}

Value interp_get_anext(Vm *vm, Value v)
{
    bool missing;
    Value r = op_call_special(vm, v, SPECIAL_ANEXT, 0, NULL, &missing);
    if (missing)
        return raise_exc(vm, EXC_TypeError, "'async for' requires an iterator with __anext__ method, got %T", v);
    return r;
}

Value interp_load_build_class(Vm *vm, Func *func)
{
    Value v = interp_builtin(vm, func, str_intern(vm, "__build_class__", 15));
    return value_is_empty(v) && !vm_pending(vm) ? raise_exc(vm, EXC_NameError, "__build_class__ not found") : v;
}

/* ---- imports ---- */

Value interp_import_name(Vm *vm, Func *func, Value locals, Str *name, Value fromlist, int level)
{
    Value f = interp_builtin(vm, func, vm->names.dunder_import);
    Value globals = value_from_obj(func->globals);
    if (value_is_empty(f) && vm_pending(vm))
        return VALUE_ERROR;
    if (value_is_empty(f))
        return raise_exc(vm, EXC_ImportError, "__import__ not found");
    if (is_native(f) && vm->hooks.import)
        return vm->hooks.import(vm, name, globals, locals, fromlist, level);
    Value args[5] = { value_from_obj(name), globals, locals, fromlist, value_from_int48(level) };
    return op_call(vm, f, 5, args);
}

Value interp_import_from(Vm *vm, Value module, Str *name)
{
    Value v = attr_get_opt(vm, module, name);
    if (!value_is_empty(v) || vm_pending(vm))
        return v;
    Value pkg = attr_get_opt(vm, module, vm->names.dunder_name);
    if (is_str(pkg)) {          /* a submodule that is being imported */
        Str *full = str_printf(vm, "%S.%S", as_str(pkg), name);
        v = full ? dict_get_str(vm, vm->modules, full) : VALUE_EMPTY;
        if (!value_is_empty(v) || !full)
            return v;
    }
    exc_discard(vm);
    Value file = attr_get_opt(vm, module, vm->names.dunder_file);
    exc_discard(vm);
    Value exc, origin = VALUE_EMPTY;
    if (is_module(module) && module_is_running(vm, as_module(module), &origin))
        exc = is_str(origin) ? exc_new(vm, EXC_ImportError, "cannot import name '%S' from partially initialized module '%V' "
                                       "(most likely due to a circular import) (%S)", name, pkg, as_str(origin))
                             : exc_new(vm, EXC_ImportError, "cannot import name '%S' from partially initialized module '%V' "
                                       "(most likely due to a circular import)", name, pkg);
    else if (is_str(file))
        exc = exc_new(vm, EXC_ImportError, "cannot import name '%S' from '%V' (%S)", name, pkg, as_str(file));
    else
        exc = exc_new(vm, EXC_ImportError, "cannot import name '%S' from '%V' (unknown location)", name,
                      value_is_empty(pkg) ? value_from_obj(vm->names.module_code) : pkg);
    if (value_is_empty(exc))
        return exc;
    Exc *e = as_exc(exc);
    if (!exc_set_field(vm, e, FIELD_IMPORT_NAME, is_str(pkg) ? pkg : VALUE_NONE) ||
        !exc_set_field(vm, e, FIELD_IMPORT_PATH, is_str(file) ? file : VALUE_NONE) ||
        !exc_set_field(vm, e, FIELD_IMPORT_NAME_FROM, value_from_obj(name)))
        return VALUE_ERROR;
    return raise_value(vm, exc);
}

bool interp_import_star(Vm *vm, Func *func, Value module, Value ns)
{
    Value target = value_is_empty(ns) ? value_from_obj(func->globals) : ns;
    Value all = attr_get_opt(vm, module, vm->names.dunder_all);
    bool skip_private = value_is_empty(all);
    if (skip_private) {
        if (vm_pending(vm))
            return false;
        Value d = attr_get_opt(vm, module, vm->names.dunder_dict);
        if (value_is_empty(d)) {
            if (!vm_pending(vm))
                raise_exc(vm, EXC_ImportError, "from-import-* object has no __dict__ and no __all__");
            return false;
        }
        all = op_list_of(vm, d);
    } else if (value_is_empty(type_special(type_of(vm, all), SPECIAL_GETITEM))) {
        raise_exc(vm, EXC_TypeError, "'%T' object does not support indexing", all);
        return false;
    } else {
        all = op_list_of(vm, all);
    }
    if (value_is_empty(all) || (is_dict(target) && !dict_reserve(vm, as_dict(target), as_list(all)->len)))
        return false;
    for (size_t i = 0; i < as_list(all)->len; i++) {
        Value name = list_items(as_list(all))[i];
        if (!is_str(name)) {
            raise_exc(vm, EXC_TypeError, skip_private ? "Key in %V.__dict__ must be str, not %T" :
                      "Item in %V.__all__ must be str, not %T",
                  attr_get_opt(vm, module, vm->names.dunder_name), name);
            return false;
        }
        if (skip_private && as_str(name)->len && str_data(as_str(name))[0] == '_')
            continue;
        Str *s = str_intern_str(vm, as_str(name));
        Value v = s ? attr_get(vm, module, s) : VALUE_ERROR;
        if (value_is_empty(v) || !op_setitem(vm, target, value_from_obj(s), v))
            return false;
    }
    vm->globals_epoch++;
    return true;
}

/* ---- match ---- */

Value interp_match_keys(Vm *vm, Value subject, Value keys)
{
    Tuple *k = as_tuple(keys);
    Tuple *out = tuple_new(vm, k->len);
    Value get = k->len ? attr_get(vm, subject, vm->names.get) : VALUE_NONE;
    if (!out || value_is_empty(get))
        return VALUE_ERROR;
    Set *seen = set_new(vm, false);
    Instance *marker = seen ? heap_alloc(vm, sizeof *marker, KIND_INSTANCE, vm->types.object->root_shape->id, 0) : NULL;
    if (!marker)
        return VALUE_ERROR;
    marker->ext = VALUE_EMPTY;
    for (size_t i = 0; i < k->len; i++) {
        int dup = set_contains(vm, seen, k->items[i]);
        if (dup < 0)
            return VALUE_ERROR;
        if (dup)
            return raise_exc(vm, EXC_ValueError, "mapping pattern checks duplicate key (%R)", k->items[i]);
        if (!set_add(vm, seen, k->items[i]))
            return VALUE_ERROR;
        Value args[2] = { k->items[i], value_from_obj(marker) };
        Value v = op_call(vm, get, 2, args);
        if (value_is_empty(v))
            return v;
        if (value_same(v, args[1]))
            return VALUE_NONE;
        heap_set(vm, out, &out->items[i], v);
    }
    return value_from_obj(out);
}

static bool match_attr(Vm *vm, Value subject, Type *cls, Value name, Set *seen, Value *out)
{
    int dup = set_contains(vm, seen, name);
    if (dup < 0)
        return false;
    if (dup) {
        raise_exc(vm, EXC_TypeError, "%s() got multiple sub-patterns for attribute %R", type_name(cls), name);
        return false;
    }
    if (!set_add(vm, seen, name))
        return false;
    *out = attr_get_opt(vm, subject, as_str(name));
    return !vm_pending(vm);
}

Value interp_match_class(Vm *vm, Value subject, Value cls, Value names, uint32_t npos)
{
    if (!is_type(cls))
        return raise_exc(vm, EXC_TypeError, "called match pattern must be a class");
    Type *t = as_type(cls);
    int is = op_isinstance(vm, subject, cls);
    if (is <= 0)
        return is < 0 ? VALUE_ERROR : VALUE_NONE;
    Tuple *kw = as_tuple(names), *out = tuple_new(vm, npos + kw->len);
    Set *seen = set_new(vm, false);
    if (!out || !seen)
        return VALUE_ERROR;
    Value v;
    if (npos) {
        Value match_args = attr_get_opt(vm, cls, vm->names.dunder_match_args);
        if (value_is_empty(match_args) && vm_pending(vm))
            return VALUE_ERROR;
        bool self = value_is_empty(match_args) && (t->flags & TYPE_MATCH_SELF);
        if (!value_is_empty(match_args) && !is_tuple(match_args))
            return raise_exc(vm, EXC_TypeError, "%s.__match_args__ must be a tuple (got %T)", type_name(t), match_args);
        size_t allowed = self ? 1 : value_is_empty(match_args) ? 0 : as_tuple(match_args)->len;
        if (npos > allowed)
            return raise_exc(vm, EXC_TypeError, "%s() accepts %zu positional sub-pattern%s (%u given)", type_name(t), allowed,
                         allowed == 1 ? "" : "s", npos);
        if (self) {
            heap_set(vm, out, &out->items[0], subject);
        } else {
            for (uint32_t i = 0; i < npos; i++) {
                Value name = as_tuple(match_args)->items[i];
                if (!is_str(name))
                    return raise_exc(vm, EXC_TypeError, "__match_args__ elements must be strings (got %T)", name);
                if (!match_attr(vm, subject, t, name, seen, &v))
                    return VALUE_ERROR;
                if (value_is_empty(v))
                    return VALUE_NONE;
                heap_set(vm, out, &out->items[i], v);
            }
        }
    }
    for (size_t i = 0; i < kw->len; i++) {
        if (!match_attr(vm, subject, t, kw->items[i], seen, &v))
            return VALUE_ERROR;
        if (value_is_empty(v))
            return VALUE_NONE;
        heap_set(vm, out, &out->items[npos + i], v);
    }
    return value_from_obj(out);
}

/* ---- rare things ---- */

static Value begin_annotations(Vm *vm, Value ns)
{
    Str *name = str_intern(vm, "__annotations__", 15);
    Value key = name ? value_from_obj(name) : VALUE_ERROR, v = VALUE_EMPTY;
    if (!name)
        return VALUE_ERROR;
    if (is_exact(ns, SHAPE_DICT_ID))
        v = dict_get_str(vm, as_dict(ns), name);
    else if (value_is_empty(v = op_getitem(vm, ns, key)) && exc_pending_is(vm, EXC_KeyError))
        exc_discard(vm);
    if (!value_is_empty(v) || vm_pending(vm))
        return vm_pending(vm) ? VALUE_ERROR : VALUE_NONE;
    Dict *d = dict_new(vm);
    return d && op_setitem(vm, ns, key, value_from_obj(d)) ? VALUE_NONE : VALUE_ERROR;
}

Value interp_intrinsic(Vm *vm, Func *func, int which, Value v)
{
    (void)func;
    if (which == INTRINSIC_ANNOTATIONS)
        return begin_annotations(vm, v);
    if (which == INTRINSIC_PRINT && vm->hooks.display)
        return vm->hooks.display(vm, v);
    if (vm->hooks.intrinsic)
        return vm->hooks.intrinsic(vm, which, v);
    return raise_exc(vm, EXC_NotImplementedError, "this build has no support for intrinsic %d", which);
}
