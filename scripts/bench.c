/* SPDX-License-Identifier: MIT
 * bench ROUNDS ONLY METRIC NAME=EXTENSION=COMMAND...: times the programs of scripts/bench.d under
 * several interpreters, in turns, so that a slow spell of the machine meets all of them. The first
 * interpreter is the one that the others are compared with. Prints Markdown. METRIC is wall or cpu.
 * A peer that takes more than CPU_LIMIT seconds of CPU for a program, or ends with status CANNOT (its library has not what the
 * program shows), has no figure there and is not asked again. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_PEERS = 12, MAX_PROGRAMS = 64, MAX_ROUNDS = 101, MAX_WORDS = 16, MAX_OUTPUT = 4096, CPU_LIMIT = 60, CANNOT = 77 };
static const char folder[] = "scripts/bench.d";

typedef struct Peer {
    char *name, *extension;
    char *command[MAX_WORDS + 2];
    int words;
} Peer;

typedef struct Program {
    char name[32], group[32], what[80];
    long operations;            /* 0: no figure per operation */
    double times[MAX_PEERS][MAX_ROUNDS];    /* seconds */
    double memory[MAX_PEERS];   /* MB at most */
    int runs[MAX_PEERS];
    bool given_up[MAX_PEERS];
    char output[MAX_OUTPUT];    /* the first peer's: all must print the same */
} Program;

static Peer peers[MAX_PEERS];
static int peer_count, program_count, rounds;
static Program programs[MAX_PROGRAMS];
static bool cpu_time;
static int disagreements;

static void die(const char *what)
{
    perror(what);
    exit(2);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void read_peer(char *text)
{
    Peer *p = &peers[peer_count++];
    p->name = strtok(text, "=");
    p->extension = strtok(NULL, "=");
    for (char *word = strtok(NULL, " "); word && p->words < MAX_WORDS; word = strtok(NULL, " "))
        p->command[p->words++] = word;
    if (!p->words) {
        fprintf(stderr, "bench: not NAME=EXTENSION=COMMAND\n");
        exit(2);
    }
}

/* Whether words, separated by spaces, names word; no words name all. */
static bool names(const char *words, const char *word)
{
    size_t n = strlen(word);
    for (const char *at = words; (at = strstr(at, word)); at += n)
        if ((at == words || at[-1] == ' ') && (at[n] == ' ' || !at[n]))
            return true;
    return !*words;
}

static void read_list(const char *only)
{
    char path[64], line[256];
    snprintf(path, sizeof path, "%s/list", folder);
    FILE *f = fopen(path, "r");
    if (!f)
        die(path);
    while (fgets(line, sizeof line, f) && program_count < MAX_PROGRAMS) {
        Program *p = &programs[program_count];
        if (sscanf(line, "%31s %31s %ld %79[^\n]", p->name, p->group, &p->operations, p->what) == 4 &&
            line[0] != '#' && names(only, p->name))
            program_count++;
    }
    fclose(f);
}

static void read_output(int fd, char *output)
{
    size_t n = 0;
    ssize_t got;
    while (n < MAX_OUTPUT - 1 && (got = read(fd, output + n, MAX_OUTPUT - 1 - n)) > 0)
        n += (size_t)got;
    output[n] = 0;
    close(fd);
}

/* One run: seconds and memory. False when the program fails or prints something else than the others. */
static bool run(Program *program, int peer, double *time)
{
    Peer *p = &peers[peer];
    char path[256], output[MAX_OUTPUT];
    int out[2], status;
    struct rusage usage;
    snprintf(path, sizeof path, "%s/%s.%s", folder, program->name, p->extension);
    if (pipe(out) != 0)
        die("pipe");
    p->command[p->words] = path;
    double start = now();
    pid_t pid = fork();
    if (pid == 0) {
        setrlimit(RLIMIT_CPU, &(struct rlimit){ CPU_LIMIT, CPU_LIMIT });
        dup2(out[1], 1);
        closefrom(3);
        execvp(p->command[0], p->command);
        _exit(127);
    }
    close(out[1]);
    read_output(out[0], output);
    while (wait4(pid, &status, 0, &usage) < 0 && errno == EINTR)
        ;
    if ((WIFEXITED(status) && WEXITSTATUS(status) == CANNOT) ||
        (WIFSIGNALED(status) && seconds(usage.ru_utime) + seconds(usage.ru_stime) >= CPU_LIMIT - 1)) {
        fprintf(stderr, "bench: %s %s: %s\n", p->name, path, WIFEXITED(status) ? "cannot" : "takes too long");
        program->given_up[peer] = true;
        return false;
    }
    *time = cpu_time ? seconds(usage.ru_utime) + seconds(usage.ru_stime) : now() - start;
    if ((double)usage.ru_maxrss / 1024 > program->memory[peer])
        program->memory[peer] = (double)usage.ru_maxrss / 1024;
    if (!program->output[0])
        snprintf(program->output, sizeof program->output, "%s", output);
    if (status == 0 && !strcmp(output, program->output))
        return true;
    fprintf(stderr, "bench: %s %s: status %#x, printed %s", p->name, path, (unsigned)status, output);
    disagreements++;
    return false;
}

static bool can_run(const Program *program, int peer)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s.%s", folder, program->name, peers[peer].extension);
    return !program->given_up[peer] && access(path, R_OK) == 0;
}

static void run_round(int round)
{
    for (int i = 0; i < program_count; i++)
        for (int k = 0; k < peer_count; k++) {
            int peer = (k + round) % peer_count;
            Program *p = &programs[i];
            double time;
            bool once = !strcmp(p->group, "memory");
            if (can_run(p, peer) && (!once || round == 0) && run(p, peer, &time))
                p->times[peer][p->runs[peer]++] = time;
        }
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(Program *p, int peer)
{
    int n = p->runs[peer];
    qsort(p->times[peer], (size_t)n, sizeof(double), by_value);
    return n ? (p->times[peer][n / 2] + p->times[peer][(n - 1) / 2]) / 2 : NAN;
}

static double start_time(int peer)
{
    for (int i = 0; i < program_count; i++)
        if (!strcmp(programs[i].name, "start"))
            return median(&programs[i], peer);
    return 0;
}

static void print_cell(double value, double first, bool is_first)
{
    if (isnan(value))
        printf(" |");
    else if (is_first || isnan(first))
        printf(value < 100 ? " %.2f |" : " %.0f |", value);
    else
        printf(value < 100 ? " %.2f (%.2f) |" : " %.0f (%.2f) |", value, value / first);
}

static void print_header(const char *title)
{
    printf("\n| %s |", title);
    for (int k = 0; k < peer_count; k++)
        printf(" %s |", peers[k].name);
    printf("\n|---|");
    for (int k = 0; k < peer_count; k++)
        printf("---:|");
    printf("\n");
}

static void print_times(void)
{
    print_header(cpu_time ? "CPU time, ms" : "time, ms");
    for (int i = 0; i < program_count; i++) {
        Program *p = &programs[i];
        if (!strcmp(p->group, "memory"))
            continue;
        printf("| %s: %s |", p->name, p->what);
        for (int k = 0; k < peer_count; k++)
            print_cell(median(p, k) * 1e3, median(p, 0) * 1e3, k == 0);
        printf("\n");
    }
}

/* The geometric mean of a peer's times over the first's, in the rows of a group that it has; NAN: none. */
static double mean(const char *group, int peer)
{
    double sum = 0;
    int n = 0;
    for (int i = 0; i < program_count; i++) {
        double ratio = median(&programs[i], peer) / median(&programs[i], 0);
        if (!strcmp(programs[i].group, group) && !isnan(ratio))
            sum += log(ratio), n++;
    }
    return n ? exp(sum / n) : NAN;
}

static void print_means(const char *group)
{
    printf("| geometric mean, %s |", group);
    for (int k = 0; k < peer_count; k++)
        if (k && !isnan(mean(group, k)))
            printf(" (%.2f) |", mean(group, k));
        else
            printf(" |");
    printf("\n");
}

static void print_per_operation(void)
{
    bool header = false;
    for (int i = 0; i < program_count; i++) {
        Program *p = &programs[i];
        if (!p->operations || !strcmp(p->group, "memory"))
            continue;
        if (!header)
            print_header("µs per operation, start-up taken off");
        header = true;
        printf("| %s: %s |", p->name, p->what);
        double first = (median(p, 0) - start_time(0)) * 1e6 / (double)p->operations;
        for (int k = 0; k < peer_count; k++)
            print_cell((median(p, k) - start_time(k)) * 1e6 / (double)p->operations, first, k == 0);
        printf("\n");
    }
}

static void print_memory(void)
{
    print_header("memory, MB");
    for (int i = 0; i < program_count; i++) {
        Program *p = &programs[i];
        if (strcmp(p->group, "memory") != 0 && strcmp(p->group, "start") != 0)
            continue;
        printf("| %s: %s |", p->name, p->what);
        for (int k = 0; k < peer_count; k++)
            print_cell(p->runs[k] ? p->memory[k] : NAN, p->runs[0] ? p->memory[0] : NAN, k == 0);
        printf("\n");
    }
}

static void write_number(FILE *f, const char *before, double value)
{
    fprintf(f, isnan(value) ? "%snull" : "%s%.6g", before, value);
}

/* Each list has an entry for each of "peers", null where a peer has no such program. Names hold no quotes. */
static void write_json(const char *path, const char *const *groups)
{
    FILE *f = fopen(path, "w");
    if (!f)
        die(path);
    fprintf(f, "{\"rounds\": %d, \"metric\": \"%s\", \"peers\": [", rounds, cpu_time ? "cpu" : "wall");
    for (int k = 0; k < peer_count; k++)
        fprintf(f, "%s\"%s\"", k ? ", " : "", peers[k].name);
    fprintf(f, "],\n \"programs\": [");
    for (int i = 0; i < program_count; i++) {
        Program *p = &programs[i];
        fprintf(f, "%s\n  {\"name\": \"%s\", \"group\": \"%s\", \"operations\": %ld, \"seconds\": [", i ? "," : "", p->name,
                p->group, p->operations);
        for (int k = 0; k < peer_count; k++)
            write_number(f, k ? ", " : "", median(p, k));
        fprintf(f, "], \"megabytes\": [");
        for (int k = 0; k < peer_count; k++)
            write_number(f, k ? ", " : "", p->runs[k] ? p->memory[k] : NAN);
        fprintf(f, "]}");
    }
    fprintf(f, "],\n \"means\": {");
    for (int g = 0; groups[g]; g++) {
        fprintf(f, "%s\"%s\": [", g ? ", " : "", groups[g]);
        for (int k = 0; k < peer_count; k++)
            write_number(f, k ? ", " : "", mean(groups[g], k));
        fprintf(f, "]");
    }
    fprintf(f, "}}\n");
    if (fclose(f) != 0)
        die(path);
}

int main(int argc, char **argv)
{
    static const char *const groups[] = {"compute", "async", "library", NULL};
    if (argc < 6 || argc - 5 > MAX_PEERS) {
        fprintf(stderr, "usage: bench ROUNDS ONLY METRIC JSON NAME=EXTENSION=COMMAND...\n");
        return 2;
    }
    rounds = atoi(argv[1]) < MAX_ROUNDS ? atoi(argv[1]) : MAX_ROUNDS;
    cpu_time = !strcmp(argv[3], "cpu");
    for (int i = 5; i < argc; i++)
        read_peer(argv[i]);
    read_list(argv[2]);
    for (int i = 0; i < rounds; i++)
        run_round(i);
    printf("Medians of %d interleaved rounds. In brackets: how many times %s's.\n", rounds, peers[0].name);
    print_times();
    for (int g = 0; groups[g]; g++)
        print_means(groups[g]);
    print_per_operation();
    print_memory();
    if (*argv[4])
        write_json(argv[4], groups);
    return disagreements ? 1 : 0;
}
