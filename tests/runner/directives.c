/* SPDX-License-Identifier: MIT
 * Directives: comments in the first lines of a test file, such as
 *     # args: a b              # clock: virtual        # signal: SIGINT after "ready"
 *     # env: NAME=value        # timeout: 60           # exit: 3         # needs: curl
 * In args, %D stands for the directory of the file. */
#include "tests/runner/runner.h"

#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HEAD_LINES = 20 };

static void bad_directive(const Case *c, const char *line)
{
    fprintf(stderr, "%s: directive not understood: %s\n", c->name, line);
    exit(2);
}

static char *replace_dir(const Case *c, const char *word)
{
    const char *at = strstr(word, "%D");
    if (!at)
        return format_string("%s", word);
    int dir = (int)(strrchr(c->path, '/') - c->path);
    return format_string("%.*s%.*s%s", (int)(at - word), word, dir, c->path, at + 2);
}

static void add_words(Case *c, char *value)
{
    for (char *word = strtok(value, " "); word && c->arg_count < MAX_WORDS - 2; word = strtok(NULL, " "))
        c->args[c->arg_count++] = replace_dir(c, word);
}

/* SIGINT after "text" */
static void add_signal(Case *c, const char *value)
{
    static const struct { const char *name; int number; } known[] = {
        {"SIGINT", SIGINT}, {"SIGTERM", SIGTERM}, {"SIGHUP", SIGHUP},
        {"SIGUSR1", SIGUSR1}, {"SIGUSR2", SIGUSR2}, {"SIGKILL", SIGKILL},
    };
    const char *from = strchr(value, '"'), *to = strrchr(value, '"');
    size_t name = strcspn(value, " ");
    for (size_t i = 0; i < sizeof known / sizeof known[0] && c->signal_count < MAX_WORDS; i++) {
        if (strlen(known[i].name) == name && !memcmp(known[i].name, value, name) && from && to > from) {
            char *after = format_string("%.*s", (int)(to - from - 1), from + 1);
            c->signals[c->signal_count++] = (Signal){known[i].number, after};
            return;
        }
    }
    bad_directive(c, value);
}

static void add_env(Case *c, const char *value)
{
    if (c->env_count == MAX_WORDS || !strchr(value, '='))
        bad_directive(c, value);
    c->env[c->env_count++] = format_string("%s", value);
}

static bool is_program(const char *name)
{
    char *path = format_string("%s", getenv("PATH") ? getenv("PATH") : "/usr/bin:/bin");
    bool found = false;
    for (char *save = NULL, *dir = strtok_r(path, ":", &save); dir && !found; dir = strtok_r(NULL, ":", &save)) {
        char *file = format_string("%s/%s", dir, name);
        found = access(file, X_OK) == 0;
        free(file);
    }
    free(path);
    return found;
}

/* Programs that the test uses: it is left out where one is not installed. */
static void add_needs(Case *c, char *value)
{
    for (char *word = strtok(value, " "); word && !c->lacks; word = strtok(NULL, " "))
        if (!is_program(word))
            c->lacks = format_string("%s", word);
}

static void apply(Case *c, const char *key, char *value)
{
    if (!strcmp(key, "args"))
        add_words(c, value);
    else if (!strcmp(key, "signal"))
        add_signal(c, value);
    else if (!strcmp(key, "env"))
        add_env(c, value);
    else if (!strcmp(key, "needs"))
        add_needs(c, value);
    else if (!strcmp(key, "exit"))
        c->exit = atoi(value);
    else if (!strcmp(key, "timeout"))
        c->timeout = atof(value);
    else if (!strcmp(key, "clock") && !strcmp(value, "virtual"))
        add_env(c, "AIO_CLOCK=virtual");
    else if (!strcmp(key, "clock"))
        bad_directive(c, value);
}

/* A comment of C, shell or aio: "word: value"; anything else is left alone. */
static void read_line(Case *c, char *line)
{
    char *key = line + strspn(line, " ");
    if (*key != '#' && *key != '/' && *key != '*')
        return;
    key += strspn(key, "#/* ");
    char *colon = key + strspn(key, "abcdefghijklmnopqrstuvwxyz");
    if (*colon != ':' || colon == key)
        return;
    *colon = 0;
    char *value = colon + 1 + strspn(colon + 1, " "), *end = value + strlen(value);
    if (end - value >= 2 && !memcmp(end - 2, "*/", 2))
        end -= 2;
    while (end > value && isspace((unsigned char)end[-1]))
        end--;
    *end = 0;
    apply(c, key, value);
}

void case_read_directives(Case *c)
{
    FILE *f = fopen(c->path, "r");
    char *line = NULL;
    size_t cap = 0;
    c->timeout = 20;
    for (int i = 0; f && i < HEAD_LINES && getline(&line, &cap, f) > 0; i++) {
        line[strcspn(line, "\r\n")] = 0;
        read_line(c, line);
    }
    free(line);
    if (f)
        fclose(f);
}
