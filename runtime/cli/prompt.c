/* SPDX-License-Identifier: MIT
 * A first prompt: plain line input. While it waits for a line, the VM's own loop goes on: tasks that were started at
 * the prompt run, and `await` at the prompt drives them, too. */
#include "runtime/cli/cli.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef struct Input {
    char *text;                 /* what was read and not used yet */
    size_t len, cap;
    bool ended;
} Input;

static bool input_reserve(Input *in, size_t more)
{
    if (in->len + more <= in->cap)
        return true;
    size_t cap = in->cap ? in->cap * 2 : 4096;
    while (cap < in->len + more)
        cap *= 2;
    char *p = realloc(in->text, cap);
    if (!p)
        return false;
    in->text = p;
    in->cap = cap;
    return true;
}

/* Read what there is. False: interrupted or no memory. */
static bool input_read(Input *in)
{
    if (!input_reserve(in, 4096))
        return false;
    ssize_t n = read(0, in->text + in->len, 4096);
    if (n < 0)
        return errno == EAGAIN;
    if (n == 0)
        in->ended = true;
    in->len += (size_t)n;
    return true;
}

/* Wait for input or for something to do; SIGINT can arrive only meanwhile, so none is missed. False: it did. */
static bool wait_for_input(aiovm *vm, struct pollfd fds[2])
{
    sigset_t sigint, outer;
    sigemptyset(&sigint);
    sigaddset(&sigint, SIGINT);
    sigprocmask(SIG_BLOCK, &sigint, &outer);
    fds[0] = (struct pollfd){ 0, POLLIN, 0 };
    fds[1] = (struct pollfd){ aiovm_poll_fd(vm), POLLIN, 0 };
    int64_t ns = aiovm_timeout_ns(vm);
    struct timespec t = { .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };
    if (!aiovm_interrupted(vm) && ppoll(fds, fds[1].fd < 0 ? 1 : 2, ns < 0 ? NULL : &t, &outer) < 0)
        fds[0].revents = fds[1].revents = 0;
    sigprocmask(SIG_SETMASK, &outer, NULL);
    return !aiovm_interrupted(vm);
}

/* One line with its newline, malloc'ed; NULL at the end of input or (*interrupted) on Ctrl+C. */
static char *next_line(aiovm *vm, Input *in, bool *interrupted)
{
    *interrupted = false;
    for (;;) {
        char *nl = in->len ? memchr(in->text, '\n', in->len) : NULL;
        if (nl || (in->ended && in->len)) {
            size_t n = nl ? (size_t)(nl - in->text) + 1 : in->len;
            char *line = strndup(in->text, n);
            memmove(in->text, in->text + n, in->len - n);
            in->len -= n;
            return line;
        }
        if (in->ended)
            return NULL;
        struct pollfd fds[2];
        bool by_sigint;
        *interrupted = !wait_for_input(vm, fds) || (fds[0].revents && !input_read(in) && errno == EINTR);
        if (*interrupted)
            return NULL;
        if (aiovm_alive(vm) || fds[1].revents) {
            aiovm_status st = aiovm_step(vm, AIOVM_STEP_NOWAIT);
            by_sigint = false;
            if (st < 0)
                cli_report(vm, st, &by_sigint);
            aiovm_flush(vm);
            if (by_sigint) {    /* it came while a task ran */
                *interrupted = true;
                return NULL;
            }
        }
    }
}

static bool append(char **text, size_t *len, const char *line)
{
    size_t n = strlen(line);
    char *p = realloc(*text, *len + n + 1);
    if (!p)
        return false;
    memcpy(p + *len, line, n + 1);
    *text = p;
    *len += n;
    return true;
}

/* Run one complete entry. An awaited one drives the loop until it is done. */
static aiovm_status run_entry(aiovm *vm, aiovm_val code)
{
    aiovm_val result = { 0 };
    aiovm_status st = aiovm_exec(vm, code, &result);
    if (st != AIOVM_OK || aiovm_typeof(vm, result) != AIOVM_T_CORO)
        return st;
    return aiovm_await(vm, result, NULL);
}

static void ask(aiovm *vm, const char *prompt)
{
    aiovm_flush(vm);
    fputs(prompt, stdout);
    fflush(stdout);
}

int cli_prompt(aiovm *vm, bool banner, bool *by_sigint)
{
    Input in = { 0 };
    char *entry = NULL;
    size_t len = 0;
    int status = 0;
    bool leaving = false;
    *by_sigint = false;
    if (aiovm_ambient_loop(vm, true) != AIOVM_OK)
        return cli_report(vm, AIOVM_ERR, by_sigint);
    if (banner)
        printf("aio %d.%d.%d\nUse await directly instead of asyncio.run(). Ctrl+D ends.\n", AIOVM_VERSION_MAJOR,
               AIOVM_VERSION_MINOR, AIOVM_VERSION_PATCH);
    while (!leaving) {
        bool interrupted;
        ask(vm, len ? "... " : ">>> ");
        char *line = next_line(vm, &in, &interrupted);
        if (interrupted) {
            printf("\nKeyboardInterrupt\n");
            aiovm_clear_interrupt(vm);
            len = 0;
            continue;
        }
        bool end = !line;
        if (line && !append(&entry, &len, line))
            end = true;
        bool blank = line && line[strspn(line, " \t\r\n")] == 0;
        free(line);
        if (end && !len)
            break;
        if (len && entry[strspn(entry, " \t\r\n")] == 0) {
            len = 0;
            continue;
        }
        aiovm_scope scope = aiovm_scope_open(vm);
        aiovm_val code;
        aiovm_status st = aiovm_compile(vm, entry, len, "<stdin>", AIOVM_COMPILE_SINGLE | AIOVM_COMPILE_TOP_AWAIT, &code);
        if (st == AIOVM_EINCOMPLETE && !end && !blank) {
            aiovm_scope_close(vm, scope);
            continue;
        }
        if (st == AIOVM_EINCOMPLETE)    /* an empty line ends it all the same */
            st = aiovm_compile(vm, entry, len, "<stdin>", AIOVM_COMPILE_FILE | AIOVM_COMPILE_TOP_AWAIT, &code);
        if (st == AIOVM_OK)
            st = run_entry(vm, code);
        bool sigint;
        if (st == AIOVM_EEXIT) {
            status = aiovm_exit_status(vm);
            leaving = true;
        } else {
            cli_report(vm, st, &sigint);
        }
        aiovm_scope_close(vm, scope);
        len = 0;
        if (end)
            break;
    }
    if (!leaving)
        printf("\n");
    free(entry);
    free(in.text);
    return status;
}
