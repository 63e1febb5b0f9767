# SPDX-License-Identifier: MIT
# The generator's core: scopes of typed variables, and expressions of a wanted type.
import collections
import random

import pool
from tables import ATTRIBUTE_ROWS, FUNCTION_ROWS, METHOD_ROWS

WRONG = ["int", "float", "str", "bytes", "list", "tuple", "dict", "none", "bool", "range", "set", "func"]
# What may be turned into text: memoryviews and functions have an address in their repr.
ANY = ["int", "int", "float", "bool", "str", "str", "bytes", "bytearray", "list", "slist", "tuple", "dict", "set",
        "frozenset",
       "range", "none", "slice"]
VALUES = ["int", "int", "float", "bool", "str", "str", "bytes", "bytearray", "list", "slist", "tuple", "dict", "set",
          "frozenset", "range", "none", "slice", "memoryview"]
BINARY = ["+", "-", "*", "//", "%", "&", "|", "^", "/", "@"]
COMPARE = ["==", "!=", "<", "<=", ">", ">="]

by_result = collections.defaultdict(list)
for row in METHOD_ROWS + FUNCTION_ROWS:
    by_result[row.result].append(row)
    if row.result == "num":
        by_result["int"].append(row)
        by_result["float"].append(row)
by_receiver = collections.defaultdict(list)
for row in METHOD_ROWS:
    by_receiver[row.receiver or row.static].append(row)


class Scope:
    def __init__(self, kind):
        self.kind = kind          # module, function, class, generator, async, asyncgen
        self.vars = {}            # name: type
        self.declared = set()     # global and nonlocal
        self.loops = 0


class Expressions:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.counts = collections.Counter()
        self.scopes = [Scope("module")]
        self.serial = 0
        self.wrong = self.r.choice([0.01, 0.02, 0.05])
        self.loop_depth = 0
        self.no_walrus = 0
        self.no_await = 0
        self.functions = []       # (name, argument types, result type, "async" or "")

    # --- small helpers --------------------------------------------------------------------------

    def chance(self, x):
        return self.r.random() < x

    def pick(self, *choices):
        return self.r.choice(choices)

    def fresh(self, stem="v"):
        self.serial += 1
        return stem + str(self.serial)

    @property
    def scope(self):
        return self.scopes[-1]

    def visible(self, kind):
        names = []
        for i, scope in enumerate(self.scopes):
            if scope.kind == "class" and i != len(self.scopes) - 1:
                continue
            names += [n for n, t in scope.vars.items() if t == kind]
        return names

    def bounded(self):
        """Whether what is written here may run many times."""
        return self.loop_depth > 0 or len(self.scopes) > 1

    # --- leaves ---------------------------------------------------------------------------------

    def leaf(self, kind):
        if kind == "any":
            kind = self.r.choice(ANY)
        names = self.visible(kind)
        if names and self.chance(0.55):
            return self.r.choice(names)
        return self.literal(kind)

    def literal(self, kind):
        r = self.r
        if kind == "int":
            return r.choice(pool.INTS) if self.chance(0.6) else str(r.randrange(-20, 200))
        if kind == "num":
            return self.literal(self.pick("int", "int", "float", "bool"))
        simple = {"float": pool.FLOATS, "bool": pool.BOOLS, "str": pool.STRS, "bytes": pool.BYTES,
                  "small": pool.SMALL, "len": pool.LENGTHS, "char": pool.CHARS, "bchar": pool.BCHARS,
                  "sub": pool.SUBS, "bsub": pool.BSUBS, "codec": pool.CODECS, "handler": pool.HANDLERS,
                  "memformat": pool.MEMFORMATS, "key": pool.KEYS}
        if kind in simple:
            return r.choice(simple[kind])
        return getattr(self, "literal_" + kind)()

    def literal_none(self):
        return "None"

    def items(self, kinds, most=4):
        return [self.literal(self.r.choice(kinds)) for _ in range(self.r.randrange(most + 1))]

    def literal_list(self):
        k = self.r.random()
        if k < 0.6:
            return "[" + ", ".join(self.items(["int"], 5)) + "]"
        if k < 0.8:
            return "[" + ", ".join(self.items(["num"], 5)) + "]"
        if k < 0.9:
            return "[" + ", ".join(self.items(["int", "str", "none", "tuple"])) + "]"
        return "[" + ", ".join(["[" + ", ".join(self.items(["int"], 2)) + "]" for _ in range(2)]) + "]"

    def literal_slist(self):
        return "[" + ", ".join(self.items(["str", "sub"])) + "]"

    def literal_blist(self):
        return "[" + ", ".join(self.items(["bytes", "bchar"], 3)) + "]"

    def literal_tuple(self):
        items = self.items(["int", "str", "float", "none"], 4)
        return "(" + ", ".join(items) + ("," if len(items) == 1 else "") + ")"

    def literal_bytearray(self):
        return "bytearray(" + self.literal("bytes") + ")"

    def literal_memoryview(self):
        return "memoryview(" + self.literal(self.pick("bytes", "bytearray")) + ")"

    def literal_range(self):
        r = self.r
        return r.choice(["range(5)", "range(0)", "range(1, 8, 2)", "range(5, 0, -1)", "range(-3, 3)",
                         "range(10, 0, -3)", "range(2, 2)", "range(3)"])

    def literal_slice(self):
        return "slice(" + ", ".join(self.literal("idx") for _ in range(self.r.randrange(1, 4))) + ")"

    def literal_dict(self):
        r = self.r
        pairs = []
        for _ in range(r.randrange(4)):
            pairs.append(r.choice(pool.KEYS[:8]) + ": " + self.literal(self.pick("int", "int", "str", "none")))
        return "{" + ", ".join(pairs) + "}"

    def literal_set(self):
        items = self.items(["int"], 5)
        return "{" + ", ".join(items) + "}" if items else "set()"

    def literal_frozenset(self):
        return "frozenset([" + ", ".join(self.items(["int"], 4)) + "])"

    def literal_idx(self):
        return self.r.choice(pool.SMALL + ["None", "-10", "10", "-1"])

    def literal_view(self):
        return self.literal_dict() + "." + self.pick("keys", "values", "items") + "()"

    def literal_iter(self):
        return "iter(" + self.literal(self.pick("list", "tuple", "str", "range", "dict", "set")) + ")"

    def literal_class(self):
        return self.pick("int", "str", "list", "dict", "tuple", "bool", "float", "bytes", "set", "type", "object",
                         "ValueError", "type(None)")

    def literal_classinfo(self):
        return self.pick(self.literal_class(), self.literal_class(), "(int, str)", "int | str", "(list, (tuple,))",
                         "int | None", "()", "'int'", "list[int]")

    def literal_func(self):
        return self.pick("len", "max", "abs", "str.upper", "int")

    def literal_order(self):
        return self.pick("'big'", "'little'", "'big'", "'middle'")

    def literal_hexfloat(self):
        return self.pick("'0x1.8p3'", "'inf'", "'-0x.1p-4'", "' 0x1p1 '", "'1.5'", "'0x'", "'nan'", "'0x1p2000'",
                "'zz'")

    def literal_hexstr(self):
        return self.pick("'00ff'", "'0a 1B 2c'", "''", "'0'", "'zz'", "' 61 62 '", "'a b'")

    def literal_hexsep(self):
        return self.pick("':'", "'-'", "' '", "b':'", "''", "'ab'")

    def literal_subs(self):
        return self.pick(self.literal("sub"), "(" + self.literal("sub") + ", " + self.literal("sub") + ")", "()",
                "['a']")

    def literal_bsubs(self):
        return self.pick(self.literal("bsub"), "(" + self.literal("bchar") + ", " + self.literal("bsub") + ")", "()")

    def literal_transdict(self):
        return self.pick("{97: 98}", "{97: 'xy', 98: None}", "{'a': 'b', 'l': None}", "{'ab': 1}", "{}",
                "{97: 1114112}",
                         "{'a': 1.5}", "str.maketrans('abc', 'xyz')", "str.maketrans('ab', 'cd', 'l')")

    def literal_btable(self):
        return self.pick("None", "bytes(range(256))", "bytes.maketrans(b'abc', b'xyz')", "b'short'")

    def literal_byte(self):
        return self.pick("0", "97", "255", "256", "-1", "98", "44")

    def literal_bytesarg(self):
        return self.pick("[1, 2, 3]", "3", "0", "-1", "b'xy'", "range(4)", "[256]", "['a']", "bytearray(b'q')",
                "(1, 2.5)",
                         "memoryview(b'mem')", "'text'", "[0, 255]", self.literal("bytes"))

    def literal_membytes(self):
        return self.pick("b'abcdefgh'", "bytearray(b'12345678')", "bytearray(4)", "b''", "memoryview(b'abcd')[1:3]",
                         "bytes(range(16))", "memoryview(bytearray(b'abcdef'))[::2]", "'s'", "5")

    def literal_memorder(self):
        return self.pick("'C'", "'F'", "'A'", "None", "'X'")

    def literal_hashable(self):
        return self.literal("int") if self.chance(0.95) else self.r.choice(pool.UNHASHABLE)

    def literal_smalliter(self):
        return self.literal(self.pick("list", "list", "slist", "tuple", "str", "bytes", "range", "dict", "set", "view"))

    def literal_intiter(self):
        return self.pick(self.literal_set(), self.literal_range(), "[" + ", ".join(self.items(["int"])) + "]",
                         "(1, 2)", "b'ab'", "{1: 2, 3: 4}", "frozenset([2, 3])")

    def literal_pairs(self):
        return self.pick("[('a', 1), ('b', 2)]", "[(1, 2)]", "[[1, 2], (3, 4)]", "zip('abc', range(3))", "{'x': 1}",
                         "['ab', 'cd']", "[(1,)]", "[1]", "[(1, 2, 3)]", "{}.items()", "[([], 1)]", "()")

    def literal_keyfunc(self):
        return self.pick("None", "lambda x: -x", "str", "abs", "lambda x: x % 3", "repr", "len", "lambda: 0",
                         "lambda x: (x > 2, x)", "lambda x: 0", "int")

    def literal_predicate(self):
        return self.pick("None", "lambda x: x", "lambda x: x > 1", "bool", "callable", "str.isdigit", "lambda x: 1 / x")

    def literal_mapper(self):
        return self.pick("str", "abs", "lambda x: (x, x)", "len", "lambda x: x + 1", "type", "lambda x, y: 0", "repr",
                "float")

    def literal_mapper2(self):
        return self.pick("lambda x, y: (x, y)", "max", "lambda a, b=2: [a, b]", "divmod", "lambda x: x", "print")

    def literal_numlist(self):
        if self.chance(0.1):
            return self.literal_smalliter()
        return self.pick("[" + ", ".join(self.items(["int"], 6)) + "]",
                "(" + "".join(x + ", " for x in self.items(["num"])) + ")",
                         self.literal_range(), self.literal_set(), "[" + ", ".join(self.items(["num"], 6)) + "]")

    def literal_sized(self):
        return self.literal(self.pick("str", "list", "tuple", "dict", "set", "bytes", "range", "bytearray",
                "memoryview", "view"))

    def literal_seq(self):
        return self.literal(self.pick("str", "list", "tuple", "range", "bytes", "dict", "bytearray", "view", "set",
                "slist"))

    def literal_numspec(self):
        return repr(pool.spec(self.r, "int"))

    def literal_strspec(self):
        return repr(pool.spec(self.r, "str"))

    def literal_floatarg(self):
        return self.pick("'1.5'", "' 2 '", "'1e3'", "'nan'", "'-inf'", "'x'", "''", "'1_0'", "'0x1'", "b'2.5'",
                "10**400", "3",
                         "'infinity'", "'1.5.2'", "[]", "'\u0663'")

    def literal_intarg(self):
        return self.pick("'12'", "' -7 '", "3.99", "-2.5", "True", "'1_000'", "'x'", "''", "b'12'", "1e20",
                "float('inf')",
                         "float('nan')", "'1.5'", "[]", "'\u0663'", "'0b1'", "bytearray(b'9')", "'+5'", "'--5'")

    def literal_intstr(self):
        return self.pick("'12'", "'ff'", "'0xff'", "'0b11'", "'z'", "'0o7'", "''", "'1_0'", "b'11'", "12", "'-10'",
                "'012'")

    def literal_base(self):
        return self.pick("0", "2", "8", "10", "16", "36", "3", "1", "37", "-1", "2.0")

    def literal_ord(self):
        return self.pick("65", "0", "233", "128512", "1114111", "1114112", "-1", "55296", "97")

    def literal_exp(self):
        return self.pick("0", "1", "2", "3", "5", "-1", "-2", "2.0", "10", "True")

    # --- arguments ------------------------------------------------------------------------------

    def argument(self, code, depth):
        """An expression for one argument. Sizes stay literal, so that no program needs gigabytes."""
        if code == "hashable":
            return self.literal(code)
        if code in ("len", "small", "idx", "exp", "base", "ord", "byte", "bytesarg", "hashable", "intiter", "key"):
            if self.chance(self.wrong):
                # No strings in sets: their order is not the same in two runs.
                return self.literal(self.pick("float", "none", "int") if code == "intiter" else
                                    self.pick("str", "float", "none", "tuple", "bytes"))
            return self.literal(code)
        if self.chance(self.wrong):
            return self.leaf(self.r.choice(WRONG))
        if code in ("int", "float", "str", "bytes", "bool", "list", "any", "tuple", "dict", "slist", "num", "iter"):
            return self.expr(code, depth - 1)
        names = self.visible({"smalliter": "list", "numlist": "list", "seq": "list", "sized": "str"}.get(code, ""))
        if names and self.chance(0.4):
            return self.r.choice(names)
        return self.literal(code)

    def arguments(self, row, depth):
        out, keywords, left_out = [], [], False
        for keyword, code, times in row.args:
            if times == "?" and self.chance(0.5):
                left_out = True
                continue
            for _ in range(self.r.randrange(4) if times == "*" else 1):
                value = self.argument(code, depth)
                if keyword and (left_out or self.chance(0.6) or keywords):
                    keywords.append(keyword + "=" + value)
                elif not left_out and not keywords:
                    out.append(value)
        if self.chance(self.wrong / 2) and row.name != "hash":      # of a str, it differs with each run
            if out and self.chance(0.5):
                out.pop()
            else:
                out.insert(0, self.leaf("any"))
        if out and self.chance(0.02):
            out[-1] = "*[" + out[-1] + "]"
        if self.chance(self.wrong / 8) and row.name not in ("zip", "max", "min"):
            keywords.append(self.pick("key=1", "x=2", "end=''"))
        return ", ".join(out + keywords)

    def call_row(self, row, depth):
        if row.receiver:
            self.counts[row.receiver + "." + row.name] += 1
            return self.receiver(row.receiver, depth) + "." + row.name + "(" + self.arguments(row, depth) + ")"
        if row.static:
            self.counts[row.static + "." + row.name] += 1
            return row.static + "." + row.name + "(" + self.arguments(row, depth) + ")"
        return row.name + "(" + self.arguments(row, depth) + ")"

    def receiver(self, kind, depth):
        e = self.leaf(kind) if self.chance(0.8) or kind in ("view", "memoryview", "slice",
                "range") else self.expr(kind, depth - 1)
        return e if e.isidentifier() or e[0] in "([{'\"" and kind != "int" else "(" + e + ")"

    # --- expressions ----------------------------------------------------------------------------

    def expr(self, kind, depth=2):
        r = self.r
        if self.chance(self.wrong / 3):
            kind = r.choice(WRONG)
        if kind == "any":
            kind = r.choice(ANY)
        if kind == "num":
            kind = self.pick("int", "int", "float", "bool")
        if depth <= 0 or self.chance(0.25):
            return self.leaf(kind)
        if self.chance(0.12):
            return self.wrapped(kind, depth - 1)
        make = getattr(self, "expr_" + kind, None)
        if make and self.chance(0.55):
            return make(depth - 1)
        rows = by_result.get(kind)
        if rows:
            return self.call_row(r.choice(rows), depth)
        return self.leaf(kind)

    def wrapped(self, kind, depth):
        """Forms that have the type of what they hold."""
        e = self.expr
        k = self.r.randrange(13)
        if k == 0:
            return "(" + e(kind, depth) + " if " + e("bool", depth) + " else " + e(kind, depth) + ")"
        if k == 1 and not self.no_walrus and self.scope.kind != "class":
            name = self.fresh("w")
            value = e(kind, depth)
            self.scope.vars[name] = kind
            return "(" + name + " := " + value + ")"
        if k == 2:
            return "(lambda: " + self.quiet(kind, depth) + ")()"
        if k == 3:
            name = self.fresh("a")
            return "(lambda " + name + ", *rest, **more: " + name + ")(" + e(kind,
                    depth) + ", " + self.leaf("any") + ")"
        if k == 4:
            return "[" + self.leaf("any") + ", " + e(kind, depth) + "][" + self.pick("1", "-1", "True") + "]"
        if k == 5:
            return "{'k': " + e(kind, depth) + "}['k']"
        if k == 6:
            return "(" + self.pick("None", "0", "''", "[]") + " or " + e(kind, depth) + ")"
        if k == 7:
            return "(" + self.pick("1", "'x'", "True") + " and " + e(kind, depth) + ")"
        if k == 8:
            return "next(iter([" + e(kind, depth) + "]))"
        if k == 9:
            calls = [f for f in self.functions if f[2] == kind and not f[3]]
            if calls:
                return self.call_function(self.r.choice(calls), depth)
        if k == 10 and self.scope.kind in ("async", "asyncgen") and not self.no_await:
            return "(await later(" + e(kind, depth) + "))"
        if k == 11:
            return "(*[" + e(kind, depth) + "],)[0]"
        if k == 12:
            return "[" + e(kind, depth) + " for _ in 'x'][0]" if not self.no_walrus else e(kind, depth)
        return e(kind, depth)

    def quiet(self, kind, depth):
        """An expression that can stand in a lambda: no walrus of the enclosing scope, no await."""
        self.no_walrus += 1
        self.no_await += 1
        e = self.expr(kind, depth)
        self.no_walrus -= 1
        self.no_await -= 1
        return e

    def call_function(self, function, depth):
        name, args, _, _ = function
        return name + "(" + ", ".join(self.expr(a, depth - 1) for a in args) + ")"

    def tamed(self, kind, depth):
        """An operand that cannot grow without bound where it is computed again and again."""
        e = self.expr(kind, depth)
        if not self.bounded():
            return e
        if kind in ("int", "num"):
            return "(" + e + ") % " + self.pick("7", "97", "1009")
        if kind in ("str", "bytes", "list", "tuple", "slist", "bytearray"):
            return "(" + e + ")[:" + self.pick("3", "5", "-1") + "]" if not e.isidentifier() else e + "[:4]"
        return e

    def expr_int(self, d):
        k = self.r.randrange(15)
        e = self.expr
        if k < 4:
            op = self.pick("+", "-", "*", "//", "%", "&", "|", "^")
            right = self.tamed("int", d) if op == "*" else e("int", d)
            return "(" + e("int", d) + " " + op + " " + right + ")"
        if k == 4:
            return "(" + self.tamed("int", d) + " " + self.pick("<<", ">>") + " " + self.literal("len") + ")"
        if k == 5:
            base = self.tamed("int", d)
            return "((" + base + ") ** " + self.pick("0", "1", "2", "3", "-1") + ")"
        if k == 6:
            return "(" + self.pick("-", "~", "+") + e("int", d) + ")"
        if k == 7:
            return "len(" + e(self.pick("str", "list", "tuple", "dict", "set", "bytes"), d) + ")"
        if k == 8:
            return self.bracketed("list", d) + "[" + self.literal("idx") + "]"
        if k == 9:
            return self.bracketed(self.pick("bytes", "range", "bytearray"), d) + "[" + self.literal("small") + "]"
        if k == 10:
            name = self.fresh("x")
            return "sum(" + name + " for " + name + " in " + self.argument("numlist", d) + " if " + name + " " + \
                self.pick("> 0", "% 2", "!= 3", "< 100") + ")"
        if k == 11:
            row = self.r.choice([a for a in ATTRIBUTE_ROWS if a[2] == "int"])
            self.counts[row[0] + "." + row[1]] += 1
            return self.receiver(row[0], d) + "." + row[1]
        if k == 12:
            return "int(" + e(self.pick("float", "bool", "int", "str"), d) + ")"
        if k == 13:
            return "(" + e("int", d) + " " + self.pick("+", "-") + " " + e("bool", d) + ")"
        return "hash(" + self.argument("hashable", d) + ")"

    def expr_float(self, d):
        k = self.r.randrange(7)
        e = self.expr
        if k < 3:
            return "(" + e("float", d) + " " + self.pick("+", "-", "*", "/", "//", "%") + " " + e("num", d) + ")"
        if k == 3:
            return "(" + e("int", d) + " / " + e("num", d) + ")"
        if k == 4:
            return "(-" + e("float", d) + ")"
        if k == 5:
            return "float(" + e("num", d) + ")"
        return "(abs(" + e("float", d) + ") ** " + self.pick("2", "0.5", "-1", "3.0") + ")"

    def expr_bool(self, d):
        k = self.r.randrange(11)
        e = self.expr
        if k < 4:
            kind = self.pick("int", "num", "float", "str", "list", "tuple", "set", "bytes")
            return "(" + e(kind, d) + " " + self.r.choice(COMPARE) + " " + e(kind, d) + ")"
        if k == 4:
            kind = self.pick("int", "num")
            return "(" + e(kind, d) + " " + self.r.choice(COMPARE) + " " + e(kind, d) + " " + self.r.choice(COMPARE) + \
                " " + e(kind, d) + ")"
        if k == 5:
            return "(not " + e("any", d) + ")"
        if k == 6:
            return "(" + self.argument("sub", d) + " " + self.pick("in", "not in") + " " + e("str", d) + ")"
        if k == 7:
            return "(" + e("int", d) + " " + self.pick("in", "not in") + " " + \
                e(self.pick("list", "tuple", "set", "range", "bytes", "dict", "frozenset"), d) + ")"
        if k == 8:
            return "(" + self.leaf(self.pick("none", "list", "dict")) + " " + self.pick("is", "is not") + " None)"
        if k == 9:
            return "(" + e("bool", d) + " " + self.pick("and", "or", "&", "|", "^") + " " + e("bool", d) + ")"
        return "(" + e("set", d) + " " + self.r.choice(COMPARE) + " " + e(self.pick("set", "frozenset"), d) + ")"

    def expr_str(self, d):
        k = self.r.randrange(12)
        e = self.expr
        if k < 2:
            return "(" + self.tamed("str", d) + " + " + e("str", d) + ")"
        if k == 2:
            return "(" + self.tamed("str", d) + " * " + self.literal("small") + ")"
        if k < 6:
            return self.fstring(d)
        if k == 6:
            return self.bracketed("str", d) + self.subscript()
        if k == 7:
            return self.percent(d)
        if k == 8:
            return self.str_format(d)
        if k == 9:
            name = self.fresh("c")
            return self.literal("sub") + ".join([str(" + name + ") for " + name + " in " + self.argument("smalliter",
                    d) + "])"
        if k == 10:
            return self.pick("str", "repr", "ascii") + "(" + e(self.pick("num", "str", "list", "dict", "bytes",
                    "tuple"), d) + ")"
        return "(" + self.literal("sub") + " " + self.literal("str") + ")"

    def expr_bytes(self, d):
        k = self.r.randrange(5)
        if k == 0:
            return "(" + self.tamed("bytes", d) + " + " + self.expr(self.pick("bytes", "bytes", "bytearray"), d) + ")"
        if k == 1:
            return self.bracketed("bytes", d) + "[" + self.slice_text() + "]"
        if k == 2:
            return "(" + self.tamed("bytes", d) + " * " + self.literal("small") + ")"
        if k == 3:
            return "(" + self.literal("bytes") + " b" + self.pick("'%d'", "'%s|%a'", "'%5.2f'", "'%b %x'", "'%c'",
                    "'%r'") + " % " + \
                self.pick("(" + self.leaf("int") + ",)", "(" + self.leaf("bytes") + ", " + self.leaf("any") + ")",
                          self.leaf("num"), self.leaf("bytes")) + ")"
        return "bytes(" + self.argument("bytesarg", d) + ")"

    def bracketed(self, kind, d):
        e = self.leaf(kind) if self.chance(0.7) else self.expr(kind, d)
        return e if e.isidentifier() else "(" + e + ")"

    def slice_text(self):
        parts = [self.pick("", self.literal("small")) for _ in range(3)]
        return parts[0] + ":" + parts[1] + (":" + parts[2] if self.chance(0.5) else "")

    def subscript(self):
        return "[" + (self.literal("small") if self.chance(0.5) else self.slice_text()) + "]"

    def sequence(self, kind, opening, closing, d):
        k = self.r.randrange(7)
        e = self.expr
        if k == 0:
            return "(" + self.tamed(kind, d) + " + " + e(kind, d) + ")"
        if k == 1:
            return self.bracketed(kind, d) + "[" + self.slice_text() + "]"
        if k == 2:
            return "(" + self.tamed(kind, d) + " * " + self.literal("small") + ")"
        if k == 3:
            return opening + e("any", d) + ", *" + self.argument("smalliter", d) + "," + closing
        return opening + "".join(e("any", d) + ", " for _ in range(self.r.randrange(4))) + closing

    def expr_list(self, d):
        if self.chance(0.4):
            return "[" + self.comprehension(d) + "]"
        return self.sequence("list", "[", "]", d)

    def expr_slist(self, d):
        name = self.fresh("s")
        return "[" + self.pick("str", "repr",
                "ascii") + "(" + name + ") for " + name + " in " + self.argument("smalliter", d) + "]"

    def expr_tuple(self, d):
        if self.chance(0.2):
            return "tuple(" + self.comprehension(d) + ")"
        return self.sequence("tuple", "(", ")", d)

    def expr_dict(self, d):
        k = self.r.randrange(4)
        if k == 0:
            name = self.fresh("k")
            return "{" + name + ": " + self.pick("[" + name + "]", "0",
                    "str(" + name + ")") + " for " + name + " in " + \
                self.argument("numlist", d) + "}"
        if k == 1:
            return "(" + self.leaf("dict") + " | " + self.leaf("dict") + ")"
        if k == 2:
            return "{**" + self.leaf("dict") + ", " + self.argument("key", d) + ": " + self.expr("any", d) + "}"
        return "dict(" + self.pick("", "a=1, b=2", "[('a', 1)], b=2", "**{'z': 3}", "{}, a=0", "1", "[1, 2]") + ")"

    def expr_set(self, d):
        k = self.r.randrange(3)
        if k == 0:
            return "(" + self.leaf("set") + " " + self.pick("|", "&", "-", "^") + " " + self.leaf(self.pick("set",
                    "frozenset")) + ")"
        if k == 1:
            name = self.fresh("k")
            return "{" + name + " " + self.pick("% 5", "* 2",
                    "+ 0") + " for " + name + " in " + self.literal("intiter") + "}"
        return "{*" + self.literal("intiter") + ", " + self.leaf("int") + "}"

    def expr_frozenset(self, d):
        return "(" + self.leaf("frozenset") + " " + self.pick("|", "&", "-", "^") + " " + self.leaf("set") + ")"

    def expr_bytearray(self, d):
        return "(" + self.tamed("bytearray", d) + " + " + self.leaf("bytes") + ")"

    def expr_none(self, d):
        rows = by_result["none"]
        return self.call_row(self.r.choice(rows), d)

    def expr_memoryview(self, d):
        return "memoryview(" + self.literal("membytes") + ")" + self.pick("", "[1:]", "[::-1]", "[:0]", ".cast('b')")

    def expr_func(self, d):
        return "(lambda x=" + self.quiet("int", d) + ", /, *a, k=" + self.quiet("any",
                d) + ", **kw: " + self.pick("x", "k", "(x, a)") + ")"

    def expr_iter(self, d):
        return "(" + self.comprehension(d) + ")"

    def comprehension(self, d):
        """What stands inside the brackets of a list, tuple() or generator."""
        x = self.fresh("x")
        self.no_walrus += 1
        self.no_await += 1
        source = self.argument("smalliter", d)
        head = self.pick(x, "(" + x + ", 1)", "[" + x + "]", "str(" + x + ")", x + " == " + self.leaf("int"),
                "f'{" + x + "!r:>4}'")
        text = head + " for " + x + " in " + source
        if self.chance(0.35):
            text += " if " + self.pick(x, x + " != " + self.leaf("int"), "not " + x, "type(" + x + ") is int")
        if self.chance(0.2):
            y = self.fresh("y")
            text = "(" + x + ", " + y + ") for " + x + " in " + source + " for " + y + " in " + \
                self.pick("range(2)", self.literal("range"), "[" + x + "]", "'pq'")
        self.no_walrus -= 1
        self.no_await -= 1
        return text

    # --- text formatting ------------------------------------------------------------------------

    def fstring(self, d):
        parts = []
        for _ in range(self.r.randrange(1, 4)):
            parts.append(self.pick("", "a", "{{", "}}", " - ", "\u00e9", "\\n", "x=", "{{}}"))
            kind = self.pick("int", "float", "str", "any", "int", "str")
            e = "(" + self.expr(kind, d) + ")"
            if self.chance(0.2):
                e = self.leaf(kind)
                e = "(" + e + ")" if e[0] == "{" or ":" in e or "!" in e or "=" in e else e
            # CPython 3.13.0 takes a # inside a string for a comment when it shows the text.
            part = e + (self.pick("=", " = ") if "#" not in e and self.chance(0.1) else "")
            conversion = self.pick("", "", "!r", "!s", "!a")
            part += conversion
            if self.chance(0.5):
                spec = pool.spec(self.r, "str" if conversion else kind).replace("(", "")
                if self.chance(0.2):
                    spec = "{" + self.literal("len") + "}" + self.pick("", "d", "s", ".{2}f")
                part += ":" + spec
            parts.append("{" + part + "}")
        quote = self.pick('"', "'", '"""')
        text = "".join(parts)
        if "\n" in text:
            quote = '"""'
        return self.pick("f", "f", "F") + quote + text + quote

    def percent(self, d):
        n = self.r.randrange(1, 4)
        form = " ".join(pool.percent(self.r) for _ in range(n))
        values = [self.expr(self.pick("int", "float", "str", "any", "int"), d) for _ in range(n)]
        if self.chance(0.1):
            values.append("1")
        if self.chance(0.1):
            return "('%(a)s %(b)5d' % " + self.pick("{'a': 1, 'b': 2}", "{'a': 1}", "{'a': [], 'b': 'x'}", "5") + ")"
        if n == 1 and self.chance(0.3):
            return "(" + repr(form) + " % " + values[0] + ")"
        return "(" + repr(form) + " % (" + "".join(v + ", " for v in values) + "))"

    def str_format(self, d):
        parts, values = [], []
        manual = self.chance(0.3)
        self.counts["str.format"] += 1
        for i in range(self.r.randrange(1, 4)):
            kind = self.pick("int", "float", "str", "any")
            values.append(self.expr(kind, d))
            field = str(self.r.randrange(3)) if manual else ""
            if self.chance(0.1):
                field += self.pick(".real", "[0]", "[a]", ".__class__", "[", ".", "[-1]", "x")
            field += self.pick("", "", "!r", "!s", "!a", "!z" if self.chance(0.1) else "")
            if self.chance(0.6):
                field += ":" + (pool.spec(self.r, kind) if self.chance(0.9) else "{w}")     # a width in bounds
            parts.append(self.pick("", "a", "{{", "}}", "=") + "{" + field + "}")
        if any("{w}" in part for part in parts):
            values.append("w=" + self.literal("len"))
        if self.chance(0.15):
            parts.append("{k}")
            values.append("k=" + self.leaf("any"))
        if self.chance(0.03):
            parts.append(self.pick("{", "}", "{0", "{}{0}"))
        return repr("".join(parts)) + ".format(" + ", ".join(values) + ")"
