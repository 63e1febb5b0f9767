/* SPDX-License-Identifier: MIT
 * The place where a coroutine, future, task or handle was made: taken only in debug mode. */
#include "runtime/origin.h"

#include "runtime/traceback.h"
#include "vm/frame.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"
#include "vm/text/strops.h"

static Value entry(Vm *vm, const Frame *f)
{
    uint32_t line = code_position(f->code, frame_at(f)).line;
    size_t len = 0;
    const char *s = is_str(f->code->source) ? traceback_source_line(as_str(f->code->source), line, &len) : NULL;
    TextSpan t = s ? text_strip(s, len, TEXT_STRIP_BOTH) : (TextSpan){ 0, 0 };
    Str *text = s ? str_new(vm, s + t.start, t.end - t.start) : vm->empty_str;
    Value name = f->func ? f->func->name : value_from_obj(f->code->name);
    Tuple *e = text ? tuple_pack(vm, 4, value_from_obj(f->code->filename), value_from_int48(line), name, value_from_obj(text))
                    : NULL;
    return e ? value_from_obj(e) : VALUE_ERROR;
}

Value origin_stack(Vm *vm, uint32_t depth)
{
    List *l = list_new(vm, depth);
    for (Frame *f = vm->strand->top; l && f && f->code && l->len < depth; f = f->back) {
        Value e = entry(vm, f);
        if (value_is_empty(e) || !list_append(vm, l, e))
            return VALUE_ERROR;
    }
    if (!l)
        return VALUE_ERROR;
    Value *v = list_items(l);
    for (size_t i = 0; i < l->len / 2; i++) {
        Value e = v[i];
        v[i] = v[l->len - 1 - i];
        v[l->len - 1 - i] = e;
    }
    return value_from_obj(l);
}

void origin_put(Vm *vm, Value v, Buf *out)
{
    for (size_t i = 0; is_list(v) && i < as_list(v)->len; i++) {
        Value e = op_list_of(vm, list_items(as_list(v))[i]), *p;        /* a FrameSummary, too, is a sequence of these */
        exc_discard(vm);
        if (!is_list(e) || as_list(e)->len != 4)
            continue;
        p = list_items(as_list(e));
        Str *s = str_printf(vm, "  File \"%V\", line %V, in %V\n", p[0], p[1], p[2]);
        if (s)
            buf_put(out, str_data(s), s->len);
        exc_discard(vm);
        if (!is_str(p[3]) || !as_str(p[3])->len)
            continue;
        buf_puts(out, "    ");
        buf_put(out, str_data(as_str(p[3])), as_str(p[3])->len);
        buf_putc(out, '\n');
    }
}

Str *origin_repr(Vm *vm, Value v)
{
    if (!is_list(v) || !as_list(v)->len)
        return vm->empty_str;
    Value last = op_list_of(vm, list_items(as_list(v))[as_list(v)->len - 1]);
    if (value_is_empty(last))
        return NULL;
    List *l = as_list(last);
    return l->len < 2 ? vm->empty_str : str_printf(vm, " created at %V:%V", list_items(l)[0], list_items(l)[1]);
}

Value origin_get(Vm *vm, Value v)
{
    if (!is_list(v) || (as_list(v)->len && !is_tuple(list_items(as_list(v))[0])))
        return value_is_empty(v) ? VALUE_NONE : v;
    Value m = rt_import_module(vm, "asyncio.format_helpers");
    Str *name = str_intern(vm, "_stack_summary", 14);
    return value_is_empty(m) || !name ? VALUE_ERROR : op_call_method(vm, m, name, 1, &v);
}

/* No memory for it: then it is not known. */
static void coroutine_made(Vm *vm, Gen *gen)
{
    Value at = origin_stack(vm, vm->coroutine_origin_depth);
    if (value_is_empty(at))
        exc_discard(vm);
    else
        heap_set(vm, gen, &gen->ext, at);
}

void origin_track(Vm *vm, uint32_t depth)
{
    vm->coroutine_origin_depth = depth;
    vm->hooks.coroutine_made = depth ? coroutine_made : NULL;
}
