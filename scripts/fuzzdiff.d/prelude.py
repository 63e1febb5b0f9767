# SPDX-License-Identifier: MIT
# What every program of the fuzzer begins with. It runs in aio and in CPython.
fuel = 400
kept = []


class OutOfFuel(BaseException):
    pass


def tick():
    """Bounds every loop."""
    global fuel
    fuel -= 1
    if fuel < 0:
        raise OutOfFuel
    return True


def keep(value):
    """Holds on to what would be finalised sooner by one interpreter than by the other."""
    kept.append(value)
    return value


def text(value, depth=4):
    """repr, with the sets sorted whose order depends on the hash of strings."""
    kind = type(value)
    if depth == 0:
        return "..."
    if kind is set or kind is frozenset:
        if not all(type(x) is int for x in value):
            return kind.__name__ + "(" + ", ".join(sorted([text(x, depth - 1) for x in value])) + ")"
    elif kind is list:
        return "[" + ", ".join([text(x, depth - 1) for x in value]) + "]"
    elif kind is tuple:
        return "(" + ", ".join([text(x, depth - 1) for x in value]) + ("," if len(value) == 1 else "") + ")"
    elif kind is dict:
        return "{" + ", ".join([text(k, depth - 1) + ": " + text(v, depth - 1) for k, v in value.items()]) + "}"
    return repr(value)


def p(*values):
    print(*[text(v) for v in values])


def bad(e):
    print("!" + type(e).__name__ + ":", e)
    return None


def chain(e):
    """An exception with all that hangs from it."""
    todo, shown = [("", e)], 0
    while todo and shown < 40:
        pad, e = todo.pop()
        shown += 1
        print(pad + "!" + type(e).__name__ + ":", e, [text(a) for a in e.args] if not isinstance(e,
                SyntaxError) else "")
        if hasattr(e, "__notes__"):
            print(pad + " notes", e.__notes__)
        lines = []
        tb = e.__traceback__
        while tb is not None:
            if tb.tb_frame.f_globals is globals():
                lines.append(tb.tb_lineno)
            tb = tb.tb_next
        if len(pad) > 6:
            continue
        print(pad + " lines", lines, e.__suppress_context__)
        if e.__cause__ is not None:
            todo.append((pad + "<", e.__cause__))
        if e.__context__ is not None and e.__context__ is not e.__cause__:
            todo.append((pad + "^", e.__context__))
        if isinstance(e, BaseExceptionGroup):
            for x in reversed(e.exceptions):
                todo.append((pad + "-", x))


def show(f, *args, **kwargs):
    try:
        p(f(*args, **kwargs))
    except Exception as e:
        bad(e)


def drain(it, n=8):
    out = []
    for x in it:
        out.append(x)
        if len(out) >= n:
            break
    return out
