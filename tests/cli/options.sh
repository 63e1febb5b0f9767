# Python's options of one letter, which programs give to sys.executable.
unset PYTHONUNBUFFERED PYTHONWARNINGS PYTHONPATH
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
"$AIO" -X nonsense main.aio; echo "status $?"
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
