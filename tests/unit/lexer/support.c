/* SPDX-License-Identifier: MIT
 * See support.h. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

static void *count_memory(void *ud, void *p, size_t old_size, size_t new_size)
{
    TestMemory *m = ud;
    if (new_size && m->fail_at >= 0 && m->fail_at-- == 0)
        return NULL;
    m->live += new_size - old_size;
    if (new_size)
        return realloc(p, new_size);
    free(p);
    return NULL;
}

void test_memory_init(TestMemory *m)
{
    *m = (TestMemory){ .fail_at = -1, .alloc = { .fn = count_memory, .ud = m } };
}

void lexed_begin(Lexed *l, const char *text, size_t len, const SourceHooks *hooks)
{
    test_memory_init(&l->memory);
    arena_init(&l->arena, &l->memory.alloc);
    char *copy = malloc(len + 1);   /* of its exact size, so that a sanitizer sees reads past it */
    memcpy(copy, text, len);
    copy[len] = 0;
    l->src = (Source){ .text = copy, .len = (uint32_t)len, .filename = "x.py", .hooks = hooks };
    l->ok = lex(&l->arena, &l->src, &l->tokens, &l->diag);
    ck_assert(l->ok == !l->diag.type);
}

void lexed_end(Lexed *l)
{
    arena_free(&l->arena);
    ck_assert_uint_eq(l->memory.live, 0);
    free((char *)l->src.text);
}

void assert_kinds(const char *text, const char *kinds)
{
    Lexed l;
    lexed_begin(&l, text, strlen(text), NULL);
    char found[4096] = "";
    size_t n = 0;
    for (uint32_t i = 0; i < l.tokens.count && n < sizeof found; i++)
        n += (size_t)snprintf(found + n, sizeof found - n, "%s%s", i ? " " : "",
                              token_name(l.tokens.items[i].kind));
    ck_assert_msg(l.ok, "%s: %s", text, l.diag.message);
    ck_assert_str_eq(found, kinds);
    lexed_end(&l);
}

void assert_error(const char *text, const char *error, unsigned line, unsigned offset)
{
    Lexed l;
    lexed_begin(&l, text, strlen(text), NULL);
    ck_assert_msg(!l.ok, "no error in %s", text);
    char found[512];
    snprintf(found, sizeof found, "%s: %s", l.diag.type, l.diag.message);
    ck_assert_str_eq(found, error);
    SyntaxReport report = diag_report(&l.src, &l.diag);
    ck_assert_msg(report.line == line && report.offset == offset, "%s: at %d,%d, not %u,%u", text,
                  (int)report.line,
                  (int)report.offset, line, offset);
    lexed_end(&l);
}

void assert_incomplete(const char *text, bool incomplete)
{
    Lexed l;
    lexed_begin(&l, text, strlen(text), NULL);
    ck_assert_msg(l.diag.incomplete == incomplete, "%s: %d", text, l.diag.incomplete);
    lexed_end(&l);
}

Suite *one_case(const char *name, const TTest *const *tests, size_t count)
{
    Suite *suite = suite_create(name);
    TCase *tcase = tcase_create(name);
    for (size_t i = 0; i < count; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    return suite;
}
