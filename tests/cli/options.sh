# Python's options of one letter, which programs give to sys.executable.
unset PYTHONUNBUFFERED PYTHONWARNINGS PYTHONPATH PYTHONDONTWRITEBYTECODE PYTHONOPTIMIZE PYTHONIOENCODING
cat > main.aio <<'END'
import sys, warnings
print(sys.argv, sys.warnoptions, sys.flags.dev_mode)
warnings.warn("a warning")
warnings.warn("an old one", DeprecationWarning)
END
"$AIO" -u main.aio a -x
"$AIO" -BEIsS main.aio
"$AIO" -bdqvP -c 'print("code")'
"$AIO" -W ignore main.aio
"$AIO" -Wignore::DeprecationWarning -W "error:a warning" main.aio
"$AIO" -uWnonsense:x main.aio
PYTHONWARNINGS=ignore,default::UserWarning "$AIO" main.aio
"$AIO" -X dev -c 'import asyncio, sys; print(sys.flags.dev_mode, asyncio.new_event_loop().get_debug())'
"$AIO" -Xdev -W error::RuntimeWarning main.aio
"$AIO" -X utf8=2 main.aio; echo "status $?"
"$AIO" -Z main.aio; echo "status $?"
"$AIO" -W; echo "status $?"
"$AIO" -u -c 'import os; print("first"); os._exit(0)' | cat
PYTHONUNBUFFERED=1 "$AIO" -c 'import os; print("first"); os._exit(0)' | cat
"$AIO" -c 'import os; print("never"); os._exit(0)' | cat
mkdir near far; echo "print('near', __name__)" > near/found.aio; echo "print('far')" > far/found.aio; echo "print('far')" > far/only.aio
PYTHONPATH=near:"$PWD/far" "$AIO" -c 'import found, only, sys; print(len(sys.path), sys.path[0] == "")'
PYTHONPATH=:far "$AIO" -c 'import sys, os; print([os.path.relpath(p) for p in sys.path[1:]])'
PYTHONPATH=near "$AIO" -m found
PYTHONPATH=near "$AIO" -E -c 'import found'
PYTHONPATH= "$AIO" -c 'import sys; print(sys.path)'
cat > debug.aio <<'END'
import asyncio, sys
print(asyncio.new_event_loop().get_debug(), sys.flags.ignore_environment, sys.warnoptions)
END
PYTHONASYNCIODEBUG=1 "$AIO" debug.aio
PYTHONASYNCIODEBUG= "$AIO" debug.aio
for option in -E -I; do PYTHONWARNINGS=ignore PYTHONASYNCIODEBUG=1 "$AIO" $option debug.aio; done
PYTHONWARNINGS=ignore PYTHONASYNCIODEBUG=1 "$AIO" debug.aio
cat > level.aio <<'EOF'
import sys
def f():
    "words"
    assert sys.argv, print("no assertion")
    assert not sys.argv, "asserted"
    return f.__doc__
try:
    print(f(), __debug__, sys.flags.optimize, eval("__debug__"), eval(compile("__debug__", "", "eval", optimize=0)))
except AssertionError as e:
    print("AssertionError:", e)
EOF
"$AIO" level.aio
"$AIO" -O level.aio
"$AIO" -OO level.aio
PYTHONOPTIMIZE=1 "$AIO" level.aio
PYTHONOPTIMIZE=1 "$AIO" -E level.aio
"$AIO" -bbqRs -Xfoo -X a=b=c -X int_max_str_digits=700 -c 'import sys; print(sys.flags, sys._xoptions, sys.get_int_max_str_digits())'
"$AIO" -I -X utf8 -B -c 'import sys; print(sys.flags, "" in sys.path)'
"$AIO" -X tracemalloc main.aio; echo "status $?"
cat > encoding.aio <<'EOF'
import io, pathlib
open("/dev/null").close()
open("/dev/null", encoding="locale").close()
io.text_encoding(None, 1)
pathlib.Path("/dev/null").read_text()
pathlib.Path("/dev/null").open().close()
io.TextIOWrapper(io.BytesIO())
io.TextIOWrapper(open("/dev/null", "rb")).close()
EOF
"$AIO" -X warn_default_encoding encoding.aio 2>&1 | sed 's/.*encoding.aio/encoding.aio/'
PYTHONWARNDEFAULTENCODING=1 "$AIO" -W error encoding.aio 2>&1 | tail -1
unset LC_ALL LC_CTYPE LANG
for variable in PYTHONIOENCODING=ascii:replace PYTHONIOENCODING=:ignore PYTHONUTF8=1 LC_CTYPE=en_US.UTF-8 LC_ALL=C PYTHONHASHSEED=7; do
    env $variable "$AIO" -c 'import sys; print(*[(f.encoding, f.errors) for f in (sys.stdin, sys.stdout, sys.stderr)], hash("a") == hash("a"))'
done
