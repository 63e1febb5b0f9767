# Exit statuses.
run() { "$AIO" -c "$1" 2> err; echo $?; }
run 'pass'
run 'raise SystemExit'
run 'import sys; sys.exit(7)'
run 'import sys; sys.exit("message")'
tail -n 1 err
run 'raise SystemExit([1])'
run '1/0'
tail -n 1 err
run 'x ='
tail -n 1 err
run 'import sys; sys.exit(None)'
run 'import sys; sys.exit(-1)'
