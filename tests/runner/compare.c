/* SPDX-License-Identifier: MIT
 * Judges the outcome of a case. The text of an .out file is what went to stdout, then, where the
 * status was not 0, one line "[exit N]" or "[signal NAME]" and one "[stderr] LAST LINE". */
#include "tests/runner/runner.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* The line of stderr that names the exception: the last one, or the head of an exception group. */
static char *last_error(const char *err)
{
    const char *group = strstr(err, "Exception Group Traceback"), *line;
    for (line = group; line && (line = strchr(line, '\n')); ) {
        line++;
        if (!strncmp(line, "  | ", 4) && line[4] != ' ') {
            size_t n = strcspn(line + 4, ":\n");
            if (n > 5 && memmem(line + 4, n, "Group", 5))
                return format_string("%.*s", (int)strcspn(line + 4, "\n"), line + 4);
        }
    }
    size_t end = strlen(err);
    while (end > 0 && (err[end - 1] == '\n' || err[end - 1] == ' '))
        end--;
    size_t start = end;
    while (start > 0 && err[start - 1] != '\n')
        start--;
    return format_string("%.*s", (int)(end - start), err + start);
}

static void add_marker_line(Text *t, const char *line)
{
    if (t->len && t->bytes[t->len - 1] != '\n')
        text_puts(t, "\n");
    text_printf(t, "%s\n", line);
}

static void free_and_add(Text *t, char *line)
{
    add_marker_line(t, line);
    free(line);
}

/* The outcome in the form of an .out file. */
static Text outcome(const Case *c, bool with_stderr)
{
    Text t = {0};
    text_add(&t, c->out.bytes, c->out.len);
    if (WIFEXITED(c->status) && WEXITSTATUS(c->status) == c->exit)
        return t;
    if (WIFSIGNALED(c->status))
        free_and_add(&t, format_string("[signal SIG%s]", sigabbrev_np(WTERMSIG(c->status))));
    else
        free_and_add(&t, format_string("[exit %d]", WEXITSTATUS(c->status)));
    if (with_stderr && c->err.len) {
        char *last = last_error(c->err.bytes);
        free_and_add(&t, format_string("[stderr] %s", last));
        free(last);
    }
    return t;
}

/* stderr with the directory of the file taken out of its paths. */
static Text plain_stderr(const Case *c)
{
    Text t = {0};
    size_t dir = (size_t)(strrchr(c->path, '/') - c->path) + 1;
    const char *at = c->err.bytes, *hit;
    while ((hit = memmem(at, strlen(at), c->path, dir))) {
        text_add(&t, at, (size_t)(hit - at));
        at = hit + dir;
    }
    text_puts(&t, at);
    return t;
}

static char *tail(const char *s, int lines)
{
    const char *at = s + strlen(s);
    while (at > s && lines >= 0)
        lines -= *--at == '\n';
    return format_string("%.1500s", at == s ? at : at + 1);
}

static void fail(Case *c, const char *what)
{
    char *err = tail(c->err.bytes ? c->err.bytes : "", 12);
    c->failure = format_string("%s%s%s", what, *err ? "\n  stderr ends in:\n" : "", err);
    free(err);
}

static void fail_at_difference(Case *c, const char *stream, const char *expected, const char *actual)
{
    int line = 1;
    const char *e = expected, *a = actual;
    for (const char *p = expected, *q = actual; *p && *p == *q; p++, q++)
        if (*p == '\n')
            line++, e = p + 1, a = q + 1;
    char *what = format_string("line %d of %s differs\n  expected: %.*s%s\n  actual:   %.*s%s", line, stream,
                               (int)strcspn(e, "\n") % 500, e, *e ? "" : "(the end)",
                               (int)strcspn(a, "\n") % 500, a, *a ? "" : "(the end)");
    fail(c, what);
    free(what);
}

static bool crashed(const Case *c)
{
    static const char *const reports[] = {"ERROR: AddressSanitizer", "ERROR: LeakSanitizer", ": runtime error: ",
                                          "WARNING: MemorySanitizer", "Assertion `"};
    for (size_t i = 0; i < sizeof reports / sizeof reports[0]; i++)
        if (strstr(c->err.bytes, reports[i]))
            return true;
    int s = WIFSIGNALED(c->status) ? WTERMSIG(c->status) : 0;
    return s == SIGSEGV || s == SIGABRT || s == SIGBUS || s == SIGILL || s == SIGFPE;
}

static void compare_file(Case *c, const char *extension, const Text *actual)
{
    char *path = format_string("%s.%s", c->stem, extension);
    Text expected = {0};
    if (!c->failure && text_read_file(&expected, path) &&
        (expected.len != actual->len || memcmp(expected.bytes, actual->bytes, actual->len) != 0))
        fail_at_difference(c, extension[0] == 'o' ? "stdout" : "stderr", expected.bytes, actual->bytes);
    text_free(&expected);
    free(path);
}

void case_judge(Case *c)
{
    char *out_path = format_string("%s.out", c->stem);
    Text expected = {0};
    if (c->timed_out)
        fail(c, "took too long, or printed too much");
    else if (crashed(c))
        fail(c, "crashed");
    else if (!text_read_file(&expected, out_path))
        fail(c, "there is no .out file");
    /* An .out file without a [stderr] line asks nothing of stderr. */
    Text actual = outcome(c, expected.bytes && strstr(expected.bytes, "[stderr] "));
    compare_file(c, "out", &actual);
    Text err = plain_stderr(c);
    compare_file(c, "err", &err);
    text_free(&actual);
    text_free(&err);
    text_free(&expected);
    free(out_path);
}

static void write_if_changed(const Case *c, const char *extension, const Text *t)
{
    char *path = format_string("%s.%s", c->stem, extension);
    Text old = {0};
    bool same = text_read_file(&old, path) && old.len == t->len && !memcmp(old.bytes, t->bytes, t->len);
    FILE *f = same ? NULL : must(fopen(path, "wb"));
    if (f) {
        fwrite(t->bytes, 1, t->len, f);
        fclose(f);
        printf("%s: wrote .%s\n", c->name, extension);
    }
    text_free(&old);
    free(path);
}

void case_regold(const Case *c)
{
    if (c->timed_out) {
        printf("%s: took too long; nothing written\n", c->name);
        return;
    }
    Text out = outcome(c, true);
    write_if_changed(c, "out", &out);
    text_free(&out);
    if (strstr(c->name, "tests/errors/")) {
        Text err = plain_stderr(c);
        write_if_changed(c, "err", &err);
        text_free(&err);
    }
}
