/* SPDX-License-Identifier: MIT
 * "Did you mean": the name nearest to one that was not found, by CPython's measure of distance. */
#include "runtime/traceback.h"

#include "vm/frame.h"
#include "vm/objects/dict.h"
#include "vm/objects/exceptions.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

#define MAX_CANDIDATES 750u
#define MAX_NAME 40u
#define MOVE_COST 2u
#define CASE_COST 1u

/* ---- distance ---- */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static size_t substitution_cost(char a, char b)
{
    if (a == b)
        return 0;
    return lower(a) == lower(b) ? CASE_COST : MOVE_COST;
}

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Levenshtein's, one row of the matrix at a time; anything above max_cost once it must be more than that. */
static size_t distance(const char *a, size_t na, const char *b, size_t nb, size_t max_cost)
{
    while (na && nb && a[0] == b[0])
        a++, b++, na--, nb--;
    while (na && nb && a[na - 1] == b[nb - 1])
        na--, nb--;
    if (!na || !nb)
        return (na + nb) * MOVE_COST;
    if (na > MAX_NAME || nb > MAX_NAME)
        return max_cost + 1;
    if (nb < na) {
        const char *s = a;
        size_t n = na;
        a = b, na = nb;
        b = s, nb = n;
    }
    if ((nb - na) * MOVE_COST > max_cost)
        return max_cost + 1;
    size_t row[MAX_NAME], result = 0;
    for (size_t i = 0; i < na; i++)
        row[i] = (i + 1) * MOVE_COST;
    for (size_t j = 0; j < nb; j++) {
        size_t diagonal = result = j * MOVE_COST, least = SIZE_MAX;
        for (size_t i = 0; i < na; i++) {
            size_t substituted = diagonal + substitution_cost(b[j], a[i]);
            diagonal = row[i];
            result = min_size(min_size(result, diagonal) + MOVE_COST, substituted);
            row[i] = result;
            least = min_size(least, result);
        }
        if (least > max_cost)
            return max_cost + 1;
    }
    return result;
}

static Str *nearest(const Str *name, List *candidates)
{
    Str *best = NULL;
    size_t best_distance = SIZE_MAX;
    if (candidates->len >= MAX_CANDIDATES)
        return NULL;
    for (size_t i = 0; i < candidates->len; i++) {
        Value v = list_items(candidates)[i];
        if (!is_str(v) || str_equal(as_str(v), name))
            continue;
        Str *s = as_str(v);
        size_t limit = min_size(((size_t)name->len + s->len + 3) * MOVE_COST / 6, best_distance - 1);
        size_t d = distance(str_data(name), name->len, str_data(s), s->len, limit);
        if (d <= limit && d < best_distance) {
            best = s;
            best_distance = d;
        }
    }
    return best;
}

/* ---- candidates ---- */

/* dir(o) in order, without names that begin with an underscore if they are to be hidden. NULL: it failed, an
 * exception may be pending. */
static List *names_of(Vm *vm, Value o, bool hide)
{
    bool missing;
    Value dir = op_call_special(vm, o, SPECIAL_DIR, 0, NULL, &missing);
    Value all = value_is_empty(dir) ? dir : op_list_of(vm, dir);
    if (value_is_empty(all) || !list_sort(vm, as_list(all), VALUE_NONE, false))
        return NULL;
    List *names = list_new(vm, as_list(all)->len);
    for (size_t i = 0; names && i < as_list(all)->len; i++) {
        Value v = list_items(as_list(all))[i];
        if (is_str(v) && hide && as_str(v)->len && str_data(as_str(v))[0] == '_')
            continue;
        if (!list_append(vm, names, v))
            return NULL;
    }
    return names;
}

static bool add_keys(Vm *vm, List *l, Dict *d)
{
    size_t pos = 0;
    Value key, v;
    while (dict_next(d, &pos, &key, &v))
        if (!list_append(vm, l, key))
            return false;
    return true;
}

static const Traceback *innermost(Value tb)
{
    const Traceback *t = NULL;
    for (; is_traceback(tb); tb = t->next)
        t = as_traceback(tb);
    return t;
}

/* The variables of the frame: as they were, when the frame was kept; else the names that it has. */
static Dict *frame_variables(Vm *vm, const Traceback *t, List *names)
{
    Value locals = VALUE_EMPTY;
    if (!value_is_empty(t->frame)) {
        const FrameObj *o = (const FrameObj *)value_obj(t->frame);
        locals = o->live ? frame_locals(vm, o->live) : o->locals;
    }
    if (is_dict(locals))
        return add_keys(vm, names, as_dict(locals)) ? as_dict(locals) : NULL;
    const Code *code = t->code;
    for (uint32_t i = 0; i < code->nlocals; i++)
        if (!list_append(vm, names, value_from_obj(code->local_names[i])))
            return NULL;
    for (uint32_t i = 0; i < code->ncaptures; i++)
        if (!list_append(vm, names, value_from_obj(code->free_names[i])))
            return NULL;
    return NULL;
}

static Str *suggest_name(Vm *vm, Str *wrong, Value tb)
{
    const Traceback *t = innermost(tb);
    List *names = t ? list_new(vm, 64) : NULL;
    if (!names)
        return NULL;
    Dict *locals = frame_variables(vm, t, names);
    if (vm_pending(vm))
        return NULL;
    if (is_dict(t->globals) && !add_keys(vm, names, as_dict(t->globals)))
        return NULL;
    if (!add_keys(vm, names, vm->builtins))
        return NULL;
    Value self = locals ? dict_get_cstr(vm, locals, "self") : VALUE_EMPTY;
    if (!value_is_empty(self)) {
        if (!value_is_empty(attr_get_opt(vm, self, wrong)))
            return str_printf(vm, "self.%S", wrong);
        exc_discard(vm);
    }
    return nearest(wrong, names);
}

static Str *suggest_attribute(Vm *vm, Exc *e, Str *wrong)
{
    Value o = exc_field(e, FIELD_OBJ);
    bool hide = !(wrong->len && str_data(wrong)[0] == '_') && !(e->h.flags & EXC_ON_SELF);
    List *names = names_of(vm, value_is_empty(o) ? VALUE_NONE : o, hide);
    return names ? nearest(wrong, names) : NULL;
}

static Str *suggest_import(Vm *vm, Exc *e, Str *wrong)
{
    Value name = exc_field(e, FIELD_IMPORT_NAME);
    if (!is_str(name))
        return NULL;
    const char *s = str_data(as_str(name)), *dot = memchr(s, '.', as_str(name)->len);
    Str *top = dot ? str_new(vm, s, (size_t)(dot - s)) : as_str(name);
    Value module = top ? dict_get_str(vm, vm->modules, top) : VALUE_EMPTY;
    if (value_is_empty(module))
        return NULL;
    List *names = names_of(vm, module, !(wrong->len && str_data(wrong)[0] == '_'));
    return names ? nearest(wrong, names) : NULL;
}

Str *traceback_suggestion(Vm *vm, Value exc, Value tb)
{
    Exc *e = as_exc(exc);
    Value pending = exc_take(vm);
    Str *meant = NULL;
    if (exc_matches(vm, exc, vm->exc[EXC_ImportError])) {
        Value wrong = exc_field(e, FIELD_IMPORT_NAME_FROM);
        meant = is_str(wrong) ? suggest_import(vm, e, as_str(wrong)) : NULL;
    } else if (exc_matches(vm, exc, vm->exc[EXC_AttributeError])) {
        Value wrong = exc_field(e, FIELD_NAME);
        meant = is_str(wrong) ? suggest_attribute(vm, e, as_str(wrong)) : NULL;
    } else if (exc_matches(vm, exc, vm->exc[EXC_NameError])) {
        Value wrong = exc_field(e, FIELD_NAME);
        meant = is_str(wrong) ? suggest_name(vm, as_str(wrong), tb) : NULL;
    }
    exc_restore(vm, pending);
    return meant;
}
