/* SPDX-License-Identifier: MIT
 * netbench ROUNDS ONLY NAME=COMMAND...: the CPU time that servers spend on a message, beside a server in C on epoll.
 * Each server is a program that prints the port it listens at; {} in COMMAND is the workload's program
 * (scripts/netbench.d/WORKLOAD). The load comes from here: CONNECTIONS at once, each sends a message when the
 * answer to the last one has come. The CPU time is the server's own, as /proc/PID/schedstat has it; servers take
 * turns, so that a slow spell of the machine meets all of them. Prints Markdown.
 *
 * netbench serve echo|http|udp: the server in C. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_EVENTS = 256, BUFFER = 256 << 10, MAX_PEERS = 8, MAX_ROUNDS = 101, WARM_UP = 200 };

static const char request[] = "GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: netbench\r\n\r\n";
static const char response[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n\r\nHello, world";

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- the server in C ---- */

static int listener(int type, uint16_t *port)
{
    int fd = socket(AF_INET, type | SOCK_NONBLOCK, 0), on = 1;
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof a;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) || (type == SOCK_STREAM && listen(fd, 1000)) ||
        getsockname(fd, (struct sockaddr *)&a, &n))
        die("listen");
    *port = ntohs(a.sin_port);
    return fd;
}

static void watch(int poller, int fd)
{
    struct epoll_event e = { .events = EPOLLIN | EPOLLRDHUP, .data.fd = fd };
    if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &e))
        die("epoll_ctl");
}

static void accept_all(int poller, int server)
{
    int fd, on = 1;
    while ((fd = accept4(server, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        watch(poller, fd);
    }
}

/* False: the connection has ended. */
static bool serve_stream(int fd, char *buf, bool http)
{
    ssize_t n = recv(fd, buf, BUFFER, 0);
    if (n < 0 && errno == EAGAIN)
        return true;
    if (n <= 0)
        return false;
    const char *from = buf;
    if (http) {
        if (!memmem(buf, (size_t)n, "\r\n\r\n", 4))
            return true;        /* the load generator does not cut its requests */
        from = response;
        n = sizeof response - 1;
    }
    while (n > 0) {
        ssize_t r = send(fd, from, (size_t)n, MSG_NOSIGNAL);
        if (r < 0 && errno != EAGAIN)
            return false;
        from += r > 0 ? r : 0;
        n -= r > 0 ? r : 0;
    }
    return true;
}

static void serve_datagram(int fd, char *buf)
{
    struct sockaddr_in from;
    socklen_t len = sizeof from;
    ssize_t n = recvfrom(fd, buf, BUFFER, 0, (struct sockaddr *)&from, &len);
    if (n >= 0 && sendto(fd, buf, (size_t)n, 0, (struct sockaddr *)&from, len) < 0)
        perror("sendto");
}

/* ---- accepting beside a timer ---- */

enum { ACCEPTS = 20000, ACCEPTS_A_SECOND = 10000, LATE_MAX = 1000 };

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* This process has worked, and could have worked but had no processor: seconds. */
typedef struct Spent {
    double work, wait;
} Spent;

static Spent spent(void)
{
    static int fd = -1;
    char line[128] = "";
    unsigned long long work = 0, wait = 0;
    if (fd < 0)
        fd = open("/proc/self/schedstat", O_RDONLY);
    if (pread(fd, line, sizeof line - 1, 0) <= 0 || sscanf(line, "%llu %llu", &work, &wait) != 2)
        die("schedstat");
    return (Spent){ (double)work * 1e-9, (double)wait * 1e-9 };
}

/* How late by its own doing: but for the time without a processor, and not more than was worked since the last time. */
static double own_lateness(double late, Spent *last)
{
    Spent now = spent();
    double own = late - (now.wait - last->wait), work = now.work - last->work;
    *last = now;
    return own < 0 ? 0 : own < work ? own : work;
}

/* A connection that sends something is told "LATEST USUAL ACCEPTED": how late a timer of 10 ms was, in ms. */
static void answer_accepts(int fd, double *late, int n, int accepted)
{
    char line[96];
    qsort(late, (size_t)n, sizeof *late, by_value);
    int len = snprintf(line, sizeof line, "%f %f %d\n", n ? late[n - 1] * 1e3 : 0, n ? late[n / 2] * 1e3 : 0, accepted);
    if (write(fd, line, (size_t)len) < 0)
        perror("write");
}

static void serve_accepts(void)
{
    static double late[LATE_MAX];
    struct epoll_event events[MAX_EVENTS];
    char buf[64];
    uint16_t port;
    int server = listener(SOCK_STREAM, &port), poller = epoll_create1(0), accepted = 0, timers = 0;
    watch(poller, server);
    printf("%u\n", port);
    fflush(stdout);
    double due = now() + 0.01;
    Spent last = spent();
    for (;;) {
        double left = due - now();
        struct timespec wait = { 0, left > 0 ? (long)(left * 1e9) : 0 };
        int n = epoll_pwait2(poller, events, MAX_EVENTS, &wait, NULL);
        double time = now();
        if (time >= due) {
            late[timers < LATE_MAX ? timers++ : 0] = own_lateness(time - due, &last);
            due = time + 0.01;
        }
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            if (fd == server) {
                for (int k = 0; k < 64 && (fd = accept4(server, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0; k++) {
                    accepted++;
                    watch(poller, fd);
                }
            } else if (recv(fd, buf, sizeof buf, 0) > 0) {
                answer_accepts(fd, late, timers, accepted);
            } else {
                close(fd);
            }
        }
    }
}

static void serve(const char *kind)
{
    static char buf[BUFFER];
    struct epoll_event events[MAX_EVENTS];
    bool udp = !strcmp(kind, "udp"), http = !strcmp(kind, "http");
    uint16_t port;
    if (!strcmp(kind, "accept"))
        serve_accepts();
    int server = listener(udp ? SOCK_DGRAM : SOCK_STREAM, &port), poller = epoll_create1(0);
    watch(poller, server);
    printf("%u\n", port);
    fflush(stdout);
    for (;;) {
        int n = epoll_wait(poller, events, MAX_EVENTS, -1);
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            if (fd == server && udp)
                serve_datagram(fd, buf);
            else if (fd == server)
                accept_all(poller, server);
            else if (!serve_stream(fd, buf, http))
                close(fd);
        }
    }
}

/* ---- the load ---- */

typedef struct Workload {
    const char *program, *kind, *title;
    int connections;
    size_t size;                /* of a message; 0: the HTTP request */
} Workload;

static const Workload workloads[] = {
    { "echo_protocol", "echo", "TCP echo, protocol, 64 bytes", 1, 64 },
    { "echo_protocol", "echo", "TCP echo, protocol, 64 bytes", 50, 64 },
    { "echo_protocol", "echo", "TCP echo, protocol, 64 bytes", 500, 64 },
    { "echo_stream", "echo", "TCP echo, streams, 64 bytes", 1, 64 },
    { "echo_stream", "echo", "TCP echo, streams, 64 bytes", 50, 64 },
    { "echo_stream", "echo", "TCP echo, streams, 64 bytes", 500, 64 },
    { "echo_protocol", "echo", "TCP echo, protocol, 16 KiB", 50, 16384 },
    { "echo_buffered", "echo", "TCP echo, BufferedProtocol, 16 KiB", 50, 16384 },
    { "http_stream", "http", "HTTP hello, streams", 1, 0 },
    { "http_stream", "http", "HTTP hello, streams", 50, 0 },
    { "http_stream", "http", "HTTP hello, streams", 500, 0 },
    { "udp", "udp", "UDP echo, 64 bytes", 1, 64 },
    { "udp", "udp", "UDP echo, 64 bytes", 50, 64 },
};

static const Workload accepting = { "accept", "accept", "10,000 new connections a second", 0, 0 };

typedef struct Server {
    pid_t pid;
    uint16_t port;
} Server;

static Server start(char *const argv[])
{
    int fds[2];
    char line[32] = "";
    if (pipe(fds))
        die("pipe");
    Server s = { .pid = fork() };
    if (!s.pid) {
        dup2(fds[1], STDOUT_FILENO);
        close(fds[0]);
        close(fds[1]);
        execvp(argv[0], argv);
        die(argv[0]);
    }
    close(fds[1]);
    FILE *f = fdopen(fds[0], "r");
    if (s.pid < 0 || !f || !fgets(line, sizeof line, f))
        die("server");
    fclose(f);
    s.port = (uint16_t)atoi(line);
    return s;
}

static void stop(Server *s)
{
    kill(s->pid, SIGKILL);
    waitpid(s->pid, NULL, 0);
}

/* Seconds on a processor. */
static double cpu_time(pid_t pid)
{
    char path[64];
    unsigned long long ns = 0;
    snprintf(path, sizeof path, "/proc/%d/schedstat", pid);
    FILE *f = fopen(path, "r");
    if (!f || fscanf(f, "%llu", &ns) != 1)
        die(path);
    fclose(f);
    return (double)ns * 1e-9;
}

static void open_connections(const Workload *w, uint16_t port, int poller, int *fds)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int type = strcmp(w->kind, "udp") ? SOCK_STREAM : SOCK_DGRAM, on = 1;
    for (int i = 0; i < w->connections; i++) {
        fds[i] = socket(AF_INET, type, 0);
        if (fds[i] < 0 || connect(fds[i], (struct sockaddr *)&a, sizeof a))
            die("connect");
        if (type == SOCK_STREAM)
            setsockopt(fds[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct epoll_event e = { .events = EPOLLIN, .data.u32 = (uint32_t)i };
        epoll_ctl(poller, EPOLL_CTL_ADD, fds[i], &e);
    }
}

static void ask(int fd, const char *message, size_t n)
{
    while (n) {
        ssize_t r = send(fd, message, n, MSG_NOSIGNAL);
        if (r <= 0)
            die("send");
        message += r;
        n -= (size_t)r;
    }
}

/* CPU seconds of the server for a message, over `seconds`. */
static double measure(const Workload *w, Server *s, double seconds)
{
    static char message[1 << 16], answer[BUFFER];
    int fds[1000], poller = epoll_create1(0);
    size_t size = w->size ? w->size : sizeof request - 1, back = w->size ? w->size : sizeof response - 1, got[1000] = { 0 };
    struct epoll_event events[MAX_EVENTS];
    memset(message, 'x', sizeof message);
    if (!w->size)
        memcpy(message, request, size);
    open_connections(w, s->port, poller, fds);
    for (int i = 0; i < w->connections; i++)
        ask(fds[i], message, size);
    long done = 0, counted = 0;
    double began = 0, cpu = 0, end = 0;
    for (;;) {
        int n = epoll_wait(poller, events, MAX_EVENTS, 2000);
        if (n == 0)
            fputs("no answer\n", stderr), exit(1);
        for (int k = 0; k < n; k++) {
            uint32_t i = events[k].data.u32;
            ssize_t r = recv(fds[i], answer, sizeof answer, 0);
            if (r <= 0)
                die("recv");
            if ((got[i] += (size_t)r) < back)
                continue;
            got[i] = 0;
            done++;
            ask(fds[i], message, size);
        }
        if (!began && done > WARM_UP + 2 * w->connections) {
            began = now();
            end = began + seconds;
            cpu = cpu_time(s->pid);
            counted = done;
        } else if (began && now() >= end) {
            break;
        }
    }
    cpu = cpu_time(s->pid) - cpu;
    stop(s);                    /* before its connections are reset */
    for (int i = 0; i < w->connections; i++)
        close(fds[i]);
    close(poller);
    return cpu / (double)(done - counted);
}

static double median(double *v, int n)
{
    qsort(v, (size_t)n, sizeof *v, by_value);
    return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static Server start_peer(const char *self, const Workload *w, const char *command)
{
    char path[256];
    char *argv[8] = { 0 };
    if (!command) {
        char *own[] = { (char *)(uintptr_t)self, "serve", (char *)(uintptr_t)w->kind, NULL };
        return start(own);
    }
    snprintf(path, sizeof path, "scripts/netbench.d/%s.aio", w->program);
    char *copy = strdup(command);
    int n = 0;
    for (char *word = strtok(copy, " "); word && n < 7; word = strtok(NULL, " "))
        argv[n++] = strcmp(word, "{}") ? word : path;
    Server s = start(argv);
    free(copy);
    return s;
}

static void run(const char *self, const Workload *w, int rounds, int peers, char *const *peer)
{
    static double times[MAX_PEERS][MAX_ROUNDS], ratios[MAX_ROUNDS];
    for (int r = 0; r < rounds; r++)
        for (int p = 0; p < peers; p++) {
            Server s = start_peer(self, w, p ? strchr(peer[p], '=') + 1 : NULL);
            times[p][r] = measure(w, &s, 0.4);
        }
    printf("| %s | %d |", w->title, w->connections);
    for (int p = 0; p < peers; p++) {
        for (int r = 0; r < rounds; r++)
            ratios[r] = times[p][r] / times[0][r];
        double ratio = median(ratios, rounds);
        if (p)
            printf(" %.2f |", ratio);
        else
            printf(" %.2f us |", median(times[0], rounds) * 1e6);
    }
    putchar('\n');
    fflush(stdout);
}

/* Connections come and go at that rate; each is reset by its end here. */
static void connect_all(uint16_t port)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct linger reset = { 1, 0 };
    double began = now();
    for (int i = 0; i < ACCEPTS; i++) {
        double ahead = began + (double)i / ACCEPTS_A_SECOND - now();
        if (ahead > 0.001) {
            struct timespec t = { 0, (long)(ahead * 1e9) };
            nanosleep(&t, NULL);
        }
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a))
            die("connect");
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        close(fd);
    }
}

static void measure_accepts(const char *self, const char *command, double *latest, double *usual, double *cpu)
{
    char line[96] = "";
    int accepted = 0, poller = epoll_create1(0), fd;
    Workload w = accepting;
    Server s = start_peer(self, &w, command);
    double before = cpu_time(s.pid);
    connect_all(s.port);
    *cpu = (cpu_time(s.pid) - before) / ACCEPTS;
    w.connections = 1;
    open_connections(&w, s.port, poller, &fd);
    ask(fd, "?\n", 2);
    if (recv(fd, line, sizeof line - 1, 0) <= 0 || sscanf(line, "%lf %lf %d", latest, usual, &accepted) != 3)
        die("the server's account");
    stop(&s);
    close(fd);
    close(poller);
}

/* A timer of 10 ms while connections come. */
static void run_accepts(const char *self, int rounds, int peers, char *const *peer)
{
    static double latest[MAX_PEERS][MAX_ROUNDS], usual[MAX_PEERS][MAX_ROUNDS], cpu[MAX_PEERS][MAX_ROUNDS];
    printf("\n| %s | CPU time for one | a timer of 10 ms is late by its doing: usually | at most |\n", accepting.title);
    puts("|---|---|---|---|");
    for (int r = 0; r < rounds; r++)
        for (int p = 0; p < peers; p++)
            measure_accepts(self, p ? strchr(peer[p], '=') + 1 : NULL, &latest[p][r], &usual[p][r], &cpu[p][r]);
    for (int p = 0; p < peers; p++)
        printf("| %.*s | %.1f us | %.2f ms | %.2f ms |\n", (int)strcspn(peer[p], "="), peer[p],
               median(cpu[p], rounds) * 1e6, median(usual[p], rounds), median(latest[p], rounds));
    fflush(stdout);
}

/* ---- idle connections ---- */

enum { IDLE = 10000, IDLE_FIRST = 500 };

static double resident(pid_t pid)
{
    char path[64];
    long pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", pid);
    FILE *f = fopen(path, "r");
    if (!f || fscanf(f, "%*d %ld", &pages) != 1)
        die(path);
    fclose(f);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

/* Memory of the server for each of so many connections over which nothing comes. Negative: descriptors are too few. */
static double measure_idle(const char *self, const Workload *w, const char *command)
{
    static int fds[IDLE_FIRST + IDLE];
    int poller = epoll_create1(0);
    Server s = start_peer(self, w, command);
    Workload part = *w;
    struct timespec moment = { 0, 300000000 };
    struct rlimit files;
    double before = 0, after = 0;
    getrlimit(RLIMIT_NOFILE, &files);
    bool able = files.rlim_cur >= IDLE_FIRST + IDLE + 100;
    part.connections = IDLE_FIRST;
    if (able) {
        open_connections(&part, s.port, poller, fds);
        nanosleep(&moment, NULL);
        before = resident(s.pid);
        part.connections = IDLE;
        open_connections(&part, s.port, poller, fds + IDLE_FIRST);
        nanosleep(&moment, NULL);
        nanosleep(&moment, NULL);
        after = resident(s.pid);
    }
    stop(&s);
    for (int i = 0; able && i < IDLE_FIRST + IDLE; i++)
        close(fds[i]);
    close(poller);
    return able ? (after - before) / IDLE : -1;
}

static void run_idle(const char *self, int peers, char *const *peer)
{
    static const Workload idle[] = {
        { "echo_protocol", "echo", "protocol", 0, 64 },
        { "echo_stream", "echo", "streams", 0, 64 },
    };
    printf("\n| memory for an idle connection |");
    for (int p = 0; p < peers; p++)
        printf(" %.*s |", (int)strcspn(peer[p], "="), peer[p]);
    printf("\n|---|");
    for (int p = 0; p < peers; p++)
        printf("---|");
    putchar('\n');
    for (int i = 0; i < 2; i++) {
        printf("| %s |", idle[i].title);
        for (int p = 0; p < peers; p++)
            printf(" %.0f bytes |", measure_idle(self, &idle[i], p ? strchr(peer[p], '=') + 1 : NULL));
        putchar('\n');
        fflush(stdout);
    }
}

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "serve"))
        serve(argv[2]);
    if (argc < 4 || argc - 3 >= MAX_PEERS) {
        fputs("usage: netbench ROUNDS ONLY NAME=COMMAND...\n", stderr);
        return 2;
    }
    struct rlimit files = { 12000, 12000 }, fewer = { 4096, 4096 };
    if (setrlimit(RLIMIT_NOFILE, &files))
        setrlimit(RLIMIT_NOFILE, &fewer);
    int rounds = atoi(argv[1]), peers = argc - 2;
    rounds = rounds < 1 ? 1 : rounds > MAX_ROUNDS ? MAX_ROUNDS : rounds;
    char *peer[MAX_PEERS] = { "C=" };
    for (int i = 3; i < argc; i++)
        peer[i - 2] = argv[i];
    printf("| server CPU time for a message | connections | C on epoll |");
    for (int p = 1; p < peers; p++)
        printf(" %.*s |", (int)strcspn(peer[p], "="), peer[p]);
    printf("\n|---|---|---|");
    for (int p = 1; p < peers; p++)
        printf("---|");
    putchar('\n');
    for (size_t i = 0; i < sizeof workloads / sizeof *workloads; i++) {
        char name[128];
        snprintf(name, sizeof name, "%s %d %zu", workloads[i].program, workloads[i].connections, workloads[i].size);
        if (strstr(name, argv[2]))
            run(argv[0], &workloads[i], rounds, peers, peer);
    }
    if (strstr("accept", argv[2]))
        run_accepts(argv[0], rounds, peers, peer);
    if (strstr("idle", argv[2]))
        run_idle(argv[0], peers, peer);
    return 0;
}
