# SPDX-License-Identifier: MIT
# Runs programs in aio and in CPython, many to a process, and tells which outputs differ.
import os
import re
import resource
import subprocess
import sys
import tempfile

from stmts import Statements, with_helpers

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
AIO = os.environ.get("AIO") or os.path.join(ROOT, "build", "aio")
MARK = "=====program "
PRELUDE = open(os.path.join(HERE, "prelude.py"), encoding="utf-8").read()
DRIVER = '''import sys
prelude = compile(PRELUDE, "<prelude>", "exec")
spaces = []
for number, source in PROGRAMS:
    print(MARK + str(number), flush=True)
    space = {"__name__": "program", "__builtins__": __builtins__}
    spaces.append(space)
    try:
        exec(prelude, space)
        exec(compile(source, "<program>", "exec"), space)
    except BaseException as e:
        print("uncaught", type(e).__name__, e)
print(MARK + "end")
'''
LIMIT = 1 << 31


def areas():
    import areas
    import areas_async
    import areas_code
    import areas_gen
    import areas_syntax
    return {**areas.AREAS, **areas_code.AREAS, **areas_gen.AREAS, **areas_async.AREAS, **areas_syntax.AREAS}


def program(area, seed):
    """The program of that number, and what it counts."""
    g = Statements(seed + ":" + area)
    areas()[area](g)
    return with_helpers(g.text()), g.counts


def clean(text):
    """Without what may differ: addresses, and default reprs that hold them."""
    return re.sub(r"(?i) at 0x[0-9a-f]+", " at 0x", text)


def limits():
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def command(name):
    if name == "aio":
        return [AIO]
    return [sys.executable, "-X", "utf8", "-S"]


def environment(asynchronous):
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "AIO"))}
    env.update(AIO_CLOCK="virtual", PYTHONUTF8="1", PYTHONDONTWRITEBYTECODE="1", NO_COLOR="1")
    for name in ("ASAN_OPTIONS", "AIO_GC_STRESS"):
        if name in os.environ:
            env[name] = os.environ[name]
    return env


def execute(name, path, timeout, asynchronous):
    """Status ("ok", "signal 11", "timeout" ...) and output of one interpreter with one file."""
    args = command(name)
    if name == "aio":
        args = args + [path]
    elif asynchronous:
        boot = "import sys; sys.path.insert(0, sys.argv[1]); import virtual_clock; sys.path.pop(0); " \
               "exec(compile(open(sys.argv[2], encoding='utf-8').read(), sys.argv[2], 'exec'), {'__name__': '__main__', '__builtins__': __builtins__})"
        args = args + ["-c", boot, os.path.join(ROOT, "scripts", "oracle"), path]
    else:
        args = args + [path]
    # A sanitizer reserves more address space than any limit.
    before = None if name == "aio" and "ASAN_OPTIONS" in os.environ else limits
    try:
        done = subprocess.run(args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                timeout=timeout,
                              preexec_fn=before, env=environment(asynchronous), cwd=tempfile.gettempdir())
    except subprocess.TimeoutExpired as e:
        return "timeout", (e.stdout or b"").decode("utf-8", "replace"), ""
    status = "ok" if done.returncode == 0 else "signal %d" % -done.returncode if done.returncode < 0 else "exit %d" % done.returncode
    return status, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


def sections(output):
    """{number: text} of the programs whose output is complete."""
    parts = output.split(MARK)
    found = {}
    for i, part in enumerate(parts[1:], 1):
        head, _, body = part.partition("\n")
        if i < len(parts) - 1 and head.isdigit():
            found[int(head)] = clean(body)
    return found


class Batch:
    """Programs that run in one process. Results are {number: (status, output)}."""

    def __init__(self, programs, folder):
        self.programs = programs          # {number: source}
        self.folder = folder
        self.asynchronous = any("asyncio" in s for s in programs.values())

    def run(self, name):
        results = {}
        self.run_some(name, list(self.programs), results)
        return results

    def run_some(self, name, numbers, results):
        """Runs them; when the process dies, the one that killed it is found where the output ends."""
        while numbers:
            path = os.path.join(self.folder, "batch-%d.aio" % os.getpid())
            with open(path, "w", encoding="utf-8", errors="surrogatepass") as f:
                f.write("MARK = " + repr(MARK) + "\nPRELUDE = " + repr(PRELUDE) + "\nPROGRAMS = [\n")
                for n in numbers:
                    f.write("(%d, %s),\n" % (n, ascii(self.programs[n])))
                f.write("]\n" + DRIVER)
            status, out, err = execute(name, path, 4 + len(numbers) * 0.05 if len(numbers) > 1 else 4,
                    self.asynchronous)
            found = sections(out)
            for n, text in found.items():
                results[n] = ("ok", text)
            rest = [n for n in numbers if n not in found]
            if not rest:
                return
            if status == "ok":
                status = "incomplete"
            if len(numbers) == 1:
                results[rest[0]] = (status, clean(out.rpartition(MARK)[2].partition("\n")[2]) + last_lines(err, status))
                return
            self.run_some(name, rest[:1], results)
            numbers = rest[1:]


def last_lines(err, status):
    """What a sanitizer or an assertion said."""
    if status == "timeout":
        return ""
    lines = [line for line in err.split("\n") if "ERROR" in line or "rror:" in line or "ssert" in line or line.lstrip().startswith("#")]
    return "".join("[stderr] " + clean(line) + "\n" for line in lines[:6])


def standalone(source):
    """A file that runs by itself in both."""
    return PRELUDE + "\n# ---- the program\n" + source


def one(source, folder):
    """((status, output) of aio, the same of CPython) for one program."""
    batch = Batch({0: source}, folder)
    return batch.run("aio")[0], batch.run("cpython")[0]


def differs(a, b):
    """Both out of memory or time is no difference."""
    if a == b:
        return False
    if b[0] != "ok":
        return False
    return True


def first_difference(a, b):
    x, y = a[1].split("\n"), b[1].split("\n")
    for i in range(max(len(x), len(y))):
        p = x[i] if i < len(x) else "<end>"
        q = y[i] if i < len(y) else "<end>"
        if p != q:
            return p, q
    return "<same>", "<same>"


def signature(a, b):
    """What kind of difference it is: for the shrinker to stay with it, and to count each only once."""
    if a[0] != "ok":
        lines = [line for line in a[1].split("\n") if "[stderr]" in line]
        return (a[0], re.sub(r"0x\w*|\d+", "", lines[0]) if lines else "")
    p, q = first_difference(a, b)

    def kind(line):
        found = re.match(r"[-<^ ]*(!\w+:|uncaught \w+|<end>)", line)
        if not found:
            return "value"
        if "'!" in line:
            return found[1]
        return found[1]
    def words(line):
        return re.sub(r"'[^']*'|\"[^\"]*\"|[0-9][\w.]*|\b[a-zA-Z]{1,3}\d*\b|\(.*\)", "", line)
    if kind(p) == "value" and kind(q) == "value":
        return ("value", "value")
    if kind(p) != "value" and kind(q) != "value":
        return (kind(p), kind(q), words(p)[:60], words(q)[:60])
    return (kind(p), kind(q), words(p if kind(p) != "value" else q)[:60])
