# Output that cannot be written: full disks, readers that have gone, descriptors that were closed before the start.
unset PYTHONUNBUFFERED
try() {
    "$AIO" -c "$1" > /dev/full
    echo "status $?" >&2
}
exec 2>&1
try 'print("lost")'
try 'import sys; sys.stdout.write("lost"); sys.stdout.flush()'
try 'print("x" * 100000)'
try 'print("a"); raise ValueError'
try 'import os; print("a"); os._exit(4)'
try 'import sys
try: print("a"); sys.stdout.flush()
except OSError as e: print(e, file=sys.stderr)
sys.exit(3)'
try 'import sys
try: print("a"); sys.stdout.flush()
except OSError as e: print(e, file=sys.stderr)
try: sys.stdout.close()
except OSError as e: print(e, file=sys.stderr)'
try 'import asyncio
async def main():
    print("a")
    await asyncio.sleep(0.001)
    print("b")
asyncio.run(main())'
try 'import os; r, w = os.pipe(); os.close(r); os.dup2(w, 1); print("nobody reads")'
"$AIO" -c 'import sys; print("out"); print(sys.stdout, sys.__stdout__, file=sys.stderr)' >&-
"$AIO" -c 'import sys; print(sys.stdin)
try: input()
except RuntimeError as e: print(e)' <&-
"$AIO" -c 'import sys; print(sys.stderr); print("to stdout", file=sys.stderr); 1 / 0' 2>&-
echo "status $?"
