/* SPDX-License-Identifier: MIT
 * The aio command: a client of aiovm.h and of nothing else. */
#include "runtime/cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const char usage[] =
    "usage: aio [option] [FILE | -c CODE | -m MODULE | -] [args...]\n";

static const char help[] =
    "Runs a script; without one, reads statements from the terminal or a script from standard input.\n"
    "\n"
    "  -c CODE        run CODE\n"
    "  -m MODULE      run a module as script\n"
    "  -              run standard input\n"
    "  -i             go on at the prompt when the script has ended\n"
    "  -u             write to standard output at once\n"
    "  -O, -OO        no asserts, __debug__ is False; no docstrings either\n"
    "  -W ARG         what to do with warnings: action:message:category:module:line\n"
    "  -X dev         asyncio's debug mode, and all warnings\n"
    "  -X importtime  print to standard error what each import costs\n"
    "  -E, -I         pay no heed to variables PYTHON...\n"
    "  -P             do not look for imports in the folder of the script\n"
    "  -X warn_default_encoding  warn of text files that are opened without an encoding\n"
    "  -X int_max_str_digits=N  as sys.set_int_max_str_digits\n"
    "  -B -b -d -q -R -S -s -v  Python's; they show in sys.flags alone\n"
    "  --stats        print to standard error, at the end, what was counted: instructions, cache hits, allocations …\n"
    "  --profile=FILE write where time went: a line for each stack, as flame graphs want it\n"
    "  --no-deadlock-check  wait for ever where nothing can wake the main task\n"
    "  --version      print the version\n"
    "  --help         print this\n"
    "\n"
    "for those who work on aio:\n"
    "  --tokens FILE  print the tokens of a script\n"
    "  --ast FILE     print its syntax tree\n"
    "  --dis FILE     print its instructions\n"
    "  --trace        print each instruction that runs, to standard error\n"
    "\n"
    "environment: AIO_CLOCK=virtual  time jumps to the next timer when nothing else is to do\n"
    "             AIO_GC_STRESS=N    collect at every N-th checkpoint\n"
    "             AIO_MAX_MEMORY=N   memory cap in bytes (default: what the system grants)\n"
    "             PYTHONPATH=DIR:…   where imports are looked for after the script's folder\n";

typedef struct Options {
    const char *code, *file, *module;
    int dump;                   /* AIOVM_DUMP_*, -1: none */
    bool interactive, trace, from_stdin, no_deadlock_check, import_time, unbuffered, stats;
    unsigned char flags[AIOVM_FLAG_COUNT];
    const char *xoptions[33];   /* of -X; a NULL at the end */
    int nxoptions;
    const char *int_digits;     /* of -X int_max_str_digits */
    const char *profile;        /* file */
    const char *warnings[32];   /* of -W, and of the environment */
    int nwarnings;
    int first_arg;              /* index in argv of what becomes sys.argv[0] */
} Options;

static int usage_error(const char *what, const char *arg)
{
    fprintf(stderr, "aio: %s%s\n%s", what, arg, usage);
    return 2;
}

/* Python's switches: the letter of an option, the variable that does the same, and what they set. */
static const struct {
    char letter;
    const char *variable;
    unsigned char flag;
} switches[] = {
    { 'd', "PYTHONDEBUG", AIOVM_FLAG_DEBUG }, { 'i', "PYTHONINSPECT", AIOVM_FLAG_INSPECT },
    { 'O', "PYTHONOPTIMIZE", AIOVM_FLAG_OPTIMIZE }, { 'B', "PYTHONDONTWRITEBYTECODE", AIOVM_FLAG_DONT_WRITE_BYTECODE },
    { 's', "PYTHONNOUSERSITE", AIOVM_FLAG_NO_USER_SITE }, { 'S', NULL, AIOVM_FLAG_NO_SITE },
    { 'E', NULL, AIOVM_FLAG_IGNORE_ENVIRONMENT }, { 'v', "PYTHONVERBOSE", AIOVM_FLAG_VERBOSE },
    { 'b', NULL, AIOVM_FLAG_BYTES_WARNING }, { 'q', NULL, AIOVM_FLAG_QUIET }, { 'I', NULL, AIOVM_FLAG_ISOLATED },
    { 'P', "PYTHONSAFEPATH", AIOVM_FLAG_SAFE_PATH }, { 'R', NULL, AIOVM_FLAG_HASH_RANDOMIZATION },
    { 0, "PYTHONDEVMODE", AIOVM_FLAG_DEV_MODE }, { 0, "PYTHONUTF8", AIOVM_FLAG_UTF8_MODE },
    { 0, "PYTHONWARNDEFAULTENCODING", AIOVM_FLAG_WARN_DEFAULT_ENCODING },
};

static bool set_switch(Options *o, char letter)
{
    for (size_t i = 0; i < sizeof switches / sizeof *switches; i++)
        if (switches[i].letter == letter) {
            unsigned char *flag = &o->flags[switches[i].flag];
            *flag = (unsigned char)(*flag + (*flag < 255));
            return true;
        }
    return false;
}

/* -X NAME. False: not supported. What is not known is for the script, in sys._xoptions. */
static bool extended_option(const char *what, Options *o)
{
    static const char *const refused[] = { "tracemalloc", "perf", "perf_jit", "gil", "presite", "showrefcount" };
    size_t n = strcspn(what, "=");
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (n == strlen(refused[i]) && !memcmp(what, refused[i], n))
            return false;
    if (!strcmp(what, "importtime"))
        o->import_time = true;
    else if (!strcmp(what, "dev"))
        o->flags[AIOVM_FLAG_DEV_MODE] = 1;
    else if (n == 21 && !memcmp(what, "warn_default_encoding", n))
        o->flags[AIOVM_FLAG_WARN_DEFAULT_ENCODING] = 1;
    else if (!strcmp(what, "utf8") || !strcmp(what, "utf8=1") || !strcmp(what, "utf8=0"))
        o->flags[AIOVM_FLAG_UTF8_MODE] = strcmp(what, "utf8=0") != 0;
    else if (n == 4 && !memcmp(what, "utf8", n))
        return false;
    else if (n == 18 && !memcmp(what, "int_max_str_digits", n))
        o->int_digits = what + n + (what[n] == '=');
    if (o->nxoptions < 32)
        o->xoptions[o->nxoptions++] = what;
    return true;
}

/* A word of options of one letter, the last of which may take a value: -Bu, -Werror, -Xdev, -Sc CODE. *i is its index.
 * Exit status to leave with, -1: go on, or with code or module set: what follows is the script's. */
static int letters(int argc, char **argv, int *i, Options *o)
{
    for (char *p = argv[*i] + 1; *p; p++) {
        if (*p == 'u') {
            o->unbuffered = true;
        } else if (strchr("WXcm", *p)) {
            char option[] = { '-', *p, 0 };
            if (!p[1] && *i + 1 >= argc)
                return usage_error("argument expected for the option ", option);
            char *value = p[1] ? p + 1 : argv[++*i];
            if (*p == 'c' || *p == 'm') {
                *(*p == 'c' ? &o->code : &o->module) = value;
                argv[*i] = value;
                o->first_arg = *i;
                return -1;
            }
            if (*p == 'W' && o->nwarnings == sizeof o->warnings / sizeof *o->warnings)
                return usage_error("too many options: -W ", value);
            if (*p == 'W')
                o->warnings[o->nwarnings++] = value;
            else if (!extended_option(value, o))
                return usage_error("option is not supported: -X ", value);
            return -1;
        } else if (!set_switch(o, *p)) {
            return usage_error("unknown option: ", argv[*i]);
        }
    }
    return -1;
}

/* What the environment says, unless it was told to keep quiet; its warnings come first. */
static void add_environment(Options *o)
{
    const char *unbuffered = getenv("PYTHONUNBUFFERED"), *warnings = getenv("PYTHONWARNINGS");
    o->flags[AIOVM_FLAG_INTERACTIVE] = o->flags[AIOVM_FLAG_INSPECT] > 0;
    if (o->flags[AIOVM_FLAG_ISOLATED])
        o->flags[AIOVM_FLAG_IGNORE_ENVIRONMENT] = o->flags[AIOVM_FLAG_NO_USER_SITE] = o->flags[AIOVM_FLAG_SAFE_PATH] = 1;
    bool heed = !o->flags[AIOVM_FLAG_IGNORE_ENVIRONMENT];
    for (size_t i = 0; i < sizeof switches / sizeof *switches; i++) {
        const char *value = heed && switches[i].variable ? getenv(switches[i].variable) : NULL;
        unsigned char *flag = &o->flags[switches[i].flag];
        if (value && *value) {
            char *end;
            long n = strtol(value, &end, 10);
            n = *end || n < 0 ? 1 : n > 255 ? 255 : n;
            *flag = n > *flag ? (unsigned char)n : *flag;
        }
    }
    o->interactive = o->flags[AIOVM_FLAG_INSPECT];
    if (heed && !o->int_digits)
        o->int_digits = getenv("PYTHONINTMAXSTRDIGITS");
    o->unbuffered |= heed && unbuffered && *unbuffered;
    o->warnings[0] = warnings;
    if (!heed || !warnings || !*warnings)
        memmove(o->warnings, o->warnings + 1, (size_t)--o->nwarnings * sizeof *o->warnings);
}

/* Exit status to leave with at once, -1: go on. */
static int parse_options(int argc, char **argv, Options *o)
{
    *o = (Options){ .dump = -1, .first_arg = argc, .nwarnings = 1 };
    for (int i = 1; i < argc; i++) {
        const char *a = argv[i];
        if (!strcmp(a, "--version") || !strcmp(a, "-V")) {
            printf("aio %d.%d.%d\n", AIOVM_VERSION_MAJOR, AIOVM_VERSION_MINOR, AIOVM_VERSION_PATCH);
            return 0;
        }
        if (!strcmp(a, "--help") || !strcmp(a, "-h")) {
            printf("%s%s", usage, help);
            return 0;
        }
        if (!strcmp(a, "--no-deadlock-check")) {
            o->no_deadlock_check = true;
        } else if (!strncmp(a, "--profile=", 10) && a[10]) {
            o->profile = a + 10;
        } else if (!strcmp(a, "--stats")) {
            o->stats = true;
        } else if (!strcmp(a, "--trace")) {
            o->trace = true;
        } else if (!strcmp(a, "--tokens")) {
            o->dump = AIOVM_DUMP_TOKENS;
        } else if (!strcmp(a, "--ast")) {
            o->dump = AIOVM_DUMP_AST;
        } else if (!strcmp(a, "--dis")) {
            o->dump = AIOVM_DUMP_CODE;
        } else if (!strcmp(a, "-")) {
            o->from_stdin = true;
            o->first_arg = i;
            return -1;
        } else if (a[0] == '-' && a[1] == '-') {
            return usage_error("unknown option: ", a);
        } else if (a[0] == '-') {
            int status = letters(argc, argv, &i, o);
            if (status >= 0 || o->code || o->module)
                return status;
        } else {
            o->file = a;
            o->first_arg = i;
            return -1;
        }
    }
    return -1;
}

/* ---- the memory cap: the least of what the system grants ---- */

static size_t least(size_t a, size_t b)
{
    return a && (a < b || !b) ? a : b;
}

/* Without stdio, which would bring another 128 KB of libc into memory. */
static size_t cgroup_limit(void)
{
    char text[32];
    int fd = open("/sys/fs/cgroup/memory.max", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    unsigned long long limit = 0;       /* "max": none */
    for (ssize_t i = 0; i < n && text[i] >= '0' && text[i] <= '9'; i++)
        limit = limit * 10 + (unsigned long long)(text[i] - '0');
    return (size_t)limit;
}

static size_t memory_cap(void)
{
    const char *env = getenv("AIO_MAX_MEMORY");
    if (env)
        return (size_t)strtoull(env, NULL, 10);
    size_t cap = (size_t)sysconf(_SC_PHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE);
    struct rlimit lim;
    cap = least(cgroup_limit(), cap);
    if (!getrlimit(RLIMIT_AS, &lim) && lim.rlim_cur != RLIM_INFINITY)
        cap = least((size_t)lim.rlim_cur / 4 * 3, cap);
    return cap;
}

/* ---- reading ---- */

static char *read_all(FILE *f, size_t *len)
{
    size_t cap = 1 << 16, n = 0;
    char *text = malloc(cap + 1);
    while (text) {
        n += fread(text + n, 1, cap - n, f);
        if (n < cap)
            break;
        char *bigger = realloc(text, (cap *= 2) + 1);
        if (!bigger)
            free(text);
        text = bigger;
    }
    if (text)
        text[n] = 0;
    *len = n;
    return text;
}

static char *read_file(const char *file, size_t *len)
{
    FILE *f = fopen(file, "rb");
    if (!f)
        return NULL;
    char *text = read_all(f, len);
    bool bad = ferror(f);
    int err = errno;
    fclose(f);
    if (!bad)
        return text;
    free(text);
    errno = err;
    return NULL;
}

/* ---- running ---- */

/* What the shell sees: an uncaught KeyboardInterrupt ends the process by SIGINT, as it does Python's. */
static int die_by_sigint(void)
{
    fflush(NULL);
    signal(SIGINT, SIG_DFL);
    kill(getpid(), SIGINT);
    return 130;
}

int cli_report(aiovm *vm, aiovm_status st, bool *by_sigint)
{
    *by_sigint = false;
    if (st == AIOVM_OK)
        return 0;
    if (st == AIOVM_EEXIT)
        return aiovm_exit_status(vm);
    aiovm_scope scope = aiovm_scope_open(vm);
    aiovm_val exc = aiovm_error_take(vm);
    aiovm_flush(vm);
    if (AIOVM_IS_NULL(exc))
        fputs("MemoryError\n", stderr);
    else
        st = aiovm_error_print(vm, exc);
    *by_sigint = !AIOVM_IS_NULL(exc) && aiovm_error_is(vm, exc, "KeyboardInterrupt");
    aiovm_scope_close(vm, scope);
    return st == AIOVM_EEXIT ? aiovm_exit_status(vm) : 1;
}

static int run_source(aiovm *vm, const Options *o, const char *text, size_t n, const char *name, bool *by_sigint)
{
    if (o->dump < 0)
        return cli_report(vm, aiovm_run(vm, text, n, name), by_sigint);
    return cli_report(vm, aiovm_dump(vm, o->dump, text, n, name), by_sigint);
}

/* Where imports are looked for first: the folder of the script; for a module the working directory. */
static bool add_script_dir(aiovm *vm, const char *file, bool module)
{
    char *cwd = module ? getcwd(NULL, 0) : NULL;
    if (cwd) {
        bool added = aiovm_add_path(vm, cwd) == AIOVM_OK;
        free(cwd);
        return added;
    }
    char *full = file ? realpath(file, NULL) : NULL;
    const char *path = full ? full : file ? file : "";
    const char *slash = strrchr(path, '/');
    char *dir = slash ? strndup(path, (size_t)(slash - path) + (slash == path)) : strdup("");
    bool ok = dir && aiovm_add_path(vm, dir) == AIOVM_OK;
    free(full);
    free(dir);
    return ok;
}

/* __file__ of the script, which tracebacks show: from the root, links and dots left as they are. NULL: no memory, or no
 * working directory. */
static char *absolute(const char *file)
{
    char *cwd = *file == '/' ? NULL : getcwd(NULL, 0), *full = NULL;
    if (*file == '/')
        return strdup(file);
    if (file[0] == '.' && file[1] == '/')
        file += 2;
    size_t n = cwd ? strlen(cwd) + strlen(file) + 2 : 0;
    if (cwd && (full = malloc(n)))
        snprintf(full, n, "%s/%s", strcmp(cwd, "/") ? cwd : "", file);
    free(cwd);
    return full;
}

/* PYTHONPATH, the last part first, since each goes in front. An empty part is the working directory. */
static bool add_env_path(aiovm *vm)
{
    const char *env = getenv("PYTHONPATH");
    if (!env || !*env)
        return true;
    char *list = strdup(env), *colon;
    bool ok = list != NULL;
    do {
        colon = ok ? strrchr(list, ':') : NULL;
        const char *part = colon ? colon + 1 : list;
        char *dir = !ok ? NULL : *part ? absolute(part) : getcwd(NULL, 0);
        ok = dir && aiovm_add_path(vm, dir) == AIOVM_OK;
        free(dir);
        if (colon)
            *colon = 0;
    } while (ok && colon);
    free(list);
    return ok;
}

/* The name is on the command line, so that none needs to be quoted here. */
static const char run_module[] =
    "import runpy, sys\n"
    "runpy._run_module_as_main(sys.argv[0])\n";

/* sys.warnoptions, and the filters that they ask for. The values are on the command line, so they are passed as such. */
static bool set_warnings(aiovm *vm, const Options *o)
{
    static const char code[] = "__import__('warnings')._process_options(__import__('sys').argv)\n";
    if (!o->nwarnings && !o->flags[AIOVM_FLAG_DEV_MODE])
        return true;
    int n = o->nwarnings + 1;
    char **argv = calloc((size_t)n + 1, sizeof *argv), dev[] = "default", none[] = "";
    if (!argv)
        return false;
    argv[0] = o->flags[AIOVM_FLAG_DEV_MODE] ? dev : none;
    for (int i = 1; i < n; i++)
        argv[i] = (char *)(uintptr_t)o->warnings[i - 1];
    bool ok = aiovm_set_argv(vm, n, argv) == AIOVM_OK && aiovm_run(vm, code, sizeof code - 1, "<warnings>") == AIOVM_OK;
    free(argv);
    return ok;
}

/* What takes a line of script; seldom asked for. */
static bool set_up(aiovm *vm, const Options *o)
{
    static const char digits[] = "__import__('sys').set_int_max_str_digits(int(__import__('sys').argv[0]))\n";
    static const char streams[] =
        "import codecs, sys\n"
        "encoding, _, errors = sys.argv[0].partition(':')\n"
        "encoding = encoding and codecs.lookup(encoding).name\n"
        "for f in filter(None, (sys.stdin, sys.stdout, sys.stderr)):\n"
        "    e = 'backslashreplace' if f is sys.stderr else errors or 'strict'\n"
        "    f.reconfigure(encoding=encoding or f.encoding, errors=e)\n"
        "del codecs, sys, encoding, _, errors, e, f\n";
    const char *encoding = o->flags[AIOVM_FLAG_IGNORE_ENVIRONMENT] ? NULL : getenv("PYTHONIOENCODING");
    const struct { const char *code, *value; } steps[] = { { digits, o->int_digits }, { streams, encoding } };
    for (size_t i = 0; i < 2; i++) {
        char *argv[2] = { (char *)(uintptr_t)steps[i].value, NULL };
        bool by_sigint;
        if (!argv[0] || !*argv[0])
            continue;
        if (aiovm_set_argv(vm, 1, argv) != AIOVM_OK ||
            cli_report(vm, aiovm_run(vm, steps[i].code, strlen(steps[i].code), "<options>"), &by_sigint))
            return false;
    }
    return set_warnings(vm, o);
}

static int run_options(aiovm *vm, const Options *o, bool *by_sigint)
{
    *by_sigint = false;
    if (o->code)
        return run_source(vm, o, o->code, strlen(o->code), "<string>", by_sigint);
    if (o->module)
        return run_source(vm, o, run_module, sizeof run_module - 1, "<runpy>", by_sigint);
    if (!o->file && !o->from_stdin && isatty(0))
        return cli_prompt(vm, true, by_sigint);
    size_t n;
    char *text = o->file ? read_file(o->file, &n) : read_all(stdin, &n);
    if (!text) {
        fprintf(stderr, "aio: can't open file '%s': [Errno %d] %s\n", o->file ? o->file : "<stdin>", errno, strerror(errno));
        return 2;
    }
    char *full = o->file && o->dump < 0 ? absolute(o->file) : NULL;
    int status = run_source(vm, o, text, n, full ? full : o->file ? o->file : "<stdin>", by_sigint);
    free(full);
    free(text);
    if (o->interactive && !*by_sigint)
        status = cli_prompt(vm, false, by_sigint);
    return status;
}

static void put_text(aiovm *vm, aiovm_val text, FILE *f)
{
    size_t n = 0;
    const char *p = AIOVM_IS_NULL(text) ? NULL : aiovm_to_str(vm, text, &n);
    if (p)
        fwrite(p, 1, n, f);
}

int main(int argc, char **argv)
{
    Options o;
    int status = parse_options(argc, argv, &o);
    if (status >= 0)
        return status;
    add_environment(&o);
    FILE *profile = o.profile ? fopen(o.profile, "w") : NULL;
    if (o.profile && !profile) {
        fprintf(stderr, "aio: can't write file '%s': [Errno %d] %s\n", o.profile, errno, strerror(errno));
        return 2;
    }
    aiovm_config c;
    aiovm_config_init(&c);
    c.allow = AIOVM_ALLOW_ALL;
    c.handle_sigint = 1;
    c.deadlock_check = !o.no_deadlock_check;
    c.import_time = o.import_time;
    c.unbuffered = o.unbuffered;
    c.dev_mode = o.flags[AIOVM_FLAG_DEV_MODE];
    c.ignore_environment = o.flags[AIOVM_FLAG_IGNORE_ENVIRONMENT];
    c.xoptions = o.xoptions;
    memcpy(c.flags, o.flags, sizeof c.flags);
    c.max_memory = memory_cap();
    const char *seed = o.flags[AIOVM_FLAG_IGNORE_ENVIRONMENT] ? NULL : getenv("PYTHONHASHSEED");
    if (seed && *seed >= '0' && *seed <= '9')
        c.hash_seed = strtoull(seed, NULL, 10) + 1;
    const char *stress = getenv("AIO_GC_STRESS");
    c.gc_stress = stress ? (uint32_t)strtoul(stress, NULL, 10) : 0;
    aiovm *vm = aiovm_new(&c);
    if (!vm) {
        fputs("aio: out of memory\n", stderr);
        return 1;
    }
    char command[] = "-c", none[] = "";
    char **script_argv = argv + o.first_arg;
    int script_argc = argc - o.first_arg;
    char *saved = NULL, *empty[] = { none, NULL };
    if (o.code) {
        saved = script_argv[0];
        script_argv[0] = command;
    } else if (!script_argc) {
        script_argv = empty;
        script_argc = 1;
    }
    bool by_sigint = false;
    if (!set_up(vm, &o)) {
        status = 1;
    } else if (aiovm_set_argv(vm, script_argc, script_argv) != AIOVM_OK ||
        (!o.flags[AIOVM_FLAG_IGNORE_ENVIRONMENT] && !add_env_path(vm)) ||
        (!o.flags[AIOVM_FLAG_SAFE_PATH] && !add_script_dir(vm, o.code ? NULL : o.file, o.module != NULL))) {
        fputs("aio: out of memory\n", stderr);
        status = 1;
    } else {
        if (saved)
            script_argv[0] = saved;
        aiovm_trace(vm, o.trace);
        if (o.stats && aiovm_count(vm) != AIOVM_OK)
            o.stats = false;
        if (profile && aiovm_profile(vm, 0) != AIOVM_OK)
            fputs("aio: the profiler does not start\n", stderr);
        status = run_options(vm, &o, &by_sigint);
    }
    aiovm_join_threads(vm);
    aiovm_flush(vm);
    if (profile) {
        put_text(vm, aiovm_profile_take(vm), profile);
        fclose(profile);
    }
    if (o.stats)
        put_text(vm, aiovm_count_report(vm), stderr);
    if (!by_sigint)
        aiovm_exit(vm, status);
    aiovm_close(vm);
    return die_by_sigint();
}
