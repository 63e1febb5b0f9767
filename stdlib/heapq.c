/* SPDX-License-Identifier: MIT
 * Module _heapq: binary heaps in lists. Comparisons call script, which may change the list: its length is looked at
 * after each of them. */
#include "stdlib/heapq.h"

#include "stdlib/modules.h"

#include "vm/code.h"
#include "vm/objects/list.h"

/* a < b, for heaps that end in the largest item: b < a. 0, 1, -1. */
static inline int before(Vm *vm, Value a, Value b, bool largest)
{
    if (value_both_int48(a, b))
        return largest ? value_int48(b) < value_int48(a) : value_int48(a) < value_int48(b);
    return largest ? op_compare_bool(vm, COMPARE_LT, b, a) : op_compare_bool(vm, COMPARE_LT, a, b);
}

static bool same_length(Vm *vm, const List *l, size_t n)
{
    if (l->len == n)
        return true;
    raise_exc(vm, EXC_RuntimeError, "list changed size during iteration");
    return false;
}

static inline void swap(Vm *vm, List *l, size_t i, size_t j)
{
    Value *items = list_items(l), v = items[i];
    heap_set_item(vm, l->buf, &items[i], items[j]);
    heap_set_item(vm, l->buf, &items[j], v);
}

/* Let the item at `at` rise, at most to `top`. */
static bool rise(Vm *vm, List *l, size_t top, size_t at, bool largest)
{
    size_t n = l->len;
    while (at > top) {
        size_t parent = (at - 1) / 2;
        int r = before(vm, list_items(l)[at], list_items(l)[parent], largest);
        if (r < 0 || !same_length(vm, l, n))
            return false;
        if (!r)
            break;
        swap(vm, l, at, parent);
        at = parent;
    }
    return true;
}

/* Let the item at `at` sink all the way along the smaller children, then rise to its place: it mostly belongs low. */
static bool sink(Vm *vm, List *l, size_t at, bool largest)
{
    size_t n = l->len, top = at;
    while (at < n / 2) {
        size_t child = 2 * at + 1;
        if (child + 1 < n) {
            int r = before(vm, list_items(l)[child], list_items(l)[child + 1], largest);
            if (r < 0 || !same_length(vm, l, n))
                return false;
            child += !r;
        }
        swap(vm, l, at, child);
        at = child;
    }
    return rise(vm, l, top, at, largest);
}

static List *list_arg(Vm *vm, Value v, const char *name, bool only)
{
    if (is_list(v))
        return as_list(v);
    raise_exc(vm, EXC_TypeError, "%s() argument %smust be list, not %B", name, only ? "" : "1 ", v);
    return NULL;
}

static Value pop(Vm *vm, Value v, const char *name, bool largest)
{
    List *l = list_arg(vm, v, name, true);
    if (!l)
        return VALUE_ERROR;
    if (!l->len)
        return raise_exc(vm, EXC_IndexError, "index out of range");
    Value last = list_pop_at(vm, l, l->len - 1);
    if (!l->len)
        return last;
    Value first = list_items(l)[0];
    heap_set(vm, l->buf, list_items(l), last);
    return sink(vm, l, 0, largest) ? first : VALUE_ERROR;
}

static Value replace(Vm *vm, const Args *args, const char *name, bool largest)
{
    List *l = list_arg(vm, args->v[0], name, false);
    if (!l)
        return VALUE_ERROR;
    if (!l->len)
        return raise_exc(vm, EXC_IndexError, "index out of range");
    Value first = list_items(l)[0];
    heap_set(vm, l->buf, list_items(l), args->v[1]);
    return sink(vm, l, 0, largest) ? first : VALUE_ERROR;
}

static Value heapify(Vm *vm, Value v, const char *name, bool largest)
{
    List *l = list_arg(vm, v, name, true);
    if (!l)
        return VALUE_ERROR;
    for (size_t i = l->len / 2; i-- > 0;)
        if (!sink(vm, l, i, largest) || (!(i & 255) && !vm_checkpoint(vm)))
            return VALUE_ERROR;
    return VALUE_NONE;
}

bool heapq_push(Vm *vm, Value list, Value item)
{
    List *l = list_arg(vm, list, "heappush", false);
    return l && list_append(vm, l, item) && rise(vm, l, 0, l->len - 1, false);
}

Value heapq_pop(Vm *vm, Value list)
{
    return pop(vm, list, "heappop", false);
}

static Value heapq_f_heappush(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return heapq_push(vm, args->v[0], args->v[1]) ? VALUE_NONE : VALUE_ERROR;
}

static Value heapq_f_heappop(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return heapq_pop(vm, args->v[0]);
}

static Value heapq_f_heapreplace(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return replace(vm, args, "heapreplace", false);
}

static Value heapq_f_heappushpop(Vm *vm, Value self, const Args *args)
{
    List *l = list_arg(vm, args->v[0], "heappushpop", false);
    (void)self;
    if (!l)
        return VALUE_ERROR;
    if (!l->len)
        return args->v[1];
    int r = before(vm, list_items(l)[0], args->v[1], false);
    if (r <= 0)
        return r < 0 ? VALUE_ERROR : args->v[1];
    if (!l->len)
        return raise_exc(vm, EXC_IndexError, "index out of range");
    return replace(vm, args, "heappushpop", false);
}

static Value heapq_f_heapify(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return heapify(vm, args->v[0], "heapify", false);
}

static Value heapq_f_heappop_max(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return pop(vm, args->v[0], "_heappop_max", true);
}

static Value heapq_f_heapreplace_max(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return replace(vm, args, "_heapreplace_max", true);
}

static Value heapq_f_heapify_max(Vm *vm, Value self, const Args *args)
{
    (void)self;
    return heapify(vm, args->v[0], "_heapify_max", true);
}

static const MethodDef functions[] = {
    FUNCTION(heapq, heappush, "heappush(heap, item, /)", "Put an item into a heap."),
    FUNCTION(heapq, heappop, "heappop(heap, /)", "Take the smallest item out of a heap."),
    FUNCTION(heapq, heappushpop, "heappushpop(heap, item, /)", "Put an item into a heap, then take the smallest one out."),
    FUNCTION(heapq, heapreplace, "heapreplace(heap, item, /)", "Take the smallest item out of a heap, then put one into it."),
    FUNCTION(heapq, heapify, "heapify(heap, /)", "Make a heap of a list, in place, in linear time."),
    FUNCTION(heapq, heappop_max, "_heappop_max(heap, /)", "heappop() of a heap that begins with its largest item."),
    FUNCTION(heapq, heapreplace_max, "_heapreplace_max(heap, item, /)", "heapreplace() of such a heap."),
    FUNCTION(heapq, heapify_max, "_heapify_max(heap, /)", "heapify() to such a heap."),
    { 0 }
};

Value heapq_init(Vm *vm)
{
    Module *m = module_new(vm, "_heapq", "Heaps in lists.");
    return m && module_add_functions(vm, m, functions) ? value_from_obj(m) : VALUE_ERROR;
}
