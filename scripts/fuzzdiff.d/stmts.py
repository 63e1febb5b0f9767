# SPDX-License-Identifier: MIT
# Statements: assignments, control flow, functions, with a scope that knows what is bound.
import contextlib

import pool
from gen import Expressions, Scope, VALUES, by_receiver
from tables import ATTRIBUTE_ROWS

NAMED = ["int", "float", "str", "bytes", "list", "slist", "tuple", "dict", "set", "bool", "range"]


class Statements(Expressions):
    def __init__(self, seed):
        super().__init__(seed)
        self.lines = []
        self.level = 0
        self.globals_used = []

    def w(self, line):
        self.lines.append("    " * self.level + line if "\n" not in line else "    " * self.level + line)

    @contextlib.contextmanager
    def block(self, head):
        self.w(head)
        self.level += 1
        n = len(self.lines)
        yield
        if len(self.lines) == n:
            self.w("pass")
        self.level -= 1

    @contextlib.contextmanager
    def branch(self):
        """What is bound here is not surely bound afterwards; keep most of it, for UnboundLocalError's sake."""
        before = dict(self.scope.vars)
        yield
        if not self.chance(0.1):
            self.scope.vars = before

    @contextlib.contextmanager
    def looping(self):
        self.loop_depth += 1
        self.scope.loops += 1
        yield
        self.scope.loops -= 1
        self.loop_depth -= 1

    def bind(self, name, kind):
        self.scope.vars[name] = kind

    # --- showing --------------------------------------------------------------------------------

    @contextlib.contextmanager
    def guarded(self, what=None):
        """try: ... except: print it"""
        with self.block("try:"):
            yield
        name = self.fresh("e")
        with self.block("except " + (what or self.pick("Exception", "Exception", "Exception",
                "BaseException")) + " as " + name + ":"):
            self.w(self.pick("bad", "bad", "bad", "chain") + "(" + name + ")")

    def show(self, e):
        k = self.r.random()
        if k < 0.25 and ":=" not in e and "await" not in e and "yield" not in e and self.scope.kind != "class":
            self.w("show(lambda: " + e + ")")
        elif k < 0.9 or self.scope.kind == "class":
            with self.guarded("Exception"):
                self.w("p(" + e + ")")
        else:
            self.w("p(" + e + ")")

    def show_vars(self, most=3):
        names = list(self.scope.vars.items())
        self.r.shuffle(names)
        names = [n for n, t in names if t not in ("func", "iter", "view")][:most]
        if names:
            with self.guarded("NameError"):
                self.w("p(" + ", ".join(names) + ")")

    # --- simple statements ----------------------------------------------------------------------

    def safe_value(self, kind, depth=2):
        """A value to bind: bounded in size where the statement may run again."""
        if self.bounded() and kind in ("int", "float", "str", "bytes", "list", "tuple", "slist", "bytearray"):
            if kind == "int":
                return "(" + self.expr(kind, depth) + ") % 10007"
            if kind == "float":
                return self.expr(kind, depth)
            return "(" + self.expr(kind, depth) + ")[:9]"
        return self.expr(kind, depth)

    def assign(self):
        kind = self.r.choice(NAMED)
        k = self.r.random()
        if k < 0.6:
            name = self.fresh()
            with self.guarded("Exception") if self.chance(0.3) else contextlib.nullcontext():
                self.w(name + " = " + (self.leaf(kind) if self.chance(0.5) else self.safe_value(kind)))
            self.bind(name, kind)
        elif k < 0.7:
            a, b = self.fresh(), self.fresh()
            self.w(a + " = " + b + " = " + self.leaf(kind))
            self.bind(a, kind)
            self.bind(b, kind)
        elif k < 0.8:
            name = self.fresh()
            self.w(name + ": " + self.pick("int", "'forward'", "list[int]", "int | None",
                    "undefined_name") + " = " + self.leaf(kind))
            if self.scope.kind != "function" and "undefined" in self.lines[-1]:
                self.lines[-1] = self.lines[-1].replace("undefined_name", "object")
            self.bind(name, kind)
        elif k < 0.9:
            self.reassign()
        else:
            self.unpack()

    def own(self, kind):
        return [n for n, t in self.scope.vars.items() if t == kind]

    def reassign(self):
        kind = self.r.choice(NAMED)
        names = self.own(kind)
        if names:
            self.w(self.r.choice(names) + " = " + self.safe_value(kind))

    def unpack(self):
        names = [self.fresh() for _ in range(self.r.randrange(1, 4))]
        forms = [self.pick(n, n, "*" + n, "(" + n + ",)", "[" + n + ", *_]") for n in names]
        while sum(f[0] == "*" for f in forms) > 1:
            forms = [f.lstrip("*") for f in forms]
        with self.guarded("Exception"):
            self.w(", ".join(forms) + ", = " + self.expr(self.pick("list", "tuple", "str", "range", "dict", "slist",
                    "int"), 2))
            self.w("p(" + ", ".join(names) + ")")

    def augment(self):
        kind = self.pick("int", "float", "list", "str", "set", "dict", "bytes", "tuple", "bytearray", "bool")
        names = self.own(kind)
        if not names:
            return self.assign()
        name = self.r.choice(names)
        bounded = self.bounded()
        ops = {"int": ["+=", "-=", "//=", "%=", "&=", "|=", "^=", ">>=", "/="] + ([] if bounded else ["*=", "<<=",
                "**="]),
               "float": ["+=", "-=", "*=", "/=", "//=", "%="], "list": ["+="], "str": ["+="], "set": ["|=", "&=",
               "-=", "^="],
               "dict": ["|="], "bytes": ["+="], "tuple": ["+="], "bytearray": ["+="], "bool": ["&=", "|=", "^=",
               "+="]}[kind]
        op = self.r.choice(ops) if self.chance(0.95) else self.pick("@=", "%=", "-=")
        value = {"int": self.leaf("int"), "set": self.leaf("set"),
                "dict": self.leaf("dict")}.get(kind) or self.leaf(kind)
        if op in ("<<=", "**=", "*=", ">>=") and kind != "float":
            value = self.literal("len")
        elif bounded and kind in ("list", "str", "bytes", "tuple", "bytearray"):
            value = self.literal(kind)
        elif kind == "list" and self.chance(0.3):
            value = self.argument("smalliter", 1)
        with self.guarded("Exception"):
            self.w(name + " " + op + " " + value)
        self.show(name)

    def store(self):
        """Into a subscript or a slice, or del of it."""
        kind = self.pick("list", "list", "dict", "bytearray", "str", "tuple", "memoryview", "range")
        names = self.own(kind) if kind != "memoryview" else []
        if names:
            name = self.r.choice(names)
        elif kind in ("list", "dict", "bytearray", "memoryview"):
            name = self.fresh()
            self.w(name + " = " + (self.literal(kind) if kind != "memoryview" else "memoryview(bytearray(b'abcdef'))"))
            self.bind(name, kind)
        else:
            name = self.fresh()
            self.w(name + " = " + self.literal(kind))
            self.bind(name, kind)
        if kind == "dict":
            target = name + "[" + (self.literal("key") if self.chance(0.9) else self.r.choice(pool.UNHASHABLE)) + "]"
            value = self.leaf("any")
        elif self.chance(0.5):
            target = name + "[" + (self.literal("small") if self.chance(0.9) else self.leaf("any")) + "]"
            value = self.literal("byte") if kind in ("bytearray", "memoryview") else self.leaf("int")
        else:
            target = name + "[" + self.slice_text() + "]"
            value = self.literal("bytesarg") if kind in ("bytearray", "memoryview") else self.literal("smalliter")
        with self.guarded("Exception"):
            k = self.r.random()
            if k < 0.6:
                self.w(target + " = " + value)
            elif k < 0.8:
                self.w("del " + target)
            elif kind == "dict" or ":" not in target:
                self.w(target + " " + self.pick("+=", "-=", "|=") + " " + self.leaf("int"))
            else:
                self.w(target + ", other = " + value + ", 2")
        self.show(name)

    def mutate(self):
        """A method that changes its receiver."""
        kind = self.pick("list", "dict", "set", "bytearray", "slist")
        names = self.own(kind)
        if not names:
            name = self.fresh()
            self.w(name + " = " + self.literal(kind))
            self.bind(name, kind)
        else:
            name = self.r.choice(names)
        row = self.r.choice(by_receiver[kind])
        self.counts[kind + "." + row.name] += 1
        call = (row.static or name) + "." + row.name + "(" + self.arguments(row, 2) + ")"
        self.show(call)
        self.show(name)

    def delete(self):
        names = [n for n, t in self.scope.vars.items() if n[0] == "v"]
        if names and self.scope.kind != "class":
            name = self.r.choice(names)
            self.w(self.pick("del " + name, "del " + name, "del (" + name + ")", "del [" + name + "]"))
            with self.guarded("NameError"):
                self.w("p(" + name + ")")
            self.w(name + " = " + self.literal(self.scope.vars[name]))

    def simple(self):
        k = self.r.random()
        if k < 0.30:
            self.show(self.expr(self.r.choice(VALUES), 3))
        elif k < 0.42:
            row = self.r.choice(by_receiver[self.pick(*by_receiver)])
            self.show(self.call_row(row, 2))
        elif k < 0.64:
            self.assign()
        elif k < 0.74:
            self.augment()
        elif k < 0.82:
            self.store()
        elif k < 0.90:
            self.mutate()
        elif k < 0.92:
            self.delete()
        elif k < 0.94:
            with self.guarded("Exception"):
                self.w("assert " + self.expr("bool", 1) + self.pick("", ", " + self.leaf("any")))
        elif k < 0.96:
            kind, name, _ = self.r.choice(ATTRIBUTE_ROWS)
            self.counts[kind + "." + name] += 1
            self.show(self.receiver(kind, 1) + "." + name)
        elif k < 0.97:
            self.w(self.pick("pass", "...", "'text'", "1", "pass; pass", "(p(1), p(2))[0]"))
        elif self.functions:
            function = self.r.choice(self.functions)
            if not function[3]:
                self.show(self.call_function(function, 2))

    # --- control flow ---------------------------------------------------------------------------

    def condition(self):
        return self.expr(self.pick("bool", "bool", "any"), 2)

    def statement(self, depth=2):
        k = self.r.random()
        if depth <= 0 or k < 0.6:
            return self.simple()
        if k < 0.7:
            return self.if_(depth - 1)
        if k < 0.8:
            return self.for_(depth - 1)
        if k < 0.84:
            return self.while_(depth - 1)
        if k < 0.92:
            return self.try_(depth - 1)
        if k < 0.95:
            return self.with_(depth - 1)
        return self.simple()

    def body(self, n, depth):
        for _ in range(self.r.randrange(1, n + 1)):
            self.statement(depth)

    def if_(self, depth):
        with self.guarded("Exception") if self.chance(0.3) else contextlib.nullcontext():
            with self.block("if " + self.condition() + ":"), self.branch():
                self.body(2, depth)
            while self.chance(0.3):
                with self.block("elif " + self.condition() + ":"), self.branch():
                    self.body(2, depth)
            if self.chance(0.5):
                with self.block("else:"), self.branch():
                    self.body(2, depth)

    def leave_loop(self):
        if self.chance(0.25):
            with self.block("if " + self.expr("bool", 1) + ":"):
                self.w(self.pick("break", "continue"))

    def for_(self, depth):
        x = self.fresh()
        y = self.fresh()
        forms = [(x, "range(" + self.literal("len") + ")", {x: "int"}),
                 (x, self.literal_range(), {x: "int"}), (x, self.leaf("list"), {x: "int"}), (x, self.leaf("str"),
                         {x: "str"}),
                 (x + ", " + y, "enumerate(" + self.leaf("str") + ")", {x: "int", y: "str"}),
                 (x + ", " + y, "zip(" + self.leaf("list") + ", " + self.leaf("tuple") + ")", {x: "int"}),
                 (x + ", " + y, self.literal_dict() + ".items()", {x: "str"}), (x, self.leaf("dict"), {x: "str"}),
                 (x, self.leaf("set"), {x: "int"}), (x, "reversed(" + self.leaf("list") + ")", {x: "int"}),
                 (x, self.leaf("int"), {x: "int"}), ("(" + x + ", *" + y + ")", "[(1, 2), 'ab', [3]]", {y: "list"}),
                 (x, "*" + self.leaf("list") + ", 7", {x: "int"}), (x, self.leaf("bytes"), {x: "int"}),
                 (x, "map(str, " + self.leaf("list") + ")", {x: "str"})]
        target, source, names = self.r.choice(forms)
        with self.guarded("Exception"):
            with self.block("for " + target + " in " + source + ":"), self.branch(), self.looping():
                self.w("tick()")
                for n, t in names.items():
                    self.bind(n, t)
                self.body(3, depth)
                self.leave_loop()
            if self.chance(0.25):
                with self.block("else:"), self.branch():
                    self.simple()

    def while_(self, depth):
        i = self.fresh("i")
        self.w(i + " = " + self.literal("len"))
        with self.block("while " + i + " > 0 and tick():"), self.branch(), self.looping():
            self.w(i + " -= " + self.pick("1", "1", "2"))
            self.body(2, depth)
            self.leave_loop()
        if self.chance(0.3):
            with self.block("else:"), self.branch():
                self.simple()

    def raising(self):
        name = self.r.choice(pool.EXCEPTIONS)
        return self.pick("raise " + name, "raise " + name + "(" + self.leaf("any") + ")",
                         "raise " + name + "('m', 1)", "p(1 // 0)", "p({}['k'])", "p([][1])", "p(None.x)", "int('x')",
                         "p(undefined)", "raise " + name + "('t') from None",
                         "raise " + name + " from KeyError('cause')")

    def try_(self, depth):
        with self.block("try:"), self.branch():
            self.body(2, depth)
            if self.chance(0.7):
                self.w(self.raising())
        used = False
        for _ in range(self.r.randrange(3)):
            name = self.fresh("e")
            what = self.pick(self.r.choice(pool.EXCEPTIONS), "(" + ", ".join(self.r.sample(pool.EXCEPTIONS, 2)) + ")",
                             "LookupError", "ArithmeticError", "(ValueError, (TypeError, KeyError))")
            with self.block("except " + what + " as " + name + ":"), self.branch():
                self.w("chain(" + name + ")")
                if depth > 0:
                    self.statement(depth - 1)
            used = True
        if self.chance(0.9) or not used:
            with self.block(self.pick("except Exception as e:", "except Exception as e:",
                    "except BaseException as e:")), self.branch():
                self.w(self.pick("bad(e)", "chain(e)"))
            used = True
        if self.chance(0.3):
            with self.block("else:"), self.branch():
                self.simple()
        if self.chance(0.4):
            with self.block("finally:"), self.branch():
                self.simple()

    def with_(self, depth):
        with self.guarded("Exception"):
            a, b = self.fresh("m"), self.fresh("m")
            swallow = self.pick("False", "True", "None", "1")
            head = self.pick("with manager(" + self.leaf("int") + ", " + swallow + ") as " + a + ":",
                             "with manager(1, " + swallow + "), manager(2, False) as (" + a + "):",
                             "with (manager(1, " + swallow + ") as " + a + ", manager(3, 0) as " + b + ",):",
                             "with manager([1, 2], " + swallow + ") as [" + a + ", *" + b + "]:",
                             "with memoryview(bytearray(b'abc')) as " + a + ":", "with " + self.leaf("any") + ":")
            with self.block(head), self.branch():
                self.body(2, depth)
                if self.chance(0.4):
                    self.w(self.raising())

    # --- functions ------------------------------------------------------------------------------

    @contextlib.contextmanager
    def function_scope(self, kind):
        self.scopes.append(Scope(kind))
        loops, self.loop_depth = self.loop_depth, 0
        walrus, self.no_walrus = self.no_walrus, 0
        awaits, self.no_await = self.no_await, 0
        yield
        self.scopes.pop()
        self.loop_depth, self.no_walrus, self.no_await = loops, walrus, awaits

    def function(self, depth=2, decorate=True):
        """def f(typed arguments) -> typed result, callable from later expressions."""
        name = self.fresh("f")
        kinds = [self.r.choice(NAMED) for _ in range(self.r.randrange(3))]
        result = self.r.choice(NAMED)
        params = ["p" + str(i) + "_" + str(self.serial) for i in range(len(kinds))]
        shown = list(params)
        if self.chance(0.2) and shown:
            shown.insert(self.r.randrange(1, len(shown) + 1), "/")
        extra = self.pick("", "", "*args", "*, key=" + self.leaf("int"), "**options", "*args, key=None, **options")
        if extra:
            shown.append(extra)
        if decorate and self.chance(0.15):
            self.w("@" + self.pick("traced", "traced", "(lambda f: f)"))
        with self.block("def " + name + "(" + ", ".join(shown) + "):"), self.function_scope("function"):
            if self.chance(0.2):
                self.w("'''doc of " + name + "'''")
            self.w("tick()")
            for n, t in zip(params, kinds):
                self.bind(n, t)
            outer = self.scopes[-2]
            names = [n for n, t in outer.vars.items() if t in ("int", "str", "list") and n[0] == "v"]
            if names and self.chance(0.3):
                n = self.r.choice(names)
                self.w(("global " if outer.kind == "module" else "nonlocal ") + n) if outer.kind != "class" else None
                if outer.kind != "class":
                    self.bind(n, outer.vars[n])
            self.body(4, depth)
            if self.chance(0.1):
                self.w(self.raising())
            self.w("return " + self.safe_value(result))
        if self.scope.kind == "module" or self.scope.kind == "function":
            if len(self.scopes) == 1:
                self.functions.append((name, kinds, result, ""))
        return name, kinds, result

    def text(self):
        return "\n".join(self.lines) + "\n"


HELPERS = {
    "manager": '''
class manager:
    def __init__(self, value, swallow):
        self.value, self.swallow = value, swallow
    def __enter__(self):
        p("enter", self.value)
        return self.value
    def __exit__(self, kind, value, tb):
        p("exit", self.value, kind, str(value), tb is None)
        return self.swallow
''',
    "traced": '''
def traced(f):
    def wrapper(*args, **kwargs):
        p("call", f.__name__, len(args), sorted(kwargs))
        return f(*args, **kwargs)
    return wrapper
''',
    "later": '''
async def later(x):
    await asyncio.sleep(0)
    return x
''',
}


def with_helpers(text, imports=""):
    """The program, with the helpers that it uses in front."""
    head = "".join(body.lstrip("\n") for name, body in HELPERS.items() if name in text)
    if "asyncio" in head + text:
        imports = "import asyncio\n" + imports
    return imports + head + text
