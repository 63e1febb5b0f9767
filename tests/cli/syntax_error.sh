# Errors in the text: place, line and caret.
printf 'x = 1\nprint("é", x y)\n' > bad.aio
"$AIO" bad.aio 2>&1 | sed "s|$PWD/||"
"$AIO" -c 'if True:' 2>&1
echo '(' | "$AIO" - 2>&1
true
