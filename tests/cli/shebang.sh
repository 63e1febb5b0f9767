# A script with a #! line, started by the kernel; its name needs no .aio.
printf '#!%s\nimport sys\nprint(sys.argv, __name__)\nsys.exit(5)\n' "$AIO" > script
chmod +x script
./script one 'two words'
echo "status $?"
