/* SPDX-License-Identifier: MIT
 * Runs the processes of the cases: each in an empty directory and a process group of its own, with a
 * time limit, several at once. */
#include "tests/runner/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { OUTPUT_LIMIT = 16 << 20, MAX_JOBS = 16 };
static const double signal_delay = 0.03;

typedef struct Running {
    Case *c;
    pid_t pid;
    int out, err;           /* -1 once at the end of the stream */
    char *dir;
    double deadline;
    int signals_sent;
    size_t searched;        /* stdout up to here is behind the last signal's text */
    double signal_due;      /* 0: its line has not come */
} Running;

double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

char *process_make_dir(void)
{
    const char *tmp = getenv("TMPDIR");
    return must(mkdtemp(format_string("%s/aiotest.XXXXXX", tmp && *tmp ? tmp : "/tmp")));
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

void process_remove_dir(char *dir)
{
    nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free(dir);
}

/* What to execute, ending in NULL. The array is the caller's. */
char **process_command(const Case *c, const Options *o)
{
    char **argv = must(calloc(2 * MAX_WORDS + 4, sizeof *argv));
    int n = 0;
    if (c->kind == CASE_SHELL)
        argv[n++] = format_string("sh");
    for (int i = 0; (c->kind == CASE_SCRIPT || c->kind == CASE_PROMPT) && i < o->command_count; i++)
        argv[n++] = o->command[i];
    if (c->kind == CASE_HOST) {
        int base = (int)(strrchr(c->name, '.') - c->name);
        argv[n++] = format_string("%s/%.*s", o->hosts, base, c->name);
    } else if (c->kind != CASE_PROMPT) {
        argv[n++] = c->path;
    }
    for (int i = 0; i < c->arg_count; i++)
        argv[n++] = c->args[i];
    return argv;
}

/* What tells an interpreter to run otherwise. */
static const char *const told[] = { "PYTHONUNBUFFERED", "PYTHONWARNINGS", "PYTHONPATH", "PYTHONASYNCIODEBUG", "PYTHONHASHSEED",
                                    "PYTHONUTF8", "PYTHONIOENCODING", "PYTHONDEVMODE", "PYTHONINSPECT", "PYTHONSAFEPATH" };

/* In the child, before exec: directory, limits, default signal actions, environment. */
void process_prepare_child(const Case *c, const Options *o, const char *dir)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int i = 1; i < 32; i++)
        signal(i, SIG_DFL);     /* a make in the background has SIGINT ignored, and that is inherited */
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    if (o->limit_memory)
        setrlimit(RLIMIT_AS, &(struct rlimit){4UL << 30, 4UL << 30});
    if (chdir(dir) != 0)
        _exit(127);
    unsetenv("AIO_CLOCK");
    for (unsigned i = 0; i < sizeof told / sizeof *told; i++)
        unsetenv(told[i]);
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("TZ", "UTC", 1);
    setenv("NO_COLOR", "1", 1);
    for (int i = 0; i < c->env_count; i++)
        putenv(c->env[i]);
}

static void child(const Case *c, const Options *o, const char *dir, int out, int err)
{
    setpgid(0, 0);
    char *in_path = format_string("%s.in", c->stem);
    int in = open(in_path, O_RDONLY);
    if (in < 0)
        in = open("/dev/null", O_RDONLY);
    dup2(in, 0);
    dup2(out, 1);
    dup2(err, 2);
    closefrom(3);
    char **argv = process_command(c, o);
    process_prepare_child(c, o, dir);
    execvp(argv[0], argv);
    fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

static void start(Running *r, Case *c, const Options *o)
{
    int out[2], err[2];
    if (pipe(out) != 0 || pipe(err) != 0)
        must(NULL);
    *r = (Running){.c = c, .out = out[0], .err = err[0], .dir = process_make_dir()};
    r->deadline = now() + c->timeout * o->slowness;
    fflush(NULL);
    r->pid = fork();
    if (r->pid < 0)
        must(NULL);
    if (r->pid == 0)
        child(c, o, r->dir, out[1], err[1]);
    setpgid(r->pid, r->pid);
    close(out[1]);
    close(err[1]);
}

static void drain(int *fd, Text *into)
{
    char buffer[65536];
    ssize_t n = read(*fd, buffer, sizeof buffer);
    if (n > 0) {
        text_add(into, buffer, (size_t)n);
    } else if (n == 0 || errno != EINTR) {
        close(*fd);
        *fd = -1;
    }
}

/* Sends the next signal, a moment after its line has come: by then the process is out of print. */
static void send_signals(Running *r)
{
    Case *c = r->c;
    if (r->signals_sent == c->signal_count || !c->out.bytes)
        return;
    const Signal *s = &c->signals[r->signals_sent];
    const char *hit = strstr(c->out.bytes + r->searched, s->after);
    const char *end = hit ? strchr(hit + strlen(s->after), '\n') : NULL;
    if (!end)
        return;
    if (r->signal_due == 0) {
        r->signal_due = now() + signal_delay;
    } else if (now() >= r->signal_due) {
        r->signal_due = 0;
        r->searched = (size_t)(end - c->out.bytes);
        r->signals_sent++;
        kill(r->pid, s->number);
    }
}

static void finish(Running *r)
{
    kill(-r->pid, SIGKILL);     /* whatever it left behind */
    while (waitpid(r->pid, &r->c->status, 0) < 0 && errno == EINTR)
        ;
    if (r->out >= 0)
        close(r->out);
    if (r->err >= 0)
        close(r->err);
    text_add(&r->c->out, "", 0);
    text_add(&r->c->err, "", 0);
    process_remove_dir(r->dir);
}

/* True when the process has ended, by itself or because its time is over. */
static bool has_ended(Running *r)
{
    Case *c = r->c;
    siginfo_t info = {0};
    if (r->out < 0 && r->err < 0)
        return waitid(P_PID, (id_t)r->pid, &info, WEXITED | WNOWAIT | WNOHANG) == 0 && info.si_pid == r->pid;
    if (now() < r->deadline && c->out.len < OUTPUT_LIMIT && c->err.len < OUTPUT_LIMIT) {
        /* A grandchild may keep the pipes open: the process itself is what counts. */
        return waitid(P_PID, (id_t)r->pid, &info, WEXITED | WNOWAIT | WNOHANG) == 0 && info.si_pid == r->pid &&
               poll((struct pollfd[]){{r->out, POLLIN, 0}, {r->err, POLLIN, 0}}, 2, 20) == 0;
    }
    c->timed_out = true;
    return true;
}

static void wait_some(Running *running, int count)
{
    struct pollfd fds[2 * MAX_JOBS];
    int n = 0;
    bool soon = false;          /* a stream has ended, or a signal is due */
    for (int i = 0; i < count; i++) {
        fds[n++] = (struct pollfd){running[i].out, POLLIN, 0};
        fds[n++] = (struct pollfd){running[i].err, POLLIN, 0};
        soon |= (running[i].out < 0 && running[i].err < 0) || running[i].signal_due > 0;
    }
    poll(fds, (nfds_t)n, soon ? 2 : 100);
    for (int i = 0; i < count; i++) {
        Running *r = &running[i];
        if (fds[2 * i].revents)
            drain(&r->out, &r->c->out);
        if (fds[2 * i + 1].revents)
            drain(&r->err, &r->c->err);
        send_signals(r);
    }
}

/* Runs all cases but those of the prompt, o->jobs at a time. */
void process_run_all(Case *cases, int count, const Options *o)
{
    Running running[MAX_JOBS];
    int active = 0, next = 0, jobs = o->jobs < MAX_JOBS ? o->jobs : MAX_JOBS;
    while (next < count || active > 0) {
        if (next < count && cases[next].kind == CASE_PROMPT) {
            next++;
        } else if (next < count && active < jobs) {
            start(&running[active++], &cases[next++], o);
        } else {
            wait_some(running, active);
            for (int i = 0; i < active; i++)
                if (has_ended(&running[i])) {
                    finish(&running[i]);
                    running[i--] = running[--active];
                }
        }
    }
}
