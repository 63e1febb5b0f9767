/* SPDX-License-Identifier: MIT
 * "Did you mean": among which names to look for the one that was meant. */
#include "runtime/traceback.h"

#include "vm/frame.h"
#include "vm/objects/dict.h"
#include "vm/objects/exceptions.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"
#include "vm/text/nearest.h"

#define MAX_CANDIDATES 750u

static Str *nearest(const Str *name, List *candidates)
{
    Nearest n = { .name = name };
    if (candidates->len >= MAX_CANDIDATES)
        return NULL;
    for (size_t i = 0; i < candidates->len; i++)
        if (is_str(list_items(candidates)[i]))
            nearest_try(&n, as_str(list_items(candidates)[i]));
    return n.best;
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
        locals = frame_object_locals(vm, (FrameObj *)value_obj(t->frame));
        if (value_is_empty(locals))
            return NULL;
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
