/* SPDX-License-Identifier: MIT
 * mutate [-n COUNT] [-s SEED] [-j JOBS] [-o DIR] COMMAND FILE...
 * Runs COUNT random mutations of each script and reports those that crash the interpreter: a signal, or
 * a sanitizer's report. Each run has 256 MB, 2 seconds and an empty directory. Mutants that could do
 * harm outside of it are not run. A mutant that crashes is kept in DIR (build/mutants). */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_JOBS = 16, MAX_TEXT = 1 << 20, MAX_TOKENS = 20000, MEMORY = 256 << 20, REPORT = 1 << 16 };
static const double limit_seconds = 2;

typedef struct Text {
    char *bytes;
    size_t len;
} Text;

typedef struct Job {
    pid_t pid;              /* 0: free */
    char *name;             /* "hello-1-42" */
    double start;
    int interrupts;         /* SIGINTs that were sent */
    bool wants_interrupt, timed_out;
} Job;

typedef struct Totals {
    int runs, skipped, timeouts, crashes;
} Totals;

static Job jobs[MAX_JOBS];
static int job_limit = 2;
static const char *command, *keep_dir = "build/mutants";
static char work_dir[] = "/tmp/aiomutate.XXXXXX";
static Totals totals;

static void *must(void *p)
{
    if (!p) {
        perror("mutate");
        exit(2);
    }
    return p;
}

static char *path_of(const char *dir, const char *name, const char *extension)
{
    char *s;
    if (asprintf(&s, "%s/%s%s", dir, name, extension) < 0)
        s = NULL;
    return must(s);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* --- random ------------------------------------------------------------------------------------ */

static uint64_t random_state;

static size_t random_below(size_t n)    /* splitmix64 */
{
    uint64_t z = (random_state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return n ? (size_t)((z ^ (z >> 31)) % n) : 0;
}

/* --- mutations --------------------------------------------------------------------------------- */

/* Pieces are the tokens of a text, or its lines: where each starts, and after the last one its length. */
typedef struct Pieces {
    size_t starts[MAX_TOKENS + 1];
    size_t count;
} Pieces;

static int char_class(char c)
{
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (c & 0x80))
        return 1;
    return c == ' ' ? 2 : 0;
}

static void split_tokens(const Text *t, Pieces *p)
{
    p->count = 0;
    for (size_t i = 0; i < t->len && p->count < MAX_TOKENS; ) {
        p->starts[p->count++] = i;
        int class = char_class(t->bytes[i++]);
        while (class && i < t->len && char_class(t->bytes[i]) == class)
            i++;
    }
    p->starts[p->count] = t->len;
}

static void split_lines(const Text *t, Pieces *p)
{
    p->count = 0;
    for (size_t i = 0; i < t->len && p->count < MAX_TOKENS; ) {
        p->starts[p->count++] = i;
        const char *end = memchr(t->bytes + i, '\n', t->len - i);
        i = end ? (size_t)(end - t->bytes) + 1 : t->len;
    }
    p->starts[p->count] = t->len;
}

/* Replaces `old` bytes at `at` by a copy of `with`, which may lie in the same text. */
static void replace(Text *t, size_t at, size_t old, const char *with, size_t n)
{
    char *copy = must(malloc(n + 1)), *bytes = must(malloc(t->len - old + n + 1));
    memcpy(copy, with, n);
    memcpy(bytes, t->bytes, at);
    memcpy(bytes + at, copy, n);
    memcpy(bytes + at + n, t->bytes + at + old, t->len - at - old);
    free(copy);
    free(t->bytes);
    t->bytes = bytes;
    t->len = t->len - old + n;
}

static void change_byte(Text *t)
{
    static const char likely[] = "()[]{}:,.=*'\"\\\n #0129-+@!<>%&|^~ef\t";
    size_t at = random_below(t->len);
    char c = random_below(3) ? likely[random_below(sizeof likely - 1)] : (char)random_below(256);
    switch (random_below(3)) {
    case 0: t->bytes[at] ^= (char)(1 << random_below(8)); break;
    case 1: replace(t, at, 1, &c, random_below(2)); break;
    default: replace(t, at, 0, &c, 1); break;
    }
}

/* Deletes, doubles, replaces or swaps pieces. */
static void change_piece(Text *t, const Pieces *p)
{
    size_t i = random_below(p->count), j = random_below(p->count);
    size_t a = p->starts[i], an = p->starts[i + 1] - a, b = p->starts[j], bn = p->starts[j + 1] - b;
    switch (random_below(4)) {
    case 0: replace(t, a, an, "", 0); break;
    case 1: replace(t, a, 0, t->bytes + a, an); break;
    case 2: replace(t, a, an, t->bytes + b, bn); break;
    default:
        if (a >= b)
            break;
        char *first = must(strndup(t->bytes + a, an));
        replace(t, a, an, t->bytes + b, bn);
        replace(t, b + bn - an, bn, first, strlen(first));
        free(first);
    }
}

static void change_indent(Text *t, const Pieces *lines)
{
    size_t at = lines->starts[random_below(lines->count)];
    if (random_below(2))
        replace(t, at, 0, "    ", 4);
    else if (t->len - at > 4 && t->bytes[at] == ' ')
        replace(t, at, 4, "", 0);
}

static void insert_snippet(Text *t, const Pieces *tokens)
{
    static const char *const snippets[] = {
        "await ", "async ", "yield ", "lambda: ", "*", "**", "not ", "None", "-1", "10**30", "1e308", "''", "b''",
        "[]", "{}", "()", "self", "super()", "raise ", "return ", "del ", "global x\n", "f'{", "}", ":=", "10**9",
        "'x' * 10**9", "[0] * 10**8", ".__class__", ".__dict__", "[::-1]", "(*a, **k)", " if 1 else ", "~", "is not ",
        "try:\n", "else:\n", "finally:\n", "with ", "for x in ", "while 1:\n", "class X:\n", "def f():\n", "@", "in ",
    };
    const char *s = snippets[random_below(sizeof snippets / sizeof snippets[0])];
    replace(t, tokens->starts[random_below(tokens->count)], 0, s, strlen(s));
}

static void mutate(Text *t)
{
    static Pieces pieces;
    for (size_t n = 1 + random_below(4); n > 0 && t->len > 0; n--) {
        size_t what = random_below(10);
        if (what == 3 || what == 4)
            split_lines(t, &pieces);
        else
            split_tokens(t, &pieces);
        if (what < 2)
            change_byte(t);
        else if (what == 4)
            change_indent(t, &pieces);
        else if (what == 5)
            insert_snippet(t, &pieces);
        else
            change_piece(t, &pieces);
    }
}

/* Nothing that reaches out of the process. */
static bool is_harmful(const Text *t)
{
    static const char *const words[] = {"kill", "remove", "unlink", "rmdir", "rename", "system", "exec", "spawn",
                                        "fork", "open(", "_exit", "chmod", "truncate", "subprocess", "open_connection"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (memmem(t->bytes, t->len, words[i], strlen(words[i])))
            return true;
    return false;
}

/* --- running ----------------------------------------------------------------------------------- */

static void child(const char *script, const char *report, bool virtual_clock)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGINT, SIG_DFL);
    setpgid(0, 0);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    if (!getenv("TEST_SANITIZE") || !*getenv("TEST_SANITIZE"))
        setrlimit(RLIMIT_AS, &(struct rlimit){MEMORY, MEMORY});
    if (virtual_clock)
        setenv("AIO_CLOCK", "virtual", 1);
    int err = open(report, O_WRONLY | O_CREAT | O_TRUNC, 0600), null = open("/dev/null", O_RDWR);
    char *empty = path_of(work_dir, "empty", "");
    if (err < 0 || null < 0 || chdir(empty) != 0)
        _exit(125);
    dup2(null, 0);
    dup2(null, 1);
    dup2(err, 2);
    closefrom(3);
    execl(command, command, script, (char *)NULL);
    _exit(126);
}

static bool sanitizer_reported(const char *path)
{
    static char text[REPORT];
    FILE *f = fopen(path, "r");
    size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    text[n] = 0;
    if (f)
        fclose(f);
    return strstr(text, "Sanitizer") || strstr(text, ": runtime error: ") || strstr(text, "Assertion `");
}

static void report_crash(const Job *job, int status)
{
    char *script = path_of(work_dir, job->name, ".aio"), *kept = path_of(keep_dir, job->name, ".aio");
    char *from = path_of(work_dir, job->name, ".err"), *err = path_of(keep_dir, job->name, ".err");
    totals.crashes++;
    mkdir(keep_dir, 0777);
    char *copy;
    if (asprintf(&copy, "cp '%s' '%s'; cp '%s' '%s'", script, kept, from, err) < 0 || system(copy) != 0)
        fprintf(stderr, "mutate: cannot keep %s\n", kept);
    if (WIFSIGNALED(status))
        printf("%s: killed by SIG%s\n", kept, sigabbrev_np(WTERMSIG(status)));
    else
        printf("%s: status %d and a report in %s\n", kept, WEXITSTATUS(status), err);
    fflush(stdout);
    free(script), free(kept), free(from), free(err), free(copy);
}

static void finish(Job *job, int status)
{
    char *script = path_of(work_dir, job->name, ".aio"), *err = path_of(work_dir, job->name, ".err");
    bool killed = WIFSIGNALED(status) && !job->timed_out && WTERMSIG(status) != SIGINT;
    bool cannot_run = WIFEXITED(status) && (WEXITSTATUS(status) == 125 || WEXITSTATUS(status) == 126);
    totals.runs++;
    totals.timeouts += job->timed_out;
    if (killed || cannot_run || sanitizer_reported(err))
        report_crash(job, status);
    unlink(script);
    unlink(err);
    free(script);
    free(err);
    free(job->name);
    job->pid = 0;
}

/* Waits until a job is free; with all, until every one is. */
static Job *wait_for_job(bool all)
{
    sigset_t child_ended;
    sigemptyset(&child_ended);
    sigaddset(&child_ended, SIGCHLD);
    for (;;) {
        int status, busy = 0;
        Job *idle = NULL;
        for (int i = 0; i < job_limit; i++) {
            Job *job = &jobs[i];
            double age = now() - job->start;
            if (job->pid && waitpid(job->pid, &status, WNOHANG) == job->pid)
                finish(job, status);
            if (!job->pid) {
                idle = job;
                continue;
            }
            busy++;
            if (age > limit_seconds) {
                job->timed_out = true;
                kill(-job->pid, SIGKILL);
            } else if (job->wants_interrupt && age > 0.1 * (job->interrupts + 1) && job->interrupts < 3) {
                job->interrupts++;
                kill(job->pid, SIGINT);
            }
        }
        if (all ? busy == 0 : idle != NULL)
            return idle;
        sigtimedwait(&child_ended, NULL, &(struct timespec){0, 20000000});
    }
}

static void run_mutant(const Text *original, const char *base, uint64_t seed, int index)
{
    Text t = {must(malloc(original->len + 1)), original->len};
    memcpy(t.bytes, original->bytes, t.len);
    random_state = seed * 1000003 + (uint64_t)index;
    for (const char *p = base; *p; p++)
        random_state = random_state * 31 + (unsigned char)*p;
    mutate(&t);
    if (is_harmful(&t)) {
        totals.skipped++;
        free(t.bytes);
        return;
    }
    Job *job = wait_for_job(false);
    *job = (Job){.start = now(), .wants_interrupt = memmem(original->bytes, original->len, "# signal:", 9) != NULL};
    if (asprintf(&job->name, "%s-%llu-%d", base, (unsigned long long)seed, index) < 0)
        must(NULL);
    char *script = path_of(work_dir, job->name, ".aio"), *err = path_of(work_dir, job->name, ".err");
    FILE *f = must(fopen(script, "wb"));
    fwrite(t.bytes, 1, t.len, f);
    fclose(f);
    job->pid = fork();
    if (job->pid == 0)
        child(script, err, memmem(original->bytes, original->len, "# clock: virtual", 16) != NULL);
    setpgid(job->pid, job->pid);
    free(script);
    free(err);
    free(t.bytes);
}

static void run_file(const char *path, uint64_t seed, int count)
{
    FILE *f = must(fopen(path, "rb"));
    Text t = {must(malloc(MAX_TEXT)), 0};
    t.len = fread(t.bytes, 1, MAX_TEXT, f);
    fclose(f);
    const char *slash = strrchr(path, '/');
    char *base = must(strdup(slash ? slash + 1 : path));
    base[strcspn(base, ".")] = 0;
    for (int i = 0; i < count; i++)
        run_mutant(&t, base, seed, i);
    free(base);
    free(t.bytes);
}

int main(int argc, char **argv)
{
    int count = 1000, option;
    uint64_t seed = 1;
    while ((option = getopt(argc, argv, "n:s:j:o:")) != -1) {
        switch (option) {
        case 'n': count = atoi(optarg); break;
        case 's': seed = strtoull(optarg, NULL, 10); break;
        case 'j': job_limit = atoi(optarg) < MAX_JOBS ? atoi(optarg) : MAX_JOBS; break;
        case 'o': keep_dir = optarg; break;
        default: return 2;
        }
    }
    if (optind + 1 >= argc || job_limit < 1) {
        fprintf(stderr, "usage: mutate [-n COUNT] [-s SEED] [-j JOBS] [-o DIR] COMMAND FILE...\n");
        return 2;
    }
    command = must(realpath(argv[optind], NULL));
    must(mkdtemp(work_dir));
    char *empty = path_of(work_dir, "empty", "");
    mkdir(empty, 0700);
    sigset_t block;
    sigemptyset(&block);
    sigaddset(&block, SIGCHLD);
    sigprocmask(SIG_BLOCK, &block, NULL);
    for (int i = optind + 1; i < argc; i++)
        run_file(argv[i], seed, count);
    wait_for_job(true);
    rmdir(empty);
    rmdir(work_dir);
    free(empty);
    printf("mutate: %d runs, %d skipped, %d stopped after %g s, %d crashes (seed %llu)\n", totals.runs,
           totals.skipped, totals.timeouts, limit_seconds, totals.crashes, (unsigned long long)seed);
    return totals.crashes ? 1 : 0;
}
