/* SPDX-License-Identifier: MIT
 * Sessions at the prompt, on a pseudo-terminal. The file looks like the screen after the session:
 *     >>> 1 + 1            wait for this prompt, then type the rest of the line
 *     2                    the next line of output must be this
 *     ~ <object at 0x*>    the next line must match this pattern (fnmatch)
 *     ~~~                  any number of lines
 *     !SIGINT              type Ctrl+C          !EOF          type Ctrl+D (also done at the end)
 *     !wait TEXT           wait until a line with TEXT has come; the lines up to it are passed over
 *     !send TEXT           type a line without waiting for a prompt
 * Directives stand in comments before the first prompt. */
#include "tests/runner/runner.h"

#include <errno.h>
#include <fnmatch.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct Session {
    Case *c;
    pid_t pid;
    int fd;
    bool ended;             /* nothing more comes from the terminal */
    double limit;           /* seconds to wait for anything */
    size_t at;              /* output up to here has been accounted for */
    Text wanted;            /* lines that must come before the next prompt */
    int line;               /* of the file */
} Session;

static void fail(Session *s, const char *what)
{
    if (s->c->failure)
        return;
    const char *rest = s->c->out.bytes ? s->c->out.bytes + s->at : "";
    s->c->failure = format_string("line %d: %s\n  wanted:\n%s\n  got:\n%.1500s", s->line, what,
                                  s->wanted.bytes ? s->wanted.bytes : "", rest);
}

/* Reads what the terminal has, carriage returns removed. False when nothing came within `seconds`. */
static bool read_more(Session *s, double seconds)
{
    char buffer[4096];
    struct pollfd p = {s->fd, POLLIN, 0};
    if (s->ended || poll(&p, 1, (int)(seconds * 1000)) <= 0)
        return false;
    ssize_t n = read(s->fd, buffer, sizeof buffer);
    if (n <= 0) {               /* EIO: the other side is closed */
        s->ended = true;
        return false;
    }
    for (ssize_t i = 0; i < n; i++)
        if (buffer[i] != '\r')
            text_add(&s->c->out, buffer + i, 1);
    return true;
}

static char *next_line(char **at)
{
    char *line = *at;
    if (!line || !*line)
        return NULL;
    char *end = strchr(line, '\n');
    if (end)
        *end = 0;
    *at = end ? end + 1 : NULL;
    return line;
}

static bool line_matches(const char *wanted, const char *got)
{
    if (!strncmp(wanted, "~ ", 2))
        return fnmatch(wanted + 2, got, 0) == 0;
    return !strcmp(wanted, got);
}

/* Both are consumed line by line; "~~~" takes as few lines as will do. */
static bool lines_match(char *wanted, char *got)
{
    char *w = next_line(&wanted);
    if (!w)
        return !got || !*got;
    if (!strcmp(w, "~~~")) {
        for (char *g = got; ; next_line(&g)) {
            char *w_copy = wanted ? format_string("%s", wanted) : NULL, *g_copy = g ? format_string("%s", g) : NULL;
            bool ok = lines_match(w_copy, g_copy);
            free(w_copy);
            free(g_copy);
            if (ok || !g || !*g)
                return ok;
        }
    }
    char *g = next_line(&got);
    return g && line_matches(w, g) && lines_match(wanted, got);
}

/* Compares the output since the last input with what the file has there. */
static void check_output(Session *s, size_t end)
{
    char *wanted = format_string("%s", s->wanted.bytes ? s->wanted.bytes : "");
    char *got = format_string("%.*s", (int)(end - s->at), s->c->out.bytes ? s->c->out.bytes + s->at : "");
    if (!lines_match(wanted, got))
        fail(s, "other output than wanted");
    free(wanted);
    free(got);
    s->wanted.len = 0;
    text_add(&s->wanted, "", 0);
}

static bool ends_in_prompt(const Session *s, const char *prompt)
{
    size_t n = strlen(prompt), len = s->c->out.len;
    if (len < s->at + n || memcmp(s->c->out.bytes + len - n, prompt, n) != 0)
        return false;
    return len == n || s->c->out.bytes[len - n - 1] == '\n' || len - n == s->at;
}

static void expect_prompt(Session *s, const char *prompt)
{
    double end = now() + s->limit;
    while (!ends_in_prompt(s, ">>> ") && !ends_in_prompt(s, "... "))
        if (!read_more(s, 0.1) && (s->ended || now() > end)) {
            fail(s, "no prompt");
            return;
        }
    if (!ends_in_prompt(s, prompt))
        fail(s, "the other prompt came");
    else
        check_output(s, s->c->out.len - strlen(prompt));
    s->at = s->c->out.len;
}

/* Passes over the line that holds `text`; with echo of what was typed that is the typed line. */
static void wait_for_text(Session *s, const char *text)
{
    double end = now() + s->limit;
    for (;;) {
        char *hit = s->c->out.bytes ? strstr(s->c->out.bytes + s->at, text) : NULL;
        char *newline = hit ? strchr(hit + strlen(text), '\n') : NULL;
        if (newline) {
            s->at = (size_t)(newline - s->c->out.bytes) + 1;
            return;
        }
        if (!read_more(s, 0.1) && (s->ended || now() > end)) {
            fail(s, format_string("did not come: %s", text));
            return;
        }
    }
}

static void type(Session *s, const char *text, const char *ending)
{
    size_t n = strlen(text);
    if (write(s->fd, text, n) != (ssize_t)n || write(s->fd, ending, 1) != 1)
        fail(s, "cannot type");
    if (*ending == '\n')
        wait_for_text(s, text);
}

/* The terminal sends SIGINT for Ctrl+C; its echo "^C" may or may not end a line. */
static void type_control(Session *s, char key)
{
    if (write(s->fd, &key, 1) != 1)
        fail(s, "cannot type");
    for (double end = now() + s->limit; key == 3 && now() < end; read_more(s, 0.05)) {
        char *hit = s->c->out.bytes ? strstr(s->c->out.bytes + s->at, "^C") : NULL;
        if (!hit)
            continue;
        s->at = (size_t)(hit - s->c->out.bytes) + 2;
        if (s->c->out.bytes[s->at] == '\n')
            s->at++;
        return;
    }
}

static void do_line(Session *s, char *line)
{
    if (!strncmp(line, ">>> ", 4) || !strncmp(line, "... ", 4) || !strcmp(line, "...") || !strcmp(line, ">>>")) {
        expect_prompt(s, *line == '>' ? ">>> " : "... ");
        if (!s->c->failure)
            type(s, line[3] ? line + 4 : "", "\n");
    } else if (!strcmp(line, "!SIGINT")) {
        type_control(s, 3);
    } else if (!strcmp(line, "!EOF")) {
        expect_prompt(s, ">>> ");
        type_control(s, 4);
    } else if (!strncmp(line, "!wait ", 6)) {
        wait_for_text(s, line + 6);
    } else if (!strncmp(line, "!send ", 6)) {
        type(s, line + 6, "\n");
    } else {
        text_printf(&s->wanted, "%s\n", line);
    }
}

static void run_lines(Session *s)
{
    Text file = {0};
    text_read_file(&file, s->c->path);
    char *at = file.bytes, *line;
    bool head = true, quit = false;
    while (!s->c->failure && (line = next_line(&at))) {
        s->line++;
        if (head && (*line == '#' || !*line))
            continue;
        head = false;
        quit |= !strcmp(line, "!EOF") || strstr(line, "exit(");
        do_line(s, line);
    }
    if (!s->c->failure && !quit)
        do_line(s, (char[]){"!EOF"});
    text_free(&file);
}

static void end_session(Session *s)
{
    double end = now() + s->limit;
    while (!s->c->failure && !s->ended && now() < end)
        read_more(s, 0.1);
    if (!s->c->failure && !s->ended)
        fail(s, "does not end");
    kill(s->pid, s->ended ? SIGHUP : SIGKILL);
    close(s->fd);
    while (waitpid(s->pid, &s->c->status, 0) < 0 && errno == EINTR)
        ;
    if (s->c->failure)
        return;
    /* Ctrl+D is echoed by nothing, and the prompt writes a newline before it ends. */
    while (s->c->out.bytes && s->c->out.bytes[s->at] == '\n')
        s->at++;
    check_output(s, s->c->out.len);
    if (!WIFEXITED(s->c->status) || WEXITSTATUS(s->c->status) != s->c->exit)
        fail(s, format_string("exit status %#x", (unsigned)s->c->status));
}

void prompt_run(Case *c, const Options *o)
{
    Session s = {.c = c, .limit = c->timeout / 2 * o->slowness};
    char *dir = process_make_dir();
    char **argv = process_command(c, o);
    fflush(NULL);
    s.pid = forkpty(&s.fd, NULL, NULL, &(struct winsize){.ws_row = 24, .ws_col = 200});
    if (s.pid < 0)
        must(NULL);
    if (s.pid == 0) {
        process_prepare_child(c, o, dir);
        setenv("TERM", "dumb", 1);
        execvp(argv[0], argv);
        _exit(127);
    }
    run_lines(&s);
    end_session(&s);
    text_free(&s.wanted);
    free(argv);
    process_remove_dir(dir);
}
