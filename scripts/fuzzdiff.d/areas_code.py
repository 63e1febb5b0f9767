# SPDX-License-Identifier: MIT
# Areas about functions, classes, exceptions and patterns.
import contextlib

import pool
from gen import VALUES
from stmts import NAMED


# --- functions and calls ----------------------------------------------------------------------

def signature(g):
    """Parameters of any kind, and the names that the body may use."""
    parts, names = [], []

    def param(default):
        name = "abcdefgh"[len(names)]
        names.append(name)
        note = g.pick("", "", "", ": int", ": 'x y'")
        return name + note + ((" = " if note else "=") + g.leaf(g.pick("int", "str", "none")) if default else "")
    defaults = False
    for _ in range(g.r.randrange(3)):
        defaults = defaults or g.chance(0.2)
        parts.append(param(defaults))
    if parts and g.chance(0.3):
        parts.append("/")
    for _ in range(g.r.randrange(3)):
        defaults = defaults or g.chance(0.4)
        parts.append(param(defaults))
    k = g.r.random()
    if k < 0.3:
        parts.append("*args")
        names.append("args")
    if 0.3 <= k < 0.5 or (k < 0.3 and g.chance(0.5)):
        if k >= 0.3:
            parts.append("*")
        for _ in range(g.r.randrange(1, 3)):
            parts.append(param(g.chance(0.5)))
    if g.chance(0.3):
        parts.append("**kw")
        names.append("kw")
    return ", ".join(parts), names


def call_args(g):
    out = []
    for _ in range(g.r.randrange(5)):
        out.append(g.pick(g.leaf("int"), g.leaf("str"), "*" + g.pick("[1, 2]", "'xy'", "()", "range(2)", "(3,)")))
    for name in g.r.sample("abcdefgh", g.r.randrange(3)):
        out.append(name + "=" + g.leaf("int"))
    if g.chance(0.25):
        out.append("**" + g.pick("{'a': 1}", "{'g': 5, 'h': 6}", "{}", "{'x y': 1}", "dict(b=2)",
                "{1: 2}" if g.chance(0.3) else "{}", "None" if g.chance(0.2) else "{}"))
    return ", ".join(out)


def calls(g):
    for _ in range(g.r.randrange(2, 4)):
        name = g.fresh("f")
        params, names = signature(g)
        shown = ", ".join(names) + ("," if len(names) == 1 else "")
        if g.chance(0.6):
            with g.block(g.pick("def ", "def ") + name + "(" + params + ")" + g.pick("", " -> int",
                    " -> 'text'") + ":"):
                g.w("return (" + shown + ")")
        else:
            bare = params.replace(": int", "").replace(": 'x y'", "")
            g.w(name + " = lambda " + bare + ": (" + shown + ")")
        for _ in range(g.r.randrange(3, 7)):
            g.show(name + "(" + call_args(g) + ")")
        if g.chance(0.2):
            g.show(name + "(" + g.pick("*5", "1, *None", "**5", "*[], **None", "a=1, **[1]") + ")")
        g.show(name + "." + g.pick("__name__", "__defaults__", "__kwdefaults__", "__annotations__", "__qualname__",
                "__doc__", "__module__",
                                   "__code__.co_name", "__closure__", "__dict__", "__code__.co_varnames",
                                   "__code__.co_argcount", "nope",
                                   "__code__.co_flags", "__type_params__", "__code__.co_kwonlyargcount"))
        if g.chance(0.3):
            g.w(name + ".extra = " + g.leaf("any"))
            g.show("(" + name + ".extra, " + name + ".__dict__)")
            with g.guarded("Exception"):
                g.w("del " + name + "." + g.pick("extra", "nope", "__doc__", "__defaults__", "__name__"))
                g.w(name + "." + g.pick("__name__ = 'renamed'", "__name__ = 5", "__defaults__ = (1, 2)",
                        "__defaults__ = 5", "__kwdefaults__ = {'k': 1}",
                                        "__kwdefaults__ = 5", "__doc__ = 7", "__annotations__ = None",
                                        "__annotations__ = 3", "__qualname__ = 'q'",
                                        "__code__ = 5", "__code__ = (lambda: 3).__code__", "__closure__ = ()",
                                        "__dict__ = {'a': 1}"))
            g.show(name + "(" + call_args(g) + ")")
            g.show(name + ".__name__")


def closures(g):
    """Counters, nonlocal and global, late binding, cells that are emptied."""
    name, inner = g.fresh("outer"), g.fresh("inner")
    g.w("shared = " + g.leaf("int"))
    with g.block("def " + name + "(a, b=" + g.leaf("int") + "):"), g.function_scope("function"):
        g.bind("a", "int")
        g.bind("b", "int")
        for _ in range(g.r.randrange(1, 3)):
            g.assign()
        with g.block("def " + inner + "(c=" + g.pick("1", "a", "b") + "):"), g.function_scope("function"):
            g.w(g.pick("nonlocal a", "nonlocal a, b", "global shared", "pass"))
            declared = g.lines[-1]
            g.bind("c", "int")
            for n in ("a", "b"):
                if "nonlocal" in declared and n in declared:
                    g.w(n + g.pick(" += c", " = " + n + " * 2 % 101", " -= 1", " = c"))
            if "global" in declared:
                g.w("shared " + g.pick("+= 1", "= c"))
            for _ in range(g.r.randrange(1, 3)):
                g.statement(1)
            if g.chance(0.2) and "nonlocal a" in declared:
                g.w("del a")
            with g.block("def deepest():"):
                g.w("return " + g.pick("c", "(b, c)", "__class__" if g.chance(0.1) else "b", "locals()",
                        "[c for _ in range(2)]", "[b + i for i in range(2)]"))
            g.w("return " + g.pick("(b, c)", "a", "deepest()", "deepest", "(a, deepest())"))
        g.w(g.pick("pass", "b = 77", "del b", "p(sorted(locals()))", "p(" + inner + ".__closure__ is None)"))
        g.w("return " + g.pick(inner, "(" + inner + "(), a)", "[" + inner + ", lambda: a]",
                "(" + inner + ", " + inner + ".__code__.co_freevars)"))
    for _ in range(2):
        made = g.fresh("made")
        with g.guarded("Exception"):
            g.w(made + " = " + name + "(" + g.leaf("int") + ")")
            for _ in range(3):
                g.w("got = " + g.pick(made, made + "[0]") + "(" + g.pick("", "", "5", "c=2", "1, 2") + ")")
                g.w("p(got) if not callable(got) else p(got.__name__, got())")
    late = g.fresh("late")
    g.w(late + " = [lambda" + g.pick("", " i=i", " *a") + ": " + g.pick("i", "i * 2",
            "(i, 'x')") + " for i in range(3)]")
    g.show("[f() for f in " + late + "]")
    g.show("[" + late + "[0].__code__.co_freevars, " + late + "[0].__closure__ and " + late + "[0].__closure__[0].cell_contents]")
    g.show("shared")


# --- classes ----------------------------------------------------------------------------------

SPECIAL = {
    "__repr__": ("self", ["'<R>'", "f'R({self.x!r})'", "5"]), "__str__": ("self", ["'S'", "str(self.x)", "None"]),
    "__eq__": ("self, other", ["True", "NotImplemented", "self.x == getattr(other, 'x', other)", "1 / 0"]),
    "__lt__": ("self, other", ["True", "NotImplemented", "self.x < getattr(other, 'x', other)"]),
    "__le__": ("self, other", ["NotImplemented", "False", "[]"]), "__gt__": ("self, other", ["NotImplemented", "True"]),
    "__ne__": ("self, other", ["NotImplemented", "'ne'"]), "__ge__": ("self, other", ["NotImplemented", "False"]),
    "__hash__": ("self", ["7", "hash(self.x)", "'h'", "2 ** 70"]), "__bool__": ("self", ["False", "True", "1", "None"]),
    "__len__": ("self", ["3", "0", "-1", "'n'", "2 ** 70"]), "__iter__": ("self", ["iter([1, 2, 3])", "self", "5",
    "iter((self.x,))"]),
    "__next__": ("self", ["1", "[][0]", "exec('raise StopIteration')"]),
    "__contains__": ("self, item", ["item == 1", "'yes'", "None", "[]"]), "__getitem__": ("self, key", ["key",
    "[10, 20, 30][key]", "(key, self.x)"]),
    "__setitem__": ("self, key, value", ["p('set', key, value)"]), "__delitem__": ("self, key", ["p('del', key)"]),
    "__missing__": ("self, key", ["('missing', key)"]), "__call__": ("self, *args, **kw", ["(args, kw)", "self.x"]),
    "__add__": ("self, other", ["('add', other)", "NotImplemented"]), "__radd__": ("self, other", ["('radd', other)",
    "NotImplemented"]),
    "__iadd__": ("self, other", ["self", "'iadd'", "NotImplemented"]), "__sub__": ("self, other", ["'sub'",
    "NotImplemented"]),
    "__rsub__": ("self, other", ["'rsub'"]), "__mul__": ("self, other", ["'mul'"]), "__rmul__": ("self, other",
    ["NotImplemented", "'rmul'"]),
    "__truediv__": ("self, other", ["'div'"]), "__rtruediv__": ("self, other", ["'rdiv'"]),
    "__floordiv__": ("self, other", ["'floordiv'"]), "__mod__": ("self, other", ["'mod'"]),
    "__divmod__": ("self, other", ["'divmod'"]), "__rdivmod__": ("self, other", ["(1, 2)"]),
    "__pow__": ("self, other, mod=None", ["('pow', mod)"]), "__rpow__": ("self, other", ["'rpow'"]),
    "__matmul__": ("self, other", ["'matmul'"]), "__rmatmul__": ("self, other", ["'rmatmul'"]),
    "__imatmul__": ("self, other", ["'imatmul'"]), "__and__": ("self, other", ["'and'"]),
    "__rand__": ("self, other", ["'rand'"]), "__or__": ("self, other", ["'or'"]), "__ror__": ("self, other",
    ["'ror'"]), "__ior__": ("self, other", ["'ior'"]), "__xor__": ("self, other", ["'xor'"]),
    "__lshift__": ("self, other", ["'lshift'"]), "__rrshift__": ("self, other", ["'rrshift'"]), "__neg__": ("self",
    ["'neg'"]), "__pos__": ("self", ["self"]), "__invert__": ("self", ["'inv'"]),
    "__abs__": ("self", ["'abs'"]), "__int__": ("self", ["4", "'4'", "True", "2.0"]), "__float__": ("self", ["1.5",
    "1", "'f'"]), "__index__": ("self", ["2", "'i'", "True", "1.0"]),
    "__round__": ("self, n=None", ["('round', n)"]), "__trunc__": ("self", ["9"]), "__reversed__": ("self",
    ["iter('rev')", "5"]),
    "__format__": ("self, spec", ["'F:' + spec", "5"]), "__bytes__": ("self", ["b'by'", "'by'"]),
    "__length_hint__": ("self", ["2", "NotImplemented", "-1", "'z'"]),
    "__getattr__": ("self, name", ["('getattr', name)", "{}[name]", "object.__getattribute__(self, name)"]),
    "__setattr__": ("self, name, value", ["object.__setattr__(self, name, (value,))", "None"]),
    "__delattr__": ("self, name", ["p('delattr', name)"]), "__getattribute__": ("self, name",
    ["object.__getattribute__(self, name)"]),
    "__enter__": ("self", ["self.x", "1 / 0"]), "__exit__": ("self, *a", ["True", "False", "p('exit', a[0])"]),
    "__dir__": ("self", ["['b', 'a']", "5"]),
    "__instancecheck__": ("self, other", ["True"]), "__class_getitem__": ("cls, item", ["('item', item)"]),
    "__init_subclass__": ("cls, **kw", ["p('sub', cls.__name__, kw)"]),
    "__set_name__": ("self, owner, name", ["p('name', owner.__name__, name)"]), "__get__": ("self, obj, owner=None",
    ["('get', obj is None)"]),
    "__set__": ("self, obj, value", ["p('dset', value)"]), "__delete__": ("self, obj", ["p('ddel')"]),
}
USES = ["p({o} + 1)", "p(1 + {o})", "p({o} - 2)", "p(2 - {o})", "p({o} * 2)", "p(2 * {o})", "p({o} / 2)",
        "p(2 / {o})", "p({o} // 2)", "p({o} % 2)", "p(divmod({o}, 2))", "p(divmod(2, {o}))",
        "p({o} ** 2)", "p(2 ** {o})", "p(pow({o}, 2, 3))", "p({o} @ 1)", "p(1 @ {o})", "p({o} & 1)", "p(1 & {o})",
        "p({o} | 1)", "p(1 | {o})", "p({o} ^ 1)", "p({o} << 1)", "p(1 >> {o})",
        "p(-{o})", "p(+{o} is {o})", "p(~{o})", "p(abs({o}))", "p(int({o}))", "p(float({o}))", "p([10, 20, 30][{o}])",
        "p(round({o}))", "p(round({o}, 2))", "p(list(reversed({o})))",
        "p(format({o}, 'x'))", "p(f'{{{o}:>5}}')", "p(bytes({o}))", "p(list({o}))", "p(len({o}))", "p(bool({o}))",
        "p(not {o})", "p(1 in {o})", "p({o}[1])", "p({o}[0:2])", "p({o}['k'])",
        "{o}[1] = 2", "del {o}[1]", "p({o}(1, k=2))", "p({o}.nope)", "p({o}.x)", "{o}.x = 9", "del {o}.x",
        "{o}.y = 1", "del {o}.nope", "p({o} == {o2})", "p({o} != {o2})", "p({o} < {o2})", "p({o} >= {o2})",
        "p({o} == 1)",
        "p({o} > 1)", "p(sorted([{o}, {o2}]) is None)", "p(hash({o}) == hash({o}))", "p({{{o}: 1}}[{o}])",
        "p(str({o})[:20])", "p(repr({o})[:3])", "p('%s' % {o} == str({o}))", "p(next({o}))",
        "[a, b] = {o}", "p([*{o}])", "p({{**{o}}})", "print(*{o})", "p(sum({o}))", "p(max({o}))",
        "p('x' in dir({o}))", "p(isinstance(1, {o}))", "p(type({o}).__name__)", "p({c}.__mro__[-1])",
        "p({c}.__name__, {c}.__qualname__, {c}.__module__)", "p(sorted(k for k in vars({c}) if k[0] != '_'))",
        "p({o}.method(1))", "p({c}.method({o}, 2))", "p({o}.static(3))", "p({c}.clsm(4))", "p({o}.prop)",
        "{o}.prop = 5", "del {o}.prop", "p({c}.prop is {c}.prop)", "p({c}.__doc__)", "p(hasattr({o}, '__dict__'))",
        "p(sorted(vars({o})))", "with {o} as z: p(z)", "with {o}: 1 / 0", "for q in {o}: p(q); tick()",
        "t = {o}; t += 1; p(t is {o})", "t = {o}; t @= 1; p(t)", "t = {o}; t |= 1; p(t)", "t = {o}; t -= 1; p(t)",
        "p({o}.desc)", "{o}.desc = 3", "del {o}.desc", "p({c}.desc)", "p(issubclass({c}, {c}), isinstance({o}, {c}))",
        "p({c}.__bases__ == (object,))", "{c}.fresh = 1; p({o}.fresh)", "{c}.__len__ = lambda self: 5; p(len({o}))",
        "{c}.nope", "del {c}.method; p({o}.method)", "p({c}.__annotations__)", "p({o}.__class__ is {c})",
        "{o}.__class__ = int", "p(list(zip({o}, 'ab')))", "p({o} is not None and {o})", "p('x'.join({o}))",
        "p(dict({o}))", "p(range({o}))", "p('a' * {o})", "p(chr({o}))", "p(hex({o}))", "p(slice({o}).indices(5))",
        "match {o}:\n    case {c}(x=1): p('one')\n    case {c}(a): p('pos', a)\n    case [a, *_]: p('seq', a)\n    case {{'k': v}}: p('map', v)\n    case _: p('other')", "p({o}.__init__())", "p({c}())", "p({c}(1, 2, 3, 4))",
        "p(super({c}, {o}).__repr__()[:4])", "p(super({c}, {o}).method(1))", "p({o}.__eq__({o2}))",
        "p({o}.__dict__ is {o}.__dict__)", "p({c}.__dict__.get('zzz'))", "{c}.__dict__['z'] = 1",
        "p(callable({o}), callable({c}))"]


def class_body(g, base_names, depth=0):
    if g.chance(0.3):
        g.w("'''doc'''")
    if g.chance(0.15):
        g.w("__slots__ = " + g.pick("('x',)", "('x', 'y')", "()", "'x'",
                "['x', '__dict__']" if not base_names and base_names is not None else "('z',)"))
    if g.chance(0.3):
        g.w("attr" + g.pick("", ": int") + " = " + g.leaf("any"))
    if g.chance(0.15):
        g.w("note: " + g.pick("int", "'str'", "list[int]"))
    if g.chance(0.2):
        g.w("__match_args__ = " + g.pick("('x',)", "('x', 'attr')", "()", "['x']", "(1,)"))
    if g.chance(0.6):
        with g.block("def __init__(self" + g.pick("", ", x=1", ", x=1", ", *args") + "):"):
            if base_names and g.chance(0.6):
                g.w("super().__init__(" + g.pick("", "", "5", "x=3") + ")")
            g.w("self.x = " + g.pick(g.leaf("int"), "x" if "x=1" in g.lines[-1] + g.lines[-2] else "4", g.leaf("any")))
            if g.chance(0.05):
                g.w("return 5")
    else:
        g.w("x = " + g.leaf("int"))
    names = g.r.sample(sorted(SPECIAL), g.r.randrange(0, 5))
    for name in names:
        params, results = SPECIAL[name]
        if name == "__init_subclass__" or name == "__class_getitem__":
            pass
        with g.block("def " + name + "(" + params + "):"):
            if name in ("__getitem__", "__next__", "__iter__", "__getattribute__", "__getattr__"):
                g.w("tick()")
            if g.chance(0.2):
                g.w("p('" + name + "')" if name not in ("__getattribute__", "__repr__", "__dir__") else "tick()")
            elif g.chance(0.03):
                g.w("raise " + g.pick("ValueError('" + name + "')", "StopIteration", "AttributeError('x')",
                        "KeyError(1)"))
            g.w("return " + g.r.choice(results[:1] * 2 + results))
    if g.chance(0.5):
        with g.block("def method(self, a, b=2):"):
            g.w("return " + g.pick("(a, b)", "self.x", "super().method(a)" if base_names else "a",
                    "(__class__.__name__, a)", "self.__secret if hasattr(self, '_C__secret') else 'none'"))
    if g.chance(0.25):
        g.w("@staticmethod")
        with g.block("def static(a):"):
            g.w("return ('static', a)")
    if g.chance(0.25):
        g.w("@classmethod")
        with g.block("def clsm(cls, a):"):
            g.w("return (cls.__name__, a)")
    if g.chance(0.3):
        g.w("@property")
        with g.block("def prop(self):"):
            g.w(g.pick("return self.x", "return 'prop'", "raise AttributeError('inner')", "return self._p"))
        if g.chance(0.5):
            g.w("@prop.setter")
            with g.block("def prop(self, value):"):
                g.w(g.pick("self._p = value", "p('setter', value)"))
        if g.chance(0.3):
            g.w("@prop.deleter")
            with g.block("def prop(self):"):
                g.w("p('deleter')")
    if g.chance(0.2):
        g.w("desc = Desc(" + g.leaf("int") + ")")
    if depth < 1 and g.chance(0.1):
        with g.block("class Inner:"):
            class_body(g, [], 1)
    if g.chance(0.1):
        with g.block("for i in range(2):"):
            g.w("locals()['m' + str(i)] = i" if g.chance(0.5) else "j = i")


def classes(g):
    with g.block("class Desc:"):
        g.w("def __init__(self, v): self.v = v")
        for name in g.r.sample(["__get__", "__set__", "__delete__", "__set_name__"], g.r.randrange(1, 4)):
            params, results = SPECIAL[name]
            with g.block("def " + name + "(" + params + "):"):
                g.w("return " + results[0])
    names = []
    if g.chance(0.15):
        with g.block("class Meta(type):"):
            with g.block(g.pick("def __call__(cls, *a, **k):", "def __getattr__(cls, name):",
                    "def __new__(m, name, bases, ns, **kw):", "def __instancecheck__(cls, o):", "def __len__(cls):",
                                "def __iter__(cls):", "def __prepare__(name, bases, **kw):",
                                "def __init__(cls, name, bases, ns, **kw):", "def mro(cls):", "def __repr__(cls):")):
                head = g.lines[-1]
                g.w("return super().__call__(*a, **k)" if "__call__" in head else "return type.__new__(m, name, bases, ns)" if "__new__" in head else "return {'extra': 1}" if "__prepare__" in head else
                    "return type.mro(cls)" if "mro" in head else "return '<meta>'" if "repr" in head else "return iter('it')" if "iter" in head else "return None" if "__init__" in head else "return 3")
    for i in range(g.r.randrange(1, 4)):
        name = "ABC"[i]
        bases = g.r.sample(names, g.r.randrange(min(len(names), 2) + 1))
        extra = [g.pick("int", "str", "list", "dict", "tuple", "Exception", "set", "float", "object",
                "bytes")] if g.chance(0.25) else []
        keywords = ["metaclass=Meta"] if any(line == "class Meta(type):" for line in g.lines) and g.chance(0.5) else []
        keywords += ["flag=1"] if g.chance(0.05) else []
        inside = bases + extra + keywords
        params = g.pick("", "", "", "[T]") if not g.chance(0.8) else ""
        with g.guarded("Exception") if inside else contextlib.nullcontext():
            if g.chance(0.05):
                g.w("@" + g.pick("(lambda c: c)", "show_class" if False else "staticmethod",
                        "(lambda c: p(c.__name__) or c)"))
            with g.block("class " + name + params + ("(" + ", ".join(inside) + ")" if inside or g.chance(0.1) else "") + ":"):
                class_body(g, bases if not extra else None)
        names.append(name)
    for name in names:
        o, o2 = g.fresh("o"), g.fresh("o")
        with g.guarded("Exception"):
            g.w(o + " = " + name + "(" + g.pick("", "", "", g.leaf("int"), "x=2") + ")")
            g.w(o2 + " = " + g.pick(name + "()", o, "5"))
        for use in g.r.sample(USES, g.r.randrange(5, 10)):
            text = use.format(o=o, o2=o2, c=name)
            with g.guarded("Exception"):
                for line in text.split("\n"):
                    g.w(line)
    if len(names) > 1:
        g.show("[c.__name__ for c in " + names[-1] + ".__mro__]")


# --- exceptions -------------------------------------------------------------------------------

def raise_from(g, depth):
    """Statements that end in an exception, mostly."""
    k = g.r.random()
    if depth > 0 and k < 0.5:
        with g.block("try:"):
            raise_from(g, depth - 1)
        style = g.r.random()
        if style < 0.75:
            for _ in range(g.r.randrange(1, 3)):
                name = g.fresh("x")
                with g.block("except " + g.pick(g.r.choice(pool.EXCEPTIONS), "Exception", "LookupError",
                        "(ValueError, ArithmeticError)", "OSError", "undefined_name" if g.chance(0.1) else "TypeError",
                                                "5" if g.chance(0.1) else "KeyError") + " as " + name + ":"):
                    k = g.r.random()
                    if k < 0.3:
                        g.w("raise")
                    elif k < 0.5:
                        g.w("raise " + g.r.choice(pool.EXCEPTIONS) + "(" + g.leaf("str") + ")" + g.pick("",
                                " from " + name, " from None"))
                    elif k < 0.6:
                        g.w(name + ".add_note('note " + name + "')")
                        g.w("raise " + name)
                    elif k < 0.7:
                        raise_from(g, depth - 1)
                    else:
                        g.w("chain(" + name + ")")
        if style > 0.6:
            with g.block("finally:"):
                g.w("p('finally " + str(depth) + "')")
                if g.chance(0.2):
                    raise_from(g, 0)
        return
    g.w(g.raising() if g.chance(0.9) else g.pick("pass", "raise ExceptionGroup('g', [ValueError(1), KeyError(2)])",
            "raise 5", "raise int", "raise ValueError from 5", "raise None", "raise"))


def in_loop(g):
    """return, break and continue through finally."""
    name = g.fresh("f")
    with g.block("def " + name + "(n):"):
        with g.block("for i in range(n):"):
            g.w("tick()")
            with g.block("try:"):
                g.w(g.pick("if i == 1: continue", "if i == 2: break", "if i: return ('try', i)", "p(1 // i)", "p(i)"))
                g.w(g.pick("p('body', i)", "raise KeyError(i)", "return i" if g.chance(0.3) else "p('more')"))
            with g.block("except " + g.pick("KeyError", "ZeroDivisionError", "Exception") + ":"):
                g.w(g.pick("continue", "break", "p('except', i)", "return ('except', i)", "raise ValueError('v')",
                        "raise"))
            if g.chance(0.3):
                with g.block("else:"):
                    g.w("p('else', i)")
            with g.block("finally:"):
                g.w(g.pick("p('finally', i)", "p('finally', i)", "if i == 1: return 'finally'", "if i == 1: break",
                        "if i < 2: continue"))
        with g.block("else:"):
            g.w("p('loop else')")
        g.w("return 'end'")
    for n in (0, 2, 4):
        g.show(name + "(" + str(n) + ")")


def group_text(g, depth=2):
    items = []
    for _ in range(g.r.randrange(1, 4)):
        if depth and g.chance(0.3):
            items.append(group_text(g, depth - 1))
        else:
            items.append(g.r.choice(pool.EXCEPTIONS) + "(" + g.leaf(g.pick("int", "str")) + ")")
    return "ExceptionGroup(" + g.leaf("str") + ", [" + ", ".join(items) + "])"


def groups(g):
    for _ in range(g.r.randrange(1, 3)):
        with g.guarded("BaseException"):
            with g.block("try:"):
                g.w("raise " + g.pick(group_text(g), group_text(g), group_text(g), "ValueError('plain')",
                        "BaseExceptionGroup('b', [KeyboardInterrupt(), ValueError(1)])"))
            for _ in range(g.r.randrange(1, 4)):
                name = g.fresh("eg")
                kind = g.pick(*pool.EXCEPTIONS[:12], "(ValueError, TypeError)", "Exception", "LookupError",
                        "ExceptionGroup" if g.chance(0.1) else "OSError")
                with g.block("except* " + kind + " as " + name + ":"):
                    g.w("chain(" + name + ")")
                    if g.chance(0.3):
                        g.w(g.pick("raise", "raise KeyError('new')", "raise " + name, "raise ValueError from " + name,
                                "raise " + name + ".exceptions[0]"))
            if g.chance(0.3):
                with g.block("else:"):
                    g.w("p('else')")
            if g.chance(0.3):
                with g.block("finally:"):
                    g.w("p('finally')")
    name = g.fresh("eg")
    with g.guarded("Exception"):
        g.w(name + " = " + group_text(g))
        for _ in range(3):
            kind = g.pick("ValueError", "(KeyError, TypeError)", "lambda e: isinstance(e, LookupError)",
                    "lambda e: len(e.args) == 1", "5", "int", "ExceptionGroup")
            g.show(name + g.pick(".split(", ".subgroup(") + kind + ")")
        g.show(g.pick(name + ".message", name + ".exceptions", name + ".derive([ValueError(1)])", "str(" + name + ")",
                "repr(" + name + ")", name + ".args",
                      "ExceptionGroup('m', [])", "ExceptionGroup('m', [1])", "ExceptionGroup(1, [ValueError()])",
                      "ExceptionGroup('m')", "ExceptionGroup('m', 5)", "BaseExceptionGroup('m', [ValueError()])",
                      "ExceptionGroup('m', [KeyboardInterrupt()])", "ExceptionGroup[int]"))


def exceptions(g):
    for _ in range(g.r.randrange(2, 5)):
        with g.guarded(g.pick("Exception", "BaseException")):
            raise_from(g, 3)
    if g.chance(0.6):
        in_loop(g)
    name = g.fresh("x")
    kind = g.r.choice(pool.EXCEPTIONS + pool.BASES + pool.RARE)
    with g.guarded("BaseException"):
        g.w(name + " = " + kind + "(" + g.pick("", g.leaf("any"), "1, 2", "'a', 'b', 'c'", "2, 'No', 'file'",
                "'utf-8', b'ab', 0, 1, 'why'", "x=1") + ")")
        for attribute in g.r.sample(["args", "__cause__", "__context__", "__suppress_context__", "__traceback__",
                "with_traceback(None) is " + name, "add_note('n')", "add_note(5)", "__notes__", "errno", "value",
                "code",
                                     "name", "strerror", "filename", "msg", "reason", "object", "with_traceback(5)",
                                     "__cause__.x", "characters_written", "__class__.__mro__", "nope", "args[0]"], 4):
            g.counts["exception." + attribute.split("(")[0].split(".")[0].split("[")[0]] += 1
            g.show(name + "." + attribute)
        g.show("(" + g.pick("str", "repr") + "(" + name + "))")
        g.w(name + "." + g.pick("args = (1, 2)", "args = 'ab'", "args = 5", "__cause__ = 5",
                "__cause__ = KeyError('c')", "__context__ = None", "__suppress_context__ = True", "__traceback__ = 5",
                "extra = 3", "__suppress_context__ = 'x'"))
        g.w("raise " + name)


def contexts(g):
    """with statements whose managers misbehave."""
    with g.block("class M:"):
        g.w("def __init__(self, n, enter=None, leave=None): self.n, self.enter, self.leave = n, enter, leave")
        with g.block("def __enter__(self):"):
            g.w("p('enter', self.n)")
            g.w("if isinstance(self.enter, Exception): raise self.enter")
            g.w("return self.enter")
        with g.block("def __exit__(self, kind, value, tb):"):
            g.w("p('exit', self.n, kind, value and value.args)")
            g.w("if isinstance(self.leave, Exception): raise self.leave")
            g.w("return self.leave")
    for _ in range(g.r.randrange(2, 4)):
        name = g.fresh("f")
        with g.block("def " + name + "(n):"):
            managers = []
            for i in range(g.r.randrange(1, 4)):
                values = [g.pick("None", "None", g.leaf("any"), "[1, 2]",
                        "ValueError('e')" if g.chance(0.3) else "1"), g.pick("None", "False", "True", "''", "[0]",
                        "KeyError('x')" if g.chance(0.4) else "0")]
                managers.append("M(" + str(i) + ", " + ", ".join(values) + ")" + g.pick("", " as a", " as (a, b)",
                        " as [a, *b]", " as a.attr" if g.chance(0.1) else " as a"))
            if g.chance(0.05):
                managers.append(g.leaf("any"))
            with g.block("for i in range(2):"):
                text = ", ".join(managers)
                with g.block("with " + (("(" + text + g.pick("", ",") + ")") if g.chance(0.4) else text) + ":"):
                    g.w(g.pick("p('body')", "p('body', a)", "pass"))
                    g.w(g.pick("return n", "break", "continue", "raise RuntimeError('r')", "p('more')", "1 // n",
                            "pass"))
            g.w("return 'end'")
        with g.guarded("BaseException"):
            g.w("p(" + name + "(" + g.pick("0", "1") + "))")


# --- patterns ---------------------------------------------------------------------------------

def pattern(g, depth, names):
    """A pattern; names it binds go to names, each once."""
    def capture():
        name = "n" + str(len(names))
        names.append(name)
        return name
    k = g.r.randrange(15)
    if depth <= 0 and k > 5:
        k = g.r.randrange(6)
    if k == 0:
        return "_"
    if k == 1:
        return capture()
    if k in (2, 3):
        return g.pick("0", "1", "-1", "1.5", "'a'", "'abc'", "b'a'", "None", "True", "False", "'x' 'y'", "-2.5", "10")
    if k == 4:
        return g.pick("Color.red", "Color.blue", "Color.inner.deep")
    if k == 5:
        return g.pick("int()", "str()", "float()", "list()", "dict()", "bool()", "int(1)", "tuple()", "Point()",
                "bytes()", "str(" + "'a'" + ")")
    if k in (6, 7):
        parts = [pattern(g, depth - 1, names) for _ in range(g.r.randrange(4))]
        if g.chance(0.4):
            parts.insert(g.r.randrange(len(parts) + 1), "*" + g.pick("_", capture() if True else ""))
        return "[" + ", ".join(parts) + "]" if g.chance(0.6) or len(parts) < 1 else "(" + ", ".join(parts) + ",)"
    if k in (8, 9):
        parts = [key + ": " + pattern(g, depth - 1, names) for key in g.r.sample(["'a'", "'b'", "1", "Color.red",
                "None", "-1", "'k'"], g.r.randrange(3))]
        if g.chance(0.3):
            parts.append("**" + capture())
        return "{" + ", ".join(parts) + "}"
    if k in (10, 11):
        parts = [pattern(g, depth - 1, names) for _ in range(g.r.randrange(4 if g.chance(0.1) else 3))]
        parts += [a + "=" + pattern(g, depth - 1, names) for a in g.r.sample(["x", "y", "z"], g.r.randrange(2))]
        return "Point(" + ", ".join(parts) + ")"
    if k == 12:
        return "(" + pattern(g, depth - 1, names) + " as " + capture() + ")"
    if k == 13:
        options = []
        for _ in range(g.r.randrange(2, 4)):
            inner = []
            options.append(pattern(g, depth - 1, inner) if g.chance(0.1) else g.pick("0", "1", "'a'", "None",
                    "[1, _]", "{'a': 1}", "str()", "Point(x=1)", "[]", "Color.red", "-1", "[_, *_]"))
            if inner:
                options.pop()
        return "(" + " | ".join(options or ["1"]) + ")"
    return "(" + pattern(g, depth - 1, names) + ")"


def subject(g, depth=2):
    k = g.r.randrange(7)
    if depth <= 0 or k < 3:
        return g.pick("0", "1", "-1", "1.5", "'a'", "'abc'", "b'a'", "None", "True", "[]", "()", "{}", "2", "1.0",
                "'xy'", "range(3)", "bytearray(b'a')", g.leaf("any"))
    if k == 3:
        return "[" + ", ".join(subject(g, depth - 1) for _ in range(g.r.randrange(4))) + "]"
    if k == 4:
        return "(" + "".join(subject(g, depth - 1) + ", " for _ in range(g.r.randrange(4))) + ")"
    if k == 5:
        return "{" + ", ".join(key + ": " + subject(g, depth - 1) for key in g.r.sample(["'a'", "'b'", "1", "None",
                "-1", "'k'"], g.r.randrange(4))) + "}"
    return "Point(" + subject(g, depth - 1) + ", " + subject(g, depth - 1) + ")"


def matching(g):
    with g.block("class Color:"):
        g.w("red, blue = " + g.pick("1, 2", "'a', 'b'", "0, None"))
        with g.block("class inner:"):
            g.w("deep = " + g.leaf("int"))
    with g.block("class Point:"):
        g.w("__match_args__ = " + g.pick("('x', 'y')", "('x', 'y')", "('y',)", "()", "('x', 'x')", "['x']", "('x', 5)"))
        g.w("def __init__(self, x, y): self.x, self.y = x, y")
        g.w("def __repr__(self): return f'Point({self.x!r}, {self.y!r})'")
    for _ in range(g.r.randrange(1, 3)):
        name = g.fresh("f")
        with g.block("def " + name + "(s):"):
            with g.block("match " + g.pick("s", "s", "s, 1", "(s)", "[s, *[1]]", "s if s else 0") + ":"):
                for _ in range(g.r.randrange(2, 6)):
                    names = []
                    text = pattern(g, 3, names)
                    while text.strip("()") == "_" or text.strip("()").isidentifier():
                        names = []
                        text = pattern(g, 3, names)
                    if text.count("**") > 1:
                        text, names = "{}", []
                    guard = " if " + g.pick("True", "False", (names or ["s"])[0], (names or ["s"])[-1] + " == 1",
                            "1 / 0" if g.chance(0.1) else "tick()") if g.chance(0.25) else ""
                    with g.block("case " + text + guard + ":"):
                        g.w("return " + g.pick("", "") + "(" + str(g.serial) + ", " + "".join(n + ", " for n in names) + ")")
                        g.serial += 1
                if g.chance(0.5):
                    with g.block("case " + g.pick("_", "other", "(_)") + ":"):
                        g.w("return 'default'")
            g.w("return 'no match'")
        for _ in range(g.r.randrange(4, 9)):
            g.show(name + "(" + subject(g) + ")")


# --- annotations, type parameters -------------------------------------------------------------

def typed(g):
    for _ in range(g.r.randrange(2, 5)):
        k = g.r.randrange(6)
        name = g.fresh("T")
        params = g.pick("[A]", "[A, B]", "[*Ts]", "[**P]", "[A: int]", "[A: (int, str)]", "[A = int]",
                "[A, *Ts, **P]", "[A: 'fwd' = str]", "[A: undefined_name]", "[*Ts = tuple[int]]")
        if k == 0:
            g.w("type " + name + g.pick("", params) + " = " + g.pick("int", "list[A]" if False else "list[int]",
                    "'text'", "undefined_name", name, "int | None", "dict[str, " + name + "]"))
            for e in g.r.sample([name + ".__name__", name + ".__value__", name + ".__type_params__", name,
                    "type(" + name + ").__name__", name + "[int]", name + "()", "isinstance(1, " + name + ")",
                                 name + " | int", name + ".x", "int | " + name], 4):
                g.show(e)
        elif k == 1:
            with g.block("def " + name + params + "(x" + g.pick("", ": A") + ", y: int = 3) -> " + g.pick("int",
                    "'A'", "None", "A") + ":"):
                g.w("return " + g.pick("A", "x", "(A, x)"))
            if "A" not in params:
                g.lines[-2] = g.lines[-2].replace(": A", "").replace("-> A", "-> int")
            for e in g.r.sample([name + "(1)", name + ".__type_params__", name + ".__annotations__",
                    name + ".__name__", name + ".__type_params__[0].__name__", name + ".__type_params__[0].__bound__",
                                 name + ".__type_params__[0].__constraints__", name + ".__qualname__",
                                         name + ".__type_params__[0].has_default()"], 4):
                g.show(e)
        elif k == 2:
            with g.block("class " + name + params + g.pick("", "(list)", "()") + ":"):
                g.w("x: int = 1")
                g.w("y: " + g.pick("'A'", "str", "list[int]"))
                g.w("def method[B](self, a: B) -> 'A': return (a, B)")
            for e in g.r.sample([name + ".__type_params__", name + ".__annotations__",
                    name + ".method.__type_params__", name + "().method(1)[0]",
                                 name + ".__mro__[1].__name__", "[p.has_default() for p in " + name + ".__type_params__]"], 4):
                g.show(e)
        elif k == 3:
            with g.block("def " + name + "():"):
                g.w("a: int")
                g.w("b: undefined_name = 1")
                g.w("(c): int = 2")
                g.w("d = {}; d['k']: int = 5")
                g.w("return (b, c, d" + g.pick("", ", a") + ")")
            g.show(name + "()")
            g.show(name + ".__annotations__")
        elif k == 4:
            g.show(g.pick("int | str", "int | None", "list[int]", "dict[str, int]", "tuple[int, ...]",
                    "list[int] == list[int]", "int | str == str | int", "isinstance(1, int | str)",
                    "isinstance([], list[int])", "list[int].__args__",
                          "list[int].__origin__", "list[int]()", "list[int]([1, 2])", "(int | str).__args__",
                          "int | 5", "'x' | int", "None | int", "type[int]", "list[list[int]]",
                          "issubclass(bool, int | None)", "int | int", "set[int] | None",
                          "list[int][0]", "hash(list[int]) == hash(list[int])", "dict[str, int].fromkeys('a')",
                          "tuple[()]", "list['T']", "int[str]", "(int | str) | float", "frozenset[int].copy"))
        else:
            g.w(name + ": " + g.pick("int = 5", "'x' = 6", "list[int] = [1]", "(lambda: 1) = 7", "int"))
            g.show("__annotations__.get('" + name + "')")
            g.show(name)


AREAS = {f.__name__: f for f in (calls, closures, classes, exceptions, groups, contexts, matching, typed)}
