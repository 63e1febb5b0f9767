/* SPDX-License-Identifier: MIT
 * A Runtime's life: the VM with its hooks, the order in which its parts are made and undone. */
#include "runtime/runtime.h"

#include <stdlib.h>

#include "runtime/atexit.h"
#include "runtime/clock.h"
#include "runtime/io.h"
#include "runtime/io_watch.h"
#include "runtime/loop.h"
#include "runtime/modspec.h"
#include "runtime/module.h"
#include "runtime/poll.h"
#include "runtime/profile.h"
#include "runtime/strands.h"
#include "runtime/typing.h"
#include "runtime/warn.h"
#include "runtime/workers.h"
#include "vm/sched.h"
#include "vm/objects/dict.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

static void mark_roots(Vm *vm, Marker *m, void *ud)
{
    Runtime *rt = ud;
    (void)vm;
    rt->spare_sleep = NULL;
    rt->spare_coro = NULL;
    mark_values(m, rt->signal_handlers, COUNT_OF(rt->signal_handlers));
    mark_value(m, rt->ambient_loop);
    mark_value(m, rt->policy);
    mark_value(m, rt->main_module);
    mark_value(m, rt->path);
    mark_value(m, rt->sys);
    mark_value(m, rt->last_exc);
    mark_values(m, rt->roots, RT_ROOT_COUNT);
}

static void install_hooks(Vm *vm)
{
    vm->hooks.attention = rt_attention;
    vm->hooks.coroutine_unawaited = warn_coroutine_unawaited;
    vm->hooks.unraisable = rt_unraisable;
    vm->hooks.warn = warn_explicit_text;
    vm->hooks.warn_syntax = warn_syntax;
    vm->hooks.import = rt_import;
    vm->hooks.beside_script = modspec_beside_script;
    vm->hooks.display = io_display;
    vm->hooks.type_union = union_make;
    vm->hooks.intrinsic = typing_intrinsic;
    strands_install(vm);
}

static bool init_parts(Vm *vm)
{
    return heap_add_roots(vm, mark_roots, rt_of(vm)) && watch_init(rt_of(vm)) && rt_builtins_init(vm) &&
           io_types_init(vm) && typing_types_init(vm) && asyncio_types_init(vm) && modules_init(vm) && rt_signals_init(rt_of(vm));
}

Runtime *runtime_new(const RuntimeConfig *config)
{
    Vm *vm = vm_new(&config->vm);
    if (!vm)
        return NULL;
    Alloc host = heap_host_alloc(vm);
    Runtime *rt = mem_alloc(&host, sizeof *rt);
    if (!rt) {
        vm_free(vm);
        return NULL;
    }
    memset(rt, 0, sizeof *rt);
    rt->vm = vm;
    rt->config = *config;
    vm->ext[VM_EXT_RUNTIME] = rt;
    clock_init(rt);
    io_init(rt);
    install_hooks(vm);
    VmEntry entry;
    vm_enter(vm, &entry, __builtin_frame_address(0));
    bool ok = init_parts(vm);
    rt->builtin_names = ok ? (uint32_t)dict_len(vm->builtins) : 0;
    vm_leave(vm, &entry);
    if (ok)
        return rt;
    runtime_free(rt);
    return NULL;
}

/* What tasks that nobody waits for have to say goes through module logging, so it must be said while that is there. */
static void report_lost_tasks(Vm *vm)
{
    if (!vm->modules || !is_module(dict_get_cstr(vm, vm->modules, "logging")) || !heap_has_last_words(vm))
        return;
    heap_tidy_stack();
    vm_collect(vm);
    heap_run_finalizers(vm);
    exc_discard(vm);
}

/* What scripts put beside the built-in names. Apart, since what its frame held would be scanned. */
static NOINLINE void drop_added_builtins(Runtime *rt)
{
    Dict *d = rt->vm->builtins;
    List *names = list_new(rt->vm, 8);
    size_t pos = 0;
    Value key, value;
    for (uint32_t i = 0; names && dict_next(d, &pos, &key, &value); i++)
        if (i >= rt->builtin_names && !list_append(rt->vm, names, key))
            break;
    for (size_t i = 0; names && i < names->len; i++)
        if (dict_delete(rt->vm, d, list_items(names)[i]) < 0)
            exc_discard(rt->vm);
}

/* What scripts left behind has its last word (__del__, finally blocks of generators, files that are still open):
 * modules first lose their names, as CPython does it at its end. */
static void run_last_finalizers(Runtime *rt)
{
    Vm *vm = rt->vm;
    VmEntry entry;
    vm->gc.closing = true;
    vm_enter(vm, &entry, __builtin_frame_address(0));
    exc_discard(vm);
    report_lost_tasks(vm);
    atexit_run(vm);
    rt->finalizing = true;
    strands_drop(vm);           /* what daemons alone hold dies with the rest */
    rt->main_module = rt->last_exc = vm->strand->current_loop = rt->ambient_loop = VALUE_EMPTY;
    memset(rt->signal_handlers, 0, sizeof rt->signal_handlers);
    warn_keep_filters(vm);
    if (vm->modules) {
        Value builtins = dict_get_str(vm, vm->modules, vm->names.builtins);
        dict_clear(vm, vm->modules);
        if (!value_is_empty(builtins) && !dict_set_str(vm, vm->modules, vm->names.builtins, builtins))
            exc_discard(vm);
    }
    drop_added_builtins(rt);
    bool last_words = heap_has_last_words(vm);
    for (unsigned i = 0; i < 8 && last_words; i++) {
        heap_tidy_stack();
        vm_collect(vm);
        last_words = heap_finalizers_queued(vm) != 0;
        heap_run_finalizers(vm);
    }
    exc_discard(vm);
    vm_leave(vm, &entry);
}

void runtime_join_threads(Runtime *rt)
{
    Vm *vm = rt->vm;
    Value threading = vm->modules ? dict_get_cstr(vm, vm->modules, "threading") : VALUE_EMPTY;
    if (!is_module(threading))
        return;
    Str *name = str_intern(vm, "_shutdown", 9);
    if (name && !value_is_empty(op_call_method(vm, threading, name, 0, NULL)))
        return;
    Value exc = exc_take(vm);
    rt_unraisable(vm, exc, NULL, threading);
    exc_discard(vm);
}

void runtime_end(Runtime *rt)
{
    run_last_finalizers(rt);
    rt_signals_free(rt);
    io_close_all(rt);
}

void runtime_free(Runtime *rt)
{
    Vm *vm = rt->vm;
    Alloc host = heap_host_alloc(vm);
    runtime_end(rt);
    workers_free(rt);
    strands_free(rt);
    profile_free(rt);
    asyncgens_free(rt);
    loop_script_free(rt);
    heap_remove_roots(vm, mark_roots, rt);
    watch_free(rt);
    memset(&vm->hooks, 0, sizeof vm->hooks);
    if (rt->poller)
        rt->poller->free(rt->poller);
    rt->poller = NULL;
    buf_free(&rt->out);
    vm_free(vm);                /* finalizers of files and loops still look at rt */
    mem_free(&host, rt, sizeof *rt);
}

const char *rt_python_env(const Runtime *rt, const char *name)
{
    return rt->config.allow & ALLOW_ENV && !rt->config.ignore_environment ? getenv(name) : NULL;
}

bool rt_allowed(Vm *vm, uint32_t what, const char *name)
{
    if ((rt_of(vm)->config.allow & what) == what)
        return true;
    raise_exc(vm, EXC_PermissionError, "%s is not permitted here", name);
    return false;
}
