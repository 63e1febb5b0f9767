/* SPDX-License-Identifier: MIT
 * Life of a VM in a host; compiling, running, driving the loop. */
#include "runtime/api/api.h"

#include <stdlib.h>

#include "lexer/lexer.h"
#include "parser/ast.h"
#include "parser/codegen/compile.h"
#include "runtime/io.h"
#include "runtime/modspec.h"
#include "runtime/io.h"
#include "runtime/io_watch.h"
#include "runtime/poll.h"
#include "runtime/profile.h"
#include "runtime/strands.h"
#include "vm/dis.h"
#include "vm/sched.h"
#include "vm/stats.h"
#include "vm/watch.h"
#include "vm/objects/dict.h"
#include "vm/objects/int.h"
#include "vm/objects/list.h"
#include "vm/objects/str.h"

unsigned aiovm_version(void)
{
    return AIOVM_VERSION_NUMBER;
}

void aiovm_config_init(aiovm_config *c)
{
    memset(c, 0, sizeof *c);
    c->size = sizeof *c;
}

static int load_hook(void *ud, Vm *vm, const char *name, char **text, size_t *len, char **filename)
{
    aiovm *host = host_of(vm);
    (void)ud;
    *filename = NULL;
    return host->config.load(host->config.ud, name, text, len);
}

static bool set_loader(aiovm *host, ModuleOrigin origin, Value file)
{
    Value loader = modspec_loader(host->vm, origin, host->vm->names.dunder_main, file, VALUE_EMPTY);
    return !value_is_empty(loader) && dict_set_str(host->vm, host->globals, host->vm->names.dunder_loader, loader);
}

/* A script without a file that nevertheless has a __file__; tracebacks do not show its lines, nobody could look them up. */
static const char standard_input[] = "<stdin>";

static bool set_file(aiovm *host, Value file)
{
    return dict_set_str(host->vm, host->globals, host->vm->names.dunder_file, file) &&
           dict_set_cstr(host->vm, host->globals, "__cached__", VALUE_NONE) &&
           (str_is(as_str(file), standard_input) || set_loader(host, MODULE_SOURCE, file));
}

static bool main_module(aiovm *host)
{
    Vm *vm = host->vm;
    Module *m = module_new(vm, "__main__", NULL);
    if (!m || !dict_set_cstr(vm, vm->modules, "__main__", value_from_obj(m)))
        return false;
    host->globals = m->globals;
    host->rt->main_module = value_from_obj(m);
    Value builtins = dict_get_cstr(vm, vm->modules, "builtins");
    Dict *annotations = dict_new(vm);
    return annotations && dict_set_str(vm, m->globals, vm->names.dunder_package, VALUE_NONE) &&
           set_loader(host, MODULE_BUILTIN, VALUE_EMPTY) && dict_set_str(vm, m->globals, vm->names.dunder_spec, VALUE_NONE) &&
           dict_set_str(vm, m->globals, vm->names.dunder_annotations, value_from_obj(annotations)) &&
           (value_is_empty(builtins) || dict_set_str(vm, m->globals, vm->names.dunder_builtins, builtins));
}

static bool drain(Vm *vm)
{
    return mailbox_drain(host_of(vm));
}

aiovm *aiovm_new(const aiovm_config *config)
{
    aiovm_config c;
    aiovm_config_init(&c);
    memcpy(&c, config, config->size < sizeof c ? config->size : sizeof c);
    RuntimeConfig rc = { .vm = { .alloc = { c.alloc, c.ud }, .max_memory = c.max_memory, .max_depth = c.max_depth,
                                 .hash_seed = c.hash_seed, .gc_stress = c.gc_stress,
                                 .optimize = c.flags[AIOVM_FLAG_OPTIMIZE] },
                         .allow = c.allow, .handle_sigint = c.handle_sigint, .deadlock_check = c.deadlock_check,
                         .import_time = c.import_time, .unbuffered = c.unbuffered, .dev_mode = c.dev_mode,
                         .ignore_environment = c.ignore_environment, .xoptions = c.xoptions,
                         .ud = c.ud, .write = c.write, .read = c.read,
                         .load = c.load ? load_hook : NULL, .clock_ns = c.clock_ns };
    memcpy(rc.flags, c.flags, sizeof rc.flags);
    aiovm *host = malloc(sizeof *host);
    if (!host)
        return NULL;
    memset(host, 0, sizeof *host);
    host->config = c;
    host->mailbox = mailbox_new();
    host->rt = host->mailbox ? runtime_new(&rc) : NULL;
    if (!host->rt) {
        mailbox_close(host->mailbox);
        free(host);
        return NULL;
    }
    host->vm = host->rt->vm;
    host->vm->ext[VM_EXT_API] = host;
    host->rt->posted = drain;
    API_ENTER(host);
    bool ok = heap_add_roots(host->vm, api_roots, host) && main_module(host);
    API_LEAVE(host);
    if (!ok) {
        aiovm_close(host);
        return NULL;
    }
    return host;
}

/* Everything that the host keeps alive. */
static void let_go(aiovm *host)
{
    Vm *vm = host->vm;
    mailbox_close(host->mailbox);
    while (host->refs)
        aiovm_ref_free(host, host->refs);
    mem_free(&vm->alloc, host->slots, host->cap * sizeof *host->slots);
    host->slots = NULL;
    host->count = host->cap = 0;
    heap_remove_roots(vm, api_roots, host);
    api_defs_free(host);
}

void aiovm_join_threads(aiovm *host)
{
    API_ENTER(host);
    host->vm->strand->host_depth++;
    runtime_join_threads(host->rt);
    host->vm->strand->host_depth--;
    API_LEAVE(host);
}

#define EXIT_LOST_OUTPUT 120

/* A file of the script's own in sys. False: that failed. */
static bool flush_own(aiovm *host, Str *name, int ours, bool told)
{
    Vm *vm = host->vm;
    Value file = io_sys_attr(vm, name);
    Str *attr = str_intern(vm, "closed", 6);
    if (value_is_empty(file) || value_is_none(file) || value_same(file, host->rt->roots[ours]) || !attr)
        return true;
    Value closed = attr_get_opt(vm, file, attr);
    int is = value_is_empty(closed) ? 0 : op_truth(vm, closed);
    exc_discard(vm);
    if (is > 0 || io_flush_value(vm, file))
        return true;
    if (told)
        rt_unraisable(vm, exc_take(vm), "on flushing sys.stdout", VALUE_EMPTY);
    exc_discard(vm);
    return false;
}

/* A program whose output is lost at the very end says so. */
static int last_flush(aiovm *host, int status)
{
    if (!flush_own(host, host->vm->names.stdout, RT_ROOT_STDOUT, true))
        status = EXIT_LOST_OUTPUT;
    if (!flush_own(host, host->vm->names.stderr, RT_ROOT_STDERR, false))
        status = EXIT_LOST_OUTPUT;
    int err = io_flush_out(host->rt);
    if (!err)
        return status;
    host->rt->out.len = 0;
    raise_os(host->vm, err, VALUE_EMPTY);
    rt_unraisable(host->vm, exc_take(host->vm), "on flushing sys.stdout", VALUE_EMPTY);
    return EXIT_LOST_OUTPUT;
}

void aiovm_exit(aiovm *host, int status)
{
    API_ENTER(host);
    status = last_flush(host, status);
    API_LEAVE(host);
#ifdef AIO_DEBUG
    aiovm_close(host);          /* so that leaks show */
#else
    let_go(host);
    runtime_end(host->rt);
#endif
    exit(status);
}

void aiovm_close(aiovm *host)
{
    if (!host)
        return;
    let_go(host);
    runtime_free(host->rt);
    free(host);
}

void *aiovm_userdata(aiovm *host)
{
    return host->config.ud;
}

void aiovm_interrupt(aiovm *host)
{
    Runtime *rt = host->rt;
    atomic_fetch_or(&rt->signals, UINT64_C(1) << 2);
    vm_attend(host->vm, ATTENTION_SIGNAL);
    rt_wake(rt);
}

void aiovm_clear_interrupt(aiovm *host)
{
    atomic_fetch_and(&host->rt->signals, ~(UINT64_C(1) << 2));
}

bool aiovm_interrupted(aiovm *host)
{
    return atomic_load(&host->rt->signals) & (UINT64_C(1) << 2);
}

aiovm_status aiovm_set_argv(aiovm *host, int argc, char **argv)
{
    Vm *vm = host->vm;
    List *l = list_new(vm, (size_t)argc);
    for (int i = 0; l && i < argc; i++) {
        Str *s = str_decode(vm, argv[i], strlen(argv[i]));
        if (!s || !list_append(vm, l, value_from_obj(s)))
            return api_status(host, false);
    }
    Value sys = dict_get_cstr(vm, vm->modules, "sys");
    return api_status(host, l && is_module(sys) && module_set(vm, as_module(sys), "argv", value_from_obj(l)));
}

aiovm_status aiovm_add_path(aiovm *host, const char *dir)
{
    Vm *vm = host->vm;
    Str *s = str_decode(vm, dir, strlen(dir));
    return api_status(host, s && is_list(host->rt->path) && list_insert(vm, as_list(host->rt->path), 0, value_from_obj(s)));
}

int aiovm_exit_status(aiovm *host)
{
    return host->rt->exit_status;
}

void aiovm_flush(aiovm *host)
{
    rt_flush(host->rt);
}

/* ---- compiling ---- */

static bool is_file_name(const char *file) { return file && file[0] != '<'; }

aiovm_status aiovm_compile(aiovm *host, const char *src, size_t n, const char *file, unsigned mode, aiovm_val *code)
{
    bool incomplete = false;
    CompileOptions o = { .filename = file, .top_level_await = mode & AIOVM_COMPILE_TOP_AWAIT,
                         .in_file = is_file_name(file) };
    o.mode = (mode & 3) == AIOVM_COMPILE_SINGLE ? PARSE_PROMPT : (mode & 3) == AIOVM_COMPILE_EVAL ? PARSE_EVAL : PARSE_FILE;
    o.future = o.mode == PARSE_PROMPT ? host->rt->prompt_future : 0;
    API_ENTER(host);
    Code *c = compile_source(host->vm, src, n == SIZE_MAX ? strlen(src) : n, &o, &incomplete);
    if (c && o.mode == PARSE_PROMPT)
        host->rt->prompt_future = rt_future_of(c);
    API_LEAVE(host);
    if (!c && incomplete) {
        exc_discard(host->vm);
        return AIOVM_EINCOMPLETE;
    }
    if (!c)
        return exc_pending_is(host->vm, EXC_SyntaxError) ? AIOVM_ECOMPILE : api_status(host, false);
    *code = api_handle(host, value_from_obj(c));
    return AIOVM_IS_NULL(*code) ? AIOVM_EMEM : AIOVM_OK;
}

/* ---- running ---- */

/* SystemExit is no error for the host, but a status of its own. */
static aiovm_status outcome(aiovm *host, Value v, aiovm_val *result)
{
    Vm *vm = host->vm;
    if (!value_is_empty(v)) {
        if (!result)
            return AIOVM_OK;
        *result = api_handle(host, v);
        return AIOVM_IS_NULL(*result) ? AIOVM_EMEM : AIOVM_OK;
    }
    if (!exc_pending_is(vm, EXC_SystemExit) || host->vm->strand->host_depth > 1)
        return api_status(host, false);
    Value exc = exc_take(vm), code = as_exc(exc)->extra[EXTRA_CODE];
    int64_t status = 0;
    if (is_int(code)) {
        if (!int_to_i64(code, &status))
            status = -1;
    } else if (!value_is_empty(code) && !value_is_none(code)) {
        Str *s = op_str(vm, code);
        exc_discard(vm);
        rt_flush(host->rt);
        if (s)
            io_put_stderr(vm, str_data(s), s->len);
        io_put_stderr(vm, "\n", 1);
        rt_flush(host->rt);
        status = 1;
    }
    host->rt->exit_status = (int)status;
    return AIOVM_EEXIT;
}

Loop *api_loop(aiovm *host)
{
    if (value_is_empty(host->loop)) {
        Value l = op_call0(host->vm, host->rt->roots[RT_ROOT_LOOP_TYPE]);
        if (value_is_empty(l))
            return NULL;
        host->loop = l;
    }
    return as_loop(host->loop);
}

static Value exec_code(aiovm *host, Code *code)
{
    return rt_exec_code(host->vm, code, host->globals, VALUE_EMPTY);
}

/* A main script with top-level await runs as asyncio.run would: the rest is cancelled when it ends. */
static Value run_main(aiovm *host, Value coro)
{
    Vm *vm = host->vm;
    Value m = rt_import_module(vm, "asyncio.runners");
    Str *name = str_intern(vm, "run", 3);
    Value f = value_is_empty(m) || !name ? VALUE_ERROR : attr_get(vm, m, name);
    return value_is_empty(f) ? f : op_call1(vm, f, coro);
}

static Value await_value(aiovm *host, Value v)
{
    Vm *vm = host->vm;
    Loop *l = api_loop(host);
    Str *name = l ? str_intern(vm, "run_until_complete", 18) : NULL;
    return name ? op_call_method(vm, value_from_obj(l), name, 1, &v) : VALUE_ERROR;
}

aiovm_status aiovm_error_print(aiovm *host, aiovm_val exc)
{
    Value v;
    if (!api_value(host, exc, &v) || !is_exc(v))
        return AIOVM_EMISUSE;
    API_ENTER(host);
    host->vm->strand->host_depth++;
    rt_print_exception(host->vm, v);
    aiovm_status st = vm_pending(host->vm) ? outcome(host, VALUE_EMPTY, NULL) : AIOVM_OK;
    host->vm->strand->host_depth--;
    API_LEAVE(host);
    return st;
}

aiovm_status aiovm_exec(aiovm *host, aiovm_val code, aiovm_val *result)
{
    Value v;
    if (!api_value(host, code, &v) || !is_code(v))
        return AIOVM_EMISUSE;
    API_ENTER(host);
    host->vm->strand->host_depth++;
    aiovm_status st = outcome(host, exec_code(host, as_code(v)), result);
    host->vm->strand->host_depth--;
    API_LEAVE(host);
    return st;
}

aiovm_status aiovm_run(aiovm *host, const char *src, size_t n, const char *file)
{
    Vm *vm = host->vm;
    bool piped = !strcmp(file, standard_input);
    CompileOptions o = { .filename = file, .top_level_await = true, .in_file = is_file_name(file), .is_script = true,
                         .strip_source = piped };
    API_ENTER(host);
    host->vm->strand->host_depth++;
    Str *name = str_cstr(vm, file);
    aiovm_status st;
    if (!name || ((file[0] != '<' || piped) && !set_file(host, value_from_obj(name)))) {
        st = AIOVM_EMEM;
    } else {
        Code *c = compile_source(vm, src, n == SIZE_MAX ? strlen(src) : n, &o, NULL);
        if (!c) {
            st = exc_pending_is(vm, EXC_SyntaxError) ? AIOVM_ECOMPILE : api_status(host, false);
        } else {
            bool awaits = c->flags & CODE_TOP_LEVEL_AWAIT;
            Value v = exec_code(host, c);
            if (awaits && !value_is_empty(v))
                v = run_main(host, v);
            st = outcome(host, v, NULL);
        }
    }
    host->vm->strand->host_depth--;
    API_LEAVE(host);
    return st;
}

aiovm_status aiovm_import(aiovm *host, const char *name, aiovm_val *module)
{
    API_ENTER(host);
    host->vm->strand->host_depth++;
    aiovm_status st = outcome(host, rt_import_module(host->vm, name), module);
    host->vm->strand->host_depth--;
    API_LEAVE(host);
    return st;
}

static bool take_args(aiovm *host, const aiovm_val *args, int n, Value *out)
{
    for (int i = 0; i < n; i++)
        if (!api_value(host, args[i], &out[i]))
            return false;
    return true;
}

#define API_MAX_ARGS 64

aiovm_status aiovm_call_value(aiovm *host, aiovm_val fn, const aiovm_val *args, int n, aiovm_val *result)
{
    Value f, v[API_MAX_ARGS];
    if (n < 0 || n > API_MAX_ARGS || !api_value(host, fn, &f) || !take_args(host, args, n, v))
        return AIOVM_EMISUSE;
    API_ENTER(host);
    host->vm->strand->host_depth++;
    aiovm_status st = outcome(host, op_call(host->vm, f, (uint32_t)n, v), result);
    host->vm->strand->host_depth--;
    API_LEAVE(host);
    return st;
}

aiovm_status aiovm_call_method(aiovm *host, aiovm_val o, const char *name, const aiovm_val *args, int n, aiovm_val *result)
{
    Value self, v[API_MAX_ARGS];
    if (n < 0 || n > API_MAX_ARGS || !api_value(host, o, &self) || !take_args(host, args, n, v))
        return AIOVM_EMISUSE;
    API_ENTER(host);
    host->vm->strand->host_depth++;
    Str *s = str_intern(host->vm, name, strlen(name));
    aiovm_status st = outcome(host, s ? op_call_method(host->vm, self, s, (uint32_t)n, v) : VALUE_ERROR, result);
    host->vm->strand->host_depth--;
    API_LEAVE(host);
    return st;
}

aiovm_status aiovm_global(aiovm *host, const char *name, aiovm_val *result)
{
    Value v = dict_get_cstr(host->vm, host->globals, name);
    if (value_is_empty(v)) {
        raise_exc(host->vm, EXC_NameError, "name '%s' is not defined", name);
        return AIOVM_ERR;
    }
    *result = api_handle(host, v);
    return AIOVM_IS_NULL(*result) ? AIOVM_EMEM : AIOVM_OK;
}

aiovm_status aiovm_set_global(aiovm *host, const char *name, aiovm_val h)
{
    Value v;
    if (!api_value(host, h, &v))
        return AIOVM_EMISUSE;
    return api_status(host, dict_set_cstr(host->vm, host->globals, name, v));
}

/* ---- the loop ---- */

aiovm_status aiovm_spawn(aiovm *host, aiovm_val coro, aiovm_val *task)
{
    Value v;
    if (!api_value(host, coro, &v))
        return AIOVM_EMISUSE;
    API_ENTER(host);
    Loop *l = api_loop(host);
    Value t = l ? asyncio_ensure_future(host->vm, v, l) : VALUE_ERROR;
    API_LEAVE(host);
    if (value_is_empty(t))
        return api_status(host, false);
    if (task)
        *task = api_handle(host, t);
    return AIOVM_OK;
}

aiovm_status aiovm_await(aiovm *host, aiovm_val awaitable, aiovm_val *result)
{
    Value v;
    if (!api_value(host, awaitable, &v) || host->vm->strand->host_depth || !value_is_none(host->vm->strand->running_loop))
        return AIOVM_EMISUSE;
    API_ENTER(host);
    host->vm->strand->host_depth++;
    aiovm_status st = outcome(host, await_value(host, v), result);
    host->vm->strand->host_depth--;
    API_LEAVE(host);
    return st;
}

aiovm_status aiovm_step(aiovm *host, int mode)
{
    Vm *vm = host->vm;
    if (host->vm->strand->host_depth || !value_is_none(vm->strand->running_loop))
        return AIOVM_EMISUSE;
    API_ENTER(host);
    host->vm->strand->host_depth++;
    Loop *l = api_loop(host);
    aiovm_status st = AIOVM_ERR;
    if (l) {
        bool threads = vm->nstrands > 1;
        strand_yield(vm);
        threads = threads && vm->nstrands == 1;         /* the last one has ended: the host wants to know */
        bool ok = loop_host_turn(vm, l, mode == AIOVM_STEP_WAIT && !threads);
        st = outcome(host, ok ? VALUE_NONE : VALUE_EMPTY, NULL);
        if (st == AIOVM_OK && l->ready_count)
            st = AIOVM_EAGAIN;
    }
    host->vm->strand->host_depth--;
    API_LEAVE(host);
    return st;
}

aiovm_status aiovm_ambient_loop(aiovm *host, bool on)
{
    API_ENTER(host);
    Loop *l = on ? api_loop(host) : NULL;
    API_LEAVE(host);
    host->rt->ambient_loop = l ? value_from_obj(l) : VALUE_EMPTY;
    return l || !on ? AIOVM_OK : api_status(host, false);
}

bool aiovm_alive(aiovm *host)
{
    if (host->vm->nstrands > 1)
        return true;
    if (value_is_empty(host->loop))
        return false;
    Loop *l = as_loop(host->loop);
    return l->ready_count || loop_timers(l) || l->task_count;
}

int aiovm_poll_fd(aiovm *host)
{
    return mailbox_ready(host) ? host->rt->poller->fd : -1;
}

int64_t aiovm_timeout_ns(aiovm *host)
{
    int64_t ns = value_is_empty(host->loop) ? -1 : loop_timeout_ns(host->vm, as_loop(host->loop));
    int64_t others = strands_timeout_ns(host->vm);
    return ns < 0 || (others >= 0 && others < ns) ? others : ns;
}

/* ---- memory, looking inside ---- */

void aiovm_collect(aiovm *host)
{
    API_ENTER(host);
    vm_collect(host->vm);
    heap_run_finalizers(host->vm);
    API_LEAVE(host);
}

void aiovm_stats_get(aiovm *host, aiovm_stats *s)
{
    const Vm *vm = host->vm;
    StatsTotals t;
    stats_totals(vm, &t);
    aiovm_stats all = { sizeof all, heap_bytes(vm), heap_collections(vm), vm->gc.ns, vm->gc.longest_ns, t.instructions,
                        t.cache_hits, t.cache_misses, t.allocations, t.allocated };
    size_t size = s->size && s->size < sizeof all ? s->size : sizeof all;
    memcpy(s, &all, size);
}

aiovm_status aiovm_count(aiovm *host)
{
    return stats_begin(host->vm) ? AIOVM_OK : AIOVM_EMEM;
}

/* Text for the host; b is freed. */
static aiovm_val take_text(aiovm *host, Buf *b)
{
    API_ENTER(host);
    Str *s = b->failed ? NULL : str_decode(host->vm, b->data, b->len);
    API_LEAVE(host);
    buf_free(b);
    return api_handle(host, s ? value_from_obj(s) : VALUE_EMPTY);
}

aiovm_val aiovm_count_report(aiovm *host)
{
    Buf b;
    buf_init(&b, &host->vm->alloc);
    stats_report(host->vm, &b);
    return take_text(host, &b);
}

aiovm_status aiovm_profile(aiovm *host, uint32_t interval_us)
{
    return profile_begin(host->rt, interval_us) ? AIOVM_OK : AIOVM_EMEM;
}

aiovm_val aiovm_profile_take(aiovm *host)
{
    Buf b;
    buf_init(&b, &host->vm->alloc);
    profile_end(host->rt, &b);
    return take_text(host, &b);
}

void aiovm_trace(aiovm *host, bool on)
{
    host->vm->watch = (uint8_t)(on ? host->vm->watch | WATCH_TRACE : host->vm->watch & ~WATCH_TRACE);
}

/* The front end's own words for a wrong source, as SyntaxError. */
static aiovm_status dump_failed(aiovm *host, const char *src, size_t n, const char *file)
{
    aiovm_val code;
    aiovm_status st = aiovm_compile(host, src, n, file, AIOVM_COMPILE_FILE | AIOVM_COMPILE_TOP_AWAIT, &code);
    return st == AIOVM_OK || st == AIOVM_EINCOMPLETE ? AIOVM_ERR : st;
}

aiovm_status aiovm_dump(aiovm *host, int what, const char *src, size_t n, const char *file)
{
    Vm *vm = host->vm;
    n = n == SIZE_MAX ? strlen(src) : n;
    if (what == AIOVM_DUMP_CODE) {
        CompileOptions o = { .filename = file, .top_level_await = true, .in_file = is_file_name(file), .is_script = true };
        API_ENTER(host);
        Code *c = compile_source(vm, src, n, &o, NULL);
        API_LEAVE(host);
        if (!c)
            return dump_failed(host, src, n, file);
        Buf b;
        buf_init(&b, &vm->alloc);
        dis_code(&b, c);
        rt_write(host->rt, 1, b.data, b.len);
        buf_free(&b);
        return AIOVM_OK;
    }
    Arena arena;
    Diag diag = { 0 };
    char *text = NULL;
    size_t len = 0;
    arena_init(&arena, &vm->alloc);
    char *copy = arena_strndup(&arena, src, n);
    Source source = { .text = copy, .len = (uint32_t)n, .filename = file };
    if (copy && what == AIOVM_DUMP_TOKENS) {
        TokenList tokens = { 0 };
        if (lex(&arena, &source, &tokens, &diag))
            text = token_dump(&arena, &source, &tokens, &len);
    } else if (copy) {
        Ast *tree = parse(&arena, &source, PARSE_FILE, &diag);
        AstText out;
        if (tree && ast_dump(&arena, tree, &out)) {
            text = out.text;
            len = out.len;
        }
    }
    if (text) {
        rt_write(host->rt, 1, text, len);
        if (len && text[len - 1] != '\n')
            rt_write(host->rt, 1, "\n", 1);
    }
    arena_free(&arena);
    return text ? AIOVM_OK : dump_failed(host, src, n, file);
}
