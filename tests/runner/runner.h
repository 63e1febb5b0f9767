/* SPDX-License-Identifier: MIT
 * The script tests. A case is a file with an expected output beside it; all cases run first, several
 * at a time, and then each is one Check test that looks at its outcome. docs/testing.md describes the
 * files and their directives. */
#ifndef TESTS_RUNNER_H
#define TESTS_RUNNER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef enum CaseKind {
    CASE_SCRIPT,            /* x.aio, run by aio */
    CASE_SHELL,             /* x.sh, run by sh with $AIO set */
    CASE_HOST,              /* x.c or x.cc, built by make: the program is run */
    CASE_PROMPT,            /* x.txt, a session on a terminal */
} CaseKind;

typedef struct Text {       /* growing bytes, NUL-terminated once non-empty */
    char *bytes;
    size_t len, cap;
} Text;

enum { MAX_WORDS = 32 };

typedef struct Signal {
    int number;
    char *after;            /* sent when a line with this text has appeared on stdout */
} Signal;

typedef struct Case {
    CaseKind kind;
    char *name;             /* "tests/lang/x.aio" */
    char *path;             /* absolute */
    char *stem;             /* path without its extension */
    /* from the directives in its head */
    char *args[MAX_WORDS], *env[MAX_WORDS];
    Signal signals[MAX_WORDS];
    int arg_count, env_count, signal_count;
    double timeout;         /* seconds */
    int exit;               /* expected status, where .out does not say */
    char *lacks;            /* a program that it needs and that is not there; NULL: none */
    /* outcome */
    Text out, err;
    int status;             /* as waitpid gives it */
    bool timed_out;
    char *failure;          /* NULL: passed */
} Case;

typedef struct Options {
    char *command[MAX_WORDS];   /* what runs a script: $AIO, or an oracle */
    int command_count;
    const char *hosts;          /* where make puts the host programs */
    double slowness;            /* time limits are multiplied by this */
    int jobs;
    bool regold;                /* write the outputs instead of comparing them */
    bool limit_memory;
} Options;

/* text.c */
void text_add(Text *t, const char *bytes, size_t n);
void text_puts(Text *t, const char *s);
void text_printf(Text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool text_read_file(Text *t, const char *path);         /* false: there is no such file */
void text_free(Text *t);
char *format_string(const char *format, ...) __attribute__((format(printf, 1, 2)));
void *must(void *p);                                    /* p, or exit when it is NULL */

/* directives.c */
void case_read_directives(Case *c);

/* process.c */
double now(void);
void process_prepare_child(const Case *c, const Options *o, const char *dir);
char *process_make_dir(void);
void process_remove_dir(char *dir);                     /* frees dir too */
char **process_command(const Case *c, const Options *o);
void process_run_all(Case *cases, int count, const Options *o);

/* compare.c */
void case_judge(Case *c);                               /* sets c->failure */
void case_regold(const Case *c);                        /* writes .out, and .err where there is one */

/* prompt.c */
void prompt_run(Case *c, const Options *o);

#endif
