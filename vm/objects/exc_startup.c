/* SPDX-License-Identifier: MIT
 * Exceptions of modules that CPython itself imports at its start. Nothing here raises them; they are made when somebody asks
 * for the subclasses of a built-in exception, who is likely to print the whole tree. */
#include "vm/objects/exceptions.h"

#include "vm/objects/core.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

typedef struct Startup {
    const char *name;
    int base, also;             /* ExcIds; -1: none; base -2: the class before */
    const char *before;         /* the subclass in front of which it stands; NULL: behind all that are built in */
    const char *doc;
} Startup;

static const Startup table[] = {
    { "zipimport.ZipImportError", EXC_ImportError, -1, NULL, NULL },
    { "encodings.CodecRegistryError", EXC_LookupError, EXC_SystemError, NULL, NULL },
    { "signal.itimer_error", EXC_OSError, -1, NULL, NULL },
    { "_frozen_importlib._DeadlockError", EXC_RuntimeError, -1, NULL, NULL },
    { "interpreters.NotShareableError", EXC_ValueError, -1, "UnsupportedOperation", NULL },
    { "interpreters.InterpreterError", EXC_Exception, -1, "ExceptionGroup", "A call into another interpreter failed." },
    { "interpreters.InterpreterNotFoundError", -2, -1, NULL, "There is no such interpreter." },
};

/* Not one of a script's, nor of a module that a script imports. */
static bool is_startup(const Type *t)
{
    return t->flags & TYPE_HEAP ? !strcmp(type_name(t), "UnsupportedOperation") : !t->def_name || !strchr(t->def_name, '.');
}

/* The newest subclass of base goes where CPython has it. */
static void place(Vm *vm, Type *base, const char *before)
{
    Value *items = base->subclasses->items, last = items[base->nsubclasses - 1];
    if (!is_startup(as_type(last)) && !as_type(last)->def_name)
        return;                 /* a script's */
    uint32_t at = 0, i = base->nsubclasses - 1;
    while (at < i && is_startup(as_type(items[at])) && !(before && !strcmp(type_short_name(as_type(items[at])), before)))
        at++;
    for (; i > at; i--)
        items[i] = items[i - 1];
    items[at] = last;
    heap_touch(vm, base->subclasses);
}

bool exc_add_startup_classes(Vm *vm)
{
    Tuple *all = tuple_new(vm, COUNT_OF(table));
    Str *io = all ? str_intern(vm, "_io", 3) : NULL;
    if (!io || (vm->hooks.import && value_is_empty(vm->hooks.import(vm, io, VALUE_NONE, VALUE_NONE, VALUE_NONE, 0))))
        return false;           /* io.UnsupportedOperation is one of them */
    vm->startup_classes = value_from_obj(all);
    place(vm, vm->exc[EXC_OSError], NULL);
    place(vm, vm->exc[EXC_ValueError], NULL);
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        const Startup *s = &table[i];
        TypeDef def = { .name = s->name, .doc = s->doc, .layout = LAYOUT(EXC), .flags = TYPE_BASE | TYPE_EXC | TYPE_HAS_DICT };
        Type *base = s->base == -2 ? as_type(all->items[i - 1]) : vm->exc[s->base];
        Type *t = type_from_def(vm, &def, base);
        if (!t)
            return false;
        heap_set(vm, all, &all->items[i], value_from_obj(t));
        place(vm, base, s->before);
        if (s->also < 0)
            continue;
        Value bases[2] = { value_from_obj(base), value_from_obj(vm->exc[s->also]) };
        Tuple *both = tuple_from(vm, bases, 2);
        Tuple *mro = both ? type_make_mro(vm, t, both) : NULL;
        if (!mro || !type_add_subclass(vm, vm->exc[s->also], t))
            return false;
        heap_set_ptr(vm, t, &t->bases, both);
        heap_set_ptr(vm, t, &t->mro, mro);
        place(vm, vm->exc[s->also], NULL);
    }
    return true;
}
