# A program on stdin.
echo 'print("piped")' | "$AIO"
printf 'import sys\nprint(sys.argv)\nprint("dash")\n' | "$AIO" - x
printf 'def f(n):\n    return n and n + f(n - 1)\n\nprint(f(3))\n' | "$AIO" -
echo 'raise ValueError(1)' | "$AIO" 2> /dev/null
echo "status $?"
printf 'print(__file__, __cached__)\ndef f():\n    1 / 0\nf()\n' | "$AIO" 2>&1
printf 'x = 1\nx +\n' | "$AIO" 2>&1
echo "status $?"
