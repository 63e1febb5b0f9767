/* SPDX-License-Identifier: MIT
 * libFuzzer: any bytes for the parsers of the library. FUZZ_PARSER names a function fuzz_* of tests/fuzz/library.aio.
 * Exceptions are answers, but for those that say that something is wrong inside. */
#include "include/aiovm.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static aiovm *vm;
static char function[64];

static void fail(const char *what)
{
    aiovm_val exc = aiovm_error_take(vm);
    size_t n = 0;
    const char *text = AIOVM_IS_NULL(exc) ? NULL : aiovm_error_text(vm, exc, &n);
    fprintf(stderr, "%s\n%.*s", what, (int)n, text ? text : "");
    abort();
}

static char *read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    char *text = f ? calloc(1, 1 << 16) : NULL;
    if (!text || !fread(text, 1, (1 << 16) - 1, f)) {
        perror(path);
        exit(1);
    }
    fclose(f);
    return text;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    aiovm_config c;
    aiovm_config_init(&c);
    c.allow = AIOVM_ALLOW_COMPILE;
    c.max_memory = (size_t)512 << 20;
    vm = aiovm_new(&c);
    char *text = read_file("tests/fuzz/library.aio");
    if (!vm || aiovm_run(vm, text, SIZE_MAX, "library.aio") != AIOVM_OK)
        fail("library.aio does not run");
    free(text);
    const char *parser = getenv("FUZZ_PARSER");
    snprintf(function, sizeof function, "fuzz_%s", parser ? parser : "json");
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    aiovm_scope scope = aiovm_scope_open(vm);
    aiovm_val f, arg = aiovm_bytes(vm, data, size);
    if (aiovm_global(vm, function, &f) != AIOVM_OK)
        fail("no such parser");
    if (aiovm_call_value(vm, f, &arg, 1, NULL) != AIOVM_OK) {
        aiovm_val exc = aiovm_error_take(vm);
        if (aiovm_error_is(vm, exc, "SystemError") || aiovm_error_is(vm, exc, "NameError") ||
            aiovm_error_is(vm, exc, "ImportError")) {
            size_t n = 0;
            const char *text = aiovm_error_text(vm, exc, &n);
            fprintf(stderr, "%.*s\n", (int)n, text ? text : "");
            abort();
        }
    }
    aiovm_scope_close(vm, scope);
    return 0;
}
