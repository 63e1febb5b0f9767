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

void parsed_begin_failing(Parsed *p, const char *text, ParseMode mode, long fail_at)
{
    size_t len = strlen(text);
    *p = (Parsed){ .memory = { .fail_at = fail_at, .alloc = { .fn = count_memory, .ud = &p->memory } } };
    arena_init(&p->arena, &p->memory.alloc);
    char *copy = malloc(len + 1);   /* of its exact size, so that a sanitizer sees reads past it */
    memcpy(copy, text, len + 1);
    p->src = (Source){ .text = copy, .len = (uint32_t)len, .filename = "x.py" };
    p->tree = parse(&p->arena, &p->src, mode, &p->diag);
    ck_assert(!p->tree == (p->diag.type != NULL));
}

void parsed_begin(Parsed *p, const char *text, ParseMode mode)
{
    parsed_begin_failing(p, text, mode, -1);
}

bool parsed_scopes(Parsed *p, unsigned flags)
{
    ck_assert_msg(p->tree != NULL, "%s: %s", p->src.text, p->diag.message);
    p->scopes = scope_analyze(&p->arena, p->tree, &p->src, flags, &p->diag);
    ck_assert(!p->scopes == (p->diag.type != NULL));
    return p->scopes;
}

void parsed_end(Parsed *p)
{
    arena_free(&p->arena);
    ck_assert_uint_eq(p->memory.live, 0);
    free((char *)p->src.text);
}

/* "Module(\n  body=[\n    Pass()])" without the line breaks is "Module(body=[Pass()])". */
static void squeeze(const AstText *dump, char *out, size_t cap)
{
    size_t n = 0;
    for (size_t i = 0; i < dump->len && n + 2 < cap; i++) {
        if (dump->text[i] != '\n') {
            out[n++] = dump->text[i];
            continue;
        }
        while (i + 1 < dump->len && dump->text[i + 1] == ' ')
            i++;
        if (n && out[n - 1] == ',')
            out[n++] = ' ';
    }
    out[n] = '\0';
}

static void assert_dump(const char *text, ParseMode mode, const char *before, const char *dump,
                        const char *after)
{
    Parsed p;
    AstText found;
    char expected[8192], squeezed[8192];
    parsed_begin(&p, text, mode);
    ck_assert_msg(p.tree != NULL, "%s: %s", text, p.diag.message);
    ck_assert(ast_dump(&p.arena, p.tree, &found));
    squeeze(&found, squeezed, sizeof squeezed);
    snprintf(expected, sizeof expected, "%s%s%s", before, dump, after);
    ck_assert_str_eq(squeezed, expected);
    parsed_end(&p);
}

void assert_expr(const char *text, const char *dump)
{
    assert_dump(text, PARSE_EVAL, "Expression(body=", dump, ")");
}

void assert_body(const char *text, const char *dump)
{
    assert_dump(text, PARSE_FILE, "Module(body=[", dump, "])");
}

void assert_fails(const char *text, const char *error, const char *place)
{
    Parsed p;
    char found[512], at[64];
    parsed_begin(&p, text, PARSE_FILE);
    bool failed = !p.tree || !parsed_scopes(&p, 0);
    ck_assert_msg(failed, "no error in %s", text);
    snprintf(found, sizeof found, "%s: %s", p.diag.type, p.diag.message);
    ck_assert_msg(strcmp(found, error) == 0, "%s\n  gives %s\n  not %s", text, found, error);
    SyntaxReport r = diag_report(&p.src, &p.diag);
    snprintf(at, sizeof at, "%d.%d-%d.%d", (int)r.line, (int)r.offset, (int)r.end_line, (int)r.end_offset);
    ck_assert_msg(!place || strcmp(at, place) == 0, "%s\n  at %s, not %s", text, at, place);
    parsed_end(&p);
}

void assert_accepted(const char *text)
{
    Parsed p;
    parsed_begin(&p, text, PARSE_FILE);
    ck_assert_msg(p.tree && parsed_scopes(&p, 0), "%s: %s", text, p.diag.message);
    parsed_end(&p);
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
