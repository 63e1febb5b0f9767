/* SPDX-License-Identifier: MIT
 * precompile ROOT FILE...: prints the C table of runtime/embedded.h for the .aio files below ROOT, compiled. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parser/codegen/compile.h"
#include "scripts/image_write.h"
#include "vm/buf.h"
#include "vm/error.h"
#include "vm/image.h"
#include "vm/objects/str.h"

typedef struct Script {
    char *name;             /* dotted */
    const char *file;       /* as given */
    const char *relative;   /* below ROOT */
    bool is_package;
    Vm *vm;
    Str *path;
    Code *code;
    Bytebuf image;
} Script;

static void die(const char *what, const char *file)
{
    fprintf(stderr, "precompile: %s: %s\n", file, what);
    exit(1);
}

/* "asyncio/queues.aio" to "asyncio.queues", "asyncio/__init__.aio" to the package "asyncio". */
static void module_name(Script *m)
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
    return strcmp(((const Script *)a)->name, ((const Script *)b)->name);
}

static void read_file(const char *file, Buf *out)
{
    FILE *f = fopen(file, "rb");
    if (!f)
        die(strerror(errno), file);
    char block[65536];
    for (size_t n; (n = fread(block, 1, sizeof block, f)) > 0;)
        buf_put(out, block, n);
    if (ferror(f) || out->failed)
        die(ferror(f) ? strerror(errno) : "out of memory", file);
    fclose(f);
}

static void die_of_exception(Vm *vm, const char *file)
{
    Value exc = exc_take(vm);
    Str *s = op_str(vm, exc);
    die(s ? str_data(s) : "an error without text", file);
}

/* Modules that are C in CPython: no traceback shows their inside. */
static bool is_c_elsewhere(const char *name)
{
    static const char *const modules[] = {
        "_ast", "_ast_check", "_iobuffers", "_iotext", "_string", "array", "binascii", "datetime", "decimal",
        "faulthandler", "io", "marshal", "pickle", "struct", "warnings", "zoneinfo",
    };
    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++)
        if (strcmp(name, modules[i]) == 0)
            return true;
    return false;
}

/* Each module has a VM of its own, so that what it becomes depends on nothing else. */
static void compile_module(Script *m)
{
    Vm *vm = m->vm = vm_new(&(VmConfig){ .hash_seed = 1 });
    if (!vm)
        die("out of memory", m->file);
    VmEntry saved;
    vm_enter(vm, &saved, __builtin_frame_address(0));
    Buf text;
    buf_init(&text, &vm->alloc);
    read_file(m->file, &text);
    m->path = str_printf(vm, "<stdlib>/%s", m->relative);
    CompileOptions o = { .filename = m->path ? str_data(m->path) : "", .in_file = true, .strip_source = true,
                         .unseen = is_c_elsewhere(m->name) };
    m->code = m->path ? compile_source(vm, buf_cstr(&text), text.len, &o, NULL) : NULL;
    if (!m->code)
        die_of_exception(vm, m->file);
    buf_free(&text);
    vm_leave(vm, &saved);
}

static void compare(const Script *m, const ImageCoder *coder)
{
    VmEntry saved;
    ImageModel model = { coder->offsets, coder->tables, coder->pool.data, coder->unit_starts, coder->unit_text.data,
                         coder->usual };
    Image image = { m->image.data, &model };
    vm_enter(m->vm, &saved, __builtin_frame_address(0));
    Code *again = image_code(m->vm, &image, m->path);
    const char *what = again ? image_difference(m->vm, m->code, again) : "out of memory";
    if (what)
        die(what, m->file);
    vm_leave(m->vm, &saved);
}

/* Codes suit what they were made for: twice, since offsets change with them. */
static void write_images(Script *modules, int count, ImageCoder *coder)
{
    for (int i = 0; i < count; i++)
        image_coder_note(coder, modules[i].code);
    image_coder_pool(coder);
    for (unsigned pass = 0; pass < 3; pass++) {
        image_write_pool(coder);
        for (int i = 0; i < count; i++)
            image_write(coder, modules[i].code, &modules[i].image);
        if (pass < 2)
            image_coder_learn(coder);
    }
    for (int i = 0; i < count; i++)
        compare(&modules[i], coder);
}

static void print_bytes(const char *name, int index, const uint8_t *data, size_t n)
{
    int column = 0;
    printf("static const uint8_t %s_%d[] = {\n", name, index);
    for (size_t i = 0; i < n; i++) {
        column += printf("%d,", data[i]);
        if (column > 100) {
            putchar('\n');
            column = 0;
        }
    }
    puts("};");
}

static void print_model(const ImageCoder *coder)
{
    print_bytes("tables", 0, coder->tables, coder->ntables);
    printf("static const uint16_t offsets[] = {");
    for (unsigned i = 0; i < IMAGE_CONTEXTS; i++)
        printf("%s%u,", i % 16 ? "" : "\n", coder->offsets[i]);
    puts("};");
    print_bytes("pool", 0, coder->pool.data, coder->pool.len);
    printf("static const uint16_t unit_starts[] = {");
    for (unsigned i = 0; i <= IMAGE_UNITS; i++)
        printf("%s%u,", i % 16 ? "" : "\n", coder->unit_starts[i]);
    puts("};");
    print_bytes("unit_text", 0, coder->unit_text.data, coder->unit_text.len);
    print_bytes("usual", 0, coder->usual, sizeof coder->usual);
    puts("static const ImageModel model = { offsets, tables_0, pool_0, unit_starts, unit_text_0, usual_0 };");
}

static void print_modules(const Script *modules, int count)
{
    for (int i = 0; i < count; i++)
        print_bytes("image", i, modules[i].image.data, modules[i].image.len);
    puts("\nconst EmbeddedModule embedded_modules[] = {");
    for (int i = 0; i < count; i++)
        printf("    {\"%s\", \"<stdlib>/%s\", {image_%d, &model}, %s},\n", modules[i].name, modules[i].relative, i,
               modules[i].is_package ? "true" : "false");
    printf("    {0, 0, {0, 0}, false},\n};\nconst size_t embedded_module_count = %d;\n", count);
}

static void release(Script *m)
{
    vm_free(m->vm);
    free(m->image.data);
    free(m->name);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: precompile ROOT FILE...\n");
        return 2;
    }
    size_t root = strlen(argv[1]) + 1;
    int count = argc - 2;
    Script *modules = calloc((size_t)count + 1, sizeof *modules);
    ImageCoder *coder = calloc(1, sizeof *coder);
    if (!modules || !coder)
        die("out of memory", argv[1]);
    for (int i = 0; i < count; i++) {
        modules[i].file = argv[i + 2];
        modules[i].relative = argv[i + 2] + root;
        module_name(&modules[i]);
    }
    qsort(modules, (size_t)count, sizeof *modules, by_name);
    puts("/* Made by scripts/precompile.c; do not edit. */\n#include \"runtime/embedded.h\"\n");
    for (int i = 0; i < count; i++)
        compile_module(&modules[i]);
    write_images(modules, count, coder);
    print_model(coder);
    print_modules(modules, count);
    for (int i = 0; i < count; i++)
        release(&modules[i]);
    free(modules);
    free(coder->tables);
    free(coder->texts);
    free(coder->pool.data);
    free(coder->corpus.data);
    free(coder->unit_text.data);
    free(coder);
    return ferror(stdout) || fflush(stdout) ? 1 : 0;
}
