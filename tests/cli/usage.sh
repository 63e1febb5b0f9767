# What cannot be run: status 2.
"$AIO" --no-such-option 2> err > out
echo "status $?"
"$AIO" -c 2> err > out
echo "status $?"
"$AIO" no/such/file.aio 2> err > out
echo "status $?"
[ "$(wc -l < err)" = 1 ] && [ ! -s out ] && echo "one line on stderr"
