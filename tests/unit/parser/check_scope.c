/* SPDX-License-Identifier: MIT
 * Where names live. A scope is written as "f: a=param b=cell c=free", its children behind it in braces. */
#include "support.h"

#include <stdio.h>

Suite *scope_suite(void);

static size_t put(char *out, size_t cap, size_t n, const char *text)
{
    return n + (size_t)snprintf(out + n, cap - n, "%s", text);
}

static size_t write_scope(const Scope *s, char *out, size_t cap, size_t n)
{
    static const char *const places[] = { "local", "cell", "free", "global", "implicit" };
    n = put(out, cap, n, s->name->text);
    n = put(out, cap, n, s->inlined ? "+:" : ":");
    for (uint32_t i = 0; i < s->count; i++) {
        const Symbol *sym = &s->symbols[i];
        char text[128];
        snprintf(text, sizeof text, " %s=%s%s%s", sym->name->text, sym->flags & SYM_PARAM ? "param-" : "",
                 places[sym->place], sym->flags & SYM_FREE_CLASS ? "-free" : "");
        n = put(out, cap, n, text);
    }
    for (const Scope *c = s->child; c; c = c->next) {
        n = put(out, cap, n, " {");
        n = write_scope(c, out, cap, n);
        n = put(out, cap, n, "}");
    }
    return n;
}

static void assert_scopes_with(const char *text, unsigned flags, const char *expected)
{
    Parsed p;
    char found[4096];
    parsed_begin(&p, text, PARSE_FILE);
    ck_assert_msg(parsed_scopes(&p, flags), "%s: %s", text, p.diag.message);
    write_scope(p.scopes, found, sizeof found, 0);
    ck_assert_msg(strcmp(found, expected) == 0, "%s\n  gives %s\n  not   %s", text, found, expected);
    parsed_end(&p);
}

static void assert_scopes(const char *text, const char *expected)
{
    assert_scopes_with(text, 0, expected);
}

START_TEST(order)
{
    assert_scopes("def f(a, b, /, c, *d, e, **g): z = x; y = z",
                  "<module>: f=local {f: a=param-local b=param-local c=param-local e=param-local "
                  "d=param-local g=param-local z=local y=local x=implicit}");
}
END_TEST

START_TEST(closures)
{
    assert_scopes("def f(a):\n b = 1\n def g():\n  return a, b, c\n",
                  "<module>: f=local {f: a=param-cell b=cell g=local {g: a=free b=free c=implicit}}");
    assert_scopes("def f():\n a = 1\n def g():\n  def h(): return a\n",
                  "<module>: f=local {f: a=cell g=local {g: h=local a=free {h: a=free}}}");
    assert_scopes("def f():\n a = 1\n def g():\n  nonlocal a; a = 2\n",
                  "<module>: f=local {f: a=cell g=local {g: a=free}}");
    assert_scopes("def f():\n global a\n a = 1\n def g(): return a\n",
                  "<module>: f=local a=global {f: a=global g=local {g: a=implicit}}");
    assert_scopes("f = lambda x: lambda: x",
                  "<module>: f=local {<lambda>: x=param-cell {<lambda>: x=free}}");
}
END_TEST

START_TEST(classes)
{
    assert_scopes("def f():\n x = 1\n class A:\n  x = x\n  def m(self): return x\n",
                  "<module>: f=local {f: x=cell A=local {A: x=local-free m=local "
                  "{m: self=param-local x=free}}}");
    assert_scopes("class A:\n x = 1\n def m(self): return x\n",
                  "<module>: A=local {A: x=local m=local {m: self=param-local x=implicit}}");
    assert_scopes("class A:\n def m(self): return super().m()\n",
                  "<module>: A=local {A: m=local {m: self=param-local super=implicit __class__=free}}");
    assert_scopes("class A:\n __x = 1\n def __m(self, __y): return self.__z + __y\n",
                  "<module>: A=local {A: _A__x=local _A__m=local {__m: self=param-local _A__y=param-local}}");
}
END_TEST

START_TEST(comprehensions)
{
    assert_scopes("def f(y): return [x for x in y]",
                  "<module>: f=local {f: y=param-local {<listcomp>+: x=local}}");
    assert_scopes("def f(y): return [x + y for x in z]",
                  "<module>: f=local {f: y=param-local z=implicit {<listcomp>+: x=local y=free}}");
    assert_scopes("def f(y): return [lambda: x + y for x in z]",
                  "<module>: f=local {f: y=param-cell z=implicit {<listcomp>+: x=cell y=free "
                  "{<lambda>: x=free y=free}}}");
    assert_scopes("def f(y): return (x + y for x in z)",
                  "<module>: f=local {f: y=param-cell z=implicit "
                  "{<genexpr>: .0=param-local x=local y=free}}");
    assert_scopes("def f(y): return [z := x for x in y]",
                  "<module>: f=local {f: y=param-local z=local {<listcomp>+: x=local z=free}}");
    assert_scopes("[z := x for x in y]", "<module>: z=global y=implicit {<listcomp>+: x=local z=global}");
    assert_scopes("class A:\n y = 1\n z = [y for x in y]\n",
                  "<module>: A=local {A: y=local z=local {<listcomp>+: x=local y=implicit}}");
    assert_scopes_with("def f(y): return [x + y for x in z]", SCOPE_NO_INLINING,
                       "<module>: f=local {f: y=param-cell z=implicit "
                       "{<listcomp>: .0=param-local x=local y=free}}");
}
END_TEST

START_TEST(type_parameters)
{
    assert_scopes("def f[T](x: T) -> T: return T",
                  "<module>: f=local {f: T=cell {f: x=param-local T=free}}");
    assert_scopes("type X[T: int] = T",
                  "<module>: X=local {X: T=cell {T: int=implicit} {X: T=free}}");
    assert_scopes("class A:\n T = int\n def f[U: T](self): pass\n",
                  "<module>: A=local {A: T=local f=local int=implicit {f: U=local __classdict__=free {U: "
                  "__classdict__=free T=implicit} {f: self=param-local}}}");
}
END_TEST

START_TEST(flags)
{
    Parsed p;
    parsed_begin(&p, "async def f():\n yield 1\ndef g():\n x: int = 1; return x\n"
                     "class A:\n def m(self): super()\n"
                     "from a import *\ny: int\n", PARSE_FILE);
    ck_assert(parsed_scopes(&p, 0));
    const AstSeq *body = ((AstModule *)p.tree)->body;
    const Scope *f = scope_find(p.scopes, body->items[0], SCOPE_FUNCTION);
    const Scope *g = scope_find(p.scopes, body->items[1], SCOPE_FUNCTION);
    const Scope *a = scope_find(p.scopes, body->items[2], SCOPE_CLASS);
    ck_assert(f->is_async && f->is_generator && !f->returns_value);
    ck_assert(!g->is_async && !g->is_generator && g->returns_value && !g->has_annotations);
    ck_assert(a->needs_class_cell && a->child->uses_super && !a->child->nested);
    ck_assert(p.scopes->import_star && p.scopes->has_annotations && !p.scopes->future_annotations);
    ck_assert(!scope_find(p.scopes, body->items[0], SCOPE_CLASS));
    parsed_end(&p);
}
END_TEST

START_TEST(lookup)
{
    Parsed p;
    parsed_begin(&p, "class A:\n def m(self): __x = 1\n", PARSE_FILE);
    ck_assert(parsed_scopes(&p, 0));
    const Scope *m = p.scopes->child->child;
    NameTable *names = ast_names(p.tree);
    ck_assert(scope_lookup(m, name_intern(names, "__x", 3)) != NULL);
    ck_assert_str_eq(scope_lookup(m, name_intern(names, "__x", 3))->name->text, "_A__x");
    ck_assert(!scope_lookup(m, name_intern(names, "y", 1)));
    ck_assert_str_eq(scope_mangle(m, name_intern(names, "__y", 3))->text, "_A__y");
    ck_assert_str_eq(scope_mangle(m, name_intern(names, "__y__", 5))->text, "__y__");
    ck_assert_str_eq(scope_mangle(p.scopes, name_intern(names, "__y", 3))->text, "__y");
    parsed_end(&p);
}
END_TEST

START_TEST(many_names)
{
    static char text[40000];
    size_t n = 0;
    for (int i = 0; i < 2000; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "v%d = %d\n", i, i);
    Parsed p;
    parsed_begin(&p, text, PARSE_FILE);
    ck_assert(parsed_scopes(&p, 0));
    ck_assert_uint_eq(p.scopes->count, 2000);
    for (uint32_t i = 0; i < 2000; i++)
        ck_assert_ptr_eq(scope_lookup(p.scopes, p.scopes->symbols[i].name), &p.scopes->symbols[i]);
    parsed_end(&p);
}
END_TEST

Suite *scope_suite(void)
{
    const TTest *const tests[] = { order, closures, classes, comprehensions, type_parameters, flags, lookup,
                                   many_names };
    return one_case("scope", tests, COUNT_OF(tests));
}
