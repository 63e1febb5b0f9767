/* SPDX-License-Identifier: MIT
 * Code as it should look: snippets beside their disassembly, and properties of whole codes. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

#include "vm/objects/str.h"

Suite *compile_suite(void);

typedef struct Case {
    const char *source, *code, *dis;
} Case;

static const Case shapes[] = {
    { "x = 1 + 2 * 3\n", "<module>",
      "LOAD_CONST r0, 7\nSTORE_GLOBAL r0, x\nLOAD_CONST r0, None\nRETURN r0\n" },
    { "def f(a, b):\n    c = a + b * 2\n    return c\n", "f",
      "MUL_K r3, b, 2\nADD c, a, r3\nRETURN c\n" },
    { "def f(i):\n    i += 1\n    return i - 3\n", "f", "ADD_IMM i, i, 1 [1]\nADD_IMM r1, i, -3 [2]\nRETURN r1\n" },
    { "def f(a, b):\n    a, b = b, a\n    return a\n", "f",
      "MOVE r2, b\nMOVE r3, a\nMOVE a, r2\nMOVE b, r3\nRETURN a\n" },
    { "def f(x):\n    if x is None or 3 < x <= 5:\n        return x\n", "f",
      "JUMP_IF_NONE x, -> 4\nLOAD_CONST r1, 3\nJUMP_COMPARE r1, x, -> 5 [not <]\nJUMP_COMPARE_IMM x, 5, -> 5 [not <=]\n"
      "RETURN x\nLOAD_CONST r1, None\nRETURN r1\n" },
    { "def f(n):\n    while n > 0:\n        n -= 1\n", "f",
      "JUMP_COMPARE_IMM n, 0, -> 3 [not >]\nADD_IMM n, n, -1 [3]\nJUMP_COMPARE_IMM n, 0, -> 1 [>]\nLOAD_CONST r1, None\n"
      "RETURN r1\n" },
    { "def f(xs):\n    for x in xs:\n        if x:\n            break\n    else:\n        return 1\n    return x\n", "f",
      "GET_ITER r2, xs\nFOR_ITER x, r2, -> 4\nJUMP_IF_TRUE x, -> 6\nJUMP -> 1\nLOAD_CONST r2, 1\nRETURN r2\nRETURN x\n" },
    { "def f(xs):\n    for x in xs:\n        pass\n    return x\n", "f",
      "GET_ITER r2, xs\nFOR_ITER x, r2, -> 3\nJUMP -> 1\nCHECK_BOUND x\nRETURN x\n" },
    { "def f(o, x):\n    return o.m(x, 1).a\n", "f",
      "LOAD_METHOD r2..r3, o, m\nMOVE r4, x\nLOAD_CONST r5, 1\nCALL_METHOD r2, r2..r5, 2\nLOAD_ATTR r2, r2, a\n"
      "RETURN r2\n" },
    { "def f(xs):\n    return [x for x in xs if x]\n", "f",
      "BUILD_LIST r2, -, 0\nGET_ITER r3, xs\nFOR_ITER x, r3, -> 6\nJUMP_IF_FALSE x, -> 2\nLIST_APPEND r2, x\nJUMP -> 2\n"
      "CLEAR x\nJUMP -> 10\nCLEAR x\nRERAISE r3\nRETURN r2\n" },
    { "def f():\n    n = 0\n    def g():\n        nonlocal n\n        n += 1\n    return g\n", "f",
      "MAKE_CELL n\nLOAD_CONST r2, 0\nSTORE_CELL n, r2\nMAKE_FUNCTION g, -, <code f.<locals>.g>\nRETURN g\n" },
    { "def f():\n    n = 0\n    def g():\n        nonlocal n\n        n += 1\n    return g\n", "f.<locals>.g",
      "LOAD_FREE r0, n\nADD_IMM r0, r0, 1 [1]\nSTORE_FREE n, r0\nLOAD_CONST r0, None\nRETURN r0\n" },
    { "async def f(x):\n    y = await x\n    return y\n", "f",
      "MOVE r2, x\nAWAIT r3, r2\nSEND r3, r2\nMOVE y, r3\nRETURN y\n" },
    { "def f(x):\n    return x in {1, 2} or x in [3, 4]\n", "f",
      "LOAD_CONST r1, <frozenset>\nCOMPARE r1, x, r1 [in]\nJUMP_IF_TRUE r1, -> 5\nLOAD_CONST r1, (3, 4)\n"
      "COMPARE r1, x, r1 [in]\nRETURN r1\n" },
    { "def f(x):\n    return x + (x := 2)\n", "f", "MOVE r1, x\nLOAD_CONST x, 2\nADD r1, r1, x\nRETURN r1\n" },
    { "def f(x):\n    del x\n    return x\n", "f", "DELETE_LOCAL x\nCHECK_BOUND x\nRETURN x\n" },
    { "def f(x):\n    return f'{x!r:>{x}}' f'{x}a'\n", "f",
      "LOAD_CONST r1, '>'\nFORMAT r2, x, - [part]\nBUILD_STRING r1, r1..r2, 2\nFORMAT r1, x, r1 [!r]\nFORMAT r2, x, "
      "- [part]\nLOAD_CONST r3, 'a'\nBUILD_STRING r1, r1..r3, 3\n"
      "RETURN r1\n" },
    { "class C(B, k=1):\n    x = 1\n", "<module>",
      "LOAD_BUILD_CLASS r0\nMAKE_FUNCTION r1, -, <code C>\nLOAD_CONST r2, 'C'\nLOAD_GLOBAL r3, B\nLOAD_CONST r4, 1\n"
      "LOAD_CONST r5, ('k',)\nCALL_KW r0, r0..r5, 4\nSTORE_GLOBAL r0, C\nLOAD_CONST r0, None\nRETURN r0\n" },
    { "while 1:\n    pass\n", "<module>", "JUMP -> 0\n" },
    { "if 0:\n    f()\nelse:\n    g()\n", "<module>",
      "LOAD_GLOBAL r0, g\nCALL r0, r0, 0\nLOAD_CONST r0, None\nRETURN r0\n" },
};

START_TEST(shape)
{
    const Case *k = &shapes[_i];
    CompileOptions o = { .filename = "test" };
    Compiled c;
    compiled_begin(&c, k->source, &o);
    ck_assert_msg(c.code != NULL, "%s: %s", k->source, c.code ? "" : compiled_error(&c));
    assert_sound(c.code);
    const Code *code = compiled_find(c.code, k->code);
    ck_assert_ptr_nonnull(code);
    ck_assert_str_eq(compiled_dis(&c, code), k->dis);
    compiled_end(&c);
}
END_TEST

/* Everything at once: what matters is that the code is sound. */
static const char *const programs[] = {
    "def f(x):\n try:\n  g()\n except A as e:\n  return e\n except (B, C):\n  raise\n else:\n  h()\n finally:\n  k(x)\n",
    "def f(xs):\n for x in xs:\n  try:\n   if x: continue\n   break\n  finally:\n   try:\n    g()\n   finally:\n    return x\n",
    "def f():\n try:\n  try: a()\n  finally: b()\n except: c()\n return d\n",
    "def f():\n try: a()\n except* A as e: b(e)\n except* (B, C): c()\n else: d()\n finally: g()\n",
    "def f(a, b):\n with a as x, b as (y, z):\n  if x: return y\n  while y:\n   with z: break\n return a\n",
    "async def f(a):\n async with a as x:\n  async for y in x:\n   if y: return await y\n  else: return 1\n",
    "async def f(a):\n yield [x async for x in a if await x]\n yield {k: v for k, v in a}\n yield (await x for x in a)\n",
    "def f(x):\n match x:\n  case {'a': [1, *r, 2], 'b': None, **k} if r: return r, k\n  case P(1, y, z=[_, *_, w]) | "
    "Q(y, w, z=_): g(y, w)\n"
    "  case [a, (b, *_)] as c: return a, b, c\n  case -1 | 'x' | 1.5: pass\n  case _: return x\n",
    "def f[T: int, *Ts, **P](a: T = 1, *, b: P = 2) -> T: return a\nclass C[T](B, metaclass=M): x: T\ntype X[T] = list[T]\n",
    "class C:\n x = 1\n def f(self): return __class__, super().f, super(C, self).g(1)\n y = [x for _ in z for x in _]\n",
    "f(*a, b, *c, d=1, **e, g=2)\nf(*a)\nf(**b)\na.b(*c)\n",
    "x = [*a, 1, *b]\ny = {*a, 1}\nz = {1: 2, **a, 3: 4}\nt = *a, *b\n",
    "a, *b, c = d = e\n[x[0], y.z] = a[b:c] = f()\nx[1:2, ::3] += 5\ny.z @= 1\n",
    "lambda x, /, y=1, *a, k, m=2, **w: (yield x)\n(yield_ := 5)\n",
    "from a import b as c, d\nimport x.y.z as w, q.r\nfrom . import *\n",
    "def f():\n x: int = 1\n (y): int\n global g\n del g, h[0], i.j\n assert x, 'no'\n assert y\n",
    "x = (a if b else c) if d or e and not f else (g and h) or i\ny = a < b < c != d\n",
    "[lambda: (x, y) for x in a for y in [lambda: x]]\n",
};

START_TEST(sound)
{
    CompileOptions o = { .filename = "test" };
    Compiled c;
    compiled_begin(&c, programs[_i], &o);
    ck_assert_msg(c.code != NULL, "%s: %s", programs[_i], c.code ? "" : compiled_error(&c));
    assert_sound(c.code);
    compiled_end(&c);
}
END_TEST

/* ---- size ---- */

static char *repeated(const char *head, const char *item, unsigned n, const char *tail)
{
    size_t len = strlen(item), at = strlen(head);
    char *text = malloc(at + (len + 12) * n + strlen(tail) + 1);
    strcpy(text, head);
    for (unsigned i = 0; i < n; i++)
        at += (size_t)sprintf(text + at, item, i);
    strcpy(text + at, tail);
    return text;
}

static void assert_big(const char *head, const char *item, unsigned n, const char *tail)
{
    CompileOptions o = { .filename = "test" };
    Compiled c;
    char *text = repeated(head, item, n, tail);
    compiled_begin(&c, text, &o);
    ck_assert_msg(c.code != NULL, "%s%s: %s", head, item, c.code ? "" : compiled_error(&c));
    ck_assert_ptr_null(code_verify(c.code));
    compiled_end(&c);
    free(text);
}

START_TEST(long_programs)
{
    assert_big("x = [", "%u, ", 100000, "]\n");
    assert_big("x = [", "a%u, ", 100000, "]\n");
    assert_big("x = {", "a%u: 1, ", 30000, "}\n");
    assert_big("x = {", "a%u, ", 30000, "}\n");
    assert_big("f(", "a%u, ", 30000, ")\n");
    assert_big("x = f'", "{a%u}b", 10000, "'\n");
    assert_big("", "a.x%u = b.x%u\n", 40000, "");
    assert_big("", "def f%u(): pass\n", 20000, "");
    assert_big("for x in y:\n  if x < 1:\n    continue\n", "  a = %u\n", 40000, "");
    assert_big("try:\n  pass\n", "except a%u: pass\n", 15000, "");
    assert_big("if a: pass\n", "elif a%u: pass\n", 2000, "");
}
END_TEST

/* Jumps too long for 16 bits go where the short ones would. */
START_TEST(long_jumps)
{
    CompileOptions o = { .filename = "test" };
    Compiled c;
    char *text = repeated("for x in y:\n", "  a = %u\n", 20000, "");
    compiled_begin(&c, text, &o);
    const Code *code = c.code;
    ck_assert_ptr_nonnull(code);
    uint32_t at = 0;
    while (code->instrs[at].op != OP_FOR_ITER)
        at++;
    ck_assert_int_eq(code->instrs[at].c, 0);
    ck_assert_int_eq(code->instrs[at + 1].op, OP_JUMP);
    uint32_t end = at + 2 + (uint32_t)code->instrs[at + 1].j;
    ck_assert_uint_eq(end, code->ninstrs - 2);
    compiled_end(&c);
    free(text);
}
END_TEST

/* ---- errors ---- */

typedef struct Error {
    const char *source, *text;
} Error;

static const Error errors[] = {
    { "match x:\n case a: pass\n case b: pass\n", "SyntaxError: name capture 'a' makes remaining patterns unreachable @2:7-2:8" },
    { "match x:\n case _: pass\n case b: pass\n", "SyntaxError: wildcard makes remaining patterns unreachable @2:7-2:8" },
    { "match x:\n case a, a: pass\n", "SyntaxError: multiple assignments to name 'a' in pattern @2:10-2:11" },
    { "match x:\n case [a] | b: pass\n", "SyntaxError: alternative patterns bind different names @2:7-2:14" },
    { "match x:\n case *a, *b: pass\n", "SyntaxError: multiple starred names in sequence pattern @2:7-2:13" },
    { "match x:\n case {1: _, 1: _}: pass\n", "SyntaxError: mapping pattern checks duplicate key (1) @2:7-2:19" },
    { "match x:\n case A(b=_, b=_): pass\n", "SyntaxError: attribute name repeated in class pattern: b @2:16-2:17" },
    { "*a, *b = c\n", "SyntaxError: multiple starred expressions in assignment @1:1-1:7" },
    { "*a = c\n", "SyntaxError: starred assignment target must be in a list or tuple @1:1-1:3" },
    { "x = *a\n", "SyntaxError: can't use starred expression here @1:5-1:7" },
    { "x = 1 +\n", "SyntaxError: invalid syntax @1:8-1:9" },
};

START_TEST(error)
{
    CompileOptions o = { .filename = "test" };
    Compiled c;
    compiled_begin(&c, errors[_i].source, &o);
    ck_assert_msg(c.code == NULL, "%s", errors[_i].source);
    ck_assert_str_eq(compiled_error(&c), errors[_i].text);
    compiled_end(&c);
}
END_TEST

START_TEST(nested_blocks)
{
    CompileOptions o = { .filename = "test" };
    char text[2048];
    for (unsigned depth = 21; depth <= 22; depth++) {
        Compiled c;
        size_t n = 0;
        for (unsigned i = 0; i < depth; i++)
            n += (size_t)snprintf(text + n, sizeof text - n, "%*swhile x:\n", (int)i, "");
        snprintf(text + n, sizeof text - n, "%*spass\n", (int)depth, "");
        compiled_begin(&c, text, &o);
        ck_assert_int_eq(c.code != NULL, depth == 21);
        compiled_end(&c);
    }
}
END_TEST

/* ---- options ---- */

START_TEST(prompt)
{
    CompileOptions o = { .filename = "<stdin>", .mode = PARSE_PROMPT };
    Compiled c;
    compiled_begin(&c, "1 + x\n", &o);
    ck_assert_ptr_nonnull(c.code);
    ck_assert_str_eq(compiled_dis(&c, c.code),
                     "LOAD_GLOBAL r0, x\nADD_K r0, r0, 1 [2]\nINTRINSIC r0, r0\nLOAD_CONST r0, None\nRETURN r0\n");
    compiled_end(&c);
    compiled_begin(&c, "if x:\n", &o);
    ck_assert_ptr_null(c.code);
    ck_assert(c.incomplete);
    compiled_end(&c);
}
END_TEST

START_TEST(names_by_mapping)
{
    CompileOptions o = { .filename = "<string>", .mode = PARSE_EVAL, .names_mode = true };
    Compiled c;
    compiled_begin(&c, "x + (lambda: y)()\n", &o);
    ck_assert_ptr_nonnull(c.code);
    ck_assert_uint_eq(c.code->flags & (CODE_MODULE | CODE_NAMES), CODE_MODULE | CODE_NAMES);
    ck_assert_str_eq(compiled_dis(&c, c.code),
                     "NAMESPACE .namespace\nLOAD_NAME r1, .namespace, x\nMAKE_FUNCTION r2, -, <code <lambda>>\n"
                     "CALL r2, r2, 0\nADD r1, r1, r2\nRETURN r1\n");
    compiled_end(&c);
}
END_TEST

START_TEST(await_at_top_level)
{
    CompileOptions o = { .filename = "test", .top_level_await = true };
    Compiled c;
    compiled_begin(&c, "await x\n", &o);
    ck_assert_ptr_nonnull(c.code);
    ck_assert(c.code->flags & CODE_TOP_LEVEL_AWAIT);
    ck_assert(c.code->flags & CODE_COROUTINE);
    compiled_end(&c);
    compiled_begin(&c, "x\n", &o);
    ck_assert_ptr_nonnull(c.code);
    ck_assert(!(c.code->flags & CODE_COROUTINE));
    compiled_end(&c);
    o.top_level_await = false;
    compiled_begin(&c, "await x\n", &o);
    ck_assert_str_eq(compiled_error(&c), "SyntaxError: 'await' outside function @1:1-1:8");
    compiled_end(&c);
}
END_TEST

START_TEST(code_fields)
{
    CompileOptions o = { .filename = "test" };
    Compiled c;
    compiled_begin(&c, "class C:\n  @d\n  def f(self, a, /, b, *c, k=1, **w):\n    \"\"\"Doc.\n\n      More.\n    \"\"\"\n"
                       "    self.x = self.y = 1\n    self.x = 2\n    return [self for self in a]\n", &o);
    ck_assert_ptr_nonnull(c.code);
    const Code *f = compiled_find(c.code, "C.f");
    ck_assert_uint_eq(f->nposonly, 2);
    ck_assert_uint_eq(f->nargs, 3);
    ck_assert_uint_eq(f->nkwonly, 1);
    ck_assert_uint_eq(f->nparams, 6);
    ck_assert_uint_eq(f->first_line, 2);
    ck_assert_uint_eq(f->self_attrs, 2);
    ck_assert_uint_eq(f->flags & (CODE_VARARGS | CODE_VARKW | CODE_SIMPLE_ARGS | CODE_HAS_DOCSTRING),
                      CODE_VARARGS | CODE_VARKW | CODE_HAS_DOCSTRING);
    ck_assert(str_is(as_str(f->consts[0]), "Doc.\n\nMore.\n"));
    ck_assert(str_is(f->local_names[4], "c"));
    ck_assert_uint_eq(f->nlocals, 7);
    compiled_end(&c);
}
END_TEST

START_TEST(positions)
{
    CompileOptions o = { .filename = "test" };
    Compiled c;
    compiled_begin(&c, "x = (a.b\n     .c(1)\n     + d[0])\n", &o);
    ck_assert_ptr_nonnull(c.code);
    for (uint32_t i = 0; i < c.code->ninstrs; i++) {
        Position p = c.code->positions[i];
        if (c.code->instrs[i].op == OP_ADD)
            ck_assert(p.line == 1 && p.col == 5 && p.end_line == 3 && p.end_col == 11);
        if (c.code->instrs[i].op == OP_CALL_METHOD)
            ck_assert(p.line == 2 && p.col == 6 && p.end_line == 2 && p.end_col == 10);
        if (c.code->instrs[i].op == OP_GETITEM)
            ck_assert(p.line == 3 && p.col == 7 && p.end_line == 3 && p.end_col == 11);
    }
    compiled_end(&c);
}
END_TEST

/* The n-th allocation fails, for many n: MemoryError and nothing else. */
typedef struct Failing {
    long left;
} Failing;

static void *failing_alloc(void *ud, void *p, size_t old_size, size_t new_size)
{
    Failing *f = ud;
    (void)old_size;
    if (!new_size) {
        free(p);
        return NULL;
    }
    if (f->left >= 0 && f->left-- == 0) {
        f->left = 0;
        return NULL;
    }
    return realloc(p, new_size);
}

START_TEST(memory_runs_out)
{
    CompileOptions o = { .filename = "test" };
    for (long n = 0; n < 60; n++) {
        Failing f = { -1 };
        VmConfig config = { .alloc = { failing_alloc, &f }, .hash_seed = 1 };
        VmEntry saved;
        Vm *vm = vm_new(&config);
        ck_assert_ptr_nonnull(vm);
        vm_enter(vm, &saved, __builtin_frame_address(0));
        f.left = n;
        Code *code = compile_source(vm, programs[n % COUNT_OF(programs)], strlen(programs[n % COUNT_OF(programs)]), &o, NULL);
        f.left = -1;
        ck_assert_int_eq(code == NULL, vm_pending(vm));
        vm_leave(vm, &saved);
        vm_free(vm);
    }
}
END_TEST

Suite *compile_suite(void)
{
    Suite *s = suite_create("compile");
    TCase *t = tcase_create("compile");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, shape, 0, COUNT_OF(shapes));
    tcase_add_loop_test(t, sound, 0, COUNT_OF(programs));
    tcase_add_test(t, long_programs);
    tcase_add_test(t, long_jumps);
    tcase_add_loop_test(t, error, 0, COUNT_OF(errors));
    tcase_add_test(t, nested_blocks);
    tcase_add_test(t, prompt);
    tcase_add_test(t, names_by_mapping);
    tcase_add_test(t, await_at_top_level);
    tcase_add_test(t, code_fields);
    tcase_add_test(t, positions);
    tcase_add_test(t, memory_runs_out);
    suite_add_tcase(s, t);
    return s;
}
