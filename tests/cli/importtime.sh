# What imports cost, in CPython's form: microseconds vary, so only the shape is looked at. Inner imports come first.
mkdir pkg
printf 'import side\n' > pkg/__init__.aio
printf 'print("deep")\n' > pkg/deep.aio
printf 'print("side")\n' > side.aio
printf 'import pkg.deep\nimport side\nfrom pkg import deep\ntry:\n    import nowhere\nexcept ImportError:\n    print("none")\n' > main.aio
shape() { sed 's/  *[0-9][0-9]* |  *[0-9][0-9]* |/ N | N |/' err; }
"$AIO" -X importtime main.aio 2> err
shape
"$AIO" -Ximporttime -c 'import side' 2> err
shape
"$AIO" -c 'import side' 2> err
cat err
"$AIO" -X perf main.aio 2> err
echo "status $?"
