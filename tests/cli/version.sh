# --version and --help.
"$AIO" --version | sed 's/[0-9][0-9]*/N/g'
"$AIO" --help > help
status=$?
grep -q -- '-c' help && grep -q -- '--version' help && echo "help: $status"
