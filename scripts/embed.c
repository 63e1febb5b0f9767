/* SPDX-License-Identifier: MIT
 * embed ROOT FILE...: prints the C table of runtime/embedded.h for the .aio files below ROOT. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Module {
    char *name;             /* dotted */
    const char *file;       /* as given */
    const char *relative;   /* below ROOT */
    bool is_package;
} Module;

static void die(const char *what, const char *file)
{
    fprintf(stderr, "embed: %s: %s\n", file, what);
    exit(1);
}

/* "asyncio/queues.aio" to "asyncio.queues", "asyncio/__init__.aio" to the package "asyncio". */
static void module_name(Module *m)
{
    static const char suffix[] = ".aio", init[] = "/__init__";
    size_t n = strlen(m->relative);
    if (n < sizeof suffix || strcmp(m->relative + n - 4, suffix) != 0)
        die("not a .aio file", m->file);
    m->name = strdup(m->relative);
    if (!m->name)
        die("out of memory", m->file);
    m->name[n -= 4] = 0;
    if (n >= sizeof init && strcmp(m->name + n - (sizeof init - 1), init) == 0) {
        m->name[n - (sizeof init - 1)] = 0;
        m->is_package = true;
    }
    for (char *p = m->name; *p; p++)
        if (*p == '/')
            *p = '.';
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const Module *)a)->name, ((const Module *)b)->name);
}

static void print_bytes(const Module *m, int index)
{
    FILE *f = fopen(m->file, "rb");
    if (!f)
        die(strerror(errno), m->file);
    printf("static const unsigned char source_%d[] = {\n", index);
    int c, column = 0;
    while ((c = getc(f)) != EOF) {
        column += printf("%d,", c);
        if (column > 100) {
            putchar('\n');
            column = 0;
        }
    }
    if (ferror(f))
        die(strerror(errno), m->file);
    fclose(f);
    puts("0};");
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: embed ROOT FILE...\n");
        return 2;
    }
    size_t root = strlen(argv[1]) + 1;
    int count = argc - 2;
    Module *modules = calloc((size_t)count + 1, sizeof *modules);
    if (!modules)
        die("out of memory", argv[1]);
    for (int i = 0; i < count; i++) {
        modules[i].file = argv[i + 2];
        modules[i].relative = argv[i + 2] + root;
        module_name(&modules[i]);
    }
    qsort(modules, (size_t)count, sizeof *modules, by_name);
    puts("/* Made by scripts/embed.c; do not edit. */\n#include \"runtime/embedded.h\"\n");
    for (int i = 0; i < count; i++)
        print_bytes(&modules[i], i);
    puts("\nconst EmbeddedModule embedded_modules[] = {");
    for (int i = 0; i < count; i++)
        printf("    {\"%s\", \"<stdlib>/%s\", source_%d, sizeof source_%d - 1, %s},\n", modules[i].name,
               modules[i].relative, i, i, modules[i].is_package ? "true" : "false");
    printf("    {0, 0, 0, 0, false},\n};\nconst size_t embedded_module_count = %d;\n", count);
    for (int i = 0; i < count; i++)
        free(modules[i].name);
    free(modules);
    return ferror(stdout) || fflush(stdout) ? 1 : 0;
}
