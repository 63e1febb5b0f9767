# SPDX-License-Identifier: MIT
# Makes a program that differs smaller while it differs in the same way: statements go first, then
# expressions become one of their parts or a constant.
import ast
import time

import run

# Calls that stay: without them, what differs is when things are finalised.
KEPT = ("keep", "tick")

def bodies(tree):
    """All lists of statements."""
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody", "handlers", "cases"):
            block = getattr(node, field, None)
            if isinstance(block, list) and block:
                yield node, field, block


def statement_edits(tree):
    """Functions that make the tree smaller, and give back a function that undoes it."""
    edits = []
    for node, field, block in bodies(tree):
        n = len(block)
        size = n
        while size >= 1:
            for start in range(0, n, size):
                edits.append((block, start, start + size))
            size //= 2

    def cut(block, start, end):
        old = block[:]
        block[start:end] = []

        def undo():
            block[:] = old
        return undo
    for block, start, end in edits:
        yield lambda b=block, s=start, e=end: cut(b, s, e)
    # A compound statement becomes what it holds.
    for node, field, block in list(bodies(tree)):
        for i, statement in enumerate(block):
            for inner in ("body", "orelse", "finalbody"):
                held = getattr(statement, inner, None)
                if isinstance(held, list) and held and isinstance(held[0], ast.stmt) and not isinstance(statement,
                        (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)):
                    def lift(b=block, i=i, h=held):
                        old = b[:]
                        b[i:i + 1] = h

                        def undo():
                            b[:] = old
                        return undo
                    yield lift


def children(node):
    for field, value in ast.iter_fields(node):
        if isinstance(value, ast.expr):
            yield value
        elif isinstance(value, list):
            yield from [v for v in value if isinstance(v, ast.expr)]


def expression_edits(tree):
    for parent in ast.walk(tree):
        for field, value in ast.iter_fields(parent):
            if isinstance(parent, ast.Call) and isinstance(parent.func,
                    ast.Name) and parent.func.id in KEPT and field == "func":
                continue
            if isinstance(value, ast.expr) and not isinstance(getattr(value, "ctx", None), (ast.Store, ast.Del)):
                yield from replacements(parent, field, None, value)
            elif isinstance(value, list):
                for i, item in enumerate(value):
                    if isinstance(item, ast.expr) and not isinstance(getattr(item, "ctx", None), (ast.Store, ast.Del)):
                        yield from replacements(parent, field, i, item)
                if value and isinstance(value[0], (ast.expr, ast.keyword, ast.comprehension, ast.alias, ast.withitem,
                        ast.type_param)) and \
                        not isinstance(parent, (ast.Compare, ast.Dict, ast.JoinedStr)):
                    for i in range(len(value)):
                        def drop(v=value, i=i):
                            old = v[:]
                            v[i:i + 1] = []

                            def undo():
                                v[:] = old
                            return undo
                        yield drop


def replacements(parent, field, index, old):
    def put(new):
        def do():
            held = getattr(parent, field)
            if index is not None and index >= len(held):
                return lambda: None
            old = held if index is None else held[index]
            if index is None:
                setattr(parent, field, new)
            else:
                getattr(parent, field)[index] = new

            def undo():
                if index is None:
                    setattr(parent, field, old)
                else:
                    getattr(parent, field)[index] = old
            return undo
        return do
    if isinstance(parent, (ast.JoinedStr, ast.FormattedValue)) and field in ("values", "format_spec"):
        if field == "values" or isinstance(old, ast.JoinedStr):
            return
    if isinstance(old, ast.Call) and isinstance(old.func, ast.Name) and old.func.id in KEPT:
        return
    for child in children(old):
        if not isinstance(child, ast.Starred) and not isinstance(getattr(child, "ctx", None), (ast.Store, ast.Del)):
            yield put(child)
    if not isinstance(old, (ast.Constant, ast.Name)):
        yield put(ast.Constant(0))
        yield put(ast.Constant(None))


def shrink(source, folder, seconds=40, say=None):
    """The smallest program found in that time."""
    a, b = run.one(source, folder)
    if not run.differs(a, b):
        return source, a, b
    wanted = run.signature(a, b)
    deadline = time.monotonic() + seconds
    best = [source, a, b]

    def still(tree):
        try:
            text = ast.unparse(tree)
            compile(text, "x", "exec")
        except Exception:
            return False
        if text == best[0] or len(text) > len(best[0]) + 20 or text in tried:
            return False
        tried.add(text)
        x, y = run.one(text + "\n", folder)
        if run.differs(x, y) and run.signature(x, y) == wanted:
            best[:] = [text, x, y]
            return True
        return False
    tried = set()
    changed = True
    while changed and time.monotonic() < deadline:
        changed = False
        for edits in (statement_edits, expression_edits):
            again = True
            while again and time.monotonic() < deadline:
                again = False
                tree = ast.parse(best[0])
                for edit in list(edits(tree)):
                    if time.monotonic() > deadline:
                        break
                    undo = edit()
                    empty = [(n, f) for n, f, _ in [(n, f, 0) for n in ast.walk(tree) for f in ("body",) if getattr(n,
                            f, None) == [] and isinstance(n, (ast.stmt, ast.ExceptHandler, ast.match_case))]]
                    for node, field in empty:
                        getattr(node, field).append(ast.Pass())
                    if still(ast.fix_missing_locations(tree)):
                        again = changed = True
                    else:
                        for node, field in empty:
                            getattr(node, field).clear()
                        undo()
    return best[0] + "\n", best[1], best[2]
