# SPDX-License-Identifier: MIT
# Areas about data: what a program is mostly about. Each takes a generator and writes a program.
import pool
from gen import VALUES, by_receiver
from tables import ATTRIBUTE_ROWS, FUNCTION_ROWS, METHOD_ROWS

# Names that say something about the implementation, or that aio refuses by name.
SKIP_DUNDER = set("""__sizeof__ __reduce__ __reduce_ex__ __getnewargs__ __setstate__ __getstate__ __dir__ __doc__ __init_subclass__
__subclasshook__ __class__ __new__ __init__ __getattribute__ __setattr__ __delattr__ __alloc__ __getformat__ __buffer__
__release_buffer__ __class_getitem__ __hash__ __repr__ __str__ __dict__ __del__ __call__ __get__""".split())
GROWING = set("""__mul__ __rmul__ __imul__ __lshift__ __rlshift__ __pow__ __rpow__ __rrshift__""".split())
DUNDER_TYPES = {"int": int, "float": float, "bool": bool, "str": str, "bytes": bytes, "bytearray": bytearray,
        "list": list,
                "tuple": tuple, "range": range, "slice": slice, "dict": dict, "set": set, "frozenset": frozenset,
                "none": type(None),
                "memoryview": memoryview}


def arith(g):
    for _ in range(2):
        g.assign()
    for _ in range(g.r.randrange(8, 16)):
        k = g.r.random()
        if k < 0.6:
            g.show(g.expr(g.pick("int", "float", "num", "bool"), 4))
        elif k < 0.85:
            g.show(g.call_row(g.r.choice([r for r in METHOD_ROWS + FUNCTION_ROWS if r.receiver in ("int", "float",
                    "bool") or
                                          r.result in ("int", "num", "float") or r.static in ("int", "float")]), 3))
        else:
            g.augment()


def text(g):
    for _ in range(g.r.randrange(8, 14)):
        k = g.r.random()
        if k < 0.3:
            g.show(g.call_row(g.r.choice(by_receiver[g.pick("str", "str", "bytes", "bytearray")]), 2))
        elif k < 0.5:
            g.show(g.fstring(2))
        elif k < 0.65:
            g.show(g.percent(2))
        elif k < 0.8:
            g.show(g.str_format(2))
        elif k < 0.9:
            kind = g.pick("int", "float", "str", "num")
            g.show("format(" + g.leaf(kind) + ", " + repr(pool.spec(g.r, kind)) + ")")
        else:
            g.show(g.expr(g.pick("str", "bytes", "slist", "bytearray"), 3))


def sequences(g):
    for _ in range(3):
        g.assign()
    for _ in range(g.r.randrange(6, 12)):
        k = g.r.random()
        if k < 0.35:
            g.show(g.call_row(g.r.choice(by_receiver[g.pick("list", "tuple", "range", "slice", "slist", "memoryview",
                    "bytearray")]), 3))
        elif k < 0.55:
            g.show(g.expr(g.pick("list", "tuple", "range", "slist", "slice", "iter", "any"), 3))
        elif k < 0.65:
            g.unpack()
        elif k < 0.8:
            g.store()
        elif k < 0.9:
            g.mutate()
        else:
            g.show("list(" + g.call_row(g.r.choice([r for r in FUNCTION_ROWS if r.result == "iter"]), 2) + ")")


def mappings(g):
    for kind in ("dict", "set", "dict"):
        name = g.fresh()
        g.w(name + " = " + g.literal(kind))
        g.bind(name, kind)
    for _ in range(g.r.randrange(8, 14)):
        k = g.r.random()
        if k < 0.4:
            g.mutate()
        elif k < 0.6:
            g.show(g.call_row(g.r.choice(by_receiver[g.pick("dict", "set", "frozenset", "view")]), 2))
        elif k < 0.7:
            g.show(g.leaf("view") + " " + g.pick("&", "|", "-", "^", "==", "<", "<=", ">") + " " +
                   g.pick(g.leaf("view"), g.leaf("set"), g.leaf("list"), g.leaf("int")))
        elif k < 0.8:
            g.show(g.expr(g.pick("dict", "set", "frozenset", "view"), 3))
        elif k < 0.9:
            name = g.fresh()
            with g.guarded("Exception"):
                d = g.r.choice(g.own("dict"))
                with g.block("for " + name + " in " + d + g.pick("", ".items()", ".values()", ".keys()") + ":"):
                    g.w("tick()")
                    g.w(g.pick(d + "[" + g.literal("key") + "] = 1", "p(" + name + ")", d + ".pop(" + name + ", None)",
                               d + ".clear()", "p(" + name + ")"))
        else:
            g.augment()


def methods(g):
    """The explicit call of special methods, with any arguments."""
    for _ in range(g.r.randrange(10, 18)):
        kind = g.pick(*DUNDER_TYPES)
        names = [n for n in dir(DUNDER_TYPES[kind]) if n.startswith("__") and n not in SKIP_DUNDER]
        name = g.r.choice(names)
        g.counts[kind + "." + name] += 1
        args = []
        for _ in range(g.pick(0, 1, 1, 1, 1, 2, 3)):
            other = g.pick(kind, kind, "int", "str", "none", "list", "slice", "float", "tuple", "bytes")
            args.append(g.literal("small") if name in GROWING and other in ("int", "float", "bool") or
                        other == "int" and g.chance(0.5) else g.literal(other))
        receiver = g.literal(kind)
        if name in ("__pow__", "__rpow__") and kind == "float":     # no complex results
            receiver, args = g.literal("len"), [a.lstrip("-") for a in args]
            receiver = "float(" + receiver + ")"
        if name in GROWING and kind in ("int", "bool"):
            receiver = g.literal("small")
        if kind == "slice" or receiver[0] not in "([{'\"":
            receiver = "(" + receiver + ")"
        call = receiver + "." + name + "(" + ", ".join(args) + ")"
        if name in ("__iter__", "__reversed__", "__format__") or g.chance(0.8):
            g.show(call if name not in ("__iter__", "__reversed__") else "list(" + call + ")")
        else:
            owner = DUNDER_TYPES[kind].__name__ if kind != "none" else "type(None)"
            g.show(owner + "." + name + "(" + ", ".join([receiver] + args) + ")")


def builtin(g):
    """Every built-in function, and the ones without a type in the tables."""
    others = [
        "dir(" + g.pick("()", "5") + ")[-3:]", "eval(" + repr(g.quiet("int", 2)) + ")",
        "eval('x + 1', {'x': " + g.literal("small") + "})", "eval('x', {}, {'x': 3})",
        "exec('y = 5\\np(y)', {'p': p})", "eval(compile('1 + 2', '<s>', 'eval'))", "compile('a b', 'f', 'exec')",
        "exec(compile('p(3)', 'f', 'exec'))", "compile('1', 'f', 'bad')", "eval('1 +')", "exec('def f(:')",
        "getattr(" + g.leaf("any") + ", " + g.pick("'real'", "'nope'", "'upper'", "5") + g.pick("",
        ", 'default'") + ")",
        "hasattr(" + g.leaf("any") + ", " + g.pick("'append'", "'nope'", "'__len__'", "1") + ")",
        "setattr(" + g.leaf("any") + ", 'x', 1)", "delattr(" + g.leaf("any") + ", 'real')", "id(None) == id(None)",
        "vars(" + g.pick("5", "type('T', (), {'a': 1})()", "[]") + ")", "sorted(locals())[:0]", "'p' in globals()",
        "isinstance(" + g.leaf("any") + ", " + g.literal_classinfo() + ")",
        "exec('from math import " + g.pick("floor", "floor as f, pi", "*", "pi, e") + "')", "object()== object()",
        "type(object()).__name__",
        "type('T', (int,), {'a': 1})(5).a", "type('T', (bool,), {})", "type(1, 2)", "super()",
        "super(int, 5).__repr__()",
        "staticmethod(len)('ab')", "classmethod(len)", "property(len).fget is len", "__import__('math').floor(2.5)",
        "__import__('no_such_module')", "print(1, 'a', None, sep=" + g.pick("'-'", "None", "5",
        "''") + ", end=" + g.pick("'!\\n'", "None", "'\\n'") + ")",
        "print(1, flush=True)", "print(1, what=2)", "print(*[1, 2], sep='', end='\\n', file=None)", "callable(print)",
        "aiter([])", "anext(5)", "iter(lambda: 1, 1)", "list(iter([1, 2, 3].pop, 1))", "iter(5, 6)", "next([])",
        "__build_class__(1, 2)", "input.__name__", "open.__name__", "breakpoint.__name__", "reversed({1})",
        "NotImplemented.__class__",
        "bool(NotImplemented)", "Ellipsis", "__debug__", "max(" + g.leaf("list") + ")", "sum([[1], [2]], [])",
        "sum(['a'], '')",
        "sum([b'a'], b'')", "list(map(None, [1]))", "zip([1], [2, 3], strict=True)",
        "list(zip([1], [2, 3], strict=True))",
        "list(zip([1, 2], [2], [3, 4], strict=True))", "enumerate()",
        "list(enumerate('ab', start=" + g.literal("small") + "))",
        "round(" + g.literal("float") + ", " + g.literal("small") + ")",
        "round(" + g.literal("int") + ", " + g.literal("small") + ")",
        "pow(" + g.literal("small") + ", -1, " + g.literal("small") + ")", "pow(2, 3, mod=5)",
        "divmod(" + g.literal("num") + ", " + g.literal("num") + ")",
        "memoryview(" + g.literal("membytes") + ").tolist()", "format(" + g.leaf("any") + ", " + g.pick("''", "'5'",
        "5", "'>3'") + ")",
        "str(b'ab', 'utf-8', 'strict')", "str(1, 2)", "bytes('a')", "bytes(5, 'x')",
        "int('5', base=" + g.literal_base() + ")", "float()",
        "list(filter(" + g.literal_predicate() + ", " + g.literal_smalliter() + "))",
        "list(reversed(" + g.literal_seq() + "))",
        "sorted(" + g.literal_numlist() + ", " + g.pick("reverse=1", "key=lambda x: -x", "len",
        "key=None, reverse=True", "cmp=1") + ")",
    ]
    for _ in range(g.r.randrange(10, 16)):
        k = g.r.random()
        if k < 0.45:
            g.show(g.call_row(g.r.choice(FUNCTION_ROWS), 2))
        elif k < 0.55:
            kind, name, _ = g.r.choice(ATTRIBUTE_ROWS)
            g.counts[kind + "." + name] += 1
            g.show(g.receiver(kind, 1) + "." + name)
        elif k < 0.65:
            e = g.call_row(g.r.choice([r for r in FUNCTION_ROWS if r.result == "iter"]), 2)
            g.show("drain(" + e + ")")
        elif k < 0.68:
            with g.guarded("Exception"):
                g.w(g.pick("import math", "import math as m", "from math import floor as fl, pi",
                        "from sys import nope", "import nope.sub", "from sys import maxsize", "import os.path",
                        "from . import x"))
                g.w("p(" + g.pick("math.floor(2.5)", "m.pi", "fl(1.5)", "maxsize", "os.path.join('a', 'b')") + ")")
        else:
            g.show(g.r.choice(others))


def flow(g):
    for _ in range(g.r.randrange(4, 9)):
        g.statement(3)
    g.show_vars()


def mixed(g):
    for _ in range(g.r.randrange(1, 3)):
        g.function()
    for _ in range(g.r.randrange(4, 8)):
        g.statement(2)
    g.show_vars()


def iterators(g):
    """Iterators of built-in types, stepped by hand while what they iterate over changes."""
    for _ in range(g.r.randrange(2, 5)):
        kind = g.pick("list", "dict", "set", "bytearray", "tuple", "str", "range", "view", "bytes")
        c, it = g.fresh("c"), g.fresh("it")
        g.w(c + " = " + g.literal(kind))
        with g.guarded("Exception"):
            g.w(it + " = " + g.pick("iter(%s)", "iter(%s)", "reversed(%s)", "enumerate(%s)", "zip(%s, %s)",
                    "map(repr, %s)",
                                    "filter(None, %s)").replace("%s", c))
            for _ in range(g.r.randrange(2, 6)):
                k = g.r.random()
                if k < 0.5:
                    g.show("next(" + it + g.pick("", ", 'end'") + ")")
                elif k < 0.7:
                    change = {"list": ["append(9)", "pop()", "clear()", "insert(0, 7)"], "dict": ["clear()",
                            "setdefault('new', 1)", "popitem()"],
                              "set": ["add(77)", "clear()", "discard(1)"], "bytearray": ["append(1)",
                              "clear()"]}.get(kind)
                    g.show(c + "." + g.r.choice(change) if change else "list(" + it + ")")
                elif k < 0.8:
                    g.show(it + "." + g.pick("__length_hint__()", "__next__()", "__iter__() is " + it, "__next__(1)"))
                else:
                    g.show("drain(" + it + ", 2)")


AREAS = {f.__name__: f for f in (arith, text, sequences, mappings, methods, builtin, flow, mixed, iterators)}
NOT_METHODS = {"_from_flags"}     # of memoryview, undocumented
