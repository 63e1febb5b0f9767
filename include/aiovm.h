/* SPDX-License-Identifier: MIT
 * aiovm.h: embed aio in a C or C++ program. C11 and C++11; no other header of the project is needed.
 *
 * Rules that hold for all functions:
 *  - A VM is used by one thread at a time. Only aiovm_interrupt, aiovm_wakeup, aiovm_post, aiovm_complete,
 *    aiovm_complete_str and aiovm_fail may be called from others; aiovm_interrupt also from a signal handler.
 *  - Nothing here ever longjmps over host frames or exits the process. Fallible functions return a status; AIOVM_ERR
 *    means that a script exception is pending in the VM: read it with aiovm_error_take, or return it from a native.
 *  - Values are handles of the scope in which they were made. A scope is open around each native call; the host opens
 *    others with aiovm_scope_open. A handle of a closed scope is noticed (AIOVM_EMISUSE), never followed.
 *  - "may run script" in a comment: the call can run any script code, so also natives of yours. */
#ifndef AIOVM_H
#define AIOVM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define AIOVM_VERSION_MAJOR 0
#define AIOVM_VERSION_MINOR 1
#define AIOVM_VERSION_PATCH 0
#define AIOVM_VERSION_NUMBER (AIOVM_VERSION_MAJOR * 10000 + AIOVM_VERSION_MINOR * 100 + AIOVM_VERSION_PATCH)

#if defined(__GNUC__)
#define AIOVM_API __attribute__((visibility("default")))
#define AIOVM_CHECKED __attribute__((warn_unused_result))
#define AIOVM_PRINTF(a, b) __attribute__((format(printf, a, b)))
#else
#define AIOVM_API
#define AIOVM_CHECKED
#define AIOVM_PRINTF(a, b)
#endif

/* ---- types ---- */

typedef struct aiovm aiovm;                     /* one interpreter; no process-wide state              */
typedef struct { uint64_t h; } aiovm_val;       /* a handle; h 0: no value                             */
typedef struct aiovm_ref aiovm_ref;             /* a long-lived root, owned by the host                */
typedef struct aiovm_pending aiovm_pending;     /* the host's half of an awaitable                     */
typedef struct aiovm_call aiovm_call;           /* arguments and result of one native call             */
typedef struct { uint32_t mark; } aiovm_scope;
#define AIOVM_IS_NULL(v) ((v).h == 0)

typedef enum {
    AIOVM_OK = 0,
    AIOVM_EAGAIN = 1,           /* step: more work is ready now                                        */
    AIOVM_ERR = -1,             /* a script exception is pending                                       */
    AIOVM_ECOMPILE = -2,        /* the source is wrong; SyntaxError is pending                         */
    AIOVM_EMEM = -3,            /* memory cap or allocator                                             */
    AIOVM_EINCOMPLETE = -4,     /* compile: a valid beginning that needs more lines; nothing pending   */
    AIOVM_EMISUSE = -6,         /* stale handle, wrong moment: the VM is still usable                  */
    AIOVM_EEXIT = -7            /* the script called sys.exit; aiovm_exit_status has the number        */
} aiovm_status;

typedef enum { AIOVM_T_NONE, AIOVM_T_BOOL, AIOVM_T_INT, AIOVM_T_FLOAT, AIOVM_T_STR, AIOVM_T_BYTES, AIOVM_T_LIST, AIOVM_T_TUPLE,
               AIOVM_T_DICT, AIOVM_T_SET, AIOVM_T_FUNC, AIOVM_T_CORO, AIOVM_T_FUTURE, AIOVM_T_MODULE, AIOVM_T_CLASS,
               AIOVM_T_OBJECT } aiovm_type;

/* ---- configuration ---- */

enum { AIOVM_ALLOW_FS_READ = 1u, AIOVM_ALLOW_FS_WRITE = 2u, AIOVM_ALLOW_NET = 4u, AIOVM_ALLOW_LISTEN = 8u,
       AIOVM_ALLOW_SPAWN = 16u, AIOVM_ALLOW_ENV = 32u, AIOVM_ALLOW_SIGNALS = 64u, AIOVM_ALLOW_THREADS = 128u,
       AIOVM_ALLOW_COMPILE = 256u, AIOVM_ALLOW_EXIT = 512u, AIOVM_ALLOW_NONE = 0u, AIOVM_ALLOW_ALL = 0x3ff };

/* sys.flags, in its order. */
enum { AIOVM_FLAG_DEBUG, AIOVM_FLAG_INSPECT, AIOVM_FLAG_INTERACTIVE, AIOVM_FLAG_OPTIMIZE, AIOVM_FLAG_DONT_WRITE_BYTECODE,
       AIOVM_FLAG_NO_USER_SITE, AIOVM_FLAG_NO_SITE, AIOVM_FLAG_IGNORE_ENVIRONMENT, AIOVM_FLAG_VERBOSE,
       AIOVM_FLAG_BYTES_WARNING, AIOVM_FLAG_QUIET, AIOVM_FLAG_HASH_RANDOMIZATION, AIOVM_FLAG_ISOLATED, AIOVM_FLAG_DEV_MODE,
       AIOVM_FLAG_UTF8_MODE, AIOVM_FLAG_WARN_DEFAULT_ENCODING, AIOVM_FLAG_SAFE_PATH, AIOVM_FLAG_INT_MAX_STR_DIGITS,
       AIOVM_FLAG_COUNT };

typedef struct {
    size_t size;                /* set by aiovm_config_init: the struct may grow                       */
    void *ud;                   /* passed to every hook below; see aiovm_userdata                      */
    void *(*alloc)(void *ud, void *p, size_t old_size, size_t new_size);    /* realloc and free in one; NULL: libc */
    size_t max_memory;          /* bytes that the VM may hold, 0: no cap; then MemoryError             */
    uint32_t max_depth;         /* nested script calls, 0: 1000; then RecursionError                   */
    uint32_t allow;             /* AIOVM_ALLOW_*; nothing is granted by default                        */
    int handle_sigint;          /* 1: SIGINT raises KeyboardInterrupt as in Python (one VM a process)  */
    uint32_t gc_stress;         /* tests: collect at every n-th checkpoint                             */
    uint64_t hash_seed;         /* 0: from the system                                                  */
    void (*write)(void *ud, int stream, const char *p, size_t n);   /* 1 stdout, 2 stderr; NULL: the descriptors */
    long (*read)(void *ud, char *p, size_t n);                      /* stdin; NULL: descriptor 0                 */
    /* Source of a module: 1 and *text (from malloc, the VM frees it) when found, 0 when not. */
    int (*load)(void *ud, const char *name, char **text, size_t *len);
    int64_t (*clock_ns)(void *ud);                                  /* tests: a clock of the host's              */
    /* 1: where nothing can wake what run_until_complete() or asyncio.run() waits for, DeadlockError is raised there,
     * and stderr says what each task waits for. Not for hosts that post or complete from elsewhere. */
    int deadlock_check;
    int import_time;            /* 1: stderr says what each import cost, in CPython's form             */
    int unbuffered;             /* 1: what goes to stdout is written at once                            */
    int dev_mode;               /* 1: sys.flags.dev_mode; new event loops are in debug mode             */
    int ignore_environment;     /* 1: sys.flags.ignore_environment; PYTHON… variables mean nothing      */
    unsigned char flags[AIOVM_FLAG_COUNT];  /* sys.flags, where not 0; of OPTIMIZE depends what is compiled  */
    const char *const *xoptions;            /* NAME or NAME=VALUE for sys._xoptions, up to a NULL        */
} aiovm_config;

/* ---- life ---- */

AIOVM_API unsigned aiovm_version(void);
AIOVM_API void aiovm_config_init(aiovm_config *c);
AIOVM_API aiovm *aiovm_new(const aiovm_config *c);              /* NULL: out of memory                 */
AIOVM_API void aiovm_close(aiovm *vm);                          /* frees everything; NULL allowed      */
/* Threads of script run while the host is in aiovm_step or any call that runs script; aiovm_close ends what is left of
 * them. This one waits for all that are no daemons, as a program does at its end. */
AIOVM_API void aiovm_join_threads(aiovm *vm);
/* For a process that is at its end: what aiovm_close does but for freeing memory, then exit(status). */
AIOVM_API void aiovm_exit(aiovm *vm, int status);
AIOVM_API void *aiovm_userdata(aiovm *vm);
AIOVM_API void aiovm_interrupt(aiovm *vm);                      /* KeyboardInterrupt at the next checkpoint */
/* Forget an interrupt that was not acted on yet. */
AIOVM_API void aiovm_clear_interrupt(aiovm *vm);
AIOVM_API bool aiovm_interrupted(aiovm *vm);                    /* one is pending: nothing ran since it came */
/* sys.argv; argv[0] is the script's name. The strings are copied. */
AIOVM_API aiovm_status aiovm_set_argv(aiovm *vm, int argc, char **argv) AIOVM_CHECKED;
/* A directory in front of sys.path. */
AIOVM_API aiovm_status aiovm_add_path(aiovm *vm, const char *dir) AIOVM_CHECKED;
/* After AIOVM_EEXIT: the status that sys.exit asked for. A message that goes with it was printed to stderr. */
AIOVM_API int aiovm_exit_status(aiovm *vm);
/* Flush what the script printed. */
AIOVM_API void aiovm_flush(aiovm *vm);

/* ---- compile and run (may run script) ---- */

enum { AIOVM_COMPILE_FILE = 0, AIOVM_COMPILE_SINGLE = 1, AIOVM_COMPILE_EVAL = 2, AIOVM_COMPILE_TOP_AWAIT = 16 };
/* Compile source (n SIZE_MAX: strlen). SINGLE: one entry of a prompt; its expressions are printed. TOP_AWAIT: await may
 * stand outside functions. */
AIOVM_API aiovm_status aiovm_compile(aiovm *vm, const char *src, size_t n, const char *file, unsigned mode,
                                     aiovm_val *code) AIOVM_CHECKED;
/* Run code as module __main__ (its globals stay from one call to the next). Code with a top-level await gives a coroutine
 * in *result, to be awaited or spawned. result may be NULL. */
AIOVM_API aiovm_status aiovm_exec(aiovm *vm, aiovm_val code, aiovm_val *result) AIOVM_CHECKED;
/* Compile and run a whole script as __main__; a top-level await runs the event loop until the script ends. */
AIOVM_API aiovm_status aiovm_run(aiovm *vm, const char *src, size_t n, const char *file) AIOVM_CHECKED;
AIOVM_API aiovm_status aiovm_import(aiovm *vm, const char *name, aiovm_val *module) AIOVM_CHECKED;
AIOVM_API aiovm_status aiovm_call_value(aiovm *vm, aiovm_val fn, const aiovm_val *args, int n, aiovm_val *result) AIOVM_CHECKED;
AIOVM_API aiovm_status aiovm_call_method(aiovm *vm, aiovm_val o, const char *name, const aiovm_val *args, int n,
                                         aiovm_val *result) AIOVM_CHECKED;
/* A task of the VM's own loop for a coroutine. */
AIOVM_API aiovm_status aiovm_spawn(aiovm *vm, aiovm_val coro, aiovm_val *task) AIOVM_CHECKED;
/* Drive the VM's own loop until the awaitable is done. AIOVM_EMISUSE inside a native or a running loop. */
AIOVM_API aiovm_status aiovm_await(aiovm *vm, aiovm_val awaitable, aiovm_val *result) AIOVM_CHECKED;
/* A global of __main__. */
AIOVM_API aiovm_status aiovm_global(aiovm *vm, const char *name, aiovm_val *result) AIOVM_CHECKED;
AIOVM_API aiovm_status aiovm_set_global(aiovm *vm, const char *name, aiovm_val v) AIOVM_CHECKED;

/* ---- the loop, for hosts that have one of their own (may run script) ---- */

enum { AIOVM_STEP_NOWAIT = 0, AIOVM_STEP_WAIT = 1 };
AIOVM_API aiovm_status aiovm_step(aiovm *vm, int mode);         /* one turn; EAGAIN: call again at once */
/* On: the VM's own loop counts as running wherever no loop does, so that asyncio.create_task() in code which the host
 * executes adds to it, and it goes on while that code runs a loop of its own. For prompts, and hosts that step. */
AIOVM_API aiovm_status aiovm_ambient_loop(aiovm *vm, bool on) AIOVM_CHECKED;
AIOVM_API bool aiovm_alive(aiovm *vm);                          /* tasks, timers, callbacks or threads are left */
AIOVM_API int aiovm_poll_fd(aiovm *vm);                         /* readable: call aiovm_step; -1: none  */
AIOVM_API int64_t aiovm_timeout_ns(aiovm *vm);                  /* until a timer is due; 0 now, -1 none */
AIOVM_API void aiovm_wakeup(aiovm *vm);                         /* any thread: a waiting step returns   */
/* Any thread: fn runs in the VM's thread, in a step. */
AIOVM_API aiovm_status aiovm_post(aiovm *vm, void (*fn)(aiovm *vm, void *ud), void *ud);

/* ---- scopes and roots ---- */

AIOVM_API aiovm_scope aiovm_scope_open(aiovm *vm);
AIOVM_API void aiovm_scope_close(aiovm *vm, aiovm_scope s);
AIOVM_API aiovm_val aiovm_scope_escape(aiovm *vm, aiovm_scope s, aiovm_val v);  /* close, keep one       */
AIOVM_API aiovm_ref *aiovm_ref_new(aiovm *vm, aiovm_val v);     /* keeps the value alive; NULL: no memory */
AIOVM_API aiovm_val aiovm_ref_get(aiovm *vm, aiovm_ref *r);
AIOVM_API void aiovm_ref_free(aiovm *vm, aiovm_ref *r);

/* ---- make values; a null handle: out of memory, the exception is pending ---- */

AIOVM_API aiovm_val aiovm_none(aiovm *vm);
AIOVM_API aiovm_val aiovm_bool(aiovm *vm, bool b);
AIOVM_API aiovm_val aiovm_int(aiovm *vm, int64_t i);
AIOVM_API aiovm_val aiovm_float(aiovm *vm, double d);
AIOVM_API aiovm_val aiovm_str(aiovm *vm, const char *utf8, size_t n);           /* n SIZE_MAX: strlen     */
AIOVM_API aiovm_val aiovm_bytes(aiovm *vm, const void *p, size_t n);
AIOVM_API aiovm_val aiovm_list(aiovm *vm);
AIOVM_API aiovm_val aiovm_dict(aiovm *vm);

/* ---- read values ---- */

AIOVM_API aiovm_type aiovm_typeof(aiovm *vm, aiovm_val v);
AIOVM_API int aiovm_truthy(aiovm *vm, aiovm_val v);             /* 1, 0, -1 error; may run script       */
AIOVM_API aiovm_status aiovm_to_int(aiovm *vm, aiovm_val v, int64_t *out) AIOVM_CHECKED;    /* OverflowError past 64 bits */
AIOVM_API aiovm_status aiovm_to_float(aiovm *vm, aiovm_val v, double *out) AIOVM_CHECKED;
/* UTF-8 with a NUL behind; lives as long as the handle; NULL: no str */
AIOVM_API const char *aiovm_to_str(aiovm *vm, aiovm_val v, size_t *n);
AIOVM_API const void *aiovm_to_bytes(aiovm *vm, aiovm_val v, size_t *n);
AIOVM_API aiovm_val aiovm_display(aiovm *vm, aiovm_val v, bool repr);           /* str() or repr(); may run script */
AIOVM_API int64_t aiovm_len(aiovm *vm, aiovm_val v);            /* -1 error; may run script             */

/* ---- containers and attributes (may run script) ---- */

AIOVM_API aiovm_val aiovm_get(aiovm *vm, aiovm_val o, aiovm_val key);
AIOVM_API aiovm_status aiovm_set(aiovm *vm, aiovm_val o, aiovm_val key, aiovm_val v) AIOVM_CHECKED;
AIOVM_API aiovm_val aiovm_getattr(aiovm *vm, aiovm_val o, const char *name);
AIOVM_API aiovm_status aiovm_setattr(aiovm *vm, aiovm_val o, const char *name, aiovm_val v) AIOVM_CHECKED;
AIOVM_API aiovm_status aiovm_append(aiovm *vm, aiovm_val list, aiovm_val v) AIOVM_CHECKED;

/* ---- native functions ---- */

typedef aiovm_status (*aiovm_native)(aiovm *vm, aiovm_call *c);
typedef struct {
    const char *signature;      /* name and parameters: "connect(host: str, port: int = 0, *, tls: bool = False)" */
    aiovm_native fn;
    const char *doc;            /* may be NULL                                                         */
    void *ud;
} aiovm_function_def;           /* must outlive the VM                                                 */
AIOVM_API aiovm_val aiovm_function(aiovm *vm, const aiovm_function_def *def);
/* A module of such functions, importable by name; ends with { 0 }. */
AIOVM_API aiovm_status aiovm_module(aiovm *vm, const char *name, const aiovm_function_def *defs, aiovm_val *out) AIOVM_CHECKED;
/* bound, converted and defaulted by the signature; null: not given */
AIOVM_API aiovm_val aiovm_arg(aiovm_call *c, int i);
AIOVM_API void *aiovm_call_userdata(aiovm_call *c);
AIOVM_API aiovm_status aiovm_return(aiovm_call *c, aiovm_val v);/* without it a native returns None     */

/* ---- native async: return from the native with a pending awaitable, complete it later ---- */

/* on_cancel (may be NULL) runs in the VM's thread when the awaiting task is cancelled. NULL: an exception is pending. */
AIOVM_API aiovm_pending *aiovm_suspend(aiovm_call *c, void (*on_cancel)(aiovm_pending *p, void *ud), void *ud);
/* Exactly one of these ends it, from any thread; the pending object is gone then. After the VM was closed they only free.
 * make (may be NULL: None) builds the result in the VM's thread; drop (may be NULL) gets ud in any case, last. */
AIOVM_API aiovm_status aiovm_complete(aiovm_pending *p, aiovm_status (*make)(aiovm *vm, void *ud, aiovm_val *out),
                                      void *ud, void (*drop)(void *ud));
AIOVM_API aiovm_status aiovm_complete_str(aiovm_pending *p, const char *utf8, size_t n);
AIOVM_API aiovm_status aiovm_fail(aiovm_pending *p, const char *type, const char *msg);     /* a built-in exception's name */

/* ---- errors ---- */

AIOVM_API aiovm_status aiovm_raise(aiovm *vm, const char *type, const char *fmt, ...) AIOVM_PRINTF(3, 4);   /* always AIOVM_ERR */
AIOVM_API aiovm_val aiovm_error_take(aiovm *vm);                /* the pending exception, no longer pending; null: none */
AIOVM_API void aiovm_error_restore(aiovm *vm, aiovm_val exc);
/* The whole traceback as Python prints it; lives as long as the handle in *text. NULL: out of memory. */
AIOVM_API const char *aiovm_error_text(aiovm *vm, aiovm_val exc, size_t *n);
/* As Python does with what nobody caught: sys.excepthook, which prints it to sys.stderr. AIOVM_EEXIT: a hook of the script's
 * called sys.exit. */
AIOVM_API aiovm_status aiovm_error_print(aiovm *vm, aiovm_val exc);
AIOVM_API bool aiovm_error_is(aiovm *vm, aiovm_val exc, const char *type);      /* isinstance of a built-in exception */

/* ---- memory, and looking inside ---- */

typedef struct {
    size_t size;                /* of this struct, set by the host; what lies behind is left alone      */
    uint64_t bytes, collections;
    uint64_t pause_ns, longest_pause_ns;        /* that scripts stood still for the collector           */
    /* since aiovm_count(), else 0 */
    uint64_t instructions, cache_hits, cache_misses, allocations, allocated_bytes;
} aiovm_stats;
AIOVM_API void aiovm_collect(aiovm *vm);
AIOVM_API void aiovm_stats_get(aiovm *vm, aiovm_stats *s);
/* Count from now on what runs; scripts are slower meanwhile. AIOVM_EMEM: no memory. */
AIOVM_API aiovm_status aiovm_count(aiovm *vm) AIOVM_CHECKED;
/* What was counted, as text: instructions by opcode and pair, hits and misses of inline caches by site, allocations by type,
 * collections. It ends the counting. A null handle: out of memory. */
AIOVM_API aiovm_val aiovm_count_report(aiovm *vm);
/* Sample from now on where scripts spend their processor time, every so many microseconds (0: 1000); scripts are hardly
 * slower. From the thread that runs the VM. AIOVM_EMEM: no memory, or no thread. */
AIOVM_API aiovm_status aiovm_profile(aiovm *vm, uint32_t interval_us) AIOVM_CHECKED;
/* End that: a line for each stack, `frame;frame;frame microseconds`, as flame graphs want it. The stack of a task begins
 * with its name. A null handle: out of memory. */
AIOVM_API aiovm_val aiovm_profile_take(aiovm *vm);
enum { AIOVM_DUMP_TOKENS, AIOVM_DUMP_AST, AIOVM_DUMP_CODE };
/* Text of the tokens, the tree or the instructions of a source, to `write` stream 1. */
AIOVM_API aiovm_status aiovm_dump(aiovm *vm, int what, const char *src, size_t n, const char *file) AIOVM_CHECKED;
AIOVM_API void aiovm_trace(aiovm *vm, bool on);                 /* print each instruction to stderr    */

#ifdef __cplusplus
}
#endif
#endif
