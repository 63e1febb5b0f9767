# SPDX-License-Identifier: MIT
# Areas about the front end: programs that are almost right, and names in nested scopes.
import io
import tokenize

import areas
import areas_async
import areas_code
import areas_gen
import stmts

INSERT = ["(", ")", "[", "]", "{", "}", ",", ":", ";", "=", "==", ":=", "*", "**", ".", "...", "->", "@", "not", "in",
        "is", "if", "else", "for",
          "lambda", "await", "async", "yield", "from", "import", "as", "def", "class", "return", "del", "pass",
          "break", "continue", "global",
          "nonlocal", "try", "except", "finally", "raise", "with", "match", "case", "type", "_", "None", "True", "1",
          "x", "'s'", "b'b'", "f'{x}'",
          "f'{'", "0x", "1_", "'", "\\", "!", "?", "$", "+=", "!=", "<>", "~", "|", "-", "\n", "\n    ", "    "]


def pieces(text):
    """The tokens, with what stands between them."""
    out, lines, at = [], text.split("\n"), (1, 0)
    for t in tokenize.generate_tokens(io.StringIO(text).readline):
        if t.type in (tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER):
            continue
        (l0, c0), (l1, c1) = at, t.start
        gap = lines[l0 - 1][c0:c1] if l0 == l1 else "\n".join([lines[l0 - 1][c0:]] + lines[l0:l1 - 1] + [lines[l1 - 1][:c1]])
        out.append(gap)
        (l0, c0), (l1, c1) = t.start, t.end
        out.append(lines[l0 - 1][c0:c1] if l0 == l1 else "\n".join([lines[l0 - 1][c0:]] + lines[l0:l1 - 1] + [lines[l1 - 1][:c1]]))
        at = t.end
        if t.type in (tokenize.NEWLINE, tokenize.NL):
            out[-1] = "\n"
            at = (t.start[0] + 1, 0)
    return out


def syntax(g):
    """Statements with a token taken out, put in or doubled: accepted or refused. Of several errors, CPython
    finds now this, now that one first, so that the words are left to tests/errors."""
    makers = [areas.AREAS["flow"], areas_code.AREAS["calls"], areas_code.AREAS["matching"], areas_code.AREAS["typed"],
            areas_gen.AREAS["coroutines"],
              areas_code.AREAS["groups"], areas_code.AREAS["classes"]]
    inner = stmts.Statements(str(g.r.random()))
    g.r.choice(makers)(inner)
    try:
        parts = pieces(inner.text())
    except (tokenize.TokenError, IndexError, SyntaxError):
        parts = ["x", " ", "=", " ", "1"]
    if len(parts) > 400:
        parts = parts[:400]
    for _ in range(g.r.randrange(6, 12)):
        copy = list(parts)
        for _ in range(g.pick(1, 1, 1, 2)):
            i = g.r.randrange(len(copy))
            k = g.r.randrange(5)
            if k == 0:
                del copy[i]
            elif k == 1:
                copy.insert(i, " " + g.r.choice(INSERT) + " ")
            elif k == 2:
                copy[i] = g.r.choice(INSERT)
            elif k == 3:
                copy.insert(i, copy[g.r.randrange(len(copy))])
            else:
                copy = copy[:i + 1]
        g.w("try: compile(" + ascii("".join(copy)) + ", 'f', 'exec'); p('ok')")
        g.w("except SyntaxError: p('refused')")


def scopes(g):
    """Names in functions, classes, comprehensions and lambdas, bound here and used there."""
    names = ["a", "b", "c"]

    # A comprehension whose variable hides a name must not raise: CPython 3.13.0 then loses the hidden one.
    def use():
        return g.pick(*names, "(" + ", ".join(names) + ")", "[" + g.r.choice(names) + " for i in (1, 2)]",
                "[a for a in (1, 2)]", "(lambda " + g.pick("", "a", "b=a") + ": " + g.r.choice(names) + ")(*[7][:0])",
                      "[(" + g.r.choice(names) + " := i) for i in range(2)]", "{a: b for a in 'x' for b in 'y' if a}",
                      "sorted(locals())", "[lambda: " + g.r.choice(names) + "][0]()",
                      "(" + g.r.choice(names) + " := 5)", "[[a for b in 'p'] for a in 'q']",
                      "list(" + g.r.choice(names) + " for _ in 'x')", "__class__.__name__",
                      "f'{" + g.r.choice(names) + "}'",
                      "[" + g.r.choice(names) + " for _ in [" + g.r.choice(names) + "]]")

    def body(depth, kind):
        declared = set()
        for n in names:
            k = g.r.random()
            if k < 0.12 and kind != "module":
                g.w("global " + n)
                declared.add(n)
            elif k < 0.2 and kind != "module" and depth < 3:
                g.w("nonlocal " + n)
                declared.add(n)
        for _ in range(g.r.randrange(2, 5)):
            k = g.r.random()
            n = g.r.choice(names)
            if k < 0.25:
                g.w(n + " = " + g.pick("1", "'s'", n + " + 1" if g.chance(0.3) else "[2]", "(3,)"))
            elif k < 0.55 or depth == 0:
                with g.guarded("Exception"):
                    g.w("p(" + use() + ")")
            elif k < 0.6:
                with g.guarded("Exception"):
                    g.w("del " + n)
            elif k < 0.65:
                with g.guarded("Exception"):
                    g.w(g.pick("for " + n + " in 'z': pass",
                            "import sys as " + n + "; p(" + n + ".__name__); " + n + " = 3",
                            "with manager(1, 0) as " + n + ": pass", n + " += 1",
                            "match 5:\n" + "    " * (g.level + 1) + "case " + n + ": p(" + n + ")",
                               "try: 1 / 0\n" + "    " * g.level + "except Exception as " + n + ": pass",
                               n + ": int = 4", n + ": int"))
            elif k < 0.85:
                f = g.fresh("f")
                with g.block("def " + f + "(" + g.pick("", "", n, n + "=" + g.r.choice(names) if False else "") + "):"):
                    body(depth - 1, "function")
                    g.w("return " + g.r.choice(names))
                with g.guarded("Exception"):
                    g.w("p(" + f + "(" + g.pick("", "", "9") + "))")
            else:
                with g.guarded("Exception"):
                    with g.block("class " + g.fresh("C") + ":"):
                        body(depth - 1, "class")
        return declared
    if g.chance(0.7):
        g.w("a, b = 1, 2")
    body(3, "module")


AREAS = {f.__name__: f for f in (scopes, syntax)}
