/* SPDX-License-Identifier: MIT
 * Finds the cases, runs them, and makes each a Check test.
 *     runner [--regold] [TEXT...]      only cases whose name contains one of the texts
 * Environment: AIO (what runs a script; several words are allowed), TEST_WRAPPER (words before it, such
 * as valgrind), TEST_HOSTS, TEST_ONLY, TEST_SANITIZE, TEST_JOBS, TEST_COUNTS. */
#include "tests/runner/runner.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_CASES = 4000 };

typedef struct Folder {
    const char *path, *extension;
    CaseKind kind;
    bool has_oracle;        /* regold writes its outputs */
} Folder;

static const Folder folders[] = {
    {"examples", ".aio", CASE_SCRIPT, true},
    {"tests/lang", ".aio", CASE_SCRIPT, true},
    {"tests/aio", ".aio", CASE_SCRIPT, true},
    {"tests/std", ".aio", CASE_SCRIPT, true},
    {"tests/io", ".aio", CASE_SCRIPT, true},
    {"tests/peers", ".aio", CASE_SCRIPT, true},
    {"tests/errors", ".aio", CASE_SCRIPT, true},
    {"tests/regress", ".aio", CASE_SCRIPT, true},
    {"tests/diffs", ".aio", CASE_SCRIPT, false},
    {"tests/cli", ".sh", CASE_SHELL, false},
    {"tests/embed", ".c", CASE_HOST, false},
    {"tests/embed", ".cc", CASE_HOST, false},
    {"examples/embed", ".c", CASE_HOST, false},
    {"tests/prompt", ".txt", CASE_PROMPT, false},
};
enum { FOLDER_COUNT = sizeof folders / sizeof folders[0] };

static Case cases[MAX_CASES];
static int case_count, folder_start[FOLDER_COUNT + 1];

static bool is_wanted(const char *name, char **texts, int count)
{
    for (int i = 0; i < count; i++)
        if (strstr(name, texts[i]))
            return true;
    return count == 0;
}

static void add_case(const Folder *f, const char *root, const char *file)
{
    if (case_count == MAX_CASES) {
        fprintf(stderr, "runner: too many cases\n");
        exit(2);
    }
    Case *c = &cases[case_count++];
    *c = (Case){.kind = f->kind, .name = format_string("%s/%s", f->path, file)};
    c->path = format_string("%s/%s", root, c->name);
    c->stem = format_string("%.*s", (int)(strrchr(c->path, '.') - c->path), c->path);
    case_read_directives(c);
    if (c->lacks) {
        printf("%s: left out, there is no %s\n", c->name, c->lacks);
        case_count--;
    }
}

static void find_cases(const Folder *f, const char *root, char **texts, int count)
{
    struct dirent **entries;
    int n = scandir(f->path, &entries, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        const char *file = entries[i]->d_name, *dot = strrchr(file, '.');
        char *name = format_string("%s/%s", f->path, file);
        if (dot && !strcmp(dot, f->extension) && is_wanted(name, texts, count))
            add_case(f, root, file);
        free(name);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
}

static void add_words(Options *o, const char *words)
{
    char *copy = format_string("%s", words ? words : "");
    for (char *word = strtok(copy, " "); word && o->command_count < MAX_WORDS - 1; word = strtok(NULL, " "))
        o->command[o->command_count++] = word;
}

static bool is_set(const char *name)
{
    const char *value = getenv(name);
    return value && *value;
}

static Options read_options(void)
{
    Options o = {.hosts = getenv("TEST_HOSTS"), .slowness = 1, .jobs = 2};
    add_words(&o, getenv("TEST_WRAPPER"));
    add_words(&o, getenv("AIO"));
    if (o.command_count == 0 || !o.hosts) {
        fprintf(stderr, "runner: AIO and TEST_HOSTS must be set; `make test` does\n");
        exit(2);
    }
    if (is_set("TEST_SANITIZE"))
        o.slowness *= 5;
    if (is_set("AIO_GC_STRESS"))
        o.slowness *= 10;
    if (is_set("TEST_WRAPPER"))
        o.slowness *= 20;
    if (is_set("TEST_JOBS"))
        o.jobs = atoi(getenv("TEST_JOBS"));
    o.limit_memory = !is_set("TEST_SANITIZE") && !is_set("TEST_WRAPPER");
    return o;
}

START_TEST(check_case)
{
    const Case *c = &cases[_i];
    if (c->failure)
        ck_abort_msg("%s: %s", c->name, c->failure);
}
END_TEST

static Suite *folder_suite(int index)
{
    Suite *s = suite_create(folders[index].path);
    TCase *t = tcase_create(folders[index].extension + 1);
    tcase_add_loop_test(t, check_case, folder_start[index], folder_start[index + 1]);
    suite_add_tcase(s, t);
    return s;
}

static void write_counts(int run, int failed)
{
    const char *path = getenv("TEST_COUNTS");
    FILE *f = path ? fopen(path, "a") : NULL;
    if (f) {
        fprintf(f, "%d %d\n", run, failed);
        fclose(f);
    }
}

static int judge_all(const Options *o)
{
    SRunner *r = srunner_create(NULL);
    for (int i = 0; i < case_count; i++) {
        if (cases[i].kind == CASE_PROMPT)
            prompt_run(&cases[i], o);
        else
            case_judge(&cases[i]);
    }
    for (int i = 0; i < FOLDER_COUNT; i++)
        if (folder_start[i] < folder_start[i + 1])
            srunner_add_suite(r, folder_suite(i));
    srunner_set_fork_status(r, CK_NOFORK);      /* the outcomes are here already */
    srunner_run_all(r, CK_ENV);
    int run = srunner_ntests_run(r), failed = srunner_ntests_failed(r);
    write_counts(run, failed);
    srunner_free(r);
    return failed ? 1 : 0;
}

static int regold_all(void)
{
    for (int f = 0; f < FOLDER_COUNT; f++)
        for (int i = folder_start[f]; i < folder_start[f + 1]; i++)
            case_regold(&cases[i]);
    return 0;
}

int main(int argc, char **argv)
{
    Options o = read_options();
    char *root = must(getcwd(NULL, 0));
    char *only[] = {getenv("TEST_ONLY")};
    o.regold = argc > 1 && !strcmp(argv[1], "--regold");
    char **texts = argv + 1 + o.regold;
    int count = argc - 1 - o.regold;
    if (count == 0 && is_set("TEST_ONLY"))
        texts = only, count = 1;
    for (int i = 0; i < FOLDER_COUNT; i++) {
        folder_start[i] = case_count;
        if (!o.regold || folders[i].has_oracle)
            find_cases(&folders[i], root, texts, count);
    }
    folder_start[FOLDER_COUNT] = case_count;
    process_run_all(cases, case_count, &o);
    free(root);
    return o.regold ? regold_all() : judge_all(&o);
}
