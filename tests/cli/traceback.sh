# An uncaught exception, with the lines of the source and what in them is meant.
printf 'def f(n):\n    return 1 / n\n\nprint(f(0))\n' > bad.aio
"$AIO" bad.aio 2>&1 | sed "s|$PWD/||"
