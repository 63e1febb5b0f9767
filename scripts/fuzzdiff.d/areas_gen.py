# SPDX-License-Identifier: MIT
# Areas about what suspends, driven by hand: generators, coroutines, async generators.

def steps(g, depth, kind, inner):
    """Statements of a generator (kind "gen"), coroutine ("co") or async generator ("ag")."""
    for _ in range(g.r.randrange(1, 4)):
        step(g, depth, kind, inner)


def suspend(g, kind, inner):
    value = g.pick(g.leaf("int"), g.leaf("str"), "('y', " + g.leaf("int") + ")", "locals()" if g.chance(0.1) else "x")
    if kind == "gen":
        delegate = "yield from " + g.pick(inner or "[1, 2]", "range(2)", "'ab'", "Steps(2)",
                "5" if g.chance(0.2) else "()", inner or "(3,)")
        return g.pick("x = yield " + value, "p('got', (yield " + value + "))", "yield " + value, "x = " + delegate,
                delegate, "yield",
                      "p((yield), (yield 2))", "x = [(yield i) for i in ()]" if False else "yield *[1], 2")
    if kind == "co":
        return g.pick("x = await Pause(" + value + ")", "p('got', await Pause(" + value + "))", "await Pause(1)",
                "x = await " + ("keep(" + inner + "())" if inner else "Pause(2)"),
                      "await 5" if g.chance(0.2) else "await Pause(3)", "p([await Pause(i) for i in range(2)])",
                      "async for x in Count(2): p('async for', x)",
                      "p([i async for i in Count(2)])", "p({i: await Pause(i) async for i in Count(2) if i})",
                      "async with Guard(" + g.pick("True", "False") + ") as x: await Pause('in')")
    return g.pick("x = yield " + value, "yield " + value, "p('got', (yield " + value + "))",
            "await Pause(" + value + ")", "x = await Pause(1)", "async for x in Count(2): yield x",
                  "async with Guard(False): yield 'in'", "p([i async for i in Count(2)])")


def step(g, depth, kind, inner):
    k = g.r.random()
    if depth <= 0 or k < 0.45:
        return g.w(suspend(g, kind, inner))
    if k < 0.7:
        with g.block("try:"):
            steps(g, depth - 1, kind, inner)
        which = g.r.random()
        if which < 0.75:
            with g.block("except " + g.pick("ValueError", "Exception", "GeneratorExit", "BaseException",
                    "(KeyError, ValueError)", "StopIteration", "RuntimeError") + " as e:"):
                g.w("bad(e)")
                g.w(g.pick("raise", "p('handled')", suspend(g, kind, inner),
                        "return" + (" 'from except'" if kind != "ag" else ""), "raise KeyError('new')",
                        "p('handled')", "raise StopIteration('stop')",
                           "raise StopAsyncIteration" if kind == "ag" else "pass"))
        if which > 0.6:
            with g.block("finally:"):
                g.w(g.pick("p('finally')", "p('finally')", "p('finally'); " + suspend(g, kind,
                        inner) if g.chance(0.3) else "p('cleanup')", "return" if g.chance(0.2) else "p('done')"))
        return
    if k < 0.8:
        with g.block("for i in range(" + g.pick("2", "3") + "):"):
            g.w("tick()")
            g.w(suspend(g, kind, inner).replace("(yield i) for i", "(yield j) for j"))
            g.w(g.pick("pass", "if i: break", "continue", "p('loop', i)"))
        return
    if k < 0.85:
        return g.w(g.pick("raise ValueError('inside')", "raise StopIteration(7)", "raise StopAsyncIteration(8)",
                "p(1 // 0)", "raise GeneratorExit", "return" + (" (x, 1)" if kind != "ag" else "")))
    if k < 0.9:
        with g.block("with Plain(" + g.pick("True", "False", "False") + "):"):
            return step(g, depth - 1, kind, inner)
    g.w("p(" + g.pick("'step'", "x", "'a', x") + ")")


HELPERS = '''
class Steps:
    def __init__(self, n): self.n = n
    def __iter__(self): return self
    def __next__(self):
        if self.n <= 0: raise StopIteration('steps')
        self.n -= 1
        return self.n
'''
SENDER = '''    def send(self, v): p('Steps.send', v); return next(self)
    def throw(self, *a): p('Steps.throw'); return 'thrown'
    def close(self): p('Steps.close')
'''
PLAIN = '''class Plain:
    def __init__(self, swallow): self.swallow = swallow
    def __enter__(self): return self
    def __exit__(self, kind, value, tb):
        p('exit', kind)
        return self.swallow
'''
ASYNC_HELPERS = '''class Pause:
    def __init__(self, v): self.v = v
    def __await__(self):
        got = yield self.v
        return ('resumed', got)
class Count:
    def __init__(self, n): self.n = n
    def __aiter__(self): return self
    async def __anext__(self):
        if self.n <= 0: raise StopAsyncIteration
        self.n -= 1
        return await Pause(self.n)
class Guard:
    def __init__(self, swallow): self.swallow = swallow
    async def __aenter__(self): return await Pause('enter')
    async def __aexit__(self, kind, value, tb):
        p('aexit', kind)
        await Pause('leave')
        return self.swallow
'''


def helpers(g, asynchronous):
    lines = HELPERS.strip("\n") + "\n" + (SENDER if g.chance(0.4) else "") + PLAIN + (ASYNC_HELPERS if asynchronous else "")
    for line in lines.rstrip("\n").split("\n"):
        g.w(line)


def generators(g):
    helpers(g, False)
    inner = None
    for i in range(g.r.randrange(1, 4)):
        name = g.fresh("gen")
        with g.block("def " + name + "(x=" + g.leaf("int") + "):"):
            steps(g, 3, "gen", "keep(" + inner + "())" if inner and g.chance(0.8) else None)
            g.w(g.pick("yield 'last'", "yield x", "x = yield"))
            g.w(g.pick("return x", "return 'result'", "pass", "return"))
        inner = name
        drive(g, name)
    name = inner
    for use in g.r.sample(["list(keep({n}()))", "[*keep({n}())]", "sum(1 for _ in keep({n}()))",
            "tuple(zip(keep({n}()), 'abc'))", "dict.fromkeys(drain(keep({n}()), 2))", "next(keep({n}()), 0)",
            "max(keep({n}()), default=0, key=str)",
                           "'y' in keep({n}())", "(lambda a, *b: (a, b))(*keep({n}()))",
                           "list(i for i in keep({n}()) if i)", "[a for a, b in keep({n}())]", "''.join(keep({n}()))",
                           "iter(keep({n}())).__name__", "sorted(keep({n}()), key=repr)",
                           "{n}(1, 2, 3)", "{n}.__name__", "type({n}()).__name__", "[x for x in {n}() if x == 3]"], 3):
        g.show(use.replace("{n}", name))
    if g.chance(0.4):
        g.show("list((a, b) for a in range(3) for b in " + g.pick("'xy'", "range(a)", "[a]") + " if " + g.pick("a",
                "b", "a != 1", "True") + ")")
        v = g.fresh("ge")
        g.w(v + " = (" + g.pick("i", "1 // i", "(i, j)") + " for i in " + g.pick("range(-1, 2)", "[2, 0, 1]",
                "5" if g.chance(0.1) else "(1, 2)") + " for j in 'ab')")
        for _ in range(4):
            g.show(g.pick("next(" + v + ")", "next(" + v + ", None)", v + ".close()", v + ".send(None)",
                    v + ".send(5)", v + ".throw(KeyError(1))", v + ".gi_running", v + ".__name__", "drain(" + v + ")"))


def drive(g, name):
    v = g.fresh("g")
    g.w(v + " = keep(" + name + "(" + g.pick("", "", "5", "x='s'") + "))")
    for _ in range(g.r.randrange(3, 9)):
        k = g.r.random()
        call = g.pick("next({v})", "next({v})", "next({v})", "{v}.send(None)", "{v}.send(" + g.leaf("int") + ")",
                "{v}.__next__()", "{v}.throw(ValueError('thrown'))", "{v}.throw(KeyError)", "{v}.close()",
                "{v}.throw(GeneratorExit)",
                      "{v}.throw(StopIteration(3))", "{v}.throw(TypeError, 'old style', None)" if g.chance(0.3) else "{v}.throw(ZeroDivisionError())", "next({v}, 'default')", "{v}.send()" if g.chance(0.2) else "{v}.send('s')")
        if k < 0.85:
            method = call.split("(")[0].rpartition(".")[2]
            g.counts["generator." + ("__next__" if method == "next" else method)] += 1
            with g.block("try:"):
                g.w("p(" + call.replace("{v}", v) + ")")
            with g.block("except BaseException as e:"):
                g.w(g.pick("chain(e)", "bad(e)", "bad(e)", "p(e.args, getattr(e, 'value', 'no value'))"))
        else:
            attribute = g.pick("gi_running", "gi_suspended", "gi_yieldfrom is None", "gi_frame is None",
                    "gi_code.co_name", "__name__", "__qualname__", "gi_frame.f_lineno > 0", "__iter__() is " + v)
            g.counts["generator." + attribute.split(" ")[0].split(".")[0].split("(")[0]] += 1
            g.show(v + "." + attribute)
    if g.chance(0.4):
        with g.guarded("BaseException"):
            with g.block("for item in " + v + ":"):
                g.w("tick()")
                g.w("p('item', item)")
                g.w(g.pick("pass", "break", "if item == 1: " + v + ".close()", "next(" + v + ", None)"))
    with g.guarded("BaseException"):
        g.w("p(" + v + ".close())")


def coroutines(g):
    helpers(g, True)
    inner = None
    for i in range(g.r.randrange(1, 4)):
        name = g.fresh("co")
        with g.block("async def " + name + "(x=" + g.leaf("int") + "):"):
            steps(g, 3, "co", inner)
            g.w(g.pick("return x", "return 'result'", "pass", "await Pause('end')"))
        inner = name
        v = g.fresh("c")
        g.w(v + " = keep(" + name + "(" + g.pick("", "7") + "))")
        for _ in range(g.r.randrange(3, 8)):
            call = g.pick("{v}.send(None)", "{v}.send(None)", "{v}.send(None)", "{v}.send(5)",
                    "{v}.throw(ValueError('thrown'))", "{v}.throw(KeyError)", "{v}.close()",
                    "{v}.__await__().send(None)" if g.chance(0.3) else "{v}.send('s')",
                          "next({v})" if g.chance(0.1) else "{v}.send(None)",
                          "iter({v})" if g.chance(0.1) else "{v}.send(1)", "{v}.throw(GeneratorExit)",
                          "next({v}.__await__())")
            if g.chance(0.85):
                g.counts["coroutine." + call.split("(")[0].rpartition(".")[2]] += 1
                if "__await__" in call:
                    g.counts["coroutine.__await__"] += 1
                with g.guarded("BaseException"):
                    g.w("p(" + call.replace("{v}", v) + ")")
            else:
                attribute = g.pick("cr_running", "cr_suspended", "cr_await is None", "cr_frame is None", "__name__",
                        "__qualname__", "cr_code.co_name", "cr_origin")
                g.counts["coroutine." + attribute.split(" ")[0].split(".")[0]] += 1
                g.show(v + "." + attribute)
        with g.guarded("BaseException"):
            g.w("p(" + v + ".close())")


def asyncgens(g):
    helpers(g, True)
    g.w("def run(aw):")
    g.w("    it = aw.__await__()")
    g.w("    send, out = None, []")
    g.w("    for _ in range(9):")
    g.w("        try:")
    g.w("            out.append(it.send(send))")
    g.w("            send = len(out)")
    g.w("        except StopIteration as e:")
    g.w("            return out, e.value")
    for i in range(g.r.randrange(1, 3)):
        name = g.fresh("ag")
        with g.block("async def " + name + "(x=" + g.leaf("int") + "):"):
            steps(g, 3, "ag", None)
            g.w(g.pick("yield 'last'", "yield x", "x = yield"))
        v = g.fresh("a")
        g.w(v + " = keep(" + name + "())")
        for _ in range(g.r.randrange(3, 8)):
            call = g.pick("{v}.__anext__()", "{v}.asend(None)", "{v}.asend(3)", "{v}.athrow(ValueError('t'))",
                    "{v}.athrow(GeneratorExit)", "{v}.aclose()", "{v}.__anext__()", "anext({v})",
                    "anext({v}, 'default')", "{v}.athrow(KeyError)",
                          "{v}.asend('s')")
            if g.chance(0.85):
                g.counts["async_generator." + call.split("(")[0].rpartition(".")[2]] += 1
                if g.chance(0.1):
                    aw = g.fresh("aw")
                    with g.guarded("BaseException"):
                        g.w(aw + " = keep(" + call.replace("{v}", v) + ")")
                        for _ in range(3):
                            with g.guarded("BaseException"):
                                g.w("p(" + aw + "." + g.pick("send(None)", "send(1)", "throw(ValueError(2))",
                                        "close()", "__next__()", "__iter__() is " + aw, "__await__() is " + aw) + ")")
                else:
                    with g.guarded("BaseException"):
                        g.w("p(run(" + call.replace("{v}", v) + "))")
            else:
                attribute = g.pick("ag_running", "ag_suspended", "ag_await is None", "ag_frame is None", "__name__",
                        "__qualname__", "ag_code.co_name", "__aiter__() is " + v)
                g.counts["async_generator." + attribute.split(" ")[0].split(".")[0].split("(")[0]] += 1
                g.show(v + "." + attribute)
        with g.guarded("BaseException"):
            g.w("p(run(" + v + ".aclose()))")


AREAS = {f.__name__: f for f in (generators, coroutines, asyncgens)}
