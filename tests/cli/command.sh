# -c: code, arguments, status.
"$AIO" -c 'import sys; print(sys.argv[1:])'
"$AIO" -c 'import sys; print(sys.argv)' a -b
"$AIO" -c 'for i in (1, 2):
    print(i, end=" " if i == 1 else "\n")'
"$AIO" -c 'print("x"); import sys; sys.exit(3)'
echo "status $?"
