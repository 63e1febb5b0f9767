/* SPDX-License-Identifier: MIT
 * Growing text and files. Running out of memory ends the test run. */
#include "tests/runner/runner.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *must(void *p)
{
    if (!p) {
        perror("runner");
        exit(2);
    }
    return p;
}

void text_add(Text *t, const char *bytes, size_t n)
{
    if (t->len + n + 1 > t->cap) {
        t->cap = (t->len + n + 1) * 2;
        t->bytes = must(realloc(t->bytes, t->cap));
    }
    if (n)
        memcpy(t->bytes + t->len, bytes, n);
    t->len += n;
    t->bytes[t->len] = 0;
}

void text_puts(Text *t, const char *s)
{
    text_add(t, s, strlen(s));
}

static char *format_list(const char *format, va_list list)
{
    char *s = NULL;
    if (vasprintf(&s, format, list) < 0)
        s = NULL;
    return must(s);
}

void text_printf(Text *t, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    char *s = format_list(format, list);
    va_end(list);
    text_puts(t, s);
    free(s);
}

char *format_string(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    char *s = format_list(format, list);
    va_end(list);
    return s;
}

bool text_read_file(Text *t, const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return false;
    char buffer[65536];
    size_t n;
    text_add(t, "", 0);
    while ((n = fread(buffer, 1, sizeof buffer, f)) > 0)
        text_add(t, buffer, n);
    fclose(f);
    return true;
}

void text_free(Text *t)
{
    free(t->bytes);
    *t = (Text){0};
}
