/* SPDX-License-Identifier: MIT
 * libFuzzer: any bytes as source text. The front end must give a tree or a diagnosis, and free all. */
#include "lexer/arena.h"
#include "lexer/lexer.h"
#include "parser/ast.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void *allocate(void *ud, void *p, size_t old_size, size_t new_size)
{
    (void)ud, (void)old_size;
    if (new_size)
        return realloc(p, new_size);
    free(p);
    return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const Alloc alloc = {allocate, NULL};
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = 0;
    Source source = {.text = text, .len = (uint32_t)size, .filename = "fuzz.aio"};
    for (int i = 0; i < 2; i++) {
        Arena arena;
        Diag diag = {0};
        arena_init(&arena, &alloc);
        Ast *tree = parse(&arena, &source, i ? PARSE_SINGLE : PARSE_FILE, &diag);
        if (!tree && !diag.type)
            abort();
        arena_free(&arena);
    }
    free(text);
    return 0;
}
