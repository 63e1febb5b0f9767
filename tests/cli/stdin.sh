# A program on stdin.
echo 'print("piped")' | "$AIO"
printf 'import sys\nprint(sys.argv)\nprint("dash")\n' | "$AIO" - x
printf 'def f(n):\n    return n and n + f(n - 1)\n\nprint(f(3))\n' | "$AIO" -
echo 'raise ValueError(1)' | "$AIO" 2> /dev/null
echo "status $?"
