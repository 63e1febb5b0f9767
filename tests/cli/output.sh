# Output to pipes and files is complete, also when the process leaves in a hurry.
"$AIO" -c 'print("a"); import sys; sys.stdout.write("b\n"); sys.exit(0)' | cat
"$AIO" -c 'import sys; print("to stderr", file=sys.stderr); print("written")' > file 2> /dev/null
cat file
"$AIO" -c 'print("x" * 100000)' > file
[ "$(wc -c < file)" = 100001 ] && echo "status $?"
("$AIO" -c '
while True:
    print("endless")' 2> err) | head -n 1 > /dev/null
[ "$(grep -c SystemError err)" = 0 ] && echo "no traceback"
