/* SPDX-License-Identifier: MIT
 * What lies between the VM and its hosts: input and output, clock, imports, signals, the event loop. One Runtime
 * a VM, at vm->ext[VM_EXT_RUNTIME]. */
#ifndef RUNTIME_RUNTIME_H
#define RUNTIME_RUNTIME_H

#include <stdatomic.h>

#include "vm/buf.h"
#include "vm/ops.h"

typedef struct Runtime Runtime;
typedef struct Poller Poller;
typedef struct Ticker Ticker;
typedef struct Profile Profile;
typedef struct WatchTable WatchTable;
typedef struct Workers Workers;

/* What a script may do; a host grants (include/aiovm.h has the same bits). */
enum { ALLOW_FS_READ = 1u, ALLOW_FS_WRITE = 2u, ALLOW_NET = 4u, ALLOW_LISTEN = 8u, ALLOW_SPAWN = 16u, ALLOW_ENV = 32u,
       ALLOW_SIGNALS = 64u, ALLOW_THREADS = 128u, ALLOW_COMPILE = 256u, ALLOW_EXIT = 512u, ALLOW_ALL = 0x3ff };

/* Places in sys.flags. */
enum { SYS_FLAG_DEBUG, SYS_FLAG_INSPECT, SYS_FLAG_INTERACTIVE, SYS_FLAG_OPTIMIZE, SYS_FLAG_DONT_WRITE_BYTECODE,
       SYS_FLAG_NO_USER_SITE, SYS_FLAG_NO_SITE, SYS_FLAG_IGNORE_ENVIRONMENT, SYS_FLAG_VERBOSE, SYS_FLAG_BYTES_WARNING,
       SYS_FLAG_QUIET, SYS_FLAG_HASH_RANDOMIZATION, SYS_FLAG_ISOLATED, SYS_FLAG_DEV_MODE, SYS_FLAG_UTF8_MODE,
       SYS_FLAG_WARN_DEFAULT_ENCODING, SYS_FLAG_SAFE_PATH, SYS_FLAG_INT_MAX_STR_DIGITS, SYS_FLAG_COUNT };

typedef struct RuntimeConfig {
    VmConfig vm;
    uint32_t allow;
    bool handle_sigint;         /* SIGINT raises KeyboardInterrupt (the command line) */
    void *ud;
    void (*write)(void *ud, int stream, const char *p, size_t n);   /* 1 stdout, 2 stderr; NULL: the descriptors */
    long (*read)(void *ud, char *p, size_t n);                      /* stdin; NULL: descriptor 0 if allowed */
    /* Module source by name: 1 found (text allocated by malloc, the runtime frees it), 0 no, <0 error. */
    int (*load)(void *ud, Vm *vm, const char *name, char **text, size_t *len, char **filename);
    int64_t (*clock_ns)(void *ud);                                  /* tests; NULL: CLOCK_MONOTONIC */
    void (*wake)(void *ud);                                         /* something is ready; any thread */
    bool deadlock_check;        /* raise DeadlockError where nothing can wake the main task */
    bool import_time;           /* say what each import cost */
    bool unbuffered;            /* standard output is written at once */
    bool dev_mode;              /* new loops are in debug mode */
    bool ignore_environment;    /* variables PYTHON... mean nothing */
    uint8_t flags[SYS_FLAG_COUNT];  /* sys.flags, where the command line says something */
    const char *const *xoptions;        /* sys._xoptions, NULL at the end; NULL: none */
} RuntimeConfig;

/* What Runtime.roots holds. */
enum { RT_ROOT_CMP_KEY_TYPE, RT_ROOT_ITERTOOLS, RT_ROOT_CSV, RT_ROOT_DEQUE_ITER_TYPES, RT_ROOT_ODICT_VIEWS, RT_ROOT_ABC,
       RT_ROOT_ASYNCIO, RT_ROOT_CANCELLED, RT_ROOT_DEADLOCK, RT_ROOT_INVALID_STATE, RT_ROOT_LOOP_TYPE,
    RT_ROOT_FUTURE_TYPE, RT_ROOT_TASK_TYPE,
       RT_ROOT_FUTURE_ITER_TYPE, RT_ROOT_CALLBACK_TYPE, RT_ROOT_GATHER_TYPE, RT_ROOT_SLEEP_TYPE, RT_ROOT_HANDLE_TYPE,
       RT_ROOT_TIMER_HANDLE_TYPE, RT_ROOT_CONTEXT_TYPE, RT_ROOT_CONTEXT_VAR_TYPE, RT_ROOT_TOKEN_TYPE, RT_ROOT_WARNINGS,
       RT_ROOT_WARNINGS_MODULE,
       RT_ROOT_STDIN, RT_ROOT_STDOUT, RT_ROOT_STDERR, RT_ROOT_READER_TYPE, RT_ROOT_WRITER_TYPE, RT_ROOT_RANDOM_TYPE,
       RT_ROOT_FILE_IO_TYPE, RT_ROOT_TEXT_TYPE, RT_ROOT_UNSUPPORTED, RT_ROOT_ANEXT_TYPE, RT_ROOT_TYPE_PARAM_TYPES,
       RT_ROOT_TYPE_ALIAS_TYPE, RT_ROOT_ENVIRON, RT_ROOT_SIGNALS_TYPE, RT_ROOT_HANDLERS_TYPE, RT_ROOT_SEQ_TYPE,
       RT_ROOT_ATEXIT, RT_ROOT_SPEC_TYPE, RT_ROOT_SOURCE_LOADER_TYPE, RT_ROOT_BUILTIN_IMPORTER,
       RT_ROOT_NAMESPACE_LOADER_TYPE, RT_ROOT_FROZEN_IMPORTER, RT_ROOT_PATH_FINDER, RT_ROOT_ABSTRACT_LOOP_TYPE,
       RT_ROOT_BASE_LOOP_TYPE, RT_ROOT_SCRIPT_LOOP_TYPE, RT_ROOT_STEP_TYPE,
       RT_ROOT_STREAM_TRANSPORT, RT_ROOT_STREAM_READER, RT_ROOT_STREAM_WRITER,
       RT_ROOT_SCRIPT_TASKS, RT_ROOT_SSL, RT_ROOT_RE, RT_ROOT_CORO_TYPE, RT_ROOT_CORO_ITER_TYPE, RT_ROOT_TIMEOUT_TYPE,
       RT_ROOT_ON_TIMEOUT, RT_ROOT_SIMPLE_NAMESPACE, RT_ROOT_COUNT };

struct Runtime {
    Vm *vm;
    RuntimeConfig config;
    /* clock.c */
    bool virtual_clock;
    double virtual_now;         /* seconds: exactly what timers ask for */
    int64_t started;            /* wall clock, ns */
    /* io.c: sys.stdout and friends are file objects; this is the buffer behind descriptor 1 */
    Buf out;
    bool out_tty;
    int out_error;              /* errno of a write that failed; whoever can raise it, does */
    bool out_stuck;             /* a signal has ended the last wait for stdout to take more */
    struct File *files;         /* all that are open */
    /* signals.c */
    _Atomic uint64_t signals;   /* bit n & 63: signal n came */
    _Atomic int wakeup_fd;      /* one more than the descriptor of signal.set_wakeup_fd(); 0: none */
    bool wakeup_warns;
    _Atomic int wakeup_err;     /* errno of a write to it that failed */
    Value signal_handlers[65];  /* SIG_DFL 0, SIG_IGN 1, or callable; EMPTY: not touched */
    /* loop.c */
    _Atomic(Poller *) poller;   /* made on first use, given up with the last loop (watch_loop_closed) */
    _Atomic int wakers;         /* threads and signal handlers that are in rt_wake() */
    WatchTable *watches; /* io_watch.c; NULL: none yet */
    Workers *workers;           /* workers.c; NULL: none yet */
    bool poller_lent;           /* a host waits at its descriptor, or wakes it */
    bool io_touched;            /* look at the poller before the next turn */
    char *io_scratch;           /* IO_SCRATCH bytes to receive into; NULL: not made yet */
    double socket_timeout;      /* socket.setdefaulttimeout(), if set */
    bool socket_timeout_set;
    bool idle_look;             /* a task ended, a stream was made: what is dead may hold connections open */
    int64_t idle_next;          /* ns: not before that */
    uint32_t stream_version;    /* of the class of stream transports while no script has changed it */
    uint64_t streams_made;      /* StreamWriters that were made */
    uint32_t datagrams;         /* datagram transports that were made */
    bool io_local;              /* this process has connections to itself */
    uint32_t loop_shape;        /* of loops in which a script has changed nothing */
    struct Sleep *spare_sleep;  /* one that may be used again; the collector drops it */
    struct Coro *spare_coro;    /* the same */
    /* of those of the built-in types that a script gave no attribute */
    uint32_t task_shape, sleep_shape, handle_shape, timer_shape;
    uint32_t sync_shapes[8];    /* the same of locks and queues: stdlib/asyncio/sync.h */
    struct Loop **script_loops; /* loop_script.c; weak */
    size_t script_loop_count, script_loop_cap;
    Value ambient_loop;         /* counts as running where none does, and goes on while others run; EMPTY: none */
    Value policy;
    uint64_t task_counter;      /* Task-N */
    struct { struct Gen *gen; struct Loop *loop; } *asyncgens;  /* asyncgens.c; weak */
    size_t asyncgen_count, asyncgen_cap;
    /* strands.c */
    Ticker *ticker;             /* NULL: there was never more than one strand */
    Profile *profile;           /* profile.c; NULL: none is made */
    double slice;               /* sys.setswitchinterval() */
    struct FdWait *fd_waits;    /* strands that wait for a descriptor of their own */
    int64_t last_look;          /* ns of the last poll */
    int64_t thread_stack_size;  /* what threading.stack_size() was told; nothing else */
    /* module.c */
    struct ImportLock *importing;       /* modules that are being loaded */
    unsigned prompt_future;     /* features of __future__ that the prompt has taken up: COMPILE_* */
    uint32_t builtin_names;     /* how many builtins has of its own */
    bool finalizing;            /* the atexit functions have run */
    unsigned plain_imports;     /* no finder of a script's is asked meanwhile */
    int64_t import_inner;       /* import_time.c: ns spent in the imports of the one that runs */
    unsigned import_level;
    bool import_began;
    Value main_module;
    Value path;                 /* sys.path, a list */
    Value sys;                  /* the sys module */
    Value last_exc;             /* prompt */
    Value roots[RT_ROOT_COUNT]; /* kept alive for C code: RT_ROOT_* */
    int exit_status;
    bool exiting;               /* SystemExit came out */
    bool (*posted)(Vm *vm);     /* run what other threads sent; NULL: none can. False: exception pending */
    unsigned interactive;
    bool gc_disabled;           /* what gc.isenabled() answers; nothing else */
    int64_t gc_kept[4];         /* what gc.set_threshold() and set_debug() were told; nothing else */
};
static inline Runtime *rt_of(const Vm *vm) { return vm->ext[VM_EXT_RUNTIME]; }

/* runtime.c */
Runtime *runtime_new(const RuntimeConfig *config);
void runtime_join_threads(Runtime *rt);         /* wait for those that are no daemons, as a program's end does */
void runtime_end(Runtime *rt);                  /* last words, buffered output, signals given back; memory stays */
void runtime_free(Runtime *rt);
/* PermissionError when the host did not grant it: "x is not permitted here". */
/* A variable that means the interpreter; NULL: not set, or not to be heeded. */
const char *rt_python_env(const Runtime *rt, const char *name);
MUST_USE bool rt_allowed(Vm *vm, uint32_t what, const char *name);

/* clock.c */
int64_t rt_now_ns(Runtime *rt);                 /* monotonic, or virtual */
double rt_now(Runtime *rt);
/* Blocks the whole VM; wakes for signals. False: an exception is pending. */
MUST_USE bool rt_sleep_ns(Vm *vm, int64_t ns);
/* The running strand alone, until a time of rt_now(). */
MUST_USE bool rt_sleep_until(Vm *vm, double end);

/* io.c: buffered writing to the host's streams */
void rt_write(Runtime *rt, int stream, const char *p, size_t n);
void rt_flush(Runtime *rt);

/* signals.c */
MUST_USE bool rt_signals_init(Runtime *rt);
void rt_signals_free(Runtime *rt);
/* ATTENTION_SIGNAL: run handlers of what came. */
MUST_USE bool rt_attention(Vm *vm);
MUST_USE bool rt_signal_claim(Vm *vm, int signo, int how);      /* how: 0 default, 1 ignore, 2 to us */

/* Is it a name of sys.stdlib_module_names (traceback.c)? */
bool rt_is_library_name(Vm *vm, Value name);

/* module.c: imports */
MUST_USE Value rt_import(Vm *vm, Str *name, Value globals, Value locals, Value fromlist, int level);
MUST_USE Value rt_import_module(Vm *vm, const char *dotted);    /* the module itself, also for "a.b" */
/* Run source as a module of that name; its globals dict or module. */
MUST_USE Value rt_exec_code(Vm *vm, Code *code, Dict *globals, Value locals);

/* builtins_code.c: what code that it compiles inherits, COMPILE_FUTURE_* */
unsigned rt_future_of(const Code *code);
/* builtins.c */
MUST_USE bool rt_builtins_init(Vm *vm);

/* unhandled.c: what no script code can take goes to stderr */
void rt_print_exception(Vm *vm, Value exc);     /* as uncaught: by sys.excepthook, which may leave a SystemExit */
void rt_unraisable(Vm *vm, Value exc, const char *where, Value object);

#endif
